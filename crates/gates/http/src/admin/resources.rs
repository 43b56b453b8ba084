//! Resources (`admin-api.md` section 7).

use crate::desk::{self, Desk, deleted};
use crate::operation::{Done, MAX_ROWS, NAME, NAMES, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Member, Need, Shape, told};
use sclera_core::change::{Change, Kind};
use sclera_store::port::{Activity, Store};
use serde_json::Value;

pub(crate) const RESOURCE: &[Member] = &[
    Member::text("Description").needed(Need::OnCreation),
    Member::text("PublicPermission")
        .needed(Need::OnCreation)
        .about("what everybody holds: letters of R, W and U"),
];

const ROW: &[Member] = &[
    Member::text("Name"),
    Member::text("Description"),
    Member::text("PublicPermission"),
    Member::text("ResourceType"),
    Member::flag("AllowDelete"),
];

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const RESOURCES: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/resources", "Resources", "Lists resources")
                .takes(&[NAMES, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/security/resource", "Resources", "Reads a resource")
                .takes(&[NAME])
                .gives(Shape::Object(RESOURCE))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(
                "/api/admin/v2/security/resource",
                "Resources",
                "Makes or changes a resource; what is not named stays as it is",
            )
            .takes(&[NAME])
            .fields(RESOURCE)
            .gives(Shape::Object(RESOURCE))
            .done(&[200, 201])
            .refuses(&[409]),
            put::<S, A>,
        ),
        Operation::ask(
            Row::delete("/api/admin/v2/security/resource", "Resources", "Deletes a resource")
                .takes(&[NAME])
                .refuses(&[404, 409]),
            delete::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let resources = desk.engine.list(desk.session()?, Kind::Resource, &desk.names())?;
    let rows = resources.iter().take(desk.limit()?).map(|resource| Value::Object(told(ROW, resource)));
    Outcome::result(rows.collect())
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(desk, desk.name()?)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (name, properties) = (desk.name()?.to_owned(), desk.properties(RESOURCE)?);
    let is_new = !desk.exists(Kind::Resource, &name)?;
    let change = if is_new {
        desk.given.complete(RESOURCE)?;
        Change::CreateResource { name: name.clone(), properties }
    } else {
        Change::ModifyResource { name: name.clone(), properties }
    };
    desk.engine.submit(desk.session()?, change)?;
    desk::put(is_new, Kind::Resource, &name, shown(desk, &name)?)
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = desk.name()?;
    desk.must_exist(Kind::Resource, name)?;
    desk.engine.submit(desk.session()?, Change::DeleteResource { name: name.to_owned() })?;
    deleted(Kind::Resource, name)
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    Ok(Value::Object(told(RESOURCE, &desk.shown(Kind::Resource, name)?)))
}
