//! Purging events: what is no longer needed goes, and the chain still verifies.

use crate::audit::Log as Which;
use crate::engine::Engine;
use crate::trail::{AuditFilter, Walk};
use crate::{Refusal, Session};
use sclera_store::chain::{Head, Tree, leaf};
use sclera_store::journal::{Mark, MarkRecord, Purged, Record, Scribe, gone_bytes};
use sclera_store::port::{Activity, Log, LogWrite, Store};

/// The most records that one transaction purges, so that nobody waits long to write.
const BATCH: usize = 10_000;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Purges the events that a filter selects (`%SYS.Audit.Delete`, `security-classes.md` section 8.4) and says how many
    /// went. The journal of changes is kept, for it says what every row must be, and so are marks. Who purged what is a
    /// mark in the chain, with the root over what went; each record leaves its leaf there.
    pub fn audit_purge(&self, session: &Session, filter: &AuditFilter, what: &str) -> Result<u64, Refusal> {
        self.require_secure(session, "purge of the audit trail")?;
        let (mut purged, mut from) = (0, None);
        loop {
            let (count, next) = self.purge_some(session, filter, what, from)?;
            purged += count;
            if next.is_none() {
                return Ok(purged);
            }
            from = next;
        }
    }

    /// One batch, and where the next begins.
    fn purge_some(
        &self,
        session: &Session,
        filter: &AuditFilter,
        what: &str,
        from: Option<(u64, u64)>,
    ) -> Result<(u64, Option<(u64, u64)>), Refusal> {
        let mut log = self.activity.write()?;
        let mark_link = log.head()?.sequence + 1;
        let (mut places, mut next) = (Vec::new(), None);
        let mut walk = Walk::begin(&log, Which::Events, true, from)?;
        while let Some(placed) = walk.next()? {
            if matches!(placed.record, Record::Event(_)) && filter.has(&placed.record) {
                places.push((placed.link, placed.position, leaf(&placed.record.bytes())));
            }
            if places.len() == BATCH {
                next = Some((placed.link, placed.position + 1));
                break;
            }
        }
        if places.is_empty() {
            return Ok((0, None));
        }
        let mut tree = Tree::default();
        for (link, position, leaf) in &places {
            tree.push(&gone_bytes((*link, *position), leaf));
            log.replace(*link, *position, &Purged { leaf: *leaf, link: mark_link }.bytes())?;
        }
        let (root, count) = tree.finish();
        let fields = [("Records", count.to_string()), ("Which", what.chars().take(4_096).collect())];
        let mark = MarkRecord {
            at: self.world.now(),
            actor: session.user().to_owned(),
            door: session.door().word().to_owned(),
            mark: Mark::Purged,
            head: Head::default(),
            root,
            fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
        };
        let mut scribe = Scribe::begin(&log)?;
        scribe.write(&mut log, &Record::Mark(mark))?;
        scribe.commit(log, &self.key, self.node)?;
        Ok((count, next))
    }
}
