//! What a store counts of itself, for whoever watches an instance. Counting takes no lock, and nothing beside what it
//! counts: a commit waits for a disk.

use crate::port::StoreError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the classes into which times are sorted. Those that are longer are in one more.
pub const BOUNDS: [Duration; 11] = [
    Duration::from_micros(100),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_millis(2_500),
    Duration::from_secs(10),
];
/// With the class of those that are longer.
const CLASSES: usize = BOUNDS.len() + 1;

/// How often something was done, and how long that took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// How often, by the bounds; the last is of those that took longer than all of them.
    pub classes: [u64; CLASSES],
    /// How long all of it together took.
    pub total: Duration,
}

impl Times {
    /// How often.
    pub fn count(&self) -> u64 {
        self.classes.iter().sum()
    }
}

#[derive(Debug, Default)]
struct Timer {
    classes: [AtomicU64; CLASSES],
    /// In nanoseconds, of which there are enough for centuries.
    total: AtomicU64,
}

impl Timer {
    fn add(&self, took: Duration) {
        let class = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len());
        if let Some(class) = self.classes.get(class) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.total.fetch_add(took, Ordering::Relaxed);
    }

    fn read(&self) -> Times {
        let classes = self.classes.each_ref().map(|class| class.load(Ordering::Relaxed));
        Times { classes, total: Duration::from_nanos(self.total.load(Ordering::Relaxed)) }
    }
}

/// What is counted of a store while a process has it open.
#[derive(Debug, Default)]
pub struct Measures {
    commits: Timer,
    waits: Timer,
    failures: [AtomicU64; StoreError::WORDS.len()],
}

impl Measures {
    /// A commit came about; how long that took.
    pub fn committed(&self, took: Duration) {
        self.commits.add(took);
    }

    /// Somebody has the turn to write; how long that took.
    pub fn waited(&self, took: Duration) {
        self.waits.add(took);
    }

    /// A transaction could not be begun or committed.
    pub fn failed(&self, error: &StoreError) {
        let word = error.word();
        let place = StoreError::WORDS.iter().position(|known| *known == word);
        if let Some(failures) = place.and_then(|place| self.failures.get(place)) {
            failures.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All of it, beside how large the files are.
    pub fn read(&self, files: Files) -> Measured {
        Measured {
            commits: self.commits.read(),
            waits: self.waits.read(),
            failures: self.failures.each_ref().map(|count| count.load(Ordering::Relaxed)),
            files,
        }
    }
}

/// How large the files of a store are, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Files {
    /// What is stored.
    pub database: u64,
    /// What was committed and is not in the database yet.
    pub log: u64,
}

/// What was counted of a store since this process opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measured {
    /// Commits.
    pub commits: Times,
    /// Turns to write, and how long they were waited for.
    pub waits: Times,
    /// Transactions that could not be begun or committed, in the order of [`StoreError::WORDS`].
    pub failures: [u64; StoreError::WORDS.len()],
    /// The files; those of a store in memory are empty.
    pub files: Files,
}

impl Measured {
    /// Failures of all kinds.
    pub fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_first_class_that_holds_them() {
        let measures = Measures::default();
        for micros in [0, 100, 101, 10_000_000, 10_000_001] {
            measures.waited(Duration::from_micros(micros));
        }
        let waits = measures.read(Files::default()).waits;
        assert_eq!(waits.classes, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!((waits.count(), waits.total), (5, Duration::from_micros(20_000_202)));
        assert!(BOUNDS.is_sorted());
    }

    #[test]
    fn every_failure_has_its_word() {
        let all = [
            StoreError::Unavailable(String::new()),
            StoreError::ReadOnly(String::new()),
            StoreError::Full,
            StoreError::Occupied,
            StoreError::Damaged(String::new()),
            StoreError::Version { found: 9, known: 1 },
        ];
        let measures = Measures::default();
        for (place, error) in all.iter().enumerate() {
            assert_eq!(StoreError::WORDS[place], error.word());
            measures.failed(error);
        }
        let measured = measures.read(Files::default());
        assert_eq!((measured.failures, measured.failed()), ([1; 6], 6));
    }
}
