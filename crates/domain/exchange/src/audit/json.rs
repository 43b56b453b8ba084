//! JSON lines: one object a record, with the columns of `%SYS.Audit`.

use super::Entry;
use serde_json::{Map, Value};

/// An entry as one line of JSON, without the line break.
pub fn json_line(entry: &Entry) -> String {
    let [source, kind, name] = &entry.event;
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| drop(line.insert(name.to_owned(), value));
    put("UTCTimeStamp", entry.at.to_string().into());
    put("SystemID", entry.system_id.as_str().into());
    put("AuditIndex", entry.index.into());
    put("EventSource", source.as_str().into());
    put("EventType", kind.as_str().into());
    put("Event", name.as_str().into());
    put("Username", entry.user.as_str().into());
    for (name, value) in &entry.fields {
        put(name, value.as_str().into());
    }
    Value::Object(line).to_string()
}
