//! TLS: as all gates with a port have it.

pub use sclera_tcp::{Tls, TlsFault};

/// The names of the protocols that are spoken inside, the one that is liked most first.
pub const PROTOCOLS: &[&str] = &[HTTP_2, "http/1.1"];
/// The second version of HTTP. It is spoken inside TLS alone, where both sides agree on it.
pub(crate) const HTTP_2: &str = "h2";
