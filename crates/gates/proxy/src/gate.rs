//! The gate: from a connection to answers of the upstream.

use crate::cookies;
use crate::documents;
use crate::form::{Wish, is_form};
use crate::page::guard;
use crate::pool::Pool;
use crate::rules::{Identity, Unfit, application_of, identify, judge, take_hop_by_hop, told};
use crate::sessions::{Found, Mark, Sessions};
use crate::sign_in::{Place, is_look, wants_page};
use crate::waiting::Waiting;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE,
    UPGRADE, WWW_AUTHENTICATE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use sclera_authn::admission::{Dialogue, Offer};
use sclera_authn::mechanism::Mechanism;
use sclera_authn::secret::Secret;
use sclera_engine::gate::Progress;
use sclera_engine::web::WebApplication;
use sclera_engine::{Door, Refusal, Session};
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Ended, Protocol, Served, Upstream, Visitor, negotiate};
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
    pub(crate) browsers: Arc<Browsers>,
}

/// What is known of browsers: sessions, and sign-ins that wait for an answer. Gates that share it share logins, where
/// applications do.
pub struct Browsers {
    pub(crate) sessions: Sessions,
    pub(crate) waiting: Waiting,
}

impl Browsers {
    /// Nobody is known. An error means that there are no random numbers.
    pub fn new() -> io::Result<Self> {
        Ok(Self { sessions: Sessions::new()?, waiting: Waiting::default() })
    }
}

type Body = BoxBody<Bytes, hyper::Error>;
/// An answer to a browser.
pub(crate) type Answer = Response<Body>;

impl Proxy {
    /// A gate: which applications of the instance stand behind it, and where they are answered.
    pub fn new(upstream: Upstream, applications: Vec<String>, browsers: Arc<Browsers>) -> Self {
        Self { applications, pool: Pool::new(upstream), browsers }
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
pub(crate) struct Line<S, A> {
    pub(crate) visitor: Visitor<S, A>,
    pub(crate) is_tls: bool,
    /// The address of the visitor, for the upstream.
    peer: HeaderValue,
    /// Another protocol that the connection has changed to.
    changed: Mutex<Option<JoinHandle<()>>>,
}

impl Proxy {
    async fn requests<S: Store, A: Activity>(
        &self,
        visitor: Visitor<S, A>,
        stream: TcpStream,
    ) -> Result<(), Ended> {
        let wire = visitor.protect_speaker(stream).await?;
        let mut life = visitor.life();
        let peer = told(&visitor.peer.to_string());
        let line = Line { is_tls: wire.is_protected(), peer, visitor, changed: Mutex::new(None) };
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
    ) -> Result<Answer, Fault> {
        judge(request.method(), request.uri(), request.version(), request.headers())?;
        let name = application_of(&self.applications, request.uri().path()).ok_or(Fault::NotFound)?;
        let application = known(line, name).await?.filter(|known| known.is_enabled).ok_or(Fault::NotFound)?;
        let place = Place { line, name, application: &application };
        let wish = Wish::of(request.uri());
        if matches!(wish, Wish::LogOut | Wish::LogOutCookie) || (wish == Wish::SignIn && place.has_pages()) {
            return self.own_business(&place, wish, request).await;
        }
        let offered = Offered::of(request.headers(), &application).map_err(|fault| fault.at(&application))?;
        let is_ours = !matches!(offered, Offered::Nothing);
        let Entry { session, who, cookie } = match self.session(&place, offered, &request).await {
            Ok(entry) => entry,
            Err(Fault::NotAdmitted { .. })
                if !is_ours && place.has_pages() && wants_page(request.headers()) =>
            {
                return self.page_instead(&place, request).await;
            }
            Err(fault) => return Err(fault.at(&application)),
        };
        let parts = (request.method(), request.uri(), request.headers());
        if !documents::decide(&line.visitor, &session, name, parts).await??.is_granted() {
            return Err(Fault::Forbidden);
        }
        let answer = negotiate::answer(session.server_proof());
        let headers = request.headers_mut();
        let upgrade = take_hop_by_hop(headers);
        without_ours(headers, is_ours);
        identify(headers, &who, &line.peer, line.is_tls);
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
        cookies::take_from_answer(response.headers_mut());
        if let Some(cookie) = cookie {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        if let Some(answer) = answer.and_then(|answer| HeaderValue::try_from(answer).ok()) {
            response.headers_mut().append(WWW_AUTHENTICATE, answer);
        }
        Ok(response.map(BodyExt::boxed))
    }

    /// The page where people sign in, in place of what was asked for; or at once what its form says, where names and
    /// passwords are taken that no page asked for.
    async fn page_instead<S: Store, A: Activity>(
        &self,
        place: &Place<'_, S, A>,
        request: Request<Incoming>,
    ) -> Result<Answer, Fault> {
        let is_post = request.method() == Method::POST && is_form(request.headers());
        if is_post && !place.application.guards_sign_in {
            return self.sign_in(place, request).await;
        }
        place.page(request.uri(), request.headers(), "")
    }

    /// The session of a request, in the order of `authentication.md` 12.1: whoever says name and password is judged by
    /// these, and not by a session of before; then comes the session of the scope, the login cookie, and nobody in
    /// particular.
    async fn session<S: Store, A: Activity>(
        &self,
        place: &Place<'_, S, A>,
        offered: Offered,
        request: &Request<Incoming>,
    ) -> Result<Entry, Fault> {
        let Place { line, name, application } = *place;
        let (sessions, now) = (&self.browsers.sessions, Instant::now());
        let mark = match &offered {
            Offered::Password(user, password) => {
                let peer = line.visitor.peer.to_string();
                let shown = (user.as_str(), password.expose());
                Some(sessions.of_sign_in(&line.visitor.service, name, shown, &peer))
            }
            // A ticket is good once.
            Offered::Ticket(_) => None,
            Offered::Nothing => self.mark_of(place, request.headers()),
        };
        let found = mark.and_then(|mark| {
            let found = sessions.find(&mark, name, application.revision, application.timeout, now);
            found.map(|found| (mark, found))
        });
        let mut is_known_elsewhere = false;
        match found {
            None => {}
            Some((_, Found::Serves(session, who))) => return Ok(Entry { session, who, cookie: None }),
            Some((mark, Found::Elsewhere(session))) => {
                if let Some(who) = self.serves(place, &mark, &session).await? {
                    return Ok(Entry { session, who, cookie: None });
                }
                is_known_elsewhere = true;
            }
        }
        if matches!(offered, Offered::Nothing) {
            if let Some(entry) = self.by_login_cookie(place, request).await? {
                return Ok(entry);
            }
            if !application.takes_anybody && place.has_pages() && wants_page(request.headers()) {
                return Err(Fault::NOT_ADMITTED);
            }
        }
        let by_password = mark.filter(|_| matches!(offered, Offered::Password(..)));
        let attempt = place.attempt(offered.into(), Dialogue::None);
        let session = line.visitor.admit(attempt).await??;
        if let Some(mark) = by_password {
            sessions.remember(mark, name, session.clone(), application.revision, now);
        }
        // Nobody in particular takes the place of nobody (`authentication.md` 12.1, sticky login).
        let is_less = is_known_elsewhere && session.mechanism() == Mechanism::Unauthenticated;
        if is_less || !application.uses_cookies || application.timeout.is_zero() {
            return Ok(Entry::at(place, session, None));
        }
        let cookie = self.kept(place, &session)?;
        Ok(Entry::at(place, session, Some(cookie)))
    }

    fn mark_of<S: Store, A: Activity>(&self, place: &Place<'_, S, A>, headers: &HeaderMap) -> Option<Mark> {
        let scope = &place.application.scope;
        let cookie = cookies::find(headers, cookies::session(&cookies::of_scope(scope)))?;
        Some(self.browsers.sessions.of_cookie(&place.line.visitor.service, scope, cookie))
    }

    /// Whether a session that began elsewhere in the scope serves this application; it is remembered while nothing changes.
    async fn serves<S: Store, A: Activity>(
        &self,
        place: &Place<'_, S, A>,
        mark: &Mark,
        session: &Session,
    ) -> Result<Option<Identity>, Fault> {
        let (asked, name) = (session.clone(), place.name.to_owned());
        let service = Arc::clone(&place.line.visitor.service);
        if !place.line.visitor.ask(move |engine| engine.serves(&asked, &service, &name)).await?? {
            return Ok(None);
        }
        let who = Identity::of(session.user(), &session.roles_in(place.name));
        self.browsers.sessions.serves(mark, place.name, place.application.revision, who.clone());
        Ok(Some(who))
    }

    /// Lets in whoever has a login cookie, when a person looks at an application. One that is not good is ignored
    /// (DEC-A03).
    async fn by_login_cookie<S: Store, A: Activity>(
        &self,
        place: &Place<'_, S, A>,
        request: &Request<Incoming>,
    ) -> Result<Option<Entry>, Fault> {
        let headers = request.headers();
        let may = place.application.takes_login_cookies && place.has_pages();
        if !may || !is_look(request.method()) || !wants_page(headers) {
            return Ok(None);
        }
        let Some(cookie) = cookies::find(headers, cookies::LOGIN).map(str::to_owned) else { return Ok(None) };
        let (attempt, caller) = (place.attempt(Offer::Nothing, Dialogue::Full), place.line.visitor.caller());
        let begun =
            place.line.visitor.ask(move |engine| engine.begin_by_login_cookie(&cookie, attempt, caller));
        match begun.await?? {
            None | Some(Progress::Refused(_)) => Ok(None),
            Some(Progress::Granted(session)) => {
                let cookie = self.kept(place, &session)?;
                Ok(Some(Entry::at(place, *session, Some(cookie))))
            }
            // Whoever is asked for more signs in by the page.
            Some(Progress::Ask(_, pending)) => {
                place.give_up(pending).await?;
                Ok(None)
            }
        }
    }
}

/// Whoever a request comes in as.
struct Entry {
    session: Session,
    /// Who it is for the upstream.
    who: Identity,
    /// The cookie that carries the session from now on.
    cookie: Option<HeaderValue>,
}

impl Entry {
    fn at<S: Store, A: Activity>(
        place: &Place<'_, S, A>,
        session: Session,
        cookie: Option<HeaderValue>,
    ) -> Self {
        let who = Identity::of(session.user(), &session.roles_in(place.name));
        Self { session, who, cookie }
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

impl From<Offered> for Offer {
    fn from(offered: Offered) -> Self {
        match offered {
            Offered::Password(name, password) => Self::Password { name, password },
            Offered::Ticket(token) => Self::Kerberos(token),
            Offered::Nothing => Self::Nothing,
        }
    }
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

/// Takes out what is for the gate: its cookies, and what it was offered.
fn without_ours(headers: &mut HeaderMap, was_offered: bool) {
    if was_offered {
        headers.remove(AUTHORIZATION);
    }
    cookies::take_from_request(headers);
}

/// Why a request gets no answer of the upstream.
#[derive(Debug)]
pub(crate) enum Fault {
    Unfit(Unfit),
    NotFound,
    NotAdmitted {
        /// Whoever comes may show a ticket.
        tickets: bool,
    },
    ChangeRequired,
    /// Whoever it is lacks a privilege.
    Forbidden,
    Busy,
    Upstream(io::Error),
    Ours,
}

impl Fault {
    const NOT_ADMITTED: Self = Self::NotAdmitted { tickets: false };
    /// A form that is not one, is too large, or did not come in time.
    pub(crate) const UNREADABLE: Self = Self::Unfit(Unfit("the form cannot be read"));

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

/// An answer without a body, which nothing may keep.
pub(crate) fn empty(status: StatusCode) -> Answer {
    text(status, String::new())
}

/// The answer that is a page of the gate. Its status says that nobody is in yet; its challenge is one that browsers leave to
/// the page.
pub(crate) fn page_answer(html: String, tickets: bool) -> Answer {
    let mut response = text(StatusCode::UNAUTHORIZED, html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Form realm="sclera""#));
    if tickets {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(negotiate::SCHEME));
    }
    guard(headers);
    response
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(text.into()).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to a request that the upstream does not get. Nobody learns why it was not admitted.
fn said(fault: &Fault) -> Answer {
    let (status, message) = match fault {
        Fault::Unfit(Unfit(why)) => (StatusCode::BAD_REQUEST, *why),
        Fault::NotFound => (StatusCode::NOT_FOUND, "there is nothing at this path"),
        Fault::NotAdmitted { .. } => (StatusCode::UNAUTHORIZED, "Access Denied"),
        Fault::Forbidden => (StatusCode::FORBIDDEN, "Access Denied"),
        Fault::ChangeRequired => (StatusCode::UNAUTHORIZED, "Password change required."),
        Fault::Busy => (StatusCode::SERVICE_UNAVAILABLE, "too many sign in at once; try again"),
        Fault::Upstream(error) if error.kind() == io::ErrorKind::TimedOut => {
            (StatusCode::GATEWAY_TIMEOUT, "what is behind this gate does not answer")
        }
        Fault::Upstream(_) => (StatusCode::BAD_GATEWAY, "what is behind this gate is not available"),
        Fault::Ours => (StatusCode::SERVICE_UNAVAILABLE, "the server cannot tell who this is at the moment"),
    };
    let mut response = text(status, message);
    let headers = response.headers_mut();
    let mut put =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    put(CONTENT_TYPE, "text/plain; charset=utf-8");
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
    use sclera_engine::web::Scope;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn passwords_go_no_further() {
        let mut given = headers(&[("cookie", "SCLERA-app=1; z=3"), ("authorization", "Basic YTpi")]);
        without_ours(&mut given, true);
        assert_eq!(given, headers(&[("cookie", "z=3")]));
        let mut bearer = headers(&[("authorization", "Bearer x")]);
        without_ours(&mut bearer, false);
        assert_eq!(bearer, headers(&[("authorization", "Bearer x")]));
    }

    #[test]
    fn credentials_are_read_once_or_not_at_all() {
        let application = |takes_tickets| WebApplication {
            is_enabled: true,
            timeout: Duration::ZERO,
            uses_cookies: true,
            takes_tickets,
            takes_passwords: true,
            takes_anybody: false,
            takes_login_cookies: false,
            asks_codes: false,
            guards_sign_in: true,
            scope: Scope {
                name: "/a".to_owned(),
                is_group: false,
                path: "/a".to_owned(),
                same_site: "Strict",
            },
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
