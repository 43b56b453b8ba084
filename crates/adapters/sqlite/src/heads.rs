//! The second place that knows the end of a chain: a file of one line a commit, beside the database.
//!
//! A line is `sequence mac`. The MAC is that of the link, which only the holder of the key can make, so a line cannot
//! be forged for another link. The file is cut back to its last line when it grows beyond 64 KiB.

use sclera_store::chain::Head;
use sclera_store::port::{StoreError, Stored};
use std::fs::OpenOptions;
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

    /// Adds a head. It is called while the writers' lock is held, after the commit: a head that is behind the chain is
    /// harmless, one that is ahead of it would be a false alarm.
    pub(crate) fn add(&self, head: &Head) -> Stored<()> {
        self.write(head).map_err(|error| StoreError::Unavailable(format!("{}: {error}", self.0.display())))
    }

    fn write(&self, head: &Head) -> std::io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.0)?;
        if file.metadata()?.len() > ROOM {
            let fresh = self.0.with_extension("heads.new");
            let mut short =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            short.write_all(line(head).as_bytes())?;
            short.sync_data()?;
            return std::fs::rename(&fresh, &self.0);
        }
        file.write_all(line(head).as_bytes())
    }

    /// The last whole line; none where the file is missing or holds none.
    pub(crate) fn last(&self) -> Stored<Option<Head>> {
        match self.read() {
            Ok(text) => Ok(text.rsplit('\n').skip(1).find_map(parsed)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::Unavailable(format!("{}: {error}", self.0.display()))),
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

fn line(head: &Head) -> String {
    let mac: String = head.mac.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} {mac}\n", head.sequence)
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
            heads.add(&Head { sequence, mac: [u8::try_from(sequence % 256).unwrap(); 32] }).unwrap();
        }
        let last = Head { sequence: 1_999, mac: [207; 32] };
        assert_eq!(heads.last().unwrap(), Some(last));
        let mut file = OpenOptions::new().append(true).open(&heads.0).unwrap();
        file.write_all(b"2000 half a li").unwrap();
        assert_eq!(heads.last().unwrap(), Some(last), "a torn line is none");
        assert!(std::fs::metadata(&heads.0).unwrap().len() <= ROOM + 200);
    }
}
