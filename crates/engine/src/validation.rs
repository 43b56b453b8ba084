//! The validation routine of a site: a rule of its own for new passwords (`security-users.md` 7.2).
//!
//! The setting `PasswordValidationRoutine` names it. It is asked after the rules of the product, with the name of the
//! user in lower case and the password. Where it cannot be asked, the password is refused.

use sclera_authn::secret::Secret;

/// Asks a validation routine.
pub trait Validation: Send + Sync + 'static {
    /// Asks the routine of a name about a password for a user; refused with what the routine says, in one line.
    fn validate(&self, routine: &str, user: &str, password: &Secret) -> Result<(), String>;
}

/// What is there where no routine can be asked.
pub(crate) struct NoRoutines;

impl Validation for NoRoutines {
    fn validate(&self, _: &str, _: &str, _: &Secret) -> Result<(), String> {
        Err("this instance cannot ask validation routines".to_owned())
    }
}
