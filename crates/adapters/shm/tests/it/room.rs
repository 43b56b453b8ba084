//! An instance's directory with a place in memory of its own, and settings that change.

use sclera_core::change::Change;
use sclera_core::policy::Policy;
use sclera_core::snapshot::{About, Changed, compile};
use sclera_shm::{AttachError, Attachment, Disk, Files, Places, Publisher};
use sclera_testkit::desk::Desk;
use sclera_testkit::world::stocked;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) const KEY: [u8; 32] = [5; 32];

pub(crate) struct Room {
    pub(crate) folder: TempDir,
    pub(crate) desk: Desk,
    pub(crate) revision: u64,
}

impl Room {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        Self { folder, desk: stocked(), revision: 10 }
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn memory(&self) -> PathBuf {
        self.folder.path().join("memory")
    }

    pub(crate) fn places(&self) -> Places {
        Places::at(&self.directory(), &self.memory()).unwrap()
    }

    pub(crate) fn publisher(&self) -> Publisher<Disk> {
        self.publisher_with(Disk)
    }

    pub(crate) fn publisher_with<F: Files>(&self, files: F) -> Publisher<F> {
        Publisher::with(self.places(), files, KEY)
    }

    pub(crate) fn attach(&self) -> Result<Attachment, AttachError> {
        Attachment::open_at(self.places(), &self.directory())
    }

    /// Commits a change as the engine does: intends, commits.
    pub(crate) fn commit<F: Files>(&mut self, publisher: &Publisher<F>, change: &Change) {
        let before = self.desk.policy.clone();
        self.desk.carry(change);
        let changed = differences(&before, &self.desk.policy);
        publisher.intend(self.revision + 1, &changed);
        self.revision += 1;
    }

    pub(crate) fn publish<F: Files>(&self, publisher: &Publisher<F>) -> bool {
        publisher.publish(self.revision, &self.desk.policy).is_ok()
    }

    /// The bytes that must be published now.
    pub(crate) fn expected(&self) -> Vec<u8> {
        expected(&self.desk.policy, self.revision)
    }
}

pub(crate) fn expected(policy: &Policy, generation: u64) -> Vec<u8> {
    compile(policy, &About { generation, ticket_key: KEY }).unwrap()
}

pub(crate) fn differences(before: &Policy, after: &Policy) -> Changed {
    use sclera_core::change::Kind::{Resource, Role};
    let mut changed = Changed::default();
    for id in before.resources.iter().chain(after.resources.iter()).map(|one| one.id.0) {
        match (before.resources.get(id), after.resources.get(id)) {
            (was, is) if was == is => {}
            (_, Some(_)) => changed.note(Resource, u64::from(id)),
            (_, None) => changed.note_dropped(Resource, u64::from(id)),
        }
    }
    for id in before.roles.iter().chain(after.roles.iter()).map(|one| one.id.0) {
        match (before.roles.get(id), after.roles.get(id)) {
            (was, is) if was == is => {}
            (_, Some(_)) => changed.note(Role, u64::from(id)),
            (_, None) => changed.note_dropped(Role, u64::from(id)),
        }
    }
    changed
}

/// The names of files, sorted.
pub(crate) fn names_in(path: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
