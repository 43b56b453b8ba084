//! What is refused, and with which number (`security-classes.md` 13.3, `authorization.md` section 27).

use sclera_core::change::{Change, Edit, RoleList};
use sclera_core::privilege::Requirement;
use sclera_core::property::Properties;
use sclera_core::role::Origin;
use sclera_core::status::{Code, Status};
use sclera_core::user::Credential;
use sclera_testkit::desk::Desk;
use sclera_testkit::world::{
    add_roles, delete_resource, delete_role, delete_user, modify_resource, modify_role, modify_user,
    password, properties, remove_roles, resource, role, stocked, user,
};

fn refusal(desk: &Desk, change: &Change) -> Status {
    let mut tried = desk.clone();
    let status = tried.submit(change).expect_err(&format!("{change:?}"));
    assert_eq!(tried.contents(), desk.contents(), "{status} left something behind");
    assert_eq!(tried.ids(), desk.ids());
    status
}

/// Each change is refused, and the error that says what is wrong has the number.
fn are_refused(desk: &Desk, refusals: &[(u16, Change)]) {
    for (number, change) in refusals {
        let status = refusal(desk, change);
        assert_eq!(status.root().code().number(), *number, "{status} for {change:?}");
    }
}

fn create_user(name: &str, property: &str, value: &str) -> Change {
    let properties = properties(&[(property, value)]);
    Change::CreateUser { name: name.to_owned(), properties, credential: Some(password()) }
}

fn create_application(name: &str, property: &str, value: &str) -> Change {
    Change::CreateApplication { name: name.to_owned(), properties: properties(&[(property, value)]) }
}

fn modify_application(name: &str, property: &str, value: &str) -> Change {
    Change::ModifyApplication { name: name.to_owned(), properties: properties(&[(property, value)]) }
}

fn modify_service(name: &str, property: &str, value: &str) -> Change {
    Change::ModifyService { name: name.to_owned(), properties: properties(&[(property, value)]) }
}

fn modify_system(property: &str, value: &str) -> Change {
    Change::ModifySystem { properties: properties(&[(property, value)]) }
}

fn escalation(user: &str, edit: Edit, roles: &str) -> Change {
    Change::ChangeRoles { user: user.to_owned(), list: RoleList::Escalation, edit, roles: roles.to_owned() }
}

#[test]
fn what_does_not_exist() {
    let nothing = Properties::new;
    are_refused(
        &stocked(),
        &[
            (838, modify_user("nobody", "FullName", "N")),
            (838, delete_user("nobody")),
            (838, add_roles("nobody", "Clerk")),
            (838, modify_user("%System", "Enabled", "0")),
            (883, modify_role("NoSuch", "Description", "N")),
            (883, delete_role("NoSuch")),
            (883, add_roles("ann", "Boss,NoSuch")),
            (883, remove_roles("ann", "NoSuch")),
            (883, escalation("ann", Edit::Add, "NoSuch")),
            (883, create_user("gus", "Roles", "Clerk,NoSuch")),
            (883, create_user("gus", "EscalationRoles", "NoSuch")),
            (883, modify_user("ann", "Roles", "NoSuch")),
            (883, role("New", "", "NoSuch")),
            (883, role("New", "", "New")),
            (883, modify_system("RequiredRole", "NoSuch")),
            (892, modify_resource("NoSuch", "Description", "N")),
            (892, delete_resource("NoSuch")),
            (892, role("New", "NoSuch:R", "")),
            (892, modify_role("Clerk", "Resources", "AppData:R,NoSuch:R")),
            (892, create_application("/new", "Resource", "NoSuch")),
            (892, modify_application("/app", "Resource", "NoSuch")),
            (809, Change::ModifyService { name: "%Service_No".to_owned(), properties: nothing() }),
            (869, Change::ModifyApplication { name: "/no".to_owned(), properties: nothing() }),
            (869, Change::DeleteApplication { name: "/no".to_owned() }),
            (875, modify_application("/app", "MatchRoles", "NoSuch:Clerk")),
            (879, modify_application("/app", "MatchRoles", "Clerk:NoSuch")),
        ],
    );
}

#[test]
fn what_exists_already() {
    are_refused(
        &stocked(),
        &[
            (837, user("ann", "")),
            (837, user("ANN", "")),
            (837, user("_public", "")),
            (884, role("Clerk", "", "")),
            (884, role("cLERK", "", "")),
            (891, resource("APPDATA", "")),
            (891, resource("%db_sales", "")),
            (867, create_application("/APP", "Enabled", "1")),
            (942, role("ANN", "", "")),
            (942, role("_public", "", "")),
            (942, user("clerk", "")),
            (942, user("%all", "")),
            (942, user("%DB_Sales", "")),
            (895, role("New", "AppData:R,APPDATA:W", "")),
            (895, modify_role("Clerk", "Resources", "Pub:R, pub :R")),
            (874, modify_application("/app", "MatchRoles", "Clerk:Boss,CLERK:Empty")),
            (874, modify_application("/app", "MatchRoles", ":Boss,:Empty")),
            (878, modify_application("/app", "MatchRoles", "Clerk:Boss:boss")),
        ],
    );
}

#[test]
fn a_database_resource_cannot_take_the_name_of_a_user_or_role() {
    let mut desk = stocked();
    desk.install_role("%DB_IRISSYS_READ", Origin::Predefined);
    desk.carry(&user("%DB_MINE", ""));
    are_refused(&desk, &[(942, resource("%DB_mine", "")), (884, resource("%DB_IRISSYS_READ", ""))]);
}

#[test]
fn names_that_are_none() {
    let long = |length: usize| "x".repeat(length);
    let desk = stocked();
    for name in ["", " a", "a ", "a,b", "a:b", "%DB_%X", "My_%X", "a\u{7}b", "a\u{200d}b", "аdmin", &long(65)]
    {
        are_refused(&desk, &[(896, resource(name, ""))]);
    }
    for name in ["", " a", "a,b", "a:b", "a/b", "%New", "a\nb", "ａ", &long(65)] {
        are_refused(&desk, &[(887, role(name, "", ""))]);
    }
    for name in ["", "a ", "a*b", "%System", "%SYSTEM", "a\u{202e}b", &long(161)] {
        are_refused(&desk, &[(842, user(name, ""))]);
    }
    for name in ["/a b", "/csp/docbook", "/CSP/x/portal", "/csp/x/images", "", &long(65)] {
        are_refused(&desk, &[(799, create_application(name, "Enabled", "1"))]);
    }
    are_refused(&desk, &[(846, user("a@b", ""))]);
    for (most, change) in
        [(64, resource(&long(64), "")), (64, role(&long(64), "", "")), (160, user(&long(160), ""))]
    {
        assert!(desk.clone().carry(&change), "{most} characters are allowed");
    }
}

#[test]
fn what_the_product_made() {
    let mut desk = stocked();
    desk.install_user("_SYSTEM", |system| system.enabled = false);
    desk.install_user("_Ensemble", |ensemble| ensemble.credential = Credential::unchangeable());
    are_refused(
        &desk,
        &[
            (841, delete_user("_SYSTEM")),
            (841, delete_user("_public")),
            (841, delete_user("UnknownUser")),
            (841, delete_user("_Ensemble")),
            (880, delete_role("%All")),
            (880, delete_role("%Developer")),
            (880, delete_role("%DB_SALES")),
            (886, modify_role("%All", "Description", "mine")),
            (886, modify_role("%DB_SALES", "Resources", "")),
            (890, delete_resource("%Development")),
            (893, modify_resource("%Development", "Description", "mine")),
            (
                952,
                Change::ModifyUser {
                    name: "_Ensemble".to_owned(),
                    properties: Properties::new(),
                    credential: Some(password()),
                },
            ),
            (
                952,
                Change::ModifyUser {
                    name: "_PUBLIC".to_owned(),
                    properties: Properties::new(),
                    credential: Some(password()),
                },
            ),
            (5001, modify_user("_PUBLIC", "Enabled", true)),
            (993, modify_user("ldap", "FullName", "L")),
            (993, add_roles("ldap", "Clerk")),
            (994, modify_user("delegated", "FullName", "D")),
            (994, remove_roles("delegated", "Clerk")),
        ],
    );
    assert!(desk.carry(&modify_resource("%Development", "PublicPermission", "U")), "RES 4.2");
    assert!(desk.carry(&modify_role("%Developer", "Resources", "%Development:U")), "ROL-14");
}

#[test]
fn values_that_are_none() {
    let long = "x".repeat(257);
    are_refused(
        &stocked(),
        &[
            (897, resource("New", "X")),
            (897, resource("New", "8")),
            (897, modify_resource("AppData", "PublicPermission", "R,,W")),
            (897, role("New", "AppData:X", "")),
            (897, role("New", "AppData", "")),
            (897, modify_role("Clerk", "Resources", "AppData:RWX")),
            (896, modify_role("Clerk", "Resources", ":R")),
            (944, create_user("gus", "ExpirationDate", "2017-02-29")),
            (944, create_user("gus", "ExpirationDate", "2017-13-29")),
            (944, modify_user("ann", "ExpirationDate", "1/1/2025")),
            (944, modify_user("ann", "ExpirationDate", "abc")),
            (7201, modify_resource("AppData", "Description", long.as_str())),
            (7201, modify_role("Clerk", "Description", long.as_str())),
            (7203, modify_user("ann", "AutheEnabled", 1 << 40)),
            (7204, modify_user("ann", "AutheEnabled", -1)),
            (7205, modify_system("PasswordHashAlgorithm", "MD5")),
            (7206, modify_user("ann", "Enabled", "no")),
            (7206, modify_role("Clerk", "EscalationOnly", "2")),
            (7207, modify_user("ann", "AutheEnabled", "many")),
            (958, modify_system("PasswordPattern", "?")),
            (1408, modify_application("/app", "AutheEnabled", "1")),
            (7204, create_application("/new", "Type", "1")),
            (5659, modify_service("%Service_Test", "Description", "")),
        ],
    );
}

#[test]
fn roles_for_escalation_only() {
    let mut desk = stocked();
    desk.carry(&role("Deep", "AppData:RWU", ""));
    desk.carry(&modify_role("Deep", "EscalationOnly", true));
    let ordinary = [
        add_roles("ann", "Deep"),
        modify_user("ann", "Roles", "Clerk,Deep"),
        user("gus", "Deep"),
        modify_role("Clerk", "GrantedRoles", "Deep"),
        role("New", "", "Deep"),
        modify_application("/app", "MatchRoles", ":Deep"),
    ];
    for change in &ordinary {
        assert_eq!(refusal(&desk, change).code(), Code::General, "{change:?}");
    }
    assert!(desk.clone().carry(&escalation("ann", Edit::Add, "Deep")));
    for held in ["Clerk", "Empty", "Boss"] {
        let change = modify_role(held, "EscalationOnly", true);
        assert_eq!(refusal(&desk, &change).code(), Code::CannotModifyRole, "{held} is held");
    }
}

#[test]
fn a_cycle_of_any_length() {
    let desk = stocked();
    for (name, grants) in [("Boss", "Boss"), ("Clerk", "Boss"), ("Clerk", "Empty,Chief")] {
        let status = refusal(&desk, &modify_role(name, "GrantedRoles", grants));
        assert_eq!(status.code(), Code::CannotModifyRole);
        assert!(status.to_string().contains(&format!("{name} → ")), "{status}");
    }
}

/// World W1, where eve alone holds %All, through a role of her own that leads to it by another.
fn eve_through_roles() -> Desk {
    let mut desk = stocked();
    desk.carry(&role("Root", "", "%All"));
    desk.carry(&role("Chain", "", "Root"));
    desk.carry(&modify_user("eve", "Roles", "Chain"));
    desk
}

#[test]
fn all_3_every_door_is_closed_to_the_last_holder() {
    let no_password = Change::ModifyUser {
        name: "eve".to_owned(),
        properties: Properties::new(),
        credential: Some(Credential::none()),
    };
    let doors = [
        delete_user("EVE"),
        modify_user("eve", "Enabled", false),
        modify_user("eve", "Enabled", ""),
        modify_user("eve", "ExpirationDate", "2026-11-21"),
        modify_user("eve", "Roles", ""),
        modify_user("eve", "Roles", "Boss"),
        no_password,
    ];
    for desk in [stocked(), eve_through_roles()] {
        for door in &doors {
            assert_eq!(refusal(&desk, door).code(), Code::OnlyHolderOfAll, "{door:?}");
        }
    }
    assert_eq!(refusal(&stocked(), &remove_roles("eve", "%all")).code(), Code::OnlyHolderOfAll);
    let through = [
        (840, remove_roles("eve", "Chain")),
        (886, modify_role("Chain", "GrantedRoles", "")),
        (886, modify_role("Root", "GrantedRoles", "Clerk")),
        (880, delete_role("Chain")),
        (880, delete_role("root")),
    ];
    are_refused(&eve_through_roles(), &through);
}

#[test]
fn all_3_only_a_holder_who_can_log_in_opens_the_doors() {
    let mut desk = stocked();
    desk.carry(&Change::CreateUser {
        name: "gus".to_owned(),
        properties: properties(&[("Roles", "%All")]),
        credential: None,
    });
    desk.carry(&user("hal", ""));
    let door = delete_user("eve");
    for unfit in [
        modify_user("gus", "FullName", "without a password"),
        add_roles("_PUBLIC", "%All"),
        add_roles("UnknownUser", "%All"),
        modify_user("hal", "EscalationRoles", "%All"),
        modify_user("dan", "Enabled", false),
        add_roles("dan", "%All"),
        modify_user("fay", "ExpirationDate", "2026-11-21"),
        add_roles("fay", "%All"),
    ] {
        desk.carry(&unfit);
        assert_eq!(refusal(&desk, &door).code(), Code::OnlyHolderOfAll, "after {unfit:?}");
    }
    desk.carry(&modify_user("fay", "ExpirationDate", "2026-11-22"));
    assert!(desk.clone().carry(&door), "today is the last day, and counts");
    desk.carry(&modify_user("fay", "ExpirationDate", "2026-11-21"));
    desk.carry(&add_roles("hal", "%All"));
    assert!(desk.carry(&door));
    assert_eq!(refusal(&desk, &delete_user("hal")).code(), Code::OnlyHolderOfAll);
}

#[test]
fn requirements_that_do_not_parse() {
    for text in ["A", "A:", "A:X", "A:R,,B:R", ",", ":R", "A:R;B:R"] {
        assert!(Requirement::parse(text).is_err(), "{text}");
    }
    assert!(Requirement::parse("").unwrap().pairs().is_empty());
}

#[test]
fn what_a_message_says_is_what_was_written() {
    let status = Status::new(Code::InvalidPermission, ["%2", "%1"]);
    assert_eq!(status.text(), "Invalid permission %2 for resource name %1.");
    let status = refusal(&stocked(), &role("New", "%1:%2", ""));
    assert_eq!(status.text(), "Invalid permission %2 for resource name %1.");
}
