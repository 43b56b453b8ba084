//! After a mechanism granted: whether the account may be used (`authentication.md` 3.4). A failing check ends the attempt;
//! weaker mechanisms are not asked (DEC-A06).

use super::{
    Admission, Effect, Ending, Failure, Finding, Found, Identity, Proven, Stage, Step, Told, Transport,
    Weight, is_nobody,
};
use crate::account;
use crate::mechanism::{Level, Mask, Mechanism};
use sclera_core::id::UserId;
use sclera_core::name::{UserName, same};
use sclera_core::policy::Policy;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_core::user::{User, UserType};

impl Admission {
    /// An outside authority says who it is.
    pub(super) fn identified(
        mut self: Box<Self>,
        mechanism: Mechanism,
        identity: Identity,
        policy: &Policy,
        _: Timestamp,
    ) -> Step {
        let Identity { name, profile, level, token } = identity;
        self.token = token;
        if let Err(status) = self.level_suffices(mechanism, level) {
            return self.failed(mechanism, status, policy, false);
        }
        // An authority vouches for whom it was asked about; its spelling may differ in case only (11.1).
        let asked = match mechanism {
            Mechanism::Kerberos => None,
            Mechanism::Os if self.typed.is_none() => self.attempt.os_user.as_deref(),
            _ => self.typed.as_ref().map(|typed| typed.name.as_str()),
        };
        if asked.is_some_and(|asked| !same(asked, &name)) {
            let status =
                Status::new(Code::InvalidUserName, [name.as_str()]).because("another name was asked about");
            return self.failed(mechanism, status, policy, true);
        }
        let outside = matches!(mechanism, Mechanism::Ldap | Mechanism::Delegated);
        match profile {
            None if Self::asks_for_roles(mechanism, policy) => self.ask_for_roles(mechanism, name),
            None if !outside => {
                self.named = Some(name.clone());
                self.note("mechanism", Finding::Passed(format!("{mechanism} proves {name}")));
                self.look_up(name, Stage::Proven(mechanism), policy)
            }
            profile => {
                self.note(
                    "mechanism",
                    Finding::Passed(format!("{mechanism} proves {name} and gives its roles")),
                );
                let kind = match mechanism {
                    Mechanism::Delegated => UserType::Delegated,
                    Mechanism::Os if self.mask.has(Mask::OS_DELEGATED) => UserType::Os,
                    Mechanism::Ldap | Mechanism::Os => UserType::Ldap,
                    _ => UserType::Kerberos,
                };
                let profile = profile.unwrap_or_default();
                self.perform(Effect::Adopt { name, kind, profile }, Stage::Adopted(mechanism))
            }
        }
    }

    /// A client below the protection that the service asks is refused (section 9). What goes through TLS can neither be read
    /// nor changed.
    fn level_suffices(&self, mechanism: Mechanism, level: Option<Level>) -> Result<(), Status> {
        let level =
            if self.attempt.transport == Transport::Tls { level.and(Some(Level::Encryption)) } else { level };
        let asked = level.and(self.mask.kerberos_level()).filter(|_| mechanism == Mechanism::Kerberos);
        match asked {
            Some(least) if level < Some(least) => {
                let code = match least {
                    Level::Encryption => Code::KerberosEncryptionNotAllowed,
                    _ => Code::KerberosIntegrityNotAllowed,
                };
                Err(Status::new(code, [self.attempt.service.as_str()]).because("the client protects less"))
            }
            _ => Ok(()),
        }
    }

    /// A password that is kept here was right.
    pub(super) fn has_user_by_password(
        mut self: Box<Self>,
        found: Found,
        outdated: bool,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        self.note("mechanism", Finding::Passed("the password is right".to_owned()));
        self.judge_account(Mechanism::Password, found, outdated, policy, now)
    }

    /// The account of whoever was proven.
    pub(super) fn has_user(
        mut self: Box<Self>,
        mechanism: Mechanism,
        authorized: bool,
        found: Found,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let authorized = authorized && !matches!(mechanism, Mechanism::Ldap | Mechanism::Delegated);
        let fits = match &found.user {
            None => Err(Status::new(Code::UserDoesNotExist, [self.who().0])),
            Some(user) if is_nobody(user) && mechanism != Mechanism::Vouched => {
                Err(Status::new(Code::NotAPasswordUser, [user.name.as_str()]))
            }
            Some(user) => account::fits(user, mechanism, authorized),
        };
        if let Err(status) = fits {
            self.account = Some(Box::new(found));
            let typed = self.typed.is_some();
            return match mechanism {
                Mechanism::Vouched | Mechanism::Certificate | Mechanism::LoginCookie => {
                    self.refuse(status, Weight::Nothing, Told::AccessDenied, policy)
                }
                _ => self.failed(mechanism, status, policy, typed),
            };
        }
        match mechanism {
            Mechanism::Os => {
                self.note("mechanism", Finding::Passed("the operating system says who it is".to_owned()));
            }
            Mechanism::Certificate => {
                self.note("mechanism", Finding::Passed("the certificate says who it is".to_owned()));
            }
            Mechanism::LoginCookie => {
                self.note("mechanism", Finding::Passed("the login cookie says who it is".to_owned()));
            }
            _ => {}
        }
        self.judge_account(mechanism, found, false, policy, now)
    }

    fn judge_account(
        mut self: Box<Self>,
        mechanism: Mechanism,
        found: Found,
        outdated: bool,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let Found { user: Some(user), record, throttle, public_roles, holds_sql } = found else {
            return self.nothing_left(policy);
        };
        let system = &policy.system;
        let state = account::enabled(&user)
            .and_then(|()| account::below_limit(&user, &record, system, self.situation.lockout))
            .and_then(|()| account::unexpired(&user, now));
        let active = account::active(&user, &record, system, now);
        let change = (mechanism == Mechanism::Password)
            .then(|| account::password_current(&user, system, now).err())
            .flatten();
        self.proven = Some(Proven {
            mechanism,
            forgets: record.invalid_attempts > 0 || throttle.failures > 0,
            user,
            public_roles,
            holds_sql,
            second_factor: None,
            change,
            outdated,
        });
        // The record of the account tells how long a terminal waits.
        self.account = Some(Box::new(Found { record, throttle, ..Found::default() }));
        let weight = self.weight();
        match (state, active) {
            (Err(status), _) => self.refuse(status, weight, Told::AccessDenied, policy),
            (Ok(()), Err(status)) => self.inactive(status, weight),
            (Ok(()), Ok(())) => {
                self.note("account", Finding::Passed("it can be used".to_owned()));
                self.factor_begins(policy, now)
            }
        }
    }

    /// What a refusal counts for after the proof. A login cookie comes along by itself, so that nobody is locked out by
    /// looking at what is not theirs.
    pub(super) fn weight(&self) -> Weight {
        let by_cookie = self.proven.as_ref().is_some_and(|proven| proven.mechanism == Mechanism::LoginCookie);
        match (self.typed.is_some(), by_cookie) {
            (_, true) => Weight::Nothing,
            (true, false) => Weight::AccountAndSource,
            (false, false) => Weight::Account,
        }
    }

    /// An account that was not used for too long is refused and disabled (6.4).
    fn inactive(mut self: Box<Self>, status: Status, weight: Weight) -> Step {
        self.note("account", Finding::Failed(status.clone()));
        let (name, user) = self.who();
        let mechanism = self.proven.as_ref().map(|proven| proven.mechanism);
        let failure = Failure { name, user, mechanism, status: status.clone(), weight };
        let ending = Ending { failure: Some(failure), status: status.clone(), told: Told::AccessDenied };
        let user = user.unwrap_or(UserId(0));
        self.perform(Effect::Disable { user, why: status }, Stage::Disabled(Box::new(ending)))
    }

    /// Nobody in particular: the session of `UnknownUser` (section 4).
    pub(super) fn nobody(mut self: Box<Self>, found: Found, policy: &Policy, _: Timestamp) -> Step {
        let disabled = || Status::new(Code::UserDisabled, [sclera_core::user::UNKNOWN_USER]);
        let Some(user) = found.user.filter(|user| user.enabled) else {
            return self.refuse(disabled(), Weight::Nothing, Told::AccessDenied, policy);
        };
        self.note("mechanism", Finding::Passed("no proof is asked".to_owned()));
        self.proven = Some(Proven {
            mechanism: Mechanism::Unauthenticated,
            user,
            public_roles: found.public_roles,
            forgets: false,
            holds_sql: found.holds_sql,
            second_factor: None,
            change: None,
            outdated: false,
        });
        self.enter(policy, Timestamp::default())
    }

    /// The one user of an emergency: no account, no second factor, `%All` (`services.md` section 10).
    pub(super) fn emergency_entry(mut self: Box<Self>, policy: &Policy, now: Timestamp) -> Step {
        let name = self
            .situation
            .emergency
            .as_ref()
            .and_then(|emergency| UserName::predefined(&emergency.name).ok());
        let Some(name) = name else { return self.nothing_left(policy) };
        self.note("mechanism", Finding::Passed("the password of the emergency is right".to_owned()));
        self.proven = Some(Proven {
            mechanism: Mechanism::Password,
            user: User::new(UserId(0), name),
            public_roles: Vec::new(),
            forgets: self.account.as_deref().is_some_and(|found| found.throttle.failures > 0),
            holds_sql: false,
            second_factor: None,
            change: None,
            outdated: false,
        });
        self.enter(policy, now)
    }
}
