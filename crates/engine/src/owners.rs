//! Who holds a role directly (`admin-api.md` section 7).

use crate::engine::Engine;
use crate::{Refusal, Session};
use sclera_core::name::Folded;
use sclera_core::status::{Code, Status};
use sclera_store::port::{Activity, Read, Store};

/// How somebody holds a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// A user, as a role of the login.
    User,
    /// A role that grants it.
    Role,
    /// A user, as a role to escalate to.
    Escalation,
}

impl Holding {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Role => "Role",
            Self::Escalation => "User (escalation)",
        }
    }
}

/// Somebody who holds a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The name of the user or role.
    pub name: String,
    /// How it is held.
    pub holding: Holding,
    /// The holder may pass it on by SQL.
    pub may_pass_on: bool,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Who holds a role directly: roles first, then users in the order of their names, so many at most.
    pub fn owners(&self, session: &Session, role: &str, limit: usize) -> Result<Vec<Owner>, Refusal> {
        self.require_secure(session, "list of the owners of a role")?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let role = policy.roles.named(role).ok_or_else(|| Status::new(Code::RoleDoesNotExist, [role]))?;
        let granting = policy.roles.iter().filter(|other| other.grants.contains(&role.id));
        let mut owners: Vec<Owner> = granting
            .map(|other| Owner { name: other.name.to_string(), holding: Holding::Role, may_pass_on: false })
            .collect();
        owners.sort_by(|a, b| a.name.cmp(&b.name));
        let mut after: Option<Folded> = None;
        while owners.len() < limit {
            let page = reading.users_after(after.as_ref())?;
            let Some(last) = page.last() else { break };
            after = Some(last.folded());
            for row in &page {
                let user = row.user()?;
                let mut add = |holding, may_pass_on| {
                    owners.push(Owner { name: user.name.to_string(), holding, may_pass_on });
                };
                if user.roles.contains(&role.id) {
                    add(Holding::User, user.admin_roles.contains(&role.id));
                }
                if user.escalation_roles.contains(&role.id) {
                    add(Holding::Escalation, false);
                }
            }
        }
        owners.truncate(limit);
        Ok(owners)
    }
}
