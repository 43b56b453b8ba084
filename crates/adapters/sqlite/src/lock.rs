//! The writers' lock: one writer at a time, over all threads and processes, in the order in which they came.
//!
//! ```text
//! lock file:   byte 0 the room      byte 1 the gate      byte 2 the notice      byte 1024 + n the ticket n
//! ```
//!
//! A writer passes the gate, draws the next ticket and locks its byte, waits for the byte of the ticket before, and
//! enters the room. The kernel's own queue is not used for the order: it lets the thread that runs win against those
//! that sleep, and some starve. The locks belong to an open file description of their own, so threads exclude each
//! other like processes, and the kernel gives them up with the process. A waiting writer that dies lets its successor
//! go early; then the room alone keeps the two apart.
//!
//! A writer that will take long puts up the notice before it passes the gate. Whoever finds the notice inside the gate
//! goes away instead of drawing a ticket, so that nobody ever waits behind such a writer.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::libc;
use nix::sys::stat::Mode;
use sclera_store::port::{StoreError, Stored};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const ROOM: i64 = 0;
const GATE: i64 = 1;
const NOTICE: i64 = 2;
/// What the kernel says where somebody has the byte; here it means the notice.
const OCCUPIED: Errno = Errno::EAGAIN;
const TICKETS: i64 = 1_024;
/// Tickets go round; nobody waits this long behind another.
const ROUND: u64 = 1 << 40;

/// Where the lock file is.
#[derive(Debug)]
pub(crate) struct WritersLock(PathBuf);

/// The right to write. Dropping it lets the next one write.
#[derive(Debug)]
pub struct Turn {
    _file: File,
}

impl WritersLock {
    /// The lock beside a database file.
    pub(crate) fn beside(database: &Path) -> Self {
        Self(database.with_extension("lock"))
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
                StoreError::ReadOnly(format!("{}: {error}", self.0.display()))
            }
            Errno::ENOSPC => StoreError::Full,
            _ => StoreError::Unavailable(format!("{}: {error}", self.0.display())),
        }
    }

    fn open(&self) -> Result<File, Errno> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
        open(&self.0, flags, Mode::S_IRUSR | Mode::S_IWUSR).map(File::from)
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
        Ok(Turn { _file: file })
    }
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
        std::fs::write(&lock.0, b"junk").unwrap();
        drop(lock.acquire().unwrap());
        std::fs::write(&lock.0, [0xff; 8]).unwrap();
        drop(lock.acquire().unwrap());
    }
}
