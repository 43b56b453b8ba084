//! Connections: taken, bounded, and let go.

use crate::access::{Certified, Peer};
use crate::pace::{Answering, Paced, Phase};
use crate::routes::handle;
use crate::server::{Limits, Server};
use crate::tls::{HTTP_2, Tls};
use axum::body::{Body, Bytes};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST};
use axum::http::{HeaderValue, Method, Response};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use sclera_authn::admission::Transport;
use sclera_store::port::{Activity, Store};
use sclera_tcp::common_name;
use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
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
        let connection =
            Connection { server: Arc::clone(&server), peer, certified: None, told: told.clone() };
        let tls = tls.clone();
        connections.spawn(async move {
            connection.run(stream, tls).await;
            drop(place);
        });
    }
    // First, so that whoever finds the port closed is told that the connection closes, too.
    let _ = stopping.send(true);
    drop(listener);
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
    /// Whom the certificate of the client names.
    certified: Option<Certified>,
    told: watch::Receiver<bool>,
}

impl<S: Store, A: Activity> Connection<S, A> {
    /// Whatever goes wrong with a connection ends it; there is nobody to tell.
    async fn run(mut self, stream: TcpStream, tls: Option<Tls>) {
        let _ = stream.set_nodelay(true);
        match tls {
            None => self.one_by_one(stream, Transport::Plain).await,
            Some(tls) => {
                let mut told = self.told.clone();
                let shaken = timeout(self.server.limits.head_time, tls.accept(stream));
                let is_late = async {
                    let _ = told.wait_for(|told| *told).await;
                    sleep(FIRST_WORDS).await;
                };
                let shaken = tokio::select! {
                    shaken = shaken => shaken,
                    () = is_late => return,
                };
                let Ok(Ok(stream)) = shaken else { return };
                let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                self.certified = certificate.and_then(|der| common_name(der)).map(Certified::of);
                if stream.get_ref().1.alpn_protocol() == Some(HTTP_2.as_bytes()) {
                    self.many_at_once(stream).await;
                } else {
                    self.one_by_one(stream, Transport::Tls).await;
                }
            }
        }
    }

    /// Speaks HTTP/1.1.
    async fn one_by_one(self, stream: impl AsyncRead + AsyncWrite + Unpin, transport: Transport) {
        let Self { server, peer, certified, mut told } = self;
        let peer = Peer { address: peer, transport, is_trusted: false };
        let phase = Phase::single();
        let stream = Paced::new(stream, phase.clone(), server.limits.head_time, server.limits.idle_time);
        let stopping = &told.clone();
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let answering = phase.answers();
            let request = Certified::put(certified.as_ref(), request);
            let answered = handle(&server, peer, request.map(Body::new));
            async move {
                let mut response = answered.await;
                drop(answering);
                if *stopping.borrow() {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let http = one_by_one(&server.limits);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ = connection.as_mut() => return,
            () = is_to_end(&mut told, &phase) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }

    /// Speaks HTTP/2.
    async fn many_at_once(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { server, peer, certified, mut told } = self;
        let peer = Peer { address: peer, transport: Transport::Tls, is_trusted: false };
        let phase = Phase::many();
        let stream = Paced::new(stream, phase.clone(), server.limits.head_time, server.limits.idle_time);
        let http = many_at_once(&server.limits);
        let at_work = phase.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let (server, answering) = (Arc::clone(&server), at_work.answers());
            let certified = certified.clone();
            async move {
                let request = Certified::put(certified.as_ref(), request);
                let is_head = request.method() == Method::HEAD;
                let response = handle(&server, peer, with_host(request).map(Body::new)).await;
                let response = if is_head { head_of(response) } else { response };
                // It is at work until its last byte is sent.
                Ok::<_, Infallible>(response.map(|body| Sent { body, _answering: answering }))
            }
        });
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ = connection.as_mut() => return,
            () = is_to_end(&mut told, &phase) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Waits until a connection is to end because the server stops: whoever was connected before is answered once, though
/// the first request may still be on its way.
async fn is_to_end(told: &mut watch::Receiver<bool>, phase: &Phase) {
    let _ = told.wait_for(|told| *told).await;
    let _ = timeout(FIRST_WORDS, phase.has_begun()).await;
}

fn one_by_one(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    // Time is kept by the pace of the connection, which tells a slow head from a pause between requests.
    http.header_read_timeout(None);
    http.max_buf_size(limits.head_bytes.max(SMALLEST_BUFFER)).max_header_size(limits.head_bytes);
    http
}

fn many_at_once(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new());
    http.max_concurrent_streams(limits.streams);
    http.max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX));
    // What may wait unread, of one request and of all.
    http.initial_stream_window_size(UNREAD).initial_connection_window_size(UNREAD);
    http.max_send_buf_size(UNSENT);
    // Whoever takes requests back as soon as they are sent is soon left alone (CVE-2023-44487).
    http.max_pending_accept_reset_streams(Some(TAKEN_BACK)).max_local_error_reset_streams(Some(TAKEN_BACK));
    http
}

/// The host that a request of HTTP/2 names beside its headers, where others have it.
fn with_host(mut request: hyper::Request<Incoming>) -> hyper::Request<Incoming> {
    let authority = request.uri().authority().and_then(|authority| authority.as_str().parse().ok());
    if let Some(authority) = authority {
        request.headers_mut().insert(HOST, authority);
    }
    request
}

/// The head of an answer; in HTTP/1.1 the protocol itself leaves the body away.
fn head_of(response: Response<Body>) -> Response<Body> {
    let length = response.body().size_hint().exact();
    let (mut head, _) = response.into_parts();
    if let Some(length) = length {
        head.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(head, Body::empty())
}

/// A body that says when it is gone: sent, or no longer wanted.
struct Sent {
    body: Body,
    _answering: Answering,
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How long whoever was connected before a stop may take for the handshake, and for the first request.
const FIRST_WORDS: Duration = Duration::from_secs(2);
/// Bytes of bodies that may wait until they are read.
const UNREAD: u32 = 256 * 1024;
/// Bytes of an answer that may wait until they are sent.
const UNSENT: usize = 64 * 1024;
/// Requests that may be taken back before they were looked at.
const TAKEN_BACK: usize = 20;
/// What the protocol's buffer has at least.
const SMALLEST_BUFFER: usize = 8_192;
