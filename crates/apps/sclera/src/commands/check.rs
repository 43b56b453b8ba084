//! `check`: the decision itself, for one question or a file of them.

use super::Desk;
use crate::arguments::Check;
use crate::failure::{Failure, NEGATIVE};
use sclera::{Answer, Decision};
use serde_json::{Map, Value, json};
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
        self.output.value(&match answer {
            Answer::Held(held) => json!({ "Permissions": held.words().to_string() }),
            Answer::Decided(decision) => json!({ "Granted": decision.is_granted() }),
        });
        self.output.say(&answer.to_string());
        Ok(if answer == Answer::Decided(Decision::Denied) { NEGATIVE } else { 0 })
    }

    fn check_user(&self, user: &str, resource: &str, wanted: Option<&str>) -> Result<Answer, Failure> {
        let asked = self.instance.check_user(self.session, user, resource, wanted)?;
        if !asked.known {
            self.output.warn(&format!(
                "there is no user {}",
                user.chars().filter(|c| !c.is_control()).take(80).collect::<String>()
            ));
        }
        Ok(asked.answer)
    }

    /// Answers line by line; with `expect` in a line it is a test of the policy.
    fn batch(&self, file: &Path) -> Result<u8, Failure> {
        let bytes = self.around.read(file, LARGEST_BATCH)?;
        let (mut answers, mut different) = (Vec::new(), false);
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let at_line = |failure: Failure| {
                Failure::bad_value(format!("{}: line {}: {failure}", file.display(), number + 1))
            };
            let (answer, as_expected) = self.question(line).map_err(at_line)?;
            different |= !as_expected;
            answers.push(answer);
        }
        for answer in &answers {
            self.output.line(&answer.to_string());
        }
        Ok(if different { NEGATIVE } else { 0 })
    }

    fn question(&self, line: &[u8]) -> Result<(Value, bool), Failure> {
        let mut question: Map<String, Value> = serde_json::from_slice(line)
            .map_err(|error| Failure::bad_value(format!("no JSON object: {error}")))?;
        let unknown = question
            .keys()
            .find(|key| !["user", "resource", "permissions", "expect"].contains(&key.as_str()));
        if let Some(unknown) = unknown {
            return Err(Failure::bad_value(format!(
                "unknown key `{unknown}`; there are user, resource, permissions, expect"
            )));
        }
        let text = |name: &str| match question.get(name) {
            Some(Value::String(text)) => Ok(Some(text.clone())),
            None => Ok(None),
            Some(_) => Err(Failure::bad_value(format!("`{name}` must be a text"))),
        };
        let needed =
            |name: &str| text(name)?.ok_or_else(|| Failure::bad_value(format!("`{name}` is missing")));
        let (user, resource, wanted) = (needed("user")?, needed("resource")?, text("permissions")?);
        let answer = match self.check_user(&user, &resource, wanted.as_deref())? {
            Answer::Held(held) => json!(held.words().to_string()),
            Answer::Decided(decision) => json!(decision.is_granted()),
        };
        let as_expected = question.get("expect").is_none_or(|expected| *expected == answer);
        question.insert("answer".to_owned(), answer);
        Ok((Value::Object(question), as_expected))
    }
}
