//! The local socket: carries a command to the server that holds the instance, and its answer back.
//!
//! One connection is one command. What is carried is what the command was called with, the files it names, and the
//! passwords that were typed for it; never who calls: that the server learns from the kernel, by the peer credentials of
//! the socket. Files of a disk are handed over open, so that the server reads them by the caller's right to, little by
//! little; of anything else the contents are carried. This crate has no rule. The handler decides.
//!
//! ```text
//! request:  u32 length ‖ JSON {arguments, options, secrets, files: [{name, length}], opened: [name]}
//!           ‖ the bytes of the files, one after another ‖ a zero byte with the open files, if there are any
//! turn:     u32 length ‖ JSON {turn: {name: text}, files: []}       asked by the server, answered by the caller
//! told:     u32 length ‖ JSON {told: text, files: []}               how far it is
//! reply:    u32 length ‖ JSON {code, stdout, stderr, files: [{name, length}]} ‖ the bytes of the files
//! ```
//!
//! Before the reply the server may ask something ([`ask`]), such as the code of a second factor; each turn is answered by
//! one. A caller at whom nobody sits says so in its request, and is asked nothing.
//!
//! Every part is bounded ([`LARGEST_HEAD`], [`LARGEST_FILES`], [`MOST_OPENED`]), and a peer that does not go on is left alone after
//! [`PATIENCE`].

#![forbid(unsafe_code)]

mod descriptors;
mod frame;

pub use descriptors::{MOST_OPENED, can_be_handed_over};
use frame::Next;
pub use frame::{Fault, Files, Opened, Reply, Request, Secrets, Turn};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The most bytes of the JSON part of a request or reply.
pub const LARGEST_HEAD: usize = 64 * 1024 * 1024;
/// The most bytes of all files of a request or reply together.
pub const LARGEST_FILES: u64 = 256 * 1024 * 1024;
/// How long either side waits for the other to go on.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long a person may take to answer (`authentication.md` DEC-A15).
pub const THINKING: Duration = Duration::from_secs(60);
/// The most commands that are worked on at once; more wait in the queue of the socket.
pub const AT_ONCE: usize = 32;

/// Carries a command to the server at a socket; none where no server listens there. What the server asks meanwhile is
/// answered with `answer`; how far it is, is told to `told`.
pub fn call(
    socket: &Path,
    request: &Request,
    answer: &mut dyn FnMut(&Turn) -> Turn,
    told: &mut dyn FnMut(&str),
) -> Result<Option<Reply>, Fault> {
    let mut stream = match UnixStream::connect(socket) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    stream.set_write_timeout(Some(PATIENCE))?;
    frame::send_request(&mut stream, request)?;
    descriptors::send(&stream, &request.opened)?;
    loop {
        match frame::receive_next(&mut stream)? {
            Next::Done(reply) => return Ok(Some(reply)),
            Next::Told(line) => told(&line),
            Next::Asked(turn) => frame::send_turn(&mut stream, &answer(&turn))?,
        }
    }
}

/// Asks the caller at a socket something, in the middle of its command. Who does not answer in [`THINKING`] is given up.
pub fn ask(mut stream: &UnixStream, turn: &Turn) -> Result<Turn, Fault> {
    frame::send_turn(&mut stream, turn)?;
    stream.set_read_timeout(Some(THINKING))?;
    let answered = frame::receive_turn(&mut stream);
    stream.set_read_timeout(Some(PATIENCE))?;
    answered
}

/// Tells the caller at a socket how far its command is, if it listens: nobody waits for one who does not.
pub fn tell(stream: &UnixStream, line: &str) {
    use rustix::net::SendFlags;
    let bytes = frame::telling(line);
    let sent = rustix::net::send(stream, &bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
    // The kernel takes so few bytes whole or not at all. If ever it did not, the caller could read nothing after them.
    if sent.is_ok_and(|sent| sent < bytes.len()) {
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}

/// Tells whether a server listens at a socket.
pub fn is_served(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

/// The door of a server: a socket at which commands are taken until it is told to stop.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    /// Whoever stops closes its end of these two.
    stop: UnixStream,
    stopped: UnixStream,
}

impl Door {
    /// A door at a socket that listens.
    pub fn at(listener: UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let (stop, stopped) = UnixStream::pair()?;
        Ok(Self { listener, stop, stopped })
    }

    /// Takes no more commands. Those that wait at the socket are nobody's yet: whoever holds it, too, may take them.
    pub fn stop(&self) {
        let _ = self.stop.shutdown(std::net::Shutdown::Both);
    }

    /// Answers commands until it is told to stop; then those at work are waited for.
    pub fn serve(&self, handler: &(dyn Fn(&UnixStream, Request) -> Reply + Sync)) {
        let at_work = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            while let Some(stream) = self.next() {
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

    /// Who comes next; none once it was told to stop.
    fn next(&self) -> Option<io::Result<UnixStream>> {
        loop {
            let mut both = [self.stopped.as_fd(), self.listener.as_fd()]
                .map(|end| PollFd::from_borrowed_fd(end, PollFlags::IN));
            match poll(&mut both, None) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Some(Err(error.into())),
            }
            let [stopped, _] = &both;
            if !stopped.revents().is_empty() {
                return None;
            }
            match self.listener.accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                taken => return Some(taken.map(|(stream, _)| stream)),
            }
        }
    }
}

/// A peer that sends nonsense gets no answer; there is nobody to tell.
fn answer(mut stream: UnixStream, handler: &(dyn Fn(&UnixStream, Request) -> Reply + Sync)) {
    let patient =
        stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
    if let (Ok(()), Ok(request)) = (patient, receive(&mut stream)) {
        let reply = handler(&stream, request);
        let _ = frame::send_reply(&mut stream, &reply);
    }
}

fn receive(stream: &mut UnixStream) -> Result<Request, Fault> {
    let (mut request, opened) = frame::receive_request(stream)?;
    request.opened = descriptors::receive(stream, opened)?;
    Ok(request)
}
