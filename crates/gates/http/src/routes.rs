//! Which path is which operation, and the order of checks before it is done (`admin-api.md` section 2):
//!
//! ```text
//! path ─ method ─ origin ─ sign-in ─ privilege ─ content type ─ parameters ─ body ─ the operation
//!  404     405      403      401        403          415           400        400    404, 409, …
//! ```

use crate::access::{Peer, bearer, wanted};
use crate::access_log::{Answered, Note};
use crate::cross_origin::{self, Sender};
use crate::desk::Desk;
use crate::forward_auth;
use crate::forwarded::{self, Forwarded, Wanted};
use crate::operation::{
    AtHand, Done, Entity, Enveloped, Family, Gate, Operation, Operations, Outcome, Parameter, Row, Verb, Work,
};
use crate::query::Query;
use crate::reject::{JSON, JSON_UTF8, Reject, answer, empty, typed};
use crate::server::{Server, Site};
use crate::shape::{Given, Shape};
use crate::strict::{self, Node};
use crate::tasks::Tasks;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode, Version};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sclera_engine::{Engine, Session};
use sclera_store::port::{Activity, Store};
use sclera_tcp::negotiate;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

/// The table by paths.
pub(crate) struct Routes<S: 'static, A: 'static>(HashMap<&'static str, Vec<&'static Operation<S, A>>>);

impl<S: Store, A: Activity> Routes<S, A> {
    pub(crate) fn new() -> Self {
        let mut routes: HashMap<_, Vec<_>> = HashMap::new();
        for operation in Operations::<S, A>::all() {
            routes.entry(operation.row.path).or_default().push(operation);
        }
        Self(routes)
    }

    fn find(&self, path: &str) -> Option<&[&'static Operation<S, A>]> {
        self.0.get(path).map(Vec::as_slice)
    }
}

impl<S: Store, A: Activity> Operations<S, A> {
    /// Every operation there is.
    pub(crate) fn all() -> impl Iterator<Item = &'static Operation<S, A>> {
        let parts: [&'static [Operation<S, A>]; 22] = [
            Self::HEALTH,
            Self::SIGN_IN,
            Self::INFORMATION,
            Self::USERS,
            Self::ROLES,
            Self::RESOURCES,
            Self::SERVICES,
            Self::SUPERSERVERS,
            Self::TLS,
            Self::LDAP,
            Self::WEB_AUTH,
            Self::APPLICATIONS,
            Self::PRIVILEGED_ROUTINES,
            Self::SQL,
            Self::AUDIT,
            Self::TASKS,
            Self::NEIGHBOURS,
            Self::QUESTIONS,
            Self::SIMULATE,
            Self::AUTHZEN,
            Self::FORWARD_AUTH,
            Self::DOCUMENT,
        ];
        parts.into_iter().flatten().chain(Self::PLANNED.iter().copied().flatten())
    }
}

/// Answers a request within its time.
pub(crate) async fn handle<S: Store, A: Activity>(
    server: &Arc<Server<S, A>>,
    peer: Peer,
    request: Request,
) -> Response<Body> {
    let address = forwarded::address(peer.address, request.headers(), &server.site.trusted);
    let is_trusted = server.site.trusted.has(peer.address);
    let peer = Peer { address, is_trusted, ..peer };
    let (named, version) = (own_name(&request), request.version());
    let note = server.site.log.as_ref().map(|_| Note::new(Instant::now()));
    let asker = Asker { peer, note: note.as_ref() };
    let mut answering = pin!(in_turn(server, asker, request));
    let mut response = match at_once(answering.as_mut()).await {
        Some(response) => response,
        // Most are answered by now, and need no timer.
        None => match tokio::time::timeout(server.limits.request_time, answering).await {
            Ok(response) => response,
            Err(_) => Reject::too_slow().into_response(Family::Sclera, false),
        },
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in HARDENING {
        // A page says more about itself.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let id = named.or_else(|| HeaderValue::try_from(server.request_id()).ok());
    if let (Some(log), Some(note)) = (&server.site.log, &note) {
        log.tell(&Answered {
            at: server.engine.now(),
            id: id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default(),
            peer: address,
            version,
            note,
            status: response.status().as_u16(),
            bytes: response.body().size_hint().exact(),
        });
    }
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Who sends a request, and where it is noted what becomes of it.
#[derive(Clone, Copy)]
struct Asker<'a> {
    peer: Peer,
    /// None where no log is kept.
    note: Option<&'a Note>,
}

/// What a future comes to without waiting; none where it goes on.
async fn at_once<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        })
    })
    .await
}

/// Answers once there is room for one more.
async fn in_turn<S: Store, A: Activity>(
    server: &Arc<Server<S, A>>,
    asker: Asker<'_>,
    request: Request,
) -> Response<Body> {
    let Ok(_room) = server.room.acquire().await else {
        return Reject::busy().into_response(Family::Sclera, false);
    };
    dispatch(server, asker, request).await
}

/// The name that a client of AuthZEN gave its request, which the answer repeats.
fn own_name(request: &Request) -> Option<HeaderValue> {
    let name = request.headers().get(&REQUEST_ID)?;
    let is_name = name.len() <= 128 && !name.is_empty() && name.as_bytes().iter().all(u8::is_ascii_graphic);
    (is_name && request.uri().path().contains("/access/v1/")).then(|| name.clone())
}

async fn dispatch<S: Store, A: Activity>(
    server: &Arc<Server<S, A>>,
    asker: Asker<'_>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let prefix = server.site.prefix.as_str();
    let path = path.strip_prefix(prefix).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let family = Family::of(path);
    // A proxy that puts the path of a request behind ours takes its method along, too.
    let is_asked_by_proxy =
        path.strip_prefix(forward_auth::PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let named = path;
    let path = if is_asked_by_proxy { forward_auth::PATH } else { path };
    let Some(operations) = server.routes.find(path) else {
        return Reject::not_found().into_response(family, false);
    };
    let family = operations.first().map_or(family, |operation| operation.row.family);
    let is_of_proxies = family == Family::ForwardAuth;
    let forwarded = if is_of_proxies {
        Forwarded::of(&parts, named, asker.peer.is_trusted)
    } else {
        Forwarded::nothing()
    };
    let uri = forwarded.uri.clone();
    let sender = match server.sender(&parts, family).await {
        // Whose page sent the request behind a proxy is for what lies behind it to judge.
        _ if is_asked_by_proxy => Sender::Nobody,
        Ok(sender) => sender,
        Err(reject) => return Box::pin(server.refused(reject, family)).await,
    };
    // Whoever asks for the head alone is answered like whoever reads, but where a path tells the two apart.
    let reads = |operation: &&&Operation<S, A>| {
        parts.method == Method::HEAD && family != Family::Admin && operation.row.verb == Verb::Get
    };
    let fits = |operation: &&&Operation<S, A>| is_asked_by_proxy || operation.row.verb.is(&parts.method);
    let exact = operations.iter().find(fits);
    let mut response = match exact.or_else(|| operations.iter().find(reads)) {
        Some(operation) if sender.may_ask() => {
            let mut answer = None;
            let performed = server.perform(operation, asker, (&parts, body), forwarded, &mut answer).await;
            let mut response = match performed {
                Ok(outcome) => written(outcome, operation.row.family),
                Err(reject) => Box::pin(server.refused_at(reject, &operation.row, uri.as_deref())).await,
            };
            if let Some(answer) = answer.and_then(|answer| HeaderValue::try_from(answer).ok()) {
                response.headers_mut().append(WWW_AUTHENTICATE, answer);
            }
            response
        }
        Some(_) => Reject::foreign_origin().into_response(family, false),
        None if parts.method == Method::OPTIONS && sender.is_allowed() => empty(StatusCode::NO_CONTENT),
        None => wrong_method(operations, family),
    };
    cross_origin::tell(&sender, operations.iter().map(|operation| operation.row.verb), &mut response);
    response
}

fn wrong_method<S, A>(operations: &[&'static Operation<S, A>], family: Family) -> Response<Body> {
    let mut response = Reject::wrong_method().into_response(family, false);
    let verbs: Vec<&str> = operations.iter().map(|operation| operation.row.verb.word()).collect();
    if let Ok(allow) = HeaderValue::from_str(&verbs.join(",")) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

impl<S: Store, A: Activity> Server<S, A> {
    /// A refusal, not before it may be shown.
    async fn refused(&self, reject: Reject, family: Family) -> Response<Body> {
        if let Some(due) = reject.shown_from() {
            // Nobody else waits meanwhile.
            tokio::time::sleep_until(due.into()).await;
        }
        let asks_who = family == Family::Admin && reject.status() == StatusCode::UNAUTHORIZED;
        let application = family.application();
        let tokens =
            asks_who && self.ask(move |engine| Ok(engine.takes_tokens(application)?)).await.unwrap_or(false);
        let tickets = reject.status() == StatusCode::UNAUTHORIZED && self.takes_tickets(family).await;
        let mut response = reject.into_response(family, tokens);
        if tickets {
            response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(negotiate::SCHEME));
        }
        response
    }

    async fn takes_tickets(&self, family: Family) -> bool {
        let takes = self.ask(move |engine| Ok(engine.takes_tickets(wanted(engine, family)?.as_deref())?));
        takes.await.unwrap_or(false)
    }

    /// The same; people who are to sign in are shown where.
    async fn refused_at(&self, reject: Reject, row: &Row, uri: Option<&str>) -> Response<Body> {
        let is_unknown = reject.status() == StatusCode::UNAUTHORIZED && row.family == Family::ForwardAuth;
        let response = self.refused(reject, row.family).await;
        match (is_unknown, uri) {
            (true, Some(uri)) if row.path == forward_auth::PATH => forward_auth::way_to_sign_in(uri),
            (true, _) if matches!(row.entity, Entity::Form) => {
                forward_auth::form(StatusCode::UNAUTHORIZED, "/", "You are not signed in.")
            }
            _ => response,
        }
    }

    /// Whose page sent a request, if a browser says so.
    async fn sender(&self, parts: &Parts, family: Family) -> Result<Sender, Reject> {
        let Some(origin) = cross_origin::origin(parts) else { return Ok(Sender::Nobody) };
        if cross_origin::is_own(&origin, parts) {
            return Ok(Sender::Own);
        }
        let application = family.application();
        let allowed = Box::pin(self.ask(move |engine| Ok(engine.allowed_origins(application)?))).await?;
        Ok(cross_origin::judge(origin, &allowed))
    }

    async fn perform(
        &self,
        operation: &'static Operation<S, A>,
        Asker { peer, note }: Asker<'_>,
        (parts, body): (&Parts, Body),
        forwarded: Forwarded,
        answer: &mut Option<String>,
    ) -> Done {
        let row = &operation.row;
        if let Some(note) = note {
            note.is(row);
        }
        let turn = match operation.work {
            Work::Now(work) => return Ok(work()),
            Work::Compare(_) => {
                self.throttled(peer)?;
                Some(self.access.turn().await?)
            }
            Work::Ask(_) | Work::Planned => None,
        };
        if (row.group == "Sign-in" && turn.is_none()) || row.tries {
            self.throttled(peer)?;
        }
        let (session, mut settings) = match row.gate {
            Gate::Open => (None, None),
            _ => self.sign_in(parts, peer, row.family).await.map(|(session, by)| (Some(session), by))?,
        };
        // There another task reads the connection, so that a body can come between that look and the next line.
        settings = settings.filter(|_| parts.version < Version::HTTP_2);
        if let Some(session) = &session {
            *answer = negotiate::answer(session.server_proof());
            if let Some(note) = note {
                note.by(session.user());
            }
        }
        let limit = match row.entity {
            Entity::None => None,
            Entity::Json(_) => Some(self.limits.body_bytes),
            Entity::Form => Some(FORM),
        };
        let mut reading = pin!(whole(body, limit));
        let body = if let Some(body) = at_once(reading.as_mut()).await {
            body
        } else {
            // There may be others by then.
            settings = None;
            reading.await
        };
        // What comes with a query that cannot be read goes the long way, which says what is wrong with it.
        if let (Some(work), Some(session), Ok(body), Ok(query)) =
            (operation.at_hand, &session, &body, query_of(parts.uri.query(), &forwarded))
        {
            let (engine, forwarded) = (&*self.engine, &forwarded);
            let at_hand = AtHand { engine, session, settings, body, query, forwarded };
            if let Some(outcome) = work(&at_hand) {
                return Ok(outcome);
            }
        }
        let request = Asked {
            query: parts.uri.query().map(str::to_owned),
            is_json: is_json(parts),
            bearer: bearer(&parts.headers).map(str::to_owned),
            cookie: forwarded::cookie(&parts.headers),
            host: forwarded::host(parts),
            forwarded,
            peer,
            session,
        };
        let (tasks, site) = (Arc::clone(&self.tasks), Arc::clone(&self.site));
        // Somewhere else, so that a request that is answered by now does not carry the room for it along.
        Box::pin(self.ask(move |engine| {
            let _held = turn;
            let (body, came) = match body {
                Ok(body) => (body, Ok(())),
                Err(reject) => (Bytes::new(), Err(reject)),
            };
            let mut desk = request.desk(row, engine, (&tasks, &site), came.map(|()| &*body))?;
            match operation.work {
                Work::Ask(work) | Work::Compare(work) => work(&mut desk),
                Work::Now(work) => Ok(work()),
                Work::Planned => Err(Reject::planned(&row.title())),
            }
        }))
        .await
    }

    fn throttled(&self, peer: Peer) -> Result<(), Reject> {
        let allows = self.throttle.allows(peer.address, Instant::now());
        if allows { Ok(()) } else { Err(Reject::too_many("too many sign-ins came from this address")) }
    }
}

/// A request of somebody who signed in, not yet looked at.
struct Asked {
    query: Option<String>,
    is_json: bool,
    bearer: Option<String>,
    cookie: Option<String>,
    host: Option<String>,
    forwarded: Forwarded,
    peer: Peer,
    session: Option<Arc<Session>>,
}

impl Asked {
    /// What the operation has at hand, after every check that comes before it.
    fn desk<'a, S: Store, A: Activity>(
        self,
        row: &'static Row,
        engine: &'a Arc<Engine<S, A>>,
        (tasks, site): (&'a Arc<Tasks>, &'a Site),
        body: Result<&'a [u8], Reject>,
    ) -> Result<Desk<'a, S, A>, Reject> {
        let Self { query, is_json, bearer, cookie, host, forwarded, peer, session } = self;
        if let Some(session) = &session {
            authorize(engine, session, row)?;
        }
        let (mut node, mut form) = (None, Query::default());
        if let Entity::Form = row.entity {
            let body = body?;
            let text = str::from_utf8(body).map_err(|_| Reject::malformed("the form is not UTF-8"))?;
            form = Query::read(Some(text))?;
        } else if let Entity::Json(_) = row.entity {
            let body = body?;
            // Our own interface was taken to be JSON before it said so, and goes on that way.
            if row.family == Family::Admin && (body.is_empty() || !is_json) {
                return Err(Reject::not_json());
            }
            node = Some(body);
        }
        let query = query_of(query.as_deref(), &forwarded)?;
        if let Some(missing) = row.parameters.iter().find(|parameter| is_missing(parameter, &query)) {
            return Err(Reject::missing_parameter(missing.name));
        }
        let node = node.map(|body| strict::parse(body).map_err(Reject::malformed)).transpose()?;
        let (given, node) = match (row.entity, node) {
            (Entity::Json(Shape::Object(members)), Some(Node::Object(object))) => {
                (Given::read(members, object)?, None)
            }
            (Entity::Json(Shape::Object(_)), Some(_)) => {
                return Err(Reject::malformed("the body must be an object"));
            }
            (_, node) => (Given::default(), node),
        };
        let Peer { address, transport, .. } = peer;
        Ok(Desk {
            engine,
            tasks,
            site,
            session,
            query,
            given,
            node,
            peer: address,
            transport,
            bearer,
            form,
            cookie,
            host,
            forwarded,
        })
    }
}

/// The query of a request. Behind the path of a proxy stands that of the request behind it, which is none of ours.
fn query_of(given: Option<&str>, forwarded: &Forwarded) -> Result<Query, Reject> {
    Query::read(given.filter(|_| forwarded.wanted == Wanted::InQuery))
}

fn authorize<S: Store, A: Activity>(
    engine: &Engine<S, A>,
    session: &Session,
    row: &Row,
) -> Result<(), Reject> {
    match row.gate {
        Gate::Open | Gate::SignedIn => Ok(()),
        Gate::Use(any_of) => Ok(engine.authorize(session, any_of, &row.title())?),
        Gate::Administrator => Ok(engine.authorize_administrator(session, &row.title())?),
    }
}

fn is_missing(parameter: &Parameter, query: &Query) -> bool {
    parameter.required && query.get(parameter.name).is_none()
}

fn is_json(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn written(outcome: Outcome, family: Family) -> Response<Body> {
    match outcome {
        Outcome::Whole(response) => response,
        Outcome::Json(value) if family == Family::Admin => {
            typed(StatusCode::OK, JSON_UTF8, value.to_string())
        }
        Outcome::Json(value) => answer(StatusCode::OK, &value),
        Outcome::Written(json) => typed(StatusCode::OK, JSON, json),
        Outcome::Enveloped(enveloped) => envelope(enveloped),
    }
}

fn envelope(enveloped: Enveloped) -> Response<Body> {
    let Enveloped { status, result, summary, console, location } = enveloped;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let result = if result.is_null() { Value::Object(serde_json::Map::new()) } else { result };
    let body = json!({
        "status": { "errors": [], "Errors": [], "summary": summary },
        "console": console,
        "result": result,
    });
    let mut response = typed(status, JSON_UTF8, body.to_string());
    if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// The body of a request, if it is not too large; nothing where none is looked at.
async fn whole(body: Body, limit: Option<usize>) -> Result<Bytes, Reject> {
    let Some(limit) = limit else { return Ok(Bytes::new()) };
    if body.size_hint().lower() > limit as u64 {
        return Err(Reject::too_large(limit));
    }
    let collected = Limited::new(body, limit).collect().await;
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| match error.downcast_ref::<LengthLimitError>() {
            Some(_) => Reject::too_large(limit),
            None => Reject::malformed("the body did not come whole"),
        };
    collected.map(http_body_util::Collected::to_bytes).map_err(failed)
}

/// The most bytes of a form.
const FORM: usize = 16 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every answer tells browsers: it is no page, and nothing to show within another.
const HARDENING: [(HeaderName, &str); 4] = [
    (axum::http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (axum::http::header::X_FRAME_OPTIONS, "DENY"),
    (axum::http::header::REFERRER_POLICY, "no-referrer"),
    (axum::http::header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];
