//! OpenID AuthZEN: the scenario of its certification, as far as roles and resources can express it, and its edges.

use crate::client::{Answer, Request};
use crate::clinic::{Clinic, PASSWORD};
use sclera_core::change::Change;
use sclera_core::property::Properties;
use serde_json::{Value, json};

/// `alice` and `bob` and their records: alice reads both, bob, an administrator, does everything with them.
fn records() -> Clinic {
    let clinic = Clinic::open();
    for name in ["Record_1", "Record_2"] {
        clinic.submit(Change::CreateResource { name: name.to_owned(), properties: Properties::new() });
    }
    for (role, privileges) in
        [("Record_Reader", "Record_1:R,Record_2:R"), ("Record_Admin", "Record_1:RWU,Record_2:RWU")]
    {
        let properties = Properties::new().with("Resources", privileges);
        clinic.submit(Change::CreateRole { name: role.to_owned(), properties });
    }
    for (user, role) in [("alice", "Record_Reader,Desk"), ("bob", "Record_Admin,Desk")] {
        clinic.create(user, Properties::new().with("Roles", role));
    }
    clinic
}

fn question(user: &str, action: &str, resource: &str) -> Value {
    json!({
        "subject": { "type": "user", "id": user },
        "action": { "name": action },
        "resource": { "type": "resource", "id": resource },
    })
}

fn ask(clinic: &Clinic, user: &str, path: &str, body: &Value) -> Answer {
    clinic.ask(&Request::new("POST", &format!("/access/v1/{path}")).json(body).log_in(user, PASSWORD))
}

fn decision(clinic: &Clinic, body: &Value) -> Value {
    let answer = ask(clinic, "boss", "evaluation", body);
    assert_eq!(answer.status, 200, "{body}: {answer:?}");
    answer.json()["decision"].clone()
}

#[test]
fn single_evaluations() {
    let clinic = records();
    for (user, action, resource, expected) in [
        ("alice", "read", "Record_1", true),
        ("alice", "READ", "rECORD_2", true),
        ("alice", "write", "Record_1", false),
        ("bob", "write", "Record_1", true),
        ("bob", "use", "Record_2", true),
        ("bob", "delete", "Record_2", false),
        ("carol", "read", "Record_1", false),
        ("alice", "read", "Record_3", false),
        ("boss", "write", "Record_3", true),
    ] {
        let question = question(user, action, resource);
        assert_eq!(decision(&clinic, &question), expected, "{question}");
        let same = clinic.engine.check_user(&clinic.owner(), user, resource, Some(action)).unwrap();
        let granted = same.answer.to_string() == "1";
        assert_eq!(
            granted && ["read", "write", "use", "READ"].contains(&action),
            expected,
            "as `check` says"
        );
    }
}

#[test]
fn what_a_caller_says_of_things_widens_nothing() {
    let clinic = records();
    let mut widened = question("alice", "write", "Record_1");
    for part in ["subject", "action", "resource"] {
        widened[part]["properties"] =
            json!({ "roles": ["%All"], "owner": "alice", "deep": [{ "admin": true }] });
    }
    widened["context"] = json!({ "is_admin": true, "time": "2026-11-26T00:00:00Z" });
    widened["unknown"] = json!([1, null]);
    assert_eq!(decision(&clinic, &widened), false);
    let mut typed = question("bob", "read", "Record_1");
    typed["subject"]["type"] = json!("role");
    assert_eq!(decision(&clinic, &typed), false, "a type that is not known");
    let mut typed = question("bob", "read", "Record_1");
    typed["resource"]["type"] = json!("record");
    assert_eq!(decision(&clinic, &typed), false);
}

#[test]
fn what_is_no_question_is_refused() {
    let clinic = records();
    let whole = question("bob", "read", "Record_1");
    for part in ["subject", "action", "resource"] {
        for wrong in
            [None, Some(json!("bob")), Some(json!({})), Some(json!({ "type": 1, "id": "x", "name": 1 }))]
        {
            let mut body = whole.clone();
            match wrong {
                None => drop(body.as_object_mut().unwrap().remove(part)),
                Some(wrong) => body[part] = wrong,
            }
            let answer = ask(&clinic, "boss", "evaluation", &body);
            assert_eq!(answer.status, 400, "{body}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
    }
    for part in ["subject", "action", "resource"] {
        let mut body = whole.clone();
        body[part]["properties"] = json!([]);
        assert_eq!(ask(&clinic, "boss", "evaluation", &body).status, 400, "{body}");
    }
    let mut sought = whole.clone();
    sought["subject"]["id"] = json!(7);
    assert_eq!(ask(&clinic, "boss", "search/subject", &sought).status, 400);
    let mut body = whole;
    body["context"] = json!([]);
    assert_eq!(ask(&clinic, "boss", "evaluation", &body).status, 400);
    let asked = Request::new("POST", "/access/v1/evaluation").json(&json!({}));
    assert_eq!(clinic.ask(&asked).status, 401);
}

#[test]
fn asking_about_others_needs_a_privilege() {
    let clinic = records();
    let status = |user: &str, about: &str| {
        ask(&clinic, user, "evaluation", &question(about, "read", "Record_1")).status
    };
    assert_eq!((status("alice", "alice"), status("alice", "ALICE"), status("alice", "bob")), (200, 200, 403));
    assert_eq!((status("alice", "nobody"), status("boss", "bob")), (403, 200));
    let mut of_type = question("bob", "fly", "Record_1");
    of_type["subject"]["type"] = json!("robot");
    assert_eq!(
        ask(&clinic, "alice", "evaluation", &of_type).status,
        403,
        "also where nothing can be decided"
    );
    let batch = json!({ "evaluations": [question("alice", "read", "Record_1"), question("bob", "read", "Record_1")] });
    assert_eq!(ask(&clinic, "alice", "evaluations", &batch).status, 403);
    for path in ["search/subject", "search/resource", "search/action"] {
        let search = question("bob", "read", "Record_1");
        assert_eq!(
            (ask(&clinic, "alice", path, &search).status, ask(&clinic, "boss", path, &search).status),
            (403, 200),
            "{path}"
        );
    }
    let own = question("alice", "read", "x");
    assert_eq!(ask(&clinic, "alice", "search/resource", &own).status, 200);
}

#[test]
fn batches_have_defaults_and_semantics() {
    let clinic = records();
    let batch = |semantic: Option<&str>| {
        let mut body = json!({
            "subject": { "type": "user", "id": "alice" },
            "action": { "name": "read" },
            "evaluations": [
                { "resource": { "type": "resource", "id": "Record_1" } },
                { "resource": { "type": "resource", "id": "Record_1" }, "action": { "name": "write" } },
                { "resource": { "type": "resource", "id": "Record_2" } },
                { "resource": { "type": "resource", "id": "Record_2" }, "subject": { "type": "user", "id": "bob" } },
            ],
        });
        if let Some(semantic) = semantic {
            body["options"] = json!({ "evaluations_semantic": semantic });
        }
        let answer = ask(&clinic, "boss", "evaluations", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        let decisions = answer.json()["evaluations"].as_array().unwrap().clone();
        decisions.iter().map(|one| one["decision"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    let all = vec![true, false, true, true];
    assert_eq!(batch(None), all);
    assert_eq!(batch(Some("execute_all")), all);
    assert_eq!(batch(Some("deny_on_first_deny")), [true, false]);
    assert_eq!(batch(Some("permit_on_first_permit")), [true]);
    let status = |body: Value| ask(&clinic, "boss", "evaluations", &body).status;
    let question = question("alice", "read", "Record_1");
    let mut unknown = question.clone();
    unknown["evaluations"] = json!([{}]);
    unknown["options"] = json!({ "evaluations_semantic": "first_of_all" });
    assert_eq!(status(unknown), 400);
    let mut single = question.clone();
    single["evaluations"] = json!([]);
    assert_eq!(ask(&clinic, "boss", "evaluations", &single).json(), json!({ "decision": true }));
    assert_eq!(ask(&clinic, "boss", "evaluations", &question).json(), json!({ "decision": true }));
    assert_eq!(status(json!({ "evaluations": vec![question.clone(); 1_001] })), 400);
    // One that cannot be read is denied by itself.
    let mixed = json!({ "evaluations": [question, {}, 7] });
    let answers = ask(&clinic, "boss", "evaluations", &mixed).json();
    assert_eq!(answers["evaluations"][0], json!({ "decision": true }));
    assert_eq!(
        (&answers["evaluations"][1]["decision"], &answers["evaluations"][1]["context"]["error"]["status"]),
        (&json!(false), &json!(400))
    );
    assert_eq!(answers["evaluations"].as_array().unwrap().len(), 3);
}

/// All results of a search, page by page.
fn search(clinic: &Clinic, kind: &str, body: &Value, limit: usize) -> Vec<String> {
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let mut body = body.clone();
        body["page"] = json!({ "limit": limit, "token": token });
        let answer = ask(clinic, "boss", &format!("search/{kind}"), &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        let told = answer.json();
        let results = told["results"].as_array().unwrap();
        assert!(results.len() <= limit && told["page"]["count"] == results.len());
        let name = |one: &Value| one.get("id").or(one.get("name")).unwrap().as_str().unwrap().to_owned();
        names.extend(results.iter().map(name));
        told["page"]["next_token"].as_str().unwrap().clone_into(&mut token);
        if token.is_empty() {
            return names;
        }
    }
}

#[test]
fn searches_find_what_evaluations_say() {
    let clinic = records();
    for limit in [1, 2, 3, 1_000] {
        let found = |kind: &str, user: &str, action: &str, resource: &str| {
            search(&clinic, kind, &question(user, action, resource), limit)
        };
        let subjects = found("subject", "", "read", "Record_1");
        assert_eq!(
            subjects,
            ["_Ensemble", "_SYSTEM", "alice", "bob", "boss", "owner", "SuperUser"],
            "pages of {limit}"
        );
        let mut body = question("", "write", "Record_1");
        body["subject"] = json!({ "type": "user" });
        assert_eq!(
            search(&clinic, "subject", &body, limit),
            ["_Ensemble", "_SYSTEM", "bob", "boss", "owner", "SuperUser"]
        );
        assert_eq!(found("action", "alice", "", "Record_1"), ["read"]);
        assert_eq!(found("action", "bob", "", "Record_2"), ["read", "use", "write"]);
        assert_eq!(found("action", "nobody", "", "Record_2"), [""; 0]);
    }
    let readable = search(&clinic, "resource", &question("alice", "read", ""), 2);
    for name in ["AppData", "Record_1", "Record_2"] {
        assert!(readable.iter().any(|found| found == name), "{readable:?}");
    }
    for name in &readable {
        assert_eq!(decision(&clinic, &question("alice", "read", name)), true, "{name}");
    }
    let all = clinic.engine.list(
        &clinic.owner(),
        sclera_core::change::Kind::Resource,
        &sclera_core::selection::Selection::all(),
    );
    let readable_by_boss = search(&clinic, "resource", &question("boss", "read", ""), 50);
    assert_eq!(readable_by_boss.len(), all.unwrap().len());
    for wrong in [
        json!({ "limit": 0 }),
        json!({ "limit": "1" }),
        json!({ "token": 7 }),
        json!({ "token": "?" }),
        json!([]),
    ] {
        let mut body = question("alice", "read", "Record_1");
        body["page"] = wrong;
        assert_eq!(ask(&clinic, "boss", "search/resource", &body).status, 400, "{body}");
    }
}

#[test]
fn discovery_and_names_of_requests() {
    let clinic = records();
    let metadata = clinic.ask(&Request::get("/.well-known/authzen-configuration")).json();
    assert_eq!(metadata["policy_decision_point"], "http://here");
    assert_eq!(metadata["access_evaluation_endpoint"], "http://here/access/v1/evaluation");
    assert_eq!(metadata.as_object().unwrap().len(), 6);
    let asked = Request::new("POST", "/access/v1/evaluation").json(&question("alice", "read", "Record_1"));
    let asked =
        asked.log_in("alice", PASSWORD).header("X-Request-ID", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716");
    assert_eq!(clinic.ask(&asked).header("x-request-id"), Some("bfe9eb29-ab87-4ca3-be83-a1d5d8305716"));
}
