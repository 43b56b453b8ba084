//! Documents out: lossless, in order, and without secrets unless they are asked for.

use crate::bench::{Instance, KINDS, secret, user};
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, Edit, Kind, RoleList};
use sclera_core::permission::Permissions;
use sclera_core::property::Properties;
use sclera_core::selection::{Matching, Selection};
use sclera_core::sql::SqlTarget;
use sclera_engine::Refusal;
use sclera_engine::administer::Mode;
use sclera_engine::export::{ExportFault, Wanted};
use sclera_engine::vault::Vault;
use sclera_exchange::{Form, read};
use sclera_testkit::world::properties;
use sclera_testkit::world::{modify_resource, modify_user, resource, role};
use std::path::PathBuf;

/// A user as another instance exported it, with every secret.
const ALICE: &str = "<UsersExport><Users><Attributes><AttributesItem>ward=7</AttributesItem></Attributes>\
    <CreateDateTime>67120,37800.123456</CreateDateTime><CreateUsername>_SYSTEM</CreateUsername>\
    <HOTPKey>ZGVmZ2hpamtsbW5vcHFyc3R1dnc=</HOTPKey><LegacyPassword>ancient</LegacyPassword>\
    <LastModifiedInfo>\nRoles modified:\n</LastModifiedInfo><Name>alice</Name>\
    <Password>tUFM9yTxXuR6/F9hHoaCmGQD1fM=</Password><Roles><RolesItem>Clerk</RolesItem></Roles>\
    <Salt>AAECAwQFBgc=</Salt></Users></UsersExport>";

fn with_vault(seed: u8) -> Instance {
    let mut instance = Instance::new();
    instance.engine = instance.engine.with_vault(Vault::new([seed; 32]));
    instance
}

fn import(instance: &Instance, text: &str) -> usize {
    let document = read(text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
    let receipt = instance.engine.import(&instance.owner, &document, Mode::Perform);
    receipt.unwrap_or_else(|refusal| panic!("{refusal}")).entries.len()
}

fn exported(instance: &Instance, wanted: &Wanted, form: Form) -> String {
    let mut text = String::new();
    let done = instance.engine.export_to(&instance.owner, wanted, form, &mut |piece| {
        text.push_str(piece);
        Ok(())
    });
    done.unwrap_or_else(|fault| panic!("{fault}"));
    text
}

fn clinic() -> Instance {
    let instance = with_vault(7);
    let sql = |object, privilege: &str| SqlTarget::new("USER", object, privilege).unwrap();
    instance.carry_all([
        resource("AppData", "R"),
        resource("%DB_SALES", ""),
        role("Clerk", "AppData:RW,%DB_SALES:R", ""),
        role("Boss", "", "Clerk,%DB_SALES"),
        user("Zed", "Boss,%Operator"),
        user("abe", "Clerk"),
        Change::CreateApplication {
            name: "/app".to_owned(),
            properties: Properties::new()
                .with("Resource", "AppData")
                .with("MatchRoles", "Clerk:Boss,:%DB_SALES"),
        },
        Change::CreateConfig {
            kind: Kind::Event,
            name: "Bench/Door/Open".to_owned(),
            properties: Properties::new().with("Description", "Bench opened"),
        },
        Change::CreateConfig {
            kind: Kind::SslConfig,
            name: "Client".to_owned(),
            properties: Properties::new().with("VerifyPeer", 1),
        },
        Change::CreateConfig {
            kind: Kind::LdapConfig,
            name: "example.org".to_owned(),
            properties: Properties::new()
                .with("LDAPAttributes", "ward,badge")
                .with("LDAPBaseDN", "DC=example"),
        },
        Change::ModifyService {
            name: "%Service_Bindings".to_owned(),
            properties: Properties::new().with("ClientSystems", "10.0.0.1|Clerk,Boss;10.0.0.2"),
        },
        Change::GrantSql {
            target: sql(Some(("table", "Sample.Person")), "SELECT"),
            grantee: "Boss".to_owned(),
            grantable: true,
        },
        Change::GrantSql { target: sql(None, "%CREATE_TABLE"), grantee: "Zed".to_owned(), grantable: false },
        Change::GrantSqlBy {
            target: sql(Some(("table", "Sample.Person")), "INSERT"),
            grantee: "Boss".to_owned(),
            grantor: "Somebody who left".to_owned(),
            grantable: false,
        },
        Change::ChangeRoles {
            user: "Zed".to_owned(),
            list: RoleList::LoginWithAdmin,
            edit: Edit::Add,
            roles: "Boss".to_owned(),
        },
    ]);
    import(&instance, ALICE);
    let password = secret("Search-Größe-1");
    let config = |kind, name: &str, given: &[(&str, &str)]| Change::CreateConfig {
        kind,
        name: name.to_owned(),
        properties: properties(given),
    };
    instance.carry_all([
        config(Kind::SslConfig, "Front", &[]),
        config(Kind::PhoneProvider, "Acme", &[("SMSGateway", "sms.example.org")]),
        config(Kind::DocDb, "USER/Orders", &[("Description", "Of orders"), ("Resource", "Ward")]),
        config(Kind::Superserver, "1972", &[("EnableECP", "1"), ("SSLConfig", "Front")]),
        config(Kind::Superserver, "127.0.0.1:1973", &[("EnableClients", "0"), ("SSLSupportLevel", "1")]),
        config(
            Kind::X509User,
            "CN=Zed,O=Clinic",
            &[("Username", "Zed"), ("Enabled", "0"), ("Comment", "Was")],
        ),
    ]);
    for (kind, name) in
        [(Kind::LdapConfig, "example.org"), (Kind::SslConfig, "Front"), (Kind::System, "SYSTEM")]
    {
        instance.engine.set_secret(&instance.owner, kind, name, Some(&password)).unwrap();
    }
    instance
}

fn everything() -> Wanted {
    Wanted { secrets: true, ..Wanted::all(&KINDS) }
}

/// A configuration and its secret come together, or neither does.
#[test]
fn a_configuration_comes_with_its_secret() {
    let instance = with_vault(9);
    let password = Secret::new("Heron-7".to_owned()).unwrap();
    let submit = |certificate: &str| {
        let properties = Properties::new().with("CertificateFile", certificate).with("PrivateKeyFile", "/b");
        let change = Change::CreateConfig { kind: Kind::SslConfig, name: "Front".to_owned(), properties };
        instance.engine.submit_with_secret(&instance.owner, change, (Kind::SslConfig, "Front", &password))
    };
    assert!(submit("").is_err(), "a key without a certificate");
    assert!(!instance.engine.exists(&instance.owner, Kind::SslConfig, "Front").unwrap());
    assert!(submit("/a").is_ok());
    let wanted = Wanted { secrets: true, ..Wanted::all(&[Kind::SslConfig]) };
    let text = exported(&instance, &wanted, Form::Xml);
    assert!(text.contains("<PrivateKeyPassword>SGVyb24tNw==</PrivateKeyPassword>"), "{text}");
}

/// `export-xml.md` section 8, test 1.
#[test]
fn an_export_makes_another_instance_equal() {
    let first = clinic();
    let text = exported(&first, &everything(), Form::Xml);
    let second = with_vault(8);
    import(&second, &text);
    assert!(exported(&second, &everything(), Form::Xml) == text);
    assert_eq!(import(&first, &text), 0, "and is no change where it comes from");
    let encoded = "<LDAPSearchPassword>U2VhcmNoLUdyw7bDn2UtMQ==</LDAPSearchPassword>";
    assert!(
        text.contains(encoded) && !exported(&second, &Wanted::all(&KINDS), Form::Xml).contains("U2VhcmNo")
    );
    let another = text.replace(encoded, "<LDAPSearchPassword>QW5vdGhlcg==</LDAPSearchPassword>");
    assert_eq!(import(&second, &another), 1, "the password of the search user");
    // What is no text was encrypted by somebody for himself; it is told and left aside.
    let foreign = text.replace(encoded, "<LDAPSearchPassword>/////w==</LDAPSearchPassword>");
    let document = read(foreign.as_bytes()).unwrap();
    assert!(document.notes.iter().any(|note| note.contains("LDAPSearchPassword")), "{:?}", document.notes);
    assert!(second.engine.verify().unwrap().is_clean());
}

#[test]
fn each_form_is_what_the_document_in_memory_gives() {
    let instance = clinic();
    let document = instance.engine.export(&instance.owner, &KINDS).unwrap();
    for form in [Form::Json, Form::Yaml] {
        let written = sclera_exchange::write(&document, form).unwrap();
        assert!(exported(&instance, &Wanted::all(&KINDS), form) == *written, "{form:?}");
    }
    for form in [Form::Json, Form::Yaml, Form::Xml] {
        let text = exported(&instance, &Wanted::all(&KINDS), form);
        assert_eq!(import(&instance, &text), 0, "{form:?}");
    }
}

/// The order is that of bytes, and %All and the roles of databases are left out (sections 4.1 and 5.1).
/// Marks of the original that do nothing here come out as they went in.
#[test]
fn marks_without_effect_are_kept() {
    let instance = with_vault(1);
    let service = "<ServicesExport><Services><Description>d</Description><HttpOnlyCookies>true</HttpOnlyCookies>\
                   <Name>%Service_Bindings</Name><TwoFactorEnabled>true</TwoFactorEnabled></Services></ServicesExport>";
    let system = "<SystemExport><System><Name>SYSTEM</Name><TwoFactorEnabled>true</TwoFactorEnabled></System></SystemExport>";
    import(&instance, service);
    import(&instance, system);
    let of = |kind| exported(&instance, &Wanted::all(&[kind]), Form::Xml);
    let services = of(Kind::Service);
    assert_eq!(services.matches("<HttpOnlyCookies>true<").count(), 1);
    assert_eq!(services.matches("<TwoFactorEnabled>true<").count(), 1);
    assert_eq!(of(Kind::System).matches("<TwoFactorEnabled>true<").count(), 1);
}

#[test]
fn records_are_in_the_order_of_the_original() {
    let instance = clinic();
    let names = |kinds: &[Kind]| -> Vec<String> {
        let text = exported(&instance, &Wanted::all(kinds), Form::Xml);
        let lines = text.lines().filter_map(|line| line.strip_prefix("    <Name>"));
        lines.map(|line| line.strip_suffix("</Name>").unwrap().to_owned()).collect()
    };
    let users = names(&[Kind::User]);
    let mut sorted = users.clone();
    sorted.sort();
    assert_eq!(users, sorted);
    assert!(users.ends_with(&[
        "_PUBLIC".into(),
        "_SYSTEM".into(),
        "abe".into(),
        "alice".into(),
        "operator".into()
    ]));
    let roles = names(&[Kind::Role]);
    assert_eq!(roles.last().map(String::as_str), Some("Boss"), "it is written again, with what it holds");
    assert_eq!(roles.iter().filter(|name| *name == "Boss").count(), 2);
    assert_eq!(roles.iter().filter(|name| *name == "Clerk").count(), 1);
    assert!(!roles.iter().any(|name| name == "%All" || name.starts_with("%DB_")), "{roles:?}");
    let text = exported(&instance, &Wanted::all(&[Kind::Application]), Form::Xml);
    let own: Vec<bool> = text.lines().filter(|l| l.contains("<Type>")).map(|l| !l.contains(">3<")).collect();
    assert!(own.contains(&true) && own.contains(&false) && own.is_sorted_by(|a, b| a >= b), "{own:?}");
}

#[test]
fn secrets_are_written_only_where_they_are_asked_for_and_that_is_recorded() {
    let instance = clinic();
    let secrets = [
        "tUFM9yTxXuR6/F9hHoaCmGQD1fM=",
        "ZGVmZ2hpamtsbW5vcHFyc3R1dnc=",
        "ancient",
        "AAECAwQFBgc=",
        "b5414cf7",
    ];
    let held = |wanted: &Wanted, form| -> Vec<&str> {
        let text = exported(&instance, wanted, form);
        secrets.into_iter().filter(|secret| text.contains(secret)).collect()
    };
    let plain = Wanted::all(&KINDS);
    for form in [Form::Xml, Form::Json, Form::Yaml] {
        assert_eq!(held(&plain, form), [""; 0], "{form:?}");
    }
    assert_eq!(held(&everything(), Form::Xml), secrets[..4]);
    assert_eq!(instance.last_event().event, ["Sclera", "Instance", "Export"]);
    assert_eq!(held(&everything(), Form::Json), [secrets[4]]);
    assert_eq!(held(&everything(), Form::Yaml), [secrets[4]]);
}

#[test]
fn an_export_without_secrets_takes_none_away() {
    let instance = clinic();
    let before = exported(&instance, &everything(), Form::Xml);
    import(&instance, &exported(&instance, &Wanted::all(&KINDS), Form::Xml));
    assert!(exported(&instance, &everything(), Form::Xml) == before);
    let other = with_vault(9);
    import(&other, &exported(&instance, &everything(), Form::Json));
    assert!(other.log_in("Zed").is_ok(), "with secrets, passwords are in JSON, too");
}

#[test]
fn what_is_wanted_can_be_chosen() {
    let instance = clinic();
    let named = |text: &str| Selection::new(text, Matching::Exact);
    let names = |wanted: Wanted| -> Vec<String> {
        let text = exported(&instance, &wanted, Form::Xml);
        let mut names: Vec<String> =
            read(text.as_bytes()).unwrap().records.into_iter().map(|r| r.name).collect();
        names.dedup();
        names
    };
    let of = |kind| Wanted::all(&[kind]);
    instance.carry(modify_resource("%DB_SALES", "PublicPermission", "R"));
    for (wanted, expected) in [
        (Wanted { names: named("ZED,al*"), ..of(Kind::User) }, vec!["Zed", "alice"]),
        (Wanted { holding: "clerk".into(), ..of(Kind::User) }, vec!["abe", "alice"]),
        (Wanted { holding: "nobody".into(), ..of(Kind::User) }, vec![]),
        (Wanted { names: named("Zed"), sql: true, ..of(Kind::User) }, vec!["Zed"]),
        (Wanted { names: named("abe"), sql: true, ..of(Kind::User) }, vec!["abe"]),
        (Wanted { names: named("Boss"), sql: true, ..of(Kind::Role) }, vec!["Boss"]),
        (Wanted { resources: named("appdata"), ..of(Kind::Role) }, vec!["Clerk"]),
        (
            Wanted { public: Some(Permissions::READ), types: Some(1 << 31), ..of(Kind::Resource) },
            vec!["AppData"],
        ),
        (
            Wanted { public: Some(Permissions::READ), names: named("%DB_S*"), ..of(Kind::Resource) },
            vec!["%DB_SALES"],
        ),
        (Wanted { names: named("bench/*"), ..of(Kind::Event) }, vec!["Bench/Door/Open"]),
        (Wanted { types: Some(2), names: named("/app"), ..of(Kind::Application) }, vec!["/app"]),
        (Wanted { types: Some(4), ..of(Kind::Application) }, vec![]),
    ] {
        let told = format!("{wanted:?}");
        assert_eq!(names(wanted), expected, "{told}");
    }
    let with_sql = |name: &str, kind| {
        exported(&instance, &Wanted { names: named(name), sql: true, ..of(kind) }, Form::Xml)
    };
    let (zed, abe, boss) =
        (with_sql("Zed", Kind::User), with_sql("abe", Kind::User), with_sql("Boss", Kind::Role));
    assert!(zed.contains("<CreateTable>1</CreateTable>") && !zed.contains("Sample.Person"), "{zed}");
    assert!(zed.contains("<RoleGranted>Boss</RoleGranted>\n    <Grantable>1</Grantable>"), "{zed}");
    assert!(!abe.contains("CreateTable") && abe.contains("<SQLAdminPrivilegeSetExport/>"), "{abe}");
    assert!(
        boss.contains("<SQLObject>1,Sample.Person</SQLObject>") && !boss.contains("CreateTable"),
        "{boss}"
    );
}

#[test]
fn an_export_ends_where_it_cannot_go_on() {
    let instance = clinic();
    instance.carry(user("bob", ""));
    let bob = instance.log_in("bob").unwrap();
    let refused =
        instance.engine.export_to(&bob, &everything(), Form::Xml, &mut |_| panic!("nothing is written"));
    assert!(matches!(refused, Err(ExportFault::Refused(Refusal::NotPrivileged { .. }))), "{refused:?}");
    assert_eq!(instance.last_event().event[2], "AccessDenied");
    let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    let stopped = instance.engine.export_to(&instance.owner, &everything(), Form::Xml, &mut |_| Err(full()));
    assert!(matches!(stopped, Err(ExportFault::Sink(_))), "{stopped:?}");
    instance.carry(modify_user("bob", "Comment", "a\u{ffff}b"));
    let unwritable =
        instance.engine.export_to(&instance.owner, &everything(), Form::Xml, &mut |_| Ok(())).unwrap_err();
    assert!(unwritable.to_string().starts_with("Comment of the user bob holds a character"), "{unwritable}");
    let without = Wanted { secrets: true, ..Wanted::all(&[Kind::User]) };
    let mut sealed = clinic();
    sealed.engine = sealed.engine.with_vault(Vault::new([1; 32]));
    let unopened = sealed.engine.export_to(&sealed.owner, &without, Form::Xml, &mut |_| Ok(())).unwrap_err();
    assert!(unopened.to_string().contains("no key that opens HOTPKey"), "{unopened}");
}

/// Exports that others have published, where a folder with them is given: in, and out again with every element.
#[test]
fn published_exports_come_out_as_they_went_in() {
    let Some(folder) = std::env::var_os("SCLERA_CORPUS").map(|folder| PathBuf::from(folder).join("exports"))
    else {
        eprintln!("skipped: SCLERA_CORPUS names no folder");
        return;
    };
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let instance = with_vault(7);
        instance.carry_all(presumed(&text).map(|name| role(name, "", "")));
        instance.carry_all(
            ["DP_ADMIN", "DP_MENU_DASHBOARD", "DP_MENU_SEARCH", "DP_PIPE_HL7ADT"]
                .map(|name| resource(name, "")),
        );
        import(&instance, &text);
        let out = exported(&instance, &everything(), Form::Xml);
        let (given, written) = (elements(&text), elements(&out));
        let missing: Vec<&String> = given.iter().filter(|line| !written.contains(line)).collect();
        assert_eq!(missing, [""; 0].iter().collect::<Vec<_>>(), "{}", file.display());
        count += 1;
    }
    assert_eq!(count, 20);
}

/// Roles that the published users hold.
fn presumed(text: &str) -> impl Iterator<Item = &'static str> + use<> {
    let held = text.contains("<RolesItem>DataPipe_Admin");
    ["DataPipe_Admin"].into_iter().filter(move |_| held)
}

/// Every element of every record, as `record/name/element=value`, in one spelling.
fn elements(text: &str) -> Vec<String> {
    let mut told = Vec::new();
    for record in
        ["Users", "Roles", "Resources", "Applications", "SSLConfigs", "SQLPrivileges", "SQLRoleGrantOption"]
    {
        let (open, close) = (format!("<{record}>"), format!("</{record}>"));
        for part in text.split(&open).skip(1).filter_map(|part| part.split(&close).next()) {
            if record == "Resources" && part.contains("<Permission>") {
                continue;
            }
            told.extend(leaves(part).into_iter().map(|leaf| format!("{record}/{}/{leaf}", key(part))));
        }
    }
    told
}

fn key(part: &str) -> String {
    let names = ["<Name>", "<SQLObject>", "<UserOrRole>"];
    let found = names.iter().filter(|name| part.contains(**name)).map(|name| {
        let outside = part.split("<Resources>").next().unwrap();
        let from = if outside.contains(*name) { outside } else { part };
        from.split(*name).nth(1).unwrap().split('<').next().unwrap()
    });
    found.collect::<Vec<_>>().join("/")
}

/// What is known to differ: the number of the records' form, the writer's own level of it; instants beyond microseconds.
fn leaves(part: &str) -> Vec<String> {
    let mut leaves = Vec::new();
    for piece in part.split('<').filter(|piece| !piece.starts_with('/')) {
        let Some((name, value)) = piece.split_once('>') else { continue };
        let value = match name {
            "Version" | "Grantor" => continue,
            name if name.ends_with("DateTime") => {
                value.split_once('.').map_or(value.to_owned(), |(whole, part)| format!("{whole}.{part:.6}"))
            }
            _ if value == "true" => "1".to_owned(),
            _ if value == "false" => "0".to_owned(),
            _ => value.to_owned(),
        };
        if !value.trim().is_empty() {
            leaves.push(format!("{name}={value}"));
        }
    }
    leaves
}
