//! Logging in from code: `authentication.md` section 14 and scenario 25, `authorization.md` 14.1.

use crate::bench::{Instance, PASSWORD, code, field, secret, user};
use sclera_core::change::{Change, Kind};
use sclera_core::process::CodeOrigin;
use sclera_core::property::Properties;
use sclera_core::selection::Selection;
use sclera_core::status::{Code, Status};
use sclera_engine::audit::Log;
use sclera_engine::programmatic::{Escalation, LONGEST_REASON};
use sclera_engine::{Refusal, Session};
use sclera_testkit::world::{add_roles, modify_resource, modify_user, resource, role};

const ESCALATE: &str = "%Service_EscalateLogin";

fn world() -> Instance {
    let world = Instance::new();
    world.carry_all([
        resource("AppData", ""),
        role("Clerk", "AppData:R", ""),
        role("Boss", "AppData:RW", ""),
        role("Chief", "AppData:U", ""),
        role("Writer", "%DB_IRISSYS:RW", ""),
        user("ann", "Clerk"),
        user("bob", "Boss"),
        user("wim", "Writer"),
        modify_user("ann", "EscalationRoles", "Boss,Chief"),
        modify_user("bob", "EscalationRoles", "Chief"),
        modify_resource(ESCALATE, "PublicPermission", "U"),
        modify_resource("%Service_Login", "PublicPermission", "U"),
    ]);
    for event in ["%System/%Login/Login", "%System/%Login/Logout"] {
        let properties = Properties::new().with("Enabled", "1");
        world.carry(Change::ModifyConfig { kind: Kind::Event, name: event.to_owned(), properties });
    }
    world
}

fn service(name: &str, property: &str, value: &str) -> Change {
    Change::ModifyService { name: name.to_owned(), properties: Properties::new().with(property, value) }
}

fn to(role: &str) -> Escalation<'_> {
    Escalation { role: Some(role), reason: "ticket 7\nmine" }
}

impl Instance {
    fn escalate(&self, session: &Session, role: &str, password: &str) -> Result<Session, Refusal> {
        self.engine.escalate(session, to(role), Some(&secret(password)))
    }
}

// Login.

#[test]
fn a_session_becomes_another_user_by_password() {
    let world = world();
    let bob = world.log_in("bob").unwrap();
    let ann = world.engine.login(&bob, "ann", &secret(PASSWORD)).unwrap();
    assert_eq!((ann.user(), ann.roles().as_str()), ("ann", "Clerk"), "it may hold less");
    assert_eq!(world.check(&ann, "AppData"), "READ");
    let event = world.last_event();
    assert_eq!((event.user.as_str(), field(&event, "Service")), ("ann", "%Service_Login"));
    assert_eq!((bob.user(), bob.roles().as_str()), ("bob", "Boss"), "the old one is what it was");
    assert_eq!(world.engine.login(&bob, "ann", &secret("bad")).err(), Some(Refusal::NotAdmitted));
    assert_eq!(world.check(&bob, "AppData"), "READ,WRITE");
    for (property, value) in [("Enabled", "0"), ("ExpirationDate", "2001-01-01")] {
        let world = self::world();
        world.carry(modify_user("ann", property, value));
        let bob = world.log_in("bob").unwrap();
        assert_eq!(world.engine.login(&bob, "ann", &secret(PASSWORD)).err(), Some(Refusal::NotAdmitted));
    }
}

#[test]
fn login_asks_for_use_of_its_service_first() {
    let world = world();
    let bob = world.log_in("bob").unwrap();
    world.carry(modify_resource("%Service_Login", "PublicPermission", ""));
    let refused = Refusal::NotPrivileged { privilege: "%Service_Login:USE".to_owned() };
    let failures = |name| world.engine.logins(&world.owner, name).unwrap().invalid_attempts;
    assert_eq!(world.engine.login(&bob, "ann", &secret("bad")).err(), Some(refused));
    assert_eq!(failures("ann"), 0, "no password was looked at");
    assert_eq!(world.last_event().event[2], "AccessDenied");
}

/// DEC-A35, PRC-13.
#[test]
fn who_may_write_the_system_database_vouches_for_others() {
    let world = world();
    let (bob, wim) = (world.log_in("bob").unwrap(), world.log_in("wim").unwrap());
    let refused = Refusal::NotPrivileged { privilege: "%DB_IRISSYS:WRITE".to_owned() };
    let vouched = |session, code| world.engine.login_vouched(session, "ann", code);
    assert_eq!(vouched(&bob, CodeOrigin::Elsewhere).err(), Some(refused));
    for ann in [vouched(&bob, CodeOrigin::SystemDatabase), vouched(&wim, CodeOrigin::Elsewhere)] {
        let ann = ann.unwrap();
        assert_eq!((ann.user(), ann.roles().as_str()), ("ann", "Clerk"));
        assert_eq!(
            world.escalate(&ann, "Boss", PASSWORD).err(),
            Some(Refusal::NotAdmitted),
            "there is no proof that could be given again"
        );
    }
    world.carry(modify_user("ann", "Enabled", "0"));
    assert_eq!(vouched(&wim, CodeOrigin::Elsewhere).err(), Some(Refusal::NotAdmitted), "nor is the account");
    world.carry(service("%Service_Login", "Enabled", "0"));
    assert_eq!(vouched(&wim, CodeOrigin::Elsewhere).err(), Some(Refusal::NotAdmitted));
}

/// Operators see where directories are, for as long as their session lives.
#[test]
fn an_operator_whose_session_ended_sees_nothing() {
    let world = world();
    world.carry(user("ola", "%Operator"));
    let ola = world.log_in("ola").unwrap();
    let listed = |kind| world.engine.list(&ola, kind, &Selection::all());
    assert!(listed(Kind::LdapConfig).is_ok() && listed(Kind::SslConfig).is_err());
    assert_eq!(world.engine.end_sessions(&world.owner, &ola.about().id).unwrap(), 1);
    assert_eq!(listed(Kind::LdapConfig).err(), Some(Refusal::SessionEnded));
}

#[test]
fn who_was_begun_from_a_session_ends_with_it() {
    let world = world();
    let bob = world.log_in("bob").unwrap();
    let ann = world.engine.login(&bob, "ann", &secret(PASSWORD)).unwrap();
    let boss = world.escalate(&ann, "Boss", PASSWORD).unwrap();
    assert_eq!(world.engine.end_sessions(&world.owner, &bob.about().id).unwrap(), 1);
    for session in [&bob, &ann, &boss] {
        assert_eq!(world.engine.check(session, "AppData", None).err(), Some(Refusal::SessionEnded));
        assert_eq!(
            world.engine.check_user(session, session.user(), "AppData", None).err(),
            Some(Refusal::SessionEnded)
        );
        assert_eq!(
            world.engine.explain(session, session.user(), "AppData:R").err(),
            Some(Refusal::SessionEnded)
        );
        assert_eq!(world.engine.namespaces(session).err(), Some(Refusal::SessionEnded));
    }
    let listed = world.engine.sessions(&world.owner).unwrap();
    assert!(listed.iter().all(|session| session.user != "ann"), "{listed:?}");
}

// EscalateLogin.

/// ESC-1, ESC-2, ESC-7.
#[test]
fn an_escalation_role_takes_the_place_of_all_others() {
    let world = world();
    let ann = world.log_in("ann").unwrap();
    assert_eq!(world.check(&ann, "AppData"), "READ", "it gives nothing until it is taken");
    let boss = world.escalate(&ann, "boss", PASSWORD).unwrap();
    assert_eq!((boss.user(), boss.roles().as_str(), boss.is_escalated()), ("ann", "Boss", true));
    assert_eq!(world.check(&boss, "AppData"), "READ,WRITE");
    let event = world.last_event();
    assert_eq!(event.event.join("/"), "%System/%Login/Login");
    assert_eq!((field(&event, "Service"), field(&event, "Roles")), (ESCALATE, "Boss"));
    assert_eq!(
        field(&event, "EventData"),
        "Service: %Service_EscalateLogin\r\nEscalation role: Boss\r\nReason: ticket 7\\u{a}mine\r\n"
    );
    let chief = world.escalate(&boss, "Chief", PASSWORD).unwrap();
    assert_eq!((chief.roles().as_str(), world.check(&chief, "AppData").as_str()), ("Chief", "USE"));
    let back = world.engine.leave_escalation(chief.clone()).unwrap();
    assert_eq!((back.roles().as_str(), back.is_escalated()), ("Clerk", false));
    assert_eq!(world.check(&back, "AppData"), "READ");
    let event = world.last_event();
    assert_eq!((event.event[2].as_str(), field(&event, "Service")), ("Logout", ESCALATE));
    assert_eq!(world.engine.check(&chief, "AppData", None).err(), Some(Refusal::SessionEnded), "it was left");
}

#[test]
fn a_change_of_the_role_taken_is_a_logout_and_a_login() {
    let world = world();
    let boss = world.escalate(&world.log_in("ann").unwrap(), "Boss", PASSWORD).unwrap();
    let _ = world.escalate(&boss, "Chief", PASSWORD).unwrap();
    let mut listed = world.engine.audit_list(&world.owner, 100).unwrap();
    listed.retain(|placed| placed.log == Log::Events);
    let events: Vec<String> = listed.iter().map(|placed| format!("{:?}", placed.record)).collect();
    let told =
        |event: &str, role: &str| format!("\"{event}\"], user: \"ann\", fields: [(\"Roles\", \"{role}\")");
    for (event, wanted) in
        events.iter().zip([told("Login", "Chief"), told("Logout", "Boss"), told("Login", "Boss")])
    {
        assert!(event.contains(&wanted), "{wanted} in {event}");
    }
}

/// ESC-3, ESC-8.
#[test]
fn an_escalation_needs_service_role_and_proof() {
    let world = world();
    let ann = world.log_in("ann").unwrap();
    assert_eq!(world.escalate(&ann, "Boss", "bad").err(), Some(Refusal::NotAdmitted));
    assert_eq!(world.engine.logins(&world.owner, "ann").unwrap().invalid_attempts, 1, "it counts");
    assert_eq!(world.engine.escalate(&ann, to("Boss"), None).err(), Some(Refusal::NotAdmitted));
    for (wrong, why) in [("Writer", "it is not in the list"), ("NoSuch", "there is none")] {
        assert_eq!(world.escalate(&ann, wrong, PASSWORD).err(), Some(Refusal::NotAdmitted), "{why}");
        let event = world.last_event();
        let status = Status::new(Code::UnableToAddRole, ["ann", wrong]).to_string();
        assert_eq!((event.event[2].as_str(), field(&event, "Status")), ("LoginFailure", status.as_str()));
    }
    assert_eq!(world.check(&ann, "AppData"), "READ", "nothing has changed");
    let long = "x".repeat(LONGEST_REASON + 1);
    let asked = Escalation { role: Some("Boss"), reason: &long };
    assert_eq!(code(world.engine.escalate(&ann, asked, Some(&secret(PASSWORD)))), Code::General);
    // One role needs no name; of several it does.
    let bob = world.log_in("bob").unwrap();
    let only = world.engine.escalate(&bob, Escalation::default(), Some(&secret(PASSWORD))).unwrap();
    assert_eq!(only.roles(), "Chief");
    let several = world.engine.escalate(&ann, Escalation::default(), Some(&secret(PASSWORD)));
    assert!(several.err().unwrap().to_string().contains("Boss, Chief"));
    let none = world.log_in("wim").unwrap();
    assert_eq!(code(world.engine.escalate(&none, Escalation::default(), None)), Code::General);
    world.carry(service(ESCALATE, "AutheEnabled", "16"));
    assert_eq!(world.escalate(&ann, "Boss", PASSWORD).err(), Some(Refusal::NotAdmitted), "not by password");
    world.carry(service(ESCALATE, "AutheEnabled", "1056"));
    world.carry(service(ESCALATE, "Enabled", "0"));
    assert_eq!(world.escalate(&ann, "Boss", PASSWORD).err(), Some(Refusal::NotAdmitted), "it is off");
    world.carry(service(ESCALATE, "Enabled", "1"));
    world.carry(modify_user("ann", "Enabled", "0"));
    assert_eq!(world.escalate(&ann, "Boss", PASSWORD).err(), Some(Refusal::NotAdmitted), "so is the account");
    world.carry(modify_resource(ESCALATE, "PublicPermission", ""));
    let refused = Refusal::NotPrivileged { privilege: format!("{ESCALATE}:USE") };
    assert_eq!(world.escalate(&ann, "Boss", PASSWORD).err(), Some(refused));
}

/// ESC-5: the grace, and its end.
#[test]
fn for_a_while_no_new_proof_is_asked() {
    let world = world();
    let ann = world.log_in("ann").unwrap();
    let silently = |session: &Session, role| world.engine.escalate(session, to(role), None);
    assert!(silently(&ann, "Boss").is_err(), "0 seconds: always");
    world.set("EscalateAuthTimeout", "60");
    world.bench.turn_seconds(59);
    let boss = silently(&ann, "Boss").unwrap();
    assert_eq!(silently(&boss, "Chief").unwrap().roles(), "Chief");
    world.bench.turn_seconds(1);
    assert!(silently(&boss, "Chief").is_err(), "a proof that was not asked for does not prolong it");
    let chief = world.escalate(&boss, "Chief", PASSWORD).unwrap();
    let boss = silently(&chief, "Boss").unwrap();
    let back = world.engine.leave_escalation(boss).unwrap();
    assert!(silently(&back, "Boss").is_err(), "it ends with the escalation");
    assert!(world.escalate(&back, "Boss", PASSWORD).is_ok());
    world.carry(modify_user("ann", "Enabled", "0"));
    let ann = world.log_in("bob").unwrap();
    world.carry(modify_user("bob", "Enabled", "0"));
    assert!(silently(&ann, "Chief").is_err(), "the account counts all the same");
}

/// ESC-5: the lock.
#[test]
fn an_escalation_that_is_not_used_locks() {
    let world = world();
    world.carry(add_roles("bob", "%All"));
    let ann = world.log_in("ann").unwrap();
    let boss = world.escalate(&ann, "Boss", PASSWORD).unwrap();
    for _ in 0..3 {
        world.bench.turn_seconds(299);
        assert_eq!(world.check(&boss, "AppData"), "READ,WRITE", "use keeps it open");
    }
    world.bench.turn_seconds(300);
    for _ in 0..2 {
        assert_eq!(world.engine.check(&boss, "AppData", None).err(), Some(Refusal::SessionLocked));
        world.bench.turn_seconds(1);
    }
    assert_eq!(world.check(&ann, "AppData"), "READ", "the session before does not lock");
    assert_eq!(world.engine.unlock(&boss, Some(&secret("bad"))), Err(Refusal::NotAdmitted));
    assert_eq!(world.engine.check(&boss, "AppData", None).err(), Some(Refusal::SessionLocked));
    world.engine.unlock(&boss, Some(&secret(PASSWORD))).unwrap();
    assert_eq!(world.check(&boss, "AppData"), "READ,WRITE");
    assert!(field(&world.last_event(), "EventData").contains("Reason: unlocked"));
    world.bench.turn_seconds(-10);
    assert_eq!(
        world.engine.check(&boss, "AppData", None).err(),
        Some(Refusal::SessionLocked),
        "a clock set back"
    );
    world.set("EscalateLoginTimeout", "0");
    let boss = world.escalate(&ann, "Boss", PASSWORD).unwrap();
    world.bench.turn_days(1);
    assert_eq!(world.check(&boss, "AppData"), "READ,WRITE", "0: never");
}
