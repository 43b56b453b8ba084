//! `--escalate`: a command with an escalation role in place of one's own roles.

use crate::harness::{Kind, PASSWORD, Scratch};

const ESCALATE: &str = "%Service_EscalateLogin";

fn clinic() -> Scratch {
    let scratch = Scratch::new(Kind::Worked);
    scratch.ok(["resource", "modify", ESCALATE, "--set", "PublicPermission=U"]);
    scratch.ok(["user", "modify", "clerk", "--set", "EscalationRoles=%Manager"]);
    scratch
}

#[test]
fn a_role_counts_for_one_command_and_the_trail_says_why() {
    let scratch = clinic();
    let list = ["user", "list", "ann"];
    scratch.call(list).log_in("clerk", PASSWORD).is(3);
    let words = ["--escalate", "%Manager", "--reason", "a new colleague", "user", "list", "ann"];
    let said = scratch.call(words).log_in("clerk", PASSWORD).is(0);
    assert!(said.out.contains("ann"), "{said:?}");
    let events = scratch.ok(["audit", "list", "--events", "Login", "--json"]);
    assert!(events.contains("Escalation role: %Manager") && events.contains("a new colleague"), "{events}");
    scratch.call(list).log_in("clerk", PASSWORD).is(3);
    scratch.is_intact();
}

#[test]
fn what_cannot_be_taken_is_refused() {
    let scratch = clinic();
    for role in ["%All", "Reader", "NoSuch", "", "%Manager,%All"] {
        let said = scratch.call(["--escalate", role, "user", "list"]).log_in("clerk", PASSWORD).is(3);
        assert!(said.err.contains("822"), "{said:?}");
    }
    scratch.call(["--reason", "none", "user", "list"]).log_in("clerk", PASSWORD).is(2);
    let long = "x".repeat(513);
    let words = ["--escalate", "%Manager", "--reason", &long, "user", "list"];
    scratch.call(words).log_in("clerk", PASSWORD).is(3);
    scratch.ok(["resource", "modify", ESCALATE, "--set", "PublicPermission="]);
    let said = scratch.call(["--escalate", "%Manager", "user", "list"]).log_in("clerk", PASSWORD).is(3);
    assert!(said.err.contains("%Service_EscalateLogin:USE"), "{said:?}");
    // Whom the operating system vouches for proves it by the operating system, where the service allows that.
    scratch.call(["--escalate", "%Manager", "user", "list"]).is(3);
}
