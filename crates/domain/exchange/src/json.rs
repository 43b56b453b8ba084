//! JSON: text to values and back.

use crate::document::Section;
use crate::input::{Input, Place, is_inner};
use crate::malformed::Malformed;
use crate::node::{Bounds, Entries, Keys, Node};
use crate::stream::{Stop, Take};
use core::cell::{Cell, RefCell};
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::io::{self, BufRead, Read};

/// Reads a document that is all of a file, record by record.
pub(crate) fn read(mut input: Input<'_>, take: &mut Take<'_>) -> Result<(), Stop> {
    let trail = Trail::at(input.place());
    let mut reader = serde_json::Deserializer::from_reader(Bytewise { input: &mut input, trail: &trail });
    let read = Top { trail: &trail, take }.deserialize(&mut reader).and_then(|()| reader.end());
    drop(reader);
    let Err(error) = read else { return Ok(()) };
    if let Some(stop) = trail.stop.take() {
        return Err(stop);
    }
    let fault = input.take_fault();
    Err(fault.unwrap_or_else(|| trail.malformed(&error)).into())
}

/// Writes a value, indented, with a line break at the end.
pub(crate) fn text(node: &Node) -> String {
    #[expect(clippy::expect_used, reason = "keys are texts and a string takes all that is written to it")]
    let mut text = serde_json::to_string_pretty(node).expect("a node has a JSON form");
    text.push('\n');
    text
}

/// What is remembered of the way through a file, and what went wrong that the parser has no form for.
struct Trail {
    /// Where the document begins.
    start: Place,
    /// The last character that is no white space.
    visible: Cell<Place>,
    /// The last line with characters of several bytes, and how many bytes more than characters it has.
    wide: Cell<(usize, usize)>,
    /// Another piece begins.
    begins: Cell<bool>,
    stop: RefCell<Option<Stop>>,
}

impl Trail {
    const fn at(start: Place) -> Self {
        let (visible, wide, begins) = (Cell::new(start), Cell::new((0, 0)), Cell::new(false));
        Self { start, visible, wide, begins, stop: RefCell::new(None) }
    }

    /// An error of the parser. Its place counts bytes and from the beginning of the document; what it may have read
    /// after the error is ASCII.
    fn malformed(&self, error: &serde_json::Error) -> Malformed {
        let (line, column) = (error.line(), error.column());
        let what = error.to_string();
        let what = what.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&what);
        let before = if line == 1 { self.start.column - 1 } else { 0 };
        let line = (line + self.start.line).saturating_sub(1);
        let (wide, more) = self.wide.get();
        let column = (column + before).saturating_sub(if wide == line { more } else { 0 }).max(1);
        syntax(Place { line, column }, what.to_owned())
    }

    /// Ends the reading with an error of ours.
    fn stop<E: Error>(&self, stop: impl Into<Stop>) -> E {
        // What went wrong first is told.
        self.stop.borrow_mut().get_or_insert(stop.into());
        E::custom("stopped")
    }

    /// What was read last is refused.
    fn refuse<E: Error>(&self, what: String) -> E {
        self.stop(syntax(self.visible.get(), what))
    }
}

fn syntax(Place { line, column }: Place, what: String) -> Malformed {
    Malformed::Syntax { line, column, what }
}

/// Gives a file byte by byte and keeps its trail.
struct Bytewise<'i, 'f> {
    input: &'i mut Input<'f>,
    trail: &'i Trail,
}

impl Read for Bytewise<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.trail.begins.take() {
            self.input.begin();
        }
        let ready = self.input.fill_buf()?;
        let (Some(byte), Some(first)) = (ready.first().copied(), into.first_mut()) else { return Ok(0) };
        let place = self.input.place();
        self.input.consume(1);
        *first = byte;
        if is_inner(byte) {
            let (line, more) = self.trail.wide.get();
            self.trail.wide.set((place.line, if line == place.line { more + 1 } else { 1 }));
        } else if !byte.is_ascii_whitespace() {
            self.trail.visible.set(place);
        }
        Ok(1)
    }
}

/// Reads the document: sections by name.
struct Top<'t, 'k> {
    trail: &'t Trail,
    take: &'t mut Take<'k>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let (mut keys, mut entries) = (Keys::default(), Entries::default());
        while let Some(key) = object.next_key::<String>()? {
            keys.admit(&key, &entries).map_err(|what| self.trail.refuse(what))?;
            let section = Section::named(&key).map_err(|fault| self.trail.stop(fault))?;
            entries.push(key, Node::Null);
            if section.is_settings() {
                let mut bounds = Bounds::of_record();
                let node = object.next_value_seed(Value { bounds: &mut bounds, trail: self.trail })?;
                section.settings(node, self.take).map_err(|stop| self.trail.stop(stop))?;
            } else {
                object.next_value_seed(List { section: &section, trail: self.trail, take: self.take })?;
            }
        }
        Ok(())
    }
}

/// Reads the list of a section, record by record.
struct List<'t, 'k> {
    section: &'t Section,
    trail: &'t Trail,
    take: &'t mut Take<'k>,
}

impl List<'_, '_> {
    fn misplaced<E: Error>(&self, found: &Node) -> Result<(), E> {
        Err(self.trail.stop(self.section.misplaced(found)))
    }
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.misplaced(&Node::Boolean(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.misplaced(&Node::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.misplaced(&whole(number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.misplaced(&Node::OtherNumber)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.misplaced(&Node::text(""))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.misplaced(&Node::Object(Entries::default()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut index = 0;
        loop {
            let mut bounds = Bounds::of_record();
            let Some(node) = list.next_element_seed(Value { bounds: &mut bounds, trail: self.trail })? else {
                return Ok(());
            };
            self.section.element(index, node, self.take).map_err(|stop| self.trail.stop(stop))?;
            self.trail.begins.set(true);
            index += 1;
        }
    }
}

fn whole(number: u64) -> Node {
    i64::try_from(number).map_or(Node::OtherNumber, Node::Integer)
}

/// Reads one value within the bounds.
struct Value<'b> {
    bounds: &'b mut Bounds,
    trail: &'b Trail,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.bounds.count().map_err(|what| self.trail.refuse(what))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Boolean(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        Ok(whole(number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        self.bounds.enter().map_err(|what| self.trail.refuse(what))?;
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(Value { bounds: self.bounds, trail: self.trail })? {
            nodes.push(node);
        }
        self.bounds.leave();
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node, A::Error> {
        self.bounds.enter().map_err(|what| self.trail.refuse(what))?;
        let (mut keys, mut entries) = (Keys::default(), Entries::default());
        while let Some(key) = object.next_key::<String>()? {
            keys.admit(&key, &entries).map_err(|what| self.trail.refuse(what))?;
            entries.push(key, object.next_value_seed(Value { bounds: self.bounds, trail: self.trail })?);
        }
        self.bounds.leave();
        Ok(Node::Object(entries))
    }
}
