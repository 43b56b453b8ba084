//! `cargo xtask mutants`: changes the code in a few places, one at a time, and sees whether a test notices.
//!
//! All changes would take days, so a sample is taken. Its seed is printed, and the same seed over the same code takes
//! the same sample.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{process, tools};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) sample: usize,
    pub(crate) package: Option<String>,
    pub(crate) seed: Option<u64>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { sample: 30, package: None, seed: None }
    }
}

/// Tests a sample of mutants and prints those that no test noticed, which is a failure.
pub(crate) fn run(workspace: &Workspace, wanted: &Wanted) -> Result<()> {
    let program = tools::tool(workspace, &tools::CARGO_MUTANTS)?;
    let list = process::output(cargo_mutants(workspace, &program, wanted).arg("--list"))?;
    let all: Vec<&str> = list.lines().collect();
    let seed = wanted.seed.unwrap_or_else(seed_of_now);
    let sample = sample(&all, wanted.sample, seed);
    if sample.is_empty() {
        bail!("there is nothing to change");
    }
    println!("{} of {} mutants, --seed {seed}", sample.len(), all.len());

    let results = workspace.target.join("mutants");
    let mut command = cargo_mutants(workspace, &program, wanted);
    command.arg("--output").arg(&results);
    for name in &sample {
        command.args(["--re", &exactly(name)]);
    }
    std::fs::create_dir_all(&results).context("cannot make the directory for the results")?;
    let status = command.status().context("cannot start cargo-mutants")?;
    match status.code() {
        Some(ALL_CAUGHT) => {
            println!("Tests noticed every change.");
            Ok(())
        }
        Some(SOME_MISSED | SOME_TIMED_OUT) => {
            let survivors = survivors(&results.join("mutants.out"))?;
            println!("\nSurvivors:\n{survivors}");
            bail!("{} of {} changes went unnoticed", survivors.lines().count(), sample.len());
        }
        _ => bail!("cargo-mutants ended with {status}"),
    }
}

fn cargo_mutants(workspace: &Workspace, program: &Path, wanted: &Wanted) -> Command {
    let mut command = Command::new(program);
    command.args(["mutants", "--colors", "never"]).current_dir(&workspace.root);
    match &wanted.package {
        Some(package) => command.args(["--package", package]),
        // Changing the tests' own means tells nothing about the product.
        None => command.args(["--workspace", "--exclude", "xtask/**", "--exclude", "crates/testkit/**"]),
    };
    command
}

/// Takes `count` of the names by lot.
fn sample<'a>(names: &[&'a str], count: usize, seed: u64) -> Vec<&'a str> {
    let mut drawn = names.to_vec();
    drawn.sort_unstable_by_key(|name| lot(name, seed));
    drawn.truncate(count);
    drawn.sort_unstable();
    drawn
}

/// FNV-1a from the seed on, with a finish that spreads short differences over all bits.
fn lot(name: &str, seed: u64) -> u64 {
    let hash = name.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

fn seed_of_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A regular expression that matches this name and no other.
fn exactly(name: &str) -> String {
    let mut expression = "^".to_owned();
    for letter in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(letter) {
            expression.push('\\');
        }
        expression.push(letter);
    }
    expression.push('$');
    expression
}

/// What cargo-mutants lists as missed or as never ending.
fn survivors(results: &Path) -> Result<String> {
    let mut survivors = String::new();
    for file in ["missed.txt", "timeout.txt"] {
        let path = results.join(file);
        survivors +=
            &std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    }
    Ok(survivors)
}

// What cargo-mutants says with its exit code.
const ALL_CAUGHT: i32 = 0;
const SOME_MISSED: i32 = 2;
const SOME_TIMED_OUT: i32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_depends_on_its_seed_alone() {
        let names: Vec<String> = (0..100).map(|number| format!("a.rs:{number}: replace")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let reversed: Vec<&str> = names.iter().rev().copied().collect();
        let first = sample(&names, 10, 1);
        assert_eq!(first.len(), 10);
        assert_eq!(sample(&reversed, 10, 1), first);
        assert_ne!(sample(&names, 10, 2), first);
        assert_eq!(sample(&names, 1_000, 1).len(), 100);
    }

    #[test]
    fn a_sample_is_spread_over_all_names() {
        let names: Vec<String> = (0..1_000).map(|number| format!("{number:04}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for seed in 0..20 {
            let low = sample(&names, 100, seed).iter().filter(|name| **name < "0500").count();
            assert!((25..=75).contains(&low), "seed {seed}: {low}");
        }
    }

    #[test]
    fn a_name_is_matched_literally() {
        assert_eq!(exactly("a.rs:1:2: replace f -> (u8)"), r"^a\.rs:1:2: replace f \-> \(u8\)$");
    }
}
