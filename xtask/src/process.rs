//! Running other programs.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// A cargo command at the root of the workspace, where all stages share the target directory.
pub(crate) fn cargo<S: AsRef<OsStr>>(
    workspace: &Workspace,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(&workspace.root);
    if std::env::var("CI").is_ok_and(|value| value == "true") {
        command.env("CARGO_TERM_COLOR", "never");
    }
    command
}

/// Runs the command with its output shown; it must succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// What the command writes to its standard output; it must succeed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    let text =
        String::from_utf8(output.stdout).with_context(|| format!("`{line}` wrote other than UTF-8"))?;
    if !output.status.success() {
        bail!("`{line}` ended with {}\n{text}", output.status);
    }
    Ok(text)
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let program = command.get_program();
    let program = std::path::Path::new(program).file_name().unwrap_or(program);
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_names_it() {
        let error = run(&mut Command::new("false")).unwrap_err();
        assert!(error.to_string().starts_with("`false` ended with"), "{error}");
        let error = output(Command::new("no-such-program").arg("--now")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program --now`");
    }

    #[test]
    fn output_is_what_the_program_wrote() {
        assert_eq!(output(Command::new("echo").arg("READ")).unwrap(), "READ\n");
    }
}
