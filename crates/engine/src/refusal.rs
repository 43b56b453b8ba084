//! Why a use case did not do what was asked.

use sclera_core::status::{Code, Status};
use sclera_store::port::StoreError;
use std::fmt;

/// A use case was refused; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The session does not hold the privilege that the use case asks.
    NotPrivileged {
        /// The privilege, as in `%Admin_Secure:USE`.
        privilege: String,
    },
    /// Who asked could not be admitted. Nobody outside learns more than this; the event log says why.
    NotAdmitted,
    /// Too many try at once, or one tries too often: the attempt was not looked at, and can be made again later.
    TooMany,
    /// The caller went away, or did not answer in time.
    GaveUp(Code),
    /// The session was ended.
    SessionEnded,
    /// The session was not used for too long; whoever proves again who it is goes on with it.
    SessionLocked,
    /// The password was right and must be changed before anything else.
    PasswordChangeRequired,
    /// A rule of the model refused.
    Rule {
        /// What it said.
        status: Status,
        /// Which of several changes it was about, as the caller named it; empty for a single one.
        place: String,
    },
    /// What was to be imported could not be read a second time as at the first, for this reason.
    Unread(String),
    /// The store could not do its part.
    Store(StoreError),
}

impl Refusal {
    /// The number shown with the refusal, where it has one.
    pub fn number(&self) -> Option<u16> {
        match self {
            Self::NotPrivileged { .. }
            | Self::NotAdmitted
            | Self::TooMany
            | Self::SessionEnded
            | Self::SessionLocked => Some(Code::AccessDenied.number()),
            Self::GaveUp(code) => Some(code.number()),
            Self::PasswordChangeRequired => Some(Code::PasswordChangeRequired.number()),
            Self::Rule { status, .. } => Some(status.root().code().number()),
            Self::Unread(_) | Self::Store(_) => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPrivileged { privilege } => {
                write!(f, "{} (this needs the privilege {privilege})", Status::plain(Code::AccessDenied))
            }
            Self::NotAdmitted => fmt::Display::fmt(&Status::plain(Code::AccessDenied), f),
            Self::TooMany => {
                write!(f, "{} (too many attempts; try again later)", Status::plain(Code::AccessDenied))
            }
            Self::SessionEnded => write!(f, "{} (the session was ended)", Status::plain(Code::AccessDenied)),
            Self::SessionLocked => {
                write!(f, "{} (the session is locked; authenticate again)", Status::plain(Code::AccessDenied))
            }
            Self::GaveUp(code) => fmt::Display::fmt(&Status::plain(*code), f),
            Self::PasswordChangeRequired => {
                fmt::Display::fmt(&Status::plain(Code::PasswordChangeRequired), f)
            }
            Self::Rule { status, place } if place.is_empty() => fmt::Display::fmt(status, f),
            Self::Rule { status, place } => write!(f, "{place}: {status}"),
            Self::Unread(why) => f.write_str(why),
            Self::Store(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::Rule { status, place: String::new() }
    }
}
