//! The decision once more: slow, obvious, and written from `authorization.md` section 11 alone.
//!
//! It knows names as texts and permissions as words, looks everything up by going through lists, and has its own
//! reading of permissions (PRM-4), its own idea of equal names (RES-5, ROL-2) and its own way through role graphs
//! (ROL-5). Nothing of it is shared with the product, so that where both agree, both would have to be wrong alike.

use std::collections::BTreeSet;

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are the words of the model")]
pub enum Permission {
    Read,
    Write,
    Use,
}

/// A set of permissions.
pub type Set = BTreeSet<Permission>;

/// A resource and what everybody holds on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the words of the model")]
pub struct Resource {
    pub name: String,
    pub public: Set,
}

/// A role, what is stored on it, and the roles it grants.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the words of the model")]
pub struct Role {
    pub name: String,
    pub privileges: Vec<(String, Set)>,
    pub grants: Vec<String>,
    pub is_all: bool,
}

/// A user and the roles of his own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the words of the model")]
pub struct User {
    pub name: String,
    pub roles: Vec<String>,
}

/// Everything a decision is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "they are the words of the model")]
pub struct World {
    pub resources: Vec<Resource>,
    pub roles: Vec<Role>,
    pub users: Vec<User>,
    /// The roles of `_PUBLIC`, which everybody gets.
    pub roles_of_public: Vec<String>,
}

impl World {
    /// What a process with these roles holds on a resource.
    pub fn effective(&self, roles: &[String], resource: &str) -> Set {
        let reached = self.closure(roles);
        if reached.iter().any(|role| role.is_all) {
            return everything();
        }
        let Some(found) = self.resources.iter().find(|known| same(&known.name, resource)) else {
            return Set::new();
        };
        let mut set = found.public.clone();
        for role in reached {
            for (name, held) in &role.privileges {
                if same(name, resource) {
                    set.extend(held);
                }
            }
        }
        set
    }

    /// Whether a process with these roles holds everything that a text names.
    pub fn granted(&self, roles: &[String], resource: &str, wanted: &str) -> bool {
        if self.closure(roles).iter().any(|role| role.is_all) {
            return true;
        }
        match permissions(wanted) {
            None => false,
            Some(wanted) if wanted.is_empty() => false,
            Some(wanted) => wanted.is_subset(&self.effective(roles, resource)),
        }
    }

    /// `CheckUserPermission` with two arguments.
    pub fn check1(&self, user: &str, resource: &str) -> String {
        self.login(user).map(|roles| words(&self.effective(&roles, resource))).unwrap_or_default()
    }

    /// `CheckUserPermission` with three arguments.
    pub fn check2(&self, user: &str, resource: &str, wanted: &str) -> String {
        let granted = self.login(user).is_some_and(|roles| self.granted(&roles, resource, wanted));
        one_or_nought(granted)
    }

    /// `CheckRolesPermission`, in both forms.
    pub fn check_roles(&self, roles: &str, resource: &str, wanted: Option<&str>) -> String {
        let roles: Vec<String> =
            roles.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        let known = roles.iter().all(|name| self.role(name).is_some());
        match wanted {
            None if known => words(&self.effective(&roles, resource)),
            None => String::new(),
            Some(wanted) => one_or_nought(known && self.granted(&roles, resource, wanted)),
        }
    }

    /// The roles of a user's login: his own and those of `_PUBLIC`.
    pub fn login(&self, user: &str) -> Option<Vec<String>> {
        let user = self.users.iter().find(|known| same(&known.name, user))?;
        Some(user.roles.iter().chain(&self.roles_of_public).cloned().collect())
    }

    fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|known| same(&known.name, name))
    }

    /// The roles and all that they lead to.
    pub fn closure(&self, roles: &[String]) -> Vec<&Role> {
        let mut reached = Vec::new();
        for name in roles {
            self.reach(name, &mut reached);
        }
        reached
    }

    fn reach<'a>(&'a self, name: &str, reached: &mut Vec<&'a Role>) {
        if let Some(role) = self.role(name)
            && !reached.iter().any(|known| same(&known.name, name))
        {
            reached.push(role);
            for granted in &role.grants {
                self.reach(granted, reached);
            }
        }
    }
}

/// All three permissions.
pub fn everything() -> Set {
    [Permission::Read, Permission::Write, Permission::Use].into()
}

/// The form that `Check` shows: full words with commas, in the order Read, Write, Use.
pub fn words(set: &Set) -> String {
    let word = |permission: &Permission| match permission {
        Permission::Read => "READ",
        Permission::Write => "WRITE",
        Permission::Use => "USE",
    };
    set.iter().map(word).collect::<Vec<_>>().join(",")
}

/// Reads a permission text (PRM-4): what is between commas is a run of words and letters, in any letter case. Every
/// whole word is first marked by a small letter; then nothing but marks and single letters may be left.
pub fn permissions(text: &str) -> Option<Set> {
    let mut set = Set::new();
    for piece in text.split(',') {
        let capitals: String = piece.trim().chars().map(|c| c.to_ascii_uppercase()).collect();
        let marked = capitals.replace("READ", "r").replace("WRITE", "w").replace("USE", "u");
        if marked.is_empty() {
            return None;
        }
        for mark in marked.chars() {
            set.insert(match mark {
                'r' | 'R' => Permission::Read,
                'w' | 'W' => Permission::Write,
                'u' | 'U' => Permission::Use,
                _ => return None,
            });
        }
    }
    Some(set)
}

/// Whether two texts name the same thing: blanks around them and letter case do not matter.
pub fn same(one: &str, other: &str) -> bool {
    one.trim().chars().flat_map(char::to_lowercase).eq(other.trim().chars().flat_map(char::to_lowercase))
}

fn one_or_nought(granted: bool) -> String {
    if granted { "1" } else { "0" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification() {
        for text in ["WRITE,READ", "W,R", "R,Write", "read,w", "RW", "RWRITE", "WRITEREAD", " R , W "] {
            assert_eq!(permissions(text).map(|set| words(&set)).as_deref(), Some("READ,WRITE"), "{text}");
        }
        assert_eq!(permissions("USER"), permissions("U,R"));
        assert_eq!(permissions("RUSE"), permissions("R,U"));
        for text in ["", "X", "READX", "R,,W", "R;W", "EAD", "R,", ","] {
            assert_eq!(permissions(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_cycle_ends() {
        let role = |name: &str, grants: &str| Role {
            name: name.to_owned(),
            privileges: Vec::new(),
            grants: vec![grants.to_owned()],
            is_all: false,
        };
        let world = World { roles: vec![role("A", "B"), role("B", "a")], ..World::default() };
        assert_eq!(world.closure(&["A".to_owned()]).len(), 2);
    }
}
