//! Proving who somebody is, without touching the world.
//!
//! This crate is pure: it reads no file, clock, environment or random generator and opens no socket; its `clippy.toml`
//! makes that a lint error. What it needs from outside, such as the bytes of a salt, comes in as an argument.
//!
//! Whoever comes to a gate goes through an [`admission::Admission`], a state machine that asks for what it cannot know: from
//! the person a [`admission::Question`], from the world an [`admission::Effect`].
//!
//! What is said to an LDAP server, and what its answers mean, is a [`ldap::Conversation`]. Whether a server outside is asked
//! at all is for a [`breaker`] to say.
//!
//! A typed password is a [`secret::Secret`]. It is compared with what is kept of the real one by [`password::verify`],
//! a new one must satisfy [`rules::new_password`], and configuration files name a kept one in the form that
//! [`password_hash`] reads and writes. Where the password itself is not shown, a [`scram::Proof`] takes its place; both
//! are [`evidence::Evidence`].
//!
//! ```
//! use sclera_authn::password::{self, Derivation, Verdict};
//! use sclera_authn::secret::Secret;
//! use sclera_core::system::System;
//!
//! let target = Derivation::target(&System::default());
//! let salt = vec![7; target.algorithm.salt_length()]; // the caller takes them from the system's generator
//! let typed = Secret::new("correct horse".to_owned()).unwrap();
//! let kept = password::hash(&typed, target, &salt);
//! assert!(matches!(password::verify(&kept, &typed, target), Verdict::Matches(_)));
//! ```

#![forbid(unsafe_code)]

pub mod account;
pub mod admission;
pub mod breaker;
pub mod code;
pub mod evidence;
pub mod kerberos;
pub mod ldap;
pub mod mechanism;
pub mod password;
pub mod password_hash;
pub mod qr;
pub mod rules;
pub mod scram;
pub mod secret;
pub mod totp;
