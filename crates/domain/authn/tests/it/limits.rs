//! Limits on failed logins: `authentication.md` 6.3, and our own by source.

use crate::world::{PASSWORD, World};
use sclera_authn::admission::{Lockout, Told};

const BINDINGS: &str = "%Service_Bindings";

/// Ten thousand bad logins from one source: few are looked at, none beyond the limit is counted, and the account stays open
/// to its owner elsewhere.
#[test]
fn nobody_is_locked_out_from_one_place() {
    let mut world = World::new(BINDINGS, 32);
    world.policy.system.invalid_login_action = 1;
    for _ in 0..10_000 {
        let refused = world.run(world.typed("ann", "wrong")).refused();
        assert_eq!((refused.told, refused.wait), (Told::AccessDenied, 0));
    }
    assert_eq!((world.comparisons, world.skipped), (5, 9_995));
    assert_eq!(world.users[1].1.invalid_attempts, 5, "what is not looked at is not counted");
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 1_418, "not from there, for a while");
    let elsewhere = sclera_core::login::Throttle::default();
    world.throttle = elsewhere;
    assert_eq!(world.run(world.typed("ann", PASSWORD)).name(), "ann");
    assert!(world.successes[0].forgets, "and the failures are forgotten");
}

#[test]
fn a_source_is_looked_at_again_after_a_while() {
    let mut world = World::new(BINDINGS, 32);
    for _ in 0..6 {
        let _ = world.run(world.typed("nobody", "wrong")).refused();
    }
    assert_eq!((world.comparisons, world.skipped), (5, 1), "unknown names too");
    world.now += 1;
    let _ = world.run(world.typed("nobody", "wrong")).refused();
    let _ = world.run(world.typed("nobody", "wrong")).refused();
    assert_eq!((world.comparisons, world.skipped), (6, 2));
}

/// Section 20, scenarios 7 and 8.
#[test]
fn by_account_as_the_original_does() {
    let mut world = World::new(BINDINGS, 32);
    world.situation.lockout = Lockout::ByAccount;
    world.policy.system.invalid_login_action = 1;
    for _ in 0..5 {
        assert_eq!(world.run(world.typed("ann", "wrong")).code(), 952);
    }
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 1_418, "closed, and the password is right");
    let mut web = World::new("%Service_WebGateway", 32);
    web.situation.lockout = Lockout::ByAccount;
    for _ in 0..5 {
        let _ = web.run(web.typed("ann", "wrong")).refused();
    }
    web.now += 1;
    assert_eq!(web.run(web.typed("ann", PASSWORD)).refused().told, Told::TooMany);
    assert_eq!((web.failures.len(), web.users[1].1.invalid_attempts), (5, 5), "not recorded, not counted");
    web.now += 1;
    assert_eq!(web.run(web.typed("ann", PASSWORD)).name(), "ann");
}

#[test]
fn a_terminal_waits_longer_each_time() {
    let mut world = World::new("%Service_Telnet", 32);
    world.situation.lockout = Lockout::ByAccount;
    let mut wait = |name: &str| world.run(world.typed(name, "wrong")).refused().wait;
    let waits: Vec<u32> = (0..12).map(|_| wait("ann")).collect();
    assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 32]);
    assert_eq!(wait("nobody"), 32, "names that nobody has wait as long");
}

/// What a password that proved right cannot be used for is no failed attempt.
#[test]
fn a_change_that_is_due_counts_for_nothing() {
    let mut world = World::new(BINDINGS, 32);
    world.change("ann", |ann| ann.change_password = true);
    for _ in 0..9 {
        assert_eq!(world.run(world.typed("ann", PASSWORD)).refused().told, Told::ChangeRequired);
    }
    assert_eq!((world.users[1].1.invalid_attempts, world.throttle.failures), (0, 0));
}
