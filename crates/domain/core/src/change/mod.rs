//! Changes: every way in which settings and users can become different.
//!
//! A [`Change`] is an intent. Nothing happens when it is made; deciding it goes in four steps, of which the store takes
//! the second and the last, all in one transaction:
//!
//! ```text
//! Change::needs   which users, names and grants the rule must see
//!       │
//!    the store reads them                       (Facts)
//!       │
//! Change::decide  the rule: a refusal, or an Outcome of effects and journal entries
//!       │
//!    the store applies the effects; if the outcome has a guard, a holder of %All must still be there
//! ```
//!
//! So a rule over ten million users costs a few reads by key, and no door can change anything without the rules.

mod application;
mod config;
mod copy;
mod resource;
mod role;
mod service;
mod sql;
mod superserver;
mod system;
mod unattended;
mod user;

use crate::application::Application;
use crate::doc_db::DocDb;
use crate::event::Event;
use crate::id::{Ids, RoleId, UserId};
use crate::ldap_config::LdapConfig;
use crate::name::Folded;
use crate::permission::Permissions;
use crate::phone_provider::PhoneProvider;
use crate::policy::Policy;
use crate::property::{Class, Difference, Properties, differences};
use crate::resource::Resource;
use crate::role::Role;
use crate::service::Service;
use crate::sql::{Grantee, SqlPrivilege, SqlTarget};
use crate::ssl_config::SslConfig;
use crate::status::Status;
use crate::superserver::Superserver;
use crate::system::System;
use crate::time::Timestamp;
use crate::user::{Credential, User, UserType};
use crate::x509_user::X509User;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// An intent to change something. Names are as the caller wrote them; the rules judge them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the members are the names and properties that the Security classes take")]
pub enum Change {
    /// Makes a resource, and for a database resource the role of its name.
    CreateResource { name: String, properties: Properties },
    /// Changes the properties given.
    ModifyResource { name: String, properties: Properties },
    /// Deletes a resource; from then on only holders of `%All` reach what it protected.
    DeleteResource { name: String },
    /// Makes a role.
    CreateRole { name: String, properties: Properties },
    /// Changes the properties given; lists are replaced.
    ModifyRole { name: String, properties: Properties },
    /// Deletes a role; every holder loses it.
    DeleteRole { name: String },
    /// Makes a user; the password comes hashed.
    CreateUser { name: String, properties: Properties, credential: Option<Credential> },
    /// Brings a user of an export in: makes it or puts it in place of the one of its name.
    ImportUser { name: String, properties: Properties, credential: Option<Credential>, history: Box<History> },
    /// Changes the properties given; lists are replaced.
    ModifyUser { name: String, properties: Properties, credential: Option<Credential> },
    /// Makes a user like another one. Without a credential the copy has the password of the original.
    CopyUser { name: String, new_name: String, how: Box<UserCopy>, credential: Option<Credential> },
    /// Marks the password of a user to be changed at the next login, or takes the mark away.
    MarkPassword { user: String, expired: bool },
    /// Sets a password that its user chose; it need not be changed any more.
    ChangeOwnPassword { user: String, credential: Credential },
    /// Makes the user of an outside authority, or brings it up to date with what the authority says.
    AdoptUser { name: String, adoption: Box<Adoption> },
    /// Keeps the password of a user anew, if what is kept of it is still the expected; it is the same password.
    UpgradeCredential { name: String, expected: Credential, credential: Credential },
    /// Keeps the key of one-time passwords of a user sealed anew, if what is kept of it is still the expected; it is the same
    /// key.
    ResealKey { name: String, expected: Vec<u8>, sealed: Vec<u8> },
    /// Deletes a user.
    DeleteUser { name: String },
    /// Adds roles to a user or removes them.
    ChangeRoles { user: String, list: RoleList, edit: Edit, roles: String },
    /// Changes the properties given.
    ModifyService { name: String, properties: Properties },
    /// Makes an application.
    CreateApplication { name: String, properties: Properties },
    /// Changes the properties given.
    ModifyApplication { name: String, properties: Properties },
    /// Deletes an application.
    DeleteApplication { name: String },
    /// Makes an object like another one of its kind; the properties given stand instead of those of the original.
    CopyObject { kind: Kind, name: String, new_name: String, properties: Properties },
    /// Gives a role another name; everything that holds or names it goes along.
    RenameRole { name: String, new_name: String },
    /// Gives a role the SQL privileges that another one holds, in some namespaces or, where none is named, in all.
    CopySqlPrivileges { from: String, to: String, namespaces: Vec<String> },
    /// Makes an audit event or a configuration.
    CreateConfig { kind: Kind, name: String, properties: Properties },
    /// Changes the properties given.
    ModifyConfig { kind: Kind, name: String, properties: Properties },
    /// Deletes an audit event or a configuration.
    DeleteConfig { kind: Kind, name: String },
    /// Keeps the secret of a configuration, sealed; empty for none.
    SetSecret { kind: Kind, name: String, sealed: Vec<u8> },
    /// Changes the system-wide settings given.
    ModifySystem { properties: Properties },
    /// Grants an SQL privilege to a user or a role.
    GrantSql { target: SqlTarget, grantee: String, grantable: bool },
    /// The same by somebody else, as an export tells it (`export-xml.md` section 5).
    GrantSqlBy { target: SqlTarget, grantee: String, grantor: String, grantable: bool },
    /// Revokes an SQL privilege, whoever granted it.
    RevokeSql { target: SqlTarget, grantee: String, cascade: bool },
}

/// How a user is copied (`security-users.md` 5.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCopy {
    /// The full name of the copy; empty: that of the original.
    pub full_name: String,
    /// Administrative SQL privileges and the right to pass roles on are copied.
    pub sql_system: bool,
    /// SQL privileges on objects are copied.
    pub sql_objects: bool,
}

impl Default for UserCopy {
    fn default() -> Self {
        Self { full_name: String::new(), sql_system: true, sql_objects: true }
    }
}

/// What an export of another instance tells of a user beside what callers may set (`export-xml.md` section 7).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// The type of the user, as `Flags` has it.
    pub flags: i64,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Who made it.
    pub created_by: String,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// Who changed it last.
    pub modified_by: String,
    /// What that change changed.
    pub modified_what: String,
    /// When its password was set last.
    pub password_changed: Option<Timestamp>,
    /// The hash of an ancient client protocol.
    pub legacy_password: String,
    /// Named values, one `name=value` an entry.
    pub attributes: Vec<String>,
    /// The key of one-time passwords, sealed.
    pub totp_key: Vec<u8>,
}

/// What an outside authority says of a user (`authentication.md` 10.3 and 11.1). There is no partial update: what it does
/// not say is stored as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The type of the user.
    pub kind: UserType,
    /// The properties that callers may set.
    pub properties: Properties,
    /// What is kept of the password, for logins while the authority cannot be reached.
    pub credential: Option<Credential>,
    /// The key of one-time passwords, sealed.
    pub totp_key: Vec<u8>,
    /// Named values, one `name=value` an entry.
    pub attributes: Vec<String>,
    /// Whether the authority may give `%All`.
    pub may_give_all: bool,
}

/// Which list of roles of a user is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleList {
    /// The roles of a login.
    Login,
    /// The roles of a login, with the right to grant them to others by SQL.
    LoginWithAdmin,
    /// The roles the user may escalate to.
    Escalation,
}

/// Whether something is added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// It is added.
    Add,
    /// It is removed.
    Remove,
}

/// What a rule must see beside the policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Users by name.
    pub users: Vec<Folded>,
    /// Names of which it must know whether a user or a role has them.
    pub principals: Vec<Folded>,
    /// Roles of which it must know whether any user holds them directly.
    pub holders: Vec<RoleId>,
    /// SQL privileges that have been granted on a target.
    pub sql: Option<SqlTarget>,
    /// Users and roles of which it must see the SQL privileges that they hold.
    pub grants_of: Vec<Folded>,
}

/// What stands behind the name of a user or a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// A user.
    User(UserId),
    /// A role.
    Role(RoleId),
}

impl From<Principal> for Grantee {
    fn from(principal: Principal) -> Self {
        match principal {
            Principal::User(id) => Self::User(id),
            Principal::Role(id) => Self::Role(id),
        }
    }
}

/// What the store answered to [`Needs`]. A name that is absent does not exist.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Users by name.
    pub users: BTreeMap<Folded, User>,
    /// Users and roles by name.
    pub principals: BTreeMap<Folded, Principal>,
    /// Roles that some user holds directly.
    pub held: Vec<RoleId>,
    /// SQL privileges on the target.
    pub sql: Vec<SqlPrivilege>,
    /// The names of grantees among them.
    pub grantees: BTreeMap<Grantee, String>,
    /// SQL privileges that the users and roles asked about hold.
    pub granted: Vec<SqlPrivilege>,
}

/// Who changes, when, and what new objects are numbered by.
pub struct Context<'a> {
    /// The name written into the record.
    pub actor: &'a str,
    /// Now.
    pub now: Timestamp,
    /// The next ids.
    pub ids: &'a mut Ids,
    /// Makes of a secret what the journal may say about it: a keyed digest.
    pub conceal: &'a dyn Fn(&[u8]) -> String,
    /// A new key of one-time passwords for the user of a name, sealed; empty where none can be sealed.
    pub fresh_key: &'a dyn Fn(&Folded) -> Vec<u8>,
}

/// An object as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the record of its name")]
pub enum Object {
    Resource(Resource),
    Role(Role),
    Service(Service),
    Application(Application),
    System(Box<System>),
    User(Box<User>),
    Event(Event),
    SslConfig(Box<SslConfig>),
    LdapConfig(Box<LdapConfig>),
    PhoneProvider(Box<PhoneProvider>),
    DocDb(Box<DocDb>),
    X509User(Box<X509User>),
    Superserver(Box<Superserver>),
}

/// The kinds of objects; the numbers are those of the store and the journal, and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the kind of its name")]
#[repr(u8)]
pub enum Kind {
    Resource = 1,
    Role = 2,
    Service = 3,
    Application = 4,
    System = 5,
    User = 6,
    SqlPrivilege = 7,
    Event = 8,
    SslConfig = 9,
    LdapConfig = 10,
    PhoneProvider = 11,
    DocDb = 12,
    X509User = 13,
    Superserver = 14,
}

impl Kind {
    /// Every kind.
    pub const EACH: [Self; 14] = [
        Self::Resource,
        Self::Role,
        Self::Service,
        Self::Application,
        Self::System,
        Self::User,
        Self::SqlPrivilege,
        Self::Event,
        Self::SslConfig,
        Self::LdapConfig,
        Self::PhoneProvider,
        Self::DocDb,
        Self::X509User,
        Self::Superserver,
    ];

    /// The kind of a number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::EACH.into_iter().find(|kind| *kind as u8 == number)
    }

    /// The word for it in messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Role => "role",
            Self::Service => "service",
            Self::Application => "application",
            Self::System => "system",
            Self::User => "user",
            Self::SqlPrivilege => "sql-privilege",
            Self::Event => "event",
            Self::SslConfig => "ssl",
            Self::LdapConfig => "ldap",
            Self::PhoneProvider => "phone-provider",
            Self::DocDb => "docdb",
            Self::X509User => "x509-user",
            Self::Superserver => "superserver",
        }
    }

    /// Whether objects of it are made, changed and deleted by [`Change::CreateConfig`] and its like.
    pub const fn is_config(self) -> bool {
        matches!(
            self,
            Self::Event
                | Self::SslConfig
                | Self::LdapConfig
                | Self::PhoneProvider
                | Self::DocDb
                | Self::X509User
                | Self::Superserver
        )
    }

    /// The name of the event that a change of it is (`authorization.md` section 26).
    pub const fn event(self) -> &'static str {
        match self {
            Self::Resource => "ResourceChange",
            Self::Role => "RoleChange",
            Self::Service => "ServiceChange",
            Self::Application => "ApplicationChange",
            Self::System => "SystemChange",
            Self::User => "UserChange",
            Self::SqlPrivilege => "SQLPrivilegeChange",
            Self::Event => "AuditChange",
            Self::SslConfig => "SSLConfigChange",
            Self::LdapConfig => "LDAPConfigChange",
            Self::PhoneProvider => "PhoneProvidersChange",
            Self::DocDb => "DocDBChange",
            Self::X509User => "X509UserChange",
            Self::Superserver => "ServerChange",
        }
    }
}

impl Object {
    /// What kind of object it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Resource(_) => Kind::Resource,
            Self::Role(_) => Kind::Role,
            Self::Service(_) => Kind::Service,
            Self::Application(_) => Kind::Application,
            Self::System(_) => Kind::System,
            Self::User(_) => Kind::User,
            Self::Event(_) => Kind::Event,
            Self::SslConfig(_) => Kind::SslConfig,
            Self::LdapConfig(_) => Kind::LdapConfig,
            Self::PhoneProvider(_) => Kind::PhoneProvider,
            Self::DocDb(_) => Kind::DocDb,
            Self::X509User(_) => Kind::X509User,
            Self::Superserver(_) => Kind::Superserver,
        }
    }

    /// Its number; the system-wide settings are number 0.
    pub const fn number(&self) -> u64 {
        match self {
            Self::Resource(resource) => resource.id.0 as u64,
            Self::Role(role) => role.id.0 as u64,
            Self::Service(service) => service.id.0 as u64,
            Self::Application(application) => application.id.0 as u64,
            Self::System(_) => 0,
            Self::User(user) => user.id.0,
            Self::Event(event) => event.id.0 as u64,
            Self::SslConfig(config) => config.id.0 as u64,
            Self::LdapConfig(config) => config.id.0 as u64,
            Self::PhoneProvider(provider) => provider.id.0 as u64,
            Self::DocDb(database) => database.id.0 as u64,
            Self::X509User(user) => user.id.0 as u64,
            Self::Superserver(server) => server.id.0 as u64,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Resource(resource) => resource.name.as_str(),
            Self::Role(role) => role.name.as_str(),
            Self::Service(service) => service.name.as_str(),
            Self::Application(application) => application.name.as_str(),
            Self::System(_) => crate::system::NAME,
            Self::User(user) => user.name.as_str(),
            Self::Event(event) => event.name.as_str(),
            Self::SslConfig(config) => config.name.as_str(),
            Self::LdapConfig(config) => config.name.as_str(),
            Self::PhoneProvider(provider) => provider.name.as_str(),
            Self::DocDb(database) => database.name.as_str(),
            Self::X509User(user) => user.name.as_str(),
            Self::Superserver(server) => server.name.as_str(),
        }
    }
}

/// One thing that the store must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Store an object, in place of the one of the same id.
    Put(Object),
    /// Delete an object; its id is never used again.
    Drop(Kind, u64),
    /// Store an SQL privilege.
    PutSql(SqlPrivilege),
    /// Delete an SQL privilege.
    DropSql(SqlPrivilege),
    /// Delete all SQL privileges of a user or role that goes.
    DropSqlOf(Grantee),
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// It was made.
    Create = 1,
    /// It was changed.
    Modify = 2,
    /// It was deleted.
    Delete = 3,
}

impl Action {
    /// The action of a number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Create, Self::Modify, Self::Delete].into_iter().find(|action| *action as u8 == number)
    }

    /// The word that a description begins with, as in `Create user x` (`security-users.md` U-25).
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Modify => "Modify",
            Self::Delete => "Delete",
        }
    }
}

/// What the journal says about one object: before and after, secrets as digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What happened.
    pub action: Action,
    /// To what kind of object.
    pub kind: Kind,
    /// Its number.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// The properties that differ.
    pub differences: Vec<Difference>,
}

/// What is stored, and what the journal says of it.
pub(crate) type Step = (Effect, Option<Entry>);

/// What a change comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// What to store, each with what the journal says of it; nothing where nothing would differ.
    pub steps: Vec<(Effect, Option<Entry>)>,
    /// The refusal to give if no holder of `%All` would remain that keeps the instance manageable (ALL-3).
    pub guard: Option<Status>,
}

impl Outcome {
    /// Tells whether nothing would differ.
    pub fn is_nothing(&self) -> bool {
        self.steps.is_empty()
    }
}

impl Change {
    /// The privilege that asking for the change takes (`authorization.md` section 20, `admin-api.md`).
    pub const fn privilege(&self) -> (&'static str, Permissions) {
        ("%Admin_Secure", Permissions::USE)
    }

    /// What is asked for in a few words, as `Create user ann`; secrets have no part in it.
    pub fn title(&self) -> String {
        let (verb, kind, name) = match self {
            Self::CreateResource { name, .. } => ("Create", Kind::Resource, name),
            Self::ModifyResource { name, .. } => ("Modify", Kind::Resource, name),
            Self::DeleteResource { name } => ("Delete", Kind::Resource, name),
            Self::CreateRole { name, .. } => ("Create", Kind::Role, name),
            Self::ModifyRole { name, .. } => ("Modify", Kind::Role, name),
            Self::DeleteRole { name } => ("Delete", Kind::Role, name),
            Self::CreateUser { name, .. } => ("Create", Kind::User, name),
            Self::ImportUser { name, .. } => ("Import", Kind::User, name),
            Self::AdoptUser { name, .. } => ("Adopt", Kind::User, name),
            Self::CopyUser { name, new_name, .. } => return from_to("Copy", Kind::User, name, new_name),
            Self::ModifyUser { name, .. }
            | Self::UpgradeCredential { name, .. }
            | Self::ResealKey { name, .. }
            | Self::ChangeRoles { user: name, .. }
            | Self::MarkPassword { user: name, .. }
            | Self::ChangeOwnPassword { user: name, .. } => ("Modify", Kind::User, name),
            Self::DeleteUser { name } => ("Delete", Kind::User, name),
            Self::ModifyService { name, .. } => ("Modify", Kind::Service, name),
            Self::CreateApplication { name, .. } => ("Create", Kind::Application, name),
            Self::ModifyApplication { name, .. } => ("Modify", Kind::Application, name),
            Self::DeleteApplication { name } => ("Delete", Kind::Application, name),
            Self::CopyObject { kind, name, new_name, .. } => return from_to("Copy", *kind, name, new_name),
            Self::RenameRole { name, new_name } => return from_to("Rename", Kind::Role, name, new_name),
            Self::CopySqlPrivileges { from, to, .. } => {
                return from_to("Copy", Kind::SqlPrivilege, from, to);
            }
            Self::CreateConfig { kind, name, .. } => ("Create", *kind, name),
            Self::ModifyConfig { kind, name, .. } | Self::SetSecret { kind, name, .. } => {
                ("Modify", *kind, name)
            }
            Self::DeleteConfig { kind, name } => ("Delete", *kind, name),
            Self::ModifySystem { .. } => {
                return alloc::format!("Modify {} {}", Kind::System.word(), crate::system::NAME);
            }
            Self::GrantSql { grantee, .. } | Self::GrantSqlBy { grantee, .. } => {
                ("Grant", Kind::SqlPrivilege, grantee)
            }
            Self::RevokeSql { grantee, .. } => ("Revoke", Kind::SqlPrivilege, grantee),
        };
        alloc::format!("{verb} {} {}", kind.word(), crate::name::quotable(name))
    }

    /// What the rule must see beside the policy.
    pub fn needs(&self, policy: &Policy) -> Needs {
        let principal = |name: &str| Needs { principals: [Folded::of(name)].into(), ..Needs::default() };
        match self {
            Self::CreateResource { name, .. }
            | Self::CreateRole { name, .. }
            | Self::CreateUser { name, .. } => principal(name),
            Self::CopyObject { new_name, .. } | Self::RenameRole { new_name, .. } => principal(new_name),
            Self::CopySqlPrivileges { from, to, .. } => Needs {
                principals: [from, to].map(|name| Folded::of(name)).into(),
                grants_of: [from, to].map(|name| Folded::of(name)).into(),
                ..Needs::default()
            },
            Self::ImportUser { name, .. } | Self::AdoptUser { name, .. } => {
                Needs { users: [Folded::of(name)].into(), ..principal(name) }
            }
            Self::CopyUser { name, new_name, .. } => Needs {
                users: [Folded::of(name)].into(),
                grants_of: [Folded::of(name)].into(),
                ..principal(new_name)
            },
            Self::ModifyUser { name, .. }
            | Self::UpgradeCredential { name, .. }
            | Self::ResealKey { name, .. }
            | Self::DeleteUser { name }
            | Self::MarkPassword { user: name, .. }
            | Self::ChangeOwnPassword { user: name, .. }
            | Self::ChangeRoles { user: name, .. } => {
                Needs { users: [Folded::of(name)].into(), ..Needs::default() }
            }
            Self::ModifyRole { name, .. } => Needs {
                holders: policy.roles.named(name).map(|role| role.id).into_iter().collect(),
                ..Needs::default()
            },
            Self::GrantSql { target, grantee, .. }
            | Self::GrantSqlBy { target, grantee, .. }
            | Self::RevokeSql { target, grantee, .. } => {
                Needs { sql: Some(target.clone()), ..principal(grantee) }
            }
            // Listed one by one, so that a new kind of change cannot be decided without its facts by oversight.
            Self::ModifyResource { .. }
            | Self::DeleteResource { .. }
            | Self::DeleteRole { .. }
            | Self::ModifyService { .. }
            | Self::CreateApplication { .. }
            | Self::ModifyApplication { .. }
            | Self::DeleteApplication { .. }
            | Self::CreateConfig { .. }
            | Self::ModifyConfig { .. }
            | Self::DeleteConfig { .. }
            | Self::SetSecret { .. }
            | Self::ModifySystem { .. } => Needs::default(),
        }
    }

    /// Decides the change by the rules of the model.
    pub fn decide(
        &self,
        policy: &Policy,
        facts: &Facts,
        context: &mut Context<'_>,
    ) -> Result<Outcome, Status> {
        match self {
            Self::CreateResource { name, properties } => {
                resource::create(name, properties, policy, facts, context)
            }
            Self::ModifyResource { name, properties } => resource::modify(name, properties, policy, context),
            Self::DeleteResource { name } => resource::delete(name, policy, context),
            Self::CreateRole { name, properties } => role::create(name, properties, policy, facts, context),
            Self::ModifyRole { name, properties } => role::modify(name, properties, policy, facts, context),
            Self::DeleteRole { name } => role::delete(name, policy, context),
            Self::CreateUser { name, properties, credential } => {
                user::create(name, properties, credential.as_ref(), policy, facts, context)
            }
            Self::AdoptUser { name, adoption } => unattended::adopt(name, adoption, policy, facts, context),
            Self::UpgradeCredential { name, expected, credential } => {
                unattended::upgrade(name, expected, credential, policy, facts, context)
            }
            Self::ResealKey { name, expected, sealed } => {
                unattended::reseal(name, expected, sealed, policy, facts, context)
            }
            Self::ImportUser { name, properties, credential, history } => {
                user::import(name, properties, credential.as_ref(), history, policy, facts, context)
            }
            Self::ModifyUser { name, properties, credential } => {
                user::modify(name, properties, credential.as_ref(), policy, facts, context)
            }
            Self::CopyUser { name, new_name, how, credential } => {
                user::copy(name, new_name, how, credential.as_ref(), policy, facts, context)
            }
            Self::MarkPassword { user, expired } => {
                user::mark_password(user, *expired, policy, facts, context)
            }
            Self::ChangeOwnPassword { user, credential } => {
                user::change_own_password(user, credential, policy, facts, context)
            }
            Self::DeleteUser { name } => user::delete(name, policy, facts, context),
            Self::ChangeRoles { user, list, edit, roles } => {
                user::change_roles(user, *list, *edit, roles, policy, facts, context)
            }
            Self::ModifyService { name, properties } => service::modify(name, properties, policy, context),
            Self::CreateApplication { name, properties } => {
                application::create(name, properties, policy, context)
            }
            Self::ModifyApplication { name, properties } => {
                application::modify(name, properties, policy, context)
            }
            Self::DeleteApplication { name } => application::delete(name, policy, context),
            Self::CopyObject { kind, name, new_name, properties } => {
                copy::object(*kind, name, new_name, properties, policy, facts, context)
            }
            Self::RenameRole { name, new_name } => role::rename(name, new_name, policy, facts, context),
            Self::CopySqlPrivileges { from, to, namespaces } => sql::copy(from, to, namespaces, facts),
            Self::CreateConfig { kind, name, properties } => {
                config::create(*kind, name, properties, policy, context)
            }
            Self::ModifyConfig { kind, name, properties } => {
                config::modify(*kind, name, properties, policy, context)
            }
            Self::DeleteConfig { kind, name } => config::delete(*kind, name, policy, context),
            Self::SetSecret { kind, name, sealed } => {
                config::set_secret(*kind, name, sealed, policy, context)
            }
            Self::ModifySystem { properties } => system::modify(properties, policy, context),
            Self::GrantSql { target, grantee, grantable } => {
                sql::grant(target, grantee, context.actor, *grantable, facts)
            }
            Self::GrantSqlBy { target, grantee, grantor, grantable } => {
                sql::grant(target, grantee, sql::grantor(grantor)?, *grantable, facts)
            }
            Self::RevokeSql { target, grantee, cascade } => sql::revoke(target, grantee, *cascade, facts),
        }
    }
}

pub use user::derivation;

/// Applies the effects on settings to a policy; effects on users and SQL privileges are the store's alone.
pub fn apply(policy: &mut Policy, effect: &Effect) {
    match effect {
        Effect::Put(Object::Resource(resource)) => policy.resources.put(resource.clone()),
        Effect::Put(Object::Role(role)) => policy.roles.put(role.clone()),
        Effect::Put(Object::Service(service)) => policy.services.put(service.clone()),
        Effect::Put(Object::Application(application)) => policy.applications.put(application.clone()),
        Effect::Put(Object::Event(event)) => policy.events.put(event.clone()),
        Effect::Put(Object::SslConfig(config)) => policy.ssl_configs.put(SslConfig::clone(config)),
        Effect::Put(Object::LdapConfig(config)) => policy.ldap_configs.put(LdapConfig::clone(config)),
        Effect::Put(Object::PhoneProvider(provider)) => {
            policy.phone_providers.put(PhoneProvider::clone(provider));
        }
        Effect::Put(Object::DocDb(database)) => policy.doc_dbs.put(DocDb::clone(database)),
        Effect::Put(Object::X509User(user)) => policy.x509_users.put(X509User::clone(user)),
        Effect::Put(Object::Superserver(server)) => policy.superservers.put(Superserver::clone(server)),
        Effect::Put(Object::System(system)) => policy.system = System::clone(system),
        Effect::Drop(kind, number) => drop_object(policy, *kind, u32::try_from(*number).unwrap_or(u32::MAX)),
        Effect::Put(Object::User(_)) | Effect::PutSql(_) | Effect::DropSql(_) | Effect::DropSqlOf(_) => {}
    }
}

fn drop_object(policy: &mut Policy, kind: Kind, id: u32) {
    match kind {
        Kind::Resource => policy.resources.drop(id),
        Kind::Role => policy.roles.drop(id),
        Kind::Service => policy.services.drop(id),
        Kind::Application => policy.applications.drop(id),
        Kind::Event => policy.events.drop(id),
        Kind::SslConfig => policy.ssl_configs.drop(id),
        Kind::LdapConfig => policy.ldap_configs.drop(id),
        Kind::PhoneProvider => policy.phone_providers.drop(id),
        Kind::DocDb => policy.doc_dbs.drop(id),
        Kind::X509User => policy.x509_users.drop(id),
        Kind::Superserver => policy.superservers.drop(id),
        Kind::System | Kind::User | Kind::SqlPrivilege => {}
    }
}

fn from_to(verb: &str, kind: Kind, from: &str, to: &str) -> String {
    use crate::name::quotable;
    alloc::format!("{verb} {} {} to {}", kind.word(), quotable(from), quotable(to))
}

/// The step that makes an object.
fn made<T: Class>(
    object: Object,
    record: &T,
    blank: &T,
    policy: &Policy,
    context: &Context<'_>,
) -> (Effect, Option<Entry>) {
    let differences = differences(None, Some(record), blank, policy, context.conceal);
    let entry = entry(Action::Create, &object, differences);
    (Effect::Put(object), Some(entry))
}

/// The step that changes an object; none where nothing differs.
fn changed<T: Class>(
    object: Object,
    old: &T,
    new: &T,
    policy: &Policy,
    context: &Context<'_>,
) -> Option<(Effect, Option<Entry>)> {
    let differences = differences(Some(old), Some(new), old, policy, context.conceal);
    if differences.is_empty() {
        return None;
    }
    let entry = entry(Action::Modify, &object, differences);
    Some((Effect::Put(object), Some(entry)))
}

/// The step that deletes an object.
fn gone<T: Class>(
    object: &Object,
    record: &T,
    blank: &T,
    policy: &Policy,
    context: &Context<'_>,
) -> (Effect, Option<Entry>) {
    let differences = differences(Some(record), None, blank, policy, context.conceal);
    let entry = entry(Action::Delete, object, differences);
    (Effect::Drop(object.kind(), object.number()), Some(entry))
}

fn entry(action: Action, object: &Object, differences: Vec<Difference>) -> Entry {
    Entry {
        action,
        kind: object.kind(),
        number: object.number(),
        name: object.name().to_string(),
        differences,
    }
}

/// That there is no configuration of a name: what a change of it is refused with.
pub fn no_such_config(kind: Kind, name: &str) -> Status {
    config::absent(kind, name)
}

/// The entry of an SQL privilege that was granted or that goes.
pub fn sql_entry(action: Action, grantee: &str, privilege: &SqlPrivilege) -> Entry {
    sql::entry(action, grantee, privilege)
}

/// The step that puts an object into a new instance.
pub fn installation(object: &Object, policy: &Policy, context: &Context<'_>) -> (Effect, Option<Entry>) {
    let whole = object.clone();
    match object {
        Object::Resource(r) => made(whole, r, &Resource::new(r.id, r.name.clone()), policy, context),
        Object::Role(r) => made(whole, r, &Role::new(r.id, r.name.clone(), r.origin), policy, context),
        Object::Service(s) => made(whole, s, &Service::new(s.id, s.name.clone()), policy, context),
        Object::Application(a) => made(whole, a, &Application::new(a.id, a.name.clone()), policy, context),
        Object::System(s) => made(whole, s.as_ref(), &System::default(), policy, context),
        Object::Event(e) => made(whole, e, &Event::new(e.id, e.name.clone()), policy, context),
        Object::SslConfig(c) => {
            made(whole, c.as_ref(), &SslConfig::new(c.id, c.name.clone()), policy, context)
        }
        Object::LdapConfig(c) => {
            made(whole, c.as_ref(), &LdapConfig::new(c.id, c.name.clone()), policy, context)
        }
        Object::PhoneProvider(p) => {
            made(whole, p.as_ref(), &PhoneProvider::new(p.id, p.name.clone()), policy, context)
        }
        Object::DocDb(d) => made(whole, d.as_ref(), &DocDb::new(d.id, d.name.clone()), policy, context),
        Object::Superserver(s) => {
            made(whole, s.as_ref(), &Superserver::new(s.id, s.name.clone()), policy, context)
        }
        Object::X509User(u) => made(whole, u.as_ref(), &X509User::new(u.id, u.name.clone()), policy, context),
        Object::User(u) => made(whole, u.as_ref(), &User::new(u.id, u.name.clone()), policy, context),
    }
}
