//! Rules for changing users (`security-users.md` sections 1 and 5).

use super::{Context, Edit, Effect, Entry, Facts, Object, Outcome, Principal, RoleList, gone};
use crate::id::RoleId;
use crate::name::{Folded, UserName, list, same};
use crate::policy::Policy;
use crate::property::{
    Access, Class, Difference, Directory, Properties, assign, differences, restore, stored,
};
use crate::sql::Grantee;
use crate::status::{Code, Status};
use crate::user::{BOOKKEEPING, Credential, PUBLIC, SYSTEM, UNDELETABLE, User, UserType};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(super) fn create(
    name: &str,
    properties: &Properties,
    credential: Option<&Credential>,
    policy: &Policy,
    facts: &Facts,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let checked = checked_name(name)?;
    match facts.principals.get(&Folded::of(name)) {
        Some(Principal::User(_)) => return Err(Status::new(Code::UserAlreadyExists, [name])),
        Some(Principal::Role(_)) => return Err(Status::plain(Code::UserAndRoleSameName)),
        None => {}
    }
    let blank = User::new(context.ids.next_user(), checked);
    let mut user = blank.clone();
    assign(&mut user, properties, policy)?;
    super::role::ordinary(&user.roles, policy)?;
    if properties.get("RolesAreAdmin").is_some_and(|value| value.text() == "1") {
        user.admin_roles.clone_from(&user.roles);
    }
    if let Some(credential) = credential {
        set_credential(&mut user, credential, context);
    }
    keepable(&user)?;
    user.created = Some(context.now);
    user.created_by = context.actor.to_string();
    user.modified = Some(context.now);
    user.modified_by = context.actor.to_string();
    let told = told(None, Some(&user), &blank, policy, context);
    let entry = entry(super::Action::Create, &user, told);
    Ok(Outcome { steps: [(Effect::Put(Object::User(Box::new(user))), Some(entry))].into(), guard: None })
}

/// Brings a user of an export in. What the file tells is taken as it is: no rule for new passwords is asked, and the
/// record keeps its history (`export-xml.md` section 7).
pub(super) fn import(
    name: &str,
    properties: &Properties,
    credential: Option<&Credential>,
    history: &super::History,
    policy: &Policy,
    facts: &Facts,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let old = facts.users.get(&Folded::of(name));
    if old.is_none() && matches!(facts.principals.get(&Folded::of(name)), Some(Principal::Role(_))) {
        return Err(Status::plain(Code::UserAndRoleSameName));
    }
    let blank = match old {
        Some(old) => User { owner: old.owner, ..User::new(old.id, old.name.clone()) },
        None => User::new(context.ids.next_user(), checked_name(name)?),
    };
    let mut user = blank.clone();
    assign(&mut user, properties, policy)?;
    super::role::ordinary(&user.roles, policy)?;
    user.enabled &= !user.is(PUBLIC);
    if let Some(credential) = credential.or(old.map(|old| &old.credential)) {
        user.credential = credential.clone();
    }
    user.admin_roles = old.map(|old| old.admin_roles.clone()).unwrap_or_default();
    user.admin_roles.retain(|role| user.roles.contains(role));
    with_history(&mut user, history, context);
    keepable(&user)?;
    let told = told(old, Some(&user), &blank, policy, context);
    if told.is_empty() {
        return Ok(Outcome::default());
    }
    let action = if old.is_some() { super::Action::Modify } else { super::Action::Create };
    let entry = entry(action, &user, told);
    let steps = [(Effect::Put(Object::User(Box::new(user))), Some(entry))].into();
    Ok(Outcome { steps, guard: old.map(|old| only_holder(old.name.as_str())) })
}

fn with_history(user: &mut User, history: &super::History, context: &Context<'_>) {
    user.flags = history.flags;
    user.created = history.created.or(Some(context.now));
    user.created_by.clone_from(&history.created_by);
    user.modified = history.modified.or(Some(context.now));
    user.modified_by.clone_from(&history.modified_by);
    user.modified_what = history.modified_what.chars().take(1024).collect();
    user.password_changed = history.password_changed;
    user.legacy_password.clone_from(&history.legacy_password);
    user.attributes.clone_from(&history.attributes);
    user.totp_key.clone_from(&history.totp_key);
}

fn checked_name(name: &str) -> Result<UserName, Status> {
    if same(name, SYSTEM) {
        return Err(Status::new(Code::InvalidUserName, [name]).because("it is the name of the system itself"));
    }
    if name.contains('@') {
        return Err(Status::plain(Code::UserNameHasDomain));
    }
    UserName::new(name).map_err(|fault| Status::new(Code::InvalidUserName, [name]).because(fault))
}

pub(super) fn modify(
    name: &str,
    properties: &Properties,
    credential: Option<&Credential>,
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, facts)?;
    modifiable(old)?;
    let mut new = old.clone();
    assign(&mut new, properties, policy)?;
    let added: Vec<RoleId> = new.roles.iter().copied().filter(|id| !old.roles.contains(id)).collect();
    super::role::ordinary(&added, policy)?;
    new.admin_roles.retain(|role| new.roles.contains(role));
    if new.is(PUBLIC) && new.enabled {
        return Err(Status::general("_PUBLIC is no login account and cannot be enabled"));
    }
    if let Some(credential) = credential {
        if old.credential.is_unchangeable() || old.is(PUBLIC) {
            return Err(Status::plain(Code::InvalidPassword).because("this account never has a password"));
        }
        set_credential(&mut new, credential, context);
    }
    keepable(&new)?;
    Ok(modified(old, new, policy, context))
}

/// Accounts of a directory or of a program of the site are managed there (`security-users.md` 5.3).
fn modifiable(user: &User) -> Result<(), Status> {
    match user.kind() {
        UserType::Password => Ok(()),
        UserType::Ldap => Err(Status::plain(Code::CannotModifyLdapUser)),
        UserType::Delegated => Err(Status::plain(Code::CannotModifyDelegatedUser)),
    }
}

fn set_credential(user: &mut User, credential: &Credential, context: &Context<'_>) {
    user.credential = credential.clone();
    user.password_changed = Some(context.now);
}

/// Refuses a record that could be stored and not be read again: a kept password and a history come from elsewhere whole,
/// and may be what the class does not take (`security-users.md` section 4, rule 8).
fn keepable(user: &User) -> Result<(), Status> {
    let mut read_back = User::new(user.id, user.name.clone());
    for field in User::FIELDS {
        let value = stored(field, user);
        let shown = if field.access == Access::Secret { String::new() } else { value.text() };
        let invalid = |_| Status::new(Code::PropertyInvalid, [field.name, shown.as_str()]);
        restore(field, &mut read_back, &value).map_err(invalid)?;
    }
    Ok(())
}

/// The outcome of a modification: nothing where nothing differs, else the record with its bookkeeping.
fn modified(old: &User, mut new: User, policy: &Policy, context: &Context<'_>) -> Outcome {
    let told = told(Some(old), Some(&new), old, policy, context);
    if told.is_empty() {
        return Outcome::default();
    }
    new.modified = Some(context.now);
    new.modified_by = context.actor.to_string();
    new.modified_what = modified_what(&told);
    let may_stop_guarding =
        old.roles != new.roles || old.can_guard() != new.can_guard() || old.expiration != new.expiration;
    let entry = entry(super::Action::Modify, &new, told);
    let steps = [(Effect::Put(Object::User(Box::new(new))), Some(entry))].into();
    Outcome { steps, guard: may_stop_guarding.then(|| only_holder(old.name.as_str())) }
}

/// What the journal tells of a user: bookkeeping is left out, for it follows from the rest.
fn told(
    old: Option<&User>,
    new: Option<&User>,
    blank: &User,
    policy: &Policy,
    context: &Context<'_>,
) -> Vec<Difference> {
    let mut told = differences(old, new, blank, policy, context.conceal);
    told.retain(|difference| !BOOKKEEPING.contains(&difference.property.as_str()));
    told
}

/// The text of `LastModifiedInfo` (`security-users.md` 3.1); secrets are not printed in it.
fn modified_what(differences: &[Difference]) -> String {
    let printed = differences
        .iter()
        .filter(|d| !matches!(d.property.as_str(), "Password" | "Salt" | "Owner" | "AdminRoles"));
    let each = printed.map(|d| {
        alloc::format!("\n{} modified:\n  New value: {}\n  Old value: {}\n", d.property, d.new, d.old)
    });
    each.collect::<String>().chars().take(1024).collect()
}

fn only_holder(name: &str) -> Status {
    Status::new(Code::OnlyHolderOfAll, [name])
        .because("no other user that holds %All is enabled, not expired and able to log in")
}

pub(super) fn delete(
    name: &str,
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let user = find(name, facts)?;
    if UNDELETABLE.iter().any(|fixed| user.is(fixed)) {
        return Err(Status::new(Code::CannotDeleteDefaultUser, [name]));
    }
    let blank = User::new(user.id, user.name.clone());
    let object = Object::User(Box::new(user.clone()));
    let steps =
        [gone(&object, user, &blank, policy, context), (Effect::DropSqlOf(Grantee::User(user.id)), None)]
            .into();
    Ok(Outcome { steps, guard: Some(only_holder(name)) })
}

pub(super) fn change_roles(
    name: &str,
    which: RoleList,
    edit: Edit,
    roles: &str,
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, facts)?;
    modifiable(old)?;
    let unknown = |role: &str| Status::new(Code::RoleDoesNotExist, [role]);
    let named: Vec<RoleId> = list(roles)
        .map(|role| policy.role_named(role).ok_or_else(|| unknown(role)))
        .collect::<Result<_, _>>()?;
    let mut new = old.clone();
    match (which, edit) {
        (RoleList::Escalation, _) => edit_list(&mut new.escalation_roles, &named, edit),
        (_, Edit::Remove) => edit_list(&mut new.roles, &named, edit),
        (_, Edit::Add) => {
            let added: Vec<RoleId> = named.iter().copied().filter(|id| !old.roles.contains(id)).collect();
            super::role::ordinary(&added, policy)?;
            edit_list(&mut new.roles, &named, edit);
        }
    }
    if which == RoleList::LoginWithAdmin {
        edit_list(&mut new.admin_roles, &named, edit);
    }
    new.admin_roles.retain(|role| new.roles.contains(role));
    Ok(modified(old, new, policy, context))
}

/// Adding what is there and removing what is not change nothing (`security-users.md` U-8).
fn edit_list(held: &mut Vec<RoleId>, named: &[RoleId], edit: Edit) {
    match edit {
        Edit::Remove => held.retain(|role| !named.contains(role)),
        Edit::Add => {
            for role in named {
                if !held.contains(role) {
                    held.push(*role);
                }
            }
        }
    }
}

fn entry(action: super::Action, user: &User, differences: Vec<Difference>) -> Entry {
    Entry { action, kind: super::Kind::User, number: user.id.0, name: user.name.to_string(), differences }
}

fn find<'a>(name: &str, facts: &'a Facts) -> Result<&'a User, Status> {
    facts.users.get(&Folded::of(name)).ok_or_else(|| Status::new(Code::UserDoesNotExist, [name]))
}
