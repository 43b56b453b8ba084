//! The command `sclera`: configuration, wiring and exit codes. What it does is in the library.

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod configuration;
mod dialogue;
mod failure;
mod gates;
mod notify;
mod outlets;
mod output;
mod progress;
mod properties;
mod secrets;
mod server;
mod site;
mod sockets;
mod surroundings;
mod tls_files;

use arguments::Arguments;
use failure::Failure;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any secret is read.
    if let Err(error) = sclera_os::hardening::forbid_core_dumps() {
        eprintln!("sclera: core dumps cannot be switched off: {error}");
        return ExitCode::from(failure::ENVIRONMENT);
    }
    let words = std::env::args_os().skip(1);
    let is_static = cfg!(target_feature = "crt-static");
    if let Some(code) = if is_static { sclera::no_helper(words) } else { sclera::helper(words) } {
        return code;
    }
    let arguments = match Arguments::read(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(usage) => return report_usage(&usage),
    };
    let output = Output::new(arguments.json, arguments.quiet);
    let done = commands::run(&arguments, &output);
    match done.and_then(|code| output.finish().map(|()| code)) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::report(&failure, arguments.json);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Help goes to stdout and is no error; a wrong call is told in one line, or as JSON where that was asked for.
fn report_usage(usage: &clap::Error) -> ExitCode {
    if !usage.use_stderr() {
        let _ = usage.print();
        return ExitCode::SUCCESS;
    }
    let by_variable = std::env::var("SCLERA_JSON").is_ok_and(|value| {
        !["", "0", "n", "no", "f", "false", "off"].contains(&value.to_lowercase().as_str())
    });
    let json = by_variable || std::env::args_os().any(|argument| argument == "--json");
    output::report(&Failure::Usage(told(usage)), json);
    ExitCode::from(failure::USAGE)
}

/// What is wrong with a call, the tip and how it would be right, as one line.
fn told(usage: &clap::Error) -> String {
    use clap::error::ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, MissingSubcommand};
    let text = usage.to_string();
    let parts = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    let parts: Vec<String> = parts.map(|part| part.chars().take(LONGEST_PART).collect()).collect();
    let what = match usage.kind() {
        DisplayHelpOnMissingArgumentOrSubcommand | MissingSubcommand => "a command is missing",
        _ => parts.first().map_or("", |first| first.trim_start_matches("error: ")),
    };
    let tip = parts.iter().find(|part| part.starts_with("tip: ")).cloned();
    let right = parts.iter().find_map(|part| part.strip_prefix("Usage: "));
    let right = right.map(|call| format!("usage: {call}"));
    [Some(what.to_owned()), tip, right].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// A part of such a line may quote an argument, which may be long.
const LONGEST_PART: usize = 300;
