//! SQL privileges, the one kind of record that has no name and no class.

use crate::malformed::Fault;
use crate::near::near;
use crate::node::{Entries, Node};

/// An SQL privilege as a text gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlRecord {
    /// The namespace.
    pub namespace: String,
    /// The type of the object, by word or number, and its name; none for an administrative privilege.
    pub object: Option<(String, String)>,
    /// The privilege, by name or letter.
    pub privilege: String,
    /// Who holds it.
    pub grantee: String,
    /// The grantee may pass it on.
    pub grantable: bool,
    /// Who granted it; only XML exports tell.
    pub grantor: String,
}

const NAMESPACE: &str = "Namespace";
const OBJECT: &str = "Object";
const PRIVILEGE: &str = "Privilege";
const GRANTEE: &str = "Grantee";
const GRANTABLE: &str = "Grantable";
const NAMES: [&str; 5] = [NAMESPACE, OBJECT, PRIVILEGE, GRANTEE, GRANTABLE];

/// Reads an SQL privilege.
pub(crate) fn from_entries(mut entries: Entries) -> Result<SqlRecord, Fault> {
    if let Some(name) = entries.keys().find(|key| !NAMES.contains(key)) {
        return Err(Fault::Unknown { name: name.to_owned(), near: near(name, NAMES) });
    }
    Ok(SqlRecord {
        namespace: entries.take_required(NAMESPACE)?,
        object: entries.take_text(OBJECT)?.as_deref().map_or(Ok(None), object)?,
        privilege: entries.take_required(PRIVILEGE)?,
        grantee: entries.take_required(GRANTEE)?,
        grantable: entries.take(GRANTABLE).map_or(Ok(false), flag)?,
        grantor: String::new(),
    })
}

/// Reads `table Sample.Person` or `1,Sample.Person`; a blank text names no object.
fn object(text: &str) -> Result<Option<(String, String)>, Fault> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    match trimmed.split_once([' ', ',']).map(|(kind, name)| (kind, name.trim())) {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
            Ok(Some((kind.to_owned(), name.to_owned())))
        }
        _ => Err(Fault::SqlObject(text.to_owned())),
    }
}

/// Reads a flag in the spellings that boolean properties have.
fn flag(node: Node) -> Result<bool, Fault> {
    match node {
        Node::Null | Node::Integer(0) => Ok(false),
        Node::Integer(1) => Ok(true),
        Node::Boolean(flag) => Ok(flag),
        Node::Text(text) if matches!(text.as_str(), "1" | "true") => Ok(true),
        Node::Text(text) if matches!(text.as_str(), "0" | "false" | "") => Ok(false),
        other => Err(other.misfit(GRANTABLE, "true or false")),
    }
}

/// The entries that give an SQL privilege back.
pub(crate) fn to_entries(sql: &SqlRecord) -> Entries {
    let mut entries = Entries::default();
    entries.push(NAMESPACE, Node::text(&sql.namespace));
    if let Some((kind, name)) = &sql.object {
        let between = if kind.bytes().all(|byte| byte.is_ascii_digit()) { ',' } else { ' ' };
        entries.push(OBJECT, Node::text(format!("{kind}{between}{name}")));
    }
    entries.push(PRIVILEGE, Node::text(&sql.privilege));
    entries.push(GRANTEE, Node::text(&sql.grantee));
    entries.push(GRANTABLE, Node::Boolean(sql.grantable));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_a_type_and_a_name() {
        let named = |kind: &str, name: &str| Ok(Some((kind.to_owned(), name.to_owned())));
        assert_eq!(object("table Sample.Person"), named("table", "Sample.Person"));
        assert_eq!(object(" 1, Sample.Person "), named("1", "Sample.Person"));
        assert_eq!(object("schema A, B"), named("schema", "A, B"));
        assert_eq!(object("  "), Ok(None));
        for bad in ["Sample.Person", ",Sample.Person", "table", "1,", ", "] {
            assert_eq!(object(bad), Err(Fault::SqlObject(bad.to_owned())), "{bad}");
        }
    }

    #[test]
    fn flags_have_the_spellings_of_properties() {
        for yes in [Node::Boolean(true), Node::Integer(1), Node::text("1"), Node::text("true")] {
            assert_eq!(flag(yes), Ok(true));
        }
        for no in [Node::Null, Node::Boolean(false), Node::Integer(0), Node::text("0"), Node::text("")] {
            assert_eq!(flag(no), Ok(false));
        }
        for other in [Node::Integer(2), Node::text("yes"), Node::List(Vec::new())] {
            assert!(flag(other).is_err());
        }
    }
}
