//! Permissions: Read, Write, Use, and sets of them.
//!
//! ```
//! use sclera_core::permission::Permissions;
//!
//! let held: Permissions = "R,Write".parse()?;
//! assert_eq!(held.words().to_string(), "READ,WRITE");
//! assert!(held.holds(Permissions::READ));
//! # Ok::<(), sclera_core::permission::InvalidPermissions>(())
//! ```

use core::fmt;
use core::ops::{BitAnd, BitOr, BitOrAssign, Not};
use core::str::FromStr;

/// A set of permissions (`authorization.md` PRM-1): Read is 1, Write 2, Use 4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Permissions(u8);

impl Permissions {
    /// The empty set.
    pub const NONE: Self = Self(0);
    /// Read: see the contents without changing them.
    pub const READ: Self = Self(1);
    /// Write: see or change the contents.
    pub const WRITE: Self = Self(2);
    /// Use: run or employ a program, tool, application or service.
    pub const USE: Self = Self(4);
    /// All three.
    pub const ALL: Self = Self(7);
    /// Each single permission in the order in which they are shown.
    pub const EACH: [Self; 3] = [Self::READ, Self::WRITE, Self::USE];

    /// The set of a number from 0 to 7, as properties and files hold it (PRM-6).
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits <= 7 { Some(Self(bits)) } else { None }
    }

    /// The number of this set.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Tells whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Tells whether every wanted permission is in the set.
    pub const fn holds(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// Reads the value of a permission property: the text forms, a number from 0 to 7, or nothing (PRM-6).
    pub fn from_property(text: &str) -> Result<Self, InvalidPermissions> {
        let text = text.trim();
        match text.parse::<u8>() {
            Ok(bits) => Self::from_bits(bits).ok_or(InvalidPermissions),
            Err(_) if text.is_empty() => Ok(Self::NONE),
            Err(_) => text.parse(),
        }
    }

    /// What is stored of this set on a resource that protects databases: Write brings Read (PRM-8).
    #[must_use]
    pub const fn on_database(self) -> Self {
        if self.holds(Self::WRITE) { Self(self.0 | Self::READ.0) } else { self }
    }

    /// The display form `READ,WRITE,USE`, used by `Check`.
    pub const fn words(self) -> Words {
        Words(self)
    }
}

/// The display form `RWU`, used by roles and resources (PRM-7).
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        join(*self, f, "", |name| name.get(..1).unwrap_or_default())
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

/// Shows a set as full words with commas (see [`Permissions::words`]).
#[derive(Clone, Copy)]
pub struct Words(Permissions);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        join(self.0, f, ",", |name| name)
    }
}

const NAMES: [(Permissions, &str); 3] =
    [(Permissions::READ, "READ"), (Permissions::WRITE, "WRITE"), (Permissions::USE, "USE")];

fn join(
    set: Permissions,
    f: &mut fmt::Formatter<'_>,
    separator: &str,
    form: fn(&'static str) -> &'static str,
) -> fmt::Result {
    let held = NAMES.iter().filter(|(permission, _)| set.holds(*permission));
    for (position, (_, name)) in held.enumerate() {
        if position > 0 {
            f.write_str(separator)?;
        }
        f.write_str(form(name))?;
    }
    Ok(())
}

/// The text names no set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPermissions;

impl fmt::Display for InvalidPermissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("permissions are READ, WRITE, USE or their first letters")
    }
}

impl core::error::Error for InvalidPermissions {}

/// Reads every documented spelling by the one rule PRM-4; an empty text is invalid.
impl FromStr for Permissions {
    type Err = InvalidPermissions;

    fn from_str(text: &str) -> Result<Self, InvalidPermissions> {
        text.split(',').map(|piece| run(piece.trim())).try_fold(Self::NONE, |all, one| Ok(all | one?))
    }
}

/// Eats one run such as `RW`, `RWRITE` or `USER` from the left, longest word first.
fn run(piece: &str) -> Result<Permissions, InvalidPermissions> {
    let mut rest = piece.as_bytes();
    if rest.is_empty() {
        return Err(InvalidPermissions);
    }
    let mut set = Permissions::NONE;
    while !rest.is_empty() {
        let (permission, length) = first(rest).ok_or(InvalidPermissions)?;
        set |= permission;
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(set)
}

fn first(rest: &[u8]) -> Option<(Permissions, usize)> {
    let begins =
        |name: &str| rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()));
    let word =
        NAMES.iter().find(|(_, name)| begins(name)).map(|(permission, name)| (*permission, name.len()));
    let letter = || NAMES.iter().find(|(_, name)| name.get(..1).is_some_and(begins)).map(|(p, _)| (*p, 1));
    word.or_else(letter)
}

impl BitOr for Permissions {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Permissions {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Permissions {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Permissions {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0 & Self::ALL.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_spelling_of_the_same_set() {
        for text in
            ["WRITE,READ", "W,R", "R,Write", "read,w", "RW", "WR", "RWRITE", "WRITEREAD", " R , W ", "rw,R"]
        {
            assert_eq!(text.parse(), Ok(Permissions::READ | Permissions::WRITE), "{text}");
        }
        assert_eq!("USER".parse(), Ok(Permissions::USE | Permissions::READ));
        assert_eq!("RUSE".parse(), Ok(Permissions::USE | Permissions::READ));
        assert_eq!("READ".parse(), Ok(Permissions::READ));
        assert_eq!("READ,w,U".parse(), Ok(Permissions::ALL));
    }

    #[test]
    fn anything_else_is_invalid_as_a_whole() {
        for text in ["", " ", "X", "READX", "R,,W", "R;W", "EAD", ",", "R,", "REA", "5", "ŘW", "ＲＷ"] {
            assert_eq!(text.parse::<Permissions>(), Err(InvalidPermissions), "{text:?}");
        }
    }

    #[test]
    fn properties_take_numbers() {
        assert_eq!(Permissions::from_property("3"), Ok(Permissions::READ | Permissions::WRITE));
        assert_eq!(Permissions::from_property(""), Ok(Permissions::NONE));
        assert_eq!(Permissions::from_property("8"), Err(InvalidPermissions));
        assert_eq!(Permissions::from_property("-1"), Err(InvalidPermissions));
    }

    #[test]
    fn display_forms() {
        assert_eq!(Permissions::ALL.to_string(), "RWU");
        assert_eq!(Permissions::ALL.words().to_string(), "READ,WRITE,USE");
        assert_eq!((Permissions::USE | Permissions::READ).words().to_string(), "READ,USE");
        assert_eq!(Permissions::NONE.words().to_string(), "");
    }

    #[test]
    fn write_brings_read_on_databases_only_there() {
        assert_eq!(Permissions::WRITE.on_database(), Permissions::READ | Permissions::WRITE);
        assert_eq!(Permissions::USE.on_database(), Permissions::USE);
    }
}
