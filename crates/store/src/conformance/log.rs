//! The chain of records: what is committed stays, in order, byte for byte.

use super::{Chained, Stores, is_refused};
use crate::chain::{Head, Key, Link, Tree};
use crate::port::{Log, LogWrite, PAGE};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

pub(super) fn all<C: Chained>(stores: &Stores<'_, C>) {
    an_empty_chain_has_no_end(stores);
    links_are_as_committed(stores);
    records_come_back_byte_for_byte(stores);
    records_come_page_by_page(stores);
    links_come_page_by_page(stores);
    a_place_is_taken_once(stores);
    what_is_replaced_stays_so(stores);
    records_without_a_link_are_counted(stores);
    what_is_dropped_was_never_there(stores);
    a_reader_keeps_its_state(stores);
    stamps_tell_commits(stores);
    writers_wait_for_each_other(stores);
    nobody_overtakes_what_was_committed(stores);
    a_writer_that_fails_does_not_block(stores);
}

/// A stamp is that of before as long as nothing was committed, whoever looks, and none is ever seen twice.
fn stamps_tell_commits<C: Chained>(stores: &Stores<'_, C>) {
    let log = stores.fresh();
    committed(&log, &[b"one"]);
    let mut seen = vec![log.stamp().expect("nobody commits")];
    for round in 0..5_u8 {
        let last = seen.last().copied();
        drop(log.read().unwrap());
        let mut dropped = log.write().unwrap();
        extend(&mut dropped, &[b"dropped"]);
        drop(dropped);
        assert_eq!(log.stamp(), last, "nothing was committed");
        let mut writing = log.write().unwrap();
        extend(&mut writing, &[&[round]]);
        assert!(log.stamp().is_none_or(|now| Some(now) == last), "not before the commit");
        writing.commit().unwrap();
        let now = log.stamp().expect("the commit has ended");
        assert!(!seen.contains(&now), "{now:?} among {seen:?}");
        seen.push(now);
    }
    let log = stores.again(log);
    committed(&log, &[b"later"]);
    assert!(log.stamp().is_some_and(|now| !seen.contains(&now)), "a later process goes on counting");
}

fn key() -> Key {
    Key::new([7; 32])
}

/// Adds a link with records to the chain.
fn extend(writing: &mut impl LogWrite, records: &[&[u8]]) -> Link {
    let head = writing.head().unwrap();
    let mut tree = Tree::default();
    for (position, record) in (0..).zip(records) {
        writing.append(head.sequence + 1, position, record).unwrap();
        tree.push(record);
    }
    let link = Link::after(&head, &key(), 3, tree);
    writing.close(&link).unwrap();
    link
}

fn committed<C: Chained>(log: &C, records: &[&[u8]]) -> Link {
    let mut writing = log.write().unwrap();
    let link = extend(&mut writing, records);
    writing.commit().unwrap();
    link
}

fn all_records(reading: &impl Log, link: u64) -> Vec<(u64, Vec<u8>)> {
    let mut found: Vec<(u64, Vec<u8>)> = Vec::new();
    loop {
        let next = found.last().map_or(0, |(position, _)| position + 1);
        let page = reading.records(link, next).unwrap();
        assert!(page.len() <= PAGE as usize, "a page of {} records", page.len());
        if page.is_empty() {
            return found;
        }
        assert!(page[0].0 >= next, "a page begins before the position asked for");
        found.extend(page);
    }
}

fn an_empty_chain_has_no_end<C: Chained>(stores: &Stores<'_, C>) {
    let log = stores.again(stores.fresh());
    let reading = log.read().unwrap();
    assert_eq!(reading.head().unwrap(), Head::default(), "the head of an empty chain");
    let witness = reading.witness().unwrap();
    assert!(witness.is_none_or(|witness| witness == Head::default()), "the second place of an empty chain");
    assert_eq!(reading.links(0).unwrap(), [], "links of an empty chain");
    assert_eq!(reading.records(1, 0).unwrap(), [], "records of an empty chain");
    assert_eq!(reading.record_count().unwrap(), (0, 0));
}

fn links_are_as_committed<C: Chained>(stores: &Stores<'_, C>) {
    let mut log = stores.fresh();
    let mut links: Vec<Link> = Vec::new();
    let contents: [&[&[u8]]; 4] = [&[b"one"], &[b"two", b"three"], &[b"four".as_slice(); 7], &[b""]];
    for (number, records) in (1..).zip(contents) {
        let link = committed(&log, records);
        links.push(link);
        log = stores.again(log);
        let reading = log.read().unwrap();
        assert_eq!(reading.head().unwrap(), link.head(), "the head after commit {number}");
        assert_eq!(reading.witness().unwrap(), Some(link.head()), "the second place after commit {number}");
        assert_eq!(reading.links(1).unwrap(), links, "the links after commit {number}");
        let bytes: Vec<Vec<u8>> = all_records(&reading, number).into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(bytes, records, "the records of link {number}");
    }
    let reading = log.read().unwrap();
    assert_eq!(reading.links(3).unwrap(), links[2..], "links from the middle on");
    assert_eq!(reading.links(5).unwrap(), [], "links beyond the end");
    assert_eq!(reading.record_count().unwrap(), (11, 0));
    let mut head = Head::default();
    for link in links {
        assert!(link.follows(&head, &key()), "link {} follows the one before it", link.sequence);
        head = link.head();
    }
}

fn records_come_back_byte_for_byte<C: Chained>(stores: &Stores<'_, C>) {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let mebibyte: Vec<u8> = every_byte.iter().copied().cycle().take(1 << 20).collect();
    let records: [&[u8]; 5] = [b"", &[0], &every_byte, &mebibyte, b"\0\0"];
    let log = stores.fresh();
    committed(&log, &records);
    let log = stores.again(log);
    let found = log.read().unwrap().records(1, 0).unwrap();
    assert_eq!(found.len(), records.len());
    for ((position, bytes), (expected, record)) in found.iter().zip((0..).zip(records)) {
        assert!(*position == expected && bytes == record, "the record of {} bytes", record.len());
    }
}

fn records_come_page_by_page<C: Chained>(stores: &Stores<'_, C>) {
    let count = 2 * u64::from(PAGE) + 3;
    let bytes: Vec<[u8; 8]> = (0..count).map(u64::to_be_bytes).collect();
    let log = stores.fresh();
    committed(&log, &[b"before"]);
    committed(&log, &bytes.iter().map(<[u8; 8]>::as_slice).collect::<Vec<_>>());
    committed(&log, &[b"after"]);
    let log = stores.again(log);
    let reading = log.read().unwrap();
    let found = all_records(&reading, 2);
    let expected: Vec<(u64, Vec<u8>)> =
        (0..count).map(|number| (number, number.to_be_bytes().into())).collect();
    assert!(found == expected, "every record of the link once, in order");
    let last = expected.last().cloned();
    assert_eq!(reading.records(2, count - 1).unwrap().pop(), last, "from the last record on");
    assert_eq!(reading.record_count().unwrap(), (count + 2, 0));
}

fn links_come_page_by_page<C: Chained>(stores: &Stores<'_, C>) {
    let count = 2 * u64::from(PAGE) + 3;
    let log = stores.fresh();
    let mut writing = log.write().unwrap();
    let links: Vec<Link> = (1..=count).map(|number| extend(&mut writing, &[&number.to_be_bytes()])).collect();
    writing.commit().unwrap();
    let log = stores.again(log);
    let reading = log.read().unwrap();
    let mut found: Vec<Link> = Vec::new();
    loop {
        let next = found.last().map_or(0, |link| link.sequence) + 1;
        let page = reading.links(next).unwrap();
        assert!(page.len() <= PAGE as usize, "a page of {} links", page.len());
        if page.is_empty() {
            break;
        }
        assert!(page[0].sequence >= next, "a page begins before the link asked for");
        found.extend(page);
    }
    assert!(found == links, "every link once, in order");
    assert_eq!(reading.head().unwrap().sequence, count);
    assert_eq!(
        reading.witness().unwrap(),
        reading.head().ok(),
        "the second place knows the last of several links"
    );
}

fn a_place_is_taken_once<C: Chained>(stores: &Stores<'_, C>) {
    let log = stores.fresh();
    let link = committed(&log, &[b"one"]);
    let mut writing = log.write().unwrap();
    assert!(is_refused(&writing.append(1, 0, b"two")), "a record in the place of another");
    drop(writing);
    let mut writing = log.write().unwrap();
    assert!(is_refused(&writing.close(&Link { count: 2, ..link })), "a link in the place of another");
    drop(writing);
    let reading = log.read().unwrap();
    assert_eq!(reading.links(1).unwrap(), [link]);
    assert_eq!(reading.records(1, 0).unwrap(), [(0, b"one".to_vec())]);
}

fn what_is_replaced_stays_so<C: Chained>(stores: &Stores<'_, C>) {
    let log = stores.fresh();
    let link = committed(&log, &[b"one", b"two", b"three"]);
    let mut writing = log.write().unwrap();
    writing.replace(1, 1, b"gone").unwrap();
    drop(writing);
    let mut writing = log.write().unwrap();
    writing.replace(1, 2, b"left").unwrap();
    writing.commit().unwrap();
    let mut writing = log.write().unwrap();
    assert!(is_refused(&writing.replace(1, 3, b"x")), "no record is there");
    assert!(is_refused(&writing.replace(2, 0, b"x")), "no link is there");
    drop(writing);
    let log = stores.again(log);
    let reading = log.read().unwrap();
    assert_eq!(reading.links(1).unwrap(), [link], "the link stays");
    let records: Vec<Vec<u8>> = all_records(&reading, 1).into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(records, [b"one".to_vec(), b"two".to_vec(), b"left".to_vec()]);
}

fn records_without_a_link_are_counted<C: Chained>(stores: &Stores<'_, C>) {
    let log = stores.fresh();
    committed(&log, &[b"one", b"two"]);
    let mut writing = log.write().unwrap();
    writing.append(2, 0, b"three").unwrap();
    assert_eq!(writing.record_count().unwrap(), (3, 1), "before the commit");
    writing.append(9, 4, b"four").unwrap();
    writing.commit().unwrap();
    let log = stores.again(log);
    let reading = log.read().unwrap();
    assert_eq!(reading.record_count().unwrap(), (4, 2), "all records, and those in no link");
    assert_eq!(reading.head().unwrap().sequence, 1);
}

fn what_is_dropped_was_never_there<C: Chained>(stores: &Stores<'_, C>) {
    let log = stores.fresh();
    let link = committed(&log, &[b"one"]);
    let mut writing = log.write().unwrap();
    let dropped = extend(&mut writing, &[b"two"]);
    assert_eq!(writing.head().unwrap(), dropped.head(), "a writer sees what it wrote");
    assert_eq!(writing.records(2, 0).unwrap(), [(0, b"two".to_vec())], "a writer sees what it wrote");
    drop(writing);
    let log = stores.again(log);
    let reading = log.read().unwrap();
    assert_eq!(reading.head().unwrap(), link.head(), "the head of before");
    assert_eq!(reading.witness().unwrap(), Some(link.head()), "the second place was told nothing");
    assert_eq!(reading.record_count().unwrap(), (1, 0));
    drop(reading);
    assert_eq!(committed(&log, &[b"three"]).sequence, 2, "the next link takes the number");
}

fn a_reader_keeps_its_state<C: Chained>(stores: &Stores<'_, C>) {
    let log = stores.fresh();
    let link = committed(&log, &[b"one"]);
    let reader = log.read().unwrap();
    let mut writing = log.write().unwrap();
    let second = extend(&mut writing, &[b"two"]);
    assert_eq!(reader.head().unwrap(), link.head(), "what is not committed is not seen");
    writing.commit().unwrap();
    assert_eq!(reader.head().unwrap(), link.head(), "what is committed later is not seen");
    assert_eq!(reader.links(1).unwrap(), [link]);
    assert_eq!(reader.record_count().unwrap(), (1, 0));
    // Otherwise whoever verifies while another writes would find that the end was cut off.
    assert_eq!(reader.witness().unwrap(), Some(link.head()), "the second place is not ahead of the state");
    let later = log.read().unwrap();
    assert_eq!(later.head().unwrap(), second.head(), "a later reader sees it");
    assert_eq!(later.witness().unwrap(), Some(second.head()));
}

/// Longer than any turn takes, so that a writer that is not let in fails the test and does not hang it.
const PATIENCE: Duration = Duration::from_secs(60);

fn writers_wait_for_each_other<C: Chained>(stores: &Stores<'_, C>) {
    let log = Arc::new(stores.fresh());
    let writing = log.write().unwrap();
    let (sender, entered) = channel();
    let second = Arc::clone(&log);
    thread::spawn(move || {
        let head = second.write().and_then(|writing| writing.head());
        sender.send(head.map(|head| head.sequence))
    });
    let early = entered.recv_timeout(Duration::from_millis(50));
    assert_eq!(early, Err(RecvTimeoutError::Timeout), "a second writer entered beside the first");
    let mut writing = writing;
    extend(&mut writing, &[b"one"]);
    writing.commit().unwrap();
    let after = entered.recv_timeout(PATIENCE).expect("the second writer enters after the first");
    assert_eq!(after, Ok(1), "the second writer begins where the first ended");
}

fn nobody_overtakes_what_was_committed<C: Chained>(stores: &Stores<'_, C>) {
    const WRITERS: u64 = 4;
    const TURNS: u64 = 12;
    let log = Arc::new(stores.fresh());
    let (done, finished) = channel();
    for writer in 0..WRITERS {
        let (log, done) = (Arc::clone(&log), done.clone());
        thread::spawn(move || {
            for turn in 0..TURNS {
                committed(log.as_ref(), &[&writer.to_be_bytes(), &turn.to_be_bytes()]);
                // One's own commit is seen at once.
                let reading = log.read().unwrap();
                let mut mine = reading.links(1).unwrap().into_iter().rev();
                let found = mine.any(|link| {
                    reading.records(link.sequence, 0).unwrap()
                        == [(0, writer.to_be_bytes().to_vec()), (1, turn.to_be_bytes().to_vec())]
                });
                assert!(found, "a commit that returned is not seen");
            }
            done.send(())
        });
    }
    drop(done);
    for _ in 0..WRITERS {
        mpsc::Receiver::recv_timeout(&finished, PATIENCE).expect("every writer gets its turns");
    }
    let reading = log.read().unwrap();
    let links = reading.links(1).unwrap();
    assert_eq!(links.len() as u64, WRITERS * TURNS, "no commit was lost");
    let mut head = Head::default();
    for link in links {
        assert!(link.follows(&head, &key()), "link {} was made beside another writer", link.sequence);
        head = link.head();
    }
    assert_eq!(reading.witness().unwrap(), Some(head));
}

fn a_writer_that_fails_does_not_block<C: Chained>(stores: &Stores<'_, C>) {
    let log = Arc::new(stores.fresh());
    let failing = Arc::clone(&log);
    let failed = thread::spawn(move || {
        let mut writing = failing.write().unwrap();
        extend(&mut writing, &[b"one"]);
        std::panic::resume_unwind(Box::new("a writer that fails"));
    });
    assert!(failed.join().is_err());
    assert_eq!(log.read().unwrap().record_count().unwrap(), (0, 0), "what a failing writer wrote is gone");
    assert_eq!(committed(log.as_ref(), &[b"two"]).sequence, 1, "the next writer is let in");
}
