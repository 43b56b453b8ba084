//! The words that the command understands.

use crate::commands::backup::{Backup, Restore};
use crate::commands::bench::Bench;
use crate::commands::datacheck::DataCheck;
use crate::commands::generate::Generate;
use crate::commands::keys::KeyCommand;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Decides who may connect and what they may do: accounts, roles, services and audit in one trustworthy place.
#[derive(Debug, Parser)]
#[command(name = "sclera", version, disable_help_subcommand = true, propagate_version = false)]
pub(crate) struct Arguments {
    /// The directory of the instance [default: $XDG_DATA_HOME/sclera]
    #[arg(long, global = true, env = "SCLERA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The store: the embedded one in the directory
    #[arg(long, global = true, env = "SCLERA_STORE", value_name = "URL")]
    pub store: Option<String>,
    /// One JSON value on stdout and nothing else
    #[arg(long, global = true, env = "SCLERA_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    pub json: bool,
    /// Log in as this user; the password comes from the prompt, SCLERA_PASSWORD or --password-file, a code of a second
    /// factor from the prompt or SCLERA_TOTP
    #[arg(long = "as", global = true, env = "SCLERA_AS", value_name = "USER")]
    pub as_user: Option<String>,
    /// Log in by the Kerberos ticket of this process; SERVER is the instance's principal, such as iris@host.example.org
    #[arg(long, global = true, value_name = "SERVER")]
    pub kerberos: Option<String>,
    /// A file with the password: the new one where a command sets one, else that of --as (`-` is stdin)
    #[arg(long, global = true, env = "SCLERA_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Do it with this escalation role in place of the user's own roles; by the same proof again
    #[arg(long, global = true, value_name = "ROLE")]
    pub escalate: Option<String>,
    /// Why, for the audit trail
    #[arg(long, global = true, requires = "escalate", value_name = "TEXT")]
    pub reason: Option<String>,
    /// Only what was asked for, no remarks
    #[arg(long, short, global = true, env = "SCLERA_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Reads a call. The words of a simulated command are a call of their own; options that are about the whole call may
    /// stand among them.
    pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut given = Self::try_parse_from(words)?;
        let Command::Simulate { words, command } = &mut given.command else { return Ok(given) };
        let name = std::iter::once(OsString::from("sclera"));
        let inner = Self::try_parse_from(name.chain(words.iter().map(OsString::from)))?;
        *command = Some(Box::new(inner.command));
        given.data = given.data.or(inner.data);
        given.store = given.store.or(inner.store);
        given.as_user = given.as_user.or(inner.as_user);
        given.kerberos = given.kerberos.or(inner.kerberos);
        given.escalate = given.escalate.or(inner.escalate);
        given.reason = given.reason.or(inner.reason);
        given.password_file = given.password_file.or(inner.password_file);
        given.json |= inner.json;
        given.quiet |= inner.quiet;
        Ok(given)
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an instance with the predefined resources, roles, users and services
    Init(Init),
    /// Show a throw-away instance of a hospital: decisions, and why
    Demo,
    /// Measure what decisions cost on this machine, on settings made up for it
    Bench(Bench),
    /// Write manual pages and completions of shells
    #[command(subcommand)]
    Generate(Generate),
    /// Say what the configuration file means
    CheckConfig,
    /// Print `PasswordHash=…` for a merge file, of a password from the prompt, the file of --password-file or stdin
    Passwordhash(PasswordHash),
    /// Hold the instance and answer HTTP, and commands at its local socket; SIGTERM drains and stops
    Serve {
        /// Where HTTP is answered, or `none` [default: `listen` of sclera.toml, else 127.0.0.1:52773]
        #[arg(long, env = "SCLERA_LISTEN", value_name = "ADDR:PORT")]
        listen: Option<String>,
        /// Emergency access mode: this user alone gets in, with %All, by a password of this run; it is asked for, or comes
        /// from SCLERA_NEW_PASSWORD or --password-file
        #[arg(long, value_name = "USER")]
        emergency: Option<String>,
    },
    /// Say what instance this is and how it is
    Status {
        /// Verify the journal and every record as well
        #[arg(long)]
        deep: bool,
    },
    /// Users
    #[command(subcommand)]
    User(UserCommand),
    /// Roles
    #[command(subcommand)]
    Role(RoleCommand),
    /// Resources
    #[command(subcommand)]
    Resource(ResourceCommand),
    /// Services
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Applications
    #[command(subcommand)]
    Application(ObjectCommand),
    /// Audit events, named Source/Type/Name
    #[command(subcommand)]
    Event(EventCommand),
    /// TLS configurations
    #[command(subcommand)]
    Ssl(SslCommand),
    /// Providers of telephones, for codes by text message
    #[command(subcommand)]
    PhoneProvider(ObjectCommand),
    /// Document databases, by `Namespace/Name`
    #[command(subcommand)]
    Docdb(ObjectCommand),
    /// Users of certificates, by the distinguished names of their subjects
    #[command(subcommand, name = "x509-user")]
    X509User(ObjectCommand),
    /// Superservers: what is let through at a port, by `PORT` or `ADDRESS:PORT`
    #[command(subcommand)]
    Superserver(ObjectCommand),
    /// LDAP configurations
    #[command(subcommand)]
    Ldap(LdapCommand),
    /// System-wide settings
    #[command(subcommand)]
    System(SystemCommand),
    /// SQL privileges
    #[command(subcommand)]
    SqlPrivilege(SqlCommand),
    /// Namespaces: what may be done with their globals and routines
    #[command(subcommand)]
    Namespace(NamespaceCommand),
    /// Tell which permissions are held on a resource, or whether the given ones are
    Check(Check),
    /// Say why a privilege is held, or what would grant it
    Explain {
        /// The user
        user: String,
        /// The privilege, such as `AppData:RW`
        privilege: String,
    },
    /// Bring settings and users in, all or nothing
    Import {
        /// The files: JSON, YAML, security XML exports, or CPF merge files by themselves (`-` is stdin)
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What of them to bring in, a comma list as of `export`; everything else in them is left aside
        #[arg(long, value_name = "KINDS")]
        what: Option<String>,
        /// Say what would be done and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write settings and users to a file
    Export {
        /// The file; XML or YAML where it ends so, else JSON (`-` is stdout)
        file: PathBuf,
        /// What to write, a comma list of users, roles, resources, services, applications, system, sql-privileges
        #[arg(long, value_name = "KINDS")]
        what: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Say who gains and loses what from one configuration to another; exit code 1 if anybody does
    Diff {
        /// The configuration before: a file that `import` takes
        before: PathBuf,
        /// The configuration after [default: the live one]
        after: Option<PathBuf>,
    },
    /// Say who would gain and lose what by a change or an import, and change nothing; exit code 1 if anybody would
    Simulate {
        /// The command that would make it, such as `user add-roles ann Nurse` or `import FILE`
        #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
        words: Vec<String>,
        /// What these words are
        #[arg(skip)]
        command: Option<Box<Command>>,
    },
    /// Find where a configuration is weak; exit code 1 if it is. docs/lint.md has the rules
    Lint {
        /// A file that `import` takes [default: the live configuration]
        file: Option<PathBuf>,
        /// How findings are told
        #[arg(long, default_value = "text")]
        format: LintForm,
    },
    /// Name the records in which another instance differs, asked through its %Service_DataCheck; exit code 1 if any does
    Datacheck(DataCheck),
    /// Ask the gate of a service as a connection would, and show each step
    Login {
        /// The service, such as `%Service_Terminal`
        service: String,
        /// The user; its password comes from the prompt or SCLERA_LOGIN_PASSWORD, its code from SCLERA_LOGIN_TOTP
        user: String,
        /// The address it comes from
        #[arg(long, value_name = "ADDR")]
        peer: Option<std::net::IpAddr>,
        /// Ask for nothing, take every proof for right, and leave no trace
        #[arg(long)]
        simulate: bool,
    },
    /// Sessions that are running in the server
    #[command(subcommand)]
    Session(SessionCommand),
    /// Credentials of gateways and programs for HTTP
    #[command(subcommand)]
    Token(TokenCommand),
    /// The journal of changes and the event log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Write everything that the instance is to one sealed file; a server may run
    Backup(Backup),
    /// Make an instance of a backup: whole or not at all; no server may run
    Restore(Restore),
    /// Keys of the instance
    #[command(subcommand)]
    Key(KeyCommand),
}

/// How a password is hashed.
#[derive(Debug, Args)]
pub(crate) struct PasswordHash {
    /// SHA1, SHA224, SHA256, SHA384 or SHA512
    #[arg(long, short = 'a', default_value = "SHA512", value_name = "NAME")]
    pub algorithm: String,
    /// The number of rounds
    #[arg(long, short = 'w', default_value_t = 10_000, value_name = "ROUNDS")]
    pub workfactor: i64,
}

/// How to make an instance.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The security level
    #[arg(long, default_value = "normal", value_name = "LEVEL")]
    pub security: Level,
    /// Our own rules for passwords and limits, or those of IRIS
    #[arg(long, default_value = "strict")]
    pub profile: Profile,
    /// Whose predefined objects and public permissions
    #[arg(long, default_value = "iris")]
    pub product: Product,
    /// The account of the instance's owner [default: the operating-system user]
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
}

/// The security levels of an installation.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Level {
    /// Everything open
    Minimal,
    /// Authentication required, services public
    Normal,
    /// Services for those with privileges only
    LockedDown,
}

/// The profiles.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Profile {
    /// ASVS 5.0 and NIST 800-63B-4
    Strict,
    /// The values of IRIS
    Compatible,
}

/// The products.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Product {
    /// InterSystems IRIS
    Iris,
    /// InterSystems Caché
    Cache,
}

/// What may be done with roles, resources and applications.
#[derive(Debug, Subcommand)]
pub(crate) enum ObjectCommand {
    /// List them
    List {
        /// A comma list of names; `Text*` selects a beginning
        names: Option<String>,
    },
    /// Show one
    Show {
        /// Its name
        name: String,
    },
    /// Make one
    Create {
        /// Its name
        name: String,
        #[command(flatten)]
        set: Settings,
    },
    /// Make one like another one
    Copy {
        /// The name of the original
        name: String,
        /// The name of the copy
        new_name: String,
        #[command(flatten)]
        set: Settings,
    },
    /// Say whether there is one; ends with code 1 if there is none
    Exists {
        /// Its name
        name: String,
    },
    /// Change the properties given
    Modify {
        /// Its name
        name: String,
        #[command(flatten)]
        set: Settings,
    },
    /// Delete one
    Delete {
        /// Its name
        name: String,
    },
    #[command(flatten)]
    Transfer(Transfer),
}

/// What may be done with LDAP configurations.
#[derive(Debug, Subcommand)]
pub(crate) enum LdapCommand {
    #[command(flatten)]
    Object(ObjectCommand),
    /// Set the password of the search user of a domain; an empty one takes it away
    SearchPassword {
        /// The domain
        name: String,
    },
    /// Ask the directory about a user as a login would, and show each step; ends with code 1 where it says no
    Test {
        /// The user, with its domain where there are several
        user: String,
        /// Ask for the roles only, as for somebody whom the operating system proves
        #[arg(long)]
        roles: bool,
    },
}

/// What may be done with roles.
#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    #[command(flatten)]
    Object(ObjectCommand),
    /// Give one another name; everything that holds or names it goes along
    Rename {
        /// Its name
        name: String,
        /// The name it gets
        new_name: String,
    },
    /// Say who and what holds one
    InUse {
        /// Its name
        name: String,
    },
    /// List roles with their privileges, those that hold one of some privileges
    Holding {
        /// A comma list of privileges such as `AppData:RW,AppRun`; `*` asks nothing
        #[arg(default_value = "*")]
        resources: String,
    },
    /// Every privilege that some roles hold together
    Resources {
        /// A comma list of roles
        roles: String,
    },
    /// Give one the SQL privileges of another one
    CopySql {
        /// The role that holds them
        from: String,
        /// The role that gets them
        to: String,
        /// Only those in these namespaces, a comma list
        #[arg(long, default_value = "")]
        namespaces: String,
    },
}

/// What may be done with resources.
#[derive(Debug, Subcommand)]
pub(crate) enum ResourceCommand {
    #[command(flatten)]
    Object(ObjectCommand),
    /// Say what holds privileges on one, or is protected by it
    InUse {
        /// Its name
        name: String,
    },
}

/// What may be done with audit events.
#[derive(Debug, Subcommand)]
pub(crate) enum EventCommand {
    #[command(flatten)]
    Object(ObjectCommand),
    /// List those of some sources and types, with how often each happened since the server started
    Counts {
        #[command(flatten)]
        which: EventsSelected,
    },
    /// Set the counters back to zero
    Clear {
        #[command(flatten)]
        which: EventsSelected,
    },
}

/// Which events. Lists take `*` and `Text*`; case does not matter.
#[derive(Debug, Args)]
pub(crate) struct EventsSelected {
    /// Sources, such as `%System`
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub sources: String,
    /// Types, such as `%Login`
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub types: String,
    /// Names, such as `LoginFailure`
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub events: String,
}

/// What may be done with services; they are neither made nor deleted.
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// List them
    List {
        /// A comma list of names; `Text*` selects a beginning
        names: Option<String>,
    },
    /// Show one
    Show {
        /// Its name
        name: String,
    },
    /// Change the properties given
    Modify {
        /// Its name
        name: String,
        #[command(flatten)]
        set: Settings,
        /// Let it run on as it is until it is restarted
        #[arg(long)]
        no_restart: bool,
    },
    /// Have new connections judged by what is stored
    Restart {
        /// Its name
        name: String,
        /// End the connections and sessions there are, too
        #[arg(long)]
        now: bool,
    },
    #[command(flatten)]
    Transfer(Transfer),
}

/// Properties to set.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// A property by its name in the class; may be repeated
    #[arg(long = "set", value_name = "PROPERTY=VALUE")]
    pub set: Vec<String>,
}

/// Bringing one kind of object in and out.
#[derive(Debug, Subcommand)]
pub(crate) enum Transfer {
    /// Bring them in from a file that holds nothing else
    Import {
        /// The file
        file: PathBuf,
        /// Say what would be done and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write them to a file that only you can read
    Export {
        /// The file; XML or YAML where it ends so, else JSON (`-` is stdout)
        file: PathBuf,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        how: How,
    },
}

/// Which objects of a kind are exported.
#[derive(Debug, Default, Args)]
pub(crate) struct Which {
    /// Only these, a comma list; `Text*` selects a beginning
    #[arg(long, value_name = "NAMES")]
    pub names: Option<String>,
    /// Of users, only those that hold one of these roles directly
    #[arg(long, value_name = "ROLES")]
    pub roles: Option<String>,
    /// Of roles, only those with a privilege on one of these resources
    #[arg(long, value_name = "NAMES")]
    pub resources: Option<String>,
    /// Of resources, only those with these public permissions exactly, such as RW; `none` for none
    #[arg(long, value_name = "PERMISSIONS")]
    pub public: Option<String>,
    /// Of resources and applications, only those whose Type has one of these bits
    #[arg(long = "type", value_name = "BITS", allow_negative_numbers = true)]
    pub types: Option<i64>,
    /// With users or roles, also the SQL privileges that were granted to them
    #[arg(long)]
    pub sql_privileges: bool,
}

/// How something is exported.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// The format, whatever the file is called
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FileFormat>,
    /// Also password hashes and keys of one-time passwords: keep such a file like the passwords themselves
    #[arg(long)]
    pub with_secrets: bool,
}

/// The formats that are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FileFormat {
    /// The export of the Security classes
    Xml,
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// What may be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List them
    List {
        /// A comma list of beginnings of names
        names: Option<String>,
        /// Only those that hold one of these roles directly
        #[arg(long)]
        roles: Option<String>,
        /// Only those whose last login is more than so many days ago, or who never logged in
        #[arg(long, value_name = "DAYS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
        last_login_older_than: u32,
        /// The names may contain the text anywhere
        #[arg(long)]
        contains: bool,
        /// All columns
        #[arg(long)]
        detail: bool,
    },
    /// Show one
    Show {
        /// Its name
        name: String,
    },
    /// Make one; without a password it cannot log in by password
    Create {
        /// Its name
        name: String,
        #[command(flatten)]
        set: Settings,
    },
    /// Change the properties given
    Modify {
        /// Its name
        name: String,
        #[command(flatten)]
        set: Settings,
    },
    /// Delete one
    Delete {
        /// Its name
        name: String,
    },
    /// Make one like another one; without a new password it has that of the original
    Copy {
        /// The name of the original
        name: String,
        /// The name of the copy
        new_name: String,
        /// The full name of the copy
        #[arg(long, default_value = "")]
        full_name: String,
        /// Do not copy administrative SQL privileges and the right to pass roles on
        #[arg(long)]
        no_sql_system: bool,
        /// Do not copy SQL privileges on objects
        #[arg(long)]
        no_sql_objects: bool,
    },
    /// Say whether there is one; ends with code 1 if there is none
    Exists {
        /// Its name
        name: String,
    },
    /// Set the password of one; one's own by the old password, without any privilege
    Passwd {
        /// Its name
        name: String,
        /// The password is to be changed at the next login
        #[arg(long)]
        must_change: bool,
    },
    /// Show the key of one-time passwords of one, as a QR code and to be typed; keep it like a password
    Totp {
        /// Its name
        name: String,
        /// Make a new key first; the old one is then of no use
        #[arg(long)]
        renew: bool,
        /// Draw the QR code into this file that only you can read (`-` is stdout)
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Have passwords changed at the next login
    ExpirePasswords {
        /// A comma list of names; `Text*` selects a beginning, `*` all
        names: String,
    },
    /// No longer have passwords changed at the next login
    UnexpirePasswords {
        /// A comma list of names; `Text*` selects a beginning, `*` all
        names: String,
    },
    /// Forget the failed logins of one, and enable it again
    Unlock {
        /// Its name
        name: String,
    },
    /// Give roles to one
    AddRoles {
        /// Its name
        name: String,
        /// A comma list of roles
        roles: String,
        /// It may grant them to others by SQL
        #[arg(long)]
        admin: bool,
    },
    /// Take roles from one
    RemoveRoles {
        /// Its name
        name: String,
        /// A comma list of roles
        roles: String,
    },
    /// Let one escalate to roles
    AddEscalationRoles {
        /// Its name
        name: String,
        /// A comma list of roles
        roles: String,
    },
    /// No longer let one escalate to roles
    RemoveEscalationRoles {
        /// Its name
        name: String,
        /// A comma list of roles
        roles: String,
    },
    /// Every role that a login would hold
    Roles {
        /// Its name
        name: String,
    },
    /// Every privilege that a login would hold
    Resources {
        /// Its name
        name: String,
    },
    #[command(flatten)]
    Transfer(Transfer),
}

/// What may be done with the system-wide settings.
#[derive(Debug, Subcommand)]
pub(crate) enum SystemCommand {
    /// Set the password of SMTPUsername; an empty one takes it away
    SmtpPassword,
    /// Show them
    #[command(alias = "list")]
    Show,
    /// Change those given
    Modify {
        #[command(flatten)]
        set: Settings,
    },
    #[command(flatten)]
    Transfer(Transfer),
}

/// What may be asked of TLS configurations.
#[derive(Debug, Subcommand)]
pub(crate) enum SslCommand {
    #[command(flatten)]
    Object(ObjectCommand),
    /// Set the password of the private key of one; an empty one takes it away
    PrivateKeyPassword {
        /// Its name
        name: String,
    },
}

/// What may be asked of namespaces.
#[derive(Debug, Subcommand)]
pub(crate) enum NamespaceCommand {
    /// List them, and whether one may enter them
    List,
    /// Tell what one may do with a global or routine, or whether one may do what is given
    Check {
        /// The namespace
        namespace: String,
        /// The global, with subscripts if any, as `Orders(2020)`; none stands for the namespace's own database
        #[arg(default_value = "")]
        name: String,
        /// The permissions wanted; without them the answer is what is held
        permissions: Option<String>,
        /// It is a routine
        #[arg(long)]
        routine: bool,
    },
}

/// What may be done with SQL privileges.
#[derive(Debug, Subcommand)]
pub(crate) enum SqlCommand {
    /// List those of a user or role, or all
    #[command(alias = "show")]
    List {
        /// The user or role
        grantee: Option<String>,
    },
    /// Grant one
    #[command(alias = "grant")]
    Create {
        #[command(flatten)]
        target: SqlArguments,
        /// The grantee may pass it on
        #[arg(long)]
        grantable: bool,
    },
    /// Tell whether a user holds one, itself or by its roles; ends with code 1 if not
    Check {
        #[command(flatten)]
        target: SqlArguments,
        /// Whether it may pass it on
        #[arg(long)]
        grantable: bool,
    },
    /// Revoke one
    #[command(alias = "revoke")]
    Delete {
        #[command(flatten)]
        target: SqlArguments,
        /// Also from those that got it through the grantee
        #[arg(long)]
        cascade: bool,
    },
    #[command(flatten)]
    Transfer(Transfer),
}

/// An SQL privilege.
#[derive(Debug, Args)]
pub(crate) struct SqlArguments {
    /// The user or role
    pub grantee: String,
    /// The privilege: SELECT, INSERT, … or an administrative one such as %CREATE_TABLE
    pub privilege: String,
    /// What it is held on: `table Sample.Person`, `column Sample.Person.Name`, `view …`, `schema …`, `procedure …`; none for an administrative one
    #[arg(long)]
    pub object: Option<String>,
    /// The namespace
    #[arg(long, default_value = "USER")]
    pub namespace: String,
}

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The resource
    #[arg(required_unless_present = "batch")]
    pub resource: Option<String>,
    /// The permissions wanted; without them the answer is what is held
    pub permissions: Option<String>,
    /// What a login of this user would hold
    #[arg(long, conflicts_with_all = ["roles", "batch"])]
    pub user: Option<String>,
    /// What these roles would hold
    #[arg(long, conflicts_with = "batch")]
    pub roles: Option<String>,
    /// A file of questions as JSON lines {"user","resource","permissions"?,"expect"?} (`-` is stdin)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resource", "permissions"])]
    pub batch: Option<PathBuf>,
}

/// What may be done with the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List records of both, the newest first
    List {
        /// How many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
        /// Go on behind the record with this cursor (`--json` shows it)
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
        #[command(flatten)]
        filter: AuditSelection,
    },
    /// Write records to a file, one JSON object a line (`-` is stdout)
    Export {
        /// The file
        file: PathBuf,
        /// What a line is
        #[arg(long, default_value = "json")]
        format: AuditForm,
        #[command(flatten)]
        filter: AuditSelection,
    },
    /// Delete events; that they went, and by whom, stays. The journal of changes is kept
    Purge {
        /// Those older than so many days
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=100_000))]
        older_than: Option<u32>,
        /// All of them
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        filter: AuditSelection,
    },
    /// Find edited, deleted, reordered and cut records
    Verify,
}

/// Which records of the audit trail. Lists take `*` and `Text*`; case does not matter.
#[derive(Debug, Args)]
pub(crate) struct AuditSelection {
    /// From this time on: `2026-11-25`, or with a time as in `2026-11-25T08:15:00Z`
    #[arg(long, value_name = "TIME")]
    pub begin: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub end: Option<String>,
    /// Sources of events, such as `%System`
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub sources: String,
    /// Types of events, such as `%Login`
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub types: String,
    /// Names of events, such as `LoginFailure,UserChange`
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub events: String,
    /// Users
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub users: String,
    /// The bit of the mechanism by which the user was authenticated
    #[arg(long, value_name = "BIT")]
    pub authentication: Option<i64>,
    /// Numbers of processes that wrote them
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub pids: String,
    /// Groups
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub groups: String,
    /// Systems, as `node:instance`
    #[arg(long, default_value = "*", value_name = "LIST")]
    pub systems: String,
    /// A text that some column contains
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub search: String,
    /// The oldest first
    #[arg(long)]
    pub oldest_first: bool,
}

/// What a line of an exported audit trail is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AuditForm {
    /// The columns of %SYS.Audit
    Json,
    /// An event of OCSF, the Open Cybersecurity Schema Framework
    Ocsf,
}

/// How findings are told.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LintForm {
    /// A table for people
    Text,
    /// One JSON value
    Json,
    /// A log of SARIF 2.1.0
    Sarif,
}

/// What may be done with credentials of machines.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// List them; what lets anybody in is not kept
    List,
    /// Make one, and print its token, which is shown this once
    Create {
        /// What it is for
        name: String,
        /// The user whose roles it has
        #[arg(long)]
        user: String,
        /// The parts of HTTP it is for: admin, authzen, check, gate
        #[arg(long, value_name = "LIST")]
        scopes: String,
        /// The addresses it may come from, such as 10.0.0.*; any without it
        #[arg(long, value_name = "LIST", default_value = "")]
        addresses: String,
        /// How many days it is good for
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Give one another token, and print it; the one before is worthless at once
    Rotate {
        /// The name of the credential
        name: String,
        /// How many days it is good for from now on
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Take one away
    Revoke {
        /// The name of the credential
        name: String,
    },
}

/// What may be done with running sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List them: all for an administrator, else one's own
    List,
    /// End one by its name, or all of a user
    End {
        /// The name of a session, or of a user
        which: String,
    },
    /// Write a ticket, by which a process of one's own decides from published settings. Whoever has the file is its user
    /// there
    Ticket {
        /// The file, which only its owner can read; one that is there is replaced
        file: PathBuf,
        /// How many seconds it is good for, a day at most
        #[arg(long, default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
        seconds: u64,
    },
}
