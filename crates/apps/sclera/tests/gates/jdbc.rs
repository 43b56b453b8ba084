//! The driver of PostgreSQL for Java through the gate before SQL.

use super::scram::proving;
use super::{BINDINGS, PASSWORD, Postgres, Scratch, clinic, is_there, said};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where Debian has the driver.
const DRIVER: &str = "/usr/share/java/postgresql.jar";

fn has_java() -> bool {
    let has_driver = Path::new(DRIVER).is_file();
    if !has_driver {
        let _ = writeln!(std::io::stderr(), "skipped: {DRIVER} is not installed");
    }
    has_driver && is_there("java") && is_there("javac")
}

/// What the program in Java says; its server must be the one of the certificate.
fn java(scratch: &Scratch, address: &str, user: &str, password: &str, more: &str) -> (i32, String) {
    let (_, port) = address.rsplit_once(':').unwrap();
    let authority = scratch.path("ca.pem");
    let url = format!(
        "jdbc:postgresql://localhost:{port}/postgres?sslmode=verify-full&sslrootcert={}{more}",
        authority.display()
    );
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gates/Jdbc.java");
    let mut java = Command::new("java");
    java.env("HOME", scratch.folder.path()).stdin(Stdio::null());
    java.args(["-cp", DRIVER]).arg(program).args([&url, user, password]);
    let (code, out, err) = said(&java.output().unwrap());
    (code, format!("{out}{err}"))
}

/// What every client in Java does, whichever way it proves who it is.
fn works(postgres: &Postgres, scratch: &Scratch) {
    let address = scratch.wait(BINDINGS, "open");
    let (code, told) = java(scratch, &address, "ann", PASSWORD, "");
    assert_eq!((code, told.trim()), (0, "role clinic\nrows 20\nsum 220, kept 1"));
    assert_eq!(postgres.own("select count(*) from ward").as_deref(), Some("20"));
    let (code, wrong) = java(scratch, &address, "ann", "wrong", "");
    assert!(code == 1 && wrong.contains("refused 28P01") && wrong.contains("Access Denied"), "{wrong}");
    let (code, nobody) = java(scratch, &address, "nobody", "wrong", "");
    assert_eq!((code, nobody), (1, wrong));
}

#[test]
fn jdbc_works_through_the_gate_with_a_password() {
    let Some(postgres) = Postgres::start().filter(|_| has_java()) else { return };
    let scratch = clinic(&postgres, "require");
    works(&postgres, &scratch);
    // The driver has an encrypted connection, and a server that it knows, or none.
    let address = scratch.wait(BINDINGS, "open");
    let (code, plain) = java(&scratch, &address, "ann", PASSWORD, "&sslmode=disable");
    assert!(code == 1 && plain.contains("refused 28000") && plain.contains("TLS is required"), "{plain}");
    let other = format!("&sslrootcert={}", scratch.path("other.pem").display());
    let (code, stranger) = java(&scratch, &address, "ann", PASSWORD, &other);
    assert!(code == 1 && stranger.contains("refused 08006"), "{stranger}");
}

#[test]
fn jdbc_works_through_the_gate_by_scram() {
    let Some(postgres) = Postgres::start().filter(|_| has_java()) else { return };
    let scratch = proving(&postgres, "require");
    works(&postgres, &scratch);
}
