//! Sclera beside other engines: the same worlds, the same questions, one run.
//!
//! `cargo run --release` measures everything and writes the tables and charts into `docs/benchmarks.md`;
//! `--worlds 1k,casbin-small` takes only some worlds, and `--dry` prints instead of writing. `cargo run --release -- http`
//! does so of servers that are asked over HTTP (`--world 1k`, `--dry`). Each world runs in a process
//! of its own. Who takes too long or too much to load is stopped, and the world begins again without it.

#![forbid(unsafe_code)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod contenders;
mod http;
mod measure;
mod report;
mod run;
mod world;

use report::Results;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use world::{SIZES, Size};

/// Beyond how many processor seconds and bytes a contender is stopped while it loads.
const LOAD_SECONDS: f64 = 60.0;
const LOAD_BYTES: u64 = 5 << 30;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let of = |name: &str| SIZES.into_iter().find(|size| size.name == name).expect("a world");
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["world", name, without @ ..] => {
            let without: Vec<String> = without.iter().map(|&name| name.to_owned()).collect();
            run::world(of(name), &without);
        }
        ["spin", name, contender, form, count] => {
            run::spin(of(name), contender, form, count.parse().expect("a number"));
        }
        ["http-serve", world, name] => http::serve(world, name),
        ["http", options @ ..] => http::run(options),
        options => all(options),
    }
}

fn all(options: &[&str]) {
    let chosen = options.iter().position(|word| *word == "--worlds").and_then(|at| options.get(at + 1));
    let is_chosen = |size: &Size| chosen.is_none_or(|list| list.split(',').any(|name| name == size.name));
    let mut results = Results::default();
    for size in SIZES.into_iter().filter(is_chosen) {
        eprintln!("world {}", size.name);
        measure_world(size, &mut results);
    }
    instructions(&mut results);
    if options.contains(&"--dry") {
        println!("{}", results.markdown());
        return;
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    results.write(&docs).expect("docs/benchmarks.md");
    eprintln!("docs/benchmarks.md is written");
}

/// Runs a world, again without each contender that had to be stopped.
fn measure_world(size: Size, results: &mut Results) {
    let mut without: Vec<String> = Vec::new();
    while let Some((name, why)) = attempt(size, &without, results) {
        eprintln!("  {name} was stopped: {why}");
        results.put(size.name, &name, "stopped", &why);
        without.push(name);
    }
}

/// One attempt; tells who was stopped and why.
fn attempt(size: Size, without: &[String], results: &mut Results) -> Option<(String, String)> {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .args(["world", size.name])
        .args(without)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let (sender, receiver) = std::sync::mpsc::channel();
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let reader = std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut loading: Option<(String, f64, u64)> = None;
    let stopped = loop {
        match receiver.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                let [world, contender, key, value] = line.split('\t').collect::<Vec<_>>()[..] else {
                    continue;
                };
                if key == "loading" {
                    eprintln!("  {contender}");
                    loading = Some((contender.to_owned(), seconds_of(child.id()), bytes_of(child.id())));
                } else {
                    loading = None;
                    results.put(world, contender, key, value);
                }
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                let Some((name, seconds, bytes)) = &loading else { continue };
                let seconds = seconds_of(child.id()) - seconds;
                let bytes = bytes_of(child.id()).saturating_sub(*bytes);
                if seconds > LOAD_SECONDS || bytes > LOAD_BYTES {
                    let why = format!("after {seconds:.0} s and {} MiB of loading", bytes >> 20);
                    child.kill().expect("to stop it");
                    break Some((name.clone(), why));
                }
            }
        }
    };
    let status = child.wait().expect("its end");
    reader.join().expect("its output");
    assert!(stopped.is_some() || status.success(), "the world {} failed", size.name);
    stopped
}

/// The processor seconds and the resident bytes of a process.
fn seconds_of(process: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn bytes_of(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

/// Counts instructions of a check with callgrind: the difference of two runs, so that loading does not count.
fn instructions(results: &mut Results) {
    let available = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !available.is_ok_and(|status| status.success()) {
        eprintln!("instructions are not counted: valgrind is not installed");
        return;
    }
    for (contender, form, count) in [
        ("sclera", "prepared", 200_000),
        ("sclera", "by-name", 50_000),
        ("by-hand", "by-name", 20_000),
        ("cedar-tuned", "by-name", 500),
        ("cedar-tuned", "prepared", 500),
        ("regorus", "by-name", 200),
        ("regorus", "prepared", 200),
        ("casbin-cheap-first", "by-name", 20),
    ] {
        let start = Instant::now();
        let runs = [count, 2 * count].map(|count| collected(contender, form, count));
        if let [Some(once), Some(twice)] = runs {
            let one = twice.saturating_sub(once) as f64 / f64::from(count);
            results.put("1k", contender, &format!("instructions-{form}"), &format!("{one:.0}"));
        }
        eprintln!("  instructions of {contender} {form}: {:.0} s", start.elapsed().as_secs_f64());
    }
}

fn collected(contender: &str, form: &str, count: u32) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["spin", "1k", contender, form, &count.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}
