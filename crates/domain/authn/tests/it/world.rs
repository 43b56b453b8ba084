//! A world that answers as it is told, and remembers what it was asked.

use sclera_authn::admission::{
    Admission, Admitted, Answer, Attempt, DelegatedTask, Dialogue, Effect, Emergency, Failure, Found,
    Identity, Input, KerberosTask, Lockout, Offer, Outcome, Profile, Question, Refused, Reply, Situation,
    Step, Success, Supplied,
};
use sclera_authn::mechanism::Level;
use sclera_authn::password::{Derivation, hash};
use sclera_authn::scram::{Challenge, SaltedPassword};
use sclera_authn::secret::Secret;
use sclera_authn::totp::Key;
use sclera_core::address::Resolver;
use sclera_core::id::{ResourceId, RoleId, ServiceId, UserId};
use sclera_core::login::{LoginRecord, Occasion, Throttle};
use sclera_core::name::{ResourceName, RoleName, ServiceName, UserName, same};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::service::Service;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_core::user::{User, UserType};
use std::sync::Arc;

pub(crate) const PASSWORD: &str = "right";
pub(crate) const TOTP_KEY: &[u8] = b"12345678901234567890";
/// Little work, so that a thousand logins take no time.
pub(crate) const WORK: Derivation = Derivation::LEGACY;

/// What both sides said before a proof.
pub(crate) const SAID: &str = "what both sides have said";

fn made_up(name: &str) -> [u8; 32] {
    let mut salt = [0; 32];
    salt.iter_mut().zip(name.to_lowercase().bytes()).for_each(|(salt, byte)| *salt = byte);
    salt
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned()).unwrap()
}

pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) situation: Situation,
    pub(crate) now: i64,
    pub(crate) users: Vec<(User, LoginRecord)>,
    pub(crate) throttle: Throttle,
    /// What the outside authorities answer; `None` fails.
    pub(crate) kerberos: Option<&'static str>,
    /// How well what Kerberos proves is protected.
    pub(crate) level: Option<Level>,
    pub(crate) ldap: Option<&'static str>,
    pub(crate) delegated: Option<&'static str>,
    pub(crate) supplied: Option<(&'static str, &'static str)>,
    /// The password that a proof is made of.
    pub(crate) proves: Option<&'static str>,
    /// The challenges that were shown.
    pub(crate) challenges: Vec<Challenge>,
    /// What becomes of accounts between a question and its answer.
    pub(crate) meanwhile: Option<fn(&mut User)>,
    /// What the person answers, in order.
    pub(crate) replies: Vec<Reply>,
    pub(crate) spent: Vec<u64>,
    pub(crate) random: u64,
    pub(crate) rejects_new_passwords: usize,
    pub(crate) can_send: bool,
    // What was asked.
    pub(crate) failures: Vec<Failure>,
    pub(crate) successes: Vec<Success>,
    pub(crate) comparisons: usize,
    pub(crate) skipped: usize,
    pub(crate) questions: Vec<String>,
    pub(crate) codes: Vec<String>,
    pub(crate) deeds: Vec<&'static str>,
}

/// The end of an admission.
#[derive(Debug)]
pub(crate) enum End {
    Granted(Box<Admitted>),
    Refused(Box<Refused>),
}

impl End {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Granted(admitted) => &admitted.name,
            Self::Refused(refused) => panic!("{refused:?}"),
        }
    }

    pub(crate) fn admitted(self) -> Admitted {
        match self {
            Self::Granted(admitted) => *admitted,
            Self::Refused(refused) => panic!("{refused:?}"),
        }
    }

    pub(crate) fn refused(self) -> Refused {
        match self {
            Self::Refused(refused) => *refused,
            Self::Granted(admitted) => panic!("{admitted:?}"),
        }
    }

    /// The innermost error.
    pub(crate) fn code(self) -> u16 {
        self.refused().status.root().code().number()
    }
}

impl World {
    /// One service with these mechanisms, whose Use is public, in an instance that allows everything.
    pub(crate) fn new(service: &str, mechanisms: i64) -> Self {
        let mut policy = Policy::default();
        policy.system.mechanisms = -1;
        "SHA1".clone_into(&mut policy.system.password_algorithm);
        policy.system.password_work_factor = 1_024;
        policy.system.inactive_limit = 0;
        let name = ServiceName::predefined(service).unwrap();
        let mut guard = Resource::new(ResourceId(1), ResourceName::predefined(service).unwrap());
        guard.public = Permissions::USE;
        policy.resources.put(guard);
        policy.services.put(Service {
            enabled: true,
            mechanisms,
            storable_mechanisms: -1,
            resources: vec![service.to_owned()],
            ..Service::new(ServiceId(2), name)
        });
        for (id, name) in [(3, "Clerk"), (4, "Boss")] {
            policy.roles.put(Role::new(RoleId(id), RoleName::predefined(name).unwrap(), Origin::Created));
        }
        policy.roles.put(Role::new(RoleId(5), RoleName::predefined("%All").unwrap(), Origin::Everything));
        let mut world = Self {
            policy,
            situation: Situation::open(Lockout::BySource),
            now: 1_700_000_060,
            users: Vec::new(),
            throttle: Throttle::default(),
            kerberos: None,
            level: None,
            ldap: None,
            delegated: None,
            supplied: None,
            proves: None,
            challenges: Vec::new(),
            meanwhile: None,
            replies: Vec::new(),
            spent: Vec::new(),
            random: 12_345_678,
            rejects_new_passwords: 0,
            can_send: true,
            failures: Vec::new(),
            successes: Vec::new(),
            comparisons: 0,
            skipped: 0,
            questions: Vec::new(),
            codes: Vec::new(),
            deeds: Vec::new(),
        };
        world.user("UnknownUser", UserType::Password, |user| {
            user.credential = sclera_core::user::Credential::unchangeable();
        });
        world.user("ann", UserType::Password, |_| {});
        world.user("bob", UserType::Ldap, |_| {});
        world.user("dee", UserType::Delegated, |_| {});
        world
    }

    pub(crate) fn user(&mut self, name: &str, kind: UserType, change: impl FnOnce(&mut User)) {
        let id = UserId(100 + self.users.len() as u64);
        let mut user = User::new(id, UserName::predefined(name).unwrap());
        user.set_kind(kind);
        user.credential = hash(&secret(PASSWORD), WORK, &[7; 8]);
        user.roles = vec![RoleId(3)];
        user.created = Some(self.at());
        change(&mut user);
        self.users.push((user, LoginRecord::default()));
    }

    pub(crate) fn change(&mut self, name: &str, change: impl FnOnce(&mut User)) {
        change(&mut self.users.iter_mut().find(|(user, _)| user.is(name)).unwrap().0);
    }

    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.now * 1_000_000)
    }

    pub(crate) fn service(&self) -> String {
        self.policy.services.iter().next().unwrap().name.to_string()
    }

    /// A name and a password that came along, with nobody to ask.
    pub(crate) fn typed(&self, name: &str, password: &str) -> Attempt {
        let offer = Offer::Password { name: name.to_owned(), password: secret(password) };
        Attempt { offer, peer: "10.0.0.1".parse().ok(), ..Attempt::at(&self.service()) }
    }

    /// The same from somebody who answers questions.
    pub(crate) fn talking(&self, name: &str, password: &str) -> Attempt {
        Attempt { dialogue: Dialogue::Full, ..self.typed(name, password) }
    }

    /// Somebody at this machine, as the operating system says.
    pub(crate) fn local(&self, name: &str) -> Attempt {
        Attempt { os_user: Some(name.to_owned()), ..Attempt::at(&self.service()) }
    }

    pub(crate) fn emergency(&mut self, name: &str, password: &str) {
        let credential = Arc::new(hash(&secret(password), WORK, &[9; 8]));
        self.situation.emergency = Some(Emergency { name: name.to_owned(), credential });
    }

    pub(crate) fn run(&mut self, attempt: Attempt) -> End {
        let known =
            |name: &str| if name == "known.example" { vec!["10.0.0.1".parse().unwrap()] } else { Vec::new() };
        let mut step = Admission::begin(
            attempt,
            self.situation.clone(),
            &self.policy,
            &Resolver::new(&known),
            self.at(),
        );
        for _ in 0..100 {
            step = match step {
                Step::Granted(admitted) => return End::Granted(admitted),
                Step::Refused(refused) => return End::Refused(refused),
                Step::Connected(connected) => panic!("{connected:?}"),
                Step::Ask(question, admission) => {
                    let reply = self.reply(&question);
                    admission.resume(&self.policy, self.at(), Input::Reply(reply))
                }
                Step::Perform(effect, admission) => {
                    let outcome = self.perform(effect);
                    admission.resume(&self.policy, self.at(), Input::Outcome(outcome))
                }
            };
        }
        panic!("it does not end");
    }

    /// Somebody who will prove a password without showing it.
    pub(crate) fn proving(&mut self, name: &str, password: &'static str) -> Attempt {
        self.proves = Some(password);
        let offer = Offer::Scram { name: name.to_owned() };
        Attempt { offer, peer: "10.0.0.1".parse().ok(), ..Attempt::at(&self.service()) }
    }

    fn prove(&mut self, challenge: &Challenge, password: &str) -> Reply {
        self.challenges.push(challenge.clone());
        let salted = SaltedPassword::of(&secret(password), &challenge.salt, challenge.rounds);
        Reply::Scram(salted.proof(SAID.to_owned()))
    }

    fn reply(&mut self, question: &Question) -> Reply {
        if let Some(change) = self.meanwhile.take() {
            self.users.iter_mut().for_each(|(user, _)| change(user));
        }
        if let (Question::Scram(challenge), Some(password)) = (question, self.proves) {
            return self.prove(challenge, password);
        }
        self.questions.push(format!("{question:?}"));
        if self.replies.is_empty() { Reply::Aborted } else { self.replies.remove(0) }
    }

    fn found(&self, name: &str) -> Found {
        let known = self.users.iter().find(|(user, _)| same(user.name.as_str(), name));
        Found {
            user: known.map(|(user, _)| user.clone()),
            record: known.map(|(_, record)| record.clone()).unwrap_or_default(),
            throttle: self.throttle,
            public_roles: Vec::new(),
            holds_sql: name == "sql",
        }
    }

    fn answer(asked: &str, granted: Option<&'static str>, profile: Option<Profile>) -> Answer {
        match granted {
            Some("stop") => Answer::Stop(Status::plain(Code::PasswordChangeRequired)),
            Some("not applicable") => Answer::NotApplicable,
            Some("change") => Answer::ChangePassword,
            Some("unreachable") => Answer::Unreachable(Status::plain(Code::LdapUnavailable)),
            Some("gone") => Answer::Gone(Status::new(Code::UserDisabled, [asked])),
            Some("*") => Answer::Granted(Box::new(Identity {
                profile: profile.map(Box::new),
                ..Identity::named(asked.to_owned())
            })),
            Some(name) => Answer::Granted(Box::new(Identity {
                profile: profile.map(Box::new),
                token: b"answer".to_vec(),
                ..Identity::named(name.to_owned())
            })),
            None => Answer::Failed(Status::plain(Code::NotInLdap)),
        }
    }

    fn perform(&mut self, effect: Effect) -> Outcome {
        match effect {
            Effect::LookUp { name, or, .. } => {
                let found = self.found(&name);
                let other = or.filter(|_| found.user.is_none()).map(|other| self.found(&other));
                Outcome::Found(Box::new(other.filter(|other| other.user.is_some()).unwrap_or(found)))
            }
            Effect::MakeUpSalt { name } => Outcome::Salt(made_up(&name)),
            Effect::Compare { kept, shown, target } => {
                self.comparisons += 1;
                let none = sclera_core::user::Credential::none();
                Outcome::Compared(shown.verify(kept.as_deref().unwrap_or(&none), target))
            }
            Effect::Kerberos(KerberosTask::Prompt { name, .. }) => {
                Outcome::Answered(Self::answer(&name, self.kerberos, None))
            }
            Effect::Kerberos(_) => {
                let mut answer = Self::answer("", self.kerberos, None);
                if let Answer::Granted(identity) = &mut answer {
                    identity.level = self.level;
                }
                Outcome::Answered(answer)
            }
            Effect::Ldap(task) => {
                Outcome::Answered(Self::answer(&task.name, self.ldap, Some(Profile::default())))
            }
            Effect::Delegated(DelegatedTask::Credentials { .. }) => {
                Outcome::Credentials(match self.supplied {
                    None => Supplied::Nothing,
                    Some(("", _)) => Supplied::Denied(Status::plain(Code::NoCredentialsReturned)),
                    Some((name, password)) => {
                        Supplied::Both { name: name.to_owned(), password: secret(password) }
                    }
                })
            }
            Effect::Delegated(
                DelegatedTask::Authenticate { name, .. } | DelegatedTask::Authorize { name, .. },
            ) => {
                // With the new password there is nothing left to be changed.
                let said =
                    self.delegated.filter(|said| *said != "change" || !self.deeds.contains(&"told outside"));
                let said = said.or(self.delegated.map(|_| "*"));
                Outcome::Answered(Self::answer(&name, said, Some(Profile::default())))
            }
            Effect::Delegated(DelegatedTask::ChangePassword { name, .. }) => {
                if self.rejects_new_passwords > 0 {
                    self.rejects_new_passwords -= 1;
                    return Outcome::Answered(Answer::Failed(Status::plain(Code::PasswordDoesNotMatch)));
                }
                self.deeds.push("told outside");
                Outcome::Answered(Self::answer(&name, Some("*"), None))
            }
            Effect::OsPassword { .. } => Outcome::Answered(Answer::NotApplicable),
            Effect::Adopt { name, kind, .. } => {
                match self.users.iter().find(|(user, _)| user.is(&name)).map(|(user, _)| user.kind()) {
                    Some(other) if other != kind => {
                        return Outcome::Refused(Status::plain(Code::NotADelegatedUser));
                    }
                    Some(_) => {}
                    None => self.user(&name, kind, |_| {}),
                }
                Outcome::Found(Box::new(self.found(&name)))
            }
            Effect::Disable { .. } => self.done("disable"),
            Effect::Remove { user } => {
                self.users.retain(|(known, _)| known.id != user);
                self.done("remove")
            }
            Effect::SetPassword { .. } if self.rejects_new_passwords > 0 => {
                self.rejects_new_passwords -= 1;
                Outcome::Refused(Status::plain(Code::PasswordDoesNotMatch))
            }
            Effect::SetPassword { .. } => self.done("set password"),
            Effect::Upgrade { .. } => self.done("upgrade"),
            Effect::OpenKey { .. } => Outcome::Key(Some(Key::new(TOTP_KEY.to_vec().into()))),
            Effect::Spend { step, .. } => {
                let fresh = !self.spent.contains(&step);
                self.spent.push(step);
                Outcome::Spent { fresh }
            }
            Effect::KeyShown { .. } => self.done("key shown"),
            Effect::Draw => Outcome::Drawn(self.random),
            Effect::SendCode { to, code } => {
                self.codes.push(format!("{}@{} {}", to.phone, to.provider, code.expose()));
                if self.can_send { Outcome::Done } else { Outcome::Refused(Status::general("no relay")) }
            }
            Effect::RecordFailure(failure) => {
                self.fail(&failure);
                self.failures.push(failure);
                Outcome::Done
            }
            Effect::Skip { .. } => {
                self.skipped += 1;
                Outcome::Done
            }
            Effect::RecordSuccess(success) => {
                self.successes.push(success);
                Outcome::Done
            }
        }
    }

    fn done(&mut self, deed: &'static str) -> Outcome {
        self.deeds.push(deed);
        Outcome::Done
    }

    fn fail(&mut self, failure: &Failure) {
        use sclera_authn::admission::Weight;
        let at = self.at();
        let occasion = Occasion { at, device: String::new(), service: String::new(), source: 1 };
        if let Some(user) = failure.user.filter(|_| failure.weight != Weight::Nothing) {
            let record = self.users.iter_mut().find(|(known, _)| known.id == user);
            record.unwrap().1.fail(&occasion, "");
        }
        if failure.weight == Weight::AccountAndSource {
            self.throttle.fail(at);
        }
    }

    /// The innermost codes of the failures that were recorded.
    pub(crate) fn recorded(&self) -> Vec<u16> {
        self.failures.iter().map(|failure| failure.status.root().code().number()).collect()
    }
}
