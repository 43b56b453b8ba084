//! Requests that browsers send for pages of other sites: refused, unless the web application lets their origin in
//! (`CorsAllowlist`, `admin-api.md` D-19).

use crate::operation::Verb;
use axum::body::Body;
use axum::http::Response;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, HOST, HeaderValue, ORIGIN, VARY,
};
use axum::http::request::Parts;

/// Whose page sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sender {
    /// No browser says so.
    Nobody,
    /// One of this server.
    Own,
    /// One of an origin that is let in.
    Allowed(String),
    /// One of another origin.
    Foreign,
}

impl Sender {
    pub(crate) const fn may_ask(&self) -> bool {
        !matches!(self, Self::Foreign)
    }

    pub(crate) const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// The origin that a browser tells.
pub(crate) fn origin(parts: &Parts) -> Option<String> {
    let origin = parts.headers.get(ORIGIN)?;
    Some(origin.to_str().unwrap_or("null").to_owned())
}

/// Tells whether an origin is that of the server that is asked: the same host and port.
pub(crate) fn is_own(origin: &str, parts: &Parts) -> bool {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
    let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    matches!((named, host), (Some(named), Some(host)) if named.eq_ignore_ascii_case(host))
}

/// Judges another origin. A star lets in whoever asks, as the setting says it.
pub(crate) fn judge(origin: String, allowed: &[String]) -> Sender {
    let is_allowed =
        allowed.iter().any(|one| one == "*" || one.trim_end_matches('/').eq_ignore_ascii_case(&origin));
    if is_allowed { Sender::Allowed(origin) } else { Sender::Foreign }
}

/// Tells a browser that the page it works for may read the answer.
pub(crate) fn tell(sender: &Sender, verbs: impl Iterator<Item = Verb>, response: &mut Response<Body>) {
    let Sender::Allowed(origin) = sender else { return };
    let Ok(origin) = HeaderValue::from_str(origin) else { return };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Location"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Authorization, Content-Type"));
    let verbs: Vec<&str> = verbs.map(Verb::word).collect();
    if let Ok(verbs) = HeaderValue::from_str(&verbs.join(", ")) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, verbs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn parts(host: &str) -> Parts {
        Request::get("/").header(HOST, host).body(()).unwrap().into_parts().0
    }

    #[test]
    fn an_origin_is_own_by_host_and_port() {
        let parts = parts("sclera.example:52773");
        for (origin, own) in [
            ("https://sclera.example:52773", true),
            ("http://SCLERA.example:52773", true),
            ("https://sclera.example", false),
            ("https://sclera.example:52773.evil.example", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(is_own(origin, &parts), own, "{origin}");
        }
    }

    #[test]
    fn others_come_in_by_the_list_alone() {
        let allowed = ["https://portal.example/".to_owned()];
        let judged = |origin: &str| judge(origin.to_owned(), &allowed);
        assert!(judged("https://portal.example").is_allowed());
        for foreign in ["http://portal.example", "https://portal.example.evil", "null"] {
            assert_eq!(judged(foreign), Sender::Foreign, "{foreign}");
        }
        assert_eq!(judge("https://portal.example".to_owned(), &[]), Sender::Foreign);
    }
}
