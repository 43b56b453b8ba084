//! What libraries in C are asked, in a process of its own.
//!
//! ```text
//! sclera serve ── spawns ──► sclera, told by its first argument which helper to be
//!                 stdin      what is asked; nothing to learn whether the library is there
//!                 stdout     the answer, as one line
//! ```
//!
//! Such libraries run code of the site or read what strangers sent: they hang, start threads, print, or fall over. So the
//! process ends with the answer, and whoever waits for it kills it when its time is over. They have no access to the
//! stream of the answer: before they are loaded, it is moved away and `stdout` is nothing.
//!
//! A library is loaded when it is needed: a machine without it runs Sclera, and nobody gets in by what it would prove.

#![deny(unsafe_code)]

pub mod kerberos;
mod pair;
pub mod pam;

use rustix::fs::{Mode, OFlags};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;

pub use pair::{LONGEST_PAIR, pair};

/// Is a helper, where the first of the arguments names one. Core dumps must be forbidden already.
pub fn help(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let first = arguments.next()?;
    if first == pam::HELPER {
        return Some(answered(|| pam::compare(arguments).told()));
    }
    (first == kerberos::HELPER).then(|| answered(|| kerberos::perform(arguments).told()))
}

/// The same in a program that is linked statically and brings a C library of its own: a library of the system would bring
/// a second one. None is loaded, whether it is there or not; nobody gets in by what it would prove.
pub fn refuse(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let first = arguments.next()?;
    let why = || "this program is linked statically and loads no libraries".to_owned();
    if first == pam::HELPER {
        return Some(answered(|| pam::Verdict::Unavailable(why()).told()));
    }
    (first == kerberos::HELPER).then(|| answered(|| kerberos::Said::Unavailable(why()).told()))
}

/// A line to be said, and whether the helper ends as one that grants.
struct Told {
    line: String,
    is_granted: bool,
}

fn answered(answer: impl FnOnce() -> Told) -> ExitCode {
    let said = move_stdout_away().and_then(|mut out| {
        let Told { line, is_granted } = answer();
        out.write_all(line.as_bytes())?;
        Ok(is_granted)
    });
    if said.unwrap_or(false) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The stream of the answer, which is `stdout` no longer.
fn move_stdout_away() -> io::Result<File> {
    let away = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    let nothing = rustix::fs::open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdout(&nothing)?;
    Ok(File::from(away))
}

/// The most characters of a reason.
const REASON: usize = 200;

/// A reason on one line. It comes from a library or from us and never holds what was typed.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(REASON).collect()
}
