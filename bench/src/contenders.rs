//! Who is compared, each in the form that its own documentation would choose, and hand-tuned where that is faster.

pub mod by_hand;
pub mod casbin;
pub mod cedar;
pub mod regorus;
pub mod sclera;

use crate::world::Question;

/// Somebody who answers questions.
pub trait Contender: Sync {
    /// User name and resource name in, answer out.
    fn by_name(&self, question: &Question) -> bool;

    /// Makes the best prepared form of questions, so that [`Contender::prepared`] can be asked by their position.
    fn prepare(&mut self, questions: &[Question]);

    /// The answer to a prepared question.
    fn prepared(&self, position: usize) -> bool;

    /// Asks about a user of whom nothing is kept.
    fn cold(&self, question: &Question) -> bool {
        self.by_name(question)
    }
}
