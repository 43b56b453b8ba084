//! `check`: the decision itself, for one question or a file of them.

use super::Desk;
use crate::arguments::Check;
use crate::failure::{Failure, NEGATIVE};
use sclera::answers::{Answers, Entrance, Source};
use sclera::{Answer, Decision};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

/// The most bytes that a batch may have.
const LARGEST_BATCH: u64 = 64 * 1024 * 1024;

impl Desk<'_> {
    pub(super) fn check(&self, check: &Check) -> Result<u8, Failure> {
        if let Some(file) = &check.batch {
            return self.batch(file);
        }
        let resource = check.resource.as_deref().unwrap_or_default();
        let wanted = check.permissions.as_deref();
        let answer = match (&check.user, &check.roles) {
            (Some(user), _) => self.check_user(user, resource, wanted)?,
            (None, Some(roles)) => self.instance.check_roles(self.session, roles, resource, wanted)?,
            (None, None) => self.instance.check(self.session, resource, wanted)?,
        };
        self.count(&Answers::of(answer));
        self.output.value(&match answer {
            Answer::Held(held) => json!({ "Permissions": held.words().to_string() }),
            Answer::Decided(decision) => json!({ "Granted": decision.is_granted() }),
        });
        self.output.say(&answer.to_string());
        Ok(if answer == Answer::Decided(Decision::Denied) { NEGATIVE } else { 0 })
    }

    fn count(&self, answers: &Answers) {
        self.instance.count_answers(Entrance::Local, Source::Store, answers);
    }

    fn check_user(&self, user: &str, resource: &str, wanted: Option<&str>) -> Result<Answer, Failure> {
        let asked = self.instance.check_user(self.session, user, resource, wanted)?;
        if !asked.known {
            self.output.warn(&format!("there is no user {}", user.chars().take(80).collect::<String>()));
        }
        Ok(asked.answer)
    }

    /// Answers line by line; with `expect` in a line it is a test of the policy.
    fn batch(&self, file: &Path) -> Result<u8, Failure> {
        let bytes = self.around.read(file, LARGEST_BATCH)?;
        let (mut answers, mut different, counted) = (Vec::new(), false, Answers::default());
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let at_line = |failure: Failure| {
                Failure::bad_value(format!("{}: line {}: {failure}", file.display(), number + 1))
            };
            let (answer, as_expected) = self.question(line, &counted).map_err(at_line)?;
            different |= !as_expected;
            answers.push(answer);
        }
        self.count(&counted);
        for answer in &answers {
            self.output.line(&answer.to_string());
        }
        Ok(if different { NEGATIVE } else { 0 })
    }

    fn question(&self, line: &[u8], answers: &Answers) -> Result<(Value, bool), Failure> {
        let question: Question = serde_json::from_slice(line).map_err(|error| no_question(&error))?;
        let answer = self.check_user(&question.user, &question.resource, question.permissions.as_deref())?;
        answers.add(answer);
        let answer = match answer {
            Answer::Held(held) => json!(held.words().to_string()),
            Answer::Decided(decision) => json!(decision.is_granted()),
        };
        let as_expected = question.expect.as_ref().is_none_or(|expected| *expected == answer);
        let mut answered = json!(question);
        if let Some(answered) = answered.as_object_mut() {
            answered.insert("answer".to_owned(), answer);
        }
        Ok((answered, as_expected))
    }
}

/// One line of a batch. A key that is not known, or that stands twice, is refused.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Question {
    user: String,
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expect: Option<Value>,
}

/// The line is told by whoever knows its number; what is wrong may quote a part of it, which may be long.
fn no_question(error: &serde_json::Error) -> Failure {
    let what = error.to_string();
    let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
    Failure::bad_value(what.chars().take(200).collect::<String>())
}
