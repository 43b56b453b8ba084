//! Sizes, times and numbers, each at its bound.

use crate::client::{Client, Request};
use crate::clinic::{Clinic, PASSWORD};
use sclera_http::Limits;
use serde_json::json;
use std::time::{Duration, Instant};

const CHECK: &str = "/api/sclera/v1/check";

fn short() -> Limits {
    Limits {
        head_time: Duration::from_millis(200),
        request_time: Duration::from_millis(400),
        idle_time: Duration::from_secs(2),
        ..Limits::default()
    }
}

fn alive(clinic: &Clinic) {
    assert_eq!(clinic.ask(&Request::get("/livez")).body, "ok");
}

#[test]
fn a_body_has_a_size() {
    let clinic = Clinic::open();
    let of_length = |length: usize| {
        let body = format!("{{\"Resource\":\"{}\"}}", "x".repeat(length - 15));
        assert_eq!(body.len(), length);
        clinic.ask(&Request::post(CHECK, &body).log_in("clerk", PASSWORD))
    };
    assert_eq!(of_length(1024 * 1024).status, 200);
    let refused = of_length(1024 * 1024 + 1);
    assert_eq!((refused.status, refused.code().as_str()), (413, "TooLarge"));
}

#[test]
fn a_body_that_is_announced_too_large_is_not_waited_for() {
    let clinic = Clinic::open();
    let request = Request::new("POST", CHECK).log_in("clerk", PASSWORD);
    let mut connection = clinic.connect();
    let announced = request.clone().header("Content-Length", "10000000").header("Expect", "100-continue");
    assert_eq!(connection.ask(&announced).status, 413);
    assert!(connection.is_ended());
}

#[test]
fn a_body_of_unknown_size_is_cut_off() {
    let clinic = Clinic::open();
    let mut connection = clinic.connect();
    let request = Request::new("POST", CHECK).log_in("clerk", PASSWORD);
    connection.send(request.header("Transfer-Encoding", "chunked").bytes());
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let sent = (0..160).take_while(|_| connection.send(&chunk)).count();
    let answer = connection.receive();
    // Whoever sends on after the end may lose the answer to the reset.
    assert!(answer.as_ref().is_none_or(|answer| answer.status == 413), "{answer:?}");
    assert!(sent < 160 || answer.is_some());
    alive(&clinic);
}

#[test]
fn whoever_is_nobody_need_not_send_a_body() {
    let clinic = Clinic::open();
    let mut connection = clinic.connect();
    let announced = Request::new("POST", CHECK).header("Content-Length", "1000");
    assert_eq!(connection.ask(&announced).status, 401);
}

#[test]
fn a_head_has_a_size() {
    let clinic = Clinic::open();
    let with = |request: Request| clinic.connect().ask(&request).status;
    let long = |length: usize| Request::get("/livez").header("X-Long", &"x".repeat(length));
    assert_eq!(with(long(15_000)), 200);
    assert_eq!(with(long(17_000)), 431);
    assert!([414, 431].contains(&with(Request::get(&format!("/{}", "x".repeat(17_000))))));
    assert!([414, 431].contains(&with(Request::get(&format!("/{}", "x".repeat(100_000))))));
    let many =
        (0..101).fold(Request::get("/livez"), |request, number| request.header(&format!("X-{number}"), ""));
    assert_eq!(with(many), 431);
    alive(&clinic);
}

#[test]
fn a_head_without_end_is_cut_off() {
    let clinic = Clinic::open();
    let mut connection = clinic.connect();
    connection.send("GET /livez HTTP/1.1\r\nHost: here\r\n");
    let sent = (0..100_000).take_while(|number| connection.send(format!("X-{number}: y\r\n"))).count();
    assert!(sent < 100_000);
    assert!(connection.receive().is_none_or(|answer| answer.status == 431));
    alive(&clinic);
}

#[test]
fn a_head_has_its_time() {
    let clinic = Clinic::within(short());
    let begun = Instant::now();
    let mut nothing = clinic.connect();
    let mut half = clinic.connect();
    half.send("GET /livez HTTP/1.1\r\nHo");
    assert!(nothing.is_ended() && half.is_ended());
    // One byte after the other does not help.
    let mut drip = clinic.connect();
    let head = "GET /livez HTTP/1.1\r\nX: ".bytes().chain(std::iter::repeat(b'y'));
    let sent = head
        .take(1_000)
        .take_while(|byte| drip.send([*byte]) && drip.is_silent_for(Duration::from_millis(20)));
    assert!(sent.count() < 100);
    assert!(begun.elapsed() < Duration::from_secs(10));
    alive(&clinic);
}

#[test]
fn a_request_has_its_time() {
    let clinic = Clinic::within(short());
    let request = Request::new("POST", CHECK).log_in("clerk", PASSWORD).header("Content-Length", "100");
    let mut connection = clinic.connect();
    let slow = connection.ask(&request);
    assert_eq!((slow.status, slow.code().as_str()), (408, "Timeout"));
    assert!(connection.is_ended());
    let held = clinic.hold_sign_ins();
    assert_eq!(clinic.session("boss", PASSWORD), 408);
    drop(held);
    alive(&clinic);
}

#[test]
fn a_pause_between_requests_is_longer_than_a_head_may_take() {
    let clinic = Clinic::within(short());
    let mut connection = clinic.connect();
    let request = Request::post(CHECK, &json!({ "Resource": "AppData" })).log_in("clerk", PASSWORD);
    for _ in 0..2 {
        assert_eq!(connection.ask(&request).status, 200);
        assert!(connection.is_silent_for(Duration::from_millis(600)));
    }
    assert!(connection.is_ended(), "and has an end");
    // A request that begins late has its own time.
    let mut connection = clinic.connect();
    assert_eq!(connection.ask(&request).status, 200);
    connection.send("GET");
    let begun = Instant::now();
    assert!(connection.is_ended());
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
}

#[test]
fn whoever_does_not_read_is_left() {
    let clinic = Clinic::within(Limits { idle_time: Duration::from_millis(500), ..short() });
    let mut connection = clinic.connect();
    let requests = Request::get("/livez").bytes().repeat(1_000);
    connection.stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    while connection.send(&requests) {}
    alive(&clinic);
}

#[test]
fn only_so_many_connections_are_served() {
    let clinic = Clinic::within(Limits { connections: 2, ..Limits::default() });
    let livez = Request::get("/livez");
    let mut first = clinic.connect();
    let mut second = clinic.connect();
    assert_eq!((first.ask(&livez).status, second.ask(&livez).status), (200, 200));
    let mut third = clinic.connect();
    third.send(livez.bytes());
    assert!(third.is_silent_for(Duration::from_millis(200)));
    assert_eq!(second.ask(&livez).status, 200);
    drop(first);
    assert_eq!(third.receive().unwrap().status, 200);
}

#[test]
fn requests_may_follow_each_other_at_once() {
    let clinic = Clinic::open();
    let mut connection = clinic.connect();
    let check = Request::post(CHECK, &json!({ "Resource": "AppData" })).log_in("clerk", PASSWORD);
    connection.send([check.bytes(), Request::get("/livez").bytes(), check.bytes()].concat());
    let bodies: Vec<String> = (0..3).map(|_| connection.receive().unwrap().body).collect();
    assert_eq!(bodies, [r#"{"Permissions":"READ"}"#, "ok", r#"{"Permissions":"READ"}"#]);
}

#[test]
fn the_head_alone_may_be_asked_for() {
    let clinic = Clinic::open();
    let mut connection: Client = clinic.connect();
    connection.send(Request::new("HEAD", "/livez").bytes());
    connection.send(Request::new("HEAD", "/api/sclera/v1/session").header("Connection", "close").bytes());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut connection.stream, &mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("HTTP/1.1 401"), "{text}");
    assert!(!text.contains("ok\r\n") && !text.contains("Denied"), "{text}");
}
