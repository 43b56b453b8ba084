//! cedar-policy, in two forms: one policy a role, as a first attempt would have it, and three policies that look whether
//! one of the user's roles stands in a set on the resource, which its authors would advise.

use super::Contender;
use crate::world::{PERMISSIONS, Question, World, resource_name, role_name, user_name};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::str::FromStr;
use std::sync::Arc;

pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Arc<Entities>,
    types: Types,
    actions: [EntityUid; PERMISSIONS.len()],
    prepared: Vec<Request>,
}

#[derive(Clone)]
struct Types {
    user: EntityTypeName,
    role: EntityTypeName,
    resource: EntityTypeName,
    action: EntityTypeName,
}

impl Types {
    fn new() -> Self {
        let named = |name| EntityTypeName::from_str(name).expect("a type");
        Self {
            user: named("User"),
            role: named("Role"),
            resource: named("Resource"),
            action: named("Action"),
        }
    }
}

fn uid(kind: &EntityTypeName, name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(name))
}

/// Users and roles with what they belong to, and resources with the roles that hold each permission on them.
pub fn entities(world: &World) -> Arc<Entities> {
    let types = Types::new();
    let role = |number: usize| uid(&types.role, &role_name(number));
    let mut holders: Vec<[Vec<usize>; PERMISSIONS.len()]> = vec![Default::default(); world.size.resources];
    for (number, one) in world.roles.iter().enumerate() {
        for (resource, permission) in &one.privileges {
            holders[*resource][*permission].push(number);
        }
    }
    let users = world.users.iter().enumerate().map(|(number, roles)| {
        Entity::new_no_attrs(uid(&types.user, &user_name(number)), roles.iter().copied().map(role).collect())
    });
    let roles = world.roles.iter().enumerate().map(|(number, one)| {
        Entity::new_no_attrs(role(number), one.grants.map(role).into_iter().collect::<HashSet<_>>())
    });
    let resources = holders.iter().enumerate().map(|(number, held)| {
        let attributes: HashMap<String, RestrictedExpression> = PERMISSIONS
            .iter()
            .zip(held)
            .map(|(permission, roles)| {
                let roles = roles.iter().map(|number| RestrictedExpression::new_entity_uid(role(*number)));
                ((*permission).to_owned(), RestrictedExpression::new_set(roles))
            })
            .collect();
        Entity::new(uid(&types.resource, &resource_name(number)), attributes, HashSet::new()).expect("sets")
    });
    Arc::new(Entities::from_entities(users.chain(roles).chain(resources), None).expect("entities"))
}

impl Cedar {
    /// Three policies.
    pub fn tuned(entities: &Arc<Entities>) -> Self {
        let policies = PERMISSIONS.map(|permission| {
            format!(
                "permit(principal, action == Action::\"{permission}\", resource) \
                 when {{ principal in resource.{permission} }};"
            )
        });
        Self::with(&policies.concat(), entities)
    }

    /// One policy a role.
    pub fn naive(world: &World, entities: &Arc<Entities>) -> Self {
        let mut text = String::new();
        for (number, role) in world.roles.iter().enumerate() {
            let held = PERMISSIONS.iter().enumerate().filter_map(|(permission, word)| {
                let on = role.privileges.iter().filter(|(_, one)| *one == permission);
                let on: Vec<String> =
                    on.map(|(resource, _)| format!("Resource::\"{}\"", resource_name(*resource))).collect();
                (!on.is_empty()).then(|| {
                    format!("(action == Action::\"{word}\" && [{}].contains(resource))", on.join(","))
                })
            });
            let held: Vec<String> = held.collect();
            let name = role_name(number);
            let when = held.join(" || ");
            writeln!(text, "permit(principal in Role::\"{name}\", action, resource) when {{ {when} }};")
                .expect("memory");
        }
        Self::with(&text, entities)
    }

    fn with(policies: &str, entities: &Arc<Entities>) -> Self {
        let types = Types::new();
        Self {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(policies).expect("policies"),
            entities: Arc::clone(entities),
            actions: PERMISSIONS.map(|permission| uid(&types.action, permission)),
            types,
            prepared: Vec::new(),
        }
    }

    fn request(&self, question: &Question) -> Request {
        let user = uid(&self.types.user, &question.user);
        let resource = uid(&self.types.resource, &question.resource);
        let action = self.actions[question.permission].clone();
        Request::new(user, action, resource, Context::empty(), None).expect("a request")
    }

    fn decide(&self, request: &Request) -> bool {
        self.authorizer.is_authorized(request, &self.policies, &self.entities).decision() == Decision::Allow
    }
}

impl Contender for Cedar {
    fn by_name(&self, question: &Question) -> bool {
        self.decide(&self.request(question))
    }

    fn prepare(&mut self, questions: &[Question]) {
        self.prepared = questions.iter().map(|question| self.request(question)).collect();
    }

    fn prepared(&self, position: usize) -> bool {
        self.decide(&self.prepared[position])
    }
}
