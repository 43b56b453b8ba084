//! `backup` and `restore`: everything that an instance is in one file, and back.

use super::Desk;
use crate::failure::Failure;
use crate::output::Output;
use crate::secrets;
use clap::Args;
use sclera::{BackupError, Existing, HowToRestore, Instance, Made, Sealing, Secret, Tampered};
use serde_json::json;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// The variable that may hold the passphrase of a backup.
const PASSPHRASE: &str = "SCLERA_BACKUP_PASSPHRASE";

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file; one that is there is replaced once the new one is whole
    pub file: PathBuf,
    /// The keys of the instance as well, and a passphrase over all of it; else only an instance that has the keys can
    /// read it
    #[arg(long)]
    pub with_keys: bool,
    /// A file with the passphrase [default: SCLERA_BACKUP_PASSPHRASE, else the prompt]
    #[arg(long, value_name = "FILE", requires = "with_keys")]
    pub passphrase_file: Option<PathBuf>,
}

/// What to make an instance of.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    pub file: PathBuf,
    /// Put an instance that stands there aside
    #[arg(long)]
    pub replace: bool,
    /// Restore it even if its logs were tampered with before the backup was made
    #[arg(long)]
    pub accept_tampered: bool,
    /// A file with the passphrase [default: SCLERA_BACKUP_PASSPHRASE, else the prompt]
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl Desk<'_> {
    pub(super) fn backup(&self, what: &Backup, owns_instance: bool) -> Result<u8, Failure> {
        // Whoever owns the files has the keys; nobody else gets them.
        if what.with_keys && !owns_instance {
            return Err(Failure::bad_value(
                "only whoever owns the files of the instance takes its keys along",
            ));
        }
        let phrase =
            if what.with_keys { Some(new_passphrase(what.passphrase_file.as_deref())?) } else { None };
        let sealing = phrase.as_ref().map_or(Sealing::InstanceKeys, Sealing::Passphrase);
        let mut made: Option<Made> = None;
        self.around.fill(&what.file, &mut |out| {
            made = Some(self.instance.backup(self.session, &sealing, out)?);
            Ok(())
        })?;
        let Some(made) = made else { return Ok(0) };
        let name = what.file.display().to_string();
        self.output.value(&json!({
            "Changed": true,
            "Name": name,
            "Instance": made.instance,
            "Revision": made.revision,
            "WithKeys": what.with_keys,
        }));
        self.output.mention(&format!("wrote revision {} ({} bytes) to {name}", made.revision, made.bytes));
        if !what.with_keys {
            self.output
                .mention("the keys are not in it: it can be restored only where those of this instance are");
        }
        Ok(0)
    }
}

/// Makes an instance of a backup in a directory.
pub(crate) fn restore(directory: &Path, what: &Restore, output: &Output) -> Result<u8, Failure> {
    let file = File::open(&what.file).map_err(|error| Failure::file(&what.file, &error))?;
    let phrase = if sclera::is_sealed_with_a_passphrase(&what.file) {
        secrets::password(what.passphrase_file.as_deref(), PASSPHRASE, "Passphrase of the backup: ")?
    } else {
        None
    };
    let how = HowToRestore {
        passphrase: phrase.as_ref(),
        existing: if what.replace { Existing::Replace } else { Existing::Keep },
        tampered: if what.accept_tampered { Tampered::Accept } else { Tampered::Refuse },
    };
    let done = Instance::restore(directory, &mut BufReader::new(file), &how)?;
    let aside = done.aside.as_ref().map(|path| path.display().to_string());
    output.value(&json!({
        "Changed": true,
        "Name": directory.display().to_string(),
        "Instance": done.instance,
        "BackupMade": done.made,
        "Revision": done.revision,
        "LinksBefore": done.before,
        "Aside": aside,
    }));
    output.mention(&format!(
        "restored the backup of {} to {}; revision {} begins a new epoch of the journal",
        done.made,
        directory.display(),
        done.revision
    ));
    if let Some(aside) = aside {
        output.mention(&format!("what stood there is in {aside} now; delete it when it is no longer needed"));
    }
    Ok(0)
}

/// A passphrase for a new backup; on a terminal it is asked for twice.
fn new_passphrase(file: Option<&Path>) -> Result<Secret, Failure> {
    let missing = || {
        Failure::Usage(format!(
            "--with-keys needs a passphrase: the prompt, {PASSPHRASE} or --passphrase-file"
        ))
    };
    let first = secrets::password(file, PASSPHRASE, "Passphrase for the backup: ")?.ok_or_else(missing)?;
    if file.is_none() && std::env::var_os(PASSPHRASE).is_none() {
        let second = secrets::password(None, PASSPHRASE, "Once more: ")?;
        if second.as_ref().map(Secret::expose) != Some(first.expose()) {
            return Err(Failure::bad_value("the two passphrases differ; nothing was written"));
        }
    }
    Ok(first)
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let rejected =
            |code: &str, message: String| Self::Rejected { code: code.to_owned(), message, help: "" };
        match error {
            BackupError::Refused(refusal) => Self::from(refusal),
            BackupError::Open(error) => Self::from(error),
            BackupError::Served(_) | BackupError::Files(_) => Self::Environment(error.to_string()),
            BackupError::Exists(_) => rejected("Exists", error.to_string()),
            BackupError::Tampered(_) => rejected("Tampered", error.to_string()),
            BackupError::NeedsPassphrase | BackupError::NeedsKeys(_) | BackupError::ShortPassphrase => {
                rejected("BadValue", error.to_string())
            }
            BackupError::Foreign | BackupError::Version(_) | BackupError::Changed => {
                rejected("Malformed", error.to_string())
            }
        }
    }
}
