//! The chain of records in an SQLite file: the journal in one, events in the other.

use crate::database::{Database, Durability, Schema, Transaction};
use crate::lock::Counters;
use crate::meaning;
use rusqlite::{OptionalExtension, Row, params};
use sclera_store::chain::{Head, Link};
use sclera_store::measure::Measured;
use sclera_store::port::{Activity, Log, LogWrite, PAGE, Stamp, StoreError, Stored};
use std::fs::File;
use std::path::Path;

/// The tables of a chain.
pub(crate) const TABLES: &str = "
CREATE TABLE link (
    sequence INTEGER PRIMARY KEY,
    node     INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    root     BLOB NOT NULL CHECK (length(root) = 32),
    mac      BLOB NOT NULL CHECK (length(mac) = 32)
) STRICT;
CREATE TABLE record (
    link     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (link, position)
) STRICT, WITHOUT ROWID;
";

/// How far each outlet of the audit trail has come.
const OUTLETS: &str = "
CREATE TABLE outlet (
    name     TEXT PRIMARY KEY,
    position TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// From version 2 on, records may be marks; the tables are the same. Version 3 has outlets, version 4 login
/// records, version 5 what is kept for a while.
const SCHEMA: Schema = Schema {
    application_id: 0x5343_4c41,
    migrations: &[
        &[TABLES],
        &[],
        &[OUTLETS],
        &[crate::logins::TABLES],
        &[crate::kept::TABLES],
        &[crate::kept::SEALED],
        // Commits are counted (`lock.rs`): a program that does not count may not write beside one that relies on it.
        &[],
    ],
};

/// `activity.db`: what happens, in an SQLite file.
pub struct SqliteActivity(Database);

impl SqliteActivity {
    /// Makes the file.
    pub fn create(path: &Path) -> Stored<Self> {
        Database::create(path, &SCHEMA).map(Self)
    }

    /// Opens the file.
    pub fn open(path: &Path) -> Stored<Self> {
        Database::open(path, &SCHEMA).map(Self)
    }

    /// How durable its commits are.
    pub fn durability(&self) -> Stored<Durability> {
        self.0.durability()
    }

    /// Has commits of other processes looked at another way than by reading a file, if there is one for that file.
    pub fn count_by(&self, counters: impl FnOnce(&File) -> Option<Counters>) {
        self.0.count_by(counters);
    }

    /// Writes the last committed state to a new file.
    pub fn copy_to(&self, path: &Path) -> Stored<()> {
        self.0.copy_to(path)
    }

    /// Gives the chain a second place where it has none; tells whether it had none. Only for a state that is put back:
    /// anywhere else it would cover the traces of whoever took the second place away.
    pub fn mend_witness(&self) -> Stored<bool> {
        self.write()?.mend()
    }
}

/// A transaction on a chain, and the head that it will have.
pub struct LogTransaction<'a> {
    pub(crate) transaction: Transaction<'a>,
    /// The number of the first link of the transaction.
    first: Option<u64>,
    closed: Option<Head>,
}

impl<'a> LogTransaction<'a> {
    pub(crate) fn new(transaction: Transaction<'a>) -> Self {
        Self { transaction, first: None, closed: None }
    }

    /// Tells the second place the end of the chain where it knows none.
    pub(crate) fn mend(self) -> Stored<bool> {
        let head = self.head()?;
        if self.transaction.witness()?.is_some() || head.sequence == 0 {
            return Ok(false);
        }
        self.transaction.commit(Some(head)).map(|()| true)
    }
}

impl Activity for SqliteActivity {
    type Reading<'a> = LogTransaction<'a>;
    type Writing<'a> = LogTransaction<'a>;

    fn stamp(&self) -> Option<Stamp> {
        self.0.stamp()
    }

    fn read(&self) -> Stored<LogTransaction<'_>> {
        self.0.begin_reading().map(LogTransaction::new)
    }

    fn write(&self) -> Stored<LogTransaction<'_>> {
        self.0.begin_writing().map(LogTransaction::new)
    }

    fn outlet_position(&self, outlet: &str) -> Stored<Option<String>> {
        let reading = self.0.begin_reading()?;
        let sql = "SELECT position FROM outlet WHERE name = ?1";
        let found = reading.query_row(sql, [outlet], |row| row.get(0)).optional();
        found.map_err(|error| meaning(&error))
    }

    fn set_outlet_position(&self, outlet: &str, position: &str) -> Stored<()> {
        let writing = self.0.begin_writing()?;
        let sql = "INSERT INTO outlet (name, position) VALUES (?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET position = excluded.position";
        writing.execute(sql, [outlet, position]).map_err(|error| meaning(&error))?;
        writing.commit(None)
    }

    fn measured(&self) -> Measured {
        self.0.measured()
    }
}

impl Log for LogTransaction<'_> {
    fn head(&self) -> Stored<Head> {
        let sql = "SELECT sequence, node, count, root, mac FROM link ORDER BY sequence DESC LIMIT 1";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let link = statement.query_row([], link_of).optional().map_err(|error| meaning(&error))?;
        Ok(link.as_ref().map(Link::head).unwrap_or_default())
    }

    fn witness(&self) -> Stored<Option<Head>> {
        let (own, witness) = (self.head()?, self.transaction.witness()?);
        let Some(witness) = witness.filter(|witness| witness.sequence > own.sequence) else {
            return Ok(witness);
        };
        // Others may have committed since this state; only if it is ahead of the last state too was the end cut off.
        let moved_on = has(&self.transaction.latest()?, &witness)?;
        Ok(Some(if moved_on { own } else { witness }))
    }

    fn links(&self, from: u64) -> Stored<Vec<Link>> {
        let sql = "SELECT sequence, node, count, root, mac FROM link WHERE sequence >= ?1 ORDER BY sequence LIMIT ?2";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let links =
            statement.query_map(params![signed(from)?, PAGE], link_of).map_err(|error| meaning(&error))?;
        links.collect::<Result<_, _>>().map_err(|error| meaning(&error))
    }

    fn records(&self, link: u64, from: u64) -> Stored<Vec<(u64, Vec<u8>)>> {
        let sql = "SELECT position, bytes FROM record WHERE link = ?1 AND position >= ?2 ORDER BY position LIMIT ?3";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let read = |row: &Row<'_>| Ok((unsigned(row, 0)?, row.get(1)?));
        let records = statement.query_map(params![signed(link)?, signed(from)?, PAGE], read);
        records.and_then(Iterator::collect).map_err(|error| meaning(&error))
    }

    fn record_count(&self) -> Stored<(u64, u64)> {
        let sql =
            "SELECT count(*), count(*) FILTER (WHERE link NOT IN (SELECT sequence FROM link)) FROM record";
        let counts = self.transaction.query_row(sql, [], |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)));
        counts.map_err(|error| meaning(&error))
    }
}

impl LogWrite for LogTransaction<'_> {
    fn append(&mut self, link: u64, position: u64, record: &[u8]) -> Stored<()> {
        let sql = "INSERT INTO record (link, position, bytes) VALUES (?1, ?2, ?3)";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        statement
            .execute(params![signed(link)?, signed(position)?, record])
            .map_err(|error| meaning(&error))?;
        Ok(())
    }

    fn replace(&mut self, link: u64, position: u64, record: &[u8]) -> Stored<()> {
        let sql = "UPDATE record SET bytes = ?3 WHERE link = ?1 AND position = ?2";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let replaced = statement.execute(params![signed(link)?, signed(position)?, record]);
        match replaced.map_err(|error| meaning(&error))? {
            1 => Ok(()),
            _ => Err(StoreError::Damaged(format!("there is no record {link}/{position}"))),
        }
    }

    fn close(&mut self, link: &Link) -> Stored<()> {
        let sql = "INSERT INTO link (sequence, node, count, root, mac) VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        statement
            .execute(params![signed(link.sequence)?, link.node, signed(link.count)?, link.root, link.mac])
            .map_err(|error| meaning(&error))?;
        self.first = self.first.or(Some(link.sequence));
        self.closed = Some(link.head());
        Ok(())
    }

    fn commit(self) -> Stored<()> {
        // A second place that knows another chain is left as it is, and one that is gone is not made anew: what
        // happened before this commit must be found after it too. A crash can only keep the first head from it.
        let agrees = match self.transaction.witness()? {
            Some(witness) => has(&self.transaction, &witness)?,
            None => self.first.is_none_or(|first| first <= 2),
        };
        self.transaction.commit(self.closed.filter(|_| agrees))
    }
}

/// Whether a chain went through a head.
fn has(transaction: &Transaction<'_>, head: &Head) -> Stored<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM link WHERE sequence = ?1 AND mac = ?2)";
    let mut statement = transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
    let found = statement.query_row(params![signed(head.sequence)?, head.mac], |row| row.get(0));
    found.map_err(|error| meaning(&error))
}

fn link_of(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        sequence: unsigned(row, 0)?,
        node: row.get(1)?,
        count: unsigned(row, 2)?,
        root: row.get(3)?,
        mac: row.get(4)?,
    })
}

/// SQLite keeps signed numbers of 64 bits; none of ours comes near the end of them.
pub(crate) fn signed(number: u64) -> Stored<i64> {
    i64::try_from(number).map_err(|_| StoreError::Damaged(format!("number {number} is out of range")))
}

pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}
