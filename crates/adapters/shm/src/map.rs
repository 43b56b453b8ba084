//! Mappings: the one place that turns files into memory.

#![expect(unsafe_code, reason = "memory that is a file has no safe face; each block says why it is sound")]

use rustix::mm::{MapFlags, ProtFlags};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file in memory, to be read. Dropping it lets the kernel free what nobody else maps.
pub struct Map {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the bytes are only read, and `munmap` may be called on any thread.
unsafe impl Send for Map {}
// SAFETY: as above; nothing is changed through a shared reference.
unsafe impl Sync for Map {}

impl Map {
    /// Maps all of a file that is never changed or cut short again: an image with its final name. The owner of the file
    /// could do so against the protocol; then readers see other bytes, which every use bounds-checks, or end by a signal.
    pub(crate) fn of(file: &File, length: usize) -> io::Result<Self> {
        if length == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        // SAFETY: a new mapping at a place that the kernel chooses aliases nothing of this program.
        let start = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ,
                MapFlags::SHARED,
                file.as_fd(),
                0,
            )?
        };
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        Ok(Self { start, length })
    }
}

impl AsRef<[u8]> for Map {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the mapping is of this length, readable, and lives as long as `self`; see `of` for why its bytes stay.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `of` with this length, and no reference to it outlives `self`.
        let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({} bytes)", self.length)
    }
}

/// Whether the words of a page are written by this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Maps the words of a page for as long as the process lives: a session looks at one with every check, so it must never
/// go away. The caller keeps one mapping a file, or is [`Words`], which lets nobody else look.
pub(crate) fn words(file: &File, count: usize, access: Access) -> io::Result<&'static [AtomicU64]> {
    let protection = match access {
        Access::Read => ProtFlags::READ,
        Access::Write => ProtFlags::READ | ProtFlags::WRITE,
    };
    let length = count * size_of::<AtomicU64>();
    // SAFETY: a new mapping at a place that the kernel chooses aliases nothing of this program.
    let start = unsafe {
        rustix::mm::mmap(std::ptr::null_mut(), length, protection, MapFlags::SHARED, file.as_fd(), 0)?
    };
    // SAFETY: mappings are aligned to pages and this one is taken away by `Words` alone, with the only reference; `AtomicU64`
    // has the layout of `u64`, any bits are one, and this process touches these words by atomic operations alone; others do
    // too, or have the kernel write. A mapping to be read is only given to `Page`, which stores through writable ones only,
    // and to `Words`, which never stores.
    Ok(unsafe { std::slice::from_raw_parts(start.cast::<AtomicU64>(), count) })
}

/// Words of a file that other programs write while this one looks at them. As with an image, the owner of the file could
/// cut it short against the protocol; then whoever looks ends by a signal.
#[derive(Debug)]
pub struct Words(&'static [AtomicU64]);

impl Words {
    /// Maps the first words of a file. An error means that it has fewer, or that there is no room for them.
    pub fn of(file: &File, count: usize) -> io::Result<Self> {
        let length = u64::try_from(count * size_of::<AtomicU64>()).unwrap_or(u64::MAX);
        if count == 0 || file.metadata()?.len() < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        words(file, count, Access::Read).map(Self)
    }

    /// A word as it is now, its first byte being the highest; what is looked at later was not written earlier.
    pub fn get(&self, at: usize) -> Option<u64> {
        self.0.get(at).map(|word| u64::from_be(word.load(Ordering::Acquire)))
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        let start = self.0.as_ptr().cast_mut().cast();
        // SAFETY: `words` made the mapping with this length, and no reference to it was ever handed out.
        let _ = unsafe { rustix::mm::munmap(start, size_of_val(self.0)) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn words_are_what_the_file_has_by_now() {
        let mut file = tempfile::tempfile().unwrap();
        assert!(Words::of(&file, 1).is_err(), "an empty one has no words");
        std::io::Write::write_all(&mut file, &[0; 16]).unwrap();
        assert!(Words::of(&file, 3).is_err() && Words::of(&file, 0).is_err());
        let words = Words::of(&file, 2).unwrap();
        assert_eq!((words.get(0), words.get(1), words.get(2)), (Some(0), Some(0), None));
        file.write_all_at(&0x0102_0304_0506_0708_u64.to_be_bytes(), 8).unwrap();
        assert_eq!((words.get(0), words.get(1)), (Some(0), Some(0x0102_0304_0506_0708)));
    }
}
