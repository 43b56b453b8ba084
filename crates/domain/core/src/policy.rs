//! The settings of an instance, without its users: what decisions are made from.
//!
//! A [`Policy`] holds every resource, role, service and application by id and by name. Users are kept by the store
//! and asked for by key, for there may be ten million of them; a decision needs of a user only the ids of its roles.

use crate::application::Application;
use crate::doc_db::DocDb;
use crate::event::Event;
use crate::id::{ApplicationId, ResourceId, RoleId, ServiceId};
use crate::ldap_config::LdapConfig;
use crate::name::{Folded, MOST_BYTES};
use crate::permission::Permissions;
use crate::phone_provider::PhoneProvider;
use crate::property::Directory;
use crate::resource::Resource;
use crate::role::{self, Origin, Role};
use crate::service::Service;
use crate::ssl_config::SslConfig;
use crate::superserver::Superserver;
use crate::system::System;
use crate::x509_user::X509User;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Something with an id and a name that lives in a [`Table`].
pub trait Entry {
    /// Its id, in the sequence that all tables share.
    fn number(&self) -> u32;
    /// Its name.
    fn title(&self) -> &str;

    /// The form of a name to find it by.
    fn key_of(name: &str) -> Folded {
        Folded::of(name)
    }

    /// The form of its own name.
    fn key(&self) -> Folded {
        Self::key_of(self.title())
    }
}

macro_rules! entries {
    ($($record:ty $(, $key_of:path)?;)+) => {$(
        impl Entry for $record {
            fn number(&self) -> u32 {
                self.id.0
            }
            fn title(&self) -> &str {
                self.name.as_str()
            }
            $(fn key_of(name: &str) -> Folded {
                $key_of(name)
            })?
        }
    )+};
}

entries! {
    Resource;
    Role;
    Service;
    Application;
    Event;
    SslConfig, Folded::exact;
    LdapConfig;
    PhoneProvider;
    DocDb;
    X509User;
    Superserver;
}

/// The live objects of one kind. Copying a table copies no object.
#[derive(Debug, Clone)]
pub struct Table<T> {
    by_id: BTreeMap<u32, Arc<T>>,
    by_name: BTreeMap<Numbered, u32>,
}

/// A name behind a number that is made of it, which tells most names apart without a look at their letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Numbered(u64, Folded);

impl Numbered {
    fn of(name: Folded) -> Self {
        // FNV-1a. Names of the same number are compared as texts, so that who chooses them wins nothing.
        let next = |number: u64, byte: u8| (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(name.as_str().bytes().fold(0xcbf2_9ce4_8422_2325, next), name)
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), by_name: BTreeMap::new() }
    }
}

impl<T: Entry> Table<T> {
    /// The object of this id.
    pub fn get(&self, id: u32) -> Option<&T> {
        self.by_id.get(&id).map(AsRef::as_ref)
    }

    /// The object of this name, without regard to case.
    pub fn named(&self, name: &str) -> Option<&T> {
        if name.len() > MOST_BYTES {
            return None;
        }
        self.by_name.get(&Numbered::of(T::key_of(name))).and_then(|id| self.get(*id))
    }

    /// All objects in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.by_id.values().map(AsRef::as_ref)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Puts an object in, in place of the one of the same id.
    pub fn put(&mut self, object: T) {
        self.by_name.insert(Numbered::of(object.key()), object.number());
        self.by_id.insert(object.number(), Arc::new(object));
    }

    /// Takes an object out.
    pub fn drop(&mut self, id: u32) {
        if let Some(object) = self.by_id.remove(&id) {
            self.by_name.remove(&Numbered::of(object.key()));
        }
    }
}

/// The settings of an instance.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The resources.
    pub resources: Table<Resource>,
    /// The roles.
    pub roles: Table<Role>,
    /// The services.
    pub services: Table<Service>,
    /// The applications.
    pub applications: Table<Application>,
    /// The audit events.
    pub events: Table<Event>,
    /// The TLS configurations.
    pub ssl_configs: Table<SslConfig>,
    /// The LDAP configurations.
    pub ldap_configs: Table<LdapConfig>,
    /// The providers of telephones.
    pub phone_providers: Table<PhoneProvider>,
    /// The document databases.
    pub doc_dbs: Table<DocDb>,
    /// The users of certificates.
    pub x509_users: Table<X509User>,
    /// The superservers.
    pub superservers: Table<Superserver>,
    /// The system-wide settings.
    pub system: System,
}

/// Roles together with all roles they lead to (`authorization.md` ROL-5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Closure {
    roles: BTreeSet<RoleId>,
    all: bool,
    /// What the roles store, by resource, where it was laid out ([`Policy::laid_out`]).
    stored: Option<Box<[(ResourceId, Permissions)]>>,
}

impl Closure {
    /// Tells whether `%All` is among the roles, directly or through another role (ALL-8).
    pub fn has_all(&self) -> bool {
        self.all
    }

    /// Tells whether a role is among them.
    pub fn contains(&self, role: RoleId) -> bool {
        self.roles.contains(&role)
    }

    /// The roles in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = RoleId> {
        self.roles.iter().copied()
    }
}

/// How a resource is used: what would be affected by deleting it (`authorization.md` RES-11).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceUse {
    /// Roles that hold privileges on it.
    pub roles: Vec<RoleId>,
    /// Applications that it protects.
    pub applications: Vec<ApplicationId>,
    /// Services that ask for it.
    pub services: Vec<ServiceId>,
}

/// Resources of which the tail of the name is a setting and keeps its letter case (ENS-4).
pub(crate) const CASE_KEEPING: &str = "%ens_systemdefaultsettings_";

impl Policy {
    /// The live role of this id.
    pub fn role(&self, id: RoleId) -> Option<&Role> {
        self.roles.get(id.0)
    }

    /// The resource of this name (RES-5): blanks at its ends and its case do not matter, but for the setting
    /// `ExactResourceNames` and for the names of system default settings.
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        let found = self.resources.named(name)?;
        let (asked, stored) = (name.trim(), found.name.as_str());
        let same = if self.system.exact_resource_names {
            asked == stored
        } else if found.key().as_str().starts_with(CASE_KEEPING) {
            asked.get(CASE_KEEPING.len()..) == stored.get(CASE_KEEPING.len()..)
        } else {
            true
        };
        same.then_some(found)
    }

    /// The role that holds everything.
    pub fn all_role(&self) -> Option<RoleId> {
        self.roles.named(role::ALL).filter(|role| role.origin == Origin::Everything).map(|role| role.id)
    }

    /// The given roles and all that they lead to; deleted roles are left out. Each is visited once, so that a cycle in
    /// damaged data ends (ROL-7).
    pub fn closure(&self, roles: impl IntoIterator<Item = RoleId>) -> Closure {
        self.closure_of_living(roles, |_| true)
    }

    /// The same for a session that decides from earlier settings, in which deleted roles must count no more
    /// (`authorization.md` TIM-2): a role that does not live now gives nothing and leads nowhere.
    pub fn closure_of_living(
        &self,
        roles: impl IntoIterator<Item = RoleId>,
        lives: impl Fn(RoleId) -> bool,
    ) -> Closure {
        let mut closed = Closure::default();
        let mut waiting: Vec<RoleId> = roles.into_iter().collect();
        while let Some(id) = waiting.pop() {
            let Some(role) = self.role(id).filter(|role| lives(role.id)) else { continue };
            if closed.roles.insert(id) {
                closed.all |= role.origin == Origin::Everything;
                waiting.extend(role.grants.iter().copied());
            }
        }
        closed
    }

    /// The same roles with what they store laid out by resource, so that a check need not go through all of them; as they
    /// are where that is about more than `most` resources. It is for decisions by these settings and by no others.
    #[must_use]
    pub fn laid_out(&self, roles: Closure, most: usize) -> Closure {
        Closure { stored: self.by_resource(&roles, most), ..roles }
    }

    fn by_resource(&self, roles: &Closure, most: usize) -> Option<Box<[(ResourceId, Permissions)]>> {
        // Of what gives everything nothing is looked up.
        if roles.has_all() {
            return None;
        }
        let mut stored: BTreeMap<ResourceId, Permissions> = BTreeMap::new();
        for role in roles.iter().filter_map(|id| self.role(id)) {
            if role.privileges.len() > most {
                return None;
            }
            for (resource, permissions) in &role.privileges {
                *stored.entry(*resource).or_default() |= *permissions;
            }
            if stored.len() > most {
                return None;
            }
        }
        Some(stored.into_iter().collect())
    }

    /// What the roles store on a resource.
    pub(crate) fn stored(&self, roles: &Closure, resource: ResourceId) -> Permissions {
        if let Some(stored) = &roles.stored {
            let found = stored.binary_search_by_key(&resource, |(resource, _)| *resource).ok();
            return found.and_then(|at| stored.get(at)).map_or(Permissions::NONE, |(_, held)| *held);
        }
        let of = |id: RoleId| self.role(id).and_then(|role| role.privileges.get(&resource).copied());
        roles.iter().filter_map(of).fold(Permissions::NONE, |held, more| held | more)
    }

    /// The roles whose holders hold `%All`, itself included.
    pub fn roles_with_all(&self) -> Vec<RoleId> {
        self.all_role().map(|all| self.leading_to(all).into_iter().collect()).unwrap_or_default()
    }

    /// The roles whose closure contains a role, itself included.
    pub fn leading_to(&self, role: RoleId) -> BTreeSet<RoleId> {
        let mut granters: BTreeMap<RoleId, Vec<RoleId>> = BTreeMap::new();
        for granter in self.roles.iter() {
            for granted in &granter.grants {
                granters.entry(*granted).or_default().push(granter.id);
            }
        }
        let mut leading = BTreeSet::new();
        let mut waiting = alloc::vec![role];
        while let Some(id) = waiting.pop() {
            if leading.insert(id) {
                waiting.extend(granters.get(&id).into_iter().flatten().copied());
            }
        }
        leading
    }

    /// The way from one role to another through `GrantedRoles`, if there is one; both ends included.
    pub fn path(&self, from: RoleId, to: RoleId) -> Option<Vec<RoleId>> {
        let mut came_from: BTreeMap<RoleId, RoleId> = BTreeMap::new();
        let mut waiting = alloc::collections::VecDeque::from([from]);
        while let Some(id) = waiting.pop_front() {
            if id == to {
                let mut path = alloc::vec![to];
                while let Some(previous) =
                    path.last().filter(|last| **last != from).and_then(|last| came_from.get(last))
                {
                    path.push(*previous);
                }
                path.reverse();
                return Some(path);
            }
            for next in self.role(id).map(|role| role.grants.as_slice()).unwrap_or_default() {
                if *next != from && !came_from.contains_key(next) {
                    came_from.insert(*next, id);
                    waiting.push_back(*next);
                }
            }
        }
        None
    }

    /// What refers to a resource.
    pub fn resource_use(&self, id: ResourceId) -> ResourceUse {
        let name = self.resources.get(id.0).map(|resource| resource.name.folded());
        let named = |text: &str| name.as_ref() == Some(&Folded::of(text));
        ResourceUse {
            roles: self
                .roles
                .iter()
                .filter(|role| role.privileges.contains_key(&id))
                .map(|role| role.id)
                .collect(),
            applications: self
                .applications
                .iter()
                .filter(|app| named(&app.resource))
                .map(|app| app.id)
                .collect(),
            services: (self.services.iter().filter(|s| s.resources.iter().any(|r| named(r))))
                .map(|s| s.id)
                .collect(),
        }
    }

    /// Tells whether a service is open to everyone that authenticated: `N/A`, `YES` or `NO` (`services.md` section 3).
    pub fn service_public(&self, service: &Service) -> &'static str {
        use crate::permission::Permissions;
        let open = |name: &&str| self.resource(name).is_some_and(|r| r.public.holds(Permissions::USE));
        // Of the resources of %Service_Bindings only those of SQL and of objects count for this column (DEC-S04).
        let counted: Vec<&str> = service
            .resources
            .iter()
            .map(alloc::string::String::as_str)
            .filter(|name| !name.starts_with("%Native_"))
            .collect();
        match counted.iter().all(open) {
            _ if counted.is_empty() => "N/A",
            true => "YES",
            false => "NO",
        }
    }
}

impl Directory for Policy {
    fn role_named(&self, name: &str) -> Option<RoleId> {
        self.roles.named(name).map(|role| role.id)
    }

    fn resource_named(&self, name: &str) -> Option<(ResourceId, bool)> {
        self.resource(name).map(|resource| (resource.id, resource.is_database()))
    }

    fn name_of_role(&self, id: RoleId) -> Option<&str> {
        self.role(id).map(|role| role.name.as_str())
    }

    fn name_of_resource(&self, id: ResourceId) -> Option<&str> {
        self.resources.get(id.0).map(|resource| resource.name.as_str())
    }
}
