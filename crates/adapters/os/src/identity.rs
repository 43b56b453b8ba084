//! Who runs a process, as the kernel and the name service say (`authentication.md` DEC-A20).
//!
//! Never from the environment: whoever starts a process writes that.

use nix::unistd::{Uid, User};
use std::io;
use std::os::unix::net::UnixStream;

/// The kernel shows this uid in place of one that has no meaning here, such as one of another container. It names
/// nobody in particular, so it never gets a name, not even `nobody`.
const OVERFLOW: u32 = 65_534;

/// A user of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsIdentity {
    /// The effective user id.
    pub uid: u32,
    /// The name that the name service gives it; none if it gives none, cannot be asked, or the name is not UTF-8.
    /// Without a name an identity is nobody's.
    pub name: Option<String>,
}

impl OsIdentity {
    /// Who runs this process: its effective user.
    pub fn of_process() -> Self {
        Self::named(rustix::process::geteuid().as_raw())
    }

    /// Who runs the process at the other end, as the kernel noted when it connected (`SO_PEERCRED`). Who it hands the
    /// connection to later is not seen.
    pub fn of_peer(stream: &UnixStream) -> io::Result<Self> {
        let peer = rustix::net::sockopt::socket_peercred(stream)?;
        Ok(Self::named(peer.uid.as_raw()))
    }

    fn named(uid: u32) -> Self {
        let name = if uid == OVERFLOW { None } else { name_of(uid) };
        Self { uid, name }
    }
}

/// A name service that fails is one that gives no name: the login is refused, as it must be.
fn name_of(uid: u32) -> Option<String> {
    let name = User::from_uid(Uid::from_raw(uid)).ok()??.name;
    // The replacement character stands for bytes that were not UTF-8; two such names would look the same.
    (!name.is_empty() && !name.contains(char::REPLACEMENT_CHARACTER)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_its_name() {
        assert_eq!(OsIdentity::named(0), OsIdentity { uid: 0, name: Some("root".to_owned()) });
    }

    #[test]
    fn what_is_no_user_has_no_name() {
        assert_eq!(OsIdentity::named(OVERFLOW), OsIdentity { uid: OVERFLOW, name: None });
        assert_eq!(OsIdentity::named(0xffff_fff0).name, None);
    }

    #[test]
    fn both_ends_of_our_own_connection_are_us() {
        let (near, far) = UnixStream::pair().unwrap();
        let us = OsIdentity::of_process();
        assert_eq!(us.uid, rustix::process::geteuid().as_raw());
        assert_eq!(OsIdentity::of_peer(&near).unwrap(), us);
        assert_eq!(OsIdentity::of_peer(&far).unwrap(), us);
    }
}
