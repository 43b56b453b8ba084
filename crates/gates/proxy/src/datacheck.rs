//! The gate of `%Service_DataCheck`: digests of ranges of the security data, for another instance that compares itself. It
//! reads, and there is nothing at it that could change anything.

use crate::answering::answer_all;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use sclera_core::change::Kind;
use sclera_engine::Door;
use sclera_engine::datacheck::Range;
use sclera_engine::transfer::ORDER;
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Protocol, Served, Visitor};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The path of the questions.
const PATH: &str = "/datacheck";

/// The gate before digests.
#[derive(Debug)]
pub struct DataCheck;

impl<S: Store, A: Activity> Protocol<S, A> for DataCheck {
    fn kind(&self) -> &'static str {
        "datacheck"
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
    if request.uri().path() != PATH {
        return said(StatusCode::NOT_FOUND, &json!({ "Error": "there is nothing at this path" }));
    }
    if request.method() != Method::POST {
        return said(StatusCode::METHOD_NOT_ALLOWED, &json!({ "Error": "it takes a POST" }));
    }
    let body =
        timeout(visitor.limits.head_time, Limited::new(request.into_body(), LARGEST_BODY).collect()).await;
    let asked = match body {
        Ok(Ok(body)) => serde_json::from_slice(&body.to_bytes()).ok().as_ref().and_then(question),
        _ => None,
    };
    let Some((kind, range)) = asked else {
        return said(StatusCode::BAD_REQUEST, &json!({ "Error": "that is no question about a range" }));
    };
    match visitor.ask(move |engine| engine.told_of_range(kind, &range)).await {
        Ok(Ok(told)) => said(StatusCode::OK, &told.to_json()),
        _ => said(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({ "Error": "the store cannot be read at the moment" }),
        ),
    }
}

/// `{"Kind": "user", "After": "ann", "Until": "bob"}`; both ends may be missing.
fn question(value: &Value) -> Option<(Kind, Range)> {
    let object = value.as_object()?;
    let word = object.get("Kind")?.as_str()?;
    let kind = ORDER.into_iter().find(|kind| kind.word() == word)?;
    let end = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(key)) => Some(Some(key.clone())),
        Some(_) => None,
    };
    Some((kind, Range { after: end("After")?, until: end("Until")? }))
}

fn said(status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The most bytes of the body of a request.
const LARGEST_BODY: usize = 4 * 1024;
