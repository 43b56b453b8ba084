//! The records of SQL privileges (`security-classes.md` section 11).

use super::encoding::{boolean, bounded, short};
use super::records::{Made, Record, Wrong};
use crate::document::{self, GrantOption};
use crate::malformed::Fault;
use crate::sql::SqlRecord;
use sclera_core::change::Kind;
use sclera_core::sql::{ADMINISTRATIVE, OBJECT_PRIVILEGES};

/// The kinds of records.
pub(super) enum Part {
    /// One privilege on one object.
    Privilege,
    /// The administrative privileges of one grantee in one namespace.
    Administrative,
    /// A role that its holder may pass on by SQL, or not.
    GrantOption,
}

/// The names that the records of a kind know.
pub(super) const fn names(part: &Part) -> &'static [&'static str] {
    match part {
        Part::Privilege => &[NAMESPACE, OBJECT, PRIVILEGE, GRANTEE, GRANTOR, GRANTABLE],
        Part::Administrative => &SET,
        Part::GrantOption => &[HOLDER, GRANTED, GRANTABLE],
    }
}

pub(super) fn make(record: &mut Record, part: &Part) -> Result<Made, Wrong> {
    match part {
        Part::Privilege => Ok(Made::Records(vec![privilege(record)?])),
        Part::Administrative => administrative(record).map(Made::Records),
        Part::GrantOption => Ok(Made::GrantOption(GrantOption {
            holder: record.required(HOLDER)?,
            role: record.required(GRANTED)?,
            grantable: grantable(record)?,
            place: record.place(),
        })),
    }
}

fn privilege(record: &mut Record) -> Result<document::Record, Wrong> {
    let line = record.line_of(OBJECT);
    let object = record.required(OBJECT)?;
    let wrong = || Wrong { line, fault: Fault::SqlObject(object.clone()) };
    let (kind, name) = object.split_once(',').ok_or_else(wrong)?;
    let (kind, name) = (kind.trim(), name.trim());
    if kind.is_empty() || name.is_empty() {
        return Err(wrong());
    }
    let line = record.line_of(PRIVILEGE);
    let privilege = record.required(PRIVILEGE)?.trim().to_owned();
    if !OBJECT_PRIVILEGES.iter().any(|(letter, _)| *letter == privilege) {
        let wanted = "one of the letters a, s, i, u, d, r, e and l";
        return Err(Wrong { line, fault: Fault::Form { name: PRIVILEGE.to_owned(), wanted } });
    }
    let sql = SqlRecord {
        namespace: record.required(NAMESPACE)?,
        object: Some((kind.to_owned(), name.to_owned())),
        privilege,
        grantee: record.required(GRANTEE)?,
        grantable: grantable(record)?,
        grantor: record.optional(GRANTOR, |text| short(GRANTOR, text.trim(), 160))?.unwrap_or_default(),
    };
    Ok(of(record, sql))
}

/// One record for each privilege that is held, in the order in which the class declares them.
fn administrative(record: &mut Record) -> Result<Vec<document::Record>, Wrong> {
    let (namespace, grantee) = (record.required(NAMESPACE)?, record.required(GRANTEE)?);
    let mut held = Vec::new();
    for (name, privilege) in SET.into_iter().skip(2).zip(ADMINISTRATIVE) {
        let level = record.optional(name, |text| bounded(name, text, 0, 2))?.unwrap_or(0);
        if level > 0 {
            let sql = SqlRecord {
                namespace: namespace.clone(),
                object: None,
                privilege: privilege.to_owned(),
                grantee: grantee.clone(),
                grantable: level == 2,
                grantor: String::new(),
            };
            held.push(of(record, sql));
        }
    }
    Ok(held)
}

fn grantable(record: &mut Record) -> Result<bool, Wrong> {
    Ok(record.optional(GRANTABLE, |text| boolean(GRANTABLE, text))?.unwrap_or(false))
}

fn of(record: &Record, sql: SqlRecord) -> document::Record {
    let made = document::Record::new(Kind::SqlPrivilege, sql.grantee.clone(), record.place());
    document::Record { whole: true, sql: Some(sql), ..made }
}

const NAMESPACE: &str = "Namespace";
const OBJECT: &str = "SQLObject";
const PRIVILEGE: &str = "Privilege";
const GRANTEE: &str = "Grantee";
const GRANTOR: &str = "Grantor";
const GRANTABLE: &str = "Grantable";
const HOLDER: &str = "UserOrRole";
const GRANTED: &str = "RoleGranted";

/// What a set of administrative privileges is made of: after the first two, the privileges in the order of
/// [`ADMINISTRATIVE`].
pub(super) const SET: [&str; 33] = [
    NAMESPACE,
    GRANTEE,
    "CreateFunction",
    "DropFunction",
    "CreateMethod",
    "DropMethod",
    "CreateProcedure",
    "DropProcedure",
    "CreateQuery",
    "DropQuery",
    "CreateTable",
    "AlterTable",
    "DropTable",
    "CreateView",
    "AlterView",
    "DropView",
    "CreateTrigger",
    "DropTrigger",
    "NoCheck",
    "NoTrigger",
    "NoIndex",
    "NoLock",
    "BuildIndex",
    "CreateMLConfiguration",
    "AlterMLConfiguration",
    "DropMLConfiguration",
    "ManageModel",
    "UseModel",
    "DropUnowned",
    "NoJourn",
    "CancelQuery",
    "ManageForeignServer",
    "UseEmbedding",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_the_privileges_of_their_place() {
        for (name, privilege) in SET.into_iter().skip(2).zip(ADMINISTRATIVE) {
            assert_eq!(privilege.replace(['%', '_'], ""), name.to_uppercase());
        }
    }
}
