//! Rules for changing roles (`authorization.md` section 7).

use super::resource::room;
use super::{Context, Effect, Entry, Facts, Object, Outcome, Principal, changed, gone, made};
use crate::id::RoleId;
use crate::name::{Folded, RoleName, same};
use crate::policy::Policy;
use crate::property::{Difference, Properties, assign, joined};
use crate::role::{Origin, Role};
use crate::service::Service;
use crate::sql::Grantee;
use crate::status::{Code, Status};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(super) fn create(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    facts: &Facts,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let invalid = |fault| Status::new(Code::InvalidRoleName, [name]).because(fault);
    let checked = RoleName::new(name).map_err(invalid)?;
    match facts.principals.get(&Folded::of(name)) {
        Some(Principal::Role(_)) => return Err(Status::new(Code::RoleAlreadyExists, [name])),
        Some(Principal::User(_)) => return Err(Status::plain(Code::UserAndRoleSameName)),
        None => room(policy.roles.len(), policy.system.maximum_roles, Code::MaximumRoles)?,
    }
    let blank = Role::new(RoleId(context.ids.next_object()), checked, Origin::Created);
    let mut role = blank.clone();
    assign(&mut role, properties, policy)?;
    ordinary(&role.grants, policy)?;
    let step = made(Object::Role(role.clone()), &role, &blank, policy, context);
    Ok(Outcome { steps: [step].into(), guard: None })
}

pub(super) fn modify(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, policy)?;
    let mut new = old.clone();
    assign(&mut new, properties, policy)?;
    if new != *old && !old.is_editable() {
        return Err(Status::new(Code::CannotModifyRole, [name]));
    }
    let added: Vec<RoleId> = new.grants.iter().copied().filter(|id| !old.grants.contains(id)).collect();
    ordinary(&added, policy)?;
    no_cycle(&new, policy)?;
    if new.escalation_only && !old.escalation_only {
        only_for_escalation(old, policy, facts)?;
    }
    let step = changed(Object::Role(new.clone()), old, &new, policy, context);
    // Only what it grants decides whether its holders hold %All.
    let guard = (old.grants != new.grants).then(|| {
        Status::new(Code::CannotModifyRole, [name])
            .because("no user would be left that holds %All and can log in")
    });
    Ok(Outcome { steps: step.into_iter().collect(), guard })
}

/// Gives a role another name. Users, roles and applications hold it by its number; what names it goes along: the address
/// lists of services, and the role that everyone must own to connect.
pub(super) fn rename(
    name: &str,
    new_name: &str,
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, policy)?;
    if old.origin != Origin::Created {
        return Err(Status::new(Code::CannotModifyRole, [name]).because("its name is fixed"));
    }
    let invalid = |fault| Status::new(Code::InvalidRoleName, [new_name]).because(fault);
    let checked = RoleName::new(new_name).map_err(invalid)?;
    match facts.principals.get(&Folded::of(new_name)) {
        Some(Principal::User(_)) => return Err(Status::plain(Code::UserAndRoleSameName)),
        Some(Principal::Role(id)) if *id != old.id => {
            return Err(Status::new(Code::RoleAlreadyExists, [new_name]));
        }
        _ => {}
    }
    if checked.as_str() == old.name.as_str() {
        return Ok(Outcome::default());
    }
    let new = Role { name: checked, ..old.clone() };
    let (before, after) = (old.name.to_string(), new.name.to_string());
    let told = Difference { property: "Name".to_string(), old: before.clone(), new: after.clone() };
    let entry = super::entry(super::Action::Modify, &Object::Role(new.clone()), [told].into());
    let mut steps = Vec::from([
        (Effect::Drop(super::Kind::Role, u64::from(old.id.0)), None),
        (Effect::Put(Object::Role(new)), Some(entry)),
    ]);
    for old in policy.services.iter() {
        let mut new = old.clone();
        let renamed = old.client_systems.iter().map(|entry| entry_renamed(entry, &before, &after));
        new.client_systems = renamed.collect();
        steps.extend(changed(Object::Service(new.clone()), old, &new, policy, context));
    }
    if same(&policy.system.required_role, &before) {
        let mut new = policy.system.clone();
        new.required_role = after;
        let object = Object::System(Box::new(new.clone()));
        steps.extend(changed(object, &policy.system, &new, policy, context));
    }
    Ok(Outcome { steps, guard: None })
}

fn entry_renamed(entry: &str, before: &str, after: &str) -> String {
    let Some((address, roles)) = entry.split_once('|') else { return entry.to_string() };
    let renamed = |name: &str| if same(name, before) { after.to_string() } else { name.to_string() };
    alloc::format!("{address}|{}", joined(crate::name::list(roles).map(renamed), ","))
}

pub(super) fn delete(name: &str, policy: &Policy, context: &Context<'_>) -> Result<Outcome, Status> {
    let role = find(name, policy)?;
    let cannot = || Status::new(Code::CannotDeleteRole, [name]);
    match role.origin {
        Origin::Created => {}
        Origin::Database => return Err(cannot().because("it goes with the resource of its name")),
        Origin::Predefined | Origin::Everything => return Err(cannot().because("it is predefined")),
    }
    not_required(role, policy)?;
    let guard = cannot().because("no user would be left that holds %All and can log in");
    Ok(Outcome { steps: departure(role, policy, context), guard: Some(guard) })
}

/// Refuses to part with the role that everyone must own to connect: without it nobody could.
pub(super) fn not_required(role: &Role, policy: &Policy) -> Result<(), Status> {
    if same(&policy.system.required_role, role.name.as_str()) {
        return Err(Status::new(Code::CannotDeleteRole, [role.name.as_str()])
            .because("it is the RequiredRole of the instance"));
    }
    Ok(())
}

/// Everything that goes with a role: itself, its SQL privileges, and its place in applications and in the address
/// lists of services. Users and roles that hold it keep a dead id, which gives nothing (ROL-13, Q13).
pub(super) fn departure(role: &Role, policy: &Policy, context: &Context<'_>) -> Vec<(Effect, Option<Entry>)> {
    let blank = Role::new(role.id, role.name.clone(), role.origin);
    let mut steps = Vec::from([gone(&Object::Role(role.clone()), role, &blank, policy, context)]);
    steps.push((Effect::DropSqlOf(Grantee::Role(role.id)), None));
    for old in policy.applications.iter() {
        let mut new = old.clone();
        new.match_rules.retain(|rule| rule.matched != Some(role.id));
        new.match_rules.iter_mut().for_each(|rule| rule.targets.retain(|target| *target != role.id));
        new.match_rules.retain(|rule| !rule.targets.is_empty());
        steps.extend(changed(Object::Application(new.clone()), old, &new, policy, context));
    }
    for old in policy.services.iter() {
        let new = without_role(old, role.name.as_str());
        steps.extend(changed(Object::Service(new.clone()), old, &new, policy, context));
    }
    steps
}

/// Takes a role out of entries such as `10.0.0.1|Reader,Writer`. An entry that named only this role goes as a whole:
/// without roles it would mean `%All` (`services.md` 7.3).
fn without_role(service: &Service, role: &str) -> Service {
    let mut service = service.clone();
    service.client_systems =
        service.client_systems.iter().filter_map(|entry| entry_without(entry, role)).collect();
    service
}

fn entry_without(entry: &str, role: &str) -> Option<String> {
    let Some((address, roles)) = entry.split_once('|') else { return Some(entry.to_string()) };
    let kept: Vec<String> =
        crate::name::list(roles).filter(|name| !same(name, role)).map(ToString::to_string).collect();
    if kept.is_empty() { None } else { Some(alloc::format!("{address}|{}", joined(kept.into_iter(), ","))) }
}

/// Roles that are for escalation only cannot be assigned in an ordinary way (Q10).
pub(super) fn ordinary(roles: &[RoleId], policy: &Policy) -> Result<(), Status> {
    let reserved = roles.iter().filter_map(|id| policy.role(*id)).find(|role| role.escalation_only);
    match reserved {
        Some(role) => {
            Err(Status::general(alloc::format!("role {} can be taken by escalation only", role.name)))
        }
        None => Ok(()),
    }
}

fn only_for_escalation(role: &Role, policy: &Policy, facts: &Facts) -> Result<(), Status> {
    let in_role = policy.roles.iter().any(|other| other.grants.contains(&role.id));
    let in_application =
        policy.applications.iter().any(|a| a.match_rules.iter().any(|rule| rule.targets.contains(&role.id)));
    if in_role || in_application || facts.held.contains(&role.id) {
        let text = "it is assigned in an ordinary way; take it from users, roles and applications first";
        return Err(Status::new(Code::CannotModifyRole, [role.name.as_str()]).because(text));
    }
    Ok(())
}

/// A role may not lead back to itself (ROL-7, Q12); the way is shown.
fn no_cycle(role: &Role, policy: &Policy) -> Result<(), Status> {
    for granted in &role.grants {
        if let Some(path) = policy.path(*granted, role.id) {
            let way = core::iter::once(role.id).chain(path);
            let names = way.filter_map(|id| policy.role(id)).map(|role| role.name.to_string());
            let way = alloc::format!("it would hold itself: {}", joined(names, " → "));
            return Err(Status::new(Code::CannotModifyRole, [role.name.as_str()]).because(way));
        }
    }
    Ok(())
}

fn find<'a>(name: &str, policy: &'a Policy) -> Result<&'a Role, Status> {
    policy.roles.named(name).ok_or_else(|| Status::new(Code::RoleDoesNotExist, [name]))
}
