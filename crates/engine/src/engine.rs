//! The engine: what all use cases share.

use crate::answers::AnswerCounts;
use crate::events::{AuditEvent, Counters};
use crate::hashing::{Bounds, Hashing};
use crate::install::Instance;
use crate::outside::{Courier, Directory, HostNames, Kerberos, OsPasswords, Outside, Program};
use crate::pauses::Pauses;
use crate::publish::Publisher;
use crate::recall::Recall;
use crate::recorder::Recorder;
use crate::services::Services;
use crate::sessions::Sessions;
use crate::signing::Keyring;
use crate::ticket::Signer;
use crate::tokens::AtHand;
use crate::validation::{NoRoutines, Validation};
use crate::vault::Vault;
use crate::waiting::Waiting;
use crate::{Refusal, Session};
use sclera_authn::admission::{Emergency, Lockout};
use sclera_core::change::{Kind, Object};
use sclera_core::id::{RoleId, UserId};
use sclera_core::layout::Layout;
use sclera_core::name::{Folded, one_line, same};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::time::Timestamp;
use sclera_core::user::{PUBLIC, User};
use sclera_store::chain::Key;
use sclera_store::port::{Activity, Read, Stamp, Store, StoreError, Stored};
use sclera_store::record::INSTANCE;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The word of the profile that limits by account.
const COMPATIBLE: &str = "compatible";

/// The clock and the randomness, which a test can hold still.
pub trait World: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Fills the bytes with randomness from the cryptographic generator of the system.
    fn fill(&self, bytes: &mut [u8]);
    /// The number of this process, as its records tell it.
    fn pid(&self) -> u32 {
        std::process::id()
    }
}

/// The use cases over one instance.
pub struct Engine<S, A> {
    pub(crate) store: S,
    pub(crate) activity: Arc<A>,
    pub(crate) key: Arc<Key>,
    pub(crate) vault: Option<Vault>,
    pub(crate) validation: Box<dyn Validation>,
    pub(crate) layout: Layout,
    pub(crate) publisher: Option<Box<dyn Publisher>>,
    pub(crate) signer: Option<Signer>,
    pub(crate) recorder: Recorder<A>,
    pub(crate) hashing: Hashing,
    pub(crate) sessions: Sessions,
    pub(crate) services: Services,
    pub(crate) keyring: Keyring,
    pub(crate) at_hand: AtHand,
    pub(crate) outside: Outside,
    pub(crate) pauses: Pauses,
    pub(crate) waiting: Waiting,
    /// Attempts that were not looked at, since the start.
    pub(crate) skipped: AtomicU64,
    pub(crate) emergency: Option<Emergency>,
    lockout: OnceLock<Lockout>,
    pub(crate) logins_began: OnceLock<Timestamp>,
    pub(crate) world: Box<dyn World>,
    pub(crate) counters: Counters,
    pub(crate) answers: AnswerCounts,
    /// Which node writes; one of many in a later store.
    pub(crate) node: u32,
    pub(crate) recall: Recall,
    settings: Mutex<Option<Kept>>,
}

/// The settings in memory, and the stamp of a state of the store that had them.
struct Kept {
    settings: Arc<Settings>,
    stamp: Option<Stamp>,
}

/// The settings as of a revision: the number of the last link of the journal.
pub(crate) struct Settings {
    pub(crate) revision: u64,
    pub(crate) policy: Policy,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Joins the parts of an instance.
    pub fn new(store: S, activity: A, key: Key, world: Box<dyn World>) -> Self {
        let (activity, key, node) = (Arc::new(activity), Arc::new(key), 1);
        Self {
            recorder: Recorder::new(Arc::clone(&activity), Arc::clone(&key), node),
            store,
            activity,
            key,
            vault: None,
            validation: Box::new(NoRoutines),
            layout: Layout::default(),
            publisher: None,
            signer: None,
            hashing: Hashing::new(Bounds::default(), || {}),
            sessions: Sessions::default(),
            services: Services::default(),
            keyring: Keyring::default(),
            at_hand: AtHand::default(),
            outside: Outside::default(),
            pauses: Pauses::default(),
            waiting: Waiting::default(),
            skipped: AtomicU64::new(0),
            emergency: None,
            lockout: OnceLock::new(),
            logins_began: OnceLock::new(),
            recall: Recall::new(&*world),
            world,
            counters: Counters::default(),
            answers: AnswerCounts::default(),
            node,
            settings: Mutex::new(None),
        }
    }

    /// Adds the vault; without one, secrets that would have to be sealed are refused.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault: Some(vault), ..self }
    }

    /// Puts other databases and namespaces in place of those of an installation.
    #[must_use]
    pub fn with_layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// Adds what asks the validation routine of the site; without it, a routine that is named refuses every password.
    #[must_use]
    pub fn with_validation(self, validation: impl Validation) -> Self {
        Self { validation: Box::new(validation), ..self }
    }

    /// Adds what publishes the settings after every commit that changes them; without it nobody but this engine decides
    /// from them.
    #[must_use]
    pub fn with_publisher(self, publisher: impl Publisher) -> Self {
        Self { publisher: Some(Box::new(publisher)), ..self }
    }

    /// Adds what signs tickets; without it there are none.
    #[must_use]
    pub fn with_signer(self, signer: Signer) -> Self {
        Self { signer: Some(signer), ..self }
    }

    /// Bounds the hashing of passwords; `prepare` is called by each of its threads when it begins.
    #[must_use]
    pub fn with_hashing(self, bounds: Bounds, prepare: fn()) -> Self {
        Self { hashing: Hashing::new(bounds, prepare), ..self }
    }

    /// Adds Kerberos.
    #[must_use]
    pub fn with_kerberos(mut self, kerberos: Box<dyn Kerberos>) -> Self {
        self.outside.kerberos = Some(kerberos);
        self
    }

    /// Adds LDAP servers.
    #[must_use]
    pub fn with_directory(mut self, directory: Box<dyn Directory>) -> Self {
        self.outside.directory = Some(directory);
        self
    }

    /// Adds the program of the site.
    #[must_use]
    pub fn with_program(mut self, program: Box<dyn Program>) -> Self {
        self.outside.program = Some(program);
        self
    }

    /// Adds passwords of the operating system.
    #[must_use]
    pub fn with_os_passwords(mut self, passwords: Box<dyn OsPasswords>) -> Self {
        self.outside.passwords = Some(passwords);
        self
    }

    /// Adds whoever sends codes by text message.
    #[must_use]
    pub fn with_courier(mut self, courier: Box<dyn Courier>) -> Self {
        self.outside.courier = Some(courier);
        self
    }

    /// Adds what host names resolve to.
    #[must_use]
    pub fn with_host_names(mut self, names: Box<dyn HostNames>) -> Self {
        self.outside.names = Some(names);
        self
    }

    /// What time it is for this instance.
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// An id that nothing else has: 32 hexadecimal digits.
    pub fn random_id(&self) -> String {
        let mut id = [0; 16];
        self.world.fill(&mut id);
        crate::signing::hex(&id)
    }

    /// How failures limit further attempts: as the profile of the instance says, which never changes.
    pub(crate) fn lockout(&self) -> Stored<Lockout> {
        if let Some(known) = self.lockout.get() {
            return Ok(*known);
        }
        let reading = self.store.read()?;
        let lockout = match reading.row(INSTANCE, 0)? {
            Some(_) if Instance::read(&reading)?.profile == COMPATIBLE => Lockout::ByAccount,
            _ => Lockout::BySource,
        };
        Ok(*self.lockout.get_or_init(|| lockout))
    }

    /// The last committed settings.
    pub(crate) fn settings(&self) -> Stored<Arc<Settings>> {
        let stamp = self.store.stamp();
        if let Some(settings) = stamp.and_then(|stamp| self.settings_as_of(stamp)) {
            return Ok(settings);
        }
        let settings = self.settings_in(&self.store.read()?)?;
        if let Some(stamp) = stamp {
            self.stamp_settings(&settings, stamp);
        }
        Ok(settings)
    }

    /// The settings of a transaction: those kept, unless the journal has grown since.
    pub(crate) fn settings_in(&self, reading: &impl Read) -> Stored<Arc<Settings>> {
        let revision = reading.head()?.sequence;
        if let Some(kept) = self.kept().filter(|kept| kept.revision == revision) {
            return Ok(kept);
        }
        let settings = Arc::new(Settings { revision, policy: load(reading)? });
        self.keep(Arc::clone(&settings));
        Ok(settings)
    }

    /// The settings in memory, which may be those of an earlier commit of another process.
    pub(crate) fn kept(&self) -> Option<Arc<Settings>> {
        self.kept_now().as_ref().map(|kept| Arc::clone(&kept.settings))
    }

    /// The settings in memory, if the store had them in the state of a stamp.
    pub(crate) fn settings_as_of(&self, stamp: Stamp) -> Option<Arc<Settings>> {
        let kept = self.kept_now();
        kept.as_ref().filter(|kept| kept.stamp == Some(stamp)).map(|kept| Arc::clone(&kept.settings))
    }

    /// Notes that the settings in memory are those of a stamp, if nothing was committed since it was taken.
    pub(crate) fn stamp_settings(&self, settings: &Arc<Settings>, stamp: Stamp) {
        if self.store.stamp() != Some(stamp) {
            return;
        }
        if let Some(kept) = self.kept_now().as_mut().filter(|kept| Arc::ptr_eq(&kept.settings, settings)) {
            kept.stamp = Some(stamp);
        }
    }

    pub(crate) fn keep(&self, settings: Arc<Settings>) {
        let mut kept = self.kept_now();
        if kept.as_ref().is_none_or(|kept| kept.settings.revision <= settings.revision) {
            *kept = Some(Kept { settings, stamp: None });
        }
    }

    fn kept_now(&self) -> MutexGuard<'_, Option<Kept>> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a session that does not hold a privilege, and records the refusal.
    pub(crate) fn require(
        &self,
        session: &Session,
        resource: &str,
        wanted: Permissions,
        what: &str,
    ) -> Result<(), Refusal> {
        session.alive(self.world.now())?;
        let settings = self.settings()?;
        let held = session.process().closure(&settings.policy);
        if settings.policy.granted(&held, resource, wanted).is_granted() {
            return Ok(());
        }
        let privilege = format!("{resource}:{}", wanted.words());
        self.record_denial(session, &privilege, what)?;
        Err(Refusal::NotPrivileged { privilege })
    }

    /// Writes down that a session was not privileged.
    pub(crate) fn record_denial(
        &self,
        session: &Session,
        privilege: &str,
        what: &str,
    ) -> Result<(), Refusal> {
        self.emit_of(session, &AuditEvent::AccessDenied { privilege, action: &one_line(what) })
    }

    /// Writes down that a rule refused what a session asked for, and gives the refusal back. What nobody is to blame
    /// for is not written down.
    pub(crate) fn tell_refusal(&self, session: &Session, what: &str, refusal: Refusal) -> Refusal {
        let Refusal::Rule { status, .. } = &refusal else { return refusal };
        let (action, status) = (one_line(what), status.to_string());
        match self.emit_of(session, &AuditEvent::ChangeRefused { action: &action, status: &status }) {
            Ok(()) => refusal,
            Err(error) => error,
        }
    }

    /// The privilege that reading and changing settings asks (`authorization.md` section 20, `admin-api.md`).
    pub(crate) fn require_secure(&self, session: &Session, what: &str) -> Result<(), Refusal> {
        self.require(session, "%Admin_Secure", Permissions::USE, what)
    }

    /// The same where others are asked about; about themselves anybody may ask whose session lives.
    pub(crate) fn require_secure_of_others(
        &self,
        session: &Session,
        user: &str,
        what: &str,
    ) -> Result<(), Refusal> {
        if same(user, session.user()) {
            return session.alive(self.world.now());
        }
        self.require_secure(session, what)
    }

    /// The same of an outcome.
    pub(crate) fn told<T>(
        &self,
        session: &Session,
        what: &str,
        outcome: Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        outcome.map_err(|refusal| self.tell_refusal(session, what, refusal))
    }
}

/// The user of a name.
pub(crate) fn user_named(reading: &impl Read, name: &str) -> Stored<Option<User>> {
    reading.user(&Folded::of(name))?.map(|row| row.user()).transpose()
}

/// The user of a number.
pub(crate) fn user_numbered(reading: &impl Read, id: UserId) -> Stored<Option<User>> {
    reading.row(Kind::User as u8, id.0)?.map(|row| row.user()).transpose()
}

/// The roles that everybody gets (`authorization.md` USR-2).
pub(crate) fn public_roles(reading: &impl Read) -> Stored<Vec<RoleId>> {
    Ok(user_named(reading, PUBLIC)?.map(|user| user.roles.clone()).unwrap_or_default())
}

/// Reads all settings.
pub(crate) fn load(reading: &impl Read) -> Stored<Policy> {
    let mut policy = Policy::default();
    for row in reading.settings()?.into_iter().filter(|row| row.kind != INSTANCE) {
        match row.object()? {
            Object::Resource(resource) => policy.resources.put(resource),
            Object::Role(role) => policy.roles.put(role),
            Object::Service(service) => policy.services.put(service),
            Object::Application(application) => policy.applications.put(application),
            Object::Event(event) => policy.events.put(event),
            Object::SslConfig(config) => policy.ssl_configs.put(*config),
            Object::LdapConfig(config) => policy.ldap_configs.put(*config),
            Object::PhoneProvider(provider) => policy.phone_providers.put(*provider),
            Object::DocDb(database) => policy.doc_dbs.put(*database),
            Object::X509User(user) => policy.x509_users.put(*user),
            Object::Superserver(server) => policy.superservers.put(*server),
            Object::System(system) => policy.system = *system,
            Object::User(_) => return Err(StoreError::Damaged("a user among the settings".to_owned())),
        }
    }
    Ok(policy)
}
