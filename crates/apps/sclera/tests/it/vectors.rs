//! Answers that are known of the products (`authorization.md` section 28, vectors 45 to 51), asked of the command.

use crate::harness::{Kind, Scratch};

/// What a user with these roles and nothing else holds.
fn held(scratch: &Scratch, roles: &str, resource: &str) -> String {
    scratch.ok(["user", "modify", "dan", "--set", &format!("Roles={roles}")]);
    scratch.ok(["check", resource, "--user", "dan"]).trim_end().to_owned()
}

/// Every resource whose name begins so, with what the user holds on it where that is anything.
fn all_held(scratch: &Scratch, roles: &str, beginning: &str) -> Vec<String> {
    scratch.ok(["user", "modify", "dan", "--set", &format!("Roles={roles}")]);
    let resources = scratch.json(["resource", "list", &format!("{beginning}*")]);
    let names = resources.as_array().unwrap().iter().map(|row| row["Name"].as_str().unwrap());
    let lines: Vec<String> =
        names.map(|name| serde_json::json!({ "user": "dan", "resource": name }).to_string()).collect();
    assert!(!lines.is_empty());
    let answers = scratch.ok(["check", "--batch", &scratch.file("questions", lines.join("\n"))]);
    let answers = answers.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    answers
        .filter(|answer| answer["answer"] != "")
        .map(|answer| format!("{}:{}", text(&answer["resource"]), text(&answer["answer"])))
        .collect()
}

fn instance(kind: Kind) -> Scratch {
    let scratch = Scratch::new(kind);
    scratch.ok(["user", "create", "dan"]);
    scratch
}

#[test]
fn iris_makes_its_temporary_database_public() {
    let scratch = instance(Kind::Plain);
    assert_eq!(held(&scratch, "", "%DB_IRISTEMP"), "READ,WRITE");
    assert_eq!(held(&scratch, "", "%DB_IRISSYS"), "");
}

#[test]
fn cache_makes_four_databases_public() {
    let scratch = instance(Kind::Cache);
    for (resource, expected) in [
        ("%DB_CACHE", "READ"),
        ("%DB_CACHELIB", "READ"),
        ("%DB_CACHETEMP", "READ,WRITE"),
        ("%DB_DOCBOOK", "READ"),
        ("%DB_CACHESYS", ""),
    ] {
        assert_eq!(held(&scratch, "", resource), expected, "{resource}");
    }
}

#[test]
fn interoperability_roles_answer_as_documented() {
    let scratch = instance(Kind::Plain);
    let granted = |roles: &str, resource: &str, wanted: &str| {
        held(&scratch, roles, resource);
        scratch.call(["check", resource, wanted, "--user", "dan"]).said().code == 0
    };
    assert!(granted("%EnsRole_Developer", "%Development", "USE"));
    assert_eq!(held(&scratch, "%EnsRole_Developer", "%Ens_Rules"), "READ,WRITE");
    assert!(granted("%EnsRole_Administrator", "%Ens_MessageHeader", "USE"));
    assert!(!granted("%EnsRole_Administrator", "%Admin_Manage", "USE"));
    assert!(!granted("%EnsRole_Administrator", "%Ens_Code", "W"));
    assert_eq!(
        all_held(&scratch, "%EnsRole_Monitor", "%Ens_"),
        ["%Ens_Dashboard:USE", "%Ens_MsgBank_Dashboard:USE", "%Ens_Portal:USE"]
    );
    assert_eq!(
        all_held(&scratch, "%EnsRole_RulesDeveloper", "%Ens_"),
        ["%Ens_Portal:USE", "%Ens_RuleLog:USE", "%Ens_Rules:READ,WRITE"]
    );
    assert!(!granted("%Operator", "%Admin_Task", "USE"));
    assert_eq!(held(&scratch, "%Operator", "%DB_IRISSYS"), "READ,WRITE");
}

/// `%EnsRole_Operator` holds every cell of its column, and the administrator every one of his and of the operator.
#[test]
fn administrators_hold_what_operators_hold() {
    let scratch = instance(Kind::Plain);
    let operator = all_held(&scratch, "%EnsRole_Operator", "%Ens_");
    let administrator = all_held(&scratch, "%EnsRole_Administrator", "%Ens_");
    for privilege in ["%Ens_MessageHeader:USE", "%Ens_Portal:USE", "%Ens_ProductionRun:USE"] {
        assert!(operator.contains(&privilege.to_owned()), "{operator:?}");
    }
    assert!(operator.iter().all(|privilege| !privilege.starts_with("%Ens_MessageContent")), "{operator:?}");
    assert!(operator.len() < administrator.len());
    assert!(all_held(&scratch, "%EnsRole_Administrator", "%Admin_").is_empty());
}
