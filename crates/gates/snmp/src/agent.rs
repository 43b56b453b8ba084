//! The subagent: keeps a session with the master while the service is on.

use crate::codec::{Address, HEADER, Header, Oid, Said, Saying, Value, pdu};
use crate::tree::Tree;
use sclera_engine::Engine;
use sclera_engine::services::{Gate, GateState};
use sclera_store::port::{Activity, Store};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The service whose gate this is.
const SERVICE: &str = "%Service_Monitor";
/// How the subagent calls itself.
const NAME: &str = "Sclera";
/// How long the master may take for an answer, in seconds.
const PATIENCE: u8 = 5;
/// How often it is looked whether the service is on and the server goes on.
const LOOK: Duration = Duration::from_millis(250);
/// After how long without a word the master is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a connection to the master may take.
const CONNECT: Duration = Duration::from_secs(2);
/// The first and the longest pause before it is tried again.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(15)];
/// How long what was counted counts as now: a walk asks for each value by itself.
const FRESH: Duration = Duration::from_secs(1);
/// The most values of one answer.
const MOST_FOUND: usize = 1_024;
/// The error of what cannot be set (RFC 2741, 7.2.5.1).
const NOT_WRITABLE: u16 = 17;

/// Where the master listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Master {
    /// A socket of this machine.
    Socket(PathBuf),
    /// A port; AgentX has no protection of its own, so it should be of this machine.
    Port(SocketAddr),
}

impl FromStr for Master {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither the path of a socket nor tcp:ADDRESS:PORT");
        match text.strip_prefix("tcp:") {
            Some(port) => port.parse().map(Self::Port).map_err(|_| wrong()),
            None if text.starts_with('/') => Ok(Self::Socket(PathBuf::from(text))),
            None => Err(wrong()),
        }
    }
}

impl fmt::Display for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Port(port) => write!(f, "tcp:{port}"),
        }
    }
}

/// A subagent for an instance.
pub struct Subagent<S, A> {
    engine: Arc<Engine<S, A>>,
    master: Master,
    root: Oid,
    gate: Arc<Gate>,
}

impl<S: Store, A: Activity> Subagent<S, A> {
    /// One that will register a subtree at a master.
    pub fn new(engine: Arc<Engine<S, A>>, master: Master, root: Oid) -> Self {
        let gate = Arc::new(Gate::new(SERVICE, "agentx", master.to_string(), String::new()));
        engine.register_gate(Arc::clone(&gate));
        Self { engine, master, root, gate }
    }

    /// Keeps sessions until it is told to stop: one begins when the service is on, ends when it is not, and is begun again
    /// when the master went away.
    pub fn keep(&self, stop: &AtomicBool) {
        let [mut pause, longest] = PAUSES;
        while !stop.load(Ordering::Relaxed) {
            if !self.is_on() {
                self.gate.is(GateState::Closed);
                std::thread::sleep(LOOK);
                continue;
            }
            match self.session(stop) {
                Ok(()) => [pause, _] = PAUSES,
                Err(error) => {
                    self.gate.failed.fetch_add(1, Ordering::Relaxed);
                    self.gate.is(GateState::Failed(error.to_string()));
                    let until = Instant::now() + pause;
                    while Instant::now() < until && !stop.load(Ordering::Relaxed) {
                        std::thread::sleep(LOOK.min(pause));
                    }
                    pause = (pause * 2).min(longest);
                }
            }
        }
        self.gate.is(GateState::Closed);
    }

    fn is_on(&self) -> bool {
        self.engine.standing(SERVICE, None).is_ok_and(|standing| standing.is_on)
    }

    /// A session from its beginning to its end, which is no fault where the service was switched off.
    fn session(&self, stop: &AtomicBool) -> io::Result<()> {
        let mut line = Line::to(&self.master)?;
        let session = line.open(&self.root)?;
        self.gate.is_open_at(self.master.to_string());
        self.gate.taken.fetch_add(1, Ordering::Relaxed);
        self.gate.open.store(1, Ordering::Relaxed);
        let ended = self.serve(&mut line, session, stop);
        self.gate.open.store(0, Ordering::Relaxed);
        ended
    }

    fn serve(&self, line: &mut Line, session: u32, stop: &AtomicBool) -> io::Result<()> {
        let (mut heard, mut is_asked) = (Instant::now(), false);
        let mut recent: Option<(Instant, Tree)> = None;
        loop {
            if stop.load(Ordering::Relaxed) || !self.is_on() {
                return line.say(Address { session, ..Address::default() }, Saying::Close);
            }
            let Some((address, said)) = line.hear()? else {
                if is_asked && heard.elapsed() > SILENCE + Duration::from_secs(PATIENCE.into()) {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                if !is_asked && heard.elapsed() > SILENCE {
                    is_asked = true;
                    line.say(Address { session, ..Address::default() }, Saying::Ping)?;
                }
                continue;
            };
            (heard, is_asked) = (Instant::now(), false);
            if !matches!(&recent, Some((at, _)) if at.elapsed() < FRESH) {
                let counted =
                    self.engine.counted().map_err(|refusal| io::Error::other(refusal.to_string()))?;
                recent = Some((Instant::now(), Tree::of(&self.root, &counted)));
            }
            let Some((_, tree)) = &recent else { continue };
            match answer(tree, said) {
                Answer::Found(found) => {
                    line.say(address, Saying::Response { error: 0, at: 0, found: &found })?;
                }
                Answer::Refused => {
                    line.say(address, Saying::Response { error: NOT_WRITABLE, at: 1, found: &[] })?;
                }
                Answer::Nothing => {}
                Answer::End => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
        }
    }
}

enum Answer {
    Found(Vec<(Oid, Value)>),
    Refused,
    Nothing,
    End,
}

fn answer(tree: &Tree, said: Said) -> Answer {
    match said {
        Said::Get(ranges) => Answer::Found(ranges.iter().map(|range| tree.get(range)).collect()),
        Said::GetNext(ranges) => Answer::Found(ranges.iter().map(|range| tree.next(range)).collect()),
        Said::GetBulk { once, times, mut ranges } => {
            let at = once.min(ranges.len());
            let (first, repeated) = ranges.split_at_mut(at);
            let mut found: Vec<_> = first.iter().map(|range| tree.next(range)).collect();
            for _ in 0..times {
                if repeated.is_empty() || found.len() + repeated.len() > MOST_FOUND {
                    break;
                }
                for range in &mut *repeated {
                    let (name, value) = tree.next(range);
                    (range.start, range.include) = (name.clone(), false);
                    found.push((name, value));
                }
            }
            Answer::Found(found)
        }
        Said::Set => Answer::Refused,
        Said::Ping => Answer::Found(Vec::new()),
        Said::Cleanup | Said::Response(_) => Answer::Nothing,
        Said::Close => Answer::End,
    }
}

/// The connection to a master.
struct Line {
    stream: Box<dyn Both>,
    /// What came of a PDU that is not whole yet.
    came: Vec<u8>,
}

trait Both: Read + Write {}
impl<T: Read + Write> Both for T {}

impl Line {
    fn to(master: &Master) -> io::Result<Self> {
        let stream: Box<dyn Both> = match master {
            Master::Socket(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(LOOK))?;
                stream.set_write_timeout(Some(CONNECT))?;
                Box::new(stream)
            }
            Master::Port(port) => {
                let stream = TcpStream::connect_timeout(port, CONNECT)?;
                stream.set_read_timeout(Some(LOOK))?;
                stream.set_write_timeout(Some(CONNECT))?;
                Box::new(stream)
            }
        };
        Ok(Self { stream, came: Vec::new() })
    }

    /// Begins a session and registers the subtree; its number.
    fn open(&mut self, root: &Oid) -> io::Result<u32> {
        self.say(Address::default(), Saying::Open { seconds: PATIENCE, name: NAME })?;
        let session = self.expect_answer("it refuses the session")?.session;
        self.say(Address { session, packet: 1, ..Address::default() }, Saying::Register(root))?;
        self.expect_answer("it refuses the subtree")?;
        Ok(session)
    }

    fn expect_answer(&mut self, refused: &str) -> io::Result<Address> {
        let until = Instant::now() + Duration::from_secs(PATIENCE.into());
        while Instant::now() < until {
            match self.hear()? {
                Some((address, Said::Response(0))) => return Ok(address),
                Some((_, Said::Response(error))) => {
                    return Err(io::Error::other(format!("{refused} (AgentX error {error})")));
                }
                Some(_) | None => {}
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    fn say(&mut self, address: Address, saying: Saying<'_>) -> io::Result<()> {
        self.stream.write_all(&pdu(address, saying))
    }

    /// What the master says next; none where that takes longer than a look.
    fn hear(&mut self) -> io::Result<Option<(Address, Said)>> {
        loop {
            let wanted = match self.came.first_chunk::<HEADER>() {
                None => HEADER,
                Some(header) => {
                    let header = Header::read(*header).map_err(|_| malformed())?;
                    let whole = HEADER + header.length;
                    if let Some(payload) = self.came.get(HEADER..whole) {
                        let said = header.said(payload).map_err(|_| malformed())?;
                        self.came.drain(..whole);
                        return Ok(Some((header.address, said)));
                    }
                    whole
                }
            };
            let before = self.came.len();
            self.came.resize(wanted, 0);
            let room = self.came.get_mut(before..).unwrap_or_default();
            let read = self.stream.read(room);
            self.came.truncate(before + read.as_ref().copied().unwrap_or_default());
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if is_late(&error) => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the master says what is none of AgentX")
}
