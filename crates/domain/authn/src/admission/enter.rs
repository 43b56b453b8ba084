//! The last steps: the required role, Use on the service and the application, and the record of the login
//! (`services.md` section 8, steps 10 to 14).

use super::{Admission, Admitted, Client, Effect, Finding, Stage, Step, Success, Told, is_nobody};
use crate::mechanism::Mechanism;
use sclera_core::id::RoleId;
use sclera_core::permission::Permissions;
use sclera_core::policy::{Closure, Policy};
use sclera_core::property::roles_text;
use sclera_core::service::Service;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;

/// The resource that guards SQL; a holder of any SQL privilege has its Use for the connection (`services.md` 2.1).
const SQL: &str = "%Service_SQL";

impl Admission {
    pub(super) fn enter(mut self: Box<Self>, policy: &Policy, _: Timestamp) -> Step {
        let roles = self.login_roles(policy);
        let judged = self.may_enter(&policy.closure(roles.iter().copied()), policy);
        if let Err(status) = judged {
            let weight = self.weight();
            return self.refuse(status, weight, Told::AccessDenied, policy);
        }
        self.note("service", Finding::Passed("the roles give Use, or it is public".to_owned()));
        let Some(proven) = &self.proven else { return self.nothing_left(policy) };
        let recorded = self.situation.emergency.is_none() && !is_nobody(&proven.user);
        let success = Success {
            name: proven.user.name.to_string(),
            user: recorded.then_some(proven.user.id),
            mechanism: proven.mechanism,
            roles: roles_text(&roles, policy),
            forgets: proven.forgets,
            typed: self.typed.as_ref().map(|typed| typed.name.clone()),
        };
        self.perform(Effect::RecordSuccess(success), Stage::Succeeded)
    }

    /// The roles of the account and of `_PUBLIC`; deleted ones are left out (`authentication.md` 15.2).
    fn login_roles(&self, policy: &Policy) -> Vec<RoleId> {
        if self.situation.emergency.is_some() {
            return policy.all_role().into_iter().collect();
        }
        let Some(proven) = &self.proven else { return Vec::new() };
        let all = proven.user.roles.iter().chain(&proven.public_roles).copied();
        let mut roles: Vec<RoleId> = Vec::new();
        for role in all.filter(|role| policy.role(*role).is_some()) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        roles
    }

    fn may_enter(&mut self, held: &Closure, policy: &Policy) -> Result<(), Status> {
        holds_required_role(held, policy)?;
        self.may_use_service(held, policy)?;
        self.attempt.application.as_deref().map_or(Ok(()), |name| may_use_application(held, name, policy))
    }

    fn may_use_service(&self, held: &Closure, policy: &Policy) -> Result<(), Status> {
        let service = self.service(policy)?;
        let name = service.name.as_str();
        let holds_sql = self.proven.as_ref().is_some_and(|proven| proven.holds_sql);
        let may = match self.attempt.client {
            Client::Sql => holds_use(policy, held, SQL) || holds_sql,
            Client::PerCall => true,
            Client::Other => holds_service(held, service, policy),
        };
        if may { Ok(()) } else { Err(Status::new(Code::NotAuthorizedForService, [name])) }
    }

    /// The end: a session may begin.
    pub(super) fn granted(self: Box<Self>, policy: &Policy) -> Step {
        let roles = self.login_roles(policy);
        let emergency = self.situation.emergency.is_some();
        let Admission { attempt, proven, token, trace, .. } = *self;
        let Some(proven) = proven else {
            let status = Status::general("nobody was proven");
            let told = Told::AccessDenied;
            return Step::Refused(Box::new(super::Refused { status, told, wait: 0, trace }));
        };
        let by_sql = attempt.client == Client::Sql && proven.holds_sql;
        Step::Granted(Box::new(Admitted {
            name: proven.user.name.to_string(),
            user: (!emergency).then_some(proven.user.id),
            roles,
            service: attempt.service,
            application: attempt.application,
            mechanism: proven.mechanism,
            second_factor: proven.second_factor,
            uses: if by_sql { vec![SQL] } else { Vec::new() },
            namespace: proven.user.namespace.clone(),
            routine: proven.user.routine.clone(),
            attributes: proven.user.attributes.clone(),
            emergency: emergency && proven.mechanism == Mechanism::Password,
            token,
            trace,
        }))
    }
}

/// Whether somebody who was admitted may go on with the roles of now: what the last steps of an admission ask, for a
/// session that outlives the settings of its login.
pub fn may_go_on(
    held: &Closure,
    service: &str,
    application: Option<&str>,
    policy: &Policy,
) -> Result<(), Status> {
    let found = policy.services.named(service).filter(|service| service.enabled);
    let found = found.ok_or_else(|| Status::new(Code::ServiceDisabled, [service]))?;
    holds_required_role(held, policy)?;
    if !holds_service(held, found, policy) {
        return Err(Status::new(Code::NotAuthorizedForService, [service]));
    }
    application.map_or(Ok(()), |name| may_use_application(held, name, policy))
}

fn holds_required_role(held: &Closure, policy: &Policy) -> Result<(), Status> {
    let required = policy.system.required_role.as_str();
    if required.is_empty() || policy.holds_role(held, required) {
        return Ok(());
    }
    Err(Status::new(Code::RequiredRoleMissing, [required]))
}

fn holds_service(held: &Closure, service: &Service, policy: &Policy) -> bool {
    service.resources.iter().any(|resource| holds_use(policy, held, resource))
}

/// An application without a resource is open to everybody.
fn may_use_application(held: &Closure, name: &str, policy: &Policy) -> Result<(), Status> {
    let guard = policy.applications.named(name).map(|found| found.resource.as_str()).unwrap_or_default();
    if guard.is_empty() || holds_use(policy, held, guard) {
        return Ok(());
    }
    Err(Status::plain(Code::AccessDenied)
        .because(format!("Use of {guard} is missing for application {name}")))
}

fn holds_use(policy: &Policy, held: &Closure, resource: &str) -> bool {
    policy.granted(held, resource, Permissions::USE).is_granted()
}
