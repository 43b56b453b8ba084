//! Programs of the site that are asked something: what may be run, and with which bounds.
//!
//! A program is an executable file of its name in one directory. File and directory belong to the effective user of the
//! process and can be changed by nobody else, so that naming a program in a setting runs nothing but what the owner of the
//! instance put there. It gets what it is asked on stdin, no environment, and the root directory; what it says on stdout is
//! bounded, and so is its time. Then it is killed, with every process that it started and that stayed in its group.

use crate::files::{FileError, FileFault};
use rustix::fs::{Access, access};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::Metadata;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a program may take, and how much it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The time until it has ended.
    pub patience: Duration,
    /// The most bytes on stdout.
    pub loudest: u64,
}

/// What came of a program that ended in time.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said on stdout, at most one byte more than it may.
    pub stdout: Vec<u8>,
}

/// The characters of the name of a program beside letters and digits.
const IN_NAMES: &str = "-_.^%";

/// The file of a program, if it is one that may be run; else why not, in one line.
pub fn find(directory: &Path, name: &str) -> Result<PathBuf, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || IN_NAMES.contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
        return Err("it is not the name of a file".to_owned());
    }
    let path = directory.join(name);
    for (path, is_directory) in [(directory, true), (path.as_path(), false)] {
        let about =
            std::fs::symlink_metadata(path).map_err(|error| format!("it cannot be found: {error}"))?;
        private(path, &about, is_directory).map_err(|error| error.to_string())?;
    }
    access(&path, Access::EXEC_OK).map_err(|error| format!("it cannot be run: {error}"))?;
    Ok(path)
}

fn private(path: &Path, about: &Metadata, is_directory: bool) -> Result<(), FileError> {
    let wanted = rustix::process::geteuid().as_raw();
    let fault = match () {
        () if about.is_symlink() => FileFault::Link,
        () if is_directory && !about.is_dir() => FileFault::NotADirectory,
        () if !is_directory && !about.is_file() => FileFault::NotAFile,
        () if about.uid() != wanted => FileFault::Owner { owner: about.uid(), wanted },
        () if about.mode() & 0o022 != 0 => {
            FileFault::Access { mode: about.mode(), excess: about.mode() & 0o022 }
        }
        () => return Ok(()),
    };
    Err(FileError::new(path, fault))
}

/// Runs a file, hands it what it is asked, and waits for its end; else why not, in a few words. What is asked must fit into
/// the buffer of a pipe, 64 KiB. Secrets belong there and never among the arguments, which every user of the machine sees.
pub fn ask(path: &Path, arguments: &[&str], asked: &[u8], bounds: Bounds) -> Result<Said, String> {
    ask_with(&[], path, arguments, asked, bounds)
}

/// The same with an environment, such as tells a library where its configuration is.
pub fn ask_with(
    environment: &[(&str, &Path)],
    path: &Path,
    arguments: &[&str],
    asked: &[u8],
    bounds: Bounds,
) -> Result<Said, String> {
    let mut command = Command::new(path);
    command.args(arguments).env_clear().envs(environment.iter().copied());
    command.current_dir("/").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("cannot be run: {error}"))?;
    let ended = converse(&mut child, asked, bounds);
    if ended.is_err() {
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        let _ = child.kill();
        let _ = child.wait();
    }
    ended.map_err(str::to_owned)
}

fn converse(child: &mut Child, asked: &[u8], bounds: Bounds) -> Result<Said, &'static str> {
    let begun = Instant::now();
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read may have closed its end.
        let _ = stdin.write_all(asked);
    }
    let (told, hear) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(stdout) = stdout {
            let _ = stdout.take(bounds.loudest + 1).read_to_end(&mut said);
        }
        let _ = told.send(said);
    });
    let stdout = hear.recv_timeout(bounds.patience).map_err(|_| LATE)?;
    if stdout.len() as u64 > bounds.loudest {
        return Err("says too much");
    }
    loop {
        match child.try_wait().map_err(|_| "was lost")? {
            Some(status) => return Ok(Said { status, stdout }),
            None if begun.elapsed() > bounds.patience => return Err(LATE),
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

const LATE: &str = "did not answer in time";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    const BOUNDS: Bounds = Bounds { patience: Duration::from_millis(600), loudest: 100 };

    fn with_program(script: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("login");
        write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_program_is_asked_on_stdin_and_answers_on_stdout() {
        let (folder, path) = with_program("cat; echo \" $1 $HOME\"");
        assert_eq!(find(folder.path(), "login").unwrap(), path);
        let said = ask(&path, &["one"], b"asked", BOUNDS).unwrap();
        assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(0), &b"asked one \n"[..]));
        let (_folder, path) = with_program("echo x; exit 3");
        assert_eq!(ask(&path, &[], b"", BOUNDS).unwrap().status.code(), Some(3));
    }

    #[test]
    fn who_hangs_or_shouts_is_killed_with_all_it_started() {
        let (folder, path) = with_program("echo $$ > \"$1\"; sleep 60 & echo $! >> \"$1\"; wait");
        let pids = folder.path().join("pids");
        let begun = Instant::now();
        assert_eq!(ask(&path, &[pids.to_str().unwrap()], b"", BOUNDS).unwrap_err(), LATE);
        assert!(begun.elapsed() < Duration::from_secs(10));
        for pid in std::fs::read_to_string(pids).unwrap().lines() {
            let dead = || {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                stat.is_empty() || stat.contains(") Z ")
            };
            let until = Instant::now() + Duration::from_secs(5);
            while !dead() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(5));
            }
            assert!(dead(), "{pid} lives");
        }
        // One that keeps stdout open after its own end is no answer either.
        let (_folder, path) = with_program("sleep 60 & exit 0");
        assert_eq!(ask(&path, &[], b"", BOUNDS).unwrap_err(), LATE);
        let (_folder, path) = with_program("exec yes");
        assert_eq!(ask(&path, &[], b"", BOUNDS).unwrap_err(), "says too much");
    }
}
