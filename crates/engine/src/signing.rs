//! The keys that sign tokens, and tokens as JSON Web Tokens (RFC 7515, RFC 7519).
//!
//! A key is made when one is needed, kept sealed by the vault, and used for [`LIFE`]; then the next is made, and the old
//! one goes when nothing that it signed can be good any more. All processes of an instance share them.

use crate::vault::{Unopenable, Vault};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding,
    RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub(crate) use sclera_core::hex::hex;
use sclera_core::time::Timestamp;
use sclera_store::chain::Key;
use sclera_store::kept::{Keeping, Kept};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How long a key signs, in microseconds: thirty days.
const LIFE: i64 = 30 * 86_400_000_000;
/// The most bytes of a token that are looked at.
const LONGEST: usize = 4_096;
/// What the vault seals keys for.
const PURPOSE: &str = "token signing key";

/// How a key signs.
#[derive(Clone, Copy)]
enum Scheme {
    Ecdsa(&'static EcdsaSigningAlgorithm),
    Rsa(&'static dyn RsaEncoding),
}

/// An algorithm of `JWTSigAlg`.
struct Algorithm {
    name: &'static str,
    scheme: Scheme,
    verify: &'static dyn VerificationAlgorithm,
}

static ALGORITHMS: [Algorithm; 6] = [
    Algorithm {
        name: "ES256",
        scheme: Scheme::Ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
        verify: &ECDSA_P256_SHA256_FIXED,
    },
    Algorithm {
        name: "ES384",
        scheme: Scheme::Ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
        verify: &ECDSA_P384_SHA384_FIXED,
    },
    Algorithm {
        name: "ES512",
        scheme: Scheme::Ecdsa(&ECDSA_P521_SHA512_FIXED_SIGNING),
        verify: &ECDSA_P521_SHA512_FIXED,
    },
    Algorithm { name: "RS256", scheme: Scheme::Rsa(&RSA_PKCS1_SHA256), verify: &RSA_PKCS1_2048_8192_SHA256 },
    Algorithm { name: "RS384", scheme: Scheme::Rsa(&RSA_PKCS1_SHA384), verify: &RSA_PKCS1_2048_8192_SHA384 },
    Algorithm { name: "RS512", scheme: Scheme::Rsa(&RSA_PKCS1_SHA512), verify: &RSA_PKCS1_2048_8192_SHA512 },
];

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

/// A key that signs tokens.
pub(crate) struct SigningKey {
    pub(crate) id: [u8; 16],
    algorithm: &'static Algorithm,
    pair: Pair,
    made: Timestamp,
}

impl SigningKey {
    /// Makes a key for an algorithm, and what is to be kept of it: sealed, until nothing it signs can be good any more.
    pub(crate) fn make(
        algorithm: &str,
        id: [u8; 16],
        (vault, seal): (&Vault, &Key),
        now: Timestamp,
        longest_token: i64,
    ) -> Option<(Self, Kept)> {
        let algorithm = ALGORITHMS.iter().find(|known| known.name == algorithm)?;
        let private: Vec<u8> = match algorithm.scheme {
            Scheme::Ecdsa(ecdsa) => {
                EcdsaKeyPair::generate_pkcs8(ecdsa, &SystemRandom::new()).ok()?.as_ref().to_vec()
            }
            Scheme::Rsa(_) => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
                AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?.as_ref().to_vec()
            }
        };
        let private = zeroize::Zeroizing::new(private);
        let sealed = vault.seal(PURPOSE, &hex(&id), &private).ok()?;
        let text = json!({ "Algorithm": algorithm.name, "Made": now.micros(), "Sealed": hex(&sealed) });
        let until = now.micros().saturating_add(LIFE).saturating_add(longest_token);
        let until = Some(Timestamp::from_micros(until));
        let kept = Kept::new(Keeping::SigningKey, id, until, text.to_string(), seal);
        Some((Self { id, pair: pair(algorithm, &private)?, algorithm, made: now }, kept))
    }

    /// The key that is kept.
    pub(crate) fn of(kept: &Kept, vault: &Vault) -> Option<Self> {
        let text: Value = serde_json::from_str(&kept.text).ok()?;
        let name = text.get("Algorithm")?.as_str()?;
        let algorithm = ALGORITHMS.iter().find(|known| known.name == name)?;
        let sealed = unhex(text.get("Sealed")?.as_str()?)?;
        let private = vault.open(PURPOSE, &hex(&kept.id), &sealed).ok()?;
        let made = Timestamp::from_micros(text.get("Made")?.as_i64()?);
        Some(Self { id: kept.id, pair: pair(algorithm, &private)?, algorithm, made })
    }

    /// What is kept of a key, sealed by the key of the vault of now; none where it is already.
    pub(crate) fn sealed_anew(kept: &Kept, vault: &Vault, seal: &Key) -> Result<Option<Kept>, Unopenable> {
        let mut text: Value = serde_json::from_str(&kept.text).map_err(|_| Unopenable)?;
        let sealed = text.get("Sealed").and_then(Value::as_str).and_then(unhex).ok_or(Unopenable)?;
        let Some(anew) = vault.sealed_anew(PURPOSE, &hex(&kept.id), &sealed)? else { return Ok(None) };
        let members = text.as_object_mut().ok_or(Unopenable)?;
        members.insert("Sealed".to_owned(), json!(hex(&anew)));
        Ok(Some(Kept::new(Keeping::SigningKey, kept.id, kept.until, text.to_string(), seal)))
    }

    /// Tells whether it signs for an algorithm now.
    pub(crate) fn signs(&self, algorithm: &str, now: Timestamp) -> bool {
        let age = now.micros().saturating_sub(self.made.micros());
        self.algorithm.name == algorithm && (0..LIFE).contains(&age)
    }

    /// A token of claims.
    pub(crate) fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({ "alg": self.algorithm.name, "typ": "JWT", "kid": hex(&self.id) });
        let mut token =
            [header.to_string(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ecdsa(pair) => pair.sign(&random, token.as_bytes()).ok()?.as_ref().to_vec(),
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, token.as_bytes(), &mut signature).ok()?;
                signature
            }
        };
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Some(token)
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = match &self.pair {
            Pair::Ecdsa(pair) => pair.public_key().as_ref(),
            Pair::Rsa(pair, _) => pair.public_key().as_ref(),
        };
        UnparsedPublicKey::new(self.algorithm.verify, public).verify(message, signature).is_ok()
    }
}

fn pair(algorithm: &Algorithm, private: &[u8]) -> Option<Pair> {
    Some(match algorithm.scheme {
        Scheme::Ecdsa(ecdsa) => Pair::Ecdsa(EcdsaKeyPair::from_pkcs8(ecdsa, private).ok()?),
        Scheme::Rsa(encoding) => Pair::Rsa(RsaKeyPair::from_pkcs8(private).ok()?, encoding),
    })
}

/// A token taken apart; nothing of it is proven before its key says so.
pub(crate) struct Unproven<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    algorithm: String,
    /// The id of the key that is said to have signed it.
    pub(crate) key: [u8; 16],
    claims: Map<String, Value>,
}

impl<'a> Unproven<'a> {
    /// Takes a token apart.
    pub(crate) fn of(token: &'a str) -> Option<Self> {
        let (signed, signature) = (token.len() <= LONGEST).then(|| token.rsplit_once('.')).flatten()?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let header = object(header)?;
        let key = unhex(header.get("kid")?.as_str()?)?.try_into().ok()?;
        let algorithm = header.get("alg")?.as_str()?.to_owned();
        Some(Self {
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            algorithm,
            key,
            claims: object(claims)?,
        })
    }

    /// The claims, if the key signed them. The algorithm is that of the key, whatever the token says of itself.
    pub(crate) fn proven_by(self, key: &SigningKey) -> Option<Map<String, Value>> {
        let fits = key.id == self.key && key.algorithm.name == self.algorithm;
        (fits && key.has_signed(self.signed.as_bytes(), &self.signature)).then_some(self.claims)
    }
}

/// The keys that this process has read.
#[derive(Default)]
pub(crate) struct Keyring(std::sync::Mutex<Vec<Arc<SigningKey>>>);

impl Keyring {
    pub(crate) fn find(&self, meant: impl Fn(&SigningKey) -> bool) -> Option<Arc<SigningKey>> {
        self.lock().iter().find(|key| meant(key)).cloned()
    }

    /// Puts the keys that are kept now in place of those read before.
    pub(crate) fn replace(&self, keys: Vec<Arc<SigningKey>>) {
        *self.lock() = keys;
    }

    pub(crate) fn add(&self, key: Arc<SigningKey>) {
        self.lock().push(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<SigningKey>>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Capital digits are none of ours: one id has one spelling.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    sclera_core::hex::unhex(text).filter(|_| !text.bytes().any(|byte| byte.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_335_300_000_000);

    fn made(algorithm: &str, id: u8) -> (SigningKey, Kept) {
        SigningKey::make(algorithm, [id; 16], (&Vault::new([1; 32]), &Key::new([2; 32])), NOW, 900_000_000)
            .unwrap()
    }

    #[test]
    fn every_algorithm_signs_and_verifies_what_it_signed_alone() {
        for algorithm in ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512"] {
            let (key, kept) = made(algorithm, 7);
            let token = key.sign(&json!({ "sub": "ann" })).unwrap();
            let claims = |token: &str, key: &SigningKey| Unproven::of(token)?.proven_by(key);
            let again = SigningKey::of(&kept, &Vault::new([1; 32])).unwrap();
            assert_eq!(claims(&token, &again).unwrap().get("sub"), Some(&json!("ann")), "{algorithm}");
            assert!(claims(&token, &made(algorithm, 7).0).is_none(), "another key of the same id");
            assert!(SigningKey::of(&kept, &Vault::new([2; 32])).is_none(), "another vault");
            let other = Vault::new([1; 32]);
            let moved = Kept { id: [8; 16], ..kept };
            assert!(SigningKey::of(&moved, &other).is_none(), "sealed for another id");
        }
    }

    #[test]
    fn what_was_changed_or_says_another_algorithm_is_nothing() {
        let (key, _) = made("ES256", 7);
        let token = key.sign(&json!({ "sub": "ann" })).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let kid = hex(&[7; 16]);
        for changed in [
            [parts[0], &encode(json!({ "sub": "bob" })), parts[2]].join("."),
            [&encode(json!({ "alg": "none", "kid": kid })), parts[1], ""].join("."),
            [&encode(json!({ "alg": "RS256", "kid": kid })), parts[1], parts[2]].join("."),
            [&encode(json!({ "alg": "ES256" })), parts[1], parts[2]].join("."),
            [parts[0], parts[1], &parts[2][1..]].join("."),
            [parts[0], parts[1]].join("."),
            format!("{token}."),
            format!("{token}{}", "A".repeat(LONGEST)),
            String::new(),
        ] {
            assert!(Unproven::of(&changed).and_then(|token| token.proven_by(&key)).is_none(), "{changed}");
        }
    }

    #[test]
    fn a_key_signs_for_thirty_days() {
        let (key, kept) = made("ES256", 7);
        let later = |micros| Timestamp::from_micros(NOW.micros() + micros);
        assert!(key.signs("ES256", NOW) && key.signs("ES256", later(LIFE - 1)));
        assert!(
            !key.signs("ES384", NOW) && !key.signs("ES256", later(LIFE)) && !key.signs("ES256", later(-1))
        );
        assert_eq!(kept.until, Some(later(LIFE + 900_000_000)));
        assert!(!kept.text.contains("ann"));
    }
}
