//! Who keeps a gate: opens it when its service is on, closes it when it is not, and lets connections end.

use crate::guard::{Guard, Known, Shield};
use crate::limits::{Limits, Place, Sources};
use crate::port::{Listen, Port, STUMBLE};
use crate::proxy::{self, Header};
use crate::tls::Protection;
use crate::upstream::keep_alive;
use crate::visitor::{Ended, Life, Orders, Protocol, Visitor, ask};
use sclera_authn::admission::Attempt;
use sclera_core::address::{Addresses, Resolver};
use sclera_engine::Engine;
use sclera_engine::gate::{Caller, Knocked};
use sclera_engine::services::{Gate, GateState, Standing, Terms};
use sclera_store::port::{Activity, Store};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// A gate that is to be kept.
pub struct Plan<S, A> {
    /// The service.
    pub service: String,
    /// Where it listens.
    pub listen: Listen,
    /// The proxies whose word about addresses is believed, in the grammar of `ClientSystems`; they must give it.
    pub proxies: Vec<String>,
    /// The bounds.
    pub limits: Limits,
    /// How connections are protected.
    pub guard: Guard,
    /// What is spoken.
    pub protocol: Arc<dyn Protocol<S, A>>,
}

/// Gates that are kept, on threads of their own.
pub struct Running {
    runtime: Runtime,
    stop: watch::Sender<bool>,
    keepers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Closes all gates, and waits until connections have ended, within the time for that.
    pub fn stop(self) {
        let _ = self.stop.send(true);
        for keeper in self.keepers {
            let _ = self.runtime.block_on(keeper);
        }
        self.runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

/// Keeps gates: each opens when its service is on and closes when it is not, whatever the others do.
pub fn start<S: Store, A: Activity>(
    engine: &Arc<Engine<S, A>>,
    plans: Vec<Plan<S, A>>,
) -> io::Result<Running> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(QUESTIONS)
        .thread_name("gates")
        .enable_all()
        .build()?;
    let (bell, rings) = watch::channel(0_u64);
    engine.on_services_changed(move || bell.send_modify(|rings| *rings += 1));
    let (stop, stopping) = watch::channel(false);
    let within = runtime.enter();
    let keepers = plans.into_iter().map(|plan| Keeper::new(Arc::clone(engine), plan));
    let keepers = keepers.collect::<io::Result<Vec<_>>>()?;
    drop(within);
    let keep = |keeper: Keeper<S, A>| runtime.spawn(keeper.keep(rings.clone(), stopping.clone()));
    let keepers = keepers.into_iter().map(keep).collect();
    Ok(Running { runtime, stop, keepers })
}

struct Keeper<S, A> {
    engine: Arc<Engine<S, A>>,
    protocol: Arc<dyn Protocol<S, A>>,
    service: Arc<str>,
    /// Where it listens.
    place: SocketAddr,
    limits: Limits,
    shield: Shield<S, A>,
    gate: Arc<Gate>,
    sources: Sources,
    /// The proxies whose word is believed; none where there are none.
    trusted: Option<Arc<Addresses>>,
    orders: watch::Sender<Orders>,
    port: Port,
    connections: JoinSet<()>,
    /// How often the service had been restarted with its connections ended.
    cuts: Option<u64>,
    /// When the connections of a basic service that is off are ended.
    drained_at: Option<Instant>,
}

impl<S: Store, A: Activity> Keeper<S, A> {
    fn new(engine: Arc<Engine<S, A>>, plan: Plan<S, A>) -> io::Result<Self> {
        let Plan { service, listen, proxies, limits, guard, protocol } = plan;
        let place = listen.address()?;
        let gate = Arc::new(Gate::new(&service, protocol.kind(), place.to_string(), protocol.upstream()));
        engine.register_gate(Arc::clone(&gate));
        Ok(Self {
            service: Arc::from(service),
            sources: Sources::new(&limits),
            trusted: (!proxies.is_empty()).then(|| Arc::new(Addresses::of(&proxies))),
            orders: watch::Sender::new(Orders::default()),
            port: Port::new(listen)?,
            connections: JoinSet::new(),
            cuts: None,
            drained_at: None,
            shield: Shield::new(Arc::clone(&engine), guard, Arc::clone(&gate)),
            place,
            engine,
            protocol,
            limits,
            gate,
        })
    }

    async fn keep(mut self, mut rings: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let has_room = self.connections.len() < self.limits.connections;
            tokio::select! {
                _ = stop.changed() => break,
                Some(_) = self.connections.join_next() => {}
                changed = rings.changed() => {
                    self.look().await;
                    self.orders.send_modify(|orders| orders.rings += 1);
                    if changed.is_err() {
                        break;
                    }
                }
                _ = look.tick() => self.look().await,
                taken = self.port.next(), if has_room || !self.port.is_open() => self.welcome(taken).await,
            }
        }
        self.port.leave();
        self.gate.is(GateState::Draining);
        let finished = async { while self.connections.join_next().await.is_some() {} };
        if timeout(self.limits.stop_time, finished).await.is_err() {
            self.cut();
            let last = async { while self.connections.join_next().await.is_some() {} };
            let _ = timeout(LAST_WORDS, last).await;
        }
        self.connections.shutdown().await;
        self.gate.is(GateState::Closed);
    }

    /// Sees what the service is to do, and does it. What cannot be asked leaves everything as it is.
    async fn look(&mut self) {
        let (service, place) = (Arc::clone(&self.service), Some(self.place));
        let Ok(Ok(standing)) = ask(&self.engine, move |engine| engine.standing(&service, place)).await else {
            return;
        };
        if self.cuts.is_some_and(|cuts| standing.cuts > cuts) {
            self.cut();
        }
        self.cuts = Some(standing.cuts);
        self.shield.look(&standing).await;
        if standing.is_on { self.open() } else { self.close(&standing) }
    }

    fn open(&mut self) {
        self.drained_at = None;
        match self.port.open() {
            Ok(Some(address)) => self.gate.is_open_at(address.to_string()),
            Ok(None) => {}
            Err(error) => self.gate.is(GateState::Failed(error.to_string())),
        }
    }

    fn close(&mut self, standing: &Standing) {
        let was_open = self.port.shut();
        if was_open && standing.is_basic {
            self.drained_at = Some(Instant::now() + self.limits.drain_time);
        }
        if self.drained_at.is_some_and(|at| Instant::now() >= at) {
            self.drained_at = None;
            self.cut();
        }
        let is_empty = self.connections.is_empty();
        self.gate.is(if is_empty { GateState::Closed } else { GateState::Draining });
    }

    /// Ends all connections.
    fn cut(&self) {
        self.orders.send_modify(|orders| orders.cuts += 1);
    }

    async fn welcome(&mut self, taken: io::Result<(TcpStream, SocketAddr)>) {
        let Ok((stream, address)) = taken else {
            // Out of descriptors, or gone again: the next one may do better, and a loop must not spin.
            return sleep(STUMBLE).await;
        };
        self.gate.taken.fetch_add(1, Ordering::Relaxed);
        let peer = address.ip().to_canonical();
        let Some(place) = self.sources.enter(peer, Instant::now()) else {
            self.gate.failed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        keep_alive(&stream);
        let arrival = Arrival {
            engine: Arc::clone(&self.engine),
            protocol: Arc::clone(&self.protocol),
            service: Arc::clone(&self.service),
            gate: Arc::clone(&self.gate),
            trusted: self.trusted.clone(),
            place: self.place,
            shield: self.shield.seen(),
            limits: self.limits,
            cuts: self.orders.borrow().cuts,
            orders: self.orders.subscribe(),
        };
        self.connections.spawn(arrival.served(stream, peer, place));
    }
}

/// A connection that was taken.
struct Arrival<S, A> {
    engine: Arc<Engine<S, A>>,
    protocol: Arc<dyn Protocol<S, A>>,
    service: Arc<str>,
    gate: Arc<Gate>,
    /// The proxies whose word is believed; none where there are none.
    trusted: Option<Arc<Addresses>>,
    place: SocketAddr,
    shield: watch::Receiver<Option<Known>>,
    limits: Limits,
    cuts: u64,
    orders: watch::Receiver<Orders>,
}

impl<S: Store, A: Activity> Arrival<S, A> {
    async fn served(self, stream: TcpStream, peer: IpAddr, place: Place) {
        let _open = Open::new(Arc::clone(&self.gate));
        let gate = Arc::clone(&self.gate);
        if let Err(Ended::Peer(_) | Ended::Upstream(_) | Ended::Failed(_)) = self.serve(stream, peer).await {
            gate.failed.fetch_add(1, Ordering::Relaxed);
        }
        drop(place);
    }

    async fn serve(mut self, mut stream: TcpStream, peer: IpAddr) -> Result<(), Ended> {
        let peer = self.behind_proxy(&mut stream, peer).await?;
        let door = self.protocol.door();
        let (from, place) = (Some(peer), Some(self.place));
        let attempt = Attempt { peer: from, place, ..Attempt::at(&self.service) };
        let caller = Caller { door, os_user: None };
        let knocked = ask(&self.engine, move |engine| engine.knock(attempt, caller)).await?;
        let Knocked { connected, terms } = knocked.map_err(|_| Ended::Refused)?;
        let protection = self.protection(terms.as_ref()).await?;
        let protocol = Arc::clone(&self.protocol);
        self.orders.mark_unchanged();
        let visitor = Visitor {
            engine: self.engine,
            service: self.service,
            peer,
            place: self.place,
            connected,
            protection,
            limits: self.limits,
            door,
            gate: self.gate,
            life: Life { orders: self.orders, cuts: self.cuts },
        };
        protocol.serve(visitor, stream).await
    }

    /// What protects under the terms by which whoever knocked was judged: a change of these may not be seen here yet.
    async fn protection(&mut self, terms: Option<&Terms>) -> Result<Protection, Ended> {
        let fits = |known: &Option<Known>| known.as_ref().is_some_and(|known| known.is_under(terms));
        match timeout(self.limits.head_time, self.shield.wait_for(fits)).await {
            Ok(Ok(known)) => Ok(known.as_ref().map(|known| known.protection.clone()).unwrap_or_default()),
            _ => Err(Ended::Failed("what protects connections is not there yet".to_owned())),
        }
    }

    /// The address of whoever came: what a trusted proxy says, else that of the socket.
    async fn behind_proxy(&self, stream: &mut TcpStream, peer: IpAddr) -> Result<IpAddr, Ended> {
        let trusted =
            self.trusted.as_ref().is_some_and(|trusted| trusted.find(peer, &Resolver::nothing()).is_some());
        if !trusted {
            return Ok(peer);
        }
        let said = timeout(self.limits.head_time, proxy::read(stream)).await;
        match said {
            Ok(Ok(Header::Of(behind))) => Ok(behind),
            Ok(Ok(Header::Local)) => Ok(peer),
            Ok(Err(proxy::NotProxy)) => Err(Ended::Peer(io::ErrorKind::InvalidData.into())),
            Err(_) => Err(Ended::Peer(io::ErrorKind::TimedOut.into())),
        }
    }
}

/// Counts a connection as open while it lives.
struct Open(Arc<Gate>);

impl Open {
    fn new(gate: Arc<Gate>) -> Self {
        gate.open.fetch_add(1, Ordering::Relaxed);
        Self(gate)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How often it is seen what services are to do, beside being told: another process may have changed them.
const LOOK: Duration = Duration::from_secs(1);
/// How long a connection that was cut has for writing that down.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Threads on which the engine is asked.
const QUESTIONS: usize = 64;
