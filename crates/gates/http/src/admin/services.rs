//! Services (`admin-api.md` section 8).

use super::mechanism_names;
use crate::desk::{Desk, wrote};
use crate::operation::{Done, Enveloped, MAX_ROWS, NAME, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Member, Shape, told};
use sclera_core::change::Kind;
use sclera_core::property::{Properties, Value as Property};
use sclera_core::selection::Selection;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

const SERVICE: &[Member] = &[
    Member::integer("AutheEnabled").about("the bits of the mechanisms that it allows"),
    Member::new("ClientSystems", Shape::Texts(';')).about("the addresses that may connect; none for any"),
    Member::text("Description"),
    Member::flag("Enabled"),
];

const ROW: &[Member] = &[
    Member::text("Name"),
    Member::flag("Enabled"),
    Member::flag("EnabledBoolean"),
    Member::new("Public", Shape::Choice(&["Yes", "No", "N/A"])),
    Member::texts("AuthenticationMethods"),
    Member::texts("AllowedConnections"),
    Member::text("Description"),
    Member::flag("HttpOnlyCookies"),
    Member::flag("TwoFactorEnabled"),
];

/// The bits of second factors.
const SECOND_FACTORS: i64 = (1 << 20) | (1 << 21);

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const SERVICES: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/services", "Services", "Lists services")
                .takes(&[MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/security/service", "Services", "Reads a service")
                .takes(&[NAME])
                .gives(Shape::Object(SERVICE))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(
                "/api/admin/v2/security/service",
                "Services",
                "Changes a service; what is not named stays as it is",
            )
            .takes(&[NAME])
            .fields(SERVICE)
            .gives(Shape::Object(SERVICE))
            .refuses(&[404, 409]),
            put::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (session, limit) = (desk.session()?, desk.limit()?);
    let services = desk.engine.list(session, Kind::Service, &Selection::all())?;
    let mut rows = Vec::new();
    for service in services.iter().take(limit) {
        let name = text(service, "Name");
        rows.push(row(&name, &desk.shown(Kind::Service, &name)?));
    }
    Outcome::result(Value::Array(rows))
}

fn row(name: &str, service: &Properties) -> Value {
    let mask = match service.get("AutheEnabled") {
        Some(Property::Integer(mask)) => *mask,
        _ => 0,
    };
    let enabled = text(service, "Enabled") == "1";
    let systems = text(service, "ClientSystems");
    json!({
        "Name": name,
        "Enabled": enabled,
        "EnabledBoolean": enabled,
        "Public": match text(service, "Public").as_str() { "YES" => "Yes", "NO" => "No", _ => "N/A" },
        "AuthenticationMethods": mechanism_names(mask),
        "AllowedConnections": systems.split(';').filter(|system| !system.is_empty()).collect::<Vec<_>>(),
        "Description": text(service, "Description"),
        "HttpOnlyCookies": name == "%Service_WebGateway",
        "TwoFactorEnabled": mask & SECOND_FACTORS != 0,
    })
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(desk, desk.name()?)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (name, properties) = (desk.name()?, desk.properties(SERVICE)?);
    desk.must_exist(Kind::Service, name)?;
    let changed = desk.engine.modify_service(desk.session()?, name, &properties)?;
    let console = match changed.dropped {
        0 => Vec::new(),
        bits => vec![format!("{name} cannot have these bits of AutheEnabled, which were not stored: {bits}")],
    };
    Ok(Outcome::Enveloped(Enveloped {
        status: 200,
        result: shown(desk, name)?,
        summary: wrote("modified", Kind::Service, name),
        console,
        location: None,
    }))
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    Ok(Value::Object(told(SERVICE, &desk.shown(Kind::Service, name)?)))
}

fn text(properties: &Properties, name: &str) -> String {
    properties.get(name).map(Property::text).unwrap_or_default()
}
