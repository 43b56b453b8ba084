//! Verification: has anything been changed behind our back?
//!
//! The chain is walked from its first link. Every link must follow the one before it, its records must be those it was
//! made over, and the end must be the one that the second place knows. Then every row must be what its last record says
//! that it is, so that editing a user or a role in the file, and not only its history, is found.

use crate::chain::{Head, Key, Tree};
use crate::journal::{ChangeRecord, Mark, MarkRecord, Purged, Record, gone_bytes};
use crate::port::{Log, Read, StoreError, Stored};
use crate::record::{INSTANCE, Row};
use sclera_core::change::{Action, Kind};
use sclera_core::name::quotable;
use sclera_core::sql::SqlPrivilege;
use sclera_core::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The most findings that are kept; more are counted.
pub const FINDINGS: usize = 50;

/// The most places where the clock had gone back that are kept.
pub const BACKWARD: usize = 10;

/// The most marks that are kept.
pub const MARKS: usize = 1_000;

/// One thing that is not as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: a link, a record or an object.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How many links were read.
    pub links: u64,
    /// How many records were read.
    pub records: u64,
    /// How many rows agree with their records.
    pub rows: u64,
    /// Where the clock had gone back: records that say an earlier time than the one before them; the first [`BACKWARD`].
    /// The order of a log is that of its links, so this is no finding.
    pub backward: Vec<(u64, u64)>,
    last_at: Option<Timestamp>,
    /// How many records were purged, as their marks say.
    pub purged: u64,
    /// What was done to the chain itself, with the number of the link that says so; the first [`MARKS`].
    pub marks: Vec<(u64, MarkRecord)>,
    /// The first [`FINDINGS`] findings.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub more: u64,
}

impl Report {
    /// Tells whether everything is as it was stored.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds a finding; from [`FINDINGS`] on they are only counted.
    pub fn find(&mut self, place: impl Into<String>, what: impl Into<String>) {
        let finding = Finding { place: place.into(), what: what.into() };
        if self.findings.len() >= FINDINGS {
            self.more += 1;
        } else if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn see_time(&mut self, place: (u64, u64), at: Timestamp) {
        if self.last_at.is_some_and(|last| at < last) && self.backward.len() < BACKWARD {
            self.backward.push(place);
        }
        self.last_at = Some(at);
    }

    /// What a store cannot read is a finding; an error is only what keeps us from looking.
    pub fn read<T>(&mut self, place: impl Into<String>, read: Stored<T>) -> Stored<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::Damaged(what)) => {
                self.find(place, format!("it cannot be read: {what}"));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }
}

/// What is done with each record while a chain is walked; the pair is its place.
pub type Visit<'a> = dyn FnMut(&mut Report, (u64, u64), &Record) -> Stored<()> + 'a;

/// Verifies a chain and hands every readable record to `visit`, with its place.
pub fn chain(log: &impl Log, key: &Key, visit: &mut Visit<'_>) -> Stored<Report> {
    let mut report = Report::default();
    let mut gone = Gone::default();
    let witness = report.read("end", log.witness())?.flatten();
    let mut head = Head::default();
    let mut witnessed = witness.is_none_or(|witness| witness.sequence == 0);
    // The first link is 1; what somebody put before it is looked at too.
    let mut from = 0;
    loop {
        let links = report.read("links", log.links(from))?.unwrap_or_default();
        let Some(last) = links.last() else { break };
        from = last.sequence + 1;
        for link in links {
            let place = format!("link {}", link.sequence);
            if link.continues(&head, key) {
                // As it was made.
            } else if link.sequence > head.sequence + 1 {
                report
                    .find(&place, format!("the links from {} on to this one are missing", head.sequence + 1));
            } else {
                report.find(&place, "it was edited, or is not the link that followed the one before it");
            }
            let (root, count) = records(log, link.sequence, &mut report, &mut gone, visit)?;
            if (root, count) != (link.root, link.count) {
                report.find(
                    &place,
                    format!("its records were edited, reordered, deleted or added: {} were stored, {count} are here", link.count),
                );
            }
            head = link.head();
            report.links += 1;
            witnessed |= witness == Some(head);
        }
    }
    gone.finish(&mut report);
    ending(log, &mut report, head, witness, witnessed)?;
    Ok(report)
}

/// The records that were purged, by the link whose mark must say so.
#[derive(Default)]
struct Gone(BTreeMap<u64, Tree>);

impl Gone {
    /// A mark says what was purged with it; every place of it was passed before, for a purge takes what is older.
    fn settle(&mut self, link: u64, mark: &MarkRecord, report: &mut Report) {
        let (root, count) = self.0.remove(&link).unwrap_or_default().finish();
        if root == mark.root {
            report.purged += count;
        } else {
            report.find(format!("link {link}"), "other records are gone than were purged with it");
        }
    }

    fn finish(self, report: &mut Report) {
        for link in self.0.into_keys() {
            report.find(
                format!("link {link}"),
                "records are gone as if purged with it, and it does not say so",
            );
        }
    }
}

fn records(
    log: &impl Log,
    link: u64,
    report: &mut Report,
    gone: &mut Gone,
    visit: &mut Visit<'_>,
) -> Stored<([u8; 32], u64)> {
    let mut tree = Tree::default();
    let mut next = 0;
    loop {
        let page = report.read(format!("link {link}"), log.records(link, next))?.unwrap_or_default();
        if page.is_empty() {
            return Ok(tree.finish());
        }
        for (position, bytes) in page {
            let place = format!("record {link}/{position}");
            if position != next {
                report.find(&place, format!("record {link}/{next} is missing before it"));
            }
            if let Some(purged) = Purged::read(&bytes) {
                gone.0.entry(purged.link).or_default().push(&gone_bytes((link, position), &purged.leaf));
                tree.push_leaf(purged.leaf);
                next = position + 1;
                report.records += 1;
                continue;
            }
            let read = Record::read(&bytes);
            if let Ok(Record::Mark(mark)) = &read
                && mark.mark == Mark::Purged
            {
                gone.settle(link, mark, report);
            }
            if let Ok(record) = &read {
                report.see_time((link, position), record.at());
            }
            match read {
                Ok(Record::Mark(mark)) if report.marks.len() < MARKS => report.marks.push((link, mark)),
                Ok(record) => visit(report, (link, position), &record)?,
                Err(_) => report.find(&place, "its bytes are no record"),
            }
            tree.push(&bytes);
            next = position + 1;
            report.records += 1;
        }
    }
}

fn ending(
    log: &impl Log,
    report: &mut Report,
    head: Head,
    witness: Option<Head>,
    witnessed: bool,
) -> Stored<()> {
    if let Some((all, loose)) = report.read("end", log.record_count())?
        && (loose > 0 || all != report.records)
    {
        report.find("end", format!("{} records stand in no link", loose.max(all.abs_diff(report.records))));
    }
    match witness {
        None if head.sequence > 0 => {
            report.find("end", "the second place that keeps the head of the chain is missing");
        }
        Some(witness) if witness.sequence > head.sequence => report.find(
            format!("link {}", head.sequence + 1),
            format!(
                "the end was cut off: the chain had {} links and has {}",
                witness.sequence, head.sequence
            ),
        ),
        Some(witness) if !witnessed => {
            report
                .find(format!("link {}", witness.sequence), "it is not the link that the second place knows");
        }
        _ => {}
    }
    Ok(())
}

/// Verifies the journal of a store and every row against it.
pub fn security(store: &impl Read, key: &Key) -> Stored<Report> {
    let mut expected = Expected::default();
    let mut report = chain(store, key, &mut |report, place, record| match record {
        Record::Change(change) => expected.see(store, report, place, change),
        Record::Event(_) => {
            report.find(
                format!("record {}/{}", place.0, place.1),
                "an event has no place in the journal of changes",
            );
            Ok(())
        }
        Record::Mark(_) => Ok(()),
    })?;
    expected.finish(store, &mut report)?;
    for fault in report.read("index", store.derived_faults())?.unwrap_or_default() {
        report.find("index", fault);
    }
    Ok(report)
}

/// What should be there, as far as the journal has been read.
#[derive(Default)]
struct Expected {
    /// Objects made, not deleted since, and not here; with their name and the place of their last record.
    absent: BTreeMap<(u8, u64), (String, (u64, u64))>,
    /// How many rows of each kind there should be.
    count: BTreeMap<u8, u64>,
    /// The SQL privileges that should be there, by their state.
    sql: BTreeSet<[u8; 32]>,
    highest: BTreeMap<bool, u64>,
    rows: u64,
}

impl Expected {
    fn see(
        &mut self,
        store: &impl Read,
        report: &mut Report,
        place: (u64, u64),
        change: &ChangeRecord,
    ) -> Stored<()> {
        if change.kind == Kind::SqlPrivilege as u8 {
            let known = if change.action == Action::Delete {
                self.sql.remove(&change.state)
            } else {
                self.sql.insert(change.state)
            };
            if !known {
                report.find(
                    format!("record {}/{}", place.0, place.1),
                    "the SQL privilege was not in that state before",
                );
            }
            return Ok(());
        }
        let object = (change.kind, change.number);
        let count = self.count.entry(change.kind).or_default();
        match change.action {
            Action::Create => *count += 1,
            Action::Delete => *count = count.saturating_sub(1),
            Action::Modify => {}
        }
        let highest = self.highest.entry(change.kind == Kind::User as u8).or_default();
        *highest = (*highest).max(change.number);
        let found = store.row(change.kind, change.number);
        match report.read(named(change.kind, change.number, &change.name), found)? {
            Some(Some(row)) => self.compare(report, place, change, &row),
            Some(None) if change.action == Action::Delete => drop(self.absent.remove(&object)),
            Some(None) => drop(self.absent.insert(object, (change.name.clone(), place))),
            None => {}
        }
        Ok(())
    }

    /// A row says which record is its last; that record must say that state, and no later one may exist.
    fn compare(&mut self, report: &mut Report, place: (u64, u64), change: &ChangeRecord, row: &Row) {
        let named = named(row.kind, row.number, &row.name);
        if row.place < place {
            report.find(named, format!("it was set back: record {}/{} changed it later", place.0, place.1));
        } else if row.place == place && change.action == Action::Delete {
            report.find(named, format!("it is here although record {}/{} deleted it", place.0, place.1));
        } else if row.place == place && row.state() != change.state {
            report.find(named, format!("it was edited after record {}/{}", place.0, place.1));
        } else if row.place == place {
            self.rows += 1;
        }
    }

    fn finish(self, store: &impl Read, report: &mut Report) -> Stored<()> {
        for ((kind, number), (name, place)) in &self.absent {
            let what = format!("it is missing although record {}/{} stored it", place.0, place.1);
            report.find(named(*kind, *number, name), what);
        }
        let mut here = 0;
        for kind in (0..=u8::MAX).filter(|kind| is_kept(*kind)) {
            let count = report.read(word(kind), store.count(kind))?.unwrap_or_default();
            let stored = self.count.get(&kind).copied().unwrap_or_default();
            here += count;
            if count > stored {
                let what = format!("there are {count} of them but the journal knows {stored}");
                report.find(word(kind), what);
            }
        }
        let settings = report.read("rows", store.settings())?.unwrap_or_default();
        // Rows of no kind are counted nowhere.
        for row in settings.iter().filter(|row| !is_kept(row.kind)) {
            report.find(format!("object {}/{}", row.kind, row.number), "it is of no kind");
        }
        if here != self.rows {
            let strays = strays(store, report, settings)?;
            if strays > 0 {
                report.find("rows", format!("{strays} of {here} point at no record of the journal"));
            }
        }
        report.rows = self.rows;
        self.finish_counters(store, report)?;
        self.finish_sql(store, report)
    }

    /// Every id that was ever given stands in the journal, so the next ones are known.
    fn finish_counters(&self, store: &impl Read, report: &mut Report) -> Stored<()> {
        let Some(ids) = report.read("counters", store.ids())? else { return Ok(()) };
        let next = |user: bool| self.highest.get(&user).map_or(1, |highest| highest + 1);
        for (id, next) in [(u64::from(ids.object), next(false)), (ids.user, next(true))] {
            if id < next {
                report.find("counters", "the next id was already used");
            } else if id > next {
                report.find("counters", "ids were passed over");
            }
        }
        Ok(())
    }

    fn finish_sql(mut self, store: &impl Read, report: &mut Report) -> Stored<()> {
        let mut last: Option<SqlPrivilege> = None;
        loop {
            let page = report.read("sql-privilege", store.sql_after(last.as_ref()))?.unwrap_or_default();
            let Some(end) = page.last().cloned() else { break };
            for privilege in &page {
                if self.sql.remove(&state_of_sql(privilege)) {
                    report.rows += 1;
                } else {
                    let (what, object) = (quotable(&privilege.privilege), quotable(&privilege.object));
                    let what = format!("`{what}` on `{object}` is in no record");
                    report.find("sql-privilege", what);
                }
            }
            last = Some(end);
        }
        if !self.sql.is_empty() {
            report.find("sql-privilege", format!("{} of them are missing", self.sql.len()));
        }
        Ok(())
    }
}

/// Whether objects of a kind are kept as rows.
fn is_kept(kind: u8) -> bool {
    kind == INSTANCE || Kind::from_number(kind).is_some_and(|kind| kind != Kind::SqlPrivilege)
}

/// Names the rows that no record vouches for, and counts them. It asks the journal once more for each row, so it is
/// done only where the number of rows says that there are some.
fn strays(store: &impl Read, report: &mut Report, settings: Vec<Row>) -> Stored<u64> {
    let (mut page, mut count) = (settings, 0);
    page.retain(|row| is_kept(row.kind));
    let mut after = None;
    loop {
        for row in &page {
            let place = named(row.kind, row.number, &row.name);
            let is_known = report.findings.iter().any(|finding| finding.place == place);
            if !is_known && !is_vouched_for(store, report, row)? {
                report.find(place, "no record of the journal says what it is");
                count += 1;
            }
        }
        page = report.read("rows", store.users_after(after.as_ref()))?.unwrap_or_default();
        match page.last() {
            Some(last) if report.more == 0 => after = Some(last.folded()),
            _ => return Ok(count),
        }
    }
}

fn is_vouched_for(store: &impl Read, report: &mut Report, row: &Row) -> Stored<bool> {
    let (link, position) = row.place;
    let records = report.read(format!("link {link}"), store.records(link, position))?.unwrap_or_default();
    let record = records.first().filter(|(found, _)| *found == position);
    Ok(record.and_then(|(_, bytes)| Record::read(bytes).ok()).is_some_and(|record| match record {
        Record::Change(change) => {
            (change.kind, change.number, change.state) == (row.kind, row.number, row.state())
        }
        Record::Event(_) | Record::Mark(_) => false,
    }))
}

/// How findings name an object.
fn named(kind: u8, number: u64, name: &str) -> String {
    format!("{} {number} ({})", word(kind), quotable(name))
}

fn word(kind: u8) -> &'static str {
    match kind {
        INSTANCE => "instance",
        kind => Kind::from_number(kind).map_or("object", Kind::word),
    }
}

/// What the journal records of an SQL privilege.
pub fn state_of_sql(privilege: &SqlPrivilege) -> [u8; 32] {
    let grantee = format!("{:?}", privilege.grantee);
    let texts = [&grantee, &privilege.namespace, &privilege.object, &privilege.privilege, &privilege.grantor];
    let mut bytes: Vec<u8> = vec![u8::from(privilege.grantable)];
    for text in texts {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    crate::chain::digest(&[&bytes])
}
