//! Passwords: what is kept of one, and whether a typed one is it.
//!
//! Kept is what PBKDF2 with HMAC makes of the UTF-8 bytes of the password, with the function, the number of iterations
//! and the salt (`authentication.md` 5.1). The instance has a target for function and iterations; a credential made
//! otherwise still verifies, and is to be made anew when its owner logs in.
//!
//! A refusal costs about as much as the target says, whatever is kept: for an account without a password, and for one
//! that does not exist ([`spend`]), as for a wrong password (DEC-A07). So its time does not tell which it was.

use crate::secret::Secret;
use core::hint::black_box;
use pbkdf2::pbkdf2_hmac;
use sclera_core::system::System;
use sclera_core::user::Credential;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A hash function that PBKDF2 is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the names of the functions")]
pub enum Algorithm {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The function of a name such as `SHA512`, in any case; none for `N/A`, which marks accounts without a password.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The name under which credentials and settings know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// The bytes of a digest, and so of a derived key.
    pub const fn digest_length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The bytes of a salt that we make: 8 for SHA1, as its credentials always had, else a digest (DEC-A09).
    pub const fn salt_length(self) -> usize {
        match self {
            Self::Sha1 => 8,
            other => other.digest_length(),
        }
    }
}

/// A number of iterations, 1 to 100,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkFactor(u32);

impl WorkFactor {
    /// The highest work factor; deriving a key with it takes minutes.
    pub const LIMIT: u32 = 100_000_000;

    /// Takes a number of iterations that is within the bounds.
    pub fn new(iterations: i64) -> Option<Self> {
        u32::try_from(iterations).ok().filter(|n| (1..=Self::LIMIT).contains(n)).map(Self)
    }

    /// The number of iterations.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// How a key is derived from a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derivation {
    /// The hash function.
    pub algorithm: Algorithm,
    /// The iterations.
    pub work_factor: WorkFactor,
}

impl Derivation {
    /// What `PasswordHash` means where it names neither: SHA512 and 10,000 (`authentication.md` 5.3).
    pub const DEFAULT: Self = Self { algorithm: Algorithm::Sha512, work_factor: WorkFactor(10_000) };
    /// How credentials were made before 2021: SHA1 and 1,024.
    pub const LEGACY: Self = Self { algorithm: Algorithm::Sha1, work_factor: WorkFactor(1_024) };

    /// How the instance wants new keys derived.
    ///
    /// The class admits only values that are understood here; should a store hold another one all the same, the
    /// default stands in, since `N/A` as a target would leave new passwords without protection (DEC-A09).
    pub fn target(system: &System) -> Self {
        Self {
            algorithm: Algorithm::named(&system.password_algorithm).unwrap_or(Self::DEFAULT.algorithm),
            work_factor: WorkFactor::new(system.password_work_factor).unwrap_or(Self::DEFAULT.work_factor),
        }
    }

    /// How the key of a credential was derived; none if no password can match it: none is set, or function, iterations
    /// or length of the key are not ours.
    pub fn of(credential: &Credential) -> Option<Self> {
        let algorithm = Algorithm::named(&credential.algorithm)?;
        let work_factor = WorkFactor::new(credential.work_factor)?;
        (credential.key.len() == algorithm.digest_length()).then_some(Self { algorithm, work_factor })
    }
}

/// Whether a typed password is the one of the account.
#[must_use = "a login depends on it"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is; the credential is as old as that.
    Matches(Age),
    /// It is not, or the account has no password.
    Differs,
}

/// How a credential stands to the target of the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// It was made as the target says.
    Current,
    /// It is to be made anew from the password at hand, which is not a change of the password (DEC-A09).
    Outdated,
}

/// Makes what is kept of a password.
///
/// The salt is [`Algorithm::salt_length`] fresh bytes of the system's cryptographic generator.
pub fn hash(secret: &Secret, derivation: Derivation, salt: &[u8]) -> Credential {
    Credential {
        algorithm: derivation.algorithm.name().to_owned(),
        work_factor: derivation.work_factor.0.into(),
        key: core::mem::take(&mut *derive(secret.expose().as_bytes(), derivation, salt)),
        salt: salt.to_vec(),
    }
}

/// Compares a typed password with what is kept, in constant time.
///
/// Where it differs, at least the work of the target has been done.
pub fn verify(credential: &Credential, secret: &Secret, target: Derivation) -> Verdict {
    let Some(kept) = Derivation::of(credential) else {
        spend(target);
        return Verdict::Differs;
    };
    let key = derive(secret.expose().as_bytes(), kept, &credential.salt);
    if bool::from(key.as_slice().ct_eq(&credential.key)) {
        return Verdict::Matches(if kept == target { Age::Current } else { Age::Outdated });
    }
    spend_rest(kept, target);
    Verdict::Differs
}

/// Does the work of a comparison for nothing, where there is no account to compare with.
pub fn spend(derivation: Derivation) {
    const NOBODY: &[u8] = &[0x5c; 16];
    // Without the box a compiler may see that the key is not used and leave the work out.
    black_box(derive(black_box(NOBODY), derivation, NOBODY));
}

/// Tells whether a credential is to be made anew at the next login by password; never so for one without a password.
pub fn needs_upgrade(credential: &Credential, system: &System) -> bool {
    Derivation::of(credential).is_some_and(|kept| kept != Derivation::target(system))
}

/// Adds what a refusal on an outdated credential lacks, so that its haste does not tell old accounts from new ones.
fn spend_rest(done: Derivation, target: Derivation) {
    let owed = if done.algorithm == target.algorithm {
        target.work_factor.0.saturating_sub(done.work_factor.0)
    } else {
        target.work_factor.0
    };
    if owed > 0 {
        spend(Derivation { work_factor: WorkFactor(owed), ..target });
    }
}

fn derive(password: &[u8], derivation: Derivation, salt: &[u8]) -> Zeroizing<Vec<u8>> {
    let pbkdf2 = match derivation.algorithm {
        Algorithm::Sha1 => pbkdf2_hmac::<Sha1>,
        Algorithm::Sha224 => pbkdf2_hmac::<Sha224>,
        Algorithm::Sha256 => pbkdf2_hmac::<Sha256>,
        Algorithm::Sha384 => pbkdf2_hmac::<Sha384>,
        Algorithm::Sha512 => pbkdf2_hmac::<Sha512>,
    };
    let mut key = Zeroizing::new(vec![0; derivation.algorithm.digest_length()]);
    pbkdf2(password, salt, derivation.work_factor.0, &mut key);
    #[cfg(test)]
    tests::DERIVED.with_borrow_mut(|derived| derived.push(derivation));
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::RefCell;

    thread_local! {
        /// What the test at hand has derived: the work it did, without a clock.
        pub(super) static DERIVED: RefCell<Vec<Derivation>> = const { RefCell::new(Vec::new()) };
    }

    fn work_of<T>(step: impl FnOnce() -> T) -> (T, Vec<Derivation>) {
        DERIVED.take();
        let answer = step();
        (answer, DERIVED.take())
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).unwrap()
    }

    fn by(algorithm: Algorithm, work_factor: u32) -> Derivation {
        Derivation { algorithm, work_factor: WorkFactor(work_factor) }
    }

    fn bytes(digits: &str) -> Vec<u8> {
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
    }

    fn counting(upto: u8) -> Vec<u8> {
        (0..=upto).collect()
    }

    /// `authentication.md` 5.2 and `security-users.md` 7.3.
    #[test]
    fn documented_vectors() {
        use Algorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
        let vendor_salt = "124e81ee6bf17fcaf0dfb38a4f8a7f46e9e4b0c8c9a40864bb189d4d200b161b\
                           1451874efcbed63b801cbab592434b93037e90810d96e4ee123ac03b756779e9";
        let public_salt = "0a4c463a2fa1e7542b61aa48800091ab688eb0a14bebf536638f411f5454c934\
                           3b9aa6402b4694f0a89b624407a5f43f0a38fc35216bb18aab7dc41ef9f056b1";
        for (password, derivation, salt, key) in [
            ("SYS", by(Sha1, 1_024), b"u4ocm4qh".to_vec(), "FBFE8593AEFA510C27FD184738D6E865A441DE98"),
            ("SYS", by(Sha1, 1_024), b"t6jhs1sc".to_vec(), "d8191b3c433ed48c7cd60cb7a4b1bfd3068b38db"),
            ("sys", by(Sha1, 1_024), b"kph2dph8".to_vec(), "ceb9ee6dbdff3f9d08b850fd6974c6fdd5b8e792"),
            (
                "SYS",
                by(Sha512, 10_000),
                bytes(vendor_salt),
                "34e80d2f1ad5135679b3a57a9c4b1611a8a8995e0849ebe954ac1c16ad253d02\
                 74296985fea058a8aaf2a149b88082595e6374b3c2f7d5f0774f05e4311ba52d",
            ),
            (
                "SYS",
                by(Sha512, 10_000),
                bytes(public_salt),
                "a31d24aecc0bfe560a7e45bd913ad27c667dc25a75cbfd358c451bb595b6bd52\
                 bd25c82cafaa23ca1dd30b3b4947d12d3bb0ffb2a717df29912b743a281f97c1",
            ),
            (
                "SYS",
                by(Sha512, 10_000),
                counting(0x3f),
                "1d846a38642652bfd544e39346b8c61720b7254c27593a6707e7b1726b662c7e\
                 6b2e5ac52bb278e62956306e439fa8a8e46bf42431a6574205a38d6818c5986a",
            ),
            (
                "SYS",
                by(Sha256, 10_000),
                counting(7),
                "c1430f124c54034a9793fc2b789e42f1e0e5ddf2486351ecf34504c99fe6b026",
            ),
            (
                "SYS",
                by(Sha224, 10_000),
                counting(7),
                "01bba198eab0974ce0a134309c18ab187d4498dd9215432494a80f9c",
            ),
            (
                "SYS",
                by(Sha384, 10_000),
                counting(7),
                "d2f41336655f4d3a078a2b595cd7def9101cc7d6a20560043764c239290fa2a8\
                 501d5c2844a7cdceba74fbae7f4abbb4",
            ),
            (
                "P\u{e4}ssw\u{f6}rd",
                by(Sha512, 10_000),
                counting(0x3f),
                "3d452647d76e68da7502137acd9693372baaadfa956f2113b68d9ff1947d1ce3\
                 f635d0845201083c78f7fdbd856a69afc1f33cd4e21f8fe77c36f98c5fe11874",
            ),
        ] {
            let kept = hash(&secret(password), derivation, &salt);
            assert_eq!(kept.key, bytes(key), "{password} {derivation:?}");
            assert_eq!((kept.algorithm.as_str(), &kept.salt), (derivation.algorithm.name(), &salt));
        }
    }

    /// RFC 6070 and RFC 7914 section 11, each cut to one digest; the long ones are from another implementation.
    #[test]
    fn published_vectors() {
        use Algorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
        let long = "x".repeat(Secret::LIMIT);
        for (password, derivation, salt, key) in [
            ("password", by(Sha1, 1), "salt", "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
            ("password", by(Sha1, 2), "salt", "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
            ("password", by(Sha1, 4_096), "salt", "4b007901b765489abead49d926f721d065a429c1"),
            ("pass\0word", by(Sha1, 4_096), "sa\0lt", "56fa6aa75548099dcc37d7f03425e0c37f1c42b2"),
            (
                "passwordPASSWORDpassword",
                by(Sha1, 4_096),
                "saltSALTsaltSALTsaltSALTsaltSALTsalt",
                "3d2eec4fe41c849b80c8d83662c0e44a8b291a96",
            ),
            (
                "passwd",
                by(Sha256, 1),
                "salt",
                "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
            ),
            (
                "Password",
                by(Sha256, 80_000),
                "NaCl",
                "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
            ),
            (&long, by(Sha1, 10), "salt", "143b24bcf470ebb7dfd855c53d4b065922e9b1fe"),
            (&long, by(Sha224, 10), "salt", "5205345868ab4ad6152eacd1e57739e053e8ba65e6eba16dc80cadc0"),
            (
                &long,
                by(Sha384, 10),
                "salt",
                "973f179e6413312e0cde3ffab3ebccce2115d798dcec32e3\
                 89a075863871e6b3401d5fa213af4d5d8a705e2a32397410",
            ),
            (
                &long,
                by(Sha512, 10),
                "salt",
                "c7002ef7189f57f3adc757ae0c7eb8683fd2aa60521e145bf3e7bd1fb382b25c\
                 958174ff5eff99f2f3c556e88abed4f60a3a2a9579de392bc8bf513791766cdd",
            ),
        ] {
            let kept = hash(&secret(password), derivation, salt.as_bytes());
            assert_eq!(kept.key, bytes(key), "{derivation:?}");
        }
    }

    #[test]
    fn lengths_follow_the_function() {
        let lengths = Algorithm::ALL.map(|a| (a.name(), a.digest_length(), a.salt_length()));
        assert_eq!(
            lengths,
            [("SHA1", 20, 8), ("SHA224", 28, 28), ("SHA256", 32, 32), ("SHA384", 48, 48), ("SHA512", 64, 64)]
        );
        assert_eq!(Algorithm::named("sha512"), Some(Algorithm::Sha512));
        assert_eq!(Algorithm::named("N/A"), None);
    }

    #[test]
    fn names_are_those_that_a_credential_may_have() {
        let ours = Algorithm::ALL.map(Algorithm::name);
        assert_eq!(sclera_core::user::ALGORITHMS[1..], ours);
    }

    #[test]
    fn work_factors_are_bounded() {
        assert_eq!(WorkFactor::new(1).map(WorkFactor::get), Some(1));
        assert_eq!(WorkFactor::new(100_000_000).map(WorkFactor::get), Some(100_000_000));
        for bad in [0, -1, 100_000_001, i64::MAX, i64::MIN, (1 << 32) + 1] {
            assert_eq!(WorkFactor::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_match_says_whether_the_credential_is_outdated() {
        let kept = hash(&secret("SYS"), by(Algorithm::Sha1, 20), b"12345678");
        let judge = |target| verify(&kept, &secret("SYS"), target);
        assert_eq!(judge(by(Algorithm::Sha1, 20)), Verdict::Matches(Age::Current));
        assert_eq!(judge(by(Algorithm::Sha1, 21)), Verdict::Matches(Age::Outdated));
        assert_eq!(judge(by(Algorithm::Sha1, 19)), Verdict::Matches(Age::Outdated));
        assert_eq!(judge(by(Algorithm::Sha256, 20)), Verdict::Matches(Age::Outdated));
        assert_eq!(verify(&kept, &secret("sys"), by(Algorithm::Sha1, 20)), Verdict::Differs);
    }

    fn kept(algorithm: &str, work_factor: i64, key: Vec<u8>) -> Credential {
        Credential { algorithm: algorithm.to_owned(), work_factor, key, salt: b"12345678".to_vec() }
    }

    #[test]
    fn an_upgrade_follows_the_settings() {
        let system = System { password_work_factor: 10_000, ..System::default() };
        assert!(!needs_upgrade(&kept("SHA512", 10_000, vec![1; 64]), &system));
        assert!(needs_upgrade(&kept("SHA512", 1_024, vec![1; 64]), &system));
        assert!(needs_upgrade(&kept("SHA1", 10_000, vec![1; 20]), &system));
        assert!(!needs_upgrade(&Credential::none(), &system));
        assert!(!needs_upgrade(&Credential::unchangeable(), &system));
    }

    #[test]
    fn settings_that_are_not_understood_weaken_nothing() {
        let system =
            System { password_algorithm: "N/A".to_owned(), password_work_factor: 0, ..System::default() };
        assert_eq!(Derivation::target(&system), Derivation::DEFAULT);
    }

    #[test]
    fn what_no_password_matches_costs_what_the_target_says() {
        let target = by(Algorithm::Sha256, 30);
        let whole = hash(&secret("SYS"), by(Algorithm::Sha1, 20), b"12345678").key.clone();
        for (unusable, why) in [
            (Credential::none(), "no password"),
            (Credential::unchangeable(), "never a password"),
            (kept("N/A", 20, b"Unchangeable".to_vec()), "never a password, as exported"),
            (kept("N/A", 20, whole.clone()), "never a password, though there is a key"),
            (kept("SHA1", 20, whole[..1].to_vec()), "a key that is cut"),
            (kept("SHA1", 20, [whole.as_slice(), &[0]].concat()), "a key that is too long"),
            (kept("SHA1", 0, whole.clone()), "no iterations"),
            (kept("SHA1", i64::MAX, whole.clone()), "too many iterations"),
            (kept("MD5", 20, whole.clone()), "an unknown function"),
        ] {
            for typed in ["SYS", "", "Unchangeable"] {
                let (verdict, derived) = work_of(|| verify(&unusable, &secret(typed), target));
                assert_eq!((verdict, derived.as_slice()), (Verdict::Differs, [target].as_slice()), "{why}");
            }
        }
        assert_eq!(work_of(|| spend(target)).1, [target], "no account");
        let found = hash(&secret("SYS"), target, b"12345678");
        assert_eq!(work_of(|| verify(&found, &secret("sys"), target)).1, [target], "a wrong password");
    }

    #[test]
    fn a_refusal_on_an_outdated_credential_is_not_quicker() {
        let old = by(Algorithm::Sha1, 20);
        let outdated = hash(&secret("SYS"), old, b"12345678");
        let refuse = |target| work_of(|| verify(&outdated, &secret("sys"), target)).1;
        assert_eq!(refuse(by(Algorithm::Sha1, 50)), [old, by(Algorithm::Sha1, 30)]);
        assert_eq!(refuse(by(Algorithm::Sha512, 50)), [old, by(Algorithm::Sha512, 50)]);
        assert_eq!(refuse(by(Algorithm::Sha1, 10)), [old]);
        let accept = work_of(|| verify(&outdated, &secret("SYS"), by(Algorithm::Sha512, 50)));
        assert_eq!(accept, (Verdict::Matches(Age::Outdated), vec![old]));
    }

    #[test]
    fn the_bytes_count_as_they_are() {
        let target = by(Algorithm::Sha256, 10);
        let composed = hash(&secret("P\u{e4}ss"), target, b"salt");
        assert_eq!(verify(&composed, &secret("Pa\u{308}ss"), target), Verdict::Differs);
        assert_eq!(verify(&composed, &secret("P\u{e4}ss "), target), Verdict::Differs);
        let empty = hash(&secret(""), target, b"salt");
        assert_eq!(verify(&empty, &secret(""), target), Verdict::Matches(Age::Current));
    }

    fn derivations() -> impl Strategy<Value = Derivation> {
        (prop::sample::select(Algorithm::ALL.as_slice()), 1..50u32).prop_map(|(a, n)| by(a, n))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_was_hashed_verifies(
            text in ".{0,128}",
            derivation in derivations(),
            salt in prop::collection::vec(any::<u8>(), 1..64),
        ) {
            let kept = hash(&secret(&text), derivation, &salt);
            prop_assert_eq!(Derivation::of(&kept), Some(derivation));
            prop_assert_eq!(verify(&kept, &secret(&text), derivation), Verdict::Matches(Age::Current));
        }

        #[test]
        fn one_bit_differs(
            text in "[ -~]{1,60}",
            derivation in derivations(),
            at in any::<prop::sample::Index>(),
            bit in 0..7u8,
        ) {
            let mut kept = hash(&secret(&text), derivation, b"12345678");
            let judge = |kept: &Credential, typed: &str| verify(kept, &secret(typed), derivation);
            let flip = |bytes: &mut [u8]| bytes[at.index(bytes.len())] ^= 1 << bit;

            let mut other = text.clone().into_bytes();
            flip(&mut other);
            prop_assert_eq!(judge(&kept, &String::from_utf8(other).unwrap()), Verdict::Differs);
            flip(&mut kept.key);
            prop_assert_eq!(judge(&kept, &text), Verdict::Differs);
            flip(&mut kept.key);
            flip(&mut kept.salt);
            prop_assert_eq!(judge(&kept, &text), Verdict::Differs);
            flip(&mut kept.salt);
            prop_assert_eq!(judge(&kept, &text), Verdict::Matches(Age::Current));
        }
    }
}
