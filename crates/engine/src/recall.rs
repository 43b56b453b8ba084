//! What is recalled instead of being read: answers to questions that are asked again and again, for as long as nothing at
//! all was committed ([`Stamp`]). A recalled answer costs no transaction and waits for nobody, so that a gate may ask for
//! one wherever it is; where there is none it asks as always, and that answer is recalled from then on.

use crate::decide::{UserAnswer, in_session, missing};
use crate::engine::{Engine, Settings, World};
use crate::{Refusal, Session};
use sclera_core::decision::Answer;
use sclera_core::id::RoleId;
use sclera_core::name::{Folded, same};
use sclera_core::permission::Permissions;
use sclera_core::policy::Closure;
use sclera_core::privilege::Requirement;
use sclera_core::time::Timestamp;
use sclera_store::chain::{Digester, Key};
use sclera_store::port::{Activity, Stamp, Store};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The most users, and the most credentials of machines, of which something is recalled.
const MOST_USERS: usize = 16_384;
const MOST_MACHINES: usize = 1_024;
/// For how long an admission is recalled: what time alone brings about, such as an account that expires, is noticed by
/// then. In microseconds.
const ADMITTED: i64 = 1_000_000;

/// Everything that is recalled.
pub(crate) struct Recall {
    /// Makes the digests of machines, by a key that this process alone has.
    marks: Digester,
    /// The roles of users and all that they lead to; none for a name that nobody has.
    users: Recalled<Stamp, Folded, Option<Arc<Closure>>>,
    /// Whether roles let a session ask about others.
    askers: Recalled<Stamp, Vec<RoleId>, bool>,
    /// Sessions of machines by a digest of everything that they were judged by, and until when.
    machines: Recalled<(Stamp, Stamp), [u8; 32], (Session, Timestamp)>,
}

impl Recall {
    pub(crate) fn new(world: &dyn World) -> Self {
        let mut key = [0; 32];
        world.fill(&mut key);
        Self {
            marks: Key::new(key).digester("machine at hand"),
            users: Recalled::default(),
            askers: Recalled::default(),
            machines: Recalled::default(),
        }
    }
}

/// What is recalled as of a state, and of no other.
struct Recalled<T, K, V>(Mutex<Entries<T, K, V>>);

struct Entries<T, K, V> {
    as_of: Option<T>,
    by_key: HashMap<K, V>,
}

impl<T, K, V> Default for Recalled<T, K, V> {
    fn default() -> Self {
        Self(Mutex::new(Entries { as_of: None, by_key: HashMap::new() }))
    }
}

impl<T: PartialEq, K: Hash + Eq, V: Clone> Recalled<T, K, V> {
    fn find(&self, as_of: &T, key: &K) -> Option<V> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.as_of.as_ref() == Some(as_of) { entries.by_key.get(key).cloned() } else { None }
    }

    /// What was read after `as_of` was taken. What is of another state goes, and where there is no room, all of it.
    fn keep(&self, as_of: T, key: K, value: V, most: usize) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let goes = entries.as_of.as_ref() != Some(&as_of) || entries.by_key.len() >= most;
        let gone = if goes { std::mem::take(&mut entries.by_key) } else { HashMap::new() };
        entries.as_of = Some(as_of);
        entries.by_key.insert(key, value);
        drop(entries);
        // Sessions that end write what they are asked to; nobody waits for that at the lock.
        drop(gone);
    }
}

/// What a credential of a machine is judged by.
pub(crate) struct MachineCall<'a> {
    pub(crate) token: &'a str,
    pub(crate) peer: IpAddr,
    pub(crate) scope: &'a str,
    pub(crate) application: Option<&'a str>,
}

/// What is in memory of one state, asked by a session.
pub struct Look<'a> {
    recall: &'a Recall,
    session: &'a Session,
    stamp: Stamp,
    settings: Arc<Settings>,
    /// Whether the session may ask about others; many questions of one request look it up once.
    may_ask: OnceCell<bool>,
}

impl Look<'_> {
    /// What [`Engine::check`] would answer.
    pub fn check(&self, resource: &str, wanted: Option<&str>) -> Answer {
        in_session(self.session, &self.settings, resource, wanted)
    }

    /// Tells whether [`Engine::demand`] would find everything held. Where it would not, that has to be recorded, which is
    /// not done here.
    pub fn meets(&self, requirement: &Requirement) -> bool {
        missing(self.session, &self.settings, requirement).is_empty()
    }

    /// What [`Engine::check_user`] would answer. Whoever may not ask, or asks about somebody of whom nothing is recalled,
    /// gets no answer here.
    pub fn check_user(&self, user: &str, resource: &str, wanted: Option<&str>) -> Option<UserAnswer> {
        if !same(user, self.session.user()) && !self.may_ask() {
            return None;
        }
        Some(match self.recall.users.find(&self.stamp, &Folded::of(user))? {
            Some(closure) => {
                UserAnswer { answer: self.settings.policy.check(&closure, resource, wanted), known: true }
            }
            None => UserAnswer { answer: Answer::nothing(wanted), known: false },
        })
    }

    fn may_ask(&self) -> bool {
        *self.may_ask.get_or_init(|| {
            let roles = self.session.process().roles();
            if let Some(may_ask) = self.recall.askers.find(&self.stamp, &roles) {
                return may_ask;
            }
            let policy = &self.settings.policy;
            let held = self.session.process().closure(policy);
            let may_ask = policy.granted(&held, "%Admin_Secure", Permissions::USE).is_granted();
            self.recall.askers.keep(self.stamp, roles, may_ask, MOST_MACHINES);
            may_ask
        })
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The last committed settings with the stamp of their state, if they are in memory.
    pub(crate) fn settings_at_hand(&self) -> Option<(Stamp, Arc<Settings>)> {
        let stamp = self.store.stamp()?;
        Some((stamp, self.settings_as_of(stamp)?))
    }

    /// The revision of the settings of now, if it can be told without waiting.
    pub fn revision_at_hand(&self) -> Option<u64> {
        self.settings_at_hand().map(|(_, settings)| settings.revision)
    }

    /// What [`Engine::admit_machine`] would answer, if that is recalled. The application is asked for if there is one of the
    /// name.
    pub fn machine_at_hand(
        &self,
        token: &str,
        peer: IpAddr,
        scope: &str,
        application: Option<&str>,
    ) -> Option<Session> {
        let (stamp, settings) = self.settings_at_hand()?;
        let application = application.filter(|name| settings.policy.applications.named(name).is_some());
        let (as_of, call) =
            ((stamp, self.activity.stamp()?), MachineCall { token, peer, scope, application });
        let (session, until) = self.recall.machines.find(&as_of, &self.mark(&call))?;
        (self.world.now() < until && !session.is_ended()).then_some(session)
    }

    /// The stamps of both stores.
    pub(crate) fn state_at_hand(&self) -> Option<(Stamp, Stamp)> {
        Some((self.store.stamp()?, self.activity.stamp()?))
    }

    /// Recalls the session of a machine that was judged after `as_of` was taken.
    pub(crate) fn recall_machine(
        &self,
        as_of: Option<(Stamp, Stamp)>,
        call: &MachineCall<'_>,
        session: &Session,
        until: Timestamp,
    ) {
        let Some(as_of) = as_of else { return };
        self.stamp_settings(&session.settings, as_of.0);
        let soon = Timestamp::from_micros(self.world.now().micros().saturating_add(ADMITTED));
        let entry = (session.clone(), until.min(soon));
        self.recall.machines.keep(as_of, self.mark(call), entry, MOST_MACHINES);
    }

    fn mark(&self, call: &MachineCall<'_>) -> [u8; 32] {
        let (token, scope) = (call.token.as_bytes(), call.scope.as_bytes());
        let (four, sixteen);
        let peer: &[u8] = match call.peer {
            IpAddr::V4(peer) => {
                four = peer.octets();
                &four
            }
            IpAddr::V6(peer) => {
                sixteen = peer.octets();
                &sixteen
            }
        };
        // The last part is missing, not empty, where no application is asked.
        match call.application {
            None => self.recall.marks.digest(&[token, peer, scope]),
            Some(application) => self.recall.marks.digest(&[token, peer, scope, application.as_bytes()]),
        }
    }

    /// A look at what is in memory, for a session that goes on: all questions of one request are answered by one state.
    pub fn look<'a>(&'a self, session: &'a Session) -> Option<Look<'a>> {
        session.alive(self.world.now()).ok()?;
        let (stamp, settings) = self.settings_at_hand()?;
        Some(Look { recall: &self.recall, session, stamp, settings, may_ask: OnceCell::new() })
    }

    /// The roles of a user and all that they lead to, as a login would get them, with the settings by which that is so.
    pub(crate) fn closure_of(&self, user: &str) -> Result<(Arc<Settings>, Option<Arc<Closure>>), Refusal> {
        let (name, before) = (Folded::of(user), self.store.stamp());
        if let Some((stamp, settings)) = self.settings_at_hand()
            && let Some(closure) = self.recall.users.find(&stamp, &name)
        {
            return Ok((settings, closure));
        }
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let subject = crate::decide::subject(&reading, user)?;
        let closure = subject.map(|(_, subject)| Arc::new(settings.policy.closure(subject.roles())));
        drop(reading);
        if let Some(stamp) = before {
            self.stamp_settings(&settings, stamp);
            self.recall.users.keep(stamp, name, closure.clone(), MOST_USERS);
        }
        Ok((settings, closure))
    }
}
