//! A server at half of what it can do, for long: evaluations as gateways ask for them, and beside them sign-ins that are
//! refused and changes over the local socket. Its memory must stay flat, and every answer must be the right one.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::instance::{Instance, Serving};

/// How much a server may grow between the first fifth of a soak and its end, in KiB.
const GROWTH: u64 = 8 * 1_024;
/// How many connections ask at once.
const ASKING: u32 = 2;
/// For how long it is measured what the server can do.
const PEAK: Duration = Duration::from_secs(10);
/// One refused sign-in and one change in this time.
const PACE: Duration = Duration::from_secs(1);

pub(crate) fn perform(instance: &Instance, minutes: u32) -> Result<String> {
    instance.ok(&["resource", "create", "Ward_Chart"])?;
    instance.ok(&["role", "create", "Reader", "--set", "Resources=Ward_Chart:R,%Service_WebGateway:U"])?;
    instance.user("clerk", "Reader")?;
    let made = instance.ok(&["token", "create", "soak", "--user", "clerk", "--scopes", "check,authzen"])?;
    let token = made.split_whitespace().find(|word| word.starts_with("sct_")).context("no token was told")?;
    let serving = instance.serve()?;
    let soaked = soak(instance, &serving, token, minutes)?;
    serving.stop()?;
    instance.ok(&["audit", "verify"]).context("after the soak")?;
    soaked.told(minutes)
}

/// What was asked and how it went.
struct Soaked {
    /// Evaluations in a second, as many as can be had.
    peak: u64,
    asked: Asked,
    refused: u64,
    /// Of those, how many were told to come later without being judged: so many failures of one name come from one place.
    busy: u64,
    changes: u64,
    /// Resident memory over time, in KiB.
    memory: Vec<u64>,
}

impl Soaked {
    fn told(&self, minutes: u32) -> Result<String> {
        let memory = &self.memory;
        let early = memory.get(memory.len() / 5).copied().context("no sample of the memory was taken")?;
        let last = memory.last().copied().unwrap_or_default();
        let most = memory.iter().max().copied().unwrap_or_default();
        ensure!(last <= early + GROWTH, "the server grew from {early} KiB to {last} KiB: {memory:?}");
        let asked = self.asked.took.iter().sum::<u64>();
        Ok(format!(
            "At most {} evaluations a second were to be had of `sclera serve` over {ASKING} connections. For {minutes} min \
             it was asked half as many ({} a second, {asked} in all, p50 {} and p99 {}), and beside it {} sign-ins \
             that were refused ({} of them without being judged, for so many failures of one name come from one place) \
             and {} changes over the local socket. Every answer was the \
             right one. Resident memory after a \
             fifth of the time {early} KiB, at the end {last} KiB, at most {most} KiB ({} samples). The trail was intact \
             afterwards.\n",
            self.peak,
            asked / (u64::from(minutes.max(1)) * 60),
            self.asked.at(50),
            self.asked.at(99),
            self.refused,
            self.busy,
            self.changes,
            memory.len(),
        ))
    }
}

/// How long answers took: how many of them up to each power of two of microseconds.
#[derive(Default)]
struct Asked {
    took: [u64; 32],
}

impl Asked {
    fn note(&mut self, took: Duration) {
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let place = usize::try_from(u64::BITS - (microseconds - 1).leading_zeros()).unwrap_or_default();
        self.took.get_mut(place.min(31)).into_iter().for_each(|count| *count += 1);
    }

    fn add(&mut self, other: &Self) {
        self.took.iter_mut().zip(other.took).for_each(|(count, more)| *count += more);
    }

    /// The power of two of microseconds in which that many of a hundred were answered.
    fn at(&self, percent: u64) -> String {
        let all: u64 = self.took.iter().sum();
        let mut seen = 0;
        let place = self.took.iter().position(|count| {
            seen += count;
            seen * 100 >= all * percent
        });
        format!("≤ {} µs", 1_u64 << place.unwrap_or(31))
    }
}

fn soak(instance: &Instance, serving: &Serving, token: &str, minutes: u32) -> Result<Soaked> {
    let address = serving.address.trim_start_matches("http://");
    let stop = AtomicBool::new(false);
    let of_peak = at_rate(address, token, PEAK, None, &stop)?;
    let peak = of_peak.took.iter().sum::<u64>() / PEAK.as_secs();
    println!("{peak} evaluations a second");
    let end = Duration::from_secs(u64::from(minutes) * 60);
    let (mut memory, busy) = (Vec::new(), AtomicU64::new(0));
    thread::scope(|scope| -> Result<Soaked> {
        let asking = scope.spawn(|| at_rate(address, token, end, Some(peak.max(2) / 2), &stop));
        let refused = scope.spawn(|| paced(&stop, |_| refused_sign_in(address, &busy)));
        let changes = scope.spawn(|| {
            paced(&stop, |number| {
                instance.ok(&["user", "modify", "clerk", "--set", &format!("Comment={number}")]).map(drop)
            })
        });
        let ends = Instant::now() + end;
        while Instant::now() < ends
            && ![asking.is_finished(), refused.is_finished(), changes.is_finished()].contains(&true)
        {
            thread::sleep(Duration::from_secs(2));
            memory.push(resident(serving.child.id())?);
        }
        stop.store(true, Ordering::Relaxed);
        let (Ok(asked), Ok(refused), Ok(changes)) = (asking.join(), refused.join(), changes.join()) else {
            bail!("a part of the load ended badly");
        };
        Ok(Soaked {
            peak,
            asked: asked?,
            refused: refused?,
            changes: changes?,
            busy: busy.load(Ordering::Relaxed),
            memory: std::mem::take(&mut memory),
        })
    })
}

/// Does something again and again, once in [`PACE`], and says how often.
fn paced(stop: &AtomicBool, mut step: impl FnMut(u64) -> Result<()>) -> Result<u64> {
    let begun = Instant::now();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        step(number)?;
        number += 1;
        thread::sleep((begun + PACE * u32::try_from(number)?).saturating_duration_since(Instant::now()));
    }
    Ok(number)
}

/// Asks over [`ASKING`] connections, so often in a second, or as often as possible.
fn at_rate(
    address: &str,
    token: &str,
    time: Duration,
    rate: Option<u64>,
    stop: &AtomicBool,
) -> Result<Asked> {
    let ends = Instant::now() + time;
    let pause =
        rate.map(|rate| Duration::from_secs(u64::from(ASKING)) / u32::try_from(rate).unwrap_or(u32::MAX));
    let mut all = Asked::default();
    thread::scope(|scope| {
        let asking: Vec<_> =
            (0..ASKING).map(|_| scope.spawn(|| ask(address, token, ends, pause, stop))).collect();
        for one in asking {
            all.add(&one.join().map_err(|_| anyhow::anyhow!("a connection ended badly"))??);
        }
        Ok(all)
    })
}

fn ask(
    address: &str,
    token: &str,
    ends: Instant,
    pause: Option<Duration>,
    stop: &AtomicBool,
) -> Result<Asked> {
    let mut connection = Connection::open(address)?;
    let request = evaluation(token);
    let mut asked = Asked::default();
    let mut next = Instant::now();
    while Instant::now() < ends && !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let (head, body) = connection.ask(&request)?;
        let is_right = head.starts_with("HTTP/1.1 200") && body.contains("\"decision\":true");
        ensure!(is_right, "an evaluation was answered with {head}{body}");
        asked.note(begun.elapsed());
        if let Some(pause) = pause {
            next += pause;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }
    Ok(asked)
}

fn evaluation(token: &str) -> String {
    let body = r#"{"subject":{"type":"user","id":"clerk"},"action":{"name":"read"},"resource":{"type":"resource","id":"Ward_Chart"}}"#;
    let length = body.len();
    format!(
        "POST /access/v1/evaluation HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// A connection that stays open.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("the server at `{address}`"))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request; gives the head of the answer and its body.
    fn ask(&mut self, request: &str) -> Result<(String, String)> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let begun = head.len();
            ensure!(self.0.read_line(&mut head)? > 0, "the server hung up: {head}");
            let line = head.get(begun..).unwrap_or_default().trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok((head, String::from_utf8(body)?))
    }
}

/// Somebody who does not exist is refused, on a connection of its own.
fn refused_sign_in(address: &str, busy: &AtomicU64) -> Result<()> {
    // `nobody:wrong`
    let request =
        "GET /api/sclera/v1/session HTTP/1.1\r\nHost: here\r\nAuthorization: Basic bm9ib2R5Ondyb25n\r\n\r\n";
    let (head, body) = Connection::open(address)?.ask(request)?;
    if head.starts_with("HTTP/1.1 503") && head.contains("\r\nretry-after: ") {
        busy.fetch_add(1, Ordering::Relaxed);
        return Ok(());
    }
    ensure!(head.starts_with("HTTP/1.1 401"), "a sign-in was answered with {head}{body}");
    Ok(())
}

/// The resident memory of a process, in KiB.
fn resident(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the process is gone")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_powers_of_two() {
        let mut asked = Asked::default();
        (0..98).for_each(|_| asked.note(Duration::from_micros(100)));
        asked.note(Duration::from_micros(128));
        asked.note(Duration::from_micros(129));
        assert_eq!(
            (asked.at(50), asked.at(99), asked.at(100)),
            ("≤ 128 µs".into(), "≤ 128 µs".into(), "≤ 256 µs".into())
        );
    }
}
