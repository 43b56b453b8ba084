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

/// What a change of roles asks of settings, in whichever form they are at hand.
pub trait Settings {
    /// The role of a name.
    fn role_named(&self, name: &str) -> Option<RoleId>;
    /// Tells whether roles hold permissions on a resource.
    fn granted_to(&self, roles: &[RoleId], resource: &str, wanted: Permissions) -> Decision;
}

impl Settings for Policy {
    fn role_named(&self, name: &str) -> Option<RoleId> {
        Directory::role_named(self, name)
    }

    fn granted_to(&self, roles: &[RoleId], resource: &str, wanted: Permissions) -> Decision {
        self.granted(&self.closure(roles.iter().copied()), resource, wanted)
    }
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
    before_escalation: Option<Identity>,
}

/// The resource whose Write allows a process to add roles.
const SYSTEM_DATABASES: [&str; 2] = ["%DB_IRISSYS", "%DB_CACHESYS"];

impl Process {
    /// A process of a user that logged in with these roles.
    pub fn new(user: &str, login: &[RoleId]) -> Self {
        Self {
            now: Identity { user: user.to_string(), login: in_order(login), added: Vec::new() },
            stack: Vec::new(),
            before_escalation: None,
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
    pub fn set_roles(
        &mut self,
        list: &str,
        code: CodeOrigin,
        settings: &impl Settings,
    ) -> Result<(), SetRefused> {
        let names: Vec<&str> = name::list(list).collect();
        if !names.is_empty() && code == CodeOrigin::Elsewhere && !self.may_add_roles(settings).is_granted() {
            return Err(SetRefused::Protect);
        }
        let mut added = Vec::new();
        for name in names {
            let unable = || SetRefused::Unknown(Status::new(Code::UnableToAddRole, [self.user(), name]));
            added.push(settings.role_named(name).ok_or_else(unable)?);
        }
        self.now.added.clear();
        self.add_roles(&added);
        Ok(())
    }

    /// Adds roles to those added before, as an application does (ESC-11); login roles stay what they are.
    pub fn add_roles(&mut self, roles: &[RoleId]) {
        let login = &self.now.login;
        let new = roles.iter().copied().filter(|role| !login.contains(role));
        self.now.added = in_order(&self.now.added.iter().copied().chain(new).collect::<Vec<_>>());
    }

    fn may_add_roles(&self, settings: &impl Settings) -> Decision {
        let roles = self.roles();
        let writes = |resource: &&str| settings.granted_to(&roles, resource, Permissions::WRITE).is_granted();
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

    /// Takes a role in place of all others, for the same user (ESC-2). Taking another while one is taken replaces that one.
    pub fn escalate(&mut self, role: RoleId) {
        let user = self.now.user.clone();
        let taken = Identity { user, login: alloc::vec![role], added: Vec::new() };
        let before = core::mem::replace(&mut self.now, taken);
        self.before_escalation.get_or_insert(before);
    }

    /// Gives the role back; the roles of before count again (ESC-6). Without one nothing happens.
    pub fn clear_escalation(&mut self) {
        if let Some(before) = self.before_escalation.take() {
            self.now = before;
        }
    }

    /// Tells whether a role was taken in place of the others.
    pub const fn is_escalated(&self) -> bool {
        self.before_escalation.is_some()
    }

    /// A change of identity by `Login`: the new user's login roles, no added roles (PRC-13, Q18).
    pub fn become_user(&mut self, user: &str, login: &[RoleId]) {
        self.now = Identity { user: user.to_string(), login: in_order(login), added: Vec::new() };
    }
}
