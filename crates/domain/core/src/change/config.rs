//! Rules for changing audit events, TLS and LDAP configurations (`security-classes.md` sections 6 to 8).

use super::{Context, Kind, Object, Outcome, changed, gone, made};
use crate::doc_db::DocDb;
use crate::event::{Event, is_always_recorded};
use crate::id::{DocDbId, EventId, LdapConfigId, PhoneProviderId, SslConfigId, X509UserId};
use crate::ldap_config::LdapConfig;
use crate::name::{
    DocDbName, EventName, LdapConfigName, NameFault, PhoneProviderName, SslConfigName, X509UserName,
};
use crate::phone_provider::PhoneProvider;
use crate::policy::{Entry, Policy, Table};
use crate::property::{Class, Properties, assign};
use crate::ssl_config::SslConfig;
use crate::status::{Code, Status};
use crate::system::System;
use crate::x509_user::X509User;
use alloc::boxed::Box;

/// What the rules of a class of configurations need to know of it.
trait Config: Class + Entry + Clone {
    const MISSING: fn(&str) -> Status;
    const EXISTS: fn(&str) -> Status;
    fn named(id: u32, name: &str) -> Result<Self, NameFault>;
    fn invalid(name: &str) -> Status;
    fn table(policy: &Policy) -> &Table<Self>;
    fn object(self) -> Object;
    /// Judges the whole record before it is stored.
    fn judge(&self) -> Result<(), Status>;
    /// Refuses to delete what the system made.
    fn deletable(&self) -> Result<(), Status> {
        Ok(())
    }
}

impl Config for Event {
    const MISSING: fn(&str) -> Status = |name| Status::new(Code::EventDoesNotExist, [name]);
    const EXISTS: fn(&str) -> Status = |name| Status::new(Code::EventAlreadyExists, [name]);

    fn named(id: u32, name: &str) -> Result<Self, NameFault> {
        Ok(Self::new(EventId(id), EventName::new(name)?))
    }
    fn invalid(name: &str) -> Status {
        Status::new(Code::InvalidEventName, [name])
    }
    fn table(policy: &Policy) -> &Table<Self> {
        &policy.events
    }
    fn object(self) -> Object {
        Object::Event(self)
    }
    /// Only events of the system have a source or type that begins with `%` (8.1).
    fn judge(&self) -> Result<(), Status> {
        let mut parts = self.name.as_str().split('/');
        let reserved = parts.by_ref().take(2).any(|part| part.starts_with('%'));
        if reserved && !self.is_system() {
            return Err(Self::invalid(self.name.as_str())
                .because("a source or type of one's own does not begin with %"));
        }
        if !self.enabled && is_always_recorded(self.name.as_str()) {
            return Err(Status::general(alloc::format!(
                "the event {} is always recorded and cannot be switched off",
                self.name.as_str()
            )));
        }
        Ok(())
    }
    fn deletable(&self) -> Result<(), Status> {
        if self.is_system() {
            Err(Status::new(Code::CannotDeleteEvent, [self.name.as_str()]))
        } else {
            Ok(())
        }
    }
}

impl Config for SslConfig {
    const MISSING: fn(&str) -> Status = |name| Status::new(Code::SslConfigDoesNotExist, [name]);
    const EXISTS: fn(&str) -> Status = |name| Status::new(Code::SslConfigAlreadyExists, [name]);

    fn named(id: u32, name: &str) -> Result<Self, NameFault> {
        Ok(Self::new(SslConfigId(id), SslConfigName::new(name)?))
    }
    fn invalid(name: &str) -> Status {
        Status::new(Code::InvalidSslConfigName, [name])
    }
    fn table(policy: &Policy) -> &Table<Self> {
        &policy.ssl_configs
    }
    fn object(self) -> Object {
        Object::SslConfig(Box::new(self))
    }
    fn judge(&self) -> Result<(), Status> {
        match (self.certificate_file.is_empty(), self.private_key_file.is_empty()) {
            (false, true) => return Err(Status::plain(Code::PrivateKeyRequired)),
            (true, false) => return Err(Status::plain(Code::CertificateRequired)),
            _ => {}
        }
        if self.minimum > self.maximum {
            return Err(Status::general("TLSMinVersion is above TLSMaxVersion"));
        }
        Ok(())
    }
}

impl Config for LdapConfig {
    // The original produces this text with a number that no list of it has (`security-classes.md` U-7).
    const MISSING: fn(&str) -> Status = |name| {
        Status::general(alloc::format!("LDAP Configuration {} does not exist", crate::name::quotable(name)))
    };
    const EXISTS: fn(&str) -> Status = |name| Status::new(Code::DomainAlreadyExists, [name]);

    fn named(id: u32, name: &str) -> Result<Self, NameFault> {
        Ok(Self::new(LdapConfigId(id), LdapConfigName::new(name)?))
    }
    fn invalid(name: &str) -> Status {
        Status::new(Code::InvalidDomainName, [name])
    }
    fn table(policy: &Policy) -> &Table<Self> {
        &policy.ldap_configs
    }
    fn object(self) -> Object {
        Object::LdapConfig(Box::new(self))
    }
    fn judge(&self) -> Result<(), Status> {
        let required = [("LDAPBaseDN", &self.base_dn), ("LDAPBaseDNForGroups", &self.base_dn_groups)];
        let missing = required.into_iter().find(|(_, value)| value.is_empty());
        if let Some((name, _)) = missing.filter(|_| self.flags & ENABLED != 0) {
            return Err(Status::new(Code::PropertyRequired, [name]));
        }
        if !["-", "_", "^", ".", "~"].contains(&self.delimiter.as_str()) {
            return Err(Status::new(Code::NotInList, [self.delimiter.as_str(), "-,_,^,.,~"]));
        }
        Ok(())
    }
}

impl Config for PhoneProvider {
    const MISSING: fn(&str) -> Status = |name| Status::new(Code::PhoneProviderDoesNotExist, [name]);
    const EXISTS: fn(&str) -> Status = |name| exists("phone provider", name);

    fn named(id: u32, name: &str) -> Result<Self, NameFault> {
        Ok(Self::new(PhoneProviderId(id), PhoneProviderName::new(name)?))
    }
    fn invalid(name: &str) -> Status {
        misnamed("phone provider", name)
    }
    fn table(policy: &Policy) -> &Table<Self> {
        &policy.phone_providers
    }
    fn object(self) -> Object {
        Object::PhoneProvider(Box::new(self))
    }
    /// Letters go to `TELEPHONE@SMSGateway`.
    fn judge(&self) -> Result<(), Status> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !self.sms_gateway.is_empty() && self.sms_gateway.chars().all(fits) {
            return Ok(());
        }
        Err(Status::new(Code::PropertyInvalid, ["SMSGateway"])
            .because("it is a host name such as sms.example.org"))
    }
}

impl Config for DocDb {
    const MISSING: fn(&str) -> Status = |name| missing("document database", name);
    const EXISTS: fn(&str) -> Status = |name| exists("document database", name);

    fn named(id: u32, name: &str) -> Result<Self, NameFault> {
        Ok(Self::new(DocDbId(id), DocDbName::new(name)?))
    }
    fn invalid(name: &str) -> Status {
        misnamed("document database", name)
    }
    fn table(policy: &Policy) -> &Table<Self> {
        &policy.doc_dbs
    }
    fn object(self) -> Object {
        Object::DocDb(Box::new(self))
    }
    fn judge(&self) -> Result<(), Status> {
        Ok(())
    }
}

impl Config for X509User {
    const MISSING: fn(&str) -> Status = |name| missing("user of a certificate", name);
    const EXISTS: fn(&str) -> Status = |name| exists("user of a certificate", name);

    fn named(id: u32, name: &str) -> Result<Self, NameFault> {
        Ok(Self::new(X509UserId(id), X509UserName::new(name)?))
    }
    fn invalid(name: &str) -> Status {
        misnamed("user of a certificate", name)
    }
    fn table(policy: &Policy) -> &Table<Self> {
        &policy.x509_users
    }
    fn object(self) -> Object {
        Object::X509User(Box::new(self))
    }
    fn judge(&self) -> Result<(), Status> {
        Ok(())
    }
}

// The original's texts for these have numbers that no list of it has.

fn missing(what: &str, name: &str) -> Status {
    Status::general(alloc::format!("{what} {} does not exist", crate::name::quotable(name)))
}

fn exists(what: &str, name: &str) -> Status {
    Status::general(alloc::format!("{what} {} already exists", crate::name::quotable(name)))
}

fn misnamed(what: &str, name: &str) -> Status {
    Status::general(alloc::format!("{} is no name of a {what}", crate::name::quotable(name)))
}

/// The flag of an LDAP configuration that is in use.
const ENABLED: i64 = 1 << 6;

pub(super) fn create(
    kind: Kind,
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    match kind {
        Kind::Event => create_one::<Event>(name, properties, policy, context),
        Kind::SslConfig => create_one::<SslConfig>(name, properties, policy, context),
        Kind::LdapConfig => create_one::<LdapConfig>(name, properties, policy, context),
        Kind::PhoneProvider => create_one::<PhoneProvider>(name, properties, policy, context),
        Kind::DocDb => create_one::<DocDb>(name, properties, policy, context),
        Kind::X509User => create_one::<X509User>(name, properties, policy, context),
        other => Err(no_config(other)),
    }
}

pub(super) fn modify(
    kind: Kind,
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    match kind {
        Kind::Event => modify_one::<Event>(name, properties, policy, context),
        Kind::SslConfig => modify_one::<SslConfig>(name, properties, policy, context),
        Kind::LdapConfig => modify_one::<LdapConfig>(name, properties, policy, context),
        Kind::PhoneProvider => modify_one::<PhoneProvider>(name, properties, policy, context),
        Kind::DocDb => modify_one::<DocDb>(name, properties, policy, context),
        Kind::X509User => modify_one::<X509User>(name, properties, policy, context),
        other => Err(no_config(other)),
    }
}

pub(super) fn delete(
    kind: Kind,
    name: &str,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    match kind {
        Kind::Event => delete_one::<Event>(name, policy, context),
        Kind::SslConfig => delete_one::<SslConfig>(name, policy, context),
        Kind::LdapConfig => delete_one::<LdapConfig>(name, policy, context),
        Kind::PhoneProvider => delete_one::<PhoneProvider>(name, policy, context),
        Kind::DocDb => delete_one::<DocDb>(name, policy, context),
        Kind::X509User => delete_one::<X509User>(name, policy, context),
        other => Err(no_config(other)),
    }
}

pub(super) fn copy(
    kind: Kind,
    name: &str,
    new_name: &str,
    given: &Properties,
    policy: &Policy,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    match kind {
        Kind::Event => copy_one::<Event>(name, new_name, given, policy, context),
        Kind::SslConfig => copy_one::<SslConfig>(name, new_name, given, policy, context),
        Kind::LdapConfig => copy_one::<LdapConfig>(name, new_name, given, policy, context),
        Kind::PhoneProvider => copy_one::<PhoneProvider>(name, new_name, given, policy, context),
        Kind::DocDb => copy_one::<DocDb>(name, new_name, given, policy, context),
        Kind::X509User => copy_one::<X509User>(name, new_name, given, policy, context),
        other => Err(no_config(other)),
    }
}

/// Keeps a secret: the password of the search user of a domain, that of a private key, or that of the mail relay.
pub(super) fn set_secret(
    kind: Kind,
    name: &str,
    sealed: &[u8],
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let step = match kind {
        Kind::LdapConfig => {
            let old = policy.ldap_configs.named(name).ok_or_else(|| LdapConfig::MISSING(name))?;
            let new = LdapConfig { search_password: sealed.into(), ..old.clone() };
            changed(new.clone().object(), old, &new, policy, context)
        }
        Kind::SslConfig => {
            let old = policy.ssl_configs.named(name).ok_or_else(|| SslConfig::MISSING(name))?;
            let new = SslConfig { private_key_password: sealed.into(), ..old.clone() };
            changed(new.clone().object(), old, &new, policy, context)
        }
        Kind::System => {
            let new = System { mail_password: sealed.into(), ..policy.system.clone() };
            changed(Object::System(Box::new(new.clone())), &policy.system, &new, policy, context)
        }
        _ => return Err(Status::general(alloc::format!("a {} has no secret", kind.word()))),
    };
    Ok(Outcome { steps: step.into_iter().collect(), guard: None })
}

fn no_config(kind: Kind) -> Status {
    Status::general(alloc::format!("a {} is no configuration", kind.word()))
}

fn create_one<C: Config>(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let blank = C::named(context.ids.next_object(), name).map_err(|fault| C::invalid(name).because(fault))?;
    if C::table(policy).named(name).is_some() {
        return Err(C::EXISTS(name));
    }
    let mut config = blank.clone();
    assign(&mut config, properties, policy)?;
    config.judge()?;
    let step = made(config.clone().object(), &config, &blank, policy, context);
    Ok(Outcome { steps: [step].into(), guard: None })
}

fn copy_one<C: Config>(
    name: &str,
    new_name: &str,
    given: &Properties,
    policy: &Policy,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let original = C::table(policy).named(name).ok_or_else(|| C::MISSING(name))?;
    create_one::<C>(new_name, &super::copy::with(original, given, policy), policy, context)
}

fn modify_one<C: Config>(
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    let old = C::table(policy).named(name).ok_or_else(|| C::MISSING(name))?;
    let mut new = old.clone();
    assign(&mut new, properties, policy)?;
    new.judge()?;
    let step = changed(new.clone().object(), old, &new, policy, context);
    Ok(Outcome { steps: step.into_iter().collect(), guard: None })
}

fn delete_one<C: Config>(name: &str, policy: &Policy, context: &Context<'_>) -> Result<Outcome, Status> {
    let config = C::table(policy).named(name).ok_or_else(|| C::MISSING(name))?;
    config.deletable()?;
    let blank = C::named(config.number(), config.title()).unwrap_or_else(|_| config.clone());
    let step = gone(&config.clone().object(), config, &blank, policy, context);
    Ok(Outcome { steps: [step].into(), guard: None })
}
