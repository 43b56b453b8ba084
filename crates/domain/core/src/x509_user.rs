//! Which user a certificate stands for (`security-classes.md`, X509Users): kept for exports and comparisons, as in the
//! original, where nothing goes by it yet; gates go by the common name.

use crate::id::X509UserId;
use crate::name::X509UserName;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::string::String;

/// The user of a certificate, by the distinguished name of its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the property of its name in `FIELDS`")]
pub struct X509User {
    pub id: X509UserId,
    /// `LookupKey`.
    pub name: X509UserName,
    pub username: String,
    pub enabled: bool,
    pub comment: String,
}

impl X509User {
    /// An enabled one without a user.
    pub const fn new(id: X509UserId, name: X509UserName) -> Self {
        Self { id, name, username: String::new(), enabled: true, comment: String::new() }
    }
}

impl Class for X509User {
    const NAME: &'static str = "Security.X509Users";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Username" text(160) username),
        field!(Open "Enabled" boolean enabled),
        field!(Open "Comment" text(128) comment),
    ];
}
