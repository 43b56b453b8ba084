//! Applications: what may be run, by whom, and with which roles (`authorization.md` section 19).

use crate::id::ApplicationId;
use crate::name::ApplicationName;
use crate::property::{Access, Class, Directory, Field, Kind, MatchRule, field};
use crate::status::{Code, Status};
use alloc::string::String;
use alloc::vec::Vec;

/// An application. Properties of web pages and sessions come with the gate that serves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Its name; fixed.
    pub name: ApplicationName,
    /// What it is for.
    pub description: String,
    /// It may run; 0 stops it for everyone, holders of `%All` included.
    pub enabled: bool,
    /// The resource whose Use is asked; empty: open to everyone.
    pub resource: String,
    /// Application roles and matching roles.
    pub match_rules: Vec<MatchRule>,
    /// Mechanisms of a web application.
    pub mechanisms: i64,
    /// Where a web application runs.
    pub namespace: String,
    /// The class that answers for a REST application.
    pub dispatch_class: String,
    /// Routines and classes that may add the roles: `Name:database:flag`.
    pub routines: Vec<String>,
    /// Bit 0 system, 1 web, 2 privileged routine, 3 client or document database.
    pub kind: i64,
}

impl Application {
    /// An enabled web application that allows unauthenticated use, as the class initially makes it.
    pub fn new(id: ApplicationId, name: ApplicationName) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            enabled: true,
            resource: String::new(),
            match_rules: Vec::new(),
            mechanisms: 64,
            namespace: String::new(),
            dispatch_class: String::new(),
            routines: Vec::new(),
            kind: 2,
        }
    }

    /// Tells whether it was made by the system and so cannot be deleted.
    pub const fn is_system(&self) -> bool {
        self.kind & 1 == 1
    }
}

/// The mechanisms an application may use: bits 2, 5, 6, 11, 13, 14, 20, 21 (`authorization.md` 19.1).
pub(crate) const MECHANISMS: i64 =
    (1 << 2) | (1 << 5) | (1 << 6) | (1 << 11) | (1 << 13) | (1 << 14) | (1 << 20) | (1 << 21);

impl Class for Application {
    const NAME: &'static str = "Security.Applications";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "Enabled" boolean enabled),
        field!(Open "Resource" text(64) resource),
        field!(Open "MatchRoles" matches match_rules),
        field!(Open "AutheEnabled" integer(0, 0xffff_ffff) mechanisms),
        Field {
            name: "NameSpace",
            access: Access::Open,
            kind: Kind::Text { max: 64, get: |a| &a.namespace, set: |a, v| a.namespace = v.to_uppercase() },
        },
        field!(Open "DispatchClass" text(256) dispatch_class),
        field!(Open "Routines" texts(',') routines),
        field!(Open "Type" integer(2, 9) kind),
    ];
}

/// Reads `Match1:Target1:Target2,Match2:Target3`; an empty match is an application role (ESC-12).
pub(crate) fn match_rules(text: &str, directory: &dyn Directory) -> Result<Vec<MatchRule>, Status> {
    let mut rules: Vec<MatchRule> = Vec::new();
    for entry in crate::name::list(text) {
        let rule = match_rule(entry, directory)?;
        if rules.iter().any(|known| known.matched == rule.matched) {
            let name = entry.split(':').next().unwrap_or_default();
            return Err(Status::new(Code::DuplicateMatchRole, [name]));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn match_rule(entry: &str, directory: &dyn Directory) -> Result<MatchRule, Status> {
    let mut names = entry.split(':').map(str::trim);
    let matched = match names.next().unwrap_or_default() {
        "" => None,
        name => {
            Some(directory.role_named(name).ok_or_else(|| Status::new(Code::MatchRoleDoesNotExist, [name]))?)
        }
    };
    let mut targets = Vec::new();
    for name in names.filter(|name| !name.is_empty()) {
        let unknown = || Status::new(Code::TargetRoleDoesNotExist, [name]);
        let target = directory.role_named(name).ok_or_else(unknown)?;
        if targets.contains(&target) {
            return Err(Status::new(Code::DuplicateTargetRole, [name]));
        }
        targets.push(target);
    }
    if targets.is_empty() {
        return Err(Status::new(Code::TargetRoleDoesNotExist, [""])
            .because("write `match:target`, or `:target` for everyone"));
    }
    Ok(MatchRule { matched, targets })
}
