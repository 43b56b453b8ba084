//! What the workspace consists of, as `cargo metadata` and git tell it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process;

#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its directory, seen from the root, such as `crates/domain/core`.
    pub(crate) directory: String,
    /// The root files of its libraries and programs, seen from the root of the workspace.
    pub(crate) roots: Vec<String>,
    /// What it needs of the workspace itself; crates from elsewhere are not listed.
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Needed by tests only.
    pub(crate) is_dev: bool,
}

/// A text file: its path seen from the root, and what is in it.
pub(crate) type TextFile = (String, String);

impl Workspace {
    pub(crate) fn read() -> Result<Self> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let text = process::output(cargo.args(["metadata", "--format-version", "1", "--no-deps"]))?;
        Self::from_metadata(&text)
    }

    fn from_metadata(text: &str) -> Result<Self> {
        let metadata: Value =
            serde_json::from_str(text).context("cannot read the answer of `cargo metadata`")?;
        let root = PathBuf::from(string(&metadata, "workspace_root")?);
        let packages = list(&metadata, "packages")?
            .iter()
            .map(|package| Package::from_metadata(package, &root))
            .collect::<Result<_>>()?;
        Ok(Self { target: string(&metadata, "target_directory")?.into(), root, packages })
    }

    /// The files that git tracks and that are text.
    pub(crate) fn tracked_texts(&self) -> Result<Vec<TextFile>> {
        self.texts(&["--cached"])
    }

    /// The Rust files that cargo may see: also those that git does not track yet.
    pub(crate) fn rust_texts(&self) -> Result<Vec<TextFile>> {
        self.texts(&["--cached", "--others", "--exclude-standard", "*.rs"])
    }

    /// The text of one file, or `None` where there is no such file.
    pub(crate) fn text(&self, path: &str) -> Result<Option<String>> {
        match std::fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{path}`")),
        }
    }

    fn texts(&self, which: &[&str]) -> Result<Vec<TextFile>> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z"]).args(which).current_dir(&self.root);
        let mut texts = Vec::new();
        for path in process::output(&mut git)?.split_terminator('\0') {
            // Links are followed to a file that is listed itself, or to a directory.
            if self.root.join(path).is_file()
                && let Some(text) = self.text(path)?
            {
                texts.push((path.to_owned(), text));
            }
        }
        // Checks of nothing would pass.
        ensure!(!texts.is_empty(), "git lists no file; is this a checkout?");
        Ok(texts)
    }
}

impl Package {
    fn from_metadata(package: &Value, root: &std::path::Path) -> Result<Self> {
        let name = string(package, "name")?;
        let below_root = |path: &str| -> Result<String> {
            let path = std::path::Path::new(path);
            let path =
                path.strip_prefix(root).with_context(|| format!("`{name}` is outside the workspace"))?;
            Ok(path.to_string_lossy().into_owned())
        };
        let manifest = below_root(string(package, "manifest_path")?)?;
        let directory = manifest.strip_suffix("/Cargo.toml").unwrap_or_default().to_owned();
        let mut roots = Vec::new();
        for target in list(package, "targets")? {
            let kinds = list(target, "kind")?;
            if !kinds
                .iter()
                .any(|kind| matches!(kind.as_str(), Some("test" | "bench" | "example" | "custom-build")))
            {
                roots.push(below_root(string(target, "src_path")?)?);
            }
        }
        let dependencies = list(package, "dependencies")?
            .iter()
            .filter(|dependency| dependency.get("path").is_some_and(Value::is_string))
            .map(|dependency| {
                let is_dev = dependency.get("kind").and_then(Value::as_str) == Some("dev");
                Ok(Dependency { name: string(dependency, "name")?.to_owned(), is_dev })
            })
            .collect::<Result<_>>()?;
        Ok(Self { name: name.to_owned(), directory, roots, dependencies })
    }
}

fn string<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value.get(key).and_then(Value::as_str).with_context(|| format!("`cargo metadata` tells no `{key}`"))
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value.get(key).and_then(Value::as_array).with_context(|| format!("`cargo metadata` tells no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read() {
        let workspace = Workspace::from_metadata(
            r#"{
                "workspace_root": "/here", "target_directory": "/here/target",
                "packages": [{
                    "name": "sclera-store", "manifest_path": "/here/crates/store/Cargo.toml",
                    "targets": [
                        { "kind": ["lib"], "src_path": "/here/crates/store/src/lib.rs" },
                        { "kind": ["test"], "src_path": "/here/crates/store/tests/it/main.rs" },
                        { "kind": ["custom-build"], "src_path": "/here/crates/store/build.rs" }
                    ],
                    "dependencies": [
                        { "name": "sha2", "kind": null },
                        { "name": "sclera-core", "kind": null, "path": "/here/crates/domain/core" },
                        { "name": "sclera-testkit", "kind": "dev", "path": "/here/crates/testkit" }
                    ]
                }]
            }"#,
        )
        .unwrap();
        assert_eq!(workspace.target, PathBuf::from("/here/target"));
        assert_eq!(
            workspace.packages,
            [Package {
                name: "sclera-store".into(),
                directory: "crates/store".into(),
                roots: vec!["crates/store/src/lib.rs".into()],
                dependencies: vec![
                    Dependency { name: "sclera-core".into(), is_dev: false },
                    Dependency { name: "sclera-testkit".into(), is_dev: true },
                ],
            }]
        );
    }

    #[test]
    fn other_than_metadata_is_refused() {
        assert!(Workspace::from_metadata("").is_err());
        assert!(Workspace::from_metadata("{}").is_err());
    }
}
