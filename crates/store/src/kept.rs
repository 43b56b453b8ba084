//! What is kept for a while beside the log of what happens: sessions that tokens carry, the keys that sign them, and
//! credentials of machines. What stands in it is for the engine to say; a store finds it by kind and id.

use sclera_core::time::Timestamp;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Keeping {
    /// A session that tokens carry.
    Session = 1,
    /// A key that signs tokens.
    SigningKey = 2,
    /// A credential of a machine.
    Machine = 3,
}

/// Something that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is.
    pub keeping: Keeping,
    /// Its id among those of its kind.
    pub id: [u8; 16],
    /// From when on it may go; none where it is kept until it is dropped.
    pub until: Option<Timestamp>,
    /// What stands in it: JSON.
    pub text: String,
}
