//! Privileged routines (`admin-api.md` section 12): applications that add roles to whoever calls one of their routines.

use super::applications::{ROW, number, rows, text};
use crate::desk::{self, Desk};
use crate::operation::{Done, FILTER, MAX_ROWS, NAME, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Given, Member, Need, Shape, told};
use crate::strict::Node;
use sclera_core::application::Application;
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

const ROUTINE: &[Member] = &[
    Member::text("RoutineOrClass").needed(Need::Always),
    Member::text("Db").needed(Need::Always).about("the database that it is in"),
    Member::new("Type", Shape::Choice(&KINDS)).needed(Need::Always),
];
/// What is called; settings keep 1 for it.
const CLASS: &str = "Class";
const KINDS: [&str; 2] = ["Routine", CLASS];

const APPLICATION: &[Member] = &[
    Member::text("Description"),
    Member::flag("Enabled"),
    Member::new("MatchRoles", Shape::Matches).about("an empty MatchRole gives the targets to everybody"),
    Member::text("Resource").about("whoever may use it gets the roles; none for everybody"),
    Member::new("Routines", Shape::List(&Shape::Object(ROUTINE))).about("what may add the roles"),
];

const PATH: &str = "/api/admin/v2/security/privileged-routine";
const GROUP: &str = "Privileged routines";
const KIND: Kind = Kind::Application;

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const PRIVILEGED_ROUTINES: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/privileged-routines", GROUP, "Lists privileged routines")
                .takes(&[FILTER, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get(PATH, GROUP, "Reads a privileged routine")
                .takes(&[NAME])
                .gives(Shape::Object(APPLICATION))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(PATH, GROUP, "Makes or changes a privileged routine; what is not named stays as it is")
                .takes(&[NAME])
                .fields(APPLICATION)
                .gives(Shape::Object(APPLICATION))
                .done(&[200, 201])
                .refuses(&[404, 409]),
            put::<S, A>,
        ),
        Operation::ask(
            Row::delete(PATH, GROUP, "Deletes a privileged routine").takes(&[NAME]).refuses(&[404, 409]),
            delete::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(desk.filtered(rows(desk, is_privileged)?)?)
}

/// A web application whose routines add roles is a web application here.
fn is_privileged(application: &Properties) -> bool {
    number(application, "Type") & (Application::WEB | Application::PRIVILEGED) == Application::PRIVILEGED
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(&found(desk, desk.name()?)?))
}

/// The record of a privileged routine; a web application is none.
fn found<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Properties, Reject> {
    let application = desk.shown(KIND, name)?;
    if is_privileged(&application) {
        Ok(application)
    } else {
        Err(Reject::missing(&desk::absent(KIND, name)))
    }
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let routines = desk.given.take("Routines").map(routines).transpose()?;
    let (name, mut properties) = (desk.name()?, desk.properties(APPLICATION)?);
    if let Some(routines) = routines {
        properties.set("Routines", routines.as_str());
    }
    let is_new = !desk.exists(KIND, name)?;
    let owned = name.to_owned();
    let change = if is_new {
        Change::CreateApplication {
            name: owned,
            properties: properties.with("Type", Application::PRIVILEGED),
        }
    } else if is_privileged(&desk.shown(KIND, name)?) {
        Change::ModifyApplication { name: owned, properties }
    } else {
        return Err(Reject::conflict("the application of this name is no privileged routine"));
    };
    desk.engine.submit(desk.session()?, change)?;
    desk::put(is_new, KIND, name, shown(&found(desk, name)?))
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = desk.name()?;
    found(desk, name)?;
    desk.engine.submit(desk.session()?, Change::DeleteApplication { name: name.to_owned() })?;
    desk::deleted(KIND, name)
}

/// The routines of a body as settings keep them: `Name:database:flag`.
fn routines(node: Node<'_>) -> Result<String, Reject> {
    let Node::List(nodes) = node else { return Err(Reject::missing_field("Routines")) };
    let routines = nodes.into_iter().map(|node| {
        let Node::Object(object) = node else { return Err(Reject::missing_field("RoutineOrClass")) };
        let routine = Given::read(ROUTINE, object)?.properties(ROUTINE)?;
        let part = |name| text(&routine, name);
        let (called, database) = (part("RoutineOrClass"), part("Db"));
        if [&called, &database].iter().any(|text| text.is_empty() || text.contains([':', ','])) {
            let why = "a routine, a class or a database has a name, with no `:` and no `,` in it";
            return Err(Reject::malformed(why));
        }
        let flag = i64::from(part("Type") == CLASS);
        Ok(format!("{called}:{database}:{flag}"))
    });
    Ok(routines.collect::<Result<Vec<_>, _>>()?.join(","))
}

fn shown(application: &Properties) -> Value {
    let kept = text(application, "Routines");
    let routines: Value = kept.split(',').filter(|kept| !kept.is_empty()).map(routine).collect();
    let mut told = told(APPLICATION, application);
    told.insert("Routines".to_owned(), routines);
    Value::Object(told)
}

fn routine(kept: &str) -> Value {
    let mut parts = kept.split(':');
    let mut part = || parts.next().unwrap_or_default();
    let (called, database, flag) = (part(), part(), part());
    let kind = if flag == "1" { CLASS } else { "Routine" };
    json!({ "RoutineOrClass": called, "Db": database, "Type": kind })
}
