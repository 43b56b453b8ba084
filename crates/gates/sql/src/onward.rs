//! The log-in to the database behind the gate.

use crate::codec::{
    AUTHENTICATION, CLEAR_TEXT, ERROR, Message, NEGOTIATE, OK, PASSWORD, SASL, SASL_CONTINUE, SASL_FINAL,
    authentication_kind, error_text, read_message, session,
};
use crate::scram::{Client, PLAIN, Proven};
use sclera_authn::secret::Secret;
use sclera_tcp::{Behind, Limits, Upstream};
use std::io;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// Why nobody was logged in there.
#[derive(Debug)]
pub(crate) enum NotThere {
    /// The database cannot be reached, or does not speak its protocol.
    Away(io::Error),
    /// It refuses, or asks for what the gate does not have.
    Refused(String),
}

impl From<io::Error> for NotThere {
    fn from(error: io::Error) -> Self {
        Self::Away(error)
    }
}

/// Connects and logs in with these parameters, the role among them.
pub(crate) async fn log_in(
    upstream: &Upstream,
    limits: &Limits,
    parameters: &[(String, String)],
    password: Option<&Secret>,
) -> Result<Behind, NotThere> {
    let mut behind = upstream.connect(limits).await?;
    let logging_in = async {
        behind.write_all(&session(parameters)).await?;
        authenticate(&mut behind, password).await
    };
    timeout(limits.connect_time, logging_in)
        .await
        .unwrap_or_else(|_| Err(NotThere::Away(io::ErrorKind::TimedOut.into())))?;
    Ok(behind)
}

async fn authenticate(behind: &mut Behind, password: Option<&Secret>) -> Result<(), NotThere> {
    let missing = || NotThere::Refused("it asks for a password of the role, and there is none".to_owned());
    let mut proven: Option<Proven> = None;
    let mut scram: Option<Client<'_>> = None;
    let mut is_answered = false;
    for _ in 0..MOST_STEPS {
        let message = read_message(behind, LONGEST).await?;
        match (message.tag, authentication_kind(&message.body)) {
            (ERROR, _) => return Err(NotThere::Refused(error_text(&message.body))),
            (NEGOTIATE, _) => {}
            // Where a proof was begun it must have been answered: who cannot answer does not know the password.
            (AUTHENTICATION, Some((OK, []))) if proven.is_none() || is_answered => return Ok(()),
            (AUTHENTICATION, Some((CLEAR_TEXT, []))) => {
                let password = password.ok_or_else(missing)?;
                let answer = Message::new(PASSWORD, [password.expose().as_bytes(), &[0]].concat());
                behind.write_all(&answer.bytes()).await?;
            }
            (AUTHENTICATION, Some((SASL, mechanisms))) if scram.is_none() && proven.is_none() => {
                let knows = mechanisms.split(|byte| *byte == 0).any(|name| name == PLAIN.as_bytes());
                if !knows {
                    return Err(NotThere::Refused("it does not offer SCRAM-SHA-256".to_owned()));
                }
                let mut random = [0; 18];
                getrandom::fill(&mut random).map_err(|error| NotThere::Away(io::Error::other(error)))?;
                let begun = Client::begin(password.ok_or_else(missing)?, &random);
                let first = begun.first();
                let length = u32::try_from(first.len()).unwrap_or_default();
                let body = [PLAIN.as_bytes(), &[0], &length.to_be_bytes(), first.as_bytes()].concat();
                behind.write_all(&Message::new(PASSWORD, body).bytes()).await?;
                scram = Some(begun);
            }
            (AUTHENTICATION, Some((SASL_CONTINUE, challenge))) => {
                let challenge = std::str::from_utf8(challenge).ok();
                let answer =
                    scram.take().zip(challenge).and_then(|(scram, challenge)| scram.prove(challenge));
                let (answer, given) = answer.ok_or_else(strange)?;
                behind.write_all(&Message::new(PASSWORD, answer).bytes()).await?;
                proven = Some(given);
            }
            (AUTHENTICATION, Some((SASL_FINAL, last))) => {
                let last = std::str::from_utf8(last).unwrap_or_default();
                is_answered = proven.as_ref().is_some_and(|proven| proven.is_answered_by(last));
                if !is_answered {
                    return Err(NotThere::Refused("it does not know the password of the role".to_owned()));
                }
            }
            (AUTHENTICATION, Some((kind, _))) if scram.is_none() && proven.is_none() => {
                return Err(NotThere::Refused(format!("it asks for authentication of kind {kind}")));
            }
            _ => return Err(strange()),
        }
    }
    Err(strange())
}

fn strange() -> NotThere {
    NotThere::Refused("it answers what was not asked".to_owned())
}

/// The most messages of a log-in, and the most bytes of one.
const MOST_STEPS: usize = 8;
const LONGEST: usize = 16 * 1024;
