//! Connections to the upstream, used again for as long as they are good.

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sclera_tcp::{Limits, Upstream};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::time::{timeout, timeout_at};

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
    ) -> io::Result<Response<Answered>> {
        loop {
            let (mut sender, is_new) = match self.rested().await {
                Some(sender) => (sender, false),
                None => (self.connect(limits).await?, true),
            };
            let sent = timeout(PATIENCE, sender.try_send_request(request)).await;
            let sent = sent.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
            match sent {
                Ok(response) => {
                    let is_changed = response.status() == StatusCode::SWITCHING_PROTOCOLS;
                    let back = (!is_changed).then(|| (self.clone(), sender));
                    return Ok(response.map(|body| Answered::new(body, back)));
                }
                Err(mut error) => match error.take_message().filter(|_| !is_new) {
                    Some(unsent) => request = unsent,
                    None => return Err(io::Error::other(error.into_error())),
                },
            }
        }
    }

    /// A connection that rests and is good. One whose answer has only just come whole is waited for.
    async fn rested(&self) -> Option<SendRequest<Incoming>> {
        let until = Instant::now() + SETTLING;
        while let Some((mut sender, since)) = self.pop() {
            let is_good = !sender.is_closed() && since.elapsed() < REST;
            if is_good && matches!(timeout_at(until.into(), sender.ready()).await, Ok(Ok(()))) {
                return Some(sender);
            }
        }
        None
    }

    fn pop(&self) -> Option<Resting> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).pop()
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

    fn take_back(&self, sender: SendRequest<Incoming>) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        if resting.len() < MOST {
            resting.push((sender, Instant::now()));
        }
    }
}

/// The body of an answer. Its connection rests once it has come whole, and is closed if nobody waits for that.
pub(crate) struct Answered {
    body: Incoming,
    back: Option<(Pool, SendRequest<Incoming>)>,
}

impl Answered {
    fn new(body: Incoming, back: Option<(Pool, SendRequest<Incoming>)>) -> Self {
        let mut answered = Self { body, back };
        answered.look();
        answered
    }

    fn look(&mut self) {
        if self.body.is_end_stream()
            && let Some((pool, sender)) = self.back.take()
        {
            pool.take_back(sender);
        }
    }
}

impl Body for Answered {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            None => {
                if let Some((pool, sender)) = self.back.take() {
                    pool.take_back(sender);
                }
            }
            Some(Ok(_)) => self.look(),
            Some(Err(_)) => self.back = None,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How long a connection may rest, which is less than upstreams usually let it.
const REST: Duration = Duration::from_secs(30);
/// How long connections may take to be ready, when their answers have come whole.
const SETTLING: Duration = Duration::from_secs(1);
/// How long the head of an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most connections that rest.
const MOST: usize = 64;
