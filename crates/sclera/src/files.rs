//! Files to be imported: read more than once, and never held whole.

use sclera_core::change::Kind;
use sclera_engine::transfer::{ORDER, Source, Unread};
use sclera_exchange::{GrantOption, Malformed, Origin, Outline, Record};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{SyncSender, sync_channel};

/// Something that can be read from its beginning as often as need be.
#[derive(Debug)]
pub enum Input {
    /// A file of a disk. It is kept open, so that another one put in its place meanwhile is not read.
    File(File),
    /// Its content.
    Bytes(Vec<u8>),
}

impl Input {
    fn length(&self) -> u64 {
        match self {
            Self::File(file) => file.metadata().map(|about| about.len()).unwrap_or_default(),
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    fn open(&self) -> Box<dyn Read + '_> {
        match self {
            Self::File(file) => Box::new(Again { file, at: 0 }),
            Self::Bytes(bytes) => Box::new(bytes.as_slice()),
        }
    }
}

/// Reads a file from its beginning, wherever others are in it.
struct Again<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Again<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(into, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// Reads on and makes a digest of what it gives.
struct Digesting<'a> {
    from: Box<dyn Read + 'a>,
    hasher: Sha256,
    watch: &'a mut dyn FnMut(u64),
}

impl Digesting<'_> {
    /// The digest of all that it gave.
    fn digest(self) -> [u8; 32] {
        self.hasher.finalize().into()
    }
}

impl Read for Digesting<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.hasher.update(into.get(..count).unwrap_or_default());
        (self.watch)(count as u64);
        Ok(count)
    }
}

/// How many records are handed over at once, and how many times so many are ready at most.
const BATCH: usize = 128;
const AHEAD: usize = 8;

/// A file of which the form was judged.
struct Part {
    name: String,
    input: Input,
    outline: Outline,
    digest: [u8; 32],
}

/// Files whose form was judged, to be imported as one document.
///
/// They are read when they are judged and again when they are imported; that they are the same then is told by a digest.
pub struct Files {
    parts: Vec<Part>,
    grant_options: Vec<GrantOption>,
    /// What of it counts; all where none is named.
    kinds: Vec<Kind>,
}

/// Which file is no document, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The name that it was given.
    pub name: String,
    /// What is wrong with it.
    pub malformed: Malformed,
}

impl Files {
    /// Reads files, each with the name by which messages speak of it; `watch` learns how many bytes were read and how
    /// many there are.
    pub fn read(given: Vec<(String, Input)>, watch: &mut dyn FnMut(u64, u64)) -> Result<Self, Unfit> {
        let several = given.len() > 1;
        let length = given.iter().map(|(_, input)| input.length()).sum();
        let (mut read, mut parts, mut grant_options) = (0, Vec::new(), Vec::new());
        for (name, input) in given {
            let mut watch = |count| {
                read += count;
                watch(read, length);
            };
            let mut file = Digesting { from: input.open(), hasher: Sha256::new(), watch: &mut watch };
            let outline = Outline::read(&mut file);
            let digest = file.digest();
            let mut outline = outline.map_err(|malformed| Unfit { name: name.clone(), malformed })?;
            if several {
                outline.document.records.iter_mut().for_each(|record| beside(&name, &mut record.place));
            }
            grant_options.append(&mut outline.document.grant_options);
            parts.push(Part { name, input, outline, digest });
        }
        Ok(Self { parts, grant_options, kinds: Vec::new() })
    }

    /// The same as if it held records of these kinds alone (the mask of `ImportAll`, `export-xml.md` section 7).
    #[must_use]
    pub fn only(mut self, kinds: &[Kind]) -> Self {
        kinds.clone_into(&mut self.kinds);
        if !self.counts(Kind::SqlPrivilege) {
            self.grant_options.clear();
        }
        self
    }

    fn counts(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// What was left aside, a line each.
    pub fn notes(&self) -> Vec<String> {
        self.parts.iter().flat_map(|part| part.outline.document.notes.iter().cloned()).collect()
    }

    /// Where the first record stands that is of another kind; none where all are of that one.
    pub fn other_than(&self, kind: Kind) -> Result<Option<String>, Unread> {
        let mut place = None;
        for other in ORDER.into_iter().filter(|other| *other != kind) {
            self.each(other, &mut |record| {
                place.get_or_insert_with(|| record.place.clone());
                ControlFlow::Break(())
            })?;
        }
        Ok(place)
    }
}

impl Part {
    /// How many records it has of a kind that is not kept in memory.
    fn crowd(&self, kind: Kind) -> u64 {
        match kind {
            Kind::User => self.outline.users,
            Kind::SqlPrivilege => self.outline.privileges,
            _ => 0,
        }
    }

    /// Reads the file again, on a thread of its own that is a little ahead of whoever takes.
    fn again(
        &self,
        kind: Kind,
        take: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Unread> {
        let (ahead, records) = sync_channel::<Vec<Record>>(AHEAD);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || self.hand_over(kind, &ahead));
            let flow = records.iter().flatten().try_for_each(take);
            // Whoever has enough is waited for by nobody.
            drop(records);
            let read =
                reader.join().unwrap_or_else(|_| Err(Unread(format!("{}: it cannot be read", self.name))));
            if flow.is_break() { Ok(flow) } else { read.map(|()| flow) }
        })
    }

    /// Reads the file again and hands over its records by the batch, until they are wanted no more.
    fn hand_over(&self, kind: Kind, ahead: &SyncSender<Vec<Record>>) -> Result<(), Unread> {
        let mut ignore = |_| ();
        let mut file = Digesting { from: self.input.open(), hasher: Sha256::new(), watch: &mut ignore };
        let mut batch = Vec::with_capacity(BATCH);
        let mut is_wanted = true;
        let read = self.outline.each(&mut file, kind, &mut |record| {
            batch.push(record);
            if batch.len() == BATCH {
                is_wanted = ahead.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))).is_ok();
            }
            if is_wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let is_same = file.digest() == self.digest;
        match read {
            Ok(()) if !is_wanted => Ok(()),
            Ok(()) if is_same => {
                // Nobody may be there any more to take the last ones.
                let _ = ahead.send(batch);
                Ok(())
            }
            Err(Malformed::Unreadable(why)) => {
                Err(Unread(format!("{}: {why}; nothing was changed", self.name)))
            }
            _ => Err(Unread(format!(
                "{}: it was changed while it was being imported; nothing was changed here",
                self.name
            ))),
        }
    }
}

impl Source for Files {
    /// Together they are an export of the classes if any of them is.
    fn origin(&self) -> Origin {
        let foreign = self.parts.iter().any(|part| part.outline.document.origin == Origin::SecurityXml);
        if foreign { Origin::SecurityXml } else { Origin::Sclera }
    }

    fn count(&self) -> u64 {
        let count = |part: &Part| {
            let settings = part.outline.document.records.iter().filter(|record| self.counts(record.kind));
            let crowds = [Kind::User, Kind::SqlPrivilege].into_iter().filter(|kind| self.counts(*kind));
            settings.count() as u64 + crowds.map(|kind| part.crowd(kind)).sum::<u64>()
        };
        self.parts.iter().map(count).sum()
    }

    fn passwords(&self) -> u64 {
        if self.counts(Kind::User) { self.parts.iter().map(|part| part.outline.passwords).sum() } else { 0 }
    }

    fn each(&self, kind: Kind, take: &mut dyn FnMut(&Record) -> ControlFlow<()>) -> Result<(), Unread> {
        for part in self.parts.iter().filter(|_| self.counts(kind)) {
            let settings = part.outline.document.records.iter().filter(|record| record.kind == kind);
            let mut flow = settings.map(&mut *take).find(ControlFlow::is_break);
            if part.crowd(kind) > 0 {
                let several = self.parts.len() > 1;
                flow = Some(part.again(kind, &mut |mut record| {
                    if several {
                        beside(&part.name, &mut record.place);
                    }
                    take(&record)
                })?);
            }
            if flow.is_some_and(|flow| flow.is_break()) {
                break;
            }
        }
        Ok(())
    }

    fn grant_options(&self) -> &[GrantOption] {
        &self.grant_options
    }
}

/// Names the file before the place in it.
fn beside(name: &str, place: &mut String) {
    *place = format!("{name}: {place}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn users(count: usize, name: &str) -> String {
        let users: Vec<String> = (0..count).map(|n| format!(r#"{{"Name":"{name}{n}"}}"#)).collect();
        format!(r#"{{"Users":[{}]}}"#, users.join(","))
    }

    fn names(files: &Files) -> Result<Vec<String>, Unread> {
        let mut names = Vec::new();
        files.each(Kind::User, &mut |record| {
            names.push(record.place.clone());
            ControlFlow::Continue(())
        })?;
        Ok(names)
    }

    #[test]
    fn what_differs_at_the_second_reading_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.json");
        fs::write(&path, users(3, "a")).unwrap();
        let open = || {
            let given = vec![("users.json".to_owned(), Input::File(File::open(&path).unwrap()))];
            Files::read(given, &mut |_, _| ()).unwrap()
        };
        let files = open();
        assert_eq!(names(&files).unwrap().len(), 3);
        assert_eq!(names(&files).unwrap().len(), 3, "as often as one likes");
        for changed in [users(3, "b"), users(4, "a"), users(2, "a"), users(3, "a") + " ", String::new()] {
            let files = open();
            fs::write(&path, changed).unwrap();
            let refused = names(&files).unwrap_err();
            assert!(refused.0.starts_with("users.json: it was changed"), "{refused:?}");
            fs::write(&path, users(3, "a")).unwrap();
        }
        let files = open();
        fs::rename(&path, folder.path().join("away.json")).unwrap();
        fs::write(&path, users(9, "c")).unwrap();
        assert_eq!(names(&files).unwrap().len(), 3, "another file of the name is not read");
    }

    #[test]
    fn several_files_are_one_document() {
        let bytes = |text: &str| Input::Bytes(text.as_bytes().to_vec());
        let given = vec![
            ("a.json".to_owned(), bytes(r#"{"Users":[{"Name":"ann"}],"Roles":[{"Name":"R"}]}"#)),
            ("b.xml".to_owned(), bytes("<UsersExport><Users><Name>bob</Name></Users></UsersExport>")),
        ];
        let mut seen = Vec::new();
        let files = Files::read(given, &mut |read, of| seen.push((read, of))).unwrap();
        assert_eq!((files.count(), files.origin()), (3, Origin::SecurityXml));
        assert_eq!(names(&files).unwrap(), [r#"a.json: Users[0] "ann""#, r#"b.xml: Users[0] "bob", line 1"#]);
        assert_eq!(files.other_than(Kind::User).unwrap().as_deref(), Some(r#"a.json: Roles[0] "R""#));
        assert!(seen.last().is_some_and(|(read, of)| read == of));
        let roles = files.only(&[Kind::Role]);
        assert_eq!((roles.count(), roles.passwords(), names(&roles).unwrap()), (1, 0, Vec::new()));
    }
}
