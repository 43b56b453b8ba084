//! What an action sets: the values of properties as merge files write them.

use super::Notes;
use crate::document::Record;
use crate::malformed::Fault;
use crate::secret::Password;
use crate::table::{NAME, Shape, Table, Use};
use core::mem::take;
use sclera_core::change::Kind;
use sclera_core::name::quotable;
use sclera_core::permission::Permissions;
use sclera_core::property::Value;
use zeroize::Zeroizing;

/// Sets a property of a record. What the class does not know is ignored there, and told here.
pub(super) fn set(
    record: &mut Record,
    table: &Table,
    key: &str,
    mut value: Zeroizing<String>,
    notes: &mut Notes,
) -> Result<(), Fault> {
    match table.find(key) {
        Ok(Use::Password) => record.password = Some(Password::new(take(&mut *value))),
        Ok(Use::PasswordHash) => record.password_hash = Some(take(&mut *value)),
        Ok(Use::Property | Use::Listed(_)) => {
            let value = property(table.shape(key), key, &value, notes)?;
            record.properties.set(key, value);
        }
        Ok(_) => {}
        Err(_) => {
            let kind = record.kind.word();
            notes.add(format!("{kind}: the unknown key `{}` is left aside", quotable(key)));
        }
    }
    Ok(())
}

fn property(shape: Shape, key: &str, text: &str, notes: &mut Notes) -> Result<Value, Fault> {
    Ok(match shape {
        Shape::Integer if text.contains("$$$") || text.contains('+') => Value::Integer(sum(key, text)?),
        Shape::Permissions => Value::Text(text.replace(',', "")),
        Shape::Privileges => Value::Text(privileges(text, notes)),
        _ => Value::Text(text.to_owned()),
    })
}

/// Reads `A:READ,W,B:U`: letters and words behind a comma go on with the permissions before it. A resource without
/// permissions gives none.
fn privileges(text: &str, notes: &mut Notes) -> String {
    let mut held: Vec<(String, String)> = Vec::new();
    for piece in text.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
        match (piece.split_once(':'), held.last_mut()) {
            (Some((resource, letters)), _) => {
                held.push((resource.trim().to_owned(), letters.trim().to_owned()));
            }
            (None, Some((_, letters))) if piece.parse::<Permissions>().is_ok() && !letters.is_empty() => {
                letters.push_str(piece);
            }
            (None, _) => {
                let resource = quotable(piece);
                notes.add(format!("Resources: `{resource}` stands without permissions and gives none"));
                held.push((piece.to_owned(), String::new()));
            }
        }
    }
    held.into_iter().map(|(resource, letters)| format!("{resource}:{letters}")).collect::<Vec<_>>().join(",")
}

/// Reads numbers and macros with `+` between them; a bit that stands twice counts once.
fn sum(key: &str, text: &str) -> Result<i64, Fault> {
    let wanted = "numbers and macros such as `$$$AuthePassword`, with `+` between them";
    let fault = || Fault::Form { name: key.to_owned(), wanted };
    text.split('+').map(str::trim).try_fold(0, |bits, part| match part.strip_prefix("$$$") {
        Some(name) => {
            let (_, bit) = MACROS.iter().find(|(known, _)| *known == name).ok_or_else(fault)?;
            Ok(bits | (1_i64 << bit))
        }
        None if part.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(bits | part.parse::<i64>().map_err(|_| fault())?)
        }
        None => Err(fault()),
    })
}

/// Macros and their bits (`security-classes.md` 0.1, 7 and 12.1; `services.md` 4.1).
const MACROS: [(&str, u8); 28] = [
    ("AutheK5CCache", 0),
    ("AutheK5Prompt", 1),
    ("AutheK5API", 2),
    ("AutheK5KeyTab", 3),
    ("AutheOS", 4),
    ("AuthePassword", 5),
    ("AutheUnauthenticated", 6),
    ("AutheKB", 7),
    ("AutheKBEncryption", 8),
    ("AutheKBIntegrity", 9),
    ("AutheSystem", 10),
    ("AutheLDAP", 11),
    ("AutheLDAPCache", 12),
    ("AutheDelegated", 13),
    ("AutheLoginToken", 14),
    ("AutheKerberosDelegated", 15),
    ("AutheOSDelegated", 16),
    ("AutheOSLDAP", 17),
    ("AutheAlwaysTryDelegated", 18),
    ("AutheTwoFactorSMS", 20),
    ("AutheTwoFactorPW", 21),
    ("AutheMutualTLS", 25),
    ("LDAPActiveDirectory", 0),
    ("LDAPTLSConnection", 1),
    ("LDAPUseGroups", 3),
    ("LDAPUseNestedGroups", 4),
    ("LDAPUniversalGroups", 5),
    ("LDAPEnabled", 6),
];

/// The name of the object that an action is about.
pub(super) fn name(kind: Kind, given: &[(&str, Zeroizing<String>)]) -> Result<String, Fault> {
    let of = |key: &'static str| {
        let found = given.iter().find(|(known, _)| *known == key).map(|(_, value)| value.to_string());
        let text = found.ok_or(Fault::Missing(key))?;
        if text.trim().is_empty() { Err(Fault::Blank(key)) } else { Ok(text) }
    };
    match kind {
        Kind::Event => Ok(format!("{}/{}/{}", of("Source")?, of("Type")?, of(NAME)?)),
        Kind::System => match of(NAME) {
            Ok(name) if !sclera_core::name::same(&name, sclera_core::system::NAME) => {
                Err(Fault::NotSystem(name))
            }
            _ => Ok(sclera_core::system::NAME.to_owned()),
        },
        Kind::Superserver => {
            let address = given.iter().find(|(known, _)| *known == "BindAddress");
            let address = address.map(|(_, value)| value.to_string()).unwrap_or_default();
            crate::document::superserver_name(&of("Port")?, &address)
        }
        Kind::DocDb => Ok(format!("{}/{}", of("Namespace")?, of(NAME)?)),
        _ => of(NAME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_add_up() {
        let is = |text: &str| sum("AutheEnabled", text).ok();
        assert_eq!(is("$$$AuthePassword+$$$AutheUnauthenticated"), Some(96));
        assert_eq!(is("$$$AutheOS + 32"), Some(48));
        assert_eq!(is("$$$AutheOS+16"), Some(16), "a bit is set once");
        assert_eq!(is("$$$AutheMutualTLS"), Some(33_554_432));
        for bad in [
            "$$$Authe",
            "$$$authepassword",
            "32+",
            "+",
            "-1+2",
            "32 33",
            "$$$AutheOS-1",
            "99999999999999999999+1",
        ] {
            assert_eq!(is(bad), None, "{bad}");
        }
    }

    #[test]
    fn permissions_may_have_commas() {
        let told = |text: &str| {
            let mut notes = Notes::default();
            (privileges(text, &mut notes), notes.lines())
        };
        let is = |text: &str| (text.to_owned(), Vec::new());
        assert_eq!(told("ResA:READ,W,ResB:U"), is("ResA:READW,ResB:U"));
        assert_eq!(told("%DB_A:RW, %DB_B:R"), is("%DB_A:RW,%DB_B:R"));
        assert_eq!(
            told("%DB_A:,U"),
            (
                String::from("%DB_A:,U:"),
                vec!["Resources: `U` stands without permissions and gives none".to_owned()]
            )
        );
        let (text, notes) = told("%DB_A,%DB_B");
        assert_eq!((text.as_str(), notes.len()), ("%DB_A:,%DB_B:", 2));
    }
}
