//! Document databases (`security-classes.md`, DocDBs): the gate of `%Service_DocDB` asks for what the record of one says.

use crate::id::DocDbId;
use crate::name::DocDbName;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::string::String;

/// A document database of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the property of its name in `FIELDS`")]
pub struct DocDb {
    pub id: DocDbId,
    pub name: DocDbName,
    pub description: String,
    pub enabled: bool,
    pub resource: String,
}

impl DocDb {
    /// An enabled one that asks no resource.
    pub const fn new(id: DocDbId, name: DocDbName) -> Self {
        Self { id, name, description: String::new(), enabled: true, resource: String::new() }
    }
}

impl Class for DocDb {
    const NAME: &'static str = "Security.DocDBs";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "Enabled" boolean enabled),
        field!(Open "Resource" text(64) resource),
    ];
}
