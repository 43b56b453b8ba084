//! Directories that are filled beside their place and put there whole, and files that appear whole.
//!
//! A process that is killed leaves its draft behind. A draft is locked for as long as its process lives, so that
//! whoever comes later can tell an abandoned one and clear it away ([`clear_abandoned`]).

use crate::files::{FileError, directory_of, new_beside};
use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A directory of one's own that is being filled; dropped before it was put in its place, it is removed.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    /// Locked until the process ends or the draft is dropped.
    _lock: OwnedFd,
    placed: bool,
}

impl Draft {
    /// Makes a directory with mode 0700 and a name that is not taken: `beginning` and some digits that `tag` gives.
    pub fn within(parent: &Path, beginning: &str, tag: u64) -> Result<Self, FileError> {
        for number in 0..100_u64 {
            let path = parent.join(format!("{beginning}{:016x}", tag.wrapping_add(number)));
            match rustix::fs::mkdir(&path, Mode::RWXU) {
                Err(Errno::EXIST) => continue,
                made => made.map_err(FileError::failed(&path, "create"))?,
            }
            // Somebody who clears away may have come between; then another name will do.
            if let Some(lock) = lock(&path).map_err(FileError::failed(&path, "lock"))? {
                return Ok(Self { path, _lock: lock, placed: false });
            }
        }
        let taken = io::Error::from(io::ErrorKind::AlreadyExists);
        Err(FileError::failed(&parent.join(beginning), "create")(taken))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in a place where nothing stands, or an empty directory.
    pub fn put(mut self, place: &Path) -> Result<(), FileError> {
        std::fs::rename(&self.path, place).map_err(FileError::failed(place, "put an instance at"))?;
        self.placed = true;
        sync_parent(place)
    }

    /// Puts it in the place of another directory, which gets the name `aside`; at no moment does nothing stand there.
    pub fn exchange(mut self, place: &Path, aside: &Path) -> Result<(), FileError> {
        let failed = |path| FileError::failed(path, "rename");
        // Under its last name first: once the two are exchanged, nothing may take the other one for an abandoned draft.
        std::fs::rename(&self.path, aside).map_err(failed(&self.path))?;
        aside.clone_into(&mut self.path);
        rustix::fs::renameat_with(CWD, aside, CWD, place, RenameFlags::EXCHANGE)
            .map_err(|cause| FileError::failed(place, "exchange")(cause))?;
        self.placed = true;
        sync_parent(place)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.placed {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes the drafts of processes that are no more, and tells how many there were. Those of other users stay.
pub fn clear_abandoned(parent: &Path, beginning: &str) -> usize {
    let Ok(entries) = parent.read_dir() else { return 0 };
    let ours = rustix::process::geteuid().as_raw();
    let abandoned = |entry: &std::fs::DirEntry| {
        let is_draft = entry.file_name().to_str().is_some_and(|name| name.starts_with(beginning));
        is_draft && entry.metadata().is_ok_and(|about| about.is_dir() && about.uid() == ours)
    };
    let mut cleared = 0;
    for entry in entries.flatten().filter(abandoned) {
        if let Ok(Some(_lock)) = lock(&entry.path()) {
            cleared += usize::from(std::fs::remove_dir_all(entry.path()).is_ok());
        }
    }
    cleared
}

/// Locks a directory that is still there; none where somebody else holds it or it is gone.
fn lock(path: &Path) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        opened => opened?,
    };
    match rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => return Ok(None),
        locked => locked?,
    }
    // A directory that was removed meanwhile has no name left.
    let is_there = rustix::fs::fstat(&directory)?.st_nlink > 0;
    Ok(is_there.then_some(directory))
}

/// A file that is written little by little and appears whole, with mode 0600, in place of what stands at its path; dropped
/// before it is finished, it leaves nothing and what stands there stays.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    directory: OwnedFd,
    temporary: OsString,
    file: File,
    finished: bool,
}

impl NewFile {
    /// Begins a file.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let failed = || FileError::failed(path, "write");
        let name =
            path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput)).map_err(failed())?;
        if path.is_dir() {
            return Err(failed()(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(directory_of(path), flags, Mode::empty())
            .map_err(FileError::failed(path, "write"))?;
        let (temporary, file) = new_beside(&directory, name).map_err(failed())?;
        Ok(Self { path: path.to_owned(), directory, temporary, file, finished: false })
    }

    /// Puts it in its place, on the disk.
    pub fn finish(mut self) -> Result<(), FileError> {
        let failed = || FileError::failed(&self.path, "write");
        let name = self.path.file_name().unwrap_or_default();
        self.file.sync_all().map_err(failed())?;
        rustix::fs::renameat(&self.directory, &self.temporary, &self.directory, name)
            .map_err(FileError::failed(&self.path, "write"))?;
        let synced = rustix::fs::fsync(&self.directory).map_err(FileError::failed(&self.path, "write"));
        self.finished = true;
        synced
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.finished {
            let _ = rustix::fs::unlinkat(&self.directory, &self.temporary, AtFlags::empty());
        }
    }
}

/// Makes the contents of a directory, and of those in it, durable.
pub fn sync_tree(directory: &Path) -> Result<(), FileError> {
    let failed = || FileError::failed(directory, "sync");
    for entry in directory.read_dir().map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            File::open(&path).and_then(|file| file.sync_all()).map_err(FileError::failed(&path, "sync"))?;
        }
    }
    File::open(directory).and_then(|file| file.sync_all()).map_err(failed())
}

fn sync_parent(place: &Path) -> Result<(), FileError> {
    let parent = directory_of(place);
    File::open(&parent).and_then(|file| file.sync_all()).map_err(FileError::failed(&parent, "sync"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_abandoned_draft_is_cleared_away_and_one_at_work_is_not() {
        let room = tempfile::tempdir().unwrap();
        let at_work = Draft::within(room.path(), ".new-", 7).unwrap();
        fs::write(at_work.path().join("file"), "x").unwrap();
        let abandoned = room.path().join(".new-0000000000000001");
        fs::create_dir_all(abandoned.join("keys")).unwrap();
        fs::create_dir(room.path().join("other")).unwrap();
        assert_eq!(clear_abandoned(room.path(), ".new-"), 1);
        assert!(!abandoned.exists() && at_work.path().join("file").exists());
        assert!(room.path().join("other").exists());
        let path = at_work.path().to_owned();
        drop(at_work);
        assert!(!path.exists(), "what is not put in its place is removed");
    }

    #[test]
    fn names_that_are_taken_are_passed_over() {
        let room = tempfile::tempdir().unwrap();
        let first = Draft::within(room.path(), ".new-", 7).unwrap();
        let second = Draft::within(room.path(), ".new-", 7).unwrap();
        assert_ne!(first.path(), second.path());
    }

    #[test]
    fn a_draft_takes_the_place_of_another_directory() {
        let room = tempfile::tempdir().unwrap();
        let (place, aside) = (room.path().join("data"), room.path().join("data.before"));
        let draft = |content: &str| {
            let draft = Draft::within(room.path(), ".new-", 7).unwrap();
            fs::write(draft.path().join("file"), content).unwrap();
            draft
        };
        draft("first").put(&place).unwrap();
        draft("second").exchange(&place, &aside).unwrap();
        assert_eq!(fs::read_to_string(place.join("file")).unwrap(), "second");
        assert_eq!(fs::read_to_string(aside.join("file")).unwrap(), "first");
        assert!(draft("third").put(&place).is_err(), "something stands there");
        assert_eq!(room.path().read_dir().unwrap().count(), 2);
    }

    #[test]
    fn a_new_file_appears_whole_or_not_at_all() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("backup");
        fs::write(&path, "old").unwrap();
        let mut half = NewFile::create(&path).unwrap();
        half.write_all(b"ha").unwrap();
        drop(half);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let mut whole = NewFile::create(&path).unwrap();
        whole.write_all(b"whole").unwrap();
        whole.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(room.path().read_dir().unwrap().count(), 1);
        assert!(NewFile::create(room.path()).is_err() && NewFile::create(Path::new("/")).is_err());
    }
}
