//! `import` and `export`: documents in and out.

use super::Desk;
use crate::arguments::Transfer;
use crate::failure::Failure;
use sclera::exchange::{self, Document, Form};
use sclera::{Action, Entry, IMPORT_ORDER, Kind, Mode, Receipt, one_line};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The most bytes that one file may have.
const LARGEST: u64 = 256 * 1024 * 1024;

impl Desk<'_> {
    pub(super) fn transfer(&self, kind: Kind, transfer: &Transfer) -> Result<u8, Failure> {
        match transfer {
            Transfer::Import { file, dry_run } => {
                self.import(std::slice::from_ref(file), *dry_run, Some(kind))
            }
            Transfer::Export { file } => self.write(file, &[kind]),
        }
    }

    /// Brings documents in as one change. With `only`, anything else in them is refused.
    pub(super) fn import(&self, files: &[PathBuf], dry_run: bool, only: Option<Kind>) -> Result<u8, Failure> {
        let mut all = Document::default();
        for file in files {
            let bytes = self.around.read(file, LARGEST)?;
            let mut document = exchange::read(&bytes).map_err(|fault| malformed(file, &fault.to_string()))?;
            if let Some(other) =
                document.records.iter().find(|record| only.is_some_and(|only| record.kind != only))
            {
                let word = only.map_or("", Kind::word);
                return Err(malformed(
                    file,
                    &format!("{}: this is no {word}; use `sclera import`", other.place),
                ));
            }
            if files.len() > 1 {
                let beside = |place: &str| format!("{}: {place}", file.display());
                document.records.iter_mut().for_each(|record| record.place = beside(&record.place));
            }
            all.add(document);
        }
        let mode = if dry_run { Mode::Rehearse } else { Mode::Perform };
        let receipt = self.instance.import(self.session, &all, mode)?;
        self.say_plan(&receipt, &all.notes, dry_run);
        Ok(0)
    }

    fn say_plan(&self, receipt: &Receipt, notes: &[String], dry_run: bool) {
        let plan: Vec<Value> = receipt.entries.iter().map(step_json).collect();
        let name = "import";
        self.output.value(&json!({ "Changed": receipt.has_changed() && !dry_run, "Name": name, "DryRun": dry_run, "Plan": plan, "Notes": notes }));
        for note in notes {
            self.output.mention(&format!("note: {note}"));
        }
        for entry in &receipt.entries {
            self.output.mention(&one_line(&step(entry)));
        }
        let done = if dry_run { "would be made; nothing was changed" } else { "made" };
        self.output.mention(&format!("{} changes {done}", receipt.entries.len()));
    }

    pub(super) fn export(&self, file: &Path, what: Option<&str>) -> Result<u8, Failure> {
        let kinds = match what {
            None => Vec::from(IMPORT_ORDER),
            Some(words) => words.split(',').map(|word| kind(word.trim())).collect::<Result<_, _>>()?,
        };
        self.write(file, &kinds)
    }

    fn write(&self, file: &Path, kinds: &[Kind]) -> Result<u8, Failure> {
        let document = self.instance.export(self.session, kinds)?;
        let yaml = file.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        let text = exchange::write(&document, if yaml { Form::Yaml } else { Form::Json });
        if file == Path::new("-") {
            self.output.line(text.trim_end());
            return Ok(0);
        }
        self.around.write(file, &text)?;
        let count = document.records.len();
        self.output.value(&json!({ "Changed": true, "Name": file.display().to_string(), "Records": count }));
        self.output.mention(&format!("wrote {count} records to {}", file.display()));
        Ok(0)
    }
}

fn kind(word: &str) -> Result<Kind, Failure> {
    let plural =
        |kind: &Kind| [kind.word().to_owned(), format!("{}s", kind.word())].contains(&word.to_lowercase());
    IMPORT_ORDER.into_iter().find(plural).ok_or_else(|| {
        let known: Vec<&str> = IMPORT_ORDER.iter().map(|kind| kind.word()).collect();
        Failure::Usage(format!(
            "--what knows {}, not `{}`",
            known.join(", "),
            word.chars().take(40).collect::<String>()
        ))
    })
}

fn malformed(file: &Path, what: &str) -> Failure {
    Failure::Rejected {
        code: "Malformed".to_owned(),
        message: format!("{}: {what}", file.display()),
        help: "nothing was changed",
    }
}

fn step(entry: &Entry) -> String {
    let changes: Vec<String> = entry
        .differences
        .iter()
        .map(|difference| match (difference.old.as_str(), difference.new.as_str()) {
            ("", new) => format!("{}: {new}", difference.property),
            (old, new) => format!("{}: {old} -> {new}", difference.property),
        })
        .collect();
    let details = if entry.action == Action::Delete || changes.is_empty() {
        String::new()
    } else {
        format!(" ({})", changes.join("; "))
    };
    format!("{} {} {}{details}", entry.action.word().to_lowercase(), entry.kind.word(), entry.name)
}

fn step_json(entry: &Entry) -> Value {
    let differences: Vec<Value> = entry
        .differences
        .iter()
        .map(|d| json!({ "Property": d.property, "OldValue": d.old, "NewValue": d.new }))
        .collect();
    json!({ "Action": entry.action.word(), "Kind": entry.kind.word(), "Name": entry.name, "Properties": differences })
}
