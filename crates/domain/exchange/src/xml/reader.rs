//! XML to elements: the part of the language that exports use, within bounds.

use crate::input::{Input, Place};
use crate::malformed::Malformed;
use quick_xml::Error;
use quick_xml::errors::IllFormedError;
use quick_xml::events::{BytesDecl, Event};
use sclera_core::name::quotable;
use zeroize::Zeroizing;

/// What a file goes on with.
pub(super) enum Token<'r> {
    /// An element of this name begins.
    Open(&'r str),
    /// Text of the innermost element; several in a row where references or comments stand between.
    Text(&'r str),
    /// The innermost element ends.
    Close,
    /// The file ends.
    End,
}

/// An element inside a record.
pub(super) struct Element {
    pub(super) name: Box<str>,
    /// The line in which it begins.
    pub(super) line: usize,
    pub(super) content: Content,
}

/// What stands in an element; texts are wiped when dropped, since one may be a secret.
pub(super) enum Content {
    Text(Zeroizing<String>),
    Elements(Vec<Element>),
}

/// Reads a file from its beginning to its end.
pub(super) struct Reader<'f> {
    events: quick_xml::Reader<Input<'f>>,
    /// What the parser has read of the token at hand.
    buffer: Zeroizing<Vec<u8>>,
    /// The text of the token at hand, with line breaks as they are meant.
    text: Zeroizing<String>,
    /// Where the token at hand begins.
    place: Place,
    /// The names of the elements that were opened, outermost first; those behind `depth` are closed again.
    names: Vec<String>,
    /// How many bytes of text each of the open elements has since an element inside it ended.
    lengths: Vec<usize>,
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

/// What the parser saw, where that is more than a token.
enum Seen {
    Open {
        is_bare: bool,
        is_long: bool,
    },
    Close,
    /// Text, after so many characters of markup.
    Text(usize),
    Nothing,
    End,
}

impl<'f> Reader<'f> {
    pub(super) fn new(input: Input<'f>) -> Self {
        let place = input.place();
        let mut events = quick_xml::Reader::from_reader(input);
        events.config_mut().expand_empty_elements = true;
        Self {
            events,
            buffer: Zeroizing::default(),
            text: Zeroizing::default(),
            place,
            names: Vec::new(),
            lengths: Vec::new(),
            stage: Stage::Start,
        }
    }

    /// The line of the token at hand, counted from 1.
    pub(super) const fn line(&self) -> usize {
        self.place.line
    }

    /// Something is wrong with the token at hand.
    pub(super) fn wrong(&self, what: impl Into<String>) -> Malformed {
        wrong_at(self.place, what)
    }

    /// Reads on.
    pub(super) fn next(&mut self) -> Result<Token<'_>, Malformed> {
        loop {
            match self.see()? {
                Seen::Nothing => {}
                Seen::Open { is_bare, is_long } => {
                    self.open(is_bare, is_long)?;
                    return Ok(Token::Open(
                        self.names.get(self.lengths.len() - 1).map_or("", String::as_str),
                    ));
                }
                Seen::Close => {
                    self.lengths.pop();
                    if let Some(length) = self.lengths.last_mut() {
                        *length = 0;
                    }
                    return Ok(Token::Close);
                }
                Seen::Text(markup) => {
                    if self.is_inside(markup)? {
                        return Ok(Token::Text(&self.text));
                    }
                }
                Seen::End => return self.end(),
            }
        }
    }

    /// Has the parser go on.
    fn see(&mut self) -> Result<Seen, Malformed> {
        self.events.get_mut().begin();
        self.place = self.events.get_ref().place();
        self.buffer.clear();
        let event = match self.events.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => {
                let fault = self.events.get_mut().take_fault();
                return Err(fault.unwrap_or_else(|| broken(self.place, &error)));
            }
        };
        let wrong = |what: &str| Err(wrong_at(self.place, what));
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let (name, rest) = tag.split_at_checked(tag.name().as_ref().len()).unwrap_or((&tag, ""));
                let is_long = name.len() > LONGEST_NAME;
                let depth = self.lengths.len();
                if self.names.len() <= depth {
                    self.names.push(String::new());
                }
                if let Some(kept) = self.names.get_mut(depth) {
                    kept.clear();
                    kept.push_str(if is_long { "" } else { name });
                }
                Ok(Seen::Open { is_bare: is_blank(rest), is_long })
            }
            Event::End(_) => Ok(Seen::Close),
            Event::Text(text) => {
                straighten(&mut self.text, &text);
                Ok(Seen::Text(0))
            }
            Event::CData(text) => {
                straighten(&mut self.text, &text);
                Ok(Seen::Text(CDATA.len()))
            }
            Event::GeneralRef(name) => {
                let unknown = || format!("the entity `&{};` is not allowed", quotable(&name));
                let c = referred(&name).ok_or_else(|| wrong_at(self.place, unknown()))?;
                self.text.clear();
                self.text.push(c);
                Ok(Seen::Text(0))
            }
            Event::Comment(_) => {
                begin(&mut self.stage, Stage::Prologue);
                Ok(Seen::Nothing)
            }
            Event::Decl(_) if self.stage != Stage::Start => {
                wrong("the XML declaration does not stand at the beginning")
            }
            Event::Decl(declaration) => {
                begin(&mut self.stage, Stage::Prologue);
                declared(&declaration, self.place).map(|()| Seen::Nothing)
            }
            Event::DocType(_) => wrong("a document type (`<!DOCTYPE`) is not allowed"),
            Event::PI(_) => wrong("a processing instruction (`<?`) is not allowed"),
            Event::Eof => Ok(Seen::End),
        }
    }

    /// Reads over the rest of the element that was opened last.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        let around = self.lengths.len().saturating_sub(1);
        while self.lengths.len() > around {
            self.next()?;
        }
        Ok(())
    }

    /// Reads what stands in the element that was opened last; `room` is how many elements may still be kept.
    pub(super) fn content(&mut self, room: &mut usize) -> Result<Content, Malformed> {
        let depth = self.lengths.len().saturating_sub(1);
        let mixed = |reader: &Self| {
            let name = reader.names.get(depth).map_or("", String::as_str);
            reader.wrong(format!("text and elements stand beside each other in `{}`", quotable(name)))
        };
        let (mut text, mut elements) = (Zeroizing::new(String::new()), Vec::new());
        loop {
            match self.next()? {
                Token::Text(piece) if elements.is_empty() => append(&mut text, piece),
                Token::Text(piece) if is_blank(piece) => {}
                Token::Text(_) => return Err(mixed(self)),
                Token::Open(_) if !is_blank(&text) => return Err(mixed(self)),
                Token::Open(name) => {
                    let name = name.into();
                    elements.push(self.inner(name, room)?);
                }
                Token::Close | Token::End if elements.is_empty() => return Ok(Content::Text(text)),
                Token::Close | Token::End => return Ok(Content::Elements(elements)),
            }
        }
    }

    fn inner(&mut self, name: Box<str>, room: &mut usize) -> Result<Element, Malformed> {
        let too_many = || self.wrong(format!("more than {MOST_ELEMENTS} elements in one record"));
        *room = room.checked_sub(1).ok_or_else(too_many)?;
        let line = self.line();
        Ok(Element { name, line, content: self.content(room)? })
    }

    fn open(&mut self, is_bare: bool, is_long: bool) -> Result<(), Malformed> {
        if self.stage == Stage::Root && self.lengths.is_empty() {
            return Err(self.wrong("a second root element begins, and a file has one"));
        }
        begin(&mut self.stage, Stage::Root);
        let depth = self.lengths.len();
        if depth >= DEEPEST {
            return Err(self.wrong(format!("more than {DEEPEST} elements inside each other")));
        }
        if is_long {
            return Err(self.wrong(format!("the name of an element has more than {LONGEST_NAME} bytes")));
        }
        let name = self.names.get(depth).map_or("", String::as_str);
        if !is_name(name) {
            return Err(self.wrong(format!("`{}` is no name of an element", quotable(name))));
        }
        if !is_bare {
            return Err(self.wrong(format!("attributes are not allowed, and `{name}` has some")));
        }
        self.lengths.push(0);
        Ok(())
    }

    /// Tells whether the text at hand stands in an element; `markup` is how many characters of markup stand before it.
    fn is_inside(&mut self, markup: usize) -> Result<bool, Malformed> {
        if let Some((at, c)) = self.text.char_indices().find(|(_, c)| !is_allowed(*c)) {
            let what = format!("the character `{}` is not allowed", quotable(&c.to_string()));
            let before = self.text.get(..at).unwrap_or_default().as_bytes();
            let begin = Place { column: self.place.column + markup, ..self.place };
            return Err(wrong_at(begin.after(before), what));
        }
        let Some(length) = self.lengths.last_mut() else {
            return if is_blank(&self.text) {
                Ok(false)
            } else {
                Err(self.wrong("text stands outside of the root element"))
            };
        };
        *length += self.text.len();
        if *length > LONGEST_TEXT {
            return Err(
                self.wrong(format!("the text of an element has more than {} MiB", LONGEST_TEXT >> 20))
            );
        }
        Ok(true)
    }

    fn end(&self) -> Result<Token<'_>, Malformed> {
        match self.lengths.len().checked_sub(1).and_then(|depth| self.names.get(depth)) {
            Some(name) => Err(self.wrong(format!("the file ends inside `{name}`"))),
            None if self.stage == Stage::Root => Ok(Token::End),
            None => Err(self.wrong("there is no root element")),
        }
    }
}

fn begin(at: &mut Stage, stage: Stage) {
    if *at != Stage::Root {
        *at = stage;
    }
}

/// Line breaks are one line feed, whatever the system that wrote the file has.
fn straighten(text: &mut Zeroizing<String>, raw: &str) {
    text.clear();
    if raw.contains('\r') {
        text.push_str(&Zeroizing::new(raw.replace("\r\n", "\n").replace('\r', "\n")));
    } else {
        text.push_str(raw);
    }
}

fn declared(declaration: &BytesDecl<'_>, place: Place) -> Result<(), Malformed> {
    let unreadable = || wrong_at(place, "the XML declaration cannot be read");
    declaration.version().map_err(|_| unreadable())?;
    let Some(encoding) = declaration.encoding() else { return Ok(()) };
    let encoding = encoding.map_err(|_| unreadable())?;
    if encoding.eq_ignore_ascii_case("UTF-8") {
        return Ok(());
    }
    let what = format!("the encoding is declared as `{}`; save it as UTF-8", quotable(&encoding));
    Err(wrong_at(place, what))
}

/// What the parser did not take, in words of ours: its own could repeat a text of any length.
fn broken(place: Place, error: &Error) -> Malformed {
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
    wrong_at(place, what)
}

fn wrong_at(place: Place, what: impl Into<String>) -> Malformed {
    Malformed::Syntax { line: place.line, column: place.column, what: what.into() }
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
pub(super) const fn is_allowed(c: char) -> bool {
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
