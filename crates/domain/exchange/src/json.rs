//! JSON: text to values and back.

use crate::malformed::Malformed;
use crate::node::{Bounds, Entries, Keys, Node};
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Reads one value that is all of a text.
pub(crate) fn parse(text: &str) -> Result<Node, Malformed> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = Value(&mut Bounds::new()).deserialize(&mut reader);
    let whole = node.and_then(|node| reader.end().map(|()| node));
    whole.map_err(|error| malformed(&error, text))
}

/// Writes a value, indented, with a line break at the end.
pub(crate) fn text(node: &Node) -> String {
    #[expect(clippy::expect_used, reason = "keys are texts and a string takes all that is written to it")]
    let mut text = serde_json::to_string_pretty(node).expect("a node has a JSON form");
    text.push('\n');
    text
}

/// Reads one value within the bounds.
struct Value<'b>(&'b mut Bounds);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.0.count().map_err(Error::custom)?;
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
        Ok(i64::try_from(number).map_or(Node::OtherNumber, Node::Integer))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::OtherNumber)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        self.0.enter().map_err(Error::custom)?;
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(Value(self.0))? {
            nodes.push(node);
        }
        self.0.leave();
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node, A::Error> {
        self.0.enter().map_err(Error::custom)?;
        let (mut keys, mut entries) = (Keys::default(), Entries::default());
        while let Some(key) = object.next_key::<String>()? {
            keys.admit(&key, &entries).map_err(Error::custom)?;
            entries.push(key, object.next_value_seed(Value(self.0))?);
        }
        self.0.leave();
        Ok(Node::Object(entries))
    }
}

fn malformed(error: &serde_json::Error, text: &str) -> Malformed {
    let what = error.to_string();
    let what =
        what.strip_suffix(&format!(" at line {} column {}", error.line(), error.column())).unwrap_or(&what);
    let lines = text.match_indices('\n').map(|(at, _)| at + 1);
    let start = [0].into_iter().chain(lines).nth(error.line().saturating_sub(1)).unwrap_or_default();
    // The column counts bytes, and may point into a character.
    let end = start + error.column();
    let read = (end..end + 4).find_map(|end| text.get(..end)).unwrap_or(text);
    // Errors that are raised here come with the place of what follows.
    let read = if error.is_data() { read.trim_end() } else { read };
    Malformed::after(read, what)
}
