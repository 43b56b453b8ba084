//! What a site brings: programs and hooks of delegated authentication, and ways for codes by text message; each for real.

use crate::harness::{Kind, OTHER_PASSWORD, PASSWORD, Scratch};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const TERMINAL: &str = "%Service_Terminal";

/// An instance whose terminals take delegated authentication and passwords.
fn clinic(configuration: &str) -> Scratch {
    let scratch = Scratch::new(Kind::Worked);
    // 8192 delegated, 32 password, 16 operating system, 65536 its roles from the program, 1048576 text messages.
    let sender = ["--set", "SMTPServer=127.0.0.1:1", "--set", "TwoFactorFrom=sclera@clinic.example"];
    scratch.ok(["system", "modify", "--set", "AutheEnabled=1122352"].iter().chain(&sender));
    scratch.ok(["service", "modify", TERMINAL, "--set", "AutheEnabled=8224"]);
    fs::write(scratch.data().join("sclera.toml"), configuration).unwrap();
    scratch
}

fn program(scratch: &Scratch, script: &str) {
    let hooks = scratch.data().join("hooks");
    let _ = fs::create_dir(&hooks);
    fs::set_permissions(&hooks, Permissions::from_mode(0o700)).unwrap();
    let path = hooks.join("login");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
}

/// Asks the gate: the exit code, and what an administrator sees.
fn asked(scratch: &Scratch, user: &str, password: &str) -> (i32, String) {
    let said = scratch.call(["login", TERMINAL, user]).env("SCLERA_LOGIN_PASSWORD", password).said();
    (said.code, said.out)
}

/// A script that knows two people.
const SCRIPT: &str = r#"
read -r asked
case "$asked" in
  *'"Username":"eva"'*'"Password":"geheim"'*)
    echo '{"Status":"OK","Properties":{"Roles":"Reader,NoSuch","FullName":"Eva Lind","Attributes":{"Ward":"7"}}}';;
  *'"Username":"old"'*) echo '{"Status":"UserAccountIsExpired","Message":"since May"}';;
  *) echo '{"Status":"AccessDenied"}';;
esac"#;

#[test]
fn a_program_of_the_site_makes_and_updates_users() {
    let scratch = clinic("[delegated]\nprogram = \"login\"\npatience_ms = 5000\n");
    program(&scratch, SCRIPT);
    let (code, out) = asked(&scratch, "eva", "geheim");
    assert!(code == 0 && out.contains("with the roles Reader"), "{out}");
    let eva = scratch.json(["user", "show", "eva"]);
    assert_eq!((&eva["Type"], &eva["FullName"]), (&json!("Delegated user"), &json!("Eva Lind")));
    assert_eq!(eva["Attributes"], "Ward=7");
    assert_eq!(asked(&scratch, "eva", "wrong").0, 1);
    assert!(asked(&scratch, "old", "x").1.contains("since May"), "administrators learn why");
    // An account that is kept here keeps its name, and its password counts.
    assert_eq!(asked(&scratch, "clerk", PASSWORD).0, 0);
    assert_eq!(asked(&scratch, "clerk", "geheim").0, 1);
    program(&scratch, r#"echo '{"Status":"OK","Properties":{"Roles":"Writer"}}'"#);
    assert_eq!(asked(&scratch, "eva", "anything").0, 0);
    let eva = scratch.json(["user", "show", "eva"]);
    assert_eq!(
        (&eva["Roles"], &eva["FullName"]),
        (&json!("Writer"), &json!("")),
        "there is no partial update"
    );
    program(&scratch, r#"echo '{"Status":"OK","Properties":{"Roles":"%All"}}'"#);
    scratch.ok(["system", "modify", "--set", "DirectoryMayGrantAll=0"]);
    assert_eq!(asked(&scratch, "eva", "anything").0, 1, "nobody gives %All here");
    scratch.is_intact();
}

#[test]
fn a_program_that_does_not_answer_as_it_should_lets_nobody_in() {
    let scratch = clinic("[delegated]\nprogram = \"login\"\npatience_ms = 700\n");
    for script in [
        "exec sleep 60",
        "sleep 60 & exit 0",
        "exec yes '{\"Status\":\"OK\"}'",
        "echo '{\"Status\":\"OK\"'",
        "echo '{\"Status\":\"OK\",\"Properties\":{\"Role\":\"%All\"}}'",
        "echo '{\"Status\":\"OK\"}'; exit 1",
        "kill -SEGV $$",
        "exit 0",
    ] {
        program(&scratch, script);
        let begun = Instant::now();
        assert_eq!(asked(&scratch, "eva", "geheim").0, 1, "{script}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{script}: {:?}", begun.elapsed());
        assert_eq!(asked(&scratch, "clerk", PASSWORD).0, 0, "nobody else is in the way");
    }
    assert!(scratch.ok(["user", "list", "eva"]).lines().count() < 2);
}

#[test]
fn secrets_stand_neither_in_arguments_nor_in_the_environment() {
    let scratch = clinic("[delegated]\nprogram = \"login\"\npatience_ms = 5000\n");
    let seen = scratch.path("seen");
    let script = format!(
        "(tr '\\0' ' ' < /proc/$$/cmdline; env; tr '\\0' ' ' < /proc/$$/environ) > {0}; cat > {0}.stdin; echo '{{\"Status\":\"OK\"}}'",
        seen.display()
    );
    program(&scratch, &script);
    assert_eq!(asked(&scratch, "eva", OTHER_PASSWORD).0, 0);
    let elsewhere = fs::read_to_string(&seen).unwrap();
    assert!(!elsewhere.contains(OTHER_PASSWORD) && !elsewhere.contains("eva"), "{elsewhere}");
    let stdin: Value =
        serde_json::from_str(&fs::read_to_string(scratch.path("seen.stdin")).unwrap()).unwrap();
    assert_eq!((&stdin["Call"], &stdin["Password"]), (&json!("Authenticate"), &json!(OTHER_PASSWORD)));
    assert_eq!(stdin["Service"], TERMINAL);
}

#[test]
fn a_program_gives_credentials_and_roles_to_os_users() {
    let scratch = clinic("[delegated]\nprogram = \"login\"\ncredentials = true\npatience_ms = 5000\n");
    program(
        &scratch,
        &format!(
            r#"read -r asked
case "$asked" in
  *GetCredentials*) echo '{{"Status":"OK","Username":"clerk","Password":"{PASSWORD}"}}';;
  *Authorize*) echo '{{"Status":"OK","Properties":{{"Roles":"Writer"}}}}';;
  *) echo '{{"Status":"AccessDenied"}}';;
esac"#
        ),
    );
    let (code, out) = asked(&scratch, "whoever", "x");
    assert!(code == 0 && out.contains("admitted: clerk"), "{out}");
}

#[test]
fn what_cannot_be_run_is_no_configuration() {
    let scratch = clinic("[delegated]\nprogram = \"login\"\n");
    assert!(scratch.refused(4, ["check-config"]).contains("hooks/login"));
    program(&scratch, "exit 0");
    assert!(scratch.ok(["check-config"]).contains("program hooks/login"));
    fs::set_permissions(scratch.data().join("hooks/login"), Permissions::from_mode(0o722)).unwrap();
    scratch.refused(4, ["check-config"]);
    for wrong in [
        "[delegated]\n",
        "[delegated]\nprogram = \"login\"\nurl = \"https://x/\"\n",
        "[delegated]\nurl = \"http://192.0.2.1/\"\n",
        "[delegated]\nprogram = \"login\"\npatience_ms = 0\n",
        "[delegated]\nprogram = \"login\"\ntoken_file = \"x\"\n",
        "[codes]\nby = \"pigeon\"\n",
        "[codes]\nby = \"webhook\"\n",
        "[codes]\nby = \"mail\"\nurl = \"https://x/\"\n",
        "[codes]\nby = \"webhook\"\nurl = \"https://x/\"\ntls = \"none\"\n",
    ] {
        fs::write(scratch.data().join("sclera.toml"), wrong).unwrap();
        scratch.refused(3, ["check-config"]);
    }
}

/// A hook on this machine, which answers every request with what the function says.
fn hook(answer: impl Fn(&str, &Value) -> Option<String> + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                if let Some(number) = line.strip_prefix("Content-Length: ") {
                    length = number.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let body = serde_json::from_slice(&body).unwrap();
            match answer(&head, &body) {
                Some(answer) => {
                    let whole =
                        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
                    let _ = stream.get_mut().write_all(whole.as_bytes());
                }
                None => std::thread::sleep(Duration::from_secs(2)),
            }
        }
    });
    port
}

#[test]
fn a_hook_over_http_answers_as_a_program_does() {
    let port = hook(|head, asked| {
        assert!(head.contains("Authorization: Bearer token-7"), "{head}");
        match asked["Username"].as_str().unwrap() {
            "eva" => Some(r#"{"Status":"OK","Properties":{"Roles":"Reader"}}"#.to_owned()),
            "hang" => None,
            _ => Some(r#"{"Status":"AccessDenied"}"#.to_owned()),
        }
    });
    let configuration = format!(
        "[delegated]\nurl = \"http://127.0.0.1:{port}/login\"\ntoken_file = \"hook.token\"\npatience_ms = 900\n"
    );
    let scratch = clinic(&configuration);
    let token = scratch.data().join("hook.token");
    fs::write(&token, "token-7\n").unwrap();
    fs::set_permissions(&token, Permissions::from_mode(0o644)).unwrap();
    scratch.refused(4, ["check-config"]);
    fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(asked(&scratch, "eva", "x").0, 0);
    assert_eq!(asked(&scratch, "mallory", "x").0, 1);
    let begun = Instant::now();
    assert_eq!(asked(&scratch, "hang", "x").0, 1);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

// Codes.

/// A mail sink: every letter that it took on.
fn sink() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, letters) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = letter(stream.unwrap()).map(|letter| sender.send(letter));
        }
    });
    (port, letters)
}

fn letter(stream: TcpStream) -> std::io::Result<String> {
    let mut out = stream.try_clone()?;
    out.write_all(b"220 sink\r\n")?;
    let (mut letter, mut is_data) = (String::new(), false);
    for line in BufReader::new(stream).lines() {
        let line = line?;
        letter.push_str(&line);
        letter.push('\n');
        match (is_data, line.as_str()) {
            (true, ".") => {
                out.write_all(b"250 taken on\r\n")?;
                return Ok(letter);
            }
            (true, _) => {}
            (false, "DATA") => {
                is_data = true;
                out.write_all(b"354 go on\r\n")?;
            }
            (false, _) => out.write_all(b"250 well\r\n")?,
        }
    }
    Ok(letter)
}

/// `clerk` has a telephone, and terminals ask for codes.
fn with_telephone(scratch: &Scratch) {
    scratch.ok(["service", "modify", TERMINAL, "--set", "AutheEnabled=1048608"]);
    let telephone =
        ["--set", "PhoneNumber=4917012", "--set", "PhoneProvider=Verizon", "--set", "AutheEnabled=1048576"];
    let words = ["user", "modify", "clerk"].iter().chain(&telephone);
    scratch.ok(words);
}

/// Logs in at a terminal with the code that arrived.
fn with_code(scratch: &Scratch, code: impl FnOnce() -> String) -> Option<i32> {
    let mut terminal = crate::factors::Terminal::start(scratch, &format!("login {TERMINAL} clerk"))?;
    terminal.answer("Password of clerk at", PASSWORD);
    let shown = terminal.until("Code by text message, good until");
    let code = code();
    assert!(!shown.contains(&code));
    terminal.type_line(&code);
    Some(terminal.status())
}

fn code_in(text: &str) -> String {
    let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find(is_code)
        .unwrap_or_else(|| panic!("{text}"))
        .to_owned()
}

#[test]
fn a_code_comes_by_mail() {
    let (port, letters) = sink();
    let scratch = clinic("[codes]\nby = \"mail\"\ntls = \"none\"\n");
    let server = format!("SMTPServer=127.0.0.1:{port}");
    scratch.ok(["system", "modify", "--set", &server]);
    with_telephone(&scratch);
    let arrived = || letters.recv_timeout(Duration::from_secs(20)).unwrap();
    let Some(code) = with_code(&scratch, || {
        let letter = arrived();
        assert!(letter.contains("RCPT TO:<4917012@vtext.com>"), "{letter}");
        assert!(
            letter.contains("Subject: Security Token")
                && letter.contains("MAIL FROM:<sclera@clinic.example>")
        );
        code_in(&letter)
    }) else {
        return;
    };
    assert_eq!(code, 0);
    // A wrong one takes a new login, and the first is of no use for the second.
    let mut old = String::new();
    assert_eq!(
        with_code(&scratch, || {
            old = code_in(&arrived());
            "00000000".to_owned()
        }),
        Some(1)
    );
    assert_eq!(
        with_code(&scratch, || {
            let _ = arrived();
            old.clone()
        }),
        Some(1)
    );
    // Nothing that was sent stands anywhere.
    for text in [scratch.ok(["audit", "list", "--limit", "1000", "--json"]), scratch.exported()] {
        assert!(!text.contains(&old));
    }
    // A provider of the settings is one, too, and comes before those that are known.
    scratch.ok(["phone-provider", "create", "Verizon", "--set", "SMSGateway=sms.clinic.example"]);
    let told = with_code(&scratch, || {
        let letter = arrived();
        assert!(letter.contains("RCPT TO:<4917012@sms.clinic.example>"), "{letter}");
        code_in(&letter)
    });
    assert_eq!(told, Some(0));
    scratch.refused(3, ["phone-provider", "modify", "Verizon", "--set", "SMSGateway=a b"]);
    scratch.ok(["user", "modify", "clerk", "--set", "PhoneProvider=NoSuch"]);
    let refused = scratch.call(["login", TERMINAL, "clerk"]).env("SCLERA_LOGIN_PASSWORD", PASSWORD).said();
    assert_eq!(refused.code, 1, "nobody can be asked: {refused:?}");
    scratch.is_intact();
}

/// A server over HTTP; it ends with its test.
struct Serving(std::process::Child, String);

impl Serving {
    fn of(scratch: &Scratch) -> Self {
        let mut child = scratch.call(["serve"]).start();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}"));
        Self(child, address.trim().to_owned())
    }

    /// Posts to the sign-in of the management API: the status and the body.
    fn sign_in(&self, body: &Value) -> (u16, String) {
        self.post("/api/admin/login", "application/json", &body.to_string())
    }

    fn post(&self, path: &str, kind: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.1).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Type: {kind}");
        stream.write_all(format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Over HTTP there is no dialogue: whoever signs in comes again with the code, and nobody else learns that one was sent.
#[test]
fn whoever_signs_in_over_http_comes_again_with_the_code() {
    let (port, letters) = sink();
    let scratch = clinic("listen = \"127.0.0.1:0\"\n[codes]\nby = \"mail\"\ntls = \"none\"\n");
    scratch.ok(["system", "modify", "--set", &format!("SMTPServer=127.0.0.1:{port}")]);
    with_telephone(&scratch);
    scratch.ok(["user", "modify", "clerk", "--set", "Roles=%Manager"]);
    for application in ["/api/admin", "/api/sclera"] {
        scratch.ok(["application", "modify", application, "--set", "AutheEnabled=1048608"]);
    }
    let arrived = || code_in(&letters.recv_timeout(Duration::from_secs(20)).unwrap());
    let serving = Serving::of(&scratch);
    let first = json!({ "user": "clerk", "password": PASSWORD });
    let with = |code: &str| json!({ "user": "clerk", "password": PASSWORD, "code": code });
    let wrong = serving.sign_in(&json!({ "user": "clerk", "password": "wrong" }));
    assert_eq!(wrong.0, 401);
    assert_eq!(serving.sign_in(&first), wrong, "that a code was sent is told to its telephone alone");
    let code = arrived();
    let (status, tokens) = serving.sign_in(&with(&code));
    assert!(status == 200 && tokens.contains("access_token"), "{tokens}");
    assert_eq!(serving.sign_in(&with(&code)), wrong, "it is good once");
    // A wrong one takes a new login; asking again at once sends no other.
    assert_eq!(serving.sign_in(&first), wrong);
    let code = arrived();
    assert_eq!(serving.sign_in(&first), wrong);
    assert!(letters.try_recv().is_err(), "not so soon");
    assert_eq!(serving.sign_in(&with("00000000")), wrong);
    assert_eq!(serving.sign_in(&with(&code)), wrong, "the first is of no use any more");
    assert!(letters.try_recv().is_err(), "whoever has a code is sent none");
    // People do the same at the page of a proxy; with each request there is no code, and none is sent.
    let form = |code: &str| {
        let form = format!("user=clerk&password={PASSWORD}&code={code}&next=/ward");
        serving.post("/gate/sign-in", "application/x-www-form-urlencoded", &form).0
    };
    assert_eq!(form(""), 401);
    assert_eq!(form(&arrived()), 303);
    scratch.is_intact();
}

#[test]
fn a_code_comes_by_a_hook_and_not_after_its_time() {
    let (sender, codes) = channel();
    let port = hook(move |_, asked| {
        sender.send(asked.clone()).unwrap();
        Some(String::new())
    });
    let scratch = clinic(&format!("[codes]\nby = \"webhook\"\nurl = \"http://127.0.0.1:{port}/codes\"\n"));
    with_telephone(&scratch);
    let arrived = || codes.recv_timeout(Duration::from_secs(20)).unwrap();
    let Some(code) = with_code(&scratch, || {
        let told = arrived();
        assert_eq!((&told["Username"], &told["PhoneNumber"]), (&json!("clerk"), &json!("4917012")));
        told["Code"].as_str().unwrap().to_owned()
    }) else {
        return;
    };
    assert_eq!(code, 0);
    scratch.ok(["system", "modify", "--set", "TwoFactorTimeout=1"]);
    let late = with_code(&scratch, || {
        let code = arrived()["Code"].as_str().unwrap().to_owned();
        std::thread::sleep(Duration::from_millis(1_300));
        code
    });
    assert_eq!(late, Some(1));
    let user = scratch.json(["user", "show", "clerk"]);
    assert!(user["InvalidLoginStatus"].as_str().unwrap().contains("1411"), "{user}");
}

#[test]
fn without_a_way_for_codes_nobody_who_needs_one_gets_in() {
    let scratch = clinic("");
    with_telephone(&scratch);
    let Some(mut terminal) = crate::factors::Terminal::start(&scratch, &format!("login {TERMINAL} clerk"))
    else {
        return;
    };
    terminal.answer("Password of clerk at", PASSWORD);
    let shown = terminal.until("refused");
    assert!(shown.contains("nothing that sends codes is set up") || terminal.status() == 1);
}
