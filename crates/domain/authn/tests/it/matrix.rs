//! Services × mechanisms × types of users, against the table of `services.md` 4.1 (and `services.json`), carried here as
//! data of our own.

use crate::world::{PASSWORD, World};
use sclera_authn::admission::{Attempt, Offer};
use sclera_core::user::UserType::{self, Delegated, Kerberos, Ldap, Os, Password};

/// The columns: Kerberos cache, Kerberos login, delegated, LDAP, operating system, password, unauthenticated.
const MECHANISMS: [&str; 7] = ["KC", "KL", "De", "LD", "OS", "PW", "Un"];

const TABLE: &[(&str, &str)] = &[
    ("%Service_Bindings", "KL De LD PW Un"),
    ("%Service_CacheDirect", "PW Un"),
    ("%Service_CallIn", "De LD OS Un"),
    ("%Service_ComPort", "De LD PW Un"),
    ("%Service_Console", "KC KL De LD OS PW Un"),
    ("%Service_DocDB", ""),
    ("%Service_EscalateLogin", "KL De LD OS PW"),
    ("%Service_Login", "De LD OS PW Un"),
    ("%Service_Telnet", "KL De LD PW Un"),
    ("%Service_Terminal", "KC KL De LD OS PW Un"),
    ("%Service_WebGateway", "KL De LD PW Un"),
];

/// The bits that a mechanism has on a service (DEC-S09).
fn bits(mechanism: &str, service: &str) -> i64 {
    let local = ["Console", "Terminal", "EscalateLogin", "CallIn", "Login", "ComPort"];
    match mechanism {
        "KC" => 1,
        "KL" if local.iter().any(|name| service.ends_with(name)) => 4,
        "KL" => 128,
        "De" => 8_192,
        "LD" => 2_048,
        "OS" => 16,
        "PW" => 32,
        _ => 64,
    }
}

/// Which types a mechanism lets in (`authentication.md` 3.2); nobody in particular has no type.
fn lets_in(mechanism: &str, kind: UserType) -> bool {
    match mechanism {
        "De" => kind == Delegated,
        "LD" => kind == Ldap,
        "Un" => true,
        _ => kind == Password,
    }
}

#[test]
fn services_mechanisms_and_types_agree_with_the_table() {
    for (service, usable) in TABLE {
        for mechanism in MECHANISMS {
            for kind in [Password, Ldap, Delegated, Kerberos, Os] {
                let expected = usable.split(' ').any(|known| known == mechanism) && lets_in(mechanism, kind);
                let entered = enters(service, mechanism, kind);
                assert_eq!(entered.is_some(), expected, "{service} {mechanism} {kind:?}");
                let name = if mechanism == "Un" { "UnknownUser" } else { "zoe" };
                assert!(entered.is_none_or(|entered| entered == name), "{service} {mechanism} {kind:?}");
            }
        }
    }
}

/// Everybody proves to be `zoe` in every way there is; only one mechanism is on.
fn enters(service: &str, mechanism: &str, kind: UserType) -> Option<String> {
    let mut world = World::new(service, bits(mechanism, service));
    world.user("zoe", kind, |_| {});
    (world.kerberos, world.ldap, world.delegated) = (Some("zoe"), Some("zoe"), Some("zoe"));
    let offer = match mechanism {
        "Un" => Offer::Nothing,
        "KL" if bits(mechanism, service) == 128 => Offer::Kerberos(vec![1]),
        _ => {
            return outcome(&mut world, |world| {
                let attempt = world.typed("zoe", PASSWORD);
                Attempt { os_user: Some("zoe".to_owned()), ..attempt }
            });
        }
    };
    outcome(&mut world, |world| Attempt { offer, ..Attempt::at(&world.service()) })
}

fn outcome(world: &mut World, attempt: impl FnOnce(&World) -> Attempt) -> Option<String> {
    let attempt = attempt(world);
    match world.run(attempt) {
        crate::world::End::Granted(admitted) => Some(admitted.name.clone()),
        crate::world::End::Refused(_) => None,
    }
}
