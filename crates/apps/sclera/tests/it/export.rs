//! `export` as its user runs it: formats, files, and what the options choose.

use crate::harness::{Kind, PASSWORD, Scratch, mode};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn the_name_of_the_file_or_an_option_says_the_format() {
    let scratch = Scratch::new(Kind::Worked);
    let beginning = |name: &str, options: &[&str]| {
        let file = scratch.path(name).to_str().unwrap().to_owned();
        scratch.ok(["role", "export", &file].iter().chain(options));
        fs::read_to_string(&file).unwrap().chars().take(6).collect::<String>()
    };
    for (name, options, expected) in [
        ("a.xml", &[][..], "<?xml "),
        ("a.XML", &[], "<?xml "),
        ("a.yml", &[], "Roles:"),
        ("a.json", &[], "{\n  \"R"),
        ("a", &[], "{\n  \"R"),
        ("a.json", &["--format", "xml"], "<?xml "),
        ("a.xml", &["--format", "yaml"], "Roles:"),
    ] {
        assert_eq!(beginning(name, options), expected, "{name} {options:?}");
    }
    assert!(scratch.ok(["export", "-", "--format", "xml", "--what", "ssl"]).contains("<SSLConfigsExport>"));
}

#[test]
fn a_file_is_its_owners_alone_and_replaced_as_a_whole() {
    let scratch = Scratch::new(Kind::Worked);
    let file = scratch.file("out.xml", "what was there before");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let said = scratch.json(["user", "export", &file, "--names", "ann", "--sql-privileges"]);
    assert_eq!((&said["Changed"], &said["Records"]), (&json!(true), &json!(2)));
    assert_eq!(said["Exported"], json!({ "user": 1, "sql-privilege": 1 }));
    assert_eq!(mode(&scratch.path("out.xml")), 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("<?xml") && text.ends_with("</UsersExport>\n"), "{text}");
    // What is refused halfway leaves the file as it was, and nothing beside it.
    scratch.ok(["user", "modify", "bob", "--set", "Comment=a\u{ffff}b"]);
    let refused = scratch.refused(3, ["user", "export", &file]);
    assert!(refused.contains("Comment of the user bob holds a character that XML cannot hold"), "{refused}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let others = fs::read_dir(scratch.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!others.into_iter().any(|name| name.to_string_lossy().starts_with(".sclera-export")));
    // A link is replaced, and what it led to is not written to.
    let (link, kept) = (scratch.path("link.json"), scratch.file("kept", "kept"));
    symlink(&kept, &link).unwrap();
    scratch.ok(["user", "export", link.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(kept).unwrap(), "kept");
    assert!(!link.is_symlink());
}

#[test]
fn passwords_go_along_where_secrets_are_asked_for() {
    let scratch = Scratch::new(Kind::Worked);
    for name in ["plain", "secret"] {
        for format in ["xml", "json", "yaml"] {
            let file = scratch.path(&format!("{name}.{format}")).to_str().unwrap().to_owned();
            let secrets = if name == "secret" { &["--with-secrets"][..] } else { &[] };
            scratch.ok(["user", "export", &file].iter().chain(secrets));
            let other = Scratch::new(Kind::Worked);
            other.ok(["user", "delete", "clerk"]);
            other.ok(["user", "import", &file]);
            other.ok(["user", "add-roles", "clerk", "%All"]);
            let code = if name == "secret" { 0 } else { 3 };
            other.call(["user", "list"]).log_in("clerk", PASSWORD).is(code);
        }
    }
    let listed = scratch.ok(["audit", "list", "--limit", "3"]);
    assert_eq!(listed.matches("with secrets: user").count(), 3, "{listed}");
}

#[test]
fn an_option_that_says_nothing_about_the_kind_is_a_wrong_call() {
    let scratch = Scratch::new(Kind::Compatible);
    let out = scratch.path("out.xml").to_str().unwrap().to_owned();
    for (kind, option) in [
        ("role", &["--roles", "Reader"][..]),
        ("user", &["--resources", "AppData"]),
        ("user", &["--public", "R"]),
        ("service", &["--type", "2"]),
        ("service", &["--sql-privileges"]),
        ("system", &["--names", "SYSTEM"]),
        ("sql-privilege", &["--names", "ann"]),
    ] {
        let said = scratch.refused(2, [kind, "export", &out].iter().chain(option));
        assert!(said.contains(&format!("{} says nothing about what `{kind}` exports", option[0])), "{said}");
    }
    assert!(
        scratch.refused(3, ["resource", "export", &out, "--public", "X"]).contains("no set of permissions")
    );
    assert!(!scratch.path("out.xml").exists());
    scratch.ok(["resource", "export", &out, "--public", "none", "--type", "-1"]);
    assert!(!fs::read_to_string(&out).unwrap().contains("<PublicPermission>4"));
    let said = scratch.json(["resource", "export", &out, "--public", "U", "--type", "4"]);
    assert_eq!(said["Exported"]["resource"], said["Records"]);
}
