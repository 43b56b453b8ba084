//! What an admission asks a person, and what comes back.

use crate::scram::{Challenge, Proof};
use crate::secret::Secret;
use sclera_core::status::Status;
use sclera_core::time::Timestamp;
use zeroize::Zeroizing;

/// A question to whoever is at the gate.
#[derive(Debug)]
pub enum Question {
    /// Name and password: [`Reply::Credentials`]. Both empty is nobody in particular.
    Credentials,
    /// The code of an authenticator: [`Reply::Code`]. With a key to be shown first, if it is the first time.
    OneTimeCode {
        /// The key to be taken over into an authenticator, once.
        show: Option<Provision>,
    },
    /// The code that was sent by text message: [`Reply::Code`] or [`Reply::Resend`].
    SentCode {
        /// Until when it is good.
        until: Timestamp,
        /// How often it can be sent again.
        resends: u8,
    },
    /// A new password, because the one that was right cannot be used any longer: [`Reply::NewPassword`].
    NewPassword {
        /// Why, or what was wrong with the last one.
        why: Status,
    },
    /// The next token of a Kerberos client: [`Reply::Kerberos`].
    Kerberos(Vec<u8>),
    /// What the password is to be worked on with: [`Reply::Scram`]. It is the same whether or not there is such an
    /// account.
    Scram(Challenge),
}

/// A key for an authenticator.
#[derive(Clone)]
pub struct Provision {
    /// `otpauth://totp/…`, for a QR code; it holds the key.
    pub uri: Zeroizing<String>,
    /// The key in Base32, to be typed.
    pub key: Zeroizing<String>,
    /// Who issues it.
    pub issuer: String,
    /// For which account.
    pub account: String,
}

impl core::fmt::Debug for Provision {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Provision({}, {})", self.issuer, self.account)
    }
}

/// What came back.
#[derive(Debug)]
pub enum Reply {
    /// A name and a password.
    Credentials {
        /// The name.
        name: String,
        /// The password.
        password: Secret,
    },
    /// A code.
    Code(Secret),
    /// The code is to be sent again.
    Resend,
    /// A new password.
    NewPassword(Secret),
    /// A token.
    Kerberos(Vec<u8>),
    /// A proof of the password.
    Scram(Proof),
    /// A proof that is bound to another connection than this one, or to none where it could have been: somebody may stand
    /// between the two.
    Unbound,
    /// Nothing: the person went away.
    Aborted,
    /// Nothing in time.
    TimedOut,
}
