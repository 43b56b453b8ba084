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

impl Server {
    /// Takes the mechanism that a client chose, and its first message. Where the connection has an end point to bind
    /// to, that was offered: a client that could do so and says it was not offered has been lied to on the way.
    pub(crate) fn begin(
        mechanism: &str,
        message: &str,
        end_point: Option<&[u8]>,
        random: &[u8; 18],
    ) -> Option<Self> {
        let first = First::read(message)?;
        let bound = match (mechanism, &first.binding, end_point) {
            (PLUS, Binding::To(name), Some(end_point)) if name == END_POINT => end_point,
            (PLAIN, Binding::Unknown, _) | (PLAIN, Binding::NotOffered, None) => &[],
            _ => return None,
        };
        let channel = [first.binding.head().as_bytes(), bound].concat();
        let nonce = format!("{}{}", first.nonce, STANDARD.encode(random));
        Some(Self { first, channel, nonce })
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
    pub(crate) fn proof(self, message: &str) -> Option<Proof> {
        let last = Last::read(message)?;
        let is_ours = last.nonce == self.nonce && last.channel == self.channel;
        is_ours.then(|| Proof::new(format!("{},{}", self.said, last.bare), last.proof))
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

    fn begin(mechanism: &str, message: &str, end_point: Option<&[u8]>) -> Option<Server> {
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
        for (mechanism, message, end_point, goes_on) in [
            (PLAIN, "n,,n=,r=abc", None, true),
            (PLAIN, "n,,n=,r=abc", end_point, true),
            (PLAIN, "y,,n=,r=abc", None, true),
            (PLAIN, "y,,n=,r=abc", end_point, false),
            (PLAIN, bound, end_point, false),
            (PLUS, bound, end_point, true),
            (PLUS, bound, None, false),
            (PLUS, "n,,n=,r=abc", end_point, false),
            (PLUS, "y,,n=,r=abc", end_point, false),
            (PLUS, "p=tls-unique,,n=,r=abc", end_point, false),
            ("SCRAM-SHA-1", "n,,n=,r=abc", None, false),
            ("", "n,,n=,r=abc", None, false),
        ] {
            assert_eq!(begin(mechanism, message, end_point).is_some(), goes_on, "{mechanism} {message}");
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
        assert!(plain().proof(&last(b"n,,", &nonce)).is_some());
        assert!(plain().proof(&last(b"n,,", "abc")).is_none(), "another nonce");
        assert!(plain().proof(&last(b"n,,", &format!("{nonce}x"))).is_none());
        assert!(plain().proof(&last(b"y,,", &nonce)).is_none(), "other words at first");
        assert!(plain().proof("").is_none());
        let bound = || asked(PLUS, "p=tls-server-end-point,,n=,r=abc", Some(b"digest"));
        assert!(bound().proof(&last(b"p=tls-server-end-point,,digest", &nonce)).is_some());
        assert!(
            bound().proof(&last(b"p=tls-server-end-point,,others", &nonce)).is_none(),
            "another certificate"
        );
        assert!(bound().proof(&last(b"p=tls-server-end-point,,", &nonce)).is_none());
    }
}
