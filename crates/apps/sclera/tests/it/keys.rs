//! Other keys in the place of those of an instance: what was sealed is had back, and whoever is stopped goes on.

use crate::harness::{Kind, Scratch};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn key(scratch: &Scratch, name: &str) -> PathBuf {
    scratch.data().join("keys").join(name)
}

/// The key of one-time passwords of somebody, as it is typed.
fn totp(scratch: &Scratch, user: &str) -> String {
    scratch.json(["user", "totp", user])["Key"].as_str().unwrap().to_owned()
}

/// An instance with secrets of all kinds.
fn with_secrets() -> Scratch {
    let scratch = Scratch::new(Kind::Worked);
    let password = scratch.call(["ldap", "search-password", "site.example"]);
    password.env("SCLERA_NEW_PASSWORD", "Reader-Quill-31").is(0);
    for (words, secret) in [
        (&["ssl", "private-key-password", "Front"][..], "Front-Sluice-12"),
        (&["system", "smtp-password"], "Relay-Gannet-64"),
    ] {
        scratch.call(words).env("SCLERA_NEW_PASSWORD", secret).is(0);
    }
    scratch
}

#[test]
fn everything_is_sealed_by_the_new_key() {
    let scratch = with_secrets();
    let (before, old) =
        (["ann", "bob", "clerk"].map(|user| totp(&scratch, user)), fs::read(key(&scratch, "seal.key")));
    let rows = |scratch: &Scratch| {
        let database = scratch.database("security.db");
        let mut all = database.prepare("SELECT text FROM object WHERE kind = 6 ORDER BY number").unwrap();
        let rows = all.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    let sealed = rows(&scratch);
    let done = scratch.json(["key", "rotate", "seal"]);
    assert!(done["Resealed"].as_u64().unwrap() > 3 && done["Lost"] == 0, "{done}");
    assert_ne!(fs::read(key(&scratch, "seal.key")).unwrap(), old.unwrap());
    assert!(!key(&scratch, "seal.key.older").exists());
    assert_ne!(rows(&scratch), sealed);
    assert_eq!(["ann", "bob", "clerk"].map(|user| totp(&scratch, user)), before, "the keys are the same");
    let exported = scratch.path("all.xml").to_str().unwrap().to_owned();
    scratch.ok(["export", &exported, "--with-secrets"]);
    let exported = fs::read_to_string(exported).unwrap();
    for secret in ["Reader-Quill-31", "Front-Sluice-12", "Relay-Gannet-64"] {
        assert!(exported.contains(&STANDARD.encode(secret)), "{secret}");
        assert!(!scratch.exported().contains(secret));
    }
    // Another instance takes them over, once.
    let other = Scratch::new(Kind::Worked);
    let file = scratch.path("all.xml").to_str().unwrap().to_owned();
    other.ok(["import", &file]);
    let again = other.json(["import", &file]);
    assert_eq!(again["Changed"], false, "{again}");
    let there = other.path("there.xml").to_str().unwrap().to_owned();
    other.ok(["export", &there, "--with-secrets", "--what", "ssl,system,ldap"]);
    let there = fs::read_to_string(there).unwrap();
    for secret in ["Reader-Quill-31", "Front-Sluice-12", "Relay-Gannet-64"] {
        assert!(there.contains(&STANDARD.encode(secret)), "{secret}");
    }
    assert!(scratch.ok(["audit", "list", "--events", "KeyChange"]).contains("seal.key"));
    assert_eq!(scratch.json(["key", "rotate", "seal"])["Lost"], 0, "as often as one likes");
    scratch.is_intact();
}

#[test]
fn whoever_was_stopped_goes_on() {
    let scratch = with_secrets();
    let before = totp(&scratch, "ann");
    // Stopped after the first step: twice the old key.
    fs::hard_link(key(&scratch, "seal.key"), key(&scratch, "seal.key.older")).unwrap();
    assert_eq!(totp(&scratch, "ann"), before);
    scratch.ok(["key", "rotate", "seal"]);
    assert!(!key(&scratch, "seal.key.older").exists());
    // Stopped after the second: nothing is sealed by the new key yet.
    fs::rename(key(&scratch, "seal.key"), key(&scratch, "seal.key.older")).unwrap();
    fs::write(key(&scratch, "seal.key"), [9; 32]).unwrap();
    fs::set_permissions(key(&scratch, "seal.key"), fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(totp(&scratch, "ann"), before, "the old one still opens");
    assert!(scratch.ok(["key", "list"]).contains("seal.key.older"));
    scratch.call(["user", "totp", "bob", "--renew"]).is(0);
    let renewed = totp(&scratch, "bob");
    // A backup without keys is restored with both.
    let file = scratch.path("backup").to_str().unwrap().to_owned();
    scratch.ok(["backup", &file]);
    scratch.ok(["restore", &file, "--replace"]);
    assert_eq!((totp(&scratch, "ann"), totp(&scratch, "bob")), (before.clone(), renewed.clone()));
    scratch.ok(["key", "rotate", "seal"]);
    assert_eq!(fs::read(key(&scratch, "seal.key")).unwrap(), [9; 32], "what was begun is finished");
    assert!(!key(&scratch, "seal.key.older").exists());
    assert_eq!((totp(&scratch, "ann"), totp(&scratch, "bob")), (before, renewed));
    scratch.is_intact();
}

#[test]
fn tickets_of_before_count_no_more() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["service", "modify", "%Service_CallIn", "--set", "Enabled=1"]);
    let file = scratch.path("ticket").to_str().unwrap().to_owned();
    scratch.ok(["session", "ticket", &file]);
    let ticket = fs::read(&file).unwrap();
    let enters = |ticket: &[u8]| {
        let attached = sclera::Instance::attach(&scratch.data()).unwrap();
        attached.session(ticket).is_ok()
    };
    assert!(enters(&ticket));
    scratch.ok(["key", "rotate", "ticket"]);
    assert!(!enters(&ticket));
    scratch.ok(["session", "ticket", &file]);
    assert!(enters(&fs::read(&file).unwrap()));
}

#[test]
fn keys_are_replaced_only_by_whoever_may_and_while_nobody_serves() {
    let scratch = Scratch::new(Kind::Worked);
    let old = fs::read(key(&scratch, "seal.key")).unwrap();
    fs::write(scratch.data().join("sclera.toml"), "listen = \"none\"\n").unwrap();
    let mut server = scratch.call(["serve"]).start();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let said = scratch.refused(4, ["key", "rotate", "seal"]);
    assert!(said.contains("`sclera serve` holds"), "{said}");
    assert!(scratch.ok(["key", "list"]).contains("seal.key"));
    let _ = server.kill();
    let _ = server.wait();
    scratch.refused(2, ["key", "rotate", "journal"]);
    assert_eq!(fs::read(key(&scratch, "seal.key")).unwrap(), old);
}
