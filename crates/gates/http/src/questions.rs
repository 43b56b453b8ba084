//! What may be asked, and how it is answered: the same as the commands do.

use crate::reject::Reject;
use crate::strict::{self, Node, Object};
use sclera_core::decision::Answer;
use sclera_engine::{Engine, Session};
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

/// One question of `check`, or several that are answered in one list.
#[derive(Debug)]
pub(crate) enum Checks {
    One(Check),
    Many(Vec<Check>),
}

/// What is held on a resource, or whether the permissions are; by a user, or by whoever asks.
#[derive(Debug)]
pub(crate) struct Check {
    resource: String,
    permissions: Option<String>,
    user: Option<String>,
}

impl Checks {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Reject> {
        match strict::parse(body).map_err(Reject::malformed)? {
            Node::Object(object) => Ok(Self::One(Check::of(object)?)),
            Node::List(nodes) if nodes.len() > MOST => {
                Err(Reject::malformed(format!("more than {MOST} questions at once")))
            }
            Node::List(nodes) => {
                let check = |(position, node)| match node {
                    Node::Object(object) => Check::of(object).map_err(|reject| reject.at(position)),
                    _ => Err(Reject::malformed("a question must be an object").at(position)),
                };
                nodes.into_iter().enumerate().map(check).collect::<Result<_, _>>().map(Self::Many)
            }
            _ => Err(Reject::malformed("the body must be an object or a list of objects")),
        }
    }

    pub(crate) fn answer<S: Store, A: Activity>(
        &self,
        engine: &Engine<S, A>,
        session: &Session,
    ) -> Result<Value, Reject> {
        match self {
            Self::One(check) => check.answer(engine, session),
            Self::Many(checks) => {
                let one = |(position, check): (usize, &Check)| {
                    check.answer(engine, session).map_err(|reject| reject.at(position))
                };
                checks.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
        }
    }
}

impl Check {
    fn of(object: Object) -> Result<Self, Reject> {
        let texts = object.texts(["Resource", "Permissions", "User"]);
        let [resource, permissions, user] = texts.map_err(Reject::malformed)?;
        Ok(Self { resource: resource.ok_or_else(|| missing("Resource"))?, permissions, user })
    }

    /// An unknown user is answered like one that holds nothing.
    fn answer<S: Store, A: Activity>(
        &self,
        engine: &Engine<S, A>,
        session: &Session,
    ) -> Result<Value, Reject> {
        let wanted = self.permissions.as_deref();
        let answer = match &self.user {
            Some(user) => engine.check_user(session, user, &self.resource, wanted)?.answer,
            None => engine.check(session, &self.resource, wanted)?,
        };
        Ok(match answer {
            Answer::Held(held) => json!({ "Permissions": held.words().to_string() }),
            Answer::Decided(decision) => json!({ "Granted": decision.is_granted() }),
        })
    }
}

/// Why a user holds a privilege, or what would grant it.
#[derive(Debug)]
pub(crate) struct Explain {
    user: String,
    privilege: String,
}

impl Explain {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Reject> {
        let Node::Object(object) = strict::parse(body).map_err(Reject::malformed)? else {
            return Err(Reject::malformed("the body must be an object"));
        };
        let [user, privilege] = object.texts(["User", "Privilege"]).map_err(Reject::malformed)?;
        let user = user.ok_or_else(|| missing("User"))?;
        Ok(Self { user, privilege: privilege.ok_or_else(|| missing("Privilege"))? })
    }

    pub(crate) fn answer<S: Store, A: Activity>(
        &self,
        engine: &Engine<S, A>,
        session: &Session,
    ) -> Result<Value, Reject> {
        Ok(engine.explain(session, &self.user, &self.privilege)?.to_json())
    }
}

/// Who asks.
pub(crate) fn who(session: &Session) -> Value {
    let warning = session.warning().map(|warning| ("Warning", warning.to_string()));
    let about = [
        ("Username", session.user().to_owned()),
        ("Roles", session.roles()),
        ("Door", session.door().word().to_owned()),
    ];
    about.into_iter().chain(warning).map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

fn missing(key: &str) -> Reject {
    Reject::malformed(format!("`{key}` is missing"))
}

/// The most questions of one request.
const MOST: usize = 1_000;
