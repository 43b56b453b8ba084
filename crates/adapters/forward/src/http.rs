//! One HTTP request: a POST of JSON on a connection of its own, and the answer, bounded. It is one of HTTP/1.0, to which
//! nobody answers in chunks.

use crate::stream::Stream;
use crate::{Trust, Undelivered, Url};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

/// The most bytes of an answer, head and body together.
const LARGEST: usize = 64 * 1024;

/// Posts JSON and gives the body of the answer, if it is one of success.
pub(crate) fn post(
    url: &Url,
    trust: Option<&Trust>,
    patience: Duration,
    body: &[u8],
) -> Result<Vec<u8>, Undelivered> {
    let mut stream = Stream::open(&url.address, trust.filter(|_| url.secure), patience)?;
    let head = format!(
        "POST {} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         User-Agent: sclera/{}\r\nConnection: close\r\n\r\n",
        url.path,
        url.address,
        body.len(),
        env!("CARGO_PKG_VERSION")
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()?;
    answer(&mut stream, Instant::now() + patience)
}

fn answer(stream: &mut Stream, deadline: Instant) -> Result<Vec<u8>, Undelivered> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        if let Some(answer) = whole(&bytes)? {
            return Ok(answer);
        }
        if bytes.len() > LARGEST || Instant::now() > deadline {
            return Err(Undelivered("the collector's answer is too long".to_owned()));
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
    let (head, body) = split(bytes).ok_or_else(|| Undelivered("the collector does not answer".to_owned()))?;
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
    Err(Undelivered(format!("the collector answers `{}`", crate::printable(line))))
}
