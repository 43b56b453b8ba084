//! The SQL privileges that a user or role holds in effect: its own, those of its roles however deep, those of everybody,
//! and all there are for a holder of `%All` (`authorization.md` SQL-11, SQL-12).

use crate::engine::{Engine, public_roles, user_named};
use crate::{Refusal, Session};
use sclera_core::change::Principal;
use sclera_core::decision::Decision;
use sclera_core::id::RoleId;
use sclera_core::name::{Folded, quotable, same};
use sclera_core::policy::{Closure, Policy};
use sclera_core::sql::{Grantee, SqlCode, SqlPrivilege, SqlTarget, holds, sql_error};
use sclera_core::user::PUBLIC;
use sclera_store::port::{Activity, Read, Store, Stored};

/// How a privilege is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// It was granted to the grantee.
    Direct,
    /// It was granted to this role, which the grantee holds.
    Role(String),
    /// It was granted to everybody.
    Public,
    /// It follows from `%All`.
    SuperUser,
}

/// A privilege in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// What is held.
    pub privilege: SqlPrivilege,
    /// How.
    pub via: Via,
}

/// What a grantee holds.
#[derive(Debug)]
pub struct EffectiveSql {
    /// The grants, in the order of how they are held and then of what is held.
    pub grants: Vec<Effective>,
    roles: Closure,
}

impl EffectiveSql {
    /// Tells whether the grantee holds everything by `%All`.
    pub fn has_all(&self) -> bool {
        self.roles.has_all()
    }

    /// Tells whether a privilege is held, with the right to pass it on if that is asked.
    pub fn holds(&self, target: &SqlTarget, grantable: bool) -> Decision {
        let held = self.grants.iter().map(|grant| &grant.privilege);
        let held: Vec<SqlPrivilege> = held.filter(|held| held.grantable || !grantable).cloned().collect();
        holds(&self.roles, &held, target)
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// What a user or role holds in a namespace.
    pub fn effective_sql(
        &self,
        session: &Session,
        grantee: &str,
        namespace: &str,
    ) -> Result<EffectiveSql, Refusal> {
        self.require_secure(session, "list of SQL privileges")?;
        let found = self.effective_sql_of(grantee, namespace);
        self.told(session, &format!("List sql-privilege {}", quotable(grantee)), found)
    }

    fn effective_sql_of(&self, grantee: &str, namespace: &str) -> Result<EffectiveSql, Refusal> {
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let missing =
            || sql_error(SqlCode::NoSuchGrantee, format!("no user or role `{}`", quotable(grantee)));
        let (own, roles): (Grantee, Vec<RoleId>) =
            match reading.principal(&Folded::of(grantee))?.ok_or_else(missing)? {
                Principal::Role(id) => (Grantee::Role(id), vec![id]),
                Principal::User(id) => (Grantee::User(id), roles_of_login(&reading, grantee)?),
            };
        let closure = policy.closure(roles);
        let mut grants = taken(reading.sql_of(own)?, &Via::Direct);
        let mut others: Vec<RoleId> = closure.iter().filter(|id| Grantee::Role(*id) != own).collect();
        others.sort_by_key(|id| id.0);
        for role in others {
            grants.extend(taken(reading.sql_of(Grantee::Role(role))?, &Via::Role(name_of(policy, role))));
        }
        if let Some(Principal::User(public)) = reading.principal(&Folded::of(PUBLIC))?
            && Grantee::User(public) != own
        {
            grants.extend(taken(reading.sql_of(Grantee::User(public))?, &Via::Public));
        }
        let here = |held: &str| held == "*" || same(held, namespace);
        grants.retain(|grant| here(&grant.privilege.namespace));
        Ok(EffectiveSql { grants, roles: closure })
    }
}

fn roles_of_login(reading: &impl Read, user: &str) -> Stored<Vec<RoleId>> {
    let found = user_named(reading, user)?;
    let mut roles = found.map(|user| user.roles.clone()).unwrap_or_default();
    roles.extend(public_roles(reading)?);
    Ok(roles)
}

fn taken(held: Vec<SqlPrivilege>, via: &Via) -> Vec<Effective> {
    held.into_iter().map(|privilege| Effective { privilege, via: via.clone() }).collect()
}

fn name_of(policy: &Policy, role: RoleId) -> String {
    policy.role(role).map(|role| role.name.to_string()).unwrap_or_default()
}
