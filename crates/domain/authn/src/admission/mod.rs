//! Admission: what every gate runs between "somebody is here" and "a session begins" (`services.md` section 8,
//! `authentication.md` section 3).
//!
//! An [`Admission`] is a state machine without input or output. It asks by value: the person a [`Question`], the world an
//! [`Effect`]; and is resumed with the answer. So every rule is tested without a server, and every gate, async or not,
//! runs the same one.
//!
//! ```text
//! logins on? service? on? address? TLS? mechanisms?                        begin
//!        │
//! silent mechanisms: Kerberos, operating system, Kerberos prompt           cascade
//!        │
//! name and password or proof ─ account ─ pace ─ LDAP, delegated, password
//!        │ granted                                 │ nothing left
//! type ─ on ─ limit ─ expired ─ inactive ─ password age                   granted
//!        │                                         │
//! second factor ─ new password, where it is due                            factor
//!        │                                         │
//! required role ─ Use on the service, the application                      enter
//!        │                                         │
//! record ─► Granted                       record ─► Refused
//! ```
//!
//! The settings are those at the beginning: the caller passes the same [`Policy`] to every step.
//!
//! ```
//! use sclera_authn::admission::{Admission, Attempt, Effect, Input, Lockout, Outcome, Situation, Step};
//! use sclera_core::address::Resolver;
//! use sclera_core::policy::Policy;
//! use sclera_core::time::Timestamp;
//!
//! // In an instance without any service nobody comes far, and the refusal is taken down before it is given.
//! let (policy, now) = (Policy::default(), Timestamp::default());
//! let situation = Situation::open(Lockout::BySource);
//! let step = Admission::begin(Attempt::at("%Service_Login"), situation, &policy, &Resolver::nothing(), now);
//! let Step::Perform(Effect::RecordFailure(failure), admission) = step else { panic!() };
//! assert_eq!(failure.status.code().number(), 809);
//! let Step::Refused(refused) = admission.resume(&policy, now, Input::Outcome(Outcome::Done)) else { panic!() };
//! assert_eq!(refused.told.status().code().number(), 822);
//! ```

mod attempt;
mod cascade;
mod delegated;
mod effect;
mod enter;
mod factor;
mod granted;
mod question;
mod scram;

pub use attempt::{
    Attempt, Client, Demand, Dialogue, Emergency, KerberosWay, Lockout, Offer, Readiness, Situation,
    Transport,
};
pub use effect::{
    Answer, DelegatedTask, Effect, Failure, Found, Identity, KerberosTask, LdapTask, Outcome, Profile,
    Recipient, Success, Supplied, Weight,
};
pub use enter::may_go_on;
pub use question::{Provision, Question, Reply};

use crate::account;
use crate::code::Sent;
use crate::evidence::Evidence;
use crate::mechanism::{Level, Mask, Mechanism, is_local, is_terminal};
use crate::password::{Derivation, Verdict};
use crate::scram::Challenge;
use crate::secret::Secret;
use crate::totp::Key;
use sclera_core::address::{Addresses, Resolver};
use sclera_core::application::Application;
use sclera_core::id::{RoleId, UserId};
use sclera_core::policy::Policy;
use sclera_core::service::Service;
use sclera_core::status::{Code, Status};
use sclera_core::superserver::switch_of;
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use std::sync::Arc;

/// What comes next.
#[must_use = "an admission goes on only if somebody goes on with it"]
#[derive(Debug)]
pub enum Step {
    /// The person must answer.
    Ask(Question, Box<Admission>),
    /// Something must be done.
    Perform(Effect, Box<Admission>),
    /// Whoever came may enter.
    Granted(Box<Admitted>),
    /// A machine may connect: the service is a basic one, without users.
    Connected(Connected),
    /// Whoever came may not enter.
    Refused(Box<Refused>),
}

/// What an admission is resumed with.
#[derive(Debug)]
pub enum Input {
    /// What the person said.
    Reply(Reply),
    /// What came of an effect.
    Outcome(Outcome),
}

/// Somebody who may enter. Only an admission makes one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Admitted {
    /// `$USERNAME`.
    pub name: String,
    /// The account; none in an emergency.
    pub user: Option<UserId>,
    /// The login roles, those of `_PUBLIC` among them.
    pub roles: Vec<RoleId>,
    /// The service.
    pub service: String,
    /// The web application, where one was wanted.
    pub application: Option<String>,
    /// How it was proven.
    pub mechanism: Mechanism,
    /// The second factor that was proven as well.
    pub second_factor: Option<SecondFactor>,
    /// Resources whose Use the connection has beside the roles: `%Service_SQL` of a holder of an SQL privilege
    /// (`services.md` 2.1). It ends with the connection and is never stored.
    pub uses: Vec<&'static str>,
    /// Where a terminal session starts; empty for the default.
    pub namespace: String,
    /// What a terminal session runs; empty for programmer mode.
    pub routine: String,
    /// Named values put on the process.
    pub attributes: Vec<String>,
    /// Security is bypassed: message 835 is due.
    pub emergency: bool,
    /// What goes back to the client, to prove the server to it: a token of Kerberos, or the signature of SCRAM; empty
    /// for nothing.
    pub token: Vec<u8>,
    /// Every step that was taken.
    pub trace: Vec<Note>,
}

/// A machine that may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connected {
    /// The service.
    pub service: String,
    /// The roles of its address; none stands for `%All` (`services.md` 7.3).
    pub roles: Vec<String>,
    /// The service is a basic one: that is all there is to be asked.
    pub is_basic: bool,
}

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// A code of an authenticator.
    Totp,
    /// A code by text message.
    Sms,
}

/// Why somebody may not enter.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Refused {
    /// Why, for administrators.
    pub status: Status,
    /// What the person is told.
    pub told: Told,
    /// Seconds that a terminal waits before it answers (DEC-A15).
    pub wait: u32,
    /// Every step that was taken.
    pub trace: Vec<Note>,
}

/// What whoever is refused is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Access denied, whatever the reason.
    AccessDenied,
    /// The password was right, and must be changed over a dialogue that can.
    ChangeRequired,
    /// Too many attempts: try again later, which was not even looked at (HTTP 503).
    TooMany,
    /// The person did not answer in time.
    TimedOut,
    /// The person went away.
    Aborted,
}

impl Told {
    /// The error that is shown.
    pub fn status(self) -> Status {
        Status::plain(match self {
            Self::AccessDenied | Self::TooMany => Code::AccessDenied,
            Self::ChangeRequired => Code::PasswordChangeRequired,
            Self::TimedOut => Code::LoginTimeout,
            Self::Aborted => Code::LoginAborted,
        })
    }
}

/// A step that was taken, for administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was looked at.
    pub step: &'static str,
    /// What was found.
    pub found: Finding,
}

/// What a step found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It lets the attempt go on.
    Passed(String),
    /// It says nothing about it.
    Skipped(String),
    /// It refuses, or a mechanism said no.
    Failed(Status),
}

impl Situation {
    /// An instance that takes logins.
    pub const fn open(lockout: Lockout) -> Self {
        Self { readiness: Readiness::Open, emergency: None, lockout }
    }
}

/// An admission under way.
#[derive(Debug)]
pub struct Admission {
    attempt: Attempt,
    situation: Situation,
    /// The mechanisms that are effective.
    mask: Mask,
    /// The second factors that are effective.
    factors: Mask,
    trace: Vec<Note>,
    /// Mechanisms still to be tried; the next one last.
    todo: Vec<Mechanism>,
    /// Name and password are at hand.
    is_typed: bool,
    typed: Option<Typed>,
    /// Whom a mechanism named that nobody typed a name to, whether or not there is such an account.
    named: Option<String>,
    account: Option<Box<Found>>,
    /// The work of a comparison of passwords was done.
    has_worked: bool,
    last: Option<Status>,
    proven: Option<Proven>,
    /// How often something was asked that can be asked again.
    asked: u8,
    sent: Option<Sent>,
    totp_key: Option<Key>,
    /// For a client of Kerberos or SCRAM, once it is let in.
    token: Vec<u8>,
    stage: Stage,
}

#[derive(Debug)]
struct Typed {
    name: String,
    shown: Evidence,
}

impl Typed {
    fn with_password(name: String, password: Arc<Secret>) -> Self {
        Self { name, shown: Evidence::Password(password) }
    }

    /// Name and password, where the password was shown.
    fn in_clear(&self) -> Option<(String, Arc<Secret>)> {
        self.shown.password().map(|password| (self.name.clone(), Arc::clone(password)))
    }
}

/// Somebody whose identity is proven.
#[derive(Debug)]
struct Proven {
    mechanism: Mechanism,
    user: User,
    public_roles: Vec<RoleId>,
    /// There are failures to be forgotten.
    forgets: bool,
    holds_sql: bool,
    second_factor: Option<SecondFactor>,
    /// A new password is due, for this reason.
    change: Option<Status>,
    /// The password is to be kept anew.
    outdated: bool,
}

/// What the admission waits for.
#[derive(Debug)]
enum Stage {
    /// Nothing yet.
    Beginning,
    Kerberos,
    KerberosToken,
    PromptCredentials,
    Prompted,
    OsAccount(String),
    OsAuthorized,
    KerberosAuthorized(Mechanism, String),
    /// Whether somebody can be proven by SCRAM is looked up.
    ScramAccount,
    /// The challenge of an account, if it has one, and a salt that is made up.
    ScramSalt(Option<Challenge>),
    Challenged,
    GetCredentials,
    Credentials,
    Account,
    Outside(Mechanism),
    OsPassword,
    Compared,
    /// The password is right, kept otherwise than the instance wants or not, and the program of the site is asked as well.
    Seconded(bool),
    /// The program of the site wants a new password.
    NewOutside,
    /// It was told one.
    ChangedOutside(Arc<Secret>),
    /// What is kept of an earlier login is compared, because nobody answers.
    Cached(Status),
    /// What was kept of an account goes.
    Removed(Mechanism, Status),
    Adopted(Mechanism),
    Proven(Mechanism),
    Anonymous,
    Key,
    OneTimeCode,
    Spent(u64),
    KeyShown,
    Drawn,
    CodeSent,
    SentCode,
    NewPassword,
    PasswordSet,
    /// Whoever answered is looked up again; then a new password may be due, or the way is free.
    Again(Then),
    Upgraded,
    Succeeded,
    /// A failure was recorded, and the cascade goes on.
    Failed,
    /// The account was disabled, and the refusal goes on.
    Disabled(Box<Ending>),
    /// The work of a comparison was done, and the refusal goes on.
    Worked(Box<Ending>),
    /// The failure was recorded: the end.
    Ending(Box<Ending>),
}

/// What comes after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Change,
    Enter,
}

/// A refusal on its way.
#[derive(Debug)]
struct Ending {
    /// What is to be recorded; none where the failure stands in the log already.
    failure: Option<Failure>,
    status: Status,
    told: Told,
}

impl Admission {
    /// Begins: what can be judged without knowing who is there is judged first, so that a peer that is refused costs little
    /// and learns nothing (DEC-S16).
    pub fn begin(
        attempt: Attempt,
        situation: Situation,
        policy: &Policy,
        names: &Resolver<'_>,
        now: Timestamp,
    ) -> Step {
        let mut admission = Self::fresh(attempt, situation);
        match admission.at_the_gate(policy, names) {
            Err(status) => admission.refuse_nobody(status, policy),
            Ok(Some(connected)) => Step::Connected(connected),
            Ok(None) => admission.cascade_begins(policy, now),
        }
    }

    /// Only the beginning of it: is the service on, may the address connect, is the connection protected as it must be? A gate
    /// that will have to read something before it can begin an admission asks this first, so that a peer that may not
    /// connect is not even read (`services.md` section 8, steps 1 to 5). For a basic service it is the whole.
    pub fn knock(attempt: Attempt, situation: Situation, policy: &Policy, names: &Resolver<'_>) -> Step {
        let mut admission = Self::fresh(attempt, situation);
        match admission.at_the_door(policy, names) {
            Err(status) => admission.refuse_nobody(status, policy),
            Ok((service, roles)) => Step::Connected(connected(&service, roles)),
        }
    }

    fn fresh(attempt: Attempt, situation: Situation) -> Box<Self> {
        Box::new(Self {
            attempt,
            situation,
            mask: Mask::NONE,
            factors: Mask::NONE,
            trace: Vec::new(),
            todo: Vec::new(),
            is_typed: false,
            typed: None,
            named: None,
            account: None,
            has_worked: false,
            last: None,
            proven: None,
            asked: 0,
            sent: None,
            totp_key: None,
            token: Vec::new(),
            stage: Stage::Beginning,
        })
    }

    /// Goes on with the answer to what was asked for. An answer to something else refuses.
    pub fn resume(mut self: Box<Self>, policy: &Policy, now: Timestamp, input: Input) -> Step {
        let stage = core::mem::replace(&mut self.stage, Stage::Beginning);
        match input {
            Input::Reply(Reply::TimedOut) => self.give_up(Code::LoginTimeout, Told::TimedOut, policy),
            Input::Reply(Reply::Aborted) => self.give_up(Code::LoginAborted, Told::Aborted, policy),
            Input::Reply(Reply::Unbound) => self.unbound(policy),
            Input::Reply(reply) => self.replied(stage, reply, policy, now),
            Input::Outcome(outcome) => self.done(stage, outcome, policy, now),
        }
    }

    /// Every step that was taken so far.
    pub fn trace(&self) -> &[Note] {
        &self.trace
    }

    /// The name that was typed, once one is known.
    pub fn typed_name(&self) -> Option<&str> {
        self.typed.as_ref().map(|typed| typed.name.as_str())
    }

    fn replied(self: Box<Self>, stage: Stage, reply: Reply, policy: &Policy, now: Timestamp) -> Step {
        match (stage, reply) {
            (Stage::Credentials, Reply::Credentials { name, password }) => {
                self.credentials(name, password, policy, now)
            }
            (Stage::PromptCredentials, Reply::Credentials { name, password }) => {
                self.prompted(name, password, policy)
            }
            (Stage::KerberosToken, Reply::Kerberos(token)) => self.kerberos_token(token, policy, now),
            (Stage::Challenged, Reply::Scram(proof)) => self.scram_proven(proof, policy),
            (Stage::OneTimeCode, Reply::Code(code)) => self.one_time_code(&code, policy, now),
            (Stage::SentCode, Reply::Code(code)) => self.sent_code(&code, policy, now),
            (Stage::SentCode, Reply::Resend) => self.resend(policy, now),
            (Stage::NewPassword, Reply::NewPassword(password)) => self.new_password(password, policy),
            (Stage::NewOutside, Reply::NewPassword(password)) => self.new_outside(password, policy),
            (stage, _) => self.confused(&stage, policy),
        }
    }

    fn done(mut self: Box<Self>, stage: Stage, outcome: Outcome, policy: &Policy, now: Timestamp) -> Step {
        match (stage, outcome) {
            (Stage::Kerberos, Outcome::Answered(answer)) => {
                self.answered(Mechanism::Kerberos, answer, policy, now)
            }
            (Stage::Kerberos, Outcome::Continue(token)) => {
                self.ask(Question::Kerberos(token), Stage::KerberosToken)
            }
            (Stage::Prompted, Outcome::Answered(answer)) => {
                self.answered(Mechanism::KerberosPrompt, answer, policy, now)
            }
            (Stage::OsAccount(name), Outcome::Found(found)) => self.os_account(&name, found, policy, now),
            (Stage::OsAuthorized, Outcome::Answered(answer)) => self.os_authorized(answer, policy, now),
            (Stage::OsPassword, Outcome::Answered(answer)) => {
                self.answered(Mechanism::Os, answer, policy, now)
            }
            (Stage::KerberosAuthorized(mechanism, name), Outcome::Answered(answer)) => {
                self.authorized(mechanism, &name, answer, policy, now)
            }
            (Stage::Seconded(outdated), Outcome::Answered(answer)) => {
                self.seconded(outdated, answer, policy, now)
            }
            (Stage::ChangedOutside(new), Outcome::Answered(answer)) => {
                self.changed_outside(new, &answer, policy, now)
            }
            (Stage::ScramAccount, Outcome::Found(found)) => self.scram_account(&found, policy),
            (Stage::ScramSalt(known), Outcome::Salt(salt)) => self.scram_challenge(known, salt, policy),
            (Stage::GetCredentials, Outcome::Credentials(supplied)) => self.supplied(supplied, policy, now),
            (Stage::Account, Outcome::Found(found)) => self.account_known(found, policy, now),
            (Stage::Outside(mechanism), Outcome::Answered(answer)) => {
                self.answered(mechanism, answer, policy, now)
            }
            (Stage::Compared, Outcome::Compared(verdict)) => self.compared(verdict, policy, now),
            (Stage::Cached(status), Outcome::Compared(verdict)) => self.cached(status, verdict, policy, now),
            (Stage::Removed(mechanism, status), Outcome::Done | Outcome::Refused(_)) => {
                self.removed(mechanism, status, policy)
            }
            (Stage::Adopted(mechanism), Outcome::Found(found)) => {
                self.has_user(mechanism, true, *found, policy, now)
            }
            (Stage::Adopted(mechanism), Outcome::Refused(status)) => {
                self.failed(mechanism, status, policy, true)
            }
            (Stage::Proven(mechanism), Outcome::Found(found)) => {
                self.has_user(mechanism, false, *found, policy, now)
            }
            (Stage::Anonymous, Outcome::Found(found)) => self.nobody(*found, policy, now),
            (Stage::Key, Outcome::Key(key)) => self.key(key, policy, now),
            (Stage::Spent(step), Outcome::Spent { fresh }) => self.spent(step, fresh, policy, now),
            (Stage::KeyShown, _) => self.factor_passed(policy, now),
            (Stage::Drawn, Outcome::Drawn(random)) => self.drawn(random, policy, now),
            (Stage::CodeSent, Outcome::Done) => self.code_sent(),
            (Stage::CodeSent, Outcome::Refused(status)) => self.cannot_send(status, policy),
            (Stage::Again(then), Outcome::Found(found)) => self.again(then, *found, policy, now),
            (Stage::PasswordSet, outcome) => self.password_set(outcome, policy, now),
            // Whether it could be kept anew does not matter to whoever is let in.
            (Stage::Upgraded, _) => self.enter(policy, now),
            (Stage::Succeeded, Outcome::Done) => self.granted(policy),
            (Stage::Failed, Outcome::Done) => self.cascade(policy, now),
            (Stage::Worked(ending), Outcome::Compared(_)) => {
                self.has_worked = true;
                self.end(*ending, policy)
            }
            (Stage::Disabled(ending), _) => self.end(*ending, policy),
            (Stage::Ending(ending), Outcome::Done) => self.refused(*ending, policy),
            (stage, _) => self.confused(&stage, policy),
        }
    }

    /// Somebody answered another question than was asked. Nothing good can come of that.
    fn confused(self: Box<Self>, stage: &Stage, policy: &Policy) -> Step {
        let status = Status::general(format!("an answer came that does not fit the step {stage:?}"));
        match stage {
            // A failure that cannot be recorded cannot be answered any better either.
            Stage::Ending(_) | Stage::Failed => {
                self.refused(Ending { failure: None, status, told: Told::AccessDenied }, policy)
            }
            _ => self.refuse(status, Weight::Nothing, Told::AccessDenied, policy),
        }
    }

    fn give_up(self: Box<Self>, code: Code, told: Told, policy: &Policy) -> Step {
        self.refuse(Status::plain(code), Weight::Nothing, told, policy)
    }

    // Steps 1 to 6 of `services.md` section 8.

    /// Judges everything but who is there. A machine may connect here already.
    fn at_the_gate(&mut self, policy: &Policy, names: &Resolver<'_>) -> Result<Option<Connected>, Status> {
        let (service, roles) = self.at_the_door(policy, names)?;
        if service.is_basic() {
            return Ok(Some(connected(&service, roles)));
        }
        let application = self.application(policy)?.cloned();
        self.mechanisms(&service, application.as_ref(), policy)?;
        Ok(None)
    }

    /// The service and the roles of the address, where whoever came may come so far.
    fn at_the_door(
        &mut self,
        policy: &Policy,
        names: &Resolver<'_>,
    ) -> Result<(Service, Vec<String>), Status> {
        self.logins_are_on()?;
        let service = self.service(policy)?.clone();
        self.service_is_on(&service)?;
        self.superserver_lets_through(&service, policy)?;
        let roles = self.address_is_allowed(&service, names)?;
        self.transport_fits(&service)?;
        Ok((service, roles))
    }

    fn logins_are_on(&mut self) -> Result<(), Status> {
        let service = [self.attempt.service.as_str()];
        match self.situation.readiness {
            Readiness::Open => Ok(()),
            Readiness::Starting => Err(Status::new(Code::Starting, service)),
            Readiness::Stopping => Err(Status::plain(Code::Stopping)),
            Readiness::SwitchedOff => Err(Status::plain(Code::LoginsDisabled)),
        }
    }

    fn service<'p>(&self, policy: &'p Policy) -> Result<&'p Service, Status> {
        let name = self.attempt.service.as_str();
        policy.services.named(name).ok_or_else(|| Status::new(Code::ServiceDoesNotExist, [name]))
    }

    fn service_is_on(&mut self, service: &Service) -> Result<(), Status> {
        let name = service.name.as_str();
        if !is_on(service, self.situation.emergency.is_some()) {
            return Err(Status::new(Code::ServiceDisabled, [name]));
        }
        self.note("service", Finding::Passed(format!("{name} is enabled")));
        Ok(())
    }

    /// The superserver at the place of the gate must be on, and its switch for the service (`services.md` section 9).
    fn superserver_lets_through(&mut self, service: &Service, policy: &Policy) -> Result<(), Status> {
        let Some(server) = self.attempt.place.and_then(|place| policy.superservers.at(place)) else {
            return Ok(());
        };
        let name = service.name.as_str();
        let off = |why: String| Err(Status::new(Code::ServiceDisabled, [name]).because(why));
        if !server.enabled {
            return off(format!("superserver {} is not enabled", server.name));
        }
        if !server.lets_through(name) {
            let switch = switch_of(name).unwrap_or_default();
            return off(format!("{switch} of superserver {} is off", server.name));
        }
        self.note("superserver", Finding::Passed(format!("{} lets {name} through", server.name)));
        Ok(())
    }

    /// The roles of the entry that the peer matches (`services.md` section 7).
    fn address_is_allowed(&mut self, service: &Service, names: &Resolver<'_>) -> Result<Vec<String>, Status> {
        let name = service.name.as_str();
        if is_local(name) || service.client_systems.is_empty() {
            self.note("address", Finding::Skipped("any address may connect".to_owned()));
            return Ok(Vec::new());
        }
        let peer = self.attempt.peer;
        let found = peer.and_then(|peer| Addresses::of(&service.client_systems).find(peer, names));
        let shown = peer.map_or_else(|| "(unknown)".to_owned(), |peer| peer.to_string());
        let Some(found) = found else {
            return Err(Status::new(Code::AddressNotAllowed, [shown.as_str(), name]));
        };
        self.note("address", Finding::Passed(format!("{shown} may connect")));
        Ok(found.roles)
    }

    fn transport_fits(&mut self, service: &Service) -> Result<(), Status> {
        let name = [service.name.as_str()];
        match self.attempt.transport {
            Transport::Plain | Transport::Tls => Ok(()),
            Transport::PlainThoughRequired => Err(Status::new(Code::TlsRequired, name)),
            Transport::TlsThoughNotConfigured => Err(Status::new(Code::TlsNotConfigured, name)),
            Transport::HandshakeFailed => Err(Status::general(
                "the TLS handshake failed, or the certificate of the client is not believed",
            )),
        }
    }

    fn application<'p>(&self, policy: &'p Policy) -> Result<Option<&'p Application>, Status> {
        let Some(name) = self.attempt.application.as_deref() else { return Ok(None) };
        let missing = || Status::new(Code::ApplicationDoesNotExist, [name]);
        let application = policy.applications.named(name).ok_or_else(missing)?;
        // One that is off is closed even to holders of `%All` (`services.md` 8.2).
        if application.enabled {
            Ok(Some(application))
        } else {
            Err(Status::new(Code::PrivilegedApplicationDisabled, [name]))
        }
    }

    fn mechanisms(
        &mut self,
        service: &Service,
        application: Option<&Application>,
        policy: &Policy,
    ) -> Result<(), Status> {
        let effective = match application {
            Some(application) => Mask::of_application(&policy.system, application),
            None => Mask::of_service(&policy.system, service),
        };
        (self.mask, self.factors) = (effective.mechanisms(), effective & Mask::SECOND_FACTORS);
        if self.situation.emergency.is_some() {
            (self.mask, self.factors) = (Mask::PASSWORD, Mask::NONE);
        }
        if matches!(self.attempt.offer, Offer::Vouched(_)) {
            self.note("mechanisms", Finding::Skipped("the caller vouches for the name".to_owned()));
            return Ok(());
        }
        if matches!(self.attempt.offer, Offer::Certificate(_)) {
            let is_emergency = self.situation.emergency.is_some();
            if is_emergency || !Mask::takes_certificates(&policy.system, service) {
                return Err(Status::plain(Code::NoMechanism));
            }
            self.note("mechanisms", Finding::Passed("mutual TLS".to_owned()));
            return Ok(());
        }
        if matches!(self.attempt.offer, Offer::LoginCookie(_)) {
            if !self.mask.has(Mask::LOGIN_TOKEN) {
                return Err(Status::plain(Code::NoMechanism));
            }
            self.note("mechanisms", Finding::Passed("login cookie".to_owned()));
            return Ok(());
        }
        self.demanded(service)?;
        if self.mask.is_empty() {
            return Err(Status::plain(Code::NoMechanism));
        }
        self.note("mechanisms", Finding::Passed(words(self.mask)));
        Ok(())
    }

    /// What the client insists on must be effective (`services.md` section 8, the second table).
    fn demanded(&self, service: &Service) -> Result<(), Status> {
        let name = [service.name.as_str()];
        let mask = self.mask;
        let refused = match self.attempt.demand {
            None => None,
            Some(Demand::Kerberos(level)) => match mask.kerberos_level() {
                None => Some(Code::KerberosNotAllowed),
                Some(least) if level >= least => None,
                Some(Level::Integrity) => Some(Code::KerberosIntegrityNotAllowed),
                Some(_) => Some(Code::KerberosEncryptionNotAllowed),
            },
            Some(Demand::KerberosBy(way)) => {
                let (bit, code) = match way {
                    KerberosWay::Cache => (Mask::KERBEROS_CACHE, Code::KerberosCacheNotAllowed),
                    KerberosWay::Prompt => (Mask::KERBEROS_PROMPT, Code::KerberosPromptNotAllowed),
                    KerberosWay::Api => (Mask::KERBEROS_API, Code::KerberosApiNotAllowed),
                    KerberosWay::KeyTable => (Mask::KERBEROS_KEY_TABLE, Code::KerberosKeyTableNotAllowed),
                };
                (!mask.has(bit)).then_some(code)
            }
            Some(_) if !mask.is_empty() && (mask.0 & !Mask::ANY_KERBEROS.0) == 0 => {
                Some(Code::KerberosRequired)
            }
            Some(Demand::Os) => (!mask.has(Mask::OS)).then_some(Code::OsNotAllowed),
            Some(Demand::Password) => (!mask.has(Mask::PASSWORD)).then_some(match self.attempt.application {
                Some(_) => Code::PasswordNotAllowedForApplication,
                None => Code::PasswordNotAllowed,
            }),
            Some(Demand::Unauthenticated) => {
                (!mask.has(Mask::UNAUTHENTICATED)).then_some(match self.attempt.application {
                    Some(_) => Code::UnauthenticatedNotAllowedForApplication,
                    None => Code::UnauthenticatedNotAllowed,
                })
            }
        };
        let application = self.attempt.application.as_deref().map(|application| [application]);
        match refused {
            None => Ok(()),
            Some(
                code @ (Code::PasswordNotAllowedForApplication
                | Code::UnauthenticatedNotAllowedForApplication),
            ) => Err(Status::new(code, application.unwrap_or(name))),
            Some(code) => Err(Status::new(code, name)),
        }
    }

    // Saying no.

    /// Refuses before anybody was named (DEC-S20).
    fn refuse_nobody(mut self: Box<Self>, status: Status, policy: &Policy) -> Step {
        self.note("gate", Finding::Failed(status.clone()));
        let failure = Failure {
            name: String::new(),
            user: None,
            mechanism: None,
            status: status.clone(),
            weight: Weight::Nothing,
        };
        self.end(Ending { failure: Some(failure), status, told: Told::AccessDenied }, policy)
    }

    /// Refuses whoever is there.
    fn refuse(mut self: Box<Self>, status: Status, weight: Weight, told: Told, policy: &Policy) -> Step {
        self.note("refusal", Finding::Failed(status.clone()));
        let (name, user) = self.who();
        let mechanism = self.proven.as_ref().map(|proven| proven.mechanism);
        let failure = Failure { name, user, mechanism, status: status.clone(), weight };
        self.end(Ending { failure: Some(failure), status, told }, policy)
    }

    /// The name at hand, and the account whose record counts it.
    fn who(&self) -> (String, Option<UserId>) {
        let proven = self.proven.as_ref().map(|proven| &proven.user);
        let known = proven.or_else(|| self.account.as_deref().and_then(|found| found.user.as_ref()));
        let counted = known.filter(|_| self.situation.emergency.is_none());
        let typed = self.typed.as_ref().map(|typed| typed.name.clone());
        let name = proven.map(|user| user.name.to_string()).or(typed).or_else(|| self.named.clone());
        let name = name.or_else(|| self.attempt.os_user.clone()).unwrap_or_default();
        (name, counted.filter(|user| !is_nobody(user)).map(|user| user.id))
    }

    /// Ends with a refusal. Where passwords are compared here, every refusal of somebody who typed a name has cost the
    /// work of one comparison (DEC-A07), and no refusal is answered before it is recorded.
    fn end(mut self: Box<Self>, mut ending: Ending, policy: &Policy) -> Step {
        let owes = self.typed.is_some() && self.mask.has(Mask::PASSWORD) && !self.has_worked;
        if let Some(typed) = self.typed.as_ref().filter(|_| owes && ending.told != Told::TooMany) {
            let shown = typed.shown.clone();
            let target = Derivation::target(&policy.system);
            return self
                .perform(Effect::Compare { kept: None, shown, target }, Stage::Worked(Box::new(ending)));
        }
        match ending.failure.take() {
            Some(failure) => {
                self.last = Some(failure.status.clone());
                self.perform(Effect::RecordFailure(failure), Stage::Ending(Box::new(ending)))
            }
            None => self.refused(ending, policy),
        }
    }

    fn refused(self: Box<Self>, ending: Ending, policy: &Policy) -> Step {
        let wait = self.terminal_wait(policy);
        let Ending { status, told, .. } = ending;
        Step::Refused(Box::new(Refused { status, told, wait, trace: self.trace }))
    }

    /// How long a terminal waits beyond the limit on failures, where they are limited by account (DEC-A15): from one
    /// second to 32, doubling; for names that nobody has too.
    fn terminal_wait(&self, policy: &Policy) -> u32 {
        let by_account = self.situation.lockout == Lockout::ByAccount && is_terminal(&self.attempt.service);
        let Some(found) = self.account.as_deref().filter(|_| by_account) else { return 0 };
        let failures = found.record.invalid_attempts.max(found.throttle.failures);
        if !account::reaches(failures, &policy.system) {
            return 0;
        }
        let limit = u32::try_from(policy.system.invalid_login_limit).unwrap_or_default();
        1_u32.checked_shl(failures - limit).unwrap_or(32).min(32)
    }

    // Small things.

    fn note(&mut self, step: &'static str, found: Finding) {
        self.trace.push(Note { step, found });
    }

    fn ask(mut self: Box<Self>, question: Question, stage: Stage) -> Step {
        self.stage = stage;
        Step::Ask(question, self)
    }

    fn perform(mut self: Box<Self>, effect: Effect, stage: Stage) -> Step {
        self.stage = stage;
        Step::Perform(effect, self)
    }
}

/// Tells whether a user is the account of unauthenticated sessions, whose logins nobody records (DEC-A08).
fn is_nobody(user: &User) -> bool {
    user.is(sclera_core::user::UNKNOWN_USER)
}

/// The mechanisms of a mask, for people.
fn words(mask: Mask) -> String {
    const WORDS: &[(Mask, &str)] = &[
        (Mask::KERBEROS_CACHE, "Kerberos cache"),
        (Mask::LOCAL_KERBEROS, "Kerberos prompt"),
        (Mask::WIRE_KERBEROS, "Kerberos"),
        (Mask::OS, "operating system"),
        (Mask::LDAP, "LDAP"),
        (Mask::DELEGATED, "delegated"),
        (Mask::PASSWORD, "password"),
        (Mask::UNAUTHENTICATED, "unauthenticated"),
        (Mask::OAUTH, "OAuth 2.0"),
        (Mask::MUTUAL_TLS, "mutual TLS"),
        (Mask::LOGIN_TOKEN, "login cookie"),
    ];
    let words: Vec<&str> = WORDS.iter().filter(|(bit, _)| mask.has(*bit)).map(|(_, word)| *word).collect();
    words.join(", ")
}

/// Whether a service takes connections. In an emergency that is not for its own setting to say.
pub fn is_on(service: &Service, is_emergency: bool) -> bool {
    let name = service.name.as_str();
    if is_emergency {
        EMERGENCY_SERVICES.iter().any(|known| known.eq_ignore_ascii_case(name))
    } else {
        service.enabled
    }
}

fn connected(service: &Service, roles: Vec<String>) -> Connected {
    Connected { service: service.name.to_string(), roles, is_basic: service.is_basic() }
}

/// The services that are on in an emergency (`services.md` section 10).
const EMERGENCY_SERVICES: [&str; 3] = ["%Service_Console", "%Service_Terminal", "%Service_WebGateway"];

/// Whether the password differs, without telling more.
fn is_right(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Matches(_))
}
