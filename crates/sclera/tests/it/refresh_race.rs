//! Two processes over one store exchange the same refresh token at the same moment: one of them gets the next pair.
//!
//! `SCLERA_LONG=10` makes a thousand rounds.

use sclera::{Change, Choice, Instance, Profile, Properties};
use sclera_authn::admission::Transport;
use sclera_authn::secret::Secret;
use sclera_engine::tokens::{TokenPair, WebSignIn};
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const APPLICATION: &str = "/api/admin";
const PASSWORD: &str = "Kestrel-Orbit-77";
/// Where the other process finds the instance.
const DIRECTORY: &str = "SCLERA_TEST_REFRESH";

fn sign_in(instance: &Instance) -> TokenPair {
    let sign_in = WebSignIn {
        name: "ann".to_owned(),
        password: Secret::new(PASSWORD.to_owned()).unwrap(),
        code: None,
        peer: Ipv4Addr::LOCALHOST.into(),
        application: Some(APPLICATION.to_owned()),
        transport: Transport::Plain,
        may_return: false,
    };
    instance.begin_tokens(sign_in, None, "here/clinic").unwrap()
}

/// Exchanges a token at a moment, in microseconds since 1970.
fn refresh_at(instance: &Instance, token: &str, moment: u128) -> bool {
    while now() < moment {
        std::hint::spin_loop();
    }
    instance.refresh_tokens(token, APPLICATION, "here/clinic").is_ok()
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()
}

/// The other process: does nothing unless it is told where the instance is.
#[test]
fn the_other_process() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let instance = Instance::open(Path::new(&directory)).unwrap();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (moment, token) = line.split_once(' ').unwrap();
        let won = refresh_at(&instance, token, moment.parse().unwrap());
        // What the harness of tests writes to stdout is not taken for an answer.
        eprintln!("answer {won}");
    }
}

#[test]
fn one_of_two_who_refresh_with_one_token_wins() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("clinic");
    let choice = Choice { profile: Profile::Compatible, ..Choice::default() };
    Instance::create(&directory, choice, "owner").unwrap();
    let instance = Instance::open(&directory).unwrap();
    let owner = instance.admit_process().unwrap();
    let roles = Properties::new().with("Roles", "%All");
    let password = Secret::new(PASSWORD.to_owned()).unwrap();
    instance.create_user(&owner, "ann", &roles, Some(&password)).unwrap();
    // The first pair makes the key that both sign with.
    drop(sign_in(&instance));

    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "refresh_race::the_other_process", "--nocapture"])
        .env(DIRECTORY, &directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut orders = other.stdin.take().unwrap();
    let mut answers = BufReader::new(other.stderr.take().unwrap()).lines();
    let mut other_won = || loop {
        let line = answers.next().unwrap().unwrap();
        if let Some(answer) = line.strip_prefix("answer ") {
            return answer == "true";
        }
    };
    let long: u32 = std::env::var("SCLERA_LONG").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (mut here, mut there) = (0_u32, 0_u32);
    for round in 0..100 * long {
        let pair = sign_in(&instance);
        // Each is a little ahead in turn, so that both ways of the race are run.
        let moment = now() + Duration::from_millis(3).as_micros();
        let lead = u128::from(round % 5) * 40;
        writeln!(orders, "{} {}", moment + 160 - lead, pair.refresh).unwrap();
        let won = refresh_at(&instance, &pair.refresh, moment + lead);
        match (won, other_won()) {
            (true, false) => here += 1,
            (false, true) => there += 1,
            both => panic!("round {round}: {both:?}"),
        }
        // Whoever came second held a spent token, which ended the session.
        assert!(instance.admit_token(&pair.access, Some(APPLICATION)).is_err());
    }
    drop(orders);
    assert!(other.wait().unwrap().success());
    println!("{here} won here, {there} there");
}

#[test]
fn a_session_goes_on_in_another_process_until_it_is_ended_there() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("clinic");
    Instance::create(&directory, Choice::default(), "owner").unwrap();
    let (one, other) = (Instance::open(&directory).unwrap(), Instance::open(&directory).unwrap());
    let owner = one.admit_process().unwrap();
    let properties = Properties::new().with("Resources", "%Service_WebGateway:U");
    one.submit(&owner, Change::CreateRole { name: "Entry".to_owned(), properties }).unwrap();
    let roles = Properties::new().with("Roles", "Entry");
    let password = Secret::new(PASSWORD.to_owned()).unwrap();
    one.create_user(&owner, "ann", &roles, Some(&password)).unwrap();
    let pair = sign_in(&one);
    let session = other.admit_token(&pair.access, Some(APPLICATION)).unwrap();
    assert_eq!((session.user(), session.roles().as_str()), ("ann", "Entry"));
    assert_eq!(other.token_sessions(&owner).unwrap().len(), 1);
    let next = other.refresh_tokens(&pair.refresh, APPLICATION, "here/clinic").unwrap();
    assert!(one.admit_token(&pair.access, Some(APPLICATION)).is_err(), "the first process knows");
    assert!(one.admit_token(&next.access, Some(APPLICATION)).is_ok());
    other.end_tokens(&next.access, APPLICATION).unwrap();
    assert!(one.admit_token(&next.access, Some(APPLICATION)).is_err());
}
