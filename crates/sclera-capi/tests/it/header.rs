//! The header says what the library has.

use std::collections::BTreeSet;
use std::process::Command;

const HEADER: &str = include_str!("../../include/sclera.h");
const LIBRARY: &str = include_str!("../../src/lib.rs");
const FAULTS: &str = include_str!("../../src/fault.rs");

/// The words of a text that begin so.
fn words<'a>(text: &'a str, beginning: &str) -> BTreeSet<&'a str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(beginning))
        .collect()
}

#[test]
fn every_function_is_declared() {
    let functions = LIBRARY.split("extern \"C\" fn ").skip(1).filter_map(|rest| rest.split('(').next());
    let defined: BTreeSet<&str> = functions.collect();
    let types = ["sclera_instance", "sclera_session", "sclera_privilege"];
    let declared: BTreeSet<&str> =
        words(HEADER, "sclera_").into_iter().filter(|word| !types.contains(word)).collect();
    assert_eq!(defined, declared);
    assert!(defined.len() > 10);
}

#[test]
fn codes_are_the_same() {
    let number = |name: &str| -> i32 {
        let rest = HEADER.split_once(&format!("#define {name} ")).unwrap_or_else(|| panic!("{name}")).1;
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    assert_eq!(number("SCLERA_VERSION"), i32::try_from(sclera_capi::VERSION).unwrap());
    for (name, constant) in [
        ("SCLERA_OK", "OK"),
        ("SCLERA_ARGUMENT", "ARGUMENT"),
        ("SCLERA_BAD_VERSION", "VERSION"),
        ("SCLERA_MISSING", "MISSING"),
        ("SCLERA_FILES", "FILES"),
        ("SCLERA_IMAGE", "IMAGE"),
        ("SCLERA_TICKET", "TICKET"),
        ("SCLERA_EXPIRED", "EXPIRED"),
        ("SCLERA_ENDED", "ENDED"),
        ("SCLERA_AUTHENTICATE", "AGAIN"),
        ("SCLERA_INTERNAL", "INTERNAL"),
    ] {
        let line = format!("const {constant}: c_int = {};", number(name));
        assert!(FAULTS.contains(&line), "{line}");
    }
    for (name, permission) in [
        ("SCLERA_READ", sclera::Permissions::READ),
        ("SCLERA_WRITE", sclera::Permissions::WRITE),
        ("SCLERA_USE", sclera::Permissions::USE),
    ] {
        assert_eq!(number(name), i32::from(permission.bits()), "{name}");
    }
}

#[test]
fn it_is_c_and_cpp() {
    let folder = tempfile::tempdir().unwrap();
    let header = format!("{}/include", env!("CARGO_MANIFEST_DIR"));
    for (language, standard, compiler) in [("c", "c99", "cc"), ("c++", "c++11", "c++")] {
        let source = folder.path().join("source");
        std::fs::write(&source, "#include \"sclera.h\"\nint main(void) { return 0; }\n").unwrap();
        let compiled = Command::new(compiler)
            .args(["-x", language, &format!("-std={standard}"), "-Wall", "-Wextra", "-Werror", "-pedantic"])
            .args(["-fsyntax-only", "-I", &header])
            .arg(&source)
            .output();
        match compiled {
            Err(_) => println!("skipped: there is no `{compiler}`"),
            Ok(said) => assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr)),
        }
    }
}
