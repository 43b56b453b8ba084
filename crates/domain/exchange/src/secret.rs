//! Passwords on their way from a file to the rules that hash them.

use core::fmt;
use zeroize::Zeroizing;

/// A password as a file gives it: wiped when dropped, and shown by nothing but [`Password::expose`].
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes a text over. Only the given string can be wiped: its owner must not have let it grow, which would leave
    /// copies behind.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Shows the text, to a function that must not keep a copy.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_shows_nothing_and_is_wiped() {
        fn wipes<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let password = Password::new("hunter2".to_owned());
        wipes(&password.0);
        assert_eq!(format!("{password:?} {:?}", Some(&password)), "Password(..) Some(Password(..))");
        assert_eq!(password.expose(), "hunter2");
    }
}
