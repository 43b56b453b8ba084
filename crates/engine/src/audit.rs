//! The audit trail: reading and verifying the journal of changes and the event log.

use crate::engine::Engine;
use crate::trail::AuditFilter;
use crate::{Refusal, Session};
use sclera_store::journal::Record;
use sclera_store::port::{Activity, Store, Stored};
use sclera_store::verify::{self, Report};

/// The two logs of the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// The journal of changes.
    Journal,
    /// The event log.
    Events,
}

/// A record with the place where it stands: log, link and position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The log.
    pub log: Log,
    /// The number of the link.
    pub link: u64,
    /// The position in it.
    pub position: u64,
    /// What it says.
    pub record: Record,
}

impl Placed {
    /// `AuditIndex`: one number for the place.
    pub fn index(&self) -> u64 {
        let log = u64::from(self.log == Log::Events);
        (self.link << 25) | (self.position << 1) | log
    }
}

/// What the verification of both logs found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The journal of changes, with every row.
    pub journal: Report,
    /// The event log, with what is kept beside it: sessions of tokens, signing keys, credentials of machines.
    pub events: Report,
}

impl Verification {
    /// Tells whether everything is as it was stored.
    pub fn is_clean(&self) -> bool {
        self.journal.is_clean() && self.events.is_clean()
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The newest records of both logs, newest first.
    pub fn audit_list(&self, session: &Session, limit: usize) -> Result<Vec<Placed>, Refusal> {
        let newest = self.audit_page(session, &AuditFilter::default(), None, limit)?;
        Ok(newest.into_iter().map(|(placed, _)| placed).collect())
    }

    /// Verifies both logs and every row (see [`sclera_store::verify`]).
    pub fn audit_verify(&self, session: &Session) -> Result<Verification, Refusal> {
        self.require_secure(session, "verification of the audit trail")?;
        Ok(self.verify()?)
    }

    /// The same without a session, for whoever holds the files and the key.
    pub fn verify(&self) -> Stored<Verification> {
        let journal = verify::security(&self.store.read()?, &self.key)?;
        let mut events = verify::chain(&self.activity.read()?, &self.key, &mut |_, _, _| Ok(()))?;
        self.verify_kept(&mut events)?;
        Ok(Verification { journal, events })
    }
}
