//! Passwords of the operating system, compared by PAM (`authentication.md` section 8).
//!
//! On stdin comes a [`pair`](crate::pair); the answer is `granted`, `expired`, `refused WHY`, `unavailable WHY` or `ready`.

mod library;
mod verdict;

use crate::pair::{LONGEST_PAIR, Pair};
use std::ffi::{CString, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use zeroize::Zeroizing;

pub use verdict::{Verdict, answer};

/// The first argument of the helper, which no command of people has. The service follows, and where the configuration of
/// PAM is, if that is not the place of the system.
pub const HELPER: &str = "--compare-os-password";

/// The name under which PAM is asked, unless the configuration says otherwise.
pub const SERVICE: &str = "sclera";

/// Reads what is asked and asks PAM.
pub(crate) fn compare(arguments: impl Iterator<Item = OsString>) -> Verdict {
    let words: Option<Vec<CString>> =
        arguments.map(|argument| CString::new(argument.into_vec()).ok()).collect();
    let words = words.unwrap_or_default();
    let (service, directory) = match words.as_slice() {
        [service] => (service, None),
        [service, directory] => (service, Some(directory.as_c_str())),
        _ => return Verdict::Unavailable("it was not told which service of PAM to ask".to_owned()),
    };
    let mut asked = Zeroizing::new(Vec::with_capacity(LONGEST_PAIR + 1));
    let read = io::stdin().take(LONGEST_PAIR as u64 + 1).read_to_end(&mut asked);
    match (read, Pair::of(&asked)) {
        (Ok(0), _) => library::probe(directory),
        (Ok(_), Some(pair)) => library::compare(service, directory, &pair.name, &pair.password),
        _ => Verdict::Unavailable("it was not asked as it must be".to_owned()),
    }
}
