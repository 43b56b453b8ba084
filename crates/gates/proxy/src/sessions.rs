//! Sessions of browsers, by what they bring: a cookie, or the same name and password again.
//!
//! A cookie is 256 random bits; what is kept is a digest of it. Applications of one scope share it: a session that began at
//! one of them serves another once it was judged there, as long as nothing changes. It rests for as long as the application
//! it was last at says. A sign-in by Basic is remembered for a minute at most, by a digest under a random key, and only while
//! nothing at all has changed. Both end at once when the session is ended.

use crate::rules::Identity;
use sclera_authn::mechanism::Mechanism;
use sclera_engine::Session;
use sclera_engine::web::Scope;
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
    until: Instant,
    /// The applications that it serves.
    serves: Vec<Serves>,
}

/// An application that a session serves.
struct Serves {
    application: String,
    /// The revision by which it was judged there; none where it began, which is good until it ends.
    revision: Option<u64>,
    who: Identity,
}

impl Known {
    fn is_somebody(&self) -> bool {
        self.session.mechanism() != Mechanism::Unauthenticated
    }
}

impl Serves {
    fn from_the_beginning(session: &Session, application: &str) -> Self {
        let who = Identity::of(session.user(), &session.roles_in(application));
        Self { application: application.to_owned(), revision: None, who }
    }
}

/// A session that was found.
#[derive(Debug)]
pub(crate) enum Found {
    /// It serves the application, as whom.
    Serves(Session, Identity),
    /// It began at another application of the scope, and is to be judged.
    Elsewhere(Session),
}

impl Sessions {
    pub(crate) fn new() -> io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(io::Error::other)?;
        Ok(Self { key, known: Mutex::default() })
    }

    /// The mark of a cookie for a scope, at the gates of a service.
    pub(crate) fn of_cookie(&self, service: &str, scope: &Scope, cookie: &str) -> Mark {
        let kind: &[u8] = if scope.is_group { b"group" } else { b"path" };
        self.mark(&[b"cookie", service.as_bytes(), kind, scope.name.as_bytes(), cookie.as_bytes()])
    }

    /// The mark of a sign-in by name and password. Service and address are part of it: nobody is admitted where, or from
    /// where, nobody was judged.
    pub(crate) fn of_sign_in(
        &self,
        service: &str,
        application: &str,
        (name, password): (&str, &str),
        peer: &str,
    ) -> Mark {
        let parts = ["basic", service, application, name, password, peer].map(str::as_bytes);
        self.mark(&parts)
    }

    /// The mark of a page for an application, at the gates of a service, by the value that goes with it.
    pub(crate) fn of_page(&self, service: &str, application: &str, value: &str) -> Mark {
        self.mark(&["page", service, application, value].map(str::as_bytes))
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

    /// The session of a mark at an application whose sessions rest so long.
    pub(crate) fn find(
        &self,
        mark: &Mark,
        application: &str,
        revision: u64,
        rests: Duration,
        now: Instant,
    ) -> Option<Found> {
        let mut known = self.lock();
        let found = known.get_mut(mark)?;
        let is_other = found.revision.is_some_and(|judged| judged != revision);
        if now >= found.until || found.session.is_ended() || is_other {
            known.remove(mark);
            return None;
        }
        let session = found.session.clone();
        let is_good = |serves: &&Serves| serves.revision.is_none_or(|judged| judged == revision);
        let serves = found.serves.iter().find(|serves| serves.application == application).filter(is_good);
        let Some(who) = serves.map(|serves| serves.who.clone()) else {
            return Some(Found::Elsewhere(session));
        };
        if found.revision.is_none() {
            // A shorter rest at one application takes nothing from another's.
            found.until = found.until.max(now + rests);
        }
        Some(Found::Serves(session, who))
    }

    /// Remembers that a session was judged for an application.
    pub(crate) fn serves(&self, mark: &Mark, application: &str, revision: u64, who: Identity) {
        if let Some(found) = self.lock().get_mut(mark) {
            found.serves.retain(|serves| serves.application != application);
            found.serves.push(Serves { application: application.to_owned(), revision: Some(revision), who });
        }
    }

    /// Keeps a session by cookie, and gives the cookie.
    pub(crate) fn keep_by_cookie(
        &self,
        service: &str,
        scope: &Scope,
        application: &str,
        session: Session,
        rests: Duration,
        now: Instant,
    ) -> io::Result<String> {
        let cookie = random()?;
        let mark = self.of_cookie(service, scope, &cookie);
        let serves = vec![Serves::from_the_beginning(&session, application)];
        self.keep(mark, Known { session, revision: None, until: now + rests, serves }, now);
        Ok(cookie)
    }

    /// Remembers a sign-in.
    pub(crate) fn remember(
        &self,
        mark: Mark,
        application: &str,
        session: Session,
        revision: u64,
        now: Instant,
    ) {
        let serves = vec![Serves::from_the_beginning(&session, application)];
        self.keep(mark, Known { session, revision: Some(revision), until: now + MEMORY, serves }, now);
    }

    /// Knows a session no longer.
    pub(crate) fn forget(&self, mark: &Mark) -> Option<Session> {
        let gone = self.lock().remove(mark);
        gone.map(|known| known.session)
    }

    fn keep(&self, mark: Mark, one: Known, now: Instant) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, known| now < known.until);
        }
        if known.len() >= MOST {
            // Nobody in particular makes room for somebody, and many at once, for it takes a look at all of them.
            let mut all: Vec<_> =
                known.iter().map(|(mark, known)| (known.is_somebody(), known.until, *mark)).collect();
            all.sort_unstable_by_key(|(is_somebody, until, _)| (*is_somebody, *until));
            for (_, _, mark) in all.iter().take(MOST / 8) {
                known.remove(mark);
            }
        }
        known.insert(mark, one);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Mark, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 256 random bits, in hexadecimal digits.
pub(crate) fn random() -> io::Result<String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(sclera_core::hex::hex(&random))
}

/// How long a sign-in is remembered.
const MEMORY: Duration = Duration::from_secs(60);
/// The most sessions that are known at once.
const MOST: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn scope(name: &str, is_group: bool) -> Scope {
        Scope { name: name.to_owned(), is_group, path: "/".to_owned(), same_site: "Strict" }
    }

    /// Whatever is part of a mark makes another one: kind, service, application or scope, address, and where one part ends.
    #[test]
    fn nothing_counts_where_it_was_not_given() {
        let sessions = Sessions::new().unwrap();
        let (web, documents) = ("%Service_WebGateway", "%Service_DocDB");
        let by = |service, application, login| sessions.of_sign_in(service, application, login, "10.0.0.1");
        let marks = [
            sessions.of_page(web, "/app", "x"),
            sessions.of_page(documents, "/app", "x"),
            sessions.of_page(web, "/other", "x"),
            sessions.of_page(web, "/app", "y"),
            sessions.of_page(web, "/ap", "px"),
            sessions.of_cookie(web, &scope("/app", false), "x"),
            sessions.of_cookie(web, &scope("/app", true), "x"),
            sessions.of_cookie(documents, &scope("/app", false), "x"),
            by(web, "/app", ("ann", "x")),
            by(web, "/app", ("annx", "")),
            by(documents, "/app", ("ann", "x")),
            sessions.of_sign_in(web, "/app", ("ann", "x"), "10.0.0.2"),
        ];
        assert_eq!(HashSet::from(marks).len(), marks.len());
        assert!(sessions.of_page(web, "/app", "x") == marks[0], "and the same makes the same");
        let others = Sessions::new().unwrap();
        assert!(others.of_page(web, "/app", "x") != marks[0], "each process has a key of its own");
    }
}
