//! Conversations with a real directory, as `authentication.md` section 10 has them. Where slapd is not installed, each test
//! says that it is skipped.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops where it is")]

mod conversations;
mod outages;
mod protection;
mod site;
