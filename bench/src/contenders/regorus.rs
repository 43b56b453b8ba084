//! regorus, compiled, hand-tuned: the roles of users are flattened beforehand, and the holders of each permission stand
//! with the resource.

use super::Contender;
use crate::world::{PERMISSIONS, Question, World, resource_name, role_name, user_name};
use regorus::{CompiledPolicy, Engine, Value};
use std::collections::{BTreeMap, BTreeSet};

const POLICY: &str = r"package rbac

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
    pub fn new(world: &World) -> Self {
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
        let mut engine = Engine::new();
        engine.add_policy("rbac.rego".to_owned(), POLICY.to_owned()).expect("a policy");
        let data = object([("roles".to_owned(), object(users)), ("holders".to_owned(), object(resources))]);
        engine.add_data(data).expect("data");
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
