//! The operations and types of the client in Python.

use super::model::{Answer, Field, Form, Interface, Named, Operation, Type, parts};
use anyhow::Result;
use std::fmt::Write as _;

pub(crate) fn written(interface: &Interface) -> Result<String> {
    let mut out = String::from(HEAD);
    for named in &interface.types {
        a_type(&mut out, interface, named)?;
    }
    out.push_str("\n\nclass Operations(Calls):\n    \"\"\"The operations, each a method.\"\"\"\n");
    for operation in &interface.operations {
        method(&mut out, interface, operation)?;
    }
    Ok(out)
}

const HEAD: &str = "\
\"\"\"Every operation of the OpenAPI document. `cargo xtask clients` makes this file; do not edit it.\"\"\"

from __future__ import annotations

from typing import Any, List, Literal, Optional, TypedDict, Union

from ._calls import Calls
";

fn a_type(out: &mut String, interface: &Interface, named: &Named) -> Result<()> {
    let name = name_of(named);
    match &named.form {
        Form::Object { fields, .. } => {
            let (needed, optional): (Vec<&Field>, Vec<&Field>) =
                fields.iter().partition(|field| field.is_needed);
            if needed.is_empty() {
                class(out, interface, &format!("{name}(TypedDict, total=False)"), &optional)
            } else if optional.is_empty() {
                class(out, interface, &format!("{name}(TypedDict)"), &needed)
            } else {
                class(out, interface, &format!("_{name}(TypedDict)"), &needed)?;
                class(out, interface, &format!("{name}(_{name}, total=False)"), &optional)
            }
        }
        Form::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            alias(out, &name, "Literal", &words)
        }
        Form::Either(types) => {
            let types: Vec<String> = types.iter().map(|(_, of)| kind(interface, of)).collect();
            alias(out, &name, "Union", &types)
        }
    }
}

fn class(out: &mut String, interface: &Interface, head: &str, fields: &[&Field]) -> Result<()> {
    writeln!(out, "\n\nclass {head}:")?;
    for field in fields {
        let about = if field.about.is_empty() { String::new() } else { format!("  # {}", field.about) };
        writeln!(out, "    {}: {}{about}", field.name, kind(interface, &field.kind))?;
    }
    Ok(())
}

fn alias(out: &mut String, name: &str, of: &str, members: &[String]) -> Result<()> {
    writeln!(out, "\n\n{name} = {of}[")?;
    for member in members {
        writeln!(out, "    {member},")?;
    }
    writeln!(out, "]")?;
    Ok(())
}

fn method(out: &mut String, interface: &Interface, operation: &Operation) -> Result<()> {
    let Operation { method, path, summary, parameters, .. } = operation;
    let (given, how) = match &operation.answer {
        Answer::Nothing => ("None".to_owned(), "_nothing"),
        Answer::Text => ("str".to_owned(), "_text"),
        Answer::Whether => ("bool".to_owned(), "_whether"),
        Answer::Task => ("str".to_owned(), "_task"),
        Answer::Json(answer) => (kind(interface, answer), "_bare"),
        Answer::Enveloped(answer) => (kind(interface, answer), "_enveloped"),
    };
    writeln!(out, "\n    def {}(", operation.words.join("_"))?;
    writeln!(out, "        self,")?;
    if let Some(body) = &operation.body {
        writeln!(out, "        body: {},", kind(interface, body))?;
    }
    if !parameters.is_empty() {
        writeln!(out, "        *,")?;
    }
    for parameter in parameters {
        let (name, kind) = (parts(&parameter.name).join("_"), kind(interface, &parameter.kind));
        if parameter.is_needed {
            writeln!(out, "        {name}: {kind},")?;
        } else {
            writeln!(out, "        {name}: Optional[{kind}] = None,")?;
        }
    }
    writeln!(out, "    ) -> {given}:")?;
    writeln!(out, "        \"\"\"{summary}: `{method} {path}`.")?;
    if !operation.privileges.is_empty() {
        writeln!(out, "\n        It takes {}.", operation.privileges.join(" or "))?;
    }
    for parameter in parameters.iter().filter(|parameter| !parameter.about.is_empty()) {
        writeln!(out, "\n        :param {}: {}", parts(&parameter.name).join("_"), parameter.about)?;
    }
    writeln!(out, "        \"\"\"")?;
    writeln!(out, "        return self.{how}(")?;
    writeln!(out, "            {method:?},\n            {path:?},")?;
    if !parameters.is_empty() {
        writeln!(out, "            query={{")?;
        for parameter in parameters {
            writeln!(out, "                {:?}: {},", parameter.name, parts(&parameter.name).join("_"))?;
        }
        writeln!(out, "            }},")?;
    }
    if operation.body.is_some() {
        writeln!(out, "            body=body,")?;
    }
    if operation.is_open {
        writeln!(out, "            is_open=True,")?;
    }
    writeln!(out, "        )")?;
    Ok(())
}

fn kind(interface: &Interface, of: &Type) -> String {
    match of {
        Type::Text | Type::Secret => "str".to_owned(),
        Type::Flag => "bool".to_owned(),
        Type::Integer => "int".to_owned(),
        Type::Number => "float".to_owned(),
        Type::Anything => "Any".to_owned(),
        Type::List(inner) => format!("List[{}]", kind(interface, inner)),
        Type::Nullable(inner) => format!("Optional[{}]", kind(interface, inner)),
        Type::Named(number) => interface.types.get(*number).map(name_of).unwrap_or_default(),
    }
}

fn name_of(named: &Named) -> String {
    super::pascal(&named.words)
}
