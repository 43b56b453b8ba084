//! Passwords of the operating system: the real library of PAM, asked by the helper, with services and modules of the test.

use crate::harness::{Kind, PASSWORD, Scratch};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TERMINAL: &str = "%Service_Terminal";

/// Where modules of a package are, by the library directories of Debian and others.
fn module(name: &str) -> Option<PathBuf> {
    let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let below = ["pam_wrapper", "security"];
    places
        .iter()
        .flat_map(|place| below.iter().map(move |below| Path::new(place).join(below).join(name)))
        .find(|path| path.is_file())
}

/// An instance whose terminals take passwords of the operating system, with these lines as the service; none where the
/// modules are not installed.
fn clinic(lines: &[&str]) -> Option<Scratch> {
    let scratch = Scratch::new(Kind::Worked);
    let services = scratch.data().join("pam.d");
    fs::create_dir(&services).unwrap();
    let mut text = String::new();
    for line in lines {
        let (kind, name) = line.split_once(' ').unwrap();
        let (name, arguments) = name.split_once(' ').unwrap_or((name, ""));
        let Some(module) = module(name) else {
            println!("skipped: {name} is not installed");
            return None;
        };
        writeln!(text, "{kind} required {} {arguments}", module.display()).unwrap();
    }
    fs::write(services.join("clinic"), text.replace("PASSDB", scratch.path("passdb").to_str().unwrap()))
        .unwrap();
    fs::write(scratch.path("passdb"), "ann:Os-Kestrel-1:clinic\nbob:Os-Kestrel-2:other\n").unwrap();
    configure(&scratch, "[os]\npam_service = \"clinic\"\npam_directory = \"pam.d\"\npatience_ms = 5000\n");
    // 16 operating system.
    scratch.ok(["system", "modify", "--set", "AutheEnabled=16"]);
    scratch.ok(["service", "modify", TERMINAL, "--set", "AutheEnabled=16"]);
    Some(scratch)
}

fn configure(scratch: &Scratch, text: &str) {
    fs::write(scratch.data().join("sclera.toml"), text).unwrap();
}

const MATRIX: [&str; 2] = ["auth pam_matrix.so passdb=PASSDB", "account pam_matrix.so passdb=PASSDB"];

/// Asks the gate: the exit code, and what an administrator sees.
fn asked(scratch: &Scratch, user: &str, password: &str) -> (i32, String) {
    let said = scratch.call(["login", TERMINAL, user]).env("SCLERA_LOGIN_PASSWORD", password).said();
    (said.code, said.out + &said.err)
}

#[test]
fn pam_compares_the_password() {
    let Some(scratch) = clinic(&MATRIX) else { return };
    assert!(scratch.ok(["check-config"]).contains("PAM service clinic"));
    let (code, said) = asked(&scratch, "ann", "Os-Kestrel-1");
    assert_eq!(code, 0, "{said}");
    for (user, password) in [
        ("ann", "Os-Kestrel-2"),
        ("ann", PASSWORD),
        ("ann", ""),
        // Right, but for another service.
        ("bob", "Os-Kestrel-2"),
        ("nobody", "Os-Kestrel-1"),
        ("../ann", "Os-Kestrel-1"),
    ] {
        let (code, said) = asked(&scratch, user, password);
        assert_eq!(code, 1, "{user}: {said}");
        assert!(!said.contains("Os-Kestrel"), "{said}");
    }
    let (_, said) = asked(&scratch, "ann", "Os-Kestrel-2");
    assert!(said.contains("Authentication failure (PAM 7)"), "administrators learn why: {said}");
    scratch.is_intact();
}

#[test]
fn an_account_that_may_not_be_used_is_refused_although_the_password_is_right() {
    let Some(scratch) = clinic(&[MATRIX[0], "account pam_deny.so"]) else { return };
    let (code, said) = asked(&scratch, "ann", "Os-Kestrel-1");
    assert!(code == 1 && said.contains("(PAM "), "{said}");
    let Some(scratch) = clinic(&[MATRIX[0], "account pam_debug.so acct=new_authtok_reqd"]) else { return };
    let (code, said) = asked(&scratch, "ann", "Os-Kestrel-1");
    assert!(code == 1 && said.contains("ERROR #992"), "a password that must be changed first: {said}");
    let (code, said) = asked(&scratch, "ann", "Os-Kestrel-2");
    assert!(code == 1 && !said.contains("ERROR #992"), "only whose password is right learns of it: {said}");
}

#[test]
fn who_is_let_in_is_who_asked() {
    // The module puts a name of the environment in place of what was asked.
    let Some(scratch) = clinic(&[MATRIX[0], "auth pam_set_items.so", MATRIX[1]]) else { return };
    assert_eq!(asked(&scratch, "ann", "Os-Kestrel-1").0, 0, "the helper of the product has no environment");
    let help = |environment: &[(&str, &str)]| {
        let mut helper = Command::new(env!("CARGO_BIN_EXE_sclera"));
        helper.args(["--compare-os-password", "clinic"]).arg(scratch.data().join("pam.d"));
        helper.env_clear().envs(environment.iter().copied());
        let mut helper = helper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        helper.stdin.take().unwrap().write_all(b"ann\0Os-Kestrel-1").unwrap();
        let ended = helper.wait_with_output().unwrap();
        (ended.status.success(), String::from_utf8(ended.stdout).unwrap())
    };
    assert_eq!(help(&[]), (true, "granted\n".to_owned()));
    let mapped = "refused PAM put another name in place of it\n".to_owned();
    assert_eq!(help(&[("PAM_USER", "root")]), (false, mapped));
}

#[test]
fn a_module_that_asks_for_more_than_the_password_gets_nothing() {
    // It asks a second hidden question, which is not answered with the password.
    let second = "auth pam_matrix.so passdb=PASSDB";
    let Some(scratch) = clinic(&[MATRIX[0], second, MATRIX[1]]) else { return };
    let (code, said) = asked(&scratch, "ann", "Os-Kestrel-1");
    assert_eq!(code, 1, "{said}");
    // One that talks gets on; one that shouts on stdout says nothing to us.
    let Some(scratch) = clinic(&["auth pam_chatty.so info error", MATRIX[0], MATRIX[1]]) else { return };
    assert_eq!(asked(&scratch, "ann", "Os-Kestrel-1").0, 0);
    let shout = "auth pam_exec.so stdout /bin/sh -c";
    let Some(scratch) = clinic(&[&format!("{shout} [echo granted]"), "account pam_deny.so"]) else { return };
    assert_eq!(asked(&scratch, "ann", "Os-Kestrel-1").0, 1);
}

#[test]
fn a_module_that_hangs_is_not_waited_for() {
    let Some(scratch) = clinic(&["auth pam_exec.so /bin/sleep 60", MATRIX[1]]) else { return };
    configure(&scratch, "[os]\npam_service = \"clinic\"\npam_directory = \"pam.d\"\npatience_ms = 700\n");
    let begun = Instant::now();
    let (code, said) = asked(&scratch, "ann", "Os-Kestrel-1");
    assert!(code == 1 && said.contains("did not answer in time"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn without_a_service_of_its_own_nobody_gets_in() {
    let Some(scratch) = clinic(&["auth pam_permit.so", "account pam_permit.so"]) else { return };
    assert_eq!(asked(&scratch, "ann", "anything").0, 0, "the site may permit everything");
    // PAM itself would go by `other`.
    let services = scratch.data().join("pam.d");
    fs::rename(services.join("clinic"), services.join("other")).unwrap();
    let (code, said) = asked(&scratch, "ann", "anything");
    assert!(code == 1 && said.contains("there is no file clinic in"), "{said}");
    assert!(scratch.refused(4, ["check-config"]).contains("there is no file clinic in"));
    configure(&scratch, "[os]\npam_service = \"../clinic\"\n");
    assert!(scratch.refused(4, ["check-config"]).contains("is not the name of a service"));
    configure(&scratch, "");
    assert_eq!(asked(&scratch, "ann", "anything").0, 1, "nothing is asked unless it is configured");
}
