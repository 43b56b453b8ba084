//! What was changed behind our back, by a hand that can write the files but does not have the key.

use crate::bench::{Bench, Shared, key, plant};
use rusqlite::Connection;
use sclera_core::change::Change;
use sclera_core::sql::SqlTarget;
use sclera_engine::admission::OsCaller;
use sclera_engine::audit::Verification;
use sclera_engine::{Door, Engine, Session};
use sclera_predefined::{Choice, Profile};
use sclera_sqlite::{SqliteActivity, SqliteStore};
use sclera_store::chain::Key;
use sclera_store::verify::{FINDINGS, Report};
use sclera_testkit::world::{delete_role, delete_user, modify_user, resource, role, stocked, user};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

type OnDisk = Engine<Shared<SqliteStore>, Shared<SqliteActivity>>;
