//! Which configuration counts, and which servers it names.

use crate::admission::LdapTask;
use crate::mechanism::Mask;
use crate::secret::Secret;
use core::fmt;
use core::str::FromStr;
use sclera_core::ldap_config::LdapConfig;
use sclera_core::name::same;
use sclera_core::policy::Policy;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use std::sync::Arc;

/// Bits of `LDAPFlags` (10.1).
const ACTIVE_DIRECTORY: i64 = 1;
const TLS: i64 = 1 << 1;
const GROUPS: i64 = 1 << 3;
const NESTED: i64 = 1 << 4;
pub(super) const UNIVERSAL: i64 = 1 << 5;
const KERBEROS_ONLY: i64 = 1 << 7;

/// The most servers of a configuration that are tried.
const MOST_SERVERS: usize = 16;
/// The most attributes beside those that properties come from (`LDAPAttributes`).
const MOST_ATTRIBUTES: usize = 64;
/// LDAP without and with TLS from the first byte.
const PORT: u16 = 389;
const TLS_PORT: u16 = 636;

/// How the connection to a server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    None,
    /// TLS begins within LDAP.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// A server of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub protection: Protection,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = self.host.contains(':');
        if bracketed {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Server {
    /// Reads an entry of `LDAPHostNames`; `tls` is the flag of the configuration (10.2). `ldap://` and `ldaps://` before it
    /// are ours: the latter means TLS from the first byte at any port.
    fn read(entry: &str, tls: bool) -> Option<Self> {
        let (url, rest) = match (entry.strip_prefix("ldaps://"), entry.strip_prefix("ldap://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => (false, entry),
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
            None => rest.rsplit_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map(u16::from_str).transpose().ok()?;
        if host.is_empty() || port == Some(0) {
            return None;
        }
        let protection = match port {
            _ if url => Protection::Tls,
            Some(TLS_PORT) => Protection::Tls,
            _ if tls => Protection::StartTls,
            _ => Protection::None,
        };
        let default = if url { TLS_PORT } else { PORT };
        Some(Self { host: host.to_owned(), port: port.unwrap_or(default), protection })
    }
}

/// The configuration that counts for a name, and the name within it: the domain that was typed where there are several,
/// else the default one (step 1 of 10.3).
pub fn domain<'p, 'n>(name: &'n str, policy: &'p Policy) -> Result<(&'p LdapConfig, &'n str), Status> {
    let typed = name.rsplit_once('@').filter(|_| policy.system.security_domains);
    let (user, wanted) = typed.unwrap_or((name, policy.system.default_domain.as_str()));
    if wanted.is_empty() {
        return Err(Status::general("no domain was typed, and DefaultSecurityDomain names none"));
    }
    let config = policy.ldap_configs.named(wanted);
    let config = config.ok_or_else(|| Status::new(Code::DomainDoesNotExist, [wanted]))?;
    if !config.is_enabled() || config.flags & KERBEROS_ONLY != 0 {
        let name = config.name.as_str();
        let why = if config.is_enabled() { "is for Kerberos only" } else { "is not enabled" };
        return Err(Status::general(format!("LDAP configuration {name} {why}")));
    }
    Ok((config, user))
}

/// With whom to talk, about whom, and how.
#[derive(Debug)]
pub struct Plan {
    pub(super) config: LdapConfig,
    /// The name as typed.
    pub(super) name: String,
    /// The name in the directory.
    pub(super) user: String,
    /// The password that was typed; none where only roles are wanted.
    pub(super) password: Option<Arc<Secret>>,
    /// The password of the search user.
    pub(super) search_password: Arc<Secret>,
    /// What is kept of the password may stand in for the directory later (10.6).
    pub(super) is_cached: bool,
    pub(super) now: Timestamp,
    servers: Vec<Server>,
}

impl Plan {
    /// The plan of a task. `search_password` is what was kept of the configuration's, opened.
    pub fn of(
        task: &LdapTask,
        search_password: Option<Secret>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Self, Status> {
        let (config, user) = domain(&task.name, policy)?;
        if user.trim().is_empty() || task.password.as_ref().is_some_and(|password| password.is_empty()) {
            let never = "neither an empty name nor an empty password is sent";
            return Err(Status::new(Code::LdapInvalidPassword, ["49", never]));
        }
        let (has_user, password) = (!config.search_user.is_empty(), search_password.unwrap_or_default());
        if has_user && password.is_empty() {
            let missing = "it has no password here; set one with `sclera ldap search-password`";
            return Err(Status::new(Code::LdapSearchBindFailed, [missing]));
        }
        let tls = config.flags & TLS != 0;
        let entries = config.host_names.split_whitespace().take(MOST_SERVERS);
        let servers: Option<Vec<Server>> = entries.map(|entry| Server::read(entry, tls)).collect();
        let servers = servers.filter(|servers| !servers.is_empty()).ok_or_else(|| {
            Status::plain(Code::LdapUnavailable)
                .because("LDAPHostNames names no server, or one that cannot be read")
        })?;
        Ok(Self {
            name: task.name.clone(),
            user: user.to_owned(),
            password: task.password.clone(),
            search_password: Arc::new(password),
            is_cached: policy.system.mechanisms & Mask::LDAP_CACHE.0 != 0,
            now,
            servers,
            config: config.clone(),
        })
    }

    /// The servers, in the order in which they are tried.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The file with the certificates of the authorities that a server's is signed by; empty where there is none.
    pub fn authorities(&self) -> &str {
        &self.config.ca_file
    }

    /// How long one server is waited for, in seconds; 0 for no bound of the configuration.
    pub fn patience(&self) -> u64 {
        u64::try_from(self.config.client_timeout).unwrap_or_default()
    }

    pub(super) const fn is_active_directory(&self) -> bool {
        self.config.flags & ACTIVE_DIRECTORY != 0
    }

    pub(super) const fn uses_groups(&self) -> bool {
        self.config.flags & GROUPS != 0
    }

    pub(super) const fn uses_nested_groups(&self) -> bool {
        self.config.flags & NESTED != 0
    }

    /// The attributes that are kept in `Attributes` of the user.
    pub(super) fn kept_attributes(&self) -> impl Iterator<Item = &str> {
        let names = self.config.attributes.split([',', '\n']).map(str::trim);
        names.filter(|name| !name.is_empty()).take(MOST_ATTRIBUTES)
    }

    /// Every attribute of the user that is asked for.
    pub(super) fn wanted_attributes(&self) -> Vec<String> {
        let config = &self.config;
        let mut wanted = vec![
            config.unique_dn.as_str(),
            &config.attribute_comment,
            &config.attribute_full_name,
            &config.attribute_mail,
            &config.attribute_mobile,
            &config.attribute_mobile_provider,
        ];
        if self.uses_groups() {
            wanted.push("memberOf");
        } else {
            wanted.extend([
                config.attribute_namespace.as_str(),
                &config.attribute_routine,
                &config.attribute_roles,
                &config.attribute_escalation_roles,
            ]);
        }
        if self.is_active_directory() {
            wanted.extend(super::state::ATTRIBUTES);
        }
        wanted.extend(self.kept_attributes());
        wanted.retain(|name| !name.is_empty());
        let mut distinct: Vec<String> = Vec::new();
        for name in wanted {
            if !distinct.iter().any(|known| same(known, name)) {
                distinct.push(name.to_owned());
            }
        }
        distinct
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 10.2, with our two forms beside it.
    #[test]
    fn a_host_entry_says_how_the_connection_is_protected() {
        let read =
            |entry, tls| Server::read(entry, tls).map(|server| (server.to_string(), server.protection));
        for (entry, tls, server, protection) in [
            ("dc1:636", false, "dc1:636", Protection::Tls),
            ("dc1:636", true, "dc1:636", Protection::Tls),
            ("dc1:1389", true, "dc1:1389", Protection::StartTls),
            ("dc1", true, "dc1:389", Protection::StartTls),
            ("dc1", false, "dc1:389", Protection::None),
            ("dc1:1389", false, "dc1:1389", Protection::None),
            ("[::1]:1389", false, "[::1]:1389", Protection::None),
            ("[::1]", true, "[::1]:389", Protection::StartTls),
            ("ldaps://dc1", false, "dc1:636", Protection::Tls),
            ("ldaps://dc1:1636/", false, "dc1:1636", Protection::Tls),
            ("ldap://dc1:1389", true, "dc1:1389", Protection::StartTls),
        ] {
            assert_eq!(read(entry, tls), Some((server.to_owned(), protection)), "{entry} {tls}");
        }
        for wrong in ["", ":389", "dc1:", "dc1:0", "dc1:70000", "dc1:x", "[::1]389", "ldap://"] {
            assert_eq!(read(wrong, true), None, "{wrong}");
        }
    }
}
