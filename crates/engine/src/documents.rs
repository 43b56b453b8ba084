//! Document databases, as the gate before them asks (`security-classes.md`, DocDBs): administration takes `%DocDB_Admin`, and
//! a database of which there is a record takes what that says.

use crate::engine::Engine;
use crate::events::AuditEvent;
use crate::recall::SettingsAtHand;
use crate::web::entered;
use crate::{Refusal, Session};
use sclera_core::decision::Decision;
use sclera_core::name::same;
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::privilege::Requirement;
use sclera_store::port::{Activity, Store};

/// The resource of administration.
const ADMINISTRATION: &str = "%DocDB_Admin";
/// The package of databases whose names tell none.
const PACKAGE: &str = "ISC.DM";

/// What somebody wants of document databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// To list, make or drop them, to say what is looked up by in them, or something that is not known here.
    Administration,
    /// Something in one.
    Database {
        /// Its namespace.
        namespace: String,
        /// Its name, with its package or without.
        name: String,
        /// The permissions that must be held on its resource, if its record names one.
        permissions: Permissions,
    },
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Decides whether a session at an application, with the roles that this gives it, may do what it wants, and records a
    /// refusal as `<PROTECT>`. In a database that is not enabled nobody may do anything. What cannot be read or recorded is
    /// refused.
    pub fn demand_documents(
        &self,
        session: &Session,
        application: &str,
        wanted: &Wanted,
        operation: &str,
    ) -> Result<Decision, Refusal> {
        let session = entered(session.clone(), application);
        if let Some(requirement) = requirement(&self.settings()?.policy, wanted) {
            return self.demand(&session, &requirement, operation);
        }
        let error = format!("<PROTECT> {operation}: the document database is not enabled");
        self.emit_of(&session, &AuditEvent::Protect { privilege: "", error: &error })?;
        Ok(Decision::Denied)
    }

    /// Tells whether [`Engine::demand_documents`] would grant it, if that can be told without waiting.
    pub fn grants_documents_at_hand(&self, session: &Session, application: &str, wanted: &Wanted) -> bool {
        let session = entered(session.clone(), application);
        let Some(SettingsAtHand { settings, .. }) = self.settings_at_hand() else { return false };
        let requirement = requirement(&settings.policy, wanted);
        requirement.is_some_and(|it| self.look(&session).is_some_and(|look| look.meets(&it)))
    }
}

/// What must be held; none where holding is not enough. A database without a record asks for nothing more than to enter.
fn requirement(policy: &Policy, wanted: &Wanted) -> Option<Requirement> {
    let Wanted::Database { namespace, name, permissions } = wanted else {
        return Some(Requirement::of([(ADMINISTRATION, Permissions::USE)]));
    };
    let mut requirement = Requirement::of([]);
    for name in [Some(name.clone()), otherwise(name)].into_iter().flatten() {
        let Some(record) = policy.doc_dbs.named(&format!("{namespace}/{name}")) else { continue };
        if !record.enabled {
            return None;
        }
        if !record.resource.is_empty() {
            requirement = requirement.and(Requirement::of([(record.resource.as_str(), *permissions)]));
        }
    }
    Some(requirement)
}

/// The other name of a database in the package that needs not be told.
fn otherwise(name: &str) -> Option<String> {
    match name.rsplit_once('.') {
        None => Some(format!("{PACKAGE}.{name}")),
        Some((package, rest)) if same(package, PACKAGE) => Some(rest.to_owned()),
        Some(_) => None,
    }
}
