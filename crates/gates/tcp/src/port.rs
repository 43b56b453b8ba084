//! The port of a gate: its own, or one that whoever started the server holds.
//!
//! A port of its own is taken when the service goes on and given back when it goes off. One that is held cannot be given
//! back: the kernel goes on connecting whoever comes, whatever the service is. While the service is off each of them is
//! taken and reset at once, so that nobody waits for what will not be, and nobody is there to be served once the service
//! goes on.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::sleep;

/// Where a gate listens.
#[derive(Debug)]
pub enum Listen {
    /// At an address of its own while its service is on; port 0 is any that is free.
    At(SocketAddr),
    /// At a socket that whoever started the server holds, too.
    Held(std::net::TcpListener),
}

impl Listen {
    /// The address.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::At(address) => Ok(*address),
            Self::Held(listener) => listener.local_addr(),
        }
    }
}

/// The port of a gate.
pub(crate) struct Port {
    /// Where it is taken; none where it is held.
    own: Option<SocketAddr>,
    listener: Option<TcpListener>,
    door: Door,
}

/// What the service says of the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Nothing yet: whoever comes waits.
    Unknown,
    Open,
    Shut,
}

impl Port {
    /// A port that is not open yet. To be called within a runtime.
    pub(crate) fn new(listen: Listen) -> io::Result<Self> {
        let (own, listener) = match listen {
            Listen::At(address) => (Some(address), None),
            Listen::Held(listener) => {
                listener.set_nonblocking(true)?;
                (None, Some(TcpListener::from_std(listener)?))
            }
        };
        Ok(Self { own, listener, door: Door::Unknown })
    }

    /// Opens it, and says where it is, unless it is open already.
    pub(crate) fn open(&mut self) -> io::Result<Option<SocketAddr>> {
        if self.is_open() {
            return Ok(None);
        }
        if let (None, Some(address)) = (&self.listener, self.own) {
            self.listener = Some(listen(address)?);
        }
        let address = self.listener.as_ref().map(TcpListener::local_addr).transpose()?;
        self.door = Door::Open;
        Ok(address)
    }

    /// Shuts it, and tells whether it was open.
    pub(crate) fn shut(&mut self) -> bool {
        let was_open = self.is_open();
        self.door = Door::Shut;
        if self.own.is_some() {
            self.listener = None;
        }
        was_open
    }

    /// Lets go of it. Whoever waits at a port that is held goes on waiting, for the next server.
    pub(crate) fn leave(&mut self) {
        self.listener = None;
        self.door = Door::Unknown;
    }

    pub(crate) fn is_open(&self) -> bool {
        self.door == Door::Open
    }

    /// Who comes next; nobody ever while the port is not open.
    pub(crate) async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match (&self.listener, self.door) {
            (Some(listener), Door::Open) => listener.accept().await,
            (Some(listener), Door::Shut) => turn_away(listener).await,
            _ => std::future::pending().await,
        }
    }
}

/// Resets whoever comes, unread.
async fn turn_away<T>(listener: &TcpListener) -> T {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(stream.set_zero_linger()),
            Err(_) => sleep(STUMBLE).await,
        }
    }
}

/// Takes a port. One that was given back a moment ago can be taken again.
fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(QUEUE)
}

/// Connections that wait to be taken; the kernel may allow fewer.
const QUEUE: u32 = 4_096;
/// How long is waited after a connection could not be taken.
pub(crate) const STUMBLE: Duration = Duration::from_millis(20);
