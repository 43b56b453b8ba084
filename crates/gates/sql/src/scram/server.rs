//! The gate as a server: what it asks of clients, and the proof that it hands on to the admission.

use super::messages::{self, Binding, First, Last, Question};
use super::{PLAIN, PLUS};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sclera_authn::scram::{Challenge, Proof};

/// A conversation that a client has begun.
pub(crate) struct Server {
    first: First,
    /// What the connection is bound to, where the client does that.
    channel: Vec<u8>,
    nonce: String,
}

/// A client that was asked for its proof.
pub(crate) struct Challenged {
    /// What both have said so far.
    said: String,
    channel: Vec<u8>,
    nonce: String,
}

/// Why a conversation does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// What was said is none of it.
    Malformed,
    /// It is not bound to this connection, though it could be: somebody may stand between the two.
    Unbound,
}

impl Server {
    /// Takes the mechanism that a client chose, and its first message. Where the connection has an end point to bind
    /// to, that was offered: a client that could do so and says it was not offered has been lied to on the way.
    pub(crate) fn begin(
        mechanism: &str,
        message: &str,
        end_point: Option<&[u8]>,
        random: &[u8; 18],
    ) -> Result<Self, Fault> {
        let first = First::read(message).ok_or(Fault::Malformed)?;
        let bound = match (mechanism, &first.binding, end_point) {
            (PLUS, Binding::To(name), Some(end_point)) if name == END_POINT => end_point,
            (PLAIN, Binding::Unknown, _) | (PLAIN, Binding::NotOffered, None) => &[],
            (PLAIN, Binding::NotOffered, Some(_)) => return Err(Fault::Unbound),
            _ => return Err(Fault::Malformed),
        };
        let channel = [first.binding.head().as_bytes(), bound].concat();
        let nonce = format!("{}{}", first.nonce, STANDARD.encode(random));
        Ok(Self { first, channel, nonce })
    }

    /// Asks for the proof.
    pub(crate) fn challenge(self, challenge: Challenge) -> (String, Challenged) {
        let Self { first, channel, nonce } = self;
        let Challenge { salt, rounds } = challenge;
        let question = Question { nonce: nonce.clone(), salt, rounds: rounds.get() }.text();
        let said = format!("{},{question}", first.bare);
        (question, Challenged { said, channel, nonce })
    }
}

impl Challenged {
    /// The proof, if it is one of this conversation on this connection. Whether it is right is for the admission to
    /// say.
    pub(crate) fn proof(self, message: &str) -> Result<Proof, Fault> {
        let last = Last::read(message).filter(|last| last.nonce == self.nonce).ok_or(Fault::Malformed)?;
        if last.channel != self.channel {
            return Err(Fault::Unbound);
        }
        Ok(Proof::new(format!("{},{}", self.said, last.bare), last.proof))
    }
}

/// What the gate says last, to whoever is in: that the instance knows the password too.
pub(crate) fn verifier(signature: &[u8]) -> String {
    messages::verified(signature)
}

/// The only binding that is known: to the certificate of the server (RFC 5929).
const END_POINT: &str = "tls-server-end-point";

#[cfg(test)]
mod tests {
    use super::super::Client;
    use super::*;
    use sclera_authn::password::{Algorithm, Derivation, Verdict, WorkFactor, hash};
    use sclera_authn::scram::{signature, verify};
    use sclera_authn::secret::Secret;

    const RANDOM: [u8; 18] = [7; 18];

    fn begin(mechanism: &str, message: &str, end_point: Option<&[u8]>) -> Result<Server, Fault> {
        Server::begin(mechanism, message, end_point, &RANDOM)
    }

    /// The example of RFC 7677 section 3, with what is kept of its password.
    #[test]
    fn the_example_of_the_standard() {
        let target =
            Derivation { algorithm: Algorithm::Sha256, work_factor: WorkFactor::new(4_096).unwrap() };
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let kept = hash(&Secret::new("pencil".to_owned()).unwrap(), target, &salt);
        let server = Server {
            nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".to_owned(),
            ..begin(PLAIN, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", None).unwrap()
        };
        let (asked, challenged) = server.challenge(Challenge { salt, rounds: target.work_factor });
        assert_eq!(
            asked,
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        let proof = challenged.proof(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        );
        let signature = signature(&kept, &proof.unwrap());
        assert_eq!(verifier(&signature), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn both_sides_understand_each_other() {
        let target =
            Derivation { algorithm: Algorithm::Sha256, work_factor: WorkFactor::new(4_096).unwrap() };
        let password = Secret::new("pencil".to_owned()).unwrap();
        let kept = hash(&password, target, &[9; 32]);
        let challenge = sclera_authn::scram::challenge(&kept, target).unwrap();
        let client = Client::begin(&password, &[1; 18]);
        let (asked, challenged) = begin(PLAIN, &client.first(), None).unwrap().challenge(challenge);
        let (last, proven) = client.prove(&asked).unwrap();
        let proof = challenged.proof(&last).unwrap();
        assert!(matches!(verify(&kept, &proof, target), Verdict::Matches(_)));
        assert!(proven.is_answered_by(&verifier(&signature(&kept, &proof))));
    }

    #[test]
    fn a_client_is_bound_to_the_connection_as_far_as_it_can_be() {
        let end_point = Some(&b"digest"[..]);
        let bound = "p=tls-server-end-point,,n=,r=abc";
        let (malformed, unbound) = (Some(Fault::Malformed), Some(Fault::Unbound));
        for (mechanism, message, end_point, fault) in [
            (PLAIN, "n,,n=,r=abc", None, None),
            (PLAIN, "n,,n=,r=abc", end_point, None),
            (PLAIN, "y,,n=,r=abc", None, None),
            (PLAIN, "y,,n=,r=abc", end_point, unbound),
            (PLAIN, bound, end_point, malformed),
            (PLUS, bound, end_point, None),
            (PLUS, bound, None, malformed),
            (PLUS, "n,,n=,r=abc", end_point, malformed),
            (PLUS, "y,,n=,r=abc", end_point, malformed),
            (PLUS, "p=tls-unique,,n=,r=abc", end_point, malformed),
            ("SCRAM-SHA-1", "n,,n=,r=abc", None, malformed),
            ("", "n,,n=,r=abc", None, malformed),
        ] {
            assert_eq!(begin(mechanism, message, end_point).err(), fault, "{mechanism} {message}");
        }
    }

    #[test]
    fn a_proof_of_another_conversation_or_connection_is_none() {
        let nonce = format!("abc{}", STANDARD.encode(RANDOM));
        let challenge = || Challenge { salt: vec![1], rounds: WorkFactor::new(4_096).unwrap() };
        let asked = |mechanism, message, end_point| {
            begin(mechanism, message, end_point).unwrap().challenge(challenge()).1
        };
        let last = |channel: &[u8], nonce: &str| Last::text(&Last::bare(channel, nonce), &[0; 32]);
        let plain = || asked(PLAIN, "n,,n=,r=abc", None);
        let fault = |asked: Challenged, last: &str| asked.proof(last).err();
        let (malformed, unbound) = (Some(Fault::Malformed), Some(Fault::Unbound));
        assert_eq!(fault(plain(), &last(b"n,,", &nonce)), None);
        assert_eq!(fault(plain(), &last(b"n,,", "abc")), malformed, "another nonce");
        assert_eq!(fault(plain(), &last(b"n,,", &format!("{nonce}x"))), malformed);
        assert_eq!(fault(plain(), ""), malformed);
        assert_eq!(fault(plain(), &last(b"y,,", &nonce)), unbound, "other words at first");
        let bound = || asked(PLUS, "p=tls-server-end-point,,n=,r=abc", Some(b"digest"));
        assert_eq!(fault(bound(), &last(b"p=tls-server-end-point,,digest", &nonce)), None);
        assert_eq!(
            fault(bound(), &last(b"p=tls-server-end-point,,others", &nonce)),
            unbound,
            "another certificate"
        );
        assert_eq!(fault(bound(), &last(b"p=tls-server-end-point,,", &nonce)), unbound);
    }
}
