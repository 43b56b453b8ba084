//! Whoever proves a password without showing it (`authentication.md` section 5 by RFC 5802): first the challenge, which
//! is the same for everybody, then the proof, which is judged where a typed password is.

use super::cascade::{other_spelling, without_domain};
use super::{Admission, Effect, Found, Offer, Question, Stage, Step, Told, Weight};
use crate::evidence::Evidence;
use crate::mechanism::Mask;
use crate::password::Derivation;
use crate::scram::{self, Challenge, Proof, SALT};
use sclera_core::policy::Policy;
use sclera_core::status::{Code, Status};
use sclera_core::user::UserType;
use std::sync::Arc;

impl Admission {
    /// Mechanisms that need the password itself cannot be tried. A program that wants to be asked about everybody
    /// cannot be left out: then nobody comes in this way.
    pub(super) fn scram_begins(mut self: Box<Self>, name: String, policy: &Policy) -> Step {
        self.named = Some(name.clone());
        self.is_typed = true;
        if !self.mask.has(Mask::PASSWORD) {
            let status = Status::new(Code::PasswordNotAllowed, [self.attempt.service.as_str()]);
            return self.refuse(status, Weight::Nothing, Told::AccessDenied, policy);
        }
        if self.asks_as_well(policy) {
            let why = "the program of the site is asked about everybody, and SCRAM shows no password to ask it with";
            return self.refuse(Status::general(why), Weight::Nothing, Told::AccessDenied, policy);
        }
        self.mask = Mask::PASSWORD;
        // What is wrong with the name is told once the proof is here, as with a password.
        let name = without_domain(&name, policy).unwrap_or(name);
        let or = other_spelling(&name, policy);
        self.perform(Effect::LookUp { name, or, sql: false }, Stage::ScramAccount)
    }

    /// A salt is made up for everybody, so that it takes as long for those who need none.
    pub(super) fn scram_account(self: Box<Self>, found: &Found, policy: &Policy) -> Step {
        let target = Derivation::target(&policy.system);
        let user = found.user.as_ref().filter(|user| user.kind() == UserType::Password);
        let known = user.and_then(|user| scram::challenge(&user.credential, target).ok());
        let name = self.named.clone().unwrap_or_default();
        let name = without_domain(&name, policy).unwrap_or(name);
        self.perform(Effect::MakeUpSalt { name }, Stage::ScramSalt(known))
    }

    pub(super) fn scram_challenge(
        self: Box<Self>,
        known: Option<Challenge>,
        salt: [u8; SALT],
        policy: &Policy,
    ) -> Step {
        let rounds = Derivation::target(&policy.system).work_factor;
        let made_up = Challenge { salt: salt.to_vec(), rounds };
        self.ask(Question::Scram(known.unwrap_or(made_up)), Stage::Challenged)
    }

    /// From here on it goes as with a password: the account is looked up anew, and counts as it is now.
    pub(super) fn scram_proven(mut self: Box<Self>, proof: Proof, policy: &Policy) -> Step {
        let offer = core::mem::replace(&mut self.attempt.offer, Offer::Nothing);
        let Offer::Scram { name } = offer else { return self.nothing_left(policy) };
        self.named = None;
        self.shows(name, Evidence::Scram(Arc::new(proof)), policy)
    }

    /// The proof was not even looked at, so it counts against nobody.
    pub(super) fn unbound(self: Box<Self>, policy: &Policy) -> Step {
        let why =
            "the proof is not bound to this connection: somebody may stand between the client and the server";
        self.refuse(Status::general(why), Weight::Nothing, Told::AccessDenied, policy)
    }

    /// What is wrong, where a password or the proof of one is.
    pub(super) fn why_unproven(&self, policy: &Policy) -> Status {
        let status = Status::plain(Code::InvalidPassword);
        let proof = self.typed.as_ref().and_then(|typed| typed.shown.proof());
        let user = self.account.as_deref().and_then(|found| found.user.as_ref());
        let (Some(_), Some(user)) = (proof, user) else { return status };
        match scram::challenge(&user.credential, Derivation::target(&policy.system)) {
            Ok(_) => status,
            Err(why) => status.because(why),
        }
    }

    /// What proves the instance to whoever has proven itself so; nothing for others.
    pub(super) fn signature(&self, found: &Found) -> Vec<u8> {
        let proof = self.typed.as_ref().and_then(|typed| typed.shown.proof());
        let kept = found.user.as_ref().map(|user| &user.credential);
        proof.zip(kept).map(|(proof, kept)| scram::signature(kept, proof).to_vec()).unwrap_or_default()
    }
}
