//! Properties given as `--set Property=Value`: names as in the class, secrets never.

use crate::failure::Failure;
use sclera::classes::{
    Access, Application, Class, DocDb, Event, Field, LdapConfig, PhoneProvider, Resource, Role, Service,
    SslConfig, Superserver, System, User, X509User,
};
use sclera::{Kind, Properties};

/// What may stand in `--set` but is a secret, which would show in the list of processes.
const SECRETS: [&str; 8] = [
    "Password",
    "PasswordExternal",
    "ExternalPassword",
    "PasswordHash",
    "HOTPKey",
    "PrivateKeyPassword",
    "LDAPSearchPassword",
    "SMTPPassword",
];

/// Reads the settings given for an object of a kind.
pub(crate) fn given(kind: Kind, settings: &[String]) -> Result<Properties, Failure> {
    let mut properties = Properties::new();
    for setting in settings {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| Failure::Usage(format!("--set takes Property=Value, not `{}`", short(setting))))?;
        judge(kind, name)?;
        if properties.get(name).is_some() {
            return Err(Failure::Usage(format!("{name} is set twice")));
        }
        properties.set(name, value);
    }
    Ok(properties)
}

fn judge(kind: Kind, name: &str) -> Result<(), Failure> {
    if SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
        return Err(Failure::bad_value(format!(
            "{name} is a secret and cannot be given in an argument; use the prompt, SCLERA_NEW_PASSWORD or --password-file"
        )));
    }
    let known = names(kind);
    match known.iter().find(|(known, _)| *known == name) {
        Some((_, Access::Open)) => Ok(()),
        Some(_) => Err(Failure::bad_value(format!("{name} is set by the system; it cannot be given"))),
        None => {
            let near =
                known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(near, _)| *near);
            let open = known.iter().filter(|(_, access)| *access == Access::Open).map(|(name, _)| *name);
            let hint = near.map_or_else(
                || format!("there are {}", open.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean {near}?"),
            );
            Err(Failure::bad_value(format!("a {} has no property `{}`; {hint}", kind.word(), short(name))))
        }
    }
}

fn names(kind: Kind) -> Vec<(&'static str, Access)> {
    fn of<T>(fields: &'static [Field<T>]) -> Vec<(&'static str, Access)> {
        let shown = fields.iter().filter(|field| matches!(field.access, Access::Open | Access::System));
        shown.map(|field| (field.name, field.access)).collect()
    }
    match kind {
        Kind::Resource => of(Resource::FIELDS),
        Kind::Role => of(Role::FIELDS),
        Kind::Service => of(Service::FIELDS),
        Kind::Application => of(Application::FIELDS),
        Kind::System => of(System::FIELDS),
        Kind::User => [of(User::FIELDS), vec![("RolesAreAdmin", Access::Open)]].concat(),
        Kind::Event => of(Event::FIELDS),
        Kind::SslConfig => of(SslConfig::FIELDS),
        Kind::LdapConfig => of(LdapConfig::FIELDS),
        Kind::PhoneProvider => of(PhoneProvider::FIELDS),
        Kind::DocDb => of(DocDb::FIELDS),
        Kind::X509User => of(X509User::FIELDS),
        Kind::Superserver => of(Superserver::FIELDS),
        Kind::SqlPrivilege => Vec::new(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
