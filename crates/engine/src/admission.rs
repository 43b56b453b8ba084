//! Admission: who is asking. Only what the gate admits becomes a [`Session`] (see [`crate::gate`]).

use crate::engine::{Engine, Settings, public_roles, user_named};
use crate::gate::Caller;
use crate::install::Instance;
use crate::recorder::Deed;
use crate::refusal::Refusal;
use crate::sessions::{Lease, RunningSession};
use sclera_authn::admission::{Admitted, Attempt, Dialogue, Offer, Question, Reply, SecondFactor};
use sclera_authn::mechanism::{Mask, Mechanism};
use sclera_authn::secret::Secret;
use sclera_core::hex::hex;
use sclera_core::id::RoleId;
use sclera_core::login::Occasion;
use sclera_core::process::Process;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use sclera_store::port::{Activity, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The door through which somebody came; it stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The command, which opened the store itself.
    Command,
    /// The local socket of a server.
    Socket,
    /// A program in which Sclera is embedded.
    Library,
    /// The HTTP interface.
    Http,
    /// A gate before a protocol that is not spoken here.
    Tcp,
    /// The gate before SQL.
    Sql,
}

impl Door {
    /// The word for it in records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Socket => "socket",
            Self::Library => "library",
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Sql => "sql",
        }
    }
}

/// What the operating system says of a caller; it comes from the kernel and never from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsCaller {
    /// The name of the caller's user id; none where the name service has none.
    pub name: Option<String>,
    /// The user id owns the files of the instance.
    pub owns_instance: bool,
}

/// Somebody at a terminal.
#[derive(Debug)]
pub struct Person<'a> {
    /// The name as typed.
    pub name: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// The code of a second factor, where it came along.
    pub code: Option<Secret>,
    /// What can be asked.
    pub dialogue: Dialogue,
}

/// Somebody who was admitted: a user with the roles of the login, deciding from the settings of that moment.
#[derive(Clone)]
pub struct Session {
    pub(crate) process: Process,
    pub(crate) settings: Arc<Settings>,
    pub(crate) lease: Arc<Lease>,
    mechanism: Mechanism,
    /// The second factor that was asked for, and was right.
    second_factor: Option<SecondFactor>,
    /// When the user last proved who it is.
    proven_at: Timestamp,
    /// An escalation role was given back; the next one asks for a proof.
    was_escalated: Arc<AtomicBool>,
    /// The session that this one escalated.
    before: Option<Box<Session>>,
    /// Security is bypassed.
    is_emergency: bool,
    /// What goes back to the client of Kerberos or SCRAM.
    server_proof: Arc<[u8]>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({}, {})", self.user(), self.roles())
    }
}

impl Session {
    pub(crate) fn of(admitted: &Admitted, settings: Arc<Settings>, lease: Arc<Lease>) -> Self {
        let process = Process::new(&admitted.name, &admitted.roles);
        let session = Self::begun(process, settings, lease, admitted.mechanism);
        let server_proof = admitted.token.as_slice().into();
        let second_factor = admitted.second_factor;
        Self { is_emergency: admitted.emergency, second_factor, server_proof, ..session }
    }

    pub(crate) fn begun(
        process: Process,
        settings: Arc<Settings>,
        lease: Arc<Lease>,
        mechanism: Mechanism,
    ) -> Self {
        let proven_at = lease.about().since;
        Self {
            process,
            settings,
            lease,
            mechanism,
            second_factor: None,
            proven_at,
            was_escalated: Arc::default(),
            before: None,
            is_emergency: false,
            server_proof: Arc::default(),
        }
    }

    /// What proves the instance to the client in return for its own proof: a token of Kerberos, or the signature of SCRAM;
    /// empty where there is none.
    pub fn server_proof(&self) -> &[u8] {
        &self.server_proof
    }

    /// The session ends when another one does, which it was begun from.
    pub(crate) fn within(mut self, other: &Self) -> Self {
        self.lease = Lease::within(&self.lease, &other.lease);
        self
    }

    /// Takes a role in place of all others; unused for so many seconds it locks, 0 for never.
    pub(crate) fn into_escalated(mut self, from: &Self, role: RoleId, seconds: i64, now: Timestamp) -> Self {
        // A vouched admission is no proof: what was proven before is what counts.
        if self.mechanism == Mechanism::Vouched {
            (self.mechanism, self.proven_at) = (from.mechanism, from.proven_at);
        }
        self.process.escalate(role);
        self.lease.locks_after(seconds, now);
        self.was_escalated = Arc::clone(&from.was_escalated);
        self.before = Some(from.before.clone().unwrap_or_else(|| Box::new(from.clone())));
        self
    }

    /// Tells whether an escalation role was taken in place of the roles of the login.
    pub const fn is_escalated(&self) -> bool {
        self.before.is_some()
    }

    /// What its user is to be warned of: in an emergency security is bypassed (`services.md` section 10).
    pub fn warning(&self) -> Option<Status> {
        self.is_emergency.then(|| Status::new(Code::SecurityBypassed, [self.user()]))
    }

    /// How its user proved who it is.
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The bit of the second factor that its user passed; none where there was none.
    pub(crate) const fn second_factor(&self) -> Mask {
        match self.second_factor {
            Some(SecondFactor::Totp) => Mask::TOTP,
            Some(SecondFactor::Sms) => Mask::SMS,
            None => Mask::NONE,
        }
    }

    /// Whether an escalation may go without a proof, for it was given within so many seconds.
    pub(crate) fn may_skip_proof(&self, seconds: i64, now: Timestamp) -> bool {
        let since = now.micros().saturating_sub(self.proven_at.micros());
        let fresh = seconds > 0 && (0..seconds.saturating_mul(SECOND)).contains(&since);
        fresh && !self.was_escalated.load(Ordering::Relaxed)
    }

    pub(crate) fn before(&self) -> Option<Self> {
        self.before.as_deref().cloned()
    }

    /// Ends it for whoever holds a copy of it.
    pub(crate) fn end(&self) {
        self.was_escalated.store(true, Ordering::Relaxed);
        self.lease.end();
    }

    /// `$USERNAME`.
    pub fn user(&self) -> &str {
        self.process.user()
    }

    /// `$ROLES` as a comma list.
    pub fn roles(&self) -> String {
        self.process.roles_text(&self.settings.policy)
    }

    /// Tells whether it holds a role, by itself or by another.
    pub fn holds_role(&self, name: &str) -> bool {
        let policy = &self.settings.policy;
        policy.holds_role(&self.process.closure(policy), name)
    }

    /// The door it came through.
    pub fn door(&self) -> Door {
        self.about().door
    }

    /// The operating-system user behind it, where known.
    pub fn os_user(&self) -> Option<&str> {
        self.about().os_user.as_deref()
    }

    /// The revision of the settings and users at which it was admitted.
    pub fn revision(&self) -> u64 {
        self.settings.revision
    }

    /// What is known of it from outside.
    pub fn about(&self) -> &RunningSession {
        self.lease.about()
    }

    /// Tells whether the session was ended; whoever serves it should stop.
    pub fn is_ended(&self) -> bool {
        self.lease.is_ended()
    }

    /// Refuses if the session was ended or is locked; else it was used now.
    pub(crate) fn alive(&self, now: Timestamp) -> Result<(), Refusal> {
        self.not_ended()?;
        if self.lease.is_used(now) { Ok(()) } else { Err(Refusal::SessionLocked) }
    }

    pub(crate) fn not_ended(&self) -> Result<(), Refusal> {
        if self.lease.is_ended() { Err(Refusal::SessionEnded) } else { Ok(()) }
    }

    pub(crate) fn wake(&self, now: Timestamp) {
        self.lease.wake(now);
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }
}

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// The service whose mechanisms count for a login by name and password from code or command.
const LOGIN: &str = "%Service_Login";
/// The service whose mechanisms count for a local caller that the operating system vouches for.
const TERMINAL: &str = "%Service_Terminal";

impl<S: Store, A: Activity> Engine<S, A> {
    /// Admits a local caller by what the operating system says (`authentication.md` section 8). Whoever owns the files
    /// is the owner of the instance, by the account that it was made with.
    pub fn admit_os(&self, os: &OsCaller, door: Door) -> Result<Session, Refusal> {
        let caller = Caller { door, os_user: os.name.clone() };
        // In an emergency there is one user, and nobody else.
        if os.owns_instance
            && self.emergency.is_none()
            && let Some(session) = self.owner(&caller)?
        {
            return Ok(session);
        }
        let name = if os.owns_instance { Some(self.instance()?.owner) } else { os.name.clone() };
        let attempt = Attempt { os_user: name, only: Some(Mechanism::Os), ..Attempt::at(TERMINAL) };
        self.admit(attempt, caller, &mut |_| Reply::Aborted)
    }

    /// The owner at its own files comes through no service: that cannot be withheld from somebody who can write them.
    fn owner(&self, caller: &Caller) -> Result<Option<Session>, Refusal> {
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let name = Instance::read(&reading)?.owner;
        let Some(user) = user_named(&reading, &name)?.filter(|user| user.owner) else { return Ok(None) };
        let public = public_roles(&reading)?;
        drop(reading);
        let occasion = Occasion {
            at: self.world.now(),
            device: "127.0.0.1".to_owned(),
            service: TERMINAL.to_owned(),
            source: 0,
        };
        self.recorder.later(Deed::Success { user: Some(user.id), throttle: None, occasion })?;
        Ok(Some(self.owners_session(&user, &public, settings, caller)))
    }

    fn owners_session(
        &self,
        user: &User,
        public: &[RoleId],
        settings: Arc<Settings>,
        caller: &Caller,
    ) -> Session {
        let all = user.roles.iter().chain(public).copied();
        let roles: Vec<RoleId> = all.filter(|id| settings.policy.role(*id).is_some()).collect();
        let mut id = [0; 8];
        self.world.fill(&mut id);
        let lease = self.sessions.begin(RunningSession {
            id: hex(&id),
            user: user.name.to_string(),
            user_id: Some(user.id),
            service: TERMINAL.to_owned(),
            mechanism: Mechanism::Os.word(),
            door: caller.door,
            os_user: caller.os_user.clone(),
            device: "127.0.0.1".to_owned(),
            since: self.world.now(),
        });
        Session::begun(Process::new(user.name.as_str(), &roles), settings, lease, Mechanism::Os)
    }

    /// Admits somebody on this machine by a token of Kerberos, which the calling process made with its ticket
    /// (`authentication.md` section 9).
    pub fn admit_ticket(&self, token: Vec<u8>, caller: Caller) -> Result<Session, Refusal> {
        let (offer, only) = (Offer::Kerberos(token), Some(Mechanism::Kerberos));
        self.admit(Attempt { offer, only, ..Attempt::at(TERMINAL) }, caller, &mut |_| Reply::Aborted)
    }

    /// Admits a user by name and password (`authentication.md` section 5). Every refusal costs the work of one
    /// comparison and answers the same; the event log says why.
    pub fn admit_password(
        &self,
        name: &str,
        password: &Secret,
        door: Door,
        os_user: Option<&str>,
    ) -> Result<Session, Refusal> {
        let offer = Offer::Password { name: name.to_owned(), password: password.duplicate() };
        let attempt = Attempt { offer, ..Attempt::at(LOGIN) };
        let caller = Caller { door, os_user: os_user.map(str::to_owned) };
        self.admit(attempt, caller, &mut |_| Reply::Aborted)
    }

    /// Admits somebody who sits at a terminal, and asks what the gate asks. Where terminals ask for a second factor, so does
    /// this: the way in is then `%Service_Terminal`, as it is in an emergency, and else `%Service_Login`. With
    /// [`Dialogue::None`] nothing is asked, and only what came along counts.
    pub fn admit_person(
        &self,
        person: Person<'_>,
        caller: Caller,
        answer: &mut dyn FnMut(&Question) -> Reply,
    ) -> Result<Session, Refusal> {
        let Person { name, password, code, dialogue } = person;
        let offer = Offer::Password { name: name.to_owned(), password: password.duplicate() };
        let attempt = Attempt { offer, code, dialogue, ..Attempt::at(self.service_of_people()?) };
        self.admit(attempt, caller, answer)
    }

    fn service_of_people(&self) -> Result<&'static str, Refusal> {
        if self.emergency.is_some() {
            return Ok(TERMINAL);
        }
        let policy = &self.settings()?.policy;
        let terminal = policy.services.named(TERMINAL);
        let effective = terminal.map_or(Mask::NONE, |service| Mask::of_service(&policy.system, service));
        Ok(if effective.has(Mask::SECOND_FACTORS) { TERMINAL } else { LOGIN })
    }
}
