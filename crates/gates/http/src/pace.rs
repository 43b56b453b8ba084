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

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Where a connection is, shared between its bytes and its requests.
#[derive(Debug, Clone)]
pub(crate) struct Phase(Arc<AtomicU8>);

const HEAD: u8 = 0;
const ANSWERING: u8 = 1;
const WAITING: u8 = 2;

impl Phase {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(HEAD)))
    }

    pub(crate) fn answer_begins(&self) {
        self.0.store(ANSWERING, Ordering::Relaxed);
    }

    pub(crate) fn answer_ends(&self) {
        self.0.store(WAITING, Ordering::Relaxed);
    }
}

/// A stream that fails once its peer is too slow.
pub(crate) struct Paced<T> {
    inner: T,
    phase: Phase,
    /// The phase that the deadline is for.
    timed: u8,
    deadline: Pin<Box<Sleep>>,
    head: Duration,
    idle: Duration,
}

impl<T> Paced<T> {
    pub(crate) fn new(inner: T, phase: Phase, head: Duration, idle: Duration) -> Self {
        Self { inner, phase, timed: HEAD, deadline: Box::pin(sleep(head)), head, idle }
    }

    /// Takes note of a phase that has begun.
    fn look(&mut self) {
        let phase = self.phase.0.load(Ordering::Relaxed);
        if phase != self.timed {
            self.timed = phase;
            self.wait(if phase == HEAD { self.head } else { self.idle });
        }
    }

    fn wait(&mut self, time: Duration) {
        self.deadline.as_mut().reset(Instant::now() + time);
    }

    fn came(&mut self) {
        match self.timed {
            HEAD => {}
            WAITING => {
                self.phase.0.store(HEAD, Ordering::Relaxed);
                self.look();
            }
            _ => self.wait(self.idle),
        }
    }

    fn went(&mut self) {
        if self.timed != HEAD {
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
        ready!(self.deadline.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
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
