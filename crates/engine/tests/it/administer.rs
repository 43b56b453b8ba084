//! Changes as transactions: what is written down, what is left alone, and several engines over the same files.

use crate::bench::{Bench, Instance, OWNER, Shared, code, key, owner, user};
use sclera_core::change::{Action, Change, Entry, Kind};
use sclera_core::sql::SqlTarget;
use sclera_core::status::Code;
use sclera_engine::administer::{Asked, Mode, Request};
use sclera_engine::{Door, Engine, Refusal};
use sclera_predefined::{Choice, Profile};
use sclera_sqlite::{SqliteActivity, SqliteStore};
use sclera_testkit::world::{
    add_roles, delete_resource, delete_role, delete_user, modify_resource, modify_role, resource, role,
};
use std::path::Path;
use std::sync::Arc;

fn asked(change: Change, place: &str) -> Asked {
    Asked { request: Request::Change(change), place: place.to_owned() }
}

fn grant(privilege: &str, grantee: &str) -> Change {
    let target = SqlTarget::new("USER", Some(("table", "Sample.Person")), privilege).unwrap();
    Change::GrantSql { target, grantee: grantee.to_owned(), grantable: false }
}

fn lines(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| format!("{:?} {} {}", entry.action, entry.kind.word(), entry.name)).collect()
}

#[test]
fn what_goes_along_is_written_down_too() {
    let instance = Instance::new();
    instance.carry_all([
        role("Clerk", "", ""),
        user("ann", "Clerk"),
        grant("SELECT", "ann"),
        grant("INSERT", "ann"),
        grant("SELECT", "Clerk"),
        resource("%DB_SALES", ""),
        grant("SELECT", "%DB_SALES"),
    ]);
    let deleted = |change| lines(&instance.engine.submit(&instance.owner, change).unwrap().entries);
    let of_ann = ["Delete user ann", "Delete sql-privilege ann", "Delete sql-privilege ann"];
    assert_eq!(deleted(delete_user("ann")), of_ann);
    assert_eq!(deleted(delete_role("Clerk")), ["Delete role Clerk", "Delete sql-privilege Clerk"]);
    let of_database =
        ["Delete resource %DB_SALES", "Delete role %DB_SALES", "Delete sql-privilege %DB_SALES"];
    assert_eq!(deleted(delete_resource("%DB_SALES")), of_database);
    assert!(instance.engine.verify().unwrap().is_clean());
}

#[test]
fn what_changes_nothing_makes_no_link() {
    let instance = Instance::new();
    instance.carry_all([resource("AppData", "R"), user("ann", "")]);
    let before = instance.kept();
    for change in [modify_resource("appdata", "PublicPermission", "READ"), add_roles("ann", "")] {
        let receipt = instance.engine.submit(&instance.owner, change).unwrap();
        assert!(!receipt.has_changed() && receipt.revision == before.revision);
    }
    assert_eq!(
        code(instance.engine.submit(&instance.owner, resource("AppData", ""))),
        Code::ResourceAlreadyExists
    );
    assert_eq!(instance.kept(), before);
}

#[test]
fn several_changes_are_one_or_none() {
    let instance = Instance::new();
    let before = instance.kept();
    // Each sees what the ones before it did.
    let good = || {
        [
            asked(resource("AppData", ""), "first"),
            asked(role("Clerk", "AppData:R", ""), "second"),
            asked(modify_role("Clerk", "Resources", "AppData:RW"), "third"),
        ]
    };
    let bad = [asked(role("Boss", "NoSuch:R", "Clerk"), "fourth"), asked(role("Later", "", ""), "fifth")];
    match instance.engine.submit_all(&instance.owner, good().into_iter().chain(bad), Mode::Perform) {
        Err(Refusal::Rule { status, place }) => {
            assert_eq!((status.root().code(), place.as_str()), (Code::ResourceDoesNotExist, "fourth"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(instance.kept(), before);
    let rehearsed = instance.engine.submit_all(&instance.owner, good(), Mode::Rehearse).unwrap();
    assert_eq!(instance.kept(), before);
    let done = instance.engine.submit_all(&instance.owner, good(), Mode::Perform).unwrap();
    assert_eq!(done.entries, rehearsed.entries, "numbers are not used up by what was left alone");
    assert_eq!((done.revision, done.entries.len()), (before.revision + 1, 3));
    assert!(done.entries.iter().all(|entry| entry.action != Action::Delete && entry.kind != Kind::User));
}

type OnDisk = Engine<Shared<SqliteStore>, Shared<SqliteActivity>>;

/// How many changes each of several writers makes.
const EACH: u64 = 15;

fn on_disk(folder: &Path) -> OnDisk {
    let store = SqliteStore::open(&folder.join("security.db")).unwrap();
    let events = SqliteActivity::open(&folder.join("activity.db")).unwrap();
    Engine::new(Shared(Arc::new(store)), Shared(Arc::new(events)), key(), Box::new(Bench::new()))
}

#[test]
fn engines_over_the_same_files_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::create(&folder.path().join("security.db")).unwrap();
    SqliteActivity::create(&folder.path().join("activity.db")).unwrap();
    let (one, other) = (on_disk(folder.path()), on_disk(folder.path()));
    one.install(Choice { profile: Profile::Compatible, ..Choice::default() }, OWNER).unwrap();
    assert!(other.install(Choice::default(), OWNER).is_err(), "there is one already");
    let sessions = [&one, &other].map(|engine| engine.admit_os(&owner(), Door::Command).unwrap());
    one.submit(&sessions[0], resource("AppData", "R")).unwrap();
    assert_eq!(code(other.submit(&sessions[1], resource("APPDATA", ""))), Code::ResourceAlreadyExists);
    other.submit(&sessions[1], user("ann", "")).unwrap();
    let answer = one.check_user(&sessions[0], "ann", "AppData", None).unwrap();
    assert_eq!((answer.answer.to_string().as_str(), answer.known), ("READ", true));
    other.submit(&sessions[1], delete_resource("AppData")).unwrap();
    assert_eq!(one.check_user(&sessions[0], "ann", "AppData", None).unwrap().answer.to_string(), "");

    let before = one.state().unwrap();
    std::thread::scope(|scope| {
        for (engine, session, letter) in [(&one, &sessions[0], 'a'), (&other, &sessions[1], 'b')] {
            scope.spawn(move || {
                for number in 0..EACH {
                    engine.submit(session, role(&format!("{letter}{number}"), "", "")).unwrap();
                }
            });
        }
    });
    let after = other.state().unwrap();
    assert_eq!((after.revision, after.roles), (before.revision + 2 * EACH, before.roles + 2 * EACH));
    assert_eq!(one.state().unwrap(), after);
    assert!(one.verify().unwrap().is_clean());
}
