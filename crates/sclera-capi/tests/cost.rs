//! What a check costs, whatever the machine: allocations, system calls, and in a release build instructions and cache
//! misses, as valgrind counts them.
//!
//! It has a process of its own and no harness, for it counts every allocation and forbids system calls. What runs in other
//! processes is this program again, told by [`TASK`] what to do there.

#![expect(unsafe_code, reason = "an allocator that counts, and the C interface, have no safe face")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]
#![expect(clippy::panic, reason = "so does one that finds what must not be")]

use sclera::{Change, Choice, Instance, KernelSession, Permissions, Prepared, Properties};
use sclera_capi::{
    ScleraInstance, ScleraSession, VERSION, sclera_attach, sclera_check, sclera_holds, sclera_prepare,
    sclera_session_from_ticket,
};
use sclera_core::id::{ResourceId, RoleId};
use sclera_core::name::{ResourceName, RoleName};
use sclera_core::policy::Policy;
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::snapshot::{About, Image, compile};
use sclera_engine::kernel::{Kernel, Source};
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{CString, c_int};
use std::hint::black_box;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What another process is to do: a word, a number, the directory, and the ticket in hexadecimal digits.
const TASK: &str = "SCLERA_TEST_COST";
/// The most instructions of a check, so that it does not come to take more unnoticed.
const BY_ID: f64 = 15.0;
const BY_NAME: f64 = 150.0;
/// About how many lines of memory a check by prepared id touches beside the session and the epoch.
const MISSES: f64 = 2.0;
/// The most bytes of ten thousand sessions of four roles each, where there are a million resources and 100,000 roles.
const SESSIONS: u64 = 200_000_000;

/// Counts what is allocated.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
/// How many bytes are allocated and not freed yet.
static LIVING: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is left to the allocator of the system.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        LIVING.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the contract of this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        LIVING.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the contract of this function.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    if let Ok(task) = std::env::var(TASK) {
        return perform(&task);
    }
    // Called with words, it is to list or run tests of a name.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let listed = std::env::args().any(|word| word == "--list");
    if listed || !(words.is_empty() || words.iter().any(|word| "cost".contains(word.as_str()))) {
        return;
    }
    let site = Site::new();
    allocates_nothing(&site.attach());
    calls_no_system(&site);
    if cfg!(debug_assertions) {
        say("skipped: the memory of many sessions is counted in a release build, too");
    } else {
        share_memory();
    }
    if cfg!(debug_assertions) {
        say("skipped: instructions are counted in a release build; `cargo xtask test --only cost` makes one");
    } else if Command::new("valgrind").arg("--version").output().is_ok() {
        has_few_instructions(&site);
        misses_few_lines(&site);
    } else {
        say("skipped: valgrind is not installed, which counts instructions");
    }
}

fn say(text: &str) {
    println!("{text}");
}

/// An instance with resources of all lengths up to 32, and a session that holds some of them.
struct Site {
    _folder: tempfile::TempDir,
    directory: PathBuf,
    ticket: Vec<u8>,
}

/// The name of so many characters.
fn name(length: usize) -> String {
    let mut name = format!("R{length}");
    while name.len() < length {
        name.push("aZ_9-%"[name.len() % 6..].chars().next().unwrap());
    }
    name
}

const LENGTHS: std::ops::RangeInclusive<usize> = 3..=32;

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("clinic");
        Instance::create(&directory, Choice::default(), "owner").unwrap();
        let instance = Instance::open(&directory).unwrap();
        let owner = instance.admit_process().unwrap();
        let submit = |change: Change| {
            instance.submit(&owner, change).unwrap();
        };
        for length in LENGTHS {
            submit(Change::CreateResource { name: name(length), properties: Properties::new() });
        }
        let some: Vec<String> = LENGTHS.step_by(2).map(|length| format!("{}:RW", name(length))).collect();
        let properties = Properties::new().with("Resources", some.join(",").as_str());
        submit(Change::CreateRole { name: "Some".to_owned(), properties });
        let properties = Properties::new().with("Roles", "Some");
        submit(Change::CreateUser { name: "ann".to_owned(), properties, credential: None });
        let properties = Properties::new().with("Enabled", "1");
        submit(Change::ModifyService { name: "%Service_CallIn".to_owned(), properties });
        let caller = sclera::OsCaller { name: Some("ann".to_owned()), owns_instance: false };
        let ann = instance.admit_os(&caller, sclera::Door::Library).unwrap();
        let ticket = instance.ticket(&ann, 3_600).unwrap();
        Self { _folder: folder, directory, ticket }
    }

    fn attach(&self) -> Attached {
        Attached::new(&self.directory, &self.ticket)
    }

    /// This program, about to do something else.
    fn again(&self, through: &[&str], what: &str, count: u32) -> Output {
        let program = std::env::current_exe().unwrap();
        let program = program.to_str().unwrap();
        let words: Vec<&str> = through.iter().copied().chain([program]).collect();
        let (first, rest) = words.split_first().unwrap();
        let hex: String = self.ticket.iter().map(|byte| format!("{byte:02x}")).collect();
        let task = format!("{what}:{count}:{}:{hex}", self.directory.display());
        Command::new(first).args(rest).env(TASK, task).stdin(Stdio::null()).output().unwrap()
    }
}

/// A session by both interfaces, and what is asked.
struct Attached {
    session: KernelSession,
    handle: *mut ScleraSession,
    names: Vec<String>,
    prepared: Vec<Prepared>,
    words: Vec<u64>,
}

impl Attached {
    fn new(directory: &Path, ticket: &[u8]) -> Self {
        let session = Instance::attach(directory).unwrap().session(ticket).unwrap();
        let names: Vec<String> = LENGTHS.map(name).collect();
        let prepared = names.iter().map(|name| session.prepare(name, Permissions::READ)).collect();
        let path = CString::new(directory.to_str().unwrap()).unwrap();
        let (mut instance, mut handle): (*mut ScleraInstance, _) = (null_mut(), null_mut());
        // SAFETY: every pointer is right, and every length is that of what it points to.
        let words = unsafe {
            assert_eq!(sclera_attach(VERSION, path.as_ptr(), &raw mut instance), 0);
            let (start, length) = (ticket.as_ptr(), ticket.len());
            assert_eq!(sclera_session_from_ticket(instance, start, length, &raw mut handle), 0);
            let word = |name: &String| sclera_prepare(handle, name.as_ptr().cast(), name.len(), 1);
            names.iter().map(word).collect()
        };
        Self { session, handle, names, prepared, words }
    }

    /// Asks so many times in one way; tells how often the answer was yes.
    fn ask(&self, way: &str, count: u32) -> u32 {
        let (session, handle) = (&self.session, self.handle);
        match way.split_once('-') {
            None if way == "id" => {
                each(&self.prepared, count, |one| black_box(session).holds(one).is_granted())
            }
            None if way == "name" => each(&self.names, count, |one| by_name(session, one)),
            None if way == "held" => each(&self.names, count, |one| !session.held(one).is_empty()),
            None if way == "nothing" => each(&self.prepared, count, |_| {
                black_box(session);
                false
            }),
            // SAFETY: the handle was not released, and the name has this length.
            Some(("c", "id")) => each(&self.words, count, |one| unsafe { sclera_holds(handle, *one) } == 1),
            Some(("c", "name")) => each(&self.names, count, |one| {
                // SAFETY: as above.
                (unsafe { sclera_check(handle, one.as_ptr().cast(), one.len(), 1) }) == 1
            }),
            Some(("name", length)) => {
                let one = [name(length.parse().unwrap())];
                each(&one, count, |one| by_name(session, one))
            }
            _ => panic!("{way}"),
        }
    }
}

/// Asks for one after the other, over and over.
fn each<T>(all: &[T], count: u32, mut ask: impl FnMut(&T) -> bool) -> u32 {
    let mut granted = 0;
    for one in all.iter().cycle().take(count as usize) {
        granted += u32::from(black_box(ask(black_box(one))));
    }
    granted
}

#[inline(never)]
fn by_name(session: &KernelSession, resource: &str) -> bool {
    session.granted(resource, Permissions::READ).is_granted()
}

const WAYS: [&str; 5] = ["id", "name", "held", "c-id", "c-name"];
const ROUND: u32 = 30_000;

fn allocates_nothing(attached: &Attached) {
    for way in WAYS {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let granted = attached.ask(way, ROUND);
        let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
        assert_eq!((granted, allocations), (ROUND / 2, 0), "{way}");
    }
    say("0 allocations in 150000 checks");
}

/// In a process that the kernel ends at the first system call but reading and writing.
fn calls_no_system(site: &Site) {
    let quiet = site.again(&[], "quiet", ROUND);
    let said = String::from_utf8_lossy(&quiet.stdout).into_owned();
    if said.contains("unable") {
        return say("skipped: this machine cannot forbid system calls");
    }
    assert!(said.contains("forbidden\n75000\n"), "{quiet:?}");
    assert_eq!(quiet.status.signal(), Some(9), "its end is a system call, too");
    // Whatever it does beside that is noticed.
    let loud = site.again(&[], "loud", 1);
    let said = String::from_utf8_lossy(&loud.stdout).into_owned();
    assert!(said.ends_with("forbidden\n") && loud.status.signal() == Some(9), "{loud:?}");
    say("0 system calls in 150000 checks");
}

unsafe extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
}

fn forbid_system_calls() -> bool {
    const SET_SECCOMP: c_int = 22;
    const STRICT: c_int = 1;
    // SAFETY: this option takes one number and touches no memory.
    (unsafe { prctl(SET_SECCOMP, STRICT) }) == 0
}

/// What is done in another process.
fn perform(task: &str) {
    let words: Vec<&str> = task.splitn(4, ':').collect();
    let [what, count, directory, hex] = words.as_slice() else { panic!("{task}") };
    let count: u32 = count.parse().unwrap();
    if let Some(way) = what.strip_prefix("large-") {
        return large(way, count);
    }
    let digit = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
    let ticket: Vec<u8> = (0..hex.len()).step_by(2).map(digit).collect();
    let attached = Attached::new(Path::new(directory), &ticket);
    match *what {
        "quiet" | "loud" => {
            println!("{}", if forbid_system_calls() { "forbidden" } else { "unable" });
            if *what == "loud" {
                let _ = std::fs::metadata(directory);
            }
            let granted: u32 = WAYS.iter().map(|way| attached.ask(way, count)).sum();
            println!("{granted}");
            let _ = std::io::stdout().flush();
        }
        way => println!("{}", attached.ask(way, count)),
    }
}

/// What one of many calls costs by a figure of valgrind: the difference of two runs, so that the beginning does not count.
fn each_costs(site: &Site, options: &[&str], way: &str, count: u32, figure: &str) -> f64 {
    let all = |count| {
        let through: Vec<&str> = ["valgrind"].iter().chain(options).copied().collect();
        let said = site.again(&through, way, count);
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        let line = text.lines().find(|line| line.contains(figure)).unwrap_or_else(|| panic!("{way}: {text}"));
        let number = line.split(figure).nth(1).unwrap().trim().replace(',', "");
        number.split(' ').next().unwrap().parse::<f64>().unwrap_or_else(|_| panic!("{line}"))
    };
    (all(3 * count) - all(count)) / f64::from(2 * count)
}

fn has_few_instructions(site: &Site) {
    let options = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let counted = |way: &str| each_costs(site, &options, way, 12_000, "Collected :");
    let nothing = counted("nothing");
    let report = |way: &str, most: f64| {
        // The beginnings of two runs differ a little.
        let instructions = (counted(way) - nothing).round();
        say(&format!("{instructions} instructions: {way}"));
        assert!(instructions <= most, "{way}: {instructions} instructions, and {most} are allowed");
    };
    report("id", BY_ID);
    for length in [3, 5, 8, 12, 16, 17, 24, 32] {
        report(&format!("name-{length}"), BY_NAME);
    }
    report("name", BY_NAME);
    // Pointers and lengths are looked at, and panics are kept inside.
    report("c-id", 4.0 * BY_ID);
    report("c-name", 2.0 * BY_NAME);
}

fn misses_few_lines(site: &Site) {
    let options = ["--tool=cachegrind", "--cachegrind-out-file=/dev/null", "--cache-sim=yes"];
    let counted = |way: &str| each_costs(site, &options, way, 100_000, "D1  misses:");
    let misses = counted("large-id") - counted("large-nothing");
    say(&format!("{misses:.2} cache misses: id, a million resources in no order"));
    assert!(misses.round() <= MISSES, "{misses:.2} cache misses, and {MISSES} are allowed");
}

/// Spreads numbers over all that there are, always in the same way (SplitMix64).
fn scatter(number: u32) -> u32 {
    let mut mixed = (u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 32) as u32
}

/// Ten thousand sessions of other roles each, in the largest world: 10 privileges a role, roles three deep.
fn share_memory() {
    const RESOURCES: u32 = 1_000_000;
    const ROLES: u32 = 100_000;
    let role_id = |number: u32| RoleId(RESOURCES + 1 + number % ROLES);
    let mut policy = Policy::default();
    for id in 1..=RESOURCES {
        policy.resources.put(Resource::new(ResourceId(id), ResourceName::new(&format!("R{id}")).unwrap()));
    }
    for number in 0..ROLES {
        let name = RoleName::new(&format!("Role{number}")).unwrap();
        let mut role = Role::new(role_id(number), name, Origin::Created);
        for one in 0..10 {
            let place = scatter(number * 10 + one);
            let held = *Permissions::EACH.get(place as usize % 3).unwrap();
            role.privileges.insert(ResourceId(place % RESOURCES + 1), held);
        }
        let third = ROLES / 3;
        if number < 2 * third {
            role.grants.push(role_id((number / third + 1) * third + scatter(number) % third));
        }
        policy.roles.put(role);
    }
    let about = About { generation: 1, ticket_key: [0; 32] };
    let kernel = Kernel::new(Large(Arc::new(Image::open(compile(&policy, &about).unwrap()).unwrap())));
    drop(policy);
    let before = LIVING.load(Ordering::Relaxed);
    let sessions: Vec<_> = (0..10_000)
        .map(|number| {
            let roles: Vec<RoleId> = (0..4).map(|one| role_id(scatter(number * 4 + one))).collect();
            kernel.session_of("ann", &roles).unwrap()
        })
        .collect();
    let bytes = LIVING.load(Ordering::Relaxed) - before;
    say(&format!("{} MB: 10,000 sessions, 1,000,000 resources, 100,000 roles", bytes / 1_000_000));
    assert!(bytes <= SESSIONS, "{bytes} bytes, and {SESSIONS} are allowed");
    assert!(sessions.iter().all(|session| session.held("R1").is_empty() || session.user() == "ann"));
}

/// Settings of a million resources in memory.
struct Large(Arc<Image<Vec<u8>>>);

impl Source for Large {
    type Bytes = Vec<u8>;

    fn epoch(&self) -> &'static AtomicU64 {
        static EPOCH: AtomicU64 = AtomicU64::new(0);
        &EPOCH
    }

    fn current(&self) -> Result<Arc<Image<Vec<u8>>>, String> {
        Ok(Arc::clone(&self.0))
    }

    fn oldest(&self) -> u64 {
        0
    }

    fn has_ended(&self, _: u64) -> bool {
        false
    }

    fn tickets_not_before(&self) -> u64 {
        0
    }
}

/// Checks on a million resources, each in another page than the one before.
fn large(way: &str, count: u32) {
    const RESOURCES: u32 = 1_000_000;
    let mut policy = Policy::default();
    let mut role = Role::new(RoleId(RESOURCES + 1), RoleName::new("Some").unwrap(), Origin::Created);
    for id in 1..=RESOURCES {
        let resource = ResourceName::new(&format!("R{id}")).unwrap();
        policy.resources.put(Resource::new(ResourceId(id), resource));
        if id % 7 == 0 {
            role.privileges.insert(ResourceId(id), Permissions::READ);
        }
    }
    policy.roles.put(role);
    let about = About { generation: 1, ticket_key: [0; 32] };
    let image = Image::open(compile(&policy, &about).unwrap()).unwrap();
    let session = Kernel::new(Large(Arc::new(image))).session_of("ann", &[RoleId(RESOURCES + 1)]).unwrap();
    let prepared: Vec<Prepared> = (0..1_u32 << 17)
        .map(|number| ResourceId(number.wrapping_mul(2_654_435_769) % RESOURCES + 1))
        .map(|id| Prepared::new(Some(id), Permissions::READ))
        .collect();
    let ask = |one: &Prepared| way == "id" && session.holds(one).is_granted();
    println!("{}", each(&prepared, count, ask));
}
