//! Kerberos: joins the helper that asks its libraries with the port of the engine (`authentication.md` section 9).

use crate::errands::Errands;
use crate::instance::OpenError;
use sclera_authn::admission::{Answer, Identity, KerberosTask};
use sclera_authn::breaker::{self, Ended, Health, Servers};
use sclera_authn::kerberos::{principal_of, user_of};
use sclera_authn::mechanism::Level;
use sclera_authn::secret::Secret;
use sclera_core::status::{Code, Status};
use sclera_core::system::System;
use sclera_engine::outside::{Kerberized, Kerberos, Surroundings};
use sclera_helper::kerberos::{self, Errand, HELPER, LONGEST_TOKEN, Said};
use sclera_helper::pair;
use sclera_os::files;
use sclera_os::programs::{self, Bounds};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Who asks Kerberos, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KerberosBy {
    /// A program that begins with [`helper`](crate::helper).
    pub helper: PathBuf,
    /// The key table, a private file; without one that of the system counts.
    pub key_table: Option<PathBuf>,
    /// The configuration of the libraries; without one that of the system counts.
    pub configuration: Option<PathBuf>,
    /// The realm of the instance as Kerberos spells it; without one the domain `DefaultSecurityDomain` counts.
    pub realm: Option<String>,
    /// How long a login waits for an answer.
    pub patience: Duration,
}

/// The most bytes of an answer: a token in hex, and a principal.
const LOUDEST: u64 = 2 * LONGEST_TOKEN as u64 + 4_096;
/// The largest key table.
const LARGEST_TABLE: usize = 1 << 20;
/// What a bounded errand may take beyond its bound.
const SLACK: Duration = Duration::from_millis(100);

impl KerberosBy {
    pub(crate) fn open(&self) -> Box<dyn Kerberos> {
        Box::new(Tickets {
            helper: Arc::new(self.clone()),
            errands: Errands::default(),
            servers: Servers::new(breaker::Bounds::default()),
            began: Instant::now(),
        })
    }

    /// Sees whether the libraries and a key are there.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        match self.ask(Errand::Probe, &[]) {
            Said::Ready(_) => Ok(()),
            Said::Unavailable(why) => Err(OpenError::Files(format!("Kerberos cannot be asked: {why}"))),
            _ => Err(OpenError::Files("Kerberos cannot be asked: the helper is another program".to_owned())),
        }
    }

    /// Makes the first token for a server, such as `iris@host.example.org`, with the ticket that `cache` names, or that of
    /// the default cache. It is for the process of whoever wants to come in.
    pub fn token_for(&self, server: &str, cache: Option<&Path>) -> Result<Vec<u8>, String> {
        let cache = cache.map(|cache| ("KRB5CCNAME", cache));
        let arguments = [HELPER, Errand::Initiate.word(), server];
        match self.run(&arguments, cache, &[]) {
            Said::Token(token) => Ok(token),
            Said::Refused(why) | Said::Unreachable(why) | Said::Unavailable(why) => Err(why),
            Said::Granted { .. } | Said::Ready(_) => Err("the helper is another program".to_owned()),
        }
    }

    fn ask(&self, errand: Errand, question: &[u8]) -> Said {
        // Whose keys others can read proves nothing.
        if let Some(table) = &self.key_table
            && let Err(error) = files::read_private(table, LARGEST_TABLE)
        {
            return Said::Unavailable(error.to_string());
        }
        self.run(&[HELPER, errand.word()], None, question)
    }

    fn run(&self, arguments: &[&str], cache: Option<(&'static str, &Path)>, question: &[u8]) -> Said {
        let table = self.key_table.as_deref().map(|path| ("KRB5_KTNAME", path));
        let configuration = self.configuration.as_deref().map(|path| ("KRB5_CONFIG", path));
        let environment: Vec<_> = [table, configuration, cache].into_iter().flatten().collect();
        let bounds = Bounds { patience: self.patience, loudest: LOUDEST };
        match programs::ask_with(&environment, &self.helper, arguments, question, bounds) {
            Ok(said) => kerberos::answer(said.status.success(), &said.stdout),
            Err(why) => Said::Unavailable(format!("the helper {why}")),
        }
    }
}

/// Tickets, each judged in a process of its own.
struct Tickets {
    helper: Arc<KerberosBy>,
    errands: Errands,
    /// The KDCs of realms, as one each.
    servers: Servers,
    began: Instant,
}

impl Tickets {
    fn ask(&self, errand: Errand, question: Zeroizing<Vec<u8>>) -> Said {
        let helper = Arc::clone(&self.helper);
        let limit = helper.patience + SLACK;
        let asked = self.errands.run(limit, move || helper.ask(errand, &question));
        asked.unwrap_or_else(|why| Said::Unavailable(why.word().to_owned()))
    }

    fn accept(&self, token: &[u8], system: &System) -> Answer {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            let why = format!("a token has between 1 and {LONGEST_TOKEN} bytes");
            return Answer::Failed(error(&why));
        }
        match self.ask(Errand::Accept, Zeroizing::new(token.to_vec())) {
            Said::Granted { principal, token } => match user_of(&principal, self.realm(), system) {
                Ok(name) => {
                    // What follows on the connection is not wrapped by Kerberos at any of our doors.
                    let level = Some(Level::Authentication);
                    Answer::Granted(Box::new(Identity { level, token, ..Identity::named(name) }))
                }
                Err(status) => Answer::Failed(status),
            },
            said => Answer::Failed(refusal(said, "")),
        }
    }

    fn prompt(&self, name: &str, password: &Secret, system: &System) -> Answer {
        let principal = match principal_of(name, self.realm(), system) {
            Ok(principal) => principal,
            Err(status) => return Answer::Failed(status),
        };
        let Some(question) = pair(&principal, password) else {
            let status = Status::new(Code::KerberosBadCredentials, [name]);
            return Answer::Failed(status.because("Kerberos cannot be asked that"));
        };
        let realm = principal.rsplit_once('@').map(|(_, realm)| realm).unwrap_or_default();
        let call = match self.servers.enter(&format!("kerberos {realm}"), self.began.elapsed()) {
            Ok(call) => call,
            Err(why) => return Answer::Unreachable(error(&why.to_string())),
        };
        let said = self.ask(Errand::Prompt, question);
        call.end(
            self.began.elapsed(),
            match &said {
                Said::Unreachable(why) | Said::Unavailable(why) => Ended::Failed(why.clone()),
                _ => Ended::Answered,
            },
        );
        match said {
            Said::Granted { principal, .. } => match user_of(&principal, self.realm(), system) {
                Ok(name) => Answer::Granted(Box::new(Identity::named(name))),
                Err(status) => Answer::Failed(status),
            },
            // Nobody looked at the attempt, so it counts against nobody.
            said @ (Said::Unreachable(_) | Said::Unavailable(_)) => Answer::Unreachable(refusal(said, name)),
            said => Answer::Failed(refusal(said, name)),
        }
    }

    fn realm(&self) -> Option<&str> {
        self.helper.realm.as_deref()
    }
}

impl Kerberos for Tickets {
    fn perform(&self, task: &KerberosTask, around: &Surroundings<'_>) -> Kerberized {
        let system = &around.policy.system;
        Kerberized::Answered(match task {
            // Whose cache this process has says nothing of who calls.
            KerberosTask::Cache => Answer::Failed(error("no ticket came along")),
            KerberosTask::Accept { token, .. } => self.accept(token, system),
            KerberosTask::Prompt { name, password } => self.prompt(name, password, system),
        })
    }

    fn health(&self) -> Vec<Health> {
        self.servers.health(self.began.elapsed())
    }
}

fn error(why: &str) -> Status {
    Status::new(Code::KerberosError, [why])
}

/// Why nobody is let in, for administrators.
fn refusal(said: Said, name: &str) -> Status {
    match said {
        Said::Refused(why) if !name.is_empty() => {
            Status::new(Code::KerberosBadCredentials, [name]).because(&why)
        }
        Said::Refused(why) | Said::Unavailable(why) => error(&why),
        Said::Unreachable(why) => error(&format!("no KDC answers: {why}")),
        Said::Granted { .. } | Said::Token(_) | Said::Ready(_) => error("the helper said something else"),
    }
}
