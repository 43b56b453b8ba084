//! Images of settings, with sums that fit.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| sclera_testkit::targets::image(bytes));
