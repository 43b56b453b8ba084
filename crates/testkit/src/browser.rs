//! A real Chromium without a window, driven by its own driver as W3C WebDriver says.

use crate::servers::{Running, free_port, programs};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a page may take to show what is expected.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with an empty profile. It ends with its test.
pub struct Browser {
    port: u16,
    session: String,
    _driver: Running,
    _folder: TempDir,
}

impl Browser {
    /// Opens one; none where it is not installed.
    pub fn open() -> Option<Self> {
        let [driver, chromium] = programs(["chromedriver", "chromium"])?;
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let mut command = Command::new(driver);
        command.arg(format!("--port={port}")).env("HOME", folder.path()).env("TMPDIR", folder.path());
        let running = Running::start(&mut command, folder.path().join("driver.log"), port);
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let arguments: Vec<&str> = arguments.into_iter().chain([profile.as_str()]).collect();
        let options = json!({"binary": chromium, "args": arguments});
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let mut browser = Self { port, session: String::new(), _driver: running, _folder: folder };
        let begun = browser.ask("POST", "/session", &wanted);
        browser.session.push_str(begun["sessionId"].as_str().unwrap_or_else(|| panic!("{begun}")));
        Some(browser)
    }

    /// Goes to a page.
    pub fn go(&self, url: &str) {
        self.tell("/url", &json!({"url": url}));
    }

    /// The page that is shown.
    pub fn url(&self) -> String {
        self.say("GET", "/url", &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// The text of the page, as a person sees it.
    pub fn text(&self) -> String {
        let script = "return document.body ? document.body.innerText : ''";
        self.run(script).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows a text.
    pub fn wait_for(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let shown = self.text();
            if shown.contains(text) {
                return;
            }
            assert!(Instant::now() < until, "no `{text}` at {}: {shown}", self.url());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Types into the field of a selector.
    pub fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.tell(&format!("/element/{element}/value"), &json!({"text": text}));
    }

    /// Clicks what a selector finds.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.tell(&format!("/element/{element}/click"), &json!({}));
    }

    /// What a script in the page gives back.
    pub fn run(&self, script: &str) -> Value {
        self.say("POST", "/execute/sync", &json!({"script": script, "args": []}))
    }

    /// A picture of the page, as PNG in Base64.
    pub fn picture(&self) -> String {
        self.say("GET", "/screenshot", &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.say("POST", "/element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no `{selector}` at {}: {found}", self.url())).to_owned()
    }

    fn tell(&self, path: &str, body: &Value) {
        let answer = self.say("POST", path, body);
        assert!(answer.get("error").is_none(), "{path}: {answer}");
    }

    fn say(&self, method: &str, path: &str, body: &Value) -> Value {
        self.ask(method, &format!("/session/{}{path}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("the driver");
        stream.set_read_timeout(Some(PATIENCE * 2)).expect("a limit");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("the driver hears");
        stream.write_all(body.as_bytes()).expect("the driver hears");
        // The driver may keep the connection open whatever it was told.
        let (mut reads, mut length) = (BufReader::new(stream), 0);
        loop {
            let mut line = String::new();
            reads.read_line(&mut line).expect("the driver answers");
            let Some((name, value)) = line.trim_end().split_once(':') else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut said = vec![0; length];
        reads.read_exact(&mut said).expect("the driver answers");
        let said: Value = serde_json::from_slice(&said).expect("JSON");
        said.get("value").cloned().unwrap_or_default()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with its session.
        if !self.session.is_empty() && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                self.say("DELETE", "", &Value::Null);
            }));
        }
    }
}
