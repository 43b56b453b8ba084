//! Comparing and judging configurations: the live one, and those that documents hold.
//!
//! A document is looked at by bringing it into an instance in memory, by the same rules as everywhere
//! ([`Sketch`]). What every instance has is there already: a document may name predefined roles and resources without
//! holding them. No account is there but those of the document.

use crate::administer::Mode;
use crate::admission::OsCaller;
use crate::engine::{Engine, load, public_roles};
use crate::transfer::{ORDER, Source, Unread};
use crate::vault::Vault;
use crate::{Door, Refusal, Session, World};
use sclera_analysis::difference::{Change, Comparison, Side};
use sclera_analysis::lint::{Finding, Linter, Seen};
use sclera_authn::password::{Derivation, Verdict, verify};
use sclera_authn::secret::Secret;
use sclera_core::change::Kind;
use sclera_core::name::Folded;
use sclera_core::policy::Policy;
use sclera_core::status::Status;
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use sclera_exchange::{GrantOption, Origin, Record};
use sclera_predefined::{Choice, Product};
use sclera_store::chain::Key;
use sclera_store::memory::Memory;
use sclera_store::port::{Activity, ActivityRead, Read, Store, Stored};
use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;

/// A configuration in memory, with nobody's passwords that a document spells out.
pub struct Sketch {
    engine: Engine<Memory, Memory>,
    /// What the document names.
    named: BTreeSet<(Kind, Folded)>,
}

/// The account that stands for whoever brings a document in; it is never shown.
const DRAUGHTSMAN: &str = "(document)";

/// A clock that stands still; nothing of a sketch is secret.
struct Still(Timestamp);

impl World for Still {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl Sketch {
    /// Makes a configuration of a document.
    pub fn of(document: &dyn Source, now: Timestamp) -> Result<Self, Refusal> {
        Self::upon(document, Choice::default(), now)
    }

    /// Makes a configuration of a document; what it does not name is as in a new instance of a choice. Where it names the
    /// databases of Caché, it is of Caché.
    fn upon(document: &dyn Source, choice: Choice, now: Timestamp) -> Result<Self, Refusal> {
        let engine = Engine::new(Memory::new(), Memory::new(), Key::new([0; 32]), Box::new(Still(now)));
        let engine = engine.with_vault(Vault::new([0; 32]));
        let (mut named, mut is_of_cache) = (BTreeSet::new(), false);
        for kind in ORDER {
            let read = document.each(kind, &mut |record| {
                named.insert((kind, Folded::of(&record.name)));
                is_of_cache |= names_cache(record);
                ControlFlow::Continue(())
            });
            read.map_err(|Unread(why)| Status::general(why))?;
        }
        let product = if is_of_cache { Product::Cache } else { choice.product };
        engine.install_without_accounts(Choice { product, ..choice }, DRAUGHTSMAN)?;
        let caller = OsCaller { name: None, owns_instance: true };
        let session = engine.admit_os(&caller, Door::Library)?;
        engine.import(&session, &WithoutPasswords(document), Mode::Perform)?;
        Ok(Self { engine, named })
    }

    /// Where it is weak, as far as the document says it.
    pub fn lint(&self) -> Result<Vec<Finding>, Refusal> {
        let unseen = &mut |_: &User| Ok(Seen::default());
        let mut found = judged(&Store::read(&self.engine.store)?, self.engine.world.now(), unseen)?;
        found.retain(|finding| self.names(finding));
        Ok(found)
    }

    fn names(&self, finding: &Finding) -> bool {
        let kind = Kind::EACH.into_iter().find(|kind| kind.word() == finding.kind);
        let has_users = || self.named.iter().any(|(kind, _)| *kind == Kind::User);
        match kind {
            // How many hold it is about the users.
            Some(Kind::Role) if Folded::of(&finding.name) == Folded::of(sclera_core::role::ALL) => {
                has_users()
            }
            Some(kind) => self.named.contains(&(kind, Folded::of(&finding.name))),
            None => true,
        }
    }

    /// Who gains and who loses what from this configuration to another.
    pub fn differences(&self, after: &Self) -> Result<Vec<Change>, Refusal> {
        Ok(compared(&Store::read(&self.engine.store)?, &Store::read(&after.engine.store)?)?)
    }
}

/// Whether a record is of Caché: its system database is called otherwise.
fn names_cache(record: &Record) -> bool {
    let names = |text: &str| text.to_ascii_uppercase().contains("%DB_CACHESYS");
    names(&record.name) || record.properties.iter().any(|(_, value)| names(&value.text()))
}

/// A document of which the passwords are left out that it spells out: which they are makes no difference to who may do
/// what, and hashing them would take its time.
struct WithoutPasswords<'a>(&'a dyn Source);

impl Source for WithoutPasswords<'_> {
    fn origin(&self) -> Origin {
        self.0.origin()
    }

    fn count(&self) -> u64 {
        self.0.count()
    }

    fn passwords(&self) -> u64 {
        0
    }

    fn each(&self, kind: Kind, take: &mut dyn FnMut(&Record) -> ControlFlow<()>) -> Result<(), Unread> {
        self.0.each(kind, &mut |record| {
            take(&Record {
                properties: record.properties.clone(),
                password_hash: record.password_hash.clone(),
                credential: record.credential.clone(),
                history: record.history.clone(),
                sql: record.sql.clone(),
                whole: record.whole,
                ..Record::new(kind, record.name.clone(), record.place.clone())
            })
        })
    }

    fn grant_options(&self) -> &[GrantOption] {
        self.0.grant_options()
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Where the configuration is weak.
    pub fn lint(&self, session: &Session) -> Result<Vec<Finding>, Refusal> {
        self.require_secure(session, "search for weak spots")?;
        let began = self.logins_began()?;
        self.recorder.settle()?;
        let activity = self.activity.read()?;
        let seen = &mut |user: &User| -> Stored<Seen> {
            let logins = activity.login(user.id)?;
            let used = [logins.login_at, logins.enabled_at, user.created, Some(began)];
            Ok(Seen {
                last_used: used.into_iter().max().flatten(),
                password_is_known: is_predefined(user) && has_published_password(user),
            })
        };
        Ok(judged(&self.store.read()?, self.world.now(), seen)?)
    }

    /// A document as a configuration of its own. What it does not name is as in a new instance of the kind that this one
    /// is.
    pub fn sketch(&self, session: &Session, document: &dyn Source) -> Result<Sketch, Refusal> {
        self.require_secure(session, "comparison of configurations")?;
        Sketch::upon(document, self.instance()?.choice()?, self.world.now())
    }

    /// Who gains and who loses what from a document to the live configuration.
    pub fn differences_from(&self, session: &Session, before: &Sketch) -> Result<Vec<Change>, Refusal> {
        self.require_secure(session, "comparison of configurations")?;
        Ok(compared(&Store::read(&before.engine.store)?, &self.store.read()?)?)
    }
}

/// Accounts that installations make with a password that is printed everywhere.
const PREDEFINED: [&str; 7] =
    ["_SYSTEM", "_Ensemble", "SuperUser", "Admin", "CSPSystem", "IAM", "HS_Services"];

fn is_predefined(user: &User) -> bool {
    user.enabled && PREDEFINED.iter().any(|name| user.is(name))
}

/// Tries the passwords that installations make. One guess costs a login's work, so it is done for few accounts.
fn has_published_password(user: &User) -> bool {
    let kept = &user.credential;
    let Some(derivation) = Derivation::of(kept) else { return false };
    let is_it = |secret: Secret| matches!(verify(kept, &secret, derivation), Verdict::Matches(_));
    ["SYS", "sys"].into_iter().any(|known| Secret::new(known.to_owned()).is_ok_and(is_it))
}

fn judged(
    reading: &impl Read,
    now: Timestamp,
    seen: &mut dyn FnMut(&User) -> Stored<Seen>,
) -> Stored<Vec<Finding>> {
    let policy = load(reading)?;
    let mut linter = Linter::new(&policy, now);
    let mut users = Users::of(reading);
    while let Some(user) = users.next()? {
        linter.user(&user, seen(&user)?);
    }
    Ok(linter.finish())
}

/// Both sides' users are met in the order of their names, a page at a time.
pub(crate) fn compared(before: &impl Read, after: &impl Read) -> Stored<Vec<Change>> {
    compared_under(before, &load(before)?, after, &load(after)?)
}

pub(crate) fn compared_under(
    before: &impl Read,
    policy_before: &Policy,
    after: &impl Read,
    policy_after: &Policy,
) -> Stored<Vec<Change>> {
    let mut comparison = Comparison::new(
        Side { policy: policy_before, public_roles: public_roles(before)? },
        Side { policy: policy_after, public_roles: public_roles(after)? },
    );
    let (mut old, mut new) = (Users::of(before), Users::of(after));
    let (mut was, mut is) = (old.next()?, new.next()?);
    loop {
        let key = |user: &Option<User>| user.as_ref().map(|user| user.name.folded());
        let (first, second) = (key(&was), key(&is));
        let (take_old, take_new) = match (&first, &second) {
            (None, None) => return Ok(comparison.finish()),
            (Some(first), Some(second)) => (first <= second, second <= first),
            (first, _) => (first.is_some(), first.is_none()),
        };
        comparison.user(was.as_ref().filter(|_| take_old), is.as_ref().filter(|_| take_new));
        if take_old {
            was = old.next()?;
        }
        if take_new {
            is = new.next()?;
        }
    }
}

/// All users of a store in the order of their folded names, but the one that stands for a document.
struct Users<'a, R> {
    reading: &'a R,
    page: VecDeque<User>,
    last: Option<Folded>,
    is_over: bool,
}

impl<'a, R: Read> Users<'a, R> {
    fn of(reading: &'a R) -> Self {
        Self { reading, page: VecDeque::new(), last: None, is_over: false }
    }

    fn next(&mut self) -> Stored<Option<User>> {
        while self.page.is_empty() && !self.is_over {
            let rows = self.reading.users_after(self.last.as_ref())?;
            self.is_over = rows.is_empty();
            self.last = rows.last().map(sclera_store::record::Row::folded).or(self.last.take());
            for row in rows.iter().filter(|row| row.name != DRAUGHTSMAN) {
                self.page.push_back(row.user()?);
            }
        }
        Ok(self.page.pop_front())
    }
}
