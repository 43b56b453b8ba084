//! What a request may look like, and what of it is passed on.

use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use hyper::{Method, Uri, Version};

/// A request that is not passed on: why, for whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unfit(pub(crate) &'static str);

/// Refuses what could be read in two ways. A length beside chunks was taken out before, and the body goes on in chunks alone
/// (RFC 9112, section 6.3).
pub(crate) fn judge(method: &Method, uri: &Uri, version: Version, headers: &HeaderMap) -> Result<(), Unfit> {
    if method == Method::CONNECT || uri.authority().is_some() || !uri.path().starts_with('/') {
        return Err(Unfit("the target must be a path"));
    }
    if !is_plain_path(uri.path()) {
        return Err(Unfit("the path has parts that could be read otherwise"));
    }
    let mut hosts = headers.get_all(HOST).iter();
    if (hosts.next().is_none() && version == Version::HTTP_11) || hosts.next().is_some() {
        return Err(Unfit("there must be one Host"));
    }
    let encodings = headers.get_all(TRANSFER_ENCODING).iter().collect::<Vec<_>>();
    let lengths = headers.get_all(CONTENT_LENGTH).iter().count();
    let is_chunked = |value: &&HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
    if lengths > 1 || encodings.len() > 1 || (lengths > 0 && !encodings.is_empty()) {
        return Err(Unfit("the length of the body is said in two ways"));
    }
    if !encodings.iter().all(is_chunked) || (version != Version::HTTP_11 && !encodings.is_empty()) {
        return Err(Unfit("the body is encoded in a way that is not known here"));
    }
    if headers.keys().any(|name| name.as_str().contains('_')) {
        // Some upstreams take it for the same name with a dash, and so for who it is.
        return Err(Unfit("the name of a header has an underscore"));
    }
    Ok(())
}

/// Tells whether every upstream reads a path alike: no dots that lead up, no slashes in disguise.
fn is_plain_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let in_disguise = ["%2f", "%5c", "%00", "%2e", "%25", "\\", "//", ";"];
    !in_disguise.iter().any(|part| lower.contains(part))
        && !path.split('/').any(|part| part == "." || part == "..")
}

/// The application of a path: the longest that it is or lies below.
pub(crate) fn application_of<'a>(applications: &'a [String], path: &str) -> Option<&'a str> {
    let covers = |name: &&String| {
        let rest = path.strip_prefix(name.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    applications.iter().filter(covers).max_by_key(|name| name.len()).map(String::as_str)
}

/// Takes out what is for one connection alone (RFC 9110, section 7.6.1); what changes the protocol comes back.
pub(crate) fn take_hop_by_hop(headers: &mut HeaderMap) -> Option<HeaderValue> {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let changes = named.contains(&UPGRADE);
    let upgrade = headers.remove(UPGRADE).filter(|value| changes && !is_http(value));
    for name in named {
        // Whoever calls these a matter of one connection would have a request without them arrive.
        if name != HOST && name != CONTENT_LENGTH && name != AUTHORIZATION && name != COOKIE {
            headers.remove(name);
        }
    }
    for name in [CONNECTION, TE, TRAILER, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    for name in
        ["keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "http2-settings"]
    {
        headers.remove(name);
    }
    upgrade
}

/// Whether a protocol is HTTP of another version: its requests would be judged by nobody.
fn is_http(protocol: &HeaderValue) -> bool {
    protocol.to_str().map_or(true, |text| {
        let text = text.to_ascii_lowercase();
        text.contains("h2") || text.contains("http")
    })
}

/// Who somebody is for the upstream, as headers say it.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    user: HeaderValue,
    roles: HeaderValue,
}

impl Identity {
    pub(crate) fn of(user: &str, roles: &str) -> Self {
        Self { user: told(user), roles: told(roles) }
    }
}

/// What no header can hold is put down in the form of URLs.
pub(crate) fn told(text: &str) -> HeaderValue {
    HeaderValue::from_str(&encoded(text)).unwrap_or(HeaderValue::from_static(""))
}

/// Puts in who it is and from where, in place of whatever was said of that.
pub(crate) fn identify(headers: &mut HeaderMap, who: &Identity, peer: &HeaderValue, is_tls: bool) {
    let foreign: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            let name = name.as_str();
            name.starts_with("x-sclera-")
                || name.starts_with("x-forwarded-")
                || name == "forwarded"
                || name == "x-real-ip"
        })
        .cloned()
        .collect();
    for name in foreign {
        headers.remove(name);
    }
    let mut put =
        |name: &'static str, value: HeaderValue| headers.insert(HeaderName::from_static(name), value);
    put("x-sclera-user", who.user.clone());
    put("x-sclera-roles", who.roles.clone());
    put("x-forwarded-for", peer.clone());
    put("x-forwarded-proto", HeaderValue::from_static(if is_tls { "https" } else { "http" }));
}

/// Everything but visible ASCII, and the sign of encoding itself where it could be mistaken for one, as `%XX`.
fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut all = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (0x20..0x7f).contains(&byte) {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn all(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let host = ("host", "h");
        let judged = |path: &str, pairs: &[(&str, &str)]| {
            judge(&Method::POST, &path.parse().unwrap(), Version::HTTP_11, &all(pairs)).is_ok()
        };
        assert!(judged("/app/x?y=../z", &[host, ("content-length", "3")]));
        assert!(judged("/app", &[host, ("transfer-encoding", "Chunked")]));
        for path in [
            "/app/../x",
            "/app/.",
            "/app/%2e%2E/x",
            "/a%2fb",
            "/a%5Cb",
            "/a//b",
            "/a;b/../c",
            "/a%252e",
            "http://h/x",
        ] {
            assert!(!judged(path, &[host]), "{path}");
        }
        for pairs in [
            &[][..],
            &[host, ("host", "i")],
            &[host, ("content-length", "3"), ("content-length", "3")],
            &[host, ("content-length", "3"), ("transfer-encoding", "chunked")],
            &[host, ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            &[host, ("transfer-encoding", "gzip, chunked")],
            &[host, ("transfer-encoding", "identity")],
            &[host, ("x_sclera_user", "eve")],
        ] {
            assert!(!judged("/app", pairs), "{pairs:?}");
        }
        let old = judge(
            &Method::POST,
            &"/a".parse().unwrap(),
            Version::HTTP_10,
            &all(&[("transfer-encoding", "chunked")]),
        );
        assert!(old.is_err());
    }

    #[test]
    fn a_path_belongs_to_the_longest_application() {
        let applications = ["/app", "/app/admin", "/other/"].map(str::to_owned);
        let of = |path: &str| application_of(&applications, path);
        assert_eq!(of("/app"), Some("/app"));
        assert_eq!(of("/app/x"), Some("/app"));
        assert_eq!(of("/app/admin/x"), Some("/app/admin"));
        assert_eq!(of("/app/administrator"), Some("/app"));
        assert_eq!(of("/other"), Some("/other/"));
        assert_eq!((of("/application"), of("/"), of("/APP")), (None, None, None));
        assert_eq!(application_of(&["/".to_owned()], "/anything"), Some("/"));
    }

    #[test]
    fn what_is_for_one_connection_stays_there() {
        let mut given = headers(&[
            ("connection", "close, X-Secret, Host, Upgrade"),
            ("x-secret", "1"),
            ("host", "h"),
            ("keep-alive", "5"),
            ("te", "gzip"),
            ("upgrade", "websocket"),
            ("accept", "*/*"),
        ]);
        assert_eq!(take_hop_by_hop(&mut given).unwrap(), "websocket");
        assert_eq!(given, headers(&[("host", "h"), ("accept", "*/*")]));
        let mut unannounced = headers(&[("upgrade", "websocket")]);
        assert_eq!(take_hop_by_hop(&mut unannounced), None);
        assert!(unannounced.is_empty());
    }

    #[test]
    fn nobody_says_who_it_is_but_the_gate() {
        let mut given = all(&[
            ("x-sclera-user", "eve"),
            ("x-sclera-roles", "%All"),
            ("X-Sclera-Other", "x"),
            ("x-forwarded-for", "1.2.3.4"),
            ("forwarded", "for=1.2.3.4"),
            ("accept", "*/*"),
        ]);
        identify(&mut given, &Identity::of("Zoë", "Nurse"), &told("10.0.0.7"), true);
        let wanted = headers(&[
            ("accept", "*/*"),
            ("x-sclera-user", "Zo%C3%AB"),
            ("x-sclera-roles", "Nurse"),
            ("x-forwarded-for", "10.0.0.7"),
            ("x-forwarded-proto", "https"),
        ]);
        assert_eq!(given, wanted);
    }
}
