//! What the tests of Sclera share.
//!
//! - [`slow_model`]: the decision once more, slow and obvious, sharing no code with the product.
//! - [`slow_users`]: the calls of Security.Users once more, likewise.
//! - [`desk`]: a place in memory to which changes are submitted; the smallest thing that keeps the rules.
//! - [`world`]: settings to test on, and short words for the changes that make them.
//! - [`random`]: worlds and changes by chance.
//! - [`authenticator`]: codes of a second factor.
//! - [`browser`]: a browser of others, driven from outside.
//! - [`servers`]: servers of others on loopback; [`slapd`] is one.
//! - [`targets`]: what no input may do to a parser, for fuzzing and for property tests.

#![forbid(unsafe_code)]
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops and says why")]
#![expect(
    clippy::missing_panics_doc,
    reason = "whatever cannot be made as asked for panics, in every function"
)]
#![expect(clippy::indexing_slicing, reason = "the tables of names are of known length")]

pub mod authenticator;
pub mod browser;
pub mod desk;
pub mod kdc;
pub mod random;
pub mod servers;
pub mod slapd;
pub mod slow_model;
pub mod slow_users;
pub mod targets;
pub mod world;
