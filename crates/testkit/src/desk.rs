//! The desk: changes are submitted to it, and it keeps the settings and users that come of them, in memory.
//!
//! It is the least that the rules of [`sclera_core::change`] need around them: it answers what a rule asks to see,
//! applies what the rule decides, and looks whether a holder of `%All` remains where that is asked. A change is
//! carried out on a copy, which takes the place of the desk only if nothing was refused. Stores are compared with it.

use sclera_core::application::Application;
use sclera_core::change::{
    Change, Context, Effect, Entry, Facts, Kind, Needs, Object, Principal, apply, installation,
};
use sclera_core::decision::Answer;
use sclera_core::explain::Subject;
use sclera_core::id::{Ids, ResourceId, RoleId, ServiceId};
use sclera_core::name::{Folded, ResourceName, RoleName, ServiceName, UserName, same};
use sclera_core::policy::{Closure, Policy};
use sclera_core::resource::{Resource, ResourceType};
use sclera_core::role::{self, Origin, Role};
use sclera_core::service::Service;
use sclera_core::sql::{Grantee, SqlPrivilege, SqlTarget};
use sclera_core::status::Status;
use sclera_core::system::System;
use sclera_core::time::Timestamp;
use sclera_core::user::{self, Credential, User};
use std::collections::BTreeMap;

/// 2026-11-22 08:15 UTC, when everything at a desk happens.
pub const NOW: Timestamp = Timestamp::from_micros(1_795_335_300_000_000);

/// Settings and users in memory.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The settings.
    pub policy: Policy,
    actor: String,
    users: BTreeMap<Folded, User>,
    sql: Vec<SqlPrivilege>,
    ids: Ids,
    journal: Vec<Entry>,
}

/// Everything that a desk keeps, to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member holds the objects of its name")]
pub struct Contents {
    pub resources: Vec<Resource>,
    pub roles: Vec<Role>,
    pub services: Vec<Service>,
    pub applications: Vec<Application>,
    pub system: System,
    pub users: Vec<User>,
    pub sql: Vec<SqlPrivilege>,
}

impl Desk {
    /// A new instance with nothing but what every instance has: the role `%All` and the user `_PUBLIC`.
    pub fn installed() -> Self {
        let mut desk = Self {
            policy: Policy::default(),
            actor: "installer".to_owned(),
            users: BTreeMap::new(),
            sql: Vec::new(),
            ids: Ids::first(),
            journal: Vec::new(),
        };
        desk.install_role(role::ALL, Origin::Everything);
        desk.install_user(user::PUBLIC, |public| {
            public.enabled = false;
            public.credential = Credential::unchangeable();
        });
        desk
    }

    /// Puts in a role that comes with the product.
    pub fn install_role(&mut self, name: &str, origin: Origin) {
        let name = RoleName::predefined(name).expect("a role name");
        let role = Role::new(RoleId(self.ids.next_object()), name, origin);
        self.install(&Object::Role(role));
    }

    /// Puts in a resource that comes with the product; it gets no role.
    pub fn install_resource(&mut self, name: &str, kind: ResourceType) {
        let name = ResourceName::predefined(name).expect("a resource name");
        let resource = Resource::new(ResourceId(self.ids.next_object()), name);
        self.install(&Object::Resource(Resource { kind, ..resource }));
    }

    /// Puts in a service that comes with the product, guarded by a resource of its name.
    pub fn install_service(&mut self, name: &str) {
        let checked = ServiceName::predefined(name).expect("a service name");
        let service = Service {
            description: "A service".to_owned(),
            storable_mechanisms: 96,
            resources: vec![name.to_owned()],
            ..Service::new(ServiceId(self.ids.next_object()), checked)
        };
        self.install(&Object::Service(service));
    }

    /// Puts in a user that comes with the product, or was made by somebody else, as `made` makes it.
    pub fn install_user(&mut self, name: &str, made: impl FnOnce(&mut User)) {
        let name = UserName::predefined(name).expect("a user name");
        let mut user = User::new(self.ids.next_user(), name);
        made(&mut user);
        self.install(&Object::User(Box::new(user)));
    }

    fn install(&mut self, object: &Object) {
        let mut ids = self.ids;
        let context = Context {
            actor: "installer",
            now: NOW,
            ids: &mut ids,
            conceal: &conceal,
            fresh_key: &|_| Vec::new(),
        };
        let step = installation(object, &self.policy, &context);
        self.carry_out(step);
    }

    /// Makes the changes that follow under a name.
    pub fn acting_as(&mut self, actor: &str) -> &mut Self {
        actor.clone_into(&mut self.actor);
        self
    }

    /// Submits a change; tells whether anything differs afterwards. What is refused leaves everything as it was.
    pub fn submit(&mut self, change: &Change) -> Result<bool, Status> {
        let mut after = self.clone();
        let needs = change.needs(&self.policy);
        let facts = self.facts(&needs);
        let mut context = Context {
            actor: &self.actor,
            now: NOW,
            ids: &mut after.ids,
            conceal: &conceal,
            fresh_key: &|_| Vec::new(),
        };
        let outcome = change.decide(&self.policy, &facts, &mut context)?;
        let differs = !outcome.is_nothing();
        for step in outcome.steps {
            after.carry_out(step);
        }
        match outcome.guard {
            Some(refusal) if !after.is_manageable() => Err(refusal),
            _ => {
                *self = after;
                Ok(differs)
            }
        }
    }

    /// Submits a change that is not refused.
    pub fn carry(&mut self, change: &Change) -> bool {
        self.submit(change).unwrap_or_else(|status| panic!("{status}\n{change:#?}"))
    }

    /// Answers what a rule must see.
    fn facts(&self, needs: &Needs) -> Facts {
        let user = |name: &Folded| Some((name.clone(), self.users.get(name)?.clone()));
        let principal = |name: &Folded| Some((name.clone(), self.principal(name)?));
        let held = |role: &RoleId| self.users.values().any(|user| user.roles.contains(role));
        let sql: Vec<SqlPrivilege> = needs
            .sql
            .iter()
            .flat_map(|target| self.sql.iter().filter(|sql| is_on(sql, target)).cloned())
            .collect();
        let name = |grantee: Grantee| Some((grantee, self.name_of(grantee)?));
        let principals = needs.grants_of.iter().filter_map(|name| self.principal(name));
        let grants_of: Vec<Grantee> = principals.map(Grantee::from).collect();
        Facts {
            users: needs.users.iter().filter_map(user).collect(),
            principals: needs.principals.iter().filter_map(principal).collect(),
            held: needs.holders.iter().copied().filter(held).collect(),
            granted: self.sql.iter().filter(|sql| grants_of.contains(&sql.grantee)).cloned().collect(),
            grantees: sql.iter().filter_map(|sql| name(sql.grantee)).collect(),
            sql,
        }
    }

    /// The user or role of a name.
    pub fn principal(&self, name: &Folded) -> Option<Principal> {
        let role = || self.policy.roles.named(name.as_str()).map(|role| Principal::Role(role.id));
        self.users.get(name).map(|user| Principal::User(user.id)).or_else(role)
    }

    fn name_of(&self, grantee: Grantee) -> Option<String> {
        match grantee {
            Grantee::User(id) => {
                self.users.values().find(|user| user.id == id).map(|user| user.name.to_string())
            }
            Grantee::Role(id) => self.policy.role(id).map(|role| role.name.to_string()),
        }
    }

    fn carry_out(&mut self, (effect, entry): (Effect, Option<Entry>)) {
        apply(&mut self.policy, &effect);
        match effect {
            Effect::Put(Object::User(user)) => {
                self.users.insert(user.name.folded(), *user);
            }
            Effect::Drop(Kind::User, number) => self.users.retain(|_, user| user.id.0 != number),
            Effect::PutSql(privilege) => {
                self.sql.retain(|known| !is_same_grant(known, &privilege));
                self.sql.push(privilege);
            }
            Effect::DropSql(privilege) => self.sql.retain(|known| !is_same_grant(known, &privilege)),
            Effect::DropSqlOf(grantee) => self.sql.retain(|known| known.grantee != grantee),
            Effect::Put(_) | Effect::Drop(..) => {}
        }
        self.journal.extend(entry);
    }

    /// Whether somebody holds `%All`, has not expired and can log in (`authorization.md` ALL-3).
    pub fn is_manageable(&self) -> bool {
        let today = NOW.date();
        self.users.values().any(|user| {
            let holds = self.policy.closure(user.roles.iter().copied()).has_all();
            holds && user.can_guard() && !user.has_expired(today)
        })
    }

    /// The user of a name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(&Folded::of(name))
    }

    /// All users, by name.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// What was written down of every change.
    pub fn journal(&self) -> &[Entry] {
        &self.journal
    }

    /// The next ids.
    pub fn ids(&self) -> Ids {
        self.ids
    }

    /// Everything that is kept.
    pub fn contents(&self) -> Contents {
        let mut sql = self.sql.clone();
        sql.sort();
        Contents {
            resources: self.policy.resources.iter().cloned().collect(),
            roles: self.policy.roles.iter().cloned().collect(),
            services: self.policy.services.iter().cloned().collect(),
            applications: self.policy.applications.iter().cloned().collect(),
            system: self.policy.system.clone(),
            users: self.users.values().cloned().collect(),
            sql,
        }
    }

    /// The id of a role that exists.
    pub fn role(&self, name: &str) -> RoleId {
        self.policy.roles.named(name).unwrap_or_else(|| panic!("no role {name}")).id
    }

    /// Whose privileges a login of the user has: those of its own roles and of those of `_PUBLIC` (USR-2).
    pub fn subject(&self, user: &str) -> Option<Subject> {
        let roles = |name: &str| self.user(name).map(|user| user.roles.clone());
        Some(Subject { own: roles(user)?, from_public: roles(user::PUBLIC).unwrap_or_default() })
    }

    /// The roles of a login of the user.
    pub fn session_roles(&self, user: &str) -> Option<Vec<RoleId>> {
        self.subject(user).map(|subject| subject.roles().collect())
    }

    /// Everything that a login of a user that exists holds roles by.
    ///
    /// # Panics
    ///
    /// If it does not exist.
    pub fn closure(&self, user: &str) -> Closure {
        self.policy.closure(self.session_roles(user).unwrap_or_else(|| panic!("no user {user}")))
    }

    /// `CheckUserPermission`: what a login of the user would be answered (CHK-7).
    pub fn check(&self, user: &str, resource: &str, wanted: Option<&str>) -> Answer {
        match self.session_roles(user) {
            Some(roles) => self.policy.check(&self.policy.closure(roles), resource, wanted),
            None => Answer::nothing(wanted),
        }
    }

    /// How many users hold a role, directly or through others.
    pub fn holders(&self, role: RoleId) -> u64 {
        let holds = |user: &&User| self.policy.closure(user.roles.iter().copied()).contains(role);
        self.users.values().filter(holds).count() as u64
    }

    /// The SQL privileges that count for a login of a user that exists: its own, those of its roles and those of
    /// `_PUBLIC` (SQL-12).
    pub fn sql_of(&self, user: &str) -> Vec<SqlPrivilege> {
        let closure = self.closure(user);
        let users = [self.user(user), self.user(user::PUBLIC)].map(|user| user.map(|user| user.id));
        let counts = |grantee: Grantee| match grantee {
            Grantee::User(id) => users.contains(&Some(id)),
            Grantee::Role(id) => closure.contains(id),
        };
        self.sql.iter().filter(|sql| counts(sql.grantee)).cloned().collect()
    }
}

/// Whether a privilege is granted on a target; letter case does not tell targets apart.
fn is_on(privilege: &SqlPrivilege, target: &SqlTarget) -> bool {
    same(&privilege.namespace, &target.namespace)
        && same(&privilege.object, &target.object)
        && same(&privilege.privilege, &target.privilege)
}

/// Whether two privileges differ at most in being grantable.
fn is_same_grant(one: &SqlPrivilege, other: &SqlPrivilege) -> bool {
    SqlPrivilege { grantable: other.grantable, ..one.clone() } == *other
}

/// What the journal says about a secret.
fn conceal(secret: &[u8]) -> String {
    let sum = secret.iter().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    format!("{sum:016x}")
}
