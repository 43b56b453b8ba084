//! Signing in: who is asking is for the engine to say; how much work that may be is said here.

use crate::basic::Credentials;
use crate::reject::Reject;
use crate::remembered::Remembered;
use crate::server::{Limits, Server};
use axum::http::request::Parts;
use sclera_engine::Session;
use sclera_store::port::{Activity, Store};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What signing in needs: memory of those who did, and bounds on the work.
pub(crate) struct Access {
    remembered: Arc<Remembered>,
    /// One for each password that is compared.
    at_once: Arc<Semaphore>,
    /// One for each of those and for each that waits.
    room: Arc<Semaphore>,
    judged: AtomicU64,
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
}

impl<S: Store, A: Activity> Server<S, A> {
    /// The session of whoever sends a request.
    pub(crate) async fn sign_in(&self, request: &Parts) -> Result<Session, Reject> {
        let credentials = Credentials::of(&request.headers).ok_or_else(Reject::not_admitted)?;
        let Peer(address) = *request.extensions.get::<Peer>().ok_or_else(Reject::internal)?;
        let remembered = Arc::clone(&self.access.remembered);
        let mark = remembered.mark(&credentials.name, credentials.password.expose(), address);
        let known = self.ask(move |engine| Ok(remembered.find(&mark, engine.revision()?, Instant::now())));
        if let Some(session) = known.await? {
            return Ok(session);
        }
        let session = self.judge(credentials, address).await?;
        self.access.remembered.keep(mark, session.clone(), session.revision(), Instant::now());
        Ok(session)
    }

    /// Has the engine compare the password. That takes long on purpose, so that only so many are compared at once and
    /// only so many may wait; who is remembered does not wait behind them.
    async fn judge(
        &self,
        Credentials { name, password }: Credentials,
        address: IpAddr,
    ) -> Result<Session, Reject> {
        let room = Arc::clone(&self.access.room).try_acquire_owned().map_err(|_| Reject::busy())?;
        let turn = Arc::clone(&self.access.at_once).acquire_owned().await.map_err(|_| Reject::internal())?;
        self.access.judged.fetch_add(1, Ordering::Relaxed);
        let judged = self.ask(move |engine| {
            // They are given back when the work is done, also where nobody waits for it any longer.
            let _held = (room, turn);
            let begun = Instant::now();
            let judged = engine.admit_http(&name, &password, address);
            Ok(judged.map_err(|refusal| (refusal, engine.refusal_due(begun, Instant::now()))))
        });
        match judged.await? {
            Ok(session) => Ok(session),
            Err((refusal, due)) => {
                // The time of the answer tells nothing of the reason; nobody else waits meanwhile.
                tokio::time::sleep_until(due.into()).await;
                Err(refusal.into())
            }
        }
    }
}
