//! Listening sockets that whoever started this process holds open and hands over, as `sd_listen_fds(3)` has it.
//!
//! ```text
//! LISTEN_PID=4711  LISTEN_FDS=2  LISTEN_FDNAMES=http:sclera.socket     and the sockets are descriptors 3 and 4
//! ```
//!
//! The kernel queues connections at them as long as one process has them open, so that none is refused while a server is
//! exchanged for the next.

use listenfd::ListenFd;
use rustix::net::{ipproto, sockopt};
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// The most sockets that are taken over.
pub const MOST: usize = 128;
/// The number of the first.
const FIRST: usize = 3;
/// The longest name of one, as systemd has it.
const LONGEST_NAME: usize = 255;

/// A listening socket that was handed over.
#[derive(Debug)]
pub struct Held {
    /// The number of its descriptor when it was.
    pub number: usize,
    /// What the service manager calls it; empty where it says nothing.
    pub name: String,
    /// The socket.
    pub socket: Socket,
}

/// What it is and where it listens.
#[derive(Debug)]
pub enum Socket {
    /// TCP.
    Tcp(TcpListener, SocketAddr),
    /// A stream socket with a path.
    Unix(UnixListener, PathBuf),
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "descriptor {}", self.number)?;
        if !self.name.is_empty() {
            write!(f, " `{}`", self.name)?;
        }
        match &self.socket {
            Socket::Tcp(_, address) => write!(f, " at {address}"),
            Socket::Unix(_, path) => write!(f, " at {}", path.display()),
        }
    }
}

/// Why what was handed over is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotHeld {
    /// A variable does not say what it should.
    Variable(&'static str, &'static str),
    /// There are more than [`MOST`].
    TooMany,
    /// A descriptor is not a listening socket.
    Descriptor(usize, &'static str),
}

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name, why) => write!(f, "{name}: {why}"),
            Self::TooMany => write!(f, "LISTEN_FDS: there are more than {MOST}"),
            Self::Descriptor(number, why) => {
                write!(f, "descriptor {number} was handed over by the service manager and {why}")
            }
        }
    }
}

impl std::error::Error for NotHeld {}

/// Takes over what was handed to this process: all of it, each a socket that listens; children do not inherit them, and
/// the variables are cleared. Nothing where nothing was handed over, or to another process.
///
/// To be called once, before this process opens anything or has a second thread: what is open above the first three
/// descriptors is taken for what was handed over.
pub fn take() -> Result<Vec<Held>, NotHeld> {
    let names = announced(&|name| std::env::var_os(name))?;
    let mut given = ListenFd::from_env();
    names.into_iter().enumerate().map(|(index, name)| one(&mut given, index, name)).collect()
}

/// The names of what was handed to this process, one for each.
fn announced(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Vec<String>, NotHeld> {
    let text = |name: &'static str| {
        let value = variable(name).map(OsString::into_string).transpose();
        value.map_err(|_| NotHeld::Variable(name, "it is not UTF-8"))
    };
    let number = |name: &'static str| {
        let value = text(name)?.map(|value| value.parse::<u32>()).transpose();
        value.map_err(|_| NotHeld::Variable(name, "it is no number"))
    };
    if number("LISTEN_PID")? != Some(std::process::id()) {
        return Ok(Vec::new());
    }
    let count = number("LISTEN_FDS")?.map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX));
    if count > MOST {
        return Err(NotHeld::TooMany);
    }
    if variable("LISTEN_FDS_FIRST_FD").is_some() {
        return Err(NotHeld::Variable("LISTEN_FDS_FIRST_FD", "the first is descriptor 3"));
    }
    let Some(names) = text("LISTEN_FDNAMES")? else { return Ok(vec![String::new(); count]) };
    let names: Vec<String> = names.split(':').take(MOST + 1).map(str::to_owned).collect();
    if names.len() != count.max(1) {
        return Err(NotHeld::Variable("LISTEN_FDNAMES", "there must be a name for each of LISTEN_FDS"));
    }
    let is_name = |name: &String| {
        name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    };
    if !names.iter().all(is_name) {
        return Err(NotHeld::Variable(
            "LISTEN_FDNAMES",
            "a name is too long or has other than visible ASCII",
        ));
    }
    Ok(names.into_iter().take(count).collect())
}

fn one(given: &mut ListenFd, index: usize, name: String) -> Result<Held, NotHeld> {
    let number = FIRST + index;
    let socket = if let Ok(Some(listener)) = given.take_tcp_listener(index) {
        tcp(listener)
    } else if let Ok(Some(listener)) = given.take_unix_listener(index) {
        unix(listener)
    } else {
        Err("is no socket of TCP and no stream socket with a path")
    };
    Ok(Held { number, name, socket: socket.map_err(|why| NotHeld::Descriptor(number, why))? })
}

fn tcp(listener: TcpListener) -> Result<Socket, &'static str> {
    if sockopt::socket_protocol(&listener).ok().flatten() != Some(ipproto::TCP) {
        return Err("does not speak TCP");
    }
    listens(&listener)?;
    let address = listener.local_addr().map_err(|_| "has no address")?;
    Ok(Socket::Tcp(listener, address))
}

fn unix(listener: UnixListener) -> Result<Socket, &'static str> {
    listens(&listener)?;
    let address = listener.local_addr().map_err(|_| "has no address")?;
    let path = address.as_pathname().filter(|path| path.is_absolute());
    let path = path.ok_or("has no absolute path")?.to_owned();
    Ok(Socket::Unix(listener, path))
}

fn listens(socket: impl AsFd) -> Result<(), &'static str> {
    let listens = sockopt::socket_acceptconn(socket).map_err(io::Error::from);
    if listens.is_ok_and(|listens| listens) { Ok(()) } else { Err("does not listen") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(variables: &[(&str, &str)]) -> Result<Vec<String>, NotHeld> {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        announced(&find)
    }

    fn ours(variables: &[(&str, &str)]) -> Result<Vec<String>, NotHeld> {
        let pid = std::process::id().to_string();
        said(&[&[("LISTEN_PID", pid.as_str())], variables].concat())
    }

    #[test]
    fn what_is_for_another_process_is_left_to_it() {
        assert_eq!(said(&[]), Ok(vec![]));
        assert_eq!(said(&[("LISTEN_FDS", "2")]), Ok(vec![]));
        assert_eq!(said(&[("LISTEN_FDS", "2"), ("LISTEN_PID", "1")]), Ok(vec![]));
        assert_eq!(ours(&[]), Ok(vec![]));
        assert_eq!(ours(&[("LISTEN_FDS", "0"), ("LISTEN_FDNAMES", "")]), Ok(vec![]));
    }

    #[test]
    fn each_has_a_name_or_none_has() {
        assert_eq!(ours(&[("LISTEN_FDS", "2")]), Ok(vec![String::new(), String::new()]));
        let named = ours(&[("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "http:%Service_ECP")]);
        assert_eq!(named, Ok(vec!["http".to_owned(), "%Service_ECP".to_owned()]));
        assert_eq!(ours(&[("LISTEN_FDS", "1"), ("LISTEN_FDNAMES", "")]), Ok(vec![String::new()]));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (variables, name) in [
            (vec![("LISTEN_PID", "me"), ("LISTEN_FDS", "1")], "LISTEN_PID"),
            (vec![("LISTEN_FDS", "-1")], "LISTEN_FDS"),
            (vec![("LISTEN_FDS", "4294967296")], "LISTEN_FDS"),
            (vec![("LISTEN_FDS", "1"), ("LISTEN_FDS_FIRST_FD", "5")], "LISTEN_FDS_FIRST_FD"),
            (vec![("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "http")], "LISTEN_FDNAMES"),
            (vec![("LISTEN_FDS", "1"), ("LISTEN_FDNAMES", "http:local")], "LISTEN_FDNAMES"),
            (vec![("LISTEN_FDS", "1"), ("LISTEN_FDNAMES", "a\nb")], "LISTEN_FDNAMES"),
        ] {
            let told = if variables[0].0 == "LISTEN_PID" { said(&variables) } else { ours(&variables) };
            assert!(
                matches!(told, Err(NotHeld::Variable(found, _)) if found == name),
                "{variables:?}: {told:?}"
            );
        }
    }

    #[test]
    fn more_than_are_ever_needed_are_refused() {
        assert!(ours(&[("LISTEN_FDS", "128")]).is_ok());
        for many in ["129", "4294967295"] {
            assert_eq!(ours(&[("LISTEN_FDS", many)]), Err(NotHeld::TooMany));
        }
    }

    #[test]
    fn a_socket_is_taken_if_it_listens() {
        assert!(
            matches!(tcp(TcpListener::bind("127.0.0.1:0").unwrap()), Ok(Socket::Tcp(_, at)) if at.port() > 0)
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        assert!(matches!(unix(UnixListener::bind(&path).unwrap()), Ok(Socket::Unix(_, at)) if at == path));
        let (pair, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        let pair = UnixListener::from(std::os::fd::OwnedFd::from(pair));
        assert_eq!(unix(pair).unwrap_err(), "does not listen");
        let nowhere = TcpListener::bind("127.0.0.1:0").unwrap();
        let connected = std::net::TcpStream::connect(nowhere.local_addr().unwrap()).unwrap();
        let connected = TcpListener::from(std::os::fd::OwnedFd::from(connected));
        assert_eq!(tcp(connected).unwrap_err(), "does not listen");
    }
}
