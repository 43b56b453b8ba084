//! Errands: work that others outside must answer, done on threads of their own, so that whoever sent one waits no longer
//! than it wants to. The threads of servers that never answer are bounded in number; they end when their work does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// The most errands under way.
const MOST: usize = 64;

/// Why an errand brought nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// It took too long, and goes on alone.
    Late,
    /// Too many are under way already, or no thread can be had.
    Crowded,
    /// It broke off.
    Broken,
}

impl Unanswered {
    /// What happened, in words.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Late => "it did not answer in time",
            Self::Crowded => "too many wait for it already",
            Self::Broken => "the work broke off",
        }
    }
}

/// Errands of one kind.
#[derive(Debug, Default)]
pub(crate) struct Errands(Arc<AtomicUsize>);

/// A place among those under way.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Errands {
    /// Has something done and waits for it, up to a limit.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let place = self.place().ok_or(Unanswered::Crowded)?;
        let (done, awaited) = sync_channel(1);
        let errand = move || {
            let _place = place;
            // Nobody may be waiting any longer.
            let _ = done.send(work());
        };
        Builder::new().name("errand".to_owned()).spawn(errand).map_err(|_| Unanswered::Crowded)?;
        awaited.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => Unanswered::Late,
            RecvTimeoutError::Disconnected => Unanswered::Broken,
        })
    }

    fn place(&self) -> Option<Place> {
        let one_more = |busy| (busy < MOST).then_some(busy + 1);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Place(Arc::clone(&self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn nobody_waits_longer_than_the_limit_and_threads_are_bounded() {
        let errands = Errands::default();
        // A place is given back after the answer.
        let is_idle = || {
            while errands.0.load(Ordering::Acquire) > 0 {
                std::thread::yield_now();
            }
        };
        assert_eq!(errands.run(Duration::from_secs(60), || 7), Ok(7));
        is_idle();
        let (release, held) = channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        for _ in 0..MOST {
            let held = Arc::clone(&held);
            let late = errands.run(Duration::ZERO, move || {
                let _ = held.lock().map(|held| held.recv());
            });
            assert_eq!(late, Err(Unanswered::Late));
        }
        assert_eq!(errands.run(Duration::from_secs(60), || 7), Err(Unanswered::Crowded));
        drop(release);
        is_idle();
        assert_eq!(errands.run(Duration::from_secs(60), || 7), Ok(7));
    }
}
