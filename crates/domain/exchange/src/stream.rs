//! Reading record by record, so that a file of any length is read in little memory.
//!
//! Of two kinds there may be millions: users and SQL privileges. All others are settings, of which an instance keeps
//! every one at hand anyway. So a file is read twice. [`Outline::read`] judges the form of all of it and keeps the
//! settings; [`Outline::each`] hands over the records of a kind that is many, one after another.
//!
//! ```
//! use sclera_exchange::{Kind, Outline};
//! use std::ops::ControlFlow;
//!
//! let text = br#"{"Users":[{"Name":"ann"},{"Name":"bob"}],"Roles":[{"Name":"Nurse"}]}"#;
//! let outline = Outline::read(&mut text.as_slice()).unwrap();
//! assert_eq!((outline.document.records.len(), outline.users), (1, 2));
//! let mut names = Vec::new();
//! let mut keep = |user: sclera_exchange::Record| {
//!     names.push(user.name);
//!     ControlFlow::Continue(())
//! };
//! outline.each(&mut text.as_slice(), Kind::User, &mut keep).unwrap();
//! assert_eq!(names, ["ann", "bob"]);
//! ```

use crate::document::{self, Document, GrantOption, Origin, Record};
use crate::format::Format;
use crate::input::Input;
use crate::malformed::{Fault, Malformed};
use crate::{json, xml, yaml};
use core::hash::{Hash, Hasher};
use core::ops::ControlFlow;
use sclera_core::change::Kind;
use sclera_core::name::Folded;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::io::Read;

/// What a file holds, piece by piece.
#[expect(clippy::large_enum_variant, reason = "nearly all are records, and none is kept")]
pub(crate) enum Item {
    Record(Record),
    GrantOption(GrantOption),
}

/// Why a file was not read to its end.
pub(crate) enum Stop {
    Malformed(Malformed),
    /// Whoever takes what is read wants no more.
    Enough,
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// Takes what is read.
pub(crate) type Take<'t> = dyn FnMut(Item) -> Result<(), Stop> + 't;

/// What is told of a file as a whole.
pub(crate) struct Told {
    pub(crate) origin: Origin,
    pub(crate) notes: Vec<String>,
}

/// Reads a file of any format from its beginning to its end.
fn pass(file: &mut dyn Read, take: &mut Take<'_>) -> Result<Told, Stop> {
    let (format, input) = Input::open(file)?;
    match format {
        Format::Json => json::read(input, take)?,
        Format::Yaml => document::from_node(yaml::parse(&input.whole()?)?, take)?,
        Format::Xml => return xml::read(input, take),
        Format::Cpf => return Err(Malformed::Unsupported(format).into()),
    }
    Ok(Told { origin: Origin::Sclera, notes: Vec::new() })
}

/// Reads JSON, YAML or a security XML export into records, in the order that [`Document`] tells, and within each kind
/// as they stand.
pub fn read(bytes: &[u8]) -> Result<Document, Malformed> {
    gathered(&mut &*bytes, Keep::Everything).map(|gathered| gathered.0)
}

/// What a file holds: its settings, and how many there are of what may be many.
#[derive(Debug)]
pub struct Outline {
    /// The records but for users and SQL privileges, and what is told of the file.
    pub document: Document,
    /// How many users it holds.
    pub users: u64,
    /// How many of the users have a password that is spelled out.
    pub passwords: u64,
    /// How many SQL privileges it holds.
    pub privileges: u64,
    /// The users that stand more than once, and which of the users of the file stands last under the name.
    repeated: BTreeMap<Folded, u64>,
}

impl Outline {
    /// Reads a file and judges the form of all of it.
    pub fn read(file: &mut dyn Read) -> Result<Self, Malformed> {
        let (document, crowd) = gathered(file, Keep::Settings)?;
        let Crowd { users, passwords, privileges, repeated, .. } = crowd;
        Ok(Self { document, users, passwords, privileges, repeated })
    }

    /// Reads the same file again and hands over its users or SQL privileges as they stand. Of users that stand more than
    /// once the last is handed over.
    pub fn each(
        &self,
        file: &mut dyn Read,
        kind: Kind,
        take: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<(), Malformed> {
        let mut users = 0;
        let done = pass(file, &mut |item| {
            let Item::Record(record) = item else { return Ok(()) };
            let index = users;
            users += u64::from(record.kind == Kind::User);
            if record.kind != kind || (kind == Kind::User && self.is_replaced(&record, index)) {
                return Ok(());
            }
            if take(record).is_break() { Err(Stop::Enough) } else { Ok(()) }
        });
        match done {
            Ok(_) | Err(Stop::Enough) => Ok(()),
            Err(Stop::Malformed(malformed)) => Err(malformed),
        }
    }

    fn is_replaced(&self, user: &Record, index: u64) -> bool {
        !self.repeated.is_empty()
            && self.repeated.get(&Folded::of(&user.name)).is_some_and(|last| *last != index)
    }
}

/// What of a file is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Everything,
    Settings,
}

fn gathered(file: &mut dyn Read, keep: Keep) -> Result<(Document, Crowd), Malformed> {
    let mut gathered = Gathered { keep, ..Gathered::new() };
    let told = pass(file, &mut |item| Ok(gathered.take(item)?));
    match told {
        Ok(told) => Ok(gathered.document(told)),
        Err(Stop::Malformed(malformed)) => Err(malformed),
        Err(Stop::Enough) => Ok(gathered.document(Told { origin: Origin::Sclera, notes: Vec::new() })),
    }
}

/// What was read so far.
struct Gathered {
    keep: Keep,
    records: Vec<Record>,
    grant_options: Vec<GrantOption>,
    /// Where the record of a name stands in `records`.
    positions: BTreeMap<(Kind, Folded), usize>,
    crowd: Crowd,
}

impl Gathered {
    fn new() -> Self {
        Self {
            keep: Keep::Everything,
            records: Vec::new(),
            grant_options: Vec::new(),
            positions: BTreeMap::new(),
            crowd: Crowd::default(),
        }
    }

    fn take(&mut self, item: Item) -> Result<(), Malformed> {
        let record = match item {
            Item::Record(record) => record,
            Item::GrantOption(option) => {
                self.grant_options.push(option);
                return self.bounded();
            }
        };
        match (record.kind, self.keep) {
            (Kind::SqlPrivilege, Keep::Settings) => self.crowd.privileges += 1,
            (Kind::User, Keep::Settings) => return self.crowd.count(&record),
            (Kind::SqlPrivilege, Keep::Everything) => self.records.push(record),
            _ => return self.keep(record),
        }
        Ok(())
    }

    /// Keeps a record. Of an export a later one stands in place of an earlier one of its name: roles that hold roles are
    /// written twice, and at the second time whole. What people write is no record twice.
    fn keep(&mut self, record: Record) -> Result<(), Malformed> {
        let fold = if record.kind == Kind::SslConfig { Folded::exact } else { Folded::of };
        let position = *self.positions.entry((record.kind, fold(&record.name))).or_insert(self.records.len());
        match self.records.get_mut(position) {
            None => self.records.push(record),
            Some(earlier) if record.whole => *earlier = record,
            // Exports are known that write a role twice, the second time with the roles it holds.
            Some(first) if record.kind == Kind::Role => unite(first, &record),
            Some(first) => return Err(repeated(&record, first.place.clone())),
        }
        self.bounded()
    }

    fn bounded(&self) -> Result<(), Malformed> {
        if self.keep == Keep::Settings && self.records.len() + self.grant_options.len() > MOST_SETTINGS {
            return Err(Malformed::TooMany {
                what: "records other than users and SQL privileges",
                limit: MOST_SETTINGS,
            });
        }
        Ok(())
    }

    fn document(mut self, told: Told) -> (Document, Crowd) {
        self.records.sort_by_key(|record| document::rank(record.kind));
        let (records, grant_options) = (self.records, self.grant_options);
        (Document { records, origin: told.origin, notes: told.notes, grant_options }, self.crowd)
    }
}

/// What may be many is counted and not kept.
#[derive(Default)]
struct Crowd {
    users: u64,
    passwords: u64,
    privileges: u64,
    /// Which of the users stands first under each name; names by their digest, for they are many.
    seen: BTreeMap<u64, u32>,
    repeated: BTreeMap<Folded, u64>,
}

impl Crowd {
    fn count(&mut self, user: &Record) -> Result<(), Malformed> {
        let (index, name) = (self.users, Folded::of(&user.name));
        self.users += 1;
        self.passwords += u64::from(user.password.is_some());
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let first = *self.seen.entry(digest(&name)).or_insert(number);
        if first == number {
            return Ok(());
        }
        if !user.whole {
            return Err(repeated(user, format!("Users[{first}]")));
        }
        // Two names of one digest are no harm: each of them is then its own last.
        self.repeated.insert(name, index);
        if self.repeated.len() > MOST_REPEATED {
            return Err(Malformed::TooMany { what: "users that stand more than once", limit: MOST_REPEATED });
        }
        Ok(())
    }
}

fn digest(name: &Folded) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.as_str().hash(&mut hasher);
    hasher.finish()
}

fn repeated(record: &Record, first: String) -> Malformed {
    Malformed::contents(&record.place, Fault::Repeated { first })
}

fn unite(first: &mut Record, later: &Record) {
    for (name, value) in later.properties.iter() {
        first.properties.set(name, value.clone());
    }
}

/// The most records that are kept in memory at once.
const MOST_SETTINGS: usize = 2_000_000;
const MOST_REPEATED: usize = 100_000;
