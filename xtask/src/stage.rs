//! `cargo xtask test`: everything continuous integration does, cheapest first.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::process::{cargo, output, run as run_shown};
use crate::workspace::Workspace;
use crate::{arrows, contract, fuzz, image, package, purity, servers, tools, unsafety, words};

struct Stage {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> Result<()>,
}

const STAGES: &[Stage] = &[
    Stage { name: "fmt", about: "the code is formatted", run: fmt },
    Stage { name: "arrows", about: "crates use only what their room may use", run: arrows },
    Stage {
        name: "unsafe",
        about: "unsafe code stands only where it is allowed; the domain is pure",
        run: unsafe_code,
    },
    Stage { name: "words", about: "no file contains what none should", run: words },
    Stage { name: "clippy", about: "no lint fires", run: clippy },
    Stage { name: "docs", about: "the documentation builds without a warning", run: docs },
    Stage { name: "test", about: "all tests pass, examples in the documentation too", run: test },
    Stage {
        name: "contract",
        about: "a server answers as the OpenAPI document says, whatever it is asked",
        run: contract::run,
    },
    Stage { name: "loom", about: "the protocol of shared memory holds under every interleaving", run: loom },
    Stage {
        name: "cost",
        about: "a check allocates nothing, calls no system, and takes few instructions",
        run: cost,
    },
    Stage {
        name: "miri",
        about: "images are read without undefined behaviour, where Miri is installed",
        run: miri,
    },
    Stage {
        name: "fuzz",
        about: "no fuzz target finds anything, in ten seconds or SCLERA_FUZZ_SECONDS",
        run: fuzz::run,
    },
    Stage { name: "deny", about: "dependencies, their licences and their sources are as agreed", run: deny },
    Stage {
        name: "package",
        about: "a Debian package can be installed, used and purged",
        run: package::stage,
    },
    Stage {
        name: "image",
        about: "an OCI image is what the specification says, and serves with nothing around it",
        run: image::stage,
    },
    Stage { name: "demo", about: "`cargo demo` shows a decision", run: demo },
];

pub(crate) fn exists(name: &str) -> bool {
    STAGES.iter().any(|stage| stage.name == name)
}

pub(crate) fn list() {
    for Stage { name, about, .. } in STAGES {
        println!("{name:<8} {about}");
    }
}

/// Runs the stages named, or all, up to the first that fails.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> Result<()> {
    let mut durations = Vec::new();
    let mut failed = None;
    for stage in STAGES.iter().filter(|stage| only.is_empty() || only.iter().any(|name| name == stage.name)) {
        println!("\n=== {}: {}", stage.name, stage.about);
        let start = Instant::now();
        let outcome = (stage.run)(workspace);
        let duration = start.elapsed();
        durations.push((stage.name, duration));
        match outcome {
            Ok(()) => println!("=== {}: passed in {:.1} s", stage.name, duration.as_secs_f64()),
            Err(error) => {
                println!("=== {}: failed in {:.1} s: {error:#}", stage.name, duration.as_secs_f64());
                failed = Some(stage.name);
                break;
            }
        }
    }
    println!("\n{}", table(&durations));
    if let Some(name) = failed {
        bail!("stage `{name}` failed; the stages after it did not run");
    }
    match durations.as_slice() {
        [(name, _)] => println!("Stage `{name}` passed."),
        many => println!("All {} stages passed.", many.len()),
    }
    Ok(())
}

/// How many minutes each stage took.
fn table(durations: &[(&str, Duration)]) -> String {
    let total = durations.iter().map(|(_, duration)| *duration).sum();
    let rows: String = durations
        .iter()
        .copied()
        .chain([("total", total)])
        .map(|(name, duration): (&str, Duration)| {
            format!("{name:<8} {:7.2}\n", duration.as_secs_f64() / 60.0)
        })
        .collect();
    format!("stage    minutes\n{rows}")
}

fn fmt(workspace: &Workspace) -> Result<()> {
    run_shown(&mut cargo(workspace, ["fmt", "--all", "--check"]))
}

fn arrows(workspace: &Workspace) -> Result<()> {
    report(&arrows::violations(&workspace.packages))
}

fn unsafe_code(workspace: &Workspace) -> Result<()> {
    let files = workspace.rust_texts()?;
    let mut found = unsafety::violations(&workspace.packages, &files, unsafety::ALLOWED);
    for package in &workspace.packages {
        let clippy_toml = workspace.text(&format!("{}/clippy.toml", package.directory))?;
        found.extend(purity::violations(package, clippy_toml.as_deref(), &files));
    }
    for (directory, reason) in unsafety::ALLOWED {
        println!("unsafe code is allowed in {directory}: {reason}");
    }
    report(&found)
}

fn words(workspace: &Workspace) -> Result<()> {
    report(&words::violations(&workspace.tracked_texts()?))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    c_compiler()?;
    run_shown(&mut cargo(workspace, ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn docs(workspace: &Workspace) -> Result<()> {
    c_compiler()?;
    run_shown(cargo(workspace, ["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn test(workspace: &Workspace) -> Result<()> {
    c_compiler()?;
    servers::ensure();
    run_shown(&mut cargo(workspace, ["test", "--workspace"]))
}

/// Of advisories the database is needed, which is fetched; everything else is checked without a network.
fn deny(workspace: &Workspace) -> Result<()> {
    let program = tools::tool(workspace, &tools::CARGO_DENY)?;
    // The crates of other platforms are part of the graph, but no build has fetched them.
    run_shown(&mut cargo(workspace, ["fetch", "--locked"]))?;
    let mut check = Command::new(&program);
    check.args(["--offline", "check", "bans", "licenses", "sources"]);
    run_shown(check.current_dir(&workspace.root))?;
    if std::env::var("SCLERA_ADVISORIES").is_ok_and(|value| value == "1") {
        run_shown(Command::new(&program).args(["check", "advisories"]).current_dir(&workspace.root))?;
    } else {
        println!(
            "Advisories were not checked: that fetches their database. Set SCLERA_ADVISORIES=1 to do so."
        );
    }
    Ok(())
}

/// Built apart: every crate is compiled for the explorer.
fn loom(workspace: &Workspace) -> Result<()> {
    let mut explored = cargo(workspace, ["test", "--release", "--package", "sclera-shm", "--test", "loom"]);
    explored.env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", workspace.root.join("target/loom"));
    run_shown(&mut explored)
}

/// Instructions are those of a release build.
fn cost(workspace: &Workspace) -> Result<()> {
    c_compiler()?;
    if let Err(error) = tools::system_program("valgrind", &["valgrind"]) {
        println!("Instructions will not be counted: {error:#}.");
    }
    run_shown(&mut cargo(workspace, ["test", "--release", "--package", "sclera-capi", "--test", "cost"]))
}

fn miri(workspace: &Workspace) -> Result<()> {
    let is_there = Command::new("cargo").args(["+nightly", "miri", "--version"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        println!("Skipped: Miri is not installed; `rustup +nightly component add miri` does that.");
        return Ok(());
    }
    let mut interpreted = Command::new("cargo");
    interpreted.args(["+nightly", "miri", "test", "--package", "sclera-core", "--test", "it", "snapshot"]);
    interpreted.env("CARGO_TARGET_DIR", workspace.root.join("target/miri")).current_dir(&workspace.root);
    run_shown(&mut interpreted)
}

fn demo(workspace: &Workspace) -> Result<()> {
    c_compiler()?;
    let shown = output(&mut cargo(workspace, ["run", "--quiet", "--package", "sclera-cli", "--", "demo"]))?;
    print!("{shown}");
    report(&demo_violations(&shown))
}

fn demo_violations(shown: &str) -> Vec<String> {
    if shown.contains("READ") { vec![] } else { vec!["the demonstration shows no permission `READ`".into()] }
}

/// SQLite is compiled from its source.
fn c_compiler() -> Result<()> {
    tools::system_program("cc", &["gcc", "libc6-dev"])
}

fn report(violations: &[String]) -> Result<()> {
    for violation in violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        1 => bail!("1 violation"),
        many => bail!("{many} violations"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_gives_minutes_and_their_sum() {
        let table = table(&[("fmt", Duration::from_secs(3)), ("clippy", Duration::from_secs(90))]);
        assert_eq!(table, "stage    minutes\nfmt         0.05\nclippy      1.50\ntotal       1.55\n");
    }

    #[test]
    fn a_demonstration_without_a_permission_is_found() {
        assert!(demo_violations("%DB_USER: READ, WRITE\n").is_empty());
        assert_eq!(demo_violations("").len(), 1);
    }

    #[test]
    fn a_violation_fails_the_stage() {
        assert!(report(&[]).is_ok());
        assert_eq!(report(&["a".into(), "b".into()]).unwrap_err().to_string(), "2 violations");
    }
}
