//! The bytes of an image, version 2: a header, a table of sections, and the sections.
//!
//! ```text
//!   0  magic             8 bytes, `SCLERAIM`
//!   8  version           u32, 2
//!  12  sections          u32, 20
//!  16  length            u64, of the whole image
//!  24  generation        u64, the revision of the settings
//!  32  ticket key        32 bytes, the public key of the instance; zeros where there is none
//!  64  settings          u32, bit 0 exact names of resources, bit 1 changes of roles count at once
//!  68  id bound          u32, more than the id of every resource
//!  72  (zeros)
//! 120  sum               u64, over bytes 0 to 120 and the table
//! 128  table             20 entries: offset u64, length u64, sum u64
//! 608  (zeros up to a multiple of 64) and the sections in order, each at a multiple of 64
//! ```
//!
//! Numbers are little-endian. There is one right place for every section and zeros between them, so settings have one
//! image and no other, and a patch can be compared with a compilation byte for byte.
//!
//! | section | of each kind of object (resources, roles, services, applications) |
//! |---|---|
//! | records | by id, 32 bytes each: id, flags, start and length of the name, four numbers of the kind |
//! | text | the names as written |
//! | buckets | where the keys of each beginning of a hash start, and one entry that ends them |
//! | keys | by hash and id, 48 bytes each: four words of the folded name, hash, id, length, flags |
//!
//! Then privileges, grants, public permissions and lists, as u32 each. A privilege is `id << 3 | permissions`.

use core::fmt;
use core::ops::Range;

pub(crate) const MAGIC: [u8; 8] = *b"SCLERAIM";
pub(crate) const VERSION: u32 = 2;
pub(crate) const HEADER: usize = 128;
pub(crate) const SUM_AT: usize = 120;
pub(crate) const SECTIONS: usize = 20;
pub(crate) const SECTION_COUNT: u32 = 20;
pub(super) const ENTRY: usize = 24;
pub(super) const ALIGNMENT: usize = 64;
pub(crate) const RECORD: usize = 32;
pub(crate) const KEY: usize = 48;
/// Ids that fit beside three permissions in a number.
pub(crate) const MAX_ID: u32 = (1 << 29) - 1;
/// The longest image: what its numbers can name.
pub(crate) const MAX_LENGTH: usize = 1 << 31;

pub(crate) const EXACT_NAMES: u32 = 1;
pub(crate) const ROLES_AT_ONCE: u32 = 2;
/// Of a record of a role: it is `%All`.
pub(crate) const IS_ALL: u32 = 1;
/// Of a record of a role: it can be taken by escalation only.
pub(crate) const ESCALATION_ONLY: u32 = 2;
/// Of a record of a service or an application: it is enabled.
pub(crate) const ENABLED: u32 = 1;
/// Of a record of an application: it names a resource that does not exist.
pub(crate) const RESOURCE_MISSING: u32 = 2;
/// Of a key: the name must be compared as written, at least in part.
pub(crate) const KEEPS_CASE: u32 = 1;
/// Of a key: the name is not all ASCII.
pub(crate) const NOT_ASCII: u32 = 2;

/// A kind of object with records and names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Objects {
    Resources = 0,
    Roles = 4,
    Services = 8,
    Applications = 12,
}

impl Objects {
    pub(crate) const fn records(self) -> usize {
        self as usize
    }
    pub(crate) const fn text(self) -> usize {
        self as usize + 1
    }
    pub(crate) const fn buckets(self) -> usize {
        self as usize + 2
    }
    pub(crate) const fn keys(self) -> usize {
        self as usize + 3
    }
}

pub(crate) const PRIVILEGES: usize = 16;
pub(crate) const GRANTS: usize = 17;
pub(crate) const PUBLIC: usize = 18;
pub(crate) const LISTS: usize = 19;

/// Why bytes are not an image to decide from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// They end before the image does, or go on after it.
    Length,
    /// They do not begin like an image.
    Magic,
    /// They are an image of another version.
    Version(u32),
    /// The header or the table of sections is not what was written.
    Header,
    /// A section is not what was written.
    Section(u8),
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("the image has not the length that it says"),
            Self::Magic => f.write_str("this is no image of settings"),
            Self::Version(found) => {
                write!(f, "the image has version {found} and this program reads version {VERSION}")
            }
            Self::Header => f.write_str("the header of the image is damaged"),
            Self::Section(number) => write!(f, "section {number} of the image is damaged"),
        }
    }
}

impl core::error::Error for Invalid {}

/// Where everything stands in an image that was found valid.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) generation: u64,
    pub(crate) settings: u32,
    pub(crate) id_bound: u32,
    pub(crate) ticket_key: [u8; 32],
    pub(crate) sections: [Range<usize>; SECTIONS],
}

impl Layout {
    /// Reads the header and proves every section by its sum.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Invalid> {
        let number = |at| u32_at(bytes, at).ok_or(Invalid::Length);
        if bytes.get(..8).ok_or(Invalid::Length)? != MAGIC {
            return Err(Invalid::Magic);
        }
        match number(8)? {
            VERSION => {}
            other => return Err(Invalid::Version(other)),
        }
        let table = bytes.get(HEADER..HEADER + SECTIONS * ENTRY).ok_or(Invalid::Length)?;
        let head = bytes.get(..SUM_AT).ok_or(Invalid::Length)?;
        if u64_at(bytes, SUM_AT) != Some(sum_of_both(head, table)) || number(12)? != SECTION_COUNT {
            return Err(Invalid::Header);
        }
        if bytes.len() > MAX_LENGTH || u64_at(bytes, 16) != Some(bytes.len() as u64) {
            return Err(Invalid::Length);
        }
        let mut sections = core::array::from_fn(|_| 0..0);
        let mut end = HEADER + SECTIONS * ENTRY;
        for (place, section) in sections.iter_mut().enumerate() {
            *section = proven(bytes, table, place, end)?;
            end = section.end;
        }
        if end != bytes.len() {
            return Err(Invalid::Length);
        }
        let ticket_key = bytes.get(32..64).and_then(|key| key.try_into().ok()).ok_or(Invalid::Length)?;
        Ok(Self {
            generation: u64_at(bytes, 24).ok_or(Invalid::Length)?,
            settings: number(64)?,
            id_bound: number(68)?,
            ticket_key,
            sections,
        })
    }
}

/// A section that stands where it must, after zeros, and has its sum.
fn proven(bytes: &[u8], table: &[u8], place: usize, end: usize) -> Result<Range<usize>, Invalid> {
    let damaged = Invalid::Section(u8::try_from(place).unwrap_or(u8::MAX));
    let entry = |part: usize| u64_at(table, place * ENTRY + part * 8).ok_or(Invalid::Header);
    let start = aligned(end);
    let length = usize::try_from(entry(1)?).map_err(|_| damaged)?;
    let past = start.checked_add(length).ok_or(damaged)?;
    let (gap, section) = (bytes.get(end..start).ok_or(damaged)?, bytes.get(start..past).ok_or(damaged)?);
    let is_in_place = entry(0)? == start as u64 && gap.iter().all(|byte| *byte == 0);
    if is_in_place && entry(2)? == sum(section) { Ok(start..past) } else { Err(damaged) }
}

pub(super) const fn aligned(end: usize) -> usize {
    end.next_multiple_of(ALIGNMENT)
}

/// The number at a place.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// The long number at a place.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// Numbers without pattern, to begin sums and hashes with: the fraction of the square roots of 2, 3, 5 and 7.
pub(crate) const SEEDS: [u64; 4] =
    [0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

/// The product of two numbers, both halves of it mixed.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
    let halves = (product as u64, (product >> 64) as u64);
    halves.0 ^ halves.1
}

/// A sum that finds accidents: torn writes, cut files, turned bits. It keeps nobody out; the owner and the mode of the
/// file do.
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    let mut sum = Sum::default();
    sum.add(bytes);
    sum.finish()
}

/// The sum of pieces, which is that of all of them as one.
#[derive(Default)]
pub(super) struct Sum {
    lanes: Lanes,
    /// The beginning of a block, of which the end is still to come.
    block: [u8; 32],
    filled: usize,
    length: u64,
}

struct Lanes([u64; 4]);

impl Default for Lanes {
    fn default() -> Self {
        Self(SEEDS)
    }
}

impl Sum {
    pub(super) fn add(&mut self, piece: &[u8]) {
        self.length += piece.len() as u64;
        let missing = if self.filled == 0 { 0 } else { self.block.len() - self.filled };
        let (first, rest) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
        self.fill(first);
        if self.filled == self.block.len() {
            step(&mut self.lanes.0, &self.block);
            self.filled = 0;
        }
        let mut blocks = rest.chunks_exact(32);
        for block in &mut blocks {
            step(&mut self.lanes.0, block);
        }
        self.fill(blocks.remainder());
    }

    fn fill(&mut self, bytes: &[u8]) {
        for (target, source) in self.block.iter_mut().skip(self.filled).zip(bytes) {
            *target = *source;
        }
        self.filled += bytes.len();
    }

    pub(super) fn finish(mut self) -> u64 {
        self.block.iter_mut().skip(self.filled).for_each(|byte| *byte = 0);
        step(&mut self.lanes.0, &self.block);
        let [a, b, c, d] = self.lanes.0;
        mix(mix(a, SEEDS[1]) ^ b, SEEDS[2]) ^ mix(mix(c, SEEDS[3]) ^ d, self.length ^ SEEDS[0])
    }
}

fn step(lanes: &mut [u64; 4], block: &[u8]) {
    for ((lane, word), seed) in lanes.iter_mut().zip(block.chunks_exact(8)).zip(SEEDS) {
        let word = word.first_chunk().copied().map_or(0, u64::from_le_bytes);
        // Odd factors lose nothing; the turn carries high bits to where the next product spreads them.
        *lane = (*lane ^ word).wrapping_mul(seed | 1).rotate_left(29);
    }
}

pub(super) fn sum_of_both(head: &[u8], table: &[u8]) -> u64 {
    mix(sum(head) ^ SEEDS[0], sum(table) ^ SEEDS[1])
}
