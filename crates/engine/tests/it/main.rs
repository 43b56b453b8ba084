//! The proof of the use cases: they do what the model says, over every store, for whom they should.
//!
//! How many cases chance is asked for follows `PROPTEST_CASES` (256 unless it says otherwise).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it is"
)]

mod administer;
mod bench;
mod calls;
mod classes;
mod compare;
mod datacheck;
mod differential;
mod documents;
mod epoch;
mod events;
mod export;
mod import;
mod merge;
mod methods;
mod metrics;
mod programmatic;
mod properties;
mod purge;
mod recall;
mod running;
mod services;
mod sessions;
mod siblings;
mod superservers;
mod trail;
mod users;
mod verify;
