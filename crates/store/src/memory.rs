//! A store in memory: for tests, for trying a change out, and for embedding without files. It forgets.

use crate::chain::{Head, Link};
use crate::kept::{Keeping, Kept};
use crate::measure::{Files, Measured, Measures};
use crate::port::{
    Activity, ActivityRead, ActivityWrite, Log, LogWrite, PAGE, Read, Stamp, Store, StoreError, Stored,
    ThrottleKey, Write,
};
use crate::record::Row;
use sclera_core::change::{Kind, Principal};
use sclera_core::id::{Ids, RoleId, UserId};
use sclera_core::login::{LoginRecord, Throttle};
use sclera_core::name::{Folded, same};
use sclera_core::sql::{Grantee, SqlPrivilege, SqlTarget};
use sclera_core::time::{Date, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Settings, users and their journal, in memory.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<Arc<State>>,
    writing: Mutex<()>,
    /// Somebody writes, or waits to, who takes long.
    occupied: Mutex<bool>,
    measures: Measures,
}

/// Events, in memory: the same, of which only the log is used.
pub type MemoryActivity = Memory;

const USER: u8 = Kind::User as u8;
const ROLE: u8 = Kind::Role as u8;
/// The kinds that share their names.
const PRINCIPALS: [u8; 2] = [USER, ROLE];

#[derive(Debug, Clone)]
struct State {
    rows: BTreeMap<(u8, u64), Row>,
    names: BTreeMap<(u8, Folded), u64>,
    sql: BTreeSet<SqlPrivilege>,
    ids: Ids,
    links: BTreeMap<u64, Link>,
    records: BTreeMap<(u64, u64), Vec<u8>>,
    outlets: BTreeMap<String, String>,
    logins: BTreeMap<UserId, LoginRecord>,
    throttles: BTreeMap<ThrottleKey, Throttle>,
    spent: BTreeSet<(UserId, u64)>,
    kept: BTreeMap<(Keeping, [u8; 16]), Kept>,
    commits: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            names: BTreeMap::new(),
            sql: BTreeSet::new(),
            ids: Ids::first(),
            links: BTreeMap::new(),
            records: BTreeMap::new(),
            outlets: BTreeMap::new(),
            logins: BTreeMap::new(),
            throttles: BTreeMap::new(),
            spent: BTreeSet::new(),
            kept: BTreeMap::new(),
            commits: 0,
        }
    }
}

/// A transaction: the state as it was at its beginning, and what was written since.
pub struct Transaction<'a> {
    memory: &'a Memory,
    state: Arc<State>,
    _writing: Option<MutexGuard<'a, ()>>,
    _notice: Option<Notice<'a>>,
}

/// Says that whoever writes takes long, until it is dropped.
struct Notice<'a>(&'a Mutex<bool>);

impl<'a> Notice<'a> {
    /// None where there is one.
    fn put_up(at: &'a Mutex<bool>) -> Option<Self> {
        let mut occupied = at.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *occupied, true) { None } else { Some(Self(at)) }
    }
}

impl Drop for Notice<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn last(&self) -> Arc<State> {
        // The state is swapped whole, so that a panic elsewhere cannot leave it half changed.
        Arc::clone(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn transaction<'a>(&'a self, writing: Option<MutexGuard<'a, ()>>) -> Transaction<'a> {
        Transaction { memory: self, state: self.last(), _writing: writing, _notice: None }
    }

    fn begin(&self) -> Transaction<'_> {
        let begun = Instant::now();
        let turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.measures.waited(begun.elapsed());
        self.transaction(Some(turn))
    }

    fn refuse_long(&self) -> StoreError {
        self.measures.failed(&StoreError::Occupied);
        StoreError::Occupied
    }
}

impl Store for Memory {
    type Reading<'a> = Transaction<'a>;
    type Writing<'a> = Transaction<'a>;

    fn stamp(&self) -> Option<Stamp> {
        Some(Stamp(self.last().commits))
    }

    fn read(&self) -> Stored<Transaction<'_>> {
        Ok(self.transaction(None))
    }

    fn write(&self) -> Stored<Transaction<'_>> {
        let occupied = self.occupied.lock().unwrap_or_else(PoisonError::into_inner);
        if *occupied {
            Err(self.refuse_long())
        } else {
            drop(occupied);
            Ok(self.begin())
        }
    }

    fn write_long(&self) -> Stored<Transaction<'_>> {
        let notice = Notice::put_up(&self.occupied).ok_or_else(|| self.refuse_long())?;
        Ok(Transaction { _notice: Some(notice), ..self.begin() })
    }

    fn measured(&self) -> Measured {
        self.measures.read(Files::default())
    }
}

impl Activity for Memory {
    type Reading<'a> = Transaction<'a>;
    type Writing<'a> = Transaction<'a>;

    fn stamp(&self) -> Option<Stamp> {
        Some(Stamp(self.last().commits))
    }

    fn read(&self) -> Stored<Transaction<'_>> {
        Ok(self.transaction(None))
    }

    fn write(&self) -> Stored<Transaction<'_>> {
        Ok(self.begin())
    }

    fn outlet_position(&self, outlet: &str) -> Stored<Option<String>> {
        Ok(self.last().outlets.get(outlet).cloned())
    }

    fn set_outlet_position(&self, outlet: &str, position: &str) -> Stored<()> {
        let mut writing = self.begin();
        writing.change().outlets.insert(outlet.to_owned(), position.to_owned());
        writing.commit()
    }

    fn measured(&self) -> Measured {
        self.measures.read(Files::default())
    }
}

impl Transaction<'_> {
    fn change(&mut self) -> &mut State {
        Arc::make_mut(&mut self.state)
    }

    fn users(&self) -> impl Iterator<Item = &Row> {
        self.state.rows.range((USER, 0)..=(USER, u64::MAX)).map(|(_, row)| row)
    }

    fn named(&self, kind: u8, name: &Folded) -> Option<u64> {
        self.state.names.get(&(kind, name.clone())).copied()
    }
}

impl Log for Transaction<'_> {
    fn head(&self) -> Stored<Head> {
        Ok(self.state.links.values().next_back().map(Link::head).unwrap_or_default())
    }

    fn witness(&self) -> Stored<Option<Head>> {
        self.head().map(Some)
    }

    fn links(&self, from: u64) -> Stored<Vec<Link>> {
        Ok(self.state.links.range(from..).map(|(_, link)| *link).take(PAGE as usize).collect())
    }

    fn records(&self, link: u64, from: u64) -> Stored<Vec<(u64, Vec<u8>)>> {
        let range = self.state.records.range((link, from)..=(link, u64::MAX));
        Ok(range.map(|((_, position), bytes)| (*position, bytes.clone())).take(PAGE as usize).collect())
    }

    fn record_count(&self) -> Stored<(u64, u64)> {
        let loose =
            self.state.records.keys().filter(|(link, _)| !self.state.links.contains_key(link)).count();
        Ok((self.state.records.len() as u64, loose as u64))
    }
}

impl LogWrite for Transaction<'_> {
    fn append(&mut self, link: u64, position: u64, record: &[u8]) -> Stored<()> {
        match self.change().records.insert((link, position), record.to_vec()) {
            None => Ok(()),
            Some(_) => Err(StoreError::Damaged(format!("there is a record {link}/{position} already"))),
        }
    }

    fn replace(&mut self, link: u64, position: u64, record: &[u8]) -> Stored<()> {
        match self.change().records.get_mut(&(link, position)) {
            Some(bytes) => *bytes = record.to_vec(),
            None => return Err(StoreError::Damaged(format!("there is no record {link}/{position}"))),
        }
        Ok(())
    }

    fn close(&mut self, link: &Link) -> Stored<()> {
        match self.change().links.insert(link.sequence, *link) {
            None => Ok(()),
            Some(_) => Err(StoreError::Damaged(format!("there is a link {} already", link.sequence))),
        }
    }

    fn commit(mut self) -> Stored<()> {
        let begun = Instant::now();
        self.change().commits += 1;
        *self.memory.state.lock().unwrap_or_else(PoisonError::into_inner) = self.state;
        self.memory.measures.committed(begun.elapsed());
        Ok(())
    }
}

impl ActivityRead for Transaction<'_> {
    fn login(&self, user: UserId) -> Stored<LoginRecord> {
        Ok(self.state.logins.get(&user).cloned().unwrap_or_default())
    }

    fn throttle(&self, key: &ThrottleKey) -> Stored<Throttle> {
        Ok(self.state.throttles.get(key).copied().unwrap_or_default())
    }

    fn kept(&self, keeping: Keeping, id: &[u8; 16]) -> Stored<Option<Kept>> {
        Ok(self.state.kept.get(&(keeping, *id)).cloned())
    }

    fn kept_after(&self, keeping: Keeping, after: Option<&[u8; 16]>) -> Stored<Vec<Kept>> {
        let from = after.map_or(Bound::Included((keeping, [0; 16])), |id| Bound::Excluded((keeping, *id)));
        let range = self.state.kept.range((from, Bound::Included((keeping, [0xff; 16]))));
        Ok(range.map(|(_, kept)| kept.clone()).take(PAGE as usize).collect())
    }
}

impl ActivityWrite for Transaction<'_> {
    fn put_login(&mut self, user: UserId, record: &LoginRecord) -> Stored<()> {
        self.change().logins.insert(user, record.clone());
        Ok(())
    }

    fn put_throttle(&mut self, key: &ThrottleKey, throttle: &Throttle) -> Stored<()> {
        let state = self.change();
        state.throttles.retain(|_, old| !old.is_forgotten(throttle.failed_at));
        state.throttles.insert(*key, *throttle);
        Ok(())
    }

    fn drop_throttle(&mut self, key: &ThrottleKey) -> Stored<()> {
        self.change().throttles.remove(key);
        Ok(())
    }

    fn spend(&mut self, user: UserId, step: u64, oldest: u64) -> Stored<bool> {
        let spent = &mut self.change().spent;
        spent.retain(|(of, step)| *of != user || *step >= oldest);
        Ok(spent.insert((user, step)))
    }

    fn keep(&mut self, kept: &Kept) -> Stored<()> {
        self.change().kept.insert((kept.keeping, kept.id), kept.clone());
        Ok(())
    }

    fn drop_kept(&mut self, keeping: Keeping, id: &[u8; 16]) -> Stored<bool> {
        Ok(self.change().kept.remove(&(keeping, *id)).is_some())
    }

    fn drop_kept_until(&mut self, now: Timestamp) -> Stored<()> {
        self.change().kept.retain(|_, kept| kept.until.is_none_or(|until| until > now));
        Ok(())
    }
}

impl Read for Transaction<'_> {
    fn ids(&self) -> Stored<Ids> {
        Ok(self.state.ids)
    }

    fn settings(&self) -> Stored<Vec<Row>> {
        Ok(self.state.rows.values().filter(|row| row.kind != USER).cloned().collect())
    }

    fn row(&self, kind: u8, number: u64) -> Stored<Option<Row>> {
        Ok(self.state.rows.get(&(kind, number)).cloned())
    }

    fn user(&self, name: &Folded) -> Stored<Option<Row>> {
        let Some(number) = self.named(USER, name) else { return Ok(None) };
        self.row(USER, number)
    }

    fn users_after(&self, after: Option<&Folded>) -> Stored<Vec<Row>> {
        let nameless = Folded::of("");
        let from = Bound::Excluded((USER, after.cloned().unwrap_or_else(|| nameless.clone())));
        let numbers = self.state.names.range((from, Bound::Excluded((USER + 1, nameless)))).map(|(_, n)| *n);
        let rows = numbers.filter_map(|number| self.state.rows.get(&(USER, number)).cloned());
        Ok(rows.take(PAGE as usize).collect())
    }

    fn principal(&self, name: &Folded) -> Stored<Option<Principal>> {
        let user = || self.named(USER, name).map(|id| Principal::User(UserId(id)));
        let role = self.named(ROLE, name).and_then(|id| u32::try_from(id).ok());
        Ok(role.map(|id| Principal::Role(RoleId(id))).or_else(user))
    }

    fn is_held(&self, role: RoleId) -> Stored<bool> {
        Ok(self.users().any(|user| user.roles.contains(&role)))
    }

    fn holders(&self, roles: &[RoleId]) -> Stored<u64> {
        Ok(self.users().filter(|user| user.roles.iter().any(|role| roles.contains(role))).count() as u64)
    }

    fn guardian(&self, roles: &[RoleId], today: Date) -> Stored<bool> {
        let holds = |user: &Row| user.roles.iter().any(|role| roles.contains(role));
        let guards = |user: &Row| user.guards.is_some_and(|last| last.is_none_or(|last| last >= today));
        Ok(self.users().any(|user| holds(user) && guards(user)))
    }

    fn sql_on(&self, target: &SqlTarget) -> Stored<Vec<SqlPrivilege>> {
        let on = |sql: &&SqlPrivilege| {
            same(&sql.namespace, &target.namespace)
                && same(&sql.object, &target.object)
                && sql.privilege == target.privilege
        };
        Ok(self.state.sql.iter().filter(on).cloned().collect())
    }

    fn sql_of(&self, grantee: Grantee) -> Stored<Vec<SqlPrivilege>> {
        Ok(self.state.sql.iter().filter(|sql| sql.grantee == grantee).cloned().collect())
    }

    fn sql_after(&self, after: Option<&SqlPrivilege>) -> Stored<Vec<SqlPrivilege>> {
        // Whether it is grantable does not tell one privilege from another, and `true` is the greater.
        let last = after.map(|after| SqlPrivilege { grantable: true, ..after.clone() });
        let from = last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.state.sql.range((from, Bound::Unbounded)).take(PAGE as usize).cloned().collect())
    }

    fn count(&self, kind: u8) -> Stored<u64> {
        Ok(self.state.rows.range((kind, 0)..=(kind, u64::MAX)).count() as u64)
    }

    fn derived_faults(&self) -> Stored<Vec<String>> {
        Ok(Vec::new())
    }
}

impl Write for Transaction<'_> {
    fn put(&mut self, row: &Row) -> Stored<()> {
        let (object, name) = ((row.kind, row.number), row.folded());
        let renamed = self.state.rows.get(&object).is_some_and(|known| known.name != row.name);
        let sharing = if PRINCIPALS.contains(&row.kind) { &PRINCIPALS } else { &[row.kind; 2] };
        let is_other = |kind: &u8| self.named(*kind, &name).is_some_and(|number| (*kind, number) != object);
        if renamed || sharing.iter().any(is_other) {
            return Err(StoreError::Damaged(format!("the name of object {}/{}", row.kind, row.number)));
        }
        let state = self.change();
        state.names.insert((row.kind, name), row.number);
        state.rows.insert(object, row.clone());
        Ok(())
    }

    fn remove(&mut self, kind: Kind, number: u64) -> Stored<()> {
        let state = self.change();
        let row = state.rows.remove(&(kind as u8, number));
        let row = row.ok_or_else(|| StoreError::Damaged(format!("{} {number} is not there", kind.word())))?;
        state.names.remove(&(row.kind, row.folded()));
        Ok(())
    }

    fn put_sql(&mut self, privilege: &SqlPrivilege) -> Stored<()> {
        self.remove_sql(privilege)?;
        self.change().sql.insert(privilege.clone());
        Ok(())
    }

    fn remove_sql(&mut self, privilege: &SqlPrivilege) -> Stored<()> {
        let other = SqlPrivilege { grantable: !privilege.grantable, ..privilege.clone() };
        let state = self.change();
        state.sql.remove(privilege);
        state.sql.remove(&other);
        Ok(())
    }

    fn set_ids(&mut self, ids: Ids) -> Stored<()> {
        self.change().ids = ids;
        Ok(())
    }
}
