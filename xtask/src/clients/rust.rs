//! The operations and types of the client in Rust.

use super::model::{Answer, Field, Form, Interface, Named, Operation, Type, parts};
use super::pascal;
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The text, formatted as the workspace is.
pub(crate) fn written(interface: &Interface, root: &Path) -> Result<String> {
    formatted(&text(interface)?, root)
}

fn text(interface: &Interface) -> Result<String> {
    let mut out = String::from(HEAD);
    writeln!(out, "impl Client {{")?;
    for operation in &interface.operations {
        method(&mut out, interface, operation)?;
    }
    writeln!(out, "}}\n")?;
    for operation in interface.operations.iter().filter(|operation| takes_query(operation)) {
        query(&mut out, interface, operation)?;
    }
    for (number, named) in interface.types.iter().enumerate() {
        a_type(&mut out, interface, named).with_context(|| format!("type {number}"))?;
    }
    Ok(out)
}

const HEAD: &str = "\
//! Every operation of the OpenAPI document. `cargo xtask clients` makes this file; do not edit it.

use crate::client::{Call, Client};
use crate::error::Error;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

";

fn method(out: &mut String, interface: &Interface, operation: &Operation) -> Result<()> {
    let Operation { method, path, summary, .. } = operation;
    writeln!(out, "/// {summary}: `{method} {path}`.")?;
    if !operation.privileges.is_empty() {
        let privileges: Vec<String> =
            operation.privileges.iter().map(|privilege| format!("`{privilege}`")).collect();
        writeln!(out, "///\n/// It takes {}.", privileges.join(" or "))?;
    }
    let mut taken = String::new();
    let mut call = format!("Call::new({method:?}, {path:?})");
    match operation.parameters.as_slice() {
        [only] if only.is_needed => {
            write!(taken, ", {}: &str", field_name(&only.name))?;
            write!(call, ".with({:?}, {})", only.name, field_name(&only.name))?;
        }
        parameters => {
            if !parameters.is_empty() {
                write!(taken, ", query: &{}", query_name(operation))?;
            }
            for parameter in parameters {
                let (how, name) =
                    (if parameter.is_needed { "with" } else { "maybe" }, field_name(&parameter.name));
                let by = if parameter.is_needed { "&" } else { "" };
                let end = if parameter.is_needed { "" } else { ".as_ref()" };
                write!(call, ".{how}({:?}, {by}query.{name}{end})", parameter.name)?;
            }
        }
    }
    if let Some(body) = &operation.body {
        write!(taken, ", body: &{}", kind(interface, body))?;
        call.push_str(".json(body)?");
    }
    if operation.is_open {
        call.push_str(".open()");
    }
    let (given, how) = match &operation.answer {
        Answer::Nothing => ("()".to_owned(), "nothing"),
        Answer::Text => ("String".to_owned(), "text"),
        Answer::Whether => ("bool".to_owned(), "whether"),
        Answer::Task => ("String".to_owned(), "task"),
        Answer::Json(answer) => (kind(interface, answer), "bare"),
        Answer::Enveloped(answer) => (kind(interface, answer), "enveloped"),
    };
    let name = operation.words.join("_");
    writeln!(out, "pub fn {name}(&self{taken}) -> Result<{given}, Error> {{ self.{how}(&{call}) }}\n")?;
    Ok(())
}

fn takes_query(operation: &Operation) -> bool {
    !matches!(operation.parameters.as_slice(), [] | [Field { is_needed: true, .. }])
}

fn query_name(operation: &Operation) -> String {
    pascal(&operation.words) + "Query"
}

fn query(out: &mut String, interface: &Interface, operation: &Operation) -> Result<()> {
    writeln!(out, "/// The parameters of [`Client::{}`].", operation.words.join("_"))?;
    writeln!(out, "#[derive(Debug, Clone, Default, PartialEq)]\npub struct {} {{", query_name(operation))?;
    for parameter in &operation.parameters {
        let kind = kind(interface, &parameter.kind);
        let kind = if parameter.is_needed { kind } else { format!("Option<{kind}>") };
        writeln!(out, "/// {}.", about(parameter))?;
        writeln!(out, "pub {}: {kind},", field_name(&parameter.name))?;
    }
    writeln!(out, "}}\n")?;
    Ok(())
}

fn a_type(out: &mut String, interface: &Interface, named: &Named) -> Result<()> {
    let name = pascal(&named.words);
    match &named.form {
        Form::Object { fields, is_open } => {
            writeln!(out, "/// {}.", sentence(&named.words, "An object"))?;
            writeln!(
                out,
                "#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]\npub struct {name} {{"
            )?;
            for field in fields {
                a_field(out, interface, field)?;
            }
            if *is_open {
                writeln!(out, "/// Other members.\n#[serde(flatten)]\npub others: Map<String, Value>,")?;
            }
            writeln!(out, "}}\n")?;
        }
        Form::Words(words) => {
            writeln!(out, "/// {}.", sentence(&named.words, "A word"))?;
            writeln!(
                out,
                "#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]\npub enum {name} {{"
            )?;
            for (position, word) in words.iter().enumerate() {
                let default = if position == 0 { "#[default]\n" } else { "" };
                writeln!(
                    out,
                    "/// `{word}`.\n#[serde(rename = {word:?})]\n{default}{},",
                    pascal(&parts(word))
                )?;
            }
            writeln!(out, "}}\n")?;
        }
        Form::Either(types) => {
            writeln!(out, "/// {}.", sentence(&named.words, "One of several"))?;
            writeln!(
                out,
                "#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]\n#[serde(untagged)]\npub enum {name} {{"
            )?;
            for (variant, of) in types {
                writeln!(out, "/// {}.\n{}({}),", variant.join(" "), pascal(variant), kind(interface, of))?;
            }
            writeln!(out, "}}\n")?;
        }
    }
    Ok(())
}

fn a_field(out: &mut String, interface: &Interface, field: &Field) -> Result<()> {
    let (name, kind) = (field_name(&field.name), kind(interface, &field.kind));
    writeln!(out, "/// {}.", about(field))?;
    let rename = if name.trim_start_matches("r#") == field.name {
        String::new()
    } else {
        format!("rename = {:?}", field.name)
    };
    let (kind, optional) = match (field.is_needed, &field.kind) {
        (true, _) => (kind, ""),
        (false, Type::Nullable(_)) => (kind, "default, skip_serializing_if = \"Option::is_none\""),
        (false, _) => (format!("Option<{kind}>"), "default, skip_serializing_if = \"Option::is_none\""),
    };
    let attributes: Vec<&str> =
        [rename.as_str(), optional].into_iter().filter(|part| !part.is_empty()).collect();
    if !attributes.is_empty() {
        writeln!(out, "#[serde({})]", attributes.join(", "))?;
    }
    writeln!(out, "pub {name}: {kind},")?;
    Ok(())
}

fn kind(interface: &Interface, of: &Type) -> String {
    match of {
        Type::Text => "String".to_owned(),
        Type::Secret => "Secret".to_owned(),
        Type::Flag => "bool".to_owned(),
        Type::Integer => "i64".to_owned(),
        Type::Number => "f64".to_owned(),
        Type::Anything => "Value".to_owned(),
        Type::List(inner) => format!("Vec<{}>", kind(interface, inner)),
        Type::Nullable(inner) => format!("Option<{}>", kind(interface, inner)),
        Type::Named(number) => {
            interface.types.get(*number).map(|named| pascal(&named.words)).unwrap_or_default()
        }
    }
}

fn about(field: &Field) -> String {
    let about = if field.about.is_empty() { format!("`{}`", field.name) } else { field.about.clone() };
    let mut letters = about.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn sentence(words: &[String], what: &str) -> String {
    format!("{what}: {}", words.join(" "))
}

fn field_name(name: &str) -> String {
    let name = parts(name).join("_");
    if name == "type" { "r#type".to_owned() } else { name }
}

fn formatted(text: &str, root: &Path) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024"]).current_dir(root).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = rustfmt.spawn().context("cannot run rustfmt")?;
    // It reads all before it writes.
    child.stdin.take().context("no input")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refused what was made");
    }
    Ok(String::from_utf8(output.stdout)?)
}
