//! The sockets of a server: those that the service manager holds and hands over, and which of its doors each is for.
//!
//! A socket of TCP goes by its name, `http` or the service of a gate, else by its address, which must be one that is
//! configured. One with a path must be the local socket. One that is for nothing would have callers wait for ever, so that
//! the server does not start with it.

use crate::configuration::{Access, Configuration, Listen};
use crate::failure::Failure;
use sclera_local::Door;
use sclera_os::held::{Held, Socket};
use std::fs::Permissions;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;

/// The name of the socket at which HTTP is answered.
const HTTP: &str = "http";

/// Sockets that the service manager holds, by what they are for.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) http: Option<TcpListener>,
    pub(crate) local: Option<UnixListener>,
    /// A place for each gate.
    pub(crate) gates: Vec<Option<TcpListener>>,
}

impl Sockets {
    /// Sorts what was handed over, and notes in the configuration where it listens: what is asked of an address is asked
    /// of the one that counts.
    pub(crate) fn sorted(
        held: Vec<Held>,
        configuration: &mut Configuration,
        local: &Path,
    ) -> Result<Self, Failure> {
        let gates = configuration.gates.iter().map(|_| None).collect();
        let mut sockets = Self { http: None, local: None, gates };
        for held in held {
            let told = held.to_string();
            sockets.put(held, configuration, local).map_err(|why| {
                Failure::bad_value(format!("{told} was handed over by the service manager: {why}"))
            })?;
        }
        Ok(sockets)
    }

    fn put(&mut self, held: Held, configuration: &mut Configuration, local: &Path) -> Result<(), String> {
        match held.socket {
            Socket::Unix(listener, path) => {
                is_at(&path, local)?;
                fill(&mut self.local, listener)
            }
            Socket::Tcp(listener, address) => match place(&held.name, address, configuration)? {
                Place::Http => {
                    configuration.listen = Listen::At(address);
                    fill(&mut self.http, listener)
                }
                Place::Gate(index) => {
                    if let Some(gate) = configuration.gates.get_mut(index) {
                        gate.listen_at(address)?;
                    }
                    self.gates.get_mut(index).map_or(Ok(()), |gate| fill(gate, listener))
                }
            },
        }
    }
}

/// What a socket is for.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Http,
    Gate(usize),
}

fn place(name: &str, address: SocketAddr, configuration: &Configuration) -> Result<Place, String> {
    let gates = || configuration.gates.iter().enumerate();
    let mut named = gates().filter(|(_, gate)| gate.service().eq_ignore_ascii_case(name));
    match (named.next(), named.next()) {
        (Some((index, _)), None) => return Ok(Place::Gate(index)),
        _ if name != HTTP => {}
        _ if configuration.listen == Listen::Nowhere => {
            return Err("HTTP is to be answered nowhere (`listen`)".to_owned());
        }
        _ => return Ok(Place::Http),
    }
    if configuration.listen == Listen::At(address) {
        return Ok(Place::Http);
    }
    let found = gates().find(|(_, gate)| gate.listen() == address);
    found.map(|(index, _)| Place::Gate(index)).ok_or_else(|| {
        "neither `listen` nor a [[gate]] of sclera.toml is there; take it out of the socket unit, or give it the name \
         `http` or that of the service of a gate (FileDescriptorName=)"
            .to_owned()
    })
}

fn fill<T>(place: &mut Option<T>, socket: T) -> Result<(), String> {
    match place.replace(socket) {
        None => Ok(()),
        Some(_) => Err("another one was handed over for the same".to_owned()),
    }
}

/// Makes sure that whoever looks for the local socket finds this one.
fn is_at(path: &Path, local: &Path) -> Result<(), String> {
    let is_gone = "its file is gone, so that no command finds it; start the socket unit again";
    let about = std::fs::metadata(path).map_err(|_| is_gone.to_owned())?;
    let is_same =
        std::fs::metadata(local).is_ok_and(|local| (local.dev(), local.ino()) == (about.dev(), about.ino()));
    if is_same && about.file_type().is_socket() {
        Ok(())
    } else {
        Err(format!("commands look for this instance at {}", local.display()))
    }
}

/// The door at the local socket: at one that is held, or at one of its own.
pub(crate) fn open_door(path: &Path, held: Option<UnixListener>, access: Access) -> Result<Door, Failure> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    let is_held = held.is_some();
    let listener = held.map_or_else(|| listen(path), Ok).map_err(failed)?;
    let limited = std::fs::set_permissions(path, Permissions::from_mode(access.mode()));
    if !(is_held && is_as_narrow(path, access)) {
        limited.map_err(failed)?;
    }
    Door::at(listener).map_err(failed)
}

/// The service manager may own the file of a socket that it holds; then its mode must do.
fn is_as_narrow(path: &Path, access: Access) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o777 & !access.mode() == 0)
}

fn listen(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => UnixListener::bind(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATES: &str = "[[gate]]\nservice = \"%Service_ECP\"\nlisten = \"127.0.0.1:1\"\nupstream = \"/s\"\n\
                         [[gate]]\nservice = \"%Service_ECP\"\nlisten = \"127.0.0.1:2\"\nupstream = \"/s\"\n\
                         [[gate]]\nservice = \"%Service_Weblink\"\nlisten = \"127.0.0.1:3\"\nupstream = \"/s\"\n";

    fn found(configuration: &str, name: &str, address: &str) -> Option<Place> {
        let configuration = Configuration::parse(configuration, Path::new("/data")).unwrap();
        place(name, address.parse().unwrap(), &configuration).ok()
    }

    #[test]
    fn a_name_says_what_a_socket_is_for_and_else_its_address() {
        for (name, address, wanted) in [
            ("http", "10.0.0.1:443", Some(Place::Http)),
            ("sclera.socket", "127.0.0.1:52773", Some(Place::Http)),
            ("", "127.0.0.1:2", Some(Place::Gate(1))),
            ("%service_weblink", "10.0.0.1:9", Some(Place::Gate(2))),
            // There are two of it: the name alone does not do.
            ("%Service_ECP", "127.0.0.1:1", Some(Place::Gate(0))),
            ("%Service_ECP", "127.0.0.1:9", None),
            ("%Service_Shadow", "127.0.0.1:9", None),
            ("HTTP", "127.0.0.1:9", None),
            ("", "[::1]:52773", None),
            ("", "0.0.0.0:52773", None),
        ] {
            assert_eq!(found(GATES, name, address), wanted, "{name} {address}");
        }
        assert_eq!(found("listen = \"none\"", "http", "127.0.0.1:52773"), None);
        assert_eq!(found("listen = \"none\"", "", "127.0.0.1:52773"), None);
    }
}
