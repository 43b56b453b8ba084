//! Web applications (`admin-api.md` section 11).

use super::mechanism_names;
use crate::desk::{self, Desk, deleted};
use crate::operation::{Done, FILTER, MAX_ROWS, NAME, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Member, Need, Shape, together, told};
use sclera_core::change::{Change, Kind};
use sclera_core::property::{Properties, Value as Property};
use sclera_core::selection::Selection;
use sclera_store::port::{Activity, Store};
use serde_json::{Map, Value, json};

const SCOPES: Shape = Shape::Coded(0, &["None", "Lax", "Strict"]);

const APPLICATION: &[Member] = &[
    Member::integer("AutheEnabled").about("the bits of the mechanisms that it allows"),
    Member::flag("Enabled"),
    Member::flag("AutoCompile"),
    Member::flag("CorsCredentialsAllowed"),
    Member::flag("CSPZENEnabled"),
    Member::flag("CSRFToken"),
    Member::flag("DeepSeeEnabled"),
    Member::flag("iKnowEnabled"),
    Member::flag("InbndWebServicesEnabled"),
    Member::flag("IsNameSpaceDefault"),
    Member::flag("JWTAuthEnabled"),
    Member::flag("LockCSPName"),
    Member::flag("Recurse"),
    Member::flag("RedirectEmptyPath"),
    Member::flag("TraceEnabled"),
    Member::flag("TwoFactorEnabled"),
    Member::flag("WSGIDebug"),
    Member::integer("JWTAccessTokenTimeout").about("seconds"),
    Member::integer("JWTRefreshTokenTimeout").about("seconds"),
    Member::integer("ServeFilesTimeout").about("seconds"),
    Member::integer("Timeout").about("seconds"),
    Member::new("ServeFiles", Shape::Coded(0, &["Never", "Always", "Always and cached", "Use CSP security"])),
    Member::new("UseCookies", Shape::Coded(0, &["Never", "AutoDetect", "Always"])),
    Member::new("SessionScope", SCOPES),
    Member::new("UserCookieScope", SCOPES),
    Member::texts("CorsAllowlist"),
    Member::texts("CorsHeadersList"),
    Member::new("MatchRoles", Shape::Matches)
        .about("an empty MatchRole gives the targets to everybody who enters"),
    Member::new("WSGIType", Shape::Coded(1, &["WSGI", "ASGI"])),
    Member::text("ChangePasswordPage"),
    Member::text("CookiePath"),
    Member::text("Description"),
    Member::text("DispatchClass"),
    Member::text("ErrorPage"),
    Member::text("EventClass"),
    Member::text("GroupById"),
    Member::text("LoginPage"),
    Member::text("NameSpace").needed(Need::OnCreation),
    Member::text("Package"),
    Member::text("Path"),
    Member::text("PermittedClasses"),
    Member::text("Resource"),
    Member::text("SuperClass"),
    Member::text("WSGIAppLocation"),
    Member::text("WSGIAppName"),
    Member::text("WSGICallable"),
];

/// What a body may have beside what answers have.
const BODY: &[Member] =
    &together::<{ APPLICATION.len() + 1 }>(APPLICATION, &[Member::integer("Type").needed(Need::Never)]);

pub(super) const ROW: &[Member] = &[
    Member::text("Name"),
    Member::text("Namespace"),
    Member::flag("NamespaceDefault"),
    Member::flag("Enabled"),
    Member::text("Type"),
    Member::text("Resource"),
    Member::texts("AuthenticationMethods"),
    Member::flag("IsSystemApp"),
    Member::text("DispatchClass"),
];

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const APPLICATIONS: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/web-apps", "Web applications", "Lists web applications")
                .takes(&[FILTER, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/web-app", "Web applications", "Reads a web application")
                .takes(&[NAME])
                .gives(Shape::Object(APPLICATION))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(
                "/api/admin/v2/web-app",
                "Web applications",
                "Makes or changes a web application; what is not named stays as it is",
            )
            .takes(&[NAME])
            .fields(BODY)
            .gives(Shape::Object(APPLICATION))
            .done(&[200, 201])
            .refuses(&[409]),
            put::<S, A>,
        ),
        Operation::ask(
            Row::delete("/api/admin/v2/web-app", "Web applications", "Deletes a web application")
                .takes(&[NAME])
                .refuses(&[404, 409]),
            delete::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(desk.filtered(rows(desk, |_| true)?)?)
}

/// The rows of the applications of which that is wanted.
pub(super) fn rows<S: Store, A: Activity>(
    desk: &Desk<'_, S, A>,
    wanted: impl Fn(&Properties) -> bool,
) -> Result<Vec<Map<String, Value>>, Reject> {
    let applications = desk.engine.list(desk.session()?, Kind::Application, &Selection::all())?;
    let mut rows = Vec::new();
    for listed in &applications {
        let name = text(listed, "Name");
        let application = desk.shown(Kind::Application, &name)?;
        if wanted(&application)
            && let Value::Object(row) = row(&name, &application)
        {
            rows.push(row);
        }
    }
    Ok(rows)
}

fn row(name: &str, application: &Properties) -> Value {
    let kind = number(application, "Type");
    let types = [(1, "System"), (2, "CSP"), (4, "Privileged"), (8, "DocDB")];
    let types: Vec<&str> = types.iter().filter(|(bit, _)| kind & bit != 0).map(|(_, word)| *word).collect();
    json!({
        "Name": name,
        "Namespace": text(application, "NameSpace"),
        "NamespaceDefault": text(application, "IsNameSpaceDefault") == "1",
        "Enabled": text(application, "Enabled") == "1",
        "Type": types.join(","),
        "Resource": text(application, "Resource"),
        "AuthenticationMethods": mechanism_names(number(application, "AutheEnabled")),
        "IsSystemApp": kind & 1 != 0,
        "DispatchClass": text(application, "DispatchClass"),
    })
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(desk, desk.name()?)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (name, properties) = (desk.name()?.to_owned(), desk.properties(BODY)?);
    let is_new = !desk.exists(Kind::Application, &name)?;
    let change = if is_new {
        desk.given.complete(BODY)?;
        Change::CreateApplication { name: name.clone(), properties }
    } else {
        Change::ModifyApplication { name: name.clone(), properties }
    };
    desk.engine.submit(desk.session()?, change)?;
    desk::put(is_new, Kind::Application, &name, shown(desk, &name)?)
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let name = desk.name()?;
    desk.must_exist(Kind::Application, name)?;
    desk.engine.submit(desk.session()?, Change::DeleteApplication { name: name.to_owned() })?;
    deleted(Kind::Application, name)
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    Ok(Value::Object(told(APPLICATION, &desk.shown(Kind::Application, name)?)))
}

pub(super) fn text(properties: &Properties, name: &str) -> String {
    properties.get(name).map(Property::text).unwrap_or_default()
}

pub(super) fn number(properties: &Properties, name: &str) -> i64 {
    match properties.get(name) {
        Some(Property::Integer(number)) => *number,
        _ => 0,
    }
}
