//! Where operations lead to: links of the OpenAPI document, from what was made to what reads, changes and deletes it, and
//! from a row of a list to what it is about.

use crate::openapi::id_of;
use crate::operation::{Row, Verb};
use crate::shape::{Member, Shape};
use serde_json::{Map, Value, json};

/// Puts the links of an operation into its answers of success.
pub(crate) fn put(described: &mut Value, row: &Row, built: &[&Row]) {
    let links: Map<String, Value> = built
        .iter()
        .filter(|target| target.title() != row.title())
        .filter(|target| !is_made_by(target))
        .filter_map(|target| Some((id_of(target), parameters(row, target, built)?)))
        .map(|(id, parameters)| (id.clone(), json!({ "operationId": id, "parameters": parameters })))
        .collect();
    if links.is_empty() {
        return;
    }
    for status in row.done {
        let place = format!("/responses/{status}");
        if let Some(Value::Object(response)) = described.pointer_mut(&place) {
            response.insert("links".to_owned(), Value::Object(links.clone()));
        }
    }
}

/// What an operation passes on to another; none where it does not lead there.
fn parameters(row: &Row, target: &Row, built: &[&Row]) -> Option<Value> {
    let needed: Vec<&str> = target
        .parameters
        .iter()
        .filter(|parameter| parameter.required)
        .map(|parameter| parameter.name)
        .collect();
    if needed.is_empty() {
        return None;
    }
    let given = |name: &&str| from_request(row, target, name).or_else(|| from_list(row, target, name, built));
    let pairs = needed.iter().map(|name| Some(((*name).to_owned(), json!(given(name)?))));
    pairs.collect::<Option<Map<String, Value>>>().map(Value::Object)
}

/// What was made is named by the parameters that made it.
fn from_request(row: &Row, target: &Row, name: &str) -> Option<String> {
    let (base, is_grant) = match row.path.strip_suffix("/grant") {
        Some(base) => (base, true),
        None => (row.path, false),
    };
    let makes = row.verb == Verb::Put || row.verb == Verb::Post && (is_grant || row.done.contains(&201));
    let is_below =
        target.path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let has = row.parameters.iter().any(|parameter| parameter.required && parameter.name == name);
    (makes && is_below && has).then(|| format!("$request.query.{name}"))
}

/// Rows of `/users` are read at `/user`; what cannot be read can be ended.
fn from_list(row: &Row, target: &Row, name: &str, built: &[&Row]) -> Option<String> {
    let Some(Shape::List(Shape::Object(members))) = row.answer else { return None };
    let is_one = row.path.strip_suffix('s') == Some(target.path);
    let is_read = built.iter().any(|known| known.path == target.path && known.verb == Verb::Get);
    let is_it = |member: &&Member| member.name.eq_ignore_ascii_case(name);
    let member = members.iter().find(is_it).filter(|_| is_one && (target.verb == Verb::Get || !is_read))?;
    Some(format!("$response.body#/result/0/{}", member.name))
}

/// Whether an operation makes what was not there, and does nothing else.
fn is_made_by(row: &Row) -> bool {
    row.done == [201]
}
