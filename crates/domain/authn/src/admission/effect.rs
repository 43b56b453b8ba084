//! What an admission has done by others, as values, and what they answer.

use crate::evidence::Evidence;
use crate::mechanism::{Level, Mechanism};
use crate::password::{Derivation, Verdict};
use crate::scram::SALT;
use crate::secret::Secret;
use crate::totp::Key;
use sclera_core::id::{RoleId, UserId};
use sclera_core::login::{LoginRecord, Throttle};
use sclera_core::status::Status;
use sclera_core::user::{Credential, User, UserType};
use std::sync::Arc;

/// Something to be done before the admission goes on. Each says with which [`Outcome`] it is answered; any other ends the
/// admission with a refusal.
#[derive(Debug)]
pub enum Effect {
    /// Look up an account and what is known of its logins: [`Outcome::Found`].
    LookUp {
        /// The name.
        name: String,
        /// The same person under another name, who counts where the first is nobody's: with and without the default domain.
        or: Option<String>,
        /// Whether it is also to be told if the user holds any SQL privilege.
        sql: bool,
    },
    /// Make a salt up for a name, the same whenever it is asked for, which nobody can foretell: [`Outcome::Salt`].
    MakeUpSalt {
        /// The name.
        name: String,
    },
    /// Compare a password: [`Outcome::Compared`]. Without a kept one the work of the target is done for nothing.
    Compare {
        /// What is kept.
        kept: Option<Arc<Credential>>,
        /// What is shown.
        shown: Evidence,
        /// What the instance wants.
        target: Derivation,
    },
    /// Talk to Kerberos: [`Outcome::Answered`] or [`Outcome::Continue`].
    Kerberos(KerberosTask),
    /// Talk to an LDAP server: [`Outcome::Answered`].
    Ldap(LdapTask),
    /// Run the program of the site (`authentication.md` section 11): [`Outcome::Answered`], for
    /// [`DelegatedTask::Credentials`] [`Outcome::Credentials`].
    Delegated(DelegatedTask),
    /// Have the operating system compare a password: [`Outcome::Answered`].
    OsPassword {
        /// The name.
        name: String,
        /// The password.
        password: Arc<Secret>,
    },
    /// Make the user of an outside authority, or bring it up to date: [`Outcome::Found`], or [`Outcome::Refused`] where
    /// a user of another type has the name.
    Adopt {
        /// The name.
        name: String,
        /// Its type.
        kind: UserType,
        /// What the authority said of it.
        profile: Box<Profile>,
    },
    /// Remove the user of a directory, which says that the account cannot be used any more: [`Outcome::Done`], or
    /// [`Outcome::Refused`] where it cannot go.
    Remove {
        /// The account.
        user: UserId,
    },
    /// Disable an account that was not used for too long: [`Outcome::Done`].
    Disable {
        /// The account.
        user: UserId,
        /// Why; it stands in the journal.
        why: Status,
    },
    /// Set a new password, if the rules for new passwords allow it: [`Outcome::Done`] or [`Outcome::Refused`].
    SetPassword {
        /// The account.
        user: UserId,
        /// The new password.
        new: Secret,
    },
    /// Keep the password anew as the instance wants it, if what is kept is still this: [`Outcome::Done`].
    Upgrade {
        /// The account.
        user: UserId,
        /// What was kept.
        kept: Arc<Credential>,
        /// The password.
        typed: Arc<Secret>,
        /// What the instance wants.
        target: Derivation,
    },
    /// Open the key of one-time passwords: [`Outcome::Key`].
    OpenKey {
        /// The account.
        user: Box<User>,
    },
    /// Spend the code of a step, durably: [`Outcome::Spent`].
    Spend {
        /// The account.
        user: UserId,
        /// The number of the step.
        step: u64,
    },
    /// Take down that the key of one-time passwords was shown: [`Outcome::Done`].
    KeyShown {
        /// The account.
        user: UserId,
    },
    /// Draw 64 random bits: [`Outcome::Drawn`].
    Draw,
    /// Send a code by text message: [`Outcome::Done`], or [`Outcome::Refused`] where it cannot be sent.
    SendCode {
        /// To whom.
        to: Recipient,
        /// The eight digits.
        code: Secret,
    },
    /// Take down a failure, durably, before anything is answered: [`Outcome::Done`].
    RecordFailure(Failure),
    /// Count an attempt that was not evaluated: [`Outcome::Done`].
    Skip {
        /// The name as typed.
        name: String,
    },
    /// Take down a success: [`Outcome::Done`].
    RecordSuccess(Success),
}

/// What is asked of Kerberos.
#[derive(Debug)]
pub enum KerberosTask {
    /// Take the identity from the credentials cache of the calling process, where no token made with it came along.
    Cache,
    /// Get a ticket with a typed name and password, and verify it with the key table (DEC-A21).
    Prompt {
        /// The name.
        name: String,
        /// The password.
        password: Arc<Secret>,
    },
    /// Accept the token of a client.
    Accept {
        /// The token.
        token: Vec<u8>,
        /// The protection that it must bring.
        level: Level,
    },
}

/// What is asked of an LDAP server (`authentication.md` section 10).
#[derive(Debug)]
pub struct LdapTask {
    /// The name as typed.
    pub name: String,
    /// The password to bind with; none where only roles are wanted, as for operating-system logins.
    pub password: Option<Arc<Secret>>,
}

/// What is asked of the program of the site (`authentication.md` section 11).
#[derive(Debug)]
pub enum DelegatedTask {
    /// `GetCredentials`: name and password, before any prompt.
    Credentials {
        /// The service.
        service: String,
    },
    /// `ZAUTHENTICATE`.
    Authenticate {
        /// The service.
        service: String,
        /// The name.
        name: String,
        /// The password.
        password: Arc<Secret>,
    },
    /// `ZAUTHORIZE`: the roles of somebody whom Kerberos or the operating system proved.
    Authorize {
        /// The service.
        service: String,
        /// The name.
        name: String,
    },
    /// `ChangePassword`.
    ChangePassword {
        /// The name.
        name: String,
        /// The old password.
        old: Arc<Secret>,
        /// The new one.
        new: Secret,
    },
}

/// Whom a code is sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The user.
    pub user: String,
    /// The digits of the telephone.
    pub phone: String,
    /// The name of the provider.
    pub provider: String,
}

/// What is done with what an effect brought.
#[derive(Debug)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused(Status),
    /// What is known of a name.
    Found(Box<Found>),
    /// A salt for a name.
    Salt([u8; SALT]),
    /// How a password compares.
    Compared(Verdict),
    /// What an outside authority says.
    Answered(Answer),
    /// A Kerberos token for the client, which goes on with one of its own.
    Continue(Vec<u8>),
    /// What `GetCredentials` says.
    Credentials(Supplied),
    /// The key of one-time passwords; none where it cannot be opened.
    Key(Option<Key>),
    /// Whether the code had not been spent before.
    Spent {
        /// It had not.
        fresh: bool,
    },
    /// Random bits.
    Drawn(u64),
}

/// What is known of a name.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The user; none where there is none of the name.
    pub user: Option<User>,
    /// Its logins.
    pub record: LoginRecord,
    /// The failures of the name from this source.
    pub throttle: Throttle,
    /// The roles that everybody gets.
    pub public_roles: Vec<RoleId>,
    /// The user holds an SQL privilege, by itself or by a role.
    pub holds_sql: bool,
}

/// What a mechanism answers (DEC-A01).
#[derive(Debug)]
pub enum Answer {
    /// It can say nothing here; the cascade goes on and nothing is recorded.
    NotApplicable,
    /// The identity is proven.
    Granted(Box<Identity>),
    /// It was tried and said no; the cascade goes on.
    Failed(Status),
    /// It said no in a way that forbids weaker mechanisms.
    Stop(Status),
    /// No server of it answered. Credentials of an earlier login may stand in (`authentication.md` 10.6).
    Unreachable(Status),
    /// The account cannot be used at the authority any more, so that what is kept of it here goes (10.3, step 5).
    Gone(Status),
    /// The password is right and must be changed at the authority first; the cascade goes no further.
    ChangePassword,
}

/// Who somebody is, as an outside authority says.
#[derive(Debug)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// What the authority says of it; none where it vouches for an account that is kept here.
    pub profile: Option<Box<Profile>>,
    /// How well a Kerberos connection is protected.
    pub level: Option<Level>,
    /// What goes back to a client of Kerberos, to prove the server to it; empty for nothing.
    pub token: Vec<u8>,
}

impl Identity {
    /// Somebody of a name, of whom the authority says no more.
    pub const fn named(name: String) -> Self {
        Self { name, profile: None, level: None, token: Vec::new() }
    }

    /// Somebody of whom the authority says this.
    pub fn with(name: String, profile: Profile) -> Self {
        Self { profile: Some(Box::new(profile)), ..Self::named(name) }
    }
}

/// The properties of a user that an outside authority gives. What it leaves out is stored as empty; there is no partial
/// update (`authentication.md` 11.1).
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "each member is the property of its name in Security.Users")]
pub struct Profile {
    /// Names of roles; those that are not defined here are dropped.
    pub roles: Vec<String>,
    /// The same for roles to escalate to.
    pub escalation_roles: Vec<String>,
    pub full_name: String,
    pub comment: String,
    pub email: String,
    pub namespace: String,
    pub routine: String,
    pub phone_number: String,
    pub phone_provider: String,
    /// 0, 1048576 or 2097152.
    pub second_factors: i64,
    /// Twenty bytes; empty for none.
    pub totp_key: Key,
    pub totp_display: bool,
    /// `name=value`, one an entry.
    pub attributes: Vec<String>,
    /// The last day on which the account can be used, as the authority says.
    pub expiration: Option<sclera_core::time::Date>,
    /// Kept as a hash, for logins while the authority cannot be reached.
    pub password: Option<Arc<Secret>>,
}

/// What `GetCredentials` says (`authentication.md` 11.2).
#[derive(Debug)]
pub enum Supplied {
    /// Both values.
    Both {
        /// The name.
        name: String,
        /// The password.
        password: Secret,
    },
    /// It has none to give: the caller is asked.
    Nothing,
    /// A value is missing, or it refused.
    Denied(Status),
}

/// A failure to be taken down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The name attempted; empty where none was.
    pub name: String,
    /// The account whose record counts it.
    pub user: Option<UserId>,
    /// The mechanism that said no; none for a refusal before or after one.
    pub mechanism: Option<Mechanism>,
    /// The whole error.
    pub status: Status,
    /// What it counts for.
    pub weight: Weight,
}

/// What a failure counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Nothing: nobody was named, or the proof was right. It is only recorded.
    Nothing,
    /// The account.
    Account,
    /// The account, and the name from this source.
    AccountAndSource,
}

/// A success to be taken down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success {
    /// The name.
    pub name: String,
    /// The account whose record takes it; none for accounts without one (DEC-A08).
    pub user: Option<UserId>,
    /// How it was proven.
    pub mechanism: Mechanism,
    /// The login roles, as a comma list.
    pub roles: String,
    /// There are failures to be forgotten, so that it must be durable before the answer.
    pub forgets: bool,
    /// The name as typed, whose failures from this source are forgotten.
    pub typed: Option<String>,
}
