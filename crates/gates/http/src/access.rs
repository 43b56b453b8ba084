//! Signing in: who is asking is for the engine to say; how much work that may be is said here.

use crate::basic::Credentials;
use crate::forwarded::cookie;
use crate::operation::Family;
use crate::reject::Reject;
use crate::remembered::Remembered;
use crate::server::{Limits, Server};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request};
use sclera_authn::admission::Transport;
use sclera_engine::machine::PREFIX;
use sclera_engine::recall::SettingsAtHand;
use sclera_engine::tokens::WebSignIn;
use sclera_engine::{Refusal, Session};
use sclera_store::port::{Activity, Store};
use sclera_tcp::negotiate;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

/// Where a request comes from, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) transport: Transport,
    /// A proxy that is believed passes it on.
    pub(crate) is_trusted: bool,
}

/// Whom the certificate of a client names, which an authority of the configuration signed.
#[derive(Debug, Clone)]
pub(crate) struct Certified(Arc<str>);

impl Certified {
    pub(crate) fn of(name: String) -> Self {
        Self(name.into())
    }

    /// Has a request of its connection know it.
    pub(crate) fn put<B>(certified: Option<&Self>, mut request: Request<B>) -> Request<B> {
        if let Some(certified) = certified {
            request.extensions_mut().insert(certified.clone());
        }
        request
    }
}

/// What signing in needs: memory of those who did, and bounds on the work.
pub(crate) struct Access {
    remembered: Arc<Remembered>,
    /// One for each password that is compared.
    at_once: Arc<Semaphore>,
    /// One for each of those and for each that waits.
    room: Arc<Semaphore>,
    judged: AtomicU64,
}

/// The right to have a password compared; given back when it is dropped.
pub(crate) struct Turn {
    _room: OwnedSemaphorePermit,
    _turn: OwnedSemaphorePermit,
}

impl Access {
    pub(crate) fn new(limits: &Limits, key: Zeroizing<[u8; 32]>) -> Self {
        Self {
            remembered: Arc::new(Remembered::new(key, limits.sign_in_time, limits.sign_ins)),
            at_once: Arc::new(Semaphore::new(limits.comparisons)),
            room: Arc::new(Semaphore::new(limits.comparisons + limits.waiting)),
            judged: AtomicU64::new(0),
        }
    }

    pub(crate) fn judged(&self) -> u64 {
        self.judged.load(Ordering::Relaxed)
    }

    /// Waits for a turn. Comparing takes long on purpose, so that only so many passwords are compared at once and only so
    /// many may wait; who is remembered does not wait behind them.
    pub(crate) async fn turn(&self) -> Result<Turn, Reject> {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Reject::busy())?;
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| Reject::internal())?;
        self.judged.fetch_add(1, Ordering::Relaxed);
        Ok(Turn { _room: room, _turn: turn })
    }
}

/// What a request says about who asks, if it is of a scheme; none where there is none, or more than one header of it.
pub(crate) fn authorization<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (header, None) = (given.next()?, given.next()) else { return None };
    let (scheme, said) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| said.trim_matches(' '))
}

/// The token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    authorization(headers, "Bearer")
}

impl<S: Store, A: Activity> Server<S, A> {
    /// The session of whoever sends a request; with the settings that it is at hand by, if that is so.
    pub(crate) async fn sign_in(
        &self,
        request: &Parts,
        peer: Peer,
        family: Family,
    ) -> Result<(Arc<Session>, Option<SettingsAtHand>), Reject> {
        let token = bearer(&request.headers);
        if let Some((session, settings)) =
            token.and_then(|token| self.machine_at_hand(token, peer.address, family))
        {
            return Ok((session, Some(settings)));
        }
        // Somewhere else, so that a request that need not wait does not carry the room for it along.
        let session = Box::pin(self.sign_in_at_length(request, peer, family)).await?;
        Ok((Arc::new(session), None))
    }

    async fn sign_in_at_length(
        &self,
        request: &Parts,
        peer: Peer,
        family: Family,
    ) -> Result<Session, Reject> {
        if let Some(token) = bearer(&request.headers) {
            let token = token.to_owned();
            return self.ask(move |engine| Self::token_session(engine, &token, peer.address, family)).await;
        }
        if family == Family::ForwardAuth
            && !request.headers.contains_key(AUTHORIZATION)
            && let Some(token) = cookie(&request.headers)
        {
            return self
                .ask(move |engine| Ok(engine.admit_cookie(&token, &wanted_name(engine, family)?)?))
                .await;
        }
        if let Some(name) = certified(request, peer, family) {
            return self.sign_in_certified(name, peer, family).await;
        }
        if let Some(token) = authorization(&request.headers, negotiate::SCHEME) {
            let token = negotiate::token(token).ok_or_else(Reject::not_admitted)?;
            return self.sign_in_by_ticket(token, peer, family).await;
        }
        let credentials = Credentials::of(&request.headers).ok_or_else(Reject::not_admitted)?;
        let remembered = Arc::clone(&self.access.remembered);
        let (name, password) = (&credentials.name, credentials.password.expose());
        let mark = remembered.mark(name, password, peer.address, family.application());
        let find = move |revision| remembered.find(&mark, revision, Instant::now());
        let known = match self.engine.revision_at_hand() {
            Some(revision) => find(revision),
            None => self.ask(move |engine| Ok(find(engine.revision()?))).await?,
        };
        if let Some(session) = known {
            return Ok(session);
        }
        let session = self.judge(credentials, peer, family).await?;
        self.access.remembered.keep(mark, session.clone(), session.revision(), Instant::now());
        Ok(session)
    }

    /// The session of whoever a certificate names (`authentication.md` 13.2).
    async fn sign_in_certified(&self, name: Arc<str>, peer: Peer, family: Family) -> Result<Session, Reject> {
        let remembered = Arc::clone(&self.access.remembered);
        self.ask(move |engine| {
            let mark = remembered.mark_certified(&name, peer.address, family.application());
            if let Some(session) = remembered.find(&mark, engine.revision()?, Instant::now()) {
                return Ok(session);
            }
            let session = engine.admit_certified(&name, peer.address, wanted(engine, family)?)?;
            remembered.keep(mark, session.clone(), session.revision(), Instant::now());
            Ok(session)
        })
        .await
    }

    /// The session of whoever shows a ticket of Kerberos, which is good once.
    async fn sign_in_by_ticket(&self, token: Vec<u8>, peer: Peer, family: Family) -> Result<Session, Reject> {
        self.judged(move |engine| {
            engine.admit_kerberos(token, peer.address, wanted(engine, family)?, peer.transport)
        })
        .await
    }

    /// Has the engine judge a proof that takes its time, when it is this one's turn. A refusal is due when all are.
    async fn judged(
        &self,
        judge: impl FnOnce(&sclera_engine::Engine<S, A>) -> Result<Session, Refusal> + Send + 'static,
    ) -> Result<Session, Reject> {
        let turn = self.access.turn().await?;
        self.ask(move |engine| {
            // It is given back when the work is done, also where nobody waits for it any longer.
            let _held = turn;
            let begun = Instant::now();
            judge(engine)
                .map_err(|refusal| Reject::from(refusal).due(engine.refusal_due(begun, Instant::now())))
        })
        .await
    }

    fn token_session(
        engine: &sclera_engine::Engine<S, A>,
        token: &str,
        peer: IpAddr,
        family: Family,
    ) -> Result<Session, Reject> {
        let application = wanted(engine, family)?;
        if token.starts_with(PREFIX) {
            return Ok(engine.admit_machine(token, peer, family.scope(), application.as_deref())?);
        }
        Ok(engine.admit_token(token, application.as_deref())?)
    }

    /// The session of a machine, if it is recalled: then nobody need wait for the store.
    fn machine_at_hand(
        &self,
        token: &str,
        peer: IpAddr,
        family: Family,
    ) -> Option<(Arc<Session>, SettingsAtHand)> {
        // The interface of portals has an application whether it is there or not, which the engine judges.
        let is_for_machines = token.starts_with(PREFIX) && family != Family::Admin;
        is_for_machines.then_some(())?;
        self.engine.machine_at_hand(token, peer, family.scope(), Some(family.application()))
    }

    /// Has the engine compare the password.
    async fn judge(&self, credentials: Credentials, peer: Peer, family: Family) -> Result<Session, Reject> {
        self.judged(move |engine| {
            let Credentials { name, password } = credentials;
            engine.admit_web(WebSignIn {
                name,
                password,
                code: None,
                peer: peer.address,
                application: wanted(engine, family)?,
                transport: peer.transport,
                may_return: false,
            })
        })
        .await
    }
}

/// Whom the certificate of a connection stands for: where nothing else says who it is, for it never comes second; where
/// machines ask for decisions, for which mechanisms an application of the model takes is for its settings to say; and not
/// for what a proxy passes on, whose certificate is not that of whoever asks.
fn certified(request: &Parts, peer: Peer, family: Family) -> Option<Arc<str>> {
    let is_for_machines = matches!(family, Family::Sclera | Family::AuthZen);
    let says_otherwise = request.headers.contains_key(AUTHORIZATION) || peer.is_trusted;
    let Certified(name) = request.extensions.get().filter(|_| is_for_machines && !says_otherwise)?;
    Some(Arc::clone(name))
}

fn wanted_name<S: Store, A: Activity>(
    engine: &sclera_engine::Engine<S, A>,
    family: Family,
) -> Result<String, Refusal> {
    Ok(wanted(engine, family)?.unwrap_or_default())
}

/// The web application that a family of operations asks the sign-in of. Instances of earlier versions do not have ours;
/// there the service alone says how one may come in.
pub(crate) fn wanted<S: Store, A: Activity>(
    engine: &sclera_engine::Engine<S, A>,
    family: Family,
) -> Result<Option<String>, Refusal> {
    let name = family.application();
    let is_asked = family == Family::Admin || engine.has_application(name)?;
    Ok(is_asked.then(|| name.to_owned()))
}
