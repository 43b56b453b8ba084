//! `cargo xtask clients`: the parts of the clients that are made of the OpenAPI document.

mod model;
mod python;
mod rust;

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use model::Interface;
use std::path::Path;

/// Where the document is, from the root of the workspace.
const DOCUMENT: &str = "docs/openapi.json";

/// Writes what is made.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for (path, text) in made(&workspace.root)? {
        std::fs::write(workspace.root.join(path), text).with_context(|| format!("cannot write {path}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

/// The files, each with its text.
fn made(root: &Path) -> Result<Vec<(&'static str, String)>> {
    let text = std::fs::read_to_string(root.join(DOCUMENT)).context("cannot read the OpenAPI document")?;
    let interface = Interface::of(&serde_json::from_str(&text)?)?;
    Ok(vec![
        ("crates/client/src/operations.rs", rust::written(&interface, root)?),
        ("clients/python/sclera_client/_operations.py", python::written(&interface)?),
    ])
}

/// A name of a type of some words.
fn pascal(words: &[String]) -> String {
    let capital = |word: &String| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    words.iter().map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cargo xtask clients` makes them anew.
    #[test]
    fn the_clients_are_those_of_the_document() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for (path, text) in made(root).unwrap() {
            let committed = std::fs::read_to_string(root.join(path)).unwrap_or_default();
            assert!(text == committed, "{path} differs; run `cargo xtask clients`");
        }
    }
}
