//! Login records: what is known of the logins of a user, and of the failures of a name from a source.
//!
//! A [`LoginRecord`] holds the login properties of `Security.Users` (`authentication.md` 6.3). It is not part of the
//! user: it is kept with what happens, changes with every login, and is neither exported nor journalled. A
//! [`Throttle`] counts the failures of one name, as typed, from one source, whether or not there is such a user.

use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;

/// The login properties of a user. All are empty or zero for a user that never tried to log in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoginRecord {
    /// `InvalidLoginAttempts`: failures since the last success.
    pub invalid_attempts: u32,
    /// `InvalidLoginDateTime`.
    pub invalid_at: Option<Timestamp>,
    /// `InvalidLoginDevice`: the address of the peer, or the device of a local login; at most 256 characters.
    pub invalid_device: String,
    /// `InvalidLoginService`.
    pub invalid_service: String,
    /// `InvalidLoginStatus`: the whole error, as administrators see it; at most 1,024 characters.
    pub invalid_status: String,
    /// Digests of the sources that the failures since the last success came from; at most [`SOURCES`].
    pub invalid_sources: Vec<u64>,
    /// `LoginDateTime`.
    pub login_at: Option<Timestamp>,
    /// `LoginDevice`.
    pub login_device: String,
    /// `LoginService`.
    pub login_service: String,
    /// When an administrator enabled or unlocked the account last; inactivity counts from then (DEC-A17).
    pub enabled_at: Option<Timestamp>,
}

/// How many sources a record remembers. More than one is all that any rule asks.
pub const SOURCES: usize = 4;

/// Where and when an attempt was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// When.
    pub at: Timestamp,
    /// The address of the peer, or the device of a local login (DEC-A14).
    pub device: String,
    /// The service.
    pub service: String,
    /// A digest of the source, keyed so that it cannot be told from it.
    pub source: u64,
}

impl LoginRecord {
    /// Takes down a failure (6.3).
    pub fn fail(&mut self, occasion: &Occasion, status: &str) {
        self.invalid_attempts = self.invalid_attempts.saturating_add(1);
        self.invalid_at = Some(occasion.at);
        self.invalid_device = bounded(&occasion.device, 256);
        self.invalid_service = bounded(&occasion.service, 64);
        self.invalid_status = bounded(status, 1_024);
        if self.invalid_sources.len() < SOURCES && !self.invalid_sources.contains(&occasion.source) {
            self.invalid_sources.push(occasion.source);
        }
    }

    /// Takes down a success.
    pub fn succeed(&mut self, occasion: &Occasion) {
        self.reset();
        // A success that is written late does not set the clock back.
        self.login_at = self.login_at.max(Some(occasion.at));
        self.login_device = bounded(&occasion.device, 256);
        self.login_service = bounded(&occasion.service, 64);
    }

    /// Forgets the failures, as a success and an administrator do (DEC-A16).
    pub fn reset(&mut self) {
        self.invalid_attempts = 0;
        self.invalid_sources.clear();
    }

    /// Takes down that an administrator enabled or unlocked the account.
    pub fn enable(&mut self, at: Timestamp) {
        self.reset();
        self.enabled_at = Some(at);
    }

    /// Tells whether the failures came from more than one source.
    pub fn is_from_several_sources(&self) -> bool {
        self.invalid_sources.len() > 1
    }
}

fn bounded(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// The failures of a name from a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Throttle {
    /// Failures that were evaluated, since the last success or a day without any.
    pub failures: u32,
    /// When the last of them was.
    pub failed_at: Timestamp,
    /// Attempts since then that were not evaluated.
    pub skipped: u64,
}

/// Whether an attempt is evaluated.
#[must_use = "an attempt that is not evaluated is refused"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It is.
    Evaluated,
    /// It is not, nor counted, until then.
    NotBefore(Timestamp),
}

const SECOND: i64 = 1_000_000;
/// Failures are forgotten after a day without any.
const FORGOTTEN: i64 = 86_400 * SECOND;
/// The longest wait between two attempts that are evaluated: 96 of them a day are within what NIST SP 800-63B-4
/// section 3.2.2 allows.
const LONGEST: i64 = 900;

impl Throttle {
    /// Whether an attempt at an instant is evaluated, with a limit on failures in a row (0: none). From the limit on the
    /// wait after each failure doubles, from one second to a quarter of an hour.
    pub fn pace(&self, limit: u32, now: Timestamp) -> Pace {
        if limit == 0 || self.failures < limit || self.is_forgotten(now) {
            return Pace::Evaluated;
        }
        let seconds =
            1_i64.checked_shl(self.failures - limit).filter(|s| (1..LONGEST).contains(s)).unwrap_or(LONGEST);
        let until = self.failed_at.micros().saturating_add(seconds * SECOND);
        // A clock that was set back does not lock anybody out for longer than the wait.
        if now.micros() >= until || now < self.failed_at {
            return Pace::Evaluated;
        }
        Pace::NotBefore(Timestamp::from_micros(until))
    }

    /// Takes down an evaluated failure.
    pub fn fail(&mut self, now: Timestamp) {
        let failures = if self.is_forgotten(now) { 0 } else { self.failures };
        *self = Self { failures: failures.saturating_add(1), failed_at: now, skipped: 0 };
    }

    /// Tells whether it counts no longer.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        now.micros().saturating_sub(self.failed_at.micros()) >= FORGOTTEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * SECOND)
    }

    fn occasion(seconds: i64, source: u64) -> Occasion {
        Occasion { at: at(seconds), device: "10.0.0.1".into(), service: "%Service_Login".into(), source }
    }

    /// `authentication.md` section 20, scenario 9.
    #[test]
    fn a_success_forgets_the_failures() {
        let mut record = LoginRecord::default();
        for second in 0..3 {
            record.fail(&occasion(second, 7), "ERROR #952: Invalid password");
        }
        assert_eq!((record.invalid_attempts, record.invalid_at), (3, Some(at(2))));
        assert!(!record.is_from_several_sources());
        record.fail(&occasion(9, 8), "x");
        assert!(record.is_from_several_sources());
        record.succeed(&occasion(10, 7));
        assert_eq!((record.invalid_attempts, record.login_at), (0, Some(at(10))));
        assert_eq!(
            (record.login_service.as_str(), record.login_device.as_str()),
            ("%Service_Login", "10.0.0.1")
        );
        assert_eq!(record.invalid_status, "x", "what the last failure was stays");
        record.succeed(&occasion(4, 7));
        assert_eq!(record.login_at, Some(at(10)), "a late writer does not set the clock back");
    }

    #[test]
    fn a_record_is_bounded() {
        let mut record = LoginRecord::default();
        for source in 0..100 {
            record.fail(&Occasion { device: "d".repeat(999), ..occasion(0, source) }, &"ß".repeat(9_999));
        }
        assert_eq!(record.invalid_sources.len(), SOURCES);
        assert_eq!((record.invalid_device.len(), record.invalid_status.chars().count()), (256, 1_024));
    }

    #[test]
    fn beyond_the_limit_the_wait_doubles() {
        let mut throttle = Throttle::default();
        for second in 0..5 {
            assert_eq!(throttle.pace(5, at(second)), Pace::Evaluated, "failure {second}");
            throttle.fail(at(second));
        }
        assert_eq!(throttle.pace(5, at(4)), Pace::NotBefore(at(5)));
        assert_eq!(throttle.pace(0, at(4)), Pace::Evaluated, "no limit");
        let mut now = 4;
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
            assert_eq!(throttle.pace(5, at(now + wait - 1)), Pace::NotBefore(at(now + wait)), "{wait}");
            assert_eq!(throttle.pace(5, at(now + wait)), Pace::Evaluated);
            now += wait;
            throttle.fail(at(now));
        }
        assert_eq!(throttle.pace(5, at(now - 1)), Pace::Evaluated, "a clock that was set back");
        let much = Throttle { failures: u32::MAX, ..throttle };
        assert_eq!(much.pace(1, at(now)), Pace::NotBefore(at(now + 900)));
        assert_eq!(throttle.pace(5, at(now + 86_400)), Pace::Evaluated);
        throttle.fail(at(now + 86_400));
        assert_eq!(throttle.failures, 1, "a day without failures forgets them");
    }
}
