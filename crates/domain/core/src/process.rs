//! The roles of a running process: `$USERNAME` and `$ROLES` (`authorization.md` section 10).
//!
//! ```text
//! login ──► login roles ─┬─► $ROLES = login roles ∪ added roles, by number
//!                        │
//! SET $ROLES ─► added roles (replaced as a whole; "" drops them)
//! NEW $ROLES ─► user, login and added roles are stacked; the end of the frame brings them back
//! ```

use crate::decision::Decision;
use crate::id::RoleId;
use crate::name;
use crate::permission::Permissions;
use crate::policy::{Closure, Policy};
use crate::property::{Directory, roles_text};
use crate::role::in_order;
use crate::status::{Code, Status};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Why `SET $ROLES` was refused; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetRefused {
    /// `<PROTECT>`: the process may not add roles (PRC-5).
    Protect,
    /// A role named does not exist (PRC-6).
    Unknown(Status),
}

/// Where the code that runs was stored; code of the system database may add roles (PRC-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOrigin {
    /// Stored in the system database and executed normally.
    SystemDatabase,
    /// Any other code.
    Elsewhere,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    user: String,
    login: Vec<RoleId>,
    added: Vec<RoleId>,
}

/// A process with its user and roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    now: Identity,
    stack: Vec<Identity>,
}

/// The resource whose Write allows a process to add roles.
const SYSTEM_DATABASES: [&str; 2] = ["%DB_IRISSYS", "%DB_CACHESYS"];

impl Process {
    /// A process of a user that logged in with these roles.
    pub fn new(user: &str, login: &[RoleId]) -> Self {
        Self {
            now: Identity { user: user.to_string(), login: in_order(login), added: Vec::new() },
            stack: Vec::new(),
        }
    }

    /// `$USERNAME`.
    pub fn user(&self) -> &str {
        &self.now.user
    }

    /// The ids of `$ROLES`, by number (PRC-8).
    pub fn roles(&self) -> Vec<RoleId> {
        in_order(&[self.now.login.as_slice(), self.now.added.as_slice()].concat())
    }

    /// `$ROLES`: login and added roles, without those reached through them (ROL-6).
    pub fn roles_text(&self, policy: &Policy) -> String {
        roles_text(&self.roles(), policy)
    }

    /// Everything the process holds roles by.
    pub fn closure(&self, policy: &Policy) -> Closure {
        policy.closure(self.roles())
    }

    /// `SET $ROLES = list`: replaces the added roles. Anyone may drop them with an empty list; naming any role, even
    /// one already held, is a restricted capability (PRC-3 to PRC-7).
    pub fn set_roles(&mut self, list: &str, code: CodeOrigin, policy: &Policy) -> Result<(), SetRefused> {
        let names: Vec<&str> = name::list(list).collect();
        if !names.is_empty() && code == CodeOrigin::Elsewhere && !self.may_add_roles(policy).is_granted() {
            return Err(SetRefused::Protect);
        }
        let mut added = Vec::new();
        for name in names {
            let unable = || SetRefused::Unknown(Status::new(Code::UnableToAddRole, [self.user(), name]));
            added.push(policy.role_named(name).ok_or_else(unable)?);
        }
        self.now.added = added.into_iter().filter(|role| !self.now.login.contains(role)).collect();
        Ok(())
    }

    fn may_add_roles(&self, policy: &Policy) -> Decision {
        let closure = self.closure(policy);
        let writes = |resource: &&str| policy.granted(&closure, resource, Permissions::WRITE).is_granted();
        if SYSTEM_DATABASES.iter().any(writes) { Decision::Granted } else { Decision::Denied }
    }

    /// `NEW $ROLES`: stacks user and roles; the values stay as they are (PRC-9).
    pub fn push_roles(&mut self) {
        self.stack.push(self.now.clone());
    }

    /// The end of the frame of the last `NEW $ROLES`, normal or by error.
    pub fn pop_roles(&mut self) {
        if let Some(before) = self.stack.pop() {
            self.now = before;
        }
    }

    /// A change of identity by `Login`: the new user's login roles, no added roles (PRC-13, Q18).
    pub fn become_user(&mut self, user: &str, login: &[RoleId]) {
        self.now = Identity { user: user.to_string(), login: in_order(login), added: Vec::new() };
    }
}
