//! The program of the site beside other mechanisms: `authentication.md` section 11.

use crate::world::{PASSWORD, World, secret};
use sclera_authn::admission::{Attempt, Offer, Reply, Told};
use sclera_authn::mechanism::Mechanism;
use sclera_core::user::UserType;

const BINDINGS: &str = "%Service_Bindings";
const TERMINAL: &str = "%Service_Terminal";
const DELEGATED: i64 = 8_192;
const PW: i64 = 32;
/// The operating system, with roles from the program.
const OS_DELEGATED: i64 = 16 | 65_536;
const KERBEROS: i64 = 128;

fn new() -> Reply {
    Reply::NewPassword(secret("new"))
}

/// Table 11.1, the row of `PasswordChangeRequired`.
#[test]
fn a_new_password_is_told_to_the_program_which_is_asked_again() {
    let mut world = World { delegated: Some("change"), ..World::new(BINDINGS, DELEGATED | PW) };
    world.rejects_new_passwords = 1;
    world.replies = vec![new(), new()];
    assert_eq!(world.run(world.talking("dee", PASSWORD)).name(), "dee");
    assert_eq!(world.deeds, ["told outside"]);
    // Who cannot be asked is told that it is due, and nobody is asked for ever.
    let mut world = World { delegated: Some("change"), ..World::new(BINDINGS, DELEGATED | PW) };
    assert_eq!(world.run(world.typed("dee", PASSWORD)).refused().told, Told::ChangeRequired);
    world.rejects_new_passwords = 9;
    world.replies = (0..9).map(|_| new()).collect();
    assert_eq!(world.run(world.talking("dee", PASSWORD)).refused().told, Told::ChangeRequired);
    assert_eq!(world.replies.len(), 6, "three tries");
}

/// 11.4, scenario of an OS user: the program gives roles, or nobody gets in.
#[test]
fn whom_the_operating_system_proved_gets_its_roles_from_the_program() {
    let at = |name: &str| Attempt { os_user: Some(name.to_owned()), ..Attempt::at(TERMINAL) };
    let mut world = World { delegated: Some("*"), ..World::new(TERMINAL, OS_DELEGATED | PW) };
    let admitted = world.run(at("oz")).admitted();
    assert_eq!((admitted.name.as_str(), admitted.mechanism), ("oz", Mechanism::Os));
    assert_eq!(world.users.last().unwrap().0.kind(), UserType::Os);
    world.delegated = None;
    let refused = world.run(at("oz")).refused();
    assert!(refused.status.to_string().contains("997"), "{}", refused.status);
    world.delegated = Some("ann");
    assert!(
        world.run(at("oz")).refused().status.to_string().contains("another name"),
        "nobody becomes another"
    );
    world.delegated = Some("*");
    let _ = world.run(at("ann")).refused();
    assert_eq!(world.users.iter().find(|(user, _)| user.is("ann")).unwrap().0.kind(), UserType::Password);
}

/// The same for Kerberos, where the setting says so.
#[test]
fn whom_kerberos_proved_gets_its_roles_from_the_program() {
    let token = || Attempt { offer: Offer::Kerberos(vec![1]), ..Attempt::at(BINDINGS) };
    let mut world =
        World { kerberos: Some("kim"), delegated: Some("*"), ..World::new(BINDINGS, KERBEROS | PW) };
    let _ = world.run(token()).refused();
    assert!(
        world.users.iter().all(|(user, _)| !user.is("kim")),
        "without the setting there must be an account"
    );
    world.policy.system.kerberos_delegated = true;
    let admitted = world.run(token()).admitted();
    assert_eq!((admitted.name.as_str(), admitted.mechanism), ("kim", Mechanism::Kerberos));
    assert_eq!(world.users.last().unwrap().0.kind(), UserType::Kerberos);
    for refuses in [None, Some("other"), Some("not applicable"), Some("stop")] {
        world.delegated = refuses;
        let _ = world.run(token()).refused();
    }
    world.kerberos = None;
    world.delegated = Some("*");
    let _ = world.run(token()).refused();
}

/// `AlwaysTryDelegated`.
#[test]
fn the_program_can_refuse_whose_password_is_right_here() {
    let mut world = World { delegated: Some("*"), ..World::new(BINDINGS, DELEGATED | PW) };
    world.policy.system.always_try_delegated = true;
    let admitted = world.run(world.typed("ann", PASSWORD)).admitted();
    assert_eq!((admitted.name.as_str(), admitted.mechanism), ("ann", Mechanism::Password));
    assert_eq!(world.users.iter().find(|(user, _)| user.is("ann")).unwrap().0.kind(), UserType::Password);
    world.delegated = None;
    assert_eq!(world.run(world.typed("ann", PASSWORD)).refused().told, Told::AccessDenied);
    world.delegated = Some("*");
    assert_eq!(world.run(world.typed("ann", "wrong")).code(), 952, "it cannot let in");
    world.delegated = Some("change");
    assert_eq!(world.run(world.typed("ann", PASSWORD)).refused().told, Told::ChangeRequired);
    world.policy.system.always_try_delegated = false;
    world.delegated = None;
    assert_eq!(world.run(world.typed("ann", PASSWORD)).name(), "ann");
    // Where delegated is not effective it is not asked.
    let mut world = World::new(BINDINGS, PW);
    world.policy.system.always_try_delegated = true;
    assert_eq!(world.run(world.typed("ann", PASSWORD)).name(), "ann");
}
