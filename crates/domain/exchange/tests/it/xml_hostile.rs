//! XML that is made to break what reads it, or to say something else than it shows.

use super::{message, refusal};
use core::fmt::Write as _;
use proptest::prelude::*;
use sclera_exchange::{Malformed, read};

fn inside(text: &str) -> String {
    format!("<UsersExport><Users><Name>ann</Name>{text}</Users></UsersExport>")
}

#[test]
fn entities_and_document_types_are_refused() {
    let laughs = (1..10).fold("<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">".to_owned(), |mut text, n| {
        let _ = write!(text, "<!ENTITY lol{n} \"{}\">", format!("&lol{};", n - 1).repeat(10));
        text
    });
    for text in [
        format!("<?xml version=\"1.0\"?>{laughs}]><UsersExport>&lol9;</UsersExport>"),
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><UsersExport/>".to_owned(),
        "<!DOCTYPE UsersExport PUBLIC \"a\" \"http://example.org/a.dtd\"><UsersExport/>".to_owned(),
        "<!doctype html><UsersExport/>".to_owned(),
        "<!DOCTYPE><UsersExport/>".to_owned(),
        "<UsersExport><!DOCTYPE a></UsersExport>".to_owned(),
    ] {
        assert!(
            message(&text).ends_with("a document type (`<!DOCTYPE`) is not allowed"),
            "{}",
            message(&text)
        );
    }
    for name in [
        "x",
        "lol9",
        "nbsp",
        "AMP",
        "",
        "#",
        "#x",
        "#0",
        "#x0",
        "#8",
        "#xD800",
        "#x110000",
        "#+65",
        "#x+41",
        "#99999999999",
        "#X41",
        "#xFFFE",
    ] {
        let message = message(inside(&format!("<FullName>&{name};</FullName>")));
        assert!(message.ends_with(&format!("the entity `&{name};` is not allowed")), "{message}");
    }
    assert!(message(inside("<FullName>a & b</FullName>")).ends_with("`&` begins no entity; write `&amp;`"));
    let document =
        read(inside("<FullName>&lt;&gt;&amp;&quot;&apos;&#228;&#xe4;</FullName>").as_bytes()).unwrap();
    assert_eq!(document.records[0].properties.get("FullName"), Some(&"<>&\"'ää".into()));
}

#[test]
fn depth_is_bounded_and_found_at_once() {
    let text = "<a>".repeat((100 << 20) / 3);
    assert_eq!(
        message(format!("<UsersExport>{}", &text[..300])),
        "line 1, column 35: more than 8 elements inside each other"
    );
    let long = format!("<SecurityExport>{text}");
    let refused = refusal(&long);
    assert_eq!(
        refused,
        Malformed::Syntax { line: 1, column: 38, what: "more than 8 elements inside each other".to_owned() }
    );
    // Eight are taken, and judged by what they say.
    let eight = format!(
        "<SecurityExport>{}{}</SecurityExport>",
        "<UsersExport>".repeat(7),
        "</UsersExport>".repeat(7)
    );
    assert!(read(eight.as_bytes()).is_ok());
}

#[test]
fn markup_that_the_format_does_not_have() {
    for (text, expected) in [
        (
            "<UsersExport a=\"1\"/>".to_owned(),
            "line 1, column 1: attributes are not allowed, and `UsersExport` has some",
        ),
        (
            inside("<FullName xml:lang='x'>y</FullName>"),
            "line 1, column 37: attributes are not allowed, and `FullName` has some",
        ),
        (inside("<x:FullName>y</x:FullName>"), "line 1, column 37: `x:FullName` is no name of an element"),
        (inside("<>y</>"), "line 1, column 37: `` is no name of an element"),
        (inside("<1>y</1>"), "line 1, column 37: `1` is no name of an element"),
        (inside("<a/ >"), "line 1, column 37: `a/` is no name of an element"),
        (inside("<?php x?>"), "line 1, column 37: a processing instruction (`<?`) is not allowed"),
        (
            "<UsersExport/><?x y?>".to_owned(),
            "line 1, column 15: a processing instruction (`<?`) is not allowed",
        ),
        (
            "<!-- x --><?xml version=\"1.0\"?><UsersExport/>".to_owned(),
            "line 1, column 11: the XML declaration does not stand at the beginning",
        ),
        (
            "<?xml encoding=\"UTF-8\"?><UsersExport/>".to_owned(),
            "line 1, column 1: the XML declaration cannot be read",
        ),
        (
            "<UsersExport/><UsersExport/>".to_owned(),
            "line 1, column 15: a second root element begins, and a file has one",
        ),
        ("<UsersExport/>\nx".to_owned(), "line 1, column 15: text stands outside of the root element"),
        (
            "<UsersExport/><![CDATA[x]]>".to_owned(),
            "line 1, column 15: text stands outside of the root element",
        ),
        ("<UsersExport>x</UsersExport>".to_owned(), "line 1, column 14: text stands where records stand"),
        (
            "<UsersExport><Users>x</Users></UsersExport>".to_owned(),
            "line 1, column 21: text stands in `Users` beside its elements",
        ),
        (
            inside("<Roles>x<RolesItem>A</RolesItem></Roles>"),
            "line 1, column 45: text and elements stand beside each other in `Roles`",
        ),
        (
            "<UsersExport>\n  </UserExport>".to_owned(),
            "line 2, column 3: `</UserExport>` ends no element; `UsersExport` is open",
        ),
        ("</UsersExport>".to_owned(), "line 1, column 1: `</UsersExport>` ends no element"),
        (inside("<FullName>\u{1}</FullName>"), "line 1, column 47: the character `\\u{1}` is not allowed"),
        (
            inside("<FullName><![CDATA[ä\0]]></FullName>"),
            "line 1, column 57: the character `\\u{0}` is not allowed",
        ),
        (
            inside("<FullName>ä\u{ffff}</FullName>"),
            "line 1, column 48: the character `\\u{ffff}` is not allowed",
        ),
        ("<!-- nothing -->".to_owned(), "line 1, column 17: there is no root element"),
        ("<?xml version=\"1.0\"?>\n".to_owned(), "line 2, column 1: there is no root element"),
        ("<".to_owned(), "line 1, column 1: the file ends, or goes astray, inside markup that begins here"),
        (
            "<!ELEMENT a><UsersExport/>".to_owned(),
            "line 1, column 1: the file ends, or goes astray, inside markup that begins here",
        ),
    ] {
        assert_eq!(message(&text), expected, "{text}");
    }
    let text = inside(&format!("<{}>", "x".repeat(65)));
    assert_eq!(message(text), "line 1, column 37: the name of an element has more than 64 bytes");
    assert!(read(inside(&format!("<{0}></{0}>", "x".repeat(64))).as_bytes()).is_ok());
}

#[test]
fn roots_that_are_none_are_refused() {
    let refused = message("<?xml version=\"1.0\"?>\n<AuditExport><Audit/></AuditExport>");
    assert!(
        refused.starts_with("line 2, column 1: `AuditExport` is no root of a security export; known are "),
        "{refused}"
    );
    for root in ["UsersExport", "SQLRoleGrantOptionExport", "KMIPServerExport", "SecurityExport"] {
        assert!(refused.contains(root), "{refused}");
    }
    for root in ["Users", "usersExport", "Export", "html", "UsersExportExport"] {
        assert!(message(format!("<{root}/>")).contains("is no root of a security export"), "{root}");
    }
}

#[test]
fn other_encodings_are_named() {
    assert_eq!(message(b"<UsersExport>\xe9</UsersExport>"), "it is not UTF-8 after the first 13 bytes");
    assert_eq!(
        message(b"\xef\xbb\xbf<UsersExport>\xe9</UsersExport>"),
        "it is not UTF-8 after the first 16 bytes"
    );
    let declared = "the encoding is declared as `ISO-8859-1`; save it as UTF-8";
    let latin1 = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<UsersExport>\xe9</UsersExport>";
    assert_eq!(message(latin1), format!("line 1, column 1: {declared}"));
    assert_eq!(
        message("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><UsersExport/>"),
        format!("line 1, column 1: {declared}")
    );
    let utf16: Vec<u8> = "\u{feff}<UsersExport/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refusal(&utf16), Malformed::Encoding("UTF-16"));
    assert_eq!(refusal(&utf16[2..]), Malformed::Encoding("UTF-16"));
}

#[test]
fn size_is_bounded() {
    let of = |length: usize| inside(&format!("<FullName>{}</FullName>", "x".repeat(length)));
    assert!(read(of(4 << 20).as_bytes()).is_ok());
    assert!(message(of((4 << 20) + 1)).ends_with("the text of an element has more than 4 MiB"));
    let pieces =
        inside(&format!("<FullName>{}</FullName>", format!("{}<!---->", "x".repeat(1 << 20)).repeat(5)));
    assert!(message(pieces).ends_with("the text of an element has more than 4 MiB"));
    let left_aside = inside(&format!("<Odd>{}</Odd>", "x".repeat((4 << 20) + 1)));
    assert!(message(left_aside).ends_with("the text of an element has more than 4 MiB"));
    let items = inside(&format!("<Roles>{}</Roles>", "<RolesItem/>".repeat(1_000_001)));
    assert!(message(items).ends_with("more than 1000000 elements in one record"));
}

const SMALL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<SecurityExport>\n<UsersExport>\n  <!-- x --><Users><Name>\u{e4}&amp;&#65;<![CDATA[<b>]]></Name>\
    <Roles><RolesItem>A</RolesItem></Roles><Password>tUFM9yTxXuR6/F9hHoaCmGQD1fM=</Password><Version/></Users>\
    <SQLPrivileges><Namespace>N</Namespace><SQLObject>1,A</SQLObject><Privilege>s</Privilege><Grantee>R</Grantee></SQLPrivileges>\
    </UsersExport><RolesExport><Roles><Name>R</Name><Resources><Resource><Name>A</Name><Permission>1</Permission>\
    </Resource></Resources></Roles></RolesExport></SecurityExport>\n \n";

#[test]
fn a_file_cut_anywhere_is_refused_where_it_is_cut() {
    let whole = SMALL.trim_end().len();
    for length in 0..SMALL.len() {
        let cut = &SMALL.as_bytes()[..length];
        match read(cut) {
            Ok(document) => assert!(length >= whole && document.records.len() == 3, "{length}"),
            Err(error) => {
                assert!(length < whole, "{length}: {error}");
                assert!(!error.to_string().contains('\n'));
            }
        }
    }
    let cut = SMALL.find("<Version/>").unwrap();
    assert_eq!(message(&SMALL[..cut]), "line 4, column 147: the file ends inside `Users`");
}

/// Pieces of which files are made that come close to being right.
const PIECES: [&str; 40] = [
    "<",
    ">",
    "/>",
    "</",
    "&",
    ";",
    "&amp;",
    "&#x41;",
    "&x;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "<!DOCTYPE",
    " ",
    "\n",
    "\r",
    "=\"",
    "'",
    "\0",
    "é",
    "\u{feff}",
    "true",
    "1",
    "0",
    "AAAA",
    "<Users>",
    "</Users>",
    "<Name>a</Name>",
    "<Roles>",
    "</Roles>",
    "<RolesItem>",
    "</RolesItem>",
    "<Resources>",
    "</Resources>",
    "<Resource>",
    "<Flags>",
    "<?xml version=\"1.0\"?>",
];

/// Names of elements in trees that are well formed.
const NAMES: [&str; 26] = [
    "UsersExport",
    "RolesExport",
    "SecurityExport",
    "Users",
    "Roles",
    "Resources",
    "Resource",
    "Name",
    "Permission",
    "Enabled",
    "ExpirationDate",
    "Flags",
    "Password",
    "Salt",
    "HOTPKey",
    "Attributes",
    "AttributesItem",
    "RolesItem",
    "CreateDateTime",
    "System",
    "Events",
    "SQLPrivileges",
    "SQLObject",
    "SQLAdminPrivilegeSet",
    "PhoneProviders",
    "Odd",
];

fn tree() -> impl Strategy<Value = String> {
    let names = || prop::sample::select(NAMES.to_vec());
    let texts = prop::sample::select(vec![
        "",
        "a",
        "1",
        "true",
        "0,0",
        "67120,5.5",
        "AAAA",
        " ",
        "ä&amp;",
        "1,A",
        "\r\n",
    ]);
    let leaf = (names(), texts).prop_map(|(name, text)| format!("<{name}>{text}</{name}>"));
    leaf.prop_recursive(6, 40, 6, move |inner| {
        let names = prop::sample::select(NAMES.to_vec());
        (names, prop::collection::vec(inner, 0..6))
            .prop_map(|(name, children)| format!("<{name}>{}</{name}>", children.concat()))
    })
}

fn told_in_one_line(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Err(error) = read(bytes) {
        prop_assert!(!error.to_string().chars().any(char::is_control), "{error}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        told_in_one_line(&[b"<", &bytes[..]].concat())?;
        told_in_one_line(&[b"<UsersExport><Users>", &bytes[..]].concat())?;
    }

    #[test]
    fn almost_right_files_never_panic(
        start in prop::sample::select(vec!["<", "<UsersExport>", "<UsersExport><Users>", "<SecurityExport><RolesExport><Roles>"]),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40),
    ) {
        told_in_one_line(format!("{start}{}", pieces.concat()).as_bytes())?;
    }

    #[test]
    fn trees_never_panic(trees in prop::collection::vec(tree(), 0..4), root in prop::sample::select(NAMES[..3].to_vec())) {
        told_in_one_line(format!("<{root}>{}</{root}>", trees.concat()).as_bytes())?;
    }

    #[test]
    fn damaged_files_never_panic(position in 0..SMALL.len(), byte in any::<u8>()) {
        let mut bytes = SMALL.as_bytes().to_vec();
        bytes[position] = byte;
        told_in_one_line(&bytes)?;
    }
}
