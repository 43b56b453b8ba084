//! What the sibling classes of Security.Users ask and tell beyond lists and single records
//! (`security-classes.md` sections 1 to 5 and 11).

use crate::engine::{Engine, public_roles, user_named};
use crate::{Refusal, Session};
use sclera_core::change::Kind;
use sclera_core::decision::Decision;
use sclera_core::id::RoleId;
use sclera_core::name::{list, quotable};
use sclera_core::policy::Policy;
use sclera_core::privilege::{Pair, pairs};
use sclera_core::property::{Properties, roles_text};
use sclera_core::role::Role;
use sclera_core::selection::Selection;
use sclera_core::sql::{Grantee, SqlTarget, holds};
use sclera_core::status::{Code, Status};
use sclera_core::user::PUBLIC;
use sclera_store::port::{Activity, Read, Store};

/// The most users of a role that are named; how many there are is told.
const NAMED: usize = 100;

impl<S: Store, A: Activity> Engine<S, A> {
    /// `InUse` of Security.Roles and Security.Resources: what would be affected by deleting a role or a resource.
    pub fn in_use(&self, session: &Session, kind: Kind, name: &str) -> Result<Properties, Refusal> {
        self.require_secure(session, "use of an object")?;
        let found = match kind {
            Kind::Role => self.role_in_use(name),
            Kind::Resource => self.resource_in_use(name),
            other => Err(Status::general(format!("the use of a {} is not looked for", other.word())).into()),
        };
        self.told(session, &format!("InUse {} {}", kind.word(), quotable(name)), found)
    }

    fn role_in_use(&self, name: &str) -> Result<Properties, Refusal> {
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let missing = || Status::new(Code::RoleDoesNotExist, [name]);
        let role = policy.roles.named(name).ok_or_else(missing)?;
        let mut users: Vec<String> = Vec::new();
        let count = reading.holders(&[role.id])?;
        if count > 0 {
            let holds = |row: &sclera_store::record::Row| row.roles.contains(&role.id);
            let mut after = None;
            while users.len() < NAMED {
                let page = reading.users_after(after.as_ref())?;
                let Some(last) = page.last() else { break };
                after = Some(last.folded());
                users.extend(page.iter().filter(|row| holds(row)).map(|row| row.name.clone()));
            }
            users.truncate(NAMED);
        }
        let granting = policy.roles.iter().filter(|other| other.grants.contains(&role.id));
        let roles: Vec<RoleId> = granting.map(|other| other.id).collect();
        let in_rules = |rule: &sclera_core::property::MatchRule| {
            rule.matched == Some(role.id) || rule.targets.contains(&role.id)
        };
        let applications =
            policy.applications.iter().filter(|application| application.match_rules.iter().any(in_rules));
        let applications: Vec<&str> = applications.map(|found| found.name.as_str()).collect();
        Ok(Properties::new()
            .with("Name", role.name.as_str())
            .with("InUse", count > 0 || !roles.is_empty() || !applications.is_empty())
            .with("Users", users.join(",").as_str())
            .with("UserCount", i64::try_from(count).unwrap_or(i64::MAX))
            .with("Roles", roles_text(&roles, policy).as_str())
            .with("Applications", applications.join(",").as_str()))
    }

    fn resource_in_use(&self, name: &str) -> Result<Properties, Refusal> {
        let settings = self.settings()?;
        let policy = &settings.policy;
        let missing = || Status::new(Code::ResourceDoesNotExist, [name]);
        let resource = policy.resource(name).ok_or_else(missing)?;
        let found = policy.resource_use(resource.id);
        let role = |id: &RoleId| {
            let role = policy.role(*id)?;
            Some(format!("{}:{}", role.name, role.privileges.get(&resource.id)?))
        };
        let roles: Vec<String> = found.roles.iter().filter_map(role).collect();
        let applications = found.applications.iter().filter_map(|id| policy.applications.get(id.0));
        let applications: Vec<&str> = applications.map(|found| found.name.as_str()).collect();
        let services = found.services.iter().filter_map(|id| policy.services.get(id.0));
        let services: Vec<&str> = services.map(|found| found.name.as_str()).collect();
        Ok(Properties::new()
            .with("Name", resource.name.as_str())
            .with("InUse", !(roles.is_empty() && applications.is_empty() && services.is_empty()))
            .with("Roles", roles.join(",").as_str())
            .with("Applications", applications.join(",").as_str())
            .with("Services", services.join(",").as_str()))
    }

    /// `ListAll` of Security.Roles: the roles of a selection that hold one of the privileges of a list such as
    /// `AppData:RW,AppRun`, in which a resource alone stands for any permission on it; an empty list asks nothing.
    pub fn roles(
        &self,
        session: &Session,
        names: &Selection,
        resources: &str,
    ) -> Result<Vec<Properties>, Refusal> {
        self.require_secure(session, "list of roles")?;
        let settings = self.settings()?;
        let policy = &settings.policy;
        let wanted = list(resources).filter(|one| *one != "*").map(asked).collect::<Result<Vec<_>, _>>()?;
        let holds_one = |role: &Role| wanted.iter().any(|pair| has(role, pair, policy));
        let mut found: Vec<&Role> =
            policy.roles.iter().filter(|role| names.has(role.name.as_str())).collect();
        found.retain(|role| wanted.is_empty() || holds_one(role));
        found.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        let row = |role: &Role| {
            Properties::new()
                .with("Name", role.name.as_str())
                .with("Description", role.description.as_str())
                .with("GrantedRoles", roles_text(&role.grants, policy).as_str())
                .with("Resources", sclera_core::property::privileges_text(&role.privileges, policy).as_str())
                .with("EscalationOnly", role.escalation_only)
        };
        Ok(found.into_iter().map(row).collect())
    }

    /// `CheckPrivilege` and, with `grantable`, `CheckPrivilegeWithGrant`: whether a user holds an SQL privilege, itself,
    /// by its roles, by `_PUBLIC` or by `%All` (`authorization.md` SQL-11, SQL-12).
    pub fn check_sql(
        &self,
        session: &Session,
        user: &str,
        target: &SqlTarget,
        grantable: bool,
    ) -> Result<Decision, Refusal> {
        self.require_secure_of_others(session, user, "check of another user's SQL privileges")?;
        let found = self.sql_held_by(user, target, grantable);
        self.told(session, &format!("CheckPrivilege {}", quotable(user)), found)
    }

    fn sql_held_by(&self, user: &str, target: &SqlTarget, grantable: bool) -> Result<Decision, Refusal> {
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let missing = || Status::new(Code::UserDoesNotExist, [user]);
        let record = user_named(&reading, user)?.ok_or_else(missing)?;
        let roles = [record.roles.clone(), public_roles(&reading)?].concat();
        let closure = settings.policy.closure(roles);
        let mut held = reading.sql_of(Grantee::User(record.id))?;
        if let Some(public) = user_named(&reading, PUBLIC)? {
            held.extend(reading.sql_of(Grantee::User(public.id))?);
        }
        for role in closure.iter() {
            held.extend(reading.sql_of(Grantee::Role(role))?);
        }
        held.retain(|grant| grant.grantable || !grantable);
        Ok(holds(&closure, &held, target))
    }

    /// `GetInstallationSecuritySetting`: `None` for minimal, `Normal`, `Locked Down`.
    pub fn installation_setting(&self, session: &Session) -> Result<&'static str, Refusal> {
        self.require_secure(session, "security level of the installation")?;
        Ok(match self.instance()?.level.as_str() {
            "minimal" => "None",
            "normal" => "Normal",
            "locked-down" => "Locked Down",
            _ => "Unknown",
        })
    }
}

/// One element of a list of privileges; without permissions any is meant.
fn asked(element: &str) -> Result<(String, Option<Pair>), Refusal> {
    let pair = if element.contains(':') { pairs(element)?.into_iter().next() } else { None };
    let name = pair.as_ref().map_or(element, |pair| pair.resource.as_str()).to_owned();
    Ok((name, pair))
}

fn has(role: &Role, (name, pair): &(String, Option<Pair>), policy: &Policy) -> bool {
    let held = policy.resource(name).and_then(|resource| role.privileges.get(&resource.id));
    held.is_some_and(|held| pair.as_ref().is_none_or(|pair| held.holds(pair.permissions)))
}
