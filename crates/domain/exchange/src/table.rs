//! Which names the records of a kind know, and what is done with the value of each.

use crate::malformed::Fault;
use crate::near::near;
use sclera_core::application::Application;
use sclera_core::change::Kind;
use sclera_core::doc_db::DocDb;
use sclera_core::event::Event;
use sclera_core::ldap_config::LdapConfig;
use sclera_core::phone_provider::PhoneProvider;
use sclera_core::property::{Access, Class, Kind as Form};
use sclera_core::resource::Resource;
use sclera_core::role::Role;
use sclera_core::service::Service;
use sclera_core::ssl_config::SslConfig;
use sclera_core::superserver::Superserver;
use sclera_core::system::System;
use sclera_core::user::User;
use sclera_core::x509_user::X509User;
use std::collections::BTreeMap;

/// The key of a record's name.
pub(crate) const NAME: &str = "Name";

/// What is done with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It is a property that callers may set.
    Property,
    /// It is such a property, and may be given as a list of what this character separates.
    Listed(char),
    /// It is the password.
    Password,
    /// It is the hash of the password.
    PasswordHash,
    /// It is shown by the product but not set by callers: nothing is done with it.
    Ignored,
}

/// What the value of a property is like in a text that does not tell texts from numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A text.
    Text,
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A day.
    Date,
    /// Permissions.
    Permissions,
    /// Resources with permissions.
    Privileges,
    /// Texts with this character between them.
    List(char),
}

/// The names that records of a kind know, beside that of the record.
pub(crate) struct Table {
    kind: Kind,
    names: BTreeMap<&'static str, Use>,
    shapes: BTreeMap<&'static str, Shape>,
}

impl Table {
    pub(crate) fn of(kind: Kind) -> Self {
        let (mut names, mut shapes) = match kind {
            Kind::Resource => described::<Resource>(),
            Kind::Role => described::<Role>(),
            Kind::User => described::<User>(),
            Kind::Application => described::<Application>(),
            Kind::Service => described::<Service>(),
            Kind::System => described::<System>(),
            Kind::Event => described::<Event>(),
            Kind::SslConfig => described::<SslConfig>(),
            Kind::LdapConfig => described::<LdapConfig>(),
            Kind::PhoneProvider => described::<PhoneProvider>(),
            Kind::DocDb => described::<DocDb>(),
            Kind::X509User => described::<X509User>(),
            Kind::Superserver => described::<Superserver>(),
            // They have no class; `sql` knows their names.
            Kind::SqlPrivilege => (BTreeMap::new(), BTreeMap::new()),
        };
        if kind == Kind::User {
            names.extend([
                ("Password", Use::Password),
                ("PasswordHash", Use::PasswordHash),
                ("RolesAreAdmin", Use::Property),
                ("SuperUser", Use::Ignored),
            ]);
            shapes.insert("RolesAreAdmin", Shape::Boolean);
        }
        Self { kind, names, shapes }
    }

    /// What the value of a property is like.
    pub(crate) fn shape(&self, name: &str) -> Shape {
        self.shapes.get(name).copied().unwrap_or(Shape::Text)
    }

    /// What is done with the value of a name.
    pub(crate) fn find(&self, name: &str) -> Result<Use, Fault> {
        let found = self.names.get(name).copied();
        found.or_else(|| self.is_login_state(name).then_some(Use::Ignored)).ok_or_else(|| {
            let known = self.names.keys().copied().chain([NAME]);
            Fault::Unknown { name: name.to_owned(), near: near(name, known) }
        })
    }

    /// Tells whether a name is of those under which exports tell how a user logged in.
    fn is_login_state(&self, name: &str) -> bool {
        self.kind == Kind::User && (name.starts_with("Login") || name.starts_with("InvalidLogin"))
    }
}

/// What is done with the values of a class, and what they are like.
fn described<T: Class>() -> (BTreeMap<&'static str, Use>, BTreeMap<&'static str, Shape>) {
    (names::<T>(), T::FIELDS.iter().map(|field| (field.name, shape(&field.kind))).collect())
}

fn shape<T>(form: &Form<T>) -> Shape {
    match form {
        Form::Text { .. } | Form::Choice { .. } | Form::Instant { .. } | Form::Binary { .. } => Shape::Text,
        Form::Boolean { .. } => Shape::Boolean,
        Form::Integer { .. } => Shape::Integer,
        Form::Date { .. } => Shape::Date,
        Form::Permissions { .. } => Shape::Permissions,
        Form::Privileges { .. } => Shape::Privileges,
        Form::Roles { .. } | Form::Matches { .. } => Shape::List(','),
        Form::Texts { separator, .. } => Shape::List(*separator),
    }
}

fn names<T: Class>() -> BTreeMap<&'static str, Use> {
    let uses = T::FIELDS.iter().filter_map(|field| match (field.access, &field.kind) {
        (Access::Secret | Access::Internal, _) => None,
        (Access::System, _) => Some((field.name, Use::Ignored)),
        (Access::Open, Form::Roles { .. } | Form::Privileges { .. } | Form::Matches { .. }) => {
            Some((field.name, Use::Listed(',')))
        }
        (Access::Open, Form::Texts { separator, .. }) => Some((field.name, Use::Listed(*separator))),
        (Access::Open, _) => Some((field.name, Use::Property)),
    });
    uses.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_knows_what_the_class_shows() {
        let users = Table::of(Kind::User);
        for (name, expected) in [
            ("FullName", Use::Property),
            ("Roles", Use::Listed(',')),
            ("Password", Use::Password),
            ("PasswordHash", Use::PasswordHash),
            ("RolesAreAdmin", Use::Property),
            ("Flags", Use::Ignored),
            ("SuperUser", Use::Ignored),
            ("LoginDateTime", Use::Ignored),
            ("InvalidLoginAttempts", Use::Ignored),
        ] {
            assert_eq!(users.find(name), Ok(expected), "{name}");
        }
        assert_eq!(Table::of(Kind::Service).find("ClientSystems"), Ok(Use::Listed(';')));
        assert_eq!(Table::of(Kind::Application).find("Routines"), Ok(Use::Listed(',')));
    }

    #[test]
    fn what_is_kept_from_callers_is_unknown() {
        let unknown = |name: &str, near| Err(Fault::Unknown { name: name.to_owned(), near });
        for name in ["Salt", "Owner", "AdminRoles"] {
            assert_eq!(Table::of(Kind::User).find(name), unknown(name, None));
        }
        assert_eq!(Table::of(Kind::Role).find("Password"), unknown("Password", None));
        assert_eq!(Table::of(Kind::Role).find("LoginDateTime"), unknown("LoginDateTime", None));
        assert_eq!(Table::of(Kind::Role).find("name"), unknown("name", Some("Name")));
        assert_eq!(Table::of(Kind::Service).find("GuardedBy"), unknown("GuardedBy", None));
    }
}
