//! What Active Directory says of the state of an account (step 5 of 10.3): in attributes, and in the words with which it
//! refuses a bind.

use super::message::{Ended, Entry};
use sclera_core::status::{Code, Status};
use sclera_core::time::{Date, Timestamp};

/// The attributes that say it.
pub(super) const ATTRIBUTES: [&str; 3] = [CONTROL, EXPIRES, PASSWORD_SET];
const CONTROL: &str = "userAccountControl";
const EXPIRES: &str = "accountExpires";
const PASSWORD_SET: &str = "pwdLastSet";

/// Bits of `userAccountControl`.
const DISABLED: i64 = 0x2;
const PASSWORD_NEVER_EXPIRES: i64 = 0x1_0000;

/// Whether an account can be used, and its last day where it has one.
pub(super) fn judge(entry: &Entry, name: &str, now: Timestamp) -> Result<Option<Date>, Status> {
    let number = |attribute| entry.text(attribute).trim().parse::<i64>().ok();
    let control = number(CONTROL).unwrap_or_default();
    if control & DISABLED != 0 {
        return Err(Status::new(Code::UserDisabled, [name]).because("the directory says so"));
    }
    let expires = number(EXPIRES).and_then(instant);
    if expires.is_some_and(|expires| expires <= now) {
        return Err(Status::new(Code::UserExpired, [name]).because("the directory says so"));
    }
    if number(PASSWORD_SET) == Some(0) && control & PASSWORD_NEVER_EXPIRES == 0 {
        let status = Status::plain(Code::PasswordChangeRequired);
        return Err(status.because("the directory wants another password"));
    }
    // The account ends at an instant; the day before it is the last whole one.
    Ok(expires.map(|expires| Timestamp::from_micros(expires.micros().saturating_sub(1)).date()))
}

/// The account state that a refused bind tells, `data 533` and the like. They come only after a right password.
pub(super) fn told(ended: &Ended, name: &str) -> Option<Status> {
    let (_, rest) = ended.text.split_once("data ")?;
    let code: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    let status = match code.as_str() {
        "533" => Status::new(Code::UserDisabled, [name]),
        "701" => Status::new(Code::UserExpired, [name]),
        "532" | "773" => Status::plain(Code::PasswordChangeRequired),
        _ => return None,
    };
    Some(status.because("the directory says so"))
}

/// The instant of a count of 100 nanoseconds since 1601; none where it means never.
fn instant(ticks: i64) -> Option<Timestamp> {
    const TO_1970: i64 = 11_644_473_600 * 1_000_000;
    const LATEST: i64 = 253_402_300_800 * 1_000_000;
    let micros = (ticks / 10).checked_sub(TO_1970)?;
    (ticks > 0 && micros < LATEST).then(|| Timestamp::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn ticks(seconds: i64) -> String {
        ((seconds + 11_644_473_600) * 10_000_000).to_string()
    }

    fn code(attributes: &[(&str, &str)]) -> Result<Option<String>, u16> {
        let entry = Entry::new("cn=ann", attributes.iter().copied());
        let judged = judge(&entry, "ann", Timestamp::from_micros(NOW * 1_000_000));
        judged.map(|day| day.map(|day| day.to_string())).map_err(|status| status.code().number())
    }

    #[test]
    fn the_state_of_an_account() {
        assert_eq!(code(&[]), Ok(None), "other directories say nothing of the kind");
        assert_eq!(
            code(&[("useraccountcontrol", "512"), ("accountExpires", "0"), ("pwdLastSet", "1")]),
            Ok(None)
        );
        assert_eq!(code(&[("userAccountControl", "514")]), Err(828));
        assert_eq!(code(&[("accountExpires", "9223372036854775807")]), Ok(None));
        assert_eq!(code(&[("accountExpires", &ticks(NOW))]), Err(959));
        assert_eq!(code(&[("accountExpires", &ticks(1_700_006_400))]), Ok(Some("2023-11-14".to_owned())));
        assert_eq!(code(&[("pwdLastSet", "0")]), Err(935));
        assert_eq!(code(&[("pwdLastSet", "0"), ("userAccountControl", "66048")]), Ok(None));
    }

    #[test]
    fn a_refused_bind_may_tell_it() {
        let told = |text: &str| {
            told(&Ended { code: 49, text: text.to_owned() }, "ann").map(|status| status.code().number())
        };
        let text = |data: &str| {
            format!(
                "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data {data}, v4563"
            )
        };
        assert_eq!(told(&text("52e")), None);
        assert_eq!(told(&text("533")), Some(828));
        assert_eq!(told(&text("701")), Some(959));
        assert_eq!(told(&text("532")), Some(935));
        assert_eq!(told(&text("773")), Some(935));
        assert_eq!(told("data"), None);
    }
}
