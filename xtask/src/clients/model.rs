//! The OpenAPI document as clients see it: operations with names, and types with names.
//!
//! The document describes every body and answer where it stands. Here each object gets a name, by the operation where it is
//! met first; objects that are alike are one type.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// All that a client can do.
#[derive(Debug, Default)]
pub(crate) struct Interface {
    pub(crate) operations: Vec<Operation>,
    pub(crate) types: Vec<Named>,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `GET`.
    pub(crate) method: String,
    pub(crate) path: String,
    /// The words of its name, the method first.
    pub(crate) words: Vec<String>,
    pub(crate) summary: String,
    /// What it asks, as `%Admin_Secure:U`; any of them is enough.
    pub(crate) privileges: Vec<String>,
    pub(crate) parameters: Vec<Field>,
    pub(crate) body: Option<Type>,
    pub(crate) answer: Answer,
    /// Nobody is asked who they are.
    pub(crate) is_open: bool,
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nothing that counts.
    Nothing,
    /// A text.
    Text,
    /// Yes or no, as a status.
    Whether,
    /// The number of a task, in a header.
    Task,
    /// JSON.
    Json(Type),
    /// JSON in the envelope of `/api/admin`.
    Enveloped(Type),
}

/// What a value is like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    Text,
    Secret,
    Flag,
    Integer,
    Number,
    Anything,
    List(Box<Type>),
    /// It may be null.
    Nullable(Box<Type>),
    /// One of the types, by its number.
    Named(usize),
}

/// A member of an object, or a parameter.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) is_needed: bool,
    pub(crate) about: String,
}

/// A type with a name.
#[derive(Debug)]
pub(crate) struct Named {
    /// The words of its name.
    pub(crate) words: Vec<String>,
    pub(crate) form: Form,
}

#[derive(Debug)]
pub(crate) enum Form {
    /// An object; an open one may have members beside these.
    Object { fields: Vec<Field>, is_open: bool },
    /// One of some words.
    Words(Vec<String>),
    /// One of several types, each with the words of a name.
    Either(Vec<(Vec<String>, Type)>),
}

impl Form {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object { fields, is_open }, Self::Object { fields: others, is_open: other }) => {
                let key = |field: &Field| (field.name.clone(), field.kind.clone(), field.is_needed);
                is_open == other && fields.iter().map(key).eq(others.iter().map(key))
            }
            (Self::Words(words), Self::Words(others)) => words == others,
            (Self::Either(types), Self::Either(others)) => types == others,
            _ => false,
        }
    }
}

/// Whether something is sent or comes back. Words that come back may be new ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// Parts of paths that are no part of names.
const PLACES: [&str; 6] = ["api", "admin", "v2", "security", "sclera", "access"];
/// What is read first names the types.
const ORDER: [&str; 5] = ["get", "put", "post", "delete", "head"];
const JSON: &str = "application/json";

impl Interface {
    pub(crate) fn of(document: &Value) -> Result<Self> {
        let mut interface = Self::default();
        let mut paths: Vec<_> = document["paths"].as_object().context("no paths")?.iter().collect();
        // What is read first names the types, which older versions are not to do.
        paths.sort_by_key(|(path, _)| path.starts_with("/api/admin/v1/"));
        for (path, operations) in paths {
            for method in ORDER {
                let Some(operation) =
                    operations.get(method).filter(|operation| is_for_programs(operation, path))
                else {
                    continue;
                };
                let operation = interface.read(method, path, operation);
                let operation = operation.with_context(|| format!("{method} {path}"))?;
                interface.operations.push(operation);
            }
        }
        interface.has_names_once()?;
        Ok(interface)
    }

    fn has_names_once(&self) -> Result<()> {
        let operations = self.operations.iter().map(|operation| operation.words.join("_"));
        let types = self.types.iter().map(|named| named.words.concat());
        let mut known = BTreeSet::new();
        match operations.chain(types).find(|name| !known.insert(name.clone())) {
            Some(name) => bail!("`{name}` is the name of two operations or types"),
            None => Ok(()),
        }
    }

    fn read(&mut self, method: &str, path: &str, operation: &Value) -> Result<Operation> {
        let is_version = |place: &str| place == "v1" && !path.starts_with("/api/admin");
        let places = path.split('/').filter(|place| !PLACES.contains(place) && !is_version(place));
        let noun: Vec<String> = places.flat_map(parts).collect();
        let words: Vec<String> = std::iter::once(method.to_owned()).chain(noun.iter().cloned()).collect();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters =
            parameters.map(|parameter| self.parameter(&words, parameter)).collect::<Result<_>>()?;
        let body = operation.pointer("/requestBody/content");
        let body = match body.and_then(|content| content.get(JSON)?.get("schema")) {
            Some(schema) => Some(self.kind(schema, &words, Direction::In)?),
            None => None,
        };
        let privileges = operation["x-privilege"].as_array().into_iter().flatten();
        Ok(Operation {
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(operation, "summary"),
            privileges: privileges.filter_map(Value::as_str).map(str::to_owned).collect(),
            parameters,
            body,
            answer: self.answer(method, &operation["responses"], &noun)?,
            is_open: operation["security"].as_array().is_some_and(Vec::is_empty),
            words,
        })
    }

    fn parameter(&mut self, words: &[String], parameter: &Value) -> Result<Field> {
        let name = text(parameter, "name");
        Ok(Field {
            kind: self.kind(&parameter["schema"], &longer(words, &name), Direction::In)?,
            is_needed: parameter["required"] == true,
            about: text(parameter, "description"),
            name,
        })
    }

    fn answer(&mut self, method: &str, responses: &Value, noun: &[String]) -> Result<Answer> {
        if method == "head" {
            return Ok(Answer::Whether);
        }
        if responses.get("202").is_some() {
            return Ok(Answer::Task);
        }
        let done = ["200", "201"].iter().find_map(|status| responses.get(status)).context("no success")?;
        let Some(content) = done.get("content") else { return Ok(Answer::Nothing) };
        let Some(schema) = content.pointer("/application~1json/schema") else { return Ok(Answer::Text) };
        let Some(result) =
            schema.pointer("/properties/result").filter(|_| schema.pointer("/properties/console").is_some())
        else {
            return Ok(Answer::Json(self.told(schema, noun)?));
        };
        if *result == serde_json::json!({ "type": "object" }) {
            return Ok(Answer::Nothing);
        }
        Ok(Answer::Enveloped(self.told(result, noun)?))
    }

    /// The type of an answer. The elements of a list are rows, which are less than what is read alone.
    fn told(&mut self, schema: &Value, noun: &[String]) -> Result<Type> {
        if schema["type"] != "array" {
            return self.kind(schema, noun, Direction::Out);
        }
        let row = longer(&singular(noun), "row");
        Ok(Type::List(Box::new(self.kind(&schema["items"], &row, Direction::Out)?)))
    }

    fn kind(&mut self, schema: &Value, words: &[String], direction: Direction) -> Result<Type> {
        if let Some(choices) = schema["oneOf"].as_array() {
            return self.either(choices, words, direction);
        }
        if let (Some(words_of), Direction::In) = (schema["enum"].as_array(), direction) {
            let known = words_of.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            return Ok(self.named(words, Form::Words(known)));
        }
        // A number that may also be said in words is sent as a number.
        let kinds = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind));
        Ok(match kinds.and_then(Value::as_str) {
            None => Type::Anything,
            Some("string") if schema["format"] == "password" => Type::Secret,
            Some("string") => Type::Text,
            Some("boolean") => Type::Flag,
            Some("integer") => Type::Integer,
            Some("number") => Type::Number,
            Some("array") => {
                Type::List(Box::new(self.kind(&schema["items"], &singular(words), direction)?))
            }
            Some("object") => self.object(schema, words, direction)?,
            Some(other) => bail!("the type `{other}` is not known here"),
        })
    }

    fn object(&mut self, schema: &Value, words: &[String], direction: Direction) -> Result<Type> {
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none);
        if properties.is_empty() {
            return Ok(Type::Anything);
        }
        let needed =
            |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        let mut fields = Vec::new();
        for (name, described) in properties {
            fields.push(Field {
                name: name.clone(),
                kind: self.kind(described, &longer(words, name), direction)?,
                is_needed: needed(name),
                about: text(described, "description"),
            });
        }
        let is_open = schema.get("additionalProperties").is_none() && direction == Direction::In;
        Ok(self.named(words, Form::Object { fields, is_open }))
    }

    fn either(&mut self, choices: &[Value], words: &[String], direction: Direction) -> Result<Type> {
        if let [one, other] = choices
            && other["type"] == "null"
        {
            return Ok(Type::Nullable(Box::new(self.kind(one, words, direction)?)));
        }
        let mut types = Vec::new();
        for choice in choices {
            let (variant, own) = match choice["type"].as_str() {
                // Its elements are named as the one is.
                Some("array") => ("many".to_owned(), longer(words, "one")),
                _ if choices.iter().any(|choice| choice["type"] == "array") => {
                    ("one".to_owned(), longer(words, "one"))
                }
                _ => {
                    let name = told_apart(choice).context("a choice without a name")?;
                    let own = longer(words, &name);
                    (name, own)
                }
            };
            let kind = match choice["type"].as_str() {
                Some("array") => Type::List(Box::new(self.kind(&choice["items"], &own, direction)?)),
                _ => self.kind(choice, &own, direction)?,
            };
            types.push((parts(&variant), kind));
        }
        // An object is also read from a list, so that lists are to be tried first.
        types.sort_by_key(|(_, kind)| !matches!(kind, Type::List(_)));
        Ok(self.named(words, Form::Either(types)))
    }

    /// The type of this form; a new one of this name where there is none yet.
    fn named(&mut self, words: &[String], form: Form) -> Type {
        let known = self.types.iter().position(|known| known.form.is_like(&form));
        Type::Named(known.unwrap_or_else(|| {
            self.types.push(Named { words: words.to_vec(), form });
            self.types.len() - 1
        }))
    }
}

/// What people and proxies speak to by forms, redirects and headers is not for programs, nor what is not there yet.
fn is_for_programs(operation: &Value, path: &str) -> bool {
    operation["x-planned"] != true && !path.starts_with("/gate/")
}

/// What tells an object from others: the words of which it can have but one, or the first member that it must have.
fn told_apart(schema: &Value) -> Option<String> {
    let only = |described: &Value| match described["enum"].as_array().map(Vec::as_slice) {
        Some([only]) => only.as_str().map(str::to_owned),
        _ => None,
    };
    let onlys: Vec<String> = schema["properties"].as_object()?.values().filter_map(only).collect();
    let first = || schema["required"].as_array()?.first()?.as_str().map(str::to_owned);
    if onlys.is_empty() { first() } else { Some(onlys.join("_")) }
}

/// The name of a type within another, or of an element of a list.
fn longer(words: &[String], name: &str) -> Vec<String> {
    words.iter().cloned().chain(parts(name)).collect()
}

/// The name of one of many.
fn singular(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    match words.last_mut() {
        Some(last) if last.ends_with("ies") => last.replace_range(last.len() - 3.., "y"),
        Some(last) if last.ends_with('s') => last.truncate(last.len() - 1),
        _ => {}
    }
    words
}

/// The words of a name: `JWTAuthEnabled` is `jwt`, `auth`, `enabled`.
pub(crate) fn parts(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let (mut parts, mut part) = (Vec::new(), String::new());
    for (position, letter) in letters.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|before| letters.get(before));
        let is_lower = |letter: Option<&char>| letter.is_some_and(|letter| letter.is_lowercase());
        let begins = letter.is_uppercase()
            && (is_lower(before)
                || before.is_some_and(|before| before.is_uppercase()) && is_lower(letters.get(position + 1)));
        if (begins || !letter.is_alphanumeric()) && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        if letter.is_alphanumeric() {
            part.extend(letter.to_lowercase());
        }
    }
    parts.extend(Some(part).filter(|part| !part.is_empty()));
    parts
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, words) in [
            ("JWTAuthEnabled", "jwt auth enabled"),
            ("iKnowEnabled", "i know enabled"),
            ("systemID", "system id"),
            ("UTCTimeStamp", "utc time stamp"),
            ("refresh_token", "refresh token"),
            ("WSGIAppName", "wsgi app name"),
        ] {
            assert_eq!(parts(name).join(" "), words);
        }
    }
}
