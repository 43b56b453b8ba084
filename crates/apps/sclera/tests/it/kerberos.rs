//! Logins by a real KDC: tickets of `kinit`, `curl --negotiate`, typed passwords, and what becomes of all when it is down.
//! Where MIT Kerberos is not installed, each test says that it is skipped.

use crate::harness::{Kind, PASSWORD as LOCAL, Said, Scratch};
use crate::served::Served;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sclera_testkit::kdc::{Kdc, PASSWORD, REALM};
use sclera_testkit::servers::programs;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const TERMINAL: &str = "%Service_Terminal";
const APPLICATION: &str = "/api/sclera";
/// What the instance allows at all. Of it a service here takes 1 cache, 4 prompt, 16 operating system, 32 password.
const EVERYTHING: i64 = 0x0200_07f7;

/// The lines of the configuration for a KDC, whose key table becomes that of the instance.
fn lines(kdc: &Kdc) -> String {
    format!(
        "[kerberos]\nconfig = \"{}\"\nrealm = \"{REALM}\"\npatience_ms = 1200\n",
        kdc.configuration().display()
    )
}

fn take_keys(scratch: &Scratch, kdc: &Kdc) {
    let table = scratch.data().join("iris.keytab");
    fs::copy(kdc.key_table(), &table).unwrap();
    fs::set_permissions(&table, fs::Permissions::from_mode(0o600)).unwrap();
}

/// An instance whose terminals take tickets and passwords of Kerberos; of `ann`, a Reader.
fn clinic(kdc: &Kdc, terminal: i64) -> Scratch {
    let scratch = Scratch::new(Kind::Worked);
    take_keys(&scratch, kdc);
    fs::write(scratch.data().join("sclera.toml"), lines(kdc)).unwrap();
    scratch.ok(["resource", "create", "Pharmacy"]);
    scratch.ok(["role", "create", "Pharmacist", "--set", "Resources=Pharmacy:R"]);
    scratch.ok(["user", "add-roles", "ann", "Pharmacist"]);
    scratch.ok(["system", "modify", "--set", &format!("AutheEnabled={EVERYTHING}")]);
    scratch.ok(["service", "modify", TERMINAL, "--set", &format!("AutheEnabled={terminal}")]);
    scratch
}

/// A call by the ticket of a cache.
fn by_ticket(scratch: &Scratch, kdc: &Kdc, cache: &Path, words: &[&str]) -> Said {
    let call = scratch.call([words, &["--kerberos", "iris@localhost"]].concat());
    call.env("KRB5_CONFIG", kdc.configuration()).env("KRB5CCNAME", cache).said()
}

fn login(scratch: &Scratch, user: &str, password: &str) -> (i32, String) {
    let said = scratch.call(["login", TERMINAL, user]).env("SCLERA_LOGIN_PASSWORD", password).said();
    assert!(!said.out.contains(PASSWORD) && !said.err.contains(PASSWORD), "{said:?}");
    (said.code, said.out + &said.err)
}

#[test]
fn a_ticket_of_the_calling_process_logs_in() {
    let Some(kdc) = Kdc::start(&["ann", "stranger", "ann/admin"]) else { return };
    let scratch = clinic(&kdc, 1 | 16);
    assert!(scratch.ok(["check-config"]).contains("realm EXAMPLE.TEST"));
    let cache = kdc.ticket("ann");
    let said = by_ticket(&scratch, &kdc, &cache, &["check", "Pharmacy", "R"]);
    assert_eq!((said.code, said.out.trim()), (0, "1"), "{said:?}");
    for nobody in ["stranger", "ann/admin"] {
        let said = by_ticket(&scratch, &kdc, &kdc.ticket(nobody), &["check", "Pharmacy", "R"]);
        assert!(said.code == 3 && said.err.contains("Access Denied"), "{nobody}: {said:?}");
    }
    let said = by_ticket(&scratch, &kdc, Path::new("/nonexistent"), &["check", "Pharmacy", "R"]);
    assert!(said.code == 4 && said.err.contains("--kerberos iris@localhost: "), "{said:?}");
    let both = scratch.call(["check", "Pharmacy", "--as", "ann", "--kerberos", "iris@localhost"]);
    let both = both.env("KRB5_CONFIG", kdc.configuration()).env("KRB5CCNAME", &cache).said();
    assert!(both.code == 2 && both.err.contains("take one"), "{both:?}");
    // The log tells administrators what callers do not learn.
    let log = scratch.ok(["audit", "list", "--events", "LoginFailure", "--json"]);
    assert!(log.contains("User stranger does not exist") && log.contains("no user has such a name"), "{log}");
    // Where the cache is not effective, a ticket is nobody's.
    scratch.ok(["service", "modify", TERMINAL, "--set", "AutheEnabled=16"]);
    let said = by_ticket(&scratch, &kdc, &cache, &["check", "Pharmacy", "R"]);
    assert_eq!(said.code, 3, "{said:?}");
    scratch.is_intact();
}

#[test]
fn whose_keys_others_read_proves_nothing() {
    let Some(kdc) = Kdc::start(&["ann"]) else { return };
    let scratch = clinic(&kdc, 1 | 16);
    let cache = kdc.ticket("ann");
    let table = scratch.data().join("iris.keytab");
    fs::set_permissions(&table, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(scratch.refused(4, ["check-config"]).contains("iris.keytab"));
    assert_eq!(by_ticket(&scratch, &kdc, &cache, &["check", "Pharmacy", "R"]).code, 3);
    // Keys that the KDC does not have open no ticket.
    fs::set_permissions(&table, fs::Permissions::from_mode(0o600)).unwrap();
    kdc.ask("cpw -randkey iris/localhost");
    let fresh = kdc.ticket("ann");
    assert_eq!(by_ticket(&scratch, &kdc, &fresh, &["check", "Pharmacy", "R"]).code, 3);
    let log = scratch.ok(["audit", "list", "--events", "LoginFailure", "--json"]);
    assert!(log.contains("Kerberos error"), "{log}");
}

#[test]
fn a_typed_password_is_proven_by_the_kdc_and_the_kdc_by_the_key_table() {
    let Some(kdc) = Kdc::start(&["ann", "stranger"]) else { return };
    let scratch = clinic(&kdc, 4);
    let (code, said) = login(&scratch, "ann", PASSWORD);
    assert!(code == 0 && said.contains("admitted: ann"), "{said}");
    // In one realm its name may come along.
    scratch.ok(["system", "modify", "--set", "DefaultSecurityDomain=example.test"]);
    assert_eq!(login(&scratch, "ann@example.test", PASSWORD).0, 0);
    for (user, password) in [
        ("ann", LOCAL),
        ("ann", ""),
        ("nobody", PASSWORD),
        ("stranger", PASSWORD),
        ("ann/admin", PASSWORD),
        ("ann@other.test", PASSWORD),
    ] {
        let (code, said) = login(&scratch, user, password);
        assert_eq!(code, 1, "{user}: {said}");
    }
    let (_, said) = login(&scratch, "ann", "wrong");
    assert!(said.contains("Invalid Kerberos username or password"), "administrators learn why: {said}");
    // Whoever forges a KDC does not have the keys of the instance.
    kdc.ask("cpw -randkey iris/localhost");
    kdc.ask("cpw -randkey HTTP/localhost");
    let (code, said) = login(&scratch, "ann", PASSWORD);
    assert_eq!(code, 1, "{said}");
    scratch.is_intact();
}

#[test]
fn a_kdc_that_is_down_or_hangs_holds_nobody_up_for_long() {
    let Some(mut kdc) = Kdc::start(&["ann"]) else { return };
    let scratch = clinic(&kdc, 33);
    let cache = kdc.ticket("ann");
    let asked = ["check", "Pharmacy", "R"];
    assert_eq!(by_ticket(&scratch, &kdc, &cache, &asked).code, 0);
    scratch.ok(["service", "modify", TERMINAL, "--set", "AutheEnabled=4"]);
    assert_eq!(login(&scratch, "ann", PASSWORD).0, 0);
    kdc.process().freeze();
    let begun = Instant::now();
    let (code, said) = login(&scratch, "ann", PASSWORD);
    assert!(code == 1 && said.contains("did not answer in time"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    kdc.process().kill();
    let (code, said) = login(&scratch, "ann", PASSWORD);
    assert!(code == 1 && said.contains("no KDC answers"), "{said}");
    // What is kept here is asked at full speed, and a ticket that was got before needs no KDC.
    scratch.ok(["service", "modify", TERMINAL, "--set", "AutheEnabled=33"]);
    assert_eq!(login(&scratch, "clerk", LOCAL).0, 0);
    assert_eq!(by_ticket(&scratch, &kdc, &cache, &asked).code, 0);
}

/// `curl` with `--negotiate`: the status, the headers and the body.
fn curl(kdc: &Kdc, cache: Option<&Path>, served: &Served, path: &str, more: &[&str]) -> (u16, String) {
    let authority = served.scratch.file("authority.pem", &served.authority);
    let url = format!("{}{path}", served.address.replace("127.0.0.1", "localhost"));
    let mut command = Command::new("curl");
    command.env_clear().env("KRB5_CONFIG", kdc.configuration()).env("PATH", "/usr/bin:/bin");
    command.env("KRB5CCNAME", cache.unwrap_or(Path::new("/nonexistent")));
    command.args(["-s", "-i", "--insecure", "--cacert", &authority, "--negotiate", "-u", ":"]);
    let said = command.args(more).arg(&url).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    // After the challenge comes the answer.
    let last = text.rfind("HTTP/").map(|start| &text[start..]).unwrap_or_default();
    let status = last.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    (status, last.to_owned())
}

fn over_http(kdc: &Kdc) -> Served {
    let served = Served::with(&lines(kdc), |scratch| take_keys(scratch, kdc));
    served.scratch.ok(["system", "modify", "--set", &format!("AutheEnabled={EVERYTHING}")]);
    served.scratch.ok(["application", "modify", APPLICATION, "--set", "AutheEnabled=36"]);
    served
}

#[test]
fn curl_negotiates() {
    let Some(kdc) = Kdc::start(&["clerk", "stranger"]) else { return };
    if programs(["curl"]).is_none() {
        return;
    }
    let served = over_http(&kdc);
    let cache = kdc.ticket("clerk");
    let session = "/api/sclera/v1/session";
    let (status, said) = curl(&kdc, Some(&cache), &served, session, &[]);
    assert!(status == 200 && said.contains("\"clerk\""), "{said}");
    let answer = said.to_lowercase();
    assert!(answer.contains("www-authenticate: negotiate "), "the server proves itself, too: {said}");
    let question = r#"{"subject":{"type":"user","id":"clerk"},"action":{"name":"read"},"resource":{"type":"resource","id":"Ward_Chart"}}"#;
    let asked = ["-H", "Content-Type: application/json", "-d", question];
    let (status, said) = curl(&kdc, Some(&cache), &served, "/access/v1/evaluation", &asked);
    assert!(status == 200 && said.ends_with("{\"decision\":true}"), "{said}");
    for (privilege, expected) in [("Ward_Chart:R", 200), ("Ward_Chart:W", 403)] {
        let path = format!("/gate/auth?privilege={privilege}");
        assert_eq!(curl(&kdc, Some(&cache), &served, &path, &[]).0, expected, "{privilege}");
    }
    let refused = curl(&kdc, Some(&kdc.ticket("stranger")), &served, session, &[]);
    let without = curl(&kdc, None, &served, session, &[]);
    for (status, said) in [&refused, &without] {
        assert_eq!(*status, 401, "{said}");
        let said = said.to_lowercase();
        assert!(said.contains("www-authenticate: negotiate\r\n") && said.contains("www-authenticate: basic"));
        assert!(said.contains("access denied"), "{said}");
    }
    // A ticket is shown once; and nonsense is refused like one.
    for token in ["", "YQ==", "????", &"A".repeat(20_000)] {
        let header = format!("Authorization: Negotiate {token}");
        let (status, said) = curl(&kdc, None, &served, session, &["-H", &header]);
        assert!(status == 401 || status == 431, "{status} {said}");
    }
    served.scratch.ok(["application", "modify", APPLICATION, "--set", "AutheEnabled=32"]);
    let (status, said) = curl(&kdc, Some(&cache), &served, session, &[]);
    assert!(status == 401 && !said.to_lowercase().contains("negotiate"), "it is not offered: {said}");
    served.scratch.is_intact();
}

#[test]
fn a_token_is_good_once() {
    let Some(kdc) = Kdc::start(&["clerk"]) else { return };
    if programs(["curl"]).is_none() {
        return;
    }
    let served = over_http(&kdc);
    let by = sclera::KerberosBy {
        helper: env!("CARGO_BIN_EXE_sclera").into(),
        key_table: None,
        configuration: Some(kdc.configuration()),
        realm: None,
        patience: Duration::from_secs(10),
    };
    let token = by.token_for("HTTP@localhost", Some(&kdc.ticket("clerk"))).unwrap();
    let header = format!("Authorization: Negotiate {}", STANDARD.encode(&token));
    let ask = || curl(&kdc, None, &served, "/api/sclera/v1/session", &["-H", &header]);
    let (first, said) = ask();
    assert_eq!(first, 200, "{said}");
    assert_eq!(ask().0, 401, "whoever copied it comes too late");
    let log = served.scratch.ok(["audit", "list", "--events", "LoginFailure", "--json"]);
    assert!(log.contains("replay"), "{log}");
}
