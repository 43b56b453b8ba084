//! The keys of an instance: which there are, and putting others in their place while no server runs.
//!
//! Replacing the key that seals is done in steps, each of which leaves an instance that works:
//!
//! ```text
//! seal.key                       the old key
//! seal.key  seal.key.older       twice the old key: a second name for its file
//! seal.key  seal.key.older       the new key, which seals, and the old one, which still opens
//! …                              everything is sealed anew, a page of users a commit
//! seal.key                       the new key
//! ```
//!
//! Whoever is stopped in between goes on by asking for the same again.

use crate::backup::BackupError;
use crate::instance::{Instance, KEYS, Machine, OLDER_SEAL_KEY, SEAL_KEY, key};
use crate::kernel::TICKET_KEY;
use sclera_core::time::Timestamp;
use sclera_engine::World;
use sclera_engine::reseal::Resealed;
use sclera_os::files;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use zeroize::Zeroizing;

/// A key that can be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceableKey {
    /// What seals secrets that must be had back.
    Seal,
    /// What signs tickets for other processes.
    Ticket,
}

/// A key of an instance, as its file tells. The key itself is told to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// Such as `seal.key`.
    pub name: String,
    /// What it does.
    pub does: &'static str,
    /// When its file was made.
    pub made: Timestamp,
}

/// Each key and what it does.
const DOES: [(&str, &str); 4] = [
    (crate::instance::JOURNAL_KEY, "binds the logs"),
    (SEAL_KEY, "seals secrets that must be had back"),
    (OLDER_SEAL_KEY, "opens what is not sealed anew yet; replace `seal` again to finish that"),
    (TICKET_KEY, "signs tickets for other processes"),
];

impl Instance {
    /// The keys of the instance in a directory.
    pub fn keys(directory: &Path) -> Result<Vec<KeyFile>, BackupError> {
        let mut found = Vec::new();
        for (name, does) in DOES {
            let path = directory.join(KEYS).join(name);
            match fs::symlink_metadata(&path) {
                Ok(about) => {
                    let made = Timestamp::from_micros(about.mtime().saturating_mul(1_000_000));
                    found.push(KeyFile { name: name.to_owned(), does, made });
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&path, &error)),
            }
        }
        Ok(found)
    }

    /// Puts another key in the place of one, for which the owner of the files must hold `%Admin_Secure:U`. No server may
    /// run. `watch` is told how many users of all were looked at. What another process has open keeps the old key until it is
    /// opened again, and gets at nothing that is sealed anew meanwhile.
    pub fn replace_key(
        directory: &Path,
        which: ReplaceableKey,
        watch: &mut dyn FnMut(u64, u64),
    ) -> Result<Resealed, BackupError> {
        let _alone = Self::without_server(directory)?;
        match which {
            ReplaceableKey::Seal => replace_seal(directory, watch),
            ReplaceableKey::Ticket => replace_ticket(directory).map(|()| Resealed::default()),
        }
    }
}

fn replace_seal(directory: &Path, watch: &mut dyn FnMut(u64, u64)) -> Result<Resealed, BackupError> {
    let keys = directory.join(KEYS);
    let (path, older) = (keys.join(SEAL_KEY), keys.join(OLDER_SEAL_KEY));
    // The one that was begun is finished first; else whoever may not is refused before anything is touched.
    let instance = Instance::open(directory)?;
    let session = instance.admit_process()?;
    instance.allow_key_change(&session, SEAL_KEY)?;
    drop((session, instance));
    let is_begun = older.exists() && *key(directory, SEAL_KEY)? != *key(directory, OLDER_SEAL_KEY)?;
    if !is_begun {
        match fs::hard_link(&path, &older) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(&older, &error)),
            _ => {}
        }
        // It is written beside its place, made durable, and put there in one step.
        files::write_private(&path, fresh().as_slice(), 0o400)?;
    }
    let instance = Instance::open(directory)?;
    let session = instance.admit_process()?;
    let resealed = instance.reseal(&session, watch)?;
    fs::remove_file(&older).map_err(|error| failed(&older, &error))?;
    Ok(resealed)
}

fn replace_ticket(directory: &Path) -> Result<(), BackupError> {
    let instance = Instance::open(directory)?;
    let session = instance.admit_process()?;
    instance.allow_key_change(&session, TICKET_KEY)?;
    drop((session, instance));
    files::write_private(&directory.join(KEYS).join(TICKET_KEY), fresh().as_slice(), 0o400)?;
    // Whoever is attached knows the old key; what is published anew has the new one.
    crate::kernel::withdraw(directory);
    let instance = Instance::open(directory)?;
    instance.publish_if_stale().map_err(|why| BackupError::Open(crate::OpenError::Files(why)))?;
    Ok(())
}

fn fresh() -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Machine.fill(key.as_mut_slice());
    key
}

fn failed(path: &Path, error: &std::io::Error) -> BackupError {
    BackupError::Open(crate::OpenError::Files(format!("{}: {error}", path.display())))
}
