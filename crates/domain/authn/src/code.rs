//! Codes that are sent by text message: eight decimal digits, good once and for a while (`authentication.md` 7.3).

use crate::secret::Secret;
use core::fmt;
use sclera_core::time::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The most codes that one login is sent: the first and two more.
pub const SENDINGS: u8 = 3;
/// Microseconds between two sendings.
const PAUSE: i64 = 30_000_000;
const MODULUS: u64 = 100_000_000;

/// What is kept of a code that was sent: a digest and a deadline (DEC-A19).
#[derive(Clone, PartialEq, Eq)]
pub struct Sent {
    digest: [u8; 32],
    at: Timestamp,
    until: Timestamp,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sent(until {})", self.until)
    }
}

/// How a typed code compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It is the one that was sent.
    Right,
    /// It is another.
    Wrong,
    /// It came too late, right or wrong.
    Late,
}

/// Makes a code of 64 random bits, to be good for some seconds. Leading zeros are kept; the digits are uniform but for one
/// part in 10^11.
pub fn make(random: u64, now: Timestamp, seconds: i64) -> (Secret, Sent) {
    let text = format!("{:08}", random % MODULUS);
    let sent = Sent {
        digest: Sha256::digest(text.as_bytes()).into(),
        at: now,
        until: Timestamp::from_micros(now.micros().saturating_add(seconds.saturating_mul(1_000_000))),
    };
    // Eight characters are never too many for a secret.
    (Secret::new(text).unwrap_or_default(), sent)
}

impl Sent {
    /// Until when it is good.
    pub const fn until(&self) -> Timestamp {
        self.until
    }

    /// Compares a typed code in constant time. Blanks around it do not count.
    pub fn compare(&self, typed: &Secret, now: Timestamp) -> Match {
        let digest: [u8; 32] = Sha256::digest(typed.expose().trim().as_bytes()).into();
        let equal = bool::from(digest.ct_eq(&self.digest));
        if now > self.until {
            Match::Late
        } else if equal {
            Match::Right
        } else {
            Match::Wrong
        }
    }

    /// Tells whether another may be sent in its place.
    pub fn may_be_replaced(&self, now: Timestamp) -> bool {
        now.micros().saturating_sub(self.at.micros()) >= PAUSE
    }
}

/// The mail gateway of a known provider of telephones (7.3).
pub fn gateway(provider: &str) -> Option<&'static str> {
    let named = |(name, _): &&(&str, &str)| sclera_core::name::same(name, provider);
    GATEWAYS.iter().find(named).map(|(_, gateway)| *gateway)
}

const GATEWAYS: [(&str, &str); 7] = [
    ("AT&T Wireless", "txt.att.net"),
    ("Alltel", "message.alltel.com"),
    ("Cellular One", "mobile.celloneusa.com"),
    ("Nextel", "messaging.nextel.com"),
    ("Sprint PCS", "messaging.sprintpcs.com"),
    ("T-Mobile", "tmomail.net"),
    ("Verizon", "vtext.com"),
];

/// Tells whether a telephone number is one: digits, at most 15 of them (ITU-T E.164).
pub fn is_phone_number(text: &str) -> bool {
    (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn typed(text: &str) -> Secret {
        Secret::new(text.to_owned()).unwrap()
    }

    /// `authentication.md` section 20, scenario 16.
    #[test]
    fn a_code_has_eight_digits_and_a_deadline() {
        let (code, sent) = make(700_000_123, at(1_000), 180);
        assert_eq!(code.expose(), "00000123");
        assert_eq!(sent.compare(&typed("00000123"), at(1_180)), Match::Right);
        assert_eq!(sent.compare(&typed(" 00000123\n"), at(1_000)), Match::Right);
        assert_eq!(sent.compare(&typed("123"), at(1_000)), Match::Wrong);
        assert_eq!(sent.compare(&typed("00000123"), at(1_181)), Match::Late);
        assert_eq!(sent.compare(&typed("wrong"), at(1_181)), Match::Late, "late tells nothing");
        assert_eq!(make(u64::MAX, at(0), i64::MAX).1.until(), Timestamp::from_micros(i64::MAX));
    }

    #[test]
    fn another_is_sent_after_a_pause() {
        let (_, sent) = make(1, at(0), 180);
        assert!(!sent.may_be_replaced(at(29)) && sent.may_be_replaced(at(30)));
    }

    #[test]
    fn telephone_numbers_are_digits() {
        assert!(is_phone_number("491701234567"));
        for wrong in ["", "+491701", "12 34", "1234567890123456", "12a", "１２"] {
            assert!(!is_phone_number(wrong), "{wrong}");
        }
    }
}
