//! Many users: imported through a running server, which goes on deciding.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::instance::Instance;
use crate::world;

/// The most that a server may take, in MiB.
const MEMORY: u64 = 300;

/// Makes a world of so many users, imports it, asks about the last of them, and says how that went.
pub(crate) fn users(instance: &Instance, count: u64) -> Result<String> {
    let file = instance.folder.join("world.xml");
    let path = file.to_string_lossy().into_owned();
    world::write(&world::Wanted {
        files: vec![world::Output::at(&path).map_err(anyhow::Error::msg)?],
        users: count,
        roles: 10_000,
        resources: 10_000,
        ..world::Wanted::default()
    })?;
    println!("{} MiB of XML", fs::metadata(&file)?.len() >> 20);
    let serving = instance.serve()?;
    let (imported, took) = timed(|| instance.ok(&["import", &path, "--quiet"]));
    imported?;
    println!("imported in {:.0} s", took.as_secs_f64());
    let most = highest(serving.child.id())?;
    ensure!(most <= MEMORY, "the server took {most} MiB");
    let last = world::user_name(count.saturating_sub(1));
    let (shown, asked) = timed(|| instance.ok(&["user", "show", &last]));
    shown.context("the last user")?;
    serving.stop()?;
    let decide = || instance.ok(&["check", &world::resource_name(0), "--user", &last]);
    let (decided, first) = timed(decide);
    decided?;
    let bytes = fs::metadata(instance.data.join("security.db"))?.len();
    let _ = fs::remove_dir_all(&instance.folder);
    Ok(format!(
        "{count} users, 10,000 roles and 10,000 resources as XML were imported through a running server in {:.0} s \
         ({} users a second); the server took {most} MiB at most. It then showed the last user in {:.2} s. Without a \
         server a new process had its first decision after {:.2} s. The store has {} MiB.\n",
        took.as_secs_f64(),
        count / took.as_secs().max(1),
        asked.as_secs_f64(),
        first.as_secs_f64(),
        bytes >> 20,
    ))
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    (work(), begun.elapsed())
}

/// The most resident memory that a process has had, in MiB.
fn highest(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the process is gone")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? >> 10)
}
