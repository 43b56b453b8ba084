//! Steps 3 to 6 of 10.3, by attributes and by groups.

use crate::site::{ACTIVE_DIRECTORY, GROUPS, NESTED, Site, UNIVERSAL, code, granted};
use sclera_authn::admission::Answer;
use sclera_testkit::slapd::{BASE, PASSWORD, Slapd};

/// 10.5: what attributes give, and the properties.
#[test]
fn attributes_give_roles_and_properties() {
    let Some(slapd) = Slapd::start() else { return };
    let mut site = Site::of(&slapd, 0);
    site.config.attributes = "employeeNumber,noSuchAttribute".to_owned();
    let identity = site.granted("ALICE", PASSWORD);
    assert_eq!(identity.name, "alice", "as the directory spells it");
    let profile = identity.profile.unwrap();
    assert_eq!(
        (profile.roles, profile.escalation_roles),
        (vec!["Nurse".to_owned(), "NoSuchRole".to_owned()], vec!["Chief".to_owned()])
    );
    assert_eq!((profile.namespace.as_str(), profile.routine.as_str()), ("USER", "MENU"));
    assert_eq!(profile.full_name, "Alice Liddell");
    assert_eq!((profile.comment.as_str(), profile.email.as_str()), ("Ward 3", "alice@example.test"));
    assert_eq!(profile.phone_number, "+49 151 0001");
    assert_eq!(profile.attributes, ["employeeNumber=77"]);
    assert!(profile.password.is_none(), "nothing is kept unless cached credentials are on");
    site.mechanisms = 1 << 12;
    assert!(site.granted("alice", PASSWORD).profile.unwrap().password.is_some());
    let searched = slapd.client("ldapsearch", &["-LLL", "-b", BASE, "(uid=alice)", "intersystems-Roles"]);
    assert!(String::from_utf8_lossy(&searched.stdout).contains("intersystems-Roles: Nurse"));
}

/// 10.4, with members by name, by unique name and by user id.
#[test]
fn groups_give_roles_by_their_names() {
    let Some(slapd) = Slapd::start() else { return };
    let profile = |flags| Site::of(&slapd, GROUPS | flags).granted("bob", PASSWORD).profile.unwrap();
    assert_eq!(profile(0).roles, ["Nurse", "Clerk"], "of this instance only");
    assert_eq!(profile(0).namespace, "");
    assert_eq!(profile(UNIVERSAL).namespace, "USER", "by memberUid");
    assert_eq!(profile(UNIVERSAL).roles, ["Nurse", "Clerk"]);
    assert_eq!(
        profile(UNIVERSAL | NESTED).roles,
        ["Nurse", "Clerk", "Chief"],
        "by way of a ward, and a group in itself ends"
    );
    let mut site = Site::of(&slapd, GROUPS);
    site.config.instance_id = "node2".to_owned();
    assert_eq!(site.granted("bob", PASSWORD).profile.unwrap().roles, ["Chief"]);
    let roles = granted(site.login("bob", None)).profile.unwrap().roles;
    assert_eq!(roles, ["Chief"], "without a password only the roles are asked for");
    assert_eq!(site.granted("carol", PASSWORD).profile.unwrap().roles, [""; 0]);
}

/// 10.3: every way to fail, with its number.
#[test]
fn each_failure_has_its_number() {
    let Some(slapd) = Slapd::start() else { return };
    let site = Site::of(&slapd, GROUPS);
    assert_eq!(site.code("alice", "wrong"), 971);
    assert_eq!(site.code("alice", ""), 971);
    assert_eq!(site.code(" ", PASSWORD), 971);
    assert_eq!(site.code("nobody", PASSWORD), 968);
    assert_eq!(site.code("twin", PASSWORD), 969);
    let with = |change: &dyn Fn(&mut Site)| {
        let mut site = Site::of(&slapd, GROUPS);
        change(&mut site);
        site.code("alice", PASSWORD)
    };
    assert_eq!(with(&|site| site.search_password = "wrong".to_owned()), 965);
    assert_eq!(with(&|site| site.search_password = String::new()), 965);
    assert_eq!(with(&|site| site.config.base_dn = "dc=nowhere".to_owned()), 966);
    assert_eq!(with(&|site| site.config.base_dn_groups = "ou=nowhere,dc=example,dc=test".to_owned()), 966);
    assert_eq!(with(&|site| site.config.host_names = "127.0.0.1:1".to_owned()), 964);
    assert_eq!(with(&|site| site.config.host_names = String::new()), 964);
    assert_eq!(with(&|site| site.config.flags = GROUPS), 5_001, "not enabled");
    assert_eq!(with(&|site| site.config.flags |= 128), 5_001, "for Kerberos only");
    // Nobody reads without the search user.
    assert_eq!(with(&|site| site.config.search_user = String::new()), 966);
}

/// Whatever is typed is a value: nothing of it becomes part of a filter or of a name.
#[test]
fn nothing_that_is_typed_is_part_of_a_filter() {
    let Some(slapd) = Slapd::start() else { return };
    let site = Site::of(&slapd, 0);
    for name in [
        "*",
        "ali*",
        "alice)(uid=*",
        "alice)(objectClass=*))(|(uid=*",
        r"\61lice",
        "alice\0",
        "uid=alice",
        "alice,ou=people",
    ] {
        assert_eq!(site.code(name, PASSWORD), 968, "{name:?}");
    }
    // The directory compares more loosely than we do: it takes runs of blanks for one.
    slapd.change(&format!("dn: uid=van gogh,ou=people,{BASE}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: van gogh\ncn: v\nsn: v\nuserPassword: {PASSWORD}\n"));
    assert_eq!(site.granted("van gogh", PASSWORD).name, "van gogh");
    assert_eq!(site.code("van  gogh", PASSWORD), 968);
    assert_eq!(site.code("van gogh.", PASSWORD), 968);
}

/// Step 5: the state of an account of Active Directory.
#[test]
fn an_account_that_is_over_in_the_directory_is_gone() {
    let Some(slapd) = Slapd::start() else { return };
    let mut site = Site::of(&slapd, ACTIVE_DIRECTORY);
    site.config.unique_dn = "sAMAccountName".to_owned();
    assert!(site.granted("dave", PASSWORD).profile.unwrap().expiration.is_none());
    let set = |attribute: &str, value: &str| {
        slapd.change(&format!(
            "dn: cn=Dave,ou=people,{BASE}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
        ));
    };
    let gone = |password| {
        let spoken = site.login("dave", Some(password));
        (code(&spoken), matches!(spoken.answer, Answer::Gone(_)))
    };
    set("userAccountControl", "514");
    assert_eq!(gone(PASSWORD), (828, true));
    assert_eq!(gone("wrong"), (971, false), "only a right password tells it");
    set("userAccountControl", "512");
    set("accountExpires", "133000000000000000");
    assert_eq!(gone(PASSWORD), (959, true));
    set("accountExpires", "0");
    set("pwdLastSet", "0");
    assert_eq!(gone(PASSWORD), (935, true));
    set("pwdLastSet", "133000000000000000");
    // Its groups stand in the entry itself.
    site.config.flags |= GROUPS;
    slapd.change(&format!("dn: cn=intersystems-Instance-node1-Role-Clerk,ou=groups,{BASE}\nchangetype: add\nobjectClass: groupOfNames\ncn: intersystems-Instance-node1-Role-Clerk\nmember: cn=Dave,ou=people,{BASE}\n"));
    assert_eq!(site.granted("dave", PASSWORD).profile.unwrap().roles, ["Clerk"]);
}
