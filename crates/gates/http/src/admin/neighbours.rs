//! What portals read beyond security when they open (`admin-api.md` section 13): the truth for what this server is.

use crate::desk::Desk;
use crate::operation::{Done, Gate, MAX_ROWS, NAME, OPERATE, Operation, Operations, Outcome, Parameter, Row};
use crate::reject::Reject;
use crate::shape::{Member, Shape};
use sclera_core::layout::Namespace;
use sclera_core::name::same;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

const MANAGE: Gate = Gate::Use(&["%Admin_Manage"]);
const MANAGE_OR_OPERATE: Gate = Gate::Use(&["%Admin_Manage", "%Admin_Operate"]);
const OPERATE_OR_TASK: Gate = Gate::Use(&["%Admin_Operate", "%Admin_Task"]);
const WALLET: Gate = Gate::Use(&["%Admin_Wallet"]);
const GROUP: &str = "Neighbours";

const SESSION: &[Member] = &[
    Member::text("ID"),
    Member::text("Username"),
    Member::integer("Preserve"),
    Member::text("Application"),
    Member::text("Timeout"),
    Member::text("LicenseId"),
    Member::text("SesProcessId"),
    Member::flag("AllowEndSession"),
];

const NAMESPACE_ROW: &[Member] = &[
    Member::text("Name"),
    Member::text("Globals"),
    Member::text("Routines"),
    Member::text("SysGlobals"),
    Member::text("SysRoutines"),
    Member::text("Library"),
    Member::text("TempGlobals"),
];

const NAMESPACE: &[Member] =
    &[Member::text("Globals"), Member::text("Routines"), Member::text("TempGlobals")];

const DATABASE: &[Member] = &[Member::text("Name"), Member::text("Resource"), Member::flag("ReadOnly")];

const DASHBOARD: &[Member] = &[Member::new("Status", Shape::Object(&[Member::text("UpTime")]))];

const ANY_LIST: Shape = Shape::List(&Shape::Anything);

const fn empty(path: &'static str, summary: &'static str, gate: Gate) -> Row {
    Row::get(path, GROUP, summary).gate(gate).takes(&[MAX_ROWS]).gives(ANY_LIST)
}

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const NEIGHBOURS: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/web-sessions", GROUP, "Lists the sessions that tokens carry")
                .gate(OPERATE)
                .takes(&[MAX_ROWS])
                .gives(Shape::List(&Shape::Object(SESSION))),
            sessions::<S, A>,
        ),
        Operation::ask(
            Row::delete("/api/admin/v2/web-session", GROUP, "Ends one of them")
                .gate(OPERATE)
                .takes(&[Parameter::required("id", "the ID of the session")])
                .refuses(&[404]),
            end_session::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/namespaces", GROUP, "Lists namespaces")
                .gate(MANAGE)
                .takes(&[MAX_ROWS])
                .gives(Shape::List(&Shape::Object(NAMESPACE_ROW))),
            namespaces::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/namespace", GROUP, "Reads a namespace")
                .gate(MANAGE)
                .takes(&[NAME])
                .gives(Shape::Object(NAMESPACE))
                .refuses(&[404]),
            namespace::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/databases", GROUP, "Lists databases")
                .gate(MANAGE_OR_OPERATE)
                .takes(&[MAX_ROWS])
                .gives(Shape::List(&Shape::Object(DATABASE))),
            databases::<S, A>,
        ),
        Operation::ask(
            empty(
                "/api/admin/v2/database-dirs",
                "Lists directories of databases: there are none",
                MANAGE_OR_OPERATE,
            ),
            nothing::<S, A>,
        ),
        Operation::ask(
            empty("/api/admin/v2/processes", "Lists processes: there are none", OPERATE),
            nothing::<S, A>,
        ),
        Operation::ask(empty("/api/admin/v2/locks", "Lists locks: there are none", OPERATE), nothing::<S, A>),
        Operation::ask(
            empty(
                "/api/admin/v2/journal/files",
                "Lists files of a journal of databases: there are none",
                OPERATE,
            ),
            nothing::<S, A>,
        ),
        Operation::ask(
            empty("/api/admin/v2/tasks", "Lists scheduled tasks: there are none", OPERATE_OR_TASK),
            nothing::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/monitor/dashboard/main", GROUP, "Tells how long the server has been up")
                .gate(OPERATE)
                .gives(Shape::Object(DASHBOARD)),
            dashboard::<S, A>,
        ),
        Operation::ask(
            empty("/api/admin/v2/wallet/collections", "Lists collections of secrets: there are none", WALLET),
            nothing::<S, A>,
        ),
    ];
}

fn sessions<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let sessions = desk.engine.token_sessions(desk.session()?)?;
    let row = |session: sclera_engine::tokens::TokenSession| {
        json!({
            "ID": session.id,
            "Username": session.user,
            "Preserve": 0,
            "Application": session.application,
            "Timeout": crate::tasks::local(session.until),
            "LicenseId": session.user,
            "SesProcessId": "",
            "AllowEndSession": true,
        })
    };
    Outcome::result(sessions.into_iter().take(desk.limit()?).map(row).collect())
}

fn end_session<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    if desk.engine.end_token_session(desk.session()?, desk.parameter("id")?)? {
        Outcome::written(json!({}), false, "ended the session".to_owned())
    } else {
        Err(Reject::no_such("session"))
    }
}

fn namespaces<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let layout = desk.engine.layout();
    let row = |namespace: &Namespace| {
        json!({
            "Name": namespace.name,
            "Globals": namespace.globals,
            "Routines": namespace.routines,
            "SysGlobals": layout.system,
            "SysRoutines": layout.system,
            "Library": "",
            "TempGlobals": "",
        })
    };
    Outcome::result(layout.namespaces.iter().take(desk.limit()?).map(row).collect())
}

fn namespace<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = desk.name()?;
    let found = desk.engine.layout().namespaces.iter().find(|namespace| same(&namespace.name, name));
    let found = found.ok_or_else(|| Reject::no_namespace(name))?;
    Outcome::result(json!({ "Globals": found.globals, "Routines": found.routines, "TempGlobals": "" }))
}

fn databases<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let row = |database: &sclera_core::layout::Database| json!({ "Name": database.name, "Resource": database.resource, "ReadOnly": database.read_only });
    Outcome::result(desk.engine.layout().databases.iter().take(desk.limit()?).map(row).collect())
}

fn nothing<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    desk.limit()?;
    Outcome::result(Value::Array(Vec::new()))
}

fn dashboard<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let minutes = desk.site.begun.elapsed().as_secs() / 60;
    let up = format!("{}d {:02}h {:02}m", minutes / 1_440, minutes / 60 % 24, minutes % 60);
    Outcome::result(json!({ "Status": { "UpTime": up } }))
}
