//! Sign-ins over HTTP that wait for a code by text message. HTTP has no dialogue, so that whoever comes again with the same
//! name, password and address goes on where the first request stopped: with the code, or to have another one sent.
//!
//! To whoever asks, the first request is refused as any other; that a code was sent tells its telephone. What waits is
//! bounded, and forgotten when the code has expired, which counts as a failed attempt.

use crate::engine::Engine;
use crate::gate::{Pending, Progress};
use crate::tokens::{WEB_GATEWAY, WebSignIn};
use crate::web::entered_where;
use crate::{Refusal, Session};
use sclera_authn::admission::{Attempt, Dialogue, Offer, Question, Reply};
use sclera_authn::secret::Secret;
use sclera_core::name::Folded;
use sclera_core::time::Timestamp;
use sclera_store::port::{Activity, Store};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The most that wait at once.
const MOST: usize = 1_024;

/// Which sign-in: nothing can be read from it.
type Mark = [u8; 32];

/// Sign-ins that wait.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<HashMap<Mark, (Box<Pending>, Timestamp)>>);

impl Waiting {
    fn take(&self, mark: &Mark) -> Option<(Box<Pending>, Timestamp)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(mark)
    }

    /// Those whose code has expired, which wait no longer.
    fn take_late(&self, now: Timestamp) -> Vec<Pending> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let late: Vec<Mark> =
            all.iter().filter(|(_, (_, until))| *until < now).map(|(mark, _)| *mark).collect();
        late.iter().filter_map(|mark| all.remove(mark)).map(|(pending, _)| *pending).collect()
    }

    fn keep(&self, mark: Mark, pending: Box<Pending>, until: Timestamp) -> Result<(), Refusal> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(&mark) {
            return Err(Refusal::TooMany);
        }
        all.insert(mark, (pending, until));
        Ok(())
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Admits a caller over HTTP who may come again with a code.
    pub(crate) fn admit_with_code(&self, sign_in: WebSignIn) -> Result<Session, Refusal> {
        for late in self.waiting.take_late(self.now()) {
            // It is recorded; whoever left has no use for the answer.
            let _ = self.resume_admission(Box::new(late), Reply::TimedOut);
        }
        let (mark, wanted) = (self.mark_of(&sign_in), sign_in.application.clone());
        let WebSignIn { name, password, code, peer, application, transport, .. } = sign_in;
        let progress = match (self.waiting.take(&mark), code) {
            (Some((pending, _)), Some(code)) => self.resume_admission(pending, Reply::Code(code))?,
            (Some((pending, _)), None) => self.resume_admission(pending, Reply::Resend)?,
            (None, code) => {
                // Whoever has a code is not sent another one.
                let dialogue = if code.is_some() { Dialogue::None } else { Dialogue::Codes };
                let (offer, peer) = (Offer::Password { name, password }, Some(peer));
                self.begin_at_web(Attempt {
                    offer,
                    code,
                    peer,
                    application,
                    transport,
                    dialogue,
                    ..Attempt::at(WEB_GATEWAY)
                })?
            }
        };
        let session = self.admitted_or_waits(mark, progress)?;
        Ok(entered_where(session, wanted.as_deref()))
    }

    fn admitted_or_waits(&self, mark: Mark, mut progress: Progress) -> Result<Session, Refusal> {
        loop {
            progress = match progress {
                Progress::Granted(session) => return Ok(*session),
                Progress::Refused(refusal) => return Err(refusal),
                Progress::Ask(question, pending) => match *question {
                    Question::SentCode { until, .. } => {
                        self.waiting.keep(mark, pending, until)?;
                        return Err(Refusal::NotAdmitted);
                    }
                    // The code of an authenticator comes along, or is wrong.
                    Question::OneTimeCode { .. } => {
                        self.resume_admission(pending, Reply::Code(Secret::default()))?
                    }
                    _ => self.resume_admission(pending, Reply::Aborted)?,
                },
            };
        }
    }

    fn mark_of(&self, sign_in: &WebSignIn) -> Mark {
        let (name, address) = (Folded::of(&sign_in.name), sign_in.peer.to_string());
        let application = sign_in.application.as_deref().unwrap_or_default();
        let parts = [application, name.as_str(), sign_in.password.expose(), &address];
        self.key.digest("waiting", &parts.map(str::as_bytes))
    }
}
