//! The protocol of generations and the deny epoch, over words that are shared.
//!
//! Whoever publishes holds the lock, so there is one of them. The order in which words change is the protocol:
//!
//! ```text
//! intended ──► (commit) ──► image has its name ──► published ──► epoch ──► finished
//! ```
//!
//! - `published` is stored after the image has its name, so a reader that loads it finds that image or a later one.
//! - `epoch` grows after `published`, so a session that sees it grown reads settings that have the deletion.
//! - `finished` comes last. Where it is behind `published`, a publisher died between the two, and the next one lets the
//!   epoch grow once more before anything else.
//! - `intended` is stored before the commit. Where it is ahead of `published`, a commit may have happened of which there
//!   is no image yet.

use std::sync::atomic::{AtomicU64, Ordering};

/// Words that several threads or processes share.
pub trait Words {
    /// Loads a word.
    fn load(&self, word: usize, ordering: Ordering) -> u64;
    /// Stores a word.
    fn store(&self, word: usize, value: u64, ordering: Ordering);
}

impl Words for [AtomicU64] {
    fn load(&self, word: usize, ordering: Ordering) -> u64 {
        self.get(word).map_or(0, |word| word.load(ordering))
    }

    fn store(&self, word: usize, value: u64, ordering: Ordering) {
        if let Some(word) = self.get(word) {
            word.store(value, ordering);
        }
    }
}

/// Which generation counts and where its image is: the generation times two, and one more where it is not beside the page.
pub const PUBLISHED: usize = 2;
/// How often sessions had to look again.
pub const EPOCH: usize = 3;
/// The last generation that a commit was about to make.
pub const INTENDED: usize = 4;
/// The last generation that was published in all steps.
pub const FINISHED: usize = 5;
/// The oldest generation that a session may still decide from.
pub const OLDEST: usize = 6;

/// Where the image of a generation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Beside the page.
    Beside,
    /// In the directory of the instance, for want of room.
    Directory,
}

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The generation; 0 where nothing was published yet.
    pub generation: u64,
    /// Where its image is.
    pub place: Place,
}

/// Whether sessions must look again because of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// Nothing was taken from anybody.
    Stays,
    /// They must: something was deleted.
    Grows,
}

/// Says which generation counts. Whoever loads it sees everything that was done before.
pub fn published<W: Words + ?Sized>(words: &W) -> Published {
    let word = words.load(PUBLISHED, Ordering::Acquire);
    let place = if word & 1 == 0 { Place::Beside } else { Place::Directory };
    Published { generation: word >> 1, place }
}

/// The deny epoch, for whoever reads settings because of it.
pub fn epoch<W: Words + ?Sized>(words: &W) -> u64 {
    words.load(EPOCH, Ordering::Acquire)
}

/// Turns the page to an image that has its name. Under the lock.
pub fn turn<W: Words + ?Sized>(words: &W, now: Published, epoch: Epoch) {
    step_published(words, now);
    if epoch == Epoch::Grows {
        grow(words);
    }
    step_finished(words, now);
}

/// The first step of turning the page.
pub fn step_published<W: Words + ?Sized>(words: &W, now: Published) {
    let place = u64::from(now.place == Place::Directory);
    words.store(PUBLISHED, now.generation << 1 | place, Ordering::Release);
}

/// The last step of turning the page.
pub fn step_finished<W: Words + ?Sized>(words: &W, now: Published) {
    words.store(FINISHED, now.generation, Ordering::Release);
}

/// Makes every session look again. Under the lock.
pub fn grow<W: Words + ?Sized>(words: &W) {
    let epoch = words.load(EPOCH, Ordering::Relaxed);
    words.store(EPOCH, epoch.wrapping_add(1), Ordering::Release);
}

/// Does what a publisher that died left undone. Under the lock, before anything else.
pub fn recover<W: Words + ?Sized>(words: &W) {
    let now = published(words).generation;
    if words.load(FINISHED, Ordering::Acquire) != now {
        grow(words);
        words.store(FINISHED, now, Ordering::Release);
    }
}

/// Notes that a commit is about to make a generation; tells which one was intended before.
pub fn intend<W: Words + ?Sized>(words: &W, generation: u64) -> u64 {
    let before = words.load(INTENDED, Ordering::Acquire);
    words.store(INTENDED, generation, Ordering::Release);
    before
}

/// Tells whether a commit may have happened of which there is no image.
pub fn is_stale<W: Words + ?Sized>(words: &W) -> bool {
    let now = published(words).generation;
    now == 0 || words.load(INTENDED, Ordering::Acquire) > now
}
