//! Second factors and due passwords at the command: keys, codes, and what is asked of somebody at a terminal.

use crate::harness::{Kind, OTHER_PASSWORD, PASSWORD, Scratch};
use sclera_testkit::authenticator::code;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TERMINAL: &str = "%Service_Terminal";
/// The bit of codes of an authenticator.
const TOTP: &str = "2097152";

/// An instance where terminals ask for codes, and `clerk` has a key.
fn clinic() -> Scratch {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["system", "modify", "--set", "AutheEnabled=2097200", "--set", "TwoFactorPWIssuer=Clinic 7"]);
    scratch.ok(["service", "modify", TERMINAL, "--set", "AutheEnabled=2097200"]);
    scratch.ok(["user", "modify", "clerk", "--set", &format!("AutheEnabled={TOTP}")]);
    scratch
}

fn key(scratch: &Scratch) -> String {
    scratch.json(["user", "totp", "clerk"])["Key"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_is_shown_to_administrators_and_made_anew() {
    let scratch = clinic();
    let shown = scratch.json(["user", "totp", "clerk"]);
    let key = shown["Key"].as_str().unwrap();
    let uri = format!("otpauth://totp/Clinic%207:clerk?secret={key}&issuer=Clinic%207");
    assert_eq!((shown["URI"].as_str(), shown["Issuer"].as_str()), (Some(uri.as_str()), Some("Clinic 7")));
    let text = scratch.ok(["user", "totp", "clerk"]);
    assert!(text.contains(key) && text.contains('█') && text.contains("account clerk"), "{text}");
    let svg = scratch.path("key.svg");
    scratch.ok(["user", "totp", "clerk", "--svg", svg.to_str().unwrap()]);
    assert!(std::fs::read_to_string(&svg).unwrap().contains("<svg"));
    assert_eq!(crate::harness::mode(&svg), 0o600);
    assert!(scratch.ok(["user", "totp", "clerk", "--svg", "-"]).ends_with("</svg>"));
    let renewed = scratch.json(["user", "totp", "clerk", "--renew"]);
    assert_ne!(renewed["Key"].as_str(), Some(key));
    assert_eq!(scratch.json(["user", "totp", "clerk"])["Key"], renewed["Key"]);
    let events = scratch.ok(["audit", "list", "--events", "Export"]);
    assert!(events.contains("key of one-time passwords of clerk"), "{events}");
    scratch
        .call(["user", "totp", "clerk"])
        .log_in("clerk", PASSWORD)
        .env("SCLERA_TOTP", code(&self::key(&scratch), 0))
        .is(3);
}

#[test]
fn a_code_is_good_once_for_every_process() {
    let scratch = clinic();
    let key = key(&scratch);
    let asked = |code: &str| {
        let call = scratch.call(["login", TERMINAL, "clerk"]);
        call.env("SCLERA_LOGIN_PASSWORD", PASSWORD).env("SCLERA_LOGIN_TOTP", code).said()
    };
    let last = code(&key, -1);
    assert_eq!(asked(&last).code, 0);
    let again = asked(&last);
    assert!(again.code == 1 && again.out.contains("was used already"), "{again:?}");
    assert_eq!(asked(&code(&key, 3)).code, 1, "of a later step");
    let none = scratch.call(["login", TERMINAL, "clerk"]).env("SCLERA_LOGIN_PASSWORD", PASSWORD).said();
    assert!(none.code == 1 && none.out.contains("no code came"), "{none:?}");
}

#[test]
fn the_command_asks_for_a_code_where_terminals_do() {
    let scratch = clinic();
    let key = key(&scratch);
    let with =
        |code: &str| scratch.call(["check", "AppData"]).log_in("clerk", PASSWORD).env("SCLERA_TOTP", code);
    scratch.call(["check", "AppData"]).log_in("clerk", PASSWORD).is(3);
    with("000000").is(3);
    let last = code(&key, -1);
    with(&last).is(0);
    with(&last).is(3);
    let change = || scratch.call(["user", "passwd", "clerk"]).log_in("clerk", PASSWORD);
    change().env("SCLERA_NEW_PASSWORD", OTHER_PASSWORD).is(3);
    change().env("SCLERA_NEW_PASSWORD", OTHER_PASSWORD).env("SCLERA_TOTP", code(&key, 0)).is(0);
}

/// A command at a terminal of its own, which `script` of util-linux makes.
pub(crate) struct Terminal {
    child: Child,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    pub(crate) fn start(scratch: &Scratch, words: &str) -> Option<Self> {
        let mut command = Command::new("script");
        command.args(["-qec", &format!("'{}' {words}", env!("CARGO_BIN_EXE_sclera")), "/dev/null"]);
        command.env_clear().env("HOME", scratch.path("")).env("SCLERA_DATA", scratch.data());
        command.env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh").current_dir(scratch.path(""));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else {
            eprintln!("skipped: `script` is not installed");
            return None;
        };
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut out, kept) = (child.stdout.take().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok(read @ 1..) = out.read(&mut buffer) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        Some(Self { child, shown })
    }

    /// Waits for a prompt, answers it, and gives what was shown until then.
    pub(crate) fn answer(&mut self, prompt: &str, text: &str) -> String {
        let shown = self.until(prompt);
        self.type_line(text);
        shown
    }

    pub(crate) fn type_line(&mut self, text: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    pub(crate) fn until(&mut self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let mut shown = self.shown.lock().unwrap();
            if shown.contains(text) {
                return std::mem::take(&mut *shown);
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no `{text}` in {shown}");
            drop(shown);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Terminal {
    pub(crate) fn status(self) -> i32 {
        let (code, shown) = self.take_end();
        assert!(!shown.contains(PASSWORD) && !shown.contains(OTHER_PASSWORD), "{shown}");
        code
    }

    fn take_end(mut self) -> (i32, String) {
        let code = self.child.wait().unwrap().code().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let shown = self.shown.lock().unwrap().clone();
        (code, shown)
    }
}

/// Password, the key at the first login, code, and a new password, directly or through the server.
fn talk(scratch: &Scratch) {
    scratch.ok(["user", "modify", "clerk", "--set", "HOTPKeyDisplay=1", "--set", "ChangePassword=1"]);
    let key = key(scratch);
    let Some(mut terminal) = Terminal::start(scratch, "--as clerk check AppData") else { return };
    terminal.answer("Password of clerk: ", PASSWORD);
    let shown = terminal.answer("Code: ", &code(&key, -1));
    assert!(shown.contains(&key) && shown.contains('█') && shown.contains("Issuer Clinic 7"), "{shown}");
    let shown = terminal.answer("New password: ", OTHER_PASSWORD);
    assert!(shown.contains("#935"), "{shown}");
    terminal.answer("Once more: ", "something else");
    terminal.answer("The two differ.", OTHER_PASSWORD);
    terminal.answer("Once more: ", OTHER_PASSWORD);
    assert_eq!(terminal.status(), 0);
    scratch.call(["check", "AppData"]).log_in("clerk", PASSWORD).env("SCLERA_TOTP", code(&key, 0)).is(3);
    // Now the key is known, and the password new.
    let mut terminal = Terminal::start(scratch, &format!("login {TERMINAL} clerk")).unwrap();
    terminal.answer("Password of clerk at", OTHER_PASSWORD);
    let shown = terminal.answer("Code: ", &code(&key, 0));
    assert!(!shown.contains(&key), "{shown}");
    assert_eq!(terminal.status(), 0);
    // Who says nothing is not let in.
    let mut terminal = Terminal::start(scratch, "--as clerk check AppData").unwrap();
    terminal.answer("Password of clerk: ", OTHER_PASSWORD);
    terminal.answer("Code: ", "");
    let (code, shown) = terminal.take_end();
    assert!(code == 3 && shown.contains("#834"), "{shown}");
    scratch.is_intact();
}

#[test]
fn somebody_at_a_terminal_is_asked() {
    talk(&clinic());
}

#[test]
fn somebody_at_a_terminal_is_asked_by_the_server() {
    let scratch = clinic();
    let mut server = scratch.call(["serve", "--listen", "none"]).start();
    let begun = Instant::now();
    while !scratch.data().join("run/sclera.sock").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(10));
    }
    let talked = std::panic::catch_unwind(|| talk(&scratch));
    let _ = server.kill();
    let _ = server.wait();
    talked.unwrap();
}
