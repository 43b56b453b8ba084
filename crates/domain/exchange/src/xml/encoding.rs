//! Elements to values: how exports write each kind of value (`export-xml.md` section 3).

use super::reader::{Content, Element, is_blank};
use super::records::{Record, Wrong};
use crate::malformed::Fault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use core::fmt::Write as _;
use sclera_core::permission::Permissions;
use sclera_core::status::{Code, Status};
use sclera_core::time::{Date, Timestamp};
use zeroize::Zeroizing;

/// Reads `true`, `false`, `1` or `0`.
pub(super) fn boolean(property: &str, text: &str) -> Result<bool, Fault> {
    match text.trim() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(invalid(property, text, Status::new(Code::NotABoolean, [other]))),
    }
}

/// Reads a whole number; its range is judged by the rules of the property.
pub(super) fn integer(property: &str, text: &str) -> Result<i64, Fault> {
    let number = text.trim();
    number.parse().map_err(|_| invalid(property, text, Status::new(Code::NotANumber, [number])))
}

/// Reads a whole number in a range, where no rule comes after.
pub(super) fn bounded(property: &str, text: &str, min: i64, max: i64) -> Result<i64, Fault> {
    let number = integer(property, text)?;
    let outside = match () {
        () if number > max => Status::new(Code::TooGreat, [number, max]),
        () if number < min => Status::new(Code::TooSmall, [number, min]),
        () => return Ok(number),
    };
    Err(invalid(property, text, outside))
}

/// Takes a text of at most so many characters, where no rule comes after.
pub(super) fn short(property: &str, text: &str, max: usize) -> Result<String, Fault> {
    if text.chars().nth(max).is_none() {
        return Ok(text.to_owned());
    }
    Err(invalid(property, text, Status::new(Code::TooLong, [text.to_owned(), max.to_string()])))
}

/// Reads a day, `YYYY-MM-DD` or its number; day 0 in either form is none, and none is an empty text.
pub(super) fn day(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let day = match text {
        "" => return Ok(String::new()),
        _ if is_number => text.parse().ok().and_then(Date::from_day_number),
        _ => text.parse().ok(),
    };
    match day {
        Some(day) if day.day_number() == 0 => Ok(String::new()),
        Some(day) => Ok(day.to_string()),
        None => Err(Fault::Refused(
            Status::plain(Code::InvalidExpirationDate).because("a day is `YYYY-MM-DD` or the number of one"),
        )),
    }
}

/// Reads `days,seconds.fraction` in UTC; `0` and nothing are never.
pub(super) fn instant(property: &str, text: &str) -> Result<Option<Timestamp>, Fault> {
    let text = text.trim();
    if matches!(text, "" | "0") {
        return Ok(None);
    }
    let at = text.split_once(',').and_then(|(days, seconds)| horolog(days, seconds));
    let wanted = "an instant such as `67120,37800.5`: days and seconds";
    at.map(Some).ok_or_else(|| Fault::Form { name: property.to_owned(), wanted })
}

fn horolog(days: &str, seconds: &str) -> Option<Timestamp> {
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let all_digits = [days, seconds, fraction].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let day = Date::from_day_number(days.parse().ok().filter(|_| all_digits)?)?;
    let seconds: i64 = seconds.parse().ok().filter(|seconds| *seconds < SECONDS_OF_A_DAY)?;
    let since = i64::from(day.day_number() - Timestamp::from_micros(0).date().day_number());
    Some(Timestamp::from_micros(
        (since * SECONDS_OF_A_DAY + seconds) * 1_000_000 + fraction.parse::<i64>().ok()?,
    ))
}

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Reads base64, in which white space means nothing.
pub(super) fn bytes(property: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
    digits.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut bytes = Zeroizing::new(vec![0; digits.len().div_ceil(4) * 3]);
    let length = STANDARD.decode_slice(&*digits, &mut bytes);
    let length = length.map_err(|_| Fault::Form { name: property.to_owned(), wanted: "base64" })?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Reads permissions, by number or letters.
pub(super) fn permissions(text: &str, resource: &str) -> Result<Permissions, Fault> {
    let invalid = || Fault::Refused(Status::new(Code::InvalidPermission, [text.trim(), resource]));
    if is_blank(text) {
        return Err(invalid());
    }
    Permissions::from_property(text).map_err(|_| invalid())
}

/// Reads a list of texts into one text with a separator between them.
pub(super) fn list(record: &mut Record, element: Element, separator: char) -> Result<String, Wrong> {
    let property = &*element.name;
    let items = match element.content {
        Content::Text(text) if is_blank(&text) => return Ok(String::new()),
        Content::Text(mut text) => return Ok(core::mem::take(&mut *text)),
        Content::Elements(items) => items,
    };
    let mut joined = String::new();
    for item in items {
        if !is_item(property, &item.name) {
            record.leave_aside(&item.name);
            continue;
        }
        let line = item.line;
        let text = plain(item)?;
        if text.contains(separator) {
            return Err(Wrong { line, fault: Fault::Separator { property: property.to_owned(), separator } });
        }
        // The model takes no lists that hold nothing.
        if !is_blank(&text) {
            if !joined.is_empty() {
                joined.push(separator);
            }
            joined.push_str(&text);
        }
    }
    Ok(joined)
}

/// Tells whether an element is one of the list of a property.
pub(super) fn is_item(property: &str, name: &str) -> bool {
    name == "PropertyItem" || name.strip_suffix("Item") == Some(property)
}

/// Reads the resources of a role into `A:RW,B:U`; one without permissions is no privilege.
pub(super) fn privileges(record: &mut Record, element: Element) -> Result<String, Wrong> {
    let children = match element.content {
        Content::Text(text) if is_blank(&text) => return Ok(String::new()),
        Content::Text(mut text) => return Ok(core::mem::take(&mut *text)),
        Content::Elements(children) => children,
    };
    let mut joined = String::new();
    for child in children {
        if &*child.name != "Resource" {
            record.leave_aside(&child.name);
            continue;
        }
        let (resource, permissions) = privilege(record, child)?;
        if !permissions.is_empty() {
            let comma = if joined.is_empty() { "" } else { "," };
            let _ = write!(joined, "{comma}{resource}:{permissions}");
        }
    }
    Ok(joined)
}

fn privilege(record: &mut Record, element: Element) -> Result<(String, Permissions), Wrong> {
    let line = element.line;
    let (mut name, mut letters) = (None, None);
    let parts = match element.content {
        Content::Elements(parts) => parts,
        Content::Text(_) => Vec::new(),
    };
    for part in parts {
        let slot = match &*part.name {
            "Name" => &mut name,
            "Permission" => &mut letters,
            other => {
                record.leave_aside(other);
                continue;
            }
        };
        if slot.is_some() {
            return Err(Wrong { line: part.line, fault: Fault::Twice(part.name.into_string()) });
        }
        *slot = Some((part.line, plain(part)?));
    }
    let missing = |name| Wrong { line, fault: Fault::Missing(name) };
    let (at, mut resource) = name.ok_or_else(|| missing("Name"))?;
    if is_blank(&resource) {
        return Err(Wrong { line: at, fault: Fault::Blank("Name") });
    }
    // Either would make another pair of it in the list.
    if let Some(separator) = [',', ':'].into_iter().find(|separator| resource.contains(*separator)) {
        return Err(Wrong {
            line: at,
            fault: Fault::Separator { property: "Resources".to_owned(), separator },
        });
    }
    let (at, letters) = letters.ok_or_else(|| missing("Permission"))?;
    let permissions = permissions(&letters, &resource).map_err(|fault| Wrong { line: at, fault })?;
    Ok((core::mem::take(&mut *resource), permissions))
}

/// The text of an element that has no elements inside.
pub(super) fn plain(element: Element) -> Result<Zeroizing<String>, Wrong> {
    match element.content {
        Content::Text(text) => Ok(text),
        Content::Elements(_) => Err(Wrong {
            line: element.line,
            fault: Fault::Form { name: element.name.into_string(), wanted: "text, without elements inside" },
        }),
    }
}

/// Writes an instant as `days,seconds.fraction` in UTC.
pub(super) fn horolog_of(at: Timestamp) -> String {
    let micros = at.micros().rem_euclid(SECONDS_OF_A_DAY * 1_000_000);
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let text = format!("{},{seconds}.{fraction:06}", at.date().day_number());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A list in exports, though a text in the class.
pub(super) const LDAP_ATTRIBUTES: &str = "LDAPAttributes";

fn invalid(property: &str, text: &str, cause: Status) -> Fault {
    Fault::Refused(Status::new(Code::PropertyInvalid, [property, text]).caused_by(cause))
}
