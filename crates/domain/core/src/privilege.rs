//! Privileges: a resource with permissions, and lists of them.
//!
//! A list is written `MyResource:RW,MyResource1:RWU`; since the comma separates pairs, the permissions of one pair
//! stand as a run. Blanks around names and permissions are ignored (`authorization.md` PVL-1, PVL-2).

use crate::id::ResourceId;
use crate::permission::Permissions;
use crate::property::Directory;
use crate::status::{Code, Status};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One `resource:permissions` pair as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The resource, blanks removed, not looked up.
    pub resource: String,
    /// The permissions; empty where none are given.
    pub permissions: Permissions,
}

/// Splits a list into its pairs; empty elements are skipped, a pair without a colon is refused.
pub fn pairs(text: &str) -> Result<Vec<Pair>, Status> {
    crate::name::list(text).map(pair).collect()
}

/// Reads one privilege such as `AppData:RW`.
pub fn pair(text: &str) -> Result<Pair, Status> {
    let (resource, permissions) = text.split_once(':').unwrap_or((text, "?"));
    let (resource, letters) = (resource.trim(), permissions.trim());
    let invalid =
        || Status::new(Code::InvalidPermission, [if permissions == "?" { "" } else { letters }, resource]);
    if resource.is_empty() {
        return Err(Status::new(Code::InvalidResourceName, [text]));
    }
    let permissions = Permissions::from_property(letters).map_err(|_| invalid())?;
    Ok(Pair { resource: resource.to_owned(), permissions })
}

/// Reads a list for storing in a role (PVL-3 to PVL-5): every resource exists and stands once; a pair without
/// permissions is no privilege and is left out; Write brings Read on database resources (PRM-8).
pub(crate) fn privileges(
    text: &str,
    directory: &dyn Directory,
) -> Result<BTreeMap<ResourceId, Permissions>, Status> {
    let mut held = BTreeMap::new();
    for Pair { resource, permissions } in pairs(text)? {
        let unknown = || Status::new(Code::ResourceDoesNotExist, [resource.as_str()]);
        let (id, database) = directory.resource_named(&resource).ok_or_else(unknown)?;
        let permissions = if database { permissions.on_database() } else { permissions };
        if held.insert(id, permissions).is_some() {
            return Err(Status::new(Code::DuplicateResource, [resource]));
        }
    }
    held.retain(|_, permissions| !permissions.is_empty());
    Ok(held)
}

/// The privileges that the Requires keyword names: all of them must be held (`authorization.md` section 13).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requirement(Vec<Pair>);

impl Requirement {
    /// Reads the value of the keyword; the same resource twice asks for both. An empty value requires nothing.
    pub fn parse(text: &str) -> Result<Self, Status> {
        let mut required: Vec<Pair> = Vec::new();
        for pair in text.split(',').filter(|_| !text.trim().is_empty()).map(|one| self::pair(one.trim())) {
            let pair = pair?;
            if pair.permissions.is_empty() {
                return Err(Status::new(Code::InvalidPermission, ["", pair.resource.as_str()]));
            }
            match required.iter_mut().find(|known| crate::name::same(&known.resource, &pair.resource)) {
                Some(known) => known.permissions |= pair.permissions,
                None => required.push(pair),
            }
        }
        Ok(Self(required))
    }

    /// What a compiler has read already: the pairs of a parsed value.
    pub fn of<const N: usize>(pairs: [(&str, Permissions); N]) -> Self {
        let pair = |(resource, permissions): (&str, _)| Pair { resource: resource.to_owned(), permissions };
        Self(pairs.into_iter().map(pair).collect())
    }

    /// Adds what an overriding method requires to what is inherited: nothing removes a requirement (REQ-5).
    #[must_use]
    pub fn and(mut self, own: Self) -> Self {
        self.0.extend(own.0);
        self
    }

    /// The pairs, all of which must be held.
    pub fn pairs(&self) -> &[Pair] {
        &self.0
    }
}

/// The value as a list, in the form of PVL-1.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, pair) in self.0.iter().enumerate() {
            let comma = if position > 0 { "," } else { "" };
            write!(f, "{comma}{}:{}", pair.resource, pair.permissions)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_take_blanks_words_and_runs() {
        let list = pairs("%DB_SALES: Read, %DB_MARKETING :Write,,X:RWRITE").unwrap();
        let shown: Vec<_> = list.iter().map(|p| alloc::format!("{}:{}", p.resource, p.permissions)).collect();
        assert_eq!(shown, ["%DB_SALES:R", "%DB_MARKETING:W", "X:RW"]);
    }

    #[test]
    fn a_pair_without_permissions_is_told_from_one_without_a_colon() {
        assert!(pair("AppData:").unwrap().permissions.is_empty());
        assert_eq!(pair("AppData").unwrap_err(), Status::new(Code::InvalidPermission, ["", "AppData"]));
        assert_eq!(pair("AppData:RX").unwrap_err(), Status::new(Code::InvalidPermission, ["RX", "AppData"]));
        assert_eq!(pair(":R").unwrap_err().code(), Code::InvalidResourceName);
    }

    #[test]
    fn requirements_unite_and_never_shrink() {
        let both = Requirement::parse("MyResource: Read, MyResource: Write").unwrap();
        assert_eq!(both, Requirement::parse("MyResource:RW").unwrap());
        assert_eq!(both, Requirement::of([("MyResource", Permissions::READ | Permissions::WRITE)]));
        let more = both.clone().and(Requirement::parse("%X:use").unwrap());
        assert_eq!(alloc::string::ToString::to_string(&more), "MyResource:RW,%X:U");
        assert_eq!(both.clone().and(Requirement::parse("").unwrap()), both);
        for bad in ["A", "A:X", "A:R,,B:R", "A:", ","] {
            assert!(Requirement::parse(bad).is_err(), "{bad}");
        }
    }
}
