//! Files that are not as they must be are not attached to, and places that are not ours are not used.

use crate::room::{Room, names_in};
use sclera_shm::AttachError;
use sclera_testkit::world::role;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn published() -> (Room, PathBuf) {
    let room = Room::new();
    assert!(room.publish(&room.publisher()));
    let image = room.memory().join(format!("{}.image", room.revision));
    (room, image)
}

#[test]
fn the_files_are_for_the_owner_and_the_group() {
    let (room, image) = published();
    assert_eq!(mode(&room.memory()), 0o750);
    assert_eq!(mode(&image), 0o440);
    assert_eq!(mode(&room.memory().join("page")), 0o640);
}

#[test]
fn nothing_to_attach_to_is_said() {
    let room = Room::new();
    let error = room.attach().unwrap_err();
    assert!(matches!(error, AttachError::Missing(..)), "{error:?}");
    assert!(error.to_string().starts_with("no settings are published for"), "{error}");
}

#[test]
fn what_others_can_write_is_refused() {
    for mode in [0o640, 0o460, 0o442] {
        let (room, image) = published();
        set_mode(&image, mode);
        assert!(matches!(room.attach(), Err(AttachError::Files(_))), "{mode:o}");
    }
    for mode in [0o660, 0o642] {
        let (room, _) = published();
        set_mode(&room.memory().join("page"), mode);
        assert!(room.attach().is_err(), "{mode:o}");
    }
    let (room, _) = published();
    set_mode(&room.memory(), 0o777);
    assert!(room.attach().is_err());
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let (room, image) = published();
    let moved = room.folder.path().join("moved");
    fs::rename(&image, &moved).unwrap();
    symlink(&moved, &image).unwrap();
    assert!(room.attach().is_err(), "a link");
    fs::remove_file(&image).unwrap();
    fs::create_dir(&image).unwrap();
    assert!(room.attach().is_err(), "a directory");
    fs::remove_dir(&image).unwrap();
    assert!(room.attach().is_err(), "nothing");
}

#[test]
fn damaged_images_are_refused_and_rebuilt() {
    for damage in [&b""[..], b"junk", &[0; 5_000]] {
        let (mut room, image) = published();
        fs::remove_file(&image).unwrap();
        fs::write(&image, damage).unwrap();
        set_mode(&image, 0o440);
        assert!(room.attach().is_err());
        let publisher = room.publisher();
        assert!(publisher.is_stale(|| Some(room.revision)));
        assert!(room.publish(&publisher));
        assert_eq!(room.attach().unwrap().current().unwrap().bytes(), room.expected());
        room.commit(&publisher, &role("X", "", ""));
        assert!(room.publish(&publisher));
        assert_eq!(room.attach().unwrap().current().unwrap().bytes(), room.expected());
    }
    // The image of another generation under the right name.
    let (room, image) = published();
    fs::write(room.folder.path().join("other"), crate::room::expected(&room.desk.policy, 3)).unwrap();
    fs::rename(room.folder.path().join("other"), &image).unwrap();
    set_mode(&image, 0o440);
    assert!(matches!(room.attach(), Err(AttachError::Image(_))));
}

#[test]
fn a_page_that_is_none_is_replaced() {
    let (room, _) = published();
    let page = room.memory().join("page");
    for damage in [b"junk".to_vec(), vec![0; 65_536]] {
        fs::remove_file(&page).unwrap();
        fs::write(&page, damage).unwrap();
        set_mode(&page, 0o640);
        assert!(room.attach().is_err());
        assert!(room.publish(&room.publisher()));
        assert!(room.attach().is_ok());
    }
}

#[test]
fn without_memory_everything_is_in_the_directory() {
    let mut room = Room::new();
    fs::write(room.memory(), "in the way").unwrap();
    let publisher = room.publisher();
    assert!(room.publish(&publisher));
    room.commit(&publisher, &role("X", "", ""));
    assert!(room.publish(&publisher));
    assert_eq!(room.attach().unwrap().current().unwrap().bytes(), room.expected());
    let image = format!("{}.image", room.revision);
    assert_eq!(names_in(&room.directory().join("run/shm")), [image.as_str(), "instance", "page"]);
}

/// A place in memory that is somebody else's, as anybody may make one in `/dev/shm`.
#[test]
fn a_place_of_somebody_else_is_not_used() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can make files of another user");
        return;
    }
    let room = Room::new();
    fs::create_dir(room.memory()).unwrap();
    std::os::unix::fs::chown(room.memory(), Some(12_345), None).unwrap();
    assert!(room.publish(&room.publisher()));
    assert_eq!(names_in(&room.memory()), [""; 0]);
    assert_eq!(room.attach().unwrap().current().unwrap().bytes(), room.expected());
}

/// Memory with room for a page and nothing else.
#[test]
fn where_memory_is_full_images_go_to_the_directory() {
    let mut room = Room::new();
    fs::create_dir(room.memory()).unwrap();
    let options = ["-t", "tmpfs", "-o", "size=128k,mode=0750", "tmpfs"];
    let mounted = Command::new("mount").args(options).arg(room.memory()).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("skipped: this user cannot mount a file system in memory");
        return;
    }
    let publisher = room.publisher();
    for number in 0..40 {
        room.commit(&publisher, &role(&format!("A role with a long name {number}"), "AppData:R", "Clerk"));
        assert!(room.publish(&publisher));
        assert_eq!(room.attach().unwrap().current().unwrap().bytes(), room.expected(), "{number}");
    }
    // What fills the rest is somebody else's.
    let _ = fs::write(room.memory().join("else"), vec![1; 200_000]);
    let mut in_directory = Vec::new();
    for number in 0..3 {
        // More than the image before it leaves room for when nobody maps it any longer.
        for more in 0..60 {
            room.commit(&publisher, &role(&format!("Another {number} {more}"), "", ""));
        }
        assert!(room.publish(&publisher));
        assert_eq!(room.attach().unwrap().current().unwrap().bytes(), room.expected(), "{number}");
        in_directory.extend(names_in(&room.directory().join("run/shm")));
    }
    let unmounted = Command::new("umount").arg("-l").arg(room.memory()).status().unwrap();
    assert!(unmounted.success());
    assert!(in_directory.iter().any(|name| name.contains(".image")), "{in_directory:?}");
}
