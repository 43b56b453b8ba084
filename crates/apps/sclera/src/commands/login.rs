//! `login`: asks the gate of a service, and shows an administrator each step.

use super::Desk;
use crate::failure::Failure;
use crate::surroundings::Purpose;
use sclera::Secret;
use sclera::gate::{Attempt, Caller, Dialogue, Finding, Note, Offer, Question, Reply};
use serde_json::{Value, json};
use std::net::IpAddr;

/// Whoever is not let in.
const REFUSED: u8 = 1;

impl Desk<'_> {
    pub(super) fn login(
        &self,
        service: &str,
        user: &str,
        peer: Option<IpAddr>,
        simulate: bool,
    ) -> Result<u8, Failure> {
        // A rehearsal takes every proof for right.
        let (password, code) = if simulate {
            (None, None)
        } else {
            let prompt = format!("Password of {user} at {service}: ");
            (self.around.password(Purpose::Attempt, &prompt)?, self.around.given(Purpose::Code)?)
        };
        let offer = Offer::Password { name: user.to_owned(), password: password.unwrap_or_default() };
        let dialogue = match (simulate, self.around.can_ask()) {
            (true, _) => Dialogue::Codes,
            (false, true) => Dialogue::Full,
            (false, false) => Dialogue::None,
        };
        let attempt = Attempt {
            offer,
            peer,
            code,
            dialogue,
            // The operating system would say so of a caller of this name.
            os_user: simulate.then(|| user.to_owned()),
            ..Attempt::at(service)
        };
        let caller = Caller { door: self.session.door(), os_user: self.session.os_user().map(str::to_owned) };
        let answer = &mut |question: &Question| match question {
            Question::OneTimeCode { .. } | Question::SentCode { .. } if simulate => {
                Reply::Code(Secret::default())
            }
            question => self.around.ask(question),
        };
        let watched = self.instance.watch(self.session, attempt, caller, simulate, answer)?;
        let outside = |said: &String| json!({ "Step": "outside", "Outcome": "said", "Found": said });
        let steps: Vec<Value> =
            watched.trace.iter().map(step).chain(watched.told.iter().map(outside)).collect();
        for note in &watched.trace {
            self.output.say(&line(note));
        }
        for said in &watched.told {
            self.output.say(&format!("{:<14} said     {said}", "outside"));
        }
        Ok(match watched.outcome {
            Ok(session) => {
                let roles = session.roles();
                self.output.value(&json!({
                    "Admitted": true, "Username": session.user(), "Roles": roles, "Steps": steps,
                }));
                self.output.say(&format!("admitted: {} with the roles {roles}", session.user()));
                0
            }
            Err((refusal, why)) => {
                let why = why.map(|why| why.to_string()).unwrap_or_default();
                let told = refusal.to_string();
                self.output.value(&json!({ "Admitted": false, "Told": told, "Reason": why, "Steps": steps }));
                self.output.say(&format!("refused: {why}\nthe caller is told: {told}"));
                REFUSED
            }
        })
    }
}

fn said(note: &Note) -> (&'static str, String) {
    match &note.found {
        Finding::Passed(what) => ("passed", what.clone()),
        Finding::Skipped(what) => ("skipped", what.clone()),
        Finding::Failed(status) => ("failed", status.to_string()),
    }
}

fn line(note: &Note) -> String {
    let (outcome, what) = said(note);
    format!("{:<14} {outcome:<8} {what}", note.step)
}

fn step(note: &Note) -> Value {
    let (outcome, what) = said(note);
    json!({ "Step": note.step, "Outcome": outcome, "Found": what })
}
