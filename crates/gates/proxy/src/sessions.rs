//! Sessions of browsers, by what they bring: a cookie, or the same name and password again.
//!
//! A cookie is 256 random bits; what is kept is a digest of it. A session by cookie rests for as long as its application says
//! at most. A sign-in by Basic is remembered for a minute at most, by a digest under a random key, and only while nothing at
//! all has changed. Both end at once when the session is ended.

use sclera_engine::Session;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// By what a session is found; nothing can be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark([u8; 32]);

pub(crate) struct Sessions {
    key: Zeroizing<[u8; 32]>,
    known: Mutex<HashMap<Mark, Known>>,
}

struct Known {
    session: Session,
    /// The revision that it counts for; none where it counts until it ends.
    revision: Option<u64>,
    used: Instant,
    rests: Duration,
}

impl Sessions {
    pub(crate) fn new() -> io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(io::Error::other)?;
        Ok(Self { key, known: Mutex::default() })
    }

    /// The mark of a cookie for an application.
    pub(crate) fn of_cookie(&self, application: &str, cookie: &str) -> Mark {
        self.mark(&[b"cookie", application.as_bytes(), cookie.as_bytes()])
    }

    /// The mark of a sign-in. The address is part of it: nobody is admitted from where nobody was judged.
    pub(crate) fn of_sign_in(&self, application: &str, name: &str, password: &str, peer: &str) -> Mark {
        let parts = [application, name, password, peer].map(str::as_bytes);
        self.mark(&[&[b"basic".as_slice()], &parts[..]].concat())
    }

    fn mark(&self, parts: &[&[u8]]) -> Mark {
        // Twice, with the key before each: what SHA-256 takes in cannot be lengthened then.
        let mut inner = Sha256::new_with_prefix(self.key.as_slice());
        for part in parts {
            inner.update((part.len() as u64).to_be_bytes());
            inner.update(part);
        }
        Mark(Sha256::new_with_prefix(self.key.as_slice()).chain_update(inner.finalize()).finalize().into())
    }

    pub(crate) fn find(&self, mark: &Mark, revision: u64, now: Instant) -> Option<Session> {
        let mut known = self.lock();
        let found = known.get_mut(mark)?;
        let is_fresh = now.saturating_duration_since(found.used) < found.rests;
        if !is_fresh || found.session.is_ended() || found.revision.is_some_and(|judged| judged != revision) {
            known.remove(mark);
            return None;
        }
        if found.revision.is_none() {
            found.used = now;
        }
        Some(found.session.clone())
    }

    /// Keeps a session by cookie, and gives the cookie.
    pub(crate) fn keep_by_cookie(
        &self,
        application: &str,
        session: Session,
        rests: Duration,
        now: Instant,
    ) -> io::Result<String> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let cookie = sclera_core::hex::hex(&random);
        let mark = self.of_cookie(application, &cookie);
        self.keep(mark, Known { session, revision: None, used: now, rests });
        Ok(cookie)
    }

    /// Remembers a sign-in.
    pub(crate) fn remember(&self, mark: Mark, session: Session, revision: u64, now: Instant) {
        self.keep(mark, Known { session, revision: Some(revision), used: now, rests: MEMORY });
    }

    fn keep(&self, mark: Mark, one: Known) {
        let mut known = self.lock();
        if known.len() >= MOST {
            let now = one.used;
            known.retain(|_, known| now.saturating_duration_since(known.used) < known.rests);
        }
        if known.len() >= MOST
            && let Some(oldest) = known.iter().min_by_key(|(_, known)| known.used).map(|(mark, _)| *mark)
        {
            known.remove(&oldest);
        }
        known.insert(mark, one);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Mark, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a sign-in is remembered.
const MEMORY: Duration = Duration::from_secs(60);
/// The most sessions that are known at once.
const MOST: usize = 65_536;
