//! The audit trail: reading and verifying the journal of changes and the event log.

use crate::engine::Engine;
use crate::{Refusal, Session};
use sclera_store::journal::Record;
use sclera_store::port::{Activity, Log, Store, StoreError, Stored};
use sclera_store::verify::{self, Report};

/// A record with the place where it stands: link and position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The number of the link.
    pub link: u64,
    /// The position in it.
    pub position: u64,
    /// What it says.
    pub record: Record,
}

/// What the verification of both logs found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The journal of changes, with every row.
    pub journal: Report,
    /// The event log.
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
        self.require_secure(session, "reading of the audit trail")?;
        let mut all = newest(&self.store.read()?, limit)?;
        all.extend(newest(&self.activity.read()?, limit)?);
        all.sort_by_key(|placed| std::cmp::Reverse(placed.record.at()));
        all.truncate(limit);
        Ok(all)
    }

    /// Verifies both logs and every row (see [`sclera_store::verify`]).
    pub fn audit_verify(&self, session: &Session) -> Result<Verification, Refusal> {
        self.require_secure(session, "verification of the audit trail")?;
        Ok(self.verify()?)
    }

    /// The same without a session, for whoever holds the files and the key.
    pub fn verify(&self) -> Stored<Verification> {
        Ok(Verification {
            journal: verify::security(&self.store.read()?, &self.key)?,
            events: verify::chain(&self.activity.read()?, &self.key, &mut |_, _, _| Ok(()))?,
        })
    }
}

fn newest(log: &impl Log, limit: usize) -> Stored<Vec<Placed>> {
    let mut found: Vec<Placed> = Vec::new();
    let mut link = log.head()?.sequence;
    while link > 0 && found.len() < limit {
        let mut of_link = Vec::new();
        let mut next = 0;
        loop {
            let page = log.records(link, next)?;
            let Some((last, _)) = page.last() else { break };
            next = last + 1;
            for (position, bytes) in page {
                let damaged = |_| StoreError::Damaged(format!("record {link}/{position} cannot be read"));
                of_link.push(Placed { link, position, record: Record::read(&bytes).map_err(damaged)? });
            }
        }
        found.extend(of_link.into_iter().rev().take(limit - found.len()));
        link -= 1;
    }
    Ok(found)
}
