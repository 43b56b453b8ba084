//! `GET /info`: who signed in, and what a portal may show them (`admin-api.md` section 4).

use crate::desk::Desk;
use crate::operation::{Done, Gate, Operation, Operations, Outcome, Row};
use crate::shape::{Member, Shape};
use sclera_store::port::{Activity, Store};
use serde_json::{Map, Value, json};

/// What may be used, each the resource `%Admin_` with this name.
const AREAS: [&str; 12] = [
    "ConfigStore",
    "ExternalLanguageServerEdit",
    "FileSystemAccess",
    "Journal",
    "Manage",
    "OAuth2_Client",
    "OAuth2_Registration",
    "OAuth2_Server",
    "Operate",
    "Secure",
    "Task",
    "Wallet",
];

const INFORMATION: &[Member] = &[
    Member::integer("apiVersion"),
    Member::text("username"),
    Member::text("serverVersion"),
    Member::text("systemMode"),
    Member::text("product"),
    Member::new("namespaces", Shape::List(&Shape::Object(&[Member::text("name")]))),
    Member::new("privileges", Shape::Anything)
        .about("for each area, whether it may be used: `{\"use\": true}`"),
];

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const INFORMATION: &'static [Operation<S, A>] = &[Operation::ask(
        Row::get("/api/admin/info", "Information", "Who signed in, and what they may use")
            .gate(Gate::Administrator)
            .gives(Shape::Object(INFORMATION)),
        information::<S, A>,
    )];
}

fn information<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let session = desk.session()?;
    let mut privileges = Map::new();
    for area in AREAS {
        let may = desk.engine.may_use(session, &format!("%Admin_{area}"))?;
        privileges.insert(area.to_owned(), json!({ "use": may }));
    }
    let namespaces = desk.engine.namespaces(session)?;
    let entered = namespaces.iter().filter(|row| row.get("MayEnter").is_some_and(|may| may.text() == "1"));
    let namespaces: Vec<Value> =
        entered.filter_map(|row| row.get("Name")).map(|name| json!({ "name": name.text() })).collect();
    Outcome::result(json!({
        "apiVersion": 2,
        "username": session.user(),
        "serverVersion": concat!("Sclera ", env!("CARGO_PKG_VERSION"), " (compatible with IRIS 2026.2)"),
        "systemMode": "",
        "product": "iris",
        "namespaces": namespaces,
        "privileges": privileges,
    }))
}
