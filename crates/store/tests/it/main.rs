//! The store in memory passes the suite.

use sclera_store::conformance;
use sclera_store::memory::Memory;

#[test]
fn memory_keeps_settings_and_users() {
    conformance::store(&Memory::new, &|memory| memory);
}

#[test]
fn memory_keeps_events() {
    conformance::activity(&Memory::new, &|memory| memory);
}
