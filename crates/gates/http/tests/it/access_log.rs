//! The access log: what was asked and how it ended, and nothing that anybody could have written a secret into.

use crate::client::Request;
use crate::clinic::{Clinic, OTHER, PASSWORD};
use sclera_http::{AccessLog, Limits, Place};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged of some requests, once the server has stopped.
fn logged(requests: &[Request]) -> (String, Vec<Value>, Vec<String>) {
    let kept = Kept::default();
    let log = Some(Arc::new(AccessLog::to(kept.clone()).unwrap()));
    let trusted = vec!["127.0.0.1".to_owned()];
    let mut clinic = Clinic::placed(Limits::default(), None, Place { log, trusted, ..Place::default() });
    let ids = requests.iter().map(|request| clinic.ask(request).header("x-request-id").unwrap().to_owned());
    let ids = ids.collect();
    clinic.stop();
    drop(clinic);
    let written = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let lines = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (written, lines, ids)
}

#[test]
fn each_request_is_a_line() {
    let role = "/api/admin/v2/security/role";
    let behind = Request::get("/gate/auth/ward/7?bed=3").header("X-Sclera-Privilege", "AppData:R");
    let requests = [
        Request::get("/livez"),
        Request::get(&format!("{role}?name=Desk"))
            .log_in("boss", PASSWORD)
            .header("X-Forwarded-For", "10.0.0.7"),
        Request::get(&format!("{role}?name=Desk")).log_in("clerk", PASSWORD),
        Request::get(role).log_in("boss", OTHER),
        Request::new("BREW", "/livez"),
        Request::get("/nowhere"),
        behind.log_in("clerk", PASSWORD),
    ];
    let (_, lines, ids) = logged(&requests);
    let expected = [
        json!(["127.0.0.1", "", "GET", "/livez", 200]),
        json!(["10.0.0.7", "boss", "GET", role, 200]),
        json!(["127.0.0.1", "clerk", "GET", role, 403]),
        json!(["127.0.0.1", "", "GET", role, 401]),
        json!(["127.0.0.1", "", "", "", 405]),
        json!(["127.0.0.1", "", "", "", 404]),
        json!(["127.0.0.1", "clerk", "GET", "/gate/auth", 200]),
    ];
    let told =
        |line: &Value| json!([line["peer"], line["user"], line["method"], line["path"], line["status"]]);
    assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(lines.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!(lines[0]["time"], "2026-11-22T08:15:00Z");
    assert_eq!((&lines[0]["protocol"], &lines[0]["bytes"]), (&json!("HTTP/1.1"), &json!(2)));
    assert!(lines.iter().all(|line| line["ms"].is_u64()));
}

/// A secret anywhere in a request, and none in the log.
#[test]
fn nothing_of_how_it_was_asked_is_told() {
    let secret = "hunter2-Kestrel";
    let body = json!({ "user": secret, "password": secret });
    let form = format!("user={secret}&password={secret}");
    let requests = [
        Request::new("POST", "/api/admin/login").json(&body),
        Request::new("POST", &format!("/api/admin/login?password={secret}")).json(&body),
        Request::post("/gate/sign-in", &form).header("Content-Type", "application/x-www-form-urlencoded"),
        Request::get("/api/admin/info").log_in(secret, secret),
        Request::get("/api/admin/info").bearer(secret),
        Request::get("/gate/auth").header("Cookie", &format!("__Host-sclera={secret}")),
        Request::get(&format!("/gate/auth/{secret}?privilege={secret}")).header("X-Forwarded-Uri", secret),
        Request::get(&format!("/{secret}?{secret}")).header("X-Request-Id", secret).header(secret, secret),
        Request::new(secret, "/livez"),
        Request::get("/livez").header("X-Forwarded-For", secret),
    ];
    let (written, lines, _) = logged(&requests);
    assert_eq!(lines.len(), requests.len());
    assert!(!written.contains(secret), "{written}");
}
