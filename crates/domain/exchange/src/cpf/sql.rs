//! SQL privileges that actions grant and revoke.

use super::Notes;
use crate::malformed::Fault;
use crate::sql::SqlRecord;
use sclera_core::name::{list, quotable};
use sclera_core::sql::{ADMINISTRATIVE, OBJECT_PRIVILEGES};
use zeroize::Zeroizing;

/// What is granted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Granted {
    /// Privileges on objects.
    OnObjects,
    /// Administrative ones.
    Administrative,
}

/// One record for each privilege, object and grantee that an action names.
pub(super) fn read(
    granted: Granted,
    given: &[(&str, Zeroizing<String>)],
    notes: &mut Notes,
) -> Result<Vec<SqlRecord>, Fault> {
    let of = |key: &str| given.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| value.trim());
    let required =
        |key: &'static str| if of(key).is_empty() { Err(Fault::Missing(key)) } else { Ok(of(key)) };
    let (privileges, objects, grantees) = match granted {
        Granted::OnObjects => {
            let kind = object_type(of("Type"))?;
            let privileges = expanded(required("ObjPriv")?, &OBJECT_PRIVILEGES.map(|(_, word)| word));
            let objects: Vec<&str> = list(required("ObjList")?).collect();
            if objects.contains(&"*") {
                notes.add(
                    "`ObjList=*`: which objects there are is not known here; it is left aside".to_owned(),
                );
            }
            let named = objects.into_iter().filter(|name| *name != "*");
            (
                privileges,
                named.map(|name| Some((kind.to_owned(), name.to_owned()))).collect(),
                required("User")?,
            )
        }
        Granted::Administrative => {
            let privileges = expanded(required("AdminPriv")?, &ADMINISTRATIVE);
            (privileges, vec![None], required("Grantee")?)
        }
    };
    let namespace = if of("Namespace").is_empty() { "USER" } else { of("Namespace") };
    let grantable = flag(of("WithGrant"))?;
    let mut records = Vec::new();
    for grantee in list(grantees) {
        for object in &objects {
            for privilege in &privileges {
                if records.len() == MOST {
                    let wanted = "at most 10000 privileges in one action";
                    return Err(Fault::Form { name: "ObjList".to_owned(), wanted });
                }
                records.push(SqlRecord {
                    namespace: namespace.to_owned(),
                    object: object.clone(),
                    privilege: privilege.clone(),
                    grantee: grantee.to_owned(),
                    grantable,
                    grantor: String::new(),
                });
            }
        }
    }
    Ok(records)
}

/// The privileges of a list: by name, with or without `%`, or by letter; `*` and `%DB_OBJECT_DEFINITION` are several.
fn expanded(text: &str, known: &[&str]) -> Vec<String> {
    let bare = |name: &str| name.trim_start_matches('%').to_ascii_uppercase();
    let each = list(text).flat_map(|name| match bare(name).as_str() {
        "*" => known.iter().map(|name| (*name).to_owned()).collect(),
        "DB_OBJECT_DEFINITION" => known.iter().take(DEFINITION).map(|name| (*name).to_owned()).collect(),
        wanted => {
            let found = known.iter().find(|name| bare(name) == wanted);
            // What is not known is refused by the rule, in its words.
            vec![found.map_or_else(|| name.to_owned(), |name| (*name).to_owned())]
        }
    });
    each.collect()
}

/// The first so many administrative privileges are together `%DB_OBJECT_DEFINITION` (`authorization.md` SQL-1).
const DEFINITION: usize = 16;
/// As many privileges as one action may name.
const MOST: usize = 10_000;

fn object_type(text: &str) -> Result<&'static str, Fault> {
    match text.to_ascii_uppercase().as_str() {
        "" | "TABLE" => Ok("table"),
        "VIEW" => Ok("view"),
        "SCHEMA" => Ok("schema"),
        "STORED PROCEDURES" | "STORED PROCEDURE" | "PROCEDURE" => Ok("procedure"),
        "ML CONFIGURATION" => Ok("ml-configuration"),
        "FOREIGN SERVER" => Ok("foreign-server"),
        _ => Err(Fault::Form {
            name: "Type".to_owned(),
            wanted: "TABLE, VIEW, SCHEMA, STORED PROCEDURES, ML CONFIGURATION or FOREIGN SERVER",
        }),
    }
}

fn flag(text: &str) -> Result<bool, Fault> {
    match text {
        "" | "0" | "false" => Ok(false),
        "1" | "true" => Ok(true),
        _ => Err(Fault::Form { name: format!("WithGrant={}", quotable(text)), wanted: "0 or 1" }),
    }
}
