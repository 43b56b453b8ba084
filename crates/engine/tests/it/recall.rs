//! What is recalled instead of being read: never what is not so any more, whoever changed it, and always what would be
//! read.

use crate::bench::{InMemory, Instance, Shared, key, user};
use sclera_core::change::Change;
use sclera_core::decision::Answer;
use sclera_core::property::Properties;
use sclera_engine::Engine;
use sclera_engine::machine::NewMachine;
use sclera_store::measure::Measured;
use sclera_store::memory::Memory;
use sclera_store::port::{Stamp, Store, Stored};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Instance {
    /// A second process on the same stores.
    fn another(&self) -> InMemory {
        Engine::new(self.store.clone(), self.events.clone(), key(), Box::new(self.bench.clone()))
    }

    fn with_ward() -> Self {
        let instance = Self::new();
        let ward = Properties::new().with("Resources", "Ward_Chart:R,%Service_WebGateway:U");
        instance.carry_all([
            Change::CreateResource { name: "Ward_Chart".to_owned(), properties: Properties::new() },
            Change::CreateRole { name: "Reader".to_owned(), properties: ward },
            user("ann", ""),
        ]);
        instance
    }

    fn roles_of_ann(&self, roles: &str) {
        self.set_of_ann("Roles", roles);
    }

    fn set_of_ann(&self, property: &str, value: &str) {
        let properties = Properties::new().with(property, value);
        self.carry(Change::ModifyUser { name: "ann".to_owned(), properties, credential: None });
    }

    fn token(&self, name: &str) -> String {
        let new = NewMachine { name, user: "ann", addresses: "", scopes: "check", days: 1 };
        let (_, token) = self.engine.create_machine(&self.owner, &new).unwrap();
        token.expose().to_owned()
    }
}

/// One process changes, the other is asked: at hand and after reading.
#[test]
fn what_is_recalled_is_never_what_was_before() {
    let instance = Instance::with_ward();
    let other = instance.another();
    let asker = other.admit_os(&crate::bench::owner(), sclera_engine::Door::Command).unwrap();
    let at_hand = |name: &str| other.look(&asker)?.check_user(name, "ward_chart", Some("READ"));
    let read = |name: &str| other.check_user(&asker, name, "ward_chart", Some("READ")).unwrap();
    for round in 0..100 {
        instance.roles_of_ann(if round % 2 == 0 { "Reader" } else { "" });
        assert_eq!(at_hand("ann"), None, "something was committed");
        let told = read("Ann");
        assert_eq!(matches!(told.answer, Answer::Decided(decision) if decision.is_granted()), round % 2 == 0);
        assert_eq!(at_hand("ANN"), Some(told));
        // Whoever there is none of is recalled as well.
        assert_eq!(at_hand("nobody"), None);
        let nobody = read("nobody");
        assert_eq!((at_hand("nobody"), nobody.known), (Some(nobody), false));
    }
    // A change of settings, not of the user.
    instance.roles_of_ann("Reader");
    read("ann");
    instance.carry(Change::DeleteRole { name: "Reader".to_owned() });
    assert_eq!(at_hand("ann"), None);
    assert!(matches!(read("ann").answer, Answer::Decided(decision) if !decision.is_granted()));
}

#[test]
fn whoever_may_not_ask_gets_no_answer_at_hand() {
    let instance = Instance::with_ward();
    instance.carry(user("eve", ""));
    let eve = instance.log_in("eve").unwrap();
    instance.engine.check_user(&instance.owner, "ann", "Ward_Chart", None).unwrap();
    instance.engine.check_user(&instance.owner, "eve", "Ward_Chart", None).unwrap();
    let look = instance.engine.look(&eve).unwrap();
    let at_hand = |user: &str| look.check_user(user, "Ward_Chart", None);
    assert_eq!(at_hand("ann"), None);
    assert!(at_hand("eve").is_some(), "about oneself everybody may ask");
    assert_eq!(look.check("Ward_Chart", None), instance.engine.check(&eve, "Ward_Chart", None).unwrap());
    let requirement = |text: &str| sclera_core::privilege::Requirement::parse(text).unwrap();
    assert!(!look.meets(&requirement("Ward_Chart:R")));
    assert!(look.meets(&requirement("")));
}

#[test]
fn a_machine_is_recalled_until_anything_is_committed() {
    let instance = Instance::with_ward();
    instance.roles_of_ann("Reader");
    let other = instance.another();
    let token = instance.token("gateway");
    let at_hand = |scope: &str| other.machine_at_hand(&token, PEER, scope, None).map(|(session, _)| session);
    let admit = || other.admit_machine(&token, PEER, "check", None);
    assert!(at_hand("check").is_none(), "nobody was admitted");
    let admitted = admit().unwrap();
    let again = at_hand("check").unwrap();
    assert_eq!((again.user(), &again.about().id), ("ann", &admitted.about().id), "it is the same session");
    assert!(at_hand("authzen").is_none(), "judged for another scope");
    assert!(other.machine_at_hand(&token, IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), "check", None).is_none());
    assert!(other.machine_at_hand(&format!("{token}x"), PEER, "check", None).is_none());
    assert!(other.machine_at_hand(&token, PEER, "check", Some("/csp/sys")).is_none());

    // It is judged anew after a second, and after any change: of the account, or of the credential.
    instance.bench.turn_seconds(1);
    assert!(at_hand("check").is_none());
    admit().unwrap();
    instance.set_of_ann("Enabled", "0");
    assert!(at_hand("check").is_none() && admit().is_err());
    instance.set_of_ann("Enabled", "1");
    admit().unwrap();
    assert!(at_hand("check").is_some());
    instance.engine.revoke_machine(&instance.owner, "gateway").unwrap();
    assert!(at_hand("check").is_none() && admit().is_err());
}

#[test]
fn a_session_that_was_ended_is_not_recalled() {
    let instance = Instance::with_ward();
    instance.roles_of_ann("Reader");
    let token = instance.token("gateway");
    let session = instance.engine.admit_machine(&token, PEER, "check", None).unwrap();
    assert!(instance.engine.machine_at_hand(&token, PEER, "check", None).is_some());
    assert_eq!(instance.engine.end_sessions(&instance.owner, &session.about().id).unwrap(), 1);
    assert!(instance.engine.machine_at_hand(&token, PEER, "check", None).is_none());
}

/// A store before whose next reading something happens.
struct Interrupted {
    store: Shared<Memory>,
    before: Arc<Mutex<Option<Happens>>>,
}

type Happens = Box<dyn FnOnce() + Send>;

impl Store for Interrupted {
    type Reading<'a> = <Shared<Memory> as Store>::Reading<'a>;
    type Writing<'a> = <Shared<Memory> as Store>::Writing<'a>;

    fn stamp(&self) -> Option<Stamp> {
        self.store.stamp()
    }

    fn read(&self) -> Stored<Self::Reading<'_>> {
        if let Some(happens) = self.before.lock().unwrap().take() {
            happens();
        }
        self.store.read()
    }

    fn write(&self) -> Stored<Self::Writing<'_>> {
        self.store.write()
    }

    fn write_long(&self) -> Stored<Self::Writing<'_>> {
        self.store.write_long()
    }

    fn measured(&self) -> Measured {
        self.store.measured()
    }
}

/// Whoever holds a state decides by it and by nothing of the next: what is read after a commit is not kept as of before.
#[test]
fn nothing_of_the_next_state_is_recalled_as_of_this_one() {
    let instance = Instance::with_ward();
    let before = Arc::new(Mutex::new(None));
    let store = Interrupted { store: instance.store.clone(), before: Arc::clone(&before) };
    let other = Engine::new(store, instance.events.clone(), key(), Box::new(instance.bench.clone()));
    let asker = other.admit_os(&crate::bench::owner(), sclera_engine::Door::Command).unwrap();
    let ask = |name: &str| other.check_user(&asker, name, "Ward_Chart", Some("READ")).unwrap();
    ask("nobody");
    let held = other.look(&asker).unwrap();
    let another = instance.another();
    let owner = another.admit_os(&crate::bench::owner(), sclera_engine::Door::Command).unwrap();
    *before.lock().unwrap() = Some(Box::new(move || {
        let properties = Properties::new().with("Roles", "Reader");
        let change = Change::ModifyUser { name: "ann".to_owned(), properties, credential: None };
        another.submit(&owner, change).unwrap();
    }));
    assert!(
        matches!(ask("ann").answer, Answer::Decided(decision) if decision.is_granted()),
        "what is so by then"
    );
    assert!(before.lock().unwrap().is_none(), "the store was read");
    assert_eq!(held.check_user("ann", "Ward_Chart", Some("READ")), None, "and not what was so");
}

/// What cannot be a name costs nothing to be asked about, however long it is, and is not kept.
#[test]
fn texts_that_are_no_names_are_nobodys() {
    let instance = Instance::with_ward();
    instance.engine.check_user(&instance.owner, "ann", "Ward_Chart", None).unwrap();
    let long = "x".repeat(1_000_000);
    for name in [&long[..1_025], long.as_str()] {
        let look = instance.engine.look(&instance.owner).unwrap();
        let told = look.check_user(name, "Ward_Chart", Some("READ")).unwrap();
        assert!(!told.known && told.answer == Answer::nothing(Some("READ")));
        assert_eq!(
            instance.engine.check_user(&instance.owner, name, "Ward_Chart", Some("READ")).unwrap(),
            told
        );
        let of_resource = instance.engine.check_user(&instance.owner, "ann", name, Some("READ")).unwrap();
        assert!(matches!(of_resource.answer, Answer::Decided(decision) if !decision.is_granted()));
    }
}
