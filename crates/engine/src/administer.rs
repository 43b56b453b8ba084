//! Administering: asked for changes become one transaction with its journal, or nothing.

use crate::compare::compared_under;
use crate::domains;
use crate::engine::{Engine, Settings};
use crate::recorder::Deed;
use crate::services::{concerns_gates, services_among};
use crate::{Door, Refusal, Session};
use sclera_analysis::difference::Change as Gain;
use sclera_core::change::{
    Action, Change, Context, Effect, Entry, Facts, Kind, Needs, Object, Outcome, Principal, apply,
};
use sclera_core::id::{Ids, UserId};
use sclera_core::name::Folded;
use sclera_core::policy::Policy;
use sclera_core::property::{Difference, Properties};
use sclera_core::snapshot::Changed;
use sclera_core::sql::{Grantee, SqlPrivilege, SqlTarget};
use sclera_core::status::{Code, Status};
use sclera_core::system::System;
use sclera_core::time::Timestamp;
use sclera_core::user::Credential;
use sclera_store::journal::{ChangeRecord, Record, Scribe};
use sclera_store::port::{Activity, Read, Store, Stored, Write};
use sclera_store::record::Row;
use sclera_store::verify::state_of_sql;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// This very change.
    Change(Change),
    /// Bring an object to these properties: create it where it does not exist, else modify it.
    Merge {
        /// The kind of object.
        kind: Kind,
        /// Its name.
        name: String,
        /// Its properties.
        properties: Properties,
        /// Of a user, the password.
        credential: Option<Credential>,
    },
    /// Bring an SQL privilege about: grant it, unless the grantee holds it already, whoever granted it.
    MergeSql {
        /// What is granted.
        target: SqlTarget,
        /// To whom.
        grantee: String,
        /// By whom, where that is told; then what others granted does not count.
        grantor: Option<String>,
        /// The grantee may pass it on.
        grantable: bool,
    },
    /// This very change, if there is an object of this name, or if there is none.
    Where {
        /// The kind of object.
        kind: Kind,
        /// Its name.
        name: String,
        /// Whether it must be there.
        is_there: bool,
        /// The change.
        change: Change,
    },
}

/// A request and the words by which a refusal names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is asked for.
    pub request: Request,
    /// Where it comes from, such as `Users[2] "ann"`; empty for a single one.
    pub place: String,
}

/// Whether what was decided is also done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Perform,
    /// It is, and the services that it changes run on as they are until they restart (see [`crate::services`]).
    Defer,
    /// It is decided in every part, and then left alone.
    Rehearse,
    /// It is rehearsed, and what users would gain and lose by it is told.
    Simulate,
}

/// What came of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// The first of what the journal says, in order, up to [`MOST_ENTRIES`]; nothing where nothing differed.
    pub entries: Vec<Entry>,
    /// How many there are in all.
    pub changes: u64,
    /// Who would gain and lose what; of a simulation.
    pub gains: Vec<Gain>,
    /// The revision that holds it; that of before where nothing differed or it was rehearsed.
    pub revision: u64,
    /// Why processes that decide by themselves do not know it yet; the change stands all the same.
    pub unpublished: Option<String>,
}

/// The most entries that a receipt repeats; the journal has them all.
pub const MOST_ENTRIES: usize = 10_000;

impl Receipt {
    /// Tells whether anything differed.
    pub fn has_changed(&self) -> bool {
        self.changes > 0
    }

    /// Its entries as programs read them, the same through every door.
    pub fn plan(&self) -> Vec<Value> {
        let difference = |difference: &Difference| {
            json!({
                "Property": difference.property, "OldValue": difference.old, "NewValue": difference.new,
            })
        };
        let step = |entry: &Entry| {
            json!({
                "Action": entry.action.word(),
                "Kind": entry.kind.word(),
                "Name": entry.name,
                "Properties": entry.differences.iter().map(difference).collect::<Vec<_>>(),
            })
        };
        self.entries.iter().map(step).collect()
    }

    /// Who would gain and lose what, as programs read it.
    pub fn effects(&self) -> Vec<Value> {
        self.gains.iter().map(Gain::to_json).collect()
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Performs one change.
    pub fn submit(&self, session: &Session, change: Change) -> Result<Receipt, Refusal> {
        let asked = Asked { request: Request::Change(change), place: String::new() };
        self.submit_all(session, [asked], Mode::Perform)
    }

    /// Changes the system-wide settings by what they are when it is done, so that nothing that others change meanwhile is
    /// undone. `edit` gives what is to change.
    pub fn edit_system(
        &self,
        session: &Session,
        edit: &dyn Fn(&System) -> Properties,
    ) -> Result<Receipt, Refusal> {
        self.require_secure(session, "change of security settings")?;
        let done =
            self.begin(session.user(), session.door(), self.store.write()?).and_then(|mut submission| {
                let properties = edit(&submission.policy().system);
                let request = Request::Change(Change::ModifySystem { properties });
                submission.perform(&Asked { request, place: String::new() })?;
                submission.end(Mode::Perform)
            });
        done.map_err(|refusal| self.tell_refusal(session, "Modify system", refusal))
    }

    /// Says what several changes, made in order, would do: what the journal would say, and who would gain and lose what.
    /// Nothing is changed.
    pub fn simulate(
        &self,
        session: &Session,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Receipt, Refusal> {
        let asked = |change| Asked { request: Request::Change(change), place: String::new() };
        self.submit_all(session, changes.into_iter().map(asked), Mode::Simulate)
    }

    /// Performs several requests in order as one change: all or nothing.
    pub fn submit_all(
        &self,
        session: &Session,
        requests: impl IntoIterator<Item = Asked>,
        mode: Mode,
    ) -> Result<Receipt, Refusal> {
        self.require_secure(session, "change of security settings")?;
        self.carry_out(session, requests, mode, &|_, _| Ok(()))
    }

    /// The same without asking for the privilege. `gate` is asked first, with the settings and users that the changes
    /// will be made on.
    pub(crate) fn carry_out(
        &self,
        session: &Session,
        requests: impl IntoIterator<Item = Asked>,
        mode: Mode,
        gate: &Gate<'_, S>,
    ) -> Result<Receipt, Refusal> {
        let mut asked_last = String::new();
        let requests = requests.into_iter().inspect(|asked| asked_last = title(&asked.request));
        let done = self.carry_out_as(session.user(), session.door(), requests, mode, gate);
        match (done, mode) {
            (Err(refusal @ Refusal::Rule { .. }), Mode::Perform | Mode::Defer) => {
                Err(self.tell_refusal(session, &asked_last, refusal))
            }
            (done, _) => done,
        }
    }

    /// The same under a name.
    pub(crate) fn carry_out_as(
        &self,
        actor: &str,
        door: Door,
        requests: impl IntoIterator<Item = Asked>,
        mode: Mode,
        gate: &Gate<'_, S>,
    ) -> Result<Receipt, Refusal> {
        let mut submission = self.begin(actor, door, self.store.write()?)?;
        gate(submission.policy(), &submission.writing)?;
        for asked in requests {
            submission.perform(&asked)?;
        }
        submission.end(mode)
    }

    /// Begins a transaction for somebody whose privileges were asked.
    pub(crate) fn begin<'a>(
        &'a self,
        actor: &'a str,
        door: Door,
        writing: S::Writing<'a>,
    ) -> Result<Submission<'a, S, A>, Refusal> {
        let settings = self.settings_in(&writing)?;
        let author = Author { actor, door, now: self.world.now() };
        let work = Work {
            engine: self,
            author,
            ids: writing.ids()?,
            policy: settings.policy.clone(),
            scribe: Scribe::begin(&writing)?,
            receipt: Receipt { revision: settings.revision, ..Receipt::default() },
            changed: Changed::default(),
            guard: None,
        };
        Ok(Submission { work, writing })
    }
}

/// Requests that are performed one after another; dropped before its end, it leaves nothing.
pub(crate) struct Submission<'a, S: Store, A> {
    work: Work<'a, S, A>,
    writing: S::Writing<'a>,
}

impl<S: Store, A: Activity> Submission<'_, S, A> {
    /// The settings as they have become.
    pub(crate) fn policy(&self) -> &Policy {
        &self.work.policy
    }

    /// Performs a request. After a refusal the transaction is to be dropped.
    pub(crate) fn perform(&mut self, asked: &Asked) -> Result<(), Refusal> {
        let refused = |refusal| at_place(refusal, &asked.place);
        self.work.perform(&mut self.writing, &asked.request).map_err(refused)
    }

    /// Makes it durable, or leaves it.
    pub(crate) fn end(self, mode: Mode) -> Result<Receipt, Refusal> {
        let Self { work, writing } = self;
        work.keep_manageable(&writing)?;
        let engine = work.engine;
        if mode == Mode::Simulate {
            let before = engine.store.read()?;
            let settings = engine.settings_in(&before)?;
            let gains = compared_under(&before, &settings.policy, &writing, &work.policy)?;
            return Ok(Receipt { gains, ..work.receipt });
        }
        if mode == Mode::Rehearse || !work.receipt.has_changed() {
            return Ok(work.receipt);
        }
        let (services, deferred) = (services_among(&work.receipt.entries), mode == Mode::Defer);
        if deferred {
            engine.hold_services(&services, engine.settings_in(&writing)?);
        }
        let receipt = work.commit(writing)?;
        engine.apply_to_services(&services, deferred);
        if concerns_gates(&receipt.entries) {
            engine.services.ring();
        }
        engine.follow(&receipt)?;
        Ok(receipt)
    }
}

/// What must hold before changes are made, besides the privilege.
pub(crate) type Gate<'a, S> = dyn for<'w> Fn(&Policy, &<S as Store>::Writing<'w>) -> Result<(), Refusal> + 'a;

/// How a refusal names a request.
pub(crate) fn title(request: &Request) -> String {
    match request {
        Request::Change(change) | Request::Where { change, .. } => change.title(),
        Request::Merge { kind, name, .. } => format!("import {} {name}", kind.word()),
        Request::MergeSql { grantee, .. } => format!("import sql-privilege {grantee}"),
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// What follows from a committed change of users beyond the settings: an account that was made or enabled counts as
    /// used from then on, without failures (DEC-A16, DEC-A17); of one that was disabled or deleted the sessions end, where
    /// the setting says so.
    fn follow(&self, receipt: &Receipt) -> Result<(), Refusal> {
        let ends = || self.settings().is_ok_and(|settings| settings.policy.system.end_sessions_of_disabled);
        let mut has_enabled = false;
        for entry in receipt.entries.iter().filter(|entry| entry.kind == Kind::User) {
            let enabled = entry.differences.iter().find(|difference| difference.property == "Enabled");
            let is_off = entry.action == Action::Delete || enabled.is_some_and(|enabled| enabled.new == "0");
            let is_on = entry.action == Action::Create || enabled.is_some_and(|enabled| enabled.new == "1");
            if is_on && !is_off {
                let (user, at) = (UserId(entry.number), self.world.now());
                self.recorder.later(Deed::Enabled { user, at })?;
                has_enabled = true;
            }
            if is_off && ends() {
                self.sessions.end(|about| about.user_id == Some(UserId(entry.number)));
                self.services.ring();
            }
        }
        if has_enabled {
            // Else it might be written after failures that another process counts, and forget them. Where it cannot be
            // written, the change was made all the same.
            let _ = self.recorder.perform(Deed::Settle);
        }
        Ok(())
    }
}

fn at_place(refusal: Refusal, place: &str) -> Refusal {
    match refusal {
        Refusal::Rule { status, .. } => Refusal::Rule { status, place: place.to_owned() },
        other => other,
    }
}

/// Who writes, through which door, and when.
struct Author<'a> {
    actor: &'a str,
    door: Door,
    now: Timestamp,
}

/// A transaction in the making.
struct Work<'a, S, A> {
    engine: &'a Engine<S, A>,
    author: Author<'a>,
    ids: Ids,
    policy: Policy,
    scribe: Scribe,
    receipt: Receipt,
    /// What differs for processes that decide by themselves.
    changed: Changed,
    /// The first refusal to give if nobody would be left to manage the instance.
    guard: Option<Status>,
}

impl<S: Store, A: Activity> Work<'_, S, A> {
    fn perform(&mut self, writing: &mut impl Write, request: &Request) -> Result<(), Refusal> {
        if is_held(request, writing)? || !is_asked_here(request, &self.policy, writing)? {
            return Ok(());
        }
        let change = resolve(request, writing, &self.policy)?;
        if let Change::DeleteConfig { kind: Kind::LdapConfig, name } = &change {
            self.delete_users_of(writing, name)?;
        }
        self.perform_change(writing, &change)
    }

    /// The users that an LDAP configuration brought go with it (`security-classes.md`, LDAPConfigs).
    fn delete_users_of(&mut self, writing: &mut impl Write, domain: &str) -> Result<(), Refusal> {
        let known = self.policy.ldap_configs.named(domain).map(|config| config.name.to_string());
        let Some(domain) = known else { return Ok(()) };
        loop {
            let brought = domains::brought_by(&domain, &self.policy, writing)?;
            if brought.is_empty() {
                return Ok(());
            }
            for name in brought {
                self.perform_change(writing, &Change::DeleteUser { name })?;
            }
        }
    }

    fn perform_change(&mut self, writing: &mut impl Write, change: &Change) -> Result<(), Refusal> {
        let facts = gather(writing, change.needs(&self.policy))?;
        let conceal = |secret: &[u8]| self.engine.key.conceal(secret);
        let fresh_key = |owner: &Folded| self.engine.fresh_key(owner);
        let mut context = Context {
            actor: self.author.actor,
            now: self.author.now,
            ids: &mut self.ids,
            conceal: &conceal,
            fresh_key: &fresh_key,
        };
        let Outcome { steps, guard } = change.decide(&self.policy, &facts, &mut context)?;
        let gives_up = |effect: &Effect| match effect {
            Effect::Put(Object::System(new)) => self.policy.system.security_domains && !new.security_domains,
            _ => false,
        };
        if steps.iter().any(|(effect, _)| gives_up(effect))
            && let Some(user) = domains::outside_the_default(&self.policy, writing)?
        {
            let domain = self.policy.system.default_domain.as_str();
            return Err(Status::new(Code::UsersOfOtherDomains, [domain, &user]).into());
        }
        self.guard = self.guard.take().or(guard);
        let mut gone = Vec::new();
        for (effect, entry) in steps {
            if let Some(entry) = entry.as_ref().filter(|entry| entry.action == Action::Delete) {
                gone.push((entry.kind, entry.number, entry.name.clone()));
            }
            match effect {
                Effect::DropSqlOf(grantee) => self.drop_sql_of(writing, grantee, &gone)?,
                _ => self.store(writing, &effect, entry)?,
            }
            apply(&mut self.policy, &effect);
            match &effect {
                Effect::Put(object) => self.changed.note(object.kind(), object.number()),
                Effect::Drop(kind, number) => self.changed.note_dropped(*kind, *number),
                Effect::PutSql(_) | Effect::DropSql(_) | Effect::DropSqlOf(_) => {}
            }
        }
        Ok(())
    }

    /// Stores an effect together with what the journal says of it.
    fn store(&mut self, writing: &mut impl Write, effect: &Effect, entry: Option<Entry>) -> Stored<()> {
        let state = match effect {
            Effect::Put(object) => {
                let row = Row::of(object, self.scribe.place());
                writing.put(&row)?;
                row.state()
            }
            Effect::Drop(kind, number) => {
                writing.remove(*kind, *number)?;
                [0; 32]
            }
            Effect::PutSql(privilege) => {
                writing.put_sql(privilege)?;
                state_of_sql(privilege)
            }
            Effect::DropSql(privilege) => {
                writing.remove_sql(privilege)?;
                state_of_sql(privilege)
            }
            // Each privilege is dropped by an effect of its own.
            Effect::DropSqlOf(_) => return Ok(()),
        };
        entry.map_or(Ok(()), |entry| self.write_down(writing, entry, state))
    }

    fn write_down(&mut self, writing: &mut impl Write, entry: Entry, state: [u8; 32]) -> Stored<()> {
        let Author { actor, door, now } = self.author;
        let record = Record::Change(ChangeRecord::of(&entry, now, actor, door.word(), state));
        self.scribe.write(writing, &record)?;
        self.receipt.changes += 1;
        if self.receipt.entries.len() < MOST_ENTRIES {
            self.receipt.entries.push(entry);
        }
        Ok(())
    }

    /// The SQL privileges of a user or role that is among those gone, each with an entry of its own.
    fn drop_sql_of(
        &mut self,
        writing: &mut impl Write,
        grantee: Grantee,
        gone: &[(Kind, u64, String)],
    ) -> Stored<()> {
        let (kind, number) = match grantee {
            Grantee::User(id) => (Kind::User, id.0),
            Grantee::Role(id) => (Kind::Role, u64::from(id.0)),
        };
        let gone = gone.iter().find(|gone| (gone.0, gone.1) == (kind, number));
        let name = gone.map(|(.., name)| name.clone()).unwrap_or_default();
        for privilege in writing.sql_of(grantee)? {
            let entry = sclera_core::change::sql_entry(Action::Delete, &name, &privilege);
            self.store(writing, &Effect::DropSql(privilege), Some(entry))?;
        }
        Ok(())
    }

    /// Someone who holds `%All` and can log in must remain, whatever was changed (`authorization.md` ALL-3).
    fn keep_manageable(&self, writing: &impl Read) -> Result<(), Refusal> {
        let Some(refusal) = &self.guard else { return Ok(()) };
        let remains = writing.guardian(&self.policy.roles_with_all(), self.author.now.date())?;
        if remains { Ok(()) } else { Err(refusal.clone().into()) }
    }

    fn commit(self, mut writing: impl Write) -> Result<Receipt, Refusal> {
        writing.set_ids(self.ids)?;
        let publisher = self.engine.publisher.as_ref().filter(|_| !self.changed.is_nothing());
        if let Some(publisher) = publisher {
            publisher.intend(self.scribe.place().0, &self.changed);
        }
        let head = self.scribe.commit(writing, &self.engine.key, self.engine.node)?;
        let revision = head.sequence;
        self.engine.keep(Arc::new(Settings { revision, policy: self.policy }));
        let unpublished = publisher.and_then(|_| self.engine.publish(revision));
        Ok(Receipt { revision, unpublished, ..self.receipt })
    }
}

/// Reads what a rule must see.
pub(crate) fn gather(reading: &impl Read, needs: Needs) -> Stored<Facts> {
    let mut facts = Facts::default();
    for name in needs.users {
        if let Some(row) = reading.user(&name)? {
            facts.users.insert(name, row.user()?);
        }
    }
    for name in needs.principals {
        if let Some(principal) = reading.principal(&name)? {
            facts.principals.insert(name, principal);
        }
    }
    for role in needs.holders {
        if reading.is_held(role)? {
            facts.held.push(role);
        }
    }
    for name in needs.grants_of {
        if let Some(principal) = reading.principal(&name)? {
            facts.granted.extend(reading.sql_of(principal.into())?);
        }
    }
    if let Some(target) = needs.sql {
        facts.sql = reading.sql_on(&target)?;
        facts.grantees = grantees(reading, &facts.sql)?;
    }
    Ok(facts)
}

/// The names of those that hold SQL privileges.
pub(crate) fn grantees(
    reading: &impl Read,
    privileges: &[SqlPrivilege],
) -> Stored<BTreeMap<Grantee, String>> {
    let mut names = BTreeMap::new();
    for privilege in privileges {
        let (kind, number) = match privilege.grantee {
            Grantee::User(id) => (Kind::User, id.0),
            Grantee::Role(id) => (Kind::Role, u64::from(id.0)),
        };
        if !names.contains_key(&privilege.grantee)
            && let Some(row) = reading.row(kind as u8, number)?
        {
            names.insert(privilege.grantee, row.name);
        }
    }
    Ok(names)
}

/// Whether a request is for an SQL privilege that its grantee holds.
fn is_held(request: &Request, reading: &impl Read) -> Stored<bool> {
    let Request::MergeSql { target, grantee, grantor, grantable } = request else { return Ok(false) };
    let grantee = match reading.principal(&Folded::of(grantee))? {
        Some(Principal::User(id)) => Grantee::User(id),
        Some(Principal::Role(id)) => Grantee::Role(id),
        None => return Ok(false),
    };
    let is_by = |known: &SqlPrivilege| grantor.as_ref().is_none_or(|grantor| *grantor == known.grantor);
    let enough =
        |known: &SqlPrivilege| known.grantee == grantee && is_by(known) && (known.grantable || !grantable);
    Ok(reading.sql_on(target)?.iter().any(enough))
}

/// Whether what a request presumes is so here and now.
fn is_asked_here(request: &Request, policy: &Policy, reading: &impl Read) -> Result<bool, Refusal> {
    match request {
        Request::Where { kind, name, is_there, .. } => {
            Ok(crate::merge::is_there(*kind, name, policy, reading)? == *is_there)
        }
        _ => Ok(true),
    }
}

/// Makes of a request the change that it is here and now.
fn resolve(request: &Request, reading: &impl Read, policy: &Policy) -> Result<Change, Refusal> {
    let (kind, name, properties, credential) = match request {
        Request::Where { change: Change::ModifyConfig { kind, name, properties }, .. } => {
            let properties = crate::adopt::keeping_default(*kind, name, properties.clone(), policy);
            return Ok(Change::ModifyConfig { kind: *kind, name: name.clone(), properties });
        }
        Request::Change(change) | Request::Where { change, .. } => return Ok(change.clone()),
        Request::Merge { kind, name, properties, credential } => (kind, name, properties, credential),
        Request::MergeSql { target, grantee, grantor, grantable } => {
            let (target, grantee, grantable) = (target.clone(), grantee.clone(), *grantable);
            return Ok(match grantor.clone() {
                Some(grantor) => Change::GrantSqlBy { target, grantee, grantor, grantable },
                None => Change::GrantSql { target, grantee, grantable },
            });
        }
    };
    let (name, properties, credential) = (name.clone(), properties.clone(), credential.clone());
    let user_exists =
        || Ok::<_, Refusal>(matches!(reading.principal(&Folded::of(&name))?, Some(Principal::User(_))));
    Ok(match kind {
        Kind::Resource if policy.resources.named(&name).is_some() => {
            Change::ModifyResource { name, properties }
        }
        Kind::Resource => Change::CreateResource { name, properties },
        Kind::Role if policy.roles.named(&name).is_some() => Change::ModifyRole { name, properties },
        Kind::Role => Change::CreateRole { name, properties },
        Kind::Application if policy.applications.named(&name).is_some() => {
            Change::ModifyApplication { name, properties }
        }
        Kind::Application => Change::CreateApplication { name, properties },
        Kind::Service => Change::ModifyService { name, properties },
        Kind::System => Change::ModifySystem { properties },
        Kind::User if user_exists()? => Change::ModifyUser { name, properties, credential },
        Kind::User => Change::CreateUser { name, properties, credential },
        kind if config_exists(*kind, &name, policy) => {
            let properties = crate::adopt::keeping_default(*kind, &name, properties, policy);
            Change::ModifyConfig { kind: *kind, name, properties }
        }
        kind if kind.is_config() => Change::CreateConfig { kind: *kind, name, properties },
        _ => {
            return Err(Status::new(Code::General, ["an SQL privilege is granted, not merged"]).into());
        }
    })
}

/// Whether there is a configuration of a name; of other kinds there is none.
pub(crate) fn config_exists(kind: Kind, name: &str, policy: &Policy) -> bool {
    match kind {
        Kind::Event => policy.events.named(name).is_some(),
        Kind::SslConfig => policy.ssl_configs.named(name).is_some(),
        Kind::LdapConfig => policy.ldap_configs.named(name).is_some(),
        Kind::PhoneProvider => policy.phone_providers.named(name).is_some(),
        Kind::DocDb => policy.doc_dbs.named(name).is_some(),
        Kind::X509User => policy.x509_users.named(name).is_some(),
        Kind::Superserver => policy.superservers.named(name).is_some(),
        _ => false,
    }
}
