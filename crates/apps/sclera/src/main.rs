//! The command `sclera`: configuration, wiring and exit codes. What it does is in the library.

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod configuration;
mod failure;
mod output;
mod properties;
mod secrets;
mod server;
mod surroundings;

use arguments::Arguments;
use clap::Parser;
use failure::Failure;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any secret is read.
    if let Err(error) = sclera_os::hardening::forbid_core_dumps() {
        eprintln!("sclera: core dumps cannot be switched off: {error}");
        return ExitCode::from(failure::ENVIRONMENT);
    }
    let arguments = match Arguments::try_parse() {
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
    let json = std::env::args_os().any(|argument| argument == "--json");
    if !usage.use_stderr() || !json {
        let _ = usage.print();
    } else {
        let first = usage.to_string();
        let first = first.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        output::report(&Failure::Usage(first), true);
    }
    ExitCode::from(if usage.use_stderr() { failure::USAGE } else { 0 })
}
