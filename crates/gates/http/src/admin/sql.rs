//! SQL privileges (`admin-api.md` section 9). Everything stands in the query.

use crate::desk::Desk;
use crate::operation::{Done, MAX_ROWS, Operation, Operations, Outcome, Parameter, Row, Verb};
use crate::reject::{Reject, empty};
use crate::shape::{Member, Shape};
use axum::http::StatusCode;
use sclera_core::change::Change;
use sclera_core::name::same;
use sclera_core::sql::{ADMINISTRATIVE, OBJECT_PRIVILEGES, OBJECT_TYPES, SqlCode, SqlTarget, sql_error};
use sclera_engine::administer::{Asked, Mode, Request};
use sclera_engine::effective_sql::{Effective, EffectiveSql, Via};
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

const GRANTEE: Parameter = Parameter::required("grantee", "a user or a role");
const NAMESPACE: Parameter = Parameter::required("namespace", "the namespace");
const ACTION: Parameter =
    Parameter::required("action", "the privilege, such as SELECT; `*` for all that the type can have");
const TYPE: Parameter = Parameter::required("type", "the type of the object, such as TABLE");
const OBJECT: Parameter = Parameter::required("object", "the object, such as Sample.Person");
const COLUMN: Parameter = Parameter::required("column", "the column");
const PRIVILEGE: Parameter = Parameter::required("privilege", "the privilege, such as %CREATE_TABLE");
const WITH_GRANT: Parameter =
    Parameter::optional("withGrant", "1: with the right to pass it on").of(Shape::Switch);
const ONLY_GRANT: Parameter =
    Parameter::optional("withGrant", "1: takes only the right to pass it on").of(Shape::Switch);
const CASCADE: Parameter =
    Parameter::optional("cascade", "1: takes it from those who hold it through the grantee, too")
        .of(Shape::Switch);
const AS_GRANTOR: Parameter = Parameter::optional("asGrantor", "takes what this one granted");
const INCLUDE_SYSTEM: Parameter =
    Parameter::optional("includeSystem", "1: objects of the system, too").of(Shape::Switch);

const ROW: &[Member] = &[
    Member::text("Type"),
    Member::text("Object"),
    Member::text("Name"),
    Member::text("Action"),
    Member::text("Privilege"),
    Member::text("GrantedBy"),
    Member::flag("GrantOption"),
    Member::text("GrantedVia"),
    Member::flag("HasColumnPriv"),
];

const COLUMN_ROW: &[Member] = &[
    Member::text("Column"),
    Member::text("Privilege"),
    Member::text("GrantedBy"),
    Member::flag("GrantOption"),
    Member::text("GrantedVia"),
];

const ADMIN_ROW: &[Member] =
    &[Member::text("Privilege"), Member::flag("GrantOption"), Member::text("GrantedVia")];

/// The types as this interface names them, and as the model does.
const TYPES: [(&str, &str); 6] = [
    ("TABLE", "table"),
    ("VIEW", "view"),
    ("SCHEMA", "schema"),
    ("ML CONFIGURATION", "ml-configuration"),
    ("FOREIGN SERVER", "foreign-server"),
    ("STORED PROCEDURE", "procedure"),
];

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const SQL: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get(
                "/api/admin/v2/security/sql-privileges",
                "SQL privileges",
                "Lists what a grantee holds on objects",
            )
            .takes(&[GRANTEE, NAMESPACE, INCLUDE_SYSTEM, MAX_ROWS])
            .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::new(
                Verb::Head,
                "/api/admin/v2/security/sql-privilege",
                "SQL privileges",
                "Tells whether a grantee holds a privilege on an object: 200 or 404",
            )
            .takes(&[NAMESPACE, GRANTEE, TYPE, OBJECT, ACTION, WITH_GRANT])
            .bare()
            .refuses(&[404]),
            |desk| held(desk, Kind::Object),
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/sql-privilege/grant",
                "SQL privileges",
                "Grants a privilege on an object",
            )
            .takes(&[NAMESPACE, GRANTEE, TYPE, OBJECT, ACTION, WITH_GRANT]),
            |desk| grant(desk, Kind::Object),
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/sql-privilege/revoke",
                "SQL privileges",
                "Revokes a privilege on an object",
            )
            .takes(&[NAMESPACE, GRANTEE, TYPE, OBJECT, ACTION, ONLY_GRANT, CASCADE, AS_GRANTOR]),
            |desk| revoke(desk, Kind::Object),
        ),
        Operation::ask(
            Row::get(
                "/api/admin/v2/security/sql-column-privileges",
                "SQL privileges",
                "Lists what a grantee holds on the columns of an object",
            )
            .takes(&[GRANTEE, NAMESPACE, OBJECT, INCLUDE_SYSTEM, MAX_ROWS])
            .gives(Shape::List(&Shape::Object(COLUMN_ROW))),
            list_columns::<S, A>,
        ),
        Operation::ask(
            Row::new(
                Verb::Head,
                "/api/admin/v2/security/sql-column-privilege",
                "SQL privileges",
                "Tells whether a grantee holds a privilege on a column: 200 or 404",
            )
            .takes(&[ACTION, GRANTEE, NAMESPACE, OBJECT, COLUMN, TYPE, WITH_GRANT])
            .bare()
            .refuses(&[404]),
            |desk| held(desk, Kind::Column),
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/sql-column-privilege/grant",
                "SQL privileges",
                "Grants a privilege on a column",
            )
            .takes(&[ACTION, GRANTEE, NAMESPACE, OBJECT, COLUMN, TYPE, WITH_GRANT]),
            |desk| grant(desk, Kind::Column),
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/sql-column-privilege/revoke",
                "SQL privileges",
                "Revokes a privilege on a column",
            )
            .takes(&[ACTION, GRANTEE, NAMESPACE, OBJECT, COLUMN, TYPE, ONLY_GRANT, AS_GRANTOR]),
            |desk| revoke(desk, Kind::Column),
        ),
        Operation::ask(
            Row::get(
                "/api/admin/v2/security/sql-admin-privileges",
                "SQL privileges",
                "Lists the administrative privileges that a grantee holds",
            )
            .takes(&[GRANTEE, NAMESPACE, MAX_ROWS])
            .gives(Shape::List(&Shape::Object(ADMIN_ROW))),
            list_administrative::<S, A>,
        ),
        Operation::ask(
            Row::new(
                Verb::Head,
                "/api/admin/v2/security/sql-admin-privilege",
                "SQL privileges",
                "Tells whether a grantee holds an administrative privilege: 200 or 404",
            )
            .takes(&[PRIVILEGE, GRANTEE, NAMESPACE, WITH_GRANT])
            .bare()
            .refuses(&[404]),
            |desk| held(desk, Kind::Administrative),
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/sql-admin-privilege/grant",
                "SQL privileges",
                "Grants an administrative privilege",
            )
            .takes(&[PRIVILEGE, GRANTEE, NAMESPACE, WITH_GRANT]),
            |desk| grant(desk, Kind::Administrative),
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/sql-admin-privilege/revoke",
                "SQL privileges",
                "Revokes an administrative privilege",
            )
            .takes(&[PRIVILEGE, GRANTEE, NAMESPACE]),
            |desk| revoke(desk, Kind::Administrative),
        ),
    ];
}

/// What privileges are held on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Column,
    Administrative,
}

/// What the query names: one target, or all privileges that the type can have.
fn targets<S: Store, A: Activity>(desk: &Desk<'_, S, A>, kind: Kind) -> Result<Vec<SqlTarget>, Reject> {
    let namespace = desk.parameter("namespace")?;
    if kind == Kind::Administrative {
        return Ok(vec![SqlTarget::new(namespace, None, desk.parameter("privilege")?)?]);
    }
    let named = desk.parameter("type")?;
    let known = TYPES.iter().find(|(name, _)| same(name, named));
    let (_, word) = known
        .ok_or_else(|| sql_error(SqlCode::BadObjectType, format!("no object type `{}`", quoted(named))))?;
    let mut object = desk.parameter("object")?.to_owned();
    let mut word = *word;
    if kind == Kind::Column {
        if !["table", "view"].contains(&word) {
            return Err(Reject::malformed("only tables and views have columns"));
        }
        object = format!("{object}.{}", desk.parameter("column")?);
        word = "column";
    }
    let action = match desk.parameter("action")? {
        "*" => None,
        "ALTER" => Some("%ALTER"),
        action => Some(action),
    };
    let target = |action: &str| SqlTarget::new(namespace, Some((word, &object)), action);
    match action {
        Some(action) => Ok(vec![target(action)?]),
        None => actions_of(word).iter().map(|action| Ok(target(action)?)).collect(),
    }
}

/// The privileges that a type of object can have.
fn actions_of(word: &str) -> &'static [&'static str] {
    match word {
        "procedure" => &["EXECUTE"],
        "ml-configuration" | "foreign-server" => &["USE"],
        "column" => &["SELECT", "INSERT", "UPDATE", "REFERENCES"],
        "schema" => &["%ALTER", "SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "EXECUTE", "USE"],
        _ => &["%ALTER", "SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES"],
    }
}

fn effective<S: Store, A: Activity>(desk: &Desk<'_, S, A>) -> Result<EffectiveSql, Reject> {
    let (grantee, namespace) = (desk.parameter("grantee")?, desk.parameter("namespace")?);
    Ok(desk.engine.effective_sql(desk.session()?, grantee, namespace)?)
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (held, limit, system) = (effective(desk)?, desk.limit()?, desk.says_yes("includeSystem")?);
    let column = |grant: &Effective| part(&grant.privilege.object).0 == sclera_core::sql::COLUMN;
    let has_columns = |object: &str| {
        let of = |grant: &&Effective| {
            let (_, name) = part(&grant.privilege.object);
            column(grant) && name.rsplit_once('.').is_some_and(|(table, _)| same(table, object))
        };
        held.grants.iter().any(|grant| of(&grant))
    };
    let wanted = |grant: &&Effective| {
        let (_, name) = part(&grant.privilege.object);
        !grant.privilege.object.is_empty() && !column(grant) && (system || !is_of_system(name))
    };
    let row = |grant: &Effective| {
        let (kind, name) = part(&grant.privilege.object);
        let action = action_word(&grant.privilege.privilege);
        json!({
            "Type": type_word(kind),
            "Object": name,
            "Name": name,
            "Action": action,
            "Privilege": action,
            "GrantedBy": grant.privilege.grantor,
            "GrantOption": grant.privilege.grantable,
            "GrantedVia": via_word(&grant.via),
            "HasColumnPriv": has_columns(name),
        })
    };
    Outcome::result(held.grants.iter().filter(wanted).take(limit).map(row).collect())
}

fn list_columns<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (held, limit, object) = (effective(desk)?, desk.limit()?, desk.parameter("object")?);
    let system = desk.says_yes("includeSystem")? || !is_of_system(object);
    let rows = held.grants.iter().filter_map(|grant| {
        let (kind, name) = part(&grant.privilege.object);
        let (table, column) = name.rsplit_once('.').filter(|_| kind == sclera_core::sql::COLUMN)?;
        (system && same(table, object)).then(|| {
            json!({
                "Column": column,
                "Privilege": action_word(&grant.privilege.privilege),
                "GrantedBy": grant.privilege.grantor,
                "GrantOption": grant.privilege.grantable,
                "GrantedVia": via_word(&grant.via),
            })
        })
    });
    Outcome::result(rows.take(limit).collect())
}

fn list_administrative<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (held, limit) = (effective(desk)?, desk.limit()?);
    let granted = held.grants.iter().filter(|grant| grant.privilege.object.is_empty());
    let granted = granted.map(|grant| {
        let privilege = &grant.privilege;
        json!({
            "Privilege": privilege.privilege,
            "GrantOption": privilege.grantable,
            "GrantedVia": via_word(&grant.via),
        })
    });
    let all = if held.has_all() { ADMINISTRATIVE.as_slice() } else { &[] };
    let all = all.iter().map(|privilege| {
        json!({ "Privilege": privilege, "GrantOption": true, "GrantedVia": via_word(&Via::SuperUser) })
    });
    Outcome::result(granted.chain(all).take(limit).collect())
}

fn held<S: Store, A: Activity>(desk: &Desk<'_, S, A>, kind: Kind) -> Done {
    let (targets, grantable) = (targets(desk, kind)?, desk.says_yes("withGrant")?);
    let held = effective(desk)?;
    let holds = targets.iter().all(|target| held.holds(target, grantable).is_granted());
    Ok(Outcome::Whole(empty(if holds { StatusCode::OK } else { StatusCode::NOT_FOUND })))
}

fn grant<S: Store, A: Activity>(desk: &Desk<'_, S, A>, kind: Kind) -> Done {
    let grantee = desk.parameter("grantee")?;
    let grantable = desk.says_yes("withGrant")?;
    let change = |target| Change::GrantSql { target, grantee: grantee.to_owned(), grantable };
    perform(desk, targets(desk, kind)?.into_iter().map(change).collect(), "granted to")
}

fn revoke<S: Store, A: Activity>(desk: &Desk<'_, S, A>, kind: Kind) -> Done {
    let grantee = desk.parameter("grantee")?;
    let (only_grant, cascade) = (desk.says_yes("withGrant")?, desk.says_yes("cascade")?);
    let targets = targets(desk, kind)?;
    let held = effective(desk)?;
    let mut changes = Vec::new();
    for target in targets {
        let own: Vec<&Effective> =
            held.grants.iter().filter(|grant| grant.via == Via::Direct && is_on(grant, &target)).collect();
        if let Some(grantor) = desk.query.get("asGrantor").filter(|grantor| !grantor.is_empty()) {
            let by = own.iter().filter(|grant| same(&grant.privilege.grantor, grantor)).count();
            if by == 0 {
                continue;
            }
            if by < own.len() {
                return Err(Reject::conflict(
                    "others granted it as well, and their grants cannot be kept apart",
                ));
            }
        }
        let grantable = own.iter().any(|grant| grant.privilege.grantable);
        if only_grant && !grantable {
            continue;
        }
        changes.push(Change::RevokeSql { target: target.clone(), grantee: grantee.to_owned(), cascade });
        if only_grant {
            changes.push(Change::GrantSql { target, grantee: grantee.to_owned(), grantable: false });
        }
    }
    perform(desk, changes, "revoked from")
}

/// All of them in one transaction, or none.
fn perform<S: Store, A: Activity>(desk: &Desk<'_, S, A>, changes: Vec<Change>, done: &str) -> Done {
    let asked =
        changes.into_iter().map(|change| Asked { request: Request::Change(change), place: String::new() });
    desk.engine.submit_all(desk.session()?, asked, Mode::Perform)?;
    let summary = format!("{done} {}", quoted(desk.parameter("grantee")?));
    Outcome::written(Value::Object(serde_json::Map::new()), false, summary)
}

fn is_on(grant: &Effective, target: &SqlTarget) -> bool {
    let privilege = &grant.privilege;
    same(&privilege.namespace, &target.namespace)
        && same(&privilege.object, &target.object)
        && privilege.privilege == target.privilege
}

/// Type and name of an object.
fn part(object: &str) -> (&str, &str) {
    object.split_once(',').unwrap_or_default()
}

fn is_of_system(object: &str) -> bool {
    object.starts_with('%') || object.to_uppercase().starts_with("INFORMATION_SCHEMA")
}

fn type_word(kind: &str) -> &str {
    let word = OBJECT_TYPES.iter().find(|(number, _)| *number == kind).map_or("", |(_, word)| *word);
    TYPES.iter().find(|(_, known)| *known == word).map_or(word, |(name, _)| *name)
}

fn action_word(letter: &str) -> &str {
    OBJECT_PRIVILEGES.iter().find(|(known, _)| *known == letter).map_or(letter, |(_, word)| *word)
}

fn via_word(via: &Via) -> String {
    match via {
        Via::Direct => "Direct".to_owned(),
        Via::Role(role) => format!("Role:{role}"),
        Via::Public => "_PUBLIC".to_owned(),
        Via::SuperUser => "SuperUser".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    sclera_core::name::quotable(text)
}
