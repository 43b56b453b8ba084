//! Refusals before anybody was named are recorded once a minute for each peer, service and code (`services.md` DEC-S20).

use crate::gate::Visit;
use sclera_core::status::Code;
use sclera_core::time::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const MINUTE: i64 = 60_000_000;
/// The most that are remembered; beyond, what is older than a minute goes, and then everything.
const MOST: usize = 1_024;

/// A service, a peer and a code.
type What = (String, Option<IpAddr>, u16);

#[derive(Debug, Default)]
pub(crate) struct Pauses(Mutex<BTreeMap<What, Timestamp>>);

impl Pauses {
    /// Tells whether one is to be recorded now.
    pub(crate) fn allow(&self, visit: &Visit, code: Code, now: Timestamp) -> bool {
        self.allows((visit.service().to_owned(), visit.peer(), code.number()), now)
    }

    fn allows(&self, what: What, now: Timestamp) -> bool {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: &Timestamp| (0..MINUTE).contains(&(now.micros() - at.micros()));
        if recorded.get(&what).is_some_and(is_recent) {
            return false;
        }
        if recorded.len() >= MOST {
            recorded.retain(|_, at| is_recent(at));
        }
        if recorded.len() >= MOST {
            recorded.clear();
        }
        recorded.insert(what, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_minute_is_recorded() {
        let pauses = Pauses::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let what = |code| ("%Service_Login".to_owned(), None, code);
        assert!(pauses.allows(what(800), at(0)) && !pauses.allows(what(800), at(59)));
        assert!(pauses.allows(what(817), at(1)), "another code");
        assert!(pauses.allows(what(800), at(60)) && !pauses.allows(what(800), at(119)));
        assert!(pauses.allows(what(800), at(10)), "a clock that was set back");
        for code in 0..5_000 {
            assert!(pauses.allows(what(code), at(500)));
        }
        assert!(pauses.0.lock().unwrap().len() <= MOST);
    }
}
