//! One file a group of commands; here is who runs what, and as whom.

mod analysis;
mod audit;
pub(crate) mod backup;
pub(crate) mod bench;
mod check;
mod configuration;
pub(crate) mod datacheck;
mod demo;
mod explain;
mod export;
pub(crate) mod generate;
mod init;
pub(crate) mod keys;
mod ldap;
mod login;
mod merge;
mod namespaces;
mod objects;
mod passwordhash;
mod services;
mod sessions;
mod simulate;
mod sql;
mod status;
mod tokens;
mod transfer;
mod users;

use crate::arguments::{
    Arguments, AuditCommand, Command, LdapCommand, SslCommand, SystemCommand, UserCommand,
};
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::output::Output;
use crate::server;
use crate::surroundings::{Here, Purpose, Surroundings};
use sclera::gate::{Caller, Dialogue, Person};
use sclera::{Door, Escalation, Instance, Kind, Mode, Outside, Refusal, Secret, Session};
use sclera_os::identity::OsIdentity;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;
use transfer::What;

/// Runs a command and says with which code the process ends. A command on an instance is carried to the server that
/// holds it, if one does; else its files are opened here, by their owner alone.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    refuse_other_stores(arguments.store.as_deref())?;
    match &arguments.command {
        Command::Demo => return demo::run(output),
        Command::Bench(size) => return bench::run(size, output),
        Command::Generate(what) => return generate::run(what),
        Command::Init(how) => return init::run(&directory(arguments)?, how, output),
        Command::Restore(what) => return backup::restore(&directory(arguments)?, what, output),
        Command::Key(what) => return keys::run(&directory(arguments)?, what, output),
        Command::Passwordhash(how) => return passwordhash::run(arguments, how, output),
        // Files alone need no instance.
        Command::Diff { before, after: Some(after) } => return analysis::diff(before, after, output),
        Command::Lint { file: Some(file), format } => return analysis::lint(file, *format, output),
        Command::CheckConfig => return configuration::run(&directory(arguments)?, output),
        Command::Serve { listen, emergency } => {
            let password_file = arguments.password_file.clone().map(|path| (Purpose::New, path));
            let emergency = emergency.as_deref().map(|user| (user, Here { password_file, server: None }));
            return server::run(&directory(arguments)?, listen.as_deref(), emergency, output);
        }
        _ => {}
    }
    let directory = directory(arguments)?;
    let around = Here {
        password_file: arguments.password_file.clone().map(|path| (purpose(arguments), path)),
        server: arguments.kerberos.clone(),
    };
    // Whoever owns the files makes a backup beside the server, of any size; over the socket there is a bound.
    let is_own_backup = matches!(arguments.command, Command::Backup(_)) && is_ours(&directory);
    if !is_own_backup && let Some(code) = server::carry(&directory, arguments, &around, output)? {
        return Ok(code);
    }
    let instance = open(&directory)?;
    let caller = OsIdentity::of_process();
    perform(&instance, &caller, Door::Command, arguments, &around, output)
}

/// Opens an instance as its configuration file says. Whoever may not open it need not see that file.
fn open(directory: &Path) -> Result<Instance, Failure> {
    let outside =
        if is_ours(directory) { Configuration::read(directory)?.outside } else { Outside::default() };
    Ok(Instance::open_with(directory, &outside)?)
}

/// Runs a command on an open instance for a caller that the operating system vouches for.
pub(crate) fn perform(
    instance: &Instance,
    caller: &OsIdentity,
    door: Door,
    arguments: &Arguments,
    around: &dyn Surroundings,
    output: &Output,
) -> Result<u8, Failure> {
    // Whoever owns the files may have them verified, whatever they have come to say about who may do what.
    if is_verification(arguments) && instance.caller(caller).owns_instance {
        return Ok(audit::say(&instance.verify()?, output));
    }
    if let Some(name) = changes_own_password(arguments) {
        return users::change_own_password(instance, name, gate_caller(caller, door), around, output);
    }
    let session = session(instance, caller, door, arguments, around)?;
    if let Some(warning) = session.warning() {
        output.warn(&format!("{warning}; the session runs with %All, whatever the settings say"));
    }
    let desk = Desk { instance, session: &session, around, output, mode: Mode::Perform };
    match &arguments.command {
        Command::Backup(what) => desk.backup(what, instance.caller(caller).owns_instance),
        command => desk.run(command),
    }
}

/// Whether the effective user owns the directory of an instance.
fn is_ours(directory: &Path) -> bool {
    std::fs::metadata(directory).is_ok_and(|about| about.uid() == OsIdentity::of_process().uid)
}

fn is_verification(arguments: &Arguments) -> bool {
    arguments.as_user.is_none() && matches!(arguments.command, Command::Audit(AuditCommand::Verify))
}

/// The user that sets its own password as itself. One who acts by the operating system's word has typed no password yet.
fn changes_own_password(arguments: &Arguments) -> Option<&str> {
    let Command::User(UserCommand::Passwd { name, .. }) = &arguments.command else { return None };
    arguments.as_user.as_deref().filter(|user| sclera::same(user, name))
}

/// A command at work: on an instance, for a session, with its surroundings.
pub(crate) struct Desk<'a> {
    instance: &'a Instance,
    session: &'a Session,
    around: &'a dyn Surroundings,
    output: &'a Output,
    /// Whether changes are made or simulated.
    mode: Mode,
}

impl Desk<'_> {
    fn run(&self, command: &Command) -> Result<u8, Failure> {
        match command {
            Command::Init(_)
            | Command::Demo
            | Command::Bench(_)
            | Command::Generate(_)
            | Command::CheckConfig
            | Command::Passwordhash(_)
            | Command::Serve { .. }
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Key(_)
            | Command::Simulate { command: None, .. } => {
                Err(Failure::Usage("this command works on no open instance".to_owned()))
            }
            Command::Status { deep } => self.status(*deep),
            Command::User(command) => self.user(command),
            Command::Role(command) => self.role(command),
            Command::Resource(command) => self.resource(command),
            Command::Application(command) => self.object(Kind::Application, command),
            Command::Event(command) => self.event(command),
            Command::Ssl(SslCommand::Object(command)) => self.object(Kind::SslConfig, command),
            Command::Ssl(SslCommand::PrivateKeyPassword { name }) => {
                self.set_secret(Kind::SslConfig, name, "New password of the private key")
            }
            Command::System(SystemCommand::SmtpPassword) => {
                self.set_secret(Kind::System, "SYSTEM", "New password of SMTPUsername")
            }
            Command::PhoneProvider(command) => self.object(Kind::PhoneProvider, command),
            Command::Docdb(command) => self.object(Kind::DocDb, command),
            Command::X509User(command) => self.object(Kind::X509User, command),
            Command::Superserver(command) => self.object(Kind::Superserver, command),
            Command::Ldap(command) => self.ldap(command),
            Command::Service(command) => self.service(command),
            Command::System(SystemCommand::Show) => self.show(Kind::System, "SYSTEM"),
            Command::System(SystemCommand::Modify { set }) => self.modify(Kind::System, "SYSTEM", set),
            Command::System(SystemCommand::Transfer(transfer)) => self.transfer(Kind::System, transfer),
            Command::SqlPrivilege(command) => self.sql(command),
            Command::Namespace(command) => self.namespace(command),
            Command::Check(check) => self.check(check),
            Command::Explain { user, privilege } => self.explain(user, privilege),
            Command::Import { files, what, dry_run } => {
                self.import(files, self.mode_of_import(*dry_run), &What::of(what.as_deref())?)
            }
            Command::Export { file, what, how } => self.export(file, what.as_deref(), how),
            Command::Diff { before, .. } => self.diff(before),
            Command::Simulate { command: Some(command), .. } => self.simulate(command),
            Command::Lint { format, .. } => self.lint(*format),
            Command::Datacheck(asked) => self.datacheck(asked),
            Command::Login { service, user, peer, simulate } => self.login(service, user, *peer, *simulate),
            Command::Session(command) => self.running(command),
            Command::Token(command) => self.token(command),
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

/// What the password file of a command is for: where the command sets a password, it names the new one.
pub(crate) fn purpose(arguments: &Arguments) -> Purpose {
    if sets_a_password(&arguments.command) { Purpose::New } else { Purpose::Login }
}

/// Tells whether a command sets a password.
pub(crate) fn sets_a_password(command: &Command) -> bool {
    matches!(
        command,
        Command::User(
            UserCommand::Create { .. }
                | UserCommand::Copy { .. }
                | UserCommand::Modify { .. }
                | UserCommand::Passwd { .. }
        ) | Command::Ldap(LdapCommand::SearchPassword { .. })
            | Command::Ssl(SslCommand::PrivateKeyPassword { .. })
            | Command::System(SystemCommand::SmtpPassword)
    )
}

/// Who the command acts as: the user of `--as`, else whom the operating system says.
fn session(
    instance: &Instance,
    caller: &OsIdentity,
    door: Door,
    arguments: &Arguments,
    around: &dyn Surroundings,
) -> Result<Session, Failure> {
    let begun = Instant::now();
    if let Some(token) = around.token()? {
        if arguments.as_user.is_some() {
            return Err(Failure::Usage("--as and --kerberos are two ways to log in; take one".to_owned()));
        }
        let admitted = instance.admit_ticket(token.to_vec(), gate_caller(caller, door));
        return escalated(instance, in_due_time(instance, begun, admitted)?, arguments, None);
    }
    let Some(user) = arguments.as_user.as_deref() else {
        let session = in_due_time(instance, begun, instance.admit_os(&instance.caller(caller), door))?;
        return escalated(instance, session, arguments, None);
    };
    let password = around.password(Purpose::Login, &format!("Password of {user}: "))?;
    let missing =
        || Failure::Usage("--as needs a password: the prompt, SCLERA_PASSWORD or --password-file".to_owned());
    let password = password.ok_or_else(missing)?;
    let begun = Instant::now();
    let person = person(user, &password, around)?;
    let admitted =
        instance.admit_person(person, gate_caller(caller, door), &mut |question| around.ask(question));
    escalated(instance, in_due_time(instance, begun, admitted)?, arguments, Some(&password))
}

/// Somebody who logs in with a password, and can be asked more where somebody can be asked at all.
fn person<'a>(name: &'a str, password: &'a Secret, around: &dyn Surroundings) -> Result<Person<'a>, Failure> {
    let dialogue = if around.can_ask() { Dialogue::Full } else { Dialogue::None };
    Ok(Person { name, password, code: around.given(Purpose::LoginCode)?, dialogue })
}

fn gate_caller(caller: &OsIdentity, door: Door) -> Caller {
    Caller { door, os_user: caller.name.clone() }
}

/// The session with the role of `--escalate`, if there is one.
fn escalated(
    instance: &Instance,
    session: Session,
    arguments: &Arguments,
    password: Option<&Secret>,
) -> Result<Session, Failure> {
    let Some(role) = arguments.escalate.as_deref() else { return Ok(session) };
    let reason = arguments.reason.as_deref().unwrap_or_default();
    let begun = Instant::now();
    let asked = Escalation { role: Some(role), reason };
    in_due_time(instance, begun, instance.escalate(&session, asked, password))
}

/// A refusal is not shown before its time, which tells nothing of its reason.
fn in_due_time(
    instance: &Instance,
    begun: Instant,
    admitted: Result<Session, Refusal>,
) -> Result<Session, Failure> {
    if let Err(
        Refusal::NotAdmitted | Refusal::PasswordChangeRequired | Refusal::TooMany | Refusal::GaveUp(_),
    ) = admitted
    {
        let now = Instant::now();
        std::thread::sleep(instance.refusal_due(begun, now).saturating_duration_since(now));
    }
    Ok(admitted?)
}
