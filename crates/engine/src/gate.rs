//! The gate: runs an admission with the world, and makes a session of whoever is admitted.
//!
//! The rules are those of [`sclera_authn::admission`]; here their effects are performed: accounts looked up, passwords
//! hashed in their queue, outside mechanisms asked through their ports ([`crate::outside`]), failures written down.
//!
//! A front end either answers everything in one go ([`Engine::admit`]) or keeps what is [`Pending`] between two requests
//! ([`Engine::begin_admission`], [`Engine::resume_admission`]). A refusal is not to be shown before [`Engine::refusal_due`].

use crate::admission::{Door, Session};
use crate::engine::{Engine, Settings, public_roles, user_named};
use crate::events::{AuditEvent, Origin};
use crate::hashing::Crowded;
use crate::outside::{Delegated, Kerberized, Spoken, Surroundings, not_set_up};
use crate::programmatic::ESCALATE;
use crate::recorder::{Deed, Written};
use crate::refusal::Refusal;
use crate::services::Terms;
use crate::sessions::RunningSession;
use crate::unattended::Unattended;
use crate::users::TOTP;
use sclera_authn::account;
use sclera_authn::admission::{
    Admission, Admitted, Answer, Attempt, Connected, Effect, Failure, Found, Input, LdapTask, Note, Outcome,
    Profile, Question, Recipient, Refused, Reply, Situation, Step, Success, Supplied, Told, Weight,
};
use sclera_authn::breaker::Health;
use sclera_authn::evidence::Evidence;
use sclera_authn::ldap::domain;
use sclera_authn::password::{self, Derivation};
use sclera_authn::secret::Secret;
use sclera_authn::totp;
use sclera_authn::totp::Key as TotpKey;
use sclera_core::address::{Resolver, plain};
use sclera_core::change::Adoption;
use sclera_core::hex::hex;
use sclera_core::id::UserId;
use sclera_core::login::{LoginRecord, Occasion};
use sclera_core::name::{Folded, quotable, same};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::property::Properties;
use sclera_core::sql::Grantee;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_core::user::{Credential, User, UserType};
use sclera_store::port::{Activity, ActivityRead, Read, Store, Stored, ThrottleKey};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Who calls, as it stands in records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The door.
    pub door: Door,
    /// The operating-system user behind it, where known.
    pub os_user: Option<String>,
}

/// Whoever knocked and may come so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knocked {
    /// The service, and the roles of the address.
    pub connected: Connected,
    /// What the superserver at the place laid down by the settings that were asked; none where there is no superserver.
    pub terms: Option<Terms>,
}

/// How far an admission came.
#[derive(Debug)]
#[must_use = "whoever is not admitted must not be let in"]
pub enum Progress {
    /// The person must answer.
    Ask(Box<Question>, Box<Pending>),
    /// Whoever came is in.
    Granted(Box<Session>),
    /// Whoever came is not.
    Refused(Refusal),
}

/// An admission that waits for an answer. It is worth a session to whoever answers right: keep it where only the same
/// caller comes back to it, and not longer than a login may take.
pub struct Pending {
    admission: Box<Admission>,
    visit: Visit,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pending(..)")
    }
}

/// What stays the same during an admission.
pub(crate) struct Visit {
    pub(crate) settings: Arc<Settings>,
    pub(crate) caller: Caller,
    service: String,
    application: String,
    peer: Option<IpAddr>,
    device: String,
    source: u64,
    source_bytes: Vec<u8>,
    is_emergency: bool,
    /// Nothing is written down and every proof is taken for right: what would happen is asked.
    is_rehearsal: bool,
    /// The steps that were taken, once it ended.
    pub(crate) trace: Vec<Note>,
    /// What servers outside said on the way, for administrators.
    told: Vec<String>,
    why: Option<Status>,
}

impl Visit {
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) const fn peer(&self) -> Option<IpAddr> {
        self.peer
    }
}

/// What an administrator sees of an admission.
#[derive(Debug)]
pub struct Watched {
    /// Every step that was taken.
    pub trace: Vec<Note>,
    /// What was said to servers outside, a line each.
    pub told: Vec<String>,
    /// The session that began, or what the caller would be told and why.
    pub outcome: Result<Session, (Refusal, Option<Status>)>,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Begins an admission.
    pub fn begin_admission(&self, attempt: Attempt, caller: Caller) -> Result<Progress, Refusal> {
        let (step, mut visit) = self.first_step(attempt, caller, false)?;
        self.run(step, &mut visit).map(|ran| ran.with(visit))
    }

    /// Goes on with the answer to what was asked.
    pub fn resume_admission(&self, pending: Box<Pending>, reply: Reply) -> Result<Progress, Refusal> {
        let Pending { admission, mut visit } = *pending;
        // Minutes may have gone by: what is granted is granted by the settings of now.
        visit.settings = self.running()?;
        let step = admission.resume(&visit.settings.policy, self.world.now(), Input::Reply(reply));
        self.run(step, &mut visit).map(|ran| ran.with(visit))
    }

    /// Runs an admission from beginning to end with somebody who answers.
    pub fn admit(
        &self,
        attempt: Attempt,
        caller: Caller,
        answer: &mut dyn FnMut(&Question) -> Reply,
    ) -> Result<Session, Refusal> {
        let mut progress = self.begin_admission(attempt, caller)?;
        loop {
            match progress {
                Progress::Granted(session) => return Ok(*session),
                Progress::Refused(refusal) => return Err(refusal),
                Progress::Ask(question, pending) => {
                    progress = self.resume_admission(pending, answer(&question))?;
                }
            }
        }
    }

    /// Runs an admission for an administrator, who sees every step. As a rehearsal it asks nothing, takes every proof for
    /// right and leaves no trace.
    pub fn watch(
        &self,
        administrator: &Session,
        attempt: Attempt,
        caller: Caller,
        is_rehearsal: bool,
        answer: &mut dyn FnMut(&Question) -> Reply,
    ) -> Result<Watched, Refusal> {
        self.require_secure(administrator, "watching of a login")?;
        let (mut step, mut visit) = self.first_step(attempt, caller, is_rehearsal)?;
        loop {
            match self.run(step, &mut visit)? {
                Ran::Ask(question, admission) => {
                    let reply = answer(&question);
                    step = admission.resume(&visit.settings.policy, self.world.now(), Input::Reply(reply));
                }
                Ran::Granted(session) => {
                    let Visit { trace, told, .. } = visit;
                    return Ok(Watched { trace, told, outcome: Ok(*session) });
                }
                Ran::Refused(refusal) => {
                    let Visit { trace, told, why, .. } = visit;
                    return Ok(Watched { trace, told, outcome: Err((refusal, why)) });
                }
            }
        }
    }

    /// When a refusal of an attempt that began then is to be shown: at the next tick of a grid that began with the attempt.
    /// As long as an attempt takes less than a tick, the time of the answer tells nothing.
    pub fn refusal_due(&self, begun: Instant, now: Instant) -> Instant {
        let milliseconds =
            self.settings().map_or(DEFAULT_TICK, |settings| settings.policy.system.refusal_interval);
        next_tick(begun, now, Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default()))
    }

    /// When a question is to be shown that is asked whether or not there is such an account: on a grid as well, of
    /// short ticks, since whoever comes in waits for it too.
    pub fn question_due(begun: Instant, now: Instant) -> Instant {
        next_tick(begun, now, QUESTION_TICK)
    }

    /// What is known of the logins of a user: to administrators of anybody, to others of themselves.
    pub fn logins(&self, session: &Session, user: &str) -> Result<LoginRecord, Refusal> {
        self.require_secure_of_others(session, user, "reading of a login record")?;
        session.alive(self.world.now())?;
        let found = user_named(&self.store.read()?, user)?;
        let found = found.ok_or_else(|| Status::new(Code::UserDoesNotExist, [user]))?;
        Ok(self.logins_of(found.id)?)
    }

    /// The same by the number of the user. No privilege is asked here: the use cases that show it do.
    pub(crate) fn logins_of(&self, user: UserId) -> Stored<LoginRecord> {
        self.recorder.settle()?;
        self.activity.read()?.login(user)
    }

    /// What a directory says of a name and a password, without a login: no user is made and no attempt is counted. That it
    /// was asked is an event.
    pub fn test_directory(
        &self,
        session: &Session,
        name: &str,
        password: Option<Secret>,
    ) -> Result<Spoken, Refusal> {
        self.require_secure(session, "test of an LDAP configuration")?;
        let directory = self
            .outside
            .directory
            .as_ref()
            .ok_or_else(|| Refusal::from(Status::general("LDAP is not set up in this program")))?;
        let task = LdapTask { name: name.to_owned(), password: password.map(Arc::new) };
        let settings = self.settings()?;
        let spoken = self.surrounded(&settings.policy, |around| directory.converse(&task, around));
        let configuration = domain(name, &settings.policy).map(|(config, _)| config.name.to_string());
        let event = AuditEvent::DirectoryTest {
            configuration: &configuration.unwrap_or_default(),
            user: &quotable(name),
            password: task.password.is_some(),
            outcome: &outcome(&spoken.answer),
        };
        self.emit_of(session, &event)?;
        Ok(spoken)
    }

    /// How the servers outside do that this process has asked since it began: to operators and administrators; nothing
    /// to others, whose business their names are not.
    pub fn outside_servers(&self, session: &Session) -> Result<Vec<Health>, Refusal> {
        let operates = self.holds(session, "%Admin_Operate", Permissions::USE)?;
        if !operates && !self.holds(session, "%Admin_Secure", Permissions::USE)? {
            return Ok(Vec::new());
        }
        let directory = self.outside.directory.as_ref().map(|directory| directory.health());
        let kerberos = self.outside.kerberos.as_ref().map(|kerberos| kerberos.health());
        Ok([directory, kerberos].into_iter().flatten().flatten().collect())
    }

    fn first_step(
        &self,
        attempt: Attempt,
        caller: Caller,
        is_rehearsal: bool,
    ) -> Result<(Step, Visit), Refusal> {
        let (visit, situation) = self.visit(&attempt, caller, is_rehearsal)?;
        let names = |name: &str| self.addresses_of(name);
        let policy = &visit.settings.policy;
        let step = Admission::begin(attempt, situation, policy, &Resolver::new(&names), self.world.now());
        Ok((step, visit))
    }

    fn visit(
        &self,
        attempt: &Attempt,
        caller: Caller,
        is_rehearsal: bool,
    ) -> Result<(Visit, Situation), Refusal> {
        let situation = self.situation()?;
        let source_bytes = source_of(attempt, &caller);
        let visit = Visit {
            caller,
            service: attempt.service.clone(),
            application: attempt.application.clone().unwrap_or_default(),
            peer: attempt.peer,
            device: device_of(attempt),
            source: self.short_digest(&source_bytes),
            source_bytes,
            is_emergency: situation.emergency.is_some(),
            is_rehearsal,
            trace: Vec::new(),
            told: Vec::new(),
            why: None,
            settings: self.running()?,
        };
        Ok((visit, situation))
    }

    fn addresses_of(&self, name: &str) -> Vec<IpAddr> {
        self.outside.names.as_ref().map(|names| names.addresses(name)).unwrap_or_default()
    }

    /// Asks whether a peer may come so far that it is read at all: service on, address allowed, connection protected as it
    /// must be. For a basic service that is all; at any other an admission follows.
    pub fn knock(&self, attempt: Attempt, caller: Caller) -> Result<Knocked, Refusal> {
        let (mut visit, situation) = self.visit(&attempt, caller, false)?;
        let terms = Terms::at(attempt.place, &visit.settings.policy);
        let names = |name: &str| self.addresses_of(name);
        let mut step = Admission::knock(attempt, situation, &visit.settings.policy, &Resolver::new(&names));
        if let Step::Connected(connected) = step {
            if connected.is_basic {
                self.services.admitted(&connected.service);
            }
            return Ok(Knocked { connected, terms });
        }
        loop {
            step = match step {
                Step::Perform(effect, admission) => {
                    let outcome = self.perform(effect, &mut visit)?;
                    self.go_on(admission, &visit, outcome)
                }
                Step::Refused(refused) => return Err(self.refused_as(*refused, &mut visit)),
                // Nothing else comes of knocking.
                _ => return Err(Refusal::NotAdmitted),
            };
        }
    }

    /// What the caller learns, while administrators learn all; and the count of it.
    fn refused_as(&self, refused: Refused, visit: &mut Visit) -> Refusal {
        // What names no service is not counted: whoever asks could make up any number of names.
        if !visit.is_rehearsal && visit.settings.policy.services.named(&visit.service).is_some() {
            let code = refused.status.root().code();
            self.services.refused(&visit.service, self.world.now(), code, visit.peer);
        }
        refused_as(refused, visit)
    }

    fn situation(&self) -> Result<Situation, Refusal> {
        let mut situation = Situation::open(self.lockout()?);
        situation.emergency.clone_from(&self.emergency);
        Ok(situation)
    }

    /// Performs effects until the person must answer or it ends.
    fn run(&self, mut step: Step, visit: &mut Visit) -> Result<Ran, Refusal> {
        loop {
            match step {
                Step::Ask(Question::NewPassword { .. }, admission) if visit.is_rehearsal => {
                    step = self.go_on(admission, visit, Outcome::Done);
                }
                Step::Ask(question, admission) => return Ok(Ran::Ask(question, admission)),
                Step::Perform(effect, admission) => {
                    let outcome = self.perform(effect, visit)?;
                    step = self.go_on(admission, visit, outcome);
                }
                Step::Granted(admitted) => {
                    if !visit.is_rehearsal {
                        self.services.admitted(&visit.service);
                    }
                    return Ok(Ran::Granted(Box::new(self.session_of(&admitted, visit))));
                }
                Step::Refused(refused) => return Ok(Ran::Refused(self.refused_as(*refused, visit))),
                Step::Connected(_) => {
                    let why = "the service is for machines, which do not log in";
                    return Err(Status::general(why).into());
                }
            }
        }
    }

    fn go_on(&self, admission: Box<Admission>, visit: &Visit, outcome: Outcome) -> Step {
        admission.resume(&visit.settings.policy, self.world.now(), Input::Outcome(outcome))
    }

    fn perform(&self, effect: Effect, visit: &mut Visit) -> Result<Outcome, Refusal> {
        if visit.is_rehearsal
            && let Some(outcome) = rehearsed(&effect)
        {
            return Ok(outcome);
        }
        Ok(match effect {
            Effect::LookUp { name, or, sql } => {
                let mut found = self.look_up(&name, sql, visit)?;
                if let (None, Some(other)) = (&found.user, &or) {
                    let throttle = found.throttle;
                    found = Found { throttle, ..self.look_up(other, sql, visit)? };
                }
                Outcome::Found(Box::new(found))
            }
            Effect::MakeUpSalt { name } => {
                Outcome::Salt(self.key.digest("scram", &[Folded::of(&name).as_str().as_bytes()]))
            }
            Effect::Compare { kept, shown, target } => self.compare(kept, shown, target, visit)?,
            Effect::Kerberos(task) => match &self.outside.kerberos {
                None => Outcome::Answered(not_set_up("Kerberos")),
                Some(kerberos) => {
                    match self.surrounded(&visit.settings.policy, |around| kerberos.perform(&task, around)) {
                        Kerberized::Answered(answer) => Outcome::Answered(answer),
                        Kerberized::Continue(token) => Outcome::Continue(token),
                    }
                }
            },
            Effect::Ldap(task) => Outcome::Answered(self.ask_directory(&task, visit)),
            Effect::Delegated(task) => self.delegated(&task, visit),
            Effect::OsPassword { name, password } => Outcome::Answered(match &self.outside.passwords {
                None => sclera_authn::admission::Answer::NotApplicable,
                Some(passwords) => passwords.compare(&name, &password),
            }),
            Effect::Adopt { name, kind, profile } => self.adopt(&name, kind, *profile, visit)?,
            Effect::Remove { user } => self.change(user, |_| Ok(Unattended::GoneOutside), visit)?,
            Effect::Disable { user, .. } => self.change(user, |_| Ok(Unattended::Inactive), visit)?,
            Effect::SetPassword { user, new } => self.change_at_login(user, &new, visit)?,
            Effect::Upgrade { user, kept, typed, target } => {
                self.upgrade(user, &kept, typed, target, visit);
                Outcome::Done
            }
            Effect::OpenKey { user } => Outcome::Key(self.open_key(&user)),
            Effect::Spend { user, step } => self.spend(user, step)?,
            Effect::KeyShown { user } => self.change(user, |_| Ok(Unattended::KeyShown), visit)?,
            Effect::Draw => {
                let mut bytes = [0; 8];
                self.world.fill(&mut bytes);
                Outcome::Drawn(u64::from_be_bytes(bytes))
            }
            Effect::SendCode { to, code } => self.send(&to, &code, visit),
            Effect::RecordFailure(failure) => self.record_failure(failure, visit)?,
            Effect::Skip { .. } => {
                self.skipped.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Outcome::Done
            }
            Effect::RecordSuccess(success) => self.record_success(success, visit)?,
        })
    }

    fn ask_directory(&self, task: &LdapTask, visit: &mut Visit) -> Answer {
        let Some(directory) = &self.outside.directory else { return not_set_up("LDAP") };
        let Spoken { answer, told } =
            self.surrounded(&visit.settings.policy, |around| directory.converse(task, around));
        visit.told.extend(told);
        answer
    }

    fn surrounded<T>(&self, policy: &Policy, work: impl FnOnce(&Surroundings<'_>) -> T) -> T {
        let opener = |purpose: &str, owner: &str, sealed: &[u8]| {
            self.vault.as_ref().and_then(|vault| vault.open(purpose, owner, sealed).ok())
        };
        work(&Surroundings { policy, now: self.world.now(), opener: &opener })
    }

    // Accounts.

    /// Since when logins are taken down here. Accounts that are older, as of an instance of an earlier version, count as
    /// used then.
    pub(crate) fn logins_began(&self) -> Stored<Timestamp> {
        if let Some(known) = self.logins_began.get() {
            return Ok(*known);
        }
        let stored = self.activity.read()?.login(NO_USER)?.enabled_at;
        let began = stored.unwrap_or_else(|| self.world.now());
        if stored.is_none() {
            self.recorder.later(Deed::Enabled { user: NO_USER, at: began })?;
        }
        Ok(*self.logins_began.get_or_init(|| began))
    }

    fn look_up(&self, name: &str, sql: bool, visit: &Visit) -> Result<Found, Refusal> {
        let reading = self.store.read()?;
        let user = user_named(&reading, name)?;
        let public_roles = public_roles(&reading)?;
        let holds_sql = match user.as_ref().filter(|_| sql) {
            Some(user) => holds_sql(&reading, user, &visit.settings)?,
            None => false,
        };
        drop(reading);
        let activity = self.activity.read()?;
        let mut record = user.as_ref().map(|user| activity.login(user.id)).transpose()?.unwrap_or_default();
        let throttle = activity.throttle(&self.throttle_key(name, visit))?;
        drop(activity);
        // What nobody took down does not count against anybody.
        record.enabled_at = record.enabled_at.max(Some(self.logins_began()?));
        Ok(Found { user, record, throttle, public_roles, holds_sql })
    }

    fn compare(
        &self,
        kept: Option<Arc<Credential>>,
        shown: Evidence,
        target: Derivation,
        visit: &Visit,
    ) -> Result<Outcome, Refusal> {
        let none = Credential::none();
        let work = move || {
            let kept = kept.as_deref().unwrap_or(&none);
            shown.verify(kept, target)
        };
        let verdict = self.hashing.perform(visit.source, work).map_err(|Crowded| Refusal::TooMany)?;
        Ok(Outcome::Compared(verdict))
    }

    fn hashed(&self, typed: Arc<Secret>, target: Derivation, source: u64) -> Result<Credential, Refusal> {
        let mut salt = vec![0; target.algorithm.salt_length()];
        self.world.fill(&mut salt);
        let work = move || password::hash(&typed, target, &salt);
        self.hashing.perform(source, work).map_err(|Crowded| Refusal::TooMany)
    }

    /// Changes an account without a session; what a rule refuses is told to the admission.
    fn change(
        &self,
        user: UserId,
        what: impl FnOnce(&User) -> Result<Unattended, Refusal>,
        visit: &Visit,
    ) -> Result<Outcome, Refusal> {
        let row = self.store.read()?.row(sclera_core::change::Kind::User as u8, user.0)?;
        let Some(user) = row.map(|row| row.user()).transpose()? else {
            return Ok(Outcome::Refused(Status::plain(Code::UserDoesNotExist)));
        };
        let changed =
            what(&user).and_then(|what| self.unattended(user.name.as_str(), what, visit.caller.door));
        match changed {
            Ok(_) => Ok(Outcome::Done),
            Err(Refusal::Rule { status, .. }) => Ok(Outcome::Refused(status)),
            Err(other) => Err(other),
        }
    }

    fn change_at_login(&self, user: UserId, new: &Secret, visit: &Visit) -> Result<Outcome, Refusal> {
        let changed = |user: &User| {
            let credential = self.new_credential(user.name.as_str(), &Properties::new(), new)?;
            Ok(Unattended::ChangedAtLogin(credential))
        };
        self.change(user, changed, visit)
    }

    /// Keeps a password anew. Whoever is let in does not wait for a store that cannot be written.
    fn upgrade(
        &self,
        user: UserId,
        kept: &Credential,
        typed: Arc<Secret>,
        target: Derivation,
        visit: &Visit,
    ) {
        let Ok(credential) = self.hashed(typed, target, visit.source) else { return };
        let upgraded = |_: &User| Ok(Unattended::Upgraded { expected: kept.clone(), credential });
        let _ = self.change(user, upgraded, visit);
    }

    /// Makes or updates the user of an outside authority, and looks it up.
    fn adopt(&self, name: &str, kind: UserType, profile: Profile, visit: &Visit) -> Result<Outcome, Refusal> {
        let policy = &visit.settings.policy;
        let known = |roles: &[String]| -> String {
            let defined = roles.iter().filter(|role| policy.roles.named(role).is_some());
            defined.map(String::as_str).collect::<Vec<_>>().join(",")
        };
        let expiration = profile.expiration.map(|day| day.to_string()).unwrap_or_default();
        let flag = |on: bool| if on { "1" } else { "0" };
        let properties = Properties::new()
            .with("Roles", known(&profile.roles).as_str())
            .with("EscalationRoles", known(&profile.escalation_roles).as_str())
            .with("FullName", profile.full_name.as_str())
            .with("Comment", profile.comment.as_str())
            .with("EmailAddress", profile.email.as_str())
            .with("NameSpace", profile.namespace.as_str())
            .with("Routine", profile.routine.as_str())
            .with("PhoneNumber", profile.phone_number.as_str())
            .with("PhoneProvider", profile.phone_provider.as_str())
            .with("AutheEnabled", profile.second_factors)
            .with("ExpirationDate", expiration.as_str())
            .with("HOTPKeyDisplay", flag(profile.totp_display));
        let credential = match &profile.password {
            Some(password) => self.other_credential(name, password, visit)?,
            None => None,
        };
        let totp_key = self.sealed_key(name, profile.totp_key.expose())?;
        let may_give_all = policy.system.directory_may_grant_all;
        let attributes = profile.attributes;
        let adoption = Adoption { kind, properties, credential, totp_key, attributes, may_give_all };
        match self.unattended(name, Unattended::Adopted(adoption), visit.caller.door) {
            Ok(_) => Ok(Outcome::Found(Box::new(self.look_up(name, false, visit)?))),
            Err(Refusal::Rule { status, .. }) => Ok(Outcome::Refused(status)),
            Err(other) => Err(other),
        }
    }

    /// What is kept of a password, if it is another one than is kept; the same would only get another salt.
    fn other_credential(
        &self,
        name: &str,
        typed: &Arc<Secret>,
        visit: &Visit,
    ) -> Result<Option<Credential>, Refusal> {
        let target = Derivation::target(&visit.settings.policy.system);
        if let Some(user) = user_named(&self.store.read()?, name)? {
            let kept = Arc::new(user.credential.clone());
            let shown = Evidence::Password(Arc::clone(typed));
            let same = self.compare(Some(kept), shown, target, visit)?;
            if matches!(same, Outcome::Compared(password::Verdict::Matches(password::Age::Current))) {
                return Ok(None);
            }
        }
        self.hashed(Arc::clone(typed), target, visit.source).map(Some)
    }

    fn sealed_key(&self, name: &str, key: &[u8]) -> Result<Vec<u8>, Refusal> {
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let none = || Refusal::from(Status::general("this instance has no key to seal HOTPKey with"));
        let vault = self.vault.as_ref().ok_or_else(none)?;
        vault.seal(TOTP, Folded::of(name).as_str(), key).map_err(|_| none())
    }

    // Second factors.

    fn open_key(&self, user: &User) -> Option<TotpKey> {
        let vault = self.vault.as_ref()?;
        vault.open(TOTP, user.name.folded().as_str(), &user.totp_key).ok().map(TotpKey::new)
    }

    fn spend(&self, user: UserId, step: u64) -> Result<Outcome, Refusal> {
        let oldest = totp::step_of(self.world.now()).saturating_sub(4);
        match self.recorder.perform(Deed::Spend { user, step, oldest })? {
            Written::Spent(fresh) => Ok(Outcome::Spent { fresh }),
            _ => Ok(Outcome::Spent { fresh: false }),
        }
    }

    fn send(&self, to: &Recipient, code: &Secret, visit: &Visit) -> Outcome {
        let Some(courier) = &self.outside.courier else {
            return Outcome::Refused(Status::general("nothing that sends codes is set up in this program"));
        };
        match self.surrounded(&visit.settings.policy, |around| courier.send(to, code, around)) {
            Ok(()) => Outcome::Done,
            Err(status) => Outcome::Refused(status),
        }
    }

    fn delegated(&self, task: &sclera_authn::admission::DelegatedTask, visit: &Visit) -> Outcome {
        let wants_credentials = matches!(task, sclera_authn::admission::DelegatedTask::Credentials { .. });
        let said = self
            .outside
            .program
            .as_ref()
            .map(|program| self.surrounded(&visit.settings.policy, |around| program.run(task, around)));
        match (said, wants_credentials) {
            (Some(Delegated::Credentials(supplied)), true) => Outcome::Credentials(supplied),
            (Some(Delegated::Answered(answer)), false) => Outcome::Answered(answer),
            (_, true) => Outcome::Credentials(Supplied::Nothing),
            (None, false) => Outcome::Answered(not_set_up("delegated authentication")),
            (Some(_), false) => {
                let status = Status::general("the program answered another question");
                Outcome::Answered(sclera_authn::admission::Answer::Failed(status))
            }
        }
    }

    // Records.

    fn record_failure(&self, failure: Failure, visit: &Visit) -> Result<Outcome, Refusal> {
        let Failure { name, user, status, weight, .. } = failure;
        let counted = user.filter(|_| weight != Weight::Nothing);
        let throttled =
            (weight == Weight::AccountAndSource && !name.is_empty()).then(|| self.throttle_key(&name, visit));
        let text = status.to_string();
        let mut written = Written::Done;
        if counted.is_some() || throttled.is_some() {
            let (occasion, status) = (self.occasion(visit), text.clone());
            let failure = Deed::Failure { user: counted, throttle: throttled, occasion, status };
            written = self.written(failure, visit)?;
        }
        // Before anybody was named, one record a minute tells as much as a thousand (DEC-S20); in an emergency failures
        // are not audited (`services.md` section 10).
        let named = !name.is_empty();
        if !visit.is_emergency && (named || self.pauses.allow(visit, status.code(), self.world.now())) {
            let application = visit.application.as_str();
            let event = AuditEvent::LoginFailure { service: &visit.service, status: &text, application };
            self.emit_by(&visit.settings, &origin(&name, visit), &event)?;
        }
        if let (Written::Counted(record), Some(user)) = (written, counted) {
            self.close_at_limit(user, &record, visit)?;
        }
        Ok(Outcome::Done)
    }

    /// Disables an account whose failures reached the limit, where that is the action of the limit. The last account that
    /// keeps the instance manageable stays open (`authorization.md` ALL-3).
    fn close_at_limit(&self, user: UserId, record: &LoginRecord, visit: &Visit) -> Result<(), Refusal> {
        if account::closes(record, &visit.settings.policy.system, self.lockout()?) {
            self.change(user, |_| Ok(Unattended::LimitReached), visit)?;
        }
        Ok(())
    }

    fn record_success(&self, success: Success, visit: &Visit) -> Result<Outcome, Refusal> {
        let Success { name, user, mechanism, roles, forgets, typed } = success;
        let throttle = typed.filter(|_| forgets).map(|typed| self.throttle_key(&typed, visit));
        if user.is_some() || throttle.is_some() {
            let deed = Deed::Success { user, throttle, occasion: self.occasion(visit) };
            if forgets {
                self.written(deed, visit)?;
            } else {
                self.recorder.later(deed)?;
            }
        }
        // What a proof was for that somebody gave anew is told where it is known.
        if same(&visit.service, ESCALATE) {
            return Ok(Outcome::Done);
        }
        let origin = Origin { roles, authentication: Some(mechanism.bit()), ..origin(&name, visit) };
        let event = AuditEvent::Login { service: &visit.service, application: &visit.application };
        self.emit_by(&visit.settings, &origin, &event)?;
        Ok(Outcome::Done)
    }

    /// Has a deed written down. Where logins go on while nothing can be written (`AdmitUnrecorded`), it waits in memory for
    /// a better moment.
    fn written(&self, deed: Deed, visit: &Visit) -> Stored<Written> {
        match self.recorder.perform(deed.clone()) {
            Err(_) if visit.settings.policy.system.admit_unrecorded => {
                self.recorder.later(deed).map(|()| Written::Done)
            }
            other => other,
        }
    }

    fn occasion(&self, visit: &Visit) -> Occasion {
        Occasion {
            at: self.world.now(),
            device: visit.device.clone(),
            service: visit.service.clone(),
            source: visit.source,
        }
    }

    fn throttle_key(&self, name: &str, visit: &Visit) -> ThrottleKey {
        self.key.digest("throttle", &[Folded::of(name).as_str().as_bytes(), &visit.source_bytes])
    }

    fn short_digest(&self, source: &[u8]) -> u64 {
        let digest = self.key.digest("source", &[source]);
        digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    // The session.

    fn session_of(&self, admitted: &Admitted, visit: &mut Visit) -> Session {
        visit.trace.clone_from(&admitted.trace);
        let mut id = [0; 8];
        self.world.fill(&mut id);
        let about = RunningSession {
            id: hex(&id),
            user: admitted.name.clone(),
            user_id: admitted.user,
            service: admitted.service.clone(),
            mechanism: admitted.mechanism.word(),
            door: visit.caller.door,
            os_user: visit.caller.os_user.clone(),
            device: visit.device.clone(),
            since: self.world.now(),
        };
        let lease = self.sessions.begin(about);
        Session::of(admitted, Arc::clone(&visit.settings), lease)
    }
}

enum Ran {
    Ask(Question, Box<Admission>),
    Granted(Box<Session>),
    Refused(Refusal),
}

impl Ran {
    fn with(self, visit: Visit) -> Progress {
        match self {
            Self::Ask(question, admission) => {
                Progress::Ask(Box::new(question), Box::new(Pending { admission, visit }))
            }
            Self::Granted(session) => Progress::Granted(session),
            Self::Refused(refusal) => Progress::Refused(refusal),
        }
    }
}

/// What an effect comes to in a rehearsal; none for those that only look.
fn rehearsed(effect: &Effect) -> Option<Outcome> {
    Some(match effect {
        Effect::Compare { kept: Some(kept), .. } if kept.is_set() => {
            Outcome::Compared(password::Verdict::Matches(password::Age::Current))
        }
        Effect::Compare { .. } => Outcome::Compared(password::Verdict::Differs),
        Effect::Disable { .. }
        | Effect::Remove { .. }
        | Effect::SetPassword { .. }
        | Effect::Upgrade { .. }
        | Effect::KeyShown { .. }
        | Effect::SendCode { .. }
        | Effect::RecordFailure(_)
        | Effect::Skip { .. }
        | Effect::RecordSuccess(_) => Outcome::Done,
        Effect::Spend { .. } => Outcome::Spent { fresh: true },
        Effect::Delegated(sclera_authn::admission::DelegatedTask::Credentials { .. }) => {
            Outcome::Credentials(Supplied::Nothing)
        }
        Effect::Kerberos(_)
        | Effect::Ldap(_)
        | Effect::Delegated(_)
        | Effect::OsPassword { .. }
        | Effect::Adopt { .. } => {
            let status = Status::general("what it would say cannot be rehearsed");
            Outcome::Answered(sclera_authn::admission::Answer::Failed(status))
        }
        Effect::LookUp { .. } | Effect::MakeUpSalt { .. } | Effect::OpenKey { .. } | Effect::Draw => {
            return None;
        }
    })
}

/// The next time of a grid that began then; at once where there is no grid.
fn next_tick(begun: Instant, now: Instant, tick: Duration) -> Instant {
    let Some(ticks) = now.duration_since(begun).as_nanos().checked_div(tick.as_nanos()) else {
        return now;
    };
    let ticks = u32::try_from(ticks + 1).unwrap_or(u32::MAX);
    begun + tick.saturating_mul(ticks)
}

/// Who is behind an event of a login.
fn origin(name: &str, visit: &Visit) -> Origin {
    Origin {
        user: name.to_owned(),
        door: Some(visit.caller.door),
        os_user: visit.caller.os_user.clone(),
        client_address: visit.peer.map(|peer| peer.to_string()),
        ..Origin::default()
    }
}

/// What the caller learns, while administrators learn all.
fn refused_as(refused: Refused, visit: &mut Visit) -> Refusal {
    visit.trace = refused.trace;
    visit.why = Some(refused.status);
    match refused.told {
        Told::AccessDenied => Refusal::NotAdmitted,
        Told::ChangeRequired => Refusal::PasswordChangeRequired,
        Told::TooMany => Refusal::TooMany,
        Told::TimedOut => Refusal::GaveUp(Code::LoginTimeout),
        Told::Aborted => Refusal::GaveUp(Code::LoginAborted),
    }
}

/// What an administrator reads of the answer of a directory.
fn outcome(answer: &Answer) -> String {
    match answer {
        Answer::Granted(identity) => format!("granted: {}", identity.name),
        Answer::Failed(status)
        | Answer::Stop(status)
        | Answer::Unreachable(status)
        | Answer::Gone(status) => status.to_string(),
        Answer::ChangePassword => "the password must be changed first".to_owned(),
        Answer::NotApplicable => "it has nothing to say".to_owned(),
    }
}

/// Where an attempt comes from, for limits: an address, of IPv6 the network of 64 bits that one peer has to itself, or who
/// calls on this machine.
fn source_of(attempt: &Attempt, caller: &Caller) -> Vec<u8> {
    match attempt.peer.map(plain) {
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets().get(..8).map(<[u8]>::to_vec).unwrap_or_default(),
        None => format!("local {}", caller.os_user.as_deref().unwrap_or_default()).into_bytes(),
    }
}

/// The device of a login (DEC-A14).
fn device_of(attempt: &Attempt) -> String {
    match attempt.peer {
        Some(peer) => plain(peer).to_string(),
        None if attempt.device.is_empty() => "127.0.0.1".to_owned(),
        None => attempt.device.clone(),
    }
}

/// Whether a user holds an SQL privilege, by itself or by a role (`services.md` 2.1).
fn holds_sql(reading: &impl Read, user: &User, settings: &Settings) -> Stored<bool> {
    if !reading.sql_of(Grantee::User(user.id))?.is_empty() {
        return Ok(true);
    }
    for role in settings.policy.closure(user.roles.iter().copied()).iter() {
        if !reading.sql_of(Grantee::Role(role))?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The number that no user has; its record says since when logins are taken down.
const NO_USER: UserId = UserId(0);
/// Milliseconds of a tick where the settings cannot be read.
const DEFAULT_TICK: i64 = 500;
/// Longer than it takes to look an account up.
const QUESTION_TICK: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_shown_at_a_tick() {
        let begun = Instant::now();
        let at = |milliseconds| begun + Duration::from_millis(milliseconds);
        for (now, due) in [(0, 20), (1, 20), (19, 20), (20, 40), (41, 60)] {
            assert_eq!(next_tick(begun, at(now), QUESTION_TICK), at(due), "{now}");
        }
        assert_eq!(next_tick(begun, at(7), Duration::ZERO), at(7), "without a grid at once");
    }
}
