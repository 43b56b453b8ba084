//! A web application that lets Sclera decide: each route says what it needs, and a layer asks whether the caller holds it.
//!
//! ```text
//! caller ── Authorization, or the cookie of /gate/sign-in ──→ needs("Ward_Chart:R") ──→ the chart
//!                                                                    │
//!                                                              GET /gate/auth
//! ```

#![forbid(unsafe_code)]

use axum::extract::{ConnectInfo, Extension, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderName, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Router, serve};
use sclera_client::{Caller, Client, Error, Passage};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

/// Serves until it fails.
pub async fn run(listener: TcpListener, sclera: Client) -> std::io::Result<()> {
    let application = application(&Arc::new(sclera));
    serve(listener, application.into_make_service_with_connect_info::<SocketAddr>()).await
}

/// The routes, each with what it needs.
pub fn application(sclera: &Arc<Client>) -> Router {
    let needs = |privilege: &'static str, route: MethodRouter| {
        route.layer(from_fn_with_state(Needs { sclera: Arc::clone(sclera), privilege }, judge))
    };
    let chart = needs("Ward_Chart:R", get(read)).merge(needs("Ward_Chart:W", post(write)));
    Router::new().route("/chart", chart).route("/", get(|| async { "the ward is open" }))
}

async fn read(Extension(caller): Extension<Passage>) -> String {
    format!("{} reads the chart", caller.user)
}

async fn write(Extension(caller): Extension<Passage>) -> String {
    format!("{} wrote into the chart", caller.user)
}

/// What a route needs, and who is asked.
#[derive(Clone)]
struct Needs {
    sclera: Arc<Client>,
    privilege: &'static str,
}

/// Lets a request through with the [`Passage`] of its caller, or answers it. While no answer comes, nobody is let through.
async fn judge(
    State(needs): State<Needs>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let (authorization, cookie) = (text(request.headers(), &AUTHORIZATION), text(request.headers(), &COOKIE));
    // The client waits for its answer, which no thread of the runtime should do.
    let asked = spawn_blocking(move || {
        let caller = Caller {
            authorization: authorization.as_deref(),
            cookie: cookie.as_deref(),
            address: Some(peer.ip()),
        };
        needs.sclera.passage_of(&caller, needs.privilege)
    });
    match asked.await {
        Ok(Ok(passage)) => {
            request.extensions_mut().insert(passage);
            next.run(request).await
        }
        Ok(Err(Error::Refused(refusal))) if refusal.status == 401 => {
            (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Basic realm=\"ward\", charset=\"UTF-8\"")])
                .into_response()
        }
        Ok(Err(Error::Refused(refusal))) if refusal.status == 403 => StatusCode::FORBIDDEN.into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
