//! Short runs of the fuzz targets in `fuzz/`, all at once. The coverage that tells the fuzzer which inputs are new is a pass
//! of LLVM that any compiler of Rust has; libFuzzer needs one of C++, and where that is missing the stage says so and
//! passes. `SCLERA_FUZZ_SECONDS` says how long each target runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// How long each target runs where `SCLERA_FUZZ_SECONDS` is no number.
const SECONDS: u32 = 10;
/// An input that takes longer than this is a fault, in seconds.
const SLOWEST: u32 = 10;
/// A target that needs more memory than this is a fault, in MiB.
const MEMORY: u32 = 1_024;
/// What cargo-fuzz gives the compiler, without the address sanitizer: the code is safe Rust.
const FLAGS: &str = "--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let about = process::output(Command::new("rustc").arg("-vV"))?;
    let host = host(&about).context("`rustc -vV` does not say for which platform it compiles")?;
    if !answers(Command::new("c++").arg("--version")) {
        println!(
            "skipped: there is no C++ compiler, which libFuzzer needs; the stage `test` runs the same functions"
        );
        return Ok(());
    }
    let folder = workspace.target.join("fuzz");
    process::run(&mut build(workspace, &folder, host))?;
    let names = targets(&workspace.root.join("fuzz/targets"))?;
    let programs = folder.join(host).join("release");
    let running: Vec<Running> = names
        .into_iter()
        .map(|name| Running::start(workspace, &folder, &programs, name))
        .collect::<Result<_>>()?;
    let mut failed = Vec::new();
    for run in running {
        if let Some(name) = run.finish()? {
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("targets that found something: {}", failed.join(", ")) }
}

/// The platform that a compiler says it is for.
fn host(about: &str) -> Option<&str> {
    about.lines().find_map(|line| line.strip_prefix("host: "))
}

fn answers(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn build(workspace: &Workspace, folder: &Path, host: &str) -> Command {
    // With a target named, build scripts and macros are compiled as always.
    let mut build =
        process::cargo(workspace, ["build", "--release", "--quiet", "--locked", "--target", host]);
    build.arg("--manifest-path").arg(workspace.root.join("fuzz/Cargo.toml")).arg("--target-dir").arg(folder);
    build.env("RUSTFLAGS", FLAGS);
    build
}

/// The names of the targets: those of their files.
fn targets(directory: &Path) -> Result<Vec<String>> {
    let entries = directory.read_dir().with_context(|| format!("{}", directory.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "rs")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// A target at work; what it says goes to a file.
struct Running {
    name: String,
    child: std::process::Child,
    said: PathBuf,
}

impl Running {
    fn start(workspace: &Workspace, folder: &Path, programs: &Path, name: String) -> Result<Self> {
        let (found, corpus) = (folder.join("found"), folder.join("corpus").join(&name));
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&corpus)?;
        let said = folder.join(format!("{name}.log"));
        let seconds = std::env::var("SCLERA_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
        let mut command = Command::new(programs.join(&name));
        command.arg(format!("-max_total_time={}", seconds.unwrap_or(SECONDS)));
        command.arg(format!("-timeout={SLOWEST}")).arg(format!("-rss_limit_mb={MEMORY}"));
        command.arg(format!("-artifact_prefix={}/{name}-", found.display()));
        command.args(["-print_final_stats=1", "-verbosity=1"]);
        command.arg(corpus).arg(workspace.root.join("fuzz/seeds").join(&name));
        let log = File::create(&said)?;
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
        Ok(Self { child: child.with_context(|| format!("cannot start the target `{name}`"))?, name, said })
    }

    /// Waits for its end, and gives its name if it found something.
    fn finish(mut self) -> Result<Option<String>> {
        let status = self.child.wait()?;
        let said = String::from_utf8_lossy(&fs::read(&self.said)?).into_owned();
        if status.success() {
            println!("{:<14} {} inputs, nothing found", self.name, inputs(&said).unwrap_or("some"));
            return Ok(None);
        }
        let lines: Vec<&str> = said.lines().collect();
        println!("{}: {status}; the end of {}:", self.name, self.said.display());
        lines.iter().skip(lines.len().saturating_sub(40)).for_each(|line| println!("    {line}"));
        Ok(Some(self.name))
    }
}

/// How many inputs were tried, as libFuzzer tells at its end.
fn inputs(said: &str) -> Option<&str> {
    said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_say_is_understood() {
        assert_eq!(
            host("rustc 1.97.0-nightly\nhost: x86_64-unknown-linux-gnu\n"),
            Some("x86_64-unknown-linux-gnu")
        );
        assert_eq!(host(""), None);
        let said = "#2 INITED\nstat::number_of_executed_units: 1234\nstat::average_exec_per_sec: 1\n";
        assert_eq!(inputs(said), Some("1234"));
        assert_eq!(inputs("Segmentation fault"), None);
    }
}
