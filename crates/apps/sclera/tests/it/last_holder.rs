//! Somebody who holds `%All` and can log in always remains, whichever door is tried (`authorization.md` ALL-3).

use crate::harness::{Call, Kind, OWNER, PASSWORD, Scratch, rounds};
use std::process::Child;

/// How the last one holds `%All`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Itself,
    /// Through `Chief`, which grants `Inner`, which grants `%All`.
    Roles,
}

/// An instance in which the user `last` alone holds `%All`; even the owner of the files does not.
fn only_last(by: By) -> Scratch {
    let scratch = Scratch::new(Kind::Compatible);
    scratch.ok(["role", "create", "Inner", "--set", "GrantedRoles=%All"]);
    scratch.ok(["role", "create", "Chief", "--set", "GrantedRoles=Inner"]);
    let roles = format!("Roles={}", if by == By::Itself { "%All" } else { "Chief,%Developer" });
    scratch.call(["user", "create", "last", "--set", &roles]).env("SCLERA_NEW_PASSWORD", PASSWORD).is(0);
    scratch.ok(["user", "create", "helper"]);
    for account in ["_SYSTEM", "SuperUser", "_Ensemble"] {
        scratch.ok(["user", "remove-roles", account, "%All"]);
    }
    as_last(&scratch, &["user", "remove-roles", OWNER, "%All"]).is(0);
    // The owner of the files comes in, and may do nothing any more.
    assert!(scratch.refused(3, ["user", "list"]).contains("#822"));
    scratch
}

fn as_last(scratch: &Scratch, call: &[&str]) -> Call {
    scratch.call(call).log_in("last", PASSWORD)
}

/// The ways to take `%All` from `last`, all of them refused.
fn doors(scratch: &Scratch, by: By) -> Vec<Vec<String>> {
    let file = |name: &str, text: &str| scratch.file(name, text);
    let mut doors = vec![
        vec!["user", "delete", "last"],
        vec!["user", "delete", "LAST"],
        vec!["user", "modify", "last", "--set", "Enabled=0"],
        vec!["user", "modify", "last", "--set", "Enabled="],
        vec!["user", "modify", "last", "--set", "ExpirationDate=2001-01-01"],
        vec!["user", "modify", "last", "--set", "Roles="],
        vec!["user", "modify", "last", "--set", "Roles=%Developer"],
        vec!["user", "remove-roles", "last", "%All,Chief,Inner"],
        vec!["import", "@disabled"],
        vec!["import", "@expired"],
        vec!["import", "@stripped"],
        vec!["user", "import", "@stripped"],
        vec!["import", "@exchanged"],
    ];
    if by == By::Roles {
        doors.extend([
            vec!["user", "remove-roles", "last", "chief"],
            vec!["role", "delete", "Chief"],
            vec!["role", "delete", "Inner"],
            vec!["role", "modify", "Chief", "--set", "GrantedRoles="],
            vec!["role", "modify", "Inner", "--set", "GrantedRoles=%Developer"],
            vec!["import", "@emptied"],
            vec!["role", "import", "@emptied"],
        ]);
    }
    let path = |word: &str| match word {
        "@disabled" => file("disabled.json", r#"{"Users":[{"Name":"last","Enabled":false}]}"#),
        "@expired" => file("expired.json", r#"{"Users":[{"Name":"last","ExpirationDate":"2001-01-01"}]}"#),
        "@stripped" => file("stripped.json", r#"{"Users":[{"Name":"last","Roles":""}]}"#),
        // Whoever gets it in exchange cannot log in: no password was ever set.
        "@exchanged" => file(
            "exchanged.yaml",
            "Users:\n- {Name: helper, Roles: '%All'}\n- {Name: last, Roles: ''}\n- {Name: UnknownUser, Roles: '%All'}\n",
        ),
        "@emptied" => file("emptied.json", r#"{"Roles":[{"Name":"Inner","GrantedRoles":[]}]}"#),
        word => word.to_owned(),
    };
    doors.iter().map(|door| door.iter().map(|word| path(word)).collect()).collect()
}

#[test]
fn the_last_holder_cannot_be_removed_through_any_door() {
    for by in [By::Itself, By::Roles] {
        let scratch = only_last(by);
        let state = || {
            let status = as_last(&scratch, &["status", "--json"]).is(0).json();
            (status["Revision"].clone(), as_last(&scratch, &["export", "-"]).is(0).out)
        };
        let before = state();
        for door in doors(&scratch, by) {
            let words: Vec<&str> = door.iter().map(String::as_str).collect();
            let said = as_last(&scratch, &words).is(3);
            let told = ["no other user that holds %All is enabled", "no user would be left that holds %All"];
            assert!(told.iter().any(|told| said.err.contains(told)), "{by:?}: {said:?}");
        }
        assert_eq!(state(), before, "{by:?}");
        as_last(&scratch, &["audit", "verify"]).is(0);
    }
}

#[test]
fn who_cannot_log_in_does_not_count() {
    let scratch = only_last(By::Itself);
    // None of these keeps the instance manageable.
    for user in ["_PUBLIC", "UnknownUser", "_Ensemble", "helper", "CSPSystem"] {
        as_last(&scratch, &["user", "add-roles", user, "%All"]).is(0);
    }
    as_last(&scratch, &["user", "create", "off", "--set", "Roles=%All", "--set", "Enabled=0"])
        .env("SCLERA_NEW_PASSWORD", PASSWORD)
        .is(0);
    let expired = ["user", "create", "past", "--set", "Roles=%All", "--set", "ExpirationDate=2001-01-01"];
    as_last(&scratch, &expired).env("SCLERA_NEW_PASSWORD", PASSWORD).is(0);
    as_last(&scratch, &["user", "create", "later", "--set", "EscalationRoles=%All"])
        .env("SCLERA_NEW_PASSWORD", PASSWORD)
        .is(0);
    // CSPSystem has a password; without its role it is no holder.
    as_last(&scratch, &["user", "remove-roles", "CSPSystem", "%All"]).is(0);
    as_last(&scratch, &["user", "remove-roles", "last", "%All"]).is(3);
    as_last(&scratch, &["user", "delete", "last"]).is(3);
    // With a password the helper can.
    as_last(&scratch, &["user", "passwd", "helper"]).env("SCLERA_NEW_PASSWORD", PASSWORD).is(0);
    as_last(&scratch, &["user", "delete", "last"]).is(0);
    let helper = |call: &[&str]| scratch.call(call).log_in("helper", PASSWORD);
    helper(&["user", "modify", "helper", "--set", "Enabled=0"]).is(3);
    helper(&["audit", "verify"]).is(0);
}

#[test]
fn the_owner_of_the_files_may_be_the_last() {
    let scratch = Scratch::new(Kind::Compatible);
    for account in ["_SYSTEM", "SuperUser", "_Ensemble"] {
        scratch.ok(["user", "remove-roles", account, "%All"]);
    }
    let before = scratch.exported();
    for door in [
        &["user", "delete", OWNER][..],
        &["user", "remove-roles", OWNER, "%All"],
        &["user", "modify", OWNER, "--set", "Roles="],
        &["user", "modify", OWNER, "--set", "Enabled=0"],
        &["user", "modify", OWNER, "--set", "ExpirationDate=2001-01-01"],
    ] {
        let said = scratch.refused(3, door);
        assert!(said.contains("no other user that holds %All is enabled"), "{said}");
    }
    assert_eq!(scratch.exported(), before);
    // An exchange in one change is none too few at its end.
    let file = scratch.file(
        "exchange.json",
        format!(
            r#"{{"Users":[{{"Name":"{OWNER}","Roles":""}},{{"Name":"next","Roles":"%All","Password":"{PASSWORD}"}}]}}"#
        ),
    );
    scratch.ok(["import", &file]);
    assert!(scratch.refused(3, ["user", "list"]).contains("#822"));
    scratch.call(["user", "list"]).log_in("next", PASSWORD).is(0);
}

/// Two processes at once, each of which takes away the `%All` of the other's user.
#[test]
fn two_at_once_do_not_both_succeed() {
    let scratch = only_last(By::Itself);
    as_last(&scratch, &["user", "create", "rival", "--set", "Roles=%All"])
        .env("SCLERA_NEW_PASSWORD", PASSWORD)
        .is(0);
    let holds = |user: &str| scratch.call(["user", "list"]).log_in(user, PASSWORD).said().code == 0;
    let mut both_waited = 0;
    for round in 0..rounds(30) {
        let against = |user: &str| -> Vec<String> {
            let words: &[&str] = match round % 4 {
                0 => &["user", "remove-roles", user, "%All"],
                1 => &["user", "modify", user, "--set", "Roles="],
                2 => &["user", "modify", user, "--set", "Enabled=0"],
                _ => &["user", "modify", user, "--set", "ExpirationDate=2001-01-01"],
            };
            words.iter().map(|word| (*word).to_owned()).collect()
        };
        let start =
            |by: &str, call: Vec<String>| -> Child { scratch.call(call).log_in(by, PASSWORD).start() };
        let pair = [start("last", against("rival")), start("rival", against("last"))];
        let codes = pair.map(|child| child.wait_with_output().unwrap().status.code().unwrap());
        let (last, rival) = (holds("last"), holds("rival"));
        assert!(last || rival, "round {round}: nobody is left ({codes:?})");
        assert!(codes.iter().filter(|code| **code == 0).count() == 1, "round {round}: {codes:?}");
        both_waited += u32::from(codes.contains(&3));
        let (left, lost) = if last { ("last", "rival") } else { ("rival", "last") };
        let again =
            ["user", "modify", lost, "--set", "Roles=%All", "--set", "Enabled=1", "--set", "ExpirationDate="];
        scratch.call(again).log_in(left, PASSWORD).is(0);
    }
    assert_eq!(both_waited, rounds(30), "each round one of the two was refused");
    as_last(&scratch, &["audit", "verify"]).is(0);
}
