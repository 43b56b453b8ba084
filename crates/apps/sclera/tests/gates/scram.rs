//! The gate before SQL where passwords are proven by SCRAM-SHA-256: real clients, and what strangers can see.

use super::{BINDINGS, PASSWORD, Postgres, Scratch, clinic, said};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sclera_testkit::authenticator;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The instance of a clinic whose gate asks for SCRAM. `ann`, `eve`, `tom` and `off` have passwords of SHA256; `dan`
/// has one of SHA512, and `off` is disabled.
pub(crate) fn proving(postgres: &Postgres, tls: &str) -> Scratch {
    let mut scratch = clinic(postgres, tls);
    scratch.ok(&["system", "modify", "--set", "PasswordHashAlgorithm=SHA256"]);
    // Whoever logs in by password is kept anew.
    let address = scratch.wait(BINDINGS, "open");
    for user in ["ann", "eve"] {
        assert_eq!(postgres.ask(&address, user, PASSWORD, true, "select 1"), Ok("1".to_owned()));
    }
    for user in ["tom", "off"] {
        scratch.ok(&["user", "create", user, "--set", "Roles=Nurse"]);
    }
    scratch.ok(&["user", "modify", "off", "--set", "Enabled=0"]);
    scratch.stop();
    let configured = fs::read_to_string(scratch.data().join("sclera.toml")).unwrap();
    scratch.serve(&(configured.replace("listen = \"none\"\n", "") + "authentication = \"scram-sha-256\"\n"));
    scratch
}

/// What psql answers where it takes nothing but SCRAM, bound to the connection inside TLS.
fn ask(postgres: &Postgres, address: &str, user: &str, password: &str, tls: bool) -> Result<String, String> {
    asked(postgres, address, user, password, tls, "")
}

fn asked(
    postgres: &Postgres,
    address: &str,
    user: &str,
    password: &str,
    tls: bool,
    options: &str,
) -> Result<String, String> {
    let mut command = postgres.through("psql", address, user, password, tls);
    // Versions before 16 do not know the first; a binding that is required takes nothing but SCRAM either.
    command.env("PGREQUIREAUTH", "scram-sha-256").env("PGOPTIONS", options);
    command.env("PGCHANNELBINDING", if tls { "require" } else { "disable" });
    let output = command.args(["-X", "-A", "-t", "-c", "select current_user"]).output().unwrap();
    let (code, out, err) = said(&output);
    if code == 0 { Ok(out.trim().to_owned()) } else { Err(err) }
}

#[test]
fn psql_proves_its_password_through_the_gate() {
    let Some(postgres) = Postgres::start() else { return };
    let scratch = proving(&postgres, "accept");
    let address = scratch.wait(BINDINGS, "open");
    let told = scratch.command(&["check-config"]).output().unwrap();
    let (_, told, warned) = said(&told);
    assert!(told.contains("(SCRAM-SHA-256)") && warned.contains("PasswordHashAlgorithm"), "{told}{warned}");
    let ask = |user: &str, password: &str| ask(&postgres, &address, user, password, true);
    assert_eq!(ask("ann", PASSWORD), Ok("clinic".to_owned()));
    assert_eq!(ask("ANN", PASSWORD), Ok("clinic".to_owned()));
    assert_eq!(ask("eve", PASSWORD), Ok("chief".to_owned()));
    assert_eq!(
        self::ask(&postgres, &address, "ann", PASSWORD, false),
        Ok("clinic".to_owned()),
        "without TLS"
    );
    // Where the client leaves it open, it is SCRAM too.
    assert_eq!(postgres.ask(&address, "ann", PASSWORD, true, "select 1"), Ok("1".to_owned()));
    let mut bench = postgres.through("pgbench", &address, "ann", PASSWORD, true);
    fs::write(scratch.path("script"), "select count(*) from ward;\n").unwrap();
    let bench = bench.args(["-n", "-C", "-c", "4", "-t", "10", "-f"]).arg(scratch.path("script"));
    let (code, out, err) = said(&bench.output().unwrap());
    assert!(code == 0 && out.contains("40/40"), "a new connection each time: {out}{err}");
    let wrong = ask("ann", "wrong").unwrap_err();
    assert!(wrong.contains("Access Denied"), "{wrong}");
    assert!(scratch.refusals().contains("#952"));
    for (user, password, why) in [
        ("nobody", PASSWORD, "#838"),
        ("dan", PASSWORD, "it needs a new password"),
        ("off", PASSWORD, "#828"),
        ("UnknownUser", PASSWORD, "no password is kept"),
    ] {
        assert_eq!(ask(user, password).unwrap_err().replace(user, "ann"), wrong);
        assert!(scratch.refusals().contains(why), "{user}: {}", scratch.refusals());
    }
    // With a new password it is kept as it must be.
    scratch.ok(&["user", "passwd", "dan"]);
    assert!(ask("dan", PASSWORD).unwrap_err().contains("Access Denied"), "admitted, but nobody there");
    scratch.ok(&["user", "modify", "dan", "--set", "Roles=Nurse"]);
    assert_eq!(ask("dan", PASSWORD), Ok("clinic".to_owned()));
    // A password that is due cannot be changed here.
    scratch.ok(&["user", "modify", "dan", "--set", "ChangePassword=1"]);
    assert!(ask("dan", PASSWORD).unwrap_err().contains("Password change required."));
    assert!(ask("dan", "wrong").unwrap_err().contains("Access Denied"));
    // Use, address and mechanism are asked as ever.
    scratch.ok(&["resource", "modify", "%Service_SQL", "--set", "PublicPermission="]);
    assert_eq!(ask("ann", PASSWORD), Ok("clinic".to_owned()));
    scratch.ok(&["user", "create", "ida"]);
    assert!(ask("ida", PASSWORD).unwrap_err().contains("Access Denied"));
    assert!(scratch.refusals().contains("#815"));
    scratch.ok(&["service", "modify", BINDINGS, "--set", "AutheEnabled=64"]);
    assert!(
        ask("ann", PASSWORD).unwrap_err().contains("Access Denied"),
        "nobody in particular is nobody here"
    );
    assert!(scratch.refusals().contains("#947"));
    scratch.ok(&["audit", "verify"]);
}

#[test]
fn a_proof_needs_the_second_factor_and_is_limited_like_a_password() {
    let Some(postgres) = Postgres::start() else { return };
    let scratch = proving(&postgres, "require");
    let address = scratch.wait(BINDINGS, "open");
    let mask =
        |name: &str| scratch.json(&["service", "show", name])["AutheEnabled"].as_i64().unwrap() | 1 << 21;
    let mask = format!("AutheEnabled={}", mask(BINDINGS));
    let system = scratch.json(&["system", "show"])["AutheEnabled"].as_i64().unwrap() | 1 << 21;
    scratch.ok(&["system", "modify", "--set", &format!("AutheEnabled={system}")]);
    scratch.ok(&["service", "modify", BINDINGS, "--set", &mask]);
    scratch.ok(&["user", "modify", "tom", "--set", "AutheEnabled=2097152"]);
    let key = scratch.json(&["user", "totp", "tom"])["Key"].as_str().unwrap().to_owned();
    let with = |password: &str, code: &str| {
        asked(&postgres, &address, "tom", password, true, &format!("-c sclera.code={code}"))
    };
    let without = ask(&postgres, &address, "tom", PASSWORD, true).unwrap_err();
    assert!(without.contains("Access Denied"), "{without}");
    assert!(scratch.refusals().contains("no code came"));
    let code = authenticator::code(&key, 0);
    assert_eq!(with("wrong", &code).unwrap_err(), without);
    assert_eq!(with(PASSWORD, &code), Ok("clinic".to_owned()));
    assert_eq!(with(PASSWORD, &code).unwrap_err(), without, "a code is good once");
    // At the limit the account is closed, also to the right password; nobody else is concerned.
    scratch.ok(&["system", "modify", "--set", "InvalidLoginAction=1"]);
    assert_eq!(ask(&postgres, &address, "eve", PASSWORD, true), Ok("chief".to_owned()));
    for _ in 0..5 {
        assert_eq!(
            ask(&postgres, &address, "eve", "wrong", true).unwrap_err().replace("eve", "tom"),
            without
        );
    }
    assert_eq!(ask(&postgres, &address, "eve", PASSWORD, true).unwrap_err().replace("eve", "tom"), without);
    assert_eq!(scratch.json(&["user", "show", "eve"])["Enabled"], false);
    assert_eq!(ask(&postgres, &address, "ann", PASSWORD, true), Ok("clinic".to_owned()));
}

/// What strangers see of a conversation up to its refusal: the challenge and the end, byte by byte.
#[test]
fn a_challenge_does_not_tell_whether_there_is_an_account() {
    let Some(postgres) = Postgres::start() else { return };
    let mut scratch = proving(&postgres, "accept");
    let address = scratch.wait(BINDINGS, "open");
    let known = refused(&address, "ann");
    assert!(known.end.starts_with(b"E") && !known.salt.is_empty());
    let mut salts = vec![known.salt.clone()];
    for user in ["eve", "nobody", "nobody@else.example", "dan", "off", "UnknownUser"] {
        let seen = refused(&address, user);
        assert_eq!((&seen.offered, &seen.end), (&known.offered, &known.end), "{user}");
        assert_eq!((seen.salt.len(), &seen.rounds), (known.salt.len(), &known.rounds), "{user}");
        assert!(!salts.contains(&seen.salt), "{user}");
        salts.push(seen.salt);
    }
    assert_eq!(STANDARD.decode(&known.salt).unwrap().len(), 32);
    // The same every time, however the name is spelled, and after a restart.
    assert_eq!(refused(&address, "NOBODY").salt, salts[2]);
    scratch.stop();
    let configured = fs::read_to_string(scratch.data().join("sclera.toml")).unwrap();
    scratch.serve(&configured.replace("listen = \"none\"\n", ""));
    let address = scratch.wait(BINDINGS, "open");
    let again: Vec<String> = ["ann", "eve", "nobody", "nobody@else.example", "dan", "off", "UnknownUser"]
        .map(|user| refused(&address, user).salt)
        .into();
    assert_eq!(again, salts);
    // What is no answer is told the same, and written down.
    let strange = |last: &str| talk(&address, "ann", "n,,n=,r=abc", |_| last.to_owned()).end;
    let nonce = |nonce: &str| format!("c=biws,r={nonce},p={}", STANDARD.encode([0; 32]));
    for last in ["", "c=biws", &nonce("abc"), &"x".repeat(4_000)] {
        assert_eq!(strange(last), known.end, "{last}");
    }
    assert!(strange(&"x".repeat(5_000)).is_empty(), "too long to be read");
    assert!(scratch.refusals().contains("#834"));
    // Bound to nothing, though it said at first that it could be bound to something.
    let unbound = |nonce: &str| format!("c=eSws,r={nonce},p={}", STANDARD.encode([0; 32]));
    assert_eq!(talk(&address, "ann", "n,,n=,r=abc", unbound).end, known.end);
    assert!(scratch.refusals().contains("somebody may stand between"));
    for first in ["", "n,,n=,r=", "p=tls-server-end-point,,n=,r=abc", "n,a=eve,n=,r=abc"] {
        let seen = talk(&address, "ann", first, |_| String::new());
        assert!(seen.salt.is_empty() && String::from_utf8_lossy(&seen.end).contains("08P01"), "{first}");
    }
}

/// What a client sees.
struct Seen {
    offered: Vec<u8>,
    salt: String,
    rounds: String,
    /// The last message, and everything after it.
    end: Vec<u8>,
}

/// A wrong proof.
fn refused(address: &str, user: &str) -> Seen {
    let wrong = |nonce: &str| format!("c=biws,r={nonce},p={}", STANDARD.encode([0; 32]));
    talk(address, user, "n,,n=,r=abc", wrong)
}

/// Talks without TLS to its end; the last message is made of the nonce of both.
fn talk(address: &str, user: &str, first: &str, last: impl FnOnce(&str) -> String) -> Seen {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let named = format!("\0\x03\0\0user\0{user}\0\0");
    let length = u32::try_from(named.len() + 4).unwrap();
    stream.write_all(&[&length.to_be_bytes(), named.as_bytes()].concat()).unwrap();
    let offered = heard(&mut stream);
    let length = u32::try_from(first.len()).unwrap();
    say(&mut stream, &[b"SCRAM-SHA-256\0", &length.to_be_bytes()[..], first.as_bytes()].concat());
    let asked = heard(&mut stream);
    let Some(text) = asked.strip_prefix(b"R").and_then(|asked| asked.get(8..)) else {
        return Seen { offered, salt: String::new(), rounds: String::new(), end: asked };
    };
    let text = String::from_utf8(text.to_vec()).unwrap();
    let part = |name: &str| text.split(',').find_map(|part| part.strip_prefix(name)).unwrap().to_owned();
    say(&mut stream, last(&part("r=")).as_bytes());
    let mut end = Vec::new();
    let _ = stream.read_to_end(&mut end);
    Seen { offered, salt: part("s="), rounds: part("i="), end }
}

fn say(stream: &mut TcpStream, body: &[u8]) {
    let length = u32::try_from(body.len() + 4).unwrap();
    stream.write_all(&[b"p", &length.to_be_bytes()[..], body].concat()).unwrap();
}

/// One message.
fn heard(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let length = u32::from_be_bytes(head[1..].try_into().unwrap());
    let mut body = vec![0; usize::try_from(length).unwrap() - 4];
    stream.read_exact(&mut body).unwrap();
    [&head[..], &body].concat()
}
