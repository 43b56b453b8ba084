//! What a command says: tables and sentences for people, one JSON value for programs.

use crate::failure::Failure;
use sclera::{Properties, Value, one_line};
use serde_json::{Map, json};
use std::cell::RefCell;
use std::io::Write as _;

/// Collects what a command says and writes it at its end, so that a failure leaves no half of an answer.
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    text: RefCell<String>,
    warnings: RefCell<String>,
}

impl Output {
    /// Output for a program (`json`) or a person.
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet, text: RefCell::default(), warnings: RefCell::default() }
    }

    /// Tells whether a program reads it.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Tells whether nothing but answers is wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The one value that a program reads; people get nothing from it.
    pub(crate) fn value(&self, value: &serde_json::Value) {
        if self.json {
            self.push(&format!("{value:#}"));
        }
    }

    /// A line for people.
    pub(crate) fn say(&self, line: &str) {
        if !self.json {
            self.push(line);
        }
    }

    /// A line for people that `--quiet` leaves out.
    pub(crate) fn mention(&self, line: &str) {
        if !self.quiet {
            self.say(line);
        }
    }

    /// A line in either form, as with `check --batch`, which answers line by line.
    pub(crate) fn line(&self, line: &str) {
        self.push(line);
    }

    /// One record.
    pub(crate) fn record(&self, record: &Properties) {
        self.value(&object(record));
        if !self.json {
            let width = record.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
            // Empty ones are shown too: that a property exists is worth knowing.
            for (name, value) in record.iter() {
                let lines: Vec<String> = readable(value).split('\n').map(one_line).collect();
                let shown = lines.join(&format!("\n{:width$}  ", ""));
                self.push(format!("{name:width$}  {shown}").trim_end());
            }
        }
    }

    /// A list of records of the same columns.
    pub(crate) fn list(&self, rows: &[Properties]) {
        self.value(&rows.iter().map(object).collect());
        if !self.json {
            self.table(rows);
        }
    }

    /// What a change came to.
    pub(crate) fn changed(&self, changed: bool, name: &str, done: &str) {
        self.value(&json!({ "Changed": changed, "Name": name }));
        self.mention(&if changed { format!("{done} {name}") } else { format!("nothing changed: {name}") });
    }

    fn table(&self, rows: &[Properties]) {
        let Some(first) = rows.first() else {
            self.mention("none");
            return;
        };
        let columns: Vec<&str> = first.iter().map(|(name, _)| name).collect();
        let last = columns.last().copied();
        let cell = |row: &Properties, name: &str| {
            let text = row.get(name).map(readable).unwrap_or_default();
            if Some(name) == last { one_line(&text) } else { clipped(&text) }
        };
        let width = |name: &&str| {
            let widest = rows.iter().map(|row| cell(row, name).chars().count()).max().unwrap_or_default();
            widest.max(name.chars().count())
        };
        let widths: Vec<usize> = columns.iter().map(width).collect();
        let line = |cells: Vec<String>| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        self.push(&line(columns.iter().map(|name| (*name).to_owned()).collect()));
        for row in rows {
            self.push(&line(columns.iter().map(|name| cell(row, name)).collect()));
        }
    }

    fn push(&self, line: &str) {
        let mut text = self.text.borrow_mut();
        text.push_str(line);
        text.push('\n');
    }

    /// A warning, which goes to stderr.
    pub(crate) fn warn(&self, message: &str) {
        let line = format!("sclera: warning: {}\n", one_line(message));
        self.warnings.borrow_mut().push_str(&line);
    }

    /// What another process said for this one.
    pub(crate) fn pass_on(&self, stdout: &str, stderr: &str) {
        self.text.borrow_mut().push_str(stdout);
        self.warnings.borrow_mut().push_str(stderr);
    }

    /// Everything said so far, for stdout and for stderr.
    pub(crate) fn into_parts(self) -> (String, String) {
        (self.text.into_inner(), self.warnings.into_inner())
    }

    /// Writes everything that was said, and begins anew.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let _ = std::io::stderr().lock().write_all(self.warnings.take().as_bytes());
        let mut out = std::io::stdout().lock();
        match out.write_all(self.text.take().as_bytes()).and_then(|()| out.flush()) {
            // Whoever reads has heard enough, as `head` does.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::Environment(format!("stdout: {error}"))),
            Ok(()) => Ok(()),
        }
    }
}

/// Says on stderr what failed.
pub(crate) fn report(failure: &Failure, json: bool) {
    let _ = std::io::stderr().lock().write_all(line(failure, json).as_bytes());
}

/// The one line that says what failed.
pub(crate) fn line(failure: &Failure, json: bool) -> String {
    let message = one_line(&failure.to_string());
    if json {
        format!("{}\n", json!({ "error": { "code": failure.code(), "message": message } }))
    } else {
        format!("sclera: {message}\n")
    }
}

/// A record as a JSON object.
pub(crate) fn object(record: &Properties) -> serde_json::Value {
    let map: Map<String, serde_json::Value> =
        record.iter().map(|(name, value)| (name.to_owned(), plain(value))).collect();
    serde_json::Value::Object(map)
}

fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Boolean(flag) => json!(flag),
    }
}

fn readable(value: &Value) -> String {
    match value {
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        other => other.text(),
    }
}

/// The widest cell of a table but for the last column, which has room; `show` gives the whole value.
const WIDEST: usize = 60;

fn clipped(text: &str) -> String {
    let line = one_line(text);
    if line.chars().count() <= WIDEST { line } else { line.chars().take(WIDEST - 1).chain(['…']).collect() }
}
