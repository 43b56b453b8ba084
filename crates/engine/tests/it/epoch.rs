//! Epochs, and a clock that goes back.

use crate::bench::{Bench, OWNER, Shared, key};
use sclera_engine::Engine;
use sclera_engine::backup::Replaced;
use sclera_predefined::{Choice, Product, Profile};
use sclera_store::chain::Head;
use sclera_store::journal::Mark;
use sclera_store::memory::Memory;
use std::sync::Arc;

#[test]
fn an_epoch_is_a_link_that_names_the_chain_before() {
    let choice = Choice { product: Product::Cache, profile: Profile::Compatible, ..Choice::default() };
    let memory = || Shared(Arc::new(Memory::new()));
    let clock = Bench::new();
    let engine = Engine::new(memory(), memory(), key(), Box::new(clock.clone()));
    engine.install(choice, OWNER).unwrap();
    let replaced = Replaced {
        journal: Head { sequence: 35, mac: [9; 32] },
        events: Head::default(),
        fields: vec![("BackupMade".to_owned(), "then".to_owned())],
    };
    let revision = engine.revision().unwrap();
    engine.begin_epoch(&replaced).unwrap();
    assert_eq!((revision, engine.revision().unwrap()), (1, 36), "no revision names two states");
    let found = engine.verify().unwrap();
    assert!(found.is_clean(), "{found:?}");
    let (link, mark) = found.journal.marks.first().unwrap();
    assert_eq!((*link, mark.mark, mark.head), (36, Mark::Restored, replaced.journal));
    assert_eq!(mark.fields, replaced.fields);
    assert_eq!(found.events.marks.len(), 1);
    assert!(found.journal.backward.is_empty());
    // A clock that was set back is told and is no finding: the order is that of the links.
    clock.turn_days(-400);
    engine.begin_epoch(&replaced).unwrap();
    let found = engine.verify().unwrap();
    assert!(found.is_clean(), "{found:?}");
    assert_eq!(found.journal.backward, [(37, 0)]);
}
