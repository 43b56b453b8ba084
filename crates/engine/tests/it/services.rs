//! What services run with, what is pending, and what a restart does (`services.md` sections 7 to 9, 11 and 12).

use crate::bench::{Instance, PASSWORD, code, field, secret, user};
use sclera_authn::admission::{Attempt, Client, Offer, Transport};
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_core::selection::Selection;
use sclera_core::status::Code;
use sclera_engine::administer::{Asked, Mode, Request};
use sclera_engine::gate::Caller;
use sclera_engine::{Door, Refusal, Session};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const ECP: &str = "%Service_ECP";
const LOGIN: &str = "%Service_Login";
const DIRECT: &str = "%Service_CacheDirect";

fn modified(name: &str, property: &str, value: &str) -> Change {
    Change::ModifyService { name: name.to_owned(), properties: Properties::new().with(property, value) }
}

fn caller() -> Caller {
    Caller { door: Door::Tcp, os_user: None }
}

const PEER: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)));

impl Instance {
    /// Stores a change of a service and leaves it pending.
    fn defer(&self, name: &str, property: &str, value: &str) {
        let request = Request::Change(modified(name, property, value));
        let asked = Asked { request, place: String::new() };
        self.engine.submit_all(&self.owner, [asked], Mode::Defer).unwrap();
    }

    fn restart(&self, name: &str, now: bool) -> (bool, usize) {
        let done = self.engine.restart_service(&self.owner, name, now).unwrap();
        (done.applied, done.ended)
    }

    /// Knocks at a service, and gives the roles of the address, or the error that stands in the event log.
    fn knock(&self, service: &str, transport: Transport) -> Result<Vec<String>, String> {
        let attempt = Attempt { peer: PEER, transport, ..Attempt::at(service) };
        match self.engine.knock(attempt, caller()) {
            Ok(knocked) => Ok(knocked.connected.roles),
            Err(Refusal::NotAdmitted) => {
                let event = self.last_event();
                assert_eq!(event.event, ["%System", "%Login", "LoginFailure"]);
                self.bench.turn_seconds(61);
                Err(field(&event, "Status").to_owned())
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Comes with a certificate.
    fn certified(&self, name: &str) -> Result<Session, Refusal> {
        let offer = Offer::Certificate(name.to_owned());
        let attempt = Attempt { peer: PEER, offer, client: Client::Other, ..Attempt::at(DIRECT) };
        self.engine.begin_admission(attempt, caller()).and_then(|progress| match progress {
            sclera_engine::gate::Progress::Granted(session) => Ok(*session),
            sclera_engine::gate::Progress::Refused(refusal) => Err(refusal),
            sclera_engine::gate::Progress::Ask(..) => panic!("nothing is to be asked"),
        })
    }
}

#[test]
fn a_change_is_in_force_at_once_unless_it_is_put_off() {
    let instance = Instance::new();
    assert!(instance.knock(ECP, Transport::Plain).unwrap_err().contains("#800"));
    instance.carry(modified(ECP, "Enabled", "1"));
    assert_eq!(instance.knock(ECP, Transport::Plain), Ok(Vec::new()));
    instance.defer(ECP, "Enabled", "0");
    assert_eq!(instance.knock(ECP, Transport::Plain), Ok(Vec::new()), "it runs on as it is");
    assert!(instance.engine.standing(ECP, None).unwrap().is_on);
    assert_eq!(instance.engine.pending().unwrap(), [(ECP.to_owned(), "Enabled".to_owned())]);
    let shown = instance.engine.show(&instance.owner, Kind::Service, ECP).unwrap();
    assert_eq!(shown.get("Enabled").unwrap().text(), "0", "what is stored is shown");
    assert_eq!(shown.get("Pending").unwrap().text(), "Enabled");
    assert_eq!(instance.restart(ECP, false), (true, 0));
    assert!(instance.knock(ECP, Transport::Plain).unwrap_err().contains("#800"));
    assert!(instance.engine.pending().unwrap().is_empty());
    assert_eq!(instance.restart(ECP, false), (false, 0), "nothing was pending");
}

#[test]
fn several_changes_wait_together_and_one_at_once_takes_them_along() {
    let instance = Instance::new();
    instance.carry(modified(ECP, "Enabled", "1"));
    instance.defer(ECP, "ClientSystems", "10.9.9.9");
    instance.defer(ECP, "Description", "Caches");
    let pending = || instance.engine.pending().unwrap();
    assert_eq!(pending(), [(ECP.to_owned(), "Description,ClientSystems".to_owned())]);
    instance.defer(ECP, "ClientSystems", "");
    assert_eq!(pending(), [(ECP.to_owned(), "Description".to_owned())], "what was put back waits no more");
    instance.defer(ECP, "ClientSystems", "10.9.9.9");
    instance.carry(modified("%Service_Monitor", "Enabled", "1"));
    assert_eq!(pending().len(), 1, "other services are others");
    instance.carry(modified(ECP, "Description", "Caches of others"));
    assert!(pending().is_empty());
    assert!(instance.knock(ECP, Transport::Plain).unwrap_err().contains("#817"));
}

#[test]
fn a_refused_or_rehearsed_change_leaves_nothing_pending() {
    let instance = Instance::new();
    instance.carry(modified("%Service_Shadow", "Enabled", "1"));
    let asked = |mode| {
        let request = Request::Change(modified("%Service_Mirror", "Enabled", "1"));
        instance.engine.submit_all(&instance.owner, [Asked { request, place: String::new() }], mode)
    };
    assert_eq!(code(asked(Mode::Defer)), Code::MirrorAndShadow, "scenario 15");
    instance.carry(modified("%Service_Shadow", "Enabled", "0"));
    asked(Mode::Rehearse).unwrap();
    assert!(instance.engine.pending().unwrap().is_empty());
    assert!(!instance.engine.standing("%Service_Mirror", None).unwrap().is_on);
}

#[test]
fn a_restart_with_now_ends_the_sessions_of_the_service_alone() {
    let instance = Instance::new();
    instance.carry_all([user("ann", "%All"), user("bob", "")]);
    let (ann, bob) = (instance.log_in("ann").unwrap(), instance.log_in("bob").unwrap());
    let cuts = || instance.engine.standing(LOGIN, None).unwrap().cuts;
    assert_eq!((instance.restart("%Service_Telnet", true), cuts()), ((false, 0), 0));
    assert!(!ann.is_ended());
    assert_eq!(instance.restart(LOGIN, false), (false, 0));
    assert_eq!(instance.restart("%service_login", true), (false, 2));
    assert!(ann.is_ended() && bob.is_ended() && cuts() == 1);
    assert!(!instance.owner.is_ended(), "the owner came another way");
    assert!(matches!(
        instance.engine.list(&ann, Kind::Service, &Selection::all()),
        Err(Refusal::SessionEnded)
    ));
    let event = instance.last_event();
    assert_eq!(event.event, ["%System", "%System", "ConfigurationChange"]);
    assert_eq!(field(&event, "Description"), "restart of %Service_Login, connections end");
}

#[test]
fn restarting_takes_privileges_and_a_service() {
    let instance = Instance::new();
    instance.carry(user("bob", ""));
    let bob = instance.log_in("bob").unwrap();
    let refused = instance.engine.restart_service(&bob, LOGIN, true);
    assert!(matches!(refused, Err(Refusal::NotPrivileged { .. })), "{refused:?}");
    assert!(instance.engine.gates(&bob).unwrap().is_empty());
    let missing = instance.engine.restart_service(&instance.owner, "%Service_None", false);
    assert_eq!(code(missing), Code::ServiceDoesNotExist);
}

#[test]
fn gates_are_told_of_what_may_concern_them() {
    let instance = Instance::new();
    let rings = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&rings);
    instance.engine.on_services_changed(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let rung = |what: &dyn Fn()| {
        let before = rings.load(Ordering::Relaxed);
        what();
        rings.load(Ordering::Relaxed) > before
    };
    assert!(rung(&|| instance.carry(modified(ECP, "Enabled", "1"))));
    assert!(!rung(&|| instance.carry(user("ann", ""))));
    assert!(rung(&|| {
        instance.restart(ECP, false);
    }));
    let _ann = instance.log_in("ann").unwrap();
    assert!(rung(&|| assert_eq!(instance.engine.end_sessions(&instance.owner, "ann").unwrap(), 1)));
}

/// Steps 3 to 5 of section 8, and the roles of section 7.3.
#[test]
fn a_machine_is_judged_by_switch_address_and_protection() {
    let instance = Instance::new();
    instance.carry(modified(ECP, "Enabled", "1"));
    instance.carry(modified(ECP, "ClientSystems", "10.0.0.1-6;10.0.0.7|%DB_USER,%Operator"));
    assert_eq!(instance.knock(ECP, Transport::Tls), Ok(vec!["%DB_USER".to_owned(), "%Operator".to_owned()]));
    for (transport, number) in
        [(Transport::PlainThoughRequired, "#995"), (Transport::TlsThoughNotConfigured, "#996")]
    {
        let refused = instance.knock(ECP, transport).unwrap_err();
        assert!(refused.contains(number), "{refused}");
    }
    instance.carry(modified(ECP, "ClientSystems", "10.0.0.1-6"));
    assert!(instance.knock(ECP, Transport::Plain).unwrap_err().contains("#817"));
    let tallies = instance.engine.tallies().unwrap();
    let (_, tally) = tallies.iter().find(|(name, _)| name == ECP).unwrap();
    assert_eq!((tally.admitted, tally.refusals()), (1, 3));
    assert_eq!(tally.last_refusal.as_ref().unwrap().code, 817);
    assert_eq!(tally.last_refusal.as_ref().unwrap().peer, PEER);
}

#[test]
fn a_person_knocks_too_and_is_not_yet_in() {
    let instance = Instance::new();
    instance.carry(modified(DIRECT, "Enabled", "1"));
    let attempt = Attempt { peer: PEER, ..Attempt::at(DIRECT) };
    let connected = instance.engine.knock(attempt, caller()).unwrap().connected;
    assert!(!connected.is_basic);
    assert!(
        instance.engine.tallies().unwrap().iter().all(|(name, _)| name != DIRECT),
        "nobody was let in yet"
    );
    let nowhere = Attempt { peer: PEER, ..Attempt::at("%Service_None") };
    assert!(instance.engine.knock(nowhere, caller()).is_err());
    assert!(instance.engine.tallies().unwrap().iter().all(|(name, _)| name != "%Service_None"));
}

#[test]
fn a_certificate_proves_who_it_is_and_the_rest_is_asked_as_always() {
    let instance = Instance::new();
    instance.carry_all([user("ann", ""), modified(DIRECT, "Enabled", "1")]);
    let session = instance.certified("ann").unwrap();
    assert_eq!((session.user(), session.about().mechanism), ("ann", "Mutual TLS"));
    assert!(matches!(instance.certified("nobody"), Err(Refusal::NotAdmitted)));
    assert!(matches!(instance.certified("UnknownUser"), Err(Refusal::NotAdmitted)));
    // Use on the service, once it is not public.
    let properties = Properties::new().with("PublicPermission", "");
    instance.carry(Change::ModifyResource { name: DIRECT.to_owned(), properties });
    assert!(matches!(instance.certified("ann"), Err(Refusal::NotAdmitted)));
    assert!(field(&instance.last_event(), "Status").contains("#815"));
    // The account, and the switch of the instance.
    instance.carry(user("eve", "%All"));
    assert!(instance.certified("eve").is_ok());
    let mask = instance.engine.show(&instance.owner, Kind::System, "SYSTEM").unwrap();
    let mask: i64 = mask.get("AutheEnabled").unwrap().text().parse().unwrap();
    instance.set("AutheEnabled", &(mask & !(1 << 25)).to_string());
    assert!(matches!(instance.certified("eve"), Err(Refusal::NotAdmitted)));
    assert!(field(&instance.last_event(), "Status").contains("#963"));
    instance.set("AutheEnabled", &mask.to_string());
    let properties = Properties::new().with("Enabled", "0");
    instance.carry(Change::ModifyUser { name: "eve".to_owned(), properties, credential: None });
    assert!(matches!(instance.certified("eve"), Err(Refusal::NotAdmitted)));
}

/// Scenario 17: a session goes on, and the next one follows what is new.
#[test]
fn whoever_is_in_stays_in() {
    let instance = Instance::new();
    instance.carry(user("ann", "%All"));
    let ann = instance.log_in("ann").unwrap();
    instance.carry(modified(LOGIN, "Enabled", "0"));
    assert!(instance.engine.list(&ann, Kind::Service, &Selection::all()).is_ok());
    let refused = instance.engine.admit_password("ann", &secret(PASSWORD), Door::Library, None);
    assert!(matches!(refused, Err(Refusal::NotAdmitted)), "{refused:?}");
}
