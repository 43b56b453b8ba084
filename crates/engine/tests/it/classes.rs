//! The sibling classes of Security.Users, member by member: properties by their tables, queries and functions.

use crate::bench::{Instance, code, user};
use sclera_core::application::Application;
use sclera_core::change::{Change, Kind};
use sclera_core::doc_db::DocDb;
use sclera_core::event::Event;
use sclera_core::ldap_config::LdapConfig;
use sclera_core::permission::Permissions;
use sclera_core::property::{Access, Class, Kind as Form, Properties};
use sclera_core::resource::Resource;
use sclera_core::role::Role;
use sclera_core::selection::{Matching, Selection};
use sclera_core::service::Service;
use sclera_core::ssl_config::SslConfig;
use sclera_core::status::Code;
use sclera_core::superserver::Superserver;
use sclera_core::system::System;
use sclera_core::x509_user::X509User;
use sclera_engine::administer::{Asked, Mode, Receipt, Request};
use sclera_engine::audit::Log;
use sclera_engine::queries::{ResourceQuery, format_ldap_name};
use sclera_engine::{Door, Refusal};
use sclera_testkit::world::{properties, resource, role};

fn only(text: &str) -> Selection {
    Selection::new(text, Matching::Exact)
}

fn texts(rows: &[Properties], column: &str) -> Vec<String> {
    rows.iter().map(|row| row.get(column).unwrap().text()).collect()
}

/// Changes one property of an object that there is.
fn set(instance: &Instance, kind: Kind, name: &str, property: &str, value: &str) -> Result<Receipt, Refusal> {
    let request = Request::Merge {
        kind,
        name: name.to_owned(),
        properties: properties(&[(property, value)]),
        credential: None,
    };
    instance.engine.submit_all(&instance.owner, [Asked { request, place: String::new() }], Mode::Perform)
}

type Taken = Vec<(String, String)>;
type Refused = Vec<(String, Code)>;

/// Values that a property takes, with how they read back; and what it refuses.
fn values<T: Class>(form: &Form<T>) -> (Taken, Refused) {
    let same = |value: &str| (value.to_owned(), value.to_owned());
    match form {
        Form::Text { max, .. } => {
            (vec![same(&"x".repeat(*max)), same("Größe")], vec![("x".repeat(max + 1), Code::TooLong)])
        }
        Form::Choice { words, .. } => (
            words.iter().map(|word| same(word)).collect(),
            vec![("no such word".to_owned(), Code::NotInList)],
        ),
        Form::Boolean { .. } => (vec![same("1"), same("0")], vec![("maybe".to_owned(), Code::NotABoolean)]),
        Form::Integer { min, max, .. } => (
            vec![same(&max.to_string()), same(&min.to_string())],
            vec![((max + 1).to_string(), Code::TooGreat), ("x".to_owned(), Code::NotANumber)],
        ),
        Form::Permissions { .. } => {
            (vec![same("RW"), same("")], vec![("X".to_owned(), Code::InvalidPermission)])
        }
        Form::Privileges { .. } => (
            vec![("AppRun:U,AppData:RW".to_owned(), "AppData:RW,AppRun:U".to_owned()), same("")],
            vec![("NoSuch:R".to_owned(), Code::ResourceDoesNotExist)],
        ),
        Form::Roles { .. } => {
            (vec![same("Reader"), same("")], vec![("NoSuch".to_owned(), Code::RoleDoesNotExist)])
        }
        Form::Texts { separator, .. } => (vec![same(&format!("a{separator}b")), same("")], vec![]),
        Form::Matches { .. } => (
            vec![same("Reader:Writer"), same("")],
            vec![(":NoSuch".to_owned(), Code::TargetRoleDoesNotExist)],
        ),
        Form::Date { .. } | Form::Instant { .. } | Form::Binary { .. } => (vec![], vec![]),
    }
}

/// What is judged together with others, or bounded by what is there; other tests are about these.
const JUDGED_TOGETHER: [(&str, &str); 19] = [
    ("Security.Services", "AutheEnabled"),
    ("Security.Services", "ClientSystems"),
    ("Security.Applications", "Routines"),
    ("Security.Applications", "Type"),
    ("Security.Applications", "Resource"),
    ("Security.Applications", "NameSpace"),
    ("Security.Applications", "AutheEnabled"),
    ("Security.SSLConfigs", "CertificateFile"),
    ("Security.SSLConfigs", "PrivateKeyFile"),
    ("Security.SSLConfigs", "TLSMinVersion"),
    ("Security.SSLConfigs", "TLSMaxVersion"),
    ("Security.SSLConfigs", "VerifyPeer"),
    ("Security.SSLConfigs", "DiffieHellmanBits"),
    ("Security.LDAPConfigs", "DelimiterId"),
    ("Security.LDAPConfigs", "LDAPFlags"),
    ("Security.Servers", "SystemDefault"),
    ("Security.System", "RequiredRole"),
    ("Security.System", "AutheEnabled"),
    ("Security.System", "PasswordPattern"),
];

/// Every property that callers may set takes its values up to its limit, reads them back, changes no other property,
/// and refuses what is beyond with the error of its form, which leaves everything as it was.
fn every_property<T: Class>(instance: &Instance, kind: Kind, name: &str) -> usize {
    let shown = || instance.engine.show(&instance.owner, kind, name).unwrap();
    let mut tried = 0;
    for field in T::FIELDS.iter().filter(|field| field.access == Access::Open) {
        if JUDGED_TOGETHER.contains(&(T::NAME, field.name)) {
            continue;
        }
        let told = format!("{} {}", T::NAME, field.name);
        let (taken, refused) = values(&field.kind);
        for (value, read_back) in taken {
            let before = shown();
            if let Err(refusal) = set(instance, kind, name, field.name, &value) {
                panic!("{told}={value:?}: {refusal}");
            }
            let after = shown();
            assert_eq!(after.get(field.name).unwrap().text(), read_back, "{told}={value:?}");
            for (other, kept) in after.iter().filter(|(other, _)| *other != field.name) {
                assert_eq!(Some(kept), before.get(other), "{told}={value:?} changed {other}");
            }
        }
        for (value, expected) in refused {
            let before = shown();
            assert_eq!(code(set(instance, kind, name, field.name, &value)), expected, "{told}={value:?}");
            assert_eq!(shown(), before, "{told}={value:?}");
        }
        tried += 1;
    }
    tried
}

fn instance() -> Instance {
    let instance = Instance::new();
    instance.carry_all([
        resource("AppData", "R"),
        resource("AppRun", ""),
        role("Reader", "AppData:R", ""),
        role("Writer", "AppData:RW,AppRun:U", "Reader"),
        role("Blank", "", ""),
        user("ann", "Reader"),
        Change::CreateApplication {
            name: "/app".to_owned(),
            properties: properties(&[("Resource", "AppRun"), ("NameSpace", "USER"), ("Type", "2")]),
        },
    ]);
    for (kind, name) in
        [(Kind::Event, "Mine/Door/Open"), (Kind::SslConfig, "out"), (Kind::LdapConfig, "site.example")]
    {
        let properties = Properties::new();
        instance.carry(Change::CreateConfig { kind, name: name.to_owned(), properties });
    }
    instance
}

#[test]
fn properties_of_roles() {
    assert!(every_property::<Role>(&instance(), Kind::Role, "Blank") >= 4);
}

#[test]
fn properties_of_resources() {
    assert!(every_property::<Resource>(&instance(), Kind::Resource, "AppRun") >= 2);
}

#[test]
fn properties_of_services() {
    assert!(every_property::<Service>(&instance(), Kind::Service, "%Service_Bindings") >= 2);
}

#[test]
fn properties_of_applications() {
    assert!(every_property::<Application>(&instance(), Kind::Application, "/app") >= 35);
}

#[test]
fn properties_of_the_system() {
    assert!(every_property::<System>(&instance(), Kind::System, "SYSTEM") >= 40);
}

#[test]
fn properties_of_events() {
    assert!(every_property::<Event>(&instance(), Kind::Event, "Mine/Door/Open") >= 2);
}

#[test]
fn properties_of_tls_configurations() {
    let instance = instance();
    assert!(every_property::<SslConfig>(&instance, Kind::SslConfig, "out") >= 19);
    let set = |property, value| code(set(&instance, Kind::SslConfig, "out", property, value));
    assert_eq!(set("CertificateFile", "a.pem"), Code::PrivateKeyRequired);
    assert_eq!(set("PrivateKeyFile", "a.key"), Code::CertificateRequired);
    assert_eq!(set("TLSMinVersion", "64"), Code::TooGreat);
    assert_eq!(set("TLSMaxVersion", "8"), Code::General, "below the least");
    assert_eq!(set("TLSMinVersion", "3"), Code::NotInList);
    assert_eq!(set("VerifyPeer", "3"), Code::NotInList, "of a client");
    assert_eq!(set("DiffieHellmanBits", "1"), Code::NotInList);
}

#[test]
fn properties_of_ldap_configurations() {
    let instance = instance();
    assert!(every_property::<LdapConfig>(&instance, Kind::LdapConfig, "site.example") >= 25);
    assert_eq!(code(set(&instance, Kind::LdapConfig, "site.example", "DelimiterId", "+")), Code::NotInList);
}

fn made(kind: Kind, name: &str, property: &str, value: &str) -> Instance {
    let instance = instance();
    let properties = Properties::new().with(property, value);
    instance.carry(Change::CreateConfig { kind, name: name.to_owned(), properties });
    instance
}

#[test]
fn properties_of_providers_of_telephones() {
    let instance = made(Kind::PhoneProvider, "Acme", "SMSGateway", "sms.example.org");
    assert!(set(&instance, Kind::PhoneProvider, "acme", "SMSGateway", "text.example.org").is_ok());
    for wrong in ["", "a b", "a@b", "\u{e9}.example", &"x".repeat(129)] {
        assert!(set(&instance, Kind::PhoneProvider, "Acme", "SMSGateway", wrong).is_err(), "{wrong}");
    }
    let shown = instance.engine.show(&instance.owner, Kind::PhoneProvider, "ACME").unwrap();
    assert_eq!(
        shown.get("SMSGateway").map(sclera_core::property::Value::text).as_deref(),
        Some("text.example.org")
    );
}

#[test]
fn properties_of_document_databases() {
    let instance = made(Kind::DocDb, "USER/Orders", "Description", "Of orders");
    assert_eq!(every_property::<DocDb>(&instance, Kind::DocDb, "user/ORDERS"), 3);
    for wrong in ["Orders", "/Orders", "USER/", &format!("{}/x", "n".repeat(65))] {
        let create =
            Change::CreateConfig { kind: Kind::DocDb, name: wrong.to_owned(), properties: Properties::new() };
        assert!(instance.engine.submit(&instance.owner, create).is_err(), "{wrong}");
    }
}

#[test]
fn properties_of_superservers() {
    let instance = made(Kind::Superserver, "127.0.0.1:1972", "Description", "Of the ward");
    assert_eq!(every_property::<Superserver>(&instance, Kind::Superserver, "127.0.0.1:1972"), 15);
    let set =
        |name: &str, value: &str| code(set(&instance, Kind::Superserver, "127.0.0.1:1972", name, value));
    assert_eq!(set("SSLSupportLevel", "3"), Code::TooGreat);
    let modify = Change::ModifyConfig {
        kind: Kind::Superserver,
        name: "127.0.0.1:1972".to_owned(),
        properties: Properties::new().with("SystemDefault", "0"),
    };
    let refused = instance.engine.submit(&instance.owner, modify).unwrap_err();
    assert!(refused.to_string().contains("make another one it"), "it is the only one: {refused}");
}

#[test]
fn properties_of_users_of_certificates() {
    let key = format!("CN=ann,OU={}", "w".repeat(200));
    let instance = made(Kind::X509User, &key, "Username", "ann");
    assert_eq!(every_property::<X509User>(&instance, Kind::X509User, &key), 3);
}

#[test]
fn resources_are_listed_by_public_permission_and_type() {
    let instance = instance();
    let listed = |names: &str, public: Option<Permissions>, types: Option<i64>| {
        let query = ResourceQuery { names: only(names), public, types };
        texts(&instance.engine.resources(&instance.owner, &query).unwrap(), "Name")
    };
    assert_eq!(listed("App*", None, None), ["AppData", "AppRun"]);
    assert_eq!(listed("App*", Some(Permissions::READ), None), ["AppData"]);
    assert_eq!(listed("App*", Some(Permissions::NONE), None), ["AppRun"]);
    assert!(listed("*", None, Some(2)).iter().all(|name| name.starts_with("%DB_")), "databases");
    let services = listed("*", None, Some(4));
    assert!(services.contains(&"%Service_Login".to_owned()) && !services.contains(&"AppRun".to_owned()));
}

#[test]
fn privileges_of_roles_are_listed() {
    let instance = instance();
    let rows = instance.engine.role_resources(&instance.owner, &only("Reader,Writer"), &only("*")).unwrap();
    let row = |row: &Properties| {
        ["Name", "Resource", "Permission"].map(|name| row.get(name).unwrap().text()).join(" ")
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    assert_eq!(rows, ["Reader AppData R", "Writer AppData RW", "Writer AppRun U"]);
    let of = instance.engine.role_resources(&instance.owner, &only("*"), &only("apprun")).unwrap();
    assert_eq!(texts(&of, "Name"), ["Writer"]);
    let editable = instance.engine.editable_roles(&instance.owner, &only("*")).unwrap();
    assert!(editable.contains(&"Reader".to_owned()) && editable.contains(&"%Manager".to_owned()));
    assert!(
        !["%All", "%DB_USER"].iter().any(|fixed| editable.contains(&(*fixed).to_owned())),
        "{editable:?}"
    );
}

#[test]
fn services_are_told_in_detail() {
    let instance = instance();
    let detail = |name: &str| instance.engine.services(&instance.owner, &only(name)).unwrap().remove(0);
    let told = |name: &str, column: &str| detail(name).get(column).unwrap().text();
    let service = "%Service_WebGateway";
    set(&instance, Kind::Service, service, "AutheEnabled", "96").unwrap();
    assert_eq!(told(service, "AuthenticationMethods"), "Password,Unauthenticated");
    assert_eq!(told(service, "AllowedConnections"), "Unrestricted");
    set(&instance, Kind::Service, service, "ClientSystems", "10.0.0.1;10.0.0.2").unwrap();
    assert_eq!(told(service, "AllowedConnections"), "10.0.0.1;10.0.0.2");
    assert_eq!(told("%service_ecp", "Public"), "N/A", "names ignore case");
}

#[test]
fn applications_are_listed_by_type_and_namespace() {
    let instance = instance();
    let listed = |names: &str, types: Option<i64>, namespaces: &str| {
        let found = instance.engine.applications(&instance.owner, &only(names), types, &only(namespaces));
        texts(&found.unwrap(), "Name")
    };
    assert!(listed("*", None, "user").contains(&"/app".to_owned()));
    assert!(!listed("*", None, "%SYS").contains(&"/app".to_owned()));
    assert!(listed("*", Some(1), "*").contains(&"/csp/sys".to_owned()), "those of the system");
    assert_eq!(listed("/app", Some(1), "*"), [""; 0]);
}

#[test]
fn events_of_applications_are_recorded_where_they_are_made_and_on() {
    let instance = instance();
    instance.set("AuditEnabled", "1");
    let ann = instance.log_in("ann").unwrap();
    let audit = |event: [&str; 3]| instance.engine.audit(&ann, event, "data", &"d".repeat(200));
    set(&instance, Kind::Event, "Mine/Door/Open", "Enabled", "0").unwrap();
    assert_eq!(audit(["Mine", "Door", "Open"]), Ok(false), "off");
    set(&instance, Kind::Event, "Mine/Door/Open", "Enabled", "1").unwrap();
    assert_eq!(audit(["mine", "DOOR", "Open"]), Ok(true), "needs no privilege");
    assert_eq!(audit(["Mine", "Door", "Shut"]), Ok(false), "nobody made it");
    for bad in [["", "Door", "Open"], ["Mine", "Do/or", "Open"], ["Mine", "Door", &"x".repeat(65)]] {
        assert_eq!(code(audit(bad)), Code::General);
    }
    let mut newest = instance.engine.audit_list(&instance.owner, 10_000).unwrap();
    newest.retain(|placed| placed.log == Log::Events);
    let told: Vec<(String, usize)> = newest[..2]
        .iter()
        .map(|placed| match &placed.record {
            sclera_store::journal::Record::Event(event) => {
                let field =
                    |name: &str| event.fields.iter().find(|(known, _)| known == name).unwrap().1.clone();
                (event.event[2].clone(), field("Description").chars().count())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [("UserEventOverflow".to_owned(), 128), ("Open".to_owned(), 128)]);
}

#[test]
fn names_of_domains_are_formed() {
    for (given, name, base) in [
        ("Example.ORG", "example.org", "DC=example,DC=org"),
        ("@exam,ple\\", "example.com", "DC=example,DC=com"),
        ("a.b.c", "a.b.c", "DC=a,DC=b,DC=c"),
    ] {
        assert_eq!(format_ldap_name(given), Ok((name.to_owned(), base.to_owned())));
    }
    for bad in ["", "@,", &"x".repeat(200)] {
        assert!(format_ldap_name(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn queries_ask_for_the_privilege() {
    let instance = instance();
    let ann = instance
        .engine
        .admit_password("ann", &crate::bench::secret(crate::bench::PASSWORD), Door::Library, None)
        .unwrap();
    let all = Selection::all();
    let query = ResourceQuery { names: all.clone(), public: None, types: None };
    let engine = &instance.engine;
    let answers = [
        engine.resources(&ann, &query).is_err(),
        engine.role_resources(&ann, &all, &all).is_err(),
        engine.editable_roles(&ann, &all).is_err(),
        engine.services(&ann, &all).is_err(),
        engine.applications(&ann, &all, None, &all).is_err(),
    ];
    assert_eq!(answers, [true; 5]);
}
