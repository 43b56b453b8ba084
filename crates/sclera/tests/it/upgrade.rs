//! Files of earlier versions are opened, brought up to date and believed; those of later ones are refused and left
//! alone (`docs/upgrade.md`).

use crate::files::{KEPT, Kept};
use sclera::{Change, Door, Instance, Kind, OpenError, Properties, Secret, StoreError, Value};
use sclera_engine::vault::Vault;
use sclera_sqlite::SqliteStore;
use sclera_store::port::{Read as _, Store as _};
use std::fs;
use std::path::Path;

/// The password of `ann` in every kept instance.
const PASSWORD: &str = "Kestrel-Orbit-77";
/// The key of one-time passwords that `dora` was imported with.
const TOTP_KEY: &[u8] = b"12345678901234567890";
/// Where an SQLite file keeps `user_version`: four bytes, big-endian (<https://www.sqlite.org/fileformat.html> 1.3).
const USER_VERSION: usize = 60;

fn version_of(file: &Path) -> u32 {
    let bytes = fs::read(file).unwrap();
    u32::from_be_bytes(bytes.get(USER_VERSION..USER_VERSION + 4).unwrap().try_into().unwrap())
}

#[test]
fn files_of_earlier_versions_are_opened_and_intact() {
    for name in KEPT {
        let kept = Kept::copy(name);
        let before = version_of(&kept.directory().join("security.db"));
        let instance = Instance::open(kept.directory()).unwrap();
        let found = instance.verify().unwrap();
        assert!(found.is_clean(), "{name}: {found:?}");
        assert!(found.journal.records > 100 && found.events.records == 5, "{name}: {found:?}");
        drop(instance);
        let after = version_of(&kept.directory().join("security.db"));
        assert!(before >= 1 && after >= before, "{name}: from version {before} to {after}");
    }
}

#[test]
fn decisions_logins_and_records_are_those_of_before() {
    for name in KEPT {
        let kept = Kept::copy(name);
        let instance = Instance::open(kept.directory()).unwrap();
        let owner = instance.admit_process().unwrap();
        assert_eq!((owner.user(), owner.roles().as_str()), ("owner", "%All"), "{name}");
        for (user, held) in
            [("ann", "READ"), ("bob", "READ,WRITE"), ("dora", "READ"), ("owner", "READ,WRITE,USE")]
        {
            let asked = instance.check_user(&owner, user, "AppData", None).unwrap();
            assert_eq!(asked.answer.to_string(), held, "{name}: {user}");
        }
        let public = instance.check_user(&owner, "ann", "%DB_WARD", None).unwrap();
        assert_eq!(public.answer.to_string(), "READ", "{name}");
        let ann = instance.show(&owner, Kind::User, "ann").unwrap();
        for (property, value) in [("Comment", "Second"), ("FullName", "Ann Lee")] {
            assert_eq!(ann.get(property).map(Value::text).as_deref(), Some(value), "{name}");
        }
        assert!(instance.show(&owner, Kind::User, "carol").is_err(), "{name}: it was deleted");
        for (kind, object) in [
            (Kind::Application, "/app"),
            (Kind::Event, "Mine/Type/Name"),
            (Kind::SslConfig, "Front"),
            (Kind::LdapConfig, "site.example"),
        ] {
            assert!(instance.show(&owner, kind, object).is_ok(), "{name}: {object}");
        }
        assert_eq!(instance.sql_privileges(&owner, Some("ann")).unwrap().len(), 1, "{name}");
        assert!(instance.audit_list(&owner, 1_000).unwrap().len() > 100, "{name}");
        let secret = |text: &str| Secret::new(text.to_owned()).unwrap();
        let ann = instance.admit_password("ann", &secret(PASSWORD), Door::Library, None).unwrap();
        assert_eq!(ann.user(), "ann", "{name}");
        assert!(instance.admit_password("ann", &secret("wrong"), Door::Library, None).is_err(), "{name}");
    }
}

#[test]
fn sealed_secrets_open_again() {
    for name in KEPT {
        let kept = Kept::copy(name);
        drop(Instance::open(kept.directory()).unwrap());
        let store = SqliteStore::open(&kept.directory().join("security.db")).unwrap();
        let row = store.read().unwrap().user(&sclera_core::name::Folded::of("dora")).unwrap().unwrap();
        let sealed = row.user().unwrap().totp_key;
        let key = fs::read(kept.directory().join("keys/seal.key")).unwrap();
        let vault = Vault::new(key.try_into().unwrap());
        assert_eq!(vault.open("totp", "dora", &sealed).unwrap().as_slice(), TOTP_KEY, "{name}");
    }
}

#[test]
fn what_was_brought_up_to_date_is_written_on() {
    for name in KEPT {
        let kept = Kept::copy(name);
        for round in 0..2 {
            let instance = Instance::open(kept.directory()).unwrap();
            let owner = instance.admit_process().unwrap();
            let roles = Properties::new().with("Roles", "Writer");
            let change =
                Change::CreateUser { name: format!("erin{round}"), properties: roles, credential: None };
            instance.submit(&owner, change).unwrap();
            let asked = instance.check_user(&owner, &format!("erin{round}"), "AppData", None).unwrap();
            assert_eq!(asked.answer.to_string(), "READ,WRITE", "{name}");
            let found = instance.verify().unwrap();
            assert!(found.is_clean(), "{name}: {found:?}");
        }
    }
}

#[test]
fn files_of_a_later_version_are_refused_and_left_alone() {
    for (file, name) in [("security.db", "0.1.0/iris"), ("activity.db", "0.1.0/cache")] {
        let kept = Kept::copy(name);
        let path = kept.directory().join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes.get_mut(USER_VERSION..USER_VERSION + 4).unwrap().copy_from_slice(&77u32.to_be_bytes());
        fs::write(&path, &bytes).unwrap();
        match Instance::open(kept.directory()) {
            Err(error @ OpenError::Store(StoreError::Version { found: 77, .. })) => {
                let said = error.to_string();
                assert!(said.contains("a newer Sclera") && said.contains("backup"), "{said}");
            }
            Err(other) => panic!("{file}: {other}"),
            Ok(_) => panic!("{file}: it was opened"),
        }
        assert!(fs::read(&path).unwrap() == bytes, "{file} was changed");
    }
}
