//! Telling whoever started the server how far it is, as `sd_notify(3)` has it.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// What there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It serves.
    Ready,
    /// It was told to stop.
    Stopping,
}

/// Tells it, where somebody wants to know. Nobody who listens is no fault of the server's.
pub(crate) fn tell(state: State) {
    let Some(place) = std::env::var_os("NOTIFY_SOCKET").filter(|place| !place.is_empty()) else { return };
    let said: &[u8] = match state {
        State::Ready => b"READY=1\n",
        State::Stopping => b"STOPPING=1\n",
    };
    let _ = address(&place).and_then(|address| UnixDatagram::unbound()?.send_to_addr(said, &address));
}

/// A path, or a name without a file that begins with `@`.
fn address(place: &OsString) -> std::io::Result<SocketAddr> {
    match place.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(place),
    }
}
