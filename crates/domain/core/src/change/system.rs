//! Rules for changing the system-wide settings: the whole record is judged before it is stored
//! (`authentication.md` section 2, DEC-A02).

use super::{Context, Object, Outcome, changed};
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::property::{Properties, assign};
use crate::status::{Code, Status};
use crate::system::System;
use alloc::boxed::Box;

const LDAP: i64 = 1 << 11;
const LDAP_CACHE: i64 = 1 << 12;
const OS_LDAP: i64 = 1 << 17;
const TWO_FACTOR_SMS: i64 = 1 << 20;

pub(super) fn modify(
    properties: &Properties,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = &policy.system;
    let mut new = old.clone();
    assign(&mut new, properties, policy)?;
    judge(&new, policy)?;
    let step = changed(Object::System(Box::new(new.clone())), old, &new, policy, context);
    Ok(Outcome { steps: step.into_iter().collect(), guard: None })
}

fn judge(system: &System, policy: &Policy) -> Result<(), Status> {
    if !system.required_role.is_empty() && policy.roles.named(&system.required_role).is_none() {
        return Err(
            Status::new(Code::RoleDoesNotExist, [system.required_role.as_str()]).because("RequiredRole")
        );
    }
    if !system.password_pattern.is_empty() && Pattern::parse(&system.password_pattern).is_err() {
        return Err(Status::new(Code::InvalidPasswordPattern, [system.password_pattern.as_str()]));
    }
    let needs_partner = |bit: i64, partner: bool| system.mechanisms & bit != 0 && !partner;
    if needs_partner(LDAP_CACHE, system.mechanisms & (LDAP | OS_LDAP) != 0) {
        return Err(Status::general("LDAP with cached credentials needs LDAP switched on in AutheEnabled"));
    }
    if needs_partner(TWO_FACTOR_SMS, !system.mail_server.is_empty() && !system.two_factor_from.is_empty()) {
        return Err(Status::general("codes by text message need SMTPServer and TwoFactorFrom"));
    }
    Ok(())
}
