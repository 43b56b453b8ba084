//! Where unsafe code may stand: nowhere but in the crates that are listed here with their reason.

use crate::rust_source::{code_only, words};
use crate::workspace::{Package, TextFile};

/// The directories of crates with unsafe code, and why each cannot do without.
pub(crate) const ALLOWED: &[(&str, &str)] = &[
    (
        "crates/adapters/shm",
        "maps files into memory, which the compiler cannot know to be safe; all of it stands in map.rs",
    ),
    (
        "crates/adapters/helper",
        "calls libraries in C that are loaded at run time; all of it stands in two files library.rs, in a process of its own",
    ),
    (
        "crates/sclera-capi",
        "callers in C pass pointers, which the compiler cannot know to be right; given.rs looks at them",
    ),
];

/// Every crate root without the attribute, every unsafe piece outside the list, and every entry of the list that is
/// not needed.
pub(crate) fn violations(packages: &[Package], files: &[TextFile], allowed: &[(&str, &str)]) -> Vec<String> {
    let allows = |path: &str| allowed.iter().any(|(directory, _)| is_below(path, directory));
    let mut found = Vec::new();
    for root in packages.iter().flat_map(|package| &package.roots).filter(|root| !allows(root)) {
        let is_forbidden =
            files.iter().any(|(path, text)| path == root && has_inner_attribute(text, "forbid(unsafe_code)"));
        if !is_forbidden {
            found.push(format!("{root}: lacks `#![forbid(unsafe_code)]`"));
        }
    }
    for (path, text) in files.iter().filter(|(path, _)| !allows(path)) {
        for line in unsafe_lines(text) {
            found.push(format!("{path}:{line}: unsafe code in a crate that may have none"));
        }
    }
    for (directory, _) in allowed {
        let is_needed =
            files.iter().any(|(path, text)| is_below(path, directory) && !unsafe_lines(text).is_empty());
        if !is_needed {
            found.push(format!("{directory}: allowed unsafe code but has none; take it off the list"));
        }
    }
    found
}

/// Whether the file opens with the attribute on a line of its own.
pub(crate) fn has_inner_attribute(source: &str, attribute: &str) -> bool {
    let line = format!("#![{attribute}]");
    code_only(source).lines().any(|code| code.trim_end() == line)
}

/// The word is a keyword: wherever it stands in code, unsafe code begins.
fn unsafe_lines(source: &str) -> Vec<usize> {
    words(&code_only(source)).filter(|(_, word)| *word == "unsafe").map(|(line, _)| line).collect()
}

fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "crates/shm/src/lib.rs";
    const CLEAN: &str = "//! Words.\n\n#![forbid(unsafe_code)]\n";

    fn check(files: &[(&str, &str)], allowed: &[(&str, &str)]) -> Vec<String> {
        let package = Package {
            name: "shm".into(),
            directory: "crates/shm".into(),
            roots: vec![ROOT.into()],
            dependencies: vec![],
        };
        let files: Vec<TextFile> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        violations(&[package], &files, allowed)
    }

    #[test]
    fn a_forbidding_crate_without_unsafe_code_passes() {
        let other = "// unsafe { }\nconst A: &str = \"unsafe fn\"; /* unsafe impl */ fn not_unsafe() {}";
        assert_eq!(check(&[(ROOT, CLEAN), ("crates/shm/src/a.rs", other)], &[]), [""; 0]);
    }

    #[test]
    fn a_root_that_does_not_forbid_is_found() {
        let expected = ["crates/shm/src/lib.rs: lacks `#![forbid(unsafe_code)]`"];
        assert_eq!(check(&[(ROOT, "")], &[]), expected);
        assert_eq!(check(&[(ROOT, "// #![forbid(unsafe_code)]")], &[]), expected);
        assert_eq!(check(&[(ROOT, "mod a {\n    #![forbid(unsafe_code)]\n}")], &[]), expected);
    }

    #[test]
    fn unsafe_code_is_found_with_its_line() {
        for code in [
            "fn a() { unsafe { b() } }",
            "unsafe fn a() {}",
            "unsafe impl A for B {}",
            "unsafe trait A {}",
            "unsafe\nextern \"C\" {}",
            "#[unsafe(no_mangle)] fn a() {}",
            "fn a() { unsafe{ b() } }",
        ] {
            let found = check(&[(ROOT, CLEAN), ("crates/shm/src/a.rs", &format!("\n{code}"))], &[]);
            assert_eq!(found, ["crates/shm/src/a.rs:2: unsafe code in a crate that may have none"], "{code}");
        }
    }

    #[test]
    fn the_list_allows_one_crate_and_shrinks() {
        let allowed = [("crates/shm", "maps memory")];
        assert_eq!(check(&[(ROOT, "fn a() { unsafe { b() } }")], &allowed), [""; 0]);
        assert_eq!(
            check(&[(ROOT, CLEAN)], &allowed),
            ["crates/shm: allowed unsafe code but has none; take it off the list"]
        );
        let neighbour = [(ROOT, "unsafe fn a() {}"), ("crates/shmoo/src/lib.rs", "unsafe fn a() {}")];
        assert_eq!(
            check(&neighbour, &allowed),
            ["crates/shmoo/src/lib.rs:1: unsafe code in a crate that may have none"]
        );
    }
}
