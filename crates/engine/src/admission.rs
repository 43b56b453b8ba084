//! Admission: who is asking. Only what the gate admits becomes a [`Session`] (see [`crate::gate`]).

use crate::engine::{Engine, Settings, public_roles, user_named};
use crate::gate::Caller;
use crate::install::Instance;
use crate::recorder::Deed;
use crate::refusal::Refusal;
use crate::sessions::{Lease, RunningSession};
use sclera_authn::admission::{Admitted, Attempt, Offer, Reply};
use sclera_authn::mechanism::Mechanism;
use sclera_authn::secret::Secret;
use sclera_core::id::RoleId;
use sclera_core::login::Occasion;
use sclera_core::process::Process;
use sclera_core::user::User;
use sclera_store::port::{Activity, Store};
use std::net::IpAddr;
use std::sync::Arc;

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
}

impl Door {
    /// The word for it in records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Socket => "socket",
            Self::Library => "library",
            Self::Http => "http",
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

/// Somebody who was admitted: a user with the roles of the login, deciding from the settings of that moment.
#[derive(Clone)]
pub struct Session {
    process: Process,
    pub(crate) settings: Arc<Settings>,
    lease: Arc<Lease>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({}, {})", self.user(), self.roles())
    }
}

impl Session {
    pub(crate) fn of(admitted: &Admitted, settings: Arc<Settings>, lease: Arc<Lease>) -> Self {
        Self { process: Process::new(&admitted.name, &admitted.roles), settings, lease }
    }

    /// `$USERNAME`.
    pub fn user(&self) -> &str {
        self.process.user()
    }

    /// `$ROLES` as a comma list.
    pub fn roles(&self) -> String {
        self.process.roles_text(&self.settings.policy)
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

    /// Refuses if the session was ended.
    pub(crate) fn alive(&self) -> Result<(), Refusal> {
        if self.lease.is_ended() { Err(Refusal::SessionEnded) } else { Ok(()) }
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }
}

/// The service whose mechanisms count for a login by name and password from code or command.
const LOGIN: &str = "%Service_Login";
/// The service whose mechanisms count for a local caller that the operating system vouches for.
const TERMINAL: &str = "%Service_Terminal";
/// The service whose mechanisms count for a login over HTTP.
const WEB_GATEWAY: &str = "%Service_WebGateway";

impl<S: Store, A: Activity> Engine<S, A> {
    /// Admits a local caller by what the operating system says (`authentication.md` section 8). Whoever owns the files
    /// is the owner of the instance, by the account that it was made with.
    pub fn admit_os(&self, os: &OsCaller, door: Door) -> Result<Session, Refusal> {
        let caller = Caller { door, os_user: os.name.clone() };
        if os.owns_instance
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
            id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
            user: user.name.to_string(),
            user_id: Some(user.id),
            service: TERMINAL.to_owned(),
            mechanism: Mechanism::Os.word(),
            door: caller.door,
            os_user: caller.os_user.clone(),
            device: "127.0.0.1".to_owned(),
            since: self.world.now(),
        });
        Session { process: Process::new(user.name.as_str(), &roles), settings, lease }
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

    /// The same for a caller over HTTP, who comes through the web gateway's service.
    pub fn admit_http(&self, name: &str, password: &Secret, peer: IpAddr) -> Result<Session, Refusal> {
        let offer = Offer::Password { name: name.to_owned(), password: password.duplicate() };
        let attempt = Attempt { offer, peer: Some(peer), ..Attempt::at(WEB_GATEWAY) };
        let caller = Caller { door: Door::Http, os_user: None };
        self.admit(attempt, caller, &mut |_| Reply::Aborted)
    }
}
