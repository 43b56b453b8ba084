//! The suite of all stores. Where it comes back to a store, the file is closed and opened.

use sclera_sqlite::{SqliteActivity, SqliteStore};
use sclera_store::conformance;
use sclera_store::measure::Measured;
use sclera_store::port::{Activity, Stamp, Store, Stored};
use std::path::Path;
use tempfile::TempDir;

/// A store together with the folder of its files, which goes with it.
struct Kept<S> {
    store: S,
    folder: TempDir,
}

const NAME: &str = "a store.db";

fn fresh<S>(create: fn(&Path) -> Stored<S>) -> Kept<S> {
    let folder = tempfile::tempdir().unwrap();
    Kept { store: create(&folder.path().join(NAME)).unwrap(), folder }
}

fn reopened<S>(kept: Kept<S>, open: fn(&Path) -> Stored<S>) -> Kept<S> {
    let Kept { store, folder } = kept;
    drop(store);
    Kept { store: open(&folder.path().join(NAME)).unwrap(), folder }
}

impl Store for Kept<SqliteStore> {
    type Reading<'a> = <SqliteStore as Store>::Reading<'a>;
    type Writing<'a> = <SqliteStore as Store>::Writing<'a>;

    fn stamp(&self) -> Option<Stamp> {
        self.store.stamp()
    }

    fn read(&self) -> Stored<Self::Reading<'_>> {
        self.store.read()
    }

    fn write(&self) -> Stored<Self::Writing<'_>> {
        self.store.write()
    }

    fn write_long(&self) -> Stored<Self::Writing<'_>> {
        self.store.write_long()
    }

    fn measured(&self) -> Measured {
        self.store.measured()
    }
}

impl Activity for Kept<SqliteActivity> {
    type Reading<'a> = <SqliteActivity as Activity>::Reading<'a>;
    type Writing<'a> = <SqliteActivity as Activity>::Writing<'a>;

    fn stamp(&self) -> Option<Stamp> {
        self.store.stamp()
    }

    fn read(&self) -> Stored<Self::Reading<'_>> {
        self.store.read()
    }

    fn write(&self) -> Stored<Self::Writing<'_>> {
        self.store.write()
    }

    fn outlet_position(&self, outlet: &str) -> Stored<Option<String>> {
        self.store.outlet_position(outlet)
    }

    fn set_outlet_position(&self, outlet: &str, position: &str) -> Stored<()> {
        self.store.set_outlet_position(outlet, position)
    }

    fn measured(&self) -> Measured {
        self.store.measured()
    }
}

#[test]
fn sqlite_tells_how_large_its_files_are() {
    let kept = fresh(SqliteActivity::create);
    let about = |name: &str| std::fs::metadata(kept.folder.path().join(name)).unwrap().len();
    kept.store.set_outlet_position("a", "1").unwrap();
    let files = kept.measured().files;
    assert_eq!((files.database, files.log), (about(NAME), about("a store.db-wal")));
    assert!(files.database + files.log > 0);
}

#[test]
fn sqlite_counts_what_cannot_be_begun() {
    let kept = fresh(SqliteActivity::create);
    let file = kept.folder.path().join(NAME);
    std::fs::rename(&file, kept.folder.path().join("aside")).unwrap();
    assert!(kept.store.read().is_err() && kept.store.write().is_err());
    assert_eq!(kept.measured().failures, [2, 0, 0, 0, 0, 0]);
    assert_eq!(kept.measured().files.database, 0);
}

#[test]
fn sqlite_keeps_settings_and_users() {
    conformance::store(&|| fresh(SqliteStore::create), &|kept| kept);
}

#[test]
fn sqlite_keeps_settings_and_users_when_closed() {
    conformance::store(&|| fresh(SqliteStore::create), &|kept| reopened(kept, SqliteStore::open));
}

#[test]
fn sqlite_keeps_events() {
    conformance::activity(&|| fresh(SqliteActivity::create), &|kept| kept);
}

#[test]
fn sqlite_keeps_events_when_closed() {
    conformance::activity(&|| fresh(SqliteActivity::create), &|kept| reopened(kept, SqliteActivity::open));
}
