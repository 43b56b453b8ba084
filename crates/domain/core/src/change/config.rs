//! Rules for changing audit events, TLS and LDAP configurations and their like (`security-classes.md` sections 6 to 8).

use super::{Context, Kind, Object, Outcome, Step, changed, gone, made};
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
use crate::superserver::Superserver;
use crate::system::System;
use crate::x509_user::X509User;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;

/// What the rules of a class of configurations need to know of it.
pub(super) trait Config: Class + Entry + Clone {
    /// The properties that a copy does not have from the original.
    const OWN: &'static [&'static str] = &[];
    const MISSING: fn(&str) -> Status;
    const EXISTS: fn(&str) -> Status;
    fn named(id: u32, name: &str) -> Result<Self, NameFault>;
    fn invalid(name: &str) -> Status;
    fn table(policy: &Policy) -> &Table<Self>;
    fn object(self) -> Object;
    /// Judges the whole record before it is stored.
    fn judge(&self) -> Result<(), Status>;
    /// Brings the record into line with the others of its kind, and says what becomes of those. `before` is the record
    /// as it is stored; none where it is made.
    fn settle(
        &mut self,
        _before: Option<&Self>,
        _policy: &Policy,
        _context: &Context<'_>,
    ) -> Result<Vec<Step>, Status> {
        Ok(Vec::new())
    }
    /// Refuses to delete what must stay.
    fn deletable(&self, _policy: &Policy) -> Result<(), Status> {
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
    fn deletable(&self, _policy: &Policy) -> Result<(), Status> {
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
        let peers: &[i64] = if self.server { &[0, 1, 3] } else { &[0, 1] };
        listed("VerifyPeer", self.verify_peer, peers)?;
        listed("TLSMinVersion", self.minimum, &VERSIONS)?;
        listed("TLSMaxVersion", self.maximum, &VERSIONS)?;
        listed("DiffieHellmanBits", self.diffie_hellman_bits, &[0, 512, 1_024, 2_048, 4_096])
    }
}

/// SSL 3.0 and TLS 1.0 to 1.3, as bits.
const VERSIONS: [i64; 5] = [2, 4, 8, 16, 32];

/// Refuses a number that is none of those that there are.
fn listed(property: &str, value: i64, all: &[i64]) -> Result<(), Status> {
    if all.contains(&value) {
        return Ok(());
    }
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    let (value, all) = (value.to_string(), all.join(","));
    Err(Status::new(Code::NotInList, [value.as_str(), all.as_str()]).because(property))
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
        if let Some((name, _)) = missing.filter(|_| self.is_enabled()) {
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

pub(super) fn missing(what: &str, name: &str) -> Status {
    Status::general(alloc::format!("{what} {} does not exist", crate::name::quotable(name)))
}

pub(super) fn exists(what: &str, name: &str) -> Status {
    Status::general(alloc::format!("{what} {} already exists", crate::name::quotable(name)))
}

pub(super) fn misnamed(what: &str, name: &str) -> Status {
    Status::general(alloc::format!("{} is no name of a {what}", crate::name::quotable(name)))
}

/// Calls a rule for the class of a kind.
macro_rules! of_kind {
    ($kind:ident, $rule:ident($($argument:expr),+)) => {
        match $kind {
            Kind::Event => $rule::<Event>($($argument),+),
            Kind::SslConfig => $rule::<SslConfig>($($argument),+),
            Kind::LdapConfig => $rule::<LdapConfig>($($argument),+),
            Kind::PhoneProvider => $rule::<PhoneProvider>($($argument),+),
            Kind::DocDb => $rule::<DocDb>($($argument),+),
            Kind::X509User => $rule::<X509User>($($argument),+),
            Kind::Superserver => $rule::<Superserver>($($argument),+),
            other => Err(no_config(other)),
        }
    };
}

pub(super) fn create(
    kind: Kind,
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    of_kind!(kind, create_one(name, properties, policy, context))
}

pub(super) fn modify(
    kind: Kind,
    name: &str,
    properties: &Properties,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    of_kind!(kind, modify_one(name, properties, policy, context))
}

pub(super) fn delete(
    kind: Kind,
    name: &str,
    policy: &Policy,
    context: &Context<'_>,
) -> Result<Outcome, Status> {
    of_kind!(kind, delete_one(name, policy, context))
}

pub(super) fn copy(
    kind: Kind,
    name: &str,
    new_name: &str,
    given: &Properties,
    policy: &Policy,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    of_kind!(kind, copy_one(name, new_name, given, policy, context))
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

/// That there is no configuration of a name.
pub(super) fn absent(kind: Kind, name: &str) -> Status {
    fn of<C: Config>(name: &str) -> Result<Infallible, Status> {
        Err(C::MISSING(name))
    }
    let Err(status) = of_kind!(kind, of(name));
    status
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
    let mut steps = config.settle(None, policy, context)?;
    config.judge()?;
    steps.push(made(config.clone().object(), &config, &blank, policy, context));
    Ok(Outcome { steps, guard: None })
}

fn copy_one<C: Config>(
    name: &str,
    new_name: &str,
    given: &Properties,
    policy: &Policy,
    context: &mut Context<'_>,
) -> Result<Outcome, Status> {
    let original = C::table(policy).named(name).ok_or_else(|| C::MISSING(name))?;
    let own = |name: &str| C::OWN.contains(&name) && given.get(name).is_none();
    let all = super::copy::with(original, given, policy);
    let copied = all.iter().filter(|(name, _)| !own(name));
    let copied = copied.fold(Properties::new(), |all, (name, value)| all.with(name, value.clone()));
    create_one::<C>(new_name, &copied, policy, context)
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
    let mut steps = new.settle(Some(old), policy, context)?;
    new.judge()?;
    steps.extend(changed(new.clone().object(), old, &new, policy, context));
    Ok(Outcome { steps, guard: None })
}

fn delete_one<C: Config>(name: &str, policy: &Policy, context: &Context<'_>) -> Result<Outcome, Status> {
    let config = C::table(policy).named(name).ok_or_else(|| C::MISSING(name))?;
    config.deletable(policy)?;
    let blank = C::named(config.number(), config.title()).unwrap_or_else(|_| config.clone());
    let step = gone(&config.clone().object(), config, &blank, policy, context);
    Ok(Outcome { steps: [step].into(), guard: None })
}
