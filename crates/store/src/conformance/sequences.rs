//! Transactions by chance, against a model of maps: slow, obvious, and sharing nothing with any store.

use super::{Stores, folded, resource_row, role_row, row_of, user};
use crate::port::{LogWrite, Read, Store, Write};
use crate::record::Row;
use sclera_core::change::{Kind, Principal};
use sclera_core::id::{Ids, RoleId, UserId};
use sclera_core::name::same;
use sclera_core::sql::{Grantee, SqlPrivilege, SqlTarget};
use sclera_core::time::Date;
use std::collections::BTreeMap;

const SEEDS: u64 = 6;
const TRANSACTIONS: u64 = 25;

pub(super) fn all<S: Store>(stores: &Stores<'_, S>) {
    for seed in 1..=SEEDS {
        a_store_is_like_its_model(stores, seed);
    }
}

fn a_store_is_like_its_model<S: Store>(stores: &Stores<'_, S>, seed: u64) {
    let mut chance = Chance(seed);
    let mut store = stores.fresh();
    let mut model = Model::default();
    for transaction in 1..=TRANSACTIONS {
        let context = format!("seed {seed}, transaction {transaction}");
        let mut writing = store.write().unwrap();
        let mut changed = model.clone();
        for _ in 0..=chance.below(8) {
            step(&mut chance, &mut writing, &mut changed);
        }
        compare(&writing, &changed, &format!("{context}, before its end"));
        if chance.below(4) > 0 {
            writing.commit().unwrap();
            model = changed;
        } else {
            drop(writing);
        }
        if chance.below(4) == 0 {
            store = stores.again(store);
        }
        compare(&store.read().unwrap(), &model, &context);
    }
}

/// Numbers by chance, the same for the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn of<T: Copy>(&mut self, several: &[T]) -> T {
        several[usize::try_from(self.below(several.len() as u64)).unwrap()]
    }
}

/// What a store holds, as maps.
#[derive(Clone)]
struct Model {
    rows: BTreeMap<(u8, u64), Row>,
    privileges: Vec<SqlPrivilege>,
    ids: Ids,
}

impl Default for Model {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), privileges: Vec::new(), ids: Ids::first() }
    }
}

/// Names that a user, a role and a resource may have, in two spellings each.
const NAMES: [[&str; 2]; 6] = [
    ["ann", "ANN"],
    ["Größe", "GRÖẞE"],
    ["Σίσυφος", "σίσυφοσ"],
    ["a b", "A B"],
    ["数据", "数据"],
    ["%_x", "%_X"],
];
const ROLES: [u32; 4] = [1, 2, 3, 4];
const DAYS: [&str; 3] = ["2026-11-21", "2026-11-22", "2026-11-23"];

impl Model {
    fn named(&self, kind: Kind, name: &str) -> Option<&Row> {
        self.rows.values().find(|row| row.kind == kind as u8 && same(&row.name, name))
    }

    fn principal(&self, name: &str) -> Option<Principal> {
        let user = self.named(Kind::User, name).map(|row| Principal::User(UserId(row.number)));
        user.or_else(|| {
            Some(Principal::Role(RoleId(u32::try_from(self.named(Kind::Role, name)?.number).ok()?)))
        })
    }

    fn is_free(&self, kind: Kind, name: &str) -> bool {
        if kind == Kind::Resource { self.named(kind, name).is_none() } else { self.principal(name).is_none() }
    }

    fn users(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().filter(|row| row.kind == Kind::User as u8)
    }

    fn holders(&self, roles: &[RoleId]) -> impl Iterator<Item = &Row> {
        self.users().filter(move |user| user.roles.iter().any(|role| roles.contains(role)))
    }

    fn guardian(&self, roles: &[RoleId], today: Date) -> bool {
        self.holders(roles).any(|user| user.guards.is_some_and(|last| last.is_none_or(|last| last >= today)))
    }
}

/// One operation, on the store and on the model.
fn step(chance: &mut Chance, writing: &mut impl Write, model: &mut Model) {
    let kind = chance.of(&[Kind::User, Kind::User, Kind::Role, Kind::Resource]);
    match chance.below(10) {
        0..=2 => {
            let spellings = chance.of(&NAMES);
            let name = chance.of(&spellings);
            if model.is_free(kind, name) {
                let row = new_row(chance, kind, name, model);
                writing.put(&row).unwrap();
                writing.set_ids(model.ids).unwrap();
                model.rows.insert((row.kind, row.number), row);
            }
        }
        3..=5 => {
            let users: Vec<u64> = model.users().map(|row| row.number).collect();
            if let Some(known) =
                pick(chance, &users).and_then(|number| model.rows.get(&(Kind::User as u8, number)))
            {
                let row = by_chance(chance, known.number, &known.name.clone());
                writing.put(&row).unwrap();
                model.rows.insert((row.kind, row.number), row);
            }
        }
        6 => {
            let known: Vec<u64> =
                model.rows.keys().filter(|key| key.0 == kind as u8).map(|key| key.1).collect();
            if let Some(number) = pick(chance, &known) {
                writing.remove(kind, number).unwrap();
                model.rows.remove(&(kind as u8, number));
            }
        }
        7..=8 => {
            let privilege = privilege(chance);
            writing.put_sql(&privilege).unwrap();
            model.privileges.retain(|known| !is_same(known, &privilege));
            model.privileges.push(privilege);
        }
        _ => {
            let privilege = privilege(chance);
            writing.remove_sql(&privilege).unwrap();
            model.privileges.retain(|known| !is_same(known, &privilege));
        }
    }
}

fn pick(chance: &mut Chance, several: &[u64]) -> Option<u64> {
    if several.is_empty() { None } else { Some(chance.of(several)) }
}

fn new_row(chance: &mut Chance, kind: Kind, name: &str, model: &mut Model) -> Row {
    match kind {
        Kind::User => by_chance(chance, model.ids.next_user().0, name),
        Kind::Role => role_row(model.ids.next_object(), name),
        _ => resource_row(model.ids.next_object(), name),
    }
}

/// The row of a user with roles, a last day and a state by chance.
fn by_chance(chance: &mut Chance, number: u64, name: &str) -> Row {
    let mut user = user(number, name);
    user.roles = ROLES.into_iter().filter(|_| chance.below(3) == 0).map(RoleId).collect();
    user.enabled = chance.below(4) > 0;
    user.expiration = chance.of(&["", DAYS[0], DAYS[1], DAYS[2]]).parse().ok();
    user.credential.key = vec![1; usize::try_from(chance.below(2)).unwrap() * 64];
    Row { place: (chance.below(1 << 40), chance.below(9)), ..row_of(&user) }
}

fn privilege(chance: &mut Chance) -> SqlPrivilege {
    let grantees = [Grantee::User(UserId(1)), Grantee::User(UserId(2)), Grantee::Role(RoleId(1))];
    SqlPrivilege {
        grantee: chance.of(&grantees),
        namespace: "USER".to_owned(),
        object: chance.of(&["", "1,T", "1,t"]).to_owned(),
        privilege: chance.of(&["s", "i"]).to_owned(),
        grantor: chance.of(&["ann", "Ann"]).to_owned(),
        grantable: chance.below(2) == 0,
    }
}

fn is_same(one: &SqlPrivilege, other: &SqlPrivilege) -> bool {
    SqlPrivilege { grantable: other.grantable, ..one.clone() } == *other
}

fn compare(reading: &impl Read, model: &Model, context: &str) {
    assert_eq!(reading.derived_faults().unwrap(), [""; 0], "{context}");
    assert_eq!(reading.ids().unwrap(), model.ids, "{context}");
    compare_rows(reading, model, context);
    for name in NAMES.into_iter().flatten() {
        let user = reading.user(&folded(name)).unwrap();
        assert_eq!(user.as_ref(), model.named(Kind::User, name), "the user {name}; {context}");
        let principal = reading.principal(&folded(name)).unwrap();
        assert_eq!(principal, model.principal(name), "the principal {name}; {context}");
    }
    compare_holders(reading, model, context);
    compare_privileges(reading, model, context);
}

fn compare_rows(reading: &impl Read, model: &Model, context: &str) {
    let settings: Vec<&Row> = model.rows.values().filter(|row| row.kind != Kind::User as u8).collect();
    assert_eq!(reading.settings().unwrap().iter().collect::<Vec<_>>(), settings, "the settings; {context}");
    let mut users: Vec<&Row> = model.users().collect();
    users.sort_by_key(|row| row.folded());
    assert_eq!(reading.users_after(None).unwrap().iter().collect::<Vec<_>>(), users, "the users; {context}");
    for kind in Kind::EACH.map(|kind| kind as u8) {
        let count = model.rows.keys().filter(|key| key.0 == kind).count() as u64;
        assert_eq!(reading.count(kind).unwrap(), count, "the rows of kind {kind}; {context}");
    }
    for ((kind, number), row) in &model.rows {
        assert_eq!(reading.row(*kind, *number).unwrap().as_ref(), Some(row), "{context}");
    }
}

fn compare_holders(reading: &impl Read, model: &Model, context: &str) {
    for bits in 0..16_u32 {
        let roles: Vec<RoleId> =
            ROLES.into_iter().filter(|role| bits & (1 << (role - 1)) != 0).map(RoleId).collect();
        let holders = model.holders(&roles).count() as u64;
        assert_eq!(reading.holders(&roles).unwrap(), holders, "the holders of {roles:?}; {context}");
        if let [role] = roles[..] {
            assert_eq!(reading.is_held(role).unwrap(), holders > 0, "whether {role:?} is held; {context}");
        }
        for day in DAYS {
            let today = day.parse().expect("a day");
            let guardian = model.guardian(&roles, today);
            assert_eq!(reading.guardian(&roles, today).unwrap(), guardian, "{roles:?} on {day}; {context}");
        }
    }
}

fn compare_privileges(reading: &impl Read, model: &Model, context: &str) {
    let sorted = |mut privileges: Vec<SqlPrivilege>| {
        privileges.sort();
        privileges
    };
    let of_model = |fits: &dyn Fn(&SqlPrivilege) -> bool| {
        sorted(model.privileges.iter().filter(|privilege| fits(privilege)).cloned().collect())
    };
    let all = of_model(&|_| true);
    assert_eq!(reading.sql_after(None).unwrap(), all, "the SQL privileges; {context}");
    for known in &all {
        let later = of_model(&|privilege| privilege > known);
        assert_eq!(reading.sql_after(Some(known)).unwrap(), later, "those after one; {context}");
        let of_grantee = of_model(&|privilege| privilege.grantee == known.grantee);
        assert_eq!(sorted(reading.sql_of(known.grantee).unwrap()), of_grantee, "of a grantee; {context}");
        let target = SqlTarget {
            namespace: known.namespace.clone(),
            object: known.object.clone(),
            privilege: known.privilege.clone(),
        };
        let on_target = of_model(&|p| same(&p.object, &known.object) && p.privilege == known.privilege);
        assert_eq!(sorted(reading.sql_on(&target).unwrap()), on_target, "on a target; {context}");
    }
}
