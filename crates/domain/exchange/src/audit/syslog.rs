//! Syslog messages as RFC 5424 has them, framed by counting octets (RFC 5425 section 4.3, RFC 6587 section 3.4.1).

use super::{Entry, Weight, json_line};

/// What the header says of the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The host name.
    pub host: String,
    /// The process id.
    pub process: u32,
}

/// Facility 13: log audit (RFC 5424 section 6.2.1).
const FACILITY: u8 = 13;
/// The enterprise number that RFC 5612 sets aside for documents; we have none of our own.
const STRUCTURE: &str = "sclera@32473";

/// An entry as one frame: the length, a blank, and the message. The message itself is the line of JSON.
pub fn syslog(entry: &Entry, sender: &Sender) -> String {
    let priority = FACILITY * 8 + severity(entry.weight());
    let (host, name) = (word(&sender.host, 255), word(&entry.event[2], 32));
    let parameters =
        [("id", entry.index.to_string()), ("event", entry.title()), ("user", entry.user.clone())];
    let structure: String =
        parameters.iter().map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect();
    let message = format!(
        "<{priority}>1 {} {host} sclera {} {name} [{STRUCTURE}{structure}] {}",
        entry.at,
        sender.process,
        json_line(entry)
    );
    format!("{} {message}", message.len())
}

/// 1 alert, 4 warning, 5 notice, 6 informational.
const fn severity(weight: Weight) -> u8 {
    match weight {
        Weight::Routine => 6,
        Weight::Notable => 5,
        Weight::Refused => 4,
        Weight::Grave => 1,
    }
}

/// A word of the header: visible ASCII alone, `-` where nothing is left.
fn word(text: &str, longest: usize) -> String {
    let word: String = text.chars().filter(char::is_ascii_graphic).take(longest).collect();
    if word.is_empty() { "-".to_owned() } else { word }
}

/// In a value of structured data `"`, `\` and `]` are escaped; line ends would break what reads line by line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' | ']' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
