//! `user`: accounts, their roles and passwords.

use super::Desk;
use crate::arguments::{Settings, UserCommand};
use crate::failure::Failure;
use crate::output::Output;
use crate::properties;
use crate::surroundings::{Purpose, Surroundings};
use sclera::TooLong;
use sclera::gate::{Caller, Provision};
use sclera::{
    Change, Edit, Instance, Kind, Matching, Permissions, Receipt, RoleList, Secret, Selection, UserCopy,
    UserQuery,
};
use serde_json::json;
use std::path::Path;

impl Desk<'_> {
    pub(super) fn user(&self, command: &UserCommand) -> Result<u8, Failure> {
        let roles = |name: &str, roles: &str, list, edit| {
            self.perform(Change::ChangeRoles { user: name.to_owned(), list, edit, roles: roles.to_owned() })
        };
        match command {
            UserCommand::List { names, roles, last_login_older_than, contains, detail } => {
                let matching = if *contains { Matching::Containing } else { Matching::Beginning };
                self.list_users(&UserQuery {
                    names: Selection::new(names.as_deref().unwrap_or("*"), matching),
                    roles: roles.clone().unwrap_or_default(),
                    last_login_older_than: *last_login_older_than,
                    detail: *detail,
                })
            }
            UserCommand::Show { name } => self.show(Kind::User, name),
            UserCommand::Create { name, set } => self.create_user(name, set),
            UserCommand::Modify { name, set } => self.modify_user(name, set),
            UserCommand::Delete { name } => self.perform(Change::DeleteUser { name: name.clone() }),
            UserCommand::Copy { name, new_name, full_name, no_sql_system, no_sql_objects } => {
                let (sql_system, sql_objects) = (!no_sql_system, !no_sql_objects);
                let how = UserCopy { full_name: full_name.clone(), sql_system, sql_objects };
                let password = self.new_password_if_offered()?;
                let done = self.instance.copy_user(self.session, name, new_name, &how, password.as_ref())?;
                Ok(self.made(&done, new_name, "created user"))
            }
            UserCommand::Exists { name } => self.exists(Kind::User, name),
            UserCommand::Passwd { name, must_change } => self.passwd(name, *must_change),
            UserCommand::ExpirePasswords { names } => self.mark_passwords(names, true),
            UserCommand::UnexpirePasswords { names } => self.mark_passwords(names, false),
            UserCommand::Unlock { name } => {
                let done = self.instance.unlock_user(self.session, name)?;
                self.output.value(&json!({ "Changed": done.has_changed(), "Name": name }));
                self.output.mention(&format!("unlocked user {name}"));
                Ok(0)
            }
            UserCommand::AddRoles { name, roles: given, admin } => {
                roles(name, given, if *admin { RoleList::LoginWithAdmin } else { RoleList::Login }, Edit::Add)
            }
            UserCommand::RemoveRoles { name, roles: given } => {
                roles(name, given, RoleList::Login, Edit::Remove)
            }
            UserCommand::AddEscalationRoles { name, roles: given } => {
                roles(name, given, RoleList::Escalation, Edit::Add)
            }
            UserCommand::RemoveEscalationRoles { name, roles: given } => {
                roles(name, given, RoleList::Escalation, Edit::Remove)
            }
            UserCommand::Roles { name } => self.role_set(name),
            UserCommand::Resources { name } => self.resource_set(name),
            UserCommand::Totp { name, renew, svg } => self.totp(name, *renew, svg.as_deref()),
            UserCommand::Transfer(transfer) => self.transfer(Kind::User, transfer),
        }
    }

    fn list_users(&self, query: &UserQuery) -> Result<u8, Failure> {
        self.output.list(&self.instance.users(self.session, query)?);
        Ok(0)
    }

    fn create_user(&self, name: &str, set: &Settings) -> Result<u8, Failure> {
        let properties = properties::given(Kind::User, &set.set)?;
        let password = self.around.password(Purpose::New, "New password (empty for none): ")?;
        let done = self.instance.create_user(self.session, name, &properties, password.as_ref())?;
        Ok(self.made(&done, name, "created user"))
    }

    fn modify_user(&self, name: &str, set: &Settings) -> Result<u8, Failure> {
        let properties = properties::given(Kind::User, &set.set)?;
        let password = self.new_password_if_offered()?;
        let done = self.instance.modify_user(self.session, name, &properties, password.as_ref())?;
        Ok(self.made(&done, name, "modified user"))
    }

    /// A new password only where one is given; nobody is asked for one.
    fn new_password_if_offered(&self) -> Result<Option<Secret>, Failure> {
        let given = self.around.offers_new_password();
        if given { self.around.password(Purpose::New, "New password: ") } else { Ok(None) }
    }

    fn new_password(&self) -> Result<Secret, Failure> {
        let missing = || {
            Failure::Usage(
                "no password was given: use the prompt, SCLERA_NEW_PASSWORD or --password-file".to_owned(),
            )
        };
        self.around.password(Purpose::New, "New password: ")?.ok_or_else(missing)
    }

    /// Shows the key of one-time passwords of a user.
    fn totp(&self, name: &str, renew: bool, svg: Option<&Path>) -> Result<u8, Failure> {
        let provision = self.instance.authenticator(self.session, name, renew)?;
        let Provision { uri, key, issuer, account } = &provision;
        let too_long = |error: TooLong| Failure::bad_value(error.to_string());
        if let Some(path) = svg {
            let failed = |error: std::io::Error| Failure::file(path, &error);
            let mut file = self.around.create(path)?;
            file.write(&provision.qr_svg().map_err(too_long)?).map_err(failed)?;
            file.finish()?;
        }
        if svg == Some(Path::new("-")) {
            return Ok(0);
        }
        self.output.value(&json!({
            "Name": account, "Issuer": issuer, "Key": key.as_str(), "URI": uri.as_str(), "Renewed": renew,
        }));
        if svg.is_none() {
            self.output.say(&provision.qr_text().map_err(too_long)?);
        }
        self.output.say(&format!("issuer {issuer}, account {account}, key {}", key.as_str()));
        Ok(0)
    }

    fn passwd(&self, name: &str, must_change: bool) -> Result<u8, Failure> {
        let password = self.new_password()?;
        let done = self.instance.set_password(self.session, name, &password, must_change)?;
        Ok(self.made(&done, name, "modified user"))
    }

    fn mark_passwords(&self, names: &str, expired: bool) -> Result<u8, Failure> {
        let selection = Selection::new(names, Matching::Exact);
        let done = self.instance.mark_passwords(self.session, &selection, expired)?;
        let count = done.entries.len();
        self.output.value(&json!({ "Changed": done.has_changed(), "Name": names, "Count": count }));
        let (what, users) =
            (if expired { "expired" } else { "unexpired" }, if count == 1 { "user" } else { "users" });
        self.output.mention(&format!("{what} the passwords of {count} {users}"));
        Ok(0)
    }

    /// Says what came of a change.
    fn made(&self, done: &Receipt, name: &str, verb: &str) -> u8 {
        let stored = done.entries.first().map_or(name, |entry| entry.name.as_str());
        self.output.changed(done.has_changed(), stored, verb);
        0
    }

    fn role_set(&self, name: &str) -> Result<u8, Failure> {
        let roles = self.instance.role_set(self.session, name)?;
        self.output.value(&json!({ "Name": name, "Roles": roles.join(",") }));
        self.output.say(&roles.join(","));
        Ok(0)
    }

    fn resource_set(&self, name: &str) -> Result<u8, Failure> {
        let set = self.instance.resource_set(self.session, name)?;
        Ok(self.say_resources(name, &set))
    }

    /// Says which privileges a user or some roles hold.
    pub(super) fn say_resources(&self, name: &str, set: &[(String, Permissions)]) -> u8 {
        let pairs: Vec<String> = set.iter().map(|(resource, held)| format!("{resource}:{held}")).collect();
        self.output.value(&json!({ "Name": name, "Resources": pairs.join(",") }));
        self.output.say(&pairs.join("\n"));
        0
    }
}

/// A user changes its own password, by the old one and without being admitted first: whoever must change the password
/// is not.
pub(super) fn change_own_password(
    instance: &Instance,
    name: &str,
    caller: Caller,
    around: &dyn Surroundings,
    output: &Output,
) -> Result<u8, Failure> {
    let missing = |what: &str, variable: &str| {
        Failure::Usage(format!("no {what} password was given: use the prompt or {variable}"))
    };
    let old = around.password(Purpose::Login, &format!("Password of {name}: "))?;
    let old = old.ok_or_else(|| missing("old", "SCLERA_PASSWORD"))?;
    let new = around.password(Purpose::New, "New password: ")?;
    let new = new.ok_or_else(|| missing("new", "SCLERA_NEW_PASSWORD"))?;
    let person = super::person(name, &old, around)?;
    let done = instance.change_password_of(person, &new, caller, &mut |question| around.ask(question))?;
    output.changed(done.has_changed(), name, "changed the password of");
    Ok(0)
}
