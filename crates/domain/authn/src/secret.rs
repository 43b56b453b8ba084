//! Secrets: texts that somebody typed and nobody else may read.

use core::fmt;
use zeroize::Zeroizing;

/// A password or code as it was typed: at most 512 bytes of UTF-8, wiped when dropped.
///
/// It cannot be cloned, displayed or serialised, and its debug form shows nothing. Bytes count as they are: no
/// normalisation, no trimming (`authentication.md` DEC-A10).
#[derive(Default)]
pub struct Secret(Zeroizing<String>);

/// A text has more than [`Secret::LIMIT`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretTooLong;

impl Secret {
    /// The most bytes a secret may have; it bounds what an attacker can make a hash function read.
    pub const LIMIT: usize = 512;

    /// Takes a text over; one that is too long is wiped and refused.
    ///
    /// Only the given string can be wiped: its owner must not have let it grow, which would leave copies behind.
    pub fn new(text: String) -> Result<Self, SecretTooLong> {
        let text = Zeroizing::new(text);
        if text.len() > Self::LIMIT { Err(SecretTooLong) } else { Ok(Self(text)) }
    }

    /// A second one of the same text, wiped like the first.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(Zeroizing::new(self.0.as_str().to_owned()))
    }

    /// Shows the text, to a function that must not keep a copy.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Tells whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Display for SecretTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has more than {} bytes", Secret::LIMIT)
    }
}

impl core::error::Error for SecretTooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing() {
        let secret = Secret::new("hunter2".to_owned()).unwrap();
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(..) Some(Secret(..))");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn the_limit_counts_bytes() {
        assert!(Secret::new("x".repeat(512)).is_ok() && Secret::new("ä".repeat(256)).is_ok());
        assert_eq!(Secret::new("x".repeat(513)).unwrap_err(), SecretTooLong);
        assert_eq!(Secret::new("ä".repeat(257)).unwrap_err(), SecretTooLong);
        assert!(Secret::new(String::new()).unwrap().is_empty());
    }

    #[test]
    fn what_holds_the_text_wipes_it() {
        fn wipes<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        wipes(&Secret::new(String::new()).unwrap().0);
    }
}
