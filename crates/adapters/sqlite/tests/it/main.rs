//! The store in SQLite files: it passes the suite of all stores, and it knows its files from others.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod files;
mod suite;
mod tampering;
