//! Superservers: what is let through at a port, and how it is protected there (`services.md` section 9).
//!
//! A record names a port and the address that is bound there. Whoever comes to a gate at that place passes only if the
//! superserver is enabled, its switch for the service is on, *and* the service is. A gate at whose port there is no
//! superserver asks the service alone.

use crate::id::SuperserverId;
use crate::name::SuperserverName;
use crate::policy::Table;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::string::{String, ToString};
use core::net::{IpAddr, SocketAddr};

/// A superserver; its name is the port, behind its address where it has one: `1972`, `127.0.0.1:1972`, `[::1]:1972`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the property of its name in `FIELDS`")]
#[expect(clippy::struct_excessive_bools, reason = "each switch is one of the class")]
pub struct Superserver {
    pub id: SuperserverId,
    pub name: SuperserverName,
    pub description: String,
    pub enabled: bool,
    pub system_default: bool,
    pub cache_direct: bool,
    pub clients: bool,
    pub csp: bool,
    pub data_check: bool,
    pub ecp: bool,
    pub mirror: bool,
    pub node_js: bool,
    pub shadows: bool,
    pub sharding: bool,
    pub snmp: bool,
    pub web_link: bool,
    pub ssl_config: String,
    pub ssl_support_level: i64,
}

impl Superserver {
    /// An enabled one that lets clients of `%Service_Bindings` through, without TLS.
    pub const fn new(id: SuperserverId, name: SuperserverName) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            enabled: true,
            system_default: false,
            cache_direct: false,
            clients: true,
            csp: false,
            data_check: false,
            ecp: false,
            mirror: false,
            node_js: false,
            shadows: false,
            sharding: false,
            snmp: false,
            web_link: false,
            ssl_config: String::new(),
            ssl_support_level: 0,
        }
    }

    /// Tells whether its switch for a service is on. A service that has no switch passes any.
    pub fn lets_through(&self, service: &str) -> bool {
        let same = |name: &str| crate::name::same(name, service);
        match SWITCHES.iter().find(|(name, ..)| same(name)) {
            Some((_, _, is_on)) => is_on(self),
            None => true,
        }
    }

    /// Which connections are protected.
    pub const fn tls_level(&self) -> TlsLevel {
        match self.ssl_support_level {
            0 => TlsLevel::None,
            1 => TlsLevel::Accept,
            _ => TlsLevel::Require,
        }
    }

    /// The same where another one is the system default, without the switches that only that one may have on.
    #[must_use]
    pub fn not_default(self) -> Self {
        Self { system_default: false, ecp: false, mirror: false, sharding: false, ..self }
    }

    /// The first of the switches that are on and that only the system default may have on, if it is none.
    pub fn beyond_its_place(&self) -> Option<&'static str> {
        let only_default =
            [("EnableECP", self.ecp), ("EnableMirror", self.mirror), ("EnableSharding", self.sharding)];
        only_default.into_iter().find(|(_, is_on)| *is_on && !self.system_default).map(|(name, _)| name)
    }
}

impl Class for Superserver {
    const NAME: &'static str = "Security.Servers";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "Enabled" boolean enabled),
        field!(Open "SystemDefault" boolean system_default),
        field!(Open "EnableCacheDirect" boolean cache_direct),
        field!(Open "EnableClients" boolean clients),
        field!(Open "EnableCSP" boolean csp),
        field!(Open "EnableDataCheck" boolean data_check),
        field!(Open "EnableECP" boolean ecp),
        field!(Open "EnableMirror" boolean mirror),
        field!(Open "EnableNodeJS" boolean node_js),
        field!(Open "EnableShadows" boolean shadows),
        field!(Open "EnableSharding" boolean sharding),
        field!(Open "EnableSNMP" boolean snmp),
        field!(Open "EnableWebLink" boolean web_link),
        field!(Open "SSLConfig" text(64) ssl_config),
        field!(Open "SSLSupportLevel" integer(0, 2) ssl_support_level),
    ];
}

/// Which connections are protected (`SSLSupportLevel`), the stricter ones being greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TlsLevel {
    /// None: whoever begins TLS is refused (996).
    #[default]
    None,
    /// Those that begin it.
    Accept,
    /// All: whoever does not begin it is refused (995).
    Require,
}

type Switch = (&'static str, &'static str, fn(&Superserver) -> bool);

/// The services that have a switch at a superserver, and its name.
const SWITCHES: [Switch; 10] = [
    ("%Service_Bindings", "EnableClients", |s| s.clients),
    ("%Service_CacheDirect", "EnableCacheDirect", |s| s.cache_direct),
    ("%Service_DataCheck", "EnableDataCheck", |s| s.data_check),
    ("%Service_ECP", "EnableECP", |s| s.ecp),
    ("%Service_Mirror", "EnableMirror", |s| s.mirror),
    ("%Service_Monitor", "EnableSNMP", |s| s.snmp),
    ("%Service_Shadow", "EnableShadows", |s| s.shadows),
    ("%Service_Sharding", "EnableSharding", |s| s.sharding),
    ("%Service_WebGateway", "EnableCSP", |s| s.csp),
    ("%Service_Weblink", "EnableWebLink", |s| s.web_link),
];

/// The name of the switch of a service; none where it has none.
pub fn switch_of(service: &str) -> Option<&'static str> {
    SWITCHES.iter().find(|(name, ..)| crate::name::same(name, service)).map(|(_, switch, _)| *switch)
}

/// The lowest port of a superserver (`security-classes.md`, Servers).
pub const LOWEST_PORT: u16 = 100;

/// The name of a superserver at a place. An IPv4 address that is written as one of IPv6 is the IPv4 address, and those that
/// stand for any are none.
pub fn name_of(port: u16, address: Option<IpAddr>) -> String {
    let address = address.map(|address| address.to_canonical()).filter(|address| !address.is_unspecified());
    address.map_or_else(|| port.to_string(), |address| SocketAddr::new(address, port).to_string())
}

/// The same of a port and an address as they are written, the address empty where it is any; none where they are no port
/// from 100 on and no address.
pub fn name_as_written(port: &str, address: &str) -> Option<String> {
    let port = port.parse().ok().filter(|port| *port >= LOWEST_PORT)?;
    let address = if address.is_empty() { None } else { Some(address.parse().ok()?) };
    Some(name_of(port, address))
}

/// The port of a name, and the address before it. A place has one name: others for it are none.
pub fn place_of(name: &str) -> Option<(u16, Option<IpAddr>)> {
    let (port, address) = match name.parse::<SocketAddr>() {
        Ok(place) => (place.port(), Some(place.ip())),
        Err(_) => (name.parse().ok()?, None),
    };
    (port >= LOWEST_PORT && name_of(port, address) == name).then_some((port, address))
}

impl Table<Superserver> {
    /// The superserver at a place: the one of just this address, whatever its zone, else the one of any.
    pub fn at(&self, place: SocketAddr) -> Option<&Superserver> {
        let exact = self.named(&name_of(place.port(), Some(place.ip())));
        exact.or_else(|| self.named(&name_of(place.port(), None)))
    }

    /// The system default; none where there is no superserver.
    pub fn system_default(&self) -> Option<&Superserver> {
        self.iter().find(|server| server.system_default)
    }
}
