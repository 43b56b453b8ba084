//! The cascade: which mechanisms are tried for whom, from the strongest to the weakest (`authentication.md` 3.3).

use super::{
    Admission, Answer, DelegatedTask, Effect, Ending, Failure, Finding, Found, KerberosTask, LdapTask,
    Lockout, Offer, Question, Stage, Step, Supplied, Told, Typed, Weight, is_nobody, is_right,
};
use crate::account;
use crate::evidence::Evidence;
use crate::mechanism::{Level, Mask, Mechanism, is_local};
use crate::password::{Age, Derivation, Verdict};
use crate::secret::Secret;
use sclera_core::login::Pace;
use sclera_core::name::same;
use sclera_core::policy::Policy;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_core::user::{UNKNOWN_USER, User, UserType};
use std::sync::Arc;

/// The mechanisms that are over when names are typed.
const SILENT: [Mechanism; 3] = [Mechanism::Kerberos, Mechanism::Os, Mechanism::KerberosPrompt];
/// Microseconds between two attempts of a web client that are looked at, beyond the limit (`authentication.md` 6.3).
const WEB_PAUSE: i64 = 2_000_000;

impl Admission {
    /// Part A: what can be tried before anything is asked.
    pub(super) fn cascade_begins(mut self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        if let Offer::Scram { name } = &self.attempt.offer {
            let name = name.clone();
            return self.scram_begins(name, policy);
        }
        let named = match &self.attempt.offer {
            Offer::Vouched(name) => Some((name.clone(), Mechanism::Vouched)),
            Offer::Certificate(name) => Some((name.clone(), Mechanism::Certificate)),
            Offer::LoginCookie(name) => Some((name.clone(), Mechanism::LoginCookie)),
            _ => None,
        };
        if let Some((name, mechanism)) = named {
            self.named = Some(name.clone());
            return self.look_up(name, Stage::Proven(mechanism), policy);
        }
        let local = is_local(&self.attempt.service);
        let offers_token = matches!(self.attempt.offer, Offer::Kerberos(_));
        let cache = local && self.mask.has(Mask::KERBEROS_CACHE);
        let silent = [
            (cache || offers_token).then_some(Mechanism::Kerberos),
            (local && self.mask.has(Mask::OS) && self.attempt.os_user.is_some()).then_some(Mechanism::Os),
            // The cache wins over the prompt (3.1).
            (local && !cache && self.mask.has(Mask::LOCAL_KERBEROS)).then_some(Mechanism::KerberosPrompt),
        ];
        self.todo = silent.into_iter().flatten().rev().collect();
        self.cascade(policy, now)
    }

    /// Tries the next mechanism.
    pub(super) fn cascade(mut self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        let only = self.attempt.only;
        while let Some(mechanism) = self.todo.pop() {
            if only.is_none_or(|only| only == mechanism) {
                return self.attempt_by(mechanism, policy, now);
            }
        }
        if self.is_typed { self.nothing_left(policy) } else { self.typed_begins(policy, now) }
    }

    pub(super) fn attempt_by(
        mut self: Box<Self>,
        mechanism: Mechanism,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let service = self.attempt.service.clone();
        match mechanism {
            Mechanism::Kerberos => match core::mem::replace(&mut self.attempt.offer, Offer::Nothing) {
                Offer::Kerberos(token) => self.kerberos_token(token, policy, now),
                other => {
                    self.attempt.offer = other;
                    self.perform(Effect::Kerberos(KerberosTask::Cache), Stage::Kerberos)
                }
            },
            Mechanism::Os => match self.attempt.os_user.clone() {
                Some(name) => self.look_up(name.clone(), Stage::OsAccount(name), policy),
                None => self.failed(mechanism, Status::plain(Code::InvalidUserName), policy, false),
            },
            Mechanism::KerberosPrompt => self.kerberos_prompt(policy),
            Mechanism::KerberosApi | Mechanism::Ldap | Mechanism::Delegated => {
                let Some((name, password)) = self.in_clear() else { return self.cascade(policy, now) };
                let effect = match mechanism {
                    Mechanism::KerberosApi => Effect::Kerberos(KerberosTask::Prompt { name, password }),
                    Mechanism::Ldap => Effect::Ldap(LdapTask { name, password: Some(password) }),
                    _ => Effect::Delegated(DelegatedTask::Authenticate { service, name, password }),
                };
                self.perform(effect, Stage::Outside(mechanism))
            }
            Mechanism::Password => self.by_password(policy),
            Mechanism::Unauthenticated
            | Mechanism::Vouched
            | Mechanism::Certificate
            | Mechanism::LoginCookie => self.cascade(policy, now),
        }
    }

    pub(super) fn look_up(self: Box<Self>, name: String, stage: Stage, policy: &Policy) -> Step {
        let sql = self.attempt.client == super::Client::Sql;
        let or = other_spelling(&name, policy);
        self.perform(Effect::LookUp { name, or, sql }, stage)
    }

    // Kerberos.

    pub(super) fn kerberos_token(self: Box<Self>, token: Vec<u8>, policy: &Policy, _: Timestamp) -> Step {
        let level = match self.takes_tickets() {
            Ok(level) => level,
            Err(code) => {
                let status = Status::new(code, [self.attempt.service.as_str()]);
                return self.stop(Mechanism::Kerberos, status, policy);
            }
        };
        self.perform(Effect::Kerberos(KerberosTask::Accept { token, level }), Stage::Kerberos)
    }

    /// The protection that a token must bring, where tokens are taken: on this machine they are made of the cache of the
    /// caller; an application has one box for Kerberos, whichever way it comes; over other wires the level is a setting.
    fn takes_tickets(&self) -> Result<Level, Code> {
        let (level, code) = if is_local(&self.attempt.service) {
            let by_cache = self.mask.has(Mask::KERBEROS_CACHE);
            (by_cache.then_some(Level::Authentication), Code::KerberosCacheNotAllowed)
        } else if self.attempt.application.is_some() {
            let by_application = self.mask.has(Mask::KERBEROS_API);
            (by_application.then_some(Level::Authentication), Code::KerberosApiNotAllowed)
        } else {
            (self.mask.kerberos_level(), Code::KerberosNotAllowed)
        };
        level.ok_or(code)
    }

    fn kerberos_prompt(mut self: Box<Self>, policy: &Policy) -> Step {
        match core::mem::replace(&mut self.attempt.offer, Offer::Nothing) {
            Offer::Password { name, password } => self.prompted(name, password, policy),
            _ if self.attempt.dialogue.asks_anything() => {
                self.ask(Question::Credentials, Stage::PromptCredentials)
            }
            _ => {
                let status = Status::plain(Code::InvalidPassword).because("no credentials came");
                self.stop(Mechanism::KerberosPrompt, status, policy)
            }
        }
    }

    pub(super) fn prompted(mut self: Box<Self>, name: String, password: Secret, policy: &Policy) -> Step {
        let password = Arc::new(password);
        let name = match without_domain(&name, policy) {
            Ok(name) => name,
            Err(status) => {
                self.typed = Some(Typed::with_password(name, password));
                return self.stop(Mechanism::KerberosPrompt, status, policy);
            }
        };
        self.typed = Some(Typed::with_password(name.clone(), Arc::clone(&password)));
        self.perform(Effect::Kerberos(KerberosTask::Prompt { name, password }), Stage::Prompted)
    }

    // The operating system.

    /// The account of the name that the kernel gives (section 8).
    pub(super) fn os_account(
        mut self: Box<Self>,
        name: &str,
        found: Box<Found>,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        if self.mask.has(Mask::OS_DELEGATED) {
            let (service, name) = (self.attempt.service.clone(), name.to_owned());
            let task = DelegatedTask::Authorize { service, name };
            return self.perform(Effect::Delegated(task), Stage::OsAuthorized);
        }
        if self.mask.has(Mask::OS_LDAP) {
            self.account = Some(found);
            let task = LdapTask { name: name.to_owned(), password: None };
            return self.perform(Effect::Ldap(task), Stage::OsAuthorized);
        }
        let judged = match &found.user {
            None => Err(Status::new(Code::UserDoesNotExist, [name])),
            Some(user) if is_nobody(user) => Err(Status::new(Code::NotAnOsUser, [name])),
            Some(user) => account::fits(user, Mechanism::Os, false),
        };
        match judged {
            Ok(()) => self.has_user(Mechanism::Os, false, *found, policy, now),
            Err(status) => self.failed(Mechanism::Os, status, policy, false),
        }
    }

    // Part B: name and password.

    fn typed_begins(mut self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        self.is_typed = true;
        if self.attempt.only.is_some_and(|only| SILENT.contains(&only)) {
            return self.nothing_left(policy);
        }
        if !self.mask.has(Mask::TYPED) && !self.os_takes_passwords() {
            return self.anonymous_or(None, policy);
        }
        if self.mask.has(Mask::DELEGATED) {
            let service = self.attempt.service.clone();
            return self
                .perform(Effect::Delegated(DelegatedTask::Credentials { service }), Stage::GetCredentials);
        }
        self.credentials_from_protocol(policy, now)
    }

    /// Whether a name and password may be shown to the operating system: it is effective, and the kernel says nothing of
    /// a caller who is not of this machine.
    fn os_takes_passwords(&self) -> bool {
        self.mask.has(Mask::OS) && self.attempt.os_user.is_none()
    }

    pub(super) fn supplied(mut self: Box<Self>, supplied: Supplied, policy: &Policy, now: Timestamp) -> Step {
        match supplied {
            Supplied::Nothing => self.credentials_from_protocol(policy, now),
            Supplied::Both { name, password } => self.credentials(name, password, policy, now),
            Supplied::Denied(status) => {
                self.todo.clear();
                self.stop(Mechanism::Delegated, status, policy)
            }
        }
    }

    fn credentials_from_protocol(mut self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        match core::mem::replace(&mut self.attempt.offer, Offer::Nothing) {
            Offer::Password { name, password } => self.credentials(name, password, policy, now),
            _ if self.attempt.dialogue.asks_anything() => self.ask(Question::Credentials, Stage::Credentials),
            _ => self.credentials(String::new(), Secret::default(), policy, now),
        }
    }

    /// A name and a password. Both empty is nobody in particular; an empty password alone is an attempt (DEC-A05).
    pub(super) fn credentials(
        self: Box<Self>,
        name: String,
        password: Secret,
        policy: &Policy,
        _: Timestamp,
    ) -> Step {
        let empty = name.is_empty() && password.is_empty();
        let password = Arc::new(password);
        if empty {
            return self.anonymous_or(Some(password), policy);
        }
        self.shows(name, Evidence::Password(password), policy)
    }

    /// A name, and what is shown for its password.
    pub(super) fn shows(mut self: Box<Self>, name: String, shown: Evidence, policy: &Policy) -> Step {
        match without_domain(&name, policy) {
            Ok(plain) => {
                self.typed = Some(Typed { name: plain.clone(), shown });
                self.look_up(plain, Stage::Account, policy)
            }
            Err(status) => {
                self.typed = Some(Typed { name, shown });
                self.refuse(status, Weight::AccountAndSource, Told::AccessDenied, policy)
            }
        }
    }

    /// Name and password, where a password was typed.
    pub(super) fn in_clear(&self) -> Option<(String, Arc<Secret>)> {
        self.typed.as_ref().and_then(Typed::in_clear)
    }

    /// Lets nobody in particular in where that is effective; else it is a wrong password of `UnknownUser`, or, where no
    /// password was wanted, the end.
    fn anonymous_or(mut self: Box<Self>, password: Option<Arc<Secret>>, policy: &Policy) -> Step {
        if self.mask.has(Mask::UNAUTHENTICATED) && self.attempt.only.is_none() {
            return self.look_up(UNKNOWN_USER.to_owned(), Stage::Anonymous, policy);
        }
        let Some(password) = password else { return self.nothing_left(policy) };
        self.typed = Some(Typed::with_password(UNKNOWN_USER.to_owned(), password));
        self.stop(Mechanism::Password, Status::plain(Code::InvalidPassword), policy)
    }

    /// Chooses by the account which mechanisms are tried (3.2).
    pub(super) fn account_known(
        mut self: Box<Self>,
        found: Box<Found>,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let pace = self.pace(&found, policy, now);
        let kind = found.user.as_ref().map(User::kind);
        self.account = Some(found);
        match pace {
            Ok(()) => {}
            Err((status, told)) => return self.not_evaluated(status, told, policy),
        }
        let mask = self.mask;
        let on = |bit: Mask, mechanism: Mechanism| mask.has(bit).then_some(mechanism);
        let chosen = match kind {
            _ if self.situation.emergency.is_some() => [Some(Mechanism::Password), None, None],
            None => [on(Mask::LDAP, Mechanism::Ldap), on(Mask::DELEGATED, Mechanism::Delegated), None],
            Some(UserType::Password) => [
                on(Mask::KERBEROS_API, Mechanism::KerberosApi),
                self.os_takes_passwords().then_some(Mechanism::Os),
                on(Mask::PASSWORD, Mechanism::Password),
            ],
            Some(UserType::Ldap) => [on(Mask::LDAP, Mechanism::Ldap), None, None],
            Some(UserType::Delegated) => [on(Mask::DELEGATED, Mechanism::Delegated), None, None],
            Some(UserType::Kerberos) => [on(Mask::KERBEROS_API, Mechanism::KerberosApi), None, None],
            Some(UserType::Os) => [None, None, None],
        };
        self.todo = chosen.into_iter().flatten().rev().collect();
        if self.todo.is_empty() {
            let status = self.of_another_kind(kind);
            return self.refuse(status, Weight::AccountAndSource, Told::AccessDenied, policy);
        }
        // The operating system compares here; its silent part is over.
        if self.todo.last() == Some(&Mechanism::Os)
            && self.attempt.only.is_none_or(|only| only == Mechanism::Os)
        {
            self.todo.pop();
            return self.os_password(policy);
        }
        self.cascade(policy, now)
    }

    fn os_password(self: Box<Self>, policy: &Policy) -> Step {
        let Some((name, password)) = self.in_clear() else { return self.nothing_left(policy) };
        self.perform(Effect::OsPassword { name, password }, Stage::OsPassword)
    }

    /// The error of the strongest mechanism that is effective and not for this account (3.2).
    fn of_another_kind(&self, kind: Option<UserType>) -> Status {
        let name = self.typed.as_ref().map(|typed| typed.name.as_str()).unwrap_or_default();
        if kind.is_none() {
            return Status::new(Code::UserDoesNotExist, [name]);
        }
        let code = if self.mask.has(Mask::LDAP) {
            Code::NotAnLdapUser
        } else if self.mask.has(Mask::DELEGATED) {
            Code::NotADelegatedUser
        } else {
            Code::NotAPasswordUser
        };
        Status::new(code, [name])
    }

    /// Whether the attempt is looked at at all.
    fn pace(&self, found: &Found, policy: &Policy, now: Timestamp) -> Result<(), (Status, Told)> {
        let name = self.typed.as_ref().map(|typed| typed.name.as_str()).unwrap_or_default();
        let limit = u32::try_from(policy.system.invalid_login_limit).unwrap_or_default();
        let reached = || Status::new(Code::LoginLimitReached, [name]);
        match self.situation.lockout {
            Lockout::BySource => match found.throttle.pace(limit, now) {
                Pace::Evaluated => Ok(()),
                Pace::NotBefore(until) => {
                    let why = format!("attempts from this source are not looked at before {until}");
                    Err((reached().because(why), Told::AccessDenied))
                }
            },
            Lockout::ByAccount => {
                let failures = found.record.invalid_attempts.max(found.throttle.failures);
                let last = found.record.invalid_at.max(Some(found.throttle.failed_at));
                let since = last.map_or(i64::MAX, |last| now.micros().saturating_sub(last.micros()));
                let web = same(&self.attempt.service, "%Service_WebGateway");
                if web && account::reaches(failures, &policy.system) && (0..WEB_PAUSE).contains(&since) {
                    return Err((reached(), Told::TooMany));
                }
                Ok(())
            }
        }
    }

    /// Refuses without looking: no password is compared, nothing is counted (`services.md`, DESIGN: Refusals).
    fn not_evaluated(mut self: Box<Self>, status: Status, told: Told, policy: &Policy) -> Step {
        self.note("pace", Finding::Failed(status.clone()));
        self.has_worked = true;
        let name = self.typed.as_ref().map(|typed| typed.name.clone()).unwrap_or_default();
        let ending = Ending { failure: None, status, told };
        if told == Told::TooMany {
            return self.end(ending, policy);
        }
        self.perform(Effect::Skip { name }, Stage::Ending(Box::new(ending)))
    }

    /// Instance Authentication (section 5). Whether the account is on and below the limit is asked before the
    /// comparison, whose work is done all the same (3.4).
    fn by_password(self: Box<Self>, policy: &Policy) -> Step {
        let Some(shown) = self.typed.as_ref().map(|typed| typed.shown.clone()) else {
            return self.nothing_left(policy);
        };
        let target = Derivation::target(&policy.system);
        let kept = match (&self.situation.emergency, self.account.as_deref()) {
            (Some(emergency), _) => {
                let name = self.typed.as_ref().map(|typed| typed.name.as_str()).unwrap_or_default();
                same(&emergency.name, name).then(|| Arc::clone(&emergency.credential))
            }
            (None, Some(Found { user: Some(user), record, .. })) => {
                let usable = account::enabled(user).and_then(|()| {
                    account::below_limit(user, record, &policy.system, self.situation.lockout)
                });
                if let Err(status) = usable {
                    return self.refuse(status, Weight::AccountAndSource, Told::AccessDenied, policy);
                }
                Some(Arc::new(user.credential.clone()))
            }
            _ => None,
        };
        self.perform(Effect::Compare { kept, shown, target }, Stage::Compared)
    }

    pub(super) fn compared(mut self: Box<Self>, verdict: Verdict, policy: &Policy, now: Timestamp) -> Step {
        self.has_worked = true;
        if !is_right(verdict) {
            let status = self.why_unproven(policy);
            return self.failed(Mechanism::Password, status, policy, true);
        }
        if self.situation.emergency.is_some() {
            return self.emergency_entry(policy, now);
        }
        if self.asks_as_well(policy) {
            return self.ask_as_well(verdict == Verdict::Matches(Age::Outdated), policy);
        }
        let Some(found) = self.account.take() else { return self.nothing_left(policy) };
        self.token = self.signature(&found);
        self.has_user_by_password(*found, verdict == Verdict::Matches(Age::Outdated), policy, now)
    }

    // What a mechanism says.

    pub(super) fn answered(
        mut self: Box<Self>,
        mechanism: Mechanism,
        answer: Answer,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        match answer {
            Answer::NotApplicable => {
                self.note("mechanism", Finding::Skipped(format!("{mechanism} has nothing to say")));
                self.cascade(policy, now)
            }
            Answer::Failed(status) if mechanism == Mechanism::KerberosPrompt => {
                self.stop(mechanism, status, policy)
            }
            Answer::Failed(status) => {
                let typed = self.typed.is_some();
                self.failed(mechanism, status, policy, typed)
            }
            Answer::Stop(status) => self.stop(mechanism, status, policy),
            Answer::ChangePassword => {
                let status = wrapped(mechanism, Status::plain(Code::PasswordChangeRequired));
                self.wants_new_outside(status, policy)
            }
            Answer::Unreachable(status) => self.unreachable(mechanism, status, policy, now),
            Answer::Gone(status) => self.gone(mechanism, status, policy),
            Answer::Granted(identity) => self.identified(mechanism, *identity, policy, now),
        }
    }

    /// No server answered. What is kept of the last login stands in where the setting says so, until the day that the
    /// directory named then (10.6). A server that said no is never overridden.
    fn unreachable(
        mut self: Box<Self>,
        mechanism: Mechanism,
        status: Status,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let cached = mechanism == Mechanism::Ldap && policy.system.mechanisms & Mask::LDAP_CACHE.0 != 0;
        let user = self.account.as_deref().and_then(|found| found.user.as_ref());
        let usable = |user: &&User| {
            user.kind() == UserType::Ldap
                && user.credential.is_set()
                && account::enabled(user).is_ok()
                && account::unexpired(user, now).is_ok()
        };
        let kept = user.filter(|_| cached).filter(usable).map(|user| Arc::new(user.credential.clone()));
        let typed = self.in_clear().map(|(_, password)| password).filter(|typed| !typed.is_empty());
        let (Some(kept), Some(typed)) = (kept, typed) else {
            // Nobody looked at the attempt, so it counts against nobody.
            return self.failed(mechanism, status, policy, false);
        };
        self.note("mechanism", Finding::Skipped("no server answers; what is kept is compared".to_owned()));
        let target = Derivation::target(&policy.system);
        let shown = Evidence::Password(typed);
        self.perform(Effect::Compare { kept: Some(kept), shown, target }, Stage::Cached(status))
    }

    /// How a password compares with what is kept of an earlier login.
    pub(super) fn cached(
        mut self: Box<Self>,
        unreachable: Status,
        verdict: Verdict,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        self.has_worked = true;
        match self.account.take() {
            Some(found) if is_right(verdict) => self.has_user(Mechanism::Ldap, false, *found, policy, now),
            other => {
                self.account = other;
                self.failed(Mechanism::Ldap, unreachable, policy, true)
            }
        }
    }

    /// The directory says that the account cannot be used any more: what was kept of it goes, and the attempt failed.
    fn gone(self: Box<Self>, mechanism: Mechanism, status: Status, policy: &Policy) -> Step {
        let known = self.account.as_deref().and_then(|found| found.user.as_ref());
        match known.filter(|user| user.kind() == UserType::Ldap).map(|user| user.id) {
            Some(user) => self.perform(Effect::Remove { user }, Stage::Removed(mechanism, status)),
            None => self.removed(mechanism, status, policy),
        }
    }

    pub(super) fn removed(
        mut self: Box<Self>,
        mechanism: Mechanism,
        status: Status,
        policy: &Policy,
    ) -> Step {
        if let Some(found) = &mut self.account {
            found.user = None;
        }
        let typed = self.typed.is_some();
        self.failed(mechanism, status, policy, typed)
    }

    /// A mechanism said no: that is recorded by itself, and the cascade goes on.
    pub(super) fn failed(
        mut self: Box<Self>,
        mechanism: Mechanism,
        status: Status,
        policy: &Policy,
        counts: bool,
    ) -> Step {
        let status = wrapped(mechanism, status);
        self.note("mechanism", Finding::Failed(status.clone()));
        let (name, user) = self.who();
        self.named = None;
        let weight = if counts { Weight::AccountAndSource } else { Weight::Nothing };
        self.last = Some(status.clone());
        // The last failure of an attempt is its refusal; it is recorded once.
        if self.is_typed && self.todo.is_empty() {
            let failure = Failure { name, user, mechanism: Some(mechanism), status: status.clone(), weight };
            return self.end(Ending { failure: Some(failure), status, told: Told::AccessDenied }, policy);
        }
        self.perform(
            Effect::RecordFailure(Failure { name, user, mechanism: Some(mechanism), status, weight }),
            Stage::Failed,
        )
    }

    /// A mechanism said no in a way that forbids others.
    pub(super) fn stop(mut self: Box<Self>, mechanism: Mechanism, status: Status, policy: &Policy) -> Step {
        self.todo.clear();
        self.is_typed = true;
        self.failed(mechanism, status, policy, true)
    }

    /// Nothing is left to be tried. It never falls to unauthenticated (3.3).
    pub(super) fn nothing_left(self: Box<Self>, policy: &Policy) -> Step {
        match self.last.clone() {
            // Every failure stands in the log already.
            Some(status) => self.end(Ending { failure: None, status, told: Told::AccessDenied }, policy),
            None => {
                self.refuse(Status::plain(Code::NoMechanism), Weight::Nothing, Told::AccessDenied, policy)
            }
        }
    }
}

/// The chain that the audit trail shows: which mechanism, and behind it why (section 19).
fn wrapped(mechanism: Mechanism, cause: Status) -> Status {
    Status::new(Code::AuthenticationFailed, [mechanism.word()]).caused_by(cause)
}

/// The same person under another name, where there are several domains: accounts that were made before are without one.
/// There is one such name at most, so that nobody has as many as somebody cares to type.
pub(super) fn other_spelling(name: &str, policy: &Policy) -> Option<String> {
    let default = policy.system.default_domain.as_str();
    if !policy.system.security_domains || default.is_empty() {
        return None;
    }
    match parts(name) {
        (plain, None) => Some(format!("{plain}@{default}")),
        (plain, Some(domain)) => (same(domain, default) && !plain.contains('@')).then(|| plain.to_owned()),
    }
}

/// A name as it counts (section 17): without its domain, where the instance has one domain, else with it. All ways to type
/// one are one name here, so that failures are counted together whichever was typed.
pub(super) fn without_domain(name: &str, policy: &Policy) -> Result<String, Status> {
    let default = policy.system.default_domain.as_str();
    let (plain, domain) = parts(name);
    if policy.system.security_domains {
        return Ok(match domain {
            Some(domain) => format!("{plain}@{domain}"),
            None if default.is_empty() => plain.to_owned(),
            None => format!("{plain}@{default}"),
        });
    }
    match domain {
        None => Ok(plain.to_owned()),
        Some(domain) if same(domain, default) => Ok(plain.to_owned()),
        Some(domain) => Err(Status::new(Code::DomainDoesNotExist, [domain])),
    }
}

/// A name and its domain, without the blanks around either.
fn parts(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('@') {
        None => (name.trim(), None),
        Some((plain, domain)) => (plain.trim(), Some(domain.trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is looked up for an attempt is counted under one name; else whoever guesses would begin anew with each way
    /// to type it.
    #[test]
    fn all_ways_to_type_a_name_are_one() {
        let mut policy = Policy::default();
        policy.system.default_domain = "dom".to_owned();
        policy.system.security_domains = true;
        for typed in ["ann", " ann ", "ann@dom", "ann @ dom", " ann@dom  ", "ann\t@dom"] {
            let counted = without_domain(typed, &policy).unwrap();
            assert_eq!(counted, "ann@dom", "{typed:?}");
            assert_eq!(other_spelling(&counted, &policy).as_deref(), Some("ann"), "{typed:?}");
        }
        for typed in ["ann@dom@dom", "ann@dom@ dom", "ann@other@dom", "ann@other"] {
            let counted = without_domain(typed, &policy).unwrap();
            assert_eq!(other_spelling(&counted, &policy), None, "{typed:?} is nobody else");
        }
        policy.system.security_domains = false;
        for typed in ["ann", " ann", "ann@dom", "ann @ DOM "] {
            assert_eq!(without_domain(typed, &policy).unwrap(), "ann", "{typed:?}");
        }
        assert!(without_domain("ann@other", &policy).is_err());
    }
}
