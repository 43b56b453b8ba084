//! Making an instance: the predefined objects, the owner, and the first passwords.

use crate::engine::{Engine, World};
use crate::refusal::Refusal;
use sclera_authn::password::{Derivation, hash};
use sclera_authn::secret::Secret;
use sclera_core::change::{Action, Context, Effect, Entry, Kind, Object, installation as made};
use sclera_core::hex::hex;
use sclera_core::id::Ids;
use sclera_core::name::{Folded, UserName};
use sclera_core::policy::Policy;
use sclera_core::property::Difference;
use sclera_core::role::ALL;
use sclera_core::sql::SqlPrivilege;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_core::user::{Credential, SYSTEM, User};
use sclera_predefined::{Account, Choice, Installation, Level, Login, Product, Profile};
use sclera_store::journal::{ChangeRecord, Record, Scribe};
use sclera_store::port::{Activity, Log, Read, Store, StoreError, Stored, Write};
use sclera_store::record::{INSTANCE, Row};
use sclera_store::verify::state_of_sql;

/// What instance this is; kept as a row of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// A random name that no other instance has.
    pub id: String,
    /// Which product's defaults it was made with.
    pub product: String,
    /// Which security level.
    pub level: String,
    /// Which profile.
    pub profile: String,
    /// The account of the operating-system user that owns the files.
    pub owner: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Instance {
    pub(crate) fn read(reading: &impl Read) -> Stored<Self> {
        let damaged = || StoreError::Damaged("the row of the instance".to_owned());
        let row = reading.row(INSTANCE, 0)?.ok_or_else(damaged)?;
        let value: serde_json::Value = serde_json::from_str(&row.text).map_err(|_| damaged())?;
        let text =
            |name: &str| value.get(name).and_then(|v| v.as_str()).map(str::to_owned).ok_or_else(damaged);
        Ok(Self {
            id: text("Id")?,
            product: text("Product")?,
            level: text("SecurityLevel")?,
            profile: text("Profile")?,
            owner: text("Owner")?,
            created: text("Created")?.parse().map_err(|_| damaged())?,
        })
    }

    /// What it was made as.
    pub(crate) fn choice(&self) -> Stored<Choice> {
        let damaged = |_| StoreError::Damaged("the row of the instance".to_owned());
        Ok(Choice {
            product: self.product.parse().map_err(damaged)?,
            level: self.level.parse().map_err(damaged)?,
            profile: self.profile.parse().map_err(damaged)?,
        })
    }

    fn row(&self) -> Row {
        let text = serde_json::json!({
            "Id": self.id,
            "Product": self.product,
            "SecurityLevel": self.level,
            "Profile": self.profile,
            "Owner": self.owner,
            "Created": self.created.to_string(),
        });
        Row {
            kind: INSTANCE,
            number: 0,
            name: "INSTANCE".to_owned(),
            text: text.to_string(),
            place: (1, 0),
            roles: Vec::new(),
            guards: None,
        }
    }
}

/// A password that was made for a predefined account, to be shown once.
pub struct FirstPassword {
    /// The account.
    pub account: String,
    /// The password.
    pub password: Secret,
}

/// The words that stand as the actor in the journal: nobody was logged in.
const ACTOR: &str = "(installation)";

impl<S: Store, A: Activity> Engine<S, A> {
    /// Fills an empty store with an instance. Its owner is the named operating-system account, which holds `%All` and
    /// has no password; the predefined accounts that log in get passwords, which are returned.
    pub fn install(&self, choice: Choice, owner: &str) -> Result<Vec<FirstPassword>, Refusal> {
        self.install_with(choice, owner, |_| true)
    }

    /// The same with no account but the owner's.
    pub(crate) fn install_without_accounts(&self, choice: Choice, owner: &str) -> Result<(), Refusal> {
        self.install_with(choice, owner, |_| false).map(drop)
    }

    fn install_with(
        &self,
        choice: Choice,
        owner: &str,
        wanted: fn(&Account) -> bool,
    ) -> Result<Vec<FirstPassword>, Refusal> {
        let mut writing = self.store.write()?;
        if writing.head()?.sequence != 0 {
            return Err(Status::general("there is an instance in this store already").into());
        }
        let fault = |fault| Status::general(format!("the predefined objects: {fault}"));
        let Installation { policy, accounts, sql, ids } =
            sclera_predefined::installation(choice).map_err(fault)?;
        let mut setup =
            Setup { engine: self, policy, ids, now: self.world.now(), scribe: Scribe::begin(&writing)? };
        setup.instance(&mut writing, choice, owner)?;
        setup.settings(&mut writing)?;
        let mut passwords = Vec::new();
        for account in accounts.into_iter().filter(wanted) {
            let mut user = account.user;
            if let Login::Password = account.login {
                let password = first_password(choice, self.world.as_ref())?;
                user.credential = setup.hashed(&password);
                passwords.push(FirstPassword { account: user.name.to_string(), password });
            }
            setup.user(&mut writing, user)?;
        }
        setup.owner(&mut writing, owner)?;
        for privilege in &sql {
            setup.sql(&mut writing, privilege)?;
        }
        writing.set_ids(setup.ids)?;
        setup.scribe.commit(writing, &self.key, self.node)?;
        Ok(passwords)
    }

    /// What instance this is.
    pub fn instance(&self) -> Result<Instance, Refusal> {
        Ok(Instance::read(&self.store.read()?)?)
    }
}

struct Setup<'a, S, A> {
    engine: &'a Engine<S, A>,
    policy: Policy,
    ids: Ids,
    now: Timestamp,
    scribe: Scribe,
}

impl<S: Store, A: Activity> Setup<'_, S, A> {
    fn instance(&mut self, writing: &mut impl Write, choice: Choice, owner: &str) -> Stored<()> {
        let mut bytes = [0; 16];
        self.engine.world.fill(&mut bytes);
        let instance = Instance {
            id: hex(&bytes),
            product: choice.product.to_string(),
            level: choice.level.to_string(),
            profile: choice.profile.to_string(),
            owner: owner.to_owned(),
            created: self.now,
        };
        let row = instance.row();
        writing.put(&row)?;
        let record = ChangeRecord {
            at: self.now,
            actor: ACTOR.to_owned(),
            door: crate::Door::Command.word().to_owned(),
            action: Action::Create,
            kind: INSTANCE,
            number: 0,
            name: row.name.clone(),
            state: row.state(),
            differences: vec![Difference {
                property: "Instance".to_owned(),
                old: String::new(),
                new: row.text.clone(),
            }],
        };
        self.scribe.write(writing, &Record::Change(record))
    }

    fn settings(&mut self, writing: &mut impl Write) -> Stored<()> {
        let policy = self.policy.clone();
        let roles = policy.roles.iter().cloned().map(Object::Role);
        let resources = policy.resources.iter().cloned().map(Object::Resource);
        let services = policy.services.iter().cloned().map(Object::Service);
        let applications = policy.applications.iter().cloned().map(Object::Application);
        let events = policy.events.iter().cloned().map(Object::Event);
        let system = Object::System(Box::new(policy.system.clone()));
        let settings = roles.chain(resources).chain(services).chain(applications).chain(events);
        for object in settings.chain([system]) {
            self.object(writing, &object)?;
        }
        Ok(())
    }

    fn object(&mut self, writing: &mut impl Write, object: &Object) -> Stored<()> {
        let conceal = |secret: &[u8]| self.engine.key.conceal(secret);
        let fresh_key = |owner: &Folded| self.engine.fresh_key(owner);
        let context = Context {
            actor: ACTOR,
            now: self.now,
            ids: &mut self.ids,
            conceal: &conceal,
            fresh_key: &fresh_key,
        };
        let (effect, entry) = made(object, &self.policy, &context);
        debug_assert!(matches!(effect, Effect::Put(_)));
        let row = Row::of(object, self.scribe.place());
        writing.put(&row)?;
        entry.map_or(Ok(()), |entry| self.write_down(writing, &entry, row.state()))
    }

    fn write_down(&mut self, writing: &mut impl Write, entry: &Entry, state: [u8; 32]) -> Stored<()> {
        let record = ChangeRecord::of(entry, self.now, ACTOR, crate::Door::Command.word(), state);
        self.scribe.write(writing, &Record::Change(record))
    }

    fn user(&mut self, writing: &mut impl Write, user: User) -> Stored<()> {
        let user = User {
            totp_key: self.engine.fresh_key(&user.name.folded()),
            created: Some(self.now),
            modified: Some(self.now),
            password_changed: Some(self.now),
            ..user
        };
        self.object(writing, &Object::User(Box::new(user)))
    }

    fn owner(&mut self, writing: &mut impl Write, owner: &str) -> Result<(), Refusal> {
        let invalid = |fault| Status::new(Code::InvalidUserName, [owner]).because(fault);
        let name = UserName::new(owner).map_err(invalid)?;
        if name.folded() == Folded::of(SYSTEM) {
            let text = "it is the name of the system itself; choose another with --owner";
            return Err(Status::new(Code::InvalidUserName, [owner]).because(text).into());
        }
        if writing.principal(&name.folded())?.is_some() {
            let text = "a predefined account or role has this name; choose another with --owner";
            return Err(Status::new(Code::UserAlreadyExists, [owner]).because(text).into());
        }
        let user = User {
            full_name: "Instance owner".to_owned(),
            owner: true,
            credential: Credential::unchangeable(),
            roles: self.policy.roles.named(ALL).map(|role| role.id).into_iter().collect(),
            ..User::new(self.ids.next_user(), name)
        };
        Ok(self.user(writing, user)?)
    }

    fn sql(&mut self, writing: &mut impl Write, privilege: &SqlPrivilege) -> Stored<()> {
        writing.put_sql(privilege)?;
        let role = match privilege.grantee {
            sclera_core::sql::Grantee::Role(id) => self.policy.role(id).map(|role| role.name.to_string()),
            sclera_core::sql::Grantee::User(_) => None,
        };
        let entry = sclera_core::change::sql_entry(Action::Create, &role.unwrap_or_default(), privilege);
        debug_assert_eq!(entry.kind, Kind::SqlPrivilege);
        self.write_down(writing, &entry, state_of_sql(privilege))
    }

    fn hashed(&self, password: &Secret) -> Credential {
        let derivation = Derivation::target(&self.policy.system);
        let mut salt = vec![0; derivation.algorithm.salt_length()];
        self.engine.world.fill(&mut salt);
        hash(password, derivation, &salt)
    }
}

/// A password for a predefined account: random, except where the original's default is asked for by name
/// (`authentication.md` section 16).
fn first_password(choice: Choice, world: &dyn World) -> Result<Secret, Refusal> {
    let default = choice.profile == Profile::Compatible && choice.level == Level::Minimal;
    let text = if default { "SYS".to_owned() } else { random_password(world) };
    debug_assert!(matches!(choice.product, Product::Iris | Product::Cache));
    Ok(Secret::new(text).map_err(|_| Status::plain(Code::PasswordDoesNotMatch))?)
}

/// Twenty letters and digits of 32 kinds in five groups: 100 bits, easy to read out.
pub(crate) fn random_password(world: &dyn World) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    world.fill(&mut bytes);
    let letters = bytes.iter().map(|byte| char::from(*LETTERS.get(usize::from(byte % 32)).unwrap_or(&b'a')));
    let mut text = String::with_capacity(24);
    for (position, letter) in letters.enumerate() {
        if position > 0 && position % 4 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}
