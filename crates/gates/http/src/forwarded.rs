//! What a proxy tells of the request behind it: believed from proxies that the configuration names, and from nobody else.

use crate::forward_auth::{COOKIE, PATH};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, COOKIE as COOKIES, HOST};
use axum::http::request::Parts;
use sclera_core::address::{Addresses, Resolver};
use sclera_core::name::one_line;
use std::net::IpAddr;

/// The most addresses of a chain of proxies that are looked at.
const LONGEST_CHAIN: usize = 32;
/// The most characters of an operation in records.
const LONGEST_OPERATION: usize = 512;

/// Where it stands what must be held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Wanted {
    /// In the query, which the proxy's own configuration writes.
    #[default]
    InQuery,
    /// Here: a trusted proxy told it, whose path is that of the request.
    Told(String),
    /// Nowhere: the path is that of the request, and nobody who is trusted told it.
    Nowhere,
}

/// What is known of the request behind a proxy.
#[derive(Debug, Default)]
pub(crate) struct Forwarded {
    /// What must be held.
    pub(crate) wanted: Wanted,
    /// Method and path of the request, for records.
    pub(crate) operation: String,
    /// Its path, where a browser may be sent to sign in and come back.
    pub(crate) uri: Option<String>,
}

impl Forwarded {
    /// Of a request that speaks for itself.
    pub(crate) const fn nothing() -> Self {
        Self { wanted: Wanted::InQuery, operation: String::new(), uri: None }
    }

    pub(crate) fn of(parts: &Parts, path: &str, is_trusted: bool) -> Self {
        let header = |name: &str| header(&parts.headers, name).filter(|_| is_trusted);
        let behind = path.strip_prefix(PATH).filter(|rest| rest.starts_with('/'));
        let uri = header("x-forwarded-uri");
        let shown = uri.or_else(|| header("x-original-uri")).or(behind).unwrap_or(path);
        let method = header("x-forwarded-method").or_else(|| header("x-original-method"));
        let method = method.unwrap_or(parts.method.as_str());
        let operation = one_line(&format!("{method} {shown}")).chars().take(LONGEST_OPERATION).collect();
        let wants_page = parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
        let wants_page = wants_page.is_some_and(|accept| accept.contains("text/html")) && method == "GET";
        Self {
            wanted: match (behind, header("x-sclera-privilege")) {
                (None, _) => Wanted::InQuery,
                (Some(_), Some(told)) => Wanted::Told(told.to_owned()),
                (Some(_), None) => Wanted::Nowhere,
            },
            operation,
            uri: uri.filter(|_| wants_page).map(str::to_owned),
        }
    }
}

/// The proxies that are believed; none where the configuration names none.
pub(crate) struct Trusted(Option<Addresses>);

impl Trusted {
    pub(crate) fn of(entries: &[String]) -> Self {
        // An empty list of addresses stands for all of them.
        Self((!entries.is_empty()).then(|| Addresses::of(entries)))
    }

    pub(crate) fn has(&self, peer: IpAddr) -> bool {
        self.0.as_ref().is_some_and(|trusted| trusted.find(peer, &Resolver::nothing()).is_some())
    }
}

/// The address of whoever came: the last of the chain that is not a trusted proxy, where a trusted proxy tells it.
pub(crate) fn address(socket: IpAddr, headers: &HeaderMap, trusted: &Trusted) -> IpAddr {
    if !trusted.has(socket) {
        return socket;
    }
    let chain = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = chain.flat_map(|value| value.split(',')).collect();
    let mut last = socket;
    for entry in chain.iter().rev().take(LONGEST_CHAIN) {
        // What cannot be read was not written by a proxy that is trusted: the chain ends there.
        let Ok(address) = entry.trim().parse::<IpAddr>() else { return last };
        last = address.to_canonical();
        if !trusted.has(last) {
            return last;
        }
    }
    last
}

/// A header that stands once.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    value.to_str().ok()
}

/// The value of the cookie of a session, if it came once.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(COOKIES).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut own = pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned());
    let (value, None) = (own.next()?, own.next()) else { return None };
    Some(value)
}

/// The host that a request names, if it looks like one.
pub(crate) fn host(parts: &Parts) -> Option<String> {
    let host = header(&parts.headers, HOST.as_str())?;
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    (host.len() <= 255 && host.bytes().all(is_host)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let request = headers
            .iter()
            .fold(Request::get("/gate/auth"), |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    fn told(socket: &str, chain: &[&str]) -> String {
        let trusted = Trusted::of(&["127.0.0.1".to_owned(), "10.0.0.*".to_owned()]);
        let headers: Vec<(&str, &str)> = chain.iter().map(|value| ("x-forwarded-for", *value)).collect();
        address(socket.parse().unwrap(), &parts(&headers).headers, &trusted).to_string()
    }

    #[test]
    fn the_address_is_the_last_that_no_trusted_proxy_has() {
        assert_eq!(told("192.0.2.1", &["198.51.100.7"]), "192.0.2.1", "not a trusted proxy");
        assert_eq!(told("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(told("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(told("127.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.3"]), "198.51.100.7");
        assert_eq!(told("127.0.0.1", &["203.0.113.9", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(told("127.0.0.1", &["198.51.100.7, nonsense"]), "127.0.0.1");
        assert_eq!(told("127.0.0.1", &["::ffff:198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn without_a_list_nobody_is_believed() {
        let trusted = Trusted::of(&[]);
        assert!(!trusted.has(IpAddr::from([127, 0, 0, 1])) && !trusted.has(IpAddr::from([10, 0, 0, 1])));
    }

    #[test]
    fn what_a_stranger_tells_is_not_believed() {
        let parts =
            parts(&[("x-forwarded-uri", "/x"), ("x-sclera-privilege", "A:R"), ("accept", "text/html")]);
        let strange = Forwarded::of(&parts, "/gate/auth/ward", false);
        assert_eq!((strange.wanted, strange.uri), (Wanted::Nowhere, None));
        assert_eq!(strange.operation, "GET /ward");
        let believed = Forwarded::of(&parts, "/gate/auth/ward", true);
        assert_eq!((believed.wanted, believed.uri.as_deref()), (Wanted::Told("A:R".to_owned()), Some("/x")));
        assert_eq!(Forwarded::of(&parts, "/gate/auth", true).wanted, Wanted::InQuery);
    }

    #[test]
    fn a_cookie_comes_once() {
        let of = |value: &str| cookie(&parts(&[("cookie", value)]).headers);
        assert_eq!(of("a=b; __Host-sclera=x.y.z; c=d"), Some("x.y.z".to_owned()));
        assert_eq!(of("__Host-sclera=x; __Host-sclera=y"), None);
        assert_eq!(of("__Host-Sclera=x"), None);
    }
}
