//! CPF merge files: recognised, taken apart, and what is wrong with one told in its line.

use proptest::prelude::*;
use sclera_core::change::Kind;
use sclera_core::property::Value;
use sclera_exchange::{Format, Malformed, Merge, Verb, read};

fn parsed(text: &str) -> Merge {
    Merge::read(&[("", text.as_bytes())]).unwrap()
}

fn message(text: &str) -> String {
    Merge::read(&[("", text.as_bytes())]).unwrap_err().to_string()
}

#[test]
fn a_merge_file_is_recognised_by_its_content() {
    for text in ["[Actions]", "\u{feff}[Actions]", "# a\n\n; b\r\n  [Startup]\n", "\n[config]"] {
        assert!(Merge::is_one(text.as_bytes()), "{text:?}");
    }
    for text in ["", "{}", "<a/>", "# a\nUsers:\n", "Users: [a]", "; only a comment", "-\n[a]"] {
        assert!(!Merge::is_one(text.as_bytes()), "{text:?}");
    }
}

/// Whoever reads documents alone says what kind of file it is, too.
#[test]
fn a_merge_file_is_no_document_whatever_comments_it_begins_with() {
    for text in
        ["[Actions]\n", "; made by hand\n[Actions]\n", "# a\n\n; b\n[Startup]\n", "\u{feff}; a\n[config]"]
    {
        assert_eq!(read(text.as_bytes()).unwrap_err(), Malformed::Unsupported(Format::Cpf), "{text:?}");
    }
    assert!(read(b"# a comment of YAML\nUsers:\n- { Name: ann }\n").is_ok());
}

#[test]
fn the_first_password_may_stand_in_an_action_and_all_else_of_startup_is_told() {
    let merge =
        parsed("[Actions]\nModifyStartup:PasswordHash=x,y,WebServer=0\nModifyStartup:PasswordHash=\n");
    let hashes: Vec<_> = merge.steps.iter().map(|step| step.record.password_hash.as_deref()).collect();
    assert_eq!(hashes, [Some("x,y")]);
    assert_eq!(merge.notes, ["ModifyStartup WebServer: it is no matter of security and left aside"]);
}

/// Nothing about security that is not done goes untold.
#[test]
fn what_is_not_supported_is_told_and_not_fatal() {
    let actions = [
        "CreateWebAppPctAccess:Name=a",
        "CreateOAuth2Client:Name=a",
        "CreateWallet:Name=a",
        "Execute:Namespace=USER,ClassName=A,MethodName=B",
        "CreateDatabase:Name=a",
        "CreateSomething:Name=a",
    ];
    let merge = parsed(&format!("[Actions]\n{}\n", actions.join("\n")));
    assert_eq!((merge.steps.len(), merge.notes.len()), (0, actions.len()), "{:?}", merge.notes);
    assert!(
        merge.notes.iter().filter(|note| note.contains("not supported")).count() == 3,
        "{:?}",
        merge.notes
    );
}

#[test]
fn steps_come_in_the_documented_order_and_those_of_a_kind_as_they_stand() {
    let merge = parsed(
        "[Actions]\nModifyUser:Name=b\nModifyUser:Name=a\nCreateUser:Name=b\nDeleteUser:Name=c\nModifyService:Name=d\n\
         CreateResource:Name=e\nModifySystem:InactiveLimit=1\nCreateSSLConfig:Name=f\nModifyServer:Port=1972,EnableCSP=1\n\
         CreateServer:Port=1973,BindAddress=127.0.0.1\nDeleteServer:Port=1974\nCreateDocDB:Name=g,Namespace=USER\n\
         [Startup]\nPasswordHash=x,y\n",
    );
    let order: Vec<_> =
        merge.steps.iter().map(|step| (step.verb, step.record.kind, step.record.name.as_str())).collect();
    assert_eq!(
        order,
        [
            (Verb::FirstPasswords, Kind::User, ""),
            (Verb::Create, Kind::SslConfig, "f"),
            (Verb::Modify, Kind::System, "SYSTEM"),
            (Verb::Create, Kind::Resource, "e"),
            (Verb::Modify, Kind::Service, "d"),
            (Verb::Delete, Kind::User, "c"),
            (Verb::Delete, Kind::Superserver, "1974"),
            (Verb::Create, Kind::Superserver, "127.0.0.1:1973"),
            (Verb::Create, Kind::DocDb, "USER/g"),
            (Verb::Create, Kind::User, "b"),
            (Verb::Modify, Kind::Superserver, "1972"),
            (Verb::Modify, Kind::User, "b"),
            (Verb::Modify, Kind::User, "a"),
        ]
    );
    assert_eq!(merge.steps[0].record.password_hash.as_deref(), Some("x,y"));
    assert_eq!(merge.steps[12].record.place, "ModifyUser \"a\", line 3");
}

#[test]
fn values_have_the_forms_of_their_properties() {
    let merge = parsed(
        "[Actions]\nCreateUser:Name=ann,Roles=%All,%Developer,PasswordHash=\"h,s,1,SHA1\",Password=\"p,w=\"\"1\"\n\
         CreateResource:Name=r,PublicPermission=R,W\nModifyService:Name=s,AutheEnabled=$$$AutheOS+$$$AuthePassword\n",
    );
    let of = |index: usize, name: &str| merge.steps[index].record.properties.get(name).map(Value::text);
    assert_eq!(of(0, "PublicPermission").as_deref(), Some("RW"));
    assert_eq!(of(1, "AutheEnabled").as_deref(), Some("48"));
    assert_eq!(of(2, "Roles").as_deref(), Some("%All,%Developer"));
    let ann = &merge.steps[2].record;
    assert_eq!(ann.password_hash.as_deref(), Some("h,s,1,SHA1"));
    assert_eq!(ann.password.as_ref().map(sclera_exchange::Password::expose), Some("p,w=\"1"));
    assert!(!format!("{merge:?}").contains("p,w"), "secrets are not shown");
}

#[test]
fn several_files_are_one_merge() {
    let merge = Merge::read(&[
        ("b.cpf", b"[Actions]\nModifyUser:Name=ann\n".as_slice()),
        ("a.cpf", b"[Actions]\nCreateUser:Name=ann\n"),
    ])
    .unwrap();
    let places: Vec<&str> = merge.steps.iter().map(|step| step.record.place.as_str()).collect();
    assert_eq!(places, ["a.cpf: CreateUser \"ann\", line 2", "b.cpf: ModifyUser \"ann\", line 2"]);
}

#[test]
fn what_is_wrong_is_told_in_its_line() {
    for (text, expected) in [
        ("CreateUser:Name=a", "line 1, column 1: this stands before the first section"),
        ("[Actions\n", "line 1, column 1: a section is written as `[Name]`"),
        ("[Actions]\n\nCreateUser:Name=\"a\n", "line 3, column 1: a quote is opened and not closed"),
        ("[Actions]\nCreateUser:Enabled=1", "CreateUser, line 2: `Name` is missing"),
        ("[Actions]\nCreateUser:Name=", "CreateUser, line 2: `Name` is empty"),
        ("[Actions]\nCreateEvent:Name=a,Type=b", "CreateEvent, line 2: `Source` is missing"),
        ("[Actions]\nModifySystem:Name=OTHER", "CreateX"),
        (
            "[Actions]\nModifyService:Name=s,AutheEnabled=$$$Nothing",
            "ModifyService \"s\", line 2: `AutheEnabled` must be numbers and macros such as `$$$AuthePassword`, with `+` \
             between them",
        ),
        ("[Actions]\nGrantPrivilege:ObjPriv=SELECT,User=a", "GrantPrivilege, line 2: `ObjList` is missing"),
        (
            "[Actions]\nGrantPrivilege:ObjPriv=SELECT,ObjList=A,User=a,Type=CHAIR",
            "GrantPrivilege, line 2: `Type` must be TABLE, VIEW, SCHEMA, STORED PROCEDURES, ML CONFIGURATION or FOREIGN SERVER",
        ),
    ] {
        if expected == "CreateX" {
            assert!(message(text).contains("these settings are named `SYSTEM`"), "{}", message(text));
        } else {
            assert_eq!(message(text), expected);
        }
    }
    let secret = message("[Actions]\nCreateUser:Name=a,Password=hunter2,Password=hunter2");
    assert_eq!(secret, "line 2, column 1: `Password` stands twice");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_strange_to_refuse(text in any::<String>(), line in any::<String>()) {
        let _ = Merge::read(&[("", text.as_bytes())]);
        let _ = Merge::read(&[("", format!("[Actions]\nCreateUser:Name=a,{line}").as_bytes())]);
    }

    #[test]
    fn what_is_quoted_is_read_as_it_was(value in "[ -~]{0,40}") {
        let quoted = value.replace('"', "\"\"");
        let merge = parsed(&format!("[Actions]\nCreateUser:Name=a,Comment=\"{quoted}\",Enabled=1\n"));
        prop_assert_eq!(merge.steps[0].record.properties.get("Comment"), Some(&Value::Text(value)));
    }
}
