//! One letter to a mail relay: the client's part of SMTP (RFC 5321), with STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4616).
//!
//! ```text
//! 220 ◄─ greeting    EHLO ─► 250     [STARTTLS ─► 220, TLS, EHLO ─► 250]    [AUTH PLAIN ─► 235]
//! MAIL FROM ─► 250   RCPT TO ─► 250  DATA ─► 354, the letter ─► 250         QUIT
//! ```
//!
//! Letters are short and in ASCII. What they say never stands in an error.

use crate::stream::Stream;
use crate::{Address, Trust, Undelivered, printable};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// How the way to a relay is protected.
#[derive(Clone)]
pub enum Protection {
    /// By nothing: only to this machine.
    Bare,
    /// By TLS that begins in the conversation. A relay that does not offer it is not used.
    StartTls(Trust),
    /// By TLS from the first byte.
    Tls(Trust),
}

/// A relay, and how one logs in there.
pub struct Relay {
    address: Address,
    protection: Protection,
    login: Option<(String, Zeroizing<String>)>,
    patience: Duration,
}

/// A letter: two mailboxes, a subject of one line, and lines of text, all in ASCII.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// Who sends it.
    pub from: &'a str,
    /// To whom.
    pub to: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// What it says.
    pub text: &'a str,
}

impl Relay {
    /// A relay; `login` is a name and a password. No step takes longer than `patience`, and all
    /// of them no longer than twice that.
    pub fn new(
        address: Address,
        protection: Protection,
        login: Option<(String, Zeroizing<String>)>,
        patience: Duration,
    ) -> Result<Self, Undelivered> {
        if matches!(protection, Protection::Bare) && !address.is_loopback() {
            return Err(Undelivered(format!(
                "{address} is another machine, and without TLS anybody on the way reads letters"
            )));
        }
        Ok(Self { address, protection, login, patience })
    }

    /// Hands a letter over; it returns when the relay has taken it on.
    pub fn send(&self, letter: &Letter<'_>) -> Result<(), Undelivered> {
        let unfit = |what: &str| Err(Undelivered(format!("{what} cannot stand in a letter")));
        if ![letter.from, letter.to].into_iter().all(is_mailbox) {
            return unfit("one of the addresses");
        }
        if !is_line(letter.subject) || !letter.text.lines().all(is_line) {
            return unfit("the text");
        }
        let mut talk = self.begin()?;
        talk.say(&format!("MAIL FROM:<{}>", letter.from), "250")?;
        talk.say(&format!("RCPT TO:<{}>", letter.to), "25")?;
        talk.say("DATA", "354")?;
        talk.write(&written(letter))?;
        talk.hear("250")?;
        // It has been taken on; whether the goodbye is heard does not matter.
        let _ = talk.say("QUIT", "221");
        Ok(())
    }

    /// Up to where a letter can be handed over.
    fn begin(&self) -> Result<Talk, Undelivered> {
        let trust = match &self.protection {
            Protection::Tls(trust) => Some(trust),
            Protection::Bare | Protection::StartTls(_) => None,
        };
        let deadline = Instant::now() + self.patience;
        let stream = Stream::open(&self.address, trust, self.patience)?;
        let greeting = format!("EHLO {}", stream.own_name()?);
        let mut talk = Talk { stream, deadline };
        talk.hear("220")?;
        let mut offers = talk.say(&greeting, "250")?;
        if let Protection::StartTls(trust) = &self.protection {
            if !offers.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
                return Err(Undelivered("the relay does not offer STARTTLS".to_owned()));
            }
            talk.say("STARTTLS", "220")?;
            // Nothing that came in the clear counts from here on (RFC 3207 section 4.2).
            talk = Talk { stream: talk.stream.protect(&self.address, trust)?, deadline };
            offers = talk.say(&greeting, "250")?;
        }
        if let Some((name, password)) = &self.login {
            let offered = |line: &String| {
                let mut words = line.split(' ');
                words.next().is_some_and(|word| word.eq_ignore_ascii_case("AUTH"))
                    && words.any(|word| word.eq_ignore_ascii_case("PLAIN"))
            };
            if !offers.iter().any(offered) {
                return Err(Undelivered("the relay does not offer AUTH PLAIN".to_owned()));
            }
            let proof = Zeroizing::new(format!("\0{name}\0{}", password.as_str()));
            let line = Zeroizing::new(format!("AUTH PLAIN {}", STANDARD.encode(proof.as_bytes())));
            talk.say(&line, "235")?;
        }
        Ok(talk)
    }
}

/// A conversation under way.
struct Talk {
    stream: Stream,
    deadline: Instant,
}

impl Talk {
    /// Says a line and hears what comes of it.
    fn say(&mut self, line: &str, wanted: &str) -> Result<Vec<String>, Undelivered> {
        self.write(&Zeroizing::new([line.as_bytes(), b"\r\n"].concat()))?;
        self.hear(wanted)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Undelivered> {
        self.stream.write_all(bytes)?;
        Ok(self.stream.flush()?)
    }

    /// The lines of a reply without their codes, which must begin with what is wanted.
    fn hear(&mut self, wanted: &str) -> Result<Vec<String>, Undelivered> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let line = self.line()?;
            let (code, rest) = line.split_at_checked(3).unwrap_or((line.as_str(), ""));
            if !code.starts_with(wanted) {
                return Err(Undelivered(format!("the relay answers `{}`", printable(&line))));
            }
            lines.push(rest.get(1..).unwrap_or_default().trim_end().to_owned());
            if !rest.starts_with('-') {
                return Ok(lines);
            }
        }
        Err(Undelivered("the relay's answer is too long".to_owned()))
    }

    /// One line. It is read byte by byte, so that nothing beyond it is taken in before TLS begins.
    fn line(&mut self) -> Result<String, Undelivered> {
        let mut line = Vec::new();
        let mut byte = [0];
        while line.len() < LONGEST_LINE {
            if Instant::now() > self.deadline {
                return Err(Undelivered("the relay takes too long".to_owned()));
            }
            match self.stream.read(&mut byte)? {
                0 => return Err(Undelivered("the relay ended the connection".to_owned())),
                _ if byte == *b"\n" => return Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
                _ => line.extend_from_slice(&byte),
            }
        }
        Err(Undelivered("the relay's answer is too long".to_owned()))
    }
}

/// The letter as it goes over the wire, its end included. A line that begins with a dot gets another one.
fn written(letter: &Letter<'_>) -> Zeroizing<Vec<u8>> {
    let Letter { from, to, subject, text } = letter;
    let mut written = Zeroizing::new(Vec::with_capacity(1_024 + 2 * text.len()));
    let head = format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\nAuto-Submitted: auto-generated\r\n\r\n",
        date()
    );
    written.extend_from_slice(head.as_bytes());
    for line in text.lines() {
        if line.starts_with('.') {
            written.push(b'.');
        }
        written.extend_from_slice(line.as_bytes());
        written.extend_from_slice(b"\r\n");
    }
    written.extend_from_slice(b".\r\n");
    written
}

/// Now, as RFC 5322 writes it.
fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let now = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let now = now.unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    now.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Whether a text can stand between the angle brackets of SMTP: one `@` and no character that means something there.
pub fn is_mailbox(text: &str) -> bool {
    let plain = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
        !part.is_empty() && part.bytes().all(fits)
    };
    let parts = text.split_once('@');
    text.len() <= LONGEST_MAILBOX && parts.is_some_and(|(name, host)| plain(name) && plain(host))
}

fn is_line(text: &str) -> bool {
    text.len() <= LONGEST_TEXT && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// The most bytes of a line of a reply (RFC 5321 section 4.5.3.1.5 allows 512).
const LONGEST_LINE: usize = 1_024;
const MOST_LINES: usize = 64;
/// RFC 5321 section 4.5.3.1.3.
const LONGEST_MAILBOX: usize = 254;
/// RFC 5322 section 2.1.1.
const LONGEST_TEXT: usize = 998;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_hold_nothing_that_smtp_would_read() {
        for right in ["4917012@vtext.com", "sclera@clinic.example", "a+b@c"] {
            assert!(is_mailbox(right), "{right}");
        }
        for wrong in [
            "",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c",
            "a>@c",
            "a@c\r\nDATA",
            "ä@c",
            &format!("a@{}", "b".repeat(253)),
        ] {
            assert!(!is_mailbox(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_letter_ends_where_it_ends() {
        let letter = Letter { from: "a@b", to: "c@d", subject: "Security Token", text: ".\n..x\n12345678\n" };
        let written = written(&letter);
        let text = std::str::from_utf8(&written).unwrap();
        assert!(text.ends_with("\r\n\r\n..\r\n...x\r\n12345678\r\n.\r\n"), "{text:?}");
        assert_eq!(text.matches("\r\n.\r\n").count(), 1);
        assert!(text.contains("\r\nSubject: Security Token\r\nDate: "), "{text}");
    }
}
