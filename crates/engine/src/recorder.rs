//! What happens is written down in groups: whoever comes while another is writing is written with all the others that
//! wait, in one transaction (group commit).
//!
//! ```text
//! deed ─┐                      ┌─ one transaction of up to 256 deeds ─► answers
//! deed ─┼─► queue ─► a leader ─┘        the leader is one of those who wait; it hands on to the next
//! deed ─┘
//! ```
//!
//! Deeds are done in the order in which they came. A deed is durable before [`Recorder::perform`] returns; what may lag,
//! such as the time of a success, goes with the next group, half a second later at most.

use sclera_core::id::UserId;
use sclera_core::login::{LoginRecord, Occasion, Throttle};
use sclera_core::time::Timestamp;
use sclera_store::chain::Key;
use sclera_store::journal::{EventRecord, Record, Scribe};
use sclera_store::kept::{Keeping, Kept};
use sclera_store::port::{Activity, ActivityWrite, StoreError, Stored, ThrottleKey};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most deeds in one transaction.
const GROUP: usize = 256;
/// The most deeds that may wait without somebody waiting for them; beyond, they are written at once.
const LAGGING: usize = 4_096;
/// How long what may lag is put off.
const LAG: Duration = Duration::from_millis(500);

/// Something to be written down.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// An event.
    Event(EventRecord),
    /// A failed login.
    Failure { user: Option<UserId>, throttle: Option<ThrottleKey>, occasion: Occasion, status: String },
    /// A login.
    Success { user: Option<UserId>, throttle: Option<ThrottleKey>, occasion: Occasion },
    /// An account was enabled or unlocked by an administrator.
    Enabled { user: UserId, at: Timestamp },
    /// A code of a step is used.
    Spend { user: UserId, step: u64, oldest: u64 },
    /// Something is kept; what may go then goes.
    Keep { kept: Kept, now: Timestamp },
    /// Something is kept in place of what is still as expected; else nothing happens.
    Exchange { expected: Kept, kept: Kept },
    /// Something is kept no longer.
    Drop { keeping: Keeping, id: [u8; 16] },
    /// Nothing; whoever waits for it knows that all before it is written.
    Settle,
}

/// What came of a deed.
#[derive(Debug, Clone)]
pub(crate) enum Written {
    /// It was written.
    Done,
    /// The records as a failure left them.
    Counted(Box<LoginRecord>),
    /// Whether the code was fresh.
    Spent(bool),
    /// Whether it was as expected, or was there.
    Found(bool),
}

/// The one writer of the activity store in this process.
pub(crate) struct Recorder<A>(Arc<Inner<A>>);

struct Inner<A> {
    activity: Arc<A>,
    key: Arc<Key>,
    node: u32,
    queue: Mutex<Queue>,
    /// Writes what waits, when the recorder goes; a destructor cannot ask for the trait by itself.
    last: fn(&Self),
}

#[derive(Default)]
struct Queue {
    waiting: Vec<(Deed, Option<Arc<Slot>>)>,
    is_led: bool,
    has_sweeper: bool,
}

/// Where somebody waits.
#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    written: Option<Stored<Written>>,
    leads: bool,
}

impl<A: Activity> Recorder<A> {
    pub(crate) fn new(activity: Arc<A>, key: Arc<Key>, node: u32) -> Self {
        // A store that cannot be written at the end loses the times of the last successes, and nothing else.
        let last = |inner: &Inner<A>| {
            if !lock(&inner.queue).waiting.is_empty() {
                let _ = inner.perform(Deed::Settle);
            }
        };
        Self(Arc::new(Inner { activity, key, node, queue: Mutex::default(), last }))
    }

    /// Has a deed written down, durably, together with all that came before it.
    pub(crate) fn perform(&self, deed: Deed) -> Stored<Written> {
        self.0.perform(deed)
    }

    /// Has a deed written down soon.
    pub(crate) fn later(&self, deed: Deed) -> Stored<()> {
        let mut queue = lock(&self.0.queue);
        if queue.waiting.len() >= LAGGING {
            drop(queue);
            return self.perform(deed).map(drop);
        }
        queue.waiting.push((deed, None));
        if !queue.has_sweeper {
            queue.has_sweeper = true;
            drop(queue);
            self.sweep();
        }
        Ok(())
    }

    /// Writes what was put off, a little later. Where no thread can be had it goes with the next group.
    fn sweep(&self) {
        // It keeps nothing alive: whoever closes the store meanwhile writes what waits first.
        let inner = Arc::downgrade(&self.0);
        let swept = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            std::thread::sleep(LAG);
            let Some(inner) = inner.upgrade() else { return };
            lock(&inner.queue).has_sweeper = false;
            // A store that cannot be written is told to whoever waits for it; the times of successes wait for a better day.
            let _ = inner.perform(Deed::Settle);
        });
        if swept.is_err() {
            lock(&self.0.queue).has_sweeper = false;
        }
    }

    /// Returns when everything that came before is written.
    pub(crate) fn settle(&self) -> Stored<()> {
        if lock(&self.0.queue).waiting.is_empty() {
            return Ok(());
        }
        self.perform(Deed::Settle).map(drop)
    }
}

impl<A> Drop for Recorder<A> {
    fn drop(&mut self) {
        (self.0.last)(&self.0);
    }
}

impl<A: Activity> Inner<A> {
    fn perform(&self, deed: Deed) -> Stored<Written> {
        let slot = Arc::new(Slot::default());
        let mut queue = lock(&self.queue);
        queue.waiting.push((deed, Some(Arc::clone(&slot))));
        let leads = !queue.is_led;
        queue.is_led = true;
        drop(queue);
        if leads {
            self.lead(&slot)
        } else {
            let mut state = lock(&slot.state);
            loop {
                if let Some(written) = state.written.take() {
                    return written;
                }
                if state.leads {
                    drop(state);
                    return self.lead(&slot);
                }
                state = slot.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Writes groups until the leader's own deed is among them, then hands on.
    fn lead(&self, own: &Slot) -> Stored<Written> {
        loop {
            let group: Vec<(Deed, Option<Arc<Slot>>)> = {
                let mut queue = lock(&self.queue);
                let count = queue.waiting.len().min(GROUP);
                queue.waiting.drain(..count).collect()
            };
            let written = self.write(&group);
            for ((_, slot), number) in group.iter().zip(0..) {
                let Some(slot) = slot else { continue };
                let answer = written.as_ref().map_err(Clone::clone);
                let answer =
                    answer.map(|all: &Vec<Written>| all.get(number).cloned().unwrap_or(Written::Done));
                lock(&slot.state).written = Some(answer);
                slot.changed.notify_one();
            }
            let own = lock(&own.state).written.take();
            if let Some(written) = own {
                self.hand_on();
                return written;
            }
        }
    }

    fn hand_on(&self) {
        let mut queue = lock(&self.queue);
        match queue.waiting.iter().find_map(|(_, slot)| slot.clone()) {
            Some(next) => {
                drop(queue);
                lock(&next.state).leads = true;
                next.changed.notify_one();
            }
            None => queue.is_led = false,
        }
    }

    fn write(&self, group: &[(Deed, Option<Arc<Slot>>)]) -> Stored<Vec<Written>> {
        if group.iter().all(|(deed, _)| matches!(deed, Deed::Settle)) {
            return Ok(vec![Written::Done; group.len()]);
        }
        let mut log = self.activity.write()?;
        let mut scribe = Scribe::begin(&log)?;
        let mut written = Vec::with_capacity(group.len());
        let mut has_records = false;
        for (deed, _) in group {
            let (answer, event) = done(deed, &mut log)?;
            if let Some(event) = event {
                scribe.write(&mut log, &Record::Event(event))?;
                has_records = true;
            }
            written.push(answer);
        }
        if has_records {
            scribe.commit(log, &self.key, self.node)?;
        } else {
            sclera_store::port::LogWrite::commit(log)?;
        }
        Ok(written)
    }
}

/// Writes a deed, and says which event is to be recorded with it.
fn done(deed: &Deed, log: &mut impl ActivityWrite) -> Result<(Written, Option<EventRecord>), StoreError> {
    Ok(match deed {
        Deed::Event(event) => (Written::Done, Some(event.clone())),
        Deed::Failure { user, throttle, occasion, status } => {
            let mut record = LoginRecord::default();
            if let Some(user) = user {
                record = log.login(*user)?;
                record.fail(occasion, status);
                log.put_login(*user, &record)?;
            }
            if let Some(key) = throttle {
                let mut failures: Throttle = log.throttle(key)?;
                failures.fail(occasion.at);
                log.put_throttle(key, &failures)?;
            }
            (Written::Counted(Box::new(record)), None)
        }
        Deed::Success { user, throttle, occasion } => {
            if let Some(user) = user {
                let mut record = log.login(*user)?;
                record.succeed(occasion);
                log.put_login(*user, &record)?;
            }
            if let Some(key) = throttle {
                log.drop_throttle(key)?;
            }
            (Written::Done, None)
        }
        Deed::Enabled { user, at } => {
            let mut record = log.login(*user)?;
            record.enable(*at);
            log.put_login(*user, &record)?;
            (Written::Done, None)
        }
        Deed::Spend { user, step, oldest } => (Written::Spent(log.spend(*user, *step, *oldest)?), None),
        Deed::Keep { kept, now } => {
            log.drop_kept_until(*now)?;
            log.keep(kept)?;
            (Written::Done, None)
        }
        Deed::Exchange { expected, kept } => {
            let is_as_expected = log.kept(expected.keeping, &expected.id)?.as_ref() == Some(expected);
            if is_as_expected {
                log.keep(kept)?;
            }
            (Written::Found(is_as_expected), None)
        }
        Deed::Drop { keeping, id } => (Written::Found(log.drop_kept(*keeping, id)?), None),
        Deed::Settle => (Written::Done, None),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
