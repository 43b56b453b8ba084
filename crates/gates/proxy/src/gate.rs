//! The gate: from a connection to answers of the upstream.

use crate::pool::Pool;
use crate::rules::{Unfit, application_of, identify, judge, take_hop_by_hop};
use crate::sessions::Sessions;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue,
    SET_COOKIE, UPGRADE, WWW_AUTHENTICATE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use sclera_authn::admission::{Attempt, Offer, Transport};
use sclera_authn::secret::Secret;
use sclera_engine::web::WebApplication;
use sclera_engine::{Door, Refusal, Session};
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Ended, Protection, Protocol, Served, Upstream, Visitor, negotiate};
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// The gate before web applications.
pub struct Proxy {
    applications: Vec<String>,
    pool: Pool,
    protection: Protection,
    sessions: Sessions,
}

type Body = BoxBody<Bytes, hyper::Error>;

impl Proxy {
    /// A gate: which applications of the instance stand behind it, and where they are answered.
    pub fn new(upstream: Upstream, protection: Protection, applications: Vec<String>) -> io::Result<Self> {
        Ok(Self { applications, pool: Pool::new(upstream), protection, sessions: Sessions::new()? })
    }
}

impl<S: Store, A: Activity> Protocol<S, A> for Proxy {
    fn kind(&self) -> &'static str {
        "web"
    }

    fn upstream(&self) -> String {
        self.pool.upstream().to_string()
    }

    fn door(&self) -> Door {
        Door::Http
    }

    fn serve(self: Arc<Self>, visitor: Visitor<S, A>, stream: TcpStream) -> Served {
        Box::pin(async move { self.requests(visitor, stream).await })
    }
}

/// What is the same for all requests of a connection.
struct Line<S, A> {
    visitor: Visitor<S, A>,
    is_tls: bool,
    /// Another protocol that the connection has changed to.
    changed: Mutex<Option<JoinHandle<()>>>,
}

impl Proxy {
    async fn requests<S: Store, A: Activity>(
        &self,
        visitor: Visitor<S, A>,
        stream: TcpStream,
    ) -> Result<(), Ended> {
        let wire = visitor.protect(stream, &self.protection).await?;
        let mut life = visitor.life();
        let line = Line { is_tls: wire.is_protected(), visitor, changed: Mutex::new(None) };
        let line = &line;
        let service = service_fn(move |request| async move {
            Ok::<_, Infallible>(self.answer(line, request).await.unwrap_or_else(|fault| said(&fault)))
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(line.visitor.limits.head_time);
        http.max_buf_size(LARGEST_HEAD).half_close(false);
        {
            let mut connection = pin!(http.serve_connection(TokioIo::new(wire), service).with_upgrades());
            tokio::select! {
                served = connection.as_mut() => {
                    if let Err(error) = served {
                        return Err(Ended::Peer(io::Error::other(error)));
                    }
                }
                () = life.over(None) => return Err(Ended::Cut),
            }
        }
        let changed = line.changed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut changed) = changed else { return Ok(()) };
        tokio::select! {
            _ = &mut changed => Ok(()),
            () = life.over(None) => {
                changed.abort();
                Err(Ended::Cut)
            }
        }
    }

    async fn answer<S: Store, A: Activity>(
        &self,
        line: &Line<S, A>,
        mut request: Request<Incoming>,
    ) -> Result<Response<Body>, Fault> {
        judge(request.method(), request.uri(), request.version(), request.headers())?;
        let name = application_of(&self.applications, request.uri().path()).ok_or(Fault::NotFound)?;
        let application = known(line, name).await?.filter(|known| known.is_enabled).ok_or(Fault::NotFound)?;
        let offered = Offered::of(request.headers(), &application).map_err(|fault| fault.at(&application))?;
        let is_ours = !matches!(offered, Offered::Nothing);
        let entered = self.session(line, name, &application, offered, request.headers()).await;
        let (session, cookie) = entered.map_err(|fault| fault.at(&application))?;
        let answer = negotiate::answer(session.kerberos_answer());
        let roles = session.roles_in(name);
        let headers = request.headers_mut();
        let upgrade = take_hop_by_hop(headers);
        without_ours(headers, name, is_ours);
        identify(headers, session.user(), &roles, line.visitor.peer, line.is_tls);
        if let Some(upgrade) = &upgrade {
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(UPGRADE, upgrade.clone());
        }
        *request.version_mut() = hyper::Version::HTTP_11;
        let client = upgrade.is_some().then(|| hyper::upgrade::on(&mut request));
        let mut response = self.pool.send(request, &line.visitor.limits).await.map_err(Fault::Upstream)?;
        let changed = take_hop_by_hop(response.headers_mut());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let (Some(client), Some(protocol)) = (client, changed) else {
                return Err(Fault::Upstream(io::ErrorKind::InvalidData.into()));
            };
            let upstream = hyper::upgrade::on(&mut response);
            let task = tokio::spawn(pass_on(client, upstream, session));
            *line.changed.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
            response.headers_mut().insert(UPGRADE, protocol);
        }
        if let Some(cookie) = cookie {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        if let Some(answer) = answer.and_then(|answer| HeaderValue::try_from(answer).ok()) {
            response.headers_mut().append(WWW_AUTHENTICATE, answer);
        }
        Ok(response.map(BodyExt::boxed))
    }

    /// The session of a request: by cookie, by name and password, or of nobody in particular. The first time it gets a
    /// cookie, where the application has them.
    async fn session<S: Store, A: Activity>(
        &self,
        line: &Line<S, A>,
        name: &str,
        application: &WebApplication,
        offered: Offered,
        headers: &HeaderMap,
    ) -> Result<(Session, Option<HeaderValue>), Fault> {
        let now = Instant::now();
        // Whoever says name and password is judged by these, and not by a session of before (`services.md` 8.2).
        let mark = match &offered {
            Offered::Password(user, password) => {
                let peer = line.visitor.peer.to_string();
                Some(self.sessions.of_sign_in(name, user, password.expose(), &peer))
            }
            // A ticket is good once.
            Offered::Ticket(_) => None,
            Offered::Nothing => cookie(headers, name).map(|cookie| self.sessions.of_cookie(name, cookie)),
        };
        if let Some(session) = mark.and_then(|mark| self.sessions.find(&mark, application.revision, now)) {
            return Ok((session, None));
        }
        let by_password = mark.filter(|_| matches!(offered, Offered::Password(..)));
        let offer = match offered {
            Offered::Password(name, password) => Offer::Password { name, password },
            Offered::Ticket(token) => Offer::Kerberos(token),
            Offered::Nothing => Offer::Nothing,
        };
        let attempt = Attempt {
            offer,
            application: Some(name.to_owned()),
            transport: if line.is_tls { Transport::Tls } else { Transport::Plain },
            ..line.visitor.attempt()
        };
        let session = line.visitor.admit(attempt).await??;
        if let Some(mark) = by_password {
            self.sessions.remember(mark, session.clone(), application.revision, now);
        }
        if !application.uses_cookies || application.timeout.is_zero() {
            return Ok((session, None));
        }
        let given = self.sessions.keep_by_cookie(name, session.clone(), application.timeout, now);
        let secure = if line.is_tls { "; Secure" } else { "" };
        let given = given.map_err(|_| Fault::Ours)?;
        let given = format!("{}={given}; Path={name}; HttpOnly; SameSite=Strict{secure}", cookie_name(name));
        let given = HeaderValue::from_str(&given).map_err(|_| Fault::Ours)?;
        Ok((session, Some(given)))
    }
}

async fn known<S: Store, A: Activity>(
    line: &Line<S, A>,
    name: &str,
) -> Result<Option<WebApplication>, Fault> {
    if let Some(known) = line.visitor.engine.web_application_at_hand(name) {
        return Ok(known);
    }
    let name = name.to_owned();
    Ok(line.visitor.ask(move |engine| engine.web_application(&name)).await??)
}

/// Passes bytes on between two sides that have changed to another protocol, until one ends or the session does.
async fn pass_on(client: hyper::upgrade::OnUpgrade, upstream: hyper::upgrade::OnUpgrade, session: Session) {
    let (Ok(client), Ok(upstream)) = (client.await, upstream.await) else { return };
    let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
    let ended = async {
        while !session.is_ended() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut upstream) => {}
        () = ended => {}
    }
}

/// What a request offers to the gate.
#[derive(Debug)]
enum Offered {
    Password(String, Secret),
    Ticket(Vec<u8>),
    Nothing,
}

impl Offered {
    /// What `Authorization` offers: Basic, or Negotiate where the application takes tickets. Of a known form and malformed, it
    /// is refused; another scheme is for the upstream, if anybody may come so far.
    fn of(headers: &HeaderMap, application: &WebApplication) -> Result<Self, Fault> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let Some(header) = given.next() else { return Ok(Self::Nothing) };
        if given.next().is_some() {
            return Err(Unfit("there is more than one Authorization").into());
        }
        let Some((scheme, encoded)) = header.to_str().ok().and_then(|text| text.split_once(' ')) else {
            return Ok(Self::Nothing);
        };
        if scheme.eq_ignore_ascii_case("Basic") {
            return password(encoded).ok_or(Fault::NOT_ADMITTED);
        }
        if scheme.eq_ignore_ascii_case(negotiate::SCHEME) && application.takes_tickets {
            return negotiate::token(encoded).map(Self::Ticket).ok_or(Fault::NOT_ADMITTED);
        }
        Ok(Self::Nothing)
    }
}

fn password(encoded: &str) -> Option<Offered> {
    let mut decoded = Zeroizing::new(Vec::new());
    STANDARD.decode_vec(encoded.trim_matches(' '), &mut decoded).ok()?;
    let (name, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(Offered::Password(name.to_owned(), Secret::new(password.to_owned()).ok()?))
}

/// The name of the cookie of an application.
fn cookie_name(application: &str) -> String {
    let letters =
        application.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '-' });
    format!("SCLERA{}", letters.collect::<String>())
}

fn cookie<'a>(headers: &'a HeaderMap, application: &str) -> Option<&'a str> {
    let name = cookie_name(application);
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut named = all.flat_map(|value| value.split(';')).filter_map(|pair| {
        pair.trim().split_once('=').filter(|(known, _)| *known == name).map(|(_, value)| value)
    });
    named.next().filter(|value| value.len() == 64)
}

/// Takes out what is for the gate: its cookies, and what it was offered.
fn without_ours(headers: &mut HeaderMap, application: &str, was_offered: bool) {
    if was_offered {
        headers.remove(AUTHORIZATION);
    }
    let ours = cookie_name(application);
    let kept: Vec<String> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(str::trim)
        .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(ours.as_str()))
        .map(str::to_owned)
        .collect();
    headers.remove(COOKIE);
    if let Ok(value) = HeaderValue::from_str(&kept.join("; "))
        && !kept.is_empty()
    {
        headers.insert(COOKIE, value);
    }
}

/// Why a request gets no answer of the upstream.
#[derive(Debug)]
enum Fault {
    Unfit(Unfit),
    NotFound,
    NotAdmitted {
        /// Whoever comes may show a ticket.
        tickets: bool,
    },
    ChangeRequired,
    Busy,
    Upstream(io::Error),
    Ours,
}

impl Fault {
    const NOT_ADMITTED: Self = Self::NotAdmitted { tickets: false };

    /// The same, knowing where.
    fn at(self, application: &WebApplication) -> Self {
        match self {
            Self::NotAdmitted { .. } => Self::NotAdmitted { tickets: application.takes_tickets },
            other => other,
        }
    }
}

impl From<Unfit> for Fault {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl From<Ended> for Fault {
    fn from(_: Ended) -> Self {
        Self::Ours
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooMany => Self::Busy,
            Refusal::PasswordChangeRequired => Self::ChangeRequired,
            Refusal::Store(_) => Self::Ours,
            _ => Self::NOT_ADMITTED,
        }
    }
}

/// The answer to a request that the upstream does not get. Nobody learns why it was not admitted.
fn said(fault: &Fault) -> Response<Body> {
    let (status, message) = match fault {
        Fault::Unfit(Unfit(why)) => (StatusCode::BAD_REQUEST, *why),
        Fault::NotFound => (StatusCode::NOT_FOUND, "there is nothing at this path"),
        Fault::NotAdmitted { .. } => (StatusCode::UNAUTHORIZED, "Access Denied"),
        Fault::ChangeRequired => (StatusCode::UNAUTHORIZED, "Password change required."),
        Fault::Busy => (StatusCode::SERVICE_UNAVAILABLE, "too many sign in at once; try again"),
        Fault::Upstream(error) if error.kind() == io::ErrorKind::TimedOut => {
            (StatusCode::GATEWAY_TIMEOUT, "what is behind this gate does not answer")
        }
        Fault::Upstream(_) => (StatusCode::BAD_GATEWAY, "what is behind this gate is not available"),
        Fault::Ours => (StatusCode::SERVICE_UNAVAILABLE, "the server cannot tell who this is at the moment"),
    };
    let body = Full::new(Bytes::from_static(message.as_bytes())).map_err(|never| match never {});
    let mut response = Response::new(body.boxed());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let mut put =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    put(CONTENT_TYPE, "text/plain; charset=utf-8");
    put(CACHE_CONTROL, "no-store");
    if status == StatusCode::UNAUTHORIZED {
        put(WWW_AUTHENTICATE, r#"Basic realm="sclera", charset="UTF-8""#);
    }
    if matches!(fault, Fault::NotAdmitted { tickets: true }) {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(negotiate::SCHEME));
    }
    if matches!(fault, Fault::Unfit(_)) {
        // Where the next request begins is not sure.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The most bytes of the head of a request.
const LARGEST_HEAD: usize = 32 * 1024;
/// How often it is looked whether the session of another protocol has ended.
const LOOK: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn our_cookies_and_passwords_go_no_further() {
        let token = "a".repeat(64);
        let said = format!("x=1; SCLERA-app={token}; y=2");
        let mut given = headers(&[("cookie", &said), ("cookie", "z=3"), ("authorization", "Basic YTpi")]);
        assert_eq!(cookie(&given, "/app"), Some(token.as_str()));
        assert_eq!(cookie(&given, "/other"), None);
        without_ours(&mut given, "/app", true);
        assert_eq!(given, headers(&[("cookie", "x=1; y=2; z=3")]));
        let mut bearer = headers(&[("authorization", "Bearer x")]);
        without_ours(&mut bearer, "/app", false);
        assert_eq!(bearer, headers(&[("authorization", "Bearer x")]));
    }

    #[test]
    fn credentials_are_read_once_or_not_at_all() {
        let application = |takes_tickets| WebApplication {
            is_enabled: true,
            timeout: Duration::ZERO,
            uses_cookies: true,
            takes_tickets,
            revision: 1,
        };
        let found = |pairs: &[(&str, &str)], tickets| {
            Offered::of(&headers(pairs), &application(tickets)).map(|offered| match offered {
                Offered::Password(name, _) => name,
                Offered::Ticket(token) => format!("a ticket of {} bytes", token.len()),
                Offered::Nothing => String::new(),
            })
        };
        let of = |pairs: &[(&str, &str)]| found(pairs, true);
        assert_eq!(of(&[("authorization", "Basic YTpi")]).unwrap(), "a");
        assert_eq!(of(&[("authorization", "negotiate YTpi")]).unwrap(), "a ticket of 3 bytes");
        assert_eq!(found(&[("authorization", "Negotiate YTpi")], false).unwrap(), "", "for the upstream");
        assert!(of(&[]).unwrap().is_empty() && of(&[("authorization", "Bearer x")]).unwrap().is_empty());
        assert!(of(&[("authorization", "Negotiate !")]).is_err());
        assert!(of(&[("authorization", "Basic !")]).is_err());
        assert!(of(&[("authorization", "Basic YTpi"), ("authorization", "Basic YTpi")]).is_err());
    }
}
