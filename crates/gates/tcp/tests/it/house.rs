//! An instance in memory with gates before an upstream that says back what it hears.

use sclera_authn::secret::Secret;
use sclera_core::change::Change;
use sclera_core::property::{Properties, Value};
use sclera_core::ssl_config::SslConfig;
use sclera_core::time::Timestamp;
use sclera_engine::admission::OsCaller;
use sclera_engine::services::Tally;
use sclera_engine::{Door, Engine, Session, World};
use sclera_predefined::{Choice, Profile};
use sclera_store::chain::Key;
use sclera_store::memory::Memory;
use sclera_tcp::{Guard, Limits, Listen, Plan, Protection, Relay, Running, Tls, Upstream, start};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

pub(crate) const ECP: &str = "%Service_ECP";
pub(crate) const SHADOW: &str = "%Service_Shadow";
pub(crate) const DIRECT: &str = "%Service_CacheDirect";

pub(crate) type InMemory = Engine<Memory, Memory>;

/// The clock of this machine, and bytes that look random and are not.
#[derive(Default)]
struct Machine(AtomicU64);

impl World for Machine {
    fn now(&self) -> Timestamp {
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        Timestamp::from_micros(since.as_micros().try_into().unwrap())
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).to_be_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}

/// Reads the files of a TLS configuration.
pub(crate) type Load = fn(&SslConfig, Option<&Secret>) -> Result<Tls, String>;

/// How a gate is to be.
pub(crate) struct Before {
    pub(crate) service: &'static str,
    pub(crate) upstream: Upstream,
    pub(crate) listen: SocketAddr,
    pub(crate) protection: Protection,
    pub(crate) load: Option<Load>,
    pub(crate) proxies: Vec<String>,
    pub(crate) limits: Limits,
}

impl Before {
    pub(crate) fn of(service: &'static str, upstream: &str) -> Self {
        Self {
            service,
            upstream: upstream.parse().unwrap(),
            listen: "127.0.0.1:0".parse().unwrap(),
            protection: Protection::default(),
            load: None,
            proxies: Vec::new(),
            limits: quick(),
        }
    }
}

/// Bounds that a test can wait for.
pub(crate) fn quick() -> Limits {
    Limits {
        head_time: Duration::from_millis(400),
        connect_time: Duration::from_millis(400),
        half_open_time: Duration::from_millis(400),
        drain_time: Duration::from_millis(600),
        stop_time: Duration::from_millis(300),
        rate: 100_000,
        per_source: 100_000,
        ..Limits::default()
    }
}

pub(crate) struct House {
    pub(crate) engine: Arc<InMemory>,
    running: Option<Running>,
}

impl House {
    /// All services are off but for those before which there is a gate.
    pub(crate) fn with(gates: Vec<Before>) -> Self {
        let engine =
            Engine::new(Memory::new(), Memory::new(), Key::new([7; 32]), Box::new(Machine::default()));
        engine.install(Choice { profile: Profile::Compatible, ..Choice::default() }, "owner").unwrap();
        let mut house = Self { engine: Arc::new(engine), running: None };
        for gate in &gates {
            house.modify(gate.service, "Enabled", true);
        }
        let plans = gates.into_iter().map(|gate| Plan {
            service: gate.service.to_owned(),
            listen: Listen::At(gate.listen),
            proxies: gate.proxies,
            limits: gate.limits,
            guard: match gate.load {
                None => Guard::of(gate.protection),
                Some(load) => Guard::new(gate.protection, load),
            },
            protocol: Arc::new(Relay { upstream: gate.upstream }) as Arc<_>,
        });
        house.running = Some(start(&house.engine, plans.collect()).unwrap());
        house
    }

    pub(crate) fn owner(&self) -> Session {
        self.engine.admit_os(&OsCaller { name: None, owns_instance: true }, Door::Library).unwrap()
    }

    pub(crate) fn submit(&self, change: Change) {
        self.engine.submit(&self.owner(), change).unwrap();
    }

    pub(crate) fn modify(&self, service: &str, property: &str, value: impl Into<Value>) {
        let properties = Properties::new().with(property, value);
        self.submit(Change::ModifyService { name: service.to_owned(), properties });
    }

    /// What is known of the gate of a service.
    fn row(&self, service: &str) -> Properties {
        let rows = self.engine.gates(&self.owner()).unwrap();
        rows.into_iter().find(|row| row.get("Service").unwrap().text() == service).unwrap()
    }

    pub(crate) fn text(&self, service: &str, column: &str) -> String {
        self.row(service).get(column).unwrap().text()
    }

    /// Waits until the gate of a service is in a state.
    pub(crate) fn wait(&self, service: &str, state: &str) {
        self.wait_for(service, "State", state);
    }

    pub(crate) fn wait_for(&self, service: &str, column: &str, value: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        while self.text(service, column) != value {
            assert!(
                Instant::now() < until,
                "{service} {column}: {} and not {value}",
                self.text(service, column)
            );
            std::thread::yield_now();
        }
    }

    /// Where the open gate of a service is.
    pub(crate) fn address(&self, service: &str) -> SocketAddr {
        self.wait(service, "open");
        self.text(service, "Address").parse().unwrap()
    }

    pub(crate) fn connect(&self, service: &str) -> TcpStream {
        reach(self.address(service))
    }

    pub(crate) fn tally(&self, service: &str) -> Tally {
        let tallies = self.engine.tallies().unwrap();
        tallies.into_iter().find(|(name, _)| name == service).map(|(_, tally)| tally).unwrap_or_default()
    }

    /// How often an error was the reason of a refusal.
    pub(crate) fn refused(&self, service: &str, code: u16) -> u64 {
        self.tally(service).refused.get(&code).copied().unwrap_or_default()
    }

    pub(crate) fn stop(&mut self) {
        self.running.take().unwrap().stop();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}

pub(crate) fn reach(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Says something and hears it again.
pub(crate) fn echoes(stream: &mut (impl Read + Write), text: &str) -> bool {
    let mut heard = vec![0; text.len()];
    let said = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    said.and_then(|()| stream.read_exact(&mut heard)).is_ok() && heard == text.as_bytes()
}

/// Nothing more comes: the other side has closed.
pub(crate) fn is_ended(stream: &mut impl Read) -> bool {
    let mut left = Vec::new();
    match stream.read_to_end(&mut left) {
        Ok(_) => left.is_empty(),
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

/// An upstream that says back what it hears, until the process ends.
pub(crate) fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::Builder::new()
                .stack_size(64 * 1024)
                .spawn(move || {
                    let (mut reads, mut writes) = (stream.try_clone().unwrap(), stream);
                    let _ = std::io::copy(&mut reads, &mut writes);
                    let _ = writes.shutdown(std::net::Shutdown::Write);
                })
                .unwrap();
        }
    });
    address
}
