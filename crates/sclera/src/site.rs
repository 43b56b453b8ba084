//! What a site brings of its own: how codes get to telephones, and the program or hook that proves who somebody is.

use crate::errands::Errands;
use crate::instance::OpenError;
use sclera_authn::admission::{DelegatedTask, Recipient};
use sclera_authn::code;
use sclera_authn::secret::Secret;
use sclera_core::change::Kind;
use sclera_core::name::Folded;
use sclera_core::policy::Policy;
use sclera_core::status::{Code, Status};
use sclera_core::system;
use sclera_engine::outside::{Courier, Delegated, Program, Surroundings};
use sclera_forward::mail::{Letter, Protection, Relay, is_mailbox};
use sclera_forward::{Hook, Trust, Url};
use sclera_os::files;
use sclera_os::programs::{self, Bounds, Said};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// A hook over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAt {
    /// Where it is.
    pub url: Url,
    /// The certificates of the authorities that are believed, in PEM; only `https` needs them.
    pub ca: PathBuf,
    /// A private file with the token that it is shown.
    pub token: Option<PathBuf>,
}

/// How codes get to telephones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes {
    /// By which way.
    pub by: Way,
    /// How long a login waits until a code is on its way.
    pub patience: Duration,
}

/// A way for codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// By a letter to the gateway of the telephone's provider, through the relay of `SMTPServer`.
    Mail {
        /// How the way to the relay is protected.
        tls: MailTls,
        /// The certificates of the authorities that are believed, in PEM.
        ca: PathBuf,
        /// A private file with the password of `SMTPUsername`.
        password: Option<PathBuf>,
        /// Gateways by the names of providers, beside and before those that are known.
        gateways: BTreeMap<String, String>,
    },
    /// By a hook, which is told telephone and code.
    Hook(HookAt),
}

/// How the way to a mail relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// By TLS that begins in the conversation.
    StartTls,
    /// By TLS from the first byte.
    Implicit,
    /// By nothing: only to this machine.
    None,
}

/// Who answers delegated authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedBy {
    /// The program or the hook.
    pub by: HookBy,
    /// How long a login waits for an answer.
    pub patience: Duration,
    /// It is asked for names and passwords before anybody is prompted (`GetCredentials`).
    pub credentials: bool,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookBy {
    /// A program of this name in `hooks/` of the instance.
    Program(String),
    /// A hook.
    Hook(HookAt),
}

/// The directory of programs of the site.
const HOOKS: &str = "hooks";
/// The most bytes of a file with a token or a password.
const LARGEST_SECRET: usize = 4_096;
/// The most bytes of a file of authorities.
const LARGEST_AUTHORITIES: u64 = 1024 * 1024;

impl HookAt {
    fn open(&self, patience: Duration) -> Result<Hook, OpenError> {
        let trust = if self.url.secure { Some(trust(&self.ca)?) } else { None };
        let token = self.token.as_deref().map(secret).transpose()?;
        Hook::new(self.url.clone(), trust, token, patience).map_err(|why| OpenError::Files(why.to_string()))
    }
}

fn trust(ca: &Path) -> Result<Trust, OpenError> {
    let failed = |why: &dyn std::fmt::Display| OpenError::Files(format!("{}: {why}", ca.display()));
    let about = std::fs::metadata(ca).map_err(|error| failed(&error))?;
    if about.len() > LARGEST_AUTHORITIES {
        return Err(failed(&format!("it has more than {LARGEST_AUTHORITIES} bytes")));
    }
    let pem = std::fs::read(ca).map_err(|error| failed(&error))?;
    Trust::from_pem(&pem, None).map_err(|fault| failed(&fault))
}

/// A secret in a private file. A line end after it does not belong to it.
fn secret(path: &Path) -> Result<Zeroizing<String>, OpenError> {
    let bytes = files::read_private(path, LARGEST_SECRET)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default().trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(OpenError::Files(format!("{} holds no secret", path.display())));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

impl Codes {
    pub(crate) fn open(&self) -> Result<Box<dyn Courier>, OpenError> {
        Ok(match &self.by {
            Way::Hook(hook) => Box::new(ByHook(hook.open(self.patience)?)),
            Way::Mail { tls, ca, password, gateways } => {
                let protection = match tls {
                    MailTls::StartTls => Protection::StartTls(trust(ca)?),
                    MailTls::Implicit => Protection::Tls(trust(ca)?),
                    MailTls::None => Protection::Bare,
                };
                let password = password.as_deref().map(secret).transpose()?;
                Box::new(ByMail { protection, password, gateways: gateways.clone(), patience: self.patience })
            }
        })
    }
}

/// Codes by letters (`authentication.md` 7.3).
struct ByMail {
    protection: Protection,
    password: Option<Zeroizing<String>>,
    gateways: BTreeMap<String, String>,
    patience: Duration,
}

impl ByMail {
    /// The gateway of a provider: as the configuration says, else the settings, else as it is known.
    fn gateway<'a>(&'a self, provider: &str, policy: &'a Policy) -> Option<&'a str> {
        let own = self.gateways.iter().find(|(name, _)| sclera_core::name::same(name, provider));
        let set = || policy.phone_providers.named(provider).map(|known| known.sms_gateway.as_str());
        own.map(|(_, gateway)| gateway.as_str()).or_else(set).or_else(|| code::gateway(provider))
    }

    fn relay(&self, around: &Surroundings<'_>) -> Result<Relay, Status> {
        let system = &around.policy.system;
        let server = system.mail_server.trim();
        let has_port = server.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        let address = if has_port { server.to_owned() } else { format!("{server}:{SMTP}") };
        let address = address.parse().map_err(|_| Status::general("SMTPServer is no host with a port"))?;
        let own = || {
            let sealed = system.mail_password.as_slice();
            let opened = around.open(Kind::System.word(), Folded::of(system::NAME).as_str(), sealed)?;
            std::str::from_utf8(&opened).ok().map(|text| Zeroizing::new(text.to_owned()))
        };
        let login = match (system.mail_user.as_str(), self.password.clone().or_else(own)) {
            ("", _) => None,
            (_, None) => return Err(Status::general("there is no password for SMTPUsername")),
            (name, Some(password)) => Some((name.to_owned(), password)),
        };
        Relay::new(address, self.protection.clone(), login, self.patience)
            .map_err(|why| Status::general(why.to_string()))
    }
}

impl Courier for ByMail {
    fn send(&self, to: &Recipient, code: &Secret, around: &Surroundings<'_>) -> Result<(), Status> {
        let unknown = || Status::new(Code::InvalidPhoneProvider, [to.provider.as_str()]);
        let to = format!("{}@{}", to.phone, self.gateway(&to.provider, around.policy).ok_or_else(unknown)?);
        let from = around.policy.system.two_factor_from.as_str();
        if !is_mailbox(from) {
            return Err(Status::general("TwoFactorFrom is no address that a letter can come from"));
        }
        let letter = Letter { from, to: &to, subject: "Security Token", text: code.expose() };
        self.relay(around)?.send(&letter).map_err(|why| Status::general(why.to_string()))
    }
}

/// The port of mail relays.
const SMTP: u16 = 25;

/// Codes by a hook: `{"Version":1,"Call":"SendCode","Username":…,"PhoneNumber":…,"PhoneProvider":…,"Code":…}`.
struct ByHook(Hook);

impl Courier for ByHook {
    fn send(&self, to: &Recipient, code: &Secret, _: &Surroundings<'_>) -> Result<(), Status> {
        let asked = sclera_delegated::send_code(&to.user, &to.phone, &to.provider, code.expose());
        self.0.post(&asked).map(drop).map_err(|why| Status::general(why.to_string()))
    }
}

impl DelegatedBy {
    pub(crate) fn open(&self, directory: &Path) -> Result<Box<dyn Program>, OpenError> {
        let asked = match &self.by {
            HookBy::Program(name) => {
                let hooks = directory.join(HOOKS);
                programs::find(&hooks, name)
                    .map_err(|why| OpenError::Files(format!("{}: {why}", hooks.join(name).display())))?;
                Line::Program(hooks, name.clone())
            }
            HookBy::Hook(hook) => Line::Hook(hook.open(self.patience)?),
        };
        Ok(Box::new(Site {
            line: Arc::new(asked),
            patience: self.patience,
            credentials: self.credentials,
            errands: Errands::default(),
        }))
    }
}

/// The program or hook of the site.
struct Site {
    line: Arc<Line>,
    patience: Duration,
    credentials: bool,
    errands: Errands,
}

enum Line {
    Program(PathBuf, String),
    Hook(Hook),
}

impl Line {
    fn ask(&self, question: &[u8], patience: Duration) -> Result<Vec<u8>, String> {
        match self {
            Self::Hook(hook) => hook.post(question).map_err(|why| why.to_string()),
            Self::Program(hooks, name) => {
                // What it is may have changed since the start.
                let path = programs::find(hooks, name)?;
                let bounds = Bounds { patience, loudest: sclera_delegated::LARGEST_ANSWER as u64 };
                let Said { status, stdout } = programs::ask(&path, &[], question, bounds)
                    .map_err(|why| format!("the program {why}"))?;
                if status.success() { Ok(stdout) } else { Err(format!("the program ended with {status}")) }
            }
        }
    }
}

impl Program for Site {
    fn run(&self, task: &DelegatedTask, _: &Surroundings<'_>) -> Delegated {
        let wants_credentials = matches!(task, DelegatedTask::Credentials { .. });
        if wants_credentials && !self.credentials {
            return Delegated::Credentials(sclera_delegated::credentials(Err(String::new())));
        }
        let (line, patience) = (Arc::clone(&self.line), self.patience);
        let question = sclera_delegated::question(task);
        let asked =
            self.errands.run(patience + SLACK, move || line.ask(&question, patience).map(Zeroizing::new));
        let said = asked.unwrap_or_else(|why| Err(why.word().to_owned()));
        let said = said.as_ref().map(|bytes| bytes.as_slice()).map_err(Clone::clone);
        if wants_credentials {
            Delegated::Credentials(sclera_delegated::credentials(said))
        } else {
            Delegated::Answered(sclera_delegated::answer(task, said))
        }
    }
}

/// What a bounded errand may take beyond its bound.
const SLACK: Duration = Duration::from_millis(100);
