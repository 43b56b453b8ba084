//! CPF merge files: in the documented order, as far as needed, all or nothing.

use crate::bench::{Instance, code, kept, secret, user};
use sclera_core::change::{Action, Change, Kind};
use sclera_core::property::Properties;
use sclera_core::status::Code;
use sclera_engine::administer::{Mode, Receipt};
use sclera_engine::{Door, Refusal};
use sclera_exchange::Merge;
use sclera_testkit::world::{resource, role};
use std::path::PathBuf;

/// Every action, in an order in which it could not be taken.
const EVERY_ACTION: &str = include_str!("merge.cpf");
/// The published hashes of the password `SYS`, in two forms (`security-users.md` 7.3).
const SYS_2: &str = "FBFE8593AEFA510C27FD184738D6E865A441DE98,u4ocm4qh";
const SYS_4: &str = "a31d24aecc0bfe560a7e45bd913ad27c667dc25a75cbfd358c451bb595b6bd52\
    bd25c82cafaa23ca1dd30b3b4947d12d3bb0ffb2a717df29912b743a281f97c1,\
    0a4c463a2fa1e7542b61aa48800091ab688eb0a14bebf536638f411f5454c934\
    3b9aa6402b4694f0a89b624407a5f43f0a38fc35216bb18aab7dc41ef9f056b1,10000,SHA512";

fn parsed(text: &str) -> Merge {
    Merge::read(&[("", text.as_bytes())]).unwrap_or_else(|fault| panic!("{fault}"))
}

fn merged(instance: &Instance, text: &str) -> Receipt {
    let receipt = instance.engine.merge(&instance.owner, &parsed(text), Mode::Perform);
    receipt.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn actions(lines: &[&str]) -> String {
    format!("[Actions]\n{}\n", lines.join("\n"))
}

fn shown(instance: &Instance, kind: Kind, name: &str, property: &str) -> String {
    let shown =
        instance.engine.show(&instance.owner, kind, name).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    shown.get(property).map(sclera_core::property::Value::text).unwrap_or_default()
}

fn knows(instance: &Instance, user: &str, password: &str) -> bool {
    let admitted = instance.engine.admit_password(user, &secret(password), Door::Library, None);
    matches!(admitted.err(), None | Some(Refusal::PasswordChangeRequired))
}

fn prepared() -> Instance {
    let instance = Instance::new();
    instance.carry_all([
        resource("OldRes", "R"),
        role("OldRole", "OldRes:R", ""),
        user("olduser", "OldRole"),
        Change::CreateApplication { name: "/old".to_owned(), properties: Properties::new() },
        Change::CreateConfig {
            kind: Kind::SslConfig,
            name: "OldSSL".to_owned(),
            properties: Properties::new(),
        },
        Change::CreateConfig {
            kind: Kind::LdapConfig,
            name: "old.example".to_owned(),
            properties: Properties::new(),
        },
        Change::CreateConfig {
            kind: Kind::Event,
            name: "Old/Type/Name".to_owned(),
            properties: Properties::new(),
        },
    ]);
    instance
}

#[test]
fn every_action_is_taken_in_the_documented_order() {
    let instance = prepared();
    let merge = parsed(EVERY_ACTION);
    let receipt = merged(&instance, EVERY_ACTION);
    assert_eq!(receipt.revision, instance.engine.state().unwrap().revision, "one merge is one link");
    let is = |kind, name: &str, property: &str| shown(&instance, kind, name, property);
    assert_eq!(is(Kind::Role, "Nurse", "Resources"), "%Service_Terminal:U,Wards:RW");
    assert_eq!(is(Kind::Role, "Nurse", "Description"), "says \"a,b=c\"");
    assert_eq!(is(Kind::Role, "Head", "GrantedRoles"), "Nurse");
    assert_eq!(is(Kind::Resource, "Wards", "PublicPermission"), "R", "it is modified after it is made");
    assert_eq!(is(Kind::User, "ann", "Roles"), "Nurse,Head");
    assert_eq!(is(Kind::User, "ann", "FullName"), "Ann");
    assert!(knows(&instance, "ann", "SYS") && knows(&instance, "bob", "a-Good-1-for-bob"));
    assert_eq!(is(Kind::Service, "%Service_CallIn", "AutheEnabled"), "48");
    assert_eq!(is(Kind::Service, "%Service_Telnet", "Enabled"), "1", "names have no case");
    assert_eq!(is(Kind::Application, "/app", "MatchRoles"), ":Nurse");
    assert_eq!(is(Kind::Application, "/app", "AutheEnabled"), "96");
    assert_eq!(is(Kind::System, "SYSTEM", "InactiveLimit"), "33");
    assert_eq!(is(Kind::SslConfig, "Client", "VerifyPeer"), "1");
    assert_eq!(is(Kind::LdapConfig, "new.example", "LDAPFlags"), "73");
    assert_eq!(is(Kind::Superserver, "1972", "EnableClients"), "1");
    assert_eq!(is(Kind::Event, "My/Door/Open", "Enabled"), "0");
    for (kind, name) in [
        (Kind::Resource, "OldRes"),
        (Kind::Role, "OldRole"),
        (Kind::User, "olduser"),
        (Kind::Application, "/old"),
        (Kind::SslConfig, "OldSSL"),
        (Kind::LdapConfig, "old.example"),
        (Kind::Event, "Old/Type/Name"),
    ] {
        assert!(instance.engine.show(&instance.owner, kind, name).is_err(), "{name}");
    }
    let sql = |grantee| instance.engine.sql_privileges(&instance.owner, Some(grantee)).unwrap();
    assert_eq!(sql("Nurse").len(), 4 + 1, "two privileges on two tables, and one on one");
    assert_eq!(sql("Head").len(), 16 + 1);
    assert_eq!(
        merge.notes,
        [
            "[config]: it is no matter of security and left aside (2 times)",
            "user: the unknown key `Colour` is left aside",
            "Execute: it is left aside; no code is run by a merge",
            "CreateDatabase: it is no matter of security and left aside (2 times)",
            "CreateOAuth2Client: it is not supported and left aside",
            "CreateCastle: the unknown action is left aside",
        ]
    );
    // A second time only the clear password is another one, for its salt is.
    let again = merged(&instance, EVERY_ACTION);
    assert_eq!(again.entries, [], "nothing of it is needed again");
    assert!(instance.engine.verify().unwrap().is_clean());
}

#[test]
fn what_is_passed_over_is_told() {
    let instance = prepared();
    let merge = parsed(&actions(&[
        "CreateRole:Name=OldRole,Description=Other",
        "ModifyUser:Name=nobody,Enabled=0",
        "DeleteApplication:Name=/none",
        "CreateUser:Name=new",
        "ModifyUser:Name=new,FullName=New",
        "ModifyService:Name=%Service_None,Enabled=1",
    ]));
    let told = instance.engine.passed_over(&instance.owner, &merge).unwrap();
    assert_eq!(
        told,
        [
            "ModifyService \"%Service_None\", line 7: there is none of this name; it is passed over",
            "DeleteApplication \"/none\", line 4: there is none of this name; it is passed over",
            "CreateRole \"OldRole\", line 2: it is there already and stays as it is",
            "ModifyUser \"nobody\", line 3: there is none of this name; it is passed over",
        ]
    );
    let receipt = instance.engine.merge(&instance.owner, &merge, Mode::Perform).unwrap();
    let made: Vec<_> = receipt.entries.iter().map(|entry| (entry.action, entry.name.as_str())).collect();
    assert_eq!(made, [(Action::Create, "new"), (Action::Modify, "new")]);
    assert_eq!(shown(&instance, Kind::Role, "OldRole", "Description"), "");
}

#[test]
fn a_merge_is_all_or_nothing_and_can_be_rehearsed() {
    let instance = prepared();
    let before = instance.engine.state().unwrap();
    for (bad, expected) in [
        ("CreateUser:Name=ann,Roles=NoSuch", Code::RoleDoesNotExist),
        ("ModifyUser:Name=olduser,Roles=NoSuch", Code::RoleDoesNotExist),
        ("CreateRole:Name=R,Resources=NoSuch:R", Code::ResourceDoesNotExist),
        ("ModifyService:Name=%Service_CallIn,Enabled=maybe", Code::NotABoolean),
        ("ModifyUser:Name=olduser,PasswordHash=x", Code::General),
        ("DeleteUser:Name=_SYSTEM", Code::CannotDeleteDefaultUser),
        ("GrantPrivilege:ObjPriv=FLY,ObjList=A.B,User=olduser", Code::Sql),
    ] {
        let merge = parsed(&actions(&["CreateResource:Name=First", bad]));
        let refused = instance.engine.merge(&instance.owner, &merge, Mode::Perform);
        match &refused {
            Err(Refusal::Rule { place, .. }) => assert!(place.ends_with("line 3"), "{place}"),
            other => panic!("{bad}: {other:?}"),
        }
        assert_eq!(code(refused), expected, "{bad}");
        assert_eq!(instance.engine.state().unwrap().revision, before.revision);
    }
    let rehearsed = instance.engine.merge(&instance.owner, &parsed(EVERY_ACTION), Mode::Rehearse).unwrap();
    assert!(rehearsed.has_changed());
    assert_eq!(instance.engine.state().unwrap().revision, before.revision);
    instance.carry(user("clerk", ""));
    let clerk = instance.log_in("clerk").unwrap();
    let refused = instance.engine.merge(&clerk, &Merge::default(), Mode::Perform);
    assert!(matches!(refused, Err(Refusal::NotPrivileged { .. })), "{refused:?}");
}

/// `security-classes.md` 12.4: every enabled account that has a role, once, while it has the password it came with.
#[test]
fn startup_gives_predefined_accounts_their_first_password() {
    for form in [SYS_2.to_owned(), SYS_4.to_owned(), format!("\"{SYS_4}\""), format!("  {SYS_2}  ")] {
        let instance = Instance::new();
        instance.bench.turn_days(1);
        instance.carry_all([
            user("later", "%All"),
            Change::ModifyUser {
                name: "Admin".to_owned(),
                properties: Properties::new(),
                credential: Some(kept("chosen-by-Admin")),
            },
        ]);
        let text = format!("[startup]\r\nPasswordHash={form}\r\n");
        let entries = merged(&instance, &text).entries;
        let mut names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        names.sort_unstable();
        assert!(names.contains(&"SuperUser") && names.contains(&"_SYSTEM"), "{names:?}");
        assert!(!names.contains(&"CSPSystem") && !names.contains(&"operator"), "{names:?}");
        assert!(!names.contains(&"later") && !names.contains(&"Admin"), "{names:?}");
        assert!(knows(&instance, "SuperUser", "SYS") && knows(&instance, "Admin", "chosen-by-Admin"));
        assert_eq!(merged(&instance, &text).entries, [], "once");
    }
    let instance = Instance::new();
    instance.bench.turn_days(1);
    assert_eq!(merged(&instance, "[Startup]\nPasswordHash=\n").entries, [], "nothing is ignored");
    let text = format!(
        "[Actions]\nModifyUser:Name=SuperUser,PasswordHash={SYS_4}\n[Startup]\nPasswordHash={SYS_2}\n"
    );
    merged(&instance, &text);
    assert_eq!(
        shown(&instance, Kind::User, "SuperUser", "PasswordHashAlgorithm"),
        "SHA512",
        "an action has the last word"
    );
    assert_eq!(shown(&instance, Kind::User, "_SYSTEM", "PasswordHashAlgorithm"), "SHA1");
}

/// Merge files that others have published, where a folder with them is given, and what each is expected to lead to.
#[test]
fn published_merge_files_lead_to_what_is_expected() {
    let Some(folder) = std::env::var_os("SCLERA_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: SCLERA_CORPUS names no folder");
        return;
    };
    let expected = std::fs::read_to_string(folder.join("EXPECTED.md")).unwrap();
    let mut count = 0;
    for file in std::fs::read_dir(folder.join("cpf")).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let instance = Instance::new();
        let merge = Merge::read(&[("", &std::fs::read(&file).unwrap())]).unwrap();
        instance
            .engine
            .merge(&instance.owner, &merge, Mode::Perform)
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let section =
            expected.split("\n### ").find(|part| part.starts_with(&name[..4].to_uppercase())).unwrap();
        let lines: Vec<&str> =
            section.lines().filter_map(|line| line.strip_prefix("- expect: `")?.strip_suffix('`')).collect();
        assert_eq!(merge.steps.len(), lines.len(), "{name}");
        for line in lines {
            leads_to(&instance, line, &name);
        }
        count += 1;
    }
    assert_eq!(count, 19);
}

/// Compares one line of what is expected with the instance.
fn leads_to(instance: &Instance, line: &str, file: &str) {
    let Some((action, rest)) = line.split_once(": ") else {
        assert!(line.starts_with("PasswordHash=FBFE8593"), "{line}");
        assert!(knows(instance, "SuperUser", "SYS") && knows(instance, "Admin", "SYS"), "{file}");
        return;
    };
    let kind = match action.trim_start_matches("Create").trim_start_matches("Modify") {
        "Service" => Kind::Service,
        "Resource" => Kind::Resource,
        "User" => Kind::User,
        "Application" => Kind::Application,
        other => panic!("{other}"),
    };
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for piece in rest.split(',') {
        match piece.split_once('=') {
            Some((key, value)) => pairs.push((key, value.trim_matches('"').to_owned())),
            None => pairs.last_mut().unwrap().1 += &[",", piece].concat(),
        }
    }
    let (_, name) = pairs.remove(0);
    for (key, value) in pairs {
        if key == "PasswordHash" {
            let factor = shown(instance, kind, &name, "PasswordHashWorkFactor");
            assert_eq!(factor, "10000", "{file}: {name}");
            assert!(knows(instance, &name, "SYS"), "{file}: {name} {value}");
        } else if !value.contains("..") {
            let found = shown(instance, kind, &name, key);
            assert!(found.eq_ignore_ascii_case(&value), "{file}: {name} {key}: {found}, not {value}");
        }
    }
}
