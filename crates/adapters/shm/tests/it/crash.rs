//! A publisher that dies or fails at any step leaves old or new settings, never anything else, and the next one makes
//! good what it left undone.

use crate::room::{Room, names_in};
use sclera_shm::protocol::{self, Epoch, Published};
use sclera_shm::{Disk, Files, Page};
use sclera_testkit::world::{delete_role, role};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Lets so many steps happen; from then on nothing happens any longer, or one step fails.
struct Dying {
    steps: Mutex<usize>,
    how: How,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Dies,
    FailsOnce,
}

impl Dying {
    fn step(&self) -> io::Result<()> {
        let mut left = self.steps.lock().unwrap();
        match (*left, self.how) {
            (0, How::Dies) => Err(io::Error::other("dead")),
            (0, How::FailsOnce) => {
                *left = usize::MAX;
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            _ => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

impl Files for Dying {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.step()?;
        Disk.create(path)
    }
    fn write(&self, file: &File, parts: &[&[u8]]) -> io::Result<()> {
        // Half of it may be there already.
        let bytes = parts.concat();
        let (first, second) = bytes.split_at(bytes.len() / 2);
        Disk.write(file, &[first])?;
        self.step()?;
        Disk.write(file, &[second])
    }
    fn seal(&self, file: &File, group: u32) -> io::Result<()> {
        self.step()?;
        Disk.seal(file, group)
    }
    fn name(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        Disk.name(from, to)
    }
    fn turn(&self, page: &Page, now: Published, epoch: Epoch) -> io::Result<()> {
        self.step()?;
        protocol::step_published(page.words(), now);
        self.step()?;
        if epoch == Epoch::Grows {
            protocol::grow(page.words());
        }
        self.step()?;
        protocol::step_finished(page.words(), now);
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Disk.remove(path)
    }
}

#[test]
fn a_publisher_that_dies_at_any_step_leaves_old_or_new_settings() {
    let mut outcomes = Vec::new();
    for steps in 0..12 {
        let mut room = Room::new();
        assert!(room.publish(&room.publisher()));
        let (old, attached) = (room.expected(), room.attach().unwrap());
        let start = attached.page().epoch().load(Ordering::Relaxed);
        let dying = room.publisher_with(Dying { steps: Mutex::new(steps), how: How::Dies });
        room.commit(&dying, &delete_role("Clerk"));
        let done = room.publish(&dying);
        // Whoever attaches now, and whoever was attached, has one of the two.
        for image in [room.attach().unwrap().current().unwrap(), attached.current().unwrap()] {
            assert!(image.bytes() == old || image.bytes() == room.expected(), "after {steps} steps");
        }
        // The next publisher finds whatever is missing, and no session misses the deletion.
        let next = room.publisher();
        next.is_stale(|| Some(room.revision));
        assert!(room.publish(&next));
        assert_eq!(attached.current().unwrap().bytes(), room.expected(), "after {steps} steps");
        assert_ne!(attached.page().epoch().load(Ordering::Relaxed), start, "after {steps} steps");
        room.commit(&next, &role("Later", "", ""));
        assert!(room.publish(&next));
        assert_eq!(attached.current().unwrap().bytes(), room.expected());
        let images = names_in(&room.memory()).iter().filter(|name| name.contains(".image")).count();
        assert!(images <= 2, "what is left is bounded: {:?}", names_in(&room.memory()));
        outcomes.push(done);
    }
    assert!(!outcomes[0] && outcomes[11], "the steps are all gone through: {outcomes:?}");
}

#[test]
fn a_step_that_fails_is_told_or_made_good_elsewhere() {
    for steps in 0..12 {
        let mut room = Room::new();
        assert!(room.publish(&room.publisher()));
        let attached = room.attach().unwrap();
        let failing = room.publisher_with(Dying { steps: Mutex::new(steps), how: How::FailsOnce });
        room.commit(&failing, &delete_role("Clerk"));
        let done = room.publish(&failing);
        let is_there = attached.current().unwrap().bytes() == room.expected();
        assert!(is_there || !done, "after {steps} steps");
        // The same publisher tries again.
        assert!(room.publish(&failing), "after {steps} steps");
        assert_eq!(attached.current().unwrap().bytes(), room.expected(), "after {steps} steps");
    }
}
