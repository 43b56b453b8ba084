//! Audit events: what may be recorded, and whether it is (`security-classes.md` section 8).

use crate::change::Kind as Changed;
use crate::id::EventId;
use crate::name::{EventName, same};
use crate::property::{Access, Class, Field, Kind, field};
use alloc::string::String;

/// An audit event, named `Source/Type/Name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its name; fixed.
    pub name: EventName,
    /// What it tells.
    pub description: String,
    /// It is recorded.
    pub enabled: bool,
    /// Bit 0: made by the system.
    pub flags: i64,
}

/// The bit of `Flags` of an event that the system made.
pub const SYSTEM: i64 = 1;

impl Event {
    /// An event that is recorded, as the class initially makes one of a user.
    pub fn new(id: EventId, name: EventName) -> Self {
        Self { id, name, description: String::new(), enabled: true, flags: 0 }
    }

    /// Tells whether it was made by the system and so cannot be deleted.
    pub const fn is_system(&self) -> bool {
        self.flags & SYSTEM != 0
    }
}

/// Tells whether an event is recorded whatever the settings say: changes stand in the journal, which is always on, and
/// so does what happens to the audit trail itself.
pub fn is_always_recorded(title: &str) -> bool {
    let mut parts = title.split('/');
    let names = [parts.next(), parts.next(), parts.next()].map(Option::unwrap_or_default);
    let [source, kind, name] = names;
    same(source, "%System")
        && ((same(kind, "%Security") && Changed::EACH.iter().any(|changed| same(changed.event(), name)))
            || (same(kind, "%System") && same(name, "AuditRecordLost")))
}

impl Class for Event {
    const NAME: &'static str = "Security.Events";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "Enabled" boolean enabled),
        field!(System "Flags" integer(0, 3) flags),
    ];
}
