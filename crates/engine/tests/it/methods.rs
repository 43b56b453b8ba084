//! Every method of the Security classes: which predefined roles may call it, and what nonsense comes to.

use crate::bench::{Instance, code, field, secret, user};
use sclera_core::change::{Change, Edit, Kind, RoleList, UserCopy};
use sclera_core::property::Properties;
use sclera_core::selection::{Matching, Selection};
use sclera_core::sql::SqlTarget;
use sclera_core::status::Code;
use sclera_engine::administer::Mode;
use sclera_engine::user_query::UserQuery;
use sclera_engine::{Refusal, Session};
use sclera_exchange::Document;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What nonsense in place of the name comes to.
enum Nonsense {
    /// No object has that name.
    Missing(Code),
    /// No object can have that name.
    Invalid(Code),
    /// The method takes no name, or selects by it.
    Harmless,
}

struct Method {
    name: &'static str,
    call: fn(&Instance, &Session, &str) -> Result<(), Refusal>,
    nonsense: Nonsense,
}

use Nonsense::{Harmless, Invalid, Missing};

fn submit(instance: &Instance, session: &Session, change: Change) -> Result<(), Refusal> {
    instance.engine.submit(session, change).map(drop)
}

fn roles(
    instance: &Instance,
    session: &Session,
    name: &str,
    list: RoleList,
    edit: Edit,
) -> Result<(), Refusal> {
    submit(
        instance,
        session,
        Change::ChangeRoles { user: name.to_owned(), list, edit, roles: "%SQL".to_owned() },
    )
}

fn target() -> SqlTarget {
    SqlTarget::new("USER", Some(("table", "Sample.Person")), "SELECT").unwrap()
}

macro_rules! methods {
    ($($name:literal, $nonsense:expr, |$i:ident, $s:ident, $n:ident| $call:expr;)+) => {
        const METHODS: &[Method] = &[$(Method { name: $name, call: |$i, $s, $n| $call, nonsense: $nonsense }),+];
    };
}

methods! {
    "Security.Users.Create", Invalid(Code::InvalidUserName), |i, s, n|
        i.engine.create_user(s, n, &Properties::new(), Some(&secret("a good password"))).map(drop);
    "Security.Users.Copy", Missing(Code::UserDoesNotExist), |i, s, n|
        i.engine.copy_user(s, n, "copied", &UserCopy::default(), None).map(drop);
    "Security.Users.Modify", Missing(Code::UserDoesNotExist), |i, s, n|
        i.engine.modify_user(s, n, &Properties::new().with("Comment", "x"), None).map(drop);
    "Security.Users.Delete", Missing(Code::UserDoesNotExist), |i, s, n|
        submit(i, s, Change::DeleteUser { name: n.to_owned() });
    "Security.Users.Exists", Harmless, |i, s, n| i.engine.exists(s, Kind::User, n).map(drop);
    "Security.Users.Get", Missing(Code::UserDoesNotExist), |i, s, n|
        i.engine.show(s, Kind::User, n).map(drop);
    "Security.Users.AddRoles", Missing(Code::UserDoesNotExist), |i, s, n|
        roles(i, s, n, RoleList::Login, Edit::Add);
    "Security.Users.RemoveRoles", Missing(Code::UserDoesNotExist), |i, s, n|
        roles(i, s, n, RoleList::Login, Edit::Remove);
    "Security.Users.AddEscalationRoles", Missing(Code::UserDoesNotExist), |i, s, n|
        roles(i, s, n, RoleList::Escalation, Edit::Add);
    "Security.Users.RemoveEscalationRoles", Missing(Code::UserDoesNotExist), |i, s, n|
        roles(i, s, n, RoleList::Escalation, Edit::Remove);
    "Security.Users.ExpireUserPasswords", Harmless, |i, s, n|
        i.engine.mark_passwords(s, &Selection::new(&format!("{n}\u{0},nobody"), Matching::Exact), true).map(drop);
    "Security.Users.UnExpireUserPasswords", Harmless, |i, s, n|
        i.engine.mark_passwords(s, &Selection::new(&format!("{n}\u{0},nobody"), Matching::Exact), false).map(drop);
    "Security.Users.GetRoleSet", Missing(Code::UserDoesNotExist), |i, s, n| i.engine.role_set(s, n).map(drop);
    "Security.Users.GetResourceSet (user)", Missing(Code::UserDoesNotExist), |i, s, n|
        i.engine.resource_set(s, n).map(drop);
    "Security.Users.GetResourceSet (roles)", Harmless, |i, s, n|
        i.engine.resource_set_of_roles(s, &format!("%SQL,{n}")).or_else(unknown_role).map(drop);
    "Security.Users.List", Harmless, |i, s, n| i.engine.users(s, &query(n, false)).map(drop);
    "Security.Users.Detail", Harmless, |i, s, n| i.engine.users(s, &query(n, true)).map(drop);
    "Security.Users.Export", Harmless, |i, s, _n| i.engine.export(s, &[Kind::User]).map(drop);
    "Security.Users.Import", Harmless, |i, s, _n|
        i.engine.import(s, &Document::default(), Mode::Perform).map(drop);
    "reset of a password", Missing(Code::UserDoesNotExist), |i, s, n|
        i.engine.set_password(s, n, &secret("a good password"), true).map(drop);
    "unlocking", Missing(Code::UserDoesNotExist), |i, s, n| i.engine.unlock_user(s, n).map(drop);
    "Security.Roles.Create", Invalid(Code::InvalidRoleName), |i, s, n|
        submit(i, s, Change::CreateRole { name: n.to_owned(), properties: Properties::new() });
    "Security.Roles.Copy", Missing(Code::RoleDoesNotExist), |i, s, n| copied(i, s, Kind::Role, n);
    "Security.Roles.Rename", Missing(Code::RoleDoesNotExist), |i, s, n|
        submit(i, s, Change::RenameRole { name: n.to_owned(), new_name: "Renamed".to_owned() });
    "Security.Roles.CopySQLPrivileges", Missing(Code::RoleDoesNotExist), |i, s, n| submit(
        i,
        s,
        Change::CopySqlPrivileges { from: n.to_owned(), to: "%SQL".to_owned(), namespaces: Vec::new() }
    );
    "Security.Roles.InUse", Missing(Code::RoleDoesNotExist), |i, s, n|
        i.engine.in_use(s, Kind::Role, n).map(drop);
    "Security.Roles.ListAll", Harmless, |i, s, n|
        i.engine.roles(s, &Selection::new(n, Matching::Exact), "").map(drop);
    "Security.Roles.Modify", Missing(Code::RoleDoesNotExist), |i, s, n|
        submit(i, s, Change::ModifyRole { name: n.to_owned(), properties: Properties::new() });
    "Security.Roles.Delete", Missing(Code::RoleDoesNotExist), |i, s, n|
        submit(i, s, Change::DeleteRole { name: n.to_owned() });
    "Security.Roles.Exists", Harmless, |i, s, n| i.engine.exists(s, Kind::Role, n).map(drop);
    "Security.Roles.Get", Missing(Code::RoleDoesNotExist), |i, s, n| i.engine.show(s, Kind::Role, n).map(drop);
    "Security.Roles.List", Harmless, |i, s, n| listed(i, s, Kind::Role, n);
    "Security.Resources.Create", Invalid(Code::InvalidResourceName), |i, s, n|
        submit(i, s, Change::CreateResource { name: n.to_owned(), properties: Properties::new() });
    "Security.Resources.InUse", Missing(Code::ResourceDoesNotExist), |i, s, n|
        i.engine.in_use(s, Kind::Resource, n).map(drop);
    "Security.Resources.Modify", Missing(Code::ResourceDoesNotExist), |i, s, n|
        submit(i, s, Change::ModifyResource { name: n.to_owned(), properties: Properties::new() });
    "Security.Resources.Delete", Missing(Code::ResourceDoesNotExist), |i, s, n|
        submit(i, s, Change::DeleteResource { name: n.to_owned() });
    "Security.Resources.Exists", Harmless, |i, s, n| i.engine.exists(s, Kind::Resource, n).map(drop);
    "Security.Resources.Get", Missing(Code::ResourceDoesNotExist), |i, s, n|
        i.engine.show(s, Kind::Resource, n).map(drop);
    "Security.Resources.List", Harmless, |i, s, n| listed(i, s, Kind::Resource, n);
    "Security.Services.Modify", Missing(Code::ServiceDoesNotExist), |i, s, n|
        submit(i, s, Change::ModifyService { name: n.to_owned(), properties: Properties::new() });
    "Security.Services.Get", Missing(Code::ServiceDoesNotExist), |i, s, n|
        i.engine.show(s, Kind::Service, n).map(drop);
    "Security.Services.List", Harmless, |i, s, n| listed(i, s, Kind::Service, n);
    "Security.Applications.Create", Invalid(Code::InvalidApplicationName), |i, s, n|
        submit(i, s, Change::CreateApplication { name: n.to_owned(), properties: Properties::new() });
    "Security.Applications.Copy", Missing(Code::ApplicationDoesNotExist), |i, s, n|
        copied(i, s, Kind::Application, n);
    "Security.Applications.Modify", Missing(Code::ApplicationDoesNotExist), |i, s, n|
        submit(i, s, Change::ModifyApplication { name: n.to_owned(), properties: Properties::new() });
    "Security.Applications.Delete", Missing(Code::ApplicationDoesNotExist), |i, s, n|
        submit(i, s, Change::DeleteApplication { name: n.to_owned() });
    "Security.Applications.Get", Missing(Code::ApplicationDoesNotExist), |i, s, n|
        i.engine.show(s, Kind::Application, n).map(drop);
    "Security.Applications.List", Harmless, |i, s, n| listed(i, s, Kind::Application, n);
    "Security.Events.Create", Invalid(Code::InvalidEventName), |i, s, n| configured(i, s, Kind::Event, n);
    "Security.Events.Modify", Missing(Code::EventDoesNotExist), |i, s, n|
        submit(i, s, Change::ModifyConfig { kind: Kind::Event, name: n.to_owned(), properties: Properties::new() });
    "Security.Events.Delete", Missing(Code::EventDoesNotExist), |i, s, n|
        submit(i, s, Change::DeleteConfig { kind: Kind::Event, name: n.to_owned() });
    "Security.Events.Get", Missing(Code::EventDoesNotExist), |i, s, n|
        i.engine.show(s, Kind::Event, n).map(drop);
    "Security.Events.List", Harmless, |i, s, n| listed(i, s, Kind::Event, n);
    "Security.SSLConfigs.Create", Invalid(Code::InvalidSslConfigName), |i, s, n|
        configured(i, s, Kind::SslConfig, n);
    "Security.SSLConfigs.Modify", Missing(Code::SslConfigDoesNotExist), |i, s, n| submit(
        i,
        s,
        Change::ModifyConfig { kind: Kind::SslConfig, name: n.to_owned(), properties: Properties::new() }
    );
    "Security.SSLConfigs.Delete", Missing(Code::SslConfigDoesNotExist), |i, s, n|
        submit(i, s, Change::DeleteConfig { kind: Kind::SslConfig, name: n.to_owned() });
    "Security.SSLConfigs.Get", Missing(Code::SslConfigDoesNotExist), |i, s, n|
        i.engine.show(s, Kind::SslConfig, n).map(drop);
    "Security.SSLConfigs.List", Harmless, |i, s, n| listed(i, s, Kind::SslConfig, n);
    "Security.LDAPConfigs.Create", Invalid(Code::InvalidDomainName), |i, s, n|
        configured(i, s, Kind::LdapConfig, n);
    "Security.LDAPConfigs.Copy", Missing(Code::General), |i, s, n| copied(i, s, Kind::LdapConfig, n);
    "Security.LDAPConfigs.Modify", Missing(Code::General), |i, s, n| submit(
        i,
        s,
        Change::ModifyConfig { kind: Kind::LdapConfig, name: n.to_owned(), properties: Properties::new() }
    );
    "Security.LDAPConfigs.Delete", Missing(Code::General), |i, s, n|
        submit(i, s, Change::DeleteConfig { kind: Kind::LdapConfig, name: n.to_owned() });
    "Security.LDAPConfigs.Get", Missing(Code::General), |i, s, n|
        i.engine.show(s, Kind::LdapConfig, n).map(drop);
    "Security.LDAPConfigs.List", Harmless, |i, s, n| listed(i, s, Kind::LdapConfig, n);
    "Security.System.Modify", Harmless, |i, s, _n|
        submit(i, s, Change::ModifySystem { properties: Properties::new() });
    "Security.System.GetInstallationSecuritySetting", Harmless, |i, s, _n|
        i.engine.installation_setting(s).map(drop);
    "Security.System.Get", Missing(Code::SystemDoesNotExist), |i, s, n|
        i.engine.show(s, Kind::System, n).map(drop);
    "SQL GRANT", Missing(Code::Sql), |i, s, n|
        submit(i, s, Change::GrantSql { target: target(), grantee: n.to_owned(), grantable: false });
    "SQL REVOKE", Missing(Code::Sql), |i, s, n|
        submit(i, s, Change::RevokeSql { target: target(), grantee: n.to_owned(), cascade: false });
    "CheckPrivilege", Missing(Code::UserDoesNotExist), |i, s, n|
        i.engine.check_sql(s, n, &target(), false).map(drop);
    "list of SQL privileges", Missing(Code::UserDoesNotExist), |i, s, n|
        i.engine.sql_privileges(s, Some(n)).map(drop);
    "$SYSTEM.Security.Check", Harmless, |i, s, n| i.engine.check(s, n, Some("USE")).map(drop);
    "$SYSTEM.Security.CheckUserPermission", Harmless, |i, s, n|
        i.engine.check_user(s, n, "%Development", None).map(drop);
    "$SYSTEM.Security.CheckRolesPermission", Harmless, |i, s, n|
        i.engine.check_roles(s, n, "%Development", None).map(drop);
    "$SYSTEM.Security.GetRecursedRoleSet", Harmless, |i, s, n|
        i.engine.recursed_roles(s, &format!("%SQL,{n}")).or_else(unknown_role).map(drop);
    "$SYSTEM.Security.ValidatePassword", Harmless, |i, _s, n| {
        // It answers about any password, to anybody.
        let _ = i.engine.validate_password(n, &secret("x"));
        Ok(())
    };
}

fn query(names: &str, detail: bool) -> UserQuery {
    UserQuery { names: Selection::new(names, Matching::Beginning), detail, ..UserQuery::default() }
}

fn listed(instance: &Instance, session: &Session, kind: Kind, names: &str) -> Result<(), Refusal> {
    instance.engine.list(session, kind, &Selection::new(names, Matching::Exact)).map(drop)
}

fn copied(instance: &Instance, session: &Session, kind: Kind, name: &str) -> Result<(), Refusal> {
    let (name, new_name) = (name.to_owned(), "Copied".to_owned());
    submit(instance, session, Change::CopyObject { kind, name, new_name, properties: Properties::new() })
}

fn configured(instance: &Instance, session: &Session, kind: Kind, name: &str) -> Result<(), Refusal> {
    submit(
        instance,
        session,
        Change::CreateConfig { kind, name: name.to_owned(), properties: Properties::new() },
    )
}

/// A list with a role that is not there is refused; here it is enough that it is.
fn unknown_role<T: Default>(refusal: Refusal) -> Result<T, Refusal> {
    match refusal {
        Refusal::Rule { ref status, .. } if status.root().code() == Code::RoleDoesNotExist => {
            Ok(T::default())
        }
        refusal => Err(refusal),
    }
}

/// Names that no object has and that no new object may get.
fn nonsense() -> Vec<String> {
    let mut names: Vec<String> =
        ["", " ", " a", "a\tb", "a\nb", "a\u{202e}b", "a\u{200b}b", "\u{430}dmin", "\u{ff41}dmin"]
            .map(str::to_owned)
            .into();
    names.extend(["x".repeat(201), "x".repeat(100_000)]);
    names
}

/// `authorization.md` section 20: every method, and the predefined roles that alone allow to call it. Who is not allowed
/// is written down. The name that is given is that of nobody, so nothing is done.
#[test]
fn methods_and_predefined_roles() {
    let instance = Instance::new();
    let rows = instance.engine.list(&instance.owner, Kind::Role, &Selection::all()).unwrap();
    let names: Vec<String> = rows.iter().map(|row| row.get("Name").unwrap().text()).collect();
    let mut sessions = vec![("(no role)".to_owned(), "nobody-else".to_owned())];
    instance.carry(user("nobody-else", ""));
    for (number, role) in names.iter().enumerate() {
        let name = format!("holder-{number}");
        instance.carry(user(&name, ""));
        // A role for escalation alone is given to nobody.
        let given = submit(
            &instance,
            &instance.owner,
            Change::ChangeRoles {
                user: name.clone(),
                list: RoleList::Login,
                edit: Edit::Add,
                roles: role.clone(),
            },
        );
        if given.is_ok() {
            sessions.push((role.clone(), name));
        }
    }
    let sessions: Vec<(String, Session)> =
        sessions.into_iter().map(|(role, name)| (role, instance.log_in(&name).unwrap())).collect();
    let before = instance.engine.state().unwrap().revision;
    let mut table = "Which predefined roles allow to call each method: a new instance of iris, normal, compatible.\n\
                     Each role is held alone. Everybody may call those methods about themselves that say so in their \
                     documentation.\n"
        .to_owned();
    for method in METHODS {
        let mut allowed = Vec::new();
        for (role, session) in &sessions {
            match (method.call)(&instance, session, "no such thing\t") {
                Err(Refusal::NotPrivileged { .. }) => {
                    let event = instance.last_event();
                    assert_eq!(event.event[2], "AccessDenied", "{} by {role}", method.name);
                    assert_eq!(event.user, session.user(), "{} by {role}", method.name);
                }
                Ok(()) | Err(Refusal::Rule { .. }) => allowed.push(role.as_str()),
                Err(other) => panic!("{} by {role}: {other}", method.name),
            }
        }
        let allowed =
            if allowed.len() == sessions.len() { "(everybody)".to_owned() } else { allowed.join(", ") };
        writeln!(table, "\n{}\n    {allowed}", method.name).unwrap();
    }
    assert_eq!(instance.engine.state().unwrap().revision, before);
    compare("methods.txt", &table);
}

#[test]
fn nonsense_is_refused_told_and_changes_nothing() {
    let instance = Instance::new();
    let everything = || {
        let document = instance.engine.export(&instance.owner, &crate::bench::KINDS).unwrap();
        sclera_exchange::write(&document, sclera_exchange::Form::Json)
    };
    let (revision, kept) = (instance.engine.state().unwrap().revision, everything());
    for method in METHODS {
        for name in nonsense() {
            let done = (method.call)(&instance, &instance.owner, &name);
            match method.nonsense {
                Harmless => assert_eq!(done, Ok(()), "{} {name:?}", method.name),
                Missing(expected) | Invalid(expected) => {
                    let said = format!("{} {name:?}: {done:?}", method.name);
                    assert_eq!(code(done), expected, "{said}");
                    let event = instance.last_event();
                    assert_eq!(event.event[2], "ChangeRefused", "{said}");
                    assert_eq!(event.user, "operator", "{said}");
                    assert!(field(&event, "Status").starts_with("ERROR #"), "{said}");
                    assert!(!field(&event, "EventData").contains(['\n', '\t']), "{event:?}");
                }
            }
        }
        assert_eq!(instance.engine.state().unwrap().revision, revision, "{}", method.name);
    }
    assert_eq!(everything(), kept);
    assert!(instance.engine.verify().unwrap().is_clean());
}

fn compare(file: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(file);
    if std::env::var("SCLERA_BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{} differs; SCLERA_BLESS=1 writes it\nnow: {text}", path.display());
}
