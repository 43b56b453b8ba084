//! Rules for granting and revoking SQL privileges (`authorization.md` section 22.2).

use super::{Action, Effect, Entry, Facts, Kind, Outcome, Principal};
use crate::name::{Folded, UserName, quotable};
use crate::property::Difference;
use crate::sql::{Grantee, SqlCode, SqlPrivilege, SqlTarget, revoked, sql_error};
use crate::status::{Code, Status};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(super) fn grant(
    target: &SqlTarget,
    grantee: &str,
    grantor: &str,
    grantable: bool,
    facts: &Facts,
) -> Result<Outcome, Status> {
    let held = find(grantee, facts)?;
    let privilege = SqlPrivilege {
        grantee: held,
        namespace: target.namespace.clone(),
        object: target.object.clone(),
        privilege: target.privilege.clone(),
        grantor: grantor.to_string(),
        grantable,
    };
    // A later grant without the option does not take the option away (SQL-5).
    let same = facts.sql.iter().find(|known| known.grantee == held && known.grantor == privilege.grantor);
    match same {
        Some(known) if known.grantable || !grantable => Ok(Outcome::default()),
        known => {
            let replaced =
                known.map(|old| (Effect::DropSql(old.clone()), Some(entry(Action::Delete, grantee, old))));
            let created = entry(Action::Create, grantee, &privilege);
            let steps = replaced.into_iter().chain([(Effect::PutSql(privilege), Some(created))]).collect();
            Ok(Outcome { steps, guard: None })
        }
    }
}

/// A grantor need not be there any more; its name is one that a user may have had (`security-users.md` section 3).
pub(super) fn grantor(name: &str) -> Result<&str, Status> {
    UserName::predefined(name)
        .map(|_| name)
        .map_err(|fault| Status::new(Code::InvalidUserName, [name]).because(fault))
}

pub(super) fn revoke(
    target: &SqlTarget,
    grantee: &str,
    cascade: bool,
    facts: &Facts,
) -> Result<Outcome, Status> {
    let held = find(grantee, facts)?;
    let name_of = |grantee: Grantee| facts.grantees.get(&grantee).cloned();
    let own = name_of(held).unwrap_or_else(|| grantee.to_string());
    debug_assert!(facts.sql.iter().all(|known| known.privilege == target.privilege));
    let steps = revoked(&facts.sql, held, &own, cascade, &name_of)?.into_iter().map(|privilege| {
        let name = name_of(privilege.grantee).unwrap_or_default();
        let entry = entry(Action::Delete, &name, &privilege);
        (Effect::DropSql(privilege), Some(entry))
    });
    Ok(Outcome { steps: steps.collect(), guard: None })
}

/// Gives a role what another one holds, by the same grantors (`security-classes.md` 1.3).
pub(super) fn copy(from: &str, to: &str, namespaces: &[String], facts: &Facts) -> Result<Outcome, Status> {
    let role = |name: &str| match facts.principals.get(&Folded::of(name)) {
        Some(Principal::Role(id)) => Ok(Grantee::Role(*id)),
        _ => Err(Status::new(Code::RoleDoesNotExist, [name])),
    };
    let (giver, taker) = (role(from)?, role(to)?);
    let wanted = |known: &&SqlPrivilege| {
        let named = namespaces.iter().any(|namespace| crate::name::same(namespace, &known.namespace));
        known.grantee == giver && (namespaces.is_empty() || named)
    };
    let is_held = |privilege: &SqlPrivilege| {
        let as_grantable = SqlPrivilege { grantable: true, ..privilege.clone() };
        facts.granted.iter().any(|known| known == privilege || *known == as_grantable)
    };
    let mut steps = Vec::new();
    for known in facts.granted.iter().filter(wanted) {
        let privilege = SqlPrivilege { grantee: taker, ..known.clone() };
        if !is_held(&privilege) {
            let lesser = SqlPrivilege { grantable: false, ..privilege.clone() };
            if let Some(old) = facts.granted.iter().find(|known| **known == lesser) {
                steps.push((Effect::DropSql(old.clone()), Some(self::entry(Action::Delete, to, old))));
            }
            let entry = entry(Action::Create, to, &privilege);
            steps.push((Effect::PutSql(privilege), Some(entry)));
        }
    }
    Ok(Outcome { steps, guard: None })
}

fn find(grantee: &str, facts: &Facts) -> Result<Grantee, Status> {
    match facts.principals.get(&Folded::of(grantee)) {
        Some(Principal::User(id)) => Ok(Grantee::User(*id)),
        Some(Principal::Role(id)) => Ok(Grantee::Role(*id)),
        None => {
            Err(sql_error(SqlCode::NoSuchGrantee, alloc::format!("no user or role `{}`", quotable(grantee))))
        }
    }
}

pub(super) fn entry(action: Action, grantee: &str, privilege: &SqlPrivilege) -> Entry {
    let text = alloc::format!(
        "{} on {} in {}{}",
        privilege.privilege,
        if privilege.object.is_empty() { "the namespace" } else { &privilege.object },
        privilege.namespace,
        if privilege.grantable { ", grantable" } else { "" },
    );
    let (old, new) = if action == Action::Delete { (text, String::new()) } else { (String::new(), text) };
    let number = match privilege.grantee {
        Grantee::User(id) => id.0,
        Grantee::Role(id) => u64::from(id.0),
    };
    let differences = [Difference { property: "Privilege".to_string(), old, new }].into();
    Entry { action, kind: Kind::SqlPrivilege, number, name: grantee.to_string(), differences }
}
