//! Documents in and out: in any order, all or nothing, and again without effect.

use crate::bench::{Instance, KINDS, PASSWORD, secret, user};
use sclera_core::change::{Action, Change, Entry, Kind};
use sclera_core::sql::SqlTarget;
use sclera_core::status::Code;
use sclera_engine::administer::{Mode, Receipt};
use sclera_engine::transfer::Stage;
use sclera_engine::{Door, Refusal};
use sclera_exchange::{Document, Form, read, write};
use sclera_testkit::world::{add_roles, resource, role};

/// Names what stands later, in every way there is.
const DOCUMENT: &str = "
Users:
- { Name: ann, Roles: 'Head,%DB_SALES', FullName: Ann Example, PasswordHash: '5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8,u4ocm4qh' }
- { Name: bob, Roles: [Tail], Enabled: 0, EscalationRoles: Head }
Roles:
- { Name: Head, GrantedRoles: 'Middle,%DB_SALES', Resources: 'AppData:R,Größe:U' }
- { Name: Middle, GrantedRoles: [Tail] }
- { Name: Tail, Resources: ['AppData:RW', '%DB_SALES:W'] }
- { Name: '%Operator', GrantedRoles: Tail }
Services:
- { Name: '%Service_Bindings', ClientSystems: '10.0.0.1|Head;10.0.0.2' }
System: { InactiveLimit: 30, RequiredRole: Tail }
SQLPrivileges:
- { Namespace: USER, Object: 'table Sample.Person', Privilege: SELECT, Grantee: ann, Grantable: true }
- { Namespace: USER, Privilege: '%CREATE_TABLE', Grantee: Head }
Applications:
- { Name: /app, Resource: AppRun, MatchRoles: 'Head:Middle,:Tail' }
Resources:
- { Name: AppData, PublicPermission: R }
- { Name: AppRun }
- { Name: '%DB_SALES' }
- { Name: Größe, Description: 'Wozu es dient' }
";

fn document(text: &str) -> Document {
    read(text.as_bytes()).unwrap_or_else(|malformed| panic!("{malformed}"))
}

fn perform(instance: &Instance, document: &Document) -> Receipt {
    let outcome = instance.engine.import(&instance.owner, document, Mode::Perform);
    outcome.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Everything there is, as a text that does not tell the order in which it was made.
fn everything(instance: &Instance) -> String {
    let mut document = instance.engine.export(&instance.owner, &KINDS).unwrap();
    let key =
        |record: &sclera_exchange::Record| (record.kind, record.name.clone(), format!("{:?}", record.sql));
    document.records.sort_by_key(key);
    write(&document, Form::Yaml).unwrap().to_string()
}

/// The entries of a receipt without digests of passwords, which have salt.
fn told(receipt: &Receipt) -> Vec<Entry> {
    let mut entries = receipt.entries.clone();
    for entry in &mut entries {
        entry
            .differences
            .retain(|difference| difference.property != "Password" && difference.property != "Salt");
    }
    entries
}

#[test]
fn the_order_of_records_does_not_matter() {
    let expected = {
        let instance = Instance::new();
        perform(&instance, &document(DOCUMENT));
        everything(&instance)
    };
    for turn in [0, 3, 8, 12] {
        let instance = Instance::new();
        let mut document = document(DOCUMENT);
        document.records.rotate_left(turn);
        document.records.reverse();
        perform(&instance, &document);
        assert_eq!(everything(&instance), expected, "turned by {turn}");
        assert!(instance.engine.verify().unwrap().is_clean());
    }
}

#[test]
fn an_import_does_what_it_says() {
    let instance = Instance::new();
    let receipt = perform(&instance, &document(DOCUMENT));
    let made = receipt.entries.iter().filter(|entry| entry.action == Action::Create);
    let kinds: Vec<Kind> = made.map(|entry| entry.kind).collect();
    let expected = [
        [Kind::Resource].repeat(3),
        vec![Kind::Role, Kind::Resource],
        [Kind::Role].repeat(3),
        [Kind::User].repeat(2),
        vec![Kind::Application],
        [Kind::SqlPrivilege].repeat(2),
    ];
    assert_eq!(kinds, expected.concat(), "a database resource brings its role");
    let session = instance.engine.admit_password("ANN", &secret("wrong"), Door::Library, None);
    assert_eq!(session.err(), Some(Refusal::NotAdmitted));
    let answer = instance.engine.check_user(&instance.owner, "ann", "%db_sales", None).unwrap();
    assert_eq!(answer.answer.to_string(), "READ,WRITE");
    assert_eq!(receipt.revision, instance.engine.state().unwrap().revision, "one import is one link");
}

#[test]
fn an_import_is_all_or_nothing() {
    for (broken, code, place) in [
        ("Roles:\n- { Name: Late, Resources: 'NoSuch:R' }", Code::ResourceDoesNotExist, "Roles[0] \"Late\""),
        (
            "Roles:\n- { Name: A, GrantedRoles: B }\n- { Name: B, GrantedRoles: A }",
            Code::CannotModifyRole,
            "Roles[1] \"B\"",
        ),
        (
            "Users:\n- { Name: ann }\n- { Name: bob, Roles: NoSuch }",
            Code::RoleDoesNotExist,
            "Users[1] \"bob\"",
        ),
        ("Users:\n- { Name: ann, Password: x }", Code::PasswordDoesNotMatch, "Users[0] \"ann\""),
        ("Users:\n- { Name: ann, PasswordHash: x }", Code::General, "Users[0] \"ann\""),
        ("Users:\n- { Name: '%All' }", Code::UserAndRoleSameName, "Users[0] \"%All\""),
        ("Resources:\n- { Name: 'a:b' }", Code::InvalidResourceName, "Resources[0] \"a:b\""),
        ("Services:\n- { Name: '%Service_No' }", Code::ServiceDoesNotExist, "Services[0] \"%Service_No\""),
        ("System: { RequiredRole: NoSuch }", Code::RoleDoesNotExist, "System"),
        (
            "SQLPrivileges:\n- { Namespace: USER, Privilege: SELECTS, Grantee: bob }",
            Code::Sql,
            "SQLPrivileges[0]",
        ),
        (
            "SQLPrivileges:\n- { Namespace: USER, Privilege: '%NOLOCK', Grantee: gus }",
            Code::Sql,
            "SQLPrivileges[0]",
        ),
    ] {
        let instance = Instance::new();
        let mut broken = document(broken);
        // What is good stands before and after what is not.
        let mut records = document(DOCUMENT).records;
        records.retain(|record| {
            !broken.records.iter().any(|other| (other.kind, &other.name) == (record.kind, &record.name))
        });
        let middle = records.len() / 2;
        records.splice(middle..middle, broken.records);
        broken.records = records;
        let before = (instance.kept(), everything(&instance));
        for mode in [Mode::Rehearse, Mode::Perform] {
            match instance.engine.import(&instance.owner, &broken, mode) {
                Err(Refusal::Rule { status, place: found }) => {
                    assert_eq!((status.root().code(), found.as_str()), (code, place), "{status}");
                }
                other => panic!("{place}: {other:?}"),
            }
            assert!(before == (instance.kept(), everything(&instance)), "{place} left something");
        }
    }
}

#[test]
fn a_rehearsal_tells_what_would_be_done_and_does_nothing() {
    let instance = Instance::new();
    instance.carry_all([resource("AppRun", "U"), role("Tail", "AppRun:U", ""), user("bob", "Tail")]);
    let document = document(&DOCUMENT.replace("Enabled: 0", "Enabled: 0, Password: 'a-Good-1-for-bob'"));
    let before = (instance.engine.state().unwrap(), everything(&instance));
    let rehearsed = instance.engine.import(&instance.owner, &document, Mode::Rehearse).unwrap();
    assert!(before == (instance.engine.state().unwrap(), everything(&instance)));
    assert_eq!(rehearsed.revision, before.0.revision);
    let again = instance.engine.import(&instance.owner, &document, Mode::Rehearse).unwrap();
    assert_eq!(told(&again), told(&rehearsed), "as often as one likes");
    let done = perform(&instance, &document);
    assert_eq!(told(&done), told(&rehearsed), "numbers and all");
    assert_eq!(done.revision, before.0.revision + 1);
    assert!(done.entries.iter().any(|entry| entry.action == Action::Modify && entry.name == "bob"));
}

#[test]
fn what_was_exported_is_no_change() {
    let instance = Instance::new();
    instance.carry_all([resource("Gone", ""), role("Gone role", "", "")]);
    perform(&instance, &document(DOCUMENT));
    instance.carry_all([
        sclera_testkit::world::modify_role("Head", "Resources", "AppData:R,Gone:U,Größe:U"),
        add_roles("bob", "Gone role"),
        // Dead ids stay behind in Head and bob.
        sclera_testkit::world::delete_resource("Gone"),
        sclera_testkit::world::delete_role("Gone role"),
    ]);
    let revision = instance.engine.state().unwrap().revision;
    let exported = || instance.engine.export(&instance.owner, &KINDS).unwrap();
    let written = |form| read(write(&exported(), form).unwrap().as_bytes()).unwrap();
    for (form, document) in
        [("itself", exported()), ("YAML", written(Form::Yaml)), ("JSON", written(Form::Json))]
    {
        let receipt = perform(&instance, &document);
        assert_eq!(receipt.entries, [], "{form}");
        assert_eq!(receipt.revision, revision, "{form}");
    }
    perform(&instance, &document(DOCUMENT));
}

/// Who granted a privilege is not in a document; whoever imports it does not grant it a second time.
#[test]
fn what_others_granted_is_no_change() {
    let instance = Instance::new();
    let target = || SqlTarget::new("USER", Some(("table", "Sample.Person")), "SELECT").unwrap();
    let grant = |grantee: &str, grantable| Change::GrantSql {
        target: target(),
        grantee: grantee.to_owned(),
        grantable,
    };
    instance.carry_all([user("ann", ""), user("eve", "%All")]);
    let eve = instance.log_in("eve").unwrap();
    instance.engine.submit(&eve, grant("ann", true)).unwrap();
    let exported = instance.engine.export(&instance.owner, &[Kind::SqlPrivilege]).unwrap();
    assert_eq!(perform(&instance, &exported).entries, []);
    let plain = document(
        "SQLPrivileges:\n- { Namespace: USER, Object: 'table Sample.Person', Privilege: SELECT, Grantee: ann }",
    );
    assert_eq!(perform(&instance, &plain).entries, [], "nor is less of it a change");
}

/// An XML export tells who granted a privilege (`export-xml.md` section 5): so it is here, beside what others granted.
#[test]
fn a_grantor_of_a_file_is_kept() {
    let instance = Instance::new();
    let target = SqlTarget::new("USER", Some(("table", "Sample.Person")), "SELECT").unwrap();
    let file = |grantor: &str| {
        document(&format!(
            "<SQLPrivilegesExport><SQLPrivileges><Namespace>USER</Namespace><SQLObject>1,Sample.Person</SQLObject>\
             <Privilege>s</Privilege><Grantee>ann</Grantee><Grantor>{grantor}</Grantor><Grantable>0</Grantable>\
             </SQLPrivileges></SQLPrivilegesExport>"
        ))
    };
    instance.carry_all([
        user("ann", ""),
        Change::GrantSql { target, grantee: "ann".to_owned(), grantable: false },
    ]);
    assert_eq!(
        perform(&instance, &file("_SYSTEM")).entries.len(),
        1,
        "by whoever imports is not by `_SYSTEM`"
    );
    assert_eq!(perform(&instance, &file("_SYSTEM")).entries, []);
    let listed = format!("{:?}", instance.engine.sql_privileges(&instance.owner, Some("ann")).unwrap());
    assert!(listed.contains("_SYSTEM") && listed.contains(crate::bench::OWNER), "{listed}");
}

#[test]
fn a_password_is_set_each_time() {
    let instance = Instance::new();
    let text = "Users:\n- { Name: ann, Password: 'a-Good-1-for-ann' }";
    perform(&instance, &document(text));
    let again = perform(&instance, &document(text));
    let changed: Vec<&str> =
        again.entries.iter().flat_map(|entry| &entry.differences).map(|d| d.property.as_str()).collect();
    assert_eq!(changed, ["Password", "Salt"], "with another salt");
    let password = secret("a-Good-1-for-ann");
    assert!(instance.engine.admit_password("ann", &password, Door::Library, None).is_ok());
}

/// Keys are made apart from the transaction: in the midst of it another change goes through.
#[test]
fn many_passwords_are_hashed_while_others_write() {
    let instance = Instance::new();
    let users: Vec<String> =
        (0..40).map(|n| format!("- {{ Name: many{n}, Password: 'a-Good-{n}-for-many' }}")).collect();
    let document = document(&format!("Users:\n{}", users.join("\n")));
    let (mut stages, mut others) = (Vec::new(), 0);
    let mut watch = |stage, done, of| {
        if stage == Stage::Hashing && done % 10 == 0 {
            others += 1;
            instance.carry(user(&format!("other{others}"), ""));
        }
        if done == of {
            stages.push((stage, of));
        }
    };
    let receipt =
        instance.engine.import_watched(&instance.owner, &document, Mode::Perform, &mut watch).unwrap();
    assert_eq!(stages, [(Stage::Judging, 40), (Stage::Hashing, 40), (Stage::Importing, 40)]);
    assert_eq!((receipt.changes, others), (40, 4));
    for n in [0, 17, 39] {
        let password = secret(&format!("a-Good-{n}-for-many"));
        let admitted = instance.engine.admit_password(&format!("many{n}"), &password, Door::Library, None);
        assert!(admitted.is_ok(), "each has its own");
    }
}

/// What is refused is told before hours of work where it can be, and it is the first of its kind.
#[test]
fn an_import_with_passwords_is_judged_before_it_hashes() {
    let instance = Instance::new();
    perform(&instance, &document("System: { PasswordHistory: 3 }"));
    perform(&instance, &document("Users:\n- { Name: ann, Password: 'a-Good-1-for-ann' }\n- { Name: bob }"));
    let before = instance.kept();
    let good = "- { Name: bob, Password: 'a-Good-1-for-bob' }";
    for (text, mode, place, hashes) in [
        ("- { Name: eve, Roles: NoSuch }", Mode::Perform, "Users[1] \"eve\"", false),
        ("- { Name: eve, Password: x }", Mode::Perform, "Users[1] \"eve\"", false),
        ("- { Name: ann, Password: 'a-Good-1-for-ann' }", Mode::Perform, "Users[1] \"ann\"", true),
        ("- { Name: ann, Password: 'a-Good-1-for-ann' }", Mode::Rehearse, "Users[1] \"ann\"", true),
    ] {
        let document =
            document(&format!("Users:\n{good}\n{text}\n- {{ Name: gus, Password: 'a-Good-1-for-gus' }}"));
        let mut hashed = false;
        let mut watch = |stage, _, _| hashed |= stage == Stage::Hashing;
        match instance.engine.import_watched(&instance.owner, &document, mode, &mut watch) {
            Err(Refusal::Rule { place: found, .. }) => assert_eq!((found.as_str(), hashed), (place, hashes)),
            other => panic!("{text}: {other:?}"),
        }
        assert!(before == instance.kept(), "{text} left something");
    }
}

#[test]
fn a_hash_admits_by_its_password() {
    let instance = Instance::new();
    instance.carry(user("ann", ""));
    let shown = instance.engine.show(&instance.owner, Kind::User, "ann").unwrap();
    assert_eq!(shown.get("PasswordHashWorkFactor").unwrap().text(), "10000");
    let kept = crate::bench::kept(PASSWORD);
    let hash = sclera_authn::password_hash::text(&kept).unwrap();
    let text = format!("Users:\n- {{ Name: bob, PasswordHash: '{hash}' }}");
    perform(&instance, &document(&text));
    assert!(instance.log_in("bob").is_ok());
    assert_eq!(perform(&instance, &document(&text)).entries, [], "the same hash is no change");
}

/// A record that could not be read back must not be stored.
#[test]
fn a_hash_with_too_little_work_is_refused() {
    let instance = Instance::new();
    let hash = format!("{},{},500,SHA512", "ab".repeat(64), "cd".repeat(64));
    let text = format!("Users:\n- {{ Name: bob, PasswordHash: '{hash}' }}");
    let outcome = instance.engine.import(&instance.owner, &document(&text), Mode::Perform);
    assert!(
        matches!(&outcome, Err(Refusal::Rule { place, .. }) if place == "Users[0] \"bob\""),
        "{outcome:?}"
    );
    assert!(instance.engine.export(&instance.owner, &[Kind::User]).is_ok(), "the users can be read");
}

#[test]
fn a_role_that_stands_twice_is_united() {
    let instance = Instance::new();
    let twice = "
Roles:
- { Name: Tail, Description: The last }
- { Name: Head, Resources: 'AppData:R' }
- { Name: HEAD, GrantedRoles: Tail, Description: The first }
Resources:
- { Name: AppData }
";
    perform(&instance, &document(twice));
    let shown = instance.engine.show(&instance.owner, Kind::Role, "head").unwrap();
    let text = |name: &str| shown.get(name).unwrap().text();
    assert_eq!((text("Name").as_str(), text("Resources").as_str()), ("Head", "AppData:R"));
    assert_eq!((text("GrantedRoles").as_str(), text("Description").as_str()), ("Tail", "The first"));
}

/// ALL-3 is asked of what comes out, not of each step on the way.
#[test]
fn a_holder_of_everything_must_remain_in_the_end() {
    let instance = Instance::new();
    let moved = "
Users:
- { Name: operator, Roles: '' }
- { Name: _SYSTEM, Roles: '' }
- { Name: SuperUser, Roles: '' }
- { Name: new, Roles: '%All', PasswordHash: '5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8,u4ocm4qh' }
";
    let emptied = moved.replace("'%All'", "''");
    let outcome = instance.engine.import(&instance.owner, &document(&emptied), Mode::Perform);
    assert_eq!(crate::bench::code(outcome), Code::OnlyHolderOfAll);
    let rehearsed = instance.engine.import(&instance.owner, &document(&emptied), Mode::Rehearse);
    assert_eq!(crate::bench::code(rehearsed), Code::OnlyHolderOfAll, "a rehearsal says it too");
    assert!(perform(&instance, &document(moved)).has_changed());
}

#[test]
fn nothing_to_import_is_no_change() {
    let instance = Instance::new();
    let revision = instance.engine.state().unwrap().revision;
    let receipt = perform(&instance, &Document::default());
    assert_eq!(receipt, Receipt { revision, ..Receipt::default() });
    let empty = document("Users: []\nSystem: {}\nRoles:\n- { Name: '%All' }\n");
    assert_eq!(perform(&instance, &empty).entries, []);
}
