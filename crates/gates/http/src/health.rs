//! Health, for whoever watches over the server.

use crate::desk::Desk;
use crate::operation::{Done, Family, Gate, Operation, Operations, Outcome, Row};
use crate::reject::{plain, word};
use crate::shape::Shape;
use axum::http::StatusCode;
use sclera_store::port::{Activity, Store};

const fn row(path: &'static str, summary: &'static str) -> Row {
    Row::get(path, "Health", summary).family(Family::Health).gate(Gate::Open).gives(Shape::Text).bare()
}

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const HEALTH: &'static [Operation<S, A>] = &[
        Operation::now(row("/livez", "Tells that the server is there"), live),
        Operation::ask(row("/readyz", "Tells whether the store can be read").refuses(&[503]), ready::<S, A>),
    ];
}

fn live() -> Outcome {
    Outcome::Whole(plain(StatusCode::OK, "ok"))
}

#[expect(clippy::unnecessary_wraps, reason = "operations may refuse; this one tells what is wrong")]
fn ready<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Ok(Outcome::Whole(match desk.engine.revision() {
        Ok(_) => plain(StatusCode::OK, "ready"),
        Err(refusal) => plain(StatusCode::SERVICE_UNAVAILABLE, word(&refusal)),
    }))
}
