//! Making images: of all settings, or of the previous image and what differs.

use super::format::{
    ENABLED, ESCALATION_ONLY, EXACT_NAMES, GRANTS, HEADER, IS_ALL, KEEPS_CASE, KEY, LISTS, MAGIC, MAX_ID,
    MAX_LENGTH, NOT_ASCII, Objects, PRIVILEGES, PUBLIC, RECORD, RESOURCE_MISSING, ROLES_AT_ONCE,
    SECTION_COUNT, SECTIONS, VERSION, u32_at,
};
use super::image::Image;
use super::key::{Key, LONGEST, folded};
use super::parts::{Parts, Section};
use crate::application::Application;
use crate::change::Kind;
use crate::permission::Permissions;
use crate::policy::{CASE_KEEPING, Entry, Policy, Table};
use crate::resource::Resource;
use crate::role::{Origin, Role};
use crate::service::Service;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

/// What an image says beside the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The revision of the settings.
    pub generation: u64,
    /// The public key by which tickets are verified; zeros where there is none.
    pub ticket_key: [u8; 32],
}

/// Which objects differ from those of an earlier image: created, modified and deleted ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    resources: BTreeSet<u32>,
    roles: BTreeSet<u32>,
    others: bool,
    drops: bool,
}

impl Changed {
    /// Notes an object that was put or dropped. Only what stands in an image counts.
    pub fn note(&mut self, kind: Kind, number: u64) {
        match (kind, u32::try_from(number)) {
            (Kind::Resource, Ok(id)) => {
                self.resources.insert(id);
            }
            (Kind::Role, Ok(id)) => {
                self.roles.insert(id);
            }
            (Kind::Service | Kind::Application | Kind::System, _) => self.others = true,
            _ => {}
        }
    }

    /// Notes an object that was deleted; of a resource or a role that counts for every session at once
    /// (`authorization.md` TIM-2).
    pub fn note_dropped(&mut self, kind: Kind, number: u64) {
        self.note(kind, number);
        self.drops |= matches!(kind, Kind::Resource | Kind::Role);
    }

    /// Tells whether a resource or a role was deleted.
    pub const fn drops(&self) -> bool {
        self.drops
    }

    /// Adds what differs by a later change.
    pub fn extend(&mut self, later: &Self) {
        self.resources.extend(&later.resources);
        self.roles.extend(&later.roles);
        self.others |= later.others;
        self.drops |= later.drops;
    }

    /// Tells whether an image of before is still right.
    pub fn is_nothing(&self) -> bool {
        self.resources.is_empty() && self.roles.is_empty() && !self.others
    }
}

/// The settings do not fit into an image: an id of 2^29 or more, a name beyond 800 bytes, or more than 2 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooBig;

impl fmt::Display for TooBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are too big for an image")
    }
}

impl core::error::Error for TooBig {}

/// Makes the image of settings.
pub fn compile(policy: &Policy, about: &About) -> Result<Vec<u8>, TooBig> {
    Parts::compile(policy, about).map(|parts| parts.to_vec())
}

/// Makes the same image from that of earlier settings, of which `changed` names every object that differs.
pub fn patch<B: AsRef<[u8]>>(
    previous: &Image<B>,
    policy: &Policy,
    about: &About,
    changed: &Changed,
) -> Result<Vec<u8>, TooBig> {
    Parts::patch(previous, policy, about, changed).map(|parts| parts.to_vec())
}

impl Parts<'static> {
    /// See [`compile`].
    pub fn compile(policy: &Policy, about: &About) -> Result<Self, TooBig> {
        let mut draft = Draft::default();
        draft.objects(&policy.resources, Objects::Resources, Draft::resource)?;
        draft.objects(&policy.roles, Objects::Roles, Draft::role)?;
        draft.finish(policy, about)
    }
}

impl<'a> Parts<'a> {
    /// See [`patch`]. What stays as it was is not copied.
    pub fn patch<B: AsRef<[u8]>>(
        previous: &'a Image<B>,
        policy: &Policy,
        about: &About,
        changed: &Changed,
    ) -> Result<Self, TooBig> {
        let mut draft = Draft::default();
        let (resources, roles) = (&policy.resources, &policy.roles);
        draft.merge(previous, Objects::Resources, &changed.resources, resources, |draft, one| {
            draft.resource(one)
        })?;
        draft.merge(previous, Objects::Roles, &changed.roles, roles, Draft::role)?;
        draft.finish(policy, about)
    }
}

/// The sections of an image in the making.
#[derive(Default)]
struct Draft<'a> {
    sections: [Section<'a>; SECTIONS],
}

/// What the record of an object says beside its id and its name.
struct About4 {
    flags: u32,
    numbers: [u32; 4],
}

impl<'a> Draft<'a> {
    fn section(&mut self, place: usize) -> &mut Section<'a> {
        #[expect(
            clippy::indexing_slicing,
            reason = "the places are the constants of the format, all below 20"
        )]
        &mut self.sections[place]
    }

    fn length(&self, place: usize) -> usize {
        self.sections.get(place).map_or(0, Section::len)
    }

    /// How many numbers a section has.
    fn count(&self, place: usize) -> Result<u32, TooBig> {
        narrow(self.length(place) / 4)
    }

    /// Adds the record of an object and its name.
    fn record(&mut self, kind: Objects, id: u32, name: &str, about: &About4) -> Result<(), TooBig> {
        if id > MAX_ID {
            return Err(TooBig);
        }
        let start = narrow(self.length(kind.text()))?;
        let [a, b, c, d] = about.numbers;
        let numbers = [id, about.flags, start, narrow(name.len())?, a, b, c, d];
        push(self.section(kind.records()).end(), numbers);
        self.section(kind.text()).end().extend_from_slice(name.as_bytes());
        Ok(())
    }

    fn resource(&mut self, resource: &Resource) -> Result<(), TooBig> {
        let numbers = [u32::from(resource.public.bits()), 0, 0, 0];
        let flags = if keeps_case(resource.name.as_str()) { KEEPS_CASE } else { 0 };
        self.record(Objects::Resources, resource.id.0, resource.name.as_str(), &About4 { flags, numbers })
    }

    fn role(&mut self, role: &Role) -> Result<(), TooBig> {
        let start = self.count(PRIVILEGES)?;
        let held = role.privileges.iter().filter(|(_, permissions)| !permissions.is_empty());
        for (resource, permissions) in held {
            let number = privilege(resource.0, *permissions)?;
            push(self.section(PRIVILEGES).end(), [number]);
        }
        let grants = self.count(GRANTS)?;
        push(self.section(GRANTS).end(), role.grants.iter().map(|granted| granted.0));
        let numbers = [start, self.count(PRIVILEGES)? - start, grants, self.count(GRANTS)? - grants];
        let all = if role.origin == Origin::Everything { IS_ALL } else { 0 };
        let flags = all | if role.escalation_only { ESCALATION_ONLY } else { 0 };
        self.record(Objects::Roles, role.id.0, role.name.as_str(), &About4 { flags, numbers })
    }

    fn service(&mut self, service: &Service, policy: &Policy) -> Result<(), TooBig> {
        let start = self.count(LISTS)?;
        let known = service.resources.iter().filter_map(|name| policy.resource(name)).map(|found| found.id.0);
        push(self.section(LISTS).end(), known);
        let mechanisms =
            u32::try_from(service.mechanisms & service.storable_mechanisms).map_err(|_| TooBig)?;
        let numbers = [start, self.count(LISTS)? - start, mechanisms, narrow(service.resources.len())?];
        let flags = if service.enabled { ENABLED } else { 0 };
        self.record(Objects::Services, service.id.0, service.name.as_str(), &About4 { flags, numbers })
    }

    fn application(&mut self, app: &Application, policy: &Policy) -> Result<(), TooBig> {
        let start = self.count(LISTS)?;
        for rule in &app.match_rules {
            let matched = rule.matched.map_or(0, |role| role.0);
            let head = [matched, narrow(rule.targets.len())?];
            push(self.section(LISTS).end(), head.into_iter().chain(rule.targets.iter().map(|role| role.0)));
        }
        let found = policy.resource(&app.resource).map(|found| found.id.0);
        let missing = found.is_none() && !app.resource.trim().is_empty();
        let flags = if app.enabled { ENABLED } else { 0 } | if missing { RESOURCE_MISSING } else { 0 };
        let kind = u32::try_from(app.kind).unwrap_or_default();
        let numbers = [found.unwrap_or_default(), start, self.count(LISTS)? - start, kind];
        self.record(Objects::Applications, app.id.0, app.name.as_str(), &About4 { flags, numbers })
    }

    /// Adds all objects of a kind, and their names to look up.
    fn objects<T: Entry>(
        &mut self,
        table: &Table<T>,
        kind: Objects,
        add: impl Fn(&mut Self, &T) -> Result<(), TooBig>,
    ) -> Result<(), TooBig> {
        let mut keys = Vec::with_capacity(table.len());
        for one in table.iter() {
            add(self, one)?;
            keys.push(key_of(one)?);
        }
        keys.sort_unstable_by_key(|(order, _)| *order);
        let section = self.section(kind.keys()).end();
        section.reserve_exact(keys.len() * KEY);
        for (_, key) in &keys {
            section.extend_from_slice(key);
        }
        self.buckets(kind)
    }

    /// Adds all objects of a kind: those that changed from the settings, and the runs between them from the image.
    fn merge<T: Entry, B: AsRef<[u8]>>(
        &mut self,
        previous: &'a Image<B>,
        kind: Objects,
        changed: &BTreeSet<u32>,
        table: &Table<T>,
        add: impl Fn(&mut Self, &T) -> Result<(), TooBig>,
    ) -> Result<(), TooBig> {
        let records = previous.section(kind.records());
        let (mut at, mut named_otherwise) = (0, false);
        let mut gone = BTreeSet::new();
        let mut come = BTreeMap::new();
        for id in changed {
            let until = previous.place_of(kind, *id);
            self.run(previous, kind, at..until)?;
            let was = previous.record_at(kind, until).filter(|record| record.id == *id);
            at = until + usize::from(was.is_some());
            let now = table.get(*id);
            if let Some(now) = now {
                add(self, now)?;
            }
            // A role can be renamed, so what was there and is there may have another key.
            let was_named = was.map(|was| previous.name_of(kind, &was));
            if was_named != now.map(Entry::title) {
                named_otherwise = true;
                if let Some(was_named) = was_named {
                    let key = stored_key(was_named)?;
                    gone.insert((key.hash, *id));
                }
                if let Some(now) = now {
                    let (order, key) = key_of(now)?;
                    come.insert(order, key);
                }
            }
        }
        self.run(previous, kind, at..records.len() / RECORD)?;
        if !named_otherwise {
            for place in [kind.keys(), kind.buckets()] {
                self.section(place).add(previous.section(place));
            }
            return Ok(());
        }
        self.merge_keys(previous.section(kind.keys()), kind, &gone, come);
        self.buckets(kind)
    }

    /// Copies the keys that stay, and puts the new ones where they belong.
    fn merge_keys(
        &mut self,
        keys: &'a [u8],
        kind: Objects,
        gone: &BTreeSet<(u32, u32)>,
        come: BTreeMap<(u32, u32), [u8; KEY]>,
    ) {
        let target = self.section(kind.keys());
        let order = |key: &[u8]| (u32_at(key, 32).unwrap_or_default(), u32_at(key, 36).unwrap_or_default());
        let mut rest = keys;
        let mut copy_until = |target: &mut Section<'a>, wanted: (u32, u32)| {
            let (mut low, mut high) = (0, rest.len() / KEY);
            while low < high {
                let middle = usize::midpoint(low, high);
                let is_before = rest.get(middle * KEY..).is_some_and(|key| order(key) < wanted);
                if is_before { low = middle + 1 } else { high = middle }
            }
            let (before, after) = rest.split_at_checked(low * KEY).unwrap_or((rest, &[]));
            target.add(before);
            let is_it = after.len() >= KEY && order(after) == wanted;
            rest = after;
            if is_it {
                rest = after.get(KEY..).unwrap_or_default();
            }
        };
        let mut steps: BTreeMap<(u32, u32), Option<[u8; KEY]>> =
            gone.iter().map(|one| (*one, None)).collect();
        steps.extend(come.into_iter().map(|(order, key)| (order, Some(key))));
        for (place, key) in steps {
            copy_until(target, place);
            target.end().extend(key.into_iter().flatten());
        }
        copy_until(target, (u32::MAX, u32::MAX));
    }

    /// Copies records that follow each other, with what they refer to.
    fn run<B: AsRef<[u8]>>(
        &mut self,
        previous: &'a Image<B>,
        kind: Objects,
        run: core::ops::Range<usize>,
    ) -> Result<(), TooBig> {
        let (Some(first), Some(last)) = (
            previous.record_at(kind, run.start),
            run.end.checked_sub(1).and_then(|at| previous.record_at(kind, at)),
        ) else {
            return Ok(());
        };
        if run.is_empty() {
            return Ok(());
        }
        let name_end = last.name_start.saturating_add(last.name_length);
        let name_shift = self.span(previous, kind.text(), 1, first.name_start, name_end)?;
        let (mut first_shift, mut second_shift) = (0, 0);
        if kind == Objects::Roles {
            let ([privileges, _, grants, _], [start, length, start_of_grants, grants_length]) =
                (first.numbers, last.numbers);
            first_shift = self.span(previous, PRIVILEGES, 4, privileges, start.saturating_add(length))?;
            second_shift =
                self.span(previous, GRANTS, 4, grants, start_of_grants.saturating_add(grants_length))?;
        }
        if (name_shift, first_shift, second_shift) == (0, 0, 0) {
            let records = previous.section(kind.records());
            let same = records.get(run.start * RECORD..run.end * RECORD);
            self.section(kind.records()).add(same.unwrap_or_default());
            return Ok(());
        }
        let section = self.section(kind.records());
        section.end().reserve(run.len() * RECORD);
        for record in run.filter_map(|at| previous.record_at(kind, at)) {
            let [a, b, c, d] = record.numbers;
            let (a, c) = (a.wrapping_add(first_shift), c.wrapping_add(second_shift));
            let start = record.name_start.wrapping_add(name_shift);
            push(section.end(), [record.id, record.flags, start, record.name_length, a, b, c, d]);
        }
        Ok(())
    }

    /// Copies a piece of a section and tells by how much it has moved.
    fn span<B: AsRef<[u8]>>(
        &mut self,
        previous: &'a Image<B>,
        place: usize,
        size: usize,
        start: u32,
        end: u32,
    ) -> Result<u32, TooBig> {
        let now = narrow(self.length(place) / size)?;
        let range = start as usize * size..end as usize * size;
        let piece = previous.section(place).get(range).unwrap_or_default();
        self.section(place).add(piece);
        Ok(now.wrapping_sub(start))
    }

    /// Notes where the keys of each beginning of a hash start.
    fn buckets(&mut self, kind: Objects) -> Result<(), TooBig> {
        let count = self.length(kind.keys()) / KEY;
        let bits = bits_for(count);
        let mut starts = Vec::with_capacity(((1usize << bits) + 1) * 4);
        let mut next = 0u32;
        let pieces = self.sections.get(kind.keys()).into_iter().flat_map(Section::pieces);
        for (place, key) in pieces.flat_map(|piece| piece.chunks_exact(KEY)).enumerate() {
            let bucket = u32_at(key, 32).unwrap_or_default() >> (32 - bits);
            while next <= bucket {
                push(&mut starts, [narrow(place)?]);
                next += 1;
            }
        }
        while next <= 1 << bits {
            push(&mut starts, [narrow(count)?]);
            next += 1;
        }
        *self.section(kind.buckets()) = starts.into();
        Ok(())
    }

    /// Adds what every image is given anew, and puts it together.
    fn finish(mut self, policy: &Policy, about: &About) -> Result<Parts<'a>, TooBig> {
        self.objects(&policy.services, Objects::Services, |draft, one| draft.service(one, policy))?;
        self.objects(&policy.applications, Objects::Applications, |draft, one| {
            draft.application(one, policy)
        })?;
        let id_bound = self.public();
        let length = self.sections.iter().map(Section::len).sum::<usize>();
        if length > MAX_LENGTH - 64 * (SECTIONS + 16) {
            return Err(TooBig);
        }
        Ok(Parts::sealed(&head(policy, about, id_bound), self.sections))
    }

    /// Collects the public permissions from the records of resources; tells what all ids are below.
    fn public(&mut self) -> u32 {
        let records = core::mem::take(self.section(Objects::Resources.records()));
        let mut bound = 0;
        for record in records.pieces().flat_map(|piece| piece.chunks_exact(RECORD)) {
            let (id, public) =
                (u32_at(record, 0).unwrap_or_default(), u32_at(record, 16).unwrap_or_default());
            if public != 0 {
                push(self.section(PUBLIC).end(), [id << 3 | public]);
            }
            bound = id + 1;
        }
        *self.section(Objects::Resources.records()) = records;
        bound
    }
}

fn head(policy: &Policy, about: &About, id_bound: u32) -> [u8; HEADER] {
    let system = &policy.system;
    let exact = if system.exact_resource_names { EXACT_NAMES } else { 0 };
    let settings = exact | if system.role_changes_at_once { ROLES_AT_ONCE } else { 0 };
    let mut bytes = Vec::with_capacity(HEADER);
    bytes.extend_from_slice(&MAGIC);
    push(&mut bytes, [VERSION, SECTION_COUNT]);
    bytes.extend_from_slice(&[0; 8]);
    bytes.extend_from_slice(&about.generation.to_le_bytes());
    bytes.extend_from_slice(&about.ticket_key);
    push(&mut bytes, [settings, id_bound]);
    let mut head = [0; HEADER];
    for (target, source) in head.iter_mut().zip(bytes) {
        *target = source;
    }
    head
}

/// How many bits of the hash choose a bucket: no more than one key for two, so that few have to wait for another.
pub(super) fn bits_for(count: usize) -> u32 {
    (count.next_power_of_two().trailing_zeros() + 1).min(31)
}

fn privilege(id: u32, permissions: Permissions) -> Result<u32, TooBig> {
    if id > MAX_ID { Err(TooBig) } else { Ok(id << 3 | u32::from(permissions.bits())) }
}

/// The key of a stored name.
fn stored_key(name: &str) -> Result<Key, TooBig> {
    let mut buffer = [0; LONGEST];
    folded(name, &mut buffer).map(Key::of_folded).ok_or(TooBig)
}

/// The key of an object as it stands in a section, and the order in which it stands there.
fn key_of<T: Entry>(object: &T) -> Result<((u32, u32), [u8; KEY]), TooBig> {
    let mut buffer = [0; LONGEST];
    let name = folded(object.title(), &mut buffer).ok_or(TooBig)?;
    let (key, id) = (Key::of_folded(name), object.number());
    let case = if name.starts_with(CASE_KEEPING.as_bytes()) { KEEPS_CASE } else { 0 };
    let flags = case | if name.is_ascii() { 0 } else { NOT_ASCII };
    let mut bytes = [0; KEY];
    let words = key.words.into_iter().flat_map(u64::to_le_bytes);
    let numbers = [key.hash, id, key.length, flags].into_iter().flat_map(u32::to_le_bytes);
    for (target, source) in bytes.iter_mut().zip(words.chain(numbers)) {
        *target = source;
    }
    Ok(((key.hash, id), bytes))
}

/// Names of which the tail keeps its letter case (`authorization.md` ENS-4).
fn keeps_case(name: &str) -> bool {
    let mut buffer = [0; LONGEST];
    folded(name, &mut buffer).is_some_and(|name| name.starts_with(CASE_KEEPING.as_bytes()))
}

fn push(bytes: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

fn narrow(length: usize) -> Result<u32, TooBig> {
    u32::try_from(length).map_err(|_| TooBig)
}
