//! As much of JSON Schema as the document uses, to hold values against it.

use serde_json::{Map, Value};

/// Whether a value fits a schema of the document; the first fault where it does not.
pub(crate) fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    for key in schema.as_object().unwrap().keys() {
        assert!(KNOWN.contains(&key.as_str()), "this test does not know `{key}` of schemas");
    }
    if let Some(kind) = schema.get("type") {
        let kinds = kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice);
        if !kinds.iter().any(|kind| is_of(kind.as_str().unwrap(), value)) {
            return Some(format!("{value} is no {kind}"));
        }
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    if let Some(number) = value.as_i64()
        && (bound("minimum").is_some_and(|least| number < least)
            || bound("maximum").is_some_and(|most| number > most))
    {
        return Some(format!("{number} is out of bounds"));
    }
    if let Some(words) = schema.get("enum")
        && !words.as_array().unwrap().contains(value)
    {
        return Some(format!("{value} is none of {words}"));
    }
    if let Some(choices) = schema.get("oneOf") {
        let fits = |choice: &&Value| fault(document, choice, value).is_none();
        let count = choices.as_array().unwrap().iter().filter(fits).count();
        if count != 1 {
            return Some(format!("{value} fits {count} of {choices}"));
        }
    }
    match value {
        Value::Array(elements) => {
            let items = schema.get("items")?;
            elements.iter().find_map(|element| fault(document, items, element))
        }
        Value::Object(members) => fault_of_object(document, schema, members),
        _ => None,
    }
}

fn fault_of_object(document: &Value, schema: &Value, members: &Map<String, Value>) -> Option<String> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    if let Some(missing) =
        required.map(|name| name.as_str().unwrap()).find(|name| !members.contains_key(*name))
    {
        return Some(format!("`{missing}` is missing"));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    members.iter().find_map(|(name, value)| match properties.and_then(|known| known.get(name)) {
        Some(schema) => fault(document, schema, value).map(|fault| format!("{name}: {fault}")),
        None => is_closed.then(|| format!("`{name}` is not described")),
    })
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => panic!("this test does not know the type {kind}"),
    }
}

const KNOWN: [&str; 12] = [
    "$ref",
    "type",
    "format",
    "minimum",
    "maximum",
    "enum",
    "oneOf",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "description",
];

#[test]
fn faults_are_found() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": { "a": { "type": "array", "items": { "enum": ["x"] } }, "b": { "oneOf": [{ "type": "string" }] } },
    });
    let is_wrong = |text: &str| fault(&Value::Null, &schema, &serde_json::from_str(text).unwrap()).is_some();
    assert!(!is_wrong(r#"{"a":["x","x"],"b":""}"#));
    for text in ["[]", "{}", r#"{"a":{}}"#, r#"{"a":["y"]}"#, r#"{"a":[],"c":1}"#, r#"{"a":[],"b":1}"#] {
        assert!(is_wrong(text), "{text}");
    }
}
