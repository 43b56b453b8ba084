//! What goes wrong between a client and a server.

use core::fmt;
use serde_json::Value;

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server refused.
    Refused(Refusal),
    /// The server was not reached, or did not answer in time.
    Unreachable(String),
    /// What came back is not what the document says.
    Unreadable(String),
    /// The client was set up wrongly, or not far enough.
    Misconfigured(String),
}

/// A refusal of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The status: 401 for whoever is not signed in, 403 for whoever is not privileged.
    pub status: u16,
    /// A number of the model, such as 883, or a word; empty where none was told.
    pub code: String,
    /// What was told; often nothing.
    pub message: String,
}

impl Refusal {
    /// Reads a refusal: a problem of RFC 9457, an envelope of `/api/admin`, or a status alone.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |place: &str| match told.pointer(place) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        if told.get("detail").is_some() {
            return Self { status, code: text("/code"), message: text("/detail") };
        }
        Self { status, code: text("/status/errors/0/code"), message: text("/status/summary") }
    }
}

impl Error {
    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => fmt::Display::fmt(refusal, f),
            Self::Unreachable(why) => write!(f, "the server was not reached: {why}"),
            Self::Unreadable(why) => write!(f, "the answer cannot be read: {why}"),
            Self::Misconfigured(why) => f.write_str(why),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {}", self.status)?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_every_family_are_read() {
        let of = |body: &str| {
            let Refusal { code, message, .. } = Refusal::read(409, body.as_bytes());
            (code, message)
        };
        let told = |code: &str, message: &str| (code.to_owned(), message.to_owned());
        assert_eq!(of(r#"{"code":"822","detail":"Access Denied"}"#), told("822", "Access Denied"));
        let envelope = r#"{"status":{"errors":[{"code":883,"error":"x"}],"summary":"no role"},"result":{}}"#;
        assert_eq!(of(envelope), told("883", "no role"));
        assert_eq!(of(r#"{"status":{"errors":[],"summary":""}}"#), told("", ""));
        for body in ["", "<html>", "[]", "7"] {
            assert_eq!(of(body), told("", ""), "{body}");
        }
    }
}
