//! Files: what they are, and which are refused.

use rusqlite::Connection;
use sclera_core::id::Ids;
use sclera_sqlite::{Durability, SqliteActivity, SqliteStore};
use sclera_store::port::{Log, LogWrite as _, Read, Store, StoreError, Stored, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Both kinds of files: how to make and to open one, what says whose it is, and the version of its schema.
type Kind = (fn(&Path) -> Stored<()>, fn(&Path) -> Stored<()>, i64, i64);

const KINDS: [Kind; 2] = [
    (|path| SqliteStore::create(path).map(drop), |path| SqliteStore::open(path).map(drop), 0x5343_4c53, 5),
    (
        |path| SqliteActivity::create(path).map(drop),
        |path| SqliteActivity::open(path).map(drop),
        0x5343_4c41,
        7,
    ),
];

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    (folder, path)
}

fn number(path: &Path, pragma: &str) -> i64 {
    Connection::open(path).unwrap().pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
}

/// What another program keeps in a file of its own.
fn foreign(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);")
        .unwrap();
}

#[test]
fn a_file_says_whose_it_is() {
    for (create, open, id, version) in KINDS {
        let (folder, path) = folder();
        create(&path).unwrap();
        assert_eq!(number(&path, "application_id"), id);
        assert_eq!(number(&path, "user_version"), version, "the version of the schema");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "only its owner reads it");
        assert_eq!(open(&path), Ok(()));
        drop(folder);
    }
}

#[test]
fn a_commit_is_on_the_disk() {
    let full = Durability { journal_mode: "wal".to_owned(), synchronous: 2 };
    let (_folder, path) = folder();
    assert_eq!(SqliteStore::create(&path).unwrap().durability(), Ok(full.clone()));
    assert_eq!(SqliteStore::open(&path).unwrap().durability(), Ok(full.clone()));
    let (_folder, path) = folder();
    assert_eq!(SqliteActivity::create(&path).unwrap().durability(), Ok(full.clone()));
    assert_eq!(SqliteActivity::open(&path).unwrap().durability(), Ok(full));
}

#[test]
fn a_file_that_is_missing_cannot_be_opened() {
    for (_, open, ..) in KINDS {
        let (folder, path) = folder();
        assert!(matches!(open(&path), Err(StoreError::Unavailable(_))), "a missing file");
        assert!(!path.exists(), "opening makes no file");
        assert!(matches!(open(folder.path()), Err(StoreError::Unavailable(_))), "a folder");
        assert!(matches!(open(&folder.path().join("no/x.db")), Err(StoreError::Unavailable(_))));
    }
}

#[test]
fn a_file_that_is_there_is_not_made_anew() {
    for (create, open, ..) in KINDS {
        let (folder, path) = folder();
        create(&path).unwrap();
        assert!(matches!(create(&path), Err(StoreError::Unavailable(_))), "one of our own");
        assert_eq!(open(&path), Ok(()), "it is still what it was");
        let other = folder.path().join("other.db");
        std::fs::write(&other, b"something else").unwrap();
        assert!(matches!(create(&other), Err(StoreError::Unavailable(_))), "any other");
        assert_eq!(std::fs::read(&other).unwrap(), b"something else");
        assert!(matches!(create(&folder.path().join("no/x.db")), Err(StoreError::Unavailable(_))));
    }
}

#[test]
fn files_of_others_are_refused_and_left_alone() {
    for (_, open, ..) in KINDS {
        let (_folder, path) = folder();
        foreign(&path);
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open(&path), Err(StoreError::Damaged(_))), "a file of another program");
        assert!(std::fs::read(&path).unwrap() == before, "a file of another program was written to");
        for junk in [&b""[..], b"x", b"SQLite format 3\0", &[0xff; 8_192]] {
            std::fs::write(&path, junk).unwrap();
            assert!(matches!(open(&path), Err(StoreError::Damaged(_))), "{} bytes of junk", junk.len());
            assert!(std::fs::read(&path).unwrap() == junk, "junk was written to");
        }
    }
}

#[test]
fn one_kind_is_not_opened_as_the_other() {
    for (number, (create, ..)) in KINDS.into_iter().enumerate() {
        let (_folder, path) = folder();
        create(&path).unwrap();
        let (_, other, ..) = KINDS.into_iter().rev().nth(number).unwrap();
        assert!(matches!(other(&path), Err(StoreError::Damaged(_))));
    }
}

#[test]
fn other_versions_are_refused_and_left_alone() {
    for (create, open, ..) in KINDS {
        let (_folder, path) = folder();
        create(&path).unwrap();
        let version = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let known =
            Connection::open(&path).unwrap().pragma_query_value(None, "user_version", version).unwrap();
        for found in [0, known + 1, i64::from(i32::MAX), -1] {
            let (_folder, path) = folder();
            create(&path).unwrap();
            Connection::open(&path).unwrap().pragma_update(None, "user_version", found).unwrap();
            let before = std::fs::read(&path).unwrap();
            assert_eq!(open(&path), Err(StoreError::Version { found, known }));
            assert!(std::fs::read(&path).unwrap() == before, "a file of version {found} was written to");
        }
    }
}

#[test]
fn a_file_that_was_cut_off_is_damaged() {
    for (create, open, ..) in KINDS {
        let (folder, path) = folder();
        create(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(whole.len() % 4_096, 0, "pages");
        for length in [0, 1, 99, 100, 512, 4_096, whole.len() / 2, whole.len() - 4_096] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let opened = open(&path);
            assert!(matches!(opened, Err(StoreError::Damaged(_))), "cut to {length} bytes: {opened:?}");
        }
        drop(folder);
    }
}

#[test]
fn a_row_that_is_none_is_damage() {
    for (edit, what) in [
        ("UPDATE object SET text = '[]'", "no object"),
        ("UPDATE object SET text = '{\"NoSuch\":1}'", "an unknown property"),
        ("UPDATE object SET text = '{\"Enabled\":7}'", "a property of another type"),
        ("UPDATE object SET text = '{\"Roles\":\"x\"}'", "no ids"),
        ("UPDATE object SET name = 'a' || char(0)", "no name"),
        ("UPDATE object SET link = -1", "no place"),
    ] {
        let (_folder, path) = folder();
        let store = SqliteStore::create(&path).unwrap();
        crate::tampering::with_ann(&store, "Ann");
        Connection::open(&path).unwrap().execute_batch(edit).unwrap();
        let reading = store.read().unwrap();
        let found = reading.users_after(None);
        assert!(matches!(found, Err(StoreError::Damaged(_))), "{what}: {found:?}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_said_to_be() {
    if nix::unistd::geteuid().is_root() {
        eprintln!("skipped: the superuser writes everything");
        return;
    }
    let (folder, path) = folder();
    drop(SqliteStore::create(&path).unwrap());
    let allow = |file: &str, mode| {
        std::fs::set_permissions(folder.path().join(file), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow("x.lock", 0o400);
    let store = SqliteStore::open(&path).unwrap();
    assert!(matches!(store.write().map(drop), Err(StoreError::ReadOnly(_))), "the lock");
    assert_eq!(store.read().unwrap().count(6), Ok(0), "reading goes on");
    drop(store);
    allow("x.lock", 0o600);
    allow("x.db", 0o400);
    let store = SqliteStore::open(&path).unwrap();
    let written = store.write().and_then(|mut writing| writing.set_ids(Ids { object: 2, user: 2 }));
    assert!(matches!(written, Err(StoreError::ReadOnly(_))), "the file: {written:?}");
}

#[test]
fn two_openings_of_a_file_see_each_other() {
    let (_folder, path) = folder();
    let first = SqliteStore::create(&path).unwrap();
    let second = SqliteStore::open(&path).unwrap();
    crate::tampering::with_ann(&first, "Ann");
    let reading = second.read().unwrap();
    assert_eq!(reading.count(6), Ok(1));
    assert_eq!(reading.witness(), reading.head().map(Some));
}

#[test]
fn a_file_that_was_replaced_is_not_gone_on_with() {
    let (folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    drop(store.read().unwrap());
    let other = folder.path().join("other.db");
    drop(SqliteStore::create(&other).unwrap());
    std::fs::rename(&other, &path).unwrap();
    for refused in [store.read().map(drop), store.write().map(drop)] {
        assert!(matches!(refused, Err(StoreError::Unavailable(why)) if why.contains("was replaced")));
    }
    drop(SqliteStore::open(&path).unwrap().read().unwrap());
}

#[test]
fn a_second_place_that_cannot_be_opened_refuses_the_commit() {
    let (folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    crate::tampering::with_ann(&store, "Ann");
    let heads = folder.path().join("x.heads");
    std::fs::remove_file(&heads).unwrap();
    std::fs::create_dir(&heads).unwrap();
    assert!(store.write().unwrap().witness().is_err(), "what is no file is not read as one that is missing");
}

fn commit(store: &SqliteStore) {
    let mut writing = store.write().unwrap();
    let ids = writing.ids().unwrap();
    writing.set_ids(Ids { object: ids.object + 1, ..ids }).unwrap();
    writing.commit().unwrap();
}

/// What was remembered under a stamp must never be taken for what another file says.
#[test]
fn a_stamp_says_nothing_once_a_file_was_replaced() {
    for replaced in ["x.db", "x.lock"] {
        let (folder, path) = folder();
        let store = SqliteStore::create(&path).unwrap();
        commit(&store);
        let before = store.stamp();
        assert!(before.is_some() && before == store.stamp());
        let file = folder.path().join(replaced);
        let copy = folder.path().join("copy");
        std::fs::copy(&file, &copy).unwrap();
        std::fs::rename(&copy, &file).unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while store.stamp().is_some() {
            assert!(std::time::Instant::now() < until, "{replaced} was replaced");
        }
        assert_eq!(store.stamp(), None, "and it stays so");
    }
}

/// Numbers of commits do not come again, whatever becomes of the file that they stand in.
#[test]
fn no_stamp_comes_again_after_the_lock_file_was_emptied() {
    let (folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        for _ in 0..3 {
            commit(&store);
            assert!(seen.insert(store.stamp().unwrap().0), "a number came again");
        }
        std::fs::write(folder.path().join("x.lock"), b"").unwrap();
        assert_eq!(store.stamp(), None, "nothing can be told");
    }
    // A commit that was begun and not ended, as of a process that was killed, leaves it unknown until the next one.
    commit(&store);
    let known = store.stamp();
    assert!(known.is_some());
    let file = std::fs::OpenOptions::new().write(true).open(folder.path().join("x.lock")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &u64::MAX.to_be_bytes()[..7], 9).unwrap();
    assert_eq!(store.stamp(), None);
    commit(&store);
    assert_ne!(store.stamp(), known);
}
