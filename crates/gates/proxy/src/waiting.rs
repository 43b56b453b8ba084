//! Sign-ins that wait for an answer: a code, or a new password. Each belongs to the page that was given out last, and to the
//! browser that has its cookie.

use crate::sessions::Mark;
use sclera_engine::gate::Pending;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most that wait at once; then the oldest goes. Each has a right password behind it, so that nobody fills it without
/// one.
const MOST: usize = 1_024;
/// The longest that one waits, whatever else limits it.
const LONGEST: Duration = Duration::from_secs(600);

/// What a sign-in waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    Code,
    NewPassword,
}

/// A sign-in that waits.
pub(crate) struct Waits {
    pub(crate) pending: Box<Pending>,
    pub(crate) what: For,
    since: Instant,
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
    pub(crate) fn keep(&self, mark: Mark, pending: Box<Pending>, what: For, now: Instant) -> Vec<Pending> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gone: Vec<Mark> =
            all.iter().filter(|(_, waits)| now >= waits.since + LONGEST).map(|(mark, _)| *mark).collect();
        if all.len() - gone.len() >= MOST {
            gone.extend(all.iter().min_by_key(|(_, waits)| waits.since).map(|(mark, _)| *mark));
        }
        let late = gone.iter().filter_map(|mark| all.remove(mark)).map(|waits| *waits.pending).collect();
        all.insert(mark, Waits { pending, what, since: now });
        late
    }
}
