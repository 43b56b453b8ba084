use crate::world::World;
use sclera_analysis::difference::{Change, Comparison, Side};
use sclera_core::permission::Permissions;
use sclera_core::user::User;

const READ: Permissions = Permissions::READ;
const WRITE: Permissions = Permissions::WRITE;

fn side(world: &World) -> Side<'_> {
    let public = world.users.iter().find(|user| user.name.as_str() == "_PUBLIC");
    Side { policy: &world.policy, public_roles: public.map(|user| user.roles.clone()).unwrap_or_default() }
}

fn compare(before: &World, after: &World) -> Vec<Change> {
    let mut comparison = Comparison::new(side(before), side(after));
    let find = |world: &'_ World, name: &str| -> Option<User> {
        world.users.iter().find(|user| user.name.as_str() == name).cloned()
    };
    let mut names: Vec<String> =
        before.users.iter().chain(&after.users).map(|user| user.name.to_string()).collect();
    names.sort();
    names.dedup();
    for name in names {
        comparison.user(find(before, &name).as_ref(), find(after, &name).as_ref());
    }
    comparison.finish()
}

fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().flat_map(Change::lines).collect()
}

#[test]
fn what_is_set_otherwise_and_means_the_same_is_no_difference() {
    let before = World::hardened();
    let mut after = before.clone();
    after.role("Reader", &[("Ward_Chart", READ), ("Ward_Chart", WRITE)], &[]);
    after.role("Nurse", &[("Ward_Chart", WRITE)], &["Reader"]);
    after.role("Reader", &[("Ward_Chart", READ)], &[]);
    assert_eq!(compare(&before, &after), []);
}

#[test]
fn users_with_the_same_roles_are_told_together() {
    let mut before = World::hardened();
    for number in 0..30 {
        let user = before.person(&format!("nurse{number:02}"), &["Nurse"]);
        before.users.push(user);
    }
    let mut after = before.clone();
    after.role("Nurse", &[("Ward_Chart", READ)], &[]);
    let changes = compare(&before, &after);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].count, changes[0].users.len()), (31, 20));
    assert_eq!(changes[0].loses, [("Ward_Chart".to_owned(), WRITE)]);
    assert_eq!(changes[0].gains, []);
    assert!(told(&changes)[0].starts_with("31 users: amara, nurse00, "));
    assert_eq!(told(&changes)[1..], ["  - Ward_Chart:W"]);
}

#[test]
fn everything_is_told_as_such() {
    let before = World::hardened();
    let mut after = before.clone();
    after.account("grace").roles = after.ids(&["Nurse"]);
    after.account("amara").roles = after.ids(&["%All"]);
    let lines = told(&compare(&before, &after));
    for line in [
        "amara",
        "  roles: Nurse -> %All",
        "  + everything",
        "grace",
        "  roles: %All -> Nurse",
        "  - everything",
    ] {
        assert!(lines.iter().any(|told| told == line), "{line}: {lines:#?}");
    }
    assert!(
        !lines.iter().any(|line| line.starts_with("  + Ward_Chart")),
        "she held it by holding everything"
    );
}

#[test]
fn public_permissions_are_everybodys() {
    let before = World::hardened();
    let mut after = before.clone();
    after.resource("Ward_Chart", READ);
    let changes = compare(&before, &after);
    assert_eq!(told(&changes), ["everybody", "  + Ward_Chart:R"], "the nurse held it before");
    let json = changes[0].to_json();
    assert_eq!((&json["Everybody"], &json["Gains"][0]["Permissions"]), (&true.into(), &"R".into()));
}

#[test]
fn who_cannot_log_in_holds_nothing() {
    let before = World::hardened();
    let mut after = before.clone();
    after.account("amara").enabled = false;
    let mut fired = before.clone();
    fired.users.retain(|user| user.name.as_str() != "amara");
    for after in [after, fired] {
        let lines = told(&compare(&before, &after));
        assert_eq!(lines[..2], ["amara", "  roles: Nurse -> no login"]);
        assert!(lines.contains(&"  - Ward_Chart:RW".to_owned()));
    }
}

#[test]
fn roles_of_everybody_count() {
    let before = World::hardened();
    let mut after = before.clone();
    after.account("_PUBLIC").roles = after.ids(&["Nurse"]);
    let user = after.person("temp", &[]);
    after.users.push(user.clone());
    let mut before = before;
    before.users.push(user);
    let lines = told(&compare(&before, &after));
    assert_eq!(lines, ["temp", "  roles: no roles -> Nurse", "  + Ward_Chart:RW"]);
}
