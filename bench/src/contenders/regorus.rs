//! regorus, compiled, in two forms: as policies of roles are usually written, with users, granted roles and privileges as
//! they are and a walk in the policy; and hand-tuned: the roles of users are flattened beforehand, and the holders of each
//! permission stand with the resource.

use super::Contender;
use crate::world::{PERMISSIONS, Question, World, resource_name, role_name, user_name};
use regorus::{CompiledPolicy, Engine, Value};
use std::collections::{BTreeMap, BTreeSet};

const WALKED: &str = r"package rbac

import rego.v1

default allow := false

allow if {
    some role in graph.reachable(data.grants, data.roles[input.user])
    input.permission in data.privileges[role][input.resource]
}
";

const FLATTENED: &str = r"package rbac

import rego.v1

default allow := false

allow if {
    holders := data.holders[input.resource][input.permission]
    some role in data.roles[input.user]
    role in holders
}
";

pub struct Regorus {
    policy: CompiledPolicy,
    prepared: Vec<Value>,
}

fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::from(entries.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<BTreeMap<_, _>>())
}

impl Regorus {
    /// As usually written.
    pub fn walked(world: &World) -> Self {
        let roles = |numbers: &[usize]| Value::from(numbers.iter().map(|role| Value::from(role_name(*role))).collect::<Vec<_>>());
        let users = world.users.iter().enumerate().map(|(user, held)| (user_name(user), roles(held)));
        let grants = world.roles.iter().enumerate().map(|(number, role)| (role_name(number), roles(role.grants.as_slice())));
        let privileges = world.roles.iter().enumerate().map(|(number, role)| {
            let held = role.privileges.iter().map(|(resource, permission)| {
                (resource_name(*resource), Value::from(vec![Value::from(PERMISSIONS[*permission])]))
            });
            (role_name(number), object(held))
        });
        Self::of(WALKED, [("roles", object(users)), ("grants", object(grants)), ("privileges", object(privileges))])
    }

    /// Hand-tuned.
    pub fn flattened(world: &World) -> Self {
        let names: Vec<Value> = (0..world.roles.len()).map(|number| Value::from(role_name(number))).collect();
        let users = (0..world.users.len()).map(|user| {
            let roles: Vec<Value> = world.closure(user).into_iter().map(|role| names[role].clone()).collect();
            (user_name(user), Value::from(roles))
        });
        let mut holders: Vec<[BTreeSet<Value>; PERMISSIONS.len()]> =
            vec![Default::default(); world.size.resources];
        for (number, role) in world.roles.iter().enumerate() {
            for (resource, permission) in &role.privileges {
                holders[*resource][*permission].insert(names[number].clone());
            }
        }
        let resources = holders.into_iter().enumerate().map(|(number, held)| {
            let held = PERMISSIONS.iter().zip(held);
            let held = held.map(|(permission, roles)| ((*permission).to_owned(), Value::from(roles)));
            (resource_name(number), object(held))
        });
        Self::of(FLATTENED, [("roles", object(users)), ("holders", object(resources))])
    }

    fn of<const PARTS: usize>(policy: &str, data: [(&str, Value); PARTS]) -> Self {
        let mut engine = Engine::new();
        engine.add_policy("rbac.rego".to_owned(), policy.to_owned()).expect("a policy");
        engine.add_data(object(data.map(|(name, part)| (name.to_owned(), part)))).expect("data");
        let policy = engine.compile_with_entrypoint(&"data.rbac.allow".into()).expect("a rule");
        Self { policy, prepared: Vec::new() }
    }

    fn decide(&self, input: Value) -> bool {
        self.policy.eval_with_input(input).expect("an answer") == Value::from(true)
    }
}

fn input(question: &Question) -> Value {
    object([
        ("user".to_owned(), Value::from(question.user.as_str())),
        ("resource".to_owned(), Value::from(question.resource.as_str())),
        ("permission".to_owned(), Value::from(PERMISSIONS[question.permission])),
    ])
}

impl Contender for Regorus {
    fn by_name(&self, question: &Question) -> bool {
        self.decide(input(question))
    }

    fn prepare(&mut self, questions: &[Question]) {
        self.prepared = questions.iter().map(input).collect();
    }

    fn prepared(&self, position: usize) -> bool {
        self.decide(self.prepared[position].clone())
    }
}
