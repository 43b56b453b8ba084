//! `user`: accounts, their roles and passwords.

use super::Desk;
use crate::arguments::{Settings, UserCommand};
use crate::failure::Failure;
use crate::properties;
use crate::surroundings::Purpose;
use sclera::{Change, Edit, Kind, Matching, Properties, RoleList, Selection, UserFilter};
use serde_json::json;

impl Desk<'_> {
    pub(super) fn user(&self, command: &UserCommand) -> Result<u8, Failure> {
        let roles = |name: &str, roles: &str, list, edit| {
            self.perform(Change::ChangeRoles { user: name.to_owned(), list, edit, roles: roles.to_owned() })
        };
        match command {
            UserCommand::List { names, roles, contains, detail } => {
                self.list_users(names.as_deref(), roles.as_deref(), *contains, *detail)
            }
            UserCommand::Show { name } => self.show(Kind::User, name),
            UserCommand::Create { name, set } => self.create_user(name, set),
            UserCommand::Modify { name, set } => self.modify_user(name, set),
            UserCommand::Delete { name } => self.perform(Change::DeleteUser { name: name.clone() }),
            UserCommand::Passwd { name } => self.passwd(name),
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
            UserCommand::Transfer(transfer) => self.transfer(Kind::User, transfer),
        }
    }

    fn list_users(
        &self,
        names: Option<&str>,
        roles: Option<&str>,
        contains: bool,
        detail: bool,
    ) -> Result<u8, Failure> {
        let matching = if contains { Matching::Containing } else { Matching::Beginning };
        let filter = UserFilter {
            names: Selection::new(names.unwrap_or("*"), matching),
            roles: roles.unwrap_or_default().to_owned(),
            detail,
        };
        let mut rows: Vec<Properties> = Vec::new();
        self.instance.each_user(self.session, &filter, &mut |row| rows.push(row))?;
        self.output.list(&rows);
        Ok(0)
    }

    fn create_user(&self, name: &str, set: &Settings) -> Result<u8, Failure> {
        let properties = properties::given(Kind::User, &set.set)?;
        let password = self.around.password(Purpose::New, "New password (empty for none): ")?;
        let credential = password.map(|password| self.instance.credential(name, &password)).transpose()?;
        self.perform(Change::CreateUser { name: name.to_owned(), properties, credential })
    }

    /// A new password only where one is given; nobody is asked for one.
    fn modify_user(&self, name: &str, set: &Settings) -> Result<u8, Failure> {
        let properties = properties::given(Kind::User, &set.set)?;
        let given = self.around.offers_new_password();
        let password = if given { self.around.password(Purpose::New, "New password: ")? } else { None };
        let credential = password.map(|password| self.instance.credential(name, &password)).transpose()?;
        self.perform(Change::ModifyUser { name: name.to_owned(), properties, credential })
    }

    fn passwd(&self, name: &str) -> Result<u8, Failure> {
        let password = self.around.password(Purpose::New, "New password: ")?;
        let missing = || {
            Failure::Usage(
                "no password was given: use the prompt, SCLERA_NEW_PASSWORD or --password-file".to_owned(),
            )
        };
        let credential = Some(self.instance.credential(name, &password.ok_or_else(missing)?)?);
        self.perform(Change::ModifyUser { name: name.to_owned(), properties: Properties::new(), credential })
    }

    fn role_set(&self, name: &str) -> Result<u8, Failure> {
        let roles = self.instance.role_set(self.session, name)?;
        self.output.value(&json!({ "Name": name, "Roles": roles.join(",") }));
        self.output.say(&roles.join(","));
        Ok(0)
    }

    fn resource_set(&self, name: &str) -> Result<u8, Failure> {
        let set = self.instance.resource_set(self.session, name)?;
        let pairs: Vec<String> = set.iter().map(|(resource, held)| format!("{resource}:{held}")).collect();
        self.output.value(&json!({ "Name": name, "Resources": pairs.join(",") }));
        self.output.say(&pairs.join("\n"));
        Ok(0)
    }
}
