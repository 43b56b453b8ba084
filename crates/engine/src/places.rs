//! `GetGlobalPermission`, `GetRoutinePermission` and their checks: what a session may do in the database that a global
//! or routine of a namespace lies in (`authorization.md` CHK-8).

use crate::engine::Engine;
use crate::{Refusal, Session};
use sclera_core::decision::Decision;
use sclera_core::layout::{Access, Layout, Matter};
use sclera_core::permission::Permissions;
use sclera_core::property::Properties;
use sclera_store::port::{Activity, Store};

impl<S: Store, A: Activity> Engine<S, A> {
    /// The databases and namespaces of the instance.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// `READ,WRITE`, `READ`, `UNKNOWN`, or nothing; anyone may ask about themselves. A name left empty stands for the
    /// namespace's own database. What is not there gives nothing.
    pub fn place_permission(
        &self,
        session: &Session,
        namespace: &str,
        matter: Matter,
        name: &str,
        subscript: &str,
    ) -> Result<String, Refusal> {
        Ok(match self.access_of(session, namespace, matter, name, subscript)? {
            Some(Access::Held(held)) => held.words().to_string(),
            Some(Access::Unknown) => "UNKNOWN".to_owned(),
            None => String::new(),
        })
    }

    /// Whether all of some permissions, as `READ` or `R,W`, are held; what cannot be read as permissions is not held.
    pub fn place_check(
        &self,
        session: &Session,
        permissions: &str,
        namespace: &str,
        matter: Matter,
        name: &str,
        subscript: &str,
    ) -> Result<Decision, Refusal> {
        let wanted: Permissions = permissions.parse().unwrap_or(Permissions::NONE);
        let access = self.access_of(session, namespace, matter, name, subscript)?;
        let held = |held: Permissions| !wanted.is_empty() && held.holds(wanted);
        Ok(Decision::of(matches!(access, Some(Access::Held(found)) if held(found))))
    }

    /// The namespaces, with their databases and whether the session may enter them (DBS-6).
    pub fn namespaces(&self, session: &Session) -> Result<Vec<Properties>, Refusal> {
        session.alive(self.world.now())?;
        let now = self.settings()?;
        let policy = &session.settings.policy;
        let roles = policy.closure_of_living(session.process().roles(), |id| now.policy.role(id).is_some());
        let rows = self.layout.namespaces.iter().map(|namespace| {
            Properties::new()
                .with("Name", namespace.name.as_str())
                .with("Globals", namespace.globals.as_str())
                .with("Routines", namespace.routines.as_str())
                .with("MayEnter", self.layout.may_enter(policy, &roles, &namespace.name).is_granted())
        });
        Ok(rows.collect())
    }

    /// A session decides from the settings of its login; what was deleted since counts at once.
    fn access_of(
        &self,
        session: &Session,
        namespace: &str,
        matter: Matter,
        name: &str,
        subscript: &str,
    ) -> Result<Option<Access>, Refusal> {
        session.alive(self.world.now())?;
        let now = self.settings()?;
        let policy = &session.settings.policy;
        let roles = policy.closure_of_living(session.process().roles(), |id| now.policy.role(id).is_some());
        Ok(self.layout.access(policy, &roles, (namespace, matter), name, subscript))
    }
}
