//! The library over its files, as an embedding program sees it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod at_hand;
mod files;
mod forged_tokens;
mod kernel;
mod records;
mod refresh_race;
mod requires;
mod upgrade;
