//! The HTTP interface: a check, an explanation and a session, for whoever signs in.
//!
//! This crate is a gate. It turns requests into calls of the engine and refusals into answers (in `reject`), and has no
//! rule of its own: who is admitted and what is answered is for the engine to say. What it adds are bounds
//! ([`Limits`]): on sizes, times, numbers, and on how many passwords are compared at once.
//!
//! | path | is |
//! |---|---|
//! | `GET /livez`, `GET /readyz` | health, without sign-in |
//! | `POST /api/sclera/v1/check` | `{"Resource","Permissions"?,"User"?}`, or a list of them |
//! | `POST /api/sclera/v1/explain` | `{"User","Privilege"}` |
//! | `GET`, `POST /api/sclera/v1/session` | who signed in, with which roles |
//!
//! ```text
//! listener ─ pace ─ TLS ─ HTTP/1.1 ─ routes ─ access (Basic, remembered) ─ questions ─ engine
//! ```

#![forbid(unsafe_code)]

mod access;
mod basic;
mod listener;
mod pace;
mod questions;
mod reject;
mod remembered;
mod routes;
mod server;
mod strict;
mod tls;

pub use server::{Limits, Running, Server};
pub use tls::{PROTOCOL, Tls, TlsFault};
