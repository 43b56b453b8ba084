//! Roles (`admin-api.md` section 7).

use crate::desk::{self, Desk, deleted};
use crate::operation::{Done, FILTER, MAX_ROWS, NAME, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Member, Shape, told};
use sclera_core::change::{Change, Kind};
use sclera_core::selection::Selection;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

pub(crate) const ROLE: &[Member] = &[
    Member::text("Description"),
    Member::texts("GrantedRoles").about("the roles that it grants, one level"),
    Member::flag("EscalationOnly"),
    Member::new("Resources", Shape::Privileges).about("its privileges; a list replaces all of them"),
];

const ROW: &[Member] = &[
    Member::text("Name"),
    Member::text("Description"),
    Member::text("CreatedBy"),
    Member::flag("EscalationOnly"),
];

const OWNER: &[Member] = &[
    Member::text("Name"),
    Member::new("Type", Shape::Choice(&["User", "Role", "User (escalation)"])),
    Member::new("AdminOption", Shape::Choice(&["0", "1"])),
];

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const ROLES: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/roles", "Roles", "Lists roles")
                .takes(&[FILTER, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/security/role", "Roles", "Reads a role")
                .takes(&[NAME])
                .gives(Shape::Object(ROLE))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(
                "/api/admin/v2/security/role",
                "Roles",
                "Makes or changes a role; what is not named stays as it is",
            )
            .takes(&[NAME])
            .fields(ROLE)
            .gives(Shape::Object(ROLE))
            .done(&[200, 201])
            .refuses(&[409]),
            put::<S, A>,
        ),
        Operation::ask(
            Row::delete("/api/admin/v2/security/role", "Roles", "Deletes a role")
                .takes(&[NAME])
                .refuses(&[404, 409]),
            delete::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/security/role/owners", "Roles", "Lists who holds a role directly")
                .takes(&[NAME, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(OWNER)))
                .refuses(&[404]),
            owners::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let roles = desk.engine.list(desk.session()?, Kind::Role, &Selection::all())?;
    let rows = roles.into_iter().map(|role| {
        // Who made a role stands in the journal alone; those of an installation are the system's.
        let is_predefined = role.get("CanBeEdited").is_some_and(|may| may.text() == "0");
        told(ROW, &role.with("CreatedBy", if is_predefined { "_SYSTEM" } else { "" }))
    });
    Outcome::result(desk.filtered(rows)?)
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(desk, desk.name()?)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (name, properties) = (desk.name()?.to_owned(), desk.properties(ROLE)?);
    let is_new = !desk.exists(Kind::Role, &name)?;
    let change = if is_new {
        Change::CreateRole { name: name.clone(), properties }
    } else {
        Change::ModifyRole { name: name.clone(), properties }
    };
    desk.engine.submit(desk.session()?, change)?;
    desk::put(is_new, Kind::Role, &name, shown(desk, &name)?)
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = desk.name()?;
    desk.must_exist(Kind::Role, name)?;
    desk.engine.submit(desk.session()?, Change::DeleteRole { name: name.to_owned() })?;
    deleted(Kind::Role, name)
}

fn owners<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = desk.name()?;
    desk.must_exist(Kind::Role, name)?;
    let owners = desk.engine.owners(desk.session()?, name, desk.limit()?)?;
    let row = |owner: sclera_engine::owners::Owner| {
        let option = if owner.may_pass_on { "1" } else { "0" };
        json!({ "Name": owner.name, "Type": owner.holding.word(), "AdminOption": option })
    };
    Outcome::result(owners.into_iter().map(row).collect())
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    Ok(Value::Object(told(ROLE, &desk.shown(Kind::Role, name)?)))
}
