//! Running sessions: who sees and ends them, and what disabling a user does to them.

use crate::bench::{Instance, code, user};
use sclera_core::status::Code;
use sclera_engine::{Refusal, Session};
use sclera_testkit::world::{delete_user, modify_user};

fn world() -> Instance {
    let world = Instance::new();
    world.carry_all([user("ann", ""), user("bob", "")]);
    world
}

impl Instance {
    fn is_running(&self, session: &Session) -> bool {
        match self.engine.check(session, "AppData", None) {
            Ok(_) => true,
            Err(Refusal::SessionEnded) => false,
            Err(other) => panic!("{other}"),
        }
    }

    fn running(&self, session: &Session) -> Vec<String> {
        self.engine.sessions(session).unwrap().into_iter().map(|running| running.user).collect()
    }
}

#[test]
fn everybody_sees_and_ends_their_own_sessions() {
    let world = world();
    let (ann, second, bob) =
        (world.log_in("ann").unwrap(), world.log_in("ann").unwrap(), world.log_in("bob").unwrap());
    assert_eq!(world.running(&ann), ["ann", "ann"]);
    let mut all = world.running(&world.owner);
    all.sort();
    assert_eq!(all, ["ann", "ann", "bob", "operator"]);
    for of_others in [ann.about().id.as_str(), "ann", "nobody"] {
        assert_eq!(
            code(world.engine.end_sessions(&bob, of_others)),
            Code::General,
            "there are none: {of_others}"
        );
    }
    assert!(world.is_running(&ann) && world.is_running(&second));
    assert_eq!(world.engine.end_sessions(&ann, "ann").unwrap(), 1, "not the one that asks");
    assert!(world.is_running(&ann) && !world.is_running(&second));
    assert_eq!(world.engine.end_sessions(&ann, &ann.about().id).unwrap(), 1, "unless it is named");
    assert!(!world.is_running(&ann));
    assert_eq!(world.engine.sessions(&ann), Err(Refusal::SessionEnded));
    assert_eq!(world.engine.end_sessions(&world.owner, "bob").unwrap(), 1);
    assert!(!world.is_running(&bob));
}

/// `EndSessionsOfDisabled`.
#[test]
fn whoever_is_disabled_or_deleted_is_out_where_the_setting_says_so() {
    let world = world();
    let (ann, bob) = (world.log_in("ann").unwrap(), world.log_in("bob").unwrap());
    world.carry_all([modify_user("ann", "Enabled", "0"), modify_user("ann", "Enabled", "1")]);
    assert!(world.is_running(&ann), "sessions outlive it otherwise");
    world.set("EndSessionsOfDisabled", "1");
    world.carry(modify_user("ann", "FullName", "Ann"));
    assert!(world.is_running(&ann));
    world.carry(modify_user("ann", "Enabled", "0"));
    assert!(!world.is_running(&ann) && world.is_running(&bob));
    world.carry(modify_user("ann", "Enabled", "1"));
    assert!(!world.is_running(&ann), "it does not come back");
    assert!(world.is_running(&world.log_in("ann").unwrap()));
    world.carry(delete_user("bob"));
    assert!(!world.is_running(&bob));
}
