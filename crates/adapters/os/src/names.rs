//! What names of hosts stand for, as the name service of the machine says; remembered for a minute.

use std::collections::HashMap;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Asks the name service, and remembers what it said.
#[derive(Debug, Clone)]
pub struct Names {
    known: Arc<Mutex<HashMap<String, Known>>>,
    ask: fn(&str) -> Vec<IpAddr>,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<IpAddr>,
    until: Instant,
    /// Somebody is asking already.
    is_asked: bool,
}

impl Default for Names {
    fn default() -> Self {
        Self { known: Arc::default(), ask: resolve }
    }
}

impl Names {
    /// The addresses of a name: none where it stands for nothing, or nothing is known in time. Whoever asks waits two seconds
    /// at most; what comes later is remembered for the next.
    pub fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let now = Instant::now();
        {
            let mut known = self.lock();
            if known.len() >= MOST && !known.contains_key(name) {
                known.retain(|_, one| one.until > now || one.is_asked);
                if known.len() >= MOST {
                    return Vec::new();
                }
            }
            let fresh = || Known { addresses: Vec::new(), until: now, is_asked: false };
            let one = known.entry(name.to_owned()).or_insert_with(fresh);
            if one.until > now || one.is_asked {
                return if one.until > now { one.addresses.clone() } else { Vec::new() };
            }
            one.is_asked = true;
        }
        let (names, name) = (self.clone(), name.to_owned());
        let (said, heard) = channel();
        let asking = std::thread::Builder::new().name("names".to_owned()).spawn(move || {
            let addresses = (names.ask)(&name);
            let until = Instant::now() + MEMORY;
            names.lock().insert(name, Known { addresses: addresses.clone(), until, is_asked: false });
            // Nobody may be waiting any longer.
            let _ = said.send(addresses);
        });
        match asking {
            Ok(_) => heard.recv_timeout(PATIENCE).unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn resolve(name: &str) -> Vec<IpAddr> {
    let found = (name, 0).to_socket_addrs();
    found
        .map(|addresses| addresses.map(|address| address.ip()).take(MOST_ADDRESSES).collect())
        .unwrap_or_default()
}

/// How long an answer is remembered.
const MEMORY: Duration = Duration::from_secs(60);
/// How long it is waited for one.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most names that are remembered, and the most addresses of one.
const MOST: usize = 1_024;
const MOST_ADDRESSES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn this_machine_is_known_and_what_is_none_is_not() {
        let names = Names::default();
        let here = names.addresses("localhost");
        assert!(!here.is_empty() && here.iter().all(IpAddr::is_loopback), "{here:?}");
        assert!(names.addresses("no-such-host.invalid").is_empty());
    }

    #[test]
    fn an_answer_is_remembered() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let ask = |_: &str| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            vec![IpAddr::from([10, 0, 0, 7])]
        };
        let names = Names { ask, ..Names::default() };
        for _ in 0..5 {
            assert_eq!(names.addresses("db.example"), [IpAddr::from([10, 0, 0, 7])]);
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
        for number in 0..2 * MOST {
            names.lock().insert(
                number.to_string(),
                Known { addresses: Vec::new(), until: Instant::now(), is_asked: false },
            );
        }
        assert!(!names.addresses("db.example").is_empty());
        assert!(!names.addresses("other.example").is_empty(), "what is old makes room");
        assert!(names.lock().len() <= MOST);
    }
}
