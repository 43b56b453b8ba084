//! The protocol of generations and the deny epoch, under every interleaving and every reordering that memory allows.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p sclera-shm --test loom`, or `cargo xtask test --only loom`.

#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;
use sclera_shm::protocol::{self, EPOCH, Epoch, Place, Published, Words};
use std::sync::atomic::Ordering;

/// The words, and the newest image that has its name.
struct Shared {
    words: Vec<AtomicU64>,
    image: AtomicU64,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { words: (0..8).map(|_| AtomicU64::new(0)).collect(), image: AtomicU64::new(0) })
    }

    /// Writes the image of a generation, without any order of its own: the page gives it one.
    fn write(&self, generation: u64) {
        self.image.store(generation, Ordering::Relaxed);
    }
}

impl Words for Shared {
    fn load(&self, word: usize, ordering: Ordering) -> u64 {
        self.words[word].load(ordering)
    }
    fn store(&self, word: usize, value: u64, ordering: Ordering) {
        self.words[word].store(value, ordering);
    }
}

fn at(generation: u64) -> Published {
    Published { generation, place: Place::Beside }
}

/// What a session does when it checks: it looks at the epoch, and where that moved it reads what counts.
fn look(shared: &Shared, seen: u64) -> Option<u64> {
    if shared.load(EPOCH, Ordering::Relaxed) == seen {
        return None;
    }
    assert!(protocol::epoch(shared) > seen);
    let now = protocol::published(shared).generation;
    assert!(shared.image.load(Ordering::Relaxed) >= now, "the image that counts has its name");
    Some(now)
}

#[test]
fn whoever_sees_the_epoch_moved_sees_the_deletion() {
    loom::model(|| {
        let shared = Shared::new();
        let publisher = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for (generation, epoch) in [(1, Epoch::Stays), (2, Epoch::Grows)] {
                    shared.write(generation);
                    protocol::turn(&*shared, at(generation), epoch);
                }
            })
        };
        if let Some(generation) = look(&shared, 0) {
            assert_eq!(generation, 2, "generation 2 deletes");
        }
        publisher.join().unwrap();
        assert_eq!(look(&shared, 0), Some(2));
    });
}

#[test]
fn generations_never_go_back_and_their_images_are_there() {
    loom::model(|| {
        let shared = Shared::new();
        let publisher = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for generation in 1..=2 {
                    shared.write(generation);
                    protocol::turn(&*shared, at(generation), Epoch::Stays);
                }
            })
        };
        let first = protocol::published(&*shared).generation;
        assert!(shared.image.load(Ordering::Relaxed) >= first);
        let second = protocol::published(&*shared).generation;
        assert!(second >= first);
        publisher.join().unwrap();
    });
}

/// The first publisher dies after it turned the page and before the epoch grew.
#[test]
fn what_a_dead_publisher_left_undone_is_made_good() {
    loom::model(|| {
        let shared = Shared::new();
        shared.write(1);
        protocol::step_published(&*shared, at(1));
        let next = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || protocol::recover(&*shared))
        };
        if let Some(generation) = look(&shared, 0) {
            assert_eq!(generation, 1);
        }
        next.join().unwrap();
        assert_eq!(look(&shared, 0), Some(1));
        protocol::recover(&*shared);
        assert_eq!(shared.load(EPOCH, Ordering::Relaxed), 1, "once is enough");
    });
}
