//! What is known of the logins of a user: the last one, and the failures since (`security-users.md` section 3).

use crate::engine::Engine;
use crate::recorder::Deed;
use sclera_authn::account;
use sclera_core::id::UserId;
use sclera_core::time::Timestamp;
use sclera_store::port::{Activity, Store, Stored};

/// The last login of a user, the last attempt that failed, and how many failed since the last success.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoginRecord {
    /// When the last login was.
    pub login_at: Option<Timestamp>,
    /// The device or address of the last login.
    pub login_device: String,
    /// The service of the last login.
    pub login_service: String,
    /// When the last attempt failed.
    pub failed_at: Option<Timestamp>,
    /// The device or address of the last failure.
    pub failed_device: String,
    /// The service of the last failure.
    pub failed_service: String,
    /// The error of the last failure.
    pub failed_status: String,
    /// Failures since the last success.
    pub failures: i64,
    /// Failures have disabled the account.
    pub locked: bool,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The record of a user; that of one who never tried is empty.
    pub(crate) fn login_record(&self, user: UserId) -> Stored<LoginRecord> {
        let kept = self.logins_of(user)?;
        let system = &self.settings()?.policy.system;
        Ok(LoginRecord {
            locked: account::closes(&kept, system, self.lockout()?),
            login_at: kept.login_at,
            login_device: kept.login_device,
            login_service: kept.login_service,
            failed_at: kept.invalid_at,
            failed_device: kept.invalid_device,
            failed_service: kept.invalid_service,
            failed_status: kept.invalid_status,
            failures: kept.invalid_attempts.into(),
        })
    }

    /// Forgets the failures of a user, as an administrator or the helpdesk asks.
    pub(crate) fn forget_failures(&self, user: UserId) -> Stored<()> {
        self.recorder.perform(Deed::Enabled { user, at: self.world.now() }).map(drop)
    }
}
