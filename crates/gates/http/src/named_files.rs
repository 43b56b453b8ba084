//! Files of this machine that bodies of requests name, such as certificates (`admin-api.md` section 12, "Safety").

use crate::reject::Reject;
use sclera_core::property::{Properties, Value as Property};
use std::path::{Component, Path, PathBuf};

/// What says instead of a file that the authorities of the machine are believed (`security-classes.md` section 6).
const OF_THE_MACHINE: &str = "%OSCertificateStore";
/// The property that names a directory, and no file.
const DIRECTORY: &str = "CAPath";

/// The files that bodies may name: those below one directory, or none.
#[derive(Debug)]
pub(crate) struct NamedFiles(Option<PathBuf>);

impl NamedFiles {
    pub(crate) fn below(directory: Option<PathBuf>) -> Self {
        // As paths are named in requests: from the root.
        Self(directory.map(|below| std::path::absolute(&below).unwrap_or(below)))
    }

    /// Refuses properties that name a file elsewhere. What is named already may be named again, so that a record can be
    /// sent back as it was read. Nothing is told of what is outside: not even whether it is there.
    pub(crate) fn judge(
        &self,
        names: &[&'static str],
        given: &Properties,
        before: Option<&Properties>,
    ) -> Result<(), Reject> {
        for name in names {
            let Some(path) = given.get(name).map(Property::text) else { continue };
            let is_kept = before.and_then(|before| before.get(name)).is_some_and(|kept| kept.text() == path);
            if !path.is_empty() && path != OF_THE_MACHINE && !is_kept {
                self.judge_one(name, Path::new(&path))?;
            }
        }
        Ok(())
    }

    fn judge_one(&self, name: &str, path: &Path) -> Result<(), Reject> {
        let Some(directory) = &self.0 else {
            let why = "no file can be named over HTTP here: `named_files` in sclera.toml says below which directory";
            return Err(refused(name, why));
        };
        let is_plain =
            path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let root = directory.canonicalize().unwrap_or_else(|_| directory.clone());
        if !is_plain || ![directory, &root].iter().any(|place| path.starts_with(place)) {
            return Err(refused(
                name,
                "it must be the whole path of a file below the directory that `named_files` says",
            ));
        }
        let is_right = |found: &PathBuf| {
            found.starts_with(&root) && if name == DIRECTORY { found.is_dir() } else { found.is_file() }
        };
        // Whatever a link that leads out leads to, the answer is the same.
        let found = path.canonicalize().ok().filter(is_right);
        found.map(drop).ok_or_else(|| {
            refused(
                name,
                "there is no such file below the directory that `named_files` says; put it there first",
            )
        })
    }
}

fn refused(name: &str, why: &str) -> Reject {
    Reject::malformed(format!("{name}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const NAMES: &[&str] = &["CAFile"];

    fn judged(files: &NamedFiles, path: &str, before: Option<&str>) -> Result<(), String> {
        let named = |path: &str| Properties::new().with("CAFile", path);
        let before = before.map(named);
        files.judge(NAMES, &named(path), before.as_ref()).map_err(|reject| reject.message().to_owned())
    }

    #[test]
    fn only_files_below_the_directory_may_be_named() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("tls");
        std::fs::create_dir_all(directory.join("of")).unwrap();
        for file in [directory.join("ca.pem"), directory.join("of/one.pem"), place.path().join("key")] {
            std::fs::write(file, "").unwrap();
        }
        symlink(place.path().join("key"), directory.join("out")).unwrap();
        symlink("ca.pem", directory.join("in")).unwrap();
        let files = NamedFiles::below(Some(directory.clone()));
        let below = |path: &str| format!("{}/{path}", directory.display());
        for right in ["ca.pem", "of/one.pem", "in"] {
            assert_eq!(judged(&files, &below(right), None), Ok(()), "{right}");
        }
        assert_eq!(judged(&files, "", None), Ok(()), "none");
        for wrong in
            [below("../key"), below("out"), below("of/../../key"), "ca.pem".to_owned(), "/".to_owned()]
        {
            let why = judged(&files, &wrong, None).unwrap_err();
            assert!(
                why.starts_with("CAFile: ") && !why.contains(&*directory.to_string_lossy()),
                "{wrong}: {why}"
            );
        }
        assert_eq!(
            judged(&files, &below("out"), None),
            judged(&files, &below("none"), None),
            "of links, too"
        );
        assert!(judged(&files, &below(""), None).is_err() && judged(&files, &below("of"), None).is_err());
        assert_eq!(judged(&files, OF_THE_MACHINE, None), Ok(()));
        let outside = place.path().join("key").display().to_string();
        let missing = place.path().join("nothing").display().to_string();
        assert_eq!(
            judged(&files, &outside, None),
            judged(&files, &missing, None),
            "nothing is told of others"
        );
        assert!(judged(&files, &below("none.pem"), None).unwrap_err().contains("there is no such file"));
        assert_eq!(judged(&files, &outside, Some(&outside)), Ok(()), "it is named already");
        let roundabout = NamedFiles::below(Some(directory.join("of/..")));
        assert_eq!(judged(&roundabout, &below("ca.pem"), None), Ok(()), "however the directory is written");
        let none = NamedFiles::below(Some(place.path().join("none")));
        assert!(judged(&none, &below("ca.pem"), None).is_err(), "there is no such directory");
    }

    #[test]
    fn without_a_directory_none_may_be_named() {
        let files = NamedFiles::below(None);
        assert_eq!(judged(&files, "", None), Ok(()));
        assert!(judged(&files, "/etc/passwd", None).unwrap_err().contains("`named_files` in sclera.toml"));
    }
}
