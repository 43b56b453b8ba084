//! Reading an image in place.

use super::format::{
    ENABLED, ESCALATION_ONLY, EXACT_NAMES, GRANTS, IS_ALL, Invalid, KEEPS_CASE, KEY, LISTS, Layout,
    NOT_ASCII, Objects, PRIVILEGES, PUBLIC, RECORD, RESOURCE_MISSING, ROLES_AT_ONCE, u32_at,
};
use super::key::{Key, WHOLE, is_plain, same};
use crate::id::{ApplicationId, ResourceId, RoleId, ServiceId};
use crate::permission::Permissions;
use crate::policy::CASE_KEEPING;
use alloc::vec::Vec;

/// The settings as one run of bytes, read where it lies: in a vector, a slice, or a file that is mapped.
///
/// Opening proves the sums of all sections; afterwards nothing is believed but bounds that are looked at on each use,
/// so that bytes made by somebody else can give wrong answers but neither a panic nor a loop without end.
#[derive(Debug, Clone)]
pub struct Image<B> {
    bytes: B,
    layout: Layout,
    /// Where names of each kind of object are looked up.
    indexes: [Index; 4],
    /// The same of resources, for names of which the case does not count: an index of nothing where it counts for all.
    plain: Index,
}

/// Where the names of a kind of object are looked up.
#[derive(Debug, Clone, Copy)]
struct Index {
    /// By how much a hash is shifted to choose a bucket.
    shift: u32,
    buckets: u32,
    keys: u32,
}

/// The record of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) id: u32,
    pub(crate) flags: u32,
    pub(crate) name_start: u32,
    pub(crate) name_length: u32,
    pub(crate) numbers: [u32; 4],
}

/// A service as a process without the store needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceView {
    /// Its id.
    pub id: ServiceId,
    /// It is on.
    pub enabled: bool,
    /// The mechanisms it allows and can do (`services.md` 4.3).
    pub mechanisms: i64,
    /// The resources whose Use is asked, as far as they exist.
    pub resources: Vec<ResourceId>,
    /// How many resources it names, existing or not; none on a basic service.
    pub named: usize,
}

/// An application as a process without the store needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationView {
    /// Its id.
    pub id: ApplicationId,
    /// It may run.
    pub enabled: bool,
    /// The resource whose Use is asked.
    pub guard: Guard,
    /// What it adds: a role to look for (none: everyone) and the roles it brings.
    pub rules: Vec<(Option<RoleId>, Vec<RoleId>)>,
    /// Its type, as the bit map of the class.
    pub kind: i64,
}

/// The resource of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// It has none: everyone runs it.
    Open,
    /// Use on this one is asked.
    Resource(ResourceId),
    /// It names one that does not exist: holders of `%All` alone run it.
    Missing,
}

impl<B: AsRef<[u8]>> Image<B> {
    /// Opens an image; what is not exactly what was written is refused.
    pub fn open(bytes: B) -> Result<Self, Invalid> {
        let layout = Layout::of(bytes.as_ref())?;
        let indexes = [
            Index::of(&layout, Objects::Resources)?,
            Index::of(&layout, Objects::Roles)?,
            Index::of(&layout, Objects::Services)?,
            Index::of(&layout, Objects::Applications)?,
        ];
        let [resources, ..] = indexes;
        let plain = if layout.settings & EXACT_NAMES == 0 { resources } else { Index::NOTHING };
        Ok(Self { bytes, layout, indexes, plain })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The revision of the settings.
    pub const fn generation(&self) -> u64 {
        self.layout.generation
    }

    /// The public key of the instance, by which tickets are verified; none where it gives none.
    pub fn ticket_key(&self) -> Option<&[u8; 32]> {
        Some(&self.layout.ticket_key).filter(|key| **key != [0; 32])
    }

    /// Tells whether changes of role definitions count in running sessions (`authorization.md` TIM-5).
    pub const fn role_changes_at_once(&self) -> bool {
        self.layout.settings & ROLES_AT_ONCE != 0
    }

    /// A number that is greater than the id of every resource.
    pub const fn id_bound(&self) -> u32 {
        self.layout.id_bound
    }

    /// The resource of a name, by the rules of [`crate::policy::Policy::resource`]; without an allocation.
    #[inline]
    pub fn resource(&self, name: &str) -> Option<ResourceId> {
        match self.find_short(self.plain, name) {
            Some((id, flags)) if flags & (KEEPS_CASE | NOT_ASCII) == 0 => Some(ResourceId(id)),
            _ => self.resource_otherwise(name),
        }
    }

    #[cold]
    #[inline(never)]
    fn resource_otherwise(&self, name: &str) -> Option<ResourceId> {
        let (id, flags) = self.find(Objects::Resources, name)?;
        let stored = || {
            let record = self.record_of(Objects::Resources, id)?;
            Some(self.name_of(Objects::Resources, &record))
        };
        let asked = name.trim();
        let is_it = if self.layout.settings & EXACT_NAMES != 0 {
            asked == stored()?
        } else {
            flags & KEEPS_CASE == 0 || asked.get(CASE_KEEPING.len()..) == stored()?.get(CASE_KEEPING.len()..)
        };
        is_it.then_some(ResourceId(id))
    }

    /// The role of a name.
    pub fn role_named(&self, name: &str) -> Option<RoleId> {
        self.find(Objects::Roles, name).map(|(id, _)| RoleId(id))
    }

    /// The service of a name.
    pub fn service(&self, name: &str) -> Option<ServiceView> {
        let (id, _) = self.find(Objects::Services, name)?;
        let record = self.record_of(Objects::Services, id)?;
        let [start, length, mechanisms, named] = record.numbers;
        let resources = self.numbers(LISTS, start, length).map(ResourceId).collect();
        Some(ServiceView {
            id: ServiceId(id),
            enabled: record.flags & ENABLED != 0,
            mechanisms: i64::from(mechanisms),
            resources,
            named: named as usize,
        })
    }

    /// The application of a name.
    pub fn application(&self, name: &str) -> Option<ApplicationView> {
        let (id, _) = self.find(Objects::Applications, name)?;
        let record = self.record_of(Objects::Applications, id)?;
        let [resource, start, length, kind] = record.numbers;
        let guard = match resource {
            _ if record.flags & RESOURCE_MISSING != 0 => Guard::Missing,
            0 => Guard::Open,
            id => Guard::Resource(ResourceId(id)),
        };
        let mut list = self.numbers(LISTS, start, length);
        let mut rules = Vec::new();
        while let (Some(matched), Some(count)) = (list.next(), list.next()) {
            let targets = list.by_ref().take(count as usize).map(RoleId).collect();
            rules.push((Some(RoleId(matched)).filter(|role| role.0 != 0), targets));
        }
        let enabled = record.flags & ENABLED != 0;
        Some(ApplicationView { id: ApplicationId(id), enabled, guard, rules, kind: i64::from(kind) })
    }

    /// The name of a role.
    pub fn name_of_role(&self, id: RoleId) -> Option<&str> {
        self.record_of(Objects::Roles, id.0).map(|record| self.name_of(Objects::Roles, &record))
    }

    /// The name of a resource.
    pub fn name_of_resource(&self, id: ResourceId) -> Option<&str> {
        self.record_of(Objects::Resources, id.0).map(|record| self.name_of(Objects::Resources, &record))
    }

    /// Tells whether a resource exists.
    pub fn has_resource(&self, id: ResourceId) -> bool {
        self.record_of(Objects::Resources, id.0).is_some()
    }

    /// Tells whether a role exists.
    pub fn has_role(&self, id: RoleId) -> bool {
        self.record_of(Objects::Roles, id.0).is_some()
    }

    /// Tells whether a role can be taken by escalation only (Q10).
    pub fn is_escalation_only(&self, id: RoleId) -> bool {
        self.record_of(Objects::Roles, id.0).is_some_and(|record| record.flags & ESCALATION_ONLY != 0)
    }

    /// The ids of all resources, ascending.
    pub fn resources(&self) -> impl Iterator<Item = ResourceId> {
        self.section(Objects::Resources.records())
            .chunks_exact(RECORD)
            .filter_map(|record| u32_at(record, 0))
            .map(ResourceId)
    }

    /// The roles and all that they lead to, ascending, and whether `%All` is among them; a role that does not live gives
    /// nothing and leads nowhere, and each is visited once (`authorization.md` ROL-5, ROL-7).
    pub fn closure(
        &self,
        roles: impl IntoIterator<Item = RoleId>,
        lives: impl Fn(RoleId) -> bool,
    ) -> Reached {
        let mut reached = Reached::default();
        let count = self.section(Objects::Roles.records()).len() / RECORD;
        let mut visited: Vec<u64> = alloc::vec![0; count.div_ceil(64)];
        let mut waiting: Vec<RoleId> = roles.into_iter().collect();
        while let Some(id) = waiting.pop() {
            let place = self.place_of(Objects::Roles, id.0);
            let Some(word) = visited.get_mut(place / 64) else { continue };
            if *word & 1 << (place % 64) != 0 || !lives(id) {
                continue;
            }
            let record = self.record_at(Objects::Roles, place).filter(|record| record.id == id.0);
            let Some(record) = record else { continue };
            *word |= 1 << (place % 64);
            reached.all |= record.flags & IS_ALL != 0;
            reached.records.push(record);
            let [_, _, start, length] = record.numbers;
            waiting.extend(self.numbers(GRANTS, start, length).map(RoleId));
        }
        reached.records.sort_unstable_by_key(|record| record.id);
        reached.roles = reached.records.iter().map(|record| RoleId(record.id)).collect();
        reached
    }

    /// The public permissions that are not none, by resource.
    pub(crate) fn public(&self) -> impl Iterator<Item = (ResourceId, Permissions)> {
        privileges(self.section(PUBLIC))
    }

    /// What a role of a closure stores.
    pub(crate) fn stored(&self, role: &Record) -> impl Iterator<Item = (ResourceId, Permissions)> {
        let [start, length, _, _] = role.numbers;
        privileges(self.slice(PRIVILEGES, start, length))
    }

    /// The id and the flags of the object of a name.
    fn find(&self, kind: Objects, name: &str) -> Option<(u32, u32)> {
        match self.find_short(self.index(kind), name) {
            Some(found) if found.1 & NOT_ASCII == 0 => Some(found),
            _ => self.find_any(kind, name),
        }
    }

    /// The same for short names that are plain. For any other it may find nothing, or an object that is not plain.
    #[expect(clippy::inline_always, reason = "it is most of a check by name, and is counted in instructions")]
    #[inline(always)]
    fn find_short(&self, index: Index, name: &str) -> Option<(u32, u32)> {
        self.with_key(index, &Key::of_short_ascii(name.as_bytes())?, |_| true)
    }

    #[cold]
    #[inline(never)]
    fn find_any(&self, kind: Objects, name: &str) -> Option<(u32, u32)> {
        if name.len() <= WHOLE && is_plain(name) {
            return None;
        }
        let key = Key::of_any(name)?;
        self.with_key(self.index(kind), &key, |id| key.is_whole() || self.is_named(kind, id, name))
    }

    const fn index(&self, kind: Objects) -> Index {
        let [resources, roles, services, applications] = self.indexes;
        match kind {
            Objects::Resources => resources,
            Objects::Roles => roles,
            Objects::Services => services,
            Objects::Applications => applications,
        }
    }

    /// The id and the flags of the object of a key. Places are sums of numbers of 32 bits, which cannot overflow, so that
    /// each is compared with the length alone.
    #[inline]
    fn with_key(&self, index: Index, key: &Key, is_it: impl Fn(u32) -> bool) -> Option<(u32, u32)> {
        let bytes = self.bytes.as_ref();
        let bounds = index.buckets as usize + key.hash.wrapping_shr(index.shift) as usize * 4;
        let bounds: [u8; 8] = bytes.get(bounds..bounds + 8)?.try_into().ok()?;
        let bounds = u64::from_le_bytes(bounds);
        #[expect(clippy::cast_possible_truncation, reason = "two numbers of half its size")]
        let (start, end) = (bounds as u32 as usize, (bounds >> 32) as usize);
        let mut rest = bytes.get(index.keys as usize + start * KEY..)?;
        for _ in start..end {
            let (entry, after) = rest.split_first_chunk()?;
            if let Some(found) = key.entry(entry)
                && is_it(found.0)
            {
                return Some(found);
            }
            rest = after;
        }
        None
    }

    /// Tells whether an object has a name; its words were too few to say.
    #[cold]
    #[inline(never)]
    fn is_named(&self, kind: Objects, id: u32, name: &str) -> bool {
        self.record_of(kind, id).is_some_and(|record| same(self.name_of(kind, &record), name))
    }

    #[inline]
    pub(crate) fn section(&self, place: usize) -> &[u8] {
        let range = self.layout.sections.get(place).cloned().unwrap_or_default();
        self.bytes.as_ref().get(range).unwrap_or_default()
    }

    fn slice(&self, place: usize, start: u32, length: u32) -> &[u8] {
        let (start, length) = (start as usize * 4, length as usize * 4);
        self.section(place).get(start..start.saturating_add(length)).unwrap_or_default()
    }

    fn numbers(&self, place: usize, start: u32, length: u32) -> impl Iterator<Item = u32> {
        self.slice(place, start, length).chunks_exact(4).filter_map(|number| u32_at(number, 0))
    }

    pub(crate) fn name_of(&self, kind: Objects, record: &Record) -> &str {
        let start = record.name_start as usize;
        let bytes = self.section(kind.text()).get(start..start.saturating_add(record.name_length as usize));
        bytes.and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Before how many records an id belongs. Ids ascend, so where few are missing there is little to look for.
    pub(crate) fn place_of(&self, kind: Objects, id: u32) -> usize {
        let records = self.section(kind.records());
        let count = records.len() / RECORD;
        let id_at = |place: usize| u32_at(records, place.saturating_mul(RECORD));
        let (Some(first), Some(last)) = (id_at(0), id_at(count.saturating_sub(1))) else { return 0 };
        let distance = |from: u32, to: u32| to.saturating_sub(from) as usize;
        let mut high = distance(first, id).min(count);
        let mut low = count.saturating_sub(distance(id, last) + 1).min(high);
        if id > last {
            return count;
        }
        while low < high {
            let middle = usize::midpoint(low, high);
            let is_before = id_at(middle).is_some_and(|found| found < id);
            if is_before { low = middle + 1 } else { high = middle }
        }
        low
    }

    pub(crate) fn record_at(&self, kind: Objects, place: usize) -> Option<Record> {
        let start = place.checked_mul(RECORD)?;
        let record: &[u8; RECORD] = self.section(kind.records()).get(start..)?.first_chunk()?;
        let number = |at: usize| u32_at(record, at * 4);
        Some(Record {
            id: number(0)?,
            flags: number(1)?,
            name_start: number(2)?,
            name_length: number(3)?,
            numbers: [number(4)?, number(5)?, number(6)?, number(7)?],
        })
    }

    fn record_of(&self, kind: Objects, id: u32) -> Option<Record> {
        self.record_at(kind, self.place_of(kind, id)).filter(|record| record.id == id)
    }
}

impl Index {
    /// One that lies behind the end of every image.
    const NOTHING: Self = Self { shift: 1, buckets: u32::MAX, keys: u32::MAX };

    fn of(layout: &Layout, kind: Objects) -> Result<Self, Invalid> {
        let damaged = || Invalid::Section(u8::try_from(kind.buckets()).unwrap_or(u8::MAX));
        let section = |place: usize| layout.sections.get(place).ok_or_else(damaged);
        let length = section(kind.buckets())?.len();
        let buckets = (length / 4).saturating_sub(1);
        if length % 4 != 0 || !buckets.is_power_of_two() || !(2..=1 << 31).contains(&buckets) {
            return Err(damaged());
        }
        let start = |place| Ok(u32::try_from(section(place)?.start).unwrap_or(u32::MAX));
        Ok(Self {
            shift: 32 - buckets.trailing_zeros(),
            buckets: start(kind.buckets())?,
            keys: start(kind.keys())?,
        })
    }
}

/// Roles together with all roles they lead to, of an image.
#[derive(Debug, Clone, Default)]
pub struct Reached {
    roles: Vec<RoleId>,
    records: Vec<Record>,
    all: bool,
}

impl Reached {
    /// Tells whether `%All` is among the roles (ALL-8).
    pub const fn has_all(&self) -> bool {
        self.all
    }

    /// The roles, ascending.
    pub fn roles(&self) -> &[RoleId] {
        &self.roles
    }

    /// Tells whether a role is among them.
    pub fn contains(&self, role: RoleId) -> bool {
        self.roles.binary_search(&role).is_ok()
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }
}

fn privileges(numbers: &[u8]) -> impl Iterator<Item = (ResourceId, Permissions)> {
    numbers.chunks_exact(4).filter_map(|number| {
        let number = u32_at(number, 0)?;
        let permissions = Permissions::from_bits(u8::try_from(number & 7).ok()?)?;
        Some((ResourceId(number >> 3), permissions))
    })
}
