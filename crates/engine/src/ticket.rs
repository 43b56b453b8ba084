//! Tickets: how a session reaches a process that only maps the settings.
//!
//! A ticket says who was admitted, with which roles, by which settings, and until when; the instance signs it (Ed25519,
//! RFC 8032), and the public key stands in the image. It is a bearer's: whoever has it is its user until it expires or the
//! session is ended. The bytes, numbers little-endian:
//!
//! ```text
//!  0  `SCLTICK` and the version 1      8 bytes
//!  8  generation                       u64
//! 16  session                          u64, never 0
//! 24  issued, expires                  u64 each, seconds since 1970
//! 40  number of roles, length of user  u16 each
//! 44  roles                            u32 each
//!     user                             UTF-8
//!     signature over all of it         64 bytes
//! ```

use crate::engine::Engine;
use crate::{Refusal, Session};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sclera_core::id::RoleId;
use sclera_core::name::same;
use sclera_core::status::Status;
use sclera_store::port::{Activity, Store};
use std::fmt;

/// The longest time that a ticket is good for: a day.
pub const LONGEST: u64 = 24 * 60 * 60;
/// How far the clock of a reader may be behind, in seconds.
const SKEW: u64 = 5;
const MARK: [u8; 8] = *b"SCLTICK\x01";
const HEAD: usize = 44;
const SIGNATURE: usize = 64;
const MOST_ROLES: usize = 4_096;
const LONGEST_USER: usize = 1_024;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Makes a ticket for the user of a session, good for so many seconds, a day at most. That is an admission of its own,
    /// by `%Service_CallIn`, and the roles are those that the user has now. A change that was not published yet is
    /// published first: the ticket must not lead to settings of before it.
    pub fn ticket(&self, session: &Session, seconds: u64) -> Result<Vec<u8>, Refusal> {
        let admitted = self.admit_call_in(session)?;
        // An escalation role stands in place of all others, here too (`authorization.md` ESC-2).
        let roles =
            if session.is_escalated() { session.process().roles() } else { admitted.process().roles() };
        self.signed(session.user(), roles, seconds)
    }

    fn signed(&self, user: &str, roles: Vec<RoleId>, seconds: u64) -> Result<Vec<u8>, Refusal> {
        let cannot = |why: &str| Refusal::from(Status::general(format!("no ticket can be made: {why}")));
        let signer = self.signer.as_ref().ok_or_else(|| cannot("the instance has no key for them"))?;
        self.publish_if_stale().map_err(|why| cannot(&why))?;
        let published = self.publisher.as_ref().and_then(|publisher| publisher.published());
        let issued = self.seconds();
        let ticket = Ticket {
            generation: published.ok_or_else(|| cannot("no settings are published"))?,
            session: self.session_number(),
            issued,
            expires: issued + seconds.clamp(1, LONGEST),
            roles,
            user: user.to_owned(),
        };
        signer.sign(&ticket).ok_or_else(|| cannot("the session has too many roles"))
    }

    /// Ends what a ticket of this instance brought about, in every process and at once. One's own may be ended by anybody,
    /// those of others by whoever administers security.
    pub fn end_ticket(&self, session: &Session, ticket: &[u8]) -> Result<(), Refusal> {
        session.alive(self.world.now())?;
        let cannot = |why: String| Refusal::from(Status::general(why));
        let signer = self.signer.as_ref().ok_or_else(|| cannot(TicketError::Invalid.to_string()))?;
        let ticket = Ticket::signed(ticket, &signer.public()).map_err(|why| cannot(why.to_string()))?;
        if !same(&ticket.user, session.user()) {
            self.require_secure(session, "ending of another user's session")?;
        }
        let publisher = self.publisher.as_ref().ok_or_else(|| cannot("nothing is published".to_owned()))?;
        publisher.end_session(ticket.session, ticket.expires, self.seconds()).map_err(cannot)
    }

    fn seconds(&self) -> u64 {
        u64::try_from(self.world.now().micros() / 1_000_000).unwrap_or_default()
    }

    fn session_number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.world.fill(&mut bytes);
        u64::from_le_bytes(bytes).max(1)
    }
}

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The generation of the settings by which the session was admitted.
    pub generation: u64,
    /// The session; never 0.
    pub session: u64,
    /// When it was made, in seconds since 1970.
    pub issued: u64,
    /// When it expires.
    pub expires: u64,
    /// The roles of the session.
    pub roles: Vec<RoleId>,
    /// The user.
    pub user: String,
}

/// Why a ticket does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketError {
    /// It is none, or was changed, or another instance made it.
    Invalid,
    /// Its time is over, or has not begun.
    Expired,
    /// The session was ended.
    Ended,
    /// It was made by settings that are not published yet, or are too old to decide from.
    Generation,
}

impl fmt::Display for TicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "the ticket is not one of this instance",
            Self::Expired => "the ticket has expired",
            Self::Ended => "the session was ended",
            Self::Generation => "the session must authenticate again",
        })
    }
}

impl std::error::Error for TicketError {}

/// The key of an instance that signs tickets.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// The signer of a seed of 32 random bytes; none of fewer.
    pub fn new(seed: &[u8; 32]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }

    /// The public half, which images carry.
    pub fn public(&self) -> [u8; 32] {
        self.0.public_key().as_ref().try_into().unwrap_or_default()
    }

    /// The signed bytes of a ticket; none where it has more than 4,096 roles or a user name of more than 1,024 bytes.
    pub fn sign(&self, ticket: &Ticket) -> Option<Vec<u8>> {
        if ticket.roles.len() > MOST_ROLES || ticket.user.len() > LONGEST_USER || ticket.session == 0 {
            return None;
        }
        let mut bytes = MARK.to_vec();
        for number in [ticket.generation, ticket.session, ticket.issued, ticket.expires] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for length in [ticket.roles.len(), ticket.user.len()] {
            bytes.extend_from_slice(&u16::try_from(length).ok()?.to_le_bytes());
        }
        for role in &ticket.roles {
            bytes.extend_from_slice(&role.0.to_le_bytes());
        }
        bytes.extend_from_slice(ticket.user.as_bytes());
        let signature = self.0.try_sign(&bytes).ok()?;
        bytes.extend_from_slice(signature.as_ref());
        Some(bytes)
    }
}

impl Ticket {
    /// Reads a ticket that the holder of the private half made and that counts at `now`, in seconds since 1970.
    pub fn verify(bytes: &[u8], public: &[u8; 32], now: u64) -> Result<Self, TicketError> {
        let ticket = Self::signed(bytes, public)?;
        if now >= ticket.expires || ticket.issued > now.saturating_add(SKEW) {
            return Err(TicketError::Expired);
        }
        Ok(ticket)
    }

    /// Reads a ticket that the holder of the private half made, whenever that was.
    fn signed(bytes: &[u8], public: &[u8; 32]) -> Result<Self, TicketError> {
        let invalid = TicketError::Invalid;
        if bytes.len() > HEAD + MOST_ROLES * 4 + LONGEST_USER + SIGNATURE {
            return Err(invalid);
        }
        let (message, signature) = bytes.split_last_chunk::<SIGNATURE>().ok_or(invalid)?;
        UnparsedPublicKey::new(&ED25519, public).verify(message, signature).map_err(|_| invalid)?;
        Self::read(message).ok_or(invalid)
    }

    fn read(message: &[u8]) -> Option<Self> {
        if message.get(..8)? != MARK {
            return None;
        }
        let long = |at: usize| Some(u64::from_le_bytes(*message.get(at..)?.first_chunk()?));
        let short = |at: usize| Some(usize::from(u16::from_le_bytes(*message.get(at..)?.first_chunk()?)));
        let (roles, user) = message.get(HEAD..)?.split_at_checked(short(40)? * 4)?;
        if user.len() != short(42)? {
            return None;
        }
        let roles =
            roles.chunks_exact(4).filter_map(|role| role.first_chunk().copied().map(u32::from_le_bytes));
        let ticket = Self {
            generation: long(8)?,
            session: long(16)?,
            issued: long(24)?,
            expires: long(32)?,
            roles: roles.map(RoleId).collect(),
            user: std::str::from_utf8(user).ok()?.to_owned(),
        };
        (ticket.session != 0).then_some(ticket)
    }
}
