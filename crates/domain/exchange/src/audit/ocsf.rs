//! OCSF 1.3, the Open Cybersecurity Schema Framework.
//!
//! Logins are of class Authentication (3002), changes of users of class Account Change (3001), changes of everything
//! else of class Entity Management (3004), and what fits none of them is a Base Event (0). Columns that have no place in
//! the class stand under `unmapped`.

use super::{Entry, Weight};
use sclera_core::change::Action;
use serde_json::{Map, Value, json};

const VERSION: &str = "1.3.0";
const OTHER: u64 = 99;

/// Class, category and activity, with the word for the activity where it is another than the schema lists.
struct Meaning {
    class: u64,
    category: u64,
    activity: u64,
    activity_name: String,
}

/// An entry as an OCSF event.
pub fn ocsf(entry: &Entry) -> Value {
    let meaning = meaning(entry);
    let succeeded = entry.weight() != Weight::Refused;
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| drop(event.insert(name.to_owned(), value));
    put("class_uid", meaning.class.into());
    put("category_uid", meaning.category.into());
    put("activity_id", meaning.activity.into());
    put("activity_name", meaning.activity_name.as_str().into());
    put("type_uid", (meaning.class * 100 + meaning.activity).into());
    put("time", (entry.at.micros().div_euclid(1_000)).into());
    put("severity_id", severity(entry.weight()).into());
    put("status_id", if succeeded { 1 } else { 2 }.into());
    put("message", entry.summary().into());
    if let Some(status) = entry.field("Status") {
        put("status_detail", status.into());
    }
    let uid = format!("{}/{}/{}", entry.at, entry.system_id, entry.index);
    put(
        "metadata",
        json!({
            "version": VERSION,
            "product": { "name": "Sclera", "vendor_name": "Sclera" },
            "uid": uid,
            "event_code": entry.title(),
        }),
    );
    let person = json!({ "name": entry.user });
    match (meaning.class, &entry.change) {
        (3001, Some((_, _, name))) => {
            put("user", json!({ "name": name }));
            put("actor", json!({ "user": person }));
        }
        (3004, Some((_, kind, name))) => {
            put("entity", json!({ "name": name, "type": kind }));
            put("actor", json!({ "user": person }));
        }
        (3002, _) => {
            put("user", person);
            if let Some(service) = entry.field("Service") {
                put("service", json!({ "name": service }));
            }
        }
        _ => put("actor", json!({ "user": person })),
    }
    if let Some(address) =
        entry.field("ClientIPAddress").filter(|text| text.parse::<std::net::IpAddr>().is_ok())
    {
        put("src_endpoint", json!({ "ip": address }));
    }
    let unmapped: Map<String, Value> =
        entry.fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    put("unmapped", unmapped.into());
    Value::Object(event)
}

fn meaning(entry: &Entry) -> Meaning {
    let of = |class, category, activity, word: &str| Meaning {
        class,
        category,
        activity,
        activity_name: word.to_owned(),
    };
    let [_, _, name] = &entry.event;
    match (&entry.change, name.as_str()) {
        (Some((action, "user", _)), _) => match action {
            Action::Create => of(3001, 3, 1, "Create"),
            Action::Delete => of(3001, 3, 6, "Delete"),
            Action::Modify => of(3001, 3, OTHER, "Modify"),
        },
        (Some((action, _, _)), _) => match action {
            Action::Create => of(3004, 3, 1, "Create"),
            Action::Modify => of(3004, 3, 3, "Update"),
            Action::Delete => of(3004, 3, 4, "Delete"),
        },
        (None, "Login" | "LoginFailure") => of(3002, 3, 1, "Logon"),
        (None, "Logout" | "Terminate") => of(3002, 3, 2, "Logoff"),
        (None, other) => of(0, 0, OTHER, other),
    }
}

/// 1 informational, 2 low, 3 medium, 4 high.
const fn severity(weight: Weight) -> u64 {
    match weight {
        Weight::Routine => 1,
        Weight::Notable => 2,
        Weight::Refused => 3,
        Weight::Grave => 4,
    }
}
