//! `import` of CPF merge files.

use super::Desk;
use super::transfer::malformed;
use crate::failure::Failure;
use sclera::exchange::Merge;
use sclera::{Input, Mode};
use std::io;
use std::os::unix::fs::FileExt;

/// As many bytes are looked at to tell whether a file is a merge file.
const HEAD: usize = 64 * 1024;
/// The most bytes of a merge file; one more shows that it is too long.
const LONGEST: usize = (16 << 20) + 1;

/// The text of a file if it is a merge file.
pub(super) fn merge_file(input: &Input) -> io::Result<Option<Vec<u8>>> {
    match input {
        Input::Bytes(bytes) => Ok(Merge::is_one(bytes).then(|| bytes.clone())),
        Input::File(file) => {
            let is_one = Merge::is_one(&beginning(file, HEAD)?);
            is_one.then(|| beginning(file, LONGEST)).transpose()
        }
    }
}

/// The first bytes of a file, which stays where it is.
fn beginning(file: &std::fs::File, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; HEAD];
    while bytes.len() < most {
        let read = file.read_at(&mut piece, bytes.len() as u64)?;
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
    }
    bytes.truncate(most);
    Ok(bytes)
}

impl Desk<'_> {
    /// Takes merge files as one change. They stand for one file, so that their order does not matter.
    pub(super) fn merge(&self, files: &[(String, Vec<u8>)], mode: Mode) -> Result<u8, Failure> {
        for (file, bytes) in files {
            // Faults of one file are told under its name.
            Merge::read(&[("", bytes.as_slice())]).map_err(|fault| malformed(file, &fault.to_string()))?;
        }
        let named = |file| if files.len() > 1 { file } else { "" };
        let parts: Vec<(&str, &[u8])> =
            files.iter().map(|(file, bytes)| (named(file.as_str()), bytes.as_slice())).collect();
        let merge = Merge::read(&parts).map_err(|fault| Failure::bad_value(fault.to_string()))?;
        let mut notes = merge.notes.clone();
        notes.extend(self.instance.passed_over(self.session, &merge)?);
        let receipt = self.instance.merge(self.session, &merge, mode)?;
        self.tell_unpublished(&receipt);
        Ok(self.say_plan(&receipt, &notes, mode))
    }
}
