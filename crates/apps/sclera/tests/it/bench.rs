//! `bench`: figures that are there and positive; what they are depends on the machine.

use crate::harness::Scratch;

const SMALL: [&str; 7] = ["bench", "--roles", "30", "--resources", "40", "--privileges", "5"];

#[test]
fn it_measures_without_an_instance() {
    let scratch = Scratch::empty();
    let figures = scratch.json(SMALL);
    let figures = figures.as_array().unwrap();
    let named = |what: &str| {
        let found =
            figures.iter().find(|figure| figure["Figure"] == what).unwrap_or_else(|| panic!("{what}"));
        (found["Value"].as_f64().unwrap(), found["Unit"].as_str().unwrap())
    };
    for (what, unit) in [
        ("a bare bit test", "ns"),
        ("a check by prepared id", "ns"),
        ("a check by name", "ns"),
        ("a session with 4 roles", "us"),
        ("a session with 50 roles", "us"),
        ("compiling all settings", "ms"),
        ("patching them for a changed role", "ms"),
        ("opening them and proving their sums", "ms"),
        ("the size of the snapshot", "MiB"),
        ("publishing all settings, as a process does first", "ms"),
        ("publishing a changed role", "ms"),
        ("attaching, a session and its first check", "ms"),
        ("a check by name in another process", "ns"),
        ("until another process decides by a change, p50", "ms"),
        ("until another process decides by a change, p99", "ms"),
    ] {
        let (value, found) = named(what);
        assert!(value >= 0.0 && found == unit, "{what}: {value} {found}");
    }
    assert!(named("a check by name").0 > named("a check by prepared id").0);
    assert!(!scratch.data().exists(), "no instance is made");
    let table = scratch.ok(SMALL);
    assert!(table.contains("a check by prepared id") && table.contains("30 roles, three deep"), "{table}");
}

#[test]
fn its_size_is_bounded() {
    let scratch = Scratch::empty();
    for call in [
        &["bench", "--roles", "2"][..],
        &["bench", "--roles", "100001"],
        &["bench", "--resources", "0"],
        &["bench", "--privileges", "-1"],
        &["bench", "--roles", "100000", "--privileges", "101"],
    ] {
        scratch.call(call).is(2);
    }
}
