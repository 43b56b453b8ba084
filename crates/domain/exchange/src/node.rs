//! What JSON and YAML have in common: a tree of values, and the bounds within which it is built.

use crate::malformed::Fault;
use core::mem::take;
use sclera_core::name::quotable;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// A value of a text. Texts are wiped when dropped, since any of them may be a password.
#[cfg_attr(test, derive(Debug, Clone, PartialEq))]
pub(crate) enum Node {
    /// `null`.
    Null,
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent, or beyond 64 bits: nothing here is one.
    OtherNumber,
    /// A text.
    Text(Zeroizing<String>),
    /// A list.
    List(Vec<Node>),
    /// An object.
    Object(Entries),
}

impl Node {
    /// A text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Zeroizing::new(text.into()))
    }

    /// What it is, for messages.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "true or false",
            Self::Integer(_) => "a number",
            Self::OtherNumber => "a number with a fraction or of more than 64 bits",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl Node {
    /// The text that a property is; none where it is not given.
    pub(crate) fn into_text(self, property: &str) -> Result<Option<String>, Fault> {
        match self {
            Self::Null => Ok(None),
            Self::Text(mut text) => Ok(Some(take(&mut *text))),
            other => Err(other.misfit(property, "text")),
        }
    }

    /// It is not what the property can be.
    pub(crate) fn misfit(&self, property: &str, wanted: &'static str) -> Fault {
        Fault::Shape { property: Some(property.to_owned()), wanted, found: self.word() }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::OtherNumber => serializer.serialize_unit(),
            Self::Boolean(flag) => serializer.serialize_bool(*flag),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(nodes) => serializer.collect_seq(nodes),
            Self::Object(entries) => serializer.collect_map(entries.0.iter().map(|(key, node)| (key, node))),
        }
    }
}

/// The keys and values of an object, in order; a key stands once.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, Clone, PartialEq))]
pub(crate) struct Entries(Vec<(String, Node)>);

impl Entries {
    /// Adds a key that does not stand yet, with its value.
    pub(crate) fn push(&mut self, key: impl Into<String>, node: Node) {
        self.0.push((key.into(), node));
    }

    /// The keys in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// A value.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, node)| node)
    }

    /// Takes a text out; none where it is not given.
    pub(crate) fn take_text(&mut self, key: &str) -> Result<Option<String>, Fault> {
        self.take(key).map_or(Ok(None), |node| node.into_text(key))
    }

    /// Takes a text out that must be given and must not be blank.
    pub(crate) fn take_required(&mut self, key: &'static str) -> Result<String, Fault> {
        let text = self.take_text(key)?.ok_or(Fault::Missing(key))?;
        if text.trim().is_empty() { Err(Fault::Blank(key)) } else { Ok(text) }
    }

    /// Takes a value out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        let position = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.remove(position).1)
    }
}

impl IntoIterator for Entries {
    type Item = (String, Node);
    type IntoIter = std::vec::IntoIter<(String, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The keys of an object that is being read.
#[derive(Default)]
pub(crate) struct Keys(BTreeSet<String>);

impl Keys {
    /// Refuses a key that is too long or stands already; `entries` are those read so far.
    pub(crate) fn admit(&mut self, key: &str, entries: &Entries) -> Result<(), String> {
        if key.len() > LONGEST_KEY {
            return Err(format!("a key has more than {LONGEST_KEY} bytes"));
        }
        if self.is_new(key, entries) {
            Ok(())
        } else {
            Err(format!("the key `{}` stands twice", quotable(key)))
        }
    }

    fn is_new(&mut self, key: &str, entries: &Entries) -> bool {
        if entries.0.len() < FEW {
            return entries.get(key).is_none();
        }
        if self.0.is_empty() {
            self.0 = entries.keys().map(str::to_owned).collect();
        }
        self.0.insert(key.to_owned())
    }
}

/// How much of a text may still be built.
pub(crate) struct Bounds {
    nodes: usize,
    depth: usize,
}

impl Bounds {
    pub(crate) const fn new() -> Self {
        Self { nodes: MOST_NODES, depth: DEEPEST }
    }

    /// Those of one record, which stands in the list of a section.
    pub(crate) const fn of_record() -> Self {
        Self { nodes: MOST_NODES_OF_A_RECORD, depth: DEEPEST - 2 }
    }

    /// Counts a value.
    pub(crate) fn count(&mut self) -> Result<(), String> {
        self.nodes = self.nodes.checked_sub(1).ok_or_else(|| "too many values".to_owned())?;
        Ok(())
    }

    /// Goes into a list or object.
    pub(crate) fn enter(&mut self) -> Result<(), String> {
        let deeper = self.depth.checked_sub(1);
        self.depth =
            deeper.ok_or_else(|| format!("more than {DEEPEST} lists and objects inside each other"))?;
        Ok(())
    }

    /// Comes out of one.
    pub(crate) const fn leave(&mut self) {
        self.depth += 1;
    }
}

const LONGEST_KEY: usize = 256;
const DEEPEST: usize = 16;
const MOST_NODES: usize = 50_000_000;
const MOST_NODES_OF_A_RECORD: usize = 1_000_000;
/// As many keys as are quicker looked through than looked up.
const FEW: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_once_however_many_there_are() {
        let (mut keys, mut entries) = (Keys::default(), Entries::default());
        for number in 0..3 * FEW {
            let key = number.to_string();
            assert_eq!(keys.admit(&key, &entries), Ok(()));
            entries.push(key, Node::Null);
            for known in [0, number / 2, number] {
                assert_eq!(
                    keys.admit(&known.to_string(), &entries),
                    Err(format!("the key `{known}` stands twice")),
                    "{number}"
                );
            }
        }
        assert!(keys.admit(&"x".repeat(256), &entries).is_ok());
        assert_eq!(keys.admit(&"x".repeat(257), &entries), Err("a key has more than 256 bytes".to_owned()));
    }

    #[test]
    fn values_are_counted() {
        let mut bounds = Bounds { nodes: 2, depth: 1 };
        assert!(bounds.count().is_ok() && bounds.count().is_ok());
        assert_eq!(bounds.count(), Err("too many values".to_owned()));
    }

    #[test]
    fn depth_is_what_stands_around() {
        let mut bounds = Bounds { nodes: 9, depth: 1 };
        assert!(bounds.enter().is_ok());
        assert_eq!(bounds.enter(), Err("more than 16 lists and objects inside each other".to_owned()));
        bounds.leave();
        assert!(bounds.enter().is_ok());
    }
}
