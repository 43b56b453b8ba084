//! Large imports: others that write are told so at once, whoever reads goes on, and the file may not change meanwhile.

use crate::harness::{Kind, Scratch, mode};
use crate::served::Served;
use sclera_local::{Request, Turn};
use serde_json::json;
use std::fs::{self, File};

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

/// The caller hands the open file over, and is told how far it is.
#[test]
fn a_server_imports_the_file_of_its_caller_and_tells_how_far_it_is() {
    let served = Served::new();
    let scratch = &served.scratch;
    let file = world(scratch);
    let mut request = Request { arguments: vec!["import".into(), "users.xml".into()], ..Request::default() };
    request.set_option("watched", "1");
    request.opened.insert("users.xml".into(), File::open(&file).unwrap());
    let mut lines = Vec::new();
    let socket = scratch.data().join("run/sclera.sock");
    let mut told = |line: &str| lines.push(line.to_owned());
    let reply = sclera_local::call(&socket, &request, &mut |_| Turn::default(), &mut told).unwrap().unwrap();
    assert_eq!((reply.code, reply.stderr.as_str()), (0, ""));
    assert!(reply.stdout.ends_with("12000 changes made\n"), "{}", reply.stdout.len());
    for word in ["reading", "importing"] {
        assert!(lines.iter().any(|line| line.starts_with(word) && line.contains('%')), "{word}: {lines:?}");
    }
    assert_eq!(lines.last().unwrap(), "", "the line is taken away");
    scratch.ok(["user", "show", &format!("u{:05}", USERS - 1)]);

    // As the command does it, and with what is no file of a disk.
    let again = scratch.call(["import", &file, "--dry-run"]).is(0);
    assert!(again.out.contains("0 changes would be made"), "{again:?}");
    let piped = scratch.call(["import", "-"]).input("{\"Users\":[{\"Name\":\"late\"}]}").is(0);
    assert!(piped.out.contains("1 changes made"), "{piped:?}");
    drop(request);
    scratch.is_intact();
}

/// The server writes into the file that the caller has begun, which appears whole or not at all.
#[test]
fn a_server_exports_into_the_file_of_its_caller() {
    let mut served = Served::new();
    let scratch = &served.scratch;
    let target = scratch.path("out.json");
    scratch.ok(["export", target.to_str().unwrap(), "--what", "users"]);
    let exported = fs::read_to_string(&target).unwrap();
    assert_eq!(mode(&target), 0o600);
    let mut handed = Request { arguments: vec!["export".into(), "x.json".into()], ..Request::default() };
    handed.arguments.extend(["--what".into(), "users".into()]);
    handed.opened.insert("x.json".into(), File::create(scratch.path("handed.json")).unwrap());
    let socket = scratch.data().join("run/sclera.sock");
    let reply = sclera_local::call(&socket, &handed, &mut |_| Turn::default(), &mut |_| {}).unwrap().unwrap();
    assert!(reply.files.is_empty(), "nothing of it goes over the socket");
    assert_eq!(fs::read_to_string(scratch.path("handed.json")).unwrap(), exported);

    fs::write(&target, "as before").unwrap();
    scratch.refused(2, ["role", "export", target.to_str().unwrap(), "--roles", "Reader"]);
    assert_eq!(fs::read_to_string(&target).unwrap(), "as before");
    served.kill();
    let here = served.scratch.ok(["export", "-", "--what", "users"]);
    assert_eq!(here, exported, "as without a server");
}
