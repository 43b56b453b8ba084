//! Login records are exact, however many threads and processes fail at once; and one address locks nobody out of another.

use sclera::gate::{Attempt, Caller, Offer, Reply};
use sclera::{Change, Choice, Door, Instance, Profile, Properties, Refusal, Secret};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;

const PASSWORD: &str = "Kestrel-Orbit-77";
const THREADS: u32 = 6;
const EACH: u32 = 20;
const PROCESSES: u32 = 2;
/// Where a second process finds the instance.
const VARIABLE: &str = "SCLERA_TEST_RECORDS";

fn made(profile: Profile, folder: &Path) -> Instance {
    let directory = folder.join("data");
    Instance::create(&directory, Choice { profile, ..Choice::default() }, "owner").unwrap();
    let instance = Instance::open(&directory).unwrap();
    let owner = instance.admit_process().unwrap();
    let ann = Properties::new();
    instance.create_user(&owner, "ann", &ann, Some(&secret(PASSWORD))).unwrap();
    instance
}

fn set(instance: &Instance, setting: &str, value: &str) {
    let owner = instance.admit_process().unwrap();
    let properties = Properties::new().with(setting, value);
    instance.submit(&owner, Change::ModifySystem { properties }).unwrap();
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned()).unwrap()
}

fn log_in(instance: &Instance, password: &str, from: IpAddr) -> Result<(), Refusal> {
    let offer = Offer::Password { name: "ann".to_owned(), password: secret(password) };
    let attempt = Attempt { offer, peer: Some(from), ..Attempt::at("%Service_WebGateway") };
    let caller = Caller { door: Door::Library, os_user: None };
    instance.admit(attempt, caller, &mut |_| Reply::Aborted).map(drop)
}

/// The failures of one process; half of the addresses are of IPv6.
fn fail_often(directory: &Path, process: u32) {
    let instance = Instance::open(directory).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let instance = &instance;
            let here = Ipv4Addr::from(0x0a00_0000 + process * 256 + thread);
            let from = if thread % 2 == 0 { IpAddr::V4(here) } else { IpAddr::V6(here.to_ipv6_mapped()) };
            scope.spawn(move || {
                for _ in 0..EACH {
                    assert_eq!(log_in(instance, "wrong", from), Err(Refusal::NotAdmitted));
                }
            });
        }
    });
}

/// What the other process does; by itself it does nothing.
#[test]
fn another_process() {
    let Ok(place) = std::env::var(VARIABLE) else { return };
    let (directory, process) = place.rsplit_once('#').unwrap();
    fail_often(Path::new(directory), process.parse().unwrap());
}

#[test]
fn every_failure_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let instance = made(Profile::Compatible, folder.path());
    set(&instance, "InvalidLoginLimit", "0");
    let directory = instance.directory().to_owned();
    let children: Vec<_> = (1..PROCESSES)
        .map(|process| {
            let place = format!("{}#{process}", directory.display());
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["records::another_process", "--exact"]).env(VARIABLE, place).spawn().unwrap()
        })
        .collect();
    fail_often(&directory, 0);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let owner = instance.admit_process().unwrap();
    let record = instance.logins(&owner, "ann").unwrap();
    assert_eq!(record.invalid_attempts, PROCESSES * THREADS * EACH);
    log_in(&instance, PASSWORD, Ipv4Addr::LOCALHOST.into()).unwrap();
    assert_eq!(instance.logins(&owner, "ann").unwrap().invalid_attempts, 0, "a success forgets them");
    assert!(instance.verify().unwrap().is_clean());
}

/// In the strict profile, also where the limit disables accounts.
#[test]
fn ten_thousand_failures_from_one_address_do_not_keep_the_owner_out() {
    let folder = tempfile::tempdir().unwrap();
    let instance = made(Profile::Strict, folder.path());
    set(&instance, "InvalidLoginAction", "1");
    let (attacker, home) = (Ipv4Addr::new(203, 0, 113, 9), Ipv4Addr::new(198, 51, 100, 7));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2_500 {
                    let refused = log_in(&instance, "wrong", attacker.into()).unwrap_err();
                    assert_eq!(refused, Refusal::NotAdmitted);
                }
            });
        }
    });
    assert_eq!(log_in(&instance, PASSWORD, attacker.into()), Err(Refusal::NotAdmitted), "not from there");
    log_in(&instance, PASSWORD, home.into()).unwrap();
    assert!(instance.verify().unwrap().is_clean());
}

/// The compatible profile does as the original: the account is the limit's, wherever the failures come from.
#[test]
fn in_the_compatible_profile_an_account_can_be_locked_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let instance = made(Profile::Compatible, folder.path());
    set(&instance, "InvalidLoginAction", "1");
    let (attacker, home) = (Ipv4Addr::new(203, 0, 113, 9), Ipv4Addr::new(198, 51, 100, 7));
    for _ in 0..5 {
        assert!(log_in(&instance, "wrong", attacker.into()).is_err());
    }
    assert!(log_in(&instance, PASSWORD, home.into()).is_err());
    let owner = instance.admit_process().unwrap();
    instance.unlock_user(&owner, "ann").unwrap();
    log_in(&instance, PASSWORD, home.into()).unwrap();
}
