//! `/api/sclera/v1/simulate`: how an admission would go, and what changes would do to who may do what. Both are rehearsed
//! by the rules that the real thing goes by, and leave nothing behind.

use crate::admin::{resources::RESOURCE, roles::ROLE, users, users::USER};
use crate::desk::Desk;
use crate::operation::{Done, Family, Gate, Operation, Operations, Outcome, Row};
use crate::questions::GROUP;
use crate::reject::Reject;
use crate::shape::{Given, Member, Need, Shape};
use crate::strict::{Node, Object};
use sclera_authn::admission::{Attempt, Dialogue, Finding, Note, Offer, Question, Reply};
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_engine::Door;
use sclera_engine::administer::{Asked, Mode, Request};
use sclera_engine::gate::Caller;
use sclera_store::port::{Activity, Store};
use serde_json::{Map, Value, json};

/// The most changes of one request.
const MOST: usize = 100;

const ADMISSION: &[Member] = &[
    Member::text("Service").needed(Need::Always).about("the service that would be called"),
    Member::text("User").needed(Need::Always).about("who would come, with a right password"),
    Member::text("Peer").needed(Need::Never).about("the address it would come from"),
    Member::text("Application").needed(Need::Never).about("the web application that would be wanted"),
];

const CHANGES: &[Member] = &[Member::new(
    "Changes",
    Shape::List(&Shape::Either(&[
        Shape::Object(PUT_RESOURCE),
        Shape::Object(PUT_ROLE),
        Shape::Object(PUT_USER),
        Shape::Object(DELETION),
    ])),
)
.needed(Need::Always)
.about("made in order, as one: if a rule refuses one of them, none could be made")];

const PUT_RESOURCE: &[Member] = &put(&[RESOURCE_WORD], &Shape::Object(RESOURCE));
const PUT_ROLE: &[Member] = &put(&[ROLE_WORD], &Shape::Object(ROLE));
const PUT_USER: &[Member] = &put(&[USER_WORD], &Shape::Object(USER));

/// Makes or changes an object.
const fn put(kind: &'static [&'static str], properties: &Shape) -> [Member; 4] {
    [
        Member::new("Action", Shape::Choice(&[PUT])).needed(Need::Always),
        Member::new("Kind", Shape::Choice(kind)).needed(Need::Always),
        Member::text("Name").needed(Need::Always),
        Member::new("Properties", *properties)
            .needed(Need::Always)
            .about("what the operation of `/api/admin` takes; what is not named stays as it is"),
    ]
}

const DELETION: &[Member] = &[
    Member::new("Action", Shape::Choice(&[DELETE])).needed(Need::Always),
    Member::new("Kind", Shape::Choice(&[RESOURCE_WORD, ROLE_WORD, USER_WORD])).needed(Need::Always),
    Member::text("Name").needed(Need::Always),
];

const PUT: &str = "put";
const DELETE: &str = "delete";
const RESOURCE_WORD: &str = Kind::Resource.word();
const ROLE_WORD: &str = Kind::Role.word();
const USER_WORD: &str = Kind::User.word();

const COURSE: &[Member] = &[
    Member::flag("Admitted"),
    Member::text("Username"),
    Member::text("Roles"),
    Member::text("Told").about("what the caller would be told"),
    Member::text("Reason").about("why, which no caller is told"),
    Member::new(
        "Steps",
        Shape::List(&Shape::Object(&[Member::text("Step"), Member::text("Outcome"), Member::text("Found")])),
    ),
];

const RECEIPT: &[Member] = &[
    Member::new("Plan", Shape::List(&Shape::Object(STEP))).about("what the journal would say"),
    Member::new("Effects", Shape::List(&Shape::Object(EFFECT)))
        .about("who would gain and lose what; those who gain and lose the same are told together"),
];

const STEP: &[Member] = &[
    Member::new("Action", Shape::Choice(&["Create", "Modify", "Delete"])),
    Member::text("Kind"),
    Member::text("Name"),
    Member::new(
        "Properties",
        Shape::List(&Shape::Object(&[
            Member::text("Property"),
            Member::text("OldValue"),
            Member::text("NewValue"),
        ])),
    ),
];

const EFFECT: &[Member] = &[
    Member::flag("Everybody").about("it is about all, by what is public"),
    Member::texts("Users").about("the first of them"),
    Member::integer("Count"),
    Member::new("RolesBefore", ROLES).about("null where nobody could log in"),
    Member::new("RolesAfter", ROLES).about("null where nobody could log in"),
    Member::new("Gains", HELD).about("the resource `*` is everything"),
    Member::new("Loses", HELD),
];

const ROLES: Shape = Shape::Either(&[Shape::Texts(','), Shape::Null]);
const HELD: Shape = Shape::List(&Shape::Object(&[Member::text("Resource"), Member::text("Permissions")]));

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const SIMULATE: &'static [Operation<S, A>] = &[Operation::ask(
        Row::post(
            "/api/sclera/v1/simulate",
            GROUP,
            "Tells how an admission would go, or who would gain and lose what by changes; leaves no trace",
        )
        .family(Family::Sclera)
        .gate(Gate::SignedIn)
        .bare()
        .body(Shape::Either(&[Shape::Object(ADMISSION), Shape::Object(CHANGES)]))
        .gives(Shape::Either(&[Shape::Object(COURSE), Shape::Object(RECEIPT)]))
        .refuses(&[403, 409]),
        simulate::<S, A>,
    )];
}

fn simulate<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    match desk.node.take() {
        Some(Node::Object(object)) if object.get("Changes").is_some() => change(desk, object),
        Some(Node::Object(object)) => admission(desk, Given::read(ADMISSION, object)?),
        _ => Err(Reject::malformed("the body must be an object")),
    }
}

fn change<S: Store, A: Activity>(desk: &Desk<'_, S, A>, object: Object) -> Done {
    let Some(Node::List(changes)) = Given::read(CHANGES, object)?.take("Changes") else {
        return Err(Reject::missing_field("Changes"));
    };
    if changes.len() > MOST {
        return Err(Reject::malformed(format!("more than {MOST} changes at once")));
    }
    let asked: Vec<Asked> = changes
        .into_iter()
        .enumerate()
        .map(|(position, node)| {
            let request = requested(node).map_err(|reject| reject.at(position))?;
            Ok(Asked { request, place: format!("[{position}]") })
        })
        .collect::<Result<_, Reject>>()?;
    let receipt = desk.engine.submit_all(desk.session()?, asked, Mode::Simulate)?;
    Ok(Outcome::Json(json!({ "Plan": receipt.plan(), "Effects": receipt.effects() })))
}

/// One of the changes.
fn requested(node: Node) -> Result<Request, Reject> {
    let Node::Object(object) = node else { return Err(Reject::malformed("a change must be an object")) };
    let word = |name: &str| match object.get(name) {
        Some(Node::Text(text)) => text.to_string(),
        _ => String::new(),
    };
    let (action, kind) = (word("Action"), word("Kind"));
    let members = match (action.as_str(), kind.as_str()) {
        (DELETE, RESOURCE_WORD | ROLE_WORD | USER_WORD) => DELETION,
        (PUT, RESOURCE_WORD) => PUT_RESOURCE,
        (PUT, ROLE_WORD) => PUT_ROLE,
        (PUT, USER_WORD) => PUT_USER,
        (PUT | DELETE, _) => return Err(Reject::malformed("`Kind` must be resource, role or user")),
        _ => return Err(Reject::malformed("`Action` must be put or delete")),
    };
    let mut given = Given::read(members, object)?;
    let name = given.take_text("Name").unwrap_or_default();
    let Some(Node::Object(properties)) = given.take("Properties") else {
        return Ok(Request::Change(match kind.as_str() {
            RESOURCE_WORD => Change::DeleteResource { name },
            ROLE_WORD => Change::DeleteRole { name },
            _ => Change::DeleteUser { name },
        }));
    };
    let (kind, properties) = typed(&kind, properties)?;
    // Which password an account has makes no difference to who may do what.
    Ok(Request::Merge { kind, name, properties, credential: None })
}

fn typed(kind: &str, properties: Object) -> Result<(Kind, Properties), Reject> {
    Ok(match kind {
        RESOURCE_WORD => (Kind::Resource, Given::read(RESOURCE, properties)?.properties(RESOURCE)?),
        ROLE_WORD => (Kind::Role, Given::read(ROLE, properties)?.properties(ROLE)?),
        _ => (Kind::User, users::properties(&Given::read(USER, properties)?)?),
    })
}

fn admission<S: Store, A: Activity>(desk: &Desk<'_, S, A>, mut given: Given) -> Done {
    let service = given.take_text("Service").unwrap_or_default();
    let user = given.take_text("User").unwrap_or_default();
    let peer = given.take_text("Peer").filter(|peer| !peer.is_empty());
    let peer = peer.map(|peer| peer.parse().map_err(|_| Reject::malformed("`Peer` must be an address")));
    let attempt = Attempt {
        peer: peer.transpose()?,
        // The operating system would say so of a caller of this name.
        os_user: Some(user.clone()),
        dialogue: Dialogue::Codes,
        offer: Offer::Password { name: user, password: Secret::default() },
        application: given.take_text("Application").filter(|name| !name.is_empty()),
        ..Attempt::at(&service)
    };
    let caller = Caller { door: Door::Http, os_user: None };
    let answer = &mut |question: &Question| match question {
        Question::OneTimeCode { .. } | Question::SentCode { .. } => Reply::Code(Secret::default()),
        _ => Reply::Aborted,
    };
    let watched = desk.engine.watch(desk.session()?, attempt, caller, true, answer)?;
    let mut course: Map<String, Value> =
        COURSE.iter().map(|member| (member.name.to_owned(), Value::from(""))).collect();
    let mut tell = |name: &str, value: Value| course.insert(name.to_owned(), value);
    tell("Admitted", json!(watched.outcome.is_ok()));
    match watched.outcome {
        Ok(session) => {
            tell("Username", json!(session.user()));
            tell("Roles", json!(session.roles()));
        }
        Err((refusal, why)) => {
            tell("Told", json!(refusal.to_string()));
            tell("Reason", json!(why.map(|why| why.to_string()).unwrap_or_default()));
        }
    }
    tell("Steps", watched.trace.iter().map(step).collect());
    Ok(Outcome::Json(Value::Object(course)))
}

fn step(note: &Note) -> Value {
    let (outcome, found) = match &note.found {
        Finding::Passed(text) => ("passed", text.clone()),
        Finding::Skipped(text) => ("skipped", text.clone()),
        Finding::Failed(status) => ("failed", status.to_string()),
    };
    json!({ "Step": note.step, "Outcome": outcome, "Found": found })
}
