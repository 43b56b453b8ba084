//! Queries of the audit trail by its columns, and one record by what tells it from all others.

use crate::audit::{Log as Which, Placed};
use crate::engine::Engine;
use crate::trail::{AuditFilter, entry};
use crate::{Refusal, Session};
use sclera_core::name::same;
use sclera_core::selection::Selection;
use sclera_core::time::Timestamp;
/// A record as other systems read it.
pub use sclera_exchange::audit::Entry as AuditRow;
use sclera_store::journal::{Purged, Record};
use sclera_store::port::{Activity, Log, Store, Stored};

/// What is asked of columns that are known only once a record is read as others read it.
#[derive(Debug, Clone)]
pub struct Columns {
    /// `Namespace`.
    pub namespaces: Selection,
    /// Bits of mechanisms; empty asks for none.
    pub authentications: Vec<i64>,
}

impl Default for Columns {
    fn default() -> Self {
        Self { namespaces: Selection::all(), authentications: Vec::new() }
    }
}

impl Columns {
    fn has(&self, entry: &AuditRow) -> bool {
        let field = |name: &str| entry.field(name).unwrap_or_default();
        let bit = || field("Authentication").parse::<i64>().ok();
        self.namespaces.has(field("Namespace"))
            && (self.authentications.is_empty()
                || bit().is_some_and(|bit| self.authentications.contains(&bit)))
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Up to `limit` records that are wanted. `goes_on` is asked before each record that is read; once it says no, those
    /// found so far are the answer.
    pub fn audit_query(
        &self,
        session: &Session,
        filter: &AuditFilter,
        columns: &Columns,
        limit: usize,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Vec<AuditRow>, Refusal> {
        let system_id = self.system_id()?;
        let mut found = Vec::new();
        self.audit_read(session, filter, None, &mut |placed, _| {
            let entry = entry(&placed, &system_id);
            if columns.has(&entry) {
                found.push(entry);
            }
            found.len() < limit && goes_on()
        })?;
        found.truncate(limit);
        Ok(found)
    }

    /// The record of a time, a system and an index; none where one of them is that of another.
    pub fn audit_record(
        &self,
        session: &Session,
        at: Timestamp,
        system_id: &str,
        index: u64,
    ) -> Result<Option<AuditRow>, Refusal> {
        self.require_secure(session, "reading of the audit trail")?;
        let own = self.system_id()?;
        let (link, position, is_event) = (index >> 25, (index >> 1) & 0xff_ffff, index & 1 == 1);
        let placed = if is_event {
            at_place(&self.activity.read()?, Which::Events, link, position)?
        } else {
            at_place(&self.store.read()?, Which::Journal, link, position)?
        };
        let milliseconds = |at: Timestamp| at.micros().div_euclid(1_000);
        let found = placed.map(|placed| entry(&placed, &own));
        Ok(found.filter(|entry| same(system_id, &own) && milliseconds(entry.at) == milliseconds(at)))
    }
}

fn at_place(log: &impl Log, which: Which, link: u64, position: u64) -> Stored<Option<Placed>> {
    let records = log.records(link, position)?;
    let found = records.first().filter(|(found, bytes)| *found == position && Purged::read(bytes).is_none());
    let record = found.and_then(|(_, bytes)| Record::read(bytes).ok());
    Ok(record.map(|record| Placed { log: which, link, position, record }))
}
