//! casbin-rs with the model of its own benchmarks, with the same model and its cheap tests first, and with its cache of
//! answers as the prepared form.

use super::Contender;
use crate::world::{PERMISSIONS, Question, World, resource_name, role_name, user_name};
use casbin::prelude::{CachedEnforcer, CoreApi, DefaultModel, MgmtApi};
use casbin::{Cache, CachedApi, DefaultCache, Enforcer};

const MODEL: &str = r"
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
";

/// In which order the matcher tests.
pub const STOCK: &str = "m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act";
pub const CHEAP_FIRST: &str = "m = r.obj == p.obj && r.act == p.act && g(r.sub, p.sub)";

pub struct Casbin {
    plain: Enforcer,
}

/// Its cache of answers, filled: what remains is a look-up of the whole question.
pub struct Cached {
    cached: CachedEnforcer,
    prepared: Vec<Vec<String>>,
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn rules(world: &World) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let privileges = world.roles.iter().enumerate().flat_map(|(number, role)| {
        role.privileges.iter().map(move |(resource, permission)| {
            vec![role_name(number), resource_name(*resource), PERMISSIONS[*permission].to_owned()]
        })
    });
    let grants = world.roles.iter().enumerate();
    let grants = grants.filter_map(|(number, role)| Some(vec![role_name(number), role_name(role.grants?)]));
    let members =
        world.users.iter().enumerate().flat_map(|(number, roles)| {
            roles.iter().map(move |role| vec![user_name(number), role_name(*role)])
        });
    (privileges.collect(), members.chain(grants).collect())
}

macro_rules! fill {
    ($enforcer:ident, $world:ident) => {
        $enforcer.enable_auto_build_role_links(false);
        let (privileges, links) = rules($world);
        run($enforcer.add_policies(privileges)).expect("rules");
        run($enforcer.add_grouping_policies(links)).expect("links");
        $enforcer.build_role_links().expect("links");
    };
}

fn model(matcher: &str) -> DefaultModel {
    run(DefaultModel::from_str(&format!("{MODEL}{matcher}\n"))).expect("a model")
}

fn asked(question: &Question) -> (&str, &str, &str) {
    (&question.user, &question.resource, PERMISSIONS[question.permission])
}

impl Casbin {
    pub fn new(world: &World, matcher: &str) -> Self {
        let mut plain = run(Enforcer::new(model(matcher), ())).expect("an enforcer");
        fill!(plain, world);
        Self { plain }
    }
}

impl Contender for Casbin {
    fn by_name(&self, question: &Question) -> bool {
        self.plain.enforce(asked(question)).expect("an answer")
    }

    fn prepare(&mut self, _questions: &[Question]) {}

    fn prepared(&self, _position: usize) -> bool {
        unreachable!("its prepared form is the cache")
    }
}

impl Cached {
    pub fn new(world: &World) -> Self {
        let mut cached = run(CachedEnforcer::new(model(CHEAP_FIRST), ())).expect("an enforcer");
        fill!(cached, world);
        let cache: Box<dyn Cache<u64, bool>> = Box::new(DefaultCache::new(crate::world::QUESTIONS * 2));
        cached.set_cache(cache);
        Self { cached, prepared: Vec::new() }
    }
}

impl Contender for Cached {
    fn by_name(&self, question: &Question) -> bool {
        self.cached.enforce(asked(question)).expect("an answer")
    }

    fn prepare(&mut self, questions: &[Question]) {
        let words = |question: &Question| {
            let (user, resource, permission) = asked(question);
            vec![user.to_owned(), resource.to_owned(), permission.to_owned()]
        };
        self.prepared = questions.iter().map(words).collect();
        for position in 0..self.prepared.len() {
            self.prepared(position);
        }
    }

    fn prepared(&self, position: usize) -> bool {
        let [user, resource, permission] = self.prepared[position].as_slice() else { unreachable!("three") };
        self.cached.enforce((user, resource, permission)).expect("an answer")
    }
}
