//! The one mapping from what the engine refuses, and from what is no request, to answers.
//!
//! Whoever is not admitted learns nothing: not why, nor whether there is such an account; the bytes are the same. No
//! answer repeats what was sent, except names of keys, and none tells where files are.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use sclera_core::status::{Code, Status};
use sclera_engine::Refusal;
use sclera_store::port::StoreError;
use serde_json::{Value, json};

/// An answer that is a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject {
    status: StatusCode,
    code: String,
    message: String,
    header: Option<(HeaderName, &'static str)>,
}

impl Reject {
    fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), header: None }
    }

    fn with(self, name: HeaderName, value: &'static str) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// Who asks was not admitted, or did not say who it is.
    pub(crate) fn not_admitted() -> Self {
        Self::unauthorized(Code::AccessDenied)
    }

    fn unauthorized(code: Code) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code.number().to_string(), Status::plain(code).text())
            .with(WWW_AUTHENTICATE, CHALLENGE)
    }

    /// It is no request of ours.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Its body is larger than is taken.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", format!("the body has more than {limit} bytes"))
            .with(CONNECTION, "close")
    }

    /// There is nothing at the path.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", "there is nothing at this path")
    }

    /// The path takes other methods; the header `Allow` says which.
    pub(crate) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "this path takes other methods")
    }

    /// It took longer than it may.
    pub(crate) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "Timeout", "the request took too long")
            .with(CONNECTION, "close")
    }

    /// Too many sign in at once.
    pub(crate) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Busy", "too many sign in at once; try again")
            .with(RETRY_AFTER, "1")
    }

    fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Unavailable", "the store cannot be used at the moment")
            .with(RETRY_AFTER, "5")
    }

    /// A fault of ours.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal", "the server failed")
    }

    /// Names the one of several questions that it is about.
    pub(crate) fn at(self, position: usize) -> Self {
        Self { message: format!("[{position}]: {}", self.message), ..self }
    }
}

impl From<Refusal> for Reject {
    fn from(refusal: Refusal) -> Self {
        let text = |code: Code| Status::plain(code).text();
        match &refusal {
            Refusal::NotAdmitted | Refusal::GaveUp(_) | Refusal::SessionEnded | Refusal::SessionLocked => {
                Self::not_admitted()
            }
            Refusal::TooMany => Self::busy(),
            Refusal::PasswordChangeRequired => Self::unauthorized(Code::PasswordChangeRequired),
            Refusal::NotPrivileged { privilege } => Self::new(
                StatusCode::FORBIDDEN,
                Code::AccessDenied.number().to_string(),
                format!("{} (this needs the privilege {privilege})", text(Code::AccessDenied)),
            ),
            Refusal::Rule { status, .. } => Self::new(
                StatusCode::BAD_REQUEST,
                status.root().code().number().to_string(),
                one_line(&refusal.to_string()),
            ),
            Refusal::Unread(_) | Refusal::Store(_) => Self::unavailable(),
        }
    }
}

impl IntoResponse for Reject {
    fn into_response(self) -> Response<Body> {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        let mut response = answer(self.status, &body);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// An answer in JSON.
pub(crate) fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    typed(status, "application/json", body.to_string())
}

/// An answer in plain text.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    typed(status, "text/plain; charset=utf-8", text)
}

fn typed(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The word for what is wrong with a store.
pub(crate) fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Store(StoreError::Unavailable(_)) => "unavailable",
        Refusal::Store(StoreError::ReadOnly(_)) => "read-only",
        Refusal::Store(StoreError::Full) => "full",
        Refusal::Store(StoreError::Occupied) => "occupied",
        Refusal::Store(StoreError::Damaged(_)) => "damaged",
        Refusal::Store(StoreError::Version { .. }) => "version",
        _ => "refused",
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

const CHALLENGE: &str = r#"Basic realm="sclera", charset="UTF-8""#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_engine_have_their_answers() {
        let rule = Status::new(Code::UserDoesNotExist, ["a\nb"]);
        let of = |refusal: Refusal| {
            let reject = Reject::from(refusal);
            (reject.status.as_u16(), reject.code, reject.message)
        };
        let told = |status: u16, code: &str, message: &str| (status, code.to_owned(), message.to_owned());
        assert_eq!(of(Refusal::NotAdmitted), told(401, "822", "Access Denied"));
        assert_eq!(of(Refusal::PasswordChangeRequired), told(401, "935", "Password change required."));
        let privilege = "%Admin_Secure:USE".to_owned();
        assert_eq!(
            of(Refusal::NotPrivileged { privilege }),
            told(403, "822", "Access Denied (this needs the privilege %Admin_Secure:USE)")
        );
        let (status, code, message) = of(rule.into());
        assert_eq!((status, code.as_str()), (400, "838"));
        assert!(!message.contains('\n'), "{message}");
        let path = Refusal::Store(StoreError::Unavailable("/secret/place".to_owned()));
        assert_eq!(word(&path), "unavailable");
        assert_eq!(of(path), told(503, "Unavailable", "the store cannot be used at the moment"));
    }
}
