//! Second factors and passwords that must be changed: `authentication.md` sections 6.2 and 7.

use crate::world::{PASSWORD, World, secret};
use sclera_authn::admission::{Attempt, Dialogue, Reply, SecondFactor, Told};
use sclera_core::id::RoleId;
use sclera_core::name::UserName;
use sclera_core::time::Date;
use sclera_core::user::{User, UserType};

const SMS: i64 = 1 << 20;
const TOTP: i64 = 1 << 21;
const BINDINGS: &str = "%Service_Bindings";

fn world(mask: i64, factors: i64) -> World {
    let mut world = World::new(BINDINGS, 32 | mask);
    world.change("ann", |ann| {
        ann.second_factors = factors;
        ann.totp_key = vec![1];
        (ann.phone_number, ann.phone_provider) = ("4917012".to_owned(), "Verizon".to_owned());
    });
    world
}

fn with_code(world: &World, code: &str) -> Attempt {
    Attempt { code: Some(secret(code)), ..world.typed("ann", PASSWORD) }
}

fn codes(world: &World) -> Attempt {
    Attempt { dialogue: Dialogue::Codes, ..world.typed("ann", PASSWORD) }
}

/// Section 20, scenario 15. The clock stands at 1700000060.
#[test]
fn a_code_of_an_authenticator_is_good_once() {
    let mut world = world(TOTP, TOTP);
    assert_eq!(world.run(with_code(&world, "253938")).code(), 1_433, "of a later step");
    let admitted = world.run(with_code(&world, "732303")).admitted();
    assert_eq!(admitted.second_factor, Some(SecondFactor::Totp));
    assert_eq!(world.run(with_code(&world, "732303")).code(), 1_433, "twice");
    assert_eq!(world.run(with_code(&world, "136087")).name(), "ann", "the next one");
    world.replies = vec![Reply::Code(secret("921300"))];
    assert_eq!(world.run(codes(&world)).name(), "ann", "asked for");
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 1_433, "none can be asked for");
    let before = world.throttle.failures;
    assert_eq!(world.run(with_code(&world, "000000")).refused().told, Told::AccessDenied);
    assert_eq!(world.throttle.failures, before + 1, "codes cannot be tried without limit");
}

/// Scenario 17 and section 7.1.
#[test]
fn a_second_factor_needs_instance_service_and_user() {
    for (mask, factors, asked) in [(TOTP, TOTP, true), (0, TOTP, false), (TOTP, 0, false), (SMS, TOTP, false)]
    {
        let mut world = world(mask, factors);
        assert_eq!(world.run(world.typed("ann", PASSWORD)).refused_if(), asked, "{mask} {factors}");
    }
    let mut off = world(TOTP, TOTP);
    off.policy.system.mechanisms = !TOTP;
    assert_eq!(off.run(off.typed("ann", PASSWORD)).name(), "ann", "not of the instance");
}

impl crate::world::End {
    fn refused_if(self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

#[test]
fn the_key_is_shown_until_a_code_was_right() {
    let mut world = world(TOTP, TOTP);
    world.policy.system.two_factor_issuer = "Clinic".to_owned();
    world.change("ann", |ann| ann.totp_display = true);
    world.replies = vec![Reply::Code(secret("000000"))];
    assert_eq!(world.run(world.talking("ann", PASSWORD)).code(), 1_433);
    assert!(world.questions[0].contains("Provision(Clinic, ann)"), "{:?}", world.questions);
    assert!(world.deeds.is_empty());
    world.replies = vec![Reply::Code(secret("136087"))];
    assert_eq!(world.run(world.talking("ann", PASSWORD)).name(), "ann");
    assert_eq!(world.deeds, ["key shown"]);
    world.replies = vec![Reply::Code(secret("732303"))];
    let _ = world.run(codes(&world)).admitted();
    assert!(world.questions.last().unwrap().contains("None"), "only where it can be shown");
}

/// Scenario 16.
#[test]
fn a_code_by_text_message_has_one_try_and_a_deadline() {
    let mut world = world(SMS, SMS);
    world.replies = vec![Reply::Code(secret("12345678"))];
    assert_eq!(world.run(codes(&world)).admitted().second_factor, Some(SecondFactor::Sms));
    assert_eq!(world.codes, ["4917012@Verizon 12345678"]);
    world.replies = vec![Reply::Code(secret("12345679")), Reply::Code(secret("12345678"))];
    assert_eq!(world.run(codes(&world)).code(), 1_412);
    assert_eq!(world.replies.len(), 1, "a wrong one takes a new login");
    world.policy.system.two_factor_timeout = -1;
    world.replies = vec![Reply::Code(secret("12345678"))];
    assert_eq!(world.run(codes(&world)).code(), 1_411);
    world.can_send = false;
    assert_eq!(world.run(codes(&world)).refused().status.code().number(), 1_417);
    assert_eq!(world.run(world.typed("ann", PASSWORD)).code(), 1_412, "none can be asked for");
    for (phone, provider, code) in [("", "Verizon", 1_409), ("12", "", 1_409), ("+12", "Verizon", 1_415)] {
        world.change("ann", |ann| {
            (ann.phone_number, ann.phone_provider) = (phone.to_owned(), provider.to_owned());
        });
        assert_eq!(world.run(codes(&world)).code(), code, "{phone}");
    }
}

#[test]
fn a_code_is_not_sent_again_at_once() {
    let mut world = world(SMS, SMS);
    world.replies = vec![Reply::Resend, Reply::Resend, Reply::Code(secret("12345678"))];
    assert_eq!(world.run(codes(&world)).name(), "ann");
    assert_eq!(world.codes.len(), 1, "the clock stands still");
}

/// Scenarios 12 and 13; the new password comes after the second factor.
#[test]
fn a_password_that_is_due_is_changed_over_a_dialogue_that_can() {
    let mut world = world(TOTP, TOTP);
    world.change("ann", |ann| ann.change_password = true);
    let refused = world.run(with_code(&world, "136087")).refused();
    assert_eq!((refused.told, refused.status.code().number()), (Told::ChangeRequired, 935));
    assert_eq!(
        world.run(with_code(&world, "000000")).refused().told,
        Told::AccessDenied,
        "not before the code"
    );
    world.rejects_new_passwords = 1;
    let new = || Reply::NewPassword(secret("new"));
    world.replies = vec![Reply::Code(secret("732303")), new(), new()];
    assert_eq!(world.run(world.talking("ann", PASSWORD)).name(), "ann");
    assert_eq!(world.deeds, ["set password"]);
    world.rejects_new_passwords = 9;
    world.replies = vec![Reply::Code(secret("921300")), new(), new(), new(), new()];
    assert_eq!(world.run(world.talking("ann", PASSWORD)).refused().told, Told::ChangeRequired);
    assert_eq!(world.replies.len(), 1, "three tries");
    assert_eq!(world.run(world.talking("ann", "wrong")).refused().told, Told::AccessDenied);
}

/// Users of a directory keep their second factor there, unless the authority gives one.
#[test]
fn a_delegated_user_without_a_telephone_is_not_admitted() {
    let mut world = World { delegated: Some("*"), ..World::new(BINDINGS, 8_192 | SMS) };
    world.user("eva", UserType::Delegated, |eva| eva.second_factors = SMS);
    let attempt = Attempt { dialogue: Dialogue::Codes, ..world.typed("eva", PASSWORD) };
    assert_eq!(world.run(attempt).code(), 1_409);
}

/// Minutes may lie between the password and the code: the account is judged as it is then.
#[test]
fn whoever_answers_is_judged_by_the_account_of_then() {
    type Meanwhile = (fn(&mut User), u16);
    let code = || vec![Reply::Code(secret("136087"))];
    let changes: [Meanwhile; 4] = [
        (|user| user.enabled = false, 828),
        (|user| user.name = UserName::predefined("gone").unwrap(), 838),
        (|user| user.expiration = Date::from_day_number(1), 959),
        (|user| user.credential.salt = vec![1; 8], 822),
    ];
    for (number, (change, code_of_refusal)) in changes.into_iter().enumerate() {
        let mut world = world(TOTP, TOTP);
        (world.replies, world.meanwhile) = (code(), Some(change));
        let refused = world.run(codes(&world)).refused();
        assert_eq!(refused.told, Told::AccessDenied, "{number}");
        assert_eq!(refused.status.root().code().number(), code_of_refusal, "{number}: {refused:?}");
        assert_eq!(world.failures.len(), 1, "{number}: it is recorded");
    }
    let mut world = world(TOTP, TOTP);
    world.replies = code();
    world.meanwhile = Some(|user| user.roles = vec![RoleId(4)]);
    assert_eq!(world.run(codes(&world)).admitted().roles, [RoleId(4)], "the roles of then");
    // The same after a new password, which is another than the one that was proven.
    world.change("ann", |ann| (ann.second_factors, ann.change_password) = (0, true));
    world.replies = vec![Reply::NewPassword(secret("Another-Word-1"))];
    world.meanwhile = Some(|user| user.enabled = false);
    assert!(world.run(world.talking("ann", PASSWORD)).refused_if());
}
