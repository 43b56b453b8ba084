//! What is published is what was committed, to everybody who is attached, at once.

use crate::room::{Room, names_in};
use sclera_core::snapshot::Image;
use sclera_testkit::world::{delete_role, modify_role, resource, role};
use std::sync::atomic::Ordering;
use std::time::Instant;

#[test]
fn what_is_published_is_the_compilation_of_what_was_committed() {
    let mut room = Room::new();
    let publisher = room.publisher();
    assert!(room.publish(&publisher));
    let attached = room.attach().unwrap();
    assert_eq!(attached.current().unwrap().bytes(), room.expected());
    for number in 0..20 {
        room.commit(&publisher, &role(&format!("Role{number}"), "AppData:R", ""));
        assert!(room.publish(&publisher));
        let current = attached.current().unwrap();
        assert_eq!(current.bytes(), room.expected(), "after {number}");
        assert_eq!(current.generation(), room.revision);
    }
    let image = format!("{}.image", room.revision);
    assert_eq!(names_in(&room.memory()), [image.as_str(), "instance", "page"], "one image has a name");
}

#[test]
fn an_old_image_stays_with_those_who_read_it() {
    let mut room = Room::new();
    let publisher = room.publisher();
    assert!(room.publish(&publisher));
    let attached = room.attach().unwrap();
    let (old, bytes) = (attached.current().unwrap(), room.expected());
    room.commit(&publisher, &delete_role("Clerk"));
    assert!(room.publish(&publisher));
    assert_eq!(old.bytes(), bytes);
    assert!(old.role_named("Clerk").is_some() && attached.current().unwrap().role_named("Clerk").is_none());
}

#[test]
fn the_deny_epoch_moves_for_deletions_and_for_nothing_else() {
    let mut room = Room::new();
    let publisher = room.publisher();
    assert!(room.publish(&publisher));
    let attached = room.attach().unwrap();
    let epoch = || attached.page().epoch().load(Ordering::Relaxed);
    let start = epoch();
    for change in [role("New", "", ""), modify_role("New", "Resources", "AppData:R"), resource("Thing", "")] {
        room.commit(&publisher, &change);
        assert!(room.publish(&publisher));
        assert_eq!(epoch(), start);
    }
    room.commit(&publisher, &delete_role("New"));
    assert_eq!(epoch(), start, "not before it is published");
    assert!(room.publish(&publisher));
    assert_eq!(epoch(), start + 1);
    room.desk.policy.system.role_changes_at_once = true;
    room.commit(&publisher, &role("Newer", "", ""));
    assert!(room.publish(&publisher));
    assert_eq!(epoch(), start + 2, "where changes of roles count at once");
}

#[test]
fn one_publication_serves_all_that_wait() {
    let mut room = Room::new();
    let (first, second) = (room.publisher(), room.publisher());
    assert!(room.publish(&first));
    room.commit(&first, &role("A", "", ""));
    let (early, revision) = (room.desk.policy.clone(), room.revision);
    room.commit(&second, &role("B", "", ""));
    assert!(room.publish(&second));
    first.publish(revision, &early).unwrap();
    assert_eq!(room.attach().unwrap().current().unwrap().bytes(), room.expected());
}

#[test]
fn a_commit_of_another_process_is_not_forgotten() {
    let mut room = Room::new();
    let (one, other) = (room.publisher(), room.publisher());
    assert!(room.publish(&one));
    // The other commits and dies before it publishes.
    room.commit(&other, &delete_role("Clerk"));
    assert!(one.is_stale(|| Some(room.revision)));
    room.commit(&one, &role("B", "", ""));
    let epoch = room.attach().unwrap().page().epoch().load(Ordering::Relaxed);
    assert!(room.publish(&one));
    let attached = room.attach().unwrap();
    assert_eq!(attached.current().unwrap().bytes(), room.expected());
    assert_eq!(attached.page().epoch().load(Ordering::Relaxed), epoch + 1, "the deletion of the dead counts");
    assert!(!one.is_stale(|| Some(room.revision)));
}

#[test]
fn a_history_that_was_put_back_ends_the_sessions_of_the_other() {
    let mut room = Room::new();
    let publisher = room.publisher();
    room.revision = 50;
    assert!(room.publish(&publisher));
    let attached = room.attach().unwrap();
    let epoch = attached.page().epoch().load(Ordering::Relaxed);
    room.revision = 20;
    assert!(publisher.is_stale(|| Some(20)));
    assert!(room.publish(&publisher));
    assert_eq!(room.attach().unwrap().current().unwrap().generation(), 20);
    assert_ne!(attached.page().epoch().load(Ordering::Relaxed), epoch);
    assert_eq!(attached.page().oldest(), u64::MAX, "whoever decides from the other must authenticate again");
    // The same where a commit is the first to see it.
    room.revision = 15;
    room.commit(&publisher, &role("C", "", ""));
    assert!(room.publish(&publisher));
    assert_eq!(room.attach().unwrap().current().unwrap().generation(), 16);
}

#[test]
fn an_image_of_another_key_is_replaced() {
    let room = Room::new();
    assert!(room.publish(&room.publisher()));
    let other = sclera_shm::Publisher::with(room.places(), sclera_shm::Disk, [6; 32]);
    assert!(other.is_stale(|| Some(room.revision)));
    other.publish(room.revision, &room.desk.policy).unwrap();
    assert_eq!(room.attach().unwrap().current().unwrap().ticket_key(), Some(&[6; 32]));
}

#[test]
fn beyond_sixty_four_generations_the_oldest_are_too_old() {
    let mut room = Room::new();
    let publisher = room.publisher();
    assert!(room.publish(&publisher));
    let attached = room.attach().unwrap();
    let (first, epoch) = (room.revision, attached.page().epoch().load(Ordering::Relaxed));
    for number in 0..64 {
        assert!(attached.page().oldest() <= first, "{number}");
        room.commit(&publisher, &modify_role("Boss", "Description", format!("{number}").as_str()));
        assert!(room.publish(&publisher));
    }
    assert_eq!(attached.page().oldest(), first + 1);
    assert_eq!(attached.page().epoch().load(Ordering::Relaxed), epoch + 1, "sessions look again");
}

#[test]
fn ended_sessions_are_known_and_none_is_forgotten() {
    let room = Room::new();
    let publisher = room.publisher();
    assert!(room.publish(&publisher));
    let page = *room.attach().unwrap().page();
    publisher.end_session(77, 1_000, 500).unwrap();
    assert!(page.has_ended(77) && !page.has_ended(78));
    // An expired one makes room; when there is none, older tickets count no more.
    for session in 100..100 + 4_031 {
        publisher.end_session(session, 2_000, 900).unwrap();
    }
    assert_eq!(page.tickets_not_before(), 0);
    publisher.end_session(9, 2_000, 900).unwrap();
    assert!(page.has_ended(77) || page.tickets_not_before() == 901);
    publisher.end_session(10, 2_000, 1_001).unwrap();
    assert!(page.tickets_not_before() >= 901);
}

/// Threads that attach again and again while others publish see whole images, and never an older one than before.
#[test]
fn readers_see_whole_images_in_order() {
    let mut room = Room::new();
    let publisher = room.publisher();
    assert!(room.publish(&publisher));
    let places = room.places();
    let directory = room.directory();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !stop.load(Ordering::Relaxed) {
                    let attached = sclera_shm::Attachment::open_at(places.clone(), &directory).unwrap();
                    let image = attached.current().unwrap();
                    assert!(image.generation() >= last);
                    last = image.generation();
                    assert!(Image::open(image.bytes()).is_ok());
                }
            });
        }
        for number in 0..100 {
            room.commit(&publisher, &modify_role("Boss", "Description", format!("{number}").as_str()));
            assert!(room.publish(&publisher));
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Every publication is seen by a thread that polls the word; how soon is printed.
#[test]
fn others_see_a_change_at_once() {
    let mut room = Room::new();
    let publisher = room.publisher();
    assert!(room.publish(&publisher));
    let page = *room.attach().unwrap().page();
    let (first, rounds) = (room.revision, 200);
    let (sender, receiver) = std::sync::mpsc::channel();
    let watcher = std::thread::spawn(move || {
        let mut last = first;
        while last < first + rounds {
            let now = page.published().generation;
            if now != last {
                last = now;
                sender.send(Instant::now()).unwrap();
            }
            std::hint::spin_loop();
        }
    });
    let (mut whole, mut seen) = (Vec::new(), Vec::new());
    for number in 0..rounds {
        room.commit(&publisher, &modify_role("Boss", "Description", format!("{number}").as_str()));
        let begun = Instant::now();
        assert!(room.publish(&publisher));
        whole.push(begun.elapsed());
        seen.push(receiver.recv().unwrap().duration_since(begun));
    }
    watcher.join().unwrap();
    for (what, mut times) in [("published", whole), ("seen by another thread", seen)] {
        times.sort();
        println!("{what} after p50 {:?}, p99 {:?}", times[times.len() / 2], times[times.len() * 99 / 100]);
    }
}
