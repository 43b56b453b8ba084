//! Databases, namespaces and mappings, as far as decisions ask for them: which database a global or routine of a
//! namespace lies in, and what may be done there (`authorization.md` section 17, CHK-8).
//!
//! A namespace names a database for globals and one for routines. Mappings take single globals, ranges of their
//! subscripts, and routines elsewhere; the most specific one counts. A name that begins with `%` lies in the system
//! database wherever it is asked from, unless it is mapped.
//!
//! ```text
//! namespace CUST   globals → DBCUST1   routines → DBCODE
//!                  ^Orders            → DBCUST2
//!                  ^Orders(2020:2025) → DBOLD
//! ```

use crate::decision::Decision;
use crate::name::{Folded, same};
use crate::permission::Permissions;
use crate::policy::{Closure, Policy};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The resource of a database that names none (DBS-3, DBS-5).
pub const DEFAULT_RESOURCE: &str = "%DB_%DEFAULT";

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// The resource that protects it; empty: [`DEFAULT_RESOURCE`].
    pub resource: String,
    /// It is mounted read-only.
    pub read_only: bool,
    /// It lies on another machine and is not mounted: what may be done there is not known.
    pub unknown: bool,
}

/// What a mapping takes elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The name without `^`; a `*` at its end stands for any rest.
    pub name: String,
    /// Of a global, the first subscripts that are meant: from one, up to but not including another; none: all.
    pub range: Option<(String, String)>,
    /// The database.
    pub database: String,
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// The database of its globals.
    pub globals: String,
    /// The database of its routines.
    pub routines: String,
    /// Globals that lie elsewhere.
    pub global_mappings: Vec<Mapping>,
    /// Routines that lie elsewhere.
    pub routine_mappings: Vec<Mapping>,
}

/// The databases and namespaces of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The databases.
    pub databases: Vec<Database>,
    /// The namespaces.
    pub namespaces: Vec<Namespace>,
    /// The database of the system.
    pub system: String,
}

impl Default for Layout {
    /// The system's namespace and one for users, as an installation makes them.
    fn default() -> Self {
        let database = |name: &str| Database {
            name: name.to_owned(),
            resource: alloc::format!("%DB_{name}"),
            read_only: false,
            unknown: false,
        };
        let namespace = |name: &str, database: &str| Namespace {
            name: name.to_owned(),
            globals: database.to_owned(),
            routines: database.to_owned(),
            global_mappings: Vec::new(),
            routine_mappings: Vec::new(),
        };
        Self {
            databases: ["IRISSYS", "IRISLIB", "IRISTEMP", "USER"].map(database).into(),
            namespaces: [namespace("%SYS", "IRISSYS"), namespace("USER", "USER")].into(),
            system: "IRISSYS".to_owned(),
        }
    }
}

/// What lies in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// Globals.
    Globals,
    /// Routines.
    Routines,
}

/// What may be done with a global or routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// These permissions of Read and Write.
    Held(Permissions),
    /// It cannot be told: the database is not mounted.
    Unknown,
}

impl Layout {
    /// A namespace by name.
    pub fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces.iter().find(|known| same(&known.name, name))
    }

    /// A database by name.
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases.iter().find(|known| same(&known.name, name))
    }

    /// The database that a global or routine of a namespace lies in. An empty name stands for the namespace's own
    /// database; subscripts are those of a global.
    pub fn place_of(
        &self,
        namespace: &str,
        matter: Matter,
        name: &str,
        subscript: &str,
    ) -> Option<&Database> {
        let namespace = self.namespace(namespace)?;
        let (own, mappings) = match matter {
            Matter::Globals => (&namespace.globals, &namespace.global_mappings),
            Matter::Routines => (&namespace.routines, &namespace.routine_mappings),
        };
        let name = name.trim().trim_start_matches('^');
        let fitting = mappings.iter().filter(|mapping| !name.is_empty() && mapping.fits(name, subscript));
        let mapped = fitting.max_by_key(|mapping| mapping.specific());
        let system = name.starts_with('%');
        let found = mapped.map(|mapping| &mapping.database);
        self.database(found.unwrap_or(if system { &self.system } else { own }))
    }

    /// `GetGlobalPermission` and `GetRoutinePermission` of some roles; none where there is no such namespace or
    /// database. A database that is mounted read-only can be read at most.
    pub fn access(
        &self,
        policy: &Policy,
        roles: &Closure,
        (namespace, matter): (&str, Matter),
        name: &str,
        subscript: &str,
    ) -> Option<Access> {
        let database = self.place_of(namespace, matter, name, subscript)?;
        if database.unknown {
            return Some(Access::Unknown);
        }
        let resource = if database.resource.is_empty() { DEFAULT_RESOURCE } else { &database.resource };
        let both = Permissions::READ | Permissions::WRITE;
        let mut held = policy.effective(roles, resource).on_database() & both;
        // Everybody reads percent globals and runs percent routines of the system; with `PercentGlobalWrite` everybody
        // writes the globals, too (DBS-9).
        if name.trim().trim_start_matches('^').starts_with('%') && same(&database.name, &self.system) {
            held |= Permissions::READ;
            if matter == Matter::Globals && policy.system.percent_global_write == 1 {
                held |= Permissions::WRITE;
            }
        }
        if database.read_only {
            held = held & Permissions::READ;
        }
        Some(Access::Held(held))
    }

    /// Entering a namespace needs Read on the database of its globals (DBS-6).
    pub fn may_enter(&self, policy: &Policy, roles: &Closure, namespace: &str) -> Decision {
        match self.access(policy, roles, (namespace, Matter::Globals), "", "") {
            Some(Access::Held(held)) => Decision::of(held.holds(Permissions::READ)),
            _ => Decision::Denied,
        }
    }

    /// What is wrong: names that stand twice, and databases that are not there.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut twice = |what: &str, names: &mut dyn Iterator<Item = &String>| {
            let mut known: Vec<Folded> = Vec::new();
            for name in names {
                if name.trim().is_empty() || known.contains(&Folded::of(name)) {
                    faults.push(alloc::format!(
                        "the {what} {} is unnamed or stands twice",
                        crate::name::quotable(name)
                    ));
                }
                known.push(Folded::of(name));
            }
        };
        twice("database", &mut self.databases.iter().map(|database| &database.name));
        twice("namespace", &mut self.namespaces.iter().map(|namespace| &namespace.name));
        for namespace in &self.namespaces {
            let mapped = namespace.global_mappings.iter().chain(&namespace.routine_mappings);
            let named = [&namespace.globals, &namespace.routines].into_iter();
            for name in named.chain(mapped.map(|mapping| &mapping.database)) {
                if self.database(name).is_none() {
                    let (namespace, name) =
                        (crate::name::quotable(&namespace.name), crate::name::quotable(name));
                    faults.push(alloc::format!(
                        "the namespace {namespace} names a database {name} that is not there"
                    ));
                }
            }
        }
        if self.database(&self.system).is_none() {
            faults.push("the database of the system is not there".to_owned());
        }
        faults
    }
}

impl Mapping {
    fn fits(&self, name: &str, subscript: &str) -> bool {
        let named = match self.name.trim_start_matches('^').strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == self.name.trim_start_matches('^'),
        };
        let within = |(from, to): &(String, String)| {
            let first = first_subscript(subscript);
            // Without a subscript the whole global is asked about, and that lies where its unmapped part lies.
            !first.is_empty()
                && (from.is_empty() || collated(first, from) != Ordering::Less)
                && (to.is_empty() || collated(first, to) == Ordering::Less)
        };
        named && self.range.as_ref().is_none_or(within)
    }

    /// The more specific mapping is the greater one: by range, then the very name, then the longer beginning.
    fn specific(&self) -> (bool, bool, usize) {
        (self.range.is_some(), !self.name.ends_with('*'), self.name.len())
    }
}

/// The first of some subscripts `(1,"a")`, without parentheses and quotes.
fn first_subscript(text: &str) -> &str {
    let inner = text.trim().trim_start_matches('(').trim_end_matches(')');
    inner.split(',').next().unwrap_or_default().trim().trim_matches('"')
}

/// The order of subscripts: numbers first and by value, then texts.
fn collated(one: &str, other: &str) -> Ordering {
    match (one.parse::<i64>(), other.parse::<i64>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(name: &str, range: Option<(&str, &str)>, database: &str) -> Mapping {
        let range = range.map(|(from, to)| (from.to_owned(), to.to_owned()));
        Mapping { name: name.to_owned(), range, database: database.to_owned() }
    }

    fn layout() -> Layout {
        let mut layout = Layout::default();
        for name in ["DBCUST1", "DBCUST2", "DBOLD", "DBCODE"] {
            layout.databases.push(Database {
                name: name.to_owned(),
                resource: alloc::format!("%DB_{name}"),
                read_only: false,
                unknown: false,
            });
        }
        layout.namespaces.push(Namespace {
            name: "CUST".to_owned(),
            globals: "DBCUST1".to_owned(),
            routines: "DBCODE".to_owned(),
            global_mappings: [
                mapping("Orders", None, "DBCUST2"),
                mapping("Orders", Some(("2020", "2025")), "DBOLD"),
                mapping("Ord*", None, "DBCODE"),
                mapping("%Own", None, "DBCUST2"),
            ]
            .into(),
            routine_mappings: [mapping("Tool*", None, "IRISLIB")].into(),
        });
        layout
    }

    #[test]
    fn the_most_specific_mapping_counts() {
        let layout = layout();
        let place = |name: &str, subscript: &str| {
            layout.place_of("cust", Matter::Globals, name, subscript).unwrap().name.clone()
        };
        for (name, subscript, expected) in [
            ("", "", "DBCUST1"),
            ("^Other", "", "DBCUST1"),
            ("^Orders", "", "DBCUST2"),
            ("Orders", "(2019)", "DBCUST2"),
            ("Orders", "(2020,7)", "DBOLD"),
            ("Orders", "(2024)", "DBOLD"),
            ("Orders", "(2025)", "DBCUST2"),
            ("Orders", "(\"abc\")", "DBCUST2"),
            ("OrdersOld", "", "DBCODE"),
            ("orders", "", "DBCUST1"),
            ("%Any", "", "IRISSYS"),
            ("%Own", "", "DBCUST2"),
        ] {
            assert_eq!(place(name, subscript), expected, "{name}{subscript}");
        }
        let routine = |name: &str| layout.place_of("CUST", Matter::Routines, name, "").unwrap().name.clone();
        assert_eq!((routine("Run"), routine("Toolbox")), ("DBCODE".to_owned(), "IRISLIB".to_owned()));
        assert!(layout.place_of("NONE", Matter::Globals, "", "").is_none());
    }

    #[test]
    fn faults_are_found() {
        assert!(layout().faults().is_empty() && Layout::default().faults().is_empty());
        let mut twice = layout();
        twice.databases.push(twice.databases[0].clone());
        twice.namespaces[0].globals = "NONE".to_owned();
        assert_eq!(twice.faults().len(), 2);
    }
}
