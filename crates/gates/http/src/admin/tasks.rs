//! Tasks and their results (`admin-api.md` 5.3).

use crate::desk::Desk;
use crate::operation::{Done, MAX_ROWS, OPERATE, Operation, Operations, Outcome, Parameter, Row};
use crate::shape::{Member, Shape};
use crate::tasks::Order;
use sclera_store::port::{Activity, Store};

const ID: Parameter = Parameter::required("id", "the number of the task");
const STATES: Shape = Shape::Choice(&["Queued", "Running", "Finished", "Failed", "Canceled", "Paused"]);

const BRIEF: &[Member] = &[
    Member::text("GUID"),
    Member::text("TaskName"),
    Member::new("State", STATES),
    Member::text("FailureReason"),
    Member::text("TimeQueued"),
    Member::text("TimeStarted"),
    Member::text("TimeFinished"),
];

const TASK: &[Member] = &[
    Member::text("GUID"),
    Member::text("TaskName"),
    Member::new("State", STATES),
    Member::text("FailureReason"),
    Member::text("TimeQueued"),
    Member::text("TimeStarted"),
    Member::text("TimeFinished"),
    Member::texts("Console"),
    Member::new("Result", Shape::Anything).about("what came of the task; its shape is that of the operation"),
];

const fn row(row: Row) -> Row {
    row.gate(OPERATE).takes(&[ID]).gives(Shape::Object(TASK))
}

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const TASKS: &'static [Operation<S, A>] = &[
        Operation::ask(
            row(Row::get("/api/admin/v2/async-result", "Tasks", "Reads a task and its result"))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            row(Row::get("/api/admin/v1/async-result", "Tasks", "Reads a task and its result"))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::get("/api/admin/v2/async-results", "Tasks", "Lists one's own tasks")
                .gate(OPERATE)
                .takes(&[MAX_ROWS])
                .gives(Shape::List(&Shape::Object(BRIEF))),
            list::<S, A>,
        ),
        Operation::ask(
            row(Row::post("/api/admin/v2/async-result/cancel", "Tasks", "Cancels a task"))
                .refuses(&[404, 409]),
            |desk| order(desk, Order::Cancel),
        ),
        Operation::ask(
            row(Row::post("/api/admin/v2/async-result/pause", "Tasks", "Pauses a task")).refuses(&[404, 409]),
            |desk| order(desk, Order::Pause),
        ),
        Operation::ask(
            row(Row::post("/api/admin/v2/async-result/resume", "Tasks", "Resumes a task that is paused"))
                .refuses(&[404, 409]),
            |desk| order(desk, Order::Resume),
        ),
    ];
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(desk.tasks.read(desk.session()?.user(), desk.parameter("id")?)?)
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(desk.tasks.list(desk.session()?.user(), desk.limit()?))
}

fn order<S: Store, A: Activity>(desk: &Desk<'_, S, A>, order: Order) -> Done {
    Outcome::result(desk.tasks.order(desk.session()?.user(), desk.parameter("id")?, order)?)
}
