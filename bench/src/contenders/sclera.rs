//! Sclera: the settings as a snapshot, the roles of all users by name, and the privileges of warm users as bits.

use super::Contender;
use crate::world::{PERMISSIONS, Question, World, resource_name, role_name, user_name};
use sclera_core::id::{ResourceId, RoleId};
use sclera_core::name::{ResourceName, RoleName};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::snapshot::{About, Image, Pages, Prepared, Privileges, compile};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

pub struct Sclera {
    pub image: Image<Vec<u8>>,
    pub public: Privileges,
    users: HashMap<Box<str>, Box<[RoleId]>>,
    warm: HashMap<Box<str>, Privileges>,
    pages: Mutex<Pages>,
    sessions: Vec<(Privileges, Prepared)>,
}

/// What is wanted, as the model names it.
pub const WANTED: [Permissions; PERMISSIONS.len()] =
    [Permissions::READ, Permissions::WRITE, Permissions::USE];

fn resource_id(number: usize) -> ResourceId {
    ResourceId(u32::try_from(number).expect("an id") + 1)
}

/// The settings of a world.
pub fn policy(world: &World) -> Policy {
    let role_id = |number: usize| RoleId(u32::try_from(world.size.resources + number).expect("an id") + 1);
    let mut policy = Policy::default();
    for number in 0..world.size.resources {
        let name = ResourceName::new(&resource_name(number)).expect("a name");
        policy.resources.put(Resource::new(resource_id(number), name));
    }
    for (number, role) in world.roles.iter().enumerate() {
        let name = RoleName::new(&role_name(number)).expect("a name");
        let mut made = Role::new(role_id(number), name, Origin::Created);
        for (resource, permission) in &role.privileges {
            made.privileges.insert(resource_id(*resource), WANTED[*permission]);
        }
        made.grants.extend(role.grants.map(role_id));
        policy.roles.put(made);
    }
    policy
}

pub const ABOUT: About = About { generation: 1, ticket_key: [0; 32] };

impl Sclera {
    pub fn new(world: &World, warm: &[Question]) -> Self {
        let policy = policy(world);
        let image = Image::open(compile(&policy, &ABOUT).expect("room")).expect("an image");
        let mut pages = Pages::new();
        let public = pages.public(&image);
        let first_role = world.size.resources + 1;
        let roles = |user: &Vec<usize>| {
            user.iter().map(|role| RoleId(u32::try_from(first_role + role).expect("an id"))).collect()
        };
        let users = world.users.iter().enumerate();
        let users = users.map(|(number, user)| (user_name(number).into(), roles(user))).collect();
        let mut made = Self {
            image,
            public,
            users,
            warm: HashMap::new(),
            pages: Mutex::new(pages),
            sessions: Vec::new(),
        };
        for question in warm {
            if !made.warm.contains_key(question.user.as_str()) {
                let session = made.session(&question.user);
                made.warm.insert(question.user.as_str().into(), session);
            }
        }
        made
    }

    /// What a login of the user gives.
    pub fn session(&self, user: &str) -> Privileges {
        let roles = self.users.get(user).map(AsRef::as_ref).unwrap_or_default();
        self.session_of(roles)
    }

    pub fn session_of(&self, roles: &[RoleId]) -> Privileges {
        let reached = self.image.closure(roles.iter().copied(), |_| true);
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).privileges(
            &self.image,
            &self.public,
            &reached,
            &[],
        )
    }

    fn asked(&self, question: &Question) -> Prepared {
        Prepared::new(self.image.resource(&question.resource), WANTED[question.permission])
    }
}

impl Contender for Sclera {
    fn by_name(&self, question: &Question) -> bool {
        let wanted = self.asked(question);
        self.warm.get(question.user.as_str()).is_some_and(|session| session.holds(&wanted))
    }

    fn prepare(&mut self, questions: &[Question]) {
        self.sessions = questions
            .iter()
            .map(|question| {
                let session = self.warm.get(question.user.as_str()).cloned();
                (session.unwrap_or_else(|| self.session(&question.user)), self.asked(question))
            })
            .collect();
    }

    fn prepared(&self, position: usize) -> bool {
        self.sessions.get(position).is_some_and(|(session, wanted)| session.holds(wanted))
    }

    fn cold(&self, question: &Question) -> bool {
        self.session(&question.user).holds(&self.asked(question))
    }
}
