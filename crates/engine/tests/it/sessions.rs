//! Who is admitted, what a session goes on holding, and what those without privileges may do.

use crate::bench::{Instance, OWNER, PASSWORD, code, field, kept, owner, secret, somebody, user};
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_core::selection::Selection;
use sclera_core::status::{Code, Status};
use sclera_core::user::{Credential, PUBLIC};
use sclera_engine::administer::{Asked, Mode, Request};
use sclera_engine::admission::OsCaller;
use sclera_engine::inspect::UserFilter;
use sclera_engine::{Door, Refusal, Session};
use sclera_exchange::Document;
use sclera_testkit::world::{
    add_roles, delete_resource, delete_role, delete_user, modify_resource, modify_role, modify_user,
    remove_roles, resource, role,
};

/// World W1 of `authorization.md` section 28; everybody has a password.
fn w1() -> Instance {
    let instance = Instance::new();
    instance.carry_all([
        user("eve", "%All"),
        resource("AppData", ""),
        resource("AppRun", ""),
        resource("Pub", "R"),
        resource("%DB_SALES", ""),
        role("Clerk", "AppData:R,AppRun:U", ""),
        role("Boss", "AppData:RW", "Clerk"),
        role("Chief", "", "Boss"),
        role("Empty", "", ""),
        user("ann", "Clerk"),
        user("bob", "Boss"),
        user("cyd", "Chief"),
        user("dan", ""),
        user("fay", "%DB_SALES"),
    ]);
    instance
}

// What a session goes on holding (section 15).

/// Vector 17: TIM-1.
#[test]
fn a_session_keeps_what_its_roles_held() {
    let w1 = w1();
    let before = w1.log_in("ann").unwrap();
    w1.carry(modify_role("Clerk", "Resources", "AppRun:U"));
    assert_eq!(w1.check(&before, "AppData"), "READ", "the old session");
    assert_eq!(w1.check(&w1.log_in("ann").unwrap(), "AppData"), "", "a new one");
    w1.carry(modify_role("Clerk", "Resources", "AppData:RWU"));
    assert_eq!(w1.check(&before, "AppData"), "READ", "the old session gains nothing either");
    assert_eq!(w1.check(&before, "AppRun"), "USE");
}

#[test]
fn a_session_keeps_its_roles() {
    let w1 = w1();
    let (ann, dan) = (w1.log_in("ann").unwrap(), w1.log_in("dan").unwrap());
    w1.carry_all([remove_roles("ann", "Clerk"), add_roles("dan", "Boss")]);
    assert_eq!((w1.check(&ann, "AppData"), ann.roles()), ("READ".to_owned(), "Clerk".to_owned()));
    assert_eq!((w1.check(&dan, "AppData"), dan.roles()), (String::new(), String::new()));
    let (ann, dan) = (w1.log_in("ann").unwrap(), w1.log_in("dan").unwrap());
    assert_eq!((w1.check(&ann, "AppData").as_str(), w1.check(&dan, "AppData").as_str()), ("", "READ,WRITE"));
}

#[test]
fn a_session_outlives_its_account() {
    let w1 = w1();
    let (ann, bob) = (w1.log_in("ann").unwrap(), w1.log_in("bob").unwrap());
    w1.carry_all([delete_user("ann"), modify_user("bob", "Enabled", "0")]);
    assert_eq!(w1.check(&ann, "AppData"), "READ");
    assert_eq!(w1.check(&bob, "AppData"), "READ,WRITE");
    assert_eq!(w1.log_in("ann").err(), Some(Refusal::NotAdmitted));
    assert_eq!(w1.log_in("bob").err(), Some(Refusal::NotAdmitted));
}

#[test]
fn a_session_keeps_what_was_public() {
    let w1 = w1();
    let dan = w1.log_in("dan").unwrap();
    w1.carry_all([
        modify_resource("Pub", "PublicPermission", ""),
        modify_resource("AppData", "PublicPermission", "R"),
    ]);
    assert_eq!((w1.check(&dan, "Pub").as_str(), w1.check(&dan, "AppData").as_str()), ("READ", ""));
    let dan = w1.log_in("dan").unwrap();
    assert_eq!((w1.check(&dan, "Pub").as_str(), w1.check(&dan, "AppData").as_str()), ("", "READ"));
}

/// Vector 18: TIM-2.
#[test]
fn a_deleted_resource_is_gone_at_once() {
    let w1 = w1();
    let (ann, dan, eve) = (w1.log_in("ann").unwrap(), w1.log_in("dan").unwrap(), w1.log_in("eve").unwrap());
    w1.carry_all([delete_resource("AppData"), delete_resource("Pub")]);
    assert_eq!(w1.check(&ann, "AppData"), "");
    assert_eq!(w1.engine.check(&ann, "AppData", Some("READ")).unwrap().to_string(), "0");
    assert_eq!(w1.check(&dan, "Pub"), "", "public permissions go with it");
    assert_eq!(w1.check(&eve, "AppData"), "READ,WRITE,USE", "holders of %All reach what it protected");
    assert_eq!(w1.check(&ann, "AppRun"), "USE", "nothing else goes");
    w1.carry_all([resource("AppData", "RWU"), resource("Pub", "R")]);
    assert_eq!(w1.check(&ann, "AppData"), "", "one of the same name is another");
    assert_eq!(w1.check(&w1.log_in("ann").unwrap(), "AppData"), "READ,WRITE,USE", "by what is public");
}

/// Vector 19: TIM-2.
#[test]
fn a_deleted_role_is_gone_at_once() {
    let w1 = w1();
    let (ann, bob, cyd) = (w1.log_in("ann").unwrap(), w1.log_in("bob").unwrap(), w1.log_in("cyd").unwrap());
    w1.carry(delete_role("Clerk"));
    assert_eq!(w1.check(&ann, "AppRun"), "");
    assert_eq!(w1.check(&bob, "AppRun"), "", "nor does it count where another role grants it");
    assert_eq!(w1.check(&cyd, "AppData"), "READ,WRITE", "nothing else goes");
    w1.carry(delete_role("Boss"));
    assert_eq!(w1.check(&cyd, "AppData"), "", "and it leads nowhere");
    w1.carry(role("Clerk", "AppData:RWU,AppRun:RWU", ""));
    assert_eq!(w1.check(&ann, "AppRun"), "", "one of the same name is another");
    assert_eq!(w1.check(&w1.log_in("ann").unwrap(), "AppRun"), "", "and ann does not hold it");
}

/// TIM-5, Q22.
#[test]
fn a_setting_makes_definitions_count_at_once() {
    let w1 = w1();
    let ann = w1.log_in("ann").unwrap();
    w1.carry(modify_role("Clerk", "Resources", "AppRun:U"));
    assert_eq!(w1.check(&ann, "AppData"), "READ");
    w1.set("RoleChangesAtOnce", "1");
    assert_eq!(w1.check(&ann, "AppData"), "", "the definition of now");
    w1.carry_all([resource("New", ""), modify_role("Clerk", "Resources", "AppData:W,New:U")]);
    assert_eq!((w1.check(&ann, "AppData").as_str(), w1.check(&ann, "New").as_str()), ("WRITE", "USE"));
    w1.carry(add_roles("ann", "Boss"));
    assert_eq!(
        (w1.check(&ann, "AppRun").as_str(), ann.roles().as_str()),
        ("", "Clerk"),
        "roles are those of the login"
    );
    w1.set("RoleChangesAtOnce", "0");
    assert_eq!(w1.check(&ann, "AppData"), "READ", "the definition of the login again");
}

/// Vector 16: USR-2.
#[test]
fn everybody_gets_the_roles_of_public_at_login() {
    let w1 = w1();
    let before = w1.log_in("ann").unwrap();
    w1.carry(add_roles(PUBLIC, "Boss"));
    assert_eq!((w1.check(&before, "AppData").as_str(), before.roles().as_str()), ("READ", "Clerk"));
    let ann = w1.log_in("ann").unwrap();
    assert_eq!((w1.check(&ann, "AppData").as_str(), ann.roles().as_str()), ("READ,WRITE", "Clerk,Boss"));
}

/// Q36.
#[test]
fn questions_about_a_user_are_answered_from_the_settings_of_now() {
    let w1 = w1();
    let ann = w1.log_in("ann").unwrap();
    w1.carry(modify_role("Clerk", "Resources", "AppRun:U"));
    let asked =
        |session: &Session| w1.engine.check_user(session, "ann", "AppData", None).unwrap().answer.to_string();
    assert_eq!((w1.check(&ann, "AppData").as_str(), asked(&w1.owner).as_str()), ("READ", ""));
    assert_eq!(asked(&ann), "", "also where she asks herself");
}

#[test]
fn the_privilege_to_administer_is_gone_at_once_with_its_role() {
    let w1 = w1();
    w1.carry_all([role("Security", "%Admin_Secure:U", ""), user("gil", "Security")]);
    let gil = w1.log_in("gil").unwrap();
    assert!(w1.engine.submit(&gil, role("Fresh", "", "")).is_ok());
    w1.carry(delete_role("Security"));
    let refused = Refusal::NotPrivileged { privilege: "%Admin_Secure:USE".to_owned() };
    assert_eq!(w1.engine.submit(&gil, role("Later", "", "")), Err(refused));
}

// Who is admitted.

/// Refused without a reason, and the event log says which.
fn refused(instance: &Instance, outcome: Result<Session, Refusal>, name: &str, service: &str, why: &Status) {
    assert_eq!(outcome.err(), Some(Refusal::NotAdmitted), "{name}: {why}");
    let event = instance.last_event();
    assert_eq!(event.event.join("/"), "%System/%Login/LoginFailure");
    assert_eq!((event.user.as_str(), field(&event, "Service")), (name, service));
    assert_eq!(field(&event, "Status"), why.to_string(), "the event log says why");
}

fn os_refused(instance: &Instance, name: &str, why: &Status) {
    let outcome = instance.engine.admit_os(&somebody(name), Door::Socket);
    refused(instance, outcome, name, "%Service_Terminal", why);
    let event = instance.last_event();
    assert_eq!((field(&event, "OSUsername"), field(&event, "Door")), (name, "socket"));
}

fn password_refused(instance: &Instance, name: &str, password: &str, why: &Status) {
    let outcome = instance.engine.admit_password(name, &secret(password), Door::Library, Some("os-user"));
    refused(instance, outcome, name, "%Service_Login", why);
    let event = instance.last_event();
    assert_eq!((field(&event, "OSUsername"), field(&event, "Door")), ("os-user", "library"));
}

fn unknown(name: &str) -> Status {
    Status::new(Code::UserDoesNotExist, [name])
}

/// What the audit trail says of a wrong password.
fn wrong_password() -> Status {
    Status::new(Code::AuthenticationFailed, ["Password"]).caused_by(Status::plain(Code::InvalidPassword))
}

/// Refused before anybody was named: one record a minute, without a name (`services.md` DEC-S20).
fn closed(instance: &Instance, outcome: Result<Session, Refusal>, service: &str, why: &Status) {
    refused(instance, outcome, "", service, why);
    instance.bench.turn_seconds(60);
}

fn service(name: &str, property: &str, value: &str) -> Change {
    Change::ModifyService { name: name.to_owned(), properties: Properties::new().with(property, value) }
}

#[test]
fn whoever_owns_the_files_is_the_owner() {
    let w1 = w1();
    let session = w1.engine.admit_os(&owner(), Door::Command).unwrap();
    assert_eq!((session.user(), session.roles().as_str()), (OWNER, "%All"));
    assert_eq!((session.door(), session.os_user()), (Door::Command, Some(OWNER)));
    // It is nobody else's name that counts.
    let renamed = OsCaller { name: Some("ann".to_owned()), owns_instance: true };
    let session = w1.engine.admit_os(&renamed, Door::Command).unwrap();
    assert_eq!((session.user(), session.os_user()), (OWNER, Some("ann")));
    let nameless = OsCaller { name: None, owns_instance: true };
    assert_eq!(w1.engine.admit_os(&nameless, Door::Command).unwrap().user(), OWNER);
}

#[test]
fn nothing_keeps_the_owner_from_its_files() {
    let w1 = w1();
    w1.carry_all([
        service("%Service_Terminal", "Enabled", "0"),
        service("%Service_Terminal", "AutheEnabled", "0"),
        modify_resource("%Service_Terminal", "PublicPermission", ""),
        modify_user(OWNER, "ExpirationDate", "2020-01-01"),
        modify_user(OWNER, "Enabled", "0"),
        remove_roles(OWNER, "%All"),
    ]);
    let session = w1.engine.admit_os(&owner(), Door::Command).unwrap();
    assert_eq!(
        (session.user(), session.roles().as_str()),
        (OWNER, ""),
        "it is let in, and holds no more than it has"
    );
    let eve = w1.log_in("eve").unwrap();
    let required = Change::ModifySystem { properties: Properties::new().with("RequiredRole", "Clerk") };
    w1.engine.submit(&eve, required).unwrap();
    assert_eq!(
        w1.engine.admit_os(&owner(), Door::Command).unwrap().user(),
        OWNER,
        "nor is the required role asked"
    );
}

#[test]
fn the_owners_account_is_like_any_other_elsewhere() {
    let w1 = w1();
    let elsewhere = || w1.engine.admit_os(&somebody(OWNER), Door::Socket);
    assert_eq!(elsewhere().unwrap().user(), OWNER);
    w1.carry_all([modify_resource("%Service_Terminal", "PublicPermission", ""), remove_roles(OWNER, "%All")]);
    let eve = w1.log_in("eve").unwrap();
    assert_eq!(elsewhere().err(), Some(Refusal::NotAdmitted));
    w1.engine.submit(&eve, modify_user(OWNER, "Enabled", "0")).unwrap();
    assert_eq!(elsewhere().err(), Some(Refusal::NotAdmitted));
}

#[test]
fn others_need_an_account_that_can_be_used() {
    let w1 = w1();
    let by_os = Status::new(Code::AuthenticationFailed, ["O/S"]);
    os_refused(&w1, "nobody", &by_os.caused_by(unknown("nobody")));
    let session = w1.engine.admit_os(&somebody("ANN"), Door::Socket).unwrap();
    assert_eq!((session.user(), session.os_user()), ("ann", Some("ANN")), "spelled as it was made");
    assert_eq!(w1.check(&session, "AppData"), "READ");
    let nameless = OsCaller { name: None, owns_instance: false };
    assert_eq!(w1.engine.admit_os(&nameless, Door::Socket).err(), Some(Refusal::NotAdmitted));
    os_refused(&w1, PUBLIC, &Status::new(Code::UserDisabled, [PUBLIC]));
    w1.carry(modify_user("ann", "Enabled", "0"));
    os_refused(&w1, "ann", &Status::new(Code::UserDisabled, ["ann"]));
    w1.carry(modify_user("bob", "ExpirationDate", "2026-11-22"));
    assert!(w1.engine.admit_os(&somebody("bob"), Door::Socket).is_ok(), "the last day counts");
    w1.bench.turn_days(1);
    os_refused(&w1, "bob", &Status::new(Code::UserExpired, ["bob"]));
}

#[test]
fn the_terminal_must_be_open_to_others() {
    const TERMINAL: &str = "%Service_Terminal";
    let w1 = w1();
    let enter = || w1.engine.admit_os(&somebody("ann"), Door::Socket).map(drop);
    w1.carry(modify_resource(TERMINAL, "PublicPermission", ""));
    os_refused(&w1, "ann", &Status::new(Code::NotAuthorizedForService, [TERMINAL]));
    w1.carry_all([role("Terminal", "%Service_Terminal:U", ""), add_roles("ann", "Terminal")]);
    assert_eq!(enter(), Ok(()));
    w1.carry(service(TERMINAL, "AutheEnabled", "32"));
    os_refused(&w1, "ann", &Status::plain(Code::NoMechanism));
    w1.carry(service(TERMINAL, "AutheEnabled", "48"));
    w1.set("AutheEnabled", "32");
    os_refused(&w1, "ann", &Status::plain(Code::NoMechanism));
    w1.set("AutheEnabled", "48");
    assert_eq!(enter(), Ok(()));
    w1.carry(service(TERMINAL, "Enabled", "0"));
    let outcome = w1.engine.admit_os(&somebody("ann"), Door::Socket);
    closed(&w1, outcome, TERMINAL, &Status::new(Code::ServiceDisabled, [TERMINAL]));
}

#[test]
fn a_password_admits_its_user_alone() {
    let w1 = w1();
    let session = w1.engine.admit_password("ANN", &secret(PASSWORD), Door::Library, Some("os-user")).unwrap();
    assert_eq!((session.user(), session.roles().as_str()), ("ann", "Clerk"), "spelled as it was made");
    assert_eq!((session.door(), session.os_user()), (Door::Library, Some("os-user")));
    let wrong = wrong_password();
    for password in ["", "PW-OF-EVERYBODY", "pw-of-everybody ", &"x".repeat(512)] {
        password_refused(&w1, "ann", password, &wrong);
    }
    password_refused(&w1, "nobody", PASSWORD, &unknown("nobody"));
    password_refused(&w1, "", PASSWORD, &unknown(""));
    password_refused(&w1, "Clerk", PASSWORD, &unknown("Clerk"));
    // Accounts without a password, and those that never have one.
    let none = |name: &str, credential| Change::CreateUser {
        name: name.to_owned(),
        properties: Properties::new(),
        credential,
    };
    w1.carry_all([none("hal", None), none("ida", Some(Credential::unchangeable()))]);
    for name in ["hal", "ida", OWNER] {
        for password in ["", PASSWORD] {
            password_refused(&w1, name, password, &wrong);
        }
    }
}

#[test]
fn an_account_that_cannot_be_used_is_refused_whatever_the_password() {
    let w1 = w1();
    w1.carry_all([
        modify_user("ann", "Enabled", "0"),
        modify_user("bob", "ExpirationDate", "2026-11-21"),
        modify_user("cyd", "ExpirationDate", "2026-11-22"),
        modify_user("cyd", "ChangePassword", "1"),
    ]);
    password_refused(&w1, "bob", PASSWORD, &Status::new(Code::UserExpired, ["bob"]));
    password_refused(&w1, "bob", "wrong", &wrong_password());
    for password in [PASSWORD, "wrong"] {
        password_refused(&w1, "ann", password, &Status::new(Code::UserDisabled, ["ann"]));
        password_refused(&w1, PUBLIC, password, &Status::new(Code::UserDisabled, [PUBLIC]));
    }
    assert_eq!(w1.log_in("cyd").err(), Some(Refusal::PasswordChangeRequired), "the last day counts");
    w1.bench.turn_days(1);
    password_refused(&w1, "cyd", PASSWORD, &Status::new(Code::UserExpired, ["cyd"]));
}

#[test]
fn a_password_that_must_be_changed_admits_nobody() {
    let w1 = w1();
    w1.carry(modify_user("ann", "ChangePassword", "1"));
    assert_eq!(w1.log_in("ann").err(), Some(Refusal::PasswordChangeRequired));
    let event = w1.last_event();
    assert_eq!(field(&event, "Status"), Status::plain(Code::PasswordChangeRequired).to_string());
    password_refused(&w1, "ann", "wrong", &wrong_password());
    let changed = Properties::new().with("ChangePassword", "0");
    let name = || "ann".to_owned();
    w1.carry(Change::ModifyUser { name: name(), properties: changed, credential: Some(kept("another")) });
    password_refused(&w1, "ann", PASSWORD, &wrong_password());
    assert!(w1.engine.admit_password("ann", &secret("another"), Door::Library, None).is_ok());
}

#[test]
fn passwords_age() {
    let w1 = w1();
    w1.set("PasswordExpirationDays", "30");
    w1.carry(modify_user("bob", "PasswordNeverExpires", "1"));
    w1.bench.turn_days(30);
    assert!(w1.log_in("ann").is_ok());
    w1.bench.turn_days(1);
    assert_eq!(w1.log_in("ann").err(), Some(Refusal::PasswordChangeRequired));
    let event = w1.last_event();
    assert_eq!(field(&event, "Status"), Status::plain(Code::PasswordExpired).to_string());
    assert!(w1.log_in("bob").is_ok());
}

#[test]
fn the_way_in_by_password_must_be_open() {
    const LOGIN: &str = "%Service_Login";
    let w1 = w1();
    w1.carry(modify_resource(LOGIN, "PublicPermission", ""));
    password_refused(&w1, "ann", PASSWORD, &Status::new(Code::NotAuthorizedForService, [LOGIN]));
    assert!(w1.log_in("eve").is_ok(), "%All holds Use");
    w1.carry_all([role("Login", "%Service_Login:U", ""), modify_role("Clerk", "GrantedRoles", "Login")]);
    assert!(w1.log_in("ann").is_ok(), "a role gives Use");
    w1.carry(service(LOGIN, "AutheEnabled", "1024"));
    let by_password =
        |name| w1.engine.admit_password(name, &secret(PASSWORD), Door::Library, Some("os-user"));
    let none = Status::plain(Code::NoMechanism);
    closed(&w1, by_password("ann"), LOGIN, &none);
    closed(&w1, by_password("eve"), LOGIN, &none);
    w1.carry(service(LOGIN, "AutheEnabled", "1056"));
    w1.set("AutheEnabled", "16");
    closed(&w1, by_password("ann"), LOGIN, &none);
    w1.set("AutheEnabled", "48");
    assert!(w1.log_in("ann").is_ok());
    w1.carry(service(LOGIN, "Enabled", "0"));
    let disabled = Status::new(Code::ServiceDisabled, [LOGIN]);
    closed(&w1, by_password("ann"), LOGIN, &disabled);
    closed(&w1, by_password("eve"), LOGIN, &disabled);
    let before = w1.engine.state().unwrap().event_links;
    let _: Vec<_> = (0..9).map(|_| by_password("ann").unwrap_err()).collect();
    assert_eq!(w1.engine.state().unwrap().event_links, before + 1, "one record a minute");
}

/// USR-7, Q12.
#[test]
fn the_required_role_is_asked_of_everybody() {
    let w1 = w1();
    w1.set("RequiredRole", "clerk");
    let missing = Status::new(Code::RequiredRoleMissing, ["clerk"]);
    password_refused(&w1, "dan", PASSWORD, &missing);
    os_refused(&w1, "dan", &missing);
    for name in ["ann", "bob", "cyd", "eve"] {
        assert!(w1.log_in(name).is_ok(), "{name} holds it, directly, through other roles, or by %All");
        assert!(w1.engine.admit_os(&somebody(name), Door::Socket).is_ok(), "{name}");
    }
    assert_eq!(code(w1.engine.submit(&w1.owner, delete_role("Clerk"))), Code::CannotDeleteRole);
    w1.carry(add_roles(PUBLIC, "Clerk"));
    assert!(w1.log_in("dan").is_ok(), "the roles of _PUBLIC are login roles");
}

#[test]
fn refusals_say_all_the_same() {
    let w1 = w1();
    w1.carry(modify_user("bob", "Enabled", "0"));
    let outside: Vec<String> = [("nobody", PASSWORD), ("ann", "wrong"), ("bob", PASSWORD)]
        .into_iter()
        .map(|(name, password)| {
            let refusal =
                w1.engine.admit_password(name, &secret(password), Door::Library, None).err().unwrap();
            format!("{refusal} {refusal:?} {:?}", refusal.number())
        })
        .collect();
    assert!(outside.windows(2).all(|two| two[0] == two[1]), "{outside:?}");
    assert!(!outside[0].contains("nobody") && !outside[0].contains("ann"));
}

// What those without privileges may do.

/// Every use case, asked by somebody about the instance or about others.
fn everything(w1: &Instance, session: &Session) -> Vec<(&'static str, Result<(), Refusal>)> {
    let engine = &w1.engine;
    let filter = || UserFilter { names: Selection::all(), roles: String::new(), detail: true };
    let asked = || Asked { request: Request::Change(resource("New", "RWU")), place: String::new() };
    let merge = || Asked {
        request: Request::Merge {
            kind: Kind::Role,
            name: "New".to_owned(),
            properties: Properties::new(),
            credential: None,
        },
        place: String::new(),
    };
    let mut outcomes = vec![
        ("submit", engine.submit(session, add_roles("dan", "%All")).map(drop)),
        ("submit about oneself", engine.submit(session, modify_user("dan", "FullName", "D")).map(drop)),
        ("a change that comes to nothing", engine.submit(session, remove_roles("dan", "Boss")).map(drop)),
        ("a change that is refused", engine.submit(session, delete_user("nobody")).map(drop)),
        ("submit_all", engine.submit_all(session, [asked(), merge()], Mode::Perform).map(drop)),
        ("nothing at all", engine.submit_all(session, [], Mode::Perform).map(drop)),
        ("rehearse", engine.submit_all(session, [asked()], Mode::Rehearse).map(drop)),
        ("import", engine.import(session, &Document::default(), Mode::Perform).map(drop)),
        ("rehearse an import", engine.import(session, &Document::default(), Mode::Rehearse).map(drop)),
        ("export", engine.export(session, &[Kind::Role]).map(drop)),
        ("export nothing", engine.export(session, &[]).map(drop)),
        ("each_user", engine.each_user(session, &filter(), &mut |_| panic!("a user is shown"))),
        ("show another user", engine.show(session, Kind::User, "ann").map(drop)),
        ("show a role of one's name", engine.show(session, Kind::Role, "dan").map(drop)),
        ("all SQL privileges", engine.sql_privileges(session, None).map(drop)),
        ("one's own SQL privileges", engine.sql_privileges(session, Some("dan")).map(drop)),
        ("role_set", engine.role_set(session, "ann").map(drop)),
        ("resource_set", engine.resource_set(session, "ann").map(drop)),
        ("role_set of nobody", engine.role_set(session, "nobody").map(drop)),
        ("check_user", engine.check_user(session, "ann", "AppData", None).map(drop)),
        ("check_user of nobody", engine.check_user(session, "nobody", "AppData", None).map(drop)),
        ("check_roles", engine.check_roles(session, "Clerk", "AppData", None).map(drop)),
        ("explain", engine.explain(session, "ann", "AppData:R").map(drop)),
        ("explain what is malformed", engine.explain(session, "ann", "AppData").map(drop)),
        ("audit_list", engine.audit_list(session, 10).map(drop)),
        ("audit_verify", engine.audit_verify(session).map(drop)),
    ];
    for kind in crate::bench::KINDS {
        outcomes.push(("list", engine.list(session, kind, &Selection::all()).map(drop)));
        outcomes.push(("show", engine.show(session, kind, "NoSuch").map(drop)));
    }
    outcomes
}

#[test]
fn without_a_privilege_nothing_can_be_asked_or_changed() {
    let w1 = w1();
    let before = w1.engine.state().unwrap();
    for name in ["dan", "cyd"] {
        let session = w1.log_in(name).unwrap();
        let asked = everything(&w1, &session);
        let wanted = Refusal::NotPrivileged { privilege: "%Admin_Secure:USE".to_owned() };
        for (what, outcome) in &asked {
            assert_eq!(outcome, &Err(wanted.clone()), "{what} by {name}");
        }
        let event = w1.last_event();
        assert_eq!(event.event.join("/"), "%System/%Security/AccessDenied");
        assert_eq!((event.user.as_str(), field(&event, "Roles")), (name, session.roles().as_str()));
        assert_eq!(field(&event, "Privilege"), "%Admin_Secure:USE");
        assert!(!field(&event, "EventData").is_empty(), "what was asked");
        let events = w1.engine.state().unwrap().event_links;
        let known = if name == "dan" { before.event_links } else { before.event_links + asked.len() as u64 };
        assert_eq!(events, known + asked.len() as u64, "each refusal is one event");
    }
    let after = w1.engine.state().unwrap();
    assert_eq!(after.revision, before.revision, "nothing was changed");
}

#[test]
fn with_the_privilege_everything_can_be_asked() {
    let w1 = w1();
    w1.carry_all([role("Security", "%Admin_Secure:U", ""), add_roles("dan", "Security")]);
    let session = w1.log_in("dan").unwrap();
    let filter = UserFilter { names: Selection::all(), roles: String::new(), detail: false };
    let mut users = 0;
    w1.engine.each_user(&session, &filter, &mut |_| users += 1).unwrap();
    assert!(users > 6);
    assert!(w1.engine.submit(&session, add_roles("dan", "Boss")).unwrap().has_changed());
    assert_eq!(
        w1.engine.check_user(&session, "bob", "AppData", None).unwrap().answer.to_string(),
        "READ,WRITE"
    );
    let read_alone = role("Reader", "%Admin_Secure:RW", "");
    w1.carry_all([read_alone, add_roles("ann", "Reader")]);
    let ann = w1.log_in("ann").unwrap();
    assert!(w1.engine.list(&ann, Kind::Role, &Selection::all()).is_err(), "Read and Write are not Use");
}

#[test]
fn everybody_may_ask_about_himself() {
    let w1 = w1();
    let before = w1.engine.state().unwrap();
    let ann = w1.log_in("ann").unwrap();
    for name in ["ann", "ANN", " ann "] {
        let answer = w1.engine.check_user(&ann, name, "AppData", Some("READ")).unwrap();
        assert_eq!((answer.answer.to_string().as_str(), answer.known), ("1", true));
        assert!(w1.engine.explain(&ann, name, "AppData:R").unwrap().parts[0].granted);
        assert_eq!(w1.engine.role_set(&ann, name).unwrap(), ["Clerk"]);
        assert_eq!(w1.engine.resource_set(&ann, name).unwrap().len(), 2);
        let shown = w1.engine.show(&ann, Kind::User, name).unwrap();
        assert_eq!(shown.get("Roles").unwrap().text(), "Clerk");
        assert!(shown.iter().all(|(property, _)| property != "Password" && property != "Salt"));
    }
    assert_eq!(w1.engine.check(&ann, "AppRun", Some("USE")).unwrap().to_string(), "1");
    assert_eq!(w1.engine.state().unwrap().event_links, before.event_links, "that is no event");
}
