//! Roles: privileges under a name, and roles that hold other roles (`authorization.md` section 7).

use crate::id::{ResourceId, RoleId};
use crate::name::RoleName;
use crate::permission::Permissions;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// The role that holds everything by rule (section 8).
pub const ALL: &str = "%All";

/// Where a role comes from, which decides what may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Made by an administrator.
    Created,
    /// Made with the instance; may be modified, never deleted (ROL-14).
    Predefined,
    /// `%All`: by rule, neither modified nor deleted (ALL-2).
    Everything,
    /// Comes with the database resource of its name and goes with it; never modified (ROL-9).
    Database,
}

const ORIGINS: [(Origin, &str); 4] = [
    (Origin::Created, "created"),
    (Origin::Predefined, "predefined"),
    (Origin::Everything, "everything"),
    (Origin::Database, "database"),
];

impl Origin {
    /// The word by which it is stored and shown.
    pub fn word(self) -> &'static str {
        ORIGINS.iter().find(|(origin, _)| *origin == self).map_or("", |(_, word)| word)
    }
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name; fixed.
    pub name: RoleName,
    /// What it is for.
    pub description: String,
    /// The privileges stored on it; nothing is stored on `%All`.
    pub privileges: BTreeMap<ResourceId, Permissions>,
    /// The roles that its holders get with it (ROL-4).
    pub grants: Vec<RoleId>,
    /// It can be taken by escalation only (Q10).
    pub escalation_only: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// The privileges among the stored ones that rest on an assumption of ours and on no source.
    pub assumed: String,
}

impl Role {
    /// A role that holds nothing.
    pub fn new(id: RoleId, name: RoleName, origin: Origin) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            privileges: BTreeMap::new(),
            grants: Vec::new(),
            escalation_only: false,
            origin,
            assumed: String::new(),
        }
    }

    /// Tells whether its definition may be changed.
    pub fn is_editable(&self) -> bool {
        matches!(self.origin, Origin::Created | Origin::Predefined)
    }
}

impl Class for Role {
    const NAME: &'static str = "Security.Roles";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "Resources" privileges privileges),
        field!(Open "GrantedRoles" roles grants),
        field!(Open "EscalationOnly" boolean escalation_only),
        Field {
            name: "Origin",
            access: Access::Internal,
            kind: Kind::Choice {
                words: &["created", "predefined", "everything", "database"],
                get: |r| r.origin.word(),
                set: |r, word| {
                    r.origin = ORIGINS
                        .iter()
                        .find(|(_, known)| *known == word)
                        .map_or(Origin::Database, |(o, _)| *o);
                },
            },
        },
        field!(Internal "Assumed" text(4096) assumed),
    ];
}

/// The order in which roles are listed in `$ROLES`: by number (`authorization.md` PRC-8, Q19).
pub fn in_order(roles: &[RoleId]) -> Vec<RoleId> {
    let mut ordered = roles.to_owned();
    ordered.sort_unstable();
    ordered.dedup();
    ordered
}
