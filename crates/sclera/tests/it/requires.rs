//! The Requires keyword: the test vectors 34 to 36 of `authorization.md` section 28, and the forms of the attribute.

use sclera::requires::Requirement;
use sclera::{
    Acting, Caller, Change, Choice, Decision, Door, Instance, Kind, OsCaller, Profile, Properties, Protect,
    Record, requires,
};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

/// World W1 of the test vectors, as far as they need it.
struct World {
    instance: Instance,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("w1");
        let quick = Choice { profile: Profile::Compatible, ..Choice::default() };
        Instance::create(&directory, quick, "owner").unwrap();
        let world = Self { instance: Instance::open(&directory).unwrap(), _folder: folder };
        let owned = str::to_owned;
        let resource = |name| Change::CreateResource { name: owned(name), properties: Properties::new() };
        let role = |name, held, granted| Change::CreateRole {
            name: owned(name),
            properties: Properties::new().with("Resources", held).with("GrantedRoles", granted),
        };
        let user = |name, roles| Change::CreateUser {
            name: owned(name),
            properties: Properties::new().with("Roles", roles),
            credential: None,
        };
        for change in [
            resource("AppData"),
            resource("AppRun"),
            role("Clerk", "AppData:R,AppRun:U", ""),
            role("Boss", "AppData:RW", "Clerk"),
            user("ann", "Clerk"),
            user("bob", "Boss"),
            user("dan", ""),
            user("eve", "%All"),
            // In the compatible profile it starts switched off.
            Change::ModifyConfig {
                kind: Kind::Event,
                name: owned("%System/%Security/Protect"),
                properties: Properties::new().with("Enabled", true),
            },
        ] {
            world.change(change);
        }
        world
    }

    fn change(&self, change: Change) {
        self.instance.submit(&self.instance.admit_process().unwrap(), change).unwrap();
    }

    fn log_in(&self, user: &str) -> Acting {
        let caller = OsCaller { name: Some(user.to_owned()), owns_instance: false };
        self.instance.acting(self.instance.admit_os(&caller, Door::Library).unwrap())
    }

    /// The last event, as its name, its user and the fields asked for.
    fn last_event(&self, fields: [&str; 2]) -> (String, String, [String; 2]) {
        let owner = self.instance.admit_process().unwrap();
        let records = self.instance.audit_list(&owner, 1).unwrap();
        let Record::Event(event) = &records.first().unwrap().record else { unreachable!("{records:?}") };
        let value =
            |name| event.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        (
            event.event.last().unwrap().clone(),
            event.user.clone(),
            fields.map(|name| value(name).unwrap_or_default()),
        )
    }
}

/// Holds what its text says, and counts how often it was asked.
#[derive(Default)]
struct Holder {
    held: &'static str,
    asked: AtomicU32,
}

impl Holder {
    fn of(held: &'static str) -> Self {
        Self { held, asked: AtomicU32::new(0) }
    }
}

impl Caller for Holder {
    fn meets(&self, requirement: &Requirement, _: &str) -> Decision {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let held = Requirement::parse(self.held).unwrap();
        if requirement.pairs().iter().all(|pair| held.pairs().contains(pair)) {
            Decision::Granted
        } else {
            Decision::Denied
        }
    }
}

const BOOK: &str = "it::requires::";

#[requires("AppRun:Use")]
fn run(session: &impl Caller, ran: &Cell<bool>) -> Result<u8, Protect> {
    ran.set(true);
    Ok(7)
}

#[requires("AppData: Read, AppData: Write")]
fn write_in_words(session: &impl Caller) -> Result<(), Protect> {
    Ok(())
}

#[requires("AppData:RW")]
fn write_in_a_run(session: &impl Caller) -> Result<(), Protect> {
    Ok(())
}

#[requires("Nothing_Like_It:U")]
fn of_an_unknown_resource(session: &impl Caller) -> Result<(), Protect> {
    Ok(())
}

#[test]
fn vector_34_the_body_runs_for_holders_alone() {
    let world = World::new();
    let ran = Cell::new(false);
    assert_eq!(run(&world.log_in("ann"), &ran), Ok(7));
    assert!(ran.take());
    let refused = run(&world.log_in("dan"), &ran).unwrap_err();
    assert!(!ran.get());
    assert_eq!(refused.to_string(), format!("<PROTECT> {BOOK}run"));
    let told = world.last_event(["Privilege", "EventData"]);
    let fields = ["AppRun:USE".to_owned(), format!("<PROTECT> {BOOK}run")];
    assert_eq!(told, ("Protect".to_owned(), "dan".to_owned(), fields));
}

#[requires]
trait Action {
    #[requires("AppRun:Use")]
    fn act(&self, session: &dyn Caller) -> Result<u8, Protect>;

    #[requires("AppRun:Use")]
    fn act_by_default(&self, (left, right): (u8, u8), _session: &dyn Caller) -> Result<u8, Protect> {
        Ok(left + right)
    }

    /// Without a requirement.
    fn free(&mut self, mut number: u8) -> u8 {
        number += 1;
        number
    }

    #[requires("AppRun:U", by = who)]
    async fn act_later<T: Default, const N: usize>(
        &self,
        who: &(impl Caller + ?Sized),
        array: [u8; N],
    ) -> Result<(T, usize), Protect>
    where
        Self: Sized;

    #[requires("AppRun:U")]
    fn make(session: &dyn Caller) -> Result<Self, Protect>
    where
        Self: Sized;
}

struct Plain;

#[requires]
impl Action for Plain {
    #[requires("")]
    fn act(&self, _session: &dyn Caller) -> Result<u8, Protect> {
        Ok(1)
    }

    async fn act_later<T: Default, const N: usize>(
        &self,
        _who: &(impl Caller + ?Sized),
        array: [u8; N],
    ) -> Result<(T, usize), Protect> {
        Ok((T::default(), array.len()))
    }

    fn make(_session: &dyn Caller) -> Result<Self, Protect> {
        Ok(Self)
    }
}

struct Overriding;

#[requires]
impl Action for Overriding {
    #[sclera::requires("AppData:W")]
    fn act(&self, _session: &dyn Caller) -> Result<u8, Protect> {
        Ok(2)
    }

    fn act_by_default(&self, (_, right): (u8, u8), _session: &dyn Caller) -> Result<u8, Protect> {
        Ok(right)
    }

    fn free(&mut self, number: u8) -> u8 {
        number
    }

    async fn act_later<T: Default, const N: usize>(
        &self,
        _who: &(impl Caller + ?Sized),
        _array: [u8; N],
    ) -> Result<(T, usize), Protect> {
        Ok((T::default(), 0))
    }

    fn make(_session: &dyn Caller) -> Result<Self, Protect> {
        Ok(Self)
    }
}

#[test]
fn vector_35_an_override_adds_and_never_removes() {
    let world = World::new();
    let (ann, bob, dan) = (world.log_in("ann"), world.log_in("bob"), world.log_in("dan"));
    assert_eq!(Overriding.act(&ann).unwrap_err().operation(), format!("{BOOK}act"));
    assert_eq!(Overriding.act(&bob), Ok(2));
    assert_eq!(Plain.act(&ann), Ok(1), "an empty value changes nothing");
    assert!(Plain.act(&dan).is_err());
    let only_its_own = Holder::of("AppData:W");
    assert!(Overriding.act(&only_its_own).is_err());
    assert_eq!(only_its_own.asked.into_inner(), 1, "the inherited requirement is asked first");
}

#[test]
fn default_bodies_and_their_overrides_are_guarded_alike() {
    let (holder, stranger) = (Holder::of("AppRun:U"), Holder::default());
    assert_eq!(Plain.act_by_default((3, 4), &holder), Ok(7));
    assert_eq!(Overriding.act_by_default((3, 4), &holder), Ok(4));
    assert!(Plain.act_by_default((3, 4), &stranger).is_err());
    assert!(Overriding.act_by_default((3, 4), &stranger).is_err());
    assert_eq!((Plain.free(1), Overriding.free(1)), (2, 1));
    assert!(Plain::make(&holder).is_ok() && Overriding::make(&stranger).is_err());
}

#[test]
fn vector_36_both_spellings_are_the_same() {
    let world = World::new();
    let bob = world.log_in("bob");
    assert_eq!((write_in_words(&bob), write_in_a_run(&bob)), (Ok(()), Ok(())));
    for other in ["ann", "dan"] {
        let session = world.log_in(other);
        assert!(write_in_words(&session).is_err() && write_in_a_run(&session).is_err());
        assert_eq!(world.last_event(["Privilege", "Door"]).2, ["AppData:READ,WRITE", "library"]);
    }
}

#[test]
fn an_unknown_resource_is_held_by_holders_of_all() {
    let world = World::new();
    assert!(of_an_unknown_resource(&world.log_in("bob")).is_err());
    assert_eq!(of_an_unknown_resource(&world.log_in("eve")), Ok(()));
}

#[test]
fn a_deletion_counts_at_once() {
    let world = World::new();
    let (ann, eve) = (world.log_in("ann"), world.log_in("eve"));
    let ran = Cell::new(false);
    assert!(run(&ann, &ran).is_ok());
    world.change(Change::DeleteResource { name: "AppRun".to_owned() });
    assert!(run(&ann, &ran).is_err());
    assert!(run(&eve, &ran).is_ok());
}

struct Request {
    session: Holder,
    count: u32,
}

impl Request {
    #[requires("A:R, B:W", by = self.session)]
    fn counted(&mut self) -> Result<u32, Box<dyn std::error::Error>> {
        self.count += 1;
        Ok(self.count)
    }

    #[requires("A:R", by = self.session)]
    async fn later(self: Arc<Self>) -> Result<u32, Protect> {
        Ok(self.count)
    }
}

impl Caller for Request {
    fn meets(&self, requirement: &Requirement, operation: &str) -> Decision {
        self.session.meets(requirement, operation)
    }
}

trait Asks: Caller + Sized {
    fn number(&self) -> Result<u32, Protect>;
}

impl Asks for Request {
    #[requires("A:R")]
    fn number(&self) -> Result<u32, Protect> {
        Ok(self.count)
    }
}

#[test]
fn who_calls_may_be_a_member_or_the_object_itself() {
    let request = |held| Request { session: Holder::of(held), count: 0 };
    assert_eq!(request("A:R,B:W").counted().unwrap(), 1);
    let mut without = request("A:R");
    let refused = without.counted().unwrap_err();
    assert!(refused.downcast_ref::<Protect>().is_some());
    assert_eq!(without.count, 0);
    assert_eq!(without.number(), Ok(0));
    assert!(request("").number().is_err());
}

/// What a future gives that never waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("it waits"),
    }
}

#[test]
fn an_asynchronous_function_asks_when_it_runs() {
    let request = Arc::new(Request { session: Holder::of("A:R"), count: 5 });
    let future = Arc::clone(&request).later();
    assert_eq!(request.session.asked.load(Ordering::Relaxed), 0);
    assert_eq!(now(future), Ok(5));
    assert_eq!(request.session.asked.load(Ordering::Relaxed), 1);
    assert!(now(Arc::new(Request { session: Holder::default(), count: 5 }).later()).is_err());

    let (holder, stranger) = (Holder::of("AppRun:U"), Holder::default());
    assert_eq!(now(Plain.act_later::<u8, 2>(&holder, [0; 2])), Ok((0, 2)));
    assert_eq!(now(Overriding.act_later::<u8, 2>(&stranger, [0; 2])).map_err(Protect::operation), {
        Err(concat!(module_path!(), "::act_later"))
    });
}

#[test]
fn a_guarded_trait_is_used_through_any_pointer() {
    #[requires]
    trait Shown {
        #[requires("A:R")]
        fn shown(&self, caller: Box<dyn Caller + '_>) -> Result<&str, Protect>;
    }
    #[requires]
    impl Shown for String {
        fn shown(&self, _caller: Box<dyn Caller + '_>) -> Result<&str, Protect> {
            Ok(self)
        }
    }
    let object: &dyn Shown = &"text".to_owned();
    assert_eq!(object.shown(Box::new(Arc::new(Holder::of("A:R")))), Ok("text"));
    assert!(object.shown(Box::new(&Holder::default())).is_err());
}
