//! The gate of `%Service_Monitor`: what is counted, for whoever may connect, over HTTP at `/metrics`.

use crate::answering::answer_all;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use sclera_engine::metrics::MEDIA_TYPE;
use sclera_engine::{Door, Engine};
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Protocol, Served, Visitor};
use std::sync::Arc;
use tokio::net::TcpStream;

/// The gate before what is counted.
#[derive(Debug)]
pub struct Monitor;

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
        Box::pin(async move { answer_all(&visitor, stream, |request| answer(&visitor, request)).await })
    }
}

async fn answer<S: Store, A: Activity>(
    visitor: &Visitor<S, A>,
    request: Request<Incoming>,
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
