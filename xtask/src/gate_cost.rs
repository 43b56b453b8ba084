//! `cargo xtask gates`: what a request costs at our gates and at nginx in their place, in one run. The result is written into
//! `docs/services.md`.
//!
//! ```text
//! wrk ──► in front (nginx, or a gate of ours) ──► nginx, which answers
//! ```
//!
//! What is measured is the processor time of the process in front, so that the other processes of the machine count less
//! than they would for rates. Contenders take turns.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::instance::{Instance, PASSWORD, Serving, program};
use crate::process::output;
use crate::tools::system_program;
use crate::workspace::Workspace;

const RESULT: &str = "docs/services.md";
const BEGIN: &str = "<!-- gates: begin; written by `cargo xtask gates` -->\n";
const END: &str = "<!-- gates: end -->\n";
/// How often each contender has its turn, and for how many seconds.
const ROUNDS: usize = 3;
const SECONDS: u32 = 4;
/// What nginx answers.
const ANSWER: &str = "an answer of a few dozen bytes, which is about as small as answers ever become";

/// Something in front of the upstream.
struct Contender {
    name: &'static str,
    process: u32,
    url: String,
    cookie: String,
    /// What it is measured by, as its place in the list.
    beside: usize,
    costs: Vec<f64>,
}

/// Measures all of them.
pub(crate) fn run(workspace: &Workspace, profile: &str) -> Result<()> {
    system_program("wrk", &["wrk"])?;
    system_program("nginx", &["nginx-light"])?;
    let stream = Path::new("/usr/lib/nginx/modules/ngx_stream_module.so");
    if !stream.is_file() {
        crate::tools::apt_install(&["libnginx-mod-stream"])?;
    }
    let folder = workspace.target.join("gates");
    let instance = Instance::made(program(workspace, profile)?, &folder)?;
    let upstream = Nginx::start(&folder.join("upstream"), |port| {
        format!("server {{ listen 127.0.0.1:{port}; location / {{ return 200 \"{ANSWER}\"; }} }}")
    })?;
    let behind = format!("127.0.0.1:{}", upstream.port);
    let module = format!("load_module {};\n", stream.display());
    let by_stream = Nginx::streaming(&folder.join("stream"), &module, &behind)?;
    let by_proxy = Nginx::start(&folder.join("proxy"), |port| {
        format!(
            "upstream u {{ server {behind}; keepalive 64; }}\nserver {{ listen 127.0.0.1:{port}; location / {{ \
             proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }}"
        )
    })?;
    let (server, tcp, web) = gates(&instance, &behind)?;
    let cookie = signed_in(&web)?;
    let contender = |name, process, url, cookie: &str, beside| Contender {
        name,
        process,
        url,
        cookie: cookie.to_owned(),
        beside,
        costs: Vec::new(),
    };
    let at = |port: u16| format!("http://127.0.0.1:{port}/");
    let ours = server.child.id();
    let mut all = [
        contender("nginx `stream`", by_stream.child.id(), at(by_stream.port), "", 0),
        contender("gate before any upstream (`%Service_ECP`)", ours, format!("http://{tcp}/"), "", 0),
        contender("nginx `proxy_pass`, connections kept", by_proxy.child.id(), at(by_proxy.port), "", 2),
        contender(
            "gate before web applications, session by cookie",
            ours,
            format!("http://{web}/ward"),
            &cookie,
            2,
        ),
        contender(
            "the same, an admission of nobody in particular for each request (`UseCookies=0`)",
            ours,
            format!("http://{web}/open"),
            "",
            2,
        ),
    ];
    for round in 0..=ROUNDS {
        for contender in &mut all {
            let cost = cost_of(contender)?;
            // The first round is for warming up.
            if round > 0 {
                contender.costs.push(cost);
            }
        }
    }
    server.stop()?;
    let section = written(&all)?;
    println!("{section}");
    put(&workspace.root.join(RESULT), &section)
}

/// A server with a gate before any upstream and one before web applications, and where these are.
fn gates(instance: &Instance, behind: &str) -> Result<(Serving, String, String)> {
    instance.user("ann", "")?;
    let create = |name: &str, settings: &[&str]| -> Result<String> {
        let words = ["application", "create", name, "--set", "Type=2"];
        let settings = settings.iter().flat_map(|one| ["--set", *one]);
        instance.ok(&words.into_iter().chain(settings).collect::<Vec<_>>())
    };
    create("/ward", &["AutheEnabled=32"])?;
    create("/open", &["AutheEnabled=64", "UseCookies=0"])?;
    for service in ["%Service_ECP", "%Service_WebGateway"] {
        instance.ok(&["service", "modify", service, "--set", "Enabled=1"])?;
    }
    let (tcp, web) = (free_port()?, free_port()?);
    let gate = |service: &str, port: u16, more: &str| {
        format!(
            "[[gate]]\nservice = \"{service}\"\nlisten = \"127.0.0.1:{port}\"\nupstream = \"{behind}\"\n\
             rate = 100000\n{more}\n"
        )
    };
    let text = gate("%Service_ECP", tcp, "")
        + &gate("%Service_WebGateway", web, "applications = [\"/ward\", \"/open\"]");
    fs::write(instance.data.join("sclera.toml"), text)?;
    let server = instance.serve()?;
    let at = |port: u16| format!("127.0.0.1:{port}");
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(at(web)).is_err() || TcpStream::connect(at(tcp)).is_err() {
        ensure!(Instant::now() < until, "the gates do not open");
        thread::sleep(Duration::from_millis(20));
    }
    Ok((server, at(tcp), at(web)))
}

/// The cookie of somebody who signed in.
fn signed_in(web: &str) -> Result<String> {
    let mut stream = TcpStream::connect(web)?;
    // Base64 of the name and the password.
    let basic = base64(&format!("ann:{PASSWORD}"));
    let request = format!(
        "GET /ward HTTP/1.1\r\nHost: here\r\nConnection: close\r\nAuthorization: Basic {basic}\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.and_then(|cookie| cookie.split(';').next());
    Ok(cookie.with_context(|| format!("nobody is in: {answer}"))?.to_owned())
}

/// A text in Base64; its letters are of ASCII.
fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let six = usize::try_from((bits >> (18 - 6 * place)) & 63).unwrap_or_default();
            let letter = LETTERS.get(six).copied().map_or('=', char::from);
            encoded.push(if place <= three.len() { letter } else { '=' });
        }
    }
    encoded
}

/// The processor time of a request, in microseconds.
fn cost_of(contender: &Contender) -> Result<f64> {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c32", &format!("-d{SECONDS}s")]);
    if !contender.cookie.is_empty() {
        wrk.args(["-H", &format!("Cookie: {}", contender.cookie)]);
    }
    let before = processor_time(contender.process)?;
    let said = output(wrk.arg(&contender.url))?;
    let took = processor_time(contender.process)? - before;
    ensure!(!said.contains("Non-2xx"), "{}: {said}", contender.name);
    let requests =
        said.lines().find_map(|line| line.trim().split_once(" requests in ")).map(|(count, _)| count);
    let requests: f64 = requests.context("wrk says nothing")?.parse()?;
    ensure!(requests > 0.0, "{}: {said}", contender.name);
    Ok(took * 1e6 / requests)
}

/// The seconds that a process has computed.
fn processor_time(process: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, rest) = text.rsplit_once(") ").context("/proc/…/stat")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |place: usize| -> Result<f64> { Ok(fields.get(place).context("/proc/…/stat")?.parse()?) };
    // The kernel counts hundredths of a second here, whatever its own clock.
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

fn median(costs: &[f64]) -> f64 {
    let mut sorted = costs.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn written(all: &[Contender]) -> Result<String> {
    let nginx = Command::new("nginx").arg("-v").output()?;
    let nginx = String::from_utf8_lossy(&nginx.stderr).replace("nginx version: ", "");
    let load = fs::read_to_string("/proc/loadavg")?;
    let mut text = format!(
        "Processor time of the process in front for one small request (an answer of {} bytes by nginx), `wrk -t1 -c32` for \
         {SECONDS}\nseconds, {ROUNDS} rounds in which they take turns, {} and {} processors, load {} at the end.\n\
         `cargo xtask gates` measures it again and rewrites this part.\n\n\
         | in front | µs a request, median (least to most) | ÷ nginx |\n|---|---:|---:|\n",
        ANSWER.len(),
        nginx.trim(),
        thread::available_parallelism()?,
        load.split(' ').next().unwrap_or_default(),
    );
    for contender in all {
        let (least, most) = contender
            .costs
            .iter()
            .fold((f64::MAX, 0.0_f64), |(least, most), cost| (least.min(*cost), most.max(*cost)));
        let own = median(&contender.costs);
        let beside = all.get(contender.beside).map_or(own, |other| median(&other.costs));
        let name = contender.name;
        writeln!(text, "| {name} | {own:.1} ({least:.1} to {most:.1}) | {:.2} |", own / beside)?;
    }
    Ok(text)
}

fn put(path: &Path, section: &str) -> Result<()> {
    let text = fs::read_to_string(path)?;
    let (before, rest) = text.split_once(BEGIN).context("the place for it is gone")?;
    let (_, after) = rest.split_once(END).context("the place for it has no end")?;
    Ok(fs::write(path, format!("{before}{BEGIN}\n{section}\n{END}{after}"))?)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// An nginx of one process; it does not outlive this one.
struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    fn start(folder: &Path, servers: impl FnOnce(u16) -> String) -> Result<Self> {
        let port = free_port()?;
        let f = folder.display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {f}/{kind};"))
            .join(" ");
        let http = format!(
            "http {{ access_log off; keepalive_requests 1000000000; {temporary}\n{} }}",
            servers(port)
        );
        Self::begin(folder, "", &http, port)
    }

    fn streaming(folder: &Path, modules: &str, behind: &str) -> Result<Self> {
        let port = free_port()?;
        let stream = format!("stream {{ server {{ listen 127.0.0.1:{port}; proxy_pass {behind}; }} }}");
        Self::begin(folder, modules, &stream, port)
    }

    fn begin(folder: &Path, modules: &str, text: &str, port: u16) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let file = folder.join("conf");
        let own =
            format!("daemon off; master_process off; error_log stderr crit; pid {}/pid;\n", folder.display());
        fs::write(&file, format!("{modules}{own}events {{}}\n{text}\n"))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder).arg("-c").arg(&file).stdin(Stdio::null());
        let nginx = Self { child: command.spawn().context("nginx")?, port };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(Instant::now() < until, "nginx does not start in {}", folder.display());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_password_are_encoded() {
        for (text, encoded) in [("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("ann:wrong", "YW5uOndyb25n")]
        {
            assert_eq!(base64(text), encoded);
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
