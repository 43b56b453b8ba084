//! What can be wrong with a text that is to be read.

use crate::format::Format;
use core::fmt;
use sclera_core::name::quotable;
use sclera_core::status::Status;

/// Why a text was not read; one line that says what and where. Values are not repeated, for one could be a password,
/// but for those of properties that are no texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// There is nothing in it.
    Empty,
    /// It has more bytes than are taken.
    TooLong {
        /// The most that are taken.
        limit: u64,
    },
    /// It has more records of a sort than are taken.
    TooMany {
        /// The sort.
        what: &'static str,
        /// The most that are taken.
        limit: usize,
    },
    /// The bytes did not come: what reads them failed for this reason.
    Unreadable(String),
    /// It is in an encoding other than UTF-8, named here.
    Encoding(&'static str),
    /// It is not UTF-8.
    NotUtf8 {
        /// How many bytes stand before the first that does not fit.
        offset: u64,
    },
    /// It is a merge file, whose steps are no records (see [`crate::Merge`]).
    Unsupported(Format),
    /// It is not JSON, not YAML or not XML, or more of it than is taken.
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The character in the line, counted from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// What it says is no configuration.
    Contents {
        /// The record, such as `Users[2] "ann"` (the third), or the section; of XML also the line.
        place: String,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// What is wrong with a section or record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A name that is not known here.
    Unknown {
        /// The name.
        name: String,
        /// The one that was probably meant.
        near: Option<&'static str>,
    },
    /// A name without which the record says nothing.
    Missing(&'static str),
    /// The value of such a name is blank.
    Blank(&'static str),
    /// Something else than can stand there.
    Shape {
        /// The property; none if it is the section or record itself.
        property: Option<String>,
        /// What can stand there.
        wanted: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// An element of a list that would count as several.
    Separator {
        /// The property.
        property: String,
        /// The character that separates elements.
        separator: char,
    },
    /// Another record of the section has the name.
    Repeated {
        /// The place of that record.
        first: String,
    },
    /// The system-wide settings under another name.
    NotSystem(String),
    /// The object of an SQL privilege is not written as type and name.
    SqlObject(String),
    /// The value of a name is not in the form that it has.
    Form {
        /// The name.
        name: String,
        /// The form.
        wanted: &'static str,
    },
    /// A name that stands once stands twice.
    Twice(String),
    /// The value breaks a rule of its property.
    Refused(Status),
}

impl Malformed {
    pub(crate) fn contents(place: &str, fault: Fault) -> Self {
        Self::Contents { place: place.to_owned(), fault }
    }

    /// Something is wrong with the last character of what was read.
    pub(crate) fn after(read: &str, what: impl Into<String>) -> Self {
        let line = read.matches('\n').count() + 1;
        let column = read.chars().rev().take_while(|c| *c != '\n').count().max(1);
        Self::Syntax { line, column, what: what.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is nothing in it"),
            Self::TooLong { limit } => write!(f, "it has more than {} MiB", limit >> 20),
            Self::TooMany { what, limit } => write!(f, "it has more than {limit} {what}"),
            Self::Unreadable(why) => write!(f, "it cannot be read: {why}"),
            Self::Encoding(name) => write!(f, "it is encoded in {name}; save it as UTF-8"),
            Self::NotUtf8 { offset } => write!(f, "it is not UTF-8 after the first {offset} bytes"),
            Self::Unsupported(format) => {
                write!(f, "it is a {format}; use `sclera import`")
            }
            Self::Syntax { line, column, what } => write!(f, "line {line}, column {column}: {what}"),
            Self::Contents { place, fault } => write!(f, "{place}: {fault}"),
        }
    }
}

impl core::error::Error for Malformed {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, near } => {
                write!(f, "unknown name `{}`", quotable(name))?;
                near.map_or(Ok(()), |near| write!(f, "; did you mean `{near}`?"))
            }
            Self::Missing(name) => write!(f, "`{name}` is missing"),
            Self::Blank(name) => write!(f, "`{name}` is empty"),
            Self::Shape { property: None, wanted, found } => write!(f, "it must be {wanted}, not {found}"),
            Self::Shape { property: Some(property), wanted, found } => {
                write!(f, "`{}` must be {wanted}, not {found}", quotable(property))
            }
            Self::Separator { property, separator } => {
                write!(
                    f,
                    "an element of `{}` holds `{separator}`, which separates elements",
                    quotable(property)
                )
            }
            Self::Repeated { first } => write!(f, "the same name as {first}"),
            Self::NotSystem(name) => {
                write!(
                    f,
                    "these settings are named `{}`, not `{}`",
                    sclera_core::system::NAME,
                    quotable(name)
                )
            }
            Self::SqlObject(text) => write!(
                f,
                "the object `{}` must be written as `table Sample.Person` or `1,Sample.Person`",
                quotable(text)
            ),
            Self::Form { name, wanted } => write!(f, "`{}` must be {wanted}", quotable(name)),
            Self::Twice(name) => write!(f, "`{}` stands twice", quotable(name)),
            Self::Refused(status) => write!(f, "{status}"),
        }
    }
}
