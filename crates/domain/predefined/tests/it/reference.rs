//! The page `docs/predefined.md`: the data for people to read.

use crate::committed::compare;
use crate::data::{entries, flag, levels, list, name, text};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::privilege;
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_predefined::{Choice, Level, Product, Profile, installation};
use std::collections::BTreeMap;
use toml::{Table, Value};

#[test]
fn page() {
    let page =
        [HEAD.to_owned(), roles(), resources(), services(), applications(), events(), accounts(), settings()];
    compare("../../../docs/predefined.md", &page.join("\n"));
}

const HEAD: &str = "\
# What an instance starts with

The tests of `sclera-predefined` make this page from the files in `crates/domain/predefined/data`; after a change there,
`SCLERA_BLESS=1 cargo test -p sclera-predefined` writes it anew.

**Bold** marks what rests on a decision of ours because no source states it. Where values depend on the installation
level they stand as minimal / normal / locked down. Permissions are R read, W write, U use. Roles, resources, services,
applications and events are numbered in this order, each kind in the order of its file, and `$ROLES` lists roles by number.
";

fn policy(product: Product, level: Level, profile: Profile) -> Policy {
    installation(Choice { product, level, profile }).unwrap().policy
}

fn normal(product: Product) -> Policy {
    policy(product, Level::Normal, Profile::Strict)
}

// ---- Roles

fn roles() -> String {
    let (iris, cache) = (normal(Product::Iris), normal(Product::Cache));
    let (implicit, other): (Vec<_>, Vec<_>) =
        entries("role").into_iter().partition(|role| flag(role, "implicit", false));
    let mut page = vec!["## Roles\n".to_owned()];
    for entry in &other {
        page.push(format!("\n### `{}`\n\n{}.\n\n", name(entry), text(entry, "description")));
        page.push(format!("- {}\n", traits(entry)));
        let held = iris.roles.named(name(entry)).map(|role| holdings(role, &iris));
        let in_cache = cache.roles.named(name(entry)).map(|role| holdings(role, &cache));
        let in_cache = in_cache.filter(|other| held.as_ref() != Some(other));
        page.extend(held);
        page.extend(in_cache.map(|held| held.replacen("Holds", "In Cache holds", 1)));
        page.push(sql(entry));
        page.push(note(entry));
    }
    let row = |role: &Table| vec![code(name(role)), products(role), text(role, "description").to_owned()];
    page.push(DATABASE_ROLES.to_owned());
    page.push(table(&["role", "in", "for"], implicit.iter().map(row)));
    page.concat()
}

const DATABASE_ROLES: &str = "
### Roles of databases

Each holds R and W on the resource of its name, comes and goes with it, and cannot be edited.

";

fn traits(role: &Table) -> String {
    let mut traits = vec![format!("In {}", products(role))];
    traits.extend(role.get("since").map(|since| format!("since {}", since.as_str().unwrap())));
    traits.extend(flag(role, "hidden", false).then(|| "left out of lists".to_owned()));
    traits.extend(flag(role, "reset_on_upgrade", false).then(|| "set back by an upgrade".to_owned()));
    traits.extend(flag(role, "template", false).then(|| "made with its namespace".to_owned()));
    traits.join("; ")
}

/// What a role stores, and what comes to it through the roles it grants.
fn holdings(role: &Role, policy: &Policy) -> String {
    if role.origin == Origin::Everything {
        return "- Holds everything, by rule\n".to_owned();
    }
    let own = Holdings::of([role], policy);
    let holds = format!("- Holds {}\n", own.shown());
    if role.grants.is_empty() {
        return holds;
    }
    let grants = role.grants.iter().map(|id| policy.role(*id).unwrap().name.to_string());
    let closure = policy.closure(role.grants.iter().copied());
    let through = Holdings::of(closure.iter().map(|id| policy.role(id).unwrap()), policy).without(&own);
    format!("{holds}- Through {}: {}\n", codes(&grants.collect::<Vec<_>>()), through.shown())
}

/// Privileges by resource, those that are known apart from those that are assumed.
#[derive(Default)]
struct Holdings {
    known: BTreeMap<String, Permissions>,
    assumed: BTreeMap<String, Permissions>,
}

impl Holdings {
    fn of<'a>(roles: impl IntoIterator<Item = &'a Role>, policy: &Policy) -> Self {
        let mut held = Self::default();
        for role in roles {
            let mut assumed = BTreeMap::new();
            for pair in privilege::pairs(&role.assumed).unwrap() {
                assumed.insert(pair.resource.clone(), pair.permissions);
                *held.assumed.entry(pair.resource).or_default() |= pair.permissions;
            }
            for (id, permissions) in &role.privileges {
                let resource = policy.resources.get(id.0).unwrap().name.to_string();
                let known = *permissions & !assumed.get(&resource).copied().unwrap_or_default();
                *held.known.entry(resource).or_default() |= known;
            }
        }
        for (resource, assumed) in &mut held.assumed {
            *assumed = *assumed & !held.known.get(resource).copied().unwrap_or_default();
        }
        held
    }

    fn without(mut self, own: &Self) -> Self {
        for held in [&mut self.known, &mut self.assumed] {
            for (resource, permissions) in held {
                for other in [&own.known, &own.assumed] {
                    *permissions = *permissions & !other.get(resource).copied().unwrap_or_default();
                }
            }
        }
        self
    }

    fn shown(&self) -> String {
        let known = self.known.iter().map(|(resource, held)| (resource, 0, held));
        let assumed = self.assumed.iter().map(|(resource, held)| (resource, 1, held));
        let mut all: Vec<_> = known.chain(assumed).filter(|(.., held)| !held.is_empty()).collect();
        all.sort_unstable();
        let shown = all
            .into_iter()
            .map(|(resource, kind, held)| bold(code(&format!("{resource}:{held}")), kind == 1));
        some(shown.collect::<Vec<_>>().join(" "), "nothing")
    }
}

/// The SQL privileges of a role; a list that an earlier role has too is not written out again.
fn sql(role: &Table) -> String {
    let privileges = |role: &Table| -> Vec<Table> {
        let listed = role.get("sql").and_then(Value::as_array).cloned().unwrap_or_default();
        listed.into_iter().map(|one| one.as_table().unwrap().clone()).collect()
    };
    let mut lines = Vec::new();
    for one in privileges(role) {
        let objects = list(&one, "objects");
        let earlier = entries("role").into_iter().take_while(|other| name(other) != name(role));
        let known =
            earlier.into_iter().find(|other| privileges(other).iter().any(|p| list(p, "objects") == objects));
        let shown = match known {
            Some(other) => format!("the same as `{}`", name(&other)),
            None => objects.iter().map(|object| code(object)).collect::<Vec<_>>().join(" "),
        };
        let what = format!("{} on {} {}", text(&one, "privilege"), objects.len(), text(&one, "object_type"));
        let what = bold(what + if objects.len() == 1 { "" } else { "s" }, flag(&one, "assumed", false));
        lines.push(format!("- {what} of every namespace with productions: {shown}\n"));
    }
    lines.concat()
}

fn note(entry: &Table) -> String {
    entry.get("note").map(|note| format!("- Note: {}\n", note.as_str().unwrap())).unwrap_or_default()
}

// ---- Resources

const KINDS: [(&str, &str); 6] = [
    ("System", "Administration, development and the system"),
    ("Database", "Databases"),
    ("Gateway", "External language servers"),
    ("Service", "Services"),
    ("DeepSee", "Business Intelligence"),
    ("Application", "Interoperability"),
];

const RESOURCES: &str = "\
## Resources

The type is the number that exports show. None can be deleted, save those marked removable. The column *compatible* has
what is public in the compatible profile of IRIS, where that differs.
";

fn resources() -> String {
    let made = Made {
        iris: Level::ALL.iter().map(|level| policy(Product::Iris, *level, Profile::Strict)).collect(),
        cache: Level::ALL.iter().map(|level| policy(Product::Cache, *level, Profile::Strict)).collect(),
        compatible: Level::ALL
            .iter()
            .map(|level| policy(Product::Iris, *level, Profile::Compatible))
            .collect(),
    };
    let head = ["resource", "type", "takes", "public", "compatible", "in", "since", "protects"];
    let of_kind = |(kind, title)| {
        let entries: Vec<Table> =
            entries("resource").into_iter().filter(|r| text(r, "kind") == kind).collect();
        format!("\n### {title}\n\n{}", table(&head, entries.iter().map(|entry| made.row(entry))))
    };
    RESOURCES.to_owned() + &KINDS.map(of_kind).concat()
}

/// The instances of each level that are made.
struct Made {
    iris: Vec<Policy>,
    cache: Vec<Policy>,
    compatible: Vec<Policy>,
}

impl Made {
    fn row(&self, entry: &Table) -> Vec<String> {
        let of = |policies: &[Policy]| -> Option<Vec<Resource>> {
            policies.iter().map(|policy| policy.resource(name(entry)).cloned()).collect()
        };
        let public =
            |made: &Vec<Resource>| by_level(&made.iter().map(|r| r.public.to_string()).collect::<Vec<_>>());
        let made = of(&self.iris).or(of(&self.cache));
        let open = made.as_ref().map(public);
        let compatible = of(&self.compatible).as_ref().map(public).filter(|also| Some(also) != open.as_ref());
        let number = made.map(|made| made[0].kind.bits().to_string());
        let removable = if flag(entry, "removable", false) { " (removable)" } else { "" };
        vec![
            code(name(entry)) + removable,
            bold(number.unwrap_or("not made".to_owned()), assumes(entry, "kind")),
            text(entry, "takes").to_owned(),
            bold(some(open.unwrap_or_default(), "–"), assumes(entry, "public")),
            bold(compatible.unwrap_or_default(), assumes(entry, "public")),
            products(entry),
            text(entry, "since").to_owned(),
            text(entry, "description").to_owned(),
        ]
    }
}

// ---- Services and applications

const MECHANISMS: [(i64, &str); 8] = [
    (4, "Kerberos"),
    (16, "operating system"),
    (32, "password"),
    (64, "unauthenticated"),
    (1024, "system"),
    (2048, "LDAP"),
    (8192, "delegated"),
    (16_384, "login cookie"),
];

/// The mechanisms of the three masks of an entry.
fn mechanisms(entry: &Table) -> String {
    let words = |mask: &Value| {
        let mask = mask.as_integer().unwrap();
        let (bits, words): (Vec<i64>, Vec<&str>) =
            MECHANISMS.iter().filter(|(bit, _)| mask & bit != 0).copied().unzip();
        assert_eq!(bits.iter().sum::<i64>(), mask, "{}", name(entry));
        some(words.join(", "), "none")
    };
    by_level(&levels(entry, "mask").unwrap().iter().map(words).collect::<Vec<_>>())
}

fn services() -> String {
    let row = |entry: &Table| {
        let mut guards = codes(&list(entry, "resources"));
        if entry.contains_key("resources_cache") {
            guards = format!("{guards} (in Cache {})", codes(&list(entry, "resources_cache")));
        }
        vec![
            code(name(entry)),
            text(entry, "description").to_owned(),
            some(guards, "–"),
            bold(switch(entry, "enabled"), assumes(entry, "enabled")),
            bold(mechanisms(entry), assumes(entry, "mask")),
            bold(value(&entry["storable_mask"]), assumes(entry, "storable_mask")),
        ]
    };
    let head = ["service", "who comes in", "asks Use on", "on", "mechanisms", "mask that can be stored"];
    format!(
        "## Services\n\nNone can be added or deleted. Cache asks only for resources that it has; a service of which it has none\nadmits nobody but holders of `%All`.\n\n{}",
        table(&head, entries("service").iter().map(row))
    )
}

fn applications() -> String {
    let row = |entry: &Table| {
        let added: Vec<String> =
            list(entry, "match_roles").iter().map(|rule| rule.trim_start_matches(':').to_owned()).collect();
        let system = if flag(entry, "system", false) { " (system)" } else { "" };
        let made = if flag(entry, "created", true) { products(entry) } else { "not made".to_owned() };
        vec![
            code(name(entry)) + system,
            text(entry, "description").to_owned(),
            codes(&list_of(text(entry, "resource"))),
            codes(&added),
            bold(codes(&list_of(text(entry, "namespace"))), assumes(entry, "namespace")),
            switch(entry, "enabled"),
            bold(mechanisms(entry), assumes(entry, "mask")),
            made,
            text(entry, "note").to_owned(),
        ]
    };
    let head =
        ["application", "for", "asks Use on", "adds the role", "runs in", "on", "mechanisms", "in", "note"];
    format!(
        "## Applications\n\nThose of the system cannot be deleted. What comes with a namespace is made with it.\n\n{}",
        table(&head, entries("application").iter().map(row))
    )
}

// ---- Accounts

fn accounts() -> String {
    let row = |entry: &Table| {
        let roles = levels(entry, "roles").unwrap().map(|roles| {
            let roles: Vec<String> =
                roles.as_array().unwrap().iter().map(|role| role.as_str().unwrap().to_owned()).collect();
            some(codes(&roles), "none")
        });
        let login = match text(entry, "login") {
            "password" => "by password",
            "none" => "none",
            _ => "none, and no password can be set",
        };
        let traits = [
            ("change_password", "must choose a new password"),
            ("password_never_expires", "the password does not age"),
            ("account_never_expires", "may stay unused"),
            ("undeletable", "cannot be deleted"),
        ];
        let traits: Vec<&str> =
            traits.into_iter().filter(|(key, _)| flag(entry, key, false)).map(|(_, words)| words).collect();
        vec![
            code(name(entry)),
            text(entry, "description").to_owned(),
            bold(by_level(&roles), assumes(entry, "roles")),
            bold(switch(entry, "enabled"), assumes(entry, "enabled")),
            login.to_owned(),
            traits.join(", "),
            some(products(entry), "not made"),
            text(entry, "note").to_owned(),
        ]
    };
    let head = ["account", "for", "roles", "enabled", "login", "", "in", "note"];
    format!("## Accounts\n\n{}", table(&head, entries("account").iter().map(row)))
}

// ---- Events

fn events() -> String {
    let row = |entry: &Table| {
        let enabled = switch(entry, "enabled");
        let strict = if entry.contains_key("strict") { switch(entry, "strict") } else { enabled.clone() };
        let assumed = flag(entry, "assumed", false);
        vec![
            code(name(entry)),
            text(entry, "description").to_owned(),
            bold(strict.clone(), assumed),
            if enabled == strict { "the same".to_owned() } else { enabled },
        ]
    };
    let head = ["event", "tells", "strict", "compatible"];
    format!("## Audit events\n\n{}", table(&head, entries("event").iter().map(row)))
}

// ---- Settings

fn settings() -> String {
    let (kept, left): (Vec<_>, Vec<_>) =
        entries("setting").into_iter().partition(|s| flag(s, "stored", true));
    let row = |entry: &Table| {
        let values = |key: &str| by_level(&levels(entry, key).unwrap().iter().map(value).collect::<Vec<_>>());
        let (strict, compatible) = (values("strict"), values("compatible"));
        let compatible = if compatible == strict { "the same".to_owned() } else { compatible };
        let assumed = flag(entry, "assumed", false);
        vec![
            code(name(entry)),
            bold(strict, assumed),
            bold(compatible, assumed),
            text(entry, "note").to_owned(),
        ]
    };
    let left: Vec<String> = left.iter().map(|entry| name(entry).to_owned()).collect();
    format!(
        "## Settings\n\nProperties of the class for which there is no setting: {}.\n\n{}",
        codes(&left),
        table(&["setting", "strict", "compatible", "meaning"], kept.iter().map(row))
    )
}

fn value(value: &Value) -> String {
    match value {
        Value::Boolean(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) => code(text),
        other => other.as_integer().unwrap().to_string(),
    }
}

// ---- Words and cells

fn products(entry: &Table) -> String {
    let shown = |word: &String| match word.as_str() {
        "iris" => "IRIS".to_owned(),
        _ => bold("Cache".to_owned(), assumes(entry, "cache")),
    };
    list(entry, "products").iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Tells whether an entry marks a word as assumed; roles list privileges there instead.
fn assumes(entry: &Table, word: &str) -> bool {
    list(entry, "assumed").iter().any(|known| known == word)
}

fn switch(entry: &Table, key: &str) -> String {
    by_level(&levels(entry, key).unwrap().iter().map(value).collect::<Vec<_>>())
}

/// One value where all levels agree, three where they do not.
fn by_level(values: &[String]) -> String {
    if values.iter().all(|value| *value == values[0]) {
        return values[0].clone();
    }
    values.iter().map(|value| some(value.clone(), "–")).collect::<Vec<_>>().join(" / ")
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn codes(names: &[String]) -> String {
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

fn list_of(text: &str) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { vec![text.to_owned()] }
}

fn bold(text: String, bold: bool) -> String {
    if bold && !text.is_empty() { format!("**{text}**") } else { text }
}

fn some(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// A table; columns in which no row has anything are left out.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.collect();
    let used = |column: &usize| rows.iter().any(|row| !row[*column].is_empty());
    let columns: Vec<usize> = (0..head.len()).filter(used).collect();
    let line = |cells: &dyn Fn(usize) -> String| {
        format!("| {} |\n", columns.iter().map(|column| cells(*column)).collect::<Vec<_>>().join(" | "))
    };
    let mut table = line(&|column| head[column].to_owned()) + &line(&|_| "---".to_owned());
    for row in &rows {
        assert!(row.iter().all(|cell| !cell.contains('|')), "{row:?}");
        table += &line(&|column| row[column].clone());
    }
    table
}
