//! `docs/security-users.md` lists every property, method and query of the class, `docs/security-classes.md` those of its
//! siblings, and each row names a test that exists.

use sclera_core::property::{Access, Class};
use sclera_core::user::User;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The rows of a section: what stands between backticks in the first cell, and the last cell.
fn rows(text: &str, section: &str) -> Vec<(String, String)> {
    let begin = text.find(&format!("\n## {section}")).unwrap_or_else(|| panic!("no section {section}"));
    let section = &text[begin + 1..];
    let end = section[3..].find("\n## ").map_or(section.len(), |end| end + 3);
    let rows = section[..end].lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let name = cells[0].trim_matches('`').to_owned();
        (name, cells.last().unwrap().trim_matches(['`', '|', ' ']).to_owned())
    };
    rows.map(row).collect()
}

fn text() -> String {
    std::fs::read_to_string(root().join("../docs/security-users.md")).unwrap()
}

/// Each row of some sections ends with `crate module::name` of a test, in one of the places where tests stand.
fn tested_rows(text: &str, sections: &[&str]) -> usize {
    let mut tests = 0;
    for section in sections {
        for (name, tested) in rows(text, section) {
            let (krate, path) = tested.split_once(' ').unwrap_or_else(|| panic!("{name}: {tested:?}"));
            let (module, function) = path.rsplit_once("::").unwrap_or_else(|| panic!("{name}: {tested}"));
            let file = root().join(krate).join("tests/it").join(format!("{module}.rs"));
            let source =
                std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{name}: no {}", file.display()));
            let declared = format!("fn {function}(");
            let at = source.find(&declared).unwrap_or_else(|| panic!("{name}: no {tested}"));
            let before = &source[at.saturating_sub(200)..at];
            assert!(before.contains("#[test]"), "{name}: {tested} is no test");
            tests += 1;
        }
    }
    tests
}

#[test]
fn every_row_names_a_test_that_exists() {
    let tests = tested_rows(&text(), &["Properties", "Transient properties", "Methods", "Queries"]);
    assert!(tests > 60, "{tests}");
    let siblings = std::fs::read_to_string(root().join("../docs/security-classes.md")).unwrap();
    let tests = tested_rows(&siblings, &["Properties", "Methods", "Queries"]);
    assert!(tests > 35, "{tests}");
}

#[test]
fn every_property_of_the_table_is_listed() {
    let text = text();
    let listed: BTreeSet<String> = rows(&text, "Properties").into_iter().map(|(name, _)| name).collect();
    for field in User::FIELDS.iter().filter(|field| field.access != Access::Internal) {
        assert!(listed.contains(field.name), "{} is not listed", field.name);
    }
    for name in
        ["SuperUser", "NameLowerCase", "Name", "LoginDateTime", "InvalidLoginAttempts", "LegacyPassword"]
    {
        assert!(listed.contains(name), "{name} is not listed");
    }
}

#[test]
fn every_method_and_query_is_listed() {
    let text = text();
    let listed: Vec<String> = ["Methods", "Queries", "Transient properties"]
        .into_iter()
        .flat_map(|section| rows(&text, section))
        .map(|(name, _)| name)
        .collect();
    for name in [
        "Create",
        "Copy",
        "Delete",
        "Exists",
        "Get",
        "Modify",
        "AddRoles",
        "RemoveRoles",
        "AddEscalationRoles",
        "RemoveEscalationRoles",
        "ExpireUserPasswords",
        "UnExpireUserPasswords",
        "GetRoleSet",
        "GetResourceSet",
        "Export",
        "Import",
        "List",
        "Detail",
        "PasswordExternal",
        "PasswordHash",
        "HOTPKeyGenerate",
        "RolesAreAdmin",
    ] {
        assert!(listed.iter().any(|known| known == name), "{name} is not listed");
    }
}
