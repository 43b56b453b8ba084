//! What holds after every change, whatever was changed before, and that what is refused changes nothing.

use crate::cases;
use proptest::prelude::{prop_assert, prop_assert_eq, prop_assert_ne, proptest};
use proptest::test_runner::TestCaseError;
use sclera_core::change::{Action, Change};
use sclera_core::permission::Permissions;
use sclera_core::policy::{Entry, Table};
use sclera_core::property::show;
use sclera_core::role::{Origin, Role};
use sclera_core::status::Code;
use sclera_testkit::desk::{Desk, NOW};
use sclera_testkit::random::{deeds, world};
use sclera_testkit::slow_model::same;
use sclera_testkit::world::{
    delete_resource, delete_role, desk_of, modify_user, properties, resource, role, stocked, user, w1,
};
use std::collections::{BTreeMap, BTreeSet};

type Checked = Result<(), TestCaseError>;

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn whatever_is_submitted_the_rules_hold(deeds in deeds(40)) {
        let mut desk = stocked();
        let mut seen = Seen::default();
        seen.look(&desk)?;
        for (actor, change) in &deeds {
            let before = desk.clone();
            match desk.acting_as(actor).submit(change) {
                Ok(true) => changed(&before, &desk)?,
                Ok(false) | Err(_) => unchanged(&before, &desk)?,
            }
            names_are_unique(&desk)?;
            no_role_leads_to_itself(&desk)?;
            somebody_holds_all(&desk)?;
            databases_have_their_roles(&desk)?;
            write_brings_read_on_databases(&desk)?;
            what_is_gone_gives_nothing(&desk)?;
            seen.look(&desk)?;
        }
        nothing_differs_when_written_back(&mut desk)?;
    }

    #[test]
    fn what_was_submitted_once_is_no_change_again(deeds in deeds(12)) {
        let mut desk = stocked();
        for (actor, change) in &deeds {
            if desk.acting_as(actor).submit(change) == Ok(true) && !sets_a_password(change) {
                let before = desk.clone();
                prop_assert_ne!(desk.submit(change), Ok(true), "{:?}", change);
                unchanged(&before, &desk)?;
            }
        }
    }

    #[test]
    fn every_world_is_written_back_without_a_change(world in world()) {
        nothing_differs_when_written_back(&mut desk_of(&world))?;
    }
}

/// Setting a password is a change each time: even where it is the same, its date would differ.
fn sets_a_password(change: &Change) -> bool {
    matches!(change, Change::ModifyUser { credential: Some(_), .. })
}

fn unchanged(before: &Desk, after: &Desk) -> Checked {
    prop_assert_eq!(before.contents(), after.contents());
    prop_assert_eq!(before.ids(), after.ids());
    prop_assert_eq!(before.journal(), after.journal());
    Ok(())
}

/// What changed is written down, and only what did.
fn changed(before: &Desk, after: &Desk) -> Checked {
    let told = &after.journal()[before.journal().len()..];
    prop_assert!(!told.is_empty() && before.contents() != after.contents());
    for entry in told {
        let differs = entry.differences.iter().all(|difference| difference.old != difference.new);
        prop_assert!(differs, "{:?}", entry);
        prop_assert!(entry.action != Action::Modify || !entry.differences.is_empty(), "{:?}", entry);
    }
    Ok(())
}

/// Names of a kind are unique without regard to case, no user is named like a role (ROL-3), and each is found.
fn names_are_unique(desk: &Desk) -> Checked {
    let policy = &desk.policy;
    let roles: Vec<&str> = policy.roles.iter().map(|role| role.name.as_str()).collect();
    let users: Vec<&str> = desk.users().map(|user| user.name.as_str()).collect();
    all_differ(&[roles, users].concat())?;
    all_differ(&policy.resources.iter().map(|resource| resource.name.as_str()).collect::<Vec<_>>())?;
    all_differ(&policy.applications.iter().map(|one| one.name.as_str()).collect::<Vec<_>>())?;
    each_is_found(&policy.roles, |role| role.name.as_str())?;
    each_is_found(&policy.resources, |resource| resource.name.as_str())?;
    each_is_found(&policy.applications, |application| application.name.as_str())
}

fn all_differ(names: &[&str]) -> Checked {
    for (position, name) in names.iter().enumerate() {
        prop_assert!(!names[..position].iter().any(|other| same(other, name)), "{} stands twice", name);
    }
    Ok(())
}

fn each_is_found<T: Entry>(table: &Table<T>, name: fn(&T) -> &str) -> Checked {
    for one in table.iter() {
        prop_assert_eq!(table.named(&name(one).to_lowercase()).map(Entry::number), Some(one.number()));
    }
    Ok(())
}

fn no_role_leads_to_itself(desk: &Desk) -> Checked {
    for role in desk.policy.roles.iter() {
        let beyond = desk.policy.closure(role.grants.iter().copied());
        prop_assert!(!beyond.contains(role.id), "{} holds itself", role.name);
    }
    Ok(())
}

/// ALL-3, told by names and without the product's closure.
fn somebody_holds_all(desk: &Desk) -> Checked {
    fn leads_to_all(desk: &Desk, role: &Role) -> bool {
        let grants = role.grants.iter().filter_map(|id| desk.policy.role(*id));
        role.name.as_str() == "%All" || grants.into_iter().any(|granted| leads_to_all(desk, granted))
    }
    let today = NOW.date();
    let found = desk.users().any(|user| {
        let roles = user.roles.iter().filter_map(|id| desk.policy.role(*id));
        let usable = user.enabled && user.expiration.is_none_or(|last| last >= today);
        let fit = user.credential.is_set() && !["_PUBLIC", "UnknownUser"].contains(&user.name.as_str());
        usable && fit && roles.into_iter().any(|role| leads_to_all(desk, role))
    });
    prop_assert!(found, "nobody is left who holds %All");
    Ok(())
}

/// ROL-9: a database resource and the role of its name come and go together, and the role holds RW on it and no more.
fn databases_have_their_roles(desk: &Desk) -> Checked {
    let policy = &desk.policy;
    let roles = policy.roles.iter().filter(|role| role.origin == Origin::Database);
    let resources: Vec<_> = policy.resources.iter().filter(|resource| resource.is_database()).collect();
    prop_assert_eq!(roles.count(), resources.len());
    for resource in resources {
        let name = resource.name.as_str();
        prop_assert!(name.to_uppercase().starts_with("%DB_"));
        let role = policy.roles.named(name).filter(|role| role.name.as_str() == name);
        let held = role.map(|role| (role.origin, role.grants.len(), role.privileges.clone()));
        let own = BTreeMap::from([(resource.id, Permissions::READ | Permissions::WRITE)]);
        prop_assert_eq!(held, Some((Origin::Database, 0, own)), "{}", name);
    }
    Ok(())
}

/// PRM-8, by every door.
fn write_brings_read_on_databases(desk: &Desk) -> Checked {
    let fits = |held: Permissions| !held.holds(Permissions::WRITE) || held.holds(Permissions::READ);
    for resource in desk.policy.resources.iter().filter(|resource| resource.is_database()) {
        prop_assert!(fits(resource.public));
        let stored = desk.policy.roles.iter().filter_map(|role| role.privileges.get(&resource.id));
        prop_assert!(stored.copied().all(fits), "{}", resource.name);
    }
    let stored = desk.policy.roles.iter().flat_map(|role| role.privileges.values());
    prop_assert!(stored.into_iter().all(|held| !held.is_empty()), "PVL-4");
    Ok(())
}

/// ROL-13: a role that went is in no application and no address list, and names no SQL privilege.
fn what_is_gone_gives_nothing(desk: &Desk) -> Checked {
    let lives = |id| desk.policy.role(id).is_some();
    for application in desk.policy.applications.iter() {
        for rule in &application.match_rules {
            prop_assert!(rule.matched.is_none_or(lives) && rule.targets.iter().copied().all(lives));
            prop_assert!(!rule.targets.is_empty());
        }
    }
    if let Some(role) = Some(desk.policy.system.required_role.as_str()).filter(|role| !role.is_empty()) {
        prop_assert!(desk.policy.roles.named(role).is_some(), "nobody could log in without {}", role);
    }
    Ok(())
}

/// The ids that were ever seen, and whose they were.
#[derive(Default)]
struct Seen {
    objects: BTreeMap<u32, (&'static str, String)>,
    users: BTreeMap<u64, String>,
    gone: BTreeSet<u32>,
    gone_users: BTreeSet<u64>,
}

impl Seen {
    fn look(&mut self, desk: &Desk) -> Checked {
        let policy = &desk.policy;
        let resources = policy.resources.iter().map(|one| (one.id.0, "resource", one.name.as_str()));
        // A role can be renamed and stays who it is.
        let roles = policy.roles.iter().map(|one| (one.id.0, "role", ""));
        let services = policy.services.iter().map(|one| (one.id.0, "service", one.name.as_str()));
        let applications = policy.applications.iter().map(|one| (one.id.0, "application", one.name.as_str()));
        let mut live = BTreeSet::new();
        for (id, kind, name) in resources.chain(roles).chain(services).chain(applications) {
            prop_assert!(live.insert(id), "number {} is given twice", id);
            let owner = self.objects.entry(id).or_insert_with(|| (kind, name.to_owned()));
            prop_assert_eq!(&*owner, &(kind, name.to_owned()));
        }
        let users: BTreeSet<u64> = desk.users().map(|user| user.id.0).collect();
        for user in desk.users() {
            let owner = self.users.entry(user.id.0).or_insert_with(|| user.name.to_string());
            prop_assert_eq!(owner.as_str(), user.name.as_str());
        }
        self.gone.extend(self.objects.keys().filter(|id| !live.contains(id)));
        self.gone_users.extend(self.users.keys().filter(|id| !users.contains(id)));
        prop_assert!(self.gone.is_disjoint(&live) && self.gone_users.is_disjoint(&users));
        Ok(())
    }
}

/// What Get gives, handed to Modify, changes nothing (`security-users.md` section 4, rules 3 and 4).
fn nothing_differs_when_written_back(desk: &mut Desk) -> Checked {
    let before = desk.clone();
    for change in written_back(desk) {
        match desk.submit(&change) {
            Ok(differs) => prop_assert!(!differs, "{:?}", change),
            Err(status) => {
                let elsewhere =
                    [Code::CannotModifyRole, Code::CannotModifyLdapUser, Code::CannotModifyDelegatedUser];
                prop_assert!(elsewhere.contains(&status.code()), "{} for {:?}", status, change);
            }
        }
    }
    unchanged(&before, desk)
}

/// Modify of every object with what is shown of it.
fn written_back(desk: &Desk) -> Vec<Change> {
    let policy = &desk.policy;
    let mut changes = vec![Change::ModifySystem { properties: show(&policy.system, policy) }];
    changes.extend(
        policy
            .resources
            .iter()
            .map(|one| Change::ModifyResource { name: one.name.to_string(), properties: show(one, policy) }),
    );
    changes.extend(
        policy
            .roles
            .iter()
            .map(|one| Change::ModifyRole { name: one.name.to_string(), properties: show(one, policy) }),
    );
    changes.extend(
        policy
            .services
            .iter()
            .map(|one| Change::ModifyService { name: one.name.to_string(), properties: show(one, policy) }),
    );
    changes.extend(
        policy.applications.iter().map(|one| Change::ModifyApplication {
            name: one.name.to_string(),
            properties: show(one, policy),
        }),
    );
    changes.extend(desk.users().map(|one| Change::ModifyUser {
        name: one.name.to_string(),
        properties: show(one, policy),
        credential: None,
    }));
    changes
}

#[test]
fn a_deleted_role_or_resource_is_no_change_of_who_held_it() {
    let mut desk = w1();
    desk.carry(&delete_role("Clerk"));
    desk.carry(&delete_resource("AppData"));
    nothing_differs_when_written_back(&mut desk).unwrap();
    assert!(desk.carry(&modify_user("ann", "FullName", "Ann Example")));
    let told = &desk.journal().last().unwrap().differences;
    assert_eq!(told.iter().map(|one| one.property.as_str()).collect::<Vec<_>>(), ["FullName"]);
}

#[test]
fn an_application_of_a_deleted_resource_can_still_be_changed() {
    let mut desk = stocked();
    desk.carry(&delete_resource("AppRun"));
    let modify = |property, value| Change::ModifyApplication {
        name: "/app".to_owned(),
        properties: properties(&[(property, value)]),
    };
    assert!(desk.carry(&modify("Enabled", "0")));
    assert_eq!(desk.submit(&modify("Resource", "NoSuch")).unwrap_err().code(), Code::ResourceDoesNotExist);
}

#[test]
fn the_system_bit_of_an_application_is_not_the_callers() {
    let mut desk = stocked();
    let kind = |desk: &Desk| desk.policy.applications.named("/app").unwrap().kind;
    desk.submit(&Change::ModifyApplication {
        name: "/app".to_owned(),
        properties: properties(&[("Type", "3")]),
    })
    .unwrap();
    assert_eq!(kind(&desk), 2, "bit 0 is reserved");
}

#[test]
fn the_role_to_connect_with_does_not_go_with_its_database() {
    let mut desk = w1();
    desk.carry(&Change::ModifySystem { properties: properties(&[("RequiredRole", "%db_sales")]) });
    let refusal = desk.submit(&delete_resource("%DB_SALES")).unwrap_err();
    assert_eq!(refusal.code(), Code::CannotDeleteRole, "{refusal}");
    desk.carry(&Change::ModifySystem { properties: properties(&[("RequiredRole", "")]) });
    assert!(desk.carry(&delete_resource("%DB_SALES")));
}

#[test]
fn a_role_takes_its_place_in_lists_with_it() {
    let mut desk = stocked();
    desk.carry(&delete_role("Clerk"));
    let service = desk.policy.services.named("%Service_Test").unwrap();
    assert_eq!(service.client_systems, ["10.0.0.1|Boss", "10.0.0.3"], "an address for Clerk alone goes");
    let application = desk.policy.applications.named("/app").unwrap();
    assert_eq!(show(application, &desk.policy).get("MatchRoles").unwrap().text(), ":%DB_SALES");
    desk.carry(&delete_resource("%DB_SALES"));
    let application = desk.policy.applications.named("/app").unwrap();
    assert_eq!(show(application, &desk.policy).get("MatchRoles").unwrap().text(), "");
}

#[test]
fn a_change_tells_who_and_what_but_no_secret() {
    let mut desk = w1();
    desk.carry(&Change::ModifyUser {
        name: "ann".to_owned(),
        properties: properties(&[("Roles", "Boss"), ("FullName", "Ann Example")]),
        credential: Some(sclera_core::user::Credential {
            algorithm: "SHA512".to_owned(),
            work_factor: 10_000,
            key: vec![9; 64],
            salt: vec![8; 16],
        }),
    });
    let ann = desk.user("ann").unwrap();
    assert_eq!((ann.modified_by.as_str(), ann.modified), ("eve", Some(NOW)));
    assert!(ann.modified_what.contains("\nRoles modified:\n  New value: Boss\n  Old value: Clerk\n"));
    assert!(!ann.modified_what.contains("Password modified"));
    let secret = format!("{:?}", desk.journal().last().unwrap());
    assert!(secret.contains("\"Password\"") && !secret.contains("0909"), "{secret}");
}

#[test]
fn limits_count_everything_and_nought_is_none() {
    let mut desk = w1();
    let limit =
        |name, value: usize| Change::ModifySystem { properties: properties(&[(name, &value.to_string())]) };
    desk.carry(&limit("MaximumRoles", desk.policy.roles.len() + 1));
    desk.carry(&role("One", "", ""));
    assert_eq!(desk.submit(&role("Two", "", "")).unwrap_err().code(), Code::MaximumRoles);
    assert_eq!(desk.submit(&resource("%DB_NEW", "")).unwrap_err().code(), Code::MaximumRoles);
    desk.carry(&limit("MaximumRoles", 0));
    desk.carry(&limit("MaximumResources", desk.policy.resources.len()));
    assert_eq!(desk.submit(&resource("New", "")).unwrap_err().code(), Code::MaximumResources);
    desk.carry(&limit("MaximumResources", 0));
    desk.carry(&resource("%DB_NEW", ""));
    desk.carry(&user("gus", "%DB_NEW"));
}
