//! Which texts are JSON or YAML, and where they stop being it.

use super::{message, refusal, wholes};
use sclera_core::property::Value;
use sclera_exchange::{Malformed, read};

fn at(line: usize, column: usize, what: &str) -> Malformed {
    Malformed::Syntax { line, column, what: what.to_owned() }
}

#[test]
fn formats_are_told_by_their_beginning() {
    assert_eq!(refusal("\n <UsersExport>"), at(2, 15, "the file ends inside `UsersExport`"));
    assert_eq!(message("[Actions]\nCreateRole:Name=R\n"), "it is a CPF merge file; use `sclera import`");
    assert!(read(b" \r\n\t{ }").is_ok());
    assert!(read(b"# a comment\nUsers: []\n").is_ok());
}

#[test]
fn encodings_other_than_utf8_are_refused() {
    let utf16 = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    let little: Vec<u8> = utf16("\u{feff}{}").into_iter().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = utf16("\u{feff}{}").into_iter().flat_map(u16::to_be_bytes).collect();
    for bytes in [&little[..], &big, &little[2..], &big[2..]] {
        assert_eq!(refusal(bytes), Malformed::Encoding("UTF-16"), "{bytes:?}");
    }
    for bytes in [b"\xff\xfe\0\0{\0\0\0".as_slice(), b"\0\0\xfe\xff\0\0\0{", b"{\0\0\0}\0\0\0", b"\0\0\0{"] {
        assert_eq!(refusal(bytes), Malformed::Encoding("UTF-32"), "{bytes:?}");
    }
    assert_eq!(message(little), "it is encoded in UTF-16; save it as UTF-8");
    assert_eq!(refusal(b"{\"Users\":\"\xe4\"}"), Malformed::NotUtf8 { offset: 10 });
    assert_eq!(refusal(b"\xef\xbb\xbfUsers: \xff"), Malformed::NotUtf8 { offset: 10 });
    assert_eq!(message(b"{\xff"), "it is not UTF-8 after the first 1 bytes");
    let marked = read(b"\xef\xbb\xbf{\"Users\":[{\"Name\":\"ann\"}]}").unwrap();
    assert_eq!(marked.records[0].name, "ann");
    assert!(read("\u{feff}Users: []\n".as_bytes()).is_ok());
}

#[test]
fn nothing_is_no_document() {
    for text in ["", " \r\n\t ", "\u{feff}", "\u{feff} ", "# only a comment\n"] {
        assert_eq!(refusal(text), Malformed::Empty, "{text:?}");
    }
    assert_eq!(message(""), "there is nothing in it");
    for text in ["null", "~", "---\n", "--- null\n...\n"] {
        assert_eq!(message(text), "top level: it must be an object, not null", "{text:?}");
    }
}

#[test]
fn json_errors_have_places() {
    for (text, expected) in [
        ("{", at(1, 1, "EOF while parsing an object")),
        ("{\n  \"Users\": [\n    {\"Name\": NaN}\n  ]\n}", at(3, 14, "expected value")),
        ("{\"Users\":\n[{\"Name\":\"ann\",}]}", at(2, 16, "trailing comma")),
        ("{\"Users\": 1e400}", at(1, 16, "number out of range")),
        ("{} x", at(1, 4, "trailing characters")),
        ("{}\n\n{}", at(3, 1, "trailing characters")),
        ("{\"System\":{\"ä\":\n \"äöü\" x}}", at(2, 8, "expected `,` or `}`")),
        (
            "{\"System\":{\"a\":\"\u{1}\"}}",
            at(1, 17, "control character (\\u0000-\\u001F) found while parsing a string"),
        ),
        ("{'a':1}", at(1, 2, "key must be a string")),
        ("{\"System\":{\"a\": ä}}", at(1, 17, "expected value")),
        ("{\"System\":{\"a\":1,\n\n", at(3, 1, "EOF while parsing a value")),
        ("{\"System\":{\"a\":1 /* no */}}", at(1, 18, "expected `,` or `}`")),
    ] {
        assert_eq!(refusal(text), expected, "{text:?}");
    }
    assert_eq!(message("{\n  \"Users\": [,]\n}"), "line 2, column 13: expected value");
}

#[test]
fn yaml_errors_have_places() {
    for (text, expected) in [
        ("Users:\n- Name: ann\n Roles: x\n", (3, 2)),
        ("Users:\n- Name: \"ann\n", (3, 1)),
        ("Users: [a, b\n", (1, 8)),
        ("Users:\n\t- Name: ann\n", (2, 2)),
        ("ä: {\n", (1, 4)),
    ] {
        let Malformed::Syntax { line, column, .. } = refusal(text) else { unreachable!("{text}") };
        assert_eq!((line, column), expected, "{text:?}: {}", message(text));
    }
}

#[test]
fn keys_stand_once_at_every_level() {
    for (text, expected) in [
        ("{\"Users\":[],\n \"Users\":[]}", at(2, 8, "the key `Users` stands twice")),
        ("{\"Users\":[{\"Name\":\"a\",\"Name\":\"b\"}]}", at(1, 28, "the key `Name` stands twice")),
        ("{\"Users\":[{\"LoginX\":{\"a\":{\"b\":1,\"b\":2}}}]}", at(1, 35, "the key `b` stands twice")),
        ("{\"System\":{\"Name\":null,\"Na\\u006de\":null}}", at(1, 34, "the key `Name` stands twice")),
        (
            "{\"Users\":[{\"x at line 9 column 9\":1,\"x at line 9 column 9\":1}]}",
            at(1, 58, "the key `x at line 9 column 9` stands twice"),
        ),
        ("{\"Users\":[],\n \"Users\" \n\n :[]}", at(2, 8, "the key `Users` stands twice")),
        ("Users: []\nRoles: []\nUsers: []\n", at(3, 1, "the key `Users` stands twice")),
        ("Users:\n- Name: a\n  Name: b\n", at(3, 3, "the key `Name` stands twice")),
        ("Users:\n- LoginX: {a: {b: 1, \"b\": 2}}\n", at(2, 22, "the key `b` stands twice")),
        ("System: {1: a, \"1\": b}", at(1, 16, "the key `1` stands twice")),
    ] {
        assert_eq!(refusal(text), expected, "{text:?}");
    }
}

#[test]
fn yaml_says_what_it_means_or_is_refused() {
    let anchors = "anchors (`&`) are not supported; write the value out";
    let aliases = "aliases (`*`) are not supported; write the value out";
    let tags = "tags (`!`) are not supported; write the value out";
    for (text, expected) in [
        ("Users: &u []\n", at(1, 11, anchors)),
        ("&top\nUsers: []\n", at(2, 1, anchors)),
        ("Users:\n- &ann Name: ann\n", at(2, 8, anchors)),
        ("Users: *u\n", at(1, 8, aliases)),
        ("*u : []\n", at(1, 1, aliases)),
        ("Users: !!seq []\n", at(1, 14, tags)),
        ("Users:\n- Name: !!str 1\n", at(2, 15, tags)),
        ("Users:\n- Name: !secret x\n", at(2, 17, tags)),
        ("Users:\n- <<: {Name: a}\n", at(2, 3, "merge keys (`<<`) are not supported; write the entries out")),
        ("? [a]\n: 1\n", at(1, 3, "a key must be text")),
        ("Users: []\n---\nRoles: []\n", at(2, 1, "a second document begins, and only one is read")),
        ("Users: []\n...\nRoles: []\n", at(3, 1, "a second document begins, and only one is read")),
        ("Users:\n- Name: a\0b\n", at(2, 10, "the character `\\u{0}` must be escaped")),
        ("Users: []\n\0\nRoles: []", at(2, 1, "the character `\\u{0}` must be escaped")),
        ("ä\u{9b}: 1", at(1, 2, "the character `\\u{9b}` must be escaped")),
    ] {
        assert_eq!(refusal(text), expected, "{text:?}");
    }
    assert_eq!(message("Users:\n- \"<<\": {Name: a}\n"), "Users[0]: unknown name `<<`");
    assert!(read(b"%YAML 1.2\n---\nUsers: []\n...\n# the end\n").is_ok());
}

#[test]
fn plain_yaml_values_are_not_guessed_at() {
    let text = "Users:\n- Name: NO\n  PhoneNumber: +4912345\n  Comment: 007\n  Enabled: no\n  FullName: true\n  \
                AutheEnabled: 12\n  Routine: 'true'\n  ExpirationDate: 2026-11-22\n  EmailAddress: ~\n  \
                NameSpace: \"1\"\n  Password: 0123\n";
    let document = read(text.as_bytes()).unwrap();
    let ann = &document.records[0];
    assert_eq!(ann.name, "NO");
    for (property, value) in [
        ("PhoneNumber", Value::from("+4912345")),
        ("Comment", Value::from("007")),
        ("Enabled", Value::from("no")),
        ("FullName", Value::Boolean(true)),
        ("AutheEnabled", Value::Integer(12)),
        ("Routine", Value::from("true")),
        ("ExpirationDate", Value::from("2026-11-22")),
        ("NameSpace", Value::from("1")),
    ] {
        assert_eq!(ann.properties.get(property), Some(&value), "{property}");
    }
    assert_eq!(ann.properties.get("EmailAddress"), None);
    assert_eq!(ann.password.as_ref().unwrap().expose(), "0123");
    assert_eq!(
        message("Users:\n- Name: 1.10\n"),
        "Users[0]: `Name` must be text, not a number with a fraction or of more than 64 bits"
    );
}

#[test]
fn both_forms_read_alike() {
    let json = r#"{"Users":[{"Name":"ann","Roles":["A","B"],"Enabled":true,"AutheEnabled":-1,"Comment":"a\n\ud83d\ude00"}]}"#;
    let yaml = "# people\nUsers:\n  - Name: ann  # she\n    Roles:\n    - A\n    - 'B'\n    Enabled: true\n    \
                AutheEnabled: -1\n    Comment: \"a\\n\\ud83d\\ude00\"\n";
    let flow = "--- # the same\n{Users: [{Name: ann, Roles: [A, B], Enabled: True, AutheEnabled: -1, Comment: \"a\\n😀\",}]}";
    let expected = wholes(&read(json.as_bytes()).unwrap());
    assert_eq!(expected[0].2[3].1, Value::from("a\n😀"));
    assert_eq!(wholes(&read(yaml.as_bytes()).unwrap()), expected);
    assert_eq!(wholes(&read(flow.as_bytes()).unwrap()), expected);
}
