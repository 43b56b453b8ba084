//! XML to elements: the part of the language that exports use, within bounds.

use crate::malformed::Malformed;
use quick_xml::Error;
use quick_xml::errors::IllFormedError;
use quick_xml::events::{BytesDecl, Event};
use sclera_core::name::quotable;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// What a text goes on with.
pub(super) enum Token<'t> {
    /// An element begins.
    Open(&'t str),
    /// Text of the innermost element; several in a row where references or comments stand between.
    Text(Cow<'t, str>),
    /// The innermost element ends.
    Close,
    /// The text ends.
    End,
}

/// An element inside a record.
pub(super) struct Element<'t> {
    pub(super) name: &'t str,
    /// The line in which it begins.
    pub(super) line: usize,
    pub(super) content: Content<'t>,
}

/// What stands in an element; texts are wiped when dropped, since one may be a secret.
pub(super) enum Content<'t> {
    Text(Zeroizing<String>),
    Elements(Vec<Element<'t>>),
}

/// Reads a text from its beginning to its end.
pub(super) struct Reader<'t> {
    events: quick_xml::Reader<&'t [u8]>,
    text: &'t str,
    /// Where the token at hand begins, and the line of that.
    offset: usize,
    line: usize,
    /// The elements that are open, each with how many bytes of text it has.
    open: Vec<(&'t str, usize)>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was read yet: a declaration may come.
    Start,
    /// The root may come.
    Prologue,
    /// The root has begun.
    Root,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut events = quick_xml::Reader::from_str(text);
        events.config_mut().expand_empty_elements = true;
        Self { events, text, offset: 0, line: 1, open: Vec::new(), stage: Stage::Start }
    }

    /// The line of the token at hand, counted from 1.
    pub(super) const fn line(&self) -> usize {
        self.line
    }

    /// Something is wrong with the token at hand.
    pub(super) fn wrong(&self, what: impl Into<String>) -> Malformed {
        self.wrong_at(self.offset, what)
    }

    /// Reads on.
    pub(super) fn next(&mut self) -> Result<Token<'t>, Malformed> {
        loop {
            let from = self.position();
            self.go_to(from);
            let event = self.events.read_event().map_err(|error| self.broken(&error))?;
            match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let (name_length, length) = (tag.name().as_ref().len(), tag.len());
                    return self.open(name_length, length);
                }
                Event::End(_) => {
                    self.open.pop();
                    return Ok(Token::Close);
                }
                Event::Text(text) => {
                    if let Some(token) = self.text(from, text.into_inner())? {
                        return Ok(token);
                    }
                }
                Event::CData(text) => {
                    if let Some(token) = self.text(from + CDATA.len(), text.into_inner())? {
                        return Ok(token);
                    }
                }
                Event::GeneralRef(reference) => {
                    let c = referred(&reference).ok_or_else(|| self.unknown_entity(&reference))?;
                    if let Some(token) = self.counted(Cow::Owned(c.to_string()))? {
                        return Ok(token);
                    }
                }
                Event::Comment(_) => self.begin(Stage::Prologue),
                Event::Decl(declaration) => self.declared(&declaration)?,
                Event::DocType(_) => return Err(self.wrong("a document type (`<!DOCTYPE`) is not allowed")),
                Event::PI(_) => return Err(self.wrong("a processing instruction (`<?`) is not allowed")),
                Event::Eof => return self.end(),
            }
        }
    }

    /// Reads over the rest of the element that was opened last.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        let around = self.open.len().saturating_sub(1);
        while self.open.len() > around {
            self.next()?;
        }
        Ok(())
    }

    /// Reads what stands in the element that was opened last; `room` is how many elements may still be kept.
    pub(super) fn content(&mut self, room: &mut usize) -> Result<Content<'t>, Malformed> {
        let name = self.open.last().map_or("", |(name, _)| *name);
        let mixed = |reader: &Self| {
            reader.wrong(format!("text and elements stand beside each other in `{}`", quotable(name)))
        };
        let (mut text, mut elements) = (Zeroizing::new(String::new()), Vec::new());
        loop {
            match self.next()? {
                Token::Text(piece) if elements.is_empty() => append(&mut text, &piece),
                Token::Text(piece) if is_blank(&piece) => {}
                Token::Text(_) => return Err(mixed(self)),
                Token::Open(_) if !is_blank(&text) => return Err(mixed(self)),
                Token::Open(name) => elements.push(self.inner(name, room)?),
                Token::Close | Token::End if elements.is_empty() => return Ok(Content::Text(text)),
                Token::Close | Token::End => return Ok(Content::Elements(elements)),
            }
        }
    }

    fn inner(&mut self, name: &'t str, room: &mut usize) -> Result<Element<'t>, Malformed> {
        let too_many = || self.wrong(format!("more than {MOST_ELEMENTS} elements in one record"));
        *room = room.checked_sub(1).ok_or_else(too_many)?;
        let line = self.line;
        Ok(Element { name, line, content: self.content(room)? })
    }

    fn open(&mut self, name_length: usize, length: usize) -> Result<Token<'t>, Malformed> {
        if self.stage == Stage::Root && self.open.is_empty() {
            return Err(self.wrong("a second root element begins, and a file has one"));
        }
        self.begin(Stage::Root);
        if self.open.len() >= DEEPEST {
            return Err(self.wrong(format!("more than {DEEPEST} elements inside each other")));
        }
        if name_length > LONGEST_NAME {
            return Err(self.wrong(format!("the name of an element has more than {LONGEST_NAME} bytes")));
        }
        let name = self.text.get(self.offset + 1..self.offset + 1 + name_length).unwrap_or_default();
        if !is_name(name) {
            return Err(self.wrong(format!("`{}` is no name of an element", quotable(name))));
        }
        let rest = self.text.get(self.offset + 1 + name_length..self.offset + 1 + length);
        if !rest.is_some_and(is_blank) {
            return Err(self.wrong(format!("attributes are not allowed, and `{name}` has some")));
        }
        self.open.push((name, 0));
        Ok(Token::Open(name))
    }

    fn text(&mut self, from: usize, text: Cow<'t, str>) -> Result<Option<Token<'t>>, Malformed> {
        if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_allowed(*c)) {
            let what = format!("the character `{}` is not allowed", quotable(&c.to_string()));
            return Err(self.wrong_at(from + at, what));
        }
        // Line breaks are one line feed, whatever the system that wrote the file has.
        let text =
            if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text };
        self.counted(text)
    }

    fn counted(&mut self, text: Cow<'t, str>) -> Result<Option<Token<'t>>, Malformed> {
        let Some((_, length)) = self.open.last_mut() else {
            return if is_blank(&text) {
                Ok(None)
            } else {
                Err(self.wrong("text stands outside of the root element"))
            };
        };
        *length += text.len();
        if *length > LONGEST_TEXT {
            return Err(
                self.wrong(format!("the text of an element has more than {} MiB", LONGEST_TEXT >> 20))
            );
        }
        Ok(Some(Token::Text(text)))
    }

    fn declared(&mut self, declaration: &BytesDecl<'_>) -> Result<(), Malformed> {
        if self.stage != Stage::Start {
            return Err(self.wrong("the XML declaration does not stand at the beginning"));
        }
        self.begin(Stage::Prologue);
        let unreadable = || self.wrong("the XML declaration cannot be read");
        declaration.version().map_err(|_| unreadable())?;
        let Some(encoding) = declaration.encoding() else { return Ok(()) };
        let encoding = encoding.map_err(|_| unreadable())?;
        if encoding.eq_ignore_ascii_case("UTF-8") {
            return Ok(());
        }
        let what = format!("the encoding is declared as `{}`; save it as UTF-8", quotable(&encoding));
        Err(self.wrong(what))
    }

    fn end(&self) -> Result<Token<'t>, Malformed> {
        match self.open.last() {
            Some((name, _)) => Err(self.wrong(format!("the file ends inside `{name}`"))),
            None if self.stage == Stage::Root => Ok(Token::End),
            None => Err(self.wrong("there is no root element")),
        }
    }

    fn begin(&mut self, stage: Stage) {
        if self.stage != Stage::Root {
            self.stage = stage;
        }
    }

    fn unknown_entity(&self, name: &str) -> Malformed {
        self.wrong(format!("the entity `&{};` is not allowed", quotable(name)))
    }

    /// What the parser did not take, in words of ours: its own could repeat a text of any length.
    fn broken(&self, error: &Error) -> Malformed {
        let at = usize::try_from(self.events.error_position()).unwrap_or(self.offset);
        let what = match error {
            Error::Syntax(_) => "the file ends, or goes astray, inside markup that begins here".to_owned(),
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                format!("`</{}>` ends no element; `{}` is open", quotable(found), quotable(expected))
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
                format!("`</{}>` ends no element", quotable(found))
            }
            Error::IllFormed(IllFormedError::UnclosedReference) => {
                "`&` begins no entity; write `&amp;`".to_owned()
            }
            Error::IllFormed(IllFormedError::MissingDoctypeName) => {
                "a document type (`<!DOCTYPE`) is not allowed".to_owned()
            }
            _ => "this is not XML".to_owned(),
        };
        self.wrong_at(at, what)
    }

    fn wrong_at(&self, offset: usize, what: impl Into<String>) -> Malformed {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Malformed::Syntax { line, column, what: what.into() }
    }

    fn position(&self) -> usize {
        usize::try_from(self.events.buffer_position()).unwrap_or(self.text.len())
    }

    fn go_to(&mut self, offset: usize) {
        let passed = self.text.get(self.offset..offset).unwrap_or_default();
        self.line += passed.matches('\n').count();
        self.offset = offset;
    }
}

/// What is wrong with a text whose declaration names another encoding than UTF-8.
pub(super) fn foreign_encoding(text: &str) -> Option<Malformed> {
    let mut reader = Reader::new(text);
    loop {
        let event = reader.events.read_event().ok()?;
        match event {
            Event::Decl(declaration) => return reader.declared(&declaration).err(),
            Event::Text(_) => reader.go_to(reader.position()),
            _ => return None,
        }
    }
}

/// Puts a piece behind a text so that no copy of a growing secret stays behind.
fn append(text: &mut Zeroizing<String>, piece: &str) {
    if text.capacity() - text.len() >= piece.len() {
        text.push_str(piece);
        return;
    }
    let length = text.len() + piece.len();
    let capacity = if text.is_empty() { length } else { 2 * length };
    let mut longer = Zeroizing::new(String::with_capacity(capacity));
    longer.push_str(text);
    longer.push_str(piece);
    *text = longer;
}

/// The character that one of the five predefined entities or a number stands for.
fn referred(name: &str) -> Option<char> {
    let number = |digits: &str, radix| {
        // A sign would be taken as part of the number.
        let whole = digits.chars().all(|c| c.is_digit(radix));
        u32::from_str_radix(digits, radix).ok().filter(|_| whole).and_then(char::from_u32)
    };
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix('#')? {
            digits if digits.starts_with('x') => number(digits.get(1..)?, 16),
            digits => number(digits, 10),
        }
        .filter(|c| is_allowed(*c)),
    }
}

/// Tells whether XML allows a character (production `Char`).
const fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Names of elements are those of classes and properties; namespaces are not used.
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(inner)
}

/// Tells whether a text is nothing but what XML takes for white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

const CDATA: &str = "<![CDATA[";
const DEEPEST: usize = 8;
const LONGEST_NAME: usize = 64;
const LONGEST_TEXT: usize = 4 << 20;
/// The most elements that one record is made of.
pub(super) const MOST_ELEMENTS: usize = 1_000_000;
