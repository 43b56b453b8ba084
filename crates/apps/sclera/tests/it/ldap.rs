//! Logins by a real directory: what an administrator sets up, and what becomes of users and of those who are refused.
//! Where slapd is not installed, each test says that it is skipped.

use crate::clients::signed_in;
use crate::harness::{Kind, PASSWORD as LOCAL, Scratch};
use crate::served::Served;
use sclera_client::{PostLdapConfigurationSearchPassword, PostLdapTest, PutLdapConfiguration, Secret};
use sclera_testkit::slapd::{BASE, PASSWORD, READER, READER_PASSWORD, Slapd};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ENABLED: i64 = 64;
const ACTIVE_DIRECTORY: i64 = 1;
const GROUPS: i64 = 8;
const TLS: i64 = 2;
/// Everything that an instance allows by itself, LDAP among it, and cached credentials.
const WITH_CACHE: i64 = 0x0200_07f7 | 0x800 | 0x1000;

/// An instance whose services take logins by a directory.
fn site(slapd: &Slapd, flags: i64) -> Scratch {
    let scratch = Scratch::new(Kind::Compatible);
    let set = |property: &str, value: &str| format!("{property}={value}");
    let properties = [
        set("LDAPFlags", &(ENABLED | TLS | flags).to_string()),
        set("LDAPHostNames", &format!("localhost:{}", slapd.port)),
        set("LDAPBaseDN", BASE),
        set("LDAPBaseDNForGroups", &format!("ou=groups,{BASE}")),
        set("LDAPSearchUsername", READER),
        set("LDAPUniqueDNIdentifier", if flags & ACTIVE_DIRECTORY == 0 { "uid" } else { "sAMAccountName" }),
        set("LDAPInstanceId", "node1"),
        set("LDAPCACertFile", slapd.authority.to_str().unwrap()),
    ];
    let create = ["ldap", "create", "example.test"].map(str::to_owned).into_iter();
    scratch.ok(create.chain(properties.into_iter().flat_map(|property| ["--set".to_owned(), property])));
    let password = scratch.call(["ldap", "search-password", "example.test"]);
    password.env("SCLERA_NEW_PASSWORD", READER_PASSWORD).is(0);
    scratch.ok(["system", "modify", "--set", "DefaultSecurityDomain=example.test"]);
    scratch.ok(["system", "modify", "--set", &format!("AutheEnabled={WITH_CACHE}")]);
    scratch.ok(["service", "modify", "%Service_Login", "--set", "AutheEnabled=2080"]);
    for role in ["Nurse", "Clerk", "Chief"] {
        scratch.ok(["role", "create", role, "--set", "Resources=%Service_Login:U"]);
    }
    scratch
}

/// A login, and what an administrator sees of it.
fn login(scratch: &Scratch, user: &str, password: &str) -> (bool, String) {
    let call = scratch.call(["login", "%Service_Login", user]).env("SCLERA_LOGIN_PASSWORD", password);
    let said = call.env("SCLERA_LOGIN_TOTP", "").said();
    assert!(!said.out.contains(PASSWORD) && !said.out.contains(READER_PASSWORD), "{said:?}");
    (said.code == 0, said.out)
}

#[test]
fn whoever_the_directory_vouches_for_gets_an_account_and_its_roles() {
    let Some(slapd) = Slapd::start() else { return };
    let scratch = site(&slapd, 0);
    let (admitted, shown) = login(&scratch, "Alice", PASSWORD);
    assert!(admitted && shown.contains("admitted: alice with the roles Nurse"), "{shown}");
    for step in [
        "connected to localhost",
        "StartTLS",
        "bound as the search user",
        "found uid=alice,",
        "roles: Nurse, NoSuchRole",
    ] {
        assert!(shown.contains(step), "{step}: {shown}");
    }
    let user = scratch.json(["user", "show", "alice"]);
    let text = |property: &str| user[property].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (text("FullName"), text("Comment"), text("EmailAddress")),
        ("Alice Liddell".into(), "Ward 3".into(), "alice@example.test".into())
    );
    assert_eq!(
        (text("Roles"), text("EscalationRoles"), text("NameSpace")),
        ("Nurse".into(), "Chief".into(), "USER".into())
    );
    assert_eq!(user["Flags"], 2);
    assert!(scratch.refused(3, ["user", "modify", "alice", "--set", "Comment=x"]).contains("#993"));
    // The directory changes, and so does the account at the next login.
    let alice = format!("dn: uid=alice,ou=people,{BASE}\nchangetype: modify\n");
    slapd.change(&format!(
        "{alice}replace: intersystems-Roles\nintersystems-Roles: Clerk\n-\ndelete: displayName\n"
    ));
    assert!(login(&scratch, "alice", PASSWORD).1.contains("with the roles Clerk"));
    assert_eq!(scratch.json(["user", "show", "alice"])["FullName"], "");
    // The password of the search user is sealed: it stands nowhere in the open.
    scratch.is_intact();
    for entry in fs::read_dir(scratch.data()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let bytes = fs::read(entry.path()).unwrap();
        for secret in [READER_PASSWORD, PASSWORD] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{entry:?}");
        }
    }
    assert!(!scratch.exported().contains(READER_PASSWORD));
}

#[test]
fn a_refusal_says_why_to_administrators_alone() {
    let Some(slapd) = Slapd::start() else { return };
    let scratch = site(&slapd, GROUPS);
    scratch.call(["user", "create", "carol"]).env("SCLERA_NEW_PASSWORD", LOCAL).is(0);
    for (user, password, number) in [
        ("bob", "wrong", "#971"),
        ("bob", "", "#971"),
        ("nobody", PASSWORD, "#968"),
        ("twin", PASSWORD, "#969"),
        ("carol", PASSWORD, "#952"),
    ] {
        let (admitted, shown) = login(&scratch, user, password);
        assert!(!admitted && shown.contains(number), "{user}: {shown}");
        assert!(shown.ends_with("the caller is told: ERROR #822: Access Denied\n"), "{shown}");
    }
    // An account of another type keeps its name, whatever the directory says.
    scratch.ok(["service", "modify", "%Service_Login", "--set", "AutheEnabled=2048"]);
    assert!(login(&scratch, "carol", PASSWORD).1.contains("#972"));
    assert!(login(&scratch, "bob", PASSWORD).1.contains("admitted: bob with the roles Nurse,Clerk"));
}

/// Scenario 19.
#[test]
fn the_account_goes_when_it_is_over_in_the_directory() {
    let Some(slapd) = Slapd::start() else { return };
    let scratch = site(&slapd, ACTIVE_DIRECTORY);
    assert!(login(&scratch, "dave", PASSWORD).0);
    scratch.ok(["user", "exists", "dave"]);
    slapd.change(&format!("dn: cn=Dave,ou=people,{BASE}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n"));
    let (admitted, shown) = login(&scratch, "dave", PASSWORD);
    assert!(!admitted && shown.contains("#828"), "{shown}");
    scratch.call(["user", "exists", "dave"]).is(1);
    assert!(scratch.ok(["audit", "list", "--limit", "3"]).contains("(directory)"));
}

/// Scenario 18, and an outage: what was kept stands in, within time, and never against the directory's word.
#[test]
fn kept_credentials_stand_in_while_the_directory_is_down() {
    let Some(mut slapd) = Slapd::start() else { return };
    let scratch = site(&slapd, GROUPS);
    assert!(login(&scratch, "bob", PASSWORD).0);
    slapd.process().kill();
    let (admitted, shown) = login(&scratch, "bob", PASSWORD);
    assert!(
        admitted
            && shown.contains("with the roles Nurse,Clerk")
            && shown.contains("what is kept is compared"),
        "{shown}"
    );
    let begun = Instant::now();
    let (admitted, shown) = login(&scratch, "bob", "wrong");
    assert!(!admitted && shown.contains("#964") && begun.elapsed() < Duration::from_secs(2), "{shown}");
    slapd.restart();
    let (admitted, shown) = login(&scratch, "bob", "wrong");
    assert!(!admitted && shown.contains("#971"), "{shown}");
    slapd.process().freeze();
    let begun = Instant::now();
    let (admitted, shown) = login(&scratch, "stranger", PASSWORD);
    assert!(
        !admitted && shown.contains("#964") && begun.elapsed() < Duration::from_secs(2),
        "{:?} {shown}",
        begun.elapsed()
    );
}

#[test]
fn the_login_test_shows_each_step_and_changes_nothing() {
    let Some(slapd) = Slapd::start() else { return };
    let scratch = site(&slapd, GROUPS);
    let before = scratch.revision();
    let test = |user: &str, password: &str, code| {
        let call = scratch.call(["ldap", "test", user]).env("SCLERA_LOGIN_PASSWORD", password);
        call.is(code).out
    };
    let shown = test("bob", PASSWORD, 0);
    for step in [
        "bound as the search user",
        "found uid=bob,",
        "the password is right",
        "groups: ",
        "roles: Nurse, Clerk",
        "granted: bob",
    ] {
        assert!(shown.contains(step), "{step}: {shown}");
    }
    assert!(test("bob", "wrong", 1).contains("refused: ERROR #971"));
    assert!(scratch.ok(["ldap", "test", "bob", "--roles"]).contains("roles: Nurse, Clerk"));
    assert_eq!(scratch.revision(), before);
    scratch.call(["user", "exists", "bob"]).is(1);
    // Who asked about whom, and what came of it, is told; what was typed is not.
    assert!(test("bob@nowhere", "wrong", 1).contains("refused: "));
    let listed = scratch.ok(["audit", "list", "--events", "Test", "--json"]);
    let records: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let data = |record: &Value| record["EventData"]["EventData"].as_str().unwrap().to_owned();
    let mut told: Vec<String> = records.iter().map(data).collect();
    told.sort();
    let one = |user: &str, password: &str, outcome: &str| {
        format!("Configuration: example.test\r\nUser: {user}\r\nPassword: {password}\r\nOutcome: {outcome}")
    };
    for (told, begins) in told.iter().zip([
        one("bob", "not tried", "granted: bob\r\n"),
        one("bob", "tried", "ERROR #971"),
        one("bob", "tried", "granted: bob\r\n"),
        one("bob@nowhere", "tried", "ERROR #968"),
    ]) {
        assert!(told.starts_with(&begins), "{told}");
    }
    assert_eq!(records.len(), 4);
    assert!(
        records
            .iter()
            .all(|record| record["Event"] == "Sclera/Directory/Test" && record["Username"] != "bob"),
        "{listed}"
    );
    assert!(!listed.contains(PASSWORD) && !listed.contains("wrong"), "{listed}");
    scratch.call(["user", "create", "helper"]).env("SCLERA_NEW_PASSWORD", LOCAL).is(0);
    scratch.call(["ldap", "test", "bob", "--roles"]).log_in("helper", LOCAL).is(3);
    scratch
        .call(["ldap", "search-password", "example.test"])
        .log_in("helper", LOCAL)
        .env("SCLERA_NEW_PASSWORD", LOCAL)
        .is(3);
    assert!(scratch.refused(3, ["ldap", "search-password", "nowhere.test"]).contains("does not exist"));
    assert!(
        scratch
            .refused(3, ["ldap", "modify", "example.test", "--set", "LDAPSearchPassword=x"])
            .contains("secret")
    );
}

/// A portal sets a directory up, tries it, and reads what it said.
#[test]
fn a_portal_sets_a_directory_up_and_tries_it() {
    let Some(slapd) = Slapd::start() else { return };
    let below = slapd.authority.parent().unwrap().display();
    let served = Served::with(&format!("named_files = \"{below}\"\n"), |_| ());
    let boss = signed_in(&served, "boss");
    let body = PutLdapConfiguration {
        ldap_flags: Some(ENABLED | TLS | GROUPS),
        ldap_host_names: Some(vec![format!("localhost:{}", slapd.port)]),
        ldap_base_dn: Some(BASE.to_owned()),
        ldap_base_dn_for_groups: Some(format!("ou=groups,{BASE}")),
        ldap_search_username: Some(READER.to_owned()),
        ldap_unique_dn_identifier: Some("uid".to_owned()),
        ldap_instance_id: Some("node1".to_owned()),
        ldapca_cert_file: Some(slapd.authority.display().to_string()),
        ..PutLdapConfiguration::default()
    };
    boss.put_ldap_configuration("example.test", &body).unwrap();
    let password =
        PostLdapConfigurationSearchPassword { ldap_search_password: Secret::from(READER_PASSWORD) };
    boss.post_ldap_configuration_search_password("example.test", &password).unwrap();
    served.scratch.ok(["system", "modify", "--set", "DefaultSecurityDomain=example.test"]);
    let told = |password: &str| {
        let asked = PostLdapTest { username: "bob".to_owned(), password: Secret::from(password) };
        let task = boss.post_ldap_test(&asked).unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let read = boss.get_async_result(&task).unwrap();
            if read.state == "Finished" {
                return read.console.join("\n");
            }
            assert!(Instant::now() < until, "{read:?}");
        }
    };
    let granted = told(PASSWORD);
    for step in ["bound as the search user", "found uid=bob,", "the password is right", "granted: bob"] {
        assert!(granted.contains(step), "{step}: {granted}");
    }
    let refused = told("wrong");
    assert!(refused.contains("refused: ERROR #971") && !refused.contains("granted"), "{refused}");
    served.scratch.call(["user", "exists", "bob"]).is(1);
    let events = served.scratch.ok(["audit", "list", "--events", "Test", "--json"]);
    assert_eq!(serde_json::from_str::<Vec<Value>>(&events).unwrap().len(), 2, "{events}");
    assert!(!events.contains(PASSWORD) && !events.contains("wrong"), "{events}");
}

#[test]
fn the_patience_is_a_setting() {
    let scratch = Scratch::new(Kind::Compatible);
    fs::write(scratch.data().join("sclera.toml"), "[ldap]\npatience_ms = 5000\n").unwrap();
    assert_eq!(scratch.json(["check-config"])["ldap.patience_ms"], 5_000);
    for (wrong, told) in [
        ("patience_ms = 0", "from 1 to 30000"),
        ("patience_ms = 30001", "from 1 to 30000"),
        ("patience = 1", "line 2"),
    ] {
        fs::write(scratch.data().join("sclera.toml"), format!("[ldap]\n{wrong}\n")).unwrap();
        assert!(scratch.refused(3, ["check-config"]).contains(told));
        assert!(
            scratch.refused(3, ["user", "list"]).contains(told),
            "nothing runs with a file that is not understood"
        );
    }
}

/// Whom the kernel vouches for gets the roles that the directory gives to its name (17, "operating system with LDAP").
#[test]
fn callers_of_this_machine_get_their_roles_from_the_directory() {
    let Some(slapd) = Slapd::start() else { return };
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: it takes two users of the operating system");
        return;
    }
    let scratch = site(&slapd, 0);
    slapd.change(&format!(
        "dn: uid=daemon,ou=people,{BASE}\nchangetype: add\nobjectClass: inetOrgPerson\nobjectClass: intersystemsAccount\n\
         uid: daemon\ncn: Daemon\nsn: Daemon\nintersystems-Roles: Clerk\n"
    ));
    // 16 operating system, 131072 its roles from the directory.
    scratch.ok(["system", "modify", "--set", &format!("AutheEnabled={}", WITH_CACHE | 0x2_0000)]);
    scratch.ok(["service", "modify", "%Service_Terminal", "--set", "AutheEnabled=131088"]);
    scratch.ok(["role", "modify", "Clerk", "--set", "Resources=%Service_Terminal:U,%Service_Login:U"]);
    fs::write(scratch.data().join("sclera.toml"), "listen = \"none\"\n").unwrap();
    fs::set_permissions(scratch.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(scratch.data(), fs::Permissions::from_mode(0o711)).unwrap();
    let mut server = scratch.call(["serve"]).start();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    // The program itself may lie where those users cannot look.
    let program = scratch.path("sclera");
    fs::copy(env!("CARGO_BIN_EXE_sclera"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let asked = |uid: u32| {
        let mut other = Command::new(&program);
        other.env_clear().env("SCLERA_DATA", scratch.data()).args(["check", "%Service_Login", "U"]);
        let said = other.current_dir("/").stdin(Stdio::null()).uid(uid).gid(uid).output().unwrap();
        (said.status.code(), String::from_utf8(said.stdout).unwrap())
    };
    // uid 1 is `daemon` and uid 2 `bin`, whom the directory does not know.
    assert_eq!(asked(1), (Some(0), "1\n".to_owned()), "daemon");
    assert_eq!(asked(2).0, Some(3), "bin");
    let daemon = scratch.json(["user", "show", "daemon"]);
    assert_eq!((daemon["Type"].as_str(), daemon["Roles"].as_str()), (Some("LDAP user"), Some("Clerk")));
    slapd.change(&format!("dn: uid=daemon,ou=people,{BASE}\nchangetype: delete\n"));
    assert_eq!(asked(1).0, Some(3), "whom the directory does not know any more");
    let _ = server.kill();
    let _ = server.wait();
    scratch.is_intact();
}
