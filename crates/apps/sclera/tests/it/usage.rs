//! Wrong calls, help, and where the instance is found.

use crate::harness::{Kind, Scratch, mode};
use crate::leaves::{Asks, LEAVES};
use std::os::unix::ffi::OsStrExt;

#[test]
fn help_goes_to_stdout_and_is_no_error() {
    let scratch = Scratch::empty();
    for call in [&["--help"][..], &["-h"], &["user", "--help"], &["user", "create", "--help"]] {
        assert!(scratch.ok(call).contains("Usage: sclera"));
    }
    assert!(scratch.ok(["--version"]).starts_with("sclera "));
}

#[test]
fn a_wrong_call_is_told_in_one_line() {
    let scratch = Scratch::new(Kind::Compatible);
    let long = "x".repeat(120_000);
    for (call, told) in [
        (&[][..], "sclera: a command is missing; usage: sclera [OPTIONS] <COMMAND>\n"),
        (&["user"], "sclera: a command is missing; usage: sclera user [OPTIONS] <COMMAND>\n"),
        (
            &["user", "creat"],
            "sclera: unrecognized subcommand 'creat'; tip: a similar subcommand exists: 'create'; \
             usage: sclera user [OPTIONS] <COMMAND>\n",
        ),
        (
            &["user", "show"],
            "sclera: the following required arguments were not provided: <NAME>; usage: sclera user show <NAME>\n",
        ),
        (&["user", "show", "ann", "bob"], "sclera: unexpected argument 'bob' found; "),
        (&["user", "show", "ann", "--foo"], "sclera: unexpected argument '--foo' found; "),
        (&["user", "show", "a\n\nb", "\u{1b}[31mbob"], "sclera: unexpected argument '"),
        (&["user", "show", "ann", &long], "sclera: unexpected argument 'xxxx"),
        (&["audit", "list", "--limit", "0"], "sclera: invalid value '0' for '--limit <LIMIT>': "),
        (&["audit", "list", "--limit", "many"], "sclera: invalid value 'many' for '--limit <LIMIT>': "),
        (&["check"], "sclera: the following required arguments were not provided: <RESOURCE>; "),
        (&["check", "A", "--user", "ann", "--roles", "R"], "sclera: the argument '--user <USER>' cannot be"),
        (&["init", "--security", "none"], "sclera: invalid value 'none' for '--security <LEVEL>' "),
        (&["user", "create", "ann", "--set"], "sclera: a value is required for '--set <PROPERTY=VALUE>' "),
        (&["export", "out.json", "--what", "users,cars"], "sclera: --what knows "),
    ] {
        // How the instance was found is no part of the call.
        let said = scratch.refused(2, call).replace(" --data <DIR>", "");
        assert!(said.starts_with(told), "{said}");
        let as_json = scratch.call(call).word("--json").said();
        assert!(as_json.code == 2 && as_json.err.starts_with(r#"{"error":{"code":"Usage","#), "{as_json:?}");
    }
    let by_environment = scratch.call(["user"]).env("SCLERA_JSON", "1").said();
    assert!(by_environment.err.starts_with(r#"{"error":{"code":"Usage","#), "{by_environment:?}");
}

#[test]
fn every_command_refuses_what_it_does_not_know() {
    let scratch = Scratch::new(Kind::Compatible);
    for leaf in LEAVES {
        let path = || leaf.path.split(' ');
        for nonsense in [&["--nonsense"][..], &["--set=", "--nonsense=1"]] {
            scratch.refused(2, path().chain(nonsense.iter().copied()));
            scratch.refused(2, path().chain(nonsense.iter().copied()).chain(["--json"]));
        }
        let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe");
        let call = path().map(std::ffi::OsStr::new).chain([bytes, bytes, bytes]);
        let said = scratch.call(call).said();
        // A path may be any bytes; nothing else may.
        assert!(said.code == 2 || leaf.path == "import" && said.code == 4, "{said:?}");
    }
}

#[test]
fn a_missing_instance_is_told_with_what_to_do() {
    let scratch = Scratch::empty();
    let missing = format!(
        "sclera: there is no instance in {}; make one with `sclera init` or name another with --data\n",
        scratch.data().display()
    );
    for leaf in LEAVES.iter().filter(|leaf| leaf.asks != Asks::NoInstance) {
        assert_eq!(scratch.refused(4, leaf.call(&scratch)), missing, "{}", leaf.path);
    }
    assert_eq!(scratch.refused(4, ["serve"]), missing);
    assert!(!scratch.data().exists(), "looking for an instance makes none");
}

#[test]
fn the_instance_is_found_by_flag_variable_and_default() {
    let scratch = Scratch::new(Kind::Compatible);
    let directory = |said: String| {
        let status: serde_json::Value = serde_json::from_str(&said).unwrap();
        status["Directory"].as_str().unwrap().to_owned()
    };
    let data = scratch.data().to_str().unwrap().to_owned();
    let by_flag = scratch.call(["status", "--json", "--data", &data]).env("SCLERA_DATA", "/nowhere").is(0);
    assert_eq!(directory(by_flag.out), data);
    assert_eq!(directory(scratch.ok(["status", "--json"])), data);
    let share = scratch.path("share");
    std::fs::create_dir(&share).unwrap();
    std::fs::rename(scratch.data(), share.join("sclera")).unwrap();
    let by_default = scratch.call(["status", "--json"]).without_env("SCLERA_DATA");
    let by_default = by_default.env("XDG_DATA_HOME", &share).is(0);
    assert_eq!(directory(by_default.out), share.join("sclera").to_str().unwrap());
    let at_home = scratch.path(".local/share");
    std::fs::create_dir_all(&at_home).unwrap();
    std::fs::rename(share.join("sclera"), at_home.join("sclera")).unwrap();
    let at_home = scratch.call(["status", "--json"]).without_env("SCLERA_DATA").is(0);
    assert!(directory(at_home.out).ends_with(".local/share/sclera"));
    let nowhere = scratch.call(["status"]).without_env("SCLERA_DATA").without_env("HOME").is(2);
    assert!(nowhere.err.contains("--data"), "{}", nowhere.err);
}

#[test]
fn another_store_is_refused_without_its_password() {
    let scratch = Scratch::new(Kind::Compatible);
    for call in [&["status"][..], &["init"], &["demo"]] {
        let said = scratch.call(call).env("SCLERA_STORE", "postgres://sclera:open-sesame@db/x").is(4);
        assert!(said.err.contains("is not built in") && !said.err.contains("open-sesame"), "{said:?}");
    }
}

#[test]
fn an_instance_is_made_whole_or_not_at_all() {
    let scratch = Scratch::new(Kind::Compatible);
    let before = scratch.exported();
    let said = scratch.refused(3, ["init", "--owner", "owner"]);
    assert!(said.contains("exists already and is not empty; name another directory with --data"), "{said}");
    assert_eq!(scratch.exported(), before);

    let fresh = Scratch::empty();
    for (owner, number) in
        [("_SYSTEM", "#837"), ("%All", "#837"), ("a\tb", "#842"), ("", "#842"), ("%System", "#842")]
    {
        let said = fresh.refused(3, ["init", "--profile", "compatible", "--owner", owner]);
        assert!(said.contains(number), "{owner:?}: {said}");
        assert_eq!(std::fs::read_dir(fresh.path("")).unwrap().count(), 0, "a refused `init` leaves nothing");
    }
    fresh.file("data", "a file is in the way");
    fresh.refused(3, ["init", "--owner", "owner"]);
    std::fs::remove_file(fresh.data()).unwrap();
    std::fs::create_dir(fresh.data()).unwrap();
    fresh.call(["init", "--profile", "compatible", "--owner", "owner"]).unjudged().is(0);
    assert_eq!(mode(&fresh.data()), 0o700);
    fresh.is_intact();
}
