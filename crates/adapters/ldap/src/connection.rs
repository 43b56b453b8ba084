//! One connection to one server, until a deadline.

use crate::trust::trust;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use sclera_authn::ldap::{Content, Entry, Malformed, Message, Protection, Reply, Request, Search, Server};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// The most bytes that a server may send in answer to one request.
const LARGEST_ANSWER: usize = 8 << 20;
/// How much is read at once.
const CHUNK: usize = 16 << 10;

/// Why a server did not answer. Texts hold nothing of what was sent.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It cannot be reached, broke off, or was too slow.
    Io(io::Error),
    /// What it sent cannot be read.
    Malformed(Malformed),
    /// It is not to be believed, or does not protect the connection.
    Trust(String),
    /// It has no time, or said something else than was asked.
    Unserved(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) if is_timeout(error) => f.write_str("it did not answer in time"),
            Self::Io(error) => fmt::Display::fmt(error, f),
            Self::Malformed(malformed) => fmt::Display::fmt(malformed, f),
            Self::Trust(what) | Self::Unserved(what) => f.write_str(what),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        // rustls says what is wrong with a certificate in an error of this kind.
        if error.kind() == io::ErrorKind::InvalidData {
            Self::Trust(format!("TLS: {error}"))
        } else {
            Self::Io(error)
        }
    }
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// How a connection is protected, in words.
pub(crate) const fn described(protection: Protection) -> &'static str {
    match protection {
        Protection::None => "not protected: passwords can be read on the way",
        Protection::StartTls => "protected by StartTLS",
        Protection::Tls => "protected by TLS",
    }
}

/// A socket that is done at a deadline, however slowly its peer sends.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn open(server: &Server, deadline: Instant) -> Result<Self, Fault> {
        let mut last = Fault::Unserved(format!("{} has no address", server.host));
        for address in addresses(server, deadline)? {
            match TcpStream::connect_timeout(&address, remaining(deadline)?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self { stream, deadline });
                }
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }
}

/// Where a server is, if that is told before the deadline: the resolver of the machine knows no limits of ours.
fn addresses(server: &Server, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
    let left = remaining(deadline)?;
    if let Ok(address) = server.host.parse::<IpAddr>() {
        return Ok(vec![(address, server.port).into()]);
    }
    let (place, (tell, told)) = ((server.host.clone(), server.port), channel());
    let resolve = move || {
        // Whoever asked may be gone by then.
        let _ = tell.send(place.to_socket_addrs().map(Iterator::collect));
    };
    thread::Builder::new().name("resolve".to_owned()).spawn(resolve)?;
    told.recv_timeout(left).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(remaining(self.deadline)?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(remaining(self.deadline)?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

enum Stream {
    Bare(Timed),
    Protected(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bare(stream) => stream.read(buffer),
            Self::Protected(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Bare(stream) => stream.write(bytes),
            Self::Protected(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Bare(stream) => stream.flush(),
            Self::Protected(stream) => stream.flush(),
        }
    }
}

/// A connection.
pub(crate) struct Connection {
    stream: Stream,
    /// What came and was not read yet.
    buffer: Vec<u8>,
    /// The number of the last request.
    number: u32,
}

impl Connection {
    /// Connects, protected as the configuration says.
    pub(crate) fn open(server: &Server, authorities: &str, deadline: Instant) -> Result<Self, Fault> {
        // A file that cannot be used is found before anybody is called.
        let trusted = match server.protection {
            Protection::None => None,
            Protection::StartTls | Protection::Tls => {
                let name = ServerName::try_from(server.host.clone()).map_err(|_| {
                    Fault::Trust(format!("{} is no name that a certificate can have", server.host))
                })?;
                Some((trust(authorities)?, name))
            }
        };
        let mut connection =
            Self { stream: Stream::Bare(Timed::open(server, deadline)?), buffer: Vec::new(), number: 0 };
        let Some((trust, name)) = trusted else { return Ok(connection) };
        if server.protection == Protection::StartTls {
            connection.start_tls()?;
        }
        let Self { stream: Stream::Bare(mut bare), buffer, number } = connection else {
            return Err(Fault::Trust("it is protected already".to_owned()));
        };
        let tls = |error: rustls::Error| Fault::Trust(format!("TLS: {error}"));
        let mut session = ClientConnection::new(trust, name).map_err(tls)?;
        while session.is_handshaking() {
            session.complete_io(&mut bare)?;
        }
        Ok(Self { stream: Stream::Protected(Box::new(StreamOwned::new(session, bare))), buffer, number })
    }

    fn start_tls(&mut self) -> Result<(), Fault> {
        self.send(&Request::StartTls)?;
        let mut budget = LARGEST_ANSWER;
        match self.receive(&mut budget)? {
            Content::Extended(ended) if ended.code == 0 => {}
            Content::Extended(ended) => {
                return Err(Fault::Trust(format!("it does not begin TLS: {}", ended.told())));
            }
            _ => return Err(Fault::Trust("it answered something else to StartTLS".to_owned())),
        }
        // What was sent before TLS began is nobody's word.
        if self.buffer.is_empty() {
            Ok(())
        } else {
            Err(Fault::Trust("it sent more before TLS began".to_owned()))
        }
    }

    /// Asks for a bind or a search and waits for all of the answer.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Reply, Fault> {
        self.send(request)?;
        let most = if let Request::Search(Search { most, .. }) = request { *most } else { 0 };
        let (mut entries, mut budget): (Vec<Entry>, usize) = (Vec::new(), LARGEST_ANSWER);
        loop {
            match self.receive(&mut budget)? {
                Content::Bound(ended) => return Ok(Reply::Bound(ended)),
                Content::Searched(ended) => return Ok(Reply::Found(entries, ended)),
                Content::Entry(_) if entries.len() >= most as usize => {
                    return Err(Fault::Unserved("it sent more entries than were asked for".to_owned()));
                }
                Content::Entry(entry) => entries.push(entry),
                Content::Elsewhere => {}
                Content::Extended(ended) => return Err(Fault::Unserved(ended.told())),
            }
        }
    }

    fn send(&mut self, request: &Request) -> Result<(), Fault> {
        self.number += 1;
        self.stream.write_all(&request.bytes(self.number))?;
        Ok(self.stream.flush()?)
    }

    /// The next message that is an answer to the last request, or breaks off.
    fn receive(&mut self, budget: &mut usize) -> Result<Content, Fault> {
        let length = loop {
            match Message::length(&self.buffer)? {
                Some(length) if self.buffer.len() >= length => break length,
                _ => self.fill()?,
            }
        };
        *budget = budget
            .checked_sub(length)
            .ok_or_else(|| Fault::Unserved("it sent more than an answer may have".to_owned()))?;
        let rest = self.buffer.split_off(length);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let Message { number, content } = Message::read(&bytes)?;
        match content {
            Content::Extended(ended) if number == 0 => {
                Err(Fault::Unserved(format!("it breaks off: {}", ended.told())))
            }
            _ if number != self.number => Err(Fault::Unserved("it answered another request".to_owned())),
            content => Ok(content),
        }
    }

    fn fill(&mut self) -> Result<(), Fault> {
        let mut chunk = [0; CHUNK];
        match self.stream.read(&mut chunk)? {
            0 => Err(Fault::Io(io::ErrorKind::UnexpectedEof.into())),
            read => {
                self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
                Ok(())
            }
        }
    }

    /// Says goodbye; whether it is heard does not matter.
    pub(crate) fn close(mut self) {
        let _ = self.send(&Request::Unbind);
    }
}
