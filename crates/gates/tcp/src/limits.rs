//! Bounds: on how many connections there are, how many of one source, how fast they come, and how long everything takes.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much of everything there may be at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; more wait in the queue of the socket.
    pub connections: usize,
    /// Connections at once of one source: an IPv4 address, or an IPv6 network of 64 bits.
    pub per_source: u32,
    /// New connections of one source in a second; as many may come at once after a pause.
    pub rate: u32,
    /// How long the PROXY header, the TLS handshake and the log-in may take, each.
    pub head_time: Duration,
    /// How long the upstream may take to answer a connection.
    pub connect_time: Duration,
    /// How long nothing may move on a connection; none for as long as it likes.
    pub idle_time: Option<Duration>,
    /// The same once one of the sides has said its last.
    pub half_open_time: Duration,
    /// How long the connections of a basic service may go on once it is off.
    pub drain_time: Duration,
    /// How long connections may go on once the server stops.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            per_source: 256,
            rate: 200,
            head_time: Duration::from_secs(10),
            connect_time: Duration::from_secs(10),
            idle_time: None,
            half_open_time: Duration::from_secs(60),
            drain_time: Duration::from_secs(30),
            stop_time: Duration::from_secs(5),
        }
    }
}

/// Connections by source.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    register: Arc<Mutex<HashMap<u128, Source>>>,
    at_once: u32,
    rate: u32,
}

#[derive(Debug)]
struct Source {
    open: u32,
    /// Connections that may come at once, in thousandths.
    credit: u64,
    at: Instant,
}

/// A connection that counts for its source while this lives.
#[derive(Debug)]
pub(crate) struct Place {
    sources: Sources,
    key: u128,
}

impl Sources {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { register: Arc::default(), at_once: limits.per_source, rate: limits.rate.max(1) }
    }

    /// A place for a connection, unless its source has too many or they come too fast.
    pub(crate) fn enter(&self, peer: IpAddr, now: Instant) -> Option<Place> {
        let key = key(peer);
        let full = u64::from(self.rate) * UNIT;
        let mut register = self.lock();
        if register.len() >= MOST_SOURCES && !register.contains_key(&key) {
            register.retain(|_, source| source.open > 0);
            if register.len() >= MOST_SOURCES {
                return None;
            }
        }
        let source = register.entry(key).or_insert(Source { open: 0, credit: full, at: now });
        let passed = u64::try_from(now.saturating_duration_since(source.at).as_millis()).unwrap_or(u64::MAX);
        source.credit = passed.saturating_mul(u64::from(self.rate)).saturating_add(source.credit).min(full);
        source.at = now;
        if source.open >= self.at_once || source.credit < UNIT {
            return None;
        }
        source.credit -= UNIT;
        source.open += 1;
        Some(Place { sources: self.clone(), key })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u128, Source>> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut register = self.sources.lock();
        if let Some(source) = register.get_mut(&self.key) {
            source.open = source.open.saturating_sub(1);
        }
    }
}

/// What stands for a source. Of IPv6, whoever has one address of a network of 64 bits has them all.
fn key(peer: IpAddr) -> u128 {
    match peer.to_canonical() {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address) >> 64 | 1 << 127,
    }
}

/// A connection in units of credit.
const UNIT: u64 = 1_000;
/// The most sources that are known at once.
const MOST_SOURCES: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(per_source: u32, rate: u32) -> Sources {
        Sources::new(&Limits { per_source, rate, ..Limits::default() })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_has_so_many_at_once() {
        let (sources, now) = (sources(2, 1_000), Instant::now());
        let held: Vec<_> = (0..2).map(|_| sources.enter(ip("10.0.0.1"), now).unwrap()).collect();
        assert!(sources.enter(ip("10.0.0.1"), now).is_none());
        assert!(sources.enter(ip("::ffff:10.0.0.1"), now).is_none(), "the same, written otherwise");
        assert!(sources.enter(ip("10.0.0.2"), now).is_some());
        drop(held);
        assert!(sources.enter(ip("10.0.0.1"), now).is_some());
    }

    #[test]
    fn a_network_of_64_bits_is_one_source() {
        let (sources, now) = (sources(1, 1_000), Instant::now());
        let _held = sources.enter(ip("2001:db8:1:2::7"), now).unwrap();
        assert!(sources.enter(ip("2001:db8:1:2:ffff::1"), now).is_none());
        assert!(sources.enter(ip("2001:db8:1:3::7"), now).is_some());
    }

    #[test]
    fn they_come_only_so_fast() {
        let (sources, now) = (sources(1_000, 5), Instant::now());
        let entered = |now| (0..20).filter(|_| sources.enter(ip("10.0.0.1"), now).is_some()).count();
        assert_eq!(entered(now), 5);
        assert_eq!(entered(now + Duration::from_millis(199)), 0);
        assert_eq!(entered(now + Duration::from_millis(400)), 2);
        assert_eq!(entered(now + Duration::from_secs(3_600)), 5);
        assert_eq!(entered(now), 0, "a clock that goes back gives nothing");
    }

    #[test]
    fn sources_without_connections_are_forgotten() {
        let (sources, now) = (sources(1, 5), Instant::now());
        let _held = sources.enter(ip("10.0.0.1"), now).unwrap();
        for number in 0..u32::try_from(MOST_SOURCES).unwrap() + 10 {
            assert!(sources.enter(IpAddr::from((number | 1 << 28).to_be_bytes()), now).is_some());
        }
        assert!(sources.lock().len() <= MOST_SOURCES);
        assert!(sources.enter(ip("10.0.0.1"), now + Duration::from_secs(1)).is_none(), "it is still there");
    }
}
