//! Attaching: the settings that count, read by any process that may read the files.

use crate::files::Places;
use crate::map::Map;
use crate::page::Page;
use sclera_core::snapshot::{Image, Invalid};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The longest image that is mapped.
const LONGEST: u64 = 1 << 31;
/// How often a reader looks again when the image that counted a moment ago is gone already.
const TRIES: usize = 1_000;

/// Why a process cannot attach.
#[derive(Debug)]
pub enum AttachError {
    /// There is nothing to attach to: no instance, or it never published.
    Missing(PathBuf, io::Error),
    /// What is there is not as it must be, or may not be read.
    Files(io::Error),
    /// The image is damaged or of another version.
    Image(Invalid),
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(directory, _) => write!(
                f,
                "no settings are published for {}; `sclera serve` or any change publishes them",
                directory.display()
            ),
            Self::Files(_) => f.write_str("the published settings cannot be read"),
            Self::Image(_) => f.write_str("the published settings cannot be used"),
        }
    }
}

impl std::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Missing(_, cause) | Self::Files(cause) => Some(cause),
            Self::Image(cause) => Some(cause),
        }
    }
}

/// The published settings of an instance, mapped into this process.
#[derive(Debug)]
pub struct Attachment {
    places: Places,
    page: Page,
    home: PathBuf,
    current: Mutex<Arc<Image<Map>>>,
}

impl Attachment {
    /// Attaches to the instance in a directory. It asks that the files belong to the owner of the directory, that they are
    /// regular and that nobody else can write them; and it proves the image by its sums.
    pub fn open(directory: &Path) -> Result<Self, AttachError> {
        let missing = |error| AttachError::Missing(directory.to_owned(), error);
        let places = Places::of(directory).map_err(missing)?;
        Self::open_at(places, directory)
    }

    /// The same with places of one's own.
    pub fn open_at(places: Places, directory: &Path) -> Result<Self, AttachError> {
        let (page, home) = places.page_to_read().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => AttachError::Missing(directory.to_owned(), error),
            _ => AttachError::Files(error),
        })?;
        if page.published().generation == 0 {
            let nothing = io::Error::from(io::ErrorKind::NotFound);
            return Err(AttachError::Missing(directory.to_owned(), nothing));
        }
        let current = Mutex::new(Arc::new(map(&places, &home, &page)?));
        Ok(Self { places, page, home, current })
    }

    /// The page, with the word that sessions look at.
    pub const fn page(&self) -> &Page {
        &self.page
    }

    /// The settings that count. Mapped anew only if others count since the last time.
    pub fn current(&self) -> Result<Arc<Image<Map>>, AttachError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.generation() != self.page.published().generation {
            *current = Arc::new(map(&self.places, &self.home, &self.page)?);
        }
        Ok(Arc::clone(&current))
    }
}

/// Maps the image that counts. Between looking at the page and opening the file another may have been published, and the
/// name be gone; then the page says so.
pub(crate) fn map(places: &Places, home: &Path, page: &Page) -> Result<Image<Map>, AttachError> {
    let mut tries = 0;
    loop {
        let now = page.published();
        tries += 1;
        let file = match places.open_image(home, now) {
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && tries < TRIES && page.published() != now =>
            {
                continue;
            }
            opened => opened.map_err(AttachError::Files)?,
        };
        let length = file.metadata().map_err(AttachError::Files)?.len();
        let length = usize::try_from(length.min(LONGEST + 1)).unwrap_or(usize::MAX);
        let map = Map::of(&file, length).map_err(AttachError::Files)?;
        let image = Image::open(map).map_err(AttachError::Image)?;
        if image.generation() != now.generation {
            return Err(AttachError::Image(Invalid::Header));
        }
        return Ok(image);
    }
}
