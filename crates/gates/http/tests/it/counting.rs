//! Which questions are counted, as metrics tell it.

use crate::client::Request;
use crate::clinic::{Clinic, PASSWORD};
use serde_json::{Value, json};

/// How many answers of a result were given at a door, by what was at hand and by the store.
fn counted(clinic: &Clinic, door: &str, result: &str) -> [u64; 2] {
    let text = clinic.engine.metrics().unwrap();
    ["memory", "store"].map(|source| {
        let labels = format!("{{door=\"{door}\",source=\"{source}\",result=\"{result}\"}} ");
        let line =
            text.lines().find_map(|line| line.strip_prefix("sclera_checks_total")?.strip_prefix(&labels));
        line.unwrap().parse().unwrap()
    })
}

fn all(clinic: &Clinic, door: &str) -> [u64; 3] {
    ["permitted", "denied", "told"].map(|result| counted(clinic, door, result).iter().sum())
}

fn post(clinic: &Clinic, user: &str, path: &str, body: &Value) -> u16 {
    clinic.ask(&Request::new("POST", path).json(body).log_in(user, PASSWORD)).status
}

#[test]
fn checks_are_counted_question_by_question() {
    let clinic = Clinic::open();
    let check = |user: &str, body: &Value| post(&clinic, user, "/api/sclera/v1/check", body);
    let (read, write) = (
        json!({ "Resource": "AppData", "Permissions": "R" }),
        json!({ "Resource": "AppData", "Permissions": "W" }),
    );
    assert_eq!(check("clerk", &read), 200);
    assert_eq!(check("clerk", &json!({ "Resource": "AppData" })), 200);
    assert_eq!(check("clerk", &json!([read, write, read, write, read])), 200);
    assert_eq!(all(&clinic, "check"), [4, 2, 1]);
    // What is refused, malformed, or asked by nobody is no answer, nor is a part of it.
    let of_boss = json!({ "Resource": "AppData", "Permissions": "R", "User": "boss" });
    assert_eq!((check("clerk", &of_boss), check("clerk", &json!([read, of_boss]))), (403, 403));
    assert_eq!((check("clerk", &json!([read, 7])), check("nobody", &read)), (400, 401));
    assert_eq!(all(&clinic, "check"), [4, 2, 1]);
    assert_eq!(
        (all(&clinic, "evaluation"), all(&clinic, "forward_auth"), all(&clinic, "local")),
        ([0; 3], [0; 3], [0; 3])
    );
}

#[test]
fn evaluations_are_counted_also_those_from_memory() {
    let clinic = Clinic::open();
    let question = |action: &str| {
        json!({ "subject": { "type": "user", "id": "clerk" }, "action": { "name": action },
            "resource": { "type": "resource", "id": "AppData" } })
    };
    for _ in 0..4 {
        assert_eq!(post(&clinic, "boss", "/access/v1/evaluation", &question("read")), 200);
    }
    let [memory, store] = counted(&clinic, "evaluation", "permitted");
    assert!(memory > 0 && store > 0 && memory + store == 4, "{memory} and {store}");
    let several = json!({ "evaluations": [question("read"), question("write"), question("fly"), 7, question("read")],
        "options": { "evaluations_semantic": "execute_all" } });
    assert_eq!(post(&clinic, "boss", "/access/v1/evaluations", &several), 200);
    assert_eq!(all(&clinic, "evaluation"), [6, 3, 0]);
    let search = json!({ "subject": { "type": "user", "id": "clerk" },
        "resource": { "type": "resource", "id": "AppData" } });
    assert_eq!(post(&clinic, "boss", "/access/v1/search/action", &search), 200);
    assert_eq!(all(&clinic, "evaluation"), [6, 3, 0], "a search is no question");
}

#[test]
fn proxies_are_counted_whatever_they_are_told() {
    let clinic = Clinic::open();
    let ask = |privilege: &str| {
        let request = Request::get(&format!("/gate/auth?privilege={privilege}"));
        clinic.ask(&request.log_in("clerk", PASSWORD)).status
    };
    assert_eq!([ask("AppData:R"), ask("AppData:R"), ask("AppData:W"), ask("nonsense")], [200, 200, 403, 400]);
    assert_eq!(clinic.ask(&Request::get("/gate/auth")).status, 401);
    assert_eq!(all(&clinic, "forward_auth"), [2, 1, 0]);
}
