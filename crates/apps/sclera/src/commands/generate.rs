//! `generate`: what packages bring along beside the program, made of the description of its arguments.

use crate::arguments::Arguments;
use crate::failure::Failure;
use clap::{CommandFactory as _, Subcommand};
use clap_complete::Shell;
use std::path::{Path, PathBuf};

/// What is made.
#[derive(Debug, Subcommand)]
pub(crate) enum Generate {
    /// Manual pages in a directory that is there: one of the program, and one of each of its commands
    Man {
        /// The directory
        directory: PathBuf,
    },
    /// Completions for a shell, on stdout
    Completions {
        /// The shell
        shell: Shell,
    },
}

pub(super) fn run(what: &Generate) -> Result<u8, Failure> {
    match what {
        Generate::Man { directory } => clap_mangen::generate_to(Arguments::command(), directory)
            .map_err(|error| Failure::file(directory, &error))?,
        Generate::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "sclera", &mut text);
            let written = std::io::Write::write_all(&mut std::io::stdout().lock(), &text);
            written.map_err(|error| Failure::file(Path::new("-"), &error))?;
        }
    }
    Ok(0)
}
