//! The writers' lock: one writer at a time, over all threads and processes, in the order in which they came.
//!
//! ```text
//! locks:      byte 0 the room      byte 1 the gate      byte 2 the notice      byte 1024 + n the ticket n
//! contents:   u64 the last ticket ‖ u64 the last commit that was begun ‖ u64 the last that ended, big endian
//! ```
//!
//! A writer passes the gate, draws the next ticket and locks its byte, waits for the byte of the ticket before, and
//! enters the room. The kernel's own queue is not used for the order: it lets the thread that runs win against those
//! that sleep, and some starve. The locks belong to an open file description of their own, so threads exclude each
//! other like processes, and the kernel gives them up with the process. A waiting writer that dies lets its successor
//! go early; then the room alone keeps the two apart.
//!
//! Whoever is in the room counts commits: one is begun before SQLite is told to commit, and ends after. Where both numbers
//! are those of before, nothing was committed meanwhile; a commit that was begun and did not end leaves that unknown until
//! the next one.
//!
//! A writer that will take long puts up the notice before it passes the gate. Whoever finds the notice inside the gate
//! goes away instead of drawing a ticket, so that nobody ever waits behind such a writer.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::libc;
use nix::sys::stat::Mode;
use sclera_store::port::{StoreError, Stored};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

const ROOM: i64 = 0;
const GATE: i64 = 1;
const NOTICE: i64 = 2;
/// What the kernel says where somebody has the byte; here it means the notice.
const OCCUPIED: Errno = Errno::EAGAIN;
const TICKETS: i64 = 1_024;
/// Tickets go round; nobody waits this long behind another.
const ROUND: u64 = 1 << 40;

/// Where the two numbers of commits stand.
const BEGUN: u64 = 8;
const ENDED: u64 = 16;

/// The fewest bytes of a file that has both.
const WHOLE: u64 = 24;

/// How the numbers of commits are looked at without a call of the kernel: that of the last commit that was begun, and that
/// of the last that ended, which is looked at first.
pub struct Counters(Box<dyn Fn() -> Option<[u64; 2]> + Send + Sync>);

impl Counters {
    /// Looks at them by a function.
    pub fn new(look: impl Fn() -> Option<[u64; 2]> + Send + Sync + 'static) -> Self {
        Self(Box::new(look))
    }
}

impl std::fmt::Debug for Counters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counters")
    }
}

/// Where the lock file is.
#[derive(Debug)]
pub(crate) struct WritersLock {
    path: PathBuf,
    /// How commits are looked at, if it is not by reading the file.
    counters: OnceLock<Counters>,
    /// Open to look at, with its device and number.
    looked_at: OnceLock<(File, (u64, u64))>,
}

/// The right to write. Dropping it lets the next one write.
#[derive(Debug)]
pub struct Turn {
    file: File,
}

impl Turn {
    /// Counts a commit that is about to be. Where that cannot be done there may be none: others would not notice it.
    pub(crate) fn begin_commit(&self) -> io::Result<u64> {
        let number = match commits(&self.file) {
            Some([begun, ended]) => begun.max(ended).wrapping_add(1),
            // A file that was emptied must not come to a number that was seen before.
            None => since_1970().as_nanos().try_into().unwrap_or(u64::MAX / 2),
        };
        self.file.write_all_at(&number.to_be_bytes(), BEGUN)?;
        Ok(number)
    }

    /// It has come about. What cannot be written here is made good by the next commit.
    pub(crate) fn end_commit(&self, number: u64) {
        let _ = self.file.write_all_at(&number.to_be_bytes(), ENDED);
    }
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// The numbers of the last commit that was begun and of the last that ended; none where none was counted yet.
fn commits(file: &File) -> Option<[u64; 2]> {
    let mut bytes = [0; 16];
    file.read_exact_at(&mut bytes, BEGUN).ok()?;
    let both = u128::from_be_bytes(bytes);
    Some([u64::try_from(both >> 64).ok()?, u64::try_from(both & u128::from(u64::MAX)).ok()?])
}

impl WritersLock {
    /// The lock beside a database file.
    pub(crate) fn beside(database: &Path) -> Self {
        Self { path: database.with_extension("lock"), counters: OnceLock::new(), looked_at: OnceLock::new() }
    }

    /// The number of the last commit, unless one is under way, or that cannot be told.
    pub(crate) fn last_commit(&self) -> Option<u64> {
        let [begun, ended] = match self.counters.get() {
            // A file that was emptied tells nothing.
            Some(counters) => (counters.0)().filter(|[_, ended]| *ended != 0)?,
            None => commits(&self.looked_at()?.0)?,
        };
        (begun == ended).then_some(ended)
    }

    /// Has commits looked at another way, if there is one for the file that is looked at.
    pub(crate) fn count_by(&self, counters: impl FnOnce(&File) -> Option<Counters>) {
        if let Some(counters) = self.looked_at().and_then(|(file, _)| counters(file)) {
            // Whoever came first has the same file.
            let _ = self.counters.set(counters);
        }
    }

    /// Tells whether the file that is looked at is the one that writers lock.
    pub(crate) fn is_in_place(&self) -> bool {
        let known = self.looked_at().map(|(_, known)| *known);
        let about = std::fs::metadata(&self.path).ok().filter(|about| about.len() >= WHOLE);
        known.is_some() && about.map(|about| identity(&about)) == known
    }

    fn looked_at(&self) -> Option<&(File, (u64, u64))> {
        if let Some(looked_at) = self.looked_at.get() {
            return Some(looked_at);
        }
        let file = File::open(&self.path).ok()?;
        let known = identity(&file.metadata().ok()?);
        Some(self.looked_at.get_or_init(|| (file, known)))
    }

    /// Waits for the turn to write. While somebody writes who takes long, it is refused.
    pub(crate) fn acquire(&self) -> Stored<Turn> {
        self.open().and_then(Self::queue).map_err(|error| self.meaning(error))
    }

    /// Waits for the turn to write, and has it that nobody waits for the next one. One at a time may do so.
    pub(crate) fn acquire_long(&self) -> Stored<Turn> {
        let notice = self.open().and_then(|file| try_lock(&file, NOTICE).map(|()| file));
        let notice = notice.map_err(|error| self.meaning(error))?;
        // The notice is of the same file description, which finds no lock of its own in its way.
        Self::queue(notice).map_err(|error| self.meaning(error))
    }

    fn meaning(&self, error: Errno) -> StoreError {
        match error {
            OCCUPIED => StoreError::Occupied,
            Errno::EACCES | Errno::EPERM | Errno::EROFS => {
                StoreError::ReadOnly(format!("{}: {error}", self.path.display()))
            }
            Errno::ENOSPC => StoreError::Full,
            _ => StoreError::Unavailable(format!("{}: {error}", self.path.display())),
        }
    }

    fn open(&self) -> Result<File, Errno> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
        open(&self.path, flags, Mode::S_IRUSR | Mode::S_IWUSR).map(File::from)
    }

    fn queue(file: File) -> Result<Turn, Errno> {
        lock(&file, GATE)?;
        if is_locked(&file, NOTICE)? {
            return Err(OCCUPIED);
        }
        let ticket = draw(&file);
        lock(&file, place(ticket))?;
        unlock(&file, GATE)?;
        let before = place((ticket + ROUND - 1) % ROUND);
        lock(&file, before)?;
        unlock(&file, before)?;
        lock(&file, ROOM)?;
        Ok(Turn { file })
    }
}

fn identity(about: &Metadata) -> (u64, u64) {
    (about.dev(), about.ino())
}

fn place(ticket: u64) -> i64 {
    TICKETS + i64::try_from(ticket).unwrap_or_default()
}

/// Takes the next ticket. Where the number cannot be read or written the turn is out of order, never unsafe.
fn draw(file: &File) -> u64 {
    let mut bytes = [0; 8];
    let last = file.read_exact_at(&mut bytes, 0).map_or(0, |()| u64::from_be_bytes(bytes));
    let ticket = last.wrapping_add(1) % ROUND;
    let _ = file.write_all_at(&ticket.to_be_bytes(), 0);
    ticket
}

fn lock(file: &File, byte: i64) -> Result<(), Errno> {
    set(file, byte, libc::F_WRLCK)
}

fn unlock(file: &File, byte: i64) -> Result<(), Errno> {
    set(file, byte, libc::F_UNLCK)
}

fn set(file: &File, byte: i64, kind: i32) -> Result<(), Errno> {
    let wanted = range(byte, kind);
    loop {
        match fcntl(file, FcntlArg::F_OFD_SETLKW(&wanted)) {
            Err(Errno::EINTR) => {}
            other => return other.map(drop),
        }
    }
}

/// Locks a byte unless another has it.
fn try_lock(file: &File, byte: i64) -> Result<(), Errno> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&range(byte, libc::F_WRLCK))) {
        Err(Errno::EAGAIN | Errno::EACCES) => Err(OCCUPIED),
        other => other.map(drop),
    }
}

/// Tells whether another has a byte.
fn is_locked(file: &File, byte: i64) -> Result<bool, Errno> {
    let mut asked = range(byte, libc::F_WRLCK);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut asked))?;
    Ok(i32::from(asked.l_type) != libc::F_UNLCK)
}

fn range(byte: i64, kind: i32) -> libc::flock {
    #[expect(clippy::cast_possible_truncation, reason = "the kinds and origins of locks are small numbers")]
    libc::flock { l_type: kind as i16, l_whence: libc::SEEK_SET as i16, l_start: byte, l_len: 1, l_pid: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    /// Each turn does what a commit does: it writes and waits for the disk.
    #[test]
    fn writers_take_turns_and_none_starves() {
        const WRITERS: usize = 4;
        const TURNS: u64 = 400;
        let folder = tempfile::tempdir().unwrap();
        let lock = WritersLock::beside(&folder.path().join("x.db"));
        let work = File::create(folder.path().join("work")).unwrap();
        let (inside, total, start) = (AtomicBool::new(false), AtomicU64::new(0), Barrier::new(WRITERS));
        let turns = || {
            start.wait();
            let mut mine = 0;
            while total.fetch_add(1, Ordering::Relaxed) < TURNS {
                let turn = lock.acquire().unwrap();
                assert!(!inside.swap(true, Ordering::SeqCst), "two writers at once");
                work.write_all_at(b"commit", 0).unwrap();
                work.sync_data().unwrap();
                inside.store(false, Ordering::SeqCst);
                drop(turn);
                mine += 1;
            }
            mine
        };
        let counts: Vec<u64> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(turns)).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let fair = TURNS / WRITERS as u64;
        assert!(counts.iter().all(|mine| *mine > fair / 2), "turns were {counts:?}");
    }

    #[test]
    fn a_lost_ticket_number_is_no_danger() {
        let folder = tempfile::tempdir().unwrap();
        let lock = WritersLock::beside(&folder.path().join("x.db"));
        drop(lock.acquire().unwrap());
        std::fs::write(&lock.path, b"junk").unwrap();
        drop(lock.acquire().unwrap());
        std::fs::write(&lock.path, [0xff; 8]).unwrap();
        drop(lock.acquire().unwrap());
    }
}
