//! Reading the audit trail: both logs as one, in the order of time, filtered and page by page.
//!
//! The journal and the event log are two chains. A `Walk` goes over one of them without holding more than a page; a
//! `Trail` merges the two by time. Where it stands is a [`Cursor`]: for each log the record that comes next.

use crate::audit::{Log as Which, Placed};
use crate::engine::Engine;
use crate::events::AuditEvent;
use crate::install::Instance;
use crate::{Refusal, Session};
use sclera_core::change::Kind;
use sclera_core::name::Folded;
use sclera_core::selection::{Matching, Selection};
use sclera_core::time::Timestamp;
use sclera_exchange::audit::Entry;
use sclera_store::journal::{Purged, Record};
use sclera_store::port::{Activity, Log, PAGE, Store, StoreError, Stored};
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

/// Which records are wanted (`security-classes.md` section 8.4, the queries of `%SYS.Audit`). Selections are comma lists
/// with `*` and `Text*`, without regard to case.
#[derive(Debug, Clone)]
pub struct AuditFilter {
    /// The first instant.
    pub begin: Option<Timestamp>,
    /// The instant before which they end.
    pub end: Option<Timestamp>,
    /// Sources of events.
    pub sources: Selection,
    /// Types of events.
    pub types: Selection,
    /// Names of events.
    pub names: Selection,
    /// Users.
    pub users: Selection,
    /// The bit of the mechanism; none asks for no particular one.
    pub authentication: Option<i64>,
    /// Numbers of processes.
    pub pids: Selection,
    /// Groups.
    pub groups: Selection,
    /// Systems, as node and instance.
    pub systems: Selection,
    /// A text that some column contains, without regard to case; empty asks for none.
    pub text: String,
    /// The oldest first instead of the newest.
    pub oldest_first: bool,
}

impl Default for AuditFilter {
    fn default() -> Self {
        let all = || Selection::new("*", Matching::Exact);
        Self {
            begin: None,
            end: None,
            sources: all(),
            types: all(),
            names: all(),
            users: all(),
            authentication: None,
            pids: all(),
            groups: all(),
            systems: all(),
            text: String::new(),
            oldest_first: false,
        }
    }
}

impl AuditFilter {
    /// Tells whether a record is wanted.
    pub fn has(&self, record: &Record) -> bool {
        let at = record.at();
        let [source, kind, name] = event(record);
        self.begin.is_none_or(|begin| at >= begin)
            && self.end.is_none_or(|end| at < end)
            && self.sources.has(source)
            && self.types.has(kind)
            && self.names.has(name)
            && self.users.has(user(record))
            && self.authentication.is_none_or(|bit| authentication(record) == Some(bit))
            && self.pids.has(field(record, "Pid"))
            && self.groups.has(field(record, "GroupName"))
            && (self.text.is_empty() || contains(record, &Folded::of(&self.text)))
    }

    /// Whether the records that follow one are beyond the time asked for. A clock may have been set back a little.
    pub(crate) fn is_past(&self, at: Timestamp) -> bool {
        let slack = 3_600_000_000;
        if self.oldest_first {
            self.end.is_some_and(|end| at.micros() > end.micros().saturating_add(slack))
        } else {
            self.begin.is_some_and(|begin| at.micros() < begin.micros().saturating_sub(slack))
        }
    }
}

/// Where a reading of the trail goes on: the next record of each log, as link and position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Of the journal of changes.
    pub journal: (u64, u64),
    /// Of the event log.
    pub events: (u64, u64),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (journal, events) = (self.journal, self.events);
        write!(f, "{}.{}.{}.{}", journal.0, journal.1, events.0, events.1)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let numbers: Result<Vec<u64>, _> = text.split('.').map(str::parse).collect();
        match numbers.map_err(|_| NoCursor)?.as_slice() {
            [a, b, c, d] => Ok(Self { journal: (*a, *b), events: (*c, *d) }),
            _ => Err(NoCursor),
        }
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Up to `limit` records that are wanted, each with the cursor behind it; from a cursor on, or from the beginning.
    pub fn audit_page(
        &self,
        session: &Session,
        filter: &AuditFilter,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<(Placed, Cursor)>, Refusal> {
        let mut found = Vec::new();
        self.audit_read(session, filter, from, &mut |placed, cursor| {
            found.push((placed, cursor));
            found.len() < limit
        })?;
        Ok(found)
    }

    /// Hands every record that is wanted on, as other systems read them, until told to stop. That it was done is an
    /// event itself (`security-classes.md` section 8.3).
    pub fn audit_export(
        &self,
        session: &Session,
        filter: &AuditFilter,
        each: &mut dyn FnMut(&Entry) -> bool,
    ) -> Result<u64, Refusal> {
        let (mut count, system_id) = (0, self.system_id()?);
        self.audit_read(session, filter, None, &mut |placed, _| {
            count += 1;
            each(&entry(&placed, &system_id))
        })?;
        self.emit_of(session, &AuditEvent::AuditReport { report: "Export" })?;
        Ok(count)
    }

    pub(crate) fn audit_read(
        &self,
        session: &Session,
        filter: &AuditFilter,
        from: Option<Cursor>,
        each: &mut dyn FnMut(Placed, Cursor) -> bool,
    ) -> Result<(), Refusal> {
        self.require_secure(session, "reading of the audit trail")?;
        let (journal, events) = (self.store.read()?, self.activity.read()?);
        if !filter.systems.has(&self.system_id()?) {
            return Ok(());
        }
        let mut trail = Trail::begin(&journal, &events, filter.oldest_first, from)?;
        while let Some(placed) = trail.next()? {
            if filter.is_past(placed.record.at()) {
                break;
            }
            if filter.has(&placed.record) && !each(placed, trail.cursor()) {
                break;
            }
        }
        Ok(())
    }

    /// `SystemID`: the node and the instance.
    pub(crate) fn system_id(&self) -> Stored<String> {
        let instance = Instance::read(&self.store.read()?)?;
        Ok(format!("{}:{}", self.node, instance.id))
    }
}

/// Both logs in the order of time.
pub(crate) struct Trail<'a, J, E> {
    journal: Walk<'a, J>,
    events: Walk<'a, E>,
    oldest_first: bool,
}

impl<'a, J: Log, E: Log> Trail<'a, J, E> {
    pub(crate) fn begin(
        journal: &'a J,
        events: &'a E,
        oldest_first: bool,
        from: Option<Cursor>,
    ) -> Stored<Self> {
        Ok(Self {
            journal: Walk::begin(journal, Which::Journal, oldest_first, from.map(|from| from.journal))?,
            events: Walk::begin(events, Which::Events, oldest_first, from.map(|from| from.events))?,
            oldest_first,
        })
    }

    pub(crate) fn next(&mut self) -> Stored<Option<Placed>> {
        let (change, event) = (self.journal.peek()?, self.events.peek()?);
        let journal_first = match (change, event) {
            (Some(change), Some(event)) if self.oldest_first => change <= event,
            (Some(change), Some(event)) => change >= event,
            (change, _) => change.is_some(),
        };
        if journal_first { self.journal.next() } else { self.events.next() }
    }

    pub(crate) fn cursor(&self) -> Cursor {
        Cursor { journal: self.journal.next, events: self.events.next }
    }
}

/// One log, forwards or backwards, a page at a time. `next` is the place of the record that comes next; going backwards
/// link 0 is the end.
pub(crate) struct Walk<'a, L> {
    log: &'a L,
    which: Which,
    oldest_first: bool,
    next: (u64, u64),
    /// Where the page that is read next begins.
    ahead: (u64, u64),
    last: u64,
    page: VecDeque<Placed>,
}

impl<'a, L: Log> Walk<'a, L> {
    pub(crate) fn begin(
        log: &'a L,
        which: Which,
        oldest_first: bool,
        from: Option<(u64, u64)>,
    ) -> Stored<Self> {
        let last = log.head()?.sequence;
        let start = if oldest_first { (1, 0) } else { (last, u64::MAX) };
        let next = from.unwrap_or(start);
        Ok(Self { log, which, oldest_first, next, ahead: next, last, page: VecDeque::new() })
    }

    /// The place of the record that comes next.
    pub(crate) const fn place(&self) -> (u64, u64) {
        self.next
    }

    /// The time of the record that comes next.
    fn peek(&mut self) -> Stored<Option<Timestamp>> {
        self.fill()?;
        Ok(self.page.front().map(|placed| placed.record.at()))
    }

    pub(crate) fn next(&mut self) -> Stored<Option<Placed>> {
        self.fill()?;
        let Some(placed) = self.page.pop_front() else { return Ok(None) };
        let (link, position) = (placed.link, placed.position);
        self.next = match (self.oldest_first, position) {
            (true, _) => (link, position + 1),
            (false, 0) => (link.saturating_sub(1), u64::MAX),
            (false, position) => (link, position - 1),
        };
        Ok(Some(placed))
    }

    fn fill(&mut self) -> Stored<()> {
        while self.page.is_empty() {
            let (link, position) = self.ahead;
            if link == 0 || link > self.last {
                return Ok(());
            }
            if self.oldest_first { self.forwards(link, position)? } else { self.backwards(link, position)? }
        }
        Ok(())
    }

    fn forwards(&mut self, link: u64, position: u64) -> Stored<()> {
        let records = self.log.records(link, position)?;
        self.ahead = match records.last() {
            Some((position, _)) => (link, position + 1),
            None => (self.log.links(link + 1)?.first().map_or(self.last + 1, |link| link.sequence), 0),
        };
        for (position, bytes) in &records {
            self.page.extend(self.placed(link, *position, bytes)?);
        }
        Ok(())
    }

    fn backwards(&mut self, link: u64, position: u64) -> Stored<()> {
        let count = match self.log.links(link)?.first() {
            Some(found) if found.sequence == link => found.count,
            _ => 0,
        };
        let end = position.saturating_add(1).min(count);
        let first = end.saturating_sub(u64::from(PAGE));
        self.ahead = if first == 0 { (link - 1, u64::MAX) } else { (link, first - 1) };
        let records = self.log.records(link, first)?;
        for (position, bytes) in records.iter().filter(|(position, _)| *position < end) {
            if let Some(placed) = self.placed(link, *position, bytes)? {
                self.page.push_front(placed);
            }
        }
        Ok(())
    }

    /// The record; none where it was purged.
    fn placed(&self, link: u64, position: u64, bytes: &[u8]) -> Stored<Option<Placed>> {
        if Purged::read(bytes).is_some() {
            return Ok(None);
        }
        let damaged = |_| StoreError::Damaged(format!("record {link}/{position} cannot be read"));
        Ok(Some(Placed { log: self.which, link, position, record: Record::read(bytes).map_err(damaged)? }))
    }
}
/// A record as other systems read it.
pub(crate) fn entry(placed: &Placed, system_id: &str) -> Entry {
    let record = &placed.record;
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: String| fields.push((name.to_owned(), value));
    let mut changed = None;
    match record {
        Record::Change(change) => {
            let word = Kind::from_number(change.kind).map_or("instance", Kind::word);
            put("Door", change.door.clone());
            put("Description", format!("{} {word} {}", change.action.word(), change.name));
            let lines = change.differences.iter();
            let lines = lines.map(|d| format!("{}: {} -> {}\r\n", d.property, d.old, d.new));
            put("EventData", lines.collect());
            changed = Some((change.action, word, change.name.clone()));
        }
        Record::Event(event) => fields.clone_from(&event.fields),
        Record::Mark(mark) => {
            put("Door", mark.door.clone());
            put("Description", mark.mark.word().to_owned());
            let lines = mark.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
            put("EventData", lines.collect());
        }
    }
    Entry {
        at: record.at(),
        system_id: system_id.to_owned(),
        index: placed.index(),
        event: event(record).map(str::to_owned),
        user: user(record).to_owned(),
        change: changed,
        fields,
    }
}

/// Source, type and name of its event.
fn event(record: &Record) -> [&str; 3] {
    match record {
        Record::Change(change) => ["%System", "%Security", change.event()],
        Record::Event(event) => event.event.each_ref().map(String::as_str),
        // What is done to the trail itself (`authentication.md` section 18.2).
        Record::Mark(_) => ["%System", "%Security", "AuditChange"],
    }
}

fn user(record: &Record) -> &str {
    match record {
        Record::Change(change) => &change.actor,
        Record::Event(event) => &event.user,
        Record::Mark(mark) => &mark.actor,
    }
}

fn authentication(record: &Record) -> Option<i64> {
    field(record, "Authentication").parse().ok()
}

/// A field of an event; empty where it has none of the name.
fn field<'a>(record: &'a Record, name: &str) -> &'a str {
    let Record::Event(event) = record else { return "" };
    event.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn contains(record: &Record, text: &Folded) -> bool {
    let has = |value: &String| Folded::of(value).as_str().contains(text.as_str());
    match record {
        Record::Change(change) => {
            has(&change.name)
                || change.differences.iter().any(|d| has(&d.property) || has(&d.old) || has(&d.new))
        }
        Record::Event(event) => event.fields.iter().any(|(_, value)| has(value)),
        Record::Mark(mark) => mark.fields.iter().any(|(_, value)| has(value)),
    }
}
