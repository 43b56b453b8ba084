//! OpenID AuthZEN, Authorization API 1.0: whether a subject may perform an action on a resource.
//!
//! A subject of type `user` is a user, a resource of type `resource` is a resource, and the actions are `read`, `write`
//! and `use`. Whatever else is named is permitted to nobody. Properties and context that a caller sends are read and
//! have no part in the decision: what somebody may do stands in the settings, not in the question.

use crate::desk::Desk;
use crate::operation::{AtHand, Done, Family, Gate, Operation, Operations, Outcome, Row, Verb};
use crate::reject::Reject;
use crate::shape::{Member, Need, Shape};
use crate::strict::{self, Node, Object};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sclera_core::decision::{Answer, Decision};
use sclera_core::name::same;
use sclera_core::permission::Permissions;
use sclera_engine::answers::{Answers, Entrance, Source};
use sclera_engine::decide::UserAnswer;
use sclera_engine::search::Found;
use sclera_engine::{Engine, Session};
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The most evaluations of one request.
const MOST: usize = 1_000;
/// The results of a page where nothing else is asked for, and at most.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

const PROPERTIES: Member = Member::new("properties", Shape::Open(&[]))
    .needed(Need::Never)
    .about("they have no part in the decision");
const ENTITY: &[Member] =
    &[Member::text("type").needed(Need::Always), Member::text("id").needed(Need::Always), PROPERTIES];
const SOUGHT: &[Member] =
    &[Member::text("type").needed(Need::Always), Member::text("id").needed(Need::Never), PROPERTIES];
const ACTION: &[Member] =
    &[Member::text("name").needed(Need::Always).about("read, write or use"), PROPERTIES];
const CONTEXT: Member = Member::new("context", Shape::Open(&[])).needed(Need::Never);
const PAGING: Member = Member::new("page", Shape::Open(WHICH_PAGE)).needed(Need::Never);
const WHICH_PAGE: &[Member] = &[
    Member::integer("limit")
        .needed(Need::Never)
        .about("the most results: 100 where it is left out, 1000 at most"),
    Member::text("token").needed(Need::Never).about("`next_token` of the page before; empty for the first"),
];

const EVALUATION: &[Member] = &[
    Member::new("subject", Shape::Open(ENTITY)).needed(Need::Always),
    Member::new("action", Shape::Open(ACTION)).needed(Need::Always),
    Member::new("resource", Shape::Open(ENTITY)).needed(Need::Always),
    CONTEXT,
];
/// An evaluation among several; what it leaves out is that of the whole request.
const PART: &[Member] = &[
    Member::new("subject", Shape::Open(ENTITY)).needed(Need::Never),
    Member::new("action", Shape::Open(ACTION)).needed(Need::Never),
    Member::new("resource", Shape::Open(ENTITY)).needed(Need::Never),
    CONTEXT,
];
const EVALUATIONS: &[Member] = &[
    Member::new("subject", Shape::Open(ENTITY)).needed(Need::Never),
    Member::new("action", Shape::Open(ACTION)).needed(Need::Never),
    Member::new("resource", Shape::Open(ENTITY)).needed(Need::Never),
    CONTEXT,
    Member::new("evaluations", Shape::List(&Shape::Open(PART)))
        .needed(Need::Never)
        .about("what they leave out is that of the whole"),
    Member::new("options", Shape::Open(&[Member::new("evaluations_semantic", SEMANTIC).needed(Need::Never)]))
        .needed(Need::Never),
];
const SEMANTIC: Shape = Shape::Choice(&["execute_all", "deny_on_first_deny", "permit_on_first_permit"]);
const SUBJECT_SEARCH: &[Member] = &[
    Member::new("subject", Shape::Open(SOUGHT)).needed(Need::Always),
    Member::new("action", Shape::Open(ACTION)).needed(Need::Always),
    Member::new("resource", Shape::Open(ENTITY)).needed(Need::Always),
    CONTEXT,
    PAGING,
];
const RESOURCE_SEARCH: &[Member] = &[
    Member::new("subject", Shape::Open(ENTITY)).needed(Need::Always),
    Member::new("action", Shape::Open(ACTION)).needed(Need::Always),
    Member::new("resource", Shape::Open(SOUGHT)).needed(Need::Always),
    CONTEXT,
    PAGING,
];
const ACTION_SEARCH: &[Member] = &[
    Member::new("subject", Shape::Open(ENTITY)).needed(Need::Always),
    Member::new("resource", Shape::Open(ENTITY)).needed(Need::Always),
    CONTEXT,
    PAGING,
];

const DECISION: &[Member] = &[Member::flag("decision"), CONTEXT];
const DECISIONS: &[Member] = &[
    Member::flag("decision").needed(Need::Never),
    Member::new("evaluations", Shape::List(&Shape::Object(DECISION))).needed(Need::Never),
];
const FOUND: &[Member] =
    &[Member::new("results", Shape::List(&Shape::Object(&[Member::text("type"), Member::text("id")]))), NEXT];
const FOUND_ACTIONS: &[Member] =
    &[Member::new("results", Shape::List(&Shape::Object(&[Member::text("name")]))), NEXT];
const NEXT: Member =
    Member::new("page", Shape::Object(&[Member::text("next_token"), Member::integer("count")]));
const METADATA: &[Member] = &[
    Member::text("policy_decision_point"),
    Member::text("access_evaluation_endpoint"),
    Member::text("access_evaluations_endpoint"),
    Member::text("search_subject_endpoint"),
    Member::text("search_resource_endpoint"),
    Member::text("search_action_endpoint"),
];

const fn row(path: &'static str, summary: &'static str, members: &'static [Member]) -> Row {
    // What is not known is left aside there, so that bodies are described here and read by hand.
    Row::new(Verb::Post, path, "AuthZEN", summary)
        .family(Family::AuthZen)
        .gate(Gate::SignedIn)
        .body(Shape::Open(members))
        .bare()
        .refuses(&[403])
}

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const AUTHZEN: &'static [Operation<S, A>] = &[
        Operation::ask(
            row(
                "/access/v1/evaluation",
                "Tells whether a subject may perform an action on a resource",
                EVALUATION,
            )
            .gives(Shape::Object(DECISION)),
            evaluation::<S, A>,
        )
        .or_at_hand(evaluation_at_hand::<S, A>),
        Operation::ask(
            row("/access/v1/evaluations", "Tells so of several at once", EVALUATIONS)
                .gives(Shape::Object(DECISIONS)),
            evaluations::<S, A>,
        )
        .or_at_hand(evaluations_at_hand::<S, A>),
        Operation::ask(
            row("/access/v1/search/subject", "Finds the users who may", SUBJECT_SEARCH)
                .gives(Shape::Object(FOUND)),
            subjects::<S, A>,
        ),
        Operation::ask(
            row("/access/v1/search/resource", "Finds the resources on which a user may", RESOURCE_SEARCH)
                .gives(Shape::Object(FOUND)),
            resources::<S, A>,
        ),
        Operation::ask(
            row("/access/v1/search/action", "Finds what a user may do with a resource", ACTION_SEARCH)
                .gives(Shape::Object(FOUND_ACTIONS)),
            actions::<S, A>,
        ),
        Operation::ask(
            Row::get("/.well-known/authzen-configuration", "AuthZEN", "Tells where all this is")
                .family(Family::AuthZen)
                .gate(Gate::Open)
                .gives(Shape::Object(METADATA))
                .bare(),
            metadata::<S, A>,
        ),
    ];
}

/// One question: who, what, on what.
struct Question<'a> {
    user: Option<&'a str>,
    resource: Option<&'a str>,
    wanted: Option<&'static Action>,
}

/// What may be done with a resource: its name, which the model takes for that of the permission, too.
type Action = (&'static str, Permissions);

const ACTIONS: &[Action] =
    &[("read", Permissions::READ), ("write", Permissions::WRITE), ("use", Permissions::USE)];

impl<'a> Question<'a> {
    /// Reads one; what it leaves out is taken from the whole request.
    fn read(own: &'a Object, whole: Option<&'a Object>) -> Result<Self, Reject> {
        let part = |name: &str| own.get(name).or_else(|| whole.and_then(|whole| whole.get(name)));
        let subject = entity(part("subject"), "subject")?;
        let resource = entity(part("resource"), "resource")?;
        let wanted = action(part("action"))?;
        check_context(part("context"))?;
        Ok(Self { user: of_type(subject, "user"), resource: of_type(resource, "resource"), wanted })
    }

    /// Who it is about asks about itself without a privilege; what cannot be held is held by nobody.
    fn decide(&self, ask: &Ask<'_>) -> Result<bool, Reject> {
        let (Some(user), Some(resource)) = (self.user, self.resource) else {
            // Whoever may not ask about others does not learn which questions there are.
            ask(self.user.unwrap_or_default(), "", None)?;
            return Ok(false);
        };
        let Some((wanted, _)) = self.wanted else {
            ask(user, resource, None)?;
            return Ok(false);
        };
        let answer = ask(user, resource, Some(wanted))?.answer;
        Ok(matches!(answer, Answer::Decided(decision) if decision.is_granted()))
    }
}

/// Asks about a user, a resource and permissions.
type Ask<'a> = dyn Fn(&str, &str, Option<&str>) -> Result<UserAnswer, Reject> + 'a;

/// A part of a question, of which the `properties` are an object where there are any.
fn part<'a>(node: Option<&'a Node<'a>>, what: &str) -> Result<&'a Object<'a>, Reject> {
    let Some(Node::Object(object)) = node else { return Err(wrong(what)) };
    match object.get("properties") {
        None | Some(Node::Object(_)) => Ok(object),
        Some(_) => Err(wrong(&format!("{what}.properties"))),
    }
}

/// Type and id of a subject or resource.
fn entity<'a>(node: Option<&'a Node<'a>>, what: &str) -> Result<(&'a str, &'a str), Reject> {
    let object = part(node, what)?;
    match (text(object, "type"), text(object, "id")) {
        (Some(kind), Some(id)) => Ok((kind, id)),
        _ => Err(Reject::malformed(format!("`{what}` needs the texts `type` and `id`"))),
    }
}

fn of_type<'a>((kind, id): (&str, &'a str), wanted: &str) -> Option<&'a str> {
    (kind == wanted).then_some(id)
}

/// The action that is meant; none where it is not known.
fn action(node: Option<&Node>) -> Result<Option<&'static Action>, Reject> {
    let object = part(node, "action")?;
    let name = text(object, "name").ok_or_else(|| Reject::malformed("`action` needs the text `name`"))?;
    Ok(ACTIONS.iter().find(|(known, _)| same(known, name)))
}

fn check_context(node: Option<&Node>) -> Result<(), Reject> {
    if matches!(node, None | Some(Node::Object(_))) { Ok(()) } else { Err(wrong("context")) }
}

fn text<'a>(object: &'a Object<'a>, name: &str) -> Option<&'a str> {
    match object.get(name) {
        Some(Node::Text(text)) => Some(text),
        _ => None,
    }
}

fn wrong(what: &str) -> Reject {
    Reject::malformed(format!("`{what}` must be an object"))
}

fn body<'a, S: Store, A: Activity>(desk: &mut Desk<'a, S, A>) -> Result<Object<'a>, Reject> {
    match desk.node.take() {
        Some(Node::Object(object)) => Ok(object),
        _ => Err(Reject::malformed("the body must be an object")),
    }
}

/// Asks the engine, which may wait.
fn asking<'a, S: Store, A: Activity>(
    engine: &'a Engine<S, A>,
    session: &'a Session,
) -> impl Fn(&str, &str, Option<&str>) -> Result<UserAnswer, Reject> + 'a {
    |user, resource, wanted| Ok(engine.check_user(session, user, resource, wanted)?)
}

fn evaluation<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    by_the_engine(desk, evaluated)
}

fn evaluations<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    by_the_engine(desk, all_evaluated)
}

fn by_the_engine<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>, work: Work) -> Done {
    let (whole, answers) = (body(desk)?, Answers::default());
    let outcome = work(&whole, &asking(desk.engine, desk.session()?), &answers)?;
    desk.engine.count_answers(Entrance::Evaluation, Source::Store, &answers);
    Ok(outcome)
}

fn evaluation_at_hand<S: Store, A: Activity>(at_hand: &AtHand<'_, S, A>) -> Option<Outcome> {
    by_what_is_at_hand(at_hand, evaluated)
}

fn evaluations_at_hand<S: Store, A: Activity>(at_hand: &AtHand<'_, S, A>) -> Option<Outcome> {
    by_what_is_at_hand(at_hand, all_evaluated)
}

/// Whatever is not at hand, or wrong, is left to the work that may wait and knows what to say of it.
fn by_what_is_at_hand<S: Store, A: Activity>(at_hand: &AtHand<'_, S, A>, work: Work) -> Option<Outcome> {
    let AtHand { engine, body, .. } = at_hand;
    let Ok(Node::Object(whole)) = strict::parse(body) else { return None };
    let look = at_hand.look()?;
    let ask = |user: &str, resource: &str, wanted: Option<&str>| {
        look.check_user(user, resource, wanted).ok_or_else(Reject::internal)
    };
    let answers = Answers::default();
    let outcome = work(&whole, &ask, &answers).ok()?;
    engine.count_answers(Entrance::Evaluation, Source::Memory, &answers);
    Some(outcome)
}

/// Evaluates what a request asks, and counts the answers.
type Work = fn(&Object, &Ask<'_>, &Answers) -> Done;

fn evaluated(whole: &Object, ask: &Ask<'_>, answers: &Answers) -> Done {
    let decision = counted(Question::read(whole, None)?.decide(ask)?, answers);
    Ok(Outcome::Written(told(decision).into()))
}

/// A decision as it is told. This is said of millions of questions, so it stands here in writing.
const fn told(decision: bool) -> &'static str {
    if decision { r#"{"decision":true}"# } else { r#"{"decision":false}"# }
}

fn counted(decision: bool, answers: &Answers) -> bool {
    answers.add(Answer::Decided(Decision::of(decision)));
    decision
}

fn all_evaluated(whole: &Object, ask: &Ask<'_>, answers: &Answers) -> Done {
    let several = match whole.get("evaluations") {
        None => None,
        Some(Node::List(several)) => Some(several).filter(|several| !several.is_empty()),
        Some(_) => return Err(Reject::malformed("`evaluations` must be a list")),
    };
    // Without a list it is one evaluation.
    let Some(several) = several else { return evaluated(whole, ask, answers) };
    if several.len() > MOST {
        return Err(Reject::malformed(format!("more than {MOST} evaluations at once")));
    }
    let last = last_decision(whole)?;
    let mut all = Vec::with_capacity(several.len());
    for (position, one) in several.iter().enumerate() {
        let question = match one {
            Node::Object(object) => Question::read(object, Some(whole)),
            _ => Err(Reject::malformed("an evaluation must be an object")),
        };
        let decision = match question {
            Ok(question) => question.decide(ask).map_err(|reject| reject.at(position))?,
            // One that cannot be read is denied by itself; the others are answered.
            Err(reject) => {
                let error = json!({ "status": reject.status().as_u16(), "message": reject.message() });
                let denied = json!({ "decision": counted(false, answers), "context": { "error": error } });
                all.push(Cow::Owned(denied.to_string()));
                if last == Some(false) {
                    break;
                }
                continue;
            }
        };
        all.push(Cow::Borrowed(told(counted(decision, answers))));
        if last == Some(decision) {
            break;
        }
    }
    Ok(Outcome::Written(format!(r#"{{"evaluations":[{}]}}"#, all.join(",")).into()))
}

/// The decision after which no more are made.
fn last_decision(whole: &Object) -> Result<Option<bool>, Reject> {
    let options = match whole.get("options") {
        None => return Ok(None),
        Some(Node::Object(options)) => options,
        Some(_) => return Err(wrong("options")),
    };
    match options.get("evaluations_semantic") {
        None => Ok(None),
        Some(Node::Text(semantic)) => match semantic.as_ref() {
            "execute_all" => Ok(None),
            "deny_on_first_deny" => Ok(Some(false)),
            "permit_on_first_permit" => Ok(Some(true)),
            _ => Err(Reject::malformed("`evaluations_semantic` is not known")),
        },
        Some(_) => Err(Reject::malformed("`evaluations_semantic` must be a text")),
    }
}

/// Which page of a search is wanted: behind which name, and how long.
fn page(whole: &Object) -> Result<(Option<String>, usize), Reject> {
    let page = match whole.get("page") {
        None => return Ok((None, PAGE)),
        Some(Node::Object(page)) => page,
        Some(_) => return Err(wrong("page")),
    };
    let limit = match page.get("limit") {
        None => PAGE,
        Some(Node::Integer(limit)) if *limit > 0 => usize::try_from(*limit).unwrap_or(PAGE).min(LARGEST_PAGE),
        Some(_) => return Err(Reject::malformed("`limit` must be a whole number above 0")),
    };
    let token = match page.get("token") {
        None => None,
        Some(Node::Text(token)) if token.is_empty() => None,
        Some(Node::Text(token)) => {
            let name =
                URL_SAFE_NO_PAD.decode(token.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Some(name.ok_or_else(|| Reject::malformed("`token` is not one of a page"))?)
        }
        Some(_) => return Err(Reject::malformed("`token` must be a text")),
    };
    Ok((token, limit))
}

fn found(found: &Found, kind: &str) -> Outcome {
    let results: Vec<Value> = found.names.iter().map(|name| json!({ "type": kind, "id": name })).collect();
    let next = found.next.as_ref().map(|name| URL_SAFE_NO_PAD.encode(name)).unwrap_or_default();
    Outcome::Json(json!({ "page": { "next_token": next, "count": results.len() }, "results": results }))
}

/// The type of what is sought.
fn sought<'a>(whole: &'a Object<'a>, what: &str) -> Result<&'a str, Reject> {
    let object = part(whole.get(what), what)?;
    if !matches!(object.get("id"), None | Some(Node::Text(_))) {
        return Err(Reject::malformed(format!("`{what}.id` must be a text, if it is there")));
    }
    text(object, "type").ok_or_else(|| Reject::malformed(format!("`{what}` needs the text `type`")))
}

fn subjects<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let whole = body(desk)?;
    let kind = sought(&whole, "subject")?;
    let resource = of_type(entity(whole.get("resource"), "resource")?, "resource");
    let wanted = action(whole.get("action"))?.map(|(_, wanted)| *wanted);
    let (after, limit) = page(&whole)?;
    check_context(whole.get("context"))?;
    // Asking needs its privilege also where nothing can be found.
    let limit = if kind == "user" && resource.is_some() && wanted.is_some() { limit } else { 0 };
    let resource = resource.unwrap_or_default();
    let wanted = wanted.unwrap_or(Permissions::READ);
    let mut page = desk.engine.holders(desk.session()?, resource, wanted, after.as_deref(), limit)?;
    if limit == 0 {
        page = Found::default();
    }
    Ok(found(&page, "user"))
}

fn resources<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let whole = body(desk)?;
    let user = of_type(entity(whole.get("subject"), "subject")?, "user");
    let kind = sought(&whole, "resource")?;
    let wanted = action(whole.get("action"))?.map(|(_, wanted)| *wanted);
    let (after, limit) = page(&whole)?;
    check_context(whole.get("context"))?;
    let is_answerable = kind == "resource" && user.is_some() && wanted.is_some();
    let (user, wanted) = (user.unwrap_or_default(), wanted.unwrap_or(Permissions::READ));
    let page = desk.engine.held_by(desk.session()?, user, wanted, after.as_deref(), limit)?;
    Ok(found(if is_answerable { &page } else { &EMPTY }, "resource"))
}

/// A page with nothing on it.
static EMPTY: Found = Found { names: Vec::new(), next: None };

fn actions<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let whole = body(desk)?;
    let user = of_type(entity(whole.get("subject"), "subject")?, "user");
    let resource = of_type(entity(whole.get("resource"), "resource")?, "resource");
    let (after, limit) = page(&whole)?;
    check_context(whole.get("context"))?;
    let mut results = Vec::new();
    for action in ACTIONS {
        let (question, name) = (Question { user, resource, wanted: Some(action) }, action.0);
        if question.decide(&asking(desk.engine, desk.session()?))?
            && after.as_deref().is_none_or(|after| name > after)
        {
            results.push(name);
        }
    }
    results.sort_unstable();
    let next = (results.len() > limit).then(|| results.get(limit - 1)).flatten();
    let next = next.map(|name| URL_SAFE_NO_PAD.encode(name)).unwrap_or_default();
    let results: Vec<Value> = results.into_iter().take(limit).map(|name| json!({ "name": name })).collect();
    Ok(Outcome::Json(json!({ "page": { "next_token": next, "count": results.len() }, "results": results })))
}

#[expect(clippy::unnecessary_wraps, reason = "operations may refuse; this one never does")]
fn metadata<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let base = desk.base();
    let at = |path: &str| format!("{base}/access/v1/{path}");
    Ok(Outcome::Json(json!({
        "policy_decision_point": base,
        "access_evaluation_endpoint": at("evaluation"),
        "access_evaluations_endpoint": at("evaluations"),
        "search_subject_endpoint": at("search/subject"),
        "search_resource_endpoint": at("search/resource"),
        "search_action_endpoint": at("search/action"),
    })))
}
