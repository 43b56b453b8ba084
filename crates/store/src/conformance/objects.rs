//! Rows: what is put is found, by number, by name in any case, and page by page.

use super::{PLACE, Stores, commit, folded, is_refused, resource_row, role_row, row_of, user, user_row};
use crate::port::{Log, PAGE, Read, Store, Write};
use crate::record::{INSTANCE, Row};
use sclera_core::change::{Kind, Object, Principal};
use sclera_core::id::{Ids, RoleId, SslConfigId, UserId};
use sclera_core::name::{Folded, SslConfigName, UserName, same};
use sclera_core::ssl_config::SslConfig;
use sclera_core::user::User;

pub(super) fn all<S: Store>(stores: &Stores<'_, S>) {
    an_empty_store_holds_nothing(stores);
    a_row_is_found_as_it_was_put(stores);
    a_row_takes_the_place_of_its_number(stores);
    a_removed_row_frees_its_name(stores);
    what_is_not_there_cannot_be_removed(stores);
    kinds_do_not_mix(stores);
    a_name_has_one_object_of_a_kind(stores);
    names_of_tls_configurations_keep_their_case(stores);
    users_and_roles_share_their_names(stores);
    the_name_of_an_object_stays(stores);
    names_of_every_kind_come_back(stores);
    users_come_page_by_page(stores);
}

fn an_empty_store_holds_nothing<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.again(stores.fresh());
    let reading = store.read().unwrap();
    assert_eq!(reading.ids().unwrap(), Ids::first(), "the ids of an empty store");
    assert_eq!(reading.settings().unwrap(), [], "settings in an empty store");
    assert_eq!(reading.users_after(None).unwrap(), [], "users in an empty store");
    assert_eq!(reading.sql_after(None).unwrap(), [], "SQL privileges in an empty store");
    assert_eq!(reading.user(&folded("ann")).unwrap(), None);
    assert_eq!(reading.principal(&folded("ann")).unwrap(), None);
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
    for kind in Kind::EACH.map(|kind| kind as u8).into_iter().chain([INSTANCE]) {
        assert_eq!(reading.count(kind).unwrap(), 0, "rows of kind {kind} in an empty store");
        assert_eq!(reading.row(kind, 0).unwrap(), None, "a row of kind {kind} in an empty store");
    }
    assert_eq!(reading.head().unwrap().sequence, 0, "links in an empty store");
}

fn a_row_is_found_as_it_was_put<S: Store>(stores: &Stores<'_, S>) {
    let mut ann = User {
        full_name: "a \"quoted\" \\ name,\n\ton two lines: \u{1f480} \u{fffd} 'x' %_".to_owned(),
        roles: vec![RoleId(9), RoleId(7), RoleId(u32::MAX)],
        expiration: "2026-11-22".parse().ok(),
        ..user(1 << 40, "Ann")
    };
    ann.credential.key = vec![0, 1, 255];
    let system = Row::of(&Object::System(Box::default()), (3, 1 << 40));
    let instance = Row {
        kind: INSTANCE,
        name: "INSTANCE".to_owned(),
        text: r#"{"Id":"1"}"#.to_owned(),
        ..system.clone()
    };
    let rows = [instance, resource_row(1, "R"), role_row(7, "Clerk"), system, row_of(&ann)];
    let store = stores.fresh();
    commit(&store, |writing| {
        for row in &rows {
            writing.put(row).unwrap();
            assert_eq!(writing.row(row.kind, row.number).unwrap().as_ref(), Some(row), "before the commit");
        }
    });
    let store = stores.again(store);
    let reading = store.read().unwrap();
    for row in &rows {
        assert_eq!(reading.row(row.kind, row.number).unwrap().as_ref(), Some(row), "by kind and number");
        assert_eq!(reading.count(row.kind).unwrap(), 1, "the count of kind {}", row.kind);
    }
    assert_eq!(reading.settings().unwrap(), rows[..4], "settings come in the order of kinds and numbers");
    for spelling in ["Ann", "ann", "ANN", "  ann "] {
        assert_eq!(reading.user(&folded(spelling)).unwrap().as_ref(), Some(&rows[4]), "by {spelling:?}");
        let principal = Some(Principal::User(UserId(1 << 40)));
        assert_eq!(reading.principal(&folded(spelling)).unwrap(), principal, "by {spelling:?}");
    }
    assert_eq!(reading.principal(&folded("clerk")).unwrap(), Some(Principal::Role(RoleId(7))));
    assert_eq!(reading.user(&folded("clerk")).unwrap(), None, "a role is no user");
    assert_eq!(reading.principal(&folded("r")).unwrap(), None, "a resource is no principal");
    assert_eq!(reading.users_after(None).unwrap(), rows[4..], "the users");
    assert_eq!(Object::User(Box::new(ann)), rows[4].object().unwrap(), "the user itself");
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
}

fn a_row_takes_the_place_of_its_number<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    commit(&store, |writing| writing.put(&user_row(1, "ann")).unwrap());
    let ann = User { full_name: "Ann Example".to_owned(), roles: vec![RoleId(3)], ..user(1, "ann") };
    let later = Row { place: (2, 5), ..row_of(&ann) };
    commit(&store, |writing| writing.put(&later).unwrap());
    let store = stores.again(store);
    let reading = store.read().unwrap();
    assert_eq!(reading.row(Kind::User as u8, 1).unwrap(), Some(later.clone()), "the later row");
    assert_eq!(reading.user(&folded("ANN")).unwrap(), Some(later), "the later row by name");
    assert_eq!(reading.count(Kind::User as u8).unwrap(), 1);
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
}

fn a_removed_row_frees_its_name<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    commit(&store, |writing| {
        writing.put(&user_row(1, "ann")).unwrap();
        writing.put(&role_row(1, "Clerk")).unwrap();
        writing.put(&resource_row(2, "R")).unwrap();
    });
    let store = stores.again(store);
    commit(&store, |writing| {
        writing.remove(Kind::User, 1).unwrap();
        assert_eq!(writing.user(&folded("ann")).unwrap(), None, "removed before the commit");
        writing.remove(Kind::Role, 1).unwrap();
        writing.remove(Kind::Resource, 2).unwrap();
        // What was a user is a role now, and the other way round.
        writing.put(&role_row(3, "ANN")).unwrap();
        writing.put(&user_row(2, "clerk")).unwrap();
        writing.put(&resource_row(4, "r")).unwrap();
    });
    let store = stores.again(store);
    let reading = store.read().unwrap();
    assert_eq!(reading.principal(&folded("ann")).unwrap(), Some(Principal::Role(RoleId(3))));
    assert_eq!(reading.principal(&folded("clerk")).unwrap(), Some(Principal::User(UserId(2))));
    assert_eq!(reading.row(Kind::User as u8, 1).unwrap(), None, "a removed user by number");
    assert_eq!(reading.user(&folded("ann")).unwrap(), None, "a removed user by name");
    assert_eq!(reading.settings().unwrap(), [resource_row(4, "r"), role_row(3, "ANN")]);
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
}

fn what_is_not_there_cannot_be_removed<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    commit(&store, |writing| writing.put(&user_row(1, "ann")).unwrap());
    for (kind, number) in [(Kind::User, 2), (Kind::Role, 1), (Kind::Resource, 1)] {
        let mut writing = store.write().unwrap();
        assert!(is_refused(&writing.remove(kind, number)), "removing {} {number}", kind.word());
    }
    let kept = store.read().unwrap().row(Kind::User as u8, 1).unwrap();
    assert_eq!(kept, Some(user_row(1, "ann")), "what was not meant stays");
}

/// Users have numbers of their own; a role of the same number is something else.
fn kinds_do_not_mix<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    commit(&store, |writing| {
        writing.put(&user_row(5, "ann")).unwrap();
        writing.put(&role_row(5, "Clerk")).unwrap();
        writing.put(&resource_row(5, "Ann")).unwrap();
        writing.remove(Kind::Role, 5).unwrap();
    });
    let store = stores.again(store);
    let reading = store.read().unwrap();
    assert_eq!(reading.user(&folded("ann")).unwrap(), Some(user_row(5, "ann")));
    assert_eq!(reading.row(Kind::Resource as u8, 5).unwrap(), Some(resource_row(5, "Ann")));
    assert_eq!(reading.row(Kind::Role as u8, 5).unwrap(), None);
    assert_eq!(reading.principal(&folded("clerk")).unwrap(), None);
}

fn a_name_has_one_object_of_a_kind<S: Store>(stores: &Stores<'_, S>) {
    for [first, second] in [
        [user_row(1, "ann"), user_row(2, "ANN")],
        [role_row(1, "Größe"), role_row(2, "GRÖẞE")],
        [resource_row(1, "AppData"), resource_row(2, "appdata")],
    ] {
        refused_together(stores, &first, &second);
    }
}

/// The one kind of which case matters.
fn names_of_tls_configurations_keep_their_case<S: Store>(stores: &Stores<'_, S>) {
    let named = |number: u32, name: &str| {
        let name = SslConfigName::predefined(name).unwrap();
        Row::of(&Object::SslConfig(Box::new(SslConfig::new(SslConfigId(number), name))), PLACE)
    };
    let rows = [named(1, "web"), named(2, "Web"), named(3, "WEB")];
    let store = stores.fresh();
    commit(&store, |writing| rows.iter().for_each(|row| writing.put(row).unwrap()));
    let store = stores.again(store);
    let reading = store.read().unwrap();
    assert_eq!(reading.settings().unwrap(), rows, "three configurations beside each other");
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
    drop(reading);
    refused_together(stores, &rows[0], &named(4, "web"));
}

fn users_and_roles_share_their_names<S: Store>(stores: &Stores<'_, S>) {
    refused_together(stores, &user_row(1, "ann"), &role_row(1, "Ann"));
    refused_together(stores, &role_row(1, "Ann"), &user_row(1, "ann"));
}

fn refused_together<S: Store>(stores: &Stores<'_, S>, first: &Row, second: &Row) {
    let store = stores.fresh();
    commit(&store, |writing| writing.put(first).unwrap());
    let mut writing = store.write().unwrap();
    assert!(is_refused(&writing.put(second)), "`{}` beside `{}`", second.name, first.name);
    drop(writing);
    let reading = store.read().unwrap();
    let found = reading.row(first.kind, first.number).unwrap();
    assert_eq!(found.as_ref(), Some(first), "the one that was there first stays");
    if (second.kind, second.number) != (first.kind, first.number) {
        assert_eq!(reading.row(second.kind, second.number).unwrap(), None);
    }
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
}

fn the_name_of_an_object_stays<S: Store>(stores: &Stores<'_, S>) {
    let store = stores.fresh();
    commit(&store, |writing| writing.put(&user_row(1, "ann")).unwrap());
    for other in ["bob", "Ann"] {
        let mut writing = store.write().unwrap();
        assert!(is_refused(&writing.put(&user_row(1, other))), "`ann` put again as `{other}`");
    }
    let reading = store.read().unwrap();
    assert_eq!(reading.users_after(None).unwrap(), [user_row(1, "ann")], "the name as it was first");
    assert_eq!(reading.principal(&folded("bob")).unwrap(), None);
}

fn names_of_every_kind_come_back<S: Store>(stores: &Stores<'_, S>) {
    let names = names();
    assert!(names.len() > 100, "too few names to tell: {}", names.len());
    let store = stores.fresh();
    commit(&store, |writing| {
        for (number, name) in (1..).zip(&names) {
            writing.put(&user_row(number, name)).unwrap();
        }
    });
    let store = stores.again(store);
    let reading = store.read().unwrap();
    for (number, name) in (1..).zip(&names) {
        let other_case =
            if same(&name.to_uppercase(), name) { name.to_uppercase() } else { name.to_lowercase() };
        for spelling in [name, &other_case] {
            if same(spelling, name) {
                let found = reading.user(&folded(spelling)).unwrap();
                assert_eq!(found, Some(user_row(number, name)), "the user {name:?} by {spelling:?}");
            }
        }
    }
    assert_eq!(reading.derived_faults().unwrap(), [""; 0]);
}

/// Names that together hold characters of every block and kind that a name may hold, each of them once.
fn names() -> Vec<String> {
    let hard =
        ["%", "_", "a%", "a_", "'; DROP TABLE object; --", "\"", "a''b", "\\", "`", "{}", "?1", "$a", ":a"];
    let mut names: Vec<String> = hard.map(str::to_owned).into();
    names.push("u".repeat(160));
    // Ideographs and syllables are many and alike: one of a hundred stands for the rest.
    let chosen = ('!'..='\u{33ff}').chain(('\u{3400}'..=char::MAX).step_by(101));
    let mut name = String::new();
    for c in chosen {
        let longer = format!("{name}{c}");
        if longer.chars().count() <= 64 && UserName::new(&longer).is_ok() {
            name = longer;
        } else if UserName::new(&c.to_string()).is_ok() {
            names.push(std::mem::replace(&mut name, c.to_string()));
        }
    }
    names.push(name);
    names.retain(|name| !name.is_empty());
    let mut taken = std::collections::BTreeSet::<Folded>::new();
    names.retain(|name| taken.insert(folded(name)));
    names
}

fn users_come_page_by_page<S: Store>(stores: &Stores<'_, S>) {
    let count = 2 * u64::from(PAGE) + 3;
    // Numbers and names in different orders; capitals would come first if names were not folded.
    let name = |number: u64| {
        let letters = ["u", "U", "ü", "Ü", "λ", "Я", "数"];
        format!("{}{}", letters[(number % 7) as usize], number * 7_919 % 10_007)
    };
    let store = stores.fresh();
    commit(&store, |writing| {
        (1..=count).for_each(|number| writing.put(&user_row(number, &name(number))).unwrap());
    });
    let store = stores.again(store);
    let reading = store.read().unwrap();
    let mut found: Vec<Row> = Vec::new();
    loop {
        let after = found.last().map(Row::folded);
        let page = reading.users_after(after.as_ref()).unwrap();
        assert!(page.len() <= PAGE as usize, "a page of {} users", page.len());
        if page.is_empty() {
            break;
        }
        assert!(after < Some(page[0].folded()), "a page begins with the user it was to follow");
        found.extend(page);
    }
    let mut expected: Vec<Row> = (1..=count).map(|number| user_row(number, &name(number))).collect();
    expected.sort_by_key(Row::folded);
    assert!(found == expected, "every user once, in the order of folded names");
    assert_eq!(reading.count(Kind::User as u8).unwrap(), count);
    let from_middle = reading.users_after(Some(&folded("UZ"))).unwrap();
    assert!(
        from_middle.iter().all(|row| row.folded() > folded("uz")),
        "a name that is no user's as a beginning"
    );
    assert_eq!(PLACE, from_middle[0].place);
}
