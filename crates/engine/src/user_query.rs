//! The queries `List` and `Detail` of Security.Users, and what `Get` gives (`security-users.md` sections 4 and 8).

use crate::engine::Engine;
use crate::inspect::{in_order_of_discovery, user_record, user_type};
use crate::users::each_user;
use crate::{Refusal, Session};
use sclera_core::hex::hex;
use sclera_core::id::RoleId;
use sclera_core::name::list;
use sclera_core::policy::Policy;
use sclera_core::property::{Properties, roles_text};
use sclera_core::selection::Selection;
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use sclera_store::port::{Activity, Store, Stored};

const DAY: i64 = 86_400_000_000;

/// Which users a query gives, and which of its columns.
#[derive(Debug, Clone)]
pub struct UserQuery {
    /// By name.
    pub names: Selection,
    /// A comma list of roles of which a user holds at least one directly; `*` or nothing: all users (U-21).
    pub roles: String,
    /// Those whose last login is more than so many days ago, and those who never logged in; 0: all users.
    pub last_login_older_than: u32,
    /// The columns of `Detail` instead of those of `List`.
    pub detail: bool,
}

impl Default for UserQuery {
    fn default() -> Self {
        Self { names: Selection::all(), roles: "*".to_owned(), last_login_older_than: 0, detail: false }
    }
}

/// The columns of `List`, in order.
pub const LIST: [&str; 5] = ["Name", "Enabled", "Roles", "LastLoginTime", "Flags"];

/// The columns of `Detail`, in order.
pub const DETAIL: [&str; 34] = [
    "Name",
    "FullName",
    "Comment",
    "Enabled",
    "ExpirationDate",
    "Roles",
    "GrantedRoles",
    "Namespace",
    "Routine",
    "LastPasswordChangeTime",
    "LastLoginTime",
    "LastLoginService",
    "LastLoginDevice",
    "LastInvalidLoginTime",
    "LastLoginError",
    "InvalidLoginAttempts",
    "LastInvalidLoginService",
    "LastInvalidLoginDevice",
    "Type",
    "EmailAddress",
    "PhoneNumber",
    "PhoneProvider",
    "AccountNeverExpires",
    "PasswordNeverExpires",
    "AutheEnabled",
    "CreateDateTime",
    "CreateUsername",
    "LastModifiedDateTime",
    "LastModifiedUsername",
    "LastModifiedInfo",
    "Flags",
    "PasswordHashAlgorithm",
    "PasswordHashWorkFactor",
    "EscalationRoles",
];

impl<S: Store, A: Activity> Engine<S, A> {
    /// `List` or `Detail`: the users selected, in the order of their names as written (U-22).
    pub fn users(&self, session: &Session, query: &UserQuery) -> Result<Vec<Properties>, Refusal> {
        self.require_secure(session, "list of users")?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let wanted = wanted_roles(&query.roles, policy);
        let mut found: Vec<(String, Properties)> = Vec::new();
        each_user(&reading, |row| {
            let holds = |wanted: &Vec<RoleId>| row.roles.iter().any(|role| wanted.contains(role));
            if query.names.has(&row.name) && wanted.as_ref().is_none_or(holds) {
                let whole = self.cells(&row.user()?, policy)?;
                if self.is_old(whole.1, query.last_login_older_than) {
                    let columns: &[&str] = if query.detail { &DETAIL } else { &LIST };
                    found.push((row.name.clone(), chosen(&whole.0, columns)));
                }
            }
            Ok(())
        })?;
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found.into_iter().map(|(_, row)| row).collect())
    }

    fn is_old(&self, last_login: Option<Timestamp>, days: u32) -> bool {
        let age = |at: Timestamp| self.world.now().micros() - at.micros();
        days == 0 || last_login.is_none_or(|at| age(at) > i64::from(days) * DAY)
    }

    /// Every cell that a query may show of a user, and when it logged in last.
    fn cells(&self, user: &User, policy: &Policy) -> Stored<(Properties, Option<Timestamp>)> {
        let logins = self.login_record(user.id)?;
        let granted: Vec<RoleId> = in_order_of_discovery(policy, user.roles.clone())
            .into_iter()
            .filter(|role| !user.roles.contains(role))
            .collect();
        let cells = user_record(user, policy)
            .with("GrantedRoles", roles_text(&granted, policy).as_str())
            .with("Namespace", user.namespace.as_str())
            .with("LastPasswordChangeTime", instant(user.password_changed).as_str())
            .with("LastLoginTime", instant(logins.login_at).as_str())
            .with("LastLoginService", logins.login_service.as_str())
            .with("LastLoginDevice", logins.login_device.as_str())
            .with("LastInvalidLoginTime", instant(logins.failed_at).as_str())
            .with("LastLoginError", logins.failed_status.as_str())
            .with("InvalidLoginAttempts", logins.failures)
            .with("LastInvalidLoginService", logins.failed_service.as_str())
            .with("LastInvalidLoginDevice", logins.failed_device.as_str())
            .with("Type", user_type(user));
        Ok((cells, logins.login_at))
    }

    /// `Get`: every property that may be shown. Salt and legacy hash are shown to administrators alone.
    pub(crate) fn whole_user(&self, user: &User, policy: &Policy, administrator: bool) -> Stored<Properties> {
        let logins = self.login_record(user.id)?;
        let shown = user_record(user, policy)
            .with("LoginDateTime", instant(logins.login_at).as_str())
            .with("LoginDevice", logins.login_device.as_str())
            .with("LoginService", logins.login_service.as_str())
            .with("InvalidLoginAttempts", logins.failures)
            .with("InvalidLoginDateTime", instant(logins.failed_at).as_str())
            .with("InvalidLoginDevice", logins.failed_device.as_str())
            .with("InvalidLoginService", logins.failed_service.as_str())
            .with("InvalidLoginStatus", logins.failed_status.as_str());
        if !administrator {
            return Ok(shown);
        }
        let salt = hex(&user.credential.salt);
        Ok(shown.with("Salt", salt.as_str()).with("LegacyPassword", user.legacy_password.as_str()))
    }
}

/// The roles that a filter names; unknown ones select nobody. None for all users.
fn wanted_roles(roles: &str, policy: &Policy) -> Option<Vec<RoleId>> {
    let all = list(roles).next().is_none() || list(roles).any(|name| name == "*");
    (!all).then(|| list(roles).filter_map(|name| Some(policy.roles.named(name)?.id)).collect())
}

fn chosen(cells: &Properties, columns: &[&str]) -> Properties {
    columns.iter().fold(Properties::new(), |mut row, name| {
        if let Some(value) = cells.get(name) {
            row.set(name, value.clone());
        }
        row
    })
}

/// An instant as it is shown; empty for never.
fn instant(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}
