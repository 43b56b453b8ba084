//! Servers that are down, hang, or answer nonsense.

use crate::site::{Site, code};
use sclera_authn::admission::Answer;
use sclera_authn::breaker::State;
use sclera_testkit::servers::free_port;
use sclera_testkit::slapd::{PASSWORD, Slapd};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

fn is_unreachable(site: &Site) -> bool {
    matches!(site.login("alice", Some(PASSWORD)).answer, Answer::Unreachable(_))
}

#[test]
fn another_server_answers_for_one_that_is_down_or_hangs() {
    let (Some(mut first), Some(second)) = (Slapd::start(), Slapd::start()) else { return };
    let mut site = Site::of(&first, 0);
    site.config.host_names = format!("127.0.0.1:{} 127.0.0.1:{}", first.port, second.port);
    assert_eq!(site.granted("alice", PASSWORD).name, "alice");
    first.process().freeze();
    let (name, took) = timed(|| site.granted("alice", PASSWORD).name);
    assert!(name == "alice" && took < Duration::from_millis(1_150), "{took:?}");
    // A wrong password is an answer, and no reason to ask the next one.
    first.process().thaw();
    let spoken = site.login("alice", Some("wrong"));
    assert_eq!(
        (code(&spoken), spoken.told.iter().filter(|line| line.starts_with("connected")).count()),
        (971, 1)
    );
    first.process().kill();
    assert_eq!(site.granted("alice", PASSWORD).name, "alice");
}

#[test]
fn nobody_waits_longer_than_the_patience_and_then_not_at_all() {
    let Some(mut slapd) = Slapd::start() else { return };
    let site = Site::of(&slapd, 0);
    assert_eq!(site.granted("alice", PASSWORD).name, "alice");
    slapd.process().freeze();
    for _ in 0..3 {
        let (unreachable, took) = timed(|| is_unreachable(&site));
        assert!(unreachable && took < Duration::from_millis(1_500), "{took:?}");
    }
    let (unreachable, took) = timed(|| is_unreachable(&site));
    assert!(unreachable && took < Duration::from_millis(20), "the breaker is open: {took:?}");
    let health = site.servers.health().remove(0);
    assert!(matches!(health.state, State::Open(_)), "{health:?}");
    assert_eq!((health.calls, health.failures, health.skipped, health.under_way), (4, 3, 1, 0));
    assert_eq!(health.last_failure, "it did not answer in time");
    // Once it answers again it is asked again, after the pause.
    slapd.process().thaw();
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_unreachable(&site) {
        assert!(Instant::now() < deadline, "{:?}", site.servers.health());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(site.servers.health().remove(0).state, State::Closed);
}

#[test]
fn a_server_that_dies_in_the_middle_is_unreachable() {
    let Some(mut slapd) = Slapd::start() else { return };
    let site = Site::of(&slapd, 0);
    std::thread::scope(|scope| {
        let logins = scope.spawn(|| {
            let mut ended = Vec::new();
            loop {
                let (spoken, took) = timed(|| site.login("alice", Some(PASSWORD)));
                let over = matches!(spoken.answer, Answer::Unreachable(_));
                ended.push((over || matches!(spoken.answer, Answer::Granted(_)), took));
                if over {
                    return ended;
                }
            }
        });
        std::thread::sleep(Duration::from_millis(150));
        slapd.process().kill();
        let ended = logins.join().unwrap();
        assert!(
            ended.len() > 1 && ended.iter().all(|(fine, took)| *fine && *took < Duration::from_secs(2)),
            "{ended:?}"
        );
    });
}

/// Whatever a server sends, the conversation ends in time, with a refusal.
#[test]
fn nonsense_is_no_answer() {
    let Some(slapd) = Slapd::start() else { return };
    let huge = [&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff][..], &[0; 64]].concat();
    let bound = [0x30, 12, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0];
    let endless: Vec<u8> = bound
        .iter()
        .copied()
        .chain([0x30, 11, 2, 1, 2, 0x64, 6, 4, 2, b'c', b'n', 0x30, 0].repeat(10_000))
        .collect();
    let other = [0x30, 12, 2, 1, 9, 0x61, 7, 10, 1, 0, 4, 0, 4, 0].to_vec();
    let notice = [0x30, 12, 2, 1, 0, 0x78, 7, 10, 1, 52, 4, 0, 4, 0].to_vec();
    for said in [b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), huge, endless, other, notice, Vec::new()] {
        let port = free_port();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let answering = said.clone();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1_024]);
            let _ = stream.write_all(&answering);
        });
        let mut site = Site::of(&slapd, 0);
        site.config.host_names = format!("127.0.0.1:{port}");
        let (unreachable, took) = timed(|| is_unreachable(&site));
        assert!(unreachable && took < Duration::from_millis(1_500), "{took:?}");
        server.join().unwrap();
    }
}
