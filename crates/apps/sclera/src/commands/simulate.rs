//! `simulate`: what a command that changes settings would do to who may do what.

use super::Desk;
use super::transfer::What;
use crate::arguments::{
    Command, ObjectCommand, ResourceCommand, RoleCommand, ServiceCommand, SqlCommand, SystemCommand,
    Transfer, UserCommand,
};
use crate::failure::Failure;
use crate::properties;
use sclera::{Change, Kind, Mode, UserCopy};

impl Desk<'_> {
    /// Only what is listed here is let through: nothing else asks whether it is simulated.
    pub(super) fn simulate(&self, command: &Command) -> Result<u8, Failure> {
        let desk = Desk { mode: Mode::Simulate, ..*self };
        match command {
            Command::User(command) => desk.simulate_user(command),
            Command::Import { files, what, .. } => {
                desk.import(files, Mode::Simulate, &What::of(what.as_deref())?)
            }
            Command::Role(
                RoleCommand::Rename { .. } | RoleCommand::CopySql { .. } | RoleCommand::Object(_),
            )
            | Command::Resource(ResourceCommand::Object(_))
            | Command::Application(_)
            | Command::Service(ServiceCommand::Modify { .. } | ServiceCommand::Transfer(_))
            | Command::System(SystemCommand::Modify { .. } | SystemCommand::Transfer(_))
            | Command::SqlPrivilege(
                SqlCommand::Create { .. } | SqlCommand::Delete { .. } | SqlCommand::Transfer(_),
            ) if changes_objects(command) => desk.run(command),
            _ => Err(no_change()),
        }
    }

    /// Passwords make no difference to who may do what, and are not asked for.
    fn simulate_user(&self, command: &UserCommand) -> Result<u8, Failure> {
        let credential = None;
        match command {
            UserCommand::Create { name, set } => {
                let (name, properties) = (name.clone(), properties::given(Kind::User, &set.set)?);
                self.perform(Change::CreateUser { name, properties, credential })
            }
            UserCommand::Modify { name, set } => {
                let (name, properties) = (name.clone(), properties::given(Kind::User, &set.set)?);
                self.perform(Change::ModifyUser { name, properties, credential })
            }
            UserCommand::Copy { name, new_name, full_name, no_sql_system, no_sql_objects } => {
                let (sql_system, sql_objects) = (!no_sql_system, !no_sql_objects);
                let how = Box::new(UserCopy { full_name: full_name.clone(), sql_system, sql_objects });
                let (name, new_name) = (name.clone(), new_name.clone());
                self.perform(Change::CopyUser { name, new_name, how, credential })
            }
            UserCommand::Delete { .. }
            | UserCommand::AddRoles { .. }
            | UserCommand::RemoveRoles { .. }
            | UserCommand::AddEscalationRoles { .. }
            | UserCommand::RemoveEscalationRoles { .. }
            | UserCommand::Transfer(Transfer::Import { .. }) => self.user(command),
            _ => Err(no_change()),
        }
    }
}

/// Whether what is done with objects of a kind changes them.
fn changes_objects(command: &Command) -> bool {
    match command {
        Command::Role(RoleCommand::Object(command))
        | Command::Resource(ResourceCommand::Object(command))
        | Command::Application(command) => matches!(
            command,
            ObjectCommand::Create { .. }
                | ObjectCommand::Copy { .. }
                | ObjectCommand::Modify { .. }
                | ObjectCommand::Delete { .. }
                | ObjectCommand::Transfer(Transfer::Import { .. })
        ),
        Command::Service(ServiceCommand::Transfer(transfer))
        | Command::System(SystemCommand::Transfer(transfer))
        | Command::SqlPrivilege(SqlCommand::Transfer(transfer)) => {
            matches!(transfer, Transfer::Import { .. })
        }
        _ => true,
    }
}

fn no_change() -> Failure {
    let known = "`import`, and what makes, changes or deletes users, roles, resources, applications, services, \
                 system settings and SQL privileges";
    Failure::Usage(format!("this changes nothing about who may do what; simulate takes {known}"))
}
