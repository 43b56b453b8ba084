//! CPF merge files: actions on security settings (`security-classes.md` section 12).
//!
//! ```text
//! [Startup]
//! PasswordHash=<hash>,<salt>[,<work factor>,<algorithm>]
//! [Actions]
//! # created before anything is modified, whatever stands first
//! ModifyService:Name=%Service_CallIn,Enabled=1,AutheEnabled=$$$AutheOS+$$$AuthePassword
//! CreateRole:Name=Nurse,Resources=Wards:RW,%Service_Terminal:U
//! ```
//!
//! `lines` takes a file apart, `values` reads what an action sets, `actions` makes steps of it and puts them in the
//! documented order. What has nothing to do with security, or is not known, is told and left aside: such files are made
//! for a whole system.

mod actions;
mod lines;
mod sql;
mod values;

use crate::document::Record;
use crate::malformed::Malformed;
use core::mem::take;

/// A merge file: its steps in the order in which they are taken, and what of it is left aside, a line each.
#[derive(Debug, Default)]
pub struct Merge {
    /// The steps.
    pub steps: Vec<Step>,
    /// What is left aside.
    pub notes: Vec<String>,
}

/// One step of a merge. Steps are taken in order, and each at most as far as it is needed: what is there is not made,
/// what is missing is neither changed nor deleted, and what is as it should be stays (`security-classes.md` 12.1).
#[derive(Debug)]
pub struct Step {
    /// What is done.
    pub verb: Verb,
    /// To what; of a step that deletes, the kind and name alone.
    pub record: Record,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It makes an object, unless there is one of its name.
    Create,
    /// It sets properties of an object, if there is one of its name.
    Modify,
    /// It deletes an object, if there is one of its name.
    Delete,
    /// It grants an SQL privilege.
    Grant,
    /// It revokes one.
    Revoke,
    /// It gives the password of the record to predefined accounts that still have the one they were made with
    /// (`security-classes.md` 12.4).
    FirstPasswords,
}

impl Merge {
    /// Tells whether a text is a merge file: it begins with the name of a section, comments left out.
    pub fn is_one(bytes: &[u8]) -> bool {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).take(MOST_COMMENTS);
        let first = lines.into_iter().find(|line| !matches!(line.first(), None | Some(b'#' | b';')));
        first.is_some_and(|line| matches!(line, [b'[', letter, ..] if letter.is_ascii_alphabetic()))
    }

    /// Reads several files as one, so that what any of them makes is there before it is needed. Each comes with the word
    /// by which faults name it; empty where there is one alone.
    ///
    /// ```
    /// use sclera_exchange::{Merge, Verb};
    ///
    /// let text = b"[Actions]\nModifyUser:Name=ann,Roles=Nurse\nCreateRole:Name=Nurse,Resources=Wards:RW\n";
    /// let merge = Merge::read(&[("", text)]).unwrap();
    /// assert_eq!(merge.steps[0].verb, Verb::Create, "roles are made before users are modified");
    /// assert_eq!(merge.steps[1].record.place, r#"ModifyUser "ann", line 2"#);
    /// ```
    pub fn read(files: &[(&str, &[u8])]) -> Result<Self, Malformed> {
        let mut steps: Vec<(usize, Step)> = Vec::new();
        let mut notes = Notes::default();
        for (file, bytes) in files {
            if bytes.len() > LONGEST {
                return Err(Malformed::TooLong { limit: LONGEST as u64 });
            }
            let content = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let text = core::str::from_utf8(content)
                .map_err(|error| Malformed::NotUtf8 { offset: error.valid_up_to() as u64 })?;
            let from = steps.len();
            for entry in lines::entries(text)? {
                actions::take(&entry, &mut steps, &mut notes)?;
            }
            if !file.is_empty() {
                for (_, step) in steps.iter_mut().skip(from) {
                    step.record.place = format!("{file}: {}", step.record.place);
                }
            }
        }
        steps.sort_by_key(|(rank, _)| *rank);
        Ok(Self { steps: steps.into_iter().map(|(_, step)| step).collect(), notes: notes.lines() })
    }
}

/// As many lines of comments may stand before the first section of a file that is recognised.
const MOST_COMMENTS: usize = 10_000;
/// The most bytes of a file.
const LONGEST: usize = 16 << 20;

/// What is left aside: each once, with how often.
#[derive(Default)]
pub(super) struct Notes(Vec<(String, usize)>);

impl Notes {
    pub(super) fn add(&mut self, what: String) {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| *known == what) {
            *count += 1;
        } else if self.0.len() < MOST_NOTES {
            self.0.push((what, 1));
        }
    }

    fn lines(&mut self) -> Vec<String> {
        let counted = |(what, count): (String, usize)| {
            if count == 1 { what } else { format!("{what} ({count} times)") }
        };
        take(&mut self.0).into_iter().map(counted).collect()
    }
}

/// As many different notes as are told.
const MOST_NOTES: usize = 1_000;
