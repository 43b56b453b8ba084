//! The one mapping from what the engine refuses, and from what is no request, to answers.
//!
//! Whoever is not admitted learns nothing: not why, nor whether there is such an account; the bytes are the same. No
//! answer repeats what was sent, except names of keys, and none tells where files are.

use crate::operation::Family;
use crate::shape::Misfit;
use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Response, StatusCode};
use sclera_core::name::quotable;
use sclera_core::status::{Code, Status};
use sclera_engine::Refusal;
use sclera_store::port::StoreError;
use serde_json::{Value, json};
use std::time::Instant;

/// An answer that is a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject(Box<Fault>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    status: StatusCode,
    /// A number of the model, or a word of ours.
    code: String,
    /// The name of the number.
    id: String,
    /// What the text is about.
    params: Vec<String>,
    message: String,
    header: Option<(HeaderName, &'static str)>,
    /// When it may be shown: a refusal that came of a password does not tell how long that was looked at.
    due: Option<Instant>,
}

impl Reject {
    fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (id, params) = (String::new(), Vec::new());
        let (code, message) = (code.into(), message.into());
        Self(Box::new(Fault { status, code, id, params, message, header: None, due: None }))
    }

    fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.0.header = Some((name, value));
        self
    }

    fn about(mut self, id: impl Into<String>, params: Vec<String>) -> Self {
        (self.0.id, self.0.params) = (id.into(), params);
        self
    }

    fn field(code: &str, id: &str, field: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message).about(id, vec![quotable(field)])
    }

    /// Who asks was not admitted, or did not say who it is.
    pub(crate) fn not_admitted() -> Self {
        Self::unauthorized(Code::AccessDenied)
    }

    fn unauthorized(code: Code) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code.number().to_string(), Status::plain(code).text())
    }

    /// It is no request of ours.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// A parameter that is needed is not in the query.
    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::malformed(format!("the parameter `{name}` is missing"))
    }

    /// A field that is needed is not in the body.
    pub(crate) fn missing_field(field: &str) -> Self {
        Self::field("40301", "MissingRequestBodyField", field, format!("the field `{field}` is missing"))
    }

    /// A field is in the body that should not be.
    pub(crate) fn unexpected_field(field: &str) -> Self {
        let message = format!("the field `{}` is not expected", quotable(field));
        Self::field("40307", "UnexpectedRequestBodyField", field, message)
    }

    /// A field has a value that it cannot have.
    pub(crate) fn field_of_wrong_kind(field: &str, fault: Misfit) -> Self {
        let what = match fault {
            Misfit::Kind => "is of the wrong kind",
            Misfit::Word => "is none of the words that it may be",
            Misfit::Separator => "has an element with a character that separates elements",
        };
        Self::field("40308", "WrongRequestBodyFieldType", field, format!("the field `{field}` {what}"))
    }

    /// There is no body, or it is not JSON.
    pub(crate) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            "the body must be JSON, and the header Content-Type must say so",
        )
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

    /// There is no object of the kind that is named.
    pub(crate) fn no_such(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", format!("there is no such {what}"))
    }

    /// There is no namespace of a name (`admin-api.md` section 13).
    pub(crate) fn no_namespace(name: &str) -> Self {
        let name = quotable(name);
        Self::new(StatusCode::NOT_FOUND, "420", format!("Namespace {name} does not exist"))
            .about("CPFNameDoesNotExist", vec!["Namespace".to_owned(), name])
    }

    /// A status of the model about an object that is not there.
    pub(crate) fn missing(status: &Status) -> Self {
        let mut missing = Self::of_status(status);
        missing.0.status = StatusCode::NOT_FOUND;
        missing
    }

    /// The path takes other methods; the header `Allow` says which.
    pub(crate) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "this path takes other methods")
    }

    /// The state of things forbids it.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", message)
    }

    /// A browser sent it for a page of another site.
    pub(crate) fn foreign_origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "ForeignOrigin", "requests of pages of this origin are not taken")
    }

    /// What somebody wants to be let through for is not held.
    pub(crate) fn not_held(wanted: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "NotHeld", format!("this needs {}", quotable(wanted)))
    }

    /// A proxy puts the path of a request behind its own, and does not say what is to be held.
    pub(crate) fn unnamed_privilege() -> Self {
        let message = "no trusted proxy named a privilege in `X-Sclera-Privilege`";
        Self::new(StatusCode::FORBIDDEN, "UnnamedPrivilege", message)
    }

    /// The operation is known and not built.
    pub(crate) fn planned(operation: &str) -> Self {
        let message = format!("{operation} is not there yet");
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
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

    /// Too many requests of one kind came from one place, or wait for one user.
    pub(crate) fn too_many(message: &'static str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message).with(RETRY_AFTER, "10")
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
        self.in_place(&format!("[{position}]"))
    }

    fn in_place(mut self, place: &str) -> Self {
        if !place.is_empty() {
            self.0.message = format!("{place}: {}", self.0.message);
        }
        self
    }

    /// The same, not to be shown before an instant.
    pub(crate) fn due(mut self, due: Instant) -> Self {
        self.0.due = Some(due);
        self
    }

    pub(crate) fn shown_from(&self) -> Option<Instant> {
        self.0.due
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What went wrong, in one line.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    #[cfg(test)]
    pub(crate) fn params(&self) -> &[String] {
        &self.0.params
    }

    fn of_status(status: &Status) -> Self {
        let root = status.root();
        let http =
            if CONFLICTS.contains(&root.code()) { StatusCode::CONFLICT } else { StatusCode::BAD_REQUEST };
        Self::new(http, root.code().number().to_string(), one_line(&status.to_string()))
            .about(format!("{:?}", root.code()), root.arguments().to_vec())
    }

    /// The answer as a family of operations gives it. `tokens` says whether whoever is not admitted may come with one.
    pub(crate) fn into_response(self, family: Family, tokens: bool) -> Response<Body> {
        let mut response = match family {
            Family::Admin if self.0.status == StatusCode::UNAUTHORIZED => empty(self.0.status),
            Family::Admin => typed(self.0.status, JSON_UTF8, self.envelope().to_string()),
            Family::ForwardAuth => empty(self.0.status),
            Family::Health | Family::Sclera | Family::AuthZen => {
                typed(self.0.status, PROBLEM, self.problem().to_string())
            }
        };
        let headers = response.headers_mut();
        if self.0.status == StatusCode::UNAUTHORIZED {
            let challenge = match family {
                Family::Admin if tokens => "Bearer",
                Family::Admin => "Basic",
                _ => CHALLENGE,
            };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some((name, value)) = self.0.header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// RFC 9457, with the number of the model beside the members that it defines.
    fn problem(&self) -> Value {
        json!({
            "type": "about:blank",
            "title": self.0.status.canonical_reason().unwrap_or_default(),
            "status": self.0.status.as_u16(),
            "code": self.0.code,
            "detail": self.0.message,
        })
    }

    /// `admin-api.md` 5.1. Whoever is not privileged learns nothing else.
    fn envelope(&self) -> Value {
        let mut text = self.0.message.clone();
        let number: Option<u32> = self.0.code.parse().ok();
        if !text.starts_with("ERROR #") {
            text = format!("ERROR #{}: {text}", number.unwrap_or(GENERAL));
        }
        let is_silent = self.0.status == StatusCode::FORBIDDEN;
        let is_planned = self.0.status == StatusCode::NOT_IMPLEMENTED;
        let entry = json!({
            "error": text,
            "code": number.unwrap_or(GENERAL),
            "domain": "%ObjectErrors",
            "id": if self.0.id.is_empty() { "GeneralError" } else { self.0.id.as_str() },
            "params": if self.0.params.is_empty() { std::slice::from_ref(&self.0.message) } else { &self.0.params },
        });
        let (entries, texts, summary) = match (is_silent, is_planned) {
            (true, _) => (json!([]), json!([]), ""),
            (_, true) => (json!([entry]), json!([text]), self.0.message.as_str()),
            _ => (json!([entry]), json!([text]), text.as_str()),
        };
        json!({
            "status": { "errors": entries, "Errors": texts, "summary": summary },
            "console": [],
            "result": {},
        })
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
            Refusal::Rule { status, place } => Self::of_status(status).in_place(place),
            Refusal::Unread(_) | Refusal::Store(_) => Self::unavailable(),
        }
    }
}

impl From<Status> for Reject {
    fn from(status: Status) -> Self {
        Self::of_status(&status)
    }
}

/// What the state of things forbids (`admin-api.md` 5.2, D-8): what there is already, and what must stay.
const CONFLICTS: &[Code] = &[
    Code::CannotDeleteService,
    Code::ServiceAlreadyExists,
    Code::UserAlreadyExists,
    Code::OnlyHolderOfAll,
    Code::CannotDeleteDefaultUser,
    Code::EventAlreadyExists,
    Code::CannotDeleteEvent,
    Code::ApplicationAlreadyExists,
    Code::CannotDeleteSystemApplication,
    Code::CannotDeleteRole,
    Code::RoleAlreadyExists,
    Code::CannotDeleteResource,
    Code::ResourceAlreadyExists,
    Code::CannotModifyResource,
    Code::SslConfigAlreadyExists,
    Code::DomainAlreadyExists,
    Code::CannotDeleteSystem,
    Code::UserAndRoleSameName,
];

/// An answer in JSON.
pub(crate) fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    typed(status, JSON, body.to_string())
}

/// An answer in plain text.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    typed(status, "text/plain; charset=utf-8", text)
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

pub(crate) fn typed(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().reserve(HEADERS);
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

/// A text without control characters (`admin-api.md` D-4).
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The number of errors that have none.
const GENERAL: u32 = 5001;
const CHALLENGE: &str = r#"Basic realm="sclera", charset="UTF-8""#;
/// As many headers as most answers have, so that there is room for all of them at once.
const HEADERS: usize = 8;
pub(crate) const JSON: &str = "application/json";
pub(crate) const JSON_UTF8: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_engine_have_their_answers() {
        let rule = Status::new(Code::UserDoesNotExist, ["a\nb"]);
        let of = |refusal: Refusal| {
            let reject = Reject::from(refusal);
            (reject.0.status.as_u16(), reject.0.code, reject.0.message)
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
        let (status, ..) = of(Status::new(Code::UserAlreadyExists, ["ann"]).into());
        assert_eq!(status, 409);
    }

    #[test]
    fn an_envelope_tells_both_spellings_and_nothing_to_the_unprivileged() {
        let missing = Reject::missing(&Status::new(Code::ResourceDoesNotExist, ["x"])).envelope();
        assert_eq!(
            missing["status"],
            json!({
                "errors": [{
                    "error": "ERROR #892: Resource x does not exist.",
                    "code": 892,
                    "domain": "%ObjectErrors",
                    "id": "ResourceDoesNotExist",
                    "params": ["x"],
                }],
                "Errors": ["ERROR #892: Resource x does not exist."],
                "summary": "ERROR #892: Resource x does not exist.",
            })
        );
        let privilege = "%Admin_Secure:USE".to_owned();
        let silent = Reject::from(Refusal::NotPrivileged { privilege }).envelope();
        assert_eq!(silent["status"], json!({ "errors": [], "Errors": [], "summary": "" }));
    }
}
