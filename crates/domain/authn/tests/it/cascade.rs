//! The cascade: `authentication.md` section 3, its worked examples and scenarios, and the gate of `services.md` section 8.

use crate::world::{End, PASSWORD, World};
use sclera_authn::admission::{Attempt, Demand, Dialogue, Lockout, Offer, Readiness, Reply, Told, Transport};
use sclera_authn::mechanism::{Level, Mechanism};
use sclera_core::name::UserName;
use sclera_core::permission::Permissions;
use sclera_core::user::UserType;

const TERMINAL: &str = "%Service_Terminal";
const BINDINGS: &str = "%Service_Bindings";
const CACHE: i64 = 1;
const PROMPT: i64 = 4;
const OS: i64 = 16;
const PW: i64 = 32;
const UNAUTH: i64 = 64;
const LDAP: i64 = 2_048;
const DELEGATED: i64 = 8_192;

/// `authentication.md` 3.5, row by row.
#[test]
fn worked_examples() {
    // No ticket, name of the operating system unknown: nobody in particular, and two failures.
    let mut world = World::new(TERMINAL, CACHE | OS | UNAUTH);
    assert_eq!(world.run(world.local("stranger")).name(), "UnknownUser");
    assert_eq!(world.recorded(), [968, 838]);
    // The name is a user's: that user, and one failure.
    let mut world = World::new(TERMINAL, CACHE | OS | UNAUTH);
    assert_eq!(world.run(world.local("ANN")).name(), "ann");
    assert_eq!(world.failures.len(), 1);
    // Enter, Enter.
    let mut world = World::new(BINDINGS, PW | UNAUTH);
    assert_eq!(world.run(world.typed("", "")).name(), "UnknownUser");
    assert!(world.failures.is_empty());
    let mut world = World::new(BINDINGS, PW);
    assert_eq!(world.run(world.typed("", "")).code(), 952);
    assert_eq!((world.failures[0].name.as_str(), world.failures.len()), ("UnknownUser", 1));
    // A wrong password never turns into nobody in particular.
    let mut world = World::new(BINDINGS, PW | UNAUTH);
    assert_eq!(world.run(world.typed("ann", "wrong")).code(), 952);
    // LDAP is not for a Password user, and the local hash is not for an LDAP user.
    let mut world = World::new(BINDINGS, LDAP | PW);
    assert_eq!(world.run(world.typed("ann", PASSWORD)).name(), "ann");
    assert!(world.failures.is_empty(), "LDAP was skipped");
    let mut world = World::new(BINDINGS, LDAP | PW);
    assert_eq!(world.run(world.typed("bob", PASSWORD)).code(), 968);
    // Unknown everywhere: LDAP, then delegated; both are recorded.
    let mut world = World::new(BINDINGS, LDAP | DELEGATED | PW);
    let refused = world.run(world.typed("new", PASSWORD)).refused();
    assert_eq!(refused.told, Told::AccessDenied);
    let by: Vec<Option<Mechanism>> = world.failures.iter().map(|failure| failure.mechanism).collect();
    assert_eq!(by, [Some(Mechanism::Ldap), Some(Mechanism::Delegated)]);
    // LDAP only, even if LDAP would accept.
    let mut world = World { ldap: Some("*"), ..World::new(BINDINGS, LDAP) };
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 972);
    // A Kerberos prompt that fails is the end.
    let mut world = World::new(TERMINAL, PROMPT | PW);
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 968);
    assert_eq!(world.failures.len(), 1);
}

/// 10.6, and scenario 18: what is kept stands in only while no server answers, and only where the setting says so.
#[test]
fn kept_credentials_stand_in_for_a_directory_that_does_not_answer() {
    const CACHE: i64 = 4_096;
    let world = |ldap, allowed: i64| {
        let mut world = World { ldap: Some(ldap), ..World::new(BINDINGS, LDAP | PW) };
        world.policy.system.mechanisms = allowed;
        world
    };
    let mut down = world("unreachable", -1);
    assert_eq!(down.run(down.typed("bob", PASSWORD)).admitted().mechanism, Mechanism::Ldap);
    assert!(down.failures.is_empty());
    assert_eq!(down.run(down.typed("bob", "wrong")).code(), 964);
    assert_eq!(down.run(down.typed("bob", "")).code(), 964);
    assert_eq!(down.run(down.typed("stranger", PASSWORD)).code(), 964);
    // A right password of a Password user is not asked of the directory, and one of nobody here is not kept.
    assert_eq!(down.run(down.typed("ann", PASSWORD)).name(), "ann");
    let mut off = world("unreachable", !CACHE);
    assert_eq!(off.run(off.typed("bob", PASSWORD)).code(), 964);
    let mut answers = world("", -1);
    answers.ldap = None;
    assert_eq!(answers.run(answers.typed("bob", PASSWORD)).code(), 968, "a no is never overridden");
    let mut expired = world("unreachable", -1);
    expired.change("bob", |user| user.expiration = "2020-01-01".parse().ok());
    assert_eq!(expired.run(expired.typed("bob", PASSWORD)).code(), 964);
}

/// A server that does not answer looked at nothing, so nobody is locked out by it.
#[test]
fn an_outage_counts_against_nobody() {
    let mut world = World { ldap: Some("unreachable"), ..World::new(BINDINGS, LDAP) };
    world.policy.system.mechanisms = LDAP;
    for _ in 0..20 {
        assert_eq!(world.run(world.typed("bob", PASSWORD)).code(), 964);
    }
    assert_eq!(world.throttle.failures, 0);
    assert!(world.users.iter().all(|(_, record)| record.invalid_attempts == 0));
    world.ldap = Some("*");
    assert_eq!(world.run(world.typed("bob", PASSWORD)).name(), "bob");
}

/// Scenario 19, for both ways in which a directory is asked.
#[test]
fn an_account_that_is_over_in_the_directory_goes() {
    const OS_LDAP: i64 = 131_072;
    let mut world = World { ldap: Some("gone"), ..World::new(BINDINGS, LDAP) };
    assert_eq!(world.run(world.typed("bob", PASSWORD)).code(), 828);
    assert!(world.deeds == ["remove"] && !world.users.iter().any(|(user, _)| user.is("bob")));
    assert_eq!(world.run(world.typed("stranger", PASSWORD)).code(), 828);
    assert_eq!(world.deeds.len(), 1, "there is nothing to go");
    let mut world = World { ldap: Some("gone"), ..World::new(TERMINAL, OS | OS_LDAP) };
    assert_eq!(world.run(world.local("ann")).code(), 828);
    assert!(world.users.iter().any(|(user, _)| user.is("ann")), "an account of another type stays");
    assert_eq!(world.run(world.local("bob")).code(), 828);
    assert!(!world.users.iter().any(|(user, _)| user.is("bob")));
}

/// Section 9: where a ticket comes along, and what it must bring.
#[test]
fn tickets_are_taken_where_kerberos_is_effective() {
    const ENCRYPTED: i64 = 256;
    let ticket = |service: &str, application: Option<&str>| Attempt {
        offer: Offer::Kerberos(b"ticket".to_vec()),
        application: application.map(str::to_owned),
        ..Attempt::at(service)
    };
    let world = |service, mask| World { kerberos: Some("ann"), ..World::new(service, mask) };
    let mut local = world(TERMINAL, CACHE | PW);
    let admitted = local.run(ticket(TERMINAL, None)).admitted();
    assert_eq!((admitted.name.as_str(), admitted.mechanism), ("ann", Mechanism::Kerberos));
    assert_eq!(admitted.token, b"answer", "what proves the server to the client");
    assert_eq!(world(TERMINAL, PROMPT | PW).run(ticket(TERMINAL, None)).code(), 811);
    let mut refusing = World::new(TERMINAL, CACHE | PW);
    assert!(refusing.run(ticket(TERMINAL, None)).code() != 0);
    // Over a wire the level counts, and TLS protects as much as Kerberos could.
    assert_eq!(world(BINDINGS, PW).run(ticket(BINDINGS, None)).code(), 804);
    let plain = |world: &mut World| world.run(ticket(BINDINGS, None));
    let mut encrypted = World { level: Some(Level::Authentication), ..world(BINDINGS, ENCRYPTED) };
    assert_eq!(plain(&mut encrypted).code(), 806);
    let over_tls = Attempt { transport: Transport::Tls, ..ticket(BINDINGS, None) };
    assert_eq!(encrypted.run(over_tls).name(), "ann");
    let mut well = World { level: Some(Level::Encryption), ..world(BINDINGS, ENCRYPTED) };
    assert_eq!(plain(&mut well).name(), "ann");
}

/// The last row of 3.5: a web application tries the pair with Kerberos and then by password.
#[test]
fn a_web_application_tries_one_after_the_other() {
    let mut world = World::new("%Service_WebGateway", 0);
    let name = sclera_core::name::ApplicationName::predefined("/app").unwrap();
    let mut application = sclera_core::application::Application::new(sclera_core::id::ApplicationId(9), name);
    (application.enabled, application.mechanisms) = (true, PROMPT | PW);
    world.policy.applications.put(application);
    let at = |world: &World, password| Attempt {
        application: Some("/app".to_owned()),
        ..world.typed("ann", password)
    };
    assert_eq!(world.run(at(&world, PASSWORD)).name(), "ann", "the application's mechanisms count");
    assert_eq!(world.failures.len(), 1, "Kerberos failed first");
    assert_eq!(world.run(at(&world, "wrong")).code(), 952);
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 963, "the service itself has none");
    let mut world = World { kerberos: Some("ann"), ..world };
    let ticket = |application: Option<&str>| Attempt {
        offer: Offer::Kerberos(b"ticket".to_vec()),
        application: application.map(str::to_owned),
        ..Attempt::at("%Service_WebGateway")
    };
    assert_eq!(world.run(ticket(None)).code(), 963);
    assert_eq!(world.run(ticket(Some("/app"))).name(), "ann");
    let mut application = world.policy.applications.named("/app").unwrap().clone();
    application.mechanisms = PW;
    world.policy.applications.put(application);
    assert_eq!(world.run(ticket(Some("/app"))).code(), 813);
}

fn service(world: &mut World, change: impl FnOnce(&mut sclera_core::service::Service)) {
    let mut service = world.policy.services.named(BINDINGS).unwrap().clone();
    change(&mut service);
    world.policy.services.put(service);
}

/// `services.md` section 8, steps 1 to 6; section 12, scenarios 3, 4 and 6.
#[test]
fn the_gate_is_judged_first() {
    let code = |change: &dyn Fn(&mut World, &mut Attempt)| {
        let mut world = World::new(BINDINGS, PW);
        let mut attempt = world.typed("ann", PASSWORD);
        change(&mut world, &mut attempt);
        let refused = world.run(attempt).refused();
        assert_eq!(
            (refused.told, world.comparisons),
            (Told::AccessDenied, 0),
            "nothing is asked or compared"
        );
        assert_eq!((world.failures[0].name.as_str(), world.failures[0].user), ("", None), "DEC-S20");
        refused.status.code().number()
    };
    assert_eq!(code(&|world, _| world.situation.readiness = Readiness::Starting), 802);
    assert_eq!(code(&|world, _| world.situation.readiness = Readiness::Stopping), 803);
    assert_eq!(code(&|world, _| world.situation.readiness = Readiness::SwitchedOff), 801);
    assert_eq!(code(&|_, attempt| attempt.service = "%Service_None".to_owned()), 809);
    assert_eq!(code(&|world, _| service(world, |service| service.enabled = false)), 800);
    let only = |entry: &'static str| {
        move |world: &mut World, _: &mut Attempt| {
            service(world, |service| service.client_systems = vec![entry.to_owned()]);
        }
    };
    assert_eq!(code(&only("10.0.0.2-20")), 817);
    assert_eq!(code(&only("nonsense/x")), 817, "what cannot be read allows nobody");
    assert_eq!(code(&|_, attempt| attempt.transport = Transport::PlainThoughRequired), 995);
    assert_eq!(code(&|_, attempt| attempt.transport = Transport::TlsThoughNotConfigured), 996);
    assert_eq!(code(&|world, _| world.policy.system.mechanisms = !PW), 963);
    for (demand, expected) in
        [(Demand::Kerberos(Level::Authentication), 804), (Demand::Os, 807), (Demand::Unauthenticated, 951)]
    {
        assert_eq!(code(&|_, attempt| attempt.demand = Some(demand)), expected, "{demand:?}");
    }
    for allowed in ["10.0.0.1", "10.0.*.*", "Known.Example", "10.0.0.0/8"] {
        let mut world = World::new(BINDINGS, PW);
        service(&mut world, |service| service.client_systems = vec![allowed.to_owned()]);
        assert_eq!(world.run(world.typed("ann", PASSWORD)).name(), "ann", "{allowed}");
    }
}

/// `authentication.md` 3.4 and section 20, scenarios 10, 11 and 22; `services.md` section 12, scenario 9.
#[test]
fn the_account_is_judged_after_the_proof() {
    let day = 86_400;
    let code = |change: &dyn Fn(&mut World)| {
        let mut world = World::new(BINDINGS, PW);
        world.now += 400 * day;
        change(&mut world);
        world.run(world.typed("ann", PASSWORD)).refused().status.code().number()
    };
    assert_eq!(code(&|world| world.change("ann", |ann| ann.enabled = false)), 828);
    assert_eq!(code(&|world| world.change("ann", |ann| ann.expiration = "2020-01-01".parse().ok())), 959);
    assert_eq!(code(&|world| world.policy.system.inactive_limit = 90), 960);
    assert_eq!(code(&|world| world.change("ann", |ann| ann.change_password = true)), 935);
    assert_eq!(code(&|world| world.policy.system.password_expiration_days = 30), 992);
    assert_eq!(code(&|world| world.policy.system.required_role = "Boss".to_owned()), 978);
    let closed = |world: &mut World| {
        let mut guard = world.policy.resources.named(BINDINGS).unwrap().clone();
        guard.public = Permissions::NONE;
        world.policy.resources.put(guard);
    };
    assert_eq!(code(&closed), 815);
    let mut world = World::new(BINDINGS, PW);
    closed(&mut world);
    world.policy.system.required_role = "Boss".to_owned();
    world.change("ann", |ann| ann.roles = vec![sclera_core::id::RoleId(5)]);
    assert_eq!(world.run(world.typed("ann", PASSWORD)).name(), "ann", "%All passes both");
    let mut world = World::new(BINDINGS, PW);
    world.policy.system.inactive_limit = 90;
    world.now += 91 * day;
    let _ = world.run(world.typed("ann", PASSWORD)).refused();
    assert_eq!(world.deeds, ["disable"], "an unused account is closed");
}

/// A name, a password, and what is different.
type Case<'a> = (&'a str, &'a str, &'a dyn Fn(&mut World));

/// DEC-A07: every refusal of a typed name has cost one comparison, whatever the reason.
#[test]
fn every_refusal_costs_one_comparison() {
    let off = |world: &mut World| world.change("ann", |ann| ann.enabled = false);
    let expired = |world: &mut World| world.change("ann", |ann| ann.expiration = "2020-01-01".parse().ok());
    let nothing = |_: &mut World| {};
    let role = |world: &mut World| world.policy.system.required_role = "Boss".to_owned();
    let cases: [Case<'_>; 8] = [
        ("ann", "wrong", &nothing),
        ("nobody", PASSWORD, &nothing),
        ("ann", PASSWORD, &off),
        ("ann", PASSWORD, &expired),
        ("bob", PASSWORD, &nothing),
        ("ann@elsewhere", PASSWORD, &nothing),
        ("", "x", &nothing),
        ("ann", PASSWORD, &role),
    ];
    for (name, password, change) in cases {
        for mask in [PW, PW | LDAP, PW | LDAP | DELEGATED] {
            let mut world = World::new(BINDINGS, mask);
            change(&mut world);
            let refused = world.run(world.typed(name, password)).refused();
            assert_eq!(refused.told, Told::AccessDenied);
            assert_eq!(world.comparisons, 1, "{name} {password} {mask}: {refused:?}");
        }
    }
}

#[test]
fn outside_authorities_make_their_users() {
    let mut world = World { ldap: Some("*"), ..World::new(BINDINGS, LDAP | PW) };
    assert_eq!(world.run(world.typed("new", PASSWORD)).name(), "new");
    assert_eq!(world.users.last().unwrap().0.kind(), UserType::Ldap);
    let mut world = World { ldap: Some("other"), ..World::new(BINDINGS, LDAP) };
    assert_eq!(world.run(world.typed("new", PASSWORD)).code(), 842, "it vouches for another name");
    let mut world = World { delegated: Some("NEW"), ..World::new(BINDINGS, DELEGATED) };
    assert_eq!(world.run(world.typed("new", PASSWORD)).name(), "NEW", "its spelling counts");
    let mut world = World { delegated: Some("change"), ..World::new(BINDINGS, DELEGATED | PW) };
    assert_eq!(world.run(world.typed("dee", PASSWORD)).refused().told, Told::ChangeRequired);
    let mut world =
        World { ldap: Some("stop"), delegated: Some("*"), ..World::new(BINDINGS, LDAP | DELEGATED) };
    assert_eq!(world.run(world.typed("new", PASSWORD)).code(), 935, "no weaker one is asked");
    let mut world = World {
        ldap: Some("not applicable"),
        delegated: Some("*"),
        ..World::new(BINDINGS, LDAP | DELEGATED)
    };
    assert_eq!(world.run(world.typed("new", PASSWORD)).name(), "new");
    assert!(world.failures.is_empty(), "what does not apply leaves no record");
}

/// `authentication.md` 11.2.
#[test]
fn credentials_may_be_supplied() {
    let nobody = |world: &World| Attempt::at(&world.service());
    let mut world = World { supplied: Some(("ann", PASSWORD)), ..World::new(BINDINGS, DELEGATED | PW) };
    assert_eq!(world.run(nobody(&world)).name(), "ann");
    let mut world = World { supplied: Some(("", "")), ..World::new(BINDINGS, DELEGATED | PW) };
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 1_420);
    let mut world = World::new(BINDINGS, DELEGATED | PW);
    world.replies =
        vec![Reply::Credentials { name: "ann".to_owned(), password: crate::world::secret(PASSWORD) }];
    assert_eq!(world.run(Attempt { dialogue: Dialogue::Full, ..nobody(&world) }).name(), "ann");
    assert_eq!(world.questions.len(), 1);
}

/// `services.md` section 10, scenario 16 of section 12.
#[test]
fn an_emergency_has_one_user() {
    let mut world = World::new(TERMINAL, OS | UNAUTH);
    world.emergency("jmd", "purple22");
    let admitted = world.run(world.typed("JMD", "purple22")).admitted();
    assert_eq!((admitted.name.as_str(), admitted.user, admitted.emergency), ("jmd", None, true));
    assert_eq!(admitted.roles, [sclera_core::id::RoleId(5)], "%All");
    assert_eq!(world.successes[0].user, None, "nothing is written on an account");
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 952, "everybody else is refused");
    assert_eq!(world.run(world.typed("jmd", "wrong")).code(), 952);
    assert_eq!(world.run(world.local("ann")).code(), 952, "by no other mechanism");
    let mut world = World::new(BINDINGS, PW);
    world.emergency("jmd", "purple22");
    assert_eq!(world.run(world.typed("jmd", "purple22")).code(), 800, "and through no other service");
    let mut world = World::new(TERMINAL, PW);
    world.change("ann", |ann| (ann.enabled, ann.second_factors) = (false, 1 << 21));
    world.emergency("ann", "purple22");
    assert_eq!(world.run(world.typed("ann", "purple22")).name(), "ann", "the account itself is left aside");
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 952);
}

#[test]
fn unauthenticated_sessions_are_of_unknown_user() {
    let mut world = World::new(BINDINGS, UNAUTH);
    let admitted = world.run(Attempt::at(BINDINGS)).admitted();
    assert_eq!((admitted.name.as_str(), admitted.mechanism), ("UnknownUser", Mechanism::Unauthenticated));
    assert_eq!(world.successes[0].user, None, "DEC-A08");
    world.change("UnknownUser", |nobody| nobody.enabled = false);
    assert_eq!(world.run(Attempt::at(BINDINGS)).code(), 828);
}

/// Section 17, with one domain.
#[test]
fn the_default_domain_may_be_typed() {
    let mut world = World::new(BINDINGS, PW);
    world.policy.system.default_domain = "site.example".to_owned();
    assert_eq!(world.run(world.typed("ann@SITE.example", PASSWORD)).name(), "ann");
    assert_eq!(world.run(world.typed("ann@other.example", PASSWORD)).code(), 903);
}

#[test]
fn an_upgrade_goes_with_a_login_by_password_alone() {
    let mut world = World::new(TERMINAL, OS | PW);
    world.policy.system.password_work_factor = 2_048;
    assert_eq!(world.run(world.local("ann")).name(), "ann");
    assert!(world.deeds.is_empty());
    let by_password = Attempt { only: Some(Mechanism::Password), ..world.typed("ann", PASSWORD) };
    assert_eq!(world.run(by_password).name(), "ann");
    assert_eq!(world.deeds, ["upgrade"]);
}

#[test]
fn an_answer_to_another_question_refuses() {
    let mut world = World::new(BINDINGS, PW);
    world.replies = vec![Reply::Code(crate::world::secret("1"))];
    let refused = world.run(Attempt { dialogue: Dialogue::Full, ..Attempt::at(BINDINGS) }).refused();
    assert_eq!(refused.status.code().number(), 5_001);
    world.situation.lockout = Lockout::ByAccount;
    world.replies = vec![Reply::TimedOut];
    let late = world.run(Attempt { dialogue: Dialogue::Full, ..Attempt::at(BINDINGS) }).refused();
    assert_eq!((late.told, late.status.code().number()), (Told::TimedOut, 833));
}

/// Section 17: what is typed where there is one domain, and where there are several.
#[test]
fn names_have_domains_where_there_are_several() {
    let world = |several: bool| {
        let mut world = World::new(BINDINGS, PW);
        "example.test".clone_into(&mut world.policy.system.default_domain);
        world.policy.system.security_domains = several;
        let ann = world.users.iter().find(|(user, _)| user.is("ann")).unwrap().clone();
        world.users.push(ann);
        let (zoe, _) = world.users.last_mut().unwrap();
        zoe.name = UserName::new("zoe@example.test").unwrap();
        world
    };
    let enters = |several: bool, name: &str| {
        let mut world = world(several);
        match world.run(world.typed(name, PASSWORD)) {
            End::Granted(admitted) => Ok(admitted.name),
            End::Refused(refused) => Err(refused.status.root().code().number()),
        }
    };
    assert_eq!(enters(false, "ann@example.test"), Ok("ann".to_owned()));
    assert_eq!(enters(false, "ann@other.test"), Err(903));
    // Of several the default one counts for whoever types none; accounts of before are without one.
    assert_eq!(enters(true, "zoe"), Ok("zoe@example.test".to_owned()));
    assert_eq!(enters(true, "zoe@EXAMPLE.test"), Ok("zoe@example.test".to_owned()));
    assert_eq!(enters(true, "ann"), Ok("ann".to_owned()));
    assert_eq!(enters(true, "ann@example.test"), Ok("ann".to_owned()));
    for other in ["ann@other.test", "zoe@other.test"] {
        assert!(enters(true, other).is_err(), "{other} is somebody else");
    }
    let mut failing = world(true);
    assert!(failing.run(failing.typed("zoe", "wrong")).code() > 0);
    assert_eq!(failing.failures[0].name, "zoe@example.test", "one name is counted, however it is typed");
}
