//! Copies of the files of earlier versions.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The versions and instances that are kept.
pub(crate) const KEPT: &[&str] = &["0.1.0/iris", "0.1.0/cache"];

/// A copy of the files of an earlier version, as they lay in their data directory.
pub(crate) struct Kept {
    _folder: TempDir,
    directory: PathBuf,
}

impl Kept {
    pub(crate) fn copy(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("data");
        let keys = directory.join("keys");
        for made in [&directory, &keys] {
            fs::create_dir(made).unwrap();
            fs::set_permissions(made, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        for entry in from.read_dir().unwrap() {
            let entry = entry.unwrap();
            let is_key = entry.path().extension().is_some_and(|ending| ending == "key");
            let (place, mode) = if is_key { (&keys, 0o400) } else { (&directory, 0o600) };
            let target = place.join(entry.file_name());
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
        }
        Self { _folder: folder, directory }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }
}
