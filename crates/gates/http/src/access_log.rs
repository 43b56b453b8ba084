//! The access log: a line of JSON for each request that was answered.
//!
//! It says which operation was asked, never how: no query, no header, no body, and of the path only that of the operation.
//! So no password and no token gets in, wherever somebody wrote it; nor does the name of somebody who was not admitted,
//! for people type passwords there. Who failed at what stands in the audit trail.
//!
//! Lines are written on a thread of its own. Where they come faster than they can be written, some are lost, and the log
//! says how many: it is for operating, and no request waits for it.

use crate::operation::Row;
use sclera_core::time::Timestamp;
use serde_json::json;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

/// Lines that may wait.
const WAITING: usize = 4_096;

/// Where lines go.
pub struct AccessLog {
    lines: Option<SyncSender<String>>,
    lost: Arc<AtomicU64>,
    writer: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessLog")
    }
}

impl AccessLog {
    /// A log that is written to a file, or to whatever takes lines.
    pub fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, coming) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let missed = Arc::clone(&lost);
        let writer =
            Builder::new().name("access log".to_owned()).spawn(move || write(out, &coming, &missed))?;
        Ok(Self { lines: Some(lines), lost, writer: Some(writer) })
    }

    pub(crate) fn tell(&self, answered: &Answered<'_>) {
        let line = answered.line();
        if self.lines.as_ref().is_some_and(|lines| lines.try_send(line).is_err()) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Everything that was told is written before the log is gone.
impl Drop for AccessLog {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn write(mut out: impl Write, lines: &Receiver<String>, lost: &AtomicU64) {
    let mut written = Vec::new();
    while let Ok(first) = lines.recv() {
        written.clear();
        let missed = lost.swap(0, Ordering::Relaxed);
        if missed > 0 {
            written.extend(format!("{}\n", json!({ "lost": missed })).bytes());
        }
        let mut next = Ok(first);
        let mut count = 0;
        while let Ok(line) = next {
            written.extend(line.bytes());
            count += 1;
            next = if count < WAITING { lines.try_recv() } else { Err(TryRecvError::Empty) };
        }
        // Whole lines in one call, so that what moves the file away moves whole lines.
        if out.write_all(&written).and_then(|()| out.flush()).is_err() {
            lost.fetch_add(missed + count as u64, Ordering::Relaxed);
        }
    }
}

/// What is learnt of a request while it is answered.
#[derive(Debug)]
pub(crate) struct Note {
    begun: Instant,
    row: OnceLock<&'static Row>,
    user: OnceLock<String>,
}

impl Note {
    /// That of a request that has come.
    pub(crate) const fn new(begun: Instant) -> Self {
        Self { begun, row: OnceLock::new(), user: OnceLock::new() }
    }

    pub(crate) fn is(&self, row: &'static Row) {
        let _ = self.row.set(row);
    }

    /// Who was admitted.
    pub(crate) fn by(&self, user: &str) {
        let _ = self.user.set(user.to_owned());
    }
}

/// A request that was answered.
pub(crate) struct Answered<'a> {
    pub(crate) at: Timestamp,
    pub(crate) id: &'a str,
    pub(crate) peer: IpAddr,
    pub(crate) version: axum::http::Version,
    pub(crate) note: &'a Note,
    pub(crate) status: u16,
    pub(crate) bytes: Option<u64>,
}

impl Answered<'_> {
    fn line(&self) -> String {
        let row = self.note.row.get();
        let line = json!({
            "time": self.at.to_string(),
            "id": self.id,
            "peer": self.peer.to_string(),
            "user": self.note.user.get().map(String::as_str).unwrap_or_default(),
            "method": row.map(|row| row.verb.word()).unwrap_or_default(),
            "path": row.map(|row| row.path).unwrap_or_default(),
            "protocol": format!("{:?}", self.version),
            "status": self.status,
            "bytes": self.bytes,
            "ms": u64::try_from(self.note.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        format!("{line}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, PoisonError};

    /// Takes what is written once it is let.
    #[derive(Clone, Default)]
    struct Sink {
        written: Arc<Mutex<Vec<u8>>>,
        turnstile: Arc<Mutex<()>>,
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            drop(self.turnstile.lock().unwrap_or_else(PoisonError::into_inner));
            self.written.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn tell(log: &AccessLog) {
        log.tell(&Answered {
            at: Timestamp::from_micros(0),
            id: "a\nb",
            peer: [127, 0, 0, 1].into(),
            version: axum::http::Version::HTTP_11,
            note: &Note::new(Instant::now()),
            status: 404,
            bytes: Some(7),
        });
    }

    #[test]
    fn lines_that_find_no_room_are_counted() {
        let sink = Sink::default();
        let log = AccessLog::to(sink.clone()).unwrap();
        let held = sink.turnstile.lock().unwrap();
        // The writer takes as many as it likes, and waits; as many wait then, and the rest is lost.
        let all = 3 * WAITING as u64;
        (0..all).for_each(|_| tell(&log));
        drop(held);
        // Once it writes again, it says so.
        while log.lost.load(Ordering::Relaxed) > 0 {
            tell(&log);
        }
        drop(log);
        let written = String::from_utf8(sink.written.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> =
            written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let lost: u64 = lines.iter().filter_map(|line| line["lost"].as_u64()).sum();
        let told = lines.iter().filter(|line| line["status"] == 404).count() as u64;
        assert!(lost > 0 && told + lost >= all, "{lost} lost of {all}, {told} told");
        assert_eq!(lines[0]["id"], "a\nb", "one line, whatever is in it");
    }
}
