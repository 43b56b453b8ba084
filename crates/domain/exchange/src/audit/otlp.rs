//! OTLP 1.x logs in JSON (OpenTelemetry protocol, `opentelemetry.proto.collector.logs.v1`): numbers of 64 bits are
//! texts, enumerations are numbers, and an export is answered with how many records were rejected.

use super::{Entry, Weight};
use serde_json::{Value, json};

/// What is said of all records of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecords<'a> {
    /// The name of the service, `service.name`.
    pub service: &'a str,
    /// The version of the program.
    pub version: &'a str,
    /// The records.
    pub entries: &'a [Entry],
}

/// The body of a request to `/v1/logs`.
pub fn otlp_request(records: &LogRecords<'_>) -> String {
    let logs: Vec<Value> = records.entries.iter().map(record).collect();
    json!({
        "resourceLogs": [{
            "resource": { "attributes": [
                attribute("service.name", records.service),
                attribute("service.version", records.version),
            ]},
            "scopeLogs": [{
                "scope": { "name": "sclera.audit", "version": records.version },
                "logRecords": logs,
            }],
        }],
    })
    .to_string()
}

fn record(entry: &Entry) -> Value {
    let nanoseconds = (i128::from(entry.at.micros()).max(0) * 1_000).to_string();
    let own = [
        ("event.id", entry.index.to_string()),
        ("sclera.event", entry.title()),
        ("sclera.system_id", entry.system_id.clone()),
        ("enduser.id", entry.user.clone()),
    ];
    let own = own.iter().map(|(name, value)| attribute(name, value));
    let other = entry.fields.iter().map(|(name, value)| attribute(&format!("sclera.{name}"), value));
    let (number, word) = severity(entry.weight());
    json!({
        "timeUnixNano": nanoseconds,
        "observedTimeUnixNano": nanoseconds,
        "severityNumber": number,
        "severityText": word,
        "eventName": entry.title(),
        "body": { "stringValue": entry.summary() },
        "attributes": own.chain(other).collect::<Vec<_>>(),
    })
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": value } })
}

const fn severity(weight: Weight) -> (u8, &'static str) {
    match weight {
        Weight::Routine => (9, "INFO"),
        Weight::Notable => (10, "INFO2"),
        Weight::Refused => (13, "WARN"),
        Weight::Grave => (17, "ERROR"),
    }
}

/// How many records an answer says were rejected, and why; none where all were taken.
pub fn rejected(answer: &[u8]) -> Option<(u64, String)> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let partial = answer.get("partialSuccess")?;
    let count = match partial.get("rejectedLogRecords")? {
        Value::String(text) => text.parse().unwrap_or_default(),
        other => other.as_u64().unwrap_or_default(),
    };
    let why = partial.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    (count > 0).then(|| (count, why.to_owned()))
}
