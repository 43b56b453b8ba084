//! What PostgreSQL's protocol says before the first query: bytes to messages and back, with bounds and without a socket.

use sclera_authn::secret::Secret;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

/// The first packet of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Startup {
    /// The client asks for TLS.
    Tls,
    /// The client asks for encryption by Kerberos.
    Gss,
    /// A query of another connection is to be cancelled.
    Cancel(Key),
    /// A session is to begin.
    Session(Parameters),
}

/// What names a running session of the database, so that its query can be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) process: u32,
    pub(crate) secret: u32,
}

/// What a client says of the session that it wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parameters {
    /// The minor version of the protocol that it would like.
    pub(crate) minor: u16,
    pub(crate) named: Vec<(String, String)>,
}

impl Parameters {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Extensions of the protocol that are asked for; none is known.
    pub(crate) fn extensions(&self) -> Vec<&str> {
        self.named.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with(EXTENSION)).collect()
    }
}

/// A message of the server or the client: a letter and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) tag: u8,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn new(tag: u8, body: impl Into<Vec<u8>>) -> Self {
        Self { tag, body: body.into() }
    }

    /// The bytes on the wire.
    pub(crate) fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let length = u32::try_from(self.body.len() + 4).unwrap_or(u32::MAX);
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.body.len() + 5));
        bytes.push(self.tag);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Reads the first packet, and not a byte more.
pub(crate) async fn read_startup(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Startup> {
    let length = stream.read_u32().await?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if !(8..=LONGEST_STARTUP).contains(&length) {
        return Err(broken("the length of the first packet is out of bounds"));
    }
    let mut packet = vec![0; length - 4];
    stream.read_exact(&mut packet).await?;
    startup(&packet).ok_or_else(|| broken("the first packet cannot be read"))
}

fn startup(packet: &[u8]) -> Option<Startup> {
    let (code, rest) = packet.split_first_chunk::<4>()?;
    match (u32::from_be_bytes(*code), rest) {
        (TLS_REQUEST, []) => Some(Startup::Tls),
        (GSS_REQUEST, []) => Some(Startup::Gss),
        (CANCEL_REQUEST, [_, _, _, _, _, _, _, _]) => key(rest).map(Startup::Cancel),
        (version, rest) if version >> 16 == 3 => {
            let minor = u16::try_from(version & 0xffff).ok()?;
            Some(Startup::Session(Parameters { minor, named: pairs(rest)? }))
        }
        _ => None,
    }
}

/// Names and values that end with a zero each, and a zero after the last.
fn pairs(mut bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    loop {
        let (name, rest) = text(bytes)?;
        if name.is_empty() {
            return rest.is_empty().then_some(pairs);
        }
        let (value, rest) = text(rest)?;
        let is_double = pairs.iter().any(|(known, _)| *known == name);
        if pairs.len() == MOST_PARAMETERS || is_double {
            return None;
        }
        pairs.push((name, value));
        bytes = rest;
    }
}

fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(text).ok()?.to_owned(), rest.get(1..)?))
}

pub(crate) fn key(bytes: &[u8]) -> Option<Key> {
    let (process, rest) = bytes.split_first_chunk::<4>()?;
    let (secret, rest) = rest.split_first_chunk::<4>()?;
    let key = Key { process: u32::from_be_bytes(*process), secret: u32::from_be_bytes(*secret) };
    rest.is_empty().then_some(key)
}

/// Reads a message of a bounded length, and not a byte more.
pub(crate) async fn read_message(
    stream: &mut (impl AsyncRead + Unpin),
    longest: usize,
) -> io::Result<Message> {
    let tag = stream.read_u8().await?;
    let length = usize::try_from(stream.read_u32().await?).unwrap_or(usize::MAX);
    if !(4..=longest).contains(&length) {
        return Err(broken("the length of a message is out of bounds"));
    }
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await?;
    Ok(Message { tag, body })
}

/// The password that a client sent.
pub(crate) fn password(message: Message) -> Option<Secret> {
    let body = Zeroizing::new(message.body);
    let (last, password) = body.split_last()?;
    if message.tag != PASSWORD || *last != 0 || password.contains(&0) {
        return None;
    }
    Secret::new(std::str::from_utf8(password).ok()?.to_owned()).ok()
}

/// The packet that begins a session.
pub(crate) fn session(parameters: &[(String, String)]) -> Vec<u8> {
    let mut body = VERSION.to_be_bytes().to_vec();
    for (name, value) in parameters {
        body.extend_from_slice(name.as_bytes());
        body.push(0);
        body.extend_from_slice(value.as_bytes());
        body.push(0);
    }
    body.push(0);
    packet(&body)
}

/// The packet that cancels a query.
pub(crate) fn cancel(key: Key) -> Vec<u8> {
    packet(&[CANCEL_REQUEST.to_be_bytes(), key.process.to_be_bytes(), key.secret.to_be_bytes()].concat())
}

fn packet(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), body].concat()
}

/// An error that ends the connection.
pub(crate) fn fatal(code: &str, message: &str) -> Message {
    let mut body = Vec::new();
    for (field, value) in [(b'S', "FATAL"), (b'V', "FATAL"), (b'C', code), (b'M', message)] {
        body.push(field);
        body.extend_from_slice(value.as_bytes());
        body.push(0);
    }
    body.push(0);
    Message::new(ERROR, body)
}

/// The answer to a version or to extensions that are not known.
pub(crate) fn negotiate(extensions: &[&str]) -> Message {
    let number = u32::try_from(extensions.len()).unwrap_or_default();
    let mut body = [VERSION.to_be_bytes(), number.to_be_bytes()].concat();
    for name in extensions {
        body.extend_from_slice(name.as_bytes());
        body.push(0);
    }
    Message::new(NEGOTIATE, body)
}

/// An authentication message of a kind.
pub(crate) fn authentication(kind: u32) -> Message {
    Message::new(AUTHENTICATION, kind.to_be_bytes())
}

/// The question which of these mechanisms a client takes.
pub(crate) fn sasl(mechanisms: &[&str]) -> Message {
    let mut body = SASL.to_be_bytes().to_vec();
    for name in mechanisms {
        body.extend_from_slice(name.as_bytes());
        body.push(0);
    }
    body.push(0);
    Message::new(AUTHENTICATION, body)
}

/// A step of the mechanism.
pub(crate) fn sasl_step(kind: u32, text: &str) -> Message {
    Message::new(AUTHENTICATION, [&kind.to_be_bytes(), text.as_bytes()].concat())
}

/// The mechanism that a client takes, and its first message.
pub(crate) fn initial_response(message: &Message) -> Option<(String, String)> {
    let (mechanism, rest) = text(&message.body)?;
    let (length, said) = rest.split_first_chunk::<4>()?;
    let fits = usize::try_from(u32::from_be_bytes(*length)).ok() == Some(said.len());
    let said = std::str::from_utf8(said).ok()?.to_owned();
    (message.tag == PASSWORD && fits).then_some((mechanism, said))
}

/// A later message of the mechanism.
pub(crate) fn response(message: &Message) -> Option<&str> {
    std::str::from_utf8(&message.body).ok().filter(|_| message.tag == PASSWORD)
}

/// The kind of an authentication message, and what belongs to it.
pub(crate) fn authentication_kind(body: &[u8]) -> Option<(u32, &[u8])> {
    let (kind, rest) = body.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*kind), rest))
}

/// The text of an error that the database sent, in one line.
pub(crate) fn error_text(body: &[u8]) -> String {
    let mut rest = body;
    while let Some((field, after)) = rest.split_first().filter(|(field, _)| **field != 0) {
        let Some((value, after)) = text(after) else { break };
        if *field == b'M' {
            return value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        }
        rest = after;
    }
    "an error without a text".to_owned()
}

pub(crate) const AUTHENTICATION: u8 = b'R';
pub(crate) const BACKEND_KEY: u8 = b'K';
pub(crate) const ERROR: u8 = b'E';
pub(crate) const NEGOTIATE: u8 = b'v';
pub(crate) const PASSWORD: u8 = b'p';
pub(crate) const READY: u8 = b'Z';
pub(crate) const OK: u32 = 0;
pub(crate) const CLEAR_TEXT: u32 = 3;
pub(crate) const SASL: u32 = 10;
pub(crate) const SASL_CONTINUE: u32 = 11;
pub(crate) const SASL_FINAL: u32 = 12;
/// Version 3.0.
const VERSION: u32 = 3 << 16;
const TLS_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;
/// How extensions of the protocol begin.
pub(crate) const EXTENSION: &str = "_pq_.";
/// The most bytes of the first packet, as the database has it.
const LONGEST_STARTUP: usize = 10_000;
const MOST_PARAMETERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Option<Startup> {
        let mut left = bytes;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(read_startup(&mut left)).ok();
        assert!(read.is_none() || left.is_empty());
        read
    }

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn first_packets_are_read() {
        let parameters = named(&[("user", "ann"), ("database", "wards"), ("_pq_.x", "1")]);
        let read_back = read(&session(&parameters)).unwrap();
        assert_eq!(read_back, Startup::Session(Parameters { minor: 0, named: parameters }));
        let Startup::Session(parameters) = read_back else { unreachable!() };
        assert_eq!((parameters.get("user"), parameters.extensions()), (Some("ann"), vec!["_pq_.x"]));
        assert_eq!(read(&packet(&TLS_REQUEST.to_be_bytes())), Some(Startup::Tls));
        assert_eq!(read(&packet(&GSS_REQUEST.to_be_bytes())), Some(Startup::Gss));
        let key = Key { process: 7, secret: 0xdead_beef };
        assert_eq!(read(&cancel(key)), Some(Startup::Cancel(key)));
    }

    #[test]
    fn what_is_no_first_packet_is_refused() {
        let version = |rest: &[u8]| packet(&[&VERSION.to_be_bytes(), rest].concat());
        for wrong in [
            vec![],
            vec![0, 0, 0, 8],
            vec![0, 0, 0, 3, 0],
            vec![0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0],
            version(b""),
            version(b"user\0ann\0"),
            version(b"user\0ann\0\0x"),
            version(b"user\0\0"),
            version(b"user\0\xff\0\0"),
            version(b"user\0ann\0user\0eve\0\0"),
            version(&[b"a".repeat(9_990), vec![0, 0, 0]].concat()),
            packet(&[&[0, 2, 0, 0][..], b"user\0ann\0\0"].concat()),
            packet(&[&TLS_REQUEST.to_be_bytes()[..], b"x"].concat()),
            packet(&[&CANCEL_REQUEST.to_be_bytes()[..], &[0; 12]].concat()),
        ] {
            assert_eq!(read(&wrong), None, "{wrong:?}");
        }
        let many: String = (0..70).map(|number| format!("p{number}\0v\0")).collect();
        assert_eq!(read(&version(&[many.as_bytes(), b"\0"].concat())), None);
    }

    #[test]
    fn passwords_are_whole() {
        let of =
            |tag, body: &[u8]| password(Message::new(tag, body)).map(|secret| secret.expose().to_owned());
        assert_eq!(of(b'p', b"pass word\0").as_deref(), Some("pass word"));
        for wrong in [(b'p', &b"pw"[..]), (b'p', b""), (b'p', b"a\0b\0"), (b'p', b"\xff\0"), (b'Q', b"pw\0")]
        {
            assert_eq!(of(wrong.0, wrong.1), None, "{wrong:?}");
        }
    }

    #[test]
    fn responses_are_whole() {
        let of = |tag, body: &[u8]| initial_response(&Message::new(tag, body));
        let said = ("SCRAM-SHA-256".to_owned(), "n,,".to_owned());
        assert_eq!(of(b'p', b"SCRAM-SHA-256\0\0\0\0\x03n,,"), Some(said));
        for wrong in [
            &b"SCRAM-SHA-256\0\0\0\0\x02n,,"[..],
            b"SCRAM-SHA-256\0\0\0\0\x04n,,",
            b"SCRAM-SHA-256\0\xff\xff\xff\xff",
            b"SCRAM-SHA-256\0\0\0\0\x01\xff",
            b"SCRAM-SHA-256\0\0",
            b"SCRAM-SHA-256",
            b"",
        ] {
            assert_eq!(of(b'p', wrong), None, "{wrong:?}");
        }
        assert_eq!(of(b'Q', b"SCRAM-SHA-256\0\0\0\0\x03n,,"), None);
        assert_eq!(response(&Message::new(b'p', "c=biws")), Some("c=biws"));
        assert_eq!(response(&Message::new(b'Q', "c=biws")), None);
        assert_eq!(response(&Message::new(b'p', [0xff])), None);
        assert_eq!(sasl(&["A", "B"]).body, b"\0\0\0\x0aA\0B\0\0");
        assert_eq!(sasl_step(SASL_FINAL, "v=").body, b"\0\0\0\x0cv=");
    }

    #[test]
    fn errors_are_read_in_one_line() {
        let Message { body, .. } = fatal("28000", "no\nway");
        assert_eq!(error_text(&body), "no way");
        assert_eq!(error_text(b"Sx"), "an error without a text");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let _ = startup(&bytes);
            let _ = startup(&[&VERSION.to_be_bytes()[..], &bytes].concat());
            let _ = error_text(&bytes);
            let _ = initial_response(&Message::new(PASSWORD, bytes.clone()));
            let _ = password(Message::new(PASSWORD, bytes.clone()));
            let _ = key(&bytes);
        }

        #[test]
        fn what_is_said_is_read_back(pairs in proptest::collection::btree_map("[a-z_.]{1,10}", "[^\u{0}]{0,20}", 0..20)) {
            let named: Vec<_> = pairs.into_iter().collect();
            prop_assert_eq!(read(&session(&named)), Some(Startup::Session(Parameters { minor: 0, named })));
        }
    }
}
