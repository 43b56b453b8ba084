//! Copies: an object like another one of its kind (`security-classes.md` 1.3, 4.2 and section 7).

use super::{Context, Facts, Kind, Outcome, application, config, resource, role};
use crate::policy::Policy;
use crate::property::{Access, Class, Properties, show};
use crate::role::Origin;
use crate::status::{Code, Status};

/// A copy has the properties of the original that callers may set; those given stand instead.
pub(super) fn object(
    kind: Kind,
    name: &str,
    new_name: &str,
    given: &Properties,
    policy: &Policy,
    facts: &Facts,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    match kind {
        Kind::Role => {
            let original = policy.roles.named(name);
            let original = original.ok_or_else(|| Status::new(Code::RoleDoesNotExist, [name]))?;
            if original.origin == Origin::Everything {
                return Err(Status::general(
                    "what %All holds is a rule and no property; it cannot be copied",
                ));
            }
            role::create(new_name, &with(original, given, policy), policy, facts, context)
        }
        Kind::Resource => {
            let original = policy.resource(name);
            let original = original.ok_or_else(|| Status::new(Code::ResourceDoesNotExist, [name]))?;
            resource::create(new_name, &with(original, given, policy), policy, facts, context)
        }
        Kind::Application => {
            let original = policy.applications.named(name);
            let original = original.ok_or_else(|| Status::new(Code::ApplicationDoesNotExist, [name]))?;
            application::create(new_name, &with(original, given, policy), policy, context)
        }
        kind if kind.is_config() => config::copy(kind, name, new_name, given, policy, context),
        kind => Err(Status::general(alloc::format!("a {} is not copied like this", kind.word()))),
    }
}

/// The properties of a record that callers may set, and those given in their place.
pub(super) fn with<T: Class>(original: &T, given: &Properties, policy: &Policy) -> Properties {
    let shown = show(original, policy);
    let open = |name: &str| T::FIELDS.iter().any(|field| field.name == name && field.access == Access::Open);
    let kept = shown.iter().filter(|(name, _)| open(name)).chain(given.iter());
    kept.fold(Properties::new(), |all, (name, value)| all.with(name, value.clone()))
}
