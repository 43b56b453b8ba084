//! Who could do what before, and who can after: by privilege, not by setting.
//!
//! Users are shown one by one. Those with the same roles before and the same roles after gain and lose the same, so the
//! work is done once for each distinct pair of role sets, however many users there are.

use sclera_core::id::RoleId;
use sclera_core::name::quotable;
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::user::User;
use std::collections::BTreeMap;

/// The most names of users that a group keeps; it counts them all.
pub const NAMES: usize = 20;

/// Everything on every resource, by rule, as it is told in place of a resource.
pub const EVERYTHING: &str = "*";

/// One of the two configurations.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// Its settings.
    pub policy: &'a Policy,
    /// The roles that everybody gets (`authorization.md` USR-2).
    pub public_roles: Vec<RoleId>,
}

/// The comparison of two configurations.
#[derive(Debug)]
pub struct Comparison<'a> {
    before: Side<'a>,
    after: Side<'a>,
    groups: BTreeMap<Pair, Members>,
}

/// The roles before and after; none where nobody can log in with that account.
type Pair = (Option<Vec<RoleId>>, Option<Vec<RoleId>>);

#[derive(Debug, Default)]
struct Members {
    names: Vec<String>,
    count: u64,
}

/// Users that gain and lose the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The first [`NAMES`] of them, in the order in which they were shown; none where it is everybody.
    pub users: Vec<String>,
    /// How many they are; 0 where it is everybody, by what is public.
    pub count: u64,
    /// Their roles before; none where they could not log in.
    pub roles_before: Option<Vec<String>>,
    /// Their roles after.
    pub roles_after: Option<Vec<String>>,
    /// What they gain: resources with permissions, in order.
    pub gains: Vec<(String, Permissions)>,
    /// What they lose.
    pub loses: Vec<(String, Permissions)>,
}

impl<'a> Comparison<'a> {
    /// Begins a comparison.
    pub fn new(before: Side<'a>, after: Side<'a>) -> Self {
        Self { before, after, groups: BTreeMap::new() }
    }

    /// Shows a user as it was and as it is; none where there was or is no such account.
    pub fn user(&mut self, before: Option<&User>, after: Option<&User>) {
        let Some(name) = before.or(after).map(|user| user.name.to_string()) else { return };
        let pair = (
            before.and_then(|user| roles(user, &self.before)),
            after.and_then(|user| roles(user, &self.after)),
        );
        let group = self.groups.entry(pair).or_default();
        group.count += 1;
        if group.names.len() < NAMES {
            group.names.push(name);
        }
    }

    /// What differs: first for everybody, then group by group. Nothing where nobody gains or loses anything.
    pub fn finish(self) -> Vec<Change> {
        let Self { before, after, groups } = self;
        let everybody = change(&before, &after, &(Some(Vec::new()), Some(Vec::new())), Members::default());
        let groups = groups.into_iter().map(|(pair, members)| change(&before, &after, &pair, members));
        let differs = |change: &Change| !(change.gains.is_empty() && change.loses.is_empty());
        std::iter::once(everybody).chain(groups).filter(differs).collect()
    }
}

/// The roles of a login; none of an account that cannot be logged in to.
fn roles(user: &User, side: &Side<'_>) -> Option<Vec<RoleId>> {
    if !user.enabled {
        return None;
    }
    let mut roles: Vec<RoleId> = user.roles.iter().chain(&side.public_roles).copied().collect();
    roles.retain(|id| side.policy.role(*id).is_some());
    roles.sort_unstable();
    roles.dedup();
    Some(roles)
}

fn change(before: &Side<'_>, after: &Side<'_>, pair: &Pair, members: Members) -> Change {
    let (held, holds) = (holdings(before, pair.0.as_deref()), holdings(after, pair.1.as_deref()));
    Change {
        users: members.names,
        count: members.count,
        roles_before: pair.0.as_deref().map(|roles| names(before, roles)),
        roles_after: pair.1.as_deref().map(|roles| names(after, roles)),
        gains: beyond(&holds, &held),
        loses: beyond(&held, &holds),
    }
}

fn names(side: &Side<'_>, roles: &[RoleId]) -> Vec<String> {
    roles.iter().filter_map(|id| side.policy.role(*id)).map(|role| role.name.to_string()).collect()
}

/// What a login with the roles holds, public permissions included, by the name of the resource without regard to case.
type Holdings = BTreeMap<String, (String, Permissions)>;

fn holdings(side: &Side<'_>, roles: Option<&[RoleId]>) -> Holdings {
    let mut held = Holdings::new();
    let Some(roles) = roles else { return held };
    let mut put = |name: &str, permissions: Permissions| {
        let (_, known) =
            held.entry(name.to_lowercase()).or_insert_with(|| (name.to_owned(), Permissions::NONE));
        *known |= permissions;
    };
    let closure = side.policy.closure(roles.iter().copied());
    if closure.has_all() {
        put(EVERYTHING, Permissions::ALL);
        return held;
    }
    for (name, permissions) in side.policy.resource_set(&closure) {
        put(&name, permissions);
    }
    for resource in side.policy.resources.iter().filter(|resource| !resource.public.is_empty()) {
        put(resource.name.as_str(), resource.public);
    }
    held
}

/// What one holds and the other does not. Who holds everything lacks nothing.
fn beyond(these: &Holdings, others: &Holdings) -> Vec<(String, Permissions)> {
    if others.contains_key(EVERYTHING) {
        return Vec::new();
    }
    let missing = |(key, (name, permissions)): (&String, &(String, Permissions))| {
        let other = others.get(key).map(|(_, other)| *other).unwrap_or_default();
        let missing = *permissions & !other;
        (!missing.is_empty()).then(|| (name.clone(), missing))
    };
    these.iter().filter_map(missing).collect()
}

impl Change {
    /// The change in lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.who()];
        let roles = |roles: &Option<Vec<String>>| match roles {
            None => "no login".to_owned(),
            Some(roles) if roles.is_empty() => "no roles".to_owned(),
            Some(roles) => roles.join(","),
        };
        if self.count > 0 && self.roles_before != self.roles_after {
            lines.push(format!("  roles: {} -> {}", roles(&self.roles_before), roles(&self.roles_after)));
        }
        for (sign, privileges) in [('+', &self.gains), ('-', &self.loses)] {
            let told = privileges.iter().map(|(resource, permissions)| match resource.as_str() {
                EVERYTHING => format!("  {sign} everything"),
                resource => format!("  {sign} {}:{permissions}", quotable(resource)),
            });
            lines.extend(told);
        }
        lines
    }

    fn who(&self) -> String {
        let names: Vec<String> = self.users.iter().map(|name| quotable(name)).collect();
        match self.count {
            0 => "everybody".to_owned(),
            1 => names.join(""),
            count if count > names.len() as u64 => {
                format!("{count} users: {}, …", names.join(", "))
            }
            count => format!("{count} users: {}", names.join(", ")),
        }
    }

    /// The change as programs read it.
    pub fn to_json(&self) -> serde_json::Value {
        let privileges = |list: &[(String, Permissions)]| -> Vec<serde_json::Value> {
            let one = |(resource, permissions): &(String, Permissions)| serde_json::json!({ "Resource": resource, "Permissions": permissions.to_string() });
            list.iter().map(one).collect()
        };
        serde_json::json!({
            "Everybody": self.count == 0,
            "Users": self.users,
            "Count": self.count,
            "RolesBefore": self.roles_before,
            "RolesAfter": self.roles_after,
            "Gains": privileges(&self.gains),
            "Loses": privileges(&self.loses),
        })
    }
}
