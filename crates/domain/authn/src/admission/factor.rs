//! The second factor, and a new password where one is due (`authentication.md` sections 6.2 and 7).
//!
//! The order differs from the original's in one place: the new password is asked for, and told to be due, after the second
//! factor. Otherwise whoever stole a password could replace it without the second factor.

use super::{
    Admission, Client, Effect, Finding, Found, Outcome, Question, Recipient, SecondFactor, Stage, Step, Then,
    Told, Weight,
};
use crate::account;
use crate::code::{self, Match, SENDINGS};
use crate::mechanism::{Mask, Mechanism};
use crate::secret::Secret;
use crate::totp::{self, Key};
use sclera_core::policy::Policy;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;

/// How often a new password may be refused by the rules before the login is.
const NEW_PASSWORDS: u8 = 3;

impl Admission {
    pub(super) fn factor_begins(mut self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        self.asked = 0;
        let Some(proven) = &self.proven else { return self.nothing_left(policy) };
        let wanted = self.factors & Mask(proven.user.second_factors);
        let name = proven.user.name.to_string();
        if proven.mechanism == Mechanism::Vouched || wanted.is_empty() {
            self.note("second factor", Finding::Skipped("none is asked".to_owned()));
            return self.change_begins(policy, now);
        }
        if wanted.has(Mask::TOTP) {
            if proven.user.totp_key.is_empty() {
                return self.no_factor(Status::new(Code::NotSetUpForTwoFactor, [name]), policy);
            }
            let user = Box::new(proven.user.clone());
            return self.perform(Effect::OpenKey { user }, Stage::Key);
        }
        let (phone, provider) = (&proven.user.phone_number, &proven.user.phone_provider);
        if phone.is_empty() || provider.is_empty() {
            return self.no_factor(Status::new(Code::NotSetUpForTwoFactor, [name]), policy);
        }
        if !code::is_phone_number(phone) {
            return self.no_factor(Status::new(Code::InvalidPhoneNumber, [name]), policy);
        }
        if !self.attempt.dialogue.asks_codes() {
            return self
                .wrong_factor(Status::plain(Code::WrongToken).because("no code can be asked for"), policy);
        }
        self.perform(Effect::Draw, Stage::Drawn)
    }

    /// The second factor cannot be asked at all; that is closed and no fault of whoever comes.
    fn no_factor(self: Box<Self>, status: Status, policy: &Policy) -> Step {
        let weight = match self.weight() {
            Weight::Nothing => Weight::Nothing,
            _ => Weight::Account,
        };
        self.refuse(status, weight, Told::AccessDenied, policy)
    }

    fn wrong_factor(self: Box<Self>, status: Status, policy: &Policy) -> Step {
        self.refuse(status, Weight::AccountAndSource, Told::AccessDenied, policy)
    }

    // Codes of an authenticator.

    pub(super) fn key(mut self: Box<Self>, key: Option<Key>, policy: &Policy, now: Timestamp) -> Step {
        let Some(key) = key.filter(|key| !key.expose().is_empty()) else {
            return self.no_factor(Status::plain(Code::InvalidTwoFactor), policy);
        };
        let show = self.proven.as_ref().filter(|proven| proven.user.totp_display).map(|proven| {
            totp::provision(key.expose(), &policy.system.two_factor_issuer, proven.user.name.as_str())
        });
        self.totp_key = Some(key);
        if let Some(code) = self.attempt.code.take() {
            return self.one_time_code(&code, policy, now);
        }
        if !self.attempt.dialogue.asks_codes() {
            return self
                .wrong_factor(Status::plain(Code::WrongVerificationCode).because("no code came"), policy);
        }
        let show = show.filter(|_| self.attempt.dialogue.asks_anything());
        self.ask(Question::OneTimeCode { show }, Stage::OneTimeCode)
    }

    pub(super) fn one_time_code(self: Box<Self>, code: &Secret, policy: &Policy, now: Timestamp) -> Step {
        let key = self.totp_key.as_ref();
        let step = key.and_then(|key| totp::matching_step(key.expose(), code.expose(), now));
        match (step, &self.proven) {
            (Some(step), Some(proven)) => {
                let user = proven.user.id;
                self.perform(Effect::Spend { user, step }, Stage::Spent(step))
            }
            _ => self.wrong_factor(Status::plain(Code::WrongVerificationCode), policy),
        }
    }

    pub(super) fn spent(mut self: Box<Self>, _: u64, fresh: bool, policy: &Policy, now: Timestamp) -> Step {
        if !fresh {
            let status = Status::plain(Code::WrongVerificationCode).because("the code was used already");
            return self.wrong_factor(status, policy);
        }
        let Some(proven) = &mut self.proven else { return self.nothing_left(policy) };
        proven.second_factor = Some(SecondFactor::Totp);
        if proven.user.totp_display {
            let user = proven.user.id;
            // Shown until a login completed with a valid code (DEC-A18).
            return self.perform(Effect::KeyShown { user }, Stage::KeyShown);
        }
        self.factor_passed(policy, now)
    }

    // Codes by text message.

    pub(super) fn drawn(mut self: Box<Self>, random: u64, policy: &Policy, now: Timestamp) -> Step {
        let Some(proven) = &self.proven else { return self.nothing_left(policy) };
        let to = Recipient {
            user: proven.user.name.to_string(),
            phone: proven.user.phone_number.clone(),
            provider: proven.user.phone_provider.clone(),
        };
        let (code, sent) = code::make(random, now, policy.system.two_factor_timeout);
        self.sent = Some(sent);
        self.asked += 1;
        self.perform(Effect::SendCode { to, code }, Stage::CodeSent)
    }

    pub(super) fn code_sent(self: Box<Self>) -> Step {
        let until = self.sent.as_ref().map_or(Timestamp::default(), code::Sent::until);
        let resends = SENDINGS.saturating_sub(self.asked);
        self.ask(Question::SentCode { until, resends }, Stage::SentCode)
    }

    pub(super) fn cannot_send(self: Box<Self>, cause: Status, policy: &Policy) -> Step {
        self.no_factor(Status::plain(Code::InvalidTwoFactor).caused_by(cause), policy)
    }

    /// Sends another code, which takes the place of the one before; not at once, and not more than twice.
    pub(super) fn resend(self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        match &self.sent {
            None => self.nothing_left(policy),
            Some(sent) if self.asked < SENDINGS && sent.may_be_replaced(now) => {
                self.perform(Effect::Draw, Stage::Drawn)
            }
            Some(_) => self.code_sent(),
        }
    }

    /// One try only: a wrong code takes a new login (7.3).
    pub(super) fn sent_code(mut self: Box<Self>, code: &Secret, policy: &Policy, now: Timestamp) -> Step {
        let Some(sent) = self.sent.take() else { return self.nothing_left(policy) };
        match sent.compare(code, now) {
            Match::Right => {
                if let Some(proven) = &mut self.proven {
                    proven.second_factor = Some(SecondFactor::Sms);
                }
                self.factor_passed(policy, now)
            }
            Match::Wrong => self.wrong_factor(Status::plain(Code::WrongToken), policy),
            Match::Late => self.wrong_factor(Status::plain(Code::TwoFactorTimeout), policy),
        }
    }

    pub(super) fn factor_passed(mut self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        self.totp_key = None;
        self.note("second factor", Finding::Passed("the code is right".to_owned()));
        self.look_again(Then::Change, policy, now)
    }

    /// Minutes may lie between a proof and an answer, in which the account may have become another.
    fn look_again(self: Box<Self>, then: Then, policy: &Policy, now: Timestamp) -> Step {
        let Some(proven) = &self.proven else { return self.nothing_left(policy) };
        // Nobody has an account of an emergency.
        if self.situation.emergency.is_some() {
            return self.goes_on(then, policy, now);
        }
        let (name, sql) = (proven.user.name.to_string(), self.attempt.client == Client::Sql);
        self.perform(Effect::LookUp { name, or: None, sql }, Stage::Again(then))
    }

    /// The account as it is now: the same one, in use, with the password that was proven.
    pub(super) fn again(
        mut self: Box<Self>,
        then: Then,
        found: Found,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let weight = self.weight();
        let Some(proven) = &mut self.proven else { return self.nothing_left(policy) };
        let before = &proven.user;
        let Found { user, record, public_roles, holds_sql, .. } = found;
        let Some(user) = user.filter(|user| user.id == before.id) else {
            let status = Status::new(Code::UserDoesNotExist, [before.name.as_str()]);
            return self.refuse(status, weight, Told::AccessDenied, policy);
        };
        let is_proven_still = then == Then::Enter || user.credential == before.credential;
        let state = account::enabled(&user)
            .and_then(|()| account::below_limit(&user, &record, &policy.system, self.situation.lockout))
            .and_then(|()| account::unexpired(&user, now));
        let state = state.and_then(|()| match proven.mechanism {
            Mechanism::Password if !is_proven_still => Err(Status::plain(Code::AccessDenied)
                .because("the password was changed between its proof and the code")),
            _ => Ok(()),
        });
        (proven.user, proven.public_roles, proven.holds_sql) = (user, public_roles, holds_sql);
        match state {
            Err(status) => self.refuse(status, weight, Told::AccessDenied, policy),
            Ok(()) => self.goes_on(then, policy, now),
        }
    }

    fn goes_on(self: Box<Self>, then: Then, policy: &Policy, now: Timestamp) -> Step {
        match then {
            Then::Change => self.change_begins(policy, now),
            Then::Enter => self.enter(policy, now),
        }
    }

    // A new password.

    fn change_begins(mut self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        self.asked = 0;
        let due = self.proven.as_ref().and_then(|proven| proven.change.clone());
        let Some(why) = due else { return self.upgrade_begins(policy, now) };
        if self.attempt.dialogue.asks_anything() {
            self.note("password", Finding::Passed(format!("a new one is asked for: {why}")));
            return self.ask(Question::NewPassword { why }, Stage::NewPassword);
        }
        // The proof was right, so it counts for nothing.
        self.refuse(why, Weight::Nothing, Told::ChangeRequired, policy)
    }

    pub(super) fn new_password(self: Box<Self>, new: Secret, policy: &Policy) -> Step {
        let Some(proven) = &self.proven else { return self.nothing_left(policy) };
        let user = proven.user.id;
        self.perform(Effect::SetPassword { user, new }, Stage::PasswordSet)
    }

    pub(super) fn password_set(
        mut self: Box<Self>,
        outcome: Outcome,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        match outcome {
            Outcome::Done => {
                self.note("password", Finding::Passed("it was changed".to_owned()));
                self.look_again(Then::Enter, policy, now)
            }
            Outcome::Refused(why) => {
                self.asked += 1;
                if self.asked < NEW_PASSWORDS {
                    return self.ask(Question::NewPassword { why }, Stage::NewPassword);
                }
                self.refuse(why, Weight::Nothing, Told::ChangeRequired, policy)
            }
            _ => self.nothing_left(policy),
        }
    }

    /// A password that is kept otherwise than the instance wants is kept anew (5.1).
    fn upgrade_begins(self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        let outdated = self.proven.as_ref().filter(|proven| proven.outdated);
        // Where the password was not shown, there is nothing to keep anew.
        let (Some(proven), Some((_, typed))) = (outdated, self.in_clear()) else {
            return self.enter(policy, now);
        };
        let effect = Effect::Upgrade {
            user: proven.user.id,
            kept: std::sync::Arc::new(proven.user.credential.clone()),
            typed,
            target: crate::password::Derivation::target(&policy.system),
        };
        self.perform(effect, Stage::Upgraded)
    }
}
