//! Transactions: all or nothing, one writer, and readers that are not disturbed. That they hold for records too is
//! asked in [`log`](super::log).

use super::{Stores, commit, folded, role_row, row_of, user, user_row};
use crate::chain::Key;
use crate::journal::{Record, Scribe};
use crate::port::{Log, LogWrite, Read, Store, StoreError, Write};
use crate::verify;
use sclera_core::change::{Action, Entry, Kind};
use sclera_core::id::{Ids, RoleId, UserId};
use sclera_core::sql::{Grantee, SqlPrivilege};
use sclera_core::time::Timestamp;

pub(super) fn all<S: Store>(stores: &Stores<'_, S>) {
    ids_are_kept(stores);
    what_is_dropped_was_never_there(stores);
    a_reader_keeps_its_state(stores);
    rows_and_records_are_committed_together(stores);
    nobody_waits_for_a_long_transaction(stores);
    what_comes_about_is_counted(stores);
}

fn what_comes_about_is_counted<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    let before = store.measured();
    commit(&store, |writing| writing.put(&role_row(1, "clerk")).unwrap());
    drop(store.write().unwrap());
    let long = store.write_long().unwrap();
    assert!(store.write().is_err() && store.write_long().is_err());
    drop(long);
    let after = store.measured();
    assert_eq!(after.commits.count(), before.commits.count() + 1, "what is dropped is no commit");
    assert!(after.commits.total > before.commits.total);
    assert_eq!(after.waits.count(), before.waits.count() + 3);
    assert_eq!((before.failed(), after.failed()), (0, 2));
    let occupied = StoreError::WORDS.iter().position(|word| *word == StoreError::Occupied.word());
    assert_eq!(after.failures[occupied.unwrap()], 2);
}

fn nobody_waits_for_a_long_transaction<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    let long = store.write_long().unwrap();
    assert_eq!(store.write().err(), Some(StoreError::Occupied));
    assert_eq!(store.write_long().err(), Some(StoreError::Occupied));
    assert!(store.read().is_ok(), "readers go on");
    drop(long);
    drop(store.write().unwrap());
    let mut long = store.write_long().unwrap();
    long.put(&role_row(1, "clerk")).unwrap();
    long.commit().unwrap();
    drop(store.write().unwrap());
    assert_eq!(stores.again(store).read().unwrap().count(Kind::Role as u8), Ok(1));
}

const LAST: Ids = Ids { object: u32::MAX, user: 1 << 62 };

fn ids_are_kept<S: Store>(stores: &Stores<'_, S>) {
    let mut store = stores.fresh();
    for ids in [Ids { object: 2, user: 1 }, Ids { object: 2, user: 1 << 40 }, LAST] {
        commit(&store, |writing| {
            writing.set_ids(ids).unwrap();
            assert_eq!(writing.ids().unwrap(), ids, "before the commit");
        });
        store = stores.again(store);
        assert_eq!(store.read().unwrap().ids().unwrap(), ids);
    }
}

fn privilege() -> SqlPrivilege {
    SqlPrivilege {
        grantee: Grantee::User(UserId(1)),
        namespace: "USER".to_owned(),
        object: "1,Sample.Person".to_owned(),
        privilege: "s".to_owned(),
        grantor: "_SYSTEM".to_owned(),
        grantable: false,
    }
}

/// Everything that a reader may look at, as text to be compared.
fn everything(reading: &impl Read) -> String {
    let users = reading.users_after(None).unwrap();
    let names = ["ann", "bob", "clerk"].map(|name| reading.principal(&folded(name)).unwrap());
    let counts = [0, 1, 2, 6].map(|kind| reading.count(kind).unwrap());
    let held = [1, 2]
        .map(|role| (reading.is_held(RoleId(role)).unwrap(), reading.holders(&[RoleId(role)]).unwrap()));
    let privileges = reading.sql_after(None).unwrap();
    let settings = (reading.ids().unwrap(), reading.settings().unwrap());
    format!("{settings:#?} {users:#?} {names:?} {counts:?} {held:?} {privileges:#?}")
}

/// A store with a user, a role and an SQL privilege.
fn stocked<S: Store>(stores: &Stores<'_, S>) -> S {
    let store = stores.fresh();
    commit(&store, |writing| {
        let mut ann = user(1, "ann");
        ann.roles = vec![RoleId(1)];
        writing.put(&role_row(1, "Clerk")).unwrap();
        writing.put(&row_of(&ann)).unwrap();
        writing.put_sql(&privilege()).unwrap();
        writing.set_ids(Ids { object: 2, user: 2 }).unwrap();
    });
    store
}

/// Touches whatever can be touched.
fn turn_over(writing: &mut impl Write) {
    let mut ann = user(1, "ann");
    ann.roles = vec![RoleId(2)];
    writing.put(&row_of(&ann)).unwrap();
    writing.put(&user_row(2, "bob")).unwrap();
    writing.remove(Kind::Role, 1).unwrap();
    writing.put(&role_row(2, "Clerk")).unwrap();
    writing.put_sql(&SqlPrivilege { grantable: true, ..privilege() }).unwrap();
    writing.put_sql(&SqlPrivilege { grantor: "ann".to_owned(), ..privilege() }).unwrap();
    writing.set_ids(LAST).unwrap();
}

fn what_is_dropped_was_never_there<S: Store>(stores: &Stores<'_, S>) {
    let store = stocked(stores);
    let before = everything(&store.read().unwrap());
    let mut writing = store.write().unwrap();
    turn_over(&mut writing);
    assert!(everything(&writing) != before, "a writer sees what it wrote");
    drop(writing);
    let store = stores.again(store);
    let reading = store.read().unwrap();
    assert_eq!(everything(&reading), before, "after a transaction that was dropped");
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
}

fn a_reader_keeps_its_state<S: Store>(stores: &Stores<'_, S>) {
    let store = stocked(stores);
    let reader = store.read().unwrap();
    let before = everything(&reader);
    let mut writing = store.write().unwrap();
    turn_over(&mut writing);
    assert_eq!(everything(&reader), before, "what is not committed is not seen");
    writing.commit().unwrap();
    assert_eq!(everything(&reader), before, "what is committed later is not seen");
    let after = everything(&store.read().unwrap());
    assert!(after != before, "a later reader sees it");
    drop(reader);
    let store = stores.again(store);
    assert_eq!(everything(&store.read().unwrap()), after, "and so does a later process");
}

/// What the engine does with every change, in small; afterwards nothing is found to be wrong.
fn rows_and_records_are_committed_together<S: Store>(stores: &Stores<'_, S>) {
    let key = Key::new([7; 32]);
    let mut store = stores.fresh();
    for number in 1..=3 {
        let mut writing = store.write().unwrap();
        let mut scribe = Scribe::begin(&writing).unwrap();
        for (kind, action) in [(Kind::User, Action::Create), (Kind::User, Action::Modify)] {
            let name = format!("user {number}");
            let row = crate::record::Row { place: scribe.place(), ..user_row(number, &name) };
            writing.put(&row).unwrap();
            let entry = Entry { action, kind, number, name, differences: Vec::new() };
            let at = Timestamp::from_micros(1);
            let record = crate::journal::ChangeRecord::of(&entry, at, "ann", "library", row.state());
            scribe.write(&mut writing, &Record::Change(record)).unwrap();
        }
        writing.set_ids(Ids { object: 1, user: number + 1 }).unwrap();
        let head = scribe.commit(writing, &key, 1).unwrap();
        store = stores.again(store);
        let reading = store.read().unwrap();
        assert_eq!(reading.head().unwrap(), head, "the head after commit {number}");
        let report = verify::security(&reading, &key).unwrap();
        assert_eq!(report.findings, [], "after commit {number}");
        assert_eq!((report.links, report.records, report.rows), (number, 2 * number, number));
    }
}
