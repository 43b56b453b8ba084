//! One SQLite file: opening it, its settings, and transactions on it.

use crate::heads::Heads;
use crate::lock::{Counters, Turn, WritersLock};
use crate::meaning;
use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use sclera_store::chain::Head;
use sclera_store::measure::{Files, Measured, Measures};
use sclera_store::port::{Stamp, StoreError, Stored};
use std::fs::{File, OpenOptions};
use std::ops::Deref;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// What a file holds and how it is laid out.
pub(crate) struct Schema {
    /// Says to every tool whose file this is.
    pub(crate) application_id: i64,
    /// The statements that lead from each version to the next; their number is the version of this program.
    pub(crate) migrations: &'static [&'static [&'static str]],
}

/// An SQLite file with connections kept for use again.
pub(crate) struct Database {
    path: PathBuf,
    lock: WritersLock,
    pub(crate) heads: Heads,
    /// Device and number of the file that was opened.
    identity: OnceLock<(u64, u64)>,
    idle: Mutex<Vec<Connection>>,
    /// Until when the files count as in their place, in milliseconds since it was opened.
    in_place_until: AtomicU64,
    since: Instant,
    measures: Measures,
}

/// How durable a commit is, as SQLite reports it of the connections that write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// `wal`.
    pub journal_mode: String,
    /// 2 is FULL: a commit is on the disk before it returns.
    pub synchronous: i64,
}

/// For how long files that were in their place count as such, in milliseconds.
const IN_PLACE: u64 = 20;
/// Connections kept open beyond those in use.
const IDLE: usize = 8;

impl Database {
    /// Makes the file; one that is there already is refused.
    pub(crate) fn create(path: &Path, schema: &Schema) -> Stored<Self> {
        let fresh = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        fresh.map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
        let database = Self::at(path);
        let connection = database.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let set =
            |name: &str, value: i64| connection.pragma_update(None, name, value).map_err(|e| meaning(&e));
        set("application_id", schema.application_id)?;
        drop(connection);
        database.migrate(schema)?;
        Ok(database)
    }

    /// Opens a file that is there; an older version is brought up to date, a newer or foreign one refused.
    pub(crate) fn open(path: &Path, schema: &Schema) -> Stored<Self> {
        if !path.is_file() {
            return Err(StoreError::Unavailable(format!("{} is missing", path.display())));
        }
        let database = Self::at(path);
        database.refuse_read_only()?;
        // Nothing is set in a file before it is known to be one of ours.
        let connection = database.bare(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        if pragma(&connection, "application_id")? != schema.application_id {
            return Err(StoreError::Damaged(format!("{} is not a file of this kind", path.display())));
        }
        let (found, known) = (pragma(&connection, "user_version")?, version(schema));
        if found > known || found < 1 {
            return Err(StoreError::Version { found, known });
        }
        configure(&connection).map_err(|error| meaning(&error))?;
        database.give_back(connection);
        if found < known {
            database.migrate(schema)?;
        }
        Ok(database)
    }

    fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            lock: WritersLock::beside(path),
            heads: Heads::beside(path),
            identity: OnceLock::new(),
            idle: Mutex::new(Vec::new()),
            in_place_until: AtomicU64::new(0),
            since: Instant::now(),
            measures: Measures::default(),
        }
    }

    fn migrate(&self, schema: &Schema) -> Stored<()> {
        let transaction = self.begin_writing()?;
        // Another process may have done it while this one waited for its turn.
        let found = usize::try_from(pragma(&transaction, "user_version")?).unwrap_or_default();
        for statements in schema.migrations.iter().skip(found).copied().flatten() {
            transaction.execute_batch(statements).map_err(|error| meaning(&error))?;
        }
        transaction.pragma_update(None, "user_version", version(schema)).map_err(|error| meaning(&error))?;
        transaction.commit(None)
    }

    fn connect(&self, flags: OpenFlags) -> Stored<Connection> {
        let connection = self.bare(flags)?;
        configure(&connection).map_err(|error| meaning(&error))?;
        Ok(connection)
    }

    fn bare(&self, flags: OpenFlags) -> Stored<Connection> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(|error| meaning(&error))?;
        // Only recovery after a crash ever makes a reader wait; writers queue behind our own lock.
        connection.busy_timeout(Duration::from_secs(30)).map_err(|error| meaning(&error))?;
        Ok(connection)
    }

    fn take(&self) -> Stored<Connection> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE), Ok)
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(connection);
        }
    }

    /// Has commits looked at another way than by reading, if there is one for the file that counts them.
    pub(crate) fn count_by(&self, counters: impl FnOnce(&File) -> Option<Counters>) {
        self.lock.count_by(counters);
    }

    /// Two that are equal were taken with no commit between them, of any process.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.is_in_place().then_some(())?;
        self.lock.last_commit().map(Stamp)
    }

    /// Tells whether the files are still those that were opened, as of [`IN_PLACE`] ago at most: to look after each of
    /// millions of questions would cost more than their answers.
    fn is_in_place(&self) -> bool {
        let now = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        if now < self.in_place_until.load(Ordering::Relaxed) {
            return true;
        }
        let is_in_place = self.refuse_another_file().is_ok() && self.lock.is_in_place();
        if is_in_place {
            self.in_place_until.store(now.saturating_add(IN_PLACE), Ordering::Relaxed);
        }
        is_in_place
    }

    /// Looks at the last committed state.
    pub(crate) fn begin_reading(&self) -> Stored<Transaction<'_>> {
        self.counting_failures(self.begin("BEGIN", None))
    }

    /// Waits for the turn to write.
    pub(crate) fn begin_writing(&self) -> Stored<Transaction<'_>> {
        let turn = self.turn(WritersLock::acquire);
        self.counting_failures(turn.and_then(|turn| self.begin("BEGIN IMMEDIATE", Some(turn))))
    }

    fn turn(&self, acquire: fn(&WritersLock) -> Stored<Turn>) -> Stored<Turn> {
        let begun = Instant::now();
        let turn = acquire(&self.lock)?;
        self.measures.waited(begun.elapsed());
        Ok(turn)
    }

    fn counting_failures<T>(&self, done: Stored<T>) -> Stored<T> {
        done.inspect_err(|error| self.measures.failed(error))
    }

    /// What was counted, and how large the files are now.
    pub(crate) fn measured(&self) -> Measured {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        self.measures.read(Files { database: size(&self.path), log: size(Path::new(&log)) })
    }

    /// SQLite would open a file for reading that cannot be written, and leave files beside it that cannot either.
    fn refuse_read_only(&self) -> Stored<()> {
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        for path in [directory.unwrap_or(Path::new(".")), self.path.as_path()] {
            access(path, AccessFlags::W_OK).map_err(|error| match error {
                Errno::EACCES | Errno::EPERM | Errno::EROFS => {
                    StoreError::ReadOnly(format!("{}: {}", path.display(), error.desc()))
                }
                other => StoreError::Unavailable(format!("{}: {}", path.display(), other.desc())),
            })?;
        }
        Ok(())
    }

    /// Connections that are open would go on with a file that has been put aside, as by a restore.
    fn refuse_another_file(&self) -> Stored<()> {
        let missing = |error| StoreError::Unavailable(format!("{}: {error}", self.path.display()));
        let about = std::fs::metadata(&self.path).map_err(missing)?;
        let found = (about.dev(), about.ino());
        if *self.identity.get_or_init(|| found) == found {
            return Ok(());
        }
        Err(StoreError::Unavailable(format!(
            "{} was replaced while this process had it open; start it again",
            self.path.display()
        )))
    }

    /// Waits for the turn to write; others that come meanwhile do not wait.
    pub(crate) fn begin_writing_long(&self) -> Stored<Transaction<'_>> {
        self.counting_failures(self.turn(WritersLock::acquire_long).and_then(|turn| self.begin_long(turn)))
    }

    fn begin_long(&self, turn: Turn) -> Stored<Transaction<'_>> {
        let mut transaction = self.begin("BEGIN IMMEDIATE", Some(turn))?;
        // Rows by name come in any order: with room for the pages that they are put into, few are written more than once.
        transaction.pragma_update(None, "cache_size", LONG_CACHE).map_err(|error| meaning(&error))?;
        transaction.is_long = true;
        Ok(transaction)
    }

    fn begin(&self, statement: &str, turn: Option<Turn>) -> Stored<Transaction<'_>> {
        self.refuse_another_file()?;
        let connection = self.take()?;
        connection.execute_batch(statement).map_err(|error| meaning(&error))?;
        let transaction = Transaction { database: self, connection: Some(connection), is_long: false, turn };
        // A reader's state begins with its first look, which must be now.
        pragma(&transaction, "user_version")?;
        transaction
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
            .map_err(|e| meaning(&e))?;
        Ok(transaction)
    }

    /// Writes the last committed state to a new file, which needs nothing beside it. Others may read and write
    /// meanwhile.
    pub(crate) fn copy_to(&self, path: &Path) -> Stored<()> {
        let failed =
            |why: &dyn std::fmt::Display| StoreError::Unavailable(format!("{}: {why}", path.display()));
        let fresh = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        drop(fresh.map_err(|error| failed(&error))?);
        let name = path.to_str().ok_or_else(|| failed(&"the path is not UTF-8"))?;
        let connection = self.take()?;
        // SQLite writes into a file that is there only if it is empty.
        connection.execute("VACUUM INTO ?1", [name]).map_err(|error| meaning(&error))?;
        self.give_back(connection);
        Ok(())
    }

    pub(crate) fn durability(&self) -> Stored<Durability> {
        let transaction = self.begin_reading()?;
        let mode = transaction.pragma_query_value(None, "journal_mode", |row| row.get(0));
        let synchronous = pragma(&transaction, "synchronous")?;
        Ok(Durability { journal_mode: mode.map_err(|error| meaning(&error))?, synchronous })
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // We have neither; somebody else's would act, or show what is not stored, behind our back.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // Deleted password hashes do not stay in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn version(schema: &Schema) -> i64 {
    i64::try_from(schema.migrations.len()).unwrap_or(i64::MAX)
}

fn pragma(connection: &Connection, name: &str) -> Stored<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| meaning(&error))
}

/// The pages that a long transaction keeps at hand, in KiB; SQLite wants the number to be negative.
const LONG_CACHE: i32 = -96 * 1_024;

/// A transaction; unless it is committed, dropping it leaves nothing behind.
pub(crate) struct Transaction<'a> {
    database: &'a Database,
    /// None only while it is being dropped.
    connection: Option<Connection>,
    /// Its connection has more memory than one that rests may keep.
    is_long: bool,
    turn: Option<Turn>,
}

impl Transaction<'_> {
    /// Makes everything durable, then tells the second place the new head.
    pub(crate) fn commit(self, head: Option<Head>) -> Stored<()> {
        let (database, begun) = (self.database, Instant::now());
        database.counting_failures(self.make_durable(head))?;
        database.measures.committed(begun.elapsed());
        Ok(())
    }

    fn make_durable(self, head: Option<Head>) -> Stored<()> {
        let told = head.map(|head| self.database.heads.open().map(|second| (second, head))).transpose()?;
        let unwritable = |error: std::io::Error| StoreError::Unavailable(format!("the lock file: {error}"));
        let counted =
            self.turn.as_ref().map(|turn| turn.begin_commit().map(|number| (turn, number))).transpose();
        let counted = counted.map_err(unwritable)?;
        self.execute_batch("COMMIT").map_err(|error| meaning(&error))?;
        if let Some((turn, number)) = counted {
            turn.end_commit(number);
        }
        if let Some((second, head)) = told {
            // The change stands, and a second place that is behind is harmless: to say that it failed would be false.
            let _ = second.add(&head);
        }
        Ok(())
    }

    pub(crate) fn witness(&self) -> Stored<Option<Head>> {
        self.database.heads.last()
    }

    /// The state that is the last committed one now.
    pub(crate) fn latest(&self) -> Stored<Transaction<'_>> {
        self.database.begin_reading()
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        #[expect(
            clippy::expect_used,
            reason = "INVARIANT: the connection is there until the transaction is dropped"
        )]
        self.connection.as_ref().expect("a transaction has a connection")
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // A connection that cannot roll back is not used again.
            let is_fit = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
            if is_fit && !self.is_long {
                self.database.give_back(connection);
            }
        }
    }
}
