//! Texts that are made to break what reads them.

use super::{message, refusal};
use core::fmt::Write as _;
use proptest::prelude::*;
use sclera_exchange::{Malformed, read};

const TOO_DEEP: &str = "more than 16 lists and objects inside each other";

#[test]
fn deep_nesting_is_refused() {
    for text in [
        format!("{{\"Users\":{}", "[".repeat(10_000)),
        format!("{{\"Users\":[{}", "{\"a\":".repeat(10_000)),
        format!("Users: {}", "[".repeat(10_000)),
        format!("Users: {}", "{a: ".repeat(10_000)),
        "- ".repeat(10_000),
        "? ".repeat(10_000),
    ] {
        assert!(matches!(refusal(&text), Malformed::Syntax { line: 1, .. }), "{}", message(&text));
    }
    assert_eq!(message(format!("{{\"Users\":{}", "[".repeat(100))), format!("line 1, column 25: {TOO_DEEP}"));
    assert_eq!(
        message(format!("Users: {}{}", "[".repeat(100), "]".repeat(100))),
        format!("line 1, column 23: {TOO_DEEP}")
    );
    let stairs = (0..10_000).fold(String::new(), |mut text, depth| {
        let _ = writeln!(text, "{}a:", " ".repeat(depth));
        text
    });
    assert!(message(&stairs).ends_with(TOO_DEEP), "{}", message(&stairs));
    // Sixteen are taken, and judged by what they say.
    let sixteen =
        |opening: &str, closing: &str| format!("{{\"Users\":{}{}}}", opening.repeat(15), closing.repeat(15));
    assert_eq!(message(sixteen("[", "]")), "Users[0]: it must be an object, not a list");
    assert_eq!(message(format!("--- {}", sixteen("[", "]"))), "Users[0]: it must be an object, not a list");
}

#[test]
fn depth_is_counted_along_one_path() {
    let ignored = r#"{"Users":[{"Name":"a","LoginX":[[[]],{}]},{"Name":"z"}]}"#;
    assert_eq!(read(ignored.as_bytes()).unwrap().records.len(), 2);
    let wide =
        format!("{{\"Roles\":[{}{{\"Name\":\"z\"}}]}}", "{\"Name\":\"a\",\"Resources\":[]},".repeat(1_000));
    assert_eq!(read(wide.as_bytes()).unwrap().records.len(), 2);
    assert_eq!(read(format!("--- {wide}").as_bytes()).unwrap().records.len(), 2);
}

#[test]
fn a_billion_laughs_are_refused_at_the_first() {
    let mut text = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for (letter, before) in ('b'..='i').zip('a'..='h') {
        let _ = writeln!(text, "{letter}: &{letter} [{}]", vec![format!("*{before}"); 9].join(", "));
    }
    assert_eq!(message(&text), "line 1, column 7: anchors (`&`) are not supported; write the value out");
    assert_eq!(
        message("Users: [*a, *a]"),
        "line 1, column 9: aliases (`*`) are not supported; write the value out"
    );
}

#[test]
fn size_is_bounded() {
    let long = vec![b'x'; (64 << 20) + 1];
    assert_eq!(refusal(&long), Malformed::TooLong { limit: 64 << 20 });
    assert_eq!(message(&long), "it has more than 64 MiB");
}

#[test]
fn long_texts_are_read_and_long_keys_refused() {
    let long = "x".repeat(1_000_000);
    for text in [
        format!("{{\"Users\":[{{\"Name\":\"ann\",\"Comment\":\"{long}\"}}]}}"),
        format!("Users:\n- Name: ann\n  Comment: {long}\n"),
        format!("Users:\n- Name: ann\n  Comment: \"{long}\"\n"),
        format!("Users:\n- Name: ann\n  Comment: >-\n    {long}\n"),
    ] {
        let document = read(text.as_bytes()).unwrap();
        assert_eq!(document.records[0].properties.get("Comment").unwrap().text().len(), 1_000_000);
    }
    assert!(message(format!("{{\"Users\":[{{\"Name\":\"{long}\"}},{{\"Name\":\"{long}\"}}]}}")).len() < 400);
    assert_eq!(message(format!("{{\"{long}\":1}}")), "line 1, column 1000003: a key has more than 256 bytes");
    assert!(matches!(refusal(format!("{long}: 1")), Malformed::Syntax { .. }));
    assert_eq!(message(format!("{}: 1", "x".repeat(257))), "line 1, column 1: a key has more than 256 bytes");
    assert!(message(format!("{}: 1", "x".repeat(256))).starts_with("top level: unknown name `xxx"));
}

#[test]
fn many_keys_take_no_time() {
    let keys = (0..200_000).map(|number| format!("\"k{number}\":0")).collect::<Vec<_>>().join(",");
    assert_eq!(message(format!("{{{keys}}}")), "top level: unknown name `k0`");
    let user = format!("{{\"Users\":[{{\"LoginX\":{{{keys},\"k7\":0}}}}]}}");
    assert!(message(user).ends_with("the key `k7` stands twice"));
    assert!(message(format!("--- {{{keys},\"k7\":0}}")).ends_with("the key `k7` stands twice"));
}

#[test]
fn numbers_and_escapes_that_mean_nothing() {
    for value in
        ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "01", "+1", "0x1F", ".5", "1.", "tru", "nil"]
    {
        let text = format!("{{\"Users\":[{{\"Name\":\"ann\",\"Comment\":{value}}}]}}");
        assert!(matches!(refusal(&text), Malformed::Syntax { line: 1, .. }), "{value}");
    }
    for escape in
        [r"\ud800", r"\udc00", r"\ud800\ud800", r"\ud800x", r"\uD83D\u0041", r"\u12", r"\x", r"\u{41}"]
    {
        for text in [
            format!("{{\"Users\":[{{\"Name\":\"{escape}\"}}]}}"),
            format!("Users:\n- Name: \"{escape}\"\n"),
            format!("{{\"{escape}\":1}}"),
        ] {
            assert!(matches!(refusal(&text), Malformed::Syntax { .. }), "{text}");
        }
    }
    for value in [".nan", ".inf", "-.INF", "1e400", "1.5", "123456789012345678901234567890"] {
        let text = format!("Users:\n- Name: ann\n  Comment: {value}\n");
        assert!(message(&text).ends_with("not a number with a fraction or of more than 64 bits"), "{value}");
    }
}

#[test]
fn control_characters_are_left_to_the_rules_of_the_model() {
    for text in
        [r#"{"Users":[{"Name":"a\u0000\u001b[31m\u202e"}]}"#, "Users:\n- Name: \"a\\0\\e[31m\\u202e\"\n"]
    {
        let document = read(text.as_bytes()).unwrap();
        assert_eq!(document.records[0].name, "a\0\u{1b}[31m\u{202e}");
        assert_eq!(document.records[0].place, "Users[0] \"a\\u{0}\\u{1b}[31m\\u{202e}\"");
    }
}

/// Pieces of which texts are made that come close to being right.
const PIECES: [&str; 48] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "'",
    "\n",
    " ",
    "  ",
    "- ",
    "? ",
    ": ",
    "# ",
    "---",
    "...",
    "&a ",
    "*a",
    "!t ",
    "<<",
    "|\n",
    ">-\n",
    "%YAML 1.2\n",
    "%TAG ! x\n",
    "\\",
    "\\u",
    "d800",
    "\0",
    "\u{feff}",
    "\t",
    "\r",
    "é",
    "\u{85}",
    "\u{2028}",
    "1",
    "-1",
    "1e400",
    "null",
    "true",
    "Users",
    "Name",
    "Roles",
    "System",
    "Password",
    "SQLPrivileges",
    "Object",
    "\"Name\":\"x\"",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn almost_right_texts_never_panic(
        start in prop::sample::select(vec!["", "{", "Users:\n", "{\"Users\":[{", "Users:\n- Name: a\n  "]),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40),
    ) {
        let text = format!("{start}{}", pieces.concat());
        if let Err(error) = read(text.as_bytes()) {
            prop_assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
    }

    #[test]
    fn damaged_documents_never_panic(position in 0_usize..300, byte in any::<u8>(), cut in any::<bool>()) {
        const JSON: &str = r#"{"Roles":[{"Name":"R","Resources":["A:RW"],"EscalationOnly":false}],"Users":[{"Name":"\u00e4","Enabled":1,"Password":"x"}],"System":{"InactiveLimit":30},"SQLPrivileges":[{"Namespace":"N","Object":"table A","Privilege":"s","Grantee":"R"}]}"#;
        const YAML: &str = "Roles:\n- Name: R\n  Resources: [\"A:RW\", 'B']\n  EscalationOnly: false\nUsers:\n- Name: \"\\xe4\"\n  Comment: |\n    text\n  Enabled: 1\nSystem:\n  InactiveLimit: 30\n";
        for text in [JSON, YAML] {
            let mut bytes = text.as_bytes().to_vec();
            let position = position % bytes.len();
            if cut { bytes.truncate(position) } else { bytes[position] = byte }
            let _ = read(&bytes);
        }
    }
}
