//! What is recalled instead of being read: answers to questions that are asked again and again, for as long as nothing at
//! all was committed ([`Stamp`]). A recalled answer costs no transaction and waits for nobody, so that a gate may ask for
//! one wherever it is; where there is none it asks as always, and that answer is recalled from then on.

use crate::decide::{UserAnswer, in_session, missing};
use crate::engine::{Engine, Settings, World};
use crate::{Refusal, Session};
use sclera_core::decision::Answer;
use sclera_core::id::RoleId;
use sclera_core::name::{Folded, MOST_BYTES, same};
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
use zeroize::Zeroizing;

/// The most users, and the most credentials of machines, of which something is recalled.
const MOST_USERS: usize = 16_384;
const MOST_MACHINES: usize = 1_024;
/// The most resources on which what a user holds is laid out, to be found at once: at most 2 KiB a user.
const MOST_LAID_OUT: usize = 256;
/// For how long an admission is recalled: what time alone brings about, such as an account that expires, is noticed by
/// then. In microseconds.
const ADMITTED: i64 = 1_000_000;

/// The session of a machine, and until when it is recalled.
type Machine = (Arc<Session>, Timestamp);

/// Everything that is recalled.
pub(crate) struct Recall {
    /// Makes the digests of machines, by a key that this process alone has.
    marks: Digester,
    /// The roles of users and all that they lead to; none for a name that nobody has.
    users: Recalled<Stamp, Folded, Option<Arc<Closure>>>,
    /// Whether roles let a session ask about others.
    askers: Recalled<Stamp, Vec<RoleId>, bool>,
    /// Sessions of machines by a digest of everything that they were judged by, and until when.
    machines: Recalled<(Stamp, Stamp), [u8; 32], Machine>,
}

impl Recall {
    pub(crate) fn new(world: &dyn World) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        world.fill(key.as_mut_slice());
        Self {
            marks: Key::new(*key).digester("machine at hand"),
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

/// The settings in memory at an instant when they were those of the last commit. Who goes on without waiting may go on
/// with it; after a wait there may be others.
#[derive(Clone)]
pub struct SettingsAtHand {
    stamp: Stamp,
    pub(crate) settings: Arc<Settings>,
}

/// What is in memory of one state, asked by a session.
pub struct Look<'a> {
    recall: &'a Recall,
    session: &'a Session,
    state: SettingsAtHand,
    /// Whether the session may ask about others; many questions of one request look it up once.
    may_ask: OnceCell<bool>,
}

impl Look<'_> {
    /// What [`Engine::check`] would answer.
    pub fn check(&self, resource: &str, wanted: Option<&str>) -> Answer {
        in_session(self.session, &self.state.settings, resource, wanted)
    }

    /// Tells whether [`Engine::demand`] would find everything held. Where it would not, that has to be recorded, which is
    /// not done here.
    pub fn meets(&self, requirement: &Requirement) -> bool {
        missing(self.session, &self.state.settings, requirement).is_empty()
    }

    /// What [`Engine::check_user`] would answer. Whoever may not ask, or asks about somebody of whom nothing is recalled,
    /// gets no answer here.
    pub fn check_user(&self, user: &str, resource: &str, wanted: Option<&str>) -> Option<UserAnswer> {
        if !same(user, self.session.user()) && !self.may_ask() {
            return None;
        }
        if user.len() > MOST_BYTES {
            return Some(UserAnswer { answer: Answer::nothing(wanted), known: false });
        }
        Some(match self.recall.users.find(&self.state.stamp, &Folded::of(user))? {
            Some(closure) => UserAnswer {
                answer: self.state.settings.policy.check(&closure, resource, wanted),
                known: true,
            },
            None => UserAnswer { answer: Answer::nothing(wanted), known: false },
        })
    }

    fn may_ask(&self) -> bool {
        *self.may_ask.get_or_init(|| {
            let roles = self.session.process().roles();
            if let Some(may_ask) = self.recall.askers.find(&self.state.stamp, &roles) {
                return may_ask;
            }
            let policy = &self.state.settings.policy;
            let held = self.session.process().closure(policy);
            let may_ask = policy.granted(&held, "%Admin_Secure", Permissions::USE).is_granted();
            self.recall.askers.keep(self.state.stamp, roles, may_ask, MOST_MACHINES);
            may_ask
        })
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The last committed settings with the stamp of their state, if they are in memory.
    pub(crate) fn settings_at_hand(&self) -> Option<SettingsAtHand> {
        let stamp = self.store.stamp()?;
        Some(SettingsAtHand { stamp, settings: self.settings_as_of(stamp)? })
    }

    /// The revision of the settings of now, if it can be told without waiting.
    pub fn revision_at_hand(&self) -> Option<u64> {
        self.settings_at_hand().map(|state| state.settings.revision)
    }

    /// What [`Engine::admit_machine`] would answer, if that is recalled, and the settings by which it is so. The application
    /// is asked for if there is one of the name.
    pub fn machine_at_hand(
        &self,
        token: &str,
        peer: IpAddr,
        scope: &str,
        application: Option<&str>,
    ) -> Option<(Arc<Session>, SettingsAtHand)> {
        let state = self.settings_at_hand()?;
        let application = application.filter(|name| state.settings.policy.applications.named(name).is_some());
        let (as_of, call) =
            ((state.stamp, self.activity.stamp()?), MachineCall { token, peer, scope, application });
        let (session, until) = self.recall.machines.find(&as_of, &self.mark(&call))?;
        (self.world.now() < until && !session.is_ended()).then_some((session, state))
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
        // What was committed meanwhile may be what it was judged by.
        let Some(as_of) = as_of.filter(|as_of| self.state_at_hand() == Some(*as_of)) else { return };
        self.stamp_settings(&session.settings, as_of.0);
        let soon = Timestamp::from_micros(self.world.now().micros().saturating_add(ADMITTED));
        let entry = (Arc::new(session.clone()), until.min(soon));
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
        self.look_at(self.settings_at_hand()?, session)
    }

    /// The same at what was at hand just now, without a wait since.
    pub fn look_at<'a>(&'a self, state: SettingsAtHand, session: &'a Session) -> Option<Look<'a>> {
        session.alive(self.world.now()).ok()?;
        Some(Look { recall: &self.recall, session, state, may_ask: OnceCell::new() })
    }

    /// The roles of a user and all that they lead to, as a login would get them, with the settings by which that is so.
    pub(crate) fn closure_of(&self, user: &str) -> Result<(Arc<Settings>, Option<Arc<Closure>>), Refusal> {
        if user.len() > MOST_BYTES {
            return Ok((self.settings()?, None));
        }
        let (name, before) = (Folded::of(user), self.store.stamp());
        if let Some(state) = self.settings_at_hand()
            && let Some(closure) = self.recall.users.find(&state.stamp, &name)
        {
            return Ok((state.settings, closure));
        }
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let subject = crate::decide::subject(&reading, user)?;
        let policy = &settings.policy;
        let closure =
            subject.map(|(_, subject)| policy.laid_out(policy.closure(subject.roles()), MOST_LAID_OUT));
        let closure = closure.map(Arc::new);
        drop(reading);
        // What was committed meanwhile may have been read: it is of no state that is known.
        if let Some(stamp) = before.filter(|before| self.store.stamp() == Some(*before)) {
            self.stamp_settings(&settings, stamp);
            self.recall.users.keep(stamp, name, closure.clone(), MOST_USERS);
        }
        Ok((settings, closure))
    }
}
