//! Where passwords come from: a prompt, a file, the environment; never from an argument.

use crate::failure::Failure;
use sclera::Secret;
use std::io::{IsTerminal, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// The variable that may hold a new password.
pub(crate) const NEW_PASSWORD: &str = "SCLERA_NEW_PASSWORD";
/// The most bytes that a password file may have.
const LONGEST: u64 = 4_096;

/// Finds a password: in the file named (`-` is stdin), else in the environment, else by asking on the terminal; none
/// where there is neither. A line end after it does not belong to it.
pub(crate) fn password(file: Option<&Path>, variable: &str, prompt: &str) -> Result<Option<Secret>, Failure> {
    if let Some(path) = file {
        return read(path).and_then(|text| secret(&text)).map(Some);
    }
    if let Some(given) = from_environment(variable)? {
        return Ok(Some(given));
    }
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let typed = rpassword::prompt_password(prompt)
        .map_err(|error| Failure::Environment(format!("terminal: {error}")))?;
    let typed = Zeroizing::new(typed);
    if typed.is_empty() { Ok(None) } else { secret(&typed).map(Some) }
}

/// A secret in the environment.
pub(crate) fn from_environment(variable: &str) -> Result<Option<Secret>, Failure> {
    std::env::var(variable).ok().map(|text| secret(&Zeroizing::new(text))).transpose()
}

/// A new password; on a terminal it is asked for twice.
pub(crate) fn new_password(file: Option<&Path>, prompt: &str) -> Result<Option<Secret>, Failure> {
    let Some(first) = password(file, NEW_PASSWORD, prompt)? else { return Ok(None) };
    let typed = file.is_none() && std::env::var_os(NEW_PASSWORD).is_none();
    if !typed {
        return Ok(Some(first));
    }
    let second = password(None, NEW_PASSWORD, "Once more: ")?;
    if second.as_ref().map(Secret::expose) == Some(first.expose()) {
        Ok(Some(first))
    } else {
        Err(Failure::bad_value("the two passwords differ; nothing was changed"))
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    let mut text = Zeroizing::new(String::new());
    if path == Path::new("-") {
        std::io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text).map_err(failed)?;
    } else {
        std::fs::File::open(path)
            .map_err(failed)?
            .take(LONGEST + 1)
            .read_to_string(&mut text)
            .map_err(failed)?;
    }
    if text.len() as u64 > LONGEST {
        return Err(Failure::bad_value(format!("{} is no password: it is too long", path.display())));
    }
    Ok(text)
}

fn secret(text: &str) -> Result<Secret, Failure> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Secret::new(line.to_owned()).map_err(|_| Failure::bad_value("the password is too long"))
}
