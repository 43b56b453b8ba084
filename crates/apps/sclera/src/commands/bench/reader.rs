//! Another process that decides by what was published: this program once more, told to read (`bench --reader DIR`).

use super::{Bench, each, role_id, scatter, told};
use crate::failure::Failure;
use sclera::Instance;
use sclera_core::permission::Permissions;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The process, seen from whoever measures. It ends when this is dropped.
pub(super) struct Reader {
    child: Child,
    /// Closed, it is the sign to end.
    stdin: Option<ChildStdin>,
    lines: BufReader<ChildStdout>,
    /// The nanoseconds of a check by name there.
    pub(super) by_name: f64,
}

impl Reader {
    /// Starts one and waits until it has decided.
    pub(super) fn start(directory: &Path, size: &Bench) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe().map_err(told)?);
        command.arg("bench").arg("--reader").arg(directory);
        command.args(["--roles", &size.roles.to_string(), "--resources", &size.resources.to_string()]);
        command.args(["--privileges", &size.privileges.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(told)?;
        let missing = || Failure::Environment("the reader cannot be heard".to_owned());
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().ok_or_else(missing)?);
        let mut reader = Self { child, stdin, lines: BufReader::new(stdout), by_name: f64::NAN };
        reader.by_name = reader.line()?.parse().map_err(told)?;
        Ok(reader)
    }

    /// The generation that it decides by, as soon as that is another one.
    pub(super) fn next_generation(&mut self) -> Result<u64, Failure> {
        self.line()?.parse().map_err(told)
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.lines.read_line(&mut line).map_err(told)?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// What the other process does: tells what a check takes, and then each generation by which it decides, until nobody
/// listens any more.
pub(super) fn run(directory: &Path, size: &Bench) -> Result<u8, Failure> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let attached = Instance::attach(directory).map_err(told)?;
    let roles: Vec<_> = (0..4).map(|n| role_id(size, scatter(n) % size.roles)).collect();
    let session_now = || attached.kernel().session_of("bench", &roles).map_err(told);
    let session = session_now()?;
    let names: Vec<String> =
        (0..256).map(|n| format!("Bench_Resource_{}", scatter(n) % size.resources)).collect();
    let mut at = 0;
    let by_name = each(4_096, || {
        at = (at + 1) & 255;
        let name = names.get(black_box(at)).map_or("", String::as_str);
        black_box(session.granted(name, Permissions::READ).is_granted());
    });
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(told);
    say(format!("{by_name}\n"))?;
    let mut last = session.generation();
    loop {
        let generation = session_now()?.generation();
        if generation != last {
            last = generation;
            say(format!("{generation}\n"))?;
        }
    }
}
