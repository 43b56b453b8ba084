//! The test vectors of `authorization.md` section 28 that this crate can answer, and the table of CHK-6.
//!
//! Vectors 37 to 40 and 41c run applications and services, 45 to 51 need the predefined objects, 52 to 55 namespaces
//! and SQL connections: they are tested where those are.

use sclera_core::change::Change;
use sclera_core::id::RoleId;
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::privilege::Requirement;
use sclera_core::process::{CodeOrigin, Process, SetRefused};
use sclera_core::property::{roles_text, show};
use sclera_core::status::Code;
use sclera_testkit::desk::Desk;
use sclera_testkit::world::{
    add_roles, delete_resource, delete_role, delete_user, modify_resource, modify_role, modify_user,
    properties, resource, role, stocked, user, w1,
};

/// `Check` with one argument, as a new login of the user would be answered.
fn held(desk: &Desk, user: &str, resource: &str) -> String {
    desk.check(user, resource, None).to_string()
}

/// `Check` with two arguments.
fn check(desk: &Desk, user: &str, resource: &str, wanted: &str) -> String {
    desk.check(user, resource, Some(wanted)).to_string()
}

/// `Check` with one argument in a session that began with these roles.
fn held_by(policy: &Policy, session: &[RoleId], resource: &str) -> String {
    policy.check(&policy.closure(session.iter().copied()), resource, None).to_string()
}

fn process(desk: &Desk, user: &str) -> Process {
    Process::new(user, &desk.session_roles(user).unwrap())
}

fn refused(desk: &mut Desk, change: &Change) -> Code {
    desk.submit(change).unwrap_err().code()
}

#[test]
fn vectors_1_to_5_roles_and_their_closure() {
    let desk = w1();
    assert_eq!(held(&desk, "ann", "AppData"), "READ", "1");
    assert_eq!(held(&desk, "bob", "AppData"), "READ,WRITE", "2");
    assert_eq!(check(&desk, "bob", "AppRun", "Use"), "1", "3");
    assert_eq!(held(&desk, "cyd", "AppData"), "READ,WRITE", "4");
    assert_eq!(held(&desk, "cyd", "AppRun"), "USE", "5");
}

#[test]
fn vector_6_roles_reached_through_others_are_not_shown() {
    let desk = w1();
    assert_eq!(process(&desk, "cyd").roles_text(&desk.policy), "Chief");
}

#[test]
fn vector_7_the_recursed_role_set() {
    let desk = w1();
    let closure: Vec<RoleId> = desk.closure("cyd").iter().collect();
    assert_eq!(roles_text(&closure, &desk.policy), "Clerk,Boss,Chief");
}

#[test]
fn vectors_8_to_10_public_permissions() {
    let desk = w1();
    assert_eq!(held(&desk, "dan", "Pub"), "READ", "8");
    assert_eq!(check(&desk, "dan", "Pub", "R,W"), "0", "9");
    assert_eq!(held(&desk, "dan", "AppData"), "", "10");
}

#[test]
fn vectors_11_and_12_all_holds_what_does_not_exist() {
    let desk = w1();
    assert_eq!(held(&desk, "eve", "Anything"), "READ,WRITE,USE", "11");
    assert_eq!(check(&desk, "eve", "Anything", "u"), "1", "12");
}

#[test]
fn vectors_13_to_15_databases_case_and_several_permissions() {
    let desk = w1();
    assert_eq!(held(&desk, "fay", "%DB_SALES"), "READ,WRITE", "13");
    assert_eq!(check(&desk, "ann", "appdata", "read"), "1", "14");
    assert_eq!(check(&desk, "ann", "AppData", "W,R"), "0", "15");
}

#[test]
fn vector_16_everybody_gets_the_roles_of_public_at_login() {
    let mut desk = w1();
    desk.carry(&add_roles("_PUBLIC", "Boss"));
    assert_eq!(held(&desk, "ann", "AppData"), "READ,WRITE");
    assert_eq!(process(&desk, "ann").roles_text(&desk.policy), "Clerk,Boss");
}

#[test]
fn vector_17_a_session_keeps_the_settings_of_its_login() {
    let mut desk = w1();
    let (session, settings) = (desk.session_roles("ann").unwrap(), desk.policy.clone());
    desk.carry(&modify_role("Clerk", "Resources", "AppRun:U"));
    assert_eq!(held_by(&settings, &session, "AppData"), "READ");
    assert_eq!(held(&desk, "ann", "AppData"), "");
}

#[test]
fn vectors_18_and_19_what_is_deleted_gives_nothing_at_once() {
    let mut desk = w1();
    let (session, settings) = (desk.session_roles("ann").unwrap(), desk.policy.clone());
    desk.carry(&delete_resource("AppData"));
    assert_eq!(held_by(&desk.policy, &session, "AppData"), "", "18");
    assert_eq!(held_by(&desk.policy, &session, "AppRun"), "USE");
    desk.carry(&delete_role("Clerk"));
    assert_eq!(held_by(&desk.policy, &session, "AppRun"), "", "19");
    let living = settings.closure_of_living(session, |role| desk.policy.role(role).is_some());
    assert_eq!(settings.check(&living, "AppRun", None).to_string(), "", "19, by the settings of the login");
}

#[test]
fn names_that_come_again_do_not_bring_back_what_was_held() {
    let mut desk = w1();
    let session = desk.session_roles("ann").unwrap();
    for change in [
        delete_resource("AppData"),
        resource("AppData", ""),
        delete_role("Clerk"),
        role("Clerk", "AppData:RWU,AppRun:U", ""),
    ] {
        desk.carry(&change);
    }
    for name in ["AppData", "AppRun"] {
        assert_eq!(held_by(&desk.policy, &session, name), "", "a running session");
        assert_eq!(held(&desk, "ann", name), "", "a user who had the role");
        assert_eq!(held(&desk, "cyd", name), "", "a user of a role that led to it");
    }
}

#[test]
fn vector_20_the_sole_holder_of_all_stays() {
    assert_eq!(refused(&mut w1(), &delete_user("eve")), Code::OnlyHolderOfAll);
}

#[test]
fn vectors_21_and_22_names_of_roles() {
    let mut desk = w1();
    assert_eq!(refused(&mut desk, &role("ann", "", "")), Code::UserAndRoleSameName, "21");
    assert_eq!(refused(&mut desk, &role("%New", "", "")), Code::InvalidRoleName, "22");
}

#[test]
fn vectors_23_and_24_names_of_resources() {
    let mut desk = w1();
    for name in ["a,b", "a:b", &"x".repeat(65), "%DB_%X"] {
        assert_eq!(refused(&mut desk, &resource(name, "")), Code::InvalidResourceName, "23: {name}");
    }
    assert_eq!(refused(&mut desk, &resource("APPDATA", "")), Code::ResourceAlreadyExists, "24");
}

#[test]
fn vectors_25_and_26_what_is_stored_of_a_privilege() {
    let mut desk = w1();
    desk.carry(&role("Nothing", "AppData:", ""));
    desk.carry(&role("Writer", "%DB_SALES:W", ""));
    let privileges = |name: &str| {
        let shown = show(desk.policy.roles.named(name).unwrap(), &desk.policy);
        shown.get("Resources").unwrap().text()
    };
    assert_eq!(privileges("Nothing"), "", "25");
    assert_eq!(privileges("Writer"), "%DB_SALES:RW", "26");
}

#[test]
fn vectors_27_and_28_what_the_system_made() {
    let mut desk = stocked();
    assert_eq!(refused(&mut desk, &delete_resource("%Development")), Code::CannotDeleteResource, "27");
    for name in ["%All", "%DB_SALES"] {
        let change = modify_role(name, "Description", "mine");
        assert_eq!(refused(&mut desk, &change), Code::CannotModifyRole, "28: {name}");
    }
}

#[test]
fn vector_29_cycles_are_refused_and_shown() {
    let status = w1().submit(&modify_role("Boss", "GrantedRoles", "Clerk,Chief")).unwrap_err();
    assert_eq!(status.code(), Code::CannotModifyRole);
    assert!(status.to_string().contains("Boss → Chief → Boss"), "{status}");
}

#[test]
fn vector_30_adding_roles_is_a_restricted_capability() {
    let desk = w1();
    let mut ann = process(&desk, "ann");
    let before = ann.clone();
    for list in ["Boss", "Clerk"] {
        assert_eq!(ann.set_roles(list, CodeOrigin::Elsewhere, &desk.policy), Err(SetRefused::Protect));
    }
    assert_eq!(ann, before);
}

#[test]
fn vector_31_anyone_may_drop_added_roles() {
    let desk = w1();
    let mut ann = process(&desk, "ann");
    ann.set_roles("Boss", CodeOrigin::SystemDatabase, &desk.policy).unwrap();
    assert_eq!(ann.roles_text(&desk.policy), "Clerk,Boss");
    ann.set_roles("", CodeOrigin::Elsewhere, &desk.policy).unwrap();
    assert_eq!(ann.roles_text(&desk.policy), "Clerk");
}

/// World W1 with a user who may write the system database.
fn with_system_user() -> Desk {
    let mut desk = w1();
    desk.carry(&resource("%DB_IRISSYS", ""));
    desk.carry(&user("gus", "%DB_IRISSYS"));
    desk
}

#[test]
fn vector_32_set_replaces_the_added_roles() {
    let desk = with_system_user();
    let mut gus = process(&desk, "gus");
    gus.set_roles("Boss", CodeOrigin::Elsewhere, &desk.policy).unwrap();
    assert_eq!(gus.roles_text(&desk.policy), "Boss,%DB_IRISSYS");
    assert_eq!(held_by(&desk.policy, &gus.roles(), "AppRun"), "USE", "with what the added role leads to");
    gus.set_roles("Empty", CodeOrigin::Elsewhere, &desk.policy).unwrap();
    assert_eq!(gus.roles_text(&desk.policy), "Empty,%DB_IRISSYS");
}

#[test]
fn vector_33_the_end_of_a_frame_brings_the_roles_back() {
    let desk = with_system_user();
    let mut gus = process(&desk, "gus");
    gus.set_roles("Empty", CodeOrigin::Elsewhere, &desk.policy).unwrap();
    let before = gus.clone();
    gus.push_roles();
    let longer = format!("{},Boss", gus.roles_text(&desk.policy));
    gus.set_roles(&longer, CodeOrigin::Elsewhere, &desk.policy).unwrap();
    assert_eq!(gus.roles_text(&desk.policy), "Boss,Empty,%DB_IRISSYS");
    gus.pop_roles();
    assert_eq!(gus, before);
}

#[test]
fn an_unknown_role_changes_nothing() {
    let desk = with_system_user();
    let mut gus = process(&desk, "gus");
    gus.set_roles("Empty", CodeOrigin::Elsewhere, &desk.policy).unwrap();
    let before = gus.clone();
    let refused = gus.set_roles("Boss, NoSuch", CodeOrigin::Elsewhere, &desk.policy).unwrap_err();
    assert!(matches!(refused, SetRefused::Unknown(status) if status.code() == Code::UnableToAddRole));
    assert_eq!(gus, before);
}

/// Whether a method that requires this runs for a new login of the user.
fn runs(desk: &Desk, user: &str, requirement: &Requirement) -> bool {
    desk.policy.requires(&desk.closure(user), requirement).is_granted()
}

#[test]
fn vectors_34_to_36_requires() {
    let desk = w1();
    let method = Requirement::parse("AppRun:Use").unwrap();
    assert!(runs(&desk, "ann", &method) && !runs(&desk, "dan", &method), "34");
    let overriding = method.and(Requirement::parse("AppData:W").unwrap());
    assert!(!runs(&desk, "ann", &overriding) && runs(&desk, "bob", &overriding), "35");
    let apart = Requirement::parse("AppData: Read, AppData: Write").unwrap();
    let together = Requirement::parse("AppData:RW").unwrap();
    for user in desk.users().map(|user| user.name.as_str()) {
        assert_eq!(runs(&desk, user, &apart), runs(&desk, user, &together), "36: {user}");
    }
    assert!(!runs(&desk, "bob", &Requirement::parse("NoSuch:U").unwrap()));
    assert!(runs(&desk, "eve", &Requirement::parse("NoSuch:U").unwrap()));
}

#[test]
fn vector_41_an_escalated_role_stands_instead_of_the_others() {
    let desk = w1();
    let mut dan = process(&desk, "dan");
    let answer = |process: &Process, resource: &str| held_by(&desk.policy, &process.roles(), resource);
    assert_eq!(answer(&dan, "AppData"), "");
    dan.push_roles();
    dan.become_user("dan", &[desk.role("Boss")]);
    assert_eq!([answer(&dan, "AppData"), answer(&dan, "AppRun")], ["READ,WRITE", "USE"]);
    dan.pop_roles();
    assert_eq!(answer(&dan, "AppData"), "");
    let mut ann = process(&desk, "ann");
    ann.become_user("ann", &[desk.role("Empty")]);
    assert_eq!(answer(&ann, "AppData"), "", "41b");
}

#[test]
fn vectors_42_to_44_the_family_of_check() {
    let desk = w1();
    assert_eq!(
        [held(&desk, "nobody", "AppData"), check(&desk, "nobody", "AppData", "READ")],
        ["", "0"],
        "42"
    );
    let roles = |list: &str| desk.policy.check_roles(list, "AppRun", None).to_string();
    assert_eq!(roles("Boss"), "USE", "43");
    assert_eq!(roles("Boss,NoSuch"), "", "44");
    assert_eq!(desk.policy.check_roles("%All,NoSuch", "AppRun", Some("U")).to_string(), "0");
}

#[test]
fn disabled_users_are_answered_like_others_and_escalation_roles_give_nothing() {
    let mut desk = w1();
    desk.carry(&modify_user("ann", "Enabled", false));
    desk.carry(&modify_user("dan", "EscalationRoles", "Boss"));
    assert_eq!(held(&desk, "ann", "AppData"), "READ", "Q20");
    assert_eq!(held(&desk, "dan", "AppData"), "", "CHK-7");
}

/// One row of CHK-6: its letter, who asks, about what, for which permissions, and the answer.
type Row = (char, &'static str, &'static str, Option<&'static str>, &'static str);

const CHECK_TABLE: [Row; 46] = [
    ('a', "rw", "R1", None, "READ,WRITE"),
    ('b', "u", "R1", None, "USE"),
    ('c', "wu", "Pub1", None, "READ,WRITE,USE"),
    ('d', "none", "R1", None, ""),
    ('e', "w", "R1", Some("WRITE"), "1"),
    ('f', "rw", "R1", Some("WRITE,READ"), "1"),
    ('g', "w", "R1", Some("WRITE,READ"), "0"),
    ('h', "rw", "R1", Some("W,R"), "1"),
    ('h', "rw", "R1", Some("R,Write"), "1"),
    ('h', "rw", "R1", Some("read,w"), "1"),
    ('h', "w", "R1", Some("W,R"), "0"),
    ('h', "w", "R1", Some("R,Write"), "0"),
    ('h', "w", "R1", Some("read,w"), "0"),
    ('i', "w", "R1", Some("W,W"), "1"),
    ('j', "none", "Pub1", Some("READ"), "1"),
    ('k', "rw", "r1", Some("READ"), "1"),
    ('l', "rw", "R1", Some("RW"), "1"),
    ('m', "rw", "R1", Some(" R , W "), "1"),
    ('n', "rwu", "R1", Some("X"), "0"),
    ('n', "rwu", "R1", Some("READX"), "0"),
    ('n', "rwu", "R1", Some("R,,W"), "0"),
    ('n', "rwu", "R1", Some("R;W"), "0"),
    ('o', "rwu", "R1", Some(""), "0"),
    ('p', "all", "R1", Some("X"), "1"),
    ('p', "all", "R1", Some(""), "1"),
    ('p', "nested", "R1", Some("X"), "1"),
    ('p', "nested", "R1", Some(""), "1"),
    ('q', "rwu", "Nope", None, ""),
    ('r', "rwu", "Nope", Some("READ"), "0"),
    ('s', "all", "Nope", None, "READ,WRITE,USE"),
    ('s', "all", "Nope", Some("USE"), "1"),
    ('s', "nested", "Nope", None, "READ,WRITE,USE"),
    ('s', "nested", "Nope", Some("USE"), "1"),
    ('t', "rwu", "", None, ""),
    ('t', "all", "", None, "READ,WRITE,USE"),
    ('u', "all", "%Secure_Break", Some("USE"), "1"),
    ('v', "dbw", "%DB_X", None, "READ,WRITE"),
    ('w', "rw", " R1 ", Some("READ"), "1"),
    // The same rules by other roads.
    ('b', "u", "R1", Some("U,R"), "0"),
    ('c', "none", "Pub1", None, "READ"),
    ('d', "none", "R1", Some("R"), "0"),
    ('k', "rw", "r1", None, "READ,WRITE"),
    ('o', "none", "Pub1", Some(""), "0"),
    ('o', "none", "Pub1", Some(" "), "0"),
    ('v', "none", "%DB_P", None, "READ,WRITE"),
    ('w', "rw", " r1 ", None, "READ,WRITE"),
];

fn check_table_desk() -> Desk {
    let mut desk = Desk::installed();
    for change in [
        user("all", "%All"),
        resource("R1", ""),
        resource("Pub1", "R"),
        resource("%Secure_Break", ""),
        resource("%DB_X", ""),
        resource("%DB_P", "W"),
        role("ReadWrite", "R1:RW", ""),
        role("Write", "R1:W", ""),
        role("Use", "R1:U", ""),
        role("WriteUsePublic", "Pub1:WU", ""),
        role("Everything", "", "%All"),
        role("DatabaseWrite", "%DB_X:W", ""),
        user("rw", "ReadWrite"),
        user("w", "Write"),
        user("u", "Use"),
        user("rwu", "ReadWrite,Use"),
        user("wu", "WriteUsePublic"),
        user("nested", "Everything"),
        user("dbw", "DatabaseWrite"),
        user("none", ""),
    ] {
        desk.carry(&change);
    }
    desk
}

#[test]
fn chk_6_the_case_table() {
    let desk = check_table_desk();
    for (row, user, resource, wanted, answer) in CHECK_TABLE {
        let given = desk.check(user, resource, wanted).to_string();
        assert_eq!(given, answer, "row {row}: {user} asks Check({resource:?}, {wanted:?})");
    }
    assert!(('a'..='w').all(|letter| CHECK_TABLE.iter().any(|row| row.0 == letter)));
}

#[test]
fn chk_6_u_and_dec_1_restrictive_resources_need_an_explicit_grant() {
    let mut desk = check_table_desk();
    let explicit = |desk: &Desk, user: &str| desk.policy.explicit(&desk.closure(user), "%Secure_Break");
    assert_eq!(explicit(&desk, "all"), Permissions::NONE);
    desk.carry(&role("Breaker", "%Secure_Break:U", ""));
    desk.carry(&add_roles("all", "Breaker"));
    assert_eq!(explicit(&desk, "all"), Permissions::USE);
    desk.carry(&modify_resource("%Secure_Break", "PublicPermission", "U"));
    assert_eq!(explicit(&desk, "none"), Permissions::USE, "public counts as explicit");
}

#[test]
fn q7_lookup_can_be_made_exact() {
    let mut desk = w1();
    desk.carry(&Change::ModifySystem { properties: properties(&[("ExactResourceNames", "1")]) });
    assert_eq!(held(&desk, "ann", "AppData"), "READ");
    assert_eq!(held(&desk, "ann", "appdata"), "");
    assert_eq!(held(&desk, "ann", " AppData "), "READ");
    assert_eq!(held(&desk, "eve", "appdata"), "READ,WRITE,USE");
}

#[test]
fn ens_4_the_tail_of_a_setting_keeps_its_case() {
    let mut desk = w1();
    desk.carry(&resource("%Ens_SystemDefaultSettings_PoolSize", ""));
    desk.carry(&role("Tuner", "%Ens_SystemDefaultSettings_PoolSize:U", ""));
    desk.carry(&user("gus", "Tuner"));
    assert_eq!(held(&desk, "gus", "%ens_systemdefaultsettings_PoolSize"), "USE");
    assert_eq!(held(&desk, "gus", "%Ens_SystemDefaultSettings_poolsize"), "");
}

#[test]
fn usr_7_required_roles_count_by_closure_and_all_passes() {
    let desk = w1();
    let holds = |user: &str, role: &str| desk.policy.holds_role(&desk.closure(user), role);
    assert!(holds("ann", "clerk") && holds("cyd", "Clerk") && holds("eve", "Clerk"));
    assert!(!holds("dan", "Clerk") && !holds("ann", "NoSuch"));
}

#[test]
fn u_13_resource_sets_are_without_public_permissions() {
    let desk = w1();
    let set = |user: &str| {
        let pairs = desk.policy.resource_set(&desk.closure(user));
        pairs.iter().map(|(name, held)| format!("{name}:{held}")).collect::<Vec<_>>().join(",")
    };
    assert_eq!(set("cyd"), "AppData:RW,AppRun:U");
    assert_eq!(set("dan"), "");
    assert_eq!(set("eve"), "%DB_SALES:RWU,AppData:RWU,AppRun:RWU,Pub:RWU");
}
