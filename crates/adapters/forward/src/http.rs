//! One HTTP request: a POST of JSON on a connection of its own, and the answer, bounded. It is one of HTTP/1.0, to which
//! the receiver does not answer in chunks.

use crate::stream::Stream;
use crate::{Trust, Undelivered, Url};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The most bytes of an answer, head and body together.
const LARGEST: usize = 64 * 1024;

/// A service of the site that takes JSON: where, and what it is shown.
pub struct Hook {
    url: Url,
    trust: Option<Trust>,
    token: Option<Zeroizing<String>>,
    patience: Duration,
}

impl Hook {
    /// A hook; `token` is shown as a bearer's (RFC 6750). One on another machine is asked over TLS alone. No step takes
    /// longer than `patience`, and all of them no longer than twice that.
    pub fn new(
        url: Url,
        trust: Option<Trust>,
        token: Option<Zeroizing<String>>,
        patience: Duration,
    ) -> Result<Self, Undelivered> {
        let trust = trust.filter(|_| url.secure);
        if trust.is_none() && (url.secure || !url.address.is_loopback()) {
            return Err(Undelivered(format!(
                "{} is another machine, and must be asked over TLS",
                url.address
            )));
        }
        let fits = |token: &Zeroizing<String>| {
            !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !token.as_ref().is_none_or(fits) {
            return Err(Undelivered("the token holds characters that no header can".to_owned()));
        }
        Ok(Self { url, trust, token, patience })
    }

    /// Where it is.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Posts a body of JSON and gives the body of the answer, if it is one of success.
    pub fn post(&self, body: &[u8]) -> Result<Vec<u8>, Undelivered> {
        let shown = self
            .token
            .as_ref()
            .map(|token| Zeroizing::new(format!("Authorization: Bearer {}\r\n", token.as_str())));
        let header = shown.as_ref().map_or("", |line| line.as_str());
        post(&self.url, self.trust.as_ref(), self.patience, header, body)
    }
}

/// Posts JSON and gives the body of the answer, if it is one of success.
pub(crate) fn post(
    url: &Url,
    trust: Option<&Trust>,
    patience: Duration,
    header: &str,
    body: &[u8],
) -> Result<Vec<u8>, Undelivered> {
    let deadline = Instant::now() + patience;
    let mut stream = Stream::open(&url.address, trust.filter(|_| url.secure), patience)?;
    let head = Zeroizing::new(format!(
        "POST {} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         User-Agent: sclera/{}\r\n{header}Connection: close\r\n\r\n",
        url.path,
        url.address,
        body.len(),
        env!("CARGO_PKG_VERSION")
    ));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()?;
    answer(&mut stream, deadline)
}

fn answer(stream: &mut Stream, deadline: Instant) -> Result<Vec<u8>, Undelivered> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        if let Some(answer) = whole(&bytes)? {
            return Ok(answer);
        }
        if bytes.len() > LARGEST {
            return Err(Undelivered("the answer is too long".to_owned()));
        }
        if Instant::now() > deadline {
            return Err(Undelivered("the answer takes too long".to_owned()));
        }
        let read = match stream.read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(error.into()),
        };
        if read == 0 {
            return ended(&bytes);
        }
        bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
}

/// The body, where its length is told and all of it is here. What is not 2xx is refused as soon as the head is here.
fn whole(bytes: &[u8]) -> Result<Option<Vec<u8>>, Undelivered> {
    let Some((head, body)) = split(bytes) else { return Ok(None) };
    success(head)?;
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Ok(length
        .filter(|length| body.len() >= *length)
        .map(|length| body.get(..length).unwrap_or_default().to_vec()))
}

/// The body of an answer that ends with the connection.
fn ended(bytes: &[u8]) -> Result<Vec<u8>, Undelivered> {
    let (head, body) = split(bytes).ok_or_else(|| Undelivered("the receiver does not answer".to_owned()))?;
    success(head)?;
    Ok(body.to_vec())
}

fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = bytes.split_at_checked(end + 4)?;
    Some((std::str::from_utf8(head).unwrap_or_default(), body))
}

fn success(head: &str) -> Result<(), Undelivered> {
    let line = head.lines().next().unwrap_or_default();
    let code = line.split(' ').nth(1).unwrap_or_default();
    if line.starts_with("HTTP/1.") && code.len() == 3 && code.starts_with('2') {
        return Ok(());
    }
    Err(Undelivered(format!("the answer is `{}`", crate::printable(line))))
}
