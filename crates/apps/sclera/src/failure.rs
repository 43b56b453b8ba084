//! Failures of a command and the exit codes they end with.

use sclera::{OpenError, Refusal, Status, StoreError, Unread};
use std::fmt;
use std::path::Path;

/// Denied, different, findings.
pub(crate) const NEGATIVE: u8 = 1;
/// A wrong call.
pub(crate) const USAGE: u8 = 2;
/// Rejected: a bad value, not found, exists, not privileged.
pub(crate) const REJECTED: u8 = 3;
/// The environment: store unreachable, file unreadable.
pub(crate) const ENVIRONMENT: u8 = 4;

/// Why a command did not do what it should.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was called wrongly.
    Usage(String),
    /// What it was asked for was refused.
    Rejected {
        /// The error number of the model, or a word of ours.
        code: String,
        /// What was refused and why.
        message: String,
        /// What to do about it.
        help: &'static str,
    },
    /// Something around it does not work.
    Environment(String),
}

impl Failure {
    /// A bad value that is no business of the model.
    pub(crate) fn bad_value(message: impl Into<String>) -> Self {
        Self::Rejected { code: "BadValue".to_owned(), message: message.into(), help: "" }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::Environment(format!("{}: {error}", path.display()))
    }

    /// The code the process ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Rejected { .. } => REJECTED,
            Self::Environment(_) => ENVIRONMENT,
        }
    }

    /// The code that programs read.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Usage(_) => "Usage",
            Self::Rejected { code, .. } => code,
            Self::Environment(_) => "Environment",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Environment(message) | Self::Rejected { message, help: "", .. } => {
                f.write_str(message)
            }
            Self::Rejected { message, help, .. } => write!(f, "{}; {help}", message.trim_end_matches('.')),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let number = refusal.number();
        match &refusal {
            Refusal::Store(error) => Self::from(error.clone()),
            Refusal::Unread(why) => Self::Environment(why.clone()),
            _ => Self::Rejected {
                code: number.map(|number| number.to_string()).unwrap_or_default(),
                message: refusal.to_string(),
                help: number.map_or("", help),
            },
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::from(Refusal::from(status))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Environment(error.to_string())
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        Self::Environment(unread.0)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Refused(refusal) => Self::from(refusal),
            OpenError::Exists(_) => {
                Self::Rejected { code: "Exists".to_owned(), message: error.to_string(), help: "" }
            }
            other => Self::Environment(other.to_string()),
        }
    }
}

/// What to do about the more frequent refusals.
fn help(number: u16) -> &'static str {
    match number {
        838 => "see `sclera user list`",
        883 => "see `sclera role list`",
        892 => "see `sclera resource list`",
        809 => "see `sclera service list`",
        869 => "see `sclera application list`",
        837 | 884 | 891 | 867 => "choose another name, or use `modify`",
        840 => "give %All to another user that can log in first",
        841 | 880 | 890 | 870 => "disable it or take its privileges away instead",
        845 => "choose another password",
        897 => "permissions are R, W, U or READ, WRITE, USE, as in `Resource:RW`",
        942 => "choose another name",
        944 => "write a day as YYYY-MM-DD",
        _ => "",
    }
}
