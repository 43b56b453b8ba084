//! Sign-ins that are remembered, so that not every request costs the work of comparing a password.
//!
//! An entry is found by a digest of name, password and address under a key that only this process has; passwords
//! themselves are not kept. It counts for a minute at most, and only while nothing at all has changed: everything here
//! belongs to one revision of settings and users. An admission rests on more than the row of the user (the service, the
//! required role, the roles of everybody, …), so that asking whether *something* changed is the simplest rule that
//! cannot overlook anything; after a change each caller is judged once more. What time alone brings about, such as an
//! account that expires, is noticed at the end of the minute. Refusals are never remembered.

use crate::server::digest;
use sclera_core::name::Folded;
use sclera_engine::Session;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Which sign-in: nothing can be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark([u8; 32]);

/// Sign-ins of one revision.
pub(crate) struct Remembered<V = Session> {
    key: Zeroizing<[u8; 32]>,
    lifetime: Duration,
    most: usize,
    entries: Mutex<Entries<V>>,
}

struct Entries<V> {
    revision: u64,
    by_mark: HashMap<Mark, (V, Instant)>,
}

impl<V: Clone> Remembered<V> {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>, lifetime: Duration, most: usize) -> Self {
        let entries = Mutex::new(Entries { revision: 0, by_mark: HashMap::new() });
        Self { key, lifetime, most, entries }
    }

    /// The mark of a sign-in. Address and application are part of it: nobody is admitted from where, or to where, nobody
    /// was judged.
    pub(crate) fn mark(&self, name: &str, password: &str, address: IpAddr, application: &str) -> Mark {
        let (name, address) = (Folded::of(name), address.to_string());
        let parts = [name.as_str(), password, address.as_str(), application];
        Mark(digest(&self.key, &parts.map(str::as_bytes)))
    }

    /// That of a sign-in by certificate. It has a part more, so that no name and password come to the same.
    pub(crate) fn mark_certified(&self, name: &str, address: IpAddr, application: &str) -> Mark {
        let (name, address) = (Folded::of(name), address.to_string());
        let parts = [name.as_str(), "", address.as_str(), application, "certificate"];
        Mark(digest(&self.key, &parts.map(str::as_bytes)))
    }

    /// What is remembered at the revision of now.
    pub(crate) fn find(&self, mark: &Mark, revision: u64, now: Instant) -> Option<V> {
        let entries = self.entries(revision)?;
        let (session, until) = entries.by_mark.get(mark)?;
        (now < *until).then(|| session.clone())
    }

    /// Remembers a sign-in that was judged at a revision. The oldest makes room where there is none.
    pub(crate) fn keep(&self, mark: Mark, session: V, revision: u64, now: Instant) {
        let Some(mut entries) = self.entries(revision) else { return };
        let by_mark = &mut entries.by_mark;
        if by_mark.len() >= self.most && !by_mark.contains_key(&mark) {
            by_mark.retain(|_, (_, until)| now < *until);
            let oldest = by_mark.iter().min_by_key(|(_, (_, until))| *until).map(|(mark, _)| *mark);
            if let (Some(oldest), true) = (oldest, by_mark.len() >= self.most) {
                by_mark.remove(&oldest);
            }
        }
        by_mark.insert(mark, (session, now + self.lifetime));
    }

    /// The entries of a revision: those of an earlier one are gone, and with them the settings they hold. None where a
    /// later one was seen already.
    fn entries(&self, revision: u64) -> Option<MutexGuard<'_, Entries<V>>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if revision > entries.revision {
            *entries = Entries { revision, by_mark: HashMap::new() };
        }
        (revision == entries.revision).then_some(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const MINUTE: Duration = Duration::from_secs(60);

    fn remembered() -> Remembered<u32> {
        Remembered::new(Zeroizing::new([3; 32]), MINUTE, 3)
    }

    #[test]
    fn no_name_and_password_come_to_the_mark_of_a_certificate() {
        let remembered = remembered();
        let certified = remembered.mark_certified("ann", HERE, "/app");
        assert!(certified != remembered.mark("ann", "", HERE, "/app"));
        assert!(certified != remembered.mark("ann", "certificate", HERE, "/app"));
        assert!(certified == remembered.mark_certified("ANN", HERE, "/app"));
        assert!(certified != remembered.mark_certified("ann", HERE, "/other"));
    }

    #[test]
    fn a_sign_in_is_found_by_all_that_it_is_made_of() {
        let (all, now) = (remembered(), Instant::now());
        let mark = all.mark("Ann", "secret", HERE, "/a");
        all.keep(mark, 1, 7, now);
        assert_eq!(all.find(&all.mark("aNN", "secret", HERE, "/a"), 7, now), Some(1));
        let elsewhere = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        for other in [
            all.mark("ann", "Secret", HERE, "/a"),
            all.mark("bob", "secret", HERE, "/a"),
            all.mark("ann", "secret", elsewhere, "/a"),
        ] {
            assert_eq!(all.find(&other, 7, now), None);
        }
    }

    #[test]
    fn it_counts_for_its_time_and_its_revision() {
        let (all, now) = (remembered(), Instant::now());
        let mark = all.mark("ann", "secret", HERE, "/a");
        all.keep(mark, 1, 7, now);
        assert_eq!(all.find(&mark, 7, now + Duration::from_millis(59_999)), Some(1));
        assert_eq!(all.find(&mark, 7, now + MINUTE), None);
        assert_eq!(all.find(&mark, 8, now), None);
        assert_eq!(all.find(&mark, 7, now), None, "what was dropped does not come back");
        all.keep(mark, 2, 7, now);
        assert_eq!(all.find(&mark, 7, now), None, "and what was judged before is not kept after");
        all.keep(mark, 3, 8, now);
        assert_eq!(all.find(&mark, 8, now), Some(3));
    }

    #[test]
    fn the_oldest_makes_room() {
        let (all, now) = (remembered(), Instant::now());
        let mark = |number: u64| all.mark(&number.to_string(), "secret", HERE, "/a");
        let at = |number: u64| now + Duration::from_secs(number);
        for number in 0..5 {
            all.keep(mark(number), 1, 7, at(number));
        }
        let found: Vec<u64> = (0..5).filter(|number| all.find(&mark(*number), 7, at(5)).is_some()).collect();
        assert_eq!(found, [2, 3, 4]);
        all.keep(mark(9), 1, 7, at(200));
        assert_eq!(all.entries(7).unwrap().by_mark.len(), 1, "those past their time go first, all of them");
    }
}
