//! Inspecting: lists and single records, as the queries and `Get` of the classes give them.

use crate::administer::{config_exists, grantees};
use crate::engine::{Engine, public_roles, user_named};
use crate::events::{Counts, EventSelection};
use crate::{Refusal, Session};
use sclera_core::change::{Kind, Principal, no_such_config};
use sclera_core::event::Event;
use sclera_core::id::RoleId;
use sclera_core::ldap_config::LdapConfig;
use sclera_core::name::{Folded, list, quotable, same};
use sclera_core::permission::Permissions;
use sclera_core::policy::{Entry, Policy, Table};
use sclera_core::property::{Class, Properties, Value, roles_text, show};
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::selection::Selection;
use sclera_core::sql::{OBJECT_PRIVILEGES, OBJECT_TYPES, SqlPrivilege};
use sclera_core::status::{Code, Status};
use sclera_core::user::{User, UserType};
use sclera_store::port::{Activity, Log, Read, Store};

/// Which users a list holds.
#[derive(Debug, Clone)]
pub struct UserFilter {
    /// By name.
    pub names: Selection,
    /// Those that hold at least one of the roles directly; empty: all (`security-users.md` U-21).
    pub roles: String,
    /// All columns of `Detail` instead of those of `List`.
    pub detail: bool,
}

/// How much there is of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the number of the objects of its name")]
pub struct State {
    /// The number of the last link of the journal.
    pub revision: u64,
    pub users: u64,
    pub roles: u64,
    pub resources: u64,
    pub services: u64,
    pub applications: u64,
    pub event_links: u64,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The number of the last change of settings and users; it also shows that the store can be read.
    pub fn revision(&self) -> Result<u64, Refusal> {
        Ok(self.store.read()?.head()?.sequence)
    }

    /// How much there is of what; no privilege is asked, for it names nothing.
    pub fn state(&self) -> Result<State, Refusal> {
        let reading = self.store.read()?;
        let count = |kind: Kind| reading.count(kind as u8);
        Ok(State {
            revision: reading.head()?.sequence,
            users: count(Kind::User)?,
            roles: count(Kind::Role)?,
            resources: count(Kind::Resource)?,
            services: count(Kind::Service)?,
            applications: count(Kind::Application)?,
            event_links: self.activity.read()?.head()?.sequence,
        })
    }

    /// The list of a kind of settings, with the columns of the class's `List` query.
    pub fn list(&self, session: &Session, kind: Kind, names: &Selection) -> Result<Vec<Properties>, Refusal> {
        self.require_shown(session, kind, "list of security settings")?;
        let settings = self.settings()?;
        let policy = &settings.policy;
        let mut listed: Vec<(String, Properties)> = match kind {
            Kind::Resource => {
                policy.resources.iter().map(|r| (r.name.to_string(), resource_row(r))).collect()
            }
            Kind::Role => policy.roles.iter().map(|r| (r.name.to_string(), role_row(r, policy))).collect(),
            Kind::Service => {
                let pending = |service| self.pending_of(service, policy);
                policy
                    .services
                    .iter()
                    .map(|s| (s.name.to_string(), service_row(s, policy, &pending(s))))
                    .collect()
            }
            Kind::Application => {
                policy.applications.iter().map(|a| (a.name.to_string(), application_row(a))).collect()
            }
            Kind::Event => policy.events.iter().map(|e| self.event_row(e, policy)).collect(),
            Kind::SslConfig => policy.ssl_configs.iter().map(|c| config_row(c, policy)).collect(),
            Kind::LdapConfig => policy.ldap_configs.iter().map(|c| ldap_row(c, policy)).collect(),
            Kind::PhoneProvider => policy.phone_providers.iter().map(|p| config_row(p, policy)).collect(),
            Kind::DocDb => policy.doc_dbs.iter().map(|d| config_row(d, policy)).collect(),
            Kind::X509User => policy.x509_users.iter().map(|u| config_row(u, policy)).collect(),
            Kind::Superserver => policy.superservers.iter().map(|s| config_row(s, policy)).collect(),
            Kind::System => vec![(sclera_core::system::NAME.to_owned(), show(&policy.system, policy))],
            Kind::User | Kind::SqlPrivilege => Vec::new(),
        };
        listed.retain(|(name, _)| names.has(name));
        listed.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(listed.into_iter().map(|(_, row)| row).collect())
    }

    /// The audit events selected, with the columns of `Security.Events.List`; how often each happened since this process
    /// opened the instance stands in the last three.
    pub fn events(&self, session: &Session, wanted: &EventSelection) -> Result<Vec<Properties>, Refusal> {
        self.require_secure(session, "list of security settings")?;
        let settings = self.settings()?;
        let named = settings.policy.events.iter().filter(|event| wanted.has(event.name.as_str()));
        let mut listed: Vec<(String, Properties)> =
            named.map(|event| self.event_row(event, &settings.policy)).collect();
        listed.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(listed.into_iter().map(|(_, row)| row).collect())
    }

    fn event_row(&self, event: &Event, policy: &Policy) -> (String, Properties) {
        let (name, row) = config_row(event, policy);
        let Counts { total, written, lost } = self.event_counts(&name);
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let row = row.with("Total", count(total)).with("Written", count(written)).with("Lost", count(lost));
        (name, row)
    }

    /// The users of a filter, one by one, in the order of their folded names.
    pub fn each_user(
        &self,
        session: &Session,
        filter: &UserFilter,
        each: &mut dyn FnMut(Properties),
    ) -> Result<(), Refusal> {
        self.users_while(session, filter, &mut |user| {
            each(user);
            true
        })
    }

    /// The same for as long as `each` says to go on.
    pub fn users_while(
        &self,
        session: &Session,
        filter: &UserFilter,
        each: &mut dyn FnMut(Properties) -> bool,
    ) -> Result<(), Refusal> {
        self.require_secure(session, "list of users")?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let wanted: Option<Vec<RoleId>> = (!filter.roles.is_empty() && filter.roles != "*").then(|| {
            list(&filter.roles).filter_map(|name| policy.roles.named(name).map(|role| role.id)).collect()
        });
        let mut after: Option<Folded> = None;
        loop {
            let page = reading.users_after(after.as_ref())?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.folded());
            for row in page.iter().filter(|row| filter.names.has(&row.name)) {
                if wanted.as_ref().is_none_or(|wanted| row.roles.iter().any(|role| wanted.contains(role))) {
                    let user = row.user()?;
                    let shown =
                        if filter.detail { user_record(&user, policy) } else { user_row(&user, policy) };
                    if !each(shown) {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// The record of an object, with every property that may be shown.
    pub fn show(&self, session: &Session, kind: Kind, name: &str) -> Result<Properties, Refusal> {
        let shown = self.shown(session, kind, name);
        self.told(session, &format!("Get {} {}", kind.word(), quotable(name)), shown)
    }

    fn shown(&self, session: &Session, kind: Kind, name: &str) -> Result<Properties, Refusal> {
        self.require_secure_unless_own(session, kind, name, "show of security settings")?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let missing = |code| Status::new(code, [name]);
        let no_config = || no_such_config(kind, name);
        if kind == Kind::User {
            let user = user_named(&reading, name)?.ok_or_else(|| missing(Code::UserDoesNotExist))?;
            return Ok(self.whole_user(&user, policy, self.holds_secure(session)?)?);
        }
        Ok(match kind {
            Kind::Resource => resource_record(
                policy.resource(name).ok_or_else(|| missing(Code::ResourceDoesNotExist))?,
                policy,
            ),
            Kind::Role => {
                role_record(policy.roles.named(name).ok_or_else(|| missing(Code::RoleDoesNotExist))?, policy)
            }
            Kind::Service => {
                let service =
                    policy.services.named(name).ok_or_else(|| missing(Code::ServiceDoesNotExist))?;
                let public = policy.service_public(service);
                headed(service.name.as_str(), &show(service, policy))
                    .with("Public", public)
                    .with("Pending", self.pending_of(service, policy).as_str())
                    .with("Resources", service.resources.join(",").as_str())
                    .with("Assumed", service.assumed.as_str())
            }
            Kind::Application => {
                let found =
                    policy.applications.named(name).ok_or_else(|| missing(Code::ApplicationDoesNotExist))?;
                headed(found.name.as_str(), &show(found, policy))
            }
            Kind::Event => config_record(&policy.events, name, policy).ok_or_else(no_config)?,
            Kind::SslConfig => config_record(&policy.ssl_configs, name, policy).ok_or_else(no_config)?,
            Kind::LdapConfig => config_record(&policy.ldap_configs, name, policy).ok_or_else(no_config)?,
            Kind::PhoneProvider => {
                config_record(&policy.phone_providers, name, policy).ok_or_else(no_config)?
            }
            Kind::DocDb => config_record(&policy.doc_dbs, name, policy).ok_or_else(no_config)?,
            Kind::X509User => config_record(&policy.x509_users, name, policy).ok_or_else(no_config)?,
            Kind::Superserver => config_record(&policy.superservers, name, policy).ok_or_else(no_config)?,
            Kind::System if same(name, sclera_core::system::NAME) => {
                headed(sclera_core::system::NAME, &show(&policy.system, policy))
            }
            Kind::System => return Err(missing(Code::SystemDoesNotExist).into()),
            Kind::User | Kind::SqlPrivilege => {
                return Err(Status::general("SQL privileges are listed, not shown one by one").into());
            }
        })
    }

    /// The SQL privileges of a user or role, or all of them.
    pub fn sql_privileges(
        &self,
        session: &Session,
        grantee: Option<&str>,
    ) -> Result<Vec<Properties>, Refusal> {
        let held = self.sql_held(session, grantee);
        let of = grantee.map(quotable).unwrap_or_default();
        self.told(session, &format!("List sql-privilege {of}"), held)
    }

    fn sql_held(&self, session: &Session, grantee: Option<&str>) -> Result<Vec<Properties>, Refusal> {
        self.require_secure(session, "list of SQL privileges")?;
        let reading = self.store.read()?;
        let held = match grantee {
            None => all_sql(&reading)?,
            Some(name) => match reading.principal(&Folded::of(name))? {
                Some(Principal::User(id)) => reading.sql_of(sclera_core::sql::Grantee::User(id))?,
                Some(Principal::Role(id)) => reading.sql_of(sclera_core::sql::Grantee::Role(id))?,
                None => {
                    return Err(Status::new(Code::UserDoesNotExist, [name])
                        .because("nor is there such a role")
                        .into());
                }
            },
        };
        let names = grantees(&reading, &held)?;
        let name = |sql: &SqlPrivilege| names.get(&sql.grantee).cloned().unwrap_or_default();
        Ok(held.iter().map(|sql| sql_row(sql, &name(sql))).collect())
    }

    /// `GetRoleSet`: every role that a login of the user would hold, in the order of `security-users.md` U-13.
    pub fn role_set(&self, session: &Session, user: &str) -> Result<Vec<String>, Refusal> {
        let login = self.login_roles(session, user);
        let (settings, roles) = self.told(session, &format!("Get roles of {}", quotable(user)), login)?;
        let policy = &settings.policy;
        Ok(list(&roles_text(&in_order_of_discovery(policy, roles), policy)).map(str::to_owned).collect())
    }

    /// `GetRecursedRoleSet`: the roles of a comma list and all that they grant, in order of discovery.
    pub fn recursed_roles(&self, session: &Session, roles: &str) -> Result<Vec<String>, Refusal> {
        self.require_secure(session, "closure of roles")?;
        let settings = self.settings()?;
        let named = named_roles(roles, &settings.policy).map_err(Refusal::from);
        let named = self.told(session, &format!("Get roles granted by {}", quotable(roles)), named)?;
        let found = in_order_of_discovery(&settings.policy, named);
        Ok(list(&roles_text(&found, &settings.policy)).map(str::to_owned).collect())
    }

    /// `GetResourceSet` of a comma list of roles: the privileges that they and all that they grant hold.
    pub fn resource_set_of_roles(
        &self,
        session: &Session,
        roles: &str,
    ) -> Result<Vec<(String, Permissions)>, Refusal> {
        self.require_secure(session, "privileges of roles")?;
        let settings = self.settings()?;
        let named = named_roles(roles, &settings.policy).map_err(Refusal::from);
        let named = self.told(session, &format!("Get privileges of {}", quotable(roles)), named)?;
        Ok(settings.policy.resource_set(&settings.policy.closure(named)))
    }

    fn require_secure_unless_own(
        &self,
        session: &Session,
        kind: Kind,
        name: &str,
        what: &str,
    ) -> Result<(), Refusal> {
        match kind {
            Kind::User => self.require_secure_of_others(session, name, what),
            _ => self.require_shown(session, kind, what),
        }
    }

    /// What lists and records of a kind ask for. Operators see where directories are, too (`admin-api.md` section 12).
    fn require_shown(&self, session: &Session, kind: Kind, what: &str) -> Result<(), Refusal> {
        let operates = kind == Kind::LdapConfig && self.may_use(session, "%Admin_Operate")?;
        if operates { Ok(()) } else { self.require_secure(session, what) }
    }

    /// `Exists`. Anybody may ask about themselves (`security-users.md` U-12).
    pub fn exists(&self, session: &Session, kind: Kind, name: &str) -> Result<bool, Refusal> {
        self.require_secure_unless_own(session, kind, name, "existence of an object")?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        Ok(match kind {
            Kind::Resource => policy.resource(name).is_some(),
            Kind::Role => policy.roles.named(name).is_some(),
            Kind::Service => policy.services.named(name).is_some(),
            Kind::Application => policy.applications.named(name).is_some(),
            Kind::System => same(name, sclera_core::system::NAME),
            Kind::User => user_named(&reading, name)?.is_some(),
            kind => config_exists(kind, name, policy),
        })
    }

    /// `GetResourceSet`: the privileges that a login of the user would hold, without public ones.
    pub fn resource_set(&self, session: &Session, user: &str) -> Result<Vec<(String, Permissions)>, Refusal> {
        let login = self.login_roles(session, user);
        let (settings, roles) = self.told(session, &format!("Get roles of {}", quotable(user)), login)?;
        Ok(settings.policy.resource_set(&settings.policy.closure(roles)))
    }

    fn login_roles(
        &self,
        session: &Session,
        user: &str,
    ) -> Result<(std::sync::Arc<crate::engine::Settings>, Vec<RoleId>), Refusal> {
        self.require_secure_of_others(session, user, "roles of another user")?;
        let reading = self.store.read()?;
        let record =
            user_named(&reading, user)?.ok_or_else(|| Status::new(Code::UserDoesNotExist, [user]))?;
        let roles = [record.roles.clone(), public_roles(&reading)?].concat();
        Ok((self.settings_in(&reading)?, roles))
    }
}

/// Roles and all that they grant, each once, in the order in which they are met.
pub(crate) fn in_order_of_discovery(policy: &Policy, roles: Vec<RoleId>) -> Vec<RoleId> {
    let mut found: Vec<RoleId> = Vec::new();
    let mut waiting: std::collections::VecDeque<RoleId> = roles.into();
    while let Some(id) = waiting.pop_front() {
        let Some(role) = policy.role(id).filter(|_| !found.contains(&id)) else { continue };
        found.push(id);
        waiting.extend(role.grants.iter().copied());
    }
    found
}

/// The roles of a comma list.
pub(crate) fn named_roles(roles: &str, policy: &Policy) -> Result<Vec<RoleId>, Status> {
    let unknown = |name: &str| Status::new(Code::RoleDoesNotExist, [name]);
    list(roles).map(|name| Ok(policy.roles.named(name).ok_or_else(|| unknown(name))?.id)).collect()
}

pub(crate) fn headed(name: &str, properties: &Properties) -> Properties {
    properties
        .iter()
        .fold(Properties::new().with("Name", name), |all, (name, value)| all.with(name, value.clone()))
}

fn config_row<T: Class + Entry>(config: &T, policy: &Policy) -> (String, Properties) {
    let shown = headed(config.title(), &show(config, policy));
    let listed = ["Name", "Description", "Enabled", "Type", "SystemDefault"];
    let kept = shown.iter().filter(|(name, _)| listed.contains(name));
    (
        config.title().to_owned(),
        kept.fold(Properties::new(), |all, (name, value)| all.with(name, value.clone())),
    )
}

fn ldap_row(config: &LdapConfig, policy: &Policy) -> (String, Properties) {
    let (name, row) = config_row(config, policy);
    (name, row.with("Enabled", config.is_enabled()).with("LDAPCACertFile", config.ca_file.as_str()))
}

fn config_record<T: Class + Entry>(table: &Table<T>, name: &str, policy: &Policy) -> Option<Properties> {
    table.named(name).map(|config| headed(config.title(), &show(config, policy)))
}

pub(crate) fn resource_row(resource: &Resource) -> Properties {
    Properties::new()
        .with("Name", resource.name.as_str())
        .with("Description", resource.description.as_str())
        .with("PublicPermission", resource.public.to_string().as_str())
        .with("ResourceType", resource.type_word())
        .with("Type", i64::from(resource.kind.bits()))
        .with("AllowDelete", !resource.is_system())
}

fn resource_record(resource: &Resource, policy: &Policy) -> Properties {
    headed(resource.name.as_str(), &show(resource, policy))
        .with("ResourceType", resource.type_word())
        .with("AllowDelete", !resource.is_system())
        .with("Assumed", resource.assumed.as_str())
}

fn role_row(role: &Role, policy: &Policy) -> Properties {
    Properties::new()
        .with("Name", role.name.as_str())
        .with("Description", role.description.as_str())
        .with("GrantedRoles", roles_text(&role.grants, policy).as_str())
        .with("CanBeEdited", role.is_editable())
        .with("EscalationOnly", role.escalation_only)
}

fn role_record(role: &Role, policy: &Policy) -> Properties {
    let own = headed(role.name.as_str(), &show(role, policy));
    let rule =
        if role.origin == Origin::Everything { "all privileges on all resources, by rule" } else { "" };
    own.with("CanBeEdited", role.is_editable())
        .with("Origin", role.origin.word())
        .with("Rule", rule)
        .with("Assumed", role.assumed.as_str())
}

fn service_row(service: &sclera_core::service::Service, policy: &Policy, pending: &str) -> Properties {
    Properties::new()
        .with("Name", service.name.as_str())
        .with("Enabled", service.enabled)
        .with("Public", policy.service_public(service))
        .with("AutheEnabled", service.mechanisms)
        .with("Pending", pending)
        .with("Description", service.description.as_str())
}

pub(crate) fn application_row(application: &sclera_core::application::Application) -> Properties {
    Properties::new()
        .with("Name", application.name.as_str())
        .with("NameSpace", application.namespace.as_str())
        .with("Enabled", application.enabled)
        .with("Type", application.kind)
        .with("Resource", application.resource.as_str())
        .with("AutheEnabled", application.mechanisms)
        .with("DispatchClass", application.dispatch_class.as_str())
}

pub(crate) fn user_row(user: &User, policy: &Policy) -> Properties {
    Properties::new()
        .with("Name", user.name.as_str())
        .with("Enabled", user.enabled)
        .with("Roles", roles_text(&user.roles, policy).as_str())
        .with("Flags", user.flags)
}

/// The word for the type of a user (`security-users.md` 9.4).
pub(crate) fn user_type(user: &User) -> &'static str {
    match user.kind() {
        UserType::Password => "Password user",
        UserType::Ldap => "LDAP user",
        UserType::Delegated => "Delegated user",
        UserType::Kerberos => "Kerberos user",
        UserType::Os => "OS user",
    }
}

pub(crate) fn user_record(user: &User, policy: &Policy) -> Properties {
    let holds_all = policy.closure(user.roles.iter().copied()).has_all();
    let own = headed(user.name.as_str(), &show(user, policy));
    own.with("Type", user_type(user)).with("SuperUser", holds_all).with("InstanceOwner", user.owner)
}

fn all_sql(reading: &impl Read) -> Result<Vec<SqlPrivilege>, Refusal> {
    let mut all: Vec<SqlPrivilege> = Vec::new();
    loop {
        let page = reading.sql_after(all.last())?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

pub(crate) fn sql_row(sql: &SqlPrivilege, grantee: &str) -> Properties {
    let word = |table: &[(&str, &'static str)], key: &str| {
        table.iter().find(|(known, _)| *known == key).map_or(key.to_owned(), |(_, word)| (*word).to_owned())
    };
    let object = match sql.object.split_once(',') {
        Some((kind, name)) => format!("{} {name}", word(&OBJECT_TYPES, kind)),
        None => String::new(),
    };
    Properties::new()
        .with("Namespace", sql.namespace.as_str())
        .with("Object", object.as_str())
        .with("Privilege", word(&OBJECT_PRIVILEGES, &sql.privilege).as_str())
        .with("Grantee", grantee)
        .with("Grantor", sql.grantor.as_str())
        .with("Grantable", Value::Boolean(sql.grantable))
}
