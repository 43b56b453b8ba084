//! Passwords of the operating system, compared by PAM in a process of its own (`authentication.md` section 8).
//!
//! ```text
//! sclera serve ── spawns ──► sclera, told by HELPER to be the helper
//!                 stdin      NAME NUL PASSWORD, or nothing to learn whether PAM is there
//!                 stdout     granted | expired | refused WHY | unavailable WHY | ready, as one line
//! ```
//!
//! PAM runs code of the site in the process that asks it: modules that hang, start threads, print, or fall over. So the
//! process ends with the answer, and whoever waits for it kills it when its time is over. Modules have no access to the
//! stream of the answer: before they are loaded, it is moved away and `stdout` is nothing.
//!
//! The library of PAM is loaded when it is needed: a machine without it runs Sclera, and nobody gets in by a password of
//! the operating system.

#![deny(unsafe_code)]

mod library;
mod verdict;

use rustix::fs::{Mode, OFlags};
use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use zeroize::{Zeroize, Zeroizing};

pub use verdict::{LONGEST, Verdict, answer, question};

/// The first argument of the helper, which no command of people has. The service follows, and where the configuration of
/// PAM is, if that is not the place of the system.
pub const HELPER: &str = "--compare-os-password";

/// The name under which PAM is asked, unless the configuration says otherwise.
pub const SERVICE: &str = "sclera";

/// Is the helper: reads the question, asks PAM, and writes the answer. Arguments are those after [`HELPER`]. Core dumps must
/// be forbidden already.
pub fn help(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let verdict = |out: &mut File| {
        let verdict = compare(arguments);
        out.write_all(verdict.line().as_bytes())?;
        Ok::<_, io::Error>(verdict)
    };
    match move_stdout_away().and_then(|mut out| verdict(&mut out)) {
        Ok(Verdict::Granted) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The stream of the answer, which is `stdout` no longer.
fn move_stdout_away() -> io::Result<File> {
    let away = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    let nothing = rustix::fs::open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdout(&nothing)?;
    Ok(File::from(away))
}

fn compare(arguments: impl Iterator<Item = OsString>) -> Verdict {
    let words: Option<Vec<CString>> =
        arguments.map(|argument| CString::new(argument.into_vec()).ok()).collect();
    let words = words.unwrap_or_default();
    let (service, directory) = match words.as_slice() {
        [service] => (service, None),
        [service, directory] => (service, Some(directory.as_c_str())),
        _ => return Verdict::Unavailable("it was not told which service of PAM to ask".to_owned()),
    };
    let mut asked = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let read = io::stdin().take(LONGEST as u64 + 1).read_to_end(&mut asked);
    match (read, verdict::asked(&asked)) {
        (Ok(0), _) => library::probe(directory),
        (Ok(_), Some((name, password))) => {
            let verdict = library::compare(service, directory, &name, &password);
            let mut bytes = password.into_bytes();
            bytes.zeroize();
            verdict
        }
        _ => Verdict::Unavailable("it was not asked as it must be".to_owned()),
    }
}
