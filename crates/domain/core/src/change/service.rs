//! Rules for changing services (`services.md` section 5).

use super::{Context, Object, Outcome, changed};
use crate::name::same;
use crate::policy::Policy;
use crate::property::{Properties, assign};
use crate::service::Service;
use crate::status::{Code, Status};

pub(super) fn modify(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = policy.services.named(name).ok_or_else(|| Status::new(Code::ServiceDoesNotExist, [name]))?;
    let mut new = old.clone();
    assign(&mut new, properties, policy)?;
    if new.description.is_empty() {
        return Err(Status::new(Code::PropertyRequired, ["Description"]));
    }
    // Bits that the service cannot have are dropped without an error (`services.md` 4.3).
    new.mechanisms &= old.storable_mechanisms;
    not_both(&new, policy)?;
    let step = changed(Object::Service(new.clone()), old, &new, policy, context);
    Ok(Outcome { steps: step.into_iter().collect(), guard: None })
}

/// Mirroring and shadowing exclude each other (`services.md` 2.1).
fn not_both(new: &Service, policy: &Policy) -> Result<(), Status> {
    const PAIR: [&str; 2] = ["%Service_Mirror", "%Service_Shadow"];
    let name = new.name.as_str();
    let other =
        PAIR.iter().find(|other| !same(other, name)).filter(|_| PAIR.iter().any(|one| same(one, name)));
    let other_is_on =
        other.and_then(|other| policy.services.named(other)).is_some_and(|service| service.enabled);
    if new.enabled && other_is_on { Err(Status::plain(Code::MirrorAndShadow)) } else { Ok(()) }
}
