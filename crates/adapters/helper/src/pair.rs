//! A name and a password, as a helper is given them: `NAME NUL PASSWORD`.

use sclera_authn::secret::Secret;
use std::ffi::CString;
use zeroize::{Zeroize, Zeroizing};

/// The most bytes of both together.
pub const LONGEST_PAIR: usize = 4_096;

/// A name and a password as a helper is given them; none where no account can have that name, or the password is one that
/// a library in C cannot be given.
pub fn pair(name: &str, password: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let mut given = Zeroizing::new(Vec::with_capacity(name.len() + password.expose().len() + 1));
    given.extend_from_slice(name.as_bytes());
    given.push(0);
    given.extend_from_slice(password.expose().as_bytes());
    Pair::of(&given).map(|_| given)
}

/// The two, as C has them.
pub(crate) struct Pair {
    pub(crate) name: CString,
    pub(crate) password: CString,
}

impl Pair {
    /// Takes them apart. No account has a name with a control character, and a password that holds a zero byte would end
    /// there.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let split = bytes.iter().position(|byte| *byte == 0).filter(|_| bytes.len() <= LONGEST_PAIR)?;
        let (name, password) = (bytes.get(..split)?, bytes.get(split + 1..)?);
        let is_name =
            !name.is_empty() && !name.iter().any(u8::is_ascii_control) && name != b"." && name != b"..";
        if !is_name || name.contains(&b'/') {
            return None;
        }
        Some(Self { name: CString::new(name).ok()?, password: CString::new(password).ok()? })
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.password).into_bytes();
        bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).unwrap()
    }

    #[test]
    fn a_pair_is_read_as_it_was_given() {
        let given = pair("ann", &secret("pass wörd\n")).unwrap();
        let read = Pair::of(&given).unwrap();
        assert_eq!((read.name.to_str(), read.password.to_str()), (Ok("ann"), Ok("pass wörd\n")));
    }

    #[test]
    fn what_a_library_cannot_be_asked_is_no_pair() {
        for name in ["", "a\nb", "a\0b", "a/b", "..", ".", &"x".repeat(LONGEST_PAIR)] {
            assert!(pair(name, &secret("x")).is_none(), "{name:?}");
        }
        assert!(pair("ann", &secret("pass\0word")).is_none());
        assert!(Pair::of(b"ann").is_none() && Pair::of(b"").is_none());
        assert!(pair("ann", &secret("")).is_some(), "an empty password is for the library to refuse");
    }
}
