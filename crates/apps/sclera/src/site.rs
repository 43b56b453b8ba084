//! What a site brings of its own: `[codes]`, `[delegated]`, `[kerberos]` and `[os]` of the configuration file.

use crate::configuration::patience;
use crate::outlets::AUTHORITIES;
use sclera::forward::Url;
use sclera::{Codes, DelegatedBy, HookAt, HookBy, KerberosBy, MailTls, OsPasswordsBy, PAM_SERVICE, Way};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a login waits until a code is on its way, unless the file says otherwise.
const CODES: Duration = Duration::from_secs(5);
/// How long a login waits for delegated authentication, unless the file says otherwise.
const DELEGATED: Duration = Duration::from_millis(1_500);
/// How long a login waits for the operating system to compare a password, unless the file says otherwise.
const OS: Duration = Duration::from_millis(1_500);
/// How long a login waits for Kerberos, unless the file says otherwise.
const KERBEROS: Duration = Duration::from_millis(1_500);
/// The key table of an instance, which counts where it is there (`authentication.md` section 9).
const KEY_TABLE: &str = "iris.keytab";
/// This program, also where its file was replaced since it was started.
pub(crate) const THIS_PROGRAM: &str = "/proc/self/exe";

/// `[codes]` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenCodes {
    by: By,
    tls: Option<Protection>,
    password_file: Option<PathBuf>,
    #[serde(default)]
    gateways: BTreeMap<String, String>,
    url: Option<String>,
    token_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    patience_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Mail,
    Webhook,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Protection {
    StartTls,
    Tls,
    None,
}

/// `[delegated]` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenDelegated {
    program: Option<String>,
    url: Option<String>,
    token_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    #[serde(default)]
    credentials: bool,
    patience_ms: Option<u64>,
}

/// `[kerberos]` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenKerberos {
    keytab: Option<PathBuf>,
    config: Option<PathBuf>,
    realm: Option<String>,
    patience_ms: Option<u64>,
}

impl WrittenKerberos {
    pub(crate) fn means(self, directory: &Path) -> Result<KerberosBy, String> {
        if self.realm.as_deref().is_some_and(|realm| realm.is_empty() || realm.contains(['@', '/', '\\'])) {
            return Err("kerberos: `realm` is a name such as EXAMPLE.ORG".to_owned());
        }
        let own = directory.join(KEY_TABLE);
        let key_table = self.keytab.map(|path| directory.join(path)).or_else(|| own.exists().then_some(own));
        Ok(KerberosBy {
            helper: PathBuf::from(THIS_PROGRAM),
            key_table,
            configuration: self.config.map(|path| directory.join(path)),
            realm: self.realm,
            patience: patience("kerberos", self.patience_ms, KERBEROS)?,
        })
    }
}

/// `[os]` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenOs {
    pam_service: Option<String>,
    pam_directory: Option<PathBuf>,
    patience_ms: Option<u64>,
}

impl WrittenOs {
    pub(crate) fn means(self, directory: &Path) -> Result<OsPasswordsBy, String> {
        Ok(OsPasswordsBy {
            helper: PathBuf::from(THIS_PROGRAM),
            service: self.pam_service.unwrap_or_else(|| PAM_SERVICE.to_owned()),
            directory: self.pam_directory.map(|path| directory.join(path)),
            patience: patience("os", self.patience_ms, OS)?,
        })
    }
}

impl WrittenCodes {
    pub(crate) fn means(self, directory: &Path) -> Result<Codes, String> {
        let mail = self.by == By::Mail;
        let given = [
            ("tls", self.tls.is_some(), mail),
            ("password_file", self.password_file.is_some(), mail),
            ("gateways", !self.gateways.is_empty(), mail),
            ("url", self.url.is_some(), !mail),
            ("token_file", self.token_file.is_some(), !mail),
        ];
        if let Some((key, ..)) = given.into_iter().find(|(_, is_given, belongs)| *is_given && !belongs) {
            return Err(format!("codes: `{key}` does not belong to it"));
        }
        let patience = patience("codes", self.patience_ms, CODES)?;
        let by = match self.by {
            By::Webhook => Way::Hook(hook("codes", self.url, self.token_file, self.ca, directory)?),
            By::Mail => Way::Mail {
                tls: match self.tls.unwrap_or(Protection::StartTls) {
                    Protection::StartTls => MailTls::StartTls,
                    Protection::Tls => MailTls::Implicit,
                    Protection::None => MailTls::None,
                },
                ca: authorities(self.ca, directory),
                password: self.password_file.map(|path| directory.join(path)),
                gateways: self.gateways,
            },
        };
        Ok(Codes { by, patience })
    }
}

impl WrittenDelegated {
    pub(crate) fn means(self, directory: &Path) -> Result<DelegatedBy, String> {
        let patience = patience("delegated", self.patience_ms, DELEGATED)?;
        let by = match (self.program, self.url) {
            (Some(program), None) if self.token_file.is_none() && self.ca.is_none() => {
                HookBy::Program(program)
            }
            (Some(_), None) => {
                return Err("delegated: a program needs neither `ca` nor `token_file`".to_owned());
            }
            (None, url @ Some(_)) => {
                HookBy::Hook(hook("delegated", url, self.token_file, self.ca, directory)?)
            }
            _ => return Err("delegated: it takes either `program` or `url`".to_owned()),
        };
        Ok(DelegatedBy { by, patience, credentials: self.credentials })
    }
}

fn hook(
    table: &str,
    url: Option<String>,
    token: Option<PathBuf>,
    ca: Option<PathBuf>,
    directory: &Path,
) -> Result<HookAt, String> {
    let url = url.ok_or_else(|| format!("{table}: `url` is missing"))?;
    let url: Url = url
        .parse()
        .map_err(|_| format!("{table}: `url` is an address such as https://hook.example.org/login"))?;
    if !url.secure && !url.address.is_loopback() {
        return Err(format!("{table}: without https it must be an address of this machine"));
    }
    Ok(HookAt { url, ca: authorities(ca, directory), token: token.map(|path| directory.join(path)) })
}

fn authorities(ca: Option<PathBuf>, directory: &Path) -> PathBuf {
    directory.join(ca.unwrap_or_else(|| AUTHORITIES.into()))
}

/// Codes, for people.
pub(crate) fn told_of_codes(codes: Option<&Codes>) -> String {
    match codes.map(|codes| &codes.by) {
        None => String::new(),
        Some(Way::Hook(hook)) => format!("webhook {}", hook.url),
        Some(Way::Mail { tls, .. }) => {
            let tls = match tls {
                MailTls::StartTls => "STARTTLS",
                MailTls::Implicit => "TLS",
                MailTls::None => "no TLS",
            };
            format!("mail through SMTPServer, with {tls}")
        }
    }
}

/// Passwords of the operating system, for people.
pub(crate) fn told_of_os(os: Option<&OsPasswordsBy>) -> String {
    os.map(|os| format!("PAM service {}", os.service)).unwrap_or_default()
}

/// Kerberos, for people.
pub(crate) fn told_of_kerberos(kerberos: Option<&KerberosBy>) -> String {
    let Some(kerberos) = kerberos else { return String::new() };
    let table = kerberos.key_table.as_ref().map(|path| path.display().to_string());
    let realm = kerberos.realm.as_deref().map(|realm| format!(", realm {realm}")).unwrap_or_default();
    format!("key table {}{realm}", table.as_deref().unwrap_or("of the system"))
}

/// Delegated authentication, for people.
pub(crate) fn told_of_delegated(delegated: Option<&DelegatedBy>) -> String {
    match delegated.map(|delegated| &delegated.by) {
        None => String::new(),
        Some(HookBy::Program(name)) => format!("program hooks/{name}"),
        Some(HookBy::Hook(hook)) => hook.url.to_string(),
    }
}
