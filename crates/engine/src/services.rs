//! Services while they run (`services.md` section 11): which settings they run with, restarting them, and what their gates
//! tell of themselves.
//!
//! A change to a service is pending until the service restarts. As a rule that is at once: whoever submits a change restarts
//! the services that it changes. With [`Mode::Defer`](crate::administer::Mode) they run on as they are, until
//! [`Engine::restart_service`]. What a service runs with is kept in this process and nowhere else: when the process ends,
//! every service has stopped, and the next start takes what is stored.
//!
//! A gate registers a [`Gate`] for its listener, listens to [`Engine::on_services_changed`], and asks
//! [`Engine::standing`] what it is to do. It knows nothing else of services.

use crate::engine::{Engine, Settings};
use crate::events::AuditEvent;
use crate::{Refusal, Session};
use sclera_core::change::{Entry, Kind};
use sclera_core::name::{Folded, quotable, same};
use sclera_core::policy::Policy;
use sclera_core::property::{Properties, show};
use sclera_core::service::Service;
use sclera_core::ssl_config::SslConfig;
use sclera_core::status::{Code, Status};
use sclera_core::superserver::TlsLevel;
use sclera_core::time::Timestamp;
use sclera_store::port::{Activity, Store, Stored};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What all services of this process are doing.
#[derive(Default)]
pub(crate) struct Services {
    /// The services that do not run with what is stored, by number, as they run.
    held: Mutex<BTreeMap<u32, Service>>,
    /// How often each was restarted with its connections ended, by its name.
    cuts: Mutex<BTreeMap<Folded, u64>>,
    /// How often each was restarted at all.
    restarts: Mutex<BTreeMap<Folded, u64>>,
    tallies: Mutex<BTreeMap<Folded, Tally>>,
    gates: Mutex<Vec<Arc<Gate>>>,
    bells: Mutex<Vec<Bell>>,
}

type Bell = Box<dyn Fn() + Send + Sync>;

/// How often a service was asked, and what it said. Only services that exist are counted, and codes are those of refusals,
/// so that their number is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many were let in.
    pub admitted: u64,
    /// How many were not, by the number of the error.
    pub refused: BTreeMap<u16, u64>,
    /// The last refusal.
    pub last_refusal: Option<LastRefusal>,
}

/// The last refusal of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRefusal {
    /// When.
    pub at: Timestamp,
    /// The number of the error.
    pub code: u16,
    /// Where it came from.
    pub peer: Option<IpAddr>,
}

/// What a service is to do, as a gate asks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// It takes connections.
    pub is_on: bool,
    /// It is a basic service: machines come, and nobody logs in.
    pub is_basic: bool,
    /// Grows when its connections are to end.
    pub cuts: u64,
    /// Grows when it is restarted.
    pub restarts: u64,
    /// What the superserver at the place of the gate lays down; none where there is no superserver.
    pub terms: Option<Terms>,
}

/// What a superserver lays down for the connections at its place (`services.md` section 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Its name.
    pub superserver: String,
    /// Which connections are protected.
    pub level: TlsLevel,
    /// What protects them.
    pub material: Material,
}

/// Certificates and keys for the connections at a superserver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Material {
    /// Those of the gate: the superserver names no configuration.
    OfTheGate,
    /// Those of a TLS configuration.
    Config(Box<SslConfig>),
    /// None, and why: the configuration that it names cannot be used.
    Unusable(String),
}

impl Terms {
    pub(crate) fn at(place: Option<SocketAddr>, policy: &Policy) -> Option<Self> {
        let server = place.and_then(|place| policy.superservers.at(place))?;
        let (superserver, level) = (server.name.to_string(), server.tls_level());
        Some(Self { superserver, level, material: Material::of(&server.ssl_config, policy) })
    }
}

impl Material {
    fn of(name: &str, policy: &Policy) -> Self {
        let unusable = |why: &str| Self::Unusable(format!("TLS configuration {}: {why}", quotable(name)));
        match policy.ssl_configs.named(name) {
            None if name.is_empty() => Self::OfTheGate,
            None => unusable("it does not exist"),
            Some(config) if !config.enabled => unusable("it is not enabled"),
            Some(config) if !config.server => unusable("it is one for clients"),
            Some(config) => Self::Config(Box::new(config.clone())),
        }
    }
}

/// A listener of a service, as it stands; the gate writes and whoever asks for the state reads.
#[derive(Debug)]
pub struct Gate {
    /// The service.
    pub service: String,
    /// What it is, such as `tcp`.
    pub kind: &'static str,
    /// Where it leads to; empty where it leads nowhere.
    pub upstream: String,
    /// Connections that are open.
    pub open: AtomicU64,
    /// Connections that were taken.
    pub taken: AtomicU64,
    /// Connections that ended because of limits, time, or what was behind the gate.
    pub failed: AtomicU64,
    /// Bytes from those who came.
    pub bytes_in: AtomicU64,
    /// Bytes to them.
    pub bytes_out: AtomicU64,
    state: Mutex<(GateState, String)>,
    guard: Mutex<Guarding>,
}

/// How the connections of a gate are protected, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guarding {
    /// The superserver at its place; empty where there is none.
    pub superserver: String,
    /// Which connections are protected: `none`, `accept` or `require`, and why nothing protects them where nothing does.
    pub tls: String,
}

/// How a listener stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateState {
    /// It takes connections.
    Open,
    /// The service is off.
    Closed,
    /// The service is off, and connections still end.
    Draining,
    /// It cannot listen.
    Failed(String),
}

impl GateState {
    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Draining => "draining",
            Self::Failed(_) => "failed",
        }
    }
}

impl Gate {
    /// A listener that is closed.
    pub fn new(service: &str, kind: &'static str, address: String, upstream: String) -> Self {
        Self {
            service: service.to_owned(),
            kind,
            upstream,
            open: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            state: Mutex::new((GateState::Closed, address)),
            guard: Mutex::default(),
        }
    }

    /// Says how it stands.
    pub fn is(&self, state: GateState) {
        lock(&self.state).0 = state;
    }

    /// Says that it listens, and where.
    pub fn is_open_at(&self, address: String) {
        *lock(&self.state) = (GateState::Open, address);
    }

    /// Says how its connections are protected.
    pub fn is_guarded(&self, guarding: Guarding) {
        *lock(&self.guard) = guarding;
    }

    /// How it stands, and the address.
    pub fn state(&self) -> (GateState, String) {
        lock(&self.state).clone()
    }

    fn row(&self, tally: &Tally) -> Properties {
        let (state, address) = self.state();
        let Guarding { superserver, tls } = lock(&self.guard).clone();
        let count = |number: &AtomicU64| i64::try_from(number.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        let why = match &state {
            GateState::Failed(why) => format!("{}: {why}", state.word()),
            state => state.word().to_owned(),
        };
        Properties::new()
            .with("Service", self.service.as_str())
            .with("Kind", self.kind)
            .with("State", why.as_str())
            .with("Address", address.as_str())
            .with("Upstream", self.upstream.as_str())
            .with("Superserver", superserver.as_str())
            .with("TLS", tls.as_str())
            .with("Connections", count(&self.open))
            .with("Taken", count(&self.taken))
            .with("Failed", count(&self.failed))
            .with("BytesIn", count(&self.bytes_in))
            .with("BytesOut", count(&self.bytes_out))
            .with("LastRefusal", tally.last().as_str())
    }
}

impl Tally {
    /// How many were not let in.
    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    /// The last refusal in words; empty where there was none.
    fn last(&self) -> String {
        let Some(LastRefusal { at, code, peer }) = &self.last_refusal else { return String::new() };
        let from = peer.map(|peer| format!(" from {peer}")).unwrap_or_default();
        format!("{at} #{code}{from}")
    }
}

impl Services {
    /// Counts somebody who was let in.
    pub(crate) fn admitted(&self, service: &str) {
        lock(&self.tallies).entry(Folded::of(service)).or_default().admitted += 1;
    }

    /// Counts somebody who was not.
    pub(crate) fn refused(&self, service: &str, at: Timestamp, code: Code, peer: Option<IpAddr>) {
        let mut tallies = lock(&self.tallies);
        let tally = tallies.entry(Folded::of(service)).or_default();
        *tally.refused.entry(code.number()).or_default() += 1;
        tally.last_refusal = Some(LastRefusal { at, code: code.number(), peer });
    }

    fn tally(&self, service: &str) -> Tally {
        lock(&self.tallies).get(&Folded::of(service)).cloned().unwrap_or_default()
    }

    /// Keeps services running as they are, over a change that is about to be made.
    pub(crate) fn hold(&self, services: impl IntoIterator<Item = Service>) {
        let mut held = lock(&self.held);
        for service in services {
            held.entry(service.id.0).or_insert(service);
        }
    }

    /// Has services run with what is stored. Says whether there was anything to be done.
    pub(crate) fn release(&self, which: impl Fn(&Service) -> bool) -> bool {
        let mut held = lock(&self.held);
        let before = held.len();
        held.retain(|_, service| !which(service));
        held.len() < before
    }

    fn cuts(&self, service: &str) -> u64 {
        lock(&self.cuts).get(&Folded::of(service)).copied().unwrap_or_default()
    }

    fn restarts(&self, service: &str) -> u64 {
        lock(&self.restarts).get(&Folded::of(service)).copied().unwrap_or_default()
    }

    /// Tells the gates that something may be otherwise.
    pub(crate) fn ring(&self) {
        for bell in lock(&self.bells).iter() {
            bell();
        }
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The settings that services run with: those stored, but for what is pending.
    pub(crate) fn running(&self) -> Stored<Arc<Settings>> {
        Ok(self.with_held(self.settings()?))
    }

    fn with_held(&self, stored: Arc<Settings>) -> Arc<Settings> {
        let held = lock(&self.services.held);
        if held.is_empty() {
            return stored;
        }
        let mut policy = stored.policy.clone();
        for service in held.values().filter(|held| stored.policy.services.get(held.id.0).is_some()) {
            policy.services.put(service.clone());
        }
        Arc::new(Settings { revision: stored.revision, policy })
    }

    /// What a service is to do, at a gate that listens at a place.
    pub fn standing(&self, service: &str, place: Option<SocketAddr>) -> Result<Standing, Refusal> {
        let settings = self.running()?;
        let found = settings.policy.services.named(service);
        let found = found.ok_or_else(|| Status::new(Code::ServiceDoesNotExist, [service]))?;
        let superserver = place.and_then(|place| settings.policy.superservers.at(place));
        let is_on = sclera_authn::admission::is_on(found, self.emergency.is_some())
            && superserver.is_none_or(|superserver| superserver.enabled);
        let terms = Terms::at(place, &settings.policy);
        let (cuts, restarts) = (self.services.cuts(service), self.services.restarts(service));
        Ok(Standing { is_on, is_basic: found.is_basic(), cuts, restarts, terms })
    }

    /// Calls a function whenever a service may have to do something else than before: open, close, end connections. It
    /// must return at once and must not ask the engine.
    pub fn on_services_changed(&self, bell: impl Fn() + Send + Sync + 'static) {
        lock(&self.services.bells).push(Box::new(bell));
    }

    /// Makes a listener known to whoever asks for the state.
    pub fn register_gate(&self, gate: Arc<Gate>) {
        lock(&self.services.gates).push(gate);
    }

    /// Restarts a service: every new connection is judged by what is stored. With `now`, those of before end: sessions are
    /// refused from then on, and gates end connections.
    pub fn restart_service(&self, session: &Session, name: &str, now: bool) -> Result<Restarted, Refusal> {
        self.require_secure(session, "restart of a service")?;
        let settings = self.settings()?;
        let missing = || Refusal::from(Status::new(Code::ServiceDoesNotExist, [name]));
        let service = settings.policy.services.named(name).ok_or_else(missing);
        let service = self.told(session, &format!("Restart service {}", quotable(name)), service)?;
        let what = format!("restart of {}{}", service.name, if now { ", connections end" } else { "" });
        self.emit_of(session, &AuditEvent::ConfigurationChange { what: &what })?;
        let applied = self.services.release(|held| held.id == service.id);
        *lock(&self.services.restarts).entry(Folded::of(service.name.as_str())).or_default() += 1;
        let mut ended = 0;
        if now {
            let own = session.about().id.as_str();
            let meant = |about: &crate::sessions::RunningSession| {
                same(&about.service, service.name.as_str()) && about.id != own
            };
            let gone = self.sessions.end(meant);
            for id in &gone {
                // One that tokens carry must not come back in another process.
                self.forget_running(id)?;
            }
            ended = gone.len();
            *lock(&self.services.cuts).entry(Folded::of(service.name.as_str())).or_default() += 1;
        }
        if ended > 0 {
            let cause =
                format!("{ended} sessions ended by the restart of {} by {}", service.name, session.user());
            self.emit_of(session, &AuditEvent::Terminate { service: service.name.as_str(), cause: &cause })?;
        }
        self.services.ring();
        Ok(Restarted { name: service.name.to_string(), applied, ended })
    }

    /// The services for which something is pending, with the names of the properties.
    pub fn pending(&self) -> Result<Vec<(String, String)>, Refusal> {
        let settings = self.settings()?;
        let policy = &settings.policy;
        let all = policy
            .services
            .iter()
            .map(|service| (service.name.to_string(), self.pending_of(service, policy)));
        Ok(all.filter(|(_, pending)| !pending.is_empty()).collect())
    }

    /// The properties of a service that are stored and not yet in force, as a comma list.
    pub(crate) fn pending_of(&self, stored: &Service, policy: &Policy) -> String {
        let held = lock(&self.services.held);
        let Some(running) = held.get(&stored.id.0) else { return String::new() };
        let (running, stored) = (show(running, policy), show(stored, policy));
        let differing = stored.iter().filter(|(name, value)| running.get(name) != Some(value));
        differing.map(|(name, _)| name).collect::<Vec<_>>().join(",")
    }

    /// The listeners of this process, and how they stand: for administrators. Others are told of none.
    pub fn gates(&self, session: &Session) -> Result<Vec<Properties>, Refusal> {
        session.alive(self.world.now())?;
        if !self.holds_secure(session)? {
            return Ok(Vec::new());
        }
        let gates = lock(&self.services.gates).clone();
        Ok(gates.iter().map(|gate| gate.row(&self.services.tally(&gate.service))).collect())
    }

    /// The same as numbers, for metrics.
    pub fn gates_counted(&self) -> Vec<Arc<Gate>> {
        lock(&self.services.gates).clone()
    }

    /// How often each service was asked since this process opened the instance. Services that nobody asked are not among
    /// them, nor are names that no service has.
    pub fn tallies(&self) -> Result<Vec<(String, Tally)>, Refusal> {
        let settings = self.settings()?;
        let named = settings.policy.services.iter().map(|service| service.name.to_string());
        let with = named.map(|name| (self.services.tally(&name), name)).map(|(tally, name)| (name, tally));
        Ok(with.filter(|(_, tally)| *tally != Tally::default()).collect())
    }

    /// What follows from a committed change of services: they restart, unless that was put off.
    pub(crate) fn apply_to_services(&self, changed: &[u32], is_deferred: bool) {
        if changed.is_empty() {
            return;
        }
        if !is_deferred {
            self.services.release(|held| changed.contains(&held.id.0));
        }
    }

    /// The services among these as they run, before a change of them is committed.
    pub(crate) fn hold_services(&self, changed: &[u32], stored: Arc<Settings>) {
        let running = self.with_held(stored);
        let services = changed.iter().filter_map(|id| running.policy.services.get(*id).cloned());
        self.services.hold(services);
    }
}

/// Whether gates may have to do something else after a change.
pub(crate) fn concerns_gates(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| matches!(entry.kind, Kind::Service | Kind::Superserver | Kind::SslConfig))
}

/// The services among the objects that changed.
pub(crate) fn services_among(entries: &[Entry]) -> Vec<u32> {
    let services = entries.iter().filter(|entry| entry.kind == Kind::Service);
    services.filter_map(|entry| u32::try_from(entry.number).ok()).collect()
}

/// What a restart came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restarted {
    /// The service.
    pub name: String,
    /// Something was pending.
    pub applied: bool,
    /// How many sessions ended.
    pub ended: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
