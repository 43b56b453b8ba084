//! The cookies of the gate. Their names begin alike, and what begins so is nobody else's: no upstream sees them or can set
//! one.

use hyper::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use sclera_engine::login_cookies::LENGTH;
use sclera_engine::web::Scope;

/// What the name of every cookie of the gate begins with.
const PREFIX: &str = "SCLERA";
/// The login cookie, which all applications of a host share.
pub(crate) const LOGIN: Name = Name { text: "SCLERA.login", length: LENGTH };
/// The cookie that goes with a page of the gate: who shows the page again is who it was given to.
pub(crate) const PAGE: Name = Name { text: "SCLERA.page", length: RANDOM };
/// The characters of a random value.
const RANDOM: usize = 64;

/// The name of a cookie, and how many characters its value has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    text: &'a str,
    length: usize,
}

/// The name of the cookie that carries the sessions of a scope.
pub(crate) fn of_scope(scope: &Scope) -> String {
    let letters =
        scope.name.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '-' });
    let group = if scope.is_group { ".group-" } else { "" };
    format!("{PREFIX}{group}{}", letters.collect::<String>())
}

/// The name of a session's cookie.
pub(crate) const fn session(text: &str) -> Name<'_> {
    Name { text, length: RANDOM }
}

/// The value that a request brings.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: Name<'_>) -> Option<&'a str> {
    let mut named = pairs(headers).filter_map(|pair| {
        pair.split_once('=').filter(|(known, _)| *known == name.text).map(|(_, value)| value)
    });
    named.next().filter(|value| value.len() == name.length)
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).map(str::trim).filter(|pair| !pair.is_empty())
}

/// Takes the gate's own cookies out of a request.
pub(crate) fn take_from_request(headers: &mut HeaderMap) {
    if !headers.contains_key(COOKIE) {
        return;
    }
    let kept: Vec<&str> = pairs(headers).filter(|pair| !pair.starts_with(PREFIX)).collect();
    let kept = HeaderValue::from_str(&kept.join("; ")).ok().filter(|value| !value.is_empty());
    headers.remove(COOKIE);
    if let Some(kept) = kept {
        headers.insert(COOKIE, kept);
    }
}

/// Takes what an upstream would set in the gate's name out of an answer.
pub(crate) fn take_from_answer(headers: &mut HeaderMap) {
    // One without a name comes back as if what follows the sign were its name.
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'=';
    let is_ours = |value: &HeaderValue| {
        let mut letters = value.as_bytes().iter().copied().skip_while(is_blank);
        PREFIX.bytes().all(|letter| letters.next() == Some(letter))
    };
    if !headers.get_all(SET_COOKIE).iter().any(is_ours) {
        return;
    }
    let kept: Vec<HeaderValue> =
        headers.get_all(SET_COOKIE).iter().filter(|value| !is_ours(value)).cloned().collect();
    headers.remove(SET_COOKIE);
    for value in kept {
        headers.append(SET_COOKIE, value);
    }
}

/// A cookie to be set; one without a value is taken away.
pub(crate) struct Cookie<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    pub(crate) path: &'a str,
    pub(crate) same_site: &'a str,
    /// For how long; none for as long as the browser is open.
    pub(crate) seconds: Option<i64>,
    pub(crate) is_tls: bool,
}

impl Cookie<'_> {
    /// As a header; none where its parts fit into none.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let secure = if self.is_tls || self.same_site == "None" { "; Secure" } else { "" };
        let seconds = if self.value.is_empty() { Some(0) } else { self.seconds };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let Self { name, value, path, same_site, .. } = self;
        if path.contains([';', ',']) {
            return None;
        }
        HeaderValue::try_from(format!(
            "{name}={value}; Path={path}; HttpOnly; SameSite={same_site}{secure}{age}"
        ))
        .ok()
    }
}

impl Name<'static> {
    /// One of the gate's fixed cookies, below a path.
    pub(crate) const fn cookie<'a>(
        self,
        value: &'a str,
        path: &'a str,
        seconds: Option<i64>,
        is_tls: bool,
    ) -> Cookie<'a> {
        Cookie { name: self.text, value, path, same_site: "Strict", seconds, is_tls }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderName;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    fn scope(name: &str, is_group: bool) -> Scope {
        Scope { name: name.to_owned(), is_group, path: "/".to_owned(), same_site: "Strict" }
    }

    #[test]
    fn our_cookies_go_no_further() {
        let token = "a".repeat(64);
        let said = format!("x=1; SCLERA-app={token}; y=2; SCLERA.login=3");
        let mut given = headers(&[("cookie", &said), ("cookie", "z=3")]);
        assert_eq!(find(&given, session(&of_scope(&scope("/app", false)))), Some(token.as_str()));
        assert_eq!(find(&given, session(&of_scope(&scope("app", true)))), None, "a group is no path");
        assert_eq!(find(&given, LOGIN), None, "of another length");
        take_from_request(&mut given);
        assert_eq!(given, headers(&[("cookie", "x=1; y=2; z=3")]));
        let mut ours = headers(&[("cookie", "SCLERA-app=1")]);
        take_from_request(&mut ours);
        assert!(ours.is_empty());
    }

    #[test]
    fn no_upstream_sets_a_cookie_in_our_name() {
        let mut answer = headers(&[
            ("set-cookie", "SCLERA-app=x; Path=/"),
            ("set-cookie", "=SCLERA.login=x"),
            ("set-cookie", " = SCLERA.page=x"),
            ("set-cookie", "y=2"),
        ]);
        take_from_answer(&mut answer);
        assert_eq!(answer, headers(&[("set-cookie", "y=2")]));
    }

    #[test]
    fn cookies_are_as_strict_as_they_can_be() {
        let of = |value, seconds, is_tls| LOGIN.cookie(value, "/", seconds, is_tls).header().unwrap();
        assert_eq!(
            of("v", Some(9), true),
            "SCLERA.login=v; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=9"
        );
        assert_eq!(of("v", None, false), "SCLERA.login=v; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(of("", None, false), "SCLERA.login=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
        assert!(PAGE.cookie("v", "/a;b", None, true).header().is_none());
    }
}
