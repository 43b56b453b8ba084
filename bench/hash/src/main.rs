//! Measures PBKDF2 with HMAC of three libraries: derivations of 10,000 rounds a second of processor time.
//!
//! ```console
//! $ cargo run --release --manifest-path bench/hash/Cargo.toml
//! ```

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

const ROUNDS: u32 = 10_000;
/// As long as one figure is measured.
const SPAN: Duration = Duration::from_millis(1500);
const PASSWORD: &[u8] = b"Kestrel-Orbit-77";

type Derive = fn(&[u8], &mut [u8]);

fn main() {
    let libraries: [(&str, [(&str, usize, Derive); 3]); 3] = [
        ("RustCrypto", [("SHA1", 20, rc_sha1), ("SHA256", 32, rc_sha256), ("SHA512", 64, rc_sha512)]),
        ("aws-lc-rs", [("SHA1", 20, aws_sha1), ("SHA256", 32, aws_sha256), ("SHA512", 64, aws_sha512)]),
        ("ring", [("SHA1", 20, ring_sha1), ("SHA256", 32, ring_sha256), ("SHA512", 64, ring_sha512)]),
    ];
    agree(&libraries);
    println!("| function | RustCrypto | aws-lc-rs | ring |");
    println!("|---|---|---|---|");
    for place in 0..3 {
        // In turn, so that each has its share of what else the machine does; the best of three counts.
        let mut best = [0.0_f64; 3];
        for _ in 0..3 {
            for (best, (_, functions)) in best.iter_mut().zip(&libraries) {
                let (_, length, derive) = functions[place];
                *best = best.max(rate(length, derive));
            }
        }
        println!("| {} | {:.0} | {:.0} | {:.0} |", libraries[0].1[place].0, best[0], best[1], best[2]);
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!("RustCrypto, SHA512, {processors} at once: {:.0}", at_once(processors));
}

/// The same rate of SHA512 while as many threads derive as there are processors; those of one core share it.
fn at_once(threads: usize) -> f64 {
    let round = || {
        let measuring: Vec<_> = (0..threads).map(|_| std::thread::spawn(|| rate(64, rc_sha512))).collect();
        let rates = measuring.into_iter().map(|thread| thread.join().expect("it measures"));
        rates.sum::<f64>() / threads as f64
    };
    (0..3).map(|_| round()).fold(0.0, f64::max)
}

/// Derivations a second of processor time of one thread. The time that other programs had the processor is left out, so
/// that a busy machine does not favour one library.
fn rate(length: usize, derive: Derive) -> f64 {
    let (began, busy) = (Instant::now(), on_processor());
    let mut done = 0_u32;
    while began.elapsed() < SPAN {
        let mut key = vec![0; length];
        derive(black_box(&[7; 64]), &mut key);
        black_box(&key);
        done += 1;
    }
    f64::from(done) / (on_processor() - busy).as_secs_f64()
}

/// How long this thread has been on a processor.
fn on_processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let nanoseconds = stat.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first field is a number"))
}

/// What is compared must do the same.
fn agree(libraries: &[(&str, [(&str, usize, Derive); 3]); 3]) {
    let keys = libraries.each_ref().map(|(_, functions)| {
        functions.each_ref().map(|(_, length, derive)| {
            let mut key = vec![0; *length];
            derive(b"salt", &mut key);
            key
        })
    });
    assert!(keys[0] == keys[1] && keys[1] == keys[2], "the libraries disagree");
}

fn rc_sha1(salt: &[u8], key: &mut [u8]) {
    pbkdf2::pbkdf2_hmac::<sha1::Sha1>(PASSWORD, salt, ROUNDS, key);
}

fn rc_sha256(salt: &[u8], key: &mut [u8]) {
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(PASSWORD, salt, ROUNDS, key);
}

fn rc_sha512(salt: &[u8], key: &mut [u8]) {
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(PASSWORD, salt, ROUNDS, key);
}

const N: NonZeroU32 = NonZeroU32::new(ROUNDS).unwrap();

fn aws_sha1(salt: &[u8], key: &mut [u8]) {
    aws_lc_rs::pbkdf2::derive(aws_lc_rs::pbkdf2::PBKDF2_HMAC_SHA1, N, salt, PASSWORD, key);
}

fn aws_sha256(salt: &[u8], key: &mut [u8]) {
    aws_lc_rs::pbkdf2::derive(aws_lc_rs::pbkdf2::PBKDF2_HMAC_SHA256, N, salt, PASSWORD, key);
}

fn aws_sha512(salt: &[u8], key: &mut [u8]) {
    aws_lc_rs::pbkdf2::derive(aws_lc_rs::pbkdf2::PBKDF2_HMAC_SHA512, N, salt, PASSWORD, key);
}

fn ring_sha1(salt: &[u8], key: &mut [u8]) {
    ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA1, N, salt, PASSWORD, key);
}

fn ring_sha256(salt: &[u8], key: &mut [u8]) {
    ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, N, salt, PASSWORD, key);
}

fn ring_sha512(salt: &[u8], key: &mut [u8]) {
    ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA512, N, salt, PASSWORD, key);
}
