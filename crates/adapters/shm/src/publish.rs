//! Publishing: after every commit that images show, before it is acknowledged.

use crate::attach::map;
use crate::files::{Disk, Files, Places};
use crate::map::Map;
use crate::page::Page;
use crate::protocol::{self, Epoch, Place, Published};
use sclera_core::policy::Policy;
use sclera_core::snapshot::{About, Changed, Image, Parts, TooBig};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why settings were not published. The commit stands, and the next attempt makes up for it.
#[derive(Debug)]
pub enum PublishError {
    /// The files could not be written.
    Files(io::Error),
    /// The settings do not fit into an image.
    TooBig(TooBig),
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(cause) => write!(f, "the settings could not be published: {cause}"),
            Self::TooBig(cause) => write!(f, "the settings could not be published: {cause}"),
        }
    }
}

impl std::error::Error for PublishError {}

impl From<io::Error> for PublishError {
    fn from(cause: io::Error) -> Self {
        Self::Files(cause)
    }
}

/// Publishes the settings of an instance. Any number of processes may have one.
pub struct Publisher<F = Disk> {
    places: Places,
    files: F,
    ticket_key: [u8; 32],
    pending: Mutex<Option<Pending>>,
    /// The image that this process published or read last, to patch.
    last: Mutex<Option<Arc<Image<Map>>>>,
}

/// What commits of this process changed since a generation that was published, if nobody else committed since.
struct Pending {
    since: u64,
    until: u64,
    changed: Changed,
}

/// What a publisher found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    /// An image at least as new stood there already.
    Nothing,
    /// The previous image was patched.
    Patched,
    /// The image was compiled from all settings.
    Compiled,
}

impl Publisher {
    /// A publisher for the instance in a directory, which signs tickets by a key of which this is the public half.
    pub fn new(directory: &Path, ticket_key: [u8; 32]) -> io::Result<Self> {
        Ok(Self::with(Places::of(directory)?, Disk, ticket_key))
    }
}

impl<F: Files> Publisher<F> {
    /// A publisher with places and files of one's own.
    pub fn with(places: Places, files: F, ticket_key: [u8; 32]) -> Self {
        Self { places, files, ticket_key, pending: Mutex::new(None), last: Mutex::new(None) }
    }

    /// Notes that a commit is about to make a generation and what differs by it. Called inside the writing transaction, so
    /// that one is at it at a time over all processes.
    pub fn intend(&self, generation: u64, changed: &Changed) {
        let mut pending = lock(&self.pending);
        // Where there is no page, the first publication compiles anyway.
        let Ok((page, home)) = self.places.page_as_it_is() else {
            *pending = None;
            return;
        };
        // Everything published was committed before, so what is as new as this is of another history.
        if page.published().generation >= generation {
            *pending = None;
            let _ = self.places.lock().and_then(|_turn| self.places.renew_page(&page, &home));
            return;
        }
        let published = page.published().generation;
        let before = protocol::intend(page.words(), generation);
        let known = pending.take().filter(|pending| before > published && pending.until == before);
        *pending = match known {
            Some(mut known) => {
                known.changed.extend(changed);
                Some(Pending { until: generation, ..known })
            }
            None if before <= published && published != 0 => {
                Some(Pending { since: published, until: generation, changed: changed.clone() })
            }
            None => None,
        };
    }

    /// Publishes settings, unless newer ones stand there. Whatever happened to earlier publishers is made good first.
    pub fn publish(&self, generation: u64, policy: &Policy) -> Result<(), PublishError> {
        self.publish_how(generation, policy).map(drop)
    }

    /// The same, and tells how.
    pub(crate) fn publish_how(&self, generation: u64, policy: &Policy) -> Result<Did, PublishError> {
        let _turn = self.places.lock()?;
        let (page, home) = self.places.page_to_write()?;
        let now = page.published();
        let before = if now.generation == 0 { None } else { self.image_of(&page, &home) };
        let before = before.filter(|image| image.ticket_key().unwrap_or(&[0; 32]) == &self.ticket_key);
        if before.is_some() && now.generation >= generation {
            return Ok(Did::Nothing);
        }
        let about = About { generation, ticket_key: self.ticket_key };
        let (did, parts, drops) = self.parts(before.as_deref(), policy, &about)?;
        let drops = drops || before.as_ref().is_none_or(|image| image.role_changes_at_once());
        let asks = page.remember(generation);
        let epoch =
            if drops || asks || policy.system.role_changes_at_once { Epoch::Grows } else { Epoch::Stays };
        let published = self.write(&page, &home, generation, &parts, epoch)?;
        let kept = self.places.image(&home, published);
        if now.generation != 0 && self.places.image(&home, now) != kept {
            let _ = self.files.remove(&self.places.image(&home, now));
        }
        if did == Did::Compiled {
            self.places.tidy(&home, &kept);
        }
        self.settle(generation);
        Ok(did)
    }

    /// The image, and whether anything may have been deleted.
    fn parts<'a>(
        &self,
        before: Option<&'a Image<Map>>,
        policy: &Policy,
        about: &About,
    ) -> Result<(Did, Parts<'a>, bool), PublishError> {
        let pending = lock(&self.pending);
        let known = pending.as_ref().zip(before);
        let known = known.filter(|(pending, image)| {
            pending.since == image.generation() && pending.until >= about.generation
        });
        match known {
            Some((pending, image)) => {
                let parts =
                    Parts::patch(image, policy, about, &pending.changed).map_err(PublishError::TooBig)?;
                Ok((Did::Patched, parts, pending.changed.drops()))
            }
            None => Ok((Did::Compiled, Parts::compile(policy, about).map_err(PublishError::TooBig)?, true)),
        }
    }

    /// Writes the image in memory, or where there is room, and turns the page.
    fn write(
        &self,
        page: &Page,
        home: &Path,
        generation: u64,
        parts: &Parts<'_>,
        epoch: Epoch,
    ) -> Result<Published, PublishError> {
        let mut failed = None;
        for place in [Place::Beside, Place::Directory] {
            let now = Published { generation, place };
            match self
                .places
                .prepare(place)
                .and_then(|()| self.write_image(&self.places.image(home, now), parts))
            {
                Ok(()) => {
                    // Sessions of a generation that falls out of the bound must see that, too.
                    let epoch = if page.remember(generation) { Epoch::Grows } else { epoch };
                    self.files.turn(page, now, epoch)?;
                    return Ok(now);
                }
                Err(error) => failed = Some(failed.unwrap_or(error)),
            }
        }
        Err(failed.unwrap_or_else(|| io::Error::from(io::ErrorKind::StorageFull)).into())
    }

    fn write_image(&self, path: &Path, parts: &Parts<'_>) -> io::Result<()> {
        let mut draft = PathBuf::from(path);
        draft.set_file_name(format!(".{}.new", std::process::id()));
        let file = self.files.create(&draft)?;
        let made = self
            .files
            .write(&file, &parts.pieces().collect::<Vec<_>>())
            .and_then(|()| self.files.seal(&file, self.places.group()))
            .and_then(|()| self.files.name(&draft, path));
        if made.is_err() {
            let _ = self.files.remove(&draft);
        }
        made
    }

    /// The image that counts, as this process maps it already or anew; none where it cannot be used.
    fn image_of(&self, page: &Page, home: &Path) -> Option<Arc<Image<Map>>> {
        let mut last = lock(&self.last);
        let counts = page.published().generation;
        if last.as_ref().is_none_or(|image| image.generation() != counts) {
            *last = map(&self.places, home, page).ok().map(Arc::new);
        }
        last.clone()
    }

    /// What was published is pending no longer; what a later commit intends still is.
    fn settle(&self, generation: u64) {
        let mut pending = lock(&self.pending);
        *pending = pending
            .take()
            .filter(|pending| pending.until > generation)
            .map(|pending| Pending { since: generation, ..pending });
    }

    /// Tells whether a commit may have happened that was not published, or nothing usable is published at all. `head` tells
    /// the last revision; it is asked after the page, so that what is published and not committed is of another history.
    pub fn is_stale(&self, head: impl FnOnce() -> Option<u64>) -> bool {
        let Ok(_turn) = self.places.lock() else { return true };
        let Ok((page, home)) = self.places.page_to_write() else { return true };
        let published = page.published().generation;
        if head().is_some_and(|head| published > head) {
            let _ = self.places.renew_page(&page, &home);
            return true;
        }
        let image = self.image_of(&page, &home);
        let is_ours = image.is_some_and(|image| image.ticket_key().unwrap_or(&[0; 32]) == &self.ticket_key);
        protocol::is_stale(page.words()) || !is_ours
    }

    /// The generation that is published; none where there is none.
    pub fn published(&self) -> Option<u64> {
        let (page, _) = self.places.page_as_it_is().ok()?;
        Some(page.published().generation).filter(|generation| *generation != 0)
    }

    /// Ends a session whose tickets expire at `expires`, in seconds since 1970: every process that holds it refuses from
    /// its next check on.
    pub fn end_session(&self, session: u64, expires: u64, now: u64) -> io::Result<()> {
        let _turn = self.places.lock()?;
        self.places.page_to_write()?.0.end(session, expires, now);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
