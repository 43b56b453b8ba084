//! The HTTP interface: administration, decisions, sessions and health, for whoever signs in.
//!
//! This crate is a gate. It turns requests into calls of the engine and refusals into answers (in `reject`), and has no
//! rule of its own: who is admitted and what is answered is for the engine to say. What it adds are bounds
//! ([`Limits`]): on sizes, times, numbers, and on how many passwords are compared at once.
//!
//! Every operation is a row of one table (`operation`): its method and path, the privilege that it asks, what it takes
//! and gives, and the function that does it. Routes, the order of checks, the OpenAPI document ([`document`]) and the
//! test of privileges are made of it.
//!
//! | path | is |
//! |---|---|
//! | `/livez`, `/readyz` | health, without sign-in |
//! | `/api/admin/…` | sign-in with tokens, and administration as portals of IRIS 2026.2 speak it |
//! | `/api/sclera/v1/…` | checks, explanations, sessions, simulated admissions |
//! | `/access/v1/…` | OpenID AuthZEN |
//! | `/gate/auth` | forward authentication, and the page where people sign in for it |
//! | `/api/openapi.json` | the document |
//!
//! ```text
//! listener ─ pace ─ TLS ─ HTTP/1.1 or 2 ─ routes ─ access (token, or Basic, remembered) ─ desk ─ operation ─ engine
//! ```

#![forbid(unsafe_code)]

mod access;
mod access_log;
mod admin;
mod authzen;
mod basic;
mod cross_origin;
mod desk;
mod examples;
mod forward_auth;
mod forwarded;
mod health;
mod links;
mod listener;
mod named_files;
mod openapi;
mod operation;
mod pace;
mod query;
mod questions;
mod reject;
mod remembered;
mod routes;
mod server;
mod shape;
mod simulate;
mod strict;
mod tasks;
mod throttle;
mod tls;

pub use access_log::AccessLog;
pub use openapi::document;
pub use server::{Limits, Place, Running, Server};
pub use tls::{PROTOCOLS, Tls, TlsFault};
