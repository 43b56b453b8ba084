//! Upstreams that are dead, slow or rude; clients that are slow, many or gone.

use crate::house::{Before, ECP, House, SHADOW, echo, echoes, is_ended, quick, reach};
use sclera_tcp::Limits;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

#[test]
fn a_dead_upstream_closes_the_connection_and_nothing_else() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let house = House::with(vec![Before::of(ECP, &dead.to_string()), Before::of(SHADOW, &echo())]);
    for _ in 0..20 {
        assert!(is_ended(&mut house.connect(ECP)));
    }
    house.wait_for(ECP, "Failed", "20");
    assert_eq!(house.engine.event_counts("Sclera/Gate/Connect").total, 0, "nobody was connected");
    assert!(echoes(&mut house.connect(SHADOW), "others are"));
    // It is asked anew each time.
    let listener = TcpListener::bind(dead).unwrap();
    let mut stream = house.connect(ECP);
    let mut behind = listener.accept().unwrap().0;
    behind.write_all(b"alive").unwrap();
    let mut heard = [0; 5];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"alive");
}

#[test]
fn a_slow_upstream_is_not_waited_for_without_end() {
    // A queue that is full and that nobody empties: further connections are neither taken nor refused.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let quickly = Duration::from_millis(50);
    let held: Vec<_> = (0..4).map(|_| TcpStream::connect_timeout(&address, quickly)).collect();
    assert!(held.iter().any(Result::is_err), "the queue is full");
    let house = House::with(vec![Before::of(ECP, &address.to_string())]);
    let begun = Instant::now();
    assert!(is_ended(&mut house.connect(ECP)));
    assert!(begun.elapsed() < Duration::from_secs(10));
    house.wait_for(ECP, "Failed", "1");
}

#[test]
fn an_upstream_that_goes_away_takes_the_connection_along() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let house = House::with(vec![Before::of(ECP, &listener.local_addr().unwrap().to_string())]);
    let mut stream = house.connect(ECP);
    drop(listener.accept().unwrap());
    assert!(is_ended(&mut stream));
    drop(stream);
    house.wait_for(ECP, "Connections", "0");
}

#[test]
fn a_socket_of_this_machine_is_an_upstream_too() {
    let folder = std::env::temp_dir().join(format!("sclera-tcp-{}", std::process::id()));
    let _ = std::fs::remove_file(&folder);
    let listener = UnixListener::bind(&folder).unwrap();
    let house = House::with(vec![Before::of(ECP, folder.to_str().unwrap())]);
    let mut stream = house.connect(ECP);
    let (mut behind, _) = listener.accept().unwrap();
    stream.write_all(b"over").unwrap();
    let mut heard = [0; 4];
    behind.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"over");
    std::fs::remove_file(&folder).unwrap();
}

/// Whoever says its last and then hears nothing for too long is let go.
#[test]
fn half_open_connections_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let house = House::with(vec![Before::of(ECP, &listener.local_addr().unwrap().to_string())]);
    let mut stream = house.connect(ECP);
    let (mut behind, _) = listener.accept().unwrap();
    stream.write_all(b"last").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut heard = Vec::new();
    behind.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"last", "what was said arrives");
    behind.write_all(b"answer").unwrap();
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).unwrap();
    assert!(is_ended(&mut stream) && is_ended(&mut behind), "and silence ends it");
    house.wait_for(ECP, "Connections", "0");
}

#[test]
fn idle_connections_end_where_that_is_wanted() {
    let limits = Limits { idle_time: Some(Duration::from_millis(300)), ..quick() };
    let upstream = echo();
    let house =
        House::with(vec![Before { limits, ..Before::of(ECP, &upstream) }, Before::of(SHADOW, &upstream)]);
    let (mut idle, mut patient) = (house.connect(ECP), house.connect(SHADOW));
    assert!(echoes(&mut idle, "x") && echoes(&mut patient, "x"));
    assert!(is_ended(&mut idle));
    assert!(echoes(&mut patient, "y"));
}

#[test]
fn one_source_has_so_many() {
    let limits = Limits { per_source: 3, ..quick() };
    let house = House::with(vec![Before { limits, ..Before::of(ECP, &echo()) }]);
    let mut held: Vec<_> = (0..3).map(|_| house.connect(ECP)).collect();
    assert!(held.iter_mut().all(|stream| echoes(stream, "in")));
    assert!(is_ended(&mut house.connect(ECP)));
    held.pop();
    house.wait_for(ECP, "Connections", "2");
    assert!(echoes(&mut house.connect(ECP), "room again"));
}

#[test]
fn more_than_there_is_room_for_wait() {
    let limits = Limits { connections: 2, ..quick() };
    let house = House::with(vec![Before { limits, ..Before::of(ECP, &echo()) }]);
    let address = house.address(ECP);
    let mut held: Vec<_> = (0..2).map(|_| reach(address)).collect();
    assert!(held.iter_mut().all(|stream| echoes(stream, "in")));
    let mut waiting = reach(address);
    waiting.write_all(b"wait").unwrap();
    waiting.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut heard = [0; 4];
    assert!(waiting.read(&mut heard).is_err(), "nothing comes yet");
    drop(held);
    waiting.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    waiting.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"wait");
}

/// As many as the descriptors of this process allow, each with both of its ends and both of its upstream's in here.
#[test]
fn many_at_once() {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(65_536);
    let number = usize::try_from(most / 8).unwrap_or(usize::MAX).min(1_000);
    // The queue of the upstream is short, and whoever finds it full comes again a second later.
    let patience = Duration::from_secs(20);
    let limits = Limits { connections: 10_000, connect_time: patience, half_open_time: patience, ..quick() };
    let house = House::with(vec![Before { limits, ..Before::of(ECP, &echo()) }]);
    let address = house.address(ECP);
    let mut all: Vec<_> = (0..number).map(|_| reach(address)).collect();
    for (place, stream) in all.iter_mut().enumerate() {
        assert!(echoes(stream, &format!("number {place}")), "{place} of {number}");
    }
    house.wait_for(ECP, "Connections", &number.to_string());
    drop(all);
    house.wait_for(ECP, "Connections", "0");
    assert_eq!(house.text(ECP, "Failed"), "0");
}
