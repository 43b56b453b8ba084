//! The files of publishing: where they are, and that they are as they must be.

use crate::map::Access;
use crate::page::{BYTES, Page};
use crate::protocol::{self, Epoch, Place, Published};
use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where the files of an instance are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// In memory; may be missing or have little room.
    memory: PathBuf,
    /// In the directory of the instance.
    run: PathBuf,
    directory: PathBuf,
    owner: u32,
    group: u32,
}

const PAGE: &str = "page";
/// Names the directory of the instance, so that what is left of one that is gone can be found.
const OF: &str = "instance";
/// The directory where images go that memory has no room for, and the page where there is no shared memory at all.
const FALLBACK: &str = "shm";

impl Places {
    /// The places of the instance in a directory. Only its owner, device and number are asked, which nobody needs a
    /// right in the directory for.
    pub fn of(directory: &Path) -> io::Result<Self> {
        let about = std::fs::metadata(directory)?;
        let name = format!("sclera-{}-{:x}-{:x}", about.uid(), about.dev(), about.ino());
        Self::at(directory, &Path::new("/dev/shm").join(name))
    }

    /// The same with another place in memory.
    pub fn at(directory: &Path, memory: &Path) -> io::Result<Self> {
        let about = std::fs::metadata(directory)?;
        let run = directory.join("run");
        let directory = std::path::absolute(directory)?;
        Ok(Self { memory: memory.to_owned(), run, directory, owner: about.uid(), group: about.gid() })
    }

    fn fallback(&self) -> PathBuf {
        self.run.join(FALLBACK)
    }

    /// Waits for the right to publish, which ends when the file is dropped.
    pub(crate) fn lock(&self) -> io::Result<File> {
        make_directory(&self.run, Mode::RWXU)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(self.run.join("publish.lock"), flags, Mode::RUSR | Mode::WUSR)?;
        loop {
            match rustix::fs::flock(&file, FlockOperation::LockExclusive) {
                Err(Errno::INTR) => {}
                other => return other.map(|()| File::from(file)).map_err(io::Error::from),
            }
        }
    }

    /// Opens the page to publish, and makes it where it is missing or is none. Under the lock.
    pub(crate) fn page_to_write(&self) -> io::Result<(Page, PathBuf)> {
        let (page, home) = match self.open_or_make(&self.memory) {
            Ok(page) => (page, self.memory.clone()),
            Err(_) => (self.open_or_make(&self.fallback())?, self.fallback()),
        };
        protocol::recover(page.words());
        Ok((page, home))
    }

    /// Opens the page to note something on it, if there is one.
    pub(crate) fn page_as_it_is(&self) -> io::Result<(Page, PathBuf)> {
        let homes = [self.memory.clone(), self.fallback()].into_iter();
        let mut pages = homes.filter_map(|home| Some((self.open_page(&home, Access::Write).ok()?, home)));
        pages.next().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    /// Puts a new page in place of one that tells of another history, such as that of a directory that was put back to an
    /// earlier day. Sessions that look at the old one must authenticate again. Under the lock.
    pub(crate) fn renew_page(&self, page: &Page, home: &Path) -> io::Result<(Page, PathBuf)> {
        page.close();
        std::fs::remove_file(home.join(PAGE))?;
        self.page_to_write()
    }

    fn open_or_make(&self, home: &Path) -> io::Result<Page> {
        make_directory(home, Mode::RWXU | Mode::RGRP | Mode::XGRP)?;
        self.check(&rustix::fs::stat(home)?, FileType::Directory, 0o022)?;
        // The group of the instance's directory may read; where the process is not in it, its own group does.
        let _ = rustix::fs::chown(home, None, Some(rustix::fs::Gid::from_raw(self.group)));
        if let Ok(page) = self.open_page(home, Access::Write) {
            // The directory may have been given to another group since.
            let _ = rustix::fs::chown(home.join(PAGE), None, Some(rustix::fs::Gid::from_raw(self.group)));
            return Ok(page);
        }
        let path = home.join(format!(".page.{}.new", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let file = new_file(&path)?;
        // Asked for now, so that a full file system is an error and no signal later.
        file.set_len(BYTES)?;
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, BYTES)?;
        let _ = rustix::fs::fchown(&file, None, Some(rustix::fs::Gid::from_raw(self.group)));
        rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR | Mode::RGRP)?;
        Page::map(&file, Access::Write)?.mark();
        self.sweep();
        let _ = std::fs::write(home.join(OF), self.directory.as_os_str().as_encoded_bytes());
        std::fs::rename(&path, home.join(PAGE))?;
        self.open_page(home, Access::Write)
    }

    /// Takes away what instances of this user left in memory that are no more: nobody else would.
    fn sweep(&self) {
        let prefix = format!("sclera-{}-", self.owner);
        let Some(entries) = self.memory.parent().and_then(|parent| std::fs::read_dir(parent).ok()) else {
            return;
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let is_ours =
                path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix));
            let of = if is_ours { std::fs::read(path.join(OF)).ok() } else { None };
            let Some(of) = of.map(|of| PathBuf::from(OsString::from_vec(of))) else { continue };
            if path != self.memory && Self::of(&of).ok().is_none_or(|places| places.memory != path) {
                let _ = std::fs::remove_dir_all(&path);
            }
        }
    }

    /// Opens the page to read, wherever it is.
    pub(crate) fn page_to_read(&self) -> io::Result<(Page, PathBuf)> {
        let homes = [self.memory.clone(), self.fallback()];
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for home in homes {
            match self.open_page(&home, Access::Read) {
                Ok(page) => return Ok((page, home)),
                // What stands in a place that anybody may write to and is not the owner's is not ours.
                Err(error) if last.kind() == io::ErrorKind::NotFound => last = error,
                Err(_) => {}
            }
        }
        Err(last)
    }

    fn open_page(&self, home: &Path, access: Access) -> io::Result<Page> {
        self.check(&rustix::fs::stat(home)?, FileType::Directory, 0o022)?;
        let mode = if access == Access::Write { OFlags::RDWR } else { OFlags::RDONLY };
        let file = self.open(&home.join(PAGE), mode, 0o022)?;
        if file.metadata()?.len() != BYTES {
            return Err(wrong("the page has another size"));
        }
        let page = Page::map(&file, access)?;
        if page.is_marked() { Ok(page) } else { Err(wrong("this is no page")) }
    }

    /// Opens a file that belongs to the owner of the instance, is regular, and nobody else can write.
    fn open(&self, path: &Path, mode: OFlags, forbidden: u32) -> io::Result<File> {
        let flags = mode | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::open(path, flags, Mode::empty())?;
        self.check(&rustix::fs::fstat(&file)?, FileType::RegularFile, forbidden)?;
        Ok(File::from(file))
    }

    fn check(&self, about: &rustix::fs::Stat, kind: FileType, forbidden: u32) -> io::Result<()> {
        if FileType::from_raw_mode(about.st_mode) != kind {
            return Err(wrong("it is something else than it must be"));
        }
        if about.st_uid != self.owner {
            return Err(wrong("it belongs to somebody else than the instance"));
        }
        if about.st_mode & forbidden != 0 {
            return Err(wrong("others can write it"));
        }
        Ok(())
    }

    /// Opens an image; nobody at all can write it.
    pub(crate) fn open_image(&self, home: &Path, now: Published) -> io::Result<File> {
        self.open(&self.image(home, now), OFlags::RDONLY, 0o222)
    }

    /// The path of an image.
    pub(crate) fn image(&self, home: &Path, now: Published) -> PathBuf {
        let name = format!("{}.image", now.generation);
        match now.place {
            Place::Beside => home.join(name),
            Place::Directory => self.fallback().join(name),
        }
    }

    /// Makes a directory for images beside the one of the page.
    pub(crate) fn prepare(&self, place: Place) -> io::Result<()> {
        if place == Place::Directory {
            make_directory(&self.fallback(), Mode::RWXU | Mode::RGRP | Mode::XGRP)?;
            self.check(&rustix::fs::stat(self.fallback())?, FileType::Directory, 0o022)?;
            let _ = rustix::fs::chown(self.fallback(), None, Some(rustix::fs::Gid::from_raw(self.group)));
        }
        Ok(())
    }

    pub(crate) const fn group(&self) -> u32 {
        self.group
    }

    /// Takes away what publishers that died left, and images that no longer count. Under the lock.
    pub(crate) fn tidy(&self, home: &Path, keep: &Path) {
        for directory in [home, self.fallback().as_path()] {
            let Ok(entries) = std::fs::read_dir(directory) else { continue };
            for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                let extension = path.extension().and_then(|extension| extension.to_str());
                let ours = matches!(extension, Some("new" | "image"));
                if ours && path != keep {
                    let _ = std::fs::remove_file(&path);
                }
            }
        }
    }
}

/// Takes away what is published for an instance. Whoever is attached must authenticate again. What cannot be taken away
/// stays: it is read by nobody who was not let in before.
pub fn withdraw(directory: &Path) {
    let Ok(places) = Places::of(directory) else { return };
    let Ok(_turn) = places.lock() else { return };
    for home in [places.memory.clone(), places.fallback()] {
        if let Ok(page) = places.open_page(&home, Access::Write) {
            page.close();
        }
        let _ = std::fs::remove_dir_all(&home);
    }
}

/// The steps of publishing that can fail or be the last. A test puts another in place of [`Disk`].
pub trait Files: Send + Sync + 'static {
    /// Makes a new file for an image that nobody else can open.
    fn create(&self, path: &Path) -> io::Result<File> {
        let _ = std::fs::remove_file(path);
        new_file(path)
    }

    /// Writes the image, of which these are the parts.
    fn write(&self, mut file: &File, parts: &[&[u8]]) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut left = slices.as_mut_slice();
        while !left.is_empty() {
            match file.write_vectored(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lets its group read it and nobody write it.
    fn seal(&self, file: &File, group: u32) -> io::Result<()> {
        let _ = rustix::fs::fchown(file, None, Some(rustix::fs::Gid::from_raw(group)));
        Ok(rustix::fs::fchmod(file, Mode::RUSR | Mode::RGRP)?)
    }

    /// Gives the image its name.
    fn name(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    /// Turns the page.
    fn turn(&self, page: &Page, now: Published, epoch: Epoch) -> io::Result<()> {
        protocol::turn(page.words(), now, epoch);
        Ok(())
    }

    /// Takes the name of the image before away.
    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

/// The files of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {}

fn new_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?))
}

fn make_directory(path: &Path, mode: Mode) -> io::Result<()> {
    match rustix::fs::mkdir(path, mode) {
        // The mask of the process may have taken bits away.
        Ok(()) => Ok(rustix::fs::chmod(path, mode)?),
        Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, what)
}
