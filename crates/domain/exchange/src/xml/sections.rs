//! A file to a document: the root, the sections in it and the records in those.

use super::reader::{Reader, Token, is_blank};
use super::records::{Class, MOST_UNKNOWN, Made, Record};
use crate::document::{self, Document, GrantOption, Origin};
use crate::malformed::Malformed;
use sclera_core::change::Kind;
use sclera_core::name::{Folded, quotable};
use std::collections::BTreeMap;

/// Reads an export of one class or of all.
pub(crate) fn read(text: &str) -> Result<Document, Malformed> {
    let mut reader = Reader::new(text);
    let mut gathered = Gathered::default();
    let classes = Class::each();
    let Token::Open(root) = reader.next()? else { return Err(reader.wrong("there is no root element")) };
    match section(root, &classes) {
        _ if root == WHOLE => gathered.section(&mut reader, &classes)?,
        Some(Section::Kept) => gathered.section(&mut reader, &classes)?,
        Some(Section::Aside(name)) => gathered.aside_section(&mut reader, name)?,
        None => return Err(reader.wrong(unknown_root(root, &classes))),
    }
    while !matches!(reader.next()?, Token::End) {}
    Ok(gathered.document())
}

/// The root of an export of everything.
const WHOLE: &str = "SecurityExport";
const SUFFIX: &str = "Export";

/// Classes that are known, and whose records are not kept.
const ASIDE: [&str; 7] = [
    "DocDBs",
    "PhoneProviders",
    "X509Users",
    "X509Credentials",
    "OpenAMIdentityServices",
    "KMIPServer",
    "Servers",
];

enum Section {
    Kept,
    Aside(&'static str),
}

fn section(name: &str, classes: &[Class]) -> Option<Section> {
    let name = name.strip_suffix(SUFFIX)?;
    let aside = ASIDE.into_iter().find(|aside| *aside == name).map(Section::Aside);
    aside.or_else(|| classes.iter().any(|class| class.name == name).then_some(Section::Kept))
}

fn unknown_root(root: &str, classes: &[Class]) -> String {
    let known = classes.iter().map(|class| class.name).chain(ASIDE).map(|name| format!("{name}{SUFFIX}"));
    let known: Vec<String> = known.chain([WHOLE.to_owned()]).collect();
    format!("`{}` is no root of a security export; known are {}", quotable(root), known.join(", "))
}

/// What was read so far.
#[derive(Default)]
struct Gathered {
    records: Vec<document::Record>,
    grant_options: Vec<GrantOption>,
    /// Where the record of a name stands in `records`.
    positions: BTreeMap<(Kind, Folded), usize>,
    /// How many records of each class were read.
    counts: BTreeMap<&'static str, usize>,
    total: usize,
    /// How many records of each class are left aside.
    aside: BTreeMap<&'static str, usize>,
    /// In how many records each unknown element is left aside, by class.
    elements: BTreeMap<(&'static str, String), usize>,
    /// In how many records a secret is left aside, by class.
    secrets: BTreeMap<(&'static str, &'static str), usize>,
    /// How many users have attributes that cannot be read.
    unreadable: usize,
    /// How often each unknown section is left aside.
    sections: BTreeMap<String, usize>,
    /// More is unknown than is told.
    more: bool,
}

impl Gathered {
    /// Reads what stands in a root: records, and roots inside it.
    fn section(&mut self, reader: &mut Reader<'_>, classes: &[Class]) -> Result<(), Malformed> {
        loop {
            match reader.next()? {
                Token::Open(name) => self.child(reader, classes, name)?,
                Token::Text(text) if is_blank(&text) => {}
                Token::Text(_) => return Err(reader.wrong("text stands where records stand")),
                Token::Close | Token::End => return Ok(()),
            }
        }
    }

    fn child(&mut self, reader: &mut Reader<'_>, classes: &[Class], name: &str) -> Result<(), Malformed> {
        if let Some(class) = classes.iter().find(|class| class.name == name) {
            return self.record(reader, class);
        }
        if let Some(name) = ASIDE.into_iter().find(|aside| *aside == name) {
            return self.aside(reader, name);
        }
        match section(name, classes) {
            Some(Section::Kept) => self.section(reader, classes),
            Some(Section::Aside(name)) => self.aside_section(reader, name),
            None => {
                if self.sections.len() < MOST_UNKNOWN || self.sections.contains_key(name) {
                    *self.sections.entry(name.to_owned()).or_default() += 1;
                } else {
                    self.more = true;
                }
                reader.skip()
            }
        }
    }

    fn aside_section(&mut self, reader: &mut Reader<'_>, name: &'static str) -> Result<(), Malformed> {
        loop {
            match reader.next()? {
                Token::Open(_) => self.aside(reader, name)?,
                Token::Text(_) => {}
                Token::Close | Token::End => return Ok(()),
            }
        }
    }

    fn aside(&mut self, reader: &mut Reader<'_>, name: &'static str) -> Result<(), Malformed> {
        self.count(reader)?;
        *self.aside.entry(name).or_default() += 1;
        reader.skip()
    }

    fn record(&mut self, reader: &mut Reader<'_>, class: &Class) -> Result<(), Malformed> {
        self.count(reader)?;
        let count = self.counts.entry(class.name).or_default();
        let index = *count;
        *count += 1;
        let mut record = Record::read(reader, class, index)?;
        match record.make(class)? {
            Made::GrantOption(option) => self.grant_options.push(option),
            Made::Records(records) => records.into_iter().for_each(|record| self.keep(record)),
        }
        self.remember(class.name, record);
        Ok(())
    }

    fn count(&mut self, reader: &Reader<'_>) -> Result<(), Malformed> {
        self.total += 1;
        if self.total > MOST_RECORDS {
            return Err(reader.wrong(format!("more than {MOST_RECORDS} records")));
        }
        Ok(())
    }

    /// Keeps a record, in place of an earlier one of its name: roles that hold roles are written twice, and at the
    /// second time whole.
    fn keep(&mut self, record: document::Record) {
        if record.kind == Kind::SqlPrivilege {
            self.records.push(record);
            return;
        }
        let fold = if record.kind == Kind::SslConfig { Folded::exact } else { Folded::of };
        let position = *self.positions.entry((record.kind, fold(&record.name))).or_insert(self.records.len());
        match self.records.get_mut(position) {
            Some(earlier) => *earlier = record,
            None => self.records.push(record),
        }
    }

    fn remember(&mut self, class: &'static str, record: Record<'_>) {
        for name in record.unknown {
            let key = (class, name);
            if self.elements.len() < MOST_UNKNOWN || self.elements.contains_key(&key) {
                *self.elements.entry(key).or_default() += 1;
            } else {
                self.more = true;
            }
        }
        for secret in record.concealed {
            *self.secrets.entry((class, secret)).or_default() += 1;
        }
        self.unreadable += usize::from(record.unreadable);
    }

    fn document(mut self) -> Document {
        let notes = self.notes();
        drop(self.positions);
        self.records.sort_by_key(|record| document::rank(record.kind));
        Document {
            records: self.records,
            origin: Origin::SecurityXml,
            notes,
            grant_options: self.grant_options,
        }
    }

    fn notes(&self) -> Vec<String> {
        let records = |count: usize| format!("{count} record{}", if count == 1 { "" } else { "s" });
        let aside = self.aside.iter().map(|(name, count)| {
            let (s, are) = if *count == 1 { ("", "is") } else { ("s", "are") };
            format!("{count} {name} record{s} {are} left aside: Sclera does not keep them")
        });
        let sections = self.sections.iter().map(|(name, count)| {
            let times = if *count == 1 { String::new() } else { format!(", {count} times") };
            format!("the unknown section `{}` is left aside{times}", quotable(name))
        });
        let elements = self.elements.iter().map(|((class, name), count)| {
            format!("{class}: the unknown element `{}` is left aside ({})", quotable(name), records(*count))
        });
        let secrets = self.secrets.iter().map(|((class, name), count)| {
            format!("{class}: {name} is left aside ({}): Sclera does not keep it", records(*count))
        });
        let unreadable = (self.unreadable > 0).then(|| {
            format!("Users: Attributes that cannot be read are left aside ({})", records(self.unreadable))
        });
        let more = self.more.then(|| "more unknown elements are left aside than are named here".to_owned());
        aside.chain(sections).chain(elements).chain(secrets).chain(unreadable).chain(more).collect()
    }
}

const MOST_RECORDS: usize = 50_000_000;
