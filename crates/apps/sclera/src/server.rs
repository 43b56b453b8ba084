//! `serve`, and how a command reaches the server that holds an instance.

use crate::arguments::{
    Arguments, AuditCommand, Command, EventCommand, LdapCommand, ObjectCommand, ResourceCommand, RoleCommand,
    ServiceCommand, SessionCommand, SqlCommand, SslCommand, SystemCommand, Transfer, UserCommand,
};
use crate::commands;
use crate::configuration::{Configuration, Listen, TlsFiles};
use crate::dialogue;
use crate::failure::Failure;
use crate::gates;
use crate::notify;
use crate::outlets::Settings;
use crate::output::Output;
use crate::progress;
use crate::sockets::{Sockets, open_door};
use crate::surroundings::{Carried, DIALOGUE, Draft, Here, Purpose, Surroundings, TOKEN, WATCHED};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{SigSet, Signal};
use sclera::forward::{Outlet, Stop};
use sclera::{Door, Input, Instance, Level, Outside, hex};
use sclera_http::{AccessLog, Limits, Place, Running, Server, Tls};
use sclera_local::{LARGEST_FILES, MOST_OPENED, Reply, Request, can_be_handed_over};
use sclera_os::identity::OsIdentity;
use serde_json::json;
use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use zeroize::Zeroizing;

/// The socket of an instance.
fn socket(directory: &Path) -> PathBuf {
    directory.join("run/sclera.sock")
}

/// Holds an instance: opens its files, listens, and stops when it is told to.
///
/// In an emergency one user alone gets in, by a password of this run; it is asked for before anything is opened.
pub(crate) fn run(
    directory: &Path,
    listen_at: Option<&str>,
    emergency: Option<(&str, Here)>,
    output: &Output,
) -> Result<u8, Failure> {
    // Every thread that is started later keeps these signals blocked; this one waits for them.
    let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT]);
    signals.thread_block().map_err(|error| Failure::Environment(format!("signals: {error}")))?;
    let held = sclera_os::held::take().map_err(|fault| Failure::Environment(fault.to_string()))?;
    let given = listen_at.map(str::parse).transpose().map_err(Failure::Usage)?;
    let mut configuration = Configuration::read(directory)?;
    if let Some(at) = given {
        configuration.listen = at;
    }
    let sockets = Sockets::sorted(held, &mut configuration, &socket(directory))?;
    let instance = open(directory, &configuration.outside, emergency)?;
    let _alone = alone(directory)?;
    if let Some(user) = instance.emergency_user() {
        output.warn(&format!("emergency access mode: {user} alone gets in, and holds %All"));
    }
    if let Err(why) = instance.publish_if_stale() {
        output.warn(&format!("attached processes do not know the settings: {why}"));
    }
    let http = open_http(&instance, sockets.http, &configuration, output)?;
    let keeps_socket = sockets.local.is_some();
    let door = open_door(&socket(directory), sockets.local, configuration.socket_access)?;
    let outlets = open_outlets(&configuration)?;
    let forwarding = Stop::default();
    let address = http.as_ref().map(|http| http.address.clone());
    let http = http.map(|http| http.start(&instance)).transpose()?;
    if instance.emergency_user().is_none() {
        instance.tell_start(&told(directory, address.as_deref()))?;
    }
    let gates = open_gates(&instance, &configuration, sockets.gates)?;
    let subagent = configuration
        .snmp
        .as_ref()
        .map(|snmp| sclera_snmp::Subagent::new(instance.engine(), snmp.master.clone(), snmp.root.clone()));
    let is_over = AtomicBool::new(false);
    say(directory, address.as_deref(), output)?;
    notify::tell(notify::State::Ready);
    std::thread::scope(|scope| {
        for (name, outlet) in &outlets {
            scope.spawn(|| instance.forward(name, outlet, &forwarding, &warn));
        }
        let outlets: Vec<&str> = outlets.iter().map(|(name, _)| name.as_str()).collect();
        let (ended, retention) = std::sync::mpsc::channel();
        let (ended_too, publishing) = std::sync::mpsc::channel();
        let served = &instance;
        scope.spawn(move || keep_for_so_long(served, &outlets, &retention));
        scope.spawn(move || keep_published(served, &publishing));
        if let Some(subagent) = &subagent {
            scope.spawn(|| subagent.keep(&is_over));
        }
        scope.spawn(|| {
            door.serve(&|stream, request| answer(&instance, stream, request));
        });
        let told = signals.wait();
        notify::tell(notify::State::Stopping);
        door.stop();
        forwarding.tell();
        drop((ended, ended_too));
        is_over.store(true, Ordering::Relaxed);
        if let Some(gates) = gates {
            gates.stop();
        }
        let stopped = http.map_or(Ok(()), Running::stop);
        told.map_err(|error| Failure::Environment(format!("signals: {error}")))?;
        stopped.map_err(|error| Failure::Environment(format!("HTTP: {error}")))
    })?;
    if !keeps_socket {
        let _ = std::fs::remove_file(socket(directory));
    }
    if instance.emergency_user().is_none() {
        instance.tell_stop()?;
    }
    instance.leave_emergency()?;
    Ok(0)
}

/// Purges what is older than the settings say, now and every hour, until the sender of `ended` is gone.
fn keep_for_so_long(instance: &Instance, outlets: &[&str], ended: &Receiver<()>) {
    let mut from = None;
    loop {
        match instance.purge_expired(outlets, from) {
            Ok((_, next)) => from = next,
            Err(error) => {
                warn(&format!("events that are older than the settings say are still kept: {error}"));
            }
        }
        if !matches!(ended.recv_timeout(RETENTION_INTERVAL), Err(RecvTimeoutError::Timeout)) {
            return;
        }
    }
}

/// How often expired events are purged.
const RETENTION_INTERVAL: Duration = Duration::from_secs(3_600);

/// Makes up for publications that failed, or that a process did not live to make, until the sender of `ended` is gone.
fn keep_published(instance: &Instance, ended: &Receiver<()>) {
    let mut is_told = false;
    while matches!(ended.recv_timeout(PUBLISHING_INTERVAL), Err(RecvTimeoutError::Timeout)) {
        match instance.publish_if_stale() {
            Ok(_) => is_told = false,
            Err(why) if !is_told => {
                warn(&format!("attached processes do not know the settings of now: {why}"));
                is_told = true;
            }
            Err(_) => {}
        }
    }
}

/// How often it is looked whether what counts is published.
const PUBLISHING_INTERVAL: Duration = Duration::from_secs(2);

/// Where the server listens, in the words of its record.
fn told(directory: &Path, address: Option<&str>) -> String {
    let and = address.map(|address| format!("; {address}")).unwrap_or_default();
    format!("{}{and}", socket(directory).display())
}

fn open(directory: &Path, outside: &Outside, emergency: Option<(&str, Here)>) -> Result<Instance, Failure> {
    let Some((user, around)) = emergency else { return Ok(Instance::open_with(directory, outside)?) };
    let missing = "an emergency needs a password: the prompt, SCLERA_NEW_PASSWORD or --password-file";
    let password = around.password(Purpose::New, &format!("Password of {user} for this run: "))?;
    let password = password.ok_or_else(|| Failure::Usage(missing.to_owned()))?;
    Ok(Instance::open_in_emergency(directory, user, &password)?)
}

/// The gates before what stands behind services.
fn open_gates(
    instance: &Instance,
    configuration: &Configuration,
    held: Vec<Option<TcpListener>>,
) -> Result<Option<sclera_tcp::Running>, Failure> {
    let is_minimal = instance.instance()?.level == Level::Minimal.word();
    if let Some(open) = configuration.gates.iter().find(|gate| is_minimal && gate.is_open()) {
        return Err(Failure::bad_value(format!(
            "{}: it can be reached from other machines, and this instance was made with --security minimal, where \
             nobody has to log in; listen at 127.0.0.1 or [::1]",
            open.told()
        )));
    }
    for warning in configuration.gates.iter().flat_map(gates::Settings::warnings) {
        warn(&warning);
    }
    let files = sclera_os::limits::raise_open_files().unwrap_or(256);
    gates::start(instance, &configuration.gates, held, files)
}

/// The outlets of the audit trail, ready to be used.
fn open_outlets(configuration: &Configuration) -> Result<Vec<(String, Outlet)>, Failure> {
    let host = host_name();
    let open = |settings: &Settings| Ok((settings.name.clone(), settings.open(&host)?));
    configuration.outlets.iter().map(open).collect()
}

/// The name of this machine.
fn host_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if host.trim().is_empty() { "localhost".to_owned() } else { host.trim().to_owned() }
}

/// A line for whoever runs the server.
fn warn(line: &str) {
    eprintln!("sclera: warning: {}", sclera::one_line(line));
}

fn say(directory: &Path, address: Option<&str>, output: &Output) -> Result<(), Failure> {
    let socket = socket(directory);
    output.value(&json!({ "Directory": directory, "Socket": socket, "Address": address }));
    let and = address.map(|address| format!(" and {address}")).unwrap_or_default();
    output.mention(&format!("serving {} at {}{and}", directory.display(), socket.display()));
    output.finish()
}

/// HTTP that is about to be answered; its port is taken already.
struct Http {
    listener: TcpListener,
    tls: Option<Tls>,
    address: String,
    place: Place,
}

impl Http {
    fn start(self, instance: &Instance) -> Result<Running, Failure> {
        let started = Server::at(instance.engine(), limits(), self.place)
            .and_then(|server| server.start(self.listener, self.tls));
        started.map_err(|error| Failure::Environment(format!("HTTP: {error}")))
    }
}

/// Takes the address, unless it is held already or there is to be none.
fn open_http(
    instance: &Instance,
    held: Option<TcpListener>,
    configuration: &Configuration,
    output: &Output,
) -> Result<Option<Http>, Failure> {
    let (at, tls) = (configuration.listen, configuration.tls.as_ref());
    let Listen::At(wanted) = at else { return Ok(None) };
    if at.is_open() && instance.instance()?.level == Level::Minimal.word() {
        return Err(Failure::bad_value(format!(
            "{wanted} can be reached from other machines, and this instance was made with --security minimal, where \
             nobody has to log in; listen at 127.0.0.1 or [::1]"
        )));
    }
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::Environment(format!(
            "{wanted} is taken by another program; choose another with --listen or `listen` in sclera.toml"
        )),
        _ => Failure::Environment(format!("{wanted}: {error}")),
    };
    if let Some(warning) = at.warning(tls.is_some()) {
        output.warn(warning);
    }
    let tls = tls.map(TlsFiles::load_http).transpose()?;
    let listener = held.map_or_else(|| TcpListener::bind(wanted), Ok).map_err(failed)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", listener.local_addr().map_err(failed)?);
    let place = Place {
        host: host_name(),
        prefix: configuration.prefix.clone(),
        trusted: configuration.trusted.clone(),
        log: configuration.access_log.as_deref().map(access_log).transpose()?,
        files: configuration.named_files.clone(),
    };
    Ok(Some(Http { listener, tls, address, place }))
}

/// The file that requests are told of in; only its owner reads one that is made here.
fn access_log(path: &Path) -> Result<Arc<AccessLog>, Failure> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(failed)?;
    Ok(Arc::new(AccessLog::to(file).map_err(failed)?))
}

/// Connections may use up half of the files that this process may have open; the store needs some, too.
fn limits() -> Limits {
    let limits = Limits::default();
    let files = sclera_os::limits::raise_open_files().unwrap_or(256);
    Limits { connections: limits.connections.min(usize::try_from(files / 2).unwrap_or(usize::MAX)), ..limits }
}

/// One server a directory: the lock is held until the process ends.
fn alone(directory: &Path) -> Result<Flock<File>, Failure> {
    let run = directory.join("run");
    let failed = |error: std::io::Error| Failure::file(&run, &error);
    std::fs::create_dir_all(&run).map_err(failed)?;
    // Other users of the machine reach the socket, and nothing else: every file has its own mode.
    for path in [directory, run.as_path()] {
        std::fs::set_permissions(path, Permissions::from_mode(0o711)).map_err(failed)?;
    }
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(run.join("serve.lock"));
    Flock::lock(file.map_err(failed)?, FlockArg::LockExclusiveNonblock).map_err(|_| {
        Failure::Environment(format!("another `sclera serve` holds {} already", directory.display()))
    })
}

/// Works on a command that came over the socket. The environment of the server has no part in it: what the caller's
/// environment says came with the request.
fn answer(instance: &Instance, stream: &UnixStream, request: Request) -> Reply {
    let caller = OsIdentity::of_peer(stream);
    let words = [String::from("sclera")].into_iter().chain(request.arguments.iter().cloned()).map(Into::into);
    let (Ok(caller), Ok(mut arguments)) = (caller, Arguments::read(words)) else {
        return Reply {
            code: crate::failure::USAGE,
            stderr: "sclera: the server does not know this command\n".into(),
            ..Reply::default()
        };
    };
    arguments.as_user = request.option("as");
    arguments.json = request.option("json").is_some();
    arguments.quiet = request.option("quiet").is_some();
    let output = Output::new(arguments.json, arguments.quiet);
    let around = Carried::from(request, stream);
    let done = commands::perform(instance, &caller, Door::Socket, &arguments, &around, &output);
    let (stdout, mut stderr) = output.into_parts();
    match done {
        Ok(code) => Reply { code, stdout, stderr, files: around.written() },
        Err(failure) => {
            stderr.push_str(&crate::output::line(&failure, arguments.json));
            Reply { code: failure.exit_code(), stderr, ..Reply::default() }
        }
    }
}

/// Carries a command to the server, if one holds the instance, and gives its exit code.
pub(crate) fn carry(
    directory: &Path,
    arguments: &Arguments,
    around: &Here,
    output: &Output,
) -> Result<Option<u8>, Failure> {
    let socket = socket(directory);
    if !sclera_local::is_served(&socket) {
        return Ok(None);
    }
    let mut request = pack(arguments, around)?;
    let draft = match file_written(&arguments.command) {
        Some(path) => draft_to_fill(path, &mut request)?,
        None => None,
    };
    let fault = |fault: sclera_local::Fault| Failure::Environment(format!("{}: {fault}", socket.display()));
    let mut told = |line: &str| progress::draw(&sclera::one_line(line));
    let called = sclera_local::call(&socket, &request, &mut dialogue::answer, &mut told);
    let Some(reply) = called.map_err(fault)? else { return Ok(None) };
    if let Some(draft) = draft.filter(|_| reply.code == 0) {
        draft.place()?;
    }
    for (name, bytes) in &reply.files {
        if writes_bytes(&arguments.command) {
            let written = |out: &mut dyn Write| out.write_all(bytes);
            around.fill(Path::new(name), &mut |out| {
                written(out).map_err(|error| Failure::file(Path::new(name), &error))
            })?;
            continue;
        }
        let mut file = around.create(Path::new(name))?;
        let text = String::from_utf8_lossy(bytes);
        file.write(&text).map_err(|error| Failure::file(Path::new(name), &error))?;
        file.finish()?;
    }
    output.pass_on(&reply.stdout, &reply.stderr);
    Ok(Some(reply.code))
}

/// Whether a command writes a file of bytes that are no text.
const fn writes_bytes(command: &Command) -> bool {
    matches!(command, Command::Backup(_) | Command::Session(SessionCommand::Ticket { .. }))
}

/// What a command takes along: its words, the files it names, the passwords it needs.
fn pack(arguments: &Arguments, around: &Here) -> Result<Request, Failure> {
    let mut request = Request::default();
    for word in std::env::args_os().skip(1) {
        let word =
            word.into_string().map_err(|_| Failure::Usage("an argument is not valid UTF-8".to_owned()))?;
        request.arguments.push(word);
    }
    for path in files_read(&arguments.command) {
        take_along(&path, around, &mut request)?;
    }
    if let Some(user) = &arguments.as_user {
        request.set_option("as", user);
        if let Some(password) = around.password(Purpose::Login, &format!("Password of {user}: "))? {
            request.secrets.keep(Purpose::Login.word(), password.expose());
        }
        if let Some(code) = around.given(Purpose::LoginCode)? {
            request.secrets.keep(Purpose::LoginCode.word(), code.expose());
        }
    }
    if let Some(token) = around.token()? {
        request.secrets.keep(TOKEN, &Zeroizing::new(hex(&token)));
    }
    if around.can_ask() {
        request.set_option(DIALOGUE, "1");
    }
    if around.watcher().is_some() {
        request.set_option(WATCHED, "1");
    }
    let asked = matches!(
        arguments.command,
        Command::User(UserCommand::Create { .. } | UserCommand::Passwd { .. })
            | Command::Ldap(LdapCommand::SearchPassword { .. })
            | Command::Ssl(SslCommand::PrivateKeyPassword { .. })
            | Command::System(SystemCommand::SmtpPassword)
    );
    let offered = commands::sets_a_password(&arguments.command) && around.offers_new_password();
    if (asked || offered)
        && let Some(password) = around.password(Purpose::New, "New password: ")?
    {
        request.secrets.keep(Purpose::New.word(), password.expose());
    }
    if let Command::Login { service, user, simulate: false, .. } = &arguments.command {
        let prompt = format!("Password of {user} at {service}: ");
        if let Some(password) = around.password(Purpose::Attempt, &prompt)? {
            request.secrets.keep(Purpose::Attempt.word(), password.expose());
        }
        if let Some(code) = around.given(Purpose::Code)? {
            request.secrets.keep(Purpose::Code.word(), code.expose());
        }
    }
    if let Command::Ldap(LdapCommand::Test { user, roles: false }) = &arguments.command {
        let prompt = format!("Password of {user} in the directory: ");
        if let Some(secret) = around.password(Purpose::Attempt, &prompt)? {
            request.secrets.keep(Purpose::Attempt.word(), secret.expose());
        }
    }
    for (name, given) in [("json", arguments.json), ("quiet", arguments.quiet)] {
        if given {
            request.set_option(name, "1");
        }
    }
    Ok(request)
}

/// Takes a file along: open, if it is one of a disk, else its contents.
fn take_along(path: &Path, around: &Here, request: &mut Request) -> Result<(), Failure> {
    let bytes = match around.open(path, LARGEST_FILES)? {
        Input::File(file) => {
            if hand_over(path, file, request) {
                return Ok(());
            }
            around.read(path, LARGEST_FILES)?
        }
        Input::Bytes(bytes) => bytes,
    };
    request.files.insert(path.display().to_string(), bytes);
    Ok(())
}

/// Begins a file that the server is to fill; none where it cannot, and sends the contents.
fn draft_to_fill<'a>(path: &'a Path, request: &mut Request) -> Result<Option<Draft<'a>>, Failure> {
    let Some(draft) = Draft::of(path)? else { return Ok(None) };
    let is_handed_over = hand_over(path, draft.opened()?, request);
    Ok(Some(draft).filter(|_| is_handed_over))
}

/// Hands an open file over with a request, if a server can work on it by itself.
fn hand_over(path: &Path, file: File, request: &mut Request) -> bool {
    let can = request.opened.len() < MOST_OPENED && can_be_handed_over(&file);
    if can {
        request.opened.insert(path.display().to_string(), file);
    }
    can
}

/// The file that an export writes.
fn file_written(command: &Command) -> Option<&Path> {
    match command {
        Command::Export { file, .. } | Command::Audit(AuditCommand::Export { file, .. }) => Some(file),
        command => match transfer(command)? {
            Transfer::Export { file, .. } => Some(file),
            Transfer::Import { .. } => None,
        },
    }
}

/// The files that a command reads.
fn files_read(command: &Command) -> Vec<PathBuf> {
    match command {
        Command::Import { files, .. } => files.clone(),
        Command::Check(check) => check.batch.iter().cloned().collect(),
        Command::Simulate { command: Some(command), .. } => files_read(command),
        Command::Diff { before, .. } => vec![before.clone()],
        Command::Datacheck(asked) => asked.files().cloned().collect(),
        command => match transfer(command) {
            Some(Transfer::Import { file, .. }) => vec![file.clone()],
            Some(Transfer::Export { .. }) | None => Vec::new(),
        },
    }
}

/// What one of the kinds of objects imports or exports.
const fn transfer(command: &Command) -> Option<&Transfer> {
    match command {
        Command::User(UserCommand::Transfer(transfer))
        | Command::Service(ServiceCommand::Transfer(transfer))
        | Command::Role(RoleCommand::Object(ObjectCommand::Transfer(transfer)))
        | Command::Resource(ResourceCommand::Object(ObjectCommand::Transfer(transfer)))
        | Command::Application(ObjectCommand::Transfer(transfer))
        | Command::Event(EventCommand::Object(ObjectCommand::Transfer(transfer)))
        | Command::Ssl(SslCommand::Object(ObjectCommand::Transfer(transfer)))
        | Command::PhoneProvider(ObjectCommand::Transfer(transfer))
        | Command::Docdb(ObjectCommand::Transfer(transfer))
        | Command::X509User(ObjectCommand::Transfer(transfer))
        | Command::Superserver(ObjectCommand::Transfer(transfer))
        | Command::Ldap(LdapCommand::Object(ObjectCommand::Transfer(transfer)))
        | Command::System(SystemCommand::Transfer(transfer))
        | Command::SqlPrivilege(SqlCommand::Transfer(transfer)) => Some(transfer),
        _ => None,
    }
}
