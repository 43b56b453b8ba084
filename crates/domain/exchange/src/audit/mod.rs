//! Records of the audit trail as other systems read them: JSON lines, OCSF, syslog and OTLP.
//!
//! An [`Entry`] has the columns of the class `%SYS.Audit` (`security-classes.md` section 8.4) and a few of our own. Each
//! form is a pure function of entries; who sends them where is for others to say.

mod json;
mod ocsf;
mod otlp;
mod syslog;

pub use json::json_line;
pub use ocsf::ocsf;
pub use otlp::{LogRecords, otlp_request, rejected};
pub use syslog::{Sender, syslog};

use sclera_core::change::Action;
use sclera_core::time::Timestamp;

/// One record of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `UTCTimeStamp`.
    pub at: Timestamp,
    /// `SystemID`: machine and instance.
    pub system_id: String,
    /// `AuditIndex`: with the other two it tells one record from all others.
    pub index: u64,
    /// `EventSource`, `EventType` and `Event`.
    pub event: [String; 3],
    /// `Username`.
    pub user: String,
    /// What was changed, where it is a change: what was done, to which kind of object, and its name.
    pub change: Option<(Action, &'static str, String)>,
    /// The other columns that have a value, by their names in the class, and our own.
    pub fields: Vec<(String, String)>,
}

/// How much an entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is as it should be.
    Routine,
    /// Settings or users were changed.
    Notable,
    /// Something was refused.
    Refused,
    /// The audit trail itself is concerned.
    Grave,
}

impl Entry {
    /// Source, type and name in one.
    pub fn title(&self) -> String {
        self.event.join("/")
    }

    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How much it matters.
    pub fn weight(&self) -> Weight {
        let [_, _, name] = &self.event;
        match name.as_str() {
            "LoginFailure" | "AccessDenied" | "Protect" | "PrivilegeFailure" => Weight::Refused,
            "AuditRecordLost" | "AuditChange" | "UserEventOverflow" => Weight::Grave,
            _ if self.change.is_some() => Weight::Notable,
            _ => Weight::Routine,
        }
    }

    /// What happened, in one line.
    pub fn summary(&self) -> String {
        let about = self.field("Description").or_else(|| self.field("Status")).unwrap_or_default();
        let about = about.lines().next().unwrap_or_default();
        let [_, _, name] = &self.event;
        let colon = if about.is_empty() { "" } else { ": " };
        format!("{name} by {}{colon}{about}", if self.user.is_empty() { "nobody" } else { &self.user })
    }
}
