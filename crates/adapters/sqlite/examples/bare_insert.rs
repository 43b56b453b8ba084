//! Measures what it takes SQLite alone to insert the rows of a file: what an import of them is compared with.
//!
//! ```text
//! bare_insert SECURITY.DB [CACHE_KIB]
//! ```
//!
//! The rows go to a new file beside it, which goes again, into the same tables and indices, in one transaction with a
//! checkpoint after it. Reading them is not counted. Without a second word SQLite has the cache that it comes with.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot go on stops where it is"
)]

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::time::{Duration, Instant};

/// How many rows are read before they are inserted.
const CHUNK: usize = 20_000;

fn main() {
    let mut words = std::env::args().skip(1);
    let path = words.next().expect("which file?");
    let cache: i64 = words.next().map_or(2_000, |word| word.parse().expect("KiB"));
    let source = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let folder = tempfile::tempdir_in(std::path::Path::new(&path).parent().unwrap()).unwrap();
    let target = Connection::open(folder.path().join("bare.db")).unwrap();
    target.execute_batch("PRAGMA journal_mode = wal; PRAGMA synchronous = full;").unwrap();
    target.pragma_update(None, "cache_size", -cache).unwrap();
    let mut schema =
        source.prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").unwrap();
    let schema: Vec<(String, String, String)> = schema
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (_, _, sql) in &schema {
        target.execute_batch(sql).unwrap();
    }
    let (mut taken, mut rows) = (Duration::ZERO, 0);
    target.execute_batch("BEGIN IMMEDIATE").unwrap();
    for (_, table, _) in schema.iter().filter(|(kind, ..)| kind == "table") {
        let (time, count) = copy(&source, &target, table);
        taken += time;
        rows += count;
    }
    let begun = Instant::now();
    target.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    taken += begun.elapsed();
    println!("{rows} rows in {:.2} s with a cache of {cache} KiB", taken.as_secs_f64());
}

/// Copies a table, and tells how long the inserting took, and of how many rows.
fn copy(source: &Connection, target: &Connection, table: &str) -> (Duration, u64) {
    let mut read = source.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let columns = read.column_count();
    let places = vec!["?"; columns].join(",");
    let mut insert = target.prepare(&format!("INSERT INTO \"{table}\" VALUES ({places})")).unwrap();
    let mut rows = read.query([]).unwrap();
    let (mut taken, mut count) = (Duration::ZERO, 0);
    loop {
        let mut chunk: Vec<Vec<Value>> = Vec::with_capacity(CHUNK);
        while chunk.len() < CHUNK
            && let Some(row) = rows.next().unwrap()
        {
            chunk.push((0..columns).map(|column| row.get_unwrap(column)).collect());
        }
        let begun = Instant::now();
        for row in &chunk {
            insert.execute(params_from_iter(row)).unwrap();
        }
        taken += begun.elapsed();
        count += chunk.len() as u64;
        if chunk.len() < CHUNK {
            return (taken, count);
        }
    }
}
