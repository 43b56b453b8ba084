//! What a good programmer writes in an afternoon: a walk over the roles of the user in hash maps. No engine, no model,
//! no audit; it stands here to show what the engines add to it.

use super::Contender;
use crate::world::{Question, World, resource_name, user_name};
use std::collections::{HashMap, HashSet};

pub struct ByHand {
    users: HashMap<String, Vec<u32>>,
    resources: HashMap<String, u32>,
    roles: Vec<(HashSet<(u32, u8)>, Option<u32>)>,
    prepared: Vec<(String, u32, u8)>,
}

impl ByHand {
    pub fn new(world: &World) -> Self {
        let small = |number: usize| u32::try_from(number).expect("a number");
        let users = world.users.iter().enumerate();
        Self {
            users: users
                .map(|(number, roles)| (user_name(number), roles.iter().copied().map(small).collect()))
                .collect(),
            resources: (0..world.size.resources).map(|n| (resource_name(n), small(n))).collect(),
            roles: world
                .roles
                .iter()
                .map(|role| {
                    let held = role.privileges.iter().map(|(resource, one)| (small(*resource), *one as u8));
                    (held.collect(), role.grants.map(small))
                })
                .collect(),
            prepared: Vec::new(),
        }
    }

    fn walk(&self, user: &str, resource: u32, permission: u8) -> bool {
        let Some(roles) = self.users.get(user) else { return false };
        roles.iter().any(|role| {
            let mut next = Some(*role);
            while let Some(role) = next {
                let (held, grants) = &self.roles[role as usize];
                if held.contains(&(resource, permission)) {
                    return true;
                }
                next = *grants;
            }
            false
        })
    }
}

impl Contender for ByHand {
    fn by_name(&self, question: &Question) -> bool {
        let resource = self.resources.get(&question.resource);
        resource.is_some_and(|resource| self.walk(&question.user, *resource, question.permission as u8))
    }

    fn prepare(&mut self, questions: &[Question]) {
        let one = |question: &Question| {
            (question.user.clone(), question.resource_number as u32, question.permission as u8)
        };
        self.prepared = questions.iter().map(one).collect();
    }

    fn prepared(&self, position: usize) -> bool {
        let (user, resource, permission) = &self.prepared[position];
        self.walk(user, *resource, *permission)
    }
}
