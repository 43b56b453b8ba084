//! The port: what the rest of Sclera asks of a store. Nothing above it knows which store it is.
//!
//! A store keeps rows ([`crate::record::Row`]), SQL privileges, and a chain of records. It has no rule: it stores what
//! it is given, in transactions. Reading sees one committed state; there is one writing transaction at a time, over all
//! processes, and what it commits is on the disk before it returns.

use crate::chain::{Head, Link};
use crate::kept::{Keeping, Kept};
use crate::measure::Measured;
use crate::record::Row;
use sclera_core::change::{Kind, Principal};
use sclera_core::id::{Ids, RoleId, UserId};
use sclera_core::login::{LoginRecord, Throttle};
use sclera_core::name::Folded;
use sclera_core::sql::{Grantee, SqlPrivilege, SqlTarget};
use sclera_core::time::{Date, Timestamp};
use std::fmt;

/// What went wrong with a store; by who must act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// It cannot be reached or opened.
    Unavailable(String),
    /// It can be read but not written.
    ReadOnly(String),
    /// There is no room left to write.
    Full,
    /// A long transaction, such as a large import, is being written; others need not wait for it.
    Occupied,
    /// Its contents are not what was stored.
    Damaged(String),
    /// It was written by a version of Sclera that keeps data in another way.
    Version {
        /// The version of the data.
        found: i64,
        /// The version that this program reads and writes.
        known: i64,
    },
}

impl StoreError {
    /// The words of all.
    pub const WORDS: [&str; 6] = ["unavailable", "read_only", "full", "occupied", "damaged", "version"];

    /// It in a word, to be counted by.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::ReadOnly(_) => "read_only",
            Self::Full => "full",
            Self::Occupied => "occupied",
            Self::Damaged(_) => "damaged",
            Self::Version { .. } => "version",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the store cannot be used: {why}"),
            Self::ReadOnly(why) => write!(f, "the store cannot be written: {why}"),
            Self::Full => f.write_str("there is no room left to write; nothing was changed"),
            Self::Occupied => {
                f.write_str("an import is running, and nothing was changed; try again when it is done")
            }
            Self::Damaged(what) => write!(f, "the store is damaged: {what}; run `sclera audit verify`"),
            Self::Version { found, known } if found > known => write!(
                f,
                "the store was written by a newer Sclera (it has version {found} and this program knows version \
                 {known}); use that one, or restore a backup made before the upgrade"
            ),
            Self::Version { found, known } => {
                write!(
                    f,
                    "the store has version {found}, which no Sclera wrote (this program knows version {known})"
                )
            }
        }
    }
}

impl std::error::Error for StoreError {}

/// What the port answers with.
pub type Stored<T> = Result<T, StoreError>;

/// The most rows that one page of an answer holds.
pub const PAGE: u32 = 1_000;

/// Reading a chain of records.
pub trait Log {
    /// The end of the chain.
    fn head(&self) -> Stored<Head>;
    /// The end of the chain as the second place knows it; none where there is no second place yet. It is ahead of the
    /// chain only where the end of the chain was cut off.
    fn witness(&self) -> Stored<Option<Head>>;
    /// Up to [`PAGE`] links from a number on, in order.
    fn links(&self, from: u64) -> Stored<Vec<Link>>;
    /// Up to [`PAGE`] records of a link from a position on, in order; the first position is 0.
    fn records(&self, link: u64, from: u64) -> Stored<Vec<(u64, Vec<u8>)>>;
    /// How many records there are, and how many of them stand in no link.
    fn record_count(&self) -> Stored<(u64, u64)>;
}

/// Writing a chain of records, in a transaction that [`LogWrite::commit`] ends; dropped before, it leaves nothing.
///
/// A store has no rule, but what no correct caller asks for is refused as [`StoreError::Damaged`]: a place in the chain
/// that is taken, a name that is taken, an object that is not there. The transaction is then to be dropped.
pub trait LogWrite: Log {
    /// Adds a record to the link that is being made.
    fn append(&mut self, link: u64, position: u64, record: &[u8]) -> Stored<()>;
    /// Puts what a purge leaves in the place of a record that is there.
    fn replace(&mut self, link: u64, position: u64, record: &[u8]) -> Stored<()>;
    /// Adds the link.
    fn close(&mut self, link: &Link) -> Stored<()>;
    /// Makes everything durable and visible. Afterwards the second place is told the new head.
    fn commit(self) -> Stored<()>;
}

/// Reading settings and users.
pub trait Read: Log {
    /// The next ids.
    fn ids(&self) -> Stored<Ids>;
    /// Every row that is not a user, in the order of numbers.
    fn settings(&self) -> Stored<Vec<Row>>;
    /// The row of a kind and number.
    fn row(&self, kind: u8, number: u64) -> Stored<Option<Row>>;
    /// The user of a name.
    fn user(&self, name: &Folded) -> Stored<Option<Row>>;
    /// Up to [`PAGE`] users whose folded name follows `after`, in the order of folded names.
    fn users_after(&self, after: Option<&Folded>) -> Stored<Vec<Row>>;
    /// Who has a name.
    fn principal(&self, name: &Folded) -> Stored<Option<Principal>>;
    /// Whether any user holds a role directly.
    fn is_held(&self, role: RoleId) -> Stored<bool>;
    /// How many users hold at least one of the roles directly.
    fn holders(&self, roles: &[RoleId]) -> Stored<u64>;
    /// Whether a user holds one of the roles directly, has not expired on a day, and keeps the instance manageable
    /// (`User::can_guard`).
    fn guardian(&self, roles: &[RoleId], today: Date) -> Stored<bool>;
    /// The SQL privileges granted on a target.
    fn sql_on(&self, target: &SqlTarget) -> Stored<Vec<SqlPrivilege>>;
    /// The SQL privileges that a user or role holds.
    fn sql_of(&self, grantee: Grantee) -> Stored<Vec<SqlPrivilege>>;
    /// Up to [`PAGE`] SQL privileges that follow one, in their order.
    fn sql_after(&self, after: Option<&SqlPrivilege>) -> Stored<Vec<SqlPrivilege>>;
    /// How many rows of a kind there are.
    fn count(&self, kind: u8) -> Stored<u64>;
    /// Whether what the store derives from its rows to find things by agrees with them; where not, what differs.
    fn derived_faults(&self) -> Stored<Vec<String>>;
}

/// Writing settings and users, in one transaction.
pub trait Write: Read + LogWrite {
    /// Stores a row in place of the one of its kind and number, which has the same name. No other object of its kind may
    /// have that name, and no role that of a user.
    fn put(&mut self, row: &Row) -> Stored<()>;
    /// Deletes a row; its name is free again.
    fn remove(&mut self, kind: Kind, number: u64) -> Stored<()>;
    /// Stores an SQL privilege; one that differs only in being grantable is replaced.
    fn put_sql(&mut self, privilege: &SqlPrivilege) -> Stored<()>;
    /// Deletes an SQL privilege, grantable or not, if it is there.
    fn remove_sql(&mut self, privilege: &SqlPrivilege) -> Stored<()>;
    /// Stores the next ids.
    fn set_ids(&mut self, ids: Ids) -> Stored<()>;
}

/// Between two stamps that are equal nothing was committed, by whatever process: what was read after the first was taken
/// is the last committed state when the second is. It costs no transaction. There is none while somebody commits, nor
/// where it cannot be told; then a transaction tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(pub u64);

/// A store of settings, users and their journal.
pub trait Store: Send + Sync + 'static {
    /// See [`Stamp`].
    fn stamp(&self) -> Option<Stamp>;
    /// One committed state.
    type Reading<'a>: Read;
    /// The one writing transaction.
    type Writing<'a>: Write;

    /// Looks at the last committed state.
    fn read(&self) -> Stored<Self::Reading<'_>>;
    /// Waits until no other writes, in any process, and begins to write.
    fn write(&self) -> Stored<Self::Writing<'_>>;
    /// The same for a transaction that takes long: whoever comes to write until it ends does not wait and is refused
    /// with [`StoreError::Occupied`].
    fn write_long(&self) -> Stored<Self::Writing<'_>>;
    /// What was counted of it.
    fn measured(&self) -> Measured;
}

/// The bytes by which the failures of a name from a source are found; nothing can be read from them.
pub type ThrottleKey = [u8; 32];

/// Reading what happens.
pub trait ActivityRead: Log {
    /// What is known of the logins of a user; the empty record where there is nothing.
    fn login(&self, user: UserId) -> Stored<LoginRecord>;
    /// The failures of a name from a source; none where there is nothing.
    fn throttle(&self, key: &ThrottleKey) -> Stored<Throttle>;
    /// What is kept under an id.
    fn kept(&self, keeping: Keeping, id: &[u8; 16]) -> Stored<Option<Kept>>;
    /// Up to [`PAGE`] of a kind that follow an id, in the order of ids.
    fn kept_after(&self, keeping: Keeping, after: Option<&[u8; 16]>) -> Stored<Vec<Kept>>;
}

/// Writing what happens, in one transaction.
pub trait ActivityWrite: ActivityRead + LogWrite {
    /// Stores the record of a user in place of the one before.
    fn put_login(&mut self, user: UserId, record: &LoginRecord) -> Stored<()>;
    /// Stores the failures of a name from a source. Those of any name that are older than a day may go.
    fn put_throttle(&mut self, key: &ThrottleKey, throttle: &Throttle) -> Stored<()>;
    /// Forgets the failures of a name from a source.
    fn drop_throttle(&mut self, key: &ThrottleKey) -> Stored<()>;
    /// Spends the one-time code of a step, and tells whether it had not been spent before. Steps of the user before
    /// `oldest`, which no code is good for any more, may go.
    fn spend(&mut self, user: UserId, step: u64, oldest: u64) -> Stored<bool>;
    /// Keeps something in place of what was kept under its id.
    fn keep(&mut self, kept: &Kept) -> Stored<()>;
    /// Drops what is kept under an id, and tells whether there was anything.
    fn drop_kept(&mut self, keeping: Keeping, id: &[u8; 16]) -> Stored<bool>;
    /// Drops what may go at a time.
    fn drop_kept_until(&mut self, now: Timestamp) -> Stored<()>;
}

/// A store of what happens: events, login records, failures and spent codes.
pub trait Activity: Send + Sync + 'static {
    /// See [`Stamp`].
    fn stamp(&self) -> Option<Stamp>;
    /// One committed state.
    type Reading<'a>: ActivityRead;
    /// The one writing transaction.
    type Writing<'a>: ActivityWrite;

    /// Looks at the last committed state.
    fn read(&self) -> Stored<Self::Reading<'_>>;
    /// Waits until no other writes, in any process, and begins to write.
    fn write(&self) -> Stored<Self::Writing<'_>>;
    /// How far an outlet of the audit trail has come; none where it has not begun.
    fn outlet_position(&self, outlet: &str) -> Stored<Option<String>>;
    /// Keeps how far an outlet has come, durably.
    fn set_outlet_position(&self, outlet: &str, position: &str) -> Stored<()>;
    /// What was counted of it.
    fn measured(&self) -> Measured;
}
