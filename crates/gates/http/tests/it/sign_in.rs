//! Signing in: remembered for a while, judged anew after any change.

use crate::client::Request;
use crate::clinic::{Clinic, OTHER, PASSWORD};
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_http::Limits;
use sclera_store::journal::Record;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::Duration;

const CHECK: &str = "/api/sclera/v1/check";

#[test]
fn a_sign_in_is_judged_once() {
    let clinic = Clinic::open();
    for _ in 0..3 {
        assert_eq!(clinic.session("clerk", PASSWORD), 200);
        assert_eq!(clinic.session("CLERK", PASSWORD), 200);
    }
    assert_eq!(clinic.server.sign_ins_judged(), 1);
    let mut connection = clinic.connect();
    let request = Request::post(CHECK, &json!({ "Resource": "AppData" })).log_in("clerk", PASSWORD);
    for _ in 0..3 {
        assert_eq!(connection.ask(&request).json(), json!({ "Permissions": "READ" }));
    }
    assert_eq!(clinic.server.sign_ins_judged(), 1);
}

#[test]
fn a_refusal_is_judged_each_time_and_written_down() {
    let clinic = Clinic::open();
    for _ in 0..2 {
        assert_eq!(clinic.session("clerk", "wrong"), 401);
        assert_eq!(clinic.session("nobody", PASSWORD), 401);
    }
    assert_eq!(clinic.server.sign_ins_judged(), 4);
    let failure = |record: &Record| match record {
        Record::Event(event) => event.event[2] == "LoginFailure",
        Record::Change(_) | Record::Mark(_) => false,
    };
    let listed = clinic.engine.audit_list(&clinic.owner(), 10_000).unwrap();
    let failures: Vec<_> =
        listed.iter().map(|placed| &placed.record).filter(|record| failure(record)).collect();
    assert_eq!(failures.len(), 4, "{failures:?}");
    let text = format!("{failures:?}");
    assert!(text.contains("127.0.0.1") && text.contains("http"), "{text}");
    assert!(!text.contains(PASSWORD) && !text.contains("wrong"), "{text}");
}

#[test]
fn nothing_that_cannot_be_right_reaches_the_engine() {
    let clinic = Clinic::open();
    let session = Request::get("/api/sclera/v1/session");
    for value in ["Basic", "Basic !", "Basic YWJj", "Bearer x", "Basic /////w=="] {
        assert_eq!(clinic.ask(&session.clone().header("Authorization", value)).code(), "822", "{value}");
    }
    let twice = session.clone().log_in("clerk", PASSWORD).log_in("clerk", PASSWORD);
    assert_eq!(clinic.ask(&twice).status, 401);
    assert_eq!(clinic.session("clerk", &"x".repeat(513)), 401);
    assert_eq!(clinic.server.sign_ins_judged(), 0);
    for name in ["", "a\0b", "\u{1}", "_PUBLIC", "owner", &"x".repeat(5_000)] {
        assert_eq!(clinic.session(name, PASSWORD), 401, "{name}");
    }
}

#[test]
fn a_password_that_was_changed_counts_at_once() {
    let clinic = Clinic::open();
    assert_eq!(clinic.session("clerk", PASSWORD), 200);
    clinic.set_password("clerk", OTHER);
    assert_eq!(clinic.session("clerk", PASSWORD), 401);
    assert_eq!(clinic.session("clerk", OTHER), 200);
}

#[test]
fn a_user_that_was_disabled_or_deleted_is_refused_at_once() {
    let clinic = Clinic::open();
    assert_eq!(clinic.session("clerk", PASSWORD), 200);
    clinic.modify("clerk", "Enabled", false);
    assert_eq!(clinic.session("clerk", PASSWORD), 401);
    clinic.modify("clerk", "Enabled", true);
    assert_eq!(clinic.session("clerk", PASSWORD), 200);
    clinic.submit(Change::DeleteUser { name: "clerk".to_owned() });
    assert_eq!(clinic.session("clerk", PASSWORD), 401);
}

#[test]
fn a_role_that_was_changed_counts_at_once() {
    let clinic = Clinic::open();
    let held = || {
        let request = Request::post(CHECK, &json!({ "Resource": "AppData" })).log_in("clerk", PASSWORD);
        clinic.ask(&request).json()["Permissions"].as_str().unwrap_or("refused").to_owned()
    };
    let set = |resources: &str| {
        let properties = Properties::new().with("Resources", resources);
        clinic.submit(Change::ModifyRole { name: "Desk".to_owned(), properties });
    };
    assert_eq!(held(), "READ");
    set("AppData:RW,%Service_WebGateway:U");
    assert_eq!(held(), "READ,WRITE");
    set("%Service_WebGateway:U");
    assert_eq!(held(), "");
    clinic.modify("clerk", "Roles", "%All");
    assert_eq!(held(), "READ,WRITE,USE");
}

#[test]
fn settings_that_admission_rests_on_count_at_once() {
    let clinic = Clinic::open();
    let service = |enabled: bool| {
        let properties = Properties::new().with("Enabled", enabled);
        clinic.submit(Change::ModifyService { name: "%Service_WebGateway".to_owned(), properties });
    };
    let required = |role: &str| {
        let properties = Properties::new().with("RequiredRole", role);
        clinic.submit(Change::ModifySystem { properties });
    };
    assert_eq!(clinic.session("clerk", PASSWORD), 200);
    service(false);
    assert_eq!(clinic.session("clerk", PASSWORD), 401);
    service(true);
    assert_eq!(clinic.session("clerk", PASSWORD), 200);
    required("%Manager");
    assert_eq!((clinic.session("clerk", PASSWORD), clinic.session("boss", PASSWORD)), (401, 200));
    required("");
    assert_eq!(clinic.session("clerk", PASSWORD), 200);
}

#[test]
fn only_so_many_sign_in_at_once_and_who_is_remembered_does_not_wait() {
    let clinic = Clinic::within(Limits { comparisons: 1, waiting: 1, ..Limits::default() });
    assert_eq!(clinic.session("boss", PASSWORD), 200);
    let held = clinic.hold_sign_ins();
    let (told, answers) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..5 {
            let (told, clinic) = (told.clone(), &clinic);
            scope.spawn(move || {
                let request = Request::get("/api/sclera/v1/session").log_in("clerk", PASSWORD);
                told.send(clinic.ask(&request)).unwrap();
            });
        }
        for _ in 0..3 {
            let busy = answers.recv().unwrap();
            assert_eq!((busy.status, busy.header("retry-after")), (503, Some("1")), "{busy:?}");
        }
        assert_eq!(clinic.session("boss", PASSWORD), 200);
        assert_eq!(clinic.ask(&Request::get("/readyz")).status, 200);
        assert!(answers.try_recv().is_err());
        drop(held);
        for _ in 0..2 {
            assert_eq!(answers.recv().unwrap().status, 200);
        }
    });
}

#[test]
fn whoever_leaves_the_queue_makes_room() {
    let clinic = Clinic::within(Limits { comparisons: 1, waiting: 0, ..Limits::default() });
    let held = clinic.hold_sign_ins();
    let mut gone = clinic.connect();
    gone.send(Request::get("/api/sclera/v1/session").log_in("clerk", PASSWORD).bytes());
    assert!(gone.is_silent_for(Duration::from_millis(100)));
    drop(gone);
    // The work goes on, and so does its place; it is given back with the end of the work.
    assert_eq!(clinic.session("clerk", PASSWORD), 503);
    drop(held);
    while clinic.session("clerk", PASSWORD) == 503 {}
    assert_eq!(clinic.session("clerk", PASSWORD), 200);
}

/// Whoever is refused learns nothing of why, by any door of the interface: status, headers and body are the same bytes. Only
/// the audit trail tells.
#[test]
fn every_refusal_is_the_same_bytes() {
    let clinic = Clinic::open();
    // 2097152 is the code of an authenticator, beside passwords.
    let both = Properties::new().with("AutheEnabled", 2_097_200_i64);
    clinic.submit(Change::ModifySystem { properties: both });
    let name = "/api/admin".to_owned();
    let properties = Properties::new().with("AutheEnabled", 2_097_184_i64);
    clinic.submit(Change::ModifyApplication { name, properties });
    let name = "%Service_WebGateway".to_owned();
    clinic
        .submit(Change::ModifyResource { name, properties: Properties::new().with("PublicPermission", "") });
    for user in ["shut", "gone", "factor", "stranger"] {
        let roles = if user == "stranger" { "" } else { "Desk" };
        clinic.create(user, Properties::new().with("Roles", roles));
    }
    clinic.modify("shut", "Enabled", false);
    clinic.modify("gone", "ExpirationDate", "2001-01-01");
    clinic.modify("factor", "AutheEnabled", 2_097_152_i64);
    let refused = [
        ("nobody", PASSWORD, None),
        ("clerk", OTHER, None),
        ("clerk", "", None),
        ("shut", PASSWORD, None),
        ("gone", PASSWORD, None),
        ("late", PASSWORD, None),
        ("stranger", PASSWORD, None),
        ("factor", PASSWORD, None),
        ("factor", PASSWORD, Some("000000")),
        ("factor", OTHER, None),
        ("\u{fe}", PASSWORD, None),
    ];
    let basic =
        |user: &str, password: &str, path: &str| clinic.ask(&Request::get(path).log_in(user, password));
    let by_token = |user: &str, password: &str, code: Option<&str>| {
        let body = json!({ "user": user, "password": password, "totp": code.unwrap_or_default() });
        clinic.ask(&Request::new("POST", "/api/admin/login").json(&body))
    };
    for path in ["/api/admin/info", "/gate/auth?privilege=AppData:R"] {
        let expected = basic("nobody", PASSWORD, path).told();
        assert_eq!(expected.0, 401);
        // A second factor is asked where an application asks for it; the gate was told of none.
        let asks = |user: &str| user != "factor" || path.starts_with("/api/admin");
        for (user, password, _) in
            refused.into_iter().filter(|(user, password, _)| asks(user) || *password == OTHER)
        {
            assert_eq!(basic(user, password, path).told(), expected, "{user} {password} at {path}");
        }
    }
    let expected = by_token("nobody", PASSWORD, None).told();
    assert_eq!(expected.0, 401);
    for (user, password, code) in refused {
        assert_eq!(by_token(user, password, code).told(), expected, "{user} {password} {code:?}");
    }
    // None of it is so because nobody gets in.
    assert_eq!(by_token("clerk", PASSWORD, None).status, 200);
    let why = |record: &Record| match record {
        Record::Event(event) if event.event[2] == "LoginFailure" => {
            let data = event.fields.iter().find(|(name, _)| name == "EventData");
            data.and_then(|(_, text)| Some(text.split("ERROR #").nth(1)?.split(':').next()?.to_owned()))
        }
        _ => None,
    };
    let listed = clinic.engine.audit_list(&clinic.owner(), 10_000).unwrap();
    let told: BTreeSet<String> = listed.iter().filter_map(|placed| why(&placed.record)).collect();
    let different = ["1433", "815", "828", "838", "935", "952", "959"].map(str::to_owned);
    assert_eq!(told, BTreeSet::from(different), "administrators learn what it was");
}
