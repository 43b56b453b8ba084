//! The embedded store: SQLite, the store that people can open, query and back up with their own tools.
//!
//! Two files: `security.db` holds settings, users and their journal; `activity.db` what happens. Nothing needs both in
//! one transaction. Writers of all processes queue behind a lock file, since SQLite's own waiting lets some starve; a
//! commit is on the disk (`synchronous=FULL`) before it is acknowledged, and then its head is written to a third file,
//! so that cutting off the end of a journal is found.

#![forbid(unsafe_code)]

mod database;
mod heads;
mod kept;
mod lock;
mod log;
mod logins;
mod security;

pub use database::Durability;
pub use lock::{Counters, Turn};
pub use log::SqliteActivity;
pub use security::SqliteStore;

use sclera_store::chain::Head;
use sclera_store::port::{StoreError, Stored};
use std::path::Path;

/// Waits for the turn to write a database, without opening it, and keeps every writer out until it is dropped.
pub fn writers_turn(database: &Path) -> Stored<Turn> {
    lock::WritersLock::beside(database).acquire()
}

/// The end of a chain as its second place knows it, without opening the database.
pub fn witness_of(database: &Path) -> Stored<Option<Head>> {
    heads::Heads::beside(database).last()
}

/// Says what an SQLite error means to those who run the store.
fn meaning(error: &rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{
        ConstraintViolation, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly,
        TypeMismatch,
    };
    let text = error.to_string();
    // The index beside a log could not be made longer: the one write that SQLite does not call a full disk.
    let full_index = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    if error.sqlite_error().is_some_and(|error| error.extended_code == full_index) {
        return StoreError::Full;
    }
    match error.sqlite_error_code() {
        Some(DiskFull) => StoreError::Full,
        Some(ReadOnly | PermissionDenied) => StoreError::ReadOnly(text),
        // A row that breaks the schema or a value of the wrong type is not what this program stored.
        Some(DatabaseCorrupt | NotADatabase | ConstraintViolation | TypeMismatch) | None => {
            StoreError::Damaged(text)
        }
        Some(_) => StoreError::Unavailable(text),
    }
}
