//! Where the audit trail is forwarded to: `[[audit.forward]]` of the configuration file.

use crate::failure::Failure;
use crate::tls_files::bounded;
use sclera::forward::{Address, LineForm, Outlet, Sender, Target, Trust, Url};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// No step of a delivery takes longer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Whose certificates are believed unless `ca` says otherwise: those of the machine.
pub(crate) const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// An outlet as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    name: String,
    to: Kind,
    path: Option<PathBuf>,
    format: Option<Form>,
    address: Option<String>,
    url: Option<String>,
    #[serde(default = "yes")]
    tls: bool,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    File,
    Syslog,
    Otlp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Json,
    Ocsf,
}

/// What an outlet means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Its name, under which its position is kept.
    pub(crate) name: String,
    goal: Goal,
    ca: PathBuf,
    identity: Option<(PathBuf, PathBuf)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Goal {
    File(PathBuf, LineForm),
    Syslog(Address, bool),
    Otlp(Url),
}

impl Settings {
    pub(crate) fn of(written: Vec<Written>, directory: &Path) -> Result<Vec<Self>, String> {
        let mut found: Vec<Self> = Vec::new();
        for written in written {
            let name = written.name.clone();
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
                return Err("audit.forward: a name is 1 to 64 letters, digits, `-`, `_` and `.`".to_owned());
            }
            if found.iter().any(|known| known.name == name) {
                return Err(format!("audit.forward: the name `{name}` stands twice"));
            }
            found.push(
                Self::one(written, directory).map_err(|what| format!("audit.forward `{name}`: {what}"))?,
            );
        }
        Ok(found)
    }

    fn one(written: Written, directory: &Path) -> Result<Self, String> {
        let given = [
            ("path", written.path.is_some(), written.to == Kind::File),
            ("format", written.format.is_some(), written.to == Kind::File),
            ("address", written.address.is_some(), written.to == Kind::Syslog),
            ("url", written.url.is_some(), written.to == Kind::Otlp),
        ];
        if let Some((key, ..)) = given.into_iter().find(|(_, is_given, belongs)| *is_given && !belongs) {
            return Err(format!("`{key}` does not belong to it"));
        }
        let goal = match written.to {
            Kind::File => {
                let path = directory.join(written.path.ok_or("`path` is missing")?);
                let form = if written.format == Some(Form::Ocsf) { LineForm::Ocsf } else { LineForm::Json };
                Goal::File(path, form)
            }
            Kind::Syslog => {
                let text = written.address.ok_or("`address` is missing")?;
                let address: Address = text
                    .parse()
                    .map_err(|_| "`address` is a host and a port, such as logs.example.org:6514")?;
                if !written.tls && !address.is_loopback() {
                    return Err("without TLS it must be an address of this machine".to_owned());
                }
                Goal::Syslog(address, written.tls)
            }
            Kind::Otlp => {
                let text = written.url.ok_or("`url` is missing")?;
                let url: Url = text
                    .parse()
                    .map_err(|_| "`url` is an address such as https://collector.example.org:4318/v1/logs")?;
                if !url.secure && !url.address.is_loopback() {
                    return Err("without https it must be an address of this machine".to_owned());
                }
                Goal::Otlp(url)
            }
        };
        let identity = match (written.certificate, written.key) {
            (Some(certificate), Some(key)) => Some((directory.join(certificate), directory.join(key))),
            (None, None) => None,
            _ => return Err("`certificate` and `key` go together".to_owned()),
        };
        let ca = directory.join(written.ca.unwrap_or_else(|| AUTHORITIES.into()));
        Ok(Self { name: written.name, goal, ca, identity })
    }

    /// Where it goes, for people.
    pub(crate) fn told(&self) -> String {
        match &self.goal {
            Goal::File(path, _) => format!("{} -> file {}", self.name, path.display()),
            Goal::Syslog(address, tls) => {
                let bare = if *tls { "" } else { ", without TLS" };
                format!("{} -> syslog {address}{bare}", self.name)
            }
            Goal::Otlp(url) => format!("{} -> {url}", self.name),
        }
    }

    /// Reads its files and makes it.
    pub(crate) fn open(&self, host: &str) -> Result<Outlet, Failure> {
        let target = match &self.goal {
            Goal::File(path, form) => Target::File { path: path.clone(), form: *form },
            Goal::Syslog(address, tls) => {
                let trust = if *tls { Some(self.trust()?) } else { None };
                Target::Syslog { address: address.clone(), trust }
            }
            Goal::Otlp(url) => {
                let trust = if url.secure { Some(self.trust()?) } else { None };
                Target::Otlp { url: url.clone(), trust }
            }
        };
        let sender = Sender { host: host.to_owned(), process: std::process::id() };
        Outlet::new(target, sender, PATIENCE)
            .map_err(|undelivered| Failure::bad_value(format!("outlet {}: {undelivered}", self.name)))
    }

    fn trust(&self) -> Result<Trust, Failure> {
        let authorities = bounded(&self.ca)?;
        let identity = match &self.identity {
            Some((certificate, key)) => Some((bounded(certificate)?, bounded(key)?)),
            None => None,
        };
        let identity = identity.as_ref().map(|(chain, key)| (chain.as_slice(), key.as_slice()));
        Trust::from_pem(&authorities, identity)
            .map_err(|fault| Failure::bad_value(format!("outlet {}: {fault}", self.name)))
    }
}
