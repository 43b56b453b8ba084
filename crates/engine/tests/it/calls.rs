//! Sequences of calls of Security.Users by chance, made at the slow model, through the engine over memory, and through
//! the engine over SQLite: every call is answered alike, and all three end equal.

use crate::differential::{Tried, desk};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use sclera_core::change::{Change, Edit, Kind, RoleList, UserCopy};
use sclera_core::property::{Properties, Value};
use sclera_core::selection::{Matching, Selection};
use sclera_core::user::UserType;
use sclera_engine::user_query::UserQuery;
use sclera_engine::{Refusal, Session};
use sclera_sqlite::{SqliteActivity, SqliteStore};
use sclera_store::memory::Memory;
use sclera_store::port::{Activity, Store};
use sclera_testkit::desk::{Desk, NOW};
use sclera_testkit::slow_users::{Call, Given, SlowRole, SlowUser, SlowUsers};

const NAMES: [&str; 16] = [
    "ann",
    "ANN",
    "bob",
    "cyd",
    "eve",
    "gus",
    "Gus",
    "Größe",
    "GRÖẞE",
    "_PUBLIC",
    "UnknownUser",
    "ldap",
    "delegated",
    "Clerk",
    "a*b",
    "x@y",
];
const ROLES: [&str; 14] = [
    "",
    "Clerk",
    "clerk,Boss",
    " Chief , Empty ",
    "%All",
    "%all,Clerk",
    "Boss",
    "BOSS",
    "NoSuch",
    "Clerk,NoSuch",
    "%DB_SALES",
    "Fresh",
    "%Developer",
    "Boss,Boss",
];
const ROLE_NAMES: [&str; 12] = [
    "Clerk",
    "boss",
    "Chief",
    "Empty",
    "Fresh",
    "FRESH",
    "ann",
    "%All",
    "%DB_SALES",
    "%Developer",
    "a,b",
    "",
];
const SELECTIONS: [&str; 7] = ["*", "", "ann,BOB", "nobody", "ldap,delegated,eve", "Größe,gus", "cyd,*"];
const GIVEN: [(&str, &[&str]); 9] = [
    ("Roles", &ROLES),
    ("EscalationRoles", &ROLES),
    ("Enabled", &["0", "1", "1", "", "no"]),
    ("ChangePassword", &["0", "1", "2"]),
    ("PasswordNeverExpires", &["0", "1"]),
    ("ExpirationDate", &["", "1840-12-31", "2026-11-21", "2026-11-22", "2030-01-01", "2017-02-29", "abc"]),
    ("FullName", &["", "Ann Example"]),
    ("Comment", &["", "Said of her"]),
    ("SuperUser", &["1", "0"]),
];

fn text(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(of).prop_map(str::to_owned)
}

fn given() -> impl Strategy<Value = Given> {
    let one = select(&GIVEN).prop_flat_map(|(name, values)| (Just(name), select(values)));
    // A property stands once in an array.
    vec(one, 0..5).prop_map(|mut given| {
        given.sort_by_key(|(name, _)| *name);
        given.dedup_by_key(|(name, _)| *name);
        given
    })
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => (text(&NAMES), given()).prop_map(|(name, given)| Call::Create { name, given }),
        2 => (text(&NAMES), text(&NAMES)).prop_map(|(name, new_name)| Call::Copy { name, new_name }),
        4 => (text(&NAMES), given()).prop_map(|(name, given)| Call::Modify { name, given }),
        1 => text(&NAMES).prop_map(|name| Call::Delete { name }),
        2 => (text(&NAMES), text(&ROLES)).prop_map(|(name, roles)| Call::AddRoles { name, roles }),
        3 => (text(&NAMES), text(&ROLES)).prop_map(|(name, roles)| Call::RemoveRoles { name, roles }),
        1 => (text(&NAMES), text(&ROLES)).prop_map(|(name, roles)| Call::AddEscalationRoles { name, roles }),
        1 => (text(&NAMES), text(&ROLES)).prop_map(|(name, roles)| Call::RemoveEscalationRoles { name, roles }),
        1 => text(&SELECTIONS).prop_map(|names| Call::ExpireUserPasswords { names }),
        1 => text(&SELECTIONS).prop_map(|names| Call::UnExpireUserPasswords { names }),
        1 => (text(&ROLE_NAMES), text(&ROLES)).prop_map(|(name, granted)| Call::CreateRole { name, granted }),
        2 => (text(&ROLE_NAMES), text(&ROLES)).prop_map(|(name, granted)| Call::ModifyRole { name, granted }),
        1 => text(&ROLE_NAMES).prop_map(|name| Call::DeleteRole { name }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sequences_of_calls_end_as_at_the_slow_model(calls in vec(call(), 1..=14)) {
        let desk = desk();
        let mut model = model_of(&desk);
        // In memory where there is such a file system: what is durable is not the question here.
        let shm = std::path::Path::new("/dev/shm");
        let folder = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap();
        let memory = Tried::new(&desk, Memory::new(), Memory::new());
        let store = SqliteStore::create(&folder.path().join("security.db")).unwrap();
        let events = SqliteActivity::create(&folder.path().join("activity.db")).unwrap();
        let sqlite = Tried::new(&desk, store, events);
        for call in &calls {
            let expected = model.call(call);
            let counted = matches!(call, Call::ExpireUserPasswords { .. } | Call::UnExpireUserPasswords { .. });
            let expected = expected.map(|count| if counted { count } else { 0 });
            prop_assert_eq!(made(&memory, call), expected, "memory: {:?}", call);
            prop_assert_eq!(made(&sqlite, call), expected, "SQLite: {:?}", call);
        }
        is_like(&memory, &model)?;
        is_like(&sqlite, &model)?;
    }
}

/// Makes a call; the number of the error, or how many users were marked.
fn made<S: Store, A: Activity>(tried: &Tried<S, A>, call: &Call) -> Result<usize, u16> {
    let (engine, session) = (&tried.engine, tried.session("eve"));
    let named =
        |given: &Given| given.iter().fold(Properties::new(), |all, (name, value)| all.with(name, *value));
    let roles = |user: &str, list, edit, roles: &str| Change::ChangeRoles {
        user: user.to_owned(),
        list,
        edit,
        roles: roles.to_owned(),
    };
    let granted = |granted: &str| Properties::new().with("GrantedRoles", granted);
    let marked = |names: &str, expired| {
        engine.mark_passwords(session, &Selection::new(names, Matching::Exact), expired)
    };
    let done = match call {
        Call::Create { name, given } => engine.create_user(session, name, &named(given), None),
        Call::Copy { name, new_name } => {
            engine.copy_user(session, name, new_name, &UserCopy::default(), None)
        }
        Call::Modify { name, given } => engine.modify_user(session, name, &named(given), None),
        Call::Delete { name } => engine.submit(session, Change::DeleteUser { name: name.clone() }),
        Call::AddRoles { name, roles: given } => {
            engine.submit(session, roles(name, RoleList::Login, Edit::Add, given))
        }
        Call::RemoveRoles { name, roles: given } => {
            engine.submit(session, roles(name, RoleList::Login, Edit::Remove, given))
        }
        Call::AddEscalationRoles { name, roles: given } => {
            engine.submit(session, roles(name, RoleList::Escalation, Edit::Add, given))
        }
        Call::RemoveEscalationRoles { name, roles: given } => {
            engine.submit(session, roles(name, RoleList::Escalation, Edit::Remove, given))
        }
        Call::ExpireUserPasswords { names } => marked(names, true),
        Call::UnExpireUserPasswords { names } => marked(names, false),
        Call::CreateRole { name, granted: given } => {
            engine.submit(session, Change::CreateRole { name: name.clone(), properties: granted(given) })
        }
        Call::ModifyRole { name, granted: given } => {
            engine.submit(session, Change::ModifyRole { name: name.clone(), properties: granted(given) })
        }
        Call::DeleteRole { name } => engine.submit(session, Change::DeleteRole { name: name.clone() }),
    };
    let counted = matches!(call, Call::ExpireUserPasswords { .. } | Call::UnExpireUserPasswords { .. });
    match done {
        Ok(receipt) => Ok(if counted { receipt.entries.len() } else { 0 }),
        Err(refusal @ Refusal::Rule { .. }) => Err(refusal.number().unwrap()),
        Err(other) => panic!("{other}"),
    }
}

/// What a desk holds, as the model keeps it.
fn model_of(desk: &Desk) -> SlowUsers {
    let lower = |ids: &[sclera_core::id::RoleId]| {
        let living = ids.iter().filter_map(|id| desk.policy.role(*id));
        living.map(|role| role.name.to_string().to_lowercase()).collect::<Vec<_>>()
    };
    let users = desk.users().map(|user| {
        let slow = SlowUser {
            name: user.name.to_string(),
            full_name: user.full_name.clone(),
            comment: user.comment.clone(),
            enabled: user.enabled,
            change_password: user.change_password,
            password_never_expires: user.password_never_expires,
            expiration: user.expiration.map(|day| day.to_string()).unwrap_or_default(),
            roles: lower(&user.roles),
            escalation_roles: lower(&user.escalation_roles),
            kind: match user.kind() {
                UserType::Password | UserType::Kerberos | UserType::Os => 1,
                UserType::Ldap => 2,
                UserType::Delegated => 4,
            },
            has_password: user.credential.is_set(),
            never_has_one: user.credential.is_unchangeable(),
        };
        (user.name.to_string().to_lowercase(), slow)
    });
    let roles = desk.policy.roles.iter().map(|role| {
        let slow = SlowRole {
            name: role.name.to_string(),
            grants: lower(&role.grants),
            made_by_hand: role.origin == sclera_core::role::Origin::Created,
            editable: role.is_editable(),
        };
        (role.name.to_string().to_lowercase(), slow)
    });
    SlowUsers { users: users.collect(), roles: roles.collect(), today: NOW.date().to_string() }
}

/// Every user and role that the one has, the other has, with the same properties.
fn is_like<S: Store, A: Activity>(tried: &Tried<S, A>, model: &SlowUsers) -> Result<(), TestCaseError> {
    let session: &Session = tried.session("eve");
    let rows = tried.engine.users(session, &UserQuery { detail: true, ..UserQuery::default() }).unwrap();
    prop_assert_eq!(rows.len(), model.users.len());
    let list = |text: &str| -> Vec<String> {
        text.split(',').filter(|name| !name.is_empty()).map(str::to_lowercase).collect()
    };
    for (key, user) in &model.users {
        let shown = tried.engine.show(session, Kind::User, key).unwrap();
        let cell = |name: &str| shown.get(name).map(Value::text).unwrap_or_default();
        let flag = |name: &str| cell(name) == "1";
        prop_assert_eq!(cell("Name"), user.name.clone());
        prop_assert_eq!(cell("FullName"), user.full_name.clone(), "{}", key);
        prop_assert_eq!(cell("Comment"), user.comment.clone(), "{}", key);
        prop_assert_eq!(flag("Enabled"), user.enabled, "{}", key);
        prop_assert_eq!(flag("ChangePassword"), user.change_password, "{}", key);
        prop_assert_eq!(flag("PasswordNeverExpires"), user.password_never_expires, "{}", key);
        prop_assert_eq!(cell("ExpirationDate"), user.expiration.clone(), "{}", key);
        prop_assert_eq!(list(&cell("Roles")), user.roles.clone(), "{}", key);
        prop_assert_eq!(list(&cell("EscalationRoles")), user.escalation_roles.clone(), "{}", key);
        prop_assert_eq!(flag("SuperUser"), model.is_super(user), "{}", key);
        prop_assert_eq!(cell("Flags"), user.kind.to_string(), "{}", key);
    }
    let roles = tried.engine.list(session, Kind::Role, &Selection::all()).unwrap();
    prop_assert_eq!(roles.len(), model.roles.len());
    for row in roles {
        let cell = |name: &str| row.get(name).map(Value::text).unwrap_or_default();
        let role = &model.roles[&cell("Name").to_lowercase()];
        prop_assert_eq!(cell("Name"), role.name.clone());
        prop_assert_eq!(list(&cell("GrantedRoles")), role.grants.clone(), "{}", role.name);
    }
    Ok(())
}
