//! Whatever moment a process is killed at: what was acknowledged is there, an import is there whole or not at all, the
//! trail is intact, and nothing that is left behind keeps others waiting.

use crate::harness::{Dice, Kind, Scratch, rounds};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Waits a moment that is different each time, then kills. Gives whether it ended well before.
fn kill_within(mut child: std::process::Child, microseconds: usize, dice: &mut Dice) -> bool {
    std::thread::sleep(Duration::from_micros(dice.below(microseconds) as u64));
    let _ = child.kill();
    child.wait().unwrap().success()
}

fn users(scratch: &Scratch, beginning: &str) -> BTreeSet<String> {
    let rows = scratch.json(["user", "list", beginning]);
    rows.as_array().unwrap().iter().map(|row| row["Name"].as_str().unwrap().to_owned()).collect()
}

/// How long a call takes here, as a measure for the moment of killing.
fn time_of(call: impl FnOnce()) -> usize {
    let start = Instant::now();
    call();
    usize::try_from(start.elapsed().as_micros()).unwrap()
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let scratch = Scratch::new(Kind::Compatible);
    let mut dice = Dice::new(1);
    let time = time_of(|| drop(scratch.ok(["user", "create", "first"])));
    let (mut acknowledged, mut killed) = (BTreeSet::new(), 0);
    for number in 0..rounds(150) {
        let name = format!("u{number:05}");
        let child = scratch.call(["user", "create", &name]).start();
        if kill_within(child, time * 3 / 2, &mut dice) {
            acknowledged.insert(name);
        } else {
            killed += 1;
        }
        if number % 25 == 0 {
            assert!(users(&scratch, "u0").is_superset(&acknowledged));
            scratch.is_intact();
        }
    }
    let there = users(&scratch, "u0");
    assert!(there.is_superset(&acknowledged), "lost: {:?}", acknowledged.difference(&there));
    assert!(killed > 0 && !acknowledged.is_empty(), "{killed} killed, {} not", acknowledged.len());
    scratch.is_intact();
    is_not_blocked(&scratch);
}

#[test]
fn an_import_is_there_whole_or_not_at_all() {
    let mut dice = Dice::new(2);
    let document = |beginning: &str| {
        let users: Vec<String> =
            (0..300).map(|number| format!(r#"{{"Name":"{beginning}{number:03}","Roles":"Bulk"}}"#)).collect();
        format!(r#"{{"Roles":[{{"Name":"Bulk"}}],"Users":[{}]}}"#, users.join(","))
    };
    let scratch = Scratch::new(Kind::Compatible);
    let file = scratch.file("bulk.json", document("a"));
    let time = time_of(|| drop(scratch.ok(["import", &file])));
    let (mut whole, mut none) = (0, 0);
    for round in 0..rounds(40) {
        let beginning = format!("b{round}x");
        let file = scratch.file("bulk.json", document(&beginning));
        let revision = scratch.revision();
        let done = kill_within(scratch.call(["import", &file]).start(), time * 5 / 4, &mut dice);
        match users(&scratch, &beginning).len() {
            300 => whole += 1,
            0 if !done => none += 1,
            other => panic!("round {round}: {other} of 300 are there, acknowledged: {done}"),
        }
        assert_eq!(scratch.revision() > revision, users(&scratch, &beginning).len() == 300);
    }
    assert!(whole > 0 && none > 0, "{whole} whole, {none} not at all");
    scratch.is_intact();
    is_not_blocked(&scratch);
}

/// Several writers at once, all of them killed in the middle of it.
#[test]
fn killed_writers_keep_nobody_waiting() {
    let scratch = Scratch::new(Kind::Compatible);
    let mut dice = Dice::new(3);
    let time = time_of(|| drop(scratch.ok(["role", "create", "First"])));
    for round in 0..rounds(15) {
        let mut crowd: Vec<_> = (0..6)
            .map(|number| scratch.call(["role", "create", &format!("R{round}x{number}")]).start())
            .collect();
        std::thread::sleep(Duration::from_micros(dice.below(time * 3) as u64));
        for child in &mut crowd {
            let _ = child.kill();
        }
        // Before the killed ones are waited for: a lock goes with its process, not with its parent's attention.
        is_not_blocked(&scratch);
        for mut child in crowd {
            child.wait().unwrap();
        }
    }
    scratch.is_intact();
}

#[test]
fn a_killed_init_leaves_no_half_of_an_instance() {
    let mut dice = Dice::new(4);
    let init = ["init", "--profile", "compatible", "--owner", "owner"];
    let measure = Scratch::empty();
    let time = time_of(|| drop(measure.call(init).unjudged().is(0)));
    for _ in 0..rounds(12) {
        let scratch = Scratch::empty();
        kill_within(scratch.call(init).start(), time * 11 / 10, &mut dice);
        if scratch.data().exists() {
            scratch.is_intact();
        } else {
            scratch.call(init).unjudged().is(0);
        }
        scratch.ok(["user", "create", "ann"]);
        scratch.is_intact();
    }
}

/// Refusals are recorded before they are told, by one process killed after another.
#[test]
fn the_event_log_survives_a_kill() {
    let scratch = Scratch::new(Kind::Compatible);
    let mut dice = Dice::new(5);
    let refused = || scratch.call(["user", "list"]).log_in("nobody", "nothing");
    let time = time_of(|| drop(refused().is(3)));
    let mut told = 1;
    for _ in 0..rounds(40) {
        let mut child = refused().start();
        std::thread::sleep(Duration::from_micros(dice.below(time * 3 / 2) as u64));
        let _ = child.kill();
        told += u64::from(child.wait().unwrap().code() == Some(3));
    }
    let events = scratch.json(["status"])["Events"].as_u64().unwrap();
    assert!(events >= told, "{told} refusals were told and {events} are recorded");
    scratch.is_intact();
}

fn is_not_blocked(scratch: &Scratch) {
    let start = Instant::now();
    scratch.ok(["role", "create", "Probe"]);
    scratch.ok(["role", "delete", "Probe"]);
    assert!(start.elapsed() < Duration::from_secs(10), "a writer waited for {:?}", start.elapsed());
}
