//! Names as they are looked up: folded, in four words, with a hash.
//!
//! A name of at most 32 ASCII characters is folded eight bytes at a time and is never copied; its words hold all of it,
//! so that a comparison of words and length is one of names. Any other name goes the long way, on the stack.

use super::format::{SEEDS, mix};
use crate::name::fold;

/// The bytes of the longest folded name that can be stored: 200 characters.
pub(crate) const LONGEST: usize = 800;

/// A folded name, ready to be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) words: [u64; 4],
    pub(crate) hash: u32,
    pub(crate) length: u32,
}

impl Key {
    /// The key of a name as somebody wrote it; none where no name is stored that long.
    #[inline]
    pub(crate) fn of(name: &str) -> Option<Self> {
        match Self::of_short_ascii(name.as_bytes()) {
            Some(key) => Some(key),
            None => Self::of_any(name),
        }
    }

    /// The short way. Blanks at the ends and everything beyond ASCII take the long one.
    #[inline]
    fn of_short_ascii(name: &[u8]) -> Option<Self> {
        let words = words(name)?;
        let [a, b, c, d] = words;
        if (a | b | c | d) & HIGH != 0 || *name.first()? <= b' ' || *name.last()? <= b' ' {
            return None;
        }
        Some(Self::made(words.map(lower), name.len()))
    }

    #[cold]
    #[inline(never)]
    fn of_any(name: &str) -> Option<Self> {
        let mut buffer = [0; LONGEST];
        folded(name, &mut buffer).map(Self::of_folded)
    }

    /// The key of bytes that are folded.
    pub(crate) fn of_folded(bytes: &[u8]) -> Self {
        match words(bytes) {
            Some(words) => Self::made(words, bytes.len()),
            None => Self::of_long(bytes),
        }
    }

    #[inline]
    fn made(words: [u64; 4], length: usize) -> Self {
        let [first, second, third, last] = seeded(words, SEEDS);
        let mixed = mix(first, second) ^ mix(third, last ^ length as u64);
        Self { words, hash: narrow(mixed), length: u32::try_from(length).unwrap_or(u32::MAX) }
    }

    /// Of more than 32 bytes the words are a digest; whoever finds one compares the texts.
    fn of_long(bytes: &[u8]) -> Self {
        let mut state = SEEDS;
        for block in bytes.chunks(32) {
            let mut padded = [0; 32];
            for (target, source) in padded.iter_mut().zip(block) {
                *target = *source;
            }
            let [first, second, third, last] = seeded(words(&padded).unwrap_or_default(), state);
            state = [mix(first, second), mix(third, last), mix(second, third), mix(last, first)];
        }
        Self::made(state, bytes.len())
    }

    /// Tells whether the words are the name itself.
    #[inline]
    pub(crate) const fn is_whole(&self) -> bool {
        self.length <= 32
    }
}

#[inline]
fn seeded(mut words: [u64; 4], seeds: [u64; 4]) -> [u64; 4] {
    for (word, seed) in words.iter_mut().zip(seeds) {
        *word ^= seed;
    }
    words
}

#[expect(clippy::cast_possible_truncation, reason = "the upper half is mixed into the lower")]
const fn narrow(mixed: u64) -> u32 {
    (mixed ^ (mixed >> 32)) as u32
}

/// Folds a name into the buffer; blanks at its ends are left out, as in [`crate::name::Folded`].
pub(crate) fn folded<'a>(name: &str, buffer: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let mut length = 0;
    for c in name.trim().chars() {
        let c = fold(c);
        c.encode_utf8(buffer.get_mut(length..length + c.len_utf8())?);
        length += c.len_utf8();
    }
    buffer.get(..length)
}

/// Tells whether two names fold to the same bytes.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.trim().chars().map(fold).eq(other.trim().chars().map(fold))
}

const HIGH: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;

/// Makes every capital letter of eight ASCII characters small.
#[inline]
const fn lower(word: u64) -> u64 {
    let from_a = word.wrapping_add(ONES * (0x80 - b'A' as u64));
    let past_z = word.wrapping_add(ONES * (0x7f - b'Z' as u64));
    word | (((from_a ^ past_z) & HIGH) >> 2)
}

/// All of at most 32 bytes in four words, which overlap where the length is no multiple; with the length they tell what
/// the bytes were.
#[inline]
fn words(bytes: &[u8]) -> Option<[u64; 4]> {
    let first = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let length = bytes.len();
    Some(match length {
        17..=32 => [first(0)?, first(8)?, first(length - 16)?, first(length - 8)?],
        8..=16 => [first(0)?, first(length - 8)?, 0, 0],
        4..=7 => {
            let half = |at: usize| Some(u64::from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)));
            [half(0)? | (half(length - 4)? << 32), 0, 0, 0]
        }
        0..=3 => {
            let word = bytes.iter().fold(0, |word: u64, byte| (word << 8) | u64::from(*byte));
            [word, 0, 0, 0]
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Folded;
    use alloc::vec::Vec;

    #[test]
    fn small_letters_are_those_of_ascii() {
        for byte in 0..0x80u8 {
            let word = u64::from_le_bytes([b'Z', byte, b'A', byte, b'[', b'@', byte, byte]);
            let expected = word.to_le_bytes().map(|byte| byte.to_ascii_lowercase());
            assert_eq!(lower(word).to_le_bytes(), expected, "{byte}");
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree() {
        let text = "%DB_Mine/the Quick_Brown-Fox[JUMPS]@over.The^Lazy~Dog";
        for length in 0..=text.len() {
            let name = &text[..length];
            let long = Key::of_folded(Folded::of(name).as_str().as_bytes());
            assert_eq!(Key::of(name), Some(long), "{name:?}");
            assert_eq!(Key::of(&name.to_ascii_uppercase()), Some(long), "{name:?}");
        }
    }

    #[test]
    fn names_beyond_ascii_fold_as_everywhere() {
        for name in
            ["Größe", "GRÖẞE", "ΣΊΣΥΦΟΣ", "\u{212a}elvin", "  R1 ", "\u{a0}R1\u{2003}", "\tR1", "数据", ""]
        {
            let expected = Key::of_folded(Folded::of(name).as_str().as_bytes());
            assert_eq!(Key::of(name), Some(expected), "{name:?}");
        }
        assert!(same(" \u{212a}ELVIN", "kelvin"));
        assert_eq!(Key::of(&"x".repeat(LONGEST + 1)), None);
        assert_eq!(Key::of(&"é".repeat(LONGEST)), None);
    }

    #[test]
    fn different_names_have_different_words() {
        let mut keys: Vec<Key> = (0..20_000)
            .map(|number| Key::of(&alloc::format!("Resource_{number}")).unwrap())
            .chain((0..=40).map(|length| Key::of(&"a".repeat(length)).unwrap()))
            .collect();
        keys.sort_by_key(|key| (key.words, key.length));
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
        let mut hashes: Vec<u32> = keys.iter().map(|key| key.hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert!(keys.len() - hashes.len() < 5, "hashes spread");
    }
}
