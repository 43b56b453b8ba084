//! SCRAM-SHA-256 (RFC 5802, RFC 7677): proofs that somebody knows a password, which do not show it.
//!
//! What is kept of a password with SHA256 is what the standard calls the salted password, of which the keys of both
//! sides are made. So an account needs nothing more than it has, and whoever reads what is kept could prove by it.
//!
//! Nobody may learn from a challenge whether there is an account. Salt and iterations of an account are shown only
//! where those that are made up for a name that nobody has look the same: SHA256, the work factor of the instance, a
//! salt of 32 bytes. Any other account is challenged like nobody, and refused.
//!
//! ```
//! use sclera_authn::password::{Algorithm, Derivation, Verdict, WorkFactor, hash};
//! use sclera_authn::scram::{Proof, SaltedPassword, challenge, verify};
//! use sclera_authn::secret::Secret;
//!
//! let target = Derivation { algorithm: Algorithm::Sha256, work_factor: WorkFactor::new(4_096).unwrap() };
//! let password = Secret::new("pencil".to_owned()).unwrap();
//! let kept = hash(&password, target, &[7; 32]);
//!
//! let asked = challenge(&kept, target).unwrap();
//! let client = SaltedPassword::of(&password, &asked.salt, asked.rounds);
//! let said = "all that both sides have said".to_owned();
//! let proof = client.proof(said);
//! assert!(matches!(verify(&kept, &proof, target), Verdict::Matches(_)));
//! ```

use crate::password::{Age, Algorithm, Derivation, Verdict, WorkFactor, hash};
use crate::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sclera_core::user::Credential;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The bytes of a salt that is shown.
pub const SALT: usize = Algorithm::Sha256.salt_length();

/// What the password of an account must be worked on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The salt.
    pub salt: Vec<u8>,
    /// The iterations.
    pub rounds: WorkFactor,
}

/// A proof, with all that it is bound to.
pub struct Proof {
    /// What both sides have said before it (`AuthMessage`). Whoever reads it from a wire bounds it.
    said: String,
    /// `ClientProof`.
    proof: [u8; LENGTH],
}

impl Proof {
    /// A proof as it came.
    pub const fn new(said: String, proof: [u8; LENGTH]) -> Self {
        Self { said, proof }
    }

    /// What goes to the other side.
    pub const fn bytes(&self) -> &[u8; LENGTH] {
        &self.proof
    }
}

impl core::fmt::Debug for Proof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Proof(..)")
    }
}

/// What the keys of both sides are made of (`SaltedPassword`).
pub struct SaltedPassword(Zeroizing<[u8; LENGTH]>);

impl SaltedPassword {
    /// That of a password. The bytes count as they are: names and passwords that the standard would rewrite (SASLprep)
    /// are for whoever typed them to rewrite.
    pub fn of(password: &Secret, salt: &[u8], rounds: WorkFactor) -> Self {
        let derivation = Derivation { algorithm: Algorithm::Sha256, work_factor: rounds };
        Self::kept(&hash(password, derivation, salt).key)
    }

    /// The same as it is kept; of a key of another length it is nobody's.
    fn kept(key: &[u8]) -> Self {
        Self(Zeroizing::new(key.try_into().unwrap_or(NOBODY)))
    }

    /// Proves the password to the other side, bound to what both have said.
    pub fn proof(&self, said: String) -> Proof {
        let client_key = self.client_key();
        let proof = xor(&client_key, &mac(&stored_key(&client_key), said.as_bytes()));
        Proof { said, proof }
    }

    /// What the other side proves by that it knows it too (`ServerSignature`).
    pub fn signature(&self, proof: &Proof) -> [u8; LENGTH] {
        let server_key = Zeroizing::new(mac(self.0.as_slice(), b"Server Key"));
        mac(server_key.as_slice(), proof.said.as_bytes())
    }

    fn is_proven_by(&self, proof: &Proof) -> bool {
        let stored = stored_key(&self.client_key());
        let shown = Zeroizing::new(xor(&proof.proof, &mac(&stored, proof.said.as_bytes())));
        stored_key(&shown).ct_eq(&stored).into()
    }

    fn client_key(&self) -> Zeroizing<[u8; LENGTH]> {
        Zeroizing::new(mac(self.0.as_slice(), b"Client Key"))
    }
}

/// The challenge of an account; of one that cannot be proven by it why not, for administrators.
pub fn challenge(kept: &Credential, target: Derivation) -> Result<Challenge, &'static str> {
    let rounds = target.work_factor;
    match Derivation::of(kept) {
        None => Err("no password is kept"),
        Some(Derivation { algorithm, .. }) if algorithm != Algorithm::Sha256 => {
            Err("what is kept of the password is not of SHA256, as SCRAM needs it: it needs a new password")
        }
        Some(Derivation { work_factor, .. }) if work_factor != rounds => Err(
            "what is kept of the password has another work factor than the instance: it needs a new password",
        ),
        Some(_) if kept.salt.len() != SALT => {
            Err("what is kept of the password has no salt of 32 bytes: it needs a new password")
        }
        Some(_) => Ok(Challenge { salt: kept.salt.clone(), rounds }),
    }
}

/// Compares a proof with what is kept, in constant time. It does the same work for an account that nobody can be proven
/// by.
pub fn verify(kept: &Credential, proof: &Proof, target: Derivation) -> Verdict {
    let fits = challenge(kept, target).is_ok();
    let salted = SaltedPassword::kept(if fits { &kept.key } else { &NOBODY });
    match salted.is_proven_by(proof) && fits {
        true if Derivation::of(kept) == Some(target) => Verdict::Matches(Age::Current),
        true => Verdict::Matches(Age::Outdated),
        false => Verdict::Differs,
    }
}

/// What proves the instance to whoever has proven the password of an account.
pub fn signature(kept: &Credential, proof: &Proof) -> [u8; LENGTH] {
    SaltedPassword::kept(&kept.key).signature(proof)
}

fn stored_key(client_key: &[u8; LENGTH]) -> [u8; LENGTH] {
    Sha256::digest(client_key).into()
}

fn xor(one: &[u8; LENGTH], other: &[u8; LENGTH]) -> [u8; LENGTH] {
    let mut both = *one;
    both.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
    both
}

fn mac(key: &[u8], text: &[u8]) -> [u8; LENGTH] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// The bytes of a digest of SHA-256.
const LENGTH: usize = 32;
/// What stands for the key of an account that has none.
const NOBODY: [u8; LENGTH] = [0x5c; LENGTH];

#[cfg(test)]
mod tests {
    use super::*;
    use sclera_core::hex::{hex, unhex};

    /// The example of RFC 7677 section 3.
    const SAID: &str = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
                        r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
                        c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const EXAMPLE_SALT: &str = "5b6d99689d12358eeca04b141236fa81";
    const PROOF: &str = "747cdb65aa56224e2352137e52d7bdcad6a0f738df30782caa69a2cfb0277554";
    const SIGNATURE: &str = "eabae24d1062db75a9451ff0b6ea7e98c8546549ff741e672d3251b2397de46e";

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).unwrap()
    }

    fn target(rounds: i64) -> Derivation {
        Derivation { algorithm: Algorithm::Sha256, work_factor: WorkFactor::new(rounds).unwrap() }
    }

    fn proof_of(password: &str, kept: &Credential) -> Proof {
        let rounds = WorkFactor::new(kept.work_factor).unwrap();
        SaltedPassword::of(&secret(password), &kept.salt, rounds).proof(SAID.to_owned())
    }

    #[test]
    fn the_example_of_the_standard() {
        let kept = hash(&secret("pencil"), target(4_096), &unhex(EXAMPLE_SALT).unwrap());
        let proof = proof_of("pencil", &kept);
        assert_eq!(hex(proof.bytes()), PROOF);
        assert_eq!(hex(&signature(&kept, &proof)), SIGNATURE);
        let as_it_came = Proof::new(SAID.to_owned(), unhex(PROOF).unwrap().try_into().unwrap());
        assert!(SaltedPassword::kept(&kept.key).is_proven_by(&as_it_came), "by what is kept alone");
    }

    #[test]
    fn what_is_kept_is_proven_by_its_password_alone() {
        let kept = hash(&secret("pencil"), target(50), &[7; SALT]);
        let judge = |proof: &Proof| verify(&kept, proof, target(50));
        let right = proof_of("pencil", &kept);
        assert_eq!(judge(&right), Verdict::Matches(Age::Current));
        assert_eq!(judge(&proof_of("pencil ", &kept)), Verdict::Differs);
        let elsewhere = Proof::new(format!("{SAID}x"), *right.bytes());
        assert_eq!(judge(&elsewhere), Verdict::Differs, "bound to what was said");
        for at in 0..LENGTH {
            let mut other = *right.bytes();
            other[at] ^= 1;
            assert_eq!(judge(&Proof::new(SAID.to_owned(), other)), Verdict::Differs);
        }
        let composed = hash(&secret("P\u{e4}ss"), target(50), &[7; SALT]);
        assert_eq!(
            verify(&composed, &proof_of("P\u{e4}ss", &composed), target(50)),
            Verdict::Matches(Age::Current)
        );
        assert_eq!(verify(&composed, &proof_of("Pa\u{308}ss", &composed), target(50)), Verdict::Differs);
        // The instance makes others now; this one can be proven all the same, and is not made anew without its
        // password.
        let now = Derivation { algorithm: Algorithm::Sha512, ..target(50) };
        assert_eq!(verify(&kept, &right, now), Verdict::Matches(Age::Outdated));
    }

    #[test]
    fn who_would_be_told_apart_from_nobody_is_challenged_like_nobody() {
        let of = |algorithm, rounds, salt: &[u8]| {
            hash(&secret("pencil"), Derivation { algorithm, ..target(rounds) }, salt)
        };
        let challenged = challenge(&of(Algorithm::Sha256, 50, &[7; SALT]), target(50)).unwrap();
        assert_eq!(challenged, Challenge { salt: vec![7; SALT], rounds: target(50).work_factor });
        for (kept, why) in [
            (of(Algorithm::Sha512, 50, &[7; SALT]), "not of SHA256"),
            (of(Algorithm::Sha256, 49, &[7; SALT]), "another work factor"),
            (of(Algorithm::Sha256, 50, &[7; 8]), "no salt of 32"),
            (Credential::none(), "no password"),
            (Credential::unchangeable(), "no password"),
        ] {
            assert!(challenge(&kept, target(50)).unwrap_err().contains(why), "{why}");
            let right = SaltedPassword::kept(&kept.key).proof(SAID.to_owned());
            assert_eq!(verify(&kept, &right, target(50)), Verdict::Differs, "{why}");
            let of_nobody = SaltedPassword::kept(&NOBODY).proof(SAID.to_owned());
            assert_eq!(verify(&kept, &of_nobody, target(50)), Verdict::Differs, "nobody is nobody: {why}");
        }
    }
}
