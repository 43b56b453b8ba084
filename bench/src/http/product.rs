//! Sclera's own server, as anybody would start it: an instance with the world in it, TLS aside.

use super::Served;
use crate::world::{PERMISSIONS, World, resource_name, role_name, user_name};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Builds the program, makes an instance of the world, and serves it.
pub fn start(world: &World) -> Served {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let program = program(&root);
    let folder = root.join("bench/target/instance");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let call = |words: &[&str]| {
        let mut command = Command::new(&program);
        command.env("SCLERA_DATA", folder.join("data")).args(words).stdin(Stdio::null());
        command
    };
    let done = |words: &[&str]| {
        let output = call(words).output().expect("the program");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    done(&["init", "--profile", "compatible", "--owner", "owner"]);
    let file = folder.join("world.json");
    std::fs::write(&file, document(world)).expect("a file");
    done(&["import", &file.to_string_lossy(), "--quiet"]);
    // Who asks about others holds %Admin_Secure:U, as a gateway that is trusted with it.
    done(&["role", "create", "Gateways", "--set", "Resources=%Admin_Secure:U,%Service_WebGateway:U"]);
    done(&["user", "create", "gateway", "--set", "Roles=Gateways"]);
    let made = done(&["token", "create", "bench", "--user", "gateway", "--scopes", "authzen"]);
    let token = made.split_whitespace().find(|word| word.starts_with("sct_")).expect("a token");
    let mut child =
        call(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("the server");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
    let address = line.split_whitespace().find_map(|word| word.strip_prefix("http://")).expect("an address");
    Served { child, address: address.to_owned(), authorization: format!("Authorization: Bearer {token}\r\n") }
}

/// The program in a release build; `SCLERA` names another.
fn program(root: &Path) -> PathBuf {
    if let Some(program) = std::env::var_os("SCLERA") {
        return program.into();
    }
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--package", "sclera-cli"]).current_dir(root);
    assert!(build.status().expect("cargo").success(), "the program cannot be built");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("release/sclera")
}

fn document(world: &World) -> String {
    let mut text = String::from("{\"Resources\":[");
    let mut list = |items: &mut dyn Iterator<Item = String>, end: &str| {
        for (number, item) in items.enumerate() {
            write!(text, "{}{item}", if number == 0 { "" } else { "," }).expect("memory");
        }
        text.push_str(end);
    };
    list(
        &mut (0..world.size.resources).map(|number| format!("{{\"Name\":\"{}\"}}", resource_name(number))),
        "],\"Roles\":[",
    );
    list(
        &mut world.roles.iter().enumerate().map(|(number, role)| {
            let held = role.privileges.iter().map(|(resource, permission)| {
                let letter = PERMISSIONS[*permission][..1].to_uppercase();
                format!("{}:{letter}", resource_name(*resource))
            });
            let held: Vec<String> = held.collect();
            let grants = role.grants.map(role_name).unwrap_or_default();
            format!(
                "{{\"Name\":\"{}\",\"Resources\":\"{}\",\"GrantedRoles\":\"{grants}\"}}",
                role_name(number),
                held.join(",")
            )
        }),
        "],\"Users\":[",
    );
    list(
        &mut world.users.iter().enumerate().map(|(number, roles)| {
            let roles: Vec<String> = roles.iter().map(|role| role_name(*role)).collect();
            format!("{{\"Name\":\"{}\",\"Roles\":\"{}\"}}", user_name(number), roles.join(","))
        }),
        "]}",
    );
    text
}
