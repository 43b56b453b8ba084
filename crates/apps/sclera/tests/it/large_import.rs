//! Large imports: others that write are told so at once, whoever reads goes on, and the file may not change meanwhile.

use crate::harness::{Kind, Scratch};
use serde_json::json;

const USERS: usize = 12_000;

fn world(scratch: &Scratch) -> String {
    let users: Vec<String> = (0..USERS).map(|n| format!("<Users><Name>u{n:05}</Name></Users>\n")).collect();
    scratch.file("users.xml", format!("<UsersExport>\n{}</UsersExport>\n", users.concat()))
}

/// Two processes: one imports, the other tries to write until it is refused.
#[test]
fn nobody_waits_for_a_large_import() {
    let scratch = Scratch::new(Kind::Compatible);
    let file = world(&scratch);
    let mut import = scratch.call(["import", &file, "--quiet"]).start();
    let mut made = 0;
    let line = loop {
        let said = scratch.call(["resource", "create", &format!("Before{made:04}")]).said();
        match said.code {
            0 => made += 1,
            code => {
                assert_eq!(code, 4, "{said:?}");
                break said.err;
            }
        }
        assert!(import.try_wait().unwrap().is_none(), "the import was over before another came to write");
    };
    assert!(line.contains("an import is running, and nothing was changed"), "{line}");
    scratch.refused(4, ["user", "create", "late", "--json"]);
    scratch.refused(4, ["import", &file, "--dry-run"]);
    assert_eq!(scratch.ok(["check", "Before0000", "--user", "u00001"]), "\n", "whoever reads goes on");
    assert!(import.try_wait().unwrap().is_none(), "all that was while the import ran");
    assert!(import.wait().unwrap().success());
    scratch.ok(["user", "show", &format!("u{:05}", USERS - 1)]);
    scratch.ok(["resource", "create", "After"]);
    scratch.is_intact();
}

/// A plan of any length is told up to a bound.
#[test]
fn a_long_plan_is_told_in_part() {
    let scratch = Scratch::new(Kind::Compatible);
    let file = world(&scratch);
    let plan = scratch.json(["import", &file, "--dry-run"]);
    assert_eq!(plan["Plan"].as_array().unwrap().len(), 10_000);
    assert_eq!((&plan["More"], &plan["Changed"]), (&json!(USERS - 10_000), &json!(false)));
    assert_eq!(scratch.json(["user", "list", "u0"]), json!([]), "nothing was changed");
}
