//! Rules for changing applications (`authorization.md` sections 14.3 and 19).

use super::{Context, Effect, Entry, Object, Outcome, changed, gone, made};
use crate::application::{Application, MECHANISMS};
use crate::id::{ApplicationId, RoleId};
use crate::name::ApplicationName;
use crate::policy::Policy;
use crate::property::{Properties, assign};
use crate::status::{Code, Status};
use alloc::vec::Vec;

/// Names that web applications may not take (19.1).
const RESERVED: [&str; 4] = ["/csp/docbook", "/images", "/portal", "/deepsee"];

pub(super) fn create(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let invalid = || Status::new(Code::InvalidApplicationName, [name]);
    let checked = ApplicationName::new(name).map_err(|fault| invalid().because(fault))?;
    if is_reserved(name) {
        return Err(invalid().because("the name is reserved"));
    }
    if policy.applications.named(name).is_some() {
        return Err(Status::new(Code::ApplicationAlreadyExists, [name]));
    }
    let blank = Application::new(ApplicationId(context.ids.next_object()), checked);
    let application = with_properties(blank.clone(), properties, policy)?;
    let step = made(Object::Application(application.clone()), &application, &blank, policy, context);
    Ok(Outcome { steps: [step].into(), guard: None })
}

fn is_reserved(name: &str) -> bool {
    let name = crate::name::Folded::of(name);
    let within = |tail: &str| name.as_str().starts_with("/csp/") && name.as_str().ends_with(tail);
    let [whole, tails @ ..] = RESERVED;
    name.as_str() == whole || tails.iter().any(|tail| within(tail) && name.as_str().matches('/').count() == 3)
}

pub(super) fn modify(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, policy)?;
    let new = with_properties(old.clone(), properties, policy)?;
    let step: Option<(Effect, Option<Entry>)> =
        changed(Object::Application(new.clone()), old, &new, policy, context);
    Ok(Outcome { steps: step.into_iter().collect(), guard: None })
}

fn with_properties(
    mut application: Application,
    properties: &Properties,
    policy: &Policy,
) -> Result<Application, Status> {
    let known_targets: Vec<RoleId> = targets(&application);
    let (known_resource, system) = (application.resource.clone(), application.kind & 1);
    assign(&mut application, properties, policy)?;
    // Bit 0 is reserved: it says who made the application, and who did may not be changed (19.1).
    application.kind = application.kind & !1 | system;
    if application.mechanisms & !MECHANISMS != 0 {
        let bits = alloc::format!("{}", application.mechanisms & !MECHANISMS);
        return Err(Status::new(
            Code::InvalidOptionForApplication,
            [bits.as_str(), application.name.as_str()],
        ));
    }
    // A resource that was deleted since stays named, so that the application does not become open to everyone.
    if !application.resource.is_empty() && application.resource != known_resource {
        let unknown = || Status::new(Code::ResourceDoesNotExist, [application.resource.as_str()]);
        application.resource =
            policy.resource(&application.resource).ok_or_else(unknown)?.name.as_str().into();
    }
    let added: Vec<RoleId> =
        targets(&application).into_iter().filter(|id| !known_targets.contains(id)).collect();
    super::role::ordinary(&added, policy)?;
    Ok(application)
}

fn targets(application: &Application) -> Vec<RoleId> {
    application.match_rules.iter().flat_map(|rule| rule.targets.iter().copied()).collect()
}

pub(super) fn delete(name: &str, policy: &Policy, context: &Context<'_>) -> Result<Outcome, Status> {
    let application = find(name, policy)?;
    if application.is_system() {
        return Err(Status::new(Code::CannotDeleteSystemApplication, [name]));
    }
    let blank = Application::new(application.id, application.name.clone());
    let step = gone(&Object::Application(application.clone()), application, &blank, policy, context);
    Ok(Outcome { steps: [step].into(), guard: None })
}

fn find<'a>(name: &str, policy: &'a Policy) -> Result<&'a Application, Status> {
    policy.applications.named(name).ok_or_else(|| Status::new(Code::ApplicationDoesNotExist, [name]))
}
