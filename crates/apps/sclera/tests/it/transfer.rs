//! `import` and `export`: all or nothing, rehearsed without a trace, and out again as it came in.

use crate::harness::{Kind, Scratch, mode};
use serde_json::json;
use std::collections::BTreeSet;

const HOSPITAL: &str = include_str!("../../samples/hospital.yaml");

#[test]
fn json_and_yaml_come_in_as_one_change() {
    let scratch = Scratch::new(Kind::Compatible);
    let before = scratch.revision();
    let said = scratch.ok(["import", &scratch.file("hospital.yaml", HOSPITAL)]);
    assert!(said.contains("create role Consultant") && said.ends_with("changes made\n"), "{said}");
    assert_eq!(scratch.revision(), before + 1);
    assert_eq!(scratch.ok(["check", "Lab_Results", "--user", "chandra"]), "READ\n");
    let file = scratch.file(
        "more.json",
        r#"{"Resources":[{"Name":"More","Description":"Text","PublicPermission":"R"}],
            "Roles":[{"Name":"Late","GrantedRoles":"Later"},{"Name":"Later","Resources":"More:RW,AppX:U"}],
            "Users":[{"Name":"leo","Roles":"Late,Nurse","Enabled":false,"Password":"Sentinel-Moss-31"}],
            "Resources ":[]}"#,
    );
    let said = scratch.refused(3, ["import", &file]);
    assert!(said.contains("unknown name `Resources `"), "{said}");
    let file = scratch.file(
        "more.json",
        r#"{"Roles":[{"Name":"Late","GrantedRoles":["Later"]},{"Name":"Later","Resources":"More:RW"}],
            "Users":[{"Name":"leo","Roles":"Late,Nurse","Enabled":false,"Password":"Sentinel-Moss-31"}],
            "Resources":[{"Name":"More","Description":"Text","PublicPermission":"R"}],
            "SQLPrivileges":[{"Namespace":"USER","Object":"table A.B","Privilege":"SELECT","Grantee":"Late"}]}"#,
    );
    let value = scratch.json(["import", &file]);
    assert_eq!((&value["Changed"], &value["DryRun"]), (&json!(true), &json!(false)));
    assert_eq!(value["Plan"][0]["Action"], json!("Create"));
    assert_eq!(
        scratch.ok(["check", "More", "--user", "leo"]),
        "READ,WRITE\n",
        "a role may be named before it is made"
    );
    let again = scratch.json(["import", &file]);
    assert!(!again.to_string().contains("Sentinel"), "a password is never shown");
    scratch.is_intact();
}

/// `export-xml.md` section 8, test 10.
#[test]
fn some_kinds_of_a_file_come_in_alone() {
    let scratch = Scratch::new(Kind::Compatible);
    let file = scratch.file("hospital.yaml", HOSPITAL);
    let kinds = |value: &serde_json::Value| {
        let plan = value["Plan"].as_array().unwrap().iter();
        plan.map(|entry| entry["Kind"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let set = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect::<BTreeSet<_>>();
    // A resource of a database brings its role along.
    assert_eq!(kinds(&scratch.json(["import", &file, "--what", "resources"])), set(&["resource", "role"]));
    assert_eq!(kinds(&scratch.json(["import", &file, "--what", "roles,resources"])), set(&["role"]));
    assert_eq!(scratch.json(["user", "list", "chandra"]), json!([]), "users were left aside");
    let said = scratch.refused(2, ["import", &file, "--what", "rolls"]);
    assert!(said.contains("not `rolls`"), "{said}");
    assert_eq!(kinds(&scratch.json(["import", &file])), set(&["user"]));
}

#[test]
fn importing_twice_changes_nothing() {
    let scratch = Scratch::new(Kind::Compatible);
    let file = scratch.file("hospital.yaml", HOSPITAL);
    scratch.ok(["import", &file]);
    let (revision, exported) = (scratch.revision(), scratch.exported());
    let again = scratch.json(["import", &file]);
    assert_eq!((&again["Changed"], &again["Plan"]), (&json!(false), &json!([])));
    assert_eq!((scratch.revision(), scratch.exported()), (revision, exported));
}

#[test]
fn a_rehearsal_leaves_no_trace() {
    let scratch = Scratch::new(Kind::Worked);
    let state = || {
        let status = scratch.json(["status"]);
        let audit = scratch.ok(["audit", "list", "--json", "--limit", "1000"]);
        (status, audit, scratch.ok(["audit", "verify", "--json"]), scratch.exported())
    };
    let before = state();
    let file = scratch.file("hospital.yaml", HOSPITAL);
    let said = scratch.ok(["import", &file, "--dry-run"]);
    assert!(
        said.contains("create user amara") && said.ends_with("would be made; nothing was changed\n"),
        "{said}"
    );
    let rehearsed = scratch.json(["import", &file, "--dry-run"]);
    assert_eq!((&rehearsed["Changed"], &rehearsed["DryRun"]), (&json!(false), &json!(true)));
    assert_eq!(state(), before);
    let done = scratch.json(["import", &file]);
    assert_eq!(rehearsed["Plan"], done["Plan"], "the plan is what is then done");
}

#[test]
fn an_import_is_done_whole_or_not_at_all() {
    let scratch = Scratch::new(Kind::Worked);
    let (revision, exported) = (scratch.revision(), scratch.exported());
    for (bad, number) in [
        (r#"{"Name":"last","Roles":"Missing"}"#, "#883"),
        (r#"{"Name":"la\u200bst"}"#, "#842"),
        (r#"{"Name":"last","Enabled":"maybe"}"#, "#7206"),
        (r#"{"Name":"last","ExpirationDate":"soon"}"#, "#944"),
        (r#"{"Name":"last","Password":"x"}"#, "#845"),
        (r#"{"Name":"Reader"}"#, "#942"),
    ] {
        let users: Vec<String> = (0..50).map(|number| format!(r#"{{"Name":"u{number}"}}"#)).collect();
        let text = format!(r#"{{"Resources":[{{"Name":"Early"}}],"Users":[{},{bad}]}}"#, users.join(","));
        let file = scratch.file("last.json", text);
        for dry in [&[][..], &["--dry-run"]] {
            let said = scratch.refused(3, ["import", &file].iter().chain(dry));
            assert!(said.contains("Users[50]") && said.contains(number), "{said}");
        }
    }
    let good = scratch.file("good.json", r#"{"Users":[{"Name":"good"}]}"#);
    let bad = scratch.file("bad.json", r#"{"Users":[{"Name":"bad","Roles":"Missing"}]}"#);
    let said = scratch.refused(3, ["import", &good, &bad]);
    assert!(said.contains("bad.json: Users[0] \"bad\": ERROR #883"), "{said}");
    scratch.refused(4, ["import", &good, "/nowhere"]);
    assert_eq!((scratch.revision(), scratch.exported()), (revision, exported));
    scratch.is_intact();
}

#[test]
fn what_was_exported_makes_an_equal_instance() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["import", &scratch.file("hospital.yaml", HOSPITAL)]);
    scratch.ok(["system", "modify", "--set", "InactiveLimit=30", "--set", "PasswordPattern=8.32ANP"]);
    scratch.ok([
        "service",
        "modify",
        "%Service_Telnet",
        "--set",
        "Enabled=1",
        "--set",
        "ClientSystems=10.0.0.1|Reader",
    ]);
    scratch.ok(["application", "modify", "/app", "--set", "MatchRoles=Reader:Writer,:Nurse"]);
    scratch.ok([
        "user",
        "modify",
        "ann",
        "--set",
        "Comment=Line one\nLine \"two\"\t: # & *",
        "--set",
        "ExpirationDate=2099-12-31",
    ]);
    let exported = without_history(&scratch);
    for name in ["all.json", "all.yaml"] {
        let file = scratch.path(name).to_str().unwrap().to_owned();
        scratch.ok(["export", &file]);
        assert_eq!(mode(&scratch.path(name)), 0o600);
        let fresh = Scratch::new(Kind::Compatible);
        fresh.ok(["import", &file]);
        assert_eq!(without_history(&fresh), exported, "{name}");
        assert_eq!(fresh.json(["import", &file])["Changed"], json!(false));
        fresh.is_intact();
    }
}

/// An export without what says when and by whom a user came about, which is no part of an import.
fn without_history(scratch: &Scratch) -> serde_json::Value {
    let mut document: serde_json::Value = serde_json::from_str(&scratch.exported()).unwrap();
    for user in document["Users"].as_array_mut().unwrap() {
        let history = |name: &String| name.ends_with("DateTime") || name.starts_with("LastModified");
        user.as_object_mut().unwrap().retain(|name, _| !history(name));
    }
    document
}

#[test]
fn an_export_holds_what_was_asked_for() {
    let scratch = Scratch::new(Kind::Worked);
    let exported = |what: &str| -> serde_json::Value {
        serde_json::from_str(&scratch.ok(["export", "-", "--what", what])).unwrap()
    };
    for (what, section) in [
        ("users", "Users"),
        ("role", "Roles"),
        ("Resources", "Resources"),
        ("services", "Services"),
        ("applications", "Applications"),
        ("system", "System"),
        ("sql-privileges", "SQLPrivileges"),
    ] {
        let value = exported(what);
        assert_eq!(value.as_object().unwrap().keys().collect::<Vec<_>>(), [section]);
    }
    assert_eq!(exported("users,roles").as_object().unwrap().len(), 2);
    let text = scratch.exported();
    for secret in ["\"PasswordHash\"", "Salt", "\"Password\""] {
        assert!(!text.contains(secret), "{secret} is in the export");
    }
    scratch.refused(4, ["export", "/nowhere/out.json"]);
    scratch.refused(4, ["user", "export", "."]);
}

#[test]
fn the_import_of_one_kind_takes_no_other() {
    let scratch = Scratch::new(Kind::Worked);
    let users = scratch.file("users.json", r#"{"Users":[{"Name":"cyd"}]}"#);
    let both = scratch.file("both.json", r#"{"Users":[{"Name":"cyd"}],"Roles":[{"Name":"Third"}]}"#);
    let before = scratch.revision();
    for kind in ["role", "resource", "service", "application"] {
        let said = scratch.refused(3, [kind, "import", &users]);
        assert!(said.contains(&format!("this is no {kind}; use `sclera import`")), "{said}");
    }
    scratch.refused(3, ["user", "import", &both]);
    assert_eq!(scratch.json(["user", "import", &users, "--dry-run"])["DryRun"], json!(true));
    assert_eq!(scratch.revision(), before);
    scratch.ok(["user", "import", &users]);
    for kind in ["user", "role", "resource", "service", "application"] {
        let file = scratch.path("one.json").to_str().unwrap().to_owned();
        scratch.ok([kind, "export", &file]);
        assert_eq!(scratch.json([kind, "import", &file])["Changed"], json!(false), "{kind}");
    }
}

#[test]
fn a_document_may_come_on_stdin() {
    let scratch = Scratch::new(Kind::Compatible);
    scratch.call(["import", "-"]).input("Users:\n- Name: ann\n").is(0);
    scratch.ok(["user", "show", "ann"]);
    scratch.call(["import", "-"]).input("Users:\n- Name: [\n").is(3);
}
