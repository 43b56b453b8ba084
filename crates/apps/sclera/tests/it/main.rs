//! The command from outside: what it promises to people and scripts, to whoever attacks it, and over a crash.
//!
//! Each test works on its own copy of an instance with the command as it was built. `SCLERA_LONG=10` makes the loops
//! over crashes and races ten times as long; `SCLERA_BLESS=1` writes the examples of `--json` anew.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it is"
)]

mod factors;
mod generate;
mod harness;
mod leaves;
mod served;

mod applications;
mod backup;
mod bench;
mod clients;
mod commands;
mod concurrent;
mod crash;
mod escalate;
mod examples;
mod export;
mod hostile_files;
mod kerberos;
mod keys;
mod large_import;
mod last_holder;
mod ldap;
mod merge;
mod nonsense;
mod os_passwords;
mod permissions;
mod robustness;
mod site;
mod tamper;
mod transfer;
mod usage;
mod vectors;
