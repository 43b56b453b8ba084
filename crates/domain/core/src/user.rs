//! Users: accounts, their roles, and which of them keep the instance manageable (`security-users.md`).

use crate::hex::{hex, unhex};
use crate::id::{RoleId, UserId};
use crate::name::{Folded, UserName};
use crate::property::{Access, Class, Field, Kind, field};
use crate::time::{Date, Timestamp};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroize;

/// The account whose roles everybody gets at login; it is never logged in to (`authorization.md` USR-2).
pub const PUBLIC: &str = "_PUBLIC";
/// The account of unauthenticated sessions (USR-3).
pub const UNKNOWN_USER: &str = "UnknownUser";
/// The hidden account of system jobs; no record may take its name (USR-8).
pub const SYSTEM: &str = "%System";
/// Accounts that cannot be deleted (`security-users.md` 5.4).
pub const UNDELETABLE: [&str; 4] = ["_Ensemble", PUBLIC, "_SYSTEM", UNKNOWN_USER];

/// The algorithms a password hash may use; `N/A` marks an account that has no password and never gets one.
pub const ALGORITHMS: &[&str] = &["N/A", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"];

/// A password as it is kept: what PBKDF2 made of it, and how (`security-users.md` 7.3).
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// One of [`ALGORITHMS`].
    pub algorithm: String,
    /// Iterations.
    pub work_factor: i64,
    /// The derived key; empty where no password was ever set.
    pub key: Vec<u8>,
    /// The salt.
    pub salt: Vec<u8>,
}

impl Credential {
    /// The credential of an account without a password; none can be typed that matches.
    pub fn none() -> Self {
        Self { algorithm: "SHA512".to_owned(), work_factor: 10_000, key: Vec::new(), salt: Vec::new() }
    }

    /// The credential of an account that never gets a password.
    pub fn unchangeable() -> Self {
        Self { algorithm: "N/A".to_owned(), work_factor: 1_024, key: Vec::new(), salt: Vec::new() }
    }

    /// Tells whether a password login can succeed at all.
    pub fn is_set(&self) -> bool {
        self.algorithm != "N/A" && !self.key.is_empty()
    }

    /// Tells whether no password may ever be set.
    pub fn is_unchangeable(&self) -> bool {
        self.algorithm == "N/A"
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, {})", self.algorithm, self.work_factor)
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        self.key.zeroize();
        self.salt.zeroize();
    }
}

/// How an account proves who it is; a user has one type (`security-users.md` 9.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserType {
    /// By a password kept here, or by the operating system.
    Password,
    /// By a directory.
    Ldap,
    /// By a program of the site.
    Delegated,
    /// By Kerberos, with roles that a program of the site gives (`authentication.md` DEC-A04).
    Kerberos,
    /// By the operating system, with roles that a program of the site gives (DEC-A04).
    Os,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its name; fixed.
    pub name: UserName,
    /// Logins are possible.
    pub enabled: bool,
    /// Directly granted roles, in the order in which they were given.
    pub roles: Vec<RoleId>,
    /// Those of the roles that it may grant to others by SQL (ROL-8).
    pub admin_roles: Vec<RoleId>,
    /// Roles it may escalate to.
    pub escalation_roles: Vec<RoleId>,
    /// The password.
    pub credential: Credential,
    /// It is the operating-system account that owns the instance.
    pub owner: bool,
    /// Bit 0 password user, 1 LDAP user, 2 delegated user.
    pub flags: i64,
    /// `Kerberos` or `OS` for the two types that `Flags` cannot tell, else empty (DEC-A04).
    pub authority: String,
    /// What the person is called.
    pub full_name: String,
    /// Free text.
    pub comment: String,
    /// An address for mail.
    pub email: String,
    /// A telephone number for codes by text message.
    pub phone_number: String,
    /// Who carries the text message.
    pub phone_provider: String,
    /// Where a terminal session starts.
    pub namespace: String,
    /// What a terminal session runs.
    pub routine: String,
    /// Second factors switched on: 1048576 text message, 2097152 one-time password.
    pub second_factors: i64,
    /// The password must be changed at the next login.
    pub change_password: bool,
    /// Inactivity does not disable it.
    pub account_never_expires: bool,
    /// Its password does not age.
    pub password_never_expires: bool,
    /// The last day on which it can be used.
    pub expiration: Option<Date>,
    /// The hash of an ancient client protocol; kept and never used.
    pub legacy_password: String,
    /// A central manager's override of `Enabled`; kept and not interpreted.
    pub ems_group: String,
    /// Named values put on the process at login, one `name=value` an entry.
    pub attributes: Vec<String>,
    /// The key of one-time passwords, sealed outside this crate; empty where there is none.
    pub totp_key: Vec<u8>,
    /// The key is shown at the next login.
    pub totp_display: bool,
    /// What was kept of passwords that it had before, as [`remembered`] writes it.
    pub previous_passwords: Vec<u8>,
    /// When the password was set last.
    pub password_changed: Option<Timestamp>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Who made it.
    pub created_by: String,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// Who changed it last.
    pub modified_by: String,
    /// What the last change changed, at most 1024 characters (`security-users.md` 3.1).
    pub modified_what: String,
}

impl User {
    /// An enabled password user without a password and without roles.
    pub fn new(id: UserId, name: UserName) -> Self {
        Self {
            id,
            name,
            enabled: true,
            roles: Vec::new(),
            admin_roles: Vec::new(),
            escalation_roles: Vec::new(),
            credential: Credential::none(),
            owner: false,
            flags: 1,
            authority: String::new(),
            full_name: String::new(),
            comment: String::new(),
            email: String::new(),
            phone_number: String::new(),
            phone_provider: String::new(),
            namespace: String::new(),
            routine: String::new(),
            second_factors: 0,
            change_password: false,
            account_never_expires: false,
            password_never_expires: false,
            expiration: None,
            legacy_password: String::new(),
            ems_group: String::new(),
            attributes: Vec::new(),
            totp_key: Vec::new(),
            totp_display: false,
            previous_passwords: Vec::new(),
            password_changed: None,
            created: None,
            created_by: String::new(),
            modified: None,
            modified_by: String::new(),
            modified_what: String::new(),
        }
    }

    /// How the account proves who it is.
    pub fn kind(&self) -> UserType {
        match (self.flags & 0b110, self.authority.as_str()) {
            (0b010, _) => UserType::Ldap,
            (0b100 | 0b110, _) => UserType::Delegated,
            (_, KERBEROS) => UserType::Kerberos,
            (_, OS) => UserType::Os,
            _ => UserType::Password,
        }
    }

    /// Makes it an account of a type. Bits of `Flags` beyond the types are kept.
    pub fn set_kind(&mut self, kind: UserType) {
        let (flags, authority) = match kind {
            UserType::Password => (0b001, ""),
            UserType::Ldap => (0b010, ""),
            UserType::Delegated => (0b100, ""),
            UserType::Kerberos => (0b001, KERBEROS),
            UserType::Os => (0b001, OS),
        };
        self.flags = (self.flags & !0b111) | flags;
        authority.clone_into(&mut self.authority);
    }

    /// Tells whether this is the account of that name.
    pub fn is(&self, name: &str) -> bool {
        self.name.folded() == Folded::of(name)
    }

    /// Tells whether the account can no longer be used on a day; the expiration date itself is its last day.
    pub fn has_expired(&self, today: Date) -> bool {
        self.expiration.is_some_and(|last| last < today)
    }

    /// Tells whether this account, if it holds `%All` and has not expired, keeps the instance manageable: it is
    /// enabled, can log in (a password user with a password, or the owner of the instance), and is not an account
    /// that exists for another purpose (`authorization.md` ALL-3).
    pub fn can_guard(&self) -> bool {
        let special = self.is(PUBLIC) || self.is(UNKNOWN_USER);
        let can_log_in = self.owner || (self.kind() == UserType::Password && self.credential.is_set());
        self.enabled && !special && can_log_in
    }
}

impl Class for User {
    const NAME: &'static str = "Security.Users";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "FullName" text(2048) full_name),
        field!(Open "Enabled" boolean enabled),
        field!(Open "Roles" roles roles),
        field!(Open "EscalationRoles" roles escalation_roles),
        field!(Open "Comment" text(2048) comment),
        field!(Open "EmailAddress" text(512) email),
        field!(Open "PhoneNumber" text(256) phone_number),
        field!(Open "PhoneProvider" text(256) phone_provider),
        field!(Open "NameSpace" text(64) namespace),
        field!(Open "Routine" text(64) routine),
        field!(Open "ExpirationDate" date expiration),
        field!(Open "ChangePassword" boolean change_password),
        field!(Open "AccountNeverExpires" boolean account_never_expires),
        field!(Open "PasswordNeverExpires" boolean password_never_expires),
        Field {
            name: "AutheEnabled",
            access: Access::Open,
            kind: Kind::Integer {
                min: 0,
                max: SECOND_FACTORS,
                get: |u| u.second_factors,
                // Only the two second factors can be kept here (`services.md` 4.2); other bits are dropped.
                set: |u, bits| u.second_factors = bits & SECOND_FACTORS,
            },
        },
        field!(System "Flags" integer(0, 0xffff_ffff) flags),
        field!(System "PasswordHashAlgorithm" choice(ALGORITHMS) credential.algorithm),
        field!(System "PasswordHashWorkFactor" integer(1_024, 100_000_000) credential.work_factor),
        field!(System "PasswordChangedDateTime" instant password_changed),
        field!(System "CreateDateTime" instant created),
        field!(System "CreateUsername" text(160) created_by),
        field!(System "LastModifiedDateTime" instant modified),
        field!(System "LastModifiedUsername" text(160) modified_by),
        field!(System "LastModifiedInfo" text(1024) modified_what),
        field!(Open "HOTPKeyDisplay" boolean totp_display),
        field!(Open "EMSGroupEnabled" choice(&["", "Y", "N"]) ems_group),
        field!(Internal "LegacyPassword" text(64) legacy_password),
        field!(Internal "Authority" choice(&["", KERBEROS, OS]) authority),
        field!(Open "Attributes" texts('\n') attributes),
        field!(Secret "HOTPKey" binary totp_key),
        field!(Secret "Password" binary credential.key),
        field!(Secret "Salt" binary credential.salt),
        field!(Secret "PreviousPasswords" binary previous_passwords),
        field!(Internal "AdminRoles" roles admin_roles),
        field!(Internal "Owner" boolean owner),
    ];
}

/// The credentials of earlier passwords, the newest first, as an account keeps them: one a line,
/// `algorithm:work factor:key:salt` with bytes as hexadecimal digits.
pub fn remembered(credentials: &[Credential]) -> Vec<u8> {
    let line = |kept: &Credential| {
        alloc::format!("{}:{}:{}:{}\n", kept.algorithm, kept.work_factor, hex(&kept.key), hex(&kept.salt))
    };
    credentials.iter().map(line).collect::<String>().into_bytes()
}

/// Reads what [`remembered`] wrote; a line that cannot be read is left out.
pub fn recalled(bytes: &[u8]) -> Vec<Credential> {
    let text = core::str::from_utf8(bytes).unwrap_or_default();
    let credential = |line: &str| {
        let mut parts = line.split(':');
        let algorithm = parts.next().filter(|name| ALGORITHMS.contains(name))?.to_owned();
        let work_factor = parts.next()?.parse().ok()?;
        let key = unhex(parts.next()?)?;
        let salt = unhex(parts.next()?)?;
        Some(Credential { algorithm, work_factor, key, salt })
    };
    text.lines().filter_map(credential).collect()
}
const KERBEROS: &str = "Kerberos";
const OS: &str = "OS";

/// The two second factors: text message (bit 20) and time-based one-time password (bit 21).
pub const SECOND_FACTORS: i64 = (1 << 20) | (1 << 21);

/// Properties that say how a record came about; a change of only these is none (`security-users.md` section 4, rule 4).
pub(crate) const BOOKKEEPING: [&str; 5] =
    ["CreateDateTime", "CreateUsername", "LastModifiedDateTime", "LastModifiedUsername", "LastModifiedInfo"];

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> User {
        let mut user = User::new(UserId(1), UserName::predefined(name).unwrap());
        user.credential.key = alloc::vec![1; 64];
        user
    }

    #[test]
    fn only_accounts_that_can_log_in_guard() {
        assert!(user("ann").can_guard());
        assert!(!User { enabled: false, ..user("ann") }.can_guard());
        assert!(!User { flags: 2, ..user("ann") }.can_guard(), "a directory may be down");
        assert!(!User { credential: Credential::none(), ..user("ann") }.can_guard());
        assert!(!User { credential: Credential::unchangeable(), ..user("_Ensemble") }.can_guard());
        assert!(User { credential: Credential::unchangeable(), owner: true, ..user("root") }.can_guard());
        assert!(!user("_public").can_guard() && !user("unknownuser").can_guard());
    }

    #[test]
    fn earlier_passwords_are_recalled() {
        let mut other = user("ann").credential.clone();
        other.algorithm = "SHA1".to_owned();
        other.salt = b"u4ocm4qh".to_vec();
        let both = [user("ann").credential.clone(), other];
        assert_eq!(recalled(&remembered(&both)), both);
        assert_eq!(recalled(b"MD5:1:00:00\nSHA1:x:00:00\nSHA1:7:0:00\n\xff"), []);
        assert_eq!(recalled(b"MD5:1:00:00\nSHA1:1024:00:00\n").len(), 1);
    }

    #[test]
    fn a_user_is_of_the_type_it_was_made() {
        for (kind, flags) in [
            (UserType::Password, 17),
            (UserType::Ldap, 18),
            (UserType::Delegated, 20),
            (UserType::Kerberos, 17),
            (UserType::Os, 17),
        ] {
            let mut ann = User { flags: 0b10111, ..user("ann") };
            ann.set_kind(kind);
            assert_eq!((ann.kind(), ann.flags), (kind, flags));
        }
    }

    #[test]
    fn the_expiration_date_is_the_last_day() {
        let day = "2026-11-22".parse().ok();
        let ann = User { expiration: day, ..user("ann") };
        assert!(!ann.has_expired("2026-11-22".parse().unwrap()));
        assert!(ann.has_expired("2026-11-23".parse().unwrap()));
    }

    #[test]
    fn a_credential_shows_nothing() {
        assert_eq!(alloc::format!("{:?}", user("ann").credential), "Credential(SHA512, 10000)");
    }
}
