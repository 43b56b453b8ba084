//! What somebody shows for a password that is kept here: the password itself, or a proof that does not show it.

use crate::password::{self, Derivation, Verdict};
use crate::scram;
use crate::secret::Secret;
use sclera_core::user::Credential;
use std::sync::Arc;

/// What somebody shows.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// The password, as typed.
    Password(Arc<Secret>),
    /// A proof of it by SCRAM-SHA-256.
    Scram(Arc<scram::Proof>),
}

impl Evidence {
    /// Compares it with what is kept. Each kind of evidence costs the same whatever is kept.
    pub fn verify(&self, kept: &Credential, target: Derivation) -> Verdict {
        match self {
            Self::Password(password) => password::verify(kept, password, target),
            Self::Scram(proof) => scram::verify(kept, proof, target),
        }
    }

    /// The password, where it is shown.
    pub const fn password(&self) -> Option<&Arc<Secret>> {
        match self {
            Self::Password(password) => Some(password),
            Self::Scram(_) => None,
        }
    }

    /// The proof, where the password is not shown.
    pub const fn proof(&self) -> Option<&Arc<scram::Proof>> {
        match self {
            Self::Password(_) => None,
            Self::Scram(proof) => Some(proof),
        }
    }
}
