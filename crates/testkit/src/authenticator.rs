//! An authenticator: the codes of RFC 6238, computed by nothing that the product computes them by.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::time::{SystemTime, UNIX_EPOCH};

/// What an authenticator shows, as RFC 6238 says, so many steps of 30 seconds from now.
pub fn code(key: &str, steps: i64) -> String {
    let mut bits = key.bytes().flat_map(|letter| {
        let five = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        (0..5).rev().map(move |bit| (five >> bit) & 1)
    });
    let mut bytes = Vec::new();
    while let (byte, 8) = bits.by_ref().take(8).fold((0_u8, 0), |(byte, n), bit| ((byte << 1) | bit, n + 1)) {
        bytes.push(byte);
    }
    assert_eq!(bytes.len(), 20, "{key}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let step = (now / 30).checked_add_signed(steps).expect("a step");
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).expect("a key in Base32");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes(digest[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}
