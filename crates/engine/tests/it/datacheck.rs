//! Comparing two instances by digests: what differs is named, with few questions, and nothing is changed.

use crate::bench::{Instance, KINDS, user};
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_core::sql::SqlTarget;
use sclera_engine::administer::{Asked, Mode, Request};
use sclera_engine::datacheck::{Compared, Halt, How, LEAF, Part, Range, Told};
use sclera_testkit::world::{modify_user, resource, role};

fn compared(here: &Instance, there: &Instance) -> Compared {
    let mut ask = |kind: Kind, range: &Range| {
        let told = there.engine.told_of_range(kind, range).unwrap();
        // As it goes over the line.
        assert_eq!(Told::of_json(&told.to_json()), Ok(told.clone()));
        Ok(told)
    };
    here.engine.compare_with(&here.owner, &KINDS, &mut ask).unwrap_or_else(|halt| panic!("{halt:?}"))
}

fn lines(compared: &Compared) -> Vec<String> {
    compared.differences.iter().map(sclera_engine::datacheck::Difference::line).collect()
}

fn clinic() -> Instance {
    let instance = Instance::new();
    instance.carry_all([
        resource("Ward", "R"),
        role("Clerk", "Ward:RW", ""),
        user("ann", "Clerk"),
        user("bob", ""),
    ]);
    instance
}

#[test]
fn what_differs_is_named() {
    let (here, there) = (clinic(), clinic());
    there.bench.turn_days(3);
    assert_eq!(lines(&compared(&here, &there)), [""; 0], "times of making do not count");
    let (before, others) = (here.kept(), there.kept());
    assert_eq!((here.kept(), there.kept()), (before, others), "nothing was changed");

    there.carry_all([
        modify_user("ann", "Comment", "moved"),
        role("Boss", "", "Clerk"),
        Change::DeleteUser { name: "bob".to_owned() },
        Change::GrantSql {
            target: SqlTarget::new("USER", Some(("table", "Sample.Person")), "SELECT").unwrap(),
            grantee: "ann".to_owned(),
            grantable: false,
        },
    ]);
    here.set("InactiveLimit", "77");
    let told = lines(&compared(&here, &there));
    assert_eq!(
        told,
        [
            "only there  role boss",
            "differs     user ann",
            "only here   user bob",
            "differs     system system",
            "only there  sql-privilege ann | user | 1,sample.person | s | operator",
        ]
    );
    let back = compared(&there, &here);
    assert_eq!(back.differences.iter().filter(|one| one.how == How::OnlyHere).count(), 2);
}

#[test]
fn one_difference_among_many_takes_few_questions() {
    let make = |instance: &Instance| {
        let users = (0..4_000).map(|number| {
            let properties = Properties::new().with("FullName", format!("Person {number}").as_str());
            Change::CreateUser { name: format!("u{number:05}"), properties, credential: None }
        });
        let asked = users.map(|change| Asked { request: Request::Change(change), place: String::new() });
        instance.engine.submit_all(&instance.owner, asked, Mode::Perform).unwrap();
    };
    let (here, there) = (Instance::new(), Instance::new());
    make(&here);
    make(&there);
    let same = compared(&here, &there).questions;
    there.carry(modify_user("u02718", "FullName", "Somebody else"));
    let found = compared(&here, &there);
    assert_eq!(lines(&found), ["differs     user u02718"]);
    assert!(found.questions <= same + 2, "{} and {same}", found.questions);
}

#[test]
fn whoever_answers_cannot_keep_us_busy() {
    let here = clinic();
    let part =
        |until: Option<&str>| Part { until: until.map(str::to_owned), count: 99, digest: "no".to_owned() };
    for parts in
        [vec![part(None)], vec![part(Some("b")), part(Some("a"))], vec![part(Some("a")), part(Some("a"))]]
    {
        let mut asked = 0;
        let mut ask = |_: Kind, _: &Range| {
            asked += 1;
            assert!(asked < 100, "it goes on for ever");
            Ok(Told::Parts(parts.clone()))
        };
        let halted = here.engine.compare_with(&here.owner, &[Kind::User], &mut ask);
        assert!(matches!(halted, Err(Halt::There(_))), "{halted:?}");
    }
    let many: Vec<_> =
        (0..=LEAF).map(|n| serde_json::json!({ "Key": n.to_string(), "Digest": "x" })).collect();
    for wrong in [
        serde_json::json!({ "Records": many }),
        serde_json::json!({ "Records": [{ "Key": 1, "Digest": "x" }] }),
        serde_json::json!({ "Parts": [{ "Until": "a", "Count": -1, "Digest": "x" }] }),
        serde_json::json!({}),
        serde_json::json!([]),
    ] {
        assert!(Told::of_json(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn whoever_may_not_read_may_not_compare() {
    let here = clinic();
    let ann = here.log_in("ann").unwrap();
    let refused = here.engine.compare_with(&ann, &KINDS, &mut |_, _| panic!("nobody is asked"));
    assert!(matches!(refused, Err(Halt::Here(_))), "{refused:?}");
}
