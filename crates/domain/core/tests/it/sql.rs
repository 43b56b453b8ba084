//! SQL privileges: who holds what, granting and revoking (`authorization.md` section 22).

use crate::cases;
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert_eq, proptest};
use proptest::sample::select;
use sclera_core::change::Change;
use sclera_core::sql::{ADMINISTRATIVE, SqlPrivilege, SqlTarget, holds};
use sclera_core::status::{Code, Status};
use sclera_testkit::desk::Desk;
use sclera_testkit::world::{add_roles, delete_role, delete_user, properties, role, w1};
use std::collections::BTreeSet;

fn on(kind: &str, name: &str, privilege: &str) -> SqlTarget {
    SqlTarget::new("USER", Some((kind, name)), privilege).unwrap()
}

fn select_person() -> SqlTarget {
    on("table", "Sample.Person", "SELECT")
}

fn grant(target: SqlTarget, grantee: &str) -> Change {
    Change::GrantSql { target, grantee: grantee.to_owned(), grantable: false }
}

fn grant_with_option(target: SqlTarget, grantee: &str) -> Change {
    Change::GrantSql { target, grantee: grantee.to_owned(), grantable: true }
}

fn revoke(target: SqlTarget, grantee: &str) -> Change {
    Change::RevokeSql { target, grantee: grantee.to_owned(), cascade: false }
}

fn revoke_cascade(target: SqlTarget, grantee: &str) -> Change {
    Change::RevokeSql { target, grantee: grantee.to_owned(), cascade: true }
}

fn may(desk: &Desk, user: &str, target: &SqlTarget) -> bool {
    holds(&desk.closure(user), &desk.sql_of(user), target).is_granted()
}

/// Who of W1's users may do what the target says.
fn all_who_may(desk: &Desk, target: &SqlTarget) -> String {
    let users = desk.users().map(|user| user.name.as_str()).filter(|user| may(desk, user, target));
    users.collect::<Vec<_>>().join(",")
}

/// The result code that a status carries.
fn sqlcode(status: &Status) -> i32 {
    assert_eq!(status.code(), Code::Sql, "{status}");
    let text = status.text();
    text.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap()
}

#[test]
fn sql_12_users_roles_their_closure_public_and_all() {
    let mut desk = w1();
    assert_eq!(all_who_may(&desk, &select_person()), "eve");
    desk.carry(&grant(select_person(), "dan"));
    assert_eq!(all_who_may(&desk, &select_person()), "dan,eve");
    desk.carry(&grant(select_person(), "boss"));
    assert_eq!(all_who_may(&desk, &select_person()), "bob,cyd,dan,eve");
    desk.carry(&grant(select_person(), "_PUBLIC"));
    assert_eq!(all_who_may(&desk, &select_person()), "_PUBLIC,ann,bob,cyd,dan,eve,fay");
    assert_eq!(all_who_may(&desk, &on("table", "Sample.Person", "INSERT")), "eve");
}

#[test]
fn a_grant_counts_for_its_object_and_namespace_alone() {
    let mut desk = w1();
    desk.carry(&grant(select_person(), "dan"));
    let elsewhere = SqlTarget::new("SAMPLES", Some(("table", "Sample.Person")), "SELECT").unwrap();
    for other in [
        on("view", "Sample.Person", "SELECT"),
        on("table", "Sample.Persons", "SELECT"),
        on("table", "Person", "SELECT"),
        on("schema", "Sample", "SELECT"),
        elsewhere,
    ] {
        assert!(!may(&desk, "dan", &other), "{other:?}");
    }
    let again = SqlTarget::new("user", Some(("1", "SAMPLE.person")), "s").unwrap();
    assert!(may(&desk, "dan", &again), "case, numbers and letters say the same");
    assert!(!desk.carry(&grant(again, "dan")));
}

#[test]
fn a_schema_covers_what_is_in_it_and_no_other_schema() {
    let mut desk = w1();
    desk.carry(&grant(on("schema", "Sample", "SELECT"), "dan"));
    for covered in ["Sample.Person", "sample.Later"] {
        assert!(may(&desk, "dan", &on("table", covered, "SELECT")), "{covered}");
        assert!(may(&desk, "dan", &on("view", covered, "s")), "{covered}");
    }
    for other in ["Sample2.Person", "Person", "Other.Sample", "Sample.Sub.Person"] {
        assert!(!may(&desk, "dan", &on("table", other, "SELECT")), "{other}");
    }
    assert!(!may(&desk, "dan", &on("table", "Sample.Person", "DELETE")));
    assert!(!may(&desk, "dan", &on("schema", "Sample.Sub", "SELECT")), "a schema is in no schema");
}

#[test]
fn any_namespace_counts_everywhere() {
    let mut desk = w1();
    let anywhere = SqlTarget::new("*", Some(("table", "Ens.Rule")), "SELECT").unwrap();
    desk.carry(&grant(anywhere, "Clerk"));
    assert!(may(&desk, "ann", &on("table", "Ens.Rule", "SELECT")) && !may(&desk, "dan", &select_person()));
}

#[test]
fn sql_1_administrative_privileges() {
    let mut desk = w1();
    assert_eq!(ADMINISTRATIVE.len(), 31);
    for name in ADMINISTRATIVE {
        let target = SqlTarget::new("user", None, &name.to_lowercase()).unwrap();
        assert_eq!((target.privilege.as_str(), target.object.as_str()), (name, ""));
        assert!(desk.carry(&grant(target.clone(), "Clerk")));
        assert!(may(&desk, "ann", &target) && !may(&desk, "dan", &target));
    }
    desk.carry(&revoke(SqlTarget::new("USER", None, "%CREATE_TABLE").unwrap(), "Clerk"));
    assert!(!may(&desk, "ann", &SqlTarget::new("USER", None, "%CREATE_TABLE").unwrap()));
    assert!(may(&desk, "ann", &SqlTarget::new("USER", None, "%DROP_TABLE").unwrap()));
}

#[test]
fn sql_4_what_cannot_be_named() {
    let code = |object, privilege| sqlcode(&SqlTarget::new("USER", object, privilege).unwrap_err());
    assert_eq!(code(None, "%NO_SUCH"), -60);
    assert_eq!(code(None, "SELECT"), -60);
    assert_eq!(code(Some(("table", "A.B")), "%CREATE_TABLE"), -60);
    assert_eq!(code(Some(("cupboard", "A.B")), "SELECT"), -400);
    let long = "x".repeat(257);
    for (namespace, name) in [("", "A"), ("USER", ""), ("USER", "a\nb"), (&long, "A"), ("USER", &long)] {
        assert!(SqlTarget::new(namespace, Some(("table", name)), "SELECT").is_err());
    }
    let mut desk = w1();
    for change in [grant(select_person(), "nobody"), revoke(select_person(), "nobody")] {
        assert_eq!(sqlcode(&desk.submit(&change).unwrap_err()), -118);
    }
}

#[test]
fn sql_5_the_option_stays_until_it_is_revoked() {
    let mut desk = w1();
    let grantable = |desk: &Desk| desk.sql_of("dan").iter().any(|held| held.grantable);
    assert!(desk.carry(&grant(select_person(), "dan")));
    assert!(!desk.carry(&grant(select_person(), "dan")), "held already");
    assert!(desk.carry(&grant_with_option(select_person(), "dan")));
    assert!(grantable(&desk) && desk.contents().sql.len() == 1, "the same grant, now with the option");
    assert!(!desk.carry(&grant(select_person(), "dan")));
    assert!(grantable(&desk), "a later grant without the option does not take it away");
    desk.carry(&revoke(select_person(), "dan"));
    desk.carry(&grant(select_person(), "dan"));
    assert!(!grantable(&desk) && may(&desk, "dan", &select_person()));
}

#[test]
fn sql_6_restrict_and_cascade() {
    let mut desk = w1();
    desk.carry(&grant_with_option(select_person(), "ann"));
    desk.acting_as("ann").carry(&grant_with_option(select_person(), "bob"));
    desk.acting_as("bob").carry(&grant(select_person(), "dan"));
    desk.acting_as("eve").carry(&grant(select_person(), "fay"));
    let refused = desk.submit(&revoke(select_person(), "ann")).unwrap_err();
    assert_eq!(sqlcode(&refused), -126);
    assert_eq!(all_who_may(&desk, &select_person()), "ann,bob,dan,eve,fay");
    assert!(desk.clone().carry(&revoke(select_person(), "dan")), "nobody holds it through dan");
    desk.carry(&revoke_cascade(select_person(), "ann"));
    assert_eq!(all_who_may(&desk, &select_person()), "eve,fay");
    assert!(!desk.carry(&revoke_cascade(select_person(), "ann")), "nothing is left to revoke");
}

#[test]
fn sql_6_one_revoke_takes_what_two_granted() {
    let mut desk = w1();
    desk.carry(&grant(select_person(), "dan"));
    desk.acting_as("fay").carry(&grant(select_person(), "dan"));
    assert_eq!(desk.contents().sql.len(), 2);
    desk.acting_as("eve").carry(&revoke(select_person(), "dan"));
    assert!(desk.contents().sql.is_empty());
}

#[test]
fn who_granted_without_a_grant_of_his_own_loses_nothing_for_others() {
    let mut desk = w1();
    desk.carry(&grant(select_person(), "dan"));
    for change in [revoke(select_person(), "eve"), revoke_cascade(select_person(), "eve")] {
        assert_eq!(desk.submit(&change), Ok(false), "eve grants by %All and was granted nothing");
        assert!(may(&desk, "dan", &select_person()));
    }
}

#[test]
fn two_who_granted_each_other_lose_it_both() {
    let mut desk = w1();
    desk.carry(&grant_with_option(select_person(), "ann"));
    desk.acting_as("ann").carry(&grant_with_option(select_person(), "bob"));
    desk.acting_as("bob").carry(&grant_with_option(select_person(), "ann"));
    desk.acting_as("eve").carry(&revoke_cascade(select_person(), "ann"));
    assert!(desk.contents().sql.is_empty());
}

#[test]
fn sql_privileges_go_with_their_holder() {
    let mut desk = w1();
    for grantee in ["ann", "Clerk", "dan"] {
        desk.carry(&grant(select_person(), grantee));
    }
    desk.carry(&delete_role("Clerk"));
    desk.carry(&delete_user("ann"));
    let left: Vec<SqlPrivilege> = desk.contents().sql;
    assert_eq!(left.len(), 1);
    assert_eq!(all_who_may(&desk, &select_person()), "dan,eve");
    desk.carry(&role("Clerk", "", ""));
    desk.carry(&add_roles("bob", "Clerk"));
    assert!(!may(&desk, "bob", &select_person()), "a new role of the old name begins with nothing");
}

#[test]
fn sql_10_security_can_be_off() {
    let mut desk = w1();
    assert!(desk.policy.sql_is_checked());
    desk.carry(&Change::ModifySystem { properties: properties(&[("SQLSecurity", "0")]) });
    assert!(!desk.policy.sql_is_checked());
}

const PEOPLE: [&str; 5] = ["ann", "bob", "cyd", "dan", "fay"];

proptest! {
    #![proptest_config(cases(256))]

    /// CASCADE takes what the grantee holds and whatever was granted by those that are reached from it by going from
    /// grantor to grantee; RESTRICT is refused while that is anything.
    #[test]
    fn cascade_takes_all_that_came_through_and_no_more(
        grants in vec((select(&PEOPLE), select(&PEOPLE), any::<bool>()), 0..12),
        from in select(&PEOPLE),
    ) {
        let mut desk = w1();
        for (grantor, grantee, grantable) in &grants {
            let grantee = (*grantee).to_owned();
            desk.acting_as(grantor).carry(&Change::GrantSql { target: select_person(), grantee, grantable: *grantable });
        }
        let held = grants.iter().any(|(_, grantee, _)| *grantee == from);
        let passed_on = grants.iter().any(|(grantor, grantee, _)| *grantor == from && *grantee != from);
        let refused = desk.clone().submit(&revoke(select_person(), from)).is_err();
        prop_assert_eq!(refused, held && passed_on);

        let reached = if held { reached(&grants, from) } else { Vec::new() };
        let kept = |(grantor, grantee, _): &&Grant| !held || (*grantee != from && !reached.contains(grantor));
        let holders: BTreeSet<&str> = grants.iter().filter(kept).map(|grant| grant.1).collect();
        prop_assert_eq!(desk.carry(&revoke_cascade(select_person(), from)), held);
        for user in PEOPLE {
            prop_assert_eq!(may(&desk, user, &select_person()), holders.contains(user), "{}", user);
        }
    }
}

/// Who granted to whom, with the option or without.
type Grant = (&'static str, &'static str, bool);

/// Everybody who is reached from one by going from grantor to grantee, himself included.
fn reached(grants: &[Grant], from: &'static str) -> Vec<&'static str> {
    let mut reached = vec![from];
    for _ in grants {
        for (grantor, grantee, _) in grants {
            if reached.contains(grantor) && !reached.contains(grantee) {
                reached.push(grantee);
            }
        }
    }
    reached
}
