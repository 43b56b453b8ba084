//! `ClientSystems`: the addresses that may connect to a service (`services.md` section 7).
//!
//! ```
//! use core::net::IpAddr;
//! use sclera_core::address::{Addresses, Resolver};
//!
//! let allowed = Addresses::of(["8.61.202-210.*", "10.1.1.1|%DB_USER"]);
//! let matching = |peer: &str| allowed.find(peer.parse().unwrap(), &Resolver::nothing());
//! assert!(matching("8.61.205.9").is_some() && matching("8.61.211.9").is_none());
//! assert_eq!(matching("::ffff:10.1.1.1").unwrap().roles, ["%DB_USER"]);
//! ```
//!
//! An entry that cannot be read, or a name that does not resolve, matches nobody: the list it stands in is not empty,
//! and so is not "any machine" either.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// The most characters a host name has (RFC 1123).
const HOST_NAME: usize = 253;
/// The most characters a label of a host name has.
const LABEL: usize = 63;

/// Which peers an entry is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Four octets, each with the lowest and highest value.
    V4([(u8, u8); 4]),
    /// One IPv6 address.
    V6(Ipv6Addr),
    /// The addresses that begin with the same bits: our extension (DEC-S15), which is not exported.
    Prefix(IpAddr, u8),
    /// Whatever the name resolves to.
    Host(String),
    /// What no peer matches, because it cannot be read.
    Nothing,
}

/// An entry of the list: a pattern, and where the service supports it the roles of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Which peers it is about.
    pub pattern: Pattern,
    /// The roles that the entry carries; none stands for `%All` on ECP (7.3).
    pub roles: Vec<String>,
}

/// A text is no pattern of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAddress;

impl fmt::Display for NotAnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is neither an address, nor a range of addresses, nor the name of a host")
    }
}

impl core::error::Error for NotAnAddress {}

impl FromStr for Pattern {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        if let Some((address, length)) = text.split_once('/') {
            return prefix(address, length).ok_or(NotAnAddress);
        }
        if text.contains(':') {
            let address: Ipv6Addr = text.parse().map_err(|_| NotAnAddress)?;
            return Ok(match plain(IpAddr::V6(address)) {
                IpAddr::V4(mapped) => Self::V4(mapped.octets().map(|octet| (octet, octet))),
                IpAddr::V6(address) => Self::V6(address),
            });
        }
        // What consists of digits, dots and the signs of ranges is meant as an address and is none if it is wrong.
        if text.bytes().all(|byte| byte.is_ascii_digit() || b".-*".contains(&byte)) {
            return octets(text).map(Self::V4).ok_or(NotAnAddress);
        }
        if is_host_name(text) { Ok(Self::Host(text.to_ascii_lowercase())) } else { Err(NotAnAddress) }
    }
}

fn prefix(address: &str, length: &str) -> Option<Pattern> {
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = number(length).filter(|length| *length <= most)?;
    Some(Pattern::Prefix(address, length))
}

fn octets(text: &str) -> Option<[(u8, u8); 4]> {
    let mut parts = text.split('.').map(octet);
    let octets = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(octets)
}

fn octet(text: &str) -> Option<(u8, u8)> {
    if text == "*" {
        return Some((0, u8::MAX));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

/// Digits only; a leading zero would be octal to some programs and is refused like the standard library does.
fn number(text: &str) -> Option<u8> {
    let leading = text.len() > 1 && text.starts_with('0');
    (text.bytes().all(|byte| byte.is_ascii_digit()) && !leading).then(|| text.parse().ok()).flatten()
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= HOST_NAME && text.split('.').all(label)
}

/// An IPv4 address that came as an IPv6 one is IPv4 (7.4, step 1).
pub fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

impl Pattern {
    fn matches(&self, peer: IpAddr, names: &Resolver<'_>) -> bool {
        match (self, peer) {
            (Self::V4(octets), IpAddr::V4(peer)) => {
                let within = |((first, last), octet): (&(u8, u8), u8)| (*first..=*last).contains(&octet);
                octets.iter().zip(peer.octets()).all(within)
            }
            (Self::V6(address), IpAddr::V6(peer)) => *address == peer,
            (Self::Prefix(network, length), peer) => shares(plain(*network), peer, *length),
            (Self::Host(name), peer) => (names.0)(name).into_iter().any(|known| plain(known) == peer),
            (Self::V4(_) | Self::V6(_) | Self::Nothing, _) => false,
        }
    }

    /// Tells whether the original could read it too.
    pub const fn is_extension(&self) -> bool {
        matches!(self, Self::Prefix(..))
    }
}

fn shares(network: IpAddr, peer: IpAddr, length: u8) -> bool {
    let differing = match (network, peer) {
        (IpAddr::V4(network), IpAddr::V4(peer)) => (v4(network) ^ v4(peer)).leading_zeros(),
        (IpAddr::V6(network), IpAddr::V6(peer)) => (u128::from(network) ^ u128::from(peer)).leading_zeros(),
        _ => return false,
    };
    differing >= u32::from(length)
}

fn v4(address: Ipv4Addr) -> u32 {
    u32::from(address)
}

/// Knows what host names resolve to. Asking is the caller's: addresses are those of when the setting became active, at
/// most 60 seconds old (7.4, step 2).
pub struct Resolver<'a>(&'a dyn Fn(&str) -> Vec<IpAddr>);

impl<'a> Resolver<'a> {
    /// Asks a function, which is given names in lower case.
    pub fn new(names: &'a dyn Fn(&str) -> Vec<IpAddr>) -> Self {
        Self(names)
    }
}

impl Resolver<'static> {
    /// Knows no name.
    pub fn nothing() -> Self {
        Self(&|_| Vec::new())
    }
}

impl fmt::Debug for Resolver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver(..)")
    }
}

/// The list of a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses(Vec<Allowed>);

impl Addresses {
    /// The entries in stored order. What cannot be read is kept as an entry that nobody matches.
    pub fn of<T: AsRef<str>>(entries: impl IntoIterator<Item = T>) -> Self {
        Self(entries.into_iter().map(|entry| allowed(entry.as_ref())).collect())
    }

    /// The entry that a peer matches: the first in stored order. Without entries every peer is allowed, without roles.
    pub fn find(&self, peer: IpAddr, names: &Resolver<'_>) -> Option<Allowed> {
        if self.0.is_empty() {
            return Some(Allowed { pattern: Pattern::Nothing, roles: Vec::new() });
        }
        let peer = plain(peer);
        self.0.iter().find(|entry| entry.pattern.matches(peer, names)).cloned()
    }

    /// The host names in it, for whoever keeps their addresses.
    pub fn host_names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|entry| match &entry.pattern {
            Pattern::Host(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

fn allowed(entry: &str) -> Allowed {
    let (address, roles) = entry.split_once('|').unwrap_or((entry, ""));
    let roles = roles.split(',').map(str::trim).filter(|role| !role.is_empty()).map(str::to_owned).collect();
    Allowed { pattern: address.trim().parse().unwrap_or(Pattern::Nothing), roles }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn matches(entry: &str, peer: &str) -> bool {
        Addresses::of([entry]).find(ip(peer), &Resolver::nothing()).is_some()
    }

    /// `services.md` 7.2, 12 scenarios 4 and 5.
    #[test]
    fn documented_forms() {
        for (entry, inside, outside) in [
            ("192.9.202.55", "192.9.202.55", "192.9.202.56"),
            ("8.61.202-210.*", "8.61.205.9", "8.61.211.9"),
            ("8.61.202-210.*", "8.61.202.0", "8.61.201.255"),
            ("10.0.0.1-20", "10.0.0.20", "10.0.0.21"),
            ("18.68.*.*", "18.68.255.0", "18.69.0.0"),
            ("10.0.0.*", "10.0.0.255", "10.0.1.0"),
            ("::1", "::1", "::2"),
            ("fe80::1", "fe80::1", "fe80::2"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("10.0.0.0/24", "10.0.0.7", "10.0.1.7"),
            ("2001:db8::/32", "2001:db8:1::7", "2001:db9::7"),
            ("0.0.0.0/0", "255.1.2.3", "::1"),
            ("10.0.0.1/32", "::ffff:10.0.0.1", "10.0.0.2"),
        ] {
            assert!(matches(entry, inside), "{entry} {inside}");
            assert!(!matches(entry, outside), "{entry} {outside}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            " ",
            "a b",
            "999.1.1.1",
            "1.1.1",
            "1.1.1.1.1",
            "1.1.1.",
            "20-1.0.0.0",
            "01.1.1.1",
            "1.1.1.1-",
            "-",
            "*",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "1.2.3.*/8",
            ":::",
            "a..b",
            "-a",
            "a-",
            "ä.de",
            "a_b",
            "fe80::1%eth0",
            "1.1.1.1-2-3",
        ] {
            assert_eq!(text.parse::<Pattern>(), Err(NotAnAddress), "{text:?}");
            assert!(!matches(text, "1.1.1.1"), "{text:?} in a list allows nobody");
        }
        let long = |label: usize| vec!["a".repeat(label); 5].join(".");
        assert!(long(49).parse::<Pattern>().is_ok(), "249 characters");
        assert!(long(51).parse::<Pattern>().is_err(), "259 characters");
        assert!("a".repeat(64).parse::<Pattern>().is_err());
    }

    #[test]
    fn an_empty_list_allows_any_and_the_first_match_counts() {
        assert!(Addresses::default().find(ip("1.2.3.4"), &Resolver::nothing()).is_some());
        let list = Addresses::of(["nonsense/x|%All", "10.0.0.1|A, B,", "10.0.0.*|C", "10.*.*.*"]);
        let roles = |peer: &str| list.find(ip(peer), &Resolver::nothing()).map(|found| found.roles.join("+"));
        assert_eq!(roles("10.0.0.1").as_deref(), Some("A+B"));
        assert_eq!(roles("10.0.0.2").as_deref(), Some("C"));
        assert_eq!(roles("10.9.0.2").as_deref(), Some(""));
        assert_eq!(roles("11.0.0.1"), None);
    }

    #[test]
    fn names_match_what_they_resolve_to() {
        let known = |name: &str| match name {
            "db.example" => vec![ip("10.0.0.7"), ip("::ffff:10.0.0.8")],
            _ => Vec::new(),
        };
        let names = Resolver::new(&known);
        let list = Addresses::of(["DB.Example", "gone.example"]);
        assert_eq!(list.host_names().collect::<Vec<_>>(), ["db.example", "gone.example"]);
        for (peer, matching) in [("10.0.0.7", true), ("10.0.0.8", true), ("10.0.0.9", false)] {
            assert_eq!(list.find(ip(peer), &names).is_some(), matching, "{peer}");
        }
        assert!(list.find(ip("10.0.0.7"), &Resolver::nothing()).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_is_too_strange_to_refuse(text in any::<String>(), peer in any::<[u8; 4]>()) {
            let _ = Addresses::of([text]).find(IpAddr::from(peer), &Resolver::nothing());
        }

        #[test]
        fn an_address_matches_itself_alone(peer in any::<[u8; 4]>(), other in any::<[u8; 4]>()) {
            let (peer, other) = (IpAddr::from(peer), IpAddr::from(other));
            prop_assert!(matches(&peer.to_string(), &peer.to_string()));
            prop_assert_eq!(matches(&peer.to_string(), &other.to_string()), peer == other);
        }

        #[test]
        fn a_prefix_is_what_its_bits_say(network in any::<u32>(), peer in any::<u32>(), length in 0..=32u32) {
            let entry = alloc::format!("{}/{length}", Ipv4Addr::from(network));
            let shifted = |address: u32| u64::from(address) >> (32 - length);
            let same = shifted(network) == shifted(peer);
            prop_assert_eq!(matches(&entry, &Ipv4Addr::from(peer).to_string()), same);
        }
    }
}
