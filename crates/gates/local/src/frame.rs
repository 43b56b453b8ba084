//! Requests and replies as bytes.

use crate::{LARGEST_FILES, LARGEST_HEAD};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use zeroize::{Zeroize, Zeroizing};

/// Contents of files by the names that the command was called with.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Open files by the names that the command was called with.
pub type Opened = BTreeMap<String, File>;

/// Passwords that were typed for a command; wiped on drop.
#[derive(Default)]
pub struct Secrets(BTreeMap<String, Zeroizing<String>>);

impl Secrets {
    /// Keeps a password under the name of its use.
    pub fn keep(&mut self, used_for: &str, text: &str) {
        self.0.insert(used_for.to_owned(), Zeroizing::new(text.to_owned()));
    }

    /// The password kept for a use.
    pub fn get(&self, used_for: &str) -> Option<&str> {
        self.0.get(used_for).map(|text| text.as_str())
    }
}

/// A command as it was called.
#[derive(Default)]
pub struct Request {
    /// Its arguments, without the name of the program.
    pub arguments: Vec<String>,
    /// What its environment said, by name.
    pub options: BTreeMap<String, String>,
    /// What was typed for it.
    pub secrets: Secrets,
    /// What it reads.
    pub files: Files,
    /// The files of a disk that it reads: the server reads them itself, by the caller's right to.
    pub opened: Opened,
}

impl Request {
    /// What the environment or an argument said under a name.
    pub fn option(&self, name: &str) -> Option<String> {
        self.options.get(name).cloned()
    }

    /// Says it.
    pub fn set_option(&mut self, name: &str, value: &str) {
        self.options.insert(name.to_owned(), value.to_owned());
    }
}

/// What came of a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The code the process ends with.
    pub code: u8,
    /// What it says.
    pub stdout: String,
    /// What went wrong.
    pub stderr: String,
    /// The files it writes.
    pub files: Files,
}

/// Why nothing could be carried.
#[derive(Debug)]
pub enum Fault {
    /// The connection broke or took too long.
    Connection(io::Error),
    /// The other side sent something else.
    Malformed,
    /// It is more than may be carried.
    TooLarge,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "the server does not answer: {error}"),
            Self::Malformed => f.write_str("the server answered in a form that this program does not know"),
            Self::TooLarge => f.write_str("it is too large to be carried to the server"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

pub(crate) fn send_request(to: &mut impl Write, request: &Request) -> Result<(), Fault> {
    let secrets: Map<String, Value> =
        request.secrets.0.iter().map(|(name, text)| (name.clone(), json!(text.as_str()))).collect();
    let opened: Vec<&String> = request.opened.keys().collect();
    let mut head = json!({
        "arguments": request.arguments,
        "options": request.options,
        "secrets": secrets,
        "files": lengths(&request.files),
        "opened": opened,
    });
    let sent = send(to, &head, &request.files);
    wipe(&mut head);
    sent
}

/// A request as far as it is bytes, and the names of the open files that follow.
pub(crate) fn receive_request(from: &mut impl Read) -> Result<(Request, Vec<String>), Fault> {
    let (mut head, files) = receive(from)?;
    let mut secrets = Secrets::default();
    let given = head.get("secrets").and_then(Value::as_object).ok_or(Fault::Malformed)?;
    for (name, text) in given {
        secrets.keep(name, text.as_str().ok_or(Fault::Malformed)?);
    }
    let (arguments, options, opened) = (texts(&head, "arguments"), options(&head), texts(&head, "opened"));
    wipe(&mut head);
    Ok((Request { arguments: arguments?, options: options?, secrets, files, opened: Opened::new() }, opened?))
}

/// Something that is asked in the middle of a command, and what is answered: an object of texts, wiped on drop.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turn(BTreeMap<String, Zeroizing<String>>);

impl Turn {
    /// Adds a text.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.0.insert(name.to_owned(), Zeroizing::new(text.to_owned()));
        self
    }

    /// The text of a name; empty for none.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.as_str())
    }
}

pub(crate) fn send_turn(to: &mut impl Write, turn: &Turn) -> Result<(), Fault> {
    let texts: Map<String, Value> =
        turn.0.iter().map(|(name, text)| (name.clone(), json!(text.as_str()))).collect();
    let mut head = json!({ "turn": texts, "files": [] });
    let sent = send(to, &head, &Files::new());
    wipe_texts(&mut head, "turn");
    sent
}

pub(crate) fn receive_turn(from: &mut impl Read) -> Result<Turn, Fault> {
    let (mut head, _) = receive(from)?;
    turn_of(&mut head)?.ok_or(Fault::Malformed)
}

fn turn_of(head: &mut Value) -> Result<Option<Turn>, Fault> {
    let Some(texts) = head.get("turn") else { return Ok(None) };
    let mut turn = Turn::default();
    for (name, text) in texts.as_object().ok_or(Fault::Malformed)? {
        turn = turn.with(name, text.as_str().ok_or(Fault::Malformed)?);
    }
    wipe_texts(head, "turn");
    Ok(Some(turn))
}

/// How far a command is, as bytes.
pub(crate) fn telling(line: &str) -> Vec<u8> {
    let head = json!({ "told": line, "files": [] }).to_string();
    [&u32::try_from(head.len()).unwrap_or_default().to_be_bytes(), head.as_bytes()].concat()
}

/// What a server says next.
pub(crate) enum Next {
    Told(String),
    Asked(Turn),
    Done(Reply),
}

pub(crate) fn receive_next(from: &mut impl Read) -> Result<Next, Fault> {
    let (mut head, files) = receive(from)?;
    if let Some(line) = head.get("told") {
        return Ok(Next::Told(line.as_str().ok_or(Fault::Malformed)?.to_owned()));
    }
    match turn_of(&mut head)? {
        Some(turn) => Ok(Next::Asked(turn)),
        None => reply_of(&head, files).map(Next::Done),
    }
}

pub(crate) fn send_reply(to: &mut impl Write, reply: &Reply) -> Result<(), Fault> {
    let head = json!({
        "code": reply.code,
        "stdout": reply.stdout,
        "stderr": reply.stderr,
        "files": lengths(&reply.files),
    });
    send(to, &head, &reply.files)
}

fn reply_of(head: &Value, files: Files) -> Result<Reply, Fault> {
    let text = |name: &str| head.get(name).and_then(Value::as_str).map(str::to_owned).ok_or(Fault::Malformed);
    let code = head.get("code").and_then(Value::as_u64).and_then(|code| u8::try_from(code).ok());
    Ok(Reply { code: code.ok_or(Fault::Malformed)?, stdout: text("stdout")?, stderr: text("stderr")?, files })
}

fn lengths(files: &Files) -> Vec<Value> {
    files.iter().map(|(name, bytes)| json!({ "name": name, "length": bytes.len() })).collect()
}

fn send(to: &mut impl Write, head: &Value, files: &Files) -> Result<(), Fault> {
    let total: u64 = files.values().map(|bytes| bytes.len() as u64).sum();
    let head = Zeroizing::new(head.to_string());
    let length =
        u32::try_from(head.len()).ok().filter(|_| head.len() <= LARGEST_HEAD && total <= LARGEST_FILES);
    to.write_all(&length.ok_or(Fault::TooLarge)?.to_be_bytes())?;
    to.write_all(head.as_bytes())?;
    for bytes in files.values() {
        to.write_all(bytes)?;
    }
    Ok(to.flush()?)
}

fn receive(from: &mut impl Read) -> Result<(Value, Files), Fault> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LARGEST_HEAD {
        return Err(Fault::TooLarge);
    }
    let bytes = Zeroizing::new(exactly(from, length as u64)?);
    let head: Value = serde_json::from_slice(&bytes).map_err(|_| Fault::Malformed)?;
    let mut files = Files::new();
    let mut total = 0u64;
    for file in head.get("files").and_then(Value::as_array).ok_or(Fault::Malformed)? {
        let name = file.get("name").and_then(Value::as_str).ok_or(Fault::Malformed)?;
        let length = file.get("length").and_then(Value::as_u64).ok_or(Fault::Malformed)?;
        total = total.saturating_add(length);
        if total > LARGEST_FILES {
            return Err(Fault::TooLarge);
        }
        files.insert(name.to_owned(), exactly(from, length)?);
    }
    Ok((head, files))
}

/// Reads so many bytes; room is made as they come, not for what a peer only claims.
fn exactly(from: &mut impl Read, length: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(Fault::Malformed) }
}

fn texts(head: &Value, name: &str) -> Result<Vec<String>, Fault> {
    let list = head.get(name).and_then(Value::as_array).ok_or(Fault::Malformed)?;
    list.iter().map(|text| text.as_str().map(str::to_owned).ok_or(Fault::Malformed)).collect()
}

fn options(head: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let given = head.get("options").and_then(Value::as_object).ok_or(Fault::Malformed)?;
    given
        .iter()
        .map(|(name, value)| Ok((name.clone(), value.as_str().ok_or(Fault::Malformed)?.to_owned())))
        .collect()
}

/// Wipes the passwords out of a JSON part that is no longer needed.
fn wipe(head: &mut Value) {
    wipe_texts(head, "secrets");
}

fn wipe_texts(head: &mut Value, name: &str) {
    if let Some(secrets) = head.get_mut(name).and_then(Value::as_object_mut) {
        for (_, secret) in secrets.iter_mut() {
            if let Value::String(text) = secret {
                text.zeroize();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let mut request = Request { arguments: vec!["user".into(), "list".into()], ..Request::default() };
        request.set_option("as", "ann");
        request.secrets.keep("login", "gehe\"im\n");
        request.files.insert("a.json".into(), vec![0, 255, 10]);
        request.files.insert("-".into(), Vec::new());
        request.opened.insert("b.xml".into(), tempfile::tempfile().unwrap());
        request
    }

    #[test]
    fn what_is_sent_arrives() {
        let mut bytes = Vec::new();
        send_request(&mut bytes, &request()).unwrap();
        let (arrived, opened) = receive_request(&mut bytes.as_slice()).unwrap();
        assert_eq!(opened, ["b.xml"]);
        assert_eq!(arrived.arguments, ["user", "list"]);
        assert_eq!(arrived.option("as").as_deref(), Some("ann"));
        assert_eq!(arrived.secrets.get("login"), Some("gehe\"im\n"));
        assert_eq!(arrived.files, request().files);

        let reply = Reply { code: 3, stdout: "x".into(), stderr: "y".into(), files: request().files };
        let mut bytes = Vec::new();
        send_reply(&mut bytes, &reply).unwrap();
        let Ok(Next::Done(arrived)) = receive_next(&mut bytes.as_slice()) else { panic!("no reply") };
        assert_eq!(arrived, reply);
    }

    #[test]
    fn a_question_comes_before_the_reply() {
        let turn = || Turn::default().with("ask", "code").with("key", "GEZD\"\n");
        let mut bytes = Vec::new();
        send_turn(&mut bytes, &turn()).unwrap();
        assert_eq!(receive_turn(&mut bytes.as_slice()).unwrap(), turn());
        assert_eq!(turn().text("key"), "GEZD\"\n");
        assert_eq!(turn().text("none"), "");
        assert!(matches!(receive_next(&mut bytes.as_slice()), Ok(Next::Asked(asked)) if asked == turn()));
        for end in 0..bytes.len() {
            assert!(receive_next(&mut &bytes[..end]).is_err(), "cut at {end}");
        }
        let wrong = r#"{"turn":{"ask":1},"files":[]}"#;
        let framed = [&u32::try_from(wrong.len()).unwrap().to_be_bytes(), wrong.as_bytes()].concat();
        assert!(receive_turn(&mut framed.as_slice()).is_err());
    }

    #[test]
    fn how_far_it_is_comes_before_the_reply() {
        let bytes = telling("importing \"50%\"");
        assert!(
            matches!(receive_next(&mut bytes.as_slice()), Ok(Next::Told(line)) if line == "importing \"50%\"")
        );
        let wrong = r#"{"told":1,"files":[]}"#;
        let framed = [&u32::try_from(wrong.len()).unwrap().to_be_bytes(), wrong.as_bytes()].concat();
        assert!(receive_next(&mut framed.as_slice()).is_err());
    }

    #[test]
    fn anything_cut_or_foreign_is_refused() {
        let mut bytes = Vec::new();
        send_request(&mut bytes, &request()).unwrap();
        for end in 0..bytes.len() {
            assert!(receive_request(&mut &bytes[..end]).is_err(), "cut at {end}");
        }
        let framed =
            |json: &str| [&u32::try_from(json.len()).unwrap().to_be_bytes(), json.as_bytes()].concat();
        for json in [
            "null",
            "[]",
            "{}",
            r#"{"arguments":[1],"options":{},"secrets":{},"files":[],"opened":[]}"#,
            r#"{"arguments":[],"options":{},"secrets":{},"files":[],"opened":[1]}"#,
            r#"{"arguments":[],"options":{},"secrets":{},"files":[]}"#,
            "{\"arguments\":",
        ] {
            assert!(receive_request(&mut framed(json).as_slice()).is_err(), "{json}");
        }
        let greedy =
            r#"{"arguments":[],"options":{},"secrets":{},"files":[{"name":"x","length":99999999999}]}"#;
        assert!(matches!(receive_request(&mut framed(greedy).as_slice()), Err(Fault::TooLarge)));
        assert!(matches!(receive_request(&mut &[0xff; 8][..]), Err(Fault::TooLarge)));
    }
}
