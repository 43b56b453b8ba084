//! SCRAM-SHA-256 as PostgreSQL carries it (RFC 5802, RFC 7677): how clients prove to the gate that they know a
//! password, how the gate proves to the database that it knows the password of a role, and how each is answered.
//!
//! The messages are the same in both directions ([`messages`]); keys and proofs are those of [`sclera_authn::scram`].

mod client;
mod messages;
mod server;

pub(crate) use client::{Client, Proven};
pub(crate) use server::{Challenged, Fault, Server, verifier};

/// The names of the mechanism: without what binds it to a TLS connection, and with that.
pub(crate) const PLAIN: &str = "SCRAM-SHA-256";
pub(crate) const PLUS: &str = "SCRAM-SHA-256-PLUS";
/// The most bytes of a message.
pub(crate) const LONGEST: usize = 4 * 1024;
