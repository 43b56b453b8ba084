//! The bytes of an image in parts. Most of what a patch says stands in the image before it already, and is not copied
//! before it is written.

use super::format::{ALIGNMENT, ENTRY, HEADER, SECTIONS, SUM_AT, Sum, aligned, sum_of_both};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Pieces shorter than this are copied, for a piece costs as much as they do.
const SHORT: usize = 256;

/// What stands between sections.
const GAP: [u8; ALIGNMENT] = [0; ALIGNMENT];

/// A section in the making.
#[derive(Debug, Default)]
pub(super) struct Section<'a> {
    /// What comes first, and how long it is.
    before: Vec<Cow<'a, [u8]>>,
    before_length: usize,
    /// What comes last, and can grow.
    own: Vec<u8>,
}

impl From<Vec<u8>> for Section<'_> {
    fn from(own: Vec<u8>) -> Self {
        Self { own, ..Self::default() }
    }
}

impl<'a> Section<'a> {
    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.before_length + self.own.len()
    }

    /// The end of it, to add to.
    pub(super) const fn end(&mut self) -> &mut Vec<u8> {
        &mut self.own
    }

    /// Adds what stands elsewhere for as long as the section does.
    pub(super) fn add(&mut self, piece: &'a [u8]) {
        if piece.len() < SHORT {
            return self.own.extend_from_slice(piece);
        }
        let own = core::mem::take(&mut self.own);
        self.before_length += own.len() + piece.len();
        if !own.is_empty() {
            self.before.push(Cow::Owned(own));
        }
        self.before.push(Cow::Borrowed(piece));
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.before.iter().map(|piece| &**piece).chain([self.own.as_slice()])
    }

    fn sum(&self) -> u64 {
        let mut sum = Sum::default();
        self.pieces().for_each(|piece| sum.add(piece));
        sum.finish()
    }
}

/// An image that can be written.
#[derive(Debug)]
pub struct Parts<'a> {
    pieces: Vec<Cow<'a, [u8]>>,
    length: usize,
}

impl<'a> Parts<'a> {
    /// Puts an image together: its header with what is known of it, and its sections.
    pub(super) fn sealed(head: &[u8; HEADER], sections: impl IntoIterator<Item = Section<'a>>) -> Self {
        let mut table = Vec::with_capacity(SECTIONS * ENTRY);
        let mut parts = Self { pieces: Vec::new(), length: HEADER + SECTIONS * ENTRY };
        for section in sections {
            let start = aligned(parts.length);
            for number in [start as u64, section.len() as u64, section.sum()] {
                table.extend_from_slice(&number.to_le_bytes());
            }
            parts.add(Cow::Borrowed(GAP.get(..start - parts.length).unwrap_or_default()));
            section.before.into_iter().chain([Cow::Owned(section.own)]).for_each(|piece| parts.add(piece));
        }
        let mut head = *head;
        for (target, source) in head.iter_mut().skip(16).zip((parts.length as u64).to_le_bytes()) {
            *target = source;
        }
        let total = sum_of_both(head.get(..SUM_AT).unwrap_or_default(), &table);
        for (target, source) in head.iter_mut().skip(SUM_AT).zip(total.to_le_bytes()) {
            *target = source;
        }
        let mut first = head.to_vec();
        first.append(&mut table);
        parts.pieces.insert(0, Cow::Owned(first));
        parts
    }

    fn add(&mut self, piece: Cow<'a, [u8]>) {
        self.length += piece.len();
        if !piece.is_empty() {
            self.pieces.push(piece);
        }
    }

    /// The parts, in their order.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| &**piece)
    }

    /// All of it in one piece.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length);
        self.pieces().for_each(|piece| bytes.extend_from_slice(piece));
        bytes
    }
}

/// Puts an image together. Public only so that a test can forge one of which the sums are right.
pub fn seal(head: &[u8; HEADER], sections: &[Vec<u8>]) -> Vec<u8> {
    Parts::sealed(head, sections.iter().cloned().map(Section::from)).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::format::sum;

    #[test]
    fn the_sum_of_pieces_is_that_of_the_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        for length in [0, 1, 31, 32, 33, 64, 999, 1_000] {
            let whole = &bytes[..length];
            for step in [1, 7, 31, 32, 33, 300] {
                let mut pieces = Sum::default();
                whole.chunks(step).for_each(|piece| pieces.add(piece));
                assert_eq!(pieces.finish(), sum(whole), "{length} bytes by {step}");
            }
        }
    }

    #[test]
    fn a_section_is_what_was_added_to_it() {
        let bytes: Vec<u8> = (0..=255).cycle().take(3 * SHORT).collect();
        let mut section = Section::default();
        let mut expected = Vec::new();
        for length in [1, SHORT - 1, SHORT, 0, 2 * SHORT, SHORT + 1, 3] {
            section.add(&bytes[..length]);
            section.end().push(7);
            expected.extend_from_slice(&bytes[..length]);
            expected.push(7);
        }
        let pieces: Vec<&[u8]> = section.pieces().collect();
        assert_eq!((section.len(), pieces.concat()), (expected.len(), expected));
        assert!(pieces.len() < 14, "short pieces are no pieces of their own: {}", pieces.len());
    }
}
