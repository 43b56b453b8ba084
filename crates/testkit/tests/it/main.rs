//! The promises of the parsers on inputs by chance: the same functions that are fuzzed (`fuzz/`).

use proptest::prelude::*;
use sclera_testkit::targets::{TARGETS, edited, seeds};

#[test]
fn examples_keep_the_promises_whole_and_cut() {
    for (name, target) in TARGETS {
        for example in seeds(name) {
            for end in 0..=example.len() {
                target(example.get(..end).unwrap_or_default());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bytes_by_chance_keep_the_promises(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for (_, target) in TARGETS {
            target(&bytes);
        }
    }

    #[test]
    fn texts_by_chance_keep_the_promises(text in "\\PC{0,60}") {
        for (_, target) in TARGETS {
            target(text.as_bytes());
        }
    }

    #[test]
    fn edited_examples_keep_the_promises(
        edits in prop::collection::vec((any::<u16>(), any::<u8>(), prop_oneof![any::<u8>(), prop::sample::select(
            b"<>&;\"'{}[]:,-#!?*|%@ \t\n\r/=\\0123aN".to_vec()
        )]), 1..8)
    ) {
        for (name, target) in TARGETS {
            for example in seeds(name) {
                target(&edited(example, &edits));
            }
        }
    }
}
