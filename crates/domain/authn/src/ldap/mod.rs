//! LDAP: the conversation with a directory at a login (`authentication.md` section 10).
//!
//! ```text
//! bind as the search user ─► search for the user ─► bind as the user ─► bind as the search user ─► search for groups ─► …
//!        965                  966 967 968 969              971                                            966
//! ```
//!
//! [`Plan::of`] says with which servers to talk and how; a [`Conversation`] then says what to ask ([`Next::Send`]) and
//! judges the [`Reply`], until it has an answer. It reaches nothing by itself. What a server that breaks off or has no time means
//! is [`Next::Unserved`]: another one is tried, from the beginning. A server that says no is never overridden.

mod ber;
mod conversation;
mod groups;
mod message;
mod plan;
mod state;

pub use conversation::{Conversation, Next, Reply};
pub use message::{Content, Ended, Entry, Filter, LARGEST, Message, Request, Search};
pub use plan::{Plan, Protection, Server, domain};

use core::fmt;

/// What a server sent is no LDAP, or more than is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub(crate) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what came is no LDAP: {}", self.0)
    }
}

impl core::error::Error for Malformed {}
