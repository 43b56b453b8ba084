//! LDAP configurations, and what a directory says of somebody (`admin-api.md` section 12, `security-classes.md` section 7).

use crate::desk::{self, Desk, secret, wrote};
use crate::operation::{Done, Gate, MAX_ROWS, NAME, NAMES, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Member, Need, Shape, told};
use sclera_authn::admission::Answer;
use sclera_core::change::Kind;
use sclera_engine::outside::Spoken;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};
use std::sync::Arc;

const CONFIGURATION: &[Member] = &[
    Member::text("Description"),
    Member::integer("LDAPFlags")
        .about("bits: 0 Active Directory, 1 TLS, 3 groups, 4 nested groups, 5 universal groups, 6 in use"),
    Member::new("LDAPHostNames", Shape::Texts(' ')),
    Member::text("LDAPCACertFile").about("a file below the directory for them"),
    Member::text("LDAPBaseDN").about("needed of one that is in use"),
    Member::text("LDAPBaseDNForGroups").about("needed of one that is in use"),
    Member::text("LDAPUniqueDNIdentifier"),
    Member::text("LDAPSearchUsername"),
    Member::integer("LDAPClientTimeout").about("seconds"),
    Member::integer("LDAPServerTimeout").about("seconds"),
    Member::texts("LDAPAttributes"),
    Member::text("LDAPAttributeComment"),
    Member::text("LDAPAttributeFullName"),
    Member::text("LDAPAttributeMail"),
    Member::text("LDAPAttributeMobile"),
    Member::text("LDAPAttributeMobileProvider"),
    Member::text("LDAPAttributeNameSpace"),
    Member::text("LDAPAttributeRoutine"),
    Member::text("LDAPAttributeRoles"),
    Member::text("LDAPAttributeEscalationRoles"),
    Member::text("LDAPGroupId"),
    Member::text("LDAPInstanceId"),
    Member::text("OrganizationId"),
    Member::text("GroupId"),
    Member::text("InstanceId"),
    Member::text("RoleId"),
    Member::text("EscalationRoleId"),
    Member::text("RoutineId"),
    Member::text("NamespaceId"),
    Member::text("DelimiterId").about("one of - _ ^ . ~"),
];

/// The properties that name files.
const FILES: &[&str] = &["LDAPCACertFile"];

const ROW: &[Member] = &[
    Member::text("Name"),
    Member::flag("Enabled"),
    Member::text("Description"),
    Member::text("LDAPCACertFile"),
];

const SEARCH: &[Member] =
    &[Member::secret("LDAPSearchPassword").needed(Need::Always).about("empty for none; it is kept sealed")];

const TEST: &[Member] =
    &[Member::text("Username").needed(Need::Always), Member::secret("Password").needed(Need::Always)];

/// The most characters of the name of somebody who is looked for.
const LONGEST_NAME: usize = 256;

const BASE: &str = "/api/admin/v2/security/ldap/configuration";
const GROUP: &str = "LDAP";
const KIND: Kind = Kind::LdapConfig;
/// Operators see where directories are, too.
const READ: Gate = Gate::Use(&["%Admin_Operate", "%Admin_Secure"]);

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const LDAP: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/ldap/configurations", GROUP, "Lists LDAP configurations")
                .gate(READ)
                .takes(&[NAMES, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get(BASE, GROUP, "Reads an LDAP configuration")
                .gate(READ)
                .takes(&[NAME])
                .gives(Shape::Object(CONFIGURATION))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(BASE, GROUP, "Makes or changes an LDAP configuration; what is not named stays as it is")
                .takes(&[NAME])
                .fields(CONFIGURATION)
                .gives(Shape::Object(CONFIGURATION))
                .done(&[200, 201])
                .refuses(&[404, 409]),
            put::<S, A>,
        ),
        Operation::ask(
            Row::delete(BASE, GROUP, "Deletes an LDAP configuration, and the users of its domain")
                .takes(&[NAME])
                .refuses(&[404, 409]),
            delete::<S, A>,
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/ldap/configuration/search-password",
                GROUP,
                "Sets the password of the user who searches",
            )
            .takes(&[NAME])
            .fields(SEARCH)
            .refuses(&[404]),
            set_search_password::<S, A>,
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/ldap/test",
                GROUP,
                "Asks a directory about somebody; nobody is signed in",
            )
            .fields(TEST)
            .tries()
            .done(&[202])
            .refuses(&[429]),
            test::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let configurations = desk.engine.list(desk.session()?, KIND, &desk.names())?;
    let rows = configurations.iter().take(desk.limit()?).map(|row| Value::Object(told(ROW, row)));
    Outcome::result(rows.collect())
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(desk, desk.name()?)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let (name, properties) = (desk.name()?, desk.properties(CONFIGURATION)?);
    let before = desk.exists(KIND, name)?.then(|| desk.shown(KIND, name)).transpose()?;
    desk.site.files.judge(FILES, &properties, before.as_ref())?;
    let is_new = desk.put_config((KIND, name), properties, None)?;
    desk::put(is_new, KIND, name, shown(desk, name)?)
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    desk.delete_config(KIND, desk.name()?)
}

fn set_search_password<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let password = secret(desk.given.take_text("LDAPSearchPassword"))?;
    let name = desk.name()?;
    desk.must_exist(KIND, name)?;
    desk.engine.set_secret(desk.session()?, KIND, name, Some(&password))?;
    Outcome::written(json!({}), false, wrote("set the search password of", KIND, name))
}

fn test<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let password = secret(desk.given.take_text("Password"))?;
    let user = desk.given.take_text("Username").unwrap_or_default();
    if user.chars().count() > LONGEST_NAME {
        return Err(Reject::malformed(format!("`Username` has at most {LONGEST_NAME} characters")));
    }
    let (engine, session) = (Arc::clone(desk.engine), desk.session()?.clone());
    desk.queued("LDAP test", move |progress| {
        let Spoken { answer, told } = engine.test_directory(&session, &user, Some(password))?;
        progress.tell(told);
        progress.tell([verdict(answer)]);
        Ok(json!({}))
    })
}

/// What came of a test, in one line.
fn verdict(answer: Answer) -> String {
    match answer {
        Answer::Granted(identity) => format!("granted: {}", identity.name),
        Answer::Failed(status)
        | Answer::Stop(status)
        | Answer::Unreachable(status)
        | Answer::Gone(status) => {
            format!("refused: {status}")
        }
        Answer::NotApplicable | Answer::ChangePassword => "refused".to_owned(),
    }
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    Ok(Value::Object(told(CONFIGURATION, &desk.shown(KIND, name)?)))
}
