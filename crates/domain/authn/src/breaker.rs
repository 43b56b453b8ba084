//! Circuit breakers: whether a server outside is asked at all.
//!
//! ```text
//!            so many failures in a row                the pause is over
//! Closed ─────────────────────────────→ Open ─────────────────────────────→ HalfOpen
//!   ↑                                    ↑                                 one call tries
//!   │                                    └──────── it fails: twice the pause ──┤
//!   └───────────────────────────────────────────────────── it is answered ────┘
//! ```
//!
//! A server that is down or hangs costs a few logins the time that they wait for it; then nobody waits for it until it
//! answers again. An answer that refuses is an answer. The time is an argument: how long ago whoever keeps the
//! [`Servers`] began, by a clock that never goes back.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// When a breaker opens, for how long, and how many calls a server has at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Failures in a row after which it opens.
    pub failures: u32,
    /// How long it stays open at first.
    pub pause: Duration,
    /// The longest it stays open; each attempt that fails doubles the pause up to here.
    pub longest_pause: Duration,
    /// Calls at once; what is beyond is not begun.
    pub at_once: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self { failures: 3, pause: second, longest_pause: 60 * second, at_once: 16 }
    }
}

/// Why a server was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// It did not answer lately.
    Open,
    /// As many calls as there may be wait for it already.
    Crowded,
}

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "it did not answer lately and is left alone for a while",
            Self::Crowded => "too many wait for it already",
        })
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The server answered, whatever it said.
    Answered,
    /// It could not be reached, broke off, or did not answer in time; why, in one line without secrets.
    Failed(String),
}

/// Whether a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Closed,
    /// It is not, for so long still.
    Open(Duration),
    /// One call tries it.
    HalfOpen,
}

impl State {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open(_) => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// How a server does, and what became of the calls since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Which server, such as `ldap ldap.example:636`.
    pub server: String,
    /// Whether it is asked.
    pub state: State,
    /// Calls that were begun.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Calls that were not begun because the breaker was open.
    pub skipped: u64,
    /// Calls that were not begun because too many waited.
    pub crowded_out: u64,
    /// Calls under way.
    pub under_way: u32,
    /// The time that ended calls took together.
    pub time: Duration,
    /// Why the last one that failed did.
    pub last_failure: String,
}

#[derive(Debug)]
enum Phase {
    Closed { failures: u32 },
    Open { until: Duration, pause: Duration },
    HalfOpen { pause: Duration },
}

/// The breaker of one server.
#[derive(Debug)]
struct Breaker {
    phase: Phase,
    calls: u64,
    failures: u64,
    skipped: u64,
    crowded_out: u64,
    under_way: u32,
    time: Duration,
    last_failure: String,
}

impl Breaker {
    const fn new() -> Self {
        Self {
            phase: Phase::Closed { failures: 0 },
            calls: 0,
            failures: 0,
            skipped: 0,
            crowded_out: 0,
            under_way: 0,
            time: Duration::ZERO,
            last_failure: String::new(),
        }
    }

    fn enter(&mut self, bounds: &Bounds, now: Duration) -> Result<(), NotAsked> {
        match self.phase {
            Phase::Open { until, .. } if now < until => {
                self.skipped += 1;
                return Err(NotAsked::Open);
            }
            Phase::HalfOpen { .. } => {
                self.skipped += 1;
                return Err(NotAsked::Open);
            }
            _ if self.under_way >= bounds.at_once => {
                self.crowded_out += 1;
                return Err(NotAsked::Crowded);
            }
            Phase::Open { pause, .. } => self.phase = Phase::HalfOpen { pause },
            Phase::Closed { .. } => {}
        }
        self.calls += 1;
        self.under_way += 1;
        Ok(())
    }

    fn leave(&mut self, bounds: &Bounds, began: Duration, now: Duration, ended: Ended) {
        self.under_way = self.under_way.saturating_sub(1);
        self.time = self.time.saturating_add(now.saturating_sub(began));
        let Ended::Failed(why) = ended else {
            self.phase = Phase::Closed { failures: 0 };
            return;
        };
        self.failures += 1;
        self.last_failure = why;
        let opened = |pause: Duration| Phase::Open { until: now.saturating_add(pause), pause };
        match self.phase {
            Phase::Closed { failures } if failures + 1 < bounds.failures => {
                self.phase = Phase::Closed { failures: failures + 1 };
            }
            Phase::Closed { .. } => self.phase = opened(bounds.pause),
            Phase::HalfOpen { pause } => {
                self.phase = opened(pause.saturating_mul(2).min(bounds.longest_pause));
            }
            // A call that began before it opened.
            Phase::Open { .. } => {}
        }
    }

    fn health(&self, server: &str, now: Duration) -> Health {
        let state = match self.phase {
            Phase::Closed { .. } => State::Closed,
            Phase::HalfOpen { .. } => State::HalfOpen,
            Phase::Open { until, .. } => State::Open(until.saturating_sub(now)),
        };
        Health {
            server: server.to_owned(),
            state,
            calls: self.calls,
            failures: self.failures,
            skipped: self.skipped,
            crowded_out: self.crowded_out,
            under_way: self.under_way,
            time: self.time,
            last_failure: self.last_failure.clone(),
        }
    }
}

/// The breakers of all servers of a mechanism, each made when its server is first asked.
#[derive(Debug, Default)]
pub struct Servers {
    bounds: Bounds,
    known: Mutex<BTreeMap<String, Breaker>>,
}

impl Servers {
    /// The most servers that are remembered. Names come from settings, not from callers.
    pub const MOST: usize = 256;

    /// Breakers with these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, known: Mutex::default() }
    }

    /// Begins a call of a server, if that may be.
    pub fn enter(&self, server: &str, now: Duration) -> Result<Call<'_>, NotAsked> {
        let mut known = self.known();
        if !known.contains_key(server) && known.len() >= Self::MOST {
            // One that nobody talks to makes room; its figures are lost.
            let idle = known.iter().find(|(_, breaker)| breaker.under_way == 0).map(|(name, _)| name.clone());
            known.remove(&idle.ok_or(NotAsked::Crowded)?);
        }
        known.entry(server.to_owned()).or_insert_with(Breaker::new).enter(&self.bounds, now)?;
        Ok(Call { servers: self, server: server.to_owned(), began: now, ended: false })
    }

    /// How every server does that was asked since the start.
    pub fn health(&self, now: Duration) -> Vec<Health> {
        self.known().iter().map(|(server, breaker)| breaker.health(server, now)).collect()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Breaker>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way. Dropped without an end it failed.
#[derive(Debug)]
#[must_use = "a call that is dropped counts as failed"]
pub struct Call<'a> {
    servers: &'a Servers,
    server: String,
    began: Duration,
    ended: bool,
}

impl Call<'_> {
    /// Tells how it ended, and when.
    pub fn end(mut self, now: Duration, ended: Ended) {
        self.finish(now, ended);
    }

    fn finish(&mut self, now: Duration, ended: Ended) {
        self.ended = true;
        if let Some(breaker) = self.servers.known().get_mut(&self.server) {
            breaker.leave(&self.servers.bounds, self.began, now, ended);
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let began = self.began;
            self.finish(began, Ended::Failed("the call was broken off".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn fail(servers: &Servers, now: Duration) {
        servers.enter("a", now).unwrap().end(now, Ended::Failed("down".to_owned()));
    }

    fn one(servers: &Servers, now: Duration) -> Health {
        servers.health(now).remove(0)
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_call_tries_it_again() {
        let servers = Servers::default();
        fail(&servers, at(0));
        fail(&servers, at(0));
        servers.enter("a", at(1)).unwrap().end(at(2), Ended::Answered);
        fail(&servers, at(3));
        fail(&servers, at(3));
        assert_eq!(one(&servers, at(3)).state, State::Closed, "an answer starts the count anew");
        fail(&servers, at(3));
        assert_eq!(one(&servers, at(3)).state, State::Open(at(1_000)));
        assert_eq!(servers.enter("a", at(1_002)).unwrap_err(), NotAsked::Open);
        let probe = servers.enter("a", at(1_003)).unwrap();
        assert_eq!(
            servers.enter("a", at(1_003)).unwrap_err(),
            NotAsked::Open,
            "one tries, others do not wait"
        );
        probe.end(at(1_100), Ended::Failed("still".to_owned()));
        assert_eq!(one(&servers, at(1_100)).state, State::Open(at(2_000)), "twice the pause");
        servers.enter("a", at(3_100)).unwrap().end(at(3_101), Ended::Answered);
        let health = one(&servers, at(3_101));
        assert_eq!((health.state, health.calls, health.failures, health.skipped), (State::Closed, 8, 6, 2));
        assert_eq!((health.time, health.last_failure.as_str()), (at(99), "still"));
    }

    #[test]
    fn the_pause_is_bounded() {
        let servers = Servers::default();
        let mut now = at(0);
        for _ in 0..3 {
            fail(&servers, now);
        }
        for _ in 0..20 {
            let State::Open(rest) = one(&servers, now).state else { panic!() };
            assert!(rest <= at(60_000));
            now += rest;
            fail(&servers, now);
        }
        assert_eq!(one(&servers, now).state, State::Open(at(60_000)));
    }

    #[test]
    fn only_so_many_wait_at_once_and_servers_do_not_share() {
        let servers = Servers::new(Bounds { at_once: 2, ..Bounds::default() });
        let (first, _second) = (servers.enter("a", at(0)).unwrap(), servers.enter("a", at(0)).unwrap());
        assert_eq!(servers.enter("a", at(0)).unwrap_err(), NotAsked::Crowded);
        assert!(servers.enter("b", at(0)).is_ok());
        first.end(at(5), Ended::Answered);
        assert!(servers.enter("a", at(5)).is_ok());
        assert_eq!(one(&servers, at(5)).crowded_out, 1);
    }

    #[test]
    fn a_call_that_is_broken_off_failed() {
        let servers = Servers::default();
        drop(servers.enter("a", at(0)).unwrap());
        let health = one(&servers, at(0));
        assert_eq!((health.failures, health.under_way), (1, 0));
    }

    #[test]
    fn no_more_servers_are_remembered_than_there_may_be() {
        let servers = Servers::default();
        for number in 0..2 * Servers::MOST {
            servers.enter(&number.to_string(), at(0)).unwrap().end(at(0), Ended::Answered);
        }
        assert_eq!(servers.health(at(0)).len(), Servers::MOST);
    }

    proptest! {
        /// Whatever happens: calls under way are those that have not ended, and a server that answers is asked again
        /// after at most the longest pause.
        #[test]
        fn it_never_stays_open(steps in proptest::collection::vec((0_u64..5_000, 0_u8..3), 0..200)) {
            let servers = Servers::default();
            let (mut now, mut open) = (at(0), Vec::new());
            for (pause, what) in steps {
                now += at(pause);
                match what {
                    0 => open.extend(servers.enter("a", now)),
                    1 => if let Some(call) = open.pop() { call.end(now, Ended::Answered) },
                    _ => if let Some(call) = open.pop() { call.end(now, Ended::Failed(String::new())) },
                }
                let under_way = servers.health(now).first().map_or(0, |health| health.under_way);
                prop_assert_eq!(under_way as usize, open.len());
            }
            for call in open {
                call.end(now, Ended::Failed(String::new()));
            }
            servers.enter("a", now + at(60_000)).unwrap().end(now, Ended::Answered);
            prop_assert_eq!(one(&servers, now).state, State::Closed);
        }
    }
}
