//! The gates before what stands behind services: `[[gate]]` of the configuration file.

use crate::configuration::Listen;
use crate::failure::Failure;
use crate::tls_files::{TlsFiles, authorities, bounded, of_config};
use sclera::{Instance, Secret};
use sclera_core::address::Pattern;
use sclera_core::ssl_config::SslConfig;
use sclera_core::superserver::TlsLevel;
use sclera_proxy::{Browsers, DataCheck, Monitor, Proxy};
use sclera_sql::{Authentication, Passwords, Roles, Sql};
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Clients, Guard, Limits, Plan, Protection, Protocol, Relay, Upstream};
use serde::Deserialize;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The services before which a gate passes bytes on.
const RELAYED: [&str; 6] = [
    "%Service_CacheDirect",
    "%Service_ECP",
    "%Service_Mirror",
    "%Service_Shadow",
    "%Service_Sharding",
    "%Service_Weblink",
];
/// The service whose gate speaks SQL.
const SQL: &str = "%Service_Bindings";
/// The services whose gates speak HTTP, before web applications.
const WEB: [&str; 2] = ["%Service_WebGateway", "%Service_DocDB"];
/// The service whose gate tells what is counted.
const MONITOR: &str = "%Service_Monitor";
/// The service whose gate tells digests to another instance.
const DATA_CHECK: &str = "%Service_DataCheck";
/// The services whose gates stand before nothing.
const OWN: [&str; 2] = [MONITOR, DATA_CHECK];
/// The one of those before which bytes are passed on that lets people in, whom their certificates name.
const CERTIFIED: &str = "%Service_CacheDirect";
/// What SCRAM asks of an instance.
const SCRAM: &str = "by SCRAM-SHA-256 come users whose password is kept here with SHA256 (PasswordHashAlgorithm) and \
                     the work factor of the instance; others, of LDAP among them, cannot; and whoever reads what is \
                     kept of a password can come in by it";
/// The most gates of a server.
const MOST: usize = 64;

/// A gate as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Written {
    service: String,
    listen: SocketAddr,
    upstream: Option<String>,
    #[serde(default)]
    tls: Level,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    client_ca: Option<PathBuf>,
    #[serde(default)]
    proxies: Vec<String>,
    connections: Option<usize>,
    per_source: Option<u32>,
    rate: Option<u32>,
    idle_seconds: Option<u64>,
    drain_seconds: Option<u64>,
    #[serde(default)]
    roles: Vec<String>,
    role: Option<String>,
    passwords: Option<PathBuf>,
    authentication: Option<Proof>,
    #[serde(default)]
    applications: Vec<String>,
}

/// Which connections are protected, as `SSLSupportLevel` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    None,
    Accept,
    Require,
}

/// How who comes proves who it is, by the names that PostgreSQL has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Proof {
    Password,
    #[serde(rename = "scram-sha-256")]
    Scram,
}

/// What a gate means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    service: &'static str,
    listen: SocketAddr,
    /// What stands behind it; only what is counted needs nothing.
    upstream: Option<Upstream>,
    level: Level,
    files: Option<TlsFiles>,
    client_ca: Option<PathBuf>,
    proxies: Vec<String>,
    limits: Limits,
    spoken: Spoken,
}

/// What is spoken at it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Spoken {
    /// Nothing that is known here.
    Bytes,
    /// SQL: how users prove who they are, which roles they stand for there, and where the passwords of those are.
    Sql(Authentication, Roles, Option<PathBuf>),
    /// HTTP, before these applications.
    Web(Vec<String>),
    /// HTTP, for what is counted.
    Metrics,
    /// HTTP, for digests.
    Digests,
}

impl Settings {
    pub(crate) fn of(written: Vec<Written>, directory: &Path) -> Result<Vec<Self>, String> {
        if written.len() > MOST {
            return Err(format!("gate: there are more than {MOST}"));
        }
        let mut found: Vec<Self> = Vec::new();
        for written in written {
            let name = written.service.clone();
            let settings = Self::one(written, directory).map_err(|what| format!("gate {name:?}: {what}"))?;
            let is_taken = |known: &Self| known.listen == settings.listen && settings.listen.port() != 0;
            if found.iter().any(is_taken) {
                return Err(format!("gate {name:?}: another one listens at {}", settings.listen));
            }
            found.push(settings);
        }
        Ok(found)
    }

    fn one(written: Written, directory: &Path) -> Result<Self, String> {
        let all = || RELAYED.iter().chain([&SQL]).chain(&OWN).chain(&WEB);
        let service = all().find(|known| known.eq_ignore_ascii_case(&written.service));
        let names = || all().copied().collect::<Vec<_>>().join(", ");
        let service = *service.ok_or_else(|| format!("a gate is for one of {}", names()))?;
        let spoken = spoken(service, &written, directory)?;
        let upstream = upstream(service, written.upstream.as_deref())?;
        let files = match (written.certificate, written.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(TlsFiles {
                certificate: directory.join(certificate),
                key: directory.join(key),
                clients: None,
            }),
            _ => return Err("`certificate` and `key` go together".to_owned()),
        };
        if (written.tls == Level::None) != files.is_none() {
            return Err(
                "`tls` says whether there is a `certificate` and a `key`: none, accept, require".to_owned()
            );
        }
        if written.client_ca.is_some() && written.tls != Level::Require {
            return Err("`client-ca` asks for `tls = \"require\"`".to_owned());
        }
        if service == CERTIFIED && written.client_ca.is_none() {
            return Err("who comes is told by certificates there: `client-ca` is missing".to_owned());
        }
        let is_pattern = |text: &&String| !matches!(text.parse(), Ok(Pattern::Host(_)) | Err(_));
        if let Some(wrong) = written.proxies.iter().find(|text| !is_pattern(text)) {
            return Err(format!("proxies: {wrong:?} is no address and no range of addresses"));
        }
        let default = Limits::default();
        let least_one = |name: &str, value: usize| {
            if value > 0 { Ok(value) } else { Err(format!("{name}: it must be at least 1")) }
        };
        let limits = Limits {
            connections: least_one("connections", written.connections.unwrap_or(default.connections))?,
            per_source: written.per_source.unwrap_or(default.per_source).max(1),
            rate: written.rate.unwrap_or(default.rate).max(1),
            idle_time: written.idle_seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs),
            drain_time: written.drain_seconds.map_or(default.drain_time, Duration::from_secs),
            ..default
        };
        let mut settings = Self {
            service,
            listen: written.listen,
            upstream,
            level: written.tls,
            files,
            client_ca: written.client_ca.map(|path| directory.join(path)),
            proxies: written.proxies,
            limits,
            spoken,
        };
        settings.listen_at(written.listen)?;
        Ok(settings)
    }

    /// The service.
    pub(crate) const fn service(&self) -> &'static str {
        self.service
    }

    /// Where it listens.
    pub(crate) const fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Has it listen at an address, unless what is said there must not be heard by other machines and could be.
    pub(crate) fn listen_at(&mut self, address: SocketAddr) -> Result<(), String> {
        let is_open = Listen::At(address).is_open();
        match &self.spoken {
            Spoken::Digests if is_open && self.client_ca.is_none() => {
                Err("it names users to other machines, which must be known: `client-ca` is missing"
                    .to_owned())
            }
            Spoken::Web(_) | Spoken::Sql(..) if is_open && self.level == Level::None => {
                Err("passwords are asked for there: `tls` is missing".to_owned())
            }
            _ => {
                self.listen = address;
                Ok(())
            }
        }
    }

    /// One line about it.
    pub(crate) fn told(&self) -> String {
        let tls = match self.level {
            Level::None => "",
            Level::Accept => " (TLS accepted)",
            Level::Require if self.client_ca.is_some() => " (TLS with certificates of clients)",
            Level::Require => " (TLS required)",
        };
        let proof = match self.spoken {
            Spoken::Sql(Authentication::Password, ..) => " (passwords in clear text)",
            Spoken::Sql(Authentication::Scram, ..) => " (SCRAM-SHA-256)",
            _ => "",
        };
        let before = self.upstream.as_ref().map(|upstream| format!(" before {upstream}"));
        format!("{} at {}{tls}{proof}{}", self.service, self.listen, before.unwrap_or_default())
    }

    /// Tells whether other machines can reach it.
    pub(crate) fn is_open(&self) -> bool {
        Listen::At(self.listen).is_open()
    }

    /// What whoever runs it should know.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let scram = matches!(self.spoken, Spoken::Sql(Authentication::Scram, ..));
        let scram = scram.then(|| format!("{}: {SCRAM}", self.service));
        self.readable().into_iter().chain(scram).collect()
    }

    /// What can be read on the way.
    fn readable(&self) -> Option<String> {
        let Some(Upstream::Tcp(address)) = &self.upstream else { return None };
        let is_near = address.parse().is_ok_and(|address| !Listen::At(address).is_open());
        (self.spoken != Spoken::Bytes && !is_near).then(|| {
            format!("{}: what is said between the gate and {address} can be read on the way", self.service)
        })
    }

    /// Sees whether the files that it names can be read and fit.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if let Spoken::Sql(_, _, Some(path)) = &self.spoken {
            passwords(path)?;
        }
        self.guard().map(drop)
    }

    /// What is spoken at it, ready to be spoken.
    fn protocol<S: Store, A: Activity>(
        &self,
        browsers: &Arc<Browsers>,
    ) -> Result<Arc<dyn Protocol<S, A>>, Failure> {
        let upstream = match (&self.spoken, self.upstream.clone()) {
            (Spoken::Digests, _) => return Ok(Arc::new(DataCheck)),
            (Spoken::Metrics, _) | (_, None) => return Ok(Arc::new(Monitor)),
            (_, Some(upstream)) => upstream,
        };
        Ok(match &self.spoken {
            Spoken::Metrics | Spoken::Digests => Arc::new(Monitor),
            Spoken::Bytes => Arc::new(Relay { upstream }),
            Spoken::Sql(authentication, roles, path) => {
                let passwords = path.as_deref().map(passwords).transpose()?.unwrap_or_default();
                Arc::new(Sql::new(upstream, *authentication, roles.clone(), passwords))
            }
            Spoken::Web(applications) => {
                Arc::new(Proxy::new(upstream, applications.clone(), Arc::clone(browsers)))
            }
        })
    }

    /// Reads the files that it names.
    fn guard(&self) -> Result<Guard, Failure> {
        let protocols: &[&str] = match self.spoken {
            Spoken::Bytes => &[],
            Spoken::Sql(..) => &[sclera_sql::PROTOCOL],
            Spoken::Web(_) | Spoken::Metrics | Spoken::Digests => &[sclera_proxy::PROTOCOL],
        };
        let authorities = self.client_ca.as_deref().map(authorities).transpose()?;
        let clients = authorities.as_ref().map_or(Clients::Unknown, |pem| Clients::Certified(pem));
        let tls = self.files.as_ref().map(|files| files.load(clients, protocols)).transpose()?;
        let own = Protection::new(self.level.into(), tls);
        let load = move |config: &SslConfig, password: Option<&Secret>| {
            of_config(config, password, authorities.as_ref().map(|pem| pem.as_slice()), protocols)
        };
        Ok(Guard::new(own, load))
    }
}

/// What stands behind the gate of a service.
fn upstream(service: &str, written: Option<&str>) -> Result<Option<Upstream>, String> {
    match (written, OWN.contains(&service)) {
        (None, true) => Ok(None),
        (Some(text), false) => text.parse().map(Some).map_err(|what| format!("upstream: {what}")),
        (Some(_), true) => Err("`upstream` does not belong to it: nothing stands behind it".to_owned()),
        (None, false) => Err("`upstream` is missing".to_owned()),
    }
}

/// What is spoken at the gate of a service.
fn spoken(service: &str, written: &Written, directory: &Path) -> Result<Spoken, String> {
    if written.applications.is_empty() == WEB.contains(&service) {
        return Err(format!("`applications` belongs to {}, and must be there", WEB.join(" and ")));
    }
    if WEB.contains(&service) {
        if written.authentication.is_some() {
            return Err(format!("`authentication` belongs to {SQL}"));
        }
        if let Some(wrong) = written.applications.iter().find(|path| !path.starts_with('/')) {
            return Err(format!("applications: {wrong:?} does not begin with a slash"));
        }
        return Ok(Spoken::Web(written.applications.clone()));
    }
    if service != SQL {
        let is_more = !written.roles.is_empty()
            || written.role.is_some()
            || written.passwords.is_some()
            || written.authentication.is_some();
        return if is_more {
            Err(format!("`roles`, `role`, `passwords` and `authentication` belong to {SQL}"))
        } else if service == MONITOR {
            Ok(Spoken::Metrics)
        } else if service == DATA_CHECK {
            Ok(Spoken::Digests)
        } else {
            Ok(Spoken::Bytes)
        };
    }
    if written.client_ca.is_some() {
        return Err("who comes is told by name and password there, and not by `client-ca`".to_owned());
    }
    let pair = |text: &String| {
        let (here, there) =
            text.split_once('=').filter(|(here, there)| !here.is_empty() && !there.is_empty())?;
        Some((here.to_owned(), there.to_owned()))
    };
    let pairs: Option<Vec<_>> = written.roles.iter().map(pair).collect();
    let pairs = pairs.ok_or("roles: each is a role here and a role there, such as \"Clinician=clinic\"")?;
    if pairs.is_empty() && written.role.is_none() {
        return Err("nobody would stand for any role there: `roles` or `role` is missing".to_owned());
    }
    let roles = Roles { pairs, otherwise: written.role.clone() };
    let authentication = match written.authentication {
        None | Some(Proof::Password) => Authentication::Password,
        Some(Proof::Scram) => Authentication::Scram,
    };
    let passwords = written.passwords.as_ref().map(|path| directory.join(path));
    Ok(Spoken::Sql(authentication, roles, passwords))
}

/// Reads the passwords of roles of a database; nobody but the owner may be able to read them.
fn passwords(path: &Path) -> Result<Passwords, Failure> {
    use std::os::unix::fs::PermissionsExt;
    let about = std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
    if about.permissions().mode() & 0o077 != 0 {
        let why = format!("{}: others can read it; its mode must be 0600 or less", path.display());
        return Err(Failure::bad_value(why));
    }
    let bytes = bounded(path)?;
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_| Failure::bad_value(format!("{}: it is not UTF-8", path.display())))?;
    Passwords::read(text).map_err(|what| Failure::bad_value(format!("{}: {what}", path.display())))
}

impl From<Level> for TlsLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::None => Self::None,
            Level::Accept => Self::Accept,
            Level::Require => Self::Require,
        }
    }
}

/// Keeps the gates that are configured; none where there are none. Each has a place in `held`, for its socket.
pub(crate) fn start(
    instance: &Instance,
    settings: &[Settings],
    held: Vec<Option<TcpListener>>,
    files: u64,
) -> Result<Option<sclera_tcp::Running>, Failure> {
    if settings.is_empty() {
        return Ok(None);
    }
    // Each connection has two descriptors; together they may use up half of what this process may have open.
    let share = usize::try_from(files).unwrap_or(usize::MAX) / 4 / settings.len();
    let random = |error| Failure::Environment(format!("random numbers: {error}"));
    // Applications behind different gates may share logins.
    let browsers = Arc::new(Browsers::new().map_err(random)?);
    let plan = |(settings, held): (&Settings, Option<TcpListener>)| {
        let limits = Limits { connections: settings.limits.connections.min(share.max(1)), ..settings.limits };
        Ok(Plan {
            service: settings.service.to_owned(),
            listen: held.map_or(sclera_tcp::Listen::At(settings.listen), sclera_tcp::Listen::Held),
            proxies: settings.proxies.clone(),
            limits,
            guard: settings.guard()?,
            protocol: settings.protocol(&browsers)?,
        })
    };
    let plans = settings.iter().zip(held).map(plan).collect::<Result<_, Failure>>()?;
    let started = sclera_tcp::start(&instance.engine(), plans);
    started.map(Some).map_err(|error| Failure::Environment(format!("gates: {error}")))
}

#[cfg(test)]
mod tests {
    use crate::configuration::Configuration;
    use std::path::Path;

    fn refused(text: &str) -> String {
        Configuration::parse(&format!("[[gate]]\n{text}"), Path::new("/data")).unwrap_err()
    }

    #[test]
    fn a_gate_is_told_in_a_line() {
        let text = "[[gate]]\nservice = \"%service_ecp\"\nlisten = \"127.0.0.1:1973\"\nupstream = \"10.0.0.1:1972\"\n\
                    tls = \"require\"\ncertificate = \"c\"\nkey = \"k\"\nclient-ca = \"a\"\nproxies = [\"10.0.0.*\"]\n";
        let gates = Configuration::parse(text, Path::new("/data")).unwrap().gates;
        let told: Vec<String> = gates.iter().map(super::Settings::told).collect();
        let wanted = "%Service_ECP at 127.0.0.1:1973 (TLS with certificates of clients) before 10.0.0.1:1972";
        assert_eq!(told, [wanted]);
        assert!(!gates[0].is_open());
    }

    #[test]
    fn it_is_told_how_who_comes_proves_it() {
        let told = |authentication: &str| {
            let text = format!(
                "[[gate]]\nservice = \"%Service_Bindings\"\nlisten = \"127.0.0.1:5\"\nupstream = \"127.0.0.1:6\"\n\
                 role = \"x\"\n{authentication}"
            );
            let gate = Configuration::parse(&text, Path::new("/data")).unwrap().gates.remove(0);
            (gate.told(), gate.warnings())
        };
        let clear = "%Service_Bindings at 127.0.0.1:5 (passwords in clear text) before 127.0.0.1:6";
        assert_eq!(told(""), (clear.to_owned(), vec![]));
        assert_eq!(told("authentication = \"password\""), told(""));
        let (line, warnings) = told("authentication = \"scram-sha-256\"");
        assert_eq!(line, "%Service_Bindings at 127.0.0.1:5 (SCRAM-SHA-256) before 127.0.0.1:6");
        assert!(warnings.len() == 1 && warnings[0].contains("PasswordHashAlgorithm"), "{warnings:?}");
    }

    #[test]
    fn what_cannot_be_a_gate_is_refused() {
        let at = "listen = \"127.0.0.1:1\"\nupstream = \"127.0.0.1:2\"\n";
        let ecp = format!("service = \"%Service_ECP\"\n{at}");
        for (text, why) in [
            (format!("service = \"%Service_Login\"\n{at}"), "a gate is for one of"),
            (format!("service = \"%Service_CacheDirect\"\n{at}"), "`client-ca` is missing"),
            (format!("{ecp}tls = \"require\""), "`tls` says whether"),
            (format!("{ecp}certificate = \"c\""), "go together"),
            (format!("{ecp}certificate = \"c\"\nkey = \"k\""), "`tls` says whether"),
            (
                format!("{ecp}tls = \"accept\"\ncertificate = \"c\"\nkey = \"k\"\nclient-ca = \"a\""),
                "`client-ca` asks for",
            ),
            (format!("service = \"%Service_WebGateway\"\n{at}"), "`applications` belongs to"),
            (format!("{ecp}applications = [\"/a\"]"), "`applications` belongs to"),
            (
                format!("service = \"%Service_DocDB\"\n{at}applications = [\"a\"]"),
                "does not begin with a slash",
            ),
            (format!("service = \"%Service_Monitor\"\n{at}"), "`upstream` does not belong"),
            ("service = \"%Service_ECP\"\nlisten = \"127.0.0.1:1\"".to_owned(), "`upstream` is missing"),
            (format!("{ecp}role = \"x\""), "belong to %Service_Bindings"),
            (format!("{ecp}authentication = \"scram-sha-256\""), "belong to %Service_Bindings"),
            (
                format!(
                    "service = \"%Service_DocDB\"\n{at}applications = [\"/a\"]\nauthentication = \"password\""
                ),
                "belongs to %Service_Bindings",
            ),
            (
                format!("service = \"%Service_Bindings\"\n{at}role = \"x\"\nauthentication = \"scram\""),
                "unknown variant `scram`, expected `password` or `scram-sha-256`",
            ),
            (
                format!(
                    "service = \"%Service_Bindings\"\n{at}role = \"x\"\nauthentication = \"SCRAM-SHA-256\""
                ),
                "unknown variant",
            ),
            (
                "service = \"%Service_Bindings\"\nlisten = \"0.0.0.0:1\"\nupstream = \"/s\"\nrole = \"x\"\n\
                 authentication = \"scram-sha-256\""
                    .to_owned(),
                "`tls` is missing",
            ),
            (format!("service = \"%Service_Bindings\"\n{at}"), "`roles` or `role` is missing"),
            (format!("service = \"%Service_Bindings\"\n{at}roles = [\"a\"]"), "a role here and a role there"),
            (
                "service = \"%Service_Bindings\"\nlisten = \"0.0.0.0:1\"\nupstream = \"/s\"\nrole = \"x\""
                    .to_owned(),
                "`tls` is missing",
            ),
            (format!("{ecp}proxies = [\"proxy.example\"]"), "is no address"),
            (format!("{ecp}connections = 0"), "at least 1"),
            (format!("{ecp}speed = 1"), "unknown field"),
            (format!("{ecp}[[gate]]\n{ecp}"), "another one listens at 127.0.0.1:1"),
            ("service = \"%Service_ECP\"\nlisten = \"localhost:1\"\nupstream = \"a:1\"".to_owned(), "line 3"),
            (
                "service = \"%Service_ECP\"\nlisten = \"127.0.0.1:1\"\nupstream = \"nowhere\"".to_owned(),
                "upstream: ",
            ),
        ] {
            let told = refused(&text);
            assert!(told.contains(why) && !told.contains('\n'), "{text}: {told}");
        }
    }
}
