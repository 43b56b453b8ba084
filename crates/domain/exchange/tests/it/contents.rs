//! What a document may say.

use super::{message, record, refusal, whole, wholes};
use sclera_core::change::Kind;
use sclera_core::property::{Properties, Value};
use sclera_exchange::{Fault, Malformed, SqlRecord, read};

const WHOLE: &str = r#"{
  "SQLPrivileges": [
    {"Namespace": "USER", "Object": "table Sample.Person", "Privilege": "SELECT", "Grantee": "Nurse"},
    {"Namespace": "*", "Object": "1,Sample.Person", "Privilege": "s", "Grantee": "ann", "Grantable": true},
    {"Namespace": "USER", "Privilege": "%CREATE_TABLE", "Grantee": "ann", "Grantable": 0}
  ],
  "System": {"Name": "system", "InactiveLimit": 30, "SQLSecurity": true, "Description": "ignored"},
  "Services": [{"Name": "%Service_Telnet", "Enabled": false, "ClientSystems": ["10.0.0.1|A,B", "10.0.0.2"]}],
  "Applications": [{"Name": "/csp/ward", "MatchRoles": [":Reader", "Nurse:Writer"], "Type": 2}],
  "Users": [
    {"Name": "ann", "Roles": ["Nurse", "%Operator"], "Enabled": true, "Password": "hunter2", "RolesAreAdmin": true,
     "LoginDateTime": "x", "InvalidLoginAttempts": 3, "SuperUser": [0], "Flags": 1, "Comment": null},
    {"Name": "bob", "PasswordHash": "ab,cd"}
  ],
  "Roles": [{"Name": "Nurse", "Resources": "Wards:RW,%DB_USER:R", "GrantedRoles": [], "EscalationOnly": 1}],
  "Resources": [{"Name": "Wards", "Description": "Wards", "PublicPermission": "", "Type": 2147483648}]
}"#;

#[test]
fn a_whole_document_in_order() {
    let document = read(WHOLE.as_bytes()).unwrap();
    let properties = |list: &[(&str, Value)]| {
        list.iter().fold(Properties::new(), |all, (name, value)| all.with(name, value.clone()))
    };
    let text = |text: &str| Value::from(text);
    let expected = [
        record(
            Kind::Resource,
            "Wards",
            r#"Resources[0] "Wards""#,
            properties(&[("Description", text("Wards")), ("PublicPermission", text(""))]),
        ),
        record(
            Kind::Role,
            "Nurse",
            r#"Roles[0] "Nurse""#,
            properties(&[
                ("Resources", text("Wards:RW,%DB_USER:R")),
                ("GrantedRoles", text("")),
                ("EscalationOnly", Value::Integer(1)),
            ]),
        ),
        record(
            Kind::User,
            "ann",
            r#"Users[0] "ann""#,
            properties(&[
                ("Roles", text("Nurse,%Operator")),
                ("Enabled", Value::Boolean(true)),
                ("RolesAreAdmin", Value::Boolean(true)),
            ]),
        ),
        record(Kind::User, "bob", r#"Users[1] "bob""#, Properties::new()),
        record(
            Kind::Application,
            "/csp/ward",
            r#"Applications[0] "/csp/ward""#,
            properties(&[("MatchRoles", text(":Reader,Nurse:Writer")), ("Type", Value::Integer(2))]),
        ),
        record(
            Kind::Service,
            "%Service_Telnet",
            r#"Services[0] "%Service_Telnet""#,
            properties(&[
                ("Enabled", Value::Boolean(false)),
                ("ClientSystems", text("10.0.0.1|A,B;10.0.0.2")),
            ]),
        ),
        record(
            Kind::System,
            "SYSTEM",
            "System",
            properties(&[("InactiveLimit", Value::Integer(30)), ("SQLSecurity", Value::Boolean(true))]),
        ),
    ];
    let (named, sql) = document.records.split_at(expected.len());
    for (read, expected) in named.iter().zip(&expected) {
        let (kind, name, properties, .., place, sql) = whole(expected);
        let (secret, hash) = match name.as_str() {
            "ann" => (Some("hunter2".to_owned()), None),
            "bob" => (None, Some("ab,cd".to_owned())),
            _ => (None, None),
        };
        assert_eq!(whole(read), (kind, name, properties, secret, hash, place, sql));
    }
    let privilege =
        |namespace: &str, object: Option<(&str, &str)>, privilege: &str, grantee: &str, grantable| {
            Some(SqlRecord {
                namespace: namespace.to_owned(),
                object: object.map(|(kind, name)| (kind.to_owned(), name.to_owned())),
                privilege: privilege.to_owned(),
                grantee: grantee.to_owned(),
                grantable,
                grantor: String::new(),
            })
        };
    let expected = [
        privilege("USER", Some(("table", "Sample.Person")), "SELECT", "Nurse", false),
        privilege("*", Some(("1", "Sample.Person")), "s", "ann", true),
        privilege("USER", None, "%CREATE_TABLE", "ann", false),
    ];
    assert_eq!(sql.len(), expected.len());
    for (index, (read, expected)) in sql.iter().zip(expected).enumerate() {
        assert_eq!((read.kind, &read.sql), (Kind::SqlPrivilege, &expected));
        assert_eq!(
            (read.name.as_str(), read.place.as_str()),
            (expected.unwrap().grantee.as_str(), format!("SQLPrivileges[{index}]").as_str())
        );
    }
}

#[test]
fn nothing_given_is_nothing_read() {
    for text in ["{}", r#"{"Users":null,"System":null,"SQLPrivileges":[]}"#, "Users:\nRoles: ~\n", "--- {}\n"]
    {
        assert!(read(text.as_bytes()).unwrap().records.is_empty(), "{text}");
    }
    let system = read(b"System: {}").unwrap();
    assert_eq!((system.records.len(), system.records[0].properties.is_empty()), (1, true));
}

#[test]
fn names_are_known_or_refused() {
    for (text, expected) in [
        (r#"{"users":[]}"#, "top level: unknown name `users`; did you mean `Users`?"),
        (r#"{"Role":[]}"#, "top level: unknown name `Role`; did you mean `Roles`?"),
        (r#"{"SQLPriviliges":[]}"#, "top level: unknown name `SQLPriviliges`; did you mean `SQLPrivileges`?"),
        (r#"{"Groups":[]}"#, "top level: unknown name `Groups`"),
        (
            r#"{"Users":[{"Name":"ann","enabled":1}]}"#,
            r#"Users[0] "ann": unknown name `enabled`; did you mean `Enabled`?"#,
        ),
        (r#"{"Users":[{"name":"ann"}]}"#, "Users[0]: unknown name `name`; did you mean `Name`?"),
        (r#"{"Users":[{"Name":"ann","Salt":"00"}]}"#, r#"Users[0] "ann": unknown name `Salt`"#),
        (r#"{"Users":[{"Name":"ann","Owner":true}]}"#, r#"Users[0] "ann": unknown name `Owner`"#),
        (r#"{"Users":[{"Name":"ann","AdminRoles":null}]}"#, r#"Users[0] "ann": unknown name `AdminRoles`"#),
        (r#"{"Roles":[{"Name":"R","Password":"x"}]}"#, r#"Roles[0] "R": unknown name `Password`"#),
        (r#"{"Roles":[{"Name":"R","Origin":"predefined"}]}"#, r#"Roles[0] "R": unknown name `Origin`"#),
        (
            r#"{"System":{"SQLsecurity":true}}"#,
            "System: unknown name `SQLsecurity`; did you mean `SQLSecurity`?",
        ),
        (
            r#"{"SQLPrivileges":[{"Grante":"x"}]}"#,
            "SQLPrivileges[0]: unknown name `Grante`; did you mean `Grantee`?",
        ),
        ("{\"Users\":[{\"Name\":\"ann\",\"a\\nb\":1}]}", r#"Users[0] "ann": unknown name `a\u{a}b`"#),
    ] {
        assert_eq!(message(text), expected, "{text}");
    }
    assert_eq!(
        refusal(r#"{"Users":[{"Name":"ann","Role":"R"}]}"#),
        Malformed::Contents {
            place: r#"Users[0] "ann""#.to_owned(),
            fault: Fault::Unknown { name: "Role".to_owned(), near: Some("Roles") },
        }
    );
}

#[test]
fn records_are_objects_with_names() {
    for (text, expected) in [
        (r#"{"Users":{"Name":"ann"}}"#, "Users: it must be a list of objects, not an object"),
        (r#"{"Users":"ann"}"#, "Users: it must be a list of objects, not text"),
        (r#"{"Users":["ann"]}"#, "Users[0]: it must be an object, not text"),
        (r#"{"Users":[{"Name":"ann"},null]}"#, "Users[1]: it must be an object, not null"),
        (r#"{"Users":[{}]}"#, "Users[0]: `Name` is missing"),
        (r#"{"Users":[{"Name":null}]}"#, "Users[0]: `Name` is missing"),
        (r#"{"Users":[{"Name":7}]}"#, "Users[0]: `Name` must be text, not a number"),
        (r#"{"Users":[{"Name":["ann"]}]}"#, "Users[0]: `Name` must be text, not a list"),
        (r#"{"Users":[{"Name":" "}]}"#, r#"Users[0] " ": `Name` is empty"#),
        (r#"{"System":[]}"#, "System: it must be an object, not a list"),
        (r#"{"System":{"Name":"OTHER"}}"#, "System: these settings are named `SYSTEM`, not `OTHER`"),
        (r#"{"System":{"Name":1}}"#, "System: `Name` must be text, not a number"),
        ("- Users\n", "top level: it must be an object, not a list"),
        ("null", "top level: it must be an object, not null"),
        ("just text", "top level: it must be an object, not text"),
    ] {
        assert_eq!(message(text), expected, "{text}");
    }
}

#[test]
fn values_are_single_or_lists_of_texts() {
    let one = "text, a whole number, true or false";
    let more = "text, a whole number, true, false or a list of texts";
    for (property, expected) in [
        (r#""Enabled":[true]"#, format!("`Enabled` must be {one}, not a list")),
        (r#""Comment":{"a":1}"#, format!("`Comment` must be {one}, not an object")),
        (
            r#""AutheEnabled":1.5"#,
            format!("`AutheEnabled` must be {one}, not a number with a fraction or of more than 64 bits"),
        ),
        (
            r#""AutheEnabled":9223372036854775808"#,
            format!("`AutheEnabled` must be {one}, not a number with a fraction or of more than 64 bits"),
        ),
        (r#""Roles":{}"#, format!("`Roles` must be {more}, not an object")),
        (r#""Roles":["A",1]"#, "`Roles` must be a list of texts, not a number".to_owned()),
        (r#""Roles":["A",["B"]]"#, "`Roles` must be a list of texts, not a list".to_owned()),
        (r#""Roles":[null]"#, "`Roles` must be a list of texts, not null".to_owned()),
        (r#""Roles":["A","B,%All"]"#, "an element of `Roles` holds `,`, which separates elements".to_owned()),
    ] {
        let text = format!(r#"{{"Users":[{{"Name":"ann",{property}}}]}}"#);
        assert_eq!(message(&text), format!(r#"Users[0] "ann": {expected}"#));
    }
    assert_eq!(
        message(r#"{"Services":[{"Name":"S","ClientSystems":["a;b"]}]}"#),
        r#"Services[0] "S": an element of `ClientSystems` holds `;`, which separates elements"#
    );
    let extremes = read(br#"{"Services":[{"Name":"S","AutheEnabled":-9223372036854775808}]}"#).unwrap();
    assert_eq!(extremes.records[0].properties.get("AutheEnabled"), Some(&Value::Integer(i64::MIN)));
}

#[test]
fn sql_privileges_say_what_they_must() {
    for (text, expected) in [
        (r#"{"Privilege":"s","Grantee":"a"}"#, "`Namespace` is missing"),
        (r#"{"Namespace":"","Privilege":"s","Grantee":"a"}"#, "`Namespace` is empty"),
        (r#"{"Namespace":"N","Grantee":"a"}"#, "`Privilege` is missing"),
        (r#"{"Namespace":"N","Privilege":"s"}"#, "`Grantee` is missing"),
        (r#"{"Namespace":"N","Privilege":"s","Grantee":1}"#, "`Grantee` must be text, not a number"),
        (
            r#"{"Namespace":"N","Object":["table"],"Privilege":"s","Grantee":"a"}"#,
            "`Object` must be text, not a list",
        ),
        (
            r#"{"Namespace":"N","Object":"Person","Privilege":"s","Grantee":"a"}"#,
            "the object `Person` must be written as `table Sample.Person` or `1,Sample.Person`",
        ),
        (
            r#"{"Namespace":"N","Privilege":"s","Grantee":"a","Grantable":"yes"}"#,
            "`Grantable` must be true or false, not text",
        ),
    ] {
        assert_eq!(
            message(format!(r#"{{"SQLPrivileges":[{text}]}}"#)),
            format!("SQLPrivileges[0]: {expected}")
        );
    }
}

#[test]
fn a_name_stands_once_in_a_section() {
    assert_eq!(
        message(r#"{"Users":[{"Name":"ann"},{"Name":"bob"},{"Name":"ANN "}]}"#),
        r#"Users[2] "ANN ": the same name as Users[0] "ann""#
    );
    let apart = read(br#"{"Users":[{"Name":"x"}],"Resources":[{"Name":"x"}]}"#).unwrap();
    assert_eq!(apart.records.len(), 2);
}

#[test]
fn a_role_written_twice_is_one_role() {
    let text = r#"{"Roles":[
        {"Name":"R1","Description":"first","Resources":"A:R"},
        {"Name":"R2"},
        {"Name":"r1","Description":"later","Resources":null,"GrantedRoles":"R2"}]}"#;
    let united =
        Properties::new().with("Description", "later").with("Resources", "A:R").with("GrantedRoles", "R2");
    let expected = [
        record(Kind::Role, "R1", r#"Roles[0] "R1""#, united),
        record(Kind::Role, "R2", r#"Roles[1] "R2""#, Properties::new()),
    ];
    assert_eq!(wholes(&read(text.as_bytes()).unwrap()), expected.iter().map(whole).collect::<Vec<_>>());
}

#[test]
fn passwords_are_shown_nowhere() {
    let secret = "hunter2";
    let good =
        format!(r#"{{"Users":[{{"Name":"ann","Password":"{secret}","PasswordHash":"{secret},00"}}]}}"#);
    assert!(!format!("{:?}", read(good.as_bytes()).unwrap()).contains(secret));
    for bad in [
        format!(r#"{{"Users":[{{"Name":"ann","Password":["{secret}"]}}]}}"#),
        format!(r#"{{"Users":[{{"Name":"ann","PasswordHash":{{"{secret}":1}}}}]}}"#),
        format!(r#"{{"Users":[{{"Name":"ann","Password":"{secret}","x":1}}]}}"#),
        format!(r#"{{"Users":[{{"Name":"ann","Password":"{secret}\q"}}]}}"#),
        format!(r#"{{"Users":[{{"Name":"ann","Password":"{secret}"#),
        format!("Users:\n- Name: ann\n  Password: !x {secret}\n"),
        format!("Users:\n- Name: ann\n  Password: \"{secret}\n"),
        format!("Users:\n- Name: ann\n  Password: {secret}\n  Password: {secret}\n"),
        format!("Users:\n- Name: ann\n  Password: {secret}: x\n"),
    ] {
        assert!(!message(&bad).contains(secret), "{bad}");
        assert!(!format!("{:?}", refusal(&bad)).contains(secret), "{bad}");
    }
    assert_eq!(
        message(r#"{"Users":[{"Name":"ann","Password":12345}]}"#),
        r#"Users[0] "ann": `Password` must be text, not a number"#
    );
    let none = read(br#"{"Users":[{"Name":"ann","Password":null,"PasswordHash":null}]}"#).unwrap();
    assert!(none.records[0].password.is_none() && none.records[0].password_hash.is_none());
}
