//! Stopping: what is at work is finished, within its time, and nothing new begins.

use crate::client::Request;
use crate::clinic::{Clinic, PASSWORD};
use sclera_http::Limits;
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn what_is_at_work_is_finished() {
    let mut clinic = Clinic::open();
    let (mut idle, mut working) = (clinic.connect(), clinic.connect());
    assert_eq!(idle.ask(&Request::get("/livez")).status, 200);
    let running = clinic.running.take().unwrap();
    let held = clinic.hold_sign_ins();
    working.send(Request::get("/api/sclera/v1/session").log_in("clerk", PASSWORD).bytes());
    assert!(working.is_silent_for(Duration::from_millis(200)));
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| running.stop().unwrap());
        assert!(idle.is_ended());
        while TcpStream::connect(clinic.address).is_ok() {}
        assert!(!stopping.is_finished());
        drop(held);
        let answer = working.receive().unwrap();
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        assert!(working.is_ended());
        stopping.join().unwrap();
    });
}

/// Who was taken before the stop asked for an answer before it, though the request may still be on its way.
#[test]
fn whoever_is_connected_may_still_ask_once() {
    let mut clinic = Clinic::open();
    let (mut fresh, mut silent) = (clinic.connect(), clinic.connect());
    // Connections are taken in order.
    assert_eq!(clinic.ask(&Request::get("/livez")).status, 200);
    let running = clinic.running.take().unwrap();
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| running.stop().unwrap());
        while TcpStream::connect(clinic.address).is_ok() {}
        let answer = fresh.ask(&Request::get("/livez"));
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        assert!(fresh.is_ended() && silent.is_ended());
        stopping.join().unwrap();
    });
}

#[test]
fn it_is_not_waited_for_without_end() {
    let mut clinic = Clinic::within(Limits { drain_time: Duration::from_millis(200), ..Limits::default() });
    let running = clinic.running.take().unwrap();
    let held = clinic.hold_sign_ins();
    let (mut working, mut half) = (clinic.connect(), clinic.connect());
    working.send(Request::get("/api/sclera/v1/session").log_in("clerk", PASSWORD).bytes());
    half.send("GET /liv");
    assert!(working.is_silent_for(Duration::from_millis(200)));
    let begun = Instant::now();
    running.stop().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(working.is_ended() && half.is_ended());
    drop(held);
}

#[test]
fn the_port_is_free_afterwards() {
    let mut clinic = Clinic::open();
    clinic.stop();
    std::net::TcpListener::bind(clinic.address).unwrap();
}
