//! Exporting: documents out, as a whole or piece by piece.
//!
//! An export reads one committed state from its first record to its last. Users are read page by page, so its memory
//! does not grow with their number. Secrets, which are password hashes, keys of one-time passwords and the hash of an
//! ancient client protocol, are in it only where they are asked for, and that they were is recorded before anything is
//! written. Roles that come with databases are left out, for they come with their resources (`authorization.md` ROL-9).

use crate::administer::grantees;
use crate::datacheck::Range;
use crate::engine::Engine;
use crate::events::AuditEvent;
use crate::secrets;
use crate::users::TOTP;
use crate::vault::Unopenable;
use crate::{Refusal, Session};
use sclera_authn::password_hash;
use sclera_core::change::{History, Kind};
use sclera_core::hex::hex;
use sclera_core::id::RoleId;
use sclera_core::name::{Folded, list};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::property::{Properties, show};
use sclera_core::resource::DATABASE_PREFIX;
use sclera_core::role::{Origin, Role};
use sclera_core::selection::Selection;
use sclera_core::sql::{Grantee, OBJECT_PRIVILEGES, OBJECT_TYPES, SqlPrivilege};
use sclera_core::status::Status;
use sclera_core::user::User;
use sclera_exchange::{Document, Form, GrantOption, Part, Password, Record, SqlRecord, Unwritable, Writer};
use sclera_store::port::{Activity, Read, Store};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::io;

/// What of an instance is exported: the arguments of the classes' `Export`.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The kinds of objects.
    pub kinds: Vec<Kind>,
    /// By name; of events by `Source/Type/Name`. The system-wide settings are never left out by it.
    pub names: Selection,
    /// Users that hold one of these roles directly, a comma list; empty or `*`: all (`security-users.md` U-27).
    pub holding: String,
    /// Roles that have a privilege on one of these resources.
    pub resources: Selection,
    /// Resources with these public permissions exactly.
    pub public: Option<Permissions>,
    /// Resources and applications whose type has one of these bits.
    pub types: Option<i64>,
    /// With users and roles also the SQL privileges granted to them directly.
    pub sql: bool,
    /// With what verifies and makes passwords and codes.
    pub secrets: bool,
}

impl Wanted {
    /// Everything of these kinds, without secrets.
    pub fn all(kinds: &[Kind]) -> Self {
        Self {
            kinds: kinds.to_vec(),
            names: Selection::all(),
            holding: String::new(),
            resources: Selection::all(),
            public: None,
            types: None,
            sql: false,
            secrets: false,
        }
    }

    fn has_type(&self, bits: i64) -> bool {
        self.types.is_none_or(|types| types & bits != 0)
    }

    /// The roles of which a user must hold one; none where that does not matter.
    fn held(&self, policy: &Policy) -> Option<Vec<RoleId>> {
        (!matches!(self.holding.trim(), "" | "*"))
            .then(|| list(&self.holding).filter_map(|name| policy.roles.named(name).map(|r| r.id)).collect())
    }
}

/// How many records of a kind were written; of roles and administrative SQL privileges the number of objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported(pub BTreeMap<Kind, u64>);

impl Exported {
    /// All together.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// Why an export was not finished. What was written up to then is no document.
#[derive(Debug)]
pub enum ExportFault {
    /// The use case was refused.
    Refused(Refusal),
    /// The form cannot hold it.
    Unwritable(Unwritable),
    /// The place it is written to did not take it.
    Sink(io::Error),
}

impl fmt::Display for ExportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => fmt::Display::fmt(refusal, f),
            Self::Unwritable(fault) => fmt::Display::fmt(fault, f),
            Self::Sink(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for ExportFault {}

impl<T: Into<Refusal>> From<T> for ExportFault {
    fn from(refusal: T) -> Self {
        Self::Refused(refusal.into())
    }
}

/// As many names of users as are put in order at once.
const SORTED_AT_ONCE: usize = 250_000;
/// As many bytes as are gathered before they are handed on.
const PIECE: usize = 1 << 16;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Everything of some kinds, without secrets, as a document in memory.
    pub fn export(&self, session: &Session, kinds: &[Kind]) -> Result<Document, Refusal> {
        self.require_secure(session, "export")?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let mut exporting =
            Exporting { engine: self, reading, policy: &settings.policy, wanted: &Wanted::all(kinds) };
        let mut records = Vec::new();
        for kind in kinds {
            exporting.plain(*kind, &mut |record| {
                records.push(record);
                Ok::<_, Refusal>(())
            })?;
        }
        Ok(Document::of(records))
    }

    /// Writes an export, piece by piece, to a sink. An XML export is sorted as the original sorts it
    /// (`export-xml.md` sections 4 and 5); the other forms have users in the order of their folded names.
    ///
    /// What a caller lacks, a store that cannot be read, and a sink that takes no more end it in between.
    pub fn export_to(
        &self,
        session: &Session,
        wanted: &Wanted,
        form: Form,
        sink: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> Result<Exported, ExportFault> {
        self.require_secure(session, "export")?;
        if wanted.secrets {
            let words: Vec<&str> = wanted.kinds.iter().map(|kind| kind.word()).collect();
            let what = format!("with secrets: {}", words.join(", "));
            self.emit_of(session, &AuditEvent::Export { what: &what })?;
        }
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let mut exporting = Exporting { engine: self, reading, policy: &settings.policy, wanted };
        let mut out =
            Out { writer: Writer::new(form, &wanted.kinds, wanted.sql), sink, counts: BTreeMap::new() };
        // Versions of the original that know no superservers are shown none (`export-xml.md` U-7).
        let is_known = |part: &Part| {
            *part != Part::Records(Kind::Superserver) || !settings.policy.superservers.is_empty()
        };
        for part in out.writer.parts().into_iter().filter(is_known) {
            out.writer.begin(&part);
            match (form, part) {
                (Form::Xml, part) => exporting.xml(part, &mut out)?,
                (_, Part::Records(kind)) => exporting.plain(kind, &mut |record| out.write(&record))?,
                _ => {}
            }
            out.writer.end_part();
        }
        out.end()
    }
}

/// A record by the key that it is put in order by, and a digest of what it says.
pub(crate) type Keyed = (String, String);

impl<S: Store, A: Activity> Engine<S, A> {
    /// Shows the records of a kind in a range of keys, in their order, by digests of what an export without secrets says,
    /// until whoever looks has enough. Users are read a page at a time.
    pub(crate) fn each_keyed(
        &self,
        kind: Kind,
        range: &Range,
        each: &mut dyn FnMut(Keyed) -> bool,
    ) -> Result<(), Refusal> {
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let wanted = Wanted::all(&[kind]);
        let exporting = Exporting { engine: self, reading, policy: &settings.policy, wanted: &wanted };
        if kind == Kind::User {
            return exporting.each_user_from(range.after.as_deref().map(Folded::of), &mut |user| {
                let key = user.name.folded().as_str().to_owned();
                let said = || record(Kind::User, user.name.as_str(), show(user, exporting.policy));
                Ok(range.has(&key) && each((key, digest_of(&said()))))
            });
        }
        let mut keyed = Vec::new();
        if kind == Kind::SqlPrivilege {
            exporting.each_sql(&|_| true, &mut |sql, grantee| {
                let says = [grantee, &sql.namespace, &sql.object, &sql.privilege, &sql.grantor].join(" | ");
                keyed.push((says.to_lowercase(), sql.grantable.to_string()));
                Ok::<_, Refusal>(())
            })?;
        } else {
            let key = |said: &Record| Folded::of(&said.name).as_str().to_owned();
            keyed.extend(exporting.settings(kind).iter().map(|said| (key(said), digest_of(said))));
        }
        keyed.retain(|(key, _)| range.has(key));
        keyed.sort_unstable();
        let _ = keyed.into_iter().all(each);
        Ok(())
    }

    /// How many there are in a range.
    pub(crate) fn count_keyed(&self, kind: Kind, range: &Range) -> Result<u64, Refusal> {
        let mut count = 0;
        if kind != Kind::User {
            self.each_keyed(kind, range, &mut |_| {
                count += 1;
                true
            })?;
            return Ok(count);
        }
        let reading = self.store.read()?;
        let mut after = range.after.as_deref().map(Folded::of);
        loop {
            let page = reading.users_after(after.as_ref())?;
            let within = page.iter().take_while(|row| range.has(row.folded().as_str())).count();
            count += within as u64;
            match page.last() {
                Some(last) if within == page.len() => after = Some(last.folded()),
                _ => return Ok(count),
            }
        }
    }
}

/// What differs wherever the same was set up twice.
const OF_ONE_INSTANCE: [&str; 6] = [
    "CreateDateTime",
    "CreateUsername",
    "LastModifiedDateTime",
    "LastModifiedUsername",
    "LastModifiedInfo",
    "PasswordChangedDateTime",
];

/// The digest of what a record says.
fn digest_of(record: &Record) -> String {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    add(&record.name);
    for (name, value) in record.properties.iter().filter(|(name, _)| !OF_ONE_INSTANCE.contains(name)) {
        add(name);
        add(&value.text());
    }
    hex(&hasher.finalize())
}

/// A writer and where it writes to.
struct Out<'a> {
    writer: Writer,
    sink: &'a mut dyn FnMut(&str) -> io::Result<()>,
    counts: BTreeMap<Kind, u64>,
}

impl Out<'_> {
    fn write(&mut self, record: &Record) -> Result<(), ExportFault> {
        self.writer.record(record).map_err(ExportFault::Unwritable)?;
        *self.counts.entry(record.kind).or_default() += 1;
        self.pass_on(PIECE)
    }

    fn option(&mut self, option: &GrantOption) -> Result<(), ExportFault> {
        self.writer.grant_option(option).map_err(ExportFault::Unwritable)?;
        self.pass_on(PIECE)
    }

    fn pass_on(&mut self, from: usize) -> Result<(), ExportFault> {
        if self.writer.waiting() < from {
            return Ok(());
        }
        (self.sink)(&self.writer.take()).map_err(ExportFault::Sink)
    }

    fn end(self) -> Result<Exported, ExportFault> {
        (self.sink)(&self.writer.end()).map_err(ExportFault::Sink)?;
        Ok(Exported(self.counts))
    }
}

/// An export under way: one committed state, and what of it is wanted.
struct Exporting<'a, S: Store, A, R> {
    engine: &'a Engine<S, A>,
    reading: R,
    policy: &'a Policy,
    wanted: &'a Wanted,
}

impl<S: Store, A: Activity, R: Read> Exporting<'_, S, A, R> {
    /// The records of a kind for a form of ours.
    fn plain<E: From<Refusal>>(
        &mut self,
        kind: Kind,
        each: &mut dyn FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        match kind {
            Kind::User => self.each_user(&mut |user| {
                let mut record = record(Kind::User, user.name.as_str(), show(user, self.policy));
                if self.wanted.secrets {
                    record.password_hash = password_hash::text(&user.credential);
                    record.totp_key = self.totp_key(user)?;
                }
                each(record)
            }),
            Kind::SqlPrivilege => {
                let mut last: Option<SqlRecord> = None;
                self.each_sql(&|_| true, &mut |sql, grantee| {
                    let next = sql_in_words(sql, grantee);
                    held_once(&mut last, next).map_or(Ok(()), |sql| each(sql_record(sql)))
                })?;
                last.map_or(Ok(()), |sql| each(sql_record(sql)))
            }
            kind => self.settings(kind).into_iter().try_for_each(each),
        }
    }

    /// The records of a part of an XML export.
    fn xml(&mut self, part: Part, out: &mut Out<'_>) -> Result<(), ExportFault> {
        match part {
            Part::Records(Kind::User) => {
                self.each_user_in_exact_order(&mut |user| out.write(&self.user_of_xml(user)?))
            }
            Part::Records(kind) => {
                let mut records = self.settings(kind);
                if self.wanted.secrets && secrets::KINDS.contains(&kind) {
                    records.iter_mut().try_for_each(|record| self.with_secret(record))?;
                }
                if kind == Kind::Role {
                    records.retain(|record| !self.comes_by_itself(&record.name));
                }
                // Applications of the system come last.
                let rank = |record: &Record| {
                    kind == Kind::Application && record.properties.get("Type") == Some(&3_i64.into())
                };
                records.sort_by(|a, b| (rank(a), &a.name).cmp(&(rank(b), &b.name)));
                records.iter().try_for_each(|record| out.write(record))
            }
            Part::SqlObjects | Part::SqlAdministrative => {
                let of_part = |sql: &SqlPrivilege| sql.object.is_empty() == (part == Part::SqlAdministrative);
                self.each_sql(&of_part, &mut |sql, grantee| {
                    out.write(&sql_record(sql_as_stored(sql, grantee)))
                })
            }
            Part::GrantOptions => self.each_user(&mut |user| {
                user.roles.iter().try_for_each(|role| match self.option(user, *role) {
                    Some(option) => out.option(&option),
                    None => Ok(()),
                })
            }),
            Part::Nothing(_) => Ok(()),
        }
    }

    /// Adds the secret of a configuration.
    fn with_secret(&self, record: &mut Record) -> Result<(), ExportFault> {
        let secret = self.engine.secret_of(self.policy, record.kind, &record.name)?;
        record.secret = secret.map(|secret| Password::new(secret.expose().to_owned()));
        Ok(())
    }

    /// Whether a user may pass on a role that it holds; none if the role is deleted.
    fn option(&self, user: &User, role: RoleId) -> Option<GrantOption> {
        Some(GrantOption {
            holder: user.name.to_string(),
            role: self.policy.role(role)?.name.to_string(),
            grantable: user.admin_roles.contains(&role),
            place: String::new(),
        })
    }

    /// Tells whether a role is never in an XML export: `%All`, and all that are named like a database (section 5.1).
    fn comes_by_itself(&self, role: &str) -> bool {
        let is_everything = |role: &Role| role.origin == Origin::Everything;
        let beginning = Folded::of(DATABASE_PREFIX);
        self.policy.roles.named(role).is_some_and(is_everything)
            || Folded::of(role).as_str().starts_with(beginning.as_str())
    }

    /// The users that are wanted, in the order of their folded names.
    fn each_user<E: From<Refusal>>(&self, each: &mut dyn FnMut(&User) -> Result<(), E>) -> Result<(), E> {
        self.each_user_from(None, &mut |user| each(user).map(|()| true))
    }

    /// The same, from behind a name on, for as long as they are asked for.
    fn each_user_from<E: From<Refusal>>(
        &self,
        mut after: Option<Folded>,
        each: &mut dyn FnMut(&User) -> Result<bool, E>,
    ) -> Result<(), E> {
        let held = self.wanted.held(self.policy);
        loop {
            let page = self.reading.users_after(after.as_ref()).map_err(Refusal::from)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.folded());
            for row in page.iter().filter(|row| self.is_wanted(&row.name, &row.roles, held.as_deref())) {
                if !each(&row.user().map_err(Refusal::from)?)? {
                    return Ok(());
                }
            }
        }
    }

    fn is_wanted(&self, name: &str, roles: &[RoleId], held: Option<&[RoleId]>) -> bool {
        self.wanted.names.has(name) && held.is_none_or(|held| roles.iter().any(|role| held.contains(role)))
    }

    /// The same, in the order of the bytes of their names. The store has no such order, and all names at once may be too
    /// many: so many of them as fit are put in order in each pass over the users.
    fn each_user_in_exact_order(
        &self,
        each: &mut dyn FnMut(&User) -> Result<(), ExportFault>,
    ) -> Result<(), ExportFault> {
        let mut after = String::new();
        loop {
            let next = self.names_after(&after, SORTED_AT_ONCE)?;
            let is_last = next.len() < SORTED_AT_ONCE;
            for (name, number) in next {
                let row = self.reading.row(Kind::User as u8, number)?;
                row.map_or(Ok(()), |row| each(&row.user()?))?;
                after = name;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn names_after(&self, after: &str, most: usize) -> Result<Vec<(String, u64)>, ExportFault> {
        let mut smallest: BinaryHeap<(String, u64)> = BinaryHeap::new();
        self.each_user(&mut |user| {
            let name = user.name.as_str();
            let fits = smallest.len() < most || smallest.peek().is_some_and(|(last, _)| name < last.as_str());
            if name > after && fits {
                smallest.push((name.to_owned(), user.id.0));
            }
            if smallest.len() > most {
                smallest.pop();
            }
            Ok::<_, ExportFault>(())
        })?;
        Ok(smallest.into_sorted_vec())
    }

    /// A user with its history, and with its secrets if they are wanted.
    fn user_of_xml(&self, user: &User) -> Result<Record, Refusal> {
        let admin = !user.roles.is_empty() && user.roles.iter().all(|role| user.admin_roles.contains(role));
        let properties = show(user, self.policy).with("RolesAreAdmin", admin);
        let mut record = record(Kind::User, user.name.as_str(), properties);
        let secrets = self.wanted.secrets;
        record.credential = secrets.then(|| user.credential.clone());
        record.totp_key = if secrets { self.totp_key(user)? } else { None };
        record.history = Some(Box::new(History {
            flags: user.flags,
            created: user.created,
            created_by: user.created_by.clone(),
            modified: user.modified,
            modified_by: user.modified_by.clone(),
            modified_what: user.modified_what.clone(),
            password_changed: user.password_changed,
            legacy_password: if secrets { user.legacy_password.clone() } else { String::new() },
            attributes: user.attributes.clone(),
            totp_key: Vec::new(),
        }));
        Ok(record)
    }

    /// The key of a user's one-time passwords, opened.
    fn totp_key(&self, user: &User) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, Refusal> {
        if user.totp_key.is_empty() {
            return Ok(None);
        }
        let vault = self.engine.vault.as_ref().ok_or(Unopenable);
        let opened = vault.and_then(|vault| vault.open(TOTP, user.name.folded().as_str(), &user.totp_key));
        let unopenable = |_| {
            let status = Status::general("this instance has no key that opens HOTPKey");
            Refusal::Rule { status, place: format!("user {}", user.name) }
        };
        opened.map(Some).map_err(unopenable)
    }

    /// The settings of a kind that are wanted, in the order of the policy.
    fn settings(&self, kind: Kind) -> Vec<Record> {
        let (policy, wanted) = (self.policy, self.wanted);
        let of = |name: &str, properties: Properties| record(kind, name, properties);
        let mut records: Vec<Record> = match kind {
            Kind::Resource => {
                let public =
                    |r: &sclera_core::resource::Resource| wanted.public.is_none_or(|p| p == r.public);
                let wanted = policy
                    .resources
                    .iter()
                    .filter(|r| public(r) && wanted.has_type(i64::from(r.kind.bits())));
                wanted.map(|r| of(r.name.as_str(), show(r, policy))).collect()
            }
            Kind::Role => {
                let exported = policy
                    .roles
                    .iter()
                    .filter(|role| role.origin != Origin::Database && self.reaches_wanted(role));
                exported.map(|role| of(role.name.as_str(), show(role, policy))).collect()
            }
            Kind::Service => policy.services.iter().map(|s| of(s.name.as_str(), show(s, policy))).collect(),
            Kind::Application => {
                let exported = policy.applications.iter().filter(|a| wanted.has_type(a.kind));
                exported.map(|a| of(a.name.as_str(), show(a, policy))).collect()
            }
            Kind::Event => policy.events.iter().map(|e| of(e.name.as_str(), show(e, policy))).collect(),
            Kind::SslConfig => {
                policy.ssl_configs.iter().map(|c| of(c.name.as_str(), show(c, policy))).collect()
            }
            Kind::LdapConfig => {
                policy.ldap_configs.iter().map(|c| of(c.name.as_str(), show(c, policy))).collect()
            }
            Kind::PhoneProvider => {
                policy.phone_providers.iter().map(|p| of(p.name.as_str(), show(p, policy))).collect()
            }
            Kind::DocDb => policy.doc_dbs.iter().map(|d| of(d.name.as_str(), show(d, policy))).collect(),
            Kind::X509User => {
                policy.x509_users.iter().map(|u| of(u.name.as_str(), show(u, policy))).collect()
            }
            Kind::Superserver => {
                policy.superservers.iter().map(|s| of(s.name.as_str(), show(s, policy))).collect()
            }
            Kind::System => vec![of(sclera_core::system::NAME, show(&policy.system, policy))],
            Kind::User | Kind::SqlPrivilege => Vec::new(),
        };
        records.retain(|record| kind == Kind::System || wanted.names.has(&record.name));
        records
    }

    /// Tells whether a role has a privilege on one of the resources that matter.
    fn reaches_wanted(&self, role: &Role) -> bool {
        let named = |id: &sclera_core::id::ResourceId| {
            self.policy
                .resources
                .get(id.0)
                .is_some_and(|resource| self.wanted.resources.has(resource.name.as_str()))
        };
        self.wanted.resources == Selection::all() || role.privileges.keys().any(named)
    }

    /// The SQL privileges that are wanted, with the names of who holds them, in the order of those.
    fn each_sql<E: From<Refusal>>(
        &self,
        keep: &dyn Fn(&SqlPrivilege) -> bool,
        each: &mut dyn FnMut(&SqlPrivilege, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let held = self.wanted.held(self.policy);
        let mut last: Option<SqlPrivilege> = None;
        // Those of one grantee follow each other.
        let mut asked: Option<(Grantee, bool)> = None;
        loop {
            let page = self.reading.sql_after(last.as_ref()).map_err(Refusal::from)?;
            let Some(end) = page.last() else { return Ok(()) };
            last = Some(end.clone());
            let names = grantees(&self.reading, &page).map_err(Refusal::from)?;
            for sql in page.iter().filter(|sql| keep(sql)) {
                let name = names.get(&sql.grantee).map_or("", String::as_str);
                let is_wanted = match asked {
                    Some((grantee, answer)) if grantee == sql.grantee => answer,
                    _ => self.grantee_is_wanted(sql.grantee, name, held.as_deref())?,
                };
                asked = Some((sql.grantee, is_wanted));
                if is_wanted {
                    each(sql, name)?;
                }
            }
        }
    }

    /// Tells whether the SQL privileges of a user or role are wanted: where they are asked for by themselves all are,
    /// else those of what is exported.
    fn grantee_is_wanted(
        &self,
        grantee: Grantee,
        name: &str,
        held: Option<&[RoleId]>,
    ) -> Result<bool, Refusal> {
        if self.wanted.kinds.contains(&Kind::SqlPrivilege) {
            return Ok(true);
        }
        Ok(match grantee {
            Grantee::User(id) => {
                let row = self.reading.row(Kind::User as u8, id.0)?;
                let is_wanted = row.is_some_and(|row| self.is_wanted(name, &row.roles, held));
                is_wanted && self.wanted.kinds.contains(&Kind::User)
            }
            Grantee::Role(id) => {
                let role = self.policy.role(id);
                let is_wanted =
                    role.is_some_and(|role| self.wanted.names.has(name) && self.reaches_wanted(role));
                is_wanted && self.wanted.kinds.contains(&Kind::Role)
            }
        })
    }
}

fn record(kind: Kind, name: &str, properties: Properties) -> Record {
    Record { properties, ..Record::new(kind, name.to_owned(), String::new()) }
}

fn sql_record(sql: SqlRecord) -> Record {
    let named = record(Kind::SqlPrivilege, &sql.grantee, Properties::new());
    Record { sql: Some(sql), ..named }
}

/// An SQL privilege with its type and its name in words, and without who granted it.
fn sql_in_words(sql: &SqlPrivilege, grantee: &str) -> SqlRecord {
    let word = |table: &[(&str, &'static str)], key: &str| {
        table.iter().find(|(known, _)| *known == key).map_or(key.to_owned(), |(_, word)| (*word).to_owned())
    };
    let stored = sql_as_stored(sql, grantee);
    let object = stored.object.map(|(kind, name)| (word(&OBJECT_TYPES, &kind), name));
    let privilege = word(&OBJECT_PRIVILEGES, &sql.privilege);
    SqlRecord { object, privilege, grantor: String::new(), ..stored }
}

fn sql_as_stored(sql: &SqlPrivilege, grantee: &str) -> SqlRecord {
    SqlRecord {
        namespace: sql.namespace.clone(),
        object: sql.object.split_once(',').map(|(kind, name)| (kind.to_owned(), name.to_owned())),
        privilege: sql.privilege.clone(),
        grantee: grantee.to_owned(),
        grantable: sql.grantable,
        grantor: sql.grantor.clone(),
    }
}

/// What several granted is held once: takes the next privilege, and gives the one before it if that is another.
fn held_once(last: &mut Option<SqlRecord>, next: SqlRecord) -> Option<SqlRecord> {
    match last {
        Some(last) if *last == (SqlRecord { grantable: last.grantable, ..next.clone() }) => {
            last.grantable |= next.grantable;
            None
        }
        last => last.replace(next),
    }
}
