//! Superservers (`services.md` section 9): their names, their switches, and that one is the system default.

use crate::cases;
use core::net::{IpAddr, SocketAddr, SocketAddrV6};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_oneof, proptest};
use sclera_core::change::{Change, Kind};
use sclera_core::superserver::{Superserver, TlsLevel, name_as_written, place_of, switch_of};
use sclera_testkit::desk::Desk;
use sclera_testkit::world::{properties, w1};

const KIND: Kind = Kind::Superserver;

fn create(name: &str, given: &[(&str, &str)]) -> Change {
    Change::CreateConfig { kind: KIND, name: name.to_owned(), properties: properties(given) }
}

fn modify(name: &str, given: &[(&str, &str)]) -> Change {
    Change::ModifyConfig { kind: KIND, name: name.to_owned(), properties: properties(given) }
}

fn delete(name: &str) -> Change {
    Change::DeleteConfig { kind: KIND, name: name.to_owned() }
}

fn copy(name: &str, new_name: &str, given: &[(&str, &str)]) -> Change {
    let (name, new_name) = (name.to_owned(), new_name.to_owned());
    Change::CopyObject { kind: KIND, name, new_name, properties: properties(given) }
}

fn server<'d>(desk: &'d Desk, name: &str) -> &'d Superserver {
    desk.policy.superservers.named(name).unwrap()
}

fn default(desk: &Desk) -> Option<&str> {
    desk.policy.superservers.system_default().map(|server| server.name.as_str())
}

#[test]
fn one_is_the_system_default() {
    let mut desk = w1();
    desk.carry(&create("1972", &[("EnableECP", "1"), ("EnableCSP", "1")]));
    assert_eq!(default(&desk), Some("1972"), "the first is it");
    desk.carry(&create("1973", &[]));
    assert_eq!(default(&desk), Some("1972"));
    let refused = |desk: &mut Desk, change: &Change, why: &str| {
        let told = desk.submit(change).unwrap_err().to_string();
        assert!(told.contains(why), "{told}");
    };
    refused(&mut desk, &modify("1972", &[("SystemDefault", "0")]), "make another one it");
    refused(&mut desk, &delete("1972"), "make another one it first");
    refused(&mut desk, &modify("1973", &[("EnableMirror", "1")]), "EnableMirror is for the superserver");
    refused(&mut desk, &copy("1972", "1974", &[]), "EnableECP is for the superserver");
    desk.carry(&copy("1972", "1974", &[("EnableECP", "0")]));
    assert!(default(&desk) == Some("1972") && server(&desk, "1974").csp, "a copy is not the default");
    let before = desk.journal().len();
    desk.carry(&modify("1973", &[("SystemDefault", "1"), ("EnableSharding", "1")]));
    assert_eq!(default(&desk), Some("1973"));
    let left = server(&desk, "1972");
    assert!(!left.ecp && left.csp && left.clients, "what only the default may have goes with it");
    assert_eq!(left.beyond_its_place(), None);
    let entries = &desk.journal()[before..];
    let told: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(told, ["1972", "1973"], "both are in the journal");
    assert!(entries.iter().all(|entry| entry.kind.event() == "ServerChange"));
    for name in ["1972", "1974", "1973"] {
        desk.carry(&delete(name));
    }
    assert_eq!(default(&desk), None, "the last may go");
}

#[test]
fn a_place_has_one_name() {
    let mut desk = w1();
    for (port, address, name) in [
        ("1972", "", Some("1972")),
        ("100", "10.0.0.1", Some("10.0.0.1:100")),
        ("65535", "0:0::1", Some("[::1]:65535")),
        ("1972", "::ffff:10.0.0.1", Some("10.0.0.1:1972")),
        ("99", "", None),
        ("65536", "", None),
        ("x", "", None),
        ("1972", "host.example", None),
    ] {
        let named = name_as_written(port, address);
        assert_eq!(named.as_deref(), name, "{port} {address}");
        if let Some(name) = &named {
            let place = place_of(name).unwrap();
            let meant = address.parse().ok().map(|address: IpAddr| address.to_canonical());
            assert_eq!((place.0.to_string(), place.1), (port.to_owned(), meant));
            desk.carry(&create(name, &[]));
        }
    }
    for any in ["0.0.0.0", "::", "::ffff:0.0.0.0"] {
        assert_eq!(name_as_written("1972", any).as_deref(), Some("1972"), "{any}");
    }
    for wrong in [
        "",
        "99",
        "01972",
        "+1972",
        "1972 ",
        "[0:0::1]:1972",
        "localhost:1972",
        "127.0.0.1",
        "*",
        "::1",
        "0.0.0.0:1972",
        "[::]:1972",
        "[::ffff:10.0.0.1]:1972",
        "[fe80::1%2]:1972",
    ] {
        assert!(desk.submit(&create(wrong, &[])).is_err() && place_of(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn the_one_of_the_address_comes_before_the_one_of_any() {
    let mut desk = w1();
    desk.carry(&create("1972", &[]));
    desk.carry(&create("127.0.0.1:1972", &[("SSLSupportLevel", "2")]));
    let at = |place: &str| {
        let place: SocketAddr = place.parse().unwrap();
        desk.policy.superservers.at(place).map(|server| (server.name.as_str(), server.tls_level()))
    };
    assert_eq!(at("127.0.0.1:1972"), Some(("127.0.0.1:1972", TlsLevel::Require)));
    assert_eq!(at("0.0.0.0:1972"), Some(("1972", TlsLevel::None)));
    assert_eq!(at("[::1]:1972"), Some(("1972", TlsLevel::None)));
    assert_eq!(at("[::]:1972"), Some(("1972", TlsLevel::None)));
    assert_eq!(at("[::ffff:127.0.0.1]:1972"), Some(("127.0.0.1:1972", TlsLevel::Require)));
    assert_eq!(at("127.0.0.1:1973"), None);
    desk.carry(&create("[fe80::1]:1972", &[("SSLSupportLevel", "1")]));
    let at = |place: SocketAddr| desk.policy.superservers.at(place).map(|server| server.name.as_str());
    let zoned = SocketAddrV6::new("fe80::1".parse().unwrap(), 1972, 0, 2).into();
    assert_eq!(at(zoned), Some("[fe80::1]:1972"));
}

/// Every service that has a switch, with the switch on alone and off alone.
#[test]
fn each_switch_lets_its_service_through_and_no_other() {
    let services = [
        ("%Service_Bindings", "EnableClients"),
        ("%Service_WebGateway", "EnableCSP"),
        ("%Service_ECP", "EnableECP"),
        ("%Service_Mirror", "EnableMirror"),
        ("%Service_Sharding", "EnableSharding"),
        ("%Service_DataCheck", "EnableDataCheck"),
        ("%Service_Monitor", "EnableSNMP"),
        ("%Service_CacheDirect", "EnableCacheDirect"),
        ("%Service_Shadow", "EnableShadows"),
        ("%Service_Weblink", "EnableWebLink"),
    ];
    let mut desk = w1();
    desk.carry(&create("1972", &[("EnableClients", "0")]));
    let through = |desk: &Desk| {
        let passes = |(service, _): &&(&str, &str)| server(desk, "1972").lets_through(service);
        services.iter().filter(passes).map(|(service, _)| *service).collect::<Vec<_>>()
    };
    assert!(through(&desk).is_empty());
    for (service, switch) in services {
        assert_eq!(switch_of(&service.to_lowercase()), Some(switch));
        desk.carry(&modify("1972", &[(switch, "1")]));
        assert_eq!(through(&desk), [service]);
        desk.carry(&modify("1972", &[(switch, "0")]));
    }
    assert!(switch_of("%Service_Login").is_none() && server(&desk, "1972").lets_through("%Service_Login"));
}

proptest! {
    #![proptest_config(cases(256))]

    /// Whatever is asked for, exactly one is the system default where there is any, and no other has its switches.
    #[test]
    fn whatever_is_submitted_one_is_the_default(deeds in prop::collection::vec(deed(), 1..24)) {
        let mut desk = w1();
        for change in &deeds {
            let _ = desk.submit(change);
            let all = &desk.policy.superservers;
            let defaults = all.iter().filter(|server| server.system_default).count();
            prop_assert!(defaults == usize::from(!all.is_empty()), "{change:?}: {all:?}");
            prop_assert!(all.iter().all(|server| server.beyond_its_place().is_none()), "{change:?}: {all:?}");
        }
    }
}

fn deed() -> impl Strategy<Value = Change> {
    let name = || prop_oneof![Just("1972"), Just("127.0.0.1:1972"), Just("1973")];
    let property =
        prop_oneof![Just("SystemDefault"), Just("EnableECP"), Just("EnableMirror"), Just("EnableCSP")];
    let given = prop::collection::vec((property, any::<bool>()), 0..3).prop_map(|given| {
        let given = given.into_iter().map(|(name, is_on)| (name, if is_on { "1" } else { "0" }));
        given.collect::<Vec<_>>()
    });
    (name(), name(), given, 0..4_u8).prop_map(|(name, other, given, what)| match what {
        0 => create(name, &given),
        1 => modify(name, &given),
        2 => copy(name, other, &given),
        _ => delete(name),
    })
}
