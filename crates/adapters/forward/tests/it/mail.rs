//! Letters arrive at a real relay, protected as they must be; and at none that is not what it should be.

use crate::receiver::{Made, made, protected, receive};
use rustls::ServerConfig;
use sclera_forward::mail::{Letter, Protection, Relay};
use sclera_forward::{Address, Undelivered};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

const LETTER: Letter<'_> = Letter {
    from: "sclera@clinic.example",
    to: "4917012@vtext.com",
    subject: "Security Token",
    text: "Your code is 00012345.\n.",
};
/// Base64 of NUL, `clinic`, NUL, `geheim`.
const PROOF: &str = "AUTH PLAIN AGNsaW5pYwBnZWhlaW0=";

/// How a relay behaves.
#[derive(Clone, Default)]
struct Manner {
    tls: Option<Arc<ServerConfig>>,
    starttls: Option<Arc<ServerConfig>>,
    /// Said beside the answer to STARTTLS, in the clear.
    slips_in: &'static str,
    /// What is answered in place of the usual.
    answers: Vec<(&'static str, &'static str)>,
}

/// Every line that the client said; those of the letter with a `>` before them.
fn relay(manner: Manner) -> (Address, JoinHandle<Vec<String>>) {
    receive(move |stream| {
        let mut said = Vec::new();
        let talked = match manner.tls.clone() {
            Some(server) => converse(&mut protected(server, stream), &manner, true, &mut said),
            None => talk(stream, &manner, &mut said),
        };
        // Who is sent away leaves in the middle.
        let _ = talked;
        said
    })
}

fn talk(mut stream: TcpStream, manner: &Manner, said: &mut Vec<String>) -> std::io::Result<()> {
    converse(&mut stream, manner, true, said)?;
    match manner.starttls.clone().filter(|_| said.last().is_some_and(|line| line == "STARTTLS")) {
        Some(server) => converse(&mut protected(server, stream), manner, false, said),
        None => Ok(()),
    }
}

fn converse(
    stream: &mut (impl Read + Write),
    manner: &Manner,
    greets: bool,
    said: &mut Vec<String>,
) -> std::io::Result<()> {
    if greets {
        stream.write_all(manner.answer("", "220 relay.example ESMTP").as_bytes())?;
    }
    let mut is_letter = false;
    loop {
        let line = line(stream)?;
        if is_letter {
            said.push(format!(">{line}"));
            if line == "." {
                is_letter = false;
                stream.write_all(manner.answer(".", "250 2.0.0 taken on").as_bytes())?;
            }
            continue;
        }
        said.push(line.clone());
        let word = line.split([' ', ':']).next().unwrap();
        let answer = match word {
            "EHLO" if manner.starttls.is_some() && greets => {
                "250-relay.example\r\n250-SIZE 1000000\r\n250 STARTTLS"
            }
            "EHLO" => "250-relay.example\r\n250 AUTH LOGIN PLAIN",
            "AUTH" => "235 2.7.0 welcome",
            "DATA" => "354 go on",
            "STARTTLS" => "220 go on",
            "QUIT" => "221 bye",
            _ => "250 well",
        };
        let slip = if word == "STARTTLS" { manner.slips_in } else { "" };
        stream.write_all((manner.answer(word, answer) + slip).as_bytes())?;
        is_letter = word == "DATA";
        if ["QUIT", "STARTTLS"].contains(&word) {
            return stream.flush();
        }
    }
}

impl Manner {
    fn answer(&self, to: &str, usual: &str) -> String {
        let other = self.answers.iter().find(|(word, _)| *word == to);
        format!("{}\r\n", other.map_or(usual, |(_, answer)| answer))
    }
}

fn line(stream: &mut impl Read) -> std::io::Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(String::from_utf8(line).unwrap().trim_end().to_owned())
}

fn send(address: &Address, protection: Protection, with_login: bool) -> Result<(), Undelivered> {
    let login = with_login.then(|| ("clinic".to_owned(), Zeroizing::new("geheim".to_owned())));
    let relay = Relay::new(address.clone(), protection, login, Duration::from_secs(5))?;
    relay.send(&LETTER)
}

#[test]
fn a_letter_arrives_as_it_was_written() {
    let (address, relay) = relay(Manner::default());
    send(&address, Protection::Bare, false).unwrap();
    let said = relay.join().unwrap();
    assert_eq!(said[0], "EHLO [127.0.0.1]");
    assert_eq!(said[1..4], ["MAIL FROM:<sclera@clinic.example>", "RCPT TO:<4917012@vtext.com>", "DATA"]);
    for wanted in
        [">Subject: Security Token", ">From: <sclera@clinic.example>", ">Your code is 00012345.", ">..", ">."]
    {
        assert!(said.iter().any(|line| line == wanted), "{wanted} in {said:?}");
    }
    assert_eq!(said.last().unwrap(), "QUIT");
}

#[test]
fn a_password_goes_over_tls_alone() {
    let Made { server, pem } = made();
    let trust = || sclera_forward::Trust::from_pem(pem.as_bytes(), None).unwrap();
    let (address, relay) = self::relay(Manner { starttls: Some(Arc::clone(&server)), ..Manner::default() });
    send(&address, Protection::StartTls(trust()), true).unwrap();
    let said = relay.join().unwrap();
    assert_eq!(said[..4], ["EHLO [127.0.0.1]", "STARTTLS", "EHLO [127.0.0.1]", PROOF]);
    let (address, relay) = self::relay(Manner { tls: Some(server), ..Manner::default() });
    send(&address, Protection::Tls(trust()), true).unwrap();
    assert_eq!(relay.join().unwrap()[1], PROOF);
}

#[test]
fn a_relay_that_is_not_protected_as_it_must_be_learns_nothing() {
    let (own, foreign) = (made(), made());
    // It does not offer TLS, or takes the offer out.
    let (address, relay) = self::relay(Manner::default());
    let refused = send(&address, Protection::StartTls(own.trust()), true).unwrap_err();
    assert!(refused.0.contains("STARTTLS"), "{refused}");
    assert_eq!(relay.join().unwrap(), ["EHLO [127.0.0.1]"]);
    // Its certificate is another's.
    let (address, relay) =
        self::relay(Manner { starttls: Some(Arc::clone(&own.server)), ..Manner::default() });
    assert!(send(&address, Protection::StartTls(foreign.trust()), true).is_err());
    assert_eq!(relay.join().unwrap(), ["EHLO [127.0.0.1]", "STARTTLS"]);
    // Somebody on the way says something before TLS begins.
    let manner =
        Manner { starttls: Some(own.server.clone()), slips_in: "250 AUTH PLAIN\r\n", ..Manner::default() };
    let (address, relay) = self::relay(manner);
    assert!(send(&address, Protection::StartTls(own.trust()), true).is_err());
    assert!(!relay.join().unwrap().contains(&PROOF.to_owned()));
    // It is elsewhere, without TLS.
    let elsewhere = Address { host: "192.0.2.1".to_owned(), port: 25 };
    assert!(send(&elsewhere, Protection::Bare, false).unwrap_err().0.contains("without TLS"));
}

#[test]
fn what_a_relay_refuses_is_not_sent_and_not_told() {
    for (word, answer) in [
        ("", "554 no"),
        ("EHLO", "500 what?"),
        ("AUTH", "535 5.7.8 no"),
        ("MAIL", "550 no such sender"),
        ("RCPT", "550 no such telephone\u{7}"),
        ("DATA", "452 full"),
        (".", "554 it looks like spam"),
        ("MAIL", "nonsense"),
        ("MAIL", ""),
    ] {
        let (address, relay) = self::relay(Manner { answers: vec![(word, answer)], ..Manner::default() });
        let refused = send(&address, Protection::Bare, true).unwrap_err();
        assert!(!refused.0.contains("12345") && !refused.0.contains("geheim"), "{word}: {refused}");
        assert!(!refused.0.contains(char::is_control), "{refused:?}");
        drop(relay);
    }
    let nobody = Address { host: "127.0.0.1".to_owned(), port: 1 };
    assert!(send(&nobody, Protection::Bare, false).is_err());
}

#[test]
fn a_relay_is_not_waited_for_for_ever() {
    let patience = Duration::from_millis(300);
    let endless = |mut stream: TcpStream| {
        let line = b"220-more\r\n";
        while stream.write_all(line).is_ok() {}
    };
    let silent = |stream: TcpStream| {
        std::thread::sleep(Duration::from_secs(2));
        drop(stream);
    };
    let dripping = |mut stream: TcpStream| {
        while stream.write_all(b"2").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let addresses = [receive(endless).0, receive(silent).0, receive(dripping).0];
    for address in addresses {
        let begun = Instant::now();
        let relay = Relay::new(address, Protection::Bare, None, patience).unwrap();
        assert!(relay.send(&LETTER).is_err());
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}
