//! States that a machine gets into: a full disk, a directory that cannot be written, files that were exchanged or are
//! unreadable, another user, leftovers of what was killed. Each has a name, is told in one line, and ends
//! (`docs/operations.md`).

use crate::harness::{Kind, PASSWORD, Scratch, copy};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A user of the machine that every system has and that owns nothing.
const DAEMON: u32 = 1;

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Says that a test could not do what it is for.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// A small file system of one's own, as long as the value lives.
struct Disk(PathBuf);

impl Disk {
    fn mount(scratch: &Scratch, size: &str) -> Option<Self> {
        let place = scratch.path("disk");
        fs::create_dir(&place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&place);
        let mounted = is_root() && mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(place))
    }

    fn remount(&self, how: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,{how}")]).arg(&self.0);
        mount.output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// An instance on a small disk.
fn on_disk(scratch: &Scratch, size: &str) -> Option<(Disk, String)> {
    let disk = Disk::mount(scratch, size)?;
    let data = disk.0.join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    copy(&scratch.data(), &data);
    Some((disk, data.to_str().unwrap().to_owned()))
}

#[test]
fn a_full_disk_refuses_changes_and_loses_nothing() {
    let scratch = Scratch::new(Kind::Worked);
    let Some((disk, data)) = on_disk(&scratch, "4m") else { return skipped("no file system can be mounted") };
    let call = |words: &[&str]| scratch.call([&["--data", &data], words].concat());
    let filler = disk.0.join("filler");
    let fill = |room: u64| {
        let mut file = fs::File::create(&filler).unwrap();
        while file.write_all(&[1; 4_096]).is_ok() {}
        file.set_len(file.metadata().unwrap().len() - room).unwrap();
    };
    // Without any room not even a look is possible; with a little, it ends in the middle of a commit.
    fill(0);
    assert!(call(&["user", "list"]).is(4).err.contains("no room left"));
    fs::remove_file(&filler).unwrap();
    fill(192 * 1_024);
    let mut refused = None;
    let long = format!("FullName={}", "n".repeat(200));
    let mut made = 0;
    for number in 0..400 {
        let said = call(&["user", "create", &format!("u{number:03}"), "--set", &long]).said();
        match said.code {
            0 => made += 1,
            4 => {
                refused = Some(said);
                break;
            }
            _ => panic!("{said:?}"),
        }
    }
    let refused = refused.unwrap();
    assert!(
        refused.err.contains("no room left") && refused.err.contains("nothing was changed"),
        "{refused:?}"
    );
    // What was acknowledged is there once there is room to look; nothing else is.
    fs::remove_file(&filler).unwrap();
    let users = call(&["user", "list", "u0,u1,u2,u3", "--json"]).is(0).json();
    assert_eq!(users.as_array().unwrap().len(), made);
    call(&["audit", "verify"]).is(0);
    call(&["user", "create", "again"]).is(0);
    call(&["audit", "verify"]).is(0);
    // A backup that has no room leaves none.
    fill(192 * 1_024);
    let backup = disk.0.join("backup");
    call(&["backup", backup.to_str().unwrap()]).is(4);
    assert!(!backup.exists());
    fs::remove_file(&filler).unwrap();
    call(&["audit", "verify"]).is(0);
}

#[test]
fn a_directory_that_cannot_be_written_is_told() {
    let scratch = Scratch::new(Kind::Worked);
    let Some((disk, data)) = on_disk(&scratch, "8m") else { return skipped("no file system can be mounted") };
    let call = |words: &[&str]| scratch.call([&["--data", &data], words].concat());
    call(&["status"]).is(0);
    if !disk.remount("ro") {
        return skipped("the file system cannot be made read-only");
    }
    for words in [&["user", "create", "new"][..], &["status"], &["backup", "out"]] {
        let said = call(words).is(4);
        assert!(said.err.contains("cannot be written"), "{said:?}");
    }
    assert!(disk.remount("rw"));
    call(&["user", "create", "new"]).is(0);
    call(&["audit", "verify"]).is(0);
}

#[test]
fn a_second_place_that_cannot_be_written_refuses_the_change_itself() {
    let scratch = Scratch::new(Kind::Worked);
    let heads = scratch.data().join("security.heads");
    let text = fs::read(&heads).unwrap();
    let revision = scratch.revision();
    fs::remove_file(&heads).unwrap();
    fs::create_dir(&heads).unwrap();
    let said = scratch.refused(4, ["user", "create", "new"]);
    assert!(said.contains("security.heads"), "{said}");
    fs::remove_dir(&heads).unwrap();
    fs::write(&heads, text).unwrap();
    assert_eq!(scratch.revision(), revision, "the refused change was not made");
    scratch.is_intact();
    scratch.ok(["user", "create", "new"]);
    scratch.is_intact();
}

#[test]
fn damaged_files_are_told_and_can_be_restored() {
    let scratch = Scratch::new(Kind::Worked);
    let backup = scratch.path("backup").to_str().unwrap().to_owned();
    let exported = scratch.exported();
    scratch.ok(["backup", &backup]);
    for name in ["security.db", "activity.db"] {
        for length in [0, 100, 4_096, 10_000] {
            let path = scratch.data().join(name);
            let whole = fs::read(&path).unwrap();
            fs::write(&path, &whole[..length.min(whole.len() - 1)]).unwrap();
            // What is read tells; where pages are missing that a command does not need, verification does.
            let said = scratch.call(["audit", "verify"]).said();
            assert!(said.code == 1 || said.code == 4, "{name} cut to {length}: {said:?}");
            assert!(said.code == 1 || said.err.contains("damaged"), "{name}: {said:?}");
            scratch.ok(["restore", &backup, "--replace"]);
            scratch.is_intact();
            assert_eq!(scratch.exported(), exported);
        }
    }
}

#[test]
fn leftovers_of_a_killed_init_are_cleared_away() {
    let scratch = Scratch::empty();
    for name in [".sclera-new-0123456789abcdef", ".sclera-new-1"] {
        fs::create_dir_all(scratch.path(name).join("keys")).unwrap();
        fs::write(scratch.path(name).join("security.db"), "half").unwrap();
    }
    fs::create_dir(scratch.path(".sclera-other")).unwrap();
    scratch.call(["init", "--profile", "compatible", "--owner", "owner"]).unjudged().is(0);
    let mut names: Vec<_> =
        scratch.path("").read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".sclera-other", "data"]);
}

/// Everything below a directory belongs to a user.
fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        path.read_dir().unwrap().for_each(|entry| give(&entry.unwrap().path(), user));
    }
}

#[test]
fn any_user_of_the_machine_can_run_it() {
    if !is_root() {
        return skipped(
            "only the superuser can become somebody else; all other tests ran as an ordinary user",
        );
    }
    let scratch = Scratch::new(Kind::Worked);
    give(&scratch.path(""), DAEMON);
    // The program itself may lie where that user cannot look.
    let program = scratch.path("sclera");
    fs::copy(env!("CARGO_BIN_EXE_sclera"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |words: &[&str], code: i32| {
        let mut command = Command::new(&program);
        command.env_clear().env("HOME", scratch.path("")).env("SCLERA_DATA", scratch.data()).args(words);
        command.current_dir(scratch.path("")).uid(DAEMON).gid(DAEMON);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        (String::from_utf8_lossy(&output.stdout).into_owned(), said)
    };
    run(&["user", "create", "new", "--set", "Roles=Reader"], 0);
    assert_eq!(run(&["check", "AppData", "--user", "new"], 0).0, "READ\n");
    run(&["audit", "verify"], 0);
    run(&["backup", "backup"], 0);
    run(&["restore", "backup", "--replace"], 0);
    run(&["audit", "verify"], 0);
    let fresh = scratch.path("fresh");
    run(&["--data", fresh.to_str().unwrap(), "init", "--profile", "compatible"], 0);
    run(&["--data", fresh.to_str().unwrap(), "status"], 0);
    // Directories and files that the user may read and not write.
    for (name, mode) in [("", 0o500), ("security.db", 0o400)] {
        let path = scratch.data().join(name);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let said = run(&["user", "create", "more"], 4).1;
        assert!(said.contains("cannot be written"), "{name}: {said}");
        fs::set_permissions(&path, before).unwrap();
    }
    run(&["user", "create", "more"], 0);
    // And not even a member of the same group gets in.
    let mut other = Command::new(&program);
    other.env_clear().env("SCLERA_DATA", scratch.data()).arg("status").uid(2).gid(DAEMON);
    assert_eq!(other.output().unwrap().status.code(), Some(4));
}

#[test]
fn a_login_is_refused_where_it_cannot_be_written_down() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["system", "modify", "--set", "AdmitUnrecorded=0"]);
    scratch.ok(["event", "modify", "%System/%Login/Login", "--set", "Enabled=1"]);
    let heads = scratch.data().join("activity.heads");
    fs::remove_file(&heads).unwrap();
    fs::create_dir(&heads).unwrap();
    // Nobody gets in, whoever asks, and neither answer tells whether the password was right.
    let wrong = scratch.call(["user", "list"]).log_in("clerk", "wrong").is(4);
    let right = scratch.call(["user", "list"]).log_in("clerk", PASSWORD).is(4);
    assert_eq!(wrong.err, right.err);
}
