//! The stage `contract`: Schemathesis asks a server whatever the OpenAPI document allows and much that it does not, in
//! sequences too, and holds every answer against the document: no fault of the server, no status and no member that is not
//! described. How it does so stands in `xtask/schemathesis.toml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::instance::{Instance, PASSWORD, program};
use crate::process::run as run_shown;
use crate::tools;
use crate::workspace::Workspace;

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The profile of cargo by which the program is built.
    pub(crate) profile: &'a str,
    /// Cases made by chance, of each operation.
    pub(crate) cases: u32,
    /// The least cases in all.
    pub(crate) least: u64,
    pub(crate) seed: u64,
}

/// Where chance begins.
const SEED: u64 = 20_261_127;

/// What every run has time for: a minute or so. Each asks the same, so that a change alone makes it fail; `SCLERA_SEED` asks
/// something else, and so does the long run.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let seed = std::env::var("SCLERA_SEED").map_or(Ok(SEED), |text| text.trim().parse())?;
    let told = perform(workspace, Wanted { profile: "dev", cases: 5, least: 1_000, seed })?;
    println!("{told}");
    Ok(())
}

/// Asks so much, and says how it went.
pub(crate) fn perform(workspace: &Workspace, wanted: Wanted<'_>) -> Result<String> {
    let Some(schemathesis) = installed(workspace)? else {
        return Ok("Skipped: Schemathesis cannot be installed here.".to_owned());
    };
    let instance = Instance::made(program(workspace, wanted.profile)?, &workspace.target.join("contract"))?;
    // A pause between failures would answer for the server.
    instance.ok(&["system", "modify", "--set", "InvalidLoginLimit=0"])?;
    instance.user("zoe", "%All")?;
    let mut serving = instance.serve()?;
    let begun = Instant::now();
    let told = asked(workspace, &schemathesis, &instance, &serving.address, wanted)?;
    let (cases, seconds) =
        (number_of_cases(&told).context("no number of cases was told")?, begun.elapsed().as_secs());
    ensure!(cases >= wanted.least, "only {cases} cases were made");
    ensure!(serving.child.try_wait()?.is_none(), "the server is gone");
    // Else it answered nothing but that nobody is admitted, which breaks no contract.
    let mut still = instance.command(&["--as", "zoe", "user", "show", "zoe"]);
    let still = still.env("SCLERA_PASSWORD", PASSWORD).stdout(Stdio::null()).status()?;
    ensure!(still.success(), "whoever asked has lost the privileges on the way");
    instance.ok(&["audit", "verify"])?;
    serving.stop()?;
    let _ = fs::remove_dir_all(&instance.folder);
    Ok(format!(
        "{cases} cases in {seconds} s, seed {}: no fault of the server, no status and no answer that the OpenAPI document \
         does not describe.",
        wanted.seed
    ))
}

fn asked(
    workspace: &Workspace,
    schemathesis: &Path,
    instance: &Instance,
    address: &str,
    wanted: Wanted<'_>,
) -> Result<String> {
    let config = workspace.root.join("xtask/schemathesis.toml");
    let mut run = Command::new(schemathesis);
    run.arg("--config-file").arg(config).arg("run").arg(workspace.root.join("docs/openapi.json"));
    run.args(["--url", address, "--continue-on-failure", "--no-color"]);
    run.args(["--warnings", "off", "--max-examples", &wanted.cases.to_string()]);
    // One after another, so that a seed leads to the same again.
    run.args(["--workers", "1", "--seed", &wanted.seed.to_string(), "--generation-database", "none"]);
    run.env("SCLERA_CONTRACT_PASSWORD", PASSWORD).current_dir(&instance.folder).stdin(Stdio::null());
    let output = run.output().context("cannot start Schemathesis")?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        print!("{told}{}", String::from_utf8_lossy(&output.stderr));
        bail!("Schemathesis found something; SCLERA_SEED={} asks the same again", wanted.seed);
    }
    Ok(told)
}

/// The number in `3295 generated, …`.
fn number_of_cases(told: &str) -> Option<u64> {
    let line = told.lines().map(str::trim).find(|line| line.contains(" generated"))?;
    line.split(' ').next()?.parse().ok()
}

/// The program, in an environment of its own below the target directory; none where it cannot be had, which continuous
/// integration does not put up with.
fn installed(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let (list, place) =
        (workspace.root.join("xtask/schemathesis.txt"), workspace.target.join("tools/schemathesis"));
    let (wanted, mark) = (fs::read_to_string(&list)?, place.join("installed.txt"));
    let program = place.join("bin/schemathesis");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) && program.is_file() {
        return Ok(Some(program));
    }
    match install(&list, &place) {
        Ok(()) => {
            fs::write(mark, wanted)?;
            Ok(Some(program))
        }
        Err(error) if std::env::var("CI").is_ok_and(|value| value == "true") => Err(error),
        Err(error) => {
            println!("{error:#}");
            Ok(None)
        }
    }
}

fn install(list: &Path, place: &Path) -> Result<()> {
    let make = || run_shown(Command::new("python3").args(["-m", "venv", "--clear"]).arg(place));
    if make().is_err() {
        tools::apt_install(&["python3", "python3-venv"])?;
        make()?;
    }
    let mut pip = Command::new(place.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]);
    run_shown(pip.arg("--requirement").arg(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_counted() {
        assert_eq!(number_of_cases("\nTest cases:\n  3295 generated, 165 skipped\n"), Some(3_295));
        assert_eq!(number_of_cases("nothing"), None);
    }
}
