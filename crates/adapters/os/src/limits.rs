//! How much of the machine a process may use.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;

/// Lets this process have as many files open as its user may at most, but no more than [`ENOUGH`]; tells how many.
pub fn raise_open_files() -> io::Result<u64> {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(ENOUGH).min(ENOUGH);
    match limit.current {
        Some(current) if current < most => {
            setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit })?;
            Ok(most)
        }
        current => Ok(current.unwrap_or(ENOUGH)),
    }
}

/// Lets the calling thread step back where others want the processors. Linux counts this by thread. What cannot be had is
/// done without.
pub fn be_modest() {
    let _ = rustix::process::setpriority_process(None, MODEST);
}

/// Ten of the nineteen steps back that there are: about a tenth of the share of a thread that takes none.
const MODEST: i32 = 10;

/// More files than any server here has open.
pub const ENOUGH: u64 = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_what_is_told() {
        let most = raise_open_files().unwrap();
        assert_eq!(getrlimit(Resource::Nofile).current.unwrap_or(ENOUGH), most);
        assert_eq!(raise_open_files().unwrap(), most, "raised as far as it goes");
    }
}
