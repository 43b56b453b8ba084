//! Passing bytes on in both directions until both sides have said their last.

use crate::upstream::Behind;
use crate::visitor::{TLS_HANDSHAKE, Visitor};
use crate::wire::Wire;
use sclera_engine::Session;
use sclera_engine::services::Gate;
use sclera_store::port::{Activity, Store};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{MissedTickBehavior, interval};

/// What moved on a connection.
#[derive(Debug)]
pub struct Flow {
    gate: Arc<Gate>,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Flow {
    pub(crate) fn new(gate: Arc<Gate>) -> Self {
        Self { gate, bytes_in: AtomicU64::new(0), bytes_out: AtomicU64::new(0) }
    }

    /// Bytes from whoever came, and bytes to them.
    pub fn moved(&self) -> (u64, u64) {
        (self.bytes_in.load(Ordering::Relaxed), self.bytes_out.load(Ordering::Relaxed))
    }

    /// Counts bytes that were passed on otherwise.
    pub fn came(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
        self.gate.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The same in the other direction.
    pub fn went(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
        self.gate.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// Why bytes are not passed on any longer.
#[derive(Debug)]
pub enum Fault {
    /// The session or the service ended.
    Cut,
    /// Nothing moved for too long.
    Idle,
    /// TLS was begun where there is none.
    TlsBegun,
    /// A side went away.
    Broken(io::Error),
}

/// Which first bytes may be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// Any.
    Any,
    /// Any but the beginning of TLS.
    NotTls,
}

impl<S: Store, A: Activity> Visitor<S, A> {
    /// Passes bytes on until both sides have said their last, or the session or the service ends.
    pub async fn pass_on(
        &mut self,
        session: Option<&Session>,
        wire: Wire,
        behind: Behind,
        first: First,
        flow: &Flow,
    ) -> Result<(), Fault> {
        match (wire, behind) {
            // The usual case does without a lock between the two directions.
            (Wire::Plain(mut wire), Behind::Tcp(mut behind)) => {
                let ((wire_reads, wire_writes), (behind_reads, behind_writes)) =
                    (wire.split(), behind.split());
                let up = pump(wire_reads, behind_writes, first, |bytes| flow.came(bytes));
                let down = pump(behind_reads, wire_writes, First::Any, |bytes| flow.went(bytes));
                self.both(session, up, down, flow).await
            }
            (wire, behind) => {
                let (wire_reads, wire_writes) = tokio::io::split(wire);
                let (behind_reads, behind_writes) = tokio::io::split(behind);
                let up = pump(wire_reads, behind_writes, first, |bytes| flow.came(bytes));
                let down = pump(behind_reads, wire_writes, First::Any, |bytes| flow.went(bytes));
                self.both(session, up, down, flow).await
            }
        }
    }

    async fn both(
        &mut self,
        session: Option<&Session>,
        up: impl Future<Output = Result<(), Fault>>,
        down: impl Future<Output = Result<(), Fault>>,
        flow: &Flow,
    ) -> Result<(), Fault> {
        let (mut up, mut down) = (pin!(up), pin!(down));
        let (mut up_ended, mut down_ended) = (false, false);
        let (idle_time, half_open_time) = (self.limits.idle_time, self.limits.half_open_time);
        let mut look = interval(pause(idle_time, half_open_time));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut moved, mut since) = (flow.moved(), Instant::now());
        while !(up_ended && down_ended) {
            tokio::select! {
                ended = &mut up, if !up_ended => { last(ended, down_ended)?; up_ended = true; }
                ended = &mut down, if !down_ended => { last(ended, up_ended)?; down_ended = true; }
                () = self.over(session) => return Err(Fault::Cut),
                _ = look.tick() => {
                    if moved != flow.moved() {
                        (moved, since) = (flow.moved(), Instant::now());
                    }
                    let patience = if up_ended || down_ended { Some(half_open_time) } else { idle_time };
                    if patience.is_some_and(|patience| since.elapsed() >= patience) {
                        return Err(Fault::Idle);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whoever has said its last may be gone altogether; that the rest cannot be delivered is no fault then.
fn last(ended: Result<(), Fault>, other_has_ended: bool) -> Result<(), Fault> {
    match ended {
        Err(Fault::Broken(_)) if other_has_ended => Ok(()),
        other => other,
    }
}

/// How often it is looked whether anything moved.
fn pause(idle_time: Option<Duration>, half_open_time: Duration) -> Duration {
    let least = idle_time.map_or(half_open_time, |idle| idle.min(half_open_time));
    (least / 4).clamp(Duration::from_millis(20), Duration::from_secs(15))
}

/// Passes on what one side says, until its last.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut first: First,
    count: impl Fn(usize),
) -> Result<(), Fault> {
    let mut buffer = vec![0; SMALL];
    loop {
        let read = from.read(&mut buffer).await.map_err(Fault::Broken)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return to.shutdown().await.map_err(Fault::Broken);
        }
        if first == First::NotTls && bytes.first() == Some(&TLS_HANDSHAKE) {
            return Err(Fault::TlsBegun);
        }
        first = First::Any;
        to.write_all(bytes).await.map_err(Fault::Broken)?;
        to.flush().await.map_err(Fault::Broken)?;
        count(read);
        // Who says much at once gets a larger buffer; most never do.
        if read == buffer.len() && read < LARGE {
            buffer.resize(2 * read, 0);
        }
    }
}

/// The bytes of a buffer at the beginning, and at most.
const SMALL: usize = 4 * 1024;
const LARGE: usize = 64 * 1024;
