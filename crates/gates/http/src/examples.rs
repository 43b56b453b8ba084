//! The examples of the document: steps of one story, in `examples.json`, which a test performs from the first to the last
//! at a real server. What differs from run to run stands in them as `{name}`: an answer gives it, later steps carry it.

use crate::operation::Row;
use serde_json::{Map, Value, json};

/// The steps, each with the operation that it shows, what it sends, and the status and answer that come back.
pub(crate) fn all() -> Vec<Value> {
    serde_json::from_str(STEPS).unwrap_or_default()
}

/// The steps of one operation.
pub(crate) struct Examples<'a>(Vec<&'a Value>);

impl<'a> Examples<'a> {
    pub(crate) fn of(row: &Row, all: &'a [Value]) -> Self {
        let title = row.title();
        Self(all.iter().filter(|step| step.get("operation").is_some_and(|of| *of == title)).collect())
    }

    /// The values of a parameter.
    pub(crate) fn of_parameter(&self, name: &str) -> Option<Value> {
        named(&self.0, |step| step.get("parameters")?.get(name))
    }

    /// The bodies: `body` for JSON, `form` for a form.
    pub(crate) fn of_body(&self, kind: &str) -> Option<Value> {
        named(&self.0, |step| step.get(kind))
    }

    /// The answers with a status.
    pub(crate) fn of_answer(&self, status: u16) -> Option<Value> {
        let fitting: Vec<_> =
            self.0.iter().copied().filter(|step| step.get("status") == Some(&json!(status))).collect();
        named(&fitting, |step| step.get("answer"))
    }
}

/// Examples by their names; none where no step has one.
fn named<'a>(steps: &[&'a Value], part: impl Fn(&'a Value) -> Option<&'a Value>) -> Option<Value> {
    let example = |step: &&'a Value| {
        let name = step.get("name")?.as_str()?.to_owned();
        Some((name, json!({ "summary": step.get("summary")?, "value": part(step)? })))
    };
    let examples: Map<String, Value> = steps.iter().filter_map(example).collect();
    (!examples.is_empty()).then_some(Value::Object(examples))
}

const STEPS: &str = include_str!("examples.json");
