//! The gate as a client: how it proves to the database that it knows a role's password, and how the database proves
//! that it knows it too.

use super::messages::{Binding, First, Last, Question, signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sclera_authn::password::WorkFactor;
use sclera_authn::scram::SaltedPassword;
use sclera_authn::secret::Secret;
use subtle::ConstantTimeEq;

/// A conversation that has begun.
pub(crate) struct Client<'a> {
    password: &'a Secret,
    first: First,
}

/// A conversation whose proof was given.
pub(crate) struct Proven {
    signature: [u8; 32],
}

impl<'a> Client<'a> {
    /// Begins with randomness for the nonce. PostgreSQL knows the role from the start-up packet and leaves the name
    /// aside; there is no connection to bind to, since the gate speaks to the database without TLS.
    pub(crate) fn begin(password: &'a Secret, random: &[u8; 18]) -> Self {
        Self { password, first: First::new(Binding::Unknown, STANDARD.encode(random)) }
    }

    /// The first message.
    pub(crate) fn first(&self) -> String {
        self.first.text()
    }

    /// The proof, and what the other side must answer.
    pub(crate) fn prove(self, challenge: &str) -> Option<(String, Proven)> {
        let Question { nonce, salt, rounds } = Question::read(challenge)?;
        let is_ours = nonce.starts_with(&self.first.nonce) && nonce.len() > self.first.nonce.len();
        if !is_ours || !(LEAST_ROUNDS..=MOST_ROUNDS).contains(&rounds) {
            return None;
        }
        let salted = SaltedPassword::of(self.password, &salt, WorkFactor::new(rounds.into())?);
        let bare = Last::bare(self.first.binding.head().as_bytes(), &nonce);
        let proof = salted.proof(format!("{},{challenge},{bare}", self.first.bare));
        let proven = Proven { signature: salted.signature(&proof) };
        Some((Last::text(&bare, proof.bytes()), proven))
    }
}

impl Proven {
    /// Tells whether the other side has proven itself as well.
    pub(crate) fn is_answered_by(&self, last: &str) -> bool {
        signature(last).is_some_and(|given| given.ct_eq(&self.signature).into())
    }
}

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
        let first = First::read("n,,n=user,r=rOprNGfwEbeRWgbNEkqO").unwrap();
        let client = Client { password: &password, first };
        let challenge =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let (last, proven) = client.prove(challenge).unwrap();
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
        let begin = || Client::begin(&password, &[7; 18]);
        let nonce = STANDARD.encode([7; 18]);
        assert_eq!(begin().first(), format!("n,,n=,r={nonce}"));
        assert!(begin().prove(&format!("r={nonce}x,s=W22ZaA==,i=4096")).is_some());
        for wrong in [
            String::new(),
            format!("r={nonce},s=W22ZaA==,i=4096"),
            "r=another,s=W22ZaA==,i=4096".to_owned(),
            format!("r={nonce}x,s=,i=4096"),
            format!("r={nonce}x,s=W22ZaA==,i=1"),
            format!("r={nonce}x,s=W22ZaA==,i=4000000000"),
        ] {
            assert!(begin().prove(&wrong).is_none(), "{wrong}");
        }
    }
}
