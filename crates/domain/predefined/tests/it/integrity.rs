//! Every combination of choices makes a whole: nothing dangles, nothing turns in circles, and the rules of the core
//! accept each object as it stands.

use crate::data::{entries, flag, name};
use sclera_core::change::{Change, Context, Facts, Object, Outcome, installation as installed};
use sclera_core::id::Ids;
use sclera_core::name::{ApplicationName, ResourceName, RoleName, ServiceName, UserName};
use sclera_core::property::{Access, Class, restore, show, stored};
use sclera_core::resource::Resource;
use sclera_core::role::Role;
use sclera_core::service::Service;
use sclera_core::sql::Grantee;
use sclera_core::status::Status;
use sclera_core::system::System;
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use sclera_predefined::{Choice, Installation, Level, Product, Profile, installation};
use std::collections::BTreeSet;

fn every() -> impl Iterator<Item = (Choice, Installation)> {
    let choices = Product::ALL.iter().flat_map(|product| {
        Level::ALL.iter().flat_map(move |level| {
            Profile::ALL.iter().map(|profile| Choice { product: *product, level: *level, profile: *profile })
        })
    });
    choices.map(|choice| (choice, installation(choice).unwrap()))
}

#[test]
fn nothing_dangles() {
    for (choice, new) in every() {
        let policy = &new.policy;
        let role = |id| assert!(policy.role(id).is_some(), "{choice:?} {id:?}");
        for known in policy.roles.iter() {
            known.grants.iter().for_each(|id| role(*id));
            known.privileges.keys().for_each(|id| assert!(policy.resources.get(id.0).is_some(), "{id:?}"));
            assert!(known.privileges.values().all(|held| !held.is_empty()));
        }
        for application in policy.applications.iter() {
            let rules = &application.match_rules;
            rules.iter().flat_map(|rule| rule.targets.iter().chain(&rule.matched)).for_each(|id| role(*id));
            assert!(application.resource.is_empty() || policy.resource(&application.resource).is_some());
        }
        for guard in policy.services.iter().flat_map(|service| &service.resources) {
            let later = ["%Service_DocDB", "%Service_EscalateLogin"].contains(&guard.as_str());
            let expected = !(choice.product == Product::Cache && later);
            assert_eq!(policy.resource(guard).is_some(), expected, "{guard}");
        }
        new.accounts.iter().flat_map(|account| &account.user.roles).for_each(|id| role(*id));
        for sql in &new.sql {
            let Grantee::Role(id) = sql.grantee else { panic!("{sql:?}") };
            role(id);
        }
        assert_eq!(
            new.sql.iter().collect::<BTreeSet<_>>().len(),
            new.sql.len(),
            "each privilege stands once"
        );
        assert!(policy.all_role().is_some());
    }
}

#[test]
fn no_role_leads_to_itself() {
    for (_, new) in every() {
        for role in new.policy.roles.iter() {
            for granted in &role.grants {
                assert_eq!(new.policy.path(*granted, role.id), None, "{}", role.name);
            }
        }
    }
}

/// Roles, resources, services, applications and events share one sequence, in this order; the next number is free.
#[test]
fn ids_follow_the_files() {
    for (_, new) in every() {
        let policy = &new.policy;
        let numbers: Vec<u32> = (policy.roles.iter().map(|r| r.id.0))
            .chain(policy.resources.iter().map(|r| r.id.0))
            .chain(policy.services.iter().map(|s| s.id.0))
            .chain(policy.applications.iter().map(|a| a.id.0))
            .chain(policy.events.iter().map(|e| e.id.0))
            .collect();
        assert_eq!(numbers, (1..new.ids.object).collect::<Vec<_>>());
        let users: Vec<u64> = new.accounts.iter().map(|account| account.user.id.0).collect();
        assert_eq!(users, (1..new.ids.user).collect::<Vec<_>>());
    }
}

#[test]
fn names_are_names() {
    for (_, new) in every() {
        let policy = &new.policy;
        let short = |text: &str| assert!(text.len() <= 64, "{text}");
        for role in policy.roles.iter() {
            short(role.name.as_str());
            assert!(RoleName::new(role.name.as_str().trim_start_matches('%')).is_ok(), "{}", role.name);
        }
        for resource in policy.resources.iter().filter(|r| r.name.as_str() != "%DB_%DEFAULT") {
            assert!(ResourceName::new(resource.name.as_str()).is_ok(), "{}", resource.name);
        }
        assert!(policy.services.iter().all(|service| ServiceName::new(service.name.as_str()).is_ok()));
        assert!(policy.applications.iter().all(|a| ApplicationName::new(a.name.as_str()).is_ok()));
        for account in &new.accounts {
            assert!(UserName::new(account.user.name.as_str()).is_ok());
            assert!(
                policy.roles.named(account.user.name.as_str()).is_none(),
                "users and roles share no name"
            );
        }
    }
}

/// Each object, given its own properties, is accepted by the rules and does not change.
#[test]
fn the_rules_accept_every_object() {
    for (choice, new) in every() {
        let policy = &new.policy;
        let accepts = |change: &Change| {
            let outcome =
                decide(change, &new).unwrap_or_else(|status| panic!("{choice:?} {change:?} {status}"));
            assert!(outcome.is_nothing(), "{change:?} {:?}", outcome.steps);
        };
        for r in policy.resources.iter() {
            accepts(&Change::ModifyResource { name: r.name.to_string(), properties: show(r, policy) });
        }
        for r in policy.roles.iter().filter(|role| role.is_editable()) {
            accepts(&Change::ModifyRole { name: r.name.to_string(), properties: show(r, policy) });
        }
        for s in policy.services.iter() {
            accepts(&Change::ModifyService { name: s.name.to_string(), properties: show(s, policy) });
        }
        for a in policy.applications.iter() {
            accepts(&Change::ModifyApplication { name: a.name.to_string(), properties: show(a, policy) });
        }
        accepts(&Change::ModifySystem { properties: show(&policy.system, policy) });
    }
}

/// What the system owns cannot be deleted, the resources of interoperability included (Q40).
#[test]
fn the_system_keeps_what_is_its_own() {
    let new = installation(Choice::default()).unwrap();
    let deleted = |name: &str| decide(&Change::DeleteResource { name: name.to_owned() }, &new).is_ok();
    assert!(!deleted("%Development") && !deleted("%Ens_Code") && !deleted("%DB_%DEFAULT"));
    assert!(deleted("%DB_USER"));
    let deleted = |name: &str| decide(&Change::DeleteRole { name: name.to_owned() }, &new).is_ok();
    assert!(!deleted("%All") && !deleted("%EnsRole_Monitor") && !deleted("%DB_USER"));
    let deleted = |name: &str| decide(&Change::DeleteApplication { name: name.to_owned() }, &new).is_ok();
    assert!(!deleted("/csp/sys") && deleted("/csp/user"));
}

fn decide(change: &Change, new: &Installation) -> Result<Outcome, Status> {
    let mut ids = new.ids;
    let mut context = Context {
        actor: "test",
        now: NOW,
        ids: &mut ids,
        conceal: &|_| String::new(),
        fresh_key: &|_| Vec::new(),
    };
    change.decide(&new.policy, &Facts::default(), &mut context)
}

const NOW: Timestamp = Timestamp::from_micros(1_795_335_300_000_000);

/// Stores keep every object as it is.
#[test]
fn every_object_can_be_stored() {
    for (_, new) in every() {
        let policy = &new.policy;
        for r in policy.resources.iter() {
            kept(r, Resource::new(r.id, r.name.clone()));
        }
        for r in policy.roles.iter() {
            kept(r, Role::new(r.id, r.name.clone(), r.origin));
        }
        for s in policy.services.iter() {
            kept(s, Service::new(s.id, s.name.clone()));
        }
        for account in &new.accounts {
            kept(&account.user, User::new(account.user.id, account.user.name.clone()));
        }
        kept(&policy.system, System::default());
        let mut ids = Ids::first();
        let context = Context {
            actor: "test",
            now: NOW,
            ids: &mut ids,
            conceal: &|_| String::new(),
            fresh_key: &|_| Vec::new(),
        };
        for application in policy.applications.iter() {
            let (_, entry) = installed(&Object::Application(application.clone()), policy, &context);
            assert!(entry.is_some_and(|entry| entry.name == application.name.as_str()));
        }
    }
}

fn kept<T: Class + PartialEq + std::fmt::Debug>(record: &T, mut blank: T) {
    for field in T::FIELDS {
        restore(field, &mut blank, &stored(field, record)).unwrap();
    }
    assert_eq!(*record, blank);
}

/// The file of settings names every setting there is.
#[test]
fn every_setting_is_given() {
    let given: BTreeSet<String> =
        entries("setting").iter().filter(|s| flag(s, "stored", true)).map(|s| name(s).to_owned()).collect();
    let known: BTreeSet<String> = System::FIELDS
        .iter()
        // What is sealed starts empty, and no file gives it.
        .filter(|field| !matches!(field.access, Access::Internal | Access::Secret))
        .map(|field| field.name.to_owned())
        .collect();
    assert_eq!(given, known);
}
