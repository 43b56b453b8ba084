//! The program of the site beside other mechanisms (`authentication.md` section 11): it gives roles to whom Kerberos or the
//! operating system proved, it may be asked about everybody, and it may want a new password.

use super::{
    Admission, Answer, DelegatedTask, Effect, Finding, Identity, Question, Stage, Step, Told, Weight,
};
use crate::evidence::Evidence;
use crate::mechanism::{Mask, Mechanism};
use crate::secret::Secret;
use sclera_core::name::same;
use sclera_core::policy::Policy;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_core::user::UserType;
use std::sync::Arc;

/// How often a new password may be refused before the login is.
const NEW_PASSWORDS: u8 = 3;

impl Admission {
    /// Whether the program gives the roles of whom Kerberos proved (11.4).
    pub(super) fn asks_for_roles(mechanism: Mechanism, policy: &Policy) -> bool {
        let kerberos =
            matches!(mechanism, Mechanism::Kerberos | Mechanism::KerberosPrompt | Mechanism::KerberosApi);
        kerberos && policy.system.kerberos_delegated
    }

    pub(super) fn ask_for_roles(self: Box<Self>, mechanism: Mechanism, name: String) -> Step {
        let task = DelegatedTask::Authorize { service: self.attempt.service.clone(), name: name.clone() };
        self.perform(Effect::Delegated(task), Stage::KerberosAuthorized(mechanism, name))
    }

    /// What the program says of whom Kerberos proved. A refusal is the end: weaker mechanisms are not asked about somebody
    /// who was proven.
    pub(super) fn authorized(
        mut self: Box<Self>,
        mechanism: Mechanism,
        name: &str,
        answer: Answer,
        policy: &Policy,
        _: Timestamp,
    ) -> Step {
        match vouched(answer, name) {
            Err(status) => self.stop(mechanism, status, policy),
            Ok(Identity { name, profile, .. }) => {
                self.note(
                    "mechanism",
                    Finding::Passed(format!("the program of the site gives {name} its roles")),
                );
                let (kind, profile) = (UserType::Kerberos, profile.unwrap_or_default());
                self.perform(Effect::Adopt { name, kind, profile }, Stage::Adopted(mechanism))
            }
        }
    }

    /// The same for the operating system, whose roles may also come from a directory.
    pub(super) fn os_authorized(self: Box<Self>, answer: Answer, policy: &Policy, now: Timestamp) -> Step {
        if !self.mask.has(Mask::OS_DELEGATED) {
            return self.answered(Mechanism::Os, answer, policy, now);
        }
        let name = self.attempt.os_user.clone().unwrap_or_default();
        match vouched(answer, &name) {
            Ok(identity) => self.identified(Mechanism::Os, identity, policy, now),
            Err(cause) => {
                let status = Status::new(Code::OsAuthorizationFailed, [name.as_str()]).caused_by(cause);
                self.stop(Mechanism::Os, status, policy)
            }
        }
    }

    /// Whether the program is asked about whose password is right here (`AlwaysTryDelegated`).
    pub(super) fn asks_as_well(&self, policy: &Policy) -> bool {
        policy.system.always_try_delegated && self.mask.has(Mask::DELEGATED)
    }

    pub(super) fn ask_as_well(self: Box<Self>, outdated: bool, policy: &Policy) -> Step {
        let Some((name, password)) = self.in_clear() else { return self.nothing_left(policy) };
        let task = DelegatedTask::Authenticate { service: self.attempt.service.clone(), name, password };
        self.perform(Effect::Delegated(task), Stage::Seconded(outdated))
    }

    /// It can refuse, and changes nothing of an account that is kept here.
    pub(super) fn seconded(
        mut self: Box<Self>,
        outdated: bool,
        answer: Answer,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        match answer {
            Answer::Granted(_) | Answer::NotApplicable => {
                let Some(found) = self.account.take() else { return self.nothing_left(policy) };
                self.has_user_by_password(*found, outdated, policy, now)
            }
            Answer::Failed(status)
            | Answer::Stop(status)
            | Answer::Unreachable(status)
            | Answer::Gone(status) => self.stop(Mechanism::Delegated, status, policy),
            Answer::ChangePassword => {
                let status = Status::plain(Code::PasswordChangeRequired);
                self.refuse(status, Weight::Nothing, Told::ChangeRequired, policy)
            }
        }
    }

    /// The program wants a new password first: it is asked for where it can be, and told to the program (11.1).
    pub(super) fn wants_new_outside(self: Box<Self>, status: Status, policy: &Policy) -> Step {
        if self.typed.is_some() && self.attempt.dialogue.asks_anything() && self.asked < NEW_PASSWORDS {
            let why = Status::plain(Code::PasswordChangeRequired);
            return self.ask(Question::NewPassword { why }, Stage::NewOutside);
        }
        self.refuse(status, Weight::Nothing, Told::ChangeRequired, policy)
    }

    pub(super) fn new_outside(self: Box<Self>, new: Secret, policy: &Policy) -> Step {
        let Some((name, old)) = self.in_clear() else { return self.nothing_left(policy) };
        let task = DelegatedTask::ChangePassword { name, old, new: new.duplicate() };
        self.perform(Effect::Delegated(task), Stage::ChangedOutside(Arc::new(new)))
    }

    /// With the new password the program is asked again. Why it took none is for administrators.
    pub(super) fn changed_outside(
        mut self: Box<Self>,
        new: Arc<Secret>,
        answer: &Answer,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        self.asked += 1;
        if matches!(answer, Answer::Granted(_)) {
            self.note("password", Finding::Passed("it was changed at the program of the site".to_owned()));
            if let Some(typed) = &mut self.typed {
                typed.shown = Evidence::Password(new);
            }
            return self.attempt_by(Mechanism::Delegated, policy, now);
        }
        let refused = Status::plain(Code::PasswordDoesNotMatch);
        if let Answer::Failed(status) = answer {
            self.note("password", Finding::Failed(status.clone()));
        }
        if self.asked < NEW_PASSWORDS {
            return self.ask(Question::NewPassword { why: refused }, Stage::NewOutside);
        }
        self.refuse(refused, Weight::Nothing, Told::ChangeRequired, policy)
    }
}

/// An identity, if the program vouches for whom it was asked about; the spelling may differ in case only.
fn vouched(answer: Answer, name: &str) -> Result<Identity, Status> {
    match answer {
        Answer::Granted(identity) if same(&identity.name, name) => Ok(*identity),
        Answer::Granted(identity) => Err(Status::new(Code::InvalidUserName, [identity.name.as_str()])
            .because("another name was asked about")),
        Answer::Failed(status)
        | Answer::Stop(status)
        | Answer::Unreachable(status)
        | Answer::Gone(status) => Err(status),
        Answer::NotApplicable => Err(Status::plain(Code::AuthorizeMissing)),
        Answer::ChangePassword => Err(Status::plain(Code::PasswordChangeRequired)),
    }
}
