//! `security.db`: settings, users and their journal, in an SQLite file.
//!
//! ```text
//! object      every row: kind, number, name, properties as JSON, the place of its last record
//! principal   who has a name: so no role is named like a user
//! membership  derived from the users' rows: who holds a role
//! guardian    derived: who keeps the instance manageable, and until when
//! sql_privilege
//! counter     the next ids
//! link, record  the journal
//! ```

use crate::database::{Database, Durability, Schema};
use crate::lock::Counters;
use crate::log::{self, LogTransaction, signed, unsigned};
use crate::meaning;
use rusqlite::types::{ToSql, Value};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use sclera_core::change::{Kind, Principal};
use sclera_core::id::{Ids, RoleId, UserId};
use sclera_core::name::{Folded, quotable};
use sclera_core::sql::{Grantee, SqlPrivilege, SqlTarget};
use sclera_core::time::Date;
use sclera_store::chain::{Head, Link};
use sclera_store::measure::Measured;
use sclera_store::port::{Log, LogWrite, PAGE, Read, Stamp, Store, StoreError, Stored, Write};
use sclera_store::record::{Row, filed_under};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

const TABLES: &str = "
CREATE TABLE object (
    kind     INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    name     TEXT NOT NULL,
    folded   TEXT NOT NULL,
    text     TEXT NOT NULL CHECK (json_valid(text)),
    link     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (kind, number),
    UNIQUE (kind, folded)
) STRICT, WITHOUT ROWID;
CREATE TABLE principal (
    folded TEXT PRIMARY KEY,
    kind   INTEGER NOT NULL CHECK (kind IN (2, 6)),
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE membership (
    role INTEGER NOT NULL,
    user INTEGER NOT NULL,
    PRIMARY KEY (role, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_user ON membership (user);
CREATE TABLE guardian (
    user     INTEGER PRIMARY KEY,
    last_day INTEGER
) STRICT;
CREATE TABLE sql_privilege (
    grantee_kind INTEGER NOT NULL CHECK (grantee_kind IN (0, 1)),
    grantee      INTEGER NOT NULL,
    namespace    TEXT NOT NULL,
    object       TEXT NOT NULL,
    privilege    TEXT NOT NULL,
    grantor      TEXT NOT NULL,
    grantable    INTEGER NOT NULL CHECK (grantable IN (0, 1)),
    target       TEXT NOT NULL,
    PRIMARY KEY (grantee_kind, grantee, namespace, object, privilege, grantor)
) STRICT, WITHOUT ROWID;
CREATE INDEX sql_privilege_on ON sql_privilege (target);
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('object', 1), ('user', 1);
";

/// From version 2 on, records may be marks; the tables are the same.
/// From the third version on every commit is counted in the lock file (`lock.rs`): a program that does not count may not
/// write beside one that relies on it.
/// From the fourth version on there are kinds of objects that earlier programs do not know, and from the fifth another.
const SCHEMA: Schema =
    Schema { application_id: 0x5343_4c53, migrations: &[&[TABLES, log::TABLES], &[], &[], &[], &[]] };

/// Settings, users and their journal in an SQLite file.
pub struct SqliteStore(Database);

impl SqliteStore {
    /// Makes the file.
    pub fn create(path: &Path) -> Stored<Self> {
        Database::create(path, &SCHEMA).map(Self)
    }

    /// Opens the file.
    pub fn open(path: &Path) -> Stored<Self> {
        Database::open(path, &SCHEMA).map(Self)
    }

    /// How durable its commits are.
    pub fn durability(&self) -> Stored<Durability> {
        self.0.durability()
    }

    /// Has commits of other processes looked at another way than by reading a file, if there is one for that file.
    pub fn count_by(&self, counters: impl FnOnce(&File) -> Option<Counters>) {
        self.0.count_by(counters);
    }

    /// Writes the last committed state to a new file.
    pub fn copy_to(&self, path: &Path) -> Stored<()> {
        self.0.copy_to(path)
    }

    /// Gives the chain a second place where it has none; see [`crate::SqliteActivity::mend_witness`].
    pub fn mend_witness(&self) -> Stored<bool> {
        self.write()?.0.mend()
    }
}

impl Store for SqliteStore {
    type Reading<'a> = SecurityTransaction<'a>;
    type Writing<'a> = SecurityTransaction<'a>;

    fn stamp(&self) -> Option<Stamp> {
        self.0.stamp()
    }

    fn read(&self) -> Stored<SecurityTransaction<'_>> {
        self.0.begin_reading().map(|transaction| SecurityTransaction(LogTransaction::new(transaction)))
    }

    fn write(&self) -> Stored<SecurityTransaction<'_>> {
        self.0.begin_writing().map(|transaction| SecurityTransaction(LogTransaction::new(transaction)))
    }

    fn write_long(&self) -> Stored<SecurityTransaction<'_>> {
        self.0.begin_writing_long().map(|transaction| SecurityTransaction(LogTransaction::new(transaction)))
    }

    fn measured(&self) -> Measured {
        self.0.measured()
    }
}

/// A transaction on settings, users and their journal.
pub struct SecurityTransaction<'a>(LogTransaction<'a>);

const ROW: &str = "SELECT kind, number, name, text, link, position FROM object";
const USER: u8 = Kind::User as u8;

impl SecurityTransaction<'_> {
    fn query<T>(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Stored<Vec<T>> {
        let mut statement = self.0.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let rows = statement.query_map(parameters, read).and_then(Iterator::collect);
        rows.map_err(|error| meaning(&error))
    }

    fn one<T: rusqlite::types::FromSql>(&self, sql: &str, parameters: &[&dyn ToSql]) -> Stored<T> {
        let mut statement = self.0.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        statement.query_row(parameters, |row| row.get(0)).map_err(|error| meaning(&error))
    }

    fn run(&self, sql: &str, parameters: &[&dyn ToSql]) -> Stored<usize> {
        let mut statement = self.0.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        statement.execute(parameters).map_err(|error| meaning(&error))
    }

    fn rows(&self, end: &str, parameters: &[&dyn ToSql]) -> Stored<Vec<Row>> {
        let rows = self.query(&format!("{ROW} {end}"), parameters, row_of)?;
        rows.into_iter().map(with_derived).collect()
    }

    /// Takes away what is derived from a user's row.
    fn forget(&self, number: i64) -> Stored<()> {
        self.run("DELETE FROM membership WHERE user = ?1", &[&number])?;
        self.run("DELETE FROM guardian WHERE user = ?1", &[&number])?;
        Ok(())
    }

    /// Notes what is looked up of a user of whom nothing is noted.
    fn derive(&self, row: &Row, number: i64) -> Stored<()> {
        for role in &row.roles {
            self.run("INSERT INTO membership (role, user) VALUES (?1, ?2)", &[&role.0, &number])?;
        }
        if let Some(last) = row.guards {
            let day = last.map(Date::day_number);
            self.run("INSERT INTO guardian (user, last_day) VALUES (?1, ?2)", &[&number, &day])?;
        }
        Ok(())
    }
}

/// What is derived from a user's row is derived again, not read: the row alone counts.
fn with_derived(row: Row) -> Stored<Row> {
    if row.kind != USER {
        return Ok(row);
    }
    let user = row.user()?;
    let guards = user.can_guard().then_some(user.expiration);
    Ok(Row { roles: user.roles.clone(), guards, ..row })
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        kind: row.get(0)?,
        number: unsigned(row, 1)?,
        name: row.get(2)?,
        text: row.get(3)?,
        place: (unsigned(row, 4)?, unsigned(row, 5)?),
        roles: Vec::new(),
        guards: None,
    })
}

/// Role ids as a JSON array, to be asked for as a set.
fn set(roles: &[RoleId]) -> String {
    let ids: Vec<String> = roles.iter().map(|role| role.0.to_string()).collect();
    format!("[{}]", ids.join(","))
}

/// The form in which a target is found without regard to case.
fn target_key(namespace: &str, object: &str, privilege: &str) -> String {
    format!("{}\u{1f}{}\u{1f}{privilege}", Folded::of(namespace).as_str(), Folded::of(object).as_str())
}

const SQL: &str =
    "SELECT grantee_kind, grantee, namespace, object, privilege, grantor, grantable FROM sql_privilege";

fn sql_of_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<SqlPrivilege> {
    let grantee = match row.get::<_, i64>(0)? {
        0 => Grantee::User(UserId(unsigned(row, 1)?)),
        _ => Grantee::Role(RoleId(row.get(1)?)),
    };
    Ok(SqlPrivilege {
        grantee,
        namespace: row.get(2)?,
        object: row.get(3)?,
        privilege: row.get(4)?,
        grantor: row.get(5)?,
        grantable: row.get(6)?,
    })
}

fn grantee_key(grantee: Grantee) -> Stored<(i64, i64)> {
    Ok(match grantee {
        Grantee::User(id) => (0, signed(id.0)?),
        Grantee::Role(id) => (1, i64::from(id.0)),
    })
}

impl Log for SecurityTransaction<'_> {
    fn head(&self) -> Stored<Head> {
        self.0.head()
    }
    fn witness(&self) -> Stored<Option<Head>> {
        self.0.witness()
    }
    fn links(&self, from: u64) -> Stored<Vec<Link>> {
        self.0.links(from)
    }
    fn records(&self, link: u64, from: u64) -> Stored<Vec<(u64, Vec<u8>)>> {
        self.0.records(link, from)
    }
    fn record_count(&self) -> Stored<(u64, u64)> {
        self.0.record_count()
    }
}

impl LogWrite for SecurityTransaction<'_> {
    fn append(&mut self, link: u64, position: u64, record: &[u8]) -> Stored<()> {
        self.0.append(link, position, record)
    }
    fn replace(&mut self, link: u64, position: u64, record: &[u8]) -> Stored<()> {
        self.0.replace(link, position, record)
    }
    fn close(&mut self, link: &Link) -> Stored<()> {
        self.0.close(link)
    }
    fn commit(self) -> Stored<()> {
        self.0.commit()
    }
}

impl Read for SecurityTransaction<'_> {
    fn ids(&self) -> Stored<Ids> {
        let next = |name: &str| self.one::<i64>("SELECT next FROM counter WHERE name = ?1", &[&name]);
        let damaged = |_| StoreError::Damaged("the counters".to_owned());
        let object = u32::try_from(next("object")?).map_err(damaged)?;
        Ok(Ids { object, user: u64::try_from(next("user")?).map_err(damaged)? })
    }

    fn settings(&self) -> Stored<Vec<Row>> {
        self.rows("WHERE kind <> ?1 ORDER BY kind, number", &[&USER])
    }

    fn row(&self, kind: u8, number: u64) -> Stored<Option<Row>> {
        Ok(self.rows("WHERE kind = ?1 AND number = ?2", &[&kind, &signed(number)?])?.pop())
    }

    fn user(&self, name: &Folded) -> Stored<Option<Row>> {
        let found = self.rows("WHERE kind = ?1 AND folded = ?2", &[&USER, &name.as_str()])?.pop();
        match found {
            Some(row) if row.folded() != *name => Err(misfiled_user(&row)),
            found => Ok(found),
        }
    }

    fn users_after(&self, after: Option<&Folded>) -> Stored<Vec<Row>> {
        let mut last = after.cloned().unwrap_or_else(|| Folded::of(""));
        let end = "WHERE kind = ?1 AND folded > ?2 ORDER BY folded LIMIT ?3";
        let users = self.rows(end, &[&USER, &last.as_str(), &PAGE])?;
        for user in &users {
            // INVARIANT: names ascend, so that going from page to page comes to an end.
            if user.folded() <= last {
                return Err(misfiled_user(user));
            }
            last = user.folded();
        }
        Ok(users)
    }

    fn principal(&self, name: &Folded) -> Stored<Option<Principal>> {
        let sql = "SELECT kind, number FROM principal WHERE folded = ?1";
        let mut statement = self.0.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let read = |row: &rusqlite::Row<'_>| {
            let kind: u8 = row.get(0)?;
            let user = || Ok(Principal::User(UserId(unsigned(row, 1)?)));
            if kind == USER { user() } else { Ok(Principal::Role(RoleId(row.get(1)?))) }
        };
        statement.query_row([name.as_str()], read).optional().map_err(|error| meaning(&error))
    }

    fn is_held(&self, role: RoleId) -> Stored<bool> {
        self.one("SELECT EXISTS (SELECT 1 FROM membership WHERE role = ?1)", &[&role.0])
    }

    fn holders(&self, roles: &[RoleId]) -> Stored<u64> {
        let sql =
            "SELECT count(DISTINCT user) FROM membership WHERE role IN (SELECT value FROM json_each(?1))";
        self.one::<i64>(sql, &[&set(roles)]).map(i64::unsigned_abs)
    }

    fn guardian(&self, roles: &[RoleId], today: Date) -> Stored<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM membership JOIN guardian USING (user)
                   WHERE role IN (SELECT value FROM json_each(?1)) AND coalesce(last_day >= ?2, 1))";
        self.one(sql, &[&set(roles), &today.day_number()])
    }

    fn sql_on(&self, target: &SqlTarget) -> Stored<Vec<SqlPrivilege>> {
        let key = target_key(&target.namespace, &target.object, &target.privilege);
        self.query(&format!("{SQL} WHERE target = ?1"), &[&key], sql_of_row)
    }

    fn sql_of(&self, grantee: Grantee) -> Stored<Vec<SqlPrivilege>> {
        let (kind, number) = grantee_key(grantee)?;
        self.query(&format!("{SQL} WHERE grantee_kind = ?1 AND grantee = ?2"), &[&kind, &number], sql_of_row)
    }

    fn sql_after(&self, after: Option<&SqlPrivilege>) -> Stored<Vec<SqlPrivilege>> {
        let order = "ORDER BY grantee_kind, grantee, namespace, object, privilege, grantor LIMIT";
        let Some(after) = after else {
            return self.query(&format!("{SQL} {order} ?1"), &[&PAGE], sql_of_row);
        };
        let (kind, number) = grantee_key(after.grantee)?;
        let follows =
            "WHERE (grantee_kind, grantee, namespace, object, privilege, grantor) > (?1, ?2, ?3, ?4, ?5, ?6)";
        let parameters: &[&dyn ToSql] =
            &[&kind, &number, &after.namespace, &after.object, &after.privilege, &after.grantor, &PAGE];
        self.query(&format!("{SQL} {follows} {order} ?7"), parameters, sql_of_row)
    }

    fn count(&self, kind: u8) -> Stored<u64> {
        self.one::<i64>("SELECT count(*) FROM object WHERE kind = ?1", &[&kind]).map(i64::unsigned_abs)
    }

    fn derived_faults(&self) -> Stored<Vec<String>> {
        let mut faults = Vec::new();
        let principals = "SELECT folded FROM (
            SELECT folded, kind, number FROM object WHERE kind IN (2, 6) EXCEPT SELECT folded, kind, number FROM principal)
            UNION SELECT folded FROM (
            SELECT folded, kind, number FROM principal EXCEPT SELECT folded, kind, number FROM object) LIMIT 10";
        for name in self.query(principals, &[], |row| row.get::<_, String>(0))? {
            faults.push(format!("the name index disagrees about `{}`", quotable(&name)));
        }
        self.check_users(&mut faults)?;
        self.each("SELECT kind, name, folded FROM object", |row| {
            let (kind, name, folded): (u8, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if filed_under(kind, &name).as_str() != folded {
                faults.push(format!("`{}` is filed under another name", quotable(&name)));
            }
            Ok(())
        })?;
        self.each("SELECT namespace, object, privilege, target FROM sql_privilege", |row| {
            let [namespace, object, privilege, target]: [String; 4] =
                [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            if target_key(&namespace, &object, &privilege) != target {
                faults.push(format!(
                    "an SQL privilege on `{}` is filed under another target",
                    quotable(&object)
                ));
            }
            Ok(())
        })?;
        self.each("SELECT name FROM counter WHERE name NOT IN ('object', 'user')", |row| {
            faults.push(format!("there is no counter `{}`", quotable(&row.get::<_, String>(0)?)));
            Ok(())
        })?;
        for (name, _) in own_schema()?.difference(&schema_of(&self.0.transaction)?) {
            faults.push(format!("`{}` is not in the schema as it was made", quotable(name)));
        }
        self.each("SELECT name FROM sqlite_schema WHERE type IN ('trigger', 'view')", |row| {
            faults.push(format!(
                "`{}` is in the schema, which has none of its kind",
                quotable(&row.get::<_, String>(0)?)
            ));
            Ok(())
        })?;
        // What names are found by inside SQLite may be at odds with the rows as well.
        let report = self.query("PRAGMA integrity_check(10)", &[], |row| row.get::<_, String>(0))?;
        faults.extend(report.into_iter().filter(|line| line != "ok").map(|line| quotable(&line)));
        Ok(faults)
    }
}

/// Tables and indexes by name, with the statements that made them.
fn schema_of(connection: &Connection) -> Stored<BTreeSet<(String, String)>> {
    let read = || -> rusqlite::Result<_> {
        let mut statement = connection.prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    read().map_err(|error| meaning(&error))
}

/// The schema that a new file has.
fn own_schema() -> Stored<BTreeSet<(String, String)>> {
    let fresh = Connection::open_in_memory().map_err(|error| meaning(&error))?;
    for statements in SCHEMA.migrations.iter().copied().flatten() {
        fresh.execute_batch(statements).map_err(|error| meaning(&error))?;
    }
    schema_of(&fresh)
}

fn misfiled_user(user: &Row) -> StoreError {
    StoreError::Damaged(format!("user {} is filed under another name", user.number))
}

impl SecurityTransaction<'_> {
    /// Looks at the rows of an answer one by one.
    fn each(&self, sql: &str, mut see: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>) -> Stored<()> {
        let mut statement = self.0.transaction.prepare(sql).map_err(|error| meaning(&error))?;
        let mut rows = statement.query([]).map_err(|error| meaning(&error))?;
        while let Some(row) = rows.next().map_err(|error| meaning(&error))? {
            see(row).map_err(|error| meaning(&error))?;
        }
        Ok(())
    }

    fn check_users(&self, faults: &mut Vec<String>) -> Stored<()> {
        let (mut after, mut memberships, mut guardians) = (-1, 0, 0);
        loop {
            let by_number = "WHERE kind = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
            let page = self.rows(by_number, &[&USER, &after, &PAGE])?;
            let Some(last) = page.last() else { break };
            after = signed(last.number)?;
            for row in &page {
                memberships += row.roles.len() as u64;
                guardians += u64::from(row.guards.is_some());
                if self.derived(row.number)? != expected(row) {
                    faults.push(format!("the membership index disagrees about user {}", row.number));
                }
            }
        }
        let rows = |table: &str| {
            self.one::<i64>(&format!("SELECT count(*) FROM {table}"), &[]).map(i64::unsigned_abs)
        };
        if rows("membership")? != memberships || rows("guardian")? != guardians {
            faults.push("the membership index has entries of no user".to_owned());
        }
        Ok(())
    }

    fn derived(&self, number: u64) -> Stored<Derived> {
        let number = signed(number)?;
        let roles =
            self.query("SELECT role FROM membership WHERE user = ?1 ORDER BY role", &[&number], |row| {
                row.get(0)
            })?;
        let guard =
            self.query("SELECT last_day FROM guardian WHERE user = ?1", &[&number], |row| row.get(0))?;
        Ok((roles, guard))
    }
}

/// The roles of a user in ascending order, and its day as a guardian.
type Derived = (Vec<u32>, Vec<Option<i32>>);

fn expected(row: &Row) -> Derived {
    let mut roles: Vec<u32> = row.roles.iter().map(|role| role.0).collect();
    roles.sort_unstable();
    (roles, row.guards.iter().map(|last| last.map(Date::day_number)).collect())
}

impl Write for SecurityTransaction<'_> {
    fn put(&mut self, row: &Row) -> Stored<()> {
        let (folded, number) = (row.folded(), signed(row.number)?);
        let place = (signed(row.place.0)?, signed(row.place.1)?);
        let insert = "INSERT OR IGNORE INTO object (kind, number, name, folded, text, link, position)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values: &[&dyn ToSql] =
            &[&row.kind, &number, &row.name, &folded.as_str(), &row.text, &place.0, &place.1];
        let is_new = self.run(insert, values)? == 1;
        let update = "UPDATE object SET text = ?4, link = ?5, position = ?6
                      WHERE kind = ?1 AND number = ?2 AND name = ?3";
        let values: &[&dyn ToSql] = &[&row.kind, &number, &row.name, &row.text, &place.0, &place.1];
        if !is_new && self.run(update, values)? != 1 {
            return Err(StoreError::Damaged(format!("object {}/{number} has another name", row.kind)));
        }
        if row.kind == USER || row.kind == Kind::Role as u8 {
            // A name that another user or role has is a fault of the caller, which asked before.
            let sql = "INSERT INTO principal (folded, kind, number) VALUES (?1, ?2, ?3)
                       ON CONFLICT (folded) DO UPDATE SET kind = ?2 WHERE kind = ?2 AND number = ?3";
            if self.run(sql, &[&folded.as_str(), &row.kind, &number])? != 1 {
                return Err(StoreError::Damaged(format!(
                    "the name of object {}/{number} is taken",
                    row.kind
                )));
            }
        }
        if row.kind != USER {
            return Ok(());
        }
        if !is_new {
            self.forget(number)?;
        }
        self.derive(row, number)
    }

    fn remove(&mut self, kind: Kind, number: u64) -> Stored<()> {
        let (kind, number) = (kind as u8, signed(number)?);
        self.run("DELETE FROM principal WHERE kind = ?1 AND number = ?2 AND folded = (SELECT folded FROM object WHERE kind = ?1 AND number = ?2)", &[&kind, &number])?;
        if self.run("DELETE FROM object WHERE kind = ?1 AND number = ?2", &[&kind, &number])? != 1 {
            return Err(StoreError::Damaged(format!("object {kind}/{number} is not there")));
        }
        if kind == USER { self.forget(number) } else { Ok(()) }
    }

    fn put_sql(&mut self, privilege: &SqlPrivilege) -> Stored<()> {
        let (kind, number) = grantee_key(privilege.grantee)?;
        let target = target_key(&privilege.namespace, &privilege.object, &privilege.privilege);
        let values: [Value; 8] = [
            kind.into(),
            number.into(),
            privilege.namespace.clone().into(),
            privilege.object.clone().into(),
            privilege.privilege.clone().into(),
            privilege.grantor.clone().into(),
            i64::from(privilege.grantable).into(),
            target.into(),
        ];
        let sql = "INSERT OR REPLACE INTO sql_privilege
                   (grantee_kind, grantee, namespace, object, privilege, grantor, grantable, target)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let mut statement = self.0.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        statement.execute(params_from_iter(values)).map_err(|error| meaning(&error))?;
        Ok(())
    }

    fn remove_sql(&mut self, privilege: &SqlPrivilege) -> Stored<()> {
        let (kind, number) = grantee_key(privilege.grantee)?;
        let sql = "DELETE FROM sql_privilege WHERE grantee_kind = ?1 AND grantee = ?2 AND namespace = ?3
                   AND object = ?4 AND privilege = ?5 AND grantor = ?6";
        let mut statement = self.0.transaction.prepare_cached(sql).map_err(|error| meaning(&error))?;
        let SqlPrivilege { namespace, object, privilege, grantor, .. } = privilege;
        statement
            .execute(params![kind, number, namespace, object, privilege, grantor])
            .map_err(|error| meaning(&error))?;
        Ok(())
    }

    fn set_ids(&mut self, ids: Ids) -> Stored<()> {
        self.run("UPDATE counter SET next = ?1 WHERE name = 'object'", &[&ids.object])?;
        self.run("UPDATE counter SET next = ?1 WHERE name = 'user'", &[&signed(ids.user)?])?;
        Ok(())
    }
}
