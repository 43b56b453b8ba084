//! Reading JSON that a stranger sent: bounded in depth, each key once, nothing passed over.
//!
//! What is wrong is told with its place; values are never repeated, for one could be a secret in the wrong place.

use core::fmt;
use sclera_core::name::quotable;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;

/// A value, as far as anything here can be one. Its texts are those of the body, but where escapes had to be taken out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Flag(bool),
    Integer(i64),
    /// A number with a fraction, or too large for a whole one.
    Fraction(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Object<'a>),
}

/// Keys and values in order; a key stands once.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

/// Reads one value that is all of a text.
pub(crate) fn parse(bytes: &[u8]) -> Result<Node<'_>, String> {
    let text = str::from_utf8(bytes).map_err(|_| "the body is not UTF-8".to_owned())?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = Value { deeper: DEEPEST }.deserialize(&mut reader);
    let whole = node.and_then(|node| reader.end().map(|()| node));
    whole.map_err(|error| format!("the body is not JSON as it should be: {error}"))
}

impl<'a> Object<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, node)| node)
    }

    pub(crate) fn into_entries(self) -> Vec<(Cow<'a, str>, Node<'a>)> {
        self.0
    }

    /// Tells whether it has these keys and no others.
    pub(crate) fn has_exactly(&self, keys: &[&str]) -> bool {
        self.0.len() == keys.len() && keys.iter().all(|key| self.get(key).is_some())
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

/// A key of an object.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node<'de>, E> {
        #[expect(clippy::cast_precision_loss, reason = "nothing here takes a number as large as that")]
        Ok(i64::try_from(number).map_or(Node::Fraction(number as f64), Node::Integer))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Node<'de>, E> {
        Ok(Node::Fraction(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self.inside()?)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node<'de>, A::Error> {
        let mut entries: Vec<(Cow<'de, str>, Node<'de>)> = Vec::new();
        while let Some(key) = object.next_key_seed(Key)? {
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

const DEEPEST: usize = 32;
/// No object here has as many; it bounds what looking for repeated keys costs.
const MOST_KEYS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_are() {
        let Ok(Node::Object(object)) = parse(br#"{"B":"2","A":[1,-1.5,true,null,18446744073709551615]}"#)
        else {
            panic!()
        };
        assert_eq!(object.get("B"), Some(&Node::Text("2".into())));
        let large = Node::Fraction(18_446_744_073_709_551_615.0);
        let list = vec![Node::Integer(1), Node::Fraction(-1.5), Node::Flag(true), Node::Null, large];
        assert_eq!(object.get("A"), Some(&Node::List(list)));
        assert!(
            object.has_exactly(&["A", "B"])
                && !object.has_exactly(&["A"])
                && !object.has_exactly(&["A", "C"])
        );
    }

    #[test]
    fn escapes_are_taken_out_of_keys_and_texts() {
        let Ok(Node::Object(object)) = parse(br#"{"\u0041":"a\n\u00e4","B":"\u0000"}"#) else { panic!() };
        assert_eq!(object.get("A"), Some(&Node::Text("a\n\u{e4}".into())));
        assert_eq!(object.get("B"), Some(&Node::Text("\0".into())));
    }

    #[test]
    fn what_does_not_fit_is_told_without_its_value() {
        for (text, told) in [
            (r#"{"A":"x","A":"x"}"#, "the key `A` stands twice"),
            (r#"{"B":{"A":"hunter2","A":1}}"#, "the key `A` stands twice"),
            (r#"{"A":"x","\u0041":"x"}"#, "the key `A` stands twice"),
            (r#"{"A":NaN}"#, "not JSON"),
            (r#"{"A":1e999}"#, "not JSON"),
            (r#"{"A":"x"} hunter2"#, "not JSON"),
            (r#"{"A":"\ud800"}"#, "not JSON"),
            ("{\"A\":\"\n\"}", "not JSON"),
            ("", "not JSON"),
            ("\u{feff}{}", "not JSON"),
        ] {
            let refused = parse(text.as_bytes()).unwrap_err();
            assert!(refused.contains(told) && !refused.contains("hunter2"), "{text}: {refused}");
            assert!(!refused.contains('\n'), "{refused}");
        }
        assert_eq!(parse(b"\"\xff\""), Err("the body is not UTF-8".to_owned()));
    }

    #[test]
    fn depth_and_keys_are_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(nested(32).as_bytes()).is_ok());
        for depth in [33 + 1, 100_000] {
            assert!(parse(nested(depth).as_bytes()).unwrap_err().contains("inside each other"), "{depth}");
        }
        let keys: Vec<String> = (0..100_000).map(|number| format!("\"{number}\":0")).collect();
        let object = format!("{{{}}}", keys.join(","));
        assert!(parse(object.as_bytes()).unwrap_err().contains("more than 64 keys"));
    }
}
