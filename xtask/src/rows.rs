//! `cargo xtask rows`: whether the test of a row of `docs/security-users.md` fails, and it alone, when what the row says
//! is broken. The breakages stand in `xtask/rows.txt`; each is made in a copy of the last commit, below `target`.
//!
//! The test that holds every sequence of calls against the slow model is left out: it is meant to notice everything.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::process::{cargo, run};
use crate::workspace::Workspace;

const ENTRIES: &str = "xtask/rows.txt";
const DOCUMENT: &str = "docs/security-users.md";
/// Everything in one: its failure tells nothing about a row.
const ALL_IN_ONE: &str = "calls::sequences_of_calls_end_as_at_the_slow_model";

/// One way to break a row.
#[derive(Debug, PartialEq, Eq)]
struct Breakage {
    test: String,
    /// Tests of other rows that rest on the same.
    also: Vec<String>,
    file: String,
    from: String,
    to: String,
}

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let breakages = read(&fs::read_to_string(workspace.root.join(ENTRIES))?)?;
    let tests = tests_of_rows(&fs::read_to_string(workspace.root.join(DOCUMENT))?);
    let copy = workspace.target.join("rows/tree");
    let _ = fs::remove_dir_all(&copy);
    run(Command::new("git").args(["clone", "--quiet"]).arg(&workspace.root).arg(&copy))?;
    ensure!(failures(workspace, &copy, &tests)?.is_empty(), "tests of rows fail although nothing is broken");
    let mut wrong = 0;
    for breakage in &breakages {
        ensure!(tests.contains(&breakage.test), "no row names the test {}", breakage.test);
        let begun = Instant::now();
        let failed = broken(workspace, &copy, &tests, breakage)?;
        let expected: BTreeSet<String> = breakage.also.iter().chain([&breakage.test]).cloned().collect();
        let verdict = if failed == expected { "noticed" } else { "WRONG" };
        wrong += usize::from(failed != expected);
        let failed: Vec<String> = failed.into_iter().collect();
        println!(
            "{verdict:8} {:3.0} s  {} by {}",
            begun.elapsed().as_secs_f64(),
            breakage.test,
            failed.join(", ")
        );
    }
    if wrong > 0 {
        bail!("{wrong} of {} breakages were not noticed by exactly the tests of their rows", breakages.len());
    }
    println!("{} breakages were noticed, each by exactly the tests of its row", breakages.len());
    Ok(())
}

/// Breaks, tests, and mends.
fn broken(
    workspace: &Workspace,
    copy: &Path,
    tests: &[String],
    breakage: &Breakage,
) -> Result<BTreeSet<String>> {
    let file = copy.join(&breakage.file);
    let whole = fs::read_to_string(&file).with_context(|| breakage.file.clone())?;
    let places = whole.matches(&breakage.from).count();
    ensure!(places == 1, "{}: `{}` stands there {places} times", breakage.file, breakage.from);
    fs::write(&file, whole.replace(&breakage.from, &breakage.to))?;
    let failed = failures(workspace, copy, tests);
    fs::write(&file, whole)?;
    failed
}

/// The tests of rows that fail.
fn failures(workspace: &Workspace, copy: &Path, tests: &[String]) -> Result<BTreeSet<String>> {
    let mut command =
        cargo(workspace, ["test", "--package", "sclera-engine", "--test", "it", "--", "--exact"]);
    command.args(tests).current_dir(copy).env("CARGO_TARGET_DIR", workspace.target.join("rows/target"));
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        said.contains("test result: "),
        "it does not compile: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let failed = said.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    Ok(failed.map(str::to_owned).collect())
}

/// The tests that the rows name, each once.
fn tests_of_rows(document: &str) -> Vec<String> {
    let named = document.split('`').filter_map(|word| word.strip_prefix("engine "));
    let named: BTreeSet<&str> = named.filter(|test| *test != ALL_IN_ONE).collect();
    named.into_iter().map(str::to_owned).collect()
}

fn read(text: &str) -> Result<Vec<Breakage>> {
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let entries = text.split(|line| line.trim().is_empty()).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| match entry {
            [test, file, from, to, also @ ..] => Ok(Breakage {
                test: (*test).to_owned(),
                also: also.iter().map(|test| test.trim_start_matches("+ ").to_owned()).collect(),
                file: (*file).to_owned(),
                from: (*from).to_owned(),
                to: (*to).to_owned(),
            }),
            _ => bail!("an entry has at least four lines: {entry:?}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read() {
        let entries = read("# what\n\na::b\nx.rs\nfrom\nto\n+ c::d\n\ne::f\ny.rs\n  1\n  2\n").unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(
            (entries[0].also.as_slice(), entries[1].to.as_str()),
            (["c::d".to_owned()].as_slice(), "  2")
        );
        assert!(read("a::b\nx.rs\n").is_err());
    }

    #[test]
    fn rows_name_their_tests() {
        let document =
            "| `A` | x | `engine users::a` |\n| `B` | y | `engine users::a` and `engine calls::b` |";
        assert_eq!(tests_of_rows(document), ["calls::b", "users::a"]);
    }
}
