//! Whoever comes through a gate, and what a protocol can do for it.

use crate::limits::Limits;
use crate::pump::Flow;
use crate::tls::{Protection, Tls};
use crate::wire::Wire;
use sclera_authn::admission::{Attempt, Connected, Reply, Transport};
use sclera_core::superserver::TlsLevel;
use sclera_engine::events::{AuditEvent, Origin};
use sclera_engine::gate::{Caller, Pending, Progress};
use sclera_engine::services::Gate;
use sclera_engine::{Door, Engine, Refusal, Session};
use sclera_store::port::{Activity, Store};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// What is spoken at a gate.
pub trait Protocol<S, A>: Send + Sync + 'static {
    /// The word for it.
    fn kind(&self) -> &'static str;

    /// What stands behind it, for people.
    fn upstream(&self) -> String;

    /// The door that stands in records.
    fn door(&self) -> Door;

    /// Serves a connection until it ends. Whoever came has knocked, and no more.
    fn serve(self: Arc<Self>, visitor: Visitor<S, A>, stream: TcpStream) -> Served;
}

/// A connection at work.
pub type Served = Pin<Box<dyn Future<Output = Result<(), Ended>> + Send>>;

/// Why a connection did not come to its own end.
#[derive(Debug)]
pub enum Ended {
    /// It was refused; why is written down.
    Refused,
    /// It was ended: the session, the service, or the server.
    Cut,
    /// The peer took too long, went away, or broke the protocol.
    Peer(io::Error),
    /// What is behind the gate could not be reached, or went away.
    Upstream(io::Error),
    /// A fault of ours, or of the store.
    Failed(String),
}

/// What gates tell connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Orders {
    /// Grows when all connections are to end.
    pub(crate) cuts: u64,
    /// Grows when sessions may have ended.
    pub(crate) rings: u64,
}

/// Whoever came, as far as it is known.
pub struct Visitor<S, A> {
    /// Who is asked whether it may pass.
    pub engine: Arc<Engine<S, A>>,
    /// The service.
    pub service: Arc<str>,
    /// The address: of the socket, or what a trusted proxy says.
    pub peer: IpAddr,
    pub(crate) place: SocketAddr,
    /// How its connection is to be protected.
    pub protection: Protection,
    /// What knocking came to.
    pub connected: Connected,
    /// The bounds of the gate.
    pub limits: Limits,
    pub(crate) door: Door,
    pub(crate) gate: Arc<Gate>,
    pub(crate) life: Life,
}

/// How long a connection may go on.
#[derive(Debug, Clone)]
pub struct Life {
    pub(crate) orders: watch::Receiver<Orders>,
    pub(crate) cuts: u64,
}

impl Life {
    /// Comes back when the connection is to end: it was cut, or its session ended.
    pub async fn over(&mut self, session: Option<&Session>) {
        loop {
            let cut = self.orders.borrow_and_update().cuts > self.cuts;
            if cut || session.is_some_and(Session::is_ended) || self.orders.changed().await.is_err() {
                return;
            }
        }
    }
}

impl<S: Store, A: Activity> Visitor<S, A> {
    /// What an admission of it starts from.
    pub fn attempt(&self) -> Attempt {
        Attempt { peer: Some(self.peer), place: Some(self.place), ..Attempt::at(&self.service) }
    }

    /// Who it is in records.
    pub const fn caller(&self) -> Caller {
        Caller { door: self.door, os_user: None }
    }

    /// Asks the engine, on a thread that may wait for files and locks.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Engine<S, A>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Result<T, Refusal>, Ended> {
        ask(&self.engine, question).await
    }

    /// Has a person admitted who cannot be asked anything. A refusal is shown when it is due, so that the time of it
    /// tells nothing.
    pub async fn admit(&self, attempt: Attempt) -> Result<Result<Session, Refusal>, Ended> {
        let caller = self.caller();
        let judged = self.in_time(move |engine| {
            let session = engine.admit(attempt, caller, &mut |_| Reply::Aborted)?;
            Ok(Progress::Granted(Box::new(session)))
        });
        Ok(match judged.await? {
            Progress::Granted(session) => Ok(*session),
            Progress::Refused(refusal) => Err(refusal),
            Progress::Ask(..) => Err(Refusal::NotAdmitted),
        })
    }

    /// Begins the admission of a person who is asked something on the way. The question is shown when it is due, so
    /// that the time of it does not tell whether there is such an account; and so is a refusal.
    pub async fn begin(&self, attempt: Attempt) -> Result<Progress, Ended> {
        let caller = self.caller();
        self.in_time(move |engine| engine.begin_admission(attempt, caller)).await
    }

    /// Goes on with the answer.
    pub async fn resume(&self, pending: Box<Pending>, reply: Reply) -> Result<Progress, Ended> {
        self.in_time(move |engine| engine.resume_admission(pending, reply)).await
    }

    async fn in_time(
        &self,
        step: impl FnOnce(&Engine<S, A>) -> Result<Progress, Refusal> + Send + 'static,
    ) -> Result<Progress, Ended> {
        let judged = self.ask(move |engine| {
            let begun = Instant::now();
            let progress = step(engine).unwrap_or_else(Progress::Refused);
            let due = match &progress {
                Progress::Granted(_) => None,
                Progress::Ask(..) => Some(Engine::<S, A>::question_due(begun, Instant::now())),
                Progress::Refused(_) => Some(engine.refusal_due(begun, Instant::now())),
            };
            Ok((progress, due))
        });
        let (progress, due) = judged.await?.map_err(|refusal| Ended::Failed(refusal.to_string()))?;
        if let Some(due) = due {
            tokio::time::sleep_until(due.into()).await;
        }
        Ok(progress)
    }

    /// Protects a connection as the gate demands, before anything else is said.
    pub async fn protect(&self, stream: TcpStream) -> Result<Wire, Ended> {
        let begins = match self.protection.level() {
            // Whoever begins TLS is noticed by what passes the bytes on.
            TlsLevel::None => return Ok(Wire::Plain(stream)),
            TlsLevel::Accept => {
                match self.begins_tls(&stream, SILENCE.min(self.limits.head_time)).await {
                    // Whoever waits for the other side to begin has said so by saying nothing.
                    Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(false),
                    begins => begins,
                }
            }
            TlsLevel::Require => self.begins_tls(&stream, self.limits.head_time).await,
        };
        match (begins.map_err(Ended::Peer)?, self.protection.tls()) {
            (true, Some(tls)) => self.shake(stream, tls).await,
            (true, None) => Err(self.refuse(Transport::TlsThoughNotConfigured).await),
            (false, _) if self.protection.is_required() => {
                Err(self.refuse(Transport::PlainThoughRequired).await)
            }
            (false, _) => Ok(Wire::Plain(stream)),
        }
    }

    /// The same where the client always speaks first, so that TLS where there is none can be told (996).
    pub async fn protect_speaker(&self, stream: TcpStream) -> Result<Wire, Ended> {
        if self.protection.level() != TlsLevel::None {
            return self.protect(stream).await;
        }
        match self.begins_tls(&stream, self.limits.head_time).await {
            Ok(true) => Err(self.refuse(Transport::TlsThoughNotConfigured).await),
            Ok(false) => Ok(Wire::Plain(stream)),
            // Whoever only sees whether somebody is there has seen it.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Wire::Plain(stream)),
            Err(error) => Err(Ended::Peer(error)),
        }
    }

    /// Shakes hands, within the time for that. A client that is not believed is written down.
    pub async fn shake(&self, stream: TcpStream, tls: &Tls) -> Result<Wire, Ended> {
        match timeout(self.limits.head_time, tls.accept(stream)).await {
            Ok(Ok(stream)) => Ok(Wire::Tls(Box::new(stream))),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(self.refuse(Transport::HandshakeFailed).await)
            }
            Ok(Err(error)) => Err(Ended::Peer(error)),
            Err(_) => Err(Ended::Peer(io::ErrorKind::TimedOut.into())),
        }
    }

    /// Tells whether the first byte is that of a TLS handshake; it stays where it is.
    async fn begins_tls(&self, stream: &TcpStream, within: Duration) -> io::Result<bool> {
        let mut first = [0];
        match timeout(within, stream.peek(&mut first)).await {
            Ok(Ok(0)) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(Ok(_)) => Ok(first == [TLS_HANDSHAKE]),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Has it written down that the connection is not protected as it must be.
    pub async fn refuse(&self, transport: Transport) -> Ended {
        let (attempt, caller) = (Attempt { transport, ..self.attempt() }, self.caller());
        match self.ask(move |engine| engine.knock(attempt, caller)).await {
            Ok(_) => Ended::Refused,
            Err(ended) => ended,
        }
    }

    /// Comes back when the connection is to end: it was cut, or its session ended.
    pub async fn over(&mut self, session: Option<&Session>) {
        self.life.over(session).await;
    }

    /// The same for whoever lends the visitor away.
    pub fn life(&self) -> Life {
        self.life.clone()
    }

    /// Writes down that a machine is connected to what is behind the gate, or that this ended. Where it must be written
    /// down and cannot be, the connection does not begin.
    pub async fn tell(&self, flow: Option<&Flow>, data: &str) -> Result<(), Ended> {
        let moved = flow
            .map(Flow::moved)
            .map(|(bytes_in, bytes_out)| format!("Bytes in: {bytes_in}\r\nBytes out: {bytes_out}\r\n"));
        let data = format!("{data}\r\n{}", moved.unwrap_or_default());
        let origin = Origin {
            user: format!("({})", self.gate.kind),
            roles: self.connected.roles.join(","),
            door: Some(self.door),
            client_address: Some(self.peer.to_string()),
            ..Origin::default()
        };
        let (service, begins) = (Arc::clone(&self.service), flow.is_none());
        let told = self.ask(move |engine| {
            engine.emit(&origin, &AuditEvent::Connection { service: &service, begins, data: &data })
        });
        told.await?.map_err(|refusal| Ended::Failed(refusal.to_string()))
    }

    /// Ends a session, and writes that down.
    pub async fn leave(&self, session: Session) -> Result<(), Ended> {
        let service = Arc::clone(&self.service);
        let told = self.ask(move |engine| {
            engine.emit_of(&session, &AuditEvent::Logout { service: &service, application: "" })
        });
        told.await?.map_err(|refusal| Ended::Failed(refusal.to_string()))
    }

    /// What counts the bytes of a connection.
    pub fn flow(&self) -> Flow {
        Flow::new(Arc::clone(&self.gate))
    }
}

/// Asks an engine, on a thread that may wait.
pub(crate) async fn ask<S: Store, A: Activity, T: Send + 'static>(
    engine: &Arc<Engine<S, A>>,
    question: impl FnOnce(&Engine<S, A>) -> Result<T, Refusal> + Send + 'static,
) -> Result<Result<T, Refusal>, Ended> {
    let engine = Arc::clone(engine);
    let asked = tokio::task::spawn_blocking(move || question(&engine));
    asked.await.map_err(|error| Ended::Failed(error.to_string()))
}

/// The first byte of a TLS connection.
pub(crate) const TLS_HANDSHAKE: u8 = 0x16;
/// How long a client may say nothing before it is taken for one that waits for the server to begin.
const SILENCE: Duration = Duration::from_secs(2);
