//! `cargo xtask long`: what takes too long for every day. The result is written to `docs/long-run.md`, which is
//! committed, so that the last true figures stand beside the code.
//!
//! - **kills**: a process that writes is killed at a random moment; after each, the trail must verify and everything
//!   that was acknowledged must be there.
//! - **decisions**: as the published settings make them, beside the slow model.
//! - **contract**: a server is asked what the OpenAPI document allows and what it does not.
//! - **users**: ten million, imported through a running server.
//! - **soak**: a server for an hour at half of what it can do; its memory must stay flat, and nothing may fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::contract;
use crate::instance::{Instance, program};
use crate::many;
use crate::process::{cargo, output};
use crate::soak;
use crate::workspace::Workspace;

/// How much is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) kills: u32,
    pub(crate) minutes: u32,
    pub(crate) decisions: u64,
    /// Requests made by chance, of each operation.
    pub(crate) cases: u32,
    pub(crate) users: u64,
    pub(crate) seed: u64,
    /// The parts; all where none is named.
    pub(crate) only: Vec<String>,
    /// The profile of cargo by which the program is built.
    pub(crate) profile: String,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            kills: 1_000,
            minutes: 60,
            decisions: 100_000_000,
            cases: 150,
            users: 10_000_000,
            seed: 1,
            only: Vec::new(),
            profile: "release".into(),
        }
    }
}

const RESULT: &str = "docs/long-run.md";

/// A part of a long run: what it is called, its heading, and the work that gives its text.
struct Part {
    name: &'static str,
    heading: &'static str,
    work: fn(&Workspace, &Wanted) -> Result<String>,
}

const PARTS: [Part; 5] = [
    Part { name: "kills", heading: "Kills", work: of_kills },
    Part { name: "decisions", heading: "Decisions", work: decisions },
    Part { name: "contract", heading: "Contract", work: contract },
    Part { name: "users", heading: "Many users", work: of_users },
    Part { name: "soak", heading: "Soak", work: of_soak },
];

pub(crate) fn is_part(name: &str) -> bool {
    PARTS.iter().any(|part| part.name == name)
}

/// Does the parts that are wanted. Each writes its section as soon as it is done; those of other runs stay.
pub(crate) fn run(workspace: &Workspace, wanted: &Wanted) -> Result<()> {
    let file = workspace.root.join(RESULT);
    for part in
        PARTS.iter().filter(|part| wanted.only.is_empty() || wanted.only.iter().any(|one| one == part.name))
    {
        println!("part {}", part.name);
        let text = (part.work)(workspace, wanted).with_context(|| format!("the part {}", part.name))?;
        let before = fs::read_to_string(&file).unwrap_or_default();
        fs::write(
            &file,
            with_section(&before, part.heading, &format!("{}{text}", head(workspace, &wanted.profile)?)),
        )?;
        println!("wrote {} of {RESULT}", part.heading);
    }
    Ok(())
}

/// The result with another text of one section, in the order of the parts.
fn with_section(before: &str, heading: &str, text: &str) -> String {
    let of_before = |wanted: &str| {
        before.split("\n## ").skip(1).find_map(|section| {
            section
                .split_once('\n')
                .filter(|(found, _)| *found == wanted)
                .map(|(_, text)| text.trim().to_owned())
        })
    };
    let sections = PARTS.iter().filter_map(|part| {
        let text =
            if part.heading == heading { Some(text.trim().to_owned()) } else { of_before(part.heading) };
        text.map(|text| format!("\n## {}\n\n{text}\n", part.heading))
    });
    format!(
        "# The last long runs\n\nWritten by `cargo xtask long`; not edited by hand.\n{}",
        sections.collect::<String>()
    )
}

/// A new instance of the program for a part.
fn instance(workspace: &Workspace, wanted: &Wanted) -> Result<Instance> {
    Instance::made(program(workspace, &wanted.profile)?, &workspace.target.join("long"))
}

fn of_kills(workspace: &Workspace, wanted: &Wanted) -> Result<String> {
    kills(&instance(workspace, wanted)?, wanted)
}

fn of_users(workspace: &Workspace, wanted: &Wanted) -> Result<String> {
    many::users(&instance(workspace, wanted)?, wanted.users)
}

fn of_soak(workspace: &Workspace, wanted: &Wanted) -> Result<String> {
    soak::perform(&instance(workspace, wanted)?, wanted.minutes)
}

/// Decisions from images in worlds by chance, each beside that of the slow model.
fn decisions(workspace: &Workspace, wanted: &Wanted) -> Result<String> {
    let begun = Instant::now();
    let profile = wanted.profile.as_str();
    let test = "snapshot::decisions_are_those_of_the_slow_model";
    let arguments =
        ["test", "--profile", profile, "--package", "sclera-core", "--test", "it", "--", "--exact", test];
    let mut command = cargo(workspace, arguments);
    let said = output(command.env("SCLERA_DECISIONS", wanted.decisions.to_string()))?;
    ensure!(said.contains("1 passed"), "the test of decisions did not run: {said}");
    Ok(format!(
        "{} decisions from images, in worlds by chance, were those of the slow model. With the building of the test it took \
         {} s.\n",
        wanted.decisions,
        begun.elapsed().as_secs()
    ))
}

/// What the OpenAPI document says, held against a server.
fn contract(workspace: &Workspace, wanted: &Wanted) -> Result<String> {
    let (profile, seed) = (wanted.profile.as_str(), wanted.seed);
    contract::perform(workspace, contract::Wanted { profile, cases: wanted.cases, least: 10_000, seed })
}

/// What was run, where and when.
fn head(workspace: &Workspace, profile: &str) -> Result<String> {
    let date = output(Command::new("date").args(["--utc", "+%Y-%m-%d %H:%M UTC"]))?;
    let commit =
        output(Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(&workspace.root))?;
    let kernel = output(Command::new("uname").args(["-sr"]))?;
    let first = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = thread::available_parallelism().map_or(0, std::num::NonZero::get);
    Ok(format!(
        "{} at commit {}, built with the profile `{profile}`, on {} ({cores} cores, {} of memory, {}).\n\n",
        date.trim(),
        commit.trim(),
        first("/proc/cpuinfo", "model name"),
        first("/proc/meminfo", "MemTotal"),
        kernel.trim(),
    ))
}

/// The users whose names begin so.
fn users(instance: &Instance, beginning: &str) -> Result<BTreeSet<String>> {
    let listed = instance.ok(&["--json", "user", "list", beginning])?;
    let rows: serde_json::Value = serde_json::from_str(&listed)?;
    let names = rows.as_array().into_iter().flatten().filter_map(|row| row.get("Name")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

/// Numbers that follow no pattern: xorshift*, Vigna 2016.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound.max(1)
    }
}

/// What a process was doing when it was killed.
const WORK: [&str; 4] = ["user create", "import of 20 users", "backup", "restore"];

fn kills(instance: &Instance, wanted: &Wanted) -> Result<String> {
    let mut dice = Dice(wanted.seed.wrapping_mul(2).wrapping_add(1));
    let (mut acknowledged, mut imports) = (BTreeSet::new(), BTreeSet::new());
    let mut killed = [0_u32; WORK.len()];
    let mut ended = [0_u32; WORK.len()];
    let (backup, aside) = (instance.folder.join("backup"), instance.folder.join("restored"));
    let backup = backup.to_string_lossy().into_owned();
    instance.ok(&["backup", &backup])?;
    let file = instance.folder.join("users.json");
    let work = |which: usize, round: u32| -> Result<Command> {
        Ok(match which {
            0 => instance.command(&["user", "create", &format!("u{round:06}")]),
            1 => {
                fs::write(&file, document(round))?;
                instance.command(&["import", &file.to_string_lossy()])
            }
            2 => instance.command(&["backup", &backup]),
            _ => {
                prepare(instance, &aside)?;
                instance.command(&["--data", &aside.to_string_lossy(), "restore", &backup])
            }
        })
    };
    // How long each takes here, as a measure for the moment of killing.
    let mut times = [0; WORK.len()];
    for (which, time) in times.iter_mut().enumerate() {
        let began = Instant::now();
        ensure!(work(which, wanted.kills)?.output()?.status.success(), "it does not even work undisturbed");
        *time = u64::try_from(began.elapsed().as_micros())?;
    }
    let start = Instant::now();
    for round in 0..wanted.kills {
        let which = usize::try_from(dice.below(10))?.checked_sub(6).unwrap_or(usize::from(round % 3 == 0));
        let which = which.min(WORK.len() - 1);
        let name = format!("u{round:06}");
        let mut command = work(which, round)?;
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let patience = times.get(which).copied().unwrap_or_default();
        if kill_within(child, dice.below(patience * 5 / 4))? {
            ended.get_mut(which).into_iter().for_each(|count| *count += 1);
            match which {
                0 => drop(acknowledged.insert(name)),
                1 => drop(imports.insert(round)),
                _ => {}
            }
        } else {
            killed.get_mut(which).into_iter().for_each(|count| *count += 1);
        }
        instance
            .ok(&["audit", "verify"])
            .with_context(|| format!("after kill {round} ({:?})", WORK.get(which)))?;
        if which == 3 && aside.join("security.db").exists() {
            let restored = Instance {
                program: instance.program.clone(),
                data: aside.clone(),
                folder: instance.folder.clone(),
            };
            restored.ok(&["audit", "verify"]).context("the restored instance")?;
        }
        if round % 50 == 49 {
            nothing_is_lost(instance, &acknowledged, &imports)?;
            println!("{} kills, {:.0} s", round + 1, start.elapsed().as_secs_f64());
        }
    }
    nothing_is_lost(instance, &acknowledged, &imports)?;
    let rows: String = (WORK.iter().zip(killed).zip(ended))
        .map(|((work, killed), ended)| format!("| {work} | {killed} | {ended} |\n"))
        .collect();
    Ok(format!(
        "{} processes were started and killed (`kill -9`) at a random moment, seed {}; after each, `audit verify` found \
         the instance intact, and all {} users and {} imports that were acknowledged were there, imports whole or not at \
         all. It took {:.0} s.\n\n| at work | killed | had ended before |\n|---|---|---|\n{rows}",
        wanted.kills,
        wanted.seed,
        acknowledged.len(),
        imports.len(),
        start.elapsed().as_secs_f64(),
    ))
}

fn document(round: u32) -> String {
    let users: Vec<String> =
        (0..20).map(|number| format!(r#"{{"Name":"b{round:06}x{number:02}"}}"#)).collect();
    format!(r#"{{"Users":[{}]}}"#, users.join(","))
}

/// A directory with the keys alone, for a backup that holds none.
fn prepare(instance: &Instance, aside: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(aside);
    let copied = Command::new("mkdir").args(["-m", "700"]).arg(aside).status()?.success()
        && Command::new("cp").arg("-a").arg(instance.data.join("keys")).arg(aside).status()?.success();
    ensure!(copied, "the keys cannot be copied");
    Ok(())
}

/// Kills after so many microseconds; tells whether it had ended well before.
fn kill_within(mut child: Child, microseconds: u64) -> Result<bool> {
    thread::sleep(Duration::from_micros(microseconds));
    let _ = child.kill();
    Ok(child.wait()?.success())
}

fn nothing_is_lost(
    instance: &Instance,
    acknowledged: &BTreeSet<String>,
    imports: &BTreeSet<u32>,
) -> Result<()> {
    let there = users(instance, "u")?;
    let lost: Vec<&String> = acknowledged.difference(&there).collect();
    ensure!(lost.is_empty(), "acknowledged and not there: {lost:?}");
    let mut of_import = std::collections::BTreeMap::<u32, u32>::new();
    for name in users(instance, "b")? {
        if let Some((round, _)) = name.get(1..).and_then(|rest| rest.split_once('x')) {
            *of_import.entry(round.parse()?).or_default() += 1;
        }
    }
    ensure!(of_import.values().all(|count| *count == 20), "half an import: {of_import:?}");
    ensure!(imports.iter().all(|round| of_import.contains_key(round)), "an acknowledged import is not there");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let first = with_section("", "Soak", "an hour\n");
        let both = with_section(&first, "Kills", "a thousand\n\n| a | b |\n");
        assert!(both.ends_with("## Kills\n\na thousand\n\n| a | b |\n\n## Soak\n\nan hour\n"), "{both}");
        let again = with_section(&both, "Kills", "ten");
        assert!(again.ends_with("hand.\n\n## Kills\n\nten\n\n## Soak\n\nan hour\n"), "{again}");
    }
}
