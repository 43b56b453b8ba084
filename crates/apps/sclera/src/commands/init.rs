//! `init`: makes an instance and shows the passwords it made, once.

use crate::arguments::{Init, Level, Product, Profile};
use crate::failure::Failure;
use crate::output::Output;
use sclera::{Choice, Instance};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(directory: &Path, how: &Init, output: &Output) -> Result<u8, Failure> {
    let owner = owner(how.owner.as_deref())?;
    let passwords = Instance::create(directory, choice(how), &owner)?;
    let shown: serde_json::Map<String, serde_json::Value> =
        passwords.iter().map(|first| (first.account.clone(), json!(first.password.expose()))).collect();
    output.value(&json!({ "Changed": true, "Name": directory.display().to_string(), "Owner": owner, "Passwords": shown }));
    output.mention(&format!("made an instance in {}; {owner} owns it and holds %All", directory.display()));
    if !passwords.is_empty() {
        output.mention("passwords of the predefined accounts, shown this once:");
    }
    let width = passwords.iter().map(|first| first.account.len()).max().unwrap_or_default();
    for first in &passwords {
        output.say(&format!("  {:width$}  {}", first.account, first.password.expose()));
    }
    Ok(0)
}

fn owner(given: Option<&str>) -> Result<String, Failure> {
    let process = sclera_os::identity::OsIdentity::of_process();
    let missing = || {
        Failure::Environment(format!(
            "the user id {} has no name here; name the owner with --owner",
            process.uid
        ))
    };
    given.map(str::to_owned).or_else(|| process.name.clone()).ok_or_else(missing)
}

fn choice(how: &Init) -> Choice {
    Choice {
        product: match how.product {
            Product::Iris => sclera::Product::Iris,
            Product::Cache => sclera::Product::Cache,
        },
        level: match how.security {
            Level::Minimal => sclera::Level::Minimal,
            Level::Normal => sclera::Level::Normal,
            Level::LockedDown => sclera::Level::LockedDown,
        },
        profile: match how.profile {
            Profile::Strict => sclera::Profile::Strict,
            Profile::Compatible => sclera::Profile::Compatible,
        },
    }
}
