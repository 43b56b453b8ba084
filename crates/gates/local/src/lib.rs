//! The local socket: carries a command to the server that holds the instance, and its answer back.
//!
//! One connection is one command. What is carried is what the command was called with, the contents of the files it
//! names, and the passwords that were typed for it; never who calls: that the server learns from the kernel, by the
//! peer credentials of the socket. This crate has no rule. The handler decides.
//!
//! ```text
//! request:  u32 length ‖ JSON {arguments, options, secrets, files: [{name, length}]} ‖ the bytes of the files, one after another
//! reply:    u32 length ‖ JSON {code, stdout, stderr, files: [{name, length}]} ‖ the bytes of the files
//! ```
//!
//! Every part is bounded ([`LARGEST_HEAD`], [`LARGEST_FILES`]), and a peer that does not go on is left alone after
//! [`PATIENCE`].

#![forbid(unsafe_code)]

mod frame;

pub use frame::{Fault, Files, Reply, Request, Secrets};

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// The most bytes of the JSON part of a request or reply.
pub const LARGEST_HEAD: usize = 64 * 1024 * 1024;
/// The most bytes of all files of a request or reply together.
pub const LARGEST_FILES: u64 = 256 * 1024 * 1024;
/// How long either side waits for the other to go on.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The most commands that are worked on at once; more wait in the queue of the socket.
pub const AT_ONCE: usize = 32;

/// Carries a command to the server at a socket; none where no server listens there.
pub fn call(socket: &Path, request: &Request) -> Result<Option<Reply>, Fault> {
    let mut stream = match UnixStream::connect(socket) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    stream.set_write_timeout(Some(PATIENCE))?;
    frame::send_request(&mut stream, request)?;
    frame::receive_reply(&mut stream).map(Some)
}

/// Tells whether a server listens at a socket.
pub fn is_served(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

/// Answers commands until `stop` is set and the listener is woken by one more connection; then those at work are
/// waited for.
pub fn serve(
    listener: &UnixListener,
    stop: &AtomicBool,
    handler: &(dyn Fn(&UnixStream, Request) -> Reply + Sync),
) {
    let at_work = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for stream in listener.incoming() {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            // Out of descriptors, or gone again: the next one may do better, and a loop must not spin.
            let Ok(stream) = stream else {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            while at_work.load(Ordering::SeqCst) >= AT_ONCE {
                std::thread::sleep(Duration::from_millis(1));
            }
            at_work.fetch_add(1, Ordering::SeqCst);
            scope.spawn(|| {
                answer(stream, handler);
                at_work.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
}

/// A peer that sends nonsense gets no answer; there is nobody to tell.
fn answer(mut stream: UnixStream, handler: &(dyn Fn(&UnixStream, Request) -> Reply + Sync)) {
    let patient =
        stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
    if let (Ok(()), Ok(request)) = (patient, frame::receive_request(&mut stream)) {
        let reply = handler(&stream, request);
        let _ = frame::send_reply(&mut stream, &reply);
    }
}
