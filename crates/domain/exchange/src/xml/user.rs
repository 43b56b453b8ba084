//! What exports tell of a user beside what callers may set: password, one-time password key and history
//! (`export-xml.md` section 4).

use super::encoding::{bounded, bytes, horolog_of, instant, is_item, plain, short};
use super::reader::{Content, is_blank};
use super::records::{Record, Wrong};
use crate::document;
use crate::malformed::Fault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use core::mem::take;
use sclera_core::change::History;
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_core::user::{ALGORITHMS, Credential};
use zeroize::Zeroizing;

/// The names of it, and those of the password.
pub(super) const NAMES: [&str; 15] = [
    "Password",
    "Salt",
    "PasswordHashAlgorithm",
    "PasswordHashWorkFactor",
    "PasswordHash",
    "HOTPKey",
    "Flags",
    "CreateDateTime",
    "CreateUsername",
    "LastModifiedDateTime",
    "LastModifiedUsername",
    "LastModifiedInfo",
    "PasswordChangedDateTime",
    "LegacyPassword",
    "Attributes",
];

/// Names of the format that say nothing here.
pub(super) const IGNORED: [&str; 4] = ["Version", "NameLowerCase", "PasswordReset", "HOTPKeyGenerate"];

/// How an element of a user is written.
pub(super) enum Written {
    /// Not at all.
    Nothing,
    /// As this text.
    Text(Zeroizing<String>),
    /// As this list.
    List(Vec<String>),
    /// As its property is.
    Property,
}

/// What is written of a user beside what callers may set. Secrets are where the record holds them.
pub(super) fn written(record: &document::Record, name: &str) -> Written {
    let text = |text: String| if text.is_empty() { Written::Nothing } else { Written::Text(text.into()) };
    let kept = record.credential.as_ref();
    match name {
        "Password" | "Salt" => password(record, name).map_or(Written::Nothing, Written::Text),
        "HOTPKey" => record.totp_key.as_ref().map_or(Written::Nothing, |key| text(STANDARD.encode(&**key))),
        "PasswordHashAlgorithm" => {
            kept.map_or(Written::Property, |credential| text(credential.algorithm.clone()))
        }
        "PasswordHashWorkFactor" => {
            kept.map_or(Written::Property, |credential| text(credential.work_factor.to_string()))
        }
        "Flags" => record.history.as_ref().map_or(Written::Property, |h| text(h.flags.to_string())),
        _ => record.history.as_ref().map_or(Written::Nothing, |history| told(history, name)),
    }
}

fn told(history: &History, name: &str) -> Written {
    let text = |text: String| if text.is_empty() { Written::Nothing } else { Written::Text(text.into()) };
    let at = |at: Option<Timestamp>| at.map_or(Written::Nothing, |at| text(horolog_of(at)));
    match name {
        "CreateDateTime" => at(history.created),
        "CreateUsername" => text(history.created_by.clone()),
        "LastModifiedDateTime" => at(history.modified),
        "LastModifiedUsername" => text(history.modified_by.clone()),
        "LastModifiedInfo" => text(history.modified_what.clone()),
        "PasswordChangedDateTime" => at(history.password_changed),
        "LegacyPassword" => text(history.legacy_password.clone()),
        "Attributes" => {
            Written::List(history.attributes.iter().map(|text| STANDARD.encode(list_of(text))).collect())
        }
        _ => Written::Nothing,
    }
}

/// The key or the salt of a password; that there never is one is no secret.
fn password(record: &document::Record, name: &str) -> Option<Zeroizing<String>> {
    let never = match &record.credential {
        Some(credential) => credential.is_unchangeable(),
        None => record.properties.get("PasswordHashAlgorithm").is_some_and(|known| known.text() == NONE),
    };
    let bytes = match (name, &record.credential) {
        ("Password", _) if never => UNCHANGEABLE,
        ("Password", Some(credential)) => &credential.key,
        (_, Some(credential)) => &credential.salt,
        (_, None) => return None,
    };
    (!bytes.is_empty()).then(|| Zeroizing::new(STANDARD.encode(bytes)))
}

/// A `$LIST` of the name and the value of an attribute; what is too long for the short form stays a text.
fn list_of(attribute: &str) -> Vec<u8> {
    let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
    let element = |text: &str| {
        let length = u8::try_from(text.len() + 2).ok().filter(|length| *length < u8::MAX)?;
        Some([[length, 1].as_slice(), text.as_bytes()].concat())
    };
    let list = element(name).zip(element(value)).map(|(name, value)| [name, value].concat());
    list.unwrap_or_else(|| attribute.as_bytes().to_vec())
}

pub(super) fn fill(record: &mut document::Record, read: &mut Record) -> Result<(), Wrong> {
    record.credential = credential(read)?;
    let hash = read.optional("PasswordHash", |text| Ok(text.trim().to_owned()))?;
    record.password_hash = hash.filter(|hash| record.credential.is_none() && !hash.is_empty());
    let line = read.line_of("HOTPKey");
    record.totp_key = read.optional("HOTPKey", |text| bytes("HOTPKey", text))?.filter(|key| !key.is_empty());
    if record.totp_key.as_ref().is_some_and(|key| key.len() != TOTP_KEY) {
        let fault = Fault::Form { name: "HOTPKey".to_owned(), wanted: "20 bytes in base64" };
        return Err(Wrong { line, fault });
    }
    record.history = Some(Box::new(history(read)?));
    Ok(())
}

fn history(read: &mut Record) -> Result<History, Wrong> {
    let at = |read: &mut Record, name| read.optional(name, |text| instant(name, text)).map(Option::flatten);
    let who = |read: &mut Record, name, max| {
        read.optional(name, |text| short(name, text, max)).map(Option::unwrap_or_default)
    };
    let what = read.optional("LastModifiedInfo", |text| Ok(text.chars().take(LONGEST_INFO).collect()))?;
    Ok(History {
        flags: read.optional("Flags", |text| bounded("Flags", text, 0, 0xffff_ffff))?.unwrap_or(1),
        created: at(read, "CreateDateTime")?,
        created_by: who(read, "CreateUsername", 160)?,
        modified: at(read, "LastModifiedDateTime")?,
        modified_by: who(read, "LastModifiedUsername", 160)?,
        modified_what: what.unwrap_or_default(),
        password_changed: at(read, "PasswordChangedDateTime")?,
        legacy_password: who(read, "LegacyPassword", 64)?,
        attributes: attributes(read)?,
        ..History::default()
    })
}

/// The password as it is kept. An old file that does not say how it was hashed is told by the length of the key.
fn credential(read: &mut Record) -> Result<Option<Credential>, Wrong> {
    let line = read.line_of("Password");
    let wrong = |wanted| Wrong { line, fault: Fault::Form { name: "Password".to_owned(), wanted } };
    let key = read.optional("Password", |text| bytes("Password", text))?;
    let salt = read.optional("Salt", |text| bytes("Salt", text))?.unwrap_or_default();
    let named = read.optional("PasswordHashAlgorithm", algorithm)?;
    let factor = read.optional("PasswordHashWorkFactor", |text| {
        bounded("PasswordHashWorkFactor", text, 1_024, 100_000_000)
    })?;
    let Some(mut key) = key.filter(|key| !key.is_empty()) else { return Ok(None) };
    if *key == UNCHANGEABLE && matches!(named, None | Some(NONE)) {
        return Ok(Some(Credential::unchangeable()));
    }
    if salt.len() > LONGEST_SALT {
        return Err(Wrong {
            fault: Fault::Form { name: "Salt".to_owned(), wanted: "at most 64 bytes" },
            ..wrong("")
        });
    }
    let fitting = DIGESTS.iter().find(|(_, length)| *length == key.len());
    let Some((algorithm, _)) = fitting.filter(|(fitting, _)| named.is_none_or(|named| named == *fitting))
    else {
        return Err(wrong("a key of the length that its algorithm gives"));
    };
    let usual = if *algorithm == "SHA1" { 1_024 } else { 10_000 };
    Ok(Some(Credential {
        algorithm: (*algorithm).to_owned(),
        work_factor: factor.unwrap_or(usual),
        key: take(&mut *key),
        salt: salt.to_vec(),
    }))
}

fn algorithm(text: &str) -> Result<&'static str, Fault> {
    let found = ALGORITHMS.iter().find(|known| **known == text.trim()).copied();
    let unknown = || Fault::Refused(Status::new(Code::NotInList, [text.trim(), &ALGORITHMS.join(",")]));
    found.ok_or_else(unknown)
}

/// Named values, each as `name=value` where that can be made out.
fn attributes(read: &mut Record) -> Result<Vec<String>, Wrong> {
    let items = match read.take("Attributes").map(|element| element.content) {
        Some(Content::Elements(items)) => items,
        Some(Content::Text(text)) => {
            read.unreadable |= !is_blank(&text);
            return Ok(Vec::new());
        }
        None => return Ok(Vec::new()),
    };
    let mut attributes = Vec::new();
    for item in items {
        if !is_item("Attributes", &item.name) {
            read.leave_aside(&item.name);
            continue;
        }
        match attribute(&plain(item)?) {
            Some(attribute) => attributes.push(attribute),
            None => read.unreadable = true,
        }
    }
    Ok(attributes)
}

/// Reads base64 of a `$LIST` of the name and its values, base64 of `name=value`, or that itself.
fn attribute(text: &str) -> Option<String> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=')?;
        let fits = !name.is_empty() && !value.is_empty() && !text.contains(char::is_control);
        fits.then(|| text.to_owned())
    };
    let of_list = |bytes: &[u8]| {
        let mut parts = list(bytes)?.into_iter();
        let name = parts.next()?;
        pair(&format!("{name}={}", parts.collect::<Vec<_>>().join(",")))
    };
    // The sign that ends base64 separates no name from a value.
    match STANDARD.decode(text.trim()) {
        Ok(bytes) => of_list(&bytes).or_else(|| pair(core::str::from_utf8(&bytes).ok()?)),
        Err(_) => pair(text.trim()),
    }
}

/// The elements of a `$LIST` of short texts: each its length with two, the type 1 and the text.
fn list(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut elements = Vec::new();
    while let [length, 1, rest @ ..] = bytes {
        let (text, others) = rest.split_at_checked(usize::from(*length).checked_sub(2)?)?;
        elements.push(core::str::from_utf8(text).ok()?.to_owned());
        bytes = others;
    }
    bytes.is_empty().then_some(elements)
}

/// The password of an account that never gets one.
const UNCHANGEABLE: &[u8] = b"Unchangeable";
const NONE: &str = "N/A";
/// The algorithms and the lengths of what they give.
const DIGESTS: [(&str, usize); 5] =
    [("SHA1", 20), ("SHA224", 28), ("SHA256", 32), ("SHA384", 48), ("SHA512", 64)];
const LONGEST_SALT: usize = 64;
const LONGEST_INFO: usize = 1_024;
const TOTP_KEY: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_made_out_where_they_can_be() {
        let of = |bytes: &[u8]| attribute(&STANDARD.encode(bytes));
        assert_eq!(of(b"\x06\x01ward\x03\x017"), Some("ward=7".to_owned()));
        assert_eq!(of(b"\x06\x01ward\x03\x017\x04\x01ab"), Some("ward=7,ab".to_owned()));
        assert_eq!(of(b"ward=7"), Some("ward=7".to_owned()));
        assert_eq!(attribute("ward=7"), Some("ward=7".to_owned()));
        for bytes in
            [b"".as_slice(), b"\x00\x01", b"\x01\x01", b"\x06\x01ward", b"\x09\x01ward", b"\xff\xfe", b"ward"]
        {
            assert_eq!(of(bytes), None, "{bytes:?}");
        }
        assert_eq!(attribute("ward"), None);
    }
}
