//! Which crate may use which.
//!
//! Every crate lives in a room, told by its directory, and arrows between rooms point one way:
//!
//! ```text
//! apps → gates → engine → store → domain → core
//!   └──→ sclera ───┘        ↑
//!           └──→ adapters ──┘
//! ```
//!
//! The library also brings its macros, which use core alone, and the C interface, which uses the library alone, and a client of the HTTP interface, which uses nobody. Gates share
//! one of them, `gates/tcp`, which knows how connections are taken and let go.
//!
//! Dependencies of tests are free; all others are checked.

use crate::workspace::Package;

/// Every dependency that points against the arrows, and every crate outside all rooms.
pub(crate) fn violations(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(|package| violations_of(package, packages)).collect()
}

fn violations_of(package: &Package, packages: &[Package]) -> Vec<String> {
    let Some(room) = Room::of(&package.directory) else {
        return vec![format!("crate {} is in no room: `{}`", package.name, package.directory)];
    };
    let room_of = |name: &str| {
        packages.iter().find(|package| package.name == name).and_then(|package| Room::of(&package.directory))
    };
    package
        .dependencies
        .iter()
        .filter(|dependency| !dependency.is_dev)
        // A crate without a room has its own violation.
        .filter_map(|dependency| Some((dependency, room_of(&dependency.name)?)))
        .filter(|(_, other)| !room.may_use(*other))
        .map(|(dependency, other)| {
            let rule = if other == Room::Testkit { "testkit is for tests only" } else { room.rule() };
            format!("crate {} may not use crate {}: {rule}", package.name, dependency.name)
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Core,
    Domain,
    Store,
    Engine,
    Adapter,
    Port,
    Gate,
    Library,
    Macros,
    CInterface,
    Application,
    Client,
    Example,
    Testkit,
    Xtask,
}

impl Room {
    pub(crate) fn of(directory: &str) -> Option<Self> {
        match directory.split('/').collect::<Vec<_>>().as_slice() {
            ["crates", "domain", "core"] => Some(Self::Core),
            ["crates", "domain", _] => Some(Self::Domain),
            ["crates", "store"] => Some(Self::Store),
            ["crates", "engine"] => Some(Self::Engine),
            ["crates", "adapters", _] => Some(Self::Adapter),
            ["crates", "gates", "tcp"] => Some(Self::Port),
            ["crates", "gates", _] => Some(Self::Gate),
            ["crates", "sclera"] => Some(Self::Library),
            ["crates", "sclera-macros"] => Some(Self::Macros),
            ["crates", "sclera-capi"] => Some(Self::CInterface),
            ["crates", "apps", _] => Some(Self::Application),
            ["crates", "client"] => Some(Self::Client),
            ["examples", _] => Some(Self::Example),
            ["crates", "testkit"] => Some(Self::Testkit),
            ["xtask"] => Some(Self::Xtask),
            _ => None,
        }
    }

    fn may_use(self, other: Self) -> bool {
        use Room::{
            Adapter, Application, CInterface, Client, Core, Domain, Engine, Example, Gate, Library, Macros,
            Port, Store, Testkit, Xtask,
        };
        match self {
            Core | Client | Xtask => false,
            Domain | Macros => matches!(other, Core),
            Store => matches!(other, Core | Domain),
            Engine | Adapter => matches!(other, Core | Domain | Store),
            // The engine is generic over the port, so whoever names it names the port.
            Port => matches!(other, Core | Domain | Store | Engine),
            Gate => matches!(other, Core | Domain | Store | Engine | Port),
            CInterface => matches!(other, Library),
            Example => matches!(other, Client),
            Library => matches!(other, Core | Domain | Store | Engine | Adapter | Macros),
            Testkit => matches!(other, Core | Domain | Store | Engine | Adapter),
            Application => {
                matches!(
                    other,
                    Core | Domain | Store | Engine | Adapter | Port | Gate | Library | Application
                )
            }
        }
    }

    fn rule(self) -> &'static str {
        match self {
            Self::Core => "core uses no other crate of the workspace",
            Self::Domain => "a domain crate uses core alone",
            Self::Store => "the store uses the domain alone",
            Self::Engine => "the engine uses the store and the domain",
            Self::Adapter => "an adapter uses the store and the domain",
            Self::Port => "what gates share uses the engine, the store and the domain",
            Self::Gate => "a gate uses the engine, the store, the domain and what gates share",
            Self::Macros => "the macros use core alone, and what they make uses the library",
            Self::CInterface => "the C interface uses the library alone",
            Self::Library => "the library uses neither gates nor applications",
            Self::Application => "nothing uses xtask",
            Self::Client => "a client knows the interface alone",
            Self::Example => "an example uses a client alone",
            Self::Testkit => "testkit uses neither the library, gates nor applications",
            Self::Xtask => "xtask stands alone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    const CRATES: [(&str, &str); 16] = [
        ("core", "crates/domain/core"),
        ("authn", "crates/domain/authn"),
        ("exchange", "crates/domain/exchange"),
        ("store", "crates/store"),
        ("engine", "crates/engine"),
        ("sqlite", "crates/adapters/sqlite"),
        ("os", "crates/adapters/os"),
        ("local", "crates/gates/local"),
        ("sclera", "crates/sclera"),
        ("macros", "crates/sclera-macros"),
        ("capi", "crates/sclera-capi"),
        ("cli", "crates/apps/sclera"),
        ("client", "crates/client"),
        ("example", "examples/axum"),
        ("testkit", "crates/testkit"),
        ("xtask", "xtask"),
    ];

    /// The workspace in which the first crate uses the second.
    fn workspace(user: &str, used: &str, is_dev: bool) -> Vec<Package> {
        let dependencies = |name: &str| {
            if name == user { vec![Dependency { name: used.into(), is_dev }] } else { vec![] }
        };
        CRATES
            .iter()
            .map(|(name, directory)| Package {
                name: (*name).into(),
                directory: (*directory).into(),
                roots: vec![],
                dependencies: dependencies(name),
            })
            .collect()
    }

    #[test]
    fn exactly_the_arrows_of_the_design_are_allowed() {
        let allowed = [
            ("core", ""),
            ("authn", "core"),
            ("exchange", "core"),
            ("store", "core authn exchange"),
            ("engine", "core authn exchange store"),
            ("sqlite", "core authn exchange store"),
            ("os", "core authn exchange store"),
            ("local", "core authn exchange store engine"),
            ("sclera", "core authn exchange store engine sqlite os macros"),
            ("macros", "core"),
            ("capi", "sclera"),
            ("cli", "core authn exchange store engine sqlite os local sclera"),
            ("client", ""),
            ("example", "client"),
            ("testkit", "core authn exchange store engine sqlite os"),
            ("xtask", ""),
        ];
        for (user, uses) in allowed {
            for (used, _) in CRATES.iter().filter(|(used, _)| *used != user) {
                let found = violations(&workspace(user, used, false));
                let is_allowed = uses.split(' ').any(|name| name == *used);
                assert_eq!(found.is_empty(), is_allowed, "{user} -> {used}: {found:?}");
            }
        }
    }

    #[test]
    fn a_violation_names_both_crates_and_the_rule() {
        assert_eq!(
            violations(&workspace("authn", "exchange", false)),
            ["crate authn may not use crate exchange: a domain crate uses core alone"]
        );
        assert_eq!(
            violations(&workspace("engine", "testkit", false)),
            ["crate engine may not use crate testkit: testkit is for tests only"]
        );
    }

    #[test]
    fn tests_may_use_anything() {
        assert!(violations(&workspace("core", "testkit", true)).is_empty());
    }

    #[test]
    fn a_crate_outside_all_rooms_is_found() {
        let cellar = Package {
            name: "wine".into(),
            directory: "crates/cellar".into(),
            roots: vec![],
            dependencies: vec![],
        };
        assert_eq!(violations(&[cellar]), ["crate wine is in no room: `crates/cellar`"]);
    }
}
