//! What is kept for a while, in `activity.db`.

use crate::log::LogTransaction;
use crate::meaning;
use rusqlite::{OptionalExtension, Row, params};
use sclera_core::time::Timestamp;
use sclera_store::kept::{Keeping, Kept};
use sclera_store::port::{PAGE, Stored};

/// `until` is an instant in microseconds since 1970.
pub(crate) const TABLES: &str = "
CREATE TABLE kept (
    keeping INTEGER NOT NULL,
    id      BLOB NOT NULL CHECK (length(id) = 16),
    until   INTEGER,
    text    TEXT NOT NULL,
    PRIMARY KEY (keeping, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_by_end ON kept (until) WHERE until IS NOT NULL;
";

/// What stood there before there were seals cannot be vouched for, so it goes: whoever had a token gets another.
pub(crate) const SEALED: &str = "
DROP TABLE kept;
CREATE TABLE kept (
    keeping INTEGER NOT NULL,
    id      BLOB NOT NULL CHECK (length(id) = 16),
    until   INTEGER,
    text    TEXT NOT NULL,
    seal    BLOB NOT NULL CHECK (length(seal) = 32),
    PRIMARY KEY (keeping, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_by_end ON kept (until) WHERE until IS NOT NULL;
";

impl LogTransaction<'_> {
    pub(crate) fn find_kept(&self, keeping: Keeping, id: &[u8; 16]) -> Stored<Option<Kept>> {
        let sql = "SELECT id, until, text, seal FROM kept WHERE keeping = ?1 AND id = ?2";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let found = statement.query_row(params![keeping as u8, id], |row| kept_of(keeping, row)).optional();
        found.map_err(|error| meaning(&error))
    }

    pub(crate) fn list_kept(&self, keeping: Keeping, after: Option<&[u8; 16]>) -> Stored<Vec<Kept>> {
        let sql =
            "SELECT id, until, text, seal FROM kept WHERE keeping = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let after = after.map_or(&[][..], |id| id.as_slice());
        let found = statement.query_map(params![keeping as u8, after, PAGE], |row| kept_of(keeping, row));
        found.and_then(Iterator::collect).map_err(|error| meaning(&error))
    }

    pub(crate) fn put_kept(&mut self, kept: &Kept) -> Stored<()> {
        let sql = "INSERT OR REPLACE INTO kept (keeping, id, until, text, seal) VALUES (?1, ?2, ?3, ?4, ?5)";
        let until = kept.until.map(Timestamp::micros);
        self.put(sql, params![kept.keeping as u8, kept.id, until, kept.text, kept.seal]).map(drop)
    }

    pub(crate) fn take_kept(&mut self, keeping: Keeping, id: &[u8; 16]) -> Stored<bool> {
        let sql = "DELETE FROM kept WHERE keeping = ?1 AND id = ?2";
        Ok(self.put(sql, params![keeping as u8, id])? == 1)
    }

    pub(crate) fn take_kept_until(&mut self, now: Timestamp) -> Stored<()> {
        self.put("DELETE FROM kept WHERE until <= ?1", [now.micros()]).map(drop)
    }
}

fn kept_of(keeping: Keeping, row: &Row<'_>) -> rusqlite::Result<Kept> {
    let until: Option<i64> = row.get(1)?;
    let until = until.map(Timestamp::from_micros);
    Ok(Kept { keeping, id: row.get(0)?, until, text: row.get(2)?, seal: row.get(3)? })
}
