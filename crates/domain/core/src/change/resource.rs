//! Rules for changing resources (`authorization.md` section 4).

use super::{Context, Facts, Object, Outcome, Principal, changed, gone, made};
use crate::id::{ResourceId, RoleId};
use crate::name::{Folded, ResourceName, RoleName};
use crate::permission::Permissions;
use crate::policy::Policy;
use crate::property::{Properties, assign};
use crate::resource::Resource;
use crate::role::{Origin, Role};
use crate::status::{Code, Status};

pub(super) fn create(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    facts: &Facts,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let invalid = |fault| Status::new(Code::InvalidResourceName, [name]).because(fault);
    let checked = ResourceName::new(name).map_err(invalid)?;
    if policy.resources.named(name).is_some() {
        return Err(Status::new(Code::ResourceAlreadyExists, [name]));
    }
    room(policy.resources.len(), policy.system.maximum_resources, Code::MaximumResources)?;
    let blank = Resource::new(ResourceId(context.ids.next_object()), checked);
    let resource = with_properties(blank.clone(), properties, policy)?;
    let mut outcome = Outcome::default();
    outcome.steps.push(made(Object::Resource(resource.clone()), &resource, &blank, policy, context));
    if resource.is_database() {
        let role = database_role(&resource, policy, facts, context)?;
        let blank = Role::new(role.id, role.name.clone(), role.origin);
        let mut with_resource = policy.clone();
        with_resource.resources.put(resource);
        outcome.steps.push(made(Object::Role(role.clone()), &role, &blank, &with_resource, context));
    }
    Ok(outcome)
}

/// With each database resource comes a role of the same name that holds Read and Write on it (ROL-9).
fn database_role(
    resource: &Resource,
    policy: &Policy,
    facts: &Facts,
    context: &mut Context<'_>,
) -> Result<Role, Status> {
    let name = resource.name.as_str();
    match facts.principals.get(&Folded::of(name)) {
        Some(Principal::User(_)) => {
            return Err(Status::plain(Code::UserAndRoleSameName).because("the role of the database"));
        }
        Some(Principal::Role(_)) => return Err(Status::new(Code::RoleAlreadyExists, [name])),
        None => room(policy.roles.len(), policy.system.maximum_roles, Code::MaximumRoles)?,
    }
    let invalid = |fault| Status::new(Code::InvalidRoleName, [name]).because(fault);
    let mut role = Role::new(
        RoleId(context.ids.next_object()),
        RoleName::predefined(name).map_err(invalid)?,
        Origin::Database,
    );
    role.privileges.insert(resource.id, Permissions::READ | Permissions::WRITE);
    Ok(role)
}

/// Refuses one object more than a limit allows; 0 is no limit (Q1, Q38).
pub(super) fn room(held: usize, limit: i64, code: Code) -> Result<(), Status> {
    let full = limit > 0 && u64::try_from(limit).is_ok_and(|limit| held as u64 >= limit);
    if full { Err(Status::plain(code)) } else { Ok(()) }
}

pub(super) fn modify(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, policy)?;
    let new = with_properties(old.clone(), properties, policy)?;
    if old.is_system() && new.description != old.description {
        return Err(Status::new(Code::CannotModifyResource, [name]).because("its description is fixed"));
    }
    let step = changed(Object::Resource(new.clone()), old, &new, policy, context);
    Ok(Outcome { steps: step.into_iter().collect(), guard: None })
}

fn with_properties(
    mut resource: Resource,
    properties: &Properties,
    policy: &Policy,
) -> Result<Resource, Status> {
    if let Some(value) = properties.get("PublicPermission") {
        let invalid =
            |_| Status::new(Code::InvalidPermission, [value.text().as_str(), resource.name.as_str()]);
        Permissions::from_property(&value.text()).map_err(invalid)?;
    }
    assign(&mut resource, properties, policy)?;
    if resource.is_database() {
        resource.public = resource.public.on_database();
    }
    Ok(resource)
}

pub(super) fn delete(name: &str, policy: &Policy, context: &Context<'_>) -> Result<Outcome, Status> {
    let resource = find(name, policy)?;
    if resource.is_system() {
        return Err(Status::new(Code::CannotDeleteResource, [name]));
    }
    let blank = Resource::new(resource.id, resource.name.clone());
    let mut outcome = Outcome::default();
    outcome.steps.push(gone(&Object::Resource(resource.clone()), resource, &blank, policy, context));
    let role =
        policy.roles.named(name).filter(|role| role.origin == Origin::Database && resource.is_database());
    if let Some(role) = role {
        super::role::not_required(role, policy)?;
        outcome.steps.extend(super::role::departure(role, policy, context));
    }
    Ok(outcome)
}

fn find<'a>(name: &str, policy: &'a Policy) -> Result<&'a Resource, Status> {
    policy.resource(name).ok_or_else(|| Status::new(Code::ResourceDoesNotExist, [name]))
}
