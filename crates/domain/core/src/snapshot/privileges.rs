//! What a set of roles holds, as bits: one page for every 1,024 ids, a nibble an id.
//!
//! A bit says that a permission is *missing*, so that "all wanted ones are held" is one test against zero. The fourth
//! bit of a nibble is missing for everybody: who wants nothing is asked for it, and only `%All`, which has no pages and
//! holds everything, is granted (Q3). Public permissions are in the pages, so what nobody granted costs no second look.
//!
//! Pages are never changed once made, and equal ones are one: [`Pages`] keeps them, and sessions share.

use super::format::{MAX_ID, SEEDS, mix};
use super::image::{Image, Reached};
use crate::id::ResourceId;
use crate::permission::Permissions;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// As many as a byte can name, so that no place needs a look at the bound.
const CELLS: usize = 256;
const PAGE_BITS: u32 = 10;
const NEVER: u16 = 8;

/// Where a resource is in a page: the cell, and by how much its nibble is shifted there.
#[inline]
const fn place(id: u32) -> (u8, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "the upper bits name the page")]
    ((id >> 2) as u8, (id & 3) * 4)
}

/// The bits that must not be set where what is wanted is held.
#[inline]
const fn mask(wanted: Permissions) -> u16 {
    if wanted.is_empty() { NEVER } else { wanted.bits() as u16 }
}

/// The missing permissions of 1,024 resources: four in each cell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Page {
    cells: [u16; CELLS],
    /// The sum of [`weight`] over all nibbles, which is kept up to date nibble by nibble.
    hash: u64,
}

impl Page {
    /// Everything is missing.
    const NOTHING: Self = Self { cells: [u16::MAX; CELLS], hash: 0 };

    /// Changes the nibble of a resource.
    #[inline]
    fn change(&mut self, resource: ResourceId, change: impl Fn(u16) -> u16) {
        let (place, shift) = place(resource.0);
        let Some(cell) = self.cells.get_mut(usize::from(place)) else { return };
        let before = *cell >> shift & 0xf;
        let after = change(before) & 0xf;
        *cell ^= (before ^ after) << shift;
        let number = resource.0 & 1_023;
        self.hash = self.hash.wrapping_add(weight(number, after)).wrapping_sub(weight(number, before));
    }
}

/// What a nibble of a page adds to its hash; one that misses everything adds nothing.
#[inline]
fn weight(number: u32, missing: u16) -> u64 {
    if missing == 0xf { 0 } else { mix(SEEDS[0] ^ u64::from(number << 4 | u32::from(missing)), SEEDS[1]) }
}

/// A privilege that was looked up once, to be asked for many times.
///
/// It names the resource by its id, which is never given twice, so it stays right over generations and sessions; what
/// is created under the same name later has another id and another `Prepared`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepared {
    page: u32,
    mask: u16,
    cell: u8,
}

impl Prepared {
    /// Prepares a privilege. A resource that does not exist is held by `%All` alone, and so is wanting nothing.
    #[inline]
    pub const fn new(resource: Option<ResourceId>, wanted: Permissions) -> Self {
        let Some(ResourceId(id)) = resource else { return Self { page: u32::MAX, mask: NEVER, cell: 0 } };
        let (cell, shift) = place(id);
        Self { page: id >> PAGE_BITS, mask: mask(wanted) << shift, cell }
    }

    /// As a word, for callers in other languages. It is never 0.
    #[inline]
    pub const fn to_word(self) -> u64 {
        self.page as u64 | (self.mask as u64) << 32 | (self.cell as u64) << 48
    }

    /// The privilege of a word that [`Prepared::to_word`] made; 0, and every other word that asks for no permission, is
    /// none. Of whatever else somebody made up, the answer is that of some privilege.
    #[inline]
    pub const fn from_word(word: u64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "each part is cut out of the word")]
        let (page, mask, cell) = (word as u32, (word >> 32) as u16, (word >> 48) as u8);
        if mask == 0 { None } else { Some(Self { page, mask, cell }) }
    }
}

/// What a set of roles holds on every resource of a generation.
#[derive(Debug, Clone)]
pub struct Privileges {
    pages: Arc<[Arc<Page>]>,
    all: bool,
}

impl Privileges {
    /// Tells whether a privilege is held.
    #[inline]
    pub fn holds(&self, wanted: &Prepared) -> bool {
        match self.pages.get(wanted.page as usize) {
            Some(page) => {
                page.cells.get(usize::from(wanted.cell)).is_some_and(|cell| cell & wanted.mask == 0)
            }
            None => self.all,
        }
    }

    /// Tells the same of a resource and what is wanted, without preparing it first.
    #[inline]
    pub fn grants(&self, resource: Option<ResourceId>, wanted: Permissions) -> bool {
        let Some(ResourceId(id)) = resource else { return self.all };
        let Some(page) = self.pages.get((id >> PAGE_BITS) as usize) else { return self.all };
        let (cell, shift) = place(id);
        page.cells.get(usize::from(cell)).is_some_and(|cell| cell >> shift & mask(wanted) == 0)
    }

    /// The permissions held on a resource; none stands for one that does not exist.
    #[inline]
    pub fn held(&self, resource: Option<ResourceId>) -> Permissions {
        let page =
            resource.and_then(|ResourceId(id)| Some((self.pages.get((id >> PAGE_BITS) as usize)?, id)));
        let Some((page, id)) = page else {
            return if self.all { Permissions::ALL } else { Permissions::NONE };
        };
        let (cell, shift) = place(id);
        let held = page.cells.get(usize::from(cell)).map_or(0, |cell| !(cell >> shift) & 7);
        u8::try_from(held).ok().and_then(Permissions::from_bits).unwrap_or(Permissions::NONE)
    }

    /// Tells whether everything is held by rule.
    pub const fn has_all(&self) -> bool {
        self.all
    }

    /// How many pages there are; each takes a pointer here and 512 bytes once for all that share it.
    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// Nothing, on no resource.
    pub fn nothing() -> Self {
        Self { pages: Arc::new([]), all: false }
    }

    /// Tells whether anybody else shares these pages.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.pages) > 1
    }

    fn everything() -> Self {
        Self { pages: Arc::new([]), all: true }
    }
}

/// The pages of a process, each once: a table by hash, in which whoever finds a place taken takes the next.
#[derive(Debug, Default)]
pub struct Pages {
    /// No more than half of the places are taken; their number is a power of two, or none.
    places: Vec<Option<Arc<Page>>>,
    count: usize,
    /// At how many pages those that nobody uses any longer are let go.
    sweep_at: usize,
}

impl Pages {
    /// No pages yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many pages are kept.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Tells whether no page is kept.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What everybody holds by an image: what is public, on what every other set of roles is built.
    pub fn public<B: AsRef<[u8]>>(&mut self, image: &Image<B>) -> Privileges {
        // The ids of an image made by somebody else may be anything; no image has room for greater ones than these.
        let count = image.resources().last().map_or(0, |last| (last.0.min(MAX_ID) >> PAGE_BITS) as usize + 1);
        let nothing = self.keep(Page::NOTHING);
        let base = Privileges { pages: core::iter::repeat_n(nothing, count).collect(), all: false };
        self.with(&base, image.public(), &[])
    }

    /// What roles hold by an image; `public` is what [`Pages::public`] made of it. On resources that are `dead` nothing
    /// is held, but by `%All`.
    pub fn privileges<B: AsRef<[u8]>>(
        &mut self,
        image: &Image<B>,
        public: &Privileges,
        roles: &Reached,
        dead: &[ResourceId],
    ) -> Privileges {
        if roles.has_all() {
            return Privileges::everything();
        }
        let stored = roles.records().iter().flat_map(|role| image.stored(role));
        self.with(public, stored, dead)
    }

    /// The same pages with more in them, and nothing on the dead.
    fn with(
        &mut self,
        base: &Privileges,
        more: impl Iterator<Item = (ResourceId, Permissions)>,
        dead: &[ResourceId],
    ) -> Privileges {
        let mut drafts = Drafts { base, slots: Vec::new(), pages: Vec::new() };
        drafts.slots.resize(base.pages.len(), NO_SLOT);
        for (resource, held) in more {
            drafts.change(resource, |missing| missing & !u16::from(held.bits()));
        }
        for resource in dead {
            drafts.change(*resource, |_| 0xf);
        }
        let Drafts { slots, pages, .. } = drafts;
        let made: Vec<Arc<Page>> = pages.into_iter().map(|page| self.keep(page)).collect();
        let chosen = slots.iter().zip(base.pages.iter());
        let chosen = chosen.map(|(slot, known)| Arc::clone(made.get(*slot as usize).unwrap_or(known)));
        Privileges { pages: chosen.collect(), all: false }
    }

    /// The page that is equal to this one, or this one.
    fn keep(&mut self, page: Page) -> Arc<Page> {
        if self.count * 2 >= self.places.len() {
            self.make_room();
        }
        let place = self.place_of(&page);
        if let Some(Some(known)) = self.places.get(place) {
            return Arc::clone(known);
        }
        let page = Arc::new(page);
        if let Some(free) = self.places.get_mut(place) {
            *free = Some(Arc::clone(&page));
            self.count += 1;
        }
        page
    }

    /// Where a page is, or would be.
    fn place_of(&self, page: &Page) -> usize {
        let last = self.places.len().wrapping_sub(1);
        // The upper bits of a product depend on all bits of its factors.
        let mut place = (page.hash.wrapping_mul(SEEDS[2] | 1) >> 32) as usize & last;
        while let Some(Some(known)) = self.places.get(place) {
            if known.hash == page.hash && known.cells == page.cells {
                break;
            }
            place = (place + 1) & last;
        }
        place
    }

    /// Lets pages go that are used nowhere else, if there may be many of them, and makes room for more.
    fn make_room(&mut self) {
        let is_used = |page: &Arc<Page>| Arc::strong_count(page) > 1;
        let sweeps = self.count >= self.sweep_at;
        let known: Vec<Arc<Page>> = core::mem::take(&mut self.places)
            .into_iter()
            .flatten()
            .filter(|page| !sweeps || is_used(page))
            .collect();
        if sweeps {
            self.sweep_at = (known.len() * 2).max(1_024);
        }
        self.count = known.len();
        self.places.resize((known.len() * 4).max(64).next_power_of_two(), None);
        for page in known {
            let place = self.place_of(&page);
            if let Some(free) = self.places.get_mut(place) {
                *free = Some(page);
            }
        }
    }
}

const NO_SLOT: u32 = u32::MAX;

/// Pages in the making: those of a base, and copies of the ones that are written to.
struct Drafts<'a> {
    base: &'a Privileges,
    slots: Vec<u32>,
    pages: Vec<Page>,
}

impl Drafts<'_> {
    /// Changes the nibble of a resource, if there is one.
    #[inline]
    fn change(&mut self, resource: ResourceId, change: impl Fn(u16) -> u16) {
        let page = (resource.0 >> PAGE_BITS) as usize;
        let Some(slot) = self.slots.get_mut(page) else { return };
        if *slot == NO_SLOT {
            let (Some(base), Ok(next)) = (self.base.pages.get(page), u32::try_from(self.pages.len())) else {
                return;
            };
            *slot = next;
            self.pages.push(Page::clone(base));
        }
        if let Some(page) = self.pages.get_mut(*slot as usize) {
            page.change(resource, change);
        }
    }
}
