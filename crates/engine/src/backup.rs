//! What backups and restores are to an instance: who may make a backup, and what is written down. How they are made is
//! the business of whoever keeps the files.

use crate::engine::Engine;
use crate::events::AuditEvent;
use crate::{Refusal, Session};
use sclera_core::permission::Permissions;
use sclera_store::chain::{Hash, Head, Key};
use sclera_store::journal::{Mark, MarkRecord, Record, Scribe};
use sclera_store::port::{Activity, LogWrite, Store, Stored};

/// Whether a backup holds the keys of the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// They are in it.
    Included,
    /// They are not, and without them nobody can read it.
    LeftOut,
}

/// What a restore put in the place of what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replaced {
    /// The end of the journal that stood here; none where nothing is known to have stood here.
    pub journal: Head,
    /// The end of the event log that stood here.
    pub events: Head,
    /// What else is to be known, such as when the backup was made.
    pub fields: Vec<(String, String)>,
}

/// The words that stand as the actor in the journal: nobody was logged in.
const ACTOR: &str = "(restore)";

impl<S: Store, A: Activity> Engine<S, A> {
    /// Lets a session make a backup, which takes `%Admin_Operate:U` (`authorization.md` section 20) and, where the keys
    /// are in it, `%Admin_Secure:U` as well; and writes down that it does. Without the keys whoever has the file alone
    /// learns nothing from it, so that operators need not be trusted with what it holds.
    pub fn allow_backup(&self, session: &Session, keys: Keys) -> Result<(), Refusal> {
        self.require(session, "%Admin_Operate", Permissions::USE, "backup")?;
        let what = match keys {
            Keys::LeftOut => "without keys",
            Keys::Included => {
                self.require_secure(session, "backup with the keys")?;
                "with the keys"
            }
        };
        self.emit_of(session, &AuditEvent::Backup { how: what })
    }

    /// Begins a new epoch of both logs, after a restore and before anybody uses the instance: a link in each names the
    /// end of the log that stood here before, and has a higher number, so that no revision names two states.
    pub fn begin_epoch(&self, replaced: &Replaced) -> Stored<()> {
        let record = |head| {
            Record::Mark(MarkRecord {
                at: self.world.now(),
                actor: ACTOR.to_owned(),
                door: "command".to_owned(),
                mark: Mark::Restored,
                head,
                root: Hash::default(),
                fields: replaced.fields.clone(),
            })
        };
        mark(self.store.write()?, &self.key, self.node, &record(replaced.journal), replaced.journal)?;
        mark(self.activity.write()?, &self.key, self.node, &record(replaced.events), replaced.events)
    }
}

fn mark(mut log: impl LogWrite, key: &Key, node: u32, record: &Record, before: Head) -> Stored<()> {
    let mut scribe = Scribe::begin_above(&log, before.sequence)?;
    scribe.write(&mut log, record)?;
    scribe.commit(log, key, node).map(drop)
}
