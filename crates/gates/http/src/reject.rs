//! The one mapping from what the engine refuses, and from what is no request, to answers.
//!
//! Whoever is not admitted learns nothing: not why, nor whether there is such an account. The bytes are the same. No
//! answer repeats what was sent, except names of keys, and none tells where files are.

use axum::Json;
use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use sclera_core::status::{Code, Status};
use sclera_engine::Refusal;
use serde_json::json;

/// An answer that is a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject {
    status: StatusCode,
    code: String,
    message: String,
    header: Option<(HeaderName, &'static str)>,
}
