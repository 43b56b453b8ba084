//! An instance in memory with a server before it.

use crate::client::{Answer, Client, Request};
use sclera_authn::admission::{Answer as Verdict, LdapTask};
use sclera_authn::secret::Secret;
use sclera_core::change::Change;
use sclera_core::property::{Properties, Value as Property};
use sclera_core::status::Status;
use sclera_core::time::Timestamp;
use sclera_engine::admission::OsCaller;
use sclera_engine::outside::{Directory, Spoken, Surroundings};
use sclera_engine::vault::Vault;
use sclera_engine::{Door, Engine, Session, World};
use sclera_http::{Limits, Place, Running, Server, Tls};
use sclera_predefined::{Choice, Profile};
use sclera_store::chain::Key;
use sclera_store::measure::Measured;
use sclera_store::memory::{Memory, Transaction};
use sclera_store::port::{Stamp, Store, StoreError, Stored};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "Kestrel-Orbit-77";
/// Another one.
pub(crate) const OTHER: &str = "Basalt-Violin-42";

/// A store that can go away.
#[derive(Default)]
pub(crate) struct Fragile {
    memory: Memory,
    gone: Arc<AtomicBool>,
}

impl Store for Fragile {
    type Reading<'a> = Transaction<'a>;
    type Writing<'a> = Transaction<'a>;

    fn stamp(&self) -> Option<Stamp> {
        if self.gone.load(Ordering::SeqCst) { None } else { Store::stamp(&self.memory) }
    }

    fn read(&self) -> Stored<Transaction<'_>> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("/secret/place: gone".to_owned()));
        }
        Store::read(&self.memory)
    }

    fn write(&self) -> Stored<Transaction<'_>> {
        Store::write(&self.memory)
    }

    fn write_long(&self) -> Stored<Transaction<'_>> {
        self.memory.write_long()
    }

    fn measured(&self) -> Measured {
        Store::measured(&self.memory)
    }
}

/// A world in which it is the same moment until a test says otherwise, and which can be asked to wait before it says so:
/// whoever signs in asks it, whoever is remembered does not.
#[derive(Clone, Default)]
struct Still {
    next: Arc<AtomicU64>,
    turnstile: Arc<Mutex<()>>,
    passed: Arc<AtomicI64>,
}

impl World for Still {
    fn now(&self) -> Timestamp {
        drop(self.turnstile.lock().unwrap_or_else(PoisonError::into_inner));
        Timestamp::from_micros(1_795_335_300_000_000 + self.passed.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).to_be_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}

/// A directory that lets nobody in: whoever is called so keeps it waiting until the clinic is closed.
struct Closed(Mutex<Receiver<()>>);

impl Directory for Closed {
    fn converse(&self, task: &LdapTask, _: &Surroundings<'_>) -> Spoken {
        if task.name.starts_with("slow") {
            let closing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = closing.recv_timeout(Duration::from_secs(20));
        }
        let answer = Verdict::Failed(Status::general("the directory is closed"));
        Spoken { answer, told: vec![format!("asked about {}", task.name)] }
    }
}

/// The instance: `boss` may ask everything, `clerk` reads AppData, `late` must change the password.
pub(crate) struct Clinic {
    pub(crate) engine: Arc<Engine<Fragile, Memory>>,
    pub(crate) server: Arc<Server<Fragile, Memory>>,
    pub(crate) address: SocketAddr,
    pub(crate) running: Option<Running>,
    world: Still,
    gone: Arc<AtomicBool>,
    /// What a slow directory waits for the end of.
    _open: Sender<()>,
}

impl Clinic {
    pub(crate) fn open() -> Self {
        Self::within(Limits::default())
    }

    pub(crate) fn within(limits: Limits) -> Self {
        Self::started(limits, None)
    }

    pub(crate) fn started(limits: Limits, tls: Option<Tls>) -> Self {
        Self::placed(limits, tls, Place::default())
    }

    pub(crate) fn placed(limits: Limits, tls: Option<Tls>, place: Place) -> Self {
        let (store, world) = (Fragile::default(), Still::default());
        let gone = Arc::clone(&store.gone);
        let engine = Engine::new(store, Memory::new(), Key::new([7; 32]), Box::new(world.clone()));
        let (open, closing) = channel();
        let directory = Box::new(Closed(Mutex::new(closing)));
        let engine = engine.with_vault(Vault::new([8; 32])).with_directory(directory);
        engine.install(Choice { profile: Profile::Compatible, ..Choice::default() }, "owner").unwrap();
        let engine = Arc::new(engine);
        let server = Server::at(Arc::clone(&engine), limits, place).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let running = Some(Arc::clone(&server).start(listener, tls).unwrap());
        let clinic = Self { engine, server, address, running, world, gone, _open: open };
        clinic.furnish();
        clinic
    }

    fn furnish(&self) {
        let texts = |given: &[(&str, &str)]| {
            given.iter().fold(Properties::new(), |all, (name, value)| all.with(name, *value))
        };
        let name = str::to_owned;
        self.submit(Change::CreateResource { name: name("AppData"), properties: Properties::new() });
        let desk = texts(&[("Resources", "AppData:R,%Service_WebGateway:U")]);
        self.submit(Change::CreateRole { name: name("Desk"), properties: desk });
        for (user, roles) in [("boss", "%All"), ("clerk", "Desk"), ("late", "Desk")] {
            self.create(user, texts(&[("Roles", roles)]));
        }
        self.modify("late", "ChangePassword", true);
        // The clock stands still here, so that no pause between failures would ever end.
        let unlimited = Properties::new().with("InvalidLoginLimit", 0_i64);
        self.submit(Change::ModifySystem { properties: unlimited });
    }

    pub(crate) fn owner(&self) -> Session {
        self.engine.admit_os(&OsCaller { name: None, owns_instance: true }, Door::Library).unwrap()
    }

    pub(crate) fn submit(&self, change: Change) {
        self.engine.submit(&self.owner(), change).unwrap();
    }

    pub(crate) fn create(&self, user: &str, properties: Properties) {
        let password = Secret::new(PASSWORD.to_owned()).unwrap();
        let credential = Some(self.engine.credential(user, &password).unwrap());
        self.submit(Change::CreateUser { name: user.to_owned(), properties, credential });
    }

    pub(crate) fn modify(&self, user: &str, property: &str, value: impl Into<Property>) {
        let properties = Properties::new().with(property, value);
        self.submit(Change::ModifyUser { name: user.to_owned(), properties, credential: None });
    }

    pub(crate) fn set_password(&self, user: &str, password: &str) {
        let password = Secret::new(password.to_owned()).unwrap();
        let credential = Some(self.engine.credential(user, &password).unwrap());
        self.submit(Change::ModifyUser { name: user.to_owned(), properties: Properties::new(), credential });
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Asks on a connection of its own.
    pub(crate) fn ask(&self, request: &Request) -> Answer {
        let answer = self.connect().ask(request);
        assert!(answer.status != 500, "{request:?}: {answer:?}");
        answer
    }

    /// Who the server says a user is; the status alone where it is nobody.
    pub(crate) fn session(&self, user: &str, password: &str) -> u16 {
        self.ask(&Request::get("/api/sclera/v1/session").log_in(user, password)).status
    }

    /// The store can no longer be read, or can be again.
    pub(crate) fn lose_store(&self, gone: bool) {
        self.gone.store(gone, Ordering::SeqCst);
    }

    /// Lets so many seconds pass.
    pub(crate) fn pass(&self, seconds: i64) {
        self.world.passed.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Asks `/api/admin` as a user with Basic.
    pub(crate) fn admin(&self, user: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::new(method, &format!("/api/admin{path}")).log_in(user, PASSWORD);
        self.ask(&match body {
            Some(body) => request.json(&body),
            None => request,
        })
    }

    /// Makes a user with one privilege beside that of coming in.
    pub(crate) fn holder(&self, user: &str, resource: &str) {
        let role = format!("Of_{user}");
        let properties =
            Properties::new().with("Resources", format!("{resource}:U,%Service_WebGateway:U").as_str());
        self.submit(Change::CreateRole { name: role.clone(), properties });
        self.create(user, Properties::new().with("Roles", role.as_str()));
    }

    /// Until the guard is dropped, everybody who signs in waits.
    pub(crate) fn hold_sign_ins(&self) -> MutexGuard<'_, ()> {
        self.world.turnstile.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stop(&mut self) {
        self.running.take().unwrap().stop().unwrap();
    }
}
