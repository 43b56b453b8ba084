//! Every example of the OpenAPI document, performed at a real server in the order of their story.

use crate::client::{Answer, Request};
use crate::clinic::{Clinic, PASSWORD};
use crate::schema;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/examples.json")
}

fn steps() -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap()
}

fn text<'a>(step: &'a Value, member: &str) -> &'a str {
    step[member].as_str().unwrap_or_else(|| panic!("{member} of {step}"))
}

/// The story so far: what answers gave, by name.
struct Story {
    clinic: Clinic,
    kept: BTreeMap<String, String>,
}

impl Story {
    /// A value with what is carried put in: `"{name}"` is what an answer before gave.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.carried(text)),
            Value::Array(values) => values.iter().map(|value| self.filled(value)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.filled(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn carried(&self, text: &str) -> String {
        match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => self.kept.get(name).unwrap_or_else(|| panic!("nothing gave {name} before")).clone(),
            None => text.to_owned(),
        }
    }

    fn request(&self, step: &Value) -> Request {
        let (method, path) = text(step, "operation").split_once(' ').unwrap();
        let query = step.get("parameters").map(|parameters| pairs(&self.filled(parameters)));
        let path = query.map_or(path.to_owned(), |query| format!("{path}?{query}"));
        let mut request = match step.get("form") {
            Some(form) => {
                Request::post(&path, &pairs(form)).header("Content-Type", "application/x-www-form-urlencoded")
            }
            None => Request::new(method, &path),
        };
        if let Some(body) = step.get("body") {
            request = request.json(&self.filled(body));
        }
        if let Some(user) = step.get("by") {
            request = request.log_in(user.as_str().unwrap(), PASSWORD);
        }
        if let Some(token) = step.get("bearer") {
            request = request.bearer(&self.carried(token.as_str().unwrap()));
        }
        if let Some(cookie) = step.get("cookie") {
            request = request.header("Cookie", &self.carried(cookie.as_str().unwrap()));
        }
        request
    }

    /// Asks, and again where the step says what is waited for.
    fn answer(&self, step: &Value) -> Answer {
        let request = self.request(step);
        let late = Instant::now() + Duration::from_secs(20);
        loop {
            let answer = self.clinic.ask(&request);
            let is_there = step.get("until").is_none_or(|until| {
                let told = answer.json();
                until.as_object().unwrap().iter().all(|(place, value)| told.pointer(place) == Some(value))
            });
            if is_there {
                return answer;
            }
            assert!(Instant::now() < late, "{step}: {answer:?}");
            std::thread::yield_now();
        }
    }

    /// The answer as the example has it, with names in the place of what the step keeps.
    fn told(&mut self, step: &Value, answer: &Answer) -> Option<Value> {
        let is_json = answer.header("content-type").is_some_and(|kind| kind.contains("json"));
        let is_text = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"));
        let mut told = match answer.body.is_empty() {
            true => None,
            false if is_json => Some(answer.json()),
            false => is_text.then(|| Value::from(answer.body.as_str())),
        };
        for (name, place) in step.get("keeps").and_then(Value::as_object).into_iter().flatten() {
            let place = place.as_str().unwrap();
            let kept = match told.as_mut().and_then(|told| told.pointer_mut(place)) {
                Some(found) => {
                    let kept = found.as_str().unwrap_or_else(|| panic!("{place} of {answer:?}")).to_owned();
                    *found = Value::String(format!("{{{name}}}"));
                    kept
                }
                None => of_header(answer, place),
            };
            assert!(!kept.is_empty(), "{place} of {answer:?}");
            self.kept.insert(name.clone(), kept);
        }
        told
    }
}

/// What counts of a header: the number of a task, or a cookie without its attributes.
fn of_header(answer: &Answer, name: &str) -> String {
    let value = answer.header(&name.to_lowercase()).unwrap_or_else(|| panic!("no {name} in {answer:?}"));
    let value = value.split_once("?id=").map_or(value, |(_, id)| id);
    value.split(';').next().unwrap().to_owned()
}

/// A query or a form.
fn pairs(members: &Value) -> String {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pair = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}={}", escaped(&value))
    };
    members.as_object().unwrap().iter().map(pair).collect::<Vec<_>>().join("&")
}

/// `SCLERA_BLESS=1` writes what is answered into the examples; look at it, and make the document anew.
#[test]
fn every_example_is_answered_as_it_says() {
    let document = sclera_http::document();
    let mut story = Story { clinic: Clinic::open(), kept: BTreeMap::new() };
    let mut steps = steps();
    let is_blessing = std::env::var_os("SCLERA_BLESS").is_some();
    for step in &mut steps {
        let answer = story.answer(step);
        let told = story.told(step, &answer);
        assert_eq!(described(&document, step, answer.status, told.as_ref()), None, "{step}: {answer:?}");
        if is_blessing {
            let members = step.as_object_mut().unwrap();
            members.insert("status".to_owned(), json!(answer.status));
            members.remove("answer");
            members.extend(told.map(|told| ("answer".to_owned(), told)));
        } else {
            assert_eq!(json!(answer.status), step["status"], "{step}: {answer:?}");
            assert_eq!(told.as_ref(), step.get("answer"), "{step}");
        }
    }
    if is_blessing {
        std::fs::write(path(), serde_json::to_string_pretty(&steps).unwrap() + "\n").unwrap();
    }
}

/// What of a step the document does not describe.
fn described(document: &Value, step: &Value, status: u16, told: Option<&Value>) -> Option<String> {
    let operation = operation(document, text(step, "operation"));
    let none = Map::new();
    for (name, value) in step.get("parameters").and_then(Value::as_object).unwrap_or(&none) {
        let known = operation["parameters"].as_array().into_iter().flatten();
        let Some(known) = known.into_iter().find(|known| known["name"] == **name) else {
            return Some(format!("the parameter {name}"));
        };
        if let Some(fault) = schema::fault(document, &known["schema"], value) {
            return Some(format!("the parameter {name}: {fault}"));
        }
    }
    // What is sent to be refused as malformed is not as the document says.
    if status != 400 {
        for (member, kind) in [("body", "application/json"), ("form", "application/x-www-form-urlencoded")] {
            let Some(body) = step.get(member) else { continue };
            let schema = &operation["requestBody"]["content"][kind]["schema"];
            if let Some(fault) = schema::fault(document, schema, body) {
                return Some(format!("the body: {fault}"));
            }
        }
    }
    let Some(response) = operation["responses"].get(status.to_string()) else {
        return Some(format!("the status {status}"));
    };
    match (told, response.get("content").and_then(Value::as_object)) {
        (None, None) => None,
        (Some(told), Some(content)) => {
            let content = content.values().next().unwrap();
            schema::fault(document, &content["schema"], told)
        }
        (told, content) => Some(format!("content {content:?} for {told:?}")),
    }
}

fn operation<'a>(document: &'a Value, title: &str) -> &'a Value {
    let (method, path) = title.split_once(' ').unwrap();
    let found = document["paths"].get(path).and_then(|path| path.get(method.to_lowercase()));
    found.unwrap_or_else(|| panic!("no operation {title}"))
}

#[test]
fn every_operation_that_is_built_has_an_example_of_a_success() {
    let document = sclera_http::document();
    let (mut built, mut shown) = (BTreeSet::new(), BTreeSet::new());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["x-planned"] != true && path != "/api/openapi.json" {
                built.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let mut names = BTreeSet::new();
    for step in steps() {
        let title = text(&step, "operation").to_owned();
        assert!(
            names.insert((title.clone(), text(&step, "name").to_owned())),
            "{step} has no name of its own"
        );
        if step["status"].as_u64().unwrap() < 400 {
            shown.insert(title);
        }
    }
    let without: Vec<_> = built.difference(&shown).collect();
    assert!(without.is_empty(), "{without:?}");
}

/// Each example of the document is that of a step, so that none stands there which is not performed.
#[test]
fn the_document_has_the_examples_of_the_story_and_no_others() {
    let mut found = Vec::new();
    collect(&sclera_http::document(), &mut found);
    let steps = steps();
    let parts = |step: &Value| {
        let parameters = step.get("parameters").and_then(Value::as_object).map_or(0, Map::len);
        parameters + ["body", "form", "answer"].iter().filter(|part| step.get(**part).is_some()).count()
    };
    assert_eq!(found.len(), steps.iter().map(parts).sum::<usize>());
    for (name, example) in found {
        let is_of = |step: &&Value| {
            let parameters =
                step.get("parameters").and_then(Value::as_object).into_iter().flat_map(Map::values);
            let parts = ["body", "form", "answer"].iter().filter_map(|part| step.get(*part));
            step["name"] == *name && parameters.chain(parts).any(|part| *part == example["value"])
        };
        assert!(steps.iter().any(|step| is_of(&step)), "{name}: {example}");
    }
}

fn collect(value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("examples", Value::Object(examples)) => {
                        found.extend(examples.iter().map(|(name, example)| (name.clone(), example.clone())));
                    }
                    ("example", _) => panic!("an example that no step has: {value}"),
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
