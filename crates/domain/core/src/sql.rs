//! SQL privileges: what users and roles may do to tables, and with which statements (`authorization.md` section 22).

use crate::decision::Decision;
use crate::id::{RoleId, UserId};
use crate::name::{Folded, same};
use crate::policy::{Closure, Policy};
use crate::status::{Code, Status};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Who holds an SQL privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// A user; `_PUBLIC` stands for everyone.
    User(UserId),
    /// A role.
    Role(RoleId),
}

/// One privilege that somebody granted to somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SqlPrivilege {
    /// Who holds it.
    pub grantee: Grantee,
    /// The namespace; `*` stands for every interoperability-enabled namespace.
    pub namespace: String,
    /// What it is held on: `type,name` such as `1,Sample.Person`; empty for an administrative privilege.
    pub object: String,
    /// A letter (`s` for SELECT) or the name of an administrative privilege (`%CREATE_TABLE`).
    pub privilege: String,
    /// Who granted it.
    pub grantor: String,
    /// The grantee may pass it on.
    pub grantable: bool,
}

/// Letters and names of the object privileges (SQL-2).
pub const OBJECT_PRIVILEGES: [(&str, &str); 8] = [
    ("a", "%ALTER"),
    ("s", "SELECT"),
    ("i", "INSERT"),
    ("u", "UPDATE"),
    ("d", "DELETE"),
    ("r", "REFERENCES"),
    ("e", "EXECUTE"),
    ("l", "USE"),
];

/// The type of a column, named as `Schema.Table.Column`; ours, for the original keeps column privileges elsewhere.
pub const COLUMN: &str = "c";

/// The letters of what may be held on a column (SQL-2).
const OF_COLUMNS: [&str; 4] = ["s", "i", "u", "r"];

/// Numbers and names of the object types (SQL-2).
pub const OBJECT_TYPES: [(&str, &str); 7] = [
    ("1", "table"),
    ("3", "view"),
    ("5", "schema"),
    ("6", "ml-configuration"),
    ("7", "foreign-server"),
    ("9", "procedure"),
    (COLUMN, "column"),
];

/// The administrative privileges in the stored order; the first sixteen are together `%DB_OBJECT_DEFINITION` (SQL-1).
pub const ADMINISTRATIVE: [&str; 31] = [
    "%CREATE_FUNCTION",
    "%DROP_FUNCTION",
    "%CREATE_METHOD",
    "%DROP_METHOD",
    "%CREATE_PROCEDURE",
    "%DROP_PROCEDURE",
    "%CREATE_QUERY",
    "%DROP_QUERY",
    "%CREATE_TABLE",
    "%ALTER_TABLE",
    "%DROP_TABLE",
    "%CREATE_VIEW",
    "%ALTER_VIEW",
    "%DROP_VIEW",
    "%CREATE_TRIGGER",
    "%DROP_TRIGGER",
    "%NOCHECK",
    "%NOTRIGGER",
    "%NOINDEX",
    "%NOLOCK",
    "%BUILD_INDEX",
    "%CREATE_ML_CONFIGURATION",
    "%ALTER_ML_CONFIGURATION",
    "%DROP_ML_CONFIGURATION",
    "%MANAGE_MODEL",
    "%USE_MODEL",
    "%DROP_UNOWNED",
    "%NOJOURN",
    "%CANCEL_QUERY",
    "%MANAGE_FOREIGN_SERVER",
    "%USE_EMBEDDING",
];

/// The result codes that rules of this section give (SQL-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the texts stand in `sql_error`")]
pub enum SqlCode {
    NotPrivileged = -99,
    NoSuchGrantee = -118,
    StillHeldByOthers = -126,
    BadPrivilege = -60,
    BadObjectType = -400,
}

/// The status that carries an SQL result code.
pub fn sql_error(code: SqlCode, text: impl fmt::Display) -> Status {
    let number = alloc::format!("{}", code as i32);
    Status::new(Code::Sql, [number, alloc::format!("{text}")])
}

/// What is granted on what, as one statement names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SqlTarget {
    /// The namespace.
    pub namespace: String,
    /// `type,name`, or empty.
    pub object: String,
    /// Letter or administrative name.
    pub privilege: String,
}

impl SqlTarget {
    /// Reads what a caller names: the type of the object by word or number, the privilege by name or letter. Without
    /// an object the privilege is an administrative one.
    pub fn new(namespace: &str, object: Option<(&str, &str)>, privilege: &str) -> Result<Self, Status> {
        let bad = || {
            sql_error(
                SqlCode::BadPrivilege,
                alloc::format!("no privilege `{}`", crate::name::quotable(privilege)),
            )
        };
        let namespace = bounded(namespace, "namespace")?.to_uppercase();
        let Some((kind, name)) = object else {
            let found = ADMINISTRATIVE.into_iter().find(|known| same(known, privilege)).ok_or_else(bad)?;
            return Ok(Self { namespace, object: String::new(), privilege: found.to_owned() });
        };
        let number = OBJECT_TYPES.iter().find(|(number, word)| *number == kind || same(word, kind));
        let (number, _) = number.ok_or_else(|| {
            sql_error(
                SqlCode::BadObjectType,
                alloc::format!("no object type `{}`", crate::name::quotable(kind)),
            )
        })?;
        let known =
            OBJECT_PRIVILEGES.iter().find(|(letter, word)| *letter == privilege || same(word, privilege));
        let (letter, _) = known.ok_or_else(bad)?;
        if *number == COLUMN && !OF_COLUMNS.contains(letter) {
            return Err(bad());
        }
        let name = bounded(name, "object")?;
        if *number == COLUMN && name.matches('.').count() < 2 {
            return Err(Status::general("a column is named Schema.Table.Column"));
        }
        Ok(Self { namespace, object: alloc::format!("{number},{name}"), privilege: (*letter).to_owned() })
    }
}

/// Namespaces and object names have 1 to 256 visible characters (`authorization.md` section 2).
fn bounded<'a>(text: &'a str, what: &str) -> Result<&'a str, Status> {
    let fits = !text.trim().is_empty() && text.chars().count() <= 256;
    if fits && !text.chars().any(crate::name::is_invisible) {
        Ok(text)
    } else {
        Err(Status::general(alloc::format!("the {what} must have 1 to 256 visible characters")))
    }
}

/// Tells whether a privilege is held (SQL-12): by any of the holder's grants, by one on the schema of the object, or by
/// `%All`. `held` are the grants of the user, of all the closure's roles and of `_PUBLIC`.
pub fn holds(roles: &Closure, held: &[SqlPrivilege], target: &SqlTarget) -> Decision {
    let covers = |grant: &SqlPrivilege| {
        let namespace = grant.namespace == "*" || same(&grant.namespace, &target.namespace);
        namespace && same(&grant.privilege, &target.privilege) && covers_object(&grant.object, &target.object)
    };
    if roles.has_all() || held.iter().any(covers) { Decision::Granted } else { Decision::Denied }
}

fn covers_object(granted: &str, asked: &str) -> bool {
    let (kind, name) = asked.split_once(',').unwrap_or_default();
    if let Some((table, _)) = name.rsplit_once('.').filter(|_| kind == COLUMN) {
        // What is held on a table or view is held on its columns.
        let whole = |kind: &str| covers_object(granted, &alloc::format!("{kind},{table}"));
        return same(granted, asked) || whole("1") || whole("3");
    }
    let within = |schema: &str| {
        kind != "5" && name.rsplit_once('.').is_some_and(|(owner, _)| Folded::of(owner) == Folded::of(schema))
    };
    same(granted, asked) || granted.strip_prefix("5,").is_some_and(within)
}

/// Which of the grants of one target a REVOKE from a grantee takes: with CASCADE also those that came through it
/// (SQL-6). Without CASCADE it is refused while others hold it through the grantee.
pub fn revoked(
    grants: &[SqlPrivilege],
    grantee: Grantee,
    name: &str,
    cascade: bool,
    name_of: &dyn Fn(Grantee) -> Option<String>,
) -> Result<Vec<SqlPrivilege>, Status> {
    let mut taken: BTreeSet<SqlPrivilege> =
        grants.iter().filter(|grant| grant.grantee == grantee).cloned().collect();
    if taken.is_empty() {
        // Nothing to revoke (SQL-4): what it granted did not come through a privilege of this kind.
        return Ok(Vec::new());
    }
    let mut losing: Vec<String> = alloc::vec![name.to_owned()];
    while let Some(grantor) = losing.pop() {
        let through: Vec<&SqlPrivilege> =
            grants.iter().filter(|grant| same(&grant.grantor, &grantor) && !taken.contains(*grant)).collect();
        if !through.is_empty() && !cascade {
            return Err(sql_error(
                SqlCode::StillHeldByOthers,
                "others hold the privilege through this grantee",
            ));
        }
        for grant in through {
            losing.extend(name_of(grant.grantee));
            taken.insert(grant.clone());
        }
    }
    Ok(taken.into_iter().collect())
}

impl Policy {
    /// Tells whether SQL privileges are asked at all (SQL-10).
    pub fn sql_is_checked(&self) -> bool {
        self.system.sql_security
    }
}
