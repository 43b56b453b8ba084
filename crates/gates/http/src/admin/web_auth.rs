//! Web authentication (`admin-api.md` section 12): the settings of the whole instance that say how people come in.

use crate::desk::{Desk, secret};
use crate::operation::{Done, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Member, Need, Shape, told};
use sclera_authn::mechanism::Mask;
use sclera_core::change::Kind;
use sclera_core::property::Value as Property;
use sclera_core::system::NAME;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};

/// Switches and the bits of `AutheEnabled` that they stand for (`services.md` 4.2, DEC-S08, DEC-S09).
const SWITCHES: [(&str, Mask); 13] = [
    ("AutheUnauthenticated", Mask::UNAUTHENTICATED),
    ("AutheOS", Mask::OS),
    ("AutheOSDelegated", Mask::OS_DELEGATED),
    ("AutheOSLDAP", Mask::OS_LDAP),
    ("AutheCache", Mask::PASSWORD),
    ("AutheDelegated", Mask::DELEGATED),
    ("AutheKB", Mask::ANY_KERBEROS),
    ("AutheLDAP", Mask::LDAP),
    ("AutheLDAPCache", Mask::LDAP_CACHE),
    ("AutheOAuth2", Mask::OAUTH),
    ("AutheLoginToken", Mask::LOGIN_TOKEN),
    ("AutheTwoFactorSMS", Mask::SMS),
    ("AutheTwoFactorPW", Mask::TOTP),
];

/// A switch that is a setting of its own, and what that is called.
const ALWAYS: (&str, &str) = ("AutheAlwaysTryDelegated", "AlwaysTryDelegated");

const SETTINGS: &[Member] = &[
    Member::flag("AutheUnauthenticated"),
    Member::flag("AutheOS"),
    Member::flag("AutheOSDelegated"),
    Member::flag("AutheOSLDAP"),
    Member::flag("AutheCache").about("passwords of the instance"),
    Member::flag("AutheDelegated"),
    Member::flag("AutheAlwaysTryDelegated"),
    Member::flag("AutheKB").about("all of Kerberos"),
    Member::flag("AutheLDAP"),
    Member::flag("AutheLDAPCache"),
    Member::flag("AutheOAuth2").about("kept; nobody comes in by it yet"),
    Member::flag("AutheLoginToken").about("login cookies"),
    Member::flag("AutheTwoFactorSMS"),
    Member::flag("AutheTwoFactorPW").about("one-time passwords"),
    Member::integer("LoginCookieTimeout").about("seconds"),
    Member::integer("TwoFactorTimeout").about("seconds"),
    Member::text("SMTPServer"),
    Member::text("SMTPUsername"),
    Member::text("TwoFactorFrom"),
    Member::text("JWTIssuer"),
    Member::text("JWTSigAlg"),
];

/// The name is spelled so in the original, too.
const PASSWORD: &str = "SMPTPPassword";

const SMTP: &[Member] =
    &[Member::secret(PASSWORD).needed(Need::Always).about("empty for none; it is kept sealed")];

const PATH: &str = "/api/admin/v2/security/web-auth";
const GROUP: &str = "Web authentication";

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const WEB_AUTH: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get(PATH, GROUP, "Reads how people come in").gives(Shape::Object(SETTINGS)),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(PATH, GROUP, "Changes how people come in; what is not named stays as it is")
                .fields(SETTINGS)
                .gives(Shape::Object(SETTINGS)),
            put::<S, A>,
        ),
        Operation::ask(
            Row::post(
                "/api/admin/v2/security/web-auth/smtp-password",
                GROUP,
                "Sets the password of the user who sends mail",
            )
            .fields(SMTP),
            set_password::<S, A>,
        ),
    ];
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(desk)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let mut given = desk.properties(SETTINGS)?;
    if let Some(always) = given.take(ALWAYS.0) {
        given.set(ALWAYS.1, always);
    }
    let switches: Vec<(i64, bool)> = SWITCHES
        .into_iter()
        .filter_map(|(name, bits)| Some((bits.0, given.take(name)? == Property::Boolean(true))))
        .collect();
    desk.engine.edit_system(desk.session()?, &|system| {
        let bits = switches.iter().fold(system.mechanisms, |all, (bits, on)| switched(all, *bits, *on));
        given.clone().with("AutheEnabled", bits)
    })?;
    Outcome::written(shown(desk)?, false, "modified the web authentication".to_owned())
}

/// Bits with a switch turned on or off. One that is on already stays as it is, however many of its bits are set.
const fn switched(all: i64, bits: i64, on: bool) -> i64 {
    match (on, all & bits != 0) {
        (true, true) => all,
        (true, false) => all | bits,
        (false, _) => all & !bits,
    }
}

fn set_password<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let password = secret(desk.given.take_text(PASSWORD))?;
    desk.engine.set_secret(desk.session()?, Kind::System, NAME, Some(&password))?;
    Outcome::written(json!({}), false, "set the password of SMTPUsername".to_owned())
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>) -> Result<Value, Reject> {
    let system = desk.shown(Kind::System, NAME)?;
    let bits = match system.get("AutheEnabled") {
        Some(Property::Integer(bits)) => *bits,
        _ => 0,
    };
    let always = system.get(ALWAYS.1).cloned().unwrap_or(Property::Boolean(false));
    let switches = SWITCHES.iter().fold(system, |all, (name, own)| all.with(name, bits & own.0 != 0));
    Ok(Value::Object(told(SETTINGS, &switches.with(ALWAYS.0, always))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_switch_stands_for_all_of_kerberos() {
        let (_, kerberos) = SWITCHES.into_iter().find(|(name, _)| *name == "AutheKB").unwrap();
        let (api, password) = (1 << 2, 1 << 5);
        let kerberos = kerberos.0;
        assert_eq!(kerberos, 0b11_1000_1111);
        assert_eq!(switched(password, kerberos, true), password | kerberos);
        assert_eq!(switched(password | api, kerberos, true), password | api, "some of it is on");
        assert_eq!(switched(password | api, kerberos, false), password);
        assert_eq!(switched(api, password, false), api);
    }

    #[test]
    fn every_switch_is_a_member() {
        for (name, _) in SWITCHES {
            assert!(SETTINGS.iter().any(|member| member.name == name), "{name}");
        }
    }
}
