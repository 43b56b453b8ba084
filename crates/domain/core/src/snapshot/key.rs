//! Names as they are looked up: folded, in four words, with a hash.
//!
//! A name of at most 32 ASCII characters is folded eight bytes at a time and is never copied; its words hold all of it,
//! so that a comparison of words and length is one of names. Any other name goes the long way, on the stack.

use super::format::{KEY, SEEDS, mix, u32_at, u64_at};
use crate::name::fold;

/// The bytes of the longest folded name that can be stored: 200 characters.
pub(crate) const LONGEST: usize = 800;
/// The bytes of the longest folded name that the words hold whole.
pub(crate) const WHOLE: usize = 32;

/// A folded name, ready to be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) words: [u64; 4],
    pub(crate) hash: u32,
    pub(crate) length: u32,
}

impl Key {
    /// The key of a name as somebody wrote it; none where no name is stored that long.
    #[cfg(test)]
    fn of(name: &str) -> Option<Self> {
        match Self::of_short_ascii(name.as_bytes()).filter(|_| is_plain(name)) {
            Some(key) => Some(key),
            None => Self::of_any(name),
        }
    }

    /// The short way, which is right for names of at most 32 ASCII characters without blanks at the ends. Of any other
    /// name the words are those of no name that [`is_plain`], so whoever finds one compares the texts.
    #[expect(
        clippy::inline_always,
        reason = "called, it hands the key over in memory, a sixth of a check by name"
    )]
    #[inline(always)]
    pub(crate) fn of_short_ascii(name: &[u8]) -> Option<Self> {
        let words = words(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "it is 32 at most")]
        let length = name.len() as u32;
        if length <= 16 {
            // Two of the words are nothing, and so is what the hash makes of them.
            let [a, b, ..] = words;
            return Some(Self::made([lower(a), lower(b), 0, 0], length));
        }
        Some(Self::made(words.map(lower), length))
    }

    /// The id and the flags of an entry of a section, if it has this key.
    #[inline]
    pub(crate) fn entry(&self, entry: &[u8; KEY]) -> Option<(u32, u32)> {
        let word = |at: usize| u64_at(entry, at * 8);
        let [a, b, c, d] = self.words;
        let others = (word(0)? ^ a) | (word(1)? ^ b) | (word(2)? ^ c) | (word(3)? ^ d);
        if others != 0 || u32_at(entry, 40)? != self.length {
            return None;
        }
        Some((u32_at(entry, 36)?, u32_at(entry, 44)?))
    }

    /// The long way, for every name.
    pub(crate) fn of_any(name: &str) -> Option<Self> {
        let mut buffer = [0; LONGEST];
        folded(name, &mut buffer).map(Self::of_folded)
    }

    /// The key of bytes that are folded.
    pub(crate) fn of_folded(bytes: &[u8]) -> Self {
        match words(bytes) {
            Some(words) => Self::made(words, narrow(bytes.len())),
            None => Self::of_long(bytes),
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "half of it is nothing where half of the words are")]
    fn made(words: [u64; 4], length: u32) -> Self {
        let [a, b, c, d] = words;
        let [first, second, third, last] = SEEDS;
        let one = a.wrapping_add(c.wrapping_mul(third | 1)) ^ first;
        let other = b.wrapping_add(d.wrapping_mul(last | 1)) ^ second;
        let hash = (mix(one, other) >> 32) as u32;
        Self { words, hash, length }
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
        Self::made(state, narrow(bytes.len()))
    }

    /// Tells whether the words are the name itself.
    #[inline]
    pub(crate) const fn is_whole(&self) -> bool {
        self.length as usize <= WHOLE
    }
}

#[inline]
fn seeded(mut words: [u64; 4], seeds: [u64; 4]) -> [u64; 4] {
    for (word, seed) in words.iter_mut().zip(seeds) {
        *word ^= seed;
    }
    words
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
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

/// Tells whether the short way finds a name, if it is short: it is ASCII, and no blank is left out.
pub(crate) fn is_plain(name: &str) -> bool {
    let is_visible = |byte: Option<&u8>| byte.is_some_and(|byte| *byte > b' ');
    name.is_ascii() && is_visible(name.as_bytes().first()) && is_visible(name.as_bytes().last())
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

/// All of 1 to 32 bytes in four words, which overlap where the length is no multiple; with the length they tell what the
/// bytes were.
#[inline]
fn words(bytes: &[u8]) -> Option<[u64; 4]> {
    let length = bytes.len();
    let word = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let half = |at: usize| Some(u64::from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)));
    let byte = |at: usize| bytes.get(at).copied().map(u64::from);
    if length > 16 {
        if length > WHOLE {
            return None;
        }
        return Some([word(0)?, word(8)?, word(length - 16)?, word(length - 8)?]);
    }
    if length >= 8 {
        return Some([word(0)?, word(length - 8)?, 0, 0]);
    }
    if length >= 4 {
        return Some([half(0)? | (half(length - 4)? << 32), 0, 0, 0]);
    }
    Some([byte(0)? | (byte(length / 2)? << 8) | (byte(length - 1)? << 16), 0, 0, 0])
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
    }

    /// How many keys of its bucket a name is compared with, on the average over names that follow a pattern: no more than
    /// if chance had made the hashes.
    #[test]
    fn hashes_of_names_that_resemble_each_other_spread() {
        let families: [fn(u32) -> alloc::string::String; 5] = [
            |number| alloc::format!("Resource_{number}"),
            |number| alloc::format!("%DB_{number:06}"),
            |number| alloc::format!("R{number}"),
            |number| alloc::format!("Ward_{number}_of_the_Hospital_West"),
            |number| alloc::format!("{number:x}"),
        ];
        for (place, family) in families.iter().enumerate() {
            let mut buckets = alloc::vec![0_u32; 1 << 15];
            for number in 0..1 << 14 {
                buckets[Key::of(&family(number)).unwrap().hash as usize >> 17] += 1;
            }
            let compared: u32 = buckets.iter().map(|count| count * (count + 1) / 2).sum();
            assert!(compared < (1 << 14) * 3 / 2, "{place}: {compared}");
        }
    }
}
