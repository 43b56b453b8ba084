//! What gates with a port share, and the gate before protocols that are not spoken here.
//!
//! A gate stands before something real and opens and closes with its service. This crate takes connections, bounds them,
//! protects them, asks the engine whether they may pass, counts them, and lets them go; a protocol ([`Protocol`]) adds what
//! is spoken. Whether somebody may pass is for the engine alone to say.
//!
//! ```text
//! accept ─ limits per source ─ PROXY header, from trusted peers ─ knock ─ protocol ┬ TLS ─ admission ─ upstream
//!    ▲                                                                             │
//!    └── open while the service is on        ends with the session, a restart --now, or 30 s after a basic service is off
//! ```
//!
//! [`Relay`] is the protocol of those that are not spoken here: it passes bytes on to an upstream, which stands behind the
//! gate as it would behind a door: the gate knows who came and when, and nothing of what is said.

#![forbid(unsafe_code)]

mod end_point;
mod guard;
mod keeper;
mod limits;
pub mod negotiate;
mod port;
mod proxy;
mod pump;
mod relay;
mod subject;
mod tls;
mod upstream;
mod visitor;
mod wire;

pub use guard::Guard;
pub use keeper::{Plan, Running, start};
pub use limits::Limits;
pub use port::Listen;
pub use proxy::{Header, NotProxy, read as read_proxy_header};
pub use pump::{Fault, First, Flow};
pub use relay::Relay;
pub use subject::common_name;
pub use tls::{Clients, Protection, Terms as TlsTerms, Tls, TlsFault, Versions, check_authorities, unlocked};
pub use upstream::{Behind, Upstream};
pub use visitor::{Ended, Life, Protocol, Served, Visitor};
pub use wire::Wire;
