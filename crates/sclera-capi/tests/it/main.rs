//! The C interface as a caller meets it that makes every mistake, and its header.

#![expect(unsafe_code, reason = "the interface is one of pointers")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod header;
mod misuse;
