//! Publishing and attaching, on real files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod crash;
mod files;
mod publish;
mod room;
