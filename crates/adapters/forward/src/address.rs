//! Where a receiver listens.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name, or an IP address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// The text is no address of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAddress;

impl Address {
    /// Tells whether it is this machine, as an address and not as a name: a name can come to mean another.
    pub fn is_loopback(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
    }
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(NoAddress)?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_name = |host: &str| {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        };
        let host = match bracketed {
            Some(ip) if ip.parse::<IpAddr>().is_ok() => ip,
            None if is_name(host) => host,
            _ => return Err(NoAddress),
        };
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(NoAddress)?;
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// The address of a collector: `http` or `https`, a host, and a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// It is `https`.
    pub secure: bool,
    /// The host and port.
    pub address: Address,
    /// The path, with a slash before it.
    pub path: String,
}

impl FromStr for Url {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let (secure, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(NoAddress),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        let default = if secure { 443 } else { 80 };
        let address = if has_port { authority.parse() } else { format!("{authority}:{default}").parse() };
        let path = if path.is_empty() { "/v1/logs" } else { path };
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NoAddress);
        }
        Ok(Self { secure, address: address?, path: path.to_owned() })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http{}://{}{}", if self.secure { "s" } else { "" }, self.address, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hosts_with_ports() {
        for text in ["127.0.0.1:514", "[::1]:6514", "logs.example.org:6514"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for wrong in
            ["", "host", ":1", "host:0", "host:x", "[host]:1", "::1:5", "a b:1", "host\r\n:1", "host:70000"]
        {
            assert_eq!(wrong.parse::<Address>(), Err(NoAddress), "{wrong}");
        }
        for (text, is) in
            [("127.0.0.1:1", true), ("[::1]:1", true), ("localhost:1", false), ("10.0.0.1:1", false)]
        {
            assert_eq!(text.parse::<Address>().unwrap().is_loopback(), is, "{text}");
        }
    }

    #[test]
    fn urls_have_a_path_and_a_port() {
        for (text, whole) in [
            ("https://c.example.org", "https://c.example.org:443/v1/logs"),
            ("http://[::1]", "http://[::1]:80/v1/logs"),
            ("http://127.0.0.1:4318/x/y", "http://127.0.0.1:4318/x/y"),
        ] {
            assert_eq!(text.parse::<Url>().unwrap().to_string(), whole);
        }
        for wrong in
            ["c.example.org", "ftp://c", "http://", "http://c/a b", "http://u@c/", "https://c:99999/"]
        {
            assert!(wrong.parse::<Url>().is_err(), "{wrong}");
        }
    }
}
