//! Measures what logins cost and what their time tells. It is no test: the figures depend on the machine and on what else
//! it does.
//!
//! ```text
//! timing refusals [SAMPLES] [TICK_MS]   does the time of a refusal tell its reason? And what does it tell without the grid?
//! timing hashing                        how much of the work of logins is hashing
//! timing http                           how long checks over HTTP take while logins use the processors
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot go on stops where it is"
)]

use sclera::gate::{Attempt, Caller, Offer, Reply};
use sclera::{Change, Choice, Door, Instance, Kind, Level, Product, Profile, Properties, Secret};
use sclera_http::{Limits, Server};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PASSWORD: &str = "Kestrel-Orbit-77";
const TERMINAL: &str = "%Service_Terminal";
/// A service that is off.
const CLOSED: &str = "%Service_Console";
/// How many log in at once.
const THREADS: usize = 2;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |at: usize, default: usize| words.get(at).map_or(default, |word| word.parse().expect("a number"));
    match words.first().map(String::as_str) {
        Some("refusals") => refusals(number(1, 2_000), number(2, 50)),
        Some("hashing") => hashing(),
        Some("http") => http(),
        _ => eprintln!("timing refusals [SAMPLES] [TICK_MS] | hashing | http"),
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned()).expect("a short password")
}

/// An instance with 10,000 rounds of SHA-512, without a limit on failures.
fn made() -> (TempDir, Instance) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data");
    let choice = Choice { level: Level::Normal, profile: Profile::Compatible, product: Product::Iris };
    Instance::create(&directory, choice, "owner").unwrap();
    let instance = Instance::open(&directory).unwrap();
    set(&instance, &[("InvalidLoginLimit", "0"), ("AutheEnabled", "2097200")]);
    (folder, instance)
}

fn set(instance: &Instance, settings: &[(&str, &str)]) {
    let properties = settings.iter().fold(Properties::new(), |all, (name, value)| all.with(name, *value));
    submit(instance, Change::ModifySystem { properties });
}

fn submit(instance: &Instance, change: Change) {
    instance.submit(&instance.admit_process().unwrap(), change).unwrap();
}

fn user(instance: &Instance, name: &str, properties: &Properties) {
    let owner = instance.admit_process().unwrap();
    instance.create_user(&owner, name, properties, Some(&secret(PASSWORD))).unwrap();
}

fn log_in(instance: &Instance, service: &str, name: &str, password: &str) -> bool {
    let offer = Offer::Password { name: name.to_owned(), password: secret(password) };
    let caller = Caller { door: Door::Library, os_user: None };
    instance.admit(Attempt { offer, ..Attempt::at(service) }, caller, &mut |_| Reply::Aborted).is_ok()
}

// Refusals.

/// Why somebody is refused: who tries where, and how much later than it is due that is shown.
struct Class {
    reason: &'static str,
    service: &'static str,
    name: &'static str,
    password: &'static str,
    late: Duration,
}

const fn class(reason: &'static str, name: &'static str, password: &'static str) -> Class {
    Class { reason, service: TERMINAL, name, password, late: Duration::ZERO }
}

/// The reasons that nobody may tell apart.
const CLASSES: [Class; 5] = [
    class("wrong password", "known", "wrong"),
    class("unknown user", "nobody", PASSWORD),
    class("disabled", "off", PASSWORD),
    class("wrong service", "elsewhere", PASSWORD),
    class("missing second factor", "factor", PASSWORD),
];

/// What must be told apart where there is no grid: a service that is off, which costs no work, and a delay.
const CONTROLS: [Class; 2] = [
    Class { service: CLOSED, ..class("(a service that is off)", "known", PASSWORD) },
    Class { late: Duration::from_millis(1), ..class("(1 ms late)", "known", "wrong") },
];

fn refusals(samples: usize, tick: usize) {
    let (_folder, instance) = made();
    // The hash that takes the least time, which hides the least of what else takes some.
    set(&instance, &[("PasswordHashAlgorithm", "SHA1")]);
    let service = Properties::new().with("AutheEnabled", 2_097_200);
    submit(&instance, Change::ModifyService { name: TERMINAL.to_owned(), properties: service });
    let off = Properties::new().with("Enabled", false);
    submit(&instance, Change::ModifyService { name: CLOSED.to_owned(), properties: off });
    let closed = Properties::new().with("PublicPermission", "");
    submit(&instance, Change::ModifyResource { name: TERMINAL.to_owned(), properties: closed });
    let role = Properties::new().with("Resources", "%Service_Terminal:U");
    submit(&instance, Change::CreateRole { name: "Terminal".to_owned(), properties: role });
    let allowed = || Properties::new().with("Roles", "Terminal");
    user(&instance, "known", &allowed());
    user(&instance, "off", &allowed().with("Enabled", false));
    user(&instance, "elsewhere", &Properties::new());
    user(&instance, "factor", &allowed().with("AutheEnabled", 2_097_152));
    let classes: Vec<&Class> = CLASSES.iter().collect();
    let with_controls: Vec<&Class> = CLASSES.iter().chain(&CONTROLS).collect();
    for (name, tick, classes) in [
        ("with the grid", tick, &classes),
        ("without it; what stands in brackets must be told apart", 0, &with_controls),
    ] {
        set(&instance, &[("RefusalInterval", &tick.to_string())]);
        println!("{name} ({tick} ms), {samples} samples a class, milliseconds:");
        report(classes, &sampled(&instance, classes, samples));
    }
}

fn report(classes: &[&Class], times: &[Vec<f64>]) {
    let reference = times.first().expect("a class");
    for (class, times) in classes.iter().zip(times) {
        let (reason, p) = (class.reason, mann_whitney(times, reference));
        println!("  {reason:<24} median {:>8.3}   p {p:.4}", median(times));
    }
}

/// The times of each class, taken in turn, one at a time: beside each other they would wait for each other, and that would
/// hide what is looked for.
fn sampled(instance: &Instance, classes: &[&Class], samples: usize) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(samples); classes.len()];
    for _ in 0..samples {
        for (class, times) in classes.iter().zip(&mut times) {
            let begun = Instant::now();
            assert!(!log_in(instance, class.service, class.name, class.password), "{} gets in", class.name);
            let now = Instant::now();
            let due = instance.refusal_due(begun, now) + class.late;
            std::thread::sleep(due.saturating_duration_since(now));
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    times
}

fn median(times: &[f64]) -> f64 {
    percentile(times, 0.5)
}

fn percentile(times: &[f64], part: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let at = (last as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// The two-sided p of the Mann-Whitney test, by the normal approximation with the correction for ties.
#[expect(clippy::cast_precision_loss, reason = "numbers of samples are small")]
fn mann_whitney(one: &[f64], other: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        one.iter().map(|time| (*time, true)).chain(other.iter().map(|time| (*time, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut ties, mut before) = (0.0, 0.0, 0.0);
    for group in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let size = group.len() as f64;
        let rank = before + f64::midpoint(size, 1.0);
        rank_sum += rank * group.iter().filter(|(_, mine)| *mine).count() as f64;
        ties += size.powi(3) - size;
        before += size;
    }
    let (n, m) = (one.len() as f64, other.len() as f64);
    let u = rank_sum - n * (n + 1.0) / 2.0;
    let total = n + m;
    let deviation = (n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)))).sqrt();
    if deviation == 0.0 { 1.0 } else { two_sided((u - n * m / 2.0) / deviation) }
}

/// `erfc(|z| / √2)`: Abramowitz and Stegun 7.1.26, good to 1.5e-7.
fn two_sided(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let parts = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    parts.iter().fold(0.0, |sum, part| (sum + part) * t) * (-x * x).exp()
}

// Hashing.

fn hashing() {
    let (_folder, instance) = made();
    user(&instance, "known", &Properties::new());
    assert!(log_in(&instance, "%Service_Login", "known", PASSWORD));
    let before = processor_time();
    let begun = Instant::now();
    let logins = logins(400, |_| assert!(log_in(&instance, "%Service_Login", "known", PASSWORD)));
    let after = processor_time();
    let (all, hashing) = (after.0 - before.0, after.1 - before.1);
    let share = 100.0 * hashing / all;
    println!(
        "{logins} logins in {:.2} s: {all:.2} s of processor time, {share:.1} % of it hashing",
        begun.elapsed().as_secs_f64()
    );
}

fn logins(count: usize, log_in: impl Fn(usize) + Sync) -> usize {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 * THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    log_in(number);
                }
            });
        }
    });
    count
}

/// Seconds of processor time of this process, and of its threads that hash.
fn processor_time() -> (f64, f64) {
    let of = |stat: &str| {
        let stat = std::fs::read_to_string(stat).unwrap_or_default();
        let fields = stat.rsplit_once(')').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        let ticks: f64 =
            fields.split_whitespace().skip(11).take(2).filter_map(|tick| tick.parse::<f64>().ok()).sum();
        ticks / 100.0
    };
    let hashing = std::fs::read_dir("/proc/self/task").unwrap().flatten().filter(|task| {
        std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "hashing")
    });
    (of("/proc/self/stat"), hashing.map(|task| of(task.path().join("stat").to_str().expect("a path"))).sum())
}

// HTTP.

/// Users, each of whom logs in once, so that no sign-in is remembered.
const USERS: usize = 900;
/// Between two checks.
const PACE: Duration = Duration::from_millis(10);

fn http() {
    let (_folder, instance) = made();
    user(&instance, "known", &Properties::new());
    let owner = instance.admit_process().unwrap();
    for number in 0..USERS {
        let (name, how) = (format!("u{number}"), sclera::UserCopy::default());
        instance.copy_user(&owner, "known", &name, &how, None).unwrap();
    }
    let public = Properties::new().with("PublicPermission", "U");
    submit(&instance, Change::ModifyResource { name: "%Service_WebGateway".to_owned(), properties: public });
    assert!(instance.exists(&owner, Kind::User, "u0").unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let running = Server::new(instance.engine(), Limits::default()).unwrap().start(listener, None).unwrap();
    let third = USERS / 3;
    let rate = |from: usize| {
        let begun = Instant::now();
        logins(third, |number| ask(address, &format!("u{}", from + number)));
        rate_of(third, begun)
    };
    let begun = Instant::now();
    logins(third, |number| {
        assert!(log_in(&instance, "%Service_WebGateway", &format!("u{number}"), PASSWORD));
    });
    let in_process = rate_of(third, begun);
    let (idle, ()) = checked(address, || std::thread::sleep(Duration::from_secs(4)));
    let raw = rate(third);
    let (busy, with_checks) = checked(address, || rate(2 * third));
    println!(
        "logins a second: {in_process:.0} in process, {raw:.0} over HTTP, {with_checks:.0} over HTTP beside checks"
    );
    println!(
        "checks, milliseconds: idle p50 {:.2} p99 {:.2}; beside logins p50 {:.2} p99 {:.2}",
        median(&idle),
        percentile(&idle, 0.99),
        median(&busy),
        percentile(&busy, 0.99)
    );
    println!(
        "ratio of logins {:.2}, p99 longer by {:.2} ms",
        with_checks / raw,
        percentile(&busy, 0.99) - percentile(&idle, 0.99)
    );
    running.stop().unwrap();
}

fn rate_of(count: usize, begun: Instant) -> f64 {
    f64::from(u32::try_from(count).expect("a small number")) / begun.elapsed().as_secs_f64()
}

/// The times of checks on one connection while something else is done.
fn checked<T>(address: SocketAddr, work: impl FnOnce() -> T) -> (Vec<f64>, T) {
    let (over, times) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let (told, kept) = (Arc::clone(&over), Arc::clone(&times));
    let checker = std::thread::spawn(move || {
        let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
        stream.get_ref().set_nodelay(true).unwrap();
        // The first one signs in.
        check(&mut stream);
        while !told.load(Ordering::Relaxed) {
            let begun = Instant::now();
            check(&mut stream);
            kept.lock().unwrap().push(begun.elapsed().as_secs_f64() * 1_000.0);
            std::thread::sleep(PACE.saturating_sub(begun.elapsed()));
        }
    });
    let done = work();
    over.store(true, Ordering::Relaxed);
    checker.join().unwrap();
    let times = times.lock().unwrap().clone();
    (times, done)
}

fn check(stream: &mut BufReader<TcpStream>) {
    let body = r#"{"Resource":"%Service_WebGateway"}"#;
    let request = request("known", "POST /api/sclera/v1/check", body);
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    read(stream);
}

/// One login: a request of somebody who is not remembered, on a connection of its own.
fn ask(address: SocketAddr, user: &str) {
    let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
    let request = request(user, "GET /api/sclera/v1/session", "");
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    read(&mut stream);
}

fn request(user: &str, line: &str, body: &str) -> String {
    let proof = base64(format!("{user}:{PASSWORD}").as_bytes());
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: here\r\nAuthorization: Basic {proof}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn read(stream: &mut BufReader<TcpStream>) {
    let (mut length, mut first) = (0, String::new());
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        if first.is_empty() {
            first.clone_from(&line);
        }
        if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    assert!(first.contains(" 200 "), "{first}");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| char::from(*LETTERS.get((bits & 63) as usize).expect("six bits"));
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().enumerate().fold(0_u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            text.push(if at <= three.len() { letter(bits >> (18 - 6 * at)) } else { '=' });
        }
    }
    text
}
