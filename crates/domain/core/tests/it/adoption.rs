//! What an export of another instance brings in, configurations, and that every property is kept as it was.

use sclera_core::application::Application;
use sclera_core::change::{Action, Change, History, Kind};
use sclera_core::event::Event;
use sclera_core::id::{
    ApplicationId, EventId, LdapConfigId, ResourceId, RoleId, ServiceId, SslConfigId, UserId,
};
use sclera_core::ldap_config::LdapConfig;
use sclera_core::name::{
    ApplicationName, EventName, LdapConfigName, ResourceName, RoleName, ServiceName, SslConfigName, UserName,
};
use sclera_core::permission::Permissions;
use sclera_core::property::{Class, Kind as Form, MatchRule, Unreadable, Value, restore, stored};
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::service::Service;
use sclera_core::ssl_config::SslConfig;
use sclera_core::status::Code;
use sclera_core::system::System;
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use sclera_testkit::world::{modify_role, password, properties, user, w1};

fn import(name: &str, roles: &str, history: History) -> Change {
    let given = properties(&[("Roles", roles)]);
    Change::ImportUser {
        name: name.to_owned(),
        properties: given,
        credential: Some(password()),
        history: Box::new(history),
    }
}

fn history() -> History {
    let created = Some(Timestamp::from_micros(1));
    History {
        flags: 1,
        created,
        created_by: "them".to_owned(),
        legacy_password: "old".to_owned(),
        ..History::default()
    }
}

#[test]
fn an_imported_user_keeps_its_history_and_takes_the_place_of_the_one_here() {
    let mut desk = w1();
    assert!(desk.carry(&import("ZOE", "Clerk", history())));
    let zoe = desk.user("zoe").unwrap().clone();
    assert_eq!((zoe.created_by.as_str(), zoe.legacy_password.as_str()), ("them", "old"));
    assert!(!desk.carry(&import("zoe", "Clerk", history())), "the same again is no change");
    assert!(desk.carry(&import("zoe", "Boss", history())));
    let again = desk.user("ZOE").unwrap();
    assert_eq!((again.id, again.name.as_str()), (zoe.id, "ZOE"), "name and id stay");
    let actions: Vec<Action> = desk.journal().iter().rev().take(2).map(|entry| entry.action).collect();
    assert_eq!(actions, [Action::Modify, Action::Create]);
    assert_eq!(
        [Action::Create, Action::Modify, Action::Delete].map(Action::word),
        ["Create", "Modify", "Delete"]
    );
}

#[test]
fn an_imported_user_follows_the_rules() {
    let mut desk = w1();
    for (name, roles, code) in [
        ("clerk", "", Code::UserAndRoleSameName),
        ("new", "Nope", Code::RoleDoesNotExist),
        ("a@b", "", Code::UserNameHasDomain),
        ("eve", "Clerk", Code::OnlyHolderOfAll),
    ] {
        let refused = desk.submit(&import(name, roles, history())).unwrap_err();
        assert_eq!(refused.root().code(), code, "{name}");
    }
    desk.carry(&import("_PUBLIC", "", history()));
    assert!(!desk.user("_PUBLIC").unwrap().enabled, "_PUBLIC is never enabled");
}

#[test]
fn the_owner_stays_the_owner() {
    let mut desk = w1();
    desk.install_user("boss-of-files", |owner| owner.owner = true);
    desk.carry(&import("boss-of-files", "Clerk", history()));
    assert!(desk.user("boss-of-files").unwrap().owner);
    desk.carry(&import("other", "Clerk", history()));
    assert!(!desk.user("other").unwrap().owner, "no file makes an owner");
}

#[test]
fn a_role_that_a_user_holds_cannot_become_one_for_escalation_only() {
    let mut desk = w1();
    desk.carry(&user("gus", "Empty"));
    let refused = desk.submit(&modify_role("Empty", "EscalationOnly", "1")).unwrap_err();
    assert_eq!(refused.code(), Code::CannotModifyRole);
    desk.carry(&sclera_testkit::world::remove_roles("gus", "Empty"));
    assert!(desk.carry(&modify_role("Empty", "EscalationOnly", "1")));
}

#[test]
fn applications_take_their_mechanisms_and_no_others() {
    let mut desk = w1();
    let allowed = [2, 5, 6, 11, 13, 14, 20, 21];
    for bit in 0..27 {
        let given = properties(&[("AutheEnabled", &(1u64 << bit).to_string())]);
        let change = Change::CreateApplication { name: format!("/app/{bit}"), properties: given };
        match desk.submit(&change) {
            Ok(_) => assert!(allowed.contains(&bit), "{bit}"),
            Err(status) => {
                assert_eq!(status.code(), Code::InvalidOptionForApplication, "{bit}");
                assert!(!allowed.contains(&bit), "{bit}");
            }
        }
    }
}

#[test]
fn event_names_have_three_parts() {
    for good in ["a/b/c", "%System/%Login/Login"] {
        assert!(EventName::new(good).is_ok(), "{good}");
    }
    for bad in ["", "a", "a/b", "a/b/c/d", "a//c", "/b/c"] {
        assert!(EventName::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn configurations_are_made_changed_and_deleted_by_their_rules() {
    let mut desk = w1();
    let create = |kind, name: &str, given: &[(&str, &str)]| Change::CreateConfig {
        kind,
        name: name.to_owned(),
        properties: properties(given),
    };
    let modify = |kind, name: &str, given: &[(&str, &str)]| Change::ModifyConfig {
        kind,
        name: name.to_owned(),
        properties: properties(given),
    };
    let delete = |kind, name: &str| Change::DeleteConfig { kind, name: name.to_owned() };
    desk.carry(&create(Kind::Event, "Bench/Door/Open", &[("Description", "Bench opened")]));
    desk.carry(&create(Kind::SslConfig, "Out", &[]));
    desk.carry(&create(Kind::SslConfig, "OUT", &[]));
    desk.carry(&create(Kind::LdapConfig, "example.test", &[]));
    for (change, code) in [
        (create(Kind::Event, "bench/door/open", &[]), Code::EventAlreadyExists),
        (create(Kind::Event, "%Bench/Door/Open", &[]), Code::InvalidEventName),
        (create(Kind::Event, "Bench/Door", &[]), Code::InvalidEventName),
        (modify(Kind::Event, "No/Such/Event", &[]), Code::EventDoesNotExist),
        (create(Kind::SslConfig, "Out", &[]), Code::SslConfigAlreadyExists),
        (modify(Kind::SslConfig, "out", &[]), Code::SslConfigDoesNotExist),
        (modify(Kind::SslConfig, "Out", &[("CertificateFile", "a.pem")]), Code::PrivateKeyRequired),
        (modify(Kind::SslConfig, "Out", &[("PrivateKeyFile", "a.key")]), Code::CertificateRequired),
        (modify(Kind::SslConfig, "Out", &[("TLSMinVersion", "32"), ("TLSMaxVersion", "16")]), Code::General),
        (create(Kind::LdapConfig, "EXAMPLE.test", &[]), Code::DomainAlreadyExists),
        (create(Kind::LdapConfig, "a@b", &[]), Code::InvalidDomainName),
        (modify(Kind::LdapConfig, "example.test", &[("LDAPFlags", "64")]), Code::PropertyRequired),
        (modify(Kind::LdapConfig, "example.test", &[("DelimiterId", "x")]), Code::NotInList),
        (delete(Kind::LdapConfig, "nowhere"), Code::General),
        (create(Kind::Role, "NotAConfig", &[]), Code::General),
    ] {
        assert_eq!(desk.submit(&change).unwrap_err().root().code(), code, "{change:?}");
    }
    assert!(desk.carry(&modify(Kind::Event, "BENCH/door/OPEN", &[("Enabled", "0")])));
    assert!(!desk.policy.events.named("Bench/Door/Open").unwrap().enabled);
    for (kind, name) in
        [(Kind::Event, "Bench/Door/Open"), (Kind::SslConfig, "Out"), (Kind::LdapConfig, "example.test")]
    {
        assert!(desk.carry(&delete(kind, name)));
    }
    assert!(desk.policy.ssl_configs.named("OUT").is_some() && desk.policy.ssl_configs.named("Out").is_none());
}

/// Gives every property another value than the blank record has, and checks that what is stored brings it back.
fn comes_back<T: Class + Clone + PartialEq + std::fmt::Debug>(blank: &T) {
    let mut full = blank.clone();
    for field in T::FIELDS {
        match &field.kind {
            Form::Text { max, set, .. } => set(&mut full, "x".repeat((*max).min(3))),
            Form::Choice { words, get, set } => {
                let other = words.iter().find(|word| **word != get(blank)).unwrap();
                set(&mut full, (*other).to_owned());
            }
            Form::Boolean { get, set } => set(&mut full, !get(blank)),
            Form::Integer { min, max, get, set } => {
                set(&mut full, if get(blank) == *max { *min } else { *max });
            }
            Form::Date { set, .. } => set(&mut full, "2026-11-22".parse().ok()),
            Form::Instant { set, .. } => set(&mut full, Some(Timestamp::from_micros(1_234_567))),
            Form::Permissions { set, .. } => set(&mut full, Permissions::READ | Permissions::USE),
            Form::Privileges { set, .. } => set(&mut full, [(ResourceId(7), Permissions::WRITE)].into()),
            Form::Roles { set, .. } => set(&mut full, vec![RoleId(9), RoleId(3)]),
            Form::Texts { set, .. } => set(&mut full, vec!["one".to_owned(), "two, three".to_owned()]),
            Form::Matches { set, .. } => {
                let rule = |matched, targets| MatchRule { matched, targets };
                set(
                    &mut full,
                    vec![rule(None, vec![RoleId(1)]), rule(Some(RoleId(2)), vec![RoleId(3), RoleId(4)])],
                );
            }
            Form::Binary { set, .. } => set(&mut full, vec![0, 15, 16, 255]),
        }
    }
    let mut back = blank.clone();
    for field in T::FIELDS {
        let kept = stored(field, &full);
        assert_ne!(kept, stored(field, blank), "{} {} is not another value", T::NAME, field.name);
        restore(field, &mut back, &kept).unwrap();
        if matches!(field.kind, Form::Binary { .. }) {
            for damaged in ["0", "0g", "xyz", "é"] {
                let refused = restore(field, &mut blank.clone(), &Value::from(damaged));
                assert_eq!(refused, Err(Unreadable { property: field.name }), "{damaged}");
            }
        }
    }
    assert_eq!(back, full, "{}", T::NAME);
}

#[test]
fn every_property_of_every_class_comes_back_as_it_was_stored() {
    comes_back(&Resource::new(ResourceId(1), ResourceName::new("A").unwrap()));
    comes_back(&Role::new(RoleId(1), RoleName::new("A").unwrap(), Origin::Created));
    comes_back(&Service::new(ServiceId(1), ServiceName::new("A").unwrap()));
    comes_back(&Application::new(ApplicationId(1), ApplicationName::new("A").unwrap()));
    comes_back(&Event::new(EventId(1), EventName::new("a/b/c").unwrap()));
    comes_back(&SslConfig::new(SslConfigId(1), SslConfigName::new("A").unwrap()));
    comes_back(&LdapConfig::new(LdapConfigId(1), LdapConfigName::new("a").unwrap()));
    comes_back(&User::new(UserId(1), UserName::new("a").unwrap()));
    comes_back(&System::default());
}
