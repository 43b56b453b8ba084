//! The domain is pure, and the compiler and clippy see to it: core has no standard library, the other domain crates
//! each have a `clippy.toml` that disallows the world. This checks that they do.

use crate::arrows::Room;
use crate::rust_source::{code_only, words};
use crate::unsafety::has_inner_attribute;
use crate::workspace::{Package, TextFile};

/// What the `clippy.toml` of a domain crate must disallow something of.
const WORLD: [&str; 5] = ["std::fs", "std::net", "std::env", "std::time::SystemTime", "std::process"];

/// What is missing for the purity of this crate; nothing is asked of crates outside the domain.
///
/// `clippy_toml` is the text of the file next to the crate's manifest, if there is one.
pub(crate) fn violations(package: &Package, clippy_toml: Option<&str>, files: &[TextFile]) -> Vec<String> {
    match Room::of(&package.directory) {
        Some(Room::Core) => core_violations(package, files),
        Some(Room::Domain) => domain_violations(&package.directory, clippy_toml),
        _ => Vec::new(),
    }
}

fn core_violations(package: &Package, files: &[TextFile]) -> Vec<String> {
    let mut found = Vec::new();
    for root in &package.roots {
        if !files.iter().any(|(path, text)| path == root && has_inner_attribute(text, "no_std")) {
            found.push(format!("{root}: lacks `#![no_std]`"));
        }
    }
    let sources = format!("{}/src/", package.directory);
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(&sources)) {
        if brings_std(text) {
            found.push(format!("{path}: brings the standard library back with `extern crate std`"));
        }
    }
    found
}

/// Looks for `extern crate std` in code.
fn brings_std(source: &str) -> bool {
    let code = code_only(source);
    let words: Vec<&str> = words(&code).map(|(_, word)| word).collect();
    words.windows(3).any(|three| three == ["extern", "crate", "std"])
}

fn domain_violations(directory: &str, clippy_toml: Option<&str>) -> Vec<String> {
    let path = format!("{directory}/clippy.toml");
    let Some(text) = clippy_toml else {
        return vec![format!("{path}: is missing; a domain crate has its own, which disallows the world")];
    };
    let disallowed = match disallowed(text) {
        Ok(disallowed) => disallowed,
        Err(error) => return vec![format!("{path}: {}", error.message())],
    };
    let covers =
        |part: &str| disallowed.iter().any(|entry| entry == part || entry.starts_with(&format!("{part}::")));
    WORLD
        .iter()
        .filter(|part| !covers(part))
        .map(|part| format!("{path}: disallows nothing of `{part}`"))
        .collect()
}

/// The paths of all disallowed types and methods.
fn disallowed(clippy_toml: &str) -> Result<Vec<String>, toml::de::Error> {
    let table: toml::Table = clippy_toml.parse()?;
    Ok(["disallowed-methods", "disallowed-types"]
        .iter()
        .filter_map(|key| table.get(*key)?.as_array())
        .flatten()
        .filter_map(|entry| entry.as_str().or_else(|| entry.get("path")?.as_str()))
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURE: &str = r#"
        disallowed-types = [{ path = "std::time::SystemTime", reason = "an argument" }, "std::net::TcpStream"]
        disallowed-methods = [
            { path = "std::fs::read", reason = "an argument" },
            { path = "std::env::var", reason = "an argument" },
            { path = "std::process::exit", reason = "an error" },
        ]
    "#;

    fn package(directory: &str) -> Package {
        Package {
            name: "name".into(),
            directory: directory.into(),
            roots: vec![format!("{directory}/src/lib.rs")],
            dependencies: vec![],
        }
    }

    fn check_domain(clippy_toml: Option<&str>) -> Vec<String> {
        violations(&package("crates/domain/authn"), clippy_toml, &[])
    }

    #[test]
    fn a_domain_crate_that_disallows_the_world_passes() {
        assert_eq!(check_domain(Some(PURE)), [""; 0]);
    }

    #[test]
    fn a_gap_in_what_is_disallowed_is_found() {
        assert_eq!(
            check_domain(Some(&PURE.replace("std::fs::read", "std::fslike::read"))),
            ["crates/domain/authn/clippy.toml: disallows nothing of `std::fs`"]
        );
        let commented = PURE.replace("{ path = \"std::env", "# { path = \"std::env");
        assert_eq!(
            check_domain(Some(&commented)),
            ["crates/domain/authn/clippy.toml: disallows nothing of `std::env`"]
        );
        assert_eq!(check_domain(Some("")).len(), WORLD.len());
        assert_eq!(check_domain(Some("disallowed-types = [")).len(), 1);
        assert_eq!(
            check_domain(None),
            [
                "crates/domain/authn/clippy.toml: is missing; a domain crate has its own, which disallows the world"
            ]
        );
    }

    #[test]
    fn core_has_no_standard_library() {
        let check = |text: &str| {
            let file = ("crates/domain/core/src/lib.rs".to_owned(), text.to_owned());
            violations(&package("crates/domain/core"), None, &[file])
        };
        assert_eq!(check("#![no_std]\nextern crate alloc;\n// extern crate std;"), [""; 0]);
        assert_eq!(check("extern crate alloc;"), ["crates/domain/core/src/lib.rs: lacks `#![no_std]`"]);
        assert_eq!(
            check("#![no_std]\nextern crate std;"),
            ["crates/domain/core/src/lib.rs: brings the standard library back with `extern crate std`"]
        );
    }

    #[test]
    fn nothing_is_asked_of_other_rooms() {
        assert_eq!(violations(&package("crates/adapters/os"), None, &[]), [""; 0]);
    }
}
