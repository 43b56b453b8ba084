//! Tokens: a pair at the sign-in, a pair for a refresh, and the end of a session.

use crate::client::{Answer, Request};
use crate::clinic::{Clinic, PASSWORD};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sclera_core::change::Change;
use sclera_core::property::Properties;
use serde_json::{Value, json};

struct Pair {
    access: String,
    refresh: String,
}

fn pair(answer: &Answer) -> Pair {
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    Pair { access: text("access_token"), refresh: text("refresh_token") }
}

fn log_in(clinic: &Clinic, body: &Value) -> Answer {
    clinic.ask(&Request::new("POST", "/api/admin/login").json(body))
}

fn enter(clinic: &Clinic, user: &str) -> Pair {
    pair(&log_in(clinic, &json!({ "user": user, "password": PASSWORD })))
}

fn refresh(clinic: &Clinic, token: &str) -> Answer {
    clinic.ask(&Request::new("POST", "/api/admin/refresh").json(&json!({ "refresh_token": token })))
}

fn info(clinic: &Clinic, token: &str) -> u16 {
    clinic.ask(&Request::get("/api/admin/info").bearer(token)).status
}

fn claims(token: &str, part: usize) -> Value {
    let part = token.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// How often an event happened, whether or not the settings have it written down.
fn events(clinic: &Clinic, name: &str) -> u64 {
    clinic.engine.event_counts(&format!("%System/%Login/{name}")).total
}

#[test]
fn a_pair_is_what_it_should_be() {
    let clinic = Clinic::open();
    let answer = log_in(&clinic, &json!({ "user": "BOSS", "password": PASSWORD }));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    let told = answer.json();
    let names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["access_token", "refresh_token", "sub", "iat", "exp"]);
    assert_eq!((&told["sub"], &told["exp"]), (&json!("boss"), &json!(1_795_335_360)));
    let pair = pair(&answer);
    let (access, refresh) = (claims(&pair.access, 1), claims(&pair.refresh, 1));
    assert_eq!(claims(&pair.access, 0)["alg"], "ES256");
    assert_eq!(claims(&pair.access, 0)["typ"], "JWT");
    assert_eq!((&access["sub"], &access["app"]), (&json!("boss"), &json!("/api/admin/")));
    assert!(access["iss"].as_str().unwrap().starts_with("localhost/"));
    assert!(refresh.get("sub").is_none());
    assert_eq!((&refresh["sid"], &refresh["exp"]), (&access["sid"], &json!(1_795_336_200)));
    let information = clinic.ask(&Request::get("/api/admin/info").bearer(&pair.access)).json();
    assert_eq!(information["result"]["username"], "boss");
    assert_eq!(information["result"]["privileges"]["Secure"], json!({ "use": true }));
    assert_eq!(information["result"]["privileges"].as_object().unwrap().len(), 12);
    assert_eq!(information["result"]["namespaces"], json!([{ "name": "%SYS" }, { "name": "USER" }]));
}

#[test]
fn a_refresh_makes_the_pair_before_worthless() {
    let clinic = Clinic::open();
    let first = enter(&clinic, "boss");
    let second = pair(&refresh(&clinic, &first.refresh));
    assert_eq!(claims(&first.access, 1)["sid"], claims(&second.access, 1)["sid"]);
    assert_eq!((info(&clinic, &first.access), info(&clinic, &second.access)), (401, 200));
    // The access token of before does no more than that: it is stale.
    assert_eq!(info(&clinic, &second.access), 200);
    let spent = refresh(&clinic, &first.refresh);
    assert_eq!(
        (spent.status, spent.body.as_str(), spent.header("www-authenticate")),
        (401, "", Some("Bearer"))
    );
    assert_eq!(info(&clinic, &second.access), 401, "the whole session is gone");
    assert_eq!(refresh(&clinic, &second.refresh).status, 401);
    assert_eq!(events(&clinic, "Terminate"), 1);
}

#[test]
fn tokens_are_good_for_their_time_and_use() {
    let clinic = Clinic::open();
    let first = enter(&clinic, "boss");
    clinic.pass(59);
    assert_eq!(info(&clinic, &first.access), 200);
    clinic.pass(1);
    assert_eq!(info(&clinic, &first.access), 401);
    let second = pair(&refresh(&clinic, &first.refresh));
    assert_eq!(info(&clinic, &second.access), 200);
    assert_eq!(info(&clinic, &second.refresh), 401, "a refresh token lets nobody in");
    assert_eq!(refresh(&clinic, &second.access).status, 401, "an access token is exchanged for nothing");
    clinic.pass(900);
    assert_eq!(refresh(&clinic, &second.refresh).status, 401);
    for nonsense in ["", "x", "a.b.c", &first.access[1..], &"x".repeat(10_000)] {
        assert_eq!(info(&clinic, nonsense), 401);
    }
}

#[test]
fn logging_out_takes_the_access_token() {
    let clinic = Clinic::open();
    let pair = enter(&clinic, "boss");
    let out = Request::new("POST", "/api/admin/logout");
    let body = json!({ "refresh_token": pair.refresh });
    assert_eq!(clinic.ask(&out.clone().json(&body)).status, 401);
    assert_eq!(info(&clinic, &pair.access), 200, "nothing ended");
    let done = clinic.ask(&out.clone().bearer(&pair.access));
    assert_eq!((done.status, done.body.as_str()), (200, ""));
    assert_eq!((info(&clinic, &pair.access), refresh(&clinic, &pair.refresh).status), (401, 401));
    assert_eq!(clinic.ask(&out.bearer(&pair.access)).status, 401);
    assert_eq!(events(&clinic, "Logout"), 1);
}

#[test]
fn revoking_ends_all_sessions_of_the_user() {
    let clinic = Clinic::open();
    let (one, other) = (enter(&clinic, "boss"), enter(&clinic, "boss"));
    clinic.holder("ann", "%Admin_Operate");
    let ann = enter(&clinic, "ann");
    let revoke = Request::new("POST", "/api/admin/revoke");
    assert_eq!(clinic.ask(&revoke).status, 401);
    assert_eq!(clinic.ask(&revoke.bearer(&one.access)).status, 200);
    assert_eq!((info(&clinic, &one.access), info(&clinic, &other.access)), (401, 401));
    assert_eq!(info(&clinic, &ann.access), 200, "not of others");
}

#[test]
fn refusals_have_the_same_bytes() {
    let clinic = Clinic::open();
    let told = |body: &Value| log_in(&clinic, body).told();
    let wrong = told(&json!({ "user": "boss", "password": "wrong" }));
    assert_eq!((wrong.0, wrong.2.as_str()), (401, ""));
    for body in [
        json!({ "user": "nobody", "password": PASSWORD }),
        json!({ "user": "late", "password": PASSWORD }),
        json!({ "user": "boss", "password": PASSWORD, "role": "%Manager" }),
        json!({ "user": "boss", "password": PASSWORD, "role": "NoSuchRole" }),
        json!({ "user": "", "password": "" }),
    ] {
        assert_eq!(told(&body), wrong, "{body}");
    }
}

#[test]
fn a_role_is_escalated_to_if_it_may_be() {
    let clinic = Clinic::open();
    clinic.holder("ann", "%Admin_Operate");
    clinic.modify("ann", "EscalationRoles", "%All");
    let uses_secure = |token: &str| {
        let told = clinic.ask(&Request::get("/api/admin/info").bearer(token)).json();
        told["result"]["privileges"]["Secure"]["use"].clone()
    };
    let plain = enter(&clinic, "ann");
    assert_eq!(uses_secure(&plain.access), false);
    let body = json!({ "user": "ann", "password": PASSWORD, "role": "%All" });
    let escalated = pair(&log_in(&clinic, &body));
    assert_eq!(uses_secure(&escalated.access), true);
    let next = pair(&refresh(&clinic, &escalated.refresh));
    assert_eq!(uses_secure(&next.access), true, "it stays over a refresh");
    clinic.modify("ann", "EscalationRoles", "");
    assert_eq!(refresh(&clinic, &next.refresh).status, 401, "it may no longer be");
}

#[test]
fn a_refresh_judges_the_account_anew() {
    let clinic = Clinic::open();
    clinic.holder("ann", "%Admin_Operate");
    let first = enter(&clinic, "ann");
    clinic.modify("ann", "Roles", "Desk");
    assert_eq!(info(&clinic, &first.access), 200, "a session keeps the roles of its login");
    let second = pair(&refresh(&clinic, &first.refresh));
    assert_eq!(info(&clinic, &second.access), 403, "and has those of now after a refresh");
    clinic.modify("ann", "Enabled", false);
    assert_eq!(refresh(&clinic, &second.refresh).status, 401);
}

#[test]
fn a_session_is_listed_and_ended() {
    let clinic = Clinic::open();
    clinic.holder("ann", "%Admin_Operate");
    let boss = enter(&clinic, "boss");
    let listed = clinic.admin("ann", "GET", "/v2/web-sessions", None).json();
    let row = &listed["result"][0];
    assert_eq!((&row["Username"], &row["Application"]), (&json!("boss"), &json!("/api/admin")));
    let id = row["ID"].as_str().unwrap();
    assert_eq!(info(&clinic, id), 401, "its name lets nobody in");
    let end = format!("/v2/web-session?id={id}");
    assert_eq!(clinic.admin("ann", "DELETE", &end, None).status, 200);
    assert_eq!(clinic.admin("ann", "DELETE", &end, None).status, 404);
    assert_eq!((info(&clinic, &boss.access), refresh(&clinic, &boss.refresh).status), (401, 401));
    // The command that ends sessions ends those of tokens as well.
    let again = enter(&clinic, "boss");
    assert_eq!(clinic.engine.end_sessions(&clinic.owner(), "boss").unwrap(), 1);
    assert_eq!((info(&clinic, &again.access), refresh(&clinic, &again.refresh).status), (401, 401));
}

#[test]
fn without_tokens_basic_is_what_is_asked_for() {
    let clinic = Clinic::open();
    let pair = enter(&clinic, "boss");
    let set = |name: &str, value: bool| {
        let body = json!({ name: value });
        clinic.admin("boss", "PUT", "/v2/web-app?name=%2Fapi%2Fadmin", Some(body)).status
    };
    assert_eq!(set("JWTAuthEnabled", false), 200);
    let refused = log_in(&clinic, &json!({ "user": "boss", "password": PASSWORD }));
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Basic")));
    assert_eq!((info(&clinic, &pair.access), refresh(&clinic, &pair.refresh).status), (401, 401));
    assert_eq!(clinic.admin("boss", "GET", "/info", None).status, 200);
    assert_eq!(set("Enabled", false), 200);
    assert_eq!(
        clinic.admin("boss", "GET", "/info", None).status,
        401,
        "an application that is off is closed"
    );
    let properties =
        Properties::new().with("Enabled", true).with("JWTAuthEnabled", true).with("AutheEnabled", 2_048_i64);
    clinic.submit(Change::ModifyApplication { name: "/api/admin".to_owned(), properties });
    assert_eq!(clinic.admin("boss", "GET", "/info", None).status, 401, "its mechanisms count");
}

#[test]
fn every_algorithm_of_the_settings_signs_and_keys_are_rotated() {
    let clinic = Clinic::open();
    for algorithm in ["RS256", "ES384", "ES512", "ES256"] {
        let properties =
            Properties::new().with("JWTSigAlg", algorithm).with("JWTIssuer", "https://issuer.example");
        clinic.submit(Change::ModifySystem { properties });
        let pair = enter(&clinic, "boss");
        assert_eq!(claims(&pair.access, 0)["alg"], algorithm);
        assert_eq!(claims(&pair.access, 1)["iss"], "https://issuer.example");
        assert_eq!(info(&clinic, &pair.access), 200);
    }
    let key = |pair: &Pair| claims(&pair.access, 0)["kid"].clone();
    let first = enter(&clinic, "boss");
    assert_eq!(key(&first), key(&enter(&clinic, "boss")));
    clinic.pass(30 * 86_400);
    assert_ne!(key(&first), key(&enter(&clinic, "boss")), "after thirty days another key signs");
}

#[test]
fn a_token_is_good_for_the_group_of_its_application() {
    let clinic = Clinic::open();
    let pair = enter(&clinic, "boss");
    let check = |token: &str| {
        let body = json!({ "Resource": "AppData", "User": "clerk" });
        clinic.ask(&Request::new("POST", "/api/sclera/v1/check").json(&body).bearer(token)).status
    };
    assert_eq!(check(&pair.access), 200);
    let properties = Properties::new().with("GroupById", "");
    clinic.submit(Change::ModifyApplication { name: "/api/sclera".to_owned(), properties });
    assert_eq!((check(&pair.access), info(&clinic, &pair.access)), (401, 200));
}
