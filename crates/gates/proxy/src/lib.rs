//! The gate before web applications: a reverse proxy that says who it is. Beside it, gates that speak HTTP for machines: what
//! is counted ([`Monitor`]), and digests for a comparison ([`DataCheck`]).
//!
//! An application of the instance is a path; what stands behind the gate answers it. Who comes signs in by a page, by Basic or
//! a ticket, or is `UnknownUser` where the application allows that; then a cookie carries the session for as long as the
//! application says.
//! Behind the gate a request brings who it is (`X-Sclera-User`, `X-Sclera-Roles`), and nobody else can say so: what a client
//! says of that kind is taken out.
//!
//! ```text
//! connection ─ TLS ─ HTTP/1.1 ─ rules (one meaning alone, no way out of a path) ─ application ─ sign-in, session ─ upstream
//! ```
//!
//! What could be read in two ways is refused, because the upstream might read it otherwise (RFC 9112, section 11.2). Bodies
//! are passed on as they come; a connection that changes to another protocol, as WebSocket does, is passed on byte for byte.

#![forbid(unsafe_code)]

mod answering;
mod cookies;
mod datacheck;
mod documents;
mod form;
mod gate;
mod monitor;
mod page;
mod pool;
mod rules;
mod sessions;
mod sign_in;
mod waiting;

pub use datacheck::DataCheck;
pub use gate::{Browsers, Proxy};
pub use monitor::Monitor;

/// The name of the protocol inside TLS (ALPN).
pub const PROTOCOL: &str = "http/1.1";
