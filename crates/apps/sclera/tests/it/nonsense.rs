//! Nonsense to every command: one clear line, the right exit code, and no change.

use crate::harness::{Kind, PASSWORD, Scratch};
use crate::leaves::{Asks, LEAVES, Name};
use std::os::unix::fs::PermissionsExt;

/// An instance, and what it was before.
struct Unchanged {
    scratch: Scratch,
    revision: u64,
    exported: String,
}

impl Unchanged {
    fn new() -> Self {
        let scratch = Scratch::new(Kind::Worked);
        let (revision, exported) = (scratch.revision(), scratch.exported());
        Self { scratch, revision, exported }
    }

    /// A call is refused with a code, in either form, and changes nothing. Gives the line.
    fn refused(&self, code: i32, call: &[impl AsRef<str>]) -> String {
        let words = || call.iter().map(AsRef::as_ref);
        let line = self.scratch.refused(code, words());
        self.scratch.refused(code, words().chain(["--json"]));
        line
    }

    fn is_still_so(&self, after: &str) {
        assert_eq!(self.scratch.revision(), self.revision, "{after}");
    }
}

impl Drop for Unchanged {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.scratch.exported(), self.exported);
            self.scratch.is_intact();
        }
    }
}

/// What is no name of anything and cannot become one.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "",
        " ",
        " a",
        "a\tb",
        "a\nb",
        "a\r\nb",
        "a\u{1b}[31mb",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{feff}b",
        "a\u{2028}b",
        "a\u{e000}b",
        // Cyrillic and Greek letters among Latin ones, and full-width letters.
        "\u{430}dmin",
        "_SYST\u{395}M",
        "\u{ff41}\u{ff44}\u{ff4d}\u{ff49}\u{ff4e}",
        // Not in normal form.
        "Cafe\u{301}",
    ]
    .map(str::to_owned)
    .into();
    names.extend(["x".repeat(300), "\u{1f512}".repeat(300), "x".repeat(120_000)]);
    names
}

#[test]
fn nonsense_for_a_name_is_refused_by_every_command() {
    let state = Unchanged::new();
    let password = state.scratch.file("password", PASSWORD);
    let places = LEAVES.iter().flat_map(|leaf| leaf.names.iter().map(move |place| (leaf, *place)));
    for (leaf, (place, what)) in places {
        let mut nonsense = names();
        if what == Name::Known {
            nonsense.extend(
                ["no such thing", "admin\u{430}", "*", "%", "'; DROP TABLE object; --"].map(str::to_owned),
            );
        }
        for (number, name) in nonsense.into_iter().enumerate() {
            let mut call = leaf.call_with(&state.scratch, place, &name);
            if leaf.path == "user passwd" {
                call.extend(["--password-file".to_owned(), password.clone()]);
            }
            // A list of no roles is one, and asks for nothing.
            if place == 1 && leaf.path.ends_with("-roles") && name.trim().is_empty() {
                assert!(state.scratch.ok(&call).starts_with("nothing changed"), "{call:?}");
                continue;
            }
            // In one form or the other.
            let form = (number % 2 == 1).then(|| "--json".to_owned());
            let line = state.scratch.refused(3, call.iter().chain(&form));
            assert!(line.contains("ERROR #"), "{}: {line}", leaf.path);
        }
        state.is_still_so(leaf.path);
    }
}

#[test]
fn a_look_alike_of_an_account_is_nobody() {
    let state = Unchanged::new();
    for name in
        ["\u{410}dmin", "\u{ff21}dmin", "Admin\u{200d}", "_SYSTEM\u{ad}", "\u{405}uperUser", "ADM\u{406}N"]
    {
        for verb in ["show", "create", "delete", "roles"] {
            state.refused(3, &["user", verb, name]);
        }
        let asked = state.scratch.call(["check", "AppData", "--user", name]).is(0);
        assert_eq!(asked.out, "\n");
        assert!(asked.err.starts_with("sclera: warning: there is no user "), "{asked:?}");
        let login = state.scratch.call(["status"]).log_in(name, "whatever it is").is(3);
        assert!(login.err.contains("#822"), "{login:?}");
    }
}

#[test]
fn nonsense_in_settings_is_refused_by_every_command() {
    let state = Unchanged::new();
    let long = "x".repeat(120_000);
    for leaf in LEAVES.iter().filter(|leaf| leaf.rest.contains(&"--set")) {
        let set = |value: &str| {
            let mut call = leaf.call(&state.scratch);
            call.push("--set".to_owned());
            call.push(value.to_owned());
            call
        };
        for (value, code) in [
            ("", 2),
            ("Nothing", 2),
            (&*long, 2),
            ("=", 3),
            ("=x", 3),
            ("Nothing=x", 3),
            ("Name=x", 3),
            ("name\u{202e}=x", 3),
            ("a\nb=x", 3),
            (&*format!("{long}=x"), 3),
            ("Password=Kestrel-Orbit-77", 3),
            ("password=Kestrel-Orbit-77", 3),
            ("PasswordHash=Kestrel-Orbit-77", 3),
            ("PasswordExternal=Kestrel-Orbit-77", 3),
        ] {
            let line = state.refused(code, &set(value));
            assert!(!value.starts_with("Pass") || line.contains("SCLERA_NEW_PASSWORD"), "{line}");
        }
        // Once more what the call sets already.
        let again = leaf.rest[leaf.rest.len() - 1];
        assert!(state.refused(2, &set(again)).contains("is set twice"), "{}", leaf.path);
        state.is_still_so(leaf.path);
    }
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
#[test]
fn values_of_the_wrong_kind_are_refused() {
    let state = Unchanged::new();
    let long = "x".repeat(120_000);
    let many = "AppData:R,".repeat(12_000);
    let control = "a\u{1b}[2Jb";
    for (object, settings) in [
        (
            &["user", "modify", "ann"][..],
            &[
                ("Enabled", "maybe"),
                ("Enabled", "2"),
                ("Enabled", "\u{ff11}"),
                ("ExpirationDate", "soon"),
                ("ExpirationDate", "2026-02-30"),
                ("ExpirationDate", "2026-1-1"),
                ("ExpirationDate", "99999-01-01"),
                ("Roles", "Missing"),
                ("Roles", "Reader,\u{420}eader"),
                ("Roles", &long),
                ("EscalationRoles", "Missing"),
                ("FullName", &long),
                ("Comment", &long),
                ("FullName", control),
                ("AutheEnabled", "many"),
                ("AutheEnabled", "-1"),
                ("AutheEnabled", "99999999999999999999"),
                ("NameSpace", &long),
                ("Flags", "7"),
                ("PasswordHashAlgorithm", "N/A"),
                ("CreateUsername", "root"),
                ("Owner", "1"),
                ("AdminRoles", "%All"),
                ("Salt", "00"),
            ][..],
        ),
        (
            &["role", "modify", "Reader"],
            &[
                ("Resources", "Missing:R"),
                ("Resources", "AppData"),
                ("Resources", "AppData:X"),
                ("Resources", "AppData:R:W"),
                ("Resources", ":R"),
                ("Resources", &long),
                ("Resources", &many),
                ("GrantedRoles", "Missing"),
                ("GrantedRoles", "Reader"),
                ("GrantedRoles", "Writer"),
                ("GrantedRoles", &long),
                ("EscalationOnly", "perhaps"),
                ("EscalationOnly", "1"),
                ("Description", &long),
                ("Description", control),
            ],
        ),
        (
            &["role", "modify", "%All"],
            &[("Description", "Mine"), ("GrantedRoles", "Reader"), ("Resources", "AppData:R")],
        ),
        (
            &["resource", "modify", "AppData"],
            &[
                ("PublicPermission", "X"),
                ("PublicPermission", "8"),
                ("PublicPermission", "R,,W"),
                ("PublicPermission", &long),
                ("Description", &long),
                ("Description", control),
                ("Type", "3"),
            ],
        ),
        (
            &["service", "modify", "%Service_Login"],
            &[
                ("Enabled", "maybe"),
                ("AutheEnabled", "-1"),
                ("AutheEnabled", "many"),
                ("ClientSystems", &long),
                ("ClientSystems", "a\nb"),
            ],
        ),
        (
            &["application", "modify", "/app"],
            &[
                ("Enabled", "maybe"),
                ("MatchRoles", "Missing:Reader"),
                ("MatchRoles", "Reader:Missing"),
                ("MatchRoles", "Reader:Writer,Reader:Writer"),
                ("Resource", "Missing"),
                ("AutheEnabled", "many"),
                ("Description", &long),
            ],
        ),
        (
            &["system", "modify"],
            &[
                ("InactiveLimit", "many"),
                ("InactiveLimit", "-1"),
                ("InactiveLimit", "99999999999999999999"),
                ("InactiveLimit", "1.5"),
                ("PasswordPattern", "nonsense("),
                ("PasswordPattern", &long),
                ("PasswordHashAlgorithm", "MD5"),
                ("PasswordHashWorkFactor", "1"),
                ("RequiredRole", "Missing"),
                ("AuditEnabled", "perhaps"),
                ("MaximumRoles", "-1"),
            ],
        ),
    ] {
        for (property, value) in settings {
            let setting = format!("{property}={value}");
            let line = state.refused(3, &[object, &["--set", &setting]].concat());
            state.is_still_so(&line);
        }
    }
    let cycle = state.refused(3, &["role", "modify", "Reader", "--set", "GrantedRoles=Writer"]);
    assert!(cycle.contains("Reader → Writer → Reader"), "{cycle}");
}

#[test]
fn nonsense_for_privileges_and_questions_is_refused() {
    let state = Unchanged::new();
    let long = "x".repeat(120_000);
    for (call, code) in [
        (&["explain", "ann", ""][..], 3),
        (&["explain", "ann", &long], 3),
        (&["explain", "ann", "AppData:\u{1b}"], 3),
        (&["explain", &long, "AppData:R"], 3),
        (&["sql-privilege", "create", "ann", "SELECT"], 3),
        (&["sql-privilege", "create", "ann", "FLY", "--object", "table A.B"], 3),
        (&["sql-privilege", "create", "ann", "SELECT", "--object", ""], 3),
        (&["sql-privilege", "create", "ann", "SELECT", "--object", "car A.B"], 3),
        (&["sql-privilege", "create", "ann", "SELECT", "--object", "table "], 3),
        (&["sql-privilege", "create", "ann", "SELECT", "--object", &long], 3),
        (&["sql-privilege", "create", "ann", "SELECT", "--object", "table A\u{202e}B"], 3),
        (&["sql-privilege", "create", "ann", "SELECT", "--object", "table A.B", "--namespace", ""], 3),
        (&["sql-privilege", "create", "ann", "SELECT", "--object", "table A.B", "--namespace", &long], 3),
        (&["sql-privilege", "create", "ann", "%CREATE_TABLE", "--object", "table A.B"], 3),
        (&["sql-privilege", "delete", "ann", "FLY", "--object", "table A.B"], 3),
        (&["check", "--batch", "/nowhere"], 4),
        (&["import", "/nowhere"], 4),
        (&["import", "."], 4),
        (&["import", ""], 2),
        (&["import", "a\u{1b}\nb\u{202e}"], 4),
        (&["export", ""], 2),
        (&["export", "/nowhere/\u{1b}\n"], 4),
        (&["export", "-", "--what", ""], 2),
        (&["export", "-", "--what", &long], 2),
        (&["export", "-", "--what", "users,\u{1b}"], 2),
        (&["status", "--data", ""], 0),
        (&["status", "--data", "/nowhere\u{1b}\u{202e}"], 4),
    ] {
        if code > 0 {
            state.refused(code, call);
        }
    }
    // What is asked about need not exist.
    for resource in ["", &long, "a\u{1b}b", "a\nb"] {
        assert_eq!(state.scratch.ok(["check", resource, "--user", "ann"]), "\n");
        assert_eq!(state.scratch.call(["check", resource, "R", "--user", "ann"]).is(1).out, "0\n");
        assert_eq!(state.scratch.call(["check", "AppData", resource, "--user", "ann"]).is(1).out, "0\n");
        assert_eq!(state.scratch.ok(["check", "AppData", "--roles", resource]), "\n");
        assert_eq!(state.scratch.ok(["user", "list", "--roles", "Missing", "--json"]), "[]\n");
    }
}

#[test]
fn documents_of_nonsense_are_refused() {
    let state = Unchanged::new();
    let deep = "[".repeat(100_000);
    for text in [
        "",
        " \n",
        "nonsense",
        "{",
        "[]",
        "5",
        "null",
        "{} {}",
        "{\"Users\":{}}",
        "{\"Users\":[5]}",
        "{\"Users\":[[]]}",
        "{\"Users\":[{}]}",
        "{\"Users\":[{\"Name\":5}]}",
        "{\"Users\":[{\"Name\":null}]}",
        "{\"Users\":[{\"Name\":\"\"}]}",
        "{\"Users\":[{\"Name\":\"new\",\"Name\":\"other\"}]}",
        "{\"Users\":[],\"Users\":[]}",
        "{\"Users\":[{\"Name\":\"new\",\"Enabled\":0,\"Enabled\":1}]}",
        "{\"Users\":[{\"Name\":\"new\"},{\"Name\":\"NEW\"}]}",
        "{\"Users\":[{\"Name\":\"new\",\"FullName\":{}}]}",
        "{\"Users\":[{\"Name\":\"new\",\"FullName\":1.5}]}",
        "{\"Users\":[{\"Name\":\"new\",\"Roles\":{\"a\":1}}]}",
        "{\"Users\":[{\"Name\":\"new\",\"Roles\":[5]}]}",
        "{\"Users\":[{\"Name\":\"new\",\"Roles\":[\"Reader,Writer\"]}]}",
        "{\"Users\":[{\"Name\":\"new\",\"Password\":5}]}",
        "{\"Users\":[{\"Name\":\"new\",\"PasswordHash\":\"zz\"}]}",
        "{\"Users\":[{\"Name\":\"new\",\"Nothing\":1}]}",
        "{\"Users\":[{\"Name\":\"new\",\"Owner\":true}]}",
        "{\"Users\":[{\"Name\":\"n\\u0000w\"}]}",
        "{\"Users\":[{\"Name\":\"n\\u202ew\"}]}",
        "{\"Users\":[{\"Name\":\"n\\ud800w\"}]}",
        "{\"Users\":[{\"Name\":\"\\u0430dmin\"}]}",
        "{\"Users\":[{\"Name\":\"new\",\"FullName\":\"a\\u0000b\"}]}",
        "{\"Users\":[{\"Name\":\"new\",\"FullName\":\"a\\u001bb\"}]}",
        "{\"Users\":[{\"Name\":\"n\0w\"}]}",
        "{\"Users\":[{\"Name\":\"a@b\"}]}",
        "{\"Users\":[{\"Name\":\"%System\"}]}",
        "{\"Roles\":[{\"Name\":\"%New\"}]}",
        "{\"Roles\":[{\"Name\":\"ann\"}]}",
        "{\"Roles\":[{\"Name\":\"Round\",\"GrantedRoles\":\"Round\"}]}",
        "{\"Roles\":[{\"Name\":\"A1\",\"GrantedRoles\":\"A2\"},{\"Name\":\"A2\",\"GrantedRoles\":\"A3\"},{\"Name\":\"A3\",\"GrantedRoles\":\"A1\"}]}",
        "{\"Roles\":[{\"Name\":\"Reader\",\"GrantedRoles\":\"Writer\"}]}",
        "{\"Roles\":[{\"Name\":\"New\",\"Resources\":\"Missing:R\"}]}",
        "{\"Roles\":[{\"Name\":\"New\",\"Resources\":{\"AppData\":\"R\"}}]}",
        "{\"Resources\":[{\"Name\":\"a,b\"}]}",
        "{\"Resources\":[{\"Name\":\"New\",\"PublicPermission\":\"X\"}]}",
        "{\"Resources\":[{\"Name\":\"New\",\"PublicPermission\":9}]}",
        "{\"Services\":[{\"Name\":\"%Service_New\"}]}",
        "{\"Applications\":[{\"Name\":\"/a b\"}]}",
        "{\"System\":[]}",
        "{\"System\":{\"Name\":\"OTHER\"}}",
        "{\"System\":{\"Nothing\":1}}",
        "{\"System\":{\"RequiredRole\":\"Missing\"}}",
        "{\"SQLPrivileges\":[{\"Grantee\":\"ann\"}]}",
        "{\"SQLPrivileges\":[{\"Namespace\":\"USER\",\"Object\":\"Ward\",\"Privilege\":\"SELECT\",\"Grantee\":\"ann\"}]}",
        "{\"SQLPrivileges\":[{\"Namespace\":\"USER\",\"Object\":\"table A.B\",\"Privilege\":\"SELECT\",\"Grantee\":\"zoe\"}]}",
        "{\"Nothing\":[]}",
        "{\"users\":[]}",
        "Users:\n- Name: [\n",
        "Users:\n- Name: new\n  Name: other\n",
        "Users: &a\n- Name: new\nRoles: *a\n",
        "Users: !x\n- Name: new\n",
        "--- {}\n--- {}\n",
        "<?xml version=\"1.0\"?><Export/>",
        &deep,
        &deep.replace('[', "{\"a\":"),
        &deep.replace('[', "- "),
    ] {
        let line = state.refused(3, &["import", &state.scratch.file("nonsense", text)]);
        let places = ["nonsense: ", "s[", "sclera: System: "];
        assert!(places.iter().any(|place| line.contains(place)), "no place is named: {line}");
    }
    for bytes in [
        &b"\xff\xfe{\0}\0"[..],
        b"{\"Users\":[{\"Name\":\"n\xffw\"}]}",
        b"\0\0\0\0",
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
    ] {
        state.refused(3, &["import", &state.scratch.file("nonsense", bytes)]);
    }
}

#[test]
fn ten_megabytes_are_refused_in_one_line() {
    const MANY: usize = 10_000_000;
    let state = Unchanged::new();
    let long = "x".repeat(MANY);
    let user = |properties: &str| format!("{{\"Users\":[{{\"Name\":\"new\",{properties}}}]}}");
    for text in [
        format!("{{\"Users\":[{{\"Name\":\"{long}\"}}]}}"),
        user(&format!("\"FullName\":\"{long}\"")),
        user(&format!("\"Roles\":\"{long}\"")),
        user(&format!("\"Roles\":\"{}\"", "Reader,".repeat(MANY / 8) + "Missing")),
        user(&format!("\"Password\":\"{long}\"")),
        user(&format!("\"PasswordHash\":\"{long}\"")),
        user(&format!("\"{long}\":1")),
        user(&format!("\"AutheEnabled\":{}", "9".repeat(MANY))),
        format!("{{\"{long}\":[]}}"),
        format!(
            "{{\"Roles\":[{{\"Name\":\"New\",\"Resources\":\"{}\"}}]}}",
            "AppData:R,".repeat(MANY / 10) + "X:R"
        ),
        format!("{{\"Resources\":[{{\"Name\":\"New\",\"PublicPermission\":\"{long}\"}}]}}"),
        long.clone(),
        "\n".repeat(MANY),
        "[".repeat(MANY),
        format!("Users:\n- Name: {long}\n"),
        format!("Users:\n- Name: new\n  {long}: 1\n"),
    ] {
        state.scratch.refused(3, ["import", &state.scratch.file("long", text)]);
        state.is_still_so("ten megabytes");
    }
    let batch = state.scratch.file("batch", format!("{{\"user\":\"ann\",\"resource\":\"A\",\"{long}\":1}}"));
    assert!(state.scratch.refused(3, ["check", "--batch", &batch]).contains("line 1: "));
    for command in [&["user", "create", "new"][..], &["user", "passwd", "ann"], &["status", "--as", "clerk"]]
    {
        let file = state.scratch.file("password", &long);
        state.refused(3, &[command, &["--password-file", &file]].concat());
    }
}

#[test]
fn files_that_cannot_be_read_or_written_are_told() {
    let state = Unchanged::new();
    let file = state.scratch.file("closed.json", "{\"Users\":[{\"Name\":\"new\"}]}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Nothing is closed to the superuser.
    if std::fs::File::open(&file).is_err() {
        for call in [&["import", &file][..], &["user", "import", &file], &["check", "--batch", &file]] {
            assert!(state.refused(4, call).contains("closed.json: "));
        }
    }
    for leaf in LEAVES.iter().filter(|leaf| leaf.asks == Asks::Secure && leaf.rest.contains(&"@out")) {
        state.refused(4, &leaf.call_with(&state.scratch, 0, "/nowhere/out.json"));
        state.refused(4, &leaf.call_with(&state.scratch, 0, "/dev/full"));
    }
}
