//! Time-based one-time passwords: RFC 6238 with HMAC-SHA-1, steps of 30 seconds and six digits
//! (`authentication.md` 7.2).
//!
//! ```
//! use sclera_authn::totp::{base32, step_of, matching_step};
//! use sclera_core::time::Timestamp;
//!
//! let now = Timestamp::from_micros(1_700_000_060_000_000);
//! assert_eq!(matching_step(b"12345678901234567890", "921300", now), Some(step_of(now) - 2));
//! assert_eq!(*base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
//! ```

use crate::admission::Provision;
use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sclera_core::time::Timestamp;
use sha1::Sha1;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// A key of one-time passwords: wiped when dropped, and not shown.
#[derive(Clone, Default)]
pub struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// The bytes of a key that is made here.
    pub const LENGTH: usize = 20;

    /// Takes a key over.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Shows the bytes, to a function that must not keep a copy.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Seconds of a step.
const STEP: i64 = 30;
/// How many steps back a code is good for, beside the step of now.
const BACK: u64 = 2;
/// Ten to the number of digits.
const MODULUS: u32 = 1_000_000;
const DIGITS: usize = 6;

/// The number of the step of an instant.
pub fn step_of(now: Timestamp) -> u64 {
    u64::try_from(now.micros().div_euclid(STEP * 1_000_000)).unwrap_or_default()
}

/// The step of a code: that of now or one of the two before it; codes of later steps are refused. Blanks in a code do
/// not count. The time taken does not tell which step matched, if any.
pub fn matching_step(key: &[u8], code: &str, now: Timestamp) -> Option<u64> {
    let typed: Zeroizing<Vec<u8>> =
        Zeroizing::new(code.bytes().filter(|byte| *byte != b' ').take(DIGITS + 1).collect());
    let newest = step_of(now);
    let (mut found, mut step) = (Choice::from(0), 0);
    for back in 0..=BACK {
        let candidate = newest.saturating_sub(back);
        let equal = typed.as_slice().ct_eq(text(key, candidate).as_bytes());
        step = u64::conditional_select(&step, &candidate, equal & !found);
        found |= equal;
    }
    (bool::from(found) && !key.is_empty()).then_some(step)
}

/// The code of a step.
fn text(key: &[u8], step: u64) -> Zeroizing<String> {
    Zeroizing::new(format!("{:0width$}", value(key, step) % MODULUS, width = DIGITS))
}

/// RFC 4226 section 5.3: the truncated digest.
fn value(key: &[u8], counter: u64) -> u32 {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { return 0 };
    mac.update(&counter.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(digest[19] & 0x0f);
    let bytes = digest.get(offset..offset + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    bytes.map_or(0, u32::from_be_bytes) & 0x7fff_ffff
}

/// Base32 without padding (RFC 4648 section 6), as authenticators take keys.
pub fn base32(key: &[u8]) -> Zeroizing<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = Zeroizing::new(String::with_capacity(key.len() * 8 / 5 + 1));
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in key {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(letter(LETTERS, bits >> held));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        text.push(letter(LETTERS, bits << (5 - held)));
    }
    text
}

fn letter(letters: &[u8; 32], bits: u32) -> char {
    // Five bits are never beyond the 32 letters.
    char::from(letters.get((bits & 31) as usize).copied().unwrap_or_default())
}

/// What an authenticator takes over: `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…`, percent-encoded.
pub fn provision(key: &[u8], issuer: &str, account: &str) -> Provision {
    let secret = base32(key);
    let (encoded_issuer, encoded_account) = (percent(issuer), percent(account));
    let uri = format!(
        "otpauth://totp/{encoded_issuer}:{encoded_account}?secret={}&issuer={encoded_issuer}",
        secret.as_str()
    );
    Provision {
        uri: Zeroizing::new(uri),
        key: secret,
        issuer: issuer.to_owned(),
        account: account.to_owned(),
    }
}

/// RFC 3986: everything but unreserved characters.
fn percent(text: &str) -> String {
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR_KEY: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// `authentication.md` 7.2; the first lines are those of RFC 6238 appendix B.
    #[test]
    fn documented_vectors() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (1_700_000_000, "921300"),
            (1_700_000_030, "732303"),
            (1_700_000_060, "136087"),
            (1_700_000_090, "253938"),
        ] {
            assert_eq!(*text(VECTOR_KEY, step_of(at(seconds))), code, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_for_three_steps() {
        let step = |code, seconds| matching_step(VECTOR_KEY, code, at(seconds));
        for code in ["136087", "732303", "921300", "921 300"] {
            assert!(step(code, 1_700_000_060).is_some(), "{code}");
        }
        assert_eq!(step("253938", 1_700_000_060), None, "a later step");
        assert_eq!(step("921300", 1_700_000_090), None, "three steps back");
        for wrong in ["", "13608", "1360870", "136O87", "９２１３００", "0000000000000"] {
            assert_eq!(step(wrong, 1_700_000_060), None, "{wrong}");
        }
        assert_eq!(matching_step(&[], &text(&[], step_of(at(0))), at(0)), None, "no key, no code");
        assert!(matching_step(VECTOR_KEY, &text(VECTOR_KEY, 0), at(0)).is_some(), "at the beginning of time");
    }

    /// RFC 4648 section 10.
    #[test]
    fn base32_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
        ] {
            assert_eq!(*base32(bytes.as_bytes()), text);
        }
        assert_eq!(*base32(&[0xff; 20]), "7".repeat(32));
    }

    #[test]
    fn an_authenticator_gets_everything_encoded() {
        let provision = provision(VECTOR_KEY, "IRIS-h 1/é", "a&b=c");
        assert_eq!(
            *provision.uri,
            "otpauth://totp/IRIS-h%201%2F%C3%A9:a%26b%3Dc?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=IRIS-h%201%2F%C3%A9"
        );
        assert_eq!(format!("{provision:?}"), "Provision(IRIS-h 1/é, a&b=c)", "the key is not shown");
    }
}
