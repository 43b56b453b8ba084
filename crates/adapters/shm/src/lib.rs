//! Shared memory: images of the settings as files that any process maps, and the page that says which one counts.
//!
//! ```text
//! /dev/shm/sclera-UID-DEVICE-INODE/   (or DIR/run/shm, where there is no room)
//!   page        64 KiB, mode 0640: which generation counts, the deny epoch, sessions that were ended
//!   42.image    the image of generation 42, mode 0440, never changed once it has its name
//!   lock        held by whoever publishes
//! ```
//!
//! Publishing writes a new file, gives it its name, and then turns the page. The name of the image before is taken away
//! at once: whoever maps it keeps it, and the kernel frees it with its last reader, so nothing counts readers. Nobody who
//! reads ever waits, and what they read never changes under them.
//!
//! Who may read is a matter of files: the directory and the images belong to the owner of the instance and to its group.
//! An attaching process asks that they belong to the owner of the instance's directory and that nobody else can write
//! them, and proves every section by its sum. The owner could still cut a mapped file short and so end its readers;
//! whoever can write the files is outside the model.

mod attach;
mod files;
mod map;
mod page;
pub mod protocol;
mod publish;

pub use attach::{AttachError, Attachment};
pub use files::{Disk, Files, Places, withdraw};
pub use map::{Map, Words};
pub use page::Page;
pub use publish::{PublishError, Publisher};
