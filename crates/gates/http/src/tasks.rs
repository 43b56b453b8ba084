//! Tasks: what takes too long for one answer, done meanwhile and read later (`admin-api.md` 5.3, D-6).
//!
//! They live in the server, and end with it. A task belongs to whoever began it; for others it does not exist.

use crate::reject::{Reject, one_line};
use sclera_core::name::same;
use sclera_core::time::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a result stays readable, at least.
const READABLE: Duration = Duration::from_secs(15 * 60);
/// How long a task may be paused.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
/// The most tasks of a user that are not over.
const MOST_QUEUED: usize = 20;
/// The most tasks of a user that are over.
const MOST_FINISHED: usize = 100;
/// The most lines that a task tells, and the most characters of one.
const MOST_LINES: usize = 1_000;
const LONGEST_LINE: usize = 1_000;
/// The most tasks that are at work at once, of which a user has one.
const AT_WORK: usize = 2;

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Queued,
    Running,
    Paused,
    Finished,
    Failed,
    Canceled,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Canceled)
    }
}

/// A task as it is kept.
#[derive(Debug, Clone)]
struct Task {
    guid: String,
    name: &'static str,
    user: String,
    state: State,
    failure: String,
    queued: Timestamp,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    over_since: Option<Instant>,
    /// What happened, for people to read.
    console: Vec<String>,
    result: Value,
}

impl Task {
    fn brief(&self) -> Value {
        let time = |at: Option<Timestamp>| at.map(local).unwrap_or_default();
        json!({
            "GUID": self.guid,
            "TaskName": self.name,
            "State": self.state.word(),
            "FailureReason": self.failure,
            "TimeQueued": local(self.queued),
            "TimeStarted": time(self.started),
            "TimeFinished": time(self.finished),
        })
    }

    fn end(&mut self, state: State, now: Timestamp) {
        (self.state, self.finished, self.over_since) = (state, Some(now), Some(Instant::now()));
    }

    fn whole(&self) -> Value {
        let mut task = self.brief();
        if let Some(members) = task.as_object_mut() {
            members.insert("Console".to_owned(), json!(self.console));
            members.insert("Result".to_owned(), self.result.clone());
        }
        task
    }
}

/// What may be done with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Cancel,
    Pause,
    Resume,
}

/// The tasks of a server.
pub(crate) struct Tasks {
    clock: Clock,
    board: Mutex<Board>,
    changed: Condvar,
}

/// What time it is.
pub(crate) type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

#[derive(Default)]
struct Board {
    last: u64,
    at_work: usize,
    tasks: BTreeMap<u64, Task>,
}

/// What a task at work asks between two steps.
pub(crate) struct Progress {
    tasks: Arc<Tasks>,
    id: u64,
}

impl Progress {
    /// Tells what happened, within reason.
    pub(crate) fn tell(&self, lines: impl IntoIterator<Item = String>) {
        let mut board = self.tasks.lock();
        if let Some(task) = board.tasks.get_mut(&self.id) {
            let room = MOST_LINES.saturating_sub(task.console.len());
            let short = |line: String| one_line(&line).chars().take(LONGEST_LINE).collect();
            task.console.extend(lines.into_iter().take(room).map(short));
        }
    }

    /// Tells whether the task is to go on; waits while it is paused.
    pub(crate) fn goes_on(&self) -> bool {
        let mut board = self.tasks.lock();
        let until = Instant::now() + LONGEST_PAUSE;
        loop {
            match board.tasks.get(&self.id).map(|task| task.state) {
                Some(State::Running) => return true,
                Some(State::Paused) if Instant::now() < until => {
                    let waited = self.tasks.changed.wait_timeout(board, Duration::from_secs(1));
                    board = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                _ => return false,
            }
        }
    }
}

impl Tasks {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, board: Mutex::default(), changed: Condvar::new() }
    }

    /// Queues a task of a user and gives its number. `work` is done on a thread that may wait.
    pub(crate) fn queue(
        self: &Arc<Self>,
        user: &str,
        name: &'static str,
        guid: String,
        work: impl FnOnce(&Progress) -> Result<Value, Reject> + Send + 'static,
    ) -> Result<u64, Reject> {
        let mut board = self.lock();
        board.sweep(user);
        let waiting = board.tasks.values().filter(|task| same(&task.user, user) && !task.state.is_over());
        if waiting.count() >= MOST_QUEUED {
            return Err(Reject::too_many("too many tasks of this user are not over yet"));
        }
        board.last += 1;
        let id = board.last;
        let task = Task {
            guid,
            name,
            user: user.to_owned(),
            state: State::Queued,
            failure: String::new(),
            queued: (self.clock)(),
            started: None,
            finished: None,
            over_since: None,
            console: Vec::new(),
            result: json!({}),
        };
        board.tasks.insert(id, task);
        drop(board);
        let tasks = Arc::clone(self);
        let run = move || tasks.run(id, work);
        // A thread of its own: tasks must not take those that answer requests.
        let spawned = std::thread::Builder::new().name("task".to_owned()).spawn(run);
        if spawned.is_err() {
            self.lock().tasks.remove(&id);
            return Err(Reject::busy());
        }
        Ok(id)
    }

    fn run(self: Arc<Self>, id: u64, work: impl FnOnce(&Progress) -> Result<Value, Reject>) {
        if !self.begin(id) {
            return;
        }
        let progress = Progress { tasks: Arc::clone(&self), id };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&progress)));
        let done = done.unwrap_or_else(|_| Err(Reject::internal()));
        let mut board = self.lock();
        board.at_work = board.at_work.saturating_sub(1);
        if let Some(task) = board.tasks.get_mut(&id) {
            match done {
                _ if task.state == State::Canceled => {}
                Ok(result) => (task.state, task.result) = (State::Finished, result),
                Err(reject) => (task.state, task.failure) = (State::Failed, one_line(reject.message())),
            }
            task.finished = Some((self.clock)());
            task.over_since = Some(Instant::now());
        }
        drop(board);
        self.changed.notify_all();
    }

    /// Waits for its turn; false where it was canceled before, or paused for too long.
    fn begin(&self, id: u64) -> bool {
        let mut board = self.lock();
        let mut paused_since = None;
        loop {
            let turn = board.has_turn(id);
            match board.tasks.get_mut(&id) {
                Some(task) if task.state == State::Queued && turn => {
                    (task.state, task.started) = (State::Running, Some((self.clock)()));
                    board.at_work += 1;
                    return true;
                }
                Some(task) if task.state.is_over() => return false,
                None => return false,
                Some(task) => {
                    let is_paused = task.state == State::Paused;
                    paused_since = is_paused.then(|| paused_since.unwrap_or_else(Instant::now));
                    if paused_since.is_some_and(|since| since.elapsed() > LONGEST_PAUSE) {
                        task.end(State::Canceled, (self.clock)());
                        return false;
                    }
                    let waited = self.changed.wait_timeout(board, Duration::from_secs(1));
                    board = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// A task of a user.
    pub(crate) fn read(&self, user: &str, id: &str) -> Result<Value, Reject> {
        let board = self.lock();
        board.of(user, id).map(|(_, task)| task.whole())
    }

    /// The tasks of a user, the newest first.
    pub(crate) fn list(&self, user: &str, limit: usize) -> Value {
        let board = self.lock();
        let own = board.tasks.values().rev().filter(|task| same(&task.user, user));
        own.take(limit).map(Task::brief).collect()
    }

    /// Has a task canceled, paused or resumed; one that is over cannot be.
    pub(crate) fn order(&self, user: &str, id: &str, order: Order) -> Result<Value, Reject> {
        let mut board = self.lock();
        let (id, state) = board.of(user, id).map(|(id, task)| (id, task.state))?;
        let next = match (order, state) {
            (_, state) if state.is_over() => return Err(Reject::conflict("the task is over")),
            (Order::Cancel, _) => State::Canceled,
            (Order::Pause, _) => State::Paused,
            (Order::Resume, State::Paused) => {
                let begun = board.tasks.get(&id).is_some_and(|task| task.started.is_some());
                if begun { State::Running } else { State::Queued }
            }
            (Order::Resume, other) => other,
        };
        let Some(task) = board.tasks.get_mut(&id) else { return Err(Reject::no_such("task")) };
        if next == State::Canceled {
            task.end(next, (self.clock)());
        } else {
            task.state = next;
        }
        let whole = task.whole();
        drop(board);
        self.changed.notify_all();
        Ok(whole)
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    /// Tells whether a task may begin: there is room, and its user has none at work.
    fn has_turn(&self, id: u64) -> bool {
        let Some(own) = self.tasks.get(&id) else { return false };
        let is_at_work = |task: &Task| task.started.is_some() && !task.state.is_over();
        self.at_work < AT_WORK
            && !self.tasks.values().any(|task| same(&task.user, &own.user) && is_at_work(task))
    }

    fn of(&self, user: &str, id: &str) -> Result<(u64, &Task), Reject> {
        let id = id.parse().map_err(|_| Reject::no_such("task"))?;
        let task = self.tasks.get(&id).filter(|task| same(&task.user, user));
        task.map(|task| (id, task)).ok_or_else(|| Reject::no_such("task"))
    }

    /// Lets go of what nobody needs to find any longer: what has been over for long, and the oldest of too many.
    fn sweep(&mut self, user: &str) {
        let now = Instant::now();
        self.tasks.retain(|_, task| task.over_since.is_none_or(|since| now.duration_since(since) < READABLE));
        let over: Vec<u64> = self
            .tasks
            .iter()
            .filter(|(_, task)| same(&task.user, user) && task.state.is_over())
            .map(|(id, _)| *id)
            .collect();
        for id in over.iter().rev().skip(MOST_FINISHED - 1) {
            self.tasks.remove(id);
        }
    }
}

/// A time as this interface tells it: `YYYY-MM-DD hh:mm:ss.fff`. The server's zone is UTC.
pub(crate) fn local(at: Timestamp) -> String {
    let whole = Timestamp::from_micros(at.micros().div_euclid(1_000_000) * 1_000_000).to_string();
    let seconds = whole.trim_end_matches('Z').replace('T', " ");
    format!("{seconds}.{:03}", at.micros().rem_euclid(1_000_000) / 1_000)
}

/// Reads a time as this interface takes it, with or without its fraction.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    format!("{}Z", text.trim().replacen(' ', "T", 1)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_795_335_300_123_456)
    }

    fn state(tasks: &Tasks, id: u64) -> String {
        let task = tasks.read("Ann", &id.to_string()).unwrap();
        task["State"].as_str().unwrap().to_owned()
    }

    fn wait_for(tasks: &Tasks, id: u64, wanted: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        while state(tasks, id) != wanted {
            assert!(Instant::now() < until, "{}", state(tasks, id));
            std::thread::yield_now();
        }
    }

    /// A user's tasks come one after another, and leave room for those of others.
    #[test]
    fn a_user_has_one_task_at_work() {
        let tasks = Arc::new(Tasks::new(Box::new(now)));
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = queue(&tasks, move |_| {
            let _ = wait.recv_timeout(Duration::from_secs(20));
            Ok(json!({}))
        });
        wait_for(&tasks, first, "Running");
        let second = queue(&tasks, |_| Ok(json!({})));
        let other = tasks.queue("Bob", "Test", String::new(), |_| Ok(json!({}))).unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while tasks.read("Bob", &other.to_string()).unwrap()["State"] != "Finished" {
            assert!(Instant::now() < until);
        }
        assert_eq!(state(&tasks, second), "Queued");
        drop(go);
        wait_for(&tasks, second, "Finished");
    }

    fn queue(
        tasks: &Arc<Tasks>,
        work: impl FnOnce(&Progress) -> Result<Value, Reject> + Send + 'static,
    ) -> u64 {
        tasks.queue("ann", "Test", "guid".to_owned(), work).unwrap()
    }

    #[test]
    fn a_task_is_done_and_read_by_whoever_began_it() {
        let tasks = Arc::new(Tasks::new(Box::new(now)));
        let id = queue(&tasks, |_| Ok(json!([1])));
        wait_for(&tasks, id, "Finished");
        let task = tasks.read("ANN", &id.to_string()).unwrap();
        assert_eq!((&task["Result"], &task["TimeQueued"]), (&json!([1]), &json!("2026-11-22 08:15:00.123")));
        for (user, id) in [("bob", id.to_string()), ("ann", "0".to_owned()), ("ann", "x".to_owned())] {
            assert_eq!(tasks.read(user, &id).unwrap_err().status(), 404);
        }
        assert_eq!(tasks.list("bob", 10), json!([]));
        let failing = queue(&tasks, |_| Err(Reject::malformed("no\nway")));
        wait_for(&tasks, failing, "Failed");
        assert_eq!(tasks.list("ann", 1)[0]["FailureReason"], "no way");
        assert_eq!(tasks.order("ann", &id.to_string(), Order::Cancel).unwrap_err().status(), 409);
    }

    #[test]
    fn a_task_is_paused_resumed_and_canceled() {
        let tasks = Arc::new(Tasks::new(Box::new(now)));
        let order = |id: u64, order| tasks.order("ann", &id.to_string(), order).unwrap();
        let steps = |progress: &Progress| {
            let mut steps = 0_u64;
            while progress.goes_on() {
                steps += 1;
                std::thread::yield_now();
            }
            Ok(json!(steps))
        };
        let id = queue(&tasks, steps);
        wait_for(&tasks, id, "Running");
        assert_eq!(order(id, Order::Pause)["State"], "Paused");
        assert_eq!(order(id, Order::Resume)["State"], "Running");
        assert_eq!(order(id, Order::Cancel)["State"], "Canceled");
        wait_for(&tasks, id, "Canceled");
    }

    #[test]
    fn tasks_that_are_not_over_are_bounded() {
        let tasks = Arc::new(Tasks::new(Box::new(now)));
        let until_canceled = |progress: &Progress| {
            while progress.goes_on() {
                std::thread::yield_now();
            }
            Ok(json!({}))
        };
        let ids: Vec<u64> = (0..MOST_QUEUED).map(|_| queue(&tasks, until_canceled)).collect();
        let refused = tasks.queue("Ann", "Test", String::new(), until_canceled).unwrap_err();
        assert_eq!(refused.status(), 429);
        assert!(tasks.queue("bob", "Test", String::new(), |_| Ok(json!({}))).is_ok());
        for id in ids {
            tasks.order("ann", &id.to_string(), Order::Cancel).unwrap();
        }
        for _ in 0..MOST_FINISHED {
            let id = queue(&tasks, |_| Ok(json!({})));
            wait_for(&tasks, id, "Finished");
        }
        let over = tasks.list("ann", 1_000).as_array().unwrap().len();
        assert_eq!(over, MOST_FINISHED);
    }

    #[test]
    fn times_are_told_and_read() {
        assert_eq!(local(now()), "2026-11-22 08:15:00.123");
        assert_eq!(instant("2026-11-22 08:15:00.123").unwrap().micros(), 1_795_335_300_123_000);
        assert_eq!(instant("2026-11-22 08:15:00"), instant("2026-11-22T08:15:00.000"));
        for wrong in ["", "yesterday", "2026-13-01 00:00:00", "2026-11-22", "2026-11-22 08:15:00+01:00"] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }
}
