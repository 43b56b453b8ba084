//! Gates from outside: real ports, real upstreams, and an engine in memory that says who may pass.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it is"
)]

mod house;

mod faults;
mod opening;
mod protection;
mod proxies;
mod superservers;
