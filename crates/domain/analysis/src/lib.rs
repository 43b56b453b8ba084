//! What a configuration comes to: who gains and loses what between two of them ([`difference`]), and where one is weak
//! ([`lint`]).
//!
//! Everything here is pure: it looks at a [`Policy`](sclera_core::policy::Policy) and at users that it is shown one by
//! one, for there may be ten million of them. It is a crate of its own because findings are told in SARIF, and `core`
//! has no JSON.

#![forbid(unsafe_code)]

pub mod difference;
pub mod lint;
mod rules;
mod sarif;
