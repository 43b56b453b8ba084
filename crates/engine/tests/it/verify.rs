//! What was changed behind our back, by a hand that can write the files but does not have the key.

use crate::bench::{Bench, OWNER, Shared, key, owner};
use rusqlite::Connection;
use sclera_core::change::Change;
use sclera_core::sql::SqlTarget;
use sclera_engine::audit::Verification;
use sclera_engine::{Door, Engine, Session};
use sclera_predefined::{Choice, Product, Profile};
use sclera_sqlite::{SqliteActivity, SqliteStore};
use sclera_store::chain::Key;
use sclera_store::verify::{FINDINGS, Report};
use sclera_testkit::world::{add_roles, delete_user, modify_role, modify_user, resource, role, user};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

type OnDisk = Engine<Shared<SqliteStore>, Shared<SqliteActivity>>;

/// An instance in files: Ann with two versions, Bob who was deleted, a role, and SQL privileges.
struct Victim {
    engine: OnDisk,
    owner: Session,
    folder: TempDir,
}

fn engine(store: SqliteStore, events: SqliteActivity) -> OnDisk {
    Engine::new(Shared(Arc::new(store)), Shared(Arc::new(events)), key(), Box::new(Bench::new()))
}

fn grant(grantee: &str, privilege: &str) -> Change {
    let target = SqlTarget::new("USER", Some(("table", "Sample.Person")), privilege).unwrap();
    Change::GrantSql { target, grantee: grantee.to_owned(), grantable: false }
}

impl Victim {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(&folder.path().join("security.db")).unwrap();
        let events = SqliteActivity::create(&folder.path().join("activity.db")).unwrap();
        let choice = Choice { product: Product::Cache, profile: Profile::Compatible, ..Choice::default() };
        engine(store, events).install(choice, OWNER).unwrap();
        let victim = Self::open(folder);
        let made = [
            resource("AppData", ""),
            role("Clerk", "AppData:R", ""),
            user("ann", "Clerk"),
            user("bob", "%All"),
            grant("ann", "SELECT"),
            grant("ann", "INSERT"),
        ];
        victim.carry_all(made);
        victim.edit(REMEMBER);
        let later = [
            modify_user("ann", "FullName", "Ann Example"),
            modify_role("Clerk", "Resources", "AppData:RW"),
            add_roles("ann", "%All"),
            delete_user("bob"),
        ];
        victim.carry_all(later);
        for _ in 0..3 {
            assert!(
                victim
                    .engine
                    .admit_password("nobody", &crate::bench::secret("x"), Door::Library, None)
                    .is_err()
            );
        }
        victim
    }

    fn open(folder: TempDir) -> Self {
        let store = SqliteStore::open(&folder.path().join("security.db")).unwrap();
        let events = SqliteActivity::open(&folder.path().join("activity.db")).unwrap();
        let engine = engine(store, events);
        let owner = engine.admit_os(&owner(), Door::Command).unwrap();
        Self { engine, owner, folder }
    }

    /// Another of the same, to be spoiled.
    fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.folder.path()).unwrap().map(Result::unwrap) {
            // What lies in shared memory is made anew from the other files.
            if !file.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
            }
        }
        Self::open(folder)
    }

    fn carry(&self, change: Change) {
        self.engine.submit(&self.owner, change).unwrap();
    }

    fn carry_all(&self, changes: impl IntoIterator<Item = Change>) {
        changes.into_iter().for_each(|change| self.carry(change));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn edit(&self, statements: &str) {
        self.edit_in("security.db", statements);
    }

    fn edit_in(&self, name: &str, statements: &str) {
        let connection = Connection::open(self.path(name)).unwrap();
        let elsewhere = self.path("thief.db").to_string_lossy().into_owned();
        connection.execute("ATTACH ?1 AS thief", [elsewhere]).unwrap();
        connection.execute_batch(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    fn verify(&self) -> Verification {
        self.engine.verify().unwrap()
    }
}

/// What a thief of an earlier state keeps of it, elsewhere.
const REMEMBER: &str = "
CREATE TABLE thief.stolen AS SELECT * FROM object WHERE folded IN ('ann', 'bob', 'clerk');
CREATE TABLE thief.stolen_counter AS SELECT * FROM counter;
";

fn told(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{}: {}", finding.place, finding.what)).collect()
}

/// Every edit, and what must be among the findings.
fn found(edits: &[(&str, &[&str])]) {
    let whole = Victim::new();
    assert!(whole.verify().is_clean(), "{:?}", told(&whole.verify().journal));
    for (edit, expected) in edits {
        let victim = whole.copy();
        victim.edit(edit);
        let Verification { journal, events } = victim.verify();
        let found = told(&journal);
        for part in *expected {
            assert!(found.iter().any(|finding| finding.contains(part)), "{edit}: no `{part}` in {found:#?}");
        }
        assert!(!journal.is_clean() && events.is_clean(), "{edit}");
    }
}

#[test]
fn an_untouched_instance_is_clean() {
    let victim = Victim::new();
    let Verification { journal, events } = victim.engine.audit_verify(&victim.owner).unwrap();
    assert_eq!((told(&journal), journal.more), (Vec::new(), 0));
    let links = victim.engine.state().unwrap().revision;
    assert_eq!((journal.links, events.links, events.records, events.rows), (links, 3, 3, 0));
    let connection = Connection::open(victim.path("security.db")).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
    };
    assert_eq!(journal.records, count("record"));
    assert_eq!(journal.rows, count("object") + count("sql_privilege"), "every row agrees with a record");
}

#[test]
fn edits_of_records_and_links_are_found() {
    const LAST: &str = "(SELECT max(sequence) FROM link)";
    let cut = format!("DELETE FROM record WHERE link = {LAST}; DELETE FROM link WHERE sequence = {LAST}");
    found(&[
        (&cut, &["the end was cut off: the chain had 11 links and has 10"]),
        (
            "UPDATE record SET bytes = (SELECT other.bytes FROM record other WHERE other.link = 1 AND other.position = 5 - record.position)
             WHERE link = 1 AND position IN (2, 3)",
            &["link 1: its records were edited, reordered, deleted or added: "],
        ),
        (
            "UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Ann Example', 'Bob Example') AS BLOB) WHERE link = 8",
            &["link 8: its records were edited, reordered, deleted or added: 1 were stored, 1 are here"],
        ),
        ("UPDATE record SET bytes = x'0109' WHERE link = 8", &["record 8/0: its bytes are no record"]),
        ("UPDATE record SET bytes = CAST(bytes || x'00' AS BLOB) WHERE link = 8", &["record 8/0: its bytes are no record"]),
        (
            "DELETE FROM record WHERE link = 1 AND position = 3",
            &["record 1/4: record 1/3 is missing before it", "link 1: its records were edited"],
        ),
        (
            "DELETE FROM record WHERE link = 8",
            &["link 8: its records were edited, reordered, deleted or added: 1 were stored, 0 are here"],
        ),
        (
            "INSERT INTO record SELECT link, 1, bytes FROM record WHERE link = 8",
            &["link 8: its records were edited, reordered, deleted or added: 1 were stored, 2 are here"],
        ),
        ("INSERT INTO record SELECT 99, 0, bytes FROM record WHERE link = 8", &["end: 1 records stand in no link"]),
        ("INSERT INTO record SELECT -1, 0, bytes FROM record WHERE link = 8", &["end: 1 records stand in no link"]),
        ("DELETE FROM link WHERE sequence = 5", &["link 6: the links from 5 on to this one are missing"]),
        ("DELETE FROM link", &["the end was cut off: the chain had 11 links and has 0"]),
        ("UPDATE link SET node = 2 WHERE sequence = 5", &["link 5: it was edited"]),
        ("UPDATE link SET count = 2 WHERE sequence = 5", &["link 5: it was edited", "link 5: its records were edited"]),
        ("UPDATE link SET root = zeroblob(32) WHERE sequence = 5", &["link 5: it was edited"]),
        ("UPDATE link SET mac = zeroblob(32) WHERE sequence = 5", &["link 5: it was edited", "link 6: it was edited"]),
        ("UPDATE link SET mac = zeroblob(32) WHERE sequence = 11", &["link 11: it is not the link that the second place knows"]),
        (
            "UPDATE link SET sequence = 12 WHERE sequence = 11; UPDATE record SET link = 12 WHERE link = 11",
            &["link 12: the links from 11 on to this one are missing"],
        ),
    ]);
}

#[test]
fn edits_of_rows_are_found() {
    found(&[
        (
            "UPDATE object SET text = json_set(text, '$.Roles', '1') WHERE kind = 6 AND folded = 'unknownuser'",
            &["(UnknownUser): it was edited after record 1/"],
        ),
        ("UPDATE object SET text = json_set(text, '$.RequiredRole', '') WHERE kind = 5", &["system 0 (SYSTEM): it was edited"]),
        ("UPDATE object SET text = json_set(text, '$.Owner', 'ann') WHERE kind = 0", &["instance 0 (INSTANCE): it was edited"]),
        ("UPDATE object SET name = 'Ann' WHERE kind = 6 AND folded = 'ann'", &["(Ann): it was edited after record 10/0"]),
        (
            "UPDATE object SET link = 999 WHERE kind = 6 AND folded = 'ann'",
            &["rows: 1 of ", " point at no record of the journal"],
        ),
        (
            "UPDATE object SET text = stolen.text, link = stolen.link, position = stolen.position
             FROM stolen WHERE object.folded = 'clerk' AND stolen.folded = 'clerk'",
            &["(Clerk): it was set back: record 9/0 changed it later"],
        ),
        (
            "UPDATE object SET text = stolen.text FROM stolen WHERE object.folded = 'clerk' AND stolen.folded = 'clerk'",
            &["(Clerk): it was edited after record 9/0"],
        ),
        (
            "INSERT INTO object SELECT * FROM stolen WHERE folded = 'bob';
             INSERT INTO principal SELECT folded, kind, number FROM stolen WHERE folded = 'bob';
             INSERT INTO membership SELECT (SELECT number FROM object WHERE name = '%All'), number FROM stolen WHERE folded = 'bob';
             INSERT INTO guardian SELECT number, NULL FROM stolen WHERE folded = 'bob'",
            &["(bob): it was set back: record 11/0 changed it later", "user: there are "],
        ),
        (
            "INSERT INTO object SELECT kind, number, name, folded, text, 11, 0 FROM stolen WHERE folded = 'bob'",
            &["(bob): it is here although record 11/0 deleted it"],
        ),
        (
            "DELETE FROM object WHERE kind = 2 AND folded = 'clerk'; DELETE FROM principal WHERE folded = 'clerk'",
            &["role ", ": it is missing although record 9/0 stored it"],
        ),
        ("DELETE FROM object WHERE kind = 0", &["instance 0 (INSTANCE): it is missing although record 1/0 stored it"]),
        (
            "INSERT INTO object SELECT 2, 9999, 'Ghost', 'ghost', text, link, position FROM object WHERE kind = 2 AND folded = 'clerk';
             INSERT INTO principal VALUES ('ghost', 2, 9999)",
            &["role: there are "],
        ),
        ("INSERT INTO object VALUES (77, 1, 'Ghost', 'ghost', '{}', 1, 1)", &["object 77/1: it is of no kind"]),
        ("INSERT INTO object VALUES (7, 1, 'Ghost', 'ghost', '{}', 1, 1)", &["object 7/1: it is of no kind"]),
    ]);
}

#[test]
fn edits_of_privileges_counters_and_indexes_are_found() {
    found(&[
        ("UPDATE counter SET next = next - 1 WHERE name = 'user'", &["counters: the next id was already used"]),
        ("UPDATE counter SET next = next + 9 WHERE name = 'user'", &["counters: ids were passed over"]),
        ("UPDATE counter SET next = 1 WHERE name = 'object'", &["counters: the next id was already used"]),
        ("UPDATE counter SET next = (SELECT next FROM stolen_counter s WHERE s.name = counter.name) - 3", &["counters"]),
        ("DELETE FROM sql_privilege WHERE privilege = 's' AND grantor = 'operator'", &["sql-privilege: 1 of them are missing"]),
        (
            "UPDATE sql_privilege SET grantable = 1 WHERE privilege = 's' AND grantor = 'operator'",
            &["sql-privilege: `s` on `1,Sample.Person` is in no record", "sql-privilege: 1 of them are missing"],
        ),
        (
            "INSERT INTO sql_privilege SELECT grantee_kind, grantee + 1, namespace, object, privilege, grantor, grantable, target
             FROM sql_privilege WHERE privilege = 's' AND grantor = 'operator'",
            &["sql-privilege: `s` on `1,Sample.Person` is in no record"],
        ),
        ("UPDATE sql_privilege SET target = 'x' WHERE grantor = 'operator'", &["index: an SQL privilege on `1,Sample.Person` is filed"]),
        ("DELETE FROM principal WHERE folded = 'ann'", &["index: the name index disagrees about `ann`"]),
        ("DELETE FROM membership", &["index: the membership index disagrees about user "]),
        ("DELETE FROM guardian", &["index: the membership index disagrees about user "]),
    ]);
}

#[test]
fn the_second_place_counts() {
    let victim = Victim::new();
    let heads = victim.path("security.heads");
    let lines = std::fs::read_to_string(&heads).unwrap();
    std::fs::remove_file(&heads).unwrap();
    let missing = ["end: the second place that keeps the head of the chain is missing"];
    assert_eq!(told(&victim.verify().journal), missing);
    std::fs::write(&heads, "junk\n").unwrap();
    assert_eq!(told(&victim.verify().journal), missing);
    std::fs::write(&heads, lines.replace("\n11 ", "\n12 ")).unwrap();
    let ahead = ["link 12: the end was cut off: the chain had 12 links and has 11"];
    assert_eq!(told(&victim.verify().journal), ahead);
    let (rest, last) = lines.trim_end().rsplit_once(' ').unwrap();
    std::fs::write(&heads, format!("{rest} {}\n", last.chars().rev().collect::<String>())).unwrap();
    assert_eq!(told(&victim.verify().journal), ["link 11: it is not the link that the second place knows"]);
    std::fs::write(&heads, lines).unwrap();
    assert!(victim.verify().is_clean());
}

#[test]
fn edits_of_events_are_found() {
    let whole = Victim::new();
    for (edit, expected) in [
        ("DELETE FROM record WHERE link = 3; DELETE FROM link WHERE sequence = 3", "the end was cut off"),
        (
            "UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), 'nobody', 'no-one') AS BLOB) WHERE link = 2",
            "link 2: its records",
        ),
        ("DELETE FROM record WHERE link = 1", "link 1: its records"),
        ("UPDATE link SET node = 7 WHERE sequence = 1", "link 1: it was edited"),
    ] {
        let victim = whole.copy();
        victim.edit_in("activity.db", edit);
        let Verification { journal, events } = victim.verify();
        let found = told(&events);
        assert!(
            journal.is_clean() && found.iter().any(|finding| finding.contains(expected)),
            "{edit}: {found:?}"
        );
    }
}

/// Everything agrees, but it was made with another key: each link says so, and not all of them are told.
#[test]
fn another_key_makes_another_chain() {
    let victim = Victim::new();
    for number in 0..60 {
        victim.carry(modify_user("ann", "Comment", number.to_string().as_str()));
    }
    let store = Shared(Arc::new(SqliteStore::open(&victim.path("security.db")).unwrap()));
    let events = Shared(Arc::new(SqliteActivity::open(&victim.path("activity.db")).unwrap()));
    let engine = Engine::new(store, events, Key::new([8; 32]), Box::new(Bench::new()));
    let Verification { journal, events } = engine.verify().unwrap();
    assert_eq!((journal.links, journal.findings.len(), journal.more), (71, FINDINGS, 71 - FINDINGS as u64));
    assert_eq!(events.findings.len(), 3);
    assert!(victim.verify().is_clean());
}

/// Two verifications and a writer at a time: nobody raises a false alarm.
#[test]
fn verifying_while_others_write_finds_nothing() {
    let victim = Victim::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(told(&victim.verify().journal), [""; 0]);
                }
            });
        }
        for number in 0..40 {
            victim.carry(modify_user("ann", "Comment", number.to_string().as_str()));
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(victim.verify().is_clean());
}
