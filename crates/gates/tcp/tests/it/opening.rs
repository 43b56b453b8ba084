//! Gates open and close with their services, and connections end when they should.

use crate::house::{Before, ECP, House, SHADOW, echo, echoes, is_ended, reach};
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_engine::administer::{Asked, Mode, Request};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

#[test]
fn a_gate_opens_and_closes_with_its_service_and_others_are_untouched() {
    let upstream = echo();
    let house = House::with(vec![Before::of(ECP, &upstream), Before::of(SHADOW, &upstream)]);
    let (mut ecp, mut shadow) = (house.connect(ECP), house.connect(SHADOW));
    assert!(echoes(&mut ecp, "one") && echoes(&mut shadow, "two"));
    let address = house.address(ECP);
    house.modify(ECP, "Enabled", false);
    house.wait(ECP, "draining");
    assert!(TcpStream::connect(address).is_err(), "the port is closed");
    assert!(echoes(&mut ecp, "still"), "what was there goes on for a while");
    assert!(is_ended(&mut ecp), "and then no longer");
    house.wait(ECP, "closed");
    assert!(echoes(&mut shadow, "other") && house.text(SHADOW, "State") == "open");
    house.modify(ECP, "Enabled", true);
    assert!(echoes(&mut house.connect(ECP), "again"));
    assert_eq!(house.refused(ECP, 800), 0, "nobody came while it was closed");
}

#[test]
fn a_pending_change_waits_for_the_restart() {
    let house = House::with(vec![Before::of(ECP, &echo())]);
    let address = house.address(ECP);
    let properties = Properties::new().with("ClientSystems", "10.9.9.9");
    let request = Request::Change(Change::ModifyService { name: ECP.to_owned(), properties });
    house.engine.submit_all(&house.owner(), [Asked { request, place: String::new() }], Mode::Defer).unwrap();
    let mut before = reach(address);
    assert!(echoes(&mut before, "before"));
    house.engine.restart_service(&house.owner(), ECP, false).unwrap();
    assert!(is_ended(&mut reach(address)));
    assert_eq!(house.refused(ECP, 817), 1);
    assert!(echoes(&mut before, "goes on"));
    house.engine.restart_service(&house.owner(), ECP, true).unwrap();
    assert!(is_ended(&mut before), "but not over a restart with now");
}

#[test]
fn connections_are_counted_and_written_down() {
    let house = House::with(vec![Before::of(ECP, &echo())]);
    let mut stream = house.connect(ECP);
    assert!(echoes(&mut stream, "12345"));
    house.wait_for(ECP, "Connections", "1");
    assert_eq!(house.engine.event_counts("Sclera/Gate/Connect").written, 1);
    drop(stream);
    house.wait_for(ECP, "Connections", "0");
    assert_eq!(house.engine.event_counts("Sclera/Gate/Disconnect").written, 1);
    for (column, value) in [("Taken", "1"), ("Failed", "0"), ("BytesIn", "5"), ("BytesOut", "5")] {
        assert_eq!(house.text(ECP, column), value, "{column}");
    }
    assert_eq!((house.tally(ECP).admitted, house.tally(ECP).refusals()), (1, 0));
}

#[test]
fn both_sides_end_by_themselves_and_all_bytes_arrive() {
    let house = House::with(vec![Before::of(ECP, &echo())]);
    let mut stream = house.connect(ECP);
    let sent: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut writes = stream.try_clone().unwrap();
    let expected = sent.clone();
    let writer = std::thread::spawn(move || {
        writes.write_all(&sent).unwrap();
        writes.shutdown(Shutdown::Write).unwrap();
    });
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    writer.join().unwrap();
    assert!(heard == expected, "{} bytes of {}", heard.len(), expected.len());
}

#[test]
fn stopping_ends_everything_in_time() {
    let mut house = House::with(vec![Before::of(ECP, &echo())]);
    let (address, mut stream) = (house.address(ECP), house.connect(ECP));
    assert!(echoes(&mut stream, "x"));
    let begun = Instant::now();
    house.stop();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(is_ended(&mut stream) && TcpStream::connect(address).is_err());
    assert_eq!(house.engine.event_counts("Sclera/Gate/Disconnect").written, 1, "the end stands in the log");
}

#[test]
fn a_port_that_is_taken_is_told_and_tried_again() {
    let house = House::with(vec![Before::of(ECP, &echo())]);
    let address = house.address(ECP);
    house.modify(ECP, "Enabled", false);
    house.wait(ECP, "closed");
    let taken = TcpListener::bind(address);
    // The port of the next opening is another one, unless it is told which: so only the way back is seen here.
    drop(taken);
    house.modify(ECP, "Enabled", true);
    assert!(echoes(&mut house.connect(ECP), "back"));
}
