//! An instance that is served and then not: programs in C and Python go on deciding, as somebody who may only read.

use crate::{PASSWORD, Scratch, said};
use nix::sys::signal::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Whom programs run as, where the test may choose: nobody in particular, in a group that may read.
const STRANGER: u32 = 54_322;
const READERS: u32 = 54_321;
const OTHERS: u32 = 54_399;

#[test]
fn programs_in_c_and_python_decide_with_the_server_dead() {
    let site = Site::new();
    let server = site.scratch.serve(&["--listen", "none"]);
    site.fetch_ticket();
    server.stop(Signal::SIGKILL);
    let programs = site.programs();
    let running: Vec<_> = programs.iter().map(|words| site.first_answers(words)).collect();
    // The owner changes something, still without a server, and they see it.
    site.scratch.ok(&["resource", "delete", "AppData"]);
    for (mut child, mut lines) in running {
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let mut text = String::new();
        lines.read_line(&mut text).unwrap();
        assert_eq!(text, "afterwards: 0010\n");
        assert!(child.wait().unwrap().success());
    }
    if site.as_others {
        for words in &programs {
            site.refuses_outsiders(words);
        }
        site.is_read_only();
    }
}

/// An instance, and somebody else's folder beside it.
struct Site {
    scratch: Scratch,
    own: PathBuf,
    as_others: bool,
}

impl Site {
    fn new() -> Self {
        let as_others = nix::unistd::geteuid().is_root();
        if !as_others {
            let why = "only the superuser can become somebody else, so the programs run as the owner";
            let _ = writeln!(std::io::stderr(), "skipped in part: {why}");
        }
        let scratch = Scratch::new();
        for call in [
            &["resource", "create", "AppData"][..],
            &["resource", "create", "Ward"],
            &["role", "create", "Reader", "--set", "Resources=AppData:R,Ward:U"],
            &["user", "create", "ann", "--set", "Roles=Reader"],
        ] {
            scratch.ok(call);
        }
        let own = scratch.0.path().join("own");
        fs::create_dir(&own).unwrap();
        if as_others {
            chown(scratch.data(), None, Some(READERS)).unwrap();
            chown(&own, Some(STRANGER), Some(READERS)).unwrap();
            fs::set_permissions(scratch.0.path(), fs::Permissions::from_mode(0o711)).unwrap();
        }
        let site = Self { scratch, own, as_others };
        // The programs themselves may lie where that user cannot look.
        for (name, from) in [
            ("sclera", PathBuf::from(env!("CARGO_BIN_EXE_sclera"))),
            ("libsclera_capi.so", built("libsclera_capi.so")),
            ("program.py", of_package("tests/c_interface/program.py")),
        ] {
            fs::copy(from, site.path(name)).unwrap();
            fs::set_permissions(site.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.0.path().join(name)
    }

    fn ticket(&self) -> PathBuf {
        self.own.join("ticket")
    }

    /// A program that is about to be run by somebody else, in a group.
    fn command(&self, program: impl AsRef<Path>, group: u32) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.own).env_clear();
        if self.as_others {
            command.uid(STRANGER).gid(group);
        }
        command
    }

    /// Gets a ticket over the socket, once `%Service_CallIn` is open.
    fn fetch_ticket(&self) {
        let ask = || {
            let mut command = self.command(self.path("sclera"), READERS);
            command.env("HOME", &self.own).env("SCLERA_DATA", self.scratch.data());
            command.env("SCLERA_AS", "ann").env("SCLERA_PASSWORD", PASSWORD);
            said(&command.args(["session", "ticket", "ticket"]).output().unwrap())
        };
        let refused = ask();
        assert!(refused.0 == 3 && refused.2 == "sclera: ERROR #822: Access Denied\n", "{refused:?}");
        assert!(!self.ticket().exists());
        let events = self.scratch.ok(&["audit", "list", "--json", "--limit", "9"]);
        assert!(events.contains("%Service_CallIn") && events.contains("#800"), "{events}");
        self.scratch.ok(&["service", "modify", "%Service_CallIn", "--set", "Enabled=1"]);
        let given = ask();
        assert!(given.0 == 0 && given.1.contains("a ticket of ann, good for 3600 seconds"), "{given:?}");
        assert_eq!(fs::metadata(self.ticket()).unwrap().mode() & 0o777, 0o600);
    }

    /// The programs that can be run here, each with its first words.
    fn programs(&self) -> Vec<Vec<PathBuf>> {
        let linked = ["shared", "static"].into_iter().filter_map(|linked| Some(vec![self.compile(linked)?]));
        let python = ["/usr/bin/python3", "/usr/local/bin/python3"].map(PathBuf::from);
        let python = python.into_iter().find(|path| path.exists());
        if python.is_none() {
            println!("skipped: there is no Python that everybody may run");
        }
        let script =
            python.map(|python| vec![python, self.path("program.py"), self.path("libsclera_capi.so")]);
        linked.chain(script).collect()
    }

    fn compile(&self, linked: &str) -> Option<PathBuf> {
        let program = self.path(linked);
        let mut compile = Command::new("cc");
        compile.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-o"]).arg(&program);
        compile.arg("-I").arg(of_package("../../sclera-capi/include"));
        compile.arg(of_package("tests/c_interface/program.c"));
        if linked == "shared" {
            compile.arg("-L").arg(self.path("")).args(["-lsclera_capi", "-Wl,-rpath,$ORIGIN"]);
        } else {
            compile.arg(built("libsclera_capi.a")).args(["-lpthread", "-ldl", "-lm"]);
        }
        let Ok(output) = compile.output() else {
            println!("skipped: there is no C compiler");
            return None;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(program)
    }

    fn start(&self, words: &[PathBuf], group: u32) -> Child {
        let (program, rest) = words.split_first().unwrap();
        let mut command = self.command(program, group);
        command.args(rest).arg(self.scratch.data()).arg(self.ticket());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn first_answers(&self, words: &[PathBuf]) -> (Child, BufReader<ChildStdout>) {
        let mut child = self.start(words, READERS);
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        lines.read_line(&mut text).unwrap();
        lines.read_line(&mut text).unwrap();
        let mut why = String::new();
        if text.is_empty() {
            child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        }
        assert_eq!(text, "ann Reader: 100 1 10\nchanged ticket: 6 1\n", "{words:?}: {why}");
        (child, lines)
    }

    /// Who is not of the group may not even read.
    fn refuses_outsiders(&self, words: &[PathBuf]) {
        let mut outsider = self.start(words, OTHERS);
        drop(outsider.stdin.take());
        let (code, out, err) = said(&outsider.wait_with_output().unwrap());
        assert!(code != 0 && out.is_empty() && err.contains("attach: 4: "), "{out}{err}");
    }

    /// Who is of the group may read, and nothing else.
    fn is_read_only(&self) {
        const TRIES: &str = r#"
            for file in "$1"/page "$1"/*.image; do
                test -r "$file" || exit 1
                if (: >> "$file") 2> /dev/null; then exit 2; fi
            done
            if (: > "$1/new") 2> /dev/null; then exit 3; fi
        "#;
        let about = fs::metadata(self.scratch.data()).unwrap();
        let shared = format!("/dev/shm/sclera-{}-{:x}-{:x}", about.uid(), about.dev(), about.ino());
        let mut command = self.command("/bin/sh", READERS);
        let tried = said(&command.args(["-c", TRIES, "sh", &shared]).output().unwrap());
        assert_eq!(tried, (0, String::new(), String::new()));
    }
}

fn of_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The newest library of this name that was built along with the tests.
fn built(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let paths = tests.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    let made = |path: &PathBuf| fs::metadata(path).and_then(|about| about.modified()).ok();
    let newest = paths.filter(|path| path.exists()).max_by_key(made);
    newest.unwrap()
}
