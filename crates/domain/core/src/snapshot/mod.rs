//! Snapshots: the settings as one flat image that any process reads in place, and what a set of roles holds by it.
//!
//! ```text
//! Policy ──compile──► image ──┬── open ──► Image ── names, closures, services, applications
//!   │                    ▲    │              │
//!   └── what differs ────┘    └── file       └── Pages::privileges(roles) ──► Privileges ── holds(Prepared)
//!            patch
//! ```
//!
//! An image has no users and no secrets. It holds the graph of roles and not its closure: a closure is walked once a
//! session, and a role that was deleted since must lead nowhere (`authorization.md` TIM-2), which only the graph can say.
//!
//! ```
//! use sclera_core::permission::Permissions;
//! use sclera_core::policy::Policy;
//! use sclera_core::snapshot::{About, Image, Pages, Prepared, compile};
//!
//! let policy = Policy::default();
//! let image = Image::open(compile(&policy, &About { generation: 1, ticket_key: [0; 32] })?)?;
//! let mut pages = Pages::new();
//! let public = pages.public(&image);
//! let roles = image.closure(image.role_named("Clerk"), |_| true);
//! let privileges = pages.privileges(&image, &public, &roles, &[]);
//! let wanted = Prepared::new(image.resource("AppData"), Permissions::READ);
//! assert!(!privileges.holds(&wanted));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compile;
mod format;
mod image;
mod key;
mod parts;
mod privileges;

pub use compile::{About, Changed, TooBig, compile, patch};
pub use format::Invalid;
pub use image::{ApplicationView, Guard, Image, Reached, ServiceView};
pub use parts::Parts;
#[doc(hidden)]
pub use parts::seal;
pub use privileges::{Pages, Prepared, Privileges};
