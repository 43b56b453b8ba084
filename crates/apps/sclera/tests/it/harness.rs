//! A scratch instance, and calls of the command on it.
//!
//! Making an instance hashes passwords, which takes seconds; so each kind is made once a run and copied for each test.
//! Whatever a test is about, every call is also judged by what holds for all of them ([`Said::judge`]).

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use tempfile::TempDir;

/// The account of whoever owns the scratch instances.
pub(crate) const OWNER: &str = "owner";
/// A password that follows the rules of every kind of instance.
pub(crate) const PASSWORD: &str = "Kestrel-Orbit-77";
/// Another one.
pub(crate) const OTHER_PASSWORD: &str = "Basalt-Violin-42";

/// What a scratch instance is a copy of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As `init` makes it.
    Plain,
    /// With the work factors of IRIS, so that passwords cost little.
    Compatible,
    /// With the predefined objects of Caché.
    Cache,
    /// A compatible one with a history: users, roles, SQL privileges, refusals.
    Worked,
}

impl Kind {
    const fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::Compatible | Self::Worked => &["--profile", "compatible"],
            Self::Cache => &["--profile", "compatible", "--product", "cache"],
        }
    }

    /// The folder that is copied; its instance is made when it is first asked for.
    fn template(self) -> &'static Path {
        static MADE: [OnceLock<PathBuf>; 4] = [const { OnceLock::new() }; 4];
        MADE[self as usize].get_or_init(|| {
            let folder = run_folder().join(format!("{self:?}"));
            fs::create_dir(&folder).unwrap();
            if self == Self::Worked {
                copy(Self::Compatible.template(), &folder);
                work(&Scratch::at(folder.clone()));
            } else {
                let init = ["init", "--owner", OWNER].iter().chain(self.flags());
                Scratch::at(folder.clone()).call(init).unjudged().is(0);
            }
            folder
        })
    }
}

/// Where this run keeps its templates. Those of runs that are over are cleared away.
fn run_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("templates");
        fs::create_dir_all(&all).unwrap();
        let own = std::process::id().to_string();
        for entry in all.read_dir().unwrap().flatten() {
            // Numbers of processes come again, and ours has made none yet.
            let is_over = !Path::new("/proc").join(entry.file_name()).exists();
            if is_over || entry.file_name() == own.as_str() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let folder = all.join(own);
        fs::create_dir(&folder).unwrap();
        folder
    })
}

/// Gives an instance a history of one change a commit, and some refusals.
fn work(scratch: &Scratch) {
    for call in [
        &["resource", "create", "AppData", "--set", "Description=What it is about"][..],
        &["resource", "create", "%DB_WARD", "--set", "PublicPermission=R"],
        &["role", "create", "Reader", "--set", "Resources=AppData:R"],
        &["role", "create", "Writer", "--set", "Resources=AppData:RW", "--set", "GrantedRoles=Reader"],
        &["user", "create", "ann", "--set", "Roles=Reader", "--set", "FullName=Ann Lee"],
        &["user", "create", "bob", "--set", "Roles=Writer"],
        &["user", "create", "gone"],
        &["user", "modify", "ann", "--set", "Comment=First"],
        &["user", "modify", "ann", "--set", "Comment=Second"],
        &["user", "delete", "gone"],
        &["sql-privilege", "create", "ann", "SELECT", "--object", "table Ward.Patient"],
        &["sql-privilege", "create", "Reader", "INSERT", "--object", "table Ward.Patient"],
        &["application", "create", "/app", "--set", "Resource=AppData"],
        &["event", "create", "Mine/Type/Name", "--set", "Enabled=0"],
        &["ssl", "create", "Front", "--set", "Enabled=0"],
        &["token", "create", "Front", "--user", "ann", "--scopes", "gate"],
        &["ldap", "create", "site.example"],
        &["phone-provider", "create", "Acme", "--set", "SMSGateway=sms.example.org"],
        &["docdb", "create", "USER/Orders", "--set", "Resource=AppData"],
        &["x509-user", "create", "CN=ann", "--set", "Username=ann"],
        &["superserver", "create", "1972", "--set", "EnableCSP=1"],
        &["superserver", "create", "127.0.0.1:1973"],
    ] {
        scratch.call(call).is(0);
    }
    scratch.call(["user", "create", "clerk"]).env("SCLERA_NEW_PASSWORD", PASSWORD).is(0);
    for _ in 0..3 {
        scratch.call(["user", "list"]).log_in("clerk", PASSWORD).is(3);
    }
}

/// A folder of one's own with an instance in it.
pub(crate) struct Scratch {
    folder: PathBuf,
    /// Removes the folder at the end; a template stays.
    _own: Option<TempDir>,
}

impl Scratch {
    /// A copy of an instance.
    pub(crate) fn new(kind: Kind) -> Self {
        let scratch = Self::empty();
        copy(kind.template(), &scratch.folder);
        scratch
    }

    /// A folder without an instance.
    pub(crate) fn empty() -> Self {
        let own = tempfile::tempdir().unwrap();
        Self { folder: own.path().to_owned(), _own: Some(own) }
    }

    fn at(folder: PathBuf) -> Self {
        Self { folder, _own: None }
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A path in the folder, beside the data directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file beside the data directory and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A call of the command on the instance.
    pub(crate) fn call<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Call {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sclera"));
        // Nothing of whoever runs the tests gets in.
        command.env_clear().env("HOME", &self.folder).env("SCLERA_DATA", self.data());
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let arguments: Vec<OsString> = arguments.into_iter().map(|word| word.as_ref().to_owned()).collect();
        command.args(&arguments);
        Call { command, arguments, input: Vec::new(), judged: true }
    }

    /// What a successful call says.
    pub(crate) fn ok<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        self.call(arguments).is(0).out
    }

    /// The line that a call is refused with.
    pub(crate) fn refused<A: AsRef<OsStr>>(
        &self,
        code: i32,
        arguments: impl IntoIterator<Item = A>,
    ) -> String {
        self.call(arguments).is(code).err
    }

    /// The JSON that a successful call says.
    pub(crate) fn json<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Value {
        self.call(arguments).word("--json").is(0).json()
    }

    /// The number of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.json(["status"])["Revision"].as_u64().unwrap()
    }

    /// All settings and users as text.
    pub(crate) fn exported(&self) -> String {
        self.ok(["export", "-"])
    }

    /// Asserts that the trail is intact.
    pub(crate) fn is_intact(&self) {
        self.ok(["audit", "verify"]);
    }

    /// A file of the data directory.
    pub(crate) fn database(&self, name: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.data().join(name)).unwrap()
    }
}

/// Copies what is in a folder, with its modes.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
            fs::set_permissions(&target, entry.metadata().unwrap().permissions()).unwrap();
        } else {
            // A key that is there already can be replaced and not written.
            let _ = fs::remove_file(&target);
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The permission bits of a file.
pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A call that is about to be made.
pub(crate) struct Call {
    command: Command,
    arguments: Vec<OsString>,
    input: Vec<u8>,
    judged: bool,
}

impl Call {
    pub(crate) fn word(mut self, word: &str) -> Self {
        self.command.arg(word);
        self.arguments.push(word.into());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Logs in by name and password.
    pub(crate) fn log_in(self, user: &str, password: &str) -> Self {
        self.env("SCLERA_AS", user).env("SCLERA_PASSWORD", password)
    }

    pub(crate) fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        input.as_ref().clone_into(&mut self.input);
        self.command.stdin(Stdio::piped());
        self
    }

    /// For the one call that shows passwords.
    pub(crate) fn unjudged(mut self) -> Self {
        self.judged = false;
        self
    }

    /// Starts the call and leaves it alone.
    pub(crate) fn start(&mut self) -> Child {
        self.command.spawn().unwrap()
    }

    /// Makes the call and judges what it says.
    pub(crate) fn said(mut self) -> Said {
        let mut child = self.start();
        if !self.input.is_empty() {
            // Whoever refuses early does not read to the end.
            let _ = child.stdin.take().unwrap().write_all(&self.input);
        }
        let said = Said::of(&patiently(child), &self.arguments);
        if self.judged {
            said.judge();
        }
        said
    }

    /// Makes the call, which ends with a code.
    pub(crate) fn is(self, code: i32) -> Said {
        let said = self.said();
        assert_eq!(said.code, code, "{said:?}");
        said
    }
}

/// Waits for the end of a call; one that goes on for ever is killed, and has no exit code.
fn patiently(child: Child) -> Output {
    const PATIENCE: Duration = Duration::from_secs(120);
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (ended, watched) = channel::<()>();
    let watch = std::thread::spawn(move || {
        if watched.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = kill(pid, Signal::SIGKILL);
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    watch.join().unwrap();
    output
}

/// What a call said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) call: String,
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    is_json: bool,
    /// What is on stdout is for programs.
    is_data: bool,
}

impl Said {
    fn of(output: &Output, arguments: &[OsString]) -> Self {
        let words = arguments.iter().map(|word| word.to_string_lossy());
        Self {
            call: words.map(|word| word.chars().take(60).collect::<String>() + " ").collect(),
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
            is_json: arguments.iter().any(|word| word == "--json"),
            is_data: output.stdout.starts_with(b"{") || output.stdout.starts_with(b"["),
        }
    }

    /// The one JSON value on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What holds for every call: a refusal says nothing on stdout and one line on stderr, which is JSON where that
    /// was asked for; nothing on stderr can play tricks with a terminal; no secret is shown.
    pub(crate) fn judge(&self) {
        let lines = self.err.lines().count();
        assert!((0..=4).contains(&self.code), "{self:?}");
        if self.code > 1 {
            assert!(self.out.is_empty(), "{self:?}");
            assert_eq!(lines, 1, "{self:?}");
            assert!(self.err.len() < 2_000, "a line of {} bytes: {}", self.err.len(), self.call);
        } else {
            assert!(self.err.lines().all(|line| line.starts_with("sclera: warning: ")), "{self:?}");
        }
        if self.code > 1 && self.is_json {
            let error: Value = serde_json::from_str(&self.err).unwrap_or_else(|_| panic!("{self:?}"));
            let error = error.as_object().unwrap();
            assert_eq!(error.keys().collect::<Vec<_>>(), ["error"], "{self:?}");
            let (code, message) = (&error["error"]["code"], &error["error"]["message"]);
            assert!(!code.as_str().unwrap().is_empty() && !message.as_str().unwrap().is_empty(), "{self:?}");
        }
        let tricky = |c: char| c != '\n' && (c.is_control() || is_invisible(c));
        assert!(!self.err.contains(tricky), "{self:?}");
        assert!(self.is_data || !self.out.contains(tricky), "{self:?}");
        assert!(self.err.is_empty() || self.err.ends_with('\n'), "{self:?}");
        for secret in [PASSWORD, OTHER_PASSWORD] {
            assert!(!self.out.contains(secret) && !self.err.contains(secret), "{self:?}");
        }
    }
}

/// The characters that show nothing, or turn the direction of what follows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// A number of rounds, scaled by `SCLERA_LONG`.
pub(crate) fn rounds(short: u32) -> u32 {
    let factor = std::env::var("SCLERA_LONG").ok().and_then(|text| text.parse::<u32>().ok());
    short * factor.unwrap_or(1).max(1)
}

/// Small numbers that follow no pattern, for moments at which something is killed and places where bytes flip.
pub(crate) struct Dice(u64);

impl Dice {
    /// The same numbers each time, unless `SCLERA_SEED` says otherwise.
    pub(crate) fn new(seed: u64) -> Self {
        let given = std::env::var("SCLERA_SEED").ok().and_then(|text| text.parse::<u64>().ok());
        Self(given.unwrap_or_default().wrapping_add(seed).wrapping_mul(2).wrapping_add(1))
    }

    /// A number below a bound: xorshift*, Vigna 2016.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % bound
    }
}
