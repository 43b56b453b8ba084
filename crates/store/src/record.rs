//! Rows: objects the way every store keeps them.
//!
//! A row holds the kind, number and name of an object, and its properties as one JSON object under their names in the
//! class, those with the class's defaults left out. Roles and resources stand in it by id. What a store needs for
//! finding things is derived from the row ([`Row::roles`], [`Row::guards`]) and never read back into an object.

use crate::chain::{Hash, digest};
use crate::port::StoreError;
use sclera_core::application::Application;
use sclera_core::change::{Kind, Object};
use sclera_core::doc_db::DocDb;
use sclera_core::event::Event;
use sclera_core::id::{
    ApplicationId, DocDbId, EventId, LdapConfigId, PhoneProviderId, ResourceId, RoleId, ServiceId,
    SslConfigId, SuperserverId, UserId, X509UserId,
};
use sclera_core::ldap_config::LdapConfig;
use sclera_core::name::{
    ApplicationName, DocDbName, EventName, Folded, LdapConfigName, NameFault, PhoneProviderName,
    ResourceName, RoleName, ServiceName, SslConfigName, SuperserverName, UserName, X509UserName,
};
use sclera_core::phone_provider::PhoneProvider;
use sclera_core::property::{Class, Value, is_same, restore, stored};
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::service::Service;
use sclera_core::ssl_config::SslConfig;
use sclera_core::superserver::Superserver;
use sclera_core::system::System;
use sclera_core::time::Date;
use sclera_core::user::User;
use sclera_core::x509_user::X509User;
use serde_json::Map;

/// The kind number of the one row that says what instance this is; all others are those of [`Kind`].
pub const INSTANCE: u8 = 0;

/// An object as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The kind of object: [`INSTANCE`] or the number of a [`Kind`].
    pub kind: u8,
    /// Its number.
    pub number: u64,
    /// Its name as written.
    pub name: String,
    /// Its properties: a JSON object.
    pub text: String,
    /// The journal record that says what this row is: the number of the link and the position in it.
    pub place: (u64, u64),
    /// Of a user, the roles held directly.
    pub roles: Vec<RoleId>,
    /// Of a user, whether it keeps the instance manageable if it holds `%All`, and the last day it can.
    pub guards: Option<Option<Date>>,
}

impl Row {
    /// The form of the name to find it by.
    pub fn folded(&self) -> Folded {
        filed_under(self.kind, &self.name)
    }

    /// What the journal records of the row, to tell later that it is still the same.
    pub fn state(&self) -> Hash {
        let length = |text: &str| (text.len() as u64).to_be_bytes();
        digest(&[
            &[self.kind],
            &self.number.to_be_bytes(),
            &length(&self.name),
            self.name.as_bytes(),
            &length(&self.text),
            self.text.as_bytes(),
        ])
    }

    /// The row of an object whose last record stands at a place of the journal.
    pub fn of(object: &Object, place: (u64, u64)) -> Self {
        let text = match object {
            Object::Resource(resource) => {
                encoded(resource, &Resource::new(resource.id, resource.name.clone()))
            }
            Object::Role(role) => encoded(role, &Role::new(role.id, role.name.clone(), Origin::Created)),
            Object::Service(service) => encoded(service, &Service::new(service.id, service.name.clone())),
            Object::Application(application) => {
                encoded(application, &Application::new(application.id, application.name.clone()))
            }
            Object::System(system) => encoded(system.as_ref(), &System::default()),
            Object::Event(event) => encoded(event, &Event::new(event.id, event.name.clone())),
            Object::SslConfig(config) => {
                encoded(config.as_ref(), &SslConfig::new(config.id, config.name.clone()))
            }
            Object::LdapConfig(config) => {
                encoded(config.as_ref(), &LdapConfig::new(config.id, config.name.clone()))
            }
            Object::PhoneProvider(provider) => {
                encoded(provider.as_ref(), &PhoneProvider::new(provider.id, provider.name.clone()))
            }
            Object::DocDb(database) => {
                encoded(database.as_ref(), &DocDb::new(database.id, database.name.clone()))
            }
            Object::Superserver(server) => {
                encoded(server.as_ref(), &Superserver::new(server.id, server.name.clone()))
            }
            Object::X509User(user) => encoded(user.as_ref(), &X509User::new(user.id, user.name.clone())),
            Object::User(user) => encoded(user.as_ref(), &User::new(user.id, user.name.clone())),
        };
        let user = if let Object::User(user) = object { Some(user) } else { None };
        Self {
            kind: object.kind() as u8,
            number: object.number(),
            name: object.name().to_owned(),
            text,
            place,
            roles: user.map(|user| user.roles.clone()).unwrap_or_default(),
            guards: user.filter(|user| user.can_guard()).map(|user| user.expiration),
        }
    }

    /// The object of the row.
    pub fn object(&self) -> Result<Object, StoreError> {
        let damaged =
            |what: &str| StoreError::Damaged(format!("the {what} of object {}/{}", self.kind, self.number));
        let named = |_: NameFault| damaged("name");
        // Only users may have numbers beyond 32 bits.
        let id = || u32::try_from(self.number).map_err(|_| damaged("number"));
        let name = self.name.as_str();
        let kind = Kind::from_number(self.kind).ok_or_else(|| damaged("kind"))?;
        Ok(match kind {
            Kind::Resource => {
                let blank = Resource::new(ResourceId(id()?), ResourceName::predefined(name).map_err(named)?);
                Object::Resource(decoded(blank, self)?)
            }
            Kind::Role => {
                let blank =
                    Role::new(RoleId(id()?), RoleName::predefined(name).map_err(named)?, Origin::Created);
                Object::Role(decoded(blank, self)?)
            }
            Kind::Service => Object::Service(decoded(
                Service::new(ServiceId(id()?), ServiceName::predefined(name).map_err(named)?),
                self,
            )?),
            Kind::Application => {
                let name = ApplicationName::predefined(name).map_err(named)?;
                Object::Application(decoded(Application::new(ApplicationId(id()?), name), self)?)
            }
            Kind::Event => Object::Event(decoded(
                Event::new(EventId(id()?), EventName::predefined(name).map_err(named)?),
                self,
            )?),
            Kind::SslConfig => {
                let blank =
                    SslConfig::new(SslConfigId(id()?), SslConfigName::predefined(name).map_err(named)?);
                Object::SslConfig(Box::new(decoded(blank, self)?))
            }
            Kind::LdapConfig => {
                let blank =
                    LdapConfig::new(LdapConfigId(id()?), LdapConfigName::predefined(name).map_err(named)?);
                Object::LdapConfig(Box::new(decoded(blank, self)?))
            }
            Kind::PhoneProvider => {
                let name = PhoneProviderName::predefined(name).map_err(named)?;
                let blank = PhoneProvider::new(PhoneProviderId(id()?), name);
                Object::PhoneProvider(Box::new(decoded(blank, self)?))
            }
            Kind::DocDb => {
                let blank = DocDb::new(DocDbId(id()?), DocDbName::predefined(name).map_err(named)?);
                Object::DocDb(Box::new(decoded(blank, self)?))
            }
            Kind::X509User => {
                let blank = X509User::new(X509UserId(id()?), X509UserName::predefined(name).map_err(named)?);
                Object::X509User(Box::new(decoded(blank, self)?))
            }
            Kind::Superserver => {
                let name = SuperserverName::predefined(name).map_err(named)?;
                let blank = Superserver::new(SuperserverId(id()?), name);
                Object::Superserver(Box::new(decoded(blank, self)?))
            }
            Kind::System => Object::System(Box::new(decoded(System::default(), self)?)),
            Kind::User => Object::User(Box::new(self.user()?)),
            Kind::SqlPrivilege => return Err(damaged("kind")),
        })
    }

    /// The user of the row.
    pub fn user(&self) -> Result<User, StoreError> {
        let damaged = |_| StoreError::Damaged(format!("the name of user {}", self.number));
        decoded(User::new(UserId(self.number), UserName::predefined(&self.name).map_err(damaged)?), self)
    }
}

/// The form under which a name of a kind is found. TLS configurations are the one kind of which case matters
/// (`security-classes.md` section 6).
pub fn filed_under(kind: u8, name: &str) -> Folded {
    if kind == Kind::SslConfig as u8 { Folded::exact(name) } else { Folded::of(name) }
}

fn encoded<T: Class>(record: &T, blank: &T) -> String {
    let differing = T::FIELDS.iter().filter(|field| !is_same(field, record, blank));
    let mut text = vec![b'{'];
    for field in differing {
        if text.len() > 1 {
            text.push(b',');
        }
        push_json(&mut text, field.name);
        text.push(b':');
        match stored(field, record) {
            Value::Text(value) => push_json(&mut text, &value),
            Value::Integer(value) => push_json(&mut text, &value),
            Value::Boolean(value) => push_json(&mut text, &value),
        }
    }
    text.push(b'}');
    String::from_utf8(text).unwrap_or_default()
}

fn push_json(text: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    // Writing to memory does not fail, and neither does the form of a text or a number.
    let _ = serde_json::to_writer(text, value);
}

fn decoded<T: Class>(mut record: T, row: &Row) -> Result<T, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("{what} of {} {}", T::NAME, row.number));
    let map: Map<String, serde_json::Value> =
        serde_json::from_str(&row.text).map_err(|_| damaged("the text"))?;
    for (name, value) in &map {
        let field = T::FIELDS
            .iter()
            .find(|field| field.name == name)
            .ok_or_else(|| damaged("an unknown property"))?;
        let value = match value {
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Bool(flag) => Value::Boolean(*flag),
            other => Value::Integer(other.as_i64().ok_or_else(|| damaged(field.name))?),
        };
        restore(field, &mut record, &value).map_err(|unreadable| damaged(unreadable.property))?;
    }
    Ok(record)
}
