//! Connections: taken, bounded, and let go.

use crate::access::Peer;
use crate::pace::{Paced, Phase};
use crate::routes::handle;
use crate::server::{Limits, Server};
use crate::tls::Tls;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sclera_authn::admission::Transport;
use sclera_store::port::{Activity, Store};
use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Answers connections until `stop` is done, and then finishes those at work.
pub(crate) async fn serve<S: Store, A: Activity>(
    server: Arc<Server<S, A>>,
    listener: TcpListener,
    tls: Option<Tls>,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(server.limits.connections));
    let (stopping, told) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => continue,
            next = next(&listener, &places) => next,
        };
        let connection = Connection { server: Arc::clone(&server), peer, told: told.clone() };
        let tls = tls.clone();
        connections.spawn(async move {
            connection.run(stream, tls).await;
            drop(place);
        });
    }
    drop(listener);
    let _ = stopping.send(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(server.limits.drain_time, finished).await;
    connections.shutdown().await;
}

/// The next connection, once there is a place for it; until then it waits in the queue of the socket.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, IpAddr, Option<OwnedSemaphorePermit>) {
    // The places are never closed, so that there always is one in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, address)) => return (stream, address.ip().to_canonical(), place),
            // Out of descriptors, or gone again: the next one may do better, and a loop must not spin.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

struct Connection<S: 'static, A: 'static> {
    server: Arc<Server<S, A>>,
    peer: IpAddr,
    told: watch::Receiver<bool>,
}

impl<S: Store, A: Activity> Connection<S, A> {
    /// Whatever goes wrong with a connection ends it; there is nobody to tell.
    async fn run(self, stream: TcpStream, tls: Option<Tls>) {
        let _ = stream.set_nodelay(true);
        match tls {
            None => self.requests(stream, Transport::Plain).await,
            Some(tls) => {
                let mut told = self.told.clone();
                let shaken = timeout(self.server.limits.head_time, tls.accept(stream));
                let shaken = tokio::select! {
                    shaken = shaken => shaken,
                    _ = told.wait_for(|told| *told) => return,
                };
                if let Ok(Ok(stream)) = shaken {
                    self.requests(stream, Transport::Tls).await;
                }
            }
        }
    }

    async fn requests(self, stream: impl AsyncRead + AsyncWrite + Unpin, transport: Transport) {
        let Self { server, peer, mut told } = self;
        let peer = Peer { address: peer, transport, is_trusted: false };
        let phase = Phase::new();
        let stream = Paced::new(stream, phase.clone(), server.limits.head_time, server.limits.idle_time);
        let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
            phase.answer_begins();
            let answered = handle(&server, peer, request.map(Body::new));
            let phase = &phase;
            async move {
                let response = answered.await;
                phase.answer_ends();
                Ok::<_, Infallible>(response)
            }
        });
        let http = protocol(&server.limits);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = told.wait_for(|told| *told) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

fn protocol(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    // Time is kept by the pace of the connection, which tells a slow head from a pause between requests.
    http.header_read_timeout(None);
    http.max_buf_size(limits.head_bytes.max(SMALLEST_BUFFER)).max_header_size(limits.head_bytes);
    http
}

/// What the protocol's buffer has at least.
const SMALLEST_BUFFER: usize = 8_192;
