//! Security.Users: the methods that take a password, that are about several users, or that ask for less than the full
//! privilege (`security-users.md` section 5).
//!
//! A new password costs much work to hash, which is done while nobody waits for the store. So a change with a password
//! is decided twice: rehearsed first, which finds every other fault in the order of `security-users.md` 5.1, and then
//! performed with the hash.
//!
//! # The helpdesk
//!
//! Holders of `%Admin_UserEdit:USE` may reset passwords, mark them to be changed, and unlock accounts; they can neither
//! give nor take roles, nor change anything else. They may help nobody but accounts that are not predefined, not their
//! own, and hold nothing that they do not hold themselves: else a reset would be a way to more privileges.

use crate::administer::{Asked, Mode, Receipt, Request};
use crate::admission::Person;
use crate::engine::{Engine, public_roles, user_named};
use crate::gate::Caller;
use crate::{Door, Refusal, Session};
use sclera_authn::admission::{Dialogue, Question, Reply};
use sclera_authn::mechanism::Mechanism;
use sclera_authn::password::{Algorithm, Derivation, Verdict, WorkFactor, hash, verify};
use sclera_authn::rules;
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, UserCopy, derivation};
use sclera_core::id::RoleId;
use sclera_core::name::{Folded, same};
use sclera_core::permission::Permissions;
use sclera_core::policy::{Closure, Policy};
use sclera_core::property::Properties;
use sclera_core::selection::Selection;
use sclera_core::sql::{Grantee, SqlTarget, holds};
use sclera_core::status::{Code, Status};
use sclera_core::user::{Credential, UNDELETABLE, User, recalled};
use sclera_store::port::{Activity, Read, Store, Stored};

/// The resource whose Use lets the helpdesk reset passwords and unlock accounts.
pub const HELPDESK: &str = "%Admin_UserEdit";

impl<S: Store, A: Activity> Engine<S, A> {
    /// `Create`: makes a user. Without a password it cannot log in by one.
    pub fn create_user(
        &self,
        session: &Session,
        name: &str,
        properties: &Properties,
        password: Option<&Secret>,
    ) -> Result<Receipt, Refusal> {
        let change = |credential| Change::CreateUser {
            name: name.to_owned(),
            properties: properties.clone(),
            credential,
        };
        self.with_password(session, name, properties, password, &change)
    }

    /// `Modify`: changes the properties given, and the password if one is given.
    pub fn modify_user(
        &self,
        session: &Session,
        name: &str,
        properties: &Properties,
        password: Option<&Secret>,
    ) -> Result<Receipt, Refusal> {
        let change = |credential| Change::ModifyUser {
            name: name.to_owned(),
            properties: properties.clone(),
            credential,
        };
        self.with_password(session, name, properties, password, &change)
    }

    /// `Copy`: makes a user like another one, with the password given or else that of the original.
    pub fn copy_user(
        &self,
        session: &Session,
        name: &str,
        new_name: &str,
        how: &UserCopy,
        password: Option<&Secret>,
    ) -> Result<Receipt, Refusal> {
        let change = |credential| Change::CopyUser {
            name: name.to_owned(),
            new_name: new_name.to_owned(),
            how: Box::new(how.clone()),
            credential,
        };
        self.with_password(session, new_name, &Properties::new(), password, &change)
    }

    fn with_password(
        &self,
        session: &Session,
        name: &str,
        properties: &Properties,
        password: Option<&Secret>,
        change: &dyn Fn(Option<Credential>) -> Change,
    ) -> Result<Receipt, Refusal> {
        let Some(password) = password else { return self.submit(session, change(None)) };
        self.require_secure(session, "change of security settings")?;
        self.submit_all(session, [alone(change(Some(placeholder())))], Mode::Rehearse)
            .and_then(|_| self.new_credential(name, properties, password))
            .map_err(|refusal| self.tell_refusal(session, &change(None).title(), refusal))
            .and_then(|credential| self.submit(session, change(Some(credential))))
    }

    /// Sets the password of a user. With `must_change`, as for a password that somebody else chose, it is to be changed
    /// at the next login. Holders of the full privilege may do so for everybody, the helpdesk for those it may help.
    pub fn set_password(
        &self,
        session: &Session,
        name: &str,
        password: &Secret,
        must_change: bool,
    ) -> Result<Receipt, Refusal> {
        let properties = || {
            let none = Properties::new();
            if must_change { none.with("ChangePassword", true) } else { none }
        };
        let change = |credential| Change::ModifyUser {
            name: name.to_owned(),
            properties: properties(),
            credential: Some(credential),
        };
        self.help(session, name, "password of a user", Mode::Rehearse, |_| Ok(change(placeholder())))?;
        let credential = self
            .new_credential(name, &Properties::new(), password)
            .map_err(|refusal| self.tell_refusal(session, &change(placeholder()).title(), refusal))?;
        self.help(session, name, "password of a user", Mode::Perform, |_| Ok(change(credential.clone())))
    }

    /// `ExpireUserPasswords` and `UnExpireUserPasswords`: marks passwords to be changed at the next login, or takes the
    /// mark away. Gives how many users were changed.
    pub fn mark_passwords(
        &self,
        session: &Session,
        names: &Selection,
        expired: bool,
    ) -> Result<Receipt, Refusal> {
        self.require_secure(session, "expiry of passwords")?;
        let mut asked = Vec::new();
        let reading = self.store.read()?;
        each_user(&reading, |row| {
            if names.has(&row.name) {
                asked.push(alone(Change::MarkPassword { user: row.name.clone(), expired }));
            }
            Ok(())
        })?;
        drop(reading);
        self.submit_all(session, asked, Mode::Perform)
    }

    /// Unlocks an account: its failed logins are forgotten, and it is enabled again. The helpdesk enables only what
    /// failed logins have disabled.
    pub fn unlock_user(&self, session: &Session, name: &str) -> Result<Receipt, Refusal> {
        let full = self.holds_secure(session)?;
        let mut found = None;
        let receipt = self.help(session, name, "unlocking of a user", Mode::Perform, |user| {
            found = Some(user.id);
            let enable = full || self.login_record(user.id)?.locked;
            let properties = Properties::new().with("Enabled", enable || user.enabled);
            Ok(Change::ModifyUser { name: name.to_owned(), properties, credential: None })
        })?;
        if let Some(user) = found {
            self.forget_failures(user)?;
        }
        Ok(receipt)
    }

    /// A change that the helpdesk may make, too. What it may is asked in the transaction that makes the change.
    fn help(
        &self,
        session: &Session,
        name: &str,
        what: &str,
        mode: Mode,
        mut change: impl FnMut(&User) -> Result<Change, Refusal>,
    ) -> Result<Receipt, Refusal> {
        let full = self.holds_secure(session)?;
        if !full && !self.holds(session, HELPDESK, Permissions::USE)? {
            self.require_secure(session, what)?;
        }
        let reading = self.store.read()?;
        let user = user_named(&reading, name)?;
        drop(reading);
        let Some(user) = user else {
            // Who exists is told to the helpdesk, too: it is there to help them.
            let missing = Status::new(Code::UserDoesNotExist, [name]).into();
            return Err(self.tell_refusal(session, &format!("{what} {name}"), missing));
        };
        let gate = |policy: &Policy, writing: &S::Writing<'_>| -> Result<(), Refusal> {
            if full || may_help(session, name, policy, writing)? { Ok(()) } else { Err(beyond()) }
        };
        let done = self.carry_out(session, [alone(change(&user)?)], mode, &gate);
        if let Err(Refusal::NotPrivileged { privilege }) = &done {
            self.record_denial(session, privilege, &format!("{what} {name}"))?;
        }
        done
    }

    /// `$SYSTEM.Security.ChangePassword`: a user changes its own password, by the old one. It needs no privilege and no
    /// session, for whoever must change the password gets none. The old password is judged as a login judges it.
    pub fn change_password(
        &self,
        name: &str,
        old: &Secret,
        new: &Secret,
        door: Door,
        os_user: Option<&str>,
    ) -> Result<Receipt, Refusal> {
        self.change_admitted(self.admit_password(name, old, door, os_user), name, new, door)
    }

    /// The same for somebody at a terminal, who is asked for the code of a second factor where terminals are.
    pub fn change_password_of(
        &self,
        person: Person<'_>,
        new: &Secret,
        caller: Caller,
        answer: &mut dyn FnMut(&Question) -> Reply,
    ) -> Result<Receipt, Refusal> {
        let (name, door) = (person.name, caller.door);
        // The new password is here already.
        let dialogue = if person.dialogue == Dialogue::None { Dialogue::None } else { Dialogue::Codes };
        let admitted = self.admit_person(Person { dialogue, ..person }, caller, answer);
        self.change_admitted(admitted, name, new, door)
    }

    /// The same for whoever has just been admitted by the old password.
    pub fn change_password_at_login(&self, session: &Session, new: &Secret) -> Result<Receipt, Refusal> {
        if session.mechanism() != Mechanism::Password {
            return Err(Status::general("the password of this account is not kept here").into());
        }
        session.alive(self.world.now())?;
        let (name, door) = (session.user().to_owned(), session.door());
        self.change_admitted(Ok(session.clone()), &name, new, door)
    }

    fn change_admitted(
        &self,
        admitted: Result<Session, Refusal>,
        name: &str,
        new: &Secret,
        door: Door,
    ) -> Result<Receipt, Refusal> {
        match admitted {
            Ok(_) | Err(Refusal::PasswordChangeRequired) => {}
            Err(refusal) => return Err(refusal),
        }
        let credential = self.new_credential(name, &Properties::new(), new)?;
        let reading = self.store.read()?;
        let user = user_named(&reading, name)?.ok_or(Refusal::NotAdmitted)?;
        drop(reading);
        let before = user.credential.clone();
        // Nobody else may have set another password in the meantime.
        let gate = |_: &Policy, writing: &S::Writing<'_>| -> Result<(), Refusal> {
            let now = user_named(writing, name)?.map(|user| user.credential.clone());
            if now == Some(before.clone()) { Ok(()) } else { Err(Refusal::NotAdmitted) }
        };
        let change = Change::ChangeOwnPassword { user: user.name.to_string(), credential };
        self.carry_out_as(user.name.as_str(), door, [alone(change)], Mode::Perform, &gate)
    }

    /// `$SYSTEM.Security.ValidatePassword`: whether a password could be the new one of a user; changes nothing.
    pub fn validate_password(&self, user: &str, password: &Secret) -> Result<(), Refusal> {
        let settings = self.settings()?;
        let system = &settings.policy.system;
        rules::new_password(password, user, system)?;
        if system.password_validation.is_empty() {
            return Ok(());
        }
        let routine = system.password_validation.as_str();
        let refused = |why: String| {
            Status::plain(Code::PasswordValidationFailed).because(sclera_core::name::quotable(&why))
        };
        Ok(self.validation.validate(routine, Folded::of(user).as_str(), password).map_err(refused)?)
    }

    /// Makes of a new password what is kept of it, after asking every rule for new passwords. The properties that go
    /// with it may say how the key is derived.
    pub(crate) fn new_credential(
        &self,
        name: &str,
        properties: &Properties,
        password: &Secret,
    ) -> Result<Credential, Refusal> {
        self.validate_password(name, password)?;
        Ok(self.recipe(name, properties)?.follow(password)?)
    }

    /// What to do with a new password that the rules let pass.
    pub(crate) fn recipe(&self, name: &str, properties: &Properties) -> Result<Recipe, Refusal> {
        let settings = self.settings()?;
        let system = &settings.policy.system;
        let reading = self.store.read()?;
        let user = user_named(&reading, name)?.filter(|_| system.password_history > 0);
        drop(reading);
        let mut earlier = Vec::new();
        if let Some(user) = user {
            earlier = recalled(&user.previous_passwords);
            earlier.push(user.credential.clone());
            earlier.retain(Credential::is_set);
        }
        let (algorithm, work_factor) = derivation(properties, system)?;
        let refused =
            || Status::plain(Code::InvalidPassword).because("N/A stands for an account without a password");
        let derivation = Derivation {
            algorithm: Algorithm::named(&algorithm).ok_or_else(refused)?,
            work_factor: WorkFactor::new(work_factor).ok_or_else(refused)?,
        };
        let mut salt = vec![0; derivation.algorithm.salt_length()];
        self.world.fill(&mut salt);
        Ok(Recipe { earlier, target: Derivation::target(system), derivation, salt })
    }
}

/// What is left to do of a new password, and takes long.
pub(crate) struct Recipe {
    /// What must not be used again.
    pub(crate) earlier: Vec<Credential>,
    target: Derivation,
    pub(crate) derivation: Derivation,
    pub(crate) salt: Vec<u8>,
}

impl Recipe {
    /// Makes the key, unless the password was used before.
    pub(crate) fn follow(&self, password: &Secret) -> Result<Credential, Status> {
        self.compare(password)?;
        Ok(hash(password, self.derivation, &self.salt))
    }

    /// Refuses a password that was used before.
    pub(crate) fn compare(&self, password: &Secret) -> Result<(), Status> {
        let is_used = |kept| matches!(verify(kept, password, self.target), Verdict::Matches(_));
        if self.earlier.iter().any(is_used) {
            return Err(Status::plain(Code::PasswordDoesNotMatch).because("it was used before"));
        }
        Ok(())
    }
}

/// Goes through all users, page by page, in the order of their folded names.
pub(crate) fn each_user(
    reading: &impl Read,
    mut each: impl FnMut(&sclera_store::record::Row) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut after: Option<Folded> = None;
    loop {
        let page = reading.users_after(after.as_ref())?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.folded());
        page.iter().try_for_each(&mut each)?;
    }
}

fn alone(change: Change) -> Asked {
    Asked { request: Request::Change(change), place: String::new() }
}

/// What stands for the hash while a change with a password is rehearsed.
fn placeholder() -> Credential {
    let mut placeholder = Credential::none();
    placeholder.key = vec![0; 64];
    placeholder
}

fn beyond() -> Refusal {
    Refusal::NotPrivileged { privilege: "%Admin_Secure:USE".to_owned() }
}

/// Whether the user holds nothing that the session does not hold.
fn may_help(session: &Session, name: &str, policy: &Policy, reading: &impl Read) -> Result<bool, Refusal> {
    let Some(user) = user_named(reading, name)? else { return Ok(true) };
    let fixed = UNDELETABLE.iter().any(|fixed| user.is(fixed));
    if fixed || user.owner || same(name, session.user()) {
        return Ok(false);
    }
    let own = session.process().closure(policy);
    if own.has_all() {
        return Ok(true);
    }
    let reach = [user.roles.clone(), user.escalation_roles.clone(), public_roles(reading)?].concat();
    let theirs = policy.closure(reach);
    if theirs.has_all() || !covers(policy, &own, &theirs) || gains_by_application(policy, &own, &theirs) {
        return Ok(false);
    }
    // SQL privileges of roles that both hold are the same.
    let further = theirs.iter().filter(|role| !own.contains(*role)).map(Grantee::Role);
    let mut held = Vec::new();
    for role in own.iter() {
        held.extend(reading.sql_of(Grantee::Role(role))?);
    }
    if let Some(helper) = user_named(reading, session.user())? {
        held.extend(reading.sql_of(Grantee::User(helper.id))?);
    }
    for grantee in further.chain([Grantee::User(user.id)]) {
        for grant in reading.sql_of(grantee)? {
            let target = SqlTarget {
                namespace: grant.namespace.clone(),
                object: grant.object.clone(),
                privilege: grant.privilege.clone(),
            };
            if !holds(&own, &held, &target).is_granted() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Whether some roles hold on every resource at least what others hold.
fn covers(policy: &Policy, own: &Closure, theirs: &Closure) -> bool {
    let mut wanted = policy.resource_set(theirs).into_iter();
    wanted.all(|(resource, held)| policy.effective(own, &resource).holds(held))
}

/// Whether an application would give a holder of some roles what it does not give a holder of others.
fn gains_by_application(policy: &Policy, own: &Closure, theirs: &Closure) -> bool {
    let further: Vec<RoleId> = theirs.iter().filter(|role| !own.contains(*role)).collect();
    let mut rules = policy.applications.iter().flat_map(|application| &application.match_rules);
    rules.any(|rule| rule.matched.is_some_and(|matched| further.contains(&matched)))
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// A new key of one-time passwords for a user, sealed; empty where there is no vault to seal it with.
    pub(crate) fn fresh_key(&self, owner: &Folded) -> Vec<u8> {
        let mut key = zeroize::Zeroizing::new([0; TOTP_KEY]);
        self.world.fill(key.as_mut_slice());
        let sealed = self.vault.as_ref().map(|vault| vault.seal(TOTP, owner.as_str(), key.as_slice()));
        sealed.and_then(Result::ok).unwrap_or_default()
    }

    /// Whether a session holds a privilege now; nothing is recorded.
    pub(crate) fn holds(&self, session: &Session, resource: &str, wanted: Permissions) -> Stored<bool> {
        let settings = self.settings()?;
        let held = session.process().closure(&settings.policy);
        Ok(settings.policy.granted(&held, resource, wanted).is_granted())
    }

    pub(crate) fn holds_secure(&self, session: &Session) -> Stored<bool> {
        self.holds(session, "%Admin_Secure", Permissions::USE)
    }
}

/// The purpose for which keys of one-time passwords are sealed.
pub(crate) const TOTP: &str = "totp";
/// The bytes of a key of one-time passwords (`security-users.md` section 3).
const TOTP_KEY: usize = 20;
