//! The OpenAPI 3.1 document, made of the table of operations.

use crate::desk::Desk;
use crate::examples::{self, Examples};
use crate::links;
use crate::operation::{
    Done, Entity, Family, Gate, Operation, Operations, Outcome, Parameter, Row, Verb, Work,
};
use crate::reject::answer;
use crate::shape::{Member, Need, Shape};
use axum::http::StatusCode;
use sclera_store::memory::Memory;
use sclera_store::port::{Activity, Store};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const DOCUMENT: &'static [Operation<S, A>] = &[Operation::ask(
        Row::get("/api/openapi.json", "Document", "This document")
            .family(Family::Sclera)
            .gate(Gate::Open)
            .gives(Shape::Anything)
            .bare(),
        served::<S, A>,
    )];
}

#[expect(clippy::unnecessary_wraps, reason = "operations may refuse; this one never does")]
fn served<S: Store, A: Activity>(_: &mut Desk<'_, S, A>) -> Done {
    Ok(Outcome::Whole(answer(StatusCode::OK, &document())))
}

/// The document.
pub fn document() -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let steps = examples::all();
    let is_built = |operation: &&Operation<Memory, Memory>| !matches!(operation.work, Work::Planned);
    let built: Vec<&Row> =
        Operations::<Memory, Memory>::all().filter(is_built).map(|operation| &operation.row).collect();
    for operation in Operations::<Memory, Memory>::all() {
        let shown = Examples::of(&operation.row, &steps);
        let mut described = described(&operation.row, &shown, matches!(operation.work, Work::Planned));
        links::put(&mut described, &operation.row, &built);
        let verb = operation.row.verb.word().to_lowercase();
        paths.entry(operation.row.path).or_default().insert(verb, described);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sclera",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Administration, decisions and health of a Sclera instance. Objects are named in the query. \
                Operations marked `x-planned` ask their privilege and answer 501.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "basic": { "type": "http", "scheme": "basic" },
                "negotiate": { "type": "http", "scheme": "negotiate" },
            },
            "schemas": { "Envelope": envelope(None), "Problem": problem() },
        },
    })
}

fn described(row: &Row, examples: &Examples<'_>, planned: bool) -> Value {
    let mut operation = Map::new();
    let mut put = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    put("operationId", json!(id_of(row)));
    put("tags", json!([row.group]));
    put("summary", json!(row.summary));
    if planned {
        put("x-planned", json!(true));
    }
    match row.gate {
        Gate::Open if row.ends_tokens => put("security", json!([{ "bearer": [] }])),
        Gate::Open => put("security", json!([])),
        _ => put("security", json!([{ "bearer": [] }, { "basic": [] }, { "negotiate": [] }])),
    };
    match row.gate {
        Gate::Use(any_of) => {
            let privileges: Vec<String> = any_of.iter().map(|resource| format!("{resource}:U")).collect();
            put("x-privilege", json!(privileges));
        }
        Gate::Administrator => {
            put("x-privilege", json!(["%Admin_*:U"]));
        }
        Gate::Open | Gate::SignedIn => {}
    }
    if !row.parameters.is_empty() {
        let parameter = |known: &Parameter| parameter(known, examples.of_parameter(known.name));
        put("parameters", row.parameters.iter().map(parameter).collect());
    }
    if let Entity::Json(shape) = row.entity {
        let content = content("application/json", &schema(&shape, Direction::In), examples.of_body("body"));
        put("requestBody", json!({ "required": true, "content": content }));
    }
    if let Entity::Form = row.entity {
        let schema = json!({ "type": "object", "properties": {
            "user": { "type": "string" }, "password": { "type": "string", "format": "password" },
            "totp": { "type": "string", "format": "password" }, "next": { "type": "string" },
        }});
        let content = content("application/x-www-form-urlencoded", &schema, examples.of_body("form"));
        put("requestBody", json!({ "required": true, "content": content }));
    }
    put("responses", responses(row, examples));
    Value::Object(operation)
}

/// A body or an answer of one type.
fn content(kind: &str, schema: &Value, examples: Option<Value>) -> Value {
    let mut described = json!({ "schema": schema });
    if let (Some(described), Some(examples)) = (described.as_object_mut(), examples) {
        described.insert("examples".to_owned(), examples);
    }
    json!({ kind: described })
}

/// A name for an operation: its method and the words of its path.
pub(crate) fn id_of(row: &Row) -> String {
    let words = row.path.trim_start_matches("/api/").split(['/', '-', '.', '_']);
    let words = words.filter(|word| !word.is_empty() && *word != "v2");
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    row.verb.word().to_lowercase() + &words.map(capital).collect::<String>()
}

fn parameter(parameter: &Parameter, examples: Option<Value>) -> Value {
    let mut described = json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.about,
        "schema": schema(&parameter.shape, Direction::In),
    });
    if let (Some(described), Some(examples)) = (described.as_object_mut(), examples) {
        described.insert("examples".to_owned(), examples);
    }
    described
}

fn responses(row: &Row, examples: &Examples<'_>) -> Value {
    let mut responses = BTreeMap::new();
    for status in row.done {
        responses.insert(*status, success(row, *status, examples.of_answer(*status)));
    }
    for status in refusals(row) {
        responses.insert(status, refusal(row, status, examples.of_answer(status)));
    }
    responses
        .into_iter()
        .map(|(status, response)| (status.to_string(), response))
        .collect::<Map<_, _>>()
        .into()
}

/// What an operation may refuse with beside what its row names.
fn refusals(row: &Row) -> Vec<u16> {
    let mut statuses: Vec<u16> = row.refused.to_vec();
    if row.gate != Gate::Open {
        statuses.extend([401, 408, 503]);
    }
    if matches!(row.gate, Gate::Use(_) | Gate::Administrator) {
        statuses.push(403);
    }
    let takes_input = !row.parameters.is_empty() || matches!(row.entity, Entity::Json(_));
    if takes_input || row.gate != Gate::Open {
        statuses.push(400);
    }
    if let Entity::Json(_) = row.entity {
        statuses.extend([408, 413, 415, 503]);
    }
    statuses
}

fn success(row: &Row, status: u16, examples: Option<Value>) -> Value {
    let mut response = json!({ "description": meaning(status) });
    let Some(members) = response.as_object_mut() else { return response };
    if let (Family::Health, Some(_)) = (row.family, row.answer) {
        members.insert("content".to_owned(), content("text/plain", &json!({ "type": "string" }), examples));
        return response;
    }
    if row.bare && row.answer.is_none() {
        return response;
    }
    let told = row.answer.map(|shape| schema(&shape, Direction::Out));
    let schema = if row.bare { told.unwrap_or_else(|| json!({})) } else { envelope(told) };
    members.insert("content".to_owned(), content("application/json", &schema, examples));
    if status == 202 {
        let location = json!({ "Location": {
            "description": "where the task is read; its id is what counts",
            "schema": { "type": "string" },
        }});
        members.insert("headers".to_owned(), location);
    }
    response
}

fn refusal(row: &Row, status: u16, examples: Option<Value>) -> Value {
    let description = meaning(status);
    let (kind, name) = match row.family {
        _ if row.verb == Verb::Head => return json!({ "description": description }),
        Family::Admin if status == 401 => return json!({ "description": description }),
        Family::ForwardAuth => return json!({ "description": description }),
        Family::Health => {
            return json!({ "description": description, "content": { "text/plain": { "schema": { "type": "string" } } } });
        }
        Family::Admin => ("application/json", "Envelope"),
        Family::Sclera | Family::AuthZen => ("application/problem+json", "Problem"),
    };
    let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
    json!({ "description": description, "content": content(kind, &schema, examples) })
}

fn meaning(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// Whether something is sent to the server or comes from it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

fn schema(shape: &Shape, direction: Direction) -> Value {
    let text = || json!({ "type": "string" });
    match shape {
        Shape::Text => text(),
        Shape::Secret => json!({ "type": "string", "format": "password" }),
        Shape::Choice(words) | Shape::Coded(_, words) => json!({ "type": "string", "enum": words }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Switch => json!({ "type": ["integer", "boolean"], "minimum": 0, "maximum": 1 }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Texts(_) => json!({ "type": "array", "items": text() }),
        Shape::Privileges => list(PRIVILEGE),
        Shape::Matches => list(MATCH_RULE),
        Shape::List(inner) => json!({ "type": "array", "items": schema(inner, direction) }),
        Shape::Object(members) => object(members, direction),
        Shape::Open(members) => open(members, direction),
        Shape::Either(shapes) => {
            json!({ "oneOf": shapes.iter().map(|shape| schema(shape, direction)).collect::<Vec<_>>() })
        }
        Shape::Null => json!({ "type": "null" }),
        Shape::Anything => json!({}),
    }
}

const PRIVILEGE: &[Member] = &[Member::text("Name"), Member::text("Permissions")];
const MATCH_RULE: &[Member] = &[Member::text("MatchRole"), Member::texts("TargetRoles")];

/// Objects of which every member must be there, both ways.
fn list(members: &'static [Member]) -> Value {
    json!({ "type": "array", "items": object(members, Direction::Out) })
}

fn object(members: &[Member], direction: Direction) -> Value {
    let mut properties = Map::new();
    for member in members {
        let mut described = schema(&member.shape, direction);
        if let (Some(described), false) = (described.as_object_mut(), member.about.is_empty()) {
            described.insert("description".to_owned(), json!(member.about));
        }
        properties.insert(member.name.to_owned(), described);
    }
    let must = |member: &&Member| match direction {
        Direction::In => member.need == Need::Always,
        Direction::Out => member.need != Need::Never,
    };
    let required: Vec<&str> = members.iter().filter(must).map(|member| member.name).collect();
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if let (Some(object), false) = (object.as_object_mut(), required.is_empty()) {
        object.insert("required".to_owned(), json!(required));
    }
    object
}

/// An object that may have members beside those that are known.
fn open(members: &[Member], direction: Direction) -> Value {
    let mut object = object(members, direction);
    if let Some(object) = object.as_object_mut() {
        object.remove("additionalProperties");
    }
    object
}

fn envelope(result: Option<Value>) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "required": ["status", "console", "result"],
        "properties": {
            "status": {
                "type": "object",
                "required": ["errors", "Errors", "summary"],
                "properties": {
                    "errors": { "type": "array", "items": error() },
                    "Errors": texts,
                    "summary": { "type": "string" },
                },
            },
            "console": texts,
            "result": result.unwrap_or_else(|| json!({ "type": "object" })),
        },
    })
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["error", "code", "domain", "id", "params"],
        "properties": {
            "error": { "type": "string" },
            "code": { "type": "integer" },
            "domain": { "type": "string" },
            "id": { "type": "string" },
            "params": { "type": "array", "items": { "type": "string" } },
        },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string" },
            "detail": { "type": "string" },
        },
    })
}
