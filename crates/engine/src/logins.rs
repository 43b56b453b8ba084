//! What is known of the logins of a user: the last one, and the failures since (`security-users.md` section 3).

use crate::engine::Engine;
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
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "logins are not counted yet")]
    pub(crate) fn login_record(&self, _user: UserId) -> Stored<LoginRecord> {
        Ok(LoginRecord::default())
    }

    /// Forgets the failures of a user, as an administrator or the helpdesk asks.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "logins are not counted yet")]
    pub(crate) fn forget_failures(&self, _user: UserId) -> Stored<()> {
        Ok(())
    }
}
