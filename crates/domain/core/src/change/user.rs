//! Rules for changing users (`security-users.md` sections 1 and 5).

use super::{Context, Edit, Effect, Entry, Facts, Object, Outcome, Principal, RoleList, UserCopy, gone};
use crate::id::{RoleId, UserId};
use crate::name::{Folded, UserName, list, same};
use crate::policy::Policy;
use crate::property::Kind as PropertyKind;
use crate::property::{
    Access, Class, Difference, Directory, Properties, assign, differences, is_same, restore, stored, write,
};
use crate::sql::{Grantee, SqlPrivilege};
use crate::status::{Code, Status};
use crate::system::System;
use crate::user::{
    BOOKKEEPING, Credential, PUBLIC, SYSTEM, UNDELETABLE, User, UserType, recalled, remembered,
};
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
    let checked = checked_name(name, policy)?;
    match facts.principals.get(&Folded::of(name)) {
        Some(Principal::User(_)) => return Err(Status::new(Code::UserAlreadyExists, [name])),
        Some(Principal::Role(_)) => return Err(Status::plain(Code::UserAndRoleSameName)),
        None => {}
    }
    let blank = User::new(context.ids.next_user(), checked);
    let mut user = blank.clone();
    assign(&mut user, &in_order_of_checks(properties), policy)?;
    super::role::ordinary(&user.roles, policy)?;
    well_named_attributes(&user)?;
    user.flags = type_given(properties)?;
    if flag(properties, "RolesAreAdmin")? {
        user.admin_roles.clone_from(&user.roles);
    }
    (user.credential.algorithm, user.credential.work_factor) = derivation(properties, &policy.system)?;
    user.totp_key = (context.fresh_key)(&user.name.folded());
    if let Some(credential) = credential {
        set_credential(&mut user, credential, policy, context);
    }
    keepable(&user)?;
    Ok(Outcome { steps: [new_record(user, &blank, policy, context)].into(), guard: None })
}

/// The step that makes a user, with its first bookkeeping. Every user gets a key of one-time passwords of its own, of
/// which nothing is to be told.
fn new_record(
    mut user: User,
    blank: &User,
    policy: &Policy,
    context: &Context<'_>,
) -> (Effect, Option<Entry>) {
    user.created = Some(context.now);
    user.created_by = context.actor.to_string();
    user.modified = Some(context.now);
    user.modified_by = context.actor.to_string();
    let mut told = told(None, Some(&user), blank, policy, context);
    told.retain(|difference| difference.property != "HOTPKey");
    let entry = entry(super::Action::Create, &user, told);
    (Effect::Put(Object::User(Box::new(user))), Some(entry))
}

/// How the key of a password that is given together with these properties is derived: as they say, else as the
/// instance wants it (`security-users.md` section 3). `N/A` stands for an account that never has a password.
pub fn derivation(properties: &Properties, system: &System) -> Result<(String, i64), Status> {
    let mut given = User::new(UserId(0), UserName::predefined(SYSTEM).map_err(Status::general)?);
    given.credential.algorithm.clone_from(&system.password_algorithm);
    given.credential.work_factor = system.password_work_factor;
    for name in ["PasswordHashAlgorithm", "PasswordHashWorkFactor"] {
        if let (Some(value), Some(field)) =
            (properties.get(name), User::FIELDS.iter().find(|f| f.name == name))
        {
            write(field, &mut given, value, &Policy::default())?;
        }
    }
    Ok((given.credential.algorithm.clone(), given.credential.work_factor))
}

/// The type of a new user: callers pass 1 or nothing for a password user; exports know the others
/// (`security-users.md` 9.4).
fn type_given(properties: &Properties) -> Result<i64, Status> {
    let Some(value) = properties.get("Flags") else { return Ok(1) };
    match value.text().trim() {
        "" | "0" | "1" => Ok(1),
        "2" => Ok(2),
        "4" => Ok(4),
        other => Err(Status::new(Code::PropertyInvalid, ["Flags", other])
            .caused_by(Status::new(Code::NotInList, [other, "1,2,4"]))),
    }
}

/// A switch that is no property of the record.
fn flag(properties: &Properties, name: &str) -> Result<bool, Status> {
    match properties.get(name).map(crate::property::Value::text).as_deref() {
        None | Some("0" | "false" | "") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(other) => Err(Status::new(Code::PropertyInvalid, [name, other])
            .caused_by(Status::new(Code::NotABoolean, [other]))),
    }
}

/// Named values are entries `name=value`; a name stands once.
fn well_named_attributes(user: &User) -> Result<(), Status> {
    let mut known: Vec<&str> = Vec::new();
    for entry in &user.attributes {
        let name = entry.split_once('=').map(|(name, _)| name.trim()).unwrap_or_default();
        if name.is_empty() || known.contains(&name) {
            return Err(Status::new(Code::PropertyInvalid, ["Attributes", entry.as_str()])
                .because("an attribute is `name=value`, and each name stands once"));
        }
        known.push(name);
    }
    Ok(())
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
        None => User::new(context.ids.next_user(), checked_name(name, policy)?),
    };
    let mut user = blank.clone();
    assign(&mut user, &in_order_of_checks(properties), policy)?;
    super::role::ordinary(&user.roles, policy)?;
    user.enabled &= !user.is(PUBLIC);
    if let Some(credential) = credential.or(old.map(|old| &old.credential)) {
        user.credential = credential.clone();
    }
    user.admin_roles = old.map(|old| old.admin_roles.clone()).unwrap_or_default();
    user.admin_roles.retain(|role| user.roles.contains(role));
    with_history(&mut user, history, old, context);
    keepable(&user)?;
    let fresh = old.is_none() && user.totp_key.is_empty();
    let told = told(old, Some(&user), &blank, policy, context);
    if told.is_empty() && old.is_some() {
        return Ok(Outcome::default());
    }
    if fresh {
        user.totp_key = (context.fresh_key)(&user.name.folded());
    }
    let action = if old.is_some() { super::Action::Modify } else { super::Action::Create };
    let entry = entry(action, &user, told);
    let steps = [(Effect::Put(Object::User(Box::new(user))), Some(entry))].into();
    Ok(Outcome { steps, guard: old.map(|old| only_holder(old.name.as_str())) })
}

/// Takes over what a file tells. Secrets that it leaves out, as it leaves out passwords, stay as they are.
fn with_history(user: &mut User, history: &super::History, old: Option<&User>, context: &Context<'_>) {
    user.flags = history.flags;
    user.created = history.created.or(Some(context.now));
    user.created_by.clone_from(&history.created_by);
    user.modified = history.modified.or(Some(context.now));
    user.modified_by.clone_from(&history.modified_by);
    user.modified_what = history.modified_what.chars().take(1024).collect();
    user.password_changed = history.password_changed;
    user.attributes.clone_from(&history.attributes);
    user.legacy_password.clone_from(match old {
        Some(old) if history.legacy_password.is_empty() => &old.legacy_password,
        _ => &history.legacy_password,
    });
    user.totp_key.clone_from(match old {
        Some(old) if history.totp_key.is_empty() => &old.totp_key,
        _ => &history.totp_key,
    });
}

/// The properties in the order in which they are judged (`security-users.md` 5.1): roles, the expiration date, the rest.
fn in_order_of_checks(properties: &Properties) -> Properties {
    let first = ["Roles", "EscalationRoles", "ExpirationDate"];
    let judged_first = first.into_iter().filter_map(|name| Some((name, properties.get(name)?)));
    let all = judged_first.chain(properties.iter().filter(|(name, _)| !first.contains(name)));
    all.fold(Properties::new(), |ordered, (name, value)| ordered.with(name, value.clone()))
}

/// A name for a new user. It has a domain only where there are several (`authentication.md` section 17).
pub(super) fn checked_name(name: &str, policy: &Policy) -> Result<UserName, Status> {
    if same(name, SYSTEM) {
        return Err(Status::new(Code::InvalidUserName, [name]).because("it is the name of the system itself"));
    }
    if name.contains('@') && !policy.system.security_domains {
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
    assign(&mut new, &in_order_of_checks(properties), policy)?;
    let added: Vec<RoleId> = new.roles.iter().copied().filter(|id| !old.roles.contains(id)).collect();
    super::role::ordinary(&added, policy)?;
    new.admin_roles.retain(|role| new.roles.contains(role));
    well_named_attributes(&new)?;
    if new.is(PUBLIC) && new.enabled {
        return Err(Status::general("_PUBLIC is no login account and cannot be enabled"));
    }
    if flag(properties, "HOTPKeyGenerate")? {
        new.totp_key = (context.fresh_key)(&new.name.folded());
    }
    if let Some(credential) = credential {
        changeable(old)?;
        set_credential(&mut new, credential, policy, context);
    }
    keepable(&new)?;
    Ok(modified(old, new, policy, context))
}

/// Refuses a password for an account that never has one (`security-users.md` U-18).
fn changeable(user: &User) -> Result<(), Status> {
    if user.credential.is_unchangeable() || user.is(PUBLIC) {
        return Err(Status::plain(Code::InvalidPassword).because("this account never has a password"));
    }
    Ok(())
}

/// A user like another one (`security-users.md` 5.8, U-14).
pub(super) fn copy(
    name: &str,
    new_name: &str,
    how: &UserCopy,
    credential: Option<&Credential>,
    policy: &Policy,
    facts: &Facts,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let original = find(name, facts)?;
    let checked = checked_name(new_name, policy)?;
    match facts.principals.get(&Folded::of(new_name)) {
        Some(Principal::User(_)) => return Err(Status::new(Code::UserAlreadyExists, [new_name])),
        Some(Principal::Role(_)) => return Err(Status::plain(Code::UserAndRoleSameName)),
        None => {}
    }
    if credential.is_none() && original.credential.is_unchangeable() {
        return Err(Status::plain(Code::InvalidPassword)
            .because("the original never has a password; the copy needs one of its own"));
    }
    let blank = User::new(context.ids.next_user(), checked);
    let mut user = User {
        id: blank.id,
        name: blank.name.clone(),
        owner: false,
        previous_passwords: Vec::new(),
        totp_key: (context.fresh_key)(&blank.name.folded()),
        password_changed: Some(context.now),
        modified_what: String::new(),
        ..original.clone()
    };
    // What is dead in the original is not brought to life in the copy.
    for roles in [&mut user.roles, &mut user.admin_roles, &mut user.escalation_roles] {
        roles.retain(|role| policy.role(*role).is_some());
    }
    if !how.sql_system {
        user.admin_roles.clear();
    }
    if !how.full_name.is_empty() {
        let name = Properties::new().with("FullName", how.full_name.as_str());
        assign(&mut user, &name, policy)?;
    }
    if let Some(credential) = credential {
        user.credential = credential.clone();
    }
    keepable(&user)?;
    let grantee = Grantee::User(user.id);
    let shown = user.name.to_string();
    let mut outcome = Outcome { steps: [new_record(user, &blank, policy, context)].into(), guard: None };
    let copied =
        |known: &&SqlPrivilege| if known.object.is_empty() { how.sql_system } else { how.sql_objects };
    outcome.steps.extend(facts.granted.iter().filter(copied).map(|known| {
        let privilege = SqlPrivilege { grantee, ..known.clone() };
        let entry = super::sql::entry(super::Action::Create, &shown, &privilege);
        (Effect::PutSql(privilege), Some(entry))
    }));
    Ok(outcome)
}

/// Marks a password to be changed. Left alone are users whose password is kept elsewhere, and, when marking, those whose
/// password never expires (`security-users.md` 5.9).
pub(super) fn mark_password(
    name: &str,
    expired: bool,
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, facts)?;
    if old.kind() != UserType::Password || (expired && old.password_never_expires) {
        return Ok(Outcome::default());
    }
    let new = User { change_password: expired, ..old.clone() };
    Ok(modified(old, new, policy, context))
}

/// A password that its user chose takes the mark away (`authentication.md` 6.2).
pub(super) fn change_own_password(
    name: &str,
    credential: &Credential,
    policy: &Policy,
    facts: &Facts,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = find(name, facts)?;
    modifiable(old)?;
    changeable(old)?;
    let mut new = User { change_password: false, ..old.clone() };
    set_credential(&mut new, credential, policy, context);
    keepable(&new)?;
    Ok(modified(old, new, policy, context))
}

/// Accounts of a directory or of a program of the site are managed there (`security-users.md` 5.3).
fn modifiable(user: &User) -> Result<(), Status> {
    match user.kind() {
        UserType::Password => Ok(()),
        UserType::Ldap => Err(Status::plain(Code::CannotModifyLdapUser)),
        UserType::Delegated => Err(Status::plain(Code::CannotModifyDelegatedUser)),
        UserType::Kerberos => Err(Status::plain(Code::CannotModifyKerberosUser)),
        UserType::Os => Err(Status::plain(Code::CannotModifyOsUser)),
    }
}

/// Sets a password; the one before is remembered as long as the setting `PasswordHistory` says.
fn set_credential(user: &mut User, credential: &Credential, policy: &Policy, context: &Context<'_>) {
    let before = core::mem::replace(&mut user.credential, credential.clone());
    let mut previous = recalled(&user.previous_passwords);
    if before.is_set() {
        previous.insert(0, before);
    }
    previous.truncate(usize::try_from(policy.system.password_history).unwrap_or_default());
    user.previous_passwords = remembered(&previous);
    user.password_changed = Some(context.now);
}

/// Refuses a record that could be stored and not be read again: a kept password and a history come from elsewhere whole,
/// and may be what the class does not take (`security-users.md` section 4, rule 8).
pub(super) fn keepable(user: &User) -> Result<(), Status> {
    let mut read_back = User::new(user.id, user.name.clone());
    // Of all others every value has a form that can be read again.
    let is_bounded = |kind: &PropertyKind<User>| {
        use PropertyKind::{Choice, Integer, Text, Texts};
        matches!(kind, Text { .. } | Choice { .. } | Integer { .. } | Texts { .. })
    };
    let fields = User::FIELDS.iter().filter(|field| is_bounded(&field.kind));
    // What is as in every new user can be kept.
    let differing: Vec<_> = fields.filter(|field| !is_same(field, user, &read_back)).collect();
    for field in differing {
        let value = stored(field, user);
        let shown = if field.access == Access::Secret { String::new() } else { value.text() };
        let invalid = |_| Status::new(Code::PropertyInvalid, [field.name, shown.as_str()]);
        restore(field, &mut read_back, &value).map_err(invalid)?;
    }
    Ok(())
}

/// The outcome of a modification: nothing where nothing differs, else the record with its bookkeeping.
pub(super) fn modified(old: &User, mut new: User, policy: &Policy, context: &Context<'_>) -> Outcome {
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
pub(super) fn told(
    old: Option<&User>,
    new: Option<&User>,
    blank: &User,
    policy: &Policy,
    context: &Context<'_>,
) -> Vec<Difference> {
    let mut told = differences(old, new, blank, policy, context.conceal);
    // What is remembered of earlier passwords follows from the password.
    told.retain(|difference| difference.property != "PreviousPasswords");
    told.retain(|difference| !BOOKKEEPING.contains(&difference.property.as_str()));
    told
}

/// The text of `LastModifiedInfo` (`security-users.md` 3.1); secrets are not printed in it.
fn modified_what(differences: &[Difference]) -> String {
    let printed = differences
        .iter()
        .filter(|d| !matches!(d.property.as_str(), "Password" | "Salt" | "HOTPKey" | "Owner" | "AdminRoles"));
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

pub(super) fn entry(action: super::Action, user: &User, differences: Vec<Difference>) -> Entry {
    Entry { action, kind: super::Kind::User, number: user.id.0, name: user.name.to_string(), differences }
}

pub(super) fn find<'a>(name: &str, facts: &'a Facts) -> Result<&'a User, Status> {
    facts.users.get(&Folded::of(name)).ok_or_else(|| Status::new(Code::UserDoesNotExist, [name]))
}
