//! One file a group of commands; here is who runs what, and as whom.

mod audit;
mod check;
mod configuration;
mod demo;
mod explain;
mod init;
mod objects;
mod sql;
mod status;
mod transfer;
mod users;

use crate::arguments::{Arguments, Command, ServiceCommand, SystemCommand};
use crate::failure::Failure;
use crate::output::Output;
use crate::secrets;
use sclera::{Door, Instance, Kind, Session};
use std::path::{Path, PathBuf};

/// Runs a command and says with which code the process ends.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    refuse_other_stores(arguments.store.as_deref())?;
    match &arguments.command {
        Command::Demo => demo::run(output),
        Command::Init(how) => init::run(&directory(arguments)?, how, output),
        Command::CheckConfig => configuration::run(&directory(arguments)?, output),
        command => {
            let instance = Instance::open(&directory(arguments)?)?;
            let session = session(arguments, &instance, sets_a_password(command))?;
            let desk = Desk { instance: &instance, session: &session, output };
            desk.run(command, arguments.password_file.as_deref())
        }
    }
}

/// A command at work: on an instance, for a session.
pub(crate) struct Desk<'a> {
    instance: &'a Instance,
    session: &'a Session,
    output: &'a Output,
}

impl Desk<'_> {
    fn run(&self, command: &Command, password_file: Option<&Path>) -> Result<u8, Failure> {
        match command {
            Command::Init(_) | Command::Demo | Command::CheckConfig => Ok(0),
            Command::Status { deep } => self.status(*deep),
            Command::User(command) => self.user(command, password_file),
            Command::Role(command) => self.object(Kind::Role, command),
            Command::Resource(command) => self.object(Kind::Resource, command),
            Command::Application(command) => self.object(Kind::Application, command),
            Command::Service(command) => match command {
                ServiceCommand::List { names } => self.list(Kind::Service, names.as_deref()),
                ServiceCommand::Show { name } => self.show(Kind::Service, name),
                ServiceCommand::Modify { name, set } => self.modify(Kind::Service, name, set),
                ServiceCommand::Transfer(transfer) => self.transfer(Kind::Service, transfer),
            },
            Command::System(SystemCommand::Show) => self.show(Kind::System, "SYSTEM"),
            Command::System(SystemCommand::Modify { set }) => self.modify(Kind::System, "SYSTEM", set),
            Command::SqlPrivilege(command) => self.sql(command),
            Command::Check(check) => self.check(check),
            Command::Explain { user, privilege } => self.explain(user, privilege),
            Command::Import { files, dry_run } => self.import(files, *dry_run, None),
            Command::Export { file, what } => self.export(file, what.as_deref()),
            Command::Audit(command) => self.audit(command),
        }
    }
}

fn refuse_other_stores(store: Option<&str>) -> Result<(), Failure> {
    match store {
        None | Some("" | "embedded") => Ok(()),
        Some(other) => Err(Failure::Environment(format!(
            "the store `{}` is not built in; leave --store out to use the embedded one",
            other.split('@').next_back().unwrap_or_default()
        ))),
    }
}

fn directory(arguments: &Arguments) -> Result<PathBuf, Failure> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let base = || {
        std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute()).or_else(home)
    };
    let default = || base().map(|base| base.join("sclera"));
    let missing =
        || Failure::Usage("neither --data nor XDG_DATA_HOME nor HOME says where the instance is".to_owned());
    arguments.data.clone().filter(|path| !path.as_os_str().is_empty()).or_else(default).ok_or_else(missing)
}

/// Commands for which `--password-file` names the new password.
fn sets_a_password(command: &Command) -> bool {
    use crate::arguments::UserCommand;
    matches!(
        command,
        Command::User(UserCommand::Create { .. } | UserCommand::Modify { .. } | UserCommand::Passwd { .. })
    )
}

/// Who the command acts as: the user of `--as`, else whom the operating system says.
fn session(arguments: &Arguments, instance: &Instance, file_is_taken: bool) -> Result<Session, Failure> {
    let Some(user) = arguments.user.as_deref() else {
        return Ok(instance.admit_process()?);
    };
    let file = arguments.password_file.as_deref().filter(|_| !file_is_taken);
    let password = secrets::password(file, "SCLERA_PASSWORD", &format!("Password of {user}: "))?;
    let missing =
        || Failure::Usage("--as needs a password: the prompt, SCLERA_PASSWORD or --password-file".to_owned());
    let os_user = sclera_os::identity::OsIdentity::of_process().name;
    Ok(instance.admit_password(user, &password.ok_or_else(missing)?, Door::Command, os_user.as_deref())?)
}
