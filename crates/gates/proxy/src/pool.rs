//! Connections to the upstream, used again for as long as they are good.

use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use sclera_tcp::{Limits, Upstream};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Connections that rest.
#[derive(Clone)]
pub(crate) struct Pool {
    upstream: Upstream,
    resting: Arc<Mutex<Vec<Resting>>>,
}

/// A connection, and since when it rests.
type Resting = (SendRequest<Incoming>, Instant);

impl Pool {
    pub(crate) fn new(upstream: Upstream) -> Self {
        Self { upstream, resting: Arc::default() }
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Sends a request and waits for the head of the answer. On a connection that turns out to be closed nothing has
    /// arrived, so that it goes over another one.
    pub(crate) async fn send(
        &self,
        mut request: Request<Incoming>,
        limits: &Limits,
    ) -> io::Result<Response<Incoming>> {
        loop {
            let (mut sender, is_new) = match self.rested() {
                Some(sender) => (sender, false),
                None => (self.connect(limits).await?, true),
            };
            let sent = timeout(PATIENCE, sender.try_send_request(request)).await;
            let sent = sent.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
            match sent {
                Ok(response) => {
                    self.take_back(sender);
                    return Ok(response);
                }
                Err(mut error) => match error.take_message().filter(|_| !is_new) {
                    Some(unsent) => request = unsent,
                    None => return Err(io::Error::other(error.into_error())),
                },
            }
        }
    }

    fn rested(&self) -> Option<SendRequest<Incoming>> {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((sender, since)) = resting.pop() {
            if sender.is_ready() && since.elapsed() < REST {
                return Some(sender);
            }
        }
        None
    }

    async fn connect(&self, limits: &Limits) -> io::Result<SendRequest<Incoming>> {
        let stream = self.upstream.connect(limits).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(async move {
            // What goes wrong is told to whoever waits for an answer.
            let _ = connection.with_upgrades().await;
        });
        Ok(sender)
    }

    /// Lets a connection rest, once the answer has come whole.
    fn take_back(&self, mut sender: SendRequest<Incoming>) {
        let resting = Arc::clone(&self.resting);
        tokio::spawn(async move {
            if sender.ready().await.is_ok() {
                let mut resting = resting.lock().unwrap_or_else(PoisonError::into_inner);
                if resting.len() < MOST {
                    resting.push((sender, Instant::now()));
                }
            }
        });
    }
}

/// How long a connection may rest, which is less than upstreams usually let it.
const REST: Duration = Duration::from_secs(30);
/// How long the head of an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most connections that rest.
const MOST: usize = 64;
