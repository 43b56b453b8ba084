//! Rules for changes that no administrator asks for: an outside authority says who somebody is, and a password is kept
//! anew at a login.

use super::user::{checked_name, entry, find, keepable, modified, told};
use super::{Adoption, Context, Effect, Facts, Object, Outcome, Principal};
use crate::name::{Folded, same};
use crate::policy::Policy;
use crate::property::assign;
use crate::status::{Code, Status};
use crate::user::{Credential, SYSTEM, UNDELETABLE, User, UserType};
use alloc::boxed::Box;
use alloc::string::ToString;

/// Names that an outside authority never makes, beside those that cannot be deleted (`authentication.md` section 16).
const PREDEFINED: [&str; 6] = ["Admin", "CSPSystem", "IAM", "SuperUser", "HS_Services", SYSTEM];

/// Makes or updates the user of an outside authority. A user of another type keeps its name and is left alone.
pub(super) fn adopt(
    name: &str,
    adoption: &Adoption,
    policy: &Policy,
    facts: &Facts,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let old = facts.users.get(&Folded::of(name));
    if let Some(old) = old.filter(|old| old.kind() != adoption.kind) {
        return Err(of_another_type(old, adoption.kind));
    }
    if old.is_none() && matches!(facts.principals.get(&Folded::of(name)), Some(Principal::Role(_))) {
        return Err(Status::plain(Code::UserAndRoleSameName));
    }
    if UNDELETABLE.iter().chain(&PREDEFINED).any(|predefined| same(predefined, name)) {
        return Err(Status::new(Code::InvalidUserName, [name]).because("no authority gives predefined names"));
    }
    let blank = match old {
        Some(old) => User {
            created: old.created,
            created_by: old.created_by.clone(),
            ..User::new(old.id, old.name.clone())
        },
        None => User::new(context.ids.next_user(), checked_name(name, policy)?),
    };
    let mut user = blank.clone();
    user.set_kind(adoption.kind);
    assign(&mut user, &adoption.properties, policy)?;
    super::role::ordinary(&user.roles, policy)?;
    if !adoption.may_give_all && policy.closure(user.roles.iter().copied()).has_all() {
        return Err(Status::new(Code::UnableToAddRole, [name, "%All"]).because("no authority gives it here"));
    }
    user.attributes.clone_from(&adoption.attributes);
    user.totp_key.clone_from(&adoption.totp_key);
    // A hash of the same password differs with its salt: the caller gives a new one only where it is another password.
    let credential = adoption.credential.as_ref().or(old.map(|old| &old.credential));
    if let Some(credential) = credential {
        user.credential = credential.clone();
    }
    user.password_changed = match (old, &adoption.credential) {
        (Some(old), None) => old.password_changed,
        _ => Some(context.now),
    };
    keepable(&user)?;
    if let Some(old) = old {
        user.modified = old.modified;
        user.modified_by.clone_from(&old.modified_by);
        user.modified_what.clone_from(&old.modified_what);
        return Ok(Outcome { guard: None, ..modified(old, user, policy, context) });
    }
    (user.created, user.created_by) = (Some(context.now), context.actor.to_string());
    (user.modified, user.modified_by) = (Some(context.now), context.actor.to_string());
    let told = told(None, Some(&user), &blank, policy, context);
    let entry = entry(super::Action::Create, &user, told);
    Ok(Outcome { steps: [(Effect::Put(Object::User(Box::new(user))), Some(entry))].into(), guard: None })
}

fn of_another_type(user: &User, wanted: UserType) -> Status {
    let code = match wanted {
        UserType::Ldap => Code::NotAnLdapUser,
        UserType::Delegated => Code::NotADelegatedUser,
        UserType::Kerberos => Code::NotAKerberosUser,
        UserType::Os => Code::NotAnOsUser,
        UserType::Password => Code::NotAPasswordUser,
    };
    Status::new(code, [user.name.as_str()])
}

/// Keeps a password anew. It is not a change of the password: its date stays (`authentication.md` DEC-A09). Where
/// something else is kept by now, nothing is done.
pub(super) fn upgrade(
    name: &str,
    expected: &Credential,
    credential: &Credential,
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, facts)?;
    if old.credential != *expected {
        return Ok(Outcome::default());
    }
    let new = User { credential: credential.clone(), ..old.clone() };
    keepable(&new)?;
    Ok(kept_anew(old, new, policy, context))
}

/// A key of one-time passwords is sealed under another key of the vault, if it is still the one that was opened.
pub(super) fn reseal(
    name: &str,
    expected: &[u8],
    sealed: &[u8],
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, facts)?;
    if old.totp_key != expected {
        return Ok(Outcome::default());
    }
    let new = User { totp_key: sealed.to_vec(), ..old.clone() };
    Ok(kept_anew(old, new, policy, context))
}

/// What a user is known by is kept anew, and is the same.
fn kept_anew(old: &User, new: User, policy: &Policy, context: &Context<'_>) -> Outcome {
    let told = told(Some(old), Some(&new), old, policy, context);
    let entry = entry(super::Action::Modify, &new, told);
    Outcome { steps: [(Effect::Put(Object::User(Box::new(new))), Some(entry))].into(), guard: None }
}
