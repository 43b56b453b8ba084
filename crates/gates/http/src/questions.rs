//! `/api/sclera/v1`: what may be asked, and how it is answered: the same as the commands do.

use crate::desk::Desk;
use crate::operation::{AtHand, Done, Family, Gate, Operation, Operations, Outcome, Row, Verb};
use crate::reject::Reject;
use crate::shape::{Given, Member, Need, Shape};
use crate::strict::{self, Node, Object};
use sclera_core::decision::Answer;
use sclera_engine::answers::{Answers, Entrance, Source};
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

/// The most questions of one request.
const MOST: usize = 1_000;

const CHECK: &[Member] = &[
    Member::text("Resource").needed(Need::Always).about("the name of a resource"),
    Member::text("Permissions")
        .needed(Need::Never)
        .about("such as READ,WRITE or RW; without it what is held is told"),
    Member::text("User").needed(Need::Never).about("whom it is about; without it whoever asks"),
];

const EXPLAIN: &[Member] = &[
    Member::text("User").needed(Need::Always),
    Member::text("Privilege").needed(Need::Always).about("such as Ward_Chart:W"),
];

const ANSWER: &[Member] = &[
    Member::text("Permissions")
        .needed(Need::Never)
        .about("what is held, where no permissions were asked about"),
    Member::flag("Granted").needed(Need::Never).about("whether all are held that were asked about"),
];

const WHO: &[Member] = &[
    Member::text("Username"),
    Member::text("Roles").about("a comma list"),
    Member::text("Door").about("how the session came in"),
    Member::text("Warning").needed(Need::Never).about("what whoever signed in is to be warned of"),
];

pub(crate) const GROUP: &str = "Decisions";

const fn row(verb: Verb, path: &'static str, summary: &'static str) -> Row {
    Row::new(verb, path, GROUP, summary).family(Family::Sclera).gate(Gate::SignedIn).bare()
}

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const QUESTIONS: &'static [Operation<S, A>] = &[
        Operation::ask(
            row(
                Verb::Post,
                "/api/sclera/v1/check",
                "Tells what is held on a resource, or whether some permissions are",
            )
            .body(Shape::Either(&[Shape::Object(CHECK), Shape::List(&Shape::Object(CHECK))]))
            .gives(Shape::Either(&[Shape::Object(ANSWER), Shape::List(&Shape::Object(ANSWER))]))
            .refuses(&[403]),
            check::<S, A>,
        )
        .or_at_hand(check_at_hand::<S, A>),
        Operation::ask(
            row(Verb::Post, "/api/sclera/v1/explain", "Tells why a privilege is held, or what would give it")
                .fields(EXPLAIN)
                .gives(Shape::Anything)
                .refuses(&[403]),
            explain::<S, A>,
        ),
        Operation::ask(
            row(Verb::Get, "/api/sclera/v1/session", "Tells who signed in").gives(Shape::Object(WHO)),
            session::<S, A>,
        ),
        Operation::ask(
            row(Verb::Post, "/api/sclera/v1/session", "Tells who signed in").gives(Shape::Object(WHO)),
            session::<S, A>,
        ),
    ];
}

fn check<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let checks = Checks::read(desk.node.take())?;
    let (engine, session, answers) = (desk.engine, desk.session()?, Answers::default());
    let ask = |check: &Check| {
        let (resource, wanted) = (&check.resource, check.permissions.as_deref());
        Ok(match &check.user {
            Some(user) => engine.check_user(session, user, resource, wanted)?.answer,
            None => engine.check(session, resource, wanted)?,
        })
    };
    let answer = checks.answer(&ask, &answers)?;
    engine.count_answers(Entrance::Check, Source::Store, &answers);
    Ok(Outcome::Json(answer))
}

/// Whatever is not at hand, or wrong, is left to the work that may wait and knows what to say of it.
fn check_at_hand<S: Store, A: Activity>(at_hand: &AtHand<'_, S, A>) -> Option<Outcome> {
    let AtHand { engine, body, .. } = at_hand;
    let (checks, look) = (Checks::read(strict::parse(body).ok()).ok()?, at_hand.look()?);
    let ask = |check: &Check| {
        let (resource, wanted) = (&check.resource, check.permissions.as_deref());
        match &check.user {
            Some(user) => {
                look.check_user(user, resource, wanted).map(|told| told.answer).ok_or_else(Reject::internal)
            }
            None => Ok(look.check(resource, wanted)),
        }
    };
    let answers = Answers::default();
    let answer = checks.answer(&ask, &answers).ok()?;
    engine.count_answers(Entrance::Check, Source::Memory, &answers);
    Some(Outcome::Json(answer))
}

fn explain<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let user = desk.given.take_text("User").unwrap_or_default();
    let privilege = desk.given.take_text("Privilege").unwrap_or_default();
    Ok(Outcome::Json(desk.engine.explain(desk.session()?, &user, &privilege)?.to_json()))
}

fn session<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let session = desk.session()?;
    let warning = session.warning().map(|warning| ("Warning", warning.to_string()));
    let about = [
        ("Username", session.user().to_owned()),
        ("Roles", session.roles()),
        ("Door", session.door().word().to_owned()),
    ];
    let about = about.into_iter().chain(warning);
    Ok(Outcome::Json(about.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()))
}

/// One question of `check`, or several that are answered in one list.
#[derive(Debug)]
enum Checks {
    One(Check),
    Many(Vec<Check>),
}

/// What is held on a resource, or whether the permissions are; by a user, or by whoever asks.
#[derive(Debug)]
struct Check {
    resource: String,
    permissions: Option<String>,
    user: Option<String>,
}

impl Checks {
    fn read(node: Option<Node>) -> Result<Self, Reject> {
        match node {
            Some(Node::Object(object)) => Ok(Self::One(Check::of(object)?)),
            Some(Node::List(nodes)) if nodes.len() > MOST => {
                Err(Reject::malformed(format!("more than {MOST} questions at once")))
            }
            Some(Node::List(nodes)) => {
                let check = |(position, node)| match node {
                    Node::Object(object) => Check::of(object).map_err(|reject| reject.at(position)),
                    _ => Err(Reject::malformed("a question must be an object").at(position)),
                };
                nodes.into_iter().enumerate().map(check).collect::<Result<_, _>>().map(Self::Many)
            }
            _ => Err(Reject::malformed("the body must be an object or a list of objects")),
        }
    }

    fn answer(
        &self,
        ask: &dyn Fn(&Check) -> Result<Answer, Reject>,
        answers: &Answers,
    ) -> Result<Value, Reject> {
        let counted = |answer| {
            answers.add(answer);
            shown(answer)
        };
        match self {
            Self::One(check) => ask(check).map(counted),
            Self::Many(checks) => {
                let one = |(position, check): (usize, &Check)| {
                    ask(check).map(counted).map_err(|reject| reject.at(position))
                };
                checks.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
        }
    }
}

impl Check {
    fn of(object: Object) -> Result<Self, Reject> {
        let mut given = Given::read(CHECK, object)?;
        Ok(Self {
            resource: given.take_text("Resource").unwrap_or_default(),
            permissions: given.take_text("Permissions"),
            user: given.take_text("User"),
        })
    }
}

/// An unknown user is answered like one that holds nothing.
fn shown(answer: Answer) -> Value {
    match answer {
        Answer::Held(held) => json!({ "Permissions": held.words().to_string() }),
        Answer::Decided(decision) => json!({ "Granted": decision.is_granted() }),
    }
}
