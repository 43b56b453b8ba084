//! Carries things to receivers of the site: records of the audit trail to a file, a syslog receiver or an OTLP collector;
//! letters to a mail relay ([`mail`]); questions in JSON to a [`Hook`].
//!
//! An [`Outlet`] takes a batch and says whether it has arrived. Whoever calls it keeps the position, and moves it on only
//! then, so that every record arrives at least once; after a failure some may arrive twice, and each carries what tells
//! it from all others. "Arrived" means:
//!
//! - **file**: written at its end and on the disk;
//! - **syslog** (RFC 5424 over TLS as RFC 5425 has it; over bare TCP to this machine alone): the receiver took the
//!   batch and everything before the end of the connection, which it acknowledges by closing its side. The protocol has
//!   no acknowledgement of its own, so there is one connection a batch;
//! - **OTLP** (`POST /v1/logs`, JSON): the collector answered 2xx and rejected nothing.
//!
//! Every step has a deadline, and what a receiver answers is bounded.

#![forbid(unsafe_code)]

mod address;
mod http;
pub mod mail;
mod stream;
mod trust;

pub use address::{Address, NoAddress, Url};
pub use http::Hook;
pub use trust::{Trust, TrustFault};

use sclera_exchange::audit::{Entry, LogRecords, Sender, json_line, ocsf, otlp_request, rejected, syslog};
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// Where records go.
pub enum Target {
    /// The end of a file, which is made where it is missing, for its owner alone.
    File {
        /// Its path.
        path: PathBuf,
        /// What a line is.
        form: LineForm,
    },
    /// A syslog receiver.
    Syslog {
        /// Where it listens.
        address: Address,
        /// How it proves who it is; none for bare TCP, which goes to this machine alone.
        trust: Option<Trust>,
    },
    /// An OTLP collector.
    Otlp {
        /// The whole address, such as `https://collector:4318/v1/logs`.
        url: Url,
        /// How it proves who it is; none for `http`, which goes to this machine alone.
        trust: Option<Trust>,
    },
}

/// What a line of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineForm {
    /// The columns of `%SYS.Audit`.
    #[default]
    Json,
    /// An OCSF event.
    Ocsf,
}

/// A batch did not arrive, or not surely; why, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered(pub String);

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Undelivered {}

impl From<io::Error> for Undelivered {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A target with what is said of the sender.
pub struct Outlet {
    target: Target,
    sender: Sender,
    patience: Duration,
}

impl Outlet {
    /// An outlet. No step of a delivery takes longer than `patience`.
    pub fn new(target: Target, sender: Sender, patience: Duration) -> Result<Self, Undelivered> {
        let (address, trusted) = match &target {
            Target::File { .. } => return Ok(Self { target, sender, patience }),
            Target::Syslog { address, trust } => (address, trust.is_some()),
            Target::Otlp { url, trust } => (&url.address, trust.is_some()),
        };
        if !trusted && !address.is_loopback() {
            return Err(Undelivered(format!(
                "{address} is another machine, and without TLS anybody on the way reads and changes records"
            )));
        }
        Ok(Self { target, sender, patience })
    }

    /// Delivers a batch; it returns when the batch has arrived.
    pub fn send(&self, entries: &[Entry]) -> Result<(), Undelivered> {
        match &self.target {
            Target::File { path, form } => {
                let line = |entry: &Entry| match form {
                    LineForm::Json => json_line(entry),
                    LineForm::Ocsf => ocsf(entry).to_string(),
                };
                let lines: String = entries.iter().map(|entry| line(entry) + "\n").collect();
                let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
                file.write_all(lines.as_bytes())?;
                Ok(file.sync_data()?)
            }
            Target::Syslog { address, trust } => {
                let frames: String = entries.iter().map(|entry| syslog(entry, &self.sender)).collect();
                stream::hand_over(address, trust.as_ref(), self.patience, frames.as_bytes())
            }
            Target::Otlp { url, trust } => {
                let service = format!("sclera@{}", self.sender.host);
                let records = LogRecords { service: &service, version: env!("CARGO_PKG_VERSION"), entries };
                let body = otlp_request(&records);
                let answer = http::post(url, trust.as_ref(), self.patience, "", body.as_bytes())?;
                match rejected(&answer) {
                    None => Ok(()),
                    Some((count, why)) => Err(Undelivered(format!(
                        "the collector rejected {count} records: {}",
                        printable(&why)
                    ))),
                }
            }
        }
    }
}

/// What a receiver says, in one bounded line.
fn printable(text: &str) -> String {
    text.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
