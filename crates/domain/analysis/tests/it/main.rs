//! Rules fire on what is bad and are silent on what is not; differences are those that users would feel.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod difference;
mod lint;
mod world;
