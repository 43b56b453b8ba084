//! SCRAM-SHA-256 as a client (RFC 5802, RFC 7677): how the gate proves to the database that it knows a role's password, and
//! how the database proves that it knows it too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sclera_authn::secret::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A conversation that has begun.
pub(crate) struct Scram<'a> {
    password: &'a Secret,
    /// The first message without its head.
    first: String,
    nonce: String,
}

/// A conversation whose proof was given.
pub(crate) struct Proven {
    signature: [u8; 32],
}

impl<'a> Scram<'a> {
    /// Begins with randomness for the nonce. PostgreSQL knows the role from the start-up packet and leaves the name aside.
    pub(crate) fn begin(password: &'a Secret, random: &[u8; 18]) -> Self {
        let nonce = STANDARD.encode(random);
        Self { password, first: format!("n=,r={nonce}"), nonce }
    }

    /// The first message: no channel binding, since the connection has no channel to bind to.
    pub(crate) fn first(&self) -> String {
        format!("{HEAD}{}", self.first)
    }

    /// The proof, and what the other side must answer.
    pub(crate) fn prove(self, challenge: &str) -> Option<(String, Proven)> {
        let mut parts = challenge.split(',');
        let nonce = parts.next()?.strip_prefix("r=")?;
        let salt = STANDARD.decode(parts.next()?.strip_prefix("s=")?).ok()?;
        let rounds: u32 = parts.next()?.strip_prefix("i=")?.parse().ok()?;
        let is_ours = nonce.starts_with(&self.nonce) && nonce.len() > self.nonce.len();
        if !is_ours || salt.is_empty() || !(LEAST_ROUNDS..=MOST_ROUNDS).contains(&rounds) {
            return None;
        }
        let mut salted = Zeroizing::new([0; 32]);
        pbkdf2::pbkdf2::<Hmac<Sha256>>(
            self.password.expose().as_bytes(),
            &salt,
            rounds,
            salted.as_mut_slice(),
        )
        .ok()?;
        let last = format!("c={},r={nonce}", STANDARD.encode(HEAD));
        let said = format!("{},{challenge},{last}", self.first);
        let client_key = Zeroizing::new(mac(salted.as_slice(), b"Client Key"));
        let stored: [u8; 32] = Sha256::digest(client_key.as_slice()).into();
        let signature = mac(&stored, said.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, bit)| key ^ bit).collect();
        let server_key = Zeroizing::new(mac(salted.as_slice(), b"Server Key"));
        let proven = Proven { signature: mac(server_key.as_slice(), said.as_bytes()) };
        Some((format!("{last},p={}", STANDARD.encode(proof)), proven))
    }
}

impl Proven {
    /// Tells whether the other side has proven itself as well.
    pub(crate) fn is_answered_by(&self, last: &str) -> bool {
        let given = last.split(',').next().and_then(|part| part.strip_prefix("v="));
        let given = given.and_then(|given| STANDARD.decode(given).ok());
        given.is_some_and(|given| given.ct_eq(&self.signature).into())
    }
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// No channel binding, no other name.
const HEAD: &str = "n,,";
/// What RFC 7677 asks for at least, and what nobody would wait for.
const LEAST_ROUNDS: u32 = 4_096;
const MOST_ROUNDS: u32 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).unwrap()
    }

    /// The example of RFC 7677 section 3, whose name is left in there.
    #[test]
    fn the_example_of_the_standard() {
        let password = secret("pencil");
        let nonce = "rOprNGfwEbeRWgbNEkqO".to_owned();
        let scram = Scram { password: &password, first: format!("n=user,r={nonce}"), nonce };
        let challenge =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let (last, proven) = scram.prove(challenge).unwrap();
        assert_eq!(
            last,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(proven.is_answered_by("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!proven.is_answered_by("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!proven.is_answered_by("e=invalid-proof") && !proven.is_answered_by(""));
    }

    #[test]
    fn a_challenge_that_is_none_gets_no_proof() {
        let password = secret("pencil");
        let begin = || Scram::begin(&password, &[7; 18]);
        let nonce = STANDARD.encode([7; 18]);
        assert_eq!(begin().first(), format!("n,,n=,r={nonce}"));
        assert!(begin().prove(&format!("r={nonce}x,s=W22ZaA==,i=4096")).is_some());
        for wrong in [
            String::new(),
            format!("r={nonce},s=W22ZaA==,i=4096"),
            "r=another,s=W22ZaA==,i=4096".to_owned(),
            format!("r={nonce}x,s=,i=4096"),
            format!("r={nonce}x,s=!,i=4096"),
            format!("r={nonce}x,s=W22ZaA==,i=1"),
            format!("r={nonce}x,s=W22ZaA==,i=4000000000"),
            format!("m=x,r={nonce}x,s=W22ZaA==,i=4096"),
        ] {
            assert!(begin().prove(&wrong).is_none(), "{wrong}");
        }
    }
}
