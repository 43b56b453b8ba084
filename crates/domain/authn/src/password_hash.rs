//! `PasswordHash`: a kept password as configuration files write it, `hash,salt[,workfactor[,algorithm]]`.
//!
//! What is not written is 10000 and SHA512. Hash and salt are hexadecimal, with two exceptions in the form of two parts
//! (`authentication.md` 5.3, DEC-A11; `security-users.md` 7.3):
//!
//! - A hash of 40 digits with a salt that is not 40 hexadecimal digits is the form of before 2021: SHA1, 1024
//!   iterations, and the salt is the characters themselves.
//! - Any other salt that is not an even number of hexadecimal digits, at least 16, is its characters too.
//!
//! A hash whose length does not fit its algorithm is refused when it is read, since nobody could ever log in with it.
//!
//! ```
//! use sclera_authn::password_hash::{parse, text};
//!
//! let kept = parse("FBFE8593AEFA510C27FD184738D6E865A441DE98,u4ocm4qh").unwrap();
//! assert_eq!(
//!     text(&kept).unwrap(),
//!     "fbfe8593aefa510c27fd184738d6e865a441de98,75346f636d347168,1024,SHA1"
//! );
//! ```

use crate::password::{Algorithm, Derivation, WorkFactor};
use core::fmt;
use core::ops::RangeInclusive;
use sclera_core::hex::{hex, unhex};
use sclera_core::user::Credential;

/// The bytes a salt may have (DEC-A09).
const SALT: RangeInclusive<usize> = 1..=64;
/// The fewest digits at which a salt of two parts counts as hexadecimal.
const SHORTEST_HEXADECIMAL_SALT: usize = 16;

/// Why a text is no `PasswordHash`. It never repeats the text, which may hold a real hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordHashFault {
    /// There are not two, three or four parts.
    Parts,
    /// The hash is not hexadecimal.
    Hash,
    /// The hash is not as long as a digest of the algorithm.
    Length(Algorithm),
    /// The salt is not 1 to 64 bytes, written in hexadecimal or, in the form of two parts, as printable ASCII.
    Salt,
    /// The work factor is not a number from 1 to 100,000,000.
    WorkFactor,
    /// The algorithm is not known.
    Algorithm,
}

impl fmt::Display for PasswordHashFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts => f.write_str("it is not of the form `hash,salt[,workfactor[,algorithm]]`"),
            Self::Hash => f.write_str("the hash is not hexadecimal"),
            Self::Length(algorithm) => {
                let (digits, name) = (algorithm.digest_length() * 2, algorithm.name());
                write!(f, "the hash does not have the {digits} digits of {name}")
            }
            Self::Salt => write!(f, "the salt is not {} to {} bytes", SALT.start(), SALT.end()),
            Self::WorkFactor => {
                write!(f, "the work factor is not a number from 1 to {}", WorkFactor::LIMIT)
            }
            Self::Algorithm => f.write_str("the algorithm is not SHA1, SHA224, SHA256, SHA384 or SHA512"),
        }
    }
}

impl core::error::Error for PasswordHashFault {}

/// Reads the form of configuration files. Blanks around the parts do not count.
pub fn parse(text: &str) -> Result<Credential, PasswordHashFault> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    match *parts.as_slice() {
        [hash, salt] if is_legacy(hash, salt) => credential(hash, characters(salt), Derivation::LEGACY),
        [hash, salt] if is_hexadecimal_salt(salt) => credential(hash, unhex(salt), Derivation::DEFAULT),
        [hash, salt] => credential(hash, characters(salt), Derivation::DEFAULT),
        [hash, salt, work_factor] => {
            let derivation = Derivation { work_factor: number(work_factor)?, ..Derivation::DEFAULT };
            credential(hash, unhex(salt), derivation)
        }
        [hash, salt, work_factor, algorithm] => {
            let algorithm = Algorithm::named(algorithm).ok_or(PasswordHashFault::Algorithm)?;
            let derivation = Derivation { algorithm, work_factor: number(work_factor)? };
            credential(hash, unhex(salt), derivation)
        }
        _ => Err(PasswordHashFault::Parts),
    }
}

/// Writes the form of four parts, which leaves nothing to defaults; none if the credential has no usable password.
pub fn text(credential: &Credential) -> Option<String> {
    let Derivation { algorithm, work_factor } = Derivation::of(credential)?;
    let (key, salt) = (hex(&credential.key), hex(&credential.salt));
    SALT.contains(&credential.salt.len())
        .then(|| format!("{key},{salt},{},{}", work_factor.get(), algorithm.name()))
}

fn credential(
    hash: &str,
    salt: Option<Vec<u8>>,
    derivation: Derivation,
) -> Result<Credential, PasswordHashFault> {
    let key = unhex(hash).ok_or(PasswordHashFault::Hash)?;
    if key.len() != derivation.algorithm.digest_length() {
        return Err(PasswordHashFault::Length(derivation.algorithm));
    }
    Ok(Credential {
        algorithm: derivation.algorithm.name().to_owned(),
        work_factor: derivation.work_factor.get().into(),
        key,
        salt: salt.filter(|bytes| SALT.contains(&bytes.len())).ok_or(PasswordHashFault::Salt)?,
    })
}

fn is_legacy(hash: &str, salt: &str) -> bool {
    let is_digest = |text: &str| text.len() == 40 && is_hexadecimal(text);
    is_digest(hash) && !is_digest(salt)
}

fn is_hexadecimal_salt(salt: &str) -> bool {
    salt.len() >= SHORTEST_HEXADECIMAL_SALT && is_hexadecimal(salt)
}

fn is_hexadecimal(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The bytes of a salt written as characters. Only those of ASCII, since nothing says how others were encoded.
fn characters(salt: &str) -> Option<Vec<u8>> {
    salt.bytes().all(|byte| byte.is_ascii_graphic()).then(|| salt.as_bytes().to_vec())
}

/// Digits only: a sign, which the standard library would read, is none of the form.
fn number(text: &str) -> Result<WorkFactor, PasswordHashFault> {
    let iterations = text.parse().ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()));
    iterations.and_then(WorkFactor::new).ok_or(PasswordHashFault::WorkFactor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use PasswordHashFault as Fault;
    use proptest::prelude::*;

    const SHA1: &str = "FBFE8593AEFA510C27FD184738D6E865A441DE98";

    fn read(text: &str) -> (String, i64, usize, Vec<u8>) {
        let kept = parse(text).unwrap();
        (kept.algorithm.clone(), kept.work_factor, kept.key.len(), kept.salt.clone())
    }

    fn is(algorithm: &str, work_factor: i64, length: usize, salt: &[u8]) -> (String, i64, usize, Vec<u8>) {
        (algorithm.to_owned(), work_factor, length, salt.to_vec())
    }

    #[test]
    fn two_parts() {
        let sha512 = "ab".repeat(64);
        assert_eq!(read(&format!("{SHA1},u4ocm4qh")), is("SHA1", 1_024, 20, b"u4ocm4qh"));
        assert_eq!(read(&format!("{SHA1},12345678")), is("SHA1", 1_024, 20, b"12345678"));
        assert_eq!(read(&format!("{SHA1},0123456789abcdef")), is("SHA1", 1_024, 20, b"0123456789abcdef"));
        assert_eq!(read(&format!("{sha512},{}", "0A".repeat(64))), is("SHA512", 10_000, 64, &[10; 64]));
        assert_eq!(read(&format!("{sha512},{}", "0A".repeat(8))), is("SHA512", 10_000, 64, &[10; 8]));
        assert_eq!(read(&format!("{sha512},0a0a0a0a")), is("SHA512", 10_000, 64, b"0a0a0a0a"));
        assert_eq!(
            read(&format!("{sha512},u4ocm4qhu4ocm4qh")),
            is("SHA512", 10_000, 64, b"u4ocm4qhu4ocm4qh")
        );
    }

    #[test]
    fn three_and_four_parts() {
        let sha512 = "ab".repeat(64);
        assert_eq!(read(&format!("{sha512},0a0b,210000")), is("SHA512", 210_000, 64, &[10, 11]));
        for (algorithm, length) in
            [("SHA1", 20), ("SHA224", 28), ("SHA256", 32), ("SHA384", 48), ("SHA512", 64)]
        {
            let hash = "Cd".repeat(length);
            assert_eq!(read(&format!("{hash},0a0b,1,{algorithm}")), is(algorithm, 1, length, &[10, 11]));
        }
        assert_eq!(
            read(&format!(" {SHA1} , 0a0b , 100000000 , sha1 ")),
            is("SHA1", 100_000_000, 20, &[10, 11])
        );
    }

    #[test]
    fn what_is_no_password_hash() {
        let (sha512, long) = ("ab".repeat(64), "0a".repeat(65));
        for (text, fault) in [
            (String::new(), Fault::Parts),
            (SHA1.to_owned(), Fault::Parts),
            (format!("{sha512},0a0b,10000,SHA512,more"), Fault::Parts),
            (",u4ocm4qh".to_owned(), Fault::Length(Algorithm::Sha512)),
            (format!("{},0a0b,10000,SHA512", "xy".repeat(64)), Fault::Hash),
            (format!("{}é,0a0b,10000,SHA512", "ab".repeat(63)), Fault::Hash),
            (format!("{sha512}a,0a0b,10000,SHA512"), Fault::Hash),
            (format!("{},0a0b,10000,SHA512", "ab".repeat(63)), Fault::Length(Algorithm::Sha512)),
            (format!("{sha512},0a0b,10000,SHA1"), Fault::Length(Algorithm::Sha1)),
            (format!("{SHA1},0a0b,1024"), Fault::Length(Algorithm::Sha512)),
            (format!("{SHA1},{SHA1}"), Fault::Length(Algorithm::Sha512)),
            (format!("{SHA1},"), Fault::Salt),
            (format!("{SHA1},sält"), Fault::Salt),
            (format!("{SHA1},a b"), Fault::Salt),
            (format!("{SHA1},{}", "x".repeat(65)), Fault::Salt),
            (format!("{sha512},,10000,SHA512"), Fault::Salt),
            (format!("{sha512},0a0,10000,SHA512"), Fault::Salt),
            (format!("{sha512},u4ocm4qh,10000,SHA512"), Fault::Salt),
            (format!("{sha512},{long},10000,SHA512"), Fault::Salt),
            (format!("{sha512},{long}"), Fault::Salt),
            (format!("{sha512},0a0b,"), Fault::WorkFactor),
            (format!("{sha512},0a0b,0,SHA512"), Fault::WorkFactor),
            (format!("{sha512},0a0b,-1,SHA512"), Fault::WorkFactor),
            (format!("{sha512},0a0b,+1,SHA512"), Fault::WorkFactor),
            (format!("{sha512},0a0b,1e4,SHA512"), Fault::WorkFactor),
            (format!("{sha512},0a0b,100000001,SHA512"), Fault::WorkFactor),
            (format!("{sha512},0a0b,99999999999999999999,SHA512"), Fault::WorkFactor),
            (format!("{sha512},0a0b,10000,"), Fault::Algorithm),
            (format!("{sha512},0a0b,10000,MD5"), Fault::Algorithm),
            (format!("{sha512},0a0b,10000,N/A"), Fault::Algorithm),
        ] {
            assert_eq!(parse(&text), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_fault_does_not_repeat_the_hash() {
        let fault = parse(&format!("{SHA1},0a0b,10000,SHA512")).unwrap_err();
        assert_eq!(fault.to_string(), "the hash does not have the 128 digits of SHA512");
    }

    #[test]
    fn what_has_no_password_is_not_written() {
        assert_eq!(text(&Credential::none()), None);
        assert_eq!(text(&Credential::unchangeable()), None);
        let without_salt = parse(&format!("{SHA1},u4ocm4qh")).map(|mut kept| {
            kept.salt.clear();
            kept
        });
        assert_eq!(text(&without_salt.unwrap()), None, "it could not be read again");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_was_written_is_read_as_it_was(
            salt in prop::collection::vec(any::<u8>(), 1..=64),
            key in prop::collection::vec(any::<u8>(), 64),
            work_factor in 1..=100_000_000i64,
            algorithm in 1..6usize,
        ) {
            let name = sclera_core::user::ALGORITHMS[algorithm];
            let length = Algorithm::named(name).unwrap().digest_length();
            let algorithm = name.to_owned();
            let kept = Credential { algorithm, work_factor, key: key[..length].to_vec(), salt };
            prop_assert_eq!(parse(&text(&kept).unwrap()), Ok(kept));
        }

        #[test]
        fn no_text_is_too_strange_to_refuse(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
