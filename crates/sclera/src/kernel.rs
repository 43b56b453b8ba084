//! Deciding from published settings: joins shared memory, the ticket key and the engine.

use crate::instance::{Instance, KEYS, Machine, OpenError};
use crate::requires::Caller;
use sclera_core::decision::Decision;
use sclera_core::policy::Policy;
use sclera_core::privilege::Requirement;
use sclera_core::snapshot::{Changed, Image};
use sclera_engine::kernel::{Kernel, NoSession, Source};
use sclera_engine::publish::Publisher;
use sclera_engine::ticket::Signer;
use sclera_engine::{Engine, World};
use sclera_os::files::{self, FileError, FileFault};
use sclera_shm::{AttachError, Attachment, Map};
use sclera_store::port::{Activity, Store};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use zeroize::Zeroizing;

/// The file of the key that signs tickets: 32 random bytes, mode 0400.
pub(crate) const TICKET_KEY: &str = "ticket.key";

/// Published settings in shared memory.
pub struct Shared(Attachment);

/// A session that decides from published settings.
pub type KernelSession = sclera_engine::kernel::Session<Shared>;

/// An instance as any process sees it that may read its published settings: without its store, its server and its users.
pub struct Attached {
    kernel: Arc<Kernel<Shared>>,
}

impl Instance {
    /// Attaches to the published settings of the instance in a directory. Whoever may read their files may do so: the
    /// owner of the instance and the group of its directory. No server is needed.
    pub fn attach(directory: &Path) -> Result<Attached, AttachError> {
        let attachment = Attachment::open(directory)?;
        Ok(Attached { kernel: Kernel::new(Shared(attachment)) })
    }
}

/// Takes away what is published for the directory of an instance that is gone, or is not to be attached to any longer.
/// Whoever is attached must authenticate again; the next change publishes anew.
pub fn withdraw(directory: &Path) {
    sclera_shm::withdraw(directory);
}

impl Attached {
    /// The session of a ticket, which [`Engine::ticket`] made. It decides from the settings that count now.
    pub fn session(&self, ticket: &[u8]) -> Result<KernelSession, NoSession> {
        self.kernel.session(ticket, now())
    }

    /// The kernel, for whoever needs a time of his own.
    pub fn kernel(&self) -> &Arc<Kernel<Shared>> {
        &self.kernel
    }
}

impl Caller for KernelSession {
    /// An attached process writes no records; a refusal is told to the caller alone.
    fn meets(&self, requirement: &Requirement, _operation: &str) -> Decision {
        self.requires(requirement)
    }
}

/// Now, in seconds since 1970, as tickets tell time.
pub fn now() -> u64 {
    u64::try_from(Machine.now().micros() / 1_000_000).unwrap_or_default()
}

impl Source for Shared {
    type Bytes = Map;

    fn epoch(&self) -> &'static AtomicU64 {
        self.0.page().epoch()
    }

    fn current(&self) -> Result<Arc<Image<Map>>, String> {
        self.0.current().map_err(|error| error.to_string())
    }

    fn oldest(&self) -> u64 {
        self.0.page().oldest()
    }

    fn has_ended(&self, session: u64) -> bool {
        self.0.page().has_ended(session)
    }

    fn tickets_not_before(&self) -> u64 {
        self.0.page().tickets_not_before()
    }
}

struct SharedPublisher(sclera_shm::Publisher);

impl Publisher for SharedPublisher {
    fn intend(&self, generation: u64, changed: &Changed) {
        self.0.intend(generation, changed);
    }

    fn publish(&self, generation: u64, policy: &Policy) -> Result<(), String> {
        self.0.publish(generation, policy).map_err(|error| error.to_string())
    }

    fn is_stale(&self, head: &dyn Fn() -> Option<u64>) -> bool {
        self.0.is_stale(head)
    }

    fn published(&self) -> Option<u64> {
        self.0.published()
    }

    fn end_session(&self, session: u64, expires: u64, now: u64) -> Result<(), String> {
        self.0.end_session(session, expires, now).map_err(|error| error.to_string())
    }
}

/// An engine that publishes what it commits, and signs tickets.
pub(crate) fn publishing<S: Store, A: Activity>(
    engine: Engine<S, A>,
    directory: &Path,
) -> Result<Engine<S, A>, OpenError> {
    let wrong = || OpenError::Files(format!("keys/{TICKET_KEY} does not hold a key of 32 bytes"));
    let signer = Signer::new(&*seed(directory)?).ok_or_else(wrong)?;
    let failed = |error: std::io::Error| OpenError::Files(format!("{}: {error}", directory.display()));
    let publisher = sclera_shm::Publisher::new(directory, signer.public()).map_err(failed)?;
    Ok(engine.with_publisher(SharedPublisher(publisher)).with_signer(signer))
}

/// The seed of the ticket key, made where there is none yet. Of two processes that make one at the same time, the first
/// to give its file the name wins, and both read that one.
fn seed(directory: &Path) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let path = directory.join(KEYS).join(TICKET_KEY);
    if let Some(known) = read(&path)? {
        return Ok(known);
    }
    let mut seed = Zeroizing::new([0; 32]);
    Machine.fill(seed.as_mut_slice());
    let draft = directory.join(KEYS).join(format!(".{TICKET_KEY}.{}", std::process::id()));
    files::write_private(&draft, seed.as_slice(), 0o400)?;
    let linked = std::fs::hard_link(&draft, &path);
    let _ = std::fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(OpenError::Files(format!("{}: {error}", path.display())))
        }
        _ => read(&path)?.ok_or_else(|| OpenError::Files(format!("{} is gone", path.display()))),
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, OpenError> {
    let bytes = match files::read_private(path, 32) {
        Err(error) if is_missing(&error) => return Ok(None),
        read => read?,
    };
    let wrong = |_| OpenError::Files(format!("{} does not hold a key of 32 bytes", path.display()));
    let seed: Result<[u8; 32], _> = bytes.as_slice().try_into();
    seed.map(|seed| Some(Zeroizing::new(seed))).map_err(wrong)
}

fn is_missing(error: &FileError) -> bool {
    matches!(error.fault(), FileFault::Failed { cause, .. } if cause.kind() == ErrorKind::NotFound)
}
