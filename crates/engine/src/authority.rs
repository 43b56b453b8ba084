//! What a session may administer at all: asked before anything else of an operation, and told to whoever signs in.

use crate::engine::Engine;
use crate::{Refusal, Session};
use sclera_core::permission::Permissions;
use sclera_store::port::{Activity, Store};

/// What the resources of administrative privileges begin with.
const ADMINISTRATIVE: &str = "%Admin_";

impl<S: Store, A: Activity> Engine<S, A> {
    /// Refuses a session that holds Use on none of some resources, and records the refusal.
    pub fn authorize(&self, session: &Session, any_of: &[&str], what: &str) -> Result<(), Refusal> {
        session.alive(self.now())?;
        for resource in any_of {
            if self.holds(session, resource, Permissions::USE)? {
                return Ok(());
            }
        }
        let names: Vec<String> =
            any_of.iter().map(|name| format!("{name}:{}", Permissions::USE.words())).collect();
        let privilege = names.join(" or ");
        self.record_denial(session, &privilege, what)?;
        Err(Refusal::NotPrivileged { privilege })
    }

    /// Refuses a session that holds Use on no administrative resource at all, and records the refusal.
    pub fn authorize_administrator(&self, session: &Session, what: &str) -> Result<(), Refusal> {
        session.alive(self.now())?;
        let settings = self.settings()?;
        let all = settings.policy.resources.iter().map(|resource| resource.name.as_str());
        let administrative: Vec<&str> = all.filter(|name| name.starts_with(ADMINISTRATIVE)).collect();
        for resource in administrative {
            if self.holds(session, resource, Permissions::USE)? {
                return Ok(());
            }
        }
        let privilege = format!("{ADMINISTRATIVE}*:{}", Permissions::USE.words());
        self.record_denial(session, &privilege, what)?;
        Err(Refusal::NotPrivileged { privilege })
    }

    /// Whether a session may use administrative resources, by the settings of now; asking records nothing.
    pub fn may_use(&self, session: &Session, resource: &str) -> Result<bool, Refusal> {
        session.alive(self.now())?;
        Ok(self.holds(session, resource, Permissions::USE)?)
    }
}
