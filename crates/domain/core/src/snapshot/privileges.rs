//! What a set of roles holds, as bits: one page for every 1,024 ids, a nibble an id.
//!
//! A bit says that a permission is *missing*, so that "all wanted ones are held" is one test against zero. The fourth
//! bit of a nibble is missing for everybody: who wants nothing is asked for it, and only `%All`, which has no pages and
//! holds everything, is granted (Q3). Public permissions are in the pages, so what nobody granted costs no second look.
//!
//! Pages are never changed once made, and equal ones are one: [`Pages`] keeps them, and sessions share.

use super::format::{MAX_ID, sum};
use super::image::{Image, Reached};
use crate::id::ResourceId;
use crate::permission::Permissions;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

const PAGE_BYTES: usize = 512;
const PAGE_BITS: u32 = 10;
const NEVER: u8 = 8;

/// The missing permissions of 1,024 resources.
#[derive(Debug, PartialEq, Eq)]
struct Page([u8; PAGE_BYTES]);

/// A privilege that was looked up once, to be asked for many times.
///
/// It names the resource by its id, which is never given twice, so it stays right over generations and sessions; what
/// is created under the same name later has another id and another `Prepared`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepared {
    page: u32,
    byte: u16,
    mask: u8,
}

impl Prepared {
    /// Prepares a privilege. A resource that does not exist is held by `%All` alone, and so is wanting nothing.
    #[inline]
    pub const fn new(resource: Option<ResourceId>, wanted: Permissions) -> Self {
        let Some(ResourceId(id)) = resource else { return Self { page: u32::MAX, byte: 0, mask: NEVER } };
        let mask = if wanted.is_empty() { NEVER } else { wanted.bits() };
        #[expect(clippy::cast_possible_truncation, reason = "only nine bits are left")]
        Self { page: id >> PAGE_BITS, byte: ((id >> 1) as u16) & 511, mask: mask << ((id & 1) * 4) }
    }

    /// As a word, for callers in other languages. It is never 0.
    #[inline]
    pub const fn to_word(self) -> u64 {
        self.page as u64 | (self.byte as u64) << 32 | (self.mask as u64) << 48
    }

    /// The privilege of a word that [`Prepared::to_word`] made; 0, and every other word that asks for no permission, is
    /// none. Of whatever else somebody made up, the answer is that of some privilege.
    #[inline]
    pub const fn from_word(word: u64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "each part is cut out of the word")]
        let (page, byte, mask) = (word as u32, (word >> 32) as u16, (word >> 48) as u8);
        if mask == 0 { None } else { Some(Self { page, byte, mask }) }
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
            Some(page) => page
                .0
                .get(usize::from(wanted.byte) & (PAGE_BYTES - 1))
                .is_some_and(|byte| byte & wanted.mask == 0),
            None => self.all,
        }
    }

    /// The permissions held on a resource; none stands for one that does not exist.
    #[inline]
    pub fn held(&self, resource: Option<ResourceId>) -> Permissions {
        let place = Prepared::new(resource, Permissions::NONE);
        let Some(page) = self.pages.get(place.page as usize) else {
            return if self.all { Permissions::ALL } else { Permissions::NONE };
        };
        let byte = page.0.get(usize::from(place.byte) & (PAGE_BYTES - 1)).copied().unwrap_or(u8::MAX);
        let missing = if place.mask == NEVER { byte } else { byte >> 4 };
        Permissions::from_bits(!missing & 7).unwrap_or(Permissions::NONE)
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

/// The pages of a process, each once.
#[derive(Debug, Default)]
pub struct Pages {
    known: BTreeMap<u64, Vec<Arc<Page>>>,
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
        let nothing = self.keep(Page([u8::MAX; PAGE_BYTES]));
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
            if let Some((byte, shift)) = drafts.byte_of(resource) {
                *byte &= !(held.bits() << shift);
            }
        }
        for resource in dead {
            if let Some((byte, shift)) = drafts.byte_of(*resource) {
                *byte |= 0xf << shift;
            }
        }
        let Drafts { slots, pages, .. } = drafts;
        let made: Vec<Arc<Page>> = pages.into_iter().map(|page| self.keep(Page(page))).collect();
        let chosen = slots.iter().zip(base.pages.iter());
        let chosen = chosen.map(|(slot, known)| Arc::clone(made.get(*slot as usize).unwrap_or(known)));
        Privileges { pages: chosen.collect(), all: false }
    }

    /// The page that is equal to this one, or this one.
    fn keep(&mut self, page: Page) -> Arc<Page> {
        let alike = self.known.entry(sum(&page.0)).or_default();
        if let Some(known) = alike.iter().find(|known| ***known == page) {
            return Arc::clone(known);
        }
        let page = Arc::new(page);
        alike.push(Arc::clone(&page));
        self.count += 1;
        if self.count > self.sweep_at {
            self.sweep();
        }
        page
    }

    /// Lets pages go that are used nowhere else.
    fn sweep(&mut self) {
        self.known.retain(|_, alike| {
            alike.retain(|page| Arc::strong_count(page) > 1);
            !alike.is_empty()
        });
        self.count = self.known.values().map(Vec::len).sum();
        self.sweep_at = (self.count * 2).max(1_024);
    }
}

const NO_SLOT: u32 = u32::MAX;

/// Pages in the making: those of a base, and copies of the ones that are written to.
struct Drafts<'a> {
    base: &'a Privileges,
    slots: Vec<u32>,
    pages: Vec<[u8; PAGE_BYTES]>,
}

impl Drafts<'_> {
    /// The byte of a resource, and where in it the resource's nibble is.
    fn byte_of(&mut self, resource: ResourceId) -> Option<(&mut u8, u32)> {
        let place = Prepared::new(Some(resource), Permissions::NONE);
        let slot = self.slots.get_mut(place.page as usize)?;
        if *slot == NO_SLOT {
            *slot = u32::try_from(self.pages.len()).ok()?;
            self.pages.push(self.base.pages.get(place.page as usize)?.0);
        }
        let byte = self.pages.get_mut(*slot as usize)?.get_mut(usize::from(place.byte))?;
        Some((byte, (resource.0 & 1) * 4))
    }
}
