//! The proof of the model: its documented examples, its refusals, and what holds whatever is done to it.
//!
//! How many cases chance is asked for follows `PROPTEST_CASES` (256 unless it says otherwise), so that one run can
//! take seconds and another a night.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it is"
)]

use proptest::test_runner::Config;

mod adoption;
mod changes;
mod errors;
mod explain;
mod properties;
mod snapshot;
mod sql;
mod superservers;
mod vectors;

/// So many cases of every 256 that are asked for.
fn cases(of_256: u32) -> Config {
    let usual = Config::default();
    Config { cases: (usual.cases * of_256 / 256).max(1), failure_persistence: None, ..usual }
}
