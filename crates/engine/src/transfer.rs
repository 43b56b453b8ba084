//! Transferring: documents in, all or nothing.
//!
//! An import is one transaction. Resources come first, then roles, then what roles grant (a role may be named before it
//! stands in the document), then users and the rest. Rehearsed, it says exactly what it would do and does nothing.
//!
//! What is imported comes from a [`Source`], which hands over one record after another, so that a million users need no
//! more memory than one.

use crate::administer::{Asked, Mode, Receipt, Request, title};
use crate::adopt;
use crate::engine::Engine;
use crate::new_passwords::Keys;
use crate::users::TOTP;
use crate::vault::Unopenable;
use crate::{Refusal, Session};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use sclera_authn::password_hash;
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, Edit, History, Kind, RoleList};
use sclera_core::name::Folded;
use sclera_core::policy::Policy;
use sclera_core::property::Properties;
use sclera_core::sql::SqlTarget;
use sclera_core::status::Status;
use sclera_core::user::Credential;
use sclera_exchange::{Document, GrantOption, Origin as From, Password, Record, SqlRecord};
use sclera_store::port::{Activity, Store};
use std::ops::ControlFlow;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Makes of a password what is kept of it, after asking the rules for new passwords.
    pub fn credential(&self, user: &str, password: &Secret) -> Result<Credential, Refusal> {
        self.new_credential(user, &Properties::new(), password)
    }

    /// Whether somebody may import at all, to be asked before a document of any size is read; a refusal is recorded.
    pub fn may_import(&self, session: &Session) -> Result<(), Refusal> {
        self.require_secure(session, "import")
    }

    /// Imports a document.
    pub fn import(&self, session: &Session, source: &dyn Source, mode: Mode) -> Result<Receipt, Refusal> {
        self.import_watched(session, source, mode, &mut |_, _, _| ())
    }

    /// Imports a document and tells how far it is.
    ///
    /// Passwords that the document spells out are hashed by all processors, apart from the transaction: first every
    /// record is rehearsed, which finds all other faults, then the keys are made, then the import is performed.
    pub fn import_watched(
        &self,
        session: &Session,
        source: &dyn Source,
        mode: Mode,
        watch: &mut Watch<'_>,
    ) -> Result<Receipt, Refusal> {
        self.may_import(session)?;
        let mut what = "import".to_owned();
        match (self.bring_in(session, source, mode, watch, &mut what), mode) {
            (Err(refusal @ Refusal::Rule { .. }), Mode::Perform | Mode::Defer) => {
                Err(self.tell_refusal(session, &what, refusal))
            }
            (done, _) => done,
        }
    }

    /// Performs an import; `what` becomes what was refused.
    fn bring_in(
        &self,
        session: &Session,
        source: &dyn Source,
        mode: Mode,
        watch: &mut Watch<'_>,
        what: &mut String,
    ) -> Result<Receipt, Refusal> {
        let of = source.count();
        let pass = |keys: &mut Keys, mode, stage, watch: &mut Watch<'_>, what: &mut String| {
            self.pass(session, source, keys, mode, &mut |done| watch(stage, done, of), what)
        };
        if source.passwords() == 0 {
            return pass(&mut Keys::StandIns, mode, Stage::Importing, watch, what);
        }
        let is_done = matches!(mode, Mode::Perform | Mode::Defer);
        let rehearsal = if is_done { Mode::Rehearse } else { mode };
        let rehearsed = pass(&mut Keys::StandIns, rehearsal, Stage::Judging, watch, what)?;
        let mut keys = self.keys_of(source, mode, watch, what)?;
        match mode {
            Mode::Rehearse | Mode::Simulate => Ok(rehearsed),
            Mode::Perform | Mode::Defer => pass(&mut keys, mode, Stage::Importing, watch, what),
        }
    }

    /// Goes through all records in one transaction.
    fn pass(
        &self,
        session: &Session,
        source: &dyn Source,
        keys: &mut Keys,
        mode: Mode,
        watch: &mut dyn FnMut(u64),
        what: &mut String,
    ) -> Result<Receipt, Refusal> {
        let writing = if source.count() > MANY { self.store.write_long()? } else { self.store.write()? };
        let mut submission = self.begin(session.user(), session.door(), writing)?;
        let policy = submission.policy().clone();
        let foreign = source.origin() == From::SecurityXml;
        let mut perform =
            |asked: &Asked| submission.perform(asked).inspect_err(|_| *what = title(&asked.request));
        if foreign {
            adopt::missing(source, &policy)?.iter().try_for_each(&mut perform)?;
        }
        let mut done = 0;
        for (kind, turn) in
            ORDER.into_iter().flat_map(|kind| turns(kind).iter().map(move |turn| (kind, turn)))
        {
            let mut grants = Vec::new();
            each(source, kind, &mut |record| {
                if !turn(record) {
                    return Ok(());
                }
                if !(foreign && adopt::is_left(record, &policy)) {
                    let (first, later) = self.requests(record, &policy, keys)?;
                    perform(&first)?;
                    grants.extend(later);
                }
                done += 1;
                watch(done);
                Ok(())
            })?;
            grants.iter().try_for_each(&mut perform)?;
        }
        let passed_on = source.grant_options().iter().filter(|option| option.grantable);
        passed_on.map(may_pass_on).try_for_each(|asked| perform(&asked))?;
        submission.end(mode)
    }

    /// What a record asks for; of a role the roles it grants come later.
    fn requests(
        &self,
        record: &Record,
        policy: &Policy,
        keys: &mut Keys,
    ) -> Result<(Asked, Option<Asked>), Refusal> {
        let asked = |request| Asked { request, place: record.place.clone() };
        if let Some(sql) = &record.sql {
            return Ok((asked(granted(sql).map_err(|status| at(record, status))?), None));
        }
        if let Some(history) = &record.history {
            return Ok((asked(Request::Change(self.imported_user(record, history, keys)?)), None));
        }
        let credential = self.credential_of(record, keys)?;
        let mut properties =
            if record.whole { adopt::whole(record, policy) } else { record.properties.clone() };
        let grants = if record.kind == Kind::Role { properties.take("GrantedRoles") } else { None };
        let name = adopt::name_here(record, policy).to_owned();
        let merge = |properties, credential| {
            asked(Request::Merge { kind: record.kind, name: name.clone(), properties, credential })
        };
        let later = match &record.secret {
            Some(password) => {
                self.new_secret(record, password, policy)?.map(|change| asked(Request::Change(change)))
            }
            None => grants.map(|grants| merge(Properties::new().with("GrantedRoles", grants), None)),
        };
        Ok((merge(properties, credential), later))
    }

    /// A user of an export, with its password as it was kept there and its history; the key of one-time passwords is
    /// sealed.
    fn imported_user(&self, record: &Record, history: &History, keys: &mut Keys) -> Result<Change, Refusal> {
        let mut history = history.clone();
        if let Some(key) = &record.totp_key {
            let refused = |_| at(record, Status::general("this instance has no key to seal HOTPKey with"));
            let vault = self.vault.as_ref().ok_or(Unopenable).map_err(refused)?;
            let owner = Folded::of(&record.name);
            history.totp_key = vault.seal(TOTP, owner.as_str(), key).map_err(refused)?;
        }
        let credential = match &record.credential {
            Some(credential) => Some(credential.clone()),
            None => self.credential_of(record, keys)?,
        };
        let (name, properties) = (record.name.clone(), record.properties.clone());
        Ok(Change::ImportUser { name, properties, credential, history: Box::new(history) })
    }

    /// Seals the secret of a configuration; none where it is the one that is known.
    fn new_secret(
        &self,
        record: &Record,
        password: &Password,
        policy: &Policy,
    ) -> Result<Option<Change>, Refusal> {
        let too_long = |_| at(record, Status::general("the password is too long"));
        let (kind, name) = (record.kind, record.name.clone());
        let password = Secret::new(password.expose().to_owned()).map_err(too_long)?;
        let known = self.secret_of(policy, kind, &name).ok().flatten();
        let is_known = |known: Secret| {
            verify_slices_are_equal(known.expose().as_bytes(), password.expose().as_bytes()).is_ok()
        };
        if known.is_some_and(is_known) {
            return Ok(None);
        }
        let sealed = self.sealed(kind, &name, &password)?;
        Ok(Some(Change::SetSecret { kind, name, sealed }))
    }

    pub(crate) fn credential_of(
        &self,
        record: &Record,
        keys: &mut Keys,
    ) -> Result<Option<Credential>, Refusal> {
        if let Some(text) = &record.password_hash {
            let fault = |fault: password_hash::PasswordHashFault| {
                at(record, Status::general(format!("PasswordHash: {fault}")))
            };
            return Ok(Some(password_hash::parse(text).map_err(fault)?));
        }
        spelled_out(record).map(|password| self.key_of(record, password, keys)).transpose()
    }
}

/// The password of a record, where it is what counts: a hash that stands beside it counts more.
pub(crate) fn spelled_out(record: &Record) -> Option<&Password> {
    record.password.as_ref().filter(|_| record.credential.is_none() && record.password_hash.is_none())
}

/// What an import is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Records are rehearsed, before passwords are hashed.
    Judging,
    /// Passwords are hashed.
    Hashing,
    /// Records are brought in.
    Importing,
}

/// Learns what an import is doing, and how much of how much is done.
pub type Watch<'w> = dyn FnMut(Stage, u64, u64) + 'w;

/// What is imported: records, which are asked for kind by kind, so that nobody has to hold them all.
pub trait Source {
    /// Who wrote it.
    fn origin(&self) -> From;

    /// How many records it has.
    fn count(&self) -> u64;

    /// How many passwords it spells out, as far as it can be told; no fewer.
    fn passwords(&self) -> u64;

    /// Hands over every record of a kind, in order, until no more are wanted. It is asked for each kind once or twice.
    fn each(&self, kind: Kind, take: &mut dyn FnMut(&Record) -> ControlFlow<()>) -> Result<(), Unread>;

    /// Which holders of roles may pass them on by SQL.
    fn grant_options(&self) -> &[GrantOption];
}

/// Why records could not be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread(pub String);

impl Source for Document {
    fn origin(&self) -> From {
        self.origin
    }

    fn count(&self) -> u64 {
        self.records.len() as u64
    }

    fn passwords(&self) -> u64 {
        self.records.iter().filter_map(spelled_out).count() as u64
    }

    fn each(&self, kind: Kind, take: &mut dyn FnMut(&Record) -> ControlFlow<()>) -> Result<(), Unread> {
        let _ = self.records.iter().filter(|record| record.kind == kind).try_for_each(take);
        Ok(())
    }

    fn grant_options(&self) -> &[GrantOption] {
        &self.grant_options
    }
}

/// Looks at every record of a kind, up to the first that is refused.
pub(crate) fn each(
    source: &dyn Source,
    kind: Kind,
    take: &mut dyn FnMut(&Record) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut refused = None;
    let read = source.each(kind, &mut |record| match take(record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(refusal) => {
            refused = Some(refusal);
            ControlFlow::Break(())
        }
    });
    match refused {
        Some(refusal) => Err(refusal),
        None => read.map_err(|unread| Refusal::Unread(unread.0)),
    }
}

/// An import of more records than this takes so long that others are told so and not kept waiting.
const MANY: u64 = 2_000;

/// All kinds, in the order in which they are imported, so that what is named exists.
pub const ORDER: [Kind; 14] = [
    Kind::Resource,
    Kind::Role,
    Kind::User,
    Kind::Application,
    Kind::Service,
    Kind::SslConfig,
    Kind::LdapConfig,
    Kind::PhoneProvider,
    Kind::DocDb,
    Kind::X509User,
    Kind::Superserver,
    Kind::Event,
    Kind::System,
    Kind::SqlPrivilege,
];

/// Which records of a kind come first, and which then: a superserver becomes the system default before another can cease
/// to be it.
fn turns(kind: Kind) -> &'static [fn(&Record) -> bool] {
    match kind {
        Kind::Superserver => &[is_system_default, |record| !is_system_default(record)],
        _ => &[|_| true],
    }
}

fn is_system_default(record: &Record) -> bool {
    record
        .properties
        .get(adopt::SYSTEM_DEFAULT)
        .is_some_and(|value| matches!(value.text().as_str(), "1" | "true"))
}

/// Where a user may pass a role on by SQL (`security-classes.md` section 11).
fn may_pass_on(option: &GrantOption) -> Asked {
    let change = Change::ChangeRoles {
        user: option.holder.clone(),
        list: RoleList::LoginWithAdmin,
        edit: Edit::Add,
        roles: option.role.clone(),
    };
    Asked { request: Request::Change(change), place: option.place.clone() }
}

pub(crate) fn at(record: &Record, status: Status) -> Refusal {
    Refusal::Rule { status, place: record.place.clone() }
}

/// Where it is not told who granted a privilege, importing what is there does not grant it once more.
pub(crate) fn granted(sql: &SqlRecord) -> Result<Request, Status> {
    let object = sql.object.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str()));
    let target = SqlTarget::new(&sql.namespace, object, &sql.privilege)?;
    let grantor = Some(sql.grantor.clone()).filter(|grantor| !grantor.is_empty());
    Ok(Request::MergeSql { target, grantee: sql.grantee.clone(), grantor, grantable: sql.grantable })
}
