//! `check-config`: says what `DIR/sclera.toml` means.

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::output::Output;
use sclera::Properties;
use std::path::Path;

pub(crate) fn run(directory: &Path, output: &Output) -> Result<u8, Failure> {
    let configuration = Configuration::read(directory)?;
    let path = Configuration::path(directory);
    let exists = path.exists();
    let record = Properties::new()
        .with("File", path.display().to_string().as_str())
        .with("Exists", exists)
        .with("socket.access", configuration.socket_access.word());
    output.record(&record);
    output.mention(if exists {
        "the file is understood"
    } else {
        "there is no file; these are the defaults"
    });
    Ok(0)
}
