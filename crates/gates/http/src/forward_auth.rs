//! Forward authentication: a proxy asks before it lets a request through (nginx `auth_request`, Traefik `forwardAuth`,
//! Caddy `forward_auth`, Envoy `ext_authz` over HTTP).
//!
//! Whoever asks comes with a cookie of `/gate/sign-in`, a token, or name and password. What is asked for stands where the
//! proxy's own configuration writes it: in `?privilege=` of the path `/gate/auth`, or, of Envoy, which puts the path of the
//! request behind it, in the header `X-Sclera-Privilege`. Headers that tell of the request behind the proxy are believed
//! only from proxies that the configuration names.

use crate::desk::Desk;
use crate::forwarded::{Forwarded, Wanted};
use crate::operation::{AtHand, Done, Family, Gate, Operation, Operations, Outcome, Parameter, Row};
use crate::query::Query;
use crate::reject::{Reject, empty, typed};
use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use axum::http::{Response, StatusCode};
use sclera_authn::secret::Secret;
use sclera_core::decision::{Answer, Decision};
use sclera_core::privilege::Requirement;
use sclera_engine::answers::{Answers, Entrance, Source};
use sclera_engine::tokens::WebSignIn;
use sclera_engine::{Engine, Session};
use sclera_store::port::{Activity, Store};
use std::time::Instant;

/// The path that proxies ask.
pub(crate) const PATH: &str = "/gate/auth";
/// The cookie of a session. Its name has browsers keep it to this host, to TLS, and to the whole of it.
pub(crate) const COOKIE: &str = "__Host-sclera";
const SIGN_IN: &str = "/gate/sign-in";
const SIGN_OUT: &str = "/gate/sign-out";
/// The longest place to go to after a sign-in.
const LONGEST_NEXT: usize = 2_048;

const PRIVILEGE: Parameter = Parameter::optional(
    "privilege",
    "what must be held, such as `Ward_Chart:R,Desk:U`; without it whoever signs in is let through",
);
const NEXT: Parameter = Parameter::optional("next", "the path to go to afterwards");

const fn row(row: Row) -> Row {
    row.family(Family::ForwardAuth).bare()
}

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const FORWARD_AUTH: &'static [Operation<S, A>] = &[
        Operation::ask(
            row(Row::get(PATH, "Forward authentication", "Tells a proxy whether to let a request through"))
                .gate(Gate::SignedIn)
                .takes(&[PRIVILEGE])
                .refuses(&[302, 403]),
            judge::<S, A>,
        )
        .or_at_hand(judge_at_hand::<S, A>),
        Operation::ask(
            row(Row::get(SIGN_IN, "Forward authentication", "The page where people sign in"))
                .gate(Gate::Open)
                .takes(&[NEXT]),
            page::<S, A>,
        ),
        Operation::compare(
            row(Row::post(SIGN_IN, "Forward authentication", "Signs in with a form, and sets the cookie"))
                .gate(Gate::Open)
                .form()
                .done(&[303])
                .refuses(&[400, 401, 403, 429]),
            sign_in::<S, A>,
        ),
        Operation::ask(
            row(Row::post(SIGN_OUT, "Forward authentication", "Ends the session of the cookie"))
                .gate(Gate::Open)
                .done(&[303])
                .refuses(&[403]),
            sign_out::<S, A>,
        ),
    ];
}

fn judge<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let session = desk.session()?;
    let wanted = wanted(&desk.forwarded, &desk.query)?;
    let requirement = Requirement::parse(wanted)?;
    let held = desk.engine.demand(session, &requirement, &desk.forwarded.operation)?;
    count(desk.engine, Source::Store, held);
    if !held.is_granted() {
        return Err(Reject::not_held(wanted));
    }
    Ok(let_through(session))
}

/// Whoever is not let through, and whatever is not at hand, is left to the work that may wait: it records refusals.
fn judge_at_hand<S: Store, A: Activity>(at_hand: &AtHand<'_, S, A>) -> Option<Outcome> {
    let AtHand { engine, session, query, forwarded, .. } = at_hand;
    let requirement = Requirement::parse(wanted(forwarded, query).ok()?).ok()?;
    if !at_hand.look()?.meets(&requirement) {
        return None;
    }
    count(engine, Source::Memory, Decision::Granted);
    Some(let_through(session))
}

fn count<S: Store, A: Activity>(engine: &Engine<S, A>, source: Source, decision: Decision) {
    engine.count_answers(Entrance::ForwardAuth, source, &Answers::of(Answer::Decided(decision)));
}

/// What must be held to be let through.
fn wanted<'a>(forwarded: &'a Forwarded, query: &'a Query) -> Result<&'a str, Reject> {
    match &forwarded.wanted {
        Wanted::InQuery => Ok(query.get("privilege").unwrap_or_default()),
        Wanted::Told(wanted) => Ok(wanted),
        Wanted::Nowhere => Err(Reject::unnamed_privilege()),
    }
}

fn let_through(session: &Session) -> Outcome {
    let mut response = empty(StatusCode::OK);
    put(&mut response, "x-sclera-user", &visible(session.user()));
    put(&mut response, "x-sclera-roles", &visible(&session.roles()));
    Outcome::Whole(response)
}

fn put(response: &mut Response<Body>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// A text as headers carry it: what is not visible ASCII, and the percent sign, as escapes.
fn visible(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b' '..=b'~' if byte != b'%' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "operations may refuse; this one never does")]
fn page<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Ok(Outcome::Whole(form(StatusCode::OK, next(desk.query.get("next")), "")))
}

fn sign_in<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let begun = Instant::now();
    let secret = |name: &str| {
        let text = desk.form.get(name).filter(|text| !text.is_empty());
        text.map(|text| Secret::new(text.to_owned()).map_err(|_| Reject::not_admitted())).transpose()
    };
    let sign_in = WebSignIn {
        name: desk.form.get("user").unwrap_or_default().to_owned(),
        password: secret("password")?.unwrap_or_default(),
        code: secret("totp")?.or(secret("code")?),
        peer: desk.peer,
        application: Some(Family::ForwardAuth.application().to_owned()),
        transport: desk.transport,
        may_return: true,
    };
    let next = next(desk.form.get("next"));
    let begun_session = desk.engine.begin_cookie(sign_in, &desk.site.issuer);
    let (token, seconds) = match begun_session {
        Ok(begun) => begun,
        Err(refusal) => {
            let due = desk.engine.refusal_due(begun, Instant::now());
            return Err(Reject::from(refusal).due(due));
        }
    };
    let mut response = empty(StatusCode::SEE_OTHER);
    put(&mut response, "location", next);
    let cookie = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(Outcome::Whole(response))
}

#[expect(clippy::unnecessary_wraps, reason = "operations may refuse; this one never does")]
fn sign_out<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    if let Some(token) = &desk.cookie {
        // A cookie of a session that ended already is cleared all the same.
        let _ = desk.engine.end_cookie(token);
    }
    let mut response = empty(StatusCode::SEE_OTHER);
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(SIGN_IN));
    let gone = HeaderValue::from_static("__Host-sclera=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    response.headers_mut().insert(SET_COOKIE, gone);
    Ok(Outcome::Whole(response))
}

/// Where to go after a sign-in: a path of the same host, and nothing that a browser takes for another host.
fn next(wanted: Option<&str>) -> &str {
    let wanted = wanted.unwrap_or("/");
    let is_path = wanted.starts_with('/') && !wanted.starts_with("//") && wanted.len() <= LONGEST_NEXT;
    if is_path && wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') { wanted } else { "/" }
}

/// The page with the form.
pub(crate) fn form(status: StatusCode, next: &str, told: &str) -> Response<Body> {
    let escaped = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let told =
        if told.is_empty() { String::new() } else { format!("<p role=\"alert\">{}</p>", escaped(told)) };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sign in</title>{told}\
         <form method=\"post\" action=\"{SIGN_IN}\">\
         <p><label>User <input name=\"user\" autocomplete=\"username\" required autofocus></label></p>\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label></p>\
         <p><label>Code, if one is asked or was sent <input name=\"totp\" autocomplete=\"one-time-code\"></label></p>\
         <input name=\"next\" type=\"hidden\" value=\"{}\"><p><button>Sign in</button></p></form></html>",
        escaped(next)
    );
    let mut response = typed(status, "text/html; charset=utf-8", page);
    let policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// Where a browser is sent to sign in, and to come back from.
pub(crate) fn way_to_sign_in(uri: &str) -> Response<Body> {
    let mut response = empty(StatusCode::FOUND);
    let back: String = next(Some(uri))
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    put(&mut response, "location", &format!("{SIGN_IN}?next={back}"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        for (wanted, gone_to) in [
            ("/ward?bed=7", "/ward?bed=7"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/a b", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("", "/"),
        ] {
            assert_eq!(next(Some(wanted)), gone_to, "{wanted}");
        }
        assert_eq!(next(None), "/");
    }

    #[test]
    fn headers_carry_names_of_all_kinds() {
        assert_eq!(visible("Ann Lée,100%\n"), "Ann L%C3%A9e,100%25%0A");
    }
}
