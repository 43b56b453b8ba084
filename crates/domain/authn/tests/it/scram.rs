//! Proofs by SCRAM go through all that passwords go through.

use crate::world::{PASSWORD, SAID, TOTP_KEY, World, secret};
use sclera_authn::admission::{Finding, Lockout, Reply, Told, Weight};
use sclera_authn::mechanism::{Mask, Mechanism};
use sclera_authn::password::{Algorithm, Derivation, WorkFactor, hash};
use sclera_authn::scram::{SALT, SaltedPassword, signature};
use sclera_core::user::{User, UserType};

fn target() -> Derivation {
    Derivation { algorithm: Algorithm::Sha256, work_factor: WorkFactor::new(1_024).unwrap() }
}

/// An instance that keeps passwords with SHA256, as those of `ann` and `bob` are kept.
fn world() -> World {
    let mut world = World::new("%Service_Bindings", Mask::PASSWORD.0);
    "SHA256".clone_into(&mut world.policy.system.password_algorithm);
    for user in ["ann", "bob"] {
        world.change(user, |user| user.credential = hash(&secret(PASSWORD), target(), &[7; SALT]));
    }
    world.user("old", UserType::Password, |_| {});
    world
}

fn run(
    world: &mut World,
    name: &str,
    password: &'static str,
) -> Result<sclera_authn::admission::Admitted, u16> {
    let attempt = world.proving(name, password);
    match world.run(attempt) {
        crate::world::End::Granted(admitted) => Ok(*admitted),
        refused @ crate::world::End::Refused(_) => Err(refused.code()),
    }
}

#[test]
fn a_proof_is_as_good_as_the_password() {
    let mut world = world();
    let admitted = run(&mut world, "ANN", PASSWORD).unwrap();
    assert_eq!((admitted.name.as_str(), admitted.mechanism), ("ann", Mechanism::Password));
    assert_eq!((world.challenges[0].salt.as_slice(), world.comparisons), ([7; SALT].as_slice(), 1));
    let kept = &world.users.iter().find(|(user, _)| user.is("ann")).unwrap().0.credential;
    let proof =
        SaltedPassword::of(&secret(PASSWORD), &[7; SALT], target().work_factor).proof(SAID.to_owned());
    assert_eq!(admitted.token, signature(kept, &proof), "the instance proves itself too");
    assert_eq!(world.successes.len(), 1);
    // With the password itself it is kept anew where the instance wants it otherwise; with a proof that cannot be.
    "SHA512".clone_into(&mut world.policy.system.password_algorithm);
    assert!(run(&mut world, "ann", PASSWORD).is_ok());
    assert!(!world.deeds.contains(&"upgrade"));
    let typed = world.typed("ann", PASSWORD);
    assert_eq!(world.run(typed).admitted().token, Vec::<u8>::new());
    assert!(world.deeds.contains(&"upgrade"));
}

#[test]
fn whoever_cannot_be_proven_is_challenged_and_refused_like_a_wrong_password() {
    for (name, password, code, detail) in [
        ("ann", "wrong", 952, ""),
        ("nobody", "wrong", 838, ""),
        ("old", PASSWORD, 952, "not of SHA256"),
        ("bob", PASSWORD, 974, ""),
        ("UnknownUser", "", 952, "no password"),
    ] {
        let mut world = world();
        let attempt = world.proving(name, password);
        let refused = world.run(attempt).refused();
        let root = refused.status.root().clone();
        assert_eq!(world.challenges.len(), 1, "{name}");
        let challenge = &world.challenges[0];
        assert_eq!((challenge.salt.len(), challenge.rounds), (SALT, target().work_factor), "{name}");
        assert_eq!(
            (world.comparisons, world.failures.len()),
            (1, 1),
            "{name}: the same work, the same record"
        );
        assert_eq!(world.failures[0].weight, Weight::AccountAndSource, "{name}");
        assert_eq!(refused.told.status().code().number(), 822, "{name}");
        assert_eq!(root.code().number(), code, "{name}: {root}");
        assert!(root.to_string().contains(detail), "{name}: {root}");
        // The salt of nobody is that of the name, however it is spelled.
        if name != "ann" {
            let again = world.proving(&name.to_uppercase(), password);
            let _ = world.run(again);
            assert_eq!(world.challenges[0], world.challenges[1], "{name}");
            assert_ne!(world.challenges[0].salt, [7; SALT], "{name}");
        }
    }
}

#[test]
fn the_account_counts_as_it_is_when_the_proof_comes() {
    type Change = fn(&mut User);
    let changes: [(Change, u16); 3] = [
        (|user| user.enabled = false, 828),
        (|user| user.credential = hash(&secret("other"), target(), &[8; SALT]), 952),
        (|user| user.credential = hash(&secret(PASSWORD), target(), &[8; SALT]), 952),
    ];
    for (change, code) in changes {
        let mut world = world();
        world.meanwhile = Some(change);
        assert_eq!(run(&mut world, "ann", PASSWORD).unwrap_err(), code);
    }
}

#[test]
fn what_is_asked_of_an_account_is_asked_after_the_challenge() {
    let mut world = world();
    world.change("ann", |user| user.enabled = false);
    assert_eq!(run(&mut world, "ann", PASSWORD).unwrap_err(), 828);
    assert_eq!((world.challenges.len(), world.comparisons), (1, 1));
    // A password that is due cannot be changed this way.
    let mut world = self::world();
    world.change("ann", |user| user.change_password = true);
    let attempt = world.proving("ann", PASSWORD);
    assert_eq!(world.run(attempt).refused().told.status().code().number(), 935);
    // The source is not listened to any more, in whatever way it says who it is.
    let mut world = self::world();
    for _ in 0..world.policy.system.invalid_login_limit {
        assert_eq!(run(&mut world, "ann", "wrong").unwrap_err(), 952);
    }
    let (compared, recorded) = (world.comparisons, world.failures.len());
    assert_eq!(run(&mut world, "ann", PASSWORD).unwrap_err(), 1418);
    assert_eq!((world.skipped, world.comparisons, world.failures.len()), (1, compared, recorded));
    let shown: Vec<_> =
        world.challenges.iter().filter(|challenge| **challenge != world.challenges[0]).collect();
    assert!(shown.is_empty(), "and is challenged as before");
    // By account, it is closed at the limit.
    let mut world = self::world();
    world.situation.lockout = Lockout::ByAccount;
    world.policy.system.invalid_login_action = 1;
    for _ in 0..world.policy.system.invalid_login_limit {
        assert_eq!(run(&mut world, "ann", "wrong").unwrap_err(), 952);
    }
    assert_eq!(run(&mut world, "ann", PASSWORD).unwrap_err(), 1418);
}

#[test]
fn a_second_factor_is_asked_as_well() {
    let mut world = world();
    let mut service = world.policy.services.iter().next().unwrap().clone();
    service.mechanisms |= Mask::TOTP.0;
    world.policy.services.put(service);
    world.change("ann", |user| {
        user.second_factors = Mask::TOTP.0;
        user.totp_key = TOTP_KEY.to_vec();
    });
    assert!(run(&mut world, "ann", PASSWORD).is_err());
    let code = "732303";
    let mut attempt = world.proving("ann", PASSWORD);
    attempt.code = Some(secret(code));
    assert!(world.run(attempt).admitted().second_factor.is_some());
    let mut attempt = world.proving("ann", "wrong");
    attempt.code = Some(secret(code));
    assert_eq!(world.run(attempt).code(), 952, "the code alone is nothing");
}

#[test]
fn mechanisms_that_need_the_password_are_left_out_or_close_the_way() {
    let every = Mask(Mask::PASSWORD.0 | Mask::LDAP.0 | Mask::DELEGATED.0 | Mask::KERBEROS_API.0);
    let mut world = world();
    let mut service = world.policy.services.iter().next().unwrap().clone();
    service.mechanisms = every.0;
    world.policy.services.put(service.clone());
    (world.ldap, world.delegated, world.kerberos) = (Some("*"), Some("*"), Some("*"));
    world.supplied = Some(("eve", "secret"));
    assert_eq!(run(&mut world, "ann", PASSWORD).unwrap().name, "ann");
    assert_eq!(run(&mut world, "nobody", PASSWORD).unwrap_err(), 838, "nobody is made");
    world.policy.system.always_try_delegated = true;
    let attempt = world.proving("ann", PASSWORD);
    let refused = world.run(attempt).refused();
    assert!(refused.status.to_string().contains("SCRAM shows no password"), "{}", refused.status);
    assert_eq!(world.challenges.len(), 2, "before any challenge");
    world.policy.system.always_try_delegated = false;
    service.mechanisms = Mask::LDAP.0;
    world.policy.services.put(service);
    assert_eq!(run(&mut world, "ann", PASSWORD).unwrap_err(), 947);
}

#[test]
fn who_goes_away_or_answers_something_else_is_not_in() {
    for (reply, told, why) in [
        (Reply::Aborted, Told::Aborted, "#834"),
        (Reply::TimedOut, Told::TimedOut, "#833"),
        (Reply::Unbound, Told::AccessDenied, "somebody may stand between"),
        (Reply::Code(secret(PASSWORD)), Told::AccessDenied, "does not fit the step"),
    ] {
        let mut world = world();
        world.replies = vec![reply];
        let mut attempt = world.proving("ann", PASSWORD);
        world.proves = None;
        attempt.code = None;
        let refused = world.run(attempt).refused();
        assert_eq!(refused.told, told);
        assert!(world.failures[0].status.to_string().contains(why), "{}", world.failures[0].status);
        assert_eq!(world.failures[0].name, "ann", "it is told who was named");
        assert_eq!(world.failures[0].weight, Weight::Nothing);
        assert!(refused.trace.iter().any(|note| matches!(note.found, Finding::Failed(_))));
    }
}
