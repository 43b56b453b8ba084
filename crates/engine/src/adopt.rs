//! Adopting what another instance exported (`export-xml.md` section 7).
//!
//! Such a file names things that were there and may not be here, and describes the predefined ones in its own words. So
//! an import of one begins by making what it presumes: database resources that its roles name, which are not public,
//! and roles that its applications give, which are empty. Everything else that is missing is refused. What cannot be
//! changed here stays as it is: the descriptions of system resources, `%All`, and the roles of databases.

use crate::Refusal;
use crate::administer::{Asked, Request};
use crate::transfer::{Source, each};
use sclera_core::application::Application;
use sclera_core::change::{Change, Kind};
use sclera_core::doc_db::DocDb;
use sclera_core::event::{Event, is_always_recorded};
use sclera_core::id::{
    ApplicationId, DocDbId, EventId, LdapConfigId, PhoneProviderId, ResourceId, RoleId, ServiceId,
    SslConfigId, SuperserverId, X509UserId,
};
use sclera_core::ldap_config::LdapConfig;
use sclera_core::name::{
    ApplicationName, DocDbName, EventName, Folded, LdapConfigName, PhoneProviderName, ResourceName, RoleName,
    ServiceName, SslConfigName, SuperserverName, X509UserName, list, same,
};
use sclera_core::phone_provider::PhoneProvider;
use sclera_core::policy::Policy;
use sclera_core::privilege::pairs;
use sclera_core::property::{Class, Properties, Value, completed};
use sclera_core::resource::{DATABASE_PREFIX, Resource};
use sclera_core::role::{Origin, Role};
use sclera_core::service::Service;
use sclera_core::ssl_config::SslConfig;
use sclera_core::superserver::Superserver;
use sclera_core::x509_user::X509User;
use sclera_exchange::Record;
use std::collections::BTreeSet;

/// Services that exports hold and that no instance shows (`services.md` section 2, DEC-S02).
const INTERNAL_SERVICES: [&str; 5] =
    ["%Service_GetInfo", "%Service_HTTP", "%Service_Journal", "%Service_Start", "%Service_Stop"];

/// The gateway's service and its name in Caché (`services.md` DEC-S01).
const GATEWAY: [&str; 2] = ["%Service_WebGateway", "%Service_CSP"];

/// What a file presumes and does not bring along.
pub(crate) fn missing(source: &dyn Source, policy: &Policy) -> Result<Vec<Asked>, Refusal> {
    let mut here = names(source, Kind::Resource)?;
    let mut roles = names(source, Kind::Role)?;
    let mut asked = Vec::new();
    each(source, Kind::Role, &mut |record| {
        for name in databases_of(record) {
            if policy.resources.named(&name).is_none() && here.insert(Folded::of(&name)) {
                asked.push(database(name, &record.place));
            }
        }
        Ok(())
    })?;
    each(source, Kind::Application, &mut |record| {
        for name in targets_of(record) {
            let known = policy.roles.named(&name).is_some() || here.contains(&Folded::of(&name));
            if !known && roles.insert(Folded::of(&name)) {
                asked.push(if is_database(&name) {
                    database(name, &record.place)
                } else {
                    role(name, &record.place)
                });
            }
        }
        Ok(())
    })?;
    Ok(asked)
}

fn names(source: &dyn Source, kind: Kind) -> Result<BTreeSet<Folded>, Refusal> {
    let mut names = BTreeSet::new();
    each(source, kind, &mut |record| {
        names.insert(Folded::of(&record.name));
        Ok(())
    })?;
    Ok(names)
}

fn is_database(name: &str) -> bool {
    Folded::of(name).as_str().starts_with(Folded::of(DATABASE_PREFIX).as_str())
}

/// The database resources that a role holds privileges on, or holds the roles of.
fn databases_of(record: &Record) -> Vec<String> {
    let text =
        |name: &str| record.properties.get(name).map(sclera_core::property::Value::text).unwrap_or_default();
    // A list that cannot be read is refused later, by the rule that reads it.
    let privileges = pairs(&text("Resources")).unwrap_or_default().into_iter().map(|pair| pair.resource);
    let granted = text("GrantedRoles");
    privileges.chain(list(&granted).map(str::to_owned)).filter(|name| is_database(name)).collect()
}

fn targets_of(record: &Record) -> Vec<String> {
    let text =
        record.properties.get("MatchRoles").map(sclera_core::property::Value::text).unwrap_or_default();
    let targets = list(&text).flat_map(|rule| rule.split(':').skip(1));
    targets.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn database(name: String, place: &str) -> Asked {
    let properties = Properties::new().with("Description", "Made by an import that names it; not public");
    asked(Change::CreateResource { name, properties }, place)
}

fn role(name: String, place: &str) -> Asked {
    let properties =
        Properties::new().with("Description", "Made empty by an import of an application that gives it");
    asked(Change::CreateRole { name, properties }, place)
}

fn asked(change: Change, place: &str) -> Asked {
    Asked { request: Request::Change(change), place: place.to_owned() }
}

/// Tells whether a record is left as it is here.
pub(crate) fn is_left(record: &Record, policy: &Policy) -> bool {
    match record.kind {
        Kind::Role => policy.roles.named(&record.name).is_some_and(|role| !role.is_editable()),
        Kind::Service => INTERNAL_SERVICES.iter().any(|internal| same(internal, &record.name)),
        _ => false,
    }
}

/// The name that a record goes by here.
pub(crate) fn name_here<'a>(record: &'a Record, policy: &Policy) -> &'a str {
    let gateway = record.kind == Kind::Service && GATEWAY.iter().any(|name| same(name, &record.name));
    let here = GATEWAY.into_iter().find(|name| policy.services.named(name).is_some());
    here.filter(|_| gateway).unwrap_or(&record.name)
}

/// What a record that is given whole sets: properties that it does not name return to the defaults of the class. The
/// system-wide settings keep what the file does not know, for it does not know ours.
pub(crate) fn whole(record: &Record, policy: &Policy) -> Properties {
    let mut given = record.properties.clone();
    if record.kind == Kind::Resource && policy.resource(&record.name).is_some_and(Resource::is_system) {
        given.take("Description");
        return given;
    }
    let name = &record.name;
    // Elsewhere it can be switched off.
    if record.kind == Kind::Event && is_always_recorded(name) {
        given.take("Enabled");
    }
    let complete =
        match record.kind {
            Kind::Resource => ResourceName::predefined(name)
                .map(|name| of(&given, &Resource::new(ResourceId(0), name), policy)),
            Kind::Role => RoleName::predefined(name)
                .map(|name| of(&given, &Role::new(RoleId(0), name, Origin::Created), policy)),
            Kind::Service => ServiceName::predefined(name)
                .map(|name| of(&given, &Service::new(ServiceId(0), name), policy)),
            Kind::Application => ApplicationName::predefined(name)
                .map(|name| of(&given, &Application::new(ApplicationId(0), name), policy)),
            Kind::Event => {
                EventName::predefined(name).map(|name| of(&given, &Event::new(EventId(0), name), policy))
            }
            Kind::SslConfig => SslConfigName::predefined(name)
                .map(|name| of(&given, &SslConfig::new(SslConfigId(0), name), policy)),
            Kind::LdapConfig => LdapConfigName::predefined(name)
                .map(|name| of(&given, &LdapConfig::new(LdapConfigId(0), name), policy)),
            Kind::PhoneProvider => PhoneProviderName::predefined(name)
                .map(|name| of(&given, &PhoneProvider::new(PhoneProviderId(0), name), policy)),
            Kind::DocDb => {
                DocDbName::predefined(name).map(|name| of(&given, &DocDb::new(DocDbId(0), name), policy))
            }
            Kind::X509User => X509UserName::predefined(name)
                .map(|name| of(&given, &X509User::new(X509UserId(0), name), policy)),
            Kind::Superserver => SuperserverName::predefined(name)
                .map(|name| of(&given, &Superserver::new(SuperserverId(0), name), policy)),
            Kind::System | Kind::User | Kind::SqlPrivilege => Ok(given.clone()),
        };
    // A name that is none is refused by the rule for names.
    complete.unwrap_or(given)
}

fn of<T: Class>(given: &Properties, blank: &T, policy: &Policy) -> Properties {
    completed(given, blank, policy)
}

/// What a document sets of a configuration. One superserver is the system default: a document without another one does not
/// mean that this one is it no more.
pub(crate) fn keeping_default(
    kind: Kind,
    name: &str,
    mut properties: Properties,
    policy: &Policy,
) -> Properties {
    let is_default = || policy.superservers.named(name).is_some_and(|server| server.system_default);
    let is_no = |value: &Value| matches!(value.text().as_str(), "0" | "false");
    if kind == Kind::Superserver && properties.get(SYSTEM_DEFAULT).is_some_and(is_no) && is_default() {
        properties.take(SYSTEM_DEFAULT);
    }
    properties
}

/// The property of the superserver that is the system default.
pub(crate) const SYSTEM_DEFAULT: &str = "SystemDefault";
