//! Users (`admin-api.md` section 6).

use crate::desk::{Desk, deleted, secret, wrote};
use crate::operation::{Done, MAX_ROWS, NAME, NAMES, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Given, Member, Need, Shape, told};
use crate::strict::Node;
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_engine::inspect::UserFilter;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

pub(crate) const USER: &[Member] = &[
    Member::text("FullName"),
    Member::text("Comment"),
    Member::text("EmailAddress"),
    Member::text("PhoneNumber"),
    Member::text("PhoneProvider"),
    Member::text("NameSpace"),
    Member::text("Routine"),
    Member::flag("Enabled"),
    Member::flag("AccountNeverExpires"),
    Member::flag("PasswordNeverExpires"),
    Member::flag("ChangePassword"),
    Member::flag("HOTPKeyDisplay"),
    Member::integer("AutheEnabled").about("second factors: 1048576 text message, 2097152 one-time password"),
    Member::text("ExpirationDate").about("YYYY-MM-DD; empty, or 1840-12-31, for none"),
    Member::texts("Roles").about("roles of the login, sorted"),
    Member::texts("EscalationRoles").about("roles to escalate to, sorted"),
];

const ROW: &[Member] = &[
    Member::text("Name"),
    Member::text("FullName"),
    Member::flag("Enabled"),
    Member::text("Type"),
    Member::text("Namespace"),
    Member::text("Routine"),
];

const NEW: &[Member] = &[
    Member::new("User", Shape::Object(USER)).needed(Need::Always),
    Member::secret("Password").needed(Need::Always),
];

const PASSWORD: &[Member] = &[Member::secret("NewPassword").needed(Need::Always)];

/// What is sent for no day: day 0 of `$HOROLOG`.
const NO_DAY: &str = "1840-12-31";

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const USERS: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/users", "Users", "Lists users")
                .takes(&[NAMES, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/security/user", "Users", "Reads a user")
                .takes(&[NAME])
                .gives(Shape::Object(USER))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::post("/api/admin/v2/security/user", "Users", "Makes a user")
                .takes(&[NAME])
                .fields(NEW)
                .gives(Shape::Object(USER))
                .done(&[201])
                .refuses(&[409]),
            create::<S, A>,
        ),
        Operation::ask(
            Row::put(
                "/api/admin/v2/security/user",
                "Users",
                "Changes a user; what is not named stays as it is",
            )
            .takes(&[NAME])
            .fields(USER)
            .gives(Shape::Object(USER))
            .refuses(&[404, 409]),
            modify::<S, A>,
        ),
        Operation::ask(
            Row::delete("/api/admin/v2/security/user", "Users", "Deletes a user")
                .takes(&[NAME])
                .refuses(&[404, 409]),
            delete::<S, A>,
        ),
        Operation::ask(
            Row::post("/api/admin/v2/security/user/password", "Users", "Sets the password of a user")
                .takes(&[NAME])
                .fields(PASSWORD)
                .refuses(&[404]),
            set_password::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (mut rows, limit) = (Vec::new(), desk.limit()?);
    let filter = UserFilter { names: desk.names(), roles: String::new(), detail: true };
    if limit > 0 {
        desk.engine.users_while(desk.session()?, &filter, &mut |user| {
            let namespace = user.get("NameSpace").cloned().unwrap_or_else(|| "".into());
            rows.push(Value::Object(told(ROW, &user.with("Namespace", namespace))));
            rows.len() < limit
        })?;
    }
    Outcome::result(Value::Array(rows))
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = desk.name()?;
    Outcome::result(shown(desk, name)?)
}

fn create<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let password = secret(desk.given.take_text("Password"))?;
    let Some(Node::Object(fields)) = desk.given.take("User") else {
        return Err(Reject::missing_field("User"));
    };
    let properties = properties(&Given::read(USER, fields)?)?;
    let name = desk.name()?;
    desk.engine.create_user(desk.session()?, name, &properties, Some(&password))?;
    Outcome::written(shown(desk, name)?, true, wrote("created", Kind::User, name))
}

fn modify<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (name, properties) = (desk.name()?, properties(&desk.given)?);
    desk.must_exist(Kind::User, name)?;
    desk.engine.modify_user(desk.session()?, name, &properties, None)?;
    Outcome::written(shown(desk, name)?, false, wrote("modified", Kind::User, name))
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = desk.name()?;
    desk.must_exist(Kind::User, name)?;
    desk.engine.submit(desk.session()?, Change::DeleteUser { name: name.to_owned() })?;
    deleted(Kind::User, name)
}

fn set_password<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let password = secret(desk.given.take_text("NewPassword"))?;
    let name = desk.name()?;
    desk.must_exist(Kind::User, name)?;
    desk.engine.set_password(desk.session()?, name, &password, false)?;
    Outcome::written(json!({}), false, wrote("set the password of", Kind::User, name))
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    let mut object = told(USER, &desk.shown(Kind::User, name)?);
    for list in ["Roles", "EscalationRoles"] {
        if let Some(Value::Array(roles)) = object.get_mut(list) {
            roles.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
    Ok(Value::Object(object))
}

/// The properties of a body.
pub(crate) fn properties(given: &Given) -> Result<Properties, Reject> {
    let mut properties = given.properties(USER)?;
    if properties.get("ExpirationDate").is_some_and(|day| day.text() == NO_DAY) {
        properties.set("ExpirationDate", "");
    }
    Ok(properties)
}
