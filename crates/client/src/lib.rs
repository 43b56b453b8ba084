//! A client of Sclera's HTTP interface: blocking, and typed as the OpenAPI document says.
//!
//! ```no_run
//! use sclera_client::{Client, Secret};
//!
//! # fn main() -> Result<(), sclera_client::Error> {
//! let authority = std::fs::read("/etc/ward/ca.pem").unwrap_or_default();
//! let client = Client::at("https://sclera.ward.example:52773").trusting(&authority).build()?;
//! client.use_token(&Secret::from("sct_…"));
//! if client.holds("Ward_Chart", "RW")? {
//!     println!("the chart may be written");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Whoever asks comes with a token of a machine ([`Client::use_token`]), with a name and a password on each request
//! ([`Client::use_basic`]), or with a session ([`Client::sign_in`]), whose tokens are exchanged when they grow old. Each
//! operation of the document is a method ([`Client::get_role`], [`Client::post_check`]); what it takes and gives are types
//! of this crate. `docs/http.md` says what they mean.
//!
//! What protects credentials: they go over TLS or to this machine alone, unless [`Builder::danger_plain_http`] was
//! called; redirects are not followed, proxies of the environment are not used, and only authorities that were given are
//! trusted. Answers are read up to [`LARGEST`] bytes.

#![forbid(unsafe_code)]

mod client;
mod error;
mod operations;
mod questions;
mod secret;

pub use client::{Builder, Client, LARGEST};
pub use error::{Error, Refusal};
pub use operations::*;
pub use questions::{Caller, Passage};
pub use secret::Secret;
