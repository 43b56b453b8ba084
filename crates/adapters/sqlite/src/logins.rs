//! Login records, failures and spent codes, in `activity.db`.

use crate::log::{LogTransaction, signed};
use crate::meaning;
use rusqlite::{OptionalExtension, Row, params};
use sclera_core::id::UserId;
use sclera_core::login::{LoginRecord, Throttle};
use sclera_core::time::Timestamp;
use sclera_store::kept::{Keeping, Kept};
use sclera_store::port::{ActivityRead, ActivityWrite, StoreError, Stored, ThrottleKey};

/// Instants are microseconds since 1970; sources are digests of eight bytes each.
pub(crate) const TABLES: &str = "
CREATE TABLE login (
    user             INTEGER PRIMARY KEY,
    invalid_attempts INTEGER NOT NULL,
    invalid_at       INTEGER,
    invalid_device   TEXT NOT NULL,
    invalid_service  TEXT NOT NULL,
    invalid_status   TEXT NOT NULL,
    invalid_sources  BLOB NOT NULL,
    login_at         INTEGER,
    login_device     TEXT NOT NULL,
    login_service    TEXT NOT NULL,
    enabled_at       INTEGER
) STRICT;
CREATE TABLE throttle (
    name_and_source BLOB PRIMARY KEY CHECK (length(name_and_source) = 32),
    failures        INTEGER NOT NULL,
    failed_at       INTEGER NOT NULL,
    skipped         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_by_age ON throttle (failed_at);
CREATE TABLE spent (
    user INTEGER NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (user, step)
) STRICT, WITHOUT ROWID;
";

const DAY: i64 = 86_400_000_000;

impl ActivityRead for LogTransaction<'_> {
    fn login(&self, user: UserId) -> Stored<LoginRecord> {
        let sql = "SELECT invalid_attempts, invalid_at, invalid_device, invalid_service, invalid_status,
                   invalid_sources, login_at, login_device, login_service, enabled_at FROM login WHERE user = ?1";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let record = statement.query_row([signed(user.0)?], record_of).optional();
        Ok(record.map_err(|error| meaning(&error))?.unwrap_or_default())
    }

    fn throttle(&self, key: &ThrottleKey) -> Stored<Throttle> {
        let sql = "SELECT failures, failed_at, skipped FROM throttle WHERE name_and_source = ?1";
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let read = |row: &Row<'_>| {
            let failed_at = Timestamp::from_micros(row.get(1)?);
            Ok(Throttle { failures: row.get(0)?, failed_at, skipped: crate::log::unsigned(row, 2)? })
        };
        let throttle = statement.query_row([key], read).optional();
        Ok(throttle.map_err(|error| meaning(&error))?.unwrap_or_default())
    }

    fn kept(&self, keeping: Keeping, id: &[u8; 16]) -> Stored<Option<Kept>> {
        self.find_kept(keeping, id)
    }

    fn kept_after(&self, keeping: Keeping, after: Option<&[u8; 16]>) -> Stored<Vec<Kept>> {
        self.list_kept(keeping, after)
    }
}

impl ActivityWrite for LogTransaction<'_> {
    fn put_login(&mut self, user: UserId, record: &LoginRecord) -> Stored<()> {
        let sql = "INSERT OR REPLACE INTO login (user, invalid_attempts, invalid_at, invalid_device, invalid_service,
                   invalid_status, invalid_sources, login_at, login_device, login_service, enabled_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let sources: Vec<u8> =
            record.invalid_sources.iter().flat_map(|source| source.to_be_bytes()).collect();
        let micros = |at: Option<Timestamp>| at.map(Timestamp::micros);
        self.put(
            sql,
            params![
                signed(user.0)?,
                record.invalid_attempts,
                micros(record.invalid_at),
                record.invalid_device,
                record.invalid_service,
                record.invalid_status,
                sources,
                micros(record.login_at),
                record.login_device,
                record.login_service,
                micros(record.enabled_at),
            ],
        )?;
        Ok(())
    }

    fn put_throttle(&mut self, key: &ThrottleKey, throttle: &Throttle) -> Stored<()> {
        let now = throttle.failed_at.micros();
        self.put("DELETE FROM throttle WHERE failed_at <= ?1", [now.saturating_sub(DAY)])?;
        let sql = "INSERT OR REPLACE INTO throttle (name_and_source, failures, failed_at, skipped)
                   VALUES (?1, ?2, ?3, ?4)";
        self.put(sql, params![key, throttle.failures, now, signed(throttle.skipped)?])?;
        Ok(())
    }

    fn drop_throttle(&mut self, key: &ThrottleKey) -> Stored<()> {
        self.put("DELETE FROM throttle WHERE name_and_source = ?1", [key])?;
        Ok(())
    }

    fn spend(&mut self, user: UserId, step: u64, oldest: u64) -> Stored<bool> {
        let (user, step) = (signed(user.0)?, signed(step)?);
        self.put("DELETE FROM spent WHERE user = ?1 AND step < ?2", [user, signed(oldest)?])?;
        let added = self.put("INSERT OR IGNORE INTO spent (user, step) VALUES (?1, ?2)", [user, step])?;
        Ok(added == 1)
    }

    fn keep(&mut self, kept: &Kept) -> Stored<()> {
        self.put_kept(kept)
    }

    fn drop_kept(&mut self, keeping: Keeping, id: &[u8; 16]) -> Stored<bool> {
        self.take_kept(keeping, id)
    }

    fn drop_kept_until(&mut self, now: Timestamp) -> Stored<()> {
        self.take_kept_until(now)
    }
}

impl LogTransaction<'_> {
    pub(crate) fn put(&self, sql: &str, values: impl rusqlite::Params) -> Stored<usize> {
        let mut statement = self.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        statement.execute(values).map_err(|error: rusqlite::Error| -> StoreError { meaning(&error) })
    }
}

fn record_of(row: &Row<'_>) -> rusqlite::Result<LoginRecord> {
    let at =
        |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_micros));
    let sources: Vec<u8> = row.get(5)?;
    let (sources, _) = sources.as_chunks::<8>();
    Ok(LoginRecord {
        invalid_attempts: row.get(0)?,
        invalid_at: at(1)?,
        invalid_device: row.get(2)?,
        invalid_service: row.get(3)?,
        invalid_status: row.get(4)?,
        invalid_sources: sources.iter().map(|source| u64::from_be_bytes(*source)).collect(),
        login_at: at(6)?,
        login_device: row.get(7)?,
        login_service: row.get(8)?,
        enabled_at: at(9)?,
    })
}
