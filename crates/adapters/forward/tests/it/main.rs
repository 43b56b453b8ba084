//! Records, letters and questions arrive at real receivers: a file, a syslog receiver over TLS, an OTLP collector and a
//! hook over HTTP, a mail relay.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it is"
)]

mod files;
mod hooks;
mod mail;
mod otlp;
mod receiver;
mod syslog;

use sclera_core::change::Action;
use sclera_core::time::Timestamp;
use sclera_exchange::audit::{Entry, Sender};
use sclera_forward::{Outlet, Target, Undelivered};
use std::time::Duration;

fn entry(index: u64) -> Entry {
    Entry {
        at: Timestamp::from_micros(1_790_000_000_123_456),
        system_id: "1:abc".to_owned(),
        index,
        event: ["%System", "%Login", "LoginFailure"].map(str::to_owned),
        user: "mal]lory\"\\\n".to_owned(),
        change: None,
        fields: vec![
            ("Service".to_owned(), "%Service_Login".to_owned()),
            ("Status".to_owned(), "ERROR #952: Invalid password\r\n<böse>".to_owned()),
            ("ClientIPAddress".to_owned(), "10.0.0.1".to_owned()),
        ],
    }
}

fn change(index: u64, action: Action, kind: &'static str) -> Entry {
    Entry {
        event: ["%System", "%Security", "UserChange"].map(str::to_owned),
        user: "ann".to_owned(),
        change: Some((action, kind, "bob".to_owned())),
        fields: vec![("Description".to_owned(), format!("{} {kind} bob", action.word()))],
        ..entry(index)
    }
}

fn outlet(target: Target) -> Result<Outlet, Undelivered> {
    let sender = Sender { host: "host.example".to_owned(), process: 7 };
    Outlet::new(target, sender, Duration::from_secs(20))
}
