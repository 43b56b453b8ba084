//! Publishing: settings go out to processes that decide by themselves, before the commit that made them is acknowledged.
//!
//! Where they go is an adapter's. A publication that fails leaves the commit standing: the receipt says so, and the next
//! change, or whoever asks [`Engine::publish_if_stale`], makes up for it.

use crate::engine::Engine;
use sclera_core::policy::Policy;
use sclera_core::snapshot::Changed;
use sclera_store::port::{Activity, Log, Store};

/// What the engine asks of whatever publishes.
pub trait Publisher: Send + Sync + 'static {
    /// A commit is about to make these settings; called inside the writing transaction.
    fn intend(&self, generation: u64, changed: &Changed);
    /// Publishes settings, unless newer ones are published already; otherwise tells why not.
    fn publish(&self, generation: u64, policy: &Policy) -> Result<(), String>;
    /// Tells whether a commit may have happened that was not published. `head` tells the last revision; it is asked after
    /// what is published was looked at.
    fn is_stale(&self, head: &dyn Fn() -> Option<u64>) -> bool;
    /// The generation that is published; none where nothing usable is.
    fn published(&self) -> Option<u64>;
    /// Ends a session before its tickets expire; times are in seconds since 1970.
    fn end_session(&self, session: u64, expires: u64, now: u64) -> Result<(), String>;
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Publishes the settings of now; tells why that failed, if it did.
    pub(crate) fn publish(&self, generation: u64) -> Option<String> {
        let publisher = self.publisher.as_ref()?;
        // The newest settings: where several commits wait for their turn to publish, one publication serves them all.
        match self.kept().filter(|kept| kept.revision >= generation) {
            Some(kept) => publisher.publish(kept.revision, &kept.policy).err(),
            None => Some("the settings are not in memory".to_owned()),
        }
    }

    /// Publishes the settings of now where an earlier publication failed or never came about; tells whether it did.
    /// For a server at its start and now and then.
    pub fn publish_if_stale(&self) -> Result<bool, String> {
        let head = || Some(self.store.read().ok()?.head().ok()?.sequence);
        let Some(publisher) = self.publisher.as_ref().filter(|publisher| publisher.is_stale(&head)) else {
            return Ok(false);
        };
        let settings = self.settings().map_err(|error| error.to_string())?;
        publisher.publish(settings.revision, &settings.policy).map(|()| true)
    }
}
