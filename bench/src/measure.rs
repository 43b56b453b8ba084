//! Clocks and memory.

use crate::contenders::Contender;
use crate::world::Question;
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Duration;

/// The processor time of this thread: what others do on the machine counts as little as can be.
pub fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// The resident memory of this process in bytes.
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

/// What was made, the processor seconds it took, and by how much the resident memory grew.
pub fn load<T>(make: impl FnOnce() -> T) -> (T, f64, u64) {
    let (memory, start) = (resident(), thread_time());
    let made = make();
    (made, (thread_time() - start).as_secs_f64(), resident().saturating_sub(memory))
}

/// Nanoseconds of one of `count` steps.
pub fn per_step(count: usize, steps: impl FnOnce()) -> f64 {
    let start = thread_time();
    steps();
    (thread_time() - start).as_nanos() as f64 / count as f64
}

/// In which form a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    ByName,
    Prepared,
    Cold,
}

/// Loops over questions with one virtual call a batch, so that the loop is compiled for each contender.
pub trait Batches: Contender {
    /// Asks `count` questions in a row and counts what is granted.
    fn batch(&self, form: Form, questions: &[Question], count: usize) -> usize;
}

impl<C: Contender> Batches for C {
    fn batch(&self, form: Form, questions: &[Question], count: usize) -> usize {
        let mut granted = 0;
        let mut left = count;
        while left > 0 {
            let round = left.min(questions.len());
            let asked = questions.iter().take(round);
            match form {
                Form::ByName => {
                    for question in asked {
                        granted += usize::from(black_box(self.by_name(black_box(question))));
                    }
                }
                Form::Cold => {
                    for question in asked {
                        granted += usize::from(black_box(self.cold(black_box(question))));
                    }
                }
                Form::Prepared => {
                    for position in 0..round {
                        granted += usize::from(black_box(self.prepared(black_box(position))));
                    }
                }
            }
            left -= round;
        }
        granted
    }
}

/// How many questions take about this long, between one and four million.
pub fn calibrate(contender: &dyn Batches, form: Form, questions: &[Question], target: Duration) -> usize {
    let mut count = 1;
    loop {
        let start = thread_time();
        contender.batch(form, questions, count);
        let took = thread_time() - start;
        if took * 4 >= target || count >= 1 << 22 {
            let more = target.as_secs_f64() / took.as_secs_f64().max(1e-9);
            return ((count as f64 * more.min(4.0)) as usize).max(1);
        }
        count *= 4;
    }
}
