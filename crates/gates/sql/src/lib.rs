//! The gate before SQL: `%Service_Bindings` in PostgreSQL's protocol, with a real PostgreSQL behind it.
//!
//! Whoever comes says a name in the start-up packet and a password inside TLS; the cascade says who it is, and Use on
//! `%Service_SQL` or any SQL privilege that it may come in. Then the gate logs in to the database as the role that the user
//! stands for there, and passes everything on. What may be done with which table is for the database to say.
//!
//! ```text
//! client ─ start-up ─ TLS ─ name and password ─► admission ─► role ─► log-in to the database ─► bytes in both directions
//!        ─ cancel request ─────────────────────► of a connection that came through here? ─► the database
//! ```
//!
//! Passwords are asked for in clear text, because the mechanisms of the cascade need them; therefore only inside TLS, or
//! from this machine itself. Where the gate is told so, they are proven by SCRAM-SHA-256 instead, by the one mechanism
//! that can be proven so. Of the protocol only what comes before the first query is read, and all of it is bounded.

#![forbid(unsafe_code)]

mod cancel;
mod codec;
mod gate;
mod onward;
mod roles;
mod scram;

pub use gate::{Authentication, Sql};
pub use roles::{Passwords, Roles};

/// The name of the protocol inside TLS (ALPN).
pub const PROTOCOL: &str = "postgresql";
