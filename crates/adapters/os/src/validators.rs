//! Programs of the site that judge new passwords.
//!
//! A validation routine is a program of the site ([`crate::programs`]). It gets the name of the user as its one argument
//! and the password on stdin; it has ten seconds. Exit code 0 accepts; any other refuses, and the first line on stdout says
//! why.

use crate::programs::{self, Bounds, Said};
use std::path::Path;
use std::time::Duration;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes that a program may say.
const LOUDEST: u64 = 4_096;

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
    let path = programs::find(directory, routine).map_err(|why| format!("the routine {routine}: {why}"))?;
    let bounds = Bounds { patience, loudest: LOUDEST };
    let Said { status, stdout } = programs::ask(&path, &[user], password.as_bytes(), bounds)
        .map_err(|why| format!("the routine {routine} {why}"))?;
    if status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&stdout);
    let line = said.lines().next().unwrap_or_default().trim();
    Err(if line.is_empty() { format!("the routine {routine} refuses it") } else { line.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

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
