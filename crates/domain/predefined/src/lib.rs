//! What an instance starts with.
//!
//! The resources, roles, services, applications, audit events, accounts and settings of a
//! new instance are data: the files under
//! `data/`, each of which explains its fields at its head. [`installation`] reads them and makes, for one product, one
//! installation level and one profile, a policy with every id given, and the accounts and SQL privileges beside it.
//!
//! ```
//! use sclera_core::permission::Permissions;
//! use sclera_predefined::{Choice, installation};
//!
//! let new = installation(Choice::default())?;
//! let operator = new.policy.roles.named("%Operator").map(|role| role.id);
//! let held = new.policy.closure(operator);
//! assert_eq!(new.policy.effective(&held, "%Admin_Operate"), Permissions::USE);
//! assert!(!new.policy.granted(&held, "%Admin_Secure", Permissions::USE).is_granted());
//! # Ok::<(), sclera_predefined::Fault>(())
//! ```
//!
//! Nobody has a password yet: whoever makes the instance gives one to the accounts that need it ([`Login::Password`]).
//! What comes with a namespace, such as a role for each one with productions, is made with that namespace.

#![forbid(unsafe_code)]

mod account;
mod application;
mod choice;
mod data;
mod event;
mod fault;
mod policy;
mod resource;
mod role;
mod service;
mod system;

pub use account::{Account, Login};
pub use choice::{Choice, Level, Product, Profile, UnknownWord};
pub use fault::Fault;

use data::{Data, Files, SHIPPED};
use sclera_core::id::Ids;
use sclera_core::policy::Policy;
use sclera_core::sql::SqlPrivilege;

/// Everything a new instance holds.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Its settings.
    pub policy: Policy,
    /// Its accounts.
    pub accounts: Vec<Account>,
    /// The SQL privileges of its roles.
    pub sql: Vec<SqlPrivilege>,
    /// The ids to go on with.
    pub ids: Ids,
}

/// Makes what an instance of this choice starts with. A fault means that the files of this crate are wrong.
pub fn installation(choice: Choice) -> Result<Installation, Fault> {
    from(&SHIPPED, choice)
}

fn from(files: &Files, choice: Choice) -> Result<Installation, Fault> {
    let data = Data::read(files)?;
    let mut ids = Ids::first();
    let policy = policy::make(&data, choice, &mut ids)?;
    let accounts = account::make(&data, choice, &policy, &mut ids)?;
    let sql = role::sql_privileges(&data, &policy)?;
    Ok(Installation { policy, accounts, sql, ids })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sclera_core::name::same;
    use sclera_core::role::Origin;

    /// A shipped file with one text replaced.
    fn with(text: &'static str, old: &str, new: &str) -> &'static str {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1).leak()
    }

    fn fault(files: Files) -> String {
        from(&files, Choice::default()).err().unwrap().to_string()
    }

    #[test]
    fn roles_hold_what_is_there() {
        let roles = |old, new| fault(Files { roles: with(SHIPPED.roles, old, new), ..SHIPPED });
        let line = SHIPPED.roles.lines().position(|line| line == "rule = \"all\"").unwrap() + 1;
        assert_eq!(
            roles("\nrule = \"all\"", "\nrule = \"most\""),
            format!("roles.toml, `line {line}`: unknown variant `most`, expected `all`")
        );
        assert_eq!(
            roles("[\"%Service_SQL:U\"]", "[\"%Service_SQK:U\"]"),
            "roles.toml, `%SQL`: there is no resource `%Service_SQK`"
        );
        assert_eq!(
            roles("[\"%Service_SQL:U\"]", "[\"%Service_SQL:\"]"),
            "roles.toml, `%SQL`: `%Service_SQL:` gives nothing"
        );
        assert_eq!(
            roles("\"%EnsRole_WebDeveloper\"]", "\"%EnsRole_Web\"]"),
            "roles.toml, `%EnsRole_Developer`: there is no role `%EnsRole_Web`"
        );
        assert_eq!(roles("\"%SecureBreak\"", "\"%sql\""), "roles.toml, `%sql`: it stands twice");
    }

    #[test]
    fn settings_are_known_and_take_their_values() {
        let settings = |old, new| fault(Files { system: with(SHIPPED.system, old, new), ..SHIPPED });
        assert_eq!(
            settings("\"AuditFlags\"", "\"AuditFlag\""),
            "system.toml, `AuditFlag`: there is no such setting"
        );
        assert_eq!(
            settings("\"Version\"", "\"SQLSecurity\""),
            "system.toml, `SQLSecurity`: the setting is stored"
        );
        let limit =
            settings("strict     = { minimal = 0, normal = 90,", "strict     = { minimal = 0, normal = 900,");
        assert!(limit.starts_with("system.toml, `InactiveLimit`: ERROR"), "{limit}");
        let strict = "strict     = { minimal = \"System security parameters\", normal = \"";
        assert_eq!(
            settings(strict, &format!("{strict}Other")),
            "system.toml, `Description`: the setting does not take this value"
        );
    }

    #[test]
    fn nothing_opens_by_accident() {
        let services = |old, new| fault(Files { services: with(SHIPPED.services, old, new), ..SHIPPED });
        assert_eq!(
            services("resources = [\"%Service_CallIn\"]", ""),
            "services.toml, `%Service_CallIn`: basic services ask for no resource, all others do"
        );
        assert_eq!(
            services("normal = 32,", "normal = 33,"),
            "services.toml, `%Service_Bindings`: its mask has bits that cannot be stored: 1"
        );
        let iam = with(SHIPPED.applications, "\"%IAM\"", "\"%DB_CACHE\"");
        assert_eq!(
            fault(Files { applications: iam, ..SHIPPED }),
            "applications.toml, `/api/iam`: the product has no resource `%DB_CACHE`"
        );
        let account = with(SHIPPED.accounts, "normal = [\"%Manager\"]", "normal = [\"%Managers\"]");
        assert_eq!(
            fault(Files { accounts: account, ..SHIPPED }),
            "accounts.toml, `Admin`: there is no role `%Managers`"
        );
    }

    #[test]
    fn a_database_brings_its_role() {
        let roles = with(SHIPPED.roles, "name = \"%DB_USER\"", "name = \"%DB_OTHER\"");
        let new = from(&Files { roles, ..SHIPPED }, Choice::default()).unwrap();
        assert!(new.policy.roles.named("%DB_OTHER").is_none(), "a role of no database");
        let last = new.policy.roles.iter().last().unwrap();
        assert!(same(last.name.as_str(), "%DB_USER") && last.origin == Origin::Database);
        assert_eq!(new.policy.check_roles("%DB_USER", "%DB_USER", None).to_string(), "READ,WRITE");
    }
}
