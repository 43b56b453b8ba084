//! The messages of LDAP version 3 that a login needs (RFC 4511): bind, search, StartTLS, unbind. There is no more of the
//! protocol here, and no text form of filters: what somebody typed is a value beside the filter and never part of one.

use super::Malformed;
use super::ber::{BOOLEAN, ENUMERATED, INTEGER, OCTETS, Reader, SEQUENCE, SET, Writer, length_of};
use crate::secret::Secret;
use sclera_core::name::one_line;
use std::collections::BTreeMap;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The most bytes of a message that is read. Groups of a user and their names have room in it many times.
pub const LARGEST: usize = 1 << 20;
/// The most attributes of an entry, and values of one, that are read.
const MOST_ATTRIBUTES: usize = 256;
const MOST_VALUES: usize = 10_000;
/// The most characters of what a server says by way of explanation.
const LONGEST_TEXT: usize = 200;
/// What StartTLS is called (RFC 4511 section 4.14).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

/// What is asked of a server.
#[derive(Debug, Clone)]
pub enum Request {
    /// Prove who one is.
    Bind {
        /// A distinguished name.
        dn: String,
        /// The password. An empty one is refused here: servers take it for nobody in particular (DEC-A24).
        password: Arc<Secret>,
    },
    /// Be nobody in particular again.
    BindAnonymously,
    /// Look for entries.
    Search(Search),
    /// Protect the connection.
    StartTls,
    /// Say goodbye.
    Unbind,
}

/// Which entries are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Below which entry.
    pub base: String,
    /// What an entry must be like.
    pub filter: Filter,
    /// The attributes that are wanted.
    pub attributes: Vec<String>,
    /// The most entries.
    pub most: u32,
    /// The most seconds that the server may take; 0 for any.
    pub seconds: u32,
}

/// What an entry must be like (RFC 4511 section 4.5.1.7). Values are bytes and never escaped, for nothing reads them as a
/// filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
    /// An attribute has a value.
    Is(String, String),
    /// An attribute has a value by the matching rule of an object identifier.
    By {
        /// The identifier of the rule.
        rule: &'static str,
        /// The attribute.
        attribute: &'static str,
        /// The value.
        value: String,
    },
}

impl Filter {
    fn write(&self, writer: Writer) -> Writer {
        match self {
            Self::All(parts) => writer.nested(0xa0, &Self::write_each(parts)),
            Self::Any(parts) => writer.nested(0xa1, &Self::write_each(parts)),
            Self::Is(attribute, value) => {
                let pair = Writer::new().octets(attribute.as_bytes()).octets(value.as_bytes());
                writer.nested(0xa3, &pair)
            }
            Self::By { rule, attribute, value } => {
                let parts = Writer::new().with(0x81, rule.as_bytes()).with(0x82, attribute.as_bytes());
                writer.nested(0xa9, &parts.with(0x83, value.as_bytes()))
            }
        }
    }

    fn write_each(parts: &[Self]) -> Writer {
        parts.iter().fold(Writer::new(), |writer, part| part.write(writer))
    }
}

impl Request {
    /// The bytes of the message of a number.
    pub fn bytes(&self, number: u32) -> Zeroizing<Vec<u8>> {
        let operation = match self {
            Self::Bind { dn, password } => bind(dn, password.expose()),
            Self::BindAnonymously => bind("", ""),
            Self::Search(search) => search.write(),
            Self::StartTls => Writer::new().nested(0x77, &Writer::new().with(0x80, START_TLS.as_bytes())),
            Self::Unbind => Writer::new().with(0x42, &[]),
        };
        let numbered = Writer::new().number(INTEGER, number);
        let whole = operation.after(&numbered);
        Writer::new().nested(SEQUENCE, &whole).done()
    }
}

fn bind(dn: &str, password: &str) -> Writer {
    let content = Writer::new().number(INTEGER, 3).octets(dn.as_bytes()).with(0x80, password.as_bytes());
    Writer::new().nested(0x60, &content)
}

impl Search {
    fn write(&self) -> Writer {
        const WHOLE_SUBTREE: u32 = 2;
        const NEVER: u32 = 0;
        let head = Writer::new()
            .octets(self.base.as_bytes())
            .number(ENUMERATED, WHOLE_SUBTREE)
            .number(ENUMERATED, NEVER)
            .number(INTEGER, self.most)
            .number(INTEGER, self.seconds)
            .with(BOOLEAN, &[0]);
        let wanted =
            self.attributes.iter().fold(Writer::new(), |writer, name| writer.octets(name.as_bytes()));
        Writer::new().nested(0x63, &self.filter.write(head).nested(SEQUENCE, &wanted))
    }
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Its distinguished name.
    pub dn: String,
    /// The values of its attributes by their names in lower case, without options.
    attributes: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    /// An entry of this name and these attributes.
    pub fn new<'a>(dn: &str, attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut entry = Self { dn: dn.to_owned(), attributes: BTreeMap::new() };
        for (name, value) in attributes {
            entry.attributes.entry(name.to_lowercase()).or_default().push(value.as_bytes().to_vec());
        }
        entry
    }

    /// The values of an attribute that are texts.
    pub fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        let values = self.attributes.get(&attribute.to_lowercase());
        values.into_iter().flatten().filter_map(|value| core::str::from_utf8(value).ok())
    }

    /// The first value of an attribute; empty where there is none.
    pub fn text(&self, attribute: &str) -> &str {
        self.texts(attribute).next().unwrap_or_default()
    }

    fn read(mut content: Reader<'_>) -> Result<Self, Malformed> {
        let dn = content.text()?;
        let mut attributes = BTreeMap::new();
        let mut list = content.inside(SEQUENCE)?;
        while !list.is_at_end() {
            if attributes.len() >= MOST_ATTRIBUTES {
                return Err(Malformed("too many attributes"));
            }
            let mut attribute = list.inside(SEQUENCE)?;
            let name = attribute.text()?;
            let name = name.split(';').next().unwrap_or_default().to_lowercase();
            let mut set = attribute.inside(SET)?;
            let values: &mut Vec<Vec<u8>> = attributes.entry(name).or_default();
            while !set.is_at_end() {
                if values.len() >= MOST_VALUES {
                    return Err(Malformed("too many values"));
                }
                values.push(set.of(OCTETS)?.to_vec());
            }
        }
        Ok(Self { dn, attributes })
    }
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The result code (RFC 4511 appendix A); 0 is success.
    pub code: u32,
    /// What the server says of it, as one bounded line.
    pub text: String,
}

impl Ended {
    /// Tells whether the server is not able to serve now: busy or unavailable.
    pub const fn is_unserved(&self) -> bool {
        matches!(self.code, 51 | 52)
    }

    /// The code with what the server says.
    pub fn told(&self) -> String {
        if self.text.is_empty() {
            format!("result {}", self.code)
        } else {
            format!("result {}: {}", self.code, self.text)
        }
    }

    fn read(mut content: Reader<'_>) -> Result<Self, Malformed> {
        let code = content.number(ENUMERATED)?;
        let _matched = content.of(OCTETS)?;
        let text: String = one_line(&content.text()?).chars().take(LONGEST_TEXT).collect();
        Ok(Self { code, text })
    }
}

/// A message of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The number of the request that it answers; 0 where none was asked.
    pub number: u32,
    /// What it says.
    pub content: Content,
}

/// What a message of a server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The bind ended.
    Bound(Ended),
    /// One entry.
    Entry(Entry),
    /// Other servers know more; they are not asked.
    Elsewhere,
    /// The search ended.
    Searched(Ended),
    /// StartTLS ended, or, as message 0, the server breaks off.
    Extended(Ended),
}

impl Message {
    /// How long the message is that begins here; none as long as that cannot be told.
    pub fn length(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        length_of(bytes, LARGEST)
    }

    /// Reads one message.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut whole = Reader::new(bytes).inside(SEQUENCE)?;
        let number = whole.number(INTEGER)?;
        let (tag, content) = whole.any()?;
        let content = Reader::new(content);
        let content = match tag {
            0x61 => Content::Bound(Ended::read(content)?),
            0x64 => Content::Entry(Entry::read(content)?),
            0x65 => Content::Searched(Ended::read(content)?),
            0x73 => Content::Elsewhere,
            0x78 => Content::Extended(Ended::read(content)?),
            _ => return Err(Malformed("a message of an unknown kind")),
        };
        Ok(Self { number, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(text: &str) -> Arc<Secret> {
        Arc::new(Secret::new(text.to_owned()).unwrap())
    }

    #[test]
    fn requests_are_the_bytes_of_the_standard() {
        let bind = Request::Bind { dn: "cn=a".to_owned(), password: secret("pw") };
        assert_eq!(
            bind.bytes(1).as_slice(),
            [0x30, 0x12, 2, 1, 1, 0x60, 0x0d, 2, 1, 3, 4, 4, b'c', b'n', b'=', b'a', 0x80, 2, b'p', b'w']
        );
        assert_eq!(
            Request::BindAnonymously.bytes(2).as_slice(),
            [0x30, 12, 2, 1, 2, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0]
        );
        assert_eq!(Request::Unbind.bytes(200).as_slice(), [0x30, 6, 2, 2, 0, 200, 0x42, 0]);
        let tls = Request::StartTls.bytes(1);
        assert_eq!(&tls[..9], [0x30, 29, 2, 1, 1, 0x77, 24, 0x80, 22]);
        assert_eq!(&tls[9..], START_TLS.as_bytes());
    }

    /// A typed name stays a value: nothing in it can become part of the filter.
    #[test]
    fn a_name_is_a_value_and_no_filter() {
        let evil = "*)(uid=*))(|(uid=*\0\\2a";
        let search = Search {
            base: "dc=x".to_owned(),
            filter: Filter::Is("uid".to_owned(), evil.to_owned()),
            attributes: vec!["cn".to_owned()],
            most: 2,
            seconds: 0,
        };
        let bytes = Request::Search(search).bytes(1);
        let mut whole = Reader::new(&bytes).inside(SEQUENCE).unwrap();
        whole.number(INTEGER).unwrap();
        let mut search = whole.inside(0x63).unwrap();
        for _ in 0..6 {
            search.any().unwrap();
        }
        let mut filter = search.inside(0xa3).unwrap();
        assert_eq!((filter.text().unwrap(), filter.text().unwrap()), ("uid".to_owned(), evil.to_owned()));
        assert!(filter.is_at_end());
    }

    fn entry_bytes() -> Vec<u8> {
        let values = Writer::new().octets(b"Ann").octets(&[0xff]);
        let attribute = Writer::new().octets(b"CN;lang-en").nested(SET, &values);
        let list = Writer::new().nested(SEQUENCE, &attribute);
        let entry = Writer::new().octets(b"cn=ann").nested(SEQUENCE, &list);
        let whole = Writer::new().number(INTEGER, 300).nested(0x64, &entry);
        Writer::new().nested(SEQUENCE, &whole).done().to_vec()
    }

    #[test]
    fn answers_are_read() {
        let bytes = entry_bytes();
        assert_eq!(Message::length(&bytes), Ok(Some(bytes.len())));
        let Message { number: 300, content: Content::Entry(entry) } = Message::read(&bytes).unwrap() else {
            panic!()
        };
        assert_eq!((entry.dn.as_str(), entry.text("cn")), ("cn=ann", "Ann"));
        assert_eq!(entry.texts("CN").count(), 1, "what is no text is no value here");
        let refused = [0x30, 15, 2, 1, 1, 0x61, 10, 10, 1, 49, 4, 0, 4, 3, b'n', b'\n', b'o'];
        let Content::Bound(ended) = Message::read(&refused).unwrap().content else { panic!() };
        assert_eq!((ended.code, ended.text.contains('\n')), (49, false));
    }

    #[test]
    fn what_is_too_large_or_of_another_form_is_refused() {
        assert_eq!(Message::length(&[0x30]), Ok(None));
        assert_eq!(Message::length(&[0x30, 0x83, 0x10]), Ok(None));
        assert!(Message::length(&[0x30, 0x83, 0x10, 0, 1]).is_err(), "a mebibyte and one");
        assert!(Message::length(&[0x30, 0x80]).is_err(), "an indefinite length");
        assert!(Message::length(&[0x30, 0x85, 0, 0, 0, 0, 1]).is_err());
    }

    proptest! {
        /// The same is asked by the fuzz target `ldap`.
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Message::length(&bytes), Message::read(&bytes));
        }

        #[test]
        fn a_message_that_is_damaged_is_read_or_refused(at in 0_usize..60, byte in any::<u8>(), cut in 0_usize..60) {
            let mut bytes = entry_bytes();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(cut.max(1));
            let _ = Message::read(&bytes);
        }
    }
}
