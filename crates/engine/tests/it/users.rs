//! Security.Users: the methods with passwords, about several users, and with less than the full privilege.

use crate::bench::{Instance, PASSWORD, code, field, secret, user};
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, Edit, Kind, RoleList, UserCopy};
use sclera_core::property::{Properties, Value};
use sclera_core::selection::{Matching, Selection};
use sclera_core::sql::SqlTarget;
use sclera_core::status::Code;
use sclera_engine::administer::Receipt;
use sclera_engine::user_query::{DETAIL, LIST, UserQuery};
use sclera_engine::validation::Validation;
use sclera_engine::{Door, Refusal, Session};
use sclera_testkit::world::{
    add_roles, delete_user, modify_role, modify_user, properties, remove_roles, resource, role,
};

/// An instance with a few roles and users.
pub(crate) fn instance() -> Instance {
    let instance = Instance::new();
    instance.carry_all([
        resource("AppData", ""),
        role("Reader", "AppData:R", ""),
        role("Writer", "AppData:RW", "Reader"),
        user("ann", "Writer"),
        user("anna", "Reader"),
        user("joanna", ""),
    ]);
    instance
}

fn shown(instance: &Instance, user: &str, property: &str) -> String {
    let shown = instance.engine.show(&instance.owner, Kind::User, user).unwrap();
    shown.get(property).map_or_else(|| panic!("no {property}"), Value::text)
}

fn create(
    instance: &Instance,
    name: &str,
    given: &[(&str, &str)],
    password: Option<&str>,
) -> Result<Receipt, Refusal> {
    let password = password.map(secret);
    instance.engine.create_user(&instance.owner, name, &properties(given), password.as_ref())
}

fn modify(instance: &Instance, name: &str, given: &[(&str, &str)]) -> Result<Receipt, Refusal> {
    instance.engine.modify_user(&instance.owner, name, &properties(given), None)
}

fn sign_in(instance: &Instance, name: &str, password: &str) -> Result<Session, Refusal> {
    instance.engine.admit_password(name, &secret(password), Door::Library, None)
}

/// `security-users.md` 5.1: the first fault in this order is the one that is told, and nothing is stored.
#[test]
fn create_checks_in_the_documented_order() {
    let instance = instance();
    instance.set("PasswordPattern", "8.32ANP");
    let before = instance.engine.state().unwrap();
    let everything_wrong = [("Roles", "NoSuch"), ("ExpirationDate", "2025-02-30"), ("Enabled", "maybe")];
    for (name, given, expected) in [
        ("a*b", &everything_wrong[..], Code::InvalidUserName),
        ("a@b", &everything_wrong, Code::UserNameHasDomain),
        ("ANN", &everything_wrong, Code::UserAlreadyExists),
        ("reader", &everything_wrong, Code::UserAndRoleSameName),
        ("bob", &everything_wrong, Code::RoleDoesNotExist),
        ("bob", &everything_wrong[1..], Code::InvalidExpirationDate),
        ("bob", &everything_wrong[2..], Code::NotABoolean),
        ("bob", &[("PasswordHashWorkFactor", "1023")], Code::TooSmall),
        ("bob", &[("PasswordHashAlgorithm", "MD5")], Code::NotInList),
        ("bob", &[("FullName", &*"x".repeat(2_049))], Code::TooLong),
        ("bob", &[], Code::PasswordDoesNotMatch),
    ] {
        assert_eq!(code(create(&instance, name, given, Some("short"))), expected, "{name} {given:?}");
        let event = instance.last_event();
        assert_eq!((event.event[2].as_str(), event.user.as_str()), ("ChangeRefused", "operator"));
        assert!(field(&event, "EventData").starts_with("Create user"), "{event:?}");
    }
    assert_eq!(instance.engine.state().unwrap().users, before.users);
    create(&instance, "bob", &[("ExpirationDate", "2020-02-29")], Some("Pw-12345")).unwrap();
    assert_eq!(shown(&instance, "bob", "ExpirationDate"), "2020-02-29");
}

#[test]
fn create_makes_what_nobody_gave() {
    let instance = instance();
    create(&instance, "Bob", &[("EmailAddress", "b@example.org")], Some(PASSWORD)).unwrap();
    for (property, value) in [
        ("Name", "Bob"),
        ("EmailAddress", "b@example.org"),
        ("Enabled", "1"),
        ("Flags", "1"),
        ("SuperUser", "0"),
        ("CreateUsername", "operator"),
        ("LastModifiedUsername", "operator"),
        ("LastModifiedInfo", ""),
        ("PasswordHashAlgorithm", "SHA512"),
        ("PasswordHashWorkFactor", "10000"),
        ("ChangePassword", "0"),
    ] {
        assert_eq!(shown(&instance, "bob", property), value, "{property}");
    }
    for property in ["CreateDateTime", "LastModifiedDateTime", "PasswordChangedDateTime"] {
        assert_eq!(shown(&instance, "bob", property), "2026-11-22T08:15:00Z", "{property}");
    }
    assert_eq!(shown(&instance, "bob", "Salt").len(), 128);
}

#[test]
fn an_empty_text_is_not_an_omission() {
    let instance = instance();
    create(&instance, "bob", &[("Enabled", "")], None).unwrap();
    assert_eq!(shown(&instance, "bob", "Enabled"), "0");
}

#[test]
fn every_algorithm_and_work_factor_makes_a_password_that_verifies() {
    let instance = instance();
    for algorithm in ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"] {
        for work in ["1024", "2000"] {
            let given = [("PasswordHashAlgorithm", algorithm), ("PasswordHashWorkFactor", work)];
            let name = format!("{algorithm}-{work}");
            create(&instance, &name, &given, Some(PASSWORD)).unwrap();
            assert_eq!(shown(&instance, &name, "PasswordHashAlgorithm"), algorithm);
            assert_eq!(shown(&instance, &name, "PasswordHashWorkFactor"), work);
            sign_in(&instance, &name, PASSWORD).unwrap();
            assert_eq!(sign_in(&instance, &name, "another one").err(), Some(Refusal::NotAdmitted));
        }
    }
    let none = [("PasswordHashAlgorithm", "N/A")];
    assert_eq!(code(create(&instance, "bob", &none, Some(PASSWORD))), Code::InvalidPassword);
    create(&instance, "bob", &none, None).unwrap();
    let refused = instance.engine.set_password(&instance.owner, "bob", &secret(PASSWORD), false);
    assert_eq!(code(refused), Code::InvalidPassword, "it never has a password");
}

#[test]
fn types_are_given_at_creation_alone() {
    let instance = instance();
    create(&instance, "far", &[("Flags", "2")], None).unwrap();
    create(&instance, "site", &[("Flags", "4")], None).unwrap();
    assert_eq!(shown(&instance, "far", "Type"), "LDAP user");
    assert_eq!(shown(&instance, "site", "Type"), "Delegated user");
    for (name, expected) in [("far", Code::CannotModifyLdapUser), ("site", Code::CannotModifyDelegatedUser)] {
        assert_eq!(code(modify(&instance, name, &[("Comment", "x")])), expected);
    }
    assert_eq!(code(create(&instance, "bob", &[("Flags", "6")], None)), Code::NotInList);
    modify(&instance, "ann", &[("Flags", "2")]).unwrap();
    assert_eq!(shown(&instance, "ann", "Flags"), "1", "it is left aside");
}

/// Section 4, rule 3: the most frequent idiom in scripts.
#[test]
fn what_get_gives_modify_takes_and_nothing_changes() {
    let instance = instance();
    modify(&instance, "ann", &[("Attributes", "site=North\nroom=12"), ("ChangePassword", "1")]).unwrap();
    let whole = instance.engine.show(&instance.owner, Kind::User, "ann").unwrap();
    let before = instance.kept();
    instance.bench.turn_days(1);
    let done = instance.engine.modify_user(&instance.owner, "ann", &whole, None).unwrap();
    assert!(!done.has_changed());
    assert_eq!(instance.kept(), before);
    assert_eq!(shown(&instance, "ann", "LastModifiedDateTime"), "2026-11-22T08:15:00Z");
}

#[test]
fn only_what_changed_is_told() {
    let instance = instance();
    instance.bench.turn_days(1);
    let given = [("FullName", "Ann Lee"), ("Enabled", "1"), ("Comment", ""), ("NoSuchThing", "x")];
    let done = modify(&instance, "ann", &given).unwrap();
    let told: Vec<&str> = done.entries[0].differences.iter().map(|d| d.property.as_str()).collect();
    assert_eq!(told, ["FullName"]);
    assert_eq!(
        shown(&instance, "ann", "LastModifiedInfo"),
        "\nFullName modified:\n  New value: Ann Lee\n  Old value: \n"
    );
    assert_eq!(shown(&instance, "ann", "LastModifiedDateTime"), "2026-11-23T08:15:00Z");
    assert_eq!(shown(&instance, "ann", "CreateDateTime"), "2026-11-22T08:15:00Z");
}

#[test]
fn attributes_are_named_values() {
    let instance = instance();
    modify(&instance, "ann", &[("Attributes", "site=North\nroom=12")]).unwrap();
    assert_eq!(shown(&instance, "ann", "Attributes"), "site=North\nroom=12");
    for bad in ["site", "=x", "a=1\na=2"] {
        assert_eq!(code(modify(&instance, "ann", &[("Attributes", bad)])), Code::PropertyInvalid, "{bad}");
    }
}

#[test]
fn modify_with_a_password_leaves_the_mark() {
    let instance = instance();
    modify(&instance, "ann", &[("ChangePassword", "1")]).unwrap();
    instance.bench.turn_days(1);
    let new = secret("another password");
    instance.engine.modify_user(&instance.owner, "ann", &Properties::new(), Some(&new)).unwrap();
    assert_eq!(shown(&instance, "ann", "ChangePassword"), "1");
    assert_eq!(shown(&instance, "ann", "PasswordChangedDateTime"), "2026-11-23T08:15:00Z");
    assert_eq!(sign_in(&instance, "ann", "another password").err(), Some(Refusal::PasswordChangeRequired));
}

#[test]
fn copies_have_what_the_original_has() {
    let instance = instance();
    let target = |object, privilege| SqlTarget::new("USER", object, privilege).unwrap();
    let grant = |target| Change::GrantSql { target, grantee: "ann".to_owned(), grantable: true };
    modify(&instance, "ann", &[("FullName", "Ann Lee"), ("EscalationRoles", "Reader")]).unwrap();
    instance.carry_all([
        grant(target(Some(("table", "Sample.Person")), "SELECT")),
        grant(target(None, "%CREATE_TABLE")),
    ]);
    instance.bench.turn_days(1);
    let copy = |name: &str, how: &UserCopy, password: Option<&Secret>| {
        instance.engine.copy_user(&instance.owner, "ANN", name, how, password)
    };
    copy("bea", &UserCopy::default(), None).unwrap();
    for (property, value) in [
        ("FullName", "Ann Lee"),
        ("Roles", "Writer"),
        ("EscalationRoles", "Reader"),
        ("CreateDateTime", "2026-11-23T08:15:00Z"),
        ("PasswordChangedDateTime", "2026-11-23T08:15:00Z"),
        ("LastModifiedInfo", ""),
    ] {
        assert_eq!(shown(&instance, "bea", property), value, "{property}");
    }
    sign_in(&instance, "bea", PASSWORD).unwrap();
    let held = |name: &str| instance.engine.sql_privileges(&instance.owner, Some(name)).unwrap().len();
    assert_eq!(held("bea"), 2);
    let how = UserCopy { full_name: "Cleo".to_owned(), sql_system: false, sql_objects: true };
    copy("cleo", &how, Some(&secret("a password of hers"))).unwrap();
    assert_eq!((shown(&instance, "cleo", "FullName"), held("cleo")), ("Cleo".to_owned(), 1));
    sign_in(&instance, "cleo", "a password of hers").unwrap();
    copy("dora", &UserCopy { sql_objects: false, ..how.clone() }, None).unwrap();
    assert_eq!(held("dora"), 0);

    for (name, new, expected) in [
        ("nobody", "eli", Code::UserDoesNotExist),
        ("ann", "BEA", Code::UserAlreadyExists),
        ("ann", "Reader", Code::UserAndRoleSameName),
        ("ann", "a*b", Code::InvalidUserName),
        ("_Ensemble", "eli", Code::InvalidPassword),
        ("operator", "eli", Code::InvalidPassword),
    ] {
        let refused = instance.engine.copy_user(&instance.owner, name, new, &UserCopy::default(), None);
        assert_eq!(code(refused), expected, "{name} to {new}");
    }
    let own = secret("a password of its own");
    let done =
        instance.engine.copy_user(&instance.owner, "_Ensemble", "eli", &UserCopy::default(), Some(&own));
    done.unwrap();
    sign_in(&instance, "eli", "a password of its own").unwrap();
    assert!(instance.engine.verify().unwrap().is_clean());
}

/// Cases 14 and 15 of `security-users.md` section 12.
#[test]
fn passwords_are_marked_for_those_selected() {
    let instance = instance();
    create(&instance, "far", &[("Flags", "2")], None).unwrap();
    modify(&instance, "anna", &[("PasswordNeverExpires", "1")]).unwrap();
    let mark = |names: &str, expired| {
        let names = Selection::new(names, Matching::Exact);
        instance.engine.mark_passwords(&instance.owner, &names, expired).unwrap().entries.len()
    };
    assert_eq!(mark("ANN,anna,far,nobody", true), 1);
    assert_eq!(shown(&instance, "ann", "ChangePassword"), "1");
    assert_eq!(shown(&instance, "anna", "ChangePassword"), "0", "its password never expires");
    assert_eq!(mark("ann", true), 0, "it is marked already");
    modify(&instance, "anna", &[("ChangePassword", "1")]).unwrap();
    assert!(mark("*", false) >= 2);
    for name in ["ann", "anna", "joanna", "_SYSTEM"] {
        assert_eq!(shown(&instance, name, "ChangePassword"), "0", "{name}");
    }
    assert_eq!(mark("*", false), 0);
}

#[test]
fn users_change_their_own_password_by_the_old_one() {
    let instance = instance();
    modify(&instance, "joanna", &[("ChangePassword", "1")]).unwrap();
    let change = |name: &str, old: &str, new: &str| {
        instance.engine.change_password(name, &secret(old), &secret(new), Door::Library, None)
    };
    assert_eq!(change("joanna", "wrong", "a new password").err(), Some(Refusal::NotAdmitted));
    assert_eq!(change("nobody", "wrong", "a new password").err(), Some(Refusal::NotAdmitted));
    assert_eq!(code(change("joanna", PASSWORD, "x")), Code::PasswordDoesNotMatch);
    assert_eq!(sign_in(&instance, "joanna", PASSWORD).err(), Some(Refusal::PasswordChangeRequired));
    change("JOANNA", PASSWORD, "a new password").unwrap();
    sign_in(&instance, "joanna", "a new password").unwrap();
    assert_eq!(shown(&instance, "joanna", "ChangePassword"), "0");
    assert_eq!(shown(&instance, "joanna", "LastModifiedUsername"), "joanna");
    instance.carry(modify_user("joanna", "Enabled", "0"));
    assert_eq!(change("joanna", "a new password", "another new one").err(), Some(Refusal::NotAdmitted));
}

#[test]
fn earlier_passwords_are_refused_as_long_as_the_setting_says() {
    let instance = instance();
    let set = |password: &str| instance.engine.set_password(&instance.owner, "ann", &secret(password), false);
    set("password one").unwrap();
    set("password one").unwrap();
    instance.set("PasswordHistory", "2");
    assert_eq!(code(set("password one")), Code::PasswordDoesNotMatch, "it is the one of now");
    for new in ["password two", "password three"] {
        set(new).unwrap();
        assert_eq!(code(set(new)), Code::PasswordDoesNotMatch);
        assert_eq!(code(set("password one")), Code::PasswordDoesNotMatch, "after {new}");
    }
    set("password four").unwrap();
    set("password one").unwrap();
    instance.set("PasswordHistory", "0");
    set("password one").unwrap();
}

/// A routine that refuses passwords with the name of the user, as the sample of the manual does.
struct NoNames;

impl Validation for NoNames {
    fn validate(&self, routine: &str, user: &str, password: &Secret) -> Result<(), String> {
        match routine {
            "NoNames" if password.expose().contains(user) => Err("the name\nis in it".to_owned()),
            "NoNames" => Ok(()),
            _ => Err("no such routine".to_owned()),
        }
    }
}

#[test]
fn the_routine_of_a_site_has_the_last_word() {
    let instance = instance();
    instance.set("PasswordValidationRoutine", "NoNames");
    let refused = create(&instance, "Bob", &[], Some("about bob it is"));
    assert_eq!(code(refused), Code::PasswordValidationFailed, "none can be asked");
    let Instance { engine, owner, bench, store, events } = instance;
    let instance = Instance { engine: engine.with_validation(NoNames), owner, bench, store, events };
    let refused = create(&instance, "Bob", &[], Some("about bob it is")).unwrap_err().to_string();
    assert_eq!(refused, "ERROR #1446: Password validation failed (the name\\u{a}is in it)");
    assert_eq!(
        code(create(&instance, "Bob", &[], Some("x"))),
        Code::PasswordDoesNotMatch,
        "the pattern is first"
    );
    create(&instance, "Bob", &[], Some("about nobody")).unwrap();
    instance.set("PasswordValidationRoutine", "Other");
    let refused = instance.engine.validate_password("bob", &secret("about nobody"));
    assert_eq!(code(refused), Code::PasswordValidationFailed);
}

#[test]
fn validate_password_asks_the_same_rules() {
    let instance = instance();
    instance.set("PasswordPattern", "8.8N");
    for (password, good) in [("12345678", true), ("1234567a", false), ("123456789", false)] {
        assert_eq!(instance.engine.validate_password("User", &secret(password)).is_ok(), good, "{password}");
    }
}

/// Case 16 and `security-users.md` section 8.
#[test]
fn queries_select_and_order() {
    let instance = instance();
    let named = |query: UserQuery| -> Vec<String> {
        let rows = instance.engine.users(&instance.owner, &query).unwrap();
        rows.iter().map(|row| row.get("Name").unwrap().text()).collect()
    };
    let by =
        |names: &str, matching| UserQuery { names: Selection::new(names, matching), ..UserQuery::default() };
    assert_eq!(named(by("ann", Matching::Beginning)), ["ann", "anna"]);
    assert_eq!(named(by("ANN", Matching::Containing)), ["ann", "anna", "joanna"]);
    assert_eq!(named(by("jo*", Matching::Exact)), ["joanna"]);
    let roles = |roles: &str| UserQuery { roles: roles.to_owned(), ..UserQuery::default() };
    assert_eq!(named(roles("reader")), ["anna"], "held directly");
    assert_eq!(named(roles("Reader,Writer,NoSuch")), ["ann", "anna"]);
    assert_eq!(named(roles("NoSuch")), [""; 0]);
    let all = named(UserQuery::default());
    assert_eq!(named(roles("Reader,*")), all);
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(all, sorted, "capital letters come first");
    // Who never logged in is always older; the owner has.
    let others: Vec<String> = all.iter().filter(|name| *name != crate::bench::OWNER).cloned().collect();
    assert_eq!(named(UserQuery { last_login_older_than: 10, ..UserQuery::default() }), others);
}

#[test]
fn queries_have_the_documented_columns() {
    let instance = instance();
    instance.carry_all([
        role("Boss", "", "Writer"),
        add_roles("ann", "Boss"),
        remove_roles("ann", "Writer"),
        modify_user("ann", "NameSpace", "USER"),
    ]);
    assert_eq!(LIST, ["Name", "Enabled", "Roles", "LastLoginTime", "Flags"]);
    assert_eq!(DETAIL.len(), 34);
    for (detail, columns) in [(false, &LIST[..]), (true, &DETAIL[..])] {
        let query =
            UserQuery { names: Selection::new("ann", Matching::Exact), detail, ..UserQuery::default() };
        let row = instance.engine.users(&instance.owner, &query).unwrap().remove(0);
        assert_eq!(row.iter().map(|(name, _)| name).collect::<Vec<_>>(), columns);
        assert_eq!(row.get("Roles").unwrap().text(), "Boss");
        if detail {
            assert_eq!(row.get("GrantedRoles").unwrap().text(), "Writer,Reader");
            assert_eq!(row.get("Namespace").unwrap().text(), "USER");
            assert_eq!(row.get("Type").unwrap().text(), "Password user");
        }
    }
}

#[test]
fn sets_of_roles_and_resources() {
    let instance = instance();
    instance.carry_all([role("Guest", "", ""), modify_user("_PUBLIC", "Roles", "Guest")]);
    assert_eq!(instance.engine.role_set(&instance.owner, "ann").unwrap(), ["Writer", "Guest", "Reader"]);
    let held = |set: Vec<(String, sclera_core::permission::Permissions)>| {
        set.iter().map(|(name, held)| format!("{name}:{held}")).collect::<Vec<_>>().join(",")
    };
    assert_eq!(held(instance.engine.resource_set(&instance.owner, "ann").unwrap()), "AppData:RW");
    let of_roles = |roles| instance.engine.resource_set_of_roles(&instance.owner, roles);
    assert_eq!(held(of_roles("Reader").unwrap()), "AppData:R");
    assert_eq!(code(of_roles("Reader,NoSuch")), Code::RoleDoesNotExist);
    let all = of_roles("%All").unwrap();
    assert!(all.iter().all(|(name, held)| name != "%Secure_Break" && held.to_string() == "RWU"));
    assert_eq!(instance.engine.recursed_roles(&instance.owner, "writer").unwrap(), ["Writer", "Reader"]);
}

#[test]
fn existence_is_told_to_those_who_may_know() {
    let instance = instance();
    let ann = instance.log_in("ann").unwrap();
    assert!(instance.engine.exists(&instance.owner, Kind::User, "ANNA").unwrap());
    assert!(!instance.engine.exists(&instance.owner, Kind::User, "nobody").unwrap());
    assert!(instance.engine.exists(&ann, Kind::User, "Ann").unwrap());
    assert!(matches!(instance.engine.exists(&ann, Kind::User, "anna"), Err(Refusal::NotPrivileged { .. })));
}

/// `AddRoles` with `Admin`, and roles whose right to be passed on goes with them.
#[test]
fn roles_may_be_given_to_be_passed_on() {
    let instance = instance();
    let change = |list, edit, roles: &str| {
        instance.carry(Change::ChangeRoles { user: "ann".to_owned(), list, edit, roles: roles.to_owned() });
    };
    change(RoleList::LoginWithAdmin, Edit::Add, "READER");
    assert_eq!(shown(&instance, "ann", "Roles"), "Writer,Reader");
    change(RoleList::Escalation, Edit::Add, "writer,Writer");
    assert_eq!(shown(&instance, "ann", "EscalationRoles"), "Writer");
    change(RoleList::Escalation, Edit::Remove, "Reader,Writer");
    assert_eq!(shown(&instance, "ann", "EscalationRoles"), "");
    create(&instance, "bob", &[("Roles", "Reader"), ("RolesAreAdmin", "1")], None).unwrap();
    assert_eq!(code(create(&instance, "cyd", &[("RolesAreAdmin", "maybe")], None)), Code::NotABoolean);
}

#[test]
fn holding_everything_is_followed() {
    let instance = instance();
    modify(&instance, "ann", &[("Roles", "Reader,%ALL")]).unwrap();
    assert_eq!(
        (shown(&instance, "ann", "SuperUser").as_str(), shown(&instance, "ann", "Roles").as_str()),
        ("1", "Reader,%All")
    );
    modify(&instance, "ann", &[("SuperUser", "0")]).unwrap();
    assert_eq!(shown(&instance, "ann", "SuperUser"), "1", "it follows from the roles");
    instance.carry(remove_roles("ann", "%All"));
    assert_eq!(shown(&instance, "ann", "SuperUser"), "0");
}

// The helpdesk.

fn with_helpdesk() -> (Instance, Session) {
    let instance = instance();
    instance.carry_all([
        role("Helpdesk", "%Admin_UserEdit:U", ""),
        role("Support", "", "Helpdesk,Reader"),
        user("help", "Support"),
        user("boss", "%All"),
    ]);
    let help = instance.log_in("help").unwrap();
    (instance, help)
}

fn reset(instance: &Instance, session: &Session, name: &str) -> Result<Receipt, Refusal> {
    instance.engine.set_password(session, name, &secret("a fresh password"), true)
}

#[test]
fn the_helpdesk_helps_those_that_hold_no_more() {
    let (instance, help) = with_helpdesk();
    for name in ["joanna", "anna"] {
        reset(&instance, &help, name).unwrap();
        assert_eq!(sign_in(&instance, name, "a fresh password").err(), Some(Refusal::PasswordChangeRequired));
        instance.engine.unlock_user(&help, name).unwrap();
    }
    assert_eq!(shown(&instance, "anna", "LastModifiedUsername"), "help");
    assert_eq!(code(reset(&instance, &help, "nobody")), Code::UserDoesNotExist);
}

#[test]
fn the_helpdesk_gains_nothing_by_a_reset() {
    let (instance, help) = with_helpdesk();
    instance.carry_all([user("quiet", ""), user("sql", "")]);
    let match_rule = Properties::new().with("MatchRoles", "Match:Writer");
    let select = |grantee: &str| Change::GrantSql {
        target: SqlTarget::new("USER", Some(("table", "Sample.Person")), "SELECT").unwrap(),
        grantee: grantee.to_owned(),
        grantable: false,
    };
    instance.carry_all([
        role("Match", "", ""),
        role("Tables", "", ""),
        user("matched", "Match"),
        user("sqlrole", "Tables"),
        Change::CreateApplication { name: "/app".to_owned(), properties: match_rule },
        select("sql"),
        select("Tables"),
        modify_user("quiet", "EscalationRoles", "%Manager"),
    ]);
    let before = instance.engine.state().unwrap().revision;
    for name in
        ["ann", "boss", "operator", "_SYSTEM", "UnknownUser", "help", "quiet", "matched", "sql", "sqlrole"]
    {
        let refused = reset(&instance, &help, name);
        assert!(matches!(refused, Err(Refusal::NotPrivileged { .. })), "{name}: {refused:?}");
        let event = instance.last_event();
        assert_eq!((event.event[2].as_str(), event.user.as_str()), ("AccessDenied", "help"), "{name}");
        assert!(instance.engine.unlock_user(&help, name).is_err(), "{name}");
    }
    assert_eq!(instance.engine.state().unwrap().revision, before);
    // What it holds itself by SQL is no more.
    instance.carry_all([select("help"), modify_role("Match", "Description", "x")]);
    reset(&instance, &help, "sql").unwrap();
    reset(&instance, &help, "sqlrole").unwrap();
}

#[test]
fn the_helpdesk_can_do_nothing_else() {
    let (instance, help) = with_helpdesk();
    let before = instance.engine.state().unwrap();
    for refused in [
        instance.engine.submit(&help, add_roles("joanna", "Reader")),
        instance.engine.submit(&help, modify_user("joanna", "Roles", "Reader")),
        instance.engine.submit(&help, delete_user("joanna")),
        instance.engine.create_user(&help, "new", &Properties::new(), None),
        instance.engine.copy_user(&help, "joanna", "new", &UserCopy::default(), None),
        instance.engine.modify_user(&help, "joanna", &Properties::new(), Some(&secret("a fresh password"))),
        instance.engine.mark_passwords(&help, &Selection::all(), true),
    ] {
        assert!(matches!(refused, Err(Refusal::NotPrivileged { .. })), "{refused:?}");
    }
    assert_eq!(instance.engine.state().unwrap().revision, before.revision);
}

#[test]
fn the_helpdesk_does_not_enable_what_an_administrator_disabled() {
    let (instance, help) = with_helpdesk();
    instance.carry(modify_user("joanna", "Enabled", "0"));
    assert!(!instance.engine.unlock_user(&help, "joanna").unwrap().has_changed());
    assert_eq!(shown(&instance, "joanna", "Enabled"), "0");
    assert!(instance.engine.unlock_user(&instance.owner, "joanna").unwrap().has_changed());
    assert_eq!(shown(&instance, "joanna", "Enabled"), "1");
}
