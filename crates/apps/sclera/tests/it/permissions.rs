//! Who may do what with the command itself, what a refusal gives away, and what lies about in files.

use crate::harness::{Kind, OTHER_PASSWORD, PASSWORD, Scratch, mode};
use crate::leaves::{Asks, LEAVES};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

fn newest(scratch: &Scratch, count: usize) -> Vec<Value> {
    let listed = scratch.json(["audit", "list", "--limit", &count.to_string()]);
    listed.as_array().unwrap().clone()
}

#[test]
fn without_the_privilege_every_administrative_command_is_refused_and_recorded() {
    let scratch = Scratch::new(Kind::Worked);
    let (revision, exported) = (scratch.revision(), scratch.exported());
    let events = || scratch.json(["status"])["Events"].as_u64().unwrap();
    for (leaf, privilege) in LEAVES.iter().filter_map(|leaf| match leaf.asks {
        Asks::Secure => Some((leaf, "%Admin_Secure:USE")),
        Asks::Operate => Some((leaf, "%Admin_Operate:USE")),
        Asks::NoInstance | Asks::Nothing => None,
    }) {
        let before = events();
        let call = scratch.call(leaf.call(&scratch)).log_in("clerk", PASSWORD);
        let call = call.env("SCLERA_NEW_PASSWORD", OTHER_PASSWORD);
        // Only `passwd` is about a password.
        let call = if leaf.path == "user passwd" { call } else { call.without_env("SCLERA_NEW_PASSWORD") };
        let said = call.is(3);
        assert_eq!(
            said.err,
            format!("sclera: ERROR #822: Access Denied (this needs the privilege {privilege})\n"),
            "{}",
            leaf.path
        );
        assert_eq!(events(), before + 1, "{}", leaf.path);
        let event = &newest(&scratch, 1)[0];
        assert_eq!(event["Event"], json!("%System/%Security/AccessDenied"), "{}", leaf.path);
        assert_eq!(event["Username"], json!("clerk"), "{}", leaf.path);
        assert!(!scratch.path("out.json").exists(), "{} wrote its file", leaf.path);
    }
    assert_eq!((scratch.revision(), scratch.exported()), (revision, exported));
    scratch.is_intact();
}

#[test]
fn everybody_may_ask_about_themselves() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["user", "add-roles", "clerk", "Reader"]);
    for (call, out) in [
        (&["check", "AppData"][..], "READ\n"),
        (&["check", "AppData", "--user", "CLERK"], "READ\n"),
        (&["check", "AppData", "R"], "1\n"),
        (&["user", "roles", "clerk"], "Reader\n"),
        (&["user", "resources", "clerk"], "AppData:R\n"),
        (&["explain", "clerk", "AppData:R"], "clerk AppData:READ is granted\n  clerk → Reader → AppData:R\n"),
    ] {
        assert_eq!(scratch.call(call).log_in("clerk", PASSWORD).is(0).out, out);
    }
    let own = scratch.call(["user", "show", "clerk", "--json"]).log_in("clerk", PASSWORD).is(0).json();
    assert_eq!(own["Roles"], json!("Reader"));
    for call in [
        &["check", "AppData", "--user", "ann"][..],
        &["check", "AppData", "--roles", "Reader"],
        &["user", "show", "ann"],
        &["user", "show", "nobody"],
        &["explain", "nobody", "AppData:R"],
    ] {
        let said = scratch.call(call).log_in("clerk", PASSWORD).is(3);
        assert!(said.err.contains("#822"), "what exists is nobody's business: {said:?}");
    }
    let batch = scratch.file("batch", "{\"user\":\"ann\",\"resource\":\"AppData\"}\n");
    scratch.call(["check", "--batch", &batch]).log_in("clerk", PASSWORD).is(3);
}

#[test]
fn a_refused_login_tells_nothing_and_its_reason_is_recorded() {
    let scratch = Scratch::new(Kind::Worked);
    let create = |name: &str, set: &[&str]| {
        scratch.call(["user", "create", name].iter().chain(set)).env("SCLERA_NEW_PASSWORD", PASSWORD).is(0);
    };
    create("disabled", &["--set", "Enabled=0"]);
    create("expired", &["--set", "ExpirationDate=2001-01-01"]);
    for (user, password, reason) in [
        ("clerk", OTHER_PASSWORD, "#952"),
        ("clerk", "", "#952"),
        ("nobody", PASSWORD, "#838"),
        ("", PASSWORD, "#838"),
        ("x'; --", PASSWORD, "#838"),
        ("disabled", PASSWORD, "#828"),
        ("disabled", OTHER_PASSWORD, "#828"),
        ("expired", PASSWORD, "#959"),
        ("ann", PASSWORD, "#952"),
        ("ann", "", "#952"),
        ("owner", PASSWORD, "#952"),
        ("_PUBLIC", PASSWORD, "#828"),
        ("UnknownUser", PASSWORD, "#952"),
    ] {
        for form in [&[][..], &["--json"]] {
            let said = scratch.call(["status"].iter().chain(form)).log_in(user, password).is(3);
            let expected = if form.is_empty() {
                "sclera: ERROR #822: Access Denied\n"
            } else {
                "{\"error\":{\"code\":\"822\",\"message\":\"ERROR #822: Access Denied\"}}\n"
            };
            assert_eq!(said.err, expected, "{user} {password}");
        }
        let event = &newest(&scratch, 1)[0];
        assert_eq!(event["Event"], json!("%System/%Login/LoginFailure"), "{event}");
        assert_eq!(event["Username"], json!(user));
        assert!(event["EventData"]["Status"].as_str().unwrap().contains(reason), "{user}: {event}");
    }
    let long = "n".repeat(120_000);
    scratch.call(["status"]).log_in(&long, PASSWORD).is(3);
    assert!(
        newest(&scratch, 1)[0]["Username"].as_str().unwrap().len() <= 4_096,
        "what is recorded is bounded"
    );
    scratch.is_intact();
    // Nobody is asked where there is nobody to ask.
    let said = scratch.refused(2, ["status", "--as", "clerk"]);
    assert!(said.contains("--as needs a password"), "{said}");
}

#[test]
fn a_password_that_must_be_changed_admits_to_nothing() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["user", "modify", "clerk", "--set", "ChangePassword=1"]);
    let said = scratch.call(["status"]).log_in("clerk", PASSWORD).is(3);
    assert!(said.err.contains("#935"), "{said:?}");
    let wrong = scratch.call(["status"]).log_in("clerk", OTHER_PASSWORD).is(3);
    assert_eq!(wrong.err, "sclera: ERROR #822: Access Denied\n", "only the right password is told so");
}

#[test]
fn a_session_holds_the_roles_of_its_login_alone() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["user", "modify", "clerk", "--set", "EscalationRoles=%All"]);
    scratch.call(["user", "list"]).log_in("clerk", PASSWORD).is(3);
    scratch.ok(["user", "add-roles", "clerk", "%Manager"]);
    scratch.call(["user", "list"]).log_in("clerk", PASSWORD).is(0);
    scratch.ok(["service", "modify", "%Service_Login", "--set", "Enabled=0"]);
    scratch.call(["user", "list"]).log_in("clerk", PASSWORD).is(3);
    scratch.ok(["service", "modify", "%Service_Login", "--set", "Enabled=1"]);
    scratch.ok(["system", "modify", "--set", "RequiredRole=Writer"]);
    scratch.call(["user", "list"]).log_in("clerk", PASSWORD).is(3);
    assert!(newest(&scratch, 1)[0]["EventData"]["Status"].as_str().unwrap().contains("#978"));
    scratch.ok(["user", "list"]);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { [files(&path), vec![path]].concat() } else { vec![path] })
        .collect()
}

#[test]
fn files_are_closed_to_everybody_else() {
    let scratch = Scratch::empty();
    let init = ["init", "--profile", "compatible", "--owner", "owner"];
    scratch.call(init).unjudged().is(0);
    scratch.call(["user", "list"]).log_in("nobody", PASSWORD).is(3);
    let export = scratch.path("out.json");
    scratch.ok(["export", export.to_str().unwrap()]);
    assert_eq!(mode(&scratch.data()), 0o700);
    assert_eq!(mode(&export), 0o600);
    for path in files(&scratch.data()) {
        let wanted = match path.file_name().unwrap().to_str().unwrap() {
            "keys" | "run" => 0o700,
            "journal.key" | "seal.key" | "ticket.key" => 0o400,
            _ => 0o600,
        };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
}

#[test]
fn what_others_could_write_is_refused_with_a_hint() {
    let scratch = Scratch::new(Kind::Worked);
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let data = scratch.data();
    for mode in [0o770, 0o702, 0o777] {
        set(&data, mode);
        let said = scratch.refused(4, ["status"]);
        assert!(said.contains(&format!("run `chmod go-w {}`", data.display())), "{said}");
    }
    set(&data, 0o700);
    let key = data.join("keys/journal.key");
    set(&key, 0o440);
    let said = scratch.refused(4, ["status"]);
    assert!(said.contains(&format!("run `chmod go-rwx {}`", key.display())), "{said}");
    set(&key, 0o400);
    scratch.ok(["status"]);
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    let scratch = Scratch::new(Kind::Worked);
    // Only the superuser can give a directory away.
    if fs::metadata(scratch.data()).unwrap().uid() != 0 {
        return;
    }
    for path in [files(&scratch.data()), vec![scratch.data()]].concat() {
        chown(&path, Some(65_534), None).unwrap();
    }
    for call in [&["status"][..], &["user", "list"], &["audit", "verify"], &["serve"]] {
        let said = scratch.refused(4, call);
        assert!(said.contains("belongs to the user with id 65534; only that user opens its files"), "{said}");
    }
}

#[test]
fn what_is_missing_or_wrong_in_the_directory_is_named() {
    for (name, content, told) in [
        ("keys/journal.key", None, "journal.key"),
        ("keys/journal.key", Some(&b"too short"[..]), "journal.key"),
        ("keys/journal.key", Some(&[7; 33]), "journal.key"),
        ("activity.db", None, "activity.db is missing"),
        ("security.db", Some(b"no database"), "the store is damaged"),
        ("activity.db", Some(b""), "activity.db"),
        ("security.db", None, "there is no instance in"),
    ] {
        let scratch = Scratch::new(Kind::Worked);
        let path = scratch.data().join(name);
        fs::remove_file(&path).unwrap();
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let said = scratch.refused(4, ["status"]);
        assert!(said.contains(told), "{name}: {said}");
    }
    let scratch = Scratch::new(Kind::Worked);
    let key = scratch.data().join("keys/journal.key");
    fs::remove_file(&key).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &key).unwrap();
    assert!(scratch.refused(4, ["status"]).contains("is a symbolic link"));
}

/// The bytes of every file of the instance, also of those that are half-way.
fn contents(scratch: &Scratch) -> Vec<(PathBuf, Vec<u8>)> {
    let all = files(&scratch.data()).into_iter().filter(|path| path.is_file());
    all.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

#[test]
fn no_secret_lies_about_in_clear() {
    let scratch = Scratch::empty();
    let init = ["init", "--profile", "compatible", "--owner", "owner", "--json"];
    let first = scratch.call(init).unjudged().is(0).json();
    let mut secrets: Vec<Vec<u8>> = first["Passwords"]
        .as_object()
        .unwrap()
        .values()
        .map(|password| password.as_str().unwrap().as_bytes().to_vec())
        .collect();
    scratch.call(["user", "create", "ann"]).env("SCLERA_NEW_PASSWORD", PASSWORD).is(0);
    scratch.call(["user", "passwd", "ann"]).env("SCLERA_NEW_PASSWORD", OTHER_PASSWORD).is(0);
    let document = format!(r#"{{"Users":[{{"Name":"ben","Password":"{PASSWORD}"}}]}}"#);
    scratch.ok(["import", &scratch.file("ben.json", document)]);
    for (user, password) in [("ann", PASSWORD), ("ann", OTHER_PASSWORD), ("zoe", "Quarry-Lantern-58")] {
        scratch.call(["user", "list"]).log_in(user, password).is(3);
    }
    let key = fs::read(scratch.data().join("keys/journal.key")).unwrap();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    secrets
        .extend([PASSWORD, OTHER_PASSWORD, "Quarry-Lantern-58", &hex].map(|text| text.as_bytes().to_vec()));
    secrets.push(key);
    let said = [
        scratch.exported(),
        scratch.ok(["audit", "list", "--json", "--limit", "1000"]),
        scratch.ok(["user", "list", "--detail", "--json"]),
    ];
    let mut places: Vec<(PathBuf, Vec<u8>)> = contents(&scratch);
    places.retain(|(path, _)| !path.ends_with("journal.key"));
    places.extend(said.map(|text| (PathBuf::from("stdout"), text.into_bytes())));
    assert!(places.len() > 6);
    for (path, bytes) in &places {
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{} is in {}", String::from_utf8_lossy(secret), path.display());
        }
    }
}

/// The password hash that a deleted user or an old password had is in no file any more, not even in free pages.
#[test]
fn deleted_hashes_are_gone_from_the_files() {
    let scratch = Scratch::new(Kind::Compatible);
    scratch.call(["user", "create", "ann"]).env("SCLERA_NEW_PASSWORD", PASSWORD).is(0);
    let text: String = scratch
        .database("security.db")
        .query_row("SELECT text FROM object WHERE kind = 6 AND name = 'ann'", [], |row| row.get(0))
        .unwrap();
    let stored: Value = serde_json::from_str(&text).unwrap();
    let hash = stored["Password"].as_str().unwrap().as_bytes().to_vec();
    let is_there =
        || contents(&scratch).iter().any(|(_, bytes)| bytes.windows(hash.len()).any(|w| w == hash));
    assert!(is_there());
    scratch.ok(["user", "delete", "ann"]);
    assert!(!is_there());
}
