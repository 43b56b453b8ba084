//! How many questions were answered: at the doors of a server, where an answer costs more than to count it. Programs that
//! embed an instance or map its settings decide in nanoseconds, and are not counted.

use crate::engine::Engine;
use sclera_core::decision::{Answer, Decision};
use sclera_store::port::{Activity, Store};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a question comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// `check` over HTTP.
    Check,
    /// An evaluation of AuthZEN.
    Evaluation,
    /// A proxy that asks before it lets a request through.
    ForwardAuth,
    /// `sclera check`, through the local socket.
    Local,
}

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// By what was at hand, without a wait.
    Memory,
    /// By work that may wait for the store.
    Store,
}

/// The answers of one request. They count once it is answered as a whole ([`Engine::count_answers`]).
#[derive(Debug, Default)]
pub struct Answers([Cell<u64>; RESULTS.len()]);

impl Answers {
    /// Those of one answer.
    pub fn of(answer: Answer) -> Self {
        let answers = Self::default();
        answers.add(answer);
        answers
    }

    /// One more.
    pub fn add(&self, answer: Answer) {
        let [permitted, denied, told] = &self.0;
        let one = match answer {
            Answer::Decided(Decision::Granted) => permitted,
            Answer::Decided(Decision::Denied) => denied,
            Answer::Held(_) => told,
        };
        one.set(one.get() + 1);
    }
}

/// What can come of a question; `told` is what is held, where nothing was to be decided.
const RESULTS: [&str; 3] = ["permitted", "denied", "told"];

/// The answers of this process.
#[derive(Debug, Default)]
pub(crate) struct AnswerCounts([[[AtomicU64; RESULTS.len()]; SOURCES.len()]; ENTRANCES.len()]);

const ENTRANCES: [&str; 4] = ["check", "evaluation", "forward_auth", "local"];
const SOURCES: [&str; 2] = ["memory", "store"];

impl AnswerCounts {
    /// Entrance, source and result in a word each, and the number.
    pub(crate) fn all(&self) -> impl Iterator<Item = ([&'static str; 3], u64)> {
        ENTRANCES.iter().zip(&self.0).flat_map(|(entrance, sources)| {
            SOURCES.iter().zip(sources).flat_map(move |(source, results)| {
                RESULTS.iter().zip(results).map(move |(result, number)| {
                    ([*entrance, *source, *result], number.load(Ordering::Relaxed))
                })
            })
        })
    }

    fn of(&self, entrance: Entrance, source: Source) -> &[AtomicU64; RESULTS.len()] {
        let [check, evaluation, forward_auth, local] = &self.0;
        let [memory, store] = match entrance {
            Entrance::Check => check,
            Entrance::Evaluation => evaluation,
            Entrance::ForwardAuth => forward_auth,
            Entrance::Local => local,
        };
        match source {
            Source::Memory => memory,
            Source::Store => store,
        }
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Counts the answers that somebody was given, for metrics.
    pub fn count_answers(&self, entrance: Entrance, source: Source, answers: &Answers) {
        for (count, new) in self.answers.of(entrance, source).iter().zip(&answers.0) {
            if new.get() > 0 {
                count.fetch_add(new.get(), Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sclera_core::permission::Permissions;

    #[test]
    fn answers_are_counted_where_they_belong() {
        let counts = AnswerCounts::default();
        let places = [
            (Entrance::Check, "check"),
            (Entrance::Evaluation, "evaluation"),
            (Entrance::ForwardAuth, "forward_auth"),
            (Entrance::Local, "local"),
        ];
        let answers = [
            (Answer::Decided(Decision::Granted), "permitted"),
            (Answer::Decided(Decision::Denied), "denied"),
            (Answer::Held(Permissions::USE), "told"),
        ];
        for (entrance, word) in places {
            for (source, from) in [(Source::Memory, "memory"), (Source::Store, "store")] {
                for (answer, result) in answers {
                    let before: Vec<_> = counts.all().collect();
                    for (count, new) in counts.of(entrance, source).iter().zip(&Answers::of(answer).0) {
                        count.fetch_add(new.get(), Ordering::Relaxed);
                    }
                    let changed: Vec<_> = counts
                        .all()
                        .zip(before)
                        .filter(|(now, then)| now != then)
                        .map(|(now, _)| now)
                        .collect();
                    assert_eq!(changed, [([word, from, result], 1)]);
                }
            }
        }
        assert_eq!(counts.all().count(), 24);
    }
}
