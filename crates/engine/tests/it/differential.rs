//! Changes by chance, made at the desk, through the engine over memory, and through the engine over SQLite: all three
//! accept and refuse alike, keep the same, and decide like the slow model.

use crate::bench::{Bench, KINDS, PASSWORD, Shared, kept, key, plant, secret};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use sclera_core::change::{Change, Entry, Kind, Object};
use sclera_core::id::RoleId;
use sclera_core::permission::Permissions;
use sclera_core::property::{Class, show};
use sclera_core::selection::Selection;
use sclera_core::status::Status;
use sclera_core::user::PUBLIC;
use sclera_engine::inspect::UserFilter;
use sclera_engine::{Door, Engine, Refusal, Session};
use sclera_exchange::Form;
use sclera_sqlite::{SqliteActivity, SqliteStore};
use sclera_store::memory::Memory;
use sclera_store::port::{Activity, Read, Store};
use sclera_store::record::Row;
use sclera_testkit::desk::Desk;
use sclera_testkit::random::{self, Deed, SPELLINGS};
use sclera_testkit::slow_model::{self, World};
use sclera_testkit::world::{add_roles, properties, remove_roles, stocked};
use std::path::Path;
use std::sync::Arc;

type Outcome = Result<(), TestCaseError>;

const ACTORS: [&str; 3] = ["eve", "ann", "bob"];

fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    // A quarter of what is asked for: each case is long.
    ProptestConfig { cases: usual.cases.div_ceil(4), failure_persistence: None, ..usual }
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    vec((select(ACTORS.to_vec()), random::change()), 30..=45)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn engines_do_what_the_desk_does(deeds in deeds()) {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = desk();
        let memory = Tried::new(&desk, Memory::new(), Memory::new());
        let sqlite = Tried::new(&desk, create(folder.path()), create_events(folder.path()));
        for actor in ["ann", "bob"] {
            let change = remove_roles(actor, "%All");
            alike(&mut desk, &memory, &sqlite, &("eve", change))?;
        }
        for deed in &deeds {
            alike(&mut desk, &memory, &sqlite, deed)?;
        }
        memory.holds_what_the_desk_holds(&desk)?;
        sqlite.holds_what_the_desk_holds(&desk)?;
        let world = world_of(&desk);
        memory.decides_like(&world, &SPELLINGS)?;
        let turn = desk.journal().len() % (SPELLINGS.len() - 1);
        sqlite.decides_like(&world, &SPELLINGS[turn..turn + 2])?;
        prop_assert_eq!(memory.exported(), sqlite.exported());

        // A later process finds the same.
        let Tried { sessions, .. } = sqlite;
        let store = Shared(Arc::new(SqliteStore::open(&folder.path().join("security.db")).unwrap()));
        let events = Shared(Arc::new(SqliteActivity::open(&folder.path().join("activity.db")).unwrap()));
        let engine = Engine::new(store.clone(), events, key(), Box::new(Bench::new()));
        let reopened = Tried { engine, store, sessions };
        reopened.holds_what_the_desk_holds(&desk)?;
        reopened.decides_like(&world, &[])?;
    }
}

/// The stocked world, with passwords for those who act. They hold `%All` at first, so that they can be admitted; their
/// sessions go on holding it.
pub(crate) fn desk() -> Desk {
    let mut desk = stocked();
    desk.install_service("%Service_Login");
    let on = [("Enabled", "1"), ("AutheEnabled", "32")];
    let name = "%Service_Login".to_owned();
    desk.carry(&Change::ModifyService { name, properties: properties(&on) });
    desk.carry(&Change::ModifySystem { properties: properties(&on[1..]) });
    for actor in ACTORS {
        let credential = Some(kept(PASSWORD));
        let none = properties(&[]);
        desk.carry(&Change::ModifyUser { name: actor.to_owned(), properties: none, credential });
        desk.carry(&add_roles(actor, "%All"));
    }
    desk
}

fn create(folder: &Path) -> SqliteStore {
    SqliteStore::create(&folder.join("security.db")).unwrap()
}

fn create_events(folder: &Path) -> SqliteActivity {
    SqliteActivity::create(&folder.join("activity.db")).unwrap()
}

/// The same deed at all three; every answer is the same.
fn alike<S, A, T, B>(
    desk: &mut Desk,
    one: &Tried<S, A>,
    other: &Tried<T, B>,
    (actor, change): &Deed,
) -> Outcome
where
    S: Store,
    A: Activity,
    T: Store,
    B: Activity,
{
    let known = desk.journal().len();
    let expected = desk.acting_as(actor).submit(change);
    let entries = told(&desk.journal()[known..], change);
    for (store, found) in [("memory", one.submit(actor, change)), ("SQLite", other.submit(actor, change))] {
        match (&expected, found) {
            (Err(expected), Err(found)) => {
                prop_assert_eq!(&found, expected, "{} refuses {:?}", store, change);
            }
            (Ok(differs), Ok(found)) => {
                prop_assert_eq!(!found.is_empty(), *differs, "{} and {:?}", store, change);
                prop_assert_eq!(told(&found, change), entries.clone(), "the journal in {}", store);
            }
            (expected, found) => {
                prop_assert!(false, "{store} and {change:?} by {actor}: {found:?} instead of {expected:?}");
            }
        }
    }
    Ok(())
}

/// The entries of a change, without what differs by right: digests of secrets, and the SQL privileges that go with a
/// user or role, of which the desk writes nothing.
fn told(entries: &[Entry], change: &Change) -> Vec<Entry> {
    let of_sql =
        matches!(change, Change::GrantSql { .. } | Change::GrantSqlBy { .. } | Change::RevokeSql { .. });
    let mut told: Vec<Entry> =
        entries.iter().filter(|entry| of_sql || entry.kind != Kind::SqlPrivilege).cloned().collect();
    for difference in told.iter_mut().flat_map(|entry| &mut entry.differences) {
        if matches!(difference.property.as_str(), "Password" | "Salt") {
            // Whether there was one is told alike.
            let blank = |digest: &String| digest.chars().take(1).map(|_| '*').collect();
            (difference.old, difference.new) = (blank(&difference.old), blank(&difference.new));
        }
    }
    told
}

/// An engine that is tried, with its store and the sessions of those who act.
pub(crate) struct Tried<S, A> {
    pub(crate) engine: Engine<Shared<S>, Shared<A>>,
    store: Shared<S>,
    sessions: Vec<(&'static str, Session)>,
}

impl<S: Store, A: Activity> Tried<S, A> {
    pub(crate) fn new(desk: &Desk, store: S, events: A) -> Self {
        plant(&store, desk);
        let store = Shared(Arc::new(store));
        let engine = Engine::new(store.clone(), Shared(Arc::new(events)), key(), Box::new(Bench::new()));
        let admit = |actor| engine.admit_password(actor, &secret(PASSWORD), Door::Library, None).unwrap();
        let sessions = ACTORS.map(|actor| (actor, admit(actor))).into();
        Self { engine, store, sessions }
    }

    pub(crate) fn session(&self, actor: &str) -> &Session {
        &self.sessions.iter().find(|(known, _)| *known == actor).unwrap().1
    }

    fn submit(&self, actor: &str, change: &Change) -> Result<Vec<Entry>, Status> {
        match self.engine.submit(self.session(actor), change.clone()) {
            Ok(receipt) => Ok(receipt.entries),
            Err(Refusal::Rule { status, .. }) => Err(status),
            Err(other) => panic!("{other}"),
        }
    }

    fn exported(&self) -> String {
        let document = self.engine.export(self.session("eve"), &KINDS).unwrap();
        sclera_exchange::write(&document, Form::Yaml).unwrap().to_string()
    }

    /// In its rows, in what it lists, and in what it shows.
    fn holds_what_the_desk_holds(&self, desk: &Desk) -> Outcome {
        self.keeps_the_rows_of(desk)?;
        let contents = desk.contents();
        for (kind, names) in [
            (Kind::Resource, contents.resources.iter().map(|r| r.name.to_string()).collect::<Vec<_>>()),
            (Kind::Role, contents.roles.iter().map(|r| r.name.to_string()).collect()),
            (Kind::Service, contents.services.iter().map(|s| s.name.to_string()).collect()),
            (Kind::Application, contents.applications.iter().map(|a| a.name.to_string()).collect()),
        ] {
            let mut names = names;
            names.sort();
            let listed = self.engine.list(self.session("eve"), kind, &Selection::all()).unwrap();
            let listed: Vec<String> = listed.iter().map(|row| row.get("Name").unwrap().text()).collect();
            prop_assert_eq!(listed, names);
        }
        contents.resources.iter().try_for_each(|r| self.shows(desk, Kind::Resource, r.name.as_str(), r))?;
        contents.roles.iter().try_for_each(|r| self.shows(desk, Kind::Role, r.name.as_str(), r))?;
        contents.services.iter().try_for_each(|s| self.shows(desk, Kind::Service, s.name.as_str(), s))?;
        contents
            .applications
            .iter()
            .try_for_each(|a| self.shows(desk, Kind::Application, a.name.as_str(), a))?;
        contents.users.iter().try_for_each(|u| self.shows(desk, Kind::User, u.name.as_str(), u))?;
        self.shows(desk, Kind::System, sclera_core::system::NAME, &contents.system)?;
        let mut users = Vec::new();
        let filter = UserFilter { names: Selection::all(), roles: String::new(), detail: false };
        let mut each = |user: sclera_core::property::Properties| users.push(user.get("Name").unwrap().text());
        self.engine.each_user(self.session("eve"), &filter, &mut each).unwrap();
        prop_assert_eq!(users, desk.users().map(|user| user.name.to_string()).collect::<Vec<_>>());
        let held = self.engine.sql_privileges(self.session("eve"), None).unwrap();
        prop_assert_eq!(held.len(), contents.sql.len());
        let found = self.engine.verify().unwrap();
        prop_assert!(found.is_clean(), "{:?}", found);
        Ok(())
    }

    /// Ids, names, properties, and all that is derived from them.
    fn keeps_the_rows_of(&self, desk: &Desk) -> Outcome {
        let contents = desk.contents();
        let reading = self.store.0.read().unwrap();
        let settings = (contents.resources.into_iter().map(Object::Resource))
            .chain(contents.roles.into_iter().map(Object::Role))
            .chain(contents.services.into_iter().map(Object::Service))
            .chain(contents.applications.into_iter().map(Object::Application))
            .chain([Object::System(Box::new(contents.system))]);
        let somewhere = (0, 0);
        let nowhere =
            |rows: Vec<Row>| rows.into_iter().map(|row| Row { place: somewhere, ..row }).collect::<Vec<_>>();
        let expected: Vec<Row> = settings.map(|object| Row::of(&object, somewhere)).collect();
        prop_assert_eq!(nowhere(reading.settings().unwrap()), expected);
        let users = contents.users.into_iter().map(|user| Row::of(&Object::User(Box::new(user)), somewhere));
        prop_assert_eq!(nowhere(reading.users_after(None).unwrap()), users.collect::<Vec<_>>());
        prop_assert_eq!(reading.sql_after(None).unwrap(), contents.sql);
        prop_assert_eq!(reading.ids().unwrap(), desk.ids());
        Ok(())
    }

    fn shows<T: Class>(&self, desk: &Desk, kind: Kind, name: &str, record: &T) -> Outcome {
        let shown = self.engine.show(self.session("eve"), kind, name).unwrap();
        for (property, value) in show(record, &desk.policy).iter() {
            prop_assert_eq!(shown.get(property), Some(value), "{} of {}", property, name);
        }
        Ok(())
    }

    /// `CheckUserPermission` for every user and resource there is, and for some that are not there.
    fn decides_like(&self, world: &World, spellings: &[&str]) -> Outcome {
        let eve = self.session("eve");
        let resources: Vec<&str> = world.resources.iter().map(|found| found.name.as_str()).collect();
        for user in world.users.iter().map(|found| found.name.as_str()).chain(["nobody"]) {
            for resource in resources.iter().copied().chain(["NoSuch", "", " APPDATA "]) {
                let found = self.engine.check_user(eve, user, resource, None).unwrap();
                let expected = world.check1(user, resource);
                prop_assert_eq!(found.answer.to_string(), expected, "{} on {}", user, resource);
                prop_assert_eq!(found.known, user != "nobody");
                for wanted in spellings {
                    let found = self.engine.check_user(eve, user, resource, Some(wanted)).unwrap();
                    let expected = world.check2(user, resource, wanted);
                    prop_assert_eq!(
                        found.answer.to_string(),
                        expected,
                        "{} on {} for {:?}",
                        user,
                        resource,
                        wanted
                    );
                }
            }
        }
        Ok(())
    }
}

/// The world of a desk, for the slow model to decide in.
fn world_of(desk: &Desk) -> World {
    let policy = &desk.policy;
    let set = |held: Permissions| slow_model::permissions(&held.words().to_string()).unwrap_or_default();
    let names = |roles: &[RoleId]| {
        let living = roles.iter().filter_map(|id| policy.role(*id));
        living.map(|role| role.name.to_string()).collect::<Vec<_>>()
    };
    let resources = policy.resources.iter();
    let roles = policy.roles.iter().map(|role| slow_model::Role {
        name: role.name.to_string(),
        privileges: (role.privileges.iter())
            .filter_map(|(id, held)| Some((policy.resources.get(id.0)?.name.to_string(), set(*held))))
            .collect(),
        grants: names(&role.grants),
        is_all: role.name.as_str() == "%All",
    });
    World {
        resources: resources
            .map(|found| slow_model::Resource { name: found.name.to_string(), public: set(found.public) })
            .collect(),
        roles: roles.collect(),
        users: desk
            .users()
            .map(|user| slow_model::User { name: user.name.to_string(), roles: names(&user.roles) })
            .collect(),
        roles_of_public: desk.user(PUBLIC).map(|user| names(&user.roles)).unwrap_or_default(),
    }
}
