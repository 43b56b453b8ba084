//! SQL privileges.

use super::{Stores, commit};
use crate::port::{PAGE, Read, Store, Write};
use sclera_core::id::{RoleId, UserId};
use sclera_core::sql::{Grantee, SqlPrivilege, SqlTarget};

pub(super) fn all<S: Store>(stores: &Stores<'_, S>) {
    privileges_come_in_their_order(stores);
    privileges_come_page_by_page(stores);
    a_target_is_found_in_any_case(stores);
    being_grantable_is_replaced(stores);
    a_privilege_is_removed_alone(stores);
}

const ANN: Grantee = Grantee::User(UserId(1));

/// What is granted to Ann on a table.
fn on_table(name: &str) -> SqlPrivilege {
    SqlPrivilege {
        grantee: ANN,
        namespace: "USER".to_owned(),
        object: format!("1,{name}"),
        privilege: "s".to_owned(),
        grantor: "_SYSTEM".to_owned(),
        grantable: false,
    }
}

fn put<S: Store>(store: &S, privileges: &[SqlPrivilege]) {
    commit(store, |writing| privileges.iter().for_each(|privilege| writing.put_sql(privilege).unwrap()));
}

fn everything(reading: &impl Read) -> Vec<SqlPrivilege> {
    let mut found: Vec<SqlPrivilege> = Vec::new();
    loop {
        let page = reading.sql_after(found.last()).unwrap();
        assert!(page.len() <= PAGE as usize, "a page of {} SQL privileges", page.len());
        if page.is_empty() {
            return found;
        }
        assert!(page.first() > found.last(), "a page begins with what it was to follow");
        found.extend(page);
    }
}

fn privileges_come_in_their_order<S: Store>(stores: &Stores<'_, S>) {
    let base = on_table("Sample.Person");
    let mut privileges = vec![base.clone()];
    for grantee in [Grantee::User(UserId(1 << 40)), Grantee::Role(RoleId(1)), Grantee::Role(RoleId(u32::MAX))]
    {
        privileges.push(SqlPrivilege { grantee, ..base.clone() });
    }
    for text in ["", "a", "A", "Z", "ä", "z\u{10ffff}", "\u{ffff}", "a,b", "'"] {
        privileges.push(SqlPrivilege { namespace: text.to_owned(), ..base.clone() });
        privileges.push(SqlPrivilege { object: text.to_owned(), ..base.clone() });
        privileges.push(SqlPrivilege { privilege: text.to_owned(), grantable: true, ..base.clone() });
        privileges.push(SqlPrivilege { grantor: text.to_owned(), ..base.clone() });
    }
    let store = stores.fresh();
    put(&store, &privileges);
    let store = stores.again(store);
    let reading = store.read().unwrap();
    privileges.sort();
    assert_eq!(everything(&reading), privileges, "the order is that of the type");
    for grantee in [ANN, Grantee::Role(RoleId(1)), Grantee::User(UserId(2))] {
        let mut held = reading.sql_of(grantee).unwrap();
        held.sort();
        let expected: Vec<_> = privileges.iter().filter(|known| known.grantee == grantee).cloned().collect();
        assert_eq!(held, expected, "what {grantee:?} holds");
    }
}

fn privileges_come_page_by_page<S: Store>(stores: &Stores<'_, S>) {
    let count = 2 * PAGE + 1;
    let mut privileges: Vec<_> = (0..count).map(|number| on_table(&format!("T{number}"))).collect();
    let store = stores.fresh();
    put(&store, &privileges);
    let store = stores.again(store);
    privileges.sort();
    let reading = store.read().unwrap();
    assert!(everything(&reading) == privileges, "every SQL privilege once");
    assert_eq!(reading.sql_of(ANN).unwrap().len(), count as usize, "what a user holds comes whole");
}

fn a_target_is_found_in_any_case<S: Store>(stores: &Stores<'_, S>) {
    let person = on_table("Sample.Persön");
    let same_target = SqlPrivilege {
        grantee: Grantee::Role(RoleId(1)),
        object: "1,SAMPLE.PERSÖN".to_owned(),
        ..person.clone()
    };
    let others = [
        SqlPrivilege { privilege: "i".to_owned(), ..person.clone() },
        SqlPrivilege { namespace: "OTHER".to_owned(), ..person.clone() },
        SqlPrivilege { object: "3,Sample.Persön".to_owned(), ..person.clone() },
        SqlPrivilege { object: String::new(), privilege: "%CREATE_TABLE".to_owned(), ..person.clone() },
    ];
    let store = stores.fresh();
    put(&store, &[&[person.clone(), same_target.clone()][..], &others].concat());
    let store = stores.again(store);
    let reading = store.read().unwrap();
    let on = |namespace: &str, object: &str, privilege: &str| {
        let target = SqlTarget {
            namespace: namespace.to_owned(),
            object: object.to_owned(),
            privilege: privilege.to_owned(),
        };
        let mut found = reading.sql_on(&target).unwrap();
        found.sort();
        found
    };
    for (namespace, object) in [("USER", "1,Sample.Persön"), ("user", "1,sample.PERSÖN")] {
        assert_eq!(on(namespace, object, "s"), [person.clone(), same_target.clone()], "{namespace} {object}");
    }
    for known in &others {
        let found = on(&known.namespace, &known.object, &known.privilege);
        assert_eq!(found, std::slice::from_ref(known), "a target of its own");
    }
    assert_eq!(on("USER", "1,Sample.Company", "s"), [], "a target on which nothing is granted");
}

fn being_grantable_is_replaced<S: Store>(stores: &Stores<'_, S>) {
    let plain = on_table("Sample.Person");
    let grantable = SqlPrivilege { grantable: true, ..plain.clone() };
    let store = stores.fresh();
    for privilege in [&plain, &grantable, &plain, &plain] {
        put(&store, std::slice::from_ref(privilege));
        let reading = store.read().unwrap();
        assert_eq!(
            everything(&reading),
            std::slice::from_ref(privilege),
            "one privilege, as it was put last"
        );
        for known in [&plain, &grantable] {
            assert_eq!(reading.sql_after(Some(known)).unwrap(), [], "it does not follow itself");
        }
    }
}

fn a_privilege_is_removed_alone<S: Store>(stores: &Stores<'_, S>) {
    let plain = on_table("Sample.Person");
    let grantable = SqlPrivilege { grantable: true, ..plain.clone() };
    let of_other_grantor = SqlPrivilege { grantor: "ann".to_owned(), ..plain.clone() };
    let store = stores.fresh();
    put(&store, &[grantable.clone(), of_other_grantor.clone()]);
    // Whether it is grantable does not tell one privilege from another.
    commit(&store, |writing| writing.remove_sql(&plain).unwrap());
    let store = stores.again(store);
    assert_eq!(everything(&store.read().unwrap()), std::slice::from_ref(&of_other_grantor));
    commit(&store, |writing| writing.remove_sql(&plain).unwrap());
    let kept = everything(&store.read().unwrap());
    assert_eq!(kept, [of_other_grantor], "removing what is not there changes nothing");
}
