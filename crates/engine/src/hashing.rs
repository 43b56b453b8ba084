//! Hashing passwords: on threads of its own, a few at once, in turn by source.
//!
//! A hash takes long on purpose. So hashes are made by as many threads as there are processors, apart from those that
//! answer questions; who waits is served source by source in turn, so that whoever sends a thousand passwords waits behind
//! them and nobody else does; and only so many wait ([`Bounds`]): who comes then is told so, and nothing is counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How much may be at work and wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Hashes at once.
    pub at_once: usize,
    /// Hashes that wait, of all sources.
    pub waiting: usize,
    /// Hashes that wait, of one source.
    pub waiting_of_source: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { at_once: cores, waiting: 256, waiting_of_source: 32 }
    }
}

/// There is no room to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded;

type Job = Box<dyn FnOnce() + Send>;

/// The threads and the queue.
pub(crate) struct Hashing {
    shared: Arc<Shared>,
}

struct Shared {
    bounds: Bounds,
    /// Called by each thread when it begins; to be modest beside others, for example.
    prepare: fn(),
    line: Mutex<Line>,
    came: Condvar,
}

/// Who waits: a queue for each source, and the sources in turn.
#[derive(Default)]
struct Line {
    of_source: BTreeMap<u64, VecDeque<Job>>,
    turns: VecDeque<u64>,
    waiting: usize,
    threads: usize,
    idle: usize,
    is_closed: bool,
}

impl Hashing {
    pub(crate) fn new(bounds: Bounds, prepare: fn()) -> Self {
        let shared = Shared { bounds, prepare, line: Mutex::default(), came: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Does the work in its turn and waits for it.
    pub(crate) fn perform<T: Send + 'static>(
        &self,
        source: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crowded> {
        let (sender, receiver) = sync_channel(1);
        let job = Box::new(move || {
            // Who waited may have gone.
            let _ = sender.send(work());
        });
        self.line_up(source, job)?;
        receiver.recv().map_err(|_| Crowded)
    }

    /// Begins work of one source that is done in any order, with all threads.
    pub(crate) fn batch<T: Send + 'static>(&self, source: u64) -> Batch<'_, T> {
        let (sender, receiver) = channel();
        let width = self.shared.bounds.at_once.max(1) * 2;
        Batch { hashing: self, source, sender, receiver, width, open: 0 }
    }

    fn line_up(&self, source: u64, job: Job) -> Result<(), Crowded> {
        self.offer(source, job).map_err(|_| Crowded)
    }

    /// Lets a job wait for its turn, or gives it back where there is no room.
    fn offer(&self, source: u64, job: Job) -> Result<(), Job> {
        let bounds = self.shared.bounds;
        let mut line = self.shared.line();
        let mine = line.of_source.get(&source).map_or(0, VecDeque::len);
        if line.waiting >= bounds.waiting || mine >= bounds.waiting_of_source {
            return Err(job);
        }
        if line.idle == 0 && line.threads < bounds.at_once.max(1) {
            let shared = Arc::clone(&self.shared);
            let spawned = std::thread::Builder::new().name("hashing".to_owned()).spawn(move || shared.work());
            if spawned.is_ok() {
                line.threads += 1;
            } else if line.threads == 0 {
                line.of_source.clear();
                line.turns.clear();
                line.waiting = 0;
                return Err(job);
            }
        }
        line.waiting += 1;
        line.of_source.entry(source).or_default().push_back(job);
        if mine == 0 {
            line.turns.push_back(source);
        }
        drop(line);
        self.shared.came.notify_one();
        Ok(())
    }
}

/// Work of one source of which only so much waits that every thread always has some.
pub(crate) struct Batch<'a, T> {
    hashing: &'a Hashing,
    source: u64,
    sender: Sender<Option<T>>,
    receiver: Receiver<Option<T>>,
    width: usize,
    /// How much was given and has not come back.
    open: usize,
}

impl<T: Send + 'static> Batch<'_, T> {
    /// Gives one more to do. What is done meanwhile goes to `take`; where enough waits, some is waited for.
    pub(crate) fn give(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
        take: &mut dyn FnMut(T),
    ) -> Result<(), Crowded> {
        while self.open >= self.width {
            take(self.receive()?);
        }
        let answer = Answer { to: self.sender.clone(), what: None };
        let mut job: Job = Box::new(move || {
            let mut answer = answer;
            answer.what = Some(work());
        });
        self.open += 1;
        while let Err(refused) = self.hashing.offer(self.source, job) {
            job = refused;
            if self.open == 1 {
                // Others take all the room. Nothing of ours will make any, so it is done here.
                job();
                break;
            }
            take(self.receive()?);
        }
        Ok(())
    }

    /// Waits for the rest.
    pub(crate) fn finish(mut self, take: &mut dyn FnMut(T)) -> Result<(), Crowded> {
        while self.open > 0 {
            take(self.receive()?);
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<T, Crowded> {
        self.open -= 1;
        self.receiver.recv().ok().flatten().ok_or(Crowded)
    }
}

/// Tells in every case that a job is over: with nothing, where it was thrown away or panicked.
struct Answer<T> {
    to: Sender<Option<T>>,
    what: Option<T>,
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        // Who waited may have gone.
        let _ = self.to.send(self.what.take());
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        self.shared.line().is_closed = true;
        self.shared.came.notify_all();
    }
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        // Should a job ever panic, another thread takes the place of this one.
        let _alive = Alive(self);
        (self.prepare)();
        while let Some(job) = self.next() {
            job();
        }
    }

    fn next(&self) -> Option<Job> {
        let mut line = self.line();
        loop {
            if let Some(job) = line.take() {
                return Some(job);
            }
            if line.is_closed {
                return None;
            }
            line.idle += 1;
            line = self.came.wait(line).unwrap_or_else(PoisonError::into_inner);
            line.idle -= 1;
        }
    }
}

struct Alive<'a>(&'a Shared);

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.line().threads -= 1;
    }
}

impl Line {
    /// The next job of the source whose turn it is; the source goes to the end.
    fn take(&mut self) -> Option<Job> {
        let source = self.turns.pop_front()?;
        let queue = self.of_source.get_mut(&source)?;
        let job = queue.pop_front();
        if queue.is_empty() {
            self.of_source.remove(&source);
        } else {
            self.turns.push_back(source);
        }
        self.waiting -= 1;
        job
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn hashing(waiting: usize, waiting_of_source: usize) -> Hashing {
        Hashing::new(Bounds { at_once: 1, waiting, waiting_of_source }, || {})
    }

    /// Holds the only thread until the returned sender is dropped.
    fn occupied(hashing: &Hashing) -> std::sync::mpsc::Sender<()> {
        let (hold, held) = channel::<()>();
        let (began, begun) = channel();
        let job = Box::new(move || {
            began.send(()).unwrap();
            let _ = held.recv_timeout(PATIENCE);
        });
        hashing.line_up(0, job).unwrap();
        begun.recv_timeout(PATIENCE).unwrap();
        hold
    }

    #[test]
    fn sources_are_served_in_turn() {
        let hashing = hashing(100, 100);
        let hold = occupied(&hashing);
        let (served, order) = channel();
        for (source, number) in [(1, 1), (1, 2), (1, 3), (1, 4), (2, 5), (3, 6), (2, 7)] {
            let served = served.clone();
            hashing.line_up(source, Box::new(move || served.send(number).unwrap())).unwrap();
        }
        drop(hold);
        let order: Vec<i32> = (0..7).map(|_| order.recv_timeout(PATIENCE).unwrap()).collect();
        assert_eq!(order, [1, 5, 6, 2, 7, 3, 4]);
    }

    #[test]
    fn only_so_many_wait() {
        let hashing = hashing(3, 2);
        let hold = occupied(&hashing);
        let (done, finished) = channel();
        let line_up = |source| {
            let done = done.clone();
            hashing.line_up(source, Box::new(move || done.send(()).unwrap()))
        };
        assert_eq!([line_up(1), line_up(1), line_up(1)], [Ok(()), Ok(()), Err(Crowded)], "of one source");
        assert_eq!([line_up(2), line_up(3)], [Ok(()), Err(Crowded)], "of all sources");
        drop(hold);
        (0..3).for_each(|_| finished.recv_timeout(PATIENCE).unwrap());
        assert_eq!(hashing.perform(4, || 7), Ok(7));
    }

    #[test]
    fn a_batch_is_done_whole_and_few_of_it_wait() {
        let hashing = hashing(3, 2);
        let (mut batch, mut given, mut done) = (hashing.batch(1), 0, Vec::new());
        let hold = occupied(&hashing);
        for number in 0..2 {
            batch.give(move || number, &mut |number| done.push(number)).unwrap();
        }
        assert_eq!((hashing.shared.line().waiting, done.len()), (2, 0));
        drop(hold);
        for number in 2..100 {
            given = number;
            batch.give(move || number, &mut |number| done.push(number)).unwrap();
            assert!(hashing.shared.line().waiting <= 2);
        }
        batch.finish(&mut |number| done.push(number)).unwrap();
        done.sort_unstable();
        assert_eq!(done, (0..=given).collect::<Vec<i32>>());
    }

    #[test]
    fn a_batch_goes_on_where_others_take_all_the_room() {
        let hashing = hashing(1, 1);
        let hold = occupied(&hashing);
        hashing.line_up(2, Box::new(|| ())).unwrap();
        let (mut batch, mut done) = (hashing.batch(1), Vec::new());
        batch.give(|| 1, &mut |number| done.push(number)).unwrap();
        batch.finish(&mut |number| done.push(number)).unwrap();
        assert_eq!(done, [1], "here, for the only thread is held");
        drop(hold);
    }

    #[test]
    fn a_job_that_panics_is_told() {
        let hashing = hashing(3, 2);
        let mut batch = hashing.batch(1);
        batch.give(|| panic!("on purpose"), &mut |()| ()).unwrap();
        assert_eq!(batch.finish(&mut |()| ()), Err(Crowded));
    }
}
