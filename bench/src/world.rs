//! Worlds of users, roles and resources, made of a seed, and questions about them with their answers.
//!
//! A user holds 4 roles. Roles are three deep: each role of the first two thirds holds one of the next third. A role
//! holds 10 privileges, one permission on one resource each. Half of the questions are about a privilege that the user
//! holds, half about any. The worlds of casbin's own benchmarks have one role a user and one privilege a role.

/// Which permission is asked for.
pub const PERMISSIONS: [&str; 3] = ["read", "write", "use"];

/// How large a world is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub name: &'static str,
    pub users: usize,
    pub roles: usize,
    pub resources: usize,
    pub casbin: bool,
}

const fn size(name: &'static str, users: usize, roles: usize, resources: usize, casbin: bool) -> Size {
    Size { name, users, roles, resources, casbin }
}

/// All worlds that are measured.
pub const SIZES: [Size; 6] = [
    size("1k", 1_000, 100, 1_000, false),
    size("100k", 100_000, 10_000, 10_000, false),
    size("1M", 1_000_000, 10_000, 10_000, false),
    size("casbin-small", 1_000, 100, 10, true),
    size("casbin-medium", 10_000, 1_000, 100, true),
    size("casbin-large", 100_000, 10_000, 1_000, true),
];

/// How many questions are asked, about how many users.
pub const QUESTIONS: usize = 4_096;
pub const WARM_USERS: usize = 1_024;

pub struct Role {
    pub privileges: Vec<(usize, usize)>,
    pub grants: Option<usize>,
}

pub struct World {
    pub size: Size,
    pub users: Vec<Vec<usize>>,
    pub roles: Vec<Role>,
}

#[derive(Debug, Clone)]
pub struct Question {
    pub user: String,
    pub user_number: usize,
    pub resource: String,
    pub resource_number: usize,
    pub permission: usize,
    pub expected: bool,
}

/// A generator that gives the same numbers everywhere (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

pub fn user_name(number: usize) -> String {
    format!("user{number}")
}

pub fn role_name(number: usize) -> String {
    format!("group{number}")
}

pub fn resource_name(number: usize) -> String {
    format!("data{number}")
}

impl World {
    pub fn new(size: Size) -> Self {
        if size.casbin { Self::of_casbin(size) } else { Self::three_deep(size) }
    }

    fn three_deep(size: Size) -> Self {
        let mut random = Random(20_261_125);
        let third = size.roles / 3;
        let roles = (0..size.roles)
            .map(|number| {
                let level = number / third;
                let grants = (level < 2).then(|| (level + 1) * third + random.below(third));
                let mut privileges = Vec::new();
                while privileges.len() < 10 {
                    let resource = random.below(size.resources);
                    if privileges.iter().all(|(known, _)| *known != resource) {
                        privileges.push((resource, random.below(3)));
                    }
                }
                Role { privileges, grants }
            })
            .collect();
        let user = |_| {
            let mut roles: Vec<usize> = (0..4).map(|_| random.below(size.roles)).collect();
            roles.sort_unstable();
            roles.dedup();
            roles
        };
        let users = (0..size.users).map(user).collect();
        Self { size, users, roles }
    }

    /// `user_i` in `group_(i/10)`, which reads `data_(i/100)`, as in `benches/benchmark.rs` of casbin-rs.
    fn of_casbin(size: Size) -> Self {
        let role = |number| Role { privileges: vec![(number / 10, 0)], grants: None };
        Self {
            size,
            users: (0..size.users).map(|number| vec![number / 10]).collect(),
            roles: (0..size.roles).map(role).collect(),
        }
    }

    /// The roles of a user and all that they lead to.
    pub fn closure(&self, user: usize) -> Vec<usize> {
        let mut closed = self.users[user].clone();
        let mut at = 0;
        while let Some(role) = closed.get(at) {
            if let Some(next) = self.roles[*role].grants.filter(|next| !closed.contains(next)) {
                closed.push(next);
            }
            at += 1;
        }
        closed
    }

    /// The slow answer, by which everybody's answers are judged.
    pub fn answer(&self, user: usize, resource: usize, permission: usize) -> bool {
        self.closure(user).iter().any(|role| self.roles[*role].privileges.contains(&(resource, permission)))
    }

    /// Questions about `users` different users at most, made of a seed.
    pub fn questions(&self, count: usize, users: usize, seed: u64) -> Vec<Question> {
        let mut random = Random(seed);
        let asked: Vec<usize> = (0..users).map(|_| random.below(self.size.users)).collect();
        let question = |number: usize| {
            let user = asked[if users == count { number } else { random.below(users) }];
            let roles = self.closure(user);
            let held = &self.roles[roles[random.below(roles.len())]].privileges;
            let (resource, permission) = if number % 2 == 0 {
                held[random.below(held.len())]
            } else {
                (random.below(self.size.resources), random.below(if self.size.casbin { 1 } else { 3 }))
            };
            Question {
                user: user_name(user),
                user_number: user,
                resource: resource_name(resource),
                resource_number: resource,
                permission,
                expected: self.answer(user, resource, permission),
            }
        };
        (0..count).map(question).collect()
    }
}
