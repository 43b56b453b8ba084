//! What a gate asks in the middle of a login, and how a person answers: at this terminal, or at the one from where a
//! command was carried here.

use sclera::Secret;
use sclera::gate::{Provision, Question, Reply};
use sclera_local::Turn;
use std::io::IsTerminal;
use std::os::unix::net::UnixStream;
use zeroize::Zeroizing;

/// How often two new passwords may differ before the login is given up.
const TRIES: usize = 3;

/// Whether somebody sits here who can be asked.
pub(crate) fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks at this terminal.
pub(crate) fn here(question: &Question) -> Reply {
    reply(&answer(&turn(question)))
}

/// Asks the caller of a command that came over the socket.
pub(crate) fn over(stream: &UnixStream, question: &Question) -> Reply {
    match sclera_local::ask(stream, &turn(question)) {
        Ok(answer) => reply(&answer),
        Err(sclera_local::Fault::Connection(error)) if is_late(&error) => Reply::TimedOut,
        Err(_) => Reply::Aborted,
    }
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

/// A question as it is carried.
fn turn(question: &Question) -> Turn {
    match question {
        Question::OneTimeCode { show } => {
            let asked = Turn::default().with(ASK, CODE);
            match show {
                None => asked,
                Some(Provision { uri, key, issuer, account }) => asked
                    .with("uri", uri)
                    .with("key", key)
                    .with("issuer", &sclera::one_line(issuer))
                    .with("account", &sclera::one_line(account)),
            }
        }
        Question::SentCode { until, resends } => Turn::default()
            .with(ASK, SENT)
            .with("until", &until.to_string())
            .with("resends", &resends.to_string()),
        Question::NewPassword { why } => Turn::default().with(ASK, NEW).with("why", &why.to_string()),
        // Names, tickets and proofs come along, or not at all.
        Question::Credentials | Question::Kerberos(_) | Question::Scram(_) => Turn::default(),
    }
}

/// What an answer means.
fn reply(turn: &Turn) -> Reply {
    let secret = || Secret::new(turn.text("secret").to_owned());
    match (turn.text(ASK), secret()) {
        (CODE | SENT, Ok(code)) if !code.is_empty() => Reply::Code(code),
        (SENT, Ok(_)) => Reply::Resend,
        (NEW, Ok(new)) if !new.is_empty() => Reply::NewPassword(new),
        _ => Reply::Aborted,
    }
}

/// Puts what was asked to the person at this terminal.
pub(crate) fn answer(asked: &Turn) -> Turn {
    let said = |what: &str, secret: Option<Zeroizing<String>>| match secret {
        Some(secret) => Turn::default().with(ASK, what).with("secret", &secret),
        None => Turn::default(),
    };
    match asked.text(ASK) {
        CODE => {
            if !asked.text("uri").is_empty() {
                show(asked);
            }
            said(CODE, typed("Code: "))
        }
        SENT => {
            let more = if asked.text("resends") == "0" { "" } else { ", empty for another one" };
            said(SENT, typed(&format!("Code by text message, good until {}{more}: ", asked.text("until"))))
        }
        NEW => {
            eprintln!("sclera: {}", sclera::one_line(asked.text("why")));
            said(NEW, twice())
        }
        _ => Turn::default(),
    }
}

/// Shows a key, once: as a code to be scanned, and to be typed.
fn show(asked: &Turn) {
    let text = |name: &str| Zeroizing::new(asked.text(name).to_owned());
    let provision = Provision {
        uri: text("uri"),
        key: text("key"),
        issuer: asked.text("issuer").to_owned(),
        account: asked.text("account").to_owned(),
    };
    eprintln!("Take this key over into an authenticator; it is shown until a code was right.");
    if let Ok(code) = provision.qr_text() {
        eprintln!("{}", code.as_str());
    }
    eprintln!("Issuer {}, account {}, key {}", provision.issuer, provision.account, provision.key.as_str());
}

fn twice() -> Option<Zeroizing<String>> {
    for _ in 0..TRIES {
        let (first, second) = (typed("New password: ")?, typed("Once more: ")?);
        if first == second {
            return Some(first);
        }
        eprintln!("The two differ.");
    }
    None
}

fn typed(prompt: &str) -> Option<Zeroizing<String>> {
    rpassword::prompt_password(prompt).ok().map(Zeroizing::new)
}

const ASK: &str = "ask";
const CODE: &str = "code";
const SENT: &str = "sent-code";
const NEW: &str = "new-password";

#[cfg(test)]
mod tests {
    use super::*;
    use sclera::{Code, Status, Timestamp};

    fn answered(what: &str, secret: &str) -> Reply {
        reply(&Turn::default().with(ASK, what).with("secret", secret))
    }

    #[test]
    fn an_answer_means_what_was_asked() {
        assert!(matches!(answered(CODE, "123456"), Reply::Code(code) if code.expose() == "123456"));
        assert!(matches!(answered(SENT, "12345678"), Reply::Code(_)));
        assert!(matches!(answered(SENT, ""), Reply::Resend));
        assert!(matches!(answered(NEW, "new"), Reply::NewPassword(new) if new.expose() == "new"));
        for (what, secret) in [(CODE, ""), (NEW, ""), ("", "x"), ("other", "x")] {
            assert!(matches!(answered(what, secret), Reply::Aborted), "{what}");
        }
        assert!(matches!(answered(CODE, &"x".repeat(10_000)), Reply::Aborted), "no code is so long");
    }

    #[test]
    fn a_question_is_carried_with_all_that_is_shown() {
        let provision = Provision {
            uri: Zeroizing::new("otpauth://totp/A:b?secret=GEZD".to_owned()),
            key: Zeroizing::new("GEZD".to_owned()),
            issuer: "A".to_owned(),
            account: "b".to_owned(),
        };
        let asked = turn(&Question::OneTimeCode { show: Some(provision) });
        assert_eq!((asked.text(ASK), asked.text("key"), asked.text("account")), (CODE, "GEZD", "b"));
        assert_eq!(turn(&Question::OneTimeCode { show: None }).text("uri"), "");
        let asked = turn(&Question::SentCode { until: Timestamp::from_micros(0), resends: 2 });
        assert_eq!((asked.text(ASK), asked.text("resends")), (SENT, "2"));
        let asked = turn(&Question::NewPassword { why: Status::plain(Code::PasswordExpired) });
        assert!(asked.text("why").contains("992"));
        assert_eq!(turn(&Question::Credentials), Turn::default());
    }
}
