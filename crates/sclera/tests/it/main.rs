//! The library over its files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod files;
mod upgrade;
