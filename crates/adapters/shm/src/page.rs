//! The page of an instance: 64 KiB of shared words, and what they mean beyond the protocol of generations.
//!
//! | word | meaning |
//! |---|---|
//! | 0, 1 | what marks a page, and its version |
//! | 2 to 6 | the protocol ([`crate::protocol`]) |
//! | 7 | when a ticket must have been made at the earliest, in seconds since 1970 |
//! | 16 to 79 | the last 64 generations, in turn |
//! | 128 to 8191 | pairs: a session that was ended, and when its tickets expire by themselves |

use crate::map::{Access, words};
use crate::protocol::{self, OLDEST, Published, Words};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

pub(crate) const WORDS: usize = 8_192;
pub(crate) const BYTES: u64 = WORDS as u64 * 8;
const MARK: u64 = u64::from_le_bytes(*b"SCLERAPG");
const VERSION: u64 = 1;
const NOT_BEFORE: usize = 7;
const RECENT: usize = 16;
/// How many generations sessions may decide from.
const KEPT: u64 = 64;
const ENDED: usize = 128;

/// The page of an instance, mapped for as long as the process lives.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    words: &'static [AtomicU64],
    access: Access,
}

/// The pages that this process maps, so that attaching again maps none again.
static MAPPED: Mutex<Vec<(u64, u64, Page)>> = Mutex::new(Vec::new());

impl Page {
    /// A page that is nobody else's, for a process that shares nothing.
    pub fn private() -> Self {
        let words: Vec<AtomicU64> = (0..WORDS).map(|_| AtomicU64::new(0)).collect();
        let page = Self { words: words.leak(), access: Access::Write };
        page.mark();
        page
    }

    /// Maps a file that was found to be as it must be.
    pub(crate) fn map(file: &File, access: Access) -> io::Result<Self> {
        let about = file.metadata()?;
        let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |(device, inode, page): &&(u64, u64, Self)| {
            (*device, *inode, page.access) == (about.dev(), about.ino(), access)
        };
        if let Some((_, _, page)) = mapped.iter().find(known) {
            return Ok(*page);
        }
        let page = Self { words: words(file, WORDS, access)?, access };
        mapped.push((about.dev(), about.ino(), page));
        Ok(page)
    }

    /// Tells whether the words are those of a page.
    pub(crate) fn is_marked(&self) -> bool {
        self.words.load(0, Ordering::Acquire) == MARK && self.words.load(1, Ordering::Acquire) == VERSION
    }

    pub(crate) fn mark(&self) {
        self.words.store(1, VERSION, Ordering::Release);
        self.words.store(0, MARK, Ordering::Release);
    }

    /// The words, to run the protocol on.
    pub fn words(&self) -> &'static [AtomicU64] {
        self.words
    }

    /// The word that sessions look at with every check.
    pub fn epoch(&self) -> &'static AtomicU64 {
        static NONE: AtomicU64 = AtomicU64::new(0);
        self.words.get(protocol::EPOCH).unwrap_or(&NONE)
    }

    /// Which generation counts.
    pub fn published(&self) -> Published {
        protocol::published(self.words)
    }

    /// The oldest generation that a session may decide from; one of before must authenticate again.
    pub fn oldest(&self) -> u64 {
        self.words.load(OLDEST, Ordering::Acquire)
    }

    /// When a ticket must have been made at the earliest, in seconds since 1970.
    pub fn tickets_not_before(&self) -> u64 {
        self.words.load(NOT_BEFORE, Ordering::Acquire)
    }

    /// Tells whether a session was ended before its time.
    pub fn has_ended(&self, session: u64) -> bool {
        self.pairs().any(|(word, _)| self.words.load(word, Ordering::Acquire) == session)
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        (ENDED..self.words.len()).step_by(2).map(|word| (word, word + 1))
    }

    /// Ends a session whose tickets expire at `expires`. Where there is no room left for that, no ticket made before now
    /// counts any longer, so that none is forgotten. Under the lock.
    pub(crate) fn end(&self, session: u64, expires: u64, now: u64) {
        let free = self.pairs().find(|(word, until)| {
            self.words.load(*word, Ordering::Relaxed) == 0 || self.words.load(*until, Ordering::Relaxed) < now
        });
        if let Some((word, until)) = free {
            self.words.store(until, expires, Ordering::Release);
            self.words.store(word, session, Ordering::Release);
        } else {
            self.words.store(NOT_BEFORE, now + 1, Ordering::Release);
            for (word, _) in self.pairs() {
                self.words.store(word, 0, Ordering::Release);
            }
        }
        protocol::grow(self.words);
    }

    /// Ends every session that looks at this page, for good. Under the lock.
    pub(crate) fn close(&self) {
        self.words.store(OLDEST, u64::MAX, Ordering::Release);
        protocol::grow(self.words);
    }

    /// Notes a generation among the recent ones; tells whether one fell out that sessions may have decided from.
    pub(crate) fn remember(&self, generation: u64) -> bool {
        let recent = RECENT..RECENT + usize::try_from(KEPT).unwrap_or_default();
        let (mut least, mut at) = (u64::MAX, RECENT);
        for word in recent {
            let known = self.words.load(word, Ordering::Relaxed);
            if known == generation {
                return false;
            }
            if known < least {
                (least, at) = (known, word);
            }
        }
        self.words.store(at, generation, Ordering::Relaxed);
        if least != 0 {
            self.words.store(OLDEST, least + 1, Ordering::Release);
        }
        least != 0
    }
}
