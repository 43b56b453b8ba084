//! Files that are broken, or made to break what reads them: one line with the place in the file, and no change.

use crate::harness::{Kind, Scratch};

const GOOD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<SecurityExport>
<ResourcesExport>
<Resources><Name>Early</Name><PublicPermission>1</PublicPermission></Resources>
</ResourcesExport>
<RolesExport>
<Roles>
  <Name>First</Name>
  <Resources><Resource><Name>Early</Name><Permission>3</Permission></Resource></Resources>
</Roles>
</RolesExport>
<UsersExport>
<Users><Name>eve</Name><Roles><RolesItem>First</RolesItem></Roles></Users>
<Users><Name>fay</Name><FullName>Fay</FullName></Users>
</UsersExport>
</SecurityExport>
";

/// Every file is refused with one line that names it and holds a place in it; that the line is one is judged of every
/// call. Nothing is changed, whether it is rehearsed or not.
fn all_are_refused(cases: &[(&str, Vec<u8>, &str)]) {
    let scratch = Scratch::new(Kind::Worked);
    let before = (scratch.revision(), scratch.exported());
    for (name, content, place) in cases {
        let file = scratch.file(&format!("{}.xml", name.replace(' ', "-")), content);
        for dry in [&[][..], &["--dry-run"]] {
            let line = scratch.refused(3, ["import", &file].iter().chain(dry));
            assert!(line.starts_with(&format!("sclera: {file}: ")) || line.contains(place), "{name}: {line}");
            assert!(line.contains(place), "{name}: {line}");
        }
    }
    assert_eq!((scratch.revision(), scratch.exported()), before);
    scratch.is_intact();
}

fn with(old: &str, new: &str) -> Vec<u8> {
    assert!(GOOD.contains(old), "{old}");
    GOOD.replace(old, new).into_bytes()
}

#[test]
fn the_good_file_is_good() {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["import", &scratch.file("good.xml", GOOD)]);
    assert_eq!(scratch.ok(["check", "Early", "--user", "eve"]), "READ,WRITE\n");
}

#[test]
fn what_is_cut_or_wrong_names_its_place() {
    let cut = |end: &str| GOOD.as_bytes()[..GOOD.find(end).unwrap()].to_vec();
    let long = "x".repeat(200);
    all_are_refused(&[
        ("cut in a tag", cut("ullName>Fay"), "line 14, column 24: the file ends"),
        ("cut in a record", cut("<FullName>"), "line 14, column 24: the file ends inside `Users`"),
        (
            "cut between records",
            cut("<Users><Name>fay"),
            "line 14, column 1: the file ends inside `UsersExport`",
        ),
        ("bad permission", with("<Permission>3", "<Permission>9"), "Roles[0] \"First\", line 9: ERROR #897"),
        ("bad letters", with("<Permission>3", "<Permission>RX"), "Roles[0] \"First\", line 9: ERROR #897"),
        ("unknown role", with("Item>First<", "Item>Missing<"), "Users[0] \"eve\", line 13: ERROR #883"),
        (
            "unknown role of the last",
            with("<FullName>Fay</FullName>", "<Roles>Missing</Roles>"),
            "Users[1] \"fay\", line 14: ERROR #883",
        ),
        (
            "unknown resource",
            with("<Resource><Name>Early", "<Resource><Name>Late"),
            "Roles[0] \"First\", line 7: ERROR #892",
        ),
        ("long name", with("<Name>fay", &format!("<Name>{long}")), "line 14: ERROR #842"),
        (
            "wrong root",
            with("SecurityExport>", "HospitalExport>"),
            "line 2, column 1: `HospitalExport` is no root",
        ),
        ("another document", b"<html><body/></html>".to_vec(), "line 1, column 1: `html` is no root"),
        ("mixed tags", with("</Roles></Users>", "</Users></Roles>"), "line 13, column"),
    ]);
}

#[test]
fn what_is_made_to_break_readers_is_refused() {
    let laughs = (1..10).fold("<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">".to_owned(), |text, n| {
        format!("{text}<!ENTITY lol{n} \"{}\">", format!("&lol{};", n - 1).repeat(10))
    });
    let external =
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<SecurityExport>&x;</SecurityExport>";
    let nested = format!("<SecurityExport>{}", "<a>".repeat((100 << 20) / 3));
    all_are_refused(&[
        ("external entity", external.into(), "line 1, column 1: a document type"),
        ("entity without type", with("Fay", "&x;"), "the entity `&x;` is not allowed"),
        (
            "billion laughs",
            format!("{laughs}]>\n<SecurityExport>&lol9;</SecurityExport>").into(),
            "line 1, column 1: a document type",
        ),
        ("nesting", nested.into(), "line 1, column 38: more than 8 elements inside each other"),
        ("a long text", with("Fay", &"x".repeat(5 << 20)), "the text of an element has more than 4 MiB"),
        ("a long comment", with("Fay", &format!("<!--{}-->", "x".repeat(17 << 20))), "line 14, column"),
    ]);
}

#[test]
fn other_encodings_are_told() {
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(GOOD.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let unmarked: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin = |declared: &str| {
        let text = GOOD.replace("UTF-8", declared);
        let at = text.find("Fay</FullName>").unwrap();
        [&text.as_bytes()[..at], &[0xe4], &text.as_bytes()[at..]].concat()
    };
    all_are_refused(&[
        ("utf16", utf16, "it is encoded in UTF-16; save it as UTF-8"),
        ("utf16 without mark", unmarked, "it is encoded in UTF-16; save it as UTF-8"),
        ("latin1", latin("ISO-8859-1"), "line 1, column 1: the encoding is declared as `ISO-8859-1`"),
        ("latin1 undeclared", latin("UTF-8"), "it is not UTF-8 after the first "),
    ]);
}
