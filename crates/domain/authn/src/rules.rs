//! What a new password must satisfy, as the system settings say (`authentication.md` 6.1).
//!
//! | setting | rule |
//! |---|---|
//! | always | at most 255 characters |
//! | `PasswordPattern` | it matches; an empty pattern asks nothing |
//! | `PasswordMinimumLength` | at least so many characters |
//! | `PasswordCommonList` | it is not among the most common passwords, and does not say the name of its user |
//!
//! Existing passwords are never tested. The validation routine of a site runs after these rules and is not part of them.

use crate::secret::Secret;
use core::cmp::Ordering;
use core::fmt;
use sclera_core::name::quotable;
use sclera_core::pattern::Pattern;
use sclera_core::status::{Code, Status};
use sclera_core::system::System;
use zeroize::Zeroizing;

/// The most characters a password may have, as in 2026.1.
pub const LONGEST: usize = 255;

/// The fewest characters at which a user name may not stand anywhere in a password: shorter names stand by accident
/// in the words of good ones.
const TELLING_NAME: usize = 4;

/// The most common passwords, in lower case, in the order of their bytes; `data/NOTICE` says where they come from.
const COMMON: &str = include_str!("../data/common-passwords.txt");

/// Tests a new password of a user.
///
/// Refused with #845 and the rule that it breaks, the first in the order of the module's table; with #958 when the
/// pattern of the settings is none, whatever the password.
pub fn new_password(password: &Secret, user: &str, system: &System) -> Result<(), Status> {
    matches_pattern(password, &system.password_pattern)?;
    has_length(password, system.password_minimum_length)?;
    if system.password_common_list {
        is_hard_to_guess(password, user)?;
    }
    Ok(())
}

fn matches_pattern(password: &Secret, pattern: &str) -> Result<(), Status> {
    let parsed = match pattern {
        "" => None,
        text => Some(Pattern::parse(text).map_err(|_| Status::new(Code::InvalidPasswordPattern, [text]))?),
    };
    if password.expose().chars().nth(LONGEST).is_some() {
        return Err(refused(format_args!("at most {LONGEST} characters")));
    }
    match parsed {
        Some(parsed) if !parsed.matches(password.expose()) => {
            Err(refused(format_args!("it does not match the pattern {}", quotable(pattern))))
        }
        _ => Ok(()),
    }
}

fn has_length(password: &Secret, least: i64) -> Result<(), Status> {
    let least = usize::try_from(least).unwrap_or(0);
    if password.expose().chars().count() < least {
        return Err(refused(format_args!("at least {least} characters")));
    }
    Ok(())
}

fn is_hard_to_guess(password: &Secret, user: &str) -> Result<(), Status> {
    let password = lower(password.expose().trim());
    if contains_line(COMMON, &password) {
        return Err(refused("it is among the most common passwords"));
    }
    if says_name(&password, &lower(user)) {
        return Err(refused("it contains the name of the user"));
    }
    Ok(())
}

/// Tells whether a password is little more than the name: the name, its repetitions and anything but letters around
/// them; or whether it contains a name that is long enough to be told from chance. Signs around a name (`_SYSTEM`) do
/// not count.
fn says_name(password: &str, name: &str) -> bool {
    let stem = name.trim_matches(|c: char| !c.is_alphanumeric());
    let stem = if stem.is_empty() { name } else { stem };
    if stem.is_empty() || !password.contains(stem) {
        return false;
    }
    let is_long = stem.chars().nth(TELLING_NAME - 1).is_some();
    is_long || password.split(stem).all(|rest| !rest.contains(char::is_alphabetic))
}

/// Finds a line by halving; the lines are in the order of their bytes.
fn contains_line(lines: &str, wanted: &str) -> bool {
    let mut lines = lines.as_bytes();
    while !lines.is_empty() {
        let (before, after) = lines.split_at(lines.len() / 2);
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let end = after.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |n| before.len() + n);
        let half = match lines.get(start..end).unwrap_or_default().cmp(wanted.as_bytes()) {
            Ordering::Equal => return true,
            Ordering::Less => lines.get(end + 1..),
            Ordering::Greater => lines.get(..start),
        };
        lines = half.unwrap_or_default();
    }
    false
}

/// A copy in lower case that is wiped; with room for every character, so that it never grows and leaves a copy behind.
fn lower(text: &str) -> Zeroizing<String> {
    // No character takes more than three times its bytes in lower case.
    let mut lower = Zeroizing::new(String::with_capacity(text.len() * 3));
    lower.extend(text.chars().flat_map(char::to_lowercase));
    lower
}

fn refused(rule: impl fmt::Display) -> Status {
    Status::plain(Code::PasswordDoesNotMatch).because(rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn test(password: &str, user: &str, system: &System) -> Result<(), String> {
        let password = Secret::new(password.to_owned()).unwrap();
        new_password(&password, user, system).map_err(|status| status.to_string())
    }

    fn patterned(pattern: &str) -> System {
        System { password_pattern: pattern.to_owned(), ..System::default() }
    }

    fn strict() -> System {
        System { password_minimum_length: 8, password_common_list: true, ..patterned("") }
    }

    fn refusal(rule: &str) -> Result<(), String> {
        Err(format!("ERROR #845: Password does not match length or pattern requirements ({rule})"))
    }

    /// The table of `authentication.md` 6.1.
    #[test]
    fn documented_patterns() {
        let long = "x".repeat(33);
        for (pattern, accepted, refused) in [
            ("3.32ANP", &["SYS", "a1!"][..], &["SY", &long, "a\tb", ""][..]),
            ("8.32ANP", &["Password1"], &["SYS", "1234567"]),
            ("8.8N", &["12345678"], &["1234567a", "123456789"]),
            ("", &["", "a\tb", &long], &[]),
        ] {
            let rule = format!("it does not match the pattern {pattern}");
            for good in accepted {
                assert_eq!(test(good, "ann", &patterned(pattern)), Ok(()), "{pattern} {good:?}");
            }
            for bad in refused {
                assert_eq!(test(bad, "ann", &patterned(pattern)), refusal(&rule), "{pattern} {bad:?}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_refuses_every_password() {
        let refused = Err("ERROR #958: Invalid password pattern '3.32X'".to_owned());
        assert_eq!(test("SYS", "ann", &patterned("3.32X")), refused);
        assert_eq!(test(&"x".repeat(256), "ann", &patterned("3.32X")), refused);
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        let system = System { password_minimum_length: 15, ..patterned("") };
        assert_eq!(test(&"ä".repeat(14), "ann", &system), refusal("at least 15 characters"));
        assert_eq!(test(&"ä".repeat(15), "ann", &system), Ok(()));
        assert_eq!(test(&"ä".repeat(255), "ann", &system), Ok(()));
        assert_eq!(test(&"x".repeat(256), "ann", &system), refusal("at most 255 characters"));
        assert_eq!(test(&"x".repeat(256), "ann", &patterned("1.512E")), refusal("at most 255 characters"));
    }

    #[test]
    fn common_passwords() {
        let rule = "it is among the most common passwords";
        for bad in ["password", "PassWord", "1q2w3e4r5t6y7u8i9o", " password ", "пароль  "] {
            assert_eq!(test(bad, "ann", &strict()), refusal(rule), "{bad:?}");
        }
        assert_eq!(test("password", "ann", &patterned("")), Ok(()), "the list is off");
        assert_eq!(test("correct horse battery", "ann", &strict()), Ok(()));
    }

    #[test]
    fn passwords_that_say_the_name() {
        let rule = "it contains the name of the user";
        for (user, bad) in [
            ("johanna", "johanna1"),
            ("Johanna", "xx JOHANNA xx"),
            ("_SYSTEM", "MySystemIsMine"),
            ("ann", "ann-2026!"),
            ("ann", "AnnAnn 99 ann"),
            ("an", "12345an!"),
            ("37", "373 7373-37"),
            ("***", "123***45"),
            ("Größe", "GRÖẞE und mehr"),
        ] {
            assert_eq!(test(bad, user, &strict()), refusal(rule), "{user} {bad}");
        }
        for (user, good) in [
            ("ann", "planning a kitchen"),
            ("ann", "annabel's hat"),
            ("johanna", "johann sebastian"),
            ("", "whatever it is"),
        ] {
            assert_eq!(test(good, user, &strict()), Ok(()), "{user} {good}");
        }
        assert_eq!(test("SYSTEM", "_SYSTEM", &patterned("3.32ANP")), Ok(()), "the compatible profile");
    }

    #[test]
    fn the_list_is_sorted_in_lower_case_and_long_enough() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()));
        assert!(lines.iter().all(|line| !line.is_empty() && line.trim() == *line && *lower(line) == *line));
        assert!(lines.len() >= 3_000);
    }

    #[test]
    fn every_line_is_found_and_nothing_else() {
        for line in COMMON.lines() {
            assert!(contains_line(COMMON, line), "{line}");
            assert!(
                !contains_line(COMMON, &format!("{line}\0")) && !contains_line(COMMON, &format!("\n{line}"))
            );
        }
        assert!(!contains_line(COMMON, "") && !contains_line("", "a") && !contains_line("", ""));
        assert!(contains_line("a\nb\nc", "c") && contains_line("a", "a") && !contains_line("a\nc\n", "b"));
    }

    #[test]
    fn no_character_outgrows_its_room() {
        for c in '\0'..=char::MAX {
            let grown: usize = c.to_lowercase().map(char::len_utf8).sum();
            assert!(grown <= c.len_utf8() * 3, "{c:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn halving_finds_what_a_walk_finds(
            mut lines in prop::collection::vec("[a-c]{1,4}", 0..40),
            wanted in "[a-c]{0,4}",
        ) {
            lines.sort();
            lines.dedup();
            let found = lines.contains(&wanted);
            prop_assert_eq!(contains_line(&lines.join("\n"), &wanted), found);
        }

        #[test]
        fn any_password_and_name_get_an_answer(password in ".{0,120}", user in ".{0,40}") {
            let _ = test(&password, &user, &strict());
        }
    }
}
