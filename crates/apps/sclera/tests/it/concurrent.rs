//! Several processes on one instance: no update is lost, none starves, and who reads is never refused.

use crate::harness::{Kind, Scratch, rounds};
use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const WRITERS: usize = 4;

#[test]
fn no_update_is_lost_and_no_writer_starves() {
    let scratch = Scratch::new(Kind::Compatible);
    scratch.ok(["user", "create", "shared"]);
    let (start, over) = (Barrier::new(WRITERS), AtomicBool::new(false));
    let time = Duration::from_secs(u64::from(rounds(4)));
    let write = |writer: usize| {
        start.wait();
        let begin = Instant::now();
        let mut done = 0;
        while begin.elapsed() < time {
            let (user, role) = (format!("w{writer}u{done:04}"), format!("W{writer}r{done:04}"));
            scratch.ok(["user", "create", &user]);
            scratch.ok(["user", "modify", &user, "--set", "Comment=Mine"]);
            scratch.ok(["role", "create", &role]);
            scratch.ok(["user", "add-roles", "shared", &role]);
            done += 1;
        }
        done
    };
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let readers: Vec<_> =
            [&["user", "list"][..], &["check", "X", "--user", "shared"], &["audit", "verify"]]
                .map(|call| scope.spawn(|| read_until(&scratch, call, &over)))
                .into();
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(writer))).collect();
        let counts = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        over.store(true, Ordering::SeqCst);
        assert!(readers.into_iter().all(|reader| reader.join().unwrap() > 0));
        counts
    });
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*least > 0 && most <= &(2 * least + 2), "turns were {counts:?}");

    let expected: BTreeSet<String> = (0..WRITERS)
        .flat_map(|writer| (0..counts[writer]).map(move |number| format!("W{writer}r{number:04}")))
        .collect();
    let shared = scratch.json(["user", "show", "shared"]);
    let held: BTreeSet<String> = shared["Roles"].as_str().unwrap().split(',').map(str::to_owned).collect();
    assert_eq!(held, expected, "each role that was added is there");
    let users = scratch.json(["user", "list", "w", "--detail"]);
    assert_eq!(users.as_array().unwrap().len(), expected.len());
    assert!(users.as_array().unwrap().iter().all(|user| user["Comment"] == "Mine"));
    scratch.is_intact();
}

/// Reads again and again; a reader is never refused and never waits for long.
fn read_until(scratch: &Scratch, call: &[&str], over: &AtomicBool) -> u32 {
    let mut count = 0;
    while !over.load(Ordering::SeqCst) {
        scratch.ok(call);
        count += 1;
    }
    count
}

/// Everyone makes the same object; one of them does, and the others are told so.
#[test]
fn one_of_many_makes_an_object() {
    let scratch = Scratch::new(Kind::Compatible);
    for round in 0..rounds(6) {
        for (kind, name, number) in [
            ("user", format!("u{round}"), "#837"),
            ("role", format!("R{round}"), "#884"),
            ("resource", format!("X{round}"), "#891"),
        ] {
            let revision = scratch.revision();
            let crowd: Vec<_> = (0..4).map(|_| scratch.call([kind, "create", &name]).start()).collect();
            let ended: Vec<_> = crowd.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
            let made = ended.iter().filter(|output| output.status.success()).count();
            assert_eq!(made, 1, "{kind} {name}");
            for output in ended.iter().filter(|output| !output.status.success()) {
                assert_eq!(output.status.code(), Some(3));
                assert!(String::from_utf8_lossy(&output.stderr).contains(number));
            }
            assert_eq!(scratch.revision(), revision + 1);
        }
    }
    scratch.is_intact();
}

/// A name is that of a user or of a role, also when both are made at once.
#[test]
fn a_user_and_a_role_never_share_a_name() {
    let scratch = Scratch::new(Kind::Compatible);
    for round in 0..rounds(10) {
        let name = format!("n{round}");
        let crowd =
            ["user", "role", "user", "role"].map(|kind| scratch.call([kind, "create", &name]).start());
        let made =
            crowd.map(|mut child| child.wait().unwrap().success()).iter().filter(|made| **made).count();
        assert_eq!(made, 1);
    }
    scratch.is_intact();
}
