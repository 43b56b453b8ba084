//! The second place that knows the end of a chain: a file of one line a commit, beside the database.
//!
//! A line is `sequence mac`. The MAC is that of the link, which only the holder of the key can make, so a line cannot
//! be forged for another link. The file is cut back to its last line when it grows beyond 64 KiB.
//!
//! It is opened before the commit and written after it. Where it cannot be opened nothing is changed; where it can no
//! longer be written, for the disk is full by then, the change stands and the head stays behind, which is harmless.

use sclera_store::chain::Head;
use sclera_store::port::{StoreError, Stored};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const ROOM: u64 = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Heads(PathBuf);

impl Heads {
    pub(crate) fn beside(database: &Path) -> Self {
        Self(database.with_extension("heads"))
    }

    /// Opens the file for one more line, and makes it where it is missing. It is called while the writers' lock is
    /// held, before the commit.
    pub(crate) fn open(&self) -> Stored<Second<'_>> {
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.0);
        opened.map(|file| Second { file, path: &self.0 }).map_err(|error| self.meaning(&error))
    }

    fn meaning(&self, error: &std::io::Error) -> StoreError {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let text = format!("{}: {error}", self.0.display());
        match error.kind() {
            PermissionDenied | ReadOnlyFilesystem => StoreError::ReadOnly(text),
            StorageFull | QuotaExceeded => StoreError::Full,
            _ => StoreError::Unavailable(text),
        }
    }

    /// The last whole line; none where the file is missing or holds none.
    pub(crate) fn last(&self) -> Stored<Option<Head>> {
        match self.read() {
            Ok(text) => Ok(text.rsplit('\n').skip(1).find_map(parsed)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.meaning(&error)),
        }
    }

    /// The end of the file, which holds the last lines.
    fn read(&self) -> std::io::Result<String> {
        let mut file = OpenOptions::new().read(true).open(&self.0)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(1_024)))?;
        let mut bytes = Vec::new();
        file.take(1_024).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The file, open for one more line.
pub(crate) struct Second<'a> {
    file: File,
    path: &'a Path,
}

impl Second<'_> {
    /// Adds a head. It is called after the commit: a head that is behind the chain is harmless, one that is ahead of it
    /// would be a false alarm.
    pub(crate) fn add(mut self, head: &Head) -> std::io::Result<()> {
        if self.file.metadata()?.len() > ROOM && self.begin_anew(head).is_ok() {
            return Ok(());
        }
        self.file.write_all(line(head).as_bytes())
    }

    fn begin_anew(&self, head: &Head) -> std::io::Result<()> {
        let fresh = self.path.with_extension("heads.new");
        let mut short =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        short.write_all(line(head).as_bytes())?;
        short.sync_data()?;
        std::fs::rename(&fresh, self.path)
    }
}

fn line(head: &Head) -> String {
    format!("{} {}\n", head.sequence, sclera_core::hex::hex(&head.mac))
}

fn parsed(line: &str) -> Option<Head> {
    let (sequence, hex) = line.split_once(' ')?;
    let mut mac = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (byte, digits) in mac.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(Head { sequence: sequence.parse().ok()?, mac })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_counts() {
        let folder = tempfile::tempdir().unwrap();
        let heads = Heads::beside(&folder.path().join("x.db"));
        assert_eq!(heads.last().unwrap(), None);
        for sequence in 1..2_000 {
            let mac = [u8::try_from(sequence % 256).unwrap(); 32];
            heads.open().unwrap().add(&Head { sequence, mac }).unwrap();
        }
        let last = Head { sequence: 1_999, mac: [207; 32] };
        assert_eq!(heads.last().unwrap(), Some(last));
        let mut file = OpenOptions::new().append(true).open(&heads.0).unwrap();
        file.write_all(b"2000 half a li").unwrap();
        assert_eq!(heads.last().unwrap(), Some(last), "a torn line is none");
        assert!(std::fs::metadata(&heads.0).unwrap().len() <= ROOM + 200);
    }
}
