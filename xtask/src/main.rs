//! The commands of those who work on Sclera, run as `cargo xtask COMMAND`.
//!
//! - `test`: everything continuous integration does, stage by stage ([`stage`]).
//! - `long`: what takes too long for every day: kills and a soak ([`long`]).
//! - `mutants`: whether the tests notice when the code is changed ([`mutants`]).
//! - `gates`: what a request costs at our gates and at nginx in their place ([`gate_cost`]).
//! - `rows`: whether the tests of documented rows notice when these are broken ([`rows`]).
//! - `package`: a Debian package ([`package`]).
//! - `image`: an OCI image ([`image`]).
//! - `clients`: the parts of the clients that are made of the OpenAPI document ([`clients`]).
//! - `world`: a made-up configuration of any size, to be imported ([`world`]).
//!
//! Three stages are checks of our own, each a function over texts: [`arrows`], [`unsafety`] (with [`purity`]) and
//! [`words`].

#![forbid(unsafe_code)]

mod arrows;
mod clients;
mod command_line;
mod contract;
mod fuzz;
mod gate_cost;
mod image;
mod instance;
mod long;
mod many;
mod mutants;
mod package;
mod process;
mod purity;
mod rows;
mod rust_source;
mod servers;
mod soak;
mod stage;
mod tools;
mod unsafety;
mod words;
mod workspace;
mod world;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::command_line::{Request, USAGE};
use crate::workspace::Workspace;

fn main() -> ExitCode {
    match std::env::args_os().skip(1).map(OsString::into_string).collect::<Result<Vec<_>, _>>() {
        Ok(words) => answer(&words),
        Err(_) => complain("the command line is not UTF-8"),
    }
}

fn answer(words: &[String]) -> ExitCode {
    let request = match Request::parse(words) {
        Ok(request) => request,
        Err(fault) => return complain(&fault),
    };
    let outcome = match request {
        Request::Usage => {
            println!("{USAGE}");
            Ok(())
        }
        Request::ListStages => {
            stage::list();
            Ok(())
        }
        Request::Test { only } => Workspace::read().and_then(|workspace| stage::run(&workspace, &only)),
        Request::Long(wanted) => Workspace::read().and_then(|workspace| long::run(&workspace, &wanted)),
        Request::Rows => Workspace::read().and_then(|workspace| rows::check(&workspace)),
        Request::Package { profile } => Workspace::read().and_then(|workspace| {
            println!("{}", package::build(&workspace, &profile)?.display());
            Ok(())
        }),
        Request::Image { profile } => Workspace::read().and_then(|workspace| {
            println!("{}", image::build(&workspace, &profile)?.display());
            Ok(())
        }),
        Request::Gates { profile } => {
            Workspace::read().and_then(|workspace| gate_cost::run(&workspace, &profile))
        }
        Request::Clients => Workspace::read().and_then(|workspace| clients::write(&workspace)),
        Request::World(wanted) => world::write(&wanted),
        Request::Mutants(wanted) => Workspace::read().and_then(|workspace| mutants::run(&workspace, &wanted)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn complain(fault: &str) -> ExitCode {
    eprintln!("{fault}\n\n{USAGE}");
    ExitCode::from(2)
}
