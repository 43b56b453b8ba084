//! The pace of a connection: a peer that does not go on is left.
//!
//! ```text
//!           first byte             whole head                answered
//! Waiting ────────────→ Head ──────────────→ Answering ──────────────→ Waiting
//!  idle time            head time, all in all   idle time               idle time
//! ```
//!
//! A new connection begins as `Head`: who connects has something to say. While an answer is made, the time of the
//! request is kept where it is made.
//!
//! A connection of HTTP/2 has many requests at once, and bytes that belong to none:
//!
//! ```text
//!              a request, whole            the last is answered, its bytes are sent
//! Waiting ──────────────────────→ Answering ──────────────────────→ Waiting
//!  idle time, whatever comes       idle time                         idle time
//! ```

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep_until};

/// Where a connection is, shared between its bytes and its requests.
#[derive(Debug, Clone)]
pub(crate) struct Phase {
    requests: Requests,
    /// Keeps a permit from the first request on.
    first: Arc<Notify>,
}

#[derive(Debug, Clone)]
enum Requests {
    /// One at a time.
    Single(Arc<AtomicU8>),
    /// Many: the number of those at work.
    Many(Arc<AtomicUsize>),
}

const HEAD: u8 = 0;
const ANSWERING: u8 = 1;
const WAITING: u8 = 2;

impl Phase {
    pub(crate) fn single() -> Self {
        Self { requests: Requests::Single(Arc::new(AtomicU8::new(HEAD))), first: Arc::default() }
    }

    pub(crate) fn many() -> Self {
        Self { requests: Requests::Many(Arc::default()), first: Arc::default() }
    }

    fn now(&self) -> u8 {
        match &self.requests {
            Requests::Single(phase) => phase.load(Ordering::Relaxed),
            Requests::Many(at_work) if at_work.load(Ordering::Relaxed) > 0 => ANSWERING,
            Requests::Many(_) => WAITING,
        }
    }

    /// A request has come; it is answered once the guard is gone.
    pub(crate) fn answers(&self) -> Answering {
        match &self.requests {
            Requests::Single(phase) => phase.store(ANSWERING, Ordering::Relaxed),
            Requests::Many(at_work) => drop(at_work.fetch_add(1, Ordering::Relaxed)),
        }
        self.first.notify_one();
        Answering(self.requests.clone())
    }

    /// Waits until there was a request. To be asked once.
    pub(crate) async fn has_begun(&self) {
        self.first.notified().await;
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Requests);

impl Drop for Answering {
    fn drop(&mut self) {
        match &self.0 {
            Requests::Single(phase) => phase.store(WAITING, Ordering::Relaxed),
            Requests::Many(at_work) => drop(at_work.fetch_sub(1, Ordering::Relaxed)),
        }
    }
}

/// A stream that fails once its peer is too slow.
pub(crate) struct Paced<T> {
    inner: T,
    phase: Phase,
    /// The phase that the deadline is for.
    timed: u8,
    deadline: Instant,
    /// Sounds at the deadline or before it: one that is put off again and again is looked at when the alarm sounds.
    alarm: Pin<Box<Sleep>>,
    head: Duration,
    idle: Duration,
}

impl<T> Paced<T> {
    pub(crate) fn new(inner: T, phase: Phase, head: Duration, idle: Duration) -> Self {
        let timed = phase.now();
        let first = if timed == HEAD { head } else { idle };
        let deadline = Instant::now() + first;
        Self { inner, phase, timed, deadline, alarm: Box::pin(sleep_until(deadline)), head, idle }
    }

    /// Takes note of a phase that has begun.
    fn look(&mut self) {
        let phase = self.phase.now();
        if phase != self.timed {
            self.timed = phase;
            self.wait(if phase == HEAD { self.head } else { self.idle });
        }
    }

    fn wait(&mut self, time: Duration) {
        self.deadline = Instant::now() + time;
    }

    fn came(&mut self) {
        match (self.timed, &self.phase.requests) {
            (HEAD, _) | (WAITING, Requests::Many(_)) => {}
            (WAITING, Requests::Single(phase)) => {
                phase.store(HEAD, Ordering::Relaxed);
                self.look();
            }
            _ => self.wait(self.idle),
        }
    }

    fn went(&mut self) {
        let is_of_request = match &self.phase.requests {
            Requests::Single(_) => self.timed != HEAD,
            // Else whoever asks again and again whether somebody is there would be answered, and stay.
            Requests::Many(_) => self.timed == ANSWERING,
        };
        if is_of_request {
            self.wait(self.idle);
        }
    }

    /// What is pending stays so until the deadline.
    fn patiently<R>(
        &mut self,
        polled: Poll<io::Result<R>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            return polled;
        }
        if self.deadline < self.alarm.deadline() {
            self.alarm.as_mut().reset(self.deadline);
        }
        loop {
            ready!(self.alarm.as_mut().poll(context));
            if Instant::now() >= self.deadline {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.alarm.as_mut().reset(self.deadline);
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.look();
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.came();
        }
        self.patiently(read, context)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.look();
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        if written.is_ready() {
            self.went();
        }
        self.patiently(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.look();
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.patiently(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.look();
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        self.patiently(shut, context)
    }
}
