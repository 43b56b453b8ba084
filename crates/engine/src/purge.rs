//! Purging events: what is no longer needed goes, and the chain still verifies.

use crate::audit::Log as Which;
use crate::engine::Engine;
use crate::trail::{AuditFilter, Cursor, Walk};
use crate::{Refusal, Session};
use sclera_core::time::Timestamp;
use sclera_store::chain::{Head, Tree, leaf};
use sclera_store::journal::{Mark, MarkRecord, Purged, Record, Scribe, gone_bytes};
use sclera_store::port::{Activity, Log, LogWrite, Store, StoreError, Stored};

/// The most records that one transaction purges, so that nobody waits long to write.
const BATCH: usize = 10_000;

/// Who purges which events, and in which words.
struct Purge<'a> {
    actor: &'a str,
    door: &'a str,
    filter: &'a AuditFilter,
    what: &'a str,
    /// The record at which it ends; all records where there is none.
    until: Option<(u64, u64)>,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Purges the events that a filter selects (`%SYS.Audit.Delete`, `security-classes.md` section 8.4) and says how many
    /// went. The journal of changes is kept, for it says what every row must be, and so are marks. Who purged what is a
    /// mark in the chain, with the root over what went; each record leaves its leaf there. Before each batch of 10,000
    /// `goes_on` is asked, and whether the session lives; what went until then is gone.
    pub fn audit_purge(
        &self,
        session: &Session,
        filter: &AuditFilter,
        what: &str,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<u64, Refusal> {
        self.require_secure(session, "purge of the audit trail")?;
        let filter = AuditFilter { oldest_first: true, ..filter.clone() };
        let (actor, door) = (session.user(), session.door().word());
        let lives = || goes_on() && session.not_ended().is_ok();
        Ok(self.purge(&Purge { actor, door, filter: &filter, what, until: None }, None, &lives)?.0)
    }

    /// Purges the events that are older than the setting `AuditRetentionDays` says, but none that one of the outlets has
    /// not had yet. Says how many went, and where the next call may begin.
    pub fn purge_expired(
        &self,
        outlets: &[&str],
        from: Option<(u64, u64)>,
    ) -> Stored<(u64, Option<(u64, u64)>)> {
        let days = self.settings()?.policy.system.audit_retention;
        if days == 0 {
            return Ok((0, None));
        }
        let until = self.had_by_all(outlets)?;
        let end = self.world.now().micros().saturating_sub(days.saturating_mul(86_400_000_000));
        let end = Some(Timestamp::from_micros(end));
        let filter = AuditFilter { end, oldest_first: true, ..AuditFilter::default() };
        let what = format!("kept for {days} days");
        self.purge(
            &Purge { actor: "(retention)", door: "", filter: &filter, what: &what, until },
            from,
            &|| true,
        )
    }

    /// The first event that some outlet has not had; none where there is no outlet.
    fn had_by_all(&self, outlets: &[&str]) -> Stored<Option<(u64, u64)>> {
        let mut first = None;
        for outlet in outlets {
            let damaged = |_| StoreError::Damaged(format!("the position of outlet {outlet}"));
            let position = self.activity.outlet_position(outlet)?;
            let cursor = position.as_deref().map(str::parse::<Cursor>).transpose().map_err(damaged)?;
            let events = cursor.unwrap_or_default().events;
            first = Some(first.map_or(events, |first: (u64, u64)| first.min(events)));
        }
        Ok(first)
    }

    /// Purges batch by batch for as long as it is to go on; says how many went, and where the first event stands that was
    /// kept.
    fn purge(
        &self,
        purge: &Purge<'_>,
        mut from: Option<(u64, u64)>,
        goes_on: &dyn Fn() -> bool,
    ) -> Stored<(u64, Option<(u64, u64)>)> {
        let (mut purged, mut kept) = (0, None);
        loop {
            if !goes_on() {
                return Ok((purged, kept.or(from)));
            }
            let batch = self.purge_some(purge, from)?;
            purged += batch.count;
            kept = kept.or(batch.kept);
            if batch.is_last {
                return Ok((purged, kept.or(Some(batch.next))));
            }
            from = Some(batch.next);
        }
    }

    fn purge_some(&self, purge: &Purge<'_>, from: Option<(u64, u64)>) -> Stored<Batch> {
        let mut log = self.activity.write()?;
        let head = log.head()?.sequence;
        let mark_link = head + 1;
        let (mut places, mut kept) = (Vec::new(), None);
        let mut walk = Walk::begin(&log, Which::Events, true, from)?;
        let mut is_last = true;
        while let Some(placed) = walk.next()? {
            let place = (placed.link, placed.position);
            if purge.until.is_some_and(|until| place >= until) || purge.filter.is_past(placed.record.at()) {
                kept = kept.or(Some(place));
                break;
            }
            match &placed.record {
                Record::Event(_) if purge.filter.has(&placed.record) => {
                    places.push((placed.link, placed.position, leaf(&placed.record.bytes())));
                }
                Record::Event(_) => kept = kept.or(Some(place)),
                _ => {}
            }
            if places.len() == BATCH {
                is_last = false;
                break;
            }
        }
        let next = walk.place();
        if places.is_empty() {
            return Ok(Batch { count: 0, kept, next, is_last });
        }
        let mut tree = Tree::default();
        for (link, position, leaf) in &places {
            tree.push(&gone_bytes((*link, *position), leaf));
            log.replace(*link, *position, &Purged { leaf: *leaf, link: mark_link }.bytes())?;
        }
        let (root, count) = tree.finish();
        let fields = [("Records", count.to_string()), ("Which", purge.what.chars().take(4_096).collect())];
        let mark = MarkRecord {
            at: self.world.now(),
            actor: purge.actor.to_owned(),
            door: purge.door.to_owned(),
            mark: Mark::Purged,
            head: Head::default(),
            root,
            fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
        };
        let mut scribe = Scribe::begin(&log)?;
        scribe.write(&mut log, &Record::Mark(mark))?;
        scribe.commit(log, &self.key, self.node)?;
        Ok(Batch { count, kept, next, is_last })
    }
}

/// What came of one transaction.
struct Batch {
    count: u64,
    /// The first event that was met and kept.
    kept: Option<(u64, u64)>,
    /// The record that follows those that were looked at.
    next: (u64, u64),
    is_last: bool,
}
