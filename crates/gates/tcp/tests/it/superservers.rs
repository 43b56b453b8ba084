//! Superservers: a connection asks for the switch and for the service, and the stricter of two levels of TLS holds
//! (`services.md` section 9).

use crate::house::{Before, ECP, House, SHADOW, echo, echoes, is_ended, reach};
use crate::protection::{Authority, required};
use crate::proxies::HEADER;
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_core::superserver::TlsLevel;
use sclera_tcp::{Limits, Protection, Tls};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

/// Who issued the certificate of the TLS configuration `Front`.
static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);

/// An address at which nobody listens.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn house(listen: SocketAddr, protection: Protection) -> House {
    let gate = Before::of(ECP, &echo());
    House::with(vec![Before { listen, protection, load: Some(load), ..gate }])
}

fn load(config: &sclera_core::ssl_config::SslConfig, _: Option<&Secret>) -> Result<Tls, String> {
    match config.name.as_str() {
        "Front" => Ok(AUTHORITY.tls(&[])),
        _ => Err("CertificateFile names no file".to_owned()),
    }
}

fn create(house: &House, kind: Kind, name: &str, given: &[(&str, &str)]) {
    house.submit(Change::CreateConfig { kind, name: name.to_owned(), properties: properties(given) });
}

fn modify(house: &House, kind: Kind, name: &str, given: &[(&str, &str)]) {
    house.submit(Change::ModifyConfig { kind, name: name.to_owned(), properties: properties(given) });
}

fn properties(given: &[(&str, &str)]) -> Properties {
    given.iter().fold(Properties::new(), |all, (name, value)| all.with(name, *value))
}

fn plain(at: SocketAddr) -> bool {
    echoes(&mut reach(at), "plain")
}

fn sealed(at: SocketAddr) -> bool {
    echoes(&mut AUTHORITY.connect(reach(at), None), "sealed")
}

#[test]
fn a_connection_asks_for_the_switch_and_for_the_service() {
    let at = free();
    let house = house(at, Protection::default());
    house.wait(ECP, "open");
    assert!(plain(at), "where there is no superserver the service is asked alone");
    let mut before = reach(at);
    assert!(echoes(&mut before, "before"));
    let name = at.port().to_string();
    create(&house, Kind::Superserver, &name, &[]);
    assert!(is_ended(&mut reach(at)) && house.refused(ECP, 800) == 1, "EnableECP is off at first");
    assert!(echoes(&mut before, "still"), "what was there goes on");
    house.wait_for(ECP, "Superserver", &name);
    assert_eq!(house.text(ECP, "State"), "open", "DEC-S23: the service stays enabled");
    modify(&house, Kind::Superserver, &name, &[("EnableECP", "1")]);
    assert!(plain(at));
    // A superserver of just this address comes before the one of any, and one of another address says nothing.
    create(&house, Kind::Superserver, &format!("127.0.0.2:{name}"), &[]);
    assert!(plain(at));
    create(&house, Kind::Superserver, &at.to_string(), &[]);
    assert!(is_ended(&mut reach(at)) && house.refused(ECP, 800) == 2);
    house.wait_for(ECP, "Superserver", &at.to_string());
    house.submit(Change::DeleteConfig { kind: Kind::Superserver, name: at.to_string() });
    assert!(plain(at));
    house.modify(ECP, "Enabled", false);
    house.wait(ECP, "draining");
    assert!(TcpStream::connect(at).is_err(), "the switch alone opens nothing");
}

#[test]
fn one_that_is_off_closes_its_port_and_no_other() {
    let (at, other) = (free(), free());
    let before = |service, listen| Before { listen, ..Before::of(service, &echo()) };
    let house = House::with(vec![before(ECP, at), before(SHADOW, other)]);
    create(&house, Kind::Superserver, &at.port().to_string(), &[("EnableECP", "1"), ("Enabled", "0")]);
    create(&house, Kind::Superserver, &other.port().to_string(), &[("EnableShadows", "1")]);
    house.wait(ECP, "closed");
    assert!(TcpStream::connect(at).is_err() && plain(house.address(SHADOW)));
    modify(&house, Kind::Superserver, &at.port().to_string(), &[("Enabled", "1")]);
    assert!(plain(house.address(ECP)));
}

/// DEC-S16, each level with a certificate that can be used and without one.
#[test]
fn the_level_of_tls_is_that_of_the_superserver() {
    let at = free();
    let house = house(at, Protection::default());
    let name = at.port().to_string();
    create(&house, Kind::Superserver, &name, &[("EnableECP", "1")]);
    for config in ["Front", "Broken", "Off", "Client"] {
        let (server, on) =
            (if config == "Client" { "0" } else { "1" }, if config == "Off" { "0" } else { "1" });
        create(&house, Kind::SslConfig, config, &[("Type", server), ("Enabled", on)]);
    }
    let told = |level: &str, config: &str, tls: &str| {
        modify(&house, Kind::Superserver, &name, &[("SSLSupportLevel", level), ("SSLConfig", config)]);
        house.wait_for(ECP, "TLS", tls);
        let before = (house.refused(ECP, 995), house.refused(ECP, 996));
        let passed = (plain(at), sealed(at));
        house.wait_for(ECP, "Connections", "0");
        (passed, (house.refused(ECP, 995) - before.0, house.refused(ECP, 996) - before.1))
    };
    let broken = |level| format!("{level}: TLS configuration Broken: CertificateFile names no file");
    house.wait(ECP, "open");
    assert_eq!(told("0", "Front", "none"), ((true, false), (0, 1)));
    assert_eq!(told("1", "Front", "accept"), ((true, true), (0, 0)));
    assert_eq!(told("2", "Front", "require"), ((false, true), (1, 0)));
    assert_eq!(told("1", "Broken", &broken("accept")), ((true, false), (0, 1)));
    assert_eq!(told("2", "Broken", &broken("require")), ((false, false), (1, 1)));
    let named = |name: &str, why: &str| format!("require: TLS configuration {name}: {why}");
    assert_eq!(told("2", "Off", &named("Off", "it is not enabled")), ((false, false), (1, 1)));
    assert_eq!(told("2", "Client", &named("Client", "it is one for clients")), ((false, false), (1, 1)));
    assert_eq!(told("2", "None", &named("None", "it does not exist")), ((false, false), (1, 1)));
    assert_eq!(told("2", "", "require: there is no certificate"), ((false, false), (1, 1)));
    assert_eq!(told("0", "", "none"), ((true, false), (0, 1)));
    // What a configuration becomes counts at once.
    modify(&house, Kind::SslConfig, "Off", &[("Enabled", "1")]);
    modify(&house, Kind::SslConfig, "Front", &[("Enabled", "0")]);
    assert_eq!(told("2", "Front", &named("Front", "it is not enabled")), ((false, false), (1, 1)));
}

#[test]
fn no_superserver_takes_away_what_the_gate_demands() {
    let at = free();
    let house = house(at, required(AUTHORITY.tls(&[])));
    let name = at.port().to_string();
    create(&house, Kind::Superserver, &name, &[("EnableECP", "1")]);
    create(&house, Kind::SslConfig, "Broken", &[("Type", "1")]);
    house.wait_for(ECP, "Superserver", &name);
    assert!(sealed(house.address(ECP)), "with the certificate of the gate");
    let mut stream = reach(at);
    stream.write_all(b"plain").unwrap();
    assert!(is_ended(&mut stream) && house.refused(ECP, 995) == 1);
    // The configuration that it names protects, and no other in its place.
    modify(&house, Kind::Superserver, &name, &[("SSLConfig", "Broken")]);
    house.wait_for(ECP, "TLS", "require: TLS configuration Broken: CertificateFile names no file");
    assert!(!sealed(at) && house.refused(ECP, 996) == 1);
}

#[test]
fn the_one_that_accepts_takes_both_at_a_gate_that_accepts() {
    let at = free();
    let house = house(at, Protection::new(TlsLevel::Accept, Some(AUTHORITY.tls(&[]))));
    create(
        &house,
        Kind::Superserver,
        &at.port().to_string(),
        &[("EnableECP", "1"), ("SSLSupportLevel", "1")],
    );
    house.wait_for(ECP, "Superserver", &at.port().to_string());
    house.wait(ECP, "open");
    assert!(plain(at) && sealed(at));
}

/// Whoever is judged by new terms is protected by them, however early it was connected.
#[test]
fn a_connection_of_before_is_protected_as_it_is_judged() {
    let at = free();
    let proxies = vec!["127.0.0.1".to_owned()];
    let gate = Before { listen: at, proxies, load: Some(load), ..Before::of(ECP, &echo()) };
    let limits = Limits { head_time: Duration::from_secs(20), ..gate.limits };
    let house = House::with(vec![Before { limits, ..gate }]);
    let name = at.port().to_string();
    create(&house, Kind::Superserver, &name, &[("EnableECP", "1")]);
    house.wait_for(ECP, "Superserver", &name);
    house.wait(ECP, "open");
    let mut early = reach(at);
    house.wait_for(ECP, "Connections", "1");
    modify(&house, Kind::Superserver, &name, &[("SSLSupportLevel", "2")]);
    early.write_all(HEADER).unwrap();
    early.write_all(b"plain").unwrap();
    assert!(is_ended(&mut early));
    assert_eq!(house.refused(ECP, 995), 1);
}

/// A load that never ends holds up nothing but its own TLS.
#[test]
fn files_that_are_never_read_hold_up_no_gate() {
    let at = free();
    let gate = Before {
        listen: at,
        load: Some(|_, _| {
            loop {
                std::thread::park();
            }
        }),
        ..Before::of(ECP, &echo())
    };
    let mut house = House::with(vec![gate]);
    let name = at.port().to_string();
    create(&house, Kind::SslConfig, "Front", &[("Type", "1")]);
    let level = [("EnableECP", "1"), ("SSLSupportLevel", "1"), ("SSLConfig", "Front")];
    create(&house, Kind::Superserver, &name, &level);
    house.wait_for(ECP, "TLS", "accept: its files cannot be read in time");
    house.wait(ECP, "open");
    assert!(plain(at) && !sealed(at) && house.refused(ECP, 996) == 1);
    modify(&house, Kind::Superserver, &name, &[("SSLConfig", "")]);
    house.wait_for(ECP, "TLS", "accept: there is no certificate");
    modify(&house, Kind::Superserver, &name, &[("SSLSupportLevel", "0"), ("SSLConfig", "Front")]);
    house.wait_for(ECP, "TLS", "none");
    assert!(plain(at), "where there is no TLS nothing is read");
    house.stop();
}
