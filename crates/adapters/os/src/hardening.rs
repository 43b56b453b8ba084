//! Keeping what a process holds in memory from its neighbours.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use std::io;

/// Makes sure that no core dump of this process is written and that other processes of the same user cannot trace it or
/// read its memory.
///
/// Both parts are needed: the limit alone is not asked where dumps go to a program, and the flag alone does not pass
/// to the programs that this process starts. It cannot be undone. Call it first, before any secret is read.
pub fn forbid_core_dumps() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{dumpable_behavior, getrlimit};

    #[test]
    fn neither_dumps_nor_traces() {
        forbid_core_dumps().unwrap();
        assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        forbid_core_dumps().unwrap();
    }
}
