//! Operations: one row each, from which the routes, the order of checks, the test of privileges and the OpenAPI document
//! are made. What an operation does is a function that only its row names, so that one without a row is dead code.

use crate::desk::Desk;
use crate::forwarded::Forwarded;
use crate::query::Query;
use crate::reject::Reject;
use crate::shape::{Member, Shape};
use axum::body::{Body, Bytes};
use axum::http::{Method, Response};
use sclera_engine::recall::{Look, SettingsAtHand};
use sclera_engine::{Engine, Session};
use sclera_store::port::{Activity, Store};
use serde_json::Value;
use std::borrow::Cow;
use std::marker::PhantomData;

/// The resource that gates security settings.
pub(crate) const SECURE: Gate = Gate::Use(&["%Admin_Secure"]);
/// The resource that gates operating.
pub(crate) const OPERATE: Gate = Gate::Use(&["%Admin_Operate"]);

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Get,
    Head,
    Post,
    Put,
    Delete,
}

impl Verb {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn is(self, method: &Method) -> bool {
        method.as_str() == self.word()
    }
}

/// How a family of operations answers and challenges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Health, in plain text.
    Health,
    /// `/api/admin`, in its envelope.
    Admin,
    /// Our own, with problems by RFC 9457.
    Sclera,
    /// OpenID AuthZEN.
    AuthZen,
    /// Proxies that ask by headers alone.
    ForwardAuth,
}

impl Family {
    /// The family that answers for a path at which there is nothing.
    pub(crate) fn of(path: &str) -> Self {
        let behind = path.strip_prefix(ADMIN);
        if behind.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            Self::Admin
        } else {
            Self::Sclera
        }
    }

    /// The web application whose mechanisms count at the sign-in.
    pub(crate) const fn application(self) -> &'static str {
        match self {
            Self::Admin => ADMIN,
            _ => SCLERA,
        }
    }
}

impl Family {
    /// The word by which the scopes of a machine's credential name it.
    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::AuthZen => "authzen",
            Self::ForwardAuth => "gate",
            Self::Health | Self::Sclera => "check",
        }
    }
}

/// The web application of `/api/admin`.
pub(crate) const ADMIN: &str = "/api/admin";
/// The web application of our own interface.
pub(crate) const SCLERA: &str = "/api/sclera";

/// Who may do it. It is asked before parameters and existence (`admin-api.md` section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Nobody is asked who they are.
    Open,
    /// Whoever signs in; what is asked about others has its privilege in the engine.
    SignedIn,
    /// Whoever holds Use on one of these.
    Use(&'static [&'static str]),
    /// Whoever holds Use on any administrative resource.
    Administrator,
}

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    pub(crate) about: &'static str,
}

impl Parameter {
    pub(crate) const fn required(name: &'static str, about: &'static str) -> Self {
        Self { name, shape: Shape::Text, required: true, about }
    }

    pub(crate) const fn optional(name: &'static str, about: &'static str) -> Self {
        Self { required: false, ..Self::required(name, about) }
    }

    pub(crate) const fn of(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }
}

/// The name of one object.
pub(crate) const NAME: Parameter = Parameter::required("name", "the name of the object");
/// The most rows of a list.
pub(crate) const MAX_ROWS: Parameter =
    Parameter::optional("maxRows", "the most rows; 1000 where it is left out").of(Shape::Integer);
/// Which names a list has.
pub(crate) const NAMES: Parameter =
    Parameter::optional("names", "a comma list of names, each exact or with `*` at its end");
/// What rows of a list contain.
pub(crate) const FILTER: Parameter = Parameter::optional("filter", "a text that the rows contain");

/// What an operation takes in its body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entity {
    /// None; what comes is not looked at.
    None,
    /// JSON of this shape.
    Json(Shape),
    /// The form of a page.
    Form,
}

/// What is known of an operation without doing it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) verb: Verb,
    pub(crate) path: &'static str,
    pub(crate) family: Family,
    pub(crate) group: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) gate: Gate,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) entity: Entity,
    /// What the answer says; in the envelope of its family.
    pub(crate) answer: Option<Shape>,
    /// The answer comes without an envelope.
    pub(crate) bare: bool,
    /// It is about the token that comes along, of whatever user it is.
    pub(crate) ends_tokens: bool,
    /// Somebody can try passwords with it, so that an address has as many as sign-ins.
    pub(crate) tries: bool,
    /// The statuses of success.
    pub(crate) done: &'static [u16],
    /// The statuses of refusals beside those that every operation has.
    pub(crate) refused: &'static [u16],
}

impl Row {
    pub(crate) const fn new(
        verb: Verb,
        path: &'static str,
        group: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            verb,
            path,
            family: Family::Admin,
            group,
            summary,
            gate: SECURE,
            parameters: &[],
            entity: Entity::None,
            answer: None,
            bare: false,
            ends_tokens: false,
            tries: false,
            done: &[200],
            refused: &[],
        }
    }

    pub(crate) const fn get(path: &'static str, group: &'static str, summary: &'static str) -> Self {
        Self::new(Verb::Get, path, group, summary)
    }

    pub(crate) const fn post(path: &'static str, group: &'static str, summary: &'static str) -> Self {
        Self::new(Verb::Post, path, group, summary)
    }

    pub(crate) const fn put(path: &'static str, group: &'static str, summary: &'static str) -> Self {
        Self::new(Verb::Put, path, group, summary)
    }

    pub(crate) const fn delete(path: &'static str, group: &'static str, summary: &'static str) -> Self {
        Self::new(Verb::Delete, path, group, summary)
    }

    pub(crate) const fn family(self, family: Family) -> Self {
        Self { family, ..self }
    }

    pub(crate) const fn gate(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    pub(crate) const fn takes(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    pub(crate) const fn body(self, shape: Shape) -> Self {
        Self { entity: Entity::Json(shape), ..self }
    }

    pub(crate) const fn fields(self, members: &'static [Member]) -> Self {
        self.body(Shape::Object(members))
    }

    pub(crate) const fn form(self) -> Self {
        Self { entity: Entity::Form, ..self }
    }

    pub(crate) const fn gives(self, shape: Shape) -> Self {
        Self { answer: Some(shape), ..self }
    }

    pub(crate) const fn bare(self) -> Self {
        Self { bare: true, ..self }
    }

    pub(crate) const fn ends_tokens(self) -> Self {
        Self { ends_tokens: true, ..self }
    }

    pub(crate) const fn tries(self) -> Self {
        Self { tries: true, ..self }
    }

    pub(crate) const fn done(self, done: &'static [u16]) -> Self {
        Self { done, ..self }
    }

    pub(crate) const fn refuses(self, refused: &'static [u16]) -> Self {
        Self { refused, ..self }
    }

    /// Its name in the OpenAPI document and in records: method and path.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.verb.word(), self.path)
    }
}

/// What came of an operation.
pub(crate) type Done = Result<Outcome, Reject>;

/// A success.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// In the envelope of `/api/admin`.
    Enveloped(Enveloped),
    /// JSON as it stands.
    Json(Value),
    /// JSON that is written already.
    Written(Cow<'static, str>),
    /// An answer as it stands.
    Whole(Response<Body>),
}

/// What stands in the envelope.
#[derive(Debug, Default)]
pub(crate) struct Enveloped {
    pub(crate) status: u16,
    pub(crate) result: Value,
    pub(crate) summary: String,
    pub(crate) console: Vec<String>,
    pub(crate) location: Option<String>,
}

impl Outcome {
    /// A result that was read.
    #[expect(clippy::unnecessary_wraps, reason = "it is the last word of an operation, whose type it has")]
    pub(crate) fn result(result: Value) -> Done {
        Ok(Self::Enveloped(Enveloped { status: 200, result, ..Enveloped::default() }))
    }

    /// A result that was written; `is_new` where there was none before.
    #[expect(clippy::unnecessary_wraps, reason = "it is the last word of an operation, whose type it has")]
    pub(crate) fn written(result: Value, is_new: bool, summary: String) -> Done {
        let status = if is_new { 201 } else { 200 };
        Ok(Self::Enveloped(Enveloped { status, result, summary, ..Enveloped::default() }))
    }
}

/// How an operation is done.
pub(crate) enum Work<S, A> {
    /// At once, without the engine.
    Now(fn() -> Outcome),
    /// By asking the engine, on a thread that may wait.
    Ask(fn(&mut Desk<'_, S, A>) -> Done),
    /// The same for what compares a password: only so many do at once.
    Compare(fn(&mut Desk<'_, S, A>) -> Done),
    /// Not yet.
    Planned,
}

impl<S, A> Clone for Work<S, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, A> Copy for Work<S, A> {}

/// What an operation has that is answered without waiting, or not here.
pub(crate) struct AtHand<'a, S, A> {
    pub(crate) engine: &'a Engine<S, A>,
    pub(crate) session: &'a Session,
    /// By what the session was at hand, if nothing was waited for since.
    pub(crate) settings: Option<SettingsAtHand>,
    pub(crate) body: &'a Bytes,
    pub(crate) query: Query,
    pub(crate) forwarded: &'a Forwarded,
}

impl<S: Store, A: Activity> AtHand<'_, S, A> {
    /// A look at what is in memory.
    pub(crate) fn look(&self) -> Option<Look<'_>> {
        match self.settings.clone() {
            Some(settings) => self.engine.look_at(settings, self.session),
            None => self.engine.look(self.session),
        }
    }
}

/// Work by what is at hand.
pub(crate) type WorkAtHand<S, A> = fn(&AtHand<'_, S, A>) -> Option<Outcome>;

/// An operation: its row and its work.
pub(crate) struct Operation<S, A> {
    pub(crate) row: Row,
    pub(crate) work: Work<S, A>,
    /// The same work where all that it needs is in memory. It may always give nothing; what it gives is what the work would.
    pub(crate) at_hand: Option<WorkAtHand<S, A>>,
}

impl<S: Store, A: Activity> Operation<S, A> {
    pub(crate) const fn ask(row: Row, work: fn(&mut Desk<'_, S, A>) -> Done) -> Self {
        Self { row, work: Work::Ask(work), at_hand: None }
    }

    pub(crate) const fn compare(row: Row, work: fn(&mut Desk<'_, S, A>) -> Done) -> Self {
        Self { row, work: Work::Compare(work), at_hand: None }
    }

    pub(crate) const fn now(row: Row, work: fn() -> Outcome) -> Self {
        Self { row, work: Work::Now(work), at_hand: None }
    }

    /// Adds how it is done at hand. It is for operations that whoever signed in may ask for.
    pub(crate) const fn or_at_hand(mut self, work: WorkAtHand<S, A>) -> Self {
        self.at_hand = Some(work);
        self
    }

    pub(crate) const fn planned(row: Row) -> Self {
        Self { row, work: Work::Planned, at_hand: None }
    }
}

/// The table: each module adds its part of it.
pub(crate) struct Operations<S, A>(PhantomData<(S, A)>);
