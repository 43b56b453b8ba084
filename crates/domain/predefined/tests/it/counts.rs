//! How much there is, and what the data claims about it.

use crate::data::{FILES, entries, entries_of, equivalents, flag, list, name, privilege};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::resource::ResourceType;
use sclera_core::role::Origin;
use sclera_predefined::{Choice, Level, Product, Profile, installation};
use std::collections::BTreeSet;

fn policy(product: Product, level: Level) -> Policy {
    installation(Choice { product, level, profile: Profile::Strict }).unwrap().policy
}

#[test]
fn everything_known_is_there() {
    assert_eq!(entries("resource").len(), 138);
    let kinds = ["System", "Database", "Gateway", "Service", "DeepSee", "Application"];
    let of = |kind: &str| entries("resource").iter().filter(|r| r["kind"].as_str() == Some(kind)).count();
    assert_eq!(kinds.map(of), [23, 18, 3, 19, 11, 64]);
    assert_eq!(entries("role").len(), 44);
    assert_eq!(entries("service").len(), 18);
    assert_eq!(entries("event").len(), 59);
    for level in Level::ALL {
        let (iris, cache) = (policy(Product::Iris, *level), policy(Product::Cache, *level));
        assert_eq!([iris.resources.len(), cache.resources.len()], [128, 42], "{level}");
        assert_eq!([iris.roles.len(), cache.roles.len()], [36, 16], "{level}");
        assert_eq!([iris.services.len(), cache.services.len()], [18, 18], "{level}");
        assert_eq!([iris.applications.len(), cache.applications.len()], [24, 13], "{level}");
        assert_eq!([iris.events.len(), cache.events.len()], [59, 59], "{level}");
    }
}

#[test]
fn types_are_those_of_exports() {
    let iris = policy(Product::Iris, Level::Normal);
    let bits = |name: &str| iris.resource(name).unwrap().kind.bits();
    assert_eq!(bits("%DB_IRISSYS"), 3);
    assert_eq!(bits("%Service_SQL"), 5);
    assert_eq!([bits("%Admin_Secure"), bits("%Gateway_ML")], [9, 9]);
    assert_eq!(bits("%DeepSee_Portal"), 17);
    assert_eq!(bits("%Ens_Code"), 2_147_483_648);
    assert_eq!(iris.resource("%Ens_Code").unwrap().type_word(), "Application");
    let removable: Vec<_> =
        iris.resources.iter().filter(|r| !r.is_system()).map(|r| r.name.as_str()).collect();
    assert_eq!(removable, ["%DB_USER"]);
    assert_eq!(iris.resource("%DB_USER").unwrap().kind, ResourceType::DATABASE);
}

#[test]
fn what_is_assumed_is_marked() {
    let iris = policy(Product::Iris, Level::Normal);
    let cache = policy(Product::Cache, Level::Normal);
    let role = |policy: &Policy, name: &str| policy.roles.named(name).unwrap().assumed.clone();
    assert_eq!(role(&iris, "%SecurityAdministrator"), "%DB_IRISSYS:RW");
    assert_eq!(role(&iris, "%Operator"), "");
    assert_eq!(role(&cache, "%Operator"), "%DB_CACHESYS:RW,%DB_CACHETEMP:RW,%Service_CSP:U");
    let resource = |policy: &Policy, name: &str| policy.resource(name).unwrap().assumed.clone();
    assert_eq!(resource(&iris, "%DeepSee_Portal"), "public");
    assert_eq!(resource(&cache, "%DeepSee_Portal"), "cache, public");
    let service = iris.services.named("%Service_Terminal").unwrap();
    assert_eq!(service.assumed, "mask, storable_mask, capabilities");
}

/// Every database has its role, which holds Read and Write on it and nothing else (ROL-9).
#[test]
fn databases_and_their_roles_go_together() {
    for product in Product::ALL {
        let policy = policy(*product, Level::Normal);
        let databases: BTreeSet<_> =
            policy.resources.iter().filter(|r| r.is_database()).map(|r| r.name.as_str()).collect();
        let implicit: Vec<_> = policy.roles.iter().filter(|role| role.origin == Origin::Database).collect();
        let roles: BTreeSet<_> = implicit.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(databases, roles);
        for role in implicit {
            let resource = policy.resource(role.name.as_str()).unwrap();
            let held: Vec<_> = role.privileges.clone().into_iter().collect();
            assert_eq!(held, [(resource.id, Permissions::READ | Permissions::WRITE)], "{}", role.name);
            assert!(role.grants.is_empty());
        }
    }
    let known: BTreeSet<_> = entries("resource").iter().map(|r| name(r).to_owned()).collect();
    let implicit = entries("role").into_iter().filter(|role| flag(role, "implicit", false));
    assert!(implicit.into_iter().all(|role| known.contains(name(&role))), "no role of an unknown database");
}

/// What a role is known to hold through others, it holds through others, and does not store.
#[test]
fn inherited_privileges_are_inherited() {
    let mut seen = 0;
    let policy = policy(Product::Iris, Level::Normal);
    for entry in entries_of("role", "iris") {
        let Some(role) = policy.roles.named(name(&entry)) else { continue };
        let granted = policy.closure(role.grants.iter().copied());
        for (resource, letters) in list(&entry, "inherited").iter().map(|text| privilege(text)) {
            let wanted: Permissions = letters.parse().unwrap();
            let id = policy.resource(&resource).unwrap().id;
            let stored = role.privileges.get(&id).copied().unwrap_or_default();
            let held = policy.explicit(&granted, &resource);
            assert!(held.holds(wanted), "{} {resource}", role.name);
            assert!((stored & wanted).is_empty(), "{} stores {resource}", role.name);
            seen += 1;
        }
    }
    assert_eq!(seen, 81);
}

/// What a role was seen not to hold, it does not hold, public permissions included.
#[test]
fn absent_privileges_are_absent() {
    let mut seen = 0;
    for product in Product::ALL {
        let policy = policy(*product, Level::Normal);
        for entry in entries_of("role", product.word()) {
            let role = policy.roles.named(name(&entry)).map(|role| role.id);
            let held = policy.closure(role);
            for absent in list(&entry, "absent") {
                for resource in meant(&absent, &policy, *product) {
                    assert_eq!(
                        policy.effective(&held, &resource),
                        Permissions::NONE,
                        "{} {resource}",
                        name(&entry)
                    );
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 30, "{seen}");
}

/// The resources that an entry of `absent` means; a trailing `*` stands for any ending.
fn meant(absent: &str, policy: &Policy, product: Product) -> Vec<String> {
    let known: Vec<String> = entries("resource").iter().map(|r| name(r).to_owned()).collect();
    let meant: Vec<String> = match absent.strip_suffix('*') {
        Some(start) => known.into_iter().filter(|name| name.starts_with(start)).collect(),
        None => known.into_iter().filter(|name| name == absent).collect(),
    };
    assert!(!meant.is_empty(), "{absent} means nothing");
    let here = |name: String| match product {
        Product::Cache => equivalents().get(&name).cloned().unwrap_or(name),
        Product::Iris => name,
    };
    meant.into_iter().map(here).filter(|name| policy.resource(name).is_some()).collect()
}

/// Each file explains every key it uses, so that a misspelt one is found.
#[test]
fn every_key_is_explained() {
    for file in FILES {
        let head: Vec<&str> = file.text.lines().take_while(|line| !line.starts_with('[')).collect();
        let head = head.join(" ");
        let explained: BTreeSet<&str> = head.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for entry in entries(file.name) {
            let missing: Vec<_> = entry.keys().filter(|key| !explained.contains(key.as_str())).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", file.name);
        }
    }
}

/// `services.md` section 9: the data names the switch that the rule asks.
#[test]
fn switches_of_superservers_are_those_of_the_rule() {
    for service in entries("service") {
        let name = service["name"].as_str().unwrap();
        let switch = service.get("superserver_switch").and_then(toml::Value::as_str);
        assert_eq!(switch, sclera_core::superserver::switch_of(name), "{name}");
    }
}
