//! The server: what all connections share, and its life.

use crate::access::Access;
use crate::access_log::AccessLog;
use crate::forwarded::Trusted;
use crate::listener;
use crate::named_files::NamedFiles;
use crate::reject::Reject;
use crate::routes::Routes;
use crate::tasks::Tasks;
use crate::throttle::Throttle;
use crate::tls::Tls;
use hmac::{Hmac, KeyInit, Mac};
use sclera_engine::Engine;
use sclera_store::port::{Activity, Store};
use sha2::Sha256;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// How much of everything there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; more wait in the queue of the socket.
    pub connections: usize,
    /// Requests at once, of all connections; more wait. A connection of HTTP/1.1 has one at a time.
    pub requests: usize,
    /// Requests at once on one connection of HTTP/2.
    pub streams: u32,
    /// The bytes of the head of a request: its line and all headers.
    pub head_bytes: usize,
    /// The bytes of the body of a request.
    pub body_bytes: usize,
    /// How long the TLS handshake may take, and how long the head of a request once it has begun.
    pub head_time: Duration,
    /// How long a request may take, its body and its answer included.
    pub request_time: Duration,
    /// How long a connection may stay open on which nothing moves.
    pub idle_time: Duration,
    /// How long requests at work may still take when the server stops.
    pub drain_time: Duration,
    /// How long a sign-in is remembered, as long as nothing changes.
    pub sign_in_time: Duration,
    /// How many sign-ins are remembered.
    pub sign_ins: usize,
    /// How many sign-ins are judged at once. Hashing has a bound of its own in the engine; the rest of these may wait for
    /// servers outside without anybody else waiting behind them.
    pub comparisons: usize,
    /// How many more may wait for that.
    pub waiting: usize,
    /// How many sign-ins and refreshes one address may make at once.
    pub sign_ins_at_once: u32,
    /// How many more it may make each second.
    pub sign_ins_a_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            connections: 1_024,
            requests: 1_024,
            streams: 32,
            head_bytes: 16 * 1024,
            body_bytes: 1024 * 1024,
            head_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(60),
            drain_time: Duration::from_secs(10),
            sign_in_time: Duration::from_secs(60),
            sign_ins: 4_096,
            comparisons: 2 * cores + WAITING_OUTSIDE,
            waiting: 64,
            sign_ins_at_once: 600,
            sign_ins_a_second: 20,
        }
    }
}

/// What is told of the site that a server stands in.
#[derive(Debug, Clone)]
pub struct Place {
    /// The name of the machine; tokens and records name it.
    pub host: String,
    /// A path below which the whole tree answers as well, such as `/iris`; empty for none.
    pub prefix: String,
    /// The proxies whose word about the request behind them is believed, in the grammar of `ClientSystems`.
    pub trusted: Vec<String>,
    /// Where requests are told of; none where they are not.
    pub log: Option<Arc<AccessLog>>,
    /// The directory below which files lie that bodies may name, such as certificates; none where they may name none.
    pub files: Option<PathBuf>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            prefix: String::new(),
            trusted: Vec::new(),
            log: None,
            files: None,
        }
    }
}

/// The same, and what follows from it.
pub(crate) struct Site {
    /// Who issues tokens where the settings do not say: machine and instance.
    pub(crate) issuer: String,
    /// A path below which the whole tree answers as well.
    pub(crate) prefix: String,
    /// The proxies that are believed.
    pub(crate) trusted: Trusted,
    /// Where requests are told of.
    pub(crate) log: Option<Arc<AccessLog>>,
    /// The files that bodies may name.
    pub(crate) files: NamedFiles,
    /// Since when the server is up.
    pub(crate) begun: Instant,
}

/// What all connections share.
pub struct Server<S: 'static, A: 'static> {
    pub(crate) engine: Arc<Engine<S, A>>,
    pub(crate) limits: Limits,
    pub(crate) access: Access,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) site: Arc<Site>,
    pub(crate) routes: Routes<S, A>,
    pub(crate) throttle: Throttle,
    /// One for each request at work.
    pub(crate) room: Semaphore,
    ids: RequestIds,
}

impl<S: Store, A: Activity> Server<S, A> {
    /// A server for an engine.
    pub fn new(engine: Arc<Engine<S, A>>, limits: Limits) -> io::Result<Arc<Self>> {
        Self::at(engine, limits, Place::default())
    }

    /// The same at a place.
    pub fn at(engine: Arc<Engine<S, A>>, limits: Limits, place: Place) -> io::Result<Arc<Self>> {
        let access = Access::new(&limits, random_key()?);
        let clock = Arc::clone(&engine);
        let instance = engine.instance().map(|instance| instance.id).map_err(io::Error::other)?;
        let Place { host, prefix, trusted, log, files } = place;
        let trusted = Trusted::of(&trusted);
        let prefix = prefix.trim_end_matches('/').to_owned();
        let (issuer, begun) = (format!("{host}/{instance}"), Instant::now());
        let site = Site { issuer, prefix, trusted, log, files: NamedFiles::below(files), begun };
        Ok(Arc::new(Self {
            engine,
            access,
            tasks: Arc::new(Tasks::new(Box::new(move || clock.now()))),
            site: Arc::new(site),
            routes: Routes::new(),
            room: Semaphore::new(limits.requests),
            throttle: Throttle::new(limits.sign_ins_at_once, limits.sign_ins_a_second),
            limits,
            ids: RequestIds::default(),
        }))
    }

    /// Answers connections until `stop` is done; then requests at work are finished, within the limit for that.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        tls: Option<Tls>,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        listener::serve(self, listener, tls, stop).await;
        Ok(())
    }

    /// The same on threads of its own.
    pub fn start(self: Arc<Self>, listener: TcpListener, tls: Option<Tls>) -> io::Result<Running> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            // Comparisons of passwords never take all of them.
            .max_blocking_threads(self.limits.comparisons + QUESTIONS)
            .thread_name("http")
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = self.serve(listener, tls, async {
            // Told, or forgotten by whoever could tell: either way nobody wants it any longer.
            let _ = stopped.await;
        });
        let serving = runtime.spawn(serving);
        Ok(Running { runtime, serving, stop })
    }

    /// How many sign-ins the engine was asked about; those remembered are not among them.
    pub fn sign_ins_judged(&self) -> u64 {
        self.access.judged()
    }

    /// Asks the engine, on a thread that may wait for files and locks.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Arc<Engine<S, A>>) -> Result<T, Reject> + Send + 'static,
    ) -> Result<T, Reject> {
        let engine = Arc::clone(&self.engine);
        let asked = tokio::task::spawn_blocking(move || question(&engine));
        asked.await.unwrap_or_else(|_| Err(Reject::internal()))
    }

    /// A name for a request, which no other has.
    pub(crate) fn request_id(&self) -> String {
        self.ids.next()
    }
}

/// A server at work on threads of its own.
pub struct Running {
    runtime: Runtime,
    serving: JoinHandle<io::Result<()>>,
    stop: oneshot::Sender<()>,
}

impl Running {
    /// Stops it, and waits until requests at work are finished.
    pub fn stop(self) -> io::Result<()> {
        let _ = self.stop.send(());
        let served = self.runtime.block_on(self.serving);
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        served.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

/// Names of requests: they tell apart and tell nothing, not even how many there were. Nobody is let in by one, so that
/// the keyed hash of the standard library will do.
#[derive(Default)]
struct RequestIds {
    key: RandomState,
    next: AtomicU64,
}

impl RequestIds {
    fn next(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        sclera_core::hex::hex(&self.key.hash_one(number).to_be_bytes())
    }
}

/// A keyed digest over parts, each of which keeps its bounds.
pub(crate) fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of 32 bytes");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn random_key() -> io::Result<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut_slice()).map_err(io::Error::other)?;
    Ok(key)
}

/// Sign-ins that may wait for servers outside, beyond those whose passwords are hashed.
const WAITING_OUTSIDE: usize = 24;
/// Threads for questions to the engine, beside those for passwords.
const QUESTIONS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_requests_differ_and_are_short() {
        let ids = RequestIds::default();
        let (one, other) = (ids.next(), ids.next());
        assert_ne!(one, other);
        assert!(one.len() == 16 && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
    }

    #[test]
    fn a_digest_keeps_its_parts_apart() {
        let of = |parts: &[&[u8]]| digest(&[1; 32], parts);
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b"ab"]), digest(&[2; 32], &[b"ab"]));
        assert_eq!(of(&[b"ab", b"c"]), of(&[b"ab", b"c"]));
    }
}
