//! What is read and written, what is refused and in which words, and that nothing hostile gets further than an error.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

use sclera_core::change::Kind;
use sclera_core::property::{Properties, Value};
use sclera_exchange::{Document, Malformed, Record, SqlRecord, read};

mod contents;
mod cpf;
mod hostile;
mod round_trip;
mod syntax;
mod xml;
mod xml_corpus;
mod xml_hostile;
mod xml_write;

/// All of a record, in a form that can be compared.
type Whole = (Kind, String, Vec<(String, Value)>, Option<String>, Option<String>, String, Option<SqlRecord>);

fn whole(record: &Record) -> Whole {
    (
        record.kind,
        record.name.clone(),
        record.properties.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        record.password.as_ref().map(|password| password.expose().to_owned()),
        record.password_hash.clone(),
        record.place.clone(),
        record.sql.clone(),
    )
}

fn wholes(document: &Document) -> Vec<Whole> {
    document.records.iter().map(whole).collect()
}

/// A record that only sets properties.
fn record(kind: Kind, name: &str, place: &str, properties: Properties) -> Record {
    let (name, place) = (name.to_owned(), place.to_owned());
    Record { properties, ..Record::new(kind, name, place) }
}

fn refusal(text: impl AsRef<[u8]>) -> Malformed {
    read(text.as_ref()).map(|document| wholes(&document)).unwrap_err()
}

/// The message of a refusal, which is always one line.
fn message(text: impl AsRef<[u8]>) -> String {
    let message = refusal(text).to_string();
    assert!(!message.chars().any(char::is_control), "{message:?}");
    message
}
