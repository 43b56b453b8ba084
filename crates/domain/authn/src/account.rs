//! Whether an account may be used, apart from whether its proof is right (`authentication.md` sections 3.4 and 6).
//!
//! Each rule answers with the error that the audit trail shows; outside they all look the same.

use crate::admission::Lockout;
use crate::mechanism::Mechanism;
use sclera_core::login::LoginRecord;
use sclera_core::status::{Code, Status};
use sclera_core::system::System;
use sclera_core::time::Timestamp;
use sclera_core::user::{PUBLIC, UNKNOWN_USER, User, UserType};

const DAY: i64 = 86_400_000_000;

/// The account is switched on; `_PUBLIC` never is (section 4).
pub fn enabled(user: &User) -> Result<(), Status> {
    if user.enabled && !user.is(PUBLIC) {
        return Ok(());
    }
    Err(Status::new(Code::UserDisabled, [user.name.as_str()]))
}

/// The account has not reached the limit on failed logins where reaching it closes accounts (6.3).
pub fn below_limit(
    user: &User,
    record: &LoginRecord,
    system: &System,
    lockout: Lockout,
) -> Result<(), Status> {
    if closes(record, system, lockout) {
        return Err(Status::new(Code::LoginLimitReached, [user.name.as_str()]));
    }
    Ok(())
}

/// Tells whether the failures of an account have it disabled: the limit is reached, the action of the limit is to
/// disable, and, unless the instance limits by account alone, they came from several sources.
pub fn closes(record: &LoginRecord, system: &System, lockout: Lockout) -> bool {
    let several = match lockout {
        Lockout::BySource => record.is_from_several_sources(),
        Lockout::ByAccount => true,
    };
    system.invalid_login_action & 1 == 1 && reaches(record.invalid_attempts, system) && several
}

/// Tells whether a number of failures has reached the limit, if there is one.
pub fn reaches(failures: u32, system: &System) -> bool {
    system.invalid_login_limit > 0 && i64::from(failures) >= system.invalid_login_limit
}

/// The account's last day has not passed; the day itself counts (6.4).
pub fn unexpired(user: &User, now: Timestamp) -> Result<(), Status> {
    if user.has_expired(now.date()) {
        return Err(Status::new(Code::UserExpired, [user.name.as_str()]));
    }
    Ok(())
}

/// The account can be used today, whoever proves to be its owner.
pub fn usable(user: &User, now: Timestamp) -> Result<(), Status> {
    enabled(user).and_then(|()| unexpired(user, now))
}

/// The account was used within the limit on inactivity, in whole days of 24 hours (6.4, DEC-A17). It counts from the
/// last success, the making and the last enabling of the account, whichever is latest.
pub fn active(user: &User, record: &LoginRecord, system: &System, now: Timestamp) -> Result<(), Status> {
    let exempt = user.account_never_expires || user.is(UNKNOWN_USER) || user.kind() != UserType::Password;
    let since = record.login_at.max(user.created).max(record.enabled_at);
    let Some(since) = since.filter(|_| system.inactive_limit > 0 && !exempt) else { return Ok(()) };
    let days = now.micros().saturating_sub(since.micros()).div_euclid(DAY);
    if days > system.inactive_limit {
        return Err(Status::new(Code::UserInactive, [user.name.as_str()]));
    }
    Ok(())
}

/// What is asked after the password proved right: whether it must be changed first (6.2, DEC-A13). Days are whole
/// 24 hours; a password is too old when its age is greater than the limit.
pub fn password_current(user: &User, system: &System, now: Timestamp) -> Result<(), Status> {
    if user.change_password {
        return Err(Status::plain(Code::PasswordChangeRequired));
    }
    let changed = user.password_changed.or(user.created);
    let age = changed.map_or(0, |at| (now.micros() - at.micros()).div_euclid(DAY));
    let limit = system.password_expiration_days;
    if limit > 0 && !user.password_never_expires && age > limit {
        return Err(Status::plain(Code::PasswordExpired));
    }
    Ok(())
}

/// The type of the account is one that a mechanism lets in (3.2). `authorized` tells that an outside authority gave the
/// roles of somebody whom Kerberos or the operating system proved.
pub fn fits(user: &User, mechanism: Mechanism, authorized: bool) -> Result<(), Status> {
    use Mechanism::{
        Certificate, Delegated, Kerberos, KerberosApi, KerberosPrompt, Ldap, LoginCookie, Os, Password,
        Unauthenticated, Vouched,
    };
    let name = user.name.as_str();
    let fits = match (mechanism, user.kind()) {
        (Unauthenticated | Vouched | Certificate | LoginCookie, _)
        | (Ldap, UserType::Ldap)
        | (Delegated, UserType::Delegated) => true,
        (Os, UserType::Ldap | UserType::Os)
        | (Kerberos | KerberosPrompt | KerberosApi, UserType::Kerberos) => authorized,
        (Password | Os | Kerberos | KerberosPrompt | KerberosApi, UserType::Password) => !authorized,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(match mechanism {
        Ldap => Status::new(Code::NotAnLdapUser, [name]),
        Delegated => Status::new(Code::NotADelegatedUser, [name]),
        Os => Status::new(Code::NotAnOsUser, [name]),
        Kerberos | KerberosPrompt | KerberosApi => Status::new(Code::NotAKerberosUser, [name]),
        Password | Unauthenticated | Vouched | Certificate | LoginCookie => {
            Status::new(Code::NotAPasswordUser, [name])
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sclera_core::id::UserId;
    use sclera_core::login::Occasion;
    use sclera_core::name::UserName;

    fn ann() -> User {
        User { created: Some(day(0)), ..User::new(UserId(1), UserName::new("ann").unwrap()) }
    }

    fn day(number: i64) -> Timestamp {
        Timestamp::from_micros(number * DAY)
    }

    fn code<T: core::fmt::Debug>(outcome: Result<T, Status>) -> Code {
        outcome.unwrap_err().code()
    }

    #[test]
    fn the_account_must_be_on_and_within_its_days() {
        assert_eq!(enabled(&ann()), Ok(()));
        assert_eq!(code(enabled(&User { enabled: false, ..ann() })), Code::UserDisabled);
        let public = User { name: UserName::new("_public").unwrap(), ..ann() };
        assert_eq!(code(enabled(&public)), Code::UserDisabled);
        // `authentication.md` section 20, scenario 10.
        let today = day(20_000);
        let until = |text: &str| User { expiration: text.parse().ok(), account_never_expires: true, ..ann() };
        assert_eq!(unexpired(&until("2024-10-04"), today), Ok(()));
        assert_eq!(code(unexpired(&until("2024-10-03"), today)), Code::UserExpired);
    }

    /// `authentication.md` section 20, scenario 11.
    #[test]
    fn unused_accounts_are_refused() {
        let system = System { inactive_limit: 90, ..System::default() };
        let used = |at| LoginRecord { login_at: Some(day(at)), ..LoginRecord::default() };
        assert_eq!(active(&ann(), &used(100), &system, day(190)), Ok(()));
        assert_eq!(code(active(&ann(), &used(100), &system, day(191))), Code::UserInactive);
        assert_eq!(
            code(active(&ann(), &LoginRecord::default(), &system, day(91))),
            Code::UserInactive,
            "never used"
        );
        let enabled = LoginRecord { enabled_at: Some(day(150)), ..used(100) };
        assert_eq!(active(&ann(), &enabled, &system, day(240)), Ok(()));
        for exempt in [
            User { account_never_expires: true, ..ann() },
            User { flags: 2, ..ann() },
            User { flags: 4, ..ann() },
        ] {
            assert_eq!(active(&exempt, &used(0), &system, day(5_000)), Ok(()));
        }
        let unlimited = System { inactive_limit: 0, ..system };
        assert_eq!(active(&ann(), &used(0), &unlimited, day(5_000)), Ok(()));
    }

    #[test]
    fn passwords_age_by_whole_days() {
        let system = System { password_expiration_days: 30, ..System::default() };
        let user = User { password_changed: Some(day(100)), ..ann() };
        assert_eq!(password_current(&user, &system, day(130)), Ok(()));
        assert_eq!(password_current(&user, &system, day(131)).unwrap_err().code(), Code::PasswordExpired);
        let lasting = User { password_never_expires: true, ..user.clone() };
        assert_eq!(password_current(&lasting, &system, day(500)), Ok(()));
        let forced = User { change_password: true, ..lasting };
        assert_eq!(
            password_current(&forced, &system, day(100)).unwrap_err().code(),
            Code::PasswordChangeRequired
        );
    }

    #[test]
    fn the_limit_closes_an_account_only_where_it_is_told_to() {
        let failed = |sources: &[u64]| {
            let mut record = LoginRecord::default();
            for source in sources {
                let (device, service) = (String::new(), String::new());
                record.fail(&Occasion { at: day(0), device, service, source: *source }, "");
            }
            record
        };
        let system = |limit, action| System {
            invalid_login_limit: limit,
            invalid_login_action: action,
            ..System::default()
        };
        for (sources, limit, action, by_source, by_account) in [
            ([1, 1, 1], 3, 1, false, true),
            ([1, 1, 2], 3, 1, true, true),
            ([1, 1, 2], 3, 0, false, false),
            ([1, 1, 2], 4, 1, false, false),
            ([1, 1, 2], 0, 1, false, false),
        ] {
            let (record, system) = (failed(&sources), system(limit, action));
            let closed = |lockout| below_limit(&ann(), &record, &system, lockout).is_err();
            assert_eq!(
                (closed(Lockout::BySource), closed(Lockout::ByAccount)),
                (by_source, by_account),
                "{sources:?} {limit} {action}"
            );
        }
    }

    /// `authentication.md` 3.2, the first table.
    #[test]
    fn the_type_of_an_account_decides_what_lets_it_in() {
        use Mechanism::{Delegated, Kerberos, KerberosApi, KerberosPrompt, Ldap, Os, Password};
        let all = [Kerberos, KerberosPrompt, KerberosApi, Os, Ldap, Delegated, Password];
        let lets_in = |kind, authorized| -> Vec<Mechanism> {
            let mut user = ann();
            user.set_kind(kind);
            all.into_iter().filter(|mechanism| fits(&user, *mechanism, authorized).is_ok()).collect()
        };
        assert_eq!(lets_in(UserType::Password, false), [Kerberos, KerberosPrompt, KerberosApi, Os, Password]);
        assert_eq!(lets_in(UserType::Password, true), []);
        assert_eq!(lets_in(UserType::Ldap, false), [Ldap]);
        assert_eq!(lets_in(UserType::Ldap, true), [Os, Ldap]);
        assert_eq!(lets_in(UserType::Delegated, false), [Delegated]);
        assert_eq!(lets_in(UserType::Kerberos, true), [Kerberos, KerberosPrompt, KerberosApi]);
        assert_eq!(lets_in(UserType::Os, true), [Os]);
        assert_eq!(lets_in(UserType::Os, false), []);
    }
}
