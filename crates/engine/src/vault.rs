//! The vault: secrets that must be had back, such as keys of one-time passwords, sealed under a key outside the store.
//!
//! Sealed bytes are a version, a nonce and the ciphertext of XChaCha20-Poly1305, bound to what the secret is and whose.
//! The nonce is a keyed digest of all that goes in, so that the same secret of the same owner always seals to the same
//! bytes, and bringing it in again is no change.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// The key of the vault, and the one before it while not everything is sealed anew.
pub struct Vault {
    key: [u8; 32],
    older: Option<Box<Self>>,
}

/// The bytes were not sealed here, for this purpose and owner, or were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unopenable;

impl Vault {
    /// Takes 32 random bytes.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, older: None }
    }

    /// Adds the key before it, which still opens and never seals.
    #[must_use]
    pub fn after(mut self, older: [u8; 32]) -> Self {
        self.older = Some(Box::new(Self::new(older)));
        self
    }

    /// Seals a secret for a purpose and an owner.
    pub fn seal(&self, purpose: &str, owner: &str, secret: &[u8]) -> Result<Vec<u8>, Unopenable> {
        let aad = bound_to(purpose, owner);
        let nonce = self.nonce(&aad, secret)?;
        let sealed = self.cipher()?.encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &aad });
        Ok([[VERSION].as_slice(), &nonce, &sealed.map_err(|_| Unopenable)?].concat())
    }

    /// Opens what was sealed for a purpose and an owner.
    pub fn open(&self, purpose: &str, owner: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
        let opened = self.open_by_key(purpose, owner, sealed);
        match (&self.older, opened) {
            (Some(older), Err(Unopenable)) => older.open(purpose, owner, sealed),
            (_, opened) => opened,
        }
    }

    /// The same secret sealed by the key of now; none where it is already, and an error where no key opens it.
    pub fn sealed_anew(
        &self,
        purpose: &str,
        owner: &str,
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, Unopenable> {
        if self.open_by_key(purpose, owner, sealed).is_ok() {
            return Ok(None);
        }
        let secret = self.open(purpose, owner, sealed)?;
        self.seal(purpose, owner, &secret).map(Some)
    }

    fn open_by_key(
        &self,
        purpose: &str,
        owner: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unopenable> {
        let (&version, rest) = sealed.split_first().ok_or(Unopenable)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(Unopenable)?;
        if version != VERSION {
            return Err(Unopenable);
        }
        let payload = Payload { msg: ciphertext, aad: &bound_to(purpose, owner) };
        self.cipher()?.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| Unopenable)
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, Unopenable> {
        XChaCha20Poly1305::new_from_slice(&self.key).map_err(|_| Unopenable)
    }

    fn nonce(&self, aad: &[u8], secret: &[u8]) -> Result<[u8; NONCE], Unopenable> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key).map_err(|_| Unopenable)?;
        for part in [b"sclera vault nonce 1".as_slice(), aad, secret] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        digest.first_chunk().copied().ok_or(Unopenable)
    }
}

fn bound_to(purpose: &str, owner: &str) -> Vec<u8> {
    let length = (purpose.len() as u64).to_be_bytes();
    [length.as_slice(), purpose.as_bytes(), owner.as_bytes()].concat()
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_before_opens_and_no_longer_seals() {
        let (old, new) = (Vault::new([7; 32]), Vault::new([8; 32]).after([7; 32]));
        let sealed = old.seal("totp", "ann", b"0123456789").unwrap();
        assert_eq!(new.open("totp", "ann", &sealed).unwrap().as_slice(), b"0123456789");
        assert_eq!(new.open("totp", "bob", &sealed), Err(Unopenable));
        let anew = new.sealed_anew("totp", "ann", &sealed).unwrap().unwrap();
        assert_eq!(anew, Vault::new([8; 32]).seal("totp", "ann", b"0123456789").unwrap());
        assert_eq!(new.sealed_anew("totp", "ann", &anew), Ok(None), "once is enough");
        assert_eq!(old.open("totp", "ann", &anew), Err(Unopenable));
        assert_eq!(new.sealed_anew("totp", "ann", b"nonsense"), Err(Unopenable));
    }

    #[test]
    fn only_what_was_sealed_opens_again() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal("totp", "ann", b"0123456789").unwrap();
        assert_eq!(vault.open("totp", "ann", &sealed).unwrap().as_slice(), b"0123456789");
        assert_eq!(vault.seal("totp", "ann", b"0123456789").unwrap(), sealed, "the same seals to the same");
        assert_ne!(vault.seal("totp", "bob", b"0123456789").unwrap()[1..25], sealed[1..25]);
        assert!(!sealed.windows(10).any(|bytes| bytes == b"0123456789"));
        for (vault, purpose, owner) in [
            (Vault::new([8; 32]), "totp", "ann"),
            (Vault::new([7; 32]), "mail", "ann"),
            (Vault::new([7; 32]), "totp", "bob"),
        ] {
            assert_eq!(vault.open(purpose, owner, &sealed), Err(Unopenable));
        }
        for position in 0..sealed.len() {
            let mut other = sealed.clone();
            other[position] ^= 1;
            assert_eq!(vault.open("totp", "ann", &other), Err(Unopenable), "byte {position}");
            assert_eq!(vault.open("totp", "ann", &sealed[..position]), Err(Unopenable), "cut at {position}");
        }
    }
}
