//! The clients.

use super::{Served, evaluation, processor_seconds};
use crate::world::Question;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

pub const CONNECTIONS: usize = 8;

/// What came of a turn, a decision.
#[derive(Clone)]
pub struct Measured {
    /// Decisions in a second.
    pub rate: f64,
    /// Processor seconds of the server a decision.
    pub processor: f64,
    /// Seconds within which 99 of 100 requests were answered.
    pub p99: f64,
}

/// Asks over all connections for so long, so many decisions a request.
pub fn run(served: &Served, questions: &[Question], batch: usize, decides: bool, time: Duration) -> Measured {
    let requests: Vec<(String, String)> = questions.chunks(batch).map(|part| request(served, part)).collect();
    let before = processor_seconds(served);
    let begun = Instant::now();
    let mut took: Vec<f64> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let requests = &requests;
                scope.spawn(move || {
                    ask(&served.address, requests, number * requests.len() / CONNECTIONS, decides, time)
                })
            })
            .collect();
        asking.into_iter().flat_map(|one| one.join().expect("a connection")).collect()
    });
    let (passed, used) = (begun.elapsed().as_secs_f64(), processor_seconds(served) - before);
    took.sort_by(f64::total_cmp);
    let decisions = (took.len() * batch) as f64;
    Measured { rate: decisions / passed, processor: used / decisions, p99: took[took.len() * 99 / 100] }
}

/// A request and the answer that is expected.
fn request(served: &Served, questions: &[Question]) -> (String, String) {
    let decision = |question: &Question| format!("{{\"decision\":{}}}", question.expected);
    let (path, body, expected) = match questions {
        [question] => ("/access/v1/evaluation", evaluation(question), decision(question)),
        questions => {
            let parts: Vec<String> = questions.iter().map(evaluation).collect();
            let answers: Vec<String> = questions.iter().map(decision).collect();
            let body = format!("{{\"evaluations\":[{}]}}", parts.join(","));
            ("/access/v1/evaluations", body, format!("{{\"evaluations\":[{}]}}", answers.join(",")))
        }
    };
    let (length, authorization) = (body.len(), &served.authorization);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\n{authorization}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    (head + body.as_str(), expected)
}

/// The seconds that each answer took.
fn ask(address: &str, requests: &[(String, String)], from: usize, decides: bool, time: Duration) -> Vec<f64> {
    let stream = TcpStream::connect(address).expect("the server");
    stream.set_nodelay(true).expect("a socket");
    let mut stream = BufReader::new(stream);
    let (mut took, mut line, mut body) = (Vec::new(), String::new(), Vec::new());
    let begun = Instant::now();
    for (request, expected) in requests.iter().cycle().skip(from) {
        let start = Instant::now();
        stream.get_mut().write_all(request.as_bytes()).expect("a request");
        let mut length = 0;
        loop {
            line.clear();
            assert!(stream.read_line(&mut line).expect("an answer") > 0, "the server hung up");
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        body.resize(length, 0);
        stream.read_exact(&mut body).expect("an answer");
        took.push(start.elapsed().as_secs_f64());
        assert!(!decides || body == expected.as_bytes(), "{request}\n{}\n{expected}", String::from_utf8_lossy(&body));
        if begun.elapsed() > time {
            break;
        }
    }
    took
}
