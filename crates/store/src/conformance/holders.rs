//! Who holds a role, and who keeps the instance manageable.

use super::{Stores, commit, row_of, user};
use crate::port::{Read, Store, Write};
use sclera_core::change::Kind;
use sclera_core::id::RoleId;
use sclera_core::time::Date;
use sclera_core::user::{Credential, PUBLIC, User};

pub(super) fn all<S: Store>(stores: &Stores<'_, S>) {
    holders_follow_the_users(stores);
    roles_need_not_live(stores);
    only_who_can_log_in_guards(stores);
    the_last_day_counts(stores);
}

/// A user with roles that can log in.
fn with_roles(number: u64, roles: &[u32]) -> User {
    let mut user = user(number, &format!("user {number}"));
    user.roles = roles.iter().copied().map(RoleId).collect();
    user.credential.key = vec![1; 64];
    user
}

fn ids(roles: &[u32]) -> Vec<RoleId> {
    roles.iter().copied().map(RoleId).collect()
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

const TODAY: &str = "2026-11-22";

fn holders_follow_the_users<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    commit(&store, |writing| {
        for user in [with_roles(1, &[1, 2]), with_roles(2, &[2]), with_roles(3, &[])] {
            writing.put(&row_of(&user)).unwrap();
        }
    });
    let store = stores.again(store);
    let reading = store.read().unwrap();
    let held = |role: u32| reading.is_held(RoleId(role)).unwrap();
    assert!(held(1) && held(2) && !held(3), "roles that are held");
    for (roles, count) in [(&[][..], 0), (&[1], 1), (&[2], 2), (&[1, 2], 2), (&[3], 0), (&[2, 2, 3], 2)] {
        assert_eq!(reading.holders(&ids(roles)).unwrap(), count, "holders of {roles:?}, each counted once");
    }
    drop(reading);
    commit(&store, |writing| {
        writing.put(&row_of(&with_roles(1, &[3]))).unwrap();
        writing.remove(Kind::User, 2).unwrap();
        assert!(!writing.is_held(RoleId(2)).unwrap(), "before the commit");
    });
    let store = stores.again(store);
    let reading = store.read().unwrap();
    let held = |role: u32| reading.is_held(RoleId(role)).unwrap();
    assert!(!held(1) && !held(2) && held(3), "roles taken away are not held");
    assert_eq!(reading.holders(&ids(&[1, 2, 3])).unwrap(), 1);
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
}

/// Deleting a role touches no user: whoever held it holds a dead id.
fn roles_need_not_live<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    commit(&store, |writing| {
        writing.put(&super::role_row(4, "Clerk")).unwrap();
        writing.put(&row_of(&with_roles(1, &[4, 5]))).unwrap();
    });
    commit(&store, |writing| writing.remove(Kind::Role, 4).unwrap());
    let store = stores.again(store);
    let reading = store.read().unwrap();
    let kept = reading.row(Kind::User as u8, 1).unwrap().map(|row| row.roles);
    assert_eq!(kept, Some(ids(&[4, 5])), "the user's row stays as it is");
    assert!(reading.is_held(RoleId(4)).unwrap() && reading.is_held(RoleId(5)).unwrap());
    assert!(reading.guardian(&ids(&[5]), day(TODAY)).unwrap());
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
}

fn only_who_can_log_in_guards<S: Store>(stores: &Stores<'_, S>) {
    let public = User { name: user(1, PUBLIC).name, ..with_roles(1, &[1]) };
    for (user, guards) in [
        (with_roles(1, &[1]), true),
        (User { enabled: false, ..with_roles(1, &[1]) }, false),
        (User { flags: 2, ..with_roles(1, &[1]) }, false),
        (User { credential: Credential::none(), ..with_roles(1, &[1]) }, false),
        (User { credential: Credential::none(), owner: true, ..with_roles(1, &[1]) }, true),
        (public, false),
    ] {
        let store = stores.fresh();
        commit(&store, |writing| writing.put(&row_of(&user)).unwrap());
        let store = stores.again(store);
        let reading = store.read().unwrap();
        let guardian = |roles: &[u32]| reading.guardian(&ids(roles), day(TODAY)).unwrap();
        assert_eq!(guardian(&[1]), guards, "{user:?}");
        assert_eq!(guardian(&[7, 1]), guards, "one of several roles");
        assert!(!guardian(&[7]) && !guardian(&[]), "a guardian holds one of the roles");
        drop(reading);
        // What is no longer so must not be remembered.
        let disabled = User { enabled: false, ..user };
        commit(&store, |writing| writing.put(&row_of(&disabled)).unwrap());
        assert!(!store.read().unwrap().guardian(&ids(&[1]), day(TODAY)).unwrap(), "once disabled");
    }
}

fn the_last_day_counts<S: Store>(stores: &Stores<'_, S>) {
    for (last, guards) in [
        (None, true),
        (Some("2026-11-21"), false),
        (Some(TODAY), true),
        (Some("2026-11-23"), true),
        (Some("0001-01-01"), false),
        (Some("9999-12-31"), true),
    ] {
        let store = stores.fresh();
        let user = User { expiration: last.map(day), ..with_roles(1, &[1]) };
        commit(&store, |writing| writing.put(&row_of(&user)).unwrap());
        let store = stores.again(store);
        let found = store.read().unwrap().guardian(&ids(&[1]), day(TODAY)).unwrap();
        assert_eq!(found, guards, "with the last day {last:?}");
    }
}
