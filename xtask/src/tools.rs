//! Programs that the stages need besides cargo: found where they are, installed where they are not.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// A cargo subcommand that does not come with the toolchain.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

pub(crate) const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
pub(crate) const CARGO_MUTANTS: Tool = Tool { name: "cargo-mutants", version: "27.1.0" };

/// The program: from the directory that `SCLERA_TOOLS_DIR` names, else from `PATH`, else from below the target
/// directory, where it is installed if need be.
pub(crate) fn tool(workspace: &Workspace, tool: &Tool) -> Result<PathBuf> {
    let installed = workspace.target.join("tools");
    let directories = tool_directories(
        std::env::var_os("SCLERA_TOOLS_DIR").as_deref(),
        std::env::var_os("PATH").as_deref(),
        &installed,
    );
    if let Some(program) = find(tool.name, &directories) {
        return Ok(program);
    }
    let mut install =
        process::cargo(workspace, ["install", tool.name, "--locked", "--version", tool.version, "--root"]);
    process::run(install.arg(&installed))?;
    find(tool.name, &directories).with_context(|| format!("`{}` was installed but is not there", tool.name))
}

/// Sees to a program of the system; `packages` has it where it is missing.
pub(crate) fn system_program(name: &str, packages: &[&str]) -> Result<()> {
    if is_there(name) {
        return Ok(());
    }
    apt_install(packages).with_context(|| format!("`{name}` is needed"))
}

/// Tells whether a program of the system can be called.
pub(crate) fn is_there(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    find(name, &std::env::split_paths(&path).collect::<Vec<_>>()).is_some()
}

/// Installs packages of Debian or Ubuntu, which only root can.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    if !is_root()? {
        bail!("please install: {}", packages.join(" "));
    }
    process::run(Command::new("apt-get").args(["update", "--quiet"]))?;
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive");
    process::run(install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages))
}

pub(crate) fn is_root() -> Result<bool> {
    Ok(process::output(Command::new("id").arg("-u"))?.trim() == "0")
}

fn tool_directories(named: Option<&OsStr>, path: Option<&OsStr>, installed: &Path) -> Vec<PathBuf> {
    let named = named.map(PathBuf::from);
    named
        .iter()
        .flat_map(|directory| [directory.join("bin"), directory.clone()])
        .chain(path.iter().flat_map(std::env::split_paths))
        .chain([installed.join("bin")])
        .collect()
}

fn find(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    directories.iter().map(|directory| directory.join(name)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_directory_comes_first_and_our_own_last() {
        let directories = tool_directories(
            Some("/named".as_ref()),
            Some("/usr/bin:/bin".as_ref()),
            Path::new("/here/tools"),
        );
        let expected = ["/named/bin", "/named", "/usr/bin", "/bin", "/here/tools/bin"];
        assert_eq!(directories, expected.map(PathBuf::from));
        assert_eq!(tool_directories(None, None, Path::new("/t")), [PathBuf::from("/t/bin")]);
    }

    #[test]
    fn only_what_is_there_is_found() {
        let directories = ["/nowhere", "/bin"].map(PathBuf::from);
        assert_eq!(find("sh", &directories), Some("/bin/sh".into()));
        assert_eq!(find("no-such-program", &directories), None);
        assert!(system_program("sh", &["no-such-package"]).is_ok());
    }
}
