//! The part of BER that LDAP uses (RFC 4511 section 5.1): definite lengths, low tag numbers.
//!
//! Reading goes over a slice and never looks beyond its end; what contains something is read by another [`Reader`] over
//! its content, so depth is that of the grammar which reads it.

use super::Malformed;
use zeroize::{Zeroize, Zeroizing};

/// Tags of the universal class.
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Something in the making. It may hold a password, so it is wiped, and copies that growing leaves behind are, too.
pub(super) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Zeroizing::new(Vec::new()))
    }

    /// An element of a tag.
    #[must_use]
    pub(super) fn with(mut self, tag: u8, content: &[u8]) -> Self {
        let mut header = vec![tag];
        match u8::try_from(content.len()) {
            Ok(short) if short < 0x80 => header.push(short),
            _ => {
                let length = content.len().to_be_bytes();
                let start = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
                let digits = length.get(start..).unwrap_or_default();
                header.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
                header.extend_from_slice(digits);
            }
        }
        let mut whole = Vec::with_capacity(self.0.len() + header.len() + content.len());
        whole.extend_from_slice(&self.0);
        whole.extend_from_slice(&header);
        whole.extend_from_slice(content);
        self.0.zeroize();
        Self(Zeroizing::new(whole))
    }

    /// A text or bytes.
    #[must_use]
    pub(super) fn octets(self, content: &[u8]) -> Self {
        self.with(OCTETS, content)
    }

    /// A number of a tag.
    #[must_use]
    pub(super) fn number(self, tag: u8, number: u32) -> Self {
        // A leading zero keeps it positive.
        let bytes = i64::from(number).to_be_bytes();
        let start = (0..7).find(|at| {
            let pair = (bytes.get(*at).copied(), bytes.get(at + 1).copied());
            !matches!(pair, (Some(0), Some(next)) if next < 0x80)
        });
        self.with(tag, bytes.get(start.unwrap_or(7)..).unwrap_or_default())
    }

    /// What another one holds, as an element of a tag.
    #[must_use]
    pub(super) fn nested(self, tag: u8, inner: &Self) -> Self {
        self.with(tag, &inner.0)
    }

    /// What another one holds, and then this.
    #[must_use]
    pub(super) fn after(self, first: &Self) -> Self {
        let mut whole = Vec::with_capacity(first.0.len() + self.0.len());
        whole.extend_from_slice(&first.0);
        whole.extend_from_slice(&self.0);
        Self(Zeroizing::new(whole))
    }

    pub(super) fn done(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

/// How long the element is that begins here, its header included; none as long as the header is not whole. A length of
/// more than `limit` is refused.
pub(super) fn length_of(bytes: &[u8], limit: usize) -> Result<Option<usize>, Malformed> {
    let Some((_, rest)) = bytes.split_first() else { return Ok(None) };
    let Some((first, rest)) = rest.split_first() else { return Ok(None) };
    let (header, content) = if *first < 0x80 {
        (2, usize::from(*first))
    } else {
        let digits = usize::from(first & 0x7f);
        if !(1..=4).contains(&digits) {
            return Err(Malformed("a length of another form"));
        }
        let Some(digits) = rest.get(..digits) else { return Ok(None) };
        (2 + digits.len(), digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
    };
    if content > limit {
        return Err(Malformed("more than a message may have"));
    }
    Ok(Some(header + content))
}

/// Elements one after another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element: its tag and its content.
    pub(super) fn any(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let cut = || Malformed("it is cut off");
        let tag = *self.0.first().ok_or_else(cut)?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed("a tag of another form"));
        }
        let length = length_of(self.0, self.0.len())?.ok_or_else(cut)?;
        let (element, rest) = self.0.split_at_checked(length).ok_or_else(cut)?;
        let short = element.get(1).is_some_and(|first| *first < 0x80);
        let header =
            if short { 2 } else { 2 + usize::from(element.get(1).copied().unwrap_or_default() & 0x7f) };
        self.0 = rest;
        Ok((tag, element.get(header..).ok_or_else(cut)?))
    }

    /// The content of the next element, which must be of a tag.
    pub(super) fn of(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        let (found, content) = self.any()?;
        if found == tag { Ok(content) } else { Err(Malformed("another element is due")) }
    }

    /// What is inside the next element, which must be of a tag.
    pub(super) fn inside(&mut self, tag: u8) -> Result<Self, Malformed> {
        self.of(tag).map(Self)
    }

    /// The number that comes next, from 0 to 2,147,483,647.
    pub(super) fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let content = self.of(tag)?;
        if content.is_empty() || content.len() > 4 || content.first().is_some_and(|first| *first >= 0x80) {
            return Err(Malformed("a number out of range"));
        }
        Ok(content.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// The text that comes next; bytes that are no UTF-8 are replaced.
    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        Ok(String::from_utf8_lossy(self.of(OCTETS)?).into_owned())
    }
}
