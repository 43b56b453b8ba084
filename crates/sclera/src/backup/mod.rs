//! Backups: one file with everything that an instance is, and an instance made of such a file again.
//!
//! ```text
//! sealed content   length u32 ‖ JSON {Sclera, Instance, Made, By, Parts: [{Name, Length}]} ‖ the parts, one after another
//! ```
//!
//! [`container`] has the sealing. The databases in it are copies of one committed state each, made while others read and
//! write. The second places of their chains are read before them: one that is behind is harmless.
//!
//! A restore fills a directory beside its place and puts it there whole. A backup that cannot be read to its end, or
//! whose logs were tampered with, changes nothing. The restored logs begin a new epoch that names the end of those that
//! stood there ([`sclera_store::journal::MarkRecord`]).

mod container;

use crate::instance::{
    ACTIVITY, Instance, JOURNAL_KEY, KEYS, Machine, NAMESPACES, OLDER_SEAL_KEY, OpenError, RUN, SEAL_KEY,
    SECURITY, join, key, refuse_network, tag,
};
use container::{Header, HeaderFault, Kind, Lock, Opener, Sealer};
use sclera_authn::secret::Secret;
use sclera_engine::audit::Verification;
use sclera_engine::backup::{Keys, Replaced};
use sclera_engine::{Refusal, Session, World};
use sclera_os::draft::{self, Draft};
use sclera_os::files;
use sclera_sqlite::{SqliteActivity, SqliteStore, Turn, witness_of, writers_turn};
use sclera_store::port::StoreError;
use serde_json::{Value, json};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The second places of the chains.
const SECURITY_HEADS: &str = "security.heads";
const ACTIVITY_HEADS: &str = "activity.heads";
/// The configuration file of a server.
const CONFIGURATION: &str = "sclera.toml";
/// Everything that can be in a backup; the databases always are.
const PARTS: [&str; 9] = [
    SECURITY,
    ACTIVITY,
    SECURITY_HEADS,
    ACTIVITY_HEADS,
    CONFIGURATION,
    NAMESPACES,
    "keys/journal.key",
    "keys/seal.key",
    "keys/seal.key.older",
];
/// How drafts of instances are named beside their place.
pub(crate) const DRAFT: &str = ".sclera-new-";
/// How copies of the databases are named in the data directory while a backup is made.
const COPIES: &str = ".sclera-backup-";
/// The most bytes of a part that is no database.
const LARGEST_SMALL: u64 = 1024 * 1024;
/// The most bytes of the list of parts.
const LARGEST_LIST: u32 = 64 * 1024;
/// The fewest bytes of a passphrase: whoever has the file can try as often as they like.
pub const SHORTEST_PASSPHRASE: usize = 15;

/// What a backup is locked with.
pub enum Sealing<'a> {
    /// The keys of the instance, which are not in it: it can be restored where they are.
    InstanceKeys,
    /// A passphrase; the keys of the instance are in it, so that it can be restored anywhere.
    Passphrase(&'a Secret),
}

/// What was put into a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The random name of the instance.
    pub instance: String,
    /// How many bytes the parts have together.
    pub bytes: u64,
    /// How many links the journal in it has.
    pub revision: u64,
}

/// What to do with what stands at the place of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// An instance there is left alone, and the restore refused.
    Keep,
    /// It is put aside.
    Replace,
}

/// What to do with a backup whose logs were tampered with before it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tampered {
    /// The restore is refused.
    Refuse,
    /// It is restored as it is; `audit verify` goes on saying so.
    Accept,
}

/// How a backup is restored.
pub struct How<'a> {
    /// The passphrase, if it was sealed with one.
    pub passphrase: Option<&'a Secret>,
    /// What to do with what stands there.
    pub existing: Existing,
    /// What to do with a backup whose logs were tampered with.
    pub tampered: Tampered,
}

/// What came of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The random name of the instance.
    pub instance: String,
    /// When the backup was made.
    pub made: String,
    /// How many links the journal has now; the last begins the new epoch.
    pub revision: u64,
    /// How many links the journal had that stood here; none where that is not known.
    pub before: Option<u64>,
    /// Where the instance is now that stood here.
    pub aside: Option<PathBuf>,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug)]
pub enum BackupError {
    /// It may not be made.
    Refused(Refusal),
    /// The file is no backup.
    Foreign,
    /// It was made by a version of Sclera that writes backups in another way.
    Version(u8),
    /// It was changed or cut, or it was sealed with other keys or another passphrase.
    Changed,
    /// It was sealed with a passphrase, and none was given.
    NeedsPassphrase,
    /// It was sealed with the keys of its instance, which are not here.
    NeedsKeys(PathBuf),
    /// The passphrase is too short.
    ShortPassphrase,
    /// Something stands in the directory.
    Exists(PathBuf),
    /// A server holds the instance.
    Served(PathBuf),
    /// The logs in it were tampered with before it was made.
    Tampered(Box<Verification>),
    /// The files of an instance are not as they must be.
    Open(OpenError),
    /// The operating system refused.
    Files(String),
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => fmt::Display::fmt(refusal, f),
            Self::Foreign => f.write_str("the file is no backup of Sclera; nothing was changed"),
            Self::Version(found) => write!(
                f,
                "the backup has format {found} and this program knows format 1; use a newer Sclera; nothing was changed"
            ),
            Self::Changed => f.write_str(
                "the backup was changed or cut, or it was sealed with another passphrase or other keys; nothing was \
                 changed",
            ),
            Self::NeedsPassphrase => f.write_str(
                "the backup needs its passphrase: the prompt, SCLERA_BACKUP_PASSPHRASE or --passphrase-file; nothing \
                 was changed",
            ),
            Self::NeedsKeys(directory) => write!(
                f,
                "the keys of the instance are not in the backup; put its {KEYS}/ into {} first, or restore a backup made \
                 with --with-keys; nothing was changed",
                directory.display()
            ),
            Self::ShortPassphrase => {
                write!(f, "the passphrase must have at least {SHORTEST_PASSPHRASE} bytes; nothing was written")
            }
            Self::Exists(directory) => write!(
                f,
                "there is something in {} already; --replace puts an instance there aside",
                directory.display()
            ),
            Self::Served(directory) => write!(
                f,
                "a `sclera serve` holds {}; stop it first; nothing was changed",
                directory.display()
            ),
            Self::Tampered(found) => {
                let first = found.journal.findings.iter().chain(&found.events.findings).next();
                let first = first.map(|first| format!("{}: {}", first.place, first.what)).unwrap_or_default();
                write!(
                    f,
                    "the backup holds an instance that was tampered with before it was made ({first}); --accept-tampered \
                     restores it as it is; nothing was changed"
                )
            }
            Self::Open(error) => fmt::Display::fmt(error, f),
            Self::Files(fault) => f.write_str(fault),
        }
    }
}

impl std::error::Error for BackupError {}

impl From<Refusal> for BackupError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Open(OpenError::Store(error))
    }
}

impl From<files::FileError> for BackupError {
    fn from(error: files::FileError) -> Self {
        Self::Open(OpenError::from(error))
    }
}

type Done<T> = Result<T, BackupError>;

/// Tells whether a file is a backup that takes a passphrase to restore.
pub fn is_sealed_with_a_passphrase(file: &Path) -> bool {
    let header = File::open(file).map(|mut file| Header::read(&mut file));
    header.is_ok_and(|header| header.is_ok_and(|header| header.kind() == Kind::Passphrase))
}

/// One file of an instance that goes into a backup.
struct Part {
    name: &'static str,
    path: PathBuf,
    length: u64,
}

impl Instance {
    /// Makes a backup, while others may read and write; it goes to `out` as it is made. Whoever has the result and the
    /// passphrase, or the result and the keys, has everything.
    pub fn backup(&self, session: &Session, sealing: &Sealing<'_>, out: &mut dyn Write) -> Done<Made> {
        let keys = match sealing {
            Sealing::InstanceKeys => Keys::LeftOut,
            Sealing::Passphrase(phrase) if phrase.expose().len() < SHORTEST_PASSPHRASE => {
                return Err(BackupError::ShortPassphrase);
            }
            Sealing::Passphrase(_) => Keys::Included,
        };
        self.allow_backup(session, keys)?;
        let directory = self.directory();
        draft::clear_abandoned(directory, COPIES);
        let copies = Draft::within(directory, COPIES, tag())?;
        let parts = self.parts(copies.path(), keys)?;
        let about = self.instance()?;
        let revision = witness_free_revision(copies.path())?;
        let list = json!({
            "Sclera": env!("CARGO_PKG_VERSION"),
            "Instance": about.id,
            "Made": Machine.now().to_string(),
            "By": session.user(),
            "Parts": parts.iter().map(|part| json!({"Name": part.name, "Length": part.length})).collect::<Vec<_>>(),
        });
        let mut salt = [0; 32];
        Machine.fill(&mut salt);
        let seal = key(directory, SEAL_KEY)?;
        let (kind, lock) = match sealing {
            Sealing::InstanceKeys => (Kind::Keys, Lock::Keys(&seal)),
            Sealing::Passphrase(phrase) => (Kind::Passphrase, Lock::Passphrase(phrase)),
        };
        let sealer = Sealer::begin(out, Header::new(kind, salt), lock);
        let written = sealer.and_then(|sealer| write_all(sealer, &list, &parts));
        written.map_err(|error| BackupError::Files(format!("the backup cannot be written: {error}")))?;
        let bytes = parts.iter().map(|part| part.length).sum();
        Ok(Made { instance: about.id, bytes, revision })
    }

    /// Puts copies of what can change meanwhile into a directory, and lists everything that goes into a backup.
    fn parts(&self, copies: &Path, keys: Keys) -> Done<Vec<Part>> {
        let directory = self.directory();
        for name in [SECURITY_HEADS, ACTIVITY_HEADS] {
            copy_if_there(&directory.join(name), &copies.join(name))?;
        }
        SqliteStore::open(&directory.join(SECURITY))?.copy_to(&copies.join(SECURITY))?;
        SqliteActivity::open(&directory.join(ACTIVITY))?.copy_to(&copies.join(ACTIVITY))?;
        for name in [CONFIGURATION, NAMESPACES] {
            copy_if_there(&directory.join(name), &copies.join(name))?;
        }
        let mut parts = Vec::new();
        for name in PARTS {
            let of_keys = name.starts_with(KEYS);
            let path = if of_keys { directory.join(name) } else { copies.join(name) };
            if of_keys && keys == Keys::LeftOut {
                continue;
            }
            match std::fs::metadata(&path) {
                Ok(about) => parts.push(Part { name, path, length: about.len() }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&path, &error)),
            }
        }
        Ok(parts)
    }

    /// Makes an instance of a backup: all of it or nothing. The effective user becomes the owner of its files. No server
    /// may hold an instance that stands there, and no command changes it meanwhile.
    pub fn restore(directory: &Path, from: &mut dyn Read, how: &How<'_>) -> Done<Restored> {
        let parent =
            directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        refuse_network(parent)?;
        let place = Place::look(directory, how.existing)?;
        draft::clear_abandoned(parent, DRAFT);
        let draft = Draft::within(parent, DRAFT, tag())?;
        let list = unpack(from, how.passphrase, directory, draft.path())?;
        let (revision, replaced) = revive(draft.path(), directory, &place, &list, how.tampered)?;
        draft::sync_tree(draft.path())?;
        let aside = place.put(draft, directory)?;
        Ok(Restored {
            instance: list.instance,
            made: list.made,
            revision,
            before: Some(replaced.journal.sequence).filter(|sequence| *sequence > 0),
            aside,
        })
    }
}

/// How many links the journal of a copied database has.
fn witness_free_revision(copies: &Path) -> Done<u64> {
    use sclera_store::port::{Log as _, Store as _};
    Ok(SqliteStore::open(&copies.join(SECURITY))?.read()?.head()?.sequence)
}

fn write_all(mut sealer: Sealer<'_>, list: &Value, parts: &[Part]) -> io::Result<()> {
    let list = list.to_string();
    let too_long = |_| io::Error::other("the list of parts is too long");
    sealer.write_all(&u32::try_from(list.len()).map_err(too_long)?.to_be_bytes())?;
    sealer.write_all(list.as_bytes())?;
    for part in parts {
        let copied = io::copy(&mut File::open(&part.path)?.take(part.length), &mut sealer)?;
        if copied != part.length {
            return Err(io::Error::other(format!("{} became shorter", part.name)));
        }
    }
    sealer.finish()
}

fn copy_if_there(from: &Path, to: &Path) -> Done<()> {
    let file = match File::open(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(|error| failed(from, &error))?,
    };
    let mut copy = new_private(to, 0o600)?;
    io::copy(&mut file.take(LARGEST_SMALL), &mut copy).map_err(|error| failed(to, &error)).map(drop)
}

fn new_private(path: &Path, mode: u32) -> Done<File> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    opened.map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> BackupError {
    BackupError::Files(format!("{}: {error}", path.display()))
}

/// What stands at the place of a restore. What is kept here keeps others from changing it.
enum Place {
    /// Nothing, or an empty directory.
    Free,
    /// Keys that were put there for the restore, and at most a configuration.
    Prepared,
    /// An instance.
    Held { _server: File, _writers: [Turn; 2] },
}

impl Place {
    fn look(directory: &Path, existing: Existing) -> Done<Self> {
        let exists = || BackupError::Exists(directory.to_owned());
        let entries = match directory.read_dir() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Free),
            read => read.map_err(|error| failed(directory, &error))?,
        };
        let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        if names.is_empty() {
            return Ok(Self::Free);
        }
        files::private_dir(directory)?;
        if names.iter().all(|name| [KEYS, CONFIGURATION].iter().any(|known| name == known)) {
            return Ok(Self::Prepared);
        }
        // Anything else than an instance is nobody's to put aside.
        if existing == Existing::Keep || !directory.join(KEYS).is_dir() {
            return Err(exists());
        }
        let server = Instance::without_server(directory)?;
        let turn = |name: &str| writers_turn(&directory.join(name));
        Ok(Self::Held { _server: server, _writers: [turn(SECURITY)?, turn(ACTIVITY)?] })
    }

    /// Puts the draft here, and tells where what stood here is now.
    fn put(&self, draft: Draft, directory: &Path) -> Done<Option<PathBuf>> {
        if matches!(self, Self::Free) {
            draft.put(directory)?;
            return Ok(None);
        }
        let mut aside = directory.file_name().unwrap_or_default().to_owned();
        aside.push(format!(".before-restore-{:016x}", tag()));
        let aside = directory.with_file_name(aside);
        draft.exchange(directory, &aside)?;
        if matches!(self, Self::Prepared) {
            // It held what the restored instance holds as well.
            let _ = std::fs::remove_dir_all(&aside);
            return Ok(None);
        }
        Ok(Some(aside))
    }
}

impl Instance {
    /// Makes sure that no server holds the instance in a directory, for as long as the file is kept.
    pub(crate) fn without_server(directory: &Path) -> Done<File> {
        let run = directory.join(RUN);
        files::private_dir(&run)?;
        let path = run.join("serve.lock");
        let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.map_err(|error| failed(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(BackupError::Served(directory.to_owned())),
            Err(std::fs::TryLockError::Error(error)) => Err(failed(&path, &error)),
        }
    }
}

/// What a backup says of itself.
struct List {
    instance: String,
    made: String,
    by: String,
    parts: Vec<(&'static str, u64)>,
}

impl List {
    fn read(from: &mut dyn Read) -> Done<Self> {
        let mut length = [0; 4];
        from.read_exact(&mut length).map_err(|error| unreadable(&error))?;
        let length = u32::from_be_bytes(length);
        if length > LARGEST_LIST {
            return Err(BackupError::Foreign);
        }
        let mut text = Vec::new();
        from.take(u64::from(length)).read_to_end(&mut text).map_err(|error| unreadable(&error))?;
        let list: Value = serde_json::from_slice(&text).map_err(|_| BackupError::Foreign)?;
        Self::of(&list).ok_or(BackupError::Foreign)
    }

    fn of(list: &Value) -> Option<Self> {
        let text = |name: &str| list.get(name)?.as_str().map(str::to_owned);
        let mut parts: Vec<(&'static str, u64)> = Vec::new();
        for part in list.get("Parts")?.as_array()? {
            let (name, length) = (part.get("Name")?.as_str()?, part.get("Length")?.as_u64()?);
            let name = PARTS.into_iter().find(|known| *known == name)?;
            let is_database = [SECURITY, ACTIVITY].contains(&name);
            if parts.iter().any(|(known, _)| *known == name) || (!is_database && length > LARGEST_SMALL) {
                return None;
            }
            parts.push((name, length));
        }
        let has = |name: &str| parts.iter().any(|(known, _)| *known == name);
        if !has(SECURITY) || !has(ACTIVITY) {
            return None;
        }
        Some(Self { instance: text("Instance")?, made: text("Made")?, by: text("By")?, parts })
    }
}

fn unreadable(error: &io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => BackupError::Changed,
        _ => BackupError::Files(format!("the backup cannot be read: {error}")),
    }
}

/// Puts the parts of a backup into a draft, with the keys: those in it, or those that are in the directory already.
fn unpack(from: &mut dyn Read, passphrase: Option<&Secret>, directory: &Path, draft: &Path) -> Done<List> {
    let header = Header::read(from).map_err(|fault| match fault {
        HeaderFault::Foreign => BackupError::Foreign,
        HeaderFault::Version(found) => BackupError::Version(found),
        HeaderFault::Unreadable(error) => unreadable(&error),
    })?;
    let seal;
    let lock = match header.kind() {
        Kind::Passphrase => Lock::Passphrase(passphrase.ok_or(BackupError::NeedsPassphrase)?),
        Kind::Keys if !directory.join(KEYS).join(SEAL_KEY).exists() => {
            return Err(BackupError::NeedsKeys(directory.to_owned()));
        }
        Kind::Keys => {
            seal = key(directory, SEAL_KEY)?;
            Lock::Keys(&seal)
        }
    };
    let mut opener = Opener::begin(from, header, lock).map_err(|error| unreadable(&error))?;
    let list = List::read(&mut opener)?;
    files::private_dir(&draft.join(KEYS))?;
    files::private_dir(&draft.join(RUN))?;
    for (name, length) in &list.parts {
        let path = draft.join(name);
        let mode = if name.starts_with(KEYS) { 0o400 } else { 0o600 };
        let mut file = new_private(&path, mode)?;
        copy_exactly(&mut opener, &mut file, *length, &path)?;
    }
    opener.finish().map_err(|error| unreadable(&error))?;
    for name in [JOURNAL_KEY, SEAL_KEY] {
        let path = draft.join(KEYS).join(name);
        if !path.exists() {
            let kept = key(directory, name).map_err(|_| BackupError::NeedsKeys(directory.to_owned()))?;
            files::write_private(&path, kept.as_slice(), 0o400)?;
        }
    }
    // While the key is being replaced, the one before it opens what is not sealed anew yet.
    let older = draft.join(KEYS).join(OLDER_SEAL_KEY);
    if !older.exists() && directory.join(KEYS).join(OLDER_SEAL_KEY).exists() {
        files::write_private(&older, key(directory, OLDER_SEAL_KEY)?.as_slice(), 0o400)?;
    }
    if !draft.join(CONFIGURATION).exists() {
        copy_if_there(&directory.join(CONFIGURATION), &draft.join(CONFIGURATION))?;
    }
    Ok(list)
}

/// Tells what cannot be read from what cannot be written.
fn copy_exactly(from: &mut dyn Read, to: &mut File, length: u64, path: &Path) -> Done<()> {
    let mut left = length;
    let mut buffer = zeroize::Zeroizing::new(vec![0; 64 * 1024]);
    while left > 0 {
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let room = buffer.get_mut(..wanted).unwrap_or_default();
        from.read_exact(room).map_err(|error| unreadable(&error))?;
        to.write_all(room).map_err(|error| failed(path, &error))?;
        left -= wanted as u64;
    }
    Ok(())
}

/// Opens what was unpacked, verifies it, and begins the new epoch. Gives its revision, and what it replaces.
fn revive(
    draft: &Path,
    directory: &Path,
    place: &Place,
    list: &List,
    tampered: Tampered,
) -> Done<(u64, Replaced)> {
    // A second place that was lost before the backup was made is mended here, and the journal says so.
    let mended = [
        SqliteStore::open(&draft.join(SECURITY))?.mend_witness()?,
        SqliteActivity::open(&draft.join(ACTIVITY))?.mend_witness()?,
    ];
    let engine = join(draft, SqliteStore::open, SqliteActivity::open)?;
    if engine.instance()?.id != list.instance {
        return Err(BackupError::Foreign);
    }
    let found = engine.verify()?;
    if !found.is_clean() && tampered == Tampered::Refuse {
        return Err(BackupError::Tampered(Box::new(found)));
    }
    let mut replaced = Replaced { fields: fields(list, mended), ..Replaced::default() };
    if matches!(place, Place::Held { .. }) {
        replaced.journal = witness_of(&directory.join(SECURITY))?.unwrap_or_default();
        replaced.events = witness_of(&directory.join(ACTIVITY))?.unwrap_or_default();
    }
    engine.begin_epoch(&replaced)?;
    Ok((engine.revision()?, replaced))
}

fn fields(list: &List, mended: [bool; 2]) -> Vec<(String, String)> {
    let mut fields =
        vec![("BackupMade".to_owned(), list.made.clone()), ("BackupBy".to_owned(), list.by.clone())];
    let lost = [SECURITY_HEADS, ACTIVITY_HEADS].into_iter().zip(mended).filter(|(_, mended)| *mended);
    let lost: Vec<&str> = lost.map(|(name, _)| name).collect();
    if !lost.is_empty() {
        fields.push(("HeadsMended".to_owned(), lost.join(",")));
    }
    let by = sclera_os::identity::OsIdentity::of_process();
    fields.push(("OSUsername".to_owned(), by.name.unwrap_or_else(|| by.uid.to_string())));
    fields
}
