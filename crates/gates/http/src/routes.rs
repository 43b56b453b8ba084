//! Which path is what, and what every answer has.

use crate::access::Peer;
use crate::questions::{Checks, Explain, who};
use crate::reject::{Reject, answer, plain, word};
use crate::server::Server;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sclera_store::port::{Activity, Store};
use serde_json::Value;
use std::sync::Arc;
use tower_service::Service;

type Shared<S, A> = State<Arc<Server<S, A>>>;
type Answered = Result<Response<Body>, Reject>;

/// The paths there are.
pub(crate) fn routes<S: Store, A: Activity>(server: Arc<Server<S, A>>) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz::<S, A>))
        .route("/api/sclera/v1/check", post(check::<S, A>))
        .route("/api/sclera/v1/explain", post(explain::<S, A>))
        .route("/api/sclera/v1/session", get(session::<S, A>).post(session::<S, A>))
        .fallback(async || Reject::not_found())
        .method_not_allowed_fallback(async || Reject::wrong_method())
        .with_state(server)
}

/// Answers a request within its time.
pub(crate) async fn handle<S: Store, A: Activity>(
    server: &Server<S, A>,
    mut routes: Router,
    peer: Peer,
    mut request: Request,
) -> Response<Body> {
    request.extensions_mut().insert(peer);
    let answered = tokio::time::timeout(server.limits.request_time, routes.call(request));
    let mut response = match answered.await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => Reject::too_slow().into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&server.request_id()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

async fn livez() -> Response<Body> {
    plain(StatusCode::OK, "ok")
}

async fn readyz<S: Store, A: Activity>(State(server): Shared<S, A>) -> Answered {
    let readable = server.ask(|engine| Ok(engine.revision().map_err(|refusal| word(&refusal))));
    Ok(match readable.await? {
        Ok(_) => plain(StatusCode::OK, "ready"),
        Err(word) => plain(StatusCode::SERVICE_UNAVAILABLE, word),
    })
}

async fn check<S: Store, A: Activity>(State(server): Shared<S, A>, request: Request) -> Answered {
    let (parts, body) = request.into_parts();
    let session = server.sign_in(&parts).await?;
    let checks = Checks::read(&whole(body, server.limits.body_bytes).await?)?;
    server.ask(move |engine| checks.answer(engine, &session)).await.map(|value| done(&value))
}

async fn explain<S: Store, A: Activity>(State(server): Shared<S, A>, request: Request) -> Answered {
    let (parts, body) = request.into_parts();
    let session = server.sign_in(&parts).await?;
    let explain = Explain::read(&whole(body, server.limits.body_bytes).await?)?;
    server.ask(move |engine| explain.answer(engine, &session)).await.map(|value| done(&value))
}

async fn session<S: Store, A: Activity>(State(server): Shared<S, A>, request: Request) -> Answered {
    let (parts, _) = request.into_parts();
    Ok(done(&who(&server.sign_in(&parts).await?)))
}

fn done(value: &Value) -> Response<Body> {
    answer(StatusCode::OK, value)
}

/// The body of a request, if it is not too large.
async fn whole(body: Body, limit: usize) -> Result<Bytes, Reject> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Reject::too_large(limit));
    }
    let collected = Limited::new(body, limit).collect().await;
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| match error.downcast_ref::<LengthLimitError>() {
            Some(_) => Reject::too_large(limit),
            None => Reject::malformed("the body did not come whole"),
        };
    collected.map(http_body_util::Collected::to_bytes).map_err(failed)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
