//! The gate of `%Service_Monitor`: what is counted, for whoever may connect, over HTTP at `/metrics`.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use sclera_engine::metrics::MEDIA_TYPE;
use sclera_engine::{Door, Engine};
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Ended, Protection, Protocol, Served, Visitor};
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpStream;

/// The gate before what is counted.
#[derive(Debug)]
pub struct Monitor {
    /// Which connections are protected.
    pub protection: Protection,
}

impl<S: Store, A: Activity> Protocol<S, A> for Monitor {
    fn kind(&self) -> &'static str {
        "metrics"
    }

    fn upstream(&self) -> String {
        String::new()
    }

    fn door(&self) -> Door {
        Door::Http
    }

    fn serve(self: Arc<Self>, visitor: Visitor<S, A>, stream: TcpStream) -> Served {
        Box::pin(async move { self.requests(visitor, stream).await })
    }
}

impl Monitor {
    async fn requests<S: Store, A: Activity>(
        &self,
        visitor: Visitor<S, A>,
        stream: TcpStream,
    ) -> Result<(), Ended> {
        let wire = visitor.protect(stream, &self.protection).await?;
        let mut life = visitor.life();
        let visitor = &visitor;
        let service =
            service_fn(move |request| async move { Ok::<_, Infallible>(answer(visitor, &request).await) });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(visitor.limits.head_time)
            .max_buf_size(LARGEST_HEAD);
        let mut connection = pin!(http.serve_connection(TokioIo::new(wire), service));
        tokio::select! {
            served = connection.as_mut() => served.map_err(|error| Ended::Peer(io::Error::other(error))),
            () = life.over(None) => Err(Ended::Cut),
        }
    }
}

async fn answer<S: Store, A: Activity>(
    visitor: &Visitor<S, A>,
    request: &Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (status, kind, text) = match (request.uri().path(), request.method()) {
        ("/metrics", &Method::GET | &Method::HEAD) => match visitor.ask(Engine::metrics).await {
            Ok(Ok(text)) => (StatusCode::OK, MEDIA_TYPE, text),
            _ => (
                StatusCode::SERVICE_UNAVAILABLE,
                PLAIN,
                "the store cannot be read at the moment\n".to_owned(),
            ),
        },
        ("/metrics", _) => (StatusCode::METHOD_NOT_ALLOWED, PLAIN, "it can only be read\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, PLAIN, "there is nothing at this path\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

const PLAIN: &str = "text/plain; charset=utf-8";
/// The most bytes of the head of a request.
const LARGEST_HEAD: usize = 16 * 1024;
