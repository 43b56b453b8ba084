//! Programs of the site that judge new passwords.
//!
//! A validation routine is an executable file of its name in one directory. File and directory belong to the effective
//! user of the process and can be changed by nobody else, so that naming a routine in a setting runs nothing but what
//! the owner of the instance put there. The program gets the name of the user as its one argument and the password on
//! stdin, no environment, and the root directory; it has ten seconds. Exit code 0 accepts; any other refuses, and the
//! first line on stdout says why.

use crate::files::{FileError, FileFault};
use rustix::fs::{Access, access};
use std::fs::Metadata;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes that are read of what a program says.
const LOUDEST: u64 = 4_096;
/// The characters of the name of a routine beside letters and digits.
const IN_NAMES: &str = "-_.^%";

/// Asks a routine of a directory about a password; refused with the reason, in one line.
pub fn ask(directory: &Path, routine: &str, user: &str, password: &str) -> Result<(), String> {
    ask_within(PATIENCE, directory, routine, user, password)
}

fn ask_within(
    patience: Duration,
    directory: &Path,
    routine: &str,
    user: &str,
    password: &str,
) -> Result<(), String> {
    let program = program(directory, routine)?;
    let failed = |error: std::io::Error| format!("the routine {routine} cannot be run: {error}");
    let mut command = Command::new(&program);
    command.arg(user).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    let ended = converse(&mut child, password, patience);
    if ended.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    match ended {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((_, said)) => {
            let line = said.lines().next().unwrap_or_default().trim().to_owned();
            Err(if line.is_empty() { format!("the routine {routine} refuses it") } else { line })
        }
        Err(why) => Err(format!("the routine {routine} {why}")),
    }
}

/// The file of a routine, if it is one that may be run.
fn program(directory: &Path, routine: &str) -> Result<PathBuf, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || IN_NAMES.contains(c);
    if routine.is_empty() || routine.starts_with('.') || !routine.chars().all(fits) {
        return Err("the name of the validation routine is not the name of a file".to_owned());
    }
    let path = directory.join(routine);
    for (path, is_directory) in [(directory, true), (path.as_path(), false)] {
        let about = std::fs::symlink_metadata(path)
            .map_err(|error| format!("the routine {routine} cannot be found: {error}"))?;
        private(path, &about, is_directory).map_err(|error| error.to_string())?;
    }
    access(&path, Access::EXEC_OK)
        .map_err(|error| format!("the routine {routine} cannot be run: {error}"))?;
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

/// Hands the password over and waits for the answer.
fn converse(
    child: &mut Child,
    password: &str,
    patience: Duration,
) -> Result<(ExitStatus, String), &'static str> {
    let begun = Instant::now();
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read the password may have closed its end; a password fits into the pipe's buffer.
        let _ = stdin.write_all(password.as_bytes());
    }
    let (told, hear) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(stdout) = stdout {
            let _ = stdout.take(LOUDEST).read_to_end(&mut said);
        }
        let _ = told.send(said);
    });
    let said = hear.recv_timeout(patience).map_err(|_| "did not answer in time")?;
    loop {
        match child.try_wait().map_err(|_| "was lost")? {
            Some(status) => return Ok((status, String::from_utf8_lossy(&said).into_owned())),
            None if begun.elapsed() > patience => return Err("did not answer in time"),
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    fn with_routine(script: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("check^SITE");
        write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        folder
    }

    fn asked(folder: &tempfile::TempDir, routine: &str, password: &str) -> Result<(), String> {
        ask_within(Duration::from_secs(2), folder.path(), routine, "ann", password)
    }

    #[test]
    fn the_exit_code_decides_and_the_first_line_says_why() {
        let folder = with_routine(
            r#"read -r password
case "$password" in *"$1"*) echo "it says $1"; echo more; exit 3;; esac
test -z "$HOME$SECRET" || exit 4
test "$(pwd)" = / "#,
        );
        assert_eq!(asked(&folder, "check^SITE", "good"), Ok(()));
        assert_eq!(asked(&folder, "check^SITE", "my ann!"), Err("it says ann".to_owned()));
        let silent = with_routine("exit 1");
        assert_eq!(asked(&silent, "check^SITE", "x"), Err("the routine check^SITE refuses it".to_owned()));
    }

    #[test]
    fn what_does_not_answer_refuses() {
        let folder = with_routine("exec sleep 60");
        let begun = Instant::now();
        let refused = ask_within(Duration::from_millis(200), folder.path(), "check^SITE", "ann", "x");
        assert_eq!(refused, Err("the routine check^SITE did not answer in time".to_owned()));
        assert!(begun.elapsed() < Duration::from_secs(30));
        let loud = with_routine("exec yes");
        assert!(asked(&loud, "check^SITE", "x").is_err());
    }

    #[test]
    fn only_private_files_of_the_directory_are_run() {
        let folder = with_routine("exit 0");
        for name in ["", ".", "..", "../check^SITE", "/bin/true", "a b", "nothing", ".hidden", "a\0b"] {
            assert!(asked(&folder, name, "x").is_err(), "{name:?}");
        }
        let path = folder.path().join("check^SITE");
        std::os::unix::fs::symlink("/bin/true", folder.path().join("link")).unwrap();
        assert!(asked(&folder, "link", "x").unwrap_err().contains("symbolic link"));
        for mode in [0o722, 0o720, 0o600] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let refused = asked(&folder, "check^SITE", "x");
            // Whoever is root may run nothing that nobody may run either.
            assert!(refused.is_err(), "{mode:o}: {refused:?}");
        }
        set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(asked(&folder, "check^SITE", "x").is_err());
    }
}
