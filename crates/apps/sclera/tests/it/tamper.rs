//! Whoever can write the files but does not have the key is found out by `audit verify`, which names the place.

use crate::harness::{Dice, Kind, Said, Scratch, copy, rounds};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// What is done to a file, and the place that must be named; a `#` in it stands for any number.
struct Case {
    what: &'static str,
    done: fn(&Connection),
    place: &'static str,
}

const fn case(what: &'static str, done: fn(&Connection), place: &'static str) -> Case {
    Case { what, done, place }
}

fn run(connection: &Connection, sql: &str) {
    // What the schema would refuse is no obstacle to whoever writes the file.
    connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

/// Changes one byte of a record, counted from its beginning, or from its end where the number is negative.
fn edit(connection: &Connection, link: i64, position: i64, byte: isize) {
    let at = params![link, position];
    let sql = "SELECT bytes FROM record WHERE link = ?1 AND position = ?2";
    let mut bytes: Vec<u8> = connection.query_row(sql, at, |row| row.get(0)).unwrap();
    let length = isize::try_from(bytes.len()).unwrap();
    let index = usize::try_from(if byte < 0 { length + byte } else { byte }).unwrap();
    bytes[index] ^= 1;
    let sql = "UPDATE record SET bytes = ?3 WHERE link = ?1 AND position = ?2";
    connection.execute(sql, params![link, position, bytes]).unwrap();
}

/// Exchanges two rows by way of a number that no row has.
fn swap(connection: &Connection, table: &str, column: &str, (a, b): (i64, i64), within: &str) {
    for (from, to) in [(a, -1), (b, a), (-1, b)] {
        run(connection, &format!("UPDATE {table} SET {column} = {to} WHERE {column} = {from} AND {within}"));
    }
}

/// The links of the history that [`Kind::Worked`] has: 1 is the installation, 3 makes a resource and its role, 6 and 7
/// make ann and bob, 9 and 10 modify ann, 11 deletes a user, 12 and 13 grant by SQL, 18 is the last.
const JOURNAL: &[Case] = &[
    case("record: edit its version", |db| edit(db, 6, 0, 0), "record 6/0"),
    case("record: edit its time", |db| edit(db, 6, 0, 9), "link 6"),
    case("record: edit its author", |db| edit(db, 6, 0, 14), "link 6"),
    case("record: edit its end", |db| edit(db, 6, 0, -1), "link 6"),
    case("record: edit one of many", |db| edit(db, 1, 200, 40), "link 1"),
    case("record: edit the last", |db| edit(db, 18, 0, 40), "link 18"),
    case(
        "record: delete the only one of a link",
        |db| run(db, "DELETE FROM record WHERE link = 6"),
        "link 6",
    ),
    case(
        "record: delete the first of many",
        |db| run(db, "DELETE FROM record WHERE link = 1 AND position = 0"),
        "record 1/1",
    ),
    case(
        "record: delete one of many",
        |db| run(db, "DELETE FROM record WHERE link = 1 AND position = 100"),
        "record 1/101",
    ),
    case(
        "record: delete the last of many",
        |db| {
            run(
                db,
                "DELETE FROM record WHERE link = 1 AND position = (SELECT max(position) FROM record WHERE link = 1)",
            );
        },
        "link 1",
    ),
    case(
        "record: reorder within a link",
        |db| swap(db, "record", "position", (100, 101), "link = 1"),
        "link 1",
    ),
    case("record: reorder between links", |db| swap(db, "record", "link", (9, 10), "position = 0"), "link 9"),
    case(
        "record: move to another link",
        |db| run(db, "UPDATE record SET link = 7, position = 1 WHERE link = 6"),
        "link 7",
    ),
    case("record: leave a gap", |db| run(db, "UPDATE record SET position = 5 WHERE link = 6"), "record 6/5"),
    case(
        "record: insert a copy",
        |db| run(db, "INSERT INTO record SELECT link, 1, bytes FROM record WHERE link = 6"),
        "link 6",
    ),
    case(
        "record: insert before all",
        |db| run(db, "INSERT INTO record SELECT link, -1, bytes FROM record WHERE link = 6"),
        "end",
    ),
    case(
        "record: insert into no link",
        |db| run(db, "INSERT INTO record SELECT 99, 0, bytes FROM record WHERE link = 6"),
        "end",
    ),
    case("record: insert nonsense", |db| run(db, "INSERT INTO record VALUES (6, 1, x'00')"), "record 6/1"),
    case("record: delete all", |db| run(db, "DELETE FROM record"), "link 1"),
    case("link: edit its node", |db| run(db, "UPDATE link SET node = 2 WHERE sequence = 6"), "link 6"),
    case("link: edit its count", |db| run(db, "UPDATE link SET count = 2 WHERE sequence = 6"), "link 6"),
    case(
        "link: edit its root",
        |db| run(db, "UPDATE link SET root = zeroblob(32) WHERE sequence = 6"),
        "link 6",
    ),
    case(
        "link: edit its mac",
        |db| run(db, "UPDATE link SET mac = zeroblob(32) WHERE sequence = 6"),
        "link 6",
    ),
    case("link: shorten its mac", |db| run(db, "UPDATE link SET mac = x'00' WHERE sequence = 6"), "links"),
    case(
        "link: edit the last",
        |db| run(db, "UPDATE link SET mac = zeroblob(32) WHERE sequence = 18"),
        "link 18",
    ),
    case("link: delete one", |db| run(db, "DELETE FROM link WHERE sequence = 6"), "link 7"),
    case("link: delete the first", |db| run(db, "DELETE FROM link WHERE sequence = 1"), "link 2"),
    case("link: reorder", |db| swap(db, "link", "sequence", (9, 10), "1"), "link 9"),
    case(
        "link: insert at the end",
        |db| run(db, "INSERT INTO link SELECT 19, node, count, root, mac FROM link WHERE sequence = 18"),
        "link 19",
    ),
    case(
        "link: insert before all",
        |db| run(db, "INSERT INTO link SELECT 0, node, count, root, mac FROM link WHERE sequence = 18"),
        "link 0",
    ),
    case(
        "link: insert beyond the end",
        |db| run(db, "INSERT INTO link SELECT 99, node, count, root, mac FROM link WHERE sequence = 18"),
        "link 99",
    ),
    case(
        "tail: cut one link and its records",
        |db| {
            run(db, "DELETE FROM link WHERE sequence = 18");
            run(db, "DELETE FROM record WHERE link = 18");
        },
        "link 18",
    ),
    case(
        "tail: cut five links and their records",
        |db| {
            run(db, "DELETE FROM link WHERE sequence > 10");
            run(db, "DELETE FROM record WHERE link > 10");
        },
        "link 11",
    ),
    case(
        "tail: cut and put the objects back",
        |db| {
            run(db, "DELETE FROM link WHERE sequence = 18");
            run(db, "DELETE FROM record WHERE link = 18");
            run(db, "DELETE FROM object WHERE kind = 6 AND name = 'clerk'");
            run(db, "DELETE FROM principal WHERE folded = 'clerk'");
            db.execute(
                "DELETE FROM guardian WHERE user NOT IN (SELECT number FROM object WHERE kind = 6)",
                [],
            )
            .unwrap();
            run(db, "UPDATE counter SET next = next - 1 WHERE name = 'user'");
        },
        "link 18",
    ),
    case(
        "tail: cut all of it",
        |db| {
            run(db, "DELETE FROM link");
            run(db, "DELETE FROM record");
        },
        "link 1",
    ),
    case(
        "object: edit a role's text",
        |db| run(db, "UPDATE object SET text = json_set(text, '$.Resources', '1:7') WHERE name = 'Reader'"),
        "role # (Reader)",
    ),
    case(
        "object: empty a role's text",
        |db| run(db, "UPDATE object SET text = '{}' WHERE name = 'Reader'"),
        "role # (Reader)",
    ),
    case(
        "object: give a user %All",
        |db| {
            run(
                db,
                "UPDATE object SET text = json_set(text, '$.Roles', (SELECT number FROM object WHERE name = '%All')) WHERE name = 'ann'",
            );
        },
        "user # (ann)",
    ),
    case(
        "object: give a user %All everywhere",
        |db| {
            run(
                db,
                "UPDATE object SET text = json_set(text, '$.Roles', '' || (SELECT number FROM object WHERE name = '%All')) WHERE name = 'ann'",
            );
            run(
                db,
                "UPDATE membership SET role = (SELECT number FROM object WHERE name = '%All') WHERE user = (SELECT number FROM object WHERE name = 'ann')",
            );
        },
        "user # (ann)",
    ),
    case(
        "object: enable a user",
        |db| {
            run(db, "UPDATE object SET text = json_set(text, '$.Enabled', json('false')) WHERE name = 'ann'");
        },
        "user # (ann)",
    ),
    case(
        "object: write a user's text another way",
        |db| run(db, "UPDATE object SET text = text || ' ' WHERE name = 'ann'"),
        "user # (ann)",
    ),
    case(
        "object: a text that is none",
        |db| run(db, "UPDATE object SET text = 'nonsense' WHERE name = 'ann'"),
        "user # (ann)",
    ),
    case(
        "object: a role's text that is none",
        |db| run(db, "UPDATE object SET text = 'nonsense' WHERE name = 'Reader'"),
        "role # (Reader)",
    ),
    case(
        "object: a value of the wrong kind",
        |db| run(db, "UPDATE object SET text = json_set(text, '$.Enabled', 'maybe') WHERE name = 'ann'"),
        "user # (ann)",
    ),
    case(
        "object: an unknown property",
        |db| run(db, "UPDATE object SET text = json_set(text, '$.Nothing', 1) WHERE name = 'Reader'"),
        "role # (Reader)",
    ),
    case(
        "object: make a resource public",
        |db| {
            run(
                db,
                "UPDATE object SET text = json_set(text, '$.PublicPermission', 'RWU') WHERE name = 'AppData'",
            );
        },
        "resource # (AppData)",
    ),
    case(
        "object: open a service",
        |db| {
            run(
                db,
                "UPDATE object SET text = json_set(text, '$.AutheEnabled', 64) WHERE name = '%Service_Login'",
            );
        },
        "service # (%Service_Login)",
    ),
    case(
        "object: edit an application",
        |db| run(db, "UPDATE object SET text = '{}' WHERE name = '/app'"),
        "application # (/app)",
    ),
    case(
        "object: edit the settings",
        |db| run(db, "UPDATE object SET text = '{}' WHERE kind = 5"),
        "system # (SYSTEM)",
    ),
    case(
        "object: edit the instance",
        |db| run(db, "UPDATE object SET text = json_set(text, '$.Owner', 'ann') WHERE kind = 0"),
        "instance # (INSTANCE)",
    ),
    case("object: delete a user", |db| run(db, "DELETE FROM object WHERE name = 'ann'"), "user # (ann)"),
    case(
        "object: delete a role",
        |db| run(db, "DELETE FROM object WHERE name = 'Reader'"),
        "role # (Reader)",
    ),
    case(
        "object: delete a service",
        |db| run(db, "DELETE FROM object WHERE name = '%Service_Login'"),
        "service # (%Service_Login)",
    ),
    case(
        "object: delete the settings",
        |db| run(db, "DELETE FROM object WHERE kind = 5"),
        "system # (SYSTEM)",
    ),
    case(
        "object: delete the instance",
        |db| run(db, "DELETE FROM object WHERE kind = 0"),
        "instance # (INSTANCE)",
    ),
    case("object: delete all", |db| run(db, "DELETE FROM object"), "instance # (INSTANCE)"),
    case(
        "object: insert a user",
        |db| {
            run(
                db,
                "INSERT INTO object SELECT kind, 900, 'eve', 'eve', text, link, position FROM object WHERE name = '_SYSTEM'",
            );
            run(db, "INSERT INTO principal VALUES ('eve', 6, 900)");
            run(
                db,
                "INSERT INTO membership SELECT role, 900 FROM membership JOIN object ON user = number AND kind = 6 WHERE name = '_SYSTEM'",
            );
            run(db, "INSERT INTO guardian VALUES (900, NULL)");
        },
        "user 900 (eve)",
    ),
    case(
        "object: insert a user that points nowhere",
        |db| {
            run(db, "INSERT INTO object VALUES (6, 900, 'eve', 'eve', '{}', 99, 0)");
            run(db, "INSERT INTO principal VALUES ('eve', 6, 900)");
        },
        "user 900 (eve)",
    ),
    case(
        "object: insert a role",
        |db| {
            run(db, "INSERT INTO object VALUES (2, 9000, 'Eve', 'eve', '{}', 5, 0)");
            run(db, "INSERT INTO principal VALUES ('eve', 2, 9000)");
        },
        "role 9000 (Eve)",
    ),
    case(
        "object: insert in place of a deleted one",
        |db| {
            run(
                db,
                "INSERT INTO object SELECT 6, number, 'gone', 'gone', '{}', 8, 0 FROM (SELECT max(number) - 1 AS number FROM object WHERE kind = 6)",
            );
            run(db, "INSERT INTO principal SELECT 'gone', 6, number FROM object WHERE name = 'gone'");
        },
        "user # (gone)",
    ),
    case(
        "object: insert of an unknown kind",
        |db| run(db, "INSERT INTO object VALUES (99, 1, 'x', 'x', '{}', 5, 0)"),
        "object 99/1",
    ),
    case(
        "object: rename a user",
        |db| {
            run(db, "UPDATE object SET name = 'amy', folded = 'amy' WHERE name = 'ann'");
            run(db, "UPDATE principal SET folded = 'amy' WHERE folded = 'ann'");
        },
        "user # (amy)",
    ),
    case(
        "object: exchange the texts of two users",
        |db| {
            run(
                db,
                "UPDATE object SET text = (SELECT other.text FROM object AS other WHERE other.name = iif(object.name = 'ann', 'bob', 'ann') ) WHERE kind = 6 AND name IN ('ann', 'bob')",
            );
        },
        "user # (ann)",
    ),
    case(
        "object: exchange the numbers of two users",
        |db| swap(db, "object", "number", numbers(db), "kind = 6"),
        "user # (ann)",
    ),
    case(
        "object: point at an older record",
        |db| run(db, "UPDATE object SET link = 9 WHERE name = 'ann'"),
        "user # (ann)",
    ),
    case("object: set back to an older record", set_back, "user # (ann)"),
    case(
        "object: point at no record",
        |db| run(db, "UPDATE object SET link = 99 WHERE name = 'ann'"),
        "user # (ann)",
    ),
    case(
        "object: edit and point at no record",
        |db| run(db, "UPDATE object SET text = '{}', link = 99 WHERE name = 'Reader'"),
        "role # (Reader)",
    ),
    case(
        "object: edit two and point at no record",
        |db| run(db, "UPDATE object SET text = '{}', link = 99 WHERE name IN ('Reader', 'bob')"),
        "user # (bob)",
    ),
    case(
        "object: point at another's record",
        |db| run(db, "UPDATE object SET link = 7 WHERE name = 'ann'"),
        "user # (ann)",
    ),
    case(
        "object: file a user under another name",
        |db| run(db, "UPDATE object SET folded = 'zzz' WHERE name = 'ann'"),
        "index",
    ),
    case(
        "object: file a user far ahead",
        |db| run(db, "UPDATE object SET folded = '' WHERE name = 'ann'"),
        "index",
    ),
    case(
        "object: file two users under each other's name",
        |db| {
            for table in ["object", "principal"] {
                let kind = if table == "object" { "kind = 6" } else { "1" };
                for (from, to) in [("ann", "#"), ("bob", "ann"), ("#", "bob")] {
                    run(
                        db,
                        &format!("UPDATE {table} SET folded = '{to}' WHERE folded = '{from}' AND {kind}"),
                    );
                }
            }
        },
        "index",
    ),
    case(
        "object: file a resource under another name",
        |db| run(db, "UPDATE object SET folded = 'zzz' WHERE name = 'AppData'"),
        "index",
    ),
    case("principal: delete one", |db| run(db, "DELETE FROM principal WHERE folded = 'ann'"), "index"),
    case("principal: insert one", |db| run(db, "INSERT INTO principal VALUES ('eve', 6, 900)"), "index"),
    case(
        "principal: edit a number",
        |db| run(db, "UPDATE principal SET number = 1 WHERE folded = 'ann'"),
        "index",
    ),
    case(
        "principal: edit a kind",
        |db| run(db, "UPDATE principal SET kind = 2 WHERE folded = 'ann'"),
        "index",
    ),
    case("principal: delete all", |db| run(db, "DELETE FROM principal"), "index"),
    case(
        "membership: delete one",
        |db| run(db, "DELETE FROM membership WHERE user = (SELECT number FROM object WHERE name = 'ann')"),
        "index",
    ),
    case(
        "membership: insert one",
        |db| run(db, "INSERT INTO membership SELECT 1, number FROM object WHERE name = 'ann'"),
        "index",
    ),
    case("membership: insert one of nobody", |db| run(db, "INSERT INTO membership VALUES (1, 900)"), "index"),
    case(
        "membership: edit one",
        |db| {
            run(
                db,
                "UPDATE membership SET role = 1 WHERE user = (SELECT number FROM object WHERE name = 'ann')",
            );
        },
        "index",
    ),
    case("membership: delete all", |db| run(db, "DELETE FROM membership"), "index"),
    case(
        "guardian: delete one",
        |db| run(db, "DELETE FROM guardian WHERE user = (SELECT number FROM object WHERE name = 'clerk')"),
        "index",
    ),
    case(
        "guardian: insert one",
        |db| run(db, "INSERT INTO guardian SELECT number, NULL FROM object WHERE name = 'ann'"),
        "index",
    ),
    case(
        "guardian: edit a day",
        |db| {
            run(
                db,
                "UPDATE guardian SET last_day = 1 WHERE user = (SELECT number FROM object WHERE name = 'clerk')",
            );
        },
        "index",
    ),
    case("guardian: delete all", |db| run(db, "DELETE FROM guardian"), "index"),
    case(
        "counter: set back the objects",
        |db| run(db, "UPDATE counter SET next = 5 WHERE name = 'object'"),
        "counters",
    ),
    case(
        "counter: set back the users by one",
        |db| run(db, "UPDATE counter SET next = next - 1 WHERE name = 'user'"),
        "counters",
    ),
    case(
        "counter: set forward",
        |db| run(db, "UPDATE counter SET next = next + 1 WHERE name = 'user'"),
        "counters",
    ),
    case(
        "counter: below zero",
        |db| run(db, "UPDATE counter SET next = -1 WHERE name = 'object'"),
        "counters",
    ),
    case(
        "counter: exhaust",
        |db| run(db, "UPDATE counter SET next = 9223372036854775807 WHERE name = 'object'"),
        "counters",
    ),
    case("counter: delete one", |db| run(db, "DELETE FROM counter WHERE name = 'user'"), "counters"),
    case("counter: insert one", |db| run(db, "INSERT INTO counter VALUES ('other', 1)"), "index"),
    case(
        "sql_privilege: delete one",
        |db| run(db, "DELETE FROM sql_privilege WHERE object = '1,Ward.Patient' AND privilege = 's'"),
        "sql-privilege",
    ),
    case(
        "sql_privilege: insert one",
        |db| {
            run(
                db,
                "INSERT INTO sql_privilege SELECT 0, 1, namespace, object, privilege, grantor, grantable, target FROM sql_privilege WHERE object = '1,Ward.Patient' AND privilege = 's'",
            );
        },
        "sql-privilege",
    ),
    case(
        "sql_privilege: edit its grantee",
        |db| {
            run(
                db,
                "UPDATE sql_privilege SET grantee = 1 WHERE object = '1,Ward.Patient' AND privilege = 's'",
            );
        },
        "sql-privilege",
    ),
    case(
        "sql_privilege: make it grantable",
        |db| run(db, "UPDATE sql_privilege SET grantable = 1 WHERE object = '1,Ward.Patient'"),
        "sql-privilege",
    ),
    case(
        "sql_privilege: edit its namespace",
        |db| run(db, "UPDATE sql_privilege SET namespace = '*' WHERE object = '1,Ward.Patient'"),
        "sql-privilege",
    ),
    case(
        "sql_privilege: edit its grantor",
        |db| run(db, "UPDATE sql_privilege SET grantor = 'ann' WHERE object = '1,Ward.Patient'"),
        "sql-privilege",
    ),
    case(
        "sql_privilege: edit what it is found by",
        |db| run(db, "UPDATE sql_privilege SET target = 'x' WHERE object = '1,Ward.Patient'"),
        "index",
    ),
    case("sql_privilege: delete all", |db| run(db, "DELETE FROM sql_privilege"), "sql-privilege"),
];

/// The event log: three links of one record each.
const EVENTS: &[Case] = &[
    case("record: edit", |db| edit(db, 2, 0, 30), "link 2"),
    case("record: edit the last", |db| edit(db, 3, 0, 30), "link 3"),
    case("record: edit its version", |db| edit(db, 2, 0, 0), "record 2/0"),
    case("record: delete", |db| run(db, "DELETE FROM record WHERE link = 2"), "link 2"),
    case("record: reorder", |db| swap(db, "record", "link", (1, 2), "1"), "link 1"),
    case(
        "record: insert",
        |db| run(db, "INSERT INTO record SELECT 2, 1, bytes FROM record WHERE link = 1"),
        "link 2",
    ),
    case(
        "record: insert into no link",
        |db| run(db, "INSERT INTO record SELECT 9, 0, bytes FROM record WHERE link = 1"),
        "end",
    ),
    case("link: edit", |db| run(db, "UPDATE link SET count = 0 WHERE sequence = 2"), "link 2"),
    case("link: delete", |db| run(db, "DELETE FROM link WHERE sequence = 1"), "link 2"),
    case("link: reorder", |db| swap(db, "link", "sequence", (1, 2), "1"), "link 1"),
    case(
        "link: insert",
        |db| run(db, "INSERT INTO link SELECT 4, node, count, root, mac FROM link WHERE sequence = 3"),
        "link 4",
    ),
    case(
        "tail: cut one",
        |db| {
            run(db, "DELETE FROM link WHERE sequence = 3");
            run(db, "DELETE FROM record WHERE link = 3");
        },
        "link 3",
    ),
    case(
        "tail: cut all",
        |db| {
            run(db, "DELETE FROM link");
            run(db, "DELETE FROM record");
        },
        "link 1",
    ),
];

/// The numbers of ann and bob.
fn numbers(connection: &Connection) -> (i64, i64) {
    let of = |name: &str| {
        let sql = "SELECT number FROM object WHERE kind = 6 AND name = ?1";
        connection.query_row(sql, [name], |row| row.get(0)).unwrap()
    };
    (of("ann"), of("bob"))
}

/// Puts ann back to exactly what she was after link 9.
fn set_back(connection: &Connection) {
    run(connection, "UPDATE object SET link = 9, text = replace(text, 'Second', 'First') WHERE name = 'ann'");
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
fn all_found(file: &str, cases: &[Case]) {
    let missed = cases.iter().filter_map(|Case { what, done, place }| {
        let scratch = Scratch::new(Kind::Worked);
        done(&scratch.database(file));
        missed(&scratch, what, place)
    });
    let missed: Vec<String> = missed.collect();
    assert!(missed.is_empty(), "{} are not found:\n{}", missed.len(), missed.join("\n"));
}

fn without_numbers(text: &str) -> String {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    format!("{kind} #{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[test]
fn an_untouched_instance_is_intact() {
    let scratch = Scratch::new(Kind::Worked);
    let said = scratch.ok(["audit", "verify"]);
    assert!(said.starts_with("journal: intact (18 links, "), "{said}");
    assert!(said.contains("events: intact (3 links, 3 records)"), "{said}");
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
fn every_table_is_among_what_is_tampered_with() {
    let scratch = Scratch::new(Kind::Worked);
    for (file, cases) in [("security.db", JOURNAL), ("activity.db", EVENTS)] {
        let connection = scratch.database(file);
        let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let tables: BTreeSet<String> = tables.query_map([], |row| row.get(0)).unwrap().flatten().collect();
        let tampered: BTreeSet<String> =
            cases.iter().map(|case| case.what.split(':').next().unwrap().to_owned()).collect();
        assert!(tables.is_subset(&tampered), "{file}: {tables:?}");
    }
}

#[test]
fn the_second_place_tells_when_the_first_was_set_back() {
    for (file, change, place) in
        [("security", &["role", "create", "New"][..], "link 19"), ("activity", &["user", "list"], "link 4")]
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
        found(&scratch, "heads beyond the end", if file == "security" { "link 22" } else { "link 7" });
        let last = if file == "security" { 21 } else { 6 };
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
    for (file, last) in [("security", 18), ("activity", 3)] {
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

/// Every row of every table, as text.
fn dump(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut tables =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for table in tables {
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
