//! Functions that run only for callers who hold privileges: the Requires keyword (`authorization.md` section 13).
//!
//! `#[requires("%DB_WARDS:RW")]` above a function or method makes it ask, before anything of its body runs, whether the
//! caller holds *all* the privileges of the list, by the same rule as `Check`: added roles and public permissions
//! count. If not, it returns [`Protect`], made into the error of the function with `From`.
//!
//! ```
//! use sclera::{Caller, Protect, requires};
//! # use sclera::{Change, Choice, Instance, Properties};
//!
//! #[derive(Debug, PartialEq)]
//! enum BookingError {
//!     NotAllowed(Protect),
//!     Full,
//! }
//!
//! impl From<Protect> for BookingError {
//!     fn from(refused: Protect) -> Self {
//!         Self::NotAllowed(refused)
//!     }
//! }
//!
//! #[requires("%DB_WARDS: Write, Booking:U")]
//! fn book(session: &impl Caller, bed: u32) -> Result<u32, BookingError> {
//!     if bed > 40 { Err(BookingError::Full) } else { Ok(bed) }
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let directory = folder.path().join("clinic");
//! # Instance::create(&directory, Choice::default(), "owner")?;
//! let instance = Instance::open(&directory)?;
//! let owner = instance.acting(instance.admit_process()?);
//! assert_eq!(book(&owner, 7), Ok(7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Who calls
//!
//! The caller is an argument like any other, so that a reader sees who is asked about, and a test can pass whomever it
//! likes. It is anything that implements [`Caller`]: an [`Acting`] session, a reference, box or `Arc` of a caller, or a
//! type of yours. The attribute takes
//!
//! 1. what `by = ...` names, such as `#[requires("Booking:U", by = request.session)]`,
//! 2. else the parameter named `session` or `_session`, else the one named `caller` or `_caller`,
//! 3. else `self`.
//!
//! # Values
//!
//! One `resource:permissions` or a comma list of them. Permissions are words, letters, or runs of both in any order and
//! letter case; blanks around names and permissions do not matter: `"%DB_SALES: Read, %DB_MARKETING:RWRITE"`. A value
//! that cannot be read is an error of compilation:
//!
//! ```compile_fail
//! # use sclera::{Caller, Protect, requires};
//! #[requires("Booking:X")]
//! fn book(session: &impl Caller) -> Result<(), Protect> {
//!     Ok(())
//! }
//! ```
//!
//! A resource that does not exist is held by holders of `%All` alone.
//!
//! # Asynchronous functions
//!
//! An `async fn` asks when it first runs, which is the moment of the call where the call is awaited. What is lost
//! between making the future and awaiting it is refused.
//!
//! # Traits
//!
//! With `#[requires]` above a trait its methods may require something of their callers. Every implementation then
//! has `#[requires]` above it, and its methods may require more; what the trait requires holds in any case:
//!
//! ```
//! use sclera::{Caller, Protect, requires};
//! # use sclera::requires::Requirement;
//! # use sclera::Decision;
//!
//! #[requires]
//! trait Ledger {
//!     #[requires("Ledger:R")]
//!     fn balance(&self, session: &dyn Caller) -> Result<i64, Protect>;
//! }
//!
//! struct Vault(i64);
//!
//! #[requires]
//! impl Ledger for Vault {
//!     #[requires("Vault:R")]
//!     fn balance(&self, _session: &dyn Caller) -> Result<i64, Protect> {
//!         Ok(self.0)
//!     }
//! }
//!
//! # struct Holds(&'static str);
//! # impl Caller for Holds {
//! #     fn meets(&self, requirement: &Requirement, _: &str) -> Decision {
//! #         if requirement.to_string() == self.0 { Decision::Granted } else { Decision::Denied }
//! #     }
//! # }
//! assert!(Vault(3).balance(&Holds("Ledger:R")).is_err());
//! assert!(Vault(3).balance(&Holds("Vault:R")).is_err());
//! ```
//!
//! The attribute moves what an implementation does into a hidden method, behind the demand of the trait. An
//! implementation without it does not compile, whether it would leave a requirement out or not:
//!
//! ```compile_fail,E0046
//! # use sclera::{Caller, Protect, requires};
//! # #[requires]
//! # trait Ledger {
//! #     #[requires("Ledger:R")]
//! #     fn balance(&self, session: &dyn Caller) -> Result<i64, Protect>;
//! # }
//! # struct Vault(i64);
//! impl Ledger for Vault {
//!     fn balance(&self, session: &dyn Caller) -> Result<i64, Protect> {
//!         Ok(self.0)
//!     }
//! }
//! ```
//!
//! Nor does a requirement in a trait that lacks the attribute, which the first implementation with a body of its own
//! would leave out:
//!
//! ```compile_fail,E0277
//! # use sclera::{Caller, Protect, requires};
//! trait Ledger {
//!     #[requires("Ledger:R")]
//!     fn balance(&self, session: &dyn Caller) -> Result<i64, Protect> {
//!         Ok(0)
//!     }
//! }
//! ```
//!
//! This guards programmers against their own slips. Code of the same process that means to get past it can.

use crate::Instance;
use sclera_core::decision::{Answer, Decision};
use sclera_engine::{Engine, Refusal, Session};
use sclera_sqlite::{SqliteActivity, SqliteStore};
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

pub use sclera_core::privilege::{Pair, Requirement};
pub use sclera_macros::requires;

/// Somebody for whom a function with requirements may run.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say what it holds",
    label = "not a `Caller`",
    note = "name a parameter `session` or `caller` that implements `sclera::Caller`, or say who calls with `by = ...`"
)]
pub trait Caller {
    /// Tells whether all of the requirement is held now. `operation` is the path of the function that requires it, for
    /// the record of a refusal. Whatever cannot be found out is `Denied`.
    fn meets(&self, requirement: &Requirement, operation: &str) -> Decision;
}

macro_rules! pointers_to_callers {
    ($($pointer:ty),+) => {$(
        impl<C: Caller + ?Sized> Caller for $pointer {
            fn meets(&self, requirement: &Requirement, operation: &str) -> Decision {
                (**self).meets(requirement, operation)
            }
        }
    )+};
}

pointers_to_callers!(&C, &mut C, Box<C>, Rc<C>, Arc<C>);

/// `<PROTECT>`: the caller does not hold what a function requires, and nothing of it has run.
///
/// It tells what was called and never what was missing; the event `%System/%Security/Protect` tells administrators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protect {
    operation: &'static str,
}

impl Protect {
    /// The path of the function that was refused, as in `wards::booking::book`.
    pub const fn operation(self) -> &'static str {
        self.operation
    }
}

impl fmt::Display for Protect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<PROTECT> {}", self.operation)
    }
}

impl std::error::Error for Protect {}

/// A session together with the instance that decides for it.
#[derive(Clone)]
pub struct Acting {
    engine: Arc<Engine<SqliteStore, SqliteActivity>>,
    session: Session,
}

impl Acting {
    /// The session.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// `Check` for the session itself.
    pub fn check(&self, resource: &str, wanted: Option<&str>) -> Result<Answer, Refusal> {
        self.engine.check(&self.session, resource, wanted)
    }
}

impl Caller for Acting {
    fn meets(&self, requirement: &Requirement, operation: &str) -> Decision {
        self.engine.demand(&self.session, requirement, operation).unwrap_or(Decision::Denied)
    }
}

impl Instance {
    /// Lets a session call functions that require privileges, and ask about its own.
    pub fn acting(&self, session: Session) -> Acting {
        Acting { engine: self.engine(), session }
    }
}

/// A requirement that is made of its compiled form at the first call.
#[doc(hidden)]
pub type Prepared = LazyLock<Requirement>;

/// Lets only a caller pass that meets the requirement. The attribute puts a call of it in front of a body.
#[doc(hidden)]
pub fn demand(
    caller: &(impl Caller + ?Sized),
    operation: &'static str,
    requirement: &Requirement,
) -> Result<(), Protect> {
    match caller.meets(requirement, operation) {
        Decision::Granted => Ok(()),
        Decision::Denied => Err(Protect { operation }),
    }
}

/// Compiles for types that have a size: in an implementation, and not in the default body of a trait's method.
#[doc(hidden)]
pub const fn needs_requires_above_the_trait<T>() {}
