//! How often one address may sign in: a bucket each, which fills again with time. It bounds what sign-ins cost, whoever
//! they are of; limits on failures are the engine's.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The most addresses that are remembered.
const MOST: usize = 65_536;

/// The buckets.
pub(crate) struct Throttle {
    size: f64,
    a_second: f64,
    buckets: Mutex<HashMap<Source, (f64, Instant)>>,
}

/// An address, of IPv6 the network of 64 bits that one peer has to itself.
type Source = [u8; 8];

impl Throttle {
    pub(crate) fn new(size: u32, a_second: u32) -> Self {
        Self { size: f64::from(size), a_second: f64::from(a_second), buckets: Mutex::default() }
    }

    /// Takes one from the bucket of an address; false where it is empty.
    pub(crate) fn allows(&self, address: IpAddr, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let source = source(address);
        if buckets.len() >= MOST && !buckets.contains_key(&source) {
            // A bucket that is full again says nothing; where all say something, those of strangers are let go.
            buckets.retain(|_, (left, since)| self.filled(*left, *since, now) < self.size);
            if buckets.len() >= MOST {
                buckets.clear();
            }
        }
        let (left, since) = buckets.entry(source).or_insert((self.size, now));
        let filled = self.filled(*left, *since, now);
        let allows = filled >= 1.0;
        (*left, *since) = (if allows { filled - 1.0 } else { filled }, now);
        allows
    }

    fn filled(&self, left: f64, since: Instant, now: Instant) -> f64 {
        (left + now.saturating_duration_since(since).as_secs_f64() * self.a_second).min(self.size)
    }
}

fn source(address: IpAddr) -> Source {
    let mut source = [0; 8];
    let octets: Vec<u8> = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets().into_iter().skip(8).collect(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    source.iter_mut().zip(octets).for_each(|(byte, octet)| *byte = octet);
    source
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_is_emptied_and_fills_again() {
        let throttle = Throttle::new(3, 2);
        let (begin, ann, bob) = (Instant::now(), IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let times = |address, at, count: usize| (0..count).filter(|_| throttle.allows(address, at)).count();
        assert_eq!(times(ann, begin, 5), 3);
        assert_eq!(times(bob, begin, 5), 3, "another address");
        assert_eq!(times(ann, begin + Duration::from_secs(1), 5), 2);
        assert_eq!(times(ann, begin + Duration::from_secs(60), 5), 3, "no more than a bucket holds");
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let throttle = Throttle::new(1, 0);
        let address = |last| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let now = Instant::now();
        assert!(throttle.allows(address(1), now) && !throttle.allows(address(2), now));
        assert!(throttle.allows(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1]), now));
    }
}
