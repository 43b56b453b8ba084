//! The records of the journal and of the event log, byte by byte.
//!
//! A record is a version byte, a class byte, and fields in a fixed order. Numbers are big-endian; texts and lists have
//! their length before them as 32 bits. The same content always gives the same bytes, for the chain is made over them.
//!
//! ```text
//! change:  1  1  at i64  actor  door  action u8  kind u8  number u64  name  state 32  n × (property old new)
//! event:   1  2  at i64  source  type  name  user  n × (field value)
//! mark:    1  3  at i64  actor  door  mark u8  sequence u64  mac 32  root 32  n × (field value)
//! purged:  1  4  leaf 32  link u64
//! ```
//!
//! A mark says of the chain itself that it is not the one that stood here before, and carries the end of that one. Like
//! every record it is bound by the link that it stands in, so only the holder of the key can make one.
//!
//! A record that was purged leaves its leaf of the tree, so that its link can still be verified, and the number of the
//! link whose mark says that it was purged. That mark carries the root over all that went with it: nobody without the
//! key can take a record out and call it purged.

use crate::chain::{Hash, Head, Key, Link, Tree};
use crate::port::{LogWrite, Stored};
use sclera_core::change::{Action, Entry, Kind};
use sclera_core::property::Difference;
use sclera_core::time::Timestamp;

const VERSION: u8 = 1;
const CHANGE: u8 = 1;
const EVENT: u8 = 2;
const MARK: u8 = 3;
const PURGED: u8 = 4;

/// A record of the journal or of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Something was changed.
    Change(ChangeRecord),
    /// Something happened.
    Event(EventRecord),
    /// Something was done to the chain itself.
    Mark(MarkRecord),
}

/// One object that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRecord {
    /// When.
    pub at: Timestamp,
    /// By whom: the name of a user, or in parentheses the reason for which the product itself did it.
    pub actor: String,
    /// Through which door.
    pub door: String,
    /// What was done; for the row of the instance the kind number is 0.
    pub action: Action,
    /// The kind of object, as in [`crate::record::Row::kind`].
    pub kind: u8,
    /// Its number.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// The state of its row afterwards; zero where it was deleted.
    pub state: Hash,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// When.
    pub at: Timestamp,
    /// Source, type and name, as in `%System/%Login/LoginFailure`.
    pub event: [String; 3],
    /// The user of the session, or the name attempted.
    pub user: String,
    /// Further fields, named as in the class `%SYS.Audit`.
    pub fields: Vec<(String, String)>,
}

/// Something that was done to the chain itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkRecord {
    /// When.
    pub at: Timestamp,
    /// By whom: the name of a user, or in parentheses the reason for which the product itself did it.
    pub actor: String,
    /// Through which door.
    pub door: String,
    /// What was done.
    pub mark: Mark,
    /// The end of the chain that is carried on: an older one, or one that is no longer here; none where it is not known.
    pub head: Head,
    /// The root over what is no longer here; zero where nothing is missing.
    pub root: Hash,
    /// What else is to be known.
    pub fields: Vec<(String, String)>,
}

/// What a purge leaves in the place of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// The leaf of the record.
    pub leaf: Hash,
    /// The link whose mark tells of the purge.
    pub link: u64,
}

impl Purged {
    /// The canonical bytes.
    pub fn bytes(&self) -> Vec<u8> {
        [[VERSION, PURGED].as_slice(), &self.leaf, &self.link.to_be_bytes()].concat()
    }

    /// Reads canonical bytes; none where they are something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes.strip_prefix(&[VERSION, PURGED])?);
        let purged = Self { leaf: from.take().ok()?, link: u64::from_be_bytes(from.take().ok()?) };
        from.0.is_empty().then_some(purged)
    }
}

/// What the mark of a purge has its root over, for each record: its place and its leaf.
pub fn gone_bytes(place: (u64, u64), leaf: &Hash) -> Vec<u8> {
    [place.0.to_be_bytes().as_slice(), &place.1.to_be_bytes(), leaf].concat()
}

/// What can be done to a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mark {
    /// An earlier state was put back: a new epoch begins with this link. The head is that of the chain that stood here.
    Restored = 1,
    /// Records were purged; the root is that over their leaves, in the order of their places.
    Purged = 2,
}

impl Mark {
    /// The mark of a number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Restored),
            2 => Some(Self::Purged),
            _ => None,
        }
    }

    /// The word for it in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Restored => "Restore",
            Self::Purged => "Purge",
        }
    }
}

/// The bytes are no record of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl ChangeRecord {
    /// The record of an entry that a rule made.
    pub fn of(entry: &Entry, at: Timestamp, actor: &str, door: &str, state: Hash) -> Self {
        Self {
            at,
            actor: actor.to_owned(),
            door: door.to_owned(),
            action: entry.action,
            kind: entry.kind as u8,
            number: entry.number,
            name: entry.name.clone(),
            state,
            differences: entry.differences.clone(),
        }
    }

    /// The name of the event that this change is.
    pub fn event(&self) -> &'static str {
        let about_audit = |difference: &Difference| difference.property.starts_with("Audit");
        match Kind::from_number(self.kind) {
            // Settings of auditing tell by the event of their own (`security-classes.md` section 8.3).
            Some(Kind::System) if self.differences.iter().any(about_audit) => Kind::Event.event(),
            kind => kind.map_or("ConfigurationChange", Kind::event),
        }
    }
}

impl Record {
    /// When it was written, by the clock of its machine.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Change(change) => change.at,
            Self::Event(event) => event.at,
            Self::Mark(mark) => mark.at,
        }
    }

    /// The canonical bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Writer(vec![VERSION]);
        match self {
            Self::Change(change) => out.change(change),
            Self::Event(event) => out.event(event),
            Self::Mark(mark) => out.mark(mark),
        }
        out.0
    }

    /// Reads canonical bytes; anything else is refused, trailing bytes included.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut from = Reader(bytes);
        if from.byte()? != VERSION {
            return Err(Unreadable);
        }
        let record = match from.byte()? {
            CHANGE => Self::Change(from.change()?),
            EVENT => Self::Event(from.event()?),
            MARK => Self::Mark(from.mark()?),
            _ => return Err(Unreadable),
        };
        if from.0.is_empty() { Ok(record) } else { Err(Unreadable) }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn count(&mut self, count: usize) {
        // Texts are bounded long before four gigabytes by the limits of the properties.
        self.0.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
    }

    fn change(&mut self, change: &ChangeRecord) {
        self.0.push(CHANGE);
        self.0.extend_from_slice(&change.at.micros().to_be_bytes());
        self.text(&change.actor);
        self.text(&change.door);
        self.0.extend_from_slice(&[change.action as u8, change.kind]);
        self.0.extend_from_slice(&change.number.to_be_bytes());
        self.text(&change.name);
        self.0.extend_from_slice(&change.state);
        self.count(change.differences.len());
        for difference in &change.differences {
            self.text(&difference.property);
            self.text(&difference.old);
            self.text(&difference.new);
        }
    }

    fn event(&mut self, event: &EventRecord) {
        self.0.push(EVENT);
        self.0.extend_from_slice(&event.at.micros().to_be_bytes());
        for part in &event.event {
            self.text(part);
        }
        self.text(&event.user);
        self.fields(&event.fields);
    }

    fn mark(&mut self, mark: &MarkRecord) {
        self.0.push(MARK);
        self.0.extend_from_slice(&mark.at.micros().to_be_bytes());
        self.text(&mark.actor);
        self.text(&mark.door);
        self.0.push(mark.mark as u8);
        self.0.extend_from_slice(&mark.head.sequence.to_be_bytes());
        self.0.extend_from_slice(&mark.head.mac);
        self.0.extend_from_slice(&mark.root);
        self.fields(&mark.fields);
    }

    fn fields(&mut self, fields: &[(String, String)]) {
        self.count(fields.len());
        for (field, value) in fields {
            self.text(field);
            self.text(value);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Unreadable)?;
        self.0 = tail;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn count(&mut self) -> Result<usize, Unreadable> {
        let count = u32::from_be_bytes(self.take()?) as usize;
        // Every item takes at least one length of four bytes, or is a byte itself.
        if count <= self.0.len() { Ok(count) } else { Err(Unreadable) }
    }

    fn text(&mut self) -> Result<String, Unreadable> {
        let length = self.count()?;
        let (head, tail) = self.0.split_at_checked(length).ok_or(Unreadable)?;
        self.0 = tail;
        std::str::from_utf8(head).map(str::to_owned).map_err(|_| Unreadable)
    }

    fn at(&mut self) -> Result<Timestamp, Unreadable> {
        Ok(Timestamp::from_micros(i64::from_be_bytes(self.take()?)))
    }

    fn list<T>(&mut self, item: fn(&mut Self) -> Result<T, Unreadable>) -> Result<Vec<T>, Unreadable> {
        let count = self.count()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn change(&mut self) -> Result<ChangeRecord, Unreadable> {
        Ok(ChangeRecord {
            at: self.at()?,
            actor: self.text()?,
            door: self.text()?,
            action: Action::from_number(self.byte()?).ok_or(Unreadable)?,
            kind: self.byte()?,
            number: u64::from_be_bytes(self.take()?),
            name: self.text()?,
            state: self.take()?,
            differences: self.list(|from| {
                Ok(Difference { property: from.text()?, old: from.text()?, new: from.text()? })
            })?,
        })
    }

    fn event(&mut self) -> Result<EventRecord, Unreadable> {
        Ok(EventRecord {
            at: self.at()?,
            event: [self.text()?, self.text()?, self.text()?],
            user: self.text()?,
            fields: self.fields()?,
        })
    }

    fn mark(&mut self) -> Result<MarkRecord, Unreadable> {
        Ok(MarkRecord {
            at: self.at()?,
            actor: self.text()?,
            door: self.text()?,
            mark: Mark::from_number(self.byte()?).ok_or(Unreadable)?,
            head: Head { sequence: u64::from_be_bytes(self.take()?), mac: self.take()? },
            root: self.take()?,
            fields: self.fields()?,
        })
    }

    fn fields(&mut self) -> Result<Vec<(String, String)>, Unreadable> {
        self.list(|from| Ok((from.text()?, from.text()?)))
    }
}

/// Writes the records of one commit and closes its link.
pub struct Scribe {
    head: Head,
    tree: Tree,
    position: u64,
}

impl Scribe {
    /// Begins the link that follows the end of the chain.
    pub fn begin(log: &impl LogWrite) -> Stored<Self> {
        Ok(Self { head: log.head()?, tree: Tree::default(), position: 0 })
    }

    /// Begins the link that follows the end of the chain with a number above another one as well.
    pub fn begin_above(log: &impl LogWrite, other: u64) -> Stored<Self> {
        let mut scribe = Self::begin(log)?;
        scribe.head.sequence = scribe.head.sequence.max(other);
        Ok(scribe)
    }

    /// Where the next record will stand: the number of its link and its position.
    pub fn place(&self) -> (u64, u64) {
        (self.head.sequence + 1, self.position)
    }

    /// Writes a record.
    pub fn write(&mut self, log: &mut impl LogWrite, record: &Record) -> Stored<()> {
        let bytes = record.bytes();
        let (link, position) = self.place();
        log.append(link, position, &bytes)?;
        self.tree.push(&bytes);
        self.position += 1;
        Ok(())
    }

    /// Closes the link and commits; a link without records is not made.
    pub fn commit(self, mut log: impl LogWrite, key: &Key, node: u32) -> Stored<Head> {
        if self.position == 0 {
            return Ok(self.head);
        }
        let link = Link::after(&self.head, key, node, self.tree);
        log.close(&link)?;
        log.commit()?;
        Ok(link.head())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change() -> Record {
        let differences = vec![Difference { property: "Enabled".into(), old: "1".into(), new: "0".into() }];
        Record::Change(ChangeRecord {
            at: Timestamp::from_micros(-5),
            actor: "ann".into(),
            door: "command".into(),
            action: Action::Modify,
            kind: 6,
            number: 9,
            name: "böb".into(),
            state: [3; 32],
            differences,
        })
    }

    fn event() -> Record {
        let event = ["%System", "%Login", "LoginFailure"].map(str::to_owned);
        let fields = vec![("ClientIPAddress".into(), "10.0.0.1".into())];
        Record::Event(EventRecord { at: Timestamp::from_micros(5), event, user: String::new(), fields })
    }

    fn mark() -> Record {
        Record::Mark(MarkRecord {
            at: Timestamp::from_micros(7),
            actor: "(restore)".into(),
            door: "command".into(),
            mark: Mark::Restored,
            head: Head { sequence: 35, mac: [4; 32] },
            root: [0; 32],
            fields: vec![("Backup".into(), "a".into())],
        })
    }

    #[test]
    fn records_read_back() {
        for record in [change(), event(), mark()] {
            assert_eq!(Record::read(&record.bytes()), Ok(record));
        }
    }

    #[test]
    fn the_format_stays_as_it_is() {
        let hex: String = event().bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = concat!(
            "01020000000000000005000000072553797374656d00000006254c6f67696e",
            "0000000c4c6f67696e4661696c7572650000000000000001",
            "0000000f436c69656e744950416464726573730000000831302e302e302e31",
        );
        assert_eq!(hex, expected);
    }

    #[test]
    fn nothing_else_is_a_record() {
        let bytes = change().bytes();
        for bytes in [bytes.clone(), event().bytes(), mark().bytes()] {
            for end in 0..bytes.len() {
                assert_eq!(Record::read(&bytes[..end]), Err(Unreadable), "cut at {end}");
            }
        }
        assert_eq!(Record::read(&[bytes.as_slice(), &[0]].concat()), Err(Unreadable));
        assert_eq!(Record::read(&[9, 1]), Err(Unreadable));
        let hostile = [&[1, 2][..], &[0; 8], &[0xff; 4]].concat();
        assert_eq!(Record::read(&hostile), Err(Unreadable), "a length beyond the end");
    }
}
