//! Whose word about addresses is believed.

use crate::house::{Before, ECP, House, echo, echoes, is_ended};
use std::io::{Read, Write};

/// The header of a proxy before 10.0.0.7.
pub(crate) const HEADER: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x07\x7f\0\0\x01\x04\xd2\x07\xb4";

fn house(proxies: &[&str]) -> House {
    let proxies = proxies.iter().map(|proxy| (*proxy).to_owned()).collect();
    House::with(vec![Before { proxies, ..Before::of(ECP, &echo()) }])
}

#[test]
fn a_trusted_proxy_says_who_is_behind_it() {
    let house = house(&["127.0.0.0/8"]);
    house.modify(ECP, "ClientSystems", "10.0.0.7");
    let mut stream = house.connect(ECP);
    stream.write_all(HEADER).unwrap();
    assert!(echoes(&mut stream, "the header is not passed on"));
    house.modify(ECP, "ClientSystems", "127.0.0.1");
    let mut stream = house.connect(ECP);
    stream.write_all(HEADER).unwrap();
    assert!(is_ended(&mut stream), "the proxy itself may connect, and who is behind it may not");
    let refusal = house.tally(ECP).last_refusal.unwrap();
    assert_eq!((refusal.code, refusal.peer), (817, Some("10.0.0.7".parse().unwrap())));
    let mut local = house.connect(ECP);
    local.write_all(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0").unwrap();
    assert!(echoes(&mut local, "the proxy for itself"));
}

#[test]
fn a_trusted_proxy_that_says_nothing_is_refused() {
    let house = house(&["127.0.0.1"]);
    let mut without = house.connect(ECP);
    without.write_all(b"no header here, but something else of some length").unwrap();
    assert!(is_ended(&mut without));
    let mut silent = house.connect(ECP);
    assert!(is_ended(&mut silent), "nor does it wait for ever");
    let mut slow = house.connect(ECP);
    slow.write_all(&HEADER[..20]).unwrap();
    assert!(is_ended(&mut slow));
    house.wait_for(ECP, "Failed", "3");
}

#[test]
fn from_anybody_else_the_header_is_what_the_protocol_makes_of_it() {
    let house = house(&["10.1.1.1"]);
    house.modify(ECP, "ClientSystems", "127.0.0.1");
    let mut stream = house.connect(ECP);
    stream.write_all(HEADER).unwrap();
    let mut heard = vec![0; HEADER.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, HEADER);
}
