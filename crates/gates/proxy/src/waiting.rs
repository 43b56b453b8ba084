//! Sign-ins that wait for an answer: a code, or a new password. Each belongs to the page that was given out last, and to the
//! browser that has its cookie.

use crate::sessions::Mark;
use sclera_authn::secret::Secret;
use sclera_engine::gate::Pending;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most that wait at once; then the oldest goes. Each has a right password behind it, so that nobody fills it without
/// one.
const MOST: usize = 1_024;
/// The longest that one waits, whatever else limits it.
const LONGEST: Duration = Duration::from_secs(300);

/// What a sign-in waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// The code of an authenticator.
    Code,
    /// The code that was sent.
    SentCode,
    /// A new password.
    NewPassword,
}

/// A sign-in that waits.
pub(crate) struct Waits {
    pub(crate) pending: Box<Pending>,
    pub(crate) what: For,
    /// The password that takes the place of the old one, once the user is in.
    pub(crate) new: Option<Secret>,
    /// Since when; asking once more does not make it longer.
    pub(crate) since: Instant,
}

#[derive(Default)]
pub(crate) struct Waiting(Mutex<HashMap<Mark, Waits>>);

impl Waiting {
    pub(crate) fn take(&self, mark: &Mark, now: Instant) -> Option<Waits> {
        let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(mark);
        waits.filter(|waits| now < waits.since + LONGEST)
    }

    /// Keeps one, and gives those that wait no longer: they are to be told so.
    #[must_use]
    pub(crate) fn keep(
        &self,
        mark: Mark,
        pending: Box<Pending>,
        (what, new, since): (For, Option<Secret>, Instant),
    ) -> Vec<Pending> {
        let now = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gone: Vec<Mark> =
            all.iter().filter(|(_, waits)| now >= waits.since + LONGEST).map(|(mark, _)| *mark).collect();
        if all.len() - gone.len() >= MOST {
            gone.extend(all.iter().min_by_key(|(_, waits)| waits.since).map(|(mark, _)| *mark));
        }
        let late = gone.iter().filter_map(|mark| all.remove(mark)).map(|waits| *waits.pending).collect();
        all.insert(mark, Waits { pending, what, new, since });
        late
    }
}
