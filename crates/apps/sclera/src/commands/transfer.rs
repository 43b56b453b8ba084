//! `import` and `export`: documents in and out.

use super::Desk;
use super::merge::merge_file;
use crate::arguments::Transfer;
use crate::failure::{Failure, NEGATIVE};
use crate::progress::{Bar, Work};
use sclera::exchange::Malformed;
use sclera::{Action, Entry, Files, Gain, IMPORT_ORDER, Kind, Mode, Receipt, Unfit, one_line};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The most bytes that are taken of what is no file of a disk.
pub(super) const LARGEST: u64 = 256 * 1024 * 1024;

/// What of a document is imported.
pub(super) enum What {
    Everything,
    /// These kinds; the others are left aside.
    Chosen(Vec<Kind>),
    /// This kind; where there is another the document is refused.
    Alone(Kind),
}

impl What {
    /// What a comma list names, or everything where there is none.
    pub(super) fn of(words: Option<&str>) -> Result<Self, Failure> {
        let Some(words) = words else { return Ok(Self::Everything) };
        words.split(',').map(|word| kind(word.trim())).collect::<Result<_, _>>().map(Self::Chosen)
    }
}

impl Desk<'_> {
    pub(super) fn transfer(&self, kind: Kind, transfer: &Transfer) -> Result<u8, Failure> {
        match transfer {
            Transfer::Import { file, dry_run } => {
                self.import(std::slice::from_ref(file), self.mode_of_import(*dry_run), &What::Alone(kind))
            }
            Transfer::Export { file, which, how } => self.export_of(kind, file, which, how),
        }
    }

    /// What is done with an import.
    pub(super) fn mode_of_import(&self, dry_run: bool) -> Mode {
        if dry_run && self.mode == Mode::Perform { Mode::Rehearse } else { self.mode }
    }

    /// Brings documents in as one change.
    pub(super) fn import(&self, files: &[PathBuf], mode: Mode, what: &What) -> Result<u8, Failure> {
        self.instance.may_import(self.session)?;
        let mut given = Vec::new();
        let mut merges = Vec::new();
        for file in files {
            let name = file.display().to_string();
            let input = self.around.open(file, LARGEST)?;
            match merge_file(&input).map_err(|error| Failure::file(file, &error))? {
                Some(_) if !matches!(what, What::Everything) => {
                    return Err(malformed(
                        &name,
                        "it is a CPF merge file; use `sclera import` without `--what`",
                    ));
                }
                Some(text) => merges.push((name, text)),
                None => given.push((name, input)),
            }
        }
        if !merges.is_empty() {
            if !given.is_empty() {
                return Err(Failure::Usage("merge files are imported by themselves".to_owned()));
            }
            return self.merge(&merges, mode);
        }
        let mut bar = Bar::new(self.around.watcher().filter(|_| !self.output.is_quiet()));
        let read = Files::read(given, &mut |read, of| bar.show(Work::Reading, read, of));
        let mut document = read.map_err(unfit)?;
        match what {
            What::Everything => {}
            What::Chosen(kinds) => document = document.only(kinds),
            What::Alone(only) => {
                if let Some(place) = document.other_than(*only)? {
                    let what = format!("{place}: this is no {}; use `sclera import`", only.word());
                    let file = files.first().map(|file| file.display().to_string());
                    return Err(malformed(&file.unwrap_or_default(), &what));
                }
            }
        }
        let receipt = self.instance.import_watched(self.session, &document, mode, &mut |stage, done, of| {
            bar.show(Work::Import(stage), done, of);
        });
        drop(bar);
        let receipt = receipt?;
        self.tell_unpublished(&receipt);
        Ok(self.say_plan(&receipt, &document.notes(), mode))
    }

    /// Says what was done, or would be, and gives the code to end with.
    pub(super) fn say_plan(&self, receipt: &Receipt, notes: &[String], mode: Mode) -> u8 {
        let dry_run = mode != Mode::Perform;
        let more = receipt.changes - receipt.entries.len() as u64;
        if self.output.is_json() {
            self.output.value(&plan_json(receipt, notes, mode, more));
        }
        for note in notes {
            self.output.mention(&format!("note: {note}"));
        }
        for entry in &receipt.entries {
            self.output.mention(&one_line(&step(entry)));
        }
        if more > 0 {
            self.output.mention(&format!("and {more} more, which are not listed here"));
        }
        let done = if dry_run { "would be made; nothing was changed" } else { "made" };
        self.output.mention(&format!("{} changes {done}", receipt.changes));
        if mode != Mode::Simulate {
            return 0;
        }
        for line in receipt.gains.iter().flat_map(Gain::lines) {
            self.output.say(&line);
        }
        if receipt.gains.is_empty() {
            self.output.mention("nobody would gain or lose anything");
            return 0;
        }
        NEGATIVE
    }
}

/// What was done, or would be, for programs.
fn plan_json(receipt: &Receipt, notes: &[String], mode: Mode, more: u64) -> Value {
    let dry_run = mode != Mode::Perform;
    let name = if mode == Mode::Simulate { "simulate" } else { "import" };
    let changed = receipt.has_changed() && !dry_run;
    let mut value = json!({ "Changed": changed, "Name": name, "DryRun": dry_run, "Plan": receipt.plan(), "Notes": notes });
    if let Some(value) = value.as_object_mut().filter(|_| more > 0) {
        value.insert("More".to_owned(), json!(more));
    }
    if let Some(value) = value.as_object_mut().filter(|_| mode == Mode::Simulate) {
        value.insert("Effects".to_owned(), json!(receipt.effects()));
    }
    value
}

pub(super) fn kind(word: &str) -> Result<Kind, Failure> {
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

/// A file that is no document is rejected; one that cannot be read is the fault of what is around.
pub(super) fn unfit(unfit: Unfit) -> Failure {
    let what = unfit.malformed.to_string();
    match unfit.malformed {
        Malformed::Unreadable(why) => Failure::Environment(format!("{}: {why}", unfit.name)),
        _ => malformed(&unfit.name, &what),
    }
}

pub(super) fn malformed(file: &str, what: &str) -> Failure {
    Failure::Rejected {
        code: "Malformed".to_owned(),
        message: format!("{file}: {what}"),
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
