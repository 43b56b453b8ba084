//! The properties of Security.Users one by one: default, values, limit, and who may set them (`security-users.md`
//! section 3).

use crate::bench::{Instance, PASSWORD, code, secret, user};
use sclera_authn::password::{Derivation, Verdict, hash, verify};
use sclera_core::change::{Change, History, Kind};
use sclera_core::property::{Properties, Value};
use sclera_core::status::Code;
use sclera_core::user::User;
use sclera_engine::vault::Vault;
use sclera_store::port::{Read, Store};
use sclera_testkit::world::{properties, role};

const SEAL: [u8; 32] = [9; 32];

/// An instance with a vault, two roles, and a user of whom nothing was said.
fn instance() -> Instance {
    let Instance { engine, owner, bench, store, events } = Instance::new();
    let instance = Instance { engine: engine.with_vault(Vault::new(SEAL)), owner, bench, store, events };
    instance.carry_all([role("Reader", "", ""), role("Writer", "", ""), user("ann", "")]);
    instance
}

fn shown(instance: &Instance, property: &str) -> String {
    let shown = instance.engine.show(&instance.owner, Kind::User, "ann").unwrap();
    shown.get(property).map_or_else(|| panic!("no {property}"), Value::text)
}

fn kept(instance: &Instance, name: &str) -> User {
    let reading = Store::read(&instance.store).unwrap();
    reading.user(&sclera_core::name::Folded::of(name)).unwrap().unwrap().user().unwrap()
}

/// What follows from other properties, and changes along with them.
const FOLLOWING: [&str; 4] =
    ["LastModifiedDateTime", "LastModifiedUsername", "LastModifiedInfo", "SuperUser"];

/// Sets a property; all others stay as they are.
fn set(instance: &Instance, property: &str, value: &str) {
    let before = instance.engine.show(&instance.owner, Kind::User, "ann").unwrap();
    let given = properties(&[(property, value)]);
    instance.engine.modify_user(&instance.owner, "ann", &given, None).unwrap();
    let after = instance.engine.show(&instance.owner, Kind::User, "ann").unwrap();
    for (name, kept) in after.iter().filter(|(name, _)| *name != property && !FOLLOWING.contains(name)) {
        assert_eq!(Some(kept), before.get(name), "{property}={value:?} changed {name}");
    }
}

/// A value is refused with a code by both methods, and nothing has changed.
fn refuses(instance: &Instance, property: &str, value: &str, expected: Code) {
    let before = instance.engine.state().unwrap().revision;
    let given = properties(&[(property, value)]);
    let modified = instance.engine.modify_user(&instance.owner, "ann", &given, None);
    assert_eq!(code(modified), expected, "Modify with {property}={value:?}");
    let created = instance.engine.create_user(&instance.owner, "new", &given, None);
    assert_eq!(code(created), expected, "Create with {property}={value:?}");
    assert_eq!(instance.engine.state().unwrap().revision, before);
}

/// A new user has it, and it reads back as it was given, to both methods.
fn takes(instance: &Instance, property: &str, value: &str, read_back: &str) {
    set(instance, property, value);
    assert_eq!(shown(instance, property), read_back, "{property}={value:?}");
    let given = properties(&[(property, value)]);
    instance.engine.create_user(&instance.owner, "new", &given, None).unwrap();
    let other = instance.engine.show(&instance.owner, Kind::User, "new").unwrap();
    assert_eq!(other.get(property).unwrap().text(), read_back, "{property}={value:?}");
    instance.carry(Change::DeleteUser { name: "new".to_owned() });
}

fn is_text(property: &str, most: usize) {
    let instance = instance();
    assert_eq!(shown(&instance, property), "");
    takes(&instance, property, "Größe, \"quoted\"", "Größe, \"quoted\"");
    takes(&instance, property, &"ä".repeat(most), &"ä".repeat(most));
    refuses(&instance, property, &"ä".repeat(most + 1), Code::TooLong);
    refuses(&instance, property, "a\u{1}b", Code::General);
}

fn is_boolean(property: &str, default: &str) {
    let instance = instance();
    assert_eq!(shown(&instance, property), default);
    for (value, read_back) in [("1", "1"), ("0", "0"), ("true", "1"), ("false", "0"), ("", "0")] {
        takes(&instance, property, value, read_back);
    }
    for bad in ["2", "yes", "-1", "01"] {
        refuses(&instance, property, bad, Code::NotABoolean);
    }
}

fn is_list_of_roles(property: &str) {
    let instance = instance();
    assert_eq!(shown(&instance, property), "");
    takes(&instance, property, "writer , READER,Writer", "Writer,Reader");
    takes(&instance, property, "", "");
    refuses(&instance, property, "Reader,NoSuch", Code::RoleDoesNotExist);
}

/// What callers pass is left aside.
fn is_read_only(property: &str, value: &str) {
    let instance = instance();
    let before = shown(&instance, property);
    set(&instance, property, value);
    assert_eq!(shown(&instance, property), before);
}

#[test]
fn full_name() {
    is_text("FullName", 2_048);
}

#[test]
fn comment() {
    is_text("Comment", 2_048);
}

#[test]
fn email_address() {
    is_text("EmailAddress", 512);
}

#[test]
fn phone_number() {
    is_text("PhoneNumber", 256);
}

#[test]
fn phone_provider() {
    is_text("PhoneProvider", 256);
}

#[test]
fn name_space() {
    is_text("NameSpace", 64);
}

#[test]
fn routine() {
    is_text("Routine", 64);
}

#[test]
fn enabled() {
    is_boolean("Enabled", "1");
}

#[test]
fn change_password() {
    is_boolean("ChangePassword", "0");
}

#[test]
fn account_never_expires() {
    is_boolean("AccountNeverExpires", "0");
}

#[test]
fn password_never_expires() {
    is_boolean("PasswordNeverExpires", "0");
}

#[test]
fn hotp_key_display() {
    is_boolean("HOTPKeyDisplay", "0");
}

#[test]
fn roles() {
    is_list_of_roles("Roles");
}

#[test]
fn escalation_roles() {
    is_list_of_roles("EscalationRoles");
}

#[test]
fn create_date_time() {
    is_read_only("CreateDateTime", "2001-01-01T00:00:00Z");
    assert_eq!(shown(&instance(), "CreateDateTime"), "2026-11-22T08:15:00Z");
}

#[test]
fn create_username() {
    is_read_only("CreateUsername", "mallory");
    assert_eq!(shown(&instance(), "CreateUsername"), "operator");
}

#[test]
fn last_modified_username() {
    is_read_only("LastModifiedUsername", "mallory");
    let instance = instance();
    assert_eq!(shown(&instance, "LastModifiedUsername"), "operator");
    instance.carry(user("eve", "%All"));
    let eve = instance.log_in("eve").unwrap();
    let given = properties(&[("Comment", "by eve")]);
    instance.engine.modify_user(&eve, "ann", &given, None).unwrap();
    assert_eq!(shown(&instance, "LastModifiedUsername"), "eve");
}

#[test]
fn password_changed_date_time() {
    is_read_only("PasswordChangedDateTime", "2001-01-01T00:00:00Z");
    assert_eq!(shown(&instance(), "PasswordChangedDateTime"), "2026-11-22T08:15:00Z");
}

#[test]
fn invalid_login_attempts() {
    is_read_only("InvalidLoginAttempts", "7");
    assert_eq!(shown(&instance(), "InvalidLoginAttempts"), "0");
}

#[test]
fn invalid_login_date_time() {
    is_read_only("InvalidLoginDateTime", "2001-01-01T00:00:00Z");
    assert_eq!(shown(&instance(), "InvalidLoginDateTime"), "");
}

#[test]
fn invalid_login_device() {
    is_read_only("InvalidLoginDevice", "10.0.0.1");
    assert_eq!(shown(&instance(), "InvalidLoginDevice"), "");
}

#[test]
fn invalid_login_service() {
    is_read_only("InvalidLoginService", "%Service_Login");
    assert_eq!(shown(&instance(), "InvalidLoginService"), "");
}

#[test]
fn invalid_login_status() {
    is_read_only("InvalidLoginStatus", "x");
    assert_eq!(shown(&instance(), "InvalidLoginStatus"), "");
}

#[test]
fn login_date_time() {
    is_read_only("LoginDateTime", "2001-01-01T00:00:00Z");
    assert_eq!(shown(&instance(), "LoginDateTime"), "");
}

#[test]
fn login_device() {
    is_read_only("LoginDevice", "10.0.0.1");
    assert_eq!(shown(&instance(), "LoginDevice"), "");
}

#[test]
fn login_service() {
    is_read_only("LoginService", "%Service_Login");
    assert_eq!(shown(&instance(), "LoginService"), "");
}

#[test]
fn last_modified_date_time() {
    let instance = instance();
    instance.bench.turn_days(1);
    set(&instance, "LastModifiedDateTime", "2001-01-01T00:00:00Z");
    assert_eq!(shown(&instance, "LastModifiedDateTime"), "2026-11-22T08:15:00Z", "nothing was changed");
    set(&instance, "Comment", "x");
    assert_eq!(shown(&instance, "LastModifiedDateTime"), "2026-11-23T08:15:00Z");
}

#[test]
fn last_modified_info() {
    is_read_only("LastModifiedInfo", "x");
    let instance = instance();
    set(&instance, "Roles", "Reader,Writer");
    let said = "\nRoles modified:\n  New value: Reader,Writer\n  Old value: \n";
    assert_eq!(shown(&instance, "LastModifiedInfo"), said);
    set(&instance, "Comment", &"x".repeat(2_048));
    assert_eq!(shown(&instance, "LastModifiedInfo").chars().count(), 1_024);
    let new = secret("another password");
    instance.engine.modify_user(&instance.owner, "ann", &Properties::new(), Some(&new)).unwrap();
    assert!(!shown(&instance, "LastModifiedInfo").contains("Password modified"));
}

#[test]
fn expiration_date() {
    let instance = instance();
    assert_eq!(shown(&instance, "ExpirationDate"), "");
    takes(&instance, "ExpirationDate", "2020-02-29", "2020-02-29");
    for none in ["", "0", "1840-12-31"] {
        takes(&instance, "ExpirationDate", none, "");
    }
    for bad in ["2017-02-29", "2017-13-29", "1/1/2025", "abc", "2025-02-30", "20250101", "2025-1-1"] {
        refuses(&instance, "ExpirationDate", bad, Code::InvalidExpirationDate);
    }
}

#[test]
fn authe_enabled() {
    let instance = instance();
    assert_eq!(shown(&instance, "AutheEnabled"), "0");
    takes(&instance, "AutheEnabled", "1048576", "1048576");
    takes(&instance, "AutheEnabled", "2097152", "2097152");
    takes(&instance, "AutheEnabled", "2097184", "2097152");
    refuses(&instance, "AutheEnabled", "-1", Code::TooSmall);
    refuses(&instance, "AutheEnabled", "4194304", Code::TooGreat);
    refuses(&instance, "AutheEnabled", "x", Code::NotANumber);
}

#[test]
fn ems_group_enabled() {
    let instance = instance();
    assert_eq!(shown(&instance, "EMSGroupEnabled"), "");
    for value in ["Y", "N", ""] {
        takes(&instance, "EMSGroupEnabled", value, value);
    }
    for bad in ["1", "X", "YN"] {
        refuses(&instance, "EMSGroupEnabled", bad, Code::NotInList);
    }
}

#[test]
fn attributes() {
    let instance = instance();
    assert_eq!(shown(&instance, "Attributes"), "");
    takes(&instance, "Attributes", "site=North\nroom=12,13", "site=North\nroom=12,13");
    for bad in ["site", "=x", "a=1\na=2"] {
        refuses(&instance, "Attributes", bad, Code::PropertyInvalid);
    }
}

#[test]
fn flags() {
    let instance = instance();
    assert_eq!(
        (shown(&instance, "Flags"), shown(&instance, "Type")),
        ("1".to_owned(), "Password user".to_owned())
    );
    is_read_only("Flags", "2");
    for (flags, kind) in
        [("", "Password user"), ("1", "Password user"), ("2", "LDAP user"), ("4", "Delegated user")]
    {
        let name = format!("flags-{flags}");
        instance.engine.create_user(&instance.owner, &name, &properties(&[("Flags", flags)]), None).unwrap();
        let shown = instance.engine.show(&instance.owner, Kind::User, &name).unwrap();
        assert_eq!(shown.get("Type").unwrap().text(), kind);
    }
    for bad in ["6", "8", "x"] {
        let refused =
            instance.engine.create_user(&instance.owner, "new", &properties(&[("Flags", bad)]), None);
        assert_eq!(code(refused), Code::NotInList, "{bad}");
    }
}

#[test]
fn super_user() {
    let instance = instance();
    assert_eq!(shown(&instance, "SuperUser"), "0");
    set(&instance, "SuperUser", "1");
    assert_eq!(shown(&instance, "SuperUser"), "0", "it follows from the roles");
    set(&instance, "Roles", "%all");
    assert_eq!(shown(&instance, "SuperUser"), "1");
}

#[test]
fn name() {
    let instance = instance();
    instance.carry(user("MiXed Größe", ""));
    let shown = instance.engine.show(&instance.owner, Kind::User, "mixed GRÖẞE").unwrap();
    assert_eq!(shown.get("Name").unwrap().text(), "MiXed Größe", "as it was written");
    assert_eq!(kept(&instance, "mixed größe").name.folded().as_str(), "mixed größe");
    set(&instance, "Name", "other");
    assert!(!instance.engine.exists(&instance.owner, Kind::User, "other").unwrap(), "it cannot be changed");
    let longest = "x".repeat(160);
    instance.carry(user(&longest, ""));
    for (bad, expected) in
        [("", Code::InvalidUserName), ("a*b", Code::InvalidUserName), ("a@b", Code::UserNameHasDomain)]
    {
        let refused = instance.engine.create_user(&instance.owner, bad, &Properties::new(), None);
        assert_eq!(code(refused), expected, "{bad}");
    }
    let refused = instance.engine.create_user(&instance.owner, &"x".repeat(161), &Properties::new(), None);
    assert_eq!(code(refused), Code::InvalidUserName);
}

#[test]
fn password() {
    let instance = instance();
    let credential = kept(&instance, "ann").credential.clone();
    assert!(matches!(verify(&credential, &secret(PASSWORD), Derivation::LEGACY), Verdict::Matches(_)));
    set(&instance, "Password", "in clear");
    assert_eq!(kept(&instance, "ann").credential, credential, "callers do not set it");
    let shown = instance.engine.show(&instance.owner, Kind::User, "ann").unwrap();
    assert!(shown.get("Password").is_none());
}

#[test]
fn salt() {
    let instance = instance();
    let set_to = |text: &str| {
        let new = secret(text);
        instance.engine.set_password(&instance.owner, "ann", &new, false).unwrap();
        kept(&instance, "ann").credential.clone()
    };
    let (one, other) = (set_to("a password"), set_to("a password"));
    assert_ne!(one.salt, other.salt, "each password has one of its own");
    assert_eq!(one.salt.len(), 64);
    assert_eq!(one, hash(&secret("a password"), Derivation::DEFAULT, &one.salt));
    let hex: String = other.salt.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown(&instance, "Salt"), hex);
    is_read_only("Salt", "00");
    let ann = instance.log_in("ann");
    assert!(ann.is_err());
    set_to(PASSWORD);
    let ann = instance.log_in("ann").unwrap();
    let own = instance.engine.show(&ann, Kind::User, "ann").unwrap();
    assert!(own.get("Salt").is_none() && own.get("LegacyPassword").is_none(), "administrators alone see it");
}

#[test]
fn previous_passwords() {
    let instance = instance();
    instance.set("PasswordHistory", "1");
    let before = kept(&instance, "ann").credential.clone();
    instance.engine.set_password(&instance.owner, "ann", &secret("password two"), false).unwrap();
    let remembered = sclera_core::user::recalled(&kept(&instance, "ann").previous_passwords);
    assert_eq!(remembered, [before]);
    instance.engine.set_password(&instance.owner, "ann", &secret("password three"), false).unwrap();
    let remembered = sclera_core::user::recalled(&kept(&instance, "ann").previous_passwords);
    let is_two =
        |kept| matches!(verify(kept, &secret("password two"), Derivation::DEFAULT), Verdict::Matches(_));
    assert!(remembered.len() == 1 && is_two(&remembered[0]), "the newest of the earlier ones");
    let shown = instance.engine.show(&instance.owner, Kind::User, "ann").unwrap();
    assert!(shown.get("PreviousPasswords").is_none());
}

#[test]
fn password_hash_algorithm() {
    let instance = instance();
    for (value, read_back) in [("SHA256", "SHA256"), ("N/A", "N/A")] {
        let given = properties(&[("PasswordHashAlgorithm", value)]);
        let name = format!("by {}", value.replace('/', ""));
        instance.engine.create_user(&instance.owner, &name, &given, None).unwrap();
        assert_eq!(kept(&instance, &name).credential.algorithm, read_back);
    }
    instance.engine.create_user(&instance.owner, "by default", &Properties::new(), None).unwrap();
    assert_eq!(kept(&instance, "by default").credential.algorithm, "SHA512");
    let given = properties(&[("PasswordHashAlgorithm", "sha1")]);
    let refused = instance.engine.create_user(&instance.owner, "new", &given, None);
    assert_eq!(code(refused), Code::NotInList);
}

#[test]
fn password_hash_work_factor() {
    let instance = instance();
    for (value, expected) in
        [("1023", Code::TooSmall), ("100000001", Code::TooGreat), ("x", Code::NotANumber)]
    {
        let given = properties(&[("PasswordHashWorkFactor", value)]);
        let refused = instance.engine.create_user(&instance.owner, "new", &given, None);
        assert_eq!(code(refused), expected, "{value}");
    }
    instance.set("PasswordHashWorkFactor", "12000");
    instance.engine.create_user(&instance.owner, "new", &Properties::new(), None).unwrap();
    assert_eq!(kept(&instance, "new").credential.work_factor, 12_000, "that of the instance");
    let given = properties(&[("PasswordHashWorkFactor", "1024")]);
    instance.engine.create_user(&instance.owner, "weak", &given, Some(&secret(PASSWORD))).unwrap();
    assert_eq!(kept(&instance, "weak").credential.work_factor, 1_024);
}

#[test]
fn hotp_key() {
    let instance = instance();
    let vault = Vault::new(SEAL);
    instance.carry(user("bob", ""));
    let (ann, bob) = (kept(&instance, "ann").totp_key, kept(&instance, "bob").totp_key);
    let open = |owner: &str, sealed: &[u8]| vault.open("totp", owner, sealed).unwrap().to_vec();
    assert_eq!((open("ann", &ann).len(), open("bob", &bob).len()), (20, 20));
    assert_ne!(open("ann", &ann), open("bob", &bob), "everybody has a key of one's own");
    let shown = instance.engine.show(&instance.owner, Kind::User, "ann").unwrap();
    assert!(shown.get("HOTPKey").is_none());
}

#[test]
fn hotp_key_generate() {
    let instance = instance();
    let before = kept(&instance, "ann").totp_key;
    set(&instance, "HOTPKeyGenerate", "0");
    assert_eq!(kept(&instance, "ann").totp_key, before);
    set(&instance, "HOTPKeyGenerate", "1");
    assert_ne!(kept(&instance, "ann").totp_key, before);
    assert!(!shown(&instance, "LastModifiedInfo").contains("HOTPKey"));
    let given = properties(&[("HOTPKeyGenerate", "maybe")]);
    assert_eq!(code(instance.engine.modify_user(&instance.owner, "ann", &given, None)), Code::NotABoolean);
}

#[test]
fn roles_are_admin() {
    let instance = instance();
    let create = |name: &str, flag: &str| {
        let given = properties(&[("Roles", "Reader,Writer"), ("RolesAreAdmin", flag)]);
        instance.engine.create_user(&instance.owner, name, &given, None)
    };
    create("yes", "1").unwrap();
    create("no", "0").unwrap();
    assert_eq!(kept(&instance, "yes").admin_roles, kept(&instance, "yes").roles);
    assert_eq!(kept(&instance, "no").admin_roles, []);
    assert_eq!(code(create("maybe", "maybe")), Code::NotABoolean);
}

#[test]
fn legacy_password() {
    is_read_only("LegacyPassword", "x");
    let instance = instance();
    let history = History { flags: 1, legacy_password: "0123abcd".to_owned(), ..History::default() };
    let (name, history) = ("old".to_owned(), Box::new(history));
    instance.carry(Change::ImportUser { name, properties: Properties::new(), credential: None, history });
    let shown = instance.engine.show(&instance.owner, Kind::User, "old").unwrap();
    assert_eq!(shown.get("LegacyPassword").unwrap().text(), "0123abcd", "kept, and never used");
}
