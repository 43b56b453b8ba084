//! Import and export: configurations as text that people and scripts read, write and compare.
//!
//! This crate is pure: it takes bytes and gives text; its `clippy.toml` makes anything else a lint error. [`read`]
//! recognises the format by its content and gives a [`Document`]: records with the property names of the Security
//! classes, checked for their form alone. Whether a name, a value or a role is acceptable is for the rules of the model
//! to say when the records become changes. [`write()`] gives the text of a document.
//!
//! What is read is never trusted: size, depth, number of values and length of keys are bounded, every key and every
//! name stands once, and nothing unknown is passed over in silence. Security XML exports are read by rules of their own:
//! a later record replaces an earlier one, and [`Document::notes`] tells what was left aside.
//!
//! ```
//! use sclera_exchange::{Form, read, write};
//!
//! let document = read(br#"{"Roles":[{"Name":"Nurse","Resources":["Wards:RW","%Service_Terminal:U"]}]}"#).unwrap();
//! let nurse = &document.records[0];
//! assert_eq!((nurse.name.as_str(), nurse.place.as_str()), ("Nurse", r#"Roles[0] "Nurse""#));
//! assert_eq!(nurse.properties.get("Resources"), Some(&"Wards:RW,%Service_Terminal:U".into()));
//! assert_eq!(
//!     write(&document, Form::Yaml).unwrap().as_str(),
//!     "Roles:\n- Name: Nurse\n  Resources: Wards:RW,%Service_Terminal:U\n"
//! );
//!
//! let misspelt = read(b"Users:\n- Name: ann\n  Role: Nurse\n").unwrap_err();
//! assert_eq!(misspelt.to_string(), r#"Users[0] "ann": unknown name `Role`; did you mean `Roles`?"#);
//! ```

#![forbid(unsafe_code)]

pub mod audit;
mod cpf;
mod document;
mod format;
mod input;
mod json;
mod malformed;
mod near;
mod node;
mod secret;
mod sql;
mod stream;
mod table;
mod writer;
mod xml;
mod yaml;

use zeroize::Zeroizing;

pub use cpf::{Merge, Step, Verb};
pub use document::{Document, GrantOption, Origin, Record};
pub use format::Format;
pub use malformed::{Fault, Malformed};
pub use sclera_core::change::Kind;
pub use secret::Password;
pub use sql::SqlRecord;
pub use stream::{Outline, read};
pub use writer::{Part, Unwritable, Writer};

/// The forms in which a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON, indented.
    Json,
    /// YAML in block style.
    Yaml,
    /// An XML export, as the original writes it (`export-xml.md`).
    Xml,
}

/// Writes a document so that [`read`] gives back what it sets; hashes of passwords and histories are written in XML
/// alone. Equal documents give equal text, with a line break at its end. Of more than can be in memory, [`Writer`] writes
/// one record after the other.
///
/// Passwords are written where the document holds them: what comes out is then as secret as they are. XML has no clear
/// passwords, and refuses control characters.
pub fn write(document: &Document, form: Form) -> Result<Zeroizing<String>, Unwritable> {
    let mut kinds: Vec<_> = document.records.iter().map(|record| record.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut writer = Writer::new(form, &kinds, !document.grant_options.is_empty());
    for part in writer.parts() {
        writer.begin(&part);
        for record in document.records.iter().filter(|record| part.holds(record)) {
            writer.record(record)?;
        }
        for option in document.grant_options.iter().filter(|_| part == Part::GrantOptions) {
            writer.grant_option(option)?;
        }
        writer.end_part();
    }
    let mut text = writer.take();
    text.push_str(&writer.end());
    Ok(text)
}
