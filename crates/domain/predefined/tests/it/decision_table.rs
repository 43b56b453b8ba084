//! Every predefined role on every resource, as the product decides it, as the data says it, and as the committed
//! table has it.

use crate::committed::compare;
use crate::data::{entries, entries_of, equivalents, flag, levels, list, name, privilege, text};
use sclera_core::permission::Permissions;
use sclera_core::policy::{Closure, Policy};
use sclera_predefined::{Choice, Product, installation};
use std::collections::{BTreeMap, BTreeSet};
use toml::Table;

/// Who can do what: for each role the resources, in their order, on which anything is held; small letters stand for
/// what is held only because it is public.
type Decisions = Vec<(String, Vec<(String, String)>)>;

const NOBODY: &str = "(no role)";
const EVERY: &str = "(every resource)";

#[test]
fn iris() {
    agree(Product::Iris, "tests/it/decisions-iris.txt");
}

#[test]
fn cache() {
    agree(Product::Cache, "tests/it/decisions-cache.txt");
}

fn agree(product: Product, path: &str) {
    let decided = decided(&installation(Choice { product, ..Choice::default() }).unwrap().policy);
    for (one, other) in decided.iter().zip(derived(product.word())) {
        assert_eq!(*one, other);
    }
    assert_eq!(decided.len(), derived(product.word()).len());
    compare(path, &printed(product, &decided));
}

/// The table as the product decides it.
fn decided(policy: &Policy) -> Decisions {
    let of = |roles: &Closure| -> Vec<(String, String)> {
        let effective = |name: &str| policy.effective(roles, name);
        if effective("no such resource") == Permissions::ALL {
            assert!(policy.resources.iter().all(|r| effective(r.name.as_str()) == Permissions::ALL));
            return vec![(EVERY.to_owned(), "RWU".to_owned())];
        }
        let held: BTreeMap<_, _> = policy.resource_set(roles).into_iter().collect();
        let letters = |name: &str| {
            let by_roles = held.get(name).copied().unwrap_or_default();
            let by_all = effective(name) & !by_roles;
            format!("{by_roles}{}", by_all.to_string().to_lowercase())
        };
        let all = policy.resources.iter().map(|r| (r.name.to_string(), letters(r.name.as_str())));
        all.filter(|(_, letters)| !letters.is_empty()).collect()
    };
    let roles = policy.roles.iter().map(|role| (role.name.to_string(), of(&policy.closure([role.id]))));
    std::iter::once((NOBODY.to_owned(), of(&policy.closure([])))).chain(roles).collect()
}

/// The table as the data says it, at level normal and in the strict profile: a slow and obvious second reading.
fn derived(product: &str) -> Decisions {
    let resources: Vec<Table> =
        entries_of("resource", product).into_iter().filter(|r| flag(r, "created", true)).collect();
    let open =
        |resource: &Table| levels(resource, "public").map(|values| values[1].as_str().unwrap().to_owned());
    let table = |held: &Letters| -> Vec<(String, String)> {
        let letters = |resource: &Table| -> String {
            let held = held.get(name(resource)).cloned().unwrap_or_default();
            let open = open(resource).unwrap_or_default();
            let by_roles = "RWU".chars().filter(|c| held.contains(c));
            by_roles
                .chain("rwu".chars().filter(|c| open.contains(up(*c)) && !held.contains(&up(*c))))
                .collect()
        };
        let all = resources.iter().map(|resource| (name(resource).to_owned(), letters(resource)));
        all.filter(|(_, letters)| !letters.is_empty()).collect()
    };
    let here: BTreeSet<String> = resources.iter().map(|r| name(r).to_owned()).collect();
    let mut decisions = vec![(NOBODY.to_owned(), table(&Letters::new()))];
    for role in entries_of("role", product).iter().filter(|role| !flag(role, "template", false)) {
        let decided = match letters_of(name(role), &here) {
            Some(held) => table(&held),
            None => vec![(EVERY.to_owned(), "RWU".to_owned())],
        };
        decisions.push((name(role).to_owned(), decided));
    }
    decisions
}

/// What is held on each resource.
type Letters = BTreeMap<String, BTreeSet<char>>;

/// What a role and all that it leads to hold, by the data; none stands for everything.
fn letters_of(role: &str, here: &BTreeSet<String>) -> Option<Letters> {
    let roles = entries("role");
    let mut held = Letters::new();
    let mut waiting = vec![role.to_owned()];
    while let Some(next) = waiting.pop() {
        let role = roles.iter().find(|role| name(role) == next).unwrap();
        if text(role, "rule") == "all" {
            return None;
        }
        waiting.extend(list(role, "grants"));
        for one in list(role, "privileges").into_iter().chain(list(role, "assumed")) {
            let (mut resource, letters) = privilege(&one);
            if !here.contains(&resource) {
                resource = equivalents().remove(&resource).unwrap_or(resource);
            }
            let read = resource.starts_with("%DB_") && letters.contains('W');
            held.entry(resource).or_default().extend(letters.chars().chain(read.then_some('R')));
        }
    }
    Some(held)
}

fn up(letter: char) -> char {
    letter.to_ascii_uppercase()
}

fn printed(product: Product, decisions: &Decisions) -> String {
    let mut lines = vec![
        format!("What each predefined role can do on a new instance: {product}, normal, strict."),
        "R read, W write, U use; a small letter where it is public and not held by the role.".to_owned(),
    ];
    for (role, held) in decisions {
        lines.push(format!("\n{role}"));
        lines.extend(held.iter().map(|(resource, letters)| {
            let [r, w, u] = ['R', 'W', 'U'].map(|one| letters.chars().find(|c| up(*c) == one).unwrap_or('-'));
            format!("    {resource:<44}{r} {w} {u}")
        }));
    }
    lines.join("\n") + "\n"
}
