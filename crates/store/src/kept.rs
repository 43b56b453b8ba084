//! What is kept for a while beside the log of what happens: sessions that tokens carry, the keys that sign them, login
//! cookies, and credentials of machines. What stands in it is for the engine to say; a store finds it by kind and id.
//!
//! It stands in no journal, for it changes with every refresh. So each of it carries a seal of its own, which only the
//! holder of the key can make: whoever can write the file cannot give a session another user, or a credential a later
//! end. That something was put back as it stood before is not told by a seal.

use crate::chain::{Hash, Key};
use sclera_core::time::Timestamp;
use subtle::ConstantTimeEq;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Keeping {
    /// A session that tokens carry.
    Session = 1,
    /// A key that signs tokens.
    SigningKey = 2,
    /// A credential of a machine.
    Machine = 3,
    /// A login cookie.
    LoginCookie = 4,
}

impl Keeping {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Session, Self::SigningKey, Self::Machine, Self::LoginCookie];

    /// What it is called where it is told of.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::SigningKey => "signing key",
            Self::Machine => "credential",
            Self::LoginCookie => "login cookie",
        }
    }
}

/// Something that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is.
    pub keeping: Keeping,
    /// Its id among those of its kind.
    pub id: [u8; 16],
    /// From when on it may go; none where it is kept until it is dropped.
    pub until: Option<Timestamp>,
    /// What stands in it: JSON.
    pub text: String,
    /// The seal over all of it.
    pub seal: Hash,
}

impl Kept {
    /// Seals what is to be kept.
    pub fn new(keeping: Keeping, id: [u8; 16], until: Option<Timestamp>, text: String, key: &Key) -> Self {
        let unsealed = Self { keeping, id, until, text, seal: Hash::default() };
        Self { seal: unsealed.seal_by(key), ..unsealed }
    }

    /// Tells whether the holder of the key sealed it as it is. What is not so must count for nothing.
    pub fn is_genuine(&self, key: &Key) -> bool {
        self.seal_by(key).ct_eq(&self.seal).into()
    }

    fn seal_by(&self, key: &Key) -> Hash {
        let until = self.until.map(|until| until.micros().to_be_bytes());
        let until = until.as_ref().map_or(&[][..], |until| until.as_slice());
        key.digest("kept", &[&[self.keeping as u8], &self.id, until, self.text.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_what_it_was_made_over_and_for_nothing_else() {
        let key = Key::new([7; 32]);
        let made = |until| Kept::new(Keeping::Session, [1; 16], until, "{}".to_owned(), &key);
        let kept = made(Some(Timestamp::from_micros(5)));
        assert!(kept.is_genuine(&key) && made(None).is_genuine(&key));
        assert!(!kept.is_genuine(&Key::new([8; 32])));
        for other in [
            Kept { keeping: Keeping::Machine, ..kept.clone() },
            Kept { id: [2; 16], ..kept.clone() },
            Kept { until: Some(Timestamp::from_micros(6)), ..kept.clone() },
            Kept { until: None, ..kept.clone() },
            Kept { text: "{ }".to_owned(), ..kept.clone() },
            Kept { seal: [0; 32], ..kept },
        ] {
            assert!(!other.is_genuine(&key), "{other:?}");
        }
    }
}
