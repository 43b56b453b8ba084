//! Whoever can write the files but does not have the key is found out by `audit verify`, which names the place.

use crate::harness::{Dice, Kind, Said, Scratch, copy, rounds};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const JOURNAL: &str = include_str!("tamper_journal.sql");
const EVENTS: &str = include_str!("tamper_events.sql");

/// What is done, by which statements, and the place that must be named; a `#` in it stands for any number.
struct Case<'a> {
    what: &'a str,
    statements: &'a str,
    place: &'a str,
}

/// The cases of a file: a line `-- what => place`, and the statements under it.
fn cases(text: &str) -> Vec<Case<'_>> {
    let parts = text.split("-- ").filter_map(|part| part.split_once('\n'));
    let case = |(head, statements)| {
        let (what, place) = str::split_once(head, " => ")?;
        Some(Case { what, statements, place })
    };
    parts.filter_map(case).collect()
}

/// One byte of a record: the file, the record, the byte (counted from the end where it is negative), and the place.
const BYTES: &[(&str, (i64, i64), isize, &str)] = &[
    ("security.db", (6, 0), 0, "record 6/0"),
    ("security.db", (6, 0), 9, "link 6"),
    ("security.db", (6, 0), 14, "link 6"),
    ("security.db", (6, 0), -1, "link 6"),
    ("security.db", (1, 200), 40, "link 1"),
    ("security.db", (23, 0), 40, "link 23"),
    ("activity.db", (2, 0), 0, "record 2/0"),
    ("activity.db", (2, 0), 30, "link 2"),
    ("activity.db", (3, 0), 30, "link 3"),
];

fn run(connection: &Connection, statements: &str) {
    // What the schema would refuse is no obstacle to whoever writes the file.
    connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
    connection.execute_batch(statements).unwrap();
    assert!(connection.total_changes() > 0, "{statements}");
}

/// What `audit verify` says of a tampered instance: exit code 1, and the place in either form. What is wrong otherwise.
fn missed(scratch: &Scratch, what: &str, place: &str) -> Option<String> {
    let said = scratch.call(["audit", "verify"]).said();
    if said.code != 1 || !said.out.contains("TAMPERED WITH") {
        return Some(format!("{what}: {said:?}"));
    }
    let value = scratch.call(["audit", "verify", "--json"]).is(1).json();
    assert_eq!(value["Clean"], serde_json::json!(false), "{what}");
    let places: Vec<String> = ["Journal", "Events"]
        .iter()
        .flat_map(|log| value[log]["Findings"].as_array().unwrap().clone())
        .map(|finding| finding["Place"].as_str().unwrap().to_owned())
        .collect();
    assert!(places.iter().all(|place| said.out.contains(&format!("  {place}: "))), "{what}: {said:?}");
    let same = |found: &String| found == place || place.contains('#') && without_numbers(found) == place;
    (!places.iter().any(same)).then(|| format!("{what}: {place} is not among {places:?}\n{}", said.out))
}

fn found(scratch: &Scratch, what: &str, place: &str) {
    assert_eq!(missed(scratch, what, place), None);
}

/// Each case on an instance of its own.
fn all_found(file: &str, text: &str) {
    let missed = cases(text).into_iter().filter_map(|Case { what, statements, place }| {
        let scratch = Scratch::new(Kind::Worked);
        run(&scratch.database(file), statements);
        missed(&scratch, what, place)
    });
    let missed: Vec<String> = missed.collect();
    assert!(missed.is_empty(), "{} are not found:\n{}", missed.len(), missed.join("\n"));
}

fn without_numbers(text: &str) -> String {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    format!("{kind} #{}", rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
}

#[test]
fn an_untouched_instance_is_intact() {
    let scratch = Scratch::new(Kind::Worked);
    let said = scratch.ok(["audit", "verify"]);
    assert!(said.starts_with("journal: intact (23 links, "), "{said}");
    assert!(said.contains("events: intact (4 links, 4 records)"), "{said}");
    for _ in 0..3 {
        scratch.ok(["user", "modify", "ann", "--set", "Comment=Third"]);
        scratch.refused(3, ["user", "delete", "_SYSTEM"]);
        scratch.is_intact();
    }
}

#[test]
fn whatever_is_done_to_the_journal_is_found() {
    all_found("security.db", JOURNAL);
}

#[test]
fn whatever_is_done_to_the_event_log_is_found() {
    all_found("activity.db", EVENTS);
}

#[test]
fn every_byte_of_a_record_counts() {
    let missed = BYTES.iter().filter_map(|(file, (link, position), byte, place)| {
        let scratch = Scratch::new(Kind::Worked);
        let connection = scratch.database(file);
        let at = params![link, position];
        let sql = "SELECT bytes FROM record WHERE link = ?1 AND position = ?2";
        let mut bytes: Vec<u8> = connection.query_row(sql, at, |row| row.get(0)).unwrap();
        let index = byte.rem_euclid(isize::try_from(bytes.len()).unwrap());
        bytes[usize::try_from(index).unwrap()] ^= 1;
        let sql = "UPDATE record SET bytes = ?3 WHERE link = ?1 AND position = ?2";
        connection.execute(sql, params![link, position, bytes]).unwrap();
        missed(&scratch, &format!("byte {byte} of record {link}/{position} in {file}"), place)
    });
    assert_eq!(missed.collect::<Vec<_>>(), [""; 0]);
}

/// Tables of counters and positions, which the chain does not hold: whoever writes the file can set a counter back or a
/// position forward. A receiver of the trail finds a gap in the numbers.
const COUNTERS: [&str; 4] = ["outlet", "login", "throttle", "spent"];

#[test]
fn every_table_is_among_what_is_tampered_with() {
    let scratch = Scratch::new(Kind::Worked);
    for (file, text) in [("security.db", JOURNAL), ("activity.db", EVENTS)] {
        let connection = scratch.database(file);
        let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let tables: BTreeSet<String> = tables.query_map([], |row| row.get(0)).unwrap().flatten().collect();
        let tables: BTreeSet<String> =
            tables.into_iter().filter(|table| !COUNTERS.contains(&table.as_str())).collect();
        let tampered: BTreeSet<String> =
            cases(text).iter().map(|case| case.what.split(':').next().unwrap().to_owned()).collect();
        assert!(tables.is_subset(&tampered), "{file}: {tables:?}");
    }
}

#[test]
fn the_second_place_tells_when_the_first_was_set_back() {
    for (file, change, place) in
        [("security", &["role", "create", "New"][..], "link 24"), ("activity", &["user", "list"], "link 5")]
    {
        let scratch = Scratch::new(Kind::Worked);
        let database = format!("{file}.db");
        let older = scratch.path("older");
        fs::create_dir(&older).unwrap();
        copy(&scratch.data(), &older);
        for _ in 0..3 {
            // The one makes a link in the journal, the other, which is refused, in the event log.
            if file == "security" {
                scratch.ok(["user", "modify", "ann", "--set", &format!("Comment={}", scratch.revision())]);
            } else {
                scratch.call(change).log_in("clerk", crate::harness::PASSWORD).is(3);
            }
        }
        scratch.is_intact();
        let put = |name: &str| fs::copy(older.join(name), scratch.data().join(name)).unwrap();
        let newer = scratch.path("newer");
        fs::create_dir(&newer).unwrap();
        copy(&scratch.data(), &newer);

        put(&database);
        found(&scratch, "an older copy of the database alone", place);
        copy(&newer, &scratch.data());
        scratch.is_intact();
        // Behind is where a crash between the two leaves it: nothing was altered, and the next change mends it.
        put(&format!("{file}.heads"));
        scratch.is_intact();
        copy(&newer, &scratch.data());
        fs::remove_file(scratch.data().join(format!("{file}.heads"))).unwrap();
        found(&scratch, "no heads", "end");
        for nonsense in ["", "nonsense\n", "7 00\n", "99999999999999999999 00\n"] {
            fs::write(scratch.data().join(format!("{file}.heads")), nonsense).unwrap();
            found(&scratch, "heads of nonsense", "end");
        }
        fs::write(scratch.data().join(format!("{file}.heads")), format!("40 {}\n", "ab".repeat(32))).unwrap();
        found(&scratch, "heads beyond the end", if file == "security" { "link 27" } else { "link 8" });
        let last = if file == "security" { 26 } else { 7 };
        let forged = format!("{last} {}\n", "ab".repeat(32));
        fs::write(scratch.data().join(format!("{file}.heads")), forged).unwrap();
        found(&scratch, "a forged head", &format!("link {last}"));
        copy(&newer, &scratch.data());
        scratch.is_intact();
    }
}

/// What was cut off does not grow together again: the next change must not cover the traces.
#[test]
fn going_on_writing_does_not_cover_the_traces() {
    for (file, last) in [("security", 23), ("activity", 4)] {
        for heads_too in [false, true] {
            let scratch = Scratch::new(Kind::Worked);
            let connection = scratch.database(&format!("{file}.db"));
            run(&connection, &format!("DELETE FROM link WHERE sequence = {last}"));
            run(&connection, &format!("DELETE FROM record WHERE link = {last}"));
            if file == "security" {
                for table in ["object", "principal"] {
                    run(&connection, &format!("DELETE FROM {table} WHERE folded = 'clerk'"));
                }
                run(&connection, "UPDATE counter SET next = next - 1 WHERE name = 'user'");
                run(
                    &connection,
                    "DELETE FROM guardian WHERE user NOT IN (SELECT number FROM object WHERE kind = 6)",
                );
            }
            drop(connection);
            if heads_too {
                fs::remove_file(scratch.data().join(format!("{file}.heads"))).unwrap();
            }
            for _ in 0..3 {
                if file == "security" {
                    let comment = format!("Comment={}", scratch.revision());
                    scratch.ok(["user", "modify", "ann", "--set", &comment]);
                } else {
                    scratch.call(["user", "list"]).log_in("nobody", "nothing").is(3);
                }
                let place = if heads_too { "end".to_owned() } else { format!("link {last}") };
                found(&scratch, "a cut end after more changes", &place);
            }
        }
    }
}

#[test]
fn another_key_fits_no_link() {
    let scratch = Scratch::new(Kind::Worked);
    let key = scratch.data().join("keys/journal.key");
    fs::remove_file(&key).unwrap();
    fs::write(&key, [7; 32]).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
    found(&scratch, "another key", "link 1");
}

/// The schema itself: what would act by itself, or show something else than what is stored.
#[test]
fn a_foreign_schema_does_nothing_unseen() {
    for sql in [
        "CREATE TRIGGER t AFTER INSERT ON record BEGIN UPDATE object SET text = '{}' WHERE name = 'ann'; END",
        "CREATE VIEW v AS SELECT * FROM object",
        "ALTER TABLE object RENAME TO hidden; CREATE VIEW object AS SELECT * FROM hidden",
        "DROP TABLE guardian",
        "DROP TABLE link",
        "DROP INDEX membership_by_user; CREATE INDEX membership_by_user ON membership (role)",
        "ALTER TABLE object ADD COLUMN other ANY",
        "PRAGMA user_version = 99",
        "PRAGMA user_version = 0",
        "PRAGMA application_id = 1",
    ] {
        let scratch = Scratch::new(Kind::Worked);
        scratch.database("security.db").execute_batch(sql).unwrap();
        let verified = scratch.call(["audit", "verify"]).said();
        assert!([1, 4].contains(&verified.code), "{sql}: {verified:?}");
    }
}

/// Every row of every table that the chain holds, as text.
fn dump(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut tables =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for table in tables.iter().filter(|table| !COUNTERS.contains(&table.as_str())) {
        let mut rows = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
        let columns = rows.column_count();
        let text = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
            (0..columns).map(|column| Ok(format!("{:?} ", row.get::<_, Sql>(column)?))).collect()
        };
        for row in rows.query_map([], text)? {
            all.push(format!("{table}: {}", row?));
        }
    }
    Ok(all)
}

/// A flipped byte is found, or makes the file unreadable, or is in a place that means nothing.
#[test]
fn a_flipped_byte_never_passes_for_what_was_stored() {
    let mut dice = Dice::new(11);
    let scratch = Scratch::new(Kind::Worked);
    for file in ["security.db", "activity.db"] {
        let path = scratch.data().join(file);
        let sound = fs::read(&path).unwrap();
        let stored = dump(&scratch.database(file)).unwrap();
        let mut outcomes = [0_u32; 5];
        for _ in 0..rounds(if file == "security.db" { 300 } else { 60 }) {
            let mut bytes = sound.clone();
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            fs::write(&path, &bytes).unwrap();
            let said: Said = scratch.call(["audit", "verify"]).said();
            outcomes[usize::try_from(said.code).unwrap()] += 1;
            assert!([0, 1, 4].contains(&said.code), "byte {at}: {said:?}");
            if said.code == 0 {
                let connection = scratch.database(file);
                let now = dump(&connection).unwrap_or_else(|error| panic!("byte {at}: {error}"));
                assert!(now == stored, "byte {at} of {file} is not found");
                let sound: String =
                    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
                assert!(file != "security.db" || sound == "ok", "byte {at}: {sound}");
            }
            for rest in ["-wal", "-shm"] {
                let _ = fs::remove_file(scratch.data().join(format!("{file}{rest}")));
            }
        }
        assert!(outcomes[1] + outcomes[4] > 0, "{file}: {outcomes:?}");
        fs::write(&path, &sound).unwrap();
        scratch.is_intact();
    }
}
