//! Explanations: by which chains a privilege is held, or what would give it.
//!
//! An explanation is made from the same settings and the same rules as the decision. For each permission asked for it
//! lists the ways that lead to it, shortest first: user → role → … → privilege, or public. Where there is none it
//! lists what would make one, the smallest change first: the one that gives the least to the fewest.

use crate::id::RoleId;
use crate::permission::Permissions;
use crate::policy::Policy;
use crate::role::Origin;
use alloc::collections::{BTreeMap, BTreeSet, BinaryHeap};
use alloc::vec::Vec;
use core::cmp::Reverse;

/// The most chains that are listed; more are counted.
pub const CHAINS_SHOWN: usize = 20;
/// The most remedies that are listed.
pub const REMEDIES_SHOWN: usize = 5;

/// Whose privileges are explained: the roles of the user's own and those everybody gets from `_PUBLIC`.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The user's own roles.
    pub own: Vec<RoleId>,
    /// The roles of `_PUBLIC`.
    pub from_public: Vec<RoleId>,
}

impl Subject {
    /// All login roles.
    pub fn roles(&self) -> impl Iterator<Item = RoleId> {
        self.own.iter().chain(&self.from_public).copied()
    }
}

/// One way to a permission through roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The first role comes from `_PUBLIC` and not from the user's record.
    pub from_public: bool,
    /// From the login role to the role that holds the privilege.
    pub roles: Vec<RoleId>,
    /// The last role holds it by rule, as `%All` does.
    pub by_rule: bool,
}

/// A change that would grant what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Make a role of just this privilege and give it to the user.
    NewRole,
    /// Give the user a role that leads to the privilege.
    GiveRole {
        /// The role.
        role: RoleId,
        /// How many other permissions on resources the user would gain with it.
        extra: usize,
    },
    /// Add the privilege to a role that the user holds already.
    ExtendRole {
        /// The role.
        role: RoleId,
        /// How many other users hold the role and would gain it too.
        others: u64,
    },
    /// Make the permission public: everybody gains it.
    MakePublic,
    /// The resource does not exist; it must be created before anyone but `%All` can hold it.
    CreateResource,
}

/// Why one permission on a resource is held or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The permission asked for.
    pub permission: Permissions,
    /// Everyone holds it.
    pub public: bool,
    /// The shortest chains, at most [`CHAINS_SHOWN`].
    pub chains: Vec<Chain>,
    /// How many chains there are in all.
    pub total: u64,
    /// What would grant it where nothing does, smallest change first, at most [`REMEDIES_SHOWN`].
    pub remedies: Vec<Remedy>,
}

impl Explanation {
    /// Tells whether the permission is held.
    pub fn is_granted(&self) -> bool {
        self.public || self.total > 0
    }
}

/// Explains each of the wanted permissions. `holders` counts the users that hold a role, directly or through others.
pub fn explain(
    policy: &Policy,
    subject: &Subject,
    resource: &str,
    wanted: Permissions,
    holders: &dyn Fn(RoleId) -> u64,
) -> Vec<Explanation> {
    let each = Permissions::EACH.into_iter().filter(|permission| wanted.holds(*permission));
    each.map(|permission| one(policy, subject, resource, permission, holders)).collect()
}

fn one(
    policy: &Policy,
    subject: &Subject,
    resource: &str,
    permission: Permissions,
    holders: &dyn Fn(RoleId) -> u64,
) -> Explanation {
    let public = policy.resource(resource).is_some_and(|found| found.public.holds(permission));
    let goals = goals(policy, resource, permission);
    let (chains, total) = Ways::to(policy, goals).chains(subject);
    let granted = public || total > 0;
    let remedies =
        if granted { Vec::new() } else { remedies(policy, subject, resource, permission, holders) };
    Explanation { permission, public, chains, total, remedies }
}

/// The roles that hold a permission by themselves.
fn goals(policy: &Policy, resource: &str, permission: Permissions) -> BTreeSet<RoleId> {
    let id = policy.resource(resource).map(|found| found.id);
    let holds = |role: &&crate::role::Role| {
        role.origin == Origin::Everything
            || id.and_then(|id| role.privileges.get(&id)).is_some_and(|held| held.holds(permission))
    };
    policy.roles.iter().filter(holds).map(|role| role.id).collect()
}

/// The role graph seen from the roles that hold a permission.
struct Ways<'a> {
    policy: &'a Policy,
    goals: BTreeSet<RoleId>,
    /// Steps from a role to the nearest goal; roles that lead to none are absent.
    distance: BTreeMap<RoleId, usize>,
}

impl<'a> Ways<'a> {
    fn to(policy: &'a Policy, goals: BTreeSet<RoleId>) -> Self {
        let mut granters: BTreeMap<RoleId, Vec<RoleId>> = BTreeMap::new();
        for role in policy.roles.iter() {
            for granted in &role.grants {
                granters.entry(*granted).or_default().push(role.id);
            }
        }
        let mut distance: BTreeMap<RoleId, usize> = goals.iter().map(|goal| (*goal, 0)).collect();
        let mut ring: Vec<RoleId> = goals.iter().copied().collect();
        let mut steps = 0;
        while !ring.is_empty() {
            steps += 1;
            let near = ring.iter().flat_map(|id| granters.get(id).into_iter().flatten().copied());
            let next: BTreeSet<RoleId> = near.filter(|id| !distance.contains_key(id)).collect();
            distance.extend(next.iter().map(|id| (*id, steps)));
            ring = next.into_iter().collect();
        }
        Self { policy, goals, distance }
    }

    /// The shortest chains and the number of all. Partial chains are extended in the order of the length that they
    /// will have at least, so that the work is bounded by what is shown.
    fn chains(&self, subject: &Subject) -> (Vec<Chain>, u64) {
        let starts = (subject.own.iter().map(|id| (*id, false)))
            .chain(subject.from_public.iter().map(|id| (*id, true)));
        let starts: Vec<(RoleId, bool)> = starts.filter(|(id, _)| self.distance.contains_key(id)).collect();
        let mut counted = BTreeMap::new();
        let total =
            starts.iter().fold(0u64, |sum, (id, _)| sum.saturating_add(self.count(*id, &mut counted)));

        let mut queue: BinaryHeap<Reverse<(usize, Vec<RoleId>, bool)>> = BinaryHeap::new();
        for (id, from_public) in starts {
            queue.push(Reverse((self.remaining(id), alloc::vec![id], from_public)));
        }
        let mut chains = Vec::new();
        while let Some(Reverse((_, roles, from_public))) = queue.pop().filter(|_| chains.len() < CHAINS_SHOWN)
        {
            let Some(last) = roles.last().copied() else { continue };
            for next in self.grants(last).filter(|next| !roles.contains(next)) {
                let mut longer = roles.clone();
                longer.push(next);
                queue.push(Reverse((longer.len() + self.remaining(next), longer, from_public)));
            }
            if self.goals.contains(&last) {
                let by_rule = self.policy.role(last).is_some_and(|role| role.origin == Origin::Everything);
                chains.push(Chain { from_public, roles, by_rule });
            }
        }
        (chains, total)
    }

    fn remaining(&self, id: RoleId) -> usize {
        self.distance.get(&id).copied().unwrap_or(usize::MAX / 2)
    }

    fn grants(&self, id: RoleId) -> impl Iterator<Item = RoleId> {
        let grants = self.policy.role(id).map(|role| role.grants.as_slice()).unwrap_or_default();
        grants.iter().copied().filter(|next| self.distance.contains_key(next))
    }

    /// How many chains begin at a role, with what is known kept; a role met again on its own way counts nothing.
    fn count(&self, id: RoleId, counted: &mut BTreeMap<RoleId, u64>) -> u64 {
        if let Some(known) = counted.get(&id) {
            return *known;
        }
        counted.insert(id, 0);
        let own = u64::from(self.goals.contains(&id));
        let all = self.grants(id).fold(own, |sum, next| sum.saturating_add(self.count(next, counted)));
        counted.insert(id, all);
        all
    }
}

/// Ranked by how many privileges of how many users are gained beside the one that is wanted.
fn remedies(
    policy: &Policy,
    subject: &Subject,
    resource: &str,
    permission: Permissions,
    holders: &dyn Fn(RoleId) -> u64,
) -> Vec<Remedy> {
    let Some(found) = policy.resource(resource) else {
        return alloc::vec![Remedy::CreateResource];
    };
    let held = policy.closure(subject.roles());
    let mut ranked = alloc::vec![(0, Remedy::NewRole), (u64::MAX, Remedy::MakePublic)];
    for role in policy.roles.iter().filter(|role| !held.contains(role.id) && !role.escalation_only) {
        let gained = policy.closure([role.id]);
        if policy.effective(&gained, found.name.as_str()).holds(permission) {
            let extra = gain(policy, &held, &gained);
            // Everything is more than any number of privileges and less than everybody.
            let gained = u64::try_from(extra).unwrap_or(u64::MAX).min(u64::MAX - 1);
            ranked.push((gained, Remedy::GiveRole { role: role.id, extra }));
        }
    }
    for role in held.iter().filter_map(|id| policy.role(id)).filter(|role| role.is_editable()) {
        let others = holders(role.id).saturating_sub(1);
        ranked.push((others, Remedy::ExtendRole { role: role.id, others }));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, remedy)| remedy).take(REMEDIES_SHOWN).collect()
}

/// How many permissions beside the wanted one the holder of some roles would gain with others.
fn gain(policy: &Policy, held: &crate::policy::Closure, gained: &crate::policy::Closure) -> usize {
    if gained.has_all() {
        return usize::MAX;
    }
    let new = |resource: &crate::resource::Resource| {
        let name = resource.name.as_str();
        let more = policy.effective(gained, name) & !policy.effective(held, name);
        more.bits().count_ones() as usize
    };
    policy.resources.iter().map(new).sum::<usize>().saturating_sub(1)
}
