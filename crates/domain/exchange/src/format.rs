//! Which format a text is in: recognised by its first characters, whatever its file is called.

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
    /// A configuration merge file: begins with `[`, or with comments before it.
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

impl Format {
    /// The format of a text that begins with a byte, white space left out.
    pub(crate) const fn beginning_with(byte: u8) -> Self {
        match byte {
            b'{' => Self::Json,
            b'<' => Self::Xml,
            // A comment with `#` may begin a YAML file as well; see `Input::open`.
            b'[' | b';' => Self::Cpf,
            _ => Self::Yaml,
        }
    }
}

/// The most bytes of a text that is read as a whole.
pub(crate) const LONGEST_WHOLE: usize = 64 << 20;

pub(crate) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// An encoding other than UTF-8, by its byte order mark or by the zeros that it puts into every ASCII character.
pub(crate) fn foreign_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=255, ..] | [1..=255, 0, 0, 0, ..] => {
            Some("UTF-32")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..] => Some("UTF-16"),
        _ => None,
    }
}
