//! Services: the named gatekeepers in front of the ways in (`services.md` sections 1 to 7).

use crate::id::ServiceId;
use crate::name::ServiceName;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::string::String;
use alloc::vec::Vec;

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its name; fixed.
    pub name: ServiceName,
    /// What it gates.
    pub description: String,
    /// It is on.
    pub enabled: bool,
    /// The mechanisms it allows (`services.md` 4.2).
    pub mechanisms: i64,
    /// The addresses that may connect; none means any. On services that support it an entry carries roles:
    /// `address|role1,role2`.
    pub client_systems: Vec<String>,
    /// A mark of the original without effect, kept for its exports (`services.md` section 4).
    pub http_only_cookies: bool,
    /// Another one.
    pub two_factor: bool,
    /// The mechanisms that may be stored; other bits are dropped without an error (`services.md` 4.3).
    pub storable_mechanisms: i64,
    /// What may be edited and tested on it, as the bit map of `services.md` 4.4.
    pub capabilities: i64,
    /// The resources whose Use is asked; none on a basic service.
    pub resources: Vec<String>,
    /// What of it rests on an assumption of ours and on no source.
    pub assumed: String,
}

impl Service {
    /// A disabled service.
    pub fn new(id: ServiceId, name: ServiceName) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            enabled: false,
            mechanisms: 0,
            client_systems: Vec::new(),
            http_only_cookies: false,
            two_factor: false,
            storable_mechanisms: 0,
            capabilities: 0,
            resources: Vec::new(),
            assumed: String::new(),
        }
    }

    /// Tells whether it is a basic service: no resource, no authentication, only on or off.
    pub fn is_basic(&self) -> bool {
        self.resources.is_empty()
    }
}

impl Class for Service {
    const NAME: &'static str = "Security.Services";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "Enabled" boolean enabled),
        Field {
            name: "AutheEnabled",
            access: Access::Open,
            kind: Kind::Integer {
                min: 0,
                max: 0xffff_ffff,
                get: |s| s.mechanisms,
                set: |s, bits| s.mechanisms = bits,
            },
        },
        field!(Open "ClientSystems" texts(';') client_systems),
        field!(Open "HttpOnlyCookies" boolean http_only_cookies),
        field!(Open "TwoFactorEnabled" boolean two_factor),
        field!(System "AutheEnabledCapabilities" integer(0, 0xffff_ffff) storable_mechanisms),
        field!(System "Capabilities" integer(0, 0xffff_ffff) capabilities),
        field!(Internal "GuardedBy" texts(',') resources),
        field!(Internal "Assumed" text(256) assumed),
    ];
}
