//! Superservers (`admin-api.md` section 12, `services.md` section 9): what is let through at a port.

use crate::desk::{self, Desk};
use crate::operation::{Done, FILTER, MAX_ROWS, Operation, Operations, Outcome, Parameter, Row};
use crate::reject::Reject;
use crate::shape::{Member, Shape, told};
use sclera_core::change::Kind;
use sclera_core::property::Properties;
use sclera_core::selection::Selection;
use sclera_core::superserver::{name_as_written, place_of};
use sclera_store::port::{Activity, Store};
use serde_json::Value;

const SUPERSERVER: &[Member] = &[
    Member::text("Description"),
    Member::flag("Enabled").about("the whole listener"),
    Member::flag("SystemDefault").about("exactly one is it; another takes it over by being made it"),
    Member::flag("EnableCacheDirect"),
    Member::flag("EnableClients").about("lets %Service_Bindings through"),
    Member::flag("EnableCSP").about("lets %Service_WebGateway through"),
    Member::flag("EnableDataCheck"),
    Member::flag("EnableECP").about("only at the system default"),
    Member::flag("EnableMirror").about("only at the system default"),
    Member::flag("EnableNodeJS"),
    Member::flag("EnableShadows"),
    Member::flag("EnableSharding").about("only at the system default"),
    Member::flag("EnableSNMP").about("lets %Service_Monitor through"),
    Member::flag("EnableWebLink"),
    Member::text("SSLConfig").about("the TLS configuration that protects; none for that of the gate"),
    Member::integer("SSLSupportLevel").about("0 no TLS, 1 TLS is accepted, 2 it is required"),
];

const ROW: &[Member] = &[
    Member::integer("Port"),
    Member::text("BindAddress"),
    Member::flag("Enabled"),
    Member::flag("SystemDefault"),
];

const PLACE: &[Parameter] = &[
    Parameter::required("port", "the port, from 100 on").of(Shape::Integer),
    Parameter::optional("bindAddress", "the address that is bound there; none for any"),
];

const PATH: &str = "/api/admin/v2/security/superserver";
const GROUP: &str = "Superservers";

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const SUPERSERVERS: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/superservers", GROUP, "Lists superservers")
                .takes(&[FILTER, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get(PATH, GROUP, "Reads a superserver")
                .takes(PLACE)
                .gives(Shape::Object(SUPERSERVER))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(PATH, GROUP, "Makes or changes a superserver; what is not named stays as it is")
                .takes(PLACE)
                .fields(SUPERSERVER)
                .gives(Shape::Object(SUPERSERVER))
                .done(&[200, 201]),
            put::<S, A>,
        ),
        Operation::ask(
            Row::delete(PATH, GROUP, "Deletes a superserver").takes(PLACE).refuses(&[404]),
            delete::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let servers = desk.engine.list(desk.session()?, Kind::Superserver, &Selection::all())?;
    Outcome::result(desk.filtered(servers.into_iter().map(|server| told(ROW, &placed(server))))?)
}

/// A row with its place, which is what its name says.
fn placed(server: Properties) -> Properties {
    let name = server.get("Name").map(sclera_core::property::Value::text).unwrap_or_default();
    let Some((port, address)) = place_of(&name) else { return server };
    let address = address.map(|address| address.to_string()).unwrap_or_default();
    server.with("Port", i64::from(port)).with("BindAddress", address.as_str())
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(desk, &named(desk)?)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (kind, name) = (Kind::Superserver, named(desk)?);
    let is_new = desk.put_config((kind, &name), desk.properties(SUPERSERVER)?, None)?;
    desk::put(is_new, kind, &name, shown(desk, &name)?)
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    desk.delete_config(Kind::Superserver, &named(desk)?)
}

/// The name of the superserver at the place that is asked for.
fn named<S: Store, A: Activity>(desk: &Desk<'_, S, A>) -> Result<String, Reject> {
    let address = desk.query.get("bindAddress").unwrap_or_default();
    let name = name_as_written(desk.parameter("port")?, address);
    name.ok_or_else(|| {
        Reject::malformed("`port` must be a port from 100 on, and `bindAddress` an address or nothing")
    })
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    Ok(Value::Object(told(SUPERSERVER, &desk.shown(Kind::Superserver, name)?)))
}
