//! Whether an account may be used, apart from whether its password is right (`authentication.md` sections 3.4 and 6).

use sclera_core::status::{Code, Status};
use sclera_core::system::System;
use sclera_core::time::Timestamp;
use sclera_core::user::{PUBLIC, User, UserType};

const DAY: i64 = 86_400_000_000;

/// What is asked before the password is compared: a disabled or expired account is refused without telling whether the
/// password was right (DEC-A07).
pub fn usable(user: &User, now: Timestamp) -> Result<(), Status> {
    let name = user.name.as_str();
    if !user.enabled || user.is(PUBLIC) {
        return Err(Status::new(Code::UserDisabled, [name]));
    }
    if user.has_expired(now.date()) {
        return Err(Status::new(Code::UserExpired, [name]));
    }
    match user.kind() {
        UserType::Password => Ok(()),
        UserType::Ldap | UserType::Delegated => Err(Status::new(Code::NotAPasswordUser, [name])),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use sclera_core::id::UserId;
    use sclera_core::name::UserName;

    fn ann() -> User {
        User::new(UserId(1), UserName::new("ann").unwrap())
    }

    fn day(number: i64) -> Timestamp {
        Timestamp::from_micros(number * DAY)
    }

    #[test]
    fn the_state_of_the_account_decides_first() {
        assert_eq!(usable(&ann(), day(0)), Ok(()));
        let code = |user: User| usable(&user, day(20_000)).unwrap_err().code();
        assert_eq!(code(User { enabled: false, ..ann() }), Code::UserDisabled);
        assert_eq!(code(User { name: UserName::new("_public").unwrap(), ..ann() }), Code::UserDisabled);
        assert_eq!(code(User { expiration: "2024-10-03".parse().ok(), ..ann() }), Code::UserExpired);
        assert_eq!(code(User { flags: 2, ..ann() }), Code::NotAPasswordUser);
        assert_eq!(code(User { flags: 4, ..ann() }), Code::NotAPasswordUser);
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
}
