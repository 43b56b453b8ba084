//! Mechanisms: the ways to prove who one is, and which of them a service can use (`services.md` section 4).
//!
//! A mechanism is effective where the instance, the service and what the service is capable of all have it
//! ([`Mask::of_service`]). Settings keep them as one number, whose bits are the constants of [`Mask`].

use core::fmt;
use core::ops::{BitAnd, BitOr};
use sclera_core::application::Application;
use sclera_core::service::Service;
use sclera_core::system::System;

/// A way to prove who one is, in the order in which the cascade tries them (`authentication.md` 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// A Kerberos ticket that the process or the client holds.
    Kerberos,
    /// What the operating system says.
    Os,
    /// Name and password, proven with Kerberos; where it fails nothing else is tried.
    KerberosPrompt,
    /// Name and password of a web request, proven with Kerberos; where it fails others are tried.
    KerberosApi,
    /// An LDAP server.
    Ldap,
    /// A program of the site.
    Delegated,
    /// Name and password, compared with what is kept here: Instance Authentication.
    Password,
    /// Nothing: whoever comes is `UnknownUser`.
    Unauthenticated,
    /// The word of a caller that may vouch for others: `Login` with one argument.
    Vouched,
    /// The certificate of a client, which the gate has verified: mutual TLS.
    Certificate,
    /// A login cookie, which the engine has verified: a login of before.
    LoginCookie,
}

impl Mechanism {
    /// The word for it in errors and records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kerberos | Self::KerberosPrompt | Self::KerberosApi => "Kerberos",
            Self::Os => "O/S",
            Self::Ldap => "LDAP",
            Self::Delegated => "Delegated",
            Self::Password => "Password",
            Self::Unauthenticated => "Unauthenticated",
            Self::Vouched => "Vouched",
            Self::Certificate => "Mutual TLS",
            Self::LoginCookie => "Login Cookie",
        }
    }

    /// The bit by which audit records and sessions tell it (`authentication.md` 18.1, `Authentication`); 0 for one that
    /// has none.
    pub const fn bit(self) -> i64 {
        match self {
            Self::Kerberos => Mask::KERBEROS_CACHE.0,
            Self::Os => Mask::OS.0,
            Self::KerberosPrompt => Mask::KERBEROS_PROMPT.0,
            Self::KerberosApi => Mask::KERBEROS_API.0,
            Self::Ldap => Mask::LDAP.0,
            Self::Delegated => Mask::DELEGATED.0,
            Self::Password => Mask::PASSWORD.0,
            Self::Unauthenticated => Mask::UNAUTHENTICATED.0,
            Self::Vouched => 0,
            Self::Certificate => Mask::MUTUAL_TLS.0,
            Self::LoginCookie => Mask::LOGIN_TOKEN.0,
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How well a Kerberos connection is protected (`authentication.md` section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Only who is there is proven.
    Authentication,
    /// Packets cannot be changed.
    Integrity,
    /// Packets cannot be read.
    Encryption,
}

/// A set of mechanisms and second factors, as `AutheEnabled` holds one (`services.md` 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask(pub i64);

#[expect(missing_docs, reason = "each is the bit of its name in the table of `services.md` 4.2")]
impl Mask {
    pub const NONE: Self = Self(0);
    pub const KERBEROS_CACHE: Self = Self(1);
    pub const KERBEROS_PROMPT: Self = Self(1 << 1);
    pub const KERBEROS_API: Self = Self(1 << 2);
    pub const KERBEROS_KEY_TABLE: Self = Self(1 << 3);
    pub const OS: Self = Self(1 << 4);
    pub const PASSWORD: Self = Self(1 << 5);
    pub const UNAUTHENTICATED: Self = Self(1 << 6);
    pub const KERBEROS: Self = Self(1 << 7);
    pub const KERBEROS_ENCRYPTION: Self = Self(1 << 8);
    pub const KERBEROS_INTEGRITY: Self = Self(1 << 9);
    pub const LDAP: Self = Self(1 << 11);
    pub const LDAP_CACHE: Self = Self(1 << 12);
    pub const DELEGATED: Self = Self(1 << 13);
    pub const LOGIN_TOKEN: Self = Self(1 << 14);
    pub const OS_DELEGATED: Self = Self(1 << 16);
    pub const OS_LDAP: Self = Self(1 << 17);
    pub const SMS: Self = Self(1 << 20);
    pub const TOTP: Self = Self(1 << 21);
    pub const MUTUAL_TLS: Self = Self(1 << 25);
    pub const OAUTH: Self = Self(1 << 26);

    /// Client-server Kerberos at any level: what "Kerberos login" means on services with a wire (DEC-S09).
    pub const WIRE_KERBEROS: Self = Self(0b111 << 7);
    /// Kerberos by a prompt on local services, by either of the bits that mean it (DEC-S09).
    pub const LOCAL_KERBEROS: Self = Self(0b11 << 1);
    /// Kerberos in any way.
    pub const ANY_KERBEROS: Self = Self(0b1111 | 0b111 << 7);
    /// The mechanisms that need a name and a password.
    pub const TYPED: Self = Self(Self::LDAP.0 | Self::DELEGATED.0 | Self::PASSWORD.0 | Self::KERBEROS_API.0);
    /// Both second factors.
    pub const SECOND_FACTORS: Self = Self(0b11 << 20);
}

impl BitOr for Mask {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Mask {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Mask {
    /// Tells whether it has any of another's bits.
    pub const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    /// Tells whether it has none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The mechanisms of it without the second factors.
    #[must_use]
    pub const fn mechanisms(self) -> Self {
        Self(self.0 & !Self::SECOND_FACTORS.0)
    }

    /// What is effective on a service (4.3): what the instance and the service allow and the service can do.
    pub fn of_service(system: &System, service: &Service) -> Self {
        let stored = Self(system.mechanisms & service.mechanisms & service.storable_mechanisms);
        stored & usable(service.name.as_str())
    }

    /// What is effective on a web application (4.3).
    pub fn of_application(system: &System, application: &Application) -> Self {
        Self(system.mechanisms & application.mechanisms) & APPLICATION
    }

    /// Whether the certificate of a client proves who it is. `%Service_WebGateway` stores that; `%Service_CacheDirect` has
    /// no place for it, and a gate before it cannot ask for anything else: there the switch of the instance counts.
    pub fn takes_certificates(system: &System, service: &Service) -> bool {
        let named = |name: &str| service.name.as_str().eq_ignore_ascii_case(name);
        let instance = Self(system.mechanisms).has(Self::MUTUAL_TLS);
        let stored = Self(service.mechanisms).has(Self::MUTUAL_TLS) && named("%Service_WebGateway");
        instance && (stored || named("%Service_CacheDirect"))
    }

    /// The least protection that a Kerberos client must bring; none where Kerberos over a wire is not effective.
    pub const fn kerberos_level(self) -> Option<Level> {
        if self.has(Self::KERBEROS) {
            Some(Level::Authentication)
        } else if self.has(Self::KERBEROS_INTEGRITY) {
            Some(Level::Integrity)
        } else if self.has(Self::KERBEROS_ENCRYPTION) {
            Some(Level::Encryption)
        } else {
            None
        }
    }
}

const TYPED: Mask = Mask(Mask::DELEGATED.0 | Mask::LDAP.0 | Mask::PASSWORD.0);
const ANYBODY: Mask = Mask(TYPED.0 | Mask::UNAUTHENTICATED.0);
const OS: Mask = Mask(Mask::OS.0 | Mask::OS_DELEGATED.0);
/// What a web application can use (4.2, the column `app`).
const APPLICATION: Mask =
    Mask(ANYBODY.0 | Mask::KERBEROS_API.0 | Mask::LOGIN_TOKEN.0 | Mask::OAUTH.0 | Mask::SECOND_FACTORS.0);
const TERMINAL: Mask = Mask(
    ANYBODY.0
        | OS.0
        | Mask::OS_LDAP.0
        | Mask::KERBEROS_CACHE.0
        | Mask::LOCAL_KERBEROS.0
        | Mask::SECOND_FACTORS.0,
);

/// What each service can use: table 4.1. Second factors count on three services only (DEC-S07).
const USABLE: &[(&str, Mask)] = &[
    ("%Service_Bindings", Mask(ANYBODY.0 | Mask::WIRE_KERBEROS.0 | Mask::OAUTH.0 | Mask::SECOND_FACTORS.0)),
    ("%Service_CacheDirect", Mask(Mask::PASSWORD.0 | Mask::UNAUTHENTICATED.0)),
    // A password can be stored there and not used (DEC-S06).
    ("%Service_CallIn", Mask(Mask::DELEGATED.0 | Mask::LDAP.0 | OS.0 | Mask::UNAUTHENTICATED.0)),
    ("%Service_ComPort", ANYBODY),
    ("%Service_Console", TERMINAL),
    ("%Service_EscalateLogin", Mask(TYPED.0 | Mask::LOCAL_KERBEROS.0 | OS.0)),
    ("%Service_Login", Mask(ANYBODY.0 | OS.0)),
    ("%Service_Telnet", Mask(ANYBODY.0 | Mask::WIRE_KERBEROS.0)),
    ("%Service_Terminal", TERMINAL),
    ("%Service_WebGateway", Mask(ANYBODY.0 | Mask::WIRE_KERBEROS.0 | Mask::OAUTH.0 | Mask::MUTUAL_TLS.0)),
];

/// What a service can use; nothing for one that takes no part in authentication.
pub fn usable(service: &str) -> Mask {
    let named = |(name, _): &&(&str, Mask)| name.eq_ignore_ascii_case(service);
    USABLE.iter().find(named).map_or(Mask::NONE, |(_, mask)| *mask)
}

/// Tells whether callers of a service run on this machine, so that the kernel says who they are and there is no peer.
pub fn is_local(service: &str) -> bool {
    const LOCAL: [&str; 6] = [
        "%Service_CallIn",
        "%Service_ComPort",
        "%Service_Console",
        "%Service_EscalateLogin",
        "%Service_Login",
        "%Service_Terminal",
    ];
    LOCAL.iter().any(|name| name.eq_ignore_ascii_case(service))
}

/// Tells whether a service is a terminal, where failures make the next answer wait and a session starts in a namespace.
pub fn is_terminal(service: &str) -> bool {
    ["%Service_Console", "%Service_Terminal", "%Service_Telnet", "%Service_ComPort"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(service))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sclera_core::id::ServiceId;
    use sclera_core::name::ServiceName;

    fn service(name: &str, mechanisms: i64) -> Service {
        let name = ServiceName::predefined(name).unwrap();
        Service { mechanisms, storable_mechanisms: -1, ..Service::new(ServiceId(1), name) }
    }

    /// `services.md` 4.2, the worked values.
    #[test]
    fn masks_decode_as_documented() {
        assert_eq!(Mask::OS | Mask::PASSWORD, Mask(48));
        assert_eq!(Mask::PASSWORD | Mask::UNAUTHENTICATED | Mask::WIRE_KERBEROS, Mask(992));
        assert_eq!(Mask::PASSWORD | Mask::DELEGATED, Mask(8_224));
        assert_eq!(Mask::SECOND_FACTORS, Mask(3_145_728));
        assert_eq!(Mask::MUTUAL_TLS, Mask(33_554_432));
        assert_eq!(Mask::OAUTH, Mask(67_108_864));
    }

    /// `services.md` section 12, scenarios 6 and 7.
    #[test]
    fn a_mechanism_needs_all_three() {
        let system = |mechanisms| System { mechanisms, ..System::default() };
        let of = |system: &System, name, mask| Mask::of_service(system, &service(name, mask));
        assert_eq!(of(&system(-1), "%Service_Bindings", 32), Mask(32));
        assert!(of(&system(!32), "%Service_Bindings", 32).is_empty());
        assert!(of(&system(-1), "%Service_CallIn", 48).has(Mask::OS));
        assert!(!of(&system(-1), "%Service_CallIn", 48).has(Mask::PASSWORD));
        assert!(of(&system(-1), "%service_terminal", -1).has(Mask::TOTP));
        assert!(!of(&system(-1), "%Service_Telnet", -1).has(Mask::SECOND_FACTORS));
        assert!(of(&system(-1), "%Service_Mirror", -1).is_empty());
        let unstorable = Service { storable_mechanisms: 16, ..service("%Service_Terminal", 48) };
        assert_eq!(Mask::of_service(&system(-1), &unstorable), Mask(16));
    }

    #[test]
    fn kerberos_has_levels() {
        assert_eq!(Mask(896).kerberos_level(), Some(Level::Authentication));
        assert_eq!(Mask(768).kerberos_level(), Some(Level::Integrity));
        assert_eq!(Mask(256).kerberos_level(), Some(Level::Encryption));
        assert_eq!(Mask(32).kerberos_level(), None);
    }

    #[test]
    fn local_services_are_known() {
        for (name, local, terminal) in [
            ("%Service_Terminal", true, true),
            ("%service_login", true, false),
            ("%Service_CallIn", true, false),
            ("%Service_Telnet", false, true),
            ("%Service_WebGateway", false, false),
            ("%Service_Bindings", false, false),
        ] {
            assert_eq!((is_local(name), is_terminal(name)), (local, terminal), "{name}");
        }
    }
}
