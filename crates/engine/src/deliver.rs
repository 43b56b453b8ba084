//! Delivering: the audit trail, batch by batch, to wherever it is to go, each record at least once.
//!
//! How far an outlet has come is kept in the activity store, and moved on only when a batch has arrived. So nothing is
//! left out when the server stops, fails or loses its power between the two; what had arrived then arrives again, and
//! `UTCTimeStamp`, `SystemID` and `AuditIndex` tell that it is the same.

use crate::engine::Engine;
use crate::trail::{Trail, entry};
use sclera_exchange::audit::Entry;
use sclera_store::port::{Activity, Store, StoreError};

/// Why a batch was not delivered; the outlet stays where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stuck<E> {
    /// The trail or the position could not be read or kept.
    Store(StoreError),
    /// The batch did not arrive.
    Outlet(E),
}

impl<E> From<StoreError> for Stuck<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Hands the next records, at most `most`, to an outlet and, when they have arrived, moves it on; says how many there
    /// were. An outlet that is new begins with the first record that there is.
    pub fn deliver<E>(
        &self,
        outlet: &str,
        most: usize,
        send: &mut dyn FnMut(&[Entry]) -> Result<(), E>,
    ) -> Result<usize, Stuck<E>> {
        let position = self.activity.outlet_position(outlet)?;
        let damaged = |_| StoreError::Damaged(format!("the position of outlet {outlet}"));
        let from = position.as_deref().map(str::parse).transpose().map_err(damaged)?;
        let system_id = self.system_id()?;
        let (journal, events) = (self.store.read()?, self.activity.read()?);
        let mut trail = Trail::begin(&journal, &events, true, from)?;
        let mut batch = Vec::new();
        while batch.len() < most
            && let Some(placed) = trail.next()?
        {
            batch.push(entry(&placed, &system_id));
        }
        let reached = trail.cursor();
        // Whoever waits for an answer holds no state of the stores.
        drop((journal, events));
        if !batch.is_empty() {
            send(&batch).map_err(Stuck::Outlet)?;
            self.activity.set_outlet_position(outlet, &reached.to_string())?;
        }
        Ok(batch.len())
    }
}
