//! The sibling classes of Security.Users: copies, other names, use, queries and SQL privileges.

use crate::bench::{Instance, code, user};
use sclera_core::change::{Adoption, Change, Kind};
use sclera_core::layout::{Database, Layout, Mapping, Matter, Namespace};
use sclera_core::property::{Properties, Value};
use sclera_core::selection::Selection;
use sclera_core::sql::SqlTarget;
use sclera_core::status::Code;
use sclera_core::user::UserType;
use sclera_engine::Refusal;
use sclera_testkit::world::{properties, resource, role};

fn instance() -> Instance {
    let instance = Instance::new();
    instance.carry_all([
        resource("AppData", ""),
        resource("AppRun", ""),
        role("Reader", "AppData:R", ""),
        role("Writer", "AppData:RW,AppRun:U", "Reader"),
        user("ann", "Writer"),
        user("bob", "Reader"),
        Change::CreateApplication {
            name: "/app".to_owned(),
            properties: properties(&[("Resource", "AppRun"), ("MatchRoles", "Reader:Writer")]),
        },
    ]);
    instance
}

fn shown(instance: &Instance, kind: Kind, name: &str, property: &str) -> String {
    let shown = instance.engine.show(&instance.owner, kind, name).unwrap();
    shown.get(property).map_or_else(|| panic!("no {property}"), Value::text)
}

fn copy(kind: Kind, name: &str, new_name: &str, given: &[(&str, &str)]) -> Change {
    let (name, new_name) = (name.to_owned(), new_name.to_owned());
    Change::CopyObject { kind, name, new_name, properties: properties(given) }
}

#[test]
fn copies_have_the_properties_of_the_original() {
    let instance = instance();
    instance.carry(copy(Kind::Role, "WRITER", "Second", &[("Description", "The second")]));
    for (property, value) in [
        ("Resources", "AppData:RW,AppRun:U"),
        ("GrantedRoles", "Reader"),
        ("Description", "The second"),
        ("CanBeEdited", "1"),
    ] {
        assert_eq!(shown(&instance, Kind::Role, "Second", property), value);
    }
    instance.carry(copy(Kind::Application, "/app", "/second", &[]));
    assert_eq!(shown(&instance, Kind::Application, "/second", "MatchRoles"), "Reader:Writer");
    assert_eq!(shown(&instance, Kind::Application, "/second", "Resource"), "AppRun");
    let create = |kind, name: &str, given| Change::CreateConfig {
        kind,
        name: name.to_owned(),
        properties: properties(given),
    };
    for (kind, name, new) in [
        (Kind::LdapConfig, "site.example", "other.example"),
        (Kind::SslConfig, "Front", "front"),
        (Kind::Event, "Mine/Type/Name", "Mine/Type/Other"),
    ] {
        instance.carry(create(kind, name, &[("Description", "Said")]));
        instance.carry(copy(kind, name, new, &[]));
        assert_eq!(shown(&instance, kind, new, "Description"), "Said");
        let again = instance.engine.submit(&instance.owner, copy(kind, name, new, &[]));
        assert!(matches!(again, Err(Refusal::Rule { .. })), "{again:?}");
    }
    for (kind, name, new, expected) in [
        (Kind::Role, "%All", "Third", Code::General),
        (Kind::Role, "NoSuch", "Third", Code::RoleDoesNotExist),
        (Kind::Role, "Writer", "ann", Code::UserAndRoleSameName),
        (Kind::Role, "Writer", "reader", Code::RoleAlreadyExists),
        (Kind::Role, "Writer", "%Third", Code::InvalidRoleName),
        (Kind::Application, "/none", "/third", Code::ApplicationDoesNotExist),
        (Kind::Application, "/app", "/second", Code::ApplicationAlreadyExists),
        (Kind::Service, "%Service_Login", "%Service_Other", Code::General),
    ] {
        let refused = instance.engine.submit(&instance.owner, copy(kind, name, new, &[]));
        assert_eq!(code(refused), expected, "{name} to {new}");
    }
    assert!(instance.engine.verify().unwrap().is_clean());
}

fn rename(name: &str, new_name: &str) -> Change {
    Change::RenameRole { name: name.to_owned(), new_name: new_name.to_owned() }
}

#[test]
fn everything_goes_along_with_another_name() {
    let instance = instance();
    let service = "%Service_Telnet".to_owned();
    let systems = properties(&[("ClientSystems", "10.0.0.1|Reader,Writer;10.0.0.2")]);
    instance.carry(Change::ModifyService { name: service.clone(), properties: systems });
    instance.set("RequiredRole", "reader");
    let before = instance.log_in("ann").unwrap();
    instance.carry(rename("READER", "Lector"));
    assert_eq!(shown(&instance, Kind::User, "bob", "Roles"), "Lector");
    assert_eq!(shown(&instance, Kind::Role, "Writer", "GrantedRoles"), "Lector");
    assert_eq!(shown(&instance, Kind::Application, "/app", "MatchRoles"), "Lector:Writer");
    assert_eq!(shown(&instance, Kind::Service, &service, "ClientSystems"), "10.0.0.1|Lector,Writer;10.0.0.2");
    assert_eq!(shown(&instance, Kind::System, "SYSTEM", "RequiredRole"), "Lector");
    assert_eq!(instance.check(&before, "AppData"), "READ,WRITE", "running sessions notice nothing");
    assert!(!instance.engine.exists(&instance.owner, Kind::Role, "Reader").unwrap());
    instance.log_in("bob").unwrap();
    instance.carry_all([rename("Lector", "LECTOR"), role("Reader", "", "")]);
    assert_eq!(shown(&instance, Kind::User, "bob", "Roles"), "LECTOR", "the name is free again");
    for (name, new, expected) in [
        ("NoSuch", "Third", Code::RoleDoesNotExist),
        ("%Manager", "Third", Code::CannotModifyRole),
        ("%All", "Third", Code::CannotModifyRole),
        ("Writer", "lector", Code::RoleAlreadyExists),
        ("Writer", "ANN", Code::UserAndRoleSameName),
        ("Writer", "a,b", Code::InvalidRoleName),
    ] {
        let refused = instance.engine.submit(&instance.owner, rename(name, new));
        assert_eq!(code(refused), expected, "{name} to {new}");
    }
    let unchanged = instance.engine.submit(&instance.owner, rename("Writer", "Writer")).unwrap();
    assert!(!unchanged.has_changed());
    assert!(instance.engine.verify().unwrap().is_clean());
}

#[test]
fn use_is_told() {
    let instance = instance();
    let cell = |found: &Properties, name: &str| found.get(name).map(Value::text).unwrap_or_default();
    let found = instance.engine.in_use(&instance.owner, Kind::Role, "reader").unwrap();
    assert_eq!(cell(&found, "Users"), "bob");
    assert_eq!(cell(&found, "UserCount"), "1");
    assert_eq!(cell(&found, "Roles"), "Writer");
    assert_eq!(cell(&found, "Applications"), "/app");
    assert_eq!(cell(&found, "InUse"), "1");
    let found = instance.engine.in_use(&instance.owner, Kind::Resource, "APPRUN").unwrap();
    assert_eq!(cell(&found, "Roles"), "Writer:U");
    assert_eq!(cell(&found, "Applications"), "/app");
    instance.carry_all([role("Idle", "", ""), resource("Idle", "")]);
    for kind in [Kind::Role, Kind::Resource] {
        assert_eq!(cell(&instance.engine.in_use(&instance.owner, kind, "Idle").unwrap(), "InUse"), "0");
    }
    let refused = instance.engine.in_use(&instance.owner, Kind::Resource, "NoSuch");
    assert_eq!(code(refused), Code::ResourceDoesNotExist);
}

#[test]
fn roles_are_selected_by_what_they_hold() {
    let instance = instance();
    let names = |resources: &str| -> Vec<String> {
        let rows = instance.engine.roles(&instance.owner, &Selection::all(), resources).unwrap();
        let own =
            rows.iter().map(|row| row.get("Name").unwrap().text()).filter(|name| !name.starts_with('%'));
        own.collect()
    };
    assert_eq!(names("AppData:R"), ["Reader", "Writer"]);
    assert_eq!(names("appdata:rw"), ["Writer"]);
    assert_eq!(names("AppRun"), ["Writer"]);
    assert_eq!(names("AppRun:R,AppData:W"), ["Writer"]);
    assert_eq!(names("NoSuch"), [""; 0]);
    assert_eq!(names("*"), ["Reader", "Writer"]);
    let bad = instance.engine.roles(&instance.owner, &Selection::all(), "AppData:X");
    assert_eq!(code(bad), Code::InvalidPermission);
}

fn target(kind: &str, name: &str, privilege: &str) -> SqlTarget {
    SqlTarget::new("USER", Some((kind, name)), privilege).unwrap()
}

fn grant(target: SqlTarget, grantee: &str, grantable: bool) -> Change {
    Change::GrantSql { target, grantee: grantee.to_owned(), grantable }
}

/// `authorization.md` SQL-2, SQL-11 and SQL-12.
#[test]
fn sql_privileges_are_held_directly_by_roles_and_by_everybody() {
    let instance = instance();
    instance.carry_all([
        grant(target("table", "Sample.Person", "SELECT"), "bob", false),
        grant(target("schema", "Sample", "INSERT"), "Reader", true),
        grant(target("column", "Sample.Person.Name", "UPDATE"), "bob", false),
        grant(target("table", "Open.Data", "SELECT"), "_PUBLIC", false),
        grant(SqlTarget::new("USER", None, "%CREATE_TABLE").unwrap(), "Writer", false),
    ]);
    let held = |user: &str, target: SqlTarget, grantable| {
        instance.engine.check_sql(&instance.owner, user, &target, grantable).unwrap().is_granted()
    };
    let table = |privilege| target("table", "Sample.Person", privilege);
    let column = |name, privilege| target("column", name, privilege);
    assert!(held("bob", table("SELECT"), false) && !held("bob", table("SELECT"), true));
    assert!(!held("ann", table("SELECT"), false));
    assert!(held("ann", table("INSERT"), true), "through Writer and Reader, on the schema");
    assert!(held("bob", column("sample.person.name", "UPDATE"), false));
    assert!(
        !held("bob", column("Sample.Person.Age", "UPDATE"), false) && !held("bob", table("UPDATE"), false)
    );
    assert!(held("bob", column("Sample.Person.Age", "SELECT"), false), "the table has its columns");
    assert!(held("ann", column("Sample.Person.Age", "INSERT"), false), "so has the schema");
    assert!(held("ann", target("table", "Open.Data", "SELECT"), false), "everybody");
    assert!(held("ann", SqlTarget::new("USER", None, "%create_table").unwrap(), false));
    assert!(held("_SYSTEM", table("DELETE"), true), "%All");
    // What is revoked of a column does not cut what is held on the table (SQL-6).
    let revoke = |target| Change::RevokeSql { target, grantee: "bob".to_owned(), cascade: false };
    instance.carry(revoke(column("Sample.Person.Name", "SELECT")));
    assert!(held("bob", column("Sample.Person.Name", "SELECT"), false));
    for (kind, name, privilege) in [
        ("column", "Sample.Person.Name", "DELETE"),
        ("column", "Person.Name", "SELECT"),
        ("cabinet", "X", "SELECT"),
    ] {
        assert!(SqlTarget::new("USER", Some((kind, name)), privilege).is_err(), "{kind} {name} {privilege}");
    }
    let ann = instance.log_in("ann").unwrap();
    assert!(instance.engine.check_sql(&ann, "ANN", &table("INSERT"), false).unwrap().is_granted());
    let other = instance.engine.check_sql(&ann, "bob", &table("INSERT"), false);
    assert!(matches!(other, Err(Refusal::NotPrivileged { .. })));
}

#[test]
fn sql_privileges_of_a_role_are_given_to_another() {
    let instance = instance();
    let other = SqlTarget::new("OTHER", Some(("table", "A.B")), "SELECT").unwrap();
    instance.carry_all([
        role("Taker", "", ""),
        grant(target("table", "A.B", "SELECT"), "Reader", true),
        grant(target("table", "A.B", "SELECT"), "Taker", false),
        grant(other, "Reader", false),
    ]);
    let copy = |namespaces: &[&str]| Change::CopySqlPrivileges {
        from: "Reader".to_owned(),
        to: "Taker".to_owned(),
        namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
    };
    let held = || {
        let rows = instance.engine.sql_privileges(&instance.owner, Some("Taker")).unwrap();
        let row = |row: &Properties| {
            ["Namespace", "Grantable", "Grantor"].map(|name| row.get(name).unwrap().text()).join(" ")
        };
        rows.iter().map(row).collect::<Vec<_>>()
    };
    instance.carry(copy(&["user"]));
    assert_eq!(held(), ["USER 1 operator"]);
    instance.carry(copy(&[]));
    assert_eq!(held(), ["OTHER 0 operator", "USER 1 operator"]);
    assert!(!instance.engine.submit(&instance.owner, copy(&[])).unwrap().has_changed());
    let bad =
        Change::CopySqlPrivileges { from: "ann".to_owned(), to: "Taker".to_owned(), namespaces: Vec::new() };
    assert_eq!(code(instance.engine.submit(&instance.owner, bad)), Code::RoleDoesNotExist, "of roles alone");
    assert!(instance.engine.verify().unwrap().is_clean());
}

#[test]
fn the_security_level_of_the_installation_is_told() {
    let instance = instance();
    assert_eq!(instance.engine.installation_setting(&instance.owner).unwrap(), "Normal");
}

/// `authorization.md` DBS-2 to DBS-9 and CHK-8.
#[test]
fn globals_and_routines_are_judged_by_their_databases() {
    let Instance { engine, owner, bench, store, events } = instance();
    let database = |name: &str, resource: &str| Database {
        name: name.to_owned(),
        resource: resource.to_owned(),
        read_only: false,
        unknown: false,
    };
    let mut layout = Layout::default();
    layout.databases.extend([
        database("CUST1", "%DB_CUST1"),
        database("CUST2", "%DB_CUST2"),
        Database { read_only: true, ..database("OLD", "%DB_CUST1") },
        Database { unknown: true, ..database("FAR", "%DB_CUST1") },
        database("BARE", ""),
    ]);
    let mapped = |name: &str, database: &str| Mapping {
        name: name.to_owned(),
        range: None,
        database: database.to_owned(),
    };
    layout.namespaces.push(Namespace {
        name: "CUST".to_owned(),
        globals: "CUST1".to_owned(),
        routines: "CUST2".to_owned(),
        global_mappings: [("Two", "CUST2"), ("Old", "OLD"), ("Far", "FAR"), ("Bare", "BARE")]
            .map(|(name, database)| mapped(name, database))
            .into(),
        routine_mappings: Vec::new(),
    });
    let instance = Instance { engine: engine.with_layout(layout), owner, bench, store, events };
    instance.carry_all([
        resource("%DB_CUST1", ""),
        resource("%DB_CUST2", ""),
        user("cust", "%DB_CUST1"),
        user("nobody", ""),
        user("dev", "%Developer"),
    ]);
    let (cust, nobody) = (instance.log_in("cust").unwrap(), instance.log_in("nobody").unwrap());
    let held =
        |session, matter, name| instance.engine.place_permission(session, "cust", matter, name, "").unwrap();
    for (matter, name, expected) in [
        (Matter::Globals, "", "READ,WRITE"),
        (Matter::Globals, "^One", "READ,WRITE"),
        (Matter::Globals, "Two", ""),
        (Matter::Globals, "Old", "READ"),
        (Matter::Globals, "Far", "UNKNOWN"),
        (Matter::Globals, "Bare", ""),
        (Matter::Globals, "%Any", "READ"),
        (Matter::Routines, "%Any", "READ"),
        (Matter::Routines, "Run", ""),
    ] {
        assert_eq!(held(&cust, matter, name), expected, "{name}");
    }
    let dev = instance.log_in("dev").unwrap();
    assert_eq!(held(&dev, Matter::Globals, "Bare"), "READ,WRITE", "%DB_%DEFAULT");
    assert_eq!(held(&instance.owner, Matter::Routines, "Run"), "READ,WRITE", "%All");
    let check = |session, wanted: &str, namespace: &str| {
        instance.engine.place_check(session, wanted, namespace, Matter::Globals, "", "").unwrap().is_granted()
    };
    assert!(check(&cust, "R,Write", "CUST") && !check(&nobody, "READ", "CUST"));
    for nonsense in ["", "X", "READX", "USE"] {
        assert!(!check(&cust, nonsense, "CUST"), "{nonsense:?}");
    }
    assert!(!check(&cust, "READ", "NONE"), "there is no such namespace");
    instance.set("PercentGlobalWrite", "1");
    let nobody_now = instance.log_in("nobody").unwrap();
    assert_eq!(held(&nobody_now, Matter::Globals, "%Any"), "READ,WRITE");
    assert_eq!(held(&nobody_now, Matter::Routines, "%Any"), "READ");
    let entered = instance.engine.namespaces(&cust).unwrap();
    let may = |name: &str| {
        let row = entered.iter().find(|row| row.get("Name").unwrap().text() == name).unwrap();
        row.get("MayEnter").unwrap().text()
    };
    assert_eq!((may("CUST").as_str(), may("%SYS").as_str()), ("1", "0"));
}

/// `security-classes.md`, LDAPConfigs: `Delete` also deletes the users of the domain; `authentication.md` section 17.
#[test]
fn the_users_of_a_domain_go_with_it() {
    let instance = instance();
    let create = |name: &str| Change::CreateConfig {
        kind: Kind::LdapConfig,
        name: name.to_owned(),
        properties: Properties::new(),
    };
    let adopt = |name: &str, kind| Change::AdoptUser {
        name: name.to_owned(),
        adoption: Box::new(Adoption {
            kind,
            properties: properties(&[("Roles", "Reader")]),
            credential: None,
            totp_key: Vec::new(),
            attributes: Vec::new(),
            may_give_all: false,
        }),
    };
    instance.carry_all([create("site.example"), create("other.example")]);
    instance.set("DefaultSecurityDomain", "site.example");
    instance.set("SecurityDomains", "1");
    let many = (0..700).map(|number| adopt(&format!("u{number}@other.example"), UserType::Ldap));
    instance.carry_all(many.chain([
        adopt("kim", UserType::Ldap),
        adopt("lee@site.example", UserType::Ldap),
        adopt("max@other.example", UserType::Delegated),
    ]));
    let exists = |name: &str| instance.engine.exists(&instance.owner, Kind::User, name).unwrap();
    let delete = |name: &str| {
        let change = Change::DeleteConfig { kind: Kind::LdapConfig, name: name.to_owned() };
        instance.engine.submit(&instance.owner, change)
    };
    let refused = instance.engine.submit(
        &instance.owner,
        Change::ModifySystem { properties: properties(&[("SecurityDomains", "0")]) },
    );
    assert_eq!(code(refused), Code::UsersOfOtherDomains);
    assert!(delete("none.example").is_err());
    let done = delete("OTHER.example").unwrap();
    assert_eq!(done.changes, 701, "the users, and the domain");
    assert!(!exists("u0@other.example") && !exists("u699@other.example"));
    assert!(exists("max@other.example") && exists("kim") && exists("lee@site.example") && exists("ann"));
    delete("site.example").unwrap();
    assert!(!exists("kim") && !exists("lee@site.example") && exists("ann"));
    instance.carry(Change::DeleteUser { name: "max@other.example".to_owned() });
    instance.set("SecurityDomains", "0");
}
