//! The gate of `%Service_Monitor` for SNMP: a subagent of the machine's SNMP agent, by AgentX (RFC 2741).
//!
//! ```text
//! snmpwalk ── SNMP ──► snmpd, the master ── AgentX ──► Subagent ──► what the engine counts
//! ```
//!
//! Who may read, the configuration of the master says. The subagent connects when the service is on, registers its
//! subtree, answers, and leaves when the service is off. It reads and can set nothing. `codec` is the form of what is
//! said, `tree` what can be asked for.

#![forbid(unsafe_code)]

mod agent;
mod codec;
mod tree;

pub use agent::{Master, Subagent};
pub use codec::Oid;
