//! Which format a text is in: recognised by its first characters, whatever its file is called.

use crate::malformed::Malformed;
use core::fmt;

/// The formats that configurations come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON: begins with `{`.
    Json,
    /// YAML: anything that begins like none of the others.
    Yaml,
    /// An export of the Security classes: begins with `<`.
    Xml,
    /// A configuration merge file: begins with `[`.
    Cpf,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON file",
            Self::Yaml => "YAML file",
            Self::Xml => "security XML export",
            Self::Cpf => "CPF merge file",
        })
    }
}

/// The most bytes that are taken.
pub(crate) const LONGEST: usize = 256 << 20;

/// The format of a text, and its bytes without a byte order mark.
pub(crate) fn recognise(bytes: &[u8]) -> Result<(Format, &[u8]), Malformed> {
    if bytes.len() > LONGEST {
        return Err(Malformed::TooLong { limit: LONGEST });
    }
    if let Some(name) = foreign_encoding(bytes) {
        return Err(Malformed::Encoding(name));
    }
    let content = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    let format = match content.trim_ascii_start().first() {
        None => return Err(Malformed::Empty),
        Some(b'{') => Format::Json,
        Some(b'<') => Format::Xml,
        Some(b'[') => Format::Cpf,
        Some(_) => Format::Yaml,
    };
    Ok((format, content))
}

/// The text of what [`recognise`] left of the bytes.
pub(crate) fn text<'a>(bytes: &[u8], content: &'a [u8]) -> Result<&'a str, Malformed> {
    let mark = bytes.len() - content.len();
    core::str::from_utf8(content).map_err(|error| Malformed::NotUtf8 { offset: mark + error.valid_up_to() })
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// An encoding other than UTF-8, by its byte order mark or by the zeros that it puts into every ASCII character.
fn foreign_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=255, ..] | [1..=255, 0, 0, 0, ..] => {
            Some("UTF-32")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..] => Some("UTF-16"),
        _ => None,
    }
}
