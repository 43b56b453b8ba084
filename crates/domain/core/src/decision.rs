//! Decisions: what roles give on a resource (`authorization.md` sections 11 and 12).
//!
//! Only grants exist; nothing denies. What a process holds on a resource is the union of what its roles store, over
//! all roles they lead to, and of what is public. A holder of `%All` holds everything, on resources that exist and on
//! those that do not. Whatever cannot be read decides "no".

use crate::id::RoleId;
use crate::name;
use crate::permission::Permissions;
use crate::policy::{Closure, Policy};
use crate::privilege::Requirement;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// It is.
    Granted,
    /// It is not.
    Denied,
}

impl Decision {
    /// Tells whether it is granted.
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Granted)
    }

    /// The decision for a yes or no.
    pub const fn of(granted: bool) -> Self {
        if granted { Self::Granted } else { Self::Denied }
    }
}

/// What `Check` answers: with one argument the permissions held, with two whether the wanted ones are (CHK-1, CHK-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Answer {
    /// The permissions held.
    Held(Permissions),
    /// Whether all wanted permissions are held.
    Decided(Decision),
}

impl Answer {
    /// The answer where nothing is held, in the form asked for.
    pub const fn nothing(wanted: Option<&str>) -> Self {
        match wanted {
            None => Self::Held(Permissions::NONE),
            Some(_) => Self::Decided(Decision::Denied),
        }
    }
}

/// The text of the answer: `READ,WRITE` and so on, or `1` or `0`.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(permissions) => fmt::Display::fmt(&permissions.words(), f),
            Self::Decided(decision) => f.write_str(if decision.is_granted() { "1" } else { "0" }),
        }
    }
}

impl Policy {
    /// What the roles hold on a resource.
    pub fn effective(&self, roles: &Closure, resource: &str) -> Permissions {
        if roles.has_all() { Permissions::ALL } else { self.explicit(roles, resource) }
    }

    /// The test that ignores `%All`: what is stored and public. For resources that restrict, such as
    /// `%Secure_Break` (DEC-1, Q14).
    pub fn explicit(&self, roles: &Closure, resource: &str) -> Permissions {
        let Some(resource) = self.resource(resource) else { return Permissions::NONE };
        resource.public | self.stored(roles, resource.id)
    }

    /// Tells whether the roles hold all wanted permissions on a resource; wanting nothing is granted to `%All` alone.
    pub fn granted(&self, roles: &Closure, resource: &str, wanted: Permissions) -> Decision {
        Decision::of(roles.has_all() || (!wanted.is_empty() && self.effective(roles, resource).holds(wanted)))
    }

    /// `Check`, in both forms. An invalid spelling of permissions is granted to `%All` alone (PRM-5).
    pub fn check(&self, roles: &Closure, resource: &str, wanted: Option<&str>) -> Answer {
        let Some(wanted) = wanted else {
            return Answer::Held(self.effective(roles, resource));
        };
        let wanted = wanted.parse().unwrap_or(Permissions::NONE);
        Answer::Decided(self.granted(roles, resource, wanted))
    }

    /// `CheckRolesPermission`: the same for a comma list of roles. One unknown role among them makes the whole call
    /// answer "nothing" (CHK-7, Q20).
    pub fn check_roles(&self, roles: &str, resource: &str, wanted: Option<&str>) -> Answer {
        let ids: Option<Vec<RoleId>> =
            name::list(roles).map(|name| Some(self.roles.named(name)?.id)).collect();
        match ids {
            Some(ids) => self.check(&self.closure(ids), resource, wanted),
            None => Answer::nothing(wanted),
        }
    }

    /// Tells whether everything that a Requires keyword names is held (REQ-3, REQ-4).
    pub fn requires(&self, roles: &Closure, requirement: &Requirement) -> Decision {
        let held = |pair: &crate::privilege::Pair| {
            self.granted(roles, &pair.resource, pair.permissions).is_granted()
        };
        Decision::of(requirement.pairs().iter().all(held))
    }

    /// Tells whether a role stands among the roles, directly or through others; `%All` stands for every role that
    /// exists (USR-7, ALL-7, Q12).
    pub fn holds_role(&self, roles: &Closure, role: &str) -> bool {
        self.roles.named(role).is_some_and(|role| roles.has_all() || roles.contains(role.id))
    }

    /// `GetResourceSet`: the privileges of the roles as a list sorted by resource, without public permissions; `%All`
    /// lists every resource with all permissions but for `%Secure_Break` (`security-users.md` U-13).
    pub fn resource_set(&self, roles: &Closure) -> Vec<(String, Permissions)> {
        let all = |name: &str| roles.has_all() && !name::same(name, "%Secure_Break");
        let mut set: Vec<(String, Permissions)> = self
            .resources
            .iter()
            .map(|resource| {
                let held = self.stored(roles, resource.id);
                let held = if all(resource.name.as_str()) { Permissions::ALL } else { held };
                (resource.name.to_string(), held)
            })
            .filter(|(_, held)| !held.is_empty())
            .collect();
        set.sort_unstable();
        set
    }
}
