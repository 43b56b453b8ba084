//! A file to a document: the root, the sections in it and the records in those.

use super::reader::{Reader, Token, is_blank};
use super::records::{Class, MOST_UNKNOWN, Made, Record};
use crate::document::Origin;
use crate::input::Input;
use crate::malformed::Malformed;
use crate::stream::{Item, Stop, Take, Told};
use sclera_core::name::quotable;
use std::collections::BTreeMap;

/// Reads an export of one class or of all, record by record.
pub(crate) fn read(input: Input<'_>, take: &mut Take<'_>) -> Result<Told, Stop> {
    let mut reader = Reader::new(input);
    let mut gathered = Gathered::default();
    let classes = Class::each();
    let Token::Open(root) = reader.next()? else {
        return Err(reader.wrong("there is no root element").into());
    };
    let (is_whole, kept) = (root == WHOLE, section(root, &classes));
    let unknown = unknown_root(root, &classes);
    match kept {
        _ if is_whole => gathered.section(&mut reader, &classes, take)?,
        Some(Section::Kept) => gathered.section(&mut reader, &classes, take)?,
        Some(Section::Aside(name)) => gathered.aside_section(&mut reader, name)?,
        None => return Err(reader.wrong(unknown).into()),
    }
    while !matches!(reader.next()?, Token::End) {}
    Ok(Told { origin: Origin::SecurityXml, notes: gathered.notes() })
}

/// The root of an export of everything.
const WHOLE: &str = "SecurityExport";
const SUFFIX: &str = "Export";

/// Classes that are known, and whose records are not kept.
const ASIDE: [&str; 3] = ["X509Credentials", "OpenAMIdentityServices", "KMIPServer"];

enum Section {
    Kept,
    Aside(&'static str),
}

fn section(name: &str, classes: &[Class]) -> Option<Section> {
    let name = name.strip_suffix(SUFFIX)?;
    let aside = ASIDE.into_iter().find(|aside| *aside == name).map(Section::Aside);
    aside.or_else(|| classes.iter().any(|class| class.name == name).then_some(Section::Kept))
}

/// What an element is in which a root has its records.
enum Child<'c> {
    Record(&'c Class),
    Aside(&'static str),
    Section(Section),
    Unknown(String),
}

fn child<'c>(name: &str, classes: &'c [Class]) -> Child<'c> {
    if let Some(class) = classes.iter().find(|class| class.name == name) {
        return Child::Record(class);
    }
    let aside = ASIDE.into_iter().find(|aside| *aside == name).map(Child::Aside);
    let inner = || section(name, classes).map(Child::Section);
    aside.or_else(inner).unwrap_or_else(|| Child::Unknown(name.to_owned()))
}

fn unknown_root(root: &str, classes: &[Class]) -> String {
    let known = classes.iter().map(|class| class.name).chain(ASIDE).map(|name| format!("{name}{SUFFIX}"));
    let known: Vec<String> = known.chain([WHOLE.to_owned()]).collect();
    format!("`{}` is no root of a security export; known are {}", quotable(root), known.join(", "))
}

/// What is told of what was read so far.
#[derive(Default)]
struct Gathered {
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
    fn section(
        &mut self,
        reader: &mut Reader<'_>,
        classes: &[Class],
        take: &mut Take<'_>,
    ) -> Result<(), Stop> {
        loop {
            let child = match reader.next()? {
                Token::Open(name) => child(name, classes),
                Token::Text(text) if is_blank(text) => continue,
                Token::Text(_) => return Err(reader.wrong("text stands where records stand").into()),
                Token::Close | Token::End => return Ok(()),
            };
            match child {
                Child::Record(class) => self.record(reader, class, take)?,
                Child::Aside(name) => self.aside(reader, name)?,
                Child::Section(Section::Kept) => self.section(reader, classes, take)?,
                Child::Section(Section::Aside(name)) => self.aside_section(reader, name)?,
                Child::Unknown(name) => {
                    self.unknown_section(name);
                    reader.skip()?;
                }
            }
        }
    }

    fn unknown_section(&mut self, name: String) {
        if self.sections.len() < MOST_UNKNOWN || self.sections.contains_key(&name) {
            *self.sections.entry(name).or_default() += 1;
        } else {
            self.more = true;
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

    fn record(&mut self, reader: &mut Reader<'_>, class: &Class, take: &mut Take<'_>) -> Result<(), Stop> {
        self.count(reader)?;
        let count = self.counts.entry(class.name).or_default();
        let index = *count;
        *count += 1;
        let mut record = Record::read(reader, class, index)?;
        match record.make(class)? {
            Made::GrantOption(option) => take(Item::GrantOption(option))?,
            Made::Records(records) => {
                for record in records {
                    take(Item::Record(record))?;
                }
            }
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

    fn remember(&mut self, class: &'static str, record: Record) {
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
