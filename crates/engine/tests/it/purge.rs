//! Purged events are gone, the chain still verifies, and nobody without the key can make a record look purged.

use crate::bench::{Bench, OWNER, Shared, key, owner};
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_core::selection::{Matching, Selection};
use sclera_engine::audit::Log as Which;
use sclera_engine::events::{AuditEvent, Origin};
use sclera_engine::trail::AuditFilter;
use sclera_engine::{Door, Engine, Session};
use sclera_predefined::{Choice, Profile};
use sclera_store::chain::leaf;
use sclera_store::journal::{Purged, Record};
use sclera_store::memory::Memory;
use sclera_store::port::{Activity, Log, LogWrite};
use std::sync::Arc;

struct House {
    engine: Engine<Shared<Memory>, Shared<Memory>>,
    events: Shared<Memory>,
    owner: Session,
}

/// Six events, a day apart.
fn lived() -> House {
    let (bench, events) = (Bench::new(), Shared(Arc::new(Memory::new())));
    let store = Shared(Arc::new(Memory::new()));
    let engine = Engine::new(store, events.clone(), key(), Box::new(bench.clone()));
    engine.install(Choice { profile: Profile::Compatible, ..Choice::default() }, OWNER).unwrap();
    let owner = engine.admit_os(&owner(), Door::Command).unwrap();
    for day in 0..6 {
        bench.turn_days(1);
        let event = if day % 2 == 0 { AuditEvent::Stop } else { AuditEvent::Start { how: "here" } };
        engine.emit(&Origin::product("test"), &event).unwrap();
    }
    House { engine, events, owner }
}

fn named(names: &str) -> AuditFilter {
    AuditFilter { names: Selection::new(names, Matching::Exact), ..AuditFilter::default() }
}

impl House {
    fn purge(&self, filter: &AuditFilter) -> u64 {
        self.engine.audit_purge(&self.owner, filter, "test", &|| true).unwrap()
    }

    /// The events that are left, the oldest first.
    fn left(&self) -> Vec<String> {
        let filter = AuditFilter { oldest_first: true, ..AuditFilter::default() };
        let page = self.engine.audit_page(&self.owner, &filter, None, 10_000).unwrap();
        let events = page.into_iter().filter(|(placed, _)| placed.log == Which::Events);
        events
            .map(|(placed, _)| match placed.record {
                Record::Event(event) => event.event[2].clone(),
                Record::Mark(mark) => mark.mark.word().to_owned(),
                Record::Change(change) => change.name,
            })
            .collect()
    }

    fn findings(&self) -> Vec<String> {
        let found = self.engine.verify().unwrap();
        assert!(found.journal.is_clean());
        found.events.findings.iter().map(|finding| finding.what.clone()).collect()
    }
}

#[test]
fn events_go_by_name_and_by_age_and_the_chain_verifies() {
    let house = lived();
    assert_eq!(house.purge(&named("Stop")), 3);
    assert_eq!(house.left(), ["Start", "Start", "Start", "Purge"]);
    assert_eq!(house.findings(), [""; 0]);
    assert_eq!(house.purge(&named("Stop")), 0, "they are gone");
    let all = house.engine.audit_page(&house.owner, &named("Start"), None, 9).unwrap();
    let end = all[0].0.record.at();
    assert_eq!(house.purge(&AuditFilter { end: Some(end), ..AuditFilter::default() }), 2);
    assert_eq!(house.left(), ["Start", "Purge", "Purge"]);
    assert_eq!(house.purge(&AuditFilter::default()), 1, "marks stay");
    assert_eq!(house.left(), ["Purge", "Purge", "Purge"]);
    let verified = house.engine.verify().unwrap();
    assert!(verified.is_clean(), "{:?}", verified.events.findings);
    assert_eq!((verified.events.purged, verified.events.marks.len()), (6, 3));
    house.engine.emit(&Origin::default(), &AuditEvent::Stop).unwrap();
    assert_eq!(house.left().len(), 4, "it goes on");
    assert_eq!(house.findings(), [""; 0]);
    let newest = house.engine.audit_list(&house.owner, 2).unwrap();
    assert!(matches!(&newest[0].record, Record::Event(_)) && matches!(&newest[1].record, Record::Mark(_)));
}

#[test]
fn a_record_that_was_taken_out_by_hand_is_missed() {
    let purged_since = |house: &House| house.purge(&named("Stop"));
    for (link_told, with_purge) in [(7, false), (7, true), (99, true), (2, false)] {
        let house = lived();
        if with_purge {
            purged_since(&house);
        }
        let mut writing = Activity::write(&house.events).unwrap();
        let bytes = writing.records(2, 0).unwrap()[0].1.clone();
        writing.replace(2, 0, &Purged { leaf: leaf(&bytes), link: link_told }.bytes()).unwrap();
        writing.commit().unwrap();
        assert_ne!(house.findings(), [""; 0], "said to be purged with link {link_told}");
    }
}

/// Six events a day apart, of which the last is of now.
#[test]
fn events_are_kept_for_as_many_days_as_the_setting_says_and_until_every_outlet_has_them() {
    let house = lived();
    let days =
        |days: i64| Change::ModifySystem { properties: Properties::new().with("AuditRetentionDays", days) };
    assert_eq!(house.engine.purge_expired(&[], None), Ok((0, None)), "for ever");
    house.engine.submit(&house.owner, days(3)).unwrap();
    assert_eq!(house.engine.purge_expired(&["siem", "file"], None).unwrap().0, 0, "no outlet has any");
    let carry =
        |outlet: &str, most: usize| house.engine.deliver(outlet, most, &mut |_| Ok::<_, ()>(())).unwrap();
    carry("siem", 1_000);
    assert_eq!(house.engine.purge_expired(&["siem", "file"], None).unwrap().0, 0, "one has none");
    let before_events =
        house.engine.audit_page(&house.owner, &AuditFilter::default(), None, 1_000).unwrap().len() - 7;
    carry("file", before_events);
    assert_eq!(house.engine.purge_expired(&["siem", "file"], None).unwrap().0, 0, "one has only changes");
    carry("file", 1);
    let (purged, next) = house.engine.purge_expired(&["siem", "file"], None).unwrap();
    assert_eq!(purged, 1, "one of the two that are too old");
    assert_eq!(house.left().len(), 6, "five and the mark");
    carry("file", 1_000);
    let (purged, next) = house.engine.purge_expired(&["siem", "file"], next).unwrap();
    assert_eq!(purged, 1);
    assert_eq!(house.engine.purge_expired(&["siem", "file"], next), Ok((0, next)), "the others are young");
    assert_eq!(house.findings(), [""; 0]);
    let marks = house.engine.audit_page(&house.owner, &AuditFilter::default(), None, 1_000).unwrap();
    let mark = marks.iter().find_map(|(placed, _)| match &placed.record {
        Record::Mark(mark) => Some((mark.actor.clone(), mark.fields[1].1.clone())),
        _ => None,
    });
    assert_eq!(mark, Some(("(retention)".to_owned(), "kept for 3 days".to_owned())));
}

#[test]
fn what_was_purged_cannot_be_put_back_or_exchanged() {
    let house = lived();
    let before = Activity::read(&house.events).unwrap().records(1, 0).unwrap()[0].1.clone();
    house.purge(&named("Stop"));
    for bytes in [before, Purged { leaf: [7; 32], link: 7 }.bytes()] {
        let mut writing = Activity::write(&house.events).unwrap();
        writing.replace(1, 0, &bytes).unwrap();
        writing.commit().unwrap();
        assert_ne!(house.findings(), [""; 0]);
    }
}

/// Whoever is told to stop before it began has taken nothing away.
#[test]
fn a_purge_stops_when_it_is_told_to() {
    let house = lived();
    let before = house.left();
    let all = AuditFilter::default();
    assert_eq!(house.engine.audit_purge(&house.owner, &all, "all", &|| false).unwrap(), 0);
    assert_eq!(house.left(), before);
}

#[test]
fn purging_takes_the_privilege() {
    let house = lived();
    let engine = &house.engine;
    engine.submit(&house.owner, crate::bench::user("ann", "%Operator")).unwrap();
    if let Ok(ann) =
        engine.admit_password("ann", &crate::bench::secret(crate::bench::PASSWORD), Door::Library, None)
    {
        assert!(engine.audit_purge(&ann, &AuditFilter::default(), "all", &|| true).is_err());
    }
    assert!(house.left().iter().filter(|name| *name == "Stop").count() == 3);
}
