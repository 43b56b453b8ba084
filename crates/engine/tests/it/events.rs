//! Events are written down as the settings say, counted in any case, and missed by nobody where they cannot be.

use crate::bench::{Bench, OWNER, PASSWORD, Shared, code, field, key, owner, secret, user};
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_core::selection::{Matching, Selection};
use sclera_core::status::Code;
use sclera_engine::events::{AuditEvent, Counts, EventSelection, Origin};
use sclera_engine::{Door, Engine, Refusal, Session};
use sclera_predefined::{Choice, Profile};
use sclera_store::journal::{EventRecord, Record};
use sclera_store::measure::Measured;
use sclera_store::memory::Memory;
use sclera_store::port::{Activity, Log, Stamp, StoreError, Stored};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An event log on a disk that can become full.
#[derive(Clone, Default)]
struct Disk {
    memory: Arc<Memory>,
    full: Arc<AtomicBool>,
}

impl Activity for Disk {
    type Reading<'a> = <Memory as Activity>::Reading<'a>;
    type Writing<'a> = <Memory as Activity>::Writing<'a>;

    fn stamp(&self) -> Option<Stamp> {
        Activity::stamp(self.memory.as_ref())
    }

    fn read(&self) -> Stored<Self::Reading<'_>> {
        Activity::read(self.memory.as_ref())
    }

    fn write(&self) -> Stored<Self::Writing<'_>> {
        if self.full.load(Ordering::Relaxed) {
            return Err(StoreError::Full);
        }
        Activity::write(self.memory.as_ref())
    }

    fn outlet_position(&self, outlet: &str) -> Stored<Option<String>> {
        self.memory.outlet_position(outlet)
    }

    fn set_outlet_position(&self, outlet: &str, position: &str) -> Stored<()> {
        self.memory.set_outlet_position(outlet, position)
    }

    fn measured(&self) -> Measured {
        Activity::measured(self.memory.as_ref())
    }
}

struct House {
    engine: Engine<Shared<Memory>, Disk>,
    disk: Disk,
    owner: Session,
}

impl House {
    fn new() -> Self {
        let disk = Disk::default();
        let store = Shared(Arc::new(Memory::new()));
        let engine = Engine::new(store, disk.clone(), key(), Box::new(Bench::new()));
        engine.install(Choice { profile: Profile::Compatible, ..Choice::default() }, OWNER).unwrap();
        let owner = engine.admit_os(&owner(), Door::Command).unwrap();
        let house = Self { engine, disk, owner };
        house.set("AdmitUnrecorded", "0");
        house
    }

    fn carry(&self, change: Change) {
        self.engine.submit(&self.owner, change).unwrap();
    }

    fn set(&self, setting: &str, value: &str) {
        self.carry(Change::ModifySystem { properties: Properties::new().with(setting, value) });
    }

    fn switch(&self, event: &str, enabled: bool) -> Result<(), Refusal> {
        let properties = Properties::new().with("Enabled", enabled);
        let change = Change::ModifyConfig { kind: Kind::Event, name: event.to_owned(), properties };
        self.engine.submit(&self.owner, change).map(drop)
    }

    fn make(&self, event: &str) {
        let (name, properties) = (event.to_owned(), Properties::new());
        self.carry(Change::CreateConfig { kind: Kind::Event, name, properties });
    }

    fn emit(&self, event: &AuditEvent<'_>) -> Result<(), Refusal> {
        self.engine.emit_of(&self.owner, event)
    }

    fn events(&self) -> Vec<EventRecord> {
        let reading = Activity::read(&self.disk).unwrap();
        let links = 1..=reading.head().unwrap().sequence;
        let records = links.flat_map(|link| reading.records(link, 0).unwrap());
        let event = |bytes: &[u8]| match Record::read(bytes) {
            Ok(Record::Event(event)) => event,
            other => panic!("{other:?}"),
        };
        records.map(|(_, bytes)| event(&bytes)).collect()
    }

    fn names(&self) -> Vec<String> {
        self.events().iter().map(|event| event.event[2].clone()).collect()
    }

    fn counts(&self, event: &str) -> [u64; 3] {
        let Counts { total, written, lost } = self.engine.event_counts(event);
        [total, written, lost]
    }

    fn log_in(&self, password: &str) -> Result<Session, Refusal> {
        self.engine.admit_password("ann", &secret(password), Door::Library, None)
    }
}

const LOGIN: AuditEvent<'_> = AuditEvent::Login { service: "%Service_Login", application: "" };
const PROTECT: AuditEvent<'_> = AuditEvent::Protect { privilege: "", error: "<PROTECT>x+1^Y" };
const PROTECT_NAME: &str = "%System/%Security/Protect";

#[test]
fn only_what_is_switched_on_is_written() {
    let house = House::new();
    house.emit(&PROTECT).unwrap();
    assert_eq!((house.names(), house.counts(PROTECT_NAME)), (vec![], [1, 0, 0]));
    house.switch(PROTECT_NAME, true).unwrap();
    house.emit(&PROTECT).unwrap();
    assert_eq!(house.names(), ["Protect"]);
    assert_eq!(house.counts("%system/%SECURITY/protect"), [2, 1, 0], "case does not matter");
    house.set("AuditEnabled", "0");
    house.emit(&PROTECT).unwrap();
    house.emit(&AuditEvent::Stop).unwrap();
    assert_eq!((house.names().len(), house.counts(PROTECT_NAME)), (1, [3, 1, 0]), "auditing is off");
    house.emit(&AuditEvent::AuditChange { action: "Purge", data: "" }).unwrap();
    assert_eq!(house.names(), ["Protect", "AuditChange"], "what happens to the trail is always told");
    let only = |text: &str| Selection::new(text, Matching::Exact);
    let protect = EventSelection { sources: only("*"), types: only("%security"), names: only("Protect") };
    assert_eq!(house.engine.clear_event_counts(&house.owner, &protect), Ok(1));
    assert_eq!(house.counts(PROTECT_NAME), [0, 0, 0]);
}

#[test]
fn a_list_of_events_counts_them() {
    let house = House::new();
    house.switch(PROTECT_NAME, true).unwrap();
    house.emit(&PROTECT).unwrap();
    let only = |text: &str| Selection::new(text, Matching::Exact);
    let wanted =
        EventSelection { sources: only("%system"), types: only("%Sec*"), names: only("Protect,RoleChange") };
    let listed = house.engine.events(&house.owner, &wanted).unwrap();
    let row = |row: &Properties| {
        ["Name", "Enabled", "Total", "Written", "Lost"].map(|name| row.get(name).unwrap().text()).join(" ")
    };
    let rows: Vec<String> = listed.iter().map(row).collect();
    assert_eq!(rows, [format!("{PROTECT_NAME} 1 1 1 0"), "%System/%Security/RoleChange 1 0 0 0".to_owned()]);
    let all = house.engine.list(&house.owner, Kind::Event, &Selection::all()).unwrap();
    assert!(all.contains(&listed[0]), "the list of the class has the counts, too");
    assert_eq!(house.engine.clear_event_counts(&house.owner, &wanted), Ok(2));
    assert_eq!(house.counts(PROTECT_NAME), [0, 0, 0]);
    assert_eq!(house.names().last().unwrap(), "AuditChange");
    house.carry(user("ann", ""));
    let ann = house.log_in(PASSWORD).unwrap();
    assert!(
        house.engine.events(&ann, &wanted).is_err()
            && house.engine.clear_event_counts(&ann, &wanted).is_err()
    );
}

/// Every event of the product is declared, so that it can be switched on and off like those of the original.
#[test]
fn every_event_of_the_product_is_there_from_the_start() {
    let house = House::new();
    let listed = house.engine.list(&house.owner, Kind::Event, &Selection::all()).unwrap();
    let names: Vec<String> = listed.iter().map(|row| row.get("Name").unwrap().text()).collect();
    for event in [
        LOGIN,
        PROTECT,
        AuditEvent::LoginFailure { service: "", status: "", application: "" },
        AuditEvent::Logout { service: "", application: "" },
        AuditEvent::Terminate { service: "", cause: "" },
        AuditEvent::AccessDenied { privilege: "", action: "" },
        AuditEvent::ChangeRefused { action: "", status: "" },
        AuditEvent::DirectMode { command: "" },
        AuditEvent::PrivilegeFailure { privilege: "", object: "" },
        AuditEvent::AuditChange { action: "", data: "" },
        AuditEvent::AuditReport { report: "" },
        AuditEvent::AuditRecordLost { count: 1 },
        AuditEvent::ConfigurationChange { what: "" },
        AuditEvent::Start { how: "" },
        AuditEvent::Stop,
        AuditEvent::Backup { how: "" },
        AuditEvent::Export { what: "" },
    ] {
        assert!(names.contains(&event.name().join("/")), "{:?}", event.name());
    }
}

#[test]
fn some_events_cannot_be_switched_off() {
    let house = House::new();
    for name in ["AuditChange", "UserChange", "RoleChange", "SystemChange"] {
        let refused = house.switch(&format!("%System/%Security/{name}"), false);
        assert_eq!(code(refused), Code::General, "{name}");
    }
    assert_eq!(code(house.switch("%System/%System/AuditRecordLost", false)), Code::General);
    house.switch("%System/%Security/AccessDenied", false).unwrap();
}

#[test]
fn a_record_says_who_and_from_where() {
    let house = House::new();
    house.set("AuditEnabled", "1");
    house.switch("%System/%Login/Login", true).unwrap();
    let origin = Origin {
        user: "ann".to_owned(),
        roles: "Clerk".to_owned(),
        door: Some(Door::Http),
        authentication: Some(32),
        os_user: Some("ann1".to_owned()),
        client_address: Some("10.0.0.1".to_owned()),
        socket_address: Some("127.0.0.1".to_owned()),
        executable: Some("curl".to_owned()),
        session: Some("S1".to_owned()),
        namespace: Some(String::new()),
    };
    let entered = AuditEvent::Login { service: "%Service_WebGateway", application: "/csp/sys" };
    house.engine.emit(&origin, &entered).unwrap();
    let event = house.events().pop().unwrap();
    assert_eq!((event.event.join("/").as_str(), event.user.as_str()), ("%System/%Login/Login", "ann"));
    for (name, value) in [
        ("Roles", "Clerk"),
        ("Door", "http"),
        ("Authentication", "32"),
        ("OSUsername", "ann1"),
        ("ClientIPAddress", "10.0.0.1"),
        ("StartupClientIPAddress", "127.0.0.1"),
        ("ClientExecutableName", "curl"),
        ("CSPSessionID", "S1"),
        ("Service", "%Service_WebGateway"),
        ("EventData", "Service: %Service_WebGateway\r\nWeb Application: /csp/sys\r\n"),
    ] {
        assert_eq!(field(&event, name), value, "{name}");
    }
    assert!(event.fields.iter().all(|(name, _)| name != "Namespace"), "what is not known is left out");
}

#[test]
fn what_a_stranger_sends_is_bounded_and_cannot_break_lines() {
    let house = House::new();
    let long = format!("\u{1b}[31m\0{}", "x".repeat(100_000));
    let origin = Origin { user: long.clone(), ..Origin::default() };
    let failed = AuditEvent::LoginFailure { service: "%Service_Login", status: &long, application: "" };
    house.engine.emit(&origin, &failed).unwrap();
    let event = house.events().pop().unwrap();
    assert_eq!(event.user.chars().count(), 4_096);
    assert!(event.user.starts_with("\u{fffd}[31m\u{fffd}xx"), "{:?}", &event.user[..20]);
    assert_eq!(field(&event, "EventData").chars().count(), 16_384);
    let fields = event.fields.iter().flat_map(|(_, value)| value.chars());
    assert!(fields.chain(event.user.chars()).all(|c| !c.is_control() || "\r\n\t".contains(c)));
}

#[test]
fn an_application_records_the_events_that_were_made() {
    let house = House::new();
    let own = |name| AuditEvent::Own { name, description: "read", data: "chart 7" };
    house.emit(&own(["Ward", "Chart", "Read"])).unwrap();
    assert_eq!(house.names(), ["UserEventOverflow"], "nobody made it");
    assert_eq!(
        (house.counts("Ward/Chart/Read"), house.counts("%System/%System/UserEventOverflow")),
        ([0; 3], [1, 1, 0])
    );
    house.make("Ward/Chart/Read");
    house.emit(&own(["ward", "CHART", "Read"])).unwrap();
    let event = house.events().pop().unwrap();
    assert_eq!((event.event[2].as_str(), field(&event, "EventData")), ("Read", "chart 7"));
    assert_eq!(house.counts("Ward/Chart/Read"), [1, 1, 0]);
}

#[test]
fn what_cannot_be_written_is_counted_and_told_later() {
    let house = House::new();
    house.disk.full.store(true, Ordering::Relaxed);
    house.emit(&AuditEvent::Stop).unwrap();
    house.emit(&AuditEvent::Stop).unwrap();
    assert_eq!(house.counts("%System/%System/Stop"), [2, 0, 2], "the action goes on");
    house.set("AuditFlags", "1");
    assert_eq!(house.emit(&AuditEvent::Stop), Err(Refusal::Store(StoreError::Full)), "nothing goes on");
    house.disk.full.store(false, Ordering::Relaxed);
    house.emit(&AuditEvent::Stop).unwrap();
    assert_eq!(house.names(), ["AuditRecordLost", "Stop"]);
    assert_eq!(field(&house.events()[0], "EventData"), "Lost: 3");
    house.emit(&AuditEvent::Stop).unwrap();
    assert_eq!(house.names(), ["AuditRecordLost", "Stop", "Stop"], "it is told once");
}

#[test]
fn nobody_comes_in_unrecorded_unless_a_setting_says_so() {
    let house = House::new();
    house.carry(user("ann", "%Manager"));
    house.switch("%System/%Login/Login", true).unwrap();
    house.disk.full.store(true, Ordering::Relaxed);
    assert_eq!(house.emit(&LOGIN), Err(Refusal::Store(StoreError::Full)));
    assert_eq!(house.log_in("wrong").err(), Some(Refusal::Store(StoreError::Full)));
    house.set("AdmitUnrecorded", "1");
    house.emit(&LOGIN).unwrap();
    assert_eq!(house.log_in("wrong").err(), Some(Refusal::NotAdmitted), "a wrong password stays one");
    assert!(house.log_in(PASSWORD).is_ok());
}
