//! What Sclera asks of a store, and everything about storing that does not depend on which one it is.
//!
//! - [`port`]: the few things a store must be able to do.
//! - [`record`]: how objects become rows, the same in every store.
//! - [`journal`]: what the records of the journal say, byte by byte.
//! - [`chain`]: how commits are linked so that later edits are found.
//! - [`kept`]: what is kept for a while beside the logs.
//! - [`measure`]: what a store counts of itself.
//! - [`verify`](mod@verify): finds them.
//! - [`memory`]: a store that forgets; `conformance` (a feature): the suite that every store passes.

#![forbid(unsafe_code)]

pub mod chain;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod journal;
pub mod kept;
pub mod measure;
pub mod memory;
pub mod port;
pub mod record;
pub mod verify;
