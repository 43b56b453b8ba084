//! The desk: what an operation has at hand.

use crate::forwarded::Forwarded;
use crate::operation::{Done, Enveloped, Outcome};
use crate::query::Query;
use crate::reject::{Reject, one_line};
use crate::server::Site;
use crate::shape::{Given, Member};
use crate::strict::Node;
use crate::tasks::{Progress, Tasks};
use sclera_authn::admission::Transport;
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, Kind, no_such_config};
use sclera_core::property::Properties;
use sclera_core::selection::{Matching, Selection};
use sclera_core::status::{Code, Status};
use sclera_engine::{Engine, Refusal, Session};
use sclera_store::port::{Activity, Store};
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::sync::Arc;

/// The most rows of a list where nothing else is said (`admin-api.md` 5.4).
const ROWS: usize = 1_000;
/// The most rows of any list.
const MOST_ROWS: usize = 100_000;

/// What an operation has at hand: who asks what, and whom to ask.
pub(crate) struct Desk<'a, S, A> {
    pub(crate) engine: &'a Arc<Engine<S, A>>,
    pub(crate) tasks: &'a Arc<Tasks>,
    pub(crate) site: &'a Site,
    /// Whoever asks; none where nobody is asked who they are.
    pub(crate) session: Option<Arc<Session>>,
    pub(crate) query: Query,
    /// The members of a body that is an object.
    pub(crate) given: Given<'a>,
    /// Any other body.
    pub(crate) node: Option<Node<'a>>,
    pub(crate) peer: IpAddr,
    pub(crate) transport: Transport,
    /// The token that came along.
    pub(crate) bearer: Option<String>,
    /// The fields of a form.
    pub(crate) form: Query,
    /// The cookie of a session.
    pub(crate) cookie: Option<String>,
    /// The host that the request names.
    pub(crate) host: Option<String>,
    /// What a proxy tells of the request behind it.
    pub(crate) forwarded: Forwarded,
}

impl<S: Store, A: Activity> Desk<'_, S, A> {
    pub(crate) fn session(&self) -> Result<&Session, Reject> {
        self.session.as_deref().ok_or_else(Reject::not_admitted)
    }

    /// A parameter that must be there.
    pub(crate) fn parameter(&self, name: &str) -> Result<&str, Reject> {
        self.query.get(name).ok_or_else(|| Reject::missing_parameter(name))
    }

    /// Where the whole interface is, as whoever asks reaches it.
    pub(crate) fn base(&self) -> String {
        let scheme = if self.transport == Transport::Tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.host.as_deref().unwrap_or("localhost"), self.site.prefix)
    }

    pub(crate) fn name(&self) -> Result<&str, Reject> {
        self.parameter("name")
    }

    /// The most rows that are wanted.
    pub(crate) fn limit(&self) -> Result<usize, Reject> {
        let Some(text) = self.query.get("maxRows").filter(|text| !text.is_empty()) else { return Ok(ROWS) };
        let wrong = |_| Reject::malformed("`maxRows` must be a whole number that is not negative");
        let number: u64 = text.parse().map_err(wrong)?;
        Ok(usize::try_from(number).unwrap_or(MOST_ROWS).min(MOST_ROWS))
    }

    /// The names that are wanted: a comma list, each exact or with a star at its end.
    pub(crate) fn names(&self) -> Selection {
        self.selection("names")
    }

    pub(crate) fn selection(&self, parameter: &str) -> Selection {
        match self.query.get(parameter).map(str::trim) {
            None | Some("") => Selection::all(),
            Some(text) => Selection::new(text, Matching::Exact),
        }
    }

    /// A number that says yes or no: 1 and `true` are yes, whatever else a client sends for no is no (D-12).
    pub(crate) fn says_yes(&self, name: &str) -> Result<bool, Reject> {
        match self.query.get(name) {
            None | Some("" | "0" | "false") => Ok(false),
            Some("1" | "true") => Ok(true),
            Some(_) => Err(Reject::malformed(format!("`{name}` must be 0 or 1"))),
        }
    }

    /// Rows that contain the text of `filter`, as many as are wanted.
    pub(crate) fn filtered(
        &self,
        rows: impl IntoIterator<Item = Map<String, Value>>,
    ) -> Result<Value, Reject> {
        let text = self.query.get("filter").unwrap_or_default().to_lowercase();
        let has = |value: &Value| match value {
            Value::String(value) => value.to_lowercase().contains(&text),
            Value::Number(value) => value.to_string().contains(&text),
            _ => false,
        };
        let wanted = |row: &Map<String, Value>| text.is_empty() || row.values().any(has);
        Ok(rows.into_iter().filter(wanted).take(self.limit()?).map(Value::Object).collect())
    }

    /// The record of an object, or that there is none.
    pub(crate) fn shown(&self, kind: Kind, name: &str) -> Result<Properties, Reject> {
        self.engine.show(self.session()?, kind, name).map_err(|refusal| match &refusal {
            Refusal::Rule { status, .. } => Reject::missing(status),
            _ => refusal.into(),
        })
    }

    /// Tells whether there is an object.
    pub(crate) fn exists(&self, kind: Kind, name: &str) -> Result<bool, Reject> {
        Ok(self.engine.exists(self.session()?, kind, name)?)
    }

    /// Refuses where there is no object; the refusal has the number of its kind.
    pub(crate) fn must_exist(&self, kind: Kind, name: &str) -> Result<(), Reject> {
        if self.exists(kind, name)? { Ok(()) } else { Err(Reject::missing(&absent(kind, name))) }
    }

    /// Queues a task of whoever asks, and says where its result will be.
    pub(crate) fn queued(
        &self,
        name: &'static str,
        work: impl FnOnce(&Progress) -> Result<Value, Reject> + Send + 'static,
    ) -> Done {
        let id = self.tasks.queue(self.session()?.user(), name, self.engine.random_id(), work)?;
        Ok(Outcome::Enveloped(Enveloped {
            status: 202,
            result: Value::Object(Map::new()),
            location: Some(format!("/api/admin/v1/async-result?id={id}")),
            ..Enveloped::default()
        }))
    }

    /// Makes a configuration, or changes what is told of it, with its secret where one comes along; tells whether it is new.
    pub(crate) fn put_config(
        &self,
        (kind, name): (Kind, &str),
        properties: Properties,
        secret: Option<&Secret>,
    ) -> Result<bool, Reject> {
        let (is_new, session) = (!self.exists(kind, name)?, self.session()?);
        let owned = name.to_owned();
        let change = if is_new {
            Change::CreateConfig { kind, name: owned, properties }
        } else {
            Change::ModifyConfig { kind, name: owned, properties }
        };
        match secret {
            Some(secret) => self.engine.submit_with_secret(session, change, (kind, name, secret))?,
            None => self.engine.submit(session, change)?,
        };
        Ok(is_new)
    }

    /// Deletes a configuration.
    pub(crate) fn delete_config(&self, kind: Kind, name: &str) -> Done {
        self.must_exist(kind, name)?;
        self.engine.submit(self.session()?, Change::DeleteConfig { kind, name: name.to_owned() })?;
        deleted(kind, name)
    }

    /// The fields of the body as properties.
    pub(crate) fn properties(&self, members: &'static [Member]) -> Result<Properties, Reject> {
        self.given.properties(members)
    }
}

/// That there is no object of a kind and a name.
pub(crate) fn absent(kind: Kind, name: &str) -> Status {
    match kind {
        Kind::User => Status::new(Code::UserDoesNotExist, [name]),
        Kind::Role => Status::new(Code::RoleDoesNotExist, [name]),
        Kind::Resource => Status::new(Code::ResourceDoesNotExist, [name]),
        Kind::Service => Status::new(Code::ServiceDoesNotExist, [name]),
        Kind::Application => Status::new(Code::ApplicationDoesNotExist, [name]),
        Kind::System | Kind::SqlPrivilege => Status::new(Code::SystemDoesNotExist, [name]),
        Kind::Event
        | Kind::SslConfig
        | Kind::LdapConfig
        | Kind::PhoneProvider
        | Kind::DocDb
        | Kind::X509User
        | Kind::Superserver => no_such_config(kind, name),
    }
}

/// What a write did, in one line.
pub(crate) fn wrote(done: &str, kind: Kind, name: &str) -> String {
    one_line(&format!("{done} {} {name}", kind.word()))
}

/// That a configuration was made or changed, and how it is now.
pub(crate) fn put(is_new: bool, kind: Kind, name: &str, shown: Value) -> Done {
    Outcome::written(shown, is_new, wrote(if is_new { "created" } else { "modified" }, kind, name))
}

/// A secret that came in a body; none is an empty one.
pub(crate) fn secret(text: Option<String>) -> Result<Secret, Reject> {
    let too_long = |_| Reject::malformed(format!("a password has at most {} bytes", Secret::LIMIT));
    Secret::new(text.unwrap_or_default()).map_err(too_long)
}

/// That something was deleted.
pub(crate) fn deleted(kind: Kind, name: &str) -> Done {
    Outcome::written(Value::Object(Map::new()), false, wrote("deleted", kind, name))
}
