//! The file `namespaces.toml` of an instance: which databases and namespaces there are, for the functions that ask what
//! may be done with a global or routine.
//!
//! ```toml
//! system = "IRISSYS"            # the database of the system
//!
//! [[database]]
//! name = "DBCUST"
//! resource = "%DB_CUST"         # %DB_%DEFAULT unless it says so
//! read_only = false
//! unknown = false               # it lies elsewhere and is not mounted
//!
//! [[namespace]]
//! name = "CUST"
//! globals = "DBCUST"
//! routines = "DBCODE"           # that of the globals unless it says so
//!
//! [[namespace.global]]          # or [[namespace.routine]]
//! name = "Orders"               # or a beginning: "Ord*"
//! from = "2020"                 # the first subscripts meant, from one
//! to = "2025"                   # up to but not including another
//! database = "DBOLD"
//! ```

use crate::OpenError;
use sclera_core::layout::{Database, Layout, Mapping, Namespace};
use std::path::Path;
use toml::{Table, Value};

/// The most bytes that the file may have.
const LARGEST: usize = 1024 * 1024;

/// Reads the file; where there is none, the layout is that of an installation.
pub(crate) fn read(path: &Path) -> Result<Layout, OpenError> {
    if !path.exists() {
        return Ok(Layout::default());
    }
    let wrong = |what: String| OpenError::Files(format!("{}: {what}", path.display()));
    let bytes = sclera_os::files::read_private(path, LARGEST)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
    parse(text).map_err(wrong)
}

fn parse(text: &str) -> Result<Layout, String> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    known(&table, &["system", "database", "namespace"])?;
    let layout = Layout {
        system: word(&table, "system")?.unwrap_or_else(|| "IRISSYS".to_owned()),
        databases: tables(&table, "database")?.into_iter().map(database).collect::<Result<_, _>>()?,
        namespaces: tables(&table, "namespace")?.into_iter().map(namespace).collect::<Result<_, _>>()?,
    };
    match layout.faults().into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(layout),
    }
}

fn database(table: &Table) -> Result<Database, String> {
    known(table, &["name", "resource", "read_only", "unknown"])?;
    Ok(Database {
        name: required(table, "name")?,
        resource: word(table, "resource")?.unwrap_or_default(),
        read_only: flag(table, "read_only")?,
        unknown: flag(table, "unknown")?,
    })
}

fn namespace(table: &Table) -> Result<Namespace, String> {
    known(table, &["name", "globals", "routines", "global", "routine"])?;
    let globals = required(table, "globals")?;
    let mappings = |name: &str, ranged: bool| -> Result<Vec<Mapping>, String> {
        tables(table, name)?.into_iter().map(|table| mapping(table, ranged)).collect()
    };
    Ok(Namespace {
        name: required(table, "name")?,
        routines: word(table, "routines")?.unwrap_or_else(|| globals.clone()),
        global_mappings: mappings("global", true)?,
        routine_mappings: mappings("routine", false)?,
        globals,
    })
}

fn mapping(table: &Table, ranged: bool) -> Result<Mapping, String> {
    known(table, if ranged { &["name", "database", "from", "to"] } else { &["name", "database"] })?;
    let range = match (word(table, "from")?, word(table, "to")?) {
        (None, None) => None,
        (from, to) => Some((from.unwrap_or_default(), to.unwrap_or_default())),
    };
    Ok(Mapping { name: required(table, "name")?, range, database: required(table, "database")? })
}

fn known(table: &Table, names: &[&str]) -> Result<(), String> {
    match table.keys().find(|key| !names.contains(&key.as_str())) {
        Some(key) => Err(format!("there is no `{}`; there are {}", crate::one_line(key), names.join(", "))),
        None => Ok(()),
    }
}

fn tables<'a>(table: &'a Table, name: &str) -> Result<Vec<&'a Table>, String> {
    let wrong = || format!("`{name}` is written [[{name}]]");
    let Some(value) = table.get(name) else { return Ok(Vec::new()) };
    let values = value.as_array().ok_or_else(wrong)?;
    values.iter().map(|value| value.as_table().ok_or_else(wrong)).collect()
}

fn word(table: &Table, name: &str) -> Result<Option<String>, String> {
    match table.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Integer(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(format!("`{name}` is no text")),
    }
}

fn required(table: &Table, name: &str) -> Result<String, String> {
    word(table, name)?.filter(|text| !text.is_empty()).ok_or_else(|| format!("a `{name}` is missing"))
}

fn flag(table: &Table, name: &str) -> Result<bool, String> {
    table
        .get(name)
        .map_or(Ok(false), |value| value.as_bool().ok_or_else(|| format!("`{name}` is true or false")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sclera_core::layout::Matter;

    const FILE: &str = r#"
[[database]]
name = "IRISSYS"
resource = "%DB_IRISSYS"
[[database]]
name = "DBCUST"
[[database]]
name = "DBOLD"
read_only = true
[[namespace]]
name = "CUST"
globals = "DBCUST"
[[namespace.global]]
name = "Orders"
from = 2020
to = "2025"
database = "DBOLD"
[[namespace.routine]]
name = "Tool*"
database = "IRISSYS"
"#;

    #[test]
    fn what_is_written_is_meant() {
        let layout = parse(FILE).unwrap();
        let place = |matter, name: &str, subscript: &str| {
            layout.place_of("cust", matter, name, subscript).unwrap().name.clone()
        };
        assert_eq!(place(Matter::Globals, "Orders", "(2021)"), "DBOLD");
        assert_eq!(place(Matter::Globals, "Orders", ""), "DBCUST");
        assert_eq!(place(Matter::Routines, "Toolbox", ""), "IRISSYS");
        assert_eq!(place(Matter::Routines, "Other", ""), "DBCUST");
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (from, to, fault) in [
            ("DBOLD\"\n[[", "NONE\"\n[[", "names a database NONE"),
            ("read_only = true", "read_only = 1", "true or false"),
            ("read_only = true", "readonly = true", "there is no `readonly`"),
            ("name = \"CUST\"", "", "a `name` is missing"),
            ("name = \"DBCUST\"", "name = \"DBOLD\"", "stands twice"),
            ("name = \"Tool*\"", "name = \"Tool*\"\nfrom = \"1\"", "there is no `from`"),
        ] {
            let refused = parse(&FILE.replacen(from, to, 1));
            assert!(refused.as_ref().is_err_and(|said| said.contains(fault)), "{to}: {refused:?}");
        }
    }
}
