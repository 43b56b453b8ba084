//! Reading JSON that a stranger sent: bounded in depth, each key once, nothing passed over.
//!
//! What is wrong is told with its place; values are never repeated, for one could be a secret in the wrong place.

use core::fmt;
use sclera_core::name::quotable;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value, as far as anything here can be one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Text(String),
    List(Vec<Node>),
    Object(Object),
    /// `null`, a number, true or false.
    Other,
}

/// Keys and values in order; a key stands once.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Object(Vec<(String, Node)>);

/// Reads one value that is all of a text.
pub(crate) fn parse(bytes: &[u8]) -> Result<Node, String> {
    let text = str::from_utf8(bytes).map_err(|_| "the body is not UTF-8".to_owned())?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = Value { deeper: DEEPEST }.deserialize(&mut reader);
    let whole = node.and_then(|node| reader.end().map(|()| node));
    whole.map_err(|error| format!("the body is not JSON as it should be: {error}"))
}

impl Object {
    /// Takes the texts of an object that may have these keys and no others.
    pub(crate) fn texts<const N: usize>(self, known: [&str; N]) -> Result<[Option<String>; N], String> {
        let mut texts = [const { None }; N];
        for (key, node) in self.0 {
            let slot =
                known.iter().position(|known| *known == key).and_then(|position| texts.get_mut(position));
            let slot = slot
                .ok_or_else(|| format!("unknown key `{}`; there are {}", quotable(&key), known.join(", ")))?;
            let Node::Text(text) = node else { return Err(format!("`{key}` must be a text")) };
            *slot = Some(text);
        }
        Ok(texts)
    }
}

struct Value {
    deeper: usize,
}

impl Value {
    fn inside<E: Error>(&self) -> Result<Self, E> {
        let deeper = self.deeper.checked_sub(1);
        let too_deep = || E::custom(format!("more than {DEEPEST} lists and objects inside each other"));
        Ok(Self { deeper: deeper.ok_or_else(too_deep)? })
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self.inside()?)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node, A::Error> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        while let Some(key) = object.next_key::<String>()? {
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(Error::custom(format!("the key `{}` stands twice", quotable(&key))));
            }
            if entries.len() >= MOST_KEYS {
                return Err(Error::custom(format!("an object has more than {MOST_KEYS} keys")));
            }
            entries.push((key, object.next_value_seed(self.inside()?)?));
        }
        Ok(Node::Object(Object(entries)))
    }
}

const DEEPEST: usize = 16;
/// No object here has as many; it bounds what looking for repeated keys costs.
const MOST_KEYS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_by_their_keys() {
        let Ok(Node::Object(object)) = parse(br#"{"B":"2","A":"1"}"#) else { panic!() };
        let texts = object.texts(["A", "B", "C"]).unwrap();
        assert_eq!(texts, [Some("1".to_owned()), Some("2".to_owned()), None]);
    }

    #[test]
    fn what_does_not_fit_is_told_without_its_value() {
        for (text, told) in [
            (r#"{"A":"x","A":"x"}"#, "the key `A` stands twice"),
            (r#"{"A":"hunter2","B":1}"#, "unknown key `B`; there are A"),
            (r#"{"A":["hunter2"]}"#, "`A` must be a text"),
            (r#"{"A":null}"#, "`A` must be a text"),
            (r#"{"A":NaN}"#, "not JSON"),
            (r#"{"A":1e999}"#, "not JSON"),
            (r#"{"A":"x"} hunter2"#, "not JSON"),
            (r#"{"A":"\ud800"}"#, "not JSON"),
            ("{\"A\":\"\n\"}", "not JSON"),
            ("", "not JSON"),
            ("\u{feff}{}", "not JSON"),
        ] {
            let refused = match parse(text.as_bytes()) {
                Ok(Node::Object(object)) => object.texts(["A"]).unwrap_err(),
                other => other.unwrap_err(),
            };
            assert!(refused.contains(told) && !refused.contains("hunter2"), "{text}: {refused}");
            assert!(!refused.contains('\n'), "{refused}");
        }
        assert_eq!(parse(b"\"\xff\""), Err("the body is not UTF-8".to_owned()));
    }

    #[test]
    fn depth_and_keys_are_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(nested(16).as_bytes()).is_ok());
        for depth in [17 + 1, 100_000] {
            assert!(parse(nested(depth).as_bytes()).unwrap_err().contains("inside each other"), "{depth}");
        }
        let keys: Vec<String> = (0..100_000).map(|number| format!("\"{number}\":0")).collect();
        let object = format!("{{{}}}", keys.join(","));
        assert!(parse(object.as_bytes()).unwrap_err().contains("more than 64 keys"));
    }
}
