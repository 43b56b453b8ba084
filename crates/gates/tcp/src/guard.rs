//! How the connections of a gate are protected: as its own configuration says, and as the superserver at its place does
//! (`services.md` section 9).
//!
//! The stricter of the two levels holds, so that no record can take away what the file demands. Where the superserver
//! names a TLS configuration, that one protects, and no other in its place: if it cannot be used, whoever begins TLS is
//! refused (996), and where TLS is required everybody is.

use crate::tls::{Protection, Tls};
use sclera_authn::secret::Secret;
use sclera_core::ssl_config::SslConfig;
use sclera_core::superserver::TlsLevel;
use sclera_engine::services::{Gate, Guarding, Material, Standing, Terms};
use sclera_engine::{Engine, Refusal};
use sclera_store::port::{Activity, Store};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

/// How the connections of a gate are protected.
pub struct Guard {
    own: Protection,
    load: Loader,
}

/// Reads the files of a TLS configuration, with the password of its private key where it has one, and says why they
/// cannot be used.
type Loader = Box<dyn Fn(&SslConfig, Option<&Secret>) -> Result<Tls, String> + Send + Sync>;

impl Guard {
    /// Its own word, and what reads the files of TLS configurations.
    pub fn new(
        own: Protection,
        load: impl Fn(&SslConfig, Option<&Secret>) -> Result<Tls, String> + Send + Sync + 'static,
    ) -> Self {
        Self { own, load: Box::new(load) }
    }

    /// Its own word alone: TLS configurations cannot be used.
    pub fn of(own: Protection) -> Self {
        Self::new(own, |_, _| Err("TLS configurations are not used here".to_owned()))
    }

    /// What protects under a superserver. Reads files; `password` is that of the private key of a configuration.
    fn under(
        &self,
        terms: Option<&Terms>,
        password: impl Fn(&SslConfig) -> Result<Option<Secret>, Refusal>,
    ) -> Protected {
        let Some(terms) = terms else {
            return Protected::by(self.own.level(), Ok(self.own.tls().cloned()), String::new());
        };
        let level = self.level(Some(terms));
        let tls = match &terms.material {
            _ if level == TlsLevel::None => Ok(None),
            Material::OfTheGate => {
                self.own.tls().cloned().map(Some).ok_or_else(|| "there is no certificate".to_owned())
            }
            Material::Config(config) => {
                let opened = password(config).map_err(|refusal| refusal.to_string());
                let loaded = opened.and_then(|password| (self.load)(config, password.as_ref()));
                loaded.map(Some).map_err(|why| format!("TLS configuration {}: {why}", config.name))
            }
            Material::Unusable(why) => Err(why.clone()),
        };
        Protected::by(level, tls, terms.superserver.clone())
    }

    /// The stricter of its own level and that of a superserver.
    fn level(&self, terms: Option<&Terms>) -> TlsLevel {
        terms.map_or(TlsLevel::None, |terms| terms.level).max(self.own.level())
    }
}

/// What protects, and how that is told.
struct Protected(Protection, Guarding);

impl Protected {
    fn by(level: TlsLevel, tls: Result<Option<Tls>, String>, superserver: String) -> Self {
        let told = match &tls {
            Err(why) => format!("{}: {why}", word(level)),
            Ok(_) => word(level).to_owned(),
        };
        Self(Protection::new(level, tls.ok().flatten()), Guarding { superserver, tls: told })
    }
}

/// What protects the connections of a gate from now on, for all of them to see.
pub(crate) struct Shield<S, A> {
    engine: Arc<Engine<S, A>>,
    guard: Arc<Guard>,
    gate: Arc<Gate>,
    known: watch::Sender<Option<Known>>,
    loading: Option<Loading>,
    /// When what cannot protect is looked at again.
    again: Instant,
}

/// What protects, and what it was taken for.
#[derive(Clone)]
pub(crate) struct Known {
    wanted: Wanted,
    pub(crate) protection: Protection,
}

impl Known {
    /// Whether it is what a superserver lays down.
    pub(crate) fn is_under(&self, terms: Option<&Terms>) -> bool {
        self.wanted.terms.as_ref() == terms
    }
}

/// Under which terms, and after how many restarts of the service.
#[derive(Clone, PartialEq, Eq)]
struct Wanted {
    terms: Option<Terms>,
    restarts: u64,
}

/// Files that are read.
struct Loading {
    wanted: Wanted,
    task: JoinHandle<Protected>,
    /// It takes longer than it may; nobody waits for it.
    is_late: bool,
}

impl<S: Store, A: Activity> Shield<S, A> {
    pub(crate) fn new(engine: Arc<Engine<S, A>>, guard: Guard, gate: Arc<Gate>) -> Self {
        let (guard, known) = (Arc::new(guard), watch::Sender::new(None));
        Self { engine, guard, gate, known, loading: None, again: Instant::now() }
    }

    /// For a connection to see what protects it.
    pub(crate) fn seen(&self) -> watch::Receiver<Option<Known>> {
        self.known.subscribe()
    }

    /// Takes what protects where it is not taken yet. Files are read again when the terms are others, when the service
    /// is restarted, and after a while where they cannot protect. Where reading them does not end, none protects.
    pub(crate) async fn look(&mut self, standing: &Standing) {
        let wanted = Wanted { terms: standing.terms.clone(), restarts: standing.restarts };
        if self.loading.as_ref().is_some_and(|loading| loading.wanted != wanted) {
            self.loading = None;
        }
        if self.loading.is_none() {
            if self.is_taken(&wanted) {
                return;
            }
            self.loading = Some(self.load(wanted.clone()));
        }
        let Some(loading) = &mut self.loading else { return };
        let patience = if loading.is_late { Duration::ZERO } else { LOAD_TIME };
        let found = match timeout(patience, &mut loading.task).await {
            Ok(found) => {
                self.loading = None;
                found.unwrap_or_else(|_| self.without(&wanted, "its files cannot be read"))
            }
            Err(_) if loading.is_late => return,
            Err(_) => {
                loading.is_late = true;
                self.without(&wanted, "its files cannot be read in time")
            }
        };
        let Protected(protection, guarding) = found;
        self.gate.is_guarded(guarding);
        self.again = Instant::now() + AGAIN;
        self.known.send_replace(Some(Known { wanted, protection }));
    }

    fn is_taken(&self, wanted: &Wanted) -> bool {
        self.known.borrow().as_ref().is_some_and(|known| {
            let protects = known.protection.level() == TlsLevel::None || known.protection.tls().is_some();
            known.wanted == *wanted && (protects || Instant::now() < self.again)
        })
    }

    fn load(&self, wanted: Wanted) -> Loading {
        let (guard, engine, terms) =
            (Arc::clone(&self.guard), Arc::clone(&self.engine), wanted.terms.clone());
        let task = spawn_blocking(move || {
            guard.under(terms.as_ref(), |config: &SslConfig| engine.private_key_password(config))
        });
        Loading { wanted, task, is_late: false }
    }

    fn without(&self, wanted: &Wanted, why: &str) -> Protected {
        let terms = wanted.terms.as_ref();
        let superserver = terms.map(|terms| terms.superserver.clone()).unwrap_or_default();
        Protected::by(self.guard.level(terms), Err(why.to_owned()), superserver)
    }
}

/// How long a gate waits for files to be read.
const LOAD_TIME: Duration = Duration::from_secs(5);
/// How long it is before what cannot protect is looked at again.
const AGAIN: Duration = Duration::from_secs(10);

const fn word(level: TlsLevel) -> &'static str {
    match level {
        TlsLevel::None => "none",
        TlsLevel::Accept => "accept",
        TlsLevel::Require => "require",
    }
}
