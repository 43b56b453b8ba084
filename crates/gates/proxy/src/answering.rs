//! Answering machines over HTTP/1.1: what is the same for gates without an upstream.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Ended, Visitor};
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use tokio::net::TcpStream;

/// The most bytes of the head of a request.
const LARGEST_HEAD: usize = 16 * 1024;

/// Answers the requests of a connection, until its peer ends it or it must not go on.
pub(crate) async fn answer_all<S: Store, A: Activity, F>(
    visitor: &Visitor<S, A>,
    stream: TcpStream,
    answer: impl Fn(Request<Incoming>) -> F,
) -> Result<(), Ended>
where
    F: Future<Output = Response<Full<Bytes>>>,
{
    let wire = visitor.protect_speaker(stream).await?;
    let mut life = visitor.life();
    let service = service_fn(|request| {
        let answered = answer(request);
        async { Ok::<_, Infallible>(answered.await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(visitor.limits.head_time).max_buf_size(LARGEST_HEAD);
    let mut connection = pin!(http.serve_connection(TokioIo::new(wire), service));
    tokio::select! {
        served = connection.as_mut() => served.map_err(|error| Ended::Peer(io::Error::other(error))),
        () = life.over(None) => Err(Ended::Cut),
    }
}
