//! Hooks: a question in JSON over HTTP, and an answer that is bounded.

use crate::receiver::{made, protected, receive, request};
use sclera_forward::{Hook, Url};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

fn token(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn url(scheme: &str, port: u16) -> Url {
    format!("{scheme}://127.0.0.1:{port}/hook").parse().unwrap()
}

#[test]
fn a_question_is_answered() {
    let made = made();
    let server = made.server.clone();
    let (address, asked) = receive(move |stream| {
        let mut stream = protected(server, stream);
        let asked = request(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        asked
    });
    let hook = Hook::new(
        url("https", address.port),
        Some(made.trust()),
        Some(token("secret-7")),
        Duration::from_secs(5),
    );
    assert_eq!(hook.unwrap().post(br#"{"a":1}"#).unwrap(), b"{}");
    let (head, body) = asked.join().unwrap();
    assert!(
        head.starts_with("POST /hook HTTP/1.0\r\n")
            && head.contains("\r\nAuthorization: Bearer secret-7\r\n"),
        "{head}"
    );
    assert_eq!(body, br#"{"a":1}"#);
}

#[test]
fn what_cannot_be_asked_safely_is_refused() {
    let patience = Duration::from_secs(1);
    let elsewhere = || "http://192.0.2.1/".parse::<Url>().unwrap();
    assert!(Hook::new(elsewhere(), None, None, patience).is_err());
    assert!(Hook::new(elsewhere(), Some(made().trust()), None, patience).is_err(), "trust is no TLS");
    assert!(Hook::new(url("https", 1), None, None, patience).is_err(), "whom should one trust?");
    for wrong in ["", "a b", "a\r\nX: y", "ä"] {
        assert!(Hook::new(url("http", 1), None, Some(token(wrong)), patience).is_err(), "{wrong:?}");
    }
}

#[test]
fn an_answer_that_is_none_is_an_error() {
    let hang = |mut stream: TcpStream| {
        let _ = request(&mut stream);
        std::thread::sleep(Duration::from_secs(2));
    };
    let endless = |mut stream: TcpStream| {
        let _ = request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4_096]).is_ok() {}
    };
    let error = |mut stream: TcpStream| {
        let _ = request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}");
    };
    for (address, _) in [receive(hang), receive(endless), receive(error), receive(drop::<TcpStream>)] {
        let begun = Instant::now();
        let hook = Hook::new(url("http", address.port), None, None, Duration::from_millis(400)).unwrap();
        assert!(hook.post(b"{}").is_err());
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}
