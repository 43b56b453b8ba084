//! Files that only the owner of the instance can reach.
//!
//! Who can write the files of an instance is outside its rules, so what holds secrets must belong to the effective user
//! of the process and be closed to everybody else. An error says the path, what is wrong, and the command that mends it.

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroizing;

/// The permissions of group and others.
const OTHERS: u32 = 0o077;
/// Those of them that let somebody change a directory.
const OTHERS_WRITE: u32 = 0o022;
/// The permissions that a private file may have at all: those of its owner and its group.
const GRANTABLE: u32 = 0o770;
/// How many names for a temporary file are tried when those of a crashed process are in the way.
const TEMPORARY_NAMES: usize = 100;

/// What is wrong with a file or directory that must be private.
#[derive(Debug)]
pub struct FileError {
    path: PathBuf,
    fault: FileFault,
}

/// The ways in which a file or directory is not as it must be.
#[derive(Debug)]
pub enum FileFault {
    /// It is a symbolic link, which somebody else may point elsewhere.
    Link,
    /// Something else than a directory stands where one must be.
    NotADirectory,
    /// Something else than a regular file stands where one must be.
    NotAFile,
    /// It belongs to somebody else.
    Owner {
        /// Whose it is.
        owner: u32,
        /// Whose it must be.
        wanted: u32,
    },
    /// Group or others may do with it what only the owner may.
    Access {
        /// Its permissions.
        mode: u32,
        /// Those of them that must go.
        excess: u32,
    },
    /// It has more bytes than it may have.
    TooLong {
        /// The most it may have.
        limit: usize,
    },
    /// The operating system refused.
    Failed {
        /// What we wanted, such as `create`.
        action: &'static str,
        /// Why it did not happen.
        cause: io::Error,
    },
}

impl FileError {
    pub(crate) fn new(path: &Path, fault: FileFault) -> Self {
        Self { path: path.to_owned(), fault }
    }

    pub(crate) fn failed<E: Into<io::Error>>(path: &Path, action: &'static str) -> impl FnOnce(E) -> Self {
        move |cause| Self::new(path, FileFault::Failed { action, cause: cause.into() })
    }

    /// Which file or directory it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with it.
    pub fn fault(&self) -> &FileFault {
        &self.fault
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, quoted) = (shown(&self.path), quoted(&self.path));
        match &self.fault {
            FileFault::Link => write!(f, "`{path}` is a symbolic link; name what it points to"),
            FileFault::NotADirectory => {
                write!(f, "`{path}` is not a directory; move it away or name another path")
            }
            FileFault::NotAFile => {
                write!(f, "`{path}` is not a regular file; move it away or name another path")
            }
            FileFault::Owner { owner, wanted } => {
                write!(
                    f,
                    "`{path}` belongs to uid {owner} and not to uid {wanted}; run `chown {wanted} {quoted}`"
                )
            }
            FileFault::Access { mode, excess } => {
                let (mode, revoked) =
                    (mode & 0o7777, if excess & !OTHERS_WRITE == 0 { "go-w" } else { "go-rwx" });
                write!(
                    f,
                    "`{path}` is open to group or others (mode {mode:04o}); run `chmod {revoked} {quoted}`"
                )
            }
            FileFault::TooLong { limit } => write!(f, "`{path}` has more than {limit} bytes"),
            FileFault::Failed { action, .. } => write!(f, "cannot {action} `{path}`"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            FileFault::Failed { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

/// Makes a directory with mode 0700, or makes sure that one that stands there is private: no symbolic link, of the
/// effective user, and not writable by group or others. The directory above must exist.
pub fn private_dir(path: &Path) -> Result<(), FileError> {
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(cause) => return Err(FileError::failed(path, "create")(cause)),
    }
    // Looked at even when just made: between the two steps it may have been exchanged.
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty()).map_err(FileError::failed(path, "open"))?;
    let stat = stat_of(&directory, path)?;
    check(&stat, FileType::Directory, OTHERS_WRITE, effective_uid())
        .map_err(|fault| FileError::new(path, fault))
}

/// Writes a file so that, whatever happens, its path names either the old content or the whole new one, also after a
/// loss of power.
///
/// The file gets exactly the permissions of `mode`, less those of others and the special bits, which are never given.
/// A symbolic link at the path is replaced, not followed. A crash may leave a temporary file, named
/// `.name.process.number.new`, in the same directory.
pub fn write_private(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let failed = FileError::failed(path, "write");
    let Some(name) = path.file_name() else {
        return Err(failed(io::Error::from(io::ErrorKind::InvalidInput)));
    };
    replace(&directory_of(path), name, bytes, mode).map_err(failed)
}

/// Reads a file that must be private: no symbolic link, a regular file, of the effective user, without any permission
/// for group and others, and at most so many bytes. What was read is wiped when dropped.
pub fn read_private(path: &Path, max_len: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    // Opening a pipe would wait for a writer.
    let file = open_private(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let limit = u64::try_from(max_len).unwrap_or(u64::MAX);
    let length = u64::try_from(stat_of(&file, path)?.st_size).unwrap_or(u64::MAX);
    let too_long = || FileError::new(path, FileFault::TooLong { limit: max_len });
    if length > limit {
        return Err(too_long());
    }
    // Room for all of it: a vector that grows leaves copies behind.
    let room = usize::try_from(length).unwrap_or(max_len).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let read = File::from(file).take(limit.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(FileError::failed(path, "read"))?;
    if bytes.len() > max_len { Err(too_long()) } else { Ok(bytes) }
}

/// Opens a regular file for reading, behind symbolic links too. Whatever else stands there is refused and never waited for.
pub fn open_regular(path: &Path) -> Result<File, FileError> {
    // Opening a pipe would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(FileError::failed(path, "open"))?;
    match FileType::from_raw_mode(stat_of(&file, path)?.st_mode) {
        FileType::RegularFile => Ok(File::from(file)),
        _ => Err(FileError::new(path, FileFault::NotAFile)),
    }
}

/// On what kind of file system a path lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// On this machine, as far as can be told: what stands behind FUSE is not seen.
    Local,
    /// On another machine or on several, where locks and shared memory do not work as here; with its name.
    Network(&'static str),
}

/// Tells on what kind of file system an existing path lies.
pub fn file_system(path: &Path) -> Result<FileSystem, FileError> {
    let answer = rustix::fs::statfs(path).map_err(FileError::failed(path, "inspect"))?;
    // Narrow platforms extend the sign of the number and others do not: only 32 bits count.
    let magic = u32::try_from(i128::from(answer.f_type) & 0xffff_ffff).unwrap_or(0);
    Ok(kind_of(magic))
}

/// By the numbers of `linux/magic.h` and, for the last three, of the file systems' own sources.
fn kind_of(magic: u32) -> FileSystem {
    FileSystem::Network(match magic {
        0x0000_6969 => "NFS",
        0x0000_517b => "SMB",
        0xff53_4d42 | 0xfe53_4d42 => "CIFS",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x7375_7245 => "CODA",
        0x0102_1997 => "9P",
        0x00c3_6400 => "CEPH",
        0x0000_564c => "NCP",
        0x7461_636f => "OCFS2",
        0x0116_1970 => "GFS2",
        0x0bd0_0bd0 => "LUSTRE",
        0x4750_4653 => "GPFS",
        _ => return FileSystem::Local,
    })
}

/// Opens a file, makes it with mode 0600 if the flags say so, and makes sure that it is private.
pub(crate) fn open_private(path: &Path, flags: OFlags) -> Result<OwnedFd, FileError> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR).map_err(|cause| match cause {
        Errno::LOOP => FileError::new(path, FileFault::Link),
        cause => FileError::failed(path, "open")(cause),
    })?;
    let stat = stat_of(&file, path)?;
    check(&stat, FileType::RegularFile, OTHERS, effective_uid())
        .map_err(|fault| FileError::new(path, fault))?;
    Ok(file)
}

fn check(stat: &Stat, wanted: FileType, forbidden: u32, owner: u32) -> Result<(), FileFault> {
    let found = FileType::from_raw_mode(stat.st_mode);
    if found != wanted {
        return Err(match wanted {
            _ if found == FileType::Symlink => FileFault::Link,
            FileType::Directory => FileFault::NotADirectory,
            _ => FileFault::NotAFile,
        });
    }
    if stat.st_uid != owner {
        return Err(FileFault::Owner { owner: stat.st_uid, wanted: owner });
    }
    match stat.st_mode & forbidden {
        0 => Ok(()),
        excess => Err(FileFault::Access { mode: stat.st_mode, excess }),
    }
}

fn stat_of(file: impl AsFd, path: &Path) -> Result<Stat, FileError> {
    rustix::fs::fstat(file).map_err(FileError::failed(path, "inspect"))
}

fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

pub(crate) fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn replace(directory: &Path, name: &OsStr, bytes: &[u8], mode: u32) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(directory, flags, Mode::empty())?;
    let (temporary, file) = new_beside(&directory, name)?;
    let done = fill(file, bytes, mode)
        .and_then(|()| Ok(rustix::fs::renameat(&directory, &temporary, &directory, name)?));
    if done.is_err() {
        // The first error is the one to report.
        let _ = rustix::fs::unlinkat(&directory, &temporary, AtFlags::empty());
        return done;
    }
    Ok(rustix::fs::fsync(&directory)?)
}

/// A new file that nobody else has or can open, and its name.
pub(crate) fn new_beside(directory: &OwnedFd, name: &OsStr) -> io::Result<(OsString, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for _ in 0..TEMPORARY_NAMES {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}.{}.new", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        match rustix::fs::openat(directory, &temporary, flags, Mode::RUSR | Mode::WUSR) {
            Err(Errno::EXIST) => {}
            opened => return Ok((temporary, File::from(opened?))),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

fn fill(mut file: File, bytes: &[u8], mode: u32) -> io::Result<()> {
    file.write_all(bytes)?;
    // Not at creation, where the mask of the process would take bits away.
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode & GRANTABLE))?;
    file.sync_all()
}

/// The path on one line of a message.
fn shown(path: &Path) -> String {
    let visible = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    path.to_string_lossy().chars().map(visible).collect()
}

/// The path as a word of the shell, for commands that a reader copies.
fn quoted(path: &Path) -> String {
    let text = shown(path);
    if text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c)) && !text.starts_with('-') {
        return text;
    }
    let dashed = if text.starts_with('-') { "./" } else { "" };
    format!("'{dashed}{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn room() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode_of(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    fn names_in(path: &Path) -> Vec<OsString> {
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_directory_is_made_private_and_accepted_again() {
        let room = room();
        let path = room.path().join("data");
        private_dir(&path).unwrap();
        assert_eq!(mode_of(&path), 0o700);
        private_dir(&path).unwrap();
        set_mode(&path, 0o755);
        private_dir(&path).unwrap();
    }

    #[test]
    fn a_directory_that_others_can_change_is_refused() {
        let room = room();
        let path = room.path().join("data");
        fs::create_dir(&path).unwrap();
        for (mode, excess) in [(0o770, 0o020), (0o702, 0o002), (0o1777, 0o022)] {
            set_mode(&path, mode);
            let error = private_dir(&path).unwrap_err();
            assert!(matches!(error.fault(), FileFault::Access { excess: e, .. } if *e == excess), "{error}");
        }
        let path = path.display();
        assert_eq!(
            private_dir(Path::new(&path.to_string())).unwrap_err().to_string(),
            format!("`{path}` is open to group or others (mode 1777); run `chmod go-w {path}`")
        );
    }

    #[test]
    fn what_is_no_directory_is_refused() {
        let room = room();
        let (file, link, far) = (room.path().join("f"), room.path().join("l"), room.path().join("a/b"));
        fs::write(&file, "").unwrap();
        symlink(room.path(), &link).unwrap();
        assert!(matches!(private_dir(&file).unwrap_err().fault(), FileFault::NotADirectory));
        assert!(matches!(private_dir(&link).unwrap_err().fault(), FileFault::Link));
        let error = private_dir(&far).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot create `{}`", far.display()));
        assert!(error.source().unwrap().to_string().contains("No such file or directory"));
    }

    #[test]
    fn what_belongs_to_somebody_else_is_refused() {
        let room = room();
        let stat = rustix::fs::stat(room.path()).unwrap();
        let (owner, wanted) = (stat.st_uid, stat.st_uid + 1);
        let fault = check(&stat, FileType::Directory, OTHERS_WRITE, wanted).unwrap_err();
        assert_eq!(
            FileError::new(Path::new("/srv/the data"), fault).to_string(),
            format!(
                "`/srv/the data` belongs to uid {owner} and not to uid {wanted}; \
                 run `chown {wanted} '/srv/the data'`"
            )
        );
    }

    #[test]
    fn a_written_file_is_read_again() {
        let room = room();
        let path = room.path().join("key");
        for content in [&b"first"[..], b"", &[0xff; 10_000]] {
            write_private(&path, content, 0o600).unwrap();
            assert_eq!(*read_private(&path, content.len()).unwrap(), content);
        }
        assert_eq!(names_in(room.path()), ["key"], "nothing temporary is left");
    }

    #[test]
    fn permissions_are_those_asked_for_but_never_for_others() {
        let room = room();
        let path = room.path().join("image");
        for (asked, given) in [(0o600, 0o600), (0o400, 0o400), (0o440, 0o440), (0o4777, 0o770)] {
            write_private(&path, b"x", asked).unwrap();
            assert_eq!(mode_of(&path), given);
        }
    }

    #[test]
    fn a_link_is_replaced_and_what_it_points_to_stays() {
        let room = room();
        let (target, link) = (room.path().join("target"), room.path().join("link"));
        fs::write(&target, "old").unwrap();
        symlink(&target, &link).unwrap();
        write_private(&link, b"new", 0o600).unwrap();
        assert_eq!(
            (fs::read(&target).unwrap(), fs::read(&link).unwrap()),
            (b"old".to_vec(), b"new".to_vec())
        );
    }

    #[test]
    fn a_failed_write_leaves_everything_as_it_was() {
        let room = room();
        let path = room.path().join("occupied");
        fs::create_dir(&path).unwrap();
        let error = write_private(&path, b"x", 0o600).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot write `{}`", path.display()));
        assert_eq!(names_in(room.path()), ["occupied"]);
        assert!(write_private(Path::new("/"), b"x", 0o600).is_err());
        assert!(write_private(&room.path().join("missing/key"), b"x", 0o600).is_err());
    }

    #[test]
    fn temporary_files_of_a_crash_are_not_in_the_way() {
        let room = room();
        let path = room.path().join("key");
        for number in 0..50 {
            fs::write(room.path().join(format!(".key.{}.{number}.new", std::process::id())), "old").unwrap();
        }
        write_private(&path, b"new", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn writers_and_readers_see_whole_files() {
        let room = room();
        let path = room.path().join("key");
        write_private(&path, &[0; 5_000], 0o600).unwrap();
        std::thread::scope(|scope| {
            for byte in 1..4u8 {
                let path = &path;
                scope
                    .spawn(move || (0..20).for_each(|_| write_private(path, &[byte; 5_000], 0o600).unwrap()));
            }
            for _ in 0..200 {
                let seen = read_private(&path, 5_000).unwrap();
                assert!(seen.len() == 5_000 && seen.iter().all(|byte| *byte == seen[0]));
            }
        });
    }

    #[test]
    fn a_file_that_others_can_reach_is_not_read() {
        let room = room();
        let path = room.path().join("key");
        fs::write(&path, "secret").unwrap();
        for mode in [0o640, 0o604, 0o610, 0o602, 0o666] {
            set_mode(&path, mode);
            let error = read_private(&path, 100).unwrap_err();
            assert!(matches!(error.fault(), FileFault::Access { .. }), "{mode:o}");
        }
        assert_eq!(
            read_private(&path, 100).unwrap_err().to_string(),
            format!("`{0}` is open to group or others (mode 0666); run `chmod go-rwx {0}`", path.display())
        );
    }

    #[test]
    fn only_regular_files_are_read() {
        let room = room();
        let (target, link, pipe) = (room.path().join("t"), room.path().join("l"), room.path().join("p"));
        write_private(&target, b"x", 0o600).unwrap();
        symlink(&target, &link).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(matches!(read_private(&link, 100).unwrap_err().fault(), FileFault::Link));
        assert!(matches!(read_private(&pipe, 100).unwrap_err().fault(), FileFault::NotAFile));
        assert!(matches!(read_private(room.path(), 100).unwrap_err().fault(), FileFault::NotAFile));
        let missing = read_private(&room.path().join("none"), 100).unwrap_err();
        assert!(
            matches!(missing.fault(), FileFault::Failed { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
        );
    }

    #[test]
    fn a_file_is_at_most_as_long_as_allowed() {
        let room = room();
        let path = room.path().join("key");
        write_private(&path, b"12345", 0o600).unwrap();
        assert_eq!(read_private(&path, 5).unwrap().len(), 5);
        assert_eq!(read_private(&path, usize::MAX).unwrap().len(), 5);
        let error = read_private(&path, 4).unwrap_err();
        assert_eq!(error.to_string(), format!("`{}` has more than 4 bytes", path.display()));
        write_private(&path, b"", 0o600).unwrap();
        assert!(read_private(&path, 0).unwrap().is_empty());
    }

    #[test]
    fn file_systems_are_told_apart() {
        assert_eq!(file_system(Path::new("/proc")).unwrap(), FileSystem::Local);
        assert!(file_system(Path::new("/no/such/path")).is_err());
        assert_eq!(kind_of(0x6969), FileSystem::Network("NFS"));
        assert_eq!(kind_of(0xff53_4d42), FileSystem::Network("CIFS"));
        assert_eq!(kind_of(0xef53), FileSystem::Local, "ext4");
        assert_eq!(kind_of(0x6573_5546), FileSystem::Local, "FUSE");
    }

    #[test]
    fn paths_in_messages_stay_on_one_line_and_in_one_word() {
        for (path, word) in [
            ("/srv/data", "/srv/data"),
            ("/srv/it's", r"'/srv/it'\''s'"),
            ("a\nb", r"'a\nb'"),
            ("$(x)", "'$(x)'"),
            ("-r", "'./-r'"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
