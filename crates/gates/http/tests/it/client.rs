//! The least that a client of HTTP/1.1 needs, over any stream; it sends whatever bytes it is given.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }

    /// Everything but what differs from answer to answer by its nature.
    pub(crate) fn told(&self) -> (u16, Vec<(String, String)>, String) {
        let constant = |(name, _): &&(String, String)| name != "date" && name != "x-request-id";
        (self.status, self.headers.iter().filter(constant).cloned().collect(), self.body.clone())
    }
}

/// One connection.
pub(crate) struct Client<T = TcpStream> {
    pub(crate) stream: T,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        // Longer than any limit of the server, so that a test that waits for nothing ends.
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream }
    }

    /// Whether nothing comes, and the connection stays open, for so long.
    pub(crate) fn is_silent_for(&mut self, time: Duration) -> bool {
        let before = self.stream.read_timeout().unwrap();
        self.stream.set_read_timeout(Some(time)).unwrap();
        let read = self.stream.peek(&mut [0]);
        self.stream.set_read_timeout(before).unwrap();
        read.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }
}

impl<T: Read + Write> Client<T> {
    /// Sends bytes; whoever refuses early does not read to the end.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).and_then(|()| self.stream.flush()).is_ok()
    }

    /// The next answer; none where the connection ends before its head is whole.
    pub(crate) fn receive(&mut self) -> Option<Answer> {
        self.receive_to(true)
    }

    /// The same; an answer to HEAD has no body, whatever its head says.
    fn receive_to(&mut self, has_body: bool) -> Option<Answer> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.stream.read(&mut byte) {
                Ok(0) => return None,
                Ok(_) => head.push(byte[0]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    panic!("no answer and no end: {}", String::from_utf8_lossy(&head))
                }
                Err(_) => return None,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let headers: Vec<_> = lines.take_while(|line| !line.is_empty()).map(header).collect();
        let mut answer = Answer { status, headers, body: String::new() };
        let length = answer.header("content-length").filter(|_| has_body);
        let length = length.map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        answer.body = String::from_utf8(body).unwrap();
        Some(answer)
    }

    /// Whether the server ends the connection without another word.
    pub(crate) fn is_ended(&mut self) -> bool {
        match self.stream.read(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn ask(&mut self, request: &Request) -> Answer {
        self.send(request.bytes());
        let has_body = !request.line.starts_with("HEAD ");
        self.receive_to(has_body).unwrap_or_else(|| panic!("no answer to {request:?}"))
    }
}

/// A request as it should be.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    line: String,
    headers: String,
    body: String,
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: &(impl ToString + ?Sized)) -> Self {
        Self { body: body.to_string(), ..Self::new("POST", path) }
    }

    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { line: format!("{method} {path} HTTP/1.1\r\n"), headers: String::new(), body: String::new() }
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { headers: format!("{}{name}: {value}\r\n", self.headers), ..self }
    }

    pub(crate) fn log_in(self, name: &str, password: &str) -> Self {
        let pair = STANDARD.encode(format!("{name}:{password}"));
        self.header("Authorization", &format!("Basic {pair}"))
    }

    /// With a body of JSON.
    pub(crate) fn json(self, body: &Value) -> Self {
        Self { body: body.to_string(), ..self }.header("Content-Type", "application/json")
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = match self.body.len() {
            0 => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        format!("{}Host: here\r\n{}{length}\r\n{}", self.line, self.headers, self.body).into_bytes()
    }
}
