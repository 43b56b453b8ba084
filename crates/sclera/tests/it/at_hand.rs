//! What is answered from memory while another opening of the same files commits: never what was so before a commit that was
//! acknowledged by then.

use sclera::{Change, Choice, Instance, Profile, Properties};
use sclera_core::decision::Answer;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Whether ann holds what odd commits give her and even ones take.
fn granted(answer: Answer) -> bool {
    matches!(answer, Answer::Decided(decision) if decision.is_granted())
}

#[test]
fn commits_of_others_are_noticed_in_memory() {
    const COMMITS: u64 = 300;
    const PATIENCE: Duration = Duration::from_secs(60);
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("clinic");
    Instance::create(&directory, Choice { profile: Profile::Compatible, ..Choice::default() }, "owner")
        .unwrap();
    let (writer, reader) = (Instance::open(&directory).unwrap(), Instance::open(&directory).unwrap());
    let (owner, asker) = (writer.admit_process().unwrap(), reader.admit_process().unwrap());
    let submit = |change| writer.submit(&owner, change).unwrap();
    submit(Change::CreateResource { name: "Chart".to_owned(), properties: Properties::new() });
    let properties = Properties::new().with("Resources", "Chart:R");
    submit(Change::CreateRole { name: "Reader".to_owned(), properties });
    submit(Change::CreateUser { name: "ann".to_owned(), properties: Properties::new(), credential: None });
    let (begun, ended, at_hand) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=COMMITS {
                // Something is at hand before each commit, which it then must not outlive.
                let (known, until) = (at_hand.load(Ordering::SeqCst), Instant::now() + PATIENCE);
                while at_hand.load(Ordering::SeqCst) == known {
                    assert!(Instant::now() < until, "nothing is at hand, or the other thread is gone");
                    std::thread::yield_now();
                }
                begun.store(number, Ordering::SeqCst);
                let roles = if number % 2 == 1 { "Reader" } else { "" };
                let properties = Properties::new().with("Roles", roles);
                submit(Change::ModifyUser { name: "ann".to_owned(), properties, credential: None });
                ended.store(number, Ordering::SeqCst);
            }
        });
        while ended.load(Ordering::SeqCst) < COMMITS {
            let before = ended.load(Ordering::SeqCst);
            let told = reader.look(&asker).and_then(|look| look.check_user("ann", "Chart", Some("READ")));
            let after = begun.load(Ordering::SeqCst);
            match told {
                Some(told) => {
                    at_hand.fetch_add(1, Ordering::SeqCst);
                    let may_be = (before..=after).any(|number| (number % 2 == 1) == granted(told.answer));
                    assert!(may_be, "after commit {before}, with {after} begun: {told:?}");
                }
                None => drop(reader.check_user(&asker, "ann", "Chart", Some("READ")).unwrap()),
            }
        }
    });
    let last = reader.check_user(&asker, "ann", "Chart", Some("READ")).unwrap();
    assert!(!granted(last.answer));
    assert_eq!(reader.look(&asker).unwrap().check_user("ann", "Chart", Some("READ")), Some(last));
}
