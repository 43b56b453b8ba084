//! Sessions that are running in this process: who is in, since when, by which door; and ending them.
//!
//! A session is known from its admission until its last copy is dropped. One that was ended is refused whatever it asks.

use crate::engine::{Engine, user_named};
use crate::events::AuditEvent;
use crate::{Door, Refusal, Session};
use sclera_core::id::UserId;
use sclera_core::name::{quotable, same};
use sclera_core::status::Status;
use sclera_core::time::Timestamp;
use sclera_store::port::{Activity, Store};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A session that is running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningSession {
    /// Its name: 16 hexadecimal digits, which let nobody in.
    pub id: String,
    /// `$USERNAME`.
    pub user: String,
    /// The account; none for the user of an emergency.
    pub user_id: Option<UserId>,
    /// The service it came through.
    pub service: String,
    /// How its identity was proven.
    pub mechanism: &'static str,
    /// The door it came through.
    pub door: Door,
    /// The operating-system user behind it, where known.
    pub os_user: Option<String>,
    /// The address or device it came from.
    pub device: String,
    /// Since when.
    pub since: Timestamp,
}

/// The life of a session, which all its copies share.
#[derive(Debug)]
pub(crate) struct Lease {
    about: RunningSession,
    is_ended: AtomicBool,
    /// The session that this one was begun from and ends with.
    from: Option<Arc<Lease>>,
    /// Microseconds without use after which it locks; 0 for never.
    locks_after: AtomicI64,
    used_at: AtomicI64,
    register: Weak<Mutex<Register>>,
}

impl Lease {
    pub(crate) fn about(&self) -> &RunningSession {
        &self.about
    }

    pub(crate) fn is_ended(&self) -> bool {
        let from = self.from.as_deref();
        self.is_ended.load(Ordering::Relaxed) || from.is_some_and(Self::is_ended)
    }

    pub(crate) fn end(&self) {
        self.is_ended.store(true, Ordering::Relaxed);
    }

    /// The lease in its place in the register, ending with another one.
    pub(crate) fn within(lease: &Arc<Self>, from: &Arc<Self>) -> Arc<Self> {
        let Some(register) = lease.register.upgrade() else { return Arc::clone(lease) };
        Sessions(register).enter(lease.about.clone(), Some(Arc::clone(from)))
    }

    pub(crate) fn locks_after(&self, seconds: i64, now: Timestamp) {
        self.wake(now);
        self.locks_after.store(seconds.saturating_mul(1_000_000), Ordering::Relaxed);
    }

    pub(crate) fn wake(&self, now: Timestamp) {
        self.used_at.store(now.micros(), Ordering::Relaxed);
    }

    /// Whether it can be used now, which then counts as a use. A clock that was set back locks it, too.
    pub(crate) fn is_used(&self, now: Timestamp) -> bool {
        let limit = self.locks_after.load(Ordering::Relaxed);
        if limit == 0 {
            return true;
        }
        // One that locked stays so: the time of its last use stands still.
        let used = self.used_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            (0..limit).contains(&now.micros().saturating_sub(used)).then_some(now.micros())
        });
        used.is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(register) = self.register.upgrade() {
            let mut register = lock(&register);
            // One that took its place stays.
            if register.get(&self.about.id).is_some_and(|known| known.strong_count() == 0) {
                register.remove(&self.about.id);
            }
        }
    }
}

type Register = BTreeMap<String, Weak<Lease>>;

/// The sessions of this process.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Arc<Mutex<Register>>);

impl Sessions {
    pub(crate) fn begin(&self, about: RunningSession) -> Arc<Lease> {
        self.enter(about, None)
    }

    fn enter(&self, about: RunningSession, from: Option<Arc<Lease>>) -> Arc<Lease> {
        let id = about.id.clone();
        let lease = Arc::new(Lease {
            about,
            is_ended: AtomicBool::new(false),
            from,
            locks_after: AtomicI64::new(0),
            used_at: AtomicI64::new(0),
            register: Arc::downgrade(&self.0),
        });
        lock(&self.0).insert(id, Arc::downgrade(&lease));
        lease
    }

    fn all(&self) -> Vec<Arc<Lease>> {
        // They are dropped by the caller: dropping the last one takes the lock again.
        lock(&self.0).values().filter_map(Weak::upgrade).collect()
    }

    /// How many are running.
    pub(crate) fn running(&self) -> u64 {
        self.all().iter().filter(|lease| !lease.is_ended()).count() as u64
    }

    /// Ends those that are meant, and names those that it ended.
    pub(crate) fn end(&self, meant: impl Fn(&RunningSession) -> bool) -> Vec<String> {
        let ended =
            |lease: &&Arc<Lease>| meant(&lease.about) && !lease.is_ended.swap(true, Ordering::Relaxed);
        self.all().iter().filter(ended).map(|lease| lease.about.id.clone()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The sessions of this process, the oldest first: all of them for an administrator, else those of the caller's own
    /// user.
    pub fn sessions(&self, session: &Session) -> Result<Vec<RunningSession>, Refusal> {
        session.alive(self.world.now())?;
        let all = self.holds_secure(session)?;
        let mut listed: Vec<RunningSession> = self
            .sessions
            .all()
            .iter()
            .filter(|lease| !lease.is_ended() && (all || same(&lease.about.user, session.user())))
            .map(|lease| lease.about.clone())
            .collect();
        listed.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
        Ok(listed)
    }

    /// Ends a session by its name, or all sessions of a user. An administrator ends anybody's, everybody their own. The
    /// caller's own session is not among those that are ended by user. Says how many were; 0 only of a user that the
    /// caller may ask about.
    pub fn end_sessions(&self, session: &Session, which: &str) -> Result<usize, Refusal> {
        session.alive(self.world.now())?;
        let all = self.holds_secure(session)?;
        if all || same(session.user(), which) {
            // Whoever is logged out everywhere does not come back by a login cookie (`authentication.md` 12.2).
            if let Some(user) = user_named(&self.store.read()?, which)? {
                self.drop_login_cookies_of(user.id)?;
            }
        }
        let mine = |about: &RunningSession| all || same(&about.user, session.user());
        let named = |about: &RunningSession| {
            about.id == which || (same(&about.user, which) && about.id != session.about().id)
        };
        let ended = self.sessions.end(|about| mine(about) && named(about));
        for id in &ended {
            // One that tokens carry must not come back in another process.
            self.forget_running(id)?;
        }
        let ended = ended.len();
        if ended == 0 {
            let is_known = || Ok::<_, Refusal>(user_named(&self.store.read()?, which)?.is_some());
            if same(session.user(), which) || (all && is_known()?) {
                return Ok(0);
            }
            // Whoever may not see a session learns no more than that there is none.
            let why = format!("there is neither a session nor a user {}", quotable(which));
            return Err(Status::general(why).into());
        }
        let cause = format!("{ended} sessions of {which} ended by {}", session.user());
        self.emit_of(session, &AuditEvent::Terminate { service: "", cause: &cause })?;
        self.services.ring();
        Ok(ended)
    }
}
