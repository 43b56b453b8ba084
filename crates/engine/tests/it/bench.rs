//! What the tests of the use cases share: a clock that can be turned, stores that stay at hand, and instances.

use sclera_authn::password::{Derivation, hash};
use sclera_authn::secret::Secret;
use sclera_core::change::{Action, Change, Entry, Kind, Object, sql_entry};
use sclera_core::property::Properties;
use sclera_core::status::Code;
use sclera_core::time::Timestamp;
use sclera_core::user::Credential;
use sclera_engine::admission::OsCaller;
use sclera_engine::inspect::State;
use sclera_engine::{Door, Engine, Refusal, Session, World};
use sclera_predefined::{Choice, Level, Profile};
use sclera_store::chain::Key;
use sclera_store::journal::{ChangeRecord, EventRecord, Record, Scribe};
use sclera_store::measure::Measured;
use sclera_store::memory::Memory;
use sclera_store::port::{Activity, Log, Stamp, Store, Stored, Write};
use sclera_store::record::Row;
use sclera_store::verify::state_of_sql;
use sclera_testkit::desk::{Desk, NOW};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A clock that stands still until it is turned, and bytes that look random and are not.
#[derive(Debug, Clone)]
pub(crate) struct Bench(Arc<(AtomicI64, AtomicU64)>);

impl Bench {
    pub(crate) fn new() -> Self {
        Self(Arc::new((AtomicI64::new(NOW.micros()), AtomicU64::new(1))))
    }

    pub(crate) fn turn_seconds(&self, seconds: i64) {
        self.0.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    pub(crate) fn turn_days(&self, days: i64) {
        self.0.0.fetch_add(days * 86_400_000_000, Ordering::Relaxed);
    }
}

impl World for Bench {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.0.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let drawn = self.0.1.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = drawn.to_be_bytes()[0];
        }
    }
}

/// A store that an engine uses and the test keeps at hand.
#[derive(Debug)]
pub(crate) struct Shared<S>(pub(crate) Arc<S>);

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Store> Store for Shared<S> {
    type Reading<'a> = S::Reading<'a>;
    type Writing<'a> = S::Writing<'a>;

    fn stamp(&self) -> Option<Stamp> {
        self.0.stamp()
    }

    fn read(&self) -> Stored<S::Reading<'_>> {
        self.0.read()
    }

    fn write(&self) -> Stored<S::Writing<'_>> {
        self.0.write()
    }

    fn write_long(&self) -> Stored<S::Writing<'_>> {
        self.0.write_long()
    }

    fn measured(&self) -> Measured {
        self.0.measured()
    }
}

impl<A: Activity> Activity for Shared<A> {
    type Reading<'a> = A::Reading<'a>;
    type Writing<'a> = A::Writing<'a>;

    fn stamp(&self) -> Option<Stamp> {
        self.0.stamp()
    }

    fn read(&self) -> Stored<A::Reading<'_>> {
        self.0.read()
    }

    fn write(&self) -> Stored<A::Writing<'_>> {
        self.0.write()
    }

    fn outlet_position(&self, outlet: &str) -> Stored<Option<String>> {
        self.0.outlet_position(outlet)
    }

    fn set_outlet_position(&self, outlet: &str, position: &str) -> Stored<()> {
        self.0.set_outlet_position(outlet, position)
    }

    fn measured(&self) -> Measured {
        self.0.measured()
    }
}

pub(crate) fn key() -> Key {
    Key::new([7; 32])
}

/// A store that holds what a desk holds, with a journal that says so.
pub(crate) fn plant(store: &impl Store, desk: &Desk) {
    let contents = desk.contents();
    let objects = (contents.resources.into_iter().map(Object::Resource))
        .chain(contents.roles.into_iter().map(Object::Role))
        .chain(contents.services.into_iter().map(Object::Service))
        .chain(contents.applications.into_iter().map(Object::Application))
        .chain(contents.users.into_iter().map(|user| Object::User(Box::new(user))))
        .chain([Object::System(Box::new(contents.system))]);
    let mut writing = store.write().unwrap();
    let mut scribe = Scribe::begin(&writing).unwrap();
    let written = |writing: &mut _, scribe: &mut Scribe, entry: &Entry, state| {
        let record = ChangeRecord::of(entry, NOW, "(test)", Door::Library.word(), state);
        scribe.write(writing, &Record::Change(record)).unwrap();
    };
    for object in objects {
        let row = Row::of(&object, scribe.place());
        writing.put(&row).unwrap();
        let name = object.name().to_owned();
        let (kind, number) = (object.kind(), object.number());
        let entry = Entry { action: Action::Create, kind, number, name, differences: Vec::new() };
        written(&mut writing, &mut scribe, &entry, row.state());
    }
    for privilege in contents.sql {
        writing.put_sql(&privilege).unwrap();
        let entry = sql_entry(Action::Create, "", &privilege);
        written(&mut writing, &mut scribe, &entry, state_of_sql(&privilege));
    }
    writing.set_ids(desk.ids()).unwrap();
    scribe.commit(writing, &key(), 1).unwrap();
}

/// A password as typed.
pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned()).unwrap()
}

/// A password as the compatible profile keeps it; that of everybody is made once.
pub(crate) fn kept(password: &str) -> Credential {
    static OF_EVERYBODY: OnceLock<Credential> = OnceLock::new();
    let made = || hash(&secret(password), Derivation::DEFAULT, &[5; 64]);
    if password == PASSWORD { OF_EVERYBODY.get_or_init(made).clone() } else { made() }
}

/// The engine over memory.
pub(crate) type InMemory = Engine<Shared<Memory>, Shared<Memory>>;

/// A new instance in memory, and the session of its owner.
pub(crate) struct Instance {
    pub(crate) engine: InMemory,
    pub(crate) owner: Session,
    pub(crate) bench: Bench,
    pub(crate) store: Shared<Memory>,
    pub(crate) events: Shared<Memory>,
}

/// Who owns the files of an instance.
pub(crate) const OWNER: &str = "operator";

/// What the operating system says of whoever owns the files.
pub(crate) fn owner() -> OsCaller {
    OsCaller { name: Some(OWNER.to_owned()), owns_instance: true }
}

/// What the operating system says of somebody else.
pub(crate) fn somebody(name: &str) -> OsCaller {
    OsCaller { name: Some(name.to_owned()), owns_instance: false }
}

impl Instance {
    pub(crate) fn new() -> Self {
        Self::at(Level::default())
    }

    /// One of a security level.
    pub(crate) fn at(level: Level) -> Self {
        let (bench, store) = (Bench::new(), Shared(Arc::new(Memory::new())));
        let events = Shared(Arc::new(Memory::new()));
        let engine = Engine::new(store.clone(), events.clone(), key(), Box::new(bench.clone()));
        // The compatible profile makes passwords with much less work.
        engine.install(Choice { profile: Profile::Compatible, level, ..Choice::default() }, OWNER).unwrap();
        let owner = engine.admit_os(&owner(), Door::Command).unwrap();
        Self { engine, owner, bench, store, events }
    }

    /// Makes a change as the owner.
    pub(crate) fn carry(&self, change: Change) {
        let told = format!("{change:#?}");
        if let Err(refusal) = self.engine.submit(&self.owner, change) {
            panic!("{refusal}\n{told}");
        }
    }

    /// Makes changes as the owner.
    pub(crate) fn carry_all(&self, changes: impl IntoIterator<Item = Change>) {
        changes.into_iter().for_each(|change| self.carry(change));
    }

    /// Changes one of the system-wide settings.
    pub(crate) fn set(&self, setting: &str, value: &str) {
        self.carry(Change::ModifySystem { properties: Properties::new().with(setting, value) });
    }

    /// How much there is of what is kept; refusals are events beside it.
    pub(crate) fn kept(&self) -> State {
        State { event_links: 0, ..self.engine.state().unwrap() }
    }

    /// Logs in with the password `pw`, by which everybody here is known.
    pub(crate) fn log_in(&self, user: &str) -> Result<Session, Refusal> {
        self.engine.admit_password(user, &secret(PASSWORD), Door::Library, None)
    }

    /// What `Check` says in a session.
    pub(crate) fn check(&self, session: &Session, resource: &str) -> String {
        self.engine.check(session, resource, None).unwrap().to_string()
    }

    /// The last event that was recorded.
    pub(crate) fn last_event(&self) -> EventRecord {
        let reading = Activity::read(&self.events).unwrap();
        let link = reading.head().unwrap().sequence;
        match Record::read(&reading.records(link, 0).unwrap()[0].1) {
            Ok(Record::Event(event)) => event,
            other => panic!("{other:?}"),
        }
    }
}

/// The password of everybody who is made by [`user`].
pub(crate) const PASSWORD: &str = "pw-of-everybody";

/// The making of a user with a password and roles.
pub(crate) fn user(name: &str, roles: &str) -> Change {
    let properties = Properties::new().with("Roles", roles);
    Change::CreateUser { name: name.to_owned(), properties, credential: Some(kept(PASSWORD)) }
}

/// The code with which a rule refused.
pub(crate) fn code<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Code {
    match outcome {
        Err(Refusal::Rule { status, .. }) => status.root().code(),
        other => panic!("{other:?}"),
    }
}

/// The field of an event.
pub(crate) fn field<'a>(event: &'a EventRecord, name: &str) -> &'a str {
    event.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
}

/// Every kind of objects that a document holds.
pub(crate) const KINDS: [Kind; 14] = sclera_engine::transfer::ORDER;
