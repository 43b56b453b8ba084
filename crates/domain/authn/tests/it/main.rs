//! The admission, run against a world that answers as it is told.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop where they fail")]

mod cascade;
mod delegated;
mod factors;
mod limits;
mod matrix;
mod scram;
mod world;
