//! The suite that every store passes: what the [port](crate::port) promises, put to the test.
//!
//! An implementation runs it in its tests. `fresh` makes an empty store; `again` comes back to a store the way a later
//! process does, which for a store in files means to close and to open it. A store in memory gives itself back.
//!
//! ```
//! use sclera_store::conformance;
//! use sclera_store::memory::Memory;
//!
//! conformance::activity(&Memory::new, &|memory| memory);
//! ```
//!
//! Everything is also asked of the store in memory, so that tests with it stand for tests with any other.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a suite that cannot go on stops where it is; its tables are of known length"
)]

mod holders;
mod kept;
mod log;
mod logins;
mod objects;
mod privileges;
mod sequences;
mod transactions;

use crate::port::{Activity, Log, LogWrite, Stamp, Store, StoreError, Stored};
use crate::record::Row;
use sclera_core::change::Object;
use sclera_core::id::{ResourceId, RoleId, UserId};
use sclera_core::name::{Folded, ResourceName, RoleName, UserName};
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::user::User;

/// Puts a store of settings, users and their journal through everything.
///
/// # Panics
///
/// If the store does not keep a promise of the port; the message says which.
pub fn store<S: Store>(fresh: &dyn Fn() -> S, again: &dyn Fn(S) -> S) {
    let stores = Stores { fresh, again };
    objects::all(&stores);
    holders::all(&stores);
    privileges::all(&stores);
    transactions::all(&stores);
    sequences::all(&stores);
    log::all(&Stores { fresh: &|| OfStore(fresh()), again: &|OfStore(store)| OfStore(again(store)) });
}

/// Puts a store of events through everything.
///
/// # Panics
///
/// If the store does not keep a promise of the port; the message says which.
pub fn activity<A: Activity>(fresh: &dyn Fn() -> A, again: &dyn Fn(A) -> A) {
    outlets_keep_their_positions(&Stores { fresh, again });
    log::all(&Stores { fresh: &|| OfActivity(fresh()), again: &|OfActivity(log)| OfActivity(again(log)) });
    logins::all(&Stores { fresh, again });
    kept::all(&Stores { fresh, again });
}

/// How far outlets have come stays, each its own.
fn outlets_keep_their_positions<A: Activity>(stores: &Stores<'_, A>) {
    let activity = stores.again(stores.fresh());
    assert_eq!(activity.outlet_position("a").unwrap(), None);
    activity.set_outlet_position("a", "1.0.1.0").unwrap();
    activity.set_outlet_position("b", "2").unwrap();
    activity.set_outlet_position("a", "3.0.4.0").unwrap();
    let activity = stores.again(activity);
    assert_eq!(activity.outlet_position("a").unwrap().as_deref(), Some("3.0.4.0"));
    assert_eq!(activity.outlet_position("b").unwrap().as_deref(), Some("2"));
    assert_eq!(activity.read().unwrap().record_count().unwrap(), (0, 0), "that is no record");
}

/// How to come by stores of one kind.
struct Stores<'a, S> {
    fresh: &'a dyn Fn() -> S,
    again: &'a dyn Fn(S) -> S,
}

impl<S> Stores<'_, S> {
    fn fresh(&self) -> S {
        (self.fresh)()
    }

    /// The store as a later process finds it.
    fn again(&self, store: S) -> S {
        (self.again)(store)
    }
}

/// What a store of settings and one of events have in common: a chain of records.
trait Chained: Send + Sync + 'static {
    type Reading<'a>: Log;
    type Writing<'a>: LogWrite;

    fn stamp(&self) -> Option<Stamp>;
    fn read(&self) -> Stored<Self::Reading<'_>>;
    fn write(&self) -> Stored<Self::Writing<'_>>;
}

struct OfStore<S>(S);
struct OfActivity<A>(A);

impl<S: Store> Chained for OfStore<S> {
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
}

impl<A: Activity> Chained for OfActivity<A> {
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
}

/// One committed transaction.
fn commit<S: Store>(store: &S, work: impl FnOnce(&mut S::Writing<'_>)) {
    let mut writing = store.write().unwrap();
    work(&mut writing);
    writing.commit().unwrap();
}

/// Whether something was refused as what no correct caller asks for.
fn is_refused<T>(outcome: &Stored<T>) -> bool {
    matches!(outcome, Err(StoreError::Damaged(_)))
}

/// Where the tests put the record of a row.
const PLACE: (u64, u64) = (1, 0);

fn user(number: u64, name: &str) -> User {
    User::new(UserId(number), UserName::predefined(name).expect("a user name"))
}

fn row_of(user: &User) -> Row {
    Row::of(&Object::User(Box::new(user.clone())), PLACE)
}

fn user_row(number: u64, name: &str) -> Row {
    row_of(&user(number, name))
}

fn role_row(number: u32, name: &str) -> Row {
    let name = RoleName::predefined(name).expect("a role name");
    Row::of(&Object::Role(Role::new(RoleId(number), name, Origin::Created)), PLACE)
}

fn resource_row(number: u32, name: &str) -> Row {
    let name = ResourceName::predefined(name).expect("a resource name");
    Row::of(&Object::Resource(Resource::new(ResourceId(number), name)), PLACE)
}

fn folded(name: &str) -> Folded {
    Folded::of(name)
}
