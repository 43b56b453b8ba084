//! `key`: the keys of an instance, for whoever owns its files, while no server runs.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress::{Bar, Work};
use crate::surroundings::{Here, Surroundings};
use clap::{Subcommand, ValueEnum};
use sclera::{Instance, KeyFile, ReplaceableKey};
use serde_json::{Value, json};
use std::path::Path;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Which there are, and since when
    List,
    /// Put another in the place of one; no server may run
    Rotate {
        /// Which one
        #[arg(value_enum)]
        key: Which,
    },
}

/// A key that can be replaced.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Which {
    /// That which seals keys of one-time passwords and other secrets; each of them is sealed anew
    Seal,
    /// That which signs tickets for other processes; those signed before count no more
    Ticket,
}

/// Does it.
pub(crate) fn run(directory: &Path, command: &KeyCommand, output: &Output) -> Result<u8, Failure> {
    match command {
        KeyCommand::List => list(directory, output),
        KeyCommand::Rotate { key } => rotate(directory, *key, output),
    }
}

fn list(directory: &Path, output: &Output) -> Result<u8, Failure> {
    let keys = Instance::keys(directory)?;
    let row = |key: &KeyFile| json!({ "Name": key.name, "Made": key.made.to_string(), "Does": key.does });
    output.value(&Value::Array(keys.iter().map(row).collect()));
    for key in &keys {
        output.say(&format!("{:<15} {:<28} {}", key.name, key.made.to_string(), key.does));
    }
    Ok(0)
}

fn rotate(directory: &Path, which: Which, output: &Output) -> Result<u8, Failure> {
    let (key, name) = match which {
        Which::Seal => (ReplaceableKey::Seal, "seal"),
        Which::Ticket => (ReplaceableKey::Ticket, "ticket"),
    };
    let here = Here { password_file: None, server: None };
    let mut bar = Bar::new(here.watcher().filter(|_| !output.is_quiet()));
    let done = Instance::replace_key(directory, key, &mut |seen, of| {
        bar.show(Work::Sealing, seen, of);
    })?;
    drop(bar);
    output.value(&json!({ "Changed": true, "Name": name, "Resealed": done.anew, "Lost": done.lost }));
    match which {
        Which::Ticket => output.mention("tickets that were signed before count no more"),
        Which::Seal => {
            output.mention(&format!("{} secrets are sealed by the new key", done.anew));
            output.mention("backups without keys from before need the old key, which is gone: make one now");
        }
    }
    if done.lost > 0 {
        output.warn(&format!(
            "{} secrets could not be opened by the old key and are left as they are",
            done.lost
        ));
    }
    Ok(0)
}
