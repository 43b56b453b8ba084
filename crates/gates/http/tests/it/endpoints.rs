//! Who is answered what, for every path.

use crate::client::{Answer, Request};
use crate::clinic::{Clinic, PASSWORD};
use serde_json::{Value, json};

const CHECK: &str = "/api/sclera/v1/check";
const EXPLAIN: &str = "/api/sclera/v1/explain";
const SESSION: &str = "/api/sclera/v1/session";

/// Every path with what it takes, and the status for: nobody, a wrong password, an unknown user, one that must change
/// the password, one without privileges, one with all.
fn table() -> Vec<(Request, [u16; 6])> {
    const OPEN: [u16; 6] = [200; 6];
    const OWN: [u16; 6] = [401, 401, 401, 401, 200, 200];
    const OTHERS: [u16; 6] = [401, 401, 401, 401, 403, 200];
    let post = |path: &str, body: Value| Request::post(path, &body);
    vec![
        (Request::get("/livez"), OPEN),
        (Request::get("/readyz"), OPEN),
        (Request::get(SESSION), OWN),
        (Request::new("POST", SESSION), OWN),
        (post(CHECK, json!({ "Resource": "AppData" })), OWN),
        (post(CHECK, json!([{ "Resource": "AppData", "Permissions": "R" }])), OWN),
        (post(CHECK, json!([])), OWN),
        (post(CHECK, json!({ "Resource": "AppData", "User": "late" })), OTHERS),
        (post(CHECK, json!({ "Resource": "AppData", "User": "nobody" })), OTHERS),
        (post(EXPLAIN, json!({ "User": "late", "Privilege": "AppData:R" })), OTHERS),
        (post(EXPLAIN, json!({ "User": "late" })), [401, 401, 401, 401, 400, 400]),
        (Request::get("/"), [404; 6]),
        (Request::get("/api/sclera/v1/check/"), [404; 6]),
        (Request::get("/api/sclera/v1/../v1/session"), [404; 6]),
        (Request::get("/%6civez"), [404; 6]),
        (Request::get(CHECK), [405; 6]),
        (Request::new("PUT", EXPLAIN), [405; 6]),
        (Request::new("DELETE", SESSION), [405; 6]),
        (Request::new("POST", "/livez"), [405; 6]),
        (Request::new("BREW", "/readyz"), [405; 6]),
    ]
}

fn callers(request: &Request) -> [Request; 6] {
    let as_user = |name: &str, password: &str| request.clone().log_in(name, password);
    [
        request.clone(),
        as_user("clerk", "wrong"),
        as_user("nobody", PASSWORD),
        as_user("late", PASSWORD),
        as_user("clerk", PASSWORD),
        as_user("boss", PASSWORD),
    ]
}

/// What every answer has.
fn judge(answer: &Answer) {
    let kind = answer.header("content-type").unwrap();
    let text = ["ok", "ready"].contains(&answer.body.as_str());
    assert_eq!(
        kind,
        if text {
            "text/plain; charset=utf-8"
        } else if answer.status >= 400 {
            "application/problem+json"
        } else {
            "application/json"
        },
        "{answer:?}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
    assert_eq!(answer.header("x-request-id").unwrap().len(), 16, "{answer:?}");
    assert_eq!(answer.header("www-authenticate").is_some(), answer.status == 401, "{answer:?}");
    assert_eq!(answer.header("allow").is_some(), answer.status == 405, "{answer:?}");
    if answer.status >= 400 {
        let error = answer.json();
        assert_eq!(error["status"], answer.status, "{answer:?}");
        assert_eq!(error["type"], "about:blank", "{answer:?}");
        assert!(!answer.code().is_empty() && !answer.body.contains('\n'), "{answer:?}");
    }
    assert!(!answer.body.contains(PASSWORD), "{answer:?}");
}

#[test]
fn everybody_is_answered_as_they_should_be() {
    let clinic = Clinic::open();
    for (request, expected) in table() {
        let answers = callers(&request).map(|request| clinic.ask(&request));
        assert_eq!(answers.each_ref().map(|answer| answer.status), expected, "{request:?}\n{answers:?}");
        answers.iter().for_each(judge);
        if expected[0] == 401 {
            let problem = json!({
                "type": "about:blank", "title": "Unauthorized", "status": 401, "code": "822",
                "detail": "Access Denied",
            });
            assert_eq!(answers[0].json(), problem);
            assert_eq!(answers[0].told(), answers[1].told(), "a wrong password");
            assert_eq!(answers[0].told(), answers[2].told(), "an unknown user");
            assert_eq!(answers[3].code(), "935", "{:?}", answers[3]);
        }
        if expected[4] == 403 {
            assert_eq!(answers[4].code(), "822");
            assert!(answers[4].body.contains("%Admin_Secure:USE"), "{:?}", answers[4]);
        }
    }
}

#[test]
fn whoever_has_no_privilege_does_not_learn_who_exists() {
    let clinic = Clinic::open();
    let ask = |path: &str, user: &str| {
        let body = json!({ "User": user, "Privilege": "AppData:R" });
        let check = json!({ "User": user, "Resource": "AppData" });
        let request = Request::post(path, if path == CHECK { &check } else { &body });
        clinic.ask(&request.log_in("clerk", PASSWORD)).told()
    };
    for path in [CHECK, EXPLAIN] {
        assert_eq!(ask(path, "boss"), ask(path, "nobody"));
    }
}

#[test]
fn answers_are_those_of_the_engine() {
    let clinic = Clinic::open();
    let ask = |user: &str, path: &str, body: Value| {
        clinic.ask(&Request::post(path, &body).log_in(user, PASSWORD)).json()
    };
    let check = |body: Value| ask("boss", CHECK, body);
    assert_eq!(
        ask("clerk", SESSION, json!({})),
        json!({ "Username": "clerk", "Roles": "Desk", "Door": "http" })
    );
    assert_eq!(ask("CLERK", CHECK, json!({ "Resource": "appdata" })), json!({ "Permissions": "READ" }));
    assert_eq!(
        ask("clerk", CHECK, json!({ "Resource": "AppData", "Permissions": "R", "User": "Clerk" })),
        json!({ "Granted": true })
    );
    assert_eq!(check(json!({ "Resource": "Nothing" })), json!({ "Permissions": "READ,WRITE,USE" }));
    assert_eq!(check(json!({ "Resource": "AppData", "User": "nobody" })), json!({ "Permissions": "" }));
    assert_eq!(
        check(json!([
            { "Resource": "AppData", "Permissions": "RW", "User": "clerk" },
            { "User": "nobody", "Permissions": "R", "Resource": "AppData" },
            { "Resource": "AppData", "User": "clerk" },
        ])),
        json!([{ "Granted": false }, { "Granted": false }, { "Permissions": "READ" }])
    );
    let explained = ask("boss", EXPLAIN, json!({ "User": "clerk", "Privilege": "AppData:RW" }));
    let engine = clinic.engine.explain(&clinic.owner(), "clerk", "AppData:RW").unwrap();
    assert_eq!(explained, engine.to_json());
    assert_eq!(explained["Permissions"][0]["Granted"], true);
    assert_eq!(explained["Permissions"][1]["Granted"], false);
}

#[test]
fn rules_refuse_with_their_numbers() {
    let clinic = Clinic::open();
    let explain = |user: &str, privilege: &str| {
        let body = json!({ "User": user, "Privilege": privilege });
        let answer = clinic.ask(&Request::post(EXPLAIN, &body).log_in("boss", PASSWORD));
        judge(&answer);
        (answer.status, answer.code())
    };
    assert_eq!(explain("nobody", "AppData:R"), (400, "838".to_owned()));
    assert_eq!(explain("clerk", "AppData:X"), (400, "897".to_owned()));
    assert_eq!(explain("clerk", "AppData"), (400, "897".to_owned()));
}

#[test]
fn a_list_is_answered_whole_or_not_at_all() {
    let clinic = Clinic::open();
    let ask = |user: &str, body: &Value| clinic.ask(&Request::post(CHECK, body).log_in(user, PASSWORD));
    let mut list = vec![json!({ "Resource": "AppData" }); 1_000];
    assert_eq!(ask("clerk", &json!(list)).json().as_array().unwrap().len(), 1_000);
    list[997] = json!({ "Resource": "AppData", "User": "boss" });
    let refused = ask("clerk", &json!(list));
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("[997]: "), "{refused:?}");
    list.push(json!({ "Resource": "AppData" }));
    assert_eq!(ask("boss", &json!(list)).status, 400);
}

#[test]
fn health_tells_when_the_store_is_away() {
    let clinic = Clinic::open();
    let session = || clinic.ask(&Request::get(SESSION).log_in("boss", PASSWORD));
    assert_eq!(session().status, 200);
    clinic.lose_store(true);
    let (alive, ready) = (clinic.ask(&Request::get("/livez")), clinic.ask(&Request::get("/readyz")));
    assert_eq!((alive.status, ready.status, ready.body.as_str()), (200, 503, "unavailable"));
    let away = session();
    assert_eq!((away.status, away.code().as_str()), (503, "Unavailable"));
    assert!(away.header("retry-after").is_some() && !away.body.contains("/secret"), "{away:?}");
    clinic.lose_store(false);
    assert_eq!((session().status, clinic.ask(&Request::get("/readyz")).status), (200, 200));
}
