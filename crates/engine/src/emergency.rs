//! Emergency access mode (`services.md` section 10): one user, who need not exist, gets in by a password of this run.
//!
//! Whoever may start the process may do it: the right comes from the operating system. What services, mechanisms and users
//! count is decided anew for the run, and nothing of that is stored; afterwards the account is kept, disabled, if there was
//! none of the name. Everybody else is refused, the owner of the files included.

use crate::engine::{Engine, user_named};
use crate::events::{AuditEvent, Origin};
use crate::unattended::Unattended;
use crate::{Door, Refusal};
use sclera_authn::admission::Emergency;
use sclera_authn::password::{Derivation, hash};
use sclera_authn::secret::Secret;
use sclera_core::name::UserName;
use sclera_core::status::{Code, Status};
use sclera_core::user::SYSTEM;
use sclera_store::port::{Activity, Store};
use std::sync::Arc;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Puts the engine into emergency access mode, before it serves anybody.
    pub fn in_emergency(mut self, name: &str, password: &Secret) -> Result<Self, Refusal> {
        let invalid = |why: &dyn std::fmt::Display| Status::new(Code::InvalidUserName, [name]).because(why);
        UserName::new(name).map_err(|fault| invalid(&fault))?;
        if sclera_core::name::same(name, SYSTEM) {
            return Err(invalid(&"it is the name of the system itself").into());
        }
        if password.is_empty() {
            return Err(Status::plain(Code::PasswordDoesNotMatch).because("it is empty").into());
        }
        let target = Derivation::target(&self.settings()?.policy.system);
        let mut salt = vec![0; target.algorithm.salt_length()];
        self.world.fill(&mut salt);
        let credential = Arc::new(hash(password, target, &salt));
        self.emergency = Some(Emergency { name: name.to_owned(), credential });
        // The start goes on where it cannot be recorded.
        let origin = Origin { user: name.to_owned(), ..Origin::default() };
        let _ = self.emit(&origin, &AuditEvent::Start { how: "emergency access mode" });
        Ok(self)
    }

    /// Tells whether this is emergency access mode, and for whom.
    pub fn emergency_user(&self) -> Option<&str> {
        self.emergency.as_ref().map(|emergency| emergency.name.as_str())
    }

    /// Ends it: keeps the account, disabled and with `%All`, if there was none of the name.
    pub fn leave_emergency(&self) -> Result<(), Refusal> {
        let Some(emergency) = &self.emergency else { return Ok(()) };
        let origin = Origin { user: emergency.name.clone(), ..Origin::default() };
        let _ = self.emit(&origin, &AuditEvent::Stop);
        let existed = user_named(&self.store.read()?, &emergency.name)?.is_some();
        if !existed {
            let kept = Unattended::AfterEmergency((*emergency.credential).clone());
            self.unattended(&emergency.name, kept, Door::Command)?;
        }
        Ok(())
    }
}
