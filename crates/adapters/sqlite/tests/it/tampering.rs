//! Edits behind the store's back that its own indexes and the second place give away.

use rusqlite::Connection;
use sclera_core::change::{Action, Entry, Kind, Object};
use sclera_core::id::{Ids, RoleId, UserId};
use sclera_core::name::UserName;
use sclera_core::sql::{Grantee, SqlPrivilege};
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use sclera_sqlite::SqliteStore;
use sclera_store::chain::{Head, Key};
use sclera_store::journal::{ChangeRecord, Record, Scribe};
use sclera_store::port::{Log, Read, Store, Write};
use sclera_store::record::Row;
use sclera_store::verify;
use std::path::PathBuf;
use tempfile::TempDir;

fn key() -> Key {
    Key::new([7; 32])
}

/// Makes the user Ann with a role, or gives her another full name; one commit.
pub(crate) fn with_ann(store: &SqliteStore, full_name: &str) -> Head {
    let mut writing = store.write().unwrap();
    let mut scribe = Scribe::begin(&writing).unwrap();
    let known = writing.row(Kind::User as u8, 1).unwrap();
    let ann = User {
        roles: vec![RoleId(1)],
        full_name: full_name.to_owned(),
        ..User::new(UserId(1), UserName::new("ann").unwrap())
    };
    let row = Row::of(&Object::User(Box::new(ann)), scribe.place());
    writing.put(&row).unwrap();
    writing.set_ids(Ids { object: 1, user: 2 }).unwrap();
    let action = if known.is_none() { Action::Create } else { Action::Modify };
    let entry =
        Entry { action, kind: Kind::User, number: 1, name: "ann".to_owned(), differences: Vec::new() };
    let record = ChangeRecord::of(&entry, Timestamp::from_micros(1), "eve", "library", row.state());
    scribe.write(&mut writing, &Record::Change(record)).unwrap();
    scribe.commit(writing, &key(), 1).unwrap()
}

/// A store with Ann, changed three times, and the path of its file.
fn stocked() -> (TempDir, PathBuf, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let store = SqliteStore::create(&path).unwrap();
    for full_name in ["Ann", "Ann E.", "Ann Example"] {
        with_ann(&store, full_name);
    }
    (folder, path, store)
}

fn findings(store: &SqliteStore) -> Vec<String> {
    let report = verify::security(&store.read().unwrap(), &key()).unwrap();
    report.findings.into_iter().map(|finding| format!("{}: {}", finding.place, finding.what)).collect()
}

#[test]
fn an_index_that_disagrees_with_the_rows_is_found() {
    for (edit, found) in [
        ("DELETE FROM principal", "the name index disagrees about `ann`"),
        ("INSERT INTO principal VALUES ('bob', 6, 9)", "the name index disagrees about `bob`"),
        ("UPDATE principal SET number = 2", "the name index disagrees about `ann`"),
        ("DELETE FROM membership", "the membership index disagrees about user 1"),
        ("INSERT INTO membership VALUES (2, 1)", "the membership index disagrees about user 1"),
        ("INSERT INTO membership VALUES (1, 9)", "the membership index has entries of no user"),
        ("INSERT INTO guardian VALUES (1, NULL)", "the membership index disagrees about user 1"),
        ("INSERT INTO guardian VALUES (9, 5)", "the membership index has entries of no user"),
        (
            "UPDATE object SET folded = 'bob'; UPDATE principal SET folded = 'bob'",
            "`ann` is filed under another name",
        ),
        ("UPDATE sql_privilege SET target = 'x'", "an SQL privilege on `1,T` is filed under another target"),
    ] {
        let (_folder, path, store) = stocked();
        let mut writing = store.write().unwrap();
        let privilege = SqlPrivilege {
            grantee: Grantee::User(UserId(1)),
            namespace: "USER".to_owned(),
            object: "1,T".to_owned(),
            privilege: "s".to_owned(),
            grantor: "eve".to_owned(),
            grantable: false,
        };
        writing.put_sql(&privilege).unwrap();
        sclera_store::port::LogWrite::commit(writing).unwrap();
        assert_eq!(store.read().unwrap().derived_faults(), Ok(Vec::new()));
        Connection::open(&path).unwrap().execute_batch(edit).unwrap();
        let faults = store.read().unwrap().derived_faults().unwrap();
        assert!(faults.iter().any(|fault| fault == found), "{edit}: {faults:?}");
    }
}

const CUT: &str = "DELETE FROM link WHERE sequence > 1; DELETE FROM record WHERE link > 1";

#[test]
fn an_end_that_was_cut_off_is_found() {
    let (_folder, path, store) = stocked();
    assert_eq!(findings(&store), [""; 0]);
    Connection::open(&path).unwrap().execute_batch(CUT).unwrap();
    let found = findings(&store);
    let cut = "link 2: the end was cut off: the chain had 3 links and has 1";
    assert!(found.iter().any(|finding| finding == cut), "{found:?}");
}

/// The commits that follow are honest, and must not cover up what happened before them.
#[test]
fn an_end_that_was_cut_off_is_found_after_later_commits() {
    let (_folder, path, store) = stocked();
    let known = store.read().unwrap().head().unwrap();
    Connection::open(&path).unwrap().execute_batch(CUT).unwrap();
    for full_name in ["A", "B", "C", "D", "E"] {
        let head = with_ann(&store, full_name);
        assert_eq!(store.read().unwrap().witness(), Ok(Some(known)), "after link {}", head.sequence);
        assert_ne!(findings(&store), [""; 0], "after link {}", head.sequence);
    }
}

/// A crash between a commit and the second place leaves it behind, which is not what an attack looks like.
#[test]
fn a_second_place_that_is_behind_catches_up() {
    let (folder, _, store) = stocked();
    let heads = folder.path().join("x.heads");
    let lines = std::fs::read_to_string(&heads).unwrap();
    std::fs::write(&heads, lines.lines().next().unwrap().to_owned() + "\n").unwrap();
    assert_eq!(findings(&store), [""; 0], "behind is harmless");
    let head = with_ann(&store, "A");
    assert_eq!(store.read().unwrap().witness(), Ok(Some(head)));
    assert_eq!(findings(&store), [""; 0]);
}

#[test]
fn a_second_place_that_is_gone_is_found() {
    let (folder, _, store) = stocked();
    std::fs::remove_file(folder.path().join("x.heads")).unwrap();
    assert_eq!(findings(&store), ["end: the second place that keeps the head of the chain is missing"]);
}
