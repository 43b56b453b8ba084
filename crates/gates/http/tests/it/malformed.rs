//! What is no request, and what is no question: refused in one line, and never a fault of the server.

use crate::client::Request;
use crate::clinic::{Clinic, PASSWORD};

const CHECK: &str = "/api/sclera/v1/check";

#[test]
fn what_is_no_http_is_refused() {
    let clinic = Clinic::open();
    let long = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(1_000_000));
    for bytes in [
        &b"\r\n\r\n\r\n\r\n"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1 \r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost\r\n\r\n",
        b"GET / HTTP/1.1\r\n : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://example.com/livez HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        long.as_bytes(),
    ] {
        let mut connection = clinic.connect();
        connection.send(bytes);
        let _ = connection.stream.shutdown(std::net::Shutdown::Write);
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        if let Some(answer) = connection.receive() {
            assert!(answer.status < 500, "{shown:?}: {answer:?}");
        }
    }
    assert_eq!(clinic.ask(&Request::get("/livez")).status, 200);
}

#[test]
fn a_chunked_body_that_is_none_is_refused() {
    let clinic = Clinic::open();
    let head =
        Request::new("POST", CHECK).log_in("clerk", PASSWORD).header("Transfer-Encoding", "chunked").bytes();
    for body in ["xyz\r\n\r\n", "5\r\nab", "ffffffffffffffffff\r\n", "2\r\n{}garbage\r\n"] {
        let mut connection = clinic.connect();
        connection.send(&head);
        connection.send(body);
        let _ = connection.stream.shutdown(std::net::Shutdown::Write);
        assert!(connection.receive().is_none_or(|answer| answer.status == 400), "{body:?}");
    }
    let mut connection = clinic.connect();
    connection.send(&head);
    connection.send("16\r\n{\"Resource\":\"AppData\"}\r\n0\r\n\r\n");
    assert_eq!(connection.receive().unwrap().status, 200);
}

#[test]
fn what_is_no_question_is_refused() {
    let clinic = Clinic::open();
    let nested = "[".repeat(500_000);
    let twice = format!(r#"{{"Resource":"{PASSWORD}","Resource":"x"}}"#);
    for (body, told) in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("{}", "the field `Resource` is missing"),
        ("null", "must be an object or a list"),
        ("7", "must be an object or a list"),
        ("\"Kestrel-Orbit-77\"", "must be an object or a list"),
        ("[7]", "[0]: a question must be an object"),
        ("[{\"Resource\":\"x\"},{}]", "[1]: the field `Resource` is missing"),
        ("[[]]", "[0]: a question must be an object"),
        (&nested, "inside each other"),
        (&twice, "the key `Resource` stands twice"),
        (r#"{"Resource":7}"#, "the field `Resource` is of the wrong kind"),
        (r#"{"Resource":null}"#, "the field `Resource` is of the wrong kind"),
        (r#"{"Resource":NaN}"#, "not JSON"),
        (r#"{"Resource":"x","Permissions":{}}"#, "the field `Permissions` is of the wrong kind"),
        (r#"{"resource":"x"}"#, "the field `resource` is not expected"),
        (r#"{"Resource":"x","\u0000\n":"x"}"#, "is not expected"),
        (r#"{"Resource":"x"} {}"#, "not JSON"),
        ("Resource=x", "not JSON"),
    ] {
        let answer = clinic.ask(&Request::post(CHECK, body).log_in("clerk", PASSWORD));
        let shown = body.chars().take(60).collect::<String>();
        assert_eq!(answer.status, 400, "{shown}: {answer:?}");
        let message = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(message.contains(told), "{shown}: {message}");
        assert!(message.len() < 300 && !message.contains(char::is_control), "{shown}: {message}");
        assert!(!message.contains(PASSWORD), "{shown}: {message}");
    }
}

#[test]
fn a_body_that_is_not_utf8_is_refused() {
    let clinic = Clinic::open();
    let mut connection = clinic.connect();
    let body = b"{\"Resource\":\"\xff\"}";
    let head = Request::new("POST", CHECK)
        .log_in("clerk", PASSWORD)
        .header("Content-Length", &body.len().to_string());
    connection.send([&head.bytes()[..], &body[..]].concat());
    let answer = connection.receive().unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (400, "BadRequest"));
}

#[test]
fn odd_names_are_names_that_nobody_has() {
    let clinic = Clinic::open();
    for odd in ["", "\\u0000", "\\n", "\\ud83d\\ude00", "%", "*", "a,b", "' OR 1=1 --", &"x".repeat(100_000)]
    {
        let check = format!(r#"{{"Resource":"{odd}","Permissions":"{odd}","User":"{odd}"}}"#);
        let answer = clinic.ask(&Request::post(CHECK, &check).log_in("boss", PASSWORD));
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"Granted":false}"#));
        let explain = format!(r#"{{"User":"{odd}","Privilege":"{odd}"}}"#);
        let answer = clinic.ask(&Request::post("/api/sclera/v1/explain", &explain).log_in("boss", PASSWORD));
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(!answer.body.contains('\n'), "{answer:?}");
    }
}
