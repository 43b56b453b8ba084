//! What is written is read back, and both forms say the same.

use super::{record, wholes};
use proptest::prelude::*;
use sclera_core::application::Application;
use sclera_core::change::Kind;
use sclera_core::property::{Access, Class, Properties, Value};
use sclera_core::resource::Resource;
use sclera_core::role::Role;
use sclera_core::service::Service;
use sclera_core::system::System;
use sclera_core::user::User;
use sclera_exchange::{Document, Form, Password, Record, SqlRecord, read, write};

#[test]
fn the_forms_look_like_this() {
    let sql = SqlRecord {
        namespace: "USER".to_owned(),
        object: Some(("table".to_owned(), "Sample.Person".to_owned())),
        privilege: "SELECT".to_owned(),
        grantee: "Nurse".to_owned(),
        grantable: false,
        grantor: String::new(),
    };
    let numbered = SqlRecord { object: Some(("1".to_owned(), "Sample.Person".to_owned())), ..sql.clone() };
    let administrative = SqlRecord { object: None, privilege: "%NOLOCK".to_owned(), ..sql.clone() };
    let privilege = |sql: SqlRecord| Record {
        sql: Some(sql),
        ..record(Kind::SqlPrivilege, "Nurse", "", Properties::new())
    };
    let user =
        Properties::new().with("FullName", "yes").with("Roles", "Nurse,%Operator").with("Enabled", true);
    let records = vec![
        privilege(sql),
        record(Kind::System, "SYSTEM", "", Properties::new().with("InactiveLimit", 30)),
        Record {
            password: Some(Password::new("p: #1".to_owned())),
            password_hash: Some("ab,cd,10000,SHA512".to_owned()),
            ..record(Kind::User, "ann", "", user)
        },
        privilege(numbered),
        record(Kind::Role, "Nurse", "", Properties::new().with("Description", "a\nb")),
        privilege(administrative),
    ];
    let document = Document::of(records);
    assert_eq!(*write(&document, Form::Json).unwrap(), include_str!("round_trip.json"));
    assert_eq!(*write(&document, Form::Yaml).unwrap(), include_str!("round_trip.yaml"));
    let empty = Document::default();
    assert_eq!(*write(&empty, Form::Json).unwrap(), "{}\n");
    assert_eq!(*write(&empty, Form::Yaml).unwrap(), "{}\n");
}

/// Texts, among them those that YAML takes for something else.
fn text() -> impl Strategy<Value = String> {
    let hard = [
        "",
        " ",
        "yes",
        "NO",
        "null",
        "~",
        "true",
        "1",
        "-0",
        "007",
        "+49",
        "1e5",
        "1.0",
        ".inf",
        "0x1F",
        "1_000",
        "12:30:45",
        "2026-11-22",
        "<<",
        "=",
        "- a",
        "-",
        "?",
        ": ",
        "a: b",
        "a:",
        " a",
        "a ",
        "\ta",
        "#a",
        "a #b",
        "\n",
        "a\n",
        "\n\na\n \nb\n",
        "a\r\nb",
        "---",
        "--- a",
        "...",
        "{a}",
        "[b",
        "*x",
        "&y",
        "!t",
        "%d",
        "@e",
        "`f",
        "'",
        "''",
        "\"",
        "\\",
        "|",
        ">",
        "a,b",
        "\0",
        "\u{1b}",
        "\u{7f}",
        "\u{85}",
        "\u{9b}",
        "\u{a0}",
        "\u{feff}a",
        "\u{2028}",
        "\u{2029}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{202e}",
        "😀",
        "é",
    ];
    prop_oneof![
        2 => prop::sample::select(hard.to_vec()).prop_map(str::to_owned),
        2 => "[ -~]{0,100}",
        1 => prop::collection::vec(any::<char>(), 0..20).prop_map(String::from_iter),
        1 => prop::collection::vec(prop::sample::select(hard.to_vec()), 0..4).prop_map(|parts| parts.concat()),
    ]
}

fn given() -> impl Strategy<Value = String> {
    text().prop_filter("a blank text is not given", |text| !text.trim().is_empty())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => text().prop_map(Value::Text),
        1 => any::<i64>().prop_map(Value::Integer),
        1 => any::<bool>().prop_map(Value::Boolean),
    ]
}

fn properties<T: Class>() -> impl Strategy<Value = Properties> {
    let open = T::FIELDS.iter().filter(|field| field.access == Access::Open).map(|field| field.name);
    let names: Vec<&str> = open.collect();
    let count = names.len();
    let names = prop::sample::subsequence(names, 0..=count).prop_shuffle();
    (names, prop::collection::vec(value(), count)).prop_map(|(names, values)| {
        names.into_iter().zip(values).fold(Properties::new(), |all, (name, value)| all.with(name, value))
    })
}

fn named<T: Class>(kind: Kind) -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec((text(), properties::<T>()), 0..3).prop_map(move |given| {
        let each = given.into_iter().enumerate();
        // The number at the end keeps names apart.
        each.map(|(number, (name, given))| record(kind, &format!("{name}|{number}"), "", given)).collect()
    })
}

fn users() -> impl Strategy<Value = Vec<Record>> {
    let secrets = prop::collection::vec((prop::option::of(text()), prop::option::of(text())), 3);
    (named::<User>(Kind::User), secrets).prop_map(|(users, secrets)| {
        let each = users.into_iter().zip(secrets);
        each.map(|(user, (password, password_hash))| Record {
            password: password.map(Password::new),
            password_hash,
            ..user
        })
        .collect()
    })
}

fn sql() -> impl Strategy<Value = Record> {
    let name = given().prop_map(|name| name.trim().to_owned());
    let object = prop::option::of((prop::sample::select(vec!["table", "ml-configuration", "1", "9"]), name));
    (given(), object, given(), given(), any::<bool>()).prop_map(
        |(namespace, object, privilege, grantee, grantable)| {
            let object = object.map(|(kind, name)| (kind.to_owned(), name));
            let name = grantee.clone();
            let sql = SqlRecord { namespace, object, privilege, grantee, grantable, grantor: String::new() };
            Record { sql: Some(sql), ..record(Kind::SqlPrivilege, &name, "", Properties::new()) }
        },
    )
}

fn document() -> impl Strategy<Value = Document> {
    let system = prop::option::of(properties::<System>());
    let system = system.prop_map(|given| given.map(|given| record(Kind::System, "SYSTEM", "", given)));
    (
        named::<Resource>(Kind::Resource),
        named::<Role>(Kind::Role),
        users(),
        named::<Application>(Kind::Application),
        named::<Service>(Kind::Service),
        system,
        prop::collection::vec(sql(), 0..3),
    )
        .prop_map(|(resources, roles, users, applications, services, system, sql)| {
            let named = [resources, roles, users, applications, services].into_iter().flatten();
            Document::of(named.chain(system).chain(sql).collect())
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(document in document()) {
        let (json, yaml) = (write(&document, Form::Json).unwrap(), write(&document, Form::Yaml).unwrap());
        prop_assert!(json.ends_with('\n') && yaml.ends_with('\n'));
        let from_json = read(json.as_bytes()).map_err(|error| TestCaseError::fail(format!("{error}\n{}", *json)))?;
        let from_yaml = read(yaml.as_bytes());
        // A document of nothing is `{}`, which is JSON.
        let from_yaml = from_yaml.map_err(|error| TestCaseError::fail(format!("{error}\n{}", *yaml)))?;
        prop_assert_eq!(wholes(&from_json), wholes(&from_yaml), "{}", *yaml);
        let without_place = |document: &Document| {
            let all = wholes(document).into_iter();
            all.map(|(kind, name, given, secret, hash, _, sql)| (kind, name, given, secret, hash, sql)).collect::<Vec<_>>()
        };
        prop_assert_eq!(without_place(&from_json), without_place(&document), "{}", *json);
        prop_assert_eq!(write(&from_yaml, Form::Json).unwrap(), json);
        prop_assert_eq!(write(&from_json, Form::Yaml).unwrap(), yaml);
    }
}
