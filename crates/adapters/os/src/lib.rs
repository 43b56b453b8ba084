//! What Sclera asks of the operating system (Linux): who runs a process ([`identity`]), that secrets do not end in core
//! dumps ([`hardening`]), files that only the owner of the instance can reach ([`files`]), directories and files that
//! appear whole ([`draft`]), how many may be open ([`limits`]), sockets that the service manager holds ([`held`]), and
//! programs of the site that judge new passwords ([`validators`]).
//!
//! Nothing here decides anything about users or roles.

#![forbid(unsafe_code)]

pub mod draft;
pub mod files;
pub mod hardening;
pub mod held;
pub mod identity;
pub mod limits;
pub mod names;
pub mod programs;
pub mod validators;
