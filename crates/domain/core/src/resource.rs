//! Resources: the names under which assets are protected (`authorization.md` sections 4 and 5).

use crate::id::ResourceId;
use crate::name::{Folded, ResourceName};
use crate::permission::Permissions;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::string::String;

/// The beginning of the name of every resource that protects databases (RES-4).
pub const DATABASE_PREFIX: &str = "%DB_";

/// What a resource protects, as the bit map of the class (RES-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResourceType(u32);

impl ResourceType {
    /// Bit 0: made by the system, cannot be deleted.
    pub const SYSTEM: Self = Self(1);
    /// Bit 1: protects databases.
    pub const DATABASE: Self = Self(1 << 1);
    /// Bit 2: protects a service.
    pub const SERVICE: Self = Self(1 << 2);
    /// Bit 3: an application resource.
    pub const APPLICATION: Self = Self(1 << 3);
    /// Bit 4: Business Intelligence.
    pub const DEEPSEE: Self = Self(1 << 4);
    /// Bit 31: made by a user.
    pub const USER_DEFINED: Self = Self(1 << 31);

    /// The type that a name gives to a resource of one's own (`security-classes.md` U-3).
    pub fn of_name(name: &str) -> Self {
        let begins = |prefix: &str| Folded::of(name).as_str().starts_with(Folded::of(prefix).as_str());
        if begins(DATABASE_PREFIX) {
            Self::DATABASE
        } else if begins("%Service_") {
            Self::SERVICE
        } else {
            Self::USER_DEFINED
        }
    }

    /// The type of a bit map, as stored and exported.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bit map.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Both types at once.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Tells whether all bits of the other type are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The word that lists show; gateways have no bit of their own ([`Resource::type_word`]).
    const fn word(self) -> &'static str {
        if self.has(Self::DATABASE) {
            "Database"
        } else if self.has(Self::SERVICE) {
            "Service"
        } else if self.has(Self::DEEPSEE) {
            "DeepSee"
        } else if self.has(Self::SYSTEM) {
            "System"
        } else {
            "Application"
        }
    }
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Its name; fixed.
    pub name: ResourceName,
    /// What it is for.
    pub description: String,
    /// What everybody holds on it (section 5).
    pub public: Permissions,
    /// What it protects.
    pub kind: ResourceType,
    /// The permissions that mean something on it; what a tool gives when "all" are asked for (PVL-6).
    pub takes: Permissions,
    /// It came with the instance, even if its type does not say so: the resources of interoperability are typed, and
    /// exported, as if a user had made them (Q40).
    pub predefined: bool,
    /// What of it rests on an assumption of ours and on no source.
    pub assumed: String,
}

impl Resource {
    /// A resource without description and public permissions.
    pub fn new(id: ResourceId, name: ResourceName) -> Self {
        let kind = ResourceType::of_name(name.as_str());
        let takes = match kind {
            ResourceType::DATABASE => Permissions::READ | Permissions::WRITE,
            ResourceType::SERVICE => Permissions::USE,
            _ => Permissions::ALL,
        };
        Self {
            id,
            name,
            description: String::new(),
            public: Permissions::NONE,
            kind,
            takes,
            predefined: false,
            assumed: String::new(),
        }
    }

    /// Tells whether it was made by the system and so cannot be deleted (RES-10).
    pub const fn is_system(&self) -> bool {
        self.kind.has(ResourceType::SYSTEM) || self.predefined
    }

    /// The word for its type that lists show (RES-1).
    pub fn type_word(&self) -> &'static str {
        if self.is_system() && self.name.as_str().starts_with("%Gateway_") {
            "Gateway"
        } else {
            self.kind.word()
        }
    }

    /// Tells whether it protects databases.
    pub const fn is_database(&self) -> bool {
        self.kind.has(ResourceType::DATABASE)
    }
}

impl Class for Resource {
    const NAME: &'static str = "Security.Resources";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "PublicPermission" permissions public),
        Field {
            name: "Type",
            access: Access::System,
            kind: Kind::Integer {
                min: 0,
                max: u32::MAX as i64,
                get: |r| i64::from(r.kind.bits()),
                set: |r, v| r.kind = ResourceType::from_bits(u32::try_from(v).unwrap_or_default()),
            },
        },
        field!(Internal "Takes" permissions takes),
        field!(Internal "Predefined" boolean predefined),
        field!(Internal "Assumed" text(256) assumed),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_gives_the_type() {
        assert_eq!(ResourceType::of_name("%db_mine"), ResourceType::DATABASE);
        assert_eq!(ResourceType::of_name("%Service_Mine"), ResourceType::SERVICE);
        assert_eq!(ResourceType::of_name("%Mine").bits(), 2_147_483_648);
        assert_eq!(ResourceType::of_name("DB_X").word(), "Application");
        assert_eq!(ResourceType::SYSTEM.and(ResourceType::DATABASE).word(), "Database");
    }

    #[test]
    fn the_system_owns_what_its_type_or_its_origin_says() {
        let plain = Resource::new(ResourceId(1), ResourceName::predefined("%Ens_Code").unwrap());
        assert!(!plain.is_system());
        assert!(Resource { predefined: true, ..plain.clone() }.is_system());
        assert!(Resource { kind: ResourceType::SYSTEM, ..plain }.is_system());
    }
}
