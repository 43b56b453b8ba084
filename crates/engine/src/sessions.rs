//! Sessions that are running in this process: who is in, since when, by which door; and ending them.
//!
//! A session is known from its admission until its last copy is dropped. One that was ended is refused whatever it asks.

use crate::engine::Engine;
use crate::events::AuditEvent;
use crate::{Door, Refusal, Session};
use sclera_core::id::UserId;
use sclera_core::name::same;
use sclera_core::time::Timestamp;
use sclera_store::port::{Activity, Store};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
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
    register: Weak<Mutex<Register>>,
}

impl Lease {
    pub(crate) fn about(&self) -> &RunningSession {
        &self.about
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Relaxed)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(register) = self.register.upgrade() {
            lock(&register).remove(&self.about.id);
        }
    }
}

type Register = BTreeMap<String, Weak<Lease>>;

/// The sessions of this process.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Arc<Mutex<Register>>);

impl Sessions {
    pub(crate) fn begin(&self, about: RunningSession) -> Arc<Lease> {
        let id = about.id.clone();
        let lease = Lease { about, is_ended: AtomicBool::new(false), register: Arc::downgrade(&self.0) };
        let lease = Arc::new(lease);
        lock(&self.0).insert(id, Arc::downgrade(&lease));
        lease
    }

    fn all(&self) -> Vec<Arc<Lease>> {
        // They are dropped by the caller: dropping the last one takes the lock again.
        lock(&self.0).values().filter_map(Weak::upgrade).collect()
    }

    /// Ends those that are meant, and says how many there were.
    pub(crate) fn end(&self, meant: impl Fn(&RunningSession) -> bool) -> usize {
        let ended = |lease: &Arc<Lease>| meant(&lease.about) && !lease.is_ended.swap(true, Ordering::Relaxed);
        self.all().iter().filter(|lease| ended(lease)).count()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The sessions of this process, the oldest first: all of them for an administrator, else those of the caller's own
    /// user.
    pub fn sessions(&self, session: &Session) -> Result<Vec<RunningSession>, Refusal> {
        session.alive()?;
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
    /// caller's own session is not among those that are ended by user. Says how many were.
    pub fn end_sessions(&self, session: &Session, which: &str) -> Result<usize, Refusal> {
        session.alive()?;
        let all = self.holds_secure(session)?;
        let mine = |about: &RunningSession| all || same(&about.user, session.user());
        let named = |about: &RunningSession| {
            about.id == which || (same(&about.user, which) && about.id != session.about().id)
        };
        let ended = self.sessions.end(|about| mine(about) && named(about));
        if ended == 0 {
            // Whoever may not see a session learns no more than that there is none.
            return Ok(0);
        }
        let cause = format!("{ended} sessions of {which} ended by {}", session.user());
        self.emit_of(session, &AuditEvent::Terminate { service: "", cause: &cause })?;
        Ok(ended)
    }
}
