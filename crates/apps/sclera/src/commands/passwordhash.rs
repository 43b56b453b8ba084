//! `passwordhash`: what is kept of a password, as merge files and scripts of IRIS have it
//! (`security-classes.md` 12.5).

use crate::arguments::{Arguments, PasswordHash};
use crate::failure::Failure;
use crate::output::Output;
use crate::secrets;
use sclera::{Algorithm, Secret, WorkFactor};
use serde_json::json;
use std::io::IsTerminal;
use std::path::Path;

pub(super) fn run(arguments: &Arguments, how: &PasswordHash, output: &Output) -> Result<u8, Failure> {
    let algorithm = Algorithm::named(&how.algorithm).ok_or_else(|| {
        Failure::Usage("--algorithm is one of SHA1, SHA224, SHA256, SHA384 and SHA512".to_owned())
    })?;
    let limit = WorkFactor::LIMIT;
    let factor = WorkFactor::new(how.workfactor)
        .ok_or_else(|| Failure::Usage(format!("--workfactor is from 1 to {limit}")))?;
    let password = password(arguments.password_file.as_deref())?;
    if password.expose().is_empty() {
        return Err(Failure::bad_value("a blank password is none"));
    }
    let hash = sclera::password_hash(&password, algorithm, factor);
    output.value(&json!({ "PasswordHash": hash }));
    output.say(&format!("PasswordHash={hash}"));
    Ok(0)
}

/// The password: from the file named, the environment or the prompt; where there is none of these, from stdin.
fn password(file: Option<&Path>) -> Result<Secret, Failure> {
    let given = secrets::new_password(file, "Password: ")?;
    let blank = || Failure::bad_value("a blank password is none");
    match given {
        Some(password) => Ok(password),
        None if std::io::stdin().is_terminal() => Err(blank()),
        None => secrets::password(Some(Path::new("-")), secrets::NEW_PASSWORD, "")?.ok_or_else(blank),
    }
}
