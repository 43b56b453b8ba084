//! The ports to the world outside: what an admission has others do.
//!
//! An adapter implements the trait of its mechanism and is given to the engine with `Engine::with_…` when an instance is
//! opened. A mechanism whose adapter is not there fails, as if its server did not answer.

use sclera_authn::admission::{Answer, DelegatedTask, KerberosTask, LdapTask, Recipient, Supplied};
use sclera_authn::breaker::Health;
use sclera_authn::secret::Secret;
use sclera_core::policy::Policy;
use sclera_core::status::Status;
use sclera_core::time::Timestamp;
use std::net::IpAddr;
use zeroize::Zeroizing;

/// What an adapter may see while it works.
pub struct Surroundings<'a> {
    /// The settings of the attempt.
    pub policy: &'a Policy,
    /// Now.
    pub now: Timestamp,
    pub(crate) opener: &'a Opener<'a>,
}

/// Opens a sealed secret of a purpose and an owner.
pub(crate) type Opener<'a> = dyn Fn(&str, &str, &[u8]) -> Option<Zeroizing<Vec<u8>>> + 'a;

impl Surroundings<'_> {
    /// Opens a sealed secret, such as the password of a search user, by what it is and whose (see [`crate::vault`]).
    pub fn open(&self, purpose: &str, owner: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        (self.opener)(purpose, owner, sealed)
    }
}

/// What Kerberos says.
#[derive(Debug)]
pub enum Kerberized {
    /// Who it is, or why not.
    Answered(Answer),
    /// A token for the client, which goes on with one of its own.
    Continue(Vec<u8>),
}

/// Kerberos (`authentication.md` section 9).
pub trait Kerberos: Send + Sync {
    /// Performs a task. It must be bounded in time.
    fn perform(&self, task: &KerberosTask, around: &Surroundings<'_>) -> Kerberized;

    /// How the servers that it asks do.
    fn health(&self) -> Vec<Health> {
        Vec::new()
    }
}

/// What a directory says.
#[derive(Debug)]
pub struct Spoken {
    /// Who it is, or why not.
    pub answer: Answer,
    /// The steps that were taken, a line each, for administrators.
    pub told: Vec<String>,
}

/// LDAP servers (section 10).
pub trait Directory: Send + Sync {
    /// Holds the whole conversation of a login, or of finding somebody's roles. It must be bounded in time.
    fn converse(&self, task: &LdapTask, around: &Surroundings<'_>) -> Spoken;

    /// How the servers do.
    fn health(&self) -> Vec<Health> {
        Vec::new()
    }
}

/// What the program of the site says.
#[derive(Debug)]
pub enum Delegated {
    /// The answer to everything but `GetCredentials`.
    Answered(Answer),
    /// The answer to `GetCredentials`.
    Credentials(Supplied),
}

/// The program of the site (section 11).
pub trait Program: Send + Sync {
    /// Runs it.
    fn run(&self, task: &DelegatedTask, around: &Surroundings<'_>) -> Delegated;
}

/// Passwords of the operating system, as PAM compares them.
pub trait OsPasswords: Send + Sync {
    /// Compares one.
    fn compare(&self, name: &str, password: &Secret) -> Answer;
}

/// Whoever sends codes by text message (section 7.3).
pub trait Courier: Send + Sync {
    /// Sends one. The code must not be kept, nor shown in an error.
    fn send(&self, to: &Recipient, code: &Secret, around: &Surroundings<'_>) -> Result<(), Status>;
}

/// What host names resolve to (`services.md` 7.4). It may answer from memory, at most a minute old.
pub trait HostNames: Send + Sync {
    /// The addresses of a name.
    fn addresses(&self, name: &str) -> Vec<IpAddr>;
}

/// The adapters that are there.
#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) kerberos: Option<Box<dyn Kerberos>>,
    pub(crate) directory: Option<Box<dyn Directory>>,
    pub(crate) program: Option<Box<dyn Program>>,
    pub(crate) passwords: Option<Box<dyn OsPasswords>>,
    pub(crate) courier: Option<Box<dyn Courier>>,
    pub(crate) names: Option<Box<dyn HostNames>>,
}

/// What a mechanism says whose adapter is not there.
pub(crate) fn not_set_up(what: &str) -> Answer {
    Answer::Failed(Status::general(format!("{what} is not set up in this program")))
}
