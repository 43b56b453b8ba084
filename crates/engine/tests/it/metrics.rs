//! What is counted, as OpenMetrics: its grammar, and what the doors of a server and the stores add to it.

use crate::bench::Instance;
use sclera_core::decision::{Answer, Decision};
use sclera_core::permission::Permissions;
use sclera_engine::answers::{Answers, Entrance, Source};
use sclera_store::port::{LogWrite, Store};
use std::collections::{BTreeMap, BTreeSet};

/// The samples by name and labels; of times only whether there were any. Each stands with its family, which is declared once, by a name that fits its kind.
fn samples(text: &str) -> BTreeMap<String, u64> {
    let body = text.strip_suffix("# EOF\n").unwrap();
    let (mut families, mut samples) = (BTreeSet::new(), BTreeMap::new());
    let (mut family, mut kind) = ("", "");
    for line in body.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            (family, kind) = declared.split_once(' ').unwrap();
            assert!(families.insert(family), "{line}");
            continue;
        }
        if let Some(help) = line.strip_prefix("# HELP ") {
            assert!(help.starts_with(&format!("{family} ")), "{line}");
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap();
        let ends: &[&str] = match kind {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_count", "_sum"],
            other => panic!("{other}: {line}"),
        };
        let name = sample.split('{').next().unwrap();
        assert!(name.strip_prefix(family).is_some_and(|end| ends.contains(&end)), "{line}");
        let is_time = name.ends_with("_sum");
        let value =
            if is_time { u64::from(value.parse::<f64>().unwrap() > 0.0) } else { value.parse().unwrap() };
        assert!(samples.insert(sample.to_owned(), value).is_none(), "{line}");
    }
    samples
}

fn told(instance: &Instance) -> BTreeMap<String, u64> {
    samples(&instance.engine.metrics().unwrap())
}

#[test]
fn answers_are_told_by_door_source_and_result() {
    let instance = Instance::new();
    let answers = Answers::default();
    for answer in [Answer::Decided(Decision::Granted), Answer::Decided(Decision::Denied)] {
        answers.add(answer);
        answers.add(answer);
    }
    answers.add(Answer::Held(Permissions::READ));
    let before = told(&instance);
    instance.engine.count_answers(Entrance::Evaluation, Source::Memory, &answers);
    instance.engine.count_answers(
        Entrance::Local,
        Source::Store,
        &Answers::of(Answer::Held(Permissions::NONE)),
    );
    let after = told(&instance);
    let checks = |all: &BTreeMap<String, u64>| {
        let ours = all.iter().filter(|(name, _)| name.starts_with("sclera_checks_total"));
        ours.map(|(name, value)| (name.clone(), *value)).collect::<Vec<_>>()
    };
    assert_eq!(checks(&before).len(), 24, "also those that are 0");
    assert!(checks(&before).iter().all(|(_, number)| *number == 0));
    let counted: Vec<_> = checks(&after).into_iter().filter(|(_, number)| *number > 0).collect();
    let name = |door: &str, source: &str, result: &str| {
        format!("sclera_checks_total{{door=\"{door}\",source=\"{source}\",result=\"{result}\"}}")
    };
    let expected = [
        (name("evaluation", "memory", "denied"), 2),
        (name("evaluation", "memory", "permitted"), 2),
        (name("evaluation", "memory", "told"), 1),
        (name("local", "store", "told"), 1),
    ];
    assert_eq!(counted, expected);
    let numbers = instance.engine.counted().unwrap();
    assert_eq!((numbers.answers_permitted, numbers.answers_denied), (2, 2));
    assert_eq!((numbers.answers_told, numbers.answers_at_hand), (2, 5));
}

#[test]
fn stores_tell_their_commits_waits_and_failures() {
    let instance = Instance::new();
    let before = told(&instance);
    let committed = "sclera_store_commit_seconds_count{store=\"security\"}";
    instance.store.write().unwrap().commit().unwrap();
    let long = instance.store.write_long().unwrap();
    assert!(instance.store.write().is_err());
    drop(long);
    let after = told(&instance);
    assert_eq!(after[committed], before[committed] + 1);
    for store in ["security", "activity"] {
        for name in ["sclera_store_commit_seconds", "sclera_store_wait_seconds"] {
            let classes = |bound: &str| after[&format!("{name}_bucket{{store=\"{store}\",le=\"{bound}\"}}")];
            let bounds = [
                "0.0001", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.1", "0.5", "2.5", "10.0",
            ];
            assert!(bounds.map(classes).is_sorted() && classes("10.0") <= classes("+Inf"));
            let [count, sum] =
                ["count", "sum"].map(|part| after[&format!("{name}_{part}{{store=\"{store}\"}}")]);
            assert_eq!((classes("+Inf"), sum > 0), (count, count > 0));
        }
    }
    assert_eq!(after["sclera_store_failures_total{store=\"security\",reason=\"occupied\"}"], 1);
    assert_eq!(after["sclera_store_failures_total{store=\"activity\",reason=\"full\"}"], 0);
    assert!(after.contains_key("sclera_store_bytes{store=\"activity\",file=\"log\"}"));
}
