//! Which sessions of the database came through this gate: only their queries are cancelled through it.

use crate::codec::Key;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The keys of the sessions that are running.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Arc<Mutex<HashSet<Key>>>);

/// A session that is running while this lives.
#[derive(Debug)]
pub(crate) struct Known {
    keys: Keys,
    key: Key,
}

impl Keys {
    pub(crate) fn learn(&self, key: Key) -> Known {
        self.lock().insert(key);
        Known { keys: self.clone(), key }
    }

    pub(crate) fn know(&self, key: Key) -> bool {
        self.lock().contains(&key)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        self.keys.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_while_their_sessions_run() {
        let (keys, key) = (Keys::default(), Key { process: 1, secret: 2 });
        let known = keys.learn(key);
        assert!(keys.know(key) && !keys.know(Key { secret: 3, ..key }));
        drop(known);
        assert!(!keys.know(key));
    }
}
