use crate::receiver::{made, protected, receive, to_the_end};
use crate::{change, entry, outlet};
use sclera_core::change::Action;
use sclera_forward::{Address, Target};
use std::io::Write as _;

/// A frame of RFC 5425: the length in octets, a blank, the message.
fn frames(mut bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let blank = bytes.iter().position(|byte| *byte == b' ').unwrap();
        let length: usize = std::str::from_utf8(&bytes[..blank]).unwrap().parse().unwrap();
        found.push(String::from_utf8(bytes[blank + 1..=blank + length].to_vec()).unwrap());
        bytes = &bytes[blank + 1 + length..];
    }
    found
}

/// What RFC 5424 section 6 says a message is: priority, version, time, host, program, process, kind, data, text.
fn parts(message: &str) -> ([String; 6], Vec<(String, String)>, String) {
    let mut words = message.splitn(7, ' ');
    let head: Vec<String> = words.by_ref().take(6).map(str::to_owned).collect();
    let rest = words.next().unwrap();
    let rest = rest.strip_prefix('[').unwrap();
    let mut chars = rest.char_indices();
    let (mut data, mut text, mut is_escaped, mut is_value, mut current) =
        (Vec::new(), "", false, false, String::new());
    let mut name = String::new();
    for (at, c) in chars.by_ref() {
        match c {
            _ if is_escaped => {
                current.push(c);
                is_escaped = false;
            }
            '\\' if is_value => is_escaped = true,
            '"' if is_value => {
                data.push((name.trim().to_owned(), std::mem::take(&mut current)));
                (is_value, name) = (false, String::new());
            }
            _ if is_value => current.push(c),
            '"' => is_value = true,
            ']' => {
                text = &rest[at + 2..];
                break;
            }
            '=' => {}
            c => name.push(c),
        }
    }
    (head.try_into().unwrap(), data, text.to_owned())
}

#[test]
fn frames_over_tls_arrive_whole_and_in_order() {
    let made = made();
    let server = made.server.clone();
    let (address, received) = receive(move |stream| to_the_end(protected(server, stream)));
    let outlet = outlet(Target::Syslog { address, trust: Some(made.trust()) }).unwrap();
    outlet.send(&[entry(1), change(2, Action::Create, "user")]).unwrap();
    let frames = frames(&received.join().unwrap());
    assert_eq!(frames.len(), 2);
    let (head, data, text) = parts(&frames[0]);
    let expected = ["<108>1", "2026-09-21T14:13:20.123456Z", "host.example", "sclera", "7", "LoginFailure"];
    assert_eq!(head, expected);
    assert_eq!(
        data.iter().map(|(name, _)| name.rsplit(' ').next().unwrap()).collect::<Vec<_>>(),
        ["id", "event", "user"]
    );
    assert_eq!(data[2].1, "mal]lory\"\\ ", "escaped, and no line end");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&json["Username"], &json["Status"]),
        (&"mal]lory\"\\\n".into(), &"ERROR #952: Invalid password\r\n<böse>".into())
    );
    assert!(!frames[0].contains('\n'));
    assert!(frames[1].starts_with("<109>1 "), "{}", frames[1]);
}

#[test]
fn bare_tcp_goes_to_this_machine_alone() {
    let (address, received) = receive(to_the_end);
    outlet(Target::Syslog { address, trust: None }).unwrap().send(&[entry(1)]).unwrap();
    assert_eq!(frames(&received.join().unwrap()).len(), 1);
    for host in ["10.0.0.1", "localhost", "logs.example.org"] {
        let address = Address { host: host.to_owned(), port: 514 };
        assert!(outlet(Target::Syslog { address, trust: None }).is_err(), "{host}");
    }
}

#[test]
fn a_receiver_that_is_not_the_one_trusted_gets_nothing() {
    let (made, other) = (crate::receiver::made(), crate::receiver::made());
    let (address, received) = receive(move |stream| {
        let mut stream = protected(made.server, stream);
        stream.flush().is_ok()
    });
    let outlet = outlet(Target::Syslog { address, trust: Some(other.trust()) }).unwrap();
    assert!(outlet.send(&[entry(1)]).unwrap_err().0.contains("certificate"));
    assert!(!received.join().unwrap());
}

#[test]
fn a_receiver_that_breaks_off_has_received_nothing_surely() {
    let (address, _) = receive(drop);
    let many: Vec<_> = (0..5_000).map(entry).collect();
    let outlet = outlet(Target::Syslog { address, trust: None }).unwrap();
    assert!(outlet.send(&many).is_err());
    assert!(outlet.send(&many).is_err(), "nobody listens any longer");
}
