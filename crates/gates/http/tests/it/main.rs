//! The HTTP interface from outside: a real listener, a small client, and an engine in memory behind it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it is"
)]

mod client;
mod clinic;

mod access_log;
mod admin;
mod authzen;
mod counting;
mod document;
mod endpoints;
mod examples;
mod forward_auth;
mod http2;
mod limits;
mod machines;
mod malformed;
mod mutual_tls;
mod privileges;
mod rotation;
mod schema;
mod sign_in;
mod simulate;
mod stop;
mod tls;
