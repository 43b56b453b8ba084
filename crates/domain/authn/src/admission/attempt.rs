//! What an admission starts from: what the caller brought, and how the instance stands.

use crate::mechanism::{Level, Mechanism};
use crate::secret::Secret;
use core::net::{IpAddr, SocketAddr};
use sclera_core::user::Credential;
use std::sync::Arc;

/// Somebody at a service, with all that came without being asked for.
///
/// Only what is proven belongs here: the peer is that of the accepted socket and never a forwarded address, and the
/// name of the operating system comes from the kernel and never from the environment.
#[derive(Debug)]
pub struct Attempt {
    /// The service that was called.
    pub service: String,
    /// The address of the peer; none where the service is local.
    pub peer: Option<IpAddr>,
    /// Where the gate listens that it came to; none where there is no gate. The superserver there must let it through.
    pub place: Option<SocketAddr>,
    /// What login records keep of where it comes from: an address or the name of a device (DEC-A14).
    pub device: String,
    /// What the kernel says the caller is called; none where it has no name here or is not of this machine.
    pub os_user: Option<String>,
    /// What it offers by itself.
    pub offer: Offer,
    /// The code of the second factor, where it came along.
    pub code: Option<Secret>,
    /// The web application that is wanted. Its mechanisms count then, and not those of the service (`services.md` 8.2).
    pub application: Option<String>,
    /// What the client insists on.
    pub demand: Option<Demand>,
    /// How the connection is protected.
    pub transport: Transport,
    /// What the caller can be asked.
    pub dialogue: Dialogue,
    /// Which category a client of `%Service_Bindings` asks for.
    pub client: Client,
    /// Only this mechanism is tried: an escalation is confirmed by the mechanism of the login.
    pub only: Option<Mechanism>,
}

impl Attempt {
    /// Somebody who offers nothing and cannot be asked.
    pub fn at(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            peer: None,
            place: None,
            device: String::new(),
            os_user: None,
            offer: Offer::Nothing,
            code: None,
            application: None,
            demand: None,
            transport: Transport::Plain,
            dialogue: Dialogue::None,
            client: Client::Other,
            only: None,
        }
    }
}

/// What a caller offers by itself.
#[derive(Debug)]
pub enum Offer {
    /// Nothing.
    Nothing,
    /// A name and a password, as typed.
    Password {
        /// The name.
        name: String,
        /// The password.
        password: Secret,
    },
    /// A name whose password will be proven by SCRAM-SHA-256: [`Question::Scram`](super::Question::Scram) is asked.
    /// What needs the password itself is not tried.
    Scram {
        /// The name.
        name: String,
    },
    /// The first token of a Kerberos client.
    Kerberos(Vec<u8>),
    /// A name that a caller vouches for which may do so: `Login` with one argument. Nothing is proven any more.
    Vouched(String),
    /// The common name of a certificate that the gate has verified, with the proof that the client holds its key.
    Certificate(String),
    /// The name that belongs to a login cookie, which was verified (`authentication.md` 12.2).
    LoginCookie(String),
}

/// A mechanism that the client insists on (`services.md` section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Kerberos, with at least this protection.
    Kerberos(Level),
    /// The operating system.
    Os,
    /// The credentials cache, prompt, API or key table of Kerberos.
    KerberosBy(KerberosWay),
    /// A password.
    Password,
    /// Nobody in particular.
    Unauthenticated,
}

/// How a Kerberos identity comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the names of the ways")]
pub enum KerberosWay {
    Cache,
    Prompt,
    Api,
    KeyTable,
}

/// How the connection is protected, and whether it has to be (`services.md` section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// By nothing, and nothing is asked.
    Plain,
    /// By TLS.
    Tls,
    /// By nothing where the listener demands TLS.
    PlainThoughRequired,
    /// TLS was begun where the listener has none.
    TlsThoughNotConfigured,
    /// TLS was begun, and the two could not agree, or the client was not believed.
    HandshakeFailed,
}

/// What a caller can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialogue {
    /// Nothing: everything came along.
    None,
    /// Codes of second factors, and nothing else.
    Codes,
    /// Anything.
    Full,
}

impl Dialogue {
    pub(super) const fn asks_codes(self) -> bool {
        matches!(self, Self::Codes | Self::Full)
    }

    pub(super) const fn asks_anything(self) -> bool {
        matches!(self, Self::Full)
    }
}

/// What a client of `%Service_Bindings` is (`services.md` 8.1, DEC-S17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// It uses SQL: Use on `%Service_SQL`, or any SQL privilege, is asked when it connects.
    Sql,
    /// It uses objects or native calls: each call is tested by itself.
    PerCall,
    /// It came through another service.
    Other,
}

/// How the instance stands.
#[derive(Debug, Clone)]
pub struct Situation {
    /// Whether there are logins at all.
    pub readiness: Readiness,
    /// Emergency access mode, with its one user.
    pub emergency: Option<Emergency>,
    /// How failures limit further attempts.
    pub lockout: Lockout,
}

/// Whether there are logins at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are what their names say")]
pub enum Readiness {
    Open,
    Starting,
    Stopping,
    SwitchedOff,
}

/// The one user of an emergency (`services.md` section 10).
#[derive(Debug, Clone)]
pub struct Emergency {
    /// Its name, as given at the start.
    pub name: String,
    /// Its password, for this run alone.
    pub credential: Arc<Credential>,
}

/// How failures limit further attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lockout {
    /// By name and source: beyond the limit a source is not listened to for a while, and an account is disabled only by
    /// failures from several sources. Nobody can lock out somebody else from one place.
    BySource,
    /// By account, as IRIS does (`authentication.md` 6.3).
    ByAccount,
}
