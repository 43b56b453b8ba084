//! What each command does: tables for people, JSON for programs, exit codes for scripts.

use crate::harness::{Kind, Scratch};
use crate::leaves::{Asks, LEAVES};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_list_is_an_array_with_the_columns_of_the_class() {
    let scratch = Scratch::new(Kind::Worked);
    for (call, columns) in [
        (&["user", "list"][..], &["Name", "Enabled", "Roles", "LastLoginTime", "Flags"][..]),
        (&["role", "list"], &["Name", "Description", "GrantedRoles", "CanBeEdited", "EscalationOnly"]),
        (
            &["resource", "list"],
            &["Name", "Description", "PublicPermission", "ResourceType", "Type", "AllowDelete"],
        ),
        (&["service", "list"], &["Name", "Enabled", "Public", "AutheEnabled", "Pending", "Description"]),
        (
            &["application", "list"],
            &["Name", "NameSpace", "Enabled", "Type", "Resource", "AutheEnabled", "DispatchClass"],
        ),
        (
            &["sql-privilege", "list"],
            &["Namespace", "Object", "Privilege", "Grantee", "Grantor", "Grantable"],
        ),
    ] {
        let rows = scratch.json(call);
        for row in rows.as_array().unwrap() {
            assert_eq!(keys(row), columns, "{call:?}");
        }
        let table = scratch.ok(call);
        let head: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
        assert_eq!(head, columns, "{call:?}");
        assert_eq!(table.lines().count(), rows.as_array().unwrap().len() + 1);
        assert!(!table.contains('\u{1b}'), "no colour where nobody looks");
    }
}

#[test]
fn lists_select_by_name_and_role() {
    let scratch = Scratch::new(Kind::Worked);
    let names = |call: &[&str]| -> Vec<String> {
        let rows = scratch.json(call);
        rows.as_array().unwrap().iter().map(|row| row["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["user", "list", "an,BO"]), ["ann", "bob"], "beginnings, without regard to case");
    assert!(names(&["user", "list", "n", "--contains"]).contains(&"ann".to_owned()));
    assert_eq!(names(&["user", "list", "--roles", "reader,Writer"]), ["ann", "bob"]);
    assert_eq!(names(&["role", "list", "READER"]), ["Reader"]);
    assert_eq!(names(&["role", "list", "%EnsRole_M*"]), ["%EnsRole_Monitor"]);
    assert_eq!(names(&["resource", "list", "AppData,%DB_W*"]), ["%DB_WARD", "AppData"]);
    for nothing in [&["user", "list", "zz"][..], &["role", "list", "zz"], &["user", "list", "--roles", "zz"]]
    {
        assert!(names(nothing).is_empty());
        assert_eq!(scratch.ok(nothing), "none\n");
        assert_eq!(scratch.call(nothing).word("--quiet").is(0).out, "");
    }
    assert_eq!(keys(&scratch.json(["user", "list", "ann", "--detail"])[0])[..2], ["Name", "FullName"]);
}

#[test]
fn show_is_the_object() {
    let scratch = Scratch::new(Kind::Worked);
    for (call, first) in [
        (&["user", "show", "ANN"][..], [("Name", json!("ann")), ("Roles", json!("Reader"))]),
        (&["role", "show", "writer"], [("Name", json!("Writer")), ("GrantedRoles", json!("Reader"))]),
        (&["resource", "show", "appdata"], [("Name", json!("AppData")), ("PublicPermission", json!(""))]),
        (
            &["service", "show", "%service_login"],
            [("Name", json!("%Service_Login")), ("Enabled", json!(true))],
        ),
        (&["application", "show", "/APP"], [("Name", json!("/app")), ("Resource", json!("AppData"))]),
        (&["system", "show"], [("Name", json!("SYSTEM")), ("PasswordHashWorkFactor", json!(10_000))]),
    ] {
        let object = scratch.json(call);
        for (name, value) in first {
            assert_eq!(object[name], value, "{call:?}");
        }
        assert!(scratch.ok(call).starts_with("Name "), "{call:?}");
    }
}

#[test]
fn a_write_says_whether_anything_changed() {
    let scratch = Scratch::new(Kind::Compatible);
    let written = |call: &[&str], changed: bool, name: &str| {
        let before = scratch.revision();
        assert_eq!(scratch.json(call), json!({ "Changed": changed, "Name": name }), "{call:?}");
        assert_eq!(scratch.revision(), before + u64::from(changed), "{call:?}");
    };
    for (create, modify, name) in [
        (["resource", "create", "AppData"], ["resource", "modify", "APPDATA"], "AppData"),
        (["role", "create", "Reader"], ["role", "modify", "reader"], "Reader"),
        (["application", "create", "/app"], ["application", "modify", "/APP"], "/app"),
    ] {
        written(&create, true, name);
        let set = ["--set", "Description=Said"];
        written(&[&modify[..], &set].concat(), true, name);
        written(&[&modify[..], &set].concat(), false, modify[2]);
    }
    written(&["user", "create", "ann", "--set", "Roles=Reader"], true, "ann");
    written(&["user", "modify", "ANN", "--set", "Roles=reader"], false, "ANN");
    written(&["user", "modify", "ann", "--set", "Enabled=0"], true, "ann");
    written(&["user", "add-roles", "ann", "Reader"], false, "ann");
    written(&["user", "add-roles", "ann", "%Operator,Reader"], true, "ann");
    written(&["user", "remove-roles", "ann", "%Developer"], false, "ann");
    written(&["user", "remove-roles", "ann", "Reader"], true, "ann");
    written(&["user", "add-escalation-roles", "ann", "%Manager"], true, "ann");
    written(&["user", "add-escalation-roles", "ann", "%Manager"], false, "ann");
    written(&["user", "remove-escalation-roles", "ann", "%Manager"], true, "ann");
    written(&["service", "modify", "%Service_Telnet", "--set", "Enabled=0"], false, "%Service_Telnet");
    written(&["service", "modify", "%Service_Telnet", "--set", "Enabled=1"], true, "%Service_Telnet");
    written(&["system", "modify", "--set", "InactiveLimit=30"], true, "SYSTEM");
    written(&["system", "modify", "--set", "InactiveLimit=30"], false, "SYSTEM");
    let sql = ["ann", "SELECT", "--object", "table A.B"];
    written(&[&["sql-privilege", "create"][..], &sql].concat(), true, "ann");
    written(&[&["sql-privilege", "create"][..], &sql].concat(), false, "ann");
    written(&[&["sql-privilege", "delete"][..], &sql].concat(), true, "ann");
    written(&[&["sql-privilege", "delete"][..], &sql].concat(), false, "ann");
    for call in [
        ["user", "delete", "ann"],
        ["application", "delete", "/app"],
        ["role", "delete", "READER"],
        ["resource", "delete", "appdata"],
    ] {
        scratch.ok(call);
        scratch.refused(3, call);
    }
    scratch.is_intact();
}

#[test]
fn people_are_told_in_a_sentence() {
    let scratch = Scratch::new(Kind::Compatible);
    assert_eq!(scratch.ok(["role", "create", "Reader"]), "created role Reader\n");
    assert_eq!(scratch.ok(["role", "modify", "Reader"]), "nothing changed: Reader\n");
    assert_eq!(scratch.ok(["role", "delete", "Reader", "--quiet"]), "");
    assert_eq!(
        scratch.refused(3, ["role", "delete", "Reader"]),
        "sclera: ERROR #883: Role Reader does not exist; see `sclera role list`\n"
    );
    assert_eq!(
        scratch.refused(3, ["role", "delete", "Reader", "--json"]),
        "{\"error\":{\"code\":\"883\",\"message\":\"ERROR #883: Role Reader does not exist; see `sclera role list`\"}}\n"
    );
}

/// What somebody wrote into a comment plays no tricks with the terminal of whoever looks at it.
#[test]
fn what_is_shown_to_people_stays_in_its_lines() {
    let scratch = Scratch::new(Kind::Worked);
    let tricky = "one\rtwo\u{202e}three\nfour\u{200b}\tfive";
    let document = json!({ "Users": [{ "Name": "ann", "Comment": tricky, "FullName": tricky }],
        "Roles": [{ "Name": "Reader", "Description": tricky }] });
    let file = scratch.file("tricky.json", document.to_string());
    assert!(scratch.ok(["import", &file, "--dry-run"]).contains("one\\u{d}two\\u{202e}three\\u{a}four"));
    scratch.ok(["import", &file]);
    for call in [&["user", "show", "ann"][..], &["user", "list", "--detail"], &["role", "list"]] {
        let shown = scratch.ok(call);
        assert!(shown.contains("two\\u{202e}three"), "{shown}");
    }
    assert_eq!(scratch.json(["user", "show", "ann"])["Comment"], tricky, "programs get it as it is");
}

#[test]
fn passwords_come_from_file_variable_or_stdin() {
    use crate::harness::{OTHER_PASSWORD, PASSWORD};
    let scratch = Scratch::new(Kind::Compatible);
    let logs_in = |user: &str, password: &str| {
        let said = scratch.call(["check", "%Service_Login", "--json"]).log_in(user, password).said();
        assert!([0, 3].contains(&said.code), "{said:?}");
        said.code == 0
    };
    let file = scratch.file("password", format!("{PASSWORD}\n"));
    scratch.ok(["user", "create", "ann", "--password-file", &file]);
    assert!(logs_in("ann", PASSWORD) && !logs_in("ann", OTHER_PASSWORD));
    scratch.call(["user", "passwd", "ann"]).env("SCLERA_NEW_PASSWORD", OTHER_PASSWORD).is(0);
    assert!(logs_in("ANN", OTHER_PASSWORD) && !logs_in("ann", PASSWORD));
    scratch.call(["user", "modify", "ann", "--password-file", "-"]).input(PASSWORD).is(0);
    assert!(logs_in("ann", PASSWORD));
    let with_file = ["check", "%Service_Login", "--as", "ann", "--password-file", &file];
    scratch.ok(with_file);

    scratch.ok(["user", "create", "ben"]);
    assert!(!logs_in("ben", PASSWORD) && !logs_in("ben", ""), "without a password there is no way in by one");
    let before = scratch.revision();
    let missing = scratch.refused(2, ["user", "passwd", "ann"]);
    assert!(missing.contains("SCLERA_NEW_PASSWORD or --password-file"), "{missing}");
    for (given, number) in [("ab", "#845"), ("", "#845"), (&*"x".repeat(300), "#845")] {
        let said = scratch.call(["user", "passwd", "ann"]).env("SCLERA_NEW_PASSWORD", given).is(3);
        assert!(said.err.contains(number), "{said:?}");
    }
    scratch.refused(4, ["user", "passwd", "ann", "--password-file", "/nowhere"]);
    scratch
        .refused(3, ["user", "passwd", "ann", "--password-file", &scratch.file("long", "x".repeat(5_000))]);
    scratch.refused(4, ["user", "passwd", "ann", "--password-file", &scratch.file("bytes", b"\xff\xfe")]);
    assert_eq!(scratch.revision(), before);
    assert!(logs_in("ann", PASSWORD));
}

#[test]
fn check_answers_like_the_original() {
    let scratch = Scratch::new(Kind::Worked);
    for (call, code, text, value) in [
        (&["check", "AppData", "--user", "ann"][..], 0, "READ", json!({ "Permissions": "READ" })),
        (&["check", "appdata", "--user", "BOB"], 0, "READ,WRITE", json!({ "Permissions": "READ,WRITE" })),
        (&["check", "AppData", "--user", "clerk"], 0, "", json!({ "Permissions": "" })),
        (&["check", "AppData", "R", "--user", "ann"], 0, "1", json!({ "Granted": true })),
        (&["check", "AppData", "RW", "--user", "ann"], 1, "0", json!({ "Granted": false })),
        (&["check", "AppData", "read,WRITE", "--user", "bob"], 0, "1", json!({ "Granted": true })),
        (&["check", "AppData", "X", "--user", "bob"], 1, "0", json!({ "Granted": false })),
        (&["check", "Nothing", "--user", "bob"], 0, "", json!({ "Permissions": "" })),
        (&["check", "Nothing"], 0, "READ,WRITE,USE", json!({ "Permissions": "READ,WRITE,USE" })),
        (
            &["check", "AppData", "--roles", "Reader,Writer"],
            0,
            "READ,WRITE",
            json!({ "Permissions": "READ,WRITE" }),
        ),
        // One unknown role among them makes the whole answer nothing.
        (&["check", "AppData", "--roles", "Reader,Nobody"], 0, "", json!({ "Permissions": "" })),
        (&["check", "AppData", "--roles", ""], 0, "", json!({ "Permissions": "" })),
        (&["check", "AppData", "W", "--roles", "writer"], 0, "1", json!({ "Granted": true })),
        (&["check", "AppData", "W", "--roles", "Reader"], 1, "0", json!({ "Granted": false })),
        (&["check", "AppData", "W", "--roles", "%All"], 0, "1", json!({ "Granted": true })),
    ] {
        let said = scratch.call(call).is(code);
        assert_eq!((said.out, said.err), (format!("{text}\n"), String::new()), "{call:?}");
        assert_eq!(scratch.call(call).word("--json").is(code).json(), value, "{call:?}");
    }
}

#[test]
fn an_unknown_user_holds_nothing_and_is_warned_about() {
    let scratch = Scratch::new(Kind::Worked);
    for (call, code, out) in [
        (&["check", "AppData", "--user", "zoe"][..], 0, "\n"),
        (&["check", "%DB_IRISTEMP", "--user", "zoe"], 0, "\n"),
        (&["check", "%DB_IRISTEMP", "R", "--user", "zoe"], 1, "0\n"),
    ] {
        let said = scratch.call(call).is(code);
        assert_eq!((said.out.as_str(), said.err.as_str()), (out, "sclera: warning: there is no user zoe\n"));
    }
    let hostile = scratch.call(["check", "AppData", "--user", "a\u{1b}[2J\u{202e}\n\u{200b}"]).is(0);
    assert_eq!(hostile.err.lines().count(), 1);
}

#[test]
fn a_batch_answers_line_by_line() {
    let scratch = Scratch::new(Kind::Worked);
    let questions = [
        r#"{"user":"ann","resource":"AppData"}"#,
        r#"{"user":"ann","resource":"AppData","permissions":"R","expect":true}"#,
        "",
        r#"{"user":"ann","resource":"AppData","expect":"READ"}"#,
        r#"{"user":"zoe","resource":"AppData","permissions":"R"}"#,
    ];
    let file = scratch.file("questions", questions.join("\n"));
    let answers = [
        r#"{"user":"ann","resource":"AppData","answer":"READ"}"#,
        r#"{"user":"ann","resource":"AppData","permissions":"R","expect":true,"answer":true}"#,
        r#"{"user":"ann","resource":"AppData","expect":"READ","answer":"READ"}"#,
        r#"{"user":"zoe","resource":"AppData","permissions":"R","answer":false}"#,
        "",
    ];
    for json in [&[][..], &["--json"]] {
        let said = scratch.call(["check", "--batch", &file].iter().chain(json)).is(0);
        assert_eq!(said.out, answers.join("\n"));
        assert_eq!(said.err, "sclera: warning: there is no user zoe\n");
    }
    let typed = scratch.call(["check", "--batch", "-"]).input(questions.join("\n")).is(0);
    assert_eq!(typed.out, answers.join("\n"));
}

#[test]
fn a_batch_with_expectations_is_a_test_of_the_policy() {
    let scratch = Scratch::new(Kind::Worked);
    let tried = |line: &str| {
        let file = scratch.file("questions", line);
        scratch.call(["check", "--batch", &file]).said()
    };
    for line in [
        r#"{"user":"ann","resource":"AppData","permissions":"W","expect":true}"#,
        r#"{"user":"ann","resource":"AppData","permissions":"R","expect":false}"#,
        r#"{"user":"ann","resource":"AppData","expect":"READ,WRITE"}"#,
        r#"{"user":"ann","resource":"AppData","expect":""}"#,
        r#"{"user":"ann","resource":"AppData","expect":true}"#,
        r#"{"user":"ann","resource":"AppData","permissions":"R","expect":"1"}"#,
    ] {
        let said = tried(line);
        assert!(said.code == 1 && said.out.contains(r#""answer":"#), "{said:?}");
    }
    assert_eq!(tried("").out, "");
    assert_eq!(tried("\n\n").code, 0);
    let good = r#"{"user":"ann","resource":"AppData"}"#;
    for bad in [
        "nonsense",
        "[]",
        r#""text""#,
        r#"{"user":"ann"}"#,
        r#"{"resource":"AppData"}"#,
        r#"{"user":5,"resource":"AppData"}"#,
        r#"{"user":"ann","resource":null}"#,
        r#"{"user":"ann","resource":"A","permissions":7}"#,
        r#"{"user":"ann","resource":"A","permission":"R"}"#,
        r#"{"user":"ann","resource":"A"} {"user":"ann","resource":"A"}"#,
        r#"{"user":"ann","user":"bob","resource":"A"}"#,
        "\u{0}",
    ] {
        let said = tried(&format!("{good}\n\n{bad}\n{good}\n"));
        assert_eq!(said.code, 3, "{bad}: {said:?}");
        assert!(said.err.contains("questions: line 3: "), "{said:?}");
    }
    let binary = scratch.file("binary", b"{\"user\":\"\xff\",\"resource\":\"A\"}");
    assert!(scratch.refused(3, ["check", "--batch", &binary]).contains("line 1: "));
    scratch.refused(4, ["check", "--batch", "/nowhere"]);
    scratch.refused(4, ["check", "--batch", "."]);
}

#[test]
fn explain_says_why_and_what_would_help() {
    let scratch = Scratch::new(Kind::Worked);
    assert_eq!(
        scratch.ok(["explain", "bob", "AppData:R"]),
        "bob AppData:READ is granted\n  bob → Writer → AppData:R\n  bob → Writer → Reader → AppData:R\n"
    );
    let denied = scratch.call(["explain", "ann", "AppData:RW"]).is(1).out;
    assert!(denied.contains("ann AppData:READ is granted\n  ann → Reader → AppData:R\n"), "{denied}");
    assert!(denied.contains("ann AppData:WRITE is not granted\n  1. "), "{denied}");
    let public = scratch.ok(["explain", "clerk", "%DB_WARD:R"]);
    assert!(public.contains("everyone: it is public on the resource"), "{public}");
    let all = scratch.ok(["explain", "_SYSTEM", "AppData:W"]);
    assert!(all.contains("_SYSTEM → %All → everything, by rule"), "{all}");
    let value = scratch.call(["explain", "ann", "AppData:RW", "--json"]).is(1).json();
    assert_eq!(keys(&value), ["User", "Resource", "Granted", "Notes", "Permissions"]);
    assert_eq!(value["Granted"], json!(false));
    assert_eq!(value["Permissions"][0]["Granted"], json!(true));
    scratch.ok(["user", "modify", "ann", "--set", "Enabled=0"]);
    assert!(scratch.ok(["explain", "ann", "AppData:R"]).starts_with("note: no login is possible now: "));
    let unknown = scratch.call(["explain", "ann", "Nothing:U"]).is(1).out;
    assert!(unknown.starts_with("note: there is no resource Nothing\n"), "{unknown}");
    for (call, number) in [
        (["explain", "zoe", "AppData:R"], "#838"),
        (["explain", "ann", "AppData"], "#897"),
        (["explain", "ann", "AppData:"], "#897"),
        (["explain", "ann", "AppData:X"], "#897"),
        (["explain", "ann", ":R"], "#896"),
    ] {
        let said = scratch.refused(3, call);
        assert!(said.contains(number), "{call:?}: {said}");
    }
}

#[test]
fn the_audit_lists_the_newest_first() {
    let scratch = Scratch::new(Kind::Worked);
    let rows = scratch.json(["audit", "list", "--limit", "3"]);
    let events: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["Event"]).collect();
    assert_eq!(events, vec![&json!("%System/%Security/AccessDenied"); 3]);
    assert_eq!(rows[0]["Username"], json!("clerk"));
    assert_eq!(rows[0]["EventData"]["Privilege"], json!("%Admin_Secure:USE"));
    let all = scratch.json(["audit", "list", "--limit", "30"]);
    let times: Vec<&str> =
        all.as_array().unwrap().iter().map(|row| row["UTCTimeStamp"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let deleted = all.as_array().unwrap().iter().find(|row| row["Description"] == json!("Delete user gone"));
    assert_eq!(deleted.unwrap()["Username"], json!("owner"));
    assert_eq!(scratch.ok(["audit", "list", "--limit", "3"]).lines().count(), 4);
    // A fresh instance holds many SQL privileges; each line tells which.
    let listed = scratch.ok(["audit", "list", "--events", "SQLPrivilegeChange", "--limit", "10000"]);
    let granted: BTreeSet<&str> =
        listed.lines().filter_map(|line| line.split_once("Create ")).map(|two| two.1).collect();
    assert!(granted.len() > 50 && granted.iter().all(|line| line.contains(" on ")), "{listed}");
    assert_eq!(granted.len() + 1, listed.lines().count(), "no two are alike: {listed}");
}

#[test]
fn status_says_what_it_is() {
    let scratch = Scratch::new(Kind::Worked);
    let status = scratch.json(["status"]);
    assert_eq!(status["Owner"], json!("owner"));
    assert_eq!(status["Username"], json!("owner"));
    assert_eq!(status["LoginRoles"], json!("%All"));
    assert_eq!(status["Profile"], json!("compatible"));
    assert_eq!(status["Events"], json!(4));
    assert!(scratch.ok(["status", "--deep"]).contains("journal: intact"));
    assert_eq!(scratch.json(["status", "--deep"])["Clean"], json!(true));
}

#[test]
fn the_demonstration_shows_decisions_and_leaves_nothing() {
    let scratch = Scratch::empty();
    let call = scratch.call(["demo"]).env("TMPDIR", scratch.path(""));
    let said = call.is(0).out;
    for part in ["Who may do what?", "$ sclera explain chandra", "intact", "The instance is gone again"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(std::fs::read_dir(scratch.path("")).unwrap().count(), 0);
}

#[test]
fn every_command_speaks_json_when_asked() {
    for leaf in LEAVES.iter().filter(|leaf| leaf.asks != Asks::NoInstance) {
        let scratch = Scratch::new(Kind::Worked);
        let call = scratch.call(leaf.call(&scratch)).env("SCLERA_JSON", "1");
        let call = if leaf.path == "user passwd" {
            call.env("SCLERA_NEW_PASSWORD", crate::harness::PASSWORD)
        } else {
            call
        };
        let value = call.is(leaf.code()).json();
        let last = leaf.path.split(' ').next_back().unwrap();
        match last {
            "list" | "counts" | "holding" | "diff" | "lint" => assert!(value.is_array(), "{}", leaf.path),
            "create" | "modify" | "delete" | "passwd" | "import" | "export" => {
                assert!(value["Changed"].is_boolean() && value["Name"].is_string(), "{}: {value}", leaf.path);
            }
            _ => assert!(value.is_object(), "{}", leaf.path),
        }
    }
}
