//! An instance of the product at work, for what is done to it from outside.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process::{cargo, run};
use crate::workspace::Workspace;

/// The password of accounts that are made here.
pub(crate) const PASSWORD: &str = "Kestrel-Orbit-77";

/// An instance and the program that works on it.
pub(crate) struct Instance {
    pub(crate) program: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) folder: PathBuf,
}

/// A server that is ready; it does not outlive whoever began it.
pub(crate) struct Serving {
    pub(crate) child: Child,
    /// Such as `http://127.0.0.1:39123`.
    pub(crate) address: String,
}

/// Builds the program by a profile of cargo.
pub(crate) fn program(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    run(&mut cargo(workspace, ["build", "--profile", profile, "--package", "sclera-cli"]))?;
    Ok(workspace.target.join(if profile == "dev" { "debug" } else { profile }).join("sclera"))
}

impl Instance {
    /// A new one, with the work factors of the compatible profile, in a folder that is emptied for it.
    pub(crate) fn made(program: PathBuf, folder: &Path) -> Result<Self> {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder)?;
        let instance = Self { program, data: folder.join("data"), folder: folder.to_owned() };
        instance.ok(&["init", "--profile", "compatible", "--owner", "owner"])?;
        Ok(instance)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("HOME", &self.folder).env("SCLERA_DATA", &self.data).args(words);
        command.stdin(Stdio::null()).current_dir(&self.folder);
        command
    }

    pub(crate) fn call(&self, words: &[&str]) -> Result<Output> {
        self.command(words).output().with_context(|| format!("cannot start {}", self.program.display()))
    }

    pub(crate) fn ok(&self, words: &[&str]) -> Result<String> {
        let output = self.call(words)?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "`sclera {}` ended with {}: {said}", words.join(" "), output.status);
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Makes a user with [`PASSWORD`].
    pub(crate) fn user(&self, name: &str, roles: &str) -> Result<()> {
        let mut made = self.command(&["user", "create", name, "--set", &format!("Roles={roles}")]);
        let made = made.env("SCLERA_NEW_PASSWORD", PASSWORD).output()?;
        ensure!(made.status.success(), "the user {name} cannot be made");
        Ok(())
    }

    /// Serves at a port that is free.
    pub(crate) fn serve(&self) -> Result<Serving> {
        Serving::begun(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }
}

impl Serving {
    /// Starts a server, and waits until it says where it answers.
    pub(crate) fn begun(mut serve: Command) -> Result<Self> {
        let mut child = serve.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().context("the server says nothing")?).read_line(&mut line)?;
        let address = line.split_whitespace().find(|word| word.starts_with("http://"));
        let address = address.with_context(|| format!("the server is nowhere: {line}"))?.to_owned();
        Ok(Self { child, address })
    }

    /// Has it end by itself, and says how it did.
    pub(crate) fn stop(mut self) -> Result<()> {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let stopped = self.child.wait()?;
        ensure!(stopped.success(), "the server ended with {stopped}");
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
