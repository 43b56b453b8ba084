//! Backups: one file that holds everything, opens only for whom it was made, and is restored whole or not at all.

use crate::harness::{Call, Dice, Kind, PASSWORD, Said, Scratch, copy, mode, rounds};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PHRASE: &str = "nine small kestrels over a field";
const VARIABLE: &str = "SCLERA_BACKUP_PASSPHRASE";

/// A backup of an instance beside it.
fn backed_up(scratch: &Scratch, name: &str, with_keys: bool) -> String {
    let path = scratch.path(name).to_str().unwrap().to_owned();
    let call = scratch.call(["backup", &path]);
    let call = if with_keys { call.word("--with-keys").env(VARIABLE, PHRASE) } else { call };
    call.is(0);
    path
}

/// A restore to a directory beside the instance.
fn restore(scratch: &Scratch, file: &str, to: &Path) -> Call {
    scratch.call(["--data", to.to_str().unwrap(), "restore", file]).env(VARIABLE, PHRASE)
}

fn verified(scratch: &Scratch, directory: &Path) -> Said {
    scratch.call(["--data", directory.to_str().unwrap(), "--json", "audit", "verify"]).said()
}

/// Every file below a directory, with its contents.
fn everything(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in directory.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(everything(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn a_backup_restored_elsewhere_is_the_same_instance() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.file("data/sclera.toml", "listen = \"none\"\n");
    let (revision, exported) = (scratch.revision(), scratch.exported());
    let file = backed_up(&scratch, "backup", true);
    assert_eq!(mode(Path::new(&file)), 0o600);
    let other = scratch.path("other");
    let said = restore(&scratch, &file, &other).word("--json").is(0).json();
    assert_eq!(said["Revision"], json!(revision + 1));
    assert_eq!((&said["LinksBefore"], &said["Aside"]), (&Value::Null, &Value::Null));
    let there = |words: &[&str]| scratch.call([&["--data", other.to_str().unwrap()], words].concat());
    assert_eq!(there(&["export", "-"]).is(0).out, exported);
    assert_eq!(there(&["check", "AppData"]).log_in("clerk", PASSWORD).is(0).out, "\n");
    assert_eq!(fs::read_to_string(other.join("sclera.toml")).unwrap(), "listen = \"none\"\n");
    let found = verified(&scratch, &other).json();
    assert_eq!(found["Clean"], json!(true));
    for log in ["Journal", "Events"] {
        let epochs = found[log]["Epochs"].as_array().unwrap();
        assert_eq!(epochs.len(), 1, "{found}");
        assert_eq!(epochs[0]["Link"], found[log]["Links"], "it is the last link");
    }
    there(&["user", "create", "later"]).is(0);
    assert_eq!(verified(&scratch, &other).code, 0);
    for (name, wanted) in [("", 0o700), ("keys", 0o700), ("keys/seal.key", 0o400), ("security.db", 0o600)] {
        assert_eq!(mode(&other.join(name)), wanted, "{name}");
    }
}

#[test]
fn what_is_in_a_backup_can_be_read_by_nobody_else() {
    let scratch = Scratch::new(Kind::Worked);
    for with_keys in [false, true] {
        let bytes = fs::read(backed_up(&scratch, "backup", with_keys)).unwrap();
        let key = fs::read(scratch.data().join("keys/journal.key")).unwrap();
        for secret in [b"Ann Lee".as_slice(), b"SQLite format 3", &key, PHRASE.as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
    let with = fs::read(backed_up(&scratch, "one", true)).unwrap();
    assert_ne!(with, fs::read(backed_up(&scratch, "two", true)).unwrap(), "each has a key of its own");
}

#[test]
fn without_keys_it_needs_those_of_its_instance() {
    let scratch = Scratch::new(Kind::Worked);
    let file = backed_up(&scratch, "backup", false);
    let other = scratch.path("other");
    let said = restore(&scratch, &file, &other).is(3).err;
    assert!(said.contains("put its keys/ into"), "{said}");
    assert!(!other.exists());
    for wrong in [true, false] {
        let keys = other.join("keys");
        fs::create_dir_all(&keys).unwrap();
        fs::set_permissions(&other, fs::Permissions::from_mode(0o700)).unwrap();
        let from = if wrong { Scratch::new(Kind::Cache) } else { Scratch::empty() };
        copy(&if wrong { from.data() } else { scratch.data() }.join("keys"), &keys);
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o700)).unwrap();
        restore(&scratch, &file, &other).is(if wrong { 3 } else { 0 });
        assert_eq!(other.join("security.db").exists(), !wrong);
    }
    assert_eq!(verified(&scratch, &other).code, 0);
}

#[test]
fn what_stood_there_is_put_aside_and_named() {
    let scratch = Scratch::new(Kind::Worked);
    let exported = scratch.exported();
    let file = backed_up(&scratch, "backup", false);
    scratch.ok(["user", "create", "later"]);
    let (revision, data) = (scratch.revision(), scratch.data());
    let heads = fs::read_to_string(data.join("security.heads")).unwrap();
    let last = heads.lines().last().unwrap().split(' ').nth(1).unwrap().to_owned();
    let said = restore(&scratch, &file, &data).is(3).err;
    assert!(said.contains("--replace puts an instance there aside"), "{said}");
    let said = restore(&scratch, &file, &data).word("--replace").word("--json").is(0).json();
    assert_eq!((&said["LinksBefore"], &said["Revision"]), (&json!(revision), &json!(revision + 1)));
    assert_eq!(scratch.exported(), exported, "the change after the backup is gone");
    let found = verified(&scratch, &data).json();
    assert_eq!(found["Clean"], json!(true));
    let epoch = &found["Journal"]["Epochs"][0];
    assert_eq!((&epoch["LinksBefore"], &epoch["HeadBefore"]), (&json!(revision), &json!(last)));
    let aside = PathBuf::from(said["Aside"].as_str().unwrap());
    assert_eq!(verified(&scratch, &aside).code, 0, "what was put aside is whole");
    let listed = scratch.ok(["audit", "list", "--limit", "5"]);
    assert!(listed.contains("Restore") && listed.contains("Backup"), "{listed}");
    // Once more, so that there are two epochs.
    restore(&scratch, &file, &data).word("--replace").is(0);
    assert_eq!(verified(&scratch, &data).json()["Journal"]["Epochs"].as_array().unwrap().len(), 1);
    let again = backed_up(&scratch, "again", false);
    restore(&scratch, &again, &data).word("--replace").is(0);
    assert_eq!(verified(&scratch, &data).json()["Journal"]["Epochs"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_no_whole_backup_changes_nothing() {
    let scratch = Scratch::new(Kind::Worked);
    let whole = fs::read(backed_up(&scratch, "backup", false)).unwrap();
    let before = everything(&scratch.data());
    let refused = |what: &str, bytes: &[u8]| {
        let file = scratch.file("wrong", bytes);
        let said = restore(&scratch, &file, &scratch.data()).word("--replace").is(3).err;
        assert!(said.contains("nothing was changed"), "{what}: {said}");
        restore(&scratch, &file, &scratch.path("other")).is(3);
        assert!(!scratch.path("other").exists(), "{what}");
    };
    let mut dice = Dice::new(11);
    let places = [0, 14, 15, 16, 20, 51, 52, 60, whole.len() - 1].into_iter();
    for place in places.chain((0..6).map(|_| dice.below(whole.len()))).collect::<Vec<_>>() {
        let mut changed = whole.clone();
        changed[place] ^= 0x40;
        refused(&format!("byte {place}"), &changed);
    }
    for end in [0, 1, 51, 52, 70, 65_588, whole.len() / 2, whole.len() - 1] {
        refused(&format!("cut at {end}"), &whole[..end]);
    }
    refused("longer", &[whole.as_slice(), b"x"].concat());
    refused("twice", &[whole.as_slice(), &whole].concat());
    refused("a database", &fs::read(scratch.data().join("security.db")).unwrap());
    refused("text", b"{\"Users\":[]}");
    restore(&scratch, "/nowhere", &scratch.path("other")).is(4);
    let after = everything(&scratch.data());
    // A restore waits for its turn, and so takes a ticket.
    let kept = before.keys().filter(|path| path.extension().is_none_or(|ending| ending != "lock"));
    let changed: Vec<_> = kept.filter(|path| before.get(*path) != after.get(*path)).collect();
    assert!(changed.is_empty(), "{changed:?}");
    let names = scratch.path("").read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_str().unwrap().contains("sclera")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn passphrases_are_asked_for_and_bounded_below() {
    let scratch = Scratch::new(Kind::Compatible);
    let path = scratch.path("backup").to_str().unwrap().to_owned();
    let with = || scratch.call(["backup", "--with-keys", &path]);
    assert!(with().is(2).err.contains(VARIABLE));
    assert!(with().env(VARIABLE, "too short").is(3).err.contains("at least 15"));
    assert!(!Path::new(&path).exists(), "a refused backup leaves no file");
    let phrase = scratch.file("phrase", format!("{PHRASE}\n"));
    with().word("--passphrase-file").word(&phrase).is(0);
    let other = scratch.path("other");
    let other = other.to_str().unwrap();
    let call = || scratch.call(["--data", other, "restore", &path]);
    assert!(call().is(3).err.contains("needs its passphrase"));
    assert!(
        call().env(VARIABLE, "nine small kestrels over a fielt").is(3).err.contains("another passphrase")
    );
    call().word("--passphrase-file").word(&phrase).is(0);
}

#[test]
fn operators_back_up_and_get_no_keys() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["user", "add-roles", "clerk", "%Operator"]);
    let path = scratch.path("backup").to_str().unwrap().to_owned();
    scratch.call(["backup", &path]).log_in("clerk", PASSWORD).is(0);
    assert!(Path::new(&path).exists());
    let keys = scratch.call(["backup", "--with-keys", &path]).env(VARIABLE, PHRASE).log_in("clerk", PASSWORD);
    assert!(keys.is(3).err.contains("%Admin_Secure:USE"));
}

#[test]
fn a_lost_second_place_is_mended() {
    let scratch = Scratch::new(Kind::Worked);
    let data = scratch.data();
    for name in ["security.heads", "activity.heads"] {
        fs::remove_file(data.join(name)).unwrap();
    }
    scratch.call(["audit", "verify"]).is(1);
    let file = backed_up(&scratch, "backup", false);
    restore(&scratch, &file, &data).word("--replace").is(0);
    let found = verified(&scratch, &data).json();
    assert_eq!(found["Clean"], json!(true), "{found}");
    let fields = &found["Journal"]["Epochs"][0]["EventData"];
    assert_eq!(fields["HeadsMended"], json!("security.heads,activity.heads"), "and it is told");
    scratch.ok(["user", "create", "later"]);
    scratch.is_intact();
}

#[test]
fn what_was_tampered_with_is_told_before_it_is_restored() {
    let scratch = Scratch::new(Kind::Worked);
    let sql = "UPDATE object SET text = json_set(text, '$.Roles', '1') WHERE name = 'ann'";
    scratch.database("security.db").execute_batch(sql).unwrap();
    let file = backed_up(&scratch, "backup", true);
    let other = scratch.path("other");
    let said = restore(&scratch, &file, &other).is(3).err;
    assert!(said.contains("tampered with") && said.contains("(ann)"), "{said}");
    assert!(!other.exists());
    restore(&scratch, &file, &other).word("--accept-tampered").is(0);
    assert_eq!(verified(&scratch, &other).code, 1, "a restore does not cover it up");
}

fn time_of(call: impl FnOnce()) -> usize {
    let start = Instant::now();
    call();
    usize::try_from(start.elapsed().as_micros()).unwrap()
}

#[test]
fn a_killed_backup_leaves_the_one_before() {
    let scratch = Scratch::new(Kind::Worked);
    let path = backed_up(&scratch, "backup", false);
    let time = time_of(|| drop(backed_up(&scratch, "backup", false)));
    let mut dice = Dice::new(21);
    for round in 0..rounds(8) {
        let before = fs::read(&path).unwrap();
        let mut child = scratch.call(["backup", &path]).start();
        std::thread::sleep(Duration::from_micros(dice.below(time * 11 / 10) as u64));
        let _ = child.kill();
        child.wait().unwrap();
        let other = scratch.path(&format!("other{round}"));
        copy(&scratch.data(), &fresh(&other));
        let said = restore(&scratch, &path, &other).word("--replace").is(0);
        assert!(fs::read(&path).unwrap() != before || !said.out.is_empty());
        assert_eq!(verified(&scratch, &other).code, 0);
    }
    scratch.is_intact();
    backed_up(&scratch, "backup", false);
    let left =
        scratch.data().read_dir().unwrap().filter(|entry| {
            entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with(".sclera-backup-")
        });
    assert_eq!(left.count(), 0, "what a killed backup leaves is cleared away by the next");
}

fn fresh(path: &Path) -> PathBuf {
    fs::create_dir(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    path.to_owned()
}

#[test]
fn a_killed_restore_leaves_the_old_instance_or_the_new() {
    let scratch = Scratch::new(Kind::Worked);
    let file = backed_up(&scratch, "backup", false);
    let data = scratch.data();
    let time = time_of(|| drop(restore(&scratch, &file, &data).word("--replace").is(0)));
    let (mut old, mut new) = (0, 0);
    let mut dice = Dice::new(22);
    for _ in 0..rounds(10) {
        scratch.ok(["user", "create", "later"]);
        let mut child = restore(&scratch, &file, &data).word("--replace").start();
        std::thread::sleep(Duration::from_micros(dice.below(time * 12 / 10) as u64));
        let _ = child.kill();
        child.wait().unwrap();
        scratch.is_intact();
        match scratch.call(["user", "show", "later"]).said().code {
            0 => {
                old += 1;
                scratch.ok(["user", "delete", "later"]);
            }
            3 => new += 1,
            other => panic!("{other}"),
        }
    }
    assert!(old > 0, "{old} old, {new} new");
    restore(&scratch, &file, &data).word("--replace").is(0);
    let drafts =
        scratch.path("").read_dir().unwrap().filter(|entry| {
            entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with(".sclera-new-")
        });
    assert_eq!(drafts.count(), 0, "what a killed restore leaves is cleared away by the next");
}

#[test]
fn a_backup_made_while_others_write_is_one_state() {
    let scratch = Scratch::new(Kind::Compatible);
    let path = backed_up(&scratch, "backup", false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..rounds(12) {
                scratch.ok(["user", "create", &format!("u{number:04}"), "--set", "Roles=%Operator"]);
            }
        });
        let mut round = 0;
        while !writer.is_finished() {
            backed_up(&scratch, "backup", false);
            let other = scratch.path(&format!("other{round}"));
            copy(&scratch.data().join("keys"), &fresh(&fresh(&other).join("keys")));
            restore(&scratch, &path, &other).is(0);
            assert_eq!(verified(&scratch, &other).code, 0);
            round += 1;
        }
    });
    scratch.is_intact();
}
