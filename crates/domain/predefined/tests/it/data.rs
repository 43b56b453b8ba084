//! The data, read without the code under test.

use std::collections::BTreeMap;
use toml::{Table, Value};

/// A file: its name, its text and the names of its lists of entries.
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

pub(crate) const FILES: &[File] = &[
    File { name: "resource", text: include_str!("../../data/resources.toml") },
    File { name: "role", text: include_str!("../../data/roles.toml") },
    File { name: "equivalent", text: include_str!("../../data/equivalents.toml") },
    File { name: "service", text: include_str!("../../data/services.toml") },
    File { name: "application", text: include_str!("../../data/applications.toml") },
    File { name: "account", text: include_str!("../../data/accounts.toml") },
    File { name: "event", text: include_str!("../../data/events.toml") },
    File { name: "setting", text: include_str!("../../data/system.toml") },
];

/// The entries of a kind: `role`, `resource` and so on.
pub(crate) fn entries(kind: &str) -> Vec<Table> {
    let file = FILES.iter().find(|file| file.name == kind).unwrap();
    let table: Table = toml::from_str(file.text).unwrap();
    table[kind].as_array().unwrap().iter().map(|entry| entry.as_table().unwrap().clone()).collect()
}

/// The entries of a kind that a product has, created or not.
pub(crate) fn entries_of(kind: &str, product: &str) -> Vec<Table> {
    let mut entries = entries(kind);
    entries.retain(|entry| list(entry, "products").iter().any(|word| word == product));
    entries
}

pub(crate) fn name(entry: &Table) -> &str {
    text(entry, "name")
}

/// A text; empty where there is none.
pub(crate) fn text<'a>(entry: &'a Table, key: &str) -> &'a str {
    entry.get(key).map_or("", |value| value.as_str().unwrap())
}

/// A list of texts; empty where there is none.
pub(crate) fn list(entry: &Table, key: &str) -> Vec<String> {
    let values = entry.get(key).map(|value| value.as_array().unwrap().clone()).unwrap_or_default();
    values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// A flag; `initially` where there is none.
pub(crate) fn flag(entry: &Table, key: &str, initially: bool) -> bool {
    entry.get(key).map_or(initially, |value| value.as_bool().unwrap())
}

/// The three values of a key, from minimal to locked down.
pub(crate) fn levels(entry: &Table, key: &str) -> Option<[Value; 3]> {
    let values = entry.get(key)?.as_table().unwrap();
    Some(["minimal", "normal", "locked_down"].map(|level| values[level].clone()))
}

/// Splits `%DB_X:RW` into the resource and its letters.
pub(crate) fn privilege(text: &str) -> (String, String) {
    let (resource, letters) = text.rsplit_once(':').unwrap();
    (resource.to_owned(), letters.to_owned())
}

/// What Cache has in place of resources of IRIS.
pub(crate) fn equivalents() -> BTreeMap<String, String> {
    entries("equivalent").iter().map(|e| (text(e, "iris").to_owned(), text(e, "cache").to_owned())).collect()
}
