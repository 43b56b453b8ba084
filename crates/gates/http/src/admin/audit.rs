//! The audit trail (`admin-api.md` section 10).

use crate::desk::{self, Desk, wrote};
use crate::operation::{Done, MAX_ROWS, NAMES, Operation, Operations, Outcome, Parameter, Row};
use crate::reject::Reject;
use crate::shape::{Member, Need, Shape, told};
use crate::tasks::{instant, local};
use sclera_core::change::{Change, Kind};
use sclera_core::event::SYSTEM;
use sclera_core::name::list as elements;
use sclera_core::property::{Properties, Value as Property};
use sclera_core::selection::{Matching, Selection};
use sclera_core::system;
use sclera_core::time::Timestamp;
use sclera_engine::audit_query::{AuditRow, Columns};
use sclera_engine::events::EventSelection;
use sclera_engine::trail::AuditFilter;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

const SOURCE: Parameter = Parameter::required("source", "the source of the event");
const TYPE: Parameter = Parameter::required("type", "the type of the event");
const NAME: Parameter = Parameter::required("name", "the name of the event");
const OWNER: Parameter =
    Parameter::optional("eventOwner", "0: events that users made, 1: those of the system").of(Shape::Integer);

const SWITCH: &[Member] = &[Member::flag("Enabled").needed(Need::Always)];

const EVENT: &[Member] = &[Member::text("Description"), Member::flag("Enabled")];

const EVENT_ROW: &[Member] = &[
    Member::text("EventName"),
    Member::flag("Enabled"),
    Member::integer("Total"),
    Member::integer("Written"),
    Member::integer("Lost"),
];

/// The columns that rows and records have alike, as texts.
const COLUMNS: [&str; 13] = [
    "Description",
    "Authentication",
    "ClientExecutableName",
    "ClientIPAddress",
    "StartupClientIPAddress",
    "EventData",
    "Namespace",
    "Roles",
    "RoutineSpec",
    "UserInfo",
    "Status",
    "OSUsername",
    "Username",
];

const RECORD: &[Member] = &[
    Member::text("SystemID"),
    Member::text("AuditIndex"),
    Member::text("UTCTimeStamp"),
    Member::text("EventSource"),
    Member::text("EventType"),
    Member::text("Event"),
    Member::text("Pid"),
    Member::text("Username"),
    Member::text("Description"),
    Member::integer("JobNumber"),
    Member::integer("JobId"),
    Member::text("Authentication"),
    Member::text("ClientExecutableName"),
    Member::text("ClientIPAddress"),
    Member::text("StartupClientIPAddress"),
    Member::text("EventData"),
    Member::text("Namespace"),
    Member::text("Roles"),
    Member::text("RoutineSpec"),
    Member::text("UserInfo"),
    Member::text("Status"),
    Member::text("OSUsername"),
];

const FILTERS: &[Parameter] = &[
    Parameter::optional("beginDateTime", "the first time, YYYY-MM-DD hh:mm:ss; empty for open"),
    Parameter::optional("endDateTime", "the last time, YYYY-MM-DD hh:mm:ss; empty for open"),
    Parameter::optional("eventSources", "a comma list"),
    Parameter::optional("eventTypes", "a comma list"),
    Parameter::optional("events", "a comma list"),
    Parameter::optional("usernames", "a comma list"),
    Parameter::optional("systemIDs", "a comma list"),
    Parameter::optional("pids", "a comma list"),
    Parameter::optional("namespaces", "a comma list"),
    Parameter::optional("authentication", "a comma list of bits of mechanisms"),
    Parameter::optional("ascending", "1: the oldest first").of(Shape::Switch),
    Parameter::optional("jsonSearch", "a text in the data of the event"),
    MAX_ROWS,
];

/// Both are said, so that nothing goes that nobody named.
const PURGE: &[Member] = &[
    Member::text("BeginDateTime").needed(Need::Always).about("YYYY-MM-DD hh:mm:ss; empty for open"),
    Member::text("EndDateTime").needed(Need::Always).about("the same; the first time that stays"),
];

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const AUDIT: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/audit/enabled", "Audit", "Tells whether auditing is on")
                .gives(Shape::Object(SWITCH)),
            enabled::<S, A>,
        ),
        Operation::ask(
            Row::put("/api/admin/v2/security/audit/enabled", "Audit", "Turns auditing on or off")
                .fields(SWITCH)
                .gives(Shape::Object(SWITCH)),
            enable::<S, A>,
        ),
        Operation::ask(
            Row::get(
                "/api/admin/v2/security/audit/events",
                "Audit",
                "Lists events and how often they happened",
            )
            .takes(&[NAMES, OWNER, MAX_ROWS])
            .gives(Shape::List(&Shape::Object(EVENT_ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/security/audit/event", "Audit", "Reads an event")
                .takes(&[SOURCE, TYPE, NAME])
                .gives(Shape::Object(EVENT))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put("/api/admin/v2/security/audit/event", "Audit", "Makes or changes an event")
                .takes(&[SOURCE, TYPE, NAME])
                .fields(EVENT)
                .gives(Shape::Object(EVENT))
                .done(&[200, 201])
                .refuses(&[409]),
            put::<S, A>,
        ),
        Operation::ask(
            Row::delete("/api/admin/v2/security/audit/event", "Audit", "Deletes an event that a user made")
                .takes(&[SOURCE, TYPE, NAME])
                .refuses(&[404, 409]),
            delete::<S, A>,
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/audit/record/purge",
                "Audit",
                "Takes away the records of a time; the result is that of a task",
            )
            .fields(PURGE)
            .done(&[202])
            .refuses(&[429]),
            purge::<S, A>,
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/audit/event/clear-count",
                "Audit",
                "Counts an event from zero again",
            )
            .takes(&[SOURCE, TYPE, NAME])
            .refuses(&[404]),
            clear_count::<S, A>,
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/audit/records",
                "Audit",
                "Queues a query of records; its rows are the result of the task",
            )
            .takes(FILTERS)
            .done(&[202])
            .refuses(&[429]),
            query::<S, A>,
        ),
        Operation::ask(
            Row::get(
                "/api/admin/v2/security/audit/record",
                "Audit",
                "Reads a record by what tells it from all others",
            )
            .takes(&[
                Parameter::required("utcTimeStamp", "its time, YYYY-MM-DD hh:mm:ss.fff"),
                Parameter::required("systemID", "its system"),
                Parameter::required("auditIndex", "its index").of(Shape::Integer),
            ])
            .gives(Shape::Object(RECORD))
            .refuses(&[404]),
            record::<S, A>,
        ),
    ];
}

fn enabled<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(switch(desk)?)
}

fn enable<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let on = matches!(desk.given.get("Enabled"), Some(crate::strict::Node::Flag(true)));
    let properties = Properties::new().with("AuditEnabled", on);
    desk.engine.submit(desk.session()?, Change::ModifySystem { properties })?;
    let summary = format!("auditing is {}", if on { "on" } else { "off" });
    Outcome::written(switch(desk)?, false, summary)
}

fn switch<S: Store, A: Activity>(desk: &Desk<'_, S, A>) -> Result<Value, Reject> {
    let system = desk.shown(Kind::System, system::NAME)?;
    Ok(json!({ "Enabled": text(&system, "AuditEnabled") == "1" }))
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (session, names, limit) = (desk.session()?, desk.names(), desk.limit()?);
    let owner = match desk.query.get("eventOwner") {
        None | Some("") => None,
        Some("0") => Some(false),
        Some("1") => Some(true),
        Some(_) => return Err(Reject::malformed("`eventOwner` must be 0 or 1")),
    };
    let mut rows = Vec::new();
    for event in desk.engine.list(session, Kind::Event, &Selection::all())? {
        let title = text(&event, "Name");
        let name = title.rsplit('/').next().unwrap_or_default();
        let is_named = names.has(name) || names.has(&title);
        if rows.len() == limit || !is_named {
            continue;
        }
        let is_system = matches!(desk.shown(Kind::Event, &title)?.get("Flags"), Some(Property::Integer(flags)) if flags & SYSTEM != 0);
        if owner.is_none_or(|owner| owner == is_system) {
            let counts = desk.engine.event_counts(&title);
            rows.push(json!({
                "EventName": title,
                "Enabled": text(&event, "Enabled") == "1",
                "Total": counts.total,
                "Written": counts.written,
                "Lost": counts.lost,
            }));
        }
    }
    Outcome::result(Value::Array(rows))
}

/// The name of the event of the query: source, type and name.
fn title<S: Store, A: Activity>(desk: &Desk<'_, S, A>) -> Result<String, Reject> {
    let parts = [desk.parameter("source")?, desk.parameter("type")?, desk.parameter("name")?];
    if parts.iter().any(|part| part.contains('/')) {
        return Err(Reject::malformed("no part of the name of an event may contain `/`"));
    }
    Ok(parts.join("/"))
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = title(desk)?;
    Outcome::result(shown(desk, &name)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (name, properties) = (title(desk)?, desk.properties(EVENT)?);
    let is_new = desk.put_config((Kind::Event, &name), properties, None)?;
    desk::put(is_new, Kind::Event, &name, shown(desk, &name)?)
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    desk.delete_config(Kind::Event, &title(desk)?)
}

fn clear_count<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = title(desk)?;
    desk.must_exist(Kind::Event, &name)?;
    let only = |part| Ok::<_, Reject>(Selection::new(desk.parameter(part)?, Matching::Exact));
    let wanted = EventSelection { sources: only("source")?, types: only("type")?, names: only("name")? };
    desk.engine.clear_event_counts(desk.session()?, &wanted)?;
    Outcome::written(json!({}), false, wrote("counts from zero:", Kind::Event, &name))
}

fn query<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (filter, columns, limit) = (filter(desk)?, columns(desk)?, desk.limit()?);
    let (engine, session) = (std::sync::Arc::clone(desk.engine), desk.session()?.clone());
    desk.queued("Audit records", move |progress| {
        if limit == 0 {
            return Ok(json!([]));
        }
        let found = engine.audit_query(&session, &filter, &columns, limit, &|| progress.goes_on())?;
        Ok(found.iter().map(row).collect())
    })
}

fn filter<S: Store, A: Activity>(desk: &Desk<'_, S, A>) -> Result<AuditFilter, Reject> {
    Ok(AuditFilter {
        begin: time("beginDateTime", desk.query.get("beginDateTime"))?,
        end: end("endDateTime", desk.query.get("endDateTime"))?,
        sources: desk.selection("eventSources"),
        types: desk.selection("eventTypes"),
        names: desk.selection("events"),
        users: desk.selection("usernames"),
        pids: desk.selection("pids"),
        systems: desk.selection("systemIDs"),
        text: desk.query.get("jsonSearch").unwrap_or_default().to_owned(),
        oldest_first: desk.says_yes("ascending")?,
        ..AuditFilter::default()
    })
}

/// A time that is asked for; none where it is open.
fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Reject> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let wrong = || Reject::malformed(format!("`{name}` must be a time such as 2026-11-22 08:00:00"));
    instant(text).map(Some).ok_or_else(wrong)
}

/// The same of an end, which is told to the second and belongs to what is asked for, however it is written.
fn end(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Reject> {
    let after = |end: Timestamp| Timestamp::from_micros(end.micros().saturating_add(1_000_000));
    Ok(time(name, text)?.map(after))
}

fn purge<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (from, to) = (desk.given.take_text("BeginDateTime"), desk.given.take_text("EndDateTime"));
    let (begin, end) = (time("BeginDateTime", from.as_deref())?, time("EndDateTime", to.as_deref())?);
    let filter = AuditFilter { begin, end, ..AuditFilter::default() };
    let told = [("from", begin), ("before", end)].into_iter();
    let told: Vec<String> = told.filter_map(|(word, time)| Some(format!("{word} {}", time?))).collect();
    let what = if told.is_empty() { "all".to_owned() } else { told.join("; ") };
    let (engine, session) = (std::sync::Arc::clone(desk.engine), desk.session()?.clone());
    desk.queued("Audit purge", move |progress| {
        let count = engine.audit_purge(&session, &filter, &what, &|| progress.goes_on())?;
        progress.tell([format!("purged {count} events")]);
        Ok(json!({}))
    })
}

fn columns<S: Store, A: Activity>(desk: &Desk<'_, S, A>) -> Result<Columns, Reject> {
    let wrong = |_| Reject::malformed("`authentication` must be a comma list of numbers");
    let bits = desk.query.get("authentication").unwrap_or_default();
    let bits = elements(bits).map(|bit| bit.parse().map_err(wrong)).collect::<Result<_, _>>()?;
    Ok(Columns { namespaces: desk.selection("namespaces"), authentications: bits })
}

fn record<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let at = instant(desk.parameter("utcTimeStamp")?);
    let at = at.ok_or_else(|| Reject::malformed("`utcTimeStamp` must be YYYY-MM-DD hh:mm:ss.fff"))?;
    let index: u64 = desk
        .parameter("auditIndex")?
        .parse()
        .map_err(|_| Reject::malformed("`auditIndex` must be a whole number"))?;
    let system = desk.parameter("systemID")?;
    let found = desk.engine.audit_record(desk.session()?, at, system, index)?;
    let found = found.ok_or_else(|| Reject::no_such("record"))?;
    let mut record = row(&found);
    if let Some(members) = record.as_object_mut() {
        members.remove("TimeStamp");
        members.remove("SessionID");
        for name in ["AuditIndex", "Pid"] {
            let text = members.get(name).map(ToString::to_string).unwrap_or_default();
            members.insert(name.to_owned(), json!(text));
        }
    }
    Outcome::result(record)
}

fn row(entry: &AuditRow) -> Value {
    let number = |name: &str| entry.field(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
    let mut row = json!({
        "SystemID": entry.system_id,
        "AuditIndex": entry.index,
        "TimeStamp": local(entry.at),
        "UTCTimeStamp": local(entry.at),
        "EventSource": entry.event[0],
        "EventType": entry.event[1],
        "Event": entry.event[2],
        "Pid": number("Pid"),
        "SessionID": entry.field("CSPSessionID").unwrap_or_default(),
        "JobNumber": 0,
        "JobId": number("JobId"),
    });
    if let Some(members) = row.as_object_mut() {
        for name in COLUMNS {
            members.insert(name.to_owned(), json!(entry.field(name).unwrap_or_default()));
        }
        members.insert("Username".to_owned(), json!(entry.user));
    }
    row
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    Ok(Value::Object(told(EVENT, &desk.shown(Kind::Event, name)?)))
}

fn text(properties: &Properties, name: &str) -> String {
    properties.get(name).map(Property::text).unwrap_or_default()
}
