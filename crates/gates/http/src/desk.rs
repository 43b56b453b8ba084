//! The desk: what an operation has at hand.

use crate::forwarded::Forwarded;
use crate::operation::{Done, Outcome};
use crate::query::Query;
use crate::reject::{Reject, one_line};
use crate::server::Site;
use crate::shape::{Given, Member};
use crate::strict::Node;
use crate::tasks::Tasks;
use sclera_authn::admission::Transport;
use sclera_core::change::Kind;
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
        if self.exists(kind, name)? {
            Ok(())
        } else {
            Err(Reject::missing(&Status::new(absent(kind), [name])))
        }
    }

    /// The fields of the body as properties.
    pub(crate) fn properties(&self, members: &'static [Member]) -> Result<Properties, Reject> {
        self.given.properties(members)
    }
}

/// The number that says that an object of a kind is not there.
pub(crate) const fn absent(kind: Kind) -> Code {
    match kind {
        Kind::User => Code::UserDoesNotExist,
        Kind::Role => Code::RoleDoesNotExist,
        Kind::Resource => Code::ResourceDoesNotExist,
        Kind::Service => Code::ServiceDoesNotExist,
        Kind::Application => Code::ApplicationDoesNotExist,
        Kind::Event => Code::EventDoesNotExist,
        Kind::SslConfig => Code::SslConfigDoesNotExist,
        Kind::PhoneProvider => Code::PhoneProviderDoesNotExist,
        Kind::LdapConfig
        | Kind::DocDb
        | Kind::X509User
        | Kind::Superserver
        | Kind::System
        | Kind::SqlPrivilege => Code::SystemDoesNotExist,
    }
}

/// What a write did, in one line.
pub(crate) fn wrote(done: &str, kind: Kind, name: &str) -> String {
    one_line(&format!("{done} {} {name}", kind.word()))
}

/// That something was deleted.
pub(crate) fn deleted(kind: Kind, name: &str) -> Done {
    Outcome::written(Value::Object(Map::new()), false, wrote("deleted", kind, name))
}
