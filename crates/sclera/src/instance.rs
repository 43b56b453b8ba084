//! An instance in a directory: SQLite, a key file, and who owns them.

use crate::backup::DRAFT;
use crate::outside::Outside;
use sclera_authn::password::{Algorithm, Derivation, WorkFactor, hash};
use sclera_authn::secret::Secret;
use sclera_core::time::Timestamp;
use sclera_engine::admission::OsCaller;
use sclera_engine::install::FirstPassword;
use sclera_engine::outside::HostNames;
use sclera_engine::validation::Validation;
use sclera_engine::vault::Vault;
use sclera_engine::{Bounds, Door, Engine, Refusal, Session, World};
use sclera_os::draft::{self, Draft};
use sclera_os::files::{self, FileError, FileSystem};
use sclera_os::identity::OsIdentity;
use sclera_os::names::Names;
use sclera_predefined::Choice;
use sclera_shm::Words;
use sclera_sqlite::{Counters, Durability, SqliteActivity, SqliteStore};
use sclera_store::chain::Key;
use sclera_store::port::{StoreError, Stored};
use std::fmt;
use std::fs::File;
use std::net::IpAddr;
use std::ops::Deref;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// An instance whose files this process has opened. The use cases are those of [`Engine`].
pub struct Instance {
    engine: Arc<Engine<SqliteStore, SqliteActivity>>,
    directory: PathBuf,
    owner: u32,
}

/// The engine of an instance in a directory.
pub type SqliteEngine = Engine<SqliteStore, SqliteActivity>;

/// Why an instance could not be made or opened. Someone who runs it must act.
#[derive(Debug)]
pub enum OpenError {
    /// There is no instance in the directory.
    Missing(PathBuf),
    /// There is something in the directory already.
    Exists(PathBuf),
    /// A file or directory is not as it must be.
    Files(String),
    /// The directory is on a file system of the network, where locks and syncs cannot be relied on.
    Network(PathBuf, &'static str),
    /// The directory belongs to another user of the operating system.
    NotOwner {
        /// The directory.
        directory: PathBuf,
        /// The user id it belongs to.
        owner: u32,
    },
    /// The store refused.
    Store(StoreError),
    /// What was asked to be made was refused.
    Refused(Refusal),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => {
                write!(
                    f,
                    "there is no instance in {}; make one with `sclera init` or name another with --data",
                    path.display()
                )
            }
            Self::Exists(path) => write!(
                f,
                "{} exists already and is not empty; name another directory with --data",
                path.display()
            ),
            Self::Files(fault) => f.write_str(fault),
            Self::Network(path, kind) => {
                write!(
                    f,
                    "{} is on a network file system ({kind}), where nothing is safe; use a local disk",
                    path.display()
                )
            }
            Self::NotOwner { directory, owner } => write!(
                f,
                "{} belongs to the user with id {owner}; only that user opens its files directly",
                directory.display()
            ),
            Self::Store(error) => fmt::Display::fmt(error, f),
            Self::Refused(refusal) => fmt::Display::fmt(refusal, f),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<FileError> for OpenError {
    fn from(error: FileError) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self::Files(format!("{error}{cause}"))
    }
}

impl From<Refusal> for OpenError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

pub(crate) const SECURITY: &str = "security.db";
pub(crate) const ACTIVITY: &str = "activity.db";
pub(crate) const KEYS: &str = "keys";
/// What belongs to a run: locks, and the local socket. It is there from the beginning, so that nobody else makes it.
pub(crate) const RUN: &str = "run";
pub(crate) const JOURNAL_KEY: &str = "journal.key";
pub(crate) const SEAL_KEY: &str = "seal.key";
/// The key before it, while not everything is sealed anew.
pub(crate) const OLDER_SEAL_KEY: &str = "seal.key.older";
const VALIDATORS: &str = "validators";
pub(crate) const NAMESPACES: &str = "namespaces.toml";

impl Instance {
    /// Makes an instance: all of it or nothing. `owner` names the account of whoever owns the files. The directory may
    /// be there already if it is empty. The passwords made for predefined accounts are returned and kept nowhere.
    pub fn create(directory: &Path, choice: Choice, owner: &str) -> Result<Vec<FirstPassword>, OpenError> {
        if directory.read_dir().is_ok_and(|mut entries| entries.next().is_some()) || directory.is_file() {
            return Err(OpenError::Exists(directory.to_owned()));
        }
        let parent =
            directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed =
            |what: &Path, error: &std::io::Error| OpenError::Files(format!("{}: {error}", what.display()));
        std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        refuse_network(parent)?;
        draft::clear_abandoned(parent, DRAFT);
        // Made beside its place and moved there whole, so that an interrupted `init` leaves no half of an instance.
        let draft = Draft::within(parent, DRAFT, tag())?;
        let passwords = fill(draft.path(), choice, owner)?;
        draft.put(directory)?;
        Ok(passwords)
    }

    /// Opens the files of an instance. The effective user must own the directory: whoever can
    /// write the files is outside the model.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::open_with(directory, &Outside::default())
    }

    /// The same, with other settings for servers outside.
    pub fn open_with(directory: &Path, outside: &Outside) -> Result<Self, OpenError> {
        Self::open_as(directory, |engine| outside.joined(engine, directory))
    }

    /// The same for a program that brings mechanisms of its own: `own` adds what implements the traits of
    /// [`crate::mechanisms`] to the engine, as with `Engine::with_program`.
    pub fn open_own(
        directory: &Path,
        outside: &Outside,
        own: impl FnOnce(SqliteEngine) -> SqliteEngine,
    ) -> Result<Self, OpenError> {
        Self::open_as(directory, |engine| outside.joined(engine, directory).map(own))
    }

    /// Opens them in emergency access mode: one user, who need not exist, gets in by this password, and nobody else does.
    /// At the end `leave_emergency` is to be called.
    pub fn open_in_emergency(directory: &Path, user: &str, password: &Secret) -> Result<Self, OpenError> {
        Self::open_as(directory, |engine| Ok(engine.in_emergency(user, password)?))
    }

    fn open_as(
        directory: &Path,
        mode: impl FnOnce(SqliteEngine) -> Result<SqliteEngine, OpenError>,
    ) -> Result<Self, OpenError> {
        let missing = || OpenError::Missing(directory.to_owned());
        let about = std::fs::metadata(directory.join(SECURITY)).map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied => not_owner(directory),
            _ => missing(),
        })?;
        let process = OsIdentity::of_process();
        let owner = std::fs::metadata(directory).map_err(|_| missing())?.uid();
        if owner != process.uid || about.uid() != process.uid {
            return Err(not_owner(directory));
        }
        files::private_dir(directory)?;
        refuse_network(directory)?;
        let engine = join(directory, SqliteStore::open, SqliteActivity::open)?;
        let engine = Arc::new(mode(crate::kernel::publishing(engine, directory)?)?);
        Ok(Self { engine, directory: directory.to_owned(), owner })
    }

    /// Admits this process: its effective user owns the files, so it is the owner of the instance.
    pub fn admit_process(&self) -> Result<Session, Refusal> {
        let process = OsIdentity::of_process();
        self.admit_os(&self.caller(&process), Door::Command)
    }

    /// What an identity of the operating system is to this instance.
    pub fn caller(&self, identity: &OsIdentity) -> OsCaller {
        OsCaller { name: identity.name.clone(), owns_instance: identity.uid == self.owner }
    }

    /// The use cases, to be shared with a gate that lives as long as it likes.
    pub fn engine(&self) -> Arc<Engine<SqliteStore, SqliteActivity>> {
        Arc::clone(&self.engine)
    }

    /// The directory of the instance.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Deref for Instance {
    type Target = Engine<SqliteStore, SqliteActivity>;

    fn deref(&self) -> &Self::Target {
        &self.engine
    }
}

fn not_owner(directory: &Path) -> OpenError {
    let owner = std::fs::metadata(directory).map(|about| about.uid()).unwrap_or_default();
    OpenError::NotOwner { directory: directory.to_owned(), owner }
}

pub(crate) fn refuse_network(path: &Path) -> Result<(), OpenError> {
    match files::file_system(path)? {
        FileSystem::Local => Ok(()),
        FileSystem::Network(kind) => Err(OpenError::Network(path.to_owned(), kind)),
    }
}

/// Makes every file of an instance in a new directory.
fn fill(directory: &Path, choice: Choice, owner: &str) -> Result<Vec<FirstPassword>, OpenError> {
    files::private_dir(&directory.join(KEYS))?;
    files::private_dir(&directory.join(RUN))?;
    for name in [JOURNAL_KEY, SEAL_KEY] {
        let mut key = Zeroizing::new([0; 32]);
        Machine.fill(key.as_mut_slice());
        files::write_private(&directory.join(KEYS).join(name), key.as_slice(), 0o400)?;
    }
    let engine = join(directory, SqliteStore::create, SqliteActivity::create)?;
    Ok(engine.install(choice, owner)?)
}

pub(crate) fn join(
    directory: &Path,
    store: fn(&Path) -> Stored<SqliteStore>,
    activity: fn(&Path) -> Stored<SqliteActivity>,
) -> Result<Engine<SqliteStore, SqliteActivity>, OpenError> {
    let (journal, seal) = (key(directory, JOURNAL_KEY)?, key(directory, SEAL_KEY)?);
    let (store, activity) = (store(&directory.join(SECURITY))?, activity(&directory.join(ACTIVITY))?);
    for durability in [store.durability()?, activity.durability()?] {
        refuse_less_than_full(&durability)?;
    }
    store.count_by(in_memory);
    activity.count_by(in_memory);
    let engine = Engine::new(store, activity, Key::new(*journal), Box::new(Machine));
    // Whoever asks something short does not wait behind passwords.
    let engine = engine.with_hashing(Bounds::default(), sclera_os::limits::be_modest);
    let layout = crate::namespaces::read(&directory.join(NAMESPACES))?;
    let mut vault = Vault::new(*seal);
    if directory.join(KEYS).join(OLDER_SEAL_KEY).exists() {
        vault = vault.after(*key(directory, OLDER_SEAL_KEY)?);
    }
    let engine = engine.with_vault(vault).with_layout(layout);
    let engine = engine.with_host_names(Box::new(Hosts::default()));
    Ok(engine.with_validation(Programs(directory.join(VALIDATORS))))
}

/// The numbers of commits in a file that counts them, as words of memory: none where they cannot be mapped, and then they
/// are read.
fn in_memory(file: &File) -> Option<Counters> {
    let words = Words::of(file, 3).ok()?;
    Some(Counters::new(move || {
        // The end first: one that has begun by then is seen to have.
        let ended = words.get(2)?;
        Some([words.get(1)?, ended])
    }))
}

/// A number that no other draft has.
pub(crate) fn tag() -> u64 {
    let mut tag = [0; 8];
    Machine.fill(&mut tag);
    u64::from_be_bytes(tag)
}

/// The key of a name; its file is its owner's alone.
pub(crate) fn key(directory: &Path, name: &str) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let path = directory.join(KEYS).join(name);
    let bytes = files::read_private(&path, 32)?;
    let key: Result<[u8; 32], _> = bytes.as_slice().try_into();
    let wrong = |_| OpenError::Files(format!("{} does not hold a key of 32 bytes", path.display()));
    key.map(Zeroizing::new).map_err(wrong)
}

/// What is acknowledged must survive a loss of power.
fn refuse_less_than_full(durability: &Durability) -> Result<(), OpenError> {
    if durability.journal_mode == "wal" && durability.synchronous >= 2 {
        return Ok(());
    }
    Err(OpenError::Files(format!("the store cannot make commits durable here ({durability:?})")))
}

/// Now, by the clock of this machine.
pub fn timestamp() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The validation routines of the site: programs in a directory of the instance.
struct Programs(PathBuf);

impl Validation for Programs {
    fn validate(&self, routine: &str, user: &str, password: &Secret) -> Result<(), String> {
        sclera_os::validators::ask(&self.0, routine, user, password.expose())
    }
}

/// What is kept of a password, in the form `hash,salt,workfactor,algorithm` that merge files and `PasswordHash` have. The
/// salt is another one each time.
pub fn password_hash(password: &Secret, algorithm: Algorithm, work_factor: WorkFactor) -> String {
    let mut salt = vec![0; algorithm.salt_length()];
    Machine.fill(&mut salt);
    let kept = hash(password, Derivation { algorithm, work_factor }, &salt);
    // A key and a salt of these lengths always have such a form.
    sclera_authn::password_hash::text(&kept).unwrap_or_default()
}

/// Names of hosts, as the name service of this machine knows them.
#[derive(Default)]
struct Hosts(Names);

impl HostNames for Hosts {
    fn addresses(&self, name: &str) -> Vec<IpAddr> {
        self.0.addresses(name)
    }
}

/// The clock and the generator of this machine.
pub(crate) struct Machine;

impl World for Machine {
    fn now(&self) -> Timestamp {
        timestamp()
    }

    fn fill(&self, bytes: &mut [u8]) {
        #[expect(
            clippy::expect_used,
            reason = "without randomness nothing here is safe, and the kernel has always some"
        )]
        getrandom::fill(bytes).expect("the random generator of the system");
    }
}
