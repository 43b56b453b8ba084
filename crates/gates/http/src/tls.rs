//! TLS: as all gates with a port have it.

pub use sclera_tcp::{Tls, TlsFault};

/// The name of the protocol that is spoken inside.
pub const PROTOCOL: &str = "http/1.1";
