//! Configurations compared: documents with each other and with the live instance.

use crate::bench::{Instance, secret, user};
use sclera_core::change::{Change, Edit, Kind, RoleList};
use sclera_core::property::Properties;
use sclera_core::time::Timestamp;
use sclera_engine::Refusal;
use sclera_engine::administer::Mode;
use sclera_engine::compare::Sketch;
use sclera_engine::transfer::ORDER;
use sclera_exchange::{Document, read};
use sclera_predefined::Level;

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

fn document(text: &str) -> Document {
    read(text.as_bytes()).unwrap()
}

fn sketch(text: &str) -> Sketch {
    Sketch::of(&document(text), NOW).unwrap()
}

const BEFORE: &str = r#"{
  "Resources": [{"Name": "Chart"}, {"Name": "Lab"}],
  "Roles": [{"Name": "Nurse", "Resources": "Chart:RW"}, {"Name": "Tech", "Resources": "Lab:R"}],
  "Users": [{"Name": "ann", "Roles": "Nurse", "Password": "anything at all"}, {"Name": "bob", "Roles": "Nurse,Tech"}]
}"#;

#[test]
fn documents_are_compared_by_what_they_mean() {
    let before = sketch(BEFORE);
    assert_eq!(before.differences(&sketch(BEFORE)).unwrap(), []);
    let otherwise = BEFORE.replace(
        r#"{"Name": "Nurse", "Resources": "Chart:RW"}"#,
        r#"{"Name": "Base", "Resources": "Chart:RW"}, {"Name": "Nurse", "GrantedRoles": "Base"}"#,
    );
    assert_eq!(before.differences(&sketch(&otherwise)).unwrap(), [], "the same by another way");
    let after = sketch(
        &BEFORE
            .replace("Lab:R", "Lab:RW,Chart:R")
            .replace("{\"Name\": \"Lab\"}", "{\"Name\": \"Lab\", \"PublicPermission\": \"U\"}"),
    );
    let changes = before.differences(&after).unwrap();
    let lines: Vec<String> = changes.iter().flat_map(sclera_analysis::difference::Change::lines).collect();
    assert_eq!(lines, ["everybody", "  + Lab:U", "ann", "  + Lab:U", "bob", "  + Lab:WU"]);
}

#[test]
fn an_export_is_compared_with_the_live_instance() {
    let instance = Instance::new();
    instance.carry(Change::CreateResource { name: "Chart".to_owned(), properties: Properties::new() });
    let nurse = Properties::new().with("Resources", "Chart:R");
    instance.carry(Change::CreateRole { name: "Nurse".to_owned(), properties: nurse });
    instance.carry_all([user("ann", "Nurse"), user("bob", "")]);
    let exported = instance.engine.export(&instance.owner, &ORDER).unwrap();
    let before = instance.engine.sketch(&instance.owner, &exported).unwrap();
    assert_eq!(instance.engine.differences_from(&instance.owner, &before).unwrap(), []);
    let give = |user: &str, roles: &str| Change::ChangeRoles {
        user: user.to_owned(),
        list: RoleList::Login,
        edit: Edit::Add,
        roles: roles.to_owned(),
    };
    instance.carry(give("bob", "Nurse"));
    instance.carry(Change::DeleteUser { name: "ann".to_owned() });
    let changes = instance.engine.differences_from(&instance.owner, &before).unwrap();
    let of = |name: &str| changes.iter().find(|change| change.users == [name.to_owned()]).unwrap();
    assert_eq!(of("bob").gains.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Chart"]);
    assert_eq!(of("ann").roles_after, None);
    assert_eq!(
        changes.len(),
        2,
        "the owner's account and the predefined ones are as they were: {changes:#?}"
    );
}

/// What a file leaves open is as in a new instance of the kind that the live one is.
#[test]
fn gaps_are_filled_by_the_kind_of_the_live_instance() {
    for level in [Level::Minimal, Level::Normal, Level::LockedDown] {
        let instance = Instance::at(level);
        let exported = instance.engine.export(&instance.owner, &[Kind::User]).unwrap();
        let before = instance.engine.sketch(&instance.owner, &exported).unwrap();
        let changes = instance.engine.differences_from(&instance.owner, &before).unwrap();
        assert_eq!(changes, [], "{level}");
    }
}

#[test]
fn a_simulation_tells_who_would_gain_and_lose_what() {
    let instance = Instance::new();
    let nurse = Properties::new().with("Resources", "Chart:R");
    instance.carry(Change::CreateResource { name: "Chart".to_owned(), properties: Properties::new() });
    instance.carry(Change::CreateRole { name: "Nurse".to_owned(), properties: nurse });
    instance.carry_all([user("ann", "Nurse"), user("bob", "")]);
    let before = instance.kept();
    let simulate = |changes: Vec<Change>| {
        let receipt = instance.engine.simulate(&instance.owner, changes).unwrap();
        let lines: Vec<String> =
            receipt.gains.iter().flat_map(sclera_analysis::difference::Change::lines).collect();
        (receipt.changes, lines)
    };
    let more = Properties::new().with("Resources", "Chart:RW");
    let modified = Change::ModifyRole { name: "Nurse".to_owned(), properties: more };
    assert_eq!(simulate(vec![modified.clone()]), (1, vec!["ann".to_owned(), "  + Chart:W".to_owned()]));
    let moved = [Edit::Remove, Edit::Add].into_iter().zip(["ann", "bob"]).map(|(edit, user)| {
        Change::ChangeRoles { user: user.to_owned(), list: RoleList::Login, edit, roles: "Nurse".to_owned() }
    });
    let (changes, lines) = simulate([modified].into_iter().chain(moved).collect());
    let expected = [
        "bob",
        "  roles: no roles -> Nurse",
        "  + Chart:RW",
        "ann",
        "  roles: Nurse -> no roles",
        "  - Chart:R",
    ];
    assert_eq!((changes, lines), (3, expected.map(str::to_owned).to_vec()));
    let renamed = Properties::new().with("FullName", "Ann");
    let named = Change::ModifyUser { name: "ann".to_owned(), properties: renamed, credential: None };
    assert_eq!(simulate(vec![named]), (1, vec![]));
    let document =
        document(r#"{"Users": [{"Name": "eve", "Roles": "Nurse", "Password": "a-Good-1-for-eve"}]}"#);
    let receipt = instance.engine.import(&instance.owner, &document, Mode::Simulate).unwrap();
    assert_eq!((receipt.gains[0].users.clone(), receipt.gains.len()), (vec!["eve".to_owned()], 1));
    assert!(before == instance.kept(), "nothing is changed");
    let ann = instance.log_in("ann").unwrap();
    let refused = instance.engine.simulate(&ann, [Change::DeleteRole { name: "Nurse".to_owned() }]);
    assert!(matches!(refused, Err(Refusal::NotPrivileged { .. })));
}

#[test]
fn findings_are_about_what_the_document_says() {
    assert_eq!(sketch(r#"{"Roles": []}"#).lint().unwrap(), [], "nothing said, nothing found");
    let bad = r#"{"Roles": [{"Name": "Boss", "GrantedRoles": "%All"}], "Users": [{"Name": "ann", "Roles": "Boss"}]}"#;
    let ids: Vec<&str> = sketch(bad).lint().unwrap().iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, ["SCL306", "SCL401"]);
}

/// What no document says is asked of the live instance: which accounts are idle, and which have a published password.
#[test]
fn idle_accounts_and_published_passwords_are_found_in_the_live_instance() {
    let instance = Instance::new();
    instance.carry_all([user("ann", ""), user("bob", "")]);
    let found = |id: &str| -> Vec<String> {
        let findings = instance.engine.lint(&instance.owner).unwrap().into_iter();
        findings.filter(|finding| finding.rule.id == id).map(|finding| finding.name).collect()
    };
    assert_eq!((found("SCL410"), found("SCL411")), (vec![], vec![]));
    let published = "FBFE8593AEFA510C27FD184738D6E865A441DE98,u4ocm4qh";
    let text = format!(r#"{{"Users": [{{"Name": "bob", "PasswordHash": "{published}"}}]}}"#);
    instance.engine.import(&instance.owner, &document(&text), Mode::Perform).unwrap();
    instance.engine.set_password(&instance.owner, "Admin", &secret("SYS"), false).unwrap();
    assert_eq!(found("SCL411"), ["Admin", "bob"], "one by its key, one because it was tried");
    instance.bench.turn_days(89);
    instance.log_in("ann").unwrap();
    assert_eq!(found("SCL410"), [""; 0]);
    instance.bench.turn_days(2);
    let idle = found("SCL410");
    assert!(idle.contains(&"bob".to_owned()) && !idle.contains(&"ann".to_owned()), "{idle:?}");
}

#[test]
fn a_document_that_breaks_a_rule_has_no_configuration() {
    let refused = Sketch::of(&document(r#"{"Users": [{"Name": "ann", "Roles": "Nobody"}]}"#), NOW);
    assert!(matches!(refused.err(), Some(Refusal::Rule { .. })));
}

#[test]
fn an_export_of_cache_is_compared_as_one() {
    let text = r#"{"Roles": [{"Name": "Dev", "Resources": "%DB_CACHESYS:RW"}], "Users": [{"Name": "ann", "Roles": "Dev"}]}"#;
    let ids: Vec<&str> = sketch(text).lint().unwrap().iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, ["SCL301", "SCL401"]);
}
