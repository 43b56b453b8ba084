//! The audit trail reads as one: in the order of time, filtered, page by page, and without holding all of it.

use crate::bench::{Instance, PASSWORD, secret, user};
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_core::selection::{Matching, Selection};
use sclera_engine::Door;
use sclera_engine::audit::{Log, Placed};
use sclera_engine::events::{AuditEvent, Origin};
use sclera_engine::trail::{AuditFilter, Cursor};
use sclera_store::journal::Record;

/// Changes and events, a day apart in turn.
fn lived() -> Instance {
    let instance = Instance::new();
    for day in 0..6 {
        instance.bench.turn_days(1);
        let name = format!("user{day}");
        instance.carry(user(&name, ""));
        let refused = instance.engine.admit_password(&name, &secret("wrong"), Door::Http, None);
        assert!(refused.is_err());
    }
    instance
}

fn list(text: &str) -> Selection {
    Selection::new(text, Matching::Exact)
}

fn read(instance: &Instance, filter: &AuditFilter) -> Vec<Placed> {
    let page = instance.engine.audit_page(&instance.owner, filter, None, 1_000).unwrap();
    page.into_iter().map(|(placed, _)| placed).collect()
}

fn told(placed: &Placed) -> String {
    match &placed.record {
        Record::Change(change) => format!("{} {}", change.event(), change.name),
        Record::Event(event) => format!("{} {}", event.event[2], event.user),
        Record::Mark(mark) => mark.mark.word().to_owned(),
    }
}

#[test]
fn both_logs_are_read_in_the_order_of_time() {
    let instance = lived();
    let newest = read(&instance, &AuditFilter::default());
    let first: Vec<String> = newest.iter().take(4).map(told).collect();
    assert_eq!(first.iter().filter(|told| told.as_str() == "LoginFailure user5").count(), 1);
    assert!(first.contains(&"UserChange user5".to_owned()) && first.contains(&"UserChange user4".to_owned()));
    let mut oldest = read(&instance, &AuditFilter { oldest_first: true, ..AuditFilter::default() });
    assert_eq!(oldest.len(), newest.len());
    oldest.reverse();
    let places = |all: &[Placed]| {
        let mut places: Vec<u64> = all.iter().map(Placed::index).collect();
        places.sort_unstable();
        places
    };
    assert_eq!(places(&oldest), places(&newest), "every record once, either way");
    let mut once = places(&newest);
    once.dedup();
    assert_eq!(once.len(), newest.len(), "no two records have one index");
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let instance = lived();
    for oldest_first in [false, true] {
        let filter =
            AuditFilter { names: list("UserChange,LoginFailure"), oldest_first, ..AuditFilter::default() };
        let whole = read(&instance, &filter);
        for size in [1, 3, 7] {
            let (mut paged, mut cursor) = (Vec::new(), None);
            loop {
                let page = instance.engine.audit_page(&instance.owner, &filter, cursor, size).unwrap();
                assert!(page.len() <= size);
                let Some((_, last)) = page.last() else { break };
                cursor = Some(last.to_string().parse::<Cursor>().unwrap());
                paged.extend(page.into_iter().map(|(placed, _)| placed));
            }
            assert_eq!(paged, whole, "pages of {size}");
        }
    }
    for wrong in ["", "1.2.3", "1.2.3.4.5", "a.b.c.d", "-1.0.0.0"] {
        assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
    }
    let beyond = Some(Cursor { journal: (9_999, 0), events: (9_999, 0) });
    let filter = AuditFilter { oldest_first: true, ..AuditFilter::default() };
    assert_eq!(instance.engine.audit_page(&instance.owner, &filter, beyond, 9).unwrap(), []);
}

#[test]
fn filters_are_those_of_the_class() {
    let instance = lived();
    let all = || AuditFilter::default();
    let count = |filter: AuditFilter| read(&instance, &filter).len();
    assert_eq!(count(AuditFilter { names: list("LoginFailure"), ..all() }), 6);
    assert_eq!(count(AuditFilter { names: list("loginf*"), ..all() }), 6);
    assert_eq!(count(AuditFilter { types: list("%Login"), ..all() }), 6);
    assert_eq!(count(AuditFilter { sources: list("Ward"), ..all() }), 0);
    assert_eq!(count(AuditFilter { users: list("USER1,user2"), ..all() }), 2);
    assert_eq!(count(AuditFilter { text: "user3".to_owned(), names: list("UserChange"), ..all() }), 1);
    assert_eq!(count(AuditFilter { text: "INVALID password".to_owned(), ..all() }), 6);
    let failures = read(&instance, &AuditFilter { names: list("LoginFailure"), ..all() });
    let times: Vec<_> = failures.iter().map(|placed| placed.record.at()).collect();
    let between = AuditFilter { begin: Some(times[3]), end: Some(times[1]), ..all() };
    let found = read(&instance, &AuditFilter { names: list("LoginFailure"), ..between });
    assert_eq!(found, failures[2..4], "the end is not part of it");
    let origin = Origin { user: "x".to_owned(), authentication: Some(32), ..Origin::default() };
    instance.engine.emit(&origin, &AuditEvent::Stop).unwrap();
    assert_eq!(count(AuditFilter { authentication: Some(32), ..all() }), 1);
}

#[test]
fn a_link_of_many_records_is_read_in_pages() {
    let instance = Instance::new();
    let making = (0..2_500).map(|number| {
        let change = Change::CreateResource { name: format!("R{number}"), properties: Properties::new() };
        sclera_engine::administer::Asked {
            request: sclera_engine::administer::Request::Change(change),
            place: String::new(),
        }
    });
    instance.engine.submit_all(&instance.owner, making, sclera_engine::administer::Mode::Perform).unwrap();
    let names: Vec<String> = (0..2_500).map(|number| format!("ResourceChange R{number}")).collect();
    let forwards = AuditFilter { text: "R".to_owned(), oldest_first: true, ..AuditFilter::default() };
    let forwards = instance.engine.audit_page(&instance.owner, &forwards, None, 100_000).unwrap();
    let made: Vec<String> = forwards.iter().map(|(placed, _)| told(placed)).rev().take(2_500).rev().collect();
    assert_eq!(made, names);
    let page = instance.engine.audit_page(&instance.owner, &AuditFilter::default(), None, 2_500).unwrap();
    let backwards: Vec<String> = page.iter().map(|(placed, _)| told(placed)).rev().collect();
    assert_eq!(backwards, names);
}

#[test]
fn an_export_is_an_event_and_can_be_stopped() {
    let instance = lived();
    let filter = AuditFilter { oldest_first: true, names: list("UserChange"), ..AuditFilter::default() };
    let mut seen = Vec::new();
    let count = instance.engine.audit_export(&instance.owner, &filter, &mut |entry| {
        seen.push((entry.event[2].clone(), entry.field("Description").unwrap_or_default().to_owned()));
        true
    });
    assert_eq!(count, Ok(seen.len() as u64));
    assert_eq!(seen.last().unwrap(), &("UserChange".to_owned(), "Create user user5".to_owned()));
    assert_eq!(instance.last_event().event[2], "AuditReport");
    let mut once = 0;
    let stopped = instance.engine.audit_export(&instance.owner, &AuditFilter::default(), &mut |_| {
        once += 1;
        false
    });
    assert_eq!((stopped, once), (Ok(1), 1));
    let clerk = {
        instance.carry(user("clerk", "%Manager"));
        instance.carry(user("nobody", ""));
        instance.engine.admit_password("nobody", &secret(PASSWORD), Door::Library, None)
    };
    if let Ok(session) = clerk {
        assert!(instance.engine.audit_export(&session, &AuditFilter::default(), &mut |_| true).is_err());
    }
}

#[test]
fn settings_of_auditing_tell_by_an_event_of_their_own() {
    let instance = Instance::new();
    instance.set("AuditEnabled", "0");
    instance.set("InactiveLimit", "30");
    let newest = read(&instance, &AuditFilter::default());
    assert_eq!([told(&newest[0]), told(&newest[1])], ["SystemChange SYSTEM", "AuditChange SYSTEM"]);
    assert!(newest.iter().all(|placed| placed.log == Log::Journal));
}
