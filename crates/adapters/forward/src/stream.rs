//! One connection: everything is written, then the receiver is awaited to close its side.

use crate::{Address, Trust, Undelivered};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// A connection, protected or not.
pub(crate) enum Stream {
    Bare(TcpStream),
    Protected(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    pub(crate) fn open(
        address: &Address,
        trust: Option<&Trust>,
        patience: Duration,
    ) -> Result<Self, Undelivered> {
        let stream = connect(address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        match trust {
            None => Ok(Self::Bare(stream)),
            Some(trust) => Self::protected(stream, address, trust),
        }
    }

    /// Begins TLS on a connection that had none.
    pub(crate) fn protect(self, address: &Address, trust: &Trust) -> Result<Self, Undelivered> {
        match self {
            Self::Bare(stream) => Self::protected(stream, address, trust),
            Self::Protected(_) => Err(Undelivered("the connection is protected already".to_owned())),
        }
    }

    /// What this side of the connection is called: its address, as SMTP writes it (RFC 5321 section 4.1.3).
    pub(crate) fn own_name(&self) -> Result<String, Undelivered> {
        let stream = match self {
            Self::Bare(stream) => stream,
            Self::Protected(stream) => &stream.sock,
        };
        Ok(match stream.local_addr()?.ip() {
            IpAddr::V4(ip) => format!("[{ip}]"),
            IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
        })
    }

    fn protected(stream: TcpStream, address: &Address, trust: &Trust) -> Result<Self, Undelivered> {
        let name = ServerName::try_from(address.host.clone())
            .map_err(|_| Undelivered(format!("{address} is no name that a certificate can have")))?;
        let mut connection = ClientConnection::new(trust.0.clone(), name)
            .map_err(|error| Undelivered(format!("TLS: {error}")))?;
        let mut stream = stream;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Self::Protected(Box::new(StreamOwned::new(connection, stream))))
    }

    /// Says that nothing more comes.
    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Bare(stream) => stream.shutdown(Shutdown::Write),
            Self::Protected(stream) => {
                stream.conn.send_close_notify();
                stream.flush()?;
                stream.sock.shutdown(Shutdown::Write)
            }
        }
    }
}

fn connect(address: &Address, patience: Duration) -> Result<TcpStream, Undelivered> {
    let mut last = Undelivered(format!("{address} has no address"));
    for at in (address.host.as_str(), address.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&at, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Undelivered(format!("{address}: {error}")),
        }
    }
    Err(last)
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

/// Writes everything and waits until the receiver has closed its side, which it does when it has read all.
pub(crate) fn hand_over(
    address: &Address,
    trust: Option<&Trust>,
    patience: Duration,
    bytes: &[u8],
) -> Result<(), Undelivered> {
    let mut stream = Stream::open(address, trust, patience)?;
    stream.write_all(bytes)?;
    stream.flush()?;
    stream.finish()?;
    await_end(&mut stream, Instant::now() + patience)
}

/// A receiver that says something is not listened to; one that never ends is given up.
fn await_end(stream: &mut Stream, deadline: Instant) -> Result<(), Undelivered> {
    let mut buffer = [0; 1_024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            // Many receivers close without the goodbye of TLS, once they have read ours.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(_) if Instant::now() > deadline => {
                return Err(Undelivered("the receiver does not end the connection".to_owned()));
            }
            Ok(_) => {}
        }
    }
}
